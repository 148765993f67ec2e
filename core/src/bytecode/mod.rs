//! Register bytecode: the op table and what follows from it.
//!
//! An **op** is a row of the table. Its **forms** are the combinations of places its operands may be
//! in; an **opcode** numbers one form of one op. How instructions lie in memory says `encoding`.

#[cfg(feature = "compiler")]
pub(crate) mod about;
#[cfg(feature = "compiler")]
mod disasm;
mod encoding;
mod form;
mod forms;
mod frame_map;
pub(crate) mod places;
pub(crate) mod table;

#[cfg(feature = "gc")]
use crate::exec::gcref;
#[cfg(feature = "simd")]
use crate::exec::vector::v128;
#[cfg(feature = "compiler")]
pub(crate) use disasm::{disassemble, name_in_form, wasm_text};
#[cfg(not(compact))]
pub(crate) use encoding::Direct;
pub(crate) use encoding::{Compact, Encoding, Explaining, Native};
pub(crate) use form::{Bank, Field, Form, Ty, Typed, in_slots};
pub(crate) use forms::{CompactForm, compact_form};
pub(crate) use frame_map::{Clause, FrameMap, Point, Try};
pub(crate) use places::{CopyFrom, Place, Places, Sets, Xy};
use places::{FULL, SMALL};
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
    Chain { ty: Ty, xy: Xy },
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
    ChainStore { ty: Ty, xy: Xy },
    /// `COPIED` to each of the `COPY_DESTS`, twice.
    CopyPair,
    /// The same, once.
    CopyBranch,
    /// As listed.
    Plain(&'static [&'static [Field]]),
}

/// Where the count of a shift is: a slot, or a constant.
pub(crate) const SHIFT_COUNTS: u16 = 2;

impl Shape {
    pub(super) const fn forms(&self, places: &Places) -> u16 {
        let int = &places.int;
        match self {
            Shape::Binary {
                operand,
                result,
                swap,
            } => places.pairs(*operand, swap.is_some()).len() * places.of(*result).dests,
            Shape::Compare { operand, not, .. } => {
                let sets = places.of(*operand);
                Self::steps_from(places, *operand, *not) + sets.counters.len() * sets.bounds.len()
            }
            Shape::Unary { operand, result } => {
                places.of(*operand).sources.len() * places.of(*result).dests
            }
            Shape::Load { result } => places.addresses() * places.of(*result).dests + 1,
            Shape::Store { value } => places.addresses() * places.of(*value).values.len() + 1,
            Shape::Shift => places.vector.sources.len() * SHIFT_COUNTS * places.vector.dests,
            Shape::Ternary => places.vector.sources.len() * places.vector.dests,
            Shape::Extract { result, .. } => places.of(*result).dests,
            Shape::Replace { value, .. } => places.of(*value).sources.len(),
            Shape::Atomic { .. } => 1,
            Shape::Produce { result, .. } => places.of(*result).dests,
            Shape::Select => places.select_forms(int) + 2 * places.select_forms(&places.float),
            Shape::Copy => places.copies.len() as u16 * (1 + places.pins as u16),
            Shape::GlobalGet => int.dests + 2 * places.float.dests,
            Shape::Chain { ty, xy } => {
                let sets = places.of(*ty);
                sets.chained.of(*xy).len() * sets.others.len() * sets.dests
            }
            Shape::LoadChain { ty } => {
                let sets = places.of(*ty);
                int.sources.len() * sets.others.len() * sets.dests
            }
            Shape::LoadBranch { ty, compares } => {
                compares.len() as u16 * int.sources.len() * places.of(*ty).others.len()
            }
            Shape::LoadKeepBranch { ty, compares } => {
                let others = &places.of(*ty).others;
                compares.len() as u16 * places.kept * int.sources.len() * others.len()
            }
            Shape::LoadScaled { result } => {
                int.sources.len() * int.others.len() * places.of(*result).dests
            }
            Shape::LoadStore => int.sources.len() * int.bases.len(),
            Shape::ChainStore { ty, xy } => {
                let sets = places.of(*ty);
                sets.bases.len() * sets.chained.of(*xy).len()
            }
            Shape::CopyPair => places.copy_forms() * places.copy_forms(),
            Shape::CopyBranch => places.copy_forms(),
            Shape::Plain(forms) => {
                let mut count = 0;
                let mut i = 0;
                while i < forms.len() {
                    count += (places.accumulators || in_slots(forms[i])) as u16;
                    i += 1;
                }
                count
            }
        }
    }

