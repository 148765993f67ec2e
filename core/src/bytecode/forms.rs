//! The form of every compact opcode, worked out when the crate is compiled: what verification looks up.

use super::{BASES_OF_SMALL, Compact, Encoding, Field, Form, OPS, Op, SMALL};

/// Forms that differ; the table has an index of 8 bits.
const MAX: usize = 256;
const OPCODES: usize = BASES_OF_SMALL[OPS.len()] as usize;

struct Forms {
    forms: [Form; MAX],
    len: usize,
    /// Which of `forms` each opcode has.
    of: [u8; OPCODES],
}

#[allow(long_running_const_eval, reason = "a thousand opcodes take a second")]
const ALL: Forms = {
    let mut all = Forms {
        forms: [Form::NONE; MAX],
        len: 0,
        of: [0; OPCODES],
    };
    let mut op = 0;
    while op < OPS.len() {
        let base = BASES_OF_SMALL[op];
        let count = OPS[op].shape().forms(SMALL);
        let mut number = 0;
        while number < count {
            let form = Form::in_places(SMALL, OPS[op], number).compact();
            let mut i = 0;
            while i < all.len && !all.forms[i].same(&form) {
                i += 1;
            }
            if i == all.len {
                all.forms[i] = form;
                all.len += 1;
            }
            all.of[(base + number) as usize] = i as u8;
            number += 1;
        }
        op += 1;
    }
    all
};

/// Set beside the number of fields where branch fields have 32 bits.
const FAR: u8 = 1 << 7;

/// Bytes of the list below that a form takes: two, and two for each field.
const fn listed_bytes(form: &Form) -> usize {
    let mut bytes = 2;
    let mut i = 0;
    while i < form.fields.len() {
        if form.fields[i].is_some() {
            bytes += 2;
        }
        i += 1;
    }
    bytes
}

const LISTED: usize = {
    let mut bytes = 0;
    let mut i = 0;
    while i < ALL.len {
        bytes += listed_bytes(&ALL.forms[i]);
        i += 1;
    }
    bytes
};

/// The forms, and where each begins: the bytes of all operands, how many fields there are, and of each what it is, and
/// its place with the logarithm of its other number (of a run of slots, their count) above.
const LIST: ([u8; LISTED], [u16; MAX]) = {
    let (mut list, mut starts) = ([0; LISTED], [0; MAX]);
    let mut to = 0;
    let mut i = 0;
    while i < ALL.len {
        let form = &ALL.forms[i];
        let bytes = listed_bytes(form);
        starts[i] = to as u16;
        list[to] = form.compact_bytes() as u8;
        list[to + 1] = (bytes / 2 - 1) as u8;
        let count = to + 1;
        to += 2;
        let mut k = 0;
        while k < form.fields.len() {
            if let Some(field) = form.fields[k] {
                let (kind, place, more) = field.parts();
                let log = if more == 0 {
                    0
                } else {
                    more.trailing_zeros() as u8
                };
                assert!(place < 16 && (more == 0 || more == 1 << log));
                if matches!(field, Field::FarRel(_) | Field::FarTargets(_)) {
                    list[count] |= FAR;
                }
                list[to] = kind;
                list[to + 1] = place | log << 4;
                to += 2;
            }
            k += 1;
        }
        i += 1;
    }
    (list, starts)
};

static FORMS: [u8; LISTED] = LIST.0;
static STARTS: [u16; ALL.len] = *LIST.1.split_at(ALL.len).0.as_array().unwrap();
static OF: [u8; OPCODES] = ALL.of;

/// A form of the compact encoding.
#[derive(Clone, Copy)]
pub(crate) struct CompactForm(&'static [u8]);

impl CompactForm {
    /// Bytes of the operand fields (without a `br_table`'s targets).
    pub(crate) fn operand_bytes(self) -> usize {
        self.0[0].into()
    }

    /// Bytes of the branch fields.
    pub(crate) fn target_bytes(self) -> usize {
        if self.0[1] & FAR != 0 { 4 } else { 2 }
    }

    pub(crate) fn fields(self) -> impl Iterator<Item = Field> {
        let count = usize::from(self.0[1] & !FAR);
        let fields = self.0[2..].chunks_exact(2).take(count);
        fields.map(|field| Field::of_parts(field[0], field[1] & 15, 1 << (field[1] >> 4)))
    }

    /// The same with all that a form has.
    pub(super) fn whole(self) -> Form {
        let mut form = Form::NONE;
        for (to, field) in form.fields.iter_mut().zip(self.fields()) {
            *to = Some(field);
        }
        form
    }
}

/// The op of a compact opcode, and its form; `None` if there is no such opcode.
pub(crate) fn compact_form(opcode: u16) -> Option<(Op, CompactForm)> {
    let (op, _) = Compact::op_of(opcode)?;
    Some((op, form_at(opcode)))
}

/// The form of this number of an op.
pub(super) fn compact_form_of(op: Op, number: u16) -> CompactForm {
    form_at(op.base::<Compact>() + number)
}

fn form_at(opcode: u16) -> CompactForm {
    let start = STARTS[usize::from(OF[usize::from(opcode)])];
    CompactForm(&FORMS[usize::from(start)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_ops() {
        for opcode in 0..OPCODES as u16 {
            let Some((op, number)) = Compact::op_of(opcode) else {
                assert!(compact_form(opcode).is_none());
                continue;
            };
            let (same, form) = compact_form(opcode).unwrap();
            assert_eq!(
                form.operand_bytes(),
                form.whole().operand_bytes::<Compact>()
            );
            assert_eq!(
                (same, form.whole()),
                (op, Form::in_places(SMALL, op, number).compact())
            );
        }
        assert!(compact_form(OPCODES as u16).is_none());
    }
}
