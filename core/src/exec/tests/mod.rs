//! Every opcode that the translator can emit, run in loops on a small native stack.

mod features;

use alloc::{
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use std::thread;

use super::Execution;
use crate::{
    Config, Engine, Instance, Module, Store, TrapCode,
    bytecode::{CopyFrom, Encoding, Field, Form, Native, OPCODES, Op, Place, Places, Shape, Ty},
    translate::opcodes,
};

const PLACES: &Places = Native::PLACES;

/// Iterations: enough that a handler which keeps even a few bytes of native stack overflows it. (The portable loop has
/// it back from each.)
const ITERATIONS: i32 = match (cfg!(miri), cfg!(tail_calls)) {
    (true, _) => 2,
    (false, true) => 20_000,
    (false, false) => 100,
};
/// Enough that calls would overflow the value stack if they left anything there.
const TAIL_CALLS: i32 = if cfg!(miri) { 100 } else { 1_000_000 };
const NATIVE_STACK: usize = 256 * 1024;

/// Runs `test` on a thread with a stack of 256 KiB.
fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new()
        .stack_size(NATIVE_STACK)
        .spawn(test)
        .expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn name(ty: Ty) -> &'static str {
    match ty {
        Ty::I32 => "i32",
        Ty::I64 => "i64",
        Ty::F32 => "f32",
        Ty::F64 => "f64",
        Ty::V128 => "v128",
        Ty::Ref => "ref",
    }
}

/// The types of the locals in the pins.
type PinTypes = [Ty; 2];

/// An expression of type `ty` that an op finds in the given place; slots are `$a` and `$b`.
fn source(place: Place, ty: Ty, slot: &str, pins: PinTypes) -> Option<String> {
    let t = name(ty);
    Some(match place {
        Place::Slot => format!("(local.get ${slot}_{t})"),
        // Ops that nothing is fused with.
        Place::Acc if ty == Ty::V128 => format!("(v128.not (local.get ${slot}_{t}))"),
        Place::Acc if ty == Ty::Ref => "(ref.cast (ref $s) (local.get $a_ref))".into(),
        Place::Acc
            if Native::sets(ty).dests == PLACES.int.dests && matches!(ty, Ty::I32 | Ty::I64) =>
        {
            format!("({t}.rem_u (local.get ${slot}_{t}) ({t}.const 13))")
        }
        Place::Acc => format!("({t}.div (local.get ${slot}_{t}) ({t}.const 2))"),
        Place::Pin0 if pins[0] == ty => "(local.get $p)".into(),
        Place::Pin1 if pins[1] == ty => "(local.get $q)".into(),
        Place::Pin0 | Place::Pin1 => return None,
        Place::Imm => format!("({t}.const 3)"),
        Place::Wide => format!("({t}.const 40000)"),
        Place::Long if matches!(ty, Ty::F32 | Ty::F64) => format!("({t}.const 2.3)"),
        Place::Long => format!("({t}.const 0x123456789abcdef)"),
    })
}

/// The same of both operands of an op. In accumulators twice: a local that has just been set.
fn sources(a: Place, b: Place, ty: Ty, pins: PinTypes) -> Option<(String, String)> {
    let (x, y) = (source(a, ty, "a", pins)?, source(b, ty, "b", pins)?);
    let t = name(ty);
    Some(match (a, b) {
        (Place::Acc, Place::Acc) => (
            format!("(local.tee $r_{t} {x})"),
            format!("(local.get $r_{t})"),
        ),
        _ => (x, y),
    })
}

/// Sets the pins to small values: they are addresses too.
fn reset_pins(pins: PinTypes) -> String {
    let [p, q] = pins.map(name);
    format!("(local.set $p ({p}.const 5)) (local.set $q ({q}.const 6))\n")
}

/// A statement that adds a value to the checksum `$sum`, by ops that are not fused with what made it.
fn observe(expression: &str, ty: Ty) -> String {
    let bits = match ty {
        Ty::I32 => format!("(i64.extend_i32_u {expression})"),
        Ty::F32 => format!("(i64.extend_i32_u (i32.reinterpret_f32 {expression}))"),
        Ty::F64 => format!("(i64.reinterpret_f64 {expression})"),
        Ty::V128 => format!(
            "(i64.add (i64x2.extract_lane 0 {expression}) (i64x2.extract_lane 1 {expression}))"
        ),
        Ty::Ref => format!("(i64.extend_i32_u (ref.is_null {expression}))"),
        _ => expression.into(),
    };
    format!("(local.set $sum (i64.sub (i64.rotl (local.get $sum) (i64.const 1)) {bits}))\n")
}

/// Statements that use the value of `expression` in each of its destinations.
fn destinations(expression: &str, ty: Ty, pins: PinTypes) -> String {
    let t = name(ty);
    if ty == Ty::Ref {
        return features::references(expression);
    }
    let push_out = source(Place::Acc, ty, "a", pins).unwrap_or_default();
    let after = if matches!(ty, Ty::I32 | Ty::I64) {
        "rotl"
    } else if ty == Ty::V128 {
        "xor"
    } else {
        "div"
    };
    let mut out = observe(expression, ty);
    if ty == Ty::V128 {
        // (Lanes are read from slots.)
        out += &observe(&format!("(v128.not {expression})"), ty);
    }
    out += &format!("(local.set $r_{t} {expression})\n");
    out += &observe(&format!("(local.get $r_{t})"), ty);
    out += &observe(&format!("({t}.{after} {expression} {push_out})"), ty);
    for (pin, local) in pins.iter().zip(["$p", "$q"]) {
        if *pin == ty {
            out += &format!("(local.set {local} {expression})\n");
            out += &observe(&format!("(local.get {local})"), ty);
            out += &reset_pins(pins);
        }
    }
    out
}

