//! Clocks.

use super::Cx;
use crate::{errno::Errno, host::Host, types::Clockid};

pub(super) fn clock_res_get<H: Host>(
    cx: &mut Cx<'_, H>,
    id: Clockid,
    resolution: u32,
) -> Result<(), Errno> {
    cx.mem.range(resolution, 8)?;
    let value = match &cx.ctx.clock {
        Some(clock) => clock.step.max(1),
        None => cx.ctx.host.clock_resolution(id)?,
    };
    cx.mem.write_u64(resolution, value)
}

pub(super) fn clock_time_get<H: Host>(
    cx: &mut Cx<'_, H>,
    id: Clockid,
    _precision: u64,
    time: u32,
) -> Result<(), Errno> {
    cx.mem.range(time, 8)?;
    let now = cx.ctx.now(id)?;
    cx.mem.write_u64(time, now)
}
