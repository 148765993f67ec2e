//! Numbers, names and checksums in images and snapshots.

use alloc::vec::Vec;

#[cfg(feature = "debug")]
use crate::{error::Error, message::Message};

/// Reads from front to back. (Images have a reader of their own, with less code for chips.)
#[cfg(feature = "debug")]
#[derive(Clone)]
pub(crate) struct Reader<'i> {
    bytes: &'i [u8],
    at: usize,
    /// The error of what is wrong at an offset.
    damaged: fn(Message, usize) -> Error,
}

#[cfg(feature = "debug")]
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

pub(crate) fn put_list<T>(out: &mut Vec<u8>, items: &[T], mut item: impl FnMut(&mut Vec<u8>, &T)) {
    put(out, items.len() as u64);
    for one in items {
        item(out, one);
    }
}

/// CRC-32 (ISO-HDLC), four bits at a time: a table of 256 entries would take more flash than it is worth.
#[derive(Clone, Copy)]
pub(crate) struct Crc(u32);

static CRCS: [u32; 16] = {
    let mut table = [0; 16];
    let mut i = 0;
    while i < 16 {
        let (mut crc, mut bit) = (i as u32, 0);
        while bit < 4 {
            crc = crc >> 1 ^ if crc & 1 != 0 { 0xedb8_8320 } else { 0 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

impl Crc {
    pub(crate) const fn new() -> Crc {
        Crc(!0)
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let step = |crc: u32, bits: u8| crc >> 4 ^ CRCS[(crc as usize ^ usize::from(bits)) & 15];
        let byte = |crc, byte: &u8| step(step(crc, *byte), byte >> 4);
        self.0 = bytes.iter().fold(self.0, byte);
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

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_one_that_others_compute() {
        assert_eq!(super::checksum(b"123456789"), 0xcbf4_3926);
    }
}
