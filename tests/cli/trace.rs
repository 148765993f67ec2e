//! `trace`: every instruction, or some.

use wasmote_tests::{Ran, Scratch, guest, wasmote, wasmote_in};

const CALLS: &str = r#"(module $calls
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (func $double (param $x i32) (result i32)
    (i32.mul (local.get $x) (i32.const 2)))
  (func $main (export "run") (param $n i32) (result i32)
    (i32.store offset=4 (i32.const 12) (call $double (local.get $n)))
    (drop (call $yield))
    (if (i32.load (i32.const 16)) (then (return (i32.div_u (i32.const 7) (i32.load8_u (i32.const 16))))))
    (i32.const 0)))"#;

/// All of `run 4`.
const WHOLE: &str = "                     \
main:
        0  0x000065    i32.const 12                        -> i32 12
        1  0x000067    local.get $n                        -> i32 4
        2  0x000069    call $double                        i32 4
                       double:
        3  0x00005d      local.get $x                      -> i32 4
        4  0x00005f      i32.const 2                       -> i32 2
        5  0x000061      i32.mul                           i32 4 i32 2 -> i32 8
        6  0x000062      end                               i32 8
                     main:
           0x000069    (call $double)                      -> i32 8
        7  0x00006b    i32.store offset=4                  i32 12 i32 8  write 0x10: 08 00 00 00
        8  0x00006e    call $yield                         -> i32 0
        9  0x000070    drop                                i32 0
       10  0x000071    i32.const 16                        -> i32 16
       11  0x000073    i32.load                            i32 16 -> i32 8  read 0x10: 08 00 00 00
       12  0x000076    if                                  i32 8
       13  0x000078    i32.const 7                         -> i32 7
       14  0x00007a    i32.const 16                        -> i32 16
       15  0x00007c    i32.load8_u                         i32 16 -> i32 8  read 0x10: 08
       16  0x00007f    i32.div_u                           i32 7 i32 8 -> i32 0
       17  0x000080    return                              i32 0
       18  end
";

fn trace(wat: &str, line: &str) -> Ran {
    let dir = Scratch::new();
    dir.file("p.wat", wat);
    wasmote_in(dir.path(), &format!("trace {line}"))
}

/// The steps of a trace, and how it ended.
fn steps(line: &str) -> (Vec<u64>, String) {
    let ran = trace(CALLS, &format!("{line} --invoke run p.wat 4"));
    let mut lines: Vec<&str> = ran.err.lines().collect();
    let end = lines.pop().expect("an end").trim();
    let numbers = lines
        .iter()
        .filter_map(|line| line.get(..9)?.trim().parse().ok());
    (
        numbers.collect(),
        end.split("  ").nth(1).expect("two columns").to_owned(),
    )
}

#[test]
fn every_instruction_with_its_values() {
    let ran = trace(CALLS, "--invoke run p.wat 4");
    assert_eq!((ran.code, ran.out.as_str()), (0, "0\n"));
    assert_eq!(ran.err, WHOLE);
}

#[test]
fn json_has_the_same() {
    let ran = trace(CALLS, "--json --to 8 --invoke run p.wat 4");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines.len(), 10, "{}", ran.err);
    assert_eq!(
        lines[5],
        r#"{"step":5,"depth":1,"func":1,"name":"double","offset":97,"text":"i32.mul","operands":[{"type":"i32","value":4},{"type":"i32","value":2}],"results":[{"type":"i32","value":8}]}"#
    );
    assert_eq!(
        lines[7..],
        [
            r#"{"returned":2,"depth":0,"func":2,"name":"main","offset":105,"text":"call $double","results":[{"type":"i32","value":8}]}"#,
            r#"{"step":7,"depth":0,"func":2,"name":"main","offset":107,"text":"i32.store offset=4","operands":[{"type":"i32","value":12},{"type":"i32","value":8}],"results":[],"memory":[{"access":"write","memory":0,"address":16,"len":4,"bytes":"08000000"}]}"#,
            r#"{"end":"stopped","steps":8}"#,
        ]
    );
}

#[test]
fn filters_leave_what_they_should() {
    let end = || "end".to_owned();
    let stopped = || "stopped".to_owned();
    assert_eq!(steps("--func double"), (vec![3, 4, 5, 6], end()));
    let main: Vec<u64> = (0..18).filter(|step| !(3..7).contains(step)).collect();
    assert_eq!(steps("--func main"), (main, end()));
    assert_eq!(
        steps("--func 1 --range 0x73..0x79"),
        (vec![3, 4, 5, 6, 11, 12, 13], end())
    );
    assert_eq!(steps("--memory 16"), (vec![7, 11, 15], end()));
    assert_eq!(steps("--memory 0x11..0x20"), (vec![7, 11], end()));
    assert_eq!(steps("--memory 20..30"), (vec![], end()));
    assert_eq!(steps("--memory 16 --func double"), (vec![], end()));
    assert_eq!(steps("--memory 16 --range 0x73..0x74"), (vec![11], end()));
    assert_eq!(steps("--from 4 --to 8"), (vec![4, 5, 6, 7], stopped()));
    assert_eq!(steps("--from 4 --limit 2"), (vec![4, 5], stopped()));
    assert_eq!(steps("--from 5 --func double"), (vec![5, 6], end()));
    assert_eq!(steps("--from 100"), (vec![], end()));
    // A call that is shown is shown to return, whatever is not shown between.
    let ran = trace(CALLS, "--range 0x69..0x6a --invoke run p.wat 4");
    assert_eq!(
        ran.err,
        "                     main:
        2  0x000069    call $double                        i32 4 -> i32 8
       18  end
"
    );
}