/// The name of a comparison in an expression, whose value is true if `op` holds of both operands.
fn comparison(op: Op, a: &str, b: &str) -> String {
    match op {
        Op::I32Test => format!("(i32.ne (i32.and {a} {b}) (i32.const 0))"),
        Op::I32TestZ => format!("(i32.eqz (i32.and {a} {b}))"),
        Op::I64Test => format!("(i64.ne (i64.and {a} {b}) (i64.const 0))"),
        Op::I64TestZ => format!("(i64.eqz (i64.and {a} {b}))"),
        _ => format!("({} {a} {b})", op.text()),
    }
}

/// Branches on an expression, taken if it is true and if it is false.
fn branches(expression: &str) -> String {
    let (not_taken, taken) = (
        observe("(i64.const 1)", Ty::I64),
        observe("(i64.const 2)", Ty::I64),
    );
    format!("(block (br_if 0 {expression}) {not_taken})\n(if {expression} (then {taken}))\n")
}

/// The addresses of loads and stores, in the order of their forms.
fn addresses(pins: PinTypes) -> Vec<Option<String>> {
    let singles = PLACES
        .int
        .values
        .places
        .iter()
        .map(|&place| source(place, Ty::I32, "a", pins));
    let sums = PLACES.sums.places.iter().map(|&(x, y)| {
        let (x, y) = (
            source(x, Ty::I32, "a", pins)?,
            source(y, Ty::I32, "b", pins)?,
        );
        Some(format!("(i32.add {x} {y})"))
    });
    singles.chain(sums).collect()
}

/// The two ops of a chain, from its text, and whether the second takes the first's result on the right.
fn halves(op: Op) -> (String, String, bool) {
    let (first, second) = op.text().split_once('+').expect("a chain");
    let (second, reversed) = match second.strip_suffix("_from") {
        Some(second) => (second, true),
        None => (second, false),
    };
    let ty = first.split('.').next().expect("a type");
    (first.into(), format!("{ty}.{second}"), reversed)
}

/// A copy to the slot or pin with that number, from a place: two statements, of which the first makes
/// the accumulator mirror a local.
fn copy_statement(from: Place, to: u16, slot: &str, pins: PinTypes) -> Option<(String, String)> {
    let to = match to {
        0 => format!("${slot}_i32"),
        pin if pins[pin as usize - 1] != Ty::I32 => return None,
        1 => "$p".into(),
        _ => "$q".into(),
    };
    Some(match from {
        Place::Acc => (
            format!("(local.set $r_i32 {})", source(from, Ty::I32, "a", pins)?),
            format!("(local.set {to} (local.get $r_i32))"),
        ),
        _ => (
            String::new(),
            format!("(local.set {to} {})", source(from, Ty::I32, "a", pins)?),
        ),
    })
}

