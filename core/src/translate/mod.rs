//! wasm function bodies to register bytecode, in one pass.

use wasmparser::{FuncValidator, FunctionBody, ValidatorResources};

use crate::{error::Error, module::ModuleInner};

/// The translated functions of a module; filled lazily, through a shared reference.
pub(crate) struct CodeTable {}

impl CodeTable {
    /// Nothing translated yet, for `defined` functions.
    pub(crate) fn new(_defined: usize) -> CodeTable { todo!() }

    /// Translates a defined function unless that has been done. With a validator, validates in the
    /// same pass (eager modules); without one the body must have been validated before.
    pub(crate) fn translate(
        &self,
        _module: &ModuleInner,
        _defined: u32,
        _validator: Option<&mut FuncValidator<ValidatorResources>>,
    ) -> Result<(), Error> {
        todo!()
    }
}
