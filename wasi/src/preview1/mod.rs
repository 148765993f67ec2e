//! The functions, and the one table of them.
//!
//! [`wasi_functions`] lists every function with its parameters' names and types, in the order of the
//! witx. From it follow [`Function`] (names, parameters: tracing), [`invoke`] (decoding and dispatch)
//! and the linking in `link.rs`. Results that the witx returns are pointers at the end of the list,
//! as in the imports.

mod args_env;
mod clock;
mod fd;
mod file;
pub(crate) mod kinds;
mod path;
mod poll;
mod proc;
mod random;
mod sock;

use args_env::{args_get, args_sizes_get, environ_get, environ_sizes_get};
use clock::{clock_res_get, clock_time_get};
#[cfg(feature = "debug")]
pub(crate) use fd::meaningful_flags;
use fd::{
    fd_close, fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights, fd_filestat_get,
    fd_filestat_set_size, fd_filestat_set_times, fd_prestat_dir_name, fd_prestat_get, fd_readdir,
    fd_renumber,
};
use file::{
    fd_advise, fd_allocate, fd_datasync, fd_pread, fd_pwrite, fd_read, fd_seek, fd_sync, fd_tell,
    fd_write,
};
pub use kinds::Kind;
use kinds::{
    AdviceArg, ClockidArg, Dircookie, Exitcode, Fd, FdflagsArg, Filedelta, Filesize, FstflagsArg,
    Iovs, LookupflagsArg, OflagsArg, Out16, Out32, Out64, Ptr, RiflagsArg, RightsArg, SdflagsArg,
    Siflags, Signal, Size, Str, StrLen, Timestamp, WhenceArg,
};
pub(crate) use kinds::{Arg, whence};
use path::{
    path_create_directory, path_filestat_get, path_filestat_set_times, path_link, path_open,
    path_readlink, path_remove_directory, path_rename, path_symlink, path_unlink_file,
};
use poll::poll_oneoff;
use proc::{proc_raise, sched_yield};
use random::random_get;
use sock::{sock_accept, sock_recv, sock_send, sock_shutdown};

use crate::{ctx::WasiCtx, errno::Errno, guest::GuestMemory, host::Host, layout::Abi};

/// What a function works on.
pub(crate) struct Cx<'a, H: Host> {
    pub(crate) ctx: &'a mut WasiCtx<H>,
    pub(crate) mem: GuestMemory<'a>,
    pub(crate) abi: Abi,
    /// Ends the program with this code, whatever the function returns.
    pub(crate) exit: Option<u32>,
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function returned this.
    Errno(Errno),
    /// The program ended with this code.
    Exit(u32),
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name in the witx; a string has two, `path` and `path_len`.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
}

/// Every function: name, parameters and their types.
macro_rules! wasi_functions {
    ($with:ident) => {
        $with! {
            fn args_get(argv: Ptr, argv_buf: Ptr);
            fn args_sizes_get(argc: Out32, argv_buf_size: Out32);
            fn environ_get(environ: Ptr, environ_buf: Ptr);
            fn environ_sizes_get(environc: Out32, environ_buf_size: Out32);
            fn clock_res_get(id: ClockidArg, resolution: Out64);
            fn clock_time_get(id: ClockidArg, precision: Timestamp, time: Out64);
            fn fd_advise(fd: Fd, offset: Filesize, len: Filesize, advice: AdviceArg);
            fn fd_allocate(fd: Fd, offset: Filesize, len: Filesize);
            fn fd_close(fd: Fd);
            fn fd_datasync(fd: Fd);
            fn fd_fdstat_get(fd: Fd, stat: Ptr);
            fn fd_fdstat_set_flags(fd: Fd, flags: FdflagsArg);
            fn fd_fdstat_set_rights(fd: Fd, fs_rights_base: RightsArg, fs_rights_inheriting: RightsArg);
            fn fd_filestat_get(fd: Fd, buf: Ptr);
            fn fd_filestat_set_size(fd: Fd, size: Filesize);
            fn fd_filestat_set_times(fd: Fd, atim: Timestamp, mtim: Timestamp, fst_flags: FstflagsArg);
            fn fd_pread(fd: Fd, iovs: Iovs, iovs_len: Size, offset: Filesize, nread: Out32);
            fn fd_prestat_get(fd: Fd, buf: Ptr);
            fn fd_prestat_dir_name(fd: Fd, path: Ptr, path_len: Size);
            fn fd_pwrite(fd: Fd, iovs: Iovs, iovs_len: Size, offset: Filesize, nwritten: Out32);
            fn fd_read(fd: Fd, iovs: Iovs, iovs_len: Size, nread: Out32);
            fn fd_readdir(fd: Fd, buf: Ptr, buf_len: Size, cookie: Dircookie, bufused: Out32);
            fn fd_renumber(fd: Fd, to: Fd);
            fn fd_seek(fd: Fd, offset: Filedelta, whence: WhenceArg, newoffset: Out64);
            fn fd_sync(fd: Fd);
            fn fd_tell(fd: Fd, offset: Out64);
            fn fd_write(fd: Fd, iovs: Iovs, iovs_len: Size, nwritten: Out32);
            fn path_create_directory(fd: Fd, path: Str, path_len: StrLen);
            fn path_filestat_get(fd: Fd, flags: LookupflagsArg, path: Str, path_len: StrLen, buf: Ptr);
            fn path_filestat_set_times(
                fd: Fd, flags: LookupflagsArg, path: Str, path_len: StrLen,
                atim: Timestamp, mtim: Timestamp, fst_flags: FstflagsArg
            );
            fn path_link(
                old_fd: Fd, old_flags: LookupflagsArg, old_path: Str, old_path_len: StrLen,
                new_fd: Fd, new_path: Str, new_path_len: StrLen
            );
            fn path_open(
                fd: Fd, dirflags: LookupflagsArg, path: Str, path_len: StrLen, oflags: OflagsArg,
                fs_rights_base: RightsArg, fs_rights_inheriting: RightsArg, fdflags: FdflagsArg,
                opened_fd: Out32
            );
            fn path_readlink(fd: Fd, path: Str, path_len: StrLen, buf: Ptr, buf_len: Size, bufused: Out32);
            fn path_remove_directory(fd: Fd, path: Str, path_len: StrLen);
            fn path_rename(
                fd: Fd, old_path: Str, old_path_len: StrLen,
                new_fd: Fd, new_path: Str, new_path_len: StrLen
            );
            fn path_symlink(
                old_path: Str, old_path_len: StrLen, fd: Fd, new_path: Str, new_path_len: StrLen
            );
            fn path_unlink_file(fd: Fd, path: Str, path_len: StrLen);
            fn poll_oneoff(in_: Ptr, out: Ptr, nsubscriptions: Size, nevents: Out32);
            fn proc_raise(sig: Signal);
            fn sched_yield();
            fn random_get(buf: Ptr, buf_len: Size);
            fn sock_accept(fd: Fd, flags: FdflagsArg, connection: Out32);
            fn sock_recv(
                fd: Fd, ri_data: Iovs, ri_data_len: Size, ri_flags: RiflagsArg,
                ro_datalen: Out32, ro_flags: Out16
            );
            fn sock_send(fd: Fd, si_data: Iovs, si_data_len: Size, si_flags: Siflags, so_datalen: Out32);
            fn sock_shutdown(fd: Fd, how: SdflagsArg);
            exit fn proc_exit(rval: Exitcode);
        }
    };
}
pub(crate) use wasi_functions;

