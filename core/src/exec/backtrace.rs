//! The WebAssembly frames of a stopped run, for people.

use alloc::{string::String, vec::Vec};

use hashbrown::HashMap;

use super::{cx::Cx, frames::Frames};
use crate::{
    module::offset_at,
    trap::{FrameInfo, Trap},
};

/// Frames from the innermost out. `at_instruction`: ip is at the instruction that stopped, otherwise behind it.
pub(crate) fn backtrace(cx: &Cx, at_instruction: bool) -> Vec<FrameInfo> {
    let mut infos = Vec::new();
    let mut maps = HashMap::new();
    let mut frames = Frames::new(cx, at_instruction);
    while infos.len() < Trap::MAX_FRAMES
        && let Some(frame) = frames.next()
    {
        let (module, defined) = (frame.module(), frame.defined);
        let func_index = module.imported_funcs + defined;
        // The same function often has many frames: its offsets are worked out once.
        let map = maps
            .entry((frame.instance, defined))
            .or_insert_with(|| module.code.offset_map(module, defined));
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
