//! A function explained: every wasm instruction with the operand stack it leaves, what the translator decided about
//! it and why, and the code that it became.

use alloc::{format, string::String, vec::Vec};

use wasmparser::Operator;

use super::{
    code::Instruction as Code,
    explain::{closes, opens, record},
    func::FuncTranslator,
    note::{Note, Place, Stack},
    pins::{LEAST_WEIGHT, weigh},
    stack::Loc,
};
use crate::{
    bytecode::{Compact, Encoding, Explaining, Native, Ty, disassemble, wasm_text},
    error::Error,
    module::{Module, ModuleInner},
};

/// What became of a function.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The types of its parameters and results, as the text format has them (all references are `ref`).
    pub params: Vec<&'static str>,
    /// See `params`.
    pub results: Vec<&'static str>,
    /// Its locals, parameters first.
    pub locals: Vec<LocalHome>,
    /// How many pins its code can use.
    pub pins: usize,
    /// The weight from which on a local gets a pin, if no two others are heavier.
    pub least_weight: u32,
    /// Slots of its frame, of 8 bytes each.
    pub frame_slots: u32,
    /// What happens on entry, then each wasm instruction.
    pub steps: Vec<Step>,
    /// The code, in its order.
    pub code: Vec<Instruction>,
}

/// A local.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalHome {
    /// Its type.
    pub ty: &'static str,
    /// Where it lives.
    pub place: Place,
    /// How often it is named in the function, where each loop around counts eight times as much. `None` where no local
    /// is weighed, as there are no pins.
    pub weight: Option<u32>,
}

/// A wasm instruction, or, as the first of all, the entry of the function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Byte offset in the module; of the entry, that of the function's first instruction.
    pub offset: u32,
    /// Depth of the blocks around it.
    pub depth: u32,
    /// The instruction in the text format, or close to it; empty for the entry.
    pub wasm: String,
    /// The number of the block that it begins or ends, counted from 1.
    pub block: Option<u32>,
    /// The numbers of the blocks that it may branch to, each once; 0 is the function: a return.
    pub targets: Vec<u32>,
    /// The operand stack behind it, where that is reached.
    pub stack: Option<Stack>,
    /// What was decided about it, in the order of the decisions.
    pub notes: Vec<Note>,
}

/// An instruction of the code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// Its byte offset behind the function's entry.
    pub at: u32,
    /// As listings have it.
    pub text: String,
    /// The steps whose work it does: the first one emitted it.
    pub steps: Vec<usize>,
}

impl Module {
    /// Translates a function (imports count) and tells how and why, for this machine or, `compact`, for an image.
    ///
    /// # Errors
    /// The function does not exist, is imported or of an image, or cannot be translated.
    pub fn explanation(&self, func_index: u32, compact: bool) -> Result<Explanation, Error> {
        let module = self.inner();
        let defined = func_index.checked_sub(module.imported_funcs);
        let exists = func_index < module.func_count();
        let Some(defined) = defined.filter(|_| exists && module.code.image().is_none()) else {
            return Err(Error::new(format!(
                "function {func_index} has no WebAssembly code here"
            )));
        };
        match compact {
            true => explain::<Explaining<Compact>>(module, defined),
            false => explain::<Explaining<Native>>(module, defined),
        }
    }
}

fn explain<E: Encoding>(module: &ModuleInner, defined: u32) -> Result<Explanation, Error> {
    let mut translator = record::<E>(module, defined)?;
    let notes = translator.code.notes.take().unwrap_or_default();
    let (records, origins) = notes.into_parts();
    let slot = |slot| translator.slot_name(slot);
    let words = translator.code.words();
    let instructions = translator.code.map().iter().zip(origins);
    let code = instructions.map(|(&(pc, _), steps)| Instruction {
        at: pc.bytes() - E::ENTRY_BYTES as u32,
        text: disassemble(&Code::<E>::new(words, pc), module.imported_funcs, &slot),
        steps,
    });
    let names = |types: &[_]| types.iter().map(|ty| Ty::of(*ty).name()).collect();
    Ok(Explanation {
        params: names(translator.ty.params()),
        results: names(translator.ty.results()),
        locals: locals(&translator, defined)?,
        pins: if translator.fusing { E::PLACES.pins } else { 0 },
        least_weight: LEAST_WEIGHT,
        frame_slots: translator.stack.max() + translator.code.spare_slots(),
        code: code.collect(),
        steps: steps(module, defined, records)?,
    })
}

