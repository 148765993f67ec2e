//! Files, or none: what [`crate::EmbeddedHost`] has for [`wasmote_wasi::host::Files`].

use wasmote_wasi::{
    Errno,
    host::{DirEntry, Filestat, Never, OpenHow, Opened, SetTime},
};

/// A directory or a file; other things have no names here.
pub type DirOrFile<S> = Opened<<S as Storage>::Dir, <S as Storage>::File, Never>;

/// The methods of [`wasmote_wasi::host::Files`] that a chip's files have, with the time (nanoseconds since
/// 1970, or 0) where it is needed. Those that are left out answer [`Errno::NotSup`].
#[allow(missing_docs)]
pub trait Storage {
    type Dir;
    type File;

    /// Opens a directory or a file.
    ///
    /// # Errors
    /// As [`wasmote_wasi::host::Files::dir_open`].
    fn dir_open(
        &mut self,
        dir: &Self::Dir,
        path: &str,
        how: &OpenHow,
        now: u64,
    ) -> Result<DirOrFile<Self>, Errno> {
        let _ = (dir, path, how, now);
        Err(Errno::NotSup)
    }

    fn dir_create_directory(&mut self, dir: &Self::Dir, path: &str, now: u64) -> Result<(), Errno> {
        let _ = (dir, path, now);
        Err(Errno::NotSup)
    }

    fn dir_remove_directory(&mut self, dir: &Self::Dir, path: &str) -> Result<(), Errno> {
        let _ = (dir, path);
        Err(Errno::NotSup)
    }

    fn dir_unlink_file(&mut self, dir: &Self::Dir, path: &str) -> Result<(), Errno> {
        let _ = (dir, path);
        Err(Errno::NotSup)
    }

    fn dir_rename(
        &mut self,
        from: &Self::Dir,
        old_path: &str,
        to: &Self::Dir,
        new_path: &str,
    ) -> Result<(), Errno> {
        let _ = (from, old_path, to, new_path);
        Err(Errno::NotSup)
    }

    fn dir_stat_at(&mut self, dir: &Self::Dir, path: &str) -> Result<Filestat, Errno> {
        let _ = (dir, path);
        Err(Errno::NotSup)
    }

    fn dir_set_times_at(
        &mut self,
        dir: &Self::Dir,
        path: &str,
        atim: SetTime,
        mtim: SetTime,
        now: u64,
    ) -> Result<(), Errno> {
        let _ = (dir, path, atim, mtim, now);
        Err(Errno::NotSup)
    }

    fn dir_read(
        &mut self,
        dir: &Self::Dir,
        cookie: u64,
        emit: &mut dyn FnMut(DirEntry<'_>) -> bool,
    ) -> Result<(), Errno> {
        let _ = (dir, cookie, emit);
        Err(Errno::NotSup)
    }

    fn dir_stat(&mut self, dir: &Self::Dir) -> Result<Filestat, Errno> {
        let _ = dir;
        Err(Errno::NotSup)
    }

    fn dir_set_times(
        &mut self,
        dir: &Self::Dir,
        atim: SetTime,
        mtim: SetTime,
        now: u64,
    ) -> Result<(), Errno> {
        let _ = (dir, atim, mtim, now);
        Err(Errno::NotSup)
    }

    fn dir_sync(&mut self, dir: &Self::Dir) -> Result<(), Errno> {
        let _ = dir;
        Err(Errno::NotSup)
    }

    fn dir_close(&mut self, dir: Self::Dir) -> Result<(), Errno> {
        drop(dir);
        Ok(())
    }

    fn file_read_at(
        &mut self,
        file: &Self::File,
        bufs: &mut [&mut [u8]],
        offset: u64,
    ) -> Result<usize, Errno> {
        let _ = (file, bufs, offset);
        Err(Errno::NotSup)
    }

    fn file_write_at(
        &mut self,
        file: &Self::File,
        bufs: &[&[u8]],
        offset: u64,
        now: u64,
    ) -> Result<usize, Errno> {
        let _ = (file, bufs, offset, now);
        Err(Errno::NotSup)
    }

    fn file_stat(&mut self, file: &Self::File) -> Result<Filestat, Errno> {
        let _ = file;
        Err(Errno::NotSup)
    }

    fn file_set_size(&mut self, file: &Self::File, size: u64, now: u64) -> Result<(), Errno> {
        let _ = (file, size, now);
        Err(Errno::NotSup)
    }

    fn file_set_times(
        &mut self,
        file: &Self::File,
        atim: SetTime,
        mtim: SetTime,
        now: u64,
    ) -> Result<(), Errno> {
        let _ = (file, atim, mtim, now);
        Err(Errno::NotSup)
    }

    fn file_sync(&mut self, file: &Self::File) -> Result<(), Errno> {
        let _ = file;
        Err(Errno::NotSup)
    }

    fn file_close(&mut self, file: Self::File) -> Result<(), Errno> {
        drop(file);
        Ok(())
    }
}

/// No files: no code for them is in the firmware.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Storage for NoFiles {
    type Dir = Never;
    type File = Never;
}
