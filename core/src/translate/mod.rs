//! wasm function bodies to register bytecode, in one pass and in time linear in their size.

mod code;
mod control;
#[cfg(feature = "exceptions")]
mod exceptions;
mod explain;
mod frames;
mod func;
mod fuse;
mod locals;
mod memory;
mod numeric;
mod ops;
mod pins;
#[cfg(feature = "gc")]
mod refs;
mod stack;
#[cfg(feature = "simd")]
mod vector;

use alloc::{boxed::Box, format, string::ToString, vec::Vec};
use core::{
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use hashbrown::HashMap;
use wasmparser::{BinaryReaderError, FuncValidator, ValidatorResources};

pub(crate) use code::Instruction;
#[cfg(not(feature = "compact"))]
pub(crate) use code::{Code, Operands, Pc};
pub use explain::ExplainLine;
#[cfg(test)]
pub(crate) use explain::opcodes;
#[cfg(feature = "stats")]
pub(crate) use explain::recorded;
pub(crate) use explain::{offset_at, offset_map};
use func::{Buffers, FuncTranslator, MAX_FRAME_SLOTS};
pub(crate) use func::{header_slot, ty};
use ops::Refused;
pub(crate) use ops::row_of;
pub(crate) use pins::{Pins, Weighing, Weights};

#[cfg(not(feature = "compact"))]
use crate::image::{Forms, expand, expanded_map};
use crate::{
    bytecode::{Encoding, FrameMap, Native},
    error::Error,
    exec::ENTRY_HEADER_BYTES,
    image::ImageCode,
    module::{Bytes, ModuleInner},
    operators::{any, frequent},
    sync::{Lock, Shared},
};

/// The translated functions of a module; filled lazily, through a shared reference.
pub(crate) struct CodeTable {
    /// Where each defined function begins; null until it is translated.
    entries: Box<[AtomicPtr<u8>]>,
    state: Lock<State>,
    /// Where the functions are in an image, if the module is one, and that.
    image: Option<(ImageCode, Bytes)>,
}

/// What translation writes to.
#[derive(Default)]
struct State {
    /// Code of many functions each; a chunk is never moved or freed before the module.
    chunks: Vec<Chunk>,
    buffers: Buffers<Native>,
    /// Entries and functions, ascending up to the first `sorted` of them.
    places: Vec<(usize, u32)>,
    sorted: usize,
    /// What was worked out of functions.
    maps: HashMap<u32, Shared<FrameMap>>,
    #[cfg(not(feature = "compact"))]
    forms: Forms,
}

/// Words that are handed out from the start.
struct Chunk {
    words: Vec<<Native as Encoding>::Word>,
    capacity: usize,
}

impl Chunk {
    const FIRST_WORDS: usize = 1 << 10;
    const MAX_WORDS: usize = 1 << 17;
}

impl CodeTable {
    /// Nothing translated yet, for `defined` functions.
    pub(crate) fn new(defined: usize) -> CodeTable {
        CodeTable {
            entries: (0..defined).map(|_| AtomicPtr::default()).collect(),
            state: Lock::new(State::default()),
            image: None,
        }
    }

    /// The functions of an image, which run there; hosts expand them as they are called.
    pub(crate) fn of_image(image: ImageCode, bytes: Bytes) -> CodeTable {
        let entries = if Native::COMPACT { 0 } else { image.defined };
        CodeTable {
            image: Some((image, bytes)),
            ..CodeTable::new(entries as usize)
        }
    }

    /// Where the functions are in an image, if the module is one.
    pub(crate) fn image(&self) -> Option<ImageCode> {
        self.image.as_ref().map(|(image, _)| *image)
    }

    /// The image, and its function table, for the machine to index; null without one.
    #[cfg(feature = "compact")]
    pub(crate) fn image_parts(&self) -> (*const u8, *const u8) {
        match &self.image {
            Some((image, bytes)) => (bytes.as_ptr(), bytes[image.table as usize..].as_ptr()),
            None => (ptr::null(), ptr::null()),
        }
    }

    /// The entries, for the machine to index.
    pub(crate) fn entries(&self) -> *const AtomicPtr<u8> {
        self.entries.as_ptr()
    }

    /// Where the entry of a function is kept, for calls to read directly.
    #[cfg_attr(feature = "compact", allow(dead_code))]
    pub(crate) fn entry_address(&self, defined: u32) -> *const AtomicPtr<u8> {
        &raw const self.entries[defined as usize]
    }

    /// Where a function begins; null if it is not translated.
    pub(crate) fn entry(&self, defined: u32) -> *const u8 {
        #[cfg(feature = "compact")]
        if let Some((image, bytes)) = &self.image {
            return bytes[image.entry(bytes, defined) as usize..].as_ptr();
        }
        self.entries[defined as usize].load(Ordering::Acquire)
    }

    /// The translated function that the code address belongs to, and the byte offset from its entry.
    pub(crate) fn find(&self, ip: *const u8) -> Option<(u32, u32)> {
        #[cfg(feature = "compact")]
        if let Some((image, bytes)) = &self.image {
            let offset = (ip as usize).wrapping_sub(bytes.as_ptr() as usize) as u32;
            let defined = image.find(bytes, offset)?;
            return Some((defined, offset - image.entry(bytes, defined)));
        }
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
    pub(crate) fn frame_map(&self, module: &ModuleInner, defined: u32) -> Shared<FrameMap> {
        let known = self.state.with(|state| state.maps.get(&defined).cloned());
        known.unwrap_or_else(|| {
            let map = match self.image() {
                #[cfg(feature = "compact")]
                Some(image) => image.frame_map(&module.bytes, defined).unwrap_or_default(),
                #[cfg(not(feature = "compact"))]
                Some(image) => expanded_map(module, image, defined)
                    .map(|(map, _)| map)
                    .unwrap_or_default(),
                // It was translated before, so it can be again.
                None => explain::record(module, defined)
                    .map(FuncTranslator::into_frame_map)
                    .unwrap_or_default(),
            };
            let map = Shared::new(map);
            self.state
                .with(|state| state.maps.insert(defined, map.clone()));
            map
        })
    }

    /// Translates a defined function, whose body is valid, unless that has been done; cheap if it has.
    ///
    /// # Errors
    /// Its frame is larger than operands can name.
    pub(crate) fn translate(&self, module: &ModuleInner, defined: u32) -> Result<(), Error> {
        if !self.entry(defined).is_null() {
            return Ok(());
        }
        self.state.with(|state| {
            // Another thread may have been first.
            if !self.entry(defined).is_null() {
                return Ok(());
            }
            #[cfg(not(feature = "compact"))]
            if let Some(image) = self.image() {
                let code = &mut state.buffers.code;
                expand(module, image, defined, &mut state.forms, code)?;
                self.publish(state, defined);
                return Ok(());
            }
            let buffers = core::mem::take(&mut state.buffers);
            let mut translator = begin::<Native>(module, defined, buffers, false);
            let result = run(&mut translator, module, defined);
            state.buffers = translator.into_buffers();
            result?;
            self.publish(state, defined);
            Ok(())
        })
    }

    /// Puts the code in the buffers where it is found.
    fn publish(&self, state: &mut State, defined: u32) {
        let entry = state.install();
        state.places.push((entry as usize, defined));
        self.entries[defined as usize].store(entry.cast_mut(), Ordering::Release);
    }
}

impl State {
    /// Copies the finished code to its final place and returns its entry.
    fn install(&mut self) -> *const u8 {
        let words = self.buffers.code.words();
        // What precedes an entry is aligned.
        let word = size_of::<<Native as Encoding>::Word>();
        let len = words
            .len()
            .next_multiple_of(ENTRY_HEADER_BYTES.div_ceil(word));
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
            return ptr::null();
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

/// Operands that the validator may hold: more than frames have, since a function that is never called
/// may need too large a frame, and unreachable code may push what is in none.
const MAX_OPERANDS: u32 = 4 * MAX_FRAME_SLOTS;

/// Refuses a function with more operands at once than that: a call of two bytes can push a thousand, so
/// that a small module could take any memory.
pub(crate) fn check_operands(
    validator: &FuncValidator<ValidatorResources>,
    offset: u64,
) -> Result<(), Error> {
    if validator.operand_stack_height() <= MAX_OPERANDS {
        return Ok(());
    }
    Err(Error::translation(
        validator.index(),
        offset as u32,
        format!("the function has more than {MAX_OPERANDS} operands at once"),
    ))
}

/// A function as an image has it.
pub(crate) struct Compiled<E: Encoding> {
    /// What precedes the entry, and the code.
    pub(crate) words: Vec<E::Word>,
    pub(crate) frames: FrameMap,
    /// Wasm offsets by code offset, ascending.
    pub(crate) offsets: Vec<(u32, u32)>,
}

/// Translates a defined function, whose body is valid, to be kept somewhere else.
///
/// # Errors
/// Its frame is larger than operands can name, or a field does not fit.
pub(crate) fn compile<E: Encoding>(
    module: &ModuleInner,
    defined: u32,
) -> Result<Compiled<E>, Error> {
    let mut translator = begin::<E>(module, defined, Buffers::default(), true);
    run(&mut translator, module, defined)?;
    let map = translator.code.map().iter();
    Ok(Compiled {
        offsets: map
            .map(|&(pc, offset)| (pc.bytes() - E::ENTRY_BYTES as u32, offset))
            .collect(),
        words: translator.code.words().to_vec(),
        frames: translator.into_frame_map(),
    })
}

/// A translator at the start of a defined function.
fn begin<E: Encoding>(
    module: &ModuleInner,
    defined: u32,
    buffers: Buffers<E>,
    record: bool,
) -> FuncTranslator<'_, E> {
    let func_index = module.imported_funcs + defined;
    FuncTranslator::new(module, module.type_of_func(func_index), buffers, record)
}

/// Translates the whole body.
fn run<E: Encoding>(
    translator: &mut FuncTranslator<'_, E>,
    module: &ModuleInner,
    defined: u32,
) -> Result<(), Error> {
    let func_index = module.imported_funcs + defined;
    let fail = |error: BinaryReaderError| {
        Error::translation(
            func_index,
            error.offset() as u32,
            error.message().to_string(),
        )
    };
    let refuse = |refused, offset: u64| match refused {
        Refused::Unsupported => {
            Error::translation(func_index, offset as u32, "unsupported instruction")
        }
        Refused::Malformed(error) => fail(error),
    };
    let body = module.body(defined);
    let mut locals = body.get_locals_reader().map_err(fail)?;
    for _ in 0..locals.get_count() {
        let (count, ty) = locals.read().map_err(fail)?;
        translator.declare(count, func::parsed_ty(ty));
    }
    let mut reader = locals.get_binary_reader();
    let features = module.engine.module_features();
    let mut rest = reader.read_bytes(reader.bytes_remaining()).map_err(fail)?;
    let end = reader.original_position();
    let offset = |rest: &[u8]| end - rest.len() as u64;
    translator.begin_body(module.pins_of(defined));
    // Not only at the end: a call of two bytes can push a thousand operands.
    while !rest.is_empty() && translator.stack.max() <= MAX_FRAME_SLOTS {
        translator.code.set_offset(offset(rest) as u32);
        while let Some((result, behind)) = frequent(rest, translator) {
            result.map_err(|refused| refuse(refused, offset(rest)))?;
            rest = behind;
            translator.code.set_offset(offset(rest) as u32);
        }
        if rest.is_empty() {
            break;
        }
        let (result, behind) = any(rest, offset(rest), features, translator).map_err(fail)?;
        result.map_err(|refused| refuse(refused, offset(rest)))?;
        rest = behind;
    }
    let offset = module.bodies[defined as usize].start;
    if translator.finish().is_none() {
        return Err(Error::translation(
            func_index,
            offset,
            format!("the function needs more than {MAX_FRAME_SLOTS} slots for locals and operands"),
        ));
    }
    if translator.code.is_too_large() {
        return Err(Error::translation(
            func_index,
            offset,
            format!(
                "the function refers to an index or offset above {}, which the compact encoding has no room for",
                E::MAX_INDEX
            ),
        ));
    }
    Ok(())
}
