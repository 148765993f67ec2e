//! Where the code of a module's functions is.

use alloc::{boxed::Box, vec::Vec};
use core::sync::atomic::{AtomicPtr, Ordering};

use super::{Bytes, ModuleInner};
#[cfg(not(compact))]
use crate::image::{Forms, expand, expanded_map};
use crate::{
    bytecode::FrameMap,
    error::Error,
    image::ImageCode,
    map::Map,
    sync::{Lock, Shared},
};
#[cfg(feature = "compiler")]
use crate::{
    bytecode::{Encoding, Native},
    exec::ENTRY_HEADER_BYTES,
    translate::{self, Buffers, CODE_PADDING},
};

/// The functions of a module: translated as they are called, through a shared reference, or in an image.
pub(crate) struct CodeTable {
    /// Where each defined function begins; null until it is translated.
    #[cfg(feature = "compiler")]
    entries: Box<[AtomicPtr<u8>]>,
    #[cfg(feature = "compiler")]
    state: Lock<State>,
    /// What was worked out of functions.
    #[cfg(any(heap, feature = "compiler"))]
    maps: Lock<Map<u32, Shared<FrameMap>>>,
    /// Where the functions are in an image, if the module is one, and that.
    image: Option<(ImageCode, Bytes)>,
}

/// What translation writes to.
#[cfg(feature = "compiler")]
#[derive(Default)]
struct State {
    /// Code of many functions each; a chunk is never moved or freed before the module.
    #[cfg(hash_maps)]
    chunks: Vec<Chunk>,
    #[cfg(not(hash_maps))]
    code: Option<Box<FuncCode>>,
    buffers: Buffers<Native>,
    /// Entries and functions, ascending up to the first `sorted` of them.
    #[cfg(hash_maps)]
    places: Vec<(usize, u32)>,
    #[cfg(hash_maps)]
    sorted: usize,
    #[cfg(not(compact))]
    forms: Forms,
}

/// Words that are handed out from the start.
#[cfg(all(feature = "compiler", hash_maps))]
struct Chunk {
    words: Vec<<Native as Encoding>::Word>,
    capacity: usize,
}

/// One function's code, where room is scarce, and that of the function that was translated before it: a list takes no
/// spare room, and no second place while it grows.
#[cfg(all(feature = "compiler", not(hash_maps)))]
struct FuncCode {
    #[allow(dead_code, reason = "keeps the code")]
    words: Vec<<Native as Encoding>::Word>,
    before: Option<Box<FuncCode>>,
}

#[cfg(all(feature = "compiler", not(hash_maps)))]
impl Drop for FuncCode {
    /// One by one: a list may be longer than the stack is deep.
    fn drop(&mut self) {
        let mut before = self.before.take();
        while let Some(mut code) = before {
            before = code.before.take();
        }
    }
}

#[cfg(all(feature = "compiler", hash_maps))]
impl Chunk {
    const FIRST_WORDS: usize = 1 << 10;
    const MAX_WORDS: usize = 1 << 17;
}

impl CodeTable {
    /// Nothing translated yet, for `defined` functions.
    #[cfg_attr(not(feature = "compiler"), allow(unused_variables))]
    pub(crate) fn new(defined: usize) -> CodeTable {
        CodeTable {
            #[cfg(feature = "compiler")]
            entries: (0..defined).map(|_| AtomicPtr::default()).collect(),
            #[cfg(feature = "compiler")]
            state: Lock::new(State::default()),
            #[cfg(any(heap, feature = "compiler"))]
            maps: Lock::new(Map::new()),
            image: None,
        }
    }

    /// The functions of an image, which run there; hosts expand them as they are called.
    pub(crate) fn of_image(image: ImageCode, bytes: Bytes) -> CodeTable {
        let entries = if cfg!(compact) { 0 } else { image.defined };
        let mut table = CodeTable::new(entries as usize);
        table.image = Some((image, bytes));
        table
    }

    /// Where the functions are in an image, if the module is one.
    pub(crate) fn image(&self) -> Option<ImageCode> {
        self.image.as_ref().map(|(image, _)| *image)
    }

    /// The image, and its function table, for the machine to index; null without one.
    #[cfg(compact)]
    pub(crate) fn image_parts(&self) -> (*const u8, *const u8) {
        match &self.image {
            Some((image, bytes)) => (bytes.as_ptr(), bytes[image.table as usize..].as_ptr()),
            None => (core::ptr::null(), core::ptr::null()),
        }
    }

