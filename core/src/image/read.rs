//! Numbers in an image.

use alloc::vec::Vec;

use crate::{error::Error, message::Message};

/// Reads what has a variable length in an image, from front to back. What is not there reads as 0, and `is_bad` says
/// so: it is asked once, at the end.
#[derive(Clone)]
pub(super) struct Reader<'i> {
    image: &'i [u8],
    at: usize,
    is_bad: bool,
}

impl<'i> Reader<'i> {
    pub(super) fn new(image: &'i [u8], at: usize) -> Reader<'i> {
        Reader {
            image,
            at,
            is_bad: false,
        }
    }

    /// Notes that the image is not what it says.
    pub(super) fn fail(&mut self) {
        self.is_bad = true;
    }

    pub(super) fn is_bad(&self) -> bool {
        self.is_bad
    }

    /// Whether all was there.
    pub(super) fn end(&self, what: &'static str) -> Result<(), Error> {
        match self.is_bad {
            true => Err(damaged(what, self.at)),
            false => Ok(()),
        }
    }

    pub(super) fn u8(&mut self) -> u8 {
        match self.image.get(self.at) {
            Some(byte) => {
                self.at += 1;
                *byte
            }
            None => {
                self.fail();
                0
            }
        }
    }

    /// A number in LEB128.
    pub(super) fn u64(&mut self) -> u64 {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.u8();
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return value;
            }
        }
        self.fail();
        0
    }

    pub(super) fn u32(&mut self) -> u32 {
        let value = self.u64();
        if value >> 32 != 0 {
            self.fail();
        }
        value as u32
    }

    /// An index below `count`.
    pub(super) fn index(&mut self, count: usize) -> u32 {
        let index = self.u32();
        if index as usize >= count {
            self.fail();
        }
        index
    }

    /// As many as a count in front says; room is made for those that were really read.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.u32();
        let mut items = Vec::new();
        for _ in 0..count {
            let one = item(self);
            if self.is_bad {
                break;
            }
            items.push(one);
        }
        items
    }
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
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    match bytes.get(at..at.saturating_add(2)) {
        Some(bytes) => u16::from_le_bytes([bytes[0], bytes[1]]),
        None => 0,
    }
}

/// The same of a u32.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at.saturating_add(2))) << 16
}

/// What a branch field of so many bytes says: bytes from there to its target.
pub(super) fn distance(image: &[u8], field: usize, bytes: usize) -> i64 {
    match bytes {
        2 => i64::from(u16_at(image, field) as i16) * 2,
        _ => i64::from(u32_at(image, field) as i32),
    }
}

/// The offset that comes next in an image that is written.
#[cfg(feature = "compiler")]
pub(super) fn here(out: &[u8]) -> Result<u32, Error> {
    u32::try_from(out.len()).map_err(|_| too_large())
}

#[cfg(feature = "compiler")]
#[cold]
pub(super) fn too_large() -> Error {
    Error::limit("images of 4 GiB and more are not supported")
}
