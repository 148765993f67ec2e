//! Reading images.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{
    CHECKED_FROM, CODE_PADDING, DIRECTORY, HEADER_BYTES, MAGIC, RECORD_BYTES, VERSION, flags,
    frames,
    read::{Reader, damaged, u16_at, u32_at},
    records::for_each_list,
    types,
};
use crate::{
    bytecode::FrameMap,
    encoding::checksum,
    engine::Engine,
    error::Error,
    module::{Bytes, CodeTable, Counts, ExternKind, List, Module, ModuleInner, Record},
};

/// Where an image has what is read while it runs. All places were checked when it was loaded.
#[derive(Clone, Copy)]
pub(crate) struct ImageCode {
    /// The function table, and how many functions it has.
    pub(crate) table: u32,
    pub(crate) defined: u32,
    /// Frame maps, names and offsets; 0 if there are none.
    frames: u32,
    names: u32,
    offsets: u32,
}

impl ImageCode {
    fn record(&self, defined: u32) -> usize {
        self.table as usize + defined as usize * RECORD_BYTES
    }

    /// The type index of a defined function.
    pub(crate) fn type_index(&self, image: &[u8], defined: u32) -> u32 {
        u16_at(image, self.record(defined)).into()
    }

    /// Offset of a function's first instruction.
    pub(crate) fn entry(&self, image: &[u8], defined: u32) -> u32 {
        u32_at(image, self.record(defined) + 2)
    }

    /// Slots of a function's frame.
    pub(crate) fn slots(&self, image: &[u8], defined: u32) -> u32 {
        u16_at(image, self.entry(image, defined) as usize - 2).into()
    }

    /// Where a function's code ends: before the next one's, or at the end of all code.
    pub(crate) fn end(&self, image: &[u8], defined: u32) -> u32 {
        match defined + 1 < self.defined {
            true => self.entry(image, defined + 1) - 2,
            false => u32_at(image, 36),
        }
    }

    /// The function whose code contains this offset.
    #[cfg(compact)]
    pub(crate) fn find(&self, image: &[u8], offset: u32) -> Option<u32> {
        let (mut low, mut high) = (0, self.defined);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.entry(image, middle) <= offset {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low.checked_sub(1)
    }

    /// What is known of a function's frames.
    pub(crate) fn frame_map(&self, image: &[u8], defined: u32) -> Result<FrameMap, Error> {
        if cfg!(not(heap)) {
            return Ok(FrameMap::default());
        }
        let count = match self.frames {
            0 => 0,
            at => u32_at(image, at as usize),
        };
        let record = |i: u32| self.frames as usize + 4 + i as usize * 8;
        let found = search(count, |i| u32_at(image, record(i)).cmp(&defined));
        if let Some(i) = found {
            let mut reader = Reader::new(image, u32_at(image, record(i) + 4) as usize);
            return frames::read(&mut reader, self.slots(image, defined));
        }
        Ok(FrameMap::default())
    }

    /// The name of a function; of the module, at the index behind the last function.
    pub(crate) fn name<'i>(&self, image: &'i [u8], index: u32) -> Option<&'i str> {
        let at = self.names as usize;
        if at == 0 {
            return None;
        }
        let record = |i: u32| at + 4 + i as usize * 12;
        let i = search(u32_at(image, at), |i| u32_at(image, record(i)).cmp(&index))?;
        let start = u32_at(image, record(i) + 4) as usize;
        let end = start.checked_add(u32_at(image, record(i) + 8) as usize)?;
        core::str::from_utf8(image.get(start..end)?).ok()
    }

    /// Wasm offsets by code offset, ascending; none where they are not kept.
    pub(crate) fn offset_map(&self, image: &[u8], defined: u32) -> Vec<(u32, u32)> {
        let mut map = Vec::new();
        if self.offsets == 0 {
            return map;
        }
        let at = u32_at(image, self.offsets as usize + defined as usize * 4);
        let mut reader = Reader::new(image, at as usize);
        let mut before = (0u32, 0u32);
        // (Not checked: what is damaged ends the list.)
        for _ in 0..reader.u32() {
            let (code, distance) = (reader.u32(), reader.u64());
            if reader.is_bad() {
                break;
            }
            let distance = (distance >> 1) as u32 ^ (distance as u32 & 1).wrapping_neg();
            before = (before.0.wrapping_add(code), before.1.wrapping_add(distance));
            map.push(before);
        }
        map
    }
}

impl Module {
    /// Loads an image that [`Module::to_image`] made, and runs it where it is: code and data segments are not
    /// copied (but for hosts, which expand a function when it is first called).
    ///
    /// The image is verified first: whatever it holds, it can at worst trap.
    ///
    /// # Errors
    /// [`Module`](crate::ErrorKind::Module) if the bytes are no image of this version, or damaged;
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if it needs a feature that this build has not.
    pub fn from_image(engine: &Engine, image: &'static [u8]) -> Result<Module, Error> {
        load(engine, Bytes::Lasting(image), true)
    }

