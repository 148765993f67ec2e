//! Filesystems.

use super::Streams;
use crate::{
    errno::Errno,
    types::{Advice, Filetype},
};

/// Attributes of a file, stream or directory (`filestat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filestat {
    /// The device that the file is on.
    pub dev: u64,
    /// The file's number on that device.
    pub ino: u64,
    /// What it is.
    pub filetype: Filetype,
    /// How many names it has.
    pub nlink: u64,
    /// Length in bytes; of a symbolic link, the length of its text.
    pub size: u64,
    /// Last access, in nanoseconds since 1970.
    pub atim: u64,
    /// Last modification, in nanoseconds since 1970.
    pub mtim: u64,
    /// Last change of attributes, in nanoseconds since 1970.
    pub ctim: u64,
}

impl Filestat {
    /// The attributes of something of which only the type is known.
    pub fn of_type(filetype: Filetype) -> Filestat {
        Filestat {
            dev: 0,
            ino: 0,
            filetype,
            nlink: 1,
            size: 0,
            atim: 0,
            mtim: 0,
            ctim: 0,
        }
    }
}

/// What to do with a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTime {
    /// Leave it.
    Keep,
    /// The host's present time.
    Now,
    /// Nanoseconds since 1970.
    At(u64),
}

/// One entry of a directory.
#[derive(Clone, Copy, Debug)]
pub struct DirEntry<'a> {
    /// The cookie of the entry after this one; never 0.
    pub next: u64,
    /// The file's number, or 0 if the host does not know it.
    pub ino: u64,
    /// What it is.
    pub filetype: Filetype,
    /// Its name.
    pub name: &'a [u8],
}

/// How to open a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct OpenHow {
    /// Its contents will be read, or the directory listed.
    pub read: bool,
    /// It will be written, enlarged or cut.
    pub write: bool,
    /// Create a regular file if there is nothing.
    pub create: bool,
    /// Fail with `exist` if there is something (only with `create`).
    pub exclusive: bool,
    /// Make it empty.
    pub truncate: bool,
    /// Fail with `notdir` unless it is a directory.
    pub directory: bool,
    /// Follow a symbolic link at the end of the path; otherwise such a link fails with `loop`.
    pub follow: bool,
    /// Do not wait for a peer while opening.
    pub nonblocking: bool,
}

/// What opening a path gave.
#[derive(Debug)]
pub enum Opened<D, F, S> {
    /// A directory.
    Dir(D),
    /// A file with positions: read and written at offsets.
    File(F),
    /// Something without positions, such as a pipe or a terminal.
    Stream(S),
}

/// What a host opens.
pub type OpenedBy<H> = Opened<<H as Files>::Dir, <H as Files>::File, <H as Streams>::Stream>;

/// A filesystem, reached through directories.
pub trait Files: Streams {
    /// A directory's handle.
    type Dir;
    /// An open regular file's handle.
    type File;

    /// Whether there are symbolic links. If not, paths that climb out of the directory
    /// (`a/../../b`) are refused with [`Errno::Perm`] before they reach the host, since
    /// counting names is then enough to know.
    const SYMLINKS: bool = false;

    /// Opens what `path` names.
    ///
    /// # Errors
    /// As `openat`; [`Errno::Perm`] if the path leads out of `dir`; [`Errno::IsDir`] for a directory
    /// with `write`.
    fn dir_open(
        &mut self,
        dir: &Self::Dir,
        path: &str,
        how: &OpenHow,
    ) -> Result<OpenedBy<Self>, Errno> {
        let _ = (dir, path, how);
        Err(Errno::NotSup)
    }

