//! Buses, and time to wait for them.

use embedded_hal::{
    delay::DelayNs,
    i2c::{ErrorKind, I2c, NoAcknowledgeSource},
    spi::{self, Error as _, SpiDevice},
};
use wasmote::{Caller, Error, Linker};

use super::{DeviceError, buffer, two_buffers, with_memory};

/// A 7-bit address.
fn address(address: u32) -> Result<u8, DeviceError> {
    let address = u8::try_from(address).ok();
    let address = address.filter(|address| *address < 0x80);
    address.ok_or(DeviceError::NoDevice)
}

fn i2c_error<E: embedded_hal::i2c::Error>(error: E) -> DeviceError {
    match error.kind() {
        ErrorKind::Bus => DeviceError::Bus,
        ErrorKind::ArbitrationLoss => DeviceError::Arbitration,
        ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data) => DeviceError::NoData,
        // If it is not known, the address is more likely.
        ErrorKind::NoAcknowledge(_) => DeviceError::NoAddress,
        ErrorKind::Overrun => DeviceError::Overrun,
        _ => DeviceError::Other,
    }
}

/// Adds the module `i2c` to the linker. `get` finds the bus in the store's data.
///
/// # Errors
/// If one of the names is defined already.
pub fn add_i2c<T: 'static, B: I2c + 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut B + Send + Sync + Copy + 'static,
) -> Result<(), Error> {
    let write = move |caller: Caller<'_, T>, to: u32, ptr: u32, len: u32| {
        with_memory(caller, |memory, data| {
            let bytes = buffer(memory, ptr, len)?;
            get(data).write(address(to)?, bytes).map_err(i2c_error)
        })
    };
    let read = move |caller: Caller<'_, T>, from: u32, ptr: u32, len: u32| {
        with_memory(caller, |memory, data| {
            let bytes = buffer(memory, ptr, len)?;
            get(data).read(address(from)?, bytes).map_err(i2c_error)
        })
    };
    let write_read =
        move |caller: Caller<'_, T>, with: u32, out: u32, out_len: u32, ptr: u32, len: u32| {
            with_memory(caller, |memory, data| {
                let (bytes, into) = two_buffers(memory, (out, out_len), (ptr, len))?;
                let with = address(with)?;
                get(data).write_read(with, bytes, into).map_err(i2c_error)
            })
        };
    linker.func_wrap("i2c", "write", write)?;
    linker.func_wrap("i2c", "read", read)?;
    linker.func_wrap("i2c", "write_read", write_read)?;
    Ok(())
}

/// Adds the module `spi` to the linker. `get` finds the device in the store's data.
///
/// # Errors
/// If the name is defined already.
pub fn add_spi<T: 'static, D: SpiDevice + 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut D + Send + Sync + Copy + 'static,
) -> Result<(), Error> {
    let transfer = move |caller: Caller<'_, T>, ptr: u32, len: u32| {
        with_memory(caller, |memory, data| {
            let bytes = buffer(memory, ptr, len)?;
            let exchanged = get(data).transfer_in_place(bytes);
            exchanged.map_err(|error| match error.kind() {
                spi::ErrorKind::Overrun => DeviceError::Overrun,
                spi::ErrorKind::ModeFault => DeviceError::Bus,
                _ => DeviceError::Other,
            })
        })
    };
    linker.func_wrap("spi", "transfer", transfer)?;
    Ok(())
}

/// Adds the module `delay` to the linker. `get` finds what to wait with in the store's data.
///
/// # Errors
/// If the name is defined already.
pub fn add_delay<T: 'static, D: DelayNs + 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut D + Send + Sync + Copy + 'static,
) -> Result<(), Error> {
    let us = move |mut caller: Caller<'_, T>, microseconds: u32| {
        get(caller.data_mut()).delay_us(microseconds);
    };
    linker.func_wrap("delay", "us", us)?;
    Ok(())
}