/// The locals with their weights, which validation had, and forgot when it had chosen.
fn locals<E: Encoding>(
    translator: &FuncTranslator<'_, E>,
    defined: u32,
) -> Result<Vec<LocalHome>, Error> {
    let body = translator.module.body(defined);
    let count = translator.locals.count();
    let weights = weigh(body.get_operators_reader()?, count)?;
    let local = |local: u32| {
        let (ty, slot) = translator.locals.get(local);
        let place = translator
            .pin_of(local)
            .map_or(Loc::slot(slot), Loc::of_pin);
        LocalHome {
            ty: ty.name(),
            place: translator.place_of(place, ty),
            weight: weights
                .of(local)
                .filter(|_| translator.fusing && E::PLACES.pins > 0),
        }
    };
    Ok((0..count).map(local).collect())
}

/// The wasm instructions with what was written down of each.
fn steps(
    module: &ModuleInner,
    defined: u32,
    records: Vec<super::notes::Step>,
) -> Result<Vec<Step>, Error> {
    let mut operators = module.body(defined).get_operators_reader()?;
    let mut records = records.into_iter();
    let mut steps = Vec::new();
    if let Some(entry) = records.next() {
        steps.push(Step {
            offset: operators.original_position() as u32,
            depth: 0,
            wasm: String::new(),
            block: None,
            targets: Vec::new(),
            stack: entry.stack,
            notes: entry.notes,
        });
    }
    // The open blocks by number.
    let mut open: Vec<u32> = alloc::vec![0];
    let mut blocks = 0;
    for record in records {
        if operators.eof() {
            break;
        }
        let offset = operators.original_position() as u32;
        let operator = operators.read()?;
        let depth = open.len() - usize::from(closes(&operator) && !open.is_empty());
        let block = closes(&operator).then(|| open.pop()).flatten();
        let targets = targets(&operator, &open);
        let begun = opens(&operator).then(|| match block {
            // The other part of the same.
            Some(block) => block,
            None => {
                blocks += 1;
                blocks
            }
        });
        open.extend(begun);
        steps.push(Step {
            offset,
            depth: depth as u32,
            wasm: wasm_text(&operator),
            block: begun.or(block).filter(|block| *block > 0),
            targets,
            stack: record.stack,
            notes: record.notes,
        });
    }
    Ok(steps)
}

/// The blocks that an operator may branch to, among the open ones.
fn targets(operator: &Operator<'_>, open: &[u32]) -> Vec<u32> {
    let mut depths = Vec::new();
    match operator {
        Operator::Br { relative_depth }
        | Operator::BrIf { relative_depth }
        | Operator::BrOnNull { relative_depth }
        | Operator::BrOnNonNull { relative_depth }
        | Operator::BrOnCast { relative_depth, .. }
        | Operator::BrOnCastFail { relative_depth, .. }
        | Operator::BrOnCastDescEq { relative_depth, .. }
        | Operator::BrOnCastDescEqFail { relative_depth, .. } => depths.push(*relative_depth),
        Operator::BrTable { targets } => {
            depths.extend(targets.targets().flatten());
            depths.push(targets.default());
        }
        Operator::TryTable { try_table } => {
            depths.extend(try_table.catches.iter().map(|catch| match catch {
                wasmparser::Catch::One { label, .. }
                | wasmparser::Catch::OneRef { label, .. }
                | wasmparser::Catch::All { label }
                | wasmparser::Catch::AllRef { label } => *label,
            }));
        }
        _ => {}
    }
    let mut found = Vec::new();
    for depth in depths {
        let block = open.len().checked_sub(1 + depth as usize);
        if let Some(block) = block.map(|at| open[at])
            && !found.contains(&block)
        {
            found.push(block);
        }
    }
    found
}
