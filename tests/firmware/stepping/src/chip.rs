//! The side of a board: everything comes and goes by semihosting.

extern crate alloc;

use alloc::{
    ffi::CString,
    string::{String, ToString},
    vec::Vec,
};

use board::{heap::Heap, stack};
#[cfg(target_arch = "arm")]
use cortex_m as _;
#[cfg(target_arch = "riscv32")]
use riscv as _;
use semihosting::{
    eprintln,
    experimental::env,
    fs::File,
    io::{Read, Write},
    println, process,
};
use stepping::{Outside, run};

#[global_allocator]
static HEAP: Heap<{ 3 << 20 }> = Heap::new();

struct Board;

fn path(path: &str) -> Result<CString, String> {
    CString::new(path).map_err(|error| error.to_string())
}

impl Outside for Board {
    fn print(&mut self, line: &str) {
        println!("{line}");
    }

    fn read(&mut self, from: &str) -> Result<Vec<u8>, String> {
        let mut file = File::open(&path(from)?).map_err(|error| error.to_string())?;
        let mut contents = Vec::new();
        let mut buf = [0; 1024];
        loop {
            match file.read(&mut buf).map_err(|error| error.to_string())? {
                0 => return Ok(contents),
                len => contents.extend_from_slice(&buf[..len]),
            }
        }
    }

    fn write(
        &mut self,
        to: &str,
        bytes: &mut dyn FnMut(&mut dyn FnMut(&[u8]) -> Result<(), String>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut file = File::create(&path(to)?).map_err(|error| error.to_string())?;
        HEAP.peak();
        bytes(&mut |part| file.write_all(part).map_err(|error| error.to_string()))?;
        eprintln!("heap at most {} while it was written", HEAP.peak());
        Ok(())
    }
}

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    stack::paint();
    let args = env::args::<512>().expect("the emulator passes arguments");
    let words = (&args).map(|word| word.expect("words are text").to_string());
    let words: Vec<String> = words.skip(1).collect();
    let result = run(&words, &mut Board);
    let code = match result {
        Ok(()) => 0,
        Err(error) => {
            println!("error: {error}");
            1
        }
    };
    HEAP.report();
    process::exit(code)
}
