//! Ranges of numbers on the command line, decimal or hexadecimal.

use std::{ops::Range, str::FromStr};

/// Offsets in a module: `0x10..0x20`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offsets(pub Range<u32>);

/// Addresses in a memory: `0x1000..0x1004`, or one byte: `0x1000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses(pub Range<u64>);

impl FromStr for Offsets {
    type Err = String;

    fn from_str(text: &str) -> Result<Offsets, String> {
        let (start, end) = text
            .split_once("..")
            .ok_or("expected two offsets, such as 0x10..0x20")?;
        let narrow = |text| u32::try_from(number(text)?).map_err(|_| "too large".to_owned());
        checked(narrow(start)?..narrow(end)?).map(Offsets)
    }
}

impl FromStr for Addresses {
    type Err = String;

    fn from_str(text: &str) -> Result<Addresses, String> {
        let range = match text.split_once("..") {
            Some((start, end)) => number(start)?..number(end)?,
            None => {
                let start = number(text)?;
                start..start.checked_add(1).ok_or("too large")?
            }
        };
        checked(range).map(Addresses)
    }
}

fn number(text: &str) -> Result<u64, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.map_err(|_| format!("`{text}` is not a number: expected 1234 or 0x4d2"))
}

fn checked<T: PartialOrd>(range: Range<T>) -> Result<Range<T>, String> {
    match range.is_empty() {
        true => Err("the end must be greater than the start".into()),
        false => Ok(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let offsets = |text: &str| text.parse::<Offsets>().map(|range| range.0);
        let addresses = |text: &str| text.parse::<Addresses>().map(|range| range.0);
        assert_eq!(offsets("0x10..32"), Ok(16..32));
        assert_eq!(addresses("0x10"), Ok(16..17));
        assert_eq!(addresses("1..0x100000000"), Ok(1..1 << 32));
        for text in [
            "",
            "1",
            "1..",
            "..2",
            "1..x",
            "2..1",
            "3..3",
            "0..0x100000000",
        ] {
            assert!(offsets(text).is_err(), "{text}");
        }
        for text in ["", "0x", "-1", "2..1", "0xffffffffffffffff"] {
            assert!(addresses(text).is_err(), "{text}");
        }
    }
}
