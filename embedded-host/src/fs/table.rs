//! The open files and directories: one node for each, however many handles it has.

use wasmote_wasi::{Errno, host::Filestat, types::Filetype};

use super::{
    ATTR_HOME, ATTR_META, ATTR_NEXT, FlashFs,
    meta::{MADE_UP, META_SIZE, Meta, ROOT_INO, hash},
    path::PathBuf,
};

/// Begins the names of files that have lost theirs; not UTF-8, so no program has such a name.
pub(super) const HIDDEN: u8 = 0xff;
/// How many numbers for files are taken from the flash at once.
const INO_BATCH: u32 = 64;

/// The number of a node.
pub(super) type Id = usize;

/// Something that is open.
pub(super) struct Node<const PATH: usize> {
    /// Handles; 0 if the node is free.
    handles: u16,
    pub(super) dir: bool,
    /// It has no name any more. The path of a file is a hidden one then; a directory has none.
    pub(super) nameless: bool,
    pub(super) path: PathBuf<PATH>,
    pub(super) meta: Meta,
    slot: Option<Slot>,
    /// Its contents or attributes are not committed.
    pub(super) dirty: bool,
    /// When its slot was last used, to find the one that was not for longest.
    used: u32,
    /// What was written was lost, and the program does not know it yet.
    lost: Option<Errno>,
}

#[derive(Clone, Copy)]
struct Slot {
    index: usize,
    write: bool,
}

impl<const PATH: usize> Node<PATH> {
    fn free() -> Self {
        Node {
            handles: 0,
            dir: false,
            nameless: false,
            path: PathBuf::root(),
            meta: Meta::default(),
            slot: None,
            dirty: false,
            used: 0,
            lost: None,
        }
    }
}

/// Files of a [`FlashFs`] as WASI programs expect them, in `size_of` bytes of RAM and no others:
///
/// | parameter | what it is |
/// |---|---|
/// | `NODES` | how many files and directories can be open at once, preopens among them; several handles of one count once |
/// | `PATH` | two more than the longest path has bytes, counted from the root of the filesystem |
pub struct FlashFiles<F, const NODES: usize, const PATH: usize> {
    pub(super) fs: F,
    nodes: [Node<PATH>; NODES],
    clock: u32,
    next_ino: u32,
    /// Where the numbers end that were taken from the flash.
    end_ino: u32,
}

impl<F: FlashFs, const NODES: usize, const PATH: usize> FlashFiles<F, NODES, PATH> {
    /// The files of a filesystem. Those that were open without a name when power was cut are removed, as far
    /// as that works.
    ///
    /// # Errors
    /// [`Errno::Io`], with the filesystem.
    pub fn new(mut fs: F) -> Result<Self, (Errno, F)> {
        const { assert!(NODES > 0 && NODES <= u16::MAX as usize, "room for nodes") };
        let mut next = [0; 4];
        if let Err(errno) = fs.attr(c"/", ATTR_NEXT, &mut next) {
            return Err((errno, fs));
        }
        let next = u32::from_le_bytes(next).max(ROOT_INO + 1);
        let mut this = FlashFiles {
            fs,
            nodes: core::array::from_fn(|_| Node::free()),
            clock: 0,
            next_ino: next,
            end_ino: next,
        };
        match this.recover() {
            Ok(()) => Ok(this),
            Err(errno) => Err((errno, this.fs)),
        }
    }

    /// The filesystem.
    pub fn fs(&mut self) -> &mut F {
        &mut self.fs
    }

    /// Gives the filesystem back; what was not committed is lost.
    pub fn into_fs(self) -> F {
        self.fs
    }

    fn recover(&mut self) -> Result<(), Errno> {
        let mut from = 0;
        loop {
            let mut hidden = None;
            self.fs.list(c"/", from, &mut |position, name, _| {
                if name.first() != Some(&HIDDEN) {
                    return true;
                }
                let mut path = PathBuf::<PATH>::root();
                // A longer one is none of ours.
                if path.push(name).is_ok() {
                    hidden = Some((position, path));
                }
                hidden.is_none()
            })?;
            let Some((position, path)) = hidden else {
                return Ok(());
            };
            // One that went leaves its position to the next.
            from = position + u32::from(self.recover_file(&path).is_err());
        }
    }

    /// Removes a hidden file, or gives it its name back if it was being replaced and was not.
    fn recover_file(&mut self, hidden: &PathBuf<PATH>) -> Result<(), Errno> {
        let mut home = [0; PATH];
        let len = self.fs.attr(hidden.as_c_str(), ATTR_HOME, &mut home)?;
        let home = home.get(..len).unwrap_or_default();
        if let Ok(home) = PathBuf::<PATH>::from_bytes(home)
            && self.fs.stat(home.as_c_str()) == Ok(None)
        {
            self.fs.rename(hidden.as_c_str(), home.as_c_str())?;
            return self.fs.set_attr(home.as_c_str(), ATTR_HOME, &[]);
        }
        self.fs.remove(hidden.as_c_str())
    }

