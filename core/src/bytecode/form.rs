//! Operand fields: what an instruction's bytes mean.

use super::{
    CopyFrom, Encoding, Op, Place, Places, SHIFT_COUNTS, Shape, TO_ACC, TO_BOTH, TO_PIN,
    forms::compact_form_of,
};
use crate::types::ValType;

/// The type of a value as far as ops are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ty {
    I32,
    I64,
    F32,
    F64,
    /// Two slots.
    V128,
    /// A handle in one slot.
    Ref,
}

/// A register file with one accumulator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bank {
    Int,
    F32,
    F64,
    V128,
}

impl Bank {
    /// The name of its accumulator in listings.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Bank::Int => "acc",
            Bank::F32 => "fa",
            Bank::F64 => "da",
            Bank::V128 => "va",
        }
    }
}

impl Ty {
    /// As the text format has it; all references are `ref`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Ty::I32 => "i32",
            Ty::I64 => "i64",
            Ty::F32 => "f32",
            Ty::F64 => "f64",
            Ty::V128 => "v128",
            Ty::Ref => "ref",
        }
    }

    pub(crate) fn of(ty: ValType) -> Ty {
        match ty {
            ValType::I32 => Ty::I32,
            ValType::I64 => Ty::I64,
            ValType::F32 => Ty::F32,
            ValType::F64 => Ty::F64,
            ValType::V128 => Ty::V128,
            ValType::Ref(_) => Ty::Ref,
        }
    }

    /// The bank whose accumulator holds values of this type.
    pub(crate) const fn bank(self) -> Bank {
        // (A table: the jumps of a match would often be mispredicted.)
        const BANKS: [Bank; 6] = {
            let mut banks = [Bank::Int; 6];
            banks[Ty::F32 as usize] = Bank::F32;
            banks[Ty::F64 as usize] = Bank::F64;
            banks[Ty::V128 as usize] = Bank::V128;
            banks
        };
        BANKS[self as usize]
    }

    pub(crate) const fn slots(self) -> u32 {
        match self {
            Ty::V128 => 2,
            _ => 1,
        }
    }
}

/// Rust types that stand for a wasm type in the table.
pub(crate) trait Typed {
    const TY: Ty;
}
macro_rules! typed {
    ($($rust:ty => $ty:ident),*) => { $(impl Typed for $rust { const TY: Ty = Ty::$ty; })* };
}
typed!(u32 => I32, i32 => I32, u64 => I64, i64 => I64, f32 => F32, f64 => F64);

