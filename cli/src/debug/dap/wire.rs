//! Messages on a stream: header fields, an empty line, and as much JSON as `Content-Length` says.

use std::{
    fmt,
    io::{self, BufRead, Read, Write},
};

use serde_json::Value;

/// Bytes of a message, at most. (Clients send whole memories at worst.)
const MAX_MESSAGE: u64 = 64 << 20;
/// Bytes of the header fields of a message, at most.
const MAX_HEADER: u64 = 4 << 10;

/// Why there is no message.
#[derive(Debug)]
pub enum WireError {
    /// The stream failed.
    Io(io::Error),
    /// It ended in the middle of a message.
    Truncated,
    /// A line of the header has no colon, or is no text.
    Header,
    /// The header has no end.
    HeaderTooLong,
    /// It does not say how long the message is.
    NoLength,
    /// What it says is no number.
    BadLength(String),
    /// The message is longer than is allowed, and was left out.
    TooLong(u64),
    /// It is no JSON.
    NotJson(serde_json::Error),
}

impl WireError {
    /// Whether the next message can still be found.
    pub fn is_over(&self) -> bool {
        matches!(self, WireError::TooLong(_) | WireError::NotJson(_))
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WireError::Io(error) => write!(f, "{}", crate::load::reason(error)),
            WireError::Truncated => f.write_str("a message ends in its middle"),
            WireError::Header => f.write_str("a message begins with what is no header field"),
            WireError::HeaderTooLong => {
                write!(
                    f,
                    "the header of a message is longer than {MAX_HEADER} bytes"
                )
            }
            WireError::NoLength => f.write_str("a message has no Content-Length"),
            WireError::BadLength(text) => {
                write!(
                    f,
                    "the Content-Length of a message is `{text}`, which is no number"
                )
            }
            WireError::TooLong(length) => {
                write!(
                    f,
                    "a message has {length} bytes, and may have {MAX_MESSAGE}"
                )
            }
            WireError::NotJson(error) => write!(f, "a message is no JSON: {error}"),
        }
    }
}

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> WireError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => WireError::Truncated,
            _ => WireError::Io(error),
        }
    }
}

/// Waits for the next message; none if the stream ends before it.
///
/// # Errors
/// See [`WireError`]. After some of them the next message can be read.
pub fn read(stream: &mut impl BufRead) -> Result<Option<Value>, WireError> {
    let Some(length) = read_header(stream)? else {
        return Ok(None);
    };
    if length > MAX_MESSAGE {
        io::copy(&mut stream.take(length), &mut io::sink())?;
        return Err(WireError::TooLong(length));
    }
    // (As much is allocated as there is, not as much as was promised.)
    let mut bytes = Vec::new();
    stream.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(WireError::Truncated);
    }
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(WireError::NotJson)
}

/// Reads up to the empty line; gives how long the message is.
fn read_header(stream: &mut impl BufRead) -> Result<Option<u64>, WireError> {
    let mut header = stream.take(MAX_HEADER);
    let mut length = None;
    let mut begun = false;
    loop {
        let mut line = Vec::new();
        header.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return match (header.limit(), begun || !line.is_empty()) {
                (0, _) => Err(WireError::HeaderTooLong),
                (_, true) => Err(WireError::Truncated),
                (_, false) => Ok(None),
            };
        }
        begun = true;
        let line = str::from_utf8(&line).map_err(|_| WireError::Header)?.trim();
        if line.is_empty() {
            return length.map(Some).ok_or(WireError::NoLength);
        }
        let (name, value) = line.split_once(':').ok_or(WireError::Header)?;
        if name.trim().eq_ignore_ascii_case("Content-Length") {
            let value = value.trim();
            let parsed = value.parse();
            length = Some(parsed.map_err(|_| WireError::BadLength(value.to_owned()))?);
        }
    }
}

/// Sends a message.
///
/// # Errors
/// The stream fails.
pub fn write(stream: &mut impl Write, message: &Value) -> io::Result<()> {
    let text = message.to_string();
    write!(stream, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn all(mut bytes: &[u8]) -> Vec<Result<Value, String>> {
        let mut found = Vec::new();
        loop {
            match read(&mut bytes) {
                Ok(Some(message)) => found.push(Ok(message)),
                Ok(None) => return found,
                Err(error) => {
                    found.push(Err(error.to_string()));
                    if !error.is_over() {
                        return found;
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let messages = [json!({"seq": 1, "text": "ü\n"}), json!([]), json!(null)];
        let mut bytes = Vec::new();
        for message in &messages {
            write(&mut bytes, message).expect("it is memory");
        }
        assert!(
            bytes.starts_with(b"Content-Length: 23\r\n\r\n{\""),
            "{bytes:?}"
        );
        let read: Vec<Value> = all(&bytes)
            .into_iter()
            .map(|read| read.expect("valid"))
            .collect();
        assert_eq!(read, messages);
    }

    #[test]
    fn headers_have_other_fields_and_other_cases() {
        let bytes = b"Content-Type: x; charset=utf-8\r\ncontent-length:  2 \n\n{}";
        assert_eq!(all(bytes), [Ok(json!({}))]);
    }

    #[test]
    fn the_next_message_is_found_behind_a_bad_one() {
        let bytes = b"Content-Length: 3\r\n\r\n{]}Content-Length: 1\r\n\r\n7";
        let found = all(bytes);
        assert!(
            found[0].as_ref().is_err_and(|why| why.contains("no JSON")),
            "{found:?}"
        );
        assert_eq!(found[1], Ok(json!(7)));
        let mut bytes = format!("Content-Length: {}\r\n\r\n", MAX_MESSAGE + 1).into_bytes();
        bytes.resize(bytes.len() + MAX_MESSAGE as usize + 1, b' ');
        bytes.extend_from_slice(b"Content-Length: 1\r\n\r\n7");
        let found = all(&bytes);
        assert!(
            found[0].as_ref().is_err_and(|why| why.contains("may have")),
            "{found:?}"
        );
        assert_eq!(found[1], Ok(json!(7)));
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        for (bytes, why) in [
            (&b"Content-Length: 9\r\n\r\n{}"[..], "ends in its middle"),
            (b"Content-Length: 9\r\n", "ends in its middle"),
            (b"Content-Length", "ends in its middle"),
            (b"{}\n", "no header field"),
            (b"\xff: 1\n\n", "no header field"),
            (b"Content-Type: x\r\n\r\n{}", "no Content-Length"),
            (b"Content-Length: -1\r\n\r\n", "`-1`, which is no number"),
            (b"Content-Length: 99999999999999999999\r\n\r\n", "no number"),
            // Memory is not taken for what does not come.
            (b"Content-Length: 67108864\r\n\r\n", "ends in its middle"),
            (&[b'a'; 5000], "longer than 4096"),
        ] {
            let found = all(bytes);
            let error = found[0].as_ref().expect_err("an error");
            assert!(error.contains(why), "{error}: {why}");
        }
        assert_eq!(all(b""), []);
    }

    #[test]
    fn nesting_has_an_end() {
        let text = "[".repeat(100_000);
        let bytes = format!("Content-Length: {}\r\n\r\n{text}", text.len());
        assert!(all(bytes.as_bytes())[0].is_err());
    }
}
