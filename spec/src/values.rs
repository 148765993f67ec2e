//! Arguments and expected results of scripts, as a player takes them.

use wasmote_spec_player::{Arg, Expected, Hierarchy, Number};
use wast::{
    WastArg, WastRet,
    core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore},
    token::{F32, F64},
};

pub fn argument(arg: &WastArg<'_>) -> Result<Arg, String> {
    let WastArg::Core(arg) = arg else {
        return Err("component values are not supported".into());
    };
    Ok(match arg {
        WastArgCore::I32(v) => Arg::Number(Number::I32(*v as u32)),
        WastArgCore::I64(v) => Arg::Number(Number::I64(*v as u64)),
        WastArgCore::F32(v) => Arg::Number(Number::F32(v.bits)),
        WastArgCore::F64(v) => Arg::Number(Number::F64(v.bits)),
        WastArgCore::V128(v) => Arg::Number(vector(v.to_le_bytes())),
        WastArgCore::RefNull(heap) => match hierarchy(heap)? {
            Some(hierarchy) => Arg::Null(hierarchy),
            None => return Err(format!("null of type {heap:?} is not supported")),
        },
        WastArgCore::RefExtern(n) => Arg::Extern(*n),
        WastArgCore::RefHost(n) => Arg::Host(*n),
    })
}

/// The hierarchy of a type; `None` of types that the script's modules define.
fn hierarchy(heap: &HeapType<'_>) -> Result<Option<Hierarchy>, String> {
    use AbstractHeapType as A;
    let HeapType::Abstract { ty, .. } = heap else {
        return Ok(None);
    };
    Ok(Some(match ty {
        A::Func | A::NoFunc => Hierarchy::Func,
        A::Extern | A::NoExtern => Hierarchy::Extern,
        A::Exn | A::NoExn => Hierarchy::Exn,
        A::Any | A::Eq | A::I31 | A::Struct | A::Array | A::None => Hierarchy::Any,
        other => return Err(format!("null of type {other:?} is not supported")),
    }))
}

pub fn results(expected: &[WastRet<'_>]) -> Result<Vec<Expected>, String> {
    let result = |expected: &WastRet<'_>| match expected {
        WastRet::Core(expected) => result(expected),
        _ => Err("component values are not supported".into()),
    };
    expected.iter().map(result).collect()
}

fn result(expected: &WastRetCore<'_>) -> Result<Expected, String> {
    Ok(match expected {
        WastRetCore::I32(v) => Expected::Number(Number::I32(*v as u32), 0),
        WastRetCore::I64(v) => Expected::Number(Number::I64(*v as u64), 0),
        WastRetCore::F32(pattern) => {
            let (bits, free) = f32_pattern(pattern);
            Expected::Number(Number::F32(bits), free.into())
        }
        WastRetCore::F64(pattern) => {
            let (bits, free) = f64_pattern(pattern);
            Expected::Number(Number::F64(bits), free.into())
        }
        WastRetCore::V128(pattern) => vector_pattern(pattern),
        WastRetCore::RefNull(None) => Expected::Null(None),
        WastRetCore::RefNull(Some(heap)) => Expected::Null(hierarchy(heap)?),
        WastRetCore::RefExtern(n) => Expected::Extern(*n),
        WastRetCore::RefHost(n) => Expected::Host(*n),
        WastRetCore::RefFunc(_) => Expected::Func,
        WastRetCore::RefAny => Expected::Any,
        WastRetCore::RefEq => Expected::Eq,
        WastRetCore::RefArray => Expected::Array,
        WastRetCore::RefStruct => Expected::Struct,
        WastRetCore::RefI31 => Expected::I31,
        WastRetCore::Either(cases) => {
            Expected::Either(cases.iter().map(result).collect::<Result<_, _>>()?)
        }
        other => return Err(format!("{other:?} is not supported")),
    })
}

fn vector(bytes: [u8; 16]) -> Number {
    Number::V128(u128::from_le_bytes(bytes))
}

