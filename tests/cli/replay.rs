//! `run --record` and `replay`: runs again, without what they were given.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Stdio,
    time::Duration,
};

use wasmote_tests::{Scratch, command, guest, wasmote_in, with_input, workload};

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

/// Records a guest that reads a file, and removes the file.
fn recorded_page() -> (Scratch, String) {
    let dir = Scratch::new();
    dir.file("in.md", "# Title\n\nSome *text* here.\n");
    let program = guest("md2html.wasm");
    let line = format!("run --record run.log --dir . {} in.md", program.display());
    let printed = wasmote_in(dir.path(), &line).ok();
    fs::remove_file(dir.path().join("in.md")).expect("it was there");
    (dir, printed)
}

#[test]
fn a_recording_is_debugged_in_both_directions() {
    let (dir, printed) = recorded_page();
    let shown: String = printed.lines().map(|line| format!("| {line}\n")).collect();
    let debug = |input: &str| {
        let line = command(dir.path(), "replay --debug run.log");
        with_input(line, input).ok()
    };
    let told = debug("continue\noutput\ngoto 100\noutput\nrsi\ncontinue\noutput\n");
    // It is printed when it is come to for the first time, and shown when it is asked for.
    let (first, rest) = told.split_once("returned\n").expect("it returns");
    assert_eq!(first, shown, "{told}");
    let (second, rest) = rest.split_once("step 100: ").expect("it goes back");
    assert!(
        second.starts_with("step ") && second.ends_with(&shown),
        "{told}"
    );
    let (back, third) = rest.split_once("returned\n").expect("it goes on");
    assert!(back.contains("step 99: ") && !back.contains("| "), "{told}");
    assert!(third.ends_with(&shown), "{told}");
    assert_eq!(told.matches("<h1>Title</h1>").count(), 3, "{told}");
}

#[test]
fn from_a_recorded_trap_back_to_what_caused_it() {
    let dir = Scratch::new();
    let (program, guests) = (guest("ledger-O0.wasm"), guest(""));
    let run = format!("run --record l.log {} 30", program.display());
    assert_eq!(wasmote_in(dir.path(), &run).code, 134);
    let debugged = |what: &str, end: &str| {
        let mut line = command(dir.path(), what);
        line.arg("--source-map")
            .arg(format!("={}", guests.display()));
        for each in [
            "continue",
            "who machine.variables[0].object->class",
            "backtrace",
            "reverse-next 4",
            "info locals",
        ] {
            line.args(["-c", each]);
        }
        line.args(end.split_whitespace());
        with_input(line, "").ok()
    };
    let replayed = debugged("replay --debug", "l.log");
    assert!(replayed.contains("join at src/ledger.c:136"), "{replayed}");
    let live = debugged("debug", &format!("{} 30", program.display()));
    assert_eq!(replayed, live);
}

#[test]
fn a_divergence_is_shown_where_it_is() {
    let (dir, _) = recorded_page();
    let log = fs::read(dir.path().join("run.log")).expect("it is there");
    fs::write(dir.path().join("cut.log"), &log[..log.len() - 20]).expect("it can be written");
    let told = wasmote_in(
        dir.path(),
        "replay --debug cut.log -c continue -c backtrace -c rsi",
    )
    .ok();
    let (_, at) = told
        .split_once("the replay diverges at step ")
        .expect("it is told");
    let (step, rest) = at.split_once(": the recording ends").expect("and why");
    let step: u64 = step.parse().expect("a number");
    assert!(rest.contains("*#0  "), "{told}");
    assert!(rest.contains(&format!("step {}: ", step - 1)), "{told}");
}

#[test]
fn a_recording_is_served_to_other_debuggers() {
    let (dir, printed) = recorded_page();
    let mut line = command(dir.path(), "replay --debug --gdb 127.0.0.1:0 run.log");
    line.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = line.spawn().expect("wasmote starts");
    let mut errors = BufReader::new(server.stderr.take().expect("piped"));
    let mut told = String::new();
    errors.read_line(&mut told).expect("it tells");
    let address = told
        .trim_end()
        .strip_prefix("listening at ")
        .expect("where it listens");
    let mut client = TcpStream::connect(address).expect("it listens");
    let timeout = Some(Duration::from_secs(60));
    client.set_read_timeout(timeout).expect("not zero");
    let mut said = Vec::new();
    let mut go_on = |to: &[u8]| {
        client.write_all(b"$c#63").expect("it reads");
        while !said.ends_with(to) {
            let mut byte = [0];
            client.read_exact(&mut byte).expect("it answers");
            said.push(byte[0]);
        }
    };
    // It stops at the end, for the way back; after that it is over.
    go_on(b"$T05");
    go_on(b"$W00#b7");
    let ended = server.wait_with_output().expect("it ends");
    assert!(ended.status.success());
    assert_eq!(String::from_utf8_lossy(&ended.stdout), printed);
}

#[test]
fn options_of_the_debugger_want_a_debugger() {
    let (dir, _) = recorded_page();
    let refused = wasmote_in(dir.path(), "replay -c continue run.log");
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("--debug"), "{refused:?}");
    let refused = wasmote_in(dir.path(), "replay --debug --quiet run.log");
    assert_eq!(refused.code, 2);
}
