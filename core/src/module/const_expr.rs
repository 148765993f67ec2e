//! Constant expressions (core specification, section 3.4.11): initial values and segment offsets.

use alloc::vec::Vec;
use core::ops::Range;

use super::ModuleInner;
#[cfg(feature = "compiler")]
use super::{List, Types};
use crate::{error::Error, types::TypeId};

/// A value as slots; a v128 takes both.
pub(crate) type Value = [u64; 2];

/// A constant expression: stack code, of which this says where it is in the module's list. Without any op it is zero
/// or null.
#[derive(Clone, Default)]
pub(crate) struct ConstExpr(pub(crate) Range<u32>);

#[derive(Clone, Copy, Debug)]
pub(crate) enum ConstOp {
    Value(Value),
    GlobalGet(u32),
    RefFunc(u32),
    I32Add,
    I32Sub,
    I32Mul,
    I64Add,
    I64Sub,
    I64Mul,
    RefI31,
    /// Makes a structure of so many values; of zero and null if there are none. `descriptor`: that is on top.
    Struct {
        ty: TypeId,
        fields: u32,
        descriptor: bool,
    },
    /// Makes an array of so many values.
    Array {
        ty: TypeId,
        elements: u32,
    },
    /// Makes an array of as many elements as the top says, of the value below; zero and null without one.
    ArrayOf {
        ty: TypeId,
        init: bool,
    },
}

/// Where constant expressions find globals and functions, and make objects.
pub(crate) trait ConstEnv {
    /// Slots of a global of the module.
    fn global(&self, index: u32) -> Value;
    /// Reference to a function of the module, as a slot.
    fn func_ref(&self, index: u32) -> u64;
    /// Makes a structure; without values it is zero and null.
    fn make_struct(
        &mut self,
        ty: TypeId,
        fields: &[Value],
        descriptor: Option<u64>,
    ) -> Result<u64, Error>;
    /// Makes an array of these values, or `len` times the first.
    fn make_array(&mut self, ty: TypeId, len: u32, values: &[Value]) -> Result<u64, Error>;
}

impl ConstExpr {
    /// Reads an expression that has been or will be validated before it is evaluated, and adds its ops to `ops`.
    #[cfg(feature = "compiler")]
    pub(super) fn parse(
        expr: &wasmparser::ConstExpr<'_>,
        types: &Types<'_>,
        ops: &mut List<ConstOp>,
    ) -> Result<ConstExpr, Error> {
        let start = ops.len();
        let mut reader = expr.get_binary_reader();
        while !reader.eof() {
            let offset = reader.original_position();
            let unsupported = || Error::unsupported("GC", "a constant expression", Some(offset));
            let gc = types.features.gc();
            #[cfg(feature = "gc")]
            let ty = |index: u32| {
                let entry = types.known.get(index as usize);
                entry.filter(|_| gc).ok_or_else(unsupported)
            };
            // By opcode: reading all operators there are would take chips more code than all else here.
            let opcode = match reader.read_u8()? {
                prefix @ (0xfb | 0xfd) => u32::from(prefix) << 16 | reader.read_var_u32()?,
                opcode => opcode.into(),
            };
            ops.push(match opcode {
                0x0b => continue,
                0x23 => ConstOp::GlobalGet(reader.read_var_u32()?),
                0x41 => ConstOp::Value([u64::from(reader.read_var_i32()? as u32), 0]),
                0x42 => ConstOp::Value([reader.read_var_i64()? as u64, 0]),
                0x43 => ConstOp::Value([u64::from(reader.read_f32()?.bits()), 0]),
                0x44 => ConstOp::Value([reader.read_f64()?.bits(), 0]),
                0x6a => ConstOp::I32Add,
                0x6b => ConstOp::I32Sub,
                0x6c => ConstOp::I32Mul,
                0x7c => ConstOp::I64Add,
                0x7d => ConstOp::I64Sub,
                0x7e => ConstOp::I64Mul,
                0xd0 => {
                    reader.read::<wasmparser::HeapType>()?;
                    ConstOp::Value([0; 2])
                }
                0xd2 => ConstOp::RefFunc(reader.read_var_u32()?),
                #[cfg(feature = "simd")]
                0xfd_000c => {
                    let (low, high) = reader.read_bytes(16)?.split_at(8);
                    ConstOp::Value(
                        [low, high]
                            .map(|half| u64::from_le_bytes(half.try_into().unwrap_or_default())),
                    )
                }
                #[cfg(feature = "gc")]
                // The structures: of values, of zero and null, the same with a descriptor.
                0xfb_0000 | 0xfb_0001 | 0xfb_0020 | 0xfb_0021 if gc => {
                    let entry = ty(reader.read_var_u32()?)?;
                    let fields = match &entry.def.composite {
                        crate::types::CompositeType::Struct(ty) if opcode & 1 == 0 => {
                            ty.fields().len() as u32
                        }
                        _ => 0,
                    };
                    ConstOp::Struct {
                        ty: entry.id,
                        fields,
                        descriptor: opcode >= 0xfb_0020,
                    }
                }
                #[cfg(feature = "gc")]
                0xfb_0006 | 0xfb_0007 if gc => ConstOp::ArrayOf {
                    ty: ty(reader.read_var_u32()?)?.id,
                    init: opcode == 0xfb_0006,
                },
                #[cfg(feature = "gc")]
                0xfb_0008 if gc => ConstOp::Array {
                    ty: ty(reader.read_var_u32()?)?.id,
                    elements: reader.read_var_u32()?,
                },
                // References of both hierarchies look alike.
                0xfb_001a | 0xfb_001b if gc => continue,
                0xfb_001c if gc => ConstOp::RefI31,
                // Validated, so it is one of GC's or a vector.
                _ => return Err(unsupported()),
            });
        }
        Ok(ConstExpr(start..ops.len()))
    }

