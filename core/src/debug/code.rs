//! What is known of the functions of debugged modules, worked out when it is first asked for.

use alloc::vec::Vec;

use wasmparser::{
    BinaryReader, Operator, OperatorsReader, RefType, ValidatorResources, WasmModuleResources,
};

use crate::{
    error::Error,
    map::Map,
    module::{Module, Pending, Types, offset_at, validators},
    sync::{Lock, Shared},
    translate::{FuncCode, func_code},
    types::ValType,
};

/// Types and slots of locals or operands; a vector has the slot behind it too.
pub(crate) type Places = [(ValType, u32)];

/// A function's debug code, and the types of what it works on.
pub(crate) struct FuncInfo {
    pub(crate) code: FuncCode,
    /// Types and slots of the locals.
    pub(crate) locals: Vec<(ValType, u32)>,
    /// By ascending offsets, once somebody has asked.
    operands: Lock<Option<AllOperands>>,
}

type AllOperands = Shared<[(u32, Operands)]>;

/// What the instruction at an offset finds on its frame's operand stack.
#[derive(Clone)]
pub(crate) struct Operands {
    /// Types and slots of all, from the bottom up.
    pub(crate) places: Shared<Places>,
    /// How many of them it takes.
    pub(crate) takes: u32,
    /// How many it puts in their place, if it goes on behind itself.
    pub(crate) gives: u32,
}

impl FuncInfo {
    /// The wasm offset of the code at this byte behind the function's entry.
    pub(crate) fn offset(&self, code: u32) -> Option<u32> {
        offset_at(&self.code.map, code)
    }

    /// The code of the `Step` of the instruction at this offset.
    pub(crate) fn step_at(&self, offset: u32) -> Option<u32> {
        let at = self.code.steps.binary_search_by_key(&offset, |step| step.0);
        Some(self.code.steps[at.ok()?].1)
    }

    /// The code behind all of what the instruction at this offset became.
    pub(crate) fn behind(&self, offset: u32) -> Option<u32> {
        let last = self.code.map.iter().rposition(|entry| entry.1 == offset)?;
        Some(self.code.map.get(last + 1)?.0)
    }
}

/// What is known of one module.
struct ModuleInfo {
    module: Module,
    validators: Vec<Pending>,
    funcs: Map<u32, Shared<FuncInfo>>,
}

/// What is known of the modules that a stepper has met.
pub(crate) struct Codes(Lock<Vec<ModuleInfo>>);

impl Default for Codes {
    fn default() -> Codes {
        Codes(Lock::new(Vec::new()))
    }
}

impl Codes {
    /// What is known of a defined function.
    ///
    /// # Errors
    /// The module is an image.
    pub(crate) fn func(&self, module: &Module, defined: u32) -> Result<Shared<FuncInfo>, Error> {
        if module.inner().code.image().is_some() {
            return Err(Error::new(
                "an image cannot be stepped through: debug the module that it was made of",
            ));
        }
        self.with(module, |info| {
            if let Some(found) = info.funcs.get(&defined) {
                return Ok(found.clone());
            }
            let inner = module.inner();
            let mut code = func_code(inner, defined)?;
            let params = inner.type_of_func(inner.imported_funcs + defined).params();
            let types = Types::of(inner);
            let mut locals = Vec::with_capacity(code.locals.len());
            for (index, (ty, slot)) in core::mem::take(&mut code.locals).into_iter().enumerate() {
                let ty = match params.get(index) {
                    Some(param) => *param,
                    None => types.val_type(ty)?,
                };
                locals.push((ty, slot));
            }
            let found = Shared::new(FuncInfo {
                code,
                locals,
                operands: Lock::new(None),
            });
            info.funcs.insert(defined, found.clone());
            Ok(found)
        })
    }

