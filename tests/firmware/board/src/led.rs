//! Light-emitting diodes.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, OutputPin};

use crate::regs::Regs;

/// A bit of the mps2's LED register, which nothing else writes.
pub struct FpgaLed {
    /// FPGAIO.
    pub regs: Regs,
    /// Which bit.
    pub bit: u32,
}

impl FpgaLed {
    fn set(&mut self, on: bool) {
        let others = self.regs.read(0) & !(1 << self.bit);
        self.regs.write(0, others | u32::from(on) << self.bit);
    }
}

impl ErrorType for FpgaLed {
    type Error = Infallible;
}

impl OutputPin for FpgaLed {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set(true);
        Ok(())
    }
}
