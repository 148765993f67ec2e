//! From wasm operators to the translator's methods.
//!
//! The decoder calls one method for each operator, so that no operator is ever a value that is matched again.

use alloc::vec::Vec;

use wasmparser::{FrameKind, FrameStack, Operator, VisitOperator};

#[cfg(feature = "gc")]
use super::refs::Sign;
use super::{
    code::Operands,
    func::{BlockKind, FuncTranslator},
    stack::Loc,
};
use crate::bytecode::{Encoding, Op, Ty, table::for_each_op};

macro_rules! is_reversed {
    () => {
        false
    };
    (Reversed) => {
        true
    };
}

macro_rules! define_operator_map {
    (
        $([$block:ident $first:literal
            binary { $($bin:ident $bin_text:literal ($bin_in:ident) -> $bin_out:ident [$(swap $bin_swap:ident)?]: |$ba:ident, $bb:ident| $be:expr;)* }
            unary { $($un:ident $un_text:literal ($un_in:ident) -> $un_out:ident: |$ua:ident| $ue:expr;)* }
            load { $($ld:ident $ld_text:literal $ld_mem:ident => $ld_out:ident;)* }
            store { $($st:ident $st_text:literal $st_in:ident => $st_mem:ident;)* }
            plain $plain:tt
            shift { $($sh:ident $sh_text:literal: |$sa:ident, $sb:ident| $se:expr;)* }
            ternary { $($te:ident $te_text:literal: |$ta:ident, $tb:ident, $tc:ident| $tx:expr;)* }
            extract { $($ex:ident $ex_text:literal $ex_lane:ident => $ex_out:ident;)* }
            replace { $($re:ident $re_text:literal $re_in:ident => $re_lane:ident;)* }
            atomic_load { $($al:ident $al_text:literal $al_mem:ident => $al_out:ident;)* }
            atomic_store { $($as:ident $as_text:literal $as_in:ident => $as_mem:ident;)* }
            rmw { $($rm:ident $rm_text:literal $rm_in:ident $rm_mem:ident: |$rm_a:ident, $rm_b:ident| $rm_e:expr;)* }
            cmpxchg { $($cx:ident $cx_text:literal $cx_in:ident $cx_mem:ident;)* }
            produce { $($pr:ident $pr_text:literal -> $pr_out:ident [$($pr_field:expr),*] $pr_handler:ident $(<$pr_lane:ident>)?;)* }
            compare { $($cmp:ident $cmp_text:literal ($cmp_in:ident) [swap $cmp_swap:ident] [$(not $cmp_not:ident)?]: |$ca:ident, $cb:ident| $ce:expr;)* }
            fused_compare { $($fus:ident $fus_text:literal ($fus_in:ident) [swap $fus_swap:ident] [$(not $fus_not:ident)?]: |$fa:ident, $fb:ident| $fe:expr;)* }
            select $select:tt
            copy $copy:tt
            global_get $global_get:tt
            chain { $($ch:ident $ch_text:literal $ch_ty:ident: $ch_first:ident ($ch_xy:ident) $ch_second:ident [$($ch_rev:ident)?];)* }
            load_chain { $($lc:ident $lc_text:literal $lc_ty:ident: $lc_load:ident $lc_second:ident [$($lc_rev:ident)?];)* }
            load_branch { $($lb:ident $lb_text:literal $lb_ty:ident: $lb_load:ident $($lb_compare:ident)*;)* }
            load_keep_branch { $($lk:ident $lk_text:literal $lk_ty:ident: $lk_load:ident $($lk_compare:ident)*;)* }
            load_scaled { $($sc:ident $sc_text:literal $sc_ty:ident: $sc_load:ident;)* }
            load_store { $($ls:ident $ls_text:literal: $ls_load:ident $ls_store:ident;)* }
            chain_store { $($cs:ident $cs_text:literal $cs_ty:ident: $cs_first:ident ($cs_xy:ident) $cs_store:ident;)* }
            $($rest:tt)*
        ])*
    ) => {
        /// The row that chains `second` to `first` (a load or a binary op), if there is one. `reversed`:
        /// what `first` computes is the right operand.
        pub(crate) fn chain_of(first: Op, second: Op, reversed: bool) -> Option<Op> {
            match (first, second) {
                $($((Op::$ch_first, Op::$ch_second) if reversed == is_reversed!($($ch_rev)?) => Some(Op::$ch),)*)*
                $($((Op::$lc_load, Op::$lc_second) if reversed == is_reversed!($($lc_rev)?) => Some(Op::$lc),)*)*
                _ => None,
            }
        }

        /// The row that fuses a load with branching comparisons.
        pub(crate) fn load_branch_of(load: Op) -> Option<Op> {
            match load {
                $($(Op::$lb_load => Some(Op::$lb),)*)*
                _ => None,
            }
        }

        /// The row that also keeps what was loaded.
        pub(crate) fn load_keep_branch_of(load: Op) -> Option<Op> {
            match load {
                $($(Op::$lk_load => Some(Op::$lk),)*)*
                _ => None,
            }
        }

        /// The row that loads from a base and a scaled index.
        pub(crate) fn load_scaled_of(load: Op) -> Option<Op> {
            match load {
                $($(Op::$sc_load => Some(Op::$sc),)*)*
                _ => None,
            }
        }

        /// The row that stores what `first` (a load or a binary op) computes.
        pub(crate) fn store_of(first: Op, store: Op) -> Option<Op> {
            match (first, store) {
                $($((Op::$cs_first, Op::$cs_store) => Some(Op::$cs),)*)*
                $($((Op::$ls_load, Op::$ls_store) => Some(Op::$ls),)*)*
                _ => None,
            }
        }

        /// What computes each operator of wasm: a row of the table, unless `none` has its name.
        #[allow(non_upper_case_globals)]
        mod rows {
            use super::Row;
            pub(super) use super::none::*;
            use crate::bytecode::Op;

            $($(pub(super) const $bin: Option<Row> = Some(Row::Numeric(Op::$bin));)*)*
            $($(pub(super) const $cmp: Option<Row> = Some(Row::Numeric(Op::$cmp));)*)*
            $($(pub(super) const $un: Option<Row> = Some(Row::Numeric(Op::$un));)*)*
            $($(pub(super) const $ld: Option<Row> = Some(Row::Load(Op::$ld));)*)*
            $($(pub(super) const $st: Option<Row> = Some(Row::Store(Op::$st));)*)*
            $($(pub(super) const $sh: Option<Row> = Some(Row::Shift(Op::$sh));)*)*
            $($(pub(super) const $te: Option<Row> = Some(Row::Ternary(Op::$te));)*)*
            $($(pub(super) const $ex: Option<Row> = Some(Row::Extract(Op::$ex));)*)*
            $($(pub(super) const $re: Option<Row> = Some(Row::Replace(Op::$re));)*)*
            $($(pub(super) const $al: Option<Row> = Some(Row::Atomic(Op::$al));)*)*
            $($(pub(super) const $as: Option<Row> = Some(Row::Atomic(Op::$as));)*)*
            $($(pub(super) const $rm: Option<Row> = Some(Row::Atomic(Op::$rm));)*)*
            $($(pub(super) const $cx: Option<Row> = Some(Row::Atomic(Op::$cx));)*)*
        }

        /// The row that computes this operator.
        pub(crate) fn row_of(operator: &Operator<'_>) -> Option<Op> {
            Some(match operator {
                $($(Operator::$bin => Op::$bin,)*)*
                $($(Operator::$cmp => Op::$cmp,)*)*
                $($(Operator::$un => Op::$un,)*)*
                $($(Operator::$ld { .. } => Op::$ld,)*)*
                $($(Operator::$st { .. } => Op::$st,)*)*
                $($(Operator::$sh => Op::$sh,)*)*
                $($(Operator::$te => Op::$te,)*)*
                $($(Operator::$ex { .. } => Op::$ex,)*)*
                $($(Operator::$re { .. } => Op::$re,)*)*
                $($(Operator::$al { .. } => Op::$al,)*)*
                $($(Operator::$as { .. } => Op::$as,)*)*
                $($(Operator::$rm { .. } => Op::$rm,)*)*
                $($(Operator::$cx { .. } => Op::$cx,)*)*
                _ => return None,
            })
        }
    };
}
for_each_op!(define_operator_map);

