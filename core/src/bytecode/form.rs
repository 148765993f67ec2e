//! Operand fields: what an instruction's bytes mean.

use super::{
    BRANCH_PAIRS, FAR, Op, PAIRS, PLACES, Place, SELECT_FORMS, SUMS, SUMS_FROM, Shape, WIDE_SUMS,
};

/// The type of a value as far as ops are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ty {
    I32,
    I64,
    F32,
    F64,
    /// Two slots, no accumulator.
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
}

impl Ty {
    /// The bank whose accumulator holds values of this type; `None` for those that live in slots only.
    pub(crate) const fn bank(self) -> Option<Bank> {
        match self {
            Ty::I32 | Ty::I64 | Ty::Ref => Some(Bank::Int),
            Ty::F32 => Some(Bank::F32),
            Ty::F64 => Some(Bank::F64),
            Ty::V128 => None,
        }
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

/// One operand of an instruction. The number is its byte offset behind the handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    /// Slot written.
    Dst(u8),
    /// Two adjacent slots written.
    DstPair(u8),
    /// Slot read.
    Src(u8),
    /// Accumulator read.
    Acc(Bank),
    /// Accumulator written.
    ToAcc(Bank),
    /// Accumulator and slot written.
    Both(Bank, u8),
    /// Constant: sign-extended i16, i32, or 64 bits.
    Imm16(u8),
    Imm32(u8),
    Imm64(u8),
    /// Constant: the bits of an f32 or f64.
    FImm32(u8),
    FImm64(u8),
    /// Unsigned byte offset into linear memory: u32, u16, u64.
    Offset(u8),
    Offset16(u8),
    Offset64(u8),
    /// Branch target, relative to this field's address.
    Rel(u8),
    /// u32 count n of targets besides the default; n + 1 i32 follow the instruction's 8 bytes.
    Targets(u8),
    /// First slot of the callee's frame.
    Base(u8),
    /// Where the callee's frame header is, relative to its frame.
    Header(u8),
    /// Where this function's frame header is.
    OwnHeader(u8),
    /// u16 count of slots, and u32 amount.
    Count(u8),
    Count32(u8),
    /// Indices in the module's index spaces: u32, `Table` u16.
    Func(u8),
    Global(u8),
    Memory(u8),
    Memory16(u8),
    Table(u8),
    Table32(u8),
    Data(u8),
    Elem(u8),
    /// Canonical type id in the engine (u32).
    Type(u8),
}

impl Field {
    /// Offset just behind the field; 0 for accumulators.
    fn end(self) -> u8 {
        use Field::*;
        match self {
            Acc(_) | ToAcc(_) => 0,
            Dst(at)
            | DstPair(at)
            | Src(at)
            | Both(_, at)
            | Imm16(at)
            | Offset16(at)
            | Base(at)
            | Header(at)
            | OwnHeader(at)
            | Count(at)
            | Memory16(at)
            | Table(at) => at + 2,
            Imm32(at) | FImm32(at) | Offset(at) | Rel(at) | Targets(at) | Count32(at)
            | Func(at) | Global(at) | Memory(at) | Table32(at) | Data(at) | Elem(at) | Type(at) => {
                at + 4
            }
            Imm64(at) | FImm64(at) | Offset64(at) => at + 8,
        }
    }
}

/// The fields of one form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    fields: [Option<Field>; 8],
}

impl Form {
    fn new(fields: &[Field]) -> Form {
        let mut form = Form { fields: [None; 8] };
        for (to, from) in form.fields.iter_mut().zip(fields) {
            *to = Some(*from);
        }
        form
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.fields.iter().flatten().copied()
    }

    /// Bytes of the operand fields: 8 or 16 (without a `br_table`'s targets).
    pub(crate) fn operand_bytes(&self) -> usize {
        if self.fields().any(|field| field.end() > 8) {
            16
        } else {
            8
        }
    }

