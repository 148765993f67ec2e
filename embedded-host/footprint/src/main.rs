//! Calls everything that a host has, with arguments that the compiler does not know.

#![no_std]
#![no_main]

extern crate alloc;

#[cfg(not(feature = "run"))]
mod board;
#[cfg(feature = "run")]
mod run;

#[cfg(not(feature = "run"))]
use core::hint::black_box;

use cortex_m_rt::entry;
#[cfg(feature = "log")]
use defmt_semihosting as _;
use embedded_alloc::LlffHeap;
use panic_halt as _;
#[cfg(not(feature = "run"))]
use wasmote_embedded_host::{
    EmbeddedHost,
    wasmote_wasi::{Abi, Function, Host, WasiCtxBuilder},
};

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

#[entry]
fn main() -> ! {
    // SAFETY: called once; nothing else uses this memory.
    unsafe { HEAP.init(0x2020_0000, 1 << 20) };
    #[cfg(feature = "run")]
    run::run();
    #[cfg(not(feature = "run"))]
    measured()
}

/// What is in the firmware to be measured.
#[cfg(not(feature = "run"))]
fn measured() -> ! {
    let host = EmbeddedHost::new();
    #[cfg(feature = "stdio")]
    let host = host.stdio(wasmote_embedded_host::Serial(board::Line));
    #[cfg(feature = "clocks")]
    let host = host
        .monotonic_clock(board::Timer)
        .wall_clock(board::Timer)
        .delay(board::Timer);
    #[cfg(feature = "random")]
    let host = host.random(board::Noise);
    #[cfg(feature = "files")]
    let host = {
        use wasmote_embedded_host::{FlashFiles, Littlefs, Settings};
        let fs = Littlefs::<_, 64, 8, 1>::mount_or_format(board::Flash, &Settings::default());
        let Ok(fs) = fs else { halt() };
        let Ok(files) = FlashFiles::<_, 4, 64>::new(fs) else {
            halt()
        };
        host.files(files)
    };
    call(host);
    #[cfg(feature = "linker")]
    link();
    halt()
}

#[cfg(not(feature = "run"))]
fn halt() -> ! {
    loop {
        cortex_m::asm::wfi();
    }
}

/// All functions of WASI.
#[cfg(not(feature = "run"))]
#[inline(never)]
fn call<H: Host>(host: H) {
    let builder = WasiCtxBuilder::new();
    #[cfg(feature = "log")]
    let builder = builder.trace(wasmote_embedded_host::DefmtTrace);
    let Ok(mut ctx) = builder.build(host) else {
        return;
    };
    // Any function: the compiler does not know which.
    let number = usize::from(black_box(7_u8));
    let function: Function = Function::ALL[number % Function::ALL.len()];
    let mut memory = [0; 64];
    let outcome = ctx.call(
        black_box(&mut memory),
        Abi::Preview1,
        function,
        black_box(&[1, 2]),
    );
    black_box(outcome);
}

/// A linker with one function, and with modules for the program.
#[cfg(all(feature = "linker", not(feature = "run")))]
#[inline(never)]
fn link() {
    use wasmote::{Engine, Linker};
    let mut linker: Linker<board::Board> = Linker::new(&Engine::default());
    let mut add = || -> Result<(), wasmote::Error> {
        linker.func_wrap("board", "add", |a: i32, b: i32| a.wrapping_add(b))?;
        #[cfg(feature = "gpio")]
        wasmote_embedded_host::peripherals::add_gpio(&mut linker, |board| &mut board.pins)?;
        #[cfg(feature = "i2c")]
        wasmote_embedded_host::peripherals::add_i2c(&mut linker, |board| &mut board.bus)?;
        #[cfg(feature = "spi")]
        wasmote_embedded_host::peripherals::add_spi(&mut linker, |board| &mut board.bus)?;
        #[cfg(feature = "delay")]
        wasmote_embedded_host::peripherals::add_delay(&mut linker, |board| &mut board.timer)?;
        Ok(())
    };
    black_box(add().is_ok());
    black_box(&linker);
}
