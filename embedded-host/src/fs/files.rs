//! What programs do with files, and what the firmware does.

use wasmote_wasi::{
    Errno,
    host::{DirEntry, Filestat, OpenHow, Opened, SetTime},
    types::Filetype,
};

use super::{
    FlashFs, Stat,
    meta::narrow,
    storage::{DirOrFile, Storage},
    table::{FlashFiles, Id, filestat},
};

/// A directory of [`FlashFiles`].
#[derive(Debug)]
pub struct FlashDir(u16);

/// An open file of [`FlashFiles`]; it lives on without a name until it is closed.
#[derive(Debug)]
pub struct FlashFile(u16);

/// The number of a node, of which there are fewer than 65,536.
fn handle(id: Id) -> u16 {
    id as u16
}

/// For the firmware: paths begin at the root of the filesystem, with or without a `/`.
impl<F: FlashFs, const NODES: usize, const PATH: usize> FlashFiles<F, NODES, PATH> {
    /// The handle of the root, to be a preopen.
    ///
    /// # Errors
    /// [`Errno::Nfile`] if as much is open as can be, [`Errno::Io`].
    pub fn root(&mut self) -> Result<FlashDir, Errno> {
        let root = super::path::PathBuf::root();
        Ok(FlashDir(handle(self.open_node(&root, true)?)))
    }

    /// Does something below the root.
    fn at_root<R>(
        &mut self,
        act: impl FnOnce(&mut Self, &FlashDir) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let root = self.root()?;
        let result = act(self, &root);
        let closed = self.dir_close(root);
        result.and_then(|value| closed.map(|()| value))
    }

    /// The handle of a directory, to be a preopen.
    ///
    /// # Errors
    /// [`Errno::NoEnt`], [`Errno::NotDir`], as [`Self::root`].
    pub fn dir(&mut self, path: &str) -> Result<FlashDir, Errno> {
        let how = OpenHow {
            read: true,
            directory: true,
            ..OpenHow::default()
        };
        match self.at_root(|this, root| this.dir_open(root, relative(path), &how, 0))? {
            Opened::Dir(dir) => Ok(dir),
            Opened::File(file) => self.file_close(file).and(Err(Errno::NotDir)),
            Opened::Stream(never) => match never {},
        }
    }

    /// Makes a directory, and those above it that are missing.
    ///
    /// # Errors
    /// [`Errno::NotDir`] if a file is in the way, [`Errno::NoSpc`], as [`Self::root`].
    pub fn create_dir_all(&mut self, path: &str) -> Result<(), Errno> {
        let path = relative(path);
        self.at_root(|this, root| {
            let ends = path.match_indices('/').map(|(at, _)| at);
            for end in ends.chain([path.len()]) {
                match this.dir_create_directory(root, &path[..end], 0) {
                    Ok(()) | Err(Errno::Exist) => {}
                    Err(errno) => return Err(errno),
                }
            }
            let stat = this.dir_stat_at(root, path)?;
            match stat.filetype {
                Filetype::Directory => Ok(()),
                _ => Err(Errno::NotDir),
            }
        })
    }

    /// Makes a file with these contents or gives them to it, on the device when this returns. If power is cut
    /// before, there is the file as it was, or an empty one.
    ///
    /// # Errors
    /// [`Errno::NoEnt`] without the directory, [`Errno::IsDir`], [`Errno::NotDir`], [`Errno::NoSpc`],
    /// as [`Self::root`].
    pub fn write(&mut self, path: &str, contents: &[u8]) -> Result<(), Errno> {
        let how = OpenHow {
            write: true,
            create: true,
            truncate: true,
            ..OpenHow::default()
        };
        self.at_root(|this, root| {
            let file = match this.dir_open(root, relative(path), &how, 0)? {
                Opened::Dir(dir) => return this.dir_close(dir).and(Err(Errno::IsDir)),
                Opened::File(file) => file,
                Opened::Stream(never) => match never {},
            };
            let written = this.file_write_at(&file, &[contents], 0, 0);
            let closed = this.file_close(file);
            match written {
                Ok(len) if len < contents.len() => Err(Errno::NoSpc),
                written => written.and(closed),
            }
        })
    }

    /// Reads a file's beginning into the buffer, and says how much.
    ///
    /// # Errors
    /// [`Errno::NoEnt`], [`Errno::IsDir`], [`Errno::NotDir`], as [`Self::root`].
    pub fn read(&mut self, path: &str, buf: &mut [u8]) -> Result<usize, Errno> {
        let how = OpenHow {
            read: true,
            ..OpenHow::default()
        };
        self.at_root(
            |this, root| match this.dir_open(root, relative(path), &how, 0)? {
                Opened::Dir(dir) => this.dir_close(dir).and(Err(Errno::IsDir)),
                Opened::File(file) => {
                    let read = this.file_read_at(&file, &mut [buf], 0);
                    this.file_close(file).and(read)
                }
                Opened::Stream(never) => match never {},
            },
        )
    }
}

