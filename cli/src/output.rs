//! Standard output, whose reader may leave at any time.

use std::{
    io::{self, Write},
    process,
};

use crate::{error::Failure, load::reason};

/// Writes a line. Ends the process quietly if nobody reads on (`wasmote … | head`).
pub fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    check(writeln!(io::stdout().lock(), "{text}"))
}

/// Judges what writing to standard output gave.
pub fn check(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => process::exit(0),
        other => other.map_err(|e| Failure::new(format!("standard output: {}", reason(&e)))),
    }
}
