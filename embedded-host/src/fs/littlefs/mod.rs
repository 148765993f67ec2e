//! littlefs on a NOR flash.
//!
//! **Why littlefs, and which.** It was made for this: names and contents survive a power cut at any
//! moment, blocks wear evenly, bad ones are replaced, and it needs little RAM, all of it known
//! beforehand. Of the two crates, `littlefs2` wraps the original in C and needs clang and libclang for
//! the target to build; `littlefs-rust-core` is a port of it, function by function, with the same format on
//! flash, and needs nothing but cargo. The port is taken, since everything else here builds with cargo
//! alone, and it is young, so it is tested here from the outside (power cuts at every step, worn-out
//! and full flash). What is used is its lower interface: the upper one allocates for every path and
//! entry, and leaves limits on loops switched on that panic (64 metadata pairs at a mount). What was
//! found by these tests, in the port or in littlefs itself, is kept from happening in `raw.rs`.
//!
//! The port relies on numbers that wrap. Builds with overflow checks (debug builds) need this in the
//! `Cargo.toml` of the firmware, or they panic when a flash is formatted:
//!
//! ```toml
//! [profile.dev.package.littlefs-rust-core]
//! overflow-checks = false
//! ```
//!
//! What is on the flash is trusted: an image that was made to harm could make the port read or write
//! out of bounds.

mod raw;

use core::ffi::CStr;

use embedded_storage::nor_flash::NorFlash;
use littlefs_rust_core as lfs;
use wasmote_wasi::Errno;

use self::raw::{Code, Geometry, Raw};
use super::{Failure, FlashFs, META_SIZE, Stat};

/// How a flash is used. The first two must be the same at every mount of what was formatted with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many of the flash's erase units make one block. A directory takes two blocks, a file that does not fit
    /// in its directory one or more. 0: as few as make 128 bytes.
    pub erase_units: u32,
    /// How many blocks of the flash are used, from its beginning. 0: all.
    pub blocks: u32,
    /// After how many erasures of a block what is in it moves elsewhere: less wears more evenly, and
    /// moves more often.
    pub block_cycles: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            erase_units: 0,
            blocks: 0,
            block_cycles: 500,
        }
    }
}

/// The littlefs on a flash, in `size_of` bytes of RAM and no others:
///
/// | parameter | what it is |
/// |---|---|
/// | `CACHE` | bytes of each of its `2 + OPEN` buffers: a multiple of what the flash reads and writes at once, a divisor of the block; also up to which size a file lives in its directory (at most an eighth of a block) |
/// | `LOOKAHEAD` | bytes of its map of free blocks, 8 blocks each: the larger, the less often all of the filesystem is searched for free ones. With a map of only a part of the flash, a change of names may fail with `nospc` though there is room elsewhere |
/// | `OPEN` | how many files are open at once inside: with fewer than a program writes to by turns, each turn commits |
pub struct Littlefs<F, const CACHE: usize, const LOOKAHEAD: usize, const OPEN: usize> {
    raw: Raw<F, CACHE, LOOKAHEAD, OPEN>,
}

