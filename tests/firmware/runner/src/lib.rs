//! What the larger boards share: which program to run, and running it with the exit statuses of the command
//! `wasmote`.

#![no_std]

extern crate alloc;

mod request;

pub use request::Request;

use semihosting::eprintln;
use wasmote::{Config, Engine, Error, ErrorKind, Linker, Module, Store};
use wasmote_wasi::{Host, WasiCtx};

/// Loads a module and calls its `_start`. `define` may add host functions to those of WASI. Gives the exit status:
/// the program's own, 134 after a trap, 1 if it could not be run.
pub fn run<H: Host + 'static>(
    wasm: &[u8],
    ctx: WasiCtx<H>,
    define: impl FnOnce(&mut Linker<WasiCtx<H>>) -> Result<(), Error>,
) -> i32 {
    let engine = Engine::new(Config::new().max_stack_size(64 << 10));
    let mut store = Store::new(&engine, ctx);
    let mut linker = Linker::new(&engine);
    let result = wasmote_wasi::add_to_linker(&mut linker, |ctx| ctx)
        .and_then(|()| define(&mut linker))
        .and_then(|()| Module::new(&engine, wasm))
        .and_then(|module| linker.instantiate(&mut store, &module))
        .and_then(|instance| instance.get_typed_func::<(), ()>(&store, "_start"))
        .and_then(|start| start.call(&mut store, ()));
    // Open files are closed, and so written.
    let (_, closed) = store.into_data().finish();
    if let Err(errno) = closed {
        eprintln!("error: closing files: {errno}");
        return 1;
    }
    let Err(error) = result else { return 0 };
    if let Some(status) = error.i32_exit_status() {
        return status;
    }
    eprintln!("error: {error}");
    match error.kind() {
        ErrorKind::Trap(_) | ErrorKind::Exception(_) => 134,
        _ => 1,
    }
}
