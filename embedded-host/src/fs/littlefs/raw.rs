//! The port of littlefs, whose interface is C's, made safe: all `unsafe` code of this crate.
//!
//! Its structures point to each other, to the buffers and to the flash. Here they lie side by side in one
//! value that may be moved, so every call first sets all those pointers anew ([`Raw::wire`]). Nothing
//! points into the value between calls.
#![allow(unsafe_code)]

use core::{
    ffi::{CStr, c_void},
    mem::MaybeUninit,
    slice,
};

use embedded_storage::nor_flash::NorFlash;
use littlefs_rust_core::{
    self as lfs, Lfs, LfsAttr, LfsConfig, LfsDir, LfsFile, LfsFileConfig, LfsInfo, LfsMdir,
};

use crate::fs::{ATTR_META, META_SIZE};

/// littlefs' errors are negative numbers.
pub(super) type Code = i32;

const NO_BLOCK: u32 = u32::MAX;
/// What one or two changes of directories take, if these have to be split and moved.
const ENOUGH_BLOCKS: usize = 6;
/// How often the filesystem is searched for that at most, before a change.
const MOST_SEARCHES: u32 = 2;
const DIR_STRUCT: u32 = lfs::lfs_type::lfs_type::LFS_TYPE_DIRSTRUCT;
const FILE_STRUCT: u32 = lfs::lfs_type::lfs_type::LFS_TYPE_CTZSTRUCT;
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

/// The flash, as littlefs' functions for it need it.
struct Device<F> {
    flash: F,
    lfs: *const Lfs,
    /// Where the map of free blocks began when it was last right.
    map: u32,
    /// Something was not erased because it is not.
    stopped: bool,
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

    /// Calls what changes directories.
    ///
    /// If it fails, littlefs keeps what it was about to announce to the device (a move, an orphan) in
    /// memory, and the next change would write that down as a fact: a file that was not moved after all
    /// would be taken away where it is. So the announcement is taken back, unless it has reached the
    /// device, where it is settled before the next change.
    fn change(&mut self, act: impl FnOnce(*mut Lfs) -> Code) -> Code {
        let mut code = self.settle();
        if code >= 0 {
            code = self.search();
        }
        if code < 0 {
            return code;
        }
        let (intended, written) = (self.lfs.gstate, self.lfs.gdisk);
        let code = act(self.wired());
        let now = &self.lfs.gdisk;
        if code < 0 && now.tag == written.tag && now.pair == written.pair {
            self.lfs.gstate = intended;
        }
        self.unless_stopped(code)
    }

    /// Finishes a change that is half done on the device, if there is one.
    fn settle(&mut self) -> Code {
        if !is_half_done(&self.lfs) {
            return 0;
        }
        match self.search() {
            code if code < 0 => code,
            _ => {
                let code = lfs::lfs_fs_mkconsistent(self.wired());
                self.unless_stopped(code)
            }
        }
    }

    fn unless_stopped(&mut self, code: Code) -> Code {
        match core::mem::take(&mut self.device.stopped) {
            true => lfs::LFS_ERR_NOSPC,
            false => code,
        }
    }

    /// Sees to it that littlefs knows of enough free blocks, if there are as many close to each other.
    ///
    /// While a change is half done on the device, littlefs does not see all files: of a move, it hides the
    /// name in the old directory, but the next name as well; of a directory that went to other blocks, it sees
    /// what was there before. If it searched the filesystem for free blocks then, those of other files would
    /// seem free, and be erased. So blocks are searched for before. Should those not do, nothing is erased
    /// ([`Device::may_erase`]), the change fails, and is settled later. If it was power that stopped the
    /// change, what littlefs does not see is searched for here.
    fn search(&mut self) -> Code {
        let window = (8 * LOOKAHEAD as u32).min(self.lfs.block_count);
        let (gstate, gdisk) = (self.lfs.gstate, self.lfs.gdisk);
        let half_done = is_half_done(&self.lfs);
        if half_done {
            // What is known was found without knowing that.
            self.lfs.lookahead.size = 0;
        }
        for announced in [&mut self.lfs.gstate, &mut self.lfs.gdisk] {
            (announced.tag, announced.pair) = (0, [0; 2]);
        }
        let mut code = 0;
        let mut parts = self.lfs.block_count.div_ceil(window).min(MOST_SEARCHES);
        while code >= 0 && parts > 0 && self.known_free() < ENOUGH_BLOCKS {
            parts -= 1;
            let lookahead = &mut self.lfs.lookahead;
            // The next part, from here on.
            lookahead.next = lookahead.size;
            lookahead.size = 0;
            lookahead.ckpoint = self.lfs.block_count;
            // Without anything announced or to be compacted, this is all that it does.
            code = lfs::lfs_fs_gc(self.wired());
            if code >= 0 && half_done {
                code = self.mark_unseen();
            }
        }
        (self.lfs.gstate, self.lfs.gdisk) = (gstate, gdisk);
        self.device.map = self.lfs.lookahead.start;
        code
    }

