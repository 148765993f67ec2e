//! wasm3, which is C, and the memory that it asks for.

use alloc::{
    alloc::{alloc_zeroed, dealloc},
    ffi::CString,
    string::ToString,
};
use core::{
    alloc::Layout,
    ffi::{CStr, c_char},
};

/// Of wasm3's own value stack.
const STACK_BYTES: u32 = 32 << 10;

unsafe extern "C" {
    fn chip_load(wasm: *const u8, len: u32, stack_bytes: u32) -> *const c_char;
    fn chip_run(n: *const c_char, result: *mut i64) -> *const c_char;
}

pub fn load(guest: &'static [u8]) -> impl FnMut(i32) -> i64 {
    // SAFETY: the module lives as long as the firmware.
    check(unsafe { chip_load(guest.as_ptr(), guest.len() as u32, STACK_BYTES) });
    |n| {
        let digits = CString::new(n.to_string()).expect("digits");
        let mut result = 0;
        // SAFETY: `run` of the kernels takes an `i32` and returns an `i64`.
        check(unsafe { chip_run(digits.as_ptr(), &mut result) });
        result
    }
}

/// # Panics
/// With wasm3's message, if there is one.
fn check(error: *const c_char) {
    if !error.is_null() {
        // SAFETY: messages are static strings.
        panic!("{:?}", unsafe { CStr::from_ptr(error) });
    }
}

/// Bytes in front of a block, which say how large it is.
const HEADER: usize = 16;

fn layout(len: usize) -> Layout {
    Layout::from_size_align(HEADER + len, HEADER).expect("a size")
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
    let len = count.saturating_mul(size);
    // SAFETY: the layout is not of zero bytes; the header is in the block.
    unsafe {
        let block = alloc_zeroed(layout(len));
        if block.is_null() {
            return block;
        }
        block.cast::<usize>().write(len);
        block.add(HEADER)
    }
}

#[unsafe(no_mangle)]
extern "C" fn malloc(len: usize) -> *mut u8 {
    calloc(1, len)
}

/// # Safety
/// The block is one of `calloc` that was not freed, or null.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut u8) {
    if !block.is_null() {
        // SAFETY: the caller's promise.
        unsafe {
            let block = block.sub(HEADER);
            dealloc(block, layout(block.cast::<usize>().read()));
        }
    }
}

/// # Safety
/// As for `free`.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut u8, len: usize) -> *mut u8 {
    let grown = calloc(1, len);
    if grown.is_null() || block.is_null() {
        return grown;
    }
    // SAFETY: the caller's promise; both blocks have the bytes that are copied.
    unsafe {
        let before = block.sub(HEADER).cast::<usize>().read();
        grown.copy_from_nonoverlapping(block, before.min(len));
        free(block);
    }
    grown
}
