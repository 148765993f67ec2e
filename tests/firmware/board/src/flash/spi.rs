//! Serial NOR flash with the usual commands and addresses of four bytes (is25wp256).

use embedded_hal::spi::{Operation, SpiDevice};
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, ReadNorFlash, check_erase, check_read, check_write,
};

use super::FlashError;

const READ_ID: u8 = 0x9f;
const READ: u8 = 0x13;
const PROGRAM: u8 = 0x12;
const ERASE: u8 = 0x21;
const WRITE_ENABLE: u8 = 0x06;
const READ_STATUS: u8 = 0x05;

/// Bytes that are programmed with one command, and erased with one.
const PAGE: usize = 256;
const SECTOR: usize = 4096;
/// What an is25wp256 says of itself: ISSI, 1.8 V, 2^25 bytes.
const ID: [u8; 3] = [0x9d, 0x70, 0x19];

/// The chip's first `capacity` bytes.
pub struct SpiNor<S> {
    spi: S,
    capacity: usize,
}

impl<S: SpiDevice> SpiNor<S> {
    /// Asks the chip what it is; uses no more of it than `capacity` bytes.
    ///
    /// # Errors
    /// [`FlashError::UnknownChip`] if it is not of this kind.
    pub fn new(mut spi: S, capacity: usize) -> Result<SpiNor<S>, FlashError> {
        let mut id = [0; 3];
        let mut operations = [Operation::Write(&[READ_ID]), Operation::Read(&mut id)];
        spi.transaction(&mut operations)
            .map_err(|_| FlashError::Failed)?;
        if id != ID || capacity > 1 << ID[2] {
            return Err(FlashError::UnknownChip);
        }
        Ok(SpiNor { spi, capacity })
    }

    /// A command that changes the chip, its end waited for.
    fn change(&mut self, command: u8, address: usize, data: &[u8]) -> Result<(), FlashError> {
        let failed = |_| FlashError::Failed;
        self.spi.write(&[WRITE_ENABLE]).map_err(failed)?;
        let head = addressed(command, address);
        let mut operations = [Operation::Write(&head), Operation::Write(data)];
        self.spi.transaction(&mut operations).map_err(failed)?;
        loop {
            let mut status = [0];
            let mut operations = [
                Operation::Write(&[READ_STATUS]),
                Operation::Read(&mut status),
            ];
            self.spi.transaction(&mut operations).map_err(failed)?;
            if status[0] & 1 == 0 {
                return Ok(());
            }
        }
    }
}

fn addressed(command: u8, address: usize) -> [u8; 5] {
    let [a, b, c, d] = (address as u32).to_be_bytes();
    [command, a, b, c, d]
}

impl<S> ErrorType for SpiNor<S> {
    type Error = FlashError;
}

impl<S: SpiDevice> ReadNorFlash for SpiNor<S> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        check_read(self, offset, bytes.len())?;
        let head = addressed(READ, offset as usize);
        let mut operations = [Operation::Write(&head), Operation::Read(bytes)];
        self.spi
            .transaction(&mut operations)
            .map_err(|_| FlashError::Failed)
    }

    fn capacity(&self) -> usize {
        self.capacity
    }
}

impl<S: SpiDevice> NorFlash for SpiNor<S> {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        check_erase(self, from, to)?;
        for sector in (from as usize..to as usize).step_by(SECTOR) {
            self.change(ERASE, sector, &[])?;
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        check_write(self, offset, bytes.len())?;
        let mut at = offset as usize;
        let mut rest = bytes;
        while !rest.is_empty() {
            let (part, later) = rest.split_at((PAGE - at % PAGE).min(rest.len()));
            self.change(PROGRAM, at, part)?;
            let mut written = [0; PAGE];
            let written = &mut written[..part.len()];
            self.read(at as u32, written)?;
            // The chip only turns bits to 0.
            if written != part {
                return Err(FlashError::NotErased);
            }
            (at, rest) = (at + part.len(), later);
        }
        Ok(())
    }
}
