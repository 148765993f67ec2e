//! Randomness.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng, utils};

use crate::regs::Regs;

/// The nRF51's generator, with bias correction.
pub struct NrfRng(Regs);

impl NrfRng {
    const START: usize = 0x000;
    const VALUE_READY: usize = 0x100;
    const CONFIG: usize = 0x504;
    const VALUE: usize = 0x508;

    /// Starts it.
    pub fn new(mut regs: Regs) -> NrfRng {
        regs.write(Self::CONFIG, 1);
        regs.write(Self::START, 1);
        NrfRng(regs)
    }
}

impl TryRng for NrfRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, buf: &mut [u8]) -> Result<(), Infallible> {
        for byte in buf {
            while self.0.read(Self::VALUE_READY) == 0 {}
            self.0.write(Self::VALUE_READY, 0);
            *byte = self.0.read(Self::VALUE) as u8;
        }
        Ok(())
    }
}

impl TryCryptoRng for NrfRng {}
