//! A program without WASI, but with a pin, a button and a bus.

use board::{
    clock::{Clock, FpgaCounter},
    i2c::Sbcon,
    led::{FpgaButton, FpgaLed},
    mps2::Mps2,
};
use wasmote::{Engine, Error, Linker, Module, Store};
use wasmote_embedded_host::peripherals::{Input, Output, add_delay, add_gpio, add_i2c};

/// What the program may use.
struct Devices {
    pins: (Output<FpgaLed>, Input<FpgaButton>),
    i2c: Sbcon,
    delay: Clock<FpgaCounter>,
}

/// Runs the guest `sensor`, which blinks so often; gives the highest temperature that it has seen, in 1/256 of a degree.
///
/// # Errors
/// What keeps the program from its end.
pub fn run(board: Mps2, wasm: &[u8], times: i32) -> Result<i32, Error> {
    let [led, _] = board.leds;
    let devices = Devices {
        pins: (Output(led), Input(board.button)),
        i2c: board.i2c,
        delay: board.delay,
    };
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    add_gpio(&mut linker, |devices: &mut Devices| &mut devices.pins)?;
    add_i2c(&mut linker, |devices: &mut Devices| &mut devices.i2c)?;
    add_delay(&mut linker, |devices: &mut Devices| &mut devices.delay)?;
    let mut store = Store::new(&engine, devices);
    let instance = linker.instantiate(&mut store, &Module::new(&engine, wasm)?)?;
    let run = instance.get_typed_func::<i32, i32>(&store, "run")?;
    run.call(&mut store, times)
}
