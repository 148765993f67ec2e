//! Seeds for hash tables, the same in each run: the hooks of getrandom 0.2 and 0.3.

use std::slice;

/// # Safety
/// The caller's: `length` bytes at `bytes` can be written.
#[unsafe(no_mangle)]
unsafe fn __getrandom_custom(bytes: *mut u8, length: usize) -> u32 {
    unsafe { slice::from_raw_parts_mut(bytes, length) }.fill(42);
    0
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
unsafe fn __getrandom_v03_custom(bytes: *mut u8, length: usize) -> Result<(), getrandom::Error> {
    unsafe { slice::from_raw_parts_mut(bytes, length) }.fill(42);
    Ok(())
}
