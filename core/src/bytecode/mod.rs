//! Register bytecode: the op table and what follows from it.
//!
//! An **op** is a row of the table. Its **forms** are the combinations of places its operands may be
//! in; an **opcode** numbers one form of one op. In the direct encoding an instruction is
//!
//! ```text
//! | handler address (a usize) | 8 or 16 bytes of operand fields | br_table only: its targets |
//! ```
//!
//! with fields at fixed byte offsets, in native byte order: slots are u16, branches are i32 relative
//! to the address of their own field. All destination forms of an op have one size and follow each
//! other (`TO_ACC`, `TO_SLOT`, `TO_BOTH`, `TO_PIN`), so a producer can be redirected after it was emitted.

mod disasm;
mod form;
pub(crate) mod places;
pub(crate) mod table;

#[cfg(feature = "gc")]
use crate::exec::gcref;
#[cfg(feature = "simd")]
use crate::exec::vector::v128;
pub(crate) use disasm::{disassemble, wasm_text};
pub(crate) use form::{Bank, Field, Form, Ty, Typed};
pub(crate) use places::{
    COPIED, COPY_DESTS, FLOAT, INT, KEPT, LONG, PINS, Pairs, Place, SUMS, Sets, VECTOR,
};
use table::for_each_op;

/// Destination digit of a form: the accumulator of the result's bank.
pub(crate) const TO_ACC: u16 = 0;
/// Destination digit: a slot.
pub(crate) const TO_SLOT: u16 = 1;
/// Destination digit: the accumulator and a slot. Only where the result's `dests` say so.
pub(crate) const TO_BOTH: u16 = 2;
/// Destination digit: the first pin; the second follows. Integer results only, and up to `PINS`.
pub(crate) const TO_PIN: u16 = 3;

/// What rows of one group have in common: which forms exist and what their fields are. Where a result
/// is named, its destinations are the last digit of the form's number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Pairs of places.
    Binary {
        operand: Ty,
        result: Ty,
        swap: Option<Op>,
    },
    /// Mirrored pairs, then fused with a branch: pairs of `branches`, taken if true; the same taken if
    /// false where the op has no inverse; then with a counter's step before: counters, bounds.
    Compare {
        operand: Ty,
        swap: Op,
        not: Option<Op>,
    },
    /// Sources.
    Unary { operand: Ty, result: Ty },
    /// Addresses: `values` of integers, then `SUMS`; then one form for all other memories.
    Load { result: Ty },
    /// The same addresses with `values`, then the form for all other memories.
    Store { value: Ty },
    /// Vector (`sources`), count (slot or constant).
    Shift,
    /// First operand (`sources`); the others are slots.
    Ternary,
    /// A lane of a vector in slots; bytes of a lane.
    Extract { result: Ty, size: u16 },
    /// The lane's new value (`sources`); the vectors are slots.
    Replace { value: Ty, size: u16 },
    /// One form: result, address, inputs, memory, offset.
    Atomic { inputs: u8, result: Option<Ty> },
    /// As listed, behind a destination of the result.
    Produce {
        result: Ty,
        fields: &'static [Field],
    },
    /// For each bank: condition (`sources`), choices, choices.
    Select,
    /// `COPIES` to a slot or a pin.
    Copy,
    /// A bank.
    GlobalGet,
    /// The first two operands, the third (`others`).
    Chain { ty: Ty, xy: &'static Pairs },
    /// Address (`sources`), second operand (`others`).
    LoadChain { ty: Ty },
    /// Comparison, address (`sources`), second operand (`others`).
    LoadBranch { ty: Ty, compares: &'static [Op] },
    /// The same, with the loaded value kept: comparison, where (`KEPT`), address, second operand.
    LoadKeepBranch { ty: Ty, compares: &'static [Op] },
    /// Index (`sources`), base (`others`).
    LoadScaled { result: Ty },
    /// Address loaded from (`sources`), address stored to (`bases`).
    LoadStore,
    /// Address (`bases`), both operands.
    ChainStore { ty: Ty, xy: &'static Pairs },
    /// `COPIED` to each of the `COPY_DESTS`, twice.
    CopyPair,
    /// The same, once.
    CopyBranch,
    /// As listed.
    Plain(&'static [&'static [Field]]),
}

/// How many addresses in memory 0 loads and stores have forms for.
pub(crate) const ADDRESSES: u16 = INT.values.len() + SUMS.len();

/// What `copy` reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CopyFrom {
    Slot,
    Acc,
    F32Acc,
    F64Acc,
    Imm32,
    Imm64,
    Pin0,
    Pin1,
}

/// In the order of their forms.
pub(crate) const COPIES: &[CopyFrom] = {
    use CopyFrom::*;
    const ALL: &[CopyFrom] = &[Slot, Acc, F32Acc, F64Acc, Imm32, Imm64, Pin0, Pin1];
    ALL.split_at(6 + PINS).0
};

/// Copies that are fused with another, or with a branch: `COPIED` x `COPY_DESTS`.
pub(crate) const COPY_FORMS: u16 = COPIED.len() * COPY_DESTS;

/// Where the count of a shift is: a slot, or a constant.
pub(crate) const SHIFT_COUNTS: u16 = 2;

/// Forms of `Select` in one bank.
pub(crate) const fn select_forms(sets: &Sets) -> u16 {
    INT.sources.len() * sets.choices.len() * sets.choices.len() * sets.dests
}

/// Which pairs of places a binary op takes.
pub(crate) const fn pairs(operand: Ty, mirrored: bool) -> &'static Pairs {
    match operand {
        Ty::I64 if mirrored => LONG,
        _ if mirrored => &operand.sets().mirrored,
        _ => &operand.sets().ordered,
    }
}

