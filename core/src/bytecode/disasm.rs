//! Instructions and wasm operators as text.

use alloc::{format, string::String};
use core::fmt::Write;

use wasmparser::Operator;

use super::{Encoding, Field, Form, Op, Shape};
use crate::translate::{Instruction, row_of};

/// One instruction of symbolic code, with destinations first. `slot` names slots; `imported` functions precede
/// those of the module.
pub(crate) fn disassemble<E: Encoding>(
    instruction: &Instruction<'_, E>,
    imported: u32,
    slot: &dyn Fn(u16) -> String,
) -> String {
    let Some((op, number)) = E::op_of(instruction.opcode()) else {
        return format!("bad opcode {}", instruction.opcode());
    };
    let form = Form::of::<E>(op, number);
    let mut text = name_in_form::<E>(op, number);
    let mut separator = " ";
    for field in form.fields() {
        if !matches!(field, Field::Entry(_) | Field::Full) {
            text.push_str(separator);
            separator = ", ";
        }
        // Writing to a String does not fail.
        let _ = match field {
            Field::Dst(at) | Field::Src(at) => write!(text, "{}", slot(instruction.slot(at))),
            Field::Dst16(at) | Field::Src16(at) => {
                write!(text, "{}", slot(instruction.u16(at)))
            }
            Field::DstRun(at, count) => {
                write!(text, "{}x{count}", slot(instruction.u16(at)))
            }
            Field::DstPair(at) => write!(
                text,
                "{}:{}",
                slot(instruction.slot(at)),
                slot(instruction.slot(at) + 1)
            ),
            Field::Pin(n) | Field::ToPin(n) => write!(text, "p{n}"),
            Field::Acc(bank) | Field::ToAcc(bank) => write!(text, "{}", bank.name()),
            Field::Both(bank, at) => {
                write!(text, "{}={}", bank.name(), slot(instruction.u16(at)))
            }
            Field::Imm16(at) => write!(text, "{}", instruction.small(at)),
            Field::Imm(at) => write!(text, "{}", instruction.imm(at)),
            Field::Imm24(at) => write!(text, "{}", instruction.middle(at)),
            Field::Imm32(at) => write!(text, "{}", instruction.u32(at) as i32),
            Field::Imm64(at) => write!(text, "{:#x}", instruction.u64(at)),
            Field::Imm128(at) => write!(text, "{:#034x}", instruction.u128(at)),
            Field::FImm32(at) => write!(text, "{:?}", f32::from_bits(instruction.u32(at))),
            Field::FImm64(at) => write!(text, "{:?}", f64::from_bits(instruction.u64(at))),
            Field::Offset(at) => write!(text, "+{}", instruction.index(at)),
            Field::Offset16(at) => write!(text, "+{}", instruction.u16(at)),
            Field::Offset64(at) => write!(text, "+{}", instruction.u64(at)),
            Field::Rel(at) | Field::FarRel(at) => {
                let far = matches!(field, Field::FarRel(_));
                let to = instruction.target(at as usize, far);
                write!(text, "->{:x}", target::<E>(to))
            }
            Field::Targets(at) | Field::FarTargets(at) => {
                let far = matches!(field, Field::FarTargets(_));
                let mut result = write!(text, "->[");
                for (i, to) in instruction.targets(at, far).enumerate() {
                    result = result.and(write!(
                        text,
                        "{}{:x}",
                        if i == 0 { "" } else { " " },
                        target::<E>(to)
                    ));
                }
                result.and(write!(text, "]"))
            }
            Field::NearBase(at) => write!(text, "frame {}", slot(instruction.slot(at))),
            Field::NearHeader(at) => write!(text, "header {}", instruction.slot(at)),
            Field::Base(at) => write!(text, "frame {}", slot(instruction.u16(at))),
            Field::Header(at) | Field::OwnHeader(at) => {
                write!(text, "header {}", instruction.u16(at))
            }
            Field::Count(at) => write!(text, "x{}", instruction.u16(at)),
            Field::Count32(at) => write!(text, "{}", instruction.u32(at)),
            // The function's number says the same.
            Field::Entry(_) | Field::Full => Ok(()),
            Field::Func(at) => {
                let first = if counts_defined(op) { imported } else { 0 };
                write!(text, "func {}", first + instruction.index(at))
            }
            Field::Global(at) => write!(text, "global {}", instruction.index(at)),
            Field::Memory(at) => write!(text, "memory {}", instruction.index(at)),
            Field::Memory16(at) => write!(text, "memory {}", instruction.u16(at)),
            Field::Table(at) => write!(text, "table {}", instruction.u16(at)),
            Field::Table32(at) => write!(text, "table {}", instruction.index(at)),
            Field::Data(at) => write!(text, "data {}", instruction.index(at)),
            Field::Elem(at) => write!(text, "elem {}", instruction.index(at)),
            Field::Cast(at) => write!(text, "type {:#x}", instruction.u32(at)),
            Field::Type(at) => write!(text, "type {}", instruction.index(at)),
        };
    }
    text
}

