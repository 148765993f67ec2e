//! What talks to a debug adapter.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use wasmote_tests::command;

/// How long anything may take. (Builds for tests are slow, and many run at once.)
const PATIENCE: Duration = Duration::from_secs(60);

/// An editor.
pub struct Editor {
    pub adapter: Child,
    pub input: Option<ChildStdin>,
    messages: Receiver<Value>,
    seq: i64,
    /// All events, and how many were looked at.
    pub events: Vec<Value>,
    seen: usize,
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.adapter.kill();
        let _ = self.adapter.wait();
    }
}

/// Everything on the adapter's standard output is a message.
fn messages(output: ChildStdout) -> impl Iterator<Item = Value> {
    let mut output = BufReader::new(output);
    std::iter::from_fn(move || {
        let mut header = String::new();
        output.read_line(&mut header).expect("text");
        if header.is_empty() {
            return None;
        }
        let length = header.strip_prefix("Content-Length: ");
        let length = length.unwrap_or_else(|| panic!("a message, not `{header}`"));
        let mut bytes = vec![0; length.trim().parse().expect("a number")];
        let mut empty = String::new();
        output.read_line(&mut empty).expect("text");
        assert_eq!(empty, "\r\n");
        output.read_exact(&mut bytes).expect("a whole message");
        Some(serde_json::from_slice(&bytes).expect("JSON"))
    })
}

