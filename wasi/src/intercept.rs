//! Middleware: a host around another, whose calls are asked about before they are made.
//!
//! [`Intercept`] is what wrappers have in common, and takes any closure; [`Faults`] makes chosen calls fail.

use alloc::vec::Vec;

use crate::{
    errno::Errno,
    host::{
        Clocks, DirEntry, Entropy, Files, Filestat, Host, Interest, OpenHow, OpenedBy, SetTime,
        Sockets, Streams, Wait,
    },
    types::{Advice, Clockid, Filetype, Riflags, Roflags, Sdflags},
};

/// Decides about calls of a host before they are made.
pub trait Before {
    /// An error is the call's result, and the host never hears of the call (unless it gives a handle back:
    /// that is done all the same).
    ///
    /// # Errors
    /// What the call is to fail with.
    fn before(&mut self, call: HostCall) -> Result<(), Errno>;
}

impl<F: FnMut(HostCall) -> Result<(), Errno>> Before for F {
    fn before(&mut self, call: HostCall) -> Result<(), Errno> {
        self(call)
    }
}

/// A host whose calls are decided about by `before`. Handles are the inner host's.
#[derive(Clone, Debug, Default)]
pub struct Intercept<H, B> {
    /// The host that serves the calls.
    pub inner: H,
    /// Who decides.
    pub before: B,
}

