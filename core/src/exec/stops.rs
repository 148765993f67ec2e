//! Where a run in debug code stops.
//!
//! Each wasm instruction of a debug translation begins with the op `Step`, whose word says what the instruction may do
//! and the lowest bits of its offset. Handlers compare the word with this; who set it looks at what it stopped for.

use alloc::{boxed::Box, vec::Vec};

use super::cx::Cx;
use crate::{
    debug::{Place, Profiler, WatchedBytes, Watching},
    store::{Arena, MemoryEntity},
};

/// What an instruction may do, in the lowest bits of the word of its `Step`.
pub(crate) mod acts {
    /// It may write a memory.
    pub(crate) const MEMORY: u32 = 1;
    pub(crate) const LOCAL: u32 = 2;
    pub(crate) const GLOBAL: u32 = 4;
    /// It may call.
    pub(crate) const CALL: u32 = 8;
    /// It may read a memory.
    pub(crate) const READ: u32 = 16;

    /// Bits of the word that they take.
    pub(crate) const BITS: u32 = 5;
}

/// Bits of a wasm offset that the filter tells apart.
const FILTER_BITS: u32 = 11;
const FILTER_WORDS: usize = (1 << FILTER_BITS) / 64;

/// The steps of a store so far, and where to stop.
pub(crate) struct Stops {
    /// Wasm instructions that have begun in this store.
    pub(crate) steps: u64,
    /// Calls from the host around the run that stops; runs inside of it never do.
    pub(crate) level: u32,
    /// The step count to stop at, `u64::MAX` for none.
    pub(crate) at: u64,
    /// Acts to look at: whether they touch what is watched.
    pub(crate) acts: u32,
    pub(crate) watching: Option<Watching>,
    /// Stop in frames that begin at this slot of the value stack or below.
    pub(crate) frame: Option<u32>,
    /// Instead of stopping in such a frame, note the count.
    pub(crate) note: bool,
    pub(crate) noted: Option<u64>,
    /// Offsets that may have a breakpoint, by their lowest bits.
    filter: [u64; FILTER_WORDS],
    /// Whether there are any.
    filtered: bool,
    /// Whether all instructions are to be looked at.
    everywhere: bool,
    /// Whether it is a run inside of the one that stops: instructions are counted for the profile, and that is all.
    only_counts: bool,
    /// Where to stop at each instruction: first offset and bytes.
    pub(crate) ranges: Vec<(u32, u32)>,
    /// Memory that host functions of the run may change: the step of the call that has, and then it stops.
    pub(crate) watched: Vec<WatchedBytes>,
    pub(crate) host_wrote: Option<u64>,
    /// Stop behind calls of host functions; whether there was one.
    pub(crate) host_calls: bool,
    pub(crate) host_called: bool,
    /// Counts instructions, at all levels.
    pub(crate) profiler: Option<Box<Profiler>>,
}

impl Stops {
    pub(crate) const fn none() -> Stops {
        Stops {
            steps: 0,
            level: 0,
            at: u64::MAX,
            acts: 0,
            watching: None,
            frame: None,
            note: false,
            noted: None,
            filter: [0; FILTER_WORDS],
            filtered: false,
            everywhere: false,
            only_counts: false,
            ranges: Vec::new(),
            watched: Vec::new(),
            host_wrote: None,
            host_calls: false,
            host_called: false,
            profiler: None,
        }
    }

    /// A host function is called.
    pub(crate) fn before_host(&mut self, nested_calls: u32, memories: &Arena<MemoryEntity>) {
        if nested_calls == self.level && self.host_wrote.is_none() {
            let watched = self.watched.iter_mut();
            watched.for_each(|watched| watched.look(memories));
        }
    }

    /// A host function has returned: it may have written to what is watched.
    pub(crate) fn after_host(&mut self, nested_calls: u32, memories: &Arena<MemoryEntity>) {
        if nested_calls != self.level || self.host_wrote.is_some() {
            return;
        }
        if self.host_calls {
            self.host_called = true;
            self.at = 0;
        }
        if self
            .watched
            .iter()
            .any(|watched| watched.has_changed(memories))
        {
            self.host_wrote = self.steps.checked_sub(1);
            self.at = 0;
        }
    }

    /// Forgets where to stop.
    pub(crate) fn clear(&mut self) {
        *self = Stops {
            steps: self.steps,
            profiler: self.profiler.take(),
            ..Stops::none()
        };
    }

    /// The word of an instruction at this offset.
    pub(crate) fn word(offset: u32, acts: u32) -> u32 {
        offset << acts::BITS | acts
    }

