//! Fuel, memory and stack limits.

use wasmote_tests::{Scratch, wasmote_in};

const LIMITS: &str = r#"(module (memory (export "memory") 1)
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "forever") (loop (br 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

fn scratch() -> Scratch {
    let dir = Scratch::new();
    dir.file("l.wat", LIMITS);
    dir
}

#[test]
fn fuel_ends_loops() {
    let dir = scratch();
    let ran = wasmote_in(dir.path(), "run --fuel 10000 --invoke forever l.wat");
    assert_eq!(ran.code, 134, "{ran:?}");
    assert!(
        ran.err.starts_with("error: wasm trap: all fuel consumed"),
        "{ran:?}"
    );
    assert_eq!(
        wasmote_in(dir.path(), "run --fuel 10000 --invoke deep l.wat 100").ok(),
        "100\n"
    );
    assert_eq!(
        wasmote_in(dir.path(), "run --fuel 100 --invoke deep l.wat 100").code,
        134
    );
}

#[test]
fn memory_stops_growing() {
    let dir = scratch();
    let grow = |options: &str| {
        wasmote_in(dir.path(), &format!("run {options} --invoke grow l.wat 16")).ok()
    };
    assert_eq!(grow(""), "1\n");
    assert_eq!(grow("--max-memory 2MiB"), "1\n");
    assert_eq!(grow("--max-memory 1MiB"), "-1\n");
    assert_eq!(grow("--max-memory 1114112"), "1\n", "17 pages exactly");
    assert_eq!(grow("--max-memory 1114111"), "-1\n");
    let line = wasmote_in(dir.path(), "run --max-memory 1KiB --invoke grow l.wat 0").error(1);
    assert!(line.contains("memory"), "{line}");
}

#[test]
fn the_heap_of_objects_has_an_end() {
    let dir = Scratch::new();
    // A list of so many objects, each with another that nobody keeps.
    dir.file(
        "h.wat",
        r#"(module (type $s (struct (field i64) (field (ref null $s))))
          (func (export "list") (param $n i32) (result i32) (local $list (ref null $s))
            (loop $next
              (drop (struct.new $s (i64.const 0) (ref.null $s)))
              (local.set $list (struct.new $s (i64.const 1) (local.get $list)))
              (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (ref.is_null (local.get $list))))"#,
    );
    let list = |options: &str| {
        let line = format!("run {options} --invoke list h.wat 10000");
        wasmote_in(dir.path(), &line)
    };
    assert_eq!(list("").ok(), "0\n");
    assert_eq!(list("--max-heap 300KiB").ok(), "0\n");
    let ran = list("--max-heap 200KiB");
    assert_eq!(ran.code, 134, "{ran:?}");
    assert!(
        ran.err.starts_with("error: wasm trap: out of memory"),
        "{ran:?}"
    );
}

#[test]
fn the_stack_has_an_end() {
    let dir = scratch();
    assert_eq!(
        wasmote_in(dir.path(), "run --invoke deep l.wat 10000").ok(),
        "10000\n"
    );
    let ran = wasmote_in(
        dir.path(),
        "run --max-stack 64KiB --invoke deep l.wat 10000",
    );
    assert_eq!(ran.code, 134, "{ran:?}");
    assert!(
        ran.err
            .starts_with("error: wasm trap: call stack exhausted"),
        "{ran:?}"
    );
    // Far more than a native stack would bear.
    let deep = wasmote_in(
        dir.path(),
        "run --max-stack 1GiB --invoke deep l.wat 3000000",
    );
    assert_eq!(deep.ok(), "3000000\n");
}

#[test]
fn eager_translation_gives_the_same() {
    let dir = scratch();
    assert_eq!(
        wasmote_in(dir.path(), "run --eager --invoke deep l.wat 1000").ok(),
        "1000\n"
    );
}
