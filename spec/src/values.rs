//! Arguments and expected results of scripts.

use wasmote::{ExternRef, HeapType as HeapKind, Store, Val};
use wast::{
    WastArg, WastRet,
    core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore},
    token::{F32, F64},
};

/// The value of an argument. Host references hold their number.
pub fn argument(store: &mut Store<()>, arg: &WastArg<'_>) -> Result<Val, String> {
    let WastArg::Core(arg) = arg else {
        return Err("component values are not supported".into());
    };
    Ok(match arg {
        WastArgCore::I32(v) => Val::I32(*v),
        WastArgCore::I64(v) => Val::I64(*v),
        WastArgCore::F32(v) => Val::F32(v.bits),
        WastArgCore::F64(v) => Val::F64(v.bits),
        WastArgCore::V128(v) => Val::V128(u128::from_le_bytes(v.to_le_bytes())),
        WastArgCore::RefNull(heap) => match abstract_type(heap) {
            Some(AbstractHeapType::Func | AbstractHeapType::NoFunc) => Val::NULL_FUNC,
            Some(AbstractHeapType::Extern | AbstractHeapType::NoExtern) => Val::NULL_EXTERN,
            Some(AbstractHeapType::Exn | AbstractHeapType::NoExn) => Val::ExnRef(None),
            Some(_) => Val::AnyRef(None),
            None => return Err(format!("null of type {heap:?} is not supported")),
        },
        WastArgCore::RefExtern(n) => extern_ref(store, *n)?.into(),
        WastArgCore::RefHost(n) => extern_ref(store, *n)?.to_any().into(),
    })
}

fn extern_ref(store: &mut Store<()>, number: u32) -> Result<ExternRef, String> {
    ExternRef::new(store, number).map_err(|error| error.to_string())
}

fn abstract_type(heap: &HeapType<'_>) -> Option<AbstractHeapType> {
    match heap {
        HeapType::Abstract { ty, .. } => Some(*ty),
        _ => None,
    }
}

