//! Descriptors themselves: state, rights, attributes, preopens, listing, closing, renumbering.

use super::Cx;
use crate::{
    ctx::WasiCtx,
    errno::Errno,
    host::{Filestat, Host, SetTime},
    layout,
    table::Object,
    types::{Clockid, Fdflags, Fstflags, Rights},
};

pub(super) fn fd_close<H: Host>(cx: &mut Cx<'_, H>, fd: u32) -> Result<(), Errno> {
    cx.ctx.table.remove(fd)?.close(&mut cx.ctx.host)
}

/// Both numbers must be open: otherwise two threads of one program could meet in a number.
pub(super) fn fd_renumber<H: Host>(cx: &mut Cx<'_, H>, fd: u32, to: u32) -> Result<(), Errno> {
    if let Some(replaced) = cx.ctx.table.renumber(fd, to)? {
        // As `dup2`: the new descriptor stands, whatever closing the old one reports.
        let _ = replaced.close(&mut cx.ctx.host);
    }
    Ok(())
}

pub(super) fn fd_fdstat_get<H: Host>(cx: &mut Cx<'_, H>, fd: u32, stat: u32) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get(fd)?;
    let filetype = descriptor.filetype(host);
    let (base, inheriting) = (descriptor.base(), descriptor.inheriting());
    cx.mem.write(
        stat,
        &layout::fdstat(filetype, descriptor.flags, base, inheriting),
    )
}

/// The flags that mean something on an object.
pub(crate) fn meaningful_flags<D, F, S, K>(object: &Object<D, F, S, K>) -> Fdflags {
    match object {
        Object::File { .. } => Fdflags::ALL,
        Object::Dir(_) => Fdflags::NONBLOCK,
        Object::Stream(_) | Object::Socket(_) | Object::Null => Fdflags::NONBLOCK | Fdflags::APPEND,
    }
}

pub(super) fn fd_fdstat_set_flags<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    flags: Fdflags,
) -> Result<(), Errno> {
    let descriptor = cx.ctx.table.get_mut(fd)?;
    descriptor.require(Rights::FD_FDSTAT_SET_FLAGS)?;
    if !meaningful_flags(&descriptor.object).contains(flags) {
        return Err(Errno::Inval);
    }
    descriptor.flags = flags;
    Ok(())
}

pub(super) fn fd_fdstat_set_rights<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    base: u64,
    inheriting: u64,
) -> Result<(), Errno> {
    let (Some(base), Some(inheriting)) = (Rights::from_bits(base), Rights::from_bits(inheriting))
    else {
        cx.ctx.table.get(fd)?;
        return Err(Errno::NotCapable);
    };
    cx.ctx.table.get_mut(fd)?.narrow(base, inheriting)
}

pub(super) fn fd_filestat_get<H: Host>(cx: &mut Cx<'_, H>, fd: u32, buf: u32) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get(fd)?;
    descriptor.require(Rights::FD_FILESTAT_GET)?;
    let size = cx.abi.filestat_size();
    cx.mem.range(buf, size)?;
    let stat = match &descriptor.object {
        Object::Dir(dir) => host.dir_stat(dir)?,
        Object::File { file, .. } => host.file_stat(file)?,
        Object::Stream(_) | Object::Socket(_) | Object::Null => {
            Filestat::of_type(descriptor.filetype(host))
        }
    };
    cx.mem
        .write(buf, &layout::filestat(&stat, cx.abi)[..size as usize])
}

pub(super) fn fd_filestat_set_size<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    size: u64,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let (file, _) = table.get_mut(fd)?.file(Rights::FD_FILESTAT_SET_SIZE)?;
    if i64::try_from(size).is_err() {
        return Err(Errno::Inval);
    }
    host.file_set_size(file, size)
}

/// What the flags and values of a `set_times` function ask for.
///
/// # Errors
/// [`Errno::Inval`] if a time is to be set to a value and to now at once.
pub(super) fn times<H: Host>(
    ctx: &mut WasiCtx<H>,
    atim: u64,
    mtim: u64,
    flags: Fstflags,
) -> Result<(SetTime, SetTime), Errno> {
    let mut time = |value, set, now| match (flags.contains(set), flags.contains(now)) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(SetTime::At(value)),
        (false, false) => Ok(SetTime::Keep),
        (false, true) if ctx.clock.is_some() => Ok(SetTime::At(ctx.now(Clockid::Realtime)?)),
        (false, true) => Ok(SetTime::Now),
    };
    let atim = time(atim, Fstflags::ATIM, Fstflags::ATIM_NOW)?;
    let mtim = time(mtim, Fstflags::MTIM, Fstflags::MTIM_NOW)?;
    Ok((atim, mtim))
}

pub(super) fn fd_filestat_set_times<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    atim: u64,
    mtim: u64,
    fst_flags: Fstflags,
) -> Result<(), Errno> {
    cx.ctx
        .table
        .get(fd)?
        .require(Rights::FD_FILESTAT_SET_TIMES)?;
    let (atim, mtim) = times(cx.ctx, atim, mtim, fst_flags)?;
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    match &table.get(fd)?.object {
        Object::Dir(dir) => host.dir_set_times(dir, atim, mtim),
        Object::File { file, .. } => host.file_set_times(file, atim, mtim),
        Object::Stream(_) | Object::Socket(_) | Object::Null => Err(Errno::Inval),
    }
}

pub(super) fn fd_prestat_get<H: Host>(cx: &mut Cx<'_, H>, fd: u32, buf: u32) -> Result<(), Errno> {
    let name = cx.ctx.table.get(fd)?.preopen().ok_or(Errno::Badf)?;
    let len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
    cx.mem.write(buf, &layout::prestat(len))
}

pub(super) fn fd_prestat_dir_name<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let name = cx.ctx.table.get(fd)?.preopen().ok_or(Errno::Badf)?;
    let buf = cx.mem.slice_mut(path, path_len)?;
    let buf = buf.get_mut(..name.len()).ok_or(Errno::NameTooLong)?;
    buf.copy_from_slice(name.as_bytes());
    Ok(())
}

/// The buffer is filled to its end if there is more than fits: the last entry may be cut.
pub(super) fn fd_readdir<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    buf: u32,
    buf_len: u32,
    cookie: u64,
    bufused: u32,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get_mut(fd)?;
    descriptor.dir(Rights::FD_READDIR)?;
    let Object::Dir(dir) = &mut descriptor.object else {
        return Err(Errno::NotDir);
    };
    cx.mem.range(bufused, 4)?;
    let buf = cx.mem.slice_mut(buf, buf_len)?;
    let mut used = 0;
    let mut append = |bytes: &[u8]| {
        let room = buf.len() - used;
        let len = bytes.len().min(room);
        buf[used..used + len].copy_from_slice(&bytes[..len]);
        used += len;
        len == bytes.len()
    };
    let listed = host.dir_read(dir, cookie, &mut |entry| {
        // Names are no longer than paths.
        let len = u32::try_from(entry.name.len()).unwrap_or(u32::MAX);
        append(&layout::dirent(entry.next, entry.ino, len, entry.filetype)) && append(entry.name)
    });
    // Entries that were read before something went wrong are not lost; the next call meets the error.
    if used == 0 {
        listed?;
    }
    let used = u32::try_from(used).map_err(|_| Errno::Overflow)?;
    cx.mem.write_u32(bufused, used)
}
