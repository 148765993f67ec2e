//! The nRF51's own flash: pages of the 256 KB that the program runs from.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, ReadNorFlash, check_erase, check_read, check_write,
};

use super::FlashError;
use crate::regs::Regs;

const READY: usize = 0x400;
const CONFIG: usize = 0x504;
const ERASE_PAGE: usize = 0x508;
const PAGE: usize = 1024;
const WORD: usize = 4;

/// Some pages.
pub struct Nvmc {
    regs: Regs,
    base: usize,
    len: usize,
}

impl Nvmc {
    /// The pages from `base`, `len` bytes.
    ///
    /// # Safety
    /// They are part of the flash; no code, no constant and no reference lies in them.
    pub unsafe fn new(nvmc: Regs, base: usize, len: usize) -> Nvmc {
        assert!(base.is_multiple_of(PAGE) && len.is_multiple_of(PAGE));
        Nvmc {
            regs: nvmc,
            base,
            len,
        }
    }

    fn wait(&self) {
        while self.regs.read(READY) & 1 == 0 {}
    }

    /// Does something while the controller allows it (1: writing, 2: erasing).
    fn allowing(&mut self, what: u32, action: impl FnOnce(&mut Self)) {
        self.regs.write(CONFIG, what);
        self.wait();
        action(self);
        self.wait();
        self.regs.write(CONFIG, 0);
        self.wait();
    }
}

impl ErrorType for Nvmc {
    type Error = FlashError;
}

impl ReadNorFlash for Nvmc {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        check_read(self, offset, bytes.len())?;
        for (at, byte) in (self.base + offset as usize..).zip(bytes) {
            // SAFETY: checked to be inside of the pages.
            *byte = unsafe { (at as *const u8).read_volatile() };
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.len
    }
}

impl NorFlash for Nvmc {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        check_erase(self, from, to)?;
        for page in (from as usize..to as usize).step_by(PAGE) {
            let address = (self.base + page) as u32;
            self.allowing(2, |nvmc| nvmc.regs.write(ERASE_PAGE, address));
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        check_write(self, offset, bytes.len())?;
        let mut done = Ok(());
        self.allowing(1, |nvmc| {
            let places = (nvmc.base + offset as usize..).step_by(WORD);
            for (place, word) in places.zip(bytes.as_chunks::<WORD>().0) {
                let (place, word) = (place as *mut u32, u32::from_le_bytes(*word));
                // SAFETY: checked to be inside of the pages, of which there are no references.
                let before = unsafe { place.read_volatile() };
                if word & !before != 0 {
                    done = Err(FlashError::NotErased);
                    return;
                }
                // SAFETY: as above; the controller allows writes.
                unsafe { place.write_volatile(word) };
                nvmc.wait();
                // SAFETY: as above.
                if unsafe { place.read_volatile() } != word {
                    done = Err(FlashError::Failed);
                    return;
                }
            }
        });
        done
    }
}
