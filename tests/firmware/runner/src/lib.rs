//! What the larger boards share: which program to run, its files, and running it with the exit statuses of the command
//! `wasmote`.

#![no_std]

extern crate alloc;

mod files;
mod request;

pub use files::{FileSystem, Files, files};
pub use request::Request;

use embedded_storage::nor_flash::NorFlash;
use semihosting::eprintln;
use wasmote::{Config, Engine, ErrorKind, Linker, Module, Store};
use wasmote_embedded_host::{
    EmbeddedHost, MonotonicClock, Random, Sleep, StdStream, Stdio, WallClock,
};
use wasmote_wasi::{DirRights, WasiCtxBuilder};

/// Runs the guest that is asked for, with the root of the files as its own. Gives the exit status: the program's own,
/// 134 after a trap, 1 if it could not be run.
///
/// # Panics
/// If there is no such guest, or no root.
pub fn serve<F, I, R, M, W, D>(
    request: &Request,
    mut host: EmbeddedHost<Files<F>, I, R, M, W, D>,
) -> i32
where
    F: NorFlash + 'static,
    I: Stdio<Stream = StdStream> + 'static,
    R: Random + 'static,
    M: MonotonicClock + 'static,
    W: WallClock + 'static,
    D: Sleep + 'static,
{
    let root = host.files.root().expect("a root");
    let ctx = WasiCtxBuilder::new()
        .args(&request.words)
        .and_then(|builder| builder.preopen(root, "/", DirRights::READ_WRITE))
        .expect("words without NUL")
        .stdin(host.stdin())
        .stdout(host.stdout())
        .stderr(host.stderr());
    let ctx = ctx.build(host).expect("few descriptors");
    let engine = Engine::new(Config::new().max_stack_size(64 << 10));
    let mut store = Store::new(&engine, ctx);
    let mut linker = Linker::new(&engine);
    let result = wasmote_wasi::add_to_linker(&mut linker, |ctx| ctx)
        .and_then(|()| Module::new(&engine, request.guest()))
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
