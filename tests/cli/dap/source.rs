//! Programs with debug information.

use std::{fs, path::Path};

use serde_json::{Value, json};
use wasmote_tests::guest;

use super::editor::{Editor, named};

/// The guest with a heap bug, at its first breakpoints.
fn ledger(level: u32) -> (Editor, Value) {
    let directory = guest("");
    let editor = Editor::launched(
        &directory,
        json!({"program": format!("ledger-O{level}.wasm"), "args": ["30"]}),
    );
    let source = json!({"path": directory.join("src/ledger.c")});
    (editor, source)
}

/// As in the line mode: long after a byte was written wrongly the program traps, and from there it is one motion back to
/// the line that wrote it.
#[test]
fn from_a_trap_back_to_the_line_that_wrote_the_bad_byte() {
    let (mut editor, source) = ledger(0);
    // A comment stands for the next line with code.
    let set = editor.ok(
        "setBreakpoints",
        json!({"source": source, "breakpoints": [{"line": 133}, {"line": 130}, {"line": 100_000}]}),
    );
    let set = set["breakpoints"].as_array().expect("breakpoints");
    assert_eq!(
        (&set[0]["verified"], &set[0]["line"]),
        (&json!(true), &json!(133))
    );
    assert_eq!(
        (&set[1]["verified"], &set[1]["line"]),
        (&json!(true), &json!(132))
    );
    assert_eq!(set[2]["verified"], false);
    assert!(
        set[2]["message"]
            .as_str()
            .is_some_and(|why| why.contains("no code"))
    );
    let ids = [&set[0]["id"], &set[1]["id"]];
    editor.ok("setExceptionBreakpoints", json!({"filters": ["trap"]}));
    editor.ok("configurationDone", json!({}));
    for (id, line) in [(ids[1], 132), (ids[0], 133)] {
        let stop = editor.stopped("breakpoint");
        assert_eq!(stop["hitBreakpointIds"], json!([id]));
        let (function, file, at) = editor.place();
        assert_eq!((&*function, &*file, at), ("join", "ledger.c", line));
        if line == 132 {
            editor.ok("continue", json!({"threadId": 1}));
        }
    }

    // Variables, with their parts.
    let frames = editor.frames();
    let names: Vec<&str> = frames
        .iter()
        .filter_map(|frame| frame["name"].as_str())
        .collect();
    assert_eq!(names, ["join", "step", "main", "__main_void", "_start"]);
    let (_, variables) = editor.scope(&frames[0], "Locals");
    let names: Vec<&str> = variables
        .iter()
        .filter_map(|v| v["name"].as_str())
        .collect();
    assert_eq!(names, ["heap", "a", "b", "length", "joined"]);
    assert_eq!(named(&variables, "length")["value"], "8");
    assert_eq!(named(&variables, "length")["type"], "uint32_t");
    let a = editor.variables(&named(&variables, "a")["variablesReference"]);
    assert_eq!(named(&a, "length")["value"], "7");
    assert_eq!(named(&a, "length")["evaluateName"], "a->length");
    let class = editor.variables(&named(&a, "class")["variablesReference"]);
    let name = named(&class, "name");
    assert!(
        name["value"]
            .as_str()
            .is_some_and(|text| text.ends_with("\"string\""))
    );
    assert_eq!(name["evaluateName"], "a->class->name");
    assert_eq!(
        editor.evaluate("a->class->name"),
        name["value"].as_str().expect("text")
    );
    // A long array comes in parts.
    let heap = editor.variables(&named(&variables, "heap")["variablesReference"]);
    let bytes = named(&heap, "bytes");
    assert_eq!(bytes["indexedVariables"], 4096);
    let some = editor.ok(
        "variables",
        json!({
            "variablesReference": bytes["variablesReference"], "filter": "indexed", "start": 4000, "count": 2,
        }),
    );
    let names = ["/variables/0/name", "/variables/1/name", "/variables/2"];
    let names = names.map(|at| some.pointer(at).cloned());
    assert_eq!(names, [Some(json!("[4000]")), Some(json!("[4001]")), None]);
    // The caller's, and what is not of functions.
    let (_, variables) = editor.scope(&frames[1], "Locals");
    assert_eq!(
        named(&variables, "i")["value"],
        "{opcode: JOIN, operand: 0}"
    );
    let (_, statics) = editor.scope(&frames[0], "Static variables");
    let machine = editor.variables(&named(&statics, "machine")["variablesReference"]);
    assert_eq!(named(&machine, "pc")["value"], "9");

    // Steps, in both directions.
    editor.go("next", "step");
    assert_eq!(editor.place().2, 134);
    editor.go("stepBack", "step");
    assert_eq!(editor.place().2, 133);
    editor.go("stepIn", "step");
    assert_eq!(editor.place().0, "allocate");
    editor.go("stepOut", "step");
    assert_eq!((editor.place().0.as_str(), editor.place().2), ("join", 133));
    // Numbers of frames are good for one stop.
    let why = editor.refused("scopes", json!({"frameId": frames[0]["id"]}));
    assert!(why.contains("no frame"), "{why}");

    // To the trap.
    editor.ok(
        "setBreakpoints",
        json!({"source": source, "breakpoints": []}),
    );
    let trap = editor.go("continue", "exception");
    assert!(
        trap["text"]
            .as_str()
            .is_some_and(|text| text.contains("wasm trap"))
    );
    assert_eq!(editor.output("stdout"), "Collatz:");
    let info = editor.ok("exceptionInfo", json!({"threadId": 1}));
    assert_eq!(info["exceptionId"], "trap");
    assert_eq!(editor.place().2, 190);

    // And back.
    let frame = editor.frames()[0]["id"].clone();
    let info = editor.ok(
        "dataBreakpointInfo",
        json!({"name": "object->class", "frameId": frame}),
    );
    assert_eq!(info["accessTypes"], json!(["write", "read", "readWrite"]));
    let set = editor.ok(
        "setDataBreakpoints",
        json!({"breakpoints": [{"dataId": info["dataId"], "accessType": "write"}, {"dataId": "9"}]}),
    );
    assert_eq!(set["breakpoints"][0]["verified"], true);
    assert_eq!(set["breakpoints"][1]["verified"], false);
    let before = editor.evaluate("object->class");
    let stop = editor.go("reverseContinue", "data breakpoint");
    assert_eq!(
        stop["hitBreakpointIds"],
        json!([set["breakpoints"][0]["id"]])
    );
    let (function, file, line) = editor.place();
    assert_eq!((&*function, &*file, line), ("join", "ledger.c", 136));
    assert_eq!(editor.evaluate("length"), "8");
    let watched = "machine.variables[0].object->class";
    let damaged = editor.evaluate(watched);
    assert_ne!(damaged, before);
    editor.ok("next", json!({"threadId": 1, "granularity": "instruction"}));
    editor.stopped("data breakpoint");
    assert_eq!(editor.evaluate(watched), before);

    // A program that has trapped was looked at; going on ends it.
    editor.ok("setDataBreakpoints", json!({"breakpoints": []}));
    editor.go("continue", "exception");
    editor.ok("continue", json!({"threadId": 1}));
    assert_eq!(editor.event("exited")["exitCode"], 134);
    editor.event("terminated");
    assert_eq!(
        editor.output("stdout"),
        "Collatz:",
        "once, though it ran there twice"
    );
    editor.disconnect();
}

