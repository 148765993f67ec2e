//! Handler bodies, by subject, and the table that gives every opcode its handler.

pub(crate) mod bulk;
pub(crate) mod call;
pub(crate) mod control;
pub(crate) mod global;
pub(crate) mod memory;
pub(crate) mod numeric;
pub(crate) mod rows;
pub(crate) mod wide;

use super::{
    dispatch::{Handler, handler},
    operand::{Acc, Imm, Pin0, Pin1, Slot, ToAccum, ToBoth, ToPin0, ToPin1, ToSlot, Wide},
};
use crate::bytecode::{
    OPCODES, Op,
    places::{for_float_places, for_int_places, for_places},
    table::for_each_op,
};
use control::{Copy, CopyWide, Select};
use memory::{Load, LoadFar, LoadSum, Store, StoreFar, StoreSum};
use numeric::{Binary, CompareBranch, Unary};

// Arrays of handlers over sets of places: `name!{ (arguments) places… }`.

/// A handler for each place as last argument.
macro_rules! each {
    (($handler:ident, $op:ty) $($place:ident)*) => {
        [$(handler::<$handler<$op, $place>>()),*]
    };
    (($handler:ident, $op:ty, $x:ident) $($place:ident)*) => {
        [$(handler::<$handler<$op, $x, $place>>()),*]
    };
    (($handler:ident, $op:ty, $x:ident, $y:ident) $($place:ident)*) => {
        [$(handler::<$handler<$op, $x, $y, $place>>()),*]
    };
    (($handler:ident, $op:ty, $x:ident, $y:ident, $z:ident) $($place:ident)*) => {
        [$(handler::<$handler<$op, $x, $y, $z, $place>>()),*]
    };
}
/// For each place, a handler for each of another set as last argument.
macro_rules! each_then {
    (($last:tt $ty:ident, $handler:ident, $op:ty) $($x:ident)*) => {
        [$(for_places!($last $ty, each! { ($handler, $op, $x) })),*]
    };
    (($last:tt $ty:ident, $handler:ident, $op:ty, $x:ident, $y:ident) $($z:ident)*) => {
        [$(for_places!($last $ty, each! { ($handler, $op, $x, $y, $z) })),*]
    };
}
/// The same for pairs of places.
macro_rules! pairs_then {
    (($last:tt $ty:ident, $handler:ident, $op:ty) $(($x:ident, $y:ident))*) => {
        [$(for_places!($last $ty, each! { ($handler, $op, $x, $y) })),*]
    };
}
macro_rules! branches {
    (($op:ty, $taken_if:literal) $(($x:ident, $y:ident))*) => {
        [$(handler::<CompareBranch<$op, $x, $y, $taken_if>>()),*]
    };
}
/// Selects by condition, then by both choices and the destination.
macro_rules! selects {
    (($ty:ident) $($condition:ident)*) => {
        [$(for_places!(choices $ty, select_choices! { ($ty $condition) })),*]
    };
}
macro_rules! select_choices {
    (($ty:ident $condition:ident) $($x:ident)*) => {
        [$(for_places!(choices $ty, each_then! { (dests $ty, Select, $ty, $condition, $x) })),*]
    };
}

// The forms of each shape, appended to a table: they follow `bytecode::Shape`.

macro_rules! binary {
    ($table:ident, $at:ident, $op:ty, $operand:ident, $result:ident, $swap:tt) => {
        append(&mut $table, &mut $at, for_places!((pairs $swap) $operand, pairs_then! { (dests $result, Binary, $op) }).as_flattened());
    };
}
macro_rules! branch {
    ($table:ident, $at:ident, $op:ty, $operand:ident, [$($not:ident)?]) => {
        append(&mut $table, &mut $at, &for_places!(branches $operand, branches! { ($op, true) }));
        branch!(@not $table, $at, $op, $operand, [$($not)?]);
    };
    (@not $table:ident, $at:ident, $op:ty, $operand:ident, [$not:ident]) => {};
    (@not $table:ident, $at:ident, $op:ty, $operand:ident, []) => {
        append(&mut $table, &mut $at, &for_places!(branches $operand, branches! { ($op, false) }));
    };
}
macro_rules! load {
    ($table:ident, $at:ident, $op:ty, $result:ident) => {
        append(&mut $table, &mut $at, for_places!(values u32, each_then! { (dests $result, Load, $op) }).as_flattened());
        append(&mut $table, &mut $at, for_places!(sums u32, pairs_then! { (dests $result, LoadSum, $op) }).as_flattened());
        append(&mut $table, &mut $at, &[handler::<LoadFar<$op>>()]);
    };
}
macro_rules! store {
    ($table:ident, $at:ident, $op:ty, $value:ident) => {
        append(&mut $table, &mut $at, for_places!(values u32, each_then! { (values $value, Store, $op) }).as_flattened());
        append(&mut $table, &mut $at, for_places!(sums u32, pairs_then! { (values $value, StoreSum, $op) }).as_flattened());
        append(&mut $table, &mut $at, &[handler::<StoreFar<$op>>()]);
    };
}
/// Copies to each of the destinations, from all that `bytecode::COPIES` lists.
macro_rules! copies {
    ($table:ident, $at:ident, $($to:ident)*) => {$(
        append(&mut $table, &mut $at, &[
            handler::<Copy<$to, Slot, u64>>(),
            handler::<Copy<$to, Acc, u64>>(),
            handler::<Copy<$to, Acc, f32>>(),
            handler::<Copy<$to, Acc, f64>>(),
            handler::<Copy<$to, Imm, u64>>(),
            handler::<CopyWide<$to>>(),
            #[cfg(feature = "dispatch-full")]
            handler::<Copy<$to, Pin0, u64>>(),
            #[cfg(feature = "dispatch-full")]
            handler::<Copy<$to, Pin1, u64>>(),
        ]);
    )*};
}

