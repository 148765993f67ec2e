//! Names: where paths lead, and what changes them.

use heapless::Vec;
use wasmote_wasi::{
    Errno,
    host::{DirEntry, SetTime},
    types::Filetype,
};

use super::{
    ATTR_HOME, ATTR_META, FlashFs, Stat,
    meta::hash,
    path::PathBuf,
    table::{FlashFiles, HIDDEN, Id, filetype},
};

/// How many entries of a directory are found in one pass over it.
const LISTED: usize = 8;
/// The first cookie that is not that of `.` or `..`.
const FIRST_COOKIE: u64 = 2;
/// Cookies of entries come from hashes of this many bits.
const HASH_BITS: u32 = 62;

/// Where a path leads.
pub(super) struct Place<const PATH: usize> {
    pub(super) path: PathBuf<PATH>,
    /// What is there.
    pub(super) found: Option<Stat>,
    /// The path ends in `.` or `..`, or is that of a directory that was removed.
    pub(super) dots: bool,
    /// The path ends like that of a directory.
    pub(super) wants_dir: bool,
}

impl<const PATH: usize> Place<PATH> {
    /// The path, if there is nothing yet.
    fn free(self) -> Result<PathBuf<PATH>, Errno> {
        match self.found {
            None => Ok(self.path),
            Some(_) => Err(Errno::Exist),
        }
    }
}

impl<F: FlashFs, const NODES: usize, const PATH: usize> FlashFiles<F, NODES, PATH> {
    /// What has a path now: length as far as it is written.
    fn look(&mut self, path: &PathBuf<PATH>) -> Result<Option<Stat>, Errno> {
        match self.find(path) {
            Some(id) if !self.node(id)?.dir => {
                let size = self.len(id)?;
                Ok(Some(Stat { dir: false, size }))
            }
            _ => self.fs.stat(path.as_c_str()),
        }
    }

    /// Follows a path from a directory, which it never leaves.
    ///
    /// # Errors
    /// [`Errno::Perm`] if it leads out; as `openat`.
    pub(super) fn walk(&mut self, from: Id, path: &str) -> Result<Place<PATH>, Errno> {
        let node = self.node(from)?;
        if !node.dir {
            return Err(Errno::NotDir);
        }
        let nameless = node.nameless;
        let mut at = node.path.clone();
        let mut depth = 0_usize;
        let (mut dots, mut wants_dir) = (true, true);
        for step in path.split('/') {
            match step {
                "" => wants_dir = true,
                "." => (dots, wants_dir) = (true, true),
                ".." => {
                    depth = depth.checked_sub(1).ok_or(Errno::Perm)?;
                    // What has a `..` is there, and a directory.
                    match self.look(&at)? {
                        Some(Stat { dir: true, .. }) => at.pop(),
                        Some(_) => return Err(Errno::NotDir),
                        None => return Err(Errno::NoEnt),
                    }
                    (dots, wants_dir) = (true, true);
                }
                name if name.len() > F::NAME_MAX => return Err(Errno::NameTooLong),
                // A directory that was removed has no names in it.
                _ if nameless => return Err(Errno::NoEnt),
                name => {
                    at.push(name.as_bytes())?;
                    depth += 1;
                    (dots, wants_dir) = (false, false);
                }
            }
        }
        let found = match nameless {
            true => Some(Stat { dir: true, size: 0 }),
            false => self.look(&at)?,
        };
        match found {
            Some(Stat { dir: false, .. }) if wants_dir => Err(Errno::NotDir),
            None if dots || !self.has_parent(&at)? => Err(Errno::NoEnt),
            _ => Ok(Place {
                path: at,
                found,
                dots,
                wants_dir,
            }),
        }
    }

    /// Whether the directory is there in which a path is, or would be.
    fn has_parent(&mut self, path: &PathBuf<PATH>) -> Result<bool, Errno> {
        let mut parent = path.clone();
        parent.pop();
        Ok(self.find(&parent).is_some() || self.look(&parent)?.is_some())
    }

    pub(super) fn create_directory(&mut self, from: Id, path: &str, now: u64) -> Result<(), Errno> {
        let path = self.walk(from, path)?.free()?;
        let meta = self.new_meta(now)?;
        self.fs.create_dir(path.as_c_str())?;
        let set = self.fs.set_attr(path.as_c_str(), ATTR_META, &meta.encode());
        if set.is_err() {
            // A directory without a number is none that was asked for. What cannot be undone stays, empty.
            let _ = self.fs.remove(path.as_c_str());
        }
        set
    }

