//! Every opcode that the translator can emit, run in loops on a small native stack.

use alloc::{
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec::Vec,
};
use std::thread;

use super::Execution;
use crate::{
    Config, Engine, Instance, Module, Store, TrapCode, Val,
    bytecode::{BRANCH_PAIRS, OPCODES, Op, PAIRS, Place, SUMS, SUMS_FROM, Shape, Ty},
    translate::opcodes,
};

/// Iterations: enough that a handler which keeps even a few bytes of native stack overflows it.
const ITERATIONS: i32 = if cfg!(miri) { 2 } else { 20_000 };
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
        Ty::Ref => "funcref",
    }
}

/// An expression of type `ty` that an op finds in the given place.
fn source(place: Place, ty: Ty, local: &str) -> String {
    let ty = name(ty);
    match place {
        Place::Slot => format!("(local.get ${local}_{ty})"),
        // (Not an i32 sum, which an address would take in.)
        Place::Acc if ty.starts_with('i') => {
            format!("({ty}.xor (local.get ${local}_{ty}) ({ty}.const 1))")
        }
        Place::Acc => format!("({ty}.add (local.get ${local}_{ty}) ({ty}.const 1))"),
        Place::Imm => format!("({ty}.const 3)"),
    }
}

/// Addresses that are sums, in the places of `bytecode::SUMS`; small enough for the memory.
fn sums() -> impl Iterator<Item = String> {
    let acc = "(i32.and (local.get $a_i32) (i32.const 7))";
    let slot = "(local.get $a_i32)";
    let addends = ["(local.get $b_i32)", "(i32.const 16)", "(i32.const 40000)"];
    [slot, acc]
        .into_iter()
        .flat_map(move |x| addends.map(|y| format!("(i32.add {x} {y})")))
}

/// Statements that use the value of `expression` in each of the three destinations.
fn destinations(expression: &str, ty: Ty) -> String {
    let ty = name(ty);
    let push_out = format!("({ty}.add (local.get $a_{ty}) ({ty}.const 1))");
    format!(
        "(drop {expression}) (local.set $r_{ty} {expression}) (drop ({ty}.add {expression} {push_out}))\n"
    )
}

/// Statements that make the translator emit every form of a row that it can.
fn statements(op: Op) -> String {
    let text = op.text();
    let mut out = String::new();
    match *op.shape() {
        Shape::Binary {
            operand, result, ..
        } => {
            for (a, b) in PAIRS {
                let expression = format!(
                    "({text} {} {})",
                    source(a, operand, "a"),
                    source(b, operand, "b")
                );
                out += &destinations(&expression, result);
            }
        }
        Shape::Compare { operand, .. } => {
            for (a, b) in PAIRS {
                let (a, b) = (source(a, operand, "a"), source(b, operand, "b"));
                let expression = match op {
                    Op::I32Test => format!("(i32.ne (i32.and {a} {b}) (i32.const 0))"),
                    Op::I32TestZ => format!("(i32.eqz (i32.and {a} {b}))"),
                    Op::I64Test => format!("(i64.ne (i64.and {a} {b}) (i64.const 0))"),
                    Op::I64TestZ => format!("(i64.eqz (i64.and {a} {b}))"),
                    _ => format!("({text} {a} {b})"),
                };
                out += &destinations(&expression, Ty::I32);
                out += &format!("(block (br_if 0 {expression}))\n(if {expression} (then (nop)))\n");
            }
        }
        Shape::Unary { operand, result } => {
            for place in [Place::Slot, Place::Acc] {
                out += &destinations(&format!("({text} {})", source(place, operand, "a")), result);
            }
        }
        Shape::Load { result } => {
            for place in [Place::Slot, Place::Acc, Place::Imm] {
                let address = source(place, Ty::I32, "a");
                out += &destinations(&format!("({text} offset=8 {address})"), result);
            }
            for sum in sums() {
                out += &destinations(&format!("({text} offset=8 {sum})"), result);
            }
            out += &format!("(drop ({text} $far (local.get $a_i32)))\n");
        }
        Shape::Store { value } => {
            let (ty, acc) = (name(value), source(Place::Acc, value, "b"));
            for place in [Place::Slot, Place::Acc, Place::Imm] {
                let address = source(place, Ty::I32, "a");
                out +=
                    &format!("({text} {address} (local.get $b_{ty})) ({text} {address} {acc})\n");
                out += &format!("({text} {address} ({ty}.const 0))\n");
            }
            for sum in sums() {
                out +=
                    &format!("({text} {sum} (local.get $b_{ty})) ({text} {sum} ({ty}.const 0))\n");
                // The accumulator mirrors a local.
                out += &format!("(local.set $r_{ty} {acc}) ({text} {sum} (local.get $r_{ty}))\n");
            }
            out += &format!("({text} $far (local.get $a_i32) (local.get $b_{ty}))\n");
        }
        Shape::Select => {
            for ty in [Ty::I32, Ty::F32, Ty::F64] {
                let constant = format!("({}.const 0)", name(ty));
                for condition in [Place::Slot, Place::Acc] {
                    for x in [source(Place::Slot, ty, "a"), constant.clone()] {
                        for y in [source(Place::Slot, ty, "b"), constant.clone()] {
                            let condition = source(condition, Ty::I32, "b");
                            out += &destinations(&format!("(select {x} {y} {condition})"), ty);
                        }
                    }
                }
            }
        }
        Shape::Plain(_) => {}
    }
    out
}

