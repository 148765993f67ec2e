//! Every way to be refused: one line, the right status, no panic.

use std::fs;

use wasmote_tests::{Scratch, guest, wasmote, wasmote_in, workload};

#[test]
fn a_missing_file() {
    let line = wasmote("run no-such-file.wasm").error(1);
    assert_eq!(line, "error: no-such-file.wasm: No such file or directory");
    assert_eq!(
        wasmote("no-such-file.wasm").error(1),
        line,
        "the short form says the same"
    );
}

#[test]
fn a_directory() {
    let dir = Scratch::new();
    assert!(
        wasmote_in(dir.path(), "run .")
            .error(1)
            .starts_with("error: .: ")
    );
}

#[test]
fn files_that_are_not_wasm() {
    let dir = Scratch::new();
    dir.file("picture.png", b"\x89PNG\r\n\x1a\n\xff\xfe\0");
    dir.file("letter.txt", "Dear reader,\n");
    dir.file("empty.wasm", "");
    for name in ["picture.png", "letter.txt", "empty.wasm"] {
        let line = wasmote_in(dir.path(), &format!("run {name}")).error(1);
        assert_eq!(
            line,
            format!("error: {name}: not a WebAssembly module, binary or text")
        );
    }
}

#[test]
fn a_truncated_module() {
    let dir = Scratch::new();
    let whole = fs::read(guest("files.wasm")).expect("the guest is committed");
    for length in [4, 6, 9, 100, whole.len() / 2, whole.len() - 1] {
        dir.file("cut.wasm", &whole[..length]);
        let line = wasmote_in(dir.path(), "run cut.wasm").error(1);
        assert!(line.starts_with("error: cut.wasm: "), "{length}: {line}");
    }
}

#[test]
fn every_byte_wrong_is_no_panic() {
    let dir = Scratch::new();
    let whole = fs::read(workload("sort")).expect("the workload is committed");
    for at in (8..whole.len()).step_by(11) {
        let mut broken = whole.clone();
        broken[at] ^= 0x55;
        dir.file("broken.wasm", &broken);
        let ran = wasmote_in(dir.path(), "run --fuel 100000 --invoke run broken.wasm 1");
        assert!(
            [0, 1, 134].contains(&ran.code) && !ran.err.contains("panicked"),
            "byte {at}: {ran:?}"
        );
    }
}

#[test]
fn a_component() {
    let dir = Scratch::new();
    dir.file("c.wasm", b"\0asm\x0d\0\x01\0");
    let line = wasmote_in(dir.path(), "run c.wasm").error(1);
    assert_eq!(
        line,
        "error: c.wasm: is a component, and only core modules can be run"
    );
}

#[test]
fn an_unknown_import() {
    let dir = Scratch::new();
    dir.file(
        "a.wat",
        r#"(module (import "a" "b" (func)) (func (export "_start")))"#,
    );
    let line = wasmote_in(dir.path(), "run a.wat").error(1);
    assert!(
        line.ends_with("unknown import: `a::b` has not been defined"),
        "{line}"
    );
}

#[test]
fn an_import_of_another_type() {
    let dir = Scratch::new();
    let import = r#"(import "wasi_snapshot_preview1" "fd_close" (func (param i64)))"#;
    dir.file(
        "a.wat",
        format!(r#"(module {import} (func (export "_start")))"#),
    );
    let line = wasmote_in(dir.path(), "run a.wat").error(1);
    assert!(
        line.contains("wasi_snapshot_preview1") && line.contains("fd_close"),
        "{line}"
    );
}

#[test]
fn a_mistake_in_the_text_format() {
    let dir = Scratch::new();
    dir.file("a.wat", "(module\n  (func (result i32) i32.cost 1))\n");
    let line = wasmote_in(dir.path(), "run a.wat").error(1);
    assert!(line.starts_with("error: a.wat:2:"), "{line}");
    dir.file("b.wat", "(module (func (result i32)))\n");
    let line = wasmote_in(dir.path(), "run b.wat").error(1);
    assert!(
        line.starts_with("error: b.wat: ") && line.contains("type mismatch"),
        "{line}"
    );
}

#[test]
fn features_that_are_not_there_are_named() {
    let dir = Scratch::new();
    dir.file(
        "legacy.wat",
        r#"(module (func (export "_start") try nop catch_all nop end))"#,
    );
    assert!(
        wasmote_in(dir.path(), "run legacy.wat")
            .error(1)
            .contains("legacy exceptions")
    );
    wasmote_in(dir.path(), "run --legacy-exceptions legacy.wat").ok();
}

#[test]
fn nothing_to_run() {
    let dir = Scratch::new();
    dir.file("lib.wat", r#"(module (func (export "f")))"#);
    let line = wasmote_in(dir.path(), "run lib.wat").error(1);
    assert!(
        line.contains("_start") && line.contains("--invoke"),
        "{line}"
    );
    dir.file(
        "odd.wat",
        r#"(module (func (export "_start") (param i32)))"#,
    );
    assert!(
        wasmote_in(dir.path(), "run odd.wat")
            .error(1)
            .contains("_start")
    );
}

#[test]
fn directories_that_are_not_there() {
    let files = guest("files.wasm");
    let line = wasmote(&format!(
        "run --dir /no/such/place::/w {} env",
        files.display()
    ))
    .error(1);
    assert_eq!(line, "error: /no/such/place: No such file or directory");
}

#[test]
fn variables_that_are_not_set() {
    let line = wasmote(&format!(
        "run --env NO_SUCH_VARIABLE {} env",
        guest("files.wasm").display()
    ))
    .error(1);
    assert_eq!(
        line,
        "error: the environment variable `NO_SUCH_VARIABLE` is not set"
    );
}

#[test]
fn wrong_usage() {
    for line in [
        "",
        "run",
        "run --no-such-option x",
        "run --fuel many x",
        "run --max-memory 3parsecs x",
        "wast",
    ] {
        let ran = wasmote(line);
        assert_eq!(ran.code, 2, "`{line}`: {ran:?}");
        assert!(ran.err.contains("--help"), "`{line}`: {ran:?}");
    }
}

#[test]
fn start_functions_that_trap() {
    let dir = Scratch::new();
    dir.file(
        "a.wat",
        r#"(module (func $boot unreachable) (start $boot) (func (export "_start")))"#,
    );
    let ran = wasmote_in(dir.path(), "run a.wat");
    assert_eq!(ran.code, 134, "{ran:?}");
    assert!(
        ran.err.starts_with("error: wasm trap: ") && ran.err.contains("!boot"),
        "{ran:?}"
    );
}
