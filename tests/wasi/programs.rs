//! Small programs in WebAssembly text, through the core.

use std::fs;

use wasmote::{Engine, Error, Linker, Module, Store};
use wasmote_std_host::{Capture, DirRights, WasiCtx, WasiCtxBuilder, add_to_linker};
use wasmote_tests::Scratch;

fn run(wat: &str, ctx: WasiCtx) -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(wat).unwrap())?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate(&mut store, &module)?;
    instance
        .get_typed_func::<(), ()>(&store, "_start")?
        .call(&mut store, ())
}

#[test]
fn hello_world() {
    let out = Capture::new(1000);
    let ctx = WasiCtxBuilder::new().stdout(out.clone()).build().unwrap();
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "fd_write"
            (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\10\00\00\00\06\00\00\00\16\00\00\00\06\00\00\00hello world\n")
        (func (export "_start")
            (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 100))
                (then unreachable))
            (if (i32.ne (i32.load (i32.const 100)) (i32.const 12)) (then unreachable))))"#;
    run(wat, ctx).unwrap();
    assert_eq!(out.contents(), b"hello world\n");
}

#[test]
fn a_file_is_created_written_and_read_back() {
    let temp = Scratch::new();
    let builder = WasiCtxBuilder::new()
        .preopened_dir(temp.path(), "/", DirRights::READ_WRITE)
        .unwrap();
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "path_open"
            (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write"
            (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_seek"
            (func $fd_seek (param i32 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read"
            (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\10\00\00\00\04\00\00\00")
        (data (i32.const 16) "data")
        (data (i32.const 32) "file.txt")
        (global $fd (mut i32) (i32.const 0))
        (func $check (param i32) (if (local.get 0) (then (call $proc_exit (local.get 0)))))
        (func (export "_start")
            (call $check (call $path_open (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 8)
                (i32.const 1) (i64.const 0x46) (i64.const 0) (i32.const 0) (i32.const 100)))
            (global.set $fd (i32.load (i32.const 100)))
            (call $check (call $fd_write (global.get $fd) (i32.const 0) (i32.const 1) (i32.const 100)))
            (call $check (call $fd_seek (global.get $fd) (i64.const 1) (i32.const 0) (i32.const 104)))
            (i32.store (i32.const 0) (i32.const 200))
            (call $check (call $fd_read (global.get $fd) (i32.const 0) (i32.const 1) (i32.const 100)))
            (if (i32.ne (i32.load (i32.const 100)) (i32.const 3)) (then unreachable))
            (if (i32.ne (i32.load (i32.const 200)) (i32.const 0x617461)) (then unreachable))
            (call $proc_exit (i32.const 77))))"#;
    let error = run(wat, builder.build().unwrap()).unwrap_err();
    assert_eq!(error.i32_exit_status(), Some(77), "{error}");
    assert_eq!(fs::read(temp.path().join("file.txt")).unwrap(), b"data");
}

#[test]
fn a_program_without_memory_is_told_so() {
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (func (export "_start") (drop (call $yield))))"#;
    let error = run(wat, WasiCtxBuilder::new().build().unwrap()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("exports no memory named `memory`"),
        "{error}"
    );
}
