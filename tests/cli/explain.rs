//! `wasmote explain`: functions explained as text and as pages, and instructions described.

use std::{collections::BTreeSet, fs};

use wasmote::{Engine, Module, explain::Place};
use wasmote_tests::{Scratch, guest, wasmote, wasmote_in, workload};

/// Adds up an array, and three times a product: what is pinned, folded, fused, redirected and copied.
const SUM: &str = r#"(module
  (memory 1)
  (func $sum (export "sum") (param $base i32) (param $n i32) (result i32) (local $i i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (i32.load (i32.add (local.get $base) (i32.shl (local.get $i) (i32.const 2))))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i32.sub (i32.mul (local.get $s) (local.get $n)) (i32.mul (local.get $i) (call $id (local.get $n)))))
  (func $id (param i32) (result i32) (return (local.get 0)) (drop (i32.const 1))))
"#;

#[test]
fn one_function_is_explained() {
    let dir = Scratch::new();
    dir.file("sum.wat", SUM);
    let out = wasmote_in(dir.path(), "explain sum.wat --func sum").ok();
    assert_eq!(out, include_str!("explain-sum.txt"));
    let out = wasmote_in(dir.path(), "explain sum.wat --func id").ok();
    assert_eq!(out, include_str!("explain-id.txt"));
    // The README shows a part of it.
    let excerpt = |out: &str| {
        let from = out.find("    0x42  ").unwrap();
        let to = out.find("    0x4e  ").unwrap();
        out[from..to].to_string()
    };
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    assert!(
        fs::read_to_string(readme)
            .unwrap()
            .contains(&excerpt(include_str!("explain-sum.txt")))
    );
    // Images have neither pins nor accumulators, and little is fused.
    let compact = wasmote_in(dir.path(), "explain sum.wat --func sum --compact").ok();
    for there in [
        "has no pins",
        "i32.const 2",
        "slot t1",
        "adds up its address itself",
    ] {
        assert!(compact.contains(there), "{there}: {compact}");
    }
    for absent in ["acc", "pin p0", "step_br_if"] {
        let said = compact
            .lines()
            .filter(|line| !line.contains("accumulators hold nothing"));
        assert!(
            !said.into_iter().any(|line| line.contains(absent)),
            "{absent}: {compact}"
        );
    }
    // Two columns are still to be had.
    let plain = wasmote_in(dir.path(), "explain sum.wat --func sum --plain").ok();
    let all = wasmote_in(dir.path(), "explain sum.wat").ok();
    assert!(
        all.starts_with(&plain) && !plain.contains("stack"),
        "{plain}"
    );
}

#[test]
fn explaining_changes_no_code() {
    for file in [guest("md2html.wasm"), guest("files.wasm"), workload("mark")] {
        let module = Module::new(&Engine::default(), fs::read(&file).unwrap()).unwrap();
        for func in module.defined_funcs() {
            for compact in [false, true] {
                let listing = match compact {
                    true => module.explain_compact(func).unwrap(),
                    false => module.explain(func).unwrap(),
                };
                let listed: Vec<String> =
                    listing.into_iter().filter_map(|line| line.code).collect();
                let explanation = module.explanation(func, compact).unwrap();
                let code = explanation.code.iter();
                let code: Vec<String> = code
                    .map(|one| format!("{:4x}  {}", one.at, one.text))
                    .collect();
                assert_eq!(code, listed, "{}: function {func}", file.display());
                let steps = explanation.steps.len();
                assert!(code.is_empty() || steps > 1);
                for one in &explanation.code {
                    assert!(!one.steps.is_empty() && one.steps.iter().all(|step| *step < steps));
                }
                // What the stack says of locals is what the list of them says, or a copy of that.
                for value in explanation
                    .steps
                    .iter()
                    .filter_map(|step| step.stack.as_ref())
                    .flat_map(|stack| &stack.top)
                {
                    if let (Some(local), Place::Slot(_) | Place::Pin(_)) =
                        (value.local, &value.place)
                    {
                        assert_eq!(value.place, explanation.locals[local as usize].place);
                    }
                }
            }
        }
    }
}

/// The names of open elements, checked on the way; the texts of `<code>` elements.
fn read_page(page: &str) -> Vec<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut codes = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("a doctype");
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        if open.last() == Some(&"code") {
            codes.push(
                text.replace("&gt;", ">")
                    .replace("&lt;", "<")
                    .replace("&amp;", "&"),
            );
        }
        let end = rest[at..].find('>').expect("tags end") + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{name} ends");
            continue;
        }
        if tag.ends_with('/') {
            continue;
        }
        let name = tag.split([' ', '\n']).next().unwrap();
        open.push(name);
        if ["script", "style"].contains(&name) {
            let close = rest.find(&format!("</{name}>")).expect("it ends");
            rest = &rest[close..];
        }
    }
    assert_eq!(open, [""; 0], "all elements end");
    codes
}

