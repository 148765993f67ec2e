//! Values of the system as values of WASI.

use std::io;

use rustix::{
    fs::{FileType, Stat},
    io::Errno as Os,
};
use wasmote_wasi::{Errno, host::Filestat, types::Filetype};

/// The system's error numbers. Two names with one number (`EAGAIN`, `EWOULDBLOCK`) may both stand here.
const TABLE: &[(Os, Errno)] = &[
    (Os::NOENT, Errno::NoEnt),
    (Os::AGAIN, Errno::Again),
    (Os::WOULDBLOCK, Errno::Again),
    (Os::EXIST, Errno::Exist),
    (Os::NOTDIR, Errno::NotDir),
    (Os::ISDIR, Errno::IsDir),
    (Os::ACCESS, Errno::Acces),
    (Os::PERM, Errno::Perm),
    (Os::INTR, Errno::Intr),
    (Os::PIPE, Errno::Pipe),
    (Os::INVAL, Errno::Inval),
    (Os::NOTEMPTY, Errno::NotEmpty),
    (Os::LOOP, Errno::Loop),
    (Os::SPIPE, Errno::Spipe),
    (Os::BADF, Errno::Badf),
    (Os::TOOBIG, Errno::TooBig),
    (Os::ADDRINUSE, Errno::AddrInUse),
    (Os::ADDRNOTAVAIL, Errno::AddrNotAvail),
    (Os::AFNOSUPPORT, Errno::AfNoSupport),
    (Os::ALREADY, Errno::Already),
    (Os::BADMSG, Errno::BadMsg),
    (Os::BUSY, Errno::Busy),
    (Os::CANCELED, Errno::Canceled),
    (Os::CHILD, Errno::Child),
    (Os::CONNABORTED, Errno::ConnAborted),
    (Os::CONNREFUSED, Errno::ConnRefused),
    (Os::CONNRESET, Errno::ConnReset),
    (Os::DEADLK, Errno::Deadlk),
    (Os::DESTADDRREQ, Errno::DestAddrReq),
    (Os::DOM, Errno::Dom),
    (Os::DQUOT, Errno::Dquot),
    (Os::FAULT, Errno::Fault),
    (Os::FBIG, Errno::Fbig),
    (Os::HOSTUNREACH, Errno::HostUnreach),
    (Os::IDRM, Errno::Idrm),
    (Os::ILSEQ, Errno::Ilseq),
    (Os::INPROGRESS, Errno::InProgress),
    (Os::IO, Errno::Io),
    (Os::ISCONN, Errno::IsConn),
    (Os::MFILE, Errno::Mfile),
    (Os::MLINK, Errno::Mlink),
    (Os::MSGSIZE, Errno::MsgSize),
    (Os::MULTIHOP, Errno::Multihop),
    (Os::NAMETOOLONG, Errno::NameTooLong),
    (Os::NETDOWN, Errno::NetDown),
    (Os::NETRESET, Errno::NetReset),
    (Os::NETUNREACH, Errno::NetUnreach),
    (Os::NFILE, Errno::Nfile),
    (Os::NOBUFS, Errno::NoBufs),
    (Os::NODEV, Errno::NoDev),
    (Os::NOEXEC, Errno::NoExec),
    (Os::NOLCK, Errno::NoLck),
    (Os::NOLINK, Errno::NoLink),
    (Os::NOMEM, Errno::NoMem),
    (Os::NOMSG, Errno::NoMsg),
    (Os::NOPROTOOPT, Errno::NoProtoOpt),
    (Os::NOSPC, Errno::NoSpc),
    (Os::NOSYS, Errno::NoSys),
    (Os::NOTCONN, Errno::NotConn),
    (Os::NOTRECOVERABLE, Errno::NotRecoverable),
    (Os::NOTSOCK, Errno::NotSock),
    (Os::NOTSUP, Errno::NotSup),
    (Os::OPNOTSUPP, Errno::NotSup),
    (Os::NOTTY, Errno::NotTty),
    (Os::NXIO, Errno::Nxio),
    (Os::OVERFLOW, Errno::Overflow),
    (Os::OWNERDEAD, Errno::OwnerDead),
    (Os::PROTO, Errno::Proto),
    (Os::PROTONOSUPPORT, Errno::ProtoNoSupport),
    (Os::PROTOTYPE, Errno::ProtoType),
    (Os::RANGE, Errno::Range),
    (Os::ROFS, Errno::Rofs),
    (Os::SRCH, Errno::Srch),
    (Os::STALE, Errno::Stale),
    (Os::TIMEDOUT, Errno::TimedOut),
    (Os::TXTBSY, Errno::TxtBsy),
    (Os::XDEV, Errno::Xdev),
];

