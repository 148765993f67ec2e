//! Constant expressions (core specification, section 3.4.11): initial values and segment offsets.

use alloc::{boxed::Box, vec::Vec};

use wasmparser::Operator;

use crate::error::Error;

/// A validated constant expression, in the form the instantiation evaluates.
pub(crate) enum ConstExpr {
    /// The usual case: one constant, as a slot.
    Value(u64),
    /// Stack code.
    Ops(Box<[ConstOp]>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ConstOp {
    Value(u64),
    Vector([u64; 2]),
    GlobalGet(u32),
    RefFunc(u32),
    I32Add,
    I32Sub,
    I32Mul,
    I64Add,
    I64Sub,
    I64Mul,
}

/// Where constant expressions find globals and functions.
pub(crate) trait ConstEnv {
    /// Slots of a global of the module (a v128 takes both).
    fn global(&self, index: u32) -> [u64; 2];
    /// Reference to a function of the module, as a slot.
    fn func_ref(&self, index: u32) -> u64;
}

impl ConstExpr {
    /// Reads an expression that has been or will be validated before it is evaluated.
    pub(super) fn parse(expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Error> {
        let mut ops = Vec::new();
        let mut reader = expr.get_operators_reader();
        while !reader.eof() {
            let (op, offset) = reader.read_with_offset()?;
            ops.push(match op {
                Operator::I32Const { value } => ConstOp::Value(u64::from(value as u32)),
                Operator::I64Const { value } => ConstOp::Value(value as u64),
                Operator::F32Const { value } => ConstOp::Value(u64::from(value.bits())),
                Operator::F64Const { value } => ConstOp::Value(value.bits()),
                #[cfg(feature = "simd")]
                Operator::V128Const { value } => {
                    let (low, high) = value.bytes().split_at(8);
                    ConstOp::Vector([low, high].map(|half| {
                        u64::from_le_bytes(half.try_into().unwrap_or_default())
                    }))
                }
                Operator::RefNull { .. } => ConstOp::Value(0),
                Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
                Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
                Operator::I32Add => ConstOp::I32Add,
                Operator::I32Sub => ConstOp::I32Sub,
                Operator::I32Mul => ConstOp::I32Mul,
                Operator::I64Add => ConstOp::I64Add,
                Operator::I64Sub => ConstOp::I64Sub,
                Operator::I64Mul => ConstOp::I64Mul,
                Operator::End => continue,
                // Validated, so it is one of GC's or a vector.
                _ => {
                    return Err(Error::unsupported(
                        "GC",
                        "a constant expression",
                        Some(offset),
                    ));
                }
            });
        }
        Ok(match ops[..] {
            [ConstOp::Value(value)] => ConstExpr::Value(value),
            _ => ConstExpr::Ops(ops.into()),
        })
    }

    /// The value, as slots.
    pub(crate) fn eval(&self, env: &impl ConstEnv) -> [u64; 2] {
        let ops = match self {
            ConstExpr::Value(value) => return [*value, 0],
            ConstExpr::Ops(ops) => ops,
        };
        // A constant or global alone needs no stack.
        match **ops {
            [ConstOp::GlobalGet(index)] => return env.global(index),
            [ConstOp::RefFunc(index)] => return [env.func_ref(index), 0],
            _ => {}
        }
        let mut stack: Vec<[u64; 2]> = Vec::new();
        // Validation has checked the operands; were one missing, it would read as zero.
        for op in &**ops {
            let value = match *op {
                ConstOp::Value(value) => [value, 0],
                ConstOp::Vector(value) => value,
                ConstOp::GlobalGet(index) => env.global(index),
                ConstOp::RefFunc(index) => [env.func_ref(index), 0],
                _ => {
                    let [b, _] = stack.pop().unwrap_or_default();
                    let [a, _] = stack.pop().unwrap_or_default();
                    let value = match *op {
                        ConstOp::I32Add => u64::from((a as u32).wrapping_add(b as u32)),
                        ConstOp::I32Sub => u64::from((a as u32).wrapping_sub(b as u32)),
                        ConstOp::I32Mul => u64::from((a as u32).wrapping_mul(b as u32)),
                        ConstOp::I64Add => a.wrapping_add(b),
                        ConstOp::I64Sub => a.wrapping_sub(b),
                        _ => a.wrapping_mul(b),
                    };
                    [value, 0]
                }
            };
            stack.push(value);
        }
        stack.pop().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Env;
    impl ConstEnv for Env {
        fn global(&self, index: u32) -> [u64; 2] {
            [u64::from(index) * 10, 0]
        }
        fn func_ref(&self, index: u32) -> u64 {
            u64::from(index) + 1
        }
    }

    fn eval(ops: &[ConstOp]) -> u64 {
        ConstExpr::Ops(ops.into()).eval(&Env)[0]
    }

    #[test]
    fn arithmetic_wraps_at_its_width() {
        use ConstOp::*;
        assert_eq!(eval(&[Value(u32::MAX.into()), Value(2), I32Add]), 1);
        assert_eq!(eval(&[Value(1), Value(2), I32Sub]), u32::MAX.into());
        assert_eq!(eval(&[Value(1), Value(2), I64Sub]), u64::MAX);
        assert_eq!(
            eval(&[GlobalGet(3), Value(4), I32Mul, Value(1), I32Add]),
            121
        );
        assert_eq!(eval(&[RefFunc(4)]), 5);
    }
}
