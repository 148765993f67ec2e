//! Traps: status 134, what happened, and where.

use wasmote_tests::{Scratch, guest, wasmote, wasmote_in};

fn trap(body: &str) -> (i32, String) {
    let dir = Scratch::new();
    dir.file(
        "t.wat",
        format!(r#"(module $traps (memory 1) (table 2 funcref) (type $t (func)) {body})"#),
    );
    let ran = wasmote_in(dir.path(), "run t.wat");
    (ran.code, ran.err)
}

#[test]
fn a_backtrace_names_the_functions() {
    let (code, err) = trap(
        r#"(func $inner unreachable)
           (func $outer call $inner)
           (func $main (export "_start") call $outer)"#,
    );
    assert_eq!(code, 134);
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines.len(), 5, "{err}");
    assert!(
        lines[0].starts_with("error: wasm trap: ") && lines[0].contains("unreachable"),
        "{err}"
    );
    assert_eq!(lines[1], "wasm backtrace:");
    for (line, name) in lines[2..].iter().zip(["inner", "outer", "main"]) {
        assert!(
            line.contains("0x") && line.ends_with(&format!("- traps!{name}")),
            "{err}"
        );
    }
}

#[test]
fn functions_without_a_name_have_their_index() {
    let (code, err) = trap(r#"(func (export "_start") unreachable)"#);
    assert_eq!(code, 134);
    assert!(err.contains("traps!<wasm function 0>"), "{err}");
}

#[test]
fn each_kind_says_what_it_is() {
    let cases = [
        (
            "i32.const 1 i32.const 0 i32.div_s drop",
            "integer divide by zero",
        ),
        (
            "i32.const 0x80000000 i32.const -1 i32.div_s drop",
            "integer overflow",
        ),
        (
            "f32.const nan i32.trunc_f32_s drop",
            "invalid conversion to integer",
        ),
        (
            "i32.const 65536 i32.load8_u drop",
            "out of bounds memory access",
        ),
        ("i32.const 2 call_indirect (type $t)", "undefined element"),
        ("i32.const 2 table.get 0 drop", "out of bounds table access"),
        (
            "i32.const 0 call_indirect (type $t)",
            "uninitialized element",
        ),
    ];
    for (body, message) in cases {
        let (code, err) = trap(&format!(r#"(func (export "_start") {body})"#));
        assert_eq!(code, 134, "{body}: {err}");
        let first = err.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("error: wasm trap: ") && first.contains(message),
            "{body}: {err}"
        );
    }
}

#[test]
fn memory_faults_tell_address_and_size() {
    let (_, err) = trap(r#"(func (export "_start") i32.const 70000 i32.load drop)"#);
    assert!(
        err.contains("memory fault at wasm address 0x11170 in linear memory of size 0x10000"),
        "{err}"
    );
}

#[test]
fn a_program_in_c_that_aborts() {
    let ran = wasmote(&format!("run {} abort", guest("files.wasm").display()));
    assert_eq!(ran.code, 134, "{ran:?}");
    assert!(
        ran.err.contains("unreachable") && ran.err.contains("wasm backtrace:"),
        "{ran:?}"
    );
}

#[test]
fn a_bug_that_shows_late_traps_however_it_was_compiled() {
    for level in ["O0", "O1"] {
        let module = guest(&format!("ledger-{level}.wasm"));
        let ran = wasmote(&format!("run {} 50", module.display()));
        assert_eq!((ran.code, ran.out.as_str()), (134, "Collatz:"), "{level}");
        assert!(
            ran.err
                .starts_with("error: wasm trap: uninitialized element\n"),
            "{}",
            ran.err
        );
    }
}
