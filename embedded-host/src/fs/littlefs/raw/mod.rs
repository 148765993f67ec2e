//! The port of littlefs, whose interface is C's, made safe: all `unsafe` code of this crate.
//!
//! Its structures point to each other, to the buffers and to the flash. Here they lie side by side in one
//! value that may be moved, so every call first sets all those pointers anew ([`Raw::wire`]). Nothing
//! points into the value between calls.
#![allow(unsafe_code)]

mod changes;
mod device;

use core::{
    ffi::{CStr, c_void},
    mem::MaybeUninit,
};

use embedded_storage::nor_flash::NorFlash;
use littlefs_rust_core::{
    self as lfs, Lfs, LfsAttr, LfsConfig, LfsDir, LfsFile, LfsFileConfig, LfsInfo, LfsMdir,
};

use self::device::{Device, erase, prog, read, sync};
use crate::fs::{ATTR_META, META_SIZE};

/// littlefs' errors are negative numbers.
pub(super) type Code = i32;

const NO_BLOCK: u32 = u32::MAX;
const ERRED: u32 = lfs::lfs_type::lfs_open_flags::LFS_F_ERRED as u32;
const INLINE: u32 = lfs::lfs_type::lfs_open_flags::LFS_F_INLINE as u32;
const WRITING: u32 = lfs::lfs_type::lfs_open_flags::LFS_F_WRITING as u32;

/// Room for one open file.
struct Slot<const CACHE: usize> {
    open: bool,
    file: LfsFile,
    config: LfsFileConfig,
    attr: LfsAttr,
    meta: [u8; META_SIZE],
    cache: [u8; CACHE],
}

/// Sizes of littlefs' blocks and caches, in bytes but for the last two.
pub(super) struct Geometry {
    pub(super) read_size: u32,
    pub(super) prog_size: u32,
    pub(super) block_size: u32,
    pub(super) metadata_max: u32,
    pub(super) block_count: u32,
    pub(super) block_cycles: i32,
}

/// A filesystem, mounted or not.
pub(super) struct Raw<F, const CACHE: usize, const LOOKAHEAD: usize, const OPEN: usize> {
    device: Device<F>,
    lfs: Lfs,
    config: LfsConfig,
    read_cache: [u8; CACHE],
    prog_cache: [u8; CACHE],
    lookahead: [u8; LOOKAHEAD],
    slots: [Slot<CACHE>; OPEN],
}

// SAFETY: the pointers in `lfs`, `config` and `slots` are set by `wire` before each use, to parts of this very
// value, and are not used otherwise; so it may go to another thread as its parts may.
unsafe impl<F: Send, const CACHE: usize, const LOOKAHEAD: usize, const OPEN: usize> Send
    for Raw<F, CACHE, LOOKAHEAD, OPEN>
{
}