    /// The value, as slots, of an expression of the module.
    ///
    /// # Errors
    /// There is no room for an object.
    pub(crate) fn eval(
        &self,
        module: &ModuleInner,
        env: &mut impl ConstEnv,
    ) -> Result<Value, Error> {
        let op = |index| module.const_ops.get(module, index);
        #[cfg(feature = "extended-const")]
        return eval(self.0.clone().map_while(op), env);
        // One op is all there is, or none.
        #[cfg(not(feature = "extended-const"))]
        Ok(match self.0.clone().next().and_then(op) {
            Some(ConstOp::Value(value)) => value,
            Some(ConstOp::GlobalGet(index)) => env.global(index),
            Some(ConstOp::RefFunc(index)) => [env.func_ref(index), 0],
            _ => [0; 2],
        })
    }
}

#[cfg(feature = "extended-const")]
fn eval(ops: impl Iterator<Item = ConstOp>, env: &mut impl ConstEnv) -> Result<Value, Error> {
    let mut stack: Vec<Value> = Vec::new();
    // Validation has checked the operands; were one missing, it would read as zero.
    for op in ops {
        let value = match op {
            ConstOp::Value(value) => value,
            ConstOp::GlobalGet(index) => env.global(index),
            ConstOp::RefFunc(index) => [env.func_ref(index), 0],
            ConstOp::RefI31 => {
                let [value, _] = stack.pop().unwrap_or_default();
                [u64::from((value as u32) << 1 | 1), 0]
            }
            // (So that nothing of objects is there.)
            _ if !cfg!(feature = "gc") => arithmetic(&op, &mut stack),
            ConstOp::Struct {
                ty,
                fields,
                descriptor,
            } => {
                let descriptor = match descriptor {
                    true => Some(stack.pop().unwrap_or_default()[0]),
                    false => None,
                };
                let values = stack.split_off(stack.len().saturating_sub(fields as usize));
                [env.make_struct(ty, &values, descriptor)?, 0]
            }
            ConstOp::Array { ty, elements } => {
                let values = stack.split_off(stack.len().saturating_sub(elements as usize));
                [env.make_array(ty, elements, &values)?, 0]
            }
            ConstOp::ArrayOf { ty, init } => {
                let [len, _] = stack.pop().unwrap_or_default();
                let value = if init { stack.pop() } else { None };
                [env.make_array(ty, len as u32, value.as_slice())?, 0]
            }
            _ => arithmetic(&op, &mut stack),
        };
        stack.push(value);
    }
    Ok(stack.pop().unwrap_or_default())
}

/// Sum, difference or product of the two values on top, which it takes.
#[cfg(feature = "extended-const")]
fn arithmetic(op: &ConstOp, stack: &mut Vec<Value>) -> Value {
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

#[cfg(all(test, feature = "extended-const"))]
mod tests {
    use super::*;

    struct Env;
    impl ConstEnv for Env {
        fn global(&self, index: u32) -> Value {
            [u64::from(index) * 10, 0]
        }
        fn func_ref(&self, index: u32) -> u64 {
            u64::from(index) + 1
        }
        fn make_struct(
            &mut self,
            _: TypeId,
            fields: &[Value],
            _: Option<u64>,
        ) -> Result<u64, Error> {
            Ok(fields.iter().map(|[low, _]| low).sum())
        }
        fn make_array(&mut self, _: TypeId, len: u32, values: &[Value]) -> Result<u64, Error> {
            Ok(u64::from(len) * 100 + values.len() as u64)
        }
    }

    fn eval(ops: &[ConstOp]) -> u64 {
        super::eval(ops.iter().copied(), &mut Env).unwrap()[0]
    }

    #[test]
    fn arithmetic_wraps_at_its_width() {
        use ConstOp::*;
        let value = |value| Value([value, 0]);
        assert_eq!(eval(&[value(u32::MAX.into()), value(2), I32Add]), 1);
        assert_eq!(eval(&[value(1), value(2), I32Sub]), u32::MAX.into());
        assert_eq!(eval(&[value(1), value(2), I64Sub]), u64::MAX);
        assert_eq!(
            eval(&[GlobalGet(3), value(4), I32Mul, value(1), I32Add]),
            121
        );
        assert_eq!(eval(&[RefFunc(4)]), 5);
    }

    #[test]
    #[cfg(feature = "gc")]
    fn objects_take_their_values() {
        use ConstOp::*;
        let value = |value| Value([value, 0]);
        let ty = TypeId(0);
        let structure = Struct {
            ty,
            fields: 2,
            descriptor: false,
        };
        assert_eq!(eval(&[value(9), value(1), value(2), structure]), 3);
        let array = ArrayOf { ty, init: true };
        assert_eq!(eval(&[value(9), value(7), array]), 701);
        assert_eq!(eval(&[value(3), RefI31]), 7);
    }
}
