//! Damages images and runs them: whatever an image holds, it is refused, or runs and at worst traps.
//!
//! The images are of the suite's own modules. Some of their numbers are changed, as a hostile writer would: length
//! and checksum are right again. What is accepted runs with little fuel and memory.

use wasmote::{
    Config, Engine, Extern, ExternType, Func, Global, ImageOptions, Instance, Memory, Module, Ref,
    Store, StoreLimitsBuilder, Table, Tag, Val, ValType,
};
use wast::WastDirective;

use crate::{Language, lower::directives, suite};

/// Larger images are left out: few changes would hit anything.
const LARGEST: usize = 16 * 1024;
/// Fuel for each call.
const FUEL: u64 = 20_000;
/// Images that are run on one engine, which keeps the types of all of them.
const PER_ENGINE: u64 = 200;

/// What became of the images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Loading them was an error.
    pub refused: u64,
    /// They were instantiated, and what they export was called.
    pub ran: u64,
    /// They could not be instantiated.
    pub not_started: u64,
    /// Calls that came back with results, and with an error.
    pub returned: u64,
    /// Calls that trapped, or ran out of fuel.
    pub trapped: u64,
}

/// The images of the suite's modules.
pub fn images() -> Vec<Vec<u8>> {
    let engine = engine();
    let mut images = Vec::new();
    for file in suite::files() {
        if file.excluded.is_some() || file.language == Language::CustomDescriptors {
            continue;
        }
        let read = directives(file.text, |_, directive| {
            let (WastDirective::Module(mut module) | WastDirective::ModuleDefinition(mut module)) =
                directive
            else {
                return;
            };
            let Ok(bytes) = module.encode() else { return };
            // (Older scripts have modules that are none today.)
            let Ok(module) = Module::new(&engine, bytes) else {
                return;
            };
            // (Damage to names and offsets hurts little: most images have none.)
            let with = images.len() % 8 == 0;
            let options = ImageOptions {
                names: with,
                offsets: with,
            };
            images.extend(module.to_image(options).ok());
        });
        // (Text that is no script has no modules.)
        drop(read);
    }
    images.retain(|image| image.len() <= LARGEST);
    images.sort();
    images.dedup();
    images
}

/// Images that lie one behind the other: each says how long it is.
pub fn split(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut images = Vec::new();
    while let Some(&[a, b, c, d]) = bytes.get(8..12) {
        let len = u32::from_le_bytes([a, b, c, d]) as usize;
        let (image, behind) = bytes.split_at(len.clamp(1, bytes.len()));
        images.push(image.to_vec());
        bytes = behind;
    }
    images
}

/// Runs `count` damaged images; which ones follows from the seed. `progress` hears of every thousandth.
pub fn run(images: &[Vec<u8>], seed: u64, count: u64, mut progress: impl FnMut(u64)) -> Tally {
    let mut tally = Tally::default();
    let mut engine = engine();
    for i in 0..count {
        if i % PER_ENGINE == PER_ENGINE - 1 {
            engine = self::engine();
        }
        if i % 1000 == 999 {
            progress(i + 1);
        }
        // Each image by itself, so that one can be run again alone.
        one(&engine, &damaged(images, seed + i), &mut tally);
    }
    tally
}

/// The damaged image of a number.
pub fn damaged(images: &[Vec<u8>], number: u64) -> Vec<u8> {
    let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635);
    let mut image = images[random.below(images.len())].clone();
    for _ in 0..=random.below(4) {
        damage(&mut image, &mut random);
    }
    let len = (image.len() as u32).to_le_bytes();
    image[8..12].copy_from_slice(&len);
    let checksum = checksum(&image[16..]);
    image[12..16].copy_from_slice(&checksum.to_le_bytes());
    image
}

/// Changes one number behind the checksum, mostly to one that might be meant.
fn damage(image: &mut [u8], random: &mut Random) {
    let first = 16;
    let at = first + random.below(image.len() - first - 4);
    let even = at & !1;
    let word = u16::from_le_bytes([image[even], image[even + 1]]);
    let word = match random.below(8) {
        0 => {
            image[at] ^= 1 << random.below(8);
            return;
        }
        1 => {
            image[at] = random.below(256) as u8;
            return;
        }
        2 => word.wrapping_add(1),
        3 => word.wrapping_sub(1),
        4 => random.below(16) as u16,
        5 => random.below(1 << 16) as u16,
        6 => [0, 0x7fff, 0x8000, 0xffff][random.below(4)],
        // One from elsewhere: opcodes become others, slots of other frames.
        _ => {
            let from = (first + random.below(image.len() - first - 4)) & !1;
            u16::from_le_bytes([image[from], image[from + 1]])
        }
    };
    image[even..even + 2].copy_from_slice(&word.to_le_bytes());
}

fn engine() -> Engine {
    let mut config = Config::new();
    config.consume_fuel(true);
    config.max_stack_size(1 << 16);
    Engine::new(&config)
}

fn one(engine: &Engine, image: &[u8], tally: &mut Tally) {
    let Ok(module) = Module::from_image_bytes(engine, image) else {
        tally.refused += 1;
        return;
    };
    let limits = StoreLimitsBuilder::new()
        .memory_size(1 << 20)
        .table_elements(1 << 12)
        .build();
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store.set_gc_heap_limit(1 << 16);
    let _ = store.set_fuel(FUEL);
    let imports: Option<Vec<Extern>> = module
        .imports()
        .map(|import| import.ty().clone())
        .map(|ty| imported(&mut store, ty))
        .collect();
    let instance = imports.and_then(|imports| Instance::new(&mut store, &module, &imports).ok());
    let Some(instance) = instance else {
        tally.not_started += 1;
        return;
    };
    tally.ran += 1;
    let exports: Vec<Extern> = (instance.exports(&store))
        .map(|export| export.into_extern())
        .collect();
    for export in exports {
        let Some(func) = export.into_func() else {
            continue;
        };
        let ty = func.ty(&store);
        let args: Option<Vec<Val>> = ty.params().iter().map(|ty| argument(*ty)).collect();
        let Some(args) = args else { continue };
        let mut results = vec![Val::I32(0); ty.results().len()];
        let _ = store.set_fuel(FUEL);
        match func.call(&mut store, &args, &mut results) {
            Ok(()) => tally.returned += 1,
            Err(error) => {
                // What it says is made of what the image says.
                let _ = format!("{error:?} {error}");
                tally.trapped += 1;
            }
        }
    }
}

fn argument(ty: ValType) -> Option<Val> {
    Some(match ty {
        ValType::I32 => Val::I32(3),
        ValType::I64 => Val::I64(3),
        ty => Val::default_for_ty(ty)?,
    })
}

/// Something to import of the type, which does nothing.
fn imported(store: &mut Store<wasmote::StoreLimits>, ty: ExternType) -> Option<Extern> {
    Some(match ty {
        ExternType::Func(ty) => Func::new(store, ty, |_, _, _| Ok(())).into(),
        ExternType::Global(ty) => {
            let value = argument(ty.content)?;
            Global::new(store, ty, value).ok()?.into()
        }
        ExternType::Memory(ty) => Memory::new(store, ty).ok()?.into(),
        ExternType::Table(ty) => Table::new(store, ty, Ref::null(ty.element)?).ok()?.into(),
        ExternType::Tag(ty) => Tag::new(store, &ty).ok()?.into(),
        _ => return None,
    })
}

fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// Xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
}