    /// Marks the blocks that are used by what directories have now, and not only by what they had before they
    /// went to other blocks.
    fn mark_unseen(&mut self) -> Code {
        let mut dir: LfsMdir = zeroed();
        dir.tail = [0, 1];
        let mut code = 0;
        for _ in 0..self.lfs.block_count {
            if code < 0 || dir.tail.contains(&NO_BLOCK) {
                break;
            }
            let pair = dir.tail;
            code = lfs::lfs_dir_fetch(self.wired(), &mut dir, &pair);
            for id in 0..dir.count {
                if code < 0 {
                    break;
                }
                if let Some((DIR_STRUCT, pair)) = self.structure(&dir, id) {
                    code = self.mark_directory(pair);
                }
            }
        }
        code
    }

    /// Marks what is in a directory, and in the one that its end leads to.
    fn mark_directory(&mut self, mut pair: [u32; 2]) -> Code {
        let mut last = false;
        for _ in 0..self.lfs.block_count {
            let mut dir: LfsMdir = zeroed();
            let code = lfs::lfs_dir_fetch(self.wired(), &mut dir, &pair);
            if code < 0 {
                return code;
            }
            self.mark(pair[0]);
            self.mark(pair[1]);
            for id in 0..dir.count {
                if let Some((FILE_STRUCT, [head, size])) = self.structure(&dir, id) {
                    let code = self.mark_file(head, size);
                    if code < 0 {
                        return code;
                    }
                }
            }
            if last || dir.tail.contains(&NO_BLOCK) {
                break;
            }
            last = !dir.split;
            pair = dir.tail;
        }
        0
    }

    /// What kind of structure an entry has, and its two numbers.
    fn structure(&mut self, dir: &LfsMdir, id: u16) -> Option<(u32, [u32; 2])> {
        let (mask, tag) = (
            lfs::lfs_mktag(0x700, 0x3ff, 0),
            lfs::lfs_mktag(DIR_STRUCT, u32::from(id), 8),
        );
        let mut numbers = [0_u32; 2];
        let found = lfs::lfs_dir_get(self.wired(), dir, mask, tag, (&raw mut numbers).cast());
        let kind = u32::try_from(found).ok()? >> 20 & 0x7ff;
        Some((kind, numbers.map(u32::from_le)))
    }

    /// Marks the blocks of a file: each but the first begins with the number of the one before it.
    fn mark_file(&mut self, head: u32, size: u32) -> Code {
        let mut block = head;
        let mut index = self.last_index(size);
        loop {
            self.mark(block);
            if index == 0 {
                return 0;
            }
            index -= 1;
            // Nothing is to be written now, so its buffer is free.
            let len = 4_usize.next_multiple_of(F::READ_SIZE);
            let start = block.saturating_mul(self.config.block_size);
            let Some(buffer) = self.prog_cache.get_mut(..len) else {
                return lfs::LFS_ERR_INVAL;
            };
            if self.device.flash.read(start, buffer).is_err() {
                return lfs::LFS_ERR_IO;
            }
            block = u32::from_le_bytes([buffer[0], buffer[1], buffer[2], buffer[3]]);
        }
    }

    /// The number of a file's last block, counted from 0: block `n` begins with as many numbers of 4 bytes as
    /// `n` has zeros at its end, and one more.
    fn last_index(&self, size: u32) -> u32 {
        let room = self.config.block_size - 8;
        let last = size.saturating_sub(1);
        match last / room {
            0 => 0,
            estimate => (last - 4 * ((estimate - 1).count_ones() + 2)) / room,
        }
    }

    fn mark(&mut self, block: u32) {
        let (lookahead, count) = (&self.lfs.lookahead, self.lfs.block_count);
        let at = block.wrapping_add(count).wrapping_sub(lookahead.start) % count;
        if at < lookahead.size
            && let Some(byte) = self.lookahead.get_mut(at as usize / 8)
        {
            *byte |= 1 << (at % 8);
        }
    }

    /// How many blocks littlefs can take without a search.
    fn known_free(&self) -> usize {
        let lookahead = &self.lfs.lookahead;
        let is_free = |block: &u32| {
            let byte = self.lookahead.get(*block as usize / 8);
            byte.is_some_and(|byte| byte & (1 << (block % 8)) == 0)
        };
        (lookahead.next..lookahead.size).filter(is_free).count()
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

/// Whether the device says that something is being moved, or that there are orphans.
fn is_half_done(fs: &Lfs) -> bool {
    fs.gdisk.tag & (0x7000_0000 | 0x1ff) != 0
}

fn is_dir(info: &LfsInfo) -> bool {
    u32::from(info.type_) == lfs::lfs_type::lfs_type::LFS_TYPE_DIR
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

unsafe extern "C" fn read<F: NorFlash>(
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
unsafe extern "C" fn prog<F: NorFlash>(
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
unsafe extern "C" fn erase<F: NorFlash>(config: *const LfsConfig, block: u32) -> i32 {
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

unsafe extern "C" fn sync(_: *const LfsConfig) -> i32 {
    0
}
