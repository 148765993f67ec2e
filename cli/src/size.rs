//! Sizes in bytes on the command line.

use std::str::FromStr;

/// A number of bytes, with or without a suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let shift = match text[digits.len()..].trim() {
            "" | "B" => 0,
            "K" | "KiB" => 10,
            "M" | "MiB" => 20,
            "G" | "GiB" => 30,
            suffix => return Err(format!("unknown unit `{suffix}`: use KiB, MiB or GiB")),
        };
        let number: u64 = digits
            .parse()
            .map_err(|_| "expected a number of bytes, such as 65536 or 64KiB")?;
        number
            .checked_mul(1 << shift)
            .map(Size)
            .ok_or_else(|| "too large".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let parse = |text: &str| text.parse::<Size>().map(|size| size.0);
        assert_eq!(parse("17"), Ok(17));
        assert_eq!(parse("64KiB"), Ok(65536));
        assert_eq!(parse("2 MiB"), Ok(2 << 20));
        assert_eq!(parse("3G"), Ok(3 << 30));
        assert_eq!(parse("99999999999GiB"), Err("too large".into()));
        assert!(parse("KiB").is_err() && parse("1 parsec").is_err() && parse("-1").is_err());
    }
}
