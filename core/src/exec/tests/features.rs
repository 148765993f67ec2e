//! Statements for the rows that a build may leave out.

use std::{format, string::String, vec::Vec};

use super::PLACES;
use super::{PinTypes, destinations, source};
use crate::bytecode::{Encoding, Field, Form, Native, Op, Shape, Ty};

const SIMD: bool = cfg!(feature = "simd");
const GC: bool = cfg!(feature = "gc");

/// Fields of the module's structure and elements of its arrays: name, storage type, and that of the value.
const FIELDS: [(&str, &str, &str); 9] = [
    ("i8", "i8", "i32"),
    ("i16", "i16", "i32"),
    ("i32", "i32", "i32"),
    ("i64", "i64", "i64"),
    ("f32", "f32", "f32"),
    ("f64", "f64", "f64"),
    ("any", "anyref", "ref"),
    ("func", "funcref", "func"),
    ("v128", "v128", "v128"),
];

/// A value of that type.
fn value(ty: &str) -> String {
    match ty {
        "ref" => "(local.get $a_ref)".into(),
        "func" => "(ref.func $id_i32)".into(),
        ty => format!("(local.get $a_{ty})"),
    }
}

fn fields() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    FIELDS
        .into_iter()
        .filter(|(name, ..)| SIMD || *name != "v128")
}

