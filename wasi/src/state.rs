//! Descriptors as bytes, and back: for programs that go on in another process.

use alloc::{borrow::ToOwned, boxed::Box, format, string::String, vec::Vec};
use core::fmt;

use crate::{
    ctx::WasiCtx,
    determinism::{SeededRandom, VirtualClock},
    errno::Errno,
    host::{Files, Host, OpenHow, Opened},
    path,
    preview1::meaningful_flags,
    table::{Descriptor, Object, Origin},
    types::{Fdflags, Rights},
};

const MAGIC: [u8; 4] = *b"motd";
/// Changes whenever bytes of before would be read as something else.
const VERSION: u8 = 1;

/// Why descriptors cannot be saved or restored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateError {
    /// It is a socket, a pipe or a device, or the embedder has put it into the table.
    NotAFile {
        /// The descriptor's number.
        fd: u32,
    },
    /// It was given to the program at its start, and this context does not have it, has it under another name, or
    /// with fewer rights.
    NotGiven {
        /// The descriptor's number.
        fd: u32,
        /// The name of the preopen that it is, or was opened through; empty for a stream.
        name: String,
    },
    /// What it was opened by does not lead to a file, or a directory, any more.
    NotFound {
        /// The descriptor's number.
        fd: u32,
        /// The path below the preopen.
        path: String,
        /// What the host says.
        errno: Errno,
    },
    /// The bytes are not those of [`WasiCtx::save`].
    Damaged,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::NotAFile { fd } => write!(
                f,
                "descriptor {fd} is neither a file nor a directory that the program has opened by a path"
            ),
            StateError::NotGiven { fd, name } if name.is_empty() => {
                write!(
                    f,
                    "descriptor {fd} was given to the program, and is not here"
                )
            }
            StateError::NotGiven { fd, name } => write!(
                f,
                "descriptor {fd} wants the preopened directory {name:?}, which is not here as it was"
            ),
            StateError::NotFound { fd, path, errno } => {
                write!(f, "descriptor {fd} was {path:?}: {errno}")
            }
            StateError::Damaged => f.write_str("not a usable state of descriptors"),
        }
    }
}

impl core::error::Error for StateError {}

/// What was opened by a path, and can be so again.
#[derive(Clone)]
pub(crate) struct ByPath {
    /// Number of the preopen at the start.
    start: u32,
    path: Box<str>,
    follow: bool,
}

impl Origin {
    /// That of what was opened by a path through a directory of this one.
    pub(crate) fn open(&self, path: &str, follow: bool) -> Origin {
        let (start, path) = match self {
            Origin::Unknown => return Origin::Unknown,
            Origin::Start(start) => (*start, path.into()),
            Origin::Path(dir) => (dir.start, format!("{}/{path}", dir.path).into()),
        };
        Origin::Path(Box::new(ByPath {
            start,
            path,
            follow,
        }))
    }
}

/// A descriptor that was saved.
struct Saved {
    fd: u32,
    object: SavedObject,
    flags: Fdflags,
    base: Rights,
    inheriting: Rights,
}

enum SavedObject {
    /// The one with this number at the start, and its name as a preopen.
    Start(u32, String),
    Dir(ByPath, String),
    File(ByPath, String, u64),
}

