//! Traps and the backtraces they carry.

use alloc::{string::String, vec::Vec};
use core::fmt;

/// Why WebAssembly code stopped for good (core specification, section 4: "trap").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum TrapCode {
    /// An `unreachable` instruction was executed.
    Unreachable,
    /// A load, store or bulk operation left linear memory.
    MemoryOutOfBounds,
    /// A table access or bulk table operation left the table.
    TableOutOfBounds,
    /// `call_indirect` with an index outside the table.
    IndirectCallOutOfBounds,
    /// `call_indirect` through a null table element.
    IndirectCallToNull,
    /// `call_indirect` to a function of another type.
    BadSignature,
    /// Integer division or remainder by zero.
    IntegerDivisionByZero,
    /// An integer division or a float-to-integer conversion does not fit its result.
    IntegerOverflow,
    /// A float-to-integer conversion of NaN.
    BadConversionToInteger,
    /// A frame does not fit the value stack, or host calls nest too deeply.
    StackOverflow,
    /// A non-null reference was required.
    NullReference,
    /// `ref.cast` of a reference that is of another type.
    CastFailure,
    /// A cast to the type that a descriptor describes, of a structure that has another.
    DescriptorCastFailure,
    /// An array access left the array.
    ArrayOutOfBounds,
    /// There is no room for an object on the store's heap, even after a collection.
    OutOfMemory,
    /// An atomic access to an address that is no multiple of its size.
    UnalignedAtomic,
    /// `memory.atomic.wait` on a memory that is not shared.
    ExpectedSharedMemory,
    /// `memory.atomic.wait` without a timeout, and nobody who could notify.
    Deadlock,
    /// The fuel is used up and the call cannot be resumed.
    OutOfFuel,
    /// Another thread raised the interrupt flag and the call cannot be resumed.
    Interrupted,
}

impl TrapCode {
    /// All of them, in their order.
    pub const ALL: &[TrapCode] = &[
        TrapCode::Unreachable,
        TrapCode::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds,
        TrapCode::IndirectCallOutOfBounds,
        TrapCode::IndirectCallToNull,
        TrapCode::BadSignature,
        TrapCode::IntegerDivisionByZero,
        TrapCode::IntegerOverflow,
        TrapCode::BadConversionToInteger,
        TrapCode::StackOverflow,
        TrapCode::NullReference,
        TrapCode::CastFailure,
        TrapCode::DescriptorCastFailure,
        TrapCode::ArrayOutOfBounds,
        TrapCode::OutOfMemory,
        TrapCode::UnalignedAtomic,
        TrapCode::ExpectedSharedMemory,
        TrapCode::Deadlock,
        TrapCode::OutOfFuel,
        TrapCode::Interrupted,
    ];

    /// The text the specification's test suite uses for this trap.
    pub fn message(self) -> &'static str {
        match self {
            TrapCode::Unreachable => "unreachable",
            TrapCode::MemoryOutOfBounds => "out of bounds memory access",
            TrapCode::TableOutOfBounds => "out of bounds table access",
            TrapCode::IndirectCallOutOfBounds => "undefined element",
            TrapCode::IndirectCallToNull => "uninitialized element",
            TrapCode::BadSignature => "indirect call type mismatch",
            TrapCode::IntegerDivisionByZero => "integer divide by zero",
            TrapCode::IntegerOverflow => "integer overflow",
            TrapCode::BadConversionToInteger => "invalid conversion to integer",
            TrapCode::StackOverflow => "call stack exhausted",
            TrapCode::NullReference => "null reference",
            TrapCode::CastFailure => "cast failure",
            TrapCode::DescriptorCastFailure => "descriptor cast failure",
            TrapCode::ArrayOutOfBounds => "out of bounds array access",
            TrapCode::OutOfMemory => "out of memory",
            TrapCode::UnalignedAtomic => "unaligned atomic",
            TrapCode::ExpectedSharedMemory => "expected shared memory",
            TrapCode::Deadlock => "deadlock: a wait without a timeout that nobody can end",
            TrapCode::OutOfFuel => "all fuel consumed by WebAssembly",
            TrapCode::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for TrapCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// One WebAssembly frame of a backtrace, innermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    /// The module's name, where its name section gives one.
    pub module: Option<String>,
    /// Index of the function in its module (imports count).
    pub func_index: u32,
    /// The function's name, where the name section gives one.
    pub func_name: Option<String>,
    /// Byte offset in the module of the instruction: the one that trapped, or the call that is pending.
    pub offset: u32,
}

impl fmt::Display for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:#8x} - {}!",
            self.offset,
            self.module.as_deref().unwrap_or("<unknown>")
        )?;
        match &self.func_name {
            Some(name) => f.write_str(name),
            None => write!(f, "<wasm function {}>", self.func_index),
        }
    }
}

/// A trap with the frames that were active.
#[derive(Clone, Debug)]
pub struct Trap {
    /// Why execution stopped.
    pub code: TrapCode,
    /// The frames of the call, innermost first; at most [`Trap::MAX_FRAMES`].
    pub frames: Vec<FrameInfo>,
    /// For an access outside linear memory: its address and the size of the memory, in bytes.
    pub memory: Option<(u64, u64)>,
}

impl Trap {
    /// Longer backtraces are cut here: the innermost frames are kept.
    pub const MAX_FRAMES: usize = 256;

    /// A trap without a backtrace, for host functions to raise.
    pub fn new(code: TrapCode) -> Trap {
        Trap {
            code,
            frames: Vec::new(),
            memory: None,
        }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wasm trap: {}", self.code)?;
        if let Some((address, size)) = self.memory {
            write!(
                f,
                "\nmemory fault at wasm address {address:#x} in linear memory of size {size:#x}"
            )?;
        }
        show_frames(f, &self.frames)
    }
}

/// A backtrace, if there is one.
pub(crate) fn show_frames(f: &mut fmt::Formatter<'_>, frames: &[FrameInfo]) -> fmt::Result {
    if !frames.is_empty() {
        f.write_str("\nwasm backtrace:")?;
    }
    for (i, frame) in frames.iter().enumerate() {
        write!(f, "\n{i:5}: {frame}")?;
    }
    Ok(())
}

impl core::error::Error for Trap {}