/// Appends `from` to `table` at `*at`.
const fn append(table: &mut [Handler; OPCODES], at: &mut usize, from: &[Handler]) {
    let mut i = 0;
    while i < from.len() {
        table[*at] = from[i];
        *at += 1;
        i += 1;
    }
}

macro_rules! define_handlers {
    (
        binary { $($bin:ident $bin_text:literal ($bin_in:ident) -> $bin_out:ident [$(swap $bin_swap:ident)?]: |$ba:ident, $bb:ident| $be:expr;)* }
        compare { $($cmp:ident $cmp_text:literal ($cmp_in:ident) [swap $cmp_swap:ident] [$(not $cmp_not:ident)?]: |$ca:ident, $cb:ident| $ce:expr;)* }
        fused_compare { $($fus:ident $fus_text:literal ($fus_in:ident) [swap $fus_swap:ident] [$(not $fus_not:ident)?]: |$fa:ident, $fb:ident| $fe:expr;)* }
        unary { $($un:ident $un_text:literal ($un_in:ident) -> $un_out:ident: |$ua:ident| $ue:expr;)* }
        load { $($ld:ident $ld_text:literal $ld_mem:ident => $ld_out:ident;)* }
        store { $($st:ident $st_text:literal $st_in:ident => $st_mem:ident;)* }
        select { $($sel:ident $sel_text:literal;)* }
        copy { $($cp:ident $cp_text:literal;)* }
        plain { $($(#[$doc:meta])* $op:ident $text:literal { $([$($field:expr),*] $handler:ty;)* })* }
    ) => {
        /// The handler of every opcode, in the order of the op table.
        pub(crate) static HANDLERS: [Handler; OPCODES] = {
            let mut table = [handler::<control::Unreachable>(); OPCODES];
            let mut at = 0;
            $(binary!(table, at, rows::$bin, $bin_in, $bin_out, [$($bin_swap)?]);)*
            $(
                binary!(table, at, rows::$cmp, $cmp_in, u32, [$cmp_swap]);
                branch!(table, at, rows::$cmp, $cmp_in, [$($cmp_not)?]);
            )*
            $(
                binary!(table, at, rows::$fus, $fus_in, u32, [$fus_swap]);
                branch!(table, at, rows::$fus, $fus_in, [$($fus_not)?]);
            )*
            $(append(&mut table, &mut at, for_places!(sources $un_in, each_then! { (dests $un_out, Unary, rows::$un) }).as_flattened());)*
            $(load!(table, at, rows::$ld, $ld_out);)*
            $(store!(table, at, rows::$st, $st_in);)*
            $({
                let _ = Op::$sel;
                append(&mut table, &mut at, for_places!(sources u32, selects! { (u64) }).as_flattened().as_flattened().as_flattened());
                append(&mut table, &mut at, for_places!(sources u32, selects! { (f32) }).as_flattened().as_flattened().as_flattened());
                append(&mut table, &mut at, for_places!(sources u32, selects! { (f64) }).as_flattened().as_flattened().as_flattened());
            })*
            $({
                let _ = Op::$cp;
                copies!(table, at, ToSlot);
                #[cfg(feature = "dispatch-full")]
                copies!(table, at, ToPin0 ToPin1);
            })*
            $(append(&mut table, &mut at, &[$(handler::<$handler>()),*]);)*
            assert!(at == OPCODES);
            table
        };
    };
}
for_each_op!(define_handlers);
