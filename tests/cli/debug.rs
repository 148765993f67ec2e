//! `wasmote debug` without a screen.

use wasmote_tests::{Scratch, command, guest, wasmote, wasmote_in, with_input};

/// A debugger of the guest with a heap bug, and commands.
fn ledger(level: u32, commands: &[&str]) -> String {
    let file = guest(&format!("ledger-O{level}.wasm"));
    let guests = guest("");
    let mut line = command(guests.as_path(), "debug --source-map");
    line.arg(format!("={}", guests.display()));
    for each in commands {
        line.args(["-c", each]);
    }
    line.arg(file).arg("30");
    with_input(line, "").ok()
}

/// The heart of the matter: long after a byte was written wrongly the program traps, and from there it is one command
/// back to the line that wrote it.
#[test]
fn from_a_trap_back_to_the_line_that_wrote_the_bad_byte() {
    for level in [0, 1] {
        let watched = "machine.variables[0].object->class";
        let who = format!("who {watched}");
        let print = format!("print {watched}");
        let told = ledger(
            level,
            &[
                "continue",
                &print,
                &who,
                &print,
                "stepi",
                &print,
                "reverse-stepi",
                "list",
            ],
        );
        let trap = told.lines().position(|line| line.contains("wasm trap"));
        assert!(trap.is_some(), "{told}");
        let wrote = told.lines().find(|line| line.contains("written by step"));
        let wrote = wrote.expect("someone did");
        let at = told
            .lines()
            .find(|line| line.contains(" at src/ledger.c:136"));
        assert!(at.is_some_and(|at| at.contains("join")), "{told}");
        assert!(
            told.contains("=> 136      joined->text[length] = 0;"),
            "{told}"
        );
        // The low byte of the address of the class became 0, and nothing else.
        let (old, new) = wrote.split_once(" -> ").expect("values");
        let bytes =
            |text: &str| -> Vec<String> { text.split(' ').take(4).map(str::to_owned).collect() };
        let (old, new) = (bytes(old), bytes(new));
        assert_eq!(new[0], "00", "{wrote}");
        assert_ne!(old[0], "00", "{wrote}");
        assert_eq!(old[1..], new[1..], "{wrote}");
        // Before and after the write, as the debugger shows it.
        let classes: Vec<&str> = told
            .lines()
            .filter(|line| line.starts_with(watched))
            .collect();
        assert_eq!(classes.len(), 3, "{told}");
        assert_eq!(classes[0], classes[2], "at the trap, and behind the write");
        assert_ne!(classes[0], classes[1], "before the write");
    }
}

#[test]
fn lines_back_are_the_lines_forwards() {
    let there: Vec<&str> = ["tbreak join", "continue"]
        .into_iter()
        .chain(["next"; 4])
        .collect();
    let forwards = ledger(0, &there);
    let back: Vec<&str> = there.iter().copied().chain(["reverse-next"; 4]).collect();
    let both = ledger(0, &back);
    let steps = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("step "));
        lines.map(str::to_owned).collect()
    };
    let (forwards, both) = (steps(&forwards), steps(&both));
    assert_eq!((forwards.len(), both.len()), (5, 9));
    let mut returned = both[4..].to_vec();
    returned.reverse();
    assert_eq!(returned, forwards);
}

#[test]
fn steps_into_functions_come_back_out_of_them() {
    let told = ledger(
        0,
        &[
            "tbreak join",
            "continue",
            "step",
            "step",
            "reverse-step",
            "reverse-step",
            "finish",
            "reverse-finish",
        ],
    );
    let places: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("step "))
        .collect();
    assert!(places[2].contains("allocate at "), "{told}");
    // Over the head of the function, and to the line of the call.
    assert!(places[3].contains("allocate at "), "{told}");
    assert_eq!(places[1], places[4], "{told}");
    assert!(places[5].contains("step at "), "{told}");
    assert!(places[6].contains("main at "), "{told}");
}

