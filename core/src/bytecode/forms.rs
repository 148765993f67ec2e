//! The form of every compact opcode, worked out when the crate is compiled: what verification looks up.

use super::{BASES_OF_SMALL, Compact, Encoding, Form, OPS, Op, SMALL};

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

static FORMS: [Form; ALL.len] = *ALL.forms.split_at(ALL.len).0.as_array().unwrap();
static OF: [u8; OPCODES] = ALL.of;

/// The op of a compact opcode, and its form; `None` if there is no such opcode.
pub(crate) fn compact_form(opcode: u16) -> Option<(Op, &'static Form)> {
    let (op, number) = Compact::op_of(opcode)?;
    Some((op, compact_form_of(op, number)))
}

/// The form of this number of an op.
pub(super) fn compact_form_of(op: Op, number: u16) -> &'static Form {
    let opcode = op.base::<Compact>() + number;
    &FORMS[usize::from(OF[usize::from(opcode)])]
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
                (same, *form),
                (op, Form::in_places(SMALL, op, number).compact())
            );
        }
        assert!(compact_form(OPCODES as u16).is_none());
    }
}
