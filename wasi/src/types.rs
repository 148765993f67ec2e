//! The types of the witx that are not records: flags and enums.
//!
//! Values arrive as integers. An unknown bit or an unknown enum value is [`Errno::Inval`] at the
//! boundary, except in rights: programs ask for all of them with `!0`, so unknown rights are dropped.

use core::fmt;

use crate::errno::Errno;

macro_rules! flags {
    ($(#[$meta:meta])* $Name:ident: $Int:ty { $($(#[$flag_meta:meta])* $FLAG:ident = $bit:literal $witx:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $Name($Int);

        impl $Name {
            $($(#[$flag_meta])* pub const $FLAG: $Name = $Name(1 << $bit);)*
            /// No flag.
            pub const EMPTY: $Name = $Name(0);
            /// Every flag.
            pub const ALL: $Name = $Name(0 $(| 1 << $bit)*);
            const NAMES: &'static [($Name, &'static str)] = &[$(($Name::$FLAG, $witx),)*];

            /// The integer that the guest sees.
            pub const fn bits(self) -> $Int {
                self.0
            }

            /// The flags of an integer, or nothing if it has unknown bits.
            pub const fn from_bits(bits: $Int) -> Option<$Name> {
                if bits & !Self::ALL.0 == 0 { Some($Name(bits)) } else { None }
            }

            /// The flags of an integer without its unknown bits.
            pub const fn from_bits_truncate(bits: $Int) -> $Name {
                $Name(bits & Self::ALL.0)
            }

            /// Whether no flag is set.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Whether all flags of `other` are set.
            pub const fn contains(self, other: $Name) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether at least one flag of `other` is set.
            pub const fn intersects(self, other: $Name) -> bool {
                self.0 & other.0 != 0
            }

            /// The flags of either.
            pub const fn union(self, other: $Name) -> $Name {
                $Name(self.0 | other.0)
            }

            /// The flags of both.
            pub const fn intersection(self, other: $Name) -> $Name {
                $Name(self.0 & other.0)
            }

            /// These flags without those of `other`.
            pub const fn difference(self, other: $Name) -> $Name {
                $Name(self.0 & !other.0)
            }
        }

        impl core::ops::BitOr for $Name {
            type Output = $Name;
            fn bitor(self, other: $Name) -> $Name {
                self.union(other)
            }
        }

        impl core::ops::BitAnd for $Name {
            type Output = $Name;
            fn bitand(self, other: $Name) -> $Name {
                self.intersection(other)
            }
        }

        impl core::ops::Sub for $Name {
            type Output = $Name;
            fn sub(self, other: $Name) -> $Name {
                self.difference(other)
            }
        }

        /// The names of the set flags, joined by `|`; `0` for none.
        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut first = true;
                for (flag, name) in Self::NAMES {
                    if self.contains(*flag) {
                        if !first {
                            f.write_str("|")?;
                        }
                        f.write_str(name)?;
                        first = false;
                    }
                }
                if first { f.write_str("0") } else { Ok(()) }
            }
        }

        impl fmt::Debug for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($Name))
            }
        }
    };
}