    pub(super) fn remove_directory(&mut self, from: Id, path: &str) -> Result<(), Errno> {
        let place = self.walk(from, path)?;
        match place.found {
            None => return Err(Errno::NoEnt),
            Some(Stat { dir: false, .. }) => return Err(Errno::NotDir),
            // As Linux: a directory has the name by which it is removed.
            Some(_) if place.dots && path.trim_end_matches('/').ends_with("..") => {
                return Err(Errno::NotEmpty);
            }
            Some(_) if place.dots => return Err(Errno::Inval),
            Some(_) => {}
        }
        self.fs.remove(place.path.as_c_str())?;
        self.lose_name(&place.path);
        Ok(())
    }

    /// A directory that may be open was removed.
    fn lose_name(&mut self, path: &PathBuf<PATH>) {
        if let Some(id) = self.find(path)
            && let Ok(node) = self.node_mut(id)
        {
            node.nameless = true;
        }
    }

    pub(super) fn unlink_file(&mut self, from: Id, path: &str) -> Result<(), Errno> {
        let place = self.walk(from, path)?;
        match place.found {
            None => return Err(Errno::NoEnt),
            Some(Stat { dir: true, .. }) => return Err(Errno::IsDir),
            Some(_) => {}
        }
        match self.find(&place.path) {
            Some(id) => self.hide(id),
            None => self.fs.remove(place.path.as_c_str()),
        }
    }

    /// Takes the name of an open file.
    fn hide(&mut self, id: Id) -> Result<(), Errno> {
        self.settle_later(id);
        let node = self.node(id)?;
        let hidden = Self::hidden_path(node.meta.ino)?;
        let path = node.path.clone();
        self.fs.rename(path.as_c_str(), hidden.as_c_str())?;
        let node = self.node_mut(id)?;
        node.path = hidden;
        node.nameless = true;
        Ok(())
    }

    pub(super) fn rename(
        &mut self,
        from: Id,
        old_path: &str,
        to: Id,
        new_path: &str,
    ) -> Result<(), Errno> {
        let old = self.walk(from, old_path)?;
        let new = self.walk(to, new_path)?;
        let moves_dir = old.found.ok_or(Errno::NoEnt)?.dir;
        if old.dots || new.dots {
            return Err(Errno::Busy);
        }
        if new.wants_dir && !moves_dir {
            return Err(Errno::NotDir);
        }
        if old.path == new.path {
            return Ok(());
        }
        if moves_dir && new.path.below(&old.path).is_some() {
            return Err(Errno::Inval);
        }
        if let Some(replaced) = new.found {
            if old.path.below(&new.path).is_some() {
                return Err(Errno::NotEmpty);
            }
            match (moves_dir, replaced.dir) {
                (true, false) => return Err(Errno::NotDir),
                (false, true) => return Err(Errno::IsDir),
                _ => {}
            }
        }
        self.prepare_move(&old.path, &new.path)?;
        match self.find(&new.path) {
            Some(id) if !moves_dir => self.replace(id, &old.path, &new.path)?,
            _ => {
                self.fs.rename(old.path.as_c_str(), new.path.as_c_str())?;
                self.lose_name(&new.path);
            }
        }
        self.finish_move(&old.path, &new.path)
    }

    /// Checks that the paths of what is open fit behind the move, and closes the contents of files: they are
    /// found by path.
    fn prepare_move(&mut self, old: &PathBuf<PATH>, new: &PathBuf<PATH>) -> Result<(), Errno> {
        for id in self.ids() {
            let Ok(node) = self.node(id) else { continue };
            if !node.nameless && node.path.moved(old, new)?.is_some() {
                self.settle_later(id);
            }
        }
        Ok(())
    }

    fn finish_move(&mut self, old: &PathBuf<PATH>, new: &PathBuf<PATH>) -> Result<(), Errno> {
        for id in self.ids() {
            let Ok(node) = self.node_mut(id) else {
                continue;
            };
            if !node.nameless
                && let Some(path) = node.path.moved(old, new)?
            {
                node.path = path;
            }
        }
        Ok(())
    }