/// Why an operator was not translated.
pub(crate) enum Refused {
    Unsupported,
    Malformed(wasmparser::BinaryReaderError),
}

impl From<crate::error::Error> for Refused {
    fn from(_: crate::error::Error) -> Self {
        Refused::Unsupported
    }
}

impl From<wasmparser::BinaryReaderError> for Refused {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Refused::Malformed(error)
    }
}

/// An operator that is a row of the table.
#[derive(Clone, Copy)]
enum Row {
    Numeric(Op),
    Load(Op),
    Store(Op),
    Shift(Op),
    Ternary(Op),
    Extract(Op),
    Replace(Op),
    Atomic(Op),
}

macro_rules! define_none {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// Every operator, as none of the table's.
        #[allow(non_upper_case_globals, dead_code)]
        mod none {
            $(pub(super) const $op: Option<super::Row> = None;)*
        }
    };
}
wasmparser::for_each_operator!(define_none);

/// For what a build leaves out.
#[cfg(not(feature = "wasm3"))]
fn refuse() -> Result<(), Refused> {
    Err(Refused::Unsupported)
}

/// What only some builds translate.
macro_rules! with_feature {
    ($feature:literal, $($translate:tt)*) => {{
        #[cfg(feature = $feature)]
        {
            $($translate)*
        }
        #[cfg(not(feature = $feature))]
        refuse()?
    }};
}