#[test]
fn traps_and_exits_end_it() {
    let ran = trace(CALLS, "--from 16 --invoke run p.wat 128");
    assert_eq!((ran.code, ran.out.as_str()), (134, ""));
    let expected = "                     main:
       16  0x00007f    i32.div_u                           i32 7 i32 0
       17  wasm trap: integer divide by zero
error: wasm trap: integer divide by zero
";
    assert!(ran.err.starts_with(expected), "{}", ran.err);
    let wat = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (func (export "_start") (v128.store (i32.const 65530) (v128.const i64x2 1 2)))
        (func (export "exit") (call $exit (i32.const 3))))"#;
    let ran = trace(wat, "--invoke exit p.wat");
    assert_eq!(ran.code, 3);
    assert!(
        ran.err.ends_with("\n        2  exit with status 3\n"),
        "{}",
        ran.err
    );
    let ran = trace(wat, "p.wat");
    assert_eq!(ran.code, 134);
    let line = "i32 65530 v128 0x00000000000000020000000000000001  write 0xfffa … 16 bytes\n";
    assert!(ran.err.contains(line), "{}", ran.err);
    let ran = trace(CALLS, "--fuel 3 --invoke run p.wat 1");
    assert_eq!(ran.code, 134);
    assert!(ran.err.contains("all fuel consumed"), "{}", ran.err);
}

#[test]
fn tail_calls_exceptions_and_references() {
    let wat = r#"(module (tag $t (param i32)) (type $f (func (param i32)))
      (func $throw (param i32) (throw $t (local.get 0)))
      (func $tail (param i32) (return_call $throw (local.get 0)))
      (elem declare func $tail)
      (func $run (export "run") (result i32)
        (block $caught (result i32)
          (try_table (catch $t $caught) (call_ref $f (i32.const 7) (ref.func $tail)))
          (i32.const 0))))"#;
    let ran = trace(wat, "--invoke run p.wat");
    assert_eq!((ran.code, ran.out.as_str()), (0, "7\n"));
    let texts: Vec<&str> = ran
        .err
        .lines()
        .map(|line| line.get(21..).unwrap_or(line).trim_end())
        .collect();
    assert_eq!(
        texts,
        [
            "run:",
            "  block $caught (result i32)",
            "  try_table (catch $t $caught)",
            "  i32.const 7                         -> i32 7",
            "  ref.func $tail                      -> funcref",
            "  call_ref $f                         i32 7 funcref",
            "  tail:",
            "    local.get 0                       -> i32 7",
            "    return_call $throw                i32 7",
            "  throw:",
            "    local.get 0                       -> i32 7",
            "    throw $t                          i32 7",
            // Caught: the call does not return.
            "run:",
            "  end                                 i32 7",
            "       10  end",
        ]
    );
}

#[test]
fn a_real_program() {
    let dir = Scratch::new();
    dir.file("a.md", "# One\n");
    let guest = guest("md2html.wasm");
    let run = |options: &str| {
        let line = format!(
            "trace -o t {options} --virtual --dir . {} a.md",
            guest.display()
        );
        let ran = wasmote_in(dir.path(), &line);
        let text = std::fs::read_to_string(dir.path().join("t")).expect("the trace");
        (ran, text)
    };
    let (ran, all) = run("");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("<h1>One</h1>"), "{}", ran.out);
    let end = all.lines().last().expect("an end").trim();
    let count: u64 = end
        .split("  ")
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a count");
    let steps: Vec<u64> = all
        .lines()
        .filter_map(|line| line.get(..9)?.trim().parse().ok())
        .collect();
    // Every step once, and the number of the end.
    assert_eq!(steps, (0..=count).collect::<Vec<u64>>());
    // What filters leave of it is in it.
    let (_, some) = run("--memory 0x100000..0x101000");
    let is_step = |line: &&str| {
        line.get(..9)
            .is_some_and(|step| step.trim().parse::<u64>().is_ok())
    };
    let all: std::collections::HashSet<&str> = all.lines().collect();
    assert!(some.lines().count() > 10, "{some}");
    for line in some.lines().filter(is_step) {
        assert!(all.contains(line), "{line}");
    }
}

#[test]
fn odd_input_is_refused() {
    let error = |line: &str| trace(CALLS, &format!("{line} --invoke run p.wat 4"));
    let of = |line: &str| error(line).error(1);
    assert_eq!(of("--func none"), "error: no function `none` in the module");
    assert_eq!(
        of("--func yield"),
        "error: function `yield` is imported: it has no code"
    );
    assert!(of("-o no/such/dir").starts_with("error: no/such/dir: "));
    for line in [
        "--range 5",
        "--range 6..5",
        "--memory x",
        "--from -1",
        "--limit many",
    ] {
        assert_eq!(error(line).code, 2, "{line}");
    }
    let no_memory = trace(r#"(module (func (export "_start")))"#, "--memory 1 p.wat");
    assert_eq!(
        no_memory.error(1),
        "error: --memory: the module has no memory"
    );
    let boots = format!("trace {}", guest("no-such.wasm").display());
    assert!(wasmote(&boots).error(1).contains("No such file"));
    let none = trace(CALLS, "--limit 0 --invoke run p.wat 4");
    assert_eq!(none.err, "        0  stopped\n");
}
