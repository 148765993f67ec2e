//! Numbers and names in an image.

use alloc::vec::Vec;

use crate::{error::Error, message::Message};

/// Reads an image's head from front to back.
#[derive(Clone)]
pub(super) struct Reader<'i> {
    image: &'i [u8],
    at: usize,
}

impl<'i> Reader<'i> {
    pub(super) fn new(image: &'i [u8], at: usize) -> Reader<'i> {
        Reader { image, at }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The image is not what it says, here.
    #[cold]
    pub(super) fn error(&self, what: impl Into<Message>) -> Error {
        damaged(what, self.at)
    }

    pub(super) fn bytes(&mut self, len: usize) -> Result<&'i [u8], Error> {
        let rest = self.image.get(self.at..).unwrap_or_default();
        let bytes = rest
            .get(..len)
            .ok_or_else(|| self.error("it ends in the middle of something"))?;
        self.at += len;
        Ok(bytes)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.bytes(1)?[0])
    }

    /// A number in LEB128.
    pub(super) fn u64(&mut self) -> Result<u64, Error> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.error("a number is too long"))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Error> {
        let value = self.u64()?;
        u32::try_from(value).map_err(|_| self.error("a number is too large"))
    }

    pub(super) fn flag(&mut self) -> Result<bool, Error> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.error("neither yes nor no")),
        }
    }

    /// An index below `count`.
    pub(super) fn index(&mut self, count: usize, what: &'static str) -> Result<u32, Error> {
        let index = self.u32()?;
        if (index as usize) < count {
            return Ok(index);
        }
        Err(self.error(message!("there is no {} {}", what, index)))
    }

    pub(super) fn text(&mut self) -> Result<&'i str, Error> {
        let len = self.u32()? as usize;
        let bytes = self.bytes(len)?;
        core::str::from_utf8(bytes).map_err(|_| self.error("a name is not UTF-8"))
    }

    /// As many as a count in front says; room is made for those that were really read.
    pub(super) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let count = self.u32()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        items.shrink_to_fit();
        Ok(items)
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

/// Appends a number in LEB128.
pub(super) fn put(out: &mut Vec<u8>, value: impl Into<u64>) {
    let mut value = value.into();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

pub(super) fn put_list<T>(out: &mut Vec<u8>, items: &[T], mut item: impl FnMut(&mut Vec<u8>, &T)) {
    put(out, items.len() as u64);
    for one in items {
        item(out, one);
    }
}
