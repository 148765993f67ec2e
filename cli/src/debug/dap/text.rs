//! Bytes of a program's output as text, whatever parts they come in.

/// What is to be continued of a stream.
#[derive(Default)]
pub struct Text {
    /// The beginning of a letter.
    rest: Vec<u8>,
}

impl Text {
    /// The text of more bytes. What is no UTF-8 is replaced.
    pub fn add(&mut self, bytes: &[u8]) -> String {
        self.rest.extend_from_slice(bytes);
        let mut text = String::new();
        let mut behind = 0;
        for chunk in self.rest.utf8_chunks() {
            text.push_str(chunk.valid());
            behind += chunk.valid().len();
            let invalid = chunk.invalid();
            let last = behind + invalid.len() == self.rest.len();
            // (Letters have at most four bytes.)
            let begins = str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            if last && begins {
                break;
            }
            behind += invalid.len();
            if !invalid.is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        self.rest.drain(..behind);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_put_together() {
        let mut text = Text::default();
        let all: String = "aü€😀z".bytes().map(|byte| text.add(&[byte])).collect();
        assert_eq!(all, "aü€😀z");
        assert_eq!(text.add(b"\xc3"), "");
        assert_eq!(text.add(b"x\xff"), "\u{fffd}x\u{fffd}");
        assert_eq!(text.add(b"\xe2\x82"), "");
        assert_eq!(text.add(b"\xac"), "€");
    }
}
