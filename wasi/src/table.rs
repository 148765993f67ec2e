//! Descriptors: numbers of the guest for handles of the host, with the rights that limit them.

use alloc::{boxed::Box, vec::Vec};

use crate::{
    errno::Errno,
    host::{Files, Host, Sockets, Streams},
    types::{Fdflags, Filetype, Rights},
};

/// What a descriptor stands for.
#[derive(Debug)]
pub enum Object<D, F, S, K> {
    /// A directory.
    Dir(D),
    /// A regular file, and the position of the next read or write.
    File {
        /// The host's handle.
        file: F,
        /// Offset in bytes.
        position: u64,
    },
    /// A stream.
    Stream(S),
    /// A socket.
    Socket(K),
    /// Nothing to read, and all writes are swallowed: standard streams that the embedder left out.
    Null,
}

/// The object type of a host's descriptors.
pub type ObjectOf<H> =
    Object<<H as Files>::Dir, <H as Files>::File, <H as Streams>::Stream, <H as Sockets>::Socket>;

/// One open descriptor.
pub struct Descriptor<H: Host> {
    /// What it stands for.
    pub object: ObjectOf<H>,
    /// State flags.
    pub flags: Fdflags,
    base: Rights,
    inheriting: Rights,
    preopen: Option<Box<str>>,
    #[cfg(feature = "debug")]
    pub(crate) origin: Origin,
}

/// How a program came by a descriptor.
#[cfg(feature = "debug")]
pub(crate) enum Origin {
    /// In a way that cannot be told.
    Unknown,
    /// It had it at its start, under this number.
    Start(u32),
    /// It opened it.
    Path(Box<crate::state::ByPath>),
}

impl<H: Host> Descriptor<H> {
    /// A descriptor with these rights; it never gets more.
    pub fn new(object: ObjectOf<H>, base: Rights, inheriting: Rights, flags: Fdflags) -> Self {
        Descriptor {
            object,
            flags,
            base,
            inheriting,
            preopen: None,
            #[cfg(feature = "debug")]
            origin: Origin::Unknown,
        }
    }

    /// The same, as a preopen of this name.
    pub fn named(self, name: Box<str>) -> Self {
        Descriptor {
            preopen: Some(name),
            ..self
        }
    }

    /// The same, which the program came by in this way.
    #[cfg(feature = "debug")]
    pub(crate) fn from(self, origin: Origin) -> Self {
        Descriptor { origin, ..self }
    }

    /// What may be done with it.
    pub fn base(&self) -> Rights {
        self.base
    }

    /// What descriptors opened through it may have at most.
    pub fn inheriting(&self) -> Rights {
        self.inheriting
    }

    /// The name under which the program finds it, if it is a preopen.
    pub fn preopen(&self) -> Option<&str> {
        self.preopen.as_deref()
    }

    /// Checks for rights.
    ///
    /// # Errors
    /// [`Errno::NotCapable`] if one is missing.
    pub fn require(&self, rights: Rights) -> Result<(), Errno> {
        if self.base.contains(rights) {
            Ok(())
        } else {
            Err(Errno::NotCapable)
        }
    }

    /// Takes rights away.
    ///
    /// # Errors
    /// [`Errno::NotCapable`] if it has not all of them now; nothing changes then.
    pub fn narrow(&mut self, base: Rights, inheriting: Rights) -> Result<(), Errno> {
        if !self.base.contains(base) || !self.inheriting.contains(inheriting) {
            return Err(Errno::NotCapable);
        }
        self.base = base;
        self.inheriting = inheriting;
        Ok(())
    }

    /// The directory.
    ///
    /// # Errors
    /// [`Errno::NotDir`] if it is something else, [`Errno::NotCapable`] if a right is missing.
    pub fn dir(&self, rights: Rights) -> Result<&H::Dir, Errno> {
        match &self.object {
            Object::Dir(dir) => self.require(rights).map(|()| dir),
            _ => Err(Errno::NotDir),
        }
    }

    /// The file and its position.
    ///
    /// # Errors
    /// [`Errno::IsDir`] or [`Errno::Spipe`] if it is something else, [`Errno::NotCapable`] if a right
    /// is missing.
    pub fn file(&mut self, rights: Rights) -> Result<(&mut H::File, &mut u64), Errno> {
        match &mut self.object {
            Object::File { file, position } if self.base.contains(rights) => Ok((file, position)),
            Object::File { .. } => Err(Errno::NotCapable),
            Object::Dir(_) => Err(Errno::IsDir),
            Object::Stream(_) | Object::Socket(_) | Object::Null => Err(Errno::Spipe),
        }
    }

