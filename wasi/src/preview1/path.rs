//! Functions on paths.

use alloc::string::String;

use super::{
    Cx,
    fd::{meaningful_flags, times},
    kinds::wanted,
};
use crate::{
    ctx::WasiCtx,
    errno::Errno,
    guest::GuestMemory,
    host::{Files, Host, OpenHow, Opened},
    layout, path,
    table::{Descriptor, Object},
    types::{Fdflags, Fstflags, Lookupflags, Oflags, Rights},
};

/// A path argument: text, relative, and not climbing out as far as can be known here.
fn path_arg<'m, H: Host>(mem: &'m GuestMemory<'_>, ptr: u32, len: u32) -> Result<&'m str, Errno> {
    checked::<H>(mem.slice(ptr, len)?)
}

fn checked<H: Host>(bytes: &[u8]) -> Result<&str, Errno> {
    let text = path::text(bytes)?;
    path::inside(text, <H as Files>::SYMLINKS)?;
    Ok(text)
}

/// How `path_open` opens, and the rights that the result may have at most: those of a directory or
/// those of anything else.
struct Grant {
    how: OpenHow,
    base: Rights,
    inheriting: Rights,
}

/// Decides what may be opened through a directory.
///
/// Rights that the directory does not hand on are left out silently, because programs ask for all
/// they know. `fd_read` and `fd_write` are different: they say what the program is going to do, so
/// asking for one that is not there fails now, and not at the first read or write.
fn grant<H: Host>(
    parent: &Descriptor<H>,
    follow: Lookupflags,
    oflags: Oflags,
    base: Rights,
    inheriting: Rights,
    fdflags: Fdflags,
) -> Result<Grant, Errno> {
    let mut needed = Rights::PATH_OPEN;
    if oflags.contains(Oflags::CREAT) {
        needed = needed | Rights::PATH_CREATE_FILE;
    }
    if oflags.contains(Oflags::TRUNC) {
        needed = needed | Rights::PATH_FILESTAT_SET_SIZE;
    }
    parent.dir(needed)?;
    let mut inherited = base & (Rights::FD_READ | Rights::FD_WRITE);
    if fdflags.contains(Fdflags::DSYNC) {
        inherited = inherited | Rights::FD_DATASYNC;
    }
    if fdflags.intersects(Fdflags::SYNC | Fdflags::RSYNC) {
        inherited = inherited | Rights::FD_SYNC;
    }
    if !parent.inheriting().contains(inherited) {
        return Err(Errno::NotCapable);
    }
    if oflags.contains(Oflags::DIRECTORY)
        && oflags.intersects(Oflags::CREAT | Oflags::TRUNC | Oflags::EXCL)
    {
        return Err(Errno::Inval);
    }
    let base = base & parent.inheriting();
    Ok(Grant {
        how: OpenHow {
            read: base.intersects(Rights::FD_READ | Rights::FD_READDIR),
            write: base.intersects(Rights::FILE_WRITING),
            create: oflags.contains(Oflags::CREAT),
            exclusive: oflags.contains(Oflags::EXCL),
            truncate: oflags.contains(Oflags::TRUNC),
            directory: oflags.contains(Oflags::DIRECTORY),
            follow: follow.contains(Lookupflags::SYMLINK_FOLLOW),
            nonblocking: fdflags.contains(Fdflags::NONBLOCK),
        },
        base,
        inheriting: inheriting & parent.inheriting(),
    })
}

