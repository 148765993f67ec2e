//! Time and randomness that are the same in every run.

/// A clock that moves only when the program looks at it or sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualClock {
    /// Nanoseconds since 1970 when the program starts.
    pub epoch: u64,
    /// Nanoseconds that pass with every look, so that programs which wait in a loop end.
    pub step: u64,
    /// Nanoseconds since the program started.
    pub elapsed: u64,
}

impl VirtualClock {
    /// A clock that starts at `epoch` nanoseconds since 1970 and goes on by a microsecond with every look.
    pub const fn new(epoch: u64) -> VirtualClock {
        VirtualClock {
            epoch,
            step: 1000,
            elapsed: 0,
        }
    }

    /// Lets time pass.
    pub fn advance(&mut self, nanoseconds: u64) {
        self.elapsed = self.elapsed.saturating_add(nanoseconds);
    }

    /// Looks at the clock; the real time includes the epoch, the others do not.
    pub(crate) fn look(&mut self, realtime: bool) -> u64 {
        let now = if realtime {
            self.epoch.saturating_add(self.elapsed)
        } else {
            self.elapsed
        };
        self.advance(self.step);
        now
    }
}

/// Reproducible bytes from a seed (SplitMix64). Not for keys: whoever knows the seed knows them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeededRandom {
    state: u64,
}

impl SeededRandom {
    /// The sequence of a seed.
    pub const fn new(seed: u64) -> SeededRandom {
        SeededRandom { state: seed }
    }

    /// The seed of what is still to come.
    #[cfg(feature = "debug")]
    pub(crate) const fn state(&self) -> u64 {
        self.state
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Fills a buffer.
    pub fn fill(&mut self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(8) {
            let bytes = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_reference_values() {
        let mut random = SeededRandom::new(1_234_567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn the_clock_goes_on_by_looking() {
        let mut clock = VirtualClock::new(100);
        assert_eq!(clock.look(true), 100);
        assert_eq!(clock.look(false), 1000);
        clock.advance(u64::MAX);
        assert_eq!(clock.look(true), u64::MAX);
    }
}
