//! Programs without debug information, and commands.

use serde_json::{Value, json};
use wasmote_tests::Scratch;

use super::{
    FAC,
    editor::{Editor, named},
};

#[test]
fn without_debug_information_there_is_text_of_webassembly() {
    let dir = Scratch::new();
    dir.file("fac.wasm", wat::parse_str(FAC).expect("valid"));
    let mut editor = Editor::launched(
        dir.path(),
        json!({"program": "fac.wasm", "invoke": "fac", "args": [5], "stopOnEntry": true, "colour": "red"}),
    );
    assert!(
        editor.output("console").contains("`colour`"),
        "{}",
        editor.output("console")
    );
    editor.ok(
        "setExceptionBreakpoints",
        json!({"filters": ["trap", "exit"]}),
    );
    editor.ok("configurationDone", json!({}));
    editor.stopped("entry");
    let frame = editor.frames()[0].clone();
    let source = frame["source"].clone();
    assert_eq!(
        (&source["name"], &frame["line"]),
        (&json!("fac.wat"), &json!(3))
    );
    let text = editor.ok(
        "source",
        json!({"source": source, "sourceReference": source["sourceReference"]}),
    );
    let text = text["content"].as_str().expect("text").to_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[2], "  i32.const 1", "{text}");
    let store = 1 + lines
        .iter()
        .position(|line| line.trim() == "i32.store")
        .expect("it is there");

    // A breakpoint in the text.
    let set = editor.ok(
        "setBreakpoints",
        json!({"source": source, "breakpoints": [{"line": 1}, {"line": store}, {"line": 99}]}),
    );
    let lines = [
        "/breakpoints/0/line",
        "/breakpoints/1/line",
        "/breakpoints/2/line",
    ];
    let lines = lines.map(|at| set.pointer(at).and_then(Value::as_u64));
    assert_eq!(lines, [Some(3), Some(store as u64), None]);
    let locations = editor.ok(
        "breakpointLocations",
        json!({"source": source, "line": 1, "endLine": 4}),
    );
    assert_eq!(locations["breakpoints"], json!([{"line": 3}, {"line": 4}]));
    editor.go("continue", "breakpoint");
    assert_eq!(editor.place().2, store as u64);
    let frame = editor.frames()[0].clone();
    let (_, values) = editor.scope(&frame, "WebAssembly locals");
    assert_eq!(named(&values, "1 $product")["value"], "5");
    let (_, stack) = editor.scope(&frame, "Operand stack");
    let stack: Vec<&str> = stack.iter().filter_map(|v| v["value"].as_str()).collect();
    assert_eq!(stack, ["16", "5"]);

    // Instructions, and a breakpoint at one.
    let code = editor.ok(
        "disassemble",
        json!({
            "memoryReference": frame["instructionPointerReference"], "instructionOffset": -20, "instructionCount": 25,
        }),
    );
    let code = code["instructions"].as_array().expect("instructions");
    assert_eq!(code.len(), 25);
    assert_eq!(code[20]["address"], frame["instructionPointerReference"]);
    assert_eq!(code[20]["instruction"], "  i32.store");
    assert_eq!(code[20]["instructionBytes"], "36 02 00");
    assert_eq!(code[0]["presentationHint"], "invalid");
    assert_eq!(code[11]["symbol"], "fac");
    let set = editor.ok(
        "setInstructionBreakpoints",
        json!({"breakpoints": [
            {"instructionReference": code[21]["address"]},
            {"instructionReference": code[20]["address"], "offset": 1},
        ]}),
    );
    assert_eq!(set["breakpoints"][0]["verified"], true);
    assert_eq!(set["breakpoints"][1]["verified"], false);
    editor.go("continue", "instruction breakpoint");
    let memory = editor.ok("readMemory", json!({"memoryReference": "0x10", "count": 4}));
    assert_eq!(memory["data"], "BQAAAA==");
    let memory = editor.ok(
        "readMemory",
        json!({"memoryReference": "0xfffe", "count": 4}),
    );
    assert_eq!(
        (&memory["data"], &memory["unreadableBytes"]),
        (&json!("AAA="), &json!(2))
    );

    // Values are changed where the run is at its end.
    let frame = editor.frames()[0].clone();
    let (locals, _) = editor.scope(&frame, "WebAssembly locals");
    let set = editor.ok(
        "setVariable",
        json!({"variablesReference": locals, "name": "0 $n", "value": "4"}),
    );
    assert_eq!(set["value"], "4");
    editor.ok(
        "writeMemory",
        json!({"memoryReference": "0x10", "data": "BwAAAA=="}),
    );
    assert_eq!(editor.evaluate("i32 16"), "7");
    let why = editor.refused(
        "writeMemory",
        json!({"memoryReference": "0xfffe", "data": "BwAAAA=="}),
    );
    assert!(!why.is_empty());
    let data = editor.ok(
        "dataBreakpointInfo",
        json!({"variablesReference": locals, "name": "1 $product"}),
    );
    editor.ok("setInstructionBreakpoints", json!({"breakpoints": []}));
    editor.ok(
        "setBreakpoints",
        json!({"source": source, "breakpoints": []}),
    );

    // To the end, and back from there.
    editor.go("continue", "exit");
    assert_eq!(editor.frames()[0]["name"], "returned");
    editor.ok(
        "setDataBreakpoints",
        json!({"breakpoints": [{"dataId": data["dataId"]}]}),
    );
    editor.go("reverseContinue", "data breakpoint");
    assert_eq!(editor.evaluate("$product"), "30");
    let why = editor.refused(
        "writeMemory",
        json!({"memoryReference": "0x10", "data": "BwAAAA=="}),
    );
    assert!(why.contains("last step only"), "{why}");
    editor.ok("setDataBreakpoints", json!({"breakpoints": []}));
    editor.go("reverseContinue", "entry");
    editor.go("continue", "exit");
    editor.ok("continue", json!({"threadId": 1}));
    assert_eq!(editor.event("exited")["exitCode"], 0);
    editor.event("terminated");
    editor.disconnect();
}

