//! What can go wrong, as one typed error the size of a pointer.

#[cfg(feature = "compiler")]
use alloc::string::ToString;
use alloc::{boxed::Box, string::String, vec::Vec};
use core::{any::Any, fmt};

use crate::{
    externs::Tag,
    gc::ExnRef,
    message::Message,
    store::AsContext,
    trap::{FrameInfo, Trap, TrapCode, show_frames},
};

type HostError = Box<dyn core::error::Error + Send + Sync>;

/// An error of loading, linking or running WebAssembly, or one that a host function returned.
///
/// Boxed: a `Result<u32, Error>` is two words. [`Error::kind`] tells the cases apart.
pub struct Error(Box<ErrorKind>);

/// The cases of [`Error`].
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are not a valid core module.
    Module(ModuleError),
    /// The module is of a language feature that this engine lacks or that is switched off.
    Unsupported(UnsupportedError),
    /// An import is missing or of another type, or definitions collide.
    Link(Message),
    /// WebAssembly code trapped.
    Trap(Trap),
    /// WebAssembly code threw an exception that nobody caught, or a host function throws one.
    Exception(Exception),
    /// A limit of the embedder or of this implementation was reached, or memory ran out.
    Limit(Message),
    /// A host function failed with an error of its own.
    Host(HostError),
    /// The guest asked to end with this status (WASI's `proc_exit`).
    Exit(i32),
    /// A host function asked to suspend the call; see [`Error::suspend`].
    Suspend(Payload),
    /// Anything else, in words.
    Message(Message),
}

/// Why a module was refused (core specification, chapters 3 "Validation" and 5 "Binary Format").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleError {
    /// What is wrong.
    pub message: Message,
    /// Byte offset in the module, where one makes sense.
    pub offset: Option<u64>,
    /// The function whose body is at fault: its index in the module (imports count).
    pub func_index: Option<u32>,
    /// That function's name, where the name section gives one.
    pub func_name: Option<String>,
}

/// A language feature that is not there or switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedError {
    /// The feature's name.
    pub feature: &'static str,
    /// What the validator said.
    pub message: Message,
    /// Byte offset in the module of its first use, where it is known.
    pub offset: Option<u64>,
}

/// An exception on its way to the host, or from it.
#[derive(Clone, Debug)]
pub struct Exception {
    /// What tells its kind.
    pub tag: Tag,
    /// The exception; it knows its [values](ExnRef::values).
    pub exn: ExnRef,
    /// The frames that it left, innermost first; at most [`Trap::MAX_FRAMES`].
    pub frames: Vec<FrameInfo>,
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("uncaught wasm exception")?;
        show_frames(f, &self.frames)
    }
}

/// What a suspending host function handed to its embedder. Reached only mutably or by value.
pub struct Payload(Box<dyn Any + Send>);

// SAFETY: `&Payload` gives no access to the value inside, so sharing it between threads shares nothing.
unsafe impl Sync for Payload {}

impl Payload {
    /// The value, by mutable reference.
    pub fn get_mut(&mut self) -> &mut (dyn Any + Send) {
        &mut *self.0
    }

    /// The value itself.
    pub fn into_inner(self) -> Box<dyn Any + Send> {
        self.0
    }
}

impl Error {
    /// An error in words, for host functions and embedders.
    #[cold]
    pub fn new(message: impl Into<Message>) -> Error {
        Error::from_kind(ErrorKind::Message(message.into()))
    }

    /// Wraps an error type of the host; [`Error::downcast_ref`] gets it back.
    #[cold]
    pub fn host(error: impl core::error::Error + Send + Sync + 'static) -> Error {
        Error::from_kind(ErrorKind::Host(Box::new(error)))
    }

    /// Returned by a host function, throws an exception into the code that called it.
    #[cold]
    pub fn exception(store: impl AsContext, exn: ExnRef) -> Error {
        Error::from(Exception {
            tag: exn.tag(store),
            exn,
            frames: Vec::new(),
        })
    }