/// The path below the root.
fn relative(path: &str) -> &str {
    match path.trim_start_matches('/') {
        "" => ".",
        path => path,
    }
}

impl<F: FlashFs, const NODES: usize, const PATH: usize> Storage for FlashFiles<F, NODES, PATH> {
    type Dir = FlashDir;
    type File = FlashFile;

    fn dir_open(
        &mut self,
        dir: &FlashDir,
        path: &str,
        how: &OpenHow,
        now: u64,
    ) -> Result<DirOrFile<Self>, Errno> {
        let place = self.walk(dir.0.into(), path)?;
        match place.found {
            Some(_) if how.create && how.exclusive => Err(Errno::Exist),
            None if !how.create => Err(Errno::NoEnt),
            None if place.wants_dir => Err(Errno::IsDir),
            None => {
                let id = self.create_node(&place.path, now)?;
                Ok(Opened::File(FlashFile(handle(id))))
            }
            Some(Stat { dir: true, .. }) if how.write || how.create || how.truncate => {
                Err(Errno::IsDir)
            }
            // Only the directory itself can be reached from one that was removed.
            Some(Stat { dir: true, .. }) if self.node(dir.0.into())?.nameless => {
                let id = self.another_handle(dir.0.into())?;
                Ok(Opened::Dir(FlashDir(handle(id))))
            }
            Some(Stat { dir: true, .. }) => {
                let id = self.open_node(&place.path, true)?;
                Ok(Opened::Dir(FlashDir(handle(id))))
            }
            Some(_) if how.directory => Err(Errno::NotDir),
            Some(_) => {
                let id = self.open_node(&place.path, false)?;
                if how.truncate
                    && let Err(errno) = self.resize(id, 0, now)
                {
                    // What closing says is less than that.
                    let _ = self.close_node(id);
                    return Err(errno);
                }
                Ok(Opened::File(FlashFile(handle(id))))
            }
        }
    }

    fn dir_create_directory(&mut self, dir: &FlashDir, path: &str, now: u64) -> Result<(), Errno> {
        self.create_directory(dir.0.into(), path, now)
    }

    fn dir_remove_directory(&mut self, dir: &FlashDir, path: &str) -> Result<(), Errno> {
        self.remove_directory(dir.0.into(), path)
    }

    fn dir_unlink_file(&mut self, dir: &FlashDir, path: &str) -> Result<(), Errno> {
        self.unlink_file(dir.0.into(), path)
    }

    fn dir_rename(
        &mut self,
        from: &FlashDir,
        old_path: &str,
        to: &FlashDir,
        new_path: &str,
    ) -> Result<(), Errno> {
        self.rename(from.0.into(), old_path, to.0.into(), new_path)
    }

    fn dir_stat_at(&mut self, dir: &FlashDir, path: &str) -> Result<Filestat, Errno> {
        let place = self.walk(dir.0.into(), path)?;
        let found = place.found.ok_or(Errno::NoEnt)?;
        if self.node(dir.0.into())?.nameless {
            return self.stat(dir.0.into());
        }
        let meta = self.meta(&place.path)?;
        Ok(filestat(&meta, found.dir, found.size, 1))
    }

    fn dir_set_times_at(
        &mut self,
        dir: &FlashDir,
        path: &str,
        atim: SetTime,
        mtim: SetTime,
        now: u64,
    ) -> Result<(), Errno> {
        let place = self.walk(dir.0.into(), path)?;
        place.found.ok_or(Errno::NoEnt)?;
        if self.node(dir.0.into())?.nameless {
            return self.dir_set_times(dir, atim, mtim, now);
        }
        self.set_times(&place.path, atim, mtim, now)
    }

