//! The filesystem: [`MemFs`] for the embedder, and [`Files`] for the program.

use alloc::{boxed::Box, string::String, vec::Vec};

use super::{
    MemHost,
    nodes::{Id, Kind, Nodes},
};
use crate::{
    errno::Errno,
    host::{DirEntry, Files, Filestat, OpenHow, Opened, OpenedBy, SetTime},
    types::Filetype,
};

/// Files in memory.
///
/// ```
/// use wasmote_wasi::MemFs;
///
/// let mut fs = MemFs::new();
/// fs.write("etc/motd", b"hello").unwrap();
/// assert_eq!(fs.read("etc/motd"), Ok(&b"hello"[..]));
/// assert_eq!(fs.paths(), ["etc/", "etc/motd"]);
/// ```
pub struct MemFs {
    nodes: Nodes,
}

impl Default for MemFs {
    fn default() -> Self {
        MemFs::new()
    }
}

impl MemFs {
    /// An empty one, for 256 MiB in 65,536 files and directories.
    pub fn new() -> MemFs {
        MemFs::with_limits(256 << 20, 1 << 16)
    }

    /// An empty one for so many bytes of contents, in so many files and directories.
    pub fn with_limits(bytes: usize, nodes: usize) -> MemFs {
        MemFs {
            nodes: Nodes::new(bytes, nodes),
        }
    }

    /// The handle of the root, to be a preopen.
    pub fn root(&mut self) -> MemDir {
        // There is a root as long as there is the filesystem.
        let _ = self.nodes.open(0);
        MemDir(0)
    }

    /// The handle of a directory, to be a preopen.
    ///
    /// # Errors
    /// [`Errno::NoEnt`], [`Errno::NotDir`].
    pub fn dir(&mut self, path: &str) -> Result<MemDir, Errno> {
        let id = self.nodes.find(0, path, true)?;
        self.nodes.dir(id)?;
        self.nodes.open(id)?;
        Ok(MemDir(id))
    }

    /// Makes a directory, and those above it that are missing.
    ///
    /// # Errors
    /// [`Errno::NotDir`] if a file is in the way, [`Errno::NoSpc`].
    pub fn create_dir_all(&mut self, path: &str) -> Result<(), Errno> {
        let mut at = 0;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let place = self.nodes.walk(at, name, true)?;
            at = match place.node {
                Some(id) => id,
                None => self.nodes.create_dir(at, name, 0)?,
            };
            self.nodes.dir(at)?;
        }
        Ok(())
    }

    /// Makes a file with these contents or gives them to it; directories above it are made.
    ///
    /// # Errors
    /// [`Errno::IsDir`], [`Errno::NotDir`] if something is in the way, [`Errno::NoSpc`].
    pub fn write(&mut self, path: &str, contents: &[u8]) -> Result<(), Errno> {
        if let Some((dir, _)) = path.rsplit_once('/') {
            self.create_dir_all(dir)?;
        }
        let place = self.nodes.walk(0, path, true)?;
        let id = match place.node {
            Some(id) if self.nodes.dir(id).is_ok() => return Err(Errno::IsDir),
            Some(id) => id,
            None => {
                let (parent, name) = place.free()?;
                self.nodes
                    .create(parent, &name, Kind::File(Vec::new()), 0)?
            }
        };
        self.nodes.resize(id, contents.len() as u64, 0)?;
        self.nodes.write(id, &[contents], 0, 0).map(|_| ())
    }

    /// Makes a symbolic link with this text.
    ///
    /// # Errors
    /// [`Errno::Exist`], [`Errno::NoEnt`], [`Errno::NoSpc`].
    pub fn symlink(&mut self, text: &str, path: &str) -> Result<(), Errno> {
        let (parent, name) = self.nodes.walk(0, path, false)?.free()?;
        let kind = Kind::Symlink(text.into());
        self.nodes.create(parent, &name, kind, 0).map(|_| ())
    }

    /// A file's contents.
    ///
    /// # Errors
    /// [`Errno::NoEnt`]; [`Errno::Badf`] for what is not a file.
    pub fn read(&self, path: &str) -> Result<&[u8], Errno> {
        self.nodes.bytes(self.nodes.find(0, path, true)?)
    }

    /// All paths, sorted; those of directories end in `/`.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        let mut todo = alloc::vec![(0, String::new())];
        while let Some((id, path)) = todo.pop() {
            let Ok(dir) = self.nodes.dir(id) else {
                continue;
            };
            for (_, name, id) in dir.list(0) {
                let mut path = path.clone() + name;
                if self.nodes.dir(id).is_ok() {
                    path.push('/');
                    todo.push((id, path.clone()));
                }
                paths.push(path);
            }
        }
        paths.sort();
        paths
    }
}

/// A directory of a [`MemFs`].
#[derive(Debug)]
pub struct MemDir(Id);

/// An open file of a [`MemFs`]; it lives on without a name until it is closed.
#[derive(Debug)]
pub struct MemFile(Id);

impl Files for MemHost {
    type Dir = MemDir;
    type File = MemFile;
    const SYMLINKS: bool = true;