    /// The fields of form number `form` of `op`.
    pub(crate) fn of(op: Op, form: u16) -> Form {
        match *op.shape() {
            Shape::Binary {
                operand, result, ..
            } => Form::binary(operand, result, form),
            Shape::Compare { operand, .. } => {
                let values = PAIRS.len() as u16 * 3;
                match form.checked_sub(values) {
                    None => Form::binary(operand, Ty::I32, form),
                    Some(branch) => {
                        let (a, b) = PAIRS[branch as usize % BRANCH_PAIRS];
                        Form::new(&[
                            source(a, operand, 0, Field::Imm16(0)),
                            source(b, operand, 2, Field::Imm16(2)),
                            Field::Rel(4),
                        ])
                    }
                }
            }
            Shape::Unary { operand, result } => Form::new(&[
                destination(result, form % 3),
                source(PLACES[form as usize / 3], operand, 2, Field::Imm16(2)),
            ]),
            Shape::Load { .. } if form == FAR => Form::new(&[
                Field::Dst(0),
                Field::Src(2),
                Field::Memory16(4),
                Field::Offset64(8),
            ]),
            Shape::Load { result } => {
                let digit = if form < FAR { form } else { form - SUMS_FROM } % 3;
                Form::new(&[destination(result, digit)]).and(address(form))
            }
            Shape::Store { .. } if form == FAR => Form::new(&[
                Field::Src(2),
                Field::Src(0),
                Field::Memory16(4),
                Field::Offset64(8),
            ]),
            Shape::Store { value } => {
                let stored = PLACES[(form - if form < FAR { 0 } else { SUMS_FROM }) as usize % 3];
                address(form).and(Form::new(&[source(stored, value, 0, Field::Imm16(0))]))
            }
            Shape::Select => {
                let result = [Ty::I64, Ty::F32, Ty::F64][(form / SELECT_FORMS) as usize];
                let digit = |weight: u16| [Place::Slot, Place::Imm][(form / weight % 2) as usize];
                let condition = if (form / 12).is_multiple_of(2) {
                    Field::Src(6)
                } else {
                    Field::Acc(Bank::Int)
                };
                Form::new(&[
                    destination(result, form % 3),
                    source(digit(6), result, 2, Field::Imm16(2)),
                    source(digit(3), result, 4, Field::Imm16(4)),
                    condition,
                ])
            }
            Shape::Plain(forms) => Form::new(forms[form as usize]),
        }
    }

    /// These fields, then those of `rest`.
    fn and(self, rest: Form) -> Form {
        let mut form = Form { fields: [None; 8] };
        for (to, from) in form
            .fields
            .iter_mut()
            .zip(self.fields().chain(rest.fields()))
        {
            *to = Some(from);
        }
        form
    }

    fn binary(operand: Ty, result: Ty, form: u16) -> Form {
        let (a, b) = PAIRS[form as usize / 3];
        let imm = match operand {
            Ty::F32 => Field::FImm32(4),
            Ty::F64 => Field::FImm64(8),
            _ => Field::Imm32(4),
        };
        // A constant on the left takes the wide field, and the slot on the right the narrow one.
        let (a_at, b_at) = if a == Place::Imm { (4, 2) } else { (2, 4) };
        Form::new(&[
            destination(result, form % 3),
            source(a, operand, a_at, imm),
            source(b, operand, b_at, imm),
        ])
    }
}

/// The address of a load or store in memory 0, by its form.
fn address(form: u16) -> Form {
    if form < FAR {
        return match PLACES[form as usize / 3] {
            Place::Imm => Form::new(&[Field::Offset(4)]),
            place => Form::new(&[source(place, Ty::I32, 2, Field::Imm16(2)), Field::Offset(4)]),
        };
    }
    let sum = (form - SUMS_FROM) as usize / 3;
    let imm = if sum < WIDE_SUMS {
        Field::Imm16(4)
    } else {
        Field::Imm32(8)
    };
    let (x, y) = SUMS[sum];
    Form::new(&[
        source(x, Ty::I32, 2, Field::Imm16(2)),
        source(y, Ty::I32, 4, imm),
        Field::Offset16(6),
    ])
}

fn source(place: Place, ty: Ty, at: u8, imm: Field) -> Field {
    match (place, ty.bank()) {
        (Place::Acc, Some(bank)) => Field::Acc(bank),
        (Place::Imm, _) => imm,
        _ => Field::Src(at),
    }
}

fn destination(ty: Ty, digit: u16) -> Field {
    match (digit, ty.bank()) {
        (super::TO_ACC, Some(bank)) => Field::ToAcc(bank),
        (super::TO_BOTH, Some(bank)) => Field::Both(bank, 0),
        _ => Field::Dst(0),
    }
}
