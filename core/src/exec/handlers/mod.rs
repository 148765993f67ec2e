//! Handler bodies, by subject, and the table that gives every opcode its handler.

#[cfg(feature = "threads")]
pub(crate) mod atomic;
#[cfg(any(feature = "wasm2", feature = "gc"))]
pub(crate) mod bulk;
pub(crate) mod call;
pub(crate) mod control;
#[cfg(feature = "debug")]
pub(crate) mod debug;
#[cfg_attr(not(full_dispatch), allow(dead_code))]
pub(crate) mod fused;
pub(crate) mod global;
pub(crate) mod memory;
pub(crate) mod numeric;
#[cfg(feature = "gc")]
pub(crate) mod objects;
pub(crate) mod ret;
pub(crate) mod rows;
#[cfg(any(feature = "tail-call", feature = "gc"))]
pub(crate) mod tail_call;
#[cfg(feature = "simd")]
pub(crate) mod vector;
#[cfg(feature = "wide-arithmetic")]
pub(crate) mod wide;

#[cfg(feature = "simd")]
use super::vector::v128;
#[cfg_attr(not(full_dispatch), allow(unused_imports))]
use super::{
    dispatch::{Handler, define_thread, handler},
    operand::{Acc, Imm, Long, Pin0, Pin1, Slot, ToAccum, ToBoth, ToPin0, ToPin1, ToSlot, Wide},
};
#[allow(unused_imports, reason = "macros that use each other")]
use crate::bytecode::{
    Encoding, Native, OPCODES, OPS, Op, in_slots,
    places::{
        for_float_places, for_full_places, for_int_places, for_long_places, for_places,
        for_small_float_places, for_small_places, for_vector_places,
    },
    table::for_each_op,
};
use control::{Copy, CopyWide, Select};
#[cfg(not(full_dispatch))]
use control::{CopyFar, CopyImm, CopyMiddle, CopySmall};
#[cfg_attr(not(full_dispatch), allow(unused_imports))]
use fused::{
    Chain, ChainStore, CopyBranch, CopyPair, LoadBranch, LoadChain, LoadKeepBranch, LoadScaled,
    LoadStore, Pair, Reversed, StepBranch,
};
use memory::{Load, LoadFar, LoadSum, Store, StoreFar, StoreSum};
use numeric::{Binary, CompareBranch, Unary};
#[cfg(feature = "gc")]
use objects::{
    ArrayGet, ArrayLen, Cast, GetDescriptor, StructGet, Test, TestDescriptor, TestDescriptorNull,
};
#[cfg(feature = "simd")]
use vector::{Extract, Replace, Shift, Ternary};

/// The table while it is filled.
struct Table {
    handlers: [Handler; OPCODES],
    len: usize,
}

impl Table {
    /// The next handler is that of this opcode, if a block of the table begins there.
    const fn begin(&mut self, first: u16) {
        if Native::PLACES.in_blocks() {
            self.len = first as usize;
        }
    }

    /// Takes the handlers back that no code has: of a comparison of two slots whose mirror does. (What says it is code
    /// and has them traps.)
    const fn leave_out(&mut self) {
        let trap = handler::<control::Unreachable>();
        let mut i = 0;
        while i < OPS.len() {
            let op = OPS[i];
            if let Some(forms) = op.left_out(Native::PLACES) {
                let mut k = 0;
                while k < forms.len() {
                    self.handlers[(op.base::<Native>() + forms[k]) as usize] = trap;
                    k += 1;
                }
            }
            i += 1;
        }
    }

    const fn push(&mut self, handler: Handler) {
        self.handlers[self.len] = handler;
        self.len += 1;
    }
}

// Each macro pushes the handlers of one shape, in the order of the forms (see `bytecode::Shape`). It calls
// itself with one place more for every set, `name!{ table (fixed arguments, places so far) places… }`.

