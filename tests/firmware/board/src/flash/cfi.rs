//! Two 16-bit chips with Intel's command set, side by side on a 32-bit bus.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, ReadNorFlash, check_erase, check_read, check_write,
};

use super::FlashError;

/// Bytes that are erased at once, of both chips.
const SECTOR: usize = 256 << 10;
/// Bytes of a bus access.
const WORD: usize = 4;

/// The commands, as both chips see them at once.
mod command {
    pub(super) const QUERY: u32 = 0x98_0098;
    pub(super) const READ: u32 = 0xff_00ff;
    pub(super) const CLEAR_STATUS: u32 = 0x50_0050;
    pub(super) const ERASE: u32 = 0x20_0020;
    pub(super) const CONFIRM: u32 = 0xd0_00d0;
    pub(super) const WRITE_WORD: u32 = 0x40_0040;
    pub(super) const WRITE_BUFFER: u32 = 0xe8_00e8;
}

/// Of a status: ready, and what can have gone wrong.
const READY: u32 = 0x80_0080;
const ERRORS: u32 = 0x3a_003a;

/// How often to ask for it before giving up: seconds, and the slowest erase takes less.
const LOOKS: u32 = 20_000_000;

/// The chips.
pub struct CfiFlash {
    base: usize,
    sectors: usize,
    /// Bytes that are programmed with one command.
    buffer: usize,
}

impl CfiFlash {
    /// Asks the chips what they are.
    ///
    /// # Errors
    /// [`FlashError::UnknownChip`] if they are not of this kind.
    ///
    /// # Safety
    /// Flash lies at this address, and nothing else writes there or runs from it.
    pub unsafe fn new(base: usize) -> Result<CfiFlash, FlashError> {
        let mut flash = CfiFlash {
            base,
            sectors: 0,
            buffer: 0,
        };
        flash.command(0x55 * WORD, command::QUERY);
        // One of the chips is asked; the other is the same.
        let query = |index: usize| flash.word(index * WORD) & 0xff;
        let known = [0x10, 0x11, 0x12].map(query) == [b'Q', b'R', b'Y'].map(u32::from)
            && query(0x13) == 1
            && query(0x2c) == 1;
        let sectors = (query(0x2e) << 8 | query(0x2d)) as usize + 1;
        let sector = (query(0x30) << 8 | query(0x2f)) as usize * 256 * 2;
        let buffer = 1usize << query(0x2a).min(16);
        flash.command(0, command::READ);
        if !known || sector != SECTOR || buffer < WORD {
            return Err(FlashError::UnknownChip);
        }
        Ok(CfiFlash {
            base,
            sectors,
            buffer,
        })
    }

    fn word(&self, offset: usize) -> u32 {
        // SAFETY: inside of the flash, as callers see to.
        unsafe { ((self.base + offset) as *const u32).read_volatile() }
    }

    fn command(&mut self, offset: usize, value: u32) {
        // SAFETY: inside of the flash, as callers see to; it changes no memory but the flash, which is borrowed.
        unsafe { ((self.base + offset) as *mut u32).write_volatile(value) }
    }

    /// Waits for the end of a command, and makes the flash readable again.
    fn finish(&mut self) -> Result<(), FlashError> {
        let mut looks = (0..LOOKS).map(|_| self.word(0));
        let status = looks.find(|status| status & READY == READY);
        self.command(0, command::CLEAR_STATUS);
        self.command(0, command::READ);
        match status {
            Some(status) if status & ERRORS == 0 => Ok(()),
            _ => Err(FlashError::Failed),
        }
    }
}

impl ErrorType for CfiFlash {
    type Error = FlashError;
}

impl ReadNorFlash for CfiFlash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        check_read(self, offset, bytes.len())?;
        for (at, byte) in (self.base + offset as usize..).zip(bytes) {
            // SAFETY: checked to be inside of the flash.
            *byte = unsafe { (at as *const u8).read_volatile() };
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.sectors * SECTOR
    }
}

impl NorFlash for CfiFlash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        check_erase(self, from, to)?;
        for sector in (from as usize..to as usize).step_by(SECTOR) {
            self.command(sector, command::ERASE);
            self.command(sector, command::CONFIRM);
            self.finish()?;
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        check_write(self, offset, bytes.len())?;
        let mut at = offset as usize;
        let mut rest = bytes;
        while !rest.is_empty() {
            // The buffer's boundaries are those of its size.
            let room = self.buffer - at % self.buffer;
            let (part, later) = rest.split_at(room.min(rest.len()));
            let words = || {
                part.as_chunks::<WORD>()
                    .0
                    .iter()
                    .map(|word| u32::from_le_bytes(*word))
            };
            let places = || (at..).step_by(WORD);
            // The emulated chips would take it.
            if places()
                .zip(words())
                .any(|(place, word)| word & !self.word(place) != 0)
            {
                return Err(FlashError::NotErased);
            }
            let words_at_places = places().zip(words());
            if part.len() == WORD {
                // (The emulated chips take no buffer with a single word.)
                self.command(at, command::WRITE_WORD);
                words_at_places.for_each(|(place, word)| self.command(place, word));
            } else {
                let last = (part.len() / WORD - 1) as u32;
                self.command(at, command::WRITE_BUFFER);
                self.command(at, last << 16 | last);
                words_at_places.for_each(|(place, word)| self.command(place, word));
                self.command(at, command::CONFIRM);
            }
            self.finish()?;
            if places()
                .zip(words())
                .any(|(place, word)| word != self.word(place))
            {
                return Err(FlashError::Failed);
            }
            (at, rest) = (at + part.len(), later);
        }
        Ok(())
    }
}