/// The WASI error of an error of the system.
pub(crate) fn os(error: Os) -> Errno {
    let known = TABLE.iter().find(|(os, _)| *os == error);
    known.map_or(Errno::Io, |(_, errno)| *errno)
}

/// The WASI error of any I/O error. Those without a number come from cap-std and the standard library;
/// cap-std's refusal to leave a directory is [`Errno::Perm`].
pub fn errno(error: &io::Error) -> Errno {
    if let Some(error) = Os::from_io_error(error) {
        return os(error);
    }
    match error.kind() {
        io::ErrorKind::NotFound => Errno::NoEnt,
        io::ErrorKind::PermissionDenied => Errno::Perm,
        io::ErrorKind::AlreadyExists => Errno::Exist,
        io::ErrorKind::WouldBlock => Errno::Again,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Errno::Inval,
        io::ErrorKind::TimedOut => Errno::TimedOut,
        io::ErrorKind::Interrupted => Errno::Intr,
        io::ErrorKind::BrokenPipe => Errno::Pipe,
        io::ErrorKind::NotADirectory => Errno::NotDir,
        io::ErrorKind::IsADirectory => Errno::IsDir,
        io::ErrorKind::DirectoryNotEmpty => Errno::NotEmpty,
        io::ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
        io::ErrorKind::StorageFull => Errno::NoSpc,
        io::ErrorKind::FileTooLarge => Errno::Fbig,
        io::ErrorKind::InvalidFilename => Errno::NameTooLong,
        io::ErrorKind::OutOfMemory => Errno::NoMem,
        io::ErrorKind::Unsupported => Errno::NotSup,
        _ => Errno::Io,
    }
}

/// A file's type. Pipes have none in WASI.
pub(crate) fn filetype(kind: FileType) -> Filetype {
    match kind {
        FileType::RegularFile => Filetype::RegularFile,
        FileType::Directory => Filetype::Directory,
        FileType::Symlink => Filetype::SymbolicLink,
        FileType::CharacterDevice => Filetype::CharacterDevice,
        FileType::BlockDevice => Filetype::BlockDevice,
        FileType::Socket => Filetype::SocketStream,
        _ => Filetype::Unknown,
    }
}

/// Nanoseconds since 1970; times before that are 1970, times WASI cannot say are its last.
pub(crate) fn nanoseconds(seconds: i64, nanoseconds: u64) -> u64 {
    match u64::try_from(seconds) {
        Ok(seconds) => seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(nanoseconds),
        Err(_) => 0,
    }
}

/// Attributes. The fields' types differ from system to system, none is negative but the times.
#[allow(clippy::unnecessary_cast, trivial_numeric_casts)]
pub(crate) fn filestat(stat: &Stat) -> Filestat {
    Filestat {
        dev: stat.st_dev as u64,
        ino: stat.st_ino as u64,
        filetype: filetype(FileType::from_raw_mode(stat.st_mode)),
        nlink: stat.st_nlink as u64,
        size: stat.st_size as u64,
        atim: nanoseconds(stat.st_atime as i64, stat.st_atime_nsec as u64),
        mtim: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
        ctim: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors() {
        assert_eq!(os(Os::NOTEMPTY), Errno::NotEmpty);
        assert_eq!(os(Os::from_raw_os_error(4000)), Errno::Io);
        assert_eq!(errno(&io::Error::from_raw_os_error(2)), Errno::NoEnt);
        assert_eq!(
            errno(&io::Error::new(io::ErrorKind::PermissionDenied, "outside")),
            Errno::Perm
        );
        // Every error that a system reports has a way back, except those that only WASI has.
        let unreachable = [Errno::Success, Errno::NotCapable];
        for errno in Errno::ALL {
            let reached = TABLE.iter().any(|(_, to)| *to == errno);
            assert_eq!(reached, !unreachable.contains(&errno), "{errno:?}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(nanoseconds(1, 5), 1_000_000_005);
        assert_eq!(nanoseconds(-1, 5), 0);
        assert_eq!(nanoseconds(i64::MAX, 5), u64::MAX);
    }
}
