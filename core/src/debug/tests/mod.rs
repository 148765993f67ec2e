//! Stepping through small programs.

use alloc::{string::String, vec, vec::Vec};

mod bytes;
mod limits;
mod timeline;

use super::*;
use crate::{Caller, Config, Engine, Func, Instance, Linker, Module, Store, Val};

/// A stopped call of the export `run` of a module whose imports do nothing.
pub(super) fn start(wat: &str, args: &[Val]) -> (Store<Vec<i32>>, Instance, Stepper) {
    let engine = Engine::new(Config::new().debug(true));
    let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let mut linker = Linker::new(&engine);
    let log = |mut caller: Caller<'_, Vec<i32>>, value: i32| caller.data_mut().push(value);
    linker.func_wrap("host", "log", log).unwrap();
    let poke = |mut caller: Caller<'_, Vec<i32>>, at: i32, value: i32| {
        let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
        memory.data_mut(&mut caller)[at as usize] = value as u8;
    };
    linker.func_wrap("host", "poke", poke).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    let stepper = Stepper::start(&mut store, run, args).unwrap();
    (store, instance, stepper)
}

const CALLS: &str = r#"(module
    (import "host" "log" (func $log (param i32)))
    (func $double (param $x i32) (result i32)
        (i32.mul (local.get $x) (i32.const 2)))
    (func (export "run") (param $n i32) (result i32)
        (local $sum i32) (local $f f64)
        (loop $again
            (local.set $sum (i32.add (local.get $sum) (call $double (local.get $n))))
            (call $log (local.get $sum))
            (local.set $f (f64.add (local.get $f) (f64.const 0.5)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))"#;

/// What a person would see at each stop: offset, locals and operands of all frames.
fn picture(stepper: &Stepper, store: &Store<Vec<i32>>) -> String {
    let mut text = alloc::format!("{}:", store.steps());
    for frame in stepper.frames(store) {
        // (References to functions say which store they are of.)
        let shown = |vals: Vec<Val>| match &*alloc::format!("{vals:?}") {
            text if text.contains("FuncRef(Some") => String::from("[a function]"),
            text => text.into(),
        };
        let locals = shown(stepper.locals(store, &frame).unwrap());
        let operands = shown(stepper.operands(store, &frame).unwrap());
        text += &alloc::format!(" f{}+{:x} {locals} {operands}", frame.func, frame.offset);
    }
    text
}

#[test]
fn every_instruction_is_a_step_and_shows_its_values() {
    let (mut store, _, mut stepper) = start(CALLS, &[Val::I32(2)]);
    let mut seen = Vec::new();
    loop {
        seen.push(picture(&stepper, &store));
        let next = store.steps() + 1;
        if let Stop::Done = stepper.run(&mut store, &Until::steps(next)) {
            break;
        }
    }
    assert_eq!(stepper.results()[0].i32(), Some(6));
    assert_eq!(store.data(), &[4, 6]);
    // loop; then twice 4 + 4 in $double + 3 + 2 + 4 + 4 + 1; end, get, end.
    assert_eq!(store.steps(), 1 + 2 * (3 + 4 + 2 + 2 + 4 + 5) + 3);
    assert_eq!(seen.len() as u64, store.steps());
    // In the multiplication, with the caller's sum still on its stack.
    assert!(
        seen[6].ends_with("[I32(2)] [I32(2), I32(2)] f2+47 [I32(2), I32(0), F64(0)] [I32(0)]"),
        "{}",
        seen[6]
    );
    // Every step has an offset of its own instruction: the second iteration begins where the first did.
    let offset = |picture: &str| picture.split(' ').nth(1).map(String::from);
    assert_eq!(offset(&seen[1]), offset(&seen[21]));
}

#[test]
fn goes_over_out_and_to_breakpoints() {
    let (mut store, _, mut stepper) = start(CALLS, &[Val::I32(2)]);
    let module = stepper.frames(&store)[0].module.clone();
    stepper.run(&mut store, &Until::steps(3));
    let frames = stepper.frames(&store);
    let (call, base) = (frames[0].offset, frames[0].base);
    // Over the call.
    let over = Until {
        frame: Some(base),
        ..Until::default()
    };
    assert!(matches!(stepper.run(&mut store, &over), Stop::Frame));
    assert_eq!(store.steps(), 8);
    assert_eq!(stepper.frames(&store)[0].offset, call + 2);
    // The call again, by its offset, then into it and out.
    let at_call = Until {
        breakpoints: vec![Breakpoint {
            module,
            offset: call,
        }],
        ..Until::default()
    };
    assert!(matches!(
        stepper.run(&mut store, &at_call),
        Stop::Breakpoint(0)
    ));
    assert_eq!(store.steps(), 23);
    stepper.run(&mut store, &Until::steps(25));
    assert_eq!(stepper.frames(&store).len(), 2);
    assert!(matches!(stepper.run(&mut store, &over), Stop::Frame));
    assert_eq!((store.steps(), stepper.frames(&store).len()), (28, 1));
    assert!(matches!(stepper.run(&mut store, &at_call), Stop::Done));
}

#[test]
fn values_can_be_changed() {
    let (mut store, _, mut stepper) = start(CALLS, &[Val::I32(2)]);
    stepper.run(&mut store, &Until::steps(6));
    let frames = stepper.frames(&store);
    stepper
        .set_operand(&store, &frames[0], 1, Val::I32(100))
        .unwrap();
    stepper
        .set_local(&store, &frames[1], 0, Val::I32(1))
        .unwrap();
    assert!(
        stepper
            .set_local(&store, &frames[1], 2, Val::I32(1))
            .is_err()
    );
    assert!(
        stepper
            .set_local(&store, &frames[1], 3, Val::I32(1))
            .is_err()
    );
    assert!(matches!(stepper.run(&mut store, &Until::end()), Stop::Done));
    assert_eq!(stepper.results()[0].i32(), Some(200));
}

const WRITES: &str = r#"(module
    (import "host" "poke" (func $poke (param i32 i32)))
    (memory (export "memory") 1)
    (global $g (export "g") (mut i64) (i64.const 5))
    (func (export "run") (result i32) (local $l i32)
        (i32.store (i32.const 8) (i32.const 0x01020304))
        (i64.store8 offset=6 (i32.const 6) (i64.const 9))
        (global.set $g (i64.const 6))
        (local.set $l (i32.const 3))
        (memory.fill (i32.const 0) (i32.const 7) (i32.const 10))
        (call $poke (i32.const 9) (i32.const 1))
        (i32.store (i32.const 12) (i32.const 0))
        (unreachable)))"#;

#[test]
fn reads_of_watched_memory_are_told() {
    let wat = r#"(module (memory (export "memory") 1)
        (func (export "run") (result i32)
            (i32.store (i32.const 16) (i32.const 7))
            (drop (i32.load (i32.const 20)))
            (drop (i64.load8_u offset=9 (i32.const 10)))
            (memory.copy (i32.const 40) (i32.const 14) (i32.const 3))
            (memory.fill (i32.const 16) (i32.const 1) (i32.const 1))
            (i32.load16_u (i32.const 18))))"#;
    let (mut store, instance, stepper) = start(wat, &[]);
    let memory = instance.get_memory(&store, "memory").unwrap();
    let (start, len) = (16, 4);
    let conditions = Conditions {
        watches: vec![
            Watch::Memory { memory, start, len },
            Watch::Reads { memory, start, len },
        ],
        ..Conditions::default()
    };
    let mut timeline = Timeline::of(&mut store, stepper, TimelineOptions::default()).unwrap();
    let mut hits = |back: bool| {
        let mut hits = Vec::new();
        loop {
            let stop = match back {
                false => timeline.resume(&mut store, &conditions),
                true => timeline.resume_back(&mut store, &conditions),
            };
            match stop.unwrap() {
                Stop::Watch(hit) => hits.push((hit.watch, hit.step)),
                Stop::Done | Stop::Step => return hits,
                other => panic!("{other:?}"),
            }
        }
    };
    let told = [(0, 2), (1, 7), (1, 12), (0, 16), (1, 18)];
    assert_eq!(hits(false), told);
    let mut back = hits(true);
    back.reverse();
    assert_eq!(back, told);
}

