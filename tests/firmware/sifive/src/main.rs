#![no_std]
#![no_main]

use embedded_alloc::LlffHeap;
use riscv as _;
use riscv_rt::entry;
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
    let mut b = board::sifive::Sifive::take();
    use embedded_hal::delay::DelayNs;
    use embedded_io::Write;
    b.serial.write_all(b"hello\n").unwrap();
    let t = b.clock.nanoseconds();
    b.delay.delay_ms(100);
    println!("{} {}", t, b.clock.nanoseconds());
    let args = semihosting::experimental::env::args::<256>().unwrap();
    for a in &args {
        println!("arg {a:?}")
    }
    match b.flash {
        Ok(mut f) => println!("flash {:?}", board::selftest::flash(&mut f)),
        Err(e) => println!("{e:?}"),
    }
    println!("stack {}", board::stack::used());
    semihosting::process::exit(7)
}