    fn dir_open(
        &mut self,
        dir: &MemDir,
        path: &str,
        how: &OpenHow,
    ) -> Result<OpenedBy<Self>, Errno> {
        let now = self.now();
        let nodes = &mut self.fs.nodes;
        let place = nodes.walk(dir.0, path, how.follow && !how.exclusive)?;
        let id = match place.node {
            Some(_) if how.create && how.exclusive => return Err(Errno::Exist),
            Some(id) => id,
            None if !how.create => return Err(Errno::NoEnt),
            None if place.wants_dir => return Err(Errno::IsDir),
            None => {
                let (parent, name) = place.free()?;
                let id = nodes.create(parent, &name, Kind::File(Vec::new()), now)?;
                nodes.open(id)?;
                return Ok(Opened::File(MemFile(id)));
            }
        };
        let opened = match nodes.get(id)?.filetype() {
            Filetype::SymbolicLink => return Err(Errno::Loop),
            Filetype::Directory if how.write || how.create || how.truncate => {
                return Err(Errno::IsDir);
            }
            Filetype::Directory => Opened::Dir(MemDir(id)),
            _ if how.directory => return Err(Errno::NotDir),
            _ => Opened::File(MemFile(id)),
        };
        if how.truncate && matches!(opened, Opened::File(_)) {
            nodes.resize(id, 0, now)?;
        }
        nodes.open(id)?;
        Ok(opened)
    }

    fn dir_create_directory(&mut self, dir: &MemDir, path: &str) -> Result<(), Errno> {
        let now = self.now();
        let (parent, name) = self.fs.nodes.walk(dir.0, path, false)?.free()?;
        self.fs.nodes.create_dir(parent, &name, now).map(|_| ())
    }

    fn dir_remove_directory(&mut self, dir: &MemDir, path: &str) -> Result<(), Errno> {
        let now = self.now();
        let nodes = &mut self.fs.nodes;
        let place = nodes.walk(dir.0, path, false)?;
        let inner = nodes.dir(place.node.ok_or(Errno::NoEnt)?)?;
        // As Linux: a directory has the name by which it is removed.
        let name = match place.name {
            Some(name) => name,
            None if path.trim_end_matches('/').ends_with("..") => return Err(Errno::NotEmpty),
            None => return Err(Errno::Inval),
        };
        if !inner.is_empty() {
            return Err(Errno::NotEmpty);
        }
        nodes.unlink(place.parent, &name, now)
    }

    fn dir_unlink_file(&mut self, dir: &MemDir, path: &str) -> Result<(), Errno> {
        let now = self.now();
        let nodes = &mut self.fs.nodes;
        let place = nodes.walk(dir.0, path, false)?;
        let id = place.node.ok_or(Errno::NoEnt)?;
        match place.name {
            Some(name) if nodes.dir(id).is_err() => nodes.unlink(place.parent, &name, now),
            _ => Err(Errno::IsDir),
        }
    }

    fn dir_rename(
        &mut self,
        from: &MemDir,
        old_path: &str,
        to: &MemDir,
        new_path: &str,
    ) -> Result<(), Errno> {
        let now = self.now();
        let nodes = &mut self.fs.nodes;
        let old = nodes.walk(from.0, old_path, false)?;
        let new = nodes.walk(to.0, new_path, false)?;
        let id = old.node.ok_or(Errno::NoEnt)?;
        let (Some(old_name), Some(new_name)) = (old.name, new.name) else {
            return Err(Errno::Busy);
        };
        let moves_dir = nodes.dir(id).is_ok();
        if new.wants_dir && !moves_dir {
            return Err(Errno::NotDir);
        }
        if moves_dir && nodes.contains(id, new.parent)? {
            return Err(Errno::Inval);
        }
        if let Some(replaced) = new.node {
            if replaced == id {
                return Ok(());
            }
            if nodes.contains(replaced, old.parent)? {
                return Err(Errno::NotEmpty);
            }
            match (moves_dir, nodes.dir(replaced)) {
                (true, Ok(dir)) if !dir.is_empty() => return Err(Errno::NotEmpty),
                (true, Err(_)) => return Err(Errno::NotDir),
                (false, Ok(_)) => return Err(Errno::IsDir),
                _ => nodes.unlink(new.parent, &new_name, now)?,
            }
        }
        nodes.rename((old.parent, &old_name), (new.parent, &new_name), now)
    }

    fn dir_link(
        &mut self,
        from: &MemDir,
        old_path: &str,
        to: &MemDir,
        new_path: &str,
    ) -> Result<(), Errno> {
        let now = self.now();
        let nodes = &mut self.fs.nodes;
        let id = nodes.find(from.0, old_path, false)?;
        let place = nodes.walk(to.0, new_path, false)?;
        let wants_dir = place.wants_dir;
        let (parent, name) = place.free()?;
        if nodes.dir(id).is_ok() {
            return Err(Errno::Perm);
        }
        if wants_dir {
            return Err(Errno::NoEnt);
        }
        nodes.link(id, parent, &name, now)
    }