    /// Stops at instructions that may be at this offset.
    pub(crate) fn stop_at_offset(&mut self, offset: u32) {
        self.filtered = true;
        let bit = offset & ((1 << FILTER_BITS) - 1);
        self.filter[bit as usize / 64] |= 1 << (bit % 64);
    }

    /// The count from which handlers ask: at once, if there is more to look at than the count.
    pub(crate) fn look_at(&mut self, nested_calls: u32) -> u64 {
        let profiled = self.profiler.is_some();
        let stopped = nested_calls == self.level;
        self.only_counts = !stopped;
        self.everywhere = profiled || self.frame.is_some() || !self.ranges.is_empty();
        match stopped {
            _ if profiled => 0,
            true if self.everywhere || self.acts != 0 || self.filtered => 0,
            true => self.at,
            false => u64::MAX,
        }
    }

    /// Counts an instruction that begins.
    #[inline]
    pub(crate) fn count(&mut self, place: Place, steps: u64) {
        if let Some(profiler) = &mut self.profiler {
            profiler.count(place, steps);
        }
    }

    /// A call from the host begins.
    pub(crate) fn begin(&mut self, nested_calls: u32) {
        if let Some(profiler) = &mut self.profiler {
            profiler.begin(self.steps, nested_calls);
        }
    }

    /// A host function begins.
    pub(crate) fn enter_host(&mut self, index: u32) {
        if let Some(profiler) = &mut self.profiler {
            profiler.enter_host(index, self.steps);
        }
    }

    /// It has ended.
    pub(crate) fn leave_host(&mut self) {
        if let Some(profiler) = &mut self.profiler {
            profiler.leave_host(self.steps);
        }
    }

    /// Whether the instruction with this word may be one to stop before, or has to be told of.
    #[inline]
    pub(crate) fn looks_at(&self, steps: u64, word: u32) -> bool {
        self.everywhere | (steps >= self.at) | (word & self.acts != 0) | self.filters(word)
    }

    #[inline]
    fn filters(&self, word: u32) -> bool {
        let bit = word >> acts::BITS & ((1 << FILTER_BITS) - 1);
        self.filter[bit as usize / 64] >> (bit % 64) & 1 != 0
    }

    /// Whether to stop before an instruction that is looked at; otherwise it is counted.
    ///
    /// # Safety
    /// The context is that of the run, which is at the `Step` at `ip` with this word, in the frame at `sp`.
    #[inline(never)]
    pub(super) unsafe fn stops_at(
        &mut self,
        cx: *const Cx,
        ip: *const u8,
        sp: *const u64,
        word: u32,
    ) -> bool {
        // SAFETY: the context is not changed meanwhile; the frame is in its stack.
        let (steps, place) = unsafe {
            let frame = sp.offset_from((*cx).stack.base()) as u32;
            let instance = (*cx).instance;
            let place = Place {
                frame,
                instance,
                ip,
                word,
            };
            ((*cx).steps, place)
        };
        if self.only_counts {
            self.count(place, steps);
            return false;
        }
        if steps >= self.at || self.filters(word) {
            return true;
        }
        if word & self.acts != 0
            && let Some(watching) = &self.watching
        {
            // SAFETY: instances live as long as their store. What is known of the instruction is of its own slots.
            let (instance, slot) =
                unsafe { (place.instance.as_ref(), |slot| *sp.add(slot as usize)) };
            if watching.may_touch(word >> acts::BITS, place.frame, instance, slot) {
                return true;
            }
        }
        let is_within = |&(start, len): &(u32, u32)| is_in(word, start, len);
        if self.ranges.iter().any(is_within) {
            return true;
        }
        if self.frame.is_some_and(|lowest| place.frame <= lowest) {
            if !self.note {
                return true;
            }
            self.noted = Some(steps);
        }
        self.count(place, steps);
        false
    }
}

/// Whether words tell all instructions apart of a module of so many bytes.
pub(crate) fn is_whole(bytes: usize) -> bool {
    bytes >> (u32::BITS - acts::BITS) == 0
}

/// Whether the offset in a word may be one of so many from `start` on: it is, in modules of less than 128 MiB.
#[inline]
pub(crate) fn is_in(word: u32, start: u32, len: u32) -> bool {
    offset_from(word, start) < len
}

/// How far behind `start` the offset in a word is, as far as its bits tell.
#[inline]
pub(crate) fn offset_from(word: u32, start: u32) -> u32 {
    (word >> acts::BITS).wrapping_sub(start) & (u32::MAX >> acts::BITS)
}