/// Statements that make the translator emit every form of a row that it can with these pins.
fn statements(op: Op, pins: PinTypes) -> String {
    let text = op.text();
    let mut out = String::new();
    let place = |place: Place, ty: Ty, slot: &str| source(place, ty, slot, pins);
    let (dests, copy_forms) = (PLACES.copy_dests, PLACES.copy_forms());
    match *op.shape() {
        Shape::Binary {
            operand,
            result,
            swap,
        } => {
            for &(a, b) in PLACES.pairs(operand, swap.is_some()).places {
                if let Some((a, b)) = sources(a, b, operand, pins) {
                    out += &destinations(&format!("({text} {a} {b})"), result, pins);
                }
            }
        }
        Shape::Compare { operand, .. } => {
            let sets = Native::sets(operand);
            for &(a, b) in PLACES.pairs(operand, true).places {
                if let Some((a, b)) = sources(a, b, operand, pins) {
                    out += &destinations(&comparison(op, &a, &b), Ty::I32, pins);
                }
            }
            for &(a, b) in sets.branches.places {
                if let Some((a, b)) = sources(a, b, operand, pins) {
                    out += &branches(&comparison(op, &a, &b));
                }
            }
            let t = name(operand);
            for &counter in sets.counters.places {
                for &bound in sets.bounds.places {
                    let (Some(get), Some(bound)) =
                        (place(counter, operand, "a"), place(bound, operand, "b"))
                    else {
                        continue;
                    };
                    let local = get.trim_start_matches("(local.get ").trim_end_matches(')');
                    out += &format!(
                        "(block (local.set {local} ({t}.add {get} ({t}.const 1))) (br_if 0 {}) {})
                         {} (local.set $a_{t} ({t}.const 7)) {}",
                        comparison(op, &get, &bound),
                        observe("(i64.const 3)", Ty::I64),
                        observe(&get, operand),
                        reset_pins(pins)
                    );
                }
            }
        }
        Shape::Unary { operand, result } => {
            for &from in Native::sets(operand).sources.places {
                if let Some(from) = place(from, operand, "a") {
                    // (An i31 where one is read.)
                    let from = match text.starts_with("i31.") {
                        true => features::number(&from),
                        false => from,
                    };
                    out += &destinations(&format!("({text} {from})"), result, pins);
                }
            }
        }
        Shape::Load { result } => {
            for address in addresses(pins).into_iter().flatten() {
                let expression = format!("({text} offset=8 {address})");
                out += &destinations(&expression, result, pins);
            }
            out += &format!("(drop ({text} $far (local.get $a_i32)))\n");
        }
        Shape::Store { value } => {
            let t = name(value);
            for address in addresses(pins).into_iter().flatten() {
                for &from in Native::sets(value).values.places {
                    let Some(stored) = place(from, value, "b") else {
                        continue;
                    };
                    out += &match from {
                        Place::Imm => format!("({text} {address} ({t}.const 0))\n"),
                        // Fresh, and mirroring a local that an op or a call has set.
                        Place::Acc => format!(
                            "({text} {address} {stored})
                             (local.set $r_{t} {stored}) ({text} {address} (local.get $r_{t}))
                             (local.set $r_{t} (call $id_{t} {stored})) ({text} {address} (local.get $r_{t}))\n"
                        ),
                        _ => format!("({text} {address} {stored})\n"),
                    };
                }
            }
            out += &format!("({text} $far (local.get $a_i32) (local.get $b_{t}))\n");
        }
        Shape::Select => {
            for ty in [Ty::I32, Ty::I64, Ty::F32, Ty::F64] {
                let zero = format!("({}.const 0)", name(ty));
                let choice = |from: Place, slot: &str| match from {
                    Place::Imm => Some(zero.clone()),
                    _ => place(from, ty, slot),
                };
                let choices = Native::sets(ty).choices.places;
                for &condition in PLACES.int.sources.places {
                    for (&x, &y) in choices
                        .iter()
                        .flat_map(|x| choices.iter().map(move |y| (x, y)))
                    {
                        if let (Some(condition), Some(x), Some(y)) = (
                            place(condition, Ty::I32, "b"),
                            choice(x, "a"),
                            choice(y, "b"),
                        ) {
                            out +=
                                &destinations(&format!("(select {x} {y} {condition})"), ty, pins);
                        }
                    }
                }
            }
        }
        Shape::Copy => {
            for (pin, local) in pins.iter().zip(["$p", "$q"]) {
                let t = name(*pin);
                for from in [
                    "(local.get $p)",
                    "(local.get $q)",
                    &format!("(local.get $a_{t})"),
                ] {
                    if pins[0] == pins[1] || from.contains("$a") {
                        out += &format!(
                            "(local.set {local} {from}) (global.set $g_i32 (i32.const 0))\n"
                        );
                    }
                }
                out += &format!(
                    "(local.set $r_{t} (local.get {local})) (global.set $g_i32 (i32.const 0))
                     (local.set {local} (call $id_{t} (local.get $a_{t})))
                     (local.set {local} ({t}.const 77)) (global.set $g_i32 (i32.const 0))\n"
                );
                if *pin == Ty::I64 {
                    out += &format!(
                        "(local.set {local} (i64.const 0x123456789abcdef)) (global.set $g_i32 (i32.const 0))\n"
                    );
                }
                out += &reset_pins(pins);
            }
        }
        Shape::Chain { ty, xy } => {
            let (first, second, reversed) = halves(op);
            for &(x, y) in Native::sets(ty).chained.of(xy).places {
                for &z in Native::sets(ty).others.places {
                    let (Some((x, y)), Some(z)) = (sources(x, y, ty, pins), place(z, ty, "a"))
                    else {
                        continue;
                    };
                    let inner = format!("({first} {x} {y})");
                    let expression = if reversed {
                        format!("({second} {z} {inner})")
                    } else {
                        format!("({second} {inner} {z})")
                    };
                    out += &destinations(&expression, ty, pins);
                }
            }
        }
        Shape::LoadChain { ty } => {
            let (first, second, reversed) = halves(op);
            for &x in PLACES.int.sources.places {
                for &y in Native::sets(ty).others.places {
                    let (Some(x), Some(y)) = (place(x, Ty::I32, "a"), place(y, ty, "b")) else {
                        continue;
                    };
                    let inner = format!("({first} offset=8 {x})");
                    let expression = if reversed {
                        format!("({second} {y} {inner})")
                    } else {
                        format!("({second} {inner} {y})")
                    };
                    out += &destinations(&expression, ty, pins);
                }
            }
        }
        Shape::LoadBranch { ty, compares } => {
            for &compare in compares {
                for &x in PLACES.int.sources.places {
                    for &y in Native::sets(ty).others.places {
                        let (Some(x), Some(y)) = (place(x, Ty::I32, "a"), place(y, ty, "b")) else {
                            continue;
                        };
                        out +=
                            &branches(&comparison(compare, &format!("({text} offset=8 {x})"), &y));
                    }
                }
            }
        }
        Shape::LoadKeepBranch { ty, compares } => {
            let kept: Vec<_> = [("$r_i32", ty), ("$p", pins[0]), ("$q", pins[1])]
                .into_iter()
                .filter(|&(_, pinned)| pinned == ty)
                .collect();
            for &compare in compares {
                for (local, _) in &kept {
                    for &x in PLACES.int.sources.places {
                        for &y in Native::sets(ty).others.places {
                            let (Some(x), Some(y)) = (place(x, Ty::I32, "a"), place(y, ty, "b"))
                            else {
                                continue;
                            };
                            let load = format!("(local.tee {local} ({text} offset=8 {x}))");
                            out += &branches(&comparison(compare, &load, &y));
                            out += &observe(&format!("(local.get {local})"), ty);
                            out += &reset_pins(pins);
                        }
                    }
                }
            }
        }
        Shape::LoadScaled { result } => {
            let load = text.trim_end_matches("_scaled");
            for &x in PLACES.int.sources.places {
                for &z in PLACES.int.others.places {
                    if let (Some(x), Some(z)) = (place(x, Ty::I32, "a"), place(z, Ty::I32, "b")) {
                        let address = format!("(i32.add (i32.mul {x} (i32.const 12)) {z})");
                        out += &destinations(&format!("({load} offset=8 {address})"), result, pins);
                    }
                }
            }
        }
        Shape::LoadStore => {
            let (first, second, _) = halves(op);
            for &base in PLACES.int.bases.places {
                for &x in PLACES.int.sources.places {
                    if let (Some(base), Some(x)) =
                        (place(base, Ty::I32, "b"), place(x, Ty::I32, "a"))
                    {
                        out += &format!("({second} offset=64 {base} ({first} offset=8 {x}))\n");
                    }
                }
            }
        }
        Shape::ChainStore { ty, xy } => {
            let (first, second, _) = halves(op);
            for &base in Native::sets(ty).bases.places {
                for &(x, y) in Native::sets(ty).chained.of(xy).places {
                    if let (Some(base), Some((x, y))) =
                        (place(base, Ty::I32, "a"), sources(x, y, ty, pins))
                    {
                        out += &format!("({second} offset=8 {base} ({first} {x} {y}))\n");
                    }
                }
            }
        }
        Shape::CopyPair => {
            for first in 0..copy_forms {
                for second in 0..copy_forms {
                    let copy = |form: u16, slot: &str| {
                        let from = PLACES.copied.places[(form / dests) as usize];
                        copy_statement(from, form % dests, slot, pins)
                    };
                    if let (Some((mirror, first)), Some((mirror_too, second))) =
                        (copy(first, "s"), copy(second, "t"))
                    {
                        let mirror = if mirror.is_empty() {
                            mirror_too
                        } else {
                            mirror
                        };
                        out += &format!(
                            "{mirror} {first} {second} (global.set $g_i32 (i32.const 0))\n"
                        );
                        for local in ["$s_i32", "$t_i32", "$p", "$q"] {
                            let ty = match local {
                                "$p" => pins[0],
                                "$q" => pins[1],
                                _ => Ty::I32,
                            };
                            out += &observe(&format!("(local.get {local})"), ty);
                        }
                        out += &reset_pins(pins);
                    }
                }
            }
        }
        Shape::CopyBranch => {
            for form in 0..copy_forms {
                let from = PLACES.copied.places[(form / dests) as usize];
                if let Some((mirror, copy)) = copy_statement(from, form % dests, "s", pins) {
                    out += &format!(
                        "(block (block (br_if 1 (local.get $b_i32)) {mirror} {copy} (br 1)) {copy})\n"
                    );
                }
            }
            out += &reset_pins(pins);
        }
        Shape::GlobalGet => {
            for ty in [Ty::I32, Ty::I64, Ty::F32, Ty::F64] {
                let read = format!("(global.get $g_{})", name(ty));
                out += &destinations(&read, ty, pins);
            }
        }
        Shape::Plain(_) => {}
        Shape::Shift
        | Shape::Ternary
        | Shape::Extract { .. }
        | Shape::Replace { .. }
        | Shape::Atomic { .. }
        | Shape::Produce { .. } => out += &features::statements(op, pins),
    }
    out
}

