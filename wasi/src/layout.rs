//! The records of the witx, byte for byte as the guest sees them (little-endian), in both versions.

use crate::{
    errno::Errno,
    host::Filestat,
    types::{Clockid, Eventtype, Fdflags, Filetype, Rights, Subclockflags},
};

/// Which version of the functions a program imports; they differ in a few layouts and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Abi {
    /// `wasi_snapshot_preview1`.
    Preview1,
    /// `wasi_unstable`, preview 0: `nlink` is 32 bits wide, `whence` counts from `cur`, and a clock
    /// subscription has one more field.
    Unstable,
}

impl Abi {
    /// The name of the import module.
    pub const fn module(self) -> &'static str {
        match self {
            Abi::Preview1 => "wasi_snapshot_preview1",
            Abi::Unstable => "wasi_unstable",
        }
    }

    /// Size of a `filestat`.
    pub const fn filestat_size(self) -> u32 {
        match self {
            Abi::Preview1 => 64,
            Abi::Unstable => 56,
        }
    }

    /// Size of a `subscription`.
    pub const fn subscription_size(self) -> u32 {
        match self {
            Abi::Preview1 => 48,
            Abi::Unstable => 56,
        }
    }
}

/// Size of an `iovec` and a `ciovec`: pointer, length.
pub const IOVEC_SIZE: u32 = 8;
/// Size of a `dirent` without its name.
pub const DIRENT_SIZE: usize = 24;
/// Size of an `event`.
pub const EVENT_SIZE: u32 = 32;

fn put<const N: usize>(record: &mut [u8], at: usize, bytes: [u8; N]) {
    record[at..at + N].copy_from_slice(&bytes);
}

fn get<const N: usize>(record: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&record[at..at + N]);
    bytes
}

/// `fdstat`: `fs_filetype` at 0, `fs_flags` at 2, `fs_rights_base` at 8, `fs_rights_inheriting` at 16.
pub fn fdstat(filetype: Filetype, flags: Fdflags, base: Rights, inheriting: Rights) -> [u8; 24] {
    let mut record = [0; 24];
    record[0] = filetype.raw();
    put(&mut record, 2, flags.bits().to_le_bytes());
    put(&mut record, 8, base.bits().to_le_bytes());
    put(&mut record, 16, inheriting.bits().to_le_bytes());
    record
}

/// `filestat`, of which the first [`Abi::filestat_size`] bytes count.
///
/// Preview 1: `dev` at 0, `ino` 8, `filetype` 16, `nlink` 24, `size` 32, `atim` 40, `mtim` 48, `ctim` 56.
/// Unstable: `dev` at 0, `ino` 8, `filetype` 16, `nlink` (32 bits) 20, `size` 24, `atim` 32, `mtim` 40,
/// `ctim` 48.
pub fn filestat(stat: &Filestat, abi: Abi) -> [u8; 64] {
    let mut record = [0; 64];
    put(&mut record, 0, stat.dev.to_le_bytes());
    put(&mut record, 8, stat.ino.to_le_bytes());
    record[16] = stat.filetype.raw();
    let rest = match abi {
        Abi::Preview1 => {
            put(&mut record, 24, stat.nlink.to_le_bytes());
            32
        }
        Abi::Unstable => {
            let nlink = u32::try_from(stat.nlink).unwrap_or(u32::MAX);
            put(&mut record, 20, nlink.to_le_bytes());
            24
        }
    };
    put(&mut record, rest, stat.size.to_le_bytes());
    put(&mut record, rest + 8, stat.atim.to_le_bytes());
    put(&mut record, rest + 16, stat.mtim.to_le_bytes());
    put(&mut record, rest + 24, stat.ctim.to_le_bytes());
    record
}

/// `dirent`: `d_next` at 0, `d_ino` 8, `d_namlen` 16, `d_type` 20.
pub fn dirent(next: u64, ino: u64, namlen: u32, filetype: Filetype) -> [u8; DIRENT_SIZE] {
    let mut record = [0; DIRENT_SIZE];
    put(&mut record, 0, next.to_le_bytes());
    put(&mut record, 8, ino.to_le_bytes());
    put(&mut record, 16, namlen.to_le_bytes());
    record[20] = filetype.raw();
    record
}

/// `prestat` of a directory: the tag at 0, the length of the name at 4.
pub fn prestat(name_len: u32) -> [u8; 8] {
    let mut record = [0; 8];
    put(&mut record, 4, name_len.to_le_bytes());
    record
}

/// `event`: `userdata` at 0, `error` 8, `type` 10, `nbytes` 16, `flags` 24 (bit 0: hangup).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// From the subscription.
    pub userdata: u64,
    /// What went wrong with it, or `success`.
    pub error: Errno,
    /// From the subscription.
    pub eventtype: Eventtype,
    /// How much can be read or written.
    pub nbytes: u64,
    /// The other side has closed.
    pub hangup: bool,
}

impl Event {
    /// As the guest sees it.
    pub fn to_bytes(&self) -> [u8; EVENT_SIZE as usize] {
        let mut record = [0; EVENT_SIZE as usize];
        put(&mut record, 0, self.userdata.to_le_bytes());
        put(&mut record, 8, self.error.raw().to_le_bytes());
        record[10] = self.eventtype.raw();
        put(&mut record, 16, self.nbytes.to_le_bytes());
        put(&mut record, 24, u16::from(self.hangup).to_le_bytes());
        record
    }
}

/// `subscription`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Handed back in the event.
    pub userdata: u64,
    /// What for.
    pub what: Subscribed,
}

