//! How much stack was used: what lies below the stack pointer is painted, and looked at later.

const PAINT: u32 = 0x5ac6_5ac6;
/// Below the stack pointer, for the frames of the painter itself.
const SLACK: usize = 256;

/// The lowest address of the stack and the one behind it, as the linker script has them.
fn bounds() -> (usize, usize) {
    unsafe extern "C" {
        #[cfg_attr(target_arch = "arm", link_name = "_stack_end")]
        #[cfg_attr(target_arch = "riscv32", link_name = "__estack")]
        static LOW: u32;
        #[cfg_attr(target_arch = "arm", link_name = "_stack_start")]
        #[cfg_attr(target_arch = "riscv32", link_name = "__sstack")]
        static HIGH: u32;
    }
    let (low, high) = (&raw const LOW, &raw const HIGH);
    (low as usize, high as usize)
}

/// Paints. Called first in `main`.
#[inline(never)]
pub fn paint() {
    let here = 0u32;
    let (low, end) = (bounds().0, &raw const here as usize - SLACK);
    for address in (low.next_multiple_of(4)..end).step_by(4) {
        // SAFETY: part of the stack that is not in use: lower than every frame.
        unsafe { (address as *mut u32).write_volatile(PAINT) };
    }
}

/// How many bytes there are.
pub fn size() -> usize {
    let (low, high) = bounds();
    high - low
}

/// The most bytes that were in use at once since it was painted.
pub fn used() -> usize {
    let (low, high) = bounds();
    let unused = (low.next_multiple_of(4)..high)
        .step_by(4)
        // SAFETY: part of the stack.
        .take_while(|address| unsafe { (*address as *const u32).read_volatile() } == PAINT)
        .count();
    high - low - unused * 4
}
