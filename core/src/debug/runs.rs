//! Long lists in a snapshot's bytes: what repeats is told once.
//!
//! A list is its length and pieces: a number with the count of items, twice, plus one if they are all alike; then that
//! item, or each of them. It is the same whatever parts it is written in.

use alloc::vec::Vec;

use super::paged::{Builder, Paged};
use crate::{
    encoding::{Crc, Reader, put},
    error::Error,
};

/// Takes the bytes of a snapshot, one part after the other.
pub(super) struct Writer<'k> {
    sink: &'k mut dyn FnMut(&[u8]) -> Result<(), Error>,
    crc: Crc,
    waiting: Vec<u8>,
}

impl<'k> Writer<'k> {
    /// Bytes that wait for others before the sink gets them.
    const FULL: usize = 256;

    pub(super) fn new(sink: &'k mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Writer<'k> {
        Writer {
            sink,
            crc: Crc::new(),
            waiting: Vec::new(),
        }
    }

    /// Writes what `part` appends.
    pub(super) fn part(&mut self, part: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
        part(&mut self.waiting);
        match self.waiting.len() >= Self::FULL {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Writes numbers.
    pub(super) fn numbers(&mut self, numbers: &[u64]) -> Result<(), Error> {
        numbers
            .iter()
            .try_for_each(|number| self.part(|out| put(out, *number)))
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.crc.update(&self.waiting);
        (self.sink)(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Ends with the checksum of all.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.flush()?;
        (self.sink)(&self.crc.value().to_le_bytes())
    }
}

/// What lists are of.
pub(super) trait Item: Copy + Default + PartialEq {
    /// From so many on that are alike, they are told as one.
    const ALIKE: u64;

    fn put(out: &mut Vec<u8>, items: &[Self]);

    /// Reads so many.
    fn read(reader: &mut Reader<'_>, count: u64, into: &mut Builder<Self>) -> Result<(), Error>;
}

impl Item for u8 {
    const ALIKE: u64 = 4;

    fn put(out: &mut Vec<u8>, items: &[u8]) {
        out.extend_from_slice(items);
    }

    fn read(reader: &mut Reader<'_>, count: u64, into: &mut Builder<u8>) -> Result<(), Error> {
        let bytes = reader.bytes(usize::try_from(count).unwrap_or(usize::MAX))?;
        into.extend(bytes)
    }
}

impl Item for u64 {
    const ALIKE: u64 = 2;

    fn put(out: &mut Vec<u8>, items: &[u64]) {
        items.iter().for_each(|item| put(out, *item));
    }

    fn read(reader: &mut Reader<'_>, count: u64, into: &mut Builder<u64>) -> Result<(), Error> {
        for _ in 0..count {
            into.extend(&[reader.u64()?])?;
        }
        Ok(())
    }
}

/// A list that is being written, part by part.
pub(super) struct Runs<'w, 'k, T> {
    writer: &'w mut Writer<'k>,
    /// Those that are not told as one.
    others: Vec<T>,
    /// The last ones, all alike.
    last: T,
    count: u64,
}

impl<'w, 'k, T: Item> Runs<'w, 'k, T> {
    /// As many others are told together.
    const TOGETHER: usize = 128;

    pub(super) fn new(writer: &'w mut Writer<'k>, len: usize) -> Result<Self, Error> {
        writer.numbers(&[len as u64])?;
        Ok(Runs {
            writer,
            others: Vec::new(),
            last: T::default(),
            count: 0,
        })
    }

    pub(super) fn push(&mut self, items: &[T]) -> Result<(), Error> {
        let mut rest = items;
        while let Some(first) = rest.first() {
            let alike = rest.iter().take_while(|item| *item == first).count();
            if *first != self.last {
                self.end_run()?;
                self.last = *first;
            }
            self.count += alike as u64;
            rest = &rest[alike..];
        }
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), Error> {
        let (last, count) = (self.last, core::mem::take(&mut self.count));
        if count < T::ALIKE {
            self.others
                .extend(core::iter::repeat_n(last, count as usize));
            return match self.others.len() < Self::TOGETHER {
                true => Ok(()),
                false => self.end_others(),
            };
        }
        self.end_others()?;
        self.writer.part(|out| {
            put(out, count << 1 | 1);
            T::put(out, &[last]);
        })
    }

    fn end_others(&mut self) -> Result<(), Error> {
        if self.others.is_empty() {
            return Ok(());
        }
        self.writer.part(|out| {
            put(out, (self.others.len() as u64) << 1);
            T::put(out, &self.others);
        })?;
        self.others.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.end_run()?;
        self.end_others()
    }
}

/// Reads a list. `room` is how many bytes lists may still take in all.
pub(super) fn read_list<T: Item>(
    reader: &mut Reader<'_>,
    room: &mut u64,
) -> Result<Paged<T>, Error> {
    let len = reader.u64()?;
    let left = len
        .checked_mul(size_of::<T>() as u64)
        .and_then(|bytes| room.checked_sub(bytes));
    *room = left.ok_or_else(|| Error::limit("the snapshot is too large"))?;
    let mut list = Builder::default();
    while (list.len() as u64) < len {
        let head = reader.u64()?;
        let count = head >> 1;
        if count == 0 || count > len - list.len() as u64 {
            return Err(reader.error("a list has another length"));
        }
        if head & 1 == 0 {
            T::read(reader, count, &mut list)?;
            continue;
        }
        let mut item = Builder::default();
        T::read(reader, 1, &mut item)?;
        list.repeat(item.first(), count as usize)?;
    }
    list.finish()
}