    /// The socket.
    ///
    /// # Errors
    /// [`Errno::NotSock`] if it is something else, [`Errno::NotCapable`] if a right is missing.
    pub fn socket(&mut self, rights: Rights) -> Result<&mut H::Socket, Errno> {
        match &mut self.object {
            Object::Socket(socket) if self.base.contains(rights) => Ok(socket),
            Object::Socket(_) => Err(Errno::NotCapable),
            _ => Err(Errno::NotSock),
        }
    }

    /// What the guest takes it for.
    pub fn filetype(&self, host: &mut H) -> Filetype {
        match &self.object {
            Object::Dir(_) => Filetype::Directory,
            Object::File { .. } => Filetype::RegularFile,
            Object::Stream(stream) => host.stream_filetype(stream),
            Object::Socket(socket) => host.sock_filetype(socket),
            Object::Null => Filetype::Unknown,
        }
    }

    /// Gives the handle back to the host.
    ///
    /// # Errors
    /// What the host reports.
    pub fn close(self, host: &mut H) -> Result<(), Errno> {
        match self.object {
            Object::Dir(dir) => host.dir_close(dir),
            Object::File { file, .. } => host.file_close(file),
            Object::Stream(stream) => host.stream_close(stream),
            Object::Socket(socket) => host.sock_close(socket),
            Object::Null => Ok(()),
        }
    }
}

/// The descriptors of one program.
pub struct Table<H: Host> {
    slots: Vec<Option<Descriptor<H>>>,
    /// No slot below this one is free.
    first_free: usize,
    limit: u32,
}

/// Numbers of the standard streams, which no other descriptor gets unless the program moves it there.
const STANDARD: usize = 3;

impl<H: Host> Table<H> {
    /// An empty table that takes at most `limit` descriptors, and numbers below it.
    pub fn new(limit: u32) -> Table<H> {
        Table {
            slots: Vec::new(),
            first_free: 0,
            limit,
        }
    }

    /// Whether another descriptor fits.
    ///
    /// # Errors
    /// [`Errno::Mfile`] if not.
    pub fn check_room(&mut self) -> Result<(), Errno> {
        self.free_slot().map(|_| ())
    }

    fn free_slot(&mut self) -> Result<(u32, usize), Errno> {
        while self.slots.get(self.first_free).is_some_and(Option::is_some) {
            self.first_free += 1;
        }
        match u32::try_from(self.first_free) {
            Ok(fd) if fd < self.limit => Ok((fd, self.first_free)),
            _ => Err(Errno::Mfile),
        }
    }

    /// Puts a descriptor at the lowest free number (not a standard stream's) and returns the number.
    ///
    /// # Errors
    /// [`Errno::Mfile`] or [`Errno::NoMem`] if it does not fit; it is handed back.
    pub fn insert(&mut self, descriptor: Descriptor<H>) -> Result<u32, (Errno, Descriptor<H>)> {
        let (fd, slot) = match self.free_slot() {
            Ok(free) => free,
            Err(errno) => return Err((errno, descriptor)),
        };
        if let Some(free) = self.slots.get_mut(slot) {
            *free = Some(descriptor);
        } else if self.slots.try_reserve(1).is_ok() {
            self.slots.push(Some(descriptor));
        } else {
            return Err((Errno::NoMem, descriptor));
        }
        Ok(fd)
    }

    /// A descriptor.
    ///
    /// # Errors
    /// [`Errno::Badf`] if the number is not in use.
    pub fn get(&self, fd: u32) -> Result<&Descriptor<H>, Errno> {
        let index = usize::try_from(fd).map_err(|_| Errno::Badf)?;
        self.slots
            .get(index)
            .and_then(Option::as_ref)
            .ok_or(Errno::Badf)
    }

    /// A descriptor.
    ///
    /// # Errors
    /// [`Errno::Badf`] if the number is not in use.
    pub fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor<H>, Errno> {
        let index = usize::try_from(fd).map_err(|_| Errno::Badf)?;
        self.slots
            .get_mut(index)
            .and_then(Option::as_mut)
            .ok_or(Errno::Badf)
    }

    /// Takes a descriptor out.
    ///
    /// # Errors
    /// [`Errno::Badf`] if the number is not in use.
    pub fn remove(&mut self, fd: u32) -> Result<Descriptor<H>, Errno> {
        let index = usize::try_from(fd).map_err(|_| Errno::Badf)?;
        let descriptor = self
            .slots
            .get_mut(index)
            .and_then(Option::take)
            .ok_or(Errno::Badf)?;
        // A program that has closed its standard output and goes on printing must not write to the next file.
        if index >= STANDARD {
            self.first_free = self.first_free.min(index);
        }
        Ok(descriptor)
    }