fn vector_pattern(expected: &V128Pattern) -> Expected {
    fn joined<const N: usize>(lanes: impl Iterator<Item = [u8; N]>) -> u128 {
        let bytes: Vec<u8> = lanes.flatten().collect();
        u128::from_le_bytes(bytes.try_into().expect("lanes of 16 bytes"))
    }
    let (bits, free) = match expected {
        V128Pattern::I8x16(lanes) => (joined(lanes.iter().map(|lane| lane.to_le_bytes())), 0),
        V128Pattern::I16x8(lanes) => (joined(lanes.iter().map(|lane| lane.to_le_bytes())), 0),
        V128Pattern::I32x4(lanes) => (joined(lanes.iter().map(|lane| lane.to_le_bytes())), 0),
        V128Pattern::I64x2(lanes) => (joined(lanes.iter().map(|lane| lane.to_le_bytes())), 0),
        V128Pattern::F32x4(lanes) => {
            let lanes = lanes.each_ref().map(f32_pattern);
            (
                joined(lanes.iter().map(|(bits, _)| bits.to_le_bytes())),
                joined(lanes.iter().map(|(_, free)| free.to_le_bytes())),
            )
        }
        V128Pattern::F64x2(lanes) => {
            let lanes = lanes.each_ref().map(f64_pattern);
            (
                joined(lanes.iter().map(|(bits, _)| bits.to_le_bytes())),
                joined(lanes.iter().map(|(_, free)| free.to_le_bytes())),
            )
        }
    };
    Expected::Number(Number::V128(bits), free)
}

/// The bits, and those of them that may be any: a canonical NaN's sign, and of an arithmetic one all but exponent and
/// first bit of the fraction.
fn f32_pattern(expected: &NanPattern<F32>) -> (u32, u32) {
    const CANONICAL: u32 = 0x7fc0_0000;
    match expected {
        NanPattern::CanonicalNan => (CANONICAL, 1 << 31),
        NanPattern::ArithmeticNan => (CANONICAL, !CANONICAL),
        NanPattern::Value(expected) => (expected.bits, 0),
    }
}

fn f64_pattern(expected: &NanPattern<F64>) -> (u64, u64) {
    const CANONICAL: u64 = 0x7ff8_0000_0000_0000;
    match expected {
        NanPattern::CanonicalNan => (CANONICAL, 1 << 63),
        NanPattern::ArithmeticNan => (CANONICAL, !CANONICAL),
        NanPattern::Value(expected) => (expected.bits, 0),
    }
}

#[cfg(test)]
mod tests {
    use wasmote::{Engine, Store, Val};
    use wast::parser::{ParseBuffer, parse};

    use super::*;

    fn agree(got: Val, expected: &str) -> bool {
        let buffer = ParseBuffer::new(expected).expect("tokens");
        let expected = parse::<WastRetCore<'_>>(&buffer).expect("a result");
        result(&expected)
            .expect("a core value")
            .matches(&Store::new(&Engine::default(), ()), &got)
    }

    #[test]
    fn nan_patterns() {
        for bits in [0x7fc0_0000, 0xffc0_0000] {
            assert!(agree(Val::F32(bits), "f32.const nan:canonical"));
            assert!(agree(Val::F32(bits), "f32.const nan:arithmetic"));
        }
        assert!(!agree(Val::F32(0x7fc0_0001), "f32.const nan:canonical"));
        assert!(agree(Val::F32(0x7fc0_0001), "f32.const nan:arithmetic"));
        assert!(!agree(Val::F32(0x7fa0_0000), "f32.const nan:arithmetic"));
        assert!(
            !agree(Val::F32(0x7f80_0000), "f32.const nan:arithmetic"),
            "infinity"
        );
        assert!(agree(Val::F32(0x7fa0_0000), "f32.const nan:0x200000"));
        assert!(agree(
            Val::F64(0xfff8_0000_0000_0000),
            "f64.const nan:canonical"
        ));
        assert!(!agree(
            Val::F64(0x7ff0_0000_0000_0001),
            "f64.const nan:arithmetic"
        ));
        assert!(!agree(Val::F64(0), "f64.const -0"));
    }

    #[test]
    fn references_and_alternatives() {
        assert!(agree(Val::NULL_FUNC, "ref.null func"));
        assert!(agree(Val::NULL_FUNC, "ref.null"));
        assert!(!agree(Val::NULL_FUNC, "ref.null extern"));
        assert!(!agree(Val::NULL_FUNC, "ref.func"));
        assert!(agree(Val::I32(2), "either (i32.const 1) (i32.const 2)"));
        assert!(!agree(Val::I64(2), "either (i32.const 1) (i32.const 2)"));
    }
}
