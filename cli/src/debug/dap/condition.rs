//! When breakpoints stop: conditions, counts, and messages instead.
//!
//! Values are compared as the debugger shows them: as numbers if both are, otherwise as text. So `i.opcode == JOIN` is
//! understood, and `*name == "Ada"`.

use std::cmp::Ordering;

/// A comparison of values, or a value that is to be something else than zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    left: String,
    right: Option<(Comparison, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// As they are looked for: longer ones first.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// In words, if a side is missing.
    pub fn of(text: &str) -> Result<Condition, String> {
        let at = |(sign, _): &(&str, Comparison)| {
            let mut found = text.match_indices(sign).map(|(at, _)| at);
            // (An arrow is no comparison.)
            found.find(|at| !(sign.starts_with('>') && text[..*at].ends_with('-')))
        };
        let signs = COMPARISONS.iter();
        let found = signs.filter_map(|sign| Some((at(sign)?, sign)));
        let first = found.min_by_key(|(at, (sign, _))| (*at, usize::MAX - sign.len()));
        let (left, right) = match first {
            Some((at, (sign, comparison))) => (
                &text[..at],
                Some((*comparison, text[at + sign.len()..].trim().to_owned())),
            ),
            None => (text, None),
        };
        let empty = |(_, right): &(_, String)| right.is_empty();
        if left.trim().is_empty() || right.as_ref().is_some_and(empty) {
            return Err(format!("`{text}` is no condition: A == B is one, or A"));
        }
        Ok(Condition {
            left: left.trim().to_owned(),
            right,
        })
    }

    /// Whether it holds, as values are shown.
    ///
    /// # Errors
    /// Those of `show`, and values are compared that have no order.
    pub fn holds(&self, show: impl Fn(&str) -> Result<String, String>) -> Result<bool, String> {
        let value = |text: &str| match literal(text) {
            true => Ok(text.to_owned()),
            false => show(text),
        };
        let left = value(&self.left)?;
        let Some((comparison, right)) = &self.right else {
            return Ok(!matches!(number(&left), Some(Number::Int(0))) && left != "false");
        };
        // (A name of an enumeration stands for itself.)
        let right =
            value(right).or_else(|error| match right.chars().all(char::is_alphanumeric) {
                true => Ok(right.clone()),
                false => Err(error),
            })?;
        let order = match (number(&left), number(&right)) {
            (Some(left), Some(right)) => left.cmp(right),
            _ => match comparison {
                Comparison::Equal | Comparison::NotEqual => Some(text(&left).cmp(text(&right))),
                _ => None,
            },
        };
        let order = order.ok_or_else(|| format!("`{left}` and `{right}` have no order"))?;
        Ok(comparison.holds(order))
    }
}

/// Whether a side is a value itself.
fn literal(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || ['-', '"', '\''].contains(&c))
        || ["true", "false"].contains(&text)
}

enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    fn cmp(self, other: Number) -> Option<Ordering> {
        let float = |number| match number {
            Number::Int(value) => value as f64,
            Number::Float(value) => value,
        };
        match (self, other) {
            (Number::Int(left), Number::Int(right)) => Some(left.cmp(&right)),
            (left, right) => float(left).partial_cmp(&float(right)),
        }
    }
}

/// The number that a shown value begins with: `97 'a'`, `0x4f0 "text"`, `-7`, `1.5`.
fn number(shown: &str) -> Option<Number> {
    let first = shown.split(' ').next()?;
    if let Some(digits) = first.strip_prefix("0x") {
        return i128::from_str_radix(digits, 16).ok().map(Number::Int);
    }
    let integer = first.parse().ok().map(Number::Int);
    let begins = first.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    integer.or_else(|| first.parse().ok().filter(|_| begins).map(Number::Float))
}

/// The text that a shown value has, without the address before it.
fn text(shown: &str) -> &str {
    match shown.split_once(" \"") {
        Some((address, _)) if address.starts_with("0x") => &shown[address.len() + 1..],
        _ => shown,
    }
}

/// How often a breakpoint is to be met for it to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    /// That often or more: `5` or `>= 5`; `> 5` is one more.
    From(u64),
    /// Exactly: `== 5`.
    At(u64),
    /// Every so many times: `% 5`.
    Every(u64),
}

