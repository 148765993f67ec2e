//! Translates the functions of the guests one by one, on a Cortex-M4F, and looks at the RAM that each takes: what is in
//! use at most besides what was before.

#![no_std]
#![no_main]

use board::heap::Heap;
use cortex_m as _;
use cortex_m_rt::entry;
use semihosting::{println, process::exit};
use wasmote::{Config, Engine, Module};
use wasmparser::{Parser, Payload, TypeRef};

#[global_allocator]
static HEAP: Heap<{ 3 << 20 }> = Heap::new();

/// What a function may take: so many times its body,
const TIMES: usize = 4;
/// or as much as one of that many bytes, if it is smaller.
const SMALL: usize = 256;

macro_rules! guests {
    ($($name:literal),*) => {
        &[$(($name, include_bytes!(concat!("../../../guests/", $name, ".wasm")))),*]
    };
}
static GUESTS: &[(&str, &[u8])] = guests!(
    "boots",
    "calls",
    "chip",
    "files",
    "ledger-O0",
    "ledger-O1",
    "md2html",
    "sensor",
    "server",
    "shapes",
    "trap"
);

/// A function: bytes of its body, and of RAM.
#[derive(Clone, Copy, Default)]
struct Function {
    body: usize,
    ram: usize,
}

/// Prints a line for each guest: the largest function, and the most that is taken by one below 256 bytes. Exits with
/// the number of functions that take more than they may.
#[entry]
fn main() -> ! {
    let mut beyond = 0;
    for &(name, wasm) in GUESTS {
        let module = Module::new(&Engine::new(&Config::new()), wasm).expect("guests are valid");
        let (mut count, mut largest, mut small) = (0, Function::default(), Function::default());
        for (index, body) in bodies(wasm) {
            HEAP.peak();
            let before = HEAP.peak();
            module.translate(index).expect("guests fit");
            let ram = HEAP.peak() - before;
            if body > largest.body {
                largest = Function { body, ram };
            }
            if body < SMALL && ram > small.ram {
                small = Function { body, ram };
            }
            if ram > TIMES * body.max(SMALL) {
                println!("{name}: function {index} of {body} bytes takes {ram}");
                beyond += 1;
            }
            count += 1;
        }
        println!(
            "{name}: {count} functions, the largest of {} bytes takes {}, a small one of {} at most {}",
            largest.body, largest.ram, small.body, small.ram
        );
    }
    exit(beyond)
}

/// The functions of a module: indices, and bytes of bodies.
fn bodies(wasm: &[u8]) -> impl Iterator<Item = (u32, usize)> {
    let mut index = 0;
    let payloads = Parser::new(0).parse_all(wasm);
    payloads.filter_map(move |payload| match payload.expect("guests are valid") {
        Payload::ImportSection(section) => {
            let imports = section.into_imports().flatten();
            let funcs = imports.filter(|import| matches!(import.ty, TypeRef::Func(_)));
            index = funcs.count() as u32;
            None
        }
        Payload::CodeSectionEntry(body) => {
            let range = body.range();
            index += 1;
            Some((index - 1, (range.end - range.start) as usize))
        }
        _ => None,
    })
}