/// A handler whose last arguments are a place and a member of another set.
macro_rules! singles {
    ($t:ident ($handler:ident, $op:ty, $last:tt $ty:ident) $($x:ident)*) => {
        $(for_places!($last $ty, singles! { $t (@ $handler, $op, $x) });)*
    };
    ($t:ident (@ $handler:ident, $op:ty, $x:ident) $($last:ident)*) => {
        $($t.push(thread::<$handler<$op, $x, $last>>);)*
    };
}
/// The same with a pair of places.
macro_rules! pairs {
    ($t:ident ($handler:ident, $op:ty, $last:tt $ty:ident) $(($x:ident, $y:ident))*) => {
        $(for_places!($last $ty, pairs! { $t (@ $handler, $op, $x, $y) });)*
    };
    ($t:ident (@ $handler:ident, $op:ty, $x:ident, $y:ident) $($last:ident)*) => {
        $($t.push(thread::<$handler<$op, $x, $y, $last>>);)*
    };
}
#[cfg_attr(not(feature = "simd"), allow(unused_macros))]
macro_rules! shift {
    ($t:ident ($op:ty) $($x:ident)*) => {$(
        for_places!(dests v128, shift! { $t (@ $op, $x, Slot) });
        for_places!(dests v128, shift! { $t (@ $op, $x, Imm) });
    )*};
    ($t:ident (@ $op:ty, $x:ident, $y:ident) $($to:ident)*) => {
        $($t.push(thread::<Shift<$op, $x, $y, $to>>);)*
    };
}
#[cfg_attr(not(feature = "simd"), allow(unused_macros))]
macro_rules! extract {
    ($t:ident ($op:ty) $($to:ident)*) => {
        $($t.push(thread::<Extract<$op, $to>>);)*
    };
}
#[cfg_attr(not(feature = "simd"), allow(unused_macros))]
macro_rules! replace {
    ($t:ident ($op:ty) $($x:ident)*) => {
        $($t.push(thread::<Replace<$op, $x>>);)*
    };
}
#[cfg_attr(not(feature = "gc"), allow(unused_macros))]
macro_rules! produce {
    ($t:ident ($handler:ident) $($to:ident)*) => {
        $($t.push(thread::<$handler<$to>>);)*
    };
    ($t:ident ($handler:ident <$lane:ident> $op:ident) $($to:ident)*) => {
        $($t.push(thread::<$handler<rows::$op, $to>>);)*
    };
}
macro_rules! branches {
    ($t:ident ($op:ty, $taken_if:literal) $(($x:ident, $y:ident))*) => {
        $($t.push(thread::<CompareBranch<$op, $x, $y, $taken_if>>);)*
    };
}
/// Branches taken if false, where the op has no inverse.
macro_rules! inverse_branches {
    ($t:ident, $op:ty, $operand:ident, [$not:ident]) => {};
    ($t:ident, $op:ty, $operand:ident, []) => {
        for_places!(branches $operand, branches! { $t ($op, false) });
    };
}
macro_rules! compare {
    ($t:ident, $op:ty, $operand:ident, $swap:tt, $not:tt) => {
        for_places!((pairs $swap) $operand, pairs! { $t (Binary, $op, dests u32) });
        for_places!(branches $operand, branches! { $t ($op, true) });
        inverse_branches!($t, $op, $operand, $not);
        for_places!(counters $operand, pairs! { $t (StepBranch, $op, bounds $operand) });
    };
}
macro_rules! select {
    ($t:ident ($ty:ident) $($condition:ident)*) => {
        $(for_places!(choices $ty, select! { $t ($ty, $condition) });)*
    };
    ($t:ident ($ty:ident, $condition:ident) $($x:ident)*) => {
        $(for_places!(choices $ty, select! { $t ($ty, $condition, $x) });)*
    };
    ($t:ident ($ty:ident, $condition:ident, $x:ident) $($y:ident)*) => {
        $(for_places!(dests $ty, select! { $t ($ty, $condition, $x, $y) });)*
    };
    ($t:ident ($ty:ident, $condition:ident, $x:ident, $y:ident) $($d:ident)*) => {
        $($t.push(thread::<Select<$ty, $condition, $x, $y, $d>>);)*
    };
}
/// Copies to each destination from all that `Places::copies` lists.
#[cfg(not(full_dispatch))]
macro_rules! copy {
    ($t:ident () $($to:ident)*) => {$(
        $t.push(thread::<Copy<$to, Slot, u64>>);
        $t.push(thread::<CopyFar>);
        $t.push(thread::<CopySmall<$to>>);
        $t.push(thread::<CopyMiddle<$to>>);
        $t.push(thread::<CopyImm<$to>>);
        $t.push(thread::<CopyWide<$to>>);
    )*};
}
#[cfg(full_dispatch)]
macro_rules! copy {
    ($t:ident () $($to:ident)*) => {$(
        $t.push(thread::<Copy<$to, Slot, u64>>);
        $t.push(thread::<Copy<$to, Acc, u64>>);
        $t.push(thread::<Copy<$to, Acc, f32>>);
        $t.push(thread::<Copy<$to, Acc, f64>>);
        $t.push(thread::<Copy<$to, Imm, u64>>);
        $t.push(thread::<CopyWide<$to>>);
        for_places!(pins u64, copy! { $t ($to) });
    )*};
    ($t:ident ($to:ident) $($pin:ident)*) => {
        $($t.push(thread::<Copy<$to, $pin, u64>>);)*
    };
}
macro_rules! global_get {
    ($t:ident ($ty:ident) $($to:ident)*) => {
        $($t.push(thread::<global::Get<$ty, $to>>);)*
    };
}
macro_rules! chain {
    ($t:ident ($op:ty, $ty:ident) $(($x:ident, $y:ident))*) => {
        $(for_places!(others $ty, chain! { $t ($op, $ty, $x, $y) });)*
    };
    ($t:ident ($op:ty, $ty:ident, $x:ident, $y:ident) $($z:ident)*) => {
        $(for_places!(dests $ty, chain! { $t (@ $op, $x, $y, $z) });)*
    };
    ($t:ident (@ $op:ty, $x:ident, $y:ident, $z:ident) $($d:ident)*) => {
        $($t.push(thread::<Chain<$op, $x, $y, $z, $d>>);)*
    };
}
macro_rules! load_chain {
    ($t:ident ($op:ty, $ty:ident) $($x:ident)*) => {
        $(for_places!(others $ty, load_chain! { $t ($op, $ty, $x) });)*
    };
    ($t:ident ($op:ty, $ty:ident, $x:ident) $($y:ident)*) => {
        $(for_places!(dests $ty, load_chain! { $t (@ $op, $x, $y) });)*
    };
    ($t:ident (@ $op:ty, $x:ident, $y:ident) $($d:ident)*) => {
        $($t.push(thread::<LoadChain<$op, $x, $y, $d>>);)*
    };
}
macro_rules! load_keep_branch {
    ($t:ident ($op:ty, $ty:ident) $($d:ident)*) => {
        $(for_places!(sources u32, load_keep_branch! { $t ($op, $ty, $d) });)*
    };
    ($t:ident ($op:ty, $ty:ident, $d:ident) $($x:ident)*) => {
        $(for_places!(others $ty, load_keep_branch! { $t (@ $op, $d, $x) });)*
    };
    ($t:ident (@ $op:ty, $d:ident, $x:ident) $($y:ident)*) => {
        $($t.push(thread::<LoadKeepBranch<$op, $x, $y, $d>>);)*
    };
}
macro_rules! load_scaled {
    ($t:ident ($op:ty, $ty:ident) $($x:ident)*) => {
        $(for_places!(others u32, load_scaled! { $t ($op, $ty, $x) });)*
    };
    ($t:ident ($op:ty, $ty:ident, $x:ident) $($z:ident)*) => {
        $(for_places!(dests $ty, load_scaled! { $t (@ $op, $x, $z) });)*
    };
    ($t:ident (@ $op:ty, $x:ident, $z:ident) $($d:ident)*) => {
        $($t.push(thread::<LoadScaled<$op, $x, $z, $d>>);)*
    };
}
macro_rules! chain_store {
    ($t:ident ($op:ty, $ty:ident $xy:ident) $($base:ident)*) => {
        $(for_places!($xy $ty, chain_store! { $t ($op, $base) });)*
    };
    ($t:ident ($op:ty, $base:ident) $(($x:ident, $y:ident))*) => {
        $($t.push(thread::<ChainStore<$op, $base, $x, $y>>);)*
    };
}
macro_rules! copy_branch {
    ($t:ident () $($from:ident)*) => {
        $(for_places!(copy_dests u64, copy_branch! { $t ($from) });)*
    };
    ($t:ident ($from:ident) $($to:ident)*) => {
        $($t.push(thread::<CopyBranch<$to, $from>>);)*
    };
}
macro_rules! copy_pair {
    ($t:ident () $($from:ident)*) => {
        $(for_places!(copy_dests u64, copy_pair! { $t ($from) });)*
    };
    ($t:ident ($from:ident) $($to:ident)*) => {
        $(for_places!(copied u64, copy_pair! { $t ($from $to) });)*
    };
    ($t:ident ($from:ident $to:ident) $($second:ident)*) => {
        $(for_places!(copy_dests u64, copy_pair! { $t ($from $to $second) });)*
    };
    ($t:ident ($from:ident $to:ident $second:ident) $($second_to:ident)*) => {
        $($t.push(thread::<CopyPair<$to, $from, $second_to, $second>>);)*
    };
}
/// The handlers of a row lie together in the executable, which keeps fewer pages in use than all in one mix:
/// compilers sort functions by their names, with a hash for type parameters, so each row has a named scope.
macro_rules! row {
    ($name:ident($t:ident): $($push:tt)*) => {{
        #[allow(non_snake_case)]
        #[cfg_attr(not(full_dispatch), allow(dead_code, unused_variables))]
        const fn $name($t: &mut Table) {
            define_thread!();
            $($push)*;
        }
        $name(&mut $t);
    }};
}
/// The second op of a chain.
#[cfg_attr(not(full_dispatch), allow(unused_macros))]
macro_rules! second {
    ($op:ty, []) => { $op };
    ($op:ty, [Reversed]) => { Reversed<$op> };
}

