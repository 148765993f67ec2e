//! Texts with parts.

use alloc::{borrow::Cow, boxed::Box, string::String};
use core::fmt;

use crate::types::{ExternType, FuncType, RefType, StorageType, ValType};

/// A text. [`Display`](fmt::Display) and `to_string` give it.
#[derive(Clone)]
pub struct Message {
    /// With a `{}` for each part.
    text: Cow<'static, str>,
    parts: Box<[Part]>,
}

/// Something in a text.
#[derive(Clone)]
pub(crate) enum Part {
    Number(u64),
    Static(&'static str),
    Text(Box<str>),
    Value(ValType),
    Storage(StorageType),
    Func(FuncType),
    Extern(Box<ExternType>),
    /// Another text; empty if there is none.
    Inner(Message),
}

impl Message {
    pub(crate) fn with<const N: usize>(text: &'static str, parts: [Part; N]) -> Message {
        debug_assert_eq!(text.matches("{}").count(), N, "{text}");
        Message {
            text: Cow::Borrowed(text),
            parts: Box::new(parts),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = &*self.text;
        for part in &self.parts {
            let (before, behind) = rest.split_once("{}").unwrap_or((rest, ""));
            f.write_str(before)?;
            part.fmt(f)?;
            rest = behind;
        }
        f.write_str(rest)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Number(number) => number.fmt(f),
            Part::Static(text) => f.write_str(text),
            Part::Text(text) => f.write_str(text),
            Part::Value(ty) => ty.fmt(f),
            Part::Storage(ty) => ty.fmt(f),
            Part::Func(ty) => ty.fmt(f),
            Part::Extern(ty) => ty.fmt(f),
            Part::Inner(message) => message.fmt(f),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Message) -> bool {
        use alloc::string::ToString;
        self.to_string() == other.to_string()
    }
}

impl Eq for Message {}

impl From<&'static str> for Message {
    fn from(text: &'static str) -> Message {
        Message {
            text: Cow::Borrowed(text),
            parts: Box::default(),
        }
    }
}

impl From<String> for Message {
    fn from(text: String) -> Message {
        Message {
            text: Cow::Owned(text),
            parts: Box::default(),
        }
    }
}

macro_rules! parts {
    ($($ty:ty => |$value:ident| $part:expr;)*) => {
        $(impl From<$ty> for Part {
            fn from($value: $ty) -> Part {
                $part
            }
        })*
    };
}

parts! {
    u64 => |number| Part::Number(number);
    u32 => |number| Part::Number(number.into());
    u16 => |number| Part::Number(number.into());
    usize => |number| Part::Number(number as u64);
    &'static str => |text| Part::Static(text);
    &Box<str> => |text| Part::Text(text.clone());
    Box<str> => |text| Part::Text(text);
    String => |text| Part::Text(text.into());
    ValType => |ty| Part::Value(ty);
    RefType => |ty| Part::Value(ValType::Ref(ty));
    StorageType => |ty| Part::Storage(ty);
    FuncType => |ty| Part::Func(ty);
    ExternType => |ty| Part::Extern(Box::new(ty));
    Message => |message| Part::Inner(message);
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn parts_take_their_places() {
        let message = message!("{} of {}: {}", 3u32, String::from("a{}b"), ValType::I32);
        assert_eq!(message.to_string(), "3 of a{}b: i32");
        let outer = message!("it says {}!", message.clone());
        assert_eq!(outer.to_string(), "it says 3 of a{}b: i32!");
        assert_eq!(message, Message::from("3 of a{}b: i32".to_string()));
        assert_eq!(Message::from("a {} b").to_string(), "a {} b");
    }
}