#[allow(clippy::too_many_arguments)]
pub(super) fn path_open<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    dirflags: Lookupflags,
    path: u32,
    path_len: u32,
    oflags: Oflags,
    base: u64,
    inheriting: u64,
    fdflags: Fdflags,
    opened_fd: u32,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let parent = table.get(fd)?;
    let grant = grant(
        parent,
        dirflags,
        oflags,
        wanted(base),
        wanted(inheriting),
        fdflags,
    )?;
    cx.mem.range(opened_fd, 4)?;
    let path = path_arg::<H>(&cx.mem, path, path_len)?;
    // As Linux: a file is not made under a directory's name, wherever that leads.
    if grant.how.create && path.ends_with('/') {
        return Err(Errno::IsDir);
    }
    table.check_room()?;
    let dir = table.get(fd)?.dir(Rights::PATH_OPEN)?;
    let (object, limit, inheriting) = match host.dir_open(dir, path, &grant.how)? {
        Opened::Dir(dir) => (Object::Dir(dir), Rights::DIRECTORY, grant.inheriting),
        Opened::File(file) => (
            Object::File { file, position: 0 },
            Rights::FILE,
            Rights::EMPTY,
        ),
        Opened::Stream(stream) => (Object::Stream(stream), Rights::STREAM, Rights::EMPTY),
    };
    let flags = fdflags & meaningful_flags(&object);
    #[cfg(feature = "debug")]
    let origin = table.get(fd)?.origin.open(path, grant.how.follow);
    let descriptor = Descriptor::new(object, grant.base & limit, inheriting, flags);
    #[cfg(feature = "debug")]
    let descriptor = descriptor.from(origin);
    match table.insert(descriptor) {
        Ok(opened) => cx.mem.write_u32(opened_fd, opened),
        Err((errno, descriptor)) => descriptor.close(host).and(Err(errno)),
    }
}

/// Does what takes nothing but a path and the right to it.
fn at_path<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    path: u32,
    path_len: u32,
    right: Rights,
    act: fn(&mut H, &H::Dir, &str) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let dir = cx.ctx.table.get(fd)?.dir(right)?;
    let path = path_arg::<H>(&cx.mem, path, path_len)?;
    act(&mut cx.ctx.host, dir, path)
}

pub(super) fn path_create_directory<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let right = Rights::PATH_CREATE_DIRECTORY;
    at_path(cx, fd, path, path_len, right, H::dir_create_directory)
}

pub(super) fn path_remove_directory<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let right = Rights::PATH_REMOVE_DIRECTORY;
    at_path(cx, fd, path, path_len, right, H::dir_remove_directory)
}

pub(super) fn path_unlink_file<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let right = Rights::PATH_UNLINK_FILE;
    at_path(cx, fd, path, path_len, right, H::dir_unlink_file)
}

pub(super) fn path_filestat_get<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    flags: Lookupflags,
    path: u32,
    path_len: u32,
    buf: u32,
) -> Result<(), Errno> {
    let dir = cx.ctx.table.get(fd)?.dir(Rights::PATH_FILESTAT_GET)?;
    let size = cx.abi.filestat_size();
    cx.mem.range(buf, size)?;
    let path = path_arg::<H>(&cx.mem, path, path_len)?;
    let stat = cx
        .ctx
        .host
        .dir_stat_at(dir, path, flags.contains(Lookupflags::SYMLINK_FOLLOW))?;
    cx.mem
        .write(buf, &layout::filestat(&stat, cx.abi)[..size as usize])
}

#[allow(clippy::too_many_arguments)]
pub(super) fn path_filestat_set_times<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    flags: Lookupflags,
    path: u32,
    path_len: u32,
    atim: u64,
    mtim: u64,
    fst_flags: Fstflags,
) -> Result<(), Errno> {
    cx.ctx.table.get(fd)?.dir(Rights::PATH_FILESTAT_SET_TIMES)?;
    let path = path_arg::<H>(&cx.mem, path, path_len)?;
    let (atim, mtim) = times(cx.ctx, atim, mtim, fst_flags)?;
    let dir = cx.ctx.table.get(fd)?.dir(Rights::PATH_FILESTAT_SET_TIMES)?;
    let follow = flags.contains(Lookupflags::SYMLINK_FOLLOW);
    cx.ctx.host.dir_set_times_at(dir, path, follow, atim, mtim)
}

