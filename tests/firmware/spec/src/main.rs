//! Plays a pack of specification scripts. The emulator's arguments are: the name of the program, and the pack's path.
//! Prints what fails, and as its last line `N passed, N failed`; the exit code is 0 if all pass.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::{ffi::CString, string::String, vec::Vec};
use core::{fmt::Write, ptr::addr_of};

use embedded_alloc::TlsfHeap;
use semihosting::{fs::File, io::Read, println, process};
use wasmote_spec_player::{LeftOut, Options, Script, Tally, play};

#[cfg(target_arch = "arm")]
use cortex_m as _;
#[cfg(target_arch = "riscv32")]
use riscv as _;

#[global_allocator]
static HEAP: TlsfHeap = TlsfHeap::empty();

unsafe extern "C" {
    static _heap_start: u8;
    static _heap_end: u8;
}

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    let (start, end) = (addr_of!(_heap_start) as usize, addr_of!(_heap_end) as usize);
    // SAFETY: the linker script gives this memory to the heap and to nothing else; called once.
    unsafe { HEAP.init(start, end - start) };
    let args = semihosting::experimental::env::args::<1024>().expect("a command line");
    let path = (&args).last().and_then(Result::ok).expect("a path");
    match play_all(path) {
        Ok(failed) => process::exit((failed > 0).into()),
        Err(error) => {
            println!("{path}: {error}");
            process::exit(2)
        }
    }
}

/// Plays the scripts of a pack and returns how many directives failed.
fn play_all(path: &str) -> Result<u32, String> {
    let path = CString::new(path).map_err(text)?;
    let mut pack = File::open(&path).map_err(text)?;
    let mut left = pack.metadata().map_err(text)?.len();
    let (mut all, mut left_out, mut scripts) = (Tally::default(), LeftOut::default(), 0);
    while left > 0 {
        let mut len = [0; 4];
        pack.read_exact(&mut len).map_err(text)?;
        let len = u32::from_le_bytes(len);
        left = left
            .checked_sub(u64::from(len) + 4)
            .ok_or("it ends inside a script")?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len as usize).map_err(text)?;
        bytes.resize(len as usize, 0);
        pack.read_exact(&mut bytes).map_err(text)?;
        let script = Script::from_bytes(&bytes).map_err(text)?;
        let tally = play(&script, Options::default(), |line, reason| {
            println!("{}:{line}: {reason}", script.file);
        });
        all += tally.map_err(text)?;
        left_out += script.left_out;
        scripts += 1;
    }
    println!(
        "{scripts} scripts; left out: {} directives about the text format, {} about invalid modules; {} want more memory",
        left_out.text, left_out.invalid, all.no_room
    );
    println!("{} passed, {} failed", all.passed, all.failed);
    Ok(all.failed)
}

fn text(error: impl core::fmt::Display) -> String {
    let mut text = String::new();
    let _ = write!(text, "{error}");
    text
}
