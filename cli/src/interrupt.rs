//! Ctrl-C: at once, or when a command that has something to tell gets to it.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use signal_hook::{consts::SIGINT, flag};

use crate::error::Failure;

/// The exit status after Ctrl-C, as shells tell it.
pub const INTERRUPTED: u8 = 130;

/// Whether the next Ctrl-C ends the process.
static AT_ONCE: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Ends the process at Ctrl-C, wherever the program is: waiting for input too.
pub fn install() -> Result<(), Failure> {
    let at_once = AT_ONCE.get_or_init(|| Arc::new(AtomicBool::new(true)));
    let registered =
        flag::register_conditional_shutdown(SIGINT, INTERRUPTED.into(), at_once.clone());
    // After one that did not end it, the next does: it may be waiting for input.
    registered
        .and_then(|_| flag::register(SIGINT, at_once.clone()))
        .map(drop)
        .map_err(|error| Failure::new(format!("cannot handle Ctrl-C: {error}")))
}

/// From now on the first Ctrl-C is only noted: see [`noted`].
pub fn note() {
    if let Some(at_once) = AT_ONCE.get() {
        at_once.store(false, Ordering::Relaxed);
    }
}

/// Whether there was one since [`note`].
pub fn noted() -> bool {
    AT_ONCE
        .get()
        .is_some_and(|at_once| at_once.load(Ordering::Relaxed))
}
