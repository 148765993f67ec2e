//! How a command ends when it cannot do what it was asked.

use std::process::ExitCode;

use wasmote::ErrorKind;

/// The exit status after a trap, that of a process which aborted.
pub const TRAPPED: u8 = 134;

/// Why a command failed.
pub enum Failure {
    /// An error of ours or of the input, in one line.
    Error(String),
    /// The guest trapped, or threw what nobody caught: the message, with its backtrace.
    Trap(String),
}

impl Failure {
    /// An error in words.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure::Error(message.into())
    }

    /// Prints it, and says how the process ends.
    pub fn report(self) -> ExitCode {
        match self {
            Failure::Error(message) => {
                eprintln!("error: {}", message.trim().replace('\n', "; "));
                ExitCode::FAILURE
            }
            Failure::Trap(message) => {
                eprintln!("error: {message}");
                ExitCode::from(TRAPPED)
            }
        }
    }
}

impl From<wasmote::Error> for Failure {
    fn from(error: wasmote::Error) -> Failure {
        Failure::from(&error)
    }
}

impl From<&wasmote::Error> for Failure {
    fn from(error: &wasmote::Error) -> Failure {
        match error.kind() {
            ErrorKind::Trap(_) | ErrorKind::Exception(_) => Failure::Trap(error.to_string()),
            _ => Failure::Error(error.to_string()),
        }
    }
}
