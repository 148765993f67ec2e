//! wasm function bodies to register bytecode, in one pass and in time linear in their size.

mod code;
mod control;
#[cfg(feature = "debug")]
mod debug;
#[cfg(feature = "exceptions")]
mod exceptions;
mod explain;
mod explanation;
mod frames;
mod func;
mod fuse;
mod grow;
mod locals;
mod memory;
mod note;
mod notes;
mod numeric;
mod ops;
mod pins;
#[cfg(feature = "gc")]
mod refs;
mod stack;
#[cfg(feature = "simd")]
mod vector;

use alloc::{format, string::ToString, vec::Vec};

use wasmparser::{BinaryReaderError, FuncValidator, ValidatorResources};

pub(crate) use code::{CODE_PADDING, Instruction};
#[cfg(not(compact))]
pub(crate) use code::{Code, Operands, Pc};
#[cfg(feature = "debug")]
pub(crate) use debug::{FuncCode, acts_of, func_code};
pub use explain::ExplainLine;
#[cfg(test)]
pub(crate) use explain::opcodes;
#[cfg(feature = "stats")]
pub(crate) use explain::recorded;
pub(crate) use explain::{frame_map, offset_map};
pub use explanation::{Explanation, Instruction as ExplainedInstruction, LocalHome, Step};
pub(crate) use func::Buffers;
use func::{FuncTranslator, MAX_FRAME_SLOTS};
pub use note::{Fusion, Note, Place, Reason, Stack, Value};
use ops::Refused;
pub(crate) use ops::row_of;
pub(crate) use pins::{Pins, Weighing, Weights};

use crate::{
    bytecode::{Encoding, FrameMap, Native},
    error::Error,
    module::ModuleInner,
    operators::{any, frequent},
};

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
    // (Code of images is never stepped through.)
    (translator.debugging, translator.fusing) = (false, module.engine.fusing());
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

/// Translates a defined function, whose body is valid, to what this build executes.
///
/// # Errors
/// Its frame is larger than operands can name.
pub(crate) fn translate(
    module: &ModuleInner,
    defined: u32,
    buffers: &mut Buffers<Native>,
) -> Result<(), Error> {
    let mut translator = begin::<Native>(module, defined, core::mem::take(buffers), false);
    let result = run(&mut translator, module, defined);
    *buffers = translator.into_buffers();
    result
}

/// A translator at the start of a defined function.
fn begin<E: Encoding>(
    module: &ModuleInner,
    defined: u32,
    buffers: Buffers<E>,
    record: bool,
) -> FuncTranslator<'_, E> {
    let func_index = module.imported_funcs + defined;
    FuncTranslator::new(
        module,
        module.type_of_func(func_index),
        buffers,
        record,
        false,
    )
}

/// Translates the whole body; again, if it turns out to be a large one.
fn run<E: Encoding>(
    translator: &mut FuncTranslator<'_, E>,
    module: &ModuleInner,
    defined: u32,
) -> Result<(), Error> {
    run_once(translator, module, defined)?;
    if E::COMPACT && translator.code.is_outgrown() {
        translator.restart();
        run_once(translator, module, defined)?;
    }
    Ok(())
}

fn run_once<E: Encoding>(
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
    #[cfg(not(hash_maps))]
    translator.code.expect(rest.len());
    let offset = |rest: &[u8]| end - rest.len() as u64;
    translator.begin_body(module.pins_of(defined));
    // Not only at the end: a call of two bytes can push a thousand operands.
    while !rest.is_empty() && translator.stack.max() <= MAX_FRAME_SLOTS {
        translator.begin_operator(offset(rest) as u32, rest);
        while let Some((result, behind)) = frequent(rest, translator) {
            result.map_err(|refused| refuse(refused, offset(rest)))?;
            rest = behind;
            translator.begin_operator(offset(rest) as u32, rest);
        }
        if rest.is_empty() {
            break;
        }
        let (result, behind) = any(rest, offset(rest), features, translator).map_err(fail)?;
        result.map_err(|refused| refuse(refused, offset(rest)))?;
        rest = behind;
    }
    if E::EXPLAINS {
        translator.end_operator();
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
