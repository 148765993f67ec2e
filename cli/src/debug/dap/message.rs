//! Requests, and what is sent for them.

use std::io::{self, Write};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::wire;

/// The body of a response, or why the request is refused.
pub type Answer = Result<Value, String>;

/// What the client wants.
#[derive(Debug)]
pub struct Request {
    /// The number that the response refers to.
    pub seq: i64,
    /// What is to be done.
    pub command: String,
    arguments: Value,
}

/// A message that is no request.
#[derive(PartialEq, Eq, Debug)]
pub struct NoRequest {
    /// Its number, if it has one.
    pub seq: Option<i64>,
    /// What is wrong with it.
    pub why: String,
}

impl Request {
    /// The request that a message is; none if it is a response.
    ///
    /// # Errors
    /// It is none.
    pub fn of(message: Value) -> Result<Option<Request>, NoRequest> {
        let seq = message.get("seq").and_then(Value::as_i64);
        let bad = |why: &str| NoRequest {
            seq,
            why: why.to_owned(),
        };
        let Value::Object(mut message) = message else {
            return Err(bad("a message is no object"));
        };
        match message.get("type").and_then(Value::as_str) {
            Some("request") => {}
            Some("response") => return Ok(None),
            _ => return Err(bad("a message is neither a request nor a response")),
        }
        Ok(Some(Request {
            seq: seq.ok_or_else(|| bad("a request has no `seq`"))?,
            command: match message.remove("command") {
                Some(Value::String(command)) => command,
                _ => return Err(bad("a request has no `command`")),
            },
            arguments: message.remove("arguments").unwrap_or_default(),
        }))
    }

    /// What it is given. Nothing is as good as no fields.
    ///
    /// # Errors
    /// In words, if that is not what it takes.
    pub fn arguments<A: DeserializeOwned>(&self) -> Result<A, String> {
        let arguments = match &self.arguments {
            Value::Null => Value::Object(Map::new()),
            given => given.clone(),
        };
        serde_json::from_value(arguments).map_err(|error| format!("arguments: {error}"))
    }
}

/// Who is sent to.
pub struct Client {
    out: Box<dyn Write>,
    seq: i64,
    /// What a message could not be sent for; then none is sent any more.
    failed: Option<io::Error>,
}

impl Client {
    /// Nothing was sent yet.
    pub fn new(out: impl Write + 'static) -> Client {
        Client {
            out: Box::new(out),
            seq: 0,
            failed: None,
        }
    }

    /// Whether nobody reads any more.
    pub fn is_gone(&self) -> bool {
        self.failed.is_some()
    }

    /// Answers a request.
    pub fn respond(&mut self, request: &Request, answer: Answer) {
        self.answer(request.seq, &request.command, answer);
    }

    /// Answers what is no request.
    pub fn reject(&mut self, message: NoRequest) {
        match message.seq {
            Some(seq) => self.answer(seq, "", Err(message.why)),
            None => self.print("stderr", &format!("error: {}\n", message.why)),
        }
    }

    fn answer(&mut self, seq: i64, command: &str, answer: Answer) {
        let mut response = json!({
            "type": "response",
            "request_seq": seq,
            "command": command,
            "success": answer.is_ok(),
        });
        match answer {
            Ok(Value::Null) => {}
            Ok(body) => response["body"] = body,
            Err(why) => {
                // (Braces would name variables.)
                let format = why.replace('{', "(").replace('}', ")");
                response["body"] = json!({"error": {"id": 1, "format": format, "showUser": true}});
                response["message"] = why.into();
            }
        }
        self.send(response);
    }

    /// Tells something that was not asked for.
    pub fn event(&mut self, event: &str, body: Value) {
        let mut message = json!({"type": "event", "event": event});
        if !body.is_null() {
            message["body"] = body;
        }
        self.send(message);
    }

    /// Prints text: of category `console`, `stdout` or `stderr`.
    pub fn print(&mut self, category: &str, text: &str) {
        if !text.is_empty() {
            self.event("output", json!({"category": category, "output": text}));
        }
    }

    fn send(&mut self, mut message: Value) {
        if self.is_gone() {
            return;
        }
        self.seq += 1;
        message["seq"] = self.seq.into();
        self.failed = wire::write(&mut self.out, &message).err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_from_what_is_none() {
        let message = json!({"seq": 3, "type": "request", "command": "x", "arguments": {"a": [1]}});
        let request = Request::of(message).expect("one").expect("no response");
        assert_eq!((request.seq, request.command.as_str()), (3, "x"));
        #[derive(serde::Deserialize)]
        struct A {
            a: Vec<u8>,
        }
        assert_eq!(request.arguments::<A>().map(|a| a.a), Ok(vec![1]));
        #[derive(serde::Deserialize, Debug)]
        struct B {
            #[expect(dead_code, reason = "it cannot be read")]
            a: String,
        }
        let error = request.arguments::<B>().expect_err("no text");
        assert!(error.starts_with("arguments: "), "{error}");
        let response = json!({"seq": 3, "type": "response", "request_seq": 1});
        assert!(Request::of(response).expect("valid").is_none());
        for (message, seq, word) in [
            (json!([]), None, "object"),
            (json!({"seq": 4}), Some(4), "neither"),
            (json!({"seq": 4, "type": "event"}), Some(4), "neither"),
            (json!({"type": "request", "command": "x"}), None, "`seq`"),
            (json!({"seq": "4", "type": "request"}), None, "`seq`"),
            (
                json!({"seq": 5, "type": "request", "command": 1}),
                Some(5),
                "`command`",
            ),
        ] {
            let error = Request::of(message).expect_err("none");
            assert!(error.seq == seq && error.why.contains(word), "{error:?}");
        }
    }
}