    /// The first form of a compare op that steps a counter and branches.
    pub(crate) const fn steps_from(places: &Places, operand: Ty, not: Option<Op>) -> u16 {
        let ways = if not.is_some() { 1 } else { 2 };
        Self::branches_from(places, operand) + places.of(operand).branches.len() * ways
    }

    /// The first form of a compare op that is fused with a branch.
    pub(crate) const fn branches_from(places: &Places, operand: Ty) -> u16 {
        places.pairs(operand, true).len() * places.int.dests
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

macro_rules! one {
    ($row:ident) => {
        1
    };
}

macro_rules! define_ops {
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
        /// The ops: one per row of the table.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub(crate) enum Op { $($($bin,)* $($un,)* $($ld,)* $($st,)* $($(#[$doc])* $op,)* $($sh,)* $($te,)* $($ex,)* $($re,)* $($al,)* $($as,)* $($rm,)* $($cx,)* $($pr,)* $($cmp,)* $($fus,)* $($sel,)* $($cp,)* $($get,)? $($ch,)* $($lc,)* $($lb,)* $($lk,)* $($sc,)* $($ls,)* $($cs,)* $($pair, $jump,)? )* }

        pub(crate) const OPS: &[Op] = &[$($(Op::$bin,)* $(Op::$un,)* $(Op::$ld,)* $(Op::$st,)* $(Op::$op,)* $(Op::$sh,)* $(Op::$te,)* $(Op::$ex,)* $(Op::$re,)* $(Op::$al,)* $(Op::$as,)* $(Op::$rm,)* $(Op::$cx,)* $(Op::$pr,)* $(Op::$cmp,)* $(Op::$fus,)* $(Op::$sel,)* $(Op::$cp,)* $(Op::$get,)? $(Op::$ch,)* $(Op::$lc,)* $(Op::$lb,)* $(Op::$lk,)* $(Op::$sc,)* $(Op::$ls,)* $(Op::$cs,)* $(Op::$pair, Op::$jump,)? )*];
        const TEXTS: &[&str] = &[$($($bin_text,)* $($un_text,)* $($ld_text,)* $($st_text,)* $($text,)* $($sh_text,)* $($te_text,)* $($ex_text,)* $($re_text,)* $($al_text,)* $($as_text,)* $($rm_text,)* $($cx_text,)* $($pr_text,)* $($cmp_text,)* $($fus_text,)* $($sel_text,)* $($cp_text,)* $($get_text,)? $($ch_text,)* $($lc_text,)* $($lb_text,)* $($lk_text,)* $($sc_text,)* $($ls_text,)* $($cs_text,)* $($pair_text, $jump_text,)? )*];
        const SHAPES: &[Shape] = &[
            $(
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
            $({ let _ = Op::$get; Shape::GlobalGet },)?
            $(Shape::Chain { ty: <$ch_ty as Typed>::TY, xy: Xy::$ch_xy },)*
            $(Shape::LoadChain { ty: <$lc_ty as Typed>::TY },)*
            $(Shape::LoadBranch { ty: <$lb_ty as Typed>::TY, compares: &[$(Op::$lb_compare),*] },)*
            $(Shape::LoadKeepBranch { ty: <$lk_ty as Typed>::TY, compares: &[$(Op::$lk_compare),*] },)*
            $(Shape::LoadScaled { result: <$sc_ty as Typed>::TY },)*
            $({ let _ = Op::$ls; Shape::LoadStore },)*
            $(Shape::ChainStore { ty: <$cs_ty as Typed>::TY, xy: Xy::$cs_xy },)*
            $({ let _ = Op::$pair; Shape::CopyPair }, { let _ = Op::$jump; Shape::CopyBranch },)?
            )*
        ];
        /// The names of the table's blocks.
        const BLOCK_NAMES: &[&str] = &[$(stringify!($block)),*];
        /// The first op of each block, and the first opcode that images have for it.
        const BLOCKS: &[(usize, u16)] = &{
            let rows = [$(0 $(+ one!($bin))* $(+ one!($un))* $(+ one!($ld))* $(+ one!($st))* $(+ one!($op))* $(+ one!($sh))* $(+ one!($te))* $(+ one!($ex))* $(+ one!($re))* $(+ one!($al))* $(+ one!($as))* $(+ one!($rm))* $(+ one!($cx))* $(+ one!($pr))* $(+ one!($cmp))* $(+ one!($fus))* $(+ one!($sel))* $(+ one!($cp))* $(+ one!($get))? $(+ one!($ch))* $(+ one!($lc))* $(+ one!($lb))* $(+ one!($lk))* $(+ one!($sc))* $(+ one!($ls))* $(+ one!($cs))* $(+ one!($pair) + one!($jump))?),*];
            let mut blocks = [$((0, $first)),*];
            let mut i = 1;
            while i < blocks.len() {
                blocks[i].0 = blocks[i - 1].0 + rows[i - 1];
                i += 1;
            }
            blocks
        };
    };
}
for_each_op!(define_ops);

const fn bases(places: &Places) -> [u16; OPS.len() + 1] {
    let mut bases = [0; OPS.len() + 1];
    let (mut i, mut block) = (0, 0);
    while i < OPS.len() {
        while block < BLOCKS.len() && BLOCKS[block].0 == i {
            if places.in_blocks() {
                assert!(bases[i] <= BLOCKS[block].1, "blocks overlap");
                bases[i] = BLOCKS[block].1;
            }
            block += 1;
        }
        bases[i + 1] = bases[i] + SHAPES[i].forms(places);
        i += 1;
    }
    bases
}

/// Numbers between blocks that are no opcodes, as far as this build has blocks: from each on, and up to.
const GAPS: &[(u16, u16)] = &{
    let mut gaps = [(0, 0); BLOCKS.len()];
    let bases = bases(SMALL);
    let mut i = 0;
    while i < BLOCKS.len() {
        let (op, first) = BLOCKS[i];
        let before = match op {
            0 => 0,
            _ => bases[op - 1] + SHAPES[op - 1].forms(SMALL),
        };
        gaps[i] = (before, first);
        i += 1;
    }
    gaps
};

/// First opcode of each op, and one past the last.
#[cfg_attr(compact, allow(dead_code))]
const BASES_OF_FULL: &[u16] = &bases(FULL);
const BASES_OF_SMALL: &[u16] = &bases(SMALL);

/// The same up to the last op that has forms, and one past that one's last.
static SMALL_WITH_FORMS: [u16; WITH_FORMS + 1] = *BASES_OF_SMALL
    .split_at(WITH_FORMS + 1)
    .0
    .as_array()
    .unwrap();
const WITH_FORMS: usize = {
    let mut count = OPS.len();
    while SHAPES[count - 1].forms(SMALL) == 0 {
        count -= 1;
    }
    count
};

const _: () = {
    let mut i = 0;
    while i < OPS.len() {
        assert!(OPS[i] as usize == i);
        i += 1;
    }
};

/// How many opcodes this build executes.
pub(crate) const OPCODES: usize = bases(Native::PLACES)[OPS.len()] as usize;

impl Op {
    /// The opcode of this op's first form.
    #[inline(always)]
    pub(crate) const fn base<E: Encoding>(self) -> u16 {
        E::BASES[self as usize]
    }