    /// Where a file goes that loses its name.
    pub(super) fn hidden_path(ino: u32) -> Result<PathBuf<PATH>, Errno> {
        let mut name = [HIDDEN; 9];
        for (digit, shift) in name[1..].iter_mut().zip((0..8).rev()) {
            *digit = b"0123456789abcdef"[(ino >> (shift * 4)) as usize & 15];
        }
        let mut path = PathBuf::root();
        path.push(&name)?;
        Ok(path)
    }

    fn new_ino(&mut self) -> Result<u32, Errno> {
        if self.next_ino >= self.end_ino {
            if self.next_ino >= MADE_UP {
                self.next_ino = ROOT_INO + 1;
            }
            let end = self.next_ino.saturating_add(INO_BATCH).min(MADE_UP);
            self.fs.set_attr(c"/", ATTR_NEXT, &end.to_le_bytes())?;
            self.end_ino = end;
        }
        self.next_ino += 1;
        Ok(self.next_ino - 1)
    }

    /// For a file or directory that is made now.
    pub(super) fn new_meta(&mut self, now: u64) -> Result<Meta, Errno> {
        Ok(Meta::new(self.new_ino()?, now))
    }

    /// The attributes on the device.
    fn stored_meta(&mut self, path: &PathBuf<PATH>) -> Result<Meta, Errno> {
        let mut bytes = [0; META_SIZE];
        self.fs.attr(path.as_c_str(), ATTR_META, &mut bytes)?;
        let mut meta = Meta::decode(&bytes);
        if path.is_root() {
            meta.ino = ROOT_INO;
        } else if meta.ino == 0 {
            meta.ino = hash(path.as_bytes()) as u32 | MADE_UP;
        }
        Ok(meta)
    }

    /// The attributes as they are now.
    pub(super) fn meta(&mut self, path: &PathBuf<PATH>) -> Result<Meta, Errno> {
        match self.find(path) {
            Some(id) => Ok(self.nodes[id].meta),
            None => self.stored_meta(path),
        }
    }

    /// The node; [`Errno::Badf`] for a handle of something else.
    pub(super) fn node(&self, id: Id) -> Result<&Node<PATH>, Errno> {
        let node = self.nodes.get(id).filter(|node| node.handles > 0);
        node.ok_or(Errno::Badf)
    }

    pub(super) fn node_mut(&mut self, id: Id) -> Result<&mut Node<PATH>, Errno> {
        let node = self.nodes.get_mut(id).filter(|node| node.handles > 0);
        node.ok_or(Errno::Badf)
    }

    /// The numbers of all nodes that are open.
    pub(super) fn ids(&self) -> impl Iterator<Item = Id> + use<F, NODES, PATH> {
        0..NODES
    }

    /// The node of what has this path.
    pub(super) fn find(&self, path: &PathBuf<PATH>) -> Option<Id> {
        let is_it = |node: &Node<PATH>| node.handles > 0 && !node.nameless && node.path == *path;
        self.nodes.iter().position(is_it)
    }

    fn free_node(&self) -> Result<Id, Errno> {
        let free = self.nodes.iter().position(|node| node.handles == 0);
        free.ok_or(Errno::Nfile)
    }

    /// A handle for what has this path, and is there.
    pub(super) fn open_node(&mut self, path: &PathBuf<PATH>, dir: bool) -> Result<Id, Errno> {
        if let Some(id) = self.find(path) {
            return self.another_handle(id);
        }
        let id = self.free_node()?;
        let meta = self.stored_meta(path)?;
        self.nodes[id] = Node {
            handles: 1,
            dir,
            path: path.clone(),
            meta,
            ..Node::free()
        };
        Ok(id)
    }

    pub(super) fn another_handle(&mut self, id: Id) -> Result<Id, Errno> {
        let node = self.node_mut(id)?;
        node.handles = node.handles.checked_add(1).ok_or(Errno::Nfile)?;
        Ok(id)
    }

    /// Creates a file, and gives a handle for it.
    pub(super) fn create_node(&mut self, path: &PathBuf<PATH>, now: u64) -> Result<Id, Errno> {
        let id = self.free_node()?;
        let meta = self.new_meta(now)?;
        let index = self.free_slot()?;
        self.fs.create(index, path.as_c_str())?;
        self.nodes[id] = Node {
            handles: 1,
            path: path.clone(),
            meta,
            slot: Some(Slot { index, write: true }),
            dirty: true,
            used: self.tick(),
            ..Node::free()
        };
        Ok(id)
    }

    /// Gives a handle back. With the last, contents are committed, or a file without a name is removed.
    pub(super) fn close_node(&mut self, id: Id) -> Result<(), Errno> {
        let node = self.node_mut(id)?;
        if node.handles > 1 {
            node.handles -= 1;
            return Ok(());
        }
        let result = if node.nameless && !node.dir {
            self.abandon(id);
            let path = self.nodes[id].path.clone();
            self.recover_file(&path)
        } else {
            let settled = self.settle(id);
            settled.and(self.report_loss(id))
        };
        self.nodes[id] = Node::free();
        result
    }

    fn tick(&mut self) -> u32 {
        self.clock = self.clock.wrapping_add(1);
        self.clock
    }