    /// The entries, for the machine to index.
    pub(crate) fn entries(&self) -> *const AtomicPtr<u8> {
        #[cfg(feature = "compiler")]
        return self.entries.as_ptr();
        #[cfg(not(feature = "compiler"))]
        core::ptr::null()
    }

    /// Where the entry of a function is kept, for calls to read directly.
    #[cfg(feature = "compiler")]
    #[cfg_attr(compact, allow(dead_code))]
    pub(crate) fn entry_address(&self, defined: u32) -> *const AtomicPtr<u8> {
        &raw const self.entries[defined as usize]
    }

    /// Where a function begins; null if it is not translated.
    pub(crate) fn entry(&self, defined: u32) -> *const u8 {
        #[cfg(compact)]
        if let Some((image, bytes)) = &self.image {
            // (Not of a part that begins there: what calls look at comes before it.)
            let entry = image.entry(bytes, defined) as usize;
            return bytes.as_ptr().wrapping_add(entry);
        }
        #[cfg(feature = "compiler")]
        return self.entries[defined as usize].load(Ordering::Acquire);
        #[cfg(not(feature = "compiler"))]
        core::ptr::null()
    }

    /// The translated function that the code address belongs to, and the byte offset from its entry.
    pub(crate) fn find(&self, ip: *const u8) -> Option<(u32, u32)> {
        #[cfg(compact)]
        if let Some((image, bytes)) = &self.image {
            let offset = (ip as usize).wrapping_sub(bytes.as_ptr() as usize) as u32;
            let defined = image.find(bytes, offset)?;
            return Some((defined, offset - image.entry(bytes, defined)));
        }
        #[cfg(not(feature = "compiler"))]
        return None;
        #[cfg(all(feature = "compiler", not(hash_maps)))]
        {
            // The last entry before it.
            let entries = (0..).zip(&self.entries);
            let entries = entries.map(|(defined, entry)| (entry.load(Ordering::Acquire), defined));
            let before = entries.filter(|(entry, _)| !entry.is_null() && entry.cast_const() <= ip);
            let (entry, defined) = before.max()?;
            Some((defined, (ip as usize - entry as usize) as u32))
        }
        #[cfg(all(feature = "compiler", hash_maps))]
        self.state.with(|state| {
            if state.sorted < state.places.len() {
                state.places.sort_unstable();
                state.sorted = state.places.len();
            }
            let behind = state
                .places
                .partition_point(|(entry, _)| *entry <= ip as usize);
            let (entry, defined) = state.places.get(behind.checked_sub(1)?)?;
            Some((*defined, (ip as usize - entry) as u32))
        })
    }

    /// What is known of a function's frames. It has been translated.
    #[cfg_attr(not(any(heap, feature = "compiler")), allow(unused_variables))]
    pub(crate) fn frame_map(&self, module: &ModuleInner, defined: u32) -> Shared<FrameMap> {
        #[cfg(not(any(heap, feature = "compiler")))]
        return Shared::new(FrameMap::default());
        #[cfg(any(heap, feature = "compiler"))]
        let known = self.maps.with(|maps| maps.get(&defined).cloned());
        #[cfg(any(heap, feature = "compiler"))]
        known.unwrap_or_else(|| {
            let map = match self.image() {
                #[cfg(compact)]
                Some(image) => image.frame_map(&module.bytes, defined).unwrap_or_default(),
                #[cfg(not(compact))]
                Some(image) => expanded_map(module, image, defined)
                    .map(|(map, _)| map)
                    .unwrap_or_default(),
                #[cfg(feature = "compiler")]
                None => translate::frame_map(module, defined),
                #[cfg(not(feature = "compiler"))]
                None => FrameMap::default(),
            };
            let map = Shared::new(map);
            self.maps.with(|maps| {
                maps.insert(defined, map.clone());
            });
            map
        })
    }

    /// Wasm offsets of a function by code offset, ascending: what `offset_at` searches.
    pub(crate) fn offset_map(&self, module: &ModuleInner, defined: u32) -> Vec<(u32, u32)> {
        match self.image() {
            #[cfg(compact)]
            Some(image) => image.offset_map(&module.bytes, defined),
            #[cfg(not(compact))]
            Some(image) => expanded_map(module, image, defined)
                .map(|(_, offsets)| offsets)
                .unwrap_or_default(),
            #[cfg(feature = "compiler")]
            None => translate::offset_map(module, defined),
            #[cfg(not(feature = "compiler"))]
            None => Vec::new(),
        }
    }

