//! What the table has for a wasm instruction: to be shown.

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

use super::{Compact, Encoding, Field, Form, Native, OPS, Op, Shape, name_in_form};
use crate::{bytecode::table::for_each_op, translate::Fusion};

/// A row of the op table.
#[derive(Clone, Debug)]
pub struct OpRow {
    /// The op, as listings have it.
    pub text: &'static str,
    /// The name of the row: several have one text where they differ in what they hold.
    pub row: String,
    /// The group of rows, which says what operands look like.
    pub group: &'static str,
    /// The cargo feature that it belongs to; `core` is in every build.
    pub block: &'static str,
    /// The types that it takes and gives, where they follow from the group. Addresses are `at`.
    pub types: Option<(Vec<&'static str>, Vec<&'static str>)>,
    /// The op that gives the same with its operands exchanged.
    pub mirror: Option<&'static str>,
    /// The op that gives the opposite.
    pub inverse: Option<&'static str>,
    /// Its forms in the code that this build executes.
    pub forms: Vec<Forms>,
    /// How many forms it has in compact code.
    pub compact_forms: usize,
    /// The ops of more than one wasm instruction that it is a part of.
    pub fused: Vec<FusedRow>,
}

/// The forms of an op that do the same with operands and results in several places.
#[derive(Clone, Debug)]
pub struct Forms {
    /// As listings have it: the op, or what it is fused with in these forms.
    pub text: String,
    /// How many there are.
    pub count: usize,
    /// The places of operands, each combination once.
    pub operands: Vec<Vec<String>>,
    /// The places of results.
    pub results: Vec<String>,
}

/// An op that does the work of several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FusedRow {
    /// As listings have it, without the comparisons that it has forms for.
    pub text: String,
    /// What it does.
    pub fusion: Fusion,
    /// How many forms it has in the code that this build executes; 0 where nothing is fused.
    pub forms: usize,
}

/// The rows with the name of a wasm instruction (`i32.add`). Instructions that have none become operands, labels, or
/// other ops.
pub fn op_rows(instruction: &str) -> Vec<OpRow> {
    let named = OPS.iter().filter(|op| op.text() == instruction);
    let single = named.filter(|op| parts(**op).is_empty());
    single.map(|op| describe(*op)).collect()
}

fn describe(op: Op) -> OpRow {
    let (mirror, inverse) = match *op.shape() {
        Shape::Binary { swap, .. } => (swap, None),
        Shape::Compare { swap, not, .. } => (Some(swap), not),
        _ => (None, None),
    };
    let fused = OPS.iter().filter(|row| parts(**row).contains(&op));
    OpRow {
        text: op.text(),
        row: format!("{op:?}"),
        group: group(op),
        block: op.block(),
        types: types(op.shape()),
        mirror: mirror.map(Op::text),
        inverse: inverse.map(Op::text),
        forms: forms(op),
        compact_forms: op.shape().forms(Compact::PLACES).into(),
        fused: fused
            .map(|row| FusedRow {
                text: match row.shape() {
                    Shape::LoadBranch { .. } | Shape::LoadKeepBranch { .. } => {
                        format!("{}+br_if", row.text())
                    }
                    _ => row.text().into(),
                },
                fusion: Fusion::of::<Native>(*row, 0),
                forms: row.shape().forms(Native::PLACES).into(),
            })
            .collect(),
    }
}

/// The forms by what they do, each with its places.
fn forms(op: Op) -> Vec<Forms> {
    let mut all: Vec<Forms> = Vec::new();
    for number in 0..op.shape().forms(Native::PLACES) {
        let text = name_in_form::<Native>(op, number);
        let form = Form::of::<Native>(op, number);
        let operands: Vec<String> = form.fields().filter_map(operand).collect();
        let result = form.fields().find_map(result);
        let at = match all.iter().position(|forms| forms.text == text) {
            Some(at) => at,
            None => {
                all.push(Forms {
                    text,
                    count: 0,
                    operands: Vec::new(),
                    results: Vec::new(),
                });
                all.len() - 1
            }
        };
        let forms = &mut all[at];
        forms.count += 1;
        if !forms.operands.contains(&operands) {
            forms.operands.push(operands);
        }
        if let Some(result) = result
            && !forms.results.contains(&result)
        {
            forms.results.push(result);
        }
    }
    all
}

fn operand(field: Field) -> Option<String> {
    Some(match field {
        Field::Src(_) | Field::Src16(_) => "slot".into(),
        Field::Acc(bank) => bank.name().into(),
        Field::Pin(pin) => format!("p{pin}"),
        Field::Imm16(_)
        | Field::Imm(_)
        | Field::Imm24(_)
        | Field::Imm32(_)
        | Field::Imm64(_)
        | Field::Imm128(_)
        | Field::FImm32(_)
        | Field::FImm64(_) => "constant".into(),
        _ => return None,
    })
}

fn result(field: Field) -> Option<String> {
    Some(match field {
        Field::Dst(_) | Field::Dst16(_) => "slot".into(),
        Field::DstPair(_) => "two slots".into(),
        Field::ToAcc(bank) => bank.name().into(),
        Field::ToPin(pin) => format!("p{pin}"),
        Field::Both(bank, _) => bank.name().to_string() + " and slot",
        _ => return None,
    })
}