macro_rules! define_fields {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// One operand of an instruction. The number is its byte offset behind the handler.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Field {
            /// Nothing: the form is one of the full sets only.
            Full,
            /// As many adjacent slots written as the second number says.
            DstRun(u8, u8),
            /// Accumulator read.
            Acc(Bank),
            /// Pin read, by number.
            Pin(u8),
            /// Pin written.
            ToPin(u8),
            /// Accumulator written.
            ToAcc(Bank),
            /// Accumulator and slot written.
            Both(Bank, u8),
            $($(#[$doc])* $name(u8),)*
        }

        /// What a field is, without where. (In the order of `Field`: that is then the same number.)
        enum Kind {
            Full,
            DstRun,
            Acc,
            Pin,
            ToPin,
            ToAcc,
            Both,
            $($name,)*
        }

        impl Field {
            /// What it is, as a number; its place, 0 for registers; and the other number that it has.
            pub(super) const fn parts(self) -> (u8, u8, u8) {
                match self {
                    Field::Full => (Kind::Full as u8, 0, 0),
                    Field::Acc(bank) => (Kind::Acc as u8, 0, bank as u8),
                    Field::ToAcc(bank) => (Kind::ToAcc as u8, 0, bank as u8),
                    Field::Both(bank, at) => (Kind::Both as u8, at, bank as u8),
                    Field::Pin(pin) => (Kind::Pin as u8, 0, pin),
                    Field::ToPin(pin) => (Kind::ToPin as u8, 0, pin),
                    Field::DstRun(at, count) => (Kind::DstRun as u8, at, count),
                    $(Field::$name(at) => (Kind::$name as u8, at, 0),)*
                }
            }

            /// The field that has these parts, which is not one of a register.
            pub(super) fn of_parts(kind: u8, at: u8, more: u8) -> Field {
                match kind {
                    kind if kind == Kind::DstRun as u8 => Field::DstRun(at, more),
                    $(kind if kind == Kind::$name as u8 => Field::$name(at),)*
                    _ => Field::Full,
                }
            }

            /// The same field at another place.
            pub(super) const fn moved(self, to: usize) -> Field {
                let to = to as u8;
                match self {
                    Field::Both(bank, _) => Field::Both(bank, to),
                    Field::DstRun(_, count) => Field::DstRun(to, count),
                    $(Field::$name(_) => Field::$name(to),)*
                    register => register,
                }
            }
        }
    };
}
define_fields! {
    /// Slot written.
    Dst;
    /// Two adjacent slots written.
    DstPair;
    /// Slot read.
    Src;
    /// The same with 16 bits in the compact encoding, too: the first of a run of slots, and what has no narrower form.
    Dst16;
    Src16;
    /// Constant, sign-extended: 32 bits, or 16 in the compact encoding.
    Imm;
    /// Constant: sign-extended i16 (i8 in the compact encoding), i32, or 64 bits.
    Imm16;
    Imm32;
    Imm64;
    /// Constant of 32 bits, or in the compact encoding of 24 behind a slot's byte.
    Imm24;
    /// Constant: 128 bits, or sixteen lanes.
    Imm128;
    /// Constant: the bits of an f32 or f64.
    FImm32;
    FImm64;
    /// Unsigned byte offset: u32, but u16 in the compact encoding; u16; u64.
    Offset;
    Offset16;
    Offset64;
    /// Branch target, relative to this field's address: an i32, or in the compact encoding an i16 that counts words.
    Rel;
    /// u32 count n of targets besides the default; n + 1 like that follow the instruction's fields.
    Targets;
    /// The same with an i32 in every encoding.
    FarRel;
    FarTargets;
    /// First slot of the callee's frame.
    Base;
    /// Where the callee's frame header is, relative to its frame.
    Header;
    /// The same in 8 bits in the compact encoding.
    NearBase;
    NearHeader;
    /// Where this function's frame header is.
    OwnHeader;
    /// u16 count of slots, and u32 amount.
    Count;
    Count32;
    /// Indices in the module's index spaces: u32, but u16 in the compact encoding; `Table` u16.
    Func;
    /// Address of the entry of a function in the module's code table (a usize); not in the compact encoding.
    Entry;
    Global;
    Memory;
    Memory16;
    Table;
    Table32;
    Data;
    Elem;
    /// A type: its canonical id in the engine (u32), or its index in the module (u16) in the compact encoding.
    Type;
    /// The bits of a `CastTarget` (u32), whose type is one like that.
    Cast;
}

impl Field {
    /// Where it is, behind the opcode; 0 for registers.
    pub(crate) const fn at(self) -> usize {
        self.parts().1 as usize
    }

    /// Whether both are the same. (`==` is not for constants.)
    const fn same(self, other: Field) -> bool {
        let (a, b) = (self.parts(), other.parts());
        a.0 == b.0 && a.1 == b.1 && a.2 == b.2
    }

    /// Its bytes; none for registers.
    pub(crate) const fn width(self, compact: bool) -> usize {
        use Field::*;
        match self {
            Full | Acc(_) | ToAcc(_) | Pin(_) | ToPin(_) => 0,
            Dst(_) | DstPair(_) | Src(_) | Both(..) | Imm16(_) | NearBase(_) | NearHeader(_) => {
                if compact {
                    1
                } else {
                    2
                }
            }
            Imm24(_) => {
                if compact {
                    3
                } else {
                    4
                }
            }
            Dst16(_) | Src16(_) | DstRun(..) | Offset16(_) | Base(_) | Header(_) | OwnHeader(_)
            | Count(_) | Memory16(_) | Table(_) => 2,
            Imm(_) | Offset(_) | Func(_) | Global(_) | Memory(_) | Table32(_) | Data(_)
            | Elem(_) | Type(_) => {
                if compact {
                    2
                } else {
                    4
                }
            }
            Rel(_) => {
                if compact {
                    2
                } else {
                    4
                }
            }
            Imm32(_) | FImm32(_) | FarRel(_) | Targets(_) | FarTargets(_) | Count32(_)
            | Cast(_) => 4,
            Imm64(_) | FImm64(_) | Offset64(_) => 8,
            Entry(_) => {
                if compact {
                    0
                } else {
                    8
                }
            }
            Imm128(_) => 16,
        }
    }
}