/// What each operator is translated to.
macro_rules! translate {
    // What nests goes on in unreachable code. (Free, as `drop` is: operators that take no time of their own.)
    ($t:tt Block $ty:ident) => { $t.nest(|t| t.block($ty)) };
    ($t:tt Loop $ty:ident) => { $t.nest(|t| t.begin_loop($ty)) };
    ($t:tt If $ty:ident) => {
        $t.nest(|t| {
            t.charge(1);
            t.begin_if($ty)
        })
    };
    ($t:tt Else) => {
        if $t.dead.is_none_or(|depth| depth == 0) {
            $t.begin_else()
        }
    };
    ($t:tt End) => {
        if !$t.unnest() {
            $t.end()
        }
    };
    ($t:tt TryTable $table:ident) => {
        with_feature!("exceptions", $t.nest(|t| t.try_table(&$table)))
    };
    ($t:tt Try $ty:ident) => {
        with_feature!("exceptions", {
            $t.nest(|t| t.legacy_try($ty));
            $t.note_dead_try();
        })
    };
    ($t:tt Catch $tag:ident) => {
        with_feature!("exceptions", if $t.dead.is_none_or(|depth| depth == 0) {
            $t.legacy_catch(Some($tag))
        })
    };
    ($t:tt CatchAll) => {
        with_feature!("exceptions", if $t.dead.is_none_or(|depth| depth == 0) {
            $t.legacy_catch(None)
        })
    };
    ($t:tt Delegate $depth:ident) => {
        with_feature!("exceptions", if !$t.unnest() {
            $t.delegate($depth)
        })
    };
    ($t:tt Nop) => {};
    ($t:tt Drop) => {
        if $t.dead.is_none() {
            $t.stack.pop();
        }
    };
    ($t:tt $($operator:tt)*) => {
        if $t.dead.is_none() {
            $t.charge(1);
            translate_live!($t $($operator)*)
        }
    };
}

