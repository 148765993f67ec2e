//! Reports of calls, for tracing like `strace` and for recording.

use core::fmt::{self, Write};

use crate::{
    layout::Abi,
    preview1::{Function, Kind, Outcome},
    types::{Advice, Clockid, Fdflags, Fstflags, Lookupflags, Oflags, Rights, Sdflags, Whence},
};

/// Is told of every call when it is over.
pub trait WasiTrace: Send {
    /// One call.
    fn call(&mut self, call: &TraceCall<'_>);
}

impl<F: FnMut(&TraceCall<'_>) + Send> WasiTrace for F {
    fn call(&mut self, call: &TraceCall<'_>) {
        self(call);
    }
}

/// A finished call. `Display` is one line without its end:
/// `path_open(fd=3, dirflags=0, path="a.txt", oflags=creat, …, opened=0x1f40) = success`.
#[derive(Clone, Copy, Debug)]
pub struct TraceCall<'a> {
    /// The version it was imported from.
    pub abi: Abi,
    /// Which function.
    pub function: Function,
    /// The arguments, one per parameter; 32-bit ones are zero-extended.
    pub args: &'a [u64],
    /// The result.
    pub outcome: Outcome,
    /// The caller's memory as the call left it.
    pub memory: &'a [u8],
}

/// Longest piece of a string that is shown.
const SHOWN: usize = 256;

impl TraceCall<'_> {
    fn text(&self, ptr: u64, len: u64) -> Option<&[u8]> {
        let start = usize::try_from(ptr).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        self.memory.get(start..end)
    }

    fn arg(&self, f: &mut fmt::Formatter<'_>, kind: Kind, value: u64) -> fmt::Result {
        // The boundary took 32-bit values apart from the upper half, which is zero.
        let low = value as u32;
        match kind {
            Kind::Ptr | Kind::Str => write!(f, "{value:#x}"),
            Kind::Filedelta => write!(f, "{}", value as i64),
            Kind::Rights => write!(f, "{}", Rights::from_bits_truncate(value)),
            Kind::Fdflags => flags(f, Fdflags::from_bits(low as u16), value),
            Kind::Oflags => flags(f, Oflags::from_bits(low as u16), value),
            Kind::Lookupflags => flags(f, Lookupflags::from_bits(low), value),
            Kind::Fstflags => flags(f, Fstflags::from_bits(low as u16), value),
            Kind::Sdflags => flags(f, Sdflags::from_bits(low as u8), value),
            Kind::Clockid => flags(f, Clockid::from_raw(low).ok().map(Clockid::name), value),
            Kind::Advice => flags(f, Advice::from_raw(low).ok().map(Advice::name), value),
            Kind::Whence => {
                let whence = crate::preview1::whence(low, self.abi).ok();
                flags(f, whence.map(Whence::name), value)
            }
            Kind::Fd
            | Kind::Size
            | Kind::StrLen
            | Kind::Filesize
            | Kind::Timestamp
            | Kind::Dircookie
            | Kind::Exitcode
            | Kind::Signal
            | Kind::Riflags
            | Kind::Siflags => write!(f, "{value}"),
        }
    }
}

fn flags(f: &mut fmt::Formatter<'_>, known: Option<impl fmt::Display>, value: u64) -> fmt::Result {
    match known {
        Some(known) => write!(f, "{known}"),
        None => write!(f, "{value:#x}"),
    }
}

impl fmt::Display for TraceCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.function.name())?;
        let mut params = self.function.params().iter().zip(self.args);
        let mut separator = "";
        while let Some((param, &value)) = params.next() {
            write!(f, "{separator}{}=", param.name)?;
            separator = ", ";
            if param.kind == Kind::Str {
                let len = params.next().map_or(0, |(_, &len)| len);
                match self.text(value, len) {
                    Some(bytes) => {
                        let shown = &bytes[..bytes.len().min(SHOWN)];
                        write!(f, "\"{}\"", shown.escape_ascii())?;
                        if shown.len() < bytes.len() {
                            f.write_char('…')?;
                        }
                    }
                    None => write!(f, "{value:#x}[{len}]")?,
                }
            } else {
                self.arg(f, param.kind, value)?;
            }
        }
        match self.outcome {
            Outcome::Errno(errno) => write!(f, ") = {}", errno.name()),
            Outcome::Exit(code) => write!(f, ") exits with {code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::errno::Errno;

    #[test]
    fn lines() {
        let memory = b"....a\n.txt";
        let mut call = TraceCall {
            abi: Abi::Preview1,
            function: Function::path_open,
            args: &[3, 1, 4, 6, 9, 66, u64::MAX, 64, 0x1f40],
            outcome: Outcome::Errno(Errno::NoEnt),
            memory,
        };
        let line = call.to_string();
        assert!(
            line.starts_with(
                "path_open(fd=3, dirflags=symlink_follow, path=\"a\\n.txt\", oflags=creat|trunc, \
                 fs_rights_base=fd_read|fd_write, fs_rights_inheriting=fd_datasync|"
            ),
            "{line}"
        );
        assert!(
            line.ends_with(", fdflags=0x40, opened_fd=0x1f40) = noent"),
            "{line}"
        );
        call.args = &[3, 0, 4, u32::MAX as u64];
        assert_eq!(
            call.to_string(),
            "path_open(fd=3, dirflags=0, path=0x4[4294967295]) = noent"
        );
        call.function = Function::fd_seek;
        call.args = &[3, u64::MAX, 2, 8];
        call.abi = Abi::Unstable;
        call.outcome = Outcome::Errno(Errno::Success);
        assert_eq!(
            call.to_string(),
            "fd_seek(fd=3, offset=-1, whence=set, newoffset=0x8) = success"
        );
        call.function = Function::proc_exit;
        call.args = &[7];
        call.outcome = Outcome::Exit(7);
        assert_eq!(call.to_string(), "proc_exit(rval=7) exits with 7");
    }
}
