//! A clock that knows the date.

use crate::regs::Regs;

/// The goldfish clock: nanoseconds since 1970. Reading the low half keeps the high one.
pub struct Goldfish(pub Regs);

impl Goldfish {
    /// Nanoseconds since 1970.
    pub fn now(&mut self) -> u64 {
        let low = self.0.read(0);
        u64::from(self.0.read(4)) << 32 | u64::from(low)
    }
}
