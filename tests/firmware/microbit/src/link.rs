//! The imports of one module, and no more of WASI: a chip with 16 KB of RAM has no room for a table of all of it.

use alloc::{boxed::Box, vec::Vec};

use wasmote::{Caller, Error, Extern, ExternType, Func, Module, Store, Val};
use wasmote_wasi::{Abi, Function, Host, Outcome, WasiCtx};

/// What the module imports of WASI preview 1, in its order.
///
/// # Errors
/// If it imports something else.
pub fn imports<H: Host + 'static>(
    store: &mut Store<Box<WasiCtx<H>>>,
    module: &Module,
) -> Result<Vec<Extern>, Error> {
    let imports = module.imports().map(|import| {
        let function = Function::from_name(import.name());
        let (Some(function), ExternType::Func(ty)) = (function, import.ty()) else {
            return Err(Error::new("it imports what is not of WASI"));
        };
        let func = Func::new(&mut *store, ty, move |caller, params, results| {
            call(caller, function, params, results)
        });
        Ok(func.into())
    });
    imports.collect()
}

/// As many parameters as `path_open` has.
const MOST: usize = 9;

fn call<H: Host + 'static>(
    mut caller: Caller<'_, Box<WasiCtx<H>>>,
    function: Function,
    params: &[Val],
    results: &mut [Val],
) -> Result<(), Error> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(Error::new("it exports no memory"));
    };
    let mut args = [0; MOST];
    for (arg, param) in args.iter_mut().zip(params) {
        *arg = match param {
            Val::I32(value) => u64::from(*value as u32),
            Val::I64(value) => *value as u64,
            _ => return Err(Error::new("it passes what WASI does not take")),
        };
    }
    let (bytes, ctx) = memory.data_and_store_mut(&mut caller);
    match ctx.call(
        bytes,
        Abi::Preview1,
        function,
        &args[..params.len().min(MOST)],
    ) {
        Outcome::Exit(code) => Err(Error::exit(code as i32)),
        Outcome::Errno(errno) => {
            if let [result] = results {
                *result = Val::I32(errno.raw().into());
            }
            Ok(())
        }
    }
}
