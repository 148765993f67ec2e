//! Everything one WASI program has: [`WasiCtx`], and the builder that decides what that is.

use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use core::{fmt, ops::Range};

use crate::{
    determinism::{SeededRandom, VirtualClock},
    errno::Errno,
    guest::GuestMemory,
    host::Host,
    layout::Abi,
    preview1::{self, Cx, Function, Outcome},
    table::{Descriptor, Object, Table},
    trace::{TraceCall, WasiTrace},
    types::{Clockid, DirRights, Fdflags, Rights},
};

/// Strings for the guest, each with a NUL behind it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strings {
    pub(crate) bytes: Vec<u8>,
    pub(crate) count: u32,
}

impl Strings {
    fn push(&mut self, text: &str) -> Result<(), BuildError> {
        if text.contains('\0') {
            return Err(BuildError::Nul(text.to_owned()));
        }
        let len = self
            .bytes
            .len()
            .checked_add(text.len() + 1)
            .map(u32::try_from);
        if !matches!(len, Some(Ok(_))) {
            return Err(BuildError::TooLong);
        }
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(0);
        self.count += 1;
        Ok(())
    }
}

/// Why a context cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// An argument, variable or name has a NUL inside.
    Nul(String),
    /// The name of an environment variable is empty or has a `=`.
    VariableName(String),
    /// The arguments or variables do not fit 32-bit addresses.
    TooLong,
    /// There are more standard streams and preopens than the table takes.
    TooManyDescriptors,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Nul(text) => write!(f, "{text:?} contains a NUL byte"),
            BuildError::VariableName(name) => {
                write!(f, "{name:?} is not a name for an environment variable")
            }
            BuildError::TooLong => {
                f.write_str("the arguments or environment variables are too long")
            }
            BuildError::TooManyDescriptors => {
                f.write_str("more preopened descriptors than the descriptor table takes")
            }
        }
    }
}

impl core::error::Error for BuildError {}

/// What to give a program. Without any call: no arguments, no variables, no directories, an empty
/// standard input, and outputs that swallow everything.
pub struct WasiCtxBuilder<H: Host> {
    args: Strings,
    env: Strings,
    stdio: [Option<H::Stream>; 3],
    preopens: Vec<Descriptor<H>>,
    limit: u32,
    clock: Option<VirtualClock>,
    random: Option<SeededRandom>,
    trace: Option<Box<dyn WasiTrace>>,
}

impl<H: Host> Default for WasiCtxBuilder<H> {
    fn default() -> Self {
        WasiCtxBuilder::new()
    }
}

impl<H: Host> WasiCtxBuilder<H> {
    /// Nothing yet.
    pub fn new() -> WasiCtxBuilder<H> {
        WasiCtxBuilder {
            args: Strings::default(),
            env: Strings::default(),
            stdio: [None, None, None],
            preopens: Vec::new(),
            limit: 4096,
            clock: None,
            random: None,
            trace: None,
        }
    }

    /// Adds an argument; the first is the program's name.
    ///
    /// # Errors
    /// [`BuildError::Nul`], [`BuildError::TooLong`].
    pub fn arg(mut self, arg: &str) -> Result<Self, BuildError> {
        self.args.push(arg)?;
        Ok(self)
    }

