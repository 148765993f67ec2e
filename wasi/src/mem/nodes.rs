//! Files, directories and links, and the ways to them.

use alloc::{boxed::Box, collections::BTreeMap, string::String, vec, vec::Vec};

use crate::{
    errno::Errno,
    host::{Filestat, SetTime},
    types::Filetype,
};

/// Longest name of a file.
const NAME_MAX: usize = 255;
/// Most symbolic links on the way to a file, as on Linux.
const MAX_LINKS: usize = 40;
/// The first cookie that is not that of `.` or `..`.
const FIRST_COOKIE: u64 = 2;

/// A number in the table of nodes.
pub(super) type Id = u32;

pub(super) enum Kind {
    File(Vec<u8>),
    Dir(Dir),
    Symlink(Box<str>),
}

pub(super) struct Dir {
    pub(super) parent: Id,
    names: BTreeMap<Box<str>, Entry>,
    /// The same by cookie: a listing goes on where it was, whatever came and went.
    order: BTreeMap<u64, Box<str>>,
    next_cookie: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    id: Id,
    cookie: u64,
}

impl Dir {
    fn new(parent: Id) -> Dir {
        Dir {
            parent,
            names: BTreeMap::new(),
            order: BTreeMap::new(),
            next_cookie: FIRST_COOKIE,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Id> {
        self.names.get(name).map(|entry| entry.id)
    }

    fn insert(&mut self, name: &str, id: Id) {
        let cookie = self.next_cookie;
        self.next_cookie += 1;
        self.order.insert(cookie, name.into());
        self.names.insert(name.into(), Entry { id, cookie });
    }

    fn remove(&mut self, name: &str) -> Option<Id> {
        let entry = self.names.remove(name)?;
        self.order.remove(&entry.cookie);
        Some(entry.id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether a cookie can have come from a listing.
    pub(super) fn gave(&self, cookie: u64) -> bool {
        cookie <= self.next_cookie
    }

    /// Names and nodes from a cookie on, with the cookie behind each.
    pub(super) fn list(&self, cookie: u64) -> impl Iterator<Item = (u64, &str, Id)> {
        let order = self.order.range(cookie.max(FIRST_COOKIE)..);
        order.filter_map(|(&at, name)| Some((at + 1, &**name, self.get(name)?)))
    }
}

pub(super) struct Node {
    pub(super) kind: Kind,
    /// Names that it has.
    links: u32,
    /// Handles that it has.
    open: u32,
    atim: u64,
    pub(super) mtim: u64,
    ctim: u64,
}

impl Node {
    pub(super) fn filetype(&self) -> Filetype {
        match self.kind {
            Kind::File(_) => Filetype::RegularFile,
            Kind::Dir(_) => Filetype::Directory,
            Kind::Symlink(_) => Filetype::SymbolicLink,
        }
    }

    fn size(&self) -> usize {
        match &self.kind {
            Kind::File(bytes) => bytes.len(),
            Kind::Symlink(text) => text.len(),
            Kind::Dir(_) => 0,
        }
    }
}

/// Where a path leads.
pub(super) struct Place {
    /// The directory with the last name.
    pub(super) parent: Id,
    /// The last name; none if the path ends in `.` or `..`.
    pub(super) name: Option<String>,
    /// What is there.
    pub(super) node: Option<Id>,
    /// The path ends like that of a directory.
    pub(super) wants_dir: bool,
}

impl Place {
    /// The name, if there is nothing yet.
    pub(super) fn free(self) -> Result<(Id, String), Errno> {
        match (self.node, self.name) {
            (None, Some(name)) => Ok((self.parent, name)),
            _ => Err(Errno::Exist),
        }
    }
}

/// All nodes. Number 0 is the root, which has a name that nobody can remove.
pub(super) struct Nodes {
    nodes: Vec<Option<Node>>,
    free: Vec<Id>,
    used: usize,
    capacity: usize,
    max_nodes: usize,
}

impl Nodes {
    pub(super) fn new(capacity: usize, max_nodes: usize) -> Nodes {
        let root = Node {
            kind: Kind::Dir(Dir::new(0)),
            links: 1,
            open: 0,
            atim: 0,
            mtim: 0,
            ctim: 0,
        };
        Nodes {
            nodes: vec![Some(root)],
            free: Vec::new(),
            used: 0,
            capacity,
            max_nodes,
        }
    }

    /// A node; [`Errno::Badf`] for the number of another filesystem.
    pub(super) fn get(&self, id: Id) -> Result<&Node, Errno> {
        let node = self.nodes.get(id as usize).and_then(Option::as_ref);
        node.ok_or(Errno::Badf)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Result<&mut Node, Errno> {
        let node = self.nodes.get_mut(id as usize).and_then(Option::as_mut);
        node.ok_or(Errno::Badf)
    }

    pub(super) fn dir(&self, id: Id) -> Result<&Dir, Errno> {
        match &self.get(id)?.kind {
            Kind::Dir(dir) => Ok(dir),
            _ => Err(Errno::NotDir),
        }
    }

    fn dir_mut(&mut self, id: Id) -> Result<&mut Dir, Errno> {
        match &mut self.get_mut(id)?.kind {
            Kind::Dir(dir) => Ok(dir),
            _ => Err(Errno::NotDir),
        }
    }

    /// A file's contents.
    pub(super) fn bytes(&self, id: Id) -> Result<&[u8], Errno> {
        match &self.get(id)?.kind {
            Kind::File(bytes) => Ok(bytes),
            _ => Err(Errno::Badf),
        }
    }

    /// Counts a handle.
    pub(super) fn open(&mut self, id: Id) -> Result<(), Errno> {
        self.get_mut(id)?.open += 1;
        Ok(())
    }

    /// Gives a handle back.
    pub(super) fn close(&mut self, id: Id) -> Result<(), Errno> {
        let node = self.get_mut(id)?;
        node.open = node.open.saturating_sub(1);
        self.release(id);
        Ok(())
    }

    /// Frees what has neither names nor handles.
    fn release(&mut self, id: Id) {
        let slot = &mut self.nodes[id as usize];
        if slot
            .as_ref()
            .is_some_and(|node| node.links == 0 && node.open == 0)
        {
            self.used -= slot.take().map_or(0, |node| node.size());
            self.free.push(id);
        }
    }

    /// Follows a path from a directory, which it never leaves.
    ///
    /// # Errors
    /// [`Errno::Perm`] if it leads out, by `..` or a link; [`Errno::Loop`] for too many links; as `openat`.
    pub(super) fn walk(&self, from: Id, path: &str, follow: bool) -> Result<Place, Errno> {
        let mut trail = vec![from];
        // What is still to do, the next at the end.
        let mut rest: Vec<&str> = path.rsplit('/').collect();
        let mut links = 0;
        let mut place = Place {
            parent: from,
            name: None,
            node: Some(from),
            wants_dir: true,
        };
        while let Some(step) = rest.pop() {
            let here = *trail.last().ok_or(Errno::Perm)?;
            let dir = self.dir(here)?;
            let name = match step {
                "" | "." => {
                    // A name with a slash behind it is still that name; with a dot it is not.
                    if step == "." {
                        place.name = None;
                    }
                    place.wants_dir = true;
                    continue;
                }
                ".." => {
                    trail.pop();
                    let up = *trail.last().ok_or(Errno::Perm)?;
                    place = Place {
                        parent: up,
                        name: None,
                        node: Some(up),
                        wants_dir: true,
                    };
                    continue;
                }
                name if name.len() > NAME_MAX => return Err(Errno::NameTooLong),
                name => name,
            };
            let found = dir.get(name);
            let kind = found
                .map(|id| self.get(id))
                .transpose()?
                .map(|node| &node.kind);
            let slashes = rest.iter().all(|step| step.is_empty());
            match kind {
                None if !slashes => return Err(Errno::NoEnt),
                Some(Kind::Symlink(text)) if follow || !rest.is_empty() => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Errno::Loop);
                    }
                    if text.starts_with('/') {
                        return Err(Errno::Perm);
                    }
                    rest.extend(text.rsplit('/'));
                    continue;
                }
                Some(Kind::File(_)) if !rest.is_empty() => return Err(Errno::NotDir),
                Some(Kind::Dir(_)) => trail.extend(found),
                _ => {}
            }
            place = Place {
                parent: here,
                name: Some(name.into()),
                node: found,
                wants_dir: !rest.is_empty(),
            };
            if found.is_none() {
                break;
            }
        }
        Ok(place)
    }

    /// Where a path leads that must lead somewhere.
    pub(super) fn find(&self, from: Id, path: &str, follow: bool) -> Result<Id, Errno> {
        self.walk(from, path, follow)?.node.ok_or(Errno::NoEnt)
    }

    /// Makes a node under a name that is free.
    pub(super) fn create(
        &mut self,
        parent: Id,
        name: &str,
        kind: Kind,
        now: u64,
    ) -> Result<Id, Errno> {
        // A directory that was removed takes no names any more.
        if self.get(parent)?.links == 0 {
            return Err(Errno::NoEnt);
        }
        let node = Node {
            kind,
            links: 1,
            open: 0,
            atim: now,
            mtim: now,
            ctim: now,
        };
        let used = self.used + node.size();
        if used > self.capacity {
            return Err(Errno::NoSpc);
        }
        let id = match self.free.pop() {
            Some(id) => {
                self.nodes[id as usize] = Some(node);
                id
            }
            None => {
                let id = Id::try_from(self.nodes.len()).map_err(|_| Errno::NoSpc)?;
                if self.nodes.len() >= self.max_nodes {
                    return Err(Errno::NoSpc);
                }
                self.nodes.try_reserve(1).map_err(|_| Errno::NoSpc)?;
                self.nodes.push(Some(node));
                id
            }
        };
        self.used = used;
        self.enter(parent, name, id, now)?;
        Ok(id)
    }

    pub(super) fn create_dir(&mut self, parent: Id, name: &str, now: u64) -> Result<Id, Errno> {
        self.create(parent, name, Kind::Dir(Dir::new(parent)), now)
    }

    fn enter(&mut self, parent: Id, name: &str, id: Id, now: u64) -> Result<(), Errno> {
        self.dir_mut(parent)?.insert(name, id);
        if let Kind::Dir(dir) = &mut self.get_mut(id)?.kind {
            dir.parent = parent;
        }
        self.changed(parent, now)
    }

    fn changed(&mut self, id: Id, now: u64) -> Result<(), Errno> {
        let node = self.get_mut(id)?;
        (node.mtim, node.ctim) = (now, now);
        Ok(())
    }

    /// Gives a file another name, which is free.
    pub(super) fn link(&mut self, id: Id, parent: Id, name: &str, now: u64) -> Result<(), Errno> {
        if self.get(parent)?.links == 0 {
            return Err(Errno::NoEnt);
        }
        let node = self.get_mut(id)?;
        node.links = node.links.checked_add(1).ok_or(Errno::Mlink)?;
        node.ctim = now;
        self.enter(parent, name, id, now)
    }

    /// Takes a name away.
    pub(super) fn unlink(&mut self, parent: Id, name: &str, now: u64) -> Result<(), Errno> {
        let id = self.dir_mut(parent)?.remove(name).ok_or(Errno::NoEnt)?;
        self.changed(parent, now)?;
        let node = self.get_mut(id)?;
        node.links -= 1;
        node.ctim = now;
        self.release(id);
        Ok(())
    }

    /// Moves a name to one that is free, where it does not become its own parent.
    pub(super) fn rename(
        &mut self,
        from: (Id, &str),
        to: (Id, &str),
        now: u64,
    ) -> Result<(), Errno> {
        if self.get(to.0)?.links == 0 {
            return Err(Errno::NoEnt);
        }
        let id = self.dir_mut(from.0)?.remove(from.1).ok_or(Errno::NoEnt)?;
        self.changed(from.0, now)?;
        self.enter(to.0, to.1, id, now)?;
        self.get_mut(id)?.ctim = now;
        Ok(())
    }

    /// Whether `inner` is `outer` or lies below it.
    pub(super) fn contains(&self, outer: Id, mut inner: Id) -> Result<bool, Errno> {
        loop {
            if inner == outer {
                return Ok(true);
            }
            match self.dir(inner)?.parent {
                parent if parent == inner => return Ok(false),
                parent => inner = parent,
            }
        }
    }

    /// How many bytes a file may have if it is to have `size`: fewer if there is no room.
    fn room(&self, len: usize, size: usize) -> usize {
        size.min(len + (self.capacity - self.used))
    }

    /// Makes a file this long.
    ///
    /// # Errors
    /// [`Errno::NoSpc`], with nothing changed.
    pub(super) fn resize(&mut self, id: Id, size: u64, now: u64) -> Result<(), Errno> {
        let len = self.bytes(id)?.len();
        let size = usize::try_from(size).map_err(|_| Errno::NoSpc)?;
        if size > self.room(len, size) {
            return Err(Errno::NoSpc);
        }
        let Kind::File(bytes) = &mut self.get_mut(id)?.kind else {
            return Err(Errno::Badf);
        };
        bytes
            .try_reserve(size.saturating_sub(len))
            .map_err(|_| Errno::NoSpc)?;
        bytes.resize(size, 0);
        self.used = self.used - len + size;
        self.changed(id, now)
    }

    /// Writes as much as there is room for.
    ///
    /// # Errors
    /// [`Errno::NoSpc`] if that is nothing.
    pub(super) fn write(
        &mut self,
        id: Id,
        bufs: &[&[u8]],
        offset: u64,
        now: u64,
    ) -> Result<usize, Errno> {
        let total: usize = bufs.iter().map(|buf| buf.len()).sum();
        if total == 0 {
            return Ok(0);
        }
        let len = self.bytes(id)?.len();
        let start = usize::try_from(offset).map_err(|_| Errno::NoSpc)?;
        let end = start.checked_add(total).ok_or(Errno::NoSpc)?;
        let end = end.min(self.room(len, end).max(len));
        if end <= start {
            return Err(Errno::NoSpc);
        }
        if end > len {
            self.resize(id, end as u64, now)?;
        }
        let Kind::File(bytes) = &mut self.get_mut(id)?.kind else {
            return Err(Errno::Badf);
        };
        let mut room = &mut bytes[start..end];
        for buf in bufs {
            let (now, later) = room.split_at_mut(buf.len().min(room.len()));
            now.copy_from_slice(&buf[..now.len()]);
            room = later;
        }
        self.changed(id, now)?;
        Ok(end - start)
    }

    pub(super) fn stat(&self, id: Id) -> Result<Filestat, Errno> {
        let node = self.get(id)?;
        let nlink = match &node.kind {
            Kind::Dir(dir) if node.links > 0 => {
                // Its name, its `.`, and the `..` of each directory in it.
                let inner = dir.list(0).filter(|&(_, _, id)| self.dir(id).is_ok());
                2 + inner.count() as u64
            }
            _ => u64::from(node.links),
        };
        Ok(Filestat {
            dev: 1,
            ino: u64::from(id) + 1,
            filetype: node.filetype(),
            nlink,
            size: node.size() as u64,
            atim: node.atim,
            mtim: node.mtim,
            ctim: node.ctim,
        })
    }

    pub(super) fn set_times(
        &mut self,
        id: Id,
        atim: SetTime,
        mtim: SetTime,
        now: u64,
    ) -> Result<(), Errno> {
        let node = self.get_mut(id)?;
        let set = |time: &mut u64, to| match to {
            SetTime::Keep => {}
            SetTime::Now => *time = now,
            SetTime::At(at) => *time = at,
        };
        set(&mut node.atim, atim);
        set(&mut node.mtim, mtim);
        node.ctim = now;
        Ok(())
    }
}
