//! Directories and files: paths through cap-std, everything else on open descriptors.

use std::{
    fs,
    io::{self, IoSlice, IoSliceMut},
    os::fd::OwnedFd,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use cap_primitives::{
    fs::{
        DirOptions, FollowSymlinks, Metadata, MetadataExt, OpenOptions, OpenOptionsExt,
        SystemTimeSpec, create_dir, hard_link, open, open_dir, open_dir_nofollow, read_link,
        remove_dir, remove_file, rename, set_times, set_times_nofollow, stat, symlink,
    },
    time::SystemTime,
};
use rustix::{
    fs::{FileType, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT},
    io::Errno as Os,
};
use wasmote_wasi::{
    Errno,
    guest::BATCH,
    host::{DirEntry, Files, Filestat, OpenHow, Opened, SetTime},
    path::wants_directory,
    types::Filetype,
};

use crate::{
    StdHost, StdStream,
    convert::{errno, filestat, filetype, nanoseconds, os},
};

/// An open directory.
#[derive(Debug)]
pub struct StdDir {
    /// Possibly good for looking up names only (`O_PATH`).
    dir: fs::File,
    /// The same directory, open for listing; made when first needed.
    #[cfg(target_os = "linux")]
    reader: Option<OwnedFd>,
}

impl StdDir {
    fn new(dir: fs::File) -> StdDir {
        StdDir {
            dir,
            #[cfg(target_os = "linux")]
            reader: None,
        }
    }

    /// Opens a directory by its path in this process's own name space.
    ///
    /// # Errors
    /// What the system reports.
    pub fn open(path: impl AsRef<Path>) -> io::Result<StdDir> {
        cap_std::fs::Dir::open_ambient_dir(path, cap_std::ambient_authority()).map(StdDir::from)
    }

    fn open_reader(&self) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(&self.dir, c".", flags, Mode::empty()).map_err(os)
    }
}

impl From<cap_std::fs::Dir> for StdDir {
    fn from(dir: cap_std::fs::Dir) -> StdDir {
        StdDir::new(dir.into_std_file())
    }
}

/// An open regular file.
#[derive(Debug)]
pub struct StdFile(fs::File);

fn retry<R>(mut call: impl FnMut() -> rustix::io::Result<R>) -> Result<R, Errno> {
    loop {
        match call() {
            Err(Os::INTR) => {}
            result => return result.map_err(os),
        }
    }
}

/// The buffers as the system wants them; there are at most [`BATCH`].
pub(crate) fn slices<'a>(bufs: &'a [&'a [u8]]) -> [IoSlice<'a>; BATCH] {
    std::array::from_fn(|index| IoSlice::new(bufs.get(index).copied().unwrap_or_default()))
}

/// The buffers as the system wants them; there are at most [`BATCH`].
pub(crate) fn slices_mut<'a>(bufs: &'a mut [&mut [u8]]) -> [IoSliceMut<'a>; BATCH] {
    let mut bufs = bufs.iter_mut();
    std::array::from_fn(|_| IoSliceMut::new(bufs.next().map_or(&mut [], |buf| &mut **buf)))
}

fn follow_symlinks(follow: bool) -> FollowSymlinks {
    if follow {
        FollowSymlinks::Yes
    } else {
        FollowSymlinks::No
    }
}

fn metadata(metadata: &Metadata) -> Filestat {
    let unsigned = |nanoseconds| u64::try_from(nanoseconds).unwrap_or(0);
    Filestat {
        dev: metadata.dev(),
        ino: metadata.ino(),
        // (The type of modes differs from system to system.)
        #[allow(clippy::unnecessary_cast, trivial_numeric_casts)]
        filetype: filetype(FileType::from_raw_mode(
            metadata.mode() as rustix::fs::RawMode
        )),
        nlink: metadata.nlink(),
        size: metadata.size(),
        atim: nanoseconds(metadata.atime(), unsigned(metadata.atime_nsec())),
        mtim: nanoseconds(metadata.mtime(), unsigned(metadata.mtime_nsec())),
        ctim: nanoseconds(metadata.ctime(), unsigned(metadata.ctime_nsec())),
    }
}

