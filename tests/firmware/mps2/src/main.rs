#![no_std]
#![no_main]

use cortex_m as _;
use cortex_m_rt::entry;
use embedded_alloc::LlffHeap;
use semihosting::println;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

#[entry]
fn main() -> ! {
    board::stack::paint();
    // SAFETY: called once.
    unsafe {
        embedded_alloc::init!(HEAP, 3 << 20);
    }
    let mut b = board::mps2::Mps2::take();
    use embedded_hal::delay::DelayNs;
    use embedded_hal::i2c::I2c;
    use embedded_io::Write;
    b.serial.write_all(b"hello\n").unwrap();
    let mut t = [0; 2];
    let r = b.i2c.write_read(0x48, &[0], &mut t);
    println!("i2c {r:?} {t:?}");
    let t = b.clock.nanoseconds();
    b.delay.delay_ms(100);
    println!("{} {}", t, b.clock.nanoseconds());
    let args = semihosting::experimental::env::args::<256>().unwrap();
    for a in &args {
        println!("arg {a:?}")
    }
    println!("stack {}", board::stack::used());
    semihosting::process::exit(7)
}
