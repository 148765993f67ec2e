//! Programs that run while something is wanted of them, and what they print.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use wasmote_tests::Scratch;

use super::editor::Editor;

/// Prints a line and counts, without end.
const ENDLESS: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\02\00\00\00.\0a")
  (global $n (mut i32) (i32.const 0))
  (func $print (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
  (func $count (loop $on
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (br_if $on (i32.rem_u (global.get $n) (i32.const 100000)))))
  (func (export "_start") (loop $again (call $print) (call $count) (br $again))))"#;

fn endless() -> (Scratch, Editor) {
    let dir = Scratch::new();
    dir.file("endless.wat", ENDLESS);
    let mut editor = Editor::launched(dir.path(), json!({"program": "endless.wat"}));
    editor.ok("configurationDone", json!({}));
    editor.event("output");
    (dir, editor)
}

#[test]
fn a_program_that_runs_can_be_stopped() {
    let (_dir, mut editor) = endless();
    assert_eq!(
        editor.refused("stackTrace", json!({"threadId": 1})),
        "notStopped"
    );
    assert!(editor.console("info timeline").starts_with("step "));
    let why = editor.refused("evaluate", json!({"expression": "next", "context": "repl"}));
    assert!(why.contains("pause"), "{why}");
    editor.go("pause", "pause");
    assert_eq!(
        editor.frames().last().map(|frame| frame["name"].clone()),
        Some(json!("_start"))
    );
    // A breakpoint that is set while it runs.
    editor.ok("continue", json!({"threadId": 1}));
    editor.ok(
        "setFunctionBreakpoints",
        json!({"breakpoints": [{"name": "print"}]}),
    );
    editor.stopped("function breakpoint");
    assert_eq!(editor.place().0, "print");
    // Also while it steps over a call.
    editor.ok("setFunctionBreakpoints", json!({"breakpoints": []}));
    editor.ok("stepOut", json!({"threadId": 1}));
    editor.stopped("step");
    for _ in 0..2 {
        editor.ok("stepOut", json!({"threadId": 1}));
        editor.ok(
            "setFunctionBreakpoints",
            json!({"breakpoints": [{"name": "print"}]}),
        );
        editor.stopped("function breakpoint");
        editor.ok("setFunctionBreakpoints", json!({"breakpoints": []}));
        editor.go("stepOut", "step");
    }
    let printed = editor.output("stdout");
    assert!(
        printed.len() > 4 && printed.trim_start_matches(".\n").is_empty(),
        "{printed}"
    );
    editor.ok("continue", json!({"threadId": 1}));
    editor.ok("terminate", json!({}));
    editor.event("terminated");
    assert_eq!(
        editor.refused("stackTrace", json!({"threadId": 1})),
        "the program is over"
    );
    editor.disconnect();
}

#[test]
fn a_program_that_runs_ends_with_its_editor() {
    let (_dir, editor) = endless();
    editor.disconnect();
    let (_dir, mut editor) = endless();
    editor.input = None;
    assert_eq!(editor.status(), 0);
}

#[test]
fn a_program_that_sleeps_ends_with_its_editor() {
    let dir = Scratch::new();
    // A clock, and 100 seconds.
    dir.file(
        "sleep.wat",
        r#"(module
          (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 24) "\00\e8\76\48\17\00\00\00")
          (func (export "_start")
            (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"#,
    );
    let mut editor = Editor::launched(dir.path(), json!({"program": "sleep.wat"}));
    editor.ok("configurationDone", json!({}));
    thread::sleep(Duration::from_millis(200));
    editor.send_request("disconnect", json!({}));
    let begin = Instant::now();
    assert_eq!(editor.status(), 0);
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[test]
fn programs_have_streams_of_their_own() {
    let dir = Scratch::new();
    // Reads a few bytes, and prints them to both of its outputs.
    dir.file(
        "echo.wat",
        r#"(module
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\00\01\00\00\08\00\00\00")
          (func (export "_start")
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
            (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)))
            (call $exit (i32.const 3))))"#,
    );
    dir.file("input", "h\u{e4}llo");
    let mut editor = Editor::launched(dir.path(), json!({"program": "echo.wat", "stdin": "input"}));
    // (Without it, traps are stopped at. An exit is none.)
    editor.ok("configurationDone", json!({}));
    assert_eq!(editor.event("exited")["exitCode"], 3);
    editor.event("terminated");
    let both = ["stdout", "stderr"].map(|category| editor.output(category));
    assert_eq!(both, ["h\u{e4}llo", "h\u{e4}llo"]);
    assert!(editor.output("console").contains("exited with status 3"));
    editor.disconnect();
}
