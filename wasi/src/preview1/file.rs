//! Reading, writing and positions.

use super::Cx;
use crate::{
    ctx::WasiCtx,
    errno::Errno,
    host::Host,
    table::Object,
    types::{Advice, Fdflags, Riflags, Rights, Whence},
};

/// Offsets beyond this are refused, as by every system with signed 64-bit ones.
const MAX_OFFSET: u64 = i64::MAX as u64;

/// Synchronizes as the descriptor's flags demand after a write (or, for `rsync`, before a read).
fn settle<H: Host>(host: &mut H, file: &mut H::File, flags: Fdflags) -> Result<(), Errno> {
    if flags.contains(Fdflags::SYNC) {
        host.file_sync(file, false)
    } else if flags.contains(Fdflags::DSYNC) {
        host.file_sync(file, true)
    } else {
        Ok(())
    }
}

pub(super) fn fd_read<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nread: u32,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get_mut(fd)?;
    if matches!(descriptor.object, Object::Dir(_)) {
        return Err(Errno::IsDir);
    }
    descriptor.require(Rights::FD_READ)?;
    cx.mem.range(nread, 4)?;
    let iovecs = cx.mem.iovecs(iovs, iovs_len)?;
    let flags = descriptor.flags;
    let nonblocking = flags.contains(Fdflags::NONBLOCK);
    let len = match &mut descriptor.object {
        Object::File { file, position } => {
            if flags.contains(Fdflags::RSYNC) {
                settle(host, file, flags)?;
            }
            cx.mem.scatter(iovecs, true, |bufs| {
                let len = host.file_read_at(file, bufs, *position)?;
                *position = position.saturating_add(len as u64);
                Ok(len)
            })?
        }
        Object::Stream(stream) => cx.mem.scatter(iovecs, false, |bufs| {
            host.stream_read(stream, bufs, nonblocking)
        })?,
        Object::Socket(socket) => cx.mem.scatter(iovecs, false, |bufs| {
            host.sock_recv(socket, bufs, Riflags::EMPTY, nonblocking)
                .map(|(len, _)| len)
        })?,
        Object::Null | Object::Dir(_) => 0,
    };
    cx.mem.write_u32(nread, len)
}

pub(super) fn fd_write<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nwritten: u32,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get_mut(fd)?;
    if matches!(descriptor.object, Object::Dir(_)) {
        return Err(Errno::IsDir);
    }
    descriptor.require(Rights::FD_WRITE)?;
    cx.mem.range(nwritten, 4)?;
    let iovecs = cx.mem.iovecs(iovs, iovs_len)?;
    let flags = descriptor.flags;
    let nonblocking = flags.contains(Fdflags::NONBLOCK);
    let len = match &mut descriptor.object {
        Object::File { file, position } => {
            let len = if flags.contains(Fdflags::APPEND) {
                let len = cx.mem.gather(iovecs, |bufs| host.file_append(file, bufs))?;
                // What is written is reported as written, even if the end cannot be found out any more.
                if len > 0 {
                    let end = host.file_stat(file).map(|stat| stat.size);
                    *position = end.unwrap_or(position.saturating_add(u64::from(len)));
                }
                len
            } else {
                cx.mem.gather(iovecs, |bufs| {
                    let len = host.file_write_at(file, bufs, *position)?;
                    *position = position.saturating_add(len as u64);
                    Ok(len)
                })?
            };
            settle(host, file, flags)?;
            len
        }
        Object::Stream(stream) => cx
            .mem
            .gather(iovecs, |bufs| host.stream_write(stream, bufs, nonblocking))?,
        Object::Socket(socket) => cx
            .mem
            .gather(iovecs, |bufs| host.sock_send(socket, bufs, nonblocking))?,
        Object::Null | Object::Dir(_) => cx
            .mem
            .gather(iovecs, |bufs| Ok(bufs.iter().map(|buf| buf.len()).sum()))?,
    };
    cx.mem.write_u32(nwritten, len)
}

