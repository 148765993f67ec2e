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
pub(crate) type Pending = FuncToValidate<ValidatorResources>;

/// Validates the body, and chooses locals to pin.
pub(super) fn validate_body(
    bytes: &[u8],
    func: Pending,
    body: &FunctionBody<'_>,
    weights: &mut Weights,
    allocations: &mut FuncValidatorAllocations,
) -> Result<Pins, Error> {
    let (index, ty, features) = (func.index, func.ty, func.features);
    let mut validator = func.into_validator(core::mem::take(allocations));
    if let Err(error) = validate_operators(&mut validator, body, weights, false) {
        // Once more, to say where.
        let resources = validator.resources().clone();
        let again = FuncToValidate {
            resources,
            index,
            ty,
            features,
        };
        let mut validator = again.into_validator(validator.into_allocations());
        let located = validate_operators(&mut validator, body, weights, true);
        let names = find_names(bytes);
        let error = located.err().unwrap_or(error);
        return Err(error.in_func(index, names.func(bytes, index)));
    }
    let pins = weights.choose(|local| {
        let ty = validator.get_local_type(local);
        // (References not: the collector looks for them in slots, and so do the ops that use them.)
        matches!(ty, Some(ValType::I32 | ValType::I64))
    });
    *allocations = validator.into_allocations();
    Ok(pins)
}

/// As `FuncValidator::validate`, which has no limit on operands, but quicker at telling the operators that
/// most code is made of. Offsets in errors are exact only if that is wanted: a visitor has one offset, and
/// making one for every operator costs.
fn validate_operators(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    weights: &mut Weights,
    exact: bool,
) -> Result<(), Error> {
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    weights.begin(validator.len_locals());
    let features = *validator.features();
    let mut rest = reader.read_bytes(reader.bytes_remaining())?;
    let end = reader.original_position();
    let offset = |rest: &[u8]| end - rest.len() as u64;
    while !rest.is_empty() {
        let open = validator.control_stack_height() > 0;
        let mut visitor = Weighing {
            inner: validator.visitor(offset(rest)),
            weights,
        };
        if open && !exact {
            // There are fewer operands than the body has bytes until the next check.
            while let Some((result, behind)) = frequent(rest, &mut visitor) {
                result?;
                rest = behind;
            }
            if rest.is_empty() {
                break;
            }
        }
        let (result, behind) = any(rest, offset(rest), features, &mut visitor)?;
        result?;
        drop(visitor);
        check_operands(validator, offset(rest))?;
        rest = behind;
    }
    let reader = BinaryReader::new_features(rest, end, features);
    Ok(reader.finish_expression(&validator.visitor(end))?)
}
