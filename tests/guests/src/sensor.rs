//! Blinks, and reads a temperature sensor (TMP105, LM75 and the like) each time: no WASI, only the host modules
//! `gpio`, `i2c` and `delay`.
#![no_std]

const LED: u32 = 0;
const BUTTON: u32 = 1;
const SENSOR: u32 = 0x48;
/// The sensor's register with the temperature: 16 bits, 1/256 of a degree Celsius each.
const TEMPERATURE: u8 = 0;

mod gpio {
    #[link(wasm_import_module = "gpio")]
    unsafe extern "C" {
        pub safe fn set(pin: u32, level: u32) -> i32;
        pub safe fn get(pin: u32) -> i32;
    }
}

mod i2c {
    #[link(wasm_import_module = "i2c")]
    unsafe extern "C" {
        pub fn write_read(
            address: u32,
            out: *const u8,
            out_len: usize,
            into: *mut u8,
            into_len: usize,
        ) -> i32;
    }
}

mod delay {
    #[link(wasm_import_module = "delay")]
    unsafe extern "C" {
        pub safe fn us(microseconds: u32);
    }
}

fn check(result: i32) -> Result<i32, i32> {
    if result < 0 { Err(result) } else { Ok(result) }
}

fn temperature() -> Result<i32, i32> {
    let out = [TEMPERATURE];
    let mut into = [0; 2];
    // SAFETY: both buffers are there for the time of the call, and as long as it is told.
    check(unsafe { i2c::write_read(SENSOR, out.as_ptr(), 1, into.as_mut_ptr(), 2) })?;
    Ok(i16::from_be_bytes(into).into())
}

fn blink(most: i32) -> Result<i32, i32> {
    let mut hottest = i32::MIN;
    for _ in 0..most {
        check(gpio::set(LED, 1))?;
        delay::us(1000);
        hottest = hottest.max(temperature()?);
        check(gpio::set(LED, 0))?;
        delay::us(1000);
        if check(gpio::get(BUTTON))? == 1 {
            break;
        }
    }
    Ok(hottest)
}

/// Blinks so often, or until the button is pressed. Returns the highest temperature in 1/256 of a degree;
/// an error of the host as it came, less 1,000,000.
#[unsafe(no_mangle)]
pub extern "C" fn run(most: i32) -> i32 {
    blink(most).unwrap_or_else(|error| error - 1_000_000)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