impl<F: NorFlash, const CACHE: usize, const LOOKAHEAD: usize, const OPEN: usize>
    Littlefs<F, CACHE, LOOKAHEAD, OPEN>
{
    const CHECKED: () = {
        assert!(OPEN > 0 && LOOKAHEAD > 0, "room for something");
        assert!(
            CACHE > 0 && CACHE.is_multiple_of(F::READ_SIZE),
            "CACHE is a multiple of READ_SIZE"
        );
        assert!(
            CACHE.is_multiple_of(F::WRITE_SIZE),
            "CACHE is a multiple of WRITE_SIZE"
        );
    };

    fn new(flash: F, settings: &Settings) -> Result<Self, (Errno, F)> {
        let () = Self::CHECKED;
        let Some(geometry) = geometry::<F>(&flash, settings, CACHE) else {
            return Err((Errno::Inval, flash));
        };
        let raw = Raw::new(flash, &geometry);
        Ok(Littlefs { raw })
    }

    /// Makes a new filesystem, whatever is on the flash, and mounts it.
    ///
    /// # Errors
    /// [`Errno::Inval`] for sizes that do not fit each other, [`Errno::NoSpc`] and [`Errno::Io`] if the flash
    /// is too small or does not work; with the flash.
    pub fn format(flash: F, settings: &Settings) -> Result<Self, (Errno, F)> {
        let mut this = Self::new(flash, settings)?;
        match done(this.raw.format()).and_then(|()| done(this.raw.mount())) {
            Ok(()) => Ok(this),
            Err(errno) => Err((errno, this.into_flash())),
        }
    }

    /// Mounts the filesystem that is on the flash.
    ///
    /// # Errors
    /// [`Errno::Inval`] for sizes that do not fit each other or the filesystem, [`Errno::Io`] if there is none;
    /// with the flash.
    pub fn mount(flash: F, settings: &Settings) -> Result<Self, (Errno, F)> {
        let mut this = Self::new(flash, settings)?;
        match done(this.raw.mount()) {
            Ok(()) => Ok(this),
            Err(errno) => Err((errno, this.into_flash())),
        }
    }

    /// Mounts the filesystem, or makes one if there is none.
    ///
    /// # Errors
    /// As [`Self::format`].
    pub fn mount_or_format(flash: F, settings: &Settings) -> Result<Self, (Errno, F)> {
        // (One value, not one of mounting and one of formatting: chips have little stack.)
        let mut this = Self::new(flash, settings)?;
        let mounted = match done(this.raw.mount()) {
            Err(Errno::Io | Errno::Inval) => {
                done(this.raw.format()).and_then(|()| done(this.raw.mount()))
            }
            mounted => mounted,
        };
        match mounted {
            Ok(()) => Ok(this),
            Err(errno) => Err((errno, this.into_flash())),
        }
    }

    /// The flash.
    pub fn flash(&mut self) -> &mut F {
        self.raw.flash()
    }

    /// Gives the flash back; what was not committed is lost.
    pub fn into_flash(self) -> F {
        self.raw.into_flash()
    }
}

/// The sizes to use; `None` if they do not fit.
fn geometry<F: NorFlash>(flash: &F, settings: &Settings, cache: usize) -> Option<Geometry> {
    let size = |bytes: usize| u32::try_from(bytes).ok().filter(|&bytes| bytes > 0);
    let erase_size = size(F::ERASE_SIZE)?;
    let erase_units = match settings.erase_units {
        0 => 128_u32.div_ceil(erase_size),
        units => units,
    };
    let block_size = erase_size.checked_mul(erase_units)?;
    let cache = size(cache)?;
    if block_size < 128 || !block_size.is_multiple_of(cache) {
        return None;
    }
    let there = u32::try_from(flash.capacity()).unwrap_or(u32::MAX) / block_size;
    let block_count = match settings.blocks {
        0 => there,
        blocks => blocks,
    };
    // Two for the root, and what a change of it needs.
    if block_count < 4 || block_count > there {
        return None;
    }
    // Compacting a directory takes time that grows with the square of its entries: of a large block, only a
    // part is used for them.
    let metadata_max = match block_size {
        LARGE_BLOCK..
            if block_size.is_multiple_of(METADATA_MAX) && METADATA_MAX.is_multiple_of(cache) =>
        {
            METADATA_MAX
        }
        _ => 0,
    };
    Some(Geometry {
        read_size: size(F::READ_SIZE)?,
        prog_size: size(F::WRITE_SIZE)?,
        block_size,
        metadata_max,
        block_count,
        block_cycles: i32::from(settings.block_cycles.max(1)),
    })
}

const METADATA_MAX: u32 = 8192;
const LARGE_BLOCK: u32 = METADATA_MAX + 1;

/// What to say for a code of littlefs.
fn errno(code: Code) -> Errno {
    match code {
        lfs::LFS_ERR_NOENT => Errno::NoEnt,
        lfs::LFS_ERR_EXIST => Errno::Exist,
        lfs::LFS_ERR_NOTDIR => Errno::NotDir,
        lfs::LFS_ERR_ISDIR => Errno::IsDir,
        lfs::LFS_ERR_NOTEMPTY => Errno::NotEmpty,
        lfs::LFS_ERR_INVAL => Errno::Inval,
        lfs::LFS_ERR_NOSPC => Errno::NoSpc,
        lfs::LFS_ERR_NOMEM => Errno::NoMem,
        lfs::LFS_ERR_NAMETOOLONG => Errno::NameTooLong,
        FBIG => Errno::Fbig,
        // Among them `LFS_ERR_CORRUPT`.
        _ => Errno::Io,
    }
}

/// `LFS_ERR_FBIG`, which the port does not export.
const FBIG: Code = -27;

fn count(code: Code) -> Result<usize, Errno> {
    usize::try_from(code).map_err(|_| errno(code))
}