/// Whether these are fields of a form that the small sets have.
pub(crate) const fn in_slots(fields: &[Field]) -> bool {
    let mut i = 0;
    while i < fields.len() {
        use Field::*;
        if matches!(
            fields[i],
            Full | Acc(_) | ToAcc(_) | Both(..) | Pin(_) | ToPin(_)
        ) {
            return false;
        }
        i += 1;
    }
    true
}

/// The fields of one form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Form {
    pub(super) fields: [Option<Field>; 8],
}

impl Form {
    /// No fields.
    pub(super) const NONE: Form = Form { fields: [None; 8] };

    /// Whether both have the same fields.
    pub(super) const fn same(&self, other: &Form) -> bool {
        let mut i = 0;
        while i < self.fields.len() {
            let same = match (self.fields[i], other.fields[i]) {
                (Some(a), Some(b)) => a.same(b),
                (None, None) => true,
                _ => false,
            };
            if !same {
                return false;
            }
            i += 1;
        }
        true
    }

    const fn new(fields: &[Field]) -> Form {
        let mut form = Form { fields: [None; 8] };
        let mut i = 0;
        while i < fields.len() {
            form.fields[i] = Some(fields[i]);
            i += 1;
        }
        form
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.fields.iter().flatten().copied()
    }

    /// The same in the compact encoding, of a form that has it.
    pub(super) const fn compact_bytes(&self) -> usize {
        let mut end = 0;
        let mut i = 0;
        while i < self.fields.len() {
            if let Some(field) = self.fields[i]
                && field.width(true) > 0
                && field.at() + field.width(true) > end
            {
                end = field.at() + field.width(true);
            }
            i += 1;
        }
        end.next_multiple_of(2)
    }

    /// Bytes of the operand fields (without a `br_table`'s targets).
    pub(crate) fn operand_bytes<E: Encoding>(&self) -> usize {
        let ends = self
            .fields()
            .map(|field| (field.at(), field.width(E::COMPACT)))
            .filter(|(_, width)| *width > 0)
            .map(|(at, width)| at + width);
        let end = ends.max().unwrap_or(0);
        if E::COMPACT {
            end.next_multiple_of(2)
        } else {
            end.next_multiple_of(8).max(8)
        }
    }

    /// The fields of form number `form` of `op`.
    pub(crate) fn of<E: Encoding>(op: Op, form: u16) -> Form {
        if E::COMPACT {
            return compact_form_of(op, form).whole();
        }
        Form::in_places(E::PLACES, op, form)
    }

