//! `mps2-an386`: a Cortex-M4F in an FPGA, with 4 MB of flash and 4 MB of RAM.

use crate::{
    clock::{Clock, FpgaCounter},
    i2c::Sbcon,
    led::{FpgaButton, FpgaLed},
    once::Once,
    regs::Regs,
    serial::{Cmsdk, Serial},
};

/// What the board has.
pub struct Mps2 {
    /// The first serial line.
    pub serial: Serial<Cmsdk>,
    /// Microseconds since [`Mps2::take`].
    pub clock: Clock<FpgaCounter>,
    /// The same, to wait by.
    pub delay: Clock<FpgaCounter>,
    /// The two LEDs.
    pub leds: [FpgaLed; 2],
    /// The first button.
    pub button: FpgaButton,
    /// The bus of the second shield.
    pub i2c: Sbcon,
}

impl Mps2 {
    /// The board's peripherals.
    ///
    /// # Panics
    /// The second time.
    pub fn take() -> Mps2 {
        static ONCE: Once = Once::new();
        ONCE.take();
        // SAFETY: the addresses are this board's, and taken once. The drivers of FPGAIO's parts write different
        // registers of it, but for the LEDs, whose register changes with nothing in between on this one core.
        unsafe {
            let fpgaio = || Regs::at(0x4002_8000);
            Mps2 {
                serial: Serial::new(Cmsdk(Regs::at(0x4000_4000))),
                clock: Clock(FpgaCounter::new(fpgaio())),
                delay: Clock(FpgaCounter::new(fpgaio())),
                leds: [0, 1].map(|bit| FpgaLed {
                    regs: fpgaio(),
                    bit,
                }),
                button: FpgaButton {
                    regs: fpgaio(),
                    bit: 0,
                },
                i2c: Sbcon::new(Regs::at(0x4002_a000)),
            }
        }
    }
}
