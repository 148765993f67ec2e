//! Counters that never stop, and waiting by them.

use embedded_hal::delay::DelayNs;
use wasmote_embedded_host::{MonotonicClock, wasmote_wasi::Errno};

use crate::regs::Regs;

/// Time since some moment before the start.
pub trait Ticks {
    /// Ticks in a second: 1,000 to 1,000,000,000.
    const HZ: u32;

    /// The ticks up to now.
    fn ticks(&mut self) -> u64;
}

/// A clock over a counter.
pub struct Clock<T>(pub T);

impl<T: Ticks> Clock<T> {
    /// Nanoseconds.
    pub fn nanoseconds(&mut self) -> u64 {
        self.0.ticks() * u64::from(1_000_000_000 / T::HZ)
    }
}

impl<T: Ticks> DelayNs for Clock<T> {
    fn delay_ns(&mut self, ns: u32) {
        let end = self.nanoseconds() + u64::from(ns);
        while self.nanoseconds() < end {}
    }
}

impl<T: Ticks> MonotonicClock for Clock<T> {
    fn now(&mut self) -> Result<u64, Errno> {
        Ok(self.nanoseconds())
    }

    fn resolution(&self) -> u64 {
        u64::from(1_000_000_000 / T::HZ)
    }
}

/// `mtime` of RISC-V's CLINT, which counts `HZ` times a second. Reading does not change it, so there may be many.
#[derive(Clone, Copy)]
pub struct Mtime<const HZ: u32>(usize);

impl<const HZ: u32> Mtime<HZ> {
    /// # Safety
    /// There is a CLINT at this address.
    pub const unsafe fn at(clint: usize) -> Self {
        Mtime(clint + 0xbff8)
    }
}

impl<const HZ: u32> Ticks for Mtime<HZ> {
    const HZ: u32 = HZ;

    fn ticks(&mut self) -> u64 {
        // SAFETY: both halves are registers, as the maker of `self` said.
        let half = |offset| unsafe { ((self.0 + offset) as *const u32).read_volatile() };
        loop {
            let high = half(4);
            let low = half(0);
            if half(4) == high {
                return u64::from(high) << 32 | u64::from(low);
            }
        }
    }
}

/// A 32-bit counter of microseconds, made one of 64 bits; must be read once in 71 minutes.
struct Extended {
    last: u32,
    wraps: u32,
}

impl Extended {
    fn extend(&mut self, now: u32) -> u64 {
        self.wraps += u32::from(now < self.last);
        self.last = now;
        u64::from(self.wraps) << 32 | u64::from(now)
    }
}

/// The prescaled counter of the mps2's FPGA.
pub struct FpgaCounter {
    regs: Regs,
    extended: Extended,
}

impl FpgaCounter {
    const COUNTER: usize = 0x18;
    const PRESCALE: usize = 0x1c;
    const INPUT_MHZ: u32 = 25;

    /// Counts microseconds from now on.
    pub fn new(mut fpgaio: Regs) -> FpgaCounter {
        fpgaio.write(Self::PRESCALE, Self::INPUT_MHZ - 1);
        fpgaio.write(Self::COUNTER, 0);
        let (last, wraps) = (0, 0);
        FpgaCounter {
            regs: fpgaio,
            extended: Extended { last, wraps },
        }
    }
}

impl Ticks for FpgaCounter {
    const HZ: u32 = 1_000_000;

    fn ticks(&mut self) -> u64 {
        self.extended.extend(self.regs.read(Self::COUNTER))
    }
}

/// A timer of the nRF51.
pub struct NrfTimer {
    regs: Regs,
    extended: Extended,
}

impl NrfTimer {
    const START: usize = 0x000;
    const CAPTURE0: usize = 0x040;
    const BITMODE: usize = 0x508;
    const PRESCALER: usize = 0x510;
    const CC0: usize = 0x540;

    /// Counts microseconds from now on: one of 16 ticks of 16 MHz, in 32 bits, which only TIMER0 has.
    pub fn new(mut timer0: Regs) -> NrfTimer {
        timer0.write(Self::BITMODE, 3);
        timer0.write(Self::PRESCALER, 4);
        timer0.write(Self::START, 1);
        let (last, wraps) = (0, 0);
        NrfTimer {
            regs: timer0,
            extended: Extended { last, wraps },
        }
    }
}

impl Ticks for NrfTimer {
    const HZ: u32 = 1_000_000;

    fn ticks(&mut self) -> u64 {
        self.regs.write(Self::CAPTURE0, 1);
        self.extended.extend(self.regs.read(Self::CC0))
    }
}
