//! The WebAssembly frames of a stopped run, for people.

use alloc::{string::String, vec::Vec};

use super::{cx::Cx, frames::Frames};
use crate::{
    map::Map,
    module::offset_at,
    trap::{FrameInfo, Trap},
};

/// Frames from the innermost out. `at_instruction`: ip is at the instruction that stopped, otherwise behind it.
pub(crate) fn backtrace(cx: &Cx, at_instruction: bool) -> Vec<FrameInfo> {
    let mut infos = Vec::new();
    if cfg!(not(feature = "backtrace")) {
        return infos;
    }
    // The same function often has many frames: its offsets are worked out once.
    let mut maps = Map::new();
    let mut frames = Frames::new(cx, at_instruction);
    while infos.len() < Trap::MAX_FRAMES
        && let Some(frame) = frames.next()
    {
        let (module, defined) = (frame.module(), frame.defined);
        let func_index = module.imported_funcs + defined;
        let key = (frame.instance, defined);
        if maps.get(&key).is_none() {
            maps.insert(key, module.code.offset_map(module, defined));
        }
        let map = maps.get(&key).map_or(&[][..], |map| map);
        infos.push(FrameInfo {
            module: module.name().map(String::from),
            func_index,
            func_name: module.func_name(func_index).map(String::from),
            offset: offset_at(map, frame.code).unwrap_or_else(|| module.body_start(defined)),
        });
        frames.leave(None);
    }
    infos
}
