//! Fixed fields of an image, and what is wrong with it.

use crate::{encoding::Reader, error::Error, message::Message};

/// Reads an image's head from front to back.
pub(super) fn reader(image: &[u8], at: usize) -> Reader<'_> {
    Reader::new(image, at, damaged)
}

/// An error of an image at a byte offset.
#[cold]
pub(super) fn damaged(what: impl Into<Message>, at: usize) -> Error {
    Error::module(
        message!(
            "not a usable image: {}; compile the module again",
            what.into()
        ),
        Some(at as u64),
    )
}

/// The u16 at a byte offset; 0 beyond the end.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    match bytes.get(at..at + 2) {
        Some(bytes) => u16::from_le_bytes([bytes[0], bytes[1]]),
        None => 0,
    }
}

/// The same of a u32.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

/// What a branch field of so many bytes says: bytes from there to its target.
pub(super) fn distance(image: &[u8], field: usize, bytes: usize) -> i64 {
    match bytes {
        2 => i64::from(u16_at(image, field) as i16) * 2,
        _ => i64::from(u32_at(image, field) as i32),
    }
}