    /// The same with its fields where the direct encoding has them.
    pub(crate) const fn in_places(places: &Places, op: Op, form: u16) -> Form {
        let (int, float, vector) = (&places.int, &places.float, &places.vector);
        match *op.shape() {
            Shape::Binary {
                operand,
                result,
                swap,
            } => Form::binary(places, operand, result, swap.is_some(), form),
            Shape::Compare { operand, not, .. } => {
                if let Some(step) = form.checked_sub(Shape::steps_from(places, operand, not)) {
                    let (counter, bound) = digit(step, places.of(operand).bounds.len());
                    let counter = match places.of(operand).counters.places[counter as usize] {
                        Place::Slot => Field::Both(Bank::Int, 0),
                        place => source(place, operand, 0, Field::Imm16(0)),
                    };
                    let bound = places.of(operand).bounds.places[bound as usize];
                    return Form::new(&[
                        counter,
                        Field::Imm16(12),
                        source(bound, operand, 2, Field::Imm16(2)),
                        Field::Rel(4),
                    ]);
                }
                match form.checked_sub(Shape::branches_from(places, operand)) {
                    None => Form::binary(places, operand, Ty::I32, true, form),
                    Some(branch) => {
                        let branches = places.of(operand).branches.places;
                        let (a, b) = branches[branch as usize % branches.len()];
                        Form::new(&[
                            source(a, operand, 0, Field::Imm16(0)),
                            source(b, operand, 2, Field::Imm16(2)),
                            Field::Rel(4),
                        ])
                    }
                }
            }
            Shape::Unary { operand, result } => {
                let (form, digit) = digit(form, places.of(result).dests);
                let place = places.of(operand).sources.places[form as usize];
                Form::new(&[
                    destination(places, result, digit),
                    source(place, operand, 2, Field::Imm16(2)),
                ])
            }
            Shape::Load { result } => {
                let (address, to) = digit(form, places.of(result).dests);
                if address == places.addresses() {
                    return Form::new(&[
                        Field::Dst(0),
                        Field::Src(2),
                        Field::Memory16(4),
                        Field::Offset64(8),
                    ]);
                }
                Form::new(&[destination(places, result, to)]).and(Form::address(places, address))
            }
            Shape::Store { value } => {
                let values = places.of(value).values.places;
                let (address, from) = digit(form, values.len() as u16);
                if address == places.addresses() {
                    return Form::new(&[
                        Field::Src(2),
                        Field::Src(0),
                        Field::Memory16(4),
                        Field::Offset64(8),
                    ]);
                }
                Form::address(places, address).and(Form::new(&[source(
                    values[from as usize],
                    value,
                    0,
                    Field::Imm16(0),
                )]))
            }
            Shape::Select => {
                let (result, form) = match form.checked_sub(places.select_forms(int)) {
                    None => (Ty::I64, form),
                    Some(form) => match form.checked_sub(places.select_forms(float)) {
                        None => (Ty::F32, form),
                        Some(form) => (Ty::F64, form),
                    },
                };
                let choices = places.of(result).choices.places;
                let (form, to) = digit(form, places.of(result).dests);
                let (form, y) = digit(form, choices.len() as u16);
                let (condition, x) = digit(form, choices.len() as u16);
                Form::new(&[
                    destination(places, result, to),
                    source(choices[x as usize], result, 2, Field::Imm16(2)),
                    source(choices[y as usize], result, 4, Field::Imm16(4)),
                    source(
                        int.sources.places[condition as usize],
                        Ty::I32,
                        6,
                        Field::Imm16(6),
                    ),
                ])
            }
            Shape::Shift => {
                let (form, to) = digit(form, vector.dests);
                let (a, b) = digit(form, SHIFT_COUNTS);
                Form::new(&[
                    destination(places, Ty::V128, to),
                    source(
                        vector.sources.places[a as usize],
                        Ty::V128,
                        2,
                        Field::Imm16(2),
                    ),
                    [Field::Src(4), Field::Imm16(4)][b as usize],
                ])
            }
            Shape::Ternary => {
                let (a, to) = digit(form, vector.dests);
                Form::new(&[
                    destination(places, Ty::V128, to),
                    source(
                        vector.sources.places[a as usize],
                        Ty::V128,
                        2,
                        Field::Imm16(2),
                    ),
                    Field::Src(4),
                    Field::Src(6),
                ])
            }
            Shape::Extract { result, .. } => Form::new(&[
                destination(places, result, form),
                Field::Src(2),
                Field::Count(4),
            ]),
            Shape::Replace { value, .. } => Form::new(&[
                Field::Dst(0),
                Field::Src(2),
                source(
                    places.of(value).sources.places[form as usize],
                    value,
                    4,
                    Field::Imm16(4),
                ),
                Field::Count(6),
            ]),
            // (The field behind the offset is read from there where there are two inputs.)
            Shape::Atomic { inputs, result, .. } => {
                let result = if result.is_some() {
                    Field::Dst(0)
                } else {
                    Field::Src(0)
                };
                let fields = [
                    result,
                    Field::Src(2),
                    Field::Memory16(4),
                    Field::Offset64(8),
                    Field::Src(6),
                    Field::Src(16),
                ];
                match (inputs, result) {
                    (0, _) | (1, Field::Src(_)) => Form::new(fields.split_at(4).0),
                    (1, _) => Form::new(fields.split_at(5).0),
                    _ => Form::new(&fields),
                }
            }
            Shape::Produce { result, fields } => {
                Form::new(&[destination(places, result, form)]).and(Form::new(fields))
            }
            Shape::Copy => {
                let (to, from) = digit(form, places.copies.len() as u16);
                Form::new(&[
                    match (to, places.copies[from as usize]) {
                        (0, CopyFrom::Far) => Field::Dst16(0),
                        (0, _) => Field::Dst(0),
                        (to, _) => Field::ToPin(to as u8 - 1),
                    },
                    match places.copies[from as usize] {
                        CopyFrom::Slot => Field::Src(2),
                        CopyFrom::Far => Field::Src16(2),
                        CopyFrom::Acc => Field::Acc(Bank::Int),
                        CopyFrom::F32Acc => Field::Acc(Bank::F32),
                        CopyFrom::F64Acc => Field::Acc(Bank::F64),
                        CopyFrom::Imm16 => Field::Imm16(2),
                        CopyFrom::Imm24 => Field::Imm24(4),
                        CopyFrom::Imm32 => Field::Imm32(4),
                        CopyFrom::Imm64 => Field::Imm64(8),
                        CopyFrom::Pin0 => Field::Pin(0),
                        CopyFrom::Pin1 => Field::Pin(1),
                    },
                ])
            }
            Shape::GlobalGet => {
                let (ty, to) = match form.checked_sub(int.dests) {
                    None => (Ty::I64, form),
                    Some(form) if form < float.dests => (Ty::F32, form),
                    Some(form) => (Ty::F64, form - float.dests),
                };
                Form::new(&[destination(places, ty, to), Field::Global(4)])
            }
            Shape::Chain { ty, xy } => {
                let sets = places.of(ty);
                let (form, to) = digit(form, sets.dests);
                let (form, z) = digit(form, sets.others.len());
                let (x, y) = sets.chained.of(xy).places[form as usize];
                Form::new(&[
                    destination(places, ty, to),
                    source(x, ty, 2, Field::Imm16(2)),
                    source(y, ty, 4, Field::Imm16(4)),
                    source(sets.others.places[z as usize], ty, 6, Field::Imm16(6)),
                ])
            }
            Shape::LoadChain { ty } => {
                let (form, to) = digit(form, places.of(ty).dests);
                let (x, y) = digit(form, places.of(ty).others.len());
                let y = places.of(ty).others.places[y as usize];
                Form::new(&[
                    destination(places, ty, to),
                    source(int.sources.places[x as usize], Ty::I32, 2, Field::Imm16(2)),
                    Field::Offset16(6),
                    source(y, ty, 4, Field::Imm16(4)),
                ])
            }
            Shape::LoadBranch { ty, .. } => {
                let (form, y) = digit(form, places.of(ty).others.len());
                let (_, x) = digit(form, int.sources.len());
                let y = places.of(ty).others.places[y as usize];
                Form::new(&[
                    source(int.sources.places[x as usize], Ty::I32, 0, Field::Imm16(0)),
                    Field::Offset16(8),
                    source(y, ty, 2, Field::Imm16(2)),
                    Field::Rel(4),
                ])
            }
            Shape::LoadKeepBranch { ty, .. } => {
                let (form, y) = digit(form, places.of(ty).others.len());
                let (form, x) = digit(form, int.sources.len());
                let (_, to) = digit(form, places.kept);
                let y = places.of(ty).others.places[y as usize];
                Form::new(&[
                    match to {
                        0 => Field::Both(Bank::Int, 0),
                        pin => Field::ToPin(pin as u8 - 1),
                    },
                    source(
                        int.sources.places[x as usize],
                        Ty::I32,
                        10,
                        Field::Imm16(10),
                    ),
                    Field::Offset16(8),
                    source(y, ty, 2, Field::Imm16(2)),
                    Field::Rel(4),
                ])
            }
            Shape::LoadScaled { result } => {
                let (form, to) = digit(form, places.of(result).dests);
                let (x, z) = digit(form, int.others.len());
                let z = int.others.places[z as usize];
                Form::new(&[
                    destination(places, result, to),
                    source(int.sources.places[x as usize], Ty::I32, 2, Field::Imm16(2)),
                    Field::Count(6),
                    source(z, Ty::I32, 4, Field::Imm16(4)),
                    Field::Offset(8),
                ])
            }
            Shape::LoadStore => {
                let (x, base) = digit(form, int.bases.len());
                let base = int.bases.places[base as usize];
                Form::new(&[
                    source(base, Ty::I32, 2, Field::Imm16(2)),
                    Field::Offset16(6),
                    source(int.sources.places[x as usize], Ty::I32, 0, Field::Imm16(0)),
                    Field::Offset16(4),
                ])
            }
            Shape::ChainStore { ty, xy } => {
                let sets = places.of(ty);
                let (base, operands) = digit(form, sets.chained.of(xy).len());
                let base = places.of(ty).bases.places[base as usize];
                let (x, y) = sets.chained.of(xy).places[operands as usize];
                Form::new(&[
                    source(base, Ty::I32, 2, Field::Imm16(2)),
                    Field::Offset16(6),
                    source(x, ty, 0, Field::Imm16(0)),
                    source(y, ty, 4, Field::Imm16(4)),
                ])
            }
            Shape::CopyPair => {
                let (first, second) = digit(form, places.copy_forms());
                Form::new(&copied(places, first, 0)).and(Form::new(&copied(places, second, 4)))
            }
            Shape::CopyBranch => {
                Form::new(&copied(places, form, 0)).and(Form::new(&[Field::Rel(4)]))
            }
            Shape::Plain(forms) => {
                let (mut i, mut at) = (0, 0);
                while i < forms.len() {
                    if places.accumulators || in_slots(forms[i]) {
                        if at == form {
                            return Form::new(forms[i]);
                        }
                        at += 1;
                    }
                    i += 1;
                }
                Form::new(&[])
            }
        }
    }

