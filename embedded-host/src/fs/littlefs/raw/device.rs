//! The flash, as littlefs calls it.

use core::slice;

use embedded_storage::nor_flash::NorFlash;
use littlefs_rust_core::{self as lfs, Lfs, LfsConfig};

use super::changes::is_half_done;

/// The flash, as littlefs' functions for it need it.
pub(super) struct Device<F> {
    pub(super) flash: F,
    pub(super) lfs: *const Lfs,
    /// Where the map of free blocks began when it was last right.
    pub(super) map: u32,
    /// Something was not erased because it is not.
    pub(super) stopped: bool,
}

impl<F> Device<F> {
    /// Whether the map of free blocks can be relied upon: not if it was made while a change was half done.
    fn may_erase(&mut self) -> bool {
        // SAFETY: `wire` put the pointer there, to the filesystem that is calling.
        let (half_done, map) = unsafe { (is_half_done(&*self.lfs), (*self.lfs).lookahead.start) };
        if !half_done {
            self.map = map;
        }
        self.stopped |= map != self.map;
        !self.stopped
    }
}

/// The flash, and where a block begins in it.
///
/// # Safety
/// `config` must come from [`Raw::wire`] of a `Raw<F, …>`, whose device nothing else refers to for `'a`.
unsafe fn device<'a, F>(config: *const LfsConfig, block: u32) -> (&'a mut Device<F>, u32) {
    // SAFETY: `wire` made `config` and put a pointer to the device into it.
    unsafe {
        let device = &mut *(*config).context.cast::<Device<F>>();
        (device, block * (*config).block_size)
    }
}

pub(super) unsafe extern "C" fn read<F: NorFlash>(
    config: *const LfsConfig,
    block: u32,
    offset: u32,
    buffer: *mut u8,
    size: u32,
) -> i32 {
    // SAFETY: littlefs hands on the configuration of the running call, in which only it uses the flash, and a
    // buffer of this size.
    let ((device, start), buffer) = unsafe {
        let buffer = slice::from_raw_parts_mut(buffer, size as usize);
        (device::<F>(config, block), buffer)
    };
    match device.flash.read(start + offset, buffer) {
        Ok(()) => 0,
        Err(_) => lfs::LFS_ERR_IO,
    }
}

/// A failure says that the block is bad: littlefs uses another one.
pub(super) unsafe extern "C" fn prog<F: NorFlash>(
    config: *const LfsConfig,
    block: u32,
    offset: u32,
    buffer: *const u8,
    size: u32,
) -> i32 {
    // SAFETY: as in `read`.
    let ((device, start), buffer) = unsafe {
        let buffer = slice::from_raw_parts(buffer, size as usize);
        (device::<F>(config, block), buffer)
    };
    match device.flash.write(start + offset, buffer) {
        Ok(()) => 0,
        Err(_) => lfs::LFS_ERR_CORRUPT,
    }
}

/// As [`prog`].
pub(super) unsafe extern "C" fn erase<F: NorFlash>(config: *const LfsConfig, block: u32) -> i32 {
    // SAFETY: as in `read`.
    let ((device, start), size) = unsafe { (device::<F>(config, block), (*config).block_size) };
    if !device.may_erase() {
        return lfs::LFS_ERR_IO;
    }
    match device.flash.erase(start, start + size) {
        Ok(()) => 0,
        Err(_) => lfs::LFS_ERR_CORRUPT,
    }
}

pub(super) unsafe extern "C" fn sync(_: *const LfsConfig) -> i32 {
    0
}
