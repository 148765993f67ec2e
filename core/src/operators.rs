//! Decoding of function bodies: quick for the operators that most code is made of, by wasmparser for all.

use wasmparser::{
    BinaryReader, BlockType, FrameStack, MemArg, MemArgTarget, Result, VisitOperator, WasmFeatures,
};

/// Visits the operator at the start of `bytes`, which are at `offset` in the module; what the visitor
/// said, and what follows the operator.
///
/// # Errors
/// The operator is malformed, or may not stand where it is.
pub(crate) fn any<'a, V: VisitOperator<'a> + FrameStack>(
    bytes: &'a [u8],
    offset: u64,
    features: WasmFeatures,
    visitor: &mut V,
) -> Result<(V::Output, &'a [u8])> {
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
    Ok((output, reader.read_bytes(reader.bytes_remaining())?))
}

/// Visits the operator at the start of `bytes`, if it is a frequent one with short immediates; what the
/// visitor said, and what follows the operator. They close no block and push one operand at most.
///
/// An operator must be allowed there. Builds for chips have none that is frequent: it takes code.
#[inline(always)]
pub(crate) fn frequent<'a, 'b, V: VisitOperator<'a>>(
    bytes: &'b [u8],
    visitor: &mut V,
) -> Option<(V::Output, &'b [u8])> {
    if cfg!(not(feature = "dispatch-full")) {
        return None;
    }
    let (&opcode, rest) = bytes.split_first()?;
    /// Loads and stores of memory 0.
    macro_rules! access {
        ($visit:ident, $max_align:literal) => {{
            let (&align @ ..16, rest) = rest.split_first()? else {
                return None;
            };
            let (offset, rest) = unsigned(rest)?;
            (visitor.$visit(memarg(align, $max_align, offset)), rest)
        }};
    }
    macro_rules! index {
        ($visit:ident) => {{
            let (index, rest) = unsigned(rest)?;
            (visitor.$visit(index), rest)
        }};
    }
    macro_rules! constant {
        ($visit:ident) => {{
            let (value, rest) = signed(rest)?;
            (visitor.$visit(value.into()), rest)
        }};
    }
    /// Blocks without parameters and results.
    macro_rules! block {
        ($visit:ident) => {
            match rest.split_first()? {
                (0x40, rest) => (visitor.$visit(BlockType::Empty), rest),
                _ => return None,
            }
        };
    }
    macro_rules! alone {
        ($visit:ident) => {
            (visitor.$visit(), rest)
        };
    }
    Some(match opcode {
        0x02 => block!(visit_block),
        0x03 => block!(visit_loop),
        0x04 => block!(visit_if),
        0x0c => index!(visit_br),
        0x1a => alone!(visit_drop),
        0x1b => alone!(visit_select),
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
        0x3b => access!(visit_i32_store16, 1),
        0x41 => constant!(visit_i32_const),
        0x42 => constant!(visit_i64_const),
        0x45 => alone!(visit_i32_eqz),
        0x46 => alone!(visit_i32_eq),
        0x47 => alone!(visit_i32_ne),
        0x48 => alone!(visit_i32_lt_s),
        0x49 => alone!(visit_i32_lt_u),
        0x4a => alone!(visit_i32_gt_s),
        0x4b => alone!(visit_i32_gt_u),
        0x4d => alone!(visit_i32_le_u),
        0x4f => alone!(visit_i32_ge_u),
        0x50 => alone!(visit_i64_eqz),
        0x51 => alone!(visit_i64_eq),
        0x6a => alone!(visit_i32_add),
        0x6b => alone!(visit_i32_sub),
        0x6c => alone!(visit_i32_mul),
        0x71 => alone!(visit_i32_and),
        0x72 => alone!(visit_i32_or),
        0x73 => alone!(visit_i32_xor),
        0x74 => alone!(visit_i32_shl),
        0x75 => alone!(visit_i32_shr_s),
        0x76 => alone!(visit_i32_shr_u),
        0x7c => alone!(visit_i64_add),
        0x83 => alone!(visit_i64_and),
        0x84 => alone!(visit_i64_or),
        0x86 => alone!(visit_i64_shl),
        0x88 => alone!(visit_i64_shr_u),
        0xa7 => alone!(visit_i32_wrap_i64),
        0xad => alone!(visit_i64_extend_i32_u),
        _ => return None,
    })
}

/// The LEB128 number at the start of `bytes`, if it is so short that all it can say is in range; its
/// length in bits, and what follows it.
#[inline(always)]
fn short(bytes: &[u8]) -> Option<(u32, u32, &[u8])> {
    let low = |byte: u8, i: u32| u32::from(byte & 0x7f) << (7 * i);
    match *bytes {
        [a @ ..0x80, ref rest @ ..] => Some((a.into(), 7, rest)),
        [a, b @ ..0x80, ref rest @ ..] => Some((low(a, 0) | low(b, 1), 14, rest)),
        [a, b, c @ ..0x80, ref rest @ ..] => Some((low(a, 0) | low(b, 1) | low(c, 2), 21, rest)),
        [a, b, c, d @ ..0x80, ref rest @ ..] => {
            let value = low(a, 0) | low(b, 1) | low(c, 2) | low(d, 3);
            Some((value, 28, rest))
        }
        _ => None,
    }
}

#[inline(always)]
fn unsigned(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (value, _, rest) = short(bytes)?;
    Some((value, rest))
}

/// The same of a signed number, whose sign is its highest bit.
#[inline(always)]
fn signed(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (value, bits, rest) = short(bytes)?;
    Some(((value << (32 - bits)).cast_signed() >> (32 - bits), rest))
}

fn memarg(align: u8, max_align: u8, offset: u32) -> MemArg {
    MemArg {
        align,
        max_align,
        offset: offset.into(),
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}
