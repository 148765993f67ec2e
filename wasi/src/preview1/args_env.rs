//! Arguments and environment variables.

use super::Cx;
use crate::{ctx::Strings, errno::Errno, guest::GuestMemory, host::Host};

fn sizes(mem: &mut GuestMemory<'_>, strings: &Strings, count: u32, size: u32) -> Result<(), Errno> {
    mem.range(count, 4)?;
    mem.range(size, 4)?;
    let len = u32::try_from(strings.bytes.len()).map_err(|_| Errno::Overflow)?;
    mem.write_u32(count, strings.count)?;
    mem.write_u32(size, len)
}

fn copy(
    mem: &mut GuestMemory<'_>,
    strings: &Strings,
    pointers: u32,
    buf: u32,
) -> Result<(), Errno> {
    mem.check_array(pointers, strings.count, 4)?;
    let len = u32::try_from(strings.bytes.len()).map_err(|_| Errno::Overflow)?;
    mem.range(buf, len)?;
    mem.write(buf, &strings.bytes)?;
    let (mut pointer, mut text) = (pointers, buf);
    for string in strings.bytes.split_inclusive(|&byte| byte == 0) {
        mem.write_u32(pointer, text)?;
        // All of it is inside the memory, so neither addition wraps except at its very end.
        pointer = pointer.wrapping_add(4);
        text = text.wrapping_add(u32::try_from(string.len()).map_err(|_| Errno::Overflow)?);
    }
    Ok(())
}

pub(super) fn args_sizes_get<H: Host>(
    cx: &mut Cx<'_, H>,
    argc: u32,
    argv_buf_size: u32,
) -> Result<(), Errno> {
    sizes(&mut cx.mem, &cx.ctx.args, argc, argv_buf_size)
}

pub(super) fn args_get<H: Host>(cx: &mut Cx<'_, H>, argv: u32, argv_buf: u32) -> Result<(), Errno> {
    copy(&mut cx.mem, &cx.ctx.args, argv, argv_buf)
}

pub(super) fn environ_sizes_get<H: Host>(
    cx: &mut Cx<'_, H>,
    environc: u32,
    environ_buf_size: u32,
) -> Result<(), Errno> {
    sizes(&mut cx.mem, &cx.ctx.env, environc, environ_buf_size)
}

pub(super) fn environ_get<H: Host>(
    cx: &mut Cx<'_, H>,
    environ: u32,
    environ_buf: u32,
) -> Result<(), Errno> {
    copy(&mut cx.mem, &cx.ctx.env, environ, environ_buf)
}
