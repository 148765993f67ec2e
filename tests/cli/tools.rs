//! `explain`, `wast`, `completions`, help.

use wasmote_tests::{Scratch, guest, wasmote, wasmote_in, workload};

#[test]
fn explain_shows_both_sides() {
    let dir = Scratch::new();
    dir.file(
        "a.wat",
        r#"(module (import "m" "f" (func $imported))
          (func $add (export "sum") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
          (func $other))"#,
    );
    let all = wasmote_in(dir.path(), "explain a.wat").ok();
    assert!(
        all.contains("func 1 $add\n") && all.contains("func 2 $other\n"),
        "{all}"
    );
    assert!(!all.contains("$imported"), "{all}");
    for wanted in ["add", "1", "sum"] {
        let one = wasmote_in(dir.path(), &format!("explain a.wat --func {wanted}")).ok();
        assert!(
            one.starts_with("func 1 $add\n") && !one.contains("$other"),
            "{one}"
        );
        assert!(one.contains("i32.add"), "{one}");
    }
    let error =
        |wanted: &str| wasmote_in(dir.path(), &format!("explain a.wat --func {wanted}")).error(1);
    assert_eq!(error("none"), "error: no function `none` in the module");
    assert_eq!(error("9"), "error: no function `9` in the module");
    assert_eq!(
        error("imported"),
        "error: function `imported` is imported: it has no code"
    );
}

#[test]
fn explain_real_programs() {
    for file in [guest("md2html.wasm"), guest("files.wasm"), workload("mark")] {
        let out = wasmote(&format!("explain {}", file.display())).ok();
        assert!(out.lines().count() > 100, "{}", file.display());
    }
}

#[test]
fn scripts_pass_and_fail() {
    let dir = Scratch::new();
    let module = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
    dir.file(
        "good.wast",
        format!("{module}\n(assert_return (invoke \"one\") (i32.const 1))\n"),
    );
    let bad = format!(
        "{module}\n(assert_return (invoke \"one\") (i32.const 2))\n(assert_trap (invoke \"one\") \"unreachable\")\n\
         (assert_return (invoke \"one\") (i32.const 1))\n(assert_invalid (module (func)) \"type mismatch\")\n"
    );
    dir.file("bad.wast", bad);
    assert_eq!(
        wasmote_in(dir.path(), "wast good.wast").ok(),
        "2 passed, 0 failed\n"
    );
    assert_eq!(
        wasmote_in(dir.path(), "wast --eager --fuel good.wast").ok(),
        "2 passed, 0 failed\n"
    );
    for options in ["--images", "--images --fuel"] {
        let ran = wasmote_in(dir.path(), &format!("wast {options} good.wast"));
        assert_eq!(ran.ok(), "2 passed, 0 failed\n");
    }
    let ran = wasmote_in(dir.path(), "wast good.wast bad.wast");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.out);
    assert_eq!(
        lines[0],
        "bad.wast:2: assert_return: result 0: expected i32 2, got i32 1"
    );
    assert!(
        lines[1].starts_with("bad.wast:3: assert_trap: "),
        "{}",
        ran.out
    );
    assert!(
        lines[2].starts_with("bad.wast:5: assert_invalid: "),
        "{}",
        ran.out
    );
    assert_eq!(lines[3], "4 passed, 3 failed");
}

#[test]
fn scripts_that_cannot_be_read() {
    let dir = Scratch::new();
    dir.file("odd.wast", "(module)\n(assert_nothing)\n");
    let ran = wasmote_in(dir.path(), "wast odd.wast");
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.starts_with("odd.wast:2: ") && ran.out.ends_with("0 passed, 1 failed\n"),
        "{}",
        ran.out
    );
    assert!(
        wasmote("wast no-such.wast")
            .error(1)
            .ends_with("No such file or directory")
    );
}

#[test]
fn help_has_examples() {
    let help = wasmote("--help").ok();
    for word in [
        "Examples:",
        "run",
        "trace",
        "profile",
        "compile",
        "explain",
        "wast",
        "completions",
        "134",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
    assert!(wasmote("run --help").ok().contains("--max-memory"));
    assert!(wasmote("--version").ok().starts_with("wasmote "));
}

#[test]
fn completions_name_the_options() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            wasmote(&format!("completions {shell}"))
                .ok()
                .contains("max-memory"),
            "{shell}"
        );
    }
}
