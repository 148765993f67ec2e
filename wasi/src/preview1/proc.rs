//! The process. `proc_exit` has no code here: it ends the run in [`super::invoke`].

use super::Cx;
use crate::{errno::Errno, host::Host};

/// The highest signal, `sys`.
const LAST_SIGNAL: u32 = 30;
/// Signals that a program does not notice unless it asks for them: `none`, `chld`, `cont`, `urg`, `winch`.
const IGNORED: [u32; 5] = [0, 16, 17, 22, 27];
/// Signals that stop a program until another continues it: `stop`, `tstp`, `ttin`, `ttou`.
const STOPPING: [u32; 4] = [18, 19, 20, 21];

/// Does what POSIX does with a signal that nobody handles, since a program cannot say that it handles one: it
/// is ignored, or ends the program with the status that shells show, 128 and the signal's number. Nobody could
/// continue a program that is stopped: `notsup`.
pub(super) fn proc_raise<H: Host>(cx: &mut Cx<'_, H>, sig: u32) -> Result<(), Errno> {
    match sig {
        _ if sig > LAST_SIGNAL => Err(Errno::Inval),
        _ if IGNORED.contains(&sig) => Ok(()),
        _ if STOPPING.contains(&sig) => Err(Errno::NotSup),
        _ => {
            cx.exit = Some(128 + sig);
            Ok(())
        }
    }
}

pub(super) fn sched_yield<H: Host>(cx: &mut Cx<'_, H>) -> Result<(), Errno> {
    cx.ctx.host.yield_now();
    Ok(())
}
