//! Peripherals exist once.

use core::cell::Cell;
use critical_section::Mutex;

/// Whether something was handed out.
pub(crate) struct Once(Mutex<Cell<bool>>);

impl Once {
    pub(crate) const fn new() -> Once {
        Once(Mutex::new(Cell::new(false)))
    }

    /// Panics the second time.
    pub(crate) fn take(&self) {
        let taken = critical_section::with(|section| self.0.borrow(section).replace(true));
        assert!(!taken, "the peripherals are taken");
    }
}