impl Shape {
    pub(super) const fn forms(&self) -> u16 {
        match self {
            Shape::Binary {
                operand,
                result,
                swap,
            } => pairs(*operand, swap.is_some()).len() * result.sets().dests,
            Shape::Compare { operand, not, .. } => {
                Self::steps_from(*operand, *not)
                    + operand.sets().counters.len() * operand.sets().bounds.len()
            }
            Shape::Unary { operand, result } => operand.sets().sources.len() * result.sets().dests,
            Shape::Load { result } => ADDRESSES * result.sets().dests + 1,
            Shape::Store { value } => ADDRESSES * value.sets().values.len() + 1,
            Shape::Shift => VECTOR.sources.len() * SHIFT_COUNTS * VECTOR.dests,
            Shape::Ternary => VECTOR.sources.len() * VECTOR.dests,
            Shape::Extract { result, .. } => result.sets().dests,
            Shape::Replace { value, .. } => value.sets().sources.len(),
            Shape::Atomic { .. } => 1,
            Shape::Produce { result, .. } => result.sets().dests,
            Shape::Select => select_forms(INT) + 2 * select_forms(FLOAT),
            Shape::Copy => COPIES.len() as u16 * (1 + PINS as u16),
            Shape::GlobalGet => INT.dests + 2 * FLOAT.dests,
            Shape::Chain { ty, xy } => xy.len() * ty.sets().others.len() * ty.sets().dests,
            Shape::LoadChain { ty } => INT.sources.len() * ty.sets().others.len() * ty.sets().dests,
            Shape::LoadBranch { ty, compares } => {
                compares.len() as u16 * INT.sources.len() * ty.sets().others.len()
            }
            Shape::LoadKeepBranch { ty, compares } => {
                compares.len() as u16 * KEPT * INT.sources.len() * ty.sets().others.len()
            }
            Shape::LoadScaled { result } => {
                INT.sources.len() * INT.others.len() * result.sets().dests
            }
            Shape::LoadStore => INT.sources.len() * INT.bases.len(),
            Shape::ChainStore { ty, xy } => ty.sets().bases.len() * xy.len(),
            Shape::CopyPair => COPY_FORMS * COPY_FORMS,
            Shape::CopyBranch => COPY_FORMS,
            Shape::Plain(forms) => forms.len() as u16,
        }
    }

    /// The first form of a compare op that steps a counter and branches.
    pub(crate) const fn steps_from(operand: Ty, not: Option<Op>) -> u16 {
        let ways = if not.is_some() { 1 } else { 2 };
        Self::branches_from(operand) + operand.sets().branches.len() * ways
    }

    /// The first form of a compare op that is fused with a branch.
    pub(crate) const fn branches_from(operand: Ty) -> u16 {
        pairs(operand, true).len() * INT.dests
    }
}

