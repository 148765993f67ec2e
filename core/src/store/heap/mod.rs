//! The heap of a store: structures, arrays, exceptions, and host values that code refers to.
//!
//! It is one list of 64-bit words. An object begins with a header of one word and does not move; a reference is
//! its word index. Everything here is checked: a reference that no object has is read as whatever lies there, or
//! refused, but never leaves the list.
//!
//! References in slots (core specification, section 4.2.1 "Values"), of all hierarchies but functions':
//! - 0 is null,
//! - `value << 1 | 1` an i31,
//! - `word index << 1` an object.
//!
//! They have 32 bits. References to functions have `FUNC_TAG` besides the function's index plus one, so that the
//! collector tells them apart from objects without knowing their types.
//!
//! The collector marks what is reachable and sweeps the rest (`collect`), which becomes free blocks, found by
//! their size. Sweeping is done in steps, when room is needed. The pause is what marking takes: it grows with the
//! objects that live, not with the heap.

mod collect;
mod layout;
mod objects;
mod roots;
#[cfg(feature = "debug")]
mod state;

use alloc::{boxed::Box, vec::Vec};
use core::{any::Any, ops::Range};

pub(crate) use collect::Marker;
pub(crate) use layout::{Field, FieldKind, HEADER_BYTES, Layout};
pub(crate) use objects::{CastTarget, Plain, element_at, func_slot};
pub(crate) use roots::Root;
use roots::Roots;
#[cfg(feature = "debug")]
pub(crate) use state::{HeapShape, HeapState, TypeNumbers};

use crate::{
    sync::{Lock, Shared},
    types::TypeDef,
};

/// Set in references to functions.
pub(crate) const FUNC_TAG: u64 = 1 << 32;

/// Words that are used before the first collection, and at least before each, unless the limit is near.
const INITIAL_WORDS: u32 = if usize::BITS > 32 { 1 << 15 } else { 1 << 8 };

/// No heap is larger: sizes of free blocks have 28 bits.
const MAX_WORDS: u32 = (1 << 28) - 1;

/// Default limit in words: 1 GiB, or 256 KiB where addresses have 32 bits or fewer.
const DEFAULT_LIMIT: u32 = if usize::BITS > 32 { 1 << 27 } else { 1 << 15 };

/// Free blocks of fewer words than this are kept by size.
const BINS: usize = 32;

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A structure or array: the number is its type, the length an array's or the reference to a descriptor.
    Typed,
    /// A host value; the length is its number among those.
    Extern,
    /// An exception: the number is its tag, the length the slots of its values.
    Exn,
    /// A free block: the number is its size in words, the length the next block of its bin.
    Free,
}

/// The first word of an object.
#[derive(Clone, Copy)]
pub(crate) struct Header(u64);

impl Header {
    const MARK: u64 = 1 << 30;
    /// Marked, and what it refers to is still to be marked.
    const GREY: u64 = 1 << 31;

    pub(crate) fn new(kind: Kind, number: u32, len: u32) -> Header {
        Header(u64::from(number) | (kind as u64) << 28 | u64::from(len) << 32)
    }

    pub(crate) fn kind(self) -> Kind {
        match self.0 >> 28 & 3 {
            0 => Kind::Typed,
            1 => Kind::Extern,
            2 => Kind::Exn,
            _ => Kind::Free,
        }
    }

    pub(crate) fn number(self) -> u32 {
        self.0 as u32 & ((1 << 28) - 1)
    }

