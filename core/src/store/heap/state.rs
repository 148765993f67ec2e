//! The heap as it was.

use alloc::vec::Vec;
use core::ops::Range;

use super::{BINS, Header, Heap, Kind};
use crate::{
    debug::Paged,
    encoding::{Reader, put},
    error::Error,
    types::TypeDef,
};

/// All of a heap that code can tell.
#[derive(Clone)]
pub(crate) struct HeapState {
    pub(crate) words: Paged<u64>,
    pub(crate) shape: HeapShape,
}

/// What is free, and what is not.
#[derive(Clone)]
pub(crate) struct HeapShape {
    /// Numbers of the free list, in the order of the fields of `Heap`.
    top: u32,
    threshold: u32,
    bins: [u32; BINS],
    run: Range<u32>,
    sweep: (u32, u32),
}

impl HeapShape {
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        let numbers = [self.top, self.threshold, self.run.start, self.run.end];
        let sweep = [self.sweep.0, self.sweep.1];
        for number in numbers.iter().chain(&sweep).chain(&self.bins) {
            put(out, *number);
        }
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Result<HeapShape, Error> {
        let mut shape = HeapShape {
            top: r.u32()?,
            threshold: r.u32()?,
            run: r.u32()?..r.u32()?,
            sweep: (r.u32()?, r.u32()?),
            bins: [0; BINS],
        };
        for bin in &mut shape.bins {
            *bin = r.u32()?;
        }
        Ok(shape)
    }

    /// Where its objects have their headers.
    pub(crate) fn headers(&self) -> Headers {
        Headers {
            next: 1,
            run: self.run.clone(),
        }
    }
}

/// Where the headers of objects are, in words that are gone through from front to back.
pub(crate) struct Headers {
    next: u32,
    run: Range<u32>,
}

impl Headers {
    /// Gives types other numbers in the headers among `words`, the next ones, which begin at word `from`. `types` has
    /// the new number and the type for each old one.
    ///
    /// # Errors
    /// It has none.
    pub(crate) fn renumber<'t>(
        &mut self,
        from: usize,
        words: &mut [u64],
        types: impl Fn(u32) -> Option<(u32, &'t TypeDef)>,
    ) -> Result<(), Error> {
        loop {
            // The run has none.
            if self.next == self.run.start && !self.run.is_empty() {
                self.next = self.run.end;
            }
            let Some(word) = (self.next as usize)
                .checked_sub(from)
                .and_then(|at| words.get_mut(at))
            else {
                return Ok(());
            };
            let header = Header(*word);
            let mut def = None;
            if header.kind() == Kind::Typed {
                let (number, ty) = types(header.number()).ok_or_else(|| {
                    Error::new("the heap has an object of a type that no module of the store has")
                })?;
                *word = header.numbered(number).0;
                def = Some(ty);
            }
            self.next = self.next.saturating_add(header.size(def));
        }
    }

    /// Whether the objects end where the heap does.
    pub(crate) fn end_at(&self, top: u32) -> bool {
        self.next == top
    }
}

/// Types by their number in an engine.
pub(crate) struct TypeNumbers<'t> {
    /// Number, position of the first type that has it, and that type; by number.
    types: Vec<(u32, u32, &'t TypeDef)>,
}

impl<'t> TypeNumbers<'t> {
    /// Of types with their numbers.
    pub(crate) fn new(types: impl Iterator<Item = (u32, &'t TypeDef)>) -> TypeNumbers<'t> {
        let mut types: Vec<_> = (0..)
            .zip(types)
            .map(|(at, (number, ty))| (number, at, ty))
            .collect();
        types.sort_unstable_by_key(|(number, at, _)| (*number, *at));
        types.dedup_by_key(|(number, ..)| *number);
        TypeNumbers { types }
    }

    /// Position of the type with this number, and the type.
    pub(crate) fn find(&self, number: u32) -> Option<(u32, &'t TypeDef)> {
        let found = self.types.binary_search_by_key(&number, |ty| ty.0).ok()?;
        let (_, at, ty) = self.types[found];
        Some((at, ty))
    }
}

impl Heap {
    /// The words in use.
    pub(crate) fn used(&self) -> &[u64] {
        match self.is_unused() {
            true => &[],
            false => self.words.get(..self.top as usize).unwrap_or_default(),
        }
    }

    /// What is free of it.
    ///
    /// # Errors
    /// There are values of the host, which cannot be copied.
    pub(crate) fn shape(&self) -> Result<HeapShape, Error> {
        if self.externs.iter().any(|(_, value)| value.is_some()) {
            return Err(Error::new(
                "the store refers to values of the host, which a snapshot cannot hold",
            ));
        }
        Ok(HeapShape {
            top: self.top,
            // (A heap that was never used is the same on all hosts.)
            threshold: match self.is_unused() {
                true => 0,
                false => self.threshold,
            },
            bins: self.bins,
            run: self.run.clone(),
            sweep: (self.sweep, self.sweep_end),
        })
    }

    /// Makes it so again. What the state says is not trusted: references are checked where they are used.
    /// `number` gives the engine's number for the type that the state has under another, if there are such.
    ///
    /// # Errors
    /// It is larger than this heap may be, there is no room, or it has objects of types that are not known.
    pub(crate) fn restore(
        &mut self,
        state: &HeapState,
        number: Option<&dyn Fn(u32) -> Option<u32>>,
    ) -> Result<(), Error> {
        let (words, shape) = (&state.words, &state.shape);
        let top = shape.top.max(1);
        if top > self.limit.max(self.threshold) || words.len() > top as usize {
            return Err(Error::limit("the snapshot's heap is too large"));
        }
        let len = (top as usize).max(self.words.len());
        if self
            .words
            .try_reserve_exact(len - self.words.len())
            .is_err()
        {
            return Err(Error::limit("no room for the snapshot's heap"));
        }
        self.words.resize(len, 0);
        let (used, unused) = self.words.split_at_mut(words.len());
        words.copy_to(used);
        unused.fill(0);
        self.top = top;
        let threshold = shape.threshold.max(self.floor());
        self.threshold = threshold.min(self.limit).max(top);
        self.bins = shape.bins;
        let end = shape.run.end.min(top);
        self.run = shape.run.start.min(end)..end;
        self.sweep_end = shape.sweep.1.min(top);
        self.sweep = shape.sweep.0;
        let Some(number) = number else {
            return Ok(());
        };
        let types = &self.types;
        let known = |old: u32| {
            let new = number(old)?;
            Some((new, &**types.get(new as usize)?))
        };
        let mut headers = shape.headers();
        headers.renumber(0, &mut self.words[..top as usize], known)?;
        match headers.end_at(top) {
            true => Ok(()),
            false => Err(Error::new("the snapshot's heap is damaged")),
        }
    }
}