    /// The exception, if this is one.
    pub fn as_exception(&self) -> Option<&Exception> {
        match &*self.0 {
            ErrorKind::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    /// Ends the guest with an exit status, as WASI's `proc_exit` does. Passes through all frames.
    #[cold]
    pub fn exit(code: i32) -> Error {
        Error::from_kind(ErrorKind::Exit(code))
    }

    /// Returned by a host function, suspends the call it is part of: [`Func::call_resumable`] gives
    /// the payload to its caller, who resumes with the host function's results. A plain `call`
    /// returns this error as it is.
    ///
    /// [`Func::call_resumable`]: crate::Func::call_resumable
    #[cold]
    pub fn suspend(payload: impl Any + Send + 'static) -> Error {
        Error::from_kind(ErrorKind::Suspend(Payload(Box::new(payload))))
    }

    #[cold]
    pub(crate) fn from_kind(kind: ErrorKind) -> Error {
        Error(Box::new(kind))
    }

    #[cold]
    pub(crate) fn link(message: impl Into<Message>) -> Error {
        Error::from_kind(ErrorKind::Link(message.into()))
    }

    #[cold]
    pub(crate) fn limit(message: impl Into<Message>) -> Error {
        Error::from_kind(ErrorKind::Limit(message.into()))
    }

    #[cold]
    pub(crate) fn module(message: impl Into<Message>, offset: Option<u64>) -> Error {
        Error::from_kind(ErrorKind::Module(ModuleError {
            message: message.into(),
            offset,
            func_index: None,
            func_name: None,
        }))
    }

    #[cold]
    pub(crate) fn unsupported(
        feature: &'static str,
        message: impl Into<Message>,
        offset: Option<u64>,
    ) -> Error {
        Error::from_kind(ErrorKind::Unsupported(UnsupportedError {
            feature,
            message: message.into(),
            offset,
        }))
    }

    /// A function body that cannot be translated: `func_index` counts imports, `offset` is a module offset.
    #[cold]
    pub(crate) fn translation(func_index: u32, offset: u32, message: impl Into<Message>) -> Error {
        Error::from_kind(ErrorKind::Module(ModuleError {
            message: message.into(),
            offset: Some(u64::from(offset)),
            func_index: Some(func_index),
            func_name: None,
        }))
    }

    /// Says which function a module error is in, unless that is known.
    pub(crate) fn in_func(mut self, index: u32, name: Option<&str>) -> Error {
        if let ErrorKind::Module(error) = &mut *self.0 {
            error.func_index.get_or_insert(index);
            if error.func_name.is_none() {
                error.func_name = name.map(String::from);
            }
        }
        self
    }

    /// The case, with its data.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The case, by value.
    pub fn into_kind(self) -> ErrorKind {
        *self.0
    }

    /// The trap, if this is one.
    pub fn trap(&self) -> Option<&Trap> {
        match &*self.0 {
            ErrorKind::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// The trap, if this is one, to add frames to it.
    pub(crate) fn trap_mut(&mut self) -> Option<&mut Trap> {
        match &mut *self.0 {
            ErrorKind::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// The trap's code, if this is a trap.
    pub fn trap_code(&self) -> Option<TrapCode> {
        self.trap().map(|trap| trap.code)
    }

    /// The status, if the guest asked to exit.
    pub fn i32_exit_status(&self) -> Option<i32> {
        match *self.0 {
            ErrorKind::Exit(code) => Some(code),
            _ => None,
        }
    }

    /// Whether a host function asked to suspend.
    pub fn is_suspend(&self) -> bool {
        matches!(*self.0, ErrorKind::Suspend(_))
    }

    /// The payload of [`Error::suspend`].
    pub fn suspend_payload_mut(&mut self) -> Option<&mut (dyn Any + Send)> {
        match &mut *self.0 {
            ErrorKind::Suspend(payload) => Some(payload.get_mut()),
            _ => None,
        }
    }

    /// The payload of [`Error::suspend`], by value.
    ///
    /// # Errors
    /// Gives the error back if it is of another kind.
    pub fn into_suspend_payload(self) -> Result<Box<dyn Any + Send>, Error> {
        match *self.0 {
            ErrorKind::Suspend(payload) => Ok(payload.into_inner()),
            kind => Err(Error::from_kind(kind)),
        }
    }

    /// The host's error of [`Error::host`], if it is an `E`.
    pub fn downcast_ref<E: core::error::Error + 'static>(&self) -> Option<&E> {
        match &*self.0 {
            ErrorKind::Host(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// The host's error of [`Error::host`], if it is an `E`.
    pub fn downcast_mut<E: core::error::Error + 'static>(&mut self) -> Option<&mut E> {
        match &mut *self.0 {
            ErrorKind::Host(error) => error.downcast_mut(),
            _ => None,
        }
    }

    /// The host's error of [`Error::host`], by value.
    ///
    /// # Errors
    /// Gives the error back if it is no `E`.
    pub fn downcast<E: core::error::Error + 'static>(self) -> Result<E, Error> {
        match *self.0 {
            ErrorKind::Host(error) => match error.downcast() {
                Ok(error) => Ok(*error),
                Err(error) => Err(Error::from_kind(ErrorKind::Host(error))),
            },
            kind => Err(Error::from_kind(kind)),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            ErrorKind::Module(error) => error.fmt(f),
            ErrorKind::Unsupported(error) => error.fmt(f),
            ErrorKind::Link(message) | ErrorKind::Limit(message) | ErrorKind::Message(message) => {
                message.fmt(f)
            }
            ErrorKind::Trap(trap) => trap.fmt(f),
            ErrorKind::Exception(exception) => exception.fmt(f),
            ErrorKind::Host(error) => error.fmt(f),
            ErrorKind::Exit(code) => write!(f, "exited with status {code}"),
            ErrorKind::Suspend(_) => {
                f.write_str("a host function asked to suspend a call that cannot be resumed")
            }
        }
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid WebAssembly module: ")?;
        match (self.func_index, &self.func_name) {
            (Some(index), Some(name)) => write!(f, "in function {index} `{name}`: ")?,
            (Some(index), None) => write!(f, "in function {index}: ")?,
            _ => {}
        }
        self.message.fmt(f)?;
        at(f, self.offset)
    }
}

impl fmt::Display for UnsupportedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the module needs the WebAssembly feature `{}`, which is not supported or switched off: {}",
            self.feature, self.message
        )?;
        at(f, self.offset)
    }
}

fn at(f: &mut fmt::Formatter<'_>, offset: Option<u64>) -> fmt::Result {
    match offset {
        Some(offset) => write!(f, " (at offset {offset:#x})"),
        None => Ok(()),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The reader of `unwrap` and of `main`'s result wants the sentence; the trap has its own fields.
        match &*self.0 {
            ErrorKind::Host(error) => fmt::Debug::fmt(error, f),
            _ => fmt::Display::fmt(self, f),
        }
    }
}

impl fmt::Debug for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorKind::Module(error) => f.debug_tuple("Module").field(error).finish(),
            ErrorKind::Unsupported(error) => f.debug_tuple("Unsupported").field(error).finish(),
            ErrorKind::Link(message) => f.debug_tuple("Link").field(message).finish(),
            ErrorKind::Trap(trap) => f.debug_tuple("Trap").field(trap).finish(),
            ErrorKind::Exception(exception) => f.debug_tuple("Exception").field(exception).finish(),
            ErrorKind::Limit(message) => f.debug_tuple("Limit").field(message).finish(),
            ErrorKind::Host(error) => f.debug_tuple("Host").field(error).finish(),
            ErrorKind::Exit(code) => f.debug_tuple("Exit").field(code).finish(),
            ErrorKind::Suspend(_) => f.write_str("Suspend(..)"),
            ErrorKind::Message(message) => f.debug_tuple("Message").field(message).finish(),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &*self.0 {
            // The host's error is shown as this one, so its cause is the next in the chain.
            ErrorKind::Host(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Trap> for Error {
    #[cold]
    fn from(trap: Trap) -> Error {
        Error::from_kind(ErrorKind::Trap(trap))
    }
}

impl From<Exception> for Error {
    #[cold]
    fn from(exception: Exception) -> Error {
        Error::from_kind(ErrorKind::Exception(exception))
    }
}

impl From<TrapCode> for Error {
    #[cold]
    fn from(code: TrapCode) -> Error {
        Trap::new(code).into()
    }
}

/// wasmparser's features and the names people know them by.
#[cfg(feature = "compiler")]
const FEATURES: &[(wasmparser::WasmFeatures, &str)] = {
    use wasmparser::WasmFeatures as F;
    &[
        (F::RELAXED_SIMD, "relaxed SIMD"),
        (F::SIMD, "SIMD"),
        (F::SHARED_EVERYTHING_THREADS, "shared-everything threads"),
        (F::THREADS, "threads"),
        (F::GC, "GC"),
        (F::FUNCTION_REFERENCES, "typed function references"),
        (F::LEGACY_EXCEPTIONS, "legacy exceptions"),
        (F::EXCEPTIONS, "exceptions"),
        (F::TAIL_CALL, "tail calls"),
        (F::MULTI_MEMORY, "multiple memories"),
        (F::MEMORY64, "memory64"),
        (F::CUSTOM_PAGE_SIZES, "custom page sizes"),
        (F::WIDE_ARITHMETIC, "wide arithmetic"),
        (F::EXTENDED_CONST, "extended constant expressions"),
        (F::STACK_SWITCHING, "stack switching"),
        (F::MEMORY_CONTROL, "memory control"),
        (F::COMPACT_IMPORTS, "compact imports"),
        (F::CUSTOM_DESCRIPTORS, "custom descriptors"),
        (F::REFERENCE_TYPES, "reference types"),
        (F::CALL_INDIRECT_OVERLONG, "reference types"),
        (F::BULK_MEMORY, "bulk memory"),
        (F::BULK_MEMORY_OPT, "bulk memory"),
        (F::MULTI_VALUE, "multiple values"),
        (F::SIGN_EXTENSION, "sign extension"),
        (F::SATURATING_FLOAT_TO_INT, "saturating conversions"),
        (F::MUTABLE_GLOBAL, "mutable globals"),
        (F::FLOATS, "floating point"),
    ]
};

#[cfg(feature = "compiler")]
impl From<wasmparser::Error> for Error {
    #[cold]
    fn from(error: wasmparser::Error) -> Error {
        let (message, offset) = (error.message().to_string(), error.offset());
        if let Some(missing) = error.missing_wasm_feature() {
            let feature = FEATURES
                .iter()
                .find(|(feature, _)| missing.intersects(*feature));
            return Error::unsupported(
                feature.map_or("unknown", |(_, name)| name),
                message,
                Some(offset),
            );
        }
        // wasmparser is built without its SIMD decoder: those opcodes are unknown to it.
        let has = |word: &[u8]| {
            message
                .as_bytes()
                .windows(word.len())
                .any(|part| part == word)
        };
        if cfg!(not(feature = "simd")) && (has(b"SIMD") || has(b"0xfd subopcode")) {
            return Error::unsupported("SIMD", message, Some(offset));
        }
        Error::module(message, Some(offset))
    }
}

/// Text for a resource that could not be had.
pub(crate) fn out_of_memory(what: &'static str, bytes: u64) -> Error {
    Error::limit(message!("cannot allocate {} bytes for a {}", bytes, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Mine(u8);
    impl fmt::Display for Mine {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "mine {}", self.0)
        }
    }
    impl core::error::Error for Mine {}

    #[test]
    fn is_one_word_and_threadsafe() {
        fn threadsafe<T: Send + Sync + 'static>() {}
        threadsafe::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn host_errors_come_back() {
        let error = Error::host(Mine(7));
        assert_eq!(error.to_string(), "mine 7");
        assert_eq!(error.downcast_ref::<Mine>(), Some(&Mine(7)));
        let error = error.downcast::<fmt::Error>().unwrap_err();
        assert_eq!(error.downcast::<Mine>().unwrap(), Mine(7));
        assert!(Error::new("x").downcast::<Mine>().is_err());
    }

    #[test]
    fn exits_and_suspensions_are_told_apart() {
        assert_eq!(Error::exit(3).i32_exit_status(), Some(3));
        let mut error = Error::suspend(5u32);
        assert!(error.is_suspend() && error.i32_exit_status().is_none());
        *error
            .suspend_payload_mut()
            .unwrap()
            .downcast_mut::<u32>()
            .unwrap() += 1;
        assert_eq!(
            *error
                .into_suspend_payload()
                .unwrap()
                .downcast::<u32>()
                .unwrap(),
            6
        );
    }

    #[test]
    fn traps_keep_their_code() {
        let error = Error::from(TrapCode::Unreachable);
        assert_eq!(error.trap_code(), Some(TrapCode::Unreachable));
        assert_eq!(error.to_string(), "wasm trap: unreachable");
    }
}
