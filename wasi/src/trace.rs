//! Reports of calls, for tracing like `strace` and for recording.

use core::fmt::{self, Write};

use crate::{
    errno::Errno,
    layout::Abi,
    preview1::{Function, Kind, Outcome, Param},
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

/// A finished call. `Display` is one line without its end: the arguments that say what is wanted, and the
/// results or the error: `path_open(fd=3, dirflags=0, path="a.txt", oflags=creat, …) = opened_fd=4`. Of buffers
/// it shows how their contents begin.
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
/// Longest piece of a buffer that is shown.
const SHOWN_DATA: usize = 32;
/// Most buffers of a list that are looked at: a call with more fails.
const SHOWN_BUFFERS: u64 = 1024;

impl TraceCall<'_> {
    fn text(&self, ptr: u64, len: u64) -> Option<&[u8]> {
        let start = usize::try_from(ptr).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        self.memory.get(start..end)
    }

    fn number(&self, ptr: u64, bytes: u64) -> Option<u64> {
        let mut number = [0; 8];
        let text = self.text(ptr, bytes)?;
        number[..text.len()].copy_from_slice(text);
        Some(u64::from_le_bytes(number))
    }

    /// The result that goes to this argument.
    fn out(&self, kind: Kind, ptr: u64) -> Option<u64> {
        let bytes = match kind {
            Kind::Out16 => 2,
            Kind::Out32 => 4,
            Kind::Out64 => 8,
            _ => return None,
        };
        self.number(ptr, bytes)
    }

    /// The beginning of the first `len` bytes in a list of buffers.
    fn buffers(&self, f: &mut fmt::Formatter<'_>, list: u64, count: u64, len: u64) -> fmt::Result {
        let mut left = len.min(SHOWN_DATA as u64);
        let mut shown = 0;
        f.write_char('"')?;
        for index in 0..count.min(SHOWN_BUFFERS) {
            let at = list.saturating_add(index * 8);
            let (Some(ptr), Some(size)) =
                (self.number(at, 4), self.number(at.saturating_add(4), 4))
            else {
                break;
            };
            let size = size.min(left);
            let Some(bytes) = self.text(ptr, size) else {
                break;
            };
            write!(f, "{}", bytes.escape_ascii())?;
            left -= size;
            shown += size;
            if left == 0 {
                break;
            }
        }
        f.write_str(if shown < len { "\"…" } else { "\"" })
    }

    /// How many bytes are in a list of buffers.
    fn total(&self, list: u64, count: u64) -> u64 {
        (0..count.min(SHOWN_BUFFERS))
            .map_while(|index| self.number(list.saturating_add(index * 8 + 4), 4))
            .sum()
    }

    fn arg(&self, f: &mut fmt::Formatter<'_>, kind: Kind, value: u64) -> fmt::Result {
        // The boundary took 32-bit values apart from the upper half, which is zero.
        let low = value as u32;
        match kind {
            Kind::Ptr | Kind::Str | Kind::Iovs | Kind::Out16 | Kind::Out32 | Kind::Out64 => {
                write!(f, "{value:#x}")
            }
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
        let done = self.outcome == Outcome::Errno(Errno::Success);
        let results = |(param, &value): (&Param, &u64)| {
            let result = self.out(param.kind, value).filter(|_| done);
            result.map(|result| (param.name, result))
        };
        let params = || self.function.params().iter().zip(self.args);
        let mut arguments = params();
        let mut separator = "";
        while let Some((param, &value)) = arguments.next() {
            if matches!(param.kind, Kind::Out16 | Kind::Out32 | Kind::Out64) {
                continue;
            }
            write!(f, "{separator}{}=", param.name)?;
            separator = ", ";
            match param.kind {
                Kind::Str => {
                    let len = arguments.next().map_or(0, |(_, &len)| len);
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
                }
                Kind::Iovs => {
                    let count = arguments.next().map_or(0, |(_, &count)| count);
                    // What is written is shown in any case, what is read once it is there.
                    let writes = matches!(
                        self.function,
                        Function::fd_write | Function::fd_pwrite | Function::sock_send
                    );
                    match params().find_map(results) {
                        _ if writes => {
                            self.buffers(f, value, count, self.total(value, count))?;
                        }
                        Some((_, len)) => self.buffers(f, value, count, len)?,
                        None => write!(f, "[{}]", self.total(value, count))?,
                    }
                }
                kind => self.arg(f, kind, value)?,
            }
        }
        match self.outcome {
            Outcome::Errno(Errno::Success) => {
                f.write_str(") = ")?;
                let mut separator = "";
                for (name, result) in params().filter_map(results) {
                    write!(f, "{separator}{name}={result}")?;
                    separator = ", ";
                }
                f.write_str(if separator.is_empty() { "success" } else { "" })
            }
            Outcome::Errno(errno) => write!(f, ") = {}", errno.name()),
            Outcome::Exit(code) => write!(f, ") exits with {code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

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
        assert!(line.ends_with(", fdflags=0x40) = noent"), "{line}");
        call.args = &[3, 0, 4, u32::MAX as u64];
        assert_eq!(
            call.to_string(),
            "path_open(fd=3, dirflags=0, path=0x4[4294967295]) = noent"
        );
        call.function = Function::fd_seek;
        call.args = &[3, u64::MAX, 2, 8];
        call.memory = b"........\x07\0\0\0\0\0\0\0";
        call.abi = Abi::Unstable;
        call.outcome = Outcome::Errno(Errno::Success);
        assert_eq!(
            call.to_string(),
            "fd_seek(fd=3, offset=-1, whence=set) = newoffset=7"
        );
        let buffers = b"\x18\0\0\0\x03\0\0\0\x1b\0\0\0\x40\0\0\0\x05\0\0\0....ab\n0123456789012345678901234567890123456789012345678901234567890123";
        call.memory = buffers;
        call.function = Function::fd_write;
        call.args = &[1, 0, 2, 16];
        let begin = "\"ab\\n01234567890123456789012345678\"…";
        assert_eq!(
            call.to_string(),
            alloc::format!("fd_write(fd=1, iovs={begin}) = nwritten=5")
        );
        call.function = Function::fd_read;
        assert_eq!(
            call.to_string(),
            "fd_read(fd=1, iovs=\"ab\\n01\") = nread=5"
        );
        call.outcome = Outcome::Errno(Errno::Again);
        assert_eq!(call.to_string(), "fd_read(fd=1, iovs=[67]) = again");
        call.args = &[1, u32::MAX as u64, u32::MAX as u64, u32::MAX as u64];
        assert_eq!(call.to_string(), "fd_read(fd=1, iovs=[0]) = again");
        call.function = Function::proc_exit;
        call.args = &[7];
        call.outcome = Outcome::Exit(7);
        assert_eq!(call.to_string(), "proc_exit(rval=7) exits with 7");
    }
}
