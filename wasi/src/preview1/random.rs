//! Randomness.

use super::Cx;
use crate::{errno::Errno, host::Host};

pub(super) fn random_get<H: Host>(cx: &mut Cx<'_, H>, buf: u32, buf_len: u32) -> Result<(), Errno> {
    let buf = cx.mem.slice_mut(buf, buf_len)?;
    match &mut cx.ctx.random {
        Some(random) => {
            random.fill(buf);
            Ok(())
        }
        None => cx.ctx.host.random_fill(buf),
    }
}