    /// Puts a file in the place of one that is open. That one is renamed before, and were power cut between the
    /// two renames, there would be neither: so it carries its path along, and gets it back then.
    fn replace(&mut self, id: Id, old: &PathBuf<PATH>, new: &PathBuf<PATH>) -> Result<(), Errno> {
        self.settle_later(id);
        let hidden = Self::hidden_path(self.node(id)?.meta.ino)?;
        let (old, path) = (old.as_c_str(), new.as_c_str());
        self.fs.set_attr(path, ATTR_HOME, new.as_bytes())?;
        if let Err(errno) = self.fs.rename(path, hidden.as_c_str()) {
            let _ = self.fs.set_attr(path, ATTR_HOME, &[]);
            return Err(errno);
        }
        let renamed = self.fs.rename(old, path);
        if renamed.is_err() && self.fs.rename(hidden.as_c_str(), path).is_ok() {
            let _ = self.fs.set_attr(path, ATTR_HOME, &[]);
            return renamed;
        }
        if renamed.is_ok() {
            let _ = self.fs.set_attr(hidden.as_c_str(), ATTR_HOME, &[]);
        }
        let node = self.node_mut(id)?;
        node.path = hidden;
        node.nameless = true;
        renamed
    }

    pub(super) fn set_times(
        &mut self,
        path: &PathBuf<PATH>,
        atim: SetTime,
        mtim: SetTime,
        now: u64,
    ) -> Result<(), Errno> {
        let mut meta = self.meta(path)?;
        meta.set_times(atim, mtim, now);
        if let Some(id) = self.find(path) {
            return self.set_meta(id, meta);
        }
        self.fs.set_attr(path.as_c_str(), ATTR_META, &meta.encode())
    }

    /// Tells the entries of a directory from a cookie on.
    ///
    /// Entries come in the order of a hash of their names, which is what cookies are made of: so a cookie
    /// needs no memory, and stays good whatever comes and goes. For that all of the directory is looked at for
    /// every few entries.
    pub(super) fn list(
        &mut self,
        id: Id,
        cookie: u64,
        emit: &mut dyn FnMut(DirEntry<'_>) -> bool,
    ) -> Result<(), Errno> {
        let node = self.node(id)?;
        if !node.dir {
            return Err(Errno::NotDir);
        }
        if cookie > FIRST_COOKIE + (1 << HASH_BITS) {
            return Err(Errno::Inval);
        }
        // What is above is not the program's to know.
        for (next, name) in [(1, "."), (2, "..")] {
            let own = DirEntry {
                next,
                ino: u64::from(node.meta.ino),
                filetype: Filetype::Directory,
                name: name.as_bytes(),
            };
            if next > cookie && !emit(own) {
                return Ok(());
            }
        }
        if node.nameless {
            return Ok(());
        }
        let path = node.path.clone();
        let mut cookie = cookie.max(FIRST_COOKIE);
        loop {
            let found = self.next_entries(&path, cookie)?;
            for &(at, position) in &found {
                if !self.emit_entry(&path, at + 1, position, emit)? {
                    return Ok(());
                }
                cookie = at + 1;
            }
            if !found.is_full() {
                return Ok(());
            }
        }
    }

    /// Cookies and positions of the entries that come next.
    fn next_entries(
        &mut self,
        path: &PathBuf<PATH>,
        cookie: u64,
    ) -> Result<Vec<(u64, u32), LISTED>, Errno> {
        let mut found = Vec::<(u64, u32), LISTED>::new();
        self.fs.list(path.as_c_str(), 0, &mut |position, name, _| {
            let at = FIRST_COOKIE + (hash(name) >> (u64::BITS - HASH_BITS));
            if is_visible(name) && at >= cookie {
                let index = found.partition_point(|&(other, _)| other <= at);
                if found.is_full() && index < LISTED {
                    found.pop();
                }
                // Does not fit only if it comes behind all that were found.
                let _ = found.insert(index, (at, position));
            }
            true
        })?;
        Ok(found)
    }

    fn emit_entry(
        &mut self,
        path: &PathBuf<PATH>,
        next: u64,
        position: u32,
        emit: &mut dyn FnMut(DirEntry<'_>) -> bool,
    ) -> Result<bool, Errno> {
        let mut entry = None;
        self.fs
            .list(path.as_c_str(), position, &mut |_, name, dir| {
                entry = Vec::<u8, 255>::from_slice(name)
                    .ok()
                    .map(|name| (name, dir));
                false
            })?;
        let Some((name, dir)) = entry else {
            return Ok(true);
        };
        let mut path = path.clone();
        // Of what has too long a path to be looked at, the number is not known.
        let ino = match path.push(&name) {
            Ok(()) => self.meta(&path)?.ino,
            Err(_) => 0,
        };
        Ok(emit(DirEntry {
            next,
            ino: u64::from(ino),
            filetype: filetype(dir),
            name: &name,
        }))
    }
}

/// Whether programs can have this name: not those made here, nor any that is not UTF-8.
fn is_visible(name: &[u8]) -> bool {
    name.first() != Some(&HIDDEN) && core::str::from_utf8(name).is_ok()
}
