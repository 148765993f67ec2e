//! Executed instructions. The emulator runs with `-icount shift=0`: an instruction takes a nanosecond of the time that
//! the board's timers count.

use core::arch::asm;

/// Registers of FPGAIO.
const COUNTER: *mut u32 = 0x4002_8018 as *mut u32;
const PRESCALE: *mut u32 = 0x4002_801c as *mut u32;
/// A tick of the counter, at 25 MHz.
const NANOSECONDS: u64 = 40;

/// Counts from now on, for up to three minutes of the board's time.
pub fn start() {
    // SAFETY: registers of this board's, that nobody else uses.
    unsafe {
        PRESCALE.write_volatile(0);
        COUNTER.write_volatile(0);
    }
}

/// Instructions since `start`, to some 40.
pub fn stop() -> u64 {
    // SAFETY: as above.
    u64::from(unsafe { COUNTER.read_volatile() }) * NANOSECONDS
}

/// Counts a loop whose instructions are known.
///
/// # Panics
/// If they are not what is counted: the emulator counts something else.
pub fn check() {
    const TURNS: u32 = 1_000_000;
    start();
    // SAFETY: counts down.
    unsafe {
        asm!("2: subs {n}, #1", "bne 2b", n = inout(reg) TURNS => _, options(nomem, nostack))
    };
    let counted = stop();
    let known = u64::from(2 * TURNS);
    assert!(
        counted.abs_diff(known) <= 2 * NANOSECONDS,
        "counted {counted} instructions of {known}"
    );
}
