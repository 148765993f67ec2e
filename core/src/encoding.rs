//! Numbers, names and checksums in images and snapshots.

use alloc::vec::Vec;

use crate::{error::Error, message::Message};

/// Reads from front to back.
#[derive(Clone)]
pub(crate) struct Reader<'i> {
    bytes: &'i [u8],
    at: usize,
    /// The error of what is wrong at an offset.
    damaged: fn(Message, usize) -> Error,
}

impl<'i> Reader<'i> {
    pub(crate) fn new(
        bytes: &'i [u8],
        at: usize,
        damaged: fn(Message, usize) -> Error,
    ) -> Reader<'i> {
        Reader { bytes, at, damaged }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The bytes are not what they say, here.
    #[cold]
    pub(crate) fn error(&self, what: impl Into<Message>) -> Error {
        (self.damaged)(what.into(), self.at)
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'i [u8], Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let bytes = rest
            .get(..len)
            .ok_or_else(|| self.error("it ends in the middle of something"))?;
        self.at += len;
        Ok(bytes)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.bytes(1)?[0])
    }

    /// A number in LEB128.
    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
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

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        let value = self.u64()?;
        u32::try_from(value).map_err(|_| self.error("a number is too large"))
    }

    pub(crate) fn flag(&mut self) -> Result<bool, Error> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.error("neither yes nor no")),
        }
    }

    /// An index below `count`.
    pub(crate) fn index(&mut self, count: usize, what: &'static str) -> Result<u32, Error> {
        let index = self.u32()?;
        if (index as usize) < count {
            return Ok(index);
        }
        Err(self.error(message!("there is no {} {}", what, index)))
    }

    pub(crate) fn text(&mut self) -> Result<&'i str, Error> {
        let len = self.u32()? as usize;
        let bytes = self.bytes(len)?;
        core::str::from_utf8(bytes).map_err(|_| self.error("a name is not UTF-8"))
    }

    /// As many as a count in front says; room is made for those that were really read.
    pub(crate) fn list<T>(
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

/// Appends a number in LEB128.
pub(crate) fn put(out: &mut Vec<u8>, value: impl Into<u64>) {
    let mut value = value.into();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn put_list<T>(out: &mut Vec<u8>, items: &[T], mut item: impl FnMut(&mut Vec<u8>, &T)) {
    put(out, items.len() as u64);
    for one in items {
        item(out, one);
    }
}

/// CRC-32 (ISO-HDLC) without a table: images are loaded once, and a table would take more flash than it is worth.
#[derive(Clone, Copy)]
pub(crate) struct Crc(u32);

impl Crc {
    pub(crate) const fn new() -> Crc {
        Crc(!0)
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                crc >> 1 ^ if crc & 1 != 0 { 0xedb8_8320 } else { 0 }
            })
        });
    }

    pub(crate) fn value(self) -> u32 {
        !self.0
    }
}

/// The CRC of all of some bytes.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.value()
}