    pub(crate) fn len(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The same with another number.
    #[cfg(feature = "debug")]
    fn numbered(self, number: u32) -> Header {
        const NUMBER: u64 = (1 << 28) - 1;
        Header(self.0 & !NUMBER | u64::from(number) & NUMBER)
    }

    /// Words of the object, which is of this type if it has one, or of the free block.
    fn size(self, ty: Option<&TypeDef>) -> u32 {
        let size = match self.kind() {
            Kind::Typed => match ty.map(|def| &def.layout) {
                Some(Layout::Struct { words, .. }) => *words,
                Some(Layout::Array(kind)) => array_words(*kind, self.len()).unwrap_or(MAX_WORDS),
                _ => 1,
            },
            Kind::Extern => 1,
            Kind::Exn => self.len().saturating_add(1),
            Kind::Free => self.number(),
        };
        size.max(1)
    }
}

/// The heap.
pub(crate) struct Heap {
    words: Vec<u64>,
    /// Words from here on were never used. The first is not used, so that no reference is 0.
    top: u32,
    /// Words to use before the next collection, and at all.
    threshold: u32,
    limit: u32,
    /// First free block by size; larger ones are in bin 0.
    bins: [u32; BINS],
    /// Free words, all zero, that the next objects are cut from, one after the other.
    run: Range<u32>,
    /// What is still to be swept.
    sweep: u32,
    sweep_end: u32,
    /// Types of objects: those of the engine, as far as the store has met them.
    pub(crate) types: Vec<Shared<TypeDef>>,
    /// Which slots of exceptions are references that the collector follows, by tag.
    pub(crate) tag_refs: Vec<Box<[u32]>>,
    /// Host values and the objects that stand for them.
    externs: Vec<(u32, Option<HostValue>)>,
    free_externs: Vec<u32>,
    /// Objects that the embedder refers to.
    roots: Lock<Roots>,
    /// Objects that an instance under construction refers to.
    pub(crate) pinned: Vec<u32>,
    /// Collections so far.
    pub(crate) collections: u64,
    /// Whether to collect before every object that is made, and whether that was done for the next one.
    zeal: bool,
    calmed: bool,
}

type HostValue = Box<dyn Any + Send + Sync>;

impl Default for Heap {
    fn default() -> Heap {
        Heap {
            words: Vec::new(),
            top: 1,
            threshold: INITIAL_WORDS,
            limit: DEFAULT_LIMIT,
            bins: [0; BINS],
            run: 0..0,
            sweep: 1,
            sweep_end: 1,
            types: Vec::new(),
            tag_refs: Vec::new(),
            externs: Vec::new(),
            free_externs: Vec::new(),
            roots: Lock::new(Roots::default()),
            pinned: Vec::new(),
            collections: 0,
            zeal: false,
            calmed: false,
        }
    }
}

impl Heap {
    /// Bytes in use, free blocks between objects included.
    pub(crate) fn bytes_used(&self) -> usize {
        (self.top as usize - 1) * 8
    }

    /// Bounds the heap from now on. What lives stays.
    pub(crate) fn set_limit(&mut self, bytes: usize) {
        self.limit = u32::try_from(bytes / 8).map_or(MAX_WORDS, |words| words.min(MAX_WORDS));
        self.threshold = self.floor();
    }

    /// The least threshold. (Where little more is allowed, an early collection is better than objects scattered over
    /// all of the heap, with no room for long arrays between them: they do not move.)
    fn floor(&self) -> u32 {
        INITIAL_WORDS.min(self.limit / 8)
    }

    pub(crate) fn set_zeal(&mut self, enable: bool) {
        (self.zeal, self.calmed) = (enable, false);
    }

    /// Whether nothing was ever allocated.
    pub(crate) fn is_unused(&self) -> bool {
        self.top == 1
    }

    fn header(&self, index: u32) -> Header {
        Header(self.words.get(index as usize).copied().unwrap_or(0))
    }

    fn set_header(&mut self, index: u32, header: Header) {
        if let Some(word) = self.words.get_mut(index as usize) {
            *word = header.0;
        }
    }

    /// Words of the object or free block with this header.
    fn size(&self, header: Header) -> u32 {
        let ty = self.types.get(header.number() as usize);
        header.size(ty.map(|def| &**def))
    }

    /// Room for `words`, zeroed but for its header; `None` if there is none without a collection.
    pub(crate) fn alloc(&mut self, words: u32, header: Header) -> Option<u32> {
        if self.zeal && !core::mem::take(&mut self.calmed) {
            return None;
        }
        let index = match self.cut(words) {
            Some(index) => index,
            None => {
                let index = self.find(words)?;
                let range = index as usize..(index as usize).checked_add(words as usize)?;
                self.words.get_mut(range)?.fill(0);
                index
            }
        };
        self.set_header(index, header);
        Some(index)
    }

    fn find(&mut self, words: u32) -> Option<u32> {
        if let Some(index) = self.take_bin(words) {
            return Some(index);
        }
        loop {
            let sweeping = self.sweep < self.sweep_end;
            if sweeping {
                self.sweep_some();
                if let Some(index) = self.take_bin(words) {
                    return Some(index);
                }
            }
            if let Some(index) = self.bump(words).or_else(|| self.split(words)) {
                return Some(index);
            }
            if !sweeping {
                return None;
            }
        }
    }

