//! Which locals deserve the machine's pins: those read and written most, loops counting more.
//!
//! A pass over the body's bytes before its translation. It only weighs: whatever it finds, code is
//! right, so it skips what it does not know instead of checking it.

use alloc::vec::Vec;

use super::locals::Locals;
use crate::bytecode::{Bank, PINS};

/// The local in each pin.
pub(crate) type Pins = [Option<u32>; 2];

/// Weights of locals, used again from function to function.
#[derive(Default)]
pub(crate) struct Weights(Vec<u32>);

/// What is of interest about an opcode.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    /// Nothing follows.
    Alone,
    /// So many LEB128 numbers follow.
    One,
    Two,
    /// A local's number follows.
    Local,
    Block,
    Loop,
    End,
    Rare,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Rare; 256];
    let mut opcode = 0;
    while opcode < 256 {
        classes[opcode] = match opcode {
            0x00 | 0x01 | 0x05 | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => Class::Alone,
            0x02 | 0x04 => Class::Block,
            0x03 => Class::Loop,
            0x0b => Class::End,
            0x0c | 0x0d | 0x10 | 0x12 | 0x23..=0x26 | 0x3f..=0x42 | 0xd0 | 0xd2 => Class::One,
            0x11 | 0x13 | 0x28..=0x3e => Class::Two,
            0x20..=0x22 => Class::Local,
            _ => Class::Rare,
        };
        opcode += 1;
    }
    classes
};

/// Reads LEB128 numbers, as far as a weight needs them.
struct Bytes<'b>(&'b [u8]);

impl Bytes<'_> {
    #[inline(always)]
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    #[inline(always)]
    fn skip_number(&mut self) -> Option<()> {
        while self.byte()? >= 0x80 {}
        Some(())
    }

    #[inline(always)]
    fn number(&mut self) -> Option<u32> {
        let mut byte = self.byte()?;
        let mut value = byte as u32 & 0x7f;
        let mut shift = 0;
        while byte >= 0x80 {
            byte = self.byte()?;
            shift += 7;
            if shift < 32 {
                value |= (byte as u32 & 0x7f) << shift;
            }
        }
        Some(value)
    }

    /// The rest of an operator of class `Rare`; `None` if it is not known.
    #[inline(never)]
    fn skip_rare(&mut self, opcode: u8) -> Option<()> {
        let numbers = match opcode {
            0x43 => return self.skip(4),
            0x44 => return self.skip(8),
            // The default target is not counted.
            0x0e => self.number()? as u64 + 1,
            0x1c => self.number()? as u64,
            0xfc => match self.number()? {
                0..=7 | 19..=22 => 0,
                9 | 11 | 13 | 15..=17 => 1,
                8 | 10 | 12 | 14 => 2,
                _ => return None,
            },
            _ => return None,
        };
        for _ in 0..numbers {
            self.skip_number()?;
        }
        Some(())
    }
}

impl Weights {
    /// Locals beyond this number are not considered.
    const CONSIDERED: usize = 1024;
    /// Weight below which a pin does not pay for being saved and loaded.
    const LEAST: u32 = 24;

    /// The heaviest two locals of integer types. `operators` is the body behind its declarations.
    pub(crate) fn choose(&mut self, operators: &[u8], locals: &Locals) -> Pins {
        let mut pins = [None; 2];
        if PINS == 0 || operators.len() < Self::LEAST as usize / 2 {
            return pins;
        }
        self.0.clear();
        self.0
            .resize((locals.count() as usize).min(Self::CONSIDERED), 0);
        // Whatever stops the count, what was counted so far is a guess as good as any.
        let _ = self.count(operators);
        for pin in &mut pins {
            let heaviest = (0..self.0.len())
                .filter(|&i| locals.get(i as u32).0.bank() == Some(Bank::Int))
                .max_by_key(|&i| (self.0[i], core::cmp::Reverse(i)));
            let Some(local) = heaviest.filter(|&i| self.0[i] >= Self::LEAST) else {
                break;
            };
            *pin = Some(local as u32);
            self.0[local] = 0;
        }
        pins
    }

    fn count(&mut self, operators: &[u8]) -> Option<()> {
        let mut bytes = Bytes(operators);
        // Open blocks, innermost lowest: 1 for a loop. Blocks nested deeper than it has bits are forgotten.
        let mut open = 0u128;
        let mut loops = 0u32;
        let mut weight = 1;
        while let Some(opcode) = bytes.byte() {
            match CLASSES[opcode as usize] {
                Class::Alone => {}
                Class::One => bytes.skip_number()?,
                Class::Two => {
                    bytes.skip_number()?;
                    bytes.skip_number()?;
                }
                Class::Local => {
                    let local = bytes.number()? as usize;
                    if let Some(sum) = self.0.get_mut(local) {
                        *sum = sum.saturating_add(weight);
                    }
                }
                Class::Block => {
                    open <<= 1;
                    bytes.skip_number()?;
                }
                Class::Loop => {
                    open = open << 1 | 1;
                    loops += 1;
                    weight = Self::weight(loops);
                    bytes.skip_number()?;
                }
                Class::End => {
                    loops = loops.saturating_sub((open & 1) as u32);
                    weight = Self::weight(loops);
                    open >>= 1;
                }
                Class::Rare => bytes.skip_rare(opcode)?,
            }
        }
        Some(())
    }

    /// What an access counts inside so many loops.
    fn weight(loops: u32) -> u32 {
        1 << (3 * loops.min(6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::Ty;

    #[test]
    fn the_locals_of_inner_loops_are_chosen() {
        let body = [
            0x20, 0, 0x20, 0, 0x20, 0, 0x1a, 0x1a, 0x1a, // local 0 outside
            0x03, 0x40, 0x20, 1, 0x1a, 0x03, 0x40, 0x20, 2, 0x21, 2, 0x0b, 0x20, 1, 0x21, 1, 0x0b,
            0x0b,
        ];
        let mut locals = Locals::default();
        locals.declare(3, Ty::I32, 0);
        let mut weights = Weights::default();
        let chosen = weights.choose(&body, &locals);
        assert_eq!(
            chosen,
            if PINS == 0 {
                [None; 2]
            } else {
                [Some(2), Some(1)]
            }
        );
        // Floats have no pins, and what is rarely used does not pay.
        let mut locals = Locals::default();
        locals.declare(2, Ty::I32, 0);
        locals.declare(1, Ty::F64, 2);
        let chosen = weights.choose(&body, &locals);
        assert_eq!(
            chosen,
            if PINS == 0 {
                [None; 2]
            } else {
                [Some(1), None]
            }
        );
        // Whatever the bytes are.
        for end in 0..body.len() {
            weights.choose(&body[..end], &locals);
        }
        weights.choose(&[0xff; 64], &locals);
        weights.choose(&[0x0e; 64], &locals);
    }
}