macro_rules! option {
    () => {
        None
    };
    ($op:ident) => {
        Some(Op::$op)
    };
}

macro_rules! define_ops {
    (
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
        global_get { $get:ident $get_text:literal; }
        chain { $($ch:ident $ch_text:literal $ch_ty:ident: $ch_first:ident ($ch_xy:ident) $ch_second:ident [$($ch_rev:ident)?];)* }
        load_chain { $($lc:ident $lc_text:literal $lc_ty:ident: $lc_load:ident $lc_second:ident [$($lc_rev:ident)?];)* }
        load_branch { $($lb:ident $lb_text:literal $lb_ty:ident: $lb_load:ident $($lb_compare:ident)*;)* }
        load_keep_branch { $($lk:ident $lk_text:literal $lk_ty:ident: $lk_load:ident $($lk_compare:ident)*;)* }
        load_scaled { $($sc:ident $sc_text:literal $sc_ty:ident: $sc_load:ident;)* }
        load_store { $($ls:ident $ls_text:literal: $ls_load:ident $ls_store:ident;)* }
        chain_store { $($cs:ident $cs_text:literal $cs_ty:ident: $cs_first:ident ($cs_xy:ident) $cs_store:ident;)* }
        copy_more { $pair:ident $pair_text:literal; $jump:ident $jump_text:literal; }
    ) => {
        /// The ops: one per row of the table.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub(crate) enum Op { $($bin,)* $($un,)* $($ld,)* $($st,)* $($(#[$doc])* $op,)* $($sh,)* $($te,)* $($ex,)* $($re,)* $($al,)* $($as,)* $($rm,)* $($cx,)* $($pr,)* $($cmp,)* $($fus,)* $($sel,)* $($cp,)* $get, $($ch,)* $($lc,)* $($lb,)* $($lk,)* $($sc,)* $($ls,)* $($cs,)* $pair, $jump, }

        const OPS: &[Op] = &[$(Op::$bin,)* $(Op::$un,)* $(Op::$ld,)* $(Op::$st,)* $(Op::$op,)* $(Op::$sh,)* $(Op::$te,)* $(Op::$ex,)* $(Op::$re,)* $(Op::$al,)* $(Op::$as,)* $(Op::$rm,)* $(Op::$cx,)* $(Op::$pr,)* $(Op::$cmp,)* $(Op::$fus,)* $(Op::$sel,)* $(Op::$cp,)* Op::$get, $(Op::$ch,)* $(Op::$lc,)* $(Op::$lb,)* $(Op::$lk,)* $(Op::$sc,)* $(Op::$ls,)* $(Op::$cs,)* Op::$pair, Op::$jump];
        const TEXTS: &[&str] = &[$($bin_text,)* $($un_text,)* $($ld_text,)* $($st_text,)* $($text,)* $($sh_text,)* $($te_text,)* $($ex_text,)* $($re_text,)* $($al_text,)* $($as_text,)* $($rm_text,)* $($cx_text,)* $($pr_text,)* $($cmp_text,)* $($fus_text,)* $($sel_text,)* $($cp_text,)* $get_text, $($ch_text,)* $($lc_text,)* $($lb_text,)* $($lk_text,)* $($sc_text,)* $($ls_text,)* $($cs_text,)* $pair_text, $jump_text];
        const SHAPES: &[Shape] = &[
            $(Shape::Binary { operand: <$bin_in as Typed>::TY, result: <$bin_out as Typed>::TY, swap: option!($($bin_swap)?) },)*
            $(Shape::Unary { operand: <$un_in as Typed>::TY, result: <$un_out as Typed>::TY },)*
            $(Shape::Load { result: <$ld_out as Typed>::TY },)*
            $(Shape::Store { value: <$st_in as Typed>::TY },)*
            $(Shape::Plain({ #[allow(unused_imports)] use form::Field::*; &[$(&[$($field),*]),*] }),)*
            $({ let _ = Op::$sh; Shape::Shift },)*
            $({ let _ = Op::$te; Shape::Ternary },)*
            $(Shape::Extract { result: <$ex_out as Typed>::TY, size: size_of::<$ex_lane>() as u16 },)*
            $(Shape::Replace { value: <$re_in as Typed>::TY, size: size_of::<$re_lane>() as u16 },)*
            $(Shape::Atomic { inputs: 0, result: Some(<$al_out as Typed>::TY) },)*
            $(Shape::Atomic { inputs: 1, result: { let _ = <$as_in as Typed>::TY; None } },)*
            $(Shape::Atomic { inputs: 1, result: Some(<$rm_in as Typed>::TY) },)*
            $(Shape::Atomic { inputs: 2, result: Some(<$cx_in as Typed>::TY) },)*
            $(Shape::Produce { result: <$pr_out as Typed>::TY, fields: { #[allow(unused_imports)] use form::Field::*; &[$($pr_field),*] } },)*
            $(Shape::Compare { operand: <$cmp_in as Typed>::TY, swap: Op::$cmp_swap, not: option!($($cmp_not)?) },)*
            $(Shape::Compare { operand: <$fus_in as Typed>::TY, swap: Op::$fus_swap, not: option!($($fus_not)?) },)*
            $({ let _ = Op::$sel; Shape::Select },)*
            $({ let _ = Op::$cp; Shape::Copy },)*
            Shape::GlobalGet,
            $(Shape::Chain { ty: <$ch_ty as Typed>::TY, xy: &<$ch_ty as Typed>::TY.sets().chained.$ch_xy },)*
            $(Shape::LoadChain { ty: <$lc_ty as Typed>::TY },)*
            $(Shape::LoadBranch { ty: <$lb_ty as Typed>::TY, compares: &[$(Op::$lb_compare),*] },)*
            $(Shape::LoadKeepBranch { ty: <$lk_ty as Typed>::TY, compares: &[$(Op::$lk_compare),*] },)*
            $(Shape::LoadScaled { result: <$sc_ty as Typed>::TY },)*
            $({ let _ = Op::$ls; Shape::LoadStore },)*
            $(Shape::ChainStore { ty: <$cs_ty as Typed>::TY, xy: &<$cs_ty as Typed>::TY.sets().chained.$cs_xy },)*
            Shape::CopyPair, Shape::CopyBranch,
        ];
    };
}
for_each_op!(define_ops);

/// First opcode of each op, and one past the last.
const BASES: [u16; OPS.len() + 1] = {
    let mut bases = [0; OPS.len() + 1];
    let mut i = 0;
    while i < OPS.len() {
        bases[i + 1] = bases[i] + SHAPES[i].forms();
        i += 1;
    }
    bases
};

/// How many opcodes there are.
pub(crate) const OPCODES: usize = BASES[OPS.len()] as usize;

impl Op {
    /// The opcode of this op's first form.
    pub(crate) const fn base(self) -> u16 {
        BASES[self as usize]
    }

    pub(crate) const fn shape(self) -> &'static Shape {
        &SHAPES[self as usize]
    }

    pub(crate) const fn text(self) -> &'static str {
        TEXTS[self as usize]
    }

    /// The op and form that an opcode numbers; `None` beyond the table.
    pub(crate) fn of_opcode(opcode: u16) -> Option<(Op, u16)> {
        if opcode as usize >= OPCODES {
            return None;
        }
        let i = BASES.partition_point(|&base| base <= opcode) - 1;
        Some((OPS[i], opcode - BASES[i]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opcodes_map_back_to_their_op_and_form() {
        for &op in OPS {
            for form in 0..op.shape().forms() {
                assert_eq!(Op::of_opcode(op.base() + form), Some((op, form)));
            }
        }
        assert_eq!(Op::of_opcode(OPCODES as u16), None);
    }

    #[test]
    fn mirrors_and_inverses_are_involutions() {
        for &op in OPS {
            match *op.shape() {
                Shape::Binary {
                    swap: Some(swap), ..
                } => assert!(
                    matches!(*swap.shape(), Shape::Binary { swap: Some(back), .. } if back == op)
                ),
                Shape::Compare { swap, not, .. } => {
                    assert!(
                        matches!(*swap.shape(), Shape::Compare { swap: back, .. } if back == op)
                    );
                    if let Some(not) = not {
                        assert!(
                            matches!(*not.shape(), Shape::Compare { not: Some(back), .. } if back == op)
                        );
                    }
                }
                _ => {}
            }
        }
    }
}
