//! Values as text, on one line.

use super::{
    Source,
    location::{Machine, Missing},
    object::{Object, Sequence},
    types::Kind,
};

/// How many levels of nested structures are shown.
const DEPTH: u32 = 3;
/// How many elements, members and bytes of text.
const ELEMENTS: u64 = 16;
const TEXT: usize = 80;

impl Source<'_> {
    /// A value as a person reads it: `-7`, `97 'a'`, `Inch`, `{x: 1, y: 2}`, `0x4f0 "text"`; `…` stands for what is too
    /// long or too deep, and `<unreadable>` and so on for what is not there.
    pub fn show(&self, object: &Object, machine: &dyn Machine) -> String {
        self.show_nested(object, DEPTH, machine)
    }

    fn show_nested(&self, object: &Object, depth: u32, machine: &dyn Machine) -> String {
        let shown = self.try_show(object, depth, machine);
        shown.unwrap_or_else(|missing| missing.to_string())
    }

    fn try_show(
        &self,
        object: &Object,
        depth: u32,
        machine: &dyn Machine,
    ) -> Result<String, Missing> {
        if let Some(sequence) = self.sequence(object, machine) {
            return Ok(self.show_sequence(&sequence, depth, machine));
        }
        Ok(match &object.ty.kind {
            Kind::Signed => object.signed(machine)?.to_string(),
            Kind::Unsigned => object.bits(machine)?.to_string(),
            Kind::Char => {
                let byte = object.bits(machine)? as u8;
                let letter = match byte {
                    0..=0x7f => char::from(byte).escape_debug().to_string(),
                    _ => format!("\\x{byte:02x}"),
                };
                format!("{byte} '{letter}'")
            }
            Kind::Unicode => {
                let code = object.bits(machine)? as u32;
                match char::from_u32(code) {
                    Some(letter) => format!("'{}'", letter.escape_debug()),
                    None => format!("{code:#x}"),
                }
            }
            Kind::Bool => match object.bits(machine)? {
                0 => "false".to_owned(),
                1 => "true".to_owned(),
                other => other.to_string(),
            },
            Kind::Float => {
                let bits = object.bits(machine)?;
                match object.ty.size {
                    4 => format!("{:?}", f32::from_bits(bits as u32)),
                    8 => format!("{:?}", f64::from_bits(bits as u64)),
                    // The bits, as it would take arithmetic of ours.
                    _ => format!("{bits:#x}"),
                }
            }
            Kind::Enum(enumerators) => {
                let (signed, unsigned) = (object.signed(machine)?, object.bits(machine)?);
                let is = |value: i128| value == signed || u128::try_from(value) == Ok(unsigned);
                let found = enumerators.iter().find(|(_, value)| is(*value));
                found.map_or_else(|| signed.to_string(), |(name, _)| name.clone())
            }
            Kind::Pointer(target) => {
                let address = object.bits(machine)? as u64;
                let text = target
                    .filter(|target| self.ty(*target).kind == Kind::Char)
                    .and_then(|_| c_string(address, machine));
                match text {
                    Some(text) => format!("{address:#x} {text}"),
                    None => format!("{address:#x}"),
                }
            }
            Kind::Struct(_) | Kind::Union(_) | Kind::Vector(..) => {
                self.show_members(object, depth, machine)
            }
            Kind::Array(element, counts) => {
                let count = counts.first().copied().flatten().unwrap_or(0);
                if counts.len() == 1 && self.ty(*element).kind == Kind::Char {
                    let bytes = object.bytes(TEXT + 1, machine)?;
                    return Ok(quoted(&bytes, count > TEXT as u64));
                }
                let items = |n| self.item(object, n);
                self.show_list(count, items, depth, machine)
            }
            Kind::Variants { .. } => match self.variant(object, machine) {
                Some((name, value)) => match self.child_count(&value, machine) {
                    0 => name,
                    _ => format!("{name} {}", self.show_members(&value, depth, machine)),
                },
                None => return Err(Missing::Unreadable),
            },
            Kind::Opaque => return Err(Missing::Unknown),
        })
    }

    fn show_members(&self, object: &Object, depth: u32, machine: &dyn Machine) -> String {
        if depth == 0 {
            return "{…}".to_owned();
        }
        let count = self.child_count(object, machine);
        let members = self.children(object, 0..ELEMENTS, machine);
        let mut shown: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("{name}: {}", self.show_nested(value, depth - 1, machine)))
            .collect();
        if count > ELEMENTS {
            shown.push("…".to_owned());
        }
        format!("{{{}}}", shown.join(", "))
    }

    fn show_sequence(&self, sequence: &Sequence, depth: u32, machine: &dyn Machine) -> String {
        if !sequence.text {
            let element = |n| Some(self.element(sequence, n));
            return self.show_list(sequence.count, element, depth, machine);
        }
        let length = sequence.count.min(TEXT as u64 + 1) as usize;
        match machine.memory(sequence.address, length) {
            Some(bytes) => shorten(
                &String::from_utf8_lossy(&bytes),
                sequence.count > TEXT as u64,
            ),
            None => Missing::Unreadable.to_string(),
        }
    }

    fn show_list(
        &self,
        count: u64,
        item: impl Fn(u64) -> Option<Object>,
        depth: u32,
        machine: &dyn Machine,
    ) -> String {
        if depth == 0 && count > 0 {
            return "[…]".to_owned();
        }
        let items = (0..count.min(ELEMENTS)).filter_map(item);
        let mut shown: Vec<String> = items
            .map(|item| self.show_nested(&item, depth - 1, machine))
            .collect();
        if count > ELEMENTS {
            shown.push("…".to_owned());
        }
        format!("[{}]", shown.join(", "))
    }
}

/// The text at an address up to its zero, if there is memory.
fn c_string(address: u64, machine: &dyn Machine) -> Option<String> {
    let mut bytes = Vec::new();
    while bytes.len() <= TEXT && !bytes.contains(&0) {
        let at = address.checked_add(bytes.len() as u64)?;
        match machine.memory(at, 16).or_else(|| machine.memory(at, 1)) {
            Some(more) => bytes.extend(more),
            None => break,
        }
    }
    (!bytes.is_empty()).then(|| quoted(&bytes, true))
}

/// Text that ends with a zero; `more` says whether it may go on behind the bytes.
fn quoted(bytes: &[u8], more: bool) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    let text = String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]);
    shorten(&text, more && end.is_none())
}

fn shorten(text: &str, more: bool) -> String {
    let short: String = text.chars().take(TEXT).collect();
    let dots = if more || short.len() < text.len() {
        "…"
    } else {
        ""
    };
    format!("\"{}\"{dots}", short.escape_debug())
}