/// The group of the table that a row is in.
fn group(op: Op) -> &'static str {
    match op.shape() {
        Shape::Binary { .. } => "binary",
        Shape::Compare { .. } => "compare",
        Shape::Unary { .. } => "unary",
        Shape::Load { .. } => "load",
        Shape::Store { .. } => "store",
        Shape::Shift => "shift",
        Shape::Ternary => "ternary",
        Shape::Extract { .. } => "extract",
        Shape::Replace { .. } => "replace",
        Shape::Atomic { .. } => "atomic",
        Shape::Produce { .. } => "produce",
        Shape::Select => "select",
        Shape::Copy | Shape::CopyPair | Shape::CopyBranch => "copy",
        Shape::GlobalGet => "global_get",
        Shape::Chain { .. } => "chain",
        Shape::LoadChain { .. } => "load_chain",
        Shape::LoadBranch { .. } => "load_branch",
        Shape::LoadKeepBranch { .. } => "load_keep_branch",
        Shape::LoadScaled { .. } => "load_scaled",
        Shape::LoadStore => "load_store",
        Shape::ChainStore { .. } => "chain_store",
        Shape::Plain(_) => "plain",
    }
}

fn types(shape: &Shape) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    let v128 = "v128";
    Some(match *shape {
        Shape::Binary {
            operand, result, ..
        } => (vec![operand.name(); 2], vec![result.name()]),
        Shape::Compare { operand, .. } => (vec![operand.name(); 2], vec!["i32"]),
        Shape::Unary { operand, result } => (vec![operand.name()], vec![result.name()]),
        Shape::Load { result } => (vec!["at"], vec![result.name()]),
        Shape::Store { value } => (vec!["at", value.name()], vec![]),
        Shape::Shift => (vec![v128, "i32"], vec![v128]),
        Shape::Ternary => (vec![v128; 3], vec![v128]),
        Shape::Extract { result, .. } => (vec![v128], vec![result.name()]),
        Shape::Replace { value, .. } => (vec![v128, value.name()], vec![v128]),
        Shape::Atomic {
            inputs,
            result: Some(result),
        } => {
            let mut taken = vec![result.name(); usize::from(inputs) + 1];
            taken[0] = "at";
            (taken, vec![result.name()])
        }
        _ => return None,
    })
}

macro_rules! define_parts {
    (
        $([$block:ident $first:literal
            binary $binary:tt unary $unary:tt load $load:tt store $store:tt plain $plain:tt shift $shift:tt
            ternary $ternary:tt extract $extract:tt replace $replace:tt atomic_load $atomic_load:tt
            atomic_store $atomic_store:tt rmw $rmw:tt cmpxchg $cmpxchg:tt produce $produce:tt compare $compare:tt
            fused_compare $fused_compare:tt select $select:tt copy $copy:tt global_get $global_get:tt
            chain { $($ch:ident $ch_text:literal $ch_ty:ident: $ch_first:ident ($ch_xy:ident) $ch_second:ident [$($ch_rev:ident)?];)* }
            load_chain { $($lc:ident $lc_text:literal $lc_ty:ident: $lc_load:ident $lc_second:ident [$($lc_rev:ident)?];)* }
            load_branch { $($lb:ident $lb_text:literal $lb_ty:ident: $lb_load:ident $($lb_compare:ident)*;)* }
            load_keep_branch { $($lk:ident $lk_text:literal $lk_ty:ident: $lk_load:ident $($lk_compare:ident)*;)* }
            load_scaled { $($sc:ident $sc_text:literal $sc_ty:ident: $sc_load:ident;)* }
            load_store { $($ls:ident $ls_text:literal: $ls_load:ident $ls_store:ident;)* }
            chain_store { $($cs:ident $cs_text:literal $cs_ty:ident: $cs_first:ident ($cs_xy:ident) $cs_store:ident;)* }
            copy_more $copy_more:tt
        ])*
    ) => {
        /// The ops whose work a fused one does.
        fn parts(op: Op) -> &'static [Op] {
            match op {
                $($(Op::$ch => &[Op::$ch_first, Op::$ch_second],)*)*
                $($(Op::$lc => &[Op::$lc_load, Op::$lc_second],)*)*
                $($(Op::$lb => &[Op::$lb_load, $(Op::$lb_compare),*],)*)*
                $($(Op::$lk => &[Op::$lk_load, $(Op::$lk_compare),*],)*)*
                $($(Op::$sc => &[Op::$sc_load],)*)*
                $($(Op::$ls => &[Op::$ls_load, Op::$ls_store],)*)*
                $($(Op::$cs => &[Op::$cs_first, Op::$cs_store],)*)*
                _ => &[],
            }
        }
    };
}
for_each_op!(define_parts);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_has_its_row_and_fusions() {
        let [add] = &op_rows("i32.add")[..] else {
            panic!("one row");
        };
        assert_eq!(add.types, Some((vec!["i32", "i32"], vec!["i32"])));
        assert_eq!(add.mirror, Some("i32.add"));
        let fused: Vec<&str> = add.fused.iter().map(|row| row.text.as_str()).collect();
        for row in ["i32.shl+add", "i32.load+add", "i32.add+store"] {
            assert!(fused.contains(&row), "{fused:?}");
        }
        assert_eq!(add.forms.len(), 1);
        let all: usize = add.forms.iter().map(|forms| forms.count).sum();
        assert_eq!(all, usize::from(Op::I32Add.shape().forms(Native::PLACES)));
        // Loads that branch have the same name, and are no rows of the load.
        assert_eq!(op_rows("i32.load").len(), 1);
        assert!(op_rows("i32.const").is_empty());
        let lt = &op_rows("i32.lt_s")[0];
        let texts: Vec<&str> = lt.forms.iter().map(|forms| forms.text.as_str()).collect();
        assert_eq!((texts[0], texts[1]), ("i32.lt_s", "br_if i32.lt_s"));
        assert_eq!(
            (lt.mirror, lt.inverse),
            (Some("i32.gt_s"), Some("i32.ge_s"))
        );
    }
}