#[test]
fn functions_that_were_inlined_have_frames_and_variables_of_their_own() {
    let (mut editor, source) = ledger(1);
    editor.ok(
        "setBreakpoints",
        json!({"source": source, "breakpoints": [{"line": 136}]}),
    );
    editor.ok("configurationDone", json!({}));
    editor.stopped("breakpoint");
    let frames = editor.frames();
    let of = |name: &str| {
        frames
            .iter()
            .find(|frame| frame["name"] == name)
            .expect(name)
    };
    let own = [
        ("join [inlined]", 136, &["a", "b", "length", "joined"][..]),
        ("step [inlined]", 178, &["right", "left", "i"]),
        ("main", 243, &["argc", "argv", "n"]),
    ];
    for (name, line, variables) in own {
        let frame = of(name);
        assert_eq!(frame["line"], line);
        let (_, found) = editor.scope(frame, "Locals");
        let names: Vec<&str> = found.iter().filter_map(|v| v["name"].as_str()).collect();
        assert_eq!(names, variables, "{name}");
    }
    // What has no source of ours does not hide what has.
    assert_eq!(of("_start")["presentationHint"], "subtle");
    editor.disconnect();
}

#[test]
fn breakpoints_have_conditions_counts_and_messages() {
    let (mut editor, source) = ledger(0);
    let set = editor.ok(
        "setBreakpoints",
        json!({"source": source, "breakpoints": [
            {"line": 157, "condition": "i.opcode == PUSH", "hitCondition": "2", "logMessage": "push {i.operand} to {m->depth}"},
            {"line": 157, "condition": "i.opcode == TABLE"},
            {"line": 158, "condition": "i. =="},
        ]}),
    );
    assert_eq!(set["breakpoints"][2]["verified"], false);
    editor.ok(
        "setFunctionBreakpoints",
        json!({"breakpoints": [{"name": "main"}, {"name": "nothing"}]}),
    );
    editor.ok("configurationDone", json!({}));
    editor.stopped("function breakpoint");
    assert_eq!(editor.place().0, "main");
    editor.ok("continue", json!({"threadId": 1}));
    let stop = editor.stopped("breakpoint");
    assert_eq!(
        stop["hitBreakpointIds"],
        json!([set["breakpoints"][1]["id"]])
    );
    assert_eq!(editor.evaluate("i.operand"), "12");
    assert_eq!(editor.output("console"), "");
    // Breakpoints that go on do not end a step over them.
    editor.ok(
        "setBreakpoints",
        json!({"source": source, "breakpoints": [
            {"line": 157, "condition": "i.opcode == PUSH", "hitCondition": "2", "logMessage": "push {i.operand} to {m->depth}"},
            {"line": 142, "condition": "m->depth == 7"},
        ]}),
    );
    editor.go("stepOut", "step");
    assert_eq!(editor.place().0, "main");
    editor.ok("setDataBreakpoints", json!({"breakpoints": []}));
    let info = editor.ok(
        "dataBreakpointInfo",
        json!({"name": "machine.variables[5].number"}),
    );
    editor.ok(
        "setDataBreakpoints",
        json!({"breakpoints": [{"dataId": info["dataId"], "condition": "machine.variables[5].number == 1"}]}),
    );
    editor.go("continue", "data breakpoint");
    assert_eq!(editor.evaluate("machine.variables[5].number"), "1");
    let log = editor.output("console");
    assert!(log.starts_with("push 0 to 0\npush 1 to 0\n"), "{log}");
    editor.disconnect();
}