/// Checks that nothing can be done with what moves from one directory to the other that could not be
/// done before: otherwise a link or a rename would launder rights away.
fn check_transfer<H: Host>(from: &Descriptor<H>, to: &Descriptor<H>) -> Result<(), Errno> {
    let through = to.inheriting() - from.inheriting();
    let inside = (to.base() - from.base()) & Rights::DIRECTORY_WRITING;
    // These two say from where things may be moved, not what may be done with them.
    let roles = Rights::PATH_RENAME_TARGET | Rights::PATH_LINK_TARGET;
    if (through | (inside - roles)).is_empty() {
        Ok(())
    } else {
        Err(Errno::NotCapable)
    }
}

#[allow(clippy::too_many_arguments)]
pub(super) fn path_link<H: Host>(
    cx: &mut Cx<'_, H>,
    old_fd: u32,
    old_flags: Lookupflags,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let (from, to) = (cx.ctx.table.get(old_fd)?, cx.ctx.table.get(new_fd)?);
    let from_dir = from.dir(Rights::PATH_LINK_SOURCE)?;
    let to_dir = to.dir(Rights::PATH_LINK_TARGET)?;
    check_transfer(from, to)?;
    // A link to what a symbolic link points to could be a link to a file outside.
    if old_flags.contains(Lookupflags::SYMLINK_FOLLOW) {
        return Err(Errno::Inval);
    }
    let old_path = path_arg::<H>(&cx.mem, old_path, old_path_len)?;
    let new_path = path_arg::<H>(&cx.mem, new_path, new_path_len)?;
    cx.ctx.host.dir_link(from_dir, old_path, to_dir, new_path)
}

pub(super) fn path_rename<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let (from, to) = (cx.ctx.table.get(fd)?, cx.ctx.table.get(new_fd)?);
    let from_dir = from.dir(Rights::PATH_RENAME_SOURCE)?;
    let to_dir = to.dir(Rights::PATH_RENAME_TARGET)?;
    check_transfer(from, to)?;
    let old_path = path_arg::<H>(&cx.mem, old_path, old_path_len)?;
    let new_path = path_arg::<H>(&cx.mem, new_path, new_path_len)?;
    cx.ctx.host.dir_rename(from_dir, old_path, to_dir, new_path)
}

/// The link's text may climb (`../x`): whether that leads outside is found out when it is followed.
pub(super) fn path_symlink<H: Host>(
    cx: &mut Cx<'_, H>,
    old_path: u32,
    old_path_len: u32,
    fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let dir = cx.ctx.table.get(fd)?.dir(Rights::PATH_SYMLINK)?;
    let text = path::text(cx.mem.slice(old_path, old_path_len)?)?;
    if text.starts_with('/') {
        return Err(Errno::Perm);
    }
    let new_path = path_arg::<H>(&cx.mem, new_path, new_path_len)?;
    cx.ctx.host.dir_symlink(dir, text, new_path)
}

#[allow(clippy::too_many_arguments)]
pub(super) fn path_readlink<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    path: u32,
    path_len: u32,
    buf: u32,
    buf_len: u32,
    bufused: u32,
) -> Result<(), Errno> {
    let dir = cx.ctx.table.get(fd)?.dir(Rights::PATH_READLINK)?;
    cx.mem.range(bufused, 4)?;
    let path_range = cx.mem.range(path, path_len)?;
    let buf_range = cx.mem.range(buf, buf_len)?;
    // A path that overlaps the buffer is copied out of its way.
    let copy;
    let (text, buf) = match cx.mem.split(path_range, buf_range.clone()) {
        Some((text, buf)) => (text, buf),
        None => {
            copy = String::from(path_arg::<H>(&cx.mem, path, path_len)?);
            (copy.as_bytes(), cx.mem.slice_mut(buf, buf_len)?)
        }
    };
    let text = checked::<H>(text)?;
    let len = cx
        .ctx
        .host
        .dir_readlink(dir, text, buf)?
        .min(buf_range.len());
    cx.mem
        .write_u32(bufused, u32::try_from(len).map_err(|_| Errno::Overflow)?)
}
