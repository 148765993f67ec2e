//! Snapshots as bytes.
//!
//! Numbers are LEB128; lists are as in `runs`. What is in front says what it is, so that other bytes are refused before
//! they are read.
//!
//! ```text
//! "mots", u16 version
//! steps, fuel
//! modules of the instances (length, CRC-32), and functions: runs of the host's (0) and of instances (number + 1)
//! the called function, frames from the outermost in
//! memories, tables, globals; of instances: element segments, and whether data segments are dropped
//! the heap, with types as their position among those of all modules
//! the embedder's bytes
//! u32 CRC-32 (ISO-HDLC) of all before
//! ```

use alloc::vec::Vec;

use super::{
    Paged, Snapshot, Stepper,
    identity::Identity,
    runs::{Item, Runs, Writer, read_list},
    snapshot::{Call, FrameState, InstanceState, check_stands},
};
use crate::{
    encoding::{Reader, checksum, put, put_list},
    error::Error,
    message::Message,
    store::{AsContext, HeapShape, HeapState, StoreInner},
    sync::Shared,
};

const MAGIC: [u8; 4] = *b"mots";
/// Changes whenever bytes of before would be read as something else.
const VERSION: u16 = 1;
/// What lists of a snapshot may take in all: few bytes can tell of many.
const ROOM: u64 = if usize::BITS > 32 { 1 << 34 } else { 1 << 31 };
const CRC_BYTES: usize = 4;

/// A list, in a store or a snapshot.
pub(super) enum List<'p, T> {
    Whole(&'p [T]),
    Paged(&'p Paged<T>),
}

impl<T: Copy + Default + PartialEq> List<'_, T> {
    fn len(&self) -> usize {
        match self {
            List::Whole(list) => list.len(),
            List::Paged(list) => list.len(),
        }
    }

    fn parts(&self, mut part: impl FnMut(&[T]) -> Result<(), Error>) -> Result<(), Error> {
        match self {
            List::Whole(list) => part(list),
            List::Paged(list) => list.pages().try_for_each(part),
        }
    }

    /// A copy; see [`Paged::of`].
    pub(super) fn copy(&self, before: Option<&Paged<T>>, new: &mut usize) -> Paged<T> {
        match self {
            List::Whole(list) => Paged::of(list, before, new),
            List::Paged(list) => (*list).clone(),
        }
    }
}

/// What a snapshot is made of, wherever it is.
pub(super) struct Parts<'p> {
    pub(super) steps: u64,
    pub(super) fuel: u64,
    pub(super) identity: &'p Identity,
    pub(super) call: &'p Call,
    pub(super) memories: Vec<List<'p, u8>>,
    pub(super) tables: Vec<List<'p, u64>>,
    pub(super) globals: Vec<[u64; 2]>,
    /// Element segments, and whether data segments are dropped.
    pub(super) instances: Vec<(Vec<List<'p, u64>>, &'p [bool])>,
    pub(super) heap: HeapShape,
    pub(super) words: List<'p, u64>,
    pub(super) host: &'p [u8],
}