impl Count {
    /// Reads a count.
    ///
    /// # Errors
    /// In words, if it is none.
    pub fn of(text: &str) -> Result<Count, String> {
        let wrong = || format!("`{text}` is no count: 5, >= 5, > 5, == 5 and % 5 are");
        let text = text.trim();
        let digits = text.trim_start_matches(['>', '=', '%']);
        let sign = &text[..text.len() - digits.len()];
        let count = digits.trim().parse::<u64>().ok().filter(|count| *count > 0);
        let count = count.ok_or_else(wrong)?;
        match sign {
            "" | ">=" => Ok(Count::From(count)),
            ">" => Ok(Count::From(count.saturating_add(1))),
            "=" | "==" => Ok(Count::At(count)),
            "%" => Ok(Count::Every(count)),
            _ => Err(wrong()),
        }
    }

    /// Whether it stops when it is met the so manieth time.
    pub fn stops(self, times: u64) -> bool {
        match self {
            Count::From(count) => times >= count,
            Count::At(count) => times == count,
            Count::Every(count) => times.is_multiple_of(count),
        }
    }
}

/// A message with values in braces put in. (`{{` and `}}` are braces.)
pub fn message(text: &str, show: impl Fn(&str) -> Result<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix(brace) {
            filled.push_str(brace);
            rest = behind;
        } else if brace == "{"
            && let Some((expression, behind)) = rest.split_once('}')
        {
            filled.push_str(&show(expression).unwrap_or_else(|error| format!("<{error}>")));
            rest = behind;
        } else {
            filled.push_str(brace);
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(name: &str) -> Result<String, String> {
        Ok(match name {
            "n" => "-7",
            "letter" => "97 'a'",
            "name" => "0x4f0 \"Ada\"",
            "list->head" => "0x10",
            "opcode" => "JOIN",
            "load" => "0.5",
            "yes" => "true",
            "zero" => "0",
            _ => return Err(format!("no `{name}`")),
        }
        .to_owned())
    }

    #[test]
    fn conditions_are_about_shown_values() {
        for (condition, holds) in [
            ("n", true),
            ("zero", false),
            ("yes", true),
            ("n == -7", true),
            ("n<0", true),
            ("n >= 0", false),
            ("n != letter", true),
            ("letter == 97", true),
            ("list->head == 16", true),
            ("list->head > 0xf", true),
            ("name == \"Ada\"", true),
            ("name == \"Eve\"", false),
            ("name > 0", true),
            ("opcode == JOIN", true),
            ("opcode != JOIN", false),
            ("load < 1", true),
            ("load == 0.5", true),
            ("yes == true", true),
        ] {
            let parsed = Condition::of(condition).expect(condition);
            assert_eq!(parsed.holds(show), Ok(holds), "{condition}");
        }
        for condition in ["", "==", "n ==", "< 4"] {
            assert!(Condition::of(condition).is_err(), "{condition}");
        }
        for condition in ["other == 1", "n == a->b", "opcode < JOIN"] {
            let parsed = Condition::of(condition).expect(condition);
            assert!(parsed.holds(show).is_err(), "{condition}");
        }
    }

    #[test]
    fn counts() {
        let stops = |text: &str| -> Vec<u64> {
            let count = Count::of(text).expect(text);
            (1..=6).filter(|times| count.stops(*times)).collect()
        };
        assert_eq!(stops("5"), [5, 6]);
        assert_eq!(stops(">= 5"), [5, 6]);
        assert_eq!(stops(">5"), [6]);
        assert_eq!(stops(" == 2"), [2]);
        assert_eq!(stops("% 3"), [3, 6]);
        for text in ["", "x", "0", "%0", "-1", "< 3", "=> 3"] {
            assert!(Count::of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn messages_have_values() {
        for (text, filled) in [
            ("n is {n}", "n is -7"),
            ("{letter}{n}", "97 'a'-7"),
            ("{{n}} {n", "{n} {n"),
            ("} {x} }}", "} <no `x`> }"),
            ("", ""),
        ] {
            assert_eq!(message(text, show), filled, "{text}");
        }
    }
}