/// The name of an op in the form of this number: what it does first, as far as it does several things.
pub(crate) fn name_in_form<E: Encoding>(op: Op, number: u16) -> String {
    let places = E::PLACES;
    let mut text = String::new();
    match *op.shape() {
        Shape::Compare { operand, not, .. }
            if number >= Shape::steps_from(places, operand, not) =>
        {
            let _ = write!(text, "step_br_if {}", op.text());
        }
        Shape::LoadBranch { compares, .. } | Shape::LoadKeepBranch { compares, .. } => {
            let each = op.shape().forms(places) / compares.len() as u16;
            let compare = compares[(number / each) as usize].text();
            let _ = write!(text, "{}+br_if {compare}", op.text());
        }
        Shape::Compare { operand, .. } if number >= Shape::branches_from(places, operand) => {
            let branch = number - Shape::branches_from(places, operand);
            let not = if branch >= places.of(operand).branches.len() {
                "_not"
            } else {
                ""
            };
            let _ = write!(text, "br_if{not} {}", op.text());
        }
        _ => text.push_str(op.text()),
    }
    text
}

/// Whether an op's function is counted from the first that the module defines.
fn counts_defined(op: Op) -> bool {
    matches!(op, Op::Call | Op::CallWith | Op::ReturnCall)
}

/// Branch targets are printed relative to the function's entry, as instructions are.
fn target<E: Encoding>(bytes: u32) -> u32 {
    bytes.wrapping_sub(E::ENTRY_BYTES as u32)
}

/// A wasm operator in the text format, or close to it.
pub(crate) fn wasm_text(operator: &Operator<'_>) -> String {
    match operator {
        Operator::I32Const { value } => return format!("i32.const {value}"),
        Operator::I64Const { value } => return format!("i64.const {value}"),
        Operator::F32Const { value } => {
            return format!("f32.const {:?}", f32::from_bits(value.bits()));
        }
        Operator::F64Const { value } => {
            return format!("f64.const {:?}", f64::from_bits(value.bits()));
        }
        Operator::BrTable { targets } => {
            let mut text = String::from("br_table");
            for depth in targets.targets().flatten() {
                let _ = write!(text, " {depth}");
            }
            let _ = write!(text, " {}", targets.default());
            return text;
        }
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
            let name = match operator {
                Operator::Block { .. } => "block",
                Operator::Loop { .. } => "loop",
                _ => "if",
            };
            return match blockty {
                wasmparser::BlockType::Empty => name.into(),
                wasmparser::BlockType::Type(ty) => format!("{name} (result {ty})"),
                wasmparser::BlockType::FuncType(index) => format!("{name} (type {index})"),
            };
        }
        _ => {}
    }
    // "LocalGet { local_index: 0 }" and its kin.
    let debug = format!("{operator:?}");
    let (name, fields) = debug.split_once(' ').unwrap_or((&debug, ""));
    let mut text = match row_of(operator) {
        Some(op) => String::from(op.text()),
        None => mnemonic(name),
    };
    // Indices and offsets that say something; a memory argument's maximum alignment does not.
    for field in fields.split([',', '{', '}']) {
        if let Some((key, value)) = field.trim().split_once(": ") {
            let shown = match key {
                "align" | "max_align" => None,
                "memory" | "mem" | "table" | "table_index" | "src_mem" | "dst_mem"
                    if value == "0" =>
                {
                    None
                }
                "offset" if value == "0" => None,
                "offset" => Some(format!("offset={value}")),
                _ if value.chars().all(|c| c.is_ascii_digit()) => Some(value.into()),
                _ => None,
            };
            if let Some(shown) = shown {
                text.push(' ');
                text.push_str(&shown);
            }
        }
    }
    text
}

/// `LocalGet` as `local.get`, `BrIf` as `br_if`.
fn mnemonic(name: &str) -> String {
    const SPACES: [&str; 9] = [
        "local", "global", "memory", "table", "ref", "elem", "data", "i32", "i64",
    ];
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push(if SPACES.contains(&text.as_str()) {
                '.'
            } else {
                '_'
            });
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}