    /// These fields, then those of `rest`.
    const fn and(mut self, rest: Form) -> Form {
        let (mut to, mut from) = (0, 0);
        while self.fields[to].is_some() {
            to += 1;
        }
        while from < 8 && rest.fields[from].is_some() {
            self.fields[to] = rest.fields[from];
            to += 1;
            from += 1;
        }
        self
    }

    const fn binary(places: &Places, operand: Ty, result: Ty, mirrored: bool, form: u16) -> Form {
        let (form, to) = digit(form, places.of(result).dests);
        let (a, b) = places.pairs(operand, mirrored).places[form as usize];
        let imm = match operand {
            Ty::F32 => Field::FImm32(4),
            Ty::F64 => Field::FImm64(8),
            _ => Field::Imm(4),
        };
        // A constant on the left takes the wide field, and the slot on the right the narrow one.
        let (a_at, b_at) = if matches!(a, Place::Imm) {
            (4, 2)
        } else {
            (2, 4)
        };
        Form::new(&[
            destination(places, result, to),
            source(a, operand, a_at, imm),
            source(b, operand, b_at, imm),
        ])
    }

    /// An address in memory 0, by its number.
    const fn address(places: &Places, address: u16) -> Form {
        let Some(sum) = address.checked_sub(places.int.values.len()) else {
            return match places.int.values.places[address as usize] {
                Place::Imm => Form::new(&[Field::Offset(4)]),
                place => Form::new(&[source(place, Ty::I32, 2, Field::Imm16(2)), Field::Offset(4)]),
            };
        };
        let (x, y) = places.sums.places[sum as usize];
        Form::new(&[
            source(x, Ty::I32, 2, Field::Imm16(2)),
            source(y, Ty::I32, 4, Field::Imm16(4)),
            Field::Offset16(6),
        ])
    }
}