macro_rules! enums {
    ($(#[$meta:meta])* $Name:ident: $Int:ty { $($(#[$variant_meta:meta])* $Variant:ident = $value:literal $witx:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr($Int)]
        pub enum $Name {
            $($(#[$variant_meta])* $Variant = $value,)*
        }

        impl $Name {
            /// The integer that the guest sees.
            pub const fn raw(self) -> $Int {
                self as $Int
            }

            /// # Errors
            /// [`Errno::Inval`] if the integer is none of the values.
            pub const fn from_raw(raw: u32) -> Result<$Name, Errno> {
                match raw {
                    $($value => Ok($Name::$Variant),)*
                    _ => Err(Errno::Inval),
                }
            }

            /// The name in the witx.
            pub const fn name(self) -> &'static str {
                match self {
                    $($Name::$Variant => $witx,)*
                }
            }
        }
    };
}

flags! {
    /// What a descriptor may be used for (`rights`).
    Rights: u64 {
        /// `fd_datasync`.
        FD_DATASYNC = 0 "fd_datasync",
        /// `fd_read`, `sock_recv`; with `FD_SEEK` also `fd_pread`.
        FD_READ = 1 "fd_read",
        /// `fd_seek`; implies `FD_TELL`.
        FD_SEEK = 2 "fd_seek",
        /// `fd_fdstat_set_flags`.
        FD_FDSTAT_SET_FLAGS = 3 "fd_fdstat_set_flags",
        /// `fd_sync`.
        FD_SYNC = 4 "fd_sync",
        /// `fd_tell`, and `fd_seek` that does not move.
        FD_TELL = 5 "fd_tell",
        /// `fd_write`, `sock_send`; with `FD_SEEK` also `fd_pwrite`.
        FD_WRITE = 6 "fd_write",
        /// `fd_advise`.
        FD_ADVISE = 7 "fd_advise",
        /// `fd_allocate`.
        FD_ALLOCATE = 8 "fd_allocate",
        /// `path_create_directory`.
        PATH_CREATE_DIRECTORY = 9 "path_create_directory",
        /// `path_open` with `creat`.
        PATH_CREATE_FILE = 10 "path_create_file",
        /// `path_link` from this directory.
        PATH_LINK_SOURCE = 11 "path_link_source",
        /// `path_link` into this directory.
        PATH_LINK_TARGET = 12 "path_link_target",
        /// `path_open`.
        PATH_OPEN = 13 "path_open",
        /// `fd_readdir`.
        FD_READDIR = 14 "fd_readdir",
        /// `path_readlink`.
        PATH_READLINK = 15 "path_readlink",
        /// `path_rename` from this directory.
        PATH_RENAME_SOURCE = 16 "path_rename_source",
        /// `path_rename` into this directory.
        PATH_RENAME_TARGET = 17 "path_rename_target",
        /// `path_filestat_get`.
        PATH_FILESTAT_GET = 18 "path_filestat_get",
        /// `path_open` with `trunc`.
        PATH_FILESTAT_SET_SIZE = 19 "path_filestat_set_size",
        /// `path_filestat_set_times`.
        PATH_FILESTAT_SET_TIMES = 20 "path_filestat_set_times",
        /// `fd_filestat_get`.
        FD_FILESTAT_GET = 21 "fd_filestat_get",
        /// `fd_filestat_set_size`.
        FD_FILESTAT_SET_SIZE = 22 "fd_filestat_set_size",
        /// `fd_filestat_set_times`.
        FD_FILESTAT_SET_TIMES = 23 "fd_filestat_set_times",
        /// `path_symlink`.
        PATH_SYMLINK = 24 "path_symlink",
        /// `path_remove_directory`.
        PATH_REMOVE_DIRECTORY = 25 "path_remove_directory",
        /// `path_unlink_file`.
        PATH_UNLINK_FILE = 26 "path_unlink_file",
        /// `poll_oneoff` on this descriptor, with `FD_READ` or `FD_WRITE`.
        POLL_FD_READWRITE = 27 "poll_fd_readwrite",
        /// `sock_shutdown`.
        SOCK_SHUTDOWN = 28 "sock_shutdown",
        /// `sock_accept`.
        SOCK_ACCEPT = 29 "sock_accept",
    }
}

impl Rights {
    /// Rights that mean something on a directory itself.
    pub const DIRECTORY: Rights = Rights::PATH_CREATE_DIRECTORY
        .union(Rights::PATH_CREATE_FILE)
        .union(Rights::PATH_LINK_SOURCE)
        .union(Rights::PATH_LINK_TARGET)
        .union(Rights::PATH_OPEN)
        .union(Rights::FD_READDIR)
        .union(Rights::PATH_READLINK)
        .union(Rights::PATH_RENAME_SOURCE)
        .union(Rights::PATH_RENAME_TARGET)
        .union(Rights::PATH_FILESTAT_GET)
        .union(Rights::PATH_FILESTAT_SET_SIZE)
        .union(Rights::PATH_FILESTAT_SET_TIMES)
        .union(Rights::PATH_SYMLINK)
        .union(Rights::PATH_REMOVE_DIRECTORY)
        .union(Rights::PATH_UNLINK_FILE)
        .union(Rights::FD_FDSTAT_SET_FLAGS)
        .union(Rights::FD_SYNC)
        .union(Rights::FD_DATASYNC)
        .union(Rights::FD_FILESTAT_GET)
        .union(Rights::FD_FILESTAT_SET_TIMES);

    /// Rights that mean something on a regular file.
    pub const FILE: Rights = Rights::FD_DATASYNC
        .union(Rights::FD_READ)
        .union(Rights::FD_SEEK)
        .union(Rights::FD_FDSTAT_SET_FLAGS)
        .union(Rights::FD_SYNC)
        .union(Rights::FD_TELL)
        .union(Rights::FD_WRITE)
        .union(Rights::FD_ADVISE)
        .union(Rights::FD_ALLOCATE)
        .union(Rights::FD_FILESTAT_GET)
        .union(Rights::FD_FILESTAT_SET_SIZE)
        .union(Rights::FD_FILESTAT_SET_TIMES)
        .union(Rights::POLL_FD_READWRITE);

    /// Rights that mean something on a stream: no seeking, by which guests know a terminal.
    pub const STREAM: Rights = Rights::FD_READ
        .union(Rights::FD_WRITE)
        .union(Rights::FD_FDSTAT_SET_FLAGS)
        .union(Rights::FD_FILESTAT_GET)
        .union(Rights::POLL_FD_READWRITE);

    /// Rights that mean something on a socket, connected or listening.
    pub const SOCKET: Rights = Rights::STREAM
        .union(Rights::SOCK_SHUTDOWN)
        .union(Rights::SOCK_ACCEPT);

    /// Rights that change what they are used on: the host opens a file for writing for these.
    pub const FILE_WRITING: Rights = Rights::FD_WRITE
        .union(Rights::FD_ALLOCATE)
        .union(Rights::FD_FILESTAT_SET_SIZE);

    /// Rights by which a directory's contents are changed through the directory.
    pub const DIRECTORY_WRITING: Rights = Rights::PATH_CREATE_DIRECTORY
        .union(Rights::PATH_CREATE_FILE)
        .union(Rights::PATH_LINK_SOURCE)
        .union(Rights::PATH_LINK_TARGET)
        .union(Rights::PATH_RENAME_SOURCE)
        .union(Rights::PATH_RENAME_TARGET)
        .union(Rights::PATH_FILESTAT_SET_SIZE)
        .union(Rights::PATH_FILESTAT_SET_TIMES)
        .union(Rights::PATH_SYMLINK)
        .union(Rights::PATH_REMOVE_DIRECTORY)
        .union(Rights::PATH_UNLINK_FILE);
}

/// What a preopened directory may be used for, and what may be opened through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirRights {
    /// Rights on the directory itself.
    pub base: Rights,
    /// The most that a descriptor opened through it can have.
    pub inheriting: Rights,
}

impl DirRights {
    /// Everything.
    pub const READ_WRITE: DirRights = DirRights {
        base: Rights::DIRECTORY,
        inheriting: Rights::DIRECTORY.union(Rights::FILE),
    };

    /// Looking and reading only; nothing below can be changed.
    pub const READ_ONLY: DirRights = {
        let base = Rights::PATH_OPEN
            .union(Rights::FD_READDIR)
            .union(Rights::PATH_READLINK)
            .union(Rights::PATH_FILESTAT_GET)
            .union(Rights::FD_FILESTAT_GET)
            .union(Rights::FD_FDSTAT_SET_FLAGS);
        DirRights {
            base,
            inheriting: base
                .union(Rights::FD_READ)
                .union(Rights::FD_SEEK)
                .union(Rights::FD_TELL)
                .union(Rights::FD_ADVISE)
                .union(Rights::POLL_FD_READWRITE),
        }
    };
}

flags! {
    /// State of a descriptor (`fdflags`).
    Fdflags: u16 {
        /// Writes go to the end of the file.
        APPEND = 0 "append",
        /// A write returns when its data is on the device.
        DSYNC = 1 "dsync",
        /// Answer `again` instead of waiting.
        NONBLOCK = 2 "nonblock",
        /// A read waits for pending writes to reach the device.
        RSYNC = 3 "rsync",
        /// A write returns when its data and metadata are on the device.
        SYNC = 4 "sync",
    }
}

flags! {
    /// How `path_open` opens (`oflags`).
    Oflags: u16 {
        /// Create the file if there is none.
        CREAT = 0 "creat",
        /// Fail if it is not a directory.
        DIRECTORY = 1 "directory",
        /// Fail if it exists.
        EXCL = 2 "excl",
        /// Make it empty.
        TRUNC = 3 "trunc",
    }
}

flags! {
    /// How a path is resolved (`lookupflags`).
    Lookupflags: u32 {
        /// If the path names a symbolic link, use what it points to.
        SYMLINK_FOLLOW = 0 "symlink_follow",
    }
}

flags! {
    /// Which timestamps to set (`fstflags`).
    Fstflags: u16 {
        /// Access time, to the given value.
        ATIM = 0 "atim",
        /// Access time, to now.
        ATIM_NOW = 1 "atim_now",
        /// Modification time, to the given value.
        MTIM = 2 "mtim",
        /// Modification time, to now.
        MTIM_NOW = 3 "mtim_now",
    }
}

flags! {
    /// How to receive (`riflags`).
    Riflags: u16 {
        /// Leave the data in the queue.
        RECV_PEEK = 0 "recv_peek",
        /// Wait until the buffers are full.
        RECV_WAITALL = 1 "recv_waitall",
    }
}

flags! {
    /// What happened while receiving (`roflags`).
    Roflags: u16 {
        /// The message was longer than the buffers.
        RECV_DATA_TRUNCATED = 0 "recv_data_truncated",
    }
}

flags! {
    /// Which directions to shut down (`sdflags`).
    Sdflags: u8 {
        /// No more receiving.
        RD = 0 "rd",
        /// No more sending.
        WR = 1 "wr",
    }
}

flags! {
    /// How a clock subscription counts (`subclockflags`).
    Subclockflags: u16 {
        /// The timeout is a point in time, not a duration.
        ABSTIME = 0 "abstime",
    }
}

enums! {
    /// What a descriptor or directory entry is (`filetype`).
    Filetype: u8 {
        /// Something else, such as a pipe.
        Unknown = 0 "unknown",
        /// A block device.
        BlockDevice = 1 "block_device",
        /// A character device, such as a terminal.
        CharacterDevice = 2 "character_device",
        /// A directory.
        Directory = 3 "directory",
        /// A regular file.
        RegularFile = 4 "regular_file",
        /// A datagram socket.
        SocketDgram = 5 "socket_dgram",
        /// A byte-stream socket.
        SocketStream = 6 "socket_stream",
        /// A symbolic link.
        SymbolicLink = 7 "symbolic_link",
    }
}

enums! {
    /// Which clock (`clockid`).
    Clockid: u32 {
        /// Nanoseconds since 1970-01-01T00:00:00Z.
        Realtime = 0 "realtime",
        /// Nanoseconds since an arbitrary point; never goes back.
        Monotonic = 1 "monotonic",
        /// CPU time of the process.
        ProcessCputime = 2 "process_cputime_id",
        /// CPU time of the thread.
        ThreadCputime = 3 "thread_cputime_id",
    }
}

enums! {
    /// What an offset is relative to (`whence`).
    Whence: u8 {
        /// The start of the file.
        Set = 0 "set",
        /// The present position.
        Cur = 1 "cur",
        /// The end of the file.
        End = 2 "end",
    }
}

enums! {
    /// How a region of a file will be used (`advice`).
    Advice: u8 {
        /// Nothing is known.
        Normal = 0 "normal",
        /// In order.
        Sequential = 1 "sequential",
        /// In no order.
        Random = 2 "random",
        /// Soon.
        WillNeed = 3 "willneed",
        /// Not soon.
        DontNeed = 4 "dontneed",
        /// Once.
        NoReuse = 5 "noreuse",
    }
}

enums! {
    /// What a subscription or an event is about (`eventtype`).
    Eventtype: u8 {
        /// A clock reaching a time.
        Clock = 0 "clock",
        /// Data to read.
        FdRead = 1 "fd_read",
        /// Room to write.
        FdWrite = 2 "fd_write",
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn flags_have_the_bits_of_the_witx() {
        assert_eq!(Rights::ALL.bits(), (1 << 30) - 1);
        assert_eq!(Rights::SOCK_ACCEPT.bits(), 1 << 29);
        assert_eq!(Fdflags::ALL.bits(), 31);
        assert_eq!(Oflags::TRUNC.bits(), 8);
        assert_eq!(Fdflags::from_bits(32), None);
        assert_eq!(Rights::from_bits_truncate(u64::MAX), Rights::ALL);
        assert_eq!((Oflags::CREAT | Oflags::EXCL).to_string(), "creat|excl");
        assert_eq!(Oflags::EMPTY.to_string(), "0");
    }

    #[test]
    fn enums_refuse_unknown_values() {
        assert_eq!(Whence::from_raw(2), Ok(Whence::End));
        assert_eq!(Whence::from_raw(3), Err(Errno::Inval));
        assert_eq!(Clockid::from_raw(u32::MAX), Err(Errno::Inval));
    }

    #[test]
    fn read_only_directories_grant_no_way_to_write() {
        let DirRights { base, inheriting } = DirRights::READ_ONLY;
        assert!(!base.intersects(Rights::DIRECTORY_WRITING));
        assert!(!inheriting.intersects(Rights::DIRECTORY_WRITING | Rights::FILE_WRITING));
        assert!(!inheriting.intersects(Rights::FD_FILESTAT_SET_TIMES));
        assert!(DirRights::READ_WRITE.inheriting.contains(inheriting));
        assert!(
            !DirRights::READ_WRITE
                .base
                .contains(Rights::FD_FILESTAT_SET_SIZE)
        );
    }
}
