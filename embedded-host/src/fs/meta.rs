//! What is kept of a file besides its contents.

use wasmote_wasi::{Errno, host::SetTime};

/// Bytes of a file's number and times on flash.
pub const META_SIZE: usize = 28;

/// The number of the root directory.
pub(super) const ROOT_INO: u32 = 1;
/// Numbers from here on are made of paths, for files that came without a number.
pub(super) const MADE_UP: u32 = 1 << 31;

/// A file's number and times (nanoseconds since 1970).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) ino: u32,
    pub(super) atim: u64,
    pub(super) mtim: u64,
    pub(super) ctim: u64,
}

impl Meta {
    /// Of a file that is made now.
    pub(super) fn new(ino: u32, now: u64) -> Meta {
        Meta {
            ino,
            atim: now,
            mtim: now,
            ctim: now,
        }
    }

    pub(super) fn encode(&self) -> [u8; META_SIZE] {
        let mut bytes = [0; META_SIZE];
        bytes[..4].copy_from_slice(&self.ino.to_le_bytes());
        let times = [self.atim, self.mtim, self.ctim];
        for (bytes, time) in bytes[4..].chunks_exact_mut(8).zip(times) {
            bytes.copy_from_slice(&time.to_le_bytes());
        }
        bytes
    }

    /// From an attribute of this length; what is missing is 0.
    pub(super) fn decode(bytes: &[u8; META_SIZE]) -> Meta {
        let time = |at: usize| {
            let mut time = [0; 8];
            time.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(time)
        };
        Meta {
            ino: u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
            atim: time(4),
            mtim: time(12),
            ctim: time(20),
        }
    }

    /// Its contents changed.
    pub(super) fn touch(&mut self, now: u64) {
        (self.mtim, self.ctim) = (now, now);
    }

    pub(super) fn set_times(&mut self, atim: SetTime, mtim: SetTime, now: u64) {
        let set = |time: &mut u64, to| match to {
            SetTime::Keep => {}
            SetTime::Now => *time = now,
            SetTime::At(at) => *time = at,
        };
        set(&mut self.atim, atim);
        set(&mut self.mtim, mtim);
        self.ctim = now;
    }
}

/// A hash that is spread over 64 bits (FNV-1a, with a finisher for short names).
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Length and offset in 32 bits, as files on flash have them.
pub(super) fn narrow(offset: u64) -> Result<u32, Errno> {
    // littlefs keeps sizes in 31 bits.
    u32::try_from(offset)
        .ok()
        .filter(|&offset| offset <= i32::MAX as u32)
        .ok_or(Errno::Fbig)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back() {
        let meta = Meta {
            ino: 0x0102_0304,
            atim: 5,
            mtim: u64::MAX,
            ctim: 7,
        };
        assert_eq!(Meta::decode(&meta.encode()), meta);
        assert_eq!(Meta::decode(&[0; META_SIZE]), Meta::default());
    }
}