const COUNTS: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\02\00\00\000\0a")
  (global $n (mut i32) (i32.const 3))
  (func $print (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
  (func (export "_start")
    (loop $again
      (i32.store8 (i32.const 8) (i32.add (global.get $n) (i32.const 48)))
      (call $print)
      (br_if $again (global.tee $n (i32.sub (global.get $n) (i32.const 1)))))))"#;

fn counts(input: &str) -> String {
    let dir = Scratch::new();
    // (There is no `global.tee`.)
    let text = COUNTS.replace(
        "(global.tee $n (i32.sub (global.get $n) (i32.const 1)))",
        "(block (result i32) (global.set $n (i32.sub (global.get $n) (i32.const 1))) (global.get $n))",
    );
    dir.file("counts.wat", text);
    with_input(command(dir.path(), "debug counts.wat"), input).ok()
}

#[test]
fn output_is_what_had_been_printed_by_then() {
    let told = counts("continue\ngoto 20\noutput\nwatch global $n\nrc\nrc\noutput\nend\noutput\n");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[..4], ["| 3", "| 2", "| 1", "returned"], "{told}");
    let printed = |from: &str| -> Vec<&str> {
        let at = lines
            .iter()
            .position(|line| line.starts_with(from))
            .expect("it is there");
        let lines = lines[at..].iter().skip_while(|line| !line.starts_with('|'));
        lines
            .take_while(|line| line.starts_with('|'))
            .copied()
            .collect()
    };
    assert_eq!(printed("step 20"), ["| 3"], "{told}");
    assert_eq!(lines[lines.len() - 3..], ["| 3", "| 2", "| 1"], "{told}");
}

#[test]
fn values_are_changed_at_the_end_of_time_only() {
    let told = counts("stepi 2\nset global $n = 1\nreverse-stepi\nset global $n = 2\ncontinue\n");
    assert!(told.contains("global $n = 1\n"), "{told}");
    assert!(
        told.contains("error: values can be changed at the last step only"),
        "{told}"
    );
    assert!(
        told.ends_with("| 1\nreturned\nstep 13\n") || told.contains("| 1\nreturned"),
        "{told}"
    );
}

#[test]
fn errors_say_what_is_wrong() {
    let told = counts(
        "nonsense\nbreak nowhere\ngoto x\np local 9\ninfo everything\nx 0x1000000\nfinish now\nb\nd 7\n",
    );
    let errors: Vec<&str> = told.lines().collect();
    assert_eq!(errors.len(), 9, "{told}");
    assert!(
        errors.iter().all(|line| line.starts_with("error: ")),
        "{told}"
    );
    for (error, word) in errors.iter().zip([
        "`nonsense`",
        "`nowhere`",
        "`x`",
        "`9`",
        "`everything`",
        "0x1000000",
        "nothing",
        "WHERE",
        "7",
    ]) {
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_script_ends_at_its_first_error() {
    let dir = Scratch::new();
    dir.file(
        "f.wat",
        r#"(module (func (export "f") (result i32) (i32.const 7)))"#,
    );
    dir.file("good", "# to the end\n\ncontinue\n");
    dir.file("bad", "stepi\nfly\ncontinue\n");
    let good = wasmote_in(dir.path(), "debug --script good --invoke f f.wat").ok();
    assert_eq!(good.lines().next(), Some("returned 7"));
    let bad = wasmote_in(dir.path(), "debug --script bad --invoke f f.wat");
    assert!(bad.out.starts_with("step 1"), "{bad:?}");
    assert!(bad.error(1).contains("fly"));
    let help = wasmote("debug --help");
    assert!(help.ok().contains("--source-map"));
}

#[test]
fn reads_are_watched_too() {
    let dir = Scratch::new();
    dir.file(
        "sum.wat",
        r#"(module (memory (export "memory") 1) (global $g (mut i32) (i32.const 0))
          (func (export "_start")
            (i32.store (i32.const 64) (i32.const 7))
            (global.set $g (i32.add (i32.load (i32.const 64)) (i32.load8_u (i32.const 66))))
            (i32.store16 (i32.const 66) (global.get $g))))"#,
    );
    let told = with_input(
        command(dir.path(), "debug sum.wat"),
        "rwatch i32 64\nawatch 66 1\nrwatch global $g\ninfo watch\nc\nc\nc\nc\nc\nrc\nrc\n",
    )
    .ok();
    let told: Vec<&str> = told.lines().filter(|line| line.contains("watch")).collect();
    let points = [
        "read watchpoint 1: i32 64 (4 bytes at 0x40)",
        "access watchpoint 2: 66 1 (1 byte at 0x42)",
    ];
    let error = "error: locals and globals can be watched for writes only";
    let hits = [
        "watchpoint 2, 66 1: 00 (0) -> 00 (0), written by step 2",
        "watchpoint 1, i32 64: 07 00 00 00 (7), read by step 4",
        "watchpoint 1, i32 64: 07 00 00 00 (7), read by step 6",
        "watchpoint 2, 66 1: 00 (0) -> 07 (7), written by step 11",
    ];
    // (The byte is read by step 6, too: the point that was made first is told.)
    let back = [hits[3], hits[2]];
    let expected = [&points[..], &[error], &points, &hits, &back].concat();
    assert_eq!(told, expected);
}