/// The same of those that charge fuel, in reachable code.
macro_rules! translate_live {
    ($t:tt Br $depth:ident) => { $t.br($depth) };
    ($t:tt BrIf $depth:ident) => { $t.br_if($depth) };
    ($t:tt BrTable $targets:ident) => { $t.br_table(&$targets)? };
    ($t:tt Return) => { $t.return_() };
    ($t:tt Unreachable) => {{
        $t.code.emit(Op::Unreachable.base::<E>(), Operands::default(), 8);
        $t.unreachable();
    }};
    ($t:tt Call $func:ident) => { $t.call($func) };
    ($t:tt CallIndirect $ty:ident $table:ident) => { $t.call_indirect($ty, $table) };
    ($t:tt ReturnCall $func:ident) => { $t.return_call($func) };
    ($t:tt ReturnCallIndirect $ty:ident $table:ident) => { $t.return_call_indirect($ty, $table) };

    ($t:tt I32Const $value:ident) => { $t.stack.push(Ty::I32, Loc::Imm($value as u32 as u64)) };
    ($t:tt I64Const $value:ident) => { $t.stack.push(Ty::I64, Loc::Imm($value as u64)) };
    ($t:tt F32Const $value:ident) => { $t.stack.push(Ty::F32, Loc::Imm($value.bits() as u64)) };
    ($t:tt F64Const $value:ident) => { $t.stack.push(Ty::F64, Loc::Imm($value.bits())) };
    ($t:tt LocalGet $local:ident) => { $t.push_local($local) };
    ($t:tt LocalSet $local:ident) => { $t.set_local($local) };
    ($t:tt LocalTee $local:ident) => { $t.tee_local($local) };
    ($t:tt GlobalGet $global:ident) => { $t.global_get($global) };
    ($t:tt GlobalSet $global:ident) => { $t.global_set($global) };
    ($t:tt I32Eqz) => { $t.eqz(Op::I32Eq, Ty::I32) };
    ($t:tt I64Eqz) => { $t.eqz(Op::I64Eq, Ty::I64) };
    ($t:tt Select) => { $t.select() };
    ($t:tt TypedSelect $ty:ident) => { $t.select() };

    ($t:tt Throw $tag:ident) => { with_feature!("exceptions", $t.throw($tag)) };
    ($t:tt ThrowRef) => { with_feature!("exceptions", $t.throw_ref()) };
    ($t:tt Rethrow $depth:ident) => { with_feature!("exceptions", $t.rethrow($depth)) };
    ($t:tt CallRef $ty:ident) => { with_feature!("gc", $t.call_ref($ty)) };
    ($t:tt ReturnCallRef $ty:ident) => { with_feature!("gc", $t.return_call_ref($ty)) };
    ($t:tt BrOnNull $depth:ident) => { with_feature!("gc", $t.br_on_null($depth)) };
    ($t:tt BrOnNonNull $depth:ident) => { with_feature!("gc", $t.br_on_non_null($depth)) };
    ($t:tt BrOnCast $depth:ident $from:ident $to:ident) => { with_feature!("gc", $t.br_on_cast($depth, $to, false)?) };
    ($t:tt BrOnCastFail $depth:ident $from:ident $to:ident) => { with_feature!("gc", $t.br_on_cast($depth, $to, true)?) };
    ($t:tt RefTestNonNull $ty:ident) => { with_feature!("gc", $t.ref_test($ty, false)?) };
    ($t:tt RefTestNullable $ty:ident) => { with_feature!("gc", $t.ref_test($ty, true)?) };
    ($t:tt RefCastNonNull $ty:ident) => { with_feature!("gc", $t.ref_cast($ty, false)?) };
    ($t:tt RefCastNullable $ty:ident) => { with_feature!("gc", $t.ref_cast($ty, true)?) };
    // References of both hierarchies look alike.
    ($t:tt AnyConvertExtern) => { () };
    ($t:tt ExternConvertAny) => { () };
    ($t:tt RefEq) => { $t.numeric(Op::I64Eq) };
    ($t:tt StructNew $ty:ident) => { with_feature!("gc", $t.struct_new($ty, false, false)) };
    ($t:tt StructNewDefault $ty:ident) => { with_feature!("gc", $t.struct_new($ty, true, false)) };
    ($t:tt StructNewDesc $ty:ident) => { with_feature!("gc", $t.struct_new($ty, false, true)) };
    ($t:tt StructNewDefaultDesc $ty:ident) => { with_feature!("gc", $t.struct_new($ty, true, true)) };
    ($t:tt RefGetDesc $ty:ident) => { with_feature!("gc", $t.ref_get_desc()) };
    ($t:tt RefCastDescEqNonNull $ty:ident) => { with_feature!("gc", $t.cast_desc(false)) };
    ($t:tt RefCastDescEqNullable $ty:ident) => { with_feature!("gc", $t.cast_desc(true)) };
    ($t:tt BrOnCastDescEq $depth:ident $from:ident $to:ident) => { with_feature!("gc", $t.br_on_cast_desc($depth, $to, false)) };
    ($t:tt BrOnCastDescEqFail $depth:ident $from:ident $to:ident) => { with_feature!("gc", $t.br_on_cast_desc($depth, $to, true)) };
    ($t:tt StructGet $ty:ident $field:ident) => { with_feature!("gc", $t.struct_get($ty, $field, Sign::None)) };
    ($t:tt StructGetS $ty:ident $field:ident) => { with_feature!("gc", $t.struct_get($ty, $field, Sign::Signed)) };
    ($t:tt StructGetU $ty:ident $field:ident) => { with_feature!("gc", $t.struct_get($ty, $field, Sign::Unsigned)) };
    ($t:tt StructSet $ty:ident $field:ident) => { with_feature!("gc", $t.struct_set($ty, $field)) };
    ($t:tt ArrayNew $ty:ident) => { with_feature!("gc", $t.array_new($ty, false)) };
    ($t:tt ArrayNewDefault $ty:ident) => { with_feature!("gc", $t.array_new($ty, true)) };
    ($t:tt ArrayNewFixed $ty:ident $len:ident) => { with_feature!("gc", $t.array_new_fixed($ty, $len)) };
    ($t:tt ArrayNewData $ty:ident $data:ident) => { with_feature!("gc", $t.array_new_segment(Op::ArrayNewData, $ty, $data)) };
    ($t:tt ArrayNewElem $ty:ident $elem:ident) => { with_feature!("gc", $t.array_new_segment(Op::ArrayNewElem, $ty, $elem)) };
    ($t:tt ArrayGet $ty:ident) => { with_feature!("gc", $t.array_get($ty, Sign::None)) };
    ($t:tt ArrayGetS $ty:ident) => { with_feature!("gc", $t.array_get($ty, Sign::Signed)) };
    ($t:tt ArrayGetU $ty:ident) => { with_feature!("gc", $t.array_get($ty, Sign::Unsigned)) };
    ($t:tt ArraySet $ty:ident) => { with_feature!("gc", $t.array_set($ty)) };
    ($t:tt ArrayLen) => { with_feature!("gc", $t.array_len()) };
    ($t:tt ArrayFill $ty:ident) => { with_feature!("gc", $t.array_bulk(Op::ArrayFill, None)) };
    ($t:tt ArrayCopy $to:ident $from:ident) => { with_feature!("gc", $t.array_copy()) };
    ($t:tt ArrayInitData $ty:ident $data:ident) => { with_feature!("gc", $t.array_bulk(Op::ArrayInitData, Some($data))) };
    ($t:tt ArrayInitElem $ty:ident $elem:ident) => { with_feature!("gc", $t.array_bulk(Op::ArrayInitElem, Some($elem))) };
    // One agent sees its own accesses in order.
    ($t:tt AtomicFence $ordering:ident) => { () };
    ($t:tt MemoryAtomicNotify $memarg:ident) => { with_feature!("threads", $t.notify(&$memarg)) };
    ($t:tt MemoryAtomicWait32 $memarg:ident) => { with_feature!("threads", $t.wait(Op::MemoryAtomicWait32, &$memarg)) };
    ($t:tt MemoryAtomicWait64 $memarg:ident) => { with_feature!("threads", $t.wait(Op::MemoryAtomicWait64, &$memarg)) };

    ($t:tt RefNull $ty:ident) => { $t.stack.push(Ty::Ref, Loc::Imm(0)) };
    ($t:tt RefIsNull) => {{
        $t.stack.push(Ty::I64, Loc::Imm(0));
        $t.numeric(Op::I64Eq);
    }};
    ($t:tt RefFunc $func:ident) => {
        $t.produce_home(Op::RefFunc, Ty::Ref, Operands::default().u32(4, $func), 8)
    };

    ($t:tt MemorySize $memory:ident) => {{
        let ty = $t.memory_index_type($memory);
        $t.produce_home(Op::MemorySize, ty, Operands::default().u32(4, $memory), 8);
    }};
    ($t:tt MemoryGrow $memory:ident) => { $t.memory_grow($memory) };
    ($t:tt MemoryCopy $to:ident $from:ident) => { $t.bulk(Op::MemoryCopy, $to, $from) };
    ($t:tt MemoryFill $memory:ident) => { $t.bulk(Op::MemoryFill, $memory, 0) };
    ($t:tt MemoryInit $data:ident $memory:ident) => { $t.bulk(Op::MemoryInit, $data, $memory) };
    ($t:tt DataDrop $data:ident) => { $t.drop_segment(Op::DataDrop, $data) };
    ($t:tt TableGet $table:ident) => { $t.table_get($table) };
    ($t:tt TableSet $table:ident) => { $t.table_set($table) };
    ($t:tt TableSize $table:ident) => {{
        let ty = $t.table_index_type($table);
        $t.produce_home(Op::TableSize, ty, Operands::default().u32(4, $table), 8);
    }};
    ($t:tt TableGrow $table:ident) => { $t.table_grow($table) };
    ($t:tt TableCopy $to:ident $from:ident) => { $t.bulk(Op::TableCopy, $to, $from) };
    ($t:tt TableFill $table:ident) => { $t.bulk(Op::TableFill, $table, 0) };
    ($t:tt TableInit $elem:ident $table:ident) => { $t.bulk(Op::TableInit, $elem, $table) };
    ($t:tt ElemDrop $elem:ident) => { $t.drop_segment(Op::ElemDrop, $elem) };

    ($t:tt I64Add128) => { $t.wide(Op::I64Add128, 4) };
    ($t:tt I64Sub128) => { $t.wide(Op::I64Sub128, 4) };
    ($t:tt I64MulWideS) => { $t.wide(Op::I64MulWideS, 2) };
    ($t:tt I64MulWideU) => { $t.wide(Op::I64MulWideU, 2) };

    ($t:tt V128Const $value:ident) => { $t.vector_const(&$value) };
    ($t:tt I8x16Shuffle $lanes:ident) => { $t.shuffle($lanes) };
    ($t:tt V128Load8Lane $memarg:ident $lane:ident) => { $t.load_lane(Op::I32Load8U, Op::I8x16ReplaceLane, &$memarg, $lane) };
    ($t:tt V128Load16Lane $memarg:ident $lane:ident) => { $t.load_lane(Op::I32Load16U, Op::I16x8ReplaceLane, &$memarg, $lane) };
    ($t:tt V128Load32Lane $memarg:ident $lane:ident) => { $t.load_lane(Op::I32Load, Op::I32x4ReplaceLane, &$memarg, $lane) };
    ($t:tt V128Load64Lane $memarg:ident $lane:ident) => { $t.load_lane(Op::I64Load, Op::I64x2ReplaceLane, &$memarg, $lane) };
    ($t:tt V128Store8Lane $memarg:ident $lane:ident) => { $t.store_lane(Op::I8x16ExtractLaneU, Op::I32Store8, &$memarg, $lane) };
    ($t:tt V128Store16Lane $memarg:ident $lane:ident) => { $t.store_lane(Op::I16x8ExtractLaneU, Op::I32Store16, &$memarg, $lane) };
    ($t:tt V128Store32Lane $memarg:ident $lane:ident) => { $t.store_lane(Op::I32x4ExtractLane, Op::I32Store, &$memarg, $lane) };
    ($t:tt V128Store64Lane $memarg:ident $lane:ident) => { $t.store_lane(Op::I64x2ExtractLane, Op::I64Store, &$memarg, $lane) };

    // Rows of the table.
    ($t:tt $op:ident $memarg:ident) => { translate_access!($t $op $memarg $memarg) };
    ($t:tt $op:ident) => {
        match rows::$op {
            Some(Row::Numeric(op)) => $t.numeric(op),
            #[cfg(feature = "simd")]
            Some(Row::Shift(op)) => $t.shift(op),
            #[cfg(feature = "simd")]
            Some(Row::Ternary(op)) => $t.ternary(op),
            _ => return Err(Refused::Unsupported),
        }
    };
    ($t:tt $($unsupported:tt)*) => { return Err(Refused::Unsupported) };
}