/// Compares results with what the script expects.
pub fn check(store: &Store<()>, got: &[Val], expected: &[WastRet<'_>]) -> Result<(), String> {
    if got.len() != expected.len() {
        return Err(format!(
            "expected {} results, got {}",
            expected.len(),
            show(got)
        ));
    }
    for (n, (got, expected)) in got.iter().zip(expected).enumerate() {
        let WastRet::Core(expected) = expected else {
            return Err("component values are not supported".into());
        };
        if !matches(store, got, expected) {
            let (expected, got) = (show_expected(expected), show(std::slice::from_ref(got)));
            return Err(format!("result {n}: expected {expected}, got {got}"));
        }
    }
    Ok(())
}

fn matches(store: &Store<()>, got: &Val, expected: &WastRetCore<'_>) -> bool {
    match (got, expected) {
        (Val::I32(got), WastRetCore::I32(expected)) => got == expected,
        (Val::I64(got), WastRetCore::I64(expected)) => got == expected,
        (Val::F32(got), WastRetCore::F32(expected)) => f32_matches(*got, expected),
        (Val::F64(got), WastRetCore::F64(expected)) => f64_matches(*got, expected),
        (Val::V128(got), WastRetCore::V128(expected)) => vector_matches(*got, expected),
        (got, WastRetCore::Either(cases)) => cases.iter().any(|case| matches(store, got, case)),
        (got, WastRetCore::RefNull(heap)) => {
            let got = match got {
                Val::FuncRef(None) => [AbstractHeapType::Func, AbstractHeapType::NoFunc],
                Val::ExternRef(None) => [AbstractHeapType::Extern, AbstractHeapType::NoExtern],
                Val::ExnRef(None) => [AbstractHeapType::Exn, AbstractHeapType::NoExn],
                Val::AnyRef(None) => return heap.as_ref().is_none_or(is_internal),
                _ => return false,
            };
            let matches = |heap| abstract_type(heap).is_none_or(|ty| got.contains(&ty));
            heap.as_ref().is_none_or(matches)
        }
        (Val::FuncRef(Some(_)), WastRetCore::RefFunc(_)) => true,
        (Val::ExternRef(Some(got)), WastRetCore::RefExtern(expected)) => {
            let number = got.data(store).and_then(|data| data.downcast_ref::<u32>());
            expected.is_none() || number == expected.as_ref()
        }
        (Val::AnyRef(Some(got)), WastRetCore::RefHost(expected)) => {
            let value = got.to_extern();
            let number = value
                .data(store)
                .and_then(|data| data.downcast_ref::<u32>());
            number == Some(expected)
        }
        (Val::AnyRef(Some(_)), WastRetCore::RefAny) => true,
        (Val::AnyRef(Some(got)), expected) => matches!(
            (got.heap_type(store), expected),
            (HeapKind::I31, WastRetCore::RefI31 | WastRetCore::RefEq)
                | (
                    HeapKind::ConcreteStruct(_),
                    WastRetCore::RefStruct | WastRetCore::RefEq
                )
                | (
                    HeapKind::ConcreteArray(_),
                    WastRetCore::RefArray | WastRetCore::RefEq
                )
        ),
        _ => false,
    }
}

/// Whether null of this type is one of the internal hierarchy.
fn is_internal(heap: &HeapType<'_>) -> bool {
    use AbstractHeapType as A;
    let abstract_type = abstract_type(heap);
    abstract_type
        .is_none_or(|ty| matches!(ty, A::Any | A::Eq | A::I31 | A::Struct | A::Array | A::None))
}

fn vector_matches(got: u128, expected: &V128Pattern) -> bool {
    let bytes = got.to_le_bytes();
    let ints = |expected: &[u8]| bytes == *expected;
    match expected {
        V128Pattern::I8x16(lanes) => ints(&lanes.map(|lane| lane as u8)),
        V128Pattern::I16x8(lanes) => ints(lanes.map(i16::to_le_bytes).as_flattened()),
        V128Pattern::I32x4(lanes) => ints(lanes.map(i32::to_le_bytes).as_flattened()),
        V128Pattern::I64x2(lanes) => ints(lanes.map(i64::to_le_bytes).as_flattened()),
        V128Pattern::F32x4(lanes) => {
            (0..4).all(|i| f32_matches((got >> (32 * i)) as u32, &lanes[i]))
        }
        V128Pattern::F64x2(lanes) => {
            (0..2).all(|i| f64_matches((got >> (64 * i)) as u64, &lanes[i]))
        }
    }
}

fn f32_matches(got: u32, expected: &NanPattern<F32>) -> bool {
    match expected {
        NanPattern::CanonicalNan => got & !SIGN_32 == CANONICAL_32,
        NanPattern::ArithmeticNan => got & CANONICAL_32 == CANONICAL_32,
        NanPattern::Value(expected) => got == expected.bits,
    }
}

fn f64_matches(got: u64, expected: &NanPattern<F64>) -> bool {
    match expected {
        NanPattern::CanonicalNan => got & !SIGN_64 == CANONICAL_64,
        NanPattern::ArithmeticNan => got & CANONICAL_64 == CANONICAL_64,
        NanPattern::Value(expected) => got == expected.bits,
    }
}

const SIGN_32: u32 = 1 << 31;
const SIGN_64: u64 = 1 << 63;
/// All exponent bits and the first of the fraction.
const CANONICAL_32: u32 = 0x7fc0_0000;
const CANONICAL_64: u64 = 0x7ff8_0000_0000_0000;

/// Values as a message shows them; float bits too, since NaNs look alike.
pub fn show(values: &[Val]) -> String {
    let words: Vec<String> = values
        .iter()
        .map(|value| match value {
            Val::I32(v) => format!("i32 {v}"),
            Val::I64(v) => format!("i64 {v}"),
            Val::F32(v) => show_f32(*v),
            Val::F64(v) => show_f64(*v),
            Val::V128(v) => format!("v128 {v:#034x}"),
            Val::FuncRef(None) => "a null funcref".into(),
            Val::FuncRef(Some(_)) => "a funcref".into(),
            Val::ExternRef(None) => "a null externref".into(),
            Val::ExternRef(Some(_)) => "an externref".into(),
            other => format!("{other:?}"),
        })
        .collect();
    if words.is_empty() {
        "nothing".into()
    } else {
        words.join(", ")
    }
}

fn show_f32(bits: u32) -> String {
    format!("f32 {} ({bits:#010x})", f32::from_bits(bits))
}

fn show_f64(bits: u64) -> String {
    format!("f64 {} ({bits:#018x})", f64::from_bits(bits))
}

fn show_expected(expected: &WastRetCore<'_>) -> String {
    match expected {
        WastRetCore::I32(v) => format!("i32 {v}"),
        WastRetCore::I64(v) => format!("i64 {v}"),
        WastRetCore::F32(NanPattern::Value(F32 { bits })) => show_f32(*bits),
        WastRetCore::F64(NanPattern::Value(F64 { bits })) => show_f64(*bits),
        WastRetCore::F32(NanPattern::CanonicalNan) => "f32 nan:canonical".into(),
        WastRetCore::F64(NanPattern::CanonicalNan) => "f64 nan:canonical".into(),
        WastRetCore::F32(NanPattern::ArithmeticNan) => "f32 nan:arithmetic".into(),
        WastRetCore::F64(NanPattern::ArithmeticNan) => "f64 nan:arithmetic".into(),
        WastRetCore::RefNull(_) => "a null reference".into(),
        WastRetCore::RefFunc(_) => "a funcref".into(),
        WastRetCore::RefExtern(Some(n)) => format!("externref {n}"),
        WastRetCore::Either(cases) => cases
            .iter()
            .map(show_expected)
            .collect::<Vec<_>>()
            .join(" or "),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use wast::parser::{ParseBuffer, parse};

    use super::*;

    fn agree(got: Val, expected: &str) -> bool {
        let buffer = ParseBuffer::new(expected).expect("tokens");
        let expected = parse::<WastRetCore<'_>>(&buffer).expect("a result");
        matches(
            &Store::new(&wasmote::Engine::default(), ()),
            &got,
            &expected,
        )
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