/// Decodes the arguments one after the other, then calls.
macro_rules! decoded {
    ($name:ident, $cx:expr, $abi:expr, [$($done:ident)*] $arg:ident $ty:ident $($rest:tt)*) => {
        match <$ty as Arg>::decode($arg, $abi) {
            Ok($arg) => decoded!($name, $cx, $abi, [$($done)* $arg] $($rest)*),
            Err(errno) => Err(errno),
        }
    };
    ($name:ident, $cx:expr, $abi:expr, [$($done:ident)*]) => {
        $name($cx, $($done),*)
    };
}

macro_rules! define {
    (
        $(fn $name:ident($($arg:ident: $ty:ident),*);)*
        exit fn $exit:ident($exit_arg:ident: $exit_ty:ident);
    ) => {
        /// A function, by its name in the witx.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Function {
            $(#[doc = concat!("`", stringify!($name), "`")] $name,)*
            #[doc = concat!("`", stringify!($exit), "`")] $exit,
        }

        impl Function {
            /// Every function of preview 1.
            pub const ALL: [Function; 46] = [$(Function::$name,)* Function::$exit];

            /// Its name, as it is imported.
            pub fn name(self) -> &'static str {
                match self {
                    $(Function::$name => stringify!($name),)*
                    Function::$exit => stringify!($exit),
                }
            }

            /// Its parameters, one per WebAssembly parameter.
            pub fn params(self) -> &'static [Param] {
                match self {
                    $(Function::$name => const {
                        &[$(Param { name: stringify!($arg), kind: <$ty as Arg>::KIND },)*]
                    },)*
                    Function::$exit => const {
                        &[Param { name: stringify!($exit_arg), kind: <$exit_ty as Arg>::KIND }]
                    },
                }
            }
        }

        /// Decodes the arguments and calls the function.
        #[inline(always)]
        pub(crate) fn invoke<H: Host>(cx: &mut Cx<'_, H>, function: Function, args: &[u64]) -> Outcome {
            let abi = cx.abi;
            let result = match function {
                $(Function::$name => match *args {
                    [$($arg),*] => decoded!($name, cx, abi, [] $($arg $ty)*),
                    _ => Err(Errno::Inval),
                },)*
                Function::$exit => match *args {
                    [code] => return Outcome::Exit(code as u32),
                    _ => Err(Errno::Inval),
                },
            };
            Outcome::Errno(result.err().unwrap_or(Errno::Success))
        }
    };
}
wasi_functions!(define);

impl Function {
    /// The function of this name.
    pub fn from_name(name: &str) -> Option<Function> {
        Function::ALL
            .into_iter()
            .find(|function| function.name() == name)
    }

    /// Whether this version has it: `sock_accept` came with preview 1.
    pub fn is_in(self, abi: Abi) -> bool {
        abi == Abi::Preview1 || self != Function::sock_accept
    }
}

#[cfg(test)]
mod tests;