/// Loads and stores. (A name that is matched cannot be used as well.)
macro_rules! translate_access {
    ($t:tt $op:ident memarg $memarg:ident) => {
        match rows::$op {
            Some(Row::Load(op)) => $t.load(op, &$memarg),
            Some(Row::Store(op)) => $t.store(op, &$memarg),
            #[cfg(feature = "threads")]
            Some(Row::Atomic(op)) => $t.atomic(op, &$memarg),
            _ => return Err(Refused::Unsupported),
        }
    };
    ($t:tt $op:ident lane $lane:ident) => {
        match rows::$op {
            Some(Row::Extract(op)) => $t.extract(op, $lane),
            Some(Row::Replace(op)) => $t.replace(op, $lane),
            _ => return Err(Refused::Unsupported),
        }
    };
    ($t:tt $($unsupported:tt)*) => {
        return Err(Refused::Unsupported)
    };
}

macro_rules! define_visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {$(
        #[allow(unused_variables)]
        #[inline]
        fn $visit(&mut self $($(, $arg: $ty)*)?) -> Result<(), Refused> {
            translate!(self $op $($($arg)*)?);
            Ok(())
        }
    )*};
}

/// Translates the operators of a valid function.
impl<'a, E: Encoding> VisitOperator<'a> for FuncTranslator<'_, E> {
    type Output = Result<(), Refused>;

    #[cfg(feature = "simd")]
    fn simd_visitor(
        &mut self,
    ) -> Option<&mut dyn wasmparser::VisitSimdOperator<'a, Output = Self::Output>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(define_visit);
}

