//! `microbit`: an nRF51822, a Cortex-M0 with 256 KB of flash and 16 KB of RAM.

use crate::{
    clock::{Clock, NrfTimer},
    flash::Nvmc,
    once::Once,
    regs::Regs,
    rng::NrfRng,
    serial::{NrfUart, Serial},
};

/// What the board has.
pub struct Microbit {
    /// The serial line.
    pub serial: Serial<NrfUart>,
    /// Microseconds since [`Microbit::take`].
    pub clock: Clock<NrfTimer>,
    /// Random numbers.
    pub rng: NrfRng,
}

/// Bytes of flash for files.
pub const FLASH_BYTES: usize = 16 << 10;

impl Microbit {
    /// The board's peripherals.
    ///
    /// # Panics
    /// The second time.
    pub fn take() -> Microbit {
        static ONCE: Once = Once::new();
        ONCE.take();
        // SAFETY: the addresses are this board's, and taken once.
        unsafe {
            Microbit {
                serial: Serial::new(NrfUart::new(Regs::at(0x4000_2000))),
                clock: Clock(NrfTimer::new(Regs::at(0x4000_8000))),
                rng: NrfRng::new(Regs::at(0x4000_d000)),
            }
        }
    }
}

/// The last [`FLASH_BYTES`] of the flash.
///
/// # Panics
/// The second time.
pub fn flash() -> Nvmc {
    static ONCE: Once = Once::new();
    ONCE.take();
    // SAFETY: the controller's address, taken once; `memory.x` leaves the end of the flash free.
    unsafe {
        Nvmc::new(
            Regs::at(0x4001_e000),
            (256 << 10) - FLASH_BYTES,
            FLASH_BYTES,
        )
    }
}
