//! Mark and sweep.

use super::{Header, Heap, Kind};

/// Objects whose references are still to be marked. When there are too many, the rest is found by looking
/// through the heap for grey ones: so marking takes no memory.
pub(crate) struct Marker<'h> {
    heap: &'h mut Heap,
    stack: [u32; Marker::STACK],
    len: usize,
    overflowed: bool,
    /// Words of what is marked.
    live: u32,
}

impl Marker<'_> {
    const STACK: usize = 256;

    /// Marks what a slot refers to.
    pub(crate) fn slot(&mut self, slot: u64) {
        if slot >> 32 == 0 {
            self.reference(slot as u32);
        }
    }

    /// The same of a reference.
    pub(crate) fn reference(&mut self, reference: u32) {
        let index = reference >> 1;
        if reference & 1 != 0 || index == 0 || index >= self.heap.top {
            return;
        }
        let header = self.heap.header(index);
        if header.0 & Header::MARK != 0 || header.kind() == Kind::Free {
            return;
        }
        self.live = self.live.saturating_add(self.heap.size(header));
        self.heap
            .set_header(index, Header(header.0 | Header::MARK | Header::GREY));
        match self.stack.get_mut(self.len) {
            Some(place) => {
                *place = index;
                self.len += 1;
            }
            None => self.overflowed = true,
        }
    }

    /// Frames count as objects: where there are many, the next collection is far enough that each allocation pays
    /// little for looking through them.
    pub(crate) fn count_frames(&mut self, frames: u32) {
        self.live = self.live.saturating_add(frames.saturating_mul(16));
    }

    /// Marks what marked objects refer to.
    fn drain(&mut self) {
        loop {
            while let Some(len) = self.len.checked_sub(1) {
                self.len = len;
                self.scan(self.stack[len]);
            }
            if !self.overflowed {
                return;
            }
            self.overflowed = false;
            let mut index = 1;
            while index < self.heap.top {
                let header = self.heap.header(index);
                if header.0 & Header::GREY != 0 && header.kind() != Kind::Free {
                    self.scan(index);
                }
                index = index.saturating_add(self.heap.size(header));
            }
        }
    }

    fn scan(&mut self, index: u32) {
        let header = Header(self.heap.header(index).0 & !Header::GREY);
        self.heap.set_header(index, header);
        match header.kind() {
            Kind::Typed => {
                let mut i = 0;
                // (Its type is looked up for each: marking needs all of the heap.)
                while let Some(def) = self.heap.types.get(header.number() as usize) {
                    let at = def.layout.reference(i, header.len());
                    let top = (self.heap.top - index).saturating_mul(8);
                    let Some(at) = at.filter(|at| *at < top) else {
                        if def.descriptor.is_some() {
                            self.reference(header.len());
                        }
                        return;
                    };
                    self.reference(self.heap.half(index, at));
                    i += 1;
                }
            }
            Kind::Exn => {
                for i in 0..self.refs_of(header) {
                    let slot = self.heap.tag_refs[header.number() as usize][i];
                    let word = index as usize + 1 + slot as usize;
                    self.slot(self.heap.words.get(word).copied().unwrap_or(0));
                }
            }
            Kind::Extern | Kind::Free => {}
        }
    }

    fn refs_of(&self, exception: Header) -> usize {
        let refs = self.heap.tag_refs.get(exception.number() as usize);
        refs.map_or(0, |refs| refs.len())
    }
}

impl Heap {
    /// The 32 bits at a byte offset of an object.
    fn half(&self, index: u32, at: u32) -> u32 {
        let word = self.words.get(index as usize + at as usize / 8);
        (word.copied().unwrap_or(0) >> (at % 8 * 8)) as u32
    }

    /// Frees what is not reachable from the references that `roots` marks, and from those of the embedder.
    pub(crate) fn collect(&mut self, roots: impl FnOnce(&mut Marker<'_>)) {
        while self.sweep < self.sweep_end {
            self.sweep_some();
        }
        self.leave_run();
        let held = self.roots.with(|roots| roots.references());
        let pinned = core::mem::take(&mut self.pinned);
        let mut marker = Marker {
            heap: self,
            stack: [0; Marker::STACK],
            len: 0,
            overflowed: false,
            live: 0,
        };
        for reference in held.iter().chain(&pinned) {
            marker.reference(*reference);
        }
        roots(&mut marker);
        marker.drain();
        let live = marker.live;
        self.pinned = pinned;
        self.collections += 1;
        self.calmed = true;
        self.drop_externs();
        self.bins = Default::default();
        (self.sweep, self.sweep_end) = (1, self.top);
        self.threshold = live.saturating_mul(2).max(self.floor()).min(self.limit);
    }

    /// Drops the host values that nothing refers to any more.
    fn drop_externs(&mut self) {
        for number in 0..self.externs.len() {
            let (index, value) = &self.externs[number];
            if value.is_some() && self.header(*index).0 & Header::MARK == 0 {
                self.externs[number].1 = None;
                self.free_externs.push(number as u32);
            }
        }
    }

    /// Frees the next dead objects.
    pub(super) fn sweep_some(&mut self) {
        const STEP: u32 = 1 << 12;
        let stop = self.sweep.saturating_add(STEP).min(self.sweep_end);
        while self.sweep < stop {
            let header = self.header(self.sweep);
            if header.0 & Header::MARK != 0 {
                self.set_header(
                    self.sweep,
                    Header(header.0 & !(Header::MARK | Header::GREY)),
                );
                self.sweep = self.sweep.saturating_add(self.size(header));
                continue;
            }
            // Neighbours become one block.
            let start = self.sweep;
            while self.sweep < self.sweep_end {
                let header = self.header(self.sweep);
                if header.kind() != Kind::Free && header.0 & Header::MARK != 0 {
                    break;
                }
                self.sweep = self.sweep.saturating_add(self.size(header));
            }
            if self.sweep >= self.sweep_end && self.sweep_end == self.top {
                (self.top, self.sweep, self.sweep_end) = (start, start, start);
                return;
            }
            self.release(start, self.sweep.min(self.sweep_end) - start);
        }
    }
}
