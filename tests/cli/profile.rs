//! `profile`: counts and flame graphs.

use wasmote_tests::{Ran, Scratch, guest, wasmote, wasmote_in};

const CALLS: &str = r#"(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $middle (param $n i32)
    (loop $again
      (drop (call $leaf (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $main (export "_start")
    (call $middle (i32.const 3)) (call $middle (i32.const 1)) (drop (call $yield)) (drop (call $leaf (i32.const 1)))))"#;

fn profile(line: &str) -> (Scratch, Ran) {
    let dir = Scratch::new();
    dir.file("p.wat", CALLS);
    let ran = wasmote_in(dir.path(), &format!("profile {line} p.wat"));
    (dir, ran)
}

#[test]
fn tables_of_functions_and_opcodes() {
    let (_, ran) = profile("--by function,opcode --top 4");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert_eq!(
        ran.err,
        "\
68 instructions

self     %  total      %  calls  function
  38  55.9     54   79.4      2  middle
  20  29.4     20   29.4      5  leaf
  10  14.7     68  100.0      1  main
   0   0.0      0    0.0      1  wasi_snapshot_preview1.sched_yield

count     %  opcode
   13  19.1  local.get
   12  17.6  i32.const
   10  14.7  end
    8  11.8  call
… and 6 more
"
    );
}

#[test]
fn stacks_and_pictures() {
    let (dir, ran) = profile("--folded f --svg f.svg --html f.html -o report");
    assert_eq!(ran.ok(), "");
    let read = |name| std::fs::read_to_string(dir.path().join(name)).expect(name);
    assert_eq!(
        read("f"),
        "main 10\nmain;middle 38\nmain;middle;leaf 16\nmain;leaf 4\n"
    );
    assert!(read("report").starts_with("68 instructions\n"));
    let svg = read("f.svg");
    assert!(svg.starts_with("<svg ") && svg.contains("p.wat") && svg.contains("68 instructions"));
    assert!(svg.contains("middle"), "{svg}");
    assert!(read("f.html").contains(svg.trim_end()));
}

#[test]
fn json_has_all() {
    let (_, ran) = profile("--json --top 1");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let expected = r#"{"instructions":68,
"functions":[
{"name":"middle","func":2,"calls":2,"self":38,"total":54},
{"name":"leaf","func":1,"calls":5,"self":20,"total":20},
{"name":"main","func":3,"calls":1,"self":10,"total":68},
{"name":"wasi_snapshot_preview1.sched_yield","func":0,"calls":1,"self":0,"total":0}],
"opcodes":[
{"name":"local.get","count":13},
"#;
    assert!(ran.err.starts_with(expected), "{}", ran.err);
    assert!(ran.err.ends_with("}]}\n"), "{}", ran.err);
}

#[test]
fn lines_of_the_source_even_of_what_traps() {
    let line = format!(
        "profile --by line --top 3 {}",
        guest("ledger-O1.wasm").display()
    );
    let ran = wasmote(&line);
    assert_eq!(ran.code, 134, "{ran:?}");
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(
        lines[2].split_whitespace().last(),
        Some("line"),
        "{}",
        ran.err
    );
    for line in &lines[3..6] {
        assert!(line.contains("src/ledger.c:"), "{}", ran.err);
    }
    assert!(ran.err.contains("\nerror: wasm trap: "), "{}", ran.err);
    // The same again, to the last instruction.
    assert_eq!(wasmote(&line).err, ran.err);
}

#[test]
fn the_sums_are_right_on_a_real_program() {
    let dir = Scratch::new();
    dir.file("a.md", "# One\n\ntwo *three* `four`\n");
    let line = format!(
        "profile --virtual --folded f --json -o j --dir . {} a.md",
        guest("md2html.wasm").display()
    );
    let ran = wasmote_in(dir.path(), &line);
    assert!(ran.ok().contains("<h1>One</h1>"));
    let read = |name| std::fs::read_to_string(dir.path().join(name)).expect(name);
    let json = read("j");
    let field = |line: &str, name: &str| -> Option<u64> {
        let (_, rest) = line.split_once(&format!("\"{name}\":"))?;
        rest.split([',', '}']).next()?.parse().ok()
    };
    let all = field(&json, "instructions").expect("a number");
    let sum = |name: &str| {
        json.lines()
            .filter_map(|line| field(line, name))
            .sum::<u64>()
    };
    assert_eq!((sum("self"), sum("count")), (all, all));
    let folded = read("f");
    let counts = folded.lines().map(|line| {
        let count = line.rsplit_once(' ').map(|(_, count)| count.parse::<u64>());
        count.expect("a count").expect("a number")
    });
    assert_eq!(counts.sum::<u64>(), all);
    // As many as are traced.
    let trace = line
        .replace("profile", "trace")
        .replace("--folded f --json -o j", "--from 18446744073709551615");
    let ran = wasmote_in(dir.path(), &trace);
    assert_eq!(ran.err, format!("{all:>9}  end\n"));
}

#[test]
fn odd_input_is_refused() {
    let (_, ran) = profile("--by line");
    assert_eq!(
        ran.error(1),
        "error: p.wat: has no debug information (DWARF), which tells lines"
    );
    let (_, ran) = profile("--by colour");
    assert_eq!(ran.code, 2);
    let (_, ran) = profile("--folded no/such/dir");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("\nerror: no/such/dir: "), "{}", ran.err);
    let image = Scratch::new();
    image.file("p.wat", CALLS);
    wasmote_in(image.path(), "compile p.wat").ok();
    for command in ["profile", "trace"] {
        let error = wasmote_in(image.path(), &format!("{command} p.mote")).error(1);
        assert!(error.starts_with("error: p.mote: "), "{error}");
    }
}