fn timespec(time: SetTime) -> Timespec {
    match time {
        SetTime::Keep => Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        SetTime::Now => Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_NOW,
        },
        SetTime::At(time) => Timespec {
            // Both fit: 2^64 nanoseconds are 585 years.
            tv_sec: (time / 1_000_000_000) as _,
            tv_nsec: (time % 1_000_000_000) as _,
        },
    }
}

fn timestamps(atim: SetTime, mtim: SetTime) -> Timestamps {
    Timestamps {
        last_access: timespec(atim),
        last_modification: timespec(mtim),
    }
}

fn time_spec(time: SetTime) -> Option<SystemTimeSpec> {
    match time {
        SetTime::Keep => None,
        SetTime::Now => Some(SystemTimeSpec::SymbolicNow),
        SetTime::At(time) => {
            let time = UNIX_EPOCH + Duration::from_nanos(time);
            Some(SystemTimeSpec::Absolute(SystemTime::from_std(time)))
        }
    }
}

fn options(how: &OpenHow) -> OpenOptions {
    let write = how.write || how.truncate;
    let mut flags = OFlags::NOCTTY;
    if how.nonblocking {
        flags |= OFlags::NONBLOCK;
    }
    let mut options = OpenOptions::new();
    options
        .read(how.read || !write)
        .write(write)
        .truncate(how.truncate);
    if write {
        options
            .create(how.create)
            .create_new(how.create && how.exclusive);
    } else if how.create {
        // As in POSIX, and unlike the standard library: create, and open for reading only.
        flags |= OFlags::CREATE;
        if how.exclusive {
            flags |= OFlags::EXCL;
        }
    }
    options.custom_flags(flags.bits() as i32);
    options._cap_fs_ext_follow(follow_symlinks(how.follow));
    options
}

impl Files for StdHost {
    type Dir = StdDir;
    type File = StdFile;
    const SYMLINKS: bool = true;

    fn dir_open(
        &mut self,
        dir: &StdDir,
        path: &str,
        how: &OpenHow,
    ) -> Result<Opened<StdDir, StdFile, StdStream>, Errno> {
        let path = Path::new(path);
        if how.directory {
            let opened = if how.follow {
                open_dir(&dir.dir, path)
            } else {
                open_dir_nofollow(&dir.dir, path)
            };
            let opened = StdDir::new(opened.map_err(|error| errno(&error))?);
            return if how.write {
                Err(Errno::IsDir)
            } else {
                Ok(Opened::Dir(opened))
            };
        }
        let file = open(&dir.dir, path, &options(how)).map_err(|error| errno(&error))?;
        let kind = rustix::fs::fstat(&file).map_err(os)?.st_mode;
        Ok(match FileType::from_raw_mode(kind) {
            FileType::Directory => Opened::Dir(StdDir::new(file)),
            FileType::RegularFile | FileType::BlockDevice => Opened::File(StdFile(file)),
            _ => Opened::Stream(StdStream::from(OwnedFd::from(file))),
        })
    }

    fn dir_create_directory(&mut self, dir: &StdDir, path: &str) -> Result<(), Errno> {
        create_dir(&dir.dir, path.as_ref(), &DirOptions::new()).map_err(|error| errno(&error))
    }

    fn dir_remove_directory(&mut self, dir: &StdDir, path: &str) -> Result<(), Errno> {
        // cap-std would remove `.` of `path/`, which systems refuse. It must be a directory anyway.
        let path = path.trim_end_matches('/');
        remove_dir(&dir.dir, path.as_ref()).map_err(|error| errno(&error))
    }

    fn dir_unlink_file(&mut self, dir: &StdDir, path: &str) -> Result<(), Errno> {
        remove_file(&dir.dir, path.as_ref()).map_err(|error| errno(&error))
    }

    fn dir_rename(
        &mut self,
        from: &StdDir,
        old_path: &str,
        to: &StdDir,
        new_path: &str,
    ) -> Result<(), Errno> {
        // cap-std drops the slashes at the end of the new path.
        if new_path.ends_with('/')
            && self.dir_stat_at(from, old_path, false)?.filetype != Filetype::Directory
        {
            return Err(Errno::NotDir);
        }
        rename(&from.dir, old_path.as_ref(), &to.dir, new_path.as_ref())
            .map_err(|error| errno(&error))
    }