/// The methods that can fail, by trait: `ask` before the call; `close` makes it whatever the answer.
macro_rules! intercept {
    ($(
        $Trait:ident [$($fixed:tt)*] {
            $(ask $ask:ident($($ask_arg:ident: $AskTy:ty),*) -> $AskOut:ty;)*
            $(close $close:ident($close_arg:ident: $CloseTy:ty);)*
        }
    )*) => {
        /// A method of a host that can fail.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum HostCall {
            $(
                $(#[doc = concat!("`", stringify!($Trait), "::", stringify!($ask), "`")] $ask,)*
                $(#[doc = concat!("`", stringify!($Trait), "::", stringify!($close), "`")] $close,)*
            )*
        }

        impl HostCall {
            /// All of them.
            pub const ALL: &[HostCall] = &[$($(HostCall::$ask,)* $(HostCall::$close,)*)*];
        }

        $(
            impl<H: Host, B: Before> $Trait for Intercept<H, B> {
                $($fixed)*
                $(fn $ask(&mut self, $($ask_arg: $AskTy),*) -> Result<$AskOut, Errno> {
                    self.before.before(HostCall::$ask)?;
                    self.inner.$ask($($ask_arg),*)
                })*
                $(fn $close(&mut self, $close_arg: $CloseTy) -> Result<(), Errno> {
                    let fault = self.before.before(HostCall::$close);
                    fault.and(self.inner.$close($close_arg))
                })*
            }
        )*
    };
}

intercept! {
    Clocks [] {
        ask clock_now(clock: Clockid) -> u64;
        ask clock_resolution(clock: Clockid) -> u64;
    }
    Entropy [] {
        ask random_fill(buf: &mut [u8]) -> ();
    }
    Streams [
        type Stream = H::Stream;
        fn stream_filetype(&mut self, stream: &H::Stream) -> Filetype {
            self.inner.stream_filetype(stream)
        }
    ] {
        ask stream_read(stream: &mut H::Stream, bufs: &mut [&mut [u8]], nonblocking: bool) -> usize;
        ask stream_write(stream: &mut H::Stream, bufs: &[&[u8]], nonblocking: bool) -> usize;
        close stream_close(stream: H::Stream);
    }
    Sockets [
        type Socket = H::Socket;
        fn sock_filetype(&mut self, socket: &H::Socket) -> Filetype {
            self.inner.sock_filetype(socket)
        }
    ] {
        ask sock_accept(listener: &mut H::Socket, nonblocking: bool) -> H::Socket;
        ask sock_recv(
            socket: &mut H::Socket, bufs: &mut [&mut [u8]], flags: Riflags, nonblocking: bool
        ) -> (usize, Roflags);
        ask sock_send(socket: &mut H::Socket, bufs: &[&[u8]], nonblocking: bool) -> usize;
        ask sock_shutdown(socket: &mut H::Socket, how: Sdflags) -> ();
        close sock_close(socket: H::Socket);
    }
    Wait [
        fn yield_now(&mut self) {
            self.inner.yield_now();
        }
    ] {
        ask wait(interests: &mut [Interest<'_, H::Stream, H::Socket>], timeout: Option<u64>) -> ();
    }
    Files [
        type Dir = H::Dir;
        type File = H::File;
        const SYMLINKS: bool = H::SYMLINKS;
    ] {
        ask dir_open(dir: &H::Dir, path: &str, how: &OpenHow) -> OpenedBy<H>;
        ask dir_create_directory(dir: &H::Dir, path: &str) -> ();
        ask dir_remove_directory(dir: &H::Dir, path: &str) -> ();
        ask dir_unlink_file(dir: &H::Dir, path: &str) -> ();
        ask dir_rename(from: &H::Dir, old_path: &str, to: &H::Dir, new_path: &str) -> ();
        ask dir_link(from: &H::Dir, old_path: &str, to: &H::Dir, new_path: &str) -> ();
        ask dir_symlink(dir: &H::Dir, text: &str, path: &str) -> ();
        ask dir_readlink(dir: &H::Dir, path: &str, buf: &mut [u8]) -> usize;
        ask dir_stat_at(dir: &H::Dir, path: &str, follow: bool) -> Filestat;
        ask dir_set_times_at(
            dir: &H::Dir, path: &str, follow: bool, atim: SetTime, mtim: SetTime
        ) -> ();
        ask dir_read(
            dir: &mut H::Dir, cookie: u64, emit: &mut dyn FnMut(DirEntry<'_>) -> bool
        ) -> ();
        ask dir_stat(dir: &H::Dir) -> Filestat;
        ask dir_set_times(dir: &H::Dir, atim: SetTime, mtim: SetTime) -> ();
        ask dir_sync(dir: &H::Dir) -> ();
        ask file_read_at(file: &mut H::File, bufs: &mut [&mut [u8]], offset: u64) -> usize;
        ask file_write_at(file: &mut H::File, bufs: &[&[u8]], offset: u64) -> usize;
        ask file_append(file: &mut H::File, bufs: &[&[u8]]) -> usize;
        ask file_stat(file: &H::File) -> Filestat;
        ask file_set_size(file: &mut H::File, size: u64) -> ();
        ask file_set_times(file: &H::File, atim: SetTime, mtim: SetTime) -> ();
        ask file_sync(file: &mut H::File, data_only: bool) -> ();
        ask file_advise(file: &H::File, offset: u64, len: u64, advice: Advice) -> ();
        ask file_allocate(file: &mut H::File, offset: u64, len: u64) -> ();
        close dir_close(dir: H::Dir);
        close file_close(file: H::File);
    }
}

/// A call that is to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which; `None` is any.
    pub call: Option<HostCall>,
    /// The how-many-th of those calls, from 1.
    pub nth: u64,
    /// What it fails with.
    pub errno: Errno,
    /// All later ones too, as on a device that is full or broken.
    pub lasting: bool,
}

/// Makes calls fail: a device that is full, a signal that comes, at a time of the test's choice.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    faults: Vec<Fault>,
    counts: Vec<u64>,
    calls: u64,
    injected: u64,
}

impl Faults {
    /// Those of a list; the first that fits a call decides.
    pub fn new(faults: impl IntoIterator<Item = Fault>) -> Faults {
        Faults {
            faults: faults.into_iter().collect(),
            counts: alloc::vec![0; HostCall::ALL.len()],
            calls: 0,
            injected: 0,
        }
    }

    /// Any call, the `nth` from 1, fails once.
    pub fn once(nth: u64, errno: Errno) -> Faults {
        Faults::new([Fault {
            call: None,
            nth,
            errno,
            lasting: false,
        }])
    }

    /// How many calls there were, and how many of them were made to fail.
    pub fn counts(&self) -> (u64, u64) {
        (self.calls, self.injected)
    }
}

impl Before for Faults {
    fn before(&mut self, call: HostCall) -> Result<(), Errno> {
        self.calls += 1;
        let count = match self.counts.get_mut(call as usize) {
            Some(count) => {
                *count += 1;
                *count
            }
            None => 0,
        };
        let fault = self.faults.iter().find(|fault| {
            let count = match fault.call {
                None => self.calls,
                Some(of) if of == call => count,
                Some(_) => return false,
            };
            count == fault.nth || fault.lasting && count > fault.nth
        });
        match fault {
            Some(fault) => {
                self.injected += 1;
                Err(fault.errno)
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_when_they_are_due() {
        let fault = |call, nth, errno, lasting| Fault {
            call,
            nth,
            errno,
            lasting,
        };
        let mut faults = Faults::new([
            fault(Some(HostCall::file_sync), 2, Errno::Io, false),
            fault(Some(HostCall::dir_open), 2, Errno::NoSpc, true),
            fault(None, 7, Errno::Intr, false),
        ]);
        let results = [
            HostCall::file_sync,
            HostCall::dir_open,
            HostCall::file_sync,
            HostCall::file_sync,
            HostCall::dir_open,
            HostCall::dir_open,
            HostCall::random_fill,
            HostCall::random_fill,
        ]
        .map(|call| faults.before(call).err());
        let (io, full) = (Some(Errno::Io), Some(Errno::NoSpc));
        let expected = [None, None, io, None, full, full, Some(Errno::Intr), None];
        assert_eq!(results, expected);
        assert_eq!(faults.counts(), (8, 4));
    }
}
