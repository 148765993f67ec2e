//! Drivers of a board that is not there: registers at made-up addresses.
#![allow(dead_code)]

use core::{
    convert::Infallible,
    ptr::{read_volatile, write_volatile},
};

use embedded_hal::{delay::DelayNs, digital, i2c, spi};
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use wasmote_embedded_host::{MonotonicClock, WallClock, wasmote_wasi::Errno};

const REGISTER: *mut u32 = 0x4000_0000 as *mut u32;

fn get() -> u32 {
    // SAFETY: built to be measured, not run.
    unsafe { read_volatile(REGISTER) }
}

fn put(value: u32) {
    // SAFETY: as in `get`.
    unsafe { write_volatile(REGISTER, value) }
}

pub struct Line;

impl embedded_io::ErrorType for Line {
    type Error = Infallible;
}

impl embedded_io::Read for Line {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        buf[0] = get() as u8;
        Ok(1)
    }
}

impl embedded_io::ReadReady for Line {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(get() != 0)
    }
}

impl embedded_io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        bytes.iter().for_each(|&byte| put(byte.into()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

pub struct Timer;

impl MonotonicClock for Timer {
    fn now(&mut self) -> Result<u64, Errno> {
        Ok(u64::from(get()) * 1000)
    }

    fn resolution(&self) -> u64 {
        1000
    }
}

impl WallClock for Timer {
    fn now(&mut self) -> Result<u64, Errno> {
        Ok(u64::from(get()) * 1_000_000_000)
    }

    fn resolution(&self) -> u64 {
        1_000_000_000
    }
}

impl DelayNs for Timer {
    fn delay_ns(&mut self, ns: u32) {
        put(ns);
    }
}

pub struct Noise;

impl rand_core::TryRng for Noise {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(get())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(get()) << 32 | u64::from(get()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.iter_mut().for_each(|byte| *byte = get() as u8);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Noise {}

pub struct Flash;

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        bytes.iter_mut().for_each(|byte| *byte = get() as u8);
        Ok(())
    }

    fn capacity(&self) -> usize {
        64 << 10
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 1024;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        put(from);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        bytes.iter().for_each(|&byte| put(byte.into()));
        Ok(())
    }
}

pub struct Led;

impl digital::ErrorType for Led {
    type Error = Infallible;
}

impl digital::OutputPin for Led {
    fn set_low(&mut self) -> Result<(), Infallible> {
        put(0);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        put(1);
        Ok(())
    }
}

impl digital::InputPin for Led {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(get() != 0)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(get() == 0)
    }
}

pub struct Bus;

impl i2c::ErrorType for Bus {
    type Error = i2c::ErrorKind;
}

impl i2c::I2c for Bus {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [i2c::Operation<'_>],
    ) -> Result<(), i2c::ErrorKind> {
        put(address.into());
        for operation in operations {
            match operation {
                i2c::Operation::Read(bytes) => {
                    bytes.iter_mut().for_each(|byte| *byte = get() as u8)
                }
                i2c::Operation::Write(bytes) => bytes.iter().for_each(|&byte| put(byte.into())),
            }
        }
        match get() {
            0 => Ok(()),
            _ => Err(i2c::ErrorKind::Bus),
        }
    }
}

impl spi::ErrorType for Bus {
    type Error = spi::ErrorKind;
}

impl spi::SpiDevice for Bus {
    fn transaction(
        &mut self,
        operations: &mut [spi::Operation<'_, u8>],
    ) -> Result<(), spi::ErrorKind> {
        for operation in operations {
            if let spi::Operation::TransferInPlace(bytes) = operation {
                bytes.iter_mut().for_each(|byte| {
                    put((*byte).into());
                    *byte = get() as u8;
                });
            }
        }
        match get() {
            0 => Ok(()),
            _ => Err(spi::ErrorKind::Overrun),
        }
    }
}

pub struct Board {
    #[cfg(feature = "gpio")]
    pub pins: (
        wasmote_embedded_host::peripherals::Output<Led>,
        wasmote_embedded_host::peripherals::Input<Led>,
    ),
    pub bus: Bus,
    pub timer: Timer,
}