/// Statements for the `plain` rows, all together.
/// Those that run on, and those that leave the machine: in a loop over these nothing piles up on the native stack.
fn plain_statements() -> [String; 2] {
    let mut out = String::new();
    for ty in [Ty::I32, Ty::I64, Ty::F32, Ty::F64] {
        let t = name(ty);
        let pins = [Ty::I32; 2];
        out += &format!(
            "(global.set $g_{t} (local.get $a_{t})) (global.set $g_{t} {acc}) (global.set $g_{t} ({t}.const 0))
             (drop (call $id_{t} {acc})) (drop (call $const_{t}))
             (local.set $r_{t} (local.get $a_{t})) (drop (call $hot_{t} (local.get $a_{t})))
             (drop (block (result {t}) (br_if 0 (call $id_{t} (local.get $a_{t})) (local.get $b_i32)) (drop) {acc}))
            ",
            acc = source(Place::Acc, ty, "a", pins).unwrap_or_default(),
        );
    }
    // A mask of a loaded value, compared with zero: as a value and as a branch, in every place.
    for mask in [
        "(local.get $b_i32)",
        "(local.get $p)",
        "(i32.const 3)",
        "(i32.const 70000)",
    ] {
        for zero in ["(i32.eqz (i32.and", "(i32.ne (i32.const 0) (i32.and"] {
            let masked = format!("{zero} (i32.load offset=8 (local.get $a_i32)) {mask}))");
            out += &observe(&masked, Ty::I32);
            out += &branches(&masked);
        }
    }
    for local in ["$r_i32", "$p", "$q"] {
        let moved = "(i32.sub (global.get $g_i32) (i32.const 16))";
        out += &format!("(global.set $g_i32 (local.tee {local} {moved}))\n");
        out += &observe(&format!("(local.get {local})"), Ty::I32);
        out += &observe("(global.get $g_i32)", Ty::I32);
        out += &reset_pins([Ty::I32; 2]);
    }
    for place in [
        Place::Slot,
        Place::Acc,
        Place::Pin0,
        Place::Pin1,
        Place::Imm,
    ] {
        let value = source(place, Ty::I32, "a", [Ty::I32; 2]).unwrap_or_default();
        let mirrored = format!("(local.set $r_i32 {value}) (call $id_i32 (local.get $r_i32))");
        out += &observe(&format!("(block (result i32) {mirrored})"), Ty::I32);
        out += &observe(&format!("(call $id_i32 {value})"), Ty::I32);
        out += &format!("(global.set $g_i32 (i32.add {value} (i32.const 16)))\n");
        out += &observe("(global.get $g_i32)", Ty::I32);
    }
    out += &observe("(call $large (i32.const 0))", Ty::I64);
    out += &observe("(call $large (i32.const 1000))", Ty::I64);
    // The op right before a branch is not what it branches on.
    out += &format!(
        "(block {} (drop (f64.lt (local.get $a_f64) (local.get $b_f64))) (br_if 0) {})",
        "(i32.rem_u (local.get $a_i32) (i32.const 7))",
        observe("(i64.const 5)", Ty::I64)
    );
    out += "
        (local.set $r_i64 (i64.const 0x123456789abcdef))
        (block (block (br_table 0 1 0 (local.get $b_i32))))
        (block (block (br_table 0 1 0 (i32.add (local.get $b_i32) (i32.const 1)))))
        (block (block (br_table 0 1 0 (local.get $p)))) (block (block (br_table 0 1 0 (local.get $q))))
        (global.set $g_i32 (local.get $p)) (global.set $g_i32 (local.get $q))
        (drop (call $hot_second (local.get $a_i32) (local.get $b_i32))) (drop (call $hot_constant (local.get $a_i32)))
        (drop (call $hot_float (local.get $a_i32))) (call $hot_nothing (local.get $a_i32))
        (call $hot_pair (local.get $a_i32)) (drop) (drop) (drop (call $hot_tail (local.get $a_i32)))
        (drop (call $imported (local.get $a_i32)))
        (call $locals_1) (call $locals_3) (call $locals_8) (call $locals_9)
        (call $hot_locals_3) (call $hot_locals_8) (call $hot_locals_9)
        (drop (call_indirect $t (type $unary) (local.get $a_i32) (i32.const 0)))
        (drop (call_indirect $t (type $unary) (local.get $a_i32) (i32.const 1)))
        (call $pair (local.get $a_i32) (local.get $b_i32)) (drop) (drop)
        (local.get $a_i32) (local.get $b_i32) (block (param i32 i32) (result i32 i32) (drop) (drop) (i32.const 1) (i32.const 2)
            (i32.const 3) (br_if 0 (local.get $a_i32)) (drop)) (drop) (drop)
        (drop (call $tail (local.get $a_i32))) (drop (call $tail_imported (local.get $a_i32)))
        (drop (call $tail_indirect (local.get $a_i32)))
        (drop (block (result i32) (i32.const 9) (i32.const 8) (br 0)))
        (call $swap3 (i32.const 1) (i32.const 2) (i32.const 3)) (drop) (drop) (drop)
        (drop (memory.size))
        (memory.fill (i32.const 64) (i32.const 1) (i32.const 8))
        (memory.copy (i32.const 64) (i32.const 72) (i32.const 8))
        (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)) (data.drop $d)
        (drop (table.get $t (i32.const 0))) (table.set $t (i32.const 2) (ref.func $id_i32))
        (drop (table.size $t))
        (table.fill $t (i32.const 2) (ref.null func) (i32.const 1))
        (table.copy $t $t (i32.const 2) (i32.const 2) (i32.const 1))
        (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 0)) (elem.drop $e)
        (memory.fill $m64 (i64.const 0) (i32.const 1) (i64.const 8))
        (table.fill $t64 (i64.const 0) (ref.null func) (i64.const 1))
        (i64.add128 (local.get $a_i64) (local.get $b_i64) (local.get $a_i64) (local.get $b_i64)) (drop) (drop)
        (i64.sub128 (local.get $a_i64) (local.get $b_i64) (local.get $a_i64) (local.get $b_i64)) (drop) (drop)
        (i64.mul_wide_s (local.get $a_i64) (local.get $b_i64)) (drop) (drop)
        (i64.mul_wide_u (local.get $a_i64) (local.get $b_i64)) (drop) (drop)
    ";
    let leaving = "
        (drop (call $host (local.get $a_i32))) (drop (call $tail_host (local.get $a_i32)))
        (drop (memory.grow (i32.const 0))) (drop (table.grow $t (ref.null func) (i32.const 0)))
    ";
    let [more, more_leaving] = features::plain_statements();
    [out + &more, String::from(leaving) + &more_leaving]
}

