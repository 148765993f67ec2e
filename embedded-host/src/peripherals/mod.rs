//! Pins and buses for programs: host modules besides WASI, over the traits of `embedded-hal`.
//!
//! | import | parameters | does |
//! |---|---|---|
//! | `gpio.set` | `pin`, `level` | drives an output low (0) or high (anything else) |
//! | `gpio.get` | `pin` | gives the level of an input, 0 or 1 |
//! | `i2c.write` | `address`, `ptr`, `len` | writes the buffer to a device |
//! | `i2c.read` | `address`, `ptr`, `len` | fills the buffer from a device |
//! | `i2c.write_read` | `address`, `out`, `out_len`, `in`, `in_len` | writes one buffer and, without a stop, fills the other, which must not overlap |
//! | `spi.transfer` | `ptr`, `len` | exchanges the buffer with the device: its bytes go out, what comes in takes their place |
//! | `delay.us` | `microseconds` | waits, and gives nothing |
//!
//! All parameters and results are `i32`, those of numbers and addresses unsigned. Buffers are in the export
//! `memory` of the module that calls. A result below 0 is a [`DeviceError`]; otherwise it is the level, or 0.
//!
//! A program has the modules that the firmware adds to its linker, and of them the pins, the bus and the
//! device behind it that the firmware gives: nothing else of the chip.

mod buses;
mod gpio;

use core::ops::Range;

pub use self::{
    buses::{add_delay, add_i2c, add_spi},
    gpio::{Input, Output, Pin, Pins, add_gpio},
};
use wasmote::{Caller, Extern};

/// What a program is told if something cannot be done: the negative result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum DeviceError {
    /// There is no such pin, it does not go this way, or the address has more than 7 bits.
    NoDevice = -1,
    /// A buffer is outside of the memory, or buffers overlap, or there is no memory.
    Fault = -2,
    /// No device answered to the address.
    NoAddress = -3,
    /// The device did not take the data.
    NoData = -4,
    /// The bus is in a state that it should not be in.
    Bus = -5,
    /// Another one was faster.
    Arbitration = -6,
    /// Data came faster than it was taken.
    Overrun = -7,
    /// Something else.
    Other = -8,
}

/// What a function gives the program.
fn result(result: Result<i32, DeviceError>) -> i32 {
    result.unwrap_or_else(|error| error as i32)
}

/// A range of the program's memory.
fn range(memory: &[u8], ptr: u32, len: u32) -> Result<Range<usize>, DeviceError> {
    let start = usize::try_from(ptr).map_err(|_| DeviceError::Fault)?;
    let end = start.checked_add(usize::try_from(len).map_err(|_| DeviceError::Fault)?);
    let range = start..end.ok_or(DeviceError::Fault)?;
    match memory.get(range.clone()) {
        Some(_) => Ok(range),
        None => Err(DeviceError::Fault),
    }
}

/// A buffer in the program's memory.
fn buffer(memory: &mut [u8], ptr: u32, len: u32) -> Result<&mut [u8], DeviceError> {
    let range = range(memory, ptr, len)?;
    memory.get_mut(range).ok_or(DeviceError::Fault)
}

/// Two buffers that do not overlap: one to read, one to write.
fn two_buffers(
    memory: &mut [u8],
    read: (u32, u32),
    write: (u32, u32),
) -> Result<(&[u8], &mut [u8]), DeviceError> {
    let (read, write) = (
        range(memory, read.0, read.1)?,
        range(memory, write.0, write.1)?,
    );
    if read.end <= write.start {
        let (before, behind) = memory.split_at_mut(write.start);
        Ok((&before[read], &mut behind[..write.len()]))
    } else if write.end <= read.start {
        let (before, behind) = memory.split_at_mut(read.start);
        Ok((&behind[..read.len()], &mut before[write]))
    } else {
        Err(DeviceError::Fault)
    }
}

/// Does something with the program's memory and the store's data.
fn with_memory<T: 'static>(
    mut caller: Caller<'_, T>,
    act: impl FnOnce(&mut [u8], &mut T) -> Result<(), DeviceError>,
) -> i32 {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return DeviceError::Fault as i32;
    };
    let (memory, data) = memory.data_and_store_mut(&mut caller);
    result(act(memory, data).map(|()| 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_inside_and_apart() {
        let mut memory = [0, 1, 2, 3, 4, 5, 6, 7];
        assert_eq!(range(&memory, 3, 5), Ok(3..8));
        assert_eq!(range(&memory, 8, 0), Ok(8..8));
        for (ptr, len) in [(8, 1), (9, 0), (0, 9), (u32::MAX, u32::MAX), (4, u32::MAX)] {
            assert_eq!(range(&memory, ptr, len), Err(DeviceError::Fault));
        }
        let mut two = |read, write| {
            two_buffers(&mut memory, read, write).map(|(read, write)| (read[0], write[0]))
        };
        assert_eq!(two((0, 4), (4, 4)), Ok((0, 4)));
        assert_eq!(two((5, 3), (1, 4)), Ok((5, 1)));
        assert_eq!(two((0, 5), (4, 4)), Err(DeviceError::Fault));
        assert_eq!(two((4, 4), (0, 5)), Err(DeviceError::Fault));
        assert_eq!(two((0, 4), (4, 5)), Err(DeviceError::Fault));
    }
}