fn done(code: Code) -> Result<(), Errno> {
    count(code).map(|_| ())
}

/// Of a slot that may not be open.
fn opened<T>(result: Option<T>) -> Result<T, Errno> {
    result.ok_or(Errno::Badf)
}

impl<F: NorFlash, const CACHE: usize, const LOOKAHEAD: usize, const OPEN: usize> FlashFs
    for Littlefs<F, CACHE, LOOKAHEAD, OPEN>
{
    const SLOTS: usize = OPEN;
    const NAME_MAX: usize = 255;

    fn capacity(&self) -> u32 {
        self.raw.capacity()
    }

    fn stat(&mut self, path: &CStr) -> Result<Option<Stat>, Errno> {
        match self.raw.stat(path) {
            Ok((true, _)) => Ok(Some(Stat { dir: true, size: 0 })),
            Ok((false, size)) => Ok(Some(Stat { dir: false, size })),
            Err(lfs::LFS_ERR_NOENT) => Ok(None),
            Err(code) => Err(errno(code)),
        }
    }

    fn create_dir(&mut self, path: &CStr) -> Result<(), Errno> {
        done(self.raw.mkdir(path))
    }

    fn remove(&mut self, path: &CStr) -> Result<(), Errno> {
        done(self.raw.remove(path))
    }

    fn rename(&mut self, from: &CStr, to: &CStr) -> Result<(), Errno> {
        done(self.raw.rename(from, to))
    }

    fn list(
        &mut self,
        path: &CStr,
        from: u32,
        each: &mut dyn FnMut(u32, &[u8], bool) -> bool,
    ) -> Result<(), Errno> {
        done(self.raw.list(path, from, each))
    }

    fn attr(&mut self, path: &CStr, id: u8, value: &mut [u8]) -> Result<usize, Errno> {
        match self.raw.attr(path, id, value) {
            lfs::LFS_ERR_NOATTR => Ok(0),
            code => count(code),
        }
    }

    fn set_attr(&mut self, path: &CStr, id: u8, value: &[u8]) -> Result<(), Errno> {
        done(self.raw.set_attr(path, id, value))
    }

    fn open(&mut self, slot: usize, path: &CStr, write: bool) -> Result<(), Errno> {
        use lfs::lfs_type::lfs_open_flags::{LFS_O_RDONLY, LFS_O_RDWR};
        let flags = if write { LFS_O_RDWR } else { LFS_O_RDONLY };
        done(self.raw.open(slot, path, flags))
    }

    fn create(&mut self, slot: usize, path: &CStr) -> Result<(), Errno> {
        use lfs::lfs_type::lfs_open_flags::{LFS_O_CREAT, LFS_O_EXCL, LFS_O_RDWR};
        let flags = LFS_O_RDWR | LFS_O_CREAT | LFS_O_EXCL;
        // littlefs takes a directory without room for a name that is too long; those never get here.
        match self.raw.open(slot, path, flags) {
            lfs::LFS_ERR_NAMETOOLONG => Err(Errno::NoSpc),
            code => done(code),
        }
    }

    fn size(&mut self, slot: usize) -> u32 {
        u32::try_from(self.raw.size(slot)).unwrap_or(0)
    }

    fn read(&mut self, slot: usize, offset: u32, buf: &mut [u8]) -> Result<usize, Errno> {
        count(opened(self.raw.read(slot, offset, buf))?)
    }

    fn write(&mut self, slot: usize, offset: u32, bytes: &[u8]) -> Result<usize, Failure> {
        let failure = |lost| move |errno| Failure { errno, lost };
        let sought = opened(self.raw.seek(slot, offset)).and_then(done);
        sought.map_err(failure(true))?;
        let (written, code, kept) = opened(self.raw.write(slot, bytes)).map_err(failure(true))?;
        match written {
            0 => done(code).map(|()| 0).map_err(failure(!kept)),
            _ if !kept => Err(failure(true)(errno(code))),
            written => Ok(written as usize),
        }
    }

    fn set_size(&mut self, slot: usize, size: u32) -> Result<(), Errno> {
        done(opened(self.raw.truncate(slot, size))?)
    }

    fn commit(&mut self, slot: usize, meta: &[u8; META_SIZE]) -> Result<(), Errno> {
        done(opened(self.raw.sync(slot, meta))?)
    }

    fn close(&mut self, slot: usize) {
        self.raw.close(slot);
    }
}
