//! Files on flash.
//!
//! Three layers: a filesystem with names and contents behind [`FlashFs`], of which [`Littlefs`] is
//! one; [`FlashFiles`], which makes of it what WASI programs expect (handles, files without names,
//! attributes, listings that can go on); and [`Storage`], by which [`crate::EmbeddedHost`] reaches
//! the files or does without ([`NoFiles`]).

mod files;
#[cfg(feature = "littlefs")]
mod littlefs;
mod meta;
mod names;
mod path;
mod storage;
mod table;

use core::ffi::CStr;

use wasmote_wasi::Errno;

pub use self::{
    files::{FlashDir, FlashFile},
    meta::META_SIZE,
    storage::{NoFiles, Storage},
    table::FlashFiles,
};
#[cfg(feature = "littlefs")]
pub use littlefs::{Littlefs, Settings};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// A directory; otherwise a file.
    pub dir: bool,
    /// Length in bytes; 0 for a directory.
    pub size: u32,
}

/// Why bytes were not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The reason.
    pub errno: Errno,
    /// What was written to this file since its last commit is lost too.
    pub lost: bool,
}

/// A filesystem on flash, as [`FlashFiles`] needs it: to put another one in littlefs' place, implement
/// this.
///
/// Paths begin with `/` and have no empty names, `.` or `..`; the root is `/`. Names are bytes: some that
/// are made here are not UTF-8, so that no program can have them.
///
/// Changes of names and attributes are on the device, whole or not at all, when a function returns.
/// Contents are on the device after [`Self::commit`]; a file of which power was cut has the contents of
/// its last commit.
///
/// Contents are reached through `SLOTS` slots. Who calls keeps track of them: a slot is opened before it
/// is used, and a file is never open in two slots, removed or renamed while it is open.
pub trait FlashFs {
    /// How many files can be open.
    const SLOTS: usize;
    /// Longest name in bytes.
    const NAME_MAX: usize;

    /// How many bytes of contents there can be at most.
    fn capacity(&self) -> u32;

    /// What a path stands for; `None` if nothing.
    ///
    /// # Errors
    /// [`Errno::NotDir`] if a name on the way is a file's; [`Errno::Io`].
    fn stat(&mut self, path: &CStr) -> Result<Option<Stat>, Errno>;

    /// Creates a directory.
    ///
    /// # Errors
    /// [`Errno::Exist`], [`Errno::NoEnt`], [`Errno::NotDir`], [`Errno::NoSpc`], [`Errno::Io`].
    fn create_dir(&mut self, path: &CStr) -> Result<(), Errno>;

    /// Removes a file or an empty directory.
    ///
    /// # Errors
    /// [`Errno::NoEnt`], [`Errno::NotDir`], [`Errno::NotEmpty`], [`Errno::NoSpc`], [`Errno::Io`].
    fn remove(&mut self, path: &CStr) -> Result<(), Errno>;

    /// Moves a file or directory in one step, replacing a file or an empty directory.
    ///
    /// # Errors
    /// As [`Self::remove`].
    fn rename(&mut self, from: &CStr, to: &CStr) -> Result<(), Errno>;

    /// Tells the entries of a directory from the given position on, until `each` returns false: position,
    /// name, and whether it is a directory. Positions count from 0 and are good until a name in the
    /// directory changes.
    ///
    /// # Errors
    /// [`Errno::NoEnt`], [`Errno::NotDir`], [`Errno::Io`].
    fn list(
        &mut self,
        path: &CStr,
        from: u32,
        each: &mut dyn FnMut(u32, &[u8], bool) -> bool,
    ) -> Result<(), Errno>;

    /// Copies an attribute, cut to the buffer, and says how long it is; 0 if there is none.
    ///
    /// # Errors
    /// [`Errno::NoEnt`], [`Errno::NotDir`], [`Errno::Io`].
    fn attr(&mut self, path: &CStr, id: u8, value: &mut [u8]) -> Result<usize, Errno>;

    /// Sets an attribute; none are longer than 1022 bytes, an empty one is none.
    ///
    /// # Errors
    /// [`Errno::NoEnt`], [`Errno::NotDir`], [`Errno::NoSpc`], [`Errno::Io`].
    fn set_attr(&mut self, path: &CStr, id: u8, value: &[u8]) -> Result<(), Errno>;

    /// Opens a file in a free slot, to write in it or only to read.
    ///
    /// # Errors
    /// [`Errno::NoEnt`], [`Errno::NotDir`], [`Errno::IsDir`], [`Errno::NoSpc`], [`Errno::Io`].
    fn open(&mut self, slot: usize, path: &CStr, write: bool) -> Result<(), Errno>;

    /// Creates an empty file and opens it in a free slot to write in it.
    ///
    /// # Errors
    /// As [`Self::create_dir`].
    fn create(&mut self, slot: usize, path: &CStr) -> Result<(), Errno>;

    /// Length of the file in a slot.
    fn size(&mut self, slot: usize) -> u32;

    /// Reads; fewer bytes than asked for only at the end.
    ///
    /// # Errors
    /// [`Errno::Io`]; an error of writing what was to be written before. The slot is to be closed then.
    fn read(&mut self, slot: usize, offset: u32, buf: &mut [u8]) -> Result<usize, Errno>;

    /// Writes at an offset that is not behind the end, and says how much: less if there is no room.
    ///
    /// # Errors
    /// [`Errno::NoSpc`], [`Errno::Fbig`], [`Errno::Io`]. If that lost what was written before, the slot
    /// is to be closed.
    fn write(&mut self, slot: usize, offset: u32, bytes: &[u8]) -> Result<usize, Failure>;

    /// Cuts the file, or enlarges it with zeros.
    ///
    /// # Errors
    /// As [`Self::write`]; the slot is to be closed then.
    fn set_size(&mut self, slot: usize, size: u32) -> Result<(), Errno>;

    /// Brings contents and, with them, the attribute [`ATTR_META`] to the device.
    ///
    /// # Errors
    /// [`Errno::NoSpc`], [`Errno::Io`]: the slot is to be closed, the file is as at its last commit.
    fn commit(&mut self, slot: usize, meta: &[u8; META_SIZE]) -> Result<(), Errno>;

    /// Frees a slot without a commit.
    fn close(&mut self, slot: usize);
}

/// The attribute with a file's number and times.
pub const ATTR_META: u8 = b'm';
/// The root's attribute with the next number for a file.
const ATTR_NEXT: u8 = b'n';
/// The attribute of a file that is being replaced: where it was.
const ATTR_HOME: u8 = b'h';