    /// Translates a defined function, whose body is valid, unless that has been done; cheap if it has.
    ///
    /// # Errors
    /// Its frame is larger than operands can name.
    #[cfg(feature = "compiler")]
    pub(crate) fn translate(&self, module: &ModuleInner, defined: u32) -> Result<(), Error> {
        if !self.entry(defined).is_null() {
            return Ok(());
        }
        self.state.with(|state| {
            // Another thread may have been first.
            if !self.entry(defined).is_null() {
                return Ok(());
            }
            #[cfg(not(compact))]
            if let Some(image) = self.image() {
                let code = &mut state.buffers.code;
                expand(module, image, defined, &mut state.forms, code)?;
                self.publish(state, defined);
                return Ok(());
            }
            translate::translate(module, defined, &mut state.buffers)?;
            self.publish(state, defined);
            Ok(())
        })
    }

    /// Nothing is to be done: it is in the image.
    #[cfg(not(feature = "compiler"))]
    pub(crate) fn translate(&self, _: &ModuleInner, _: u32) -> Result<(), Error> {
        Ok(())
    }

    /// Puts the code in the buffers where it is found.
    #[cfg(feature = "compiler")]
    fn publish(&self, state: &mut State, defined: u32) {
        let entry = state.install();
        #[cfg(hash_maps)]
        state.places.push((entry as usize, defined));
        self.entries[defined as usize].store(entry.cast_mut(), Ordering::Release);
    }
}

#[cfg(feature = "compiler")]
impl State {
    /// Keeps the finished code and returns its entry. Room is scarce: it stays where it was written to, unless much of
    /// that is not used, and no buffers wait for the next function.
    #[cfg(not(hash_maps))]
    fn install(&mut self) -> *const u8 {
        let mut words = core::mem::take(&mut self.buffers).code.into_words();
        words.reserve_exact(CODE_PADDING);
        words.extend([0; CODE_PADDING]);
        if words.capacity() > words.len() + words.len() / 4 {
            words.shrink_to_fit();
        }
        let entry = words.as_ptr().cast::<u8>();
        let before = self.code.take();
        self.code = Some(Box::new(FuncCode { words, before }));
        entry.wrapping_add(ENTRY_HEADER_BYTES)
    }

    /// Copies the finished code to its final place and returns its entry.
    #[cfg(hash_maps)]
    fn install(&mut self) -> *const u8 {
        let words = self.buffers.code.words();
        // What precedes an entry is aligned.
        let word = size_of::<<Native as Encoding>::Word>();
        let len = (words.len() + CODE_PADDING).next_multiple_of(ENTRY_HEADER_BYTES.div_ceil(word));
        if self
            .chunks
            .last()
            .is_none_or(|chunk| chunk.capacity - chunk.words.len() < len)
        {
            let grown = self.chunks.last().map_or(Chunk::FIRST_WORDS, |chunk| {
                (chunk.capacity * 2).min(Chunk::MAX_WORDS)
            });
            let capacity = grown.max(len);
            self.chunks.push(Chunk {
                words: Vec::with_capacity(capacity),
                capacity,
            });
        }
        let Some(chunk) = self.chunks.last_mut() else {
            return core::ptr::null();
        };
        let used = chunk.words.len();
        // SAFETY: the chunk has `len` more words. Copying bytes keeps the function pointers in them. Code
        // that was handed out before lies below `used` and is not touched.
        unsafe {
            let to = chunk.words.as_mut_ptr().add(used);
            to.copy_from_nonoverlapping(words.as_ptr(), words.len());
            to.add(words.len()).write_bytes(0, len - words.len());
            chunk.words.set_len(used + len);
            to.cast::<u8>().add(ENTRY_HEADER_BYTES).cast_const()
        }
    }
}

/// The wasm offset of the instruction that contains byte `code` behind the entry.
pub(crate) fn offset_at(map: &[(u32, u32)], code: u32) -> Option<u32> {
    Some(map[map.partition_point(|&(at, _)| at <= code).checked_sub(1)?].1)
}
