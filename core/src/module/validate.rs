//! Validation of function bodies that are not translated yet.

use wasmparser::{
    BinaryReader, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, ValType,
    ValidatorResources,
};

use super::parse::find_names;
use crate::{
    error::Error,
    operators::{any, frequent},
    translate::{Pins, Weighing, Weights, check_operands},
};

/// A function body waiting to be validated.
pub(super) type Pending = FuncToValidate<ValidatorResources>;

/// Validates the body, and chooses locals to pin.
pub(super) fn validate_body(
    bytes: &[u8],
    func: Pending,
    body: &FunctionBody<'_>,
    weights: &mut Weights,
    allocations: &mut FuncValidatorAllocations,
) -> Result<Pins, Error> {
    let index = func.index;
    let mut validator = func.into_validator(core::mem::take(allocations));
    validate_operators(&mut validator, body, weights).map_err(|error| {
        let names = find_names(bytes);
        error.in_func(index, names.func(bytes, index))
    })?;
    let pins = weights.choose(|local| {
        let ty = validator.get_local_type(local);
        matches!(ty, Some(ValType::I32 | ValType::I64 | ValType::Ref(_)))
    });
    *allocations = validator.into_allocations();
    Ok(pins)
}

/// Validates and weighs the operator at `offset`.
macro_rules! visitor {
    ($validator:ident, $weights:ident, $offset:expr) => {
        Weighing {
            inner: $validator.visitor($offset),
            weights: $weights,
        }
    };
}

/// As `FuncValidator::validate`, which has no limit on operands, but quicker at telling the operators that
/// most code is made of.
fn validate_operators(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    weights: &mut Weights,
) -> Result<(), Error> {
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    weights.begin(validator.len_locals());
    let mut start = reader.original_position();
    let mut rest = reader.read_bytes(reader.bytes_remaining())?;
    while !rest.is_empty() {
        // There are fewer operands than the body has bytes until the next check.
        if validator.control_stack_height() > 0 {
            while let Some((result, len)) = frequent(rest, &mut visitor!(validator, weights, start))
            {
                result?;
                rest = &rest[len..];
                start += len as u64;
            }
        }
        if rest.is_empty() {
            break;
        }
        let features = *validator.features();
        let (result, len) = any(
            rest,
            start,
            features,
            &mut visitor!(validator, weights, start),
        )?;
        result?;
        check_operands(validator, start)?;
        rest = &rest[len..];
        start += len as u64;
    }
    let reader = BinaryReader::new_features(rest, start, *validator.features());
    Ok(reader.finish_expression(&validator.visitor(start))?)
}