#[test]
fn writes_to_watched_places_are_told() {
    let (mut store, instance, mut stepper) = start(WRITES, &[]);
    let memory = instance.get_memory(&store, "memory").unwrap();
    let global = instance.get_global(&store, "g").unwrap();
    let frame = stepper.frames(&store)[0].clone();
    let until = Until {
        watches: vec![
            Watch::Memory {
                memory,
                start: 9,
                len: 2,
            },
            Watch::Global(global),
            Watch::Local {
                frame: frame.base,
                module: frame.module.clone(),
                func: frame.func,
                local: 0,
            },
        ],
        ..Until::default()
    };
    let mut hits = Vec::new();
    loop {
        match stepper.run(&mut store, &until) {
            Stop::Watch(hit) => {
                assert_eq!(store.steps(), hit.step + 1);
                hits.push(alloc::format!(
                    "{} {} {:?} {:?}",
                    hit.watch,
                    hit.step,
                    hit.old,
                    hit.new
                ));
            }
            Stop::Failed => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        hits,
        [
            "0 2 Bytes([0, 0]) Bytes([3, 2])",
            "1 7 Value(I64(5)) Value(I64(6))",
            "2 9 Value(I32(0)) Value(I32(3))",
            "0 13 Bytes([3, 2]) Bytes([7, 2])",
            "0 16 Bytes([7, 2]) Bytes([1, 2])",
        ]
    );
    let error = stepper.error().unwrap();
    assert_eq!(error.trap_code(), Some(crate::TrapCode::Unreachable));
    // The trapping frame is still there to look at.
    let frame = &stepper.frames(&store)[0];
    assert_eq!(frame.offset, error.trap().unwrap().frames[0].offset);
    assert_eq!(stepper.locals(&store, frame).unwrap()[0].i32(), Some(3));
}

/// Instructions that write to what is watched at times, and elsewhere at others.
const LOOPS: &str = r#"(module
    (import "host" "log" (func $log (param i32)))
    (import "host" "poke" (func $poke (param i32 i32)))
    (table funcref (elem $log))
    (memory (export "memory") 1)
    (global $g (mut i64) (i64.const 5)) (export "g" (global $g)) (global $h (mut i64) (i64.const 5))
    (func $down (param $n i32) (local $l i32)
        (local.set $l (local.get $n))
        (if (local.get $n) (then (call $down (i32.sub (local.get $n) (i32.const 1)))))
        (local.set $l (i32.const 7)))
    (func (export "run") (result i32) (local $i i32)
        (loop $again
            (i32.store8 offset=3 (local.get $i) (local.get $i))
            (memory.fill (i32.mul (local.get $i) (i32.const 4)) (local.get $i) (i32.const 3))
            (if (i32.and (local.get $i) (i32.const 1)) (then (global.set $g (i64.const 6))))
            (global.set $h (i64.extend_i32_u (local.get $i)))
            (call $down (i32.const 2))
            (br_if $again (i32.lt_u
                (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))
        (call $log (i32.const 1))
        (call_indirect (param i32) (i32.const 2) (i32.const 0))
        (local.get $i)))"#;

#[test]
fn writes_are_told_from_others_of_the_same_instructions() {
    let (mut store, instance, mut stepper) = start(LOOPS, &[]);
    let memory = instance.get_memory(&store, "memory").unwrap();
    let global = instance.get_global(&store, "g").unwrap();
    // The middle one of the calls of `down`.
    while stepper.frames(&store).len() < 3 {
        let next = store.steps() + 1;
        stepper.run(&mut store, &Until::steps(next));
    }
    let frame = stepper.frames(&store)[0].clone();
    let snapshot = Snapshot::take(&store, &stepper).unwrap();
    let until = Until {
        watches: vec![
            Watch::Memory {
                memory,
                start: 14,
                len: 3,
            },
            Watch::Global(global),
            Watch::Local {
                frame: frame.base,
                module: frame.module.clone(),
                func: frame.func,
                local: 1,
            },
        ],
        ..Until::default()
    };
    let mut hits = Vec::new();
    loop {
        match stepper.run(&mut store, &until) {
            Stop::Watch(hit) => hits.push((hit.watch, hit.step)),
            Stop::Done => break,
            other => panic!("{other:?}"),
        }
    }
    // The same from instruction to instruction, where each is looked at.
    let mut stepper = snapshot.restore(&mut store).unwrap();
    let mut single = Vec::new();
    loop {
        let part = Until {
            steps: Some(store.steps() + 1),
            ..until.clone()
        };
        match stepper.run(&mut store, &part) {
            Stop::Watch(hit) => single.push((hit.watch, hit.step)),
            Stop::Step => {}
            Stop::Done => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(hits, single);
    let count = |watch| hits.iter().filter(|hit| hit.0 == watch).count();
    // Three bytes by one store each, and by fills of 12 to 14 and 16 to 18; odd rounds; twice in each call in that
    // frame.
    assert_eq!((count(0), count(1), count(2)), (5, 10, 40));
}

#[test]
fn calls_of_host_functions_are_told() {
    let (mut store, _, mut stepper) = start(LOOPS, &[]);
    let until = Until {
        host_calls: true,
        ..Until::default()
    };
    let mut logged = Vec::new();
    loop {
        match stepper.run(&mut store, &until) {
            Stop::HostCall => logged.push((store.data().clone(), store.steps())),
            Stop::Done => break,
            other => panic!("{other:?}"),
        }
    }
    let end = store.steps();
    assert_eq!(logged, [(vec![1], end - 5), (vec![1, 2], end - 2)]);
}

#[test]
fn normal_calls_count_and_do_not_stop() {
    let (mut store, instance, stepper) = start(CALLS, &[Val::I32(2)]);
    stepper.abandon(&mut store);
    let before = store.steps();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 2).unwrap(), 6);
    assert_eq!(store.steps() - before, 44);
    let plain = Store::new(&Engine::default(), ());
    let mut plain = plain;
    let nothing = Func::wrap(&mut plain, || ());
    assert!(Stepper::start(&mut plain, nothing, &[]).is_err());
}

/// Runs a program to its end from a snapshot of each of its steps, in a store of its own; the ends must be the same.
fn resume_everywhere(wat: &str, args: &[Val]) {
    let (mut store, _, mut stepper) = start(wat, args);
    let mut snapshots = Vec::new();
    let mut pictures = Vec::new();
    loop {
        let snapshot = Snapshot::take(&store, &stepper).unwrap();
        let mut bytes = Vec::new();
        let mut sink = |part: &[u8]| {
            bytes.extend_from_slice(part);
            Ok(())
        };
        Snapshot::write_to(&store, &stepper, &[], &mut sink).unwrap();
        assert_eq!(snapshot.to_bytes().unwrap(), bytes);
        snapshots.push((snapshot, bytes));
        pictures.push(picture(&stepper, &store));
        let next = store.steps() + 1;
        if !matches!(stepper.run(&mut store, &Until::steps(next)), Stop::Step) {
            break;
        }
    }
    let end = |stepper: &Stepper| {
        alloc::format!(
            "{:?} {:?}",
            stepper.results(),
            stepper.error().map(|e| alloc::format!("{e}"))
        )
    };
    let expected = end(&stepper);
    for ((snapshot, bytes), picture_then) in snapshots.iter().zip(&pictures) {
        let read = Snapshot::from_bytes(bytes).unwrap();
        assert_eq!(&read.to_bytes().unwrap(), bytes);
        for snapshot in [snapshot, &read] {
            let (mut other, _, _) = start(wat, args);
            let mut resumed = snapshot.restore(&mut other).unwrap();
            assert_eq!(&picture(&resumed, &other), picture_then);
            assert_eq!(
                &Snapshot::take(&other, &resumed)
                    .unwrap()
                    .to_bytes()
                    .unwrap(),
                bytes
            );
            resumed.run(&mut other, &Until::end());
            assert_eq!(end(&resumed), expected);
            assert_eq!(other.steps(), store.steps());
        }
        // And in the store that has gone on meanwhile.
        let mut again = snapshot.restore(&mut store).unwrap();
        again.run(&mut store, &Until::end());
        assert_eq!(end(&again), expected);
    }
    assert!(snapshots.len() > 5);
}

#[test]
fn snapshots_go_on_from_every_step() {
    resume_everywhere(CALLS, &[Val::I32(2)]);
    resume_everywhere(WRITES, &[]);
}

/// Vectors, tables, objects, exceptions and several memories.
#[cfg(feature = "wasm3")]
const OBJECTS: &str = r#"(module
    (type $pair (struct (field (mut i32)) (field (ref null $pair))))
    (type $list (array (mut i64)))
    (type $f (func (param i32 v128) (result v128 i32)))
    (memory (export "memory") 1 4) (memory $b 0)
    (table $t 2 4 funcref) (elem $e func $g)
    (data $d "hello")
    (tag $tag (param i32 f64))
    (global $top (mut (ref null $pair)) (ref.null $pair))
    (func $g (type $f)
        (i32x4.add (local.get 1) (i32x4.splat (local.get 0)))
        (i32.mul (local.get 0) (i32.const 3)))
    (func $thrower (param i32)
        (throw $tag (local.get 0) (f64.const 2.5)))
    (func (export "run") (result i64) (local $v v128) (local $l (ref null $list)) (local $x f64)
        (drop (memory.grow (i32.const 1)))
        (drop (memory.grow $b (i32.const 2)))
        (memory.init $b $d (i32.const 65536) (i32.const 1) (i32.const 4))
        (data.drop $d)
        (table.init $t $e (i32.const 1) (i32.const 0) (i32.const 1))
        (elem.drop $e)
        (drop (table.grow $t (ref.func $g) (i32.const 1)))
        (global.set $top (struct.new $pair (i32.const 4) (ref.null $pair)))
        (global.set $top (struct.new $pair (i32.const 5) (global.get $top)))
        (local.set $l (array.new $list (i64.const 7) (i32.const 3)))
        (i64.const 1000)
        (i32.const 2)
        (v128.const i32x4 1 2 3 4)
        (call_indirect $t (type $f) (i32.const 2))
        (drop)
        (local.set $v)
        (block $caught (result i32 f64)
            (try_table (catch $tag $caught)
                (call $thrower (i32.const 40)))
            (unreachable))
        (local.set $x)
        (i64.extend_i32_u)
        (i64.add)
        (i64.add (i64.extend_i32_u (i32x4.extract_lane 3 (local.get $v))))
        (i64.add (array.get $list (local.get $l) (i32.const 2)))
        (i64.add (i64.extend_i32_u (i32.load8_u $b (i32.const 65536))))
        (i64.add (i64.extend_i32_u
            (struct.get $pair 0 (ref.as_non_null (struct.get $pair 1 (global.get $top))))))
        (i64.add (i64.trunc_f64_s (local.get $x)))))"#;

#[cfg(feature = "wasm3")]
#[test]
fn snapshots_hold_vectors_tables_objects_and_several_memories() {
    resume_everywhere(OBJECTS, &[]);
}