    /// The op of this number. (A list of them would take chips half a KiB.)
    fn numbered(number: usize) -> Option<Op> {
        if number >= OPS.len() {
            return None;
        }
        // SAFETY: ops are numbered from 0 on, without a gap, in 16 bits.
        Some(unsafe { core::mem::transmute::<u16, Op>(number as u16) })
    }

    pub(crate) const fn shape(self) -> &'static Shape {
        &SHAPES[self as usize]
    }

    /// Its forms with two slots that small sets of handlers leave out, since they have those of its mirror.
    pub(crate) const fn left_out(self, places: &Places) -> Option<[u16; 3]> {
        let Shape::Compare { operand, swap, not } = *self.shape() else {
            return None;
        };
        if places.accumulators || swap as u16 >= self as u16 {
            return None;
        }
        // (Two slots are the first of their sets.)
        let branch = Shape::branches_from(places, operand);
        let if_false = match not {
            Some(_) => branch,
            None => branch + places.of(operand).branches.len(),
        };
        Some([0, branch, if_false])
    }

    /// Whether operands may take two slots, for some of them. (The verifier takes all of them for such, so that frames
    /// have room for that.)
    pub(crate) fn is_wide(self) -> bool {
        let wide = |ty: Ty| ty == Ty::V128;
        if cfg!(not(any(feature = "simd", feature = "gc"))) {
            return false;
        }
        match *self.shape() {
            Shape::Binary {
                operand, result, ..
            }
            | Shape::Unary { operand, result } => wide(operand) || wide(result),
            Shape::Compare { operand, .. } => wide(operand),
            Shape::Load { result } | Shape::Produce { result, .. } => wide(result),
            Shape::Store { value } => wide(value),
            Shape::Shift | Shape::Ternary | Shape::Extract { .. } | Shape::Replace { .. } => true,
            _ => match self {
                #[cfg(feature = "simd")]
                Op::V128Const
                | Op::V128Copy
                | Op::V128Select
                | Op::V128GlobalGet
                | Op::V128GlobalSet
                | Op::I8x16Shuffle
                | Op::I16x8Shuffle
                | Op::I32x4Shuffle
                | Op::I64x2Shuffle => true,
                #[cfg(feature = "gc")]
                Op::StructGet128 | Op::StructSet128 | Op::ArrayGet128 | Op::ArraySet128 => true,
                #[cfg(feature = "gc")]
                Op::ArrayNew | Op::ArrayFill => true,
                _ => false,
            },
        }
    }

