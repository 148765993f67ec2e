//! A chip on the desktop: the host of chips on a simulated flash, with the time and the sleep of the system.
#![allow(missing_docs)]

use std::{
    convert::Infallible,
    thread,
    time::{Duration, Instant, SystemTime},
};

use embedded_hal::delay::DelayNs;
use rand_core::{TryCryptoRng, TryRng};
use wasmote_embedded_host::{
    Console, EmbeddedHost, FlashFiles, Littlefs, MonotonicClock, Settings, WallClock, sim::SimFlash,
};
use wasmote_wasi::{Errno, SeededRandom};

/// A serial NOR flash: bytes are read and programmed, 4 KiB erased.
pub type Flash = SimFlash<1, 1, 4096>;
pub type Fs = Littlefs<Flash, 256, 32, 2>;
pub type Files = FlashFiles<Fs, 16, 600>;
pub type Lines = Console<&'static [u8], Vec<u8>, Vec<u8>>;
pub type Chip = EmbeddedHost<Files, Lines, Noise, Clock, Clock, Clock>;

/// 1 MiB of it.
pub fn flash() -> Flash {
    Flash::new(256)
}

/// A host whose files are on this flash, which is formatted if there is nothing.
pub fn host(flash: Flash) -> Chip {
    let fs = Fs::mount_or_format(flash, &Settings::default());
    let fs = fs.map_err(|(errno, _)| errno).unwrap();
    let files = Files::new(fs).map_err(|(errno, _)| errno).unwrap();
    EmbeddedHost::new()
        .files(files)
        .stdio(Console {
            input: &b"input"[..],
            output: Vec::new(),
            errors: Vec::new(),
        })
        .random(Noise(SeededRandom::new(7)))
        .monotonic_clock(Clock::default())
        .wall_clock(Clock::default())
        .delay(Clock::default())
}

/// Pretends to be random.
pub struct Noise(pub SeededRandom);

impl TryRng for Noise {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Noise {}

pub struct Clock(Instant);

impl Default for Clock {
    fn default() -> Self {
        Clock(Instant::now())
    }
}

fn nanoseconds(time: Duration) -> Result<u64, Errno> {
    u64::try_from(time.as_nanos()).map_err(|_| Errno::Overflow)
}

impl MonotonicClock for Clock {
    fn now(&mut self) -> Result<u64, Errno> {
        nanoseconds(self.0.elapsed())
    }

    fn resolution(&self) -> u64 {
        1
    }
}

impl WallClock for Clock {
    fn now(&mut self) -> Result<u64, Errno> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        nanoseconds(since.map_err(|_| Errno::Inval)?)
    }

    fn resolution(&self) -> u64 {
        1
    }
}

impl DelayNs for Clock {
    fn delay_ns(&mut self, ns: u32) {
        thread::sleep(Duration::from_nanos(ns.into()));
    }
}
