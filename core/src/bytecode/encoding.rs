//! How instructions lie in memory.
//!
//! The table gives every field of a form a place in the **direct** encoding:
//!
//! ```text
//! | handler address (a usize) | 8, 16 or 24 bytes of operand fields | br_table only: its targets |
//! ```
//!
//! in native byte order, with slots in u16, branches in i32 relative to the address of their own field.
//! All destination forms of an op have one size and follow each other, so a producer can be redirected after
//! it was emitted.
//!
//! The **compact** encoding follows from it, at even addresses and in little-endian byte order:
//!
//! ```text
//! | u16 opcode | u8 slots and small constants | to an even place | fields of 16 bits and more | br_table: its targets |
//! ```
//!
//! Each kind is in the order of its places in the direct encoding, without gaps. Constants, offsets, indices and
//! branches have 16 bits there. It names nothing by address, so that it runs wherever it lies. What does not fit is
//! a slot or another form (see `Encoding`'s limits, and `translate::code` for functions with more slots or code).

use core::marker::PhantomData;

#[cfg(not(compact))]
use super::{BASES_OF_FULL, FULL};
use super::{BASES_OF_SMALL, Field, Form, GAPS, Op, Places, SMALL, SMALL_WITH_FORMS, Sets, Ty};

/// Which forms ops have, and how instructions lie in memory: what a build executes, or what an image holds.
pub(crate) trait Encoding: 'static {
    /// The sets of places that forms exist for.
    const PLACES: &'static Places;
    /// First opcode of each op, and one past the last.
    const BASES: &'static [u16];
    /// Whether it is the compact one.
    const COMPACT: bool;
    /// What code is made of: instructions are a number of these, and aligned like them.
    type Word: Copy + Default + Send + Sync + 'static;
    /// Bytes of the opcode in front of the fields.
    const OPCODE_BYTES: usize = size_of::<Self::Word>();
    /// Bytes in front of a function's first instruction, which say how large its frame is.
    const ENTRY_BYTES: usize = if Self::COMPACT { 2 } else { 8 };
    /// The largest static offset of a load or store that takes its address from anywhere.
    const MAX_OFFSET: u32 = if Self::COMPACT {
        u16::MAX as u32
    } else {
        u32::MAX
    };
    /// The largest index of a function, a global and so on.
    const MAX_INDEX: u32 = if Self::COMPACT {
        u16::MAX as u32
    } else {
        u32::MAX
    };

    /// Whether ops are fused. Where it is not so there are no forms for that, and chips need no code that looks for them.
    const FUSES: bool = Self::PLACES.accumulators;

    /// Whether the translator writes down what it decides. Where it is not so there is no code for that.
    const EXPLAINS: bool = false;

    /// The places that operands and results of a type may be in.
    #[inline(always)]
    fn sets(ty: Ty) -> &'static Sets {
        Self::PLACES.of(ty)
    }

    /// The op and form that an opcode numbers; `None` beyond the table.
    fn op_of(opcode: u16) -> Option<(Op, u16)> {
        let between = |gap: &(u16, u16)| (gap.0..gap.1).contains(&opcode);
        if Self::PLACES.in_blocks() && GAPS.iter().any(between) {
            return None;
        }
        // (What is behind the last op that has forms takes no room on chips.)
        let bases = if Self::COMPACT {
            &SMALL_WITH_FORMS
        } else {
            Self::BASES
        };
        let behind = bases.partition_point(|&base| base <= opcode);
        if behind == bases.len() {
            return None;
        }
        let i = behind.checked_sub(1)?;
        Some((Op::numbered(i)?, opcode - bases[i]))
    }

    /// The opcode of an instruction's first word, where that is one.
    fn opcode_of(word: Self::Word) -> u16;

    /// The word for an opcode, to be read and not run.
    fn symbol(opcode: u16) -> Self::Word;
}

/// Handler addresses in code, for machines with RAM.
#[cfg(not(compact))]
pub(crate) struct Direct;