    /// The block of the table that it is in: the name of a cargo feature, or `core`.
    pub(crate) fn block(self) -> &'static str {
        let behind = BLOCKS.partition_point(|(first, _)| *first <= self as usize);
        BLOCK_NAMES[behind - 1]
    }

    /// Slots of what is written to the destination.
    pub(crate) fn result_slots(self) -> u32 {
        if cfg!(not(any(feature = "simd", feature = "gc"))) {
            return 1;
        }
        match *self.shape() {
            Shape::Binary { result, .. }
            | Shape::Unary { result, .. }
            | Shape::Load { result }
            | Shape::Produce { result, .. }
            | Shape::Extract { result, .. } => result.slots(),
            Shape::Shift | Shape::Ternary | Shape::Replace { .. } => 2,
            Shape::Compare { .. } => 1,
            _ => match self {
                #[cfg(feature = "gc")]
                Op::ArrayNew => 1,
                _ => 1 + u32::from(self.is_wide()),
            },
        }
    }

    pub(crate) const fn text(self) -> &'static str {
        TEXTS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opcodes_map_back_to_their_op_and_form() {
        for &op in OPS {
            for form in 0..op.shape().forms(Native::PLACES) {
                assert_eq!(Native::op_of(op.base::<Native>() + form), Some((op, form)));
            }
        }
        assert_eq!(Native::op_of(OPCODES as u16), None);
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
