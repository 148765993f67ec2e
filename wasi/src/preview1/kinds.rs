//! Types of parameters: how each is decoded from the integer that crosses the boundary.

use crate::{
    errno::Errno,
    layout::Abi,
    types::{
        Advice, Clockid, Fdflags, Fstflags, Lookupflags, Oflags, Riflags, Rights, Sdflags, Whence,
    },
};

/// The type of a parameter, for whoever shows or records calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An address.
    Ptr,
    /// Where a 16-bit result goes.
    Out16,
    /// Where a 32-bit result goes.
    Out32,
    /// Where a 64-bit result goes.
    Out64,
    /// The address of a list of buffers; the next parameter is their number.
    Iovs,
    /// A 32-bit length or count.
    Size,
    /// The address of a string; the next parameter is its length.
    Str,
    /// The length of a string.
    StrLen,
    /// A descriptor.
    Fd,
    /// A 64-bit length or offset.
    Filesize,
    /// A signed 64-bit offset.
    Filedelta,
    /// Nanoseconds.
    Timestamp,
    /// A position in a directory.
    Dircookie,
    /// [`Rights`].
    Rights,
    /// [`Fdflags`].
    Fdflags,
    /// [`Oflags`].
    Oflags,
    /// [`Lookupflags`].
    Lookupflags,
    /// [`Fstflags`].
    Fstflags,
    /// [`Clockid`].
    Clockid,
    /// [`Whence`].
    Whence,
    /// [`Advice`].
    Advice,
    /// An exit code.
    Exitcode,
    /// A signal number.
    Signal,
    /// [`Riflags`].
    Riflags,
    /// Always 0.
    Siflags,
    /// [`Sdflags`].
    Sdflags,
}

impl Kind {
    /// Whether the WebAssembly parameter is an `i64` rather than an `i32`.
    pub fn is_64(self) -> bool {
        matches!(
            self,
            Kind::Filesize | Kind::Filedelta | Kind::Timestamp | Kind::Dircookie | Kind::Rights
        )
    }
}

/// A parameter's type in the table of functions.
pub(crate) trait Arg {
    /// What the function is given.
    type Value;
    /// The WebAssembly type.
    type Wasm;
    const KIND: Kind;
    /// Zero-extends.
    fn raw(wasm: Self::Wasm) -> u64;
    fn decode(raw: u64, abi: Abi) -> Result<Self::Value, Errno>;
}

macro_rules! args {
    ($($Name:ident: $Wasm:ident as $Unsigned:ident => $Value:ty, $kind:ident, |$raw:ident, $abi:pat_param| $decode:expr;)*) => {
        $(
            pub(crate) struct $Name;

            impl Arg for $Name {
                type Value = $Value;
                type Wasm = $Wasm;
                const KIND: Kind = Kind::$kind;

                #[inline(always)]
                fn raw(wasm: $Wasm) -> u64 {
                    u64::from(wasm as $Unsigned)
                }

                #[inline(always)]
                fn decode(raw: u64, $abi: Abi) -> Result<$Value, Errno> {
                    // The inverse of `raw`: a 32-bit argument has nothing above.
                    let $raw = raw as $Unsigned;
                    $decode
                }
            }
        )*
    };
}

/// Flags of 16 or 8 bits travel in 32; bits above are unknown ones.
macro_rules! narrow_flags {
    ($Flags:ident, $raw:ident) => {
        $raw.try_into()
            .ok()
            .and_then($Flags::from_bits)
            .ok_or(Errno::Inval)
    };
}

args! {
    Ptr: i32 as u32 => u32, Ptr, |raw, _| Ok(raw);
    Out16: i32 as u32 => u32, Out16, |raw, _| Ok(raw);
    Out32: i32 as u32 => u32, Out32, |raw, _| Ok(raw);
    Out64: i32 as u32 => u32, Out64, |raw, _| Ok(raw);
    Iovs: i32 as u32 => u32, Iovs, |raw, _| Ok(raw);
    Size: i32 as u32 => u32, Size, |raw, _| Ok(raw);
    Str: i32 as u32 => u32, Str, |raw, _| Ok(raw);
    StrLen: i32 as u32 => u32, StrLen, |raw, _| Ok(raw);
    Fd: i32 as u32 => u32, Fd, |raw, _| Ok(raw);
    Exitcode: i32 as u32 => u32, Exitcode, |raw, _| Ok(raw);
    Signal: i32 as u32 => u32, Signal, |raw, _| Ok(raw);
    Siflags: i32 as u32 => u32, Siflags, |raw, _| Ok(raw);
    Filesize: i64 as u64 => u64, Filesize, |raw, _| Ok(raw);
    Timestamp: i64 as u64 => u64, Timestamp, |raw, _| Ok(raw);
    Dircookie: i64 as u64 => u64, Dircookie, |raw, _| Ok(raw);
    Filedelta: i64 as u64 => i64, Filedelta, |raw, _| Ok(raw as i64);
    RightsArg: i64 as u64 => u64, Rights, |raw, _| Ok(raw);
    FdflagsArg: i32 as u32 => Fdflags, Fdflags, |raw, _| narrow_flags!(Fdflags, raw);
    OflagsArg: i32 as u32 => Oflags, Oflags, |raw, _| narrow_flags!(Oflags, raw);
    FstflagsArg: i32 as u32 => Fstflags, Fstflags, |raw, _| narrow_flags!(Fstflags, raw);
    RiflagsArg: i32 as u32 => Riflags, Riflags, |raw, _| narrow_flags!(Riflags, raw);
    SdflagsArg: i32 as u32 => Sdflags, Sdflags, |raw, _| narrow_flags!(Sdflags, raw);
    LookupflagsArg: i32 as u32 => Lookupflags, Lookupflags, |raw, _| narrow_flags!(Lookupflags, raw);
    ClockidArg: i32 as u32 => Clockid, Clockid, |raw, _| Clockid::from_raw(raw);
    AdviceArg: i32 as u32 => Advice, Advice, |raw, _| Advice::from_raw(raw);
    WhenceArg: i32 as u32 => Whence, Whence, |raw, abi| whence(raw, abi);
}

/// `whence` of either version: `set`, `cur`, `end` in preview 1 and `cur`, `end`, `set` before.
pub(crate) fn whence(raw: u32, abi: Abi) -> Result<Whence, Errno> {
    match (abi, raw) {
        (Abi::Preview1, _) => Whence::from_raw(raw),
        (Abi::Unstable, 0) => Ok(Whence::Cur),
        (Abi::Unstable, 1) => Ok(Whence::End),
        (Abi::Unstable, 2) => Ok(Whence::Set),
        (Abi::Unstable, _) => Err(Errno::Inval),
    }
}

/// The rights of an argument that asks for some: unknown ones are left out.
pub(crate) fn wanted(raw: u64) -> Rights {
    Rights::from_bits_truncate(raw)
}