/// Makes locals so hot, the first more than the second, that they get the pins. Runs once.
fn heat(locals: &[&str]) -> String {
    let mut uses = String::new();
    for (i, local) in locals.iter().enumerate() {
        uses += &format!("(local.set {local} (local.get {local}))").repeat(40 - 10 * i);
    }
    format!("(loop (loop (loop (loop (loop (loop {uses}))))))")
}

/// A module with one looping function of these statements, `run`.
fn module_text(statements: &str, pins: PinTypes) -> String {
    let mut globals = String::new();
    for ty in ["i32", "i64", "f32", "f64"] {
        globals += &format!(
            "(global $g_{ty} (mut {ty}) ({ty}.const 1))
             (func $id_{ty} (param {ty}) (result {ty}) (local.get 0))
             (func $const_{ty} (result {ty}) ({ty}.const 1))
             (func $hot_{ty} (param {ty}) (result {ty}) (local $x i32) {} (local.get 0))",
            heat(&["$x"])
        );
    }
    for count in [1, 3, 8, 9] {
        let more = "i64 ".repeat(count - 1);
        globals += &format!(
            "(func $locals_{count} (local $x i32) (local {more}))
             (func $hot_locals_{count} (local $x i32) (local {more}) {})",
            heat(&["$x"])
        );
    }
    let (features, feature_locals, feature_setup) = features::module_parts();
    let (one, both) = (heat(&["$x"]), heat(&["$y", "$x"]));
    let large = "i64 ".repeat(300);
    let ([p, q], hot, reset) = (pins.map(name), heat(&["$p", "$q"]), reset_pins(pins));
    format!(
        "(module
            (type $unary (func (param i32) (result i32)))
            (import \"other\" \"f\" (func $imported (type $unary)))
            (import \"host\" \"f\" (func $host (type $unary)))
            (memory (export \"memory\") 1) (memory $far 1) (memory $m64 i64 1)
            (table $t 4 funcref) (table $t64 i64 1 funcref)
            (elem (table $t) (i32.const 0) func $id_i32 $imported) (elem $e func $id_i32) (data $d \"x\")
            {globals}
            (func $pair (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
            (func $swap3 (param i32 i32 i32) (result i32 i32 i32) (local.get 2) (local.get 1) (local.get 0))
            (func $tail (param i32) (result i32) (return_call $id_i32 (local.get 0)))
            (func $tail_imported (param i32) (result i32) (return_call $imported (local.get 0)))
            (func $tail_host (param i32) (result i32) (return_call $host (local.get 0)))
            (func $tail_indirect (param i32) (result i32) (return_call_indirect $t (type $unary) (local.get 0) (i32.const 1)))
            (func $hot_second (param $x i32) (param $y i32) (result i32) {both} (local.get $x))
            (func $hot_first (param $x i32) (result i32) {one} (local.get $x))
            (func $hot_constant (param $x i32) (result i32) {one} (i32.const 1))
            (func $hot_float (param $x i32) (result f32) {one} (f32.const 1))
            (func $hot_nothing (param $x i32) {one})
            (func $hot_pair (param $x i32) (result i32 i32) {one} (local.get $x) (local.get $x))
            (func $hot_tail (param $x i32) (result i32) {one} (return_call $hot_first (local.get $x)))
            (func $large (param $x i32) (result i64) (local {large})
                (drop (call $id_i32 (local.get $x)))
                (local.set 300 (i64.extend_i32_u (local.get $x)))
                (block $b (block $a (br_table $a $b (local.get $x))) (local.set 299 (local.get 300)))
                (loop $again (br_if $again (i64.ge_s (local.tee 300 (i64.sub (local.get 300) (i64.const 1000))) (i64.const 0))))
                (i64.add (local.get 299) (local.get 300)))
            (func $many_locals (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64))
            (func (export \"trap\") (unreachable))
            {features}
            (func (export \"run\") (param $n i32) (result i64)
                (local $a_i32 i32) (local $b_i32 i32) (local $r_i32 i32)
                (local $a_i64 i64) (local $b_i64 i64) (local $r_i64 i64)
                (local $a_f32 f32) (local $b_f32 f32) (local $r_f32 f32)
                (local $a_f64 f64) (local $b_f64 f64) (local $r_f64 f64)
                {feature_locals}
                (local $p {p}) (local $q {q}) (local $s_i32 i32) (local $t_i32 i32) (local $sum i64)
                (local.set $a_i32 (i32.const 7)) (local.set $b_i32 (i32.const 2))
                (local.set $a_i64 (i64.const 7)) (local.set $b_i64 (i64.const 2))
                (local.set $a_f32 (f32.const 7)) (local.set $b_f32 (f32.const 2))
                (local.set $a_f64 (f64.const 7)) (local.set $b_f64 (f64.const 2))
                {feature_setup}
                {hot}
                (loop $again
                    {reset}
                    (call $many_locals)
                    {statements}
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (local.get $sum)))"
    )
}

fn engine(metered: bool, fused: bool) -> Engine {
    let mut config = Config::new();
    config.consume_fuel(metered).interruptible(metered);
    config.fuse_ops(fused);
    Engine::new(&config)
}

/// Runs the loop that often in a fresh instance; the checksum, and the memory behind it.
fn run(engine: &Engine, wasm: &[u8], iterations: i32, seen: &mut BTreeSet<u16>) -> (i64, Vec<u8>) {
    let module = Module::new(engine, wasm).expect("a valid module");
    for defined in 0..module.inner().bodies.len() {
        seen.extend(opcodes(&module, defined as u32));
    }
    let other =
        wat::parse_str(r#"(module (func (export "f") (param i32) (result i32) (local.get 0)))"#)
            .expect("wat");
    let other = Module::new(engine, other).expect("a valid module");
    let mut store = Store::new(engine, ());
    if engine.fuel_enabled() {
        store.set_fuel(u64::MAX).expect("a metering engine");
    }
    let other = Instance::new(&mut store, &other, &[]).expect("an instance");
    let mut linker = crate::Linker::new(engine);
    linker
        .func_wrap("host", "f", |value: i32| value)
        .expect("a new name");
    linker.instance(&store, "other", other).expect("new names");
    let instance = linker
        .instantiate(&mut store, &module)
        .expect("an instance");
    let run = instance
        .get_typed_func::<i32, i64>(&store, "run")
        .expect("the export");
    let sum = run
        .call(&mut store, iterations)
        .unwrap_or_else(|error| panic!("{error:?}"));
    let memory = instance.get_memory(&store, "memory").expect("the export");
    (sum, memory.data(&store)[..4096].to_vec())
}

/// Runs the statements in a loop, adds the opcodes of all functions to `seen`, and checks that the same
/// happens without fused ops and pins.
fn exercise(metered: bool, statements: &str, pins: PinTypes, seen: &mut BTreeSet<u16>) {
    let text = module_text(statements, pins);
    let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let engines = [engine(metered, true), engine(metered, false)];
    let [fused, plain] = engines.map(|engine| run(&engine, &wasm, 3, seen));
    assert!(
        fused == plain,
        "fused ops compute something else in\n{statements}"
    );
    run(&engine(metered, true), &wasm, ITERATIONS, seen);
    #[cfg(feature = "debug")]
    {
        let engine = Engine::new(Config::new().consume_fuel(metered).debug(true));
        let stepped = run(&engine, &wasm, 3, seen);
        assert!(
            stepped == plain,
            "code with steps computes something else in\n{statements}"
        );
    }
}

/// Whether the form subtracts a constant: its negative is added instead.
fn subtracts_constant(op: Op, form: u16) -> bool {
    let constant = |at: usize| {
        let field = Form::of::<Native>(op, form)
            .fields()
            .filter(|field| !matches!(field, Field::Offset16(_)))
            .nth(at);
        matches!(
            field,
            Some(Field::Imm(_) | Field::Imm16(_) | Field::Imm32(_))
        )
    };
    let int = |text: &str| text == "i32.sub" || text == "i64.sub";
    match *op.shape() {
        Shape::Binary { .. } => int(op.text()) && constant(2),
        Shape::Chain { .. } => {
            let (first, second, reversed) = halves(op);
            int(&first) && constant(2) || int(&second) && !reversed && constant(3)
        }
        Shape::LoadChain { .. } => {
            let (_, second, reversed) = halves(op);
            int(&second) && !reversed && constant(2)
        }
        Shape::ChainStore { .. } => int(&halves(op).0) && constant(2),
        _ => false,
    }
}

/// Whether the translator has no way to emit this form.
fn unused(op: Op, form: u16) -> bool {
    if features::unused(op, form) {
        return true;
    }
    let is_pin = |place| matches!(place, Place::Pin0 | Place::Pin1);
    // Pins are of one type: none is read as one and written as the other.
    let (read, written) = match *op.shape() {
        Shape::Compare { operand, .. } => (operand, Ty::I32),
        Shape::Unary { operand, result } => (operand, result),
        Shape::Load { result } | Shape::LoadChain { ty: result } | Shape::LoadScaled { result } => {
            (Ty::I32, result)
        }
        _ => (Ty::I32, Ty::I32),
    };
    let fields = || Form::of::<Native>(op, form);
    if read != written
        && fields().fields().any(|to| {
            matches!(to, Field::ToPin(pin) if fields().fields().any(|from| from == Field::Pin(pin)))
        })
    {
        return true;
    }
    if subtracts_constant(op, form) {
        return true;
    }
    match *op.shape() {
        Shape::Compare { operand, not, .. } => {
            match form.checked_sub(Shape::steps_from(PLACES, operand, not)) {
                // A counter that is compared with itself.
                Some(step) => {
                    let sets = Native::sets(operand);
                    let counter = sets.counters.places[(step / sets.bounds.len()) as usize];
                    is_pin(counter)
                        && counter == sets.bounds.places[(step % sets.bounds.len()) as usize]
                }
                None => false,
            }
        }
        Shape::Store { value } => {
            let values = Native::sets(value).values.places;
            let (address, from) = (
                form / values.len() as u16,
                values[form as usize % values.len()],
            );
            if address == PLACES.addresses() {
                return false;
            }
            let places = match address.checked_sub(PLACES.int.values.len()) {
                None => vec![PLACES.int.values.places[address as usize]],
                Some(sum) => vec![
                    PLACES.sums.places[sum as usize].0,
                    PLACES.sums.places[sum as usize].1,
                ],
            };
            // Address and value in the same accumulator, or in one pin with two types.
            let int = matches!(value, Ty::I32 | Ty::I64);
            let same_pin = value != Ty::I32 && is_pin(from) && places.contains(&from);
            // With both pins of the address's type there is none for the value, and the other way round.
            let no_pin = value == Ty::I64
                && is_pin(from)
                && places.iter().filter(|&&p| is_pin(p)).count() == 2;
            int && from == Place::Acc && places.contains(&Place::Acc) || same_pin || no_pin
        }
        // The condition is an i32.
        Shape::Select => false,
        Shape::LoadChain { ty } | Shape::LoadBranch { ty, .. } if ty == Ty::I64 => {
            let others = Native::sets(ty).others.places;
            let digits = if matches!(op.shape(), Shape::LoadChain { .. }) {
                form / Native::sets(ty).dests
            } else {
                form
            };
            let y = others[digits as usize % others.len()];
            let x = PLACES.int.sources.places
                [(digits / others.len() as u16 % PLACES.int.sources.len()) as usize];
            is_pin(x) && x == y
        }
        // A local that is compared with itself.
        Shape::LoadKeepBranch { .. } => {
            let at = |n| fields().fields().nth(n);
            matches!(at(0), Some(Field::ToPin(pin)) if at(3) == Some(Field::Pin(pin)))
        }
        Shape::ChainStore { ty, xy } if ty == Ty::I64 => {
            let xy = Native::sets(ty).chained.of(xy);
            let base = Native::sets(ty).bases.places[(form / xy.len()) as usize];
            let (x, y) = xy.places[(form % xy.len()) as usize];
            is_pin(base) && (base == x || base == y || is_pin(x) && is_pin(y) && x != y)
        }
        Shape::Copy => {
            let from = PLACES.copies[form as usize % PLACES.copies.len()];
            let to = form / PLACES.copies.len() as u16;
            match from {
                // Floats are not pinned, and a pin is not copied to itself.
                CopyFrom::F32Acc | CopyFrom::F64Acc => to > 0,
                CopyFrom::Pin0 => to == 1,
                CopyFrom::Pin1 => to == 2,
                // Only the compact encoding has those that are narrower than these.
                CopyFrom::Far | CopyFrom::Imm24 => !Native::COMPACT,
                _ => false,
            }
        }
        Shape::CopyPair | Shape::CopyBranch => {
            let (dests, forms) = (PLACES.copy_dests, PLACES.copy_forms());
            let to_itself = |form: u16| {
                let (from, to) = (PLACES.copied.places[(form / dests) as usize], form % dests);
                from == Place::Pin0 && to == 1 || from == Place::Pin1 && to == 2
            };
            to_itself(form % forms) || op == Op::CopyPair && to_itself(form / forms)
        }
        Shape::Plain(_) => {
            let far = |field| {
                matches!(
                    field,
                    Field::FarRel(_) | Field::FarTargets(_) | Field::NearBase(_)
                )
            };
            // Run without being translated.
            matches!(op, Op::Halt | Op::Restore)
                || !Native::COMPACT && fields().fields().any(far)
                || op == Op::ReturnSlot && PLACES.accumulators
        }
        _ => false,
    }
}

#[test]
fn every_op_runs_in_a_loop_on_a_small_native_stack() {
    on_small_stack(|| {
        let mut seen = BTreeSet::new();
        let (i, l) = (Ty::I32, Ty::I64);
        for opcode in 0..OPCODES as u16 {
            let Some((op, form)) = Native::op_of(opcode) else {
                continue;
            };
            if form == 0 && !matches!(op.shape(), Shape::Plain(_)) {
                for pins in [[i, i], [l, l], [i, l], [l, i]] {
                    if PLACES.pins != 0 || pins == [i, i] {
                        exercise(false, &statements(op, pins), pins, &mut seen);
                    }
                }
            }
        }
        for statements in plain_statements() {
            exercise(false, &statements, [i, i], &mut seen);
            exercise(true, &statements, [i, i], &mut seen);
        }
        let left_out = |op: Op, form| {
            let forms = op.left_out(Native::PLACES);
            forms.is_some_and(|forms| forms.contains(&form))
        };
        let missing: Vec<_> = (0..OPCODES as u16)
            .filter(|opcode| !seen.contains(opcode))
            .filter_map(Native::op_of)
            .filter(|&(op, form)| !unused(op, form) && !left_out(op, form))
            .collect();
        assert_eq!(missing, [], "opcodes that nothing exercises");
        let mut seen = seen.into_iter().filter_map(Native::op_of);
        assert_eq!(seen.find(|&(op, form)| left_out(op, form)), None);
    });
}

#[test]
fn recursion_ends_at_the_value_stack_and_not_at_the_native_one() {
    on_small_stack(|| {
        let text = r#"(module (table 1 funcref) (elem (i32.const 0) $indirect)
            (func $direct (export "direct") (param i32) (result i32) (i32.add (call $direct (local.get 0)) (i32.const 1)))
            (func $indirect (export "indirect") (param i32) (result i32)
                (i32.add (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)) (i32.const 1)))
            (func $count (export "count") (param i32 i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (return_call $count (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 1))))
                    (else (local.get 1)))))"#;
        let module =
            Module::new(&Engine::default(), wat::parse_str(text).expect("wat")).expect("a module");
        let mut store = Store::new(module.engine(), ());
        let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
        for name in ["direct", "indirect"] {
            let func = instance
                .get_typed_func::<i32, i32>(&store, name)
                .expect("the export");
            for _ in 0..2 {
                let error = func.call(&mut store, 1).expect_err("endless recursion");
                assert_eq!(error.trap_code(), Some(TrapCode::StackOverflow));
                let frames = &error.trap().expect("a trap").frames;
                assert_eq!(frames.len(), crate::Trap::MAX_FRAMES);
                assert_eq!(frames[0].func_name.as_deref(), Some(name));
            }
        }
        let count = instance
            .get_typed_func::<(i32, i32), i32>(&store, "count")
            .expect("the export");
        assert_eq!(
            count
                .call(&mut store, (TAIL_CALLS, 0))
                .expect("constant space"),
            TAIL_CALLS
        );
    });
}

#[test]
fn arguments_that_are_not_as_many_as_the_parameters_are_refused() {
    let text = "(module (func (param i32 i64) (result i32) (local.get 0)))";
    let module =
        Module::new(&Engine::default(), wat::parse_str(text).expect("wat")).expect("a module");
    let mut store = Store::new(module.engine(), ());
    Instance::new(&mut store, &module, &[]).expect("an instance");
    let host = crate::Func::wrap(&mut store, |_: i32, _: i32| ()).0;
    for func in [0, host.index(&store.inner)] {
        for args in [&[][..], &[1], &[1; 1000]] {
            let error = Execution::start(&mut store.inner, func, args).expect_err("a mismatch");
            let expected = format!("expected 2 parameter slots, got {}", args.len());
            assert_eq!(error.to_string(), expected);
        }
    }
}
