//! Images: modules that a chip runs where they lie.
//!
//! An image holds what execution needs and nothing that validation or translation would: types, imports and
//! exports by name, segments, and functions in the compact encoding. All numbers are little-endian.
//!
//! ```text
//! 0   "mote"
//! 4   u16 version
//! 6   u16 flags: what the code does besides computing, and what it needs
//! 8   u32 bytes of the image
//! 12  u32 CRC-32 (ISO-HDLC) of all that follows
//! 16  u32 offset of the function table, even
//! 20  u32 how many functions the module defines
//! 24  u32 offsets of frame maps, names and code offsets; 0 where there are none
//! 36  u32 offset behind all code
//! 40  u32 index of the start function plus one; 0 if there is none
//! 44  u32 offset of the types: what `types` says, in variable-length numbers
//! 48  the directory: of each list in `records`, u32 offset and u32 length
//! 160 the head: types, lists, and the names in these
//!     the function table: for each, u16 type index and u32 offset of its first instruction
//!     code: before each first instruction, the u16 slots of its frame; at even offsets; behind it, u16 0
//!     data segments, frame maps, names of functions, code offsets
//! ```

#[cfg(not(compact))]
mod expand;
mod frames;
#[cfg(feature = "compiler")]
mod info;
mod load;
mod read;
mod records;
mod types;
mod verify;
#[cfg(feature = "compiler")]
mod write;

#[cfg(not(compact))]
pub(crate) use expand::{Forms, expand, expanded_map};
#[cfg(feature = "compiler")]
pub use info::ImageInfo;
pub(crate) use load::ImageCode;
pub(crate) use read::{u16_at, u32_at};
#[cfg(feature = "compiler")]
pub use write::ImageOptions;

/// The first bytes of an image.
const MAGIC: [u8; 4] = *b"mote";
/// Changes whenever an image of before could not be run, or would mean something else.
const VERSION: u16 = 3;
/// Bytes in front of the head.
const HEADER_BYTES: usize = DIRECTORY + 8 * records::LISTS;
/// Where the directory of lists is.
const DIRECTORY: usize = 48;
/// What the checksum covers begins here.
const CHECKED_FROM: usize = 16;
/// Bytes behind all code, which are read with the last instruction.
const CODE_PADDING: usize = 2;
/// Bytes of a record in the function table.
pub(crate) const RECORD_BYTES: usize = 6;

/// Bits of the flags.
mod flags {
    /// Code charges fuel.
    pub(super) const FUEL: u16 = 1;
    /// Code looks at the interrupt flag.
    pub(super) const INTERRUPTS: u16 = 1 << 1;
    /// The features of the language that code, types or segments use: bit, name, whether it is there.
    pub(super) const FEATURES: [(u16, &str, bool); 10] = [
        (1 << 8, "SIMD", cfg!(feature = "simd")),
        (1 << 9, "GC", cfg!(feature = "gc")),
        (1 << 10, "exceptions", cfg!(feature = "exceptions")),
        (1 << 11, "memory64", cfg!(feature = "memory64")),
        (1 << 12, "threads", cfg!(feature = "threads")),
        (1 << 13, "floating point", cfg!(feature = "float")),
        (1 << 2, "WebAssembly 2.0", cfg!(feature = "wasm2")),
        (1 << 3, "tail calls", cfg!(feature = "tail-call")),
        (1 << 4, "wide arithmetic", cfg!(feature = "wide-arithmetic")),
        (
            1 << 5,
            "extended constant expressions",
            cfg!(feature = "extended-const"),
        ),
    ];
    /// The blocks of the op table that belong to them.
    #[cfg(feature = "compiler")]
    pub(super) const BLOCKS: [&str; 9] = [
        "simd",
        "gc",
        "exceptions",
        "memory64",
        "threads",
        "float",
        "wasm2",
        "tail_call",
        "wide_arithmetic",
    ];
}