macro_rules! define_handlers {
    (
        $([$block:ident $first:literal
            binary { $($bin:ident $bin_text:literal ($bin_in:ident) -> $bin_out:ident [$(swap $bin_swap:ident)?]: |$ba:ident, $bb:ident| $be:expr;)* }
            unary { $($un:ident $un_text:literal ($un_in:ident) -> $un_out:ident: |$ua:ident| $ue:expr;)* }
            load { $($ld:ident $ld_text:literal $ld_mem:ident => $ld_out:ident;)* }
            store { $($st:ident $st_text:literal $st_in:ident => $st_mem:ident;)* }
            plain { $($(#[$doc:meta])* $op:ident $text:literal { $([$($field:expr),*] $handler:ty;)* })* }
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
            select { $($sel:ident $sel_text:literal;)* }
            copy { $($cp:ident $cp_text:literal;)* }
            global_get { $($get:ident $get_text:literal;)? }
            chain { $($ch:ident $ch_text:literal $ch_ty:ident: $ch_first:ident ($ch_xy:ident) $ch_second:ident [$($ch_rev:ident)?];)* }
            load_chain { $($lc:ident $lc_text:literal $lc_ty:ident: $lc_load:ident $lc_second:ident [$($lc_rev:ident)?];)* }
            load_branch { $($lb:ident $lb_text:literal $lb_ty:ident: $lb_load:ident $($lb_compare:ident)*;)* }
            load_keep_branch { $($lk:ident $lk_text:literal $lk_ty:ident: $lk_load:ident $($lk_compare:ident)*;)* }
            load_scaled { $($sc:ident $sc_text:literal $sc_ty:ident: $sc_load:ident;)* }
            load_store { $($ls:ident $ls_text:literal: $ls_load:ident $ls_store:ident;)* }
            chain_store { $($cs:ident $cs_text:literal $cs_ty:ident: $cs_first:ident ($cs_xy:ident) $cs_store:ident;)* }
            copy_more { $($pair:ident $pair_text:literal; $jump:ident $jump_text:literal;)? }
        ])*
    ) => {
        const FILLED: Table = {
            define_thread!();
            let mut t = Table { handlers: [handler::<control::Unreachable>(); OPCODES], len: 0 };
            $(
            t.begin($first);
            $(row!($bin(t): for_places!((pairs [$($bin_swap)?]) $bin_in, pairs! { t (Binary, rows::$bin, dests $bin_out) }));)*
            $(row!($un(t): for_places!(sources $un_in, singles! { t (Unary, rows::$un, dests $un_out) }));)*
            $(
                row!($ld(t):
                    for_places!(values u32, singles! { t (Load, rows::$ld, dests $ld_out) });
                    for_places!(sums u32, pairs! { t (LoadSum, rows::$ld, dests $ld_out) });
                    t.push(thread::<LoadFar<rows::$ld>>)
                );
            )*
            $(
                row!($st(t):
                    for_places!(values u32, singles! { t (Store, rows::$st, values $st_in) });
                    for_places!(sums u32, pairs! { t (StoreSum, rows::$st, values $st_in) });
                    t.push(thread::<StoreFar<rows::$st>>)
                );
            )*
            $($(
                if cfg!(full_dispatch) || {
                    #[allow(unused_imports)]
                    use crate::bytecode::{Bank, Field::*};
                    in_slots(&[$($field),*])
                } {
                    t.push(thread::<$handler>);
                }
            )*)*
            $(row!($sh(t): for_places!(sources v128, shift! { t (rows::$sh) }));)*
            $(row!($te(t): for_places!(sources v128, singles! { t (Ternary, rows::$te, dests v128) }));)*
            $(row!($ex(t): for_places!(dests $ex_out, extract! { t (rows::$ex) }));)*
            $(row!($re(t): for_places!(sources $re_in, replace! { t (rows::$re) }));)*
            $(t.push(thread::<atomic::Load<rows::$al>>);)*
            $(t.push(thread::<atomic::Store<rows::$as>>);)*
            $(t.push(thread::<atomic::Modify<rows::$rm>>);)*
            $(t.push(thread::<atomic::Exchange<rows::$cx>>);)*
            $(row!($pr(t): for_places!(dests $pr_out, produce! { t ($pr_handler $(<$pr_lane> $pr)?) }));)*
            $(row!($cmp(t): compare!(t, rows::$cmp, $cmp_in, [$cmp_swap], [$($cmp_not)?]));)*
            $(row!($fus(t): compare!(t, rows::$fus, $fus_in, [$fus_swap], [$($fus_not)?]));)*
            $(
                let _ = Op::$sel;
                for_places!(sources u32, select! { t (u64) });
                for_places!(sources u32, select! { t (f32) });
                for_places!(sources u32, select! { t (f64) });
            )*
            $(
                let _ = Op::$cp;
                for_places!(copied_to u64, copy! { t () });
            )*
            $(
                let _ = Op::$get;
                for_places!(dests u64, global_get! { t (u64) });
                for_places!(dests f32, global_get! { t (f32) });
                for_places!(dests f64, global_get! { t (f64) });
            )?
            $(row!($ch(t): for_places!($ch_xy $ch_ty, chain! { t (Pair<rows::$ch_first, second!(rows::$ch_second, [$($ch_rev)?])>, $ch_ty) }));)*
            $(row!($lc(t): for_places!(sources u32, load_chain! { t (Pair<rows::$lc_load, second!(rows::$lc_second, [$($lc_rev)?])>, $lc_ty) }));)*
            $($(row!($lb(t): for_places!(sources u32, singles! { t (LoadBranch, Pair<rows::$lb_load, rows::$lb_compare>, others $lb_ty) }));)*)*
            $($(row!($lk(t): for_places!(kept u32, load_keep_branch! { t (Pair<rows::$lk_load, rows::$lk_compare>, $lk_ty) }));)*)*
            $(row!($sc(t): for_places!(sources u32, load_scaled! { t (rows::$sc_load, $sc_ty) }));)*
            $(row!($ls(t): for_places!(sources u32, singles! { t (LoadStore, Pair<rows::$ls_load, rows::$ls_store>, bases u32) }));)*
            $(row!($cs(t): for_places!(bases $cs_ty, chain_store! { t (Pair<rows::$cs_first, rows::$cs_store>, $cs_ty $cs_xy) }));)*
            $(
                let _ = (Op::$pair, Op::$jump);
                for_places!(copied u64, copy_pair! { t () });
                for_places!(copied u64, copy_branch! { t () });
            )?
            )*
            assert!(t.len == OPCODES);
            t.leave_out();
            t
        };
    };
}
for_each_op!(define_handlers);

/// The handler of every opcode, in the order of the op table.
pub(crate) static HANDLERS: [Handler; OPCODES] = FILLED.handlers;