impl<'p> Parts<'p> {
    /// Those of a store.
    pub(super) fn of(
        store: &'p StoreInner,
        identity: &'p Identity,
        call: &'p Call,
        host: &'p [u8],
    ) -> Result<Parts<'p>, Error> {
        let memories = 0..store.memories.len() as u32;
        let tables = 0..store.tables.len() as u32;
        let globals = 0..store.globals.len() as u32;
        let instances = 0..store.instances.len() as u32;
        let instance = |i| {
            let instance = store.instances.get(i);
            let elements = instance.elements.iter().map(|list| List::Whole(list));
            (elements.collect(), &instance.dropped_data[..])
        };
        Ok(Parts {
            steps: store.stops.steps,
            fuel: store.fuel,
            identity,
            call,
            memories: memories
                .map(|i| List::Whole(store.memories.get(i).data()))
                .collect(),
            tables: tables
                .map(|i| List::Whole(&store.tables.get(i).elements))
                .collect(),
            globals: globals
                .map(|i| {
                    let global = store.globals.get(i);
                    let [low, high] = global.value;
                    [global.ty.content.settled(low), high]
                })
                .collect(),
            instances: instances.map(instance).collect(),
            heap: store.heap.shape()?,
            words: List::Whole(store.heap.used()),
            host,
        })
    }

    fn write(&self, sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        let mut w = Writer::new(sink);
        w.part(|out| {
            out.extend_from_slice(&MAGIC);
            out.extend_from_slice(&VERSION.to_le_bytes());
        })?;
        w.numbers(&[self.steps, self.fuel])?;
        w.part(|out| self.identity.put(out))?;
        let frames = &self.call.frames;
        w.numbers(&[self.call.func.into(), frames.len() as u64])?;
        frames
            .iter()
            .try_for_each(|frame| w.part(|out| frame.put(out)))?;
        put_lists(&mut w, &self.memories)?;
        put_lists(&mut w, &self.tables)?;
        w.numbers(&[self.globals.len() as u64])?;
        self.globals
            .iter()
            .try_for_each(|global| w.numbers(global))?;
        w.numbers(&[self.instances.len() as u64])?;
        for (elements, dropped) in &self.instances {
            put_lists(&mut w, elements)?;
            w.part(|out| put_list(out, dropped, |out, dropped| out.push((*dropped).into())))?;
        }
        w.part(|out| self.heap.put(out))?;
        self.write_words(&mut w)?;
        w.numbers(&[self.host.len() as u64])?;
        for part in self.host.chunks(128) {
            w.part(|out| out.extend_from_slice(part))?;
        }
        w.finish()
    }

    /// Writes the heap's words, with other numbers for types if those that it has are an engine's.
    fn write_words(&self, w: &mut Writer<'_>) -> Result<(), Error> {
        let types = self.identity.type_numbers();
        let mut headers = self.heap.headers();
        let mut from = 0;
        let mut runs = Runs::new(w, self.words.len())?;
        self.words.parts(|words| {
            let Some(types) = &types else {
                return runs.push(words);
            };
            for part in words.chunks(64) {
                let mut copy = [0; 64];
                let copy = &mut copy[..part.len()];
                copy.copy_from_slice(part);
                headers.renumber(from, copy, |number| types.find(number))?;
                runs.push(copy)?;
                from += part.len();
            }
            Ok(())
        })?;
        runs.finish()
    }
}

fn put_lists<T: Item>(w: &mut Writer<'_>, lists: &[List<'_, T>]) -> Result<(), Error> {
    w.numbers(&[lists.len() as u64])?;
    for list in lists {
        let mut runs = Runs::new(w, list.len())?;
        list.parts(|part| runs.push(part))?;
        runs.finish()?;
    }
    Ok(())
}

