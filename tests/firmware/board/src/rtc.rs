//! A clock that knows the date.

use wasmote_embedded_host::{WallClock, wasmote_wasi::Errno};

use crate::regs::Regs;

/// The goldfish clock: nanoseconds since 1970. Reading the low half keeps the high one.
pub struct Goldfish(pub Regs);

impl WallClock for Goldfish {
    fn now(&mut self) -> Result<u64, Errno> {
        let low = self.0.read(0);
        Ok(u64::from(self.0.read(4)) << 32 | u64::from(low))
    }

    fn resolution(&self) -> u64 {
        1
    }
}