/// Statements for the `plain` rows, all together.
fn plain_statements() -> String {
    let mut out = String::new();
    for ty in [Ty::I32, Ty::I64, Ty::F32, Ty::F64] {
        let t = name(ty);
        out += &destinations(&format!("(global.get $g_{t})"), ty);
        out += &format!(
            "(global.set $g_{t} (local.get $a_{t})) (global.set $g_{t} {acc}) (global.set $g_{t} ({t}.const 0))
             (drop (call $id_{t} {acc})) (drop (call $const_{t}))
             (local.set $r_{t} (local.get $a_{t}))
             (drop (block (result {t}) (br_if 0 (call $id_{t} (local.get $a_{t})) (local.get $b_i32)) (drop) {acc}))
            ",
            acc = source(Place::Acc, ty, "a"),
        );
    }
    out += "
        (local.set $r_i64 (i64.const 0x123456789abcdef))
        (block (block (br_table 0 1 0 (local.get $b_i32))))
        (block (block (br_table 0 1 0 (i32.add (local.get $b_i32) (i32.const 1)))))
        (drop (call $imported (local.get $a_i32)))
        (drop (call $host (local.get $a_i32)))
        (drop (call_indirect $t (type $unary) (local.get $a_i32) (i32.const 0)))
        (drop (call_indirect $t (type $unary) (local.get $a_i32) (i32.const 1)))
        (call $pair (local.get $a_i32) (local.get $b_i32)) (drop) (drop)
        (local.get $a_i32) (local.get $b_i32) (block (param i32 i32) (result i32 i32) (drop) (drop) (i32.const 1) (i32.const 2)
            (i32.const 3) (br_if 0 (local.get $a_i32)) (drop)) (drop) (drop)
        (drop (call $tail (local.get $a_i32))) (drop (call $tail_imported (local.get $a_i32)))
        (drop (call $tail_host (local.get $a_i32))) (drop (call $tail_indirect (local.get $a_i32)))
        (drop (block (result i32) (i32.const 9) (i32.const 8) (br 0)))
        (call $swap3 (i32.const 1) (i32.const 2) (i32.const 3)) (drop) (drop) (drop)
        (drop (memory.size)) (drop (memory.grow (i32.const 0)))
        (memory.fill (i32.const 64) (i32.const 1) (i32.const 8))
        (memory.copy (i32.const 64) (i32.const 72) (i32.const 8))
        (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)) (data.drop $d)
        (drop (table.get $t (i32.const 0))) (table.set $t (i32.const 2) (ref.func $id_i32))
        (drop (table.size $t)) (drop (table.grow $t (ref.null func) (i32.const 0)))
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
    out
}