    fn dir_symlink(&mut self, dir: &MemDir, text: &str, path: &str) -> Result<(), Errno> {
        let now = self.now();
        let place = self.fs.nodes.walk(dir.0, path, false)?;
        let wants_dir = place.wants_dir;
        let (parent, name) = place.free()?;
        if wants_dir {
            return Err(Errno::NoEnt);
        }
        let kind = Kind::Symlink(Box::from(text));
        self.fs.nodes.create(parent, &name, kind, now).map(|_| ())
    }

    fn dir_readlink(&mut self, dir: &MemDir, path: &str, buf: &mut [u8]) -> Result<usize, Errno> {
        let id = self.fs.nodes.find(dir.0, path, false)?;
        match &self.fs.nodes.get(id)?.kind {
            Kind::Symlink(text) if text.starts_with('/') => Err(Errno::Perm),
            Kind::Symlink(text) => {
                let len = text.len().min(buf.len());
                buf[..len].copy_from_slice(&text.as_bytes()[..len]);
                Ok(len)
            }
            _ => Err(Errno::Inval),
        }
    }

    fn dir_stat_at(&mut self, dir: &MemDir, path: &str, follow: bool) -> Result<Filestat, Errno> {
        let id = self.fs.nodes.find(dir.0, path, follow)?;
        self.fs.nodes.stat(id)
    }

    fn dir_set_times_at(
        &mut self,
        dir: &MemDir,
        path: &str,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let now = self.now();
        let id = self.fs.nodes.find(dir.0, path, follow)?;
        self.fs.nodes.set_times(id, atim, mtim, now)
    }

    fn dir_read(
        &mut self,
        dir: &mut MemDir,
        cookie: u64,
        emit: &mut dyn FnMut(DirEntry<'_>) -> bool,
    ) -> Result<(), Errno> {
        let nodes = &self.fs.nodes;
        let listed = nodes.dir(dir.0)?;
        let entry = |next, name: &'static str, id: Id| DirEntry {
            next,
            ino: u64::from(id) + 1,
            filetype: Filetype::Directory,
            name: name.as_bytes(),
        };
        if !listed.gave(cookie) {
            return Err(Errno::Inval);
        }
        // What is above is not the program's to know.
        let own = [entry(1, ".", dir.0), entry(2, "..", dir.0)];
        for entry in own.into_iter().filter(|entry| entry.next > cookie) {
            if !emit(entry) {
                return Ok(());
            }
        }
        for (next, name, id) in listed.list(cookie) {
            let entry = DirEntry {
                next,
                ino: u64::from(id) + 1,
                filetype: nodes.get(id)?.filetype(),
                name: name.as_bytes(),
            };
            if !emit(entry) {
                break;
            }
        }
        Ok(())
    }

    fn dir_stat(&mut self, dir: &MemDir) -> Result<Filestat, Errno> {
        self.fs.nodes.stat(dir.0)
    }

    fn dir_set_times(&mut self, dir: &MemDir, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        let now = self.now();
        self.fs.nodes.set_times(dir.0, atim, mtim, now)
    }

    fn dir_sync(&mut self, _: &MemDir) -> Result<(), Errno> {
        Ok(())
    }

    fn dir_close(&mut self, dir: MemDir) -> Result<(), Errno> {
        self.fs.nodes.close(dir.0)
    }

    fn file_read_at(
        &mut self,
        file: &mut MemFile,
        bufs: &mut [&mut [u8]],
        offset: u64,
    ) -> Result<usize, Errno> {
        let bytes = self.fs.nodes.bytes(file.0)?;
        let start = usize::try_from(offset).map_or(bytes.len(), |at| at.min(bytes.len()));
        let mut rest = &bytes[start..];
        for buf in bufs {
            let (now, later) = rest.split_at(buf.len().min(rest.len()));
            buf[..now.len()].copy_from_slice(now);
            rest = later;
        }
        Ok(bytes.len() - start - rest.len())
    }

    fn file_write_at(
        &mut self,
        file: &mut MemFile,
        bufs: &[&[u8]],
        offset: u64,
    ) -> Result<usize, Errno> {
        let now = self.now();
        self.fs.nodes.write(file.0, bufs, offset, now)
    }

    fn file_stat(&mut self, file: &MemFile) -> Result<Filestat, Errno> {
        self.fs.nodes.stat(file.0)
    }

    fn file_set_size(&mut self, file: &mut MemFile, size: u64) -> Result<(), Errno> {
        let now = self.now();
        self.fs.nodes.resize(file.0, size, now)
    }

    fn file_set_times(
        &mut self,
        file: &MemFile,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let now = self.now();
        self.fs.nodes.set_times(file.0, atim, mtim, now)
    }

    fn file_sync(&mut self, _: &mut MemFile, _: bool) -> Result<(), Errno> {
        Ok(())
    }

    fn file_allocate(&mut self, file: &mut MemFile, offset: u64, len: u64) -> Result<(), Errno> {
        let now = self.now();
        let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
        if end > self.fs.nodes.stat(file.0)?.size {
            self.fs.nodes.resize(file.0, end, now)?;
        }
        Ok(())
    }

    fn file_close(&mut self, file: MemFile) -> Result<(), Errno> {
        self.fs.nodes.close(file.0)
    }
}