    fn dir_read(
        &mut self,
        dir: &FlashDir,
        cookie: u64,
        emit: &mut dyn FnMut(DirEntry<'_>) -> bool,
    ) -> Result<(), Errno> {
        self.list(dir.0.into(), cookie, emit)
    }

    fn dir_stat(&mut self, dir: &FlashDir) -> Result<Filestat, Errno> {
        self.stat(dir.0.into())
    }

    fn dir_set_times(
        &mut self,
        dir: &FlashDir,
        atim: SetTime,
        mtim: SetTime,
        now: u64,
    ) -> Result<(), Errno> {
        self.set_node_times(dir.0.into(), atim, mtim, now)
    }

    /// Names are on the device already.
    fn dir_sync(&mut self, dir: &FlashDir) -> Result<(), Errno> {
        self.node(dir.0.into()).map(|_| ())
    }

    fn dir_close(&mut self, dir: FlashDir) -> Result<(), Errno> {
        self.close_node(dir.0.into())
    }

    fn file_read_at(
        &mut self,
        file: &FlashFile,
        bufs: &mut [&mut [u8]],
        offset: u64,
    ) -> Result<usize, Errno> {
        let id = file.0.into();
        let len = self.len(id)?;
        let Some(start) = narrow(offset).ok().filter(|&start| start < len) else {
            return Ok(0);
        };
        let slot = self.contents(id, false)?;
        let mut read = 0;
        for buf in bufs {
            let at = start + read as u32;
            match self.fs.read(slot, at, buf) {
                Ok(len) => {
                    read += len;
                    if len < buf.len() {
                        break;
                    }
                }
                Err(errno) => {
                    self.give_up(id, errno);
                    return Err(errno);
                }
            }
        }
        Ok(read)
    }

    fn file_write_at(
        &mut self,
        file: &FlashFile,
        bufs: &[&[u8]],
        offset: u64,
        now: u64,
    ) -> Result<usize, Errno> {
        self.write_at(file.0.into(), bufs, offset, now)
    }

    fn file_stat(&mut self, file: &FlashFile) -> Result<Filestat, Errno> {
        self.stat(file.0.into())
    }

    fn file_set_size(&mut self, file: &FlashFile, size: u64, now: u64) -> Result<(), Errno> {
        let size = narrow(size)?;
        self.resize(file.0.into(), size, now)
    }

    fn file_set_times(
        &mut self,
        file: &FlashFile,
        atim: SetTime,
        mtim: SetTime,
        now: u64,
    ) -> Result<(), Errno> {
        self.set_node_times(file.0.into(), atim, mtim, now)
    }

    fn file_sync(&mut self, file: &FlashFile) -> Result<(), Errno> {
        let committed = self.commit(file.0.into());
        committed.and(self.report_loss(file.0.into()))
    }

    fn file_close(&mut self, file: FlashFile) -> Result<(), Errno> {
        self.close_node(file.0.into())
    }
}

impl<F: FlashFs, const NODES: usize, const PATH: usize> FlashFiles<F, NODES, PATH> {
    fn set_node_times(
        &mut self,
        id: Id,
        atim: SetTime,
        mtim: SetTime,
        now: u64,
    ) -> Result<(), Errno> {
        let mut meta = self.node(id)?.meta;
        meta.set_times(atim, mtim, now);
        self.set_meta(id, meta)
    }

    /// Makes a file this long. If it is to be longer and there is no room, nothing changes.
    fn resize(&mut self, id: Id, size: u32, now: u64) -> Result<(), Errno> {
        let len = self.len(id)?;
        if size == len {
            return Ok(());
        }
        if size > len && size > self.fs.capacity() {
            return Err(Errno::NoSpc);
        }
        let slot = self.contents(id, true)?;
        if size > len {
            // Zeros are written until there is no room: what was there before is to be safe then.
            self.commit(id)?;
        }
        if let Err(errno) = self.fs.set_size(slot, size) {
            self.give_up(id, errno);
            return Err(errno);
        }
        let node = self.node_mut(id)?;
        node.meta.touch(now);
        node.dirty = true;
        match size > len {
            // The room is there only now.
            true => self.commit(id),
            false => Ok(()),
        }
    }

    fn write_at(&mut self, id: Id, bufs: &[&[u8]], offset: u64, now: u64) -> Result<usize, Errno> {
        let total: u64 = bufs.iter().map(|buf| buf.len() as u64).sum();
        if total == 0 {
            return Ok(0);
        }
        let start = narrow(offset)?;
        narrow(offset.saturating_add(total))?;
        let len = self.len(id)?;
        if start > len {
            self.resize(id, start, now)?;
        }
        let result = self.write_inside(id, bufs, start, now);
        if start > len && result.is_err() {
            // It is as long as it was; what that says is less than the error.
            let _ = self.resize(id, len, now);
        }
        result
    }

    /// Writes at an offset that is not behind the end.
    fn write_inside(
        &mut self,
        id: Id,
        bufs: &[&[u8]],
        start: u32,
        now: u64,
    ) -> Result<usize, Errno> {
        let slot = self.contents(id, true)?;
        let mut written = 0_usize;
        for buf in bufs {
            match self.fs.write(slot, start + written as u32, buf) {
                Ok(len) => {
                    written += len;
                    if len < buf.len() {
                        break;
                    }
                }
                Err(failure) => {
                    if failure.lost {
                        self.give_up(id, failure.errno);
                    } else if written > 0 {
                        break;
                    }
                    return Err(failure.errno);
                }
            }
        }
        let node = self.node_mut(id)?;
        node.meta.touch(now);
        node.dirty = true;
        Ok(written)
    }
}