    /// The same of an image that is read from somewhere and kept with the module.
    ///
    /// # Errors
    /// As [`Module::from_image`].
    pub fn from_image_bytes(engine: &Engine, image: impl AsRef<[u8]>) -> Result<Module, Error> {
        // At an even address: what is counted is.
        load(engine, Bytes::Owned(image.as_ref().into()), true)
    }

    /// The same without verifying what the image says of itself; its checksum is compared all the same.
    ///
    /// # Errors
    /// As [`Module::from_image`].
    ///
    /// # Safety
    /// The bytes are what [`Module::to_image`] gave, of the same version of this library.
    pub unsafe fn from_image_unchecked(
        engine: &Engine,
        image: &'static [u8],
    ) -> Result<Module, Error> {
        load(engine, Bytes::Lasting(image), false)
    }

    /// Whether bytes begin like an image.
    pub fn is_image(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }
}

fn load(engine: &Engine, bytes: Bytes, verify: bool) -> Result<Module, Error> {
    let header = check(engine, &bytes)?;
    let mut module = ModuleInner::empty(engine, bytes);
    read(&mut module, header, verify).map(|()| Module::of(module))
}

/// Reads what an image says into a module that has nothing else.
fn read(module: &mut ModuleInner, header: ImageCode, verify: bool) -> Result<(), Error> {
    let image = module.bytes.clone();
    let mut reader = Reader::new(&image, u32_at(&image, 44) as usize);
    types::read(&mut reader, module);
    reader.end("its types are damaged")?;
    #[cfg(feature = "gc")]
    module.types.shrink_to_fit();
    let mut at = DIRECTORY;
    macro_rules! lists {
        ($($list:ident)*) => {$(
            module.$list = list(&image, at)?;
            at += 8;
        )*};
    }
    for_each_list!(lists);
    module.start = u32_at(&image, 40).checked_sub(1);
    module.code = CodeTable::of_image(header, image.clone());
    if !is_sound(module) {
        return Err(damaged("its lists do not fit each other", at));
    }
    module.index_exports();
    match verify {
        true => super::verify::verify(module, &header),
        false => Ok(()),
    }
}

/// The list whose place the directory has at `at`.
fn list<T: Record>(image: &[u8], at: usize) -> Result<List<T>, Error> {
    let (from, len) = records_at(image, at, T::BYTES)?;
    Ok(List::in_image(from, len))
}

fn records_at(image: &[u8], at: usize, bytes: u32) -> Result<(u32, u32), Error> {
    let (from, len) = (u32_at(image, at), u32_at(image, at + 4));
    match room(image, from, len, bytes) {
        true => Ok((from, len)),
        false => Err(damaged("a list ends outside of it", at)),
    }
}

/// Whether so many records fit the image from `at` on.
fn room(image: &[u8], at: u32, records: u32, bytes: u32) -> bool {
    let end = u64::from(at) + u64::from(records) * u64::from(bytes);
    end <= image.len() as u64
}

/// Counts the imports, and checks what is relied on when the lists are read: that they have what is named by number,
/// and of the right kind. (Names, expressions and segments are checked where they are used.)
fn is_sound(module: &mut ModuleInner) -> bool {
    let mut imported = Counts::default();
    let known = (module.imports.iter(module, 0)).map(|import| imported.next(import.kind));
    let all = known.count() as u32 == module.imports.len();
    module.imported_funcs = imported.of(ExternKind::Func);
    module.imported_tables = imported.of(ExternKind::Table);
    module.imported_memories = imported.of(ExternKind::Memory);
    module.imported_globals = imported.of(ExternKind::Global);
    module.imported_tags = imported.of(ExternKind::Tag);
    let module = &*module;
    let defined = module.code.image().map_or(0, |image| image.defined);
    let Some(funcs) = defined.checked_add(module.imported_funcs) else {
        return false;
    };
    let is_func = |ty: u32| (module.types.get(ty as usize)).is_some_and(|entry| entry.is_func());
    let takes_nothing = |func: u32| func < funcs && module.type_of_func(func).header_slot() == 0;
    let count = |kind| match kind {
        ExternKind::Func => funcs,
        ExternKind::Table => module.tables.len(),
        ExternKind::Memory => module.memories.len(),
        ExternKind::Global => module.globals.len(),
        ExternKind::Tag => module.tags.len(),
    };
    let is_tag = |ty: u32| {
        cfg!(feature = "exceptions") && is_func(ty) && module.func_type(ty).results().is_empty()
    };
    let exports = module.exports.iter(module, 0);
    all && module.funcs.len() == module.imported_funcs
        && (0..funcs).all(|func| is_func(module.func_type_index(func)))
        && module.tables.iter(module, 0).count() as u32 == module.tables.len()
        && module.imported_tables.checked_add(module.table_inits.len()) == Some(module.tables.len())
        && module.imported_memories <= module.memories.len()
        && module.globals.iter(module, 0).count() as u32 == module.globals.len()
        && module
            .imported_globals
            .checked_add(module.global_inits.len())
            == Some(module.globals.len())
        && module.imported_tags <= module.tags.len()
        && module.tags.iter(module, 0).all(is_tag)
        && exports
            .filter(|export| export.index < count(export.kind))
            .count() as u32
            == module.exports.len()
        && module.start.is_none_or(takes_nothing)
}

