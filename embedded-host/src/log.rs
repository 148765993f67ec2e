//! Logs over defmt: the texts stay on the desktop, the chip sends numbers.

use wasmote::Error;
use wasmote_wasi::{Errno, Kind, Outcome, TraceCall, WasiTrace};

/// Longest path that is logged.
const SHOWN: usize = 64;

/// Logs every call of WASI at the level `trace`: its name, its arguments as numbers, the first path if it has one,
/// and what became of it.
///
/// To be given to [`wasmote_wasi::WasiCtxBuilder::trace`].
#[derive(Clone, Copy, Debug, Default)]
pub struct DefmtTrace;

impl WasiTrace for DefmtTrace {
    fn call(&mut self, call: &TraceCall<'_>) {
        let (name, args) = (call.function.name(), call.args);
        let path = path(call).unwrap_or_default();
        match call.outcome {
            Outcome::Errno(errno) => defmt::trace!(
                "{=str}{=[?]} {=[u8]:a} = {=str}",
                name,
                args,
                path,
                Errno::name(errno)
            ),
            Outcome::Exit(code) => defmt::trace!("{=str} exits with {=u32}", name, code),
        }
    }
}

/// The first path of a call.
fn path<'a>(call: &TraceCall<'a>) -> Option<&'a [u8]> {
    let params = call.function.params();
    let index = params.iter().position(|param| param.kind == Kind::Str)?;
    let start = usize::try_from(*call.args.get(index)?).ok()?;
    let len = usize::try_from(*call.args.get(index + 1)?).ok()?;
    let end = start.checked_add(len.min(SHOWN))?;
    call.memory.get(start..end)
}

/// Logs why a program stopped: a trap with its backtrace, innermost frame first, or another error, at the level
/// `error`; an exit at the level `info`.
pub fn log_error(error: &Error) {
    if let Some(code) = error.i32_exit_status() {
        defmt::info!("exit with {=i32}", code);
        return;
    }
    let Some(trap) = error.trap() else {
        defmt::error!("{}", defmt::Display2Format(error));
        return;
    };
    match trap.memory {
        Some((address, size)) => defmt::error!(
            "trap: {=str}, at {=u64:#x} in a memory of {=u64:#x}",
            trap.code.message(),
            address,
            size
        ),
        None => defmt::error!("trap: {=str}", trap.code.message()),
    }
    for frame in &trap.frames {
        match &frame.func_name {
            Some(name) => defmt::error!("  {=u32:#x} {=str}", frame.offset, name.as_str()),
            None => defmt::error!(
                "  {=u32:#x} function {=u32}",
                frame.offset,
                frame.func_index
            ),
        }
    }
}