pub(super) fn fd_pread<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nread: u32,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get_mut(fd)?;
    let flags = descriptor.flags;
    let (file, _) = descriptor.file(Rights::FD_READ | Rights::FD_SEEK)?;
    cx.mem.range(nread, 4)?;
    let iovecs = cx.mem.iovecs(iovs, iovs_len)?;
    if offset > MAX_OFFSET {
        return Err(Errno::Inval);
    }
    if flags.contains(Fdflags::RSYNC) {
        settle(host, file, flags)?;
    }
    let mut position = offset;
    let len = cx.mem.scatter(iovecs, true, |bufs| {
        let len = host.file_read_at(file, bufs, position)?;
        position = position.saturating_add(len as u64);
        Ok(len)
    })?;
    cx.mem.write_u32(nread, len)
}

/// Writes at the offset even in append mode, as POSIX has it (Linux does not).
pub(super) fn fd_pwrite<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nwritten: u32,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get_mut(fd)?;
    let flags = descriptor.flags;
    let (file, _) = descriptor.file(Rights::FD_WRITE | Rights::FD_SEEK)?;
    cx.mem.range(nwritten, 4)?;
    let iovecs = cx.mem.iovecs(iovs, iovs_len)?;
    if offset > MAX_OFFSET {
        return Err(Errno::Inval);
    }
    let mut position = offset;
    let len = cx.mem.gather(iovecs, |bufs| {
        let len = host.file_write_at(file, bufs, position)?;
        position = position.saturating_add(len as u64);
        Ok(len)
    })?;
    settle(host, file, flags)?;
    cx.mem.write_u32(nwritten, len)
}

pub(super) fn fd_seek<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    offset: i64,
    whence: Whence,
    newoffset: u32,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get_mut(fd)?;
    let tells = offset == 0 && whence == Whence::Cur && descriptor.base().contains(Rights::FD_TELL);
    let (file, position) = descriptor.file(if tells {
        Rights::FD_TELL
    } else {
        Rights::FD_SEEK
    })?;
    cx.mem.range(newoffset, 8)?;
    let start = match whence {
        Whence::Set => 0,
        Whence::Cur => *position,
        Whence::End => host.file_stat(file)?.size,
    };
    let target = start.checked_add_signed(offset).ok_or(Errno::Inval)?;
    if target > MAX_OFFSET {
        return Err(Errno::Inval);
    }
    *position = target;
    cx.mem.write_u64(newoffset, target)
}

pub(super) fn fd_tell<H: Host>(cx: &mut Cx<'_, H>, fd: u32, offset: u32) -> Result<(), Errno> {
    let descriptor = cx.ctx.table.get_mut(fd)?;
    let seeks = descriptor.base().contains(Rights::FD_SEEK);
    let (_, position) = descriptor.file(if seeks {
        Rights::FD_SEEK
    } else {
        Rights::FD_TELL
    })?;
    cx.mem.write_u64(offset, *position)
}

fn sync<H: Host>(cx: &mut Cx<'_, H>, fd: u32, right: Rights, data_only: bool) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get_mut(fd)?;
    match &mut descriptor.object {
        Object::File { .. } => host.file_sync(descriptor.file(right)?.0, data_only),
        Object::Dir(_) => host.dir_sync(descriptor.dir(right)?),
        Object::Stream(_) | Object::Socket(_) | Object::Null => Err(Errno::Inval),
    }
}

pub(super) fn fd_sync<H: Host>(cx: &mut Cx<'_, H>, fd: u32) -> Result<(), Errno> {
    sync(cx, fd, Rights::FD_SYNC, false)
}

pub(super) fn fd_datasync<H: Host>(cx: &mut Cx<'_, H>, fd: u32) -> Result<(), Errno> {
    sync(cx, fd, Rights::FD_DATASYNC, true)
}

pub(super) fn fd_advise<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    offset: u64,
    len: u64,
    advice: Advice,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let (file, _) = table.get_mut(fd)?.file(Rights::FD_ADVISE)?;
    match offset.checked_add(len) {
        Some(end) if end <= MAX_OFFSET => host.file_advise(file, offset, len, advice),
        _ => Err(Errno::Inval),
    }
}

pub(super) fn fd_allocate<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    offset: u64,
    len: u64,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let (file, _) = table.get_mut(fd)?.file(Rights::FD_ALLOCATE)?;
    if len == 0 {
        return Err(Errno::Inval);
    }
    match offset.checked_add(len) {
        Some(end) if end <= MAX_OFFSET => host.file_allocate(file, offset, len),
        _ => Err(Errno::Fbig),
    }
}