#[cfg(not(compact))]
impl Encoding for Direct {
    const PLACES: &'static Places = if cfg!(full_dispatch) { FULL } else { SMALL };
    const BASES: &'static [u16] = if cfg!(full_dispatch) {
        BASES_OF_FULL
    } else {
        BASES_OF_SMALL
    };
    const COMPACT: bool = false;
    type Word = usize;

    fn opcode_of(word: usize) -> u16 {
        word as u16
    }

    fn symbol(opcode: u16) -> usize {
        opcode.into()
    }
}

/// Opcodes and operands of 16 bits, for chips and images.
pub(crate) struct Compact;

impl Encoding for Compact {
    const PLACES: &'static Places = SMALL;
    const BASES: &'static [u16] = BASES_OF_SMALL;
    const COMPACT: bool = true;
    type Word = u16;

    fn opcode_of(word: u16) -> u16 {
        u16::from_le(word)
    }

    fn symbol(opcode: u16) -> u16 {
        opcode.to_le()
    }
}

/// Another encoding, and the translator's decisions with it: to be read, not to be run.
pub(crate) struct Explaining<E>(PhantomData<E>);

impl<E: Encoding> Encoding for Explaining<E> {
    const PLACES: &'static Places = E::PLACES;
    const BASES: &'static [u16] = E::BASES;
    const COMPACT: bool = E::COMPACT;
    const EXPLAINS: bool = true;
    type Word = E::Word;

    fn opcode_of(word: E::Word) -> u16 {
        E::opcode_of(word)
    }

    fn symbol(opcode: u16) -> E::Word {
        E::symbol(opcode)
    }
}

/// What this build executes.
#[cfg(not(compact))]
pub(crate) type Native = Direct;
#[cfg(compact)]
pub(crate) type Native = Compact;

/// Whether a field of the compact encoding is at an even place.
const fn is_aligned(field: Field) -> bool {
    field.width(true).is_multiple_of(2)
}

/// A field of a form in both encodings.
#[derive(Clone, Copy)]
pub(crate) struct Packed {
    /// As the compact encoding has it.
    pub(crate) field: Field,
    /// Its place in the direct encoding, and its bytes there.
    pub(crate) at: usize,
    pub(crate) width: usize,
}

impl Form {
    /// The fields of the direct encoding that take room, as the compact one has them.
    pub(crate) fn packed(&self) -> impl Iterator<Item = Packed> + use<> {
        self.pack().into_iter().flatten()
    }

    const fn pack(&self) -> [Option<Packed>; 8] {
        let mut packed = [None; 8];
        let mut to = 0usize;
        let mut count = 0;
        // Bytes first, then the rest, each in the order of their places.
        let mut wide = 0;
        while wide < 2 {
            let mut before = None;
            while let Some(field) = self.next_of(wide == 1, before) {
                let width = field.width(true);
                if is_aligned(field) {
                    to = to.next_multiple_of(2);
                }
                packed[count] = Some(Packed {
                    field: field.moved(to),
                    at: field.at(),
                    width: field.width(false),
                });
                to += width;
                count += 1;
                before = Some(field.at());
            }
            wide += 1;
        }
        packed
    }

    /// The field that takes room and comes first behind place `before`, among those that are aligned or not.
    const fn next_of(&self, aligned: bool, before: Option<usize>) -> Option<Field> {
        let mut found: Option<Field> = None;
        let mut i = 0;
        while i < self.fields.len() {
            if let Some(field) = self.fields[i] {
                let behind = match before {
                    Some(before) => field.at() > before,
                    None => true,
                };
                let sooner = match found {
                    Some(found) => field.at() < found.at(),
                    None => true,
                };
                if field.width(true) > 0 && is_aligned(field) == aligned && behind && sooner {
                    found = Some(field);
                }
            }
            i += 1;
        }
        found
    }

    /// The same form with its fields where the compact encoding has them, in the same order.
    pub(super) const fn compact(&self) -> Form {
        let packed = self.pack();
        let mut form = *self;
        let mut i = 0;
        while i < form.fields.len() {
            if let Some(field) = form.fields[i]
                && field.width(true) > 0
            {
                let mut k = 0;
                while let Some(one) = packed[k] {
                    if one.at == field.at() {
                        form.fields[i] = Some(one.field);
                        break;
                    }
                    k += 1;
                }
            }
            i += 1;
        }
        form
    }
}
