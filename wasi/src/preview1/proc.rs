//! The process. `proc_exit` has no code here: it ends the run in [`super::invoke`].

use super::Cx;
use crate::{errno::Errno, host::Host};

/// Signals are for the issue that completes WASI.
pub(super) fn proc_raise<H: Host>(_cx: &mut Cx<'_, H>, _sig: u32) -> Result<(), Errno> {
    Err(Errno::NotSup)
}

pub(super) fn sched_yield<H: Host>(cx: &mut Cx<'_, H>) -> Result<(), Errno> {
    cx.ctx.host.yield_now();
    Ok(())
}