/// Definitions of the test module, locals of its function, and what sets them.
pub(super) fn module_parts() -> (String, String, String) {
    let (mut module, mut locals, mut setup) = (String::new(), String::new(), String::new());
    if SIMD {
        module += "(global $g_v128 (mut v128) (v128.const i64x2 1 2))
            (func $id_v128 (param v128) (result v128) (local.get 0))\n";
        locals += "(local $a_v128 v128) (local $b_v128 v128) (local $r_v128 v128)\n";
        setup += "(local.set $a_v128 (v128.const i64x2 7 0x1122334455667788))
            (local.set $b_v128 (v128.const i8x16 0 1 2 3 4 5 6 7 15 14 13 12 11 100 2 1))\n";
    }
    if GC {
        module += "(type $s (struct";
        for (name, storage, _) in fields() {
            module += &format!(" (field ${name} (mut {storage}))");
        }
        module += "))\n";
        for (name, storage, _) in fields() {
            module += &format!("(type $arr_{name} (array (mut {storage})))\n");
        }
        module += "(type $empty (struct)) (func $tail_ref (param i32) (result i32) (return_call_ref $unary (local.get 0) (ref.func $imported)))
            (func $tail_ref_near (param i32) (result i32) (return_call_ref $unary (local.get 0) (ref.func $id_i32)))
            (elem declare func $id_i32 $imported $host) (data $bytes \"0123456789abcdef\") (elem $items anyref (ref.i31 (i32.const 1)))\n";
        locals +=
            "(local $a_ref (ref null $s)) (local $r_ref anyref) (local $number (ref null i31))\n";
        setup += "(local.set $a_ref (struct.new_default $s)) (local.set $number (ref.i31 (i32.const 5)))\n";
        for (name, storage, _) in fields() {
            locals += &format!("(local $arr_{name} (ref null $arr_{name}))\n");
            setup +=
                &format!("(local.set $arr_{name} (array.new_default $arr_{name} (i32.const 9)))\n");
            let _ = storage;
        }
    }
    if cfg!(feature = "threads") {
        module += "(memory $shared 1 1 shared)\n";
    }
    if cfg!(feature = "exceptions") {
        module += "(tag $tag (param i32 i64))
            (func $thrower (param i32) (throw $tag (local.get 0) (i64.const 3)))\n";
    }
    (module, locals, setup)
}

/// Statements that use a reference in each of its destinations.
pub(super) fn references(expression: &str) -> String {
    let mut out = String::new();
    // The accumulator, a slot (pushed out by another value), a local.
    out += &format!("(drop (ref.is_null {expression}))\n");
    out += &format!(
        "(drop (i32.add (ref.is_null (block (result anyref) {expression})) (i32.rem_u (local.get $a_i32) (i32.const 3))))\n"
    );
    out += &format!("{expression} (i32.rem_u (local.get $a_i32) (i32.const 3)) (drop) (drop)\n");
    out += &format!("(local.set $r_ref {expression}) (drop (ref.is_null (local.get $r_ref)))\n");
    out
}

/// A number in the place that `from` reads.
pub(super) fn number(from: &str) -> String {
    match from.starts_with("(local.get") {
        true => "(local.get $number)".into(),
        false => "(ref.i31 (local.get $a_i32))".into(),
    }
}

/// What reads a field, or an element, by the name of its op.
fn read(name: &str) -> Option<String> {
    let (kind, of) = match (
        name.strip_prefix("StructGet"),
        name.strip_prefix("ArrayGet"),
    ) {
        (Some(of), _) => ("struct", of),
        (_, Some(of)) => ("array", of),
        _ => return None,
    };
    let (field, sign) = match of {
        "8S" => ("i8", "_s"),
        "8U" => ("i8", "_u"),
        "16S" => ("i16", "_s"),
        "16U" => ("i16", "_u"),
        "32" => ("i32", ""),
        "64" => ("i64", ""),
        "F32" => ("f32", ""),
        "F64" => ("f64", ""),
        "Ref" => ("any", ""),
        _ => ("func", ""),
    };
    Some(match kind {
        "struct" => format!("(struct.get{sign} $s ${field} (local.get $a_ref))"),
        _ => format!("(array.get{sign} $arr_{field} (local.get $arr_{field}) (local.get $b_i32))"),
    })
}

/// As the function of this name around it.
pub(super) fn statements(op: Op, pins: PinTypes) -> String {
    let text = op.text();
    let mut out = String::new();
    match *op.shape() {
        Shape::Shift => {
            for &a in PLACES.vector.sources.places {
                for count in ["(local.get $b_i32)", "(i32.const 3)"] {
                    if let Some(a) = source(a, Ty::V128, "a", pins) {
                        out += &destinations(&format!("({text} {a} {count})"), Ty::V128, pins);
                    }
                }
            }
        }
        Shape::Ternary => {
            for &a in PLACES.vector.sources.places {
                if let Some(a) = source(a, Ty::V128, "a", pins) {
                    let rest = "(local.get $b_v128) (local.get $a_v128)";
                    out += &destinations(&format!("({text} {a} {rest})"), Ty::V128, pins);
                }
            }
        }
        Shape::Extract { result, .. } => {
            out += &destinations(&format!("({text} 1 (local.get $a_v128))"), result, pins);
        }
        Shape::Replace { value, .. } => {
            for &from in Native::sets(value).sources.places {
                if let Some(from) = source(from, value, "b", pins) {
                    let replaced = format!("({text} 1 (local.get $a_v128) {from})");
                    out += &destinations(&replaced, Ty::V128, pins);
                }
            }
        }
        Shape::Atomic { inputs, result } => {
            let ty = text.split('.').next().unwrap_or_default();
            let input = format!("(local.get $a_{ty})").repeat(inputs.into());
            let drop = if result.is_some() { "(drop)" } else { "" };
            out += &format!("({text} $shared (i32.const 64) {input}) {drop}\n");
        }
        Shape::Produce { result, .. } => {
            let expression = match op_name(op).as_str() {
                "RefTest" => "(ref.test (ref $s) (local.get $a_ref))".into(),
                "RefCast" => "(ref.cast (ref $s) (local.get $a_ref))".into(),
                "ArrayLen" => "(array.len (local.get $arr_i32))".into(),
                name => match read(name) {
                    Some(read) => read,
                    // Custom descriptors have tests of their own.
                    None => return out,
                },
            };
            if op_name(op).ends_with("Func") {
                out += &format!("(drop {expression}) (drop (ref.is_null {expression}))\n");
                out += &format!(
                    "(call_ref $unary (local.get $a_i32) (ref.cast (ref $unary) (ref.func $id_i32))) (drop) {expression} (i32.rem_u (local.get $a_i32) (i32.const 3)) (drop) (drop)\n"
                );
            } else {
                out += &destinations(&expression, result, pins);
            }
        }
        _ => {}
    }
    out
}

fn op_name(op: Op) -> String {
    format!("{op:?}")
}

/// The same for the `plain` rows.
pub(super) fn plain_statements() -> [String; 2] {
    let (mut out, mut leaving) = (String::new(), String::new());
    if SIMD {
        out += "(global.set $g_v128 (local.get $a_v128)) (local.set $r_v128 (global.get $g_v128))
            (local.set $r_v128 (v128.not (local.get $a_v128))) (local.set $r_v128 (call $id_v128 (v128.not (local.get $a_v128))))
            (local.set $r_v128 (local.tee $b_v128 (local.get $b_v128)))
            (drop (block (result v128) (br_if 0 (v128.not (local.get $a_v128)) (local.get $b_i32)) (drop) (v128.not (local.get $b_v128))))
            (drop (block (result v128) (br 0 (v128.not (local.get $a_v128)))))
            (local.set $r_v128 (select (local.get $a_v128) (local.get $b_v128) (local.get $a_i32)))
            (drop (v128.not (v128.const i64x2 5 6))) (local.set $r_v128 (v128.const i64x2 5 6))
            (local.set $r_v128 (v128.xor (v128.const i64x2 5 6) (v128.not (local.get $a_v128))))
            (drop (v128.not (i8x16.shuffle 0 1 2 3 4 5 6 7 31 30 29 28 27 26 25 24 (local.get $a_v128) (local.get $b_v128))))
            (local.set $r_v128 (i8x16.shuffle 0 1 2 3 4 5 6 7 31 30 29 28 27 26 25 24 (local.get $a_v128) (local.get $b_v128)))
            (drop (v128.not (i8x16.shuffle 2 3 0 1 30 31 4 5 8 9 8 9 8 9 28 29 (local.get $a_v128) (local.get $b_v128))))
            (local.set $r_v128 (i8x16.shuffle 2 3 0 1 30 31 4 5 8 9 8 9 8 9 28 29 (local.get $a_v128) (local.get $b_v128)))
            (drop (v128.not (i8x16.shuffle 20 21 22 23 0 1 2 3 4 5 6 7 4 5 6 7 (local.get $a_v128) (local.get $b_v128))))
            (local.set $r_v128 (i8x16.shuffle 20 21 22 23 0 1 2 3 4 5 6 7 4 5 6 7 (local.get $a_v128) (local.get $b_v128)))
            (drop (v128.not (i8x16.shuffle 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 (local.get $a_v128) (local.get $b_v128))))
            (local.set $r_v128 (i8x16.shuffle 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 (local.get $a_v128) (local.get $b_v128)))
            (local.set $r_v128 (v128.load8_lane 3 (i32.const 64) (local.get $a_v128))) (v128.store16_lane 3 (i32.const 64) (local.get $a_v128))\n";
    }
    if GC {
        let values: Vec<String> = fields().map(|(_, _, ty)| value(ty)).collect();
        out += &format!("(drop (struct.new $s {}))\n", values.join(" "));
        for (name, _, ty) in fields() {
            let (arr, value) = (format!("$arr_{name}"), value(ty));
            out += &format!(
                "(struct.set $s ${name} (local.get $a_ref) {value})
                 (array.set {arr} (local.get {arr}) (local.get $b_i32) {value})
                 (array.fill {arr} (local.get {arr}) (i32.const 1) {value} (i32.const 3))
                 (array.copy {arr} {arr} (local.get {arr}) (i32.const 1) (local.get {arr}) (i32.const 2) (i32.const 3))
                 (drop (array.new {arr} {value} (i32.const 4))) (drop (array.new_fixed {arr} 2 {value} {value}))\n"
            );
        }
        if SIMD {
            out += "(drop (struct.get $s $v128 (local.get $a_ref))) (drop (array.get $arr_v128 (local.get $arr_v128) (i32.const 2)))\n";
        }
        out += "(drop (struct.new_default $s)) (drop (array.new_default $arr_i8 (i32.const 3)))
            (drop (array.new_data $arr_i16 $bytes (i32.const 1) (i32.const 2))) (drop (array.new_elem $arr_any $items (i32.const 0) (i32.const 1)))
            (array.init_data $arr_i32 $bytes (local.get $arr_i32) (i32.const 1) (i32.const 2) (i32.const 2))
            (array.init_elem $arr_any $items (local.get $arr_any) (i32.const 1) (i32.const 0) (i32.const 1))
            (drop (call_ref $unary (local.get $a_i32) (ref.func $id_i32))) (drop (call_ref $unary (local.get $a_i32) (ref.func $imported)))
            (drop (call $tail_ref (local.get $a_i32))) (drop (call $tail_ref_near (local.get $a_i32)))
            (drop (block (result anyref) (drop (br_on_cast 0 (ref null $s) (ref $s) (local.get $a_ref))) (ref.null any)))
            (block (drop (br_on_null 0 (local.get $a_ref)))) (drop (block (result anyref) (br_on_non_null 0 (local.get $a_ref)) (ref.null any)))\n";
        leaving += "(drop (call_ref $unary (local.get $a_i32) (ref.func $host)))\n";
    }
    if cfg!(feature = "threads") {
        out +=
            "(drop (memory.atomic.wait32 $shared (i32.const 64) (i32.const 99999) (i64.const 0)))
            (drop (memory.atomic.wait64 $shared (i32.const 64) (i64.const 99999) (i64.const 0)))
            (drop (memory.atomic.notify $shared (i32.const 64) (i32.const 1))) (atomic.fence)\n";
    }
    if cfg!(feature = "exceptions") {
        leaving += "(block $caught (result i32 i64) (try_table (catch $tag $caught) (call $thrower (i32.const 5))) (i32.const 1) (i64.const 2)) (drop) (drop)
            (block $outer (result i32 i64)
              (block $ref (result exnref)
                (try_table (catch_all_ref $ref) (throw $tag (local.get $a_i32) (i64.const 2))) (unreachable))
              (drop) (i32.const 1) (i64.const 2)) (drop) (drop)
            (block $again (try_table (catch_all $again)
              (block $inner (result exnref) (try_table (catch_all_ref $inner) (call $thrower (i32.const 5))) (ref.null exn))
              (throw_ref)))\n";
    }
    [out, leaving]
}

/// Whether nothing here makes the translator emit this form.
pub(super) fn unused(op: Op, form: u16) -> bool {
    let fields = || Form::of::<Native>(op, form);
    let pinned = fields()
        .fields()
        .any(|field| matches!(field, Field::Pin(_) | Field::ToPin(_)));
    match *op.shape() {
        // References are not pinned.
        Shape::Unary { operand, result } if operand == Ty::Ref || result == Ty::Ref => pinned,
        Shape::Produce { result, .. } => {
            op_name(op).contains("Desc")
                || result == Ty::Ref && pinned
                || op_name(op).ends_with("Func") && form >= PLACES.int.dests.min(2)
        }
        // What is stored is computed behind the sum of an address, which is not folded then.
        Shape::Store { value: Ty::V128 } => {
            let values = Native::sets(Ty::V128).values.len();
            form / values >= PLACES.int.values.len()
                && form / values < PLACES.addresses()
                && form % values == 1
        }
        Shape::Plain(_) => op_name(op).contains("Desc"),
        _ => false,
    }
}