/// Fields of a copy that is fused with something: destination at `at`, source behind it.
const fn copied(places: &Places, form: u16, at: u8) -> [Field; 2] {
    let (from, to) = digit(form, places.copy_dests);
    [
        if to == 0 {
            Field::Dst(at)
        } else {
            Field::ToPin(to as u8 - 1)
        },
        source(
            places.copied.places[from as usize],
            Ty::I64,
            at + 2,
            Field::Imm16(at + 2),
        ),
    ]
}

/// A form's number without its last digit, and that.
const fn digit(form: u16, base: u16) -> (u16, u16) {
    (form / base, form % base)
}

const fn source(place: Place, ty: Ty, at: u8, imm: Field) -> Field {
    match place {
        Place::Slot => Field::Src(at),
        Place::Acc => Field::Acc(ty.bank()),
        Place::Pin0 => Field::Pin(0),
        Place::Pin1 => Field::Pin(1),
        Place::Imm => imm,
        Place::Wide => Field::Imm32(8),
        Place::Long => match ty {
            Ty::F32 => Field::FImm32(8),
            Ty::F64 => Field::FImm64(8),
            _ => Field::Imm64(8),
        },
    }
}

const fn destination(places: &Places, ty: Ty, digit: u16) -> Field {
    match digit {
        _ if !places.accumulators => Field::Dst(0),
        TO_ACC => Field::ToAcc(ty.bank()),
        TO_BOTH => Field::Both(ty.bank(), 0),
        TO_PIN.. => Field::ToPin((digit - TO_PIN) as u8),
        _ => Field::Dst(0),
    }
}
