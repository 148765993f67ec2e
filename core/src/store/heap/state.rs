//! The heap as it was.

use core::ops::Range;

use super::{BINS, Heap};
use crate::{debug::Paged, error::Error};

/// All of a heap that code can tell.
#[derive(Clone)]
pub(crate) struct HeapState {
    pub(crate) words: Paged<u64>,
    /// Numbers of the free list, in the order of the fields of `Heap`.
    pub(crate) top: u32,
    pub(crate) threshold: u32,
    pub(crate) bins: [u32; BINS],
    pub(crate) run: Range<u32>,
    pub(crate) sweep: (u32, u32),
}

impl Heap {
    /// A copy of it. Adds the bytes that are not shared with the one before to `new`.
    ///
    /// # Errors
    /// There are values of the host, which cannot be copied.
    pub(crate) fn state(
        &self,
        before: Option<&HeapState>,
        new: &mut usize,
    ) -> Result<HeapState, Error> {
        if self.externs.iter().any(|(_, value)| value.is_some()) {
            return Err(Error::new(
                "the store refers to values of the host, which a snapshot cannot hold",
            ));
        }
        let words = self.words.get(..self.top as usize).unwrap_or_default();
        Ok(HeapState {
            words: Paged::of(words, before.map(|before| &before.words), new),
            top: self.top,
            threshold: self.threshold,
            bins: self.bins,
            run: self.run.clone(),
            sweep: (self.sweep, self.sweep_end),
        })
    }

    /// Makes it so again. What the state says is not trusted: references are checked where they are used.
    ///
    /// # Errors
    /// It is larger than this heap may be, or there is no room.
    pub(crate) fn restore(&mut self, state: &HeapState) -> Result<(), Error> {
        if state.top > self.limit.max(self.threshold) || (state.words.len() as u32) > state.top {
            return Err(Error::limit("the snapshot's heap is too large"));
        }
        let len = (state.top as usize).max(self.words.len());
        if self
            .words
            .try_reserve_exact(len - self.words.len())
            .is_err()
        {
            return Err(Error::limit("no room for the snapshot's heap"));
        }
        self.words.resize(len, 0);
        let (used, unused) = self.words.split_at_mut(state.words.len());
        state.words.copy_to(used);
        unused.fill(0);
        self.top = state.top.max(1);
        self.threshold = state.threshold.min(self.limit).max(self.top);
        self.bins = state.bins;
        let end = state.run.end.min(self.top);
        self.run = state.run.start.min(end)..end;
        (self.sweep, self.sweep_end) = state.sweep;
        self.sweep_end = self.sweep_end.min(self.top);
        Ok(())
    }
}
