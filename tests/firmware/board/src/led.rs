//! What is to be seen and pressed on the mps2.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, InputPin, OutputPin};

use crate::regs::Regs;

/// A bit of its LED register, which nothing else writes.
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

/// A bit of its button register; the emulated ones are never pressed.
pub struct FpgaButton {
    /// FPGAIO.
    pub regs: Regs,
    /// Which bit.
    pub bit: u32,
}

impl ErrorType for FpgaButton {
    type Error = Infallible;
}

impl InputPin for FpgaButton {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.regs.read(8) >> self.bit & 1 != 0)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|high| !high)
    }
}