#[test]
fn a_page_has_everything_once_and_needs_nothing() {
    let dir = Scratch::new();
    dir.file("sum.wat", SUM);
    let run = wasmote_in(dir.path(), "explain sum.wat --func sum --html page.html").ok();
    assert_eq!(run, "");
    let page = fs::read_to_string(dir.path().join("page.html")).unwrap();
    let module = Module::new(&Engine::default(), wat::parse_str(SUM).unwrap()).unwrap();
    let explanation = module.explanation(0, false).unwrap();
    let codes = read_page(&page);
    let steps = explanation.steps.iter().map(|step| step.wasm.as_str());
    // (The entry has no instruction; blocks and branches have their numbers behind them.)
    let shown: Vec<&str> = codes
        .iter()
        .map(|code| code.split([' ']).next().unwrap())
        .collect();
    let wanted: Vec<&str> = ["(entry)"]
        .into_iter()
        .chain(steps.skip(1).map(|wasm| wasm.split(' ').next().unwrap()))
        .chain(
            explanation
                .code
                .iter()
                .map(|one| one.text.split(' ').next().unwrap()),
        )
        .collect();
    assert_eq!(shown, wanted);
    for index in 0..explanation.steps.len() {
        let rows = page.matches(&format!("data-step=\"{index}\"")).count();
        assert_eq!(rows, 1, "step {index}");
    }
    for one in &explanation.code {
        assert!(
            page.contains(&one.text.replace("->", "-&gt;")),
            "{}",
            one.text
        );
    }
    for external in ["http:", "https:", "//", "url(", "@import", " src=", "<link"] {
        assert!(!page.contains(external), "{external}");
    }
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("width=device-width"));
    // All functions are one page, with links to them.
    wasmote_in(dir.path(), "explain sum.wat --html all.html").ok();
    let all = fs::read_to_string(dir.path().join("all.html")).unwrap();
    assert_eq!(all.matches("<section").count(), 2);
    let links: BTreeSet<&str> = all
        .match_indices("href=\"#")
        .map(|(at, _)| &all[at + 7..at + 9])
        .collect();
    assert!(links.iter().all(|id| all.contains(&format!("id=\"{id}\""))) && links.len() == 2);
    read_page(&all);
}

#[test]
fn an_instruction_is_described() {
    let add = wasmote("explain --spec i32.add").ok();
    for line in [
        "  binary  0x6A",
        "  type    [i32 i32] -> [i32]",
        "  rule    Pops c2, then c1; pushes c1 + c2 modulo 2^32.",
        "  traps   never",
        "  see     https://webassembly.github.io/spec/core/exec/instructions.html#exec-binop",
    ] {
        assert!(add.lines().any(|other| other == line), "{line}: {add}");
    }
    for op in [
        "op i32.add (row I32Add of binary, core, commutes)",
        "i32.add+store",
        "i32.load+add",
    ] {
        assert!(add.contains(op), "{op}: {add}");
    }
    let get = wasmote("explain --spec struct.get").ok();
    assert!(
        get.contains("0xFB 0x02 x:typeidx i:fieldidx") && get.contains("row StructGet32"),
        "{get}"
    );
    let table = wasmote("explain --spec br_table").ok();
    assert!(
        table.starts_with("br_table l* l_N\n") && table.contains("[t1* t* i32] -> [t2*]"),
        "{table}"
    );
    let constant = wasmote("explain --spec i64.const").ok();
    assert!(constant.contains("No op has its name"), "{constant}");
    assert_eq!(
        wasmote("explain --spec ref.test")
            .ok()
            .matches("  binary  ")
            .count(),
        2
    );
    let all = wasmote("explain --spec").ok();
    assert!(
        all.lines().count() > 550 && all.lines().any(|line| line.starts_with("6A  ")),
        "{all}"
    );
}

#[test]
fn what_cannot_be_explained() {
    let dir = Scratch::new();
    dir.file("sum.wat", SUM);
    wasmote_in(dir.path(), "compile sum.wat -o sum.mote").ok();
    let error = |line: &str| wasmote_in(dir.path(), line).error(1);
    assert_eq!(
        error("explain --spec i32.plus"),
        "error: no instruction `i32.plus`: `wasmote explain --spec` lists all"
    );
    assert_eq!(
        error("explain --spec i31.get"),
        "error: no instruction `i31.get`; there is i31.get_s, i31.get_u"
    );
    assert_eq!(
        error("explain sum.mote --html page.html"),
        "error: sum.mote: an image has no WebAssembly to show"
    );
    assert!(error("explain sum.wat --html no/page.html").starts_with("error: no/page.html: "));
    assert_eq!(wasmote_in(dir.path(), "explain").code, 2);
    assert_eq!(
        wasmote_in(dir.path(), "explain sum.wat --spec i32.add").code,
        2
    );
}
