//! `sifive_u`: an FU540 with serial flash. Its first hart is an E31.

use embedded_hal::delay::DelayNs;

use crate::{
    clock::{Clock, Mtime},
    flash::{FlashError, SpiNor},
    once::Once,
    regs::Regs,
    serial::{Serial, SifiveUart},
    spi::SifiveSpi,
};

/// What the board has.
pub struct Sifive {
    /// The first serial line.
    pub serial: Serial<SifiveUart>,
    /// Time since the start.
    pub clock: Clock<Mtime<1_000_000>>,
    /// The same, to wait by.
    pub delay: Clock<Mtime<1_000_000>>,
    /// The first [`FLASH_BYTES`] of the flash.
    pub flash: Result<SpiNor<SifiveSpi>, FlashError>,
}

/// How much of the 32 MiB of flash is used.
pub const FLASH_BYTES: usize = 1 << 20;

impl Sifive {
    /// The board's peripherals.
    ///
    /// # Panics
    /// The second time.
    pub fn take() -> Sifive {
        static ONCE: Once = Once::new();
        ONCE.take();
        // SAFETY: the addresses are this board's, and taken once.
        unsafe {
            let mtime = Mtime::at(0x200_0000);
            Sifive {
                serial: Serial::new(SifiveUart::new(Regs::at(0x1001_0000))),
                clock: Clock(mtime),
                delay: Clock(mtime),
                flash: SpiNor::new(SifiveSpi::new(Regs::at(0x1004_0000)), FLASH_BYTES),
            }
        }
    }
}

/// Ends the emulation, when the flash image has what was written: the emulator writes it behind the program's back.
pub fn exit(code: i32) -> ! {
    // SAFETY: the CLINT's address; it is only read.
    Clock(unsafe { Mtime::<1_000_000>::at(0x200_0000) }).delay_ms(300);
    semihosting::process::exit(code)
}
