//! Effective addresses in memory 0, and whether an access there is inside of it.
//!
//! They have 33 bits: a base and an offset of 32. Where numbers of 64 bits are in one register, that is one number.
//! Elsewhere it is one of 32 bits and a carry, which takes a third of the instructions.

use super::cx::Cx;

#[cfg(target_pointer_width = "64")]
mod wide {
    /// Memory 0: its length less an access of 1, 2, 4, 8, 16 bytes; negative where it has fewer.
    pub(crate) struct Limits([i64; 5]);

    impl Limits {
        pub(crate) const NONE: Limits = Limits([-1; 5]);

        pub(crate) fn new(len: usize) -> Limits {
            // (One by one: an array that is mapped stands on the native stack, in handlers that must not have any.)
            let len = len as i64;
            Limits([len - 1, len - 2, len - 4, len - 8, len - 16])
        }

        /// The memory's length.
        pub(crate) fn len(&self) -> usize {
            (self.0[0] + 1) as usize
        }
    }

    pub(crate) struct Address(u64);

    impl Address {
        #[inline(always)]
        pub(crate) fn sum(base: u32, offset: u32) -> Address {
            Address(base as u64 + offset as u64)
        }

        #[inline(always)]
        pub(super) fn exceeds(&self, limits: &Limits, log_size: usize) -> bool {
            self.0 as i64 > limits.0[log_size]
        }

        /// What to add to the memory's address; whole if it is inside.
        #[inline(always)]
        pub(crate) fn index(&self) -> usize {
            self.0 as usize
        }

        /// All of it.
        #[inline(always)]
        pub(crate) fn whole(&self) -> u64 {
            self.0
        }
    }
}
#[cfg(target_pointer_width = "64")]
pub(crate) use wide::{Address, Limits};

#[cfg(not(target_pointer_width = "64"))]
mod narrow {
    /// Memory 0: how many addresses an access of 1, 2, 4, 8, 16 bytes may have.
    pub(crate) struct Limits([u32; 5]);

    impl Limits {
        pub(crate) const NONE: Limits = Limits([0; 5]);

        pub(crate) fn new(len: usize) -> Limits {
            Limits([0, 1, 2, 3, 4].map(|log_size| (len as u32 + 1).saturating_sub(1 << log_size)))
        }

        /// The memory's length.
        pub(crate) fn len(&self) -> usize {
            self.0[0] as usize
        }
    }

    pub(crate) struct Address {
        low: u32,
        carry: bool,
    }

    impl Address {
        #[inline(always)]
        pub(crate) fn sum(base: u32, offset: u32) -> Address {
            let (low, carry) = base.overflowing_add(offset);
            Address { low, carry }
        }

        #[inline(always)]
        pub(super) fn exceeds(&self, limits: &Limits, log_size: usize) -> bool {
            self.carry || self.low >= limits.0[log_size]
        }

        /// What to add to the memory's address; whole if it is inside.
        #[inline(always)]
        pub(crate) fn index(&self) -> usize {
            self.low as usize
        }

        /// All of it.
        #[inline(always)]
        pub(crate) fn whole(&self) -> u64 {
            u64::from(self.carry) << 32 | u64::from(self.low)
        }
    }
}
#[cfg(not(target_pointer_width = "64"))]
pub(crate) use narrow::{Address, Limits};

impl Address {
    /// Whether an access of `1 << log_size` bytes there is not inside of the current instance's memory 0.
    ///
    /// # Safety
    /// The context is alive.
    #[inline(always)]
    pub(crate) unsafe fn is_outside(&self, cx: *const Cx, log_size: usize) -> bool {
        // SAFETY: the caller's promise.
        self.exceeds(unsafe { &(*cx).limits }, log_size)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{Address, Limits};

    fn outside(base: u32, offset: u32, len: usize) -> Vec<bool> {
        let (limits, address) = (Limits::new(len), Address::sum(base, offset));
        assert_eq!(limits.len(), len);
        assert_eq!(address.whole(), u64::from(base) + u64::from(offset));
        let exceeds = |log_size| address.exceeds(&limits, log_size);
        (0..5).map(exceeds).collect()
    }

    #[test]
    fn accesses_end_where_the_memory_does() {
        for len in [0, 1, 3, 16, 17, 65_536] {
            for ea in [0, 1, 8, 15, 16, 65_520, 65_535, 65_536] {
                let expected: Vec<bool> =
                    (0..5).map(|log| ea as usize + (1 << log) > len).collect();
                assert_eq!(outside(ea, 0, len), expected, "{ea} of {len}");
                assert_eq!(outside(0, ea, len), expected, "{ea} of {len}");
            }
        }
    }

    #[test]
    fn addresses_do_not_wrap() {
        assert_eq!(outside(u32::MAX, 1, 65_536), [true; 5]);
        assert_eq!(outside(u32::MAX, u32::MAX, 65_536), [true; 5]);
    }
}
