//! What commands tell of a program that uses standard output itself: on standard error, or in a file.

use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    process,
    time::{Duration, Instant},
};

use crate::{error::Failure, load::reason};

/// Where a report goes.
pub struct Report {
    out: BufWriter<Box<dyn Write>>,
    /// None is standard error.
    file: Option<PathBuf>,
}

impl Report {
    /// To a file, or to standard error.
    pub fn new(file: Option<&Path>) -> Result<Report, Failure> {
        let out: Box<dyn Write> = match file {
            Some(path) => Box::new(File::create(path).map_err(|error| unwritable(path, &error))?),
            None => Box::new(io::stderr()),
        };
        Ok(Report {
            out: BufWriter::with_capacity(1 << 16, out),
            file: file.map(Path::to_owned),
        })
    }

    /// Whether the program's own errors are on the same way.
    pub fn is_shared(&self) -> bool {
        self.file.is_none()
    }

    /// Judges what writing gave. Ends the process quietly if nobody reads on.
    pub fn check(&self, written: io::Result<()>) -> Result<(), Failure> {
        match (written, &self.file) {
            (Ok(()), _) => Ok(()),
            (Err(error), _) if error.kind() == io::ErrorKind::BrokenPipe => process::exit(0),
            (Err(error), Some(path)) => Err(unwritable(path, &error)),
            (Err(error), None) => Err(Failure::new(format!("standard error: {}", reason(&error)))),
        }
    }

    /// Writes all of it.
    pub fn flush(&mut self) -> Result<(), Failure> {
        let written = self.out.flush();
        self.check(written)
    }
}

impl Write for Report {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a file in one piece.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{}: {}", path.display(), reason(error)))
}

/// A line on the terminal that says how far long work has come.
pub struct Progress {
    next: Option<Instant>,
    shown: bool,
}

impl Progress {
    /// Says nothing where nobody would see it, and nothing in the first second.
    pub fn new(wanted: bool) -> Progress {
        let wanted = wanted && io::stderr().is_terminal();
        Progress {
            next: wanted.then(|| Instant::now() + Duration::from_secs(1)),
            shown: false,
        }
    }

    /// How far it has come; said twice a second.
    pub fn at(&mut self, text: impl FnOnce() -> String) {
        let now = Instant::now();
        if self.next.is_some_and(|next| next <= now) {
            self.next = Some(now + Duration::from_millis(500));
            self.shown = true;
            // (Nothing is left to do if standard error is gone.)
            let _ = write!(io::stderr(), "\r{}\x1b[K", text());
        }
    }

    /// Takes the line away.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// A number with a comma for each thousand.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A JSON string.
pub fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if c.is_control() => json += &format!("\\u{:04x}", u32::from(c)),
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let shown = [0, 12, 123, 1234, 123_456, 1_234_567].map(grouped);
        let expected = ["0", "12", "123", "1,234", "123,456", "1,234,567"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn strings() {
        assert_eq!(quoted("a \"b\"\\\n\u{7f}é"), r#""a \"b\"\\\u000a\u007fé""#);
    }
}
