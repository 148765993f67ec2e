//! Validation of function bodies that are not translated yet.

use wasmparser::{
    BinaryReader, FrameStack, FuncToValidate, FuncValidator, FuncValidatorAllocations,
    FunctionBody, MemArg, MemArgTarget, Result as ParserResult, ValidatorResources, VisitOperator,
};

use super::parse::find_names;
use crate::{error::Error, translate::check_operands};

/// A function body waiting to be validated.
pub(super) type Pending = FuncToValidate<ValidatorResources>;

pub(super) fn validate_body(
    bytes: &[u8],
    func: Pending,
    body: &FunctionBody<'_>,
    allocations: &mut FuncValidatorAllocations,
) -> Result<(), Error> {
    let index = func.index;
    let mut validator = func.into_validator(core::mem::take(allocations));
    validate_operators(&mut validator, body).map_err(|error| {
        let names = find_names(bytes);
        error.in_func(index, names.func(bytes, index))
    })?;
    *allocations = validator.into_allocations();
    Ok(())
}

/// As `FuncValidator::validate`, which has no limit on operands, but quicker at telling the operators that
/// most code is made of.
fn validate_operators(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
) -> Result<(), Error> {
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let mut start = reader.original_position();
    let mut rest = reader.read_bytes(reader.bytes_remaining())?;
    while !rest.is_empty() {
        // These close no block, and push one operand at most: there are fewer than the body has bytes.
        if validator.control_stack_height() > 0 {
            while let Some((result, len)) = common(rest, &mut validator.visitor(start)) {
                result?;
                rest = &rest[len..];
                start += len as u64;
            }
        }
        let Some(opcode) = rest.first() else {
            break;
        };
        let mut reader = BinaryReader::new_features(rest, start, *validator.features());
        let mut visitor = validator.visitor(start);
        let result = match opcode {
            // The most frequent of the others, where an operator may stand.
            0x0b | 0x0d | 0x10 if visitor.current_frame().is_some() => {
                reader.read_u8()?;
                match opcode {
                    0x0b => visitor.visit_end(),
                    0x0d => visitor.visit_br_if(reader.read_var_u32()?),
                    _ => visitor.visit_call(reader.read_var_u32()?),
                }
            }
            _ => reader.visit_operator(&mut visitor)?,
        };
        result?;
        drop(visitor);
        check_operands(validator, start)?;
        let len = rest.len() - reader.bytes_remaining();
        rest = &rest[len..];
        start += len as u64;
    }
    let reader = BinaryReader::new_features(rest, start, *validator.features());
    Ok(reader.finish_expression(&validator.visitor(start))?)
}

/// Visits the operator at the start of `bytes`, if it is a frequent one with short immediates; what the
/// visitor said, and the operator's length.
#[inline(always)]
fn common<'a, V>(bytes: &[u8], visitor: &mut V) -> Option<(ParserResult<()>, usize)>
where
    V: VisitOperator<'a, Output = ParserResult<()>>,
{
    /// Loads and stores of memory 0.
    macro_rules! access {
        ($visit:ident, $max_align:literal) => {
            match *bytes {
                [_, align @ ..16, offset @ ..0x80, ..] => {
                    (visitor.$visit(memarg(align, $max_align, offset.into())), 3)
                }
                [_, align @ ..16, low @ 0x80..=0xff, high @ ..0x80, ..] => {
                    let offset = u64::from(low & 0x7f) | u64::from(high) << 7;
                    (visitor.$visit(memarg(align, $max_align, offset)), 4)
                }
                _ => return None,
            }
        };
    }
    /// An index of one byte.
    macro_rules! index {
        ($visit:ident) => {
            match *bytes {
                [_, index @ ..0x80, ..] => (visitor.$visit(index.into()), 2),
                _ => return None,
            }
        };
    }
    Some(match *bytes.first()? {
        0x20 => index!(visit_local_get),
        0x21 => index!(visit_local_set),
        0x22 => index!(visit_local_tee),
        0x28 => access!(visit_i32_load, 2),
        0x29 => access!(visit_i64_load, 3),
        0x2d => access!(visit_i32_load8_u, 0),
        0x36 => access!(visit_i32_store, 2),
        0x37 => access!(visit_i64_store, 3),
        0x3a => access!(visit_i32_store8, 0),
        0x41 => match *bytes {
            // The sign is the number's highest bit.
            [_, value @ ..0x80, ..] => {
                let value = i32::from((value << 1).cast_signed() >> 1);
                (visitor.visit_i32_const(value), 2)
            }
            [_, low @ 0x80..=0xff, high @ ..0x80, ..] => {
                let high = i32::from((high << 1).cast_signed() >> 1);
                let value = high << 7 | i32::from(low & 0x7f);
                (visitor.visit_i32_const(value), 3)
            }
            _ => return None,
        },
        0x45 => (visitor.visit_i32_eqz(), 1),
        0x46 => (visitor.visit_i32_eq(), 1),
        0x47 => (visitor.visit_i32_ne(), 1),
        0x49 => (visitor.visit_i32_lt_u(), 1),
        0x4b => (visitor.visit_i32_gt_u(), 1),
        0x6a => (visitor.visit_i32_add(), 1),
        0x6b => (visitor.visit_i32_sub(), 1),
        0x71 => (visitor.visit_i32_and(), 1),
        0x72 => (visitor.visit_i32_or(), 1),
        0x74 => (visitor.visit_i32_shl(), 1),
        0x76 => (visitor.visit_i32_shr_u(), 1),
        _ => return None,
    })
}

fn memarg(align: u8, max_align: u8, offset: u64) -> MemArg {
    MemArg {
        align,
        max_align,
        offset,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}
