//! Values that a person names: to be shown, watched and changed.

use wasmote::{Val, ValType, debug::Watch};

use super::{Result, Session, words};
use crate::{debug::source::Object, invoke};

/// Something that has a value.
#[derive(Clone, Debug)]
pub enum Place {
    /// A local of the selected frame.
    Local(u32),
    /// An operand of the selected frame, counted from the bottom.
    Operand(u32),
    /// A global of the program's instance.
    Global(u32),
    /// A number in memory.
    Number(ValType, u64),
    /// Bytes of memory.
    Bytes(u64, u64),
    /// A value of the source.
    Variable(Object, String),
}

/// Longer ranges are shown in part.
const SHOWN: u64 = 64;

impl<T: 'static> Session<'_, T> {
    /// The place that a person means: `local 0`, `global 1`, `stack 0` (from the bottom), `$name` (a local or global
    /// of WebAssembly), `i32 0x400` (a number in memory; also i64, f32, f64), `0x400` or `0x400 16` (bytes), or a
    /// path to a value of the source (`list->first`).
    ///
    /// # Errors
    /// In words, if there is none.
    pub fn place(&self, text: &str) -> Result<Place> {
        let text = text.trim();
        let (first, rest) = match text.split_once(char::is_whitespace) {
            Some((first, rest)) => (first, rest.trim()),
            None => (text, ""),
        };
        if first.starts_with(|c: char| c.is_ascii_digit()) {
            let length = match rest {
                "" => 1,
                rest => number(rest)?,
            };
            return Ok(Place::Bytes(number(first)?, length));
        }
        match (first, rest.is_empty()) {
            ("local", false) => return self.local(rest).map(Place::Local),
            ("global", false) => return self.global(rest).map(Place::Global),
            ("stack", false) => return index(rest).map(Place::Operand),
            ("i32", false) => return self.number(ValType::I32, rest),
            ("i64", false) => return self.number(ValType::I64, rest),
            ("f32", false) => return self.number(ValType::F32, rest),
            ("f64", false) => return self.number(ValType::F64, rest),
            _ => {}
        }
        if text.starts_with('$') {
            let local = self.local(text).map(Place::Local);
            let found = local.or_else(|_| self.global(text).map(Place::Global));
            return found.map_err(|_| format!("no local or global `{text}` here"));
        }
        let (object, shown) = self.variable(text)?;
        Ok(Place::Variable(object, shown))
    }

    fn number(&self, ty: ValType, address: &str) -> Result<Place> {
        Ok(Place::Number(ty, self.address(address)?))
    }