#[test]
fn without_debugging_nothing_stops() {
    let directory = guest("");
    let mut editor = Editor::launched(
        &directory,
        json!({"program": "ledger-O0.wasm", "args": ["30"], "noDebug": true, "stopOnEntry": true}),
    );
    let source = json!({"path": directory.join("src/ledger.c")});
    editor.ok(
        "setBreakpoints",
        json!({"source": source, "breakpoints": [{"line": 136}]}),
    );
    editor.ok("setExceptionBreakpoints", json!({"filters": ["trap"]}));
    editor.ok("configurationDone", json!({}));
    assert_eq!(editor.event("exited")["exitCode"], 134);
    assert!(
        editor
            .events
            .iter()
            .all(|event| event["event"] != "stopped")
    );
    assert!(editor.output("stderr").contains("wasm trap"));
    editor.disconnect();
}

/// What the documentation shows, with its `launch.json`.
#[test]
fn the_walk_of_the_documentation() {
    let root = guest("../..");
    let page = fs::read_to_string(root.join("docs/debug-vscode.md")).expect("it is there");
    let (_, behind) = page.split_once("```json\n").expect("a launch.json");
    let (json, _) = behind.split_once("```").expect("it ends");
    let json = json.replace("${workspaceFolder}", root.to_str().expect("text"));
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let mut editor = Editor::launched(Path::new("/"), json["configurations"][0].clone());
    assert_eq!(editor.output("console"), "", "all attributes are known");
    editor.ok("setExceptionBreakpoints", json!({"filters": ["trap"]}));
    editor.ok("configurationDone", json!({}));
    editor.stopped("exception");
    assert_eq!(editor.output("stdout"), "Collatz:");
    let frames = editor.frames();
    assert_eq!(frames[0]["line"], 190);
    let (_, variables) = editor.scope(&frames[0], "Locals");
    let object = &named(&variables, "object")["variablesReference"];
    named(&editor.variables(object), "class");
    let info = editor.ok(
        "dataBreakpointInfo",
        json!({"variablesReference": object, "name": "class"}),
    );
    editor.ok(
        "setDataBreakpoints",
        json!({"breakpoints": [{"dataId": info["dataId"], "accessType": "write"}]}),
    );
    editor.go("reverseContinue", "data breakpoint");
    let (function, file, line) = editor.place();
    assert_eq!((&*function, &*file, line), ("join", "ledger.c", 136));
    // To the start of the line, and on.
    for line in [136, 135, 134] {
        editor.go("stepBack", "step");
        assert_eq!(editor.place().2, line);
    }
    editor.disconnect();
}