impl Editor {
    pub fn start(directory: &Path) -> Editor {
        let mut adapter = command(directory, "debug --dap");
        adapter
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut adapter = adapter.spawn().expect("wasmote starts");
        let output = adapter.stdout.take().expect("piped");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for (n, message) in (1..).zip(messages(output)) {
                assert_eq!(message["seq"], n, "{message}");
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Editor {
            input: adapter.stdin.take(),
            adapter,
            messages: receiver,
            seq: 0,
            events: Vec::new(),
            seen: 0,
        }
    }

    /// An adapter that has been told to launch a program, and waits for breakpoints.
    pub fn launched(directory: &Path, arguments: Value) -> Editor {
        let mut editor = Editor::start(directory);
        let capabilities = editor.ok(
            "initialize",
            json!({
                "adapterID": "wasmote", "linesStartAt1": true, "columnsStartAt1": true, "pathFormat": "path",
                "supportsVariableType": true, "supportsVariablePaging": true,
            }),
        );
        assert_eq!(capabilities["supportsStepBack"], true);
        editor.ok("launch", arguments);
        editor.event("initialized");
        editor
    }

    pub fn send(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("open");
        input.write_all(bytes).expect("the adapter reads");
    }

    pub fn send_request(&mut self, command: &str, arguments: Value) {
        self.seq += 1;
        let request = json!({
            "seq": self.seq, "type": "request", "command": command, "arguments": arguments,
        });
        let text = request.to_string();
        self.send(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub fn next_message(&mut self) -> Value {
        match self.messages.recv_timeout(PATIENCE) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => panic!("nothing comes; events: {:#?}", self.events),
            Err(RecvTimeoutError::Disconnected) => {
                let mut errors = String::new();
                let stderr = self.adapter.stderr.as_mut().expect("piped");
                stderr.read_to_string(&mut errors).expect("text");
                panic!("the adapter is gone: {errors}")
            }
        }
    }

    pub fn request(&mut self, command: &str, arguments: Value) -> Value {
        self.send_request(command, arguments);
        loop {
            let message = self.next_message();
            if message["type"] == "event" {
                self.events.push(message);
                continue;
            }
            assert_eq!(message["request_seq"], self.seq, "{message}");
            assert_eq!(message["command"], command);
            return message;
        }
    }

    /// The body of a response.
    #[track_caller]
    pub fn ok(&mut self, command: &str, arguments: Value) -> Value {
        let response = self.request(command, arguments);
        assert_eq!(response["success"], true, "{response:#}");
        response["body"].clone()
    }

    /// Why a request is refused.
    #[track_caller]
    pub fn refused(&mut self, command: &str, arguments: Value) -> String {
        let response = self.request(command, arguments);
        assert_eq!(response["success"], false, "{response:#}");
        response["message"].as_str().expect("text").to_owned()
    }

    /// The body of the next event of a name.
    pub fn event(&mut self, name: &str) -> Value {
        loop {
            while self.seen < self.events.len() {
                let event = self.events[self.seen].clone();
                self.seen += 1;
                if event["event"] == name {
                    return event["body"].clone();
                }
            }
            let message = self.next_message();
            assert_eq!(message["type"], "event", "{message}");
            self.events.push(message);
        }
    }

    #[track_caller]
    pub fn stopped(&mut self, reason: &str) -> Value {
        let body = self.event("stopped");
        assert_eq!(body["reason"], reason, "{body:#}");
        assert_eq!(body["allThreadsStopped"], true);
        body
    }

    /// What came of a category, as far as is known.
    pub fn output(&self, category: &str) -> String {
        let outputs = self
            .events
            .iter()
            .filter(|event| event["event"] == "output");
        let bodies = outputs.map(|event| &event["body"]);
        let own = bodies.filter(|body| body["category"] == category);
        own.map(|body| body["output"].as_str().expect("text"))
            .collect()
    }

    /// Does a motion to where it stops for a reason.
    #[track_caller]
    pub fn go(&mut self, command: &str, reason: &str) -> Value {
        self.ok(command, json!({"threadId": 1}));
        self.stopped(reason)
    }

    pub fn frames(&mut self) -> Vec<Value> {
        let trace = self.ok("stackTrace", json!({"threadId": 1}));
        let frames = trace["stackFrames"].as_array().expect("frames");
        assert_eq!(trace["totalFrames"], frames.len());
        frames.clone()
    }

    /// Function, file and line of the innermost frame.
    pub fn place(&mut self) -> (String, String, u64) {
        let frame = &self.frames()[0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let line = frame["line"].as_u64().expect("a number");
        (text(&frame["name"]), text(&frame["source"]["name"]), line)
    }

    /// What a scope of a frame has.
    pub fn scope(&mut self, frame: &Value, name: &str) -> (Value, Vec<Value>) {
        let scopes = self.ok("scopes", json!({"frameId": frame["id"]}));
        let mut scopes = scopes["scopes"].as_array().expect("scopes").iter();
        let scope = scopes.find(|scope| scope["name"] == name);
        let reference = scope.expect("there is one")["variablesReference"].clone();
        (reference.clone(), self.variables(&reference))
    }

    pub fn variables(&mut self, reference: &Value) -> Vec<Value> {
        let body = self.ok("variables", json!({"variablesReference": reference}));
        body["variables"].as_array().expect("variables").clone()
    }

    pub fn evaluate(&mut self, expression: &str) -> String {
        let frame = self.frames()[0]["id"].clone();
        let body = self.ok(
            "evaluate",
            json!({"expression": expression, "frameId": frame, "context": "watch"}),
        );
        body["result"].as_str().expect("text").to_owned()
    }

    pub fn console(&mut self, command: &str) -> String {
        let body = self.ok(
            "evaluate",
            json!({"expression": command, "context": "repl"}),
        );
        body["result"].as_str().expect("text").to_owned()
    }

    /// The exit status of the adapter.
    pub fn status(&mut self) -> i32 {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.adapter.try_wait().expect("it can be waited for") {
                return status.code().expect("no signal");
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("the adapter does not end")
    }

    pub fn disconnect(mut self) {
        self.ok("disconnect", json!({}));
        assert_eq!(self.status(), 0);
    }
}

/// The variable of a name.
#[track_caller]
pub fn named<'v>(variables: &'v [Value], name: &str) -> &'v Value {
    let mut variables = variables.iter();
    let found = variables.find(|variable| variable["name"] == name);
    found.unwrap_or_else(|| panic!("no `{name}`"))
}
