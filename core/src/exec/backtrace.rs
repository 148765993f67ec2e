//! The WebAssembly frames of a stopped run.

use alloc::{string::String, vec::Vec};

use hashbrown::HashMap;

use super::{
    cx::Cx,
    handlers::call::{HALT, read_header, restore_ip},
    stack::Switch,
};
use crate::{
    translate::{header_slot, offset_at, offset_map},
    trap::{FrameInfo, Trap},
};

/// Frames from the innermost out. `at_instruction`: ip is at the instruction that stopped, otherwise behind it.
pub(crate) fn backtrace(cx: &Cx, at_instruction: bool) -> Vec<FrameInfo> {
    let mut frames = Vec::new();
    let mut maps = HashMap::new();
    let mut switches = cx.stack.switches.iter().rev();
    let (mut ip, mut instance, mut sp) = (cx.ip, cx.instance, cx.sp.cast_const());
    let mut exact = at_instruction;
    while frames.len() < Trap::MAX_FRAMES && ip != HALT.as_ptr().cast() {
        if ip == restore_ip() {
            let Some(&Switch {
                ip: caller,
                instance: outer,
            }) = switches.next()
            else {
                break;
            };
            (ip, instance) = (caller, outer);
            continue;
        }
        // SAFETY: instances live as long as their store; the run is stopped.
        let module = unsafe { instance.as_ref() }.module.inner();
        let at = if exact { ip } else { ip.wrapping_sub(1) };
        let Some((defined, code)) = module.code.find(at) else {
            break;
        };
        let func_index = module.imported_funcs + defined;
        // The same function often has many frames: its offsets are worked out once.
        let map = maps
            .entry((instance, defined))
            .or_insert_with(|| offset_map(module, defined));
        frames.push(FrameInfo {
            module: module.name().map(String::from),
            func_index,
            func_name: module.func_name(func_index).map(String::from),
            offset: offset_at(map, code).unwrap_or(module.bodies[defined as usize].start),
        });
        exact = false;
        let header = header_slot(module.type_of_func(func_index)) as usize;
        // SAFETY: the frame at sp is that of this function, whose header was written on entry.
        let (ret, distance) = unsafe { read_header(sp.add(header)) };
        ip = ret;
        sp = sp.wrapping_byte_sub(distance as usize);
    }
    frames
}