    /// An address: a number, or where a value of the source is; of pointers, where they point to.
    ///
    /// # Errors
    /// In words, if it is none.
    pub fn address(&self, text: &str) -> Result<u64> {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return number(text);
        }
        let place = self.place(text)?;
        if let Place::Variable(object, _) = &place {
            let target = self.target(object)?;
            let address = target.as_ref().unwrap_or(object).address();
            return address.ok_or_else(|| format!("`{text}` is not in memory"));
        }
        match self.value(&place)? {
            Val::I32(value) => Ok(u64::from(value as u32)),
            Val::I64(value) => Ok(value as u64),
            _ => Err(format!("`{text}` is no address")),
        }
    }

    fn local(&self, text: &str) -> Result<u32> {
        let view = self.frame()?;
        let count = self.stopped(&view.frame)?.locals.len() as u32;
        let found = match text.strip_prefix('$') {
            Some(name) => {
                let is = |n: &u32| self.code.local_name(view.frame.func, *n) == Some(name);
                (0..count).find(is)
            }
            None => Some(index(text)?).filter(|n| *n < count),
        };
        found.ok_or_else(|| format!("no local `{text}` here"))
    }

    fn global(&self, text: &str) -> Result<u32> {
        let count = self.globals().len() as u32;
        let found = match text.strip_prefix('$') {
            Some(name) => (0..count).find(|n| self.code.global_name(*n) == Some(name)),
            None => Some(index(text)?).filter(|n| *n < count),
        };
        found.ok_or_else(|| format!("no global `{text}`"))
    }

    /// The value of a place of WebAssembly.
    fn value(&self, place: &Place) -> Result<Val> {
        let stopped = || self.stopped(&self.frame()?.frame);
        let missing = || "there is no such value here".to_owned();
        Ok(match place {
            Place::Local(n) => stopped()?
                .locals
                .get(*n as usize)
                .cloned()
                .ok_or_else(missing)?,
            Place::Operand(n) => {
                let operand = stopped()?.operands.get(*n as usize).cloned();
                operand.ok_or_else(missing)?
            }
            Place::Global(n) => {
                let global = self.instance.global_at(&self.store, *n);
                global.ok_or_else(missing)?.get(&self.store)
            }
            Place::Number(ty, address) => {
                let size = size(*ty);
                let bytes = self.bytes(*address, size)?;
                if bytes.len() < size {
                    return Err(format!("{address:#x} is at the end of memory"));
                }
                let mut bits = [0; 8];
                bits[..size].copy_from_slice(bytes);
                let bits = u64::from_le_bytes(bits);
                match *ty {
                    ValType::I32 => Val::I32(bits as u32 as i32),
                    ValType::I64 => Val::I64(bits as i64),
                    ValType::F32 => Val::F32(bits as u32),
                    _ => Val::F64(bits),
                }
            }
            Place::Bytes(..) | Place::Variable(..) => return Err(missing()),
        })
    }

    /// A place's value as text.
    ///
    /// # Errors
    /// It is not there.
    pub fn show(&self, place: &Place) -> Result<String> {
        match place {
            Place::Variable(_, shown) => Ok(shown.clone()),
            Place::Bytes(address, length) => {
                let bytes = self.bytes(*address, (*length).min(SHOWN) as usize)?;
                let dots = if *length > SHOWN { " …" } else { "" };
                Ok(format!("{}{dots}", hex(bytes)))
            }
            place => Ok(invoke::show(&self.value(place)?)),
        }
    }

    /// What to watch of a place.
    ///
    /// # Errors
    /// Writes to it cannot be seen: to operands, and to values of the source that are not in memory.
    pub fn watch_of(&self, place: &Place) -> Result<Watch> {
        let memory = |start: u64, len: u64| {
            self.bytes(start, 1)?;
            Ok(Watch::Memory {
                memory: self.memory(0)?,
                start,
                len: len.max(1),
            })
        };
        match place {
            Place::Local(local) => {
                let frame = self.frame()?.frame;
                Ok(Watch::Local {
                    frame: frame.base,
                    module: frame.module,
                    func: frame.func,
                    local: *local,
                })
            }
            Place::Global(n) => {
                let global = self.instance.global_at(&self.store, *n);
                global
                    .map(Watch::Global)
                    .ok_or_else(|| format!("no global {n}"))
            }
            Place::Number(ty, address) => memory(*address, size(*ty) as u64),
            Place::Bytes(address, length) => memory(*address, *length),
            Place::Variable(object, _) => match object.address() {
                Some(address) => memory(address, object.size()),
                None => Err("the value is not in memory: watch the local that has it".to_owned()),
            },
            Place::Operand(_) => {
                Err("operands are not written to, but pushed and popped".to_owned())
            }
        }
    }

    /// Changes a place, at the end of the timeline. What was to come is forgotten.
    ///
    /// # Errors
    /// It is not the end; the text is no value of the place's type; the place is not in memory.
    pub fn set(&mut self, place: &Place, text: &str) -> Result<()> {
        let frame = self.frame()?.frame;
        let (address, bytes) = match place {
            Place::Local(_) | Place::Operand(_) | Place::Global(_) => {
                let value = invoke::parse(self.value(place)?.ty(), text)?;
                let (place, instance) = (place.clone(), self.instance);
                let edited =
                    self.timeline
                        .edit(&mut self.store, move |store, stepper| match place {
                            Place::Local(n) => stepper.set_local(&*store, &frame, n, value),
                            Place::Operand(n) => stepper.set_operand(&*store, &frame, n, value),
                            Place::Global(n) => match instance.global_at(&*store, n) {
                                Some(global) => global.set(store, value),
                                None => Ok(()),
                            },
                            _ => Ok(()),
                        });
                return edited.map_err(words);
            }
            Place::Number(ty, address) => (*address, little(&invoke::parse(*ty, text)?)),
            Place::Bytes(address, length) => (*address, bytes_of(text, *length)?),
            Place::Variable(object, _) => {
                let address = object.address();
                let address =
                    address.ok_or("the value is not in memory: set the local that has it")?;
                (address, bytes_of(text, object.size())?)
            }
        };
        self.write(0, address, &bytes)
    }

    /// Changes bytes of the memory with this index, at the end of the timeline, as [`set`](Self::set) does.
    ///
    /// # Errors
    /// It is not the end; the bytes are not all in memory, of which none is changed then.
    pub fn write(&mut self, memory: u32, address: u64, bytes: &[u8]) -> Result<()> {
        let memory = self.memory(memory)?;
        let edited = self.timeline.edit(&mut self.store, |store, _| {
            let start = usize::try_from(address).unwrap_or(usize::MAX);
            memory.write(store, start, bytes).map_err(Into::into)
        });
        edited.map_err(words)
    }
}

/// A decimal or hexadecimal number.
///
/// # Errors
/// In words.
pub fn number(text: &str) -> Result<u64> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("`{text}` is no number"))
}

fn index(text: &str) -> Result<u32> {
    u32::try_from(number(text)?).map_err(|_| format!("`{text}` is too large"))
}

fn size(ty: ValType) -> usize {
    match ty {
        ValType::I32 | ValType::F32 => 4,
        _ => 8,
    }
}

/// A number as it is in memory.
fn little(value: &Val) -> Vec<u8> {
    match value {
        Val::I32(value) => value.to_le_bytes().to_vec(),
        Val::I64(value) => value.to_le_bytes().to_vec(),
        Val::F32(bits) => bits.to_le_bytes().to_vec(),
        Val::F64(bits) => bits.to_le_bytes().to_vec(),
        _ => Vec::new(),
    }
}

/// A number of so many bytes; with a point, a float.
fn bytes_of(text: &str, length: u64) -> Result<Vec<u8>> {
    let ty = match (text.contains('.'), length) {
        (true, 4) => ValType::F32,
        (true, 8) => ValType::F64,
        (false, 1..=4) => ValType::I32,
        (false, 8) => ValType::I64,
        _ => return Err(format!("`{text}` does not fit in {length} bytes")),
    };
    let value = invoke::parse(ty, text)?;
    if let Val::I32(value) = value
        && length < 4
        && !(-(1 << (8 * length - 1))..1 << (8 * length)).contains(&i64::from(value))
    {
        return Err(format!("`{text}` does not fit in {length} bytes"));
    }
    let mut bytes = little(&value);
    bytes.truncate(length as usize);
    Ok(bytes)
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}