    /// Moves descriptor `from` to the number `to`, and returns what was there (nothing if the two
    /// numbers are the same).
    ///
    /// # Errors
    /// [`Errno::Badf`] if one of the numbers is not in use; nothing changes then.
    pub fn renumber(&mut self, from: u32, to: u32) -> Result<Option<Descriptor<H>>, Errno> {
        self.get(to)?;
        self.get(from)?;
        if from == to {
            return Ok(None);
        }
        let descriptor = self.remove(from)?;
        Ok(Some(core::mem::replace(self.get_mut(to)?, descriptor)))
    }

    /// Takes every descriptor out.
    pub fn drain(&mut self) -> impl Iterator<Item = Descriptor<H>> + '_ {
        self.first_free = 0;
        self.slots.drain(..).flatten()
    }

    /// The descriptors with their numbers, from the lowest up.
    #[cfg(feature = "debug")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Descriptor<H>)> {
        let slots = (0..).zip(&self.slots);
        slots.filter_map(|(fd, slot)| Some((fd, slot.as_ref()?)))
    }

    /// The same, to change them.
    #[cfg(feature = "debug")]
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut Descriptor<H>)> {
        let slots = (0..).zip(&mut self.slots);
        slots.filter_map(|(fd, slot)| Some((fd, slot.as_mut()?)))
    }

    /// Whether there can be a descriptor of this number.
    #[cfg(feature = "debug")]
    pub(crate) fn takes(&self, fd: u32) -> bool {
        fd < self.limit
    }

    /// Puts a descriptor where none is, at a number that the table takes. (Those of standard streams are kept for
    /// them.)
    #[cfg(feature = "debug")]
    pub(crate) fn put(&mut self, fd: u32, descriptor: Descriptor<H>) {
        let len = self.slots.len().max(fd as usize + 1).max(STANDARD);
        self.slots.resize_with(len, || None);
        self.slots[fd as usize] = Some(descriptor);
        self.first_free = STANDARD;
    }

    /// How many descriptors are open.
    pub fn len(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::testing::TestHost;

    fn null(base: Rights) -> Descriptor<TestHost> {
        Descriptor::new(Object::Null, base, Rights::EMPTY, Fdflags::EMPTY)
    }

    fn insert(table: &mut Table<TestHost>) -> Result<u32, Errno> {
        table.insert(null(Rights::ALL)).map_err(|(errno, _)| errno)
    }

    #[test]
    fn numbers_are_the_lowest_free_ones() {
        let mut table = Table::new(6);
        let fds: Vec<_> = (0..7).map(|_| insert(&mut table)).collect();
        let expected: Vec<_> = (0..6).map(Ok).chain([Err(Errno::Mfile)]).collect();
        assert_eq!(fds, expected);
        assert!(table.remove(4).is_ok() && table.remove(3).is_ok());
        assert_eq!(table.remove(3).err(), Some(Errno::Badf));
        assert_eq!([insert(&mut table), insert(&mut table)], [Ok(3), Ok(4)]);
        assert_eq!(table.len(), 6);
        // Not those of the standard streams.
        assert!(table.remove(1).is_ok());
        assert_eq!(insert(&mut table), Err(Errno::Mfile));
        for fd in [6, u32::MAX, 1 << 31] {
            assert_eq!(table.get(fd).err(), Some(Errno::Badf));
        }
    }

    #[test]
    fn renumbering() {
        let mut table = Table::new(8);
        for _ in 0..3 {
            insert(&mut table).unwrap();
        }
        table
            .get_mut(2)
            .unwrap()
            .narrow(Rights::FD_READ, Rights::EMPTY)
            .unwrap();
        assert!(table.renumber(2, 0).unwrap().is_some());
        assert_eq!(table.get(0).unwrap().base(), Rights::FD_READ);
        assert_eq!(table.renumber(2, 0).err(), Some(Errno::Badf));
        assert_eq!(table.renumber(0, 2).err(), Some(Errno::Badf));
        assert!(table.renumber(0, 0).unwrap().is_none());
        assert_eq!(insert(&mut table), Ok(2));
    }

    #[test]
    fn rights_only_shrink() {
        let mut descriptor = null(Rights::FD_READ | Rights::FD_SEEK);
        assert_eq!(
            descriptor.require(Rights::FD_READ | Rights::FD_WRITE),
            Err(Errno::NotCapable)
        );
        assert_eq!(
            descriptor.narrow(Rights::FD_WRITE, Rights::EMPTY),
            Err(Errno::NotCapable)
        );
        assert_eq!(
            descriptor.narrow(Rights::FD_READ, Rights::FD_READ),
            Err(Errno::NotCapable)
        );
        assert_eq!(descriptor.base(), Rights::FD_READ | Rights::FD_SEEK);
        assert_eq!(descriptor.narrow(Rights::FD_READ, Rights::EMPTY), Ok(()));
        assert_eq!(
            descriptor.narrow(Rights::FD_READ | Rights::FD_SEEK, Rights::EMPTY),
            Err(Errno::NotCapable)
        );
    }
}