    /// Adds arguments.
    ///
    /// # Errors
    /// As [`Self::arg`].
    pub fn args<S: AsRef<str>>(
        self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Self, BuildError> {
        args.into_iter()
            .try_fold(self, |builder, arg| builder.arg(arg.as_ref()))
    }

    /// Adds an environment variable.
    ///
    /// # Errors
    /// [`BuildError::VariableName`], [`BuildError::Nul`], [`BuildError::TooLong`].
    pub fn env(mut self, name: &str, value: &str) -> Result<Self, BuildError> {
        if name.is_empty() || name.contains('=') {
            return Err(BuildError::VariableName(name.to_owned()));
        }
        self.env.push(&alloc::format!("{name}={value}"))?;
        Ok(self)
    }

    /// What the program reads from descriptor 0.
    #[must_use]
    pub fn stdin(mut self, stream: H::Stream) -> Self {
        self.stdio[0] = Some(stream);
        self
    }

    /// Where descriptor 1 goes.
    #[must_use]
    pub fn stdout(mut self, stream: H::Stream) -> Self {
        self.stdio[1] = Some(stream);
        self
    }

    /// Where descriptor 2 goes.
    #[must_use]
    pub fn stderr(mut self, stream: H::Stream) -> Self {
        self.stdio[2] = Some(stream);
        self
    }

    /// Gives a directory, under the name `guest_path`. Preopens get the numbers from 3 on, in the
    /// order of these calls.
    ///
    /// # Errors
    /// [`BuildError::Nul`], [`BuildError::TooLong`] for the name.
    pub fn preopen(
        mut self,
        dir: H::Dir,
        guest_path: &str,
        rights: DirRights,
    ) -> Result<Self, BuildError> {
        if guest_path.contains('\0') {
            return Err(BuildError::Nul(guest_path.to_owned()));
        }
        if u32::try_from(guest_path.len()).is_err() {
            return Err(BuildError::TooLong);
        }
        let base = rights.base & Rights::DIRECTORY;
        let descriptor = Descriptor::new(Object::Dir(dir), base, rights.inheriting, Fdflags::EMPTY);
        self.preopens.push(descriptor.named(guest_path.into()));
        Ok(self)
    }

    /// Gives a socket, at the next number as a preopen. A listener needs [`Rights::SOCK_ACCEPT`]; the
    /// connections it makes have `inheriting`.
    #[must_use]
    pub fn socket(mut self, socket: H::Socket, base: Rights, inheriting: Rights) -> Self {
        let (base, inheriting) = (base & Rights::SOCKET, inheriting & Rights::SOCKET);
        let object = Object::Socket(socket);
        self.preopens
            .push(Descriptor::new(object, base, inheriting, Fdflags::EMPTY));
        self
    }

    /// How many descriptors can be open at once; 4096 if not said.
    #[must_use]
    pub fn max_descriptors(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Uses this clock instead of the host's; sleeping takes no real time then. The filesystem's
    /// timestamps remain the host's.
    #[must_use]
    pub fn virtual_clock(mut self, clock: VirtualClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Uses reproducible randomness instead of the host's.
    #[must_use]
    pub fn seeded_random(mut self, seed: u64) -> Self {
        self.random = Some(SeededRandom::new(seed));
        self
    }

    /// Reports every call.
    #[must_use]
    pub fn trace(mut self, trace: impl WasiTrace + 'static) -> Self {
        self.trace = Some(Box::new(trace));
        self
    }

    /// The context.
    ///
    /// # Errors
    /// [`BuildError::TooManyDescriptors`].
    pub fn build(self, host: H) -> Result<WasiCtx<H>, BuildError> {
        let mut table = Table::new(self.limit);
        let full = |_| BuildError::TooManyDescriptors;
        for (fd, stream) in self.stdio.into_iter().enumerate() {
            let direction = if fd == 0 {
                Rights::FD_READ
            } else {
                Rights::FD_WRITE
            };
            let other = Rights::FD_READ | Rights::FD_WRITE;
            let base = (Rights::STREAM - other) | direction;
            let object = stream.map_or(Object::Null, Object::Stream);
            let descriptor = Descriptor::new(object, base, Rights::EMPTY, Fdflags::EMPTY);
            table.insert(descriptor).map_err(full)?;
        }
        for descriptor in self.preopens {
            table.insert(descriptor).map_err(full)?;
        }
        #[cfg(feature = "debug")]
        for (fd, descriptor) in table.iter_mut() {
            descriptor.origin = crate::table::Origin::Start(fd);
        }
        Ok(WasiCtx {
            host,
            table,
            args: self.args,
            env: self.env,
            clock: self.clock,
            random: self.random,
            trace: self.trace,
        })
    }
}

impl<H: Host> fmt::Debug for WasiCtxBuilder<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiCtxBuilder")
            .field("args", &self.args.count)
            .field("preopens", &self.preopens.len())
            .finish_non_exhaustive()
    }
}

/// A program's arguments, environment and descriptors, and the host that serves them.
pub struct WasiCtx<H: Host> {
    pub(crate) host: H,
    pub(crate) table: Table<H>,
    pub(crate) args: Strings,
    pub(crate) env: Strings,
    pub(crate) clock: Option<VirtualClock>,
    pub(crate) random: Option<SeededRandom>,
    trace: Option<Box<dyn WasiTrace>>,
}

impl<H: Host> WasiCtx<H> {
    /// The host.
    pub fn host(&self) -> &H {
        &self.host
    }

    /// The host.
    pub fn host_mut(&mut self) -> &mut H {
        &mut self.host
    }

    /// The open descriptors.
    pub fn table(&self) -> &Table<H> {
        &self.table
    }

    /// The open descriptors.
    pub fn table_mut(&mut self) -> &mut Table<H> {
        &mut self.table
    }

    /// Closes every descriptor and hands the host back. The first error of a close is returned with it.
    pub fn finish(mut self) -> (H, Result<(), Errno>) {
        let mut result = Ok(());
        for descriptor in self.table.drain() {
            result = result.and(descriptor.close(&mut self.host));
        }
        (self.host, result)
    }

    /// Calls a function as an instance with this memory would: what [`crate::add_to_linker`] puts
    /// behind the imports. Wrong numbers of arguments are [`Errno::Inval`].
    pub fn call(
        &mut self,
        memory: &mut [u8],
        abi: Abi,
        function: Function,
        args: &[u64],
    ) -> Outcome {
        self.call_inline(memory, None, abi, function, args)
    }

    #[inline(always)]
    pub(crate) fn call_inline(
        &mut self,
        memory: &mut [u8],
        notes: Option<&mut dyn FnMut(Range<usize>)>,
        abi: Abi,
        function: Function,
        args: &[u64],
    ) -> Outcome {
        let mut cx = Cx {
            ctx: self,
            mem: match notes {
                Some(notes) => GuestMemory::noting(memory, notes),
                None => GuestMemory::new(memory),
            },
            abi,
            exit: None,
        };
        let outcome = preview1::invoke(&mut cx, function, args);
        let outcome = cx.exit.map_or(outcome, Outcome::Exit);
        if self.trace.is_some() {
            self.report(memory, abi, function, args, outcome);
        }
        outcome
    }

    #[cold]
    fn report(
        &mut self,
        memory: &[u8],
        abi: Abi,
        function: Function,
        args: &[u64],
        outcome: Outcome,
    ) {
        if let Some(trace) = &mut self.trace {
            trace.call(&TraceCall {
                abi,
                function,
                args,
                outcome,
                memory,
            });
        }
    }

    /// The time on a clock, virtual or the host's.
    pub(crate) fn now(&mut self, clock: Clockid) -> Result<u64, Errno> {
        match &mut self.clock {
            Some(virtual_clock) => Ok(virtual_clock.look(clock == Clockid::Realtime)),
            None => self.host.clock_now(clock),
        }
    }
}

impl<H: Host> fmt::Debug for WasiCtx<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiCtx")
            .field("descriptors", &self.table.len())
            .field("args", &self.args.count)
            .field("env", &self.env.count)
            .finish_non_exhaustive()
    }
}