    /// A free block of just this size, if those are kept apart.
    fn take_bin(&mut self, words: u32) -> Option<u32> {
        let bin = self.bins.get(words as usize).copied()?;
        if bin == 0 || words == 0 {
            return None;
        }
        self.bins[words as usize] = self.header(bin).len();
        Some(bin)
    }

    /// The next words of the run.
    fn cut(&mut self, words: u32) -> Option<u32> {
        let index = self.run.start;
        if words > self.run.end - index {
            return None;
        }
        self.run.start += words;
        Some(index)
    }

    /// Makes the run a free block like others.
    fn leave_run(&mut self) {
        let run = core::mem::take(&mut self.run);
        self.release(run.start, run.end - run.start);
    }

    /// Room that was never used.
    fn bump(&mut self, words: u32) -> Option<u32> {
        let end = self.top.checked_add(words)?;
        if end > self.threshold {
            return None;
        }
        let len = self.words.len();
        if end as usize > len {
            let roomy = (end as usize).max(len * 2).min(self.threshold as usize);
            if self.words.try_reserve_exact(roomy - len).is_err() {
                return None;
            }
            self.words.resize(roomy, 0);
        }
        let index = self.top;
        self.top = end;
        Some(index)
    }

    /// A part of a larger free block.
    fn split(&mut self, words: u32) -> Option<u32> {
        for size in (words as usize + 1)..BINS {
            if let Some(index) = self.take_bin(size as u32) {
                return self.start_run(index, size as u32, words);
            }
        }
        let mut before = 0;
        let mut index = self.bins[0];
        // (Code of images may have written over the list: it might have no end.)
        for _ in 0..self.top {
            if index == 0 {
                break;
            }
            let header = self.header(index);
            if header.number() >= words {
                let next = header.len();
                match before {
                    0 => self.bins[0] = next,
                    _ => {
                        let size = self.header(before).number();
                        self.set_header(before, Header::new(Kind::Free, size, next));
                    }
                }
                return self.start_run(index, header.number(), words);
            }
            before = index;
            index = header.len();
        }
        None
    }

    /// Makes the beginning of a free block of `size` words the run, and cuts from it.
    fn start_run(&mut self, index: u32, size: u32, words: u32) -> Option<u32> {
        const ENOUGH: u32 = 512;
        self.leave_run();
        let end = index.checked_add(size.min(words.max(ENOUGH)))?;
        self.words.get_mut(index as usize..end as usize)?.fill(0);
        self.release(end, index.saturating_add(size) - end);
        self.run = index..end;
        self.cut(words)
    }

    /// Makes words a free block.
    fn release(&mut self, index: u32, words: u32) {
        if words == 0 {
            return;
        }
        let bin = if (words as usize) < BINS {
            words as usize
        } else {
            0
        };
        self.set_header(index, Header::new(Kind::Free, words, self.bins[bin]));
        self.bins[bin] = index;
    }

    /// Finds room for an object of so many words, which the next one of that size will get.
    pub(crate) fn reserve(&mut self, words: u32) -> bool {
        match self.find(words) {
            Some(index) => {
                self.release(index, words);
                true
            }
            None => false,
        }
    }

    /// Lets the heap grow for an object of so many words, after a collection; whether that is allowed.
    pub(crate) fn raise_threshold(&mut self, words: u32) -> bool {
        let wanted = self
            .top
            .saturating_add(words)
            .max(self.threshold.saturating_mul(2));
        let threshold = wanted.min(self.limit);
        let grows = threshold > self.threshold && self.top.saturating_add(words) <= threshold;
        if grows {
            self.threshold = threshold;
        }
        grows
    }
}

/// Words of an array; `None` if it is larger than any heap.
pub(crate) fn array_words(kind: FieldKind, len: u32) -> Option<u32> {
    let bytes = u64::from(HEADER_BYTES) + u64::from(len) * u64::from(kind.bytes());
    let words = u32::try_from(bytes.div_ceil(8)).ok()?;
    (words <= MAX_WORDS).then_some(words)
}

// (Of structures and arrays.)
#[cfg(all(test, feature = "gc"))]
mod tests;