/// The one of `count` records in ascending order that is equal.
fn search(count: u32, compare: impl Fn(u32) -> Ordering) -> Option<u32> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        match compare(middle) {
            Ordering::Equal => return Some(middle),
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
        }
    }
    None
}

/// Checks that it is an image of this version, and whole.
pub(super) fn check_header(image: &[u8]) -> Result<(), Error> {
    if !Module::is_image(image) {
        return Err(Error::module(
            "not an image: it does not begin with the bytes `mote`",
            None,
        ));
    }
    if image.len() < HEADER_BYTES {
        return Err(damaged("it ends inside its header", image.len()));
    }
    let version = u16_at(image, 4);
    if version != VERSION {
        return Err(damaged(
            message!(
                "it is of version {}, this library runs version {}",
                version,
                VERSION
            ),
            4,
        ));
    }
    let len = u32_at(image, 8) as usize;
    if len != image.len() {
        let what = message!("it has {} bytes and should have {}", image.len(), len);
        return Err(damaged(what, 8));
    }
    if checksum(&image[CHECKED_FROM..]) != u32_at(image, 12) {
        return Err(damaged("its checksum is wrong", 12));
    }
    Ok(())
}

/// Checks everything that has a fixed place.
#[cfg_attr(not(feature = "metering"), allow(unused_variables))]
fn check(engine: &Engine, image: &[u8]) -> Result<ImageCode, Error> {
    check_header(image)?;
    if !(image.as_ptr() as usize).is_multiple_of(2) {
        return Err(damaged("it does not lie at an even address", 0));
    }
    let bits = u16_at(image, 6);
    for (bit, feature, present) in flags::FEATURES {
        if bits & bit != 0 && !present {
            return Err(Error::unsupported(feature, "the image needs it", None));
        }
    }
    if cfg!(not(feature = "metering")) && bits & (flags::FUEL | flags::INTERRUPTS) != 0 {
        return Err(Error::unsupported("metering", "the image needs it", None));
    }
    #[cfg(feature = "metering")]
    for (bit, wanted, what) in [
        (flags::FUEL, engine.fuel_enabled(), "fuel metering"),
        (flags::INTERRUPTS, engine.interruptible(), "interrupts"),
    ] {
        if (bits & bit != 0) != wanted {
            let (image, engine) = if wanted { ("out", "") } else { ("", "out") };
            return Err(Error::module(
                message!(
                    "the image was compiled with{} {}, the engine is configured with{}",
                    image,
                    what,
                    engine
                ),
                None,
            ));
        }
    }
    let code = ImageCode {
        table: u32_at(image, 16),
        defined: u32_at(image, 20),
        frames: u32_at(image, 24),
        names: u32_at(image, 28),
        offsets: u32_at(image, 32),
    };
    let code_end = u32_at(image, 36) as usize;
    if !code.table.is_multiple_of(2)
        || !room(image, code.table, code.defined, RECORD_BYTES as u32)
        || code_end + CODE_PADDING > image.len()
    {
        return Err(damaged("its function table is outside of it", 16));
    }
    // Functions lie in the order of their numbers.
    let mut end = code.table as usize + code.defined as usize * RECORD_BYTES;
    for defined in 0..code.defined {
        let entry = code.entry(image, defined) as usize;
        if entry < end + 2 || !entry.is_multiple_of(2) || entry > code_end {
            return Err(damaged(
                "a function is not where it should be",
                code.record(defined),
            ));
        }
        end = entry;
    }
    for (at, name, is_read) in [
        (24, "frame maps", cfg!(heap)),
        (28, "names", true),
        (32, "offsets", cfg!(feature = "backtrace")),
    ] {
        if !is_read {
            continue;
        }
        let place = u32_at(image, at);
        let (records, bytes, from) = match at {
            32 => (code.defined, 4, place),
            24 => (u32_at(image, place as usize), 8, place.saturating_add(4)),
            _ => (u32_at(image, place as usize), 12, place.saturating_add(4)),
        };
        if place != 0 && !room(image, from, records, bytes) {
            return Err(damaged(message!("its {} are outside of it", name), at));
        }
    }
    Ok(code)
}