    /// A slot to open a file in; the one that was not used for longest is freed if need be. A failure of
    /// that is its file's, and is told when that is used again.
    fn free_slot(&mut self) -> Result<usize, Errno> {
        let taken = |nodes: &[Node<PATH>; NODES], index| {
            let slots = nodes.iter().filter_map(|node| node.slot);
            slots.into_iter().any(|slot| slot.index == index)
        };
        if let Some(index) = (0..F::SLOTS).find(|&index| !taken(&self.nodes, index)) {
            return Ok(index);
        }
        let now = self.clock;
        let with_slot = self.nodes.iter().enumerate().filter_map(|(id, node)| {
            let slot = node.slot?;
            Some((now.wrapping_sub(node.used), id, slot.index))
        });
        let (_, id, index) = with_slot.max().ok_or(Errno::Nfile)?;
        if let Err(errno) = self.settle(id) {
            self.nodes[id].lost = Some(errno);
        }
        Ok(index)
    }

    /// The slot with the contents of a file, to write to or only to read.
    pub(super) fn contents(&mut self, id: Id, write: bool) -> Result<usize, Errno> {
        let now = self.tick();
        let node = self.node_mut(id)?;
        node.used = now;
        match node.slot {
            Some(slot) if slot.write || !write => return Ok(slot.index),
            _ => self.settle(id)?,
        }
        let index = self.free_slot()?;
        let node = &self.nodes[id];
        self.fs.open(index, node.path.as_c_str(), write)?;
        self.nodes[id].slot = Some(Slot { index, write });
        Ok(index)
    }

    /// The length of a file.
    pub(super) fn len(&mut self, id: Id) -> Result<u32, Errno> {
        let node = self.node(id)?;
        match node.slot {
            Some(slot) => Ok(self.fs.size(slot.index)),
            None => {
                let stat = self.fs.stat(node.path.clone().as_c_str())?;
                stat.map(|stat| stat.size).ok_or(Errno::NoEnt)
            }
        }
    }

    /// Commits what was written.
    ///
    /// # Errors
    /// Those of the filesystem: what was written is lost.
    pub(super) fn commit(&mut self, id: Id) -> Result<(), Errno> {
        let node = self.node(id)?;
        let (Some(slot), true) = (node.slot, node.dirty) else {
            return Ok(());
        };
        let meta = node.meta.encode();
        let result = self.fs.commit(slot.index, &meta);
        if result.is_err() {
            self.abandon(id);
        }
        self.nodes[id].dirty = false;
        result
    }

    /// Commits what was written, and frees the slot.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub(super) fn settle(&mut self, id: Id) -> Result<(), Errno> {
        let result = self.commit(id);
        self.abandon(id);
        result
    }

    /// Frees the slot; what was not committed is lost.
    fn abandon(&mut self, id: Id) {
        let node = &mut self.nodes[id];
        node.dirty = false;
        if let Some(slot) = node.slot.take() {
            self.fs.close(slot.index);
        }
    }

    /// Frees the slot after a failure; what was written before is lost, which the program is told at the next
    /// commit as well.
    pub(super) fn give_up(&mut self, id: Id, errno: Errno) {
        if self.nodes[id].dirty {
            self.nodes[id].lost = Some(errno);
        }
        self.abandon(id);
    }

    /// Fails once if what was written was lost.
    pub(super) fn report_loss(&mut self, id: Id) -> Result<(), Errno> {
        match self.node_mut(id)?.lost.take() {
            Some(errno) => Err(errno),
            None => Ok(()),
        }
    }

    /// Remembers a loss that cannot be told now.
    pub(super) fn settle_later(&mut self, id: Id) {
        if let Err(errno) = self.settle(id) {
            self.nodes[id].lost = Some(errno);
        }
    }

    /// Gives it these attributes, on the device as well.
    pub(super) fn set_meta(&mut self, id: Id, meta: Meta) -> Result<(), Errno> {
        self.commit(id)?;
        let node = self.node_mut(id)?;
        node.meta = meta;
        // A directory that was removed has them nowhere else.
        if node.dir && node.nameless {
            return Ok(());
        }
        let path = node.path.clone();
        self.fs.set_attr(path.as_c_str(), ATTR_META, &meta.encode())
    }

    pub(super) fn stat(&mut self, id: Id) -> Result<Filestat, Errno> {
        let node = self.node(id)?;
        let (meta, dir, nlink) = (node.meta, node.dir, u64::from(!node.nameless));
        let size = if dir { 0 } else { self.len(id)? };
        Ok(filestat(&meta, dir, size, nlink))
    }
}

pub(super) fn filestat(meta: &Meta, dir: bool, size: u32, nlink: u64) -> Filestat {
    Filestat {
        dev: 1,
        ino: u64::from(meta.ino),
        filetype: filetype(dir),
        nlink,
        size: u64::from(size),
        atim: meta.atim,
        mtim: meta.mtim,
        ctim: meta.ctim,
    }
}

pub(super) fn filetype(dir: bool) -> Filetype {
    if dir {
        Filetype::Directory
    } else {
        Filetype::RegularFile
    }
}
