//! Sockets. Everything but the host's part is here; a host without sockets answers `notsup`.

use super::Cx;
use crate::{
    ctx::WasiCtx,
    errno::Errno,
    host::Host,
    table::{Descriptor, Object},
    types::{Fdflags, Riflags, Rights, Roflags, Sdflags},
};

pub(super) fn sock_accept<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    flags: Fdflags,
    connection: u32,
) -> Result<(), Errno> {
    cx.mem.range(connection, 4)?;
    if !Fdflags::NONBLOCK.contains(flags) {
        return Err(Errno::Inval);
    }
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    table.check_room()?;
    let listener = table.get_mut(fd)?;
    let nonblocking = listener.flags.contains(Fdflags::NONBLOCK);
    let socket = host.sock_accept(listener.socket(Rights::SOCK_ACCEPT)?, nonblocking)?;
    let rights = listener.inheriting() - Rights::SOCK_ACCEPT;
    let descriptor = Descriptor::new(Object::Socket(socket), rights, Rights::EMPTY, flags);
    match table.insert(descriptor) {
        Ok(fd) => cx.mem.write_u32(connection, fd),
        Err((errno, descriptor)) => descriptor.close(host).and(Err(errno)),
    }
}

pub(super) fn sock_recv<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    ri_data: u32,
    ri_data_len: u32,
    ri_flags: Riflags,
    ro_datalen: u32,
    ro_flags: u32,
) -> Result<(), Errno> {
    cx.mem.range(ro_datalen, 4)?;
    cx.mem.range(ro_flags, 2)?;
    let iovecs = cx.mem.iovecs(ri_data, ri_data_len)?;
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get_mut(fd)?;
    let nonblocking = descriptor.flags.contains(Fdflags::NONBLOCK);
    let socket = descriptor.socket(Rights::FD_READ)?;
    let mut flags = Roflags::EMPTY;
    let all = ri_flags.contains(Riflags::RECV_WAITALL) && !ri_flags.contains(Riflags::RECV_PEEK);
    let len = cx.mem.scatter(iovecs, all, |bufs| {
        let (len, more) = host.sock_recv(socket, bufs, ri_flags, nonblocking)?;
        flags = flags | more;
        Ok(len)
    })?;
    cx.mem.write_u32(ro_datalen, len)?;
    cx.mem.write(ro_flags, &flags.bits().to_le_bytes())
}

pub(super) fn sock_send<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    si_data: u32,
    si_data_len: u32,
    si_flags: u32,
    so_datalen: u32,
) -> Result<(), Errno> {
    cx.mem.range(so_datalen, 4)?;
    if si_flags != 0 {
        return Err(Errno::Inval);
    }
    let iovecs = cx.mem.iovecs(si_data, si_data_len)?;
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    let descriptor = table.get_mut(fd)?;
    let nonblocking = descriptor.flags.contains(Fdflags::NONBLOCK);
    let socket = descriptor.socket(Rights::FD_WRITE)?;
    let len = cx
        .mem
        .gather(iovecs, |bufs| host.sock_send(socket, bufs, nonblocking))?;
    cx.mem.write_u32(so_datalen, len)
}

pub(super) fn sock_shutdown<H: Host>(
    cx: &mut Cx<'_, H>,
    fd: u32,
    how: Sdflags,
) -> Result<(), Errno> {
    let socket = cx.ctx.table.get_mut(fd)?.socket(Rights::SOCK_SHUTDOWN)?;
    if how.is_empty() {
        return Err(Errno::Inval);
    }
    cx.ctx.host.sock_shutdown(socket, how)
}
