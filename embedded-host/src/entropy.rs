//! Randomness.

use rand_core::TryCryptoRng;
use wasmote_wasi::Errno;

/// Gives random bytes fit for keys: every [`TryCryptoRng`], or [`NoEntropy`].
pub trait Random {
    /// Fills the buffer.
    ///
    /// # Errors
    /// [`Errno::NotSup`] without a source, [`Errno::Io`] if it fails.
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), Errno>;
}

impl<R: TryCryptoRng> Random for R {
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), Errno> {
        self.try_fill_bytes(buf).map_err(|_| Errno::Io)
    }
}

/// No randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEntropy;

impl Random for NoEntropy {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), Errno> {
        Err(Errno::NotSup)
    }
}