    fn dir_link(
        &mut self,
        from: &StdDir,
        old_path: &str,
        to: &StdDir,
        new_path: &str,
    ) -> Result<(), Errno> {
        hard_link(&from.dir, old_path.as_ref(), &to.dir, new_path.as_ref())
            .map_err(|error| errno(&error))
    }

    fn dir_symlink(&mut self, dir: &StdDir, text: &str, path: &str) -> Result<(), Errno> {
        symlink(text.as_ref(), &dir.dir, path.as_ref()).map_err(|error| errno(&error))
    }

    fn dir_readlink(&mut self, dir: &StdDir, path: &str, buf: &mut [u8]) -> Result<usize, Errno> {
        let text = read_link(&dir.dir, path.as_ref()).map_err(|error| errno(&error))?;
        let text = text.as_os_str().as_encoded_bytes();
        let len = text.len().min(buf.len());
        buf[..len].copy_from_slice(&text[..len]);
        Ok(len)
    }

    fn dir_stat_at(&mut self, dir: &StdDir, path: &str, follow: bool) -> Result<Filestat, Errno> {
        // cap-std looks at the link in `link/` and `link/.`, where only its directory can be meant.
        let follow = follow || wants_directory(path);
        let found = stat(&dir.dir, path.as_ref(), follow_symlinks(follow));
        Ok(metadata(&found.map_err(|error| errno(&error))?))
    }

    fn dir_set_times_at(
        &mut self,
        dir: &StdDir,
        path: &str,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let set = if follow {
            set_times
        } else {
            set_times_nofollow
        };
        set(&dir.dir, path.as_ref(), time_spec(atim), time_spec(mtim))
            .map_err(|error| errno(&error))
    }

    /// Cookies are the system's own (`d_off`), which it keeps good while entries come and go.
    #[cfg(target_os = "linux")]
    fn dir_read(
        &mut self,
        dir: &mut StdDir,
        cookie: u64,
        emit: &mut dyn FnMut(DirEntry<'_>) -> bool,
    ) -> Result<(), Errno> {
        use std::mem::MaybeUninit;

        use rustix::fs::{AtFlags, RawDir, SeekFrom};

        let reader = match dir.reader.take() {
            Some(reader) => reader,
            None => dir.open_reader()?,
        };
        let reader = &*dir.reader.insert(reader);
        if i64::try_from(cookie).is_err() {
            return Err(Errno::Inval);
        }
        rustix::fs::seek(reader, SeekFrom::Start(cookie)).map_err(os)?;
        let mut buf = [MaybeUninit::<u8>::uninit(); 4096];
        let mut entries = RawDir::new(reader, &mut buf);
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(os)?;
            let name = entry.file_name();
            let mut kind = filetype(entry.file_type());
            let mut ino = entry.ino();
            if entry.file_type() == FileType::Unknown
                && let Ok(stat) = rustix::fs::statat(reader, name, AtFlags::SYMLINK_NOFOLLOW)
            {
                kind = filetype(FileType::from_raw_mode(stat.st_mode));
            }
            if name == c".." {
                // What is above the directory is none of the program's business.
                ino = rustix::fs::fstat(reader).map_err(os)?.st_ino;
            }
            let next = entry.next_entry_cookie();
            if !emit(DirEntry {
                next,
                ino,
                filetype: kind,
                name: name.to_bytes(),
            }) {
                break;
            }
        }
        Ok(())
    }

