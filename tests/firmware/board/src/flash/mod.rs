//! NOR flash: chips on a memory bus (CFI), behind SPI, and a controller's own.

mod cfi;
mod nvmc;
mod spi;

use embedded_storage::nor_flash::{NorFlashError, NorFlashErrorKind};

pub use cfi::CfiFlash;
pub use nvmc::Nvmc;
pub use spi::SpiNor;

/// What these drivers report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlashError {
    /// Outside of the flash, or not on its boundaries.
    Arguments(NorFlashErrorKind),
    /// A write would have to turn a bit from 0 to 1: the place was not erased.
    NotErased,
    /// The chip reports an error, or has other contents than were written.
    Failed,
    /// There is another chip than the driver is made for.
    UnknownChip,
}

impl From<NorFlashErrorKind> for FlashError {
    fn from(kind: NorFlashErrorKind) -> FlashError {
        FlashError::Arguments(kind)
    }
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            FlashError::Arguments(kind) => *kind,
            _ => NorFlashErrorKind::Other,
        }
    }
}