#[cfg(feature = "simd")]
impl<'a, E: Encoding> wasmparser::VisitSimdOperator<'a> for FuncTranslator<'_, E> {
    wasmparser::for_each_visit_simd_operator!(define_visit);
}

/// The decoder asks whether an operator may stand where it is, which validation has answered.
impl<E: Encoding> FrameStack for FuncTranslator<'_, E> {
    fn current_frame(&self) -> Option<FrameKind> {
        let legacy = match self.dead {
            Some(depth @ 1..) => self.dead_tries.last() == Some(&depth),
            _ => self.blocks.last().is_some_and(|block| {
                matches!(
                    block.kind,
                    BlockKind::LegacyTry(_) | BlockKind::LegacyCatch(_)
                )
            }),
        };
        Some(if legacy {
            FrameKind::LegacyTry
        } else {
            FrameKind::If
        })
    }
}

impl<E: Encoding> FuncTranslator<'_, E> {
    /// Opens a block, or notes that one is opened in unreachable code.
    fn nest(&mut self, open: impl FnOnce(&mut Self)) {
        match self.dead {
            Some(depth) => self.dead = Some(depth + 1),
            None => open(self),
        }
    }

    /// Closes a block that was opened in unreachable code; false if there is none.
    fn unnest(&mut self) -> bool {
        let Some(depth @ 1..) = self.dead else {
            return false;
        };
        self.dead_tries.pop_if(|at| *at == depth);
        self.dead = Some(depth - 1);
        true
    }

    /// Notes that the block just opened in unreachable code, if it was, is a legacy try.
    #[cfg(feature = "exceptions")]
    fn note_dead_try(&mut self) {
        if let Some(depth @ 1..) = self.dead {
            self.dead_tries.push(depth);
        }
    }

    fn tee_local(&mut self, local: u32) {
        let imm = match self.stack.last() {
            Some(operand) if matches!(operand.at, Loc::Imm(_)) => Some(operand),
            _ => None,
        };
        self.set_local(local);
        match imm {
            Some(operand) => self.stack.push(operand.ty, operand.at),
            None => self.push_local(local),
        }
    }

    fn memory_index_type(&self, memory: u32) -> Ty {
        if self.module.is_memory_64(memory) {
            Ty::I64
        } else {
            Ty::I32
        }
    }

    fn table_index_type(&self, table: u32) -> Ty {
        if self.module.is_table_64(table) {
            Ty::I64
        } else {
            Ty::I32
        }
    }

    /// `memory.grow` and `table.grow`: the driver writes the result.
    fn memory_grow(&mut self, memory: u32) {
        let ty = self.memory_index_type(memory);
        let delta = self.pop_slot();
        let operands = Operands::default().u16(2, delta).u32(4, memory);
        self.produce_home(Op::MemoryGrow, ty, operands, 8);
        self.last = None;
    }

    fn table_grow(&mut self, table: u32) {
        let ty = self.table_index_type(table);
        let delta = self.pop_slot();
        let init = self.pop_slot();
        let operands = Operands::default().u16(2, init).u16(4, delta);
        self.produce_home(Op::TableGrow, ty, operands.u32(8, table), 16);
        self.last = None;
    }

    fn table_get(&mut self, table: u32) {
        let index = self.pop_slot();
        let operands = Operands::default().u16(2, index).u32(4, table);
        self.produce_home(Op::TableGet, Ty::Ref, operands, 8);
    }

    fn table_set(&mut self, table: u32) {
        let value = self.pop_slot();
        let index = self.pop_slot();
        let operands = Operands::default().u16(0, index).u16(2, value);
        self.code
            .emit(Op::TableSet.base::<E>(), operands.u32(4, table), 8);
    }

    /// An op on three slots and two indices.
    fn bulk(&mut self, op: Op, first: u32, second: u32) {
        let wide = self.stack.last().is_some_and(|len| len.ty == Ty::I64);
        let [len, b, a] = core::array::from_fn(|_| self.pop_slot());
        // Not only at loops and calls: bulk ops in a row can take any time.
        self.checkpoint();
        if self.metered {
            self.stop_here();
            let (charge, to) = match op {
                Op::MemoryInit => (Op::FuelBytes, second),
                Op::TableInit => (Op::FuelElements, second),
                Op::TableCopy | Op::TableFill => (Op::FuelElements, first),
                _ => (Op::FuelBytes, first),
            };
            let operands = Operands::default().u16(0, len).u32(4, to);
            self.code
                .emit(charge.base::<E>() + wide as u16, operands, 8);
        }
        let operands = Operands::default().u16(0, a).u16(2, b).u16(4, len);
        self.code
            .emit(op.base::<E>(), operands.u32(8, first).u32(12, second), 16);
    }

    fn drop_segment(&mut self, op: Op, index: u32) {
        self.code
            .emit(op.base::<E>(), Operands::default().u32(4, index), 8);
    }
}
