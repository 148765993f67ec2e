//! `--invoke`: arguments by the function's type, results printed.

use wasmote_tests::{Scratch, wasmote, wasmote_in, workload};

const MATH: &str = r#"(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "wide") (param i64) (result i64) (local.get 0))
  (func (export "single") (param f32) (result f32) (local.get 0))
  (func (export "double") (param f64) (result f64) (local.get 0))
  (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "reference") (param externref))
  (global (export "g") i32 (i32.const 1)))"#;

#[test]
fn values_of_each_type() {
    let dir = Scratch::new();
    dir.file("math.wat", MATH);
    let call = |line: &str| wasmote_in(dir.path(), &format!("run --invoke {line}")).ok();
    assert_eq!(call("add math.wat 2 40"), "42\n");
    assert_eq!(call("add math.wat -5 0x10"), "11\n");
    assert_eq!(
        call("add math.wat 4294967295 1"),
        "0\n",
        "an i32 may be written unsigned"
    );
    assert_eq!(
        call("wide math.wat -9223372036854775808"),
        "-9223372036854775808\n"
    );
    assert_eq!(call("wide math.wat 18446744073709551615"), "-1\n");
    assert_eq!(call("single math.wat 1.5"), "1.5\n");
    assert_eq!(call("single math.wat 0.1"), "0.1\n");
    assert_eq!(call("double math.wat -1e300"), format!("{}\n", -1e300));
    assert_eq!(call("double math.wat nan"), "NaN\n");
    assert_eq!(call("double math.wat -inf"), "-inf\n");
    assert_eq!(call("swap math.wat 7 2.5"), "2.5\n7\n");
    assert_eq!(call("nothing math.wat"), "");
}

#[test]
fn arguments_that_do_not_fit() {
    let dir = Scratch::new();
    dir.file("math.wat", MATH);
    let error = |line: &str| wasmote_in(dir.path(), &format!("run --invoke {line}")).error(1);
    assert_eq!(
        error("add math.wat 1 two"),
        "error: argument 2 of `add`: `two` is not an i32"
    );
    assert_eq!(
        error("add math.wat 1 4294967296"),
        "error: argument 2 of `add`: `4294967296` is not an i32"
    );
    assert_eq!(
        error("double math.wat x"),
        "error: argument 1 of `double`: `x` is not an f64"
    );
    assert_eq!(
        error("add math.wat 1"),
        "error: `add` takes 2 arguments, 1 given: (func (param i32 i32) (result i32))"
    );
    assert!(error("nothing math.wat 1").starts_with("error: `nothing` takes 0 arguments, 1 given"));
    assert_eq!(
        error("reference math.wat 1"),
        "error: argument 1 of `reference`: an externref cannot be written here"
    );
    assert_eq!(
        error("sub math.wat 1 2"),
        "error: no exported function `sub`"
    );
    assert_eq!(error("g math.wat"), "error: no exported function `g`");
}

#[test]
fn reactors_are_initialized_first() {
    let dir = Scratch::new();
    dir.file(
        "reactor.wat",
        r#"(module (global $ready (mut i32) (i32.const 0))
          (func (export "_initialize") (global.set $ready (i32.const 7)))
          (func (export "get") (result i32) (global.get $ready)))"#,
    );
    assert_eq!(
        wasmote_in(dir.path(), "run --invoke get reactor.wat").ok(),
        "7\n"
    );
}

#[test]
fn workloads_compute_what_they_should() {
    // The first two from their definitions; the others' checksums were computed by wasmtime.
    let cases = [
        ("fib", 20, "6765"),
        ("sha256", 1, "6903516795933642958"),
        ("mark", 100, "38439"),
        ("sieve", 1, "544501644261"),
        ("matmul", 2, "1535445"),
        ("nbody", 100, "4878810888"),
        ("sort", 1, "2139367047"),
        ("vm", 1, "-1401848606"),
    ];
    for (name, n, expected) in cases {
        let file = workload(name);
        let out = wasmote(&format!("run --invoke run {} {n}", file.display())).ok();
        assert_eq!(out, format!("{expected}\n"), "{name}");
    }
}