    /// What the instruction at an offset of a defined function finds on the operand stack.
    ///
    /// # Errors
    /// As for `func`; there is no instruction at the offset, or none that can be reached.
    pub(crate) fn operands(
        &self,
        module: &Module,
        defined: u32,
        offset: u32,
    ) -> Result<Operands, Error> {
        let func = self.func(module, defined)?;
        let all = match func.operands.with(|known| known.clone()) {
            Some(all) => all,
            None => {
                let all = self.with(module, |info| operands_of(info, &func, defined))?;
                let all: AllOperands = all.into();
                func.operands.with(|known| *known = Some(all.clone()));
                all
            }
        };
        match all.binary_search_by_key(&offset, |(at, _)| *at) {
            Ok(at) => Ok(all[at].1.clone()),
            Err(_) => Err(Error::new("the instruction cannot be reached")),
        }
    }

    fn with<R>(
        &self,
        module: &Module,
        work: impl FnOnce(&mut ModuleInfo) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.0.with(|modules| {
            let known = modules
                .iter()
                .position(|info| Module::same(&info.module, module));
            let known = match known {
                Some(known) => known,
                None => {
                    modules.push(ModuleInfo {
                        module: module.clone(),
                        validators: validators(module.inner())?,
                        funcs: Map::new(),
                    });
                    modules.len() - 1
                }
            };
            work(&mut modules[known])
        })
    }
}

/// The instruction at an offset of a module.
pub(super) fn operator_at(module: &Module, offset: u32) -> Result<Operator<'_>, Error> {
    let module = module.inner();
    let bytes = module.bytes.get(offset as usize..).unwrap_or_default();
    let reader = BinaryReader::new_features(bytes, offset.into(), module.engine.features());
    Ok(OperatorsReader::new(reader).read()?)
}

/// Whether it is a call, behind which its frame goes on.
pub(super) fn is_call(module: &Module, offset: u32) -> bool {
    matches!(
        operator_at(module, offset),
        Ok(Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. })
    )
}

/// Validates a function, to tell what is on the stack before each of its instructions that can be reached.
fn operands_of(
    info: &ModuleInfo,
    func: &FuncInfo,
    defined: u32,
) -> Result<Vec<(u32, Operands)>, Error> {
    let module = info.module.inner();
    let types = Types::of(module);
    let pending = &info.validators[defined as usize];
    let again = Pending {
        resources: pending.resources.clone(),
        index: pending.index,
        ty: pending.ty,
        features: pending.features,
    };
    let mut validator = again.into_validator(Default::default());
    let mut reader = module.body(defined).get_binary_reader();
    validator.read_locals(&mut reader)?;
    let mut all: Vec<(u32, Operands)> = Vec::new();
    let mut places = Vec::new();
    while !reader.eof() {
        let at = reader.original_position();
        let operator = reader.peek_operator(&validator.visitor(at))?;
        places.clear();
        let mut slot = func.code.operands;
        let height = validator.operand_stack_height() as usize;
        // (What cannot be reached has operands of no type.)
        let reached = (0..height).rev().try_for_each(|depth| {
            let ty = validator.get_operand_type(depth).flatten();
            let ty = ty.ok_or(None)?;
            let ty = types.val_type(abstracted(ty, validator.resources()));
            let ty = ty.map_err(Some)?;
            places.push((ty, slot));
            slot += ty.slots() as u32;
            Ok(())
        });
        match reached {
            Ok(()) => {
                let (takes, gives) = operator.operator_arity(&validator).unwrap_or((0, 0));
                let before = all.last().map(|(_, operands)| &operands.places);
                let places = match before {
                    Some(before) if **before == places[..] => before.clone(),
                    _ => places[..].into(),
                };
                all.push((
                    at as u32,
                    Operands {
                        places,
                        takes,
                        gives,
                    },
                ));
            }
            Err(Some(error)) => return Err(error),
            Err(None) => {}
        }
        reader.visit_operator(&mut validator.visitor(at))??;
    }
    Ok(all)
}

/// The validator names types of a module in a way of its own: what they refer to is told by its hierarchy only.
fn abstracted(ty: wasmparser::ValType, resources: &ValidatorResources) -> wasmparser::ValType {
    let wasmparser::ValType::Ref(reference) = ty else {
        return ty;
    };
    match reference.heap_type() {
        wasmparser::HeapType::Abstract { .. } => ty,
        concrete => {
            RefType::new(true, resources.top_type(&concrete)).map_or(ty, wasmparser::ValType::Ref)
        }
    }
}
