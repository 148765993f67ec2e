//! `--invoke`: arguments by the function's type, results printed.

use std::ffi::OsString;

use wasmote::{Func, Instance, Store, Val, ValType};

use crate::error::Failure;

/// Looks up the function; `_initialize`, if there is one, is to be called first.
pub fn find<T>(store: &Store<T>, instance: &Instance, name: &str) -> Result<Func, Failure> {
    instance
        .get_func(store, name)
        .ok_or_else(|| Failure::new(format!("no exported function `{name}`")))
}

/// Reads the words as values of the function's parameters.
pub fn arguments<T>(
    store: &Store<T>,
    name: &str,
    func: Func,
    words: &[OsString],
) -> Result<Vec<Val>, Failure> {
    let ty = func.ty(store);
    let params = ty.params();
    if params.len() != words.len() {
        let s = if params.len() == 1 { "" } else { "s" };
        let (takes, given) = (params.len(), words.len());
        return Err(Failure::new(format!(
            "`{name}` takes {takes} argument{s}, {given} given: {ty}"
        )));
    }
    let parsed = params
        .iter()
        .zip(words)
        .enumerate()
        .map(|(n, (&ty, word))| {
            let word = word.to_string_lossy();
            parse(ty, &word)
                .map_err(|why| Failure::new(format!("argument {} of `{name}`: {why}", n + 1)))
        });
    parsed.collect()
}

/// A number as it is written on the command line.
///
/// # Errors
/// In words, if it is none of the type.
pub fn parse(ty: ValType, word: &str) -> Result<Val, String> {
    let value = match ty {
        ValType::I32 => integer(word, 32).map(|v| Val::I32(v as i32)),
        ValType::I64 => integer(word, 64).map(|v| Val::I64(v as i64)),
        ValType::F32 => word.parse().ok().map(|v: f32| Val::F32(v.to_bits())),
        ValType::F64 => word.parse().ok().map(|v: f64| Val::F64(v.to_bits())),
        other => return Err(format!("{} {other} cannot be written here", article(other))),
    };
    value.ok_or_else(|| format!("`{word}` is not {} {ty}", article(ty)))
}

fn article(ty: ValType) -> &'static str {
    if ty.to_string().starts_with(['a', 'e', 'f', 'i']) && !ty.to_string().starts_with("fu") {
        "an"
    } else {
        "a"
    }
}

/// Decimal or hexadecimal, signed or unsigned, of so many bits.
fn integer(word: &str, bits: u32) -> Option<i128> {
    let (negative, digits) = match word.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, word),
    };
    let magnitude = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?,
        None if digits.starts_with('+') => return None,
        None => digits.parse().ok()?,
    };
    let value = if negative {
        -i128::from(magnitude)
    } else {
        i128::from(magnitude)
    };
    (-(1 << (bits - 1))..1 << bits)
        .contains(&value)
        .then_some(value)
}

/// A result as it is printed.
pub fn show(value: &Val) -> String {
    match value {
        Val::I32(v) => v.to_string(),
        Val::I64(v) => v.to_string(),
        Val::F32(v) => f32::from_bits(*v).to_string(),
        Val::F64(v) => f64::from_bits(*v).to_string(),
        Val::V128(v) => format!("{v:#034x}"),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
            "null".into()
        }
        Val::FuncRef(Some(_)) => "funcref".into(),
        Val::ExternRef(Some(_)) => "externref".into(),
        Val::AnyRef(Some(value)) => match value.as_i31() {
            Some(number) => format!("i31 {number}"),
            None => "anyref".into(),
        },
        Val::ExnRef(Some(_)) => "exnref".into(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        assert_eq!(integer("-2147483648", 32), Some(-2_147_483_648));
        assert_eq!(integer("4294967295", 32), Some(4_294_967_295));
        assert_eq!(integer("4294967296", 32), None);
        assert_eq!(integer("-2147483649", 32), None);
        assert_eq!(integer("0xff", 32), Some(255));
        assert_eq!(integer("-0x1", 64), Some(-1));
        for word in ["", "-", "+1", "--1", "0x", "1.0", "1e3", " 1"] {
            assert_eq!(integer(word, 64), None, "{word}");
        }
    }

    #[test]
    fn articles() {
        assert_eq!(
            parse(ValType::F32, "x").err().as_deref(),
            Some("`x` is not an f32")
        );
        assert_eq!(
            parse(ValType::FUNCREF, "x").err().as_deref(),
            Some("a funcref cannot be written here")
        );
        assert_eq!(
            parse(ValType::EXTERNREF, "x").err().as_deref(),
            Some("an externref cannot be written here")
        );
    }
}
