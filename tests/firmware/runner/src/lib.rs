//! Runs one WASI program, with the exit statuses of the command `wasmote`.

#![no_std]

use wasmote::{Error, ErrorKind, Linker, Module, Store};
use wasmote_wasi::{Host, WasiCtx};

/// Calls `_start`. `define` may add host functions to those of WASI. The context comes back.
///
/// # Errors
/// All that keeps the program from its end.
pub fn run<H: Host + 'static>(
    module: &Module,
    ctx: WasiCtx<H>,
    define: impl FnOnce(&mut Linker<WasiCtx<H>>) -> Result<(), Error>,
) -> (Result<(), Error>, WasiCtx<H>) {
    let mut store = Store::new(module.engine(), ctx);
    let mut linker = Linker::new(module.engine());
    let result = wasmote_wasi::add_to_linker(&mut linker, |ctx| ctx)
        .and_then(|()| define(&mut linker))
        .and_then(|()| linker.instantiate(&mut store, module))
        .and_then(|instance| instance.get_typed_func::<(), ()>(&store, "_start"))
        .and_then(|start| start.call(&mut store, ()));
    (result, store.into_data())
}

/// The exit status: the program's own, 134 after a trap, 1 if it could not be run.
pub fn status(result: &Result<(), Error>) -> i32 {
    let Err(error) = result else { return 0 };
    match (error.i32_exit_status(), error.kind()) {
        (Some(status), _) => status,
        (None, ErrorKind::Trap(_) | ErrorKind::Exception(_)) => 134,
        _ => 1,
    }
}
