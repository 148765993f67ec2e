//! Error numbers: the witx enum `errno`.

use core::fmt;

macro_rules! errnos {
    ($($name:ident = $number:literal $witx:literal $message:literal,)*) => {
        /// Why a WASI call failed: `errno` of the witx, a `u16` for the guest.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Errno {
            $(#[doc = concat!("`", $witx, "`: ", $message, ".")] $name = $number,)*
        }

        impl Errno {
            /// Every error number, in the order of its value.
            pub const ALL: [Errno; 77] = [$(Errno::$name,)*];

            /// The name in the witx, such as `noent`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Errno::$name => $witx,)*
                }
            }

            /// What it means, in a few words.
            pub fn message(self) -> &'static str {
                match self {
                    $(Errno::$name => $message,)*
                }
            }
        }
    };
}

errnos! {
    Success = 0 "success" "success",
    TooBig = 1 "2big" "argument list too long",
    Acces = 2 "acces" "permission denied",
    AddrInUse = 3 "addrinuse" "address in use",
    AddrNotAvail = 4 "addrnotavail" "address not available",
    AfNoSupport = 5 "afnosupport" "address family not supported",
    Again = 6 "again" "resource temporarily unavailable",
    Already = 7 "already" "connection already in progress",
    Badf = 8 "badf" "bad file descriptor",
    BadMsg = 9 "badmsg" "bad message",
    Busy = 10 "busy" "device or resource busy",
    Canceled = 11 "canceled" "operation canceled",
    Child = 12 "child" "no child processes",
    ConnAborted = 13 "connaborted" "connection aborted",
    ConnRefused = 14 "connrefused" "connection refused",
    ConnReset = 15 "connreset" "connection reset",
    Deadlk = 16 "deadlk" "resource deadlock would occur",
    DestAddrReq = 17 "destaddrreq" "destination address required",
    Dom = 18 "dom" "argument out of domain",
    Dquot = 19 "dquot" "disk quota exceeded",
    Exist = 20 "exist" "file exists",
    Fault = 21 "fault" "bad address",
    Fbig = 22 "fbig" "file too large",
    HostUnreach = 23 "hostunreach" "host is unreachable",
    Idrm = 24 "idrm" "identifier removed",
    Ilseq = 25 "ilseq" "illegal byte sequence",
    InProgress = 26 "inprogress" "operation in progress",
    Intr = 27 "intr" "interrupted function",
    Inval = 28 "inval" "invalid argument",
    Io = 29 "io" "input/output error",
    IsConn = 30 "isconn" "socket is connected",
    IsDir = 31 "isdir" "is a directory",
    Loop = 32 "loop" "too many levels of symbolic links",
    Mfile = 33 "mfile" "too many open files",
    Mlink = 34 "mlink" "too many links",
    MsgSize = 35 "msgsize" "message too large",
    Multihop = 36 "multihop" "multihop attempted",
    NameTooLong = 37 "nametoolong" "file name too long",
    NetDown = 38 "netdown" "network is down",
    NetReset = 39 "netreset" "connection aborted by network",
    NetUnreach = 40 "netunreach" "network unreachable",
    Nfile = 41 "nfile" "too many files open in system",
    NoBufs = 42 "nobufs" "no buffer space available",
    NoDev = 43 "nodev" "no such device",
    NoEnt = 44 "noent" "no such file or directory",
    NoExec = 45 "noexec" "executable file format error",
    NoLck = 46 "nolck" "no locks available",
    NoLink = 47 "nolink" "link has been severed",
    NoMem = 48 "nomem" "not enough memory",
    NoMsg = 49 "nomsg" "no message of the desired type",
    NoProtoOpt = 50 "noprotoopt" "protocol not available",
    NoSpc = 51 "nospc" "no space left on device",
    NoSys = 52 "nosys" "function not implemented",
    NotConn = 53 "notconn" "socket is not connected",
    NotDir = 54 "notdir" "not a directory",
    NotEmpty = 55 "notempty" "directory not empty",
    NotRecoverable = 56 "notrecoverable" "state not recoverable",
    NotSock = 57 "notsock" "not a socket",
    NotSup = 58 "notsup" "not supported",
    NotTty = 59 "notty" "inappropriate I/O control operation",
    Nxio = 60 "nxio" "no such device or address",
    Overflow = 61 "overflow" "value too large",
    OwnerDead = 62 "ownerdead" "previous owner died",
    Perm = 63 "perm" "operation not permitted",
    Pipe = 64 "pipe" "broken pipe",
    Proto = 65 "proto" "protocol error",
    ProtoNoSupport = 66 "protonosupport" "protocol not supported",
    ProtoType = 67 "prototype" "wrong protocol type for socket",
    Range = 68 "range" "result too large",
    Rofs = 69 "rofs" "read-only file system",
    Spipe = 70 "spipe" "invalid seek",
    Srch = 71 "srch" "no such process",
    Stale = 72 "stale" "stale file handle",
    TimedOut = 73 "timedout" "connection timed out",
    TxtBsy = 74 "txtbsy" "text file busy",
    Xdev = 75 "xdev" "cross-device link",
    NotCapable = 76 "notcapable" "capabilities insufficient",
}

impl Errno {
    /// The value that the guest sees.
    pub fn raw(self) -> u16 {
        self as u16
    }

    /// The error of a value, if there is one.
    pub fn from_raw(raw: u16) -> Option<Errno> {
        Errno::ALL.get(usize::from(raw)).copied()
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use super::Errno;

    #[test]
    fn values_are_those_of_the_witx() {
        for (value, errno) in Errno::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(errno.raw()), value);
            assert_eq!(Errno::from_raw(errno.raw()), Some(errno));
        }
        assert_eq!(Errno::from_raw(77), None);
        assert_eq!(
            [
                Errno::Badf,
                Errno::Inval,
                Errno::NoEnt,
                Errno::NotSup,
                Errno::NotCapable
            ]
            .map(Errno::raw),
            [8, 28, 44, 58, 76]
        );
        assert_eq!(Errno::TooBig.name(), "2big");
    }
}