/// What a subscription is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscribed {
    /// A time; the error is that of a clock or flag that does not exist.
    Clock(Result<Timeout, Errno>),
    /// Data to read from this descriptor.
    FdRead(u32),
    /// Room to write to this descriptor.
    FdWrite(u32),
}

/// A time to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// On this clock.
    pub clock: Clockid,
    /// Nanoseconds.
    pub time: u64,
    /// A point in time rather than a duration.
    pub absolute: bool,
}

impl Subscription {
    /// Reads a `subscription` of [`Abi::subscription_size`] bytes: `userdata` at 0, the tag at 8; a
    /// descriptor at 16; a clock (from 16, or from 24 after `identifier` in the unstable version)
    /// has `id` at 0, `timeout` 8, `precision` 16, `flags` 24.
    ///
    /// # Errors
    /// [`Errno::Inval`] for an unknown tag.
    pub fn from_bytes(record: &[u8], abi: Abi) -> Result<Subscription, Errno> {
        let fd = || u32::from_le_bytes(get(record, 16));
        let what = match Eventtype::from_raw(u32::from(record[8]))? {
            Eventtype::FdRead => Subscribed::FdRead(fd()),
            Eventtype::FdWrite => Subscribed::FdWrite(fd()),
            Eventtype::Clock => {
                let at = if abi == Abi::Preview1 { 16 } else { 24 };
                let flags = Subclockflags::from_bits(u16::from_le_bytes(get(record, at + 24)));
                let clock = Clockid::from_raw(u32::from_le_bytes(get(record, at)));
                Subscribed::Clock(match (clock, flags) {
                    (Ok(clock), Some(flags)) => Ok(Timeout {
                        clock,
                        time: u64::from_le_bytes(get(record, at + 8)),
                        absolute: flags.contains(Subclockflags::ABSTIME),
                    }),
                    _ => Err(Errno::Inval),
                })
            }
        };
        Ok(Subscription {
            userdata: u64::from_le_bytes(get(record, 0)),
            what,
        })
    }

    /// The type that its event has.
    pub fn eventtype(&self) -> Eventtype {
        match self.what {
            Subscribed::Clock(_) => Eventtype::Clock,
            Subscribed::FdRead(_) => Eventtype::FdRead,
            Subscribed::FdWrite(_) => Eventtype::FdWrite,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: Filestat = Filestat {
        dev: 1,
        ino: 2,
        filetype: Filetype::RegularFile,
        nlink: 3,
        size: 4,
        atim: 5,
        mtim: 6,
        ctim: 7,
    };

    #[test]
    fn records_of_preview1() {
        let record = fdstat(
            Filetype::Directory,
            Fdflags::SYNC,
            Rights::FD_READ,
            Rights::PATH_OPEN,
        );
        assert_eq!((record[0], record[2], record[8]), (3, 16, 2));
        assert_eq!(record[16..18], [0, 0x20]);
        let record = filestat(&STAT, Abi::Preview1);
        assert_eq!((record[0], record[8], record[16], record[24]), (1, 2, 4, 3));
        assert_eq!(
            (record[32], record[40], record[48], record[56]),
            (4, 5, 6, 7)
        );
        let record = dirent(0x0102, 3, 4, Filetype::SymbolicLink);
        assert_eq!(
            (record[0], record[1], record[8], record[16], record[20]),
            (2, 1, 3, 4, 7)
        );
        assert_eq!(prestat(0x0201), [0, 0, 0, 0, 1, 2, 0, 0]);
        let event = Event {
            userdata: 1,
            error: Errno::Badf,
            eventtype: Eventtype::FdWrite,
            nbytes: 9,
            hangup: true,
        };
        let record = event.to_bytes();
        assert_eq!(
            (record[0], record[8], record[10], record[16], record[24]),
            (1, 8, 2, 9, 1)
        );
    }

    #[test]
    fn filestat_of_the_unstable_version_is_narrower() {
        let record = filestat(
            &Filestat {
                nlink: u64::MAX,
                ..STAT
            },
            Abi::Unstable,
        );
        assert_eq!(record[20..24], [0xff; 4]);
        assert_eq!(
            (record[24], record[32], record[40], record[48]),
            (4, 5, 6, 7)
        );
        assert_eq!(record[56..], [0; 8]);
    }

    #[test]
    fn subscriptions() {
        let mut record = [0; 56];
        record[0] = 7;
        record[16] = 1;
        record[24] = 5;
        record[40] = 1;
        let timeout = Timeout {
            clock: Clockid::Monotonic,
            time: 5,
            absolute: true,
        };
        let expected = Subscription {
            userdata: 7,
            what: Subscribed::Clock(Ok(timeout)),
        };
        assert_eq!(
            Subscription::from_bytes(&record, Abi::Preview1),
            Ok(expected)
        );
        record[16..56].fill(0);
        record[24] = 1;
        record[32] = 5;
        record[48] = 1;
        assert_eq!(
            Subscription::from_bytes(&record, Abi::Unstable),
            Ok(expected)
        );
        record[24] = 9;
        let bad = Subscription::from_bytes(&record, Abi::Unstable).map(|s| s.what);
        assert_eq!(bad, Ok(Subscribed::Clock(Err(Errno::Inval))));
        record[8] = 1;
        record[16] = 4;
        let read = Subscription::from_bytes(&record, Abi::Preview1).map(|s| s.what);
        assert_eq!(read, Ok(Subscribed::FdRead(4)));
        record[8] = 3;
        assert_eq!(
            Subscription::from_bytes(&record, Abi::Preview1),
            Err(Errno::Inval)
        );
    }
}
