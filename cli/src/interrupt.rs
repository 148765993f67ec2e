//! Ctrl-C: at once, or when a command that has something to tell gets to it.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

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

/// Signals that end processes, noted for a command that has to tidy up before.
pub struct Ending(Arc<AtomicUsize>);

impl Ending {
    /// From now on they are noted.
    pub fn note() -> Result<Ending, Failure> {
        note();
        let number = Arc::new(AtomicUsize::new(0));
        let signals = [
            SIGINT,
            SIGTERM,
            #[cfg(unix)]
            signal_hook::consts::SIGHUP,
        ];
        for signal in signals {
            let at = usize::try_from(signal).unwrap_or_default();
            flag::register_usize(signal, number.clone(), at)
                .map_err(|error| Failure::new(format!("cannot handle signals: {error}")))?;
        }
        Ok(Ending(number))
    }

    /// Whether one came: the exit status after it, as shells tell it.
    pub fn status(&self) -> Option<u8> {
        let number = self.0.load(Ordering::Relaxed);
        u8::try_from(number)
            .ok()
            .filter(|number| *number != 0)
            .map(|number| 128 + number)
    }
}
