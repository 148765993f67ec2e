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
    operand::{Accum, Imm, Slot, ToAccum, ToBoth, ToSlot, WideImm},
};
use crate::bytecode::{OPCODES, table::for_each_op};
use numeric::{Binary, CompareBranch, Unary};

/// The three destination forms of a handler.
macro_rules! destinations {
    ($($handler:ident)::+ < $($arg:ty),* >) => {
        [handler::<$($handler)::+<$($arg,)* ToAccum>>(), handler::<$($handler)::+<$($arg,)* ToBoth>>(), handler::<$($handler)::+<$($arg,)* ToSlot>>()]
    };
}

/// In the order of `bytecode::PAIRS`.
const fn binary<O: rows::BinaryOp>() -> [[Handler; 3]; 7] {
    [
        destinations!(Binary<O, Slot, Slot>),
        destinations!(Binary<O, Slot, Accum>),
        destinations!(Binary<O, Slot, Imm>),
        destinations!(Binary<O, Accum, Slot>),
        destinations!(Binary<O, Accum, Imm>),
        destinations!(Binary<O, Imm, Slot>),
        destinations!(Binary<O, Imm, Accum>),
    ]
}

macro_rules! branches {
    ($op:ty, $taken_if:literal) => {
        [
            handler::<CompareBranch<$op, Slot, Slot, $taken_if>>(),
            handler::<CompareBranch<$op, Slot, Accum, $taken_if>>(),
            handler::<CompareBranch<$op, Slot, Imm, $taken_if>>(),
            handler::<CompareBranch<$op, Accum, Slot, $taken_if>>(),
            handler::<CompareBranch<$op, Accum, Imm, $taken_if>>(),
        ]
    };
}

/// Taken if true, then taken if false.
const fn branch<O: rows::CompareOp>() -> [[Handler; 5]; 2] {
    [branches!(O, true), branches!(O, false)]
}

const fn unary<O: rows::UnaryOp>() -> [[Handler; 3]; 2] {
    [
        destinations!(Unary<O, Slot>),
        destinations!(Unary<O, Accum>),
    ]
}

const fn load<O: rows::LoadOp>() -> [[Handler; 3]; 3] {
    [
        destinations!(memory::Load<O, Slot>),
        destinations!(memory::Load<O, Accum>),
        destinations!(memory::Load<O, Imm>),
    ]
}

/// In the order of `bytecode::SUMS`.
const fn load_sum<O: rows::LoadOp>() -> [[Handler; 3]; 6] {
    [
        destinations!(memory::LoadSum<O, Slot, Slot>),
        destinations!(memory::LoadSum<O, Accum, Slot>),
        destinations!(memory::LoadSum<O, Slot, Imm>),
        destinations!(memory::LoadSum<O, Accum, Imm>),
        destinations!(memory::LoadSum<O, Slot, WideImm>),
        destinations!(memory::LoadSum<O, Accum, WideImm>),
    ]
}

/// The three forms of a store by its value.
macro_rules! stores {
    ($($handler:ident)::+ < $($arg:ty),* >) => {
        [handler::<$($handler)::+<$($arg,)* Slot>>(), handler::<$($handler)::+<$($arg,)* Accum>>(), handler::<$($handler)::+<$($arg,)* Imm>>()]
    };
}

const fn store<O: rows::StoreOp>() -> [[Handler; 3]; 3] {
    [
        stores!(memory::Store<O, Slot>),
        stores!(memory::Store<O, Accum>),
        stores!(memory::Store<O, Imm>),
    ]
}

/// In the order of `bytecode::SUMS`.
const fn store_sum<O: rows::StoreOp>() -> [[Handler; 3]; 6] {
    [
        stores!(memory::StoreSum<O, Slot, Slot>),
        stores!(memory::StoreSum<O, Accum, Slot>),
        stores!(memory::StoreSum<O, Slot, Imm>),
        stores!(memory::StoreSum<O, Accum, Imm>),
        stores!(memory::StoreSum<O, Slot, WideImm>),
        stores!(memory::StoreSum<O, Accum, WideImm>),
    ]
}

macro_rules! selects {
    ($ty:ty, $condition:ty) => {
        [
            destinations!(control::Select<$ty, $condition, Slot, Slot>),
            destinations!(control::Select<$ty, $condition, Slot, Imm>),
            destinations!(control::Select<$ty, $condition, Imm, Slot>),
            destinations!(control::Select<$ty, $condition, Imm, Imm>),
        ]
    };
}

const fn select<V: super::value::Value>() -> [[[Handler; 3]; 4]; 2] {
    [selects!(V, Slot), selects!(V, Accum)]
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
        binary { $($bin:ident $bin_text:literal ($bin_in:ty) -> $bin_out:ty [$(swap $bin_swap:ident)?]: |$ba:ident, $bb:ident| $be:expr;)* }
        compare { $($cmp:ident $cmp_text:literal ($cmp_in:ty) [swap $cmp_swap:ident] [$(not $cmp_not:ident)?]: |$ca:ident, $cb:ident| $ce:expr;)* }
        fused_compare { $($fus:ident $fus_text:literal ($fus_in:ty) [swap $fus_swap:ident] [$(not $fus_not:ident)?]: |$fa:ident, $fb:ident| $fe:expr;)* }
        unary { $($un:ident $un_text:literal ($un_in:ty) -> $un_out:ty: |$ua:ident| $ue:expr;)* }
        load { $($ld:ident $ld_text:literal $ld_mem:ty => $ld_out:ty;)* }
        store { $($st:ident $st_text:literal $st_in:ty => $st_mem:ty;)* }
        select { $($sel:ident $sel_text:literal $($sel_ty:ty),*;)* }
        plain { $($(#[$doc:meta])* $op:ident $text:literal { $([$($field:expr),*] $handler:ty;)* })* }
    ) => {
        /// The handler of every opcode, in the order of the op table.
        pub(crate) static HANDLERS: [Handler; OPCODES] = {
            let mut table = [handler::<control::Unreachable>(); OPCODES];
            let mut at = 0;
            $(append(&mut table, &mut at, binary::<rows::$bin>().as_flattened());)*
            $(
                append(&mut table, &mut at, binary::<rows::$cmp>().as_flattened());
                append(&mut table, &mut at, branch::<rows::$cmp>().as_flattened());
            )*
            $(
                append(&mut table, &mut at, binary::<rows::$fus>().as_flattened());
                append(&mut table, &mut at, branch::<rows::$fus>().as_flattened());
            )*
            $(append(&mut table, &mut at, unary::<rows::$un>().as_flattened());)*
            $(
                append(&mut table, &mut at, load::<rows::$ld>().as_flattened());
                append(&mut table, &mut at, &[handler::<memory::LoadFar<rows::$ld>>()]);
                append(&mut table, &mut at, load_sum::<rows::$ld>().as_flattened());
            )*
            $(
                append(&mut table, &mut at, store::<rows::$st>().as_flattened());
                append(&mut table, &mut at, &[handler::<memory::StoreFar<rows::$st>>()]);
                append(&mut table, &mut at, store_sum::<rows::$st>().as_flattened());
            )*
            $($(append(&mut table, &mut at, select::<$sel_ty>().as_flattened().as_flattened());)*)*
            $(append(&mut table, &mut at, &[$(handler::<$handler>()),*]);)*
            assert!(at == OPCODES);
            table
        };
    };
}
for_each_op!(define_handlers);
