//! `run --record` and `replay`: runs again, without what they were given.

use std::fs;

use wasmote_tests::{Scratch, guest, wasmote_in, workload};

#[test]
fn a_run_is_replayed_without_its_files() {
    let dir = Scratch::new();
    dir.file("in.md", "# Title\n\nSome *text* here.\n");
    let program = guest("md2html.wasm");
    let line = format!("run --record run.log --dir . {} in.md", program.display());
    let recorded = wasmote_in(dir.path(), &line).ok();
    assert!(recorded.contains("<h1>Title</h1>"), "{recorded}");
    fs::remove_file(dir.path().join("in.md")).expect("it was there");
    let size = fs::metadata(dir.path().join("run.log"))
        .expect("it was recorded")
        .len();
    assert!(size < 4096, "{size} bytes");
    assert_eq!(wasmote_in(dir.path(), "replay run.log").ok(), recorded);
    assert_eq!(wasmote_in(dir.path(), "replay --quiet run.log").ok(), "");
    // In code that can be stepped through, too.
    let stepped = wasmote_in(dir.path(), "replay --steps run.log").ok();
    let (output, count) = stepped
        .trim_end()
        .rsplit_once('\n')
        .expect("there is a last line");
    assert_eq!(format!("{output}\n"), recorded);
    let count = count.strip_suffix(" instructions").expect("it counts");
    assert!(count.parse::<u64>().expect("a number") > 10_000, "{count}");
}

#[test]
fn what_the_system_answers_is_recorded() {
    let dir = Scratch::new();
    let program = guest("files.wasm");
    let run = |line: &str| wasmote_in(dir.path(), line);
    let recorded = run(&format!("run --record t.log {} time", program.display())).ok();
    assert!(!recorded.is_empty());
    assert_eq!(run("replay t.log").ok(), recorded);
}

#[test]
fn a_status_and_a_trap_are_replayed() {
    let dir = Scratch::new();
    let program = guest("ledger-O0.wasm");
    let line = format!(
        "run --record l.log --core-on-trap l.core {} 30",
        program.display()
    );
    let recorded = wasmote_in(dir.path(), &line);
    assert_eq!(recorded.code, 134);
    let replayed = wasmote_in(dir.path(), "replay l.log");
    assert_eq!(
        (replayed.code, &replayed.out, &replayed.err),
        (134, &recorded.out, &recorded.err)
    );
    let again = wasmote_in(dir.path(), "replay --quiet --core-on-trap full.core l.log");
    assert_eq!(again.code, 134);
    let core = |name: &str| fs::read(dir.path().join(name)).expect("it was written");
    // The same frames; those of the replay have their values, too.
    let (fast, full) = (frames(&core("l.core")), frames(&core("full.core")));
    let places = |frames: &[Frame]| -> Vec<(u32, u32)> {
        frames
            .iter()
            .map(|frame| (frame.func, frame.offset))
            .collect()
    };
    assert_eq!(places(&fast), places(&full));
    assert!(fast.len() > 2 && fast.iter().all(|frame| frame.values == 0));
    assert!(full.iter().all(|frame| frame.values > 0));
}

struct Frame {
    func: u32,
    offset: u32,
    values: usize,
}

/// The frames of a core dump's thread.
fn frames(core: &[u8]) -> Vec<Frame> {
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(core) {
        let wasmparser::Payload::CustomSection(section) = payload.expect("a module") else {
            continue;
        };
        if let wasmparser::KnownCustom::CoreDumpStack(stack) = section.as_known() {
            found.extend(stack.frames.iter().map(|frame| Frame {
                func: frame.funcidx,
                offset: frame.codeoffset,
                values: frame.locals.len(),
            }));
        }
    }
    found
}

#[test]
fn functions_with_arguments_and_fuel_are_replayed() {
    let dir = Scratch::new();
    let fib = workload("fib");
    let line = format!(
        "run --record f.log --fuel 100000000 --invoke run {} 20",
        fib.display()
    );
    let recorded = wasmote_in(dir.path(), &line).ok();
    assert_eq!(wasmote_in(dir.path(), "replay f.log").ok(), recorded);
    let line = format!(
        "run --record f.log --fuel 1000 --invoke run {} 20",
        fib.display()
    );
    let stopped = wasmote_in(dir.path(), &line);
    assert_eq!(stopped.code, 134);
    let replayed = wasmote_in(dir.path(), "replay f.log");
    assert_eq!((replayed.code, replayed.err), (134, stopped.err));
}

#[test]
fn what_does_not_fit_is_refused() {
    let dir = Scratch::new();
    dir.file(
        "a.wat",
        r#"(module (func (export "f") (result i32) i32.const 1))"#,
    );
    wasmote_in(dir.path(), "run --record a.log --invoke f a.wat").ok();
    dir.file(
        "a.wat",
        r#"(module (func (export "f") (result i32) i32.const 2))"#,
    );
    let error = wasmote_in(dir.path(), "replay a.log").error(1);
    assert!(
        error.contains("a.wat: is not the module that was recorded"),
        "{error}"
    );
    let error = wasmote_in(dir.path(), "replay a.wat").error(1);
    assert!(error.contains("not a recording"), "{error}");
    let error = wasmote_in(dir.path(), "replay none.log").error(1);
    assert!(error.contains("none.log: No such file"), "{error}");
    let line = "run --record no/such.log --invoke f a.wat";
    let error = wasmote_in(dir.path(), line).error(1);
    assert!(error.contains("no/such.log"), "{error}");
    // A recording that was cut off says so where it ends.
    let log = fs::read(dir.path().join("a.log")).expect("it is there");
    dir.file(
        "b.wat",
        r#"(module (func (export "f") (result i32) i32.const 1))"#,
    );
    fs::write(dir.path().join("b.log"), &log[..log.len() - 1]).expect("it can be written");
    let error = wasmote_in(dir.path(), "replay --module b.wat b.log").error(1);
    assert!(error.contains("ends"), "{error}");
}