#[test]
fn the_console_takes_commands() {
    let dir = Scratch::new();
    dir.file("fac.wasm", wat::parse_str(FAC).expect("valid"));
    let mut editor = Editor::launched(
        dir.path(),
        json!({"program": "fac.wasm", "invoke": "fac", "args": ["5"], "stopOnEntry": true}),
    );
    editor.ok("configurationDone", json!({}));
    editor.stopped("entry");
    assert_eq!(editor.console("break 0x43"), "breakpoint 1: fac, 0x43");
    let told = editor.event("breakpoint");
    assert_eq!(
        (&told["reason"], &told["breakpoint"]["id"]),
        (&json!("new"), &json!(1))
    );
    assert!(editor.console("continue").starts_with("breakpoint 1\n"));
    editor.stopped("breakpoint");
    assert!(editor.console("goto 57").starts_with("step 57: fac+0x11\n"));
    editor.stopped("step");
    assert_eq!(editor.console("print $n"), "$n = 1");
    assert_eq!(editor.console("$n"), "1");
    assert!(editor.console("who i32 16").contains("written by step 45"));
    editor.stopped("data breakpoint");
    editor.console("delete 1");
    assert_eq!(editor.event("breakpoint")["reason"], "removed");
    editor.console("tbreak 0x43");
    assert_eq!(editor.event("breakpoint")["reason"], "new");
    let stop = editor.go("reverseContinue", "breakpoint");
    assert_eq!(stop["hitBreakpointIds"], json!([2]));
    assert_eq!(editor.event("breakpoint")["reason"], "removed");
    editor.go("reverseContinue", "entry");
    let why = editor.refused(
        "evaluate",
        json!({"expression": "`nonsense", "context": "repl"}),
    );
    assert!(why.contains("nonsense"), "{why}");
    let completions = editor.ok("completions", json!({"text": "reverse-c", "column": 10}));
    assert_eq!(
        completions["targets"],
        json!([{"label": "reverse-continue", "length": 9}])
    );
    editor.console("quit");
    editor.event("terminated");
    editor.disconnect();
}

/// A module in the text format is seen as its author has written it.
#[test]
fn text_has_lines_of_its_own() {
    let dir = Scratch::new();
    let file = dir.file("fac.wat", FAC);
    let mut editor = Editor::launched(
        dir.path(),
        json!({"program": "fac.wat", "invoke": "fac", "args": ["5"]}),
    );
    let source = json!({"path": file});
    let set = editor.ok(
        "setBreakpoints",
        json!({"source": source, "breakpoints": [{"line": 8}, {"line": 10, "condition": "$product == 120"}]}),
    );
    // Before the operands of the store, and of the last line.
    for (n, line, opcode) in [(0, 8, "i32.const 16"), (1, 10, "local.get $product")] {
        let breakpoint = &set["breakpoints"][n];
        assert_eq!(
            (&breakpoint["verified"], &breakpoint["line"]),
            (&json!(true), &json!(line))
        );
        let code = editor.ok(
            "disassemble",
            json!({"memoryReference": breakpoint["instructionReference"], "instructionCount": 1}),
        );
        let code = code["instructions"][0]["instruction"]
            .as_str()
            .expect("text")
            .to_owned();
        assert_eq!(code.trim(), opcode);
    }
    editor.ok("configurationDone", json!({}));
    editor.stopped("breakpoint");
    assert_eq!(editor.place(), ("fac".to_owned(), "fac.wat".to_owned(), 8));
    let frame = editor.frames()[0].clone();
    assert_eq!(frame["source"]["path"].as_str(), file.to_str());
    let (_, locals) = editor.scope(&frame, "WebAssembly locals");
    assert_eq!(named(&locals, "1 $product")["value"], "5");
    for line in [9, 7] {
        editor.go("next", "step");
        assert_eq!(editor.place().2, line);
    }
    editor.ok(
        "setBreakpoints",
        json!({"source": source, "breakpoints": [{"line": 10}]}),
    );
    editor.go("continue", "breakpoint");
    assert_eq!(editor.evaluate("$product"), "120");
    editor.go("stepBack", "step");
    assert_eq!(editor.place().2, 9);
    editor.disconnect();
}
