//! Modules made to hurt a translator: they take time and memory in proportion to their size, and the
//! native stack does not grow with them.

use std::{fmt::Write, thread};

use wasmote::{CompilationMode, Config, Engine, ErrorKind, Instance, Module, Store};

/// Translates eagerly and calls `run` with 1, on a native stack of 256 KiB.
fn run(text: String) -> i32 {
    let bytes = wat::parse_str(text).unwrap();
    let thread = thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(move || {
            let engine = Engine::new(Config::new().compilation_mode(CompilationMode::Eager));
            let module = Module::new(&engine, bytes).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            instance
                .get_typed_func::<i32, i32>(&store, "run")
                .unwrap()
                .call(&mut store, 1)
                .unwrap()
        });
    thread.unwrap().join().unwrap()
}

fn function(body: &str) -> String {
    format!("(module (func (export \"run\") (param i32) (result i32) {body}))")
}

#[test]
fn deep_nesting() {
    let depth = 50_000;
    let mut body = "block\nloop\nlocal.get 0\nif\n".repeat(depth / 3);
    body += &"end\nend\nend\n".repeat(depth / 3);
    assert_eq!(run(function(&(body + "i32.const 7"))), 7);
}

#[test]
fn a_long_chain_of_blocks_with_values() {
    let mut body = String::from("i32.const 0\n");
    for _ in 0..50_000 {
        body += "block (param i32) (result i32)\ni32.const 1\ni32.add\nlocal.get 0\nbr_if 0\nend\n";
    }
    assert_eq!(run(function(&body)), 50_000);
}

#[test]
fn a_branch_table_with_a_hundred_thousand_targets_and_values() {
    let mut body = String::from(
        "block (result i32 i64)\nblock (result i32 i64)\ni32.const 1\ni32.const 2\ni64.const 3\nlocal.get 0\nbr_table",
    );
    for i in 0..100_000 {
        write!(body, " {}", i % 2).unwrap();
    }
    body += " 0\nend\ni32.const 9\nbr 1\nend\n drop";
    // Target 1 for index 1: the outer block, which gives 2.
    let text = body.replace("i32.const 9\nbr 1", "drop\ndrop\ni32.const 9\nreturn");
    assert_eq!(run(function(&text)), 2);
}

#[test]
fn fifty_thousand_locals_in_each_of_many_small_functions() {
    let mut locals = String::from("(local");
    locals += &" i64".repeat(49_999);
    locals += ")";
    let mut text = format!(
        "(module (func (export \"run\") (param i32) (result i32) {locals} local.get 0 local.set 0 local.get 49998 i32.wrap_i64)"
    );
    for _ in 0..200 {
        write!(text, "(func {locals})").unwrap();
    }
    assert_eq!(run(text + ")"), 0);
}

#[test]
fn locals_waiting_on_a_deep_operand_stack() {
    let count = 20_000;
    let mut body = "local.get 0\n".repeat(count);
    // Every one of them is written while the others wait.
    body += &"i32.const 5\nlocal.set 0\n".repeat(count);
    body += &"i32.add\n".repeat(count - 1);
    assert_eq!(run(function(&body)), count as i32);
}

#[test]
fn values_across_many_blocks_above_a_deep_stack() {
    let count = 20_000;
    let mut body = "local.get 0\n".repeat(count);
    body += &"block\nend\nlocal.get 0\nif\nend\n".repeat(count);
    body += &"i32.add\n".repeat(count - 1);
    assert_eq!(run(function(&body)), count as i32);
}

#[test]
fn a_frame_larger_than_operands_can_name_is_refused() {
    let body = "local.get 0\n".repeat(70_000) + &"i32.add\n".repeat(69_999);
    let bytes = wat::parse_str(function(&body)).unwrap();
    let engine = Engine::new(Config::new().compilation_mode(CompilationMode::Eager));
    let error = Module::new(&engine, &bytes).map(drop).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Module(_)), "{error}");
    assert!(error.to_string().contains("65535 slots"), "{error}");
    // Lazily, the module loads and the call says so.
    let module = Module::new(&Engine::default(), &bytes).unwrap();
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let func = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    let error = func.call(&mut store, 1).unwrap_err();
    assert!(error.to_string().contains("65535 slots"), "{error}");
}

#[test]
fn threads_share_a_module_that_is_translated_as_they_call_it() {
    let mut text = String::from("(module (func $f0 (param i32) (result i32) (local.get 0))");
    for i in 1..500 {
        write!(text, "(func $f{i} (param i32) (result i32) (i32.add (i32.const 1) (call $f{} (local.get 0))))", i - 1).unwrap();
    }
    text += "(export \"run\" (func $f499)))";
    let module = Module::new(&Engine::default(), wat::parse_str(text).unwrap()).unwrap();
    thread::scope(|scope| {
        for i in 0..8 {
            let module = &module;
            scope.spawn(move || {
                let mut store = Store::new(module.engine(), ());
                let instance = Instance::new(&mut store, module, &[]).unwrap();
                let func = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
                assert_eq!(func.call(&mut store, i).unwrap(), i + 499);
            });
        }
    });
}
