//! SPI controllers.

use core::convert::Infallible;

use embedded_hal::spi::{ErrorType, Operation, SpiDevice};

use crate::regs::Regs;

const CHIP_DEFAULT: usize = 0x14;
const CHIP_MODE: usize = 0x18;
const FORMAT: usize = 0x40;
const TX_DATA: usize = 0x48;
const RX_DATA: usize = 0x4c;
const FLASH_CONTROL: usize = 0x60;

/// The FU540's controller, with the one chip on its first line.
pub struct SifiveSpi(Regs);

impl SifiveSpi {
    /// Single-bit frames of 8 bits, the mapping of flash to memory off.
    pub fn new(mut regs: Regs) -> SifiveSpi {
        regs.write(FLASH_CONTROL, 0);
        regs.write(FORMAT, 8 << 16);
        regs.write(CHIP_DEFAULT, 1);
        let mut spi = SifiveSpi(regs);
        spi.select(false);
        spi
    }

    fn select(&mut self, on: bool) {
        // Held, or given up after every frame.
        self.0.write(CHIP_MODE, if on { 2 } else { 0 });
    }

    fn exchange(&mut self, byte: u8) -> u8 {
        while self.0.read(TX_DATA) >> 31 != 0 {}
        self.0.write(TX_DATA, byte.into());
        loop {
            let data = self.0.read(RX_DATA);
            if data >> 31 == 0 {
                return data as u8;
            }
        }
    }
}

impl ErrorType for SifiveSpi {
    type Error = Infallible;
}

impl SpiDevice for SifiveSpi {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Infallible> {
        self.select(true);
        for operation in operations {
            match operation {
                Operation::Read(buf) => buf.iter_mut().for_each(|byte| *byte = self.exchange(0)),
                Operation::Write(buf) => buf.iter().for_each(|byte| {
                    self.exchange(*byte);
                }),
                Operation::Transfer(read, write) => {
                    for i in 0..read.len().max(write.len()) {
                        let byte = self.exchange(write.get(i).copied().unwrap_or(0));
                        if let Some(place) = read.get_mut(i) {
                            *place = byte;
                        }
                    }
                }
                Operation::TransferInPlace(buf) => {
                    buf.iter_mut().for_each(|byte| *byte = self.exchange(*byte));
                }
                // A frame takes as long as it takes.
                Operation::DelayNs(_) => {}
            }
        }
        self.select(false);
        Ok(())
    }
}
