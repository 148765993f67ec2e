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
//! other (`TO_ACC`, `TO_BOTH`, `TO_SLOT`), so a producer can be redirected after it was emitted.

mod disasm;
mod form;
pub(crate) mod table;

pub(crate) use disasm::{disassemble, wasm_text};
pub(crate) use form::{Bank, Field, Form, Ty, Typed};
use table::for_each_op;

/// Destination digit of a form: the accumulator of the result's bank.
pub(crate) const TO_ACC: u16 = 0;
/// Destination digit: the accumulator and a slot.
pub(crate) const TO_BOTH: u16 = 1;
/// Destination digit: a slot.
pub(crate) const TO_SLOT: u16 = 2;

/// Where an operand is read from, as far as the form of an op is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Slot,
    Acc,
    Imm,
}

/// Places of both operands, in the order of the forms of `binary` and `compare` ops.
pub(crate) const PAIRS: [(Place, Place); 7] = {
    use Place::*;
    [
        (Slot, Slot),
        (Slot, Acc),
        (Slot, Imm),
        (Acc, Slot),
        (Acc, Imm),
        (Imm, Slot),
        (Imm, Acc),
    ]
};
/// The first of `PAIRS` that also exist fused with a branch (with 16-bit constants).
pub(crate) const BRANCH_PAIRS: usize = 5;
/// Places of a load's address, and (address, value) of a store: index `3 * address + value`.
pub(crate) const PLACES: [Place; 3] = [Place::Slot, Place::Acc, Place::Imm];

/// Places of the two addends of an address that a load or store computes itself (wrapping at 32 bits),
/// constants in 16 bits, then in 32: forms from `SUMS_FROM` on.
pub(crate) const SUMS: [(Place, Place); 6] = {
    use Place::*;
    [
        (Slot, Slot),
        (Acc, Slot),
        (Slot, Imm),
        (Acc, Imm),
        (Slot, Imm),
        (Acc, Imm),
    ]
};
/// The first of `SUMS` with a 32-bit constant.
pub(crate) const WIDE_SUMS: usize = 4;
/// The form of loads and stores for memories other than a 32-bit memory 0.
pub(crate) const FAR: u16 = 9;
/// The first form of loads and stores whose address is a sum.
pub(crate) const SUMS_FROM: u16 = 10;

/// What rows of one group have in common: which forms exist and what their fields are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// `PAIRS` x destination.
    Binary {
        operand: Ty,
        result: Ty,
        swap: Option<Op>,
    },
    /// `PAIRS` x destination, then fused with a branch: (taken if true, if false) x `BRANCH_PAIRS`.
    Compare {
        operand: Ty,
        swap: Op,
        not: Option<Op>,
    },
    /// (Slot, Acc) x destination.
    Unary { operand: Ty, result: Ty },
    /// `PLACES` x destination, `FAR`, then `SUMS` x destination.
    Load { result: Ty },
    /// `PLACES` x `PLACES`, `FAR`, then `SUMS` x `PLACES`.
    Store { value: Ty },
    /// Banks x condition (Slot, Acc) x values (Slot, Imm) x (Slot, Imm) x destination.
    Select,
    /// As listed.
    Plain(&'static [&'static [Field]]),
}

/// Forms of `Select` in one bank.
pub(crate) const SELECT_FORMS: u16 = 2 * 2 * 2 * 3;

impl Shape {
    const fn forms(&self) -> u16 {
        match self {
            Shape::Binary { .. } => PAIRS.len() as u16 * 3,
            Shape::Compare { .. } => PAIRS.len() as u16 * 3 + 2 * BRANCH_PAIRS as u16,
            Shape::Unary { .. } => 2 * 3,
            Shape::Load { .. } | Shape::Store { .. } => SUMS_FROM + SUMS.len() as u16 * 3,
            Shape::Select => 3 * SELECT_FORMS,
            Shape::Plain(forms) => forms.len() as u16,
        }
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
        binary { $($bin:ident $bin_text:literal ($bin_in:ty) -> $bin_out:ty [$(swap $bin_swap:ident)?]: |$ba:ident, $bb:ident| $be:expr;)* }
        compare { $($cmp:ident $cmp_text:literal ($cmp_in:ty) [swap $cmp_swap:ident] [$(not $cmp_not:ident)?]: |$ca:ident, $cb:ident| $ce:expr;)* }
        fused_compare { $($fus:ident $fus_text:literal ($fus_in:ty) [swap $fus_swap:ident] [$(not $fus_not:ident)?]: |$fa:ident, $fb:ident| $fe:expr;)* }
        unary { $($un:ident $un_text:literal ($un_in:ty) -> $un_out:ty: |$ua:ident| $ue:expr;)* }
        load { $($ld:ident $ld_text:literal $ld_mem:ty => $ld_out:ty;)* }
        store { $($st:ident $st_text:literal $st_in:ty => $st_mem:ty;)* }
        select { $($sel:ident $sel_text:literal $($sel_ty:ty),*;)* }
        plain { $($(#[$doc:meta])* $op:ident $text:literal { $([$($field:expr),*] $handler:ty;)* })* }
    ) => {
        /// The ops: one per row of the table.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub(crate) enum Op { $($bin,)* $($cmp,)* $($fus,)* $($un,)* $($ld,)* $($st,)* $($sel,)* $($(#[$doc])* $op,)* }

        const OPS: &[Op] = &[$(Op::$bin,)* $(Op::$cmp,)* $(Op::$fus,)* $(Op::$un,)* $(Op::$ld,)* $(Op::$st,)* $(Op::$sel,)* $(Op::$op,)*];
        const TEXTS: &[&str] = &[$($bin_text,)* $($cmp_text,)* $($fus_text,)* $($un_text,)* $($ld_text,)* $($st_text,)* $($sel_text,)* $($text,)*];
        const SHAPES: &[Shape] = &[
            $(Shape::Binary { operand: <$bin_in as Typed>::TY, result: <$bin_out as Typed>::TY, swap: option!($($bin_swap)?) },)*
            $(Shape::Compare { operand: <$cmp_in as Typed>::TY, swap: Op::$cmp_swap, not: option!($($cmp_not)?) },)*
            $(Shape::Compare { operand: <$fus_in as Typed>::TY, swap: Op::$fus_swap, not: option!($($fus_not)?) },)*
            $(Shape::Unary { operand: <$un_in as Typed>::TY, result: <$un_out as Typed>::TY },)*
            $(Shape::Load { result: <$ld_out as Typed>::TY },)*
            $(Shape::Store { value: <$st_in as Typed>::TY },)*
            $({ let _ = Op::$sel; Shape::Select },)*
            $(Shape::Plain({ #[allow(unused_imports)] use form::Field::*; &[$(&[$($field),*]),*] }),)*
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

/// Form number of a `binary` or `compare` op without its destination digit; `None` where no such form exists.
pub(crate) fn pair(a: Place, b: Place) -> Option<u16> {
    PAIRS.iter().position(|&p| p == (a, b)).map(|i| i as u16)
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
                } => assert_eq!(swap, op),
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
