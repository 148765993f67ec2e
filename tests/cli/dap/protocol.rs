//! What is wrong, in launches and in messages.

use std::io::Read;

use serde_json::{Value, json};
use wasmote_tests::{Scratch, wasmote};

use super::{FAC, editor::Editor};

#[test]
fn what_cannot_be_launched_is_told() {
    let dir = Scratch::new();
    dir.file("fac.wat", FAC);
    dir.file("bad.wat", "(module (func $f (result i32)))");
    let mut editor = Editor::start(dir.path());
    let why = editor.refused("threads", json!({}));
    assert!(why.contains("launched"), "{why}");
    let why = editor.refused("initialize", json!({"pathFormat": "uri"}));
    assert!(why.contains("URI"), "{why}");
    editor.ok("initialize", json!({}));
    for (attributes, words) in [
        (json!({}), "`program` is missing"),
        (json!({"program": "none.wat"}), "none.wat: "),
        (json!({"program": "bad.wat"}), "bad.wat: "),
        (json!({"program": "fac.wat"}), "no `_start`"),
        (
            json!({"program": "fac.wat", "invoke": "fac"}),
            "takes 1 argument",
        ),
        (
            json!({"program": "fac.wat", "fuel": "x"}),
            "`fuel` is to be a number",
        ),
        (json!({"program": "fac.wat", "cwd": "nowhere"}), "nowhere: "),
        (json!([]), "arguments: "),
    ] {
        let why = editor.refused("launch", attributes.clone());
        assert!(why.contains(words), "{attributes}: {why}");
    }
    let why = editor.refused("attach", json!({}));
    assert!(why.contains("launched"), "{why}");
    // After all that it still can be.
    editor.ok(
        "launch",
        json!({"program": "fac.wat", "invoke": "fac", "args": ["5"]}),
    );
    editor.event("initialized");
    editor.ok("configurationDone", json!({}));
    assert_eq!(editor.event("exited")["exitCode"], 0);
    assert!(editor.output("console").contains("returned 120"));
    editor.disconnect();
}

#[test]
fn malformed_messages_are_answered() {
    let dir = Scratch::new();
    dir.file("fac.wat", FAC);
    let mut editor = Editor::launched(
        dir.path(),
        json!({"program": "fac.wat", "invoke": "fac", "args": ["5"], "stopOnEntry": true}),
    );
    let send = |editor: &mut Editor, text: &str| {
        editor.send(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    };
    // Those that have no number are told of.
    for (text, words) in [
        ("{]", "no JSON"),
        ("[1, 2]", "no object"),
        (r#"{"type": "request", "command": "threads"}"#, "`seq`"),
    ] {
        send(&mut editor, text);
        let told = editor.event("output");
        assert!(
            told["output"]
                .as_str()
                .is_some_and(|told| told.contains(words)),
            "{told}"
        );
    }
    // The others are refused.
    send(&mut editor, r#"{"seq": 77, "type": "request"}"#);
    let refused = editor.next_message();
    assert_eq!(
        (&refused["request_seq"], &refused["success"]),
        (&json!(77), &json!(false))
    );
    for (command, arguments) in [
        ("fly", json!({})),
        ("setBreakpoints", json!({"source": 1})),
        ("setBreakpoints", json!({"source": {}, "breakpoints": []})),
        (
            "setBreakpoints",
            json!({"source": {"sourceReference": 999}, "breakpoints": []}),
        ),
        (
            "setBreakpoints",
            json!({"source": {"path": "x"}, "breakpoints": [{"line": -1}]}),
        ),
        ("next", json!({"granularity": "week"})),
        ("scopes", json!({"frameId": 12345})),
        ("variables", json!({"variablesReference": -1})),
        ("variables", json!({"variablesReference": i64::MIN})),
        ("evaluate", json!({})),
        ("evaluate", json!({"expression": "((((", "frameId": 99})),
        ("evaluate", json!({"expression": "*".repeat(100_000)})),
        ("readMemory", json!({"memoryReference": "here", "count": 1})),
        (
            "readMemory",
            json!({"memoryReference": "0x0", "offset": -1, "count": 1}),
        ),
        ("readMemory", json!({"memoryReference": "0x0", "count": -1})),
        (
            "writeMemory",
            json!({"memoryReference": "0x0", "data": "%"}),
        ),
        (
            "writeMemory",
            json!({"memoryReference": "0x4000000000000010", "data": "AA=="}),
        ),
        ("source", json!({"sourceReference": 0})),
        ("source", json!({"sourceReference": i64::MIN})),
        ("launch", json!({"program": "fac.wat"})),
        ("initialize", json!({})),
        ("exceptionInfo", json!({"threadId": 1})),
    ] {
        editor.refused(command, arguments);
    }
    // What asks for too much is given what there is.
    let memory = editor.ok(
        "readMemory",
        json!({"memoryReference": "0xffffffffffffffff", "count": u64::MAX}),
    );
    assert_eq!(memory["data"], Value::Null);
    let code = editor.ok(
        "disassemble",
        json!({
            "memoryReference": "0x4000000000000032", "instructionOffset": i64::MIN, "instructionCount": 3,
        }),
    );
    assert_eq!(code["instructions"].as_array().map(Vec::len), Some(3));
    editor.ok("configurationDone", json!({}));
    editor.stopped("entry");

    // A header that is none ends it: the next message cannot be found.
    editor.send(b"Content-Length: many\r\n\r\n{}");
    assert_eq!(editor.status(), 1);
    let mut errors = String::new();
    let stderr = editor.adapter.stderr.as_mut().expect("piped");
    stderr.read_to_string(&mut errors).expect("text");
    assert!(
        errors.starts_with("error: ") && errors.contains("`many`"),
        "{errors}"
    );
}

#[test]
fn the_protocol_says_what_to_debug() {
    for line in [
        "debug",
        "debug --dap p.wasm",
        "debug --dap --gdb x",
        "debug --dap --dir .",
        "debug --dap -c x",
    ] {
        let ran = wasmote(line);
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
    }
}