impl<H: Host> WasiCtx<H> {
    /// The state of descriptors, and of a virtual clock and seeded randomness: numbers, rights, flags, what preopens
    /// are called, by which paths files and directories below them were opened, and positions. What files hold is not
    /// in it, nor is what streams have read and written.
    ///
    /// # Errors
    /// [`StateError::NotAFile`]: sockets, and pipes and devices that the program has opened, cannot be saved.
    pub fn save(&self) -> Result<Vec<u8>, StateError> {
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        out.push(self.clock.is_some().into());
        if let Some(clock) = &self.clock {
            for number in [clock.epoch, clock.step, clock.elapsed] {
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
        out.push(self.random.is_some().into());
        if let Some(random) = &self.random {
            out.extend_from_slice(&random.state().to_le_bytes());
        }
        out.extend_from_slice(&(self.table.len() as u32).to_le_bytes());
        for (fd, descriptor) in self.table.iter() {
            self.save_one(&mut out, fd, descriptor)?;
        }
        Ok(out)
    }

    fn save_one(
        &self,
        out: &mut Vec<u8>,
        fd: u32,
        descriptor: &Descriptor<H>,
    ) -> Result<(), StateError> {
        let by = match (&descriptor.origin, &descriptor.object) {
            (Origin::Start(start), object) if !matches!(object, Object::Socket(_)) => {
                (0, *start, descriptor.preopen().unwrap_or_default(), 0)
            }
            (Origin::Path(by), Object::Dir(_)) => (1, by.start, &*by.path, 0),
            (Origin::Path(by), Object::File { position, .. }) => {
                (2, by.start, &*by.path, *position)
            }
            _ => return Err(StateError::NotAFile { fd }),
        };
        let (kind, start, text, position) = by;
        let follow = matches!(&descriptor.origin, Origin::Path(by) if by.follow);
        out.extend_from_slice(&fd.to_le_bytes());
        out.push(kind | u8::from(follow) << 2);
        out.extend_from_slice(&start.to_le_bytes());
        put_text(out, text);
        if kind != 0 {
            put_text(out, self.name_of(start));
        }
        out.extend_from_slice(&descriptor.flags.bits().to_le_bytes());
        for number in [
            descriptor.base().bits(),
            descriptor.inheriting().bits(),
            position,
        ] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        Ok(())
    }

    /// The name of the preopen that had this number at the start, if it is still open.
    fn name_of(&self, start: u32) -> &str {
        let given = |descriptor: &&Descriptor<H>| matches!(descriptor.origin, Origin::Start(was) if was == start);
        let found = self
            .table
            .iter()
            .map(|(_, descriptor)| descriptor)
            .find(given);
        found.and_then(Descriptor::preopen).unwrap_or_default()
    }

    /// Puts descriptors into the state that [`save`](Self::save) has told of, in a context that has the same streams and
    /// preopens as that one had at its start. Files and directories are opened again, by their paths: they are what
    /// has these names now, with what they hold now. Nothing is created or cut. What the bytes say is not trusted: a
    /// program gets nothing by them that it could not open itself.
    ///
    /// # Errors
    /// [`StateError::NotGiven`], [`StateError::NotFound`] (of files that were removed, renamed, or never on this host),
    /// [`StateError::Damaged`]; nothing has changed then.
    pub fn restore(&mut self, state: &[u8]) -> Result<(), StateError> {
        let mut r = Reader(state);
        let header = r.take(MAGIC.len())? == MAGIC && r.u8()? == VERSION;
        if !header {
            return Err(StateError::Damaged);
        }
        let clock = match r.flag()? {
            true => Some(VirtualClock {
                epoch: r.u64()?,
                step: r.u64()?,
                elapsed: r.u64()?,
            }),
            false => None,
        };
        let random = match r.flag()? {
            true => Some(SeededRandom::new(r.u64()?)),
            false => None,
        };
        let mut saved: Vec<Saved> = Vec::new();
        for _ in 0..r.u32()? {
            let one = Saved::read(&mut r)?;
            if saved.last().is_some_and(|last| last.fd >= one.fd) {
                return Err(StateError::Damaged);
            }
            saved.push(one);
        }
        if !r.0.is_empty() {
            return Err(StateError::Damaged);
        }
        let mut opened = Vec::new();
        for one in &saved {
            match self.open_again(one, &saved) {
                Ok(descriptor) => opened.push(descriptor),
                Err(error) => {
                    for descriptor in opened.into_iter().flatten() {
                        let _ = descriptor.close(&mut self.host);
                    }
                    return Err(error);
                }
            }
        }
        let mut given: Vec<Descriptor<H>> = self.table.drain().collect();
        for (one, opened) in saved.iter().zip(opened) {
            let descriptor = match (opened, &one.object) {
                (Some(descriptor), _) => Some(descriptor),
                (None, SavedObject::Start(start, _)) => {
                    let at = given.iter().position(|given| given.is_start(*start));
                    at.map(|at| given.swap_remove(at))
                }
                (None, _) => None,
            };
            if let Some(mut descriptor) = descriptor {
                descriptor.flags = one.flags & meaningful_flags(&descriptor.object);
                // (It was seen to have them.)
                let _ = descriptor.narrow(one.base, one.inheriting);
                self.table.put(one.fd, descriptor);
            }
        }
        for descriptor in given {
            let _ = descriptor.close(&mut self.host);
        }
        (self.clock, self.random) = (clock, random);
        Ok(())
    }

    /// Opens what was opened by a path; of what was given, sees that it is there.
    fn open_again(
        &mut self,
        one: &Saved,
        all: &[Saved],
    ) -> Result<Option<Descriptor<H>>, StateError> {
        let fd = one.fd;
        if !self.table.takes(fd) {
            return Err(StateError::Damaged);
        }
        let given = |start: u32, name: &str| {
            let found = self.table.iter().map(|(_, descriptor)| descriptor);
            let found = found
                .filter(|given| given.is_start(start))
                // (Without a name the preopen was closed before.)
                .find(|given| name.is_empty() || given.preopen() == Some(name));
            found.ok_or_else(|| StateError::NotGiven {
                fd,
                name: name.to_owned(),
            })
        };
        let (by, name, directory) = match &one.object {
            SavedObject::Start(start, name) => {
                let given = given(*start, name)?;
                let twice = all.iter().filter(|other| other.is_start(*start)).count() > 1;
                if twice || matches!(given.object, Object::Socket(_)) {
                    return Err(StateError::Damaged);
                }
                let enough =
                    given.base().contains(one.base) && given.inheriting().contains(one.inheriting);
                return match enough {
                    true => Ok(None),
                    false => Err(StateError::NotGiven {
                        fd,
                        name: name.clone(),
                    }),
                };
            }
            SavedObject::Dir(by, name) => (by, name, true),
            SavedObject::File(by, name, _) => (by, name, false),
        };
        let parent = given(by.start, name)?;
        let limit = match directory {
            true => Rights::DIRECTORY,
            false => Rights::FILE,
        };
        let through = parent.inheriting();
        let enough = (through & limit).contains(one.base) && through.contains(one.inheriting);
        let dir = match parent.dir(Rights::PATH_OPEN) {
            Ok(dir) if enough => dir,
            _ => {
                return Err(StateError::NotGiven {
                    fd,
                    name: name.clone(),
                });
            }
        };
        let not_found = |errno| StateError::NotFound {
            fd,
            path: by.path.clone().into(),
            errno,
        };
        let text = path::text(by.path.as_bytes()).map_err(not_found)?;
        path::inside(text, <H as Files>::SYMLINKS).map_err(not_found)?;
        let how = OpenHow {
            read: one.base.intersects(Rights::FD_READ | Rights::FD_READDIR),
            write: one.base.intersects(Rights::FILE_WRITING),
            directory,
            follow: by.follow,
            ..OpenHow::default()
        };
        let opened = self.host.dir_open(dir, text, &how).map_err(not_found)?;
        let (object, fits) = match (opened, &one.object) {
            (Opened::File(file), SavedObject::File(_, _, position)) => {
                let position = *position;
                (Object::File { file, position }, true)
            }
            (Opened::Dir(dir), SavedObject::Dir(..)) => (Object::Dir(dir), true),
            (Opened::File(file), _) => (Object::File { file, position: 0 }, false),
            (Opened::Dir(dir), _) => (Object::Dir(dir), false),
            (Opened::Stream(stream), _) => (Object::Stream(stream), false),
        };
        let mut descriptor = Descriptor::new(object, one.base, one.inheriting, one.flags);
        if !fits {
            let _ = descriptor.close(&mut self.host);
            return Err(not_found(Errno::NoEnt));
        }
        descriptor.origin = Origin::Path(Box::new(by.clone()));
        Ok(Some(descriptor))
    }
}

impl Saved {
    fn read(r: &mut Reader<'_>) -> Result<Saved, StateError> {
        let fd = r.u32()?;
        let bits = r.u8()?;
        let start = r.u32()?;
        let text = r.text()?;
        let name = match bits & 3 {
            0 => String::new(),
            _ => r.text()?,
        };
        let flags = Fdflags::from_bits(r.u16()?).ok_or(StateError::Damaged)?;
        let base = Rights::from_bits(r.u64()?).ok_or(StateError::Damaged)?;
        let inheriting = Rights::from_bits(r.u64()?).ok_or(StateError::Damaged)?;
        let position = r.u64()?;
        let by = |path: String| ByPath {
            start,
            path: path.into(),
            follow: bits & 4 != 0,
        };
        let object = match bits & 3 {
            0 => SavedObject::Start(start, text),
            1 => SavedObject::Dir(by(text), name),
            2 => SavedObject::File(by(text), name, position),
            _ => return Err(StateError::Damaged),
        };
        Ok(Saved {
            fd,
            object,
            flags,
            base,
            inheriting,
        })
    }

    fn is_start(&self, start: u32) -> bool {
        matches!(self.object, SavedObject::Start(is, _) if is == start)
    }
}

impl<H: Host> Descriptor<H> {
    fn is_start(&self, start: u32) -> bool {
        matches!(self.origin, Origin::Start(is) if is == start)
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    // (Names and paths have been checked to be shorter than 4 GiB.)
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Reads from front to back.
struct Reader<'s>(&'s [u8]);

impl<'s> Reader<'s> {
    fn take(&mut self, len: usize) -> Result<&'s [u8], StateError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(StateError::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        let bytes = self.take(N)?.try_into();
        bytes.map_err(|_| StateError::Damaged)
    }

    fn u8(&mut self) -> Result<u8, StateError> {
        Ok(self.number::<1>()?[0])
    }

    fn u16(&mut self) -> Result<u16, StateError> {
        self.number().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, StateError> {
        self.number().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, StateError> {
        self.number().map(u64::from_le_bytes)
    }

    fn flag(&mut self) -> Result<bool, StateError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(StateError::Damaged),
        }
    }

    fn text(&mut self) -> Result<String, StateError> {
        let len = self.u32()? as usize;
        let text = core::str::from_utf8(self.take(len)?);
        text.map(ToOwned::to_owned).map_err(|_| StateError::Damaged)
    }
}
