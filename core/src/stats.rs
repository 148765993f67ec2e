//! Which ops run, and which follow each other: what fusions are chosen by (feature `stats`).
//!
//! Build with `WASMOTE_DISPATCH=loop`: only the portable loop counts. Every executed instruction is
//! counted by its address; the report names ops by translating again.

use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use core::cell::RefCell;
use std::{collections::HashMap, thread_local};

use crate::{
    bytecode::{Encoding, Native, disassemble},
    module::Module,
    translate::{Instruction, recorded},
};

thread_local! {
    static COUNTS: RefCell<HashMap<usize, u64>> = RefCell::default();
}

#[cfg_attr(tail_calls, allow(dead_code))]
/// Counts one execution of the instruction at `ip`.
pub(crate) fn count(ip: *const u8) {
    COUNTS.with_borrow_mut(|counts| *counts.entry(ip as usize).or_default() += 1);
}

/// Forgets what was counted: code of other modules may have been where the next one's will be.
pub fn reset() {
    COUNTS.with_borrow_mut(HashMap::clear);
}

/// Runs of `length` adjacent instructions that this thread executed, with how often, most often first.
/// Slots and constants are not told apart, places are.
pub fn sequences(module: &Module, length: usize) -> Vec<(String, u64)> {
    let mut sums = BTreeMap::<String, u64>::new();
    let inner = module.inner();
    COUNTS.with_borrow(|counts| {
        for defined in 0..inner.bodies.len() as u32 {
            let entry = inner.code.entry(defined);
            if entry.is_null() {
                continue;
            }
            let executed: Vec<(String, u64)> = recorded(inner, defined, |offset, instruction| {
                let count = counts.get(&(entry as usize + offset as usize));
                (name(instruction), count.copied().unwrap_or(0))
            });
            for run in executed.windows(length) {
                let count = run.iter().map(|(_, count)| *count).min().unwrap_or(0);
                if count > 0 {
                    let names: Vec<&str> = run.iter().map(|(name, _)| name.as_str()).collect();
                    *sums.entry(names.join(" ; ")).or_default() += count;
                }
            }
        }
    });
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|&(_, count)| core::cmp::Reverse(count));
    sums
}

/// An instruction with `s` for every slot and `#` for every constant.
fn name(instruction: &Instruction<'_, Native>) -> String {
    let text = disassemble(instruction, 0, &|_| "s".into());
    let Some((op, _)) = Native::op_of(instruction.opcode()) else {
        return text;
    };
    let fields = text.strip_prefix(op.text()).unwrap_or(&text);
    let (head, fields) = if fields.len() == text.len() {
        text.split_once(' ').unwrap_or((&text, ""))
    } else {
        (op.text(), fields)
    };
    let fields: Vec<&str> = fields
        .split([' ', ','])
        .filter(|field| !field.is_empty() && !field.starts_with(['+', '-', '>']))
        .map(|field| match field.parse::<f64>() {
            Ok(_) => "#",
            Err(_) => field,
        })
        .collect();
    format!("{head} {}", fields.join(","))
}