fn zeroed<T: Plain>() -> T {
    // SAFETY: by the contract of `Plain`.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// # Safety
/// All zeros are a value of it.
unsafe trait Plain {}
// SAFETY: numbers, booleans and raw pointers.
unsafe impl Plain for Lfs {}
// SAFETY: numbers, booleans and raw pointers.
unsafe impl Plain for LfsFile {}
// SAFETY: numbers, booleans and raw pointers.
unsafe impl Plain for LfsDir {}
// SAFETY: numbers and raw pointers.
unsafe impl Plain for LfsFileConfig {}
// SAFETY: numbers and raw pointers.
unsafe impl Plain for LfsAttr {}
// SAFETY: numbers.
unsafe impl Plain for LfsInfo {}
// SAFETY: numbers and booleans.
unsafe impl Plain for LfsMdir {}

impl<F: NorFlash, const CACHE: usize, const LOOKAHEAD: usize, const OPEN: usize>
    Raw<F, CACHE, LOOKAHEAD, OPEN>
{
    /// `geometry` must fit the flash and the caches: littlefs does not check that.
    pub(super) fn new(flash: F, geometry: &Geometry) -> Self {
        Raw {
            device: Device {
                flash,
                lfs: core::ptr::null(),
                map: 0,
                stopped: false,
            },
            lfs: zeroed(),
            config: LfsConfig {
                context: core::ptr::null_mut(),
                read: Some(read::<F>),
                prog: Some(prog::<F>),
                erase: Some(erase::<F>),
                sync: Some(sync),
                read_size: geometry.read_size,
                prog_size: geometry.prog_size,
                block_size: geometry.block_size,
                block_count: geometry.block_count,
                block_cycles: geometry.block_cycles,
                cache_size: CACHE as u32,
                lookahead_size: LOOKAHEAD as u32,
                compact_thresh: u32::MAX,
                read_buffer: core::ptr::null_mut(),
                prog_buffer: core::ptr::null_mut(),
                lookahead_buffer: core::ptr::null_mut(),
                name_max: 0,
                file_max: 0,
                attr_max: 0,
                metadata_max: geometry.metadata_max,
                inline_max: 0,
            },
            read_cache: [0; CACHE],
            prog_cache: [0; CACHE],
            lookahead: [0; LOOKAHEAD],
            slots: core::array::from_fn(|_| Slot {
                open: false,
                file: zeroed(),
                config: zeroed(),
                attr: zeroed(),
                meta: [0; META_SIZE],
                cache: [0; CACHE],
            }),
        }
    }

    pub(super) fn flash(&mut self) -> &mut F {
        &mut self.device.flash
    }

    pub(super) fn into_flash(self) -> F {
        self.device.flash
    }

    pub(super) fn capacity(&self) -> u32 {
        self.config
            .block_size
            .saturating_mul(self.config.block_count)
    }

    /// Sets every pointer. littlefs is to be called with pointers that come from the result.
    fn wire(&mut self) -> *mut Self {
        let this: *mut Self = self;
        // SAFETY: `this` is valid, as it comes from a reference; only places in it are written or pointed to.
        unsafe {
            let config = &raw mut (*this).config;
            (*this).device.lfs = &raw const (*this).lfs;
            (*this).device.stopped = false;
            (*config).context = (&raw mut (*this).device).cast();
            (*config).read_buffer = (&raw mut (*this).read_cache).cast();
            (*config).prog_buffer = (&raw mut (*this).prog_cache).cast();
            (*config).lookahead_buffer = (&raw mut (*this).lookahead).cast();
            let lfs = &raw mut (*this).lfs;
            (*lfs).cfg = config;
            (*lfs).rcache.buffer = (&raw mut (*this).read_cache).cast();
            (*lfs).pcache.buffer = (&raw mut (*this).prog_cache).cast();
            (*lfs).lookahead.buffer = (&raw mut (*this).lookahead).cast();
            // An operation that failed may have left something half written in it.
            (*lfs).pcache.block = NO_BLOCK;
            (*lfs).mlist = core::ptr::null_mut();
            for index in 0..OPEN {
                let slot = &raw mut (*this).slots[index];
                if (*slot).open {
                    Self::wire_slot(slot);
                    (*slot).file.next = (*lfs).mlist.cast();
                    (*lfs).mlist = (&raw mut (*slot).file).cast();
                }
            }
        }
        this
    }

    /// Sets every pointer, for a call that needs nothing but the filesystem.
    fn wired(&mut self) -> *mut Lfs {
        let this = self.wire();
        // SAFETY: `wire` made the pointer from `self`; this is a place in it.
        unsafe { &raw mut (*this).lfs }
    }

    /// # Safety
    /// `slot` must be valid.
    unsafe fn wire_slot(slot: *mut Slot<CACHE>) {
        // SAFETY: `slot` is valid, says the caller; only places in it are written or pointed to.
        unsafe {
            (*slot).attr = LfsAttr {
                type_: ATTR_META,
                buffer: (&raw mut (*slot).meta).cast(),
                size: META_SIZE as u32,
            };
            (*slot).config = LfsFileConfig {
                buffer: (&raw mut (*slot).cache).cast(),
                attrs: &raw mut (*slot).attr,
                attr_count: 1,
            };
            (*slot).file.cfg = &raw const (*slot).config;
            (*slot).file.cache.buffer = (&raw mut (*slot).cache).cast();
        }
    }

    pub(super) fn format(&mut self) -> Code {
        self.close_all();
        let fs = self.wired();
        // SAFETY: `wired` made the pointer, and put one to the configuration there.
        lfs::lfs_format(fs, unsafe { (*fs).cfg })
    }

    pub(super) fn mount(&mut self) -> Code {
        self.close_all();
        let fs = self.wired();
        // SAFETY: as in `format`.
        let code = lfs::lfs_mount(fs, unsafe { (*fs).cfg });
        if code >= 0 {
            // On a flash that cannot be changed, that cannot be helped.
            self.settle();
        }
        code
    }

    fn close_all(&mut self) {
        for slot in &mut self.slots {
            slot.open = false;
        }
    }

    /// Whether it is a directory, and its length.
    pub(super) fn stat(&mut self, path: &CStr) -> Result<(bool, u32), Code> {
        let mut info: LfsInfo = zeroed();
        match lfs::lfs_stat(self.wired(), path.as_ptr().cast(), &mut info) {
            code if code < 0 => Err(code),
            _ => Ok((is_dir(&info), info.size)),
        }
    }

    pub(super) fn mkdir(&mut self, path: &CStr) -> Code {
        self.change(|fs| lfs::lfs_mkdir(fs, path.as_ptr().cast()))
    }

    pub(super) fn remove(&mut self, path: &CStr) -> Code {
        self.change(|fs| lfs::lfs_remove(fs, path.as_ptr().cast()))
    }

    pub(super) fn rename(&mut self, from: &CStr, to: &CStr) -> Code {
        let (from, to) = (from.as_ptr().cast(), to.as_ptr().cast());
        self.change(|fs| lfs::lfs_rename(fs, from, to))
    }

    /// Entries from a position on, without `.` and `..`.
    pub(super) fn list(
        &mut self,
        path: &CStr,
        from: u32,
        each: &mut dyn FnMut(u32, &[u8], bool) -> bool,
    ) -> Code {
        let fs = self.wired();
        // It is in littlefs' list of open files until `wire` makes that anew.
        let mut dir: LfsDir = zeroed();
        let mut code = lfs::lfs_dir_open(fs, &mut dir, path.as_ptr().cast());
        if code < 0 {
            return code;
        }
        // `.` and `..` come first.
        code = lfs::lfs_dir_seek(fs, &mut dir, from.saturating_add(2));
        let mut position = from;
        while code >= 0 {
            let mut info: LfsInfo = zeroed();
            code = lfs::lfs_dir_read(fs, &mut dir, &mut info);
            if code <= 0 {
                break;
            }
            let len = info.name.iter().position(|&byte| byte == 0);
            let name = &info.name[..len.unwrap_or(info.name.len())];
            if !each(position, name, is_dir(&info)) {
                break;
            }
            position += 1;
        }
        lfs::lfs_dir_close(fs, &mut dir);
        code
    }

    /// The attribute's length, or a negative code.
    pub(super) fn attr(&mut self, path: &CStr, id: u8, value: &mut [u8]) -> Code {
        let (buffer, len) = (value.as_mut_ptr().cast(), value.len() as u32);
        lfs::lfs_getattr(self.wired(), path.as_ptr().cast(), id, buffer, len)
    }

    pub(super) fn set_attr(&mut self, path: &CStr, id: u8, value: &[u8]) -> Code {
        let (buffer, len) = (value.as_ptr().cast::<c_void>(), value.len() as u32);
        self.change(|fs| match len {
            0 => lfs::lfs_removeattr(fs, path.as_ptr().cast(), id),
            _ => lfs::lfs_setattr(fs, path.as_ptr().cast(), id, buffer, len),
        })
    }

    /// Opens a file in a slot that is free, with flags of littlefs.
    pub(super) fn open(&mut self, slot: usize, path: &CStr, flags: i32) -> Code {
        assert!(slot < OPEN, "a slot that is there");
        if flags != lfs::lfs_type::lfs_open_flags::LFS_O_RDONLY {
            // It finishes what is half done, and makes names.
            let code = self.change(|_| 0);
            if code < 0 {
                return code;
            }
        }
        let this = self.wire();
        // SAFETY: `wire` made the pointer from `self`; these are places in it, the slot's is there.
        let (fs, slot, file, config) = unsafe {
            let slot = &raw mut (*this).slots[slot];
            Self::wire_slot(slot);
            let (file, config) = (&raw mut (*slot).file, &raw const (*slot).config);
            (&raw mut (*this).lfs, slot, file, config)
        };
        let code = lfs::lfs_file_opencfg(fs, file, path.as_ptr().cast(), flags, config);
        // If that failed, the file may be in littlefs' list still; `wire` leaves it out.
        // SAFETY: as above.
        unsafe { (*slot).open = code >= 0 };
        self.unless_stopped(code)
    }

    /// Calls a function on an open file.
    fn with_file<R>(
        &mut self,
        slot: usize,
        act: impl FnOnce(*mut Lfs, *mut LfsFile) -> R,
    ) -> Option<R> {
        if !self.slots.get(slot)?.open {
            return None;
        }
        let this = self.wire();
        // SAFETY: `wire` made the pointer from `self`; these are places in it, the slot's was found above.
        let (fs, file) = unsafe { (&raw mut (*this).lfs, &raw mut (*this).slots[slot].file) };
        Some(act(fs, file))
    }

    pub(super) fn size(&mut self, slot: usize) -> Code {
        self.with_file(slot, lfs::lfs_file_size).unwrap_or(0)
    }

    pub(super) fn read(&mut self, slot: usize, offset: u32, buf: &mut [u8]) -> Option<Code> {
        let len = buf.len().min(i32::MAX as usize) as u32;
        self.with_file(slot, |fs, file| {
            match lfs::lfs_file_seek(fs, file, offset as i32, 0) {
                code if code < 0 => code,
                _ => lfs::lfs_file_read(fs, file, buf.as_mut_ptr().cast(), len),
            }
        })
    }

    /// Goes to an offset, which writes down what was written elsewhere in the file.
    pub(super) fn seek(&mut self, slot: usize, offset: u32) -> Option<Code> {
        self.with_file(slot, |fs, file| {
            lfs::lfs_file_seek(fs, file, offset as i32, 0)
        })
    }

    /// Writes where [`Self::seek`] went: how much, and a code if that was not all.
    ///
    /// After a failure at the end of the file, what was written before is kept: littlefs has it, and is only
    /// told to forget the failure. After one elsewhere the file is not usable.
    pub(super) fn write(&mut self, slot: usize, bytes: &[u8]) -> Option<(u32, Code, bool)> {
        let len = bytes.len().min(i32::MAX as usize) as u32;
        let block_size = self.config.block_size;
        self.with_file(slot, |fs, file| {
            // SAFETY: `file` points to a part of `self`, which nothing else refers to here.
            let before = unsafe { (*file).pos };
            let code = lfs::lfs_file_write(fs, file, bytes.as_ptr().cast(), len);
            if code >= 0 {
                return (code as u32, 0, true);
            }
            // SAFETY: as above.
            unsafe {
                let file = &mut *file;
                // No block was to be had for what comes next. (If none was to be had for what is in the buffer, in
                // place of one that is worn out, that is lost.)
                let at_block =
                    file.flags & INLINE != 0 || file.flags & WRITING == 0 || file.off == block_size;
                let at_end = file.pos >= file.ctz.size;
                let kept = at_block && at_end && code == lfs::LFS_ERR_NOSPC;
                if kept {
                    file.flags &= !ERRED;
                }
                // Without the flag nothing is to be written down.
                let written = match file.flags & WRITING {
                    0 => 0,
                    _ => file.pos.saturating_sub(before),
                };
                (written, code, kept)
            }
        })
    }

    pub(super) fn truncate(&mut self, slot: usize, size: u32) -> Option<Code> {
        self.with_file(slot, |fs, file| lfs::lfs_file_truncate(fs, file, size))
    }

    pub(super) fn sync(&mut self, slot: usize, meta: &[u8; META_SIZE]) -> Option<Code> {
        self.slots.get_mut(slot)?.meta = *meta;
        let code = self.change(|_| 0);
        if code < 0 {
            return Some(code);
        }
        let code = self.with_file(slot, lfs::lfs_file_sync)?;
        Some(self.unless_stopped(code))
    }

    /// Forgets the file.
    pub(super) fn close(&mut self, slot: usize) {
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.open = false;
        }
    }
}

fn is_dir(info: &LfsInfo) -> bool {
    u32::from(info.type_) == lfs::lfs_type::lfs_type::LFS_TYPE_DIR
}