    /// Creates a directory.
    ///
    /// # Errors
    /// As `mkdirat`.
    fn dir_create_directory(&mut self, dir: &Self::Dir, path: &str) -> Result<(), Errno> {
        let _ = (dir, path);
        Err(Errno::NotSup)
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// As `unlinkat` with `AT_REMOVEDIR`.
    fn dir_remove_directory(&mut self, dir: &Self::Dir, path: &str) -> Result<(), Errno> {
        let _ = (dir, path);
        Err(Errno::NotSup)
    }

    /// Removes a name that is not a directory's.
    ///
    /// # Errors
    /// As `unlinkat`; [`Errno::IsDir`] for a directory.
    fn dir_unlink_file(&mut self, dir: &Self::Dir, path: &str) -> Result<(), Errno> {
        let _ = (dir, path);
        Err(Errno::NotSup)
    }

    /// Moves a name, replacing what the new name had.
    ///
    /// # Errors
    /// As `renameat`.
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

    /// Gives a file another name; a symbolic link at the end of `old_path` is not followed.
    ///
    /// # Errors
    /// As `linkat`.
    fn dir_link(
        &mut self,
        from: &Self::Dir,
        old_path: &str,
        to: &Self::Dir,
        new_path: &str,
    ) -> Result<(), Errno> {
        let _ = (from, old_path, to, new_path);
        Err(Errno::NotSup)
    }

    /// Creates a symbolic link with this text, which is relative.
    ///
    /// # Errors
    /// As `symlinkat`.
    fn dir_symlink(&mut self, dir: &Self::Dir, text: &str, path: &str) -> Result<(), Errno> {
        let _ = (dir, text, path);
        Err(Errno::NotSup)
    }

    /// Copies the text of a symbolic link, cut to the buffer, and says how long the copy is.
    ///
    /// # Errors
    /// As `readlinkat`; [`Errno::Perm`] if the text is an absolute path.
    fn dir_readlink(
        &mut self,
        dir: &Self::Dir,
        path: &str,
        buf: &mut [u8],
    ) -> Result<usize, Errno> {
        let _ = (dir, path, buf);
        Err(Errno::NotSup)
    }

    /// The attributes of what `path` names.
    ///
    /// # Errors
    /// As `fstatat`.
    fn dir_stat_at(
        &mut self,
        dir: &Self::Dir,
        path: &str,
        follow: bool,
    ) -> Result<Filestat, Errno> {
        let _ = (dir, path, follow);
        Err(Errno::NotSup)
    }

    /// Sets access and modification time of what `path` names.
    ///
    /// # Errors
    /// As `utimensat`.
    fn dir_set_times_at(
        &mut self,
        dir: &Self::Dir,
        path: &str,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let _ = (dir, path, follow, atim, mtim);
        Err(Errno::NotSup)
    }

    /// Lists the directory, `.` and `..` included, beginning with the entry of `cookie` (0: the
    /// first), until `emit` returns false or there are no more. A cookie stays good while other
    /// entries come and go.
    ///
    /// # Errors
    /// As `readdir`.
    fn dir_read(
        &mut self,
        dir: &mut Self::Dir,
        cookie: u64,
        emit: &mut dyn FnMut(DirEntry<'_>) -> bool,
    ) -> Result<(), Errno> {
        let _ = (dir, cookie, emit);
        Err(Errno::NotSup)
    }

    /// The directory's own attributes.
    ///
    /// # Errors
    /// As `fstat`.
    fn dir_stat(&mut self, dir: &Self::Dir) -> Result<Filestat, Errno> {
        let _ = dir;
        Ok(Filestat::of_type(Filetype::Directory))
    }

    /// Sets the directory's own times.
    ///
    /// # Errors
    /// As `futimens`.
    fn dir_set_times(
        &mut self,
        dir: &Self::Dir,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let _ = (dir, atim, mtim);
        Err(Errno::NotSup)
    }

    /// Waits until names made so far are on the device.
    ///
    /// # Errors
    /// As `fsync`.
    fn dir_sync(&mut self, dir: &Self::Dir) -> Result<(), Errno> {
        let _ = dir;
        Err(Errno::NotSup)
    }

    /// Gives the handle back.
    ///
    /// # Errors
    /// What closing reports; the handle is gone all the same.
    fn dir_close(&mut self, dir: Self::Dir) -> Result<(), Errno> {
        drop(dir);
        Ok(())
    }

    /// Reads at an offset into the buffers in turn; fewer bytes than they hold only at the end.
    /// Buffers as for [`Streams`].
    ///
    /// # Errors
    /// As `preadv`.
    fn file_read_at(
        &mut self,
        file: &mut Self::File,
        bufs: &mut [&mut [u8]],
        offset: u64,
    ) -> Result<usize, Errno> {
        let _ = (file, bufs, offset);
        Err(Errno::NotSup)
    }

    /// Writes at an offset and says how much.
    ///
    /// # Errors
    /// As `pwritev`, and only if nothing was written.
    fn file_write_at(
        &mut self,
        file: &mut Self::File,
        bufs: &[&[u8]],
        offset: u64,
    ) -> Result<usize, Errno> {
        let _ = (file, bufs, offset);
        Err(Errno::NotSup)
    }

    /// Writes at the end, wherever that is by then, and says how much.
    ///
    /// # Errors
    /// As [`Files::file_write_at`].
    fn file_append(&mut self, file: &mut Self::File, bufs: &[&[u8]]) -> Result<usize, Errno> {
        let end = self.file_stat(file)?.size;
        self.file_write_at(file, bufs, end)
    }

    /// Attributes; `size` must be right.
    ///
    /// # Errors
    /// As `fstat`.
    fn file_stat(&mut self, file: &Self::File) -> Result<Filestat, Errno> {
        let _ = file;
        Err(Errno::NotSup)
    }

    /// Cuts the file, or enlarges it with zeros.
    ///
    /// # Errors
    /// As `ftruncate`.
    fn file_set_size(&mut self, file: &mut Self::File, size: u64) -> Result<(), Errno> {
        let _ = (file, size);
        Err(Errno::NotSup)
    }

    /// Sets access and modification time.
    ///
    /// # Errors
    /// As `futimens`.
    fn file_set_times(
        &mut self,
        file: &Self::File,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let _ = (file, atim, mtim);
        Err(Errno::NotSup)
    }

    /// Waits until what was written is on the device; with `data_only`, metadata may be late.
    ///
    /// # Errors
    /// As `fsync`.
    fn file_sync(&mut self, file: &mut Self::File, data_only: bool) -> Result<(), Errno> {
        let _ = (file, data_only);
        Err(Errno::NotSup)
    }

    /// Takes a hint. `offset + len` does not overflow; a `len` of 0 means to the end.
    ///
    /// # Errors
    /// As `posix_fadvise`. A host that ignores hints leaves this as it is.
    fn file_advise(
        &mut self,
        file: &Self::File,
        offset: u64,
        len: u64,
        advice: Advice,
    ) -> Result<(), Errno> {
        let _ = (file, offset, len, advice);
        Ok(())
    }

    /// Makes sure that there is room for this range, enlarging the file if need be.
    ///
    /// # Errors
    /// As `posix_fallocate`.
    fn file_allocate(&mut self, file: &mut Self::File, offset: u64, len: u64) -> Result<(), Errno> {
        let _ = (file, offset, len);
        Err(Errno::NotSup)
    }

    /// Gives the handle back.
    ///
    /// # Errors
    /// What closing reports; the handle is gone all the same.
    fn file_close(&mut self, file: Self::File) -> Result<(), Errno> {
        drop(file);
        Ok(())
    }
}