impl FrameState {
    fn put(&self, out: &mut Vec<u8>) {
        for number in [self.instance, self.defined, self.offset, self.operand_count] {
            put(out, number);
        }
        for slots in [&self.locals, &self.operands] {
            put_list(out, slots, |out, slot| put(out, *slot));
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<FrameState, Error> {
        Ok(FrameState {
            instance: r.u32()?,
            defined: r.u32()?,
            offset: r.u32()?,
            operand_count: r.u32()?,
            locals: r.list(Reader::u64)?,
            operands: r.list(Reader::u64)?,
        })
    }
}

impl Snapshot {
    fn parts(&self) -> Parts<'_> {
        let instances = self.instances.iter().map(|instance| {
            let elements = instance.elements.iter().map(List::Paged);
            (elements.collect(), &instance.dropped_data[..])
        });
        Parts {
            steps: self.steps,
            fuel: self.fuel,
            identity: &self.identity,
            call: &self.call,
            memories: self.memories.iter().map(List::Paged).collect(),
            tables: self.tables.iter().map(List::Paged).collect(),
            globals: self.globals.clone(),
            instances: instances.collect(),
            heap: self.heap.shape.clone(),
            words: List::Paged(&self.heap.words),
            host: &self.host,
        }
    }

    /// It as bytes, which [`from_bytes`](Self::from_bytes) reads in another process, or on a machine with other
    /// addresses. Memory that was never written takes next to none.
    ///
    /// # Errors
    /// The heap has an object of a type that the host made and no module of the store has.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.parts().write(&mut |part| {
            bytes.extend_from_slice(part);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Gives `sink` the bytes of a snapshot of a store and its call in small parts, without a copy of anything but the
    /// frames: for chips, whose memory holds no second one. `host` is what [`host`](Self::host) will be.
    ///
    /// # Errors
    /// As for [`take`](Self::take) and [`to_bytes`](Self::to_bytes); what `sink` returns.
    pub fn write_to(
        store: impl AsContext,
        stepper: &Stepper,
        host: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let store = &store.as_context().0.inner;
        check_stands(store, stepper)?;
        let identity = Identity::of(store);
        let call = Call::of(store, stepper)?;
        Parts::of(store, &identity, &call, host)?.write(sink)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote. The bytes need not be trusted: whatever they say, a program that
    /// goes on from them reaches nothing outside of its store, and does there only what its code could do with some
    /// values. Lists of more than 16 GiB in all (2 GiB where addresses have 32 bits) are refused.
    ///
    /// # Errors
    /// They are no snapshot, one of another version, or damaged; there is no room.
    pub fn from_bytes(bytes: &[u8]) -> Result<Snapshot, Error> {
        let header = MAGIC.len() + 2;
        let Some(body) = bytes
            .len()
            .checked_sub(CRC_BYTES)
            .filter(|end| *end >= header)
        else {
            return Err(Error::new("not a snapshot: too short"));
        };
        if bytes[..MAGIC.len()] != MAGIC {
            return Err(Error::new("not a snapshot"));
        }
        let version = u16::from_le_bytes([bytes[MAGIC.len()], bytes[MAGIC.len() + 1]]);
        if version != VERSION {
            return Err(Error::new(message!(
                "the snapshot is of version {}, and this is a reader of version {}",
                version,
                VERSION
            )));
        }
        let (body, crc) = bytes.split_at(body);
        if checksum(body).to_le_bytes() != crc {
            return Err(Error::new("the snapshot is damaged: its checksum is wrong"));
        }
        let mut reader = Reader::new(body, header, damaged);
        let snapshot = Snapshot::read(&mut reader)?;
        if reader.at() != body.len() {
            return Err(reader.error("it goes on behind its end"));
        }
        Ok(snapshot)
    }

    fn read(r: &mut Reader<'_>) -> Result<Snapshot, Error> {
        let mut room = ROOM;
        let steps = r.u64()?;
        if steps > u64::MAX / 2 {
            return Err(r.error("no program takes so many steps"));
        }
        let fuel = r.u64()?;
        let identity = Shared::new(Identity::read(r)?);
        let call = Call {
            func: r.u32()?,
            frames: r.list(FrameState::read)?,
        };
        let memories = r.list(|r| read_list(r, &mut room))?;
        let tables = r.list(|r| read_list(r, &mut room))?;
        let globals = r.list(|r| Ok([r.u64()?, r.u64()?]))?;
        let instances = r.list(|r| {
            Ok(InstanceState {
                elements: r.list(|r| read_list(r, &mut room))?,
                dropped_data: r.list(Reader::flag)?,
            })
        })?;
        let heap = HeapState {
            shape: HeapShape::read(r)?,
            words: read_list(r, &mut room)?,
        };
        let len = r.u64()?;
        let host = r.bytes(usize::try_from(len).unwrap_or(usize::MAX))?;
        Ok(Snapshot {
            steps,
            fuel,
            identity,
            call,
            memories,
            tables,
            globals,
            instances,
            heap,
            host: host.into(),
            new_bytes: (ROOM - room) as usize,
        })
    }
}

#[cold]
fn damaged(what: Message, at: usize) -> Error {
    Error::new(message!(
        "not a usable snapshot: {}, at its byte {}",
        what,
        at
    ))
}
