//! The builder that programs on an operating system use.

use std::{
    env, fmt, io,
    path::{Path, PathBuf},
};

use cap_std::{ambient_authority, fs::Dir};
use wasmote_wasi::{BuildError, DirRights, Rights, VirtualClock, WasiTrace};

use crate::{StdHost, StdSocket, StdStream, WasiCtx};

/// Why a context cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An argument, a variable, a name, or the number of preopens.
    Build(BuildError),
    /// A directory to preopen cannot be opened.
    OpenDir {
        /// Its path.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// An argument or environment variable of this process is not UTF-8.
    NotUtf8(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Build(error) => error.fmt(f),
            Error::OpenDir { path, error } => {
                write!(f, "cannot open directory `{}`: {error}", path.display())
            }
            Error::NotUtf8(text) => write!(f, "`{text}` is not valid UTF-8"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Build(error) => Some(error),
            Error::OpenDir { error, .. } => Some(error),
            Error::NotUtf8(_) => None,
        }
    }
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Error {
        Error::Build(error)
    }
}

/// What to give a program. Without any call: no arguments, no variables, no directories, an empty
/// standard input, and outputs that swallow everything.
#[derive(Debug, Default)]
pub struct WasiCtxBuilder {
    inner: wasmote_wasi::WasiCtxBuilder<StdHost>,
}

impl WasiCtxBuilder {
    /// Nothing yet.
    pub fn new() -> WasiCtxBuilder {
        WasiCtxBuilder::default()
    }

    fn map(
        self,
        change: impl FnOnce(
            wasmote_wasi::WasiCtxBuilder<StdHost>,
        ) -> wasmote_wasi::WasiCtxBuilder<StdHost>,
    ) -> Self {
        WasiCtxBuilder {
            inner: change(self.inner),
        }
    }

    /// Adds an argument; the first is the program's name.
    ///
    /// # Errors
    /// If it has a NUL inside.
    pub fn arg(self, arg: impl AsRef<str>) -> Result<Self, Error> {
        Ok(WasiCtxBuilder {
            inner: self.inner.arg(arg.as_ref())?,
        })
    }

    /// Adds arguments.
    ///
    /// # Errors
    /// If one has a NUL inside.
    pub fn args<S: AsRef<str>>(self, args: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        Ok(WasiCtxBuilder {
            inner: self.inner.args(args)?,
        })
    }

    /// Adds an environment variable.
    ///
    /// # Errors
    /// If it has a NUL inside, or the name is empty or has a `=`.
    pub fn env(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Result<Self, Error> {
        Ok(WasiCtxBuilder {
            inner: self.inner.env(name.as_ref(), value.as_ref())?,
        })
    }

    /// Adds environment variables.
    ///
    /// # Errors
    /// As [`Self::env`].
    pub fn envs<K: AsRef<str>, V: AsRef<str>>(
        self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, Error> {
        variables
            .into_iter()
            .try_fold(self, |builder, (name, value)| builder.env(name, value))
    }

    /// Adds all environment variables of this process.
    ///
    /// # Errors
    /// If one is not UTF-8.
    pub fn inherit_env(self) -> Result<Self, Error> {
        env::vars_os().try_fold(self, |builder, (name, value)| {
            let text = |text: std::ffi::OsString| {
                text.into_string()
                    .map_err(|text| Error::NotUtf8(text.to_string_lossy().into_owned()))
            };
            builder.env(text(name)?, text(value)?)
        })
    }

    /// Descriptor 0 is this process's standard input.
    #[must_use]
    pub fn inherit_stdin(self) -> Self {
        self.stdin(StdStream::stdin())
    }

    /// Descriptor 1 is this process's standard output.
    #[must_use]
    pub fn inherit_stdout(self) -> Self {
        self.stdout(StdStream::stdout())
    }

    /// Descriptor 2 is this process's standard error.
    #[must_use]
    pub fn inherit_stderr(self) -> Self {
        self.stderr(StdStream::stderr())
    }

    /// All three.
    #[must_use]
    pub fn inherit_stdio(self) -> Self {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }

    /// What the program reads from descriptor 0.
    #[must_use]
    pub fn stdin(self, stream: impl Into<StdStream>) -> Self {
        self.map(|inner| inner.stdin(stream.into()))
    }

    /// Where descriptor 1 goes.
    #[must_use]
    pub fn stdout(self, stream: impl Into<StdStream>) -> Self {
        self.map(|inner| inner.stdout(stream.into()))
    }

    /// Where descriptor 2 goes.
    #[must_use]
    pub fn stderr(self, stream: impl Into<StdStream>) -> Self {
        self.map(|inner| inner.stderr(stream.into()))
    }

    /// Gives the directory that this process finds at `host_path`, under the name `guest_path`.
    ///
    /// # Errors
    /// If it cannot be opened, or the name has a NUL inside.
    pub fn preopened_dir(
        self,
        host_path: impl AsRef<Path>,
        guest_path: impl AsRef<str>,
        rights: DirRights,
    ) -> Result<Self, Error> {
        let path = host_path.as_ref();
        let dir =
            Dir::open_ambient_dir(path, ambient_authority()).map_err(|error| Error::OpenDir {
                path: path.to_owned(),
                error,
            })?;
        self.preopened(dir, guest_path, rights)
    }

    /// Gives an open directory, under the name `guest_path`.
    ///
    /// # Errors
    /// If the name has a NUL inside.
    pub fn preopened(
        self,
        dir: Dir,
        guest_path: impl AsRef<str>,
        rights: DirRights,
    ) -> Result<Self, Error> {
        Ok(WasiCtxBuilder {
            inner: self
                .inner
                .preopen(dir.into(), guest_path.as_ref(), rights)?,
        })
    }

    /// Gives a socket; see [`wasmote_wasi::WasiCtxBuilder::socket`].
    #[must_use]
    pub fn socket(self, socket: impl Into<StdSocket>, base: Rights, inheriting: Rights) -> Self {
        self.map(|inner| inner.socket(socket.into(), base, inheriting))
    }

    /// How many descriptors can be open at once.
    #[must_use]
    pub fn max_descriptors(self, limit: u32) -> Self {
        self.map(|inner| inner.max_descriptors(limit))
    }

    /// Uses this clock instead of the system's; sleeping takes no real time then.
    #[must_use]
    pub fn virtual_clock(self, clock: VirtualClock) -> Self {
        self.map(|inner| inner.virtual_clock(clock))
    }

    /// Uses reproducible randomness instead of the system's.
    #[must_use]
    pub fn seeded_random(self, seed: u64) -> Self {
        self.map(|inner| inner.seeded_random(seed))
    }

    /// Reports every call.
    #[must_use]
    pub fn trace(self, trace: impl WasiTrace + 'static) -> Self {
        self.map(|inner| inner.trace(trace))
    }

    /// The context.
    ///
    /// # Errors
    /// If there are more preopens than descriptors.
    pub fn build(self) -> Result<WasiCtx, Error> {
        Ok(self.inner.build(StdHost::new())?)
    }
}
