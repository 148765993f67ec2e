//! Decoding of function bodies: quick for the operators that most code is made of, by wasmparser for all.

use wasmparser::{
    BinaryReader, BlockType, FrameStack, MemArg, MemArgTarget, Result, VisitOperator, WasmFeatures,
};

/// Visits the operator at the start of `bytes`, which are at `offset` in the module; what the visitor
/// said, and the operator's length.
///
/// # Errors
/// The operator is malformed, or may not stand where it is.
pub(crate) fn any<'a, V: VisitOperator<'a> + FrameStack>(
    bytes: &'a [u8],
    offset: u64,
    features: WasmFeatures,
    visitor: &mut V,
) -> Result<(V::Output, usize)> {
    let mut reader = BinaryReader::new_features(bytes, offset, features);
    let output = match (bytes.first(), visitor.current_frame()) {
        // The most frequent of those that `frequent` leaves.
        (Some(opcode @ (0x0b | 0x0d | 0x10)), Some(_)) => {
            reader.read_u8()?;
            match opcode {
                0x0b => visitor.visit_end(),
                0x0d => visitor.visit_br_if(reader.read_var_u32()?),
                _ => visitor.visit_call(reader.read_var_u32()?),
            }
        }
        _ => reader.visit_operator(visitor)?,
    };
    Ok((output, bytes.len() - reader.bytes_remaining()))
}

/// Visits the operator at the start of `bytes`, if it is a frequent one with short immediates; what the
/// visitor said, and the operator's length. They close no block and push one operand at most.
///
/// An operator must be allowed there.
#[inline(always)]
pub(crate) fn frequent<'a, V: VisitOperator<'a>>(
    bytes: &[u8],
    visitor: &mut V,
) -> Option<(V::Output, usize)> {
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
    macro_rules! index {
        ($visit:ident) => {
            match *bytes {
                [_, index @ ..0x80, ..] => (visitor.$visit(index.into()), 2),
                [_, low @ 0x80..=0xff, high @ ..0x80, ..] => {
                    let index = u32::from(low & 0x7f) | u32::from(high) << 7;
                    (visitor.$visit(index), 3)
                }
                _ => return None,
            }
        };
    }
    /// A constant: the sign is the number's highest bit.
    macro_rules! constant {
        ($visit:ident, $ty:ty) => {
            match *bytes {
                [_, value @ ..0x80, ..] => {
                    let value = <$ty>::from((value << 1).cast_signed() >> 1);
                    (visitor.$visit(value), 2)
                }
                [_, low @ 0x80..=0xff, high @ ..0x80, ..] => {
                    let high = <$ty>::from((high << 1).cast_signed() >> 1);
                    let value = high << 7 | <$ty>::from(low & 0x7f);
                    (visitor.$visit(value), 3)
                }
                [
                    _,
                    low @ 0x80..=0xff,
                    middle @ 0x80..=0xff,
                    high @ ..0x80,
                    ..,
                ] => {
                    let high = <$ty>::from((high << 1).cast_signed() >> 1);
                    let low = <$ty>::from(middle & 0x7f) << 7 | <$ty>::from(low & 0x7f);
                    (visitor.$visit(high << 14 | low), 4)
                }
                _ => return None,
            }
        };
    }
    Some(match *bytes.first()? {
        // (0x40: no parameters, no results.)
        0x02 if bytes.get(1) == Some(&0x40) => (visitor.visit_block(BlockType::Empty), 2),
        0x03 if bytes.get(1) == Some(&0x40) => (visitor.visit_loop(BlockType::Empty), 2),
        0x0c => index!(visit_br),
        0x20 => index!(visit_local_get),
        0x21 => index!(visit_local_set),
        0x22 => index!(visit_local_tee),
        0x23 => index!(visit_global_get),
        0x24 => index!(visit_global_set),
        0x28 => access!(visit_i32_load, 2),
        0x29 => access!(visit_i64_load, 3),
        0x2d => access!(visit_i32_load8_u, 0),
        0x2f => access!(visit_i32_load16_u, 1),
        0x36 => access!(visit_i32_store, 2),
        0x37 => access!(visit_i64_store, 3),
        0x3a => access!(visit_i32_store8, 0),
        0x41 => constant!(visit_i32_const, i32),
        0x42 => constant!(visit_i64_const, i64),
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