/// A module with one looping function of these statements, `run`.
fn module_text(statements: &str) -> String {
    let mut globals = String::new();
    for ty in ["i32", "i64", "f32", "f64"] {
        globals += &format!(
            "(global $g_{ty} (mut {ty}) ({ty}.const 1))
             (func $id_{ty} (param {ty}) (result {ty}) (local.get 0))
             (func $const_{ty} (result {ty}) ({ty}.const 1))"
        );
    }
    format!(
        "(module
            (type $unary (func (param i32) (result i32)))
            (import \"other\" \"f\" (func $imported (type $unary)))
            (import \"host\" \"f\" (func $host (type $unary)))
            (memory 1) (memory $far 1) (memory $m64 i64 1)
            (table $t 4 funcref) (table $t64 i64 1 funcref)
            (elem (table $t) (i32.const 0) func $id_i32 $imported) (elem $e func $id_i32) (data $d \"x\")
            {globals}
            (func $pair (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
            (func $swap3 (param i32 i32 i32) (result i32 i32 i32) (local.get 2) (local.get 1) (local.get 0))
            (func $tail (param i32) (result i32) (return_call $id_i32 (local.get 0)))
            (func $tail_imported (param i32) (result i32) (return_call $imported (local.get 0)))
            (func $tail_host (param i32) (result i32) (return_call $host (local.get 0)))
            (func $tail_indirect (param i32) (result i32) (return_call_indirect $t (type $unary) (local.get 0) (i32.const 1)))
            (func (export \"trap\") (unreachable))
            (func (export \"run\") (param $n i32)
                (local $a_i32 i32) (local $b_i32 i32) (local $r_i32 i32)
                (local $a_i64 i64) (local $b_i64 i64) (local $r_i64 i64)
                (local $a_f32 f32) (local $b_f32 f32) (local $r_f32 f32)
                (local $a_f64 f64) (local $b_f64 f64) (local $r_f64 f64)
                (local.set $a_i32 (i32.const 7)) (local.set $b_i32 (i32.const 2))
                (local.set $a_i64 (i64.const 7)) (local.set $b_i64 (i64.const 2))
                (local.set $a_f32 (f32.const 7)) (local.set $b_f32 (f32.const 2))
                (local.set $a_f64 (f64.const 7)) (local.set $b_f64 (f64.const 2))
                (loop $again
                    {statements}
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"
    )
}

fn engine(metered: bool) -> Engine {
    let mut config = Config::new();
    config.consume_fuel(metered).interruptible(metered);
    Engine::new(&config)
}

/// Instantiates, runs the loop, and adds the opcodes of all functions to `seen`.
fn exercise(engine: &Engine, statements: &str, seen: &mut BTreeSet<u16>) {
    let text = module_text(statements);
    let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let module = Module::new(engine, bytes).expect("a valid module");
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
    let run = instance.get_func(&mut store, "run").expect("the export");
    run.call(&mut store, &[Val::I32(ITERATIONS)], &mut [])
        .unwrap_or_else(|error| panic!("{error:?}\n{statements}"));
}

/// Whether the translator has no way to emit this form.
fn unused(op: Op, form: u16) -> bool {
    let pair = |form: u16| PAIRS[form as usize / 3];
    match *op.shape() {
        // A constant on the left is moved to the right where that gives the same result.
        Shape::Binary { swap: Some(_), .. } => pair(form).0 == Place::Imm,
        Shape::Compare { operand, not, .. } => match form.checked_sub(PAIRS.len() as u16 * 3) {
            None => pair(form).0 == Place::Imm,
            Some(branch) => {
                // Integer comparisons are inverted instead; floats have no 16-bit constants.
                let negated = branch as usize >= BRANCH_PAIRS;
                let constant = PAIRS[branch as usize % BRANCH_PAIRS].1 == Place::Imm;
                (negated && not.is_some()) || (constant && matches!(operand, Ty::F32 | Ty::F64))
            }
        },
        // Address and value in the same accumulator.
        Shape::Store { value } => {
            let sum = form
                .checked_sub(SUMS_FROM)
                .map(|form| (SUMS[form as usize / 3].0, form % 3));
            let both = form == 4 || sum == Some((Place::Acc, 1));
            both && matches!(value, Ty::I32 | Ty::I64)
        }
        // Runs without being translated.
        Shape::Plain(_) => matches!(op, Op::Halt | Op::Restore),
        _ => false,
    }
}

#[test]
fn every_op_runs_in_a_loop_on_a_small_native_stack() {
    on_small_stack(|| {
        let mut seen = BTreeSet::new();
        let plain = engine(false);
        for opcode in 0..OPCODES as u16 {
            let (op, form) = Op::of_opcode(opcode).expect("an opcode");
            if form == 0 && !matches!(op.shape(), Shape::Plain(_)) {
                exercise(&plain, &statements(op), &mut seen);
            }
        }
        exercise(&plain, &plain_statements(), &mut seen);
        exercise(&engine(true), &plain_statements(), &mut seen);
        let missing: Vec<_> = (0..OPCODES as u16)
            .filter(|opcode| !seen.contains(opcode))
            .filter_map(Op::of_opcode)
            .filter(|&(op, form)| !unused(op, form))
            .collect();
        assert_eq!(missing, [], "opcodes that nothing exercises");
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
                .call(&mut store, (ITERATIONS * 50, 0))
                .expect("constant space"),
            ITERATIONS * 50
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
