//! Pins.

use embedded_hal::digital::{InputPin, OutputPin};
use wasmote::{Caller, Error, Linker};

use super::{DeviceError, result};

/// One pin, as programs see it. What it cannot do is left out.
pub trait Pin {
    /// Drives it.
    ///
    /// # Errors
    /// [`DeviceError::NoDevice`] for an input, [`DeviceError::Other`] if the driver fails.
    fn set(&mut self, high: bool) -> Result<(), DeviceError> {
        let _ = high;
        Err(DeviceError::NoDevice)
    }

    /// Its level.
    ///
    /// # Errors
    /// [`DeviceError::NoDevice`] for an output, [`DeviceError::Other`] if the driver fails.
    fn get(&mut self) -> Result<bool, DeviceError> {
        Err(DeviceError::NoDevice)
    }
}

/// A pin that programs drive.
#[derive(Debug)]
pub struct Output<P>(pub P);

impl<P: OutputPin> Pin for Output<P> {
    fn set(&mut self, high: bool) -> Result<(), DeviceError> {
        self.0
            .set_state(high.into())
            .map_err(|_| DeviceError::Other)
    }
}

/// A pin that programs look at.
#[derive(Debug)]
pub struct Input<P>(pub P);

impl<P: InputPin> Pin for Input<P> {
    fn get(&mut self) -> Result<bool, DeviceError> {
        self.0.is_high().map_err(|_| DeviceError::Other)
    }
}

/// The pins of a program: a tuple of up to eight, or an array; they are numbered from 0 on.
pub trait Pins {
    /// Does something with the pin of this number.
    ///
    /// # Errors
    /// [`DeviceError::NoDevice`] if there is none; what is done with it.
    fn with<R>(
        &mut self,
        pin: u32,
        act: impl FnOnce(&mut dyn Pin) -> Result<R, DeviceError>,
    ) -> Result<R, DeviceError>;
}

impl<P: Pin, const N: usize> Pins for [P; N] {
    fn with<R>(
        &mut self,
        pin: u32,
        act: impl FnOnce(&mut dyn Pin) -> Result<R, DeviceError>,
    ) -> Result<R, DeviceError> {
        let pin = usize::try_from(pin).ok().and_then(|pin| self.get_mut(pin));
        act(pin.ok_or(DeviceError::NoDevice)?)
    }
}

macro_rules! tuples_of_pins {
    ($(($($pin:ident $number:tt),*))*) => {$(
        impl<$($pin: Pin),*> Pins for ($($pin,)*) {
            fn with<R>(
                &mut self,
                pin: u32,
                act: impl FnOnce(&mut dyn Pin) -> Result<R, DeviceError>,
            ) -> Result<R, DeviceError> {
                match pin {
                    $($number => act(&mut self.$number),)*
                    _ => Err(DeviceError::NoDevice),
                }
            }
        }
    )*};
}

tuples_of_pins! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

/// Adds the module `gpio` to the linker. `get` finds the pins in the store's data.
///
/// # Errors
/// If one of the names is defined already.
pub fn add_gpio<T: 'static, P: Pins + 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut P + Send + Sync + Copy + 'static,
) -> Result<(), Error> {
    let set = move |mut caller: Caller<'_, T>, pin: u32, level: u32| {
        let pins = get(caller.data_mut());
        result(pins.with(pin, |pin| pin.set(level != 0)).map(|()| 0))
    };
    let level = move |mut caller: Caller<'_, T>, pin: u32| {
        let pins = get(caller.data_mut());
        result(pins.with(pin, |pin| pin.get()).map(i32::from))
    };
    linker.func_wrap("gpio", "set", set)?;
    linker.func_wrap("gpio", "get", level)?;
    Ok(())
}
