//! Time: the clocks of a board, and waiting.

use embedded_hal::delay::DelayNs;
use wasmote_wasi::Errno;

/// A clock that goes on steadily from some moment, such as the start: a hardware timer.
pub trait MonotonicClock {
    /// Nanoseconds since that moment; never less than before.
    ///
    /// # Errors
    /// If the clock cannot be read.
    fn now(&mut self) -> Result<u64, Errno>;

    /// Nanoseconds from one tick to the next, not 0.
    fn resolution(&self) -> u64;
}

/// A clock that knows the date: a real-time clock.
pub trait WallClock {
    /// Nanoseconds since 1970 without leap seconds, in UTC.
    ///
    /// # Errors
    /// If the clock cannot be read, or was not set.
    fn now(&mut self) -> Result<u64, Errno>;

    /// Nanoseconds from one tick to the next, not 0.
    fn resolution(&self) -> u64;
}

impl<C: MonotonicClock + ?Sized> MonotonicClock for &mut C {
    fn now(&mut self) -> Result<u64, Errno> {
        C::now(self)
    }

    fn resolution(&self) -> u64 {
        C::resolution(self)
    }
}

impl<C: WallClock + ?Sized> WallClock for &mut C {
    fn now(&mut self) -> Result<u64, Errno> {
        C::now(self)
    }

    fn resolution(&self) -> u64 {
        C::resolution(self)
    }
}

/// No clock: programs that ask for it get `inval`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoClock;

impl MonotonicClock for NoClock {
    fn now(&mut self) -> Result<u64, Errno> {
        Err(Errno::Inval)
    }

    fn resolution(&self) -> u64 {
        1
    }
}

impl WallClock for NoClock {
    fn now(&mut self) -> Result<u64, Errno> {
        Err(Errno::Inval)
    }

    fn resolution(&self) -> u64 {
        1
    }
}

/// Lets time pass: every [`DelayNs`], or [`NoDelay`].
pub trait Sleep {
    /// Waits so many nanoseconds or a little longer.
    ///
    /// # Errors
    /// [`Errno::NotSup`] if it cannot.
    fn sleep(&mut self, ns: u64) -> Result<(), Errno>;
}

impl<D: DelayNs> Sleep for D {
    fn sleep(&mut self, ns: u64) -> Result<(), Errno> {
        match u32::try_from(ns) {
            Ok(ns) => self.delay_ns(ns),
            Err(_) => {
                let mut ms = ns.div_ceil(1_000_000);
                while ms > 0 {
                    let now = u32::try_from(ms).unwrap_or(u32::MAX);
                    self.delay_ms(now);
                    ms -= u64::from(now);
                }
            }
        }
        Ok(())
    }
}

/// Nothing to wait with: with a [`MonotonicClock`] programs can sleep still, while the processor spins.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDelay;

impl Sleep for NoDelay {
    fn sleep(&mut self, _: u64) -> Result<(), Errno> {
        Err(Errno::NotSup)
    }
}
