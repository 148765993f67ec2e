//! Arguments and expected results.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};
use wasmote::{Error, ExternRef, HeapType, Store, Val};

/// A value that is no reference; floats as their bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Number {
    /// 32-bit integer.
    I32(u32),
    /// 64-bit integer.
    I64(u64),
    /// 32-bit float.
    F32(u32),
    /// 64-bit float.
    F64(u64),
    /// 128-bit vector, little endian.
    V128(u128),
}

/// The four hierarchies of references.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hierarchy {
    /// Functions.
    Func,
    /// Host values.
    Extern,
    /// Exceptions.
    Exn,
    /// Numbers, structures, arrays.
    Any,
}

/// An argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arg {
    /// A number.
    Number(Number),
    /// A null reference.
    Null(Hierarchy),
    /// A host value, which holds a number.
    Extern(u32),
    /// The same as a value of the hierarchy `any`.
    Host(u32),
}

/// What a result may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// A number. The bits that are set in the second one may be any: a NaN's payload.
    Number(Number, u128),
    /// A null reference, of a hierarchy or any.
    Null(Option<Hierarchy>),
    /// A function.
    Func,
    /// A host value, that holds this number or any.
    Extern(Option<u32>),
    /// A host value of the hierarchy `any`.
    Host(u32),
    /// Anything of the hierarchy `any`.
    Any,
    /// A number, structure or array.
    Eq,
    /// A number.
    I31,
    /// A structure.
    Struct,
    /// An array.
    Array,
    /// One of these.
    Either(Vec<Expected>),
}

impl Number {
    fn bits(self) -> u128 {
        match self {
            Number::I32(bits) | Number::F32(bits) => bits.into(),
            Number::I64(bits) | Number::F64(bits) => bits.into(),
            Number::V128(bits) => bits,
        }
    }
}

impl From<Number> for Val {
    fn from(number: Number) -> Val {
        match number {
            Number::I32(bits) => Val::I32(bits as i32),
            Number::I64(bits) => Val::I64(bits as i64),
            Number::F32(bits) => Val::F32(bits),
            Number::F64(bits) => Val::F64(bits),
            Number::V128(bits) => Val::V128(bits),
        }
    }
}

fn number(value: &Val) -> Option<Number> {
    Some(match *value {
        Val::I32(bits) => Number::I32(bits as u32),
        Val::I64(bits) => Number::I64(bits as u64),
        Val::F32(bits) => Number::F32(bits),
        Val::F64(bits) => Number::F64(bits),
        Val::V128(bits) => Number::V128(bits),
        _ => return None,
    })
}

impl Arg {
    /// The value. Host references hold their number.
    pub(crate) fn value<T>(self, store: &mut Store<T>) -> Result<Val, Error> {
        Ok(match self {
            Arg::Number(number) => number.into(),
            Arg::Null(Hierarchy::Func) => Val::NULL_FUNC,
            Arg::Null(Hierarchy::Extern) => Val::NULL_EXTERN,
            Arg::Null(Hierarchy::Exn) => Val::ExnRef(None),
            Arg::Null(Hierarchy::Any) => Val::AnyRef(None),
            Arg::Extern(number) => ExternRef::new(store, number)?.into(),
            Arg::Host(number) => ExternRef::new(store, number)?.to_any().into(),
        })
    }
}

impl Expected {
    /// Whether the value is as expected.
    pub fn matches<T>(&self, store: &Store<T>, got: &Val) -> bool {
        let holds = |value: &ExternRef, expected: u32| {
            let data = value.data(store);
            data.and_then(|data| data.downcast_ref::<u32>()) == Some(&expected)
        };
        match (got, self) {
            (got, Expected::Either(cases)) => cases.iter().any(|case| case.matches(store, got)),
            (got, Expected::Number(expected, free)) => number(got).is_some_and(|got| {
                core::mem::discriminant(&got) == core::mem::discriminant(expected)
                    && (got.bits() ^ expected.bits()) & !free == 0
            }),
            (Val::FuncRef(None), Expected::Null(of)) => of.is_none_or(|of| of == Hierarchy::Func),
            (Val::ExternRef(None), Expected::Null(of)) => {
                of.is_none_or(|of| of == Hierarchy::Extern)
            }
            (Val::ExnRef(None), Expected::Null(of)) => of.is_none_or(|of| of == Hierarchy::Exn),
            (Val::AnyRef(None), Expected::Null(of)) => of.is_none_or(|of| of == Hierarchy::Any),
            (Val::FuncRef(Some(_)), Expected::Func) => true,
            (Val::ExternRef(Some(got)), Expected::Extern(expected)) => {
                expected.is_none_or(|expected| holds(got, expected))
            }
            (Val::AnyRef(Some(got)), Expected::Host(expected)) => {
                holds(&got.to_extern(), *expected)
            }
            (Val::AnyRef(Some(_)), Expected::Any) => true,
            (Val::AnyRef(Some(got)), expected) => matches!(
                (got.heap_type(store), expected),
                (HeapType::I31, Expected::I31 | Expected::Eq)
                    | (HeapType::ConcreteStruct(_), Expected::Struct | Expected::Eq)
                    | (HeapType::ConcreteArray(_), Expected::Array | Expected::Eq)
            ),
            _ => false,
        }
    }
}

/// Compares results with what is expected.
pub(crate) fn check<T>(store: &Store<T>, got: &[Val], expected: &[Expected]) -> Result<(), String> {
    if got.len() != expected.len() {
        return Err(format!(
            "expected {} results, got {}",
            expected.len(),
            show(got)
        ));
    }
    for (n, (got, expected)) in got.iter().zip(expected).enumerate() {
        if !expected.matches(store, got) {
            let got = show(core::slice::from_ref(got));
            return Err(format!("result {n}: expected {expected}, got {got}"));
        }
    }
    Ok(())
}

/// Values as a message shows them.
pub(crate) fn show(values: &[Val]) -> String {
    let words: Vec<String> = values
        .iter()
        .map(|value| match value {
            Val::FuncRef(None) => "a null funcref".into(),
            Val::FuncRef(Some(_)) => "a funcref".into(),
            Val::ExternRef(None) => "a null externref".into(),
            Val::ExternRef(Some(_)) => "an externref".into(),
            other => match number(other) {
                Some(number) => format!("{number}"),
                None => format!("{other:?}"),
            },
        })
        .collect();
    if words.is_empty() {
        "nothing".into()
    } else {
        words.join(", ")
    }
}

/// Floats with their bits, since NaNs look alike.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Number::I32(v) => write!(f, "i32 {}", v as i32),
            Number::I64(v) => write!(f, "i64 {}", v as i64),
            Number::F32(v) => write!(f, "f32 {} ({v:#010x})", f32::from_bits(v)),
            Number::F64(v) => write!(f, "f64 {} ({v:#018x})", f64::from_bits(v)),
            Number::V128(v) => write!(f, "v128 {v:#034x}"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Number(number, 0) => number.fmt(f),
            Expected::Number(number, free) => write!(f, "{number} but for the bits {free:#x}"),
            Expected::Null(_) => f.write_str("a null reference"),
            Expected::Func => f.write_str("a funcref"),
            Expected::Extern(Some(n)) => write!(f, "externref {n}"),
            Expected::Either(cases) => cases
                .iter()
                .enumerate()
                .try_for_each(|(i, case)| write!(f, "{}{case}", if i == 0 { "" } else { " or " })),
            other => write!(f, "{other:?}"),
        }
    }
}