    /// Cookies count entries: not stable while entries come and go.
    #[cfg(not(target_os = "linux"))]
    fn dir_read(
        &mut self,
        dir: &mut StdDir,
        cookie: u64,
        emit: &mut dyn FnMut(DirEntry<'_>) -> bool,
    ) -> Result<(), Errno> {
        let reader = dir.open_reader()?;
        let this = rustix::fs::fstat(&reader).map_err(os)?.st_ino;
        let mut next = 0;
        for entry in rustix::fs::Dir::new(reader).map_err(os)? {
            let entry = entry.map_err(os)?;
            next += 1;
            if next <= cookie {
                continue;
            }
            let name = entry.file_name();
            let ino = if name == c".." { this } else { entry.ino() };
            let filetype = filetype(entry.file_type());
            if !emit(DirEntry {
                next,
                ino,
                filetype,
                name: name.to_bytes(),
            }) {
                break;
            }
        }
        Ok(())
    }

    fn dir_stat(&mut self, dir: &StdDir) -> Result<Filestat, Errno> {
        rustix::fs::fstat(&dir.dir)
            .map(|stat| filestat(&stat))
            .map_err(os)
    }

    fn dir_set_times(&mut self, dir: &StdDir, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        rustix::fs::futimens(dir.open_reader()?, &timestamps(atim, mtim)).map_err(os)
    }

    fn dir_sync(&mut self, dir: &StdDir) -> Result<(), Errno> {
        let reader = dir.open_reader()?;
        retry(|| rustix::fs::fsync(&reader))
    }

    fn file_read_at(
        &mut self,
        file: &mut StdFile,
        bufs: &mut [&mut [u8]],
        offset: u64,
    ) -> Result<usize, Errno> {
        if let [buf] = bufs {
            return retry(|| rustix::io::pread(&file.0, &mut **buf, offset));
        }
        let count = bufs.len();
        let mut bufs = slices_mut(bufs);
        retry(|| rustix::io::preadv(&file.0, &mut bufs[..count], offset))
    }

    fn file_write_at(
        &mut self,
        file: &mut StdFile,
        bufs: &[&[u8]],
        offset: u64,
    ) -> Result<usize, Errno> {
        if let [buf] = bufs {
            return retry(|| rustix::io::pwrite(&file.0, buf, offset));
        }
        retry(|| rustix::io::pwritev(&file.0, &slices(bufs)[..bufs.len()], offset))
    }

    /// The system finds the end, so writes of several programs to one file do not overlap.
    #[cfg(target_os = "linux")]
    fn file_append(&mut self, file: &mut StdFile, bufs: &[&[u8]]) -> Result<usize, Errno> {
        let flags = rustix::io::ReadWriteFlags::APPEND;
        retry(|| rustix::io::pwritev2(&file.0, &slices(bufs)[..bufs.len()], 0, flags))
    }

    fn file_stat(&mut self, file: &StdFile) -> Result<Filestat, Errno> {
        rustix::fs::fstat(&file.0)
            .map(|stat| filestat(&stat))
            .map_err(os)
    }

    fn file_set_size(&mut self, file: &mut StdFile, size: u64) -> Result<(), Errno> {
        retry(|| rustix::fs::ftruncate(&file.0, size))
    }

    fn file_set_times(
        &mut self,
        file: &StdFile,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        rustix::fs::futimens(&file.0, &timestamps(atim, mtim)).map_err(os)
    }

    fn file_sync(&mut self, file: &mut StdFile, data_only: bool) -> Result<(), Errno> {
        retry(|| {
            #[cfg(not(target_vendor = "apple"))]
            if data_only {
                return rustix::fs::fdatasync(&file.0);
            }
            let _ = data_only;
            rustix::fs::fsync(&file.0)
        })
    }

    #[cfg(target_os = "linux")]
    fn file_advise(
        &mut self,
        file: &StdFile,
        offset: u64,
        len: u64,
        advice: wasmote_wasi::types::Advice,
    ) -> Result<(), Errno> {
        use wasmote_wasi::types::Advice;
        let advice = match advice {
            Advice::Normal => rustix::fs::Advice::Normal,
            Advice::Sequential => rustix::fs::Advice::Sequential,
            Advice::Random => rustix::fs::Advice::Random,
            Advice::WillNeed => rustix::fs::Advice::WillNeed,
            Advice::DontNeed => rustix::fs::Advice::DontNeed,
            Advice::NoReuse => rustix::fs::Advice::NoReuse,
        };
        let len = std::num::NonZeroU64::new(len);
        rustix::fs::fadvise(&file.0, offset, len, advice).map_err(os)
    }

    #[cfg(target_os = "linux")]
    fn file_allocate(&mut self, file: &mut StdFile, offset: u64, len: u64) -> Result<(), Errno> {
        let flags = rustix::fs::FallocateFlags::empty();
        retry(|| rustix::fs::fallocate(&file.0, flags, offset, len))
    }
}

/// What an open descriptor is, for streams.
pub(crate) fn kind(stat: rustix::io::Result<rustix::fs::Stat>) -> Filetype {
    stat.map_or(Filetype::Unknown, |stat| {
        filetype(FileType::from_raw_mode(stat.st_mode))
    })
}
