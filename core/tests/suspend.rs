//! Calls that stop and go on: nothing is lost, whatever stops them and wherever.

use std::{sync::mpsc, thread, time::Duration};

use wasmote::{
    Call, Caller, CompilationMode, Config, Engine, Error, Instance, Linker, Module, Store,
    SuspendReason, TrapCode, Val,
};

/// Every kind of value is live across the stops: locals, operands, accumulators of all banks, memory,
/// frames of another instance, and a host call between wasm frames.
const WORK: &str = r#"(module
    (import "other" "mix" (func $mix (param i64 f32 f64) (result f64)))
    (import "host" "add" (func $add (param i32 i32) (result i32)))
    (memory 1)
    (func $leaf (param i32) (result i32)
        (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (local.get 0)))
        (call $add (local.get 0) (i32.load (i32.const 16))))
    (func (export "work") (param $n i32) (result i32 i64 f32 f64)
        (local $i i32) (local $l i64) (local $f f32) (local $d f64)
        (loop $again
            (local.set $i (i32.add (call $leaf (local.get $n)) (local.get $i)))
            (local.set $l (i64.add (i64.mul (local.get $l) (i64.const 31)) (i64.extend_i32_s (local.get $i))))
            (if (i32.and (local.get $n) (i32.const 1))
                (then (local.set $f (f32.add (f32.mul (local.get $f) (f32.const 0.5)) (f32.convert_i32_s (local.get $i)))))
                (else (local.set $d (f64.add (local.get $d) (call $mix (local.get $l) (local.get $f) (local.get $d))))))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $i) (local.get $l) (local.get $f) (local.get $d)))"#;

const OTHER: &str = r#"(module (func (export "mix") (param i64 f32 f64) (result f64)
    (f64.add (f64.add (f64.convert_i64_s (i64.rem_s (local.get 0) (i64.const 1000))) (f64.promote_f32 (local.get 1)))
        (f64.mul (local.get 2) (f64.const 0.25)))))"#;

const ROUNDS: i32 = 20;

fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, wat::parse_str(text).unwrap()).unwrap()
}

/// The instance of `WORK`, with a host function that suspends every time if asked to.
fn work(store: &mut Store<bool>) -> Instance {
    let engine = store.engine().clone();
    let other = Instance::new(&mut *store, &module(&engine, OTHER), &[]).unwrap();
    let mut linker = Linker::new(&engine);
    linker.instance(&*store, "other", other).unwrap();
    linker
        .func_wrap(
            "host",
            "add",
            |caller: Caller<'_, bool>, a: i32, b: i32| match caller.data() {
                true => Err(Error::suspend((a, b))),
                false => Ok(a.wrapping_add(b)),
            },
        )
        .unwrap();
    linker.instantiate(store, &module(&engine, WORK)).unwrap()
}

/// The functions of a trap's frames.
fn names_of(error: &Error) -> Vec<&str> {
    let frames = &error.trap().unwrap().frames;
    frames
        .iter()
        .map(|frame| frame.func_name.as_deref().unwrap())
        .collect()
}

fn expected() -> Vec<Val> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, false);
    let instance = work(&mut store);
    let func = instance.get_func(&store, "work").unwrap();
    let mut results = vec![Val::I32(0); 4];
    func.call(&mut store, &[Val::I32(ROUNDS)], &mut results)
        .unwrap();
    results
}

fn metering() -> Engine {
    Engine::new(Config::new().consume_fuel(true))
}

/// Runs with `portion` more fuel at every stop; gives the results and the fuel used.
fn in_portions(portion: u64) -> (Vec<Val>, u64) {
    let engine = metering();
    let mut store = Store::new(&engine, false);
    let instance = work(&mut store);
    let func = instance.get_func(&store, "work").unwrap();
    store.set_fuel(portion).unwrap();
    let mut given = portion;
    let mut call = func
        .call_resumable(&mut store, &[Val::I32(ROUNDS)])
        .unwrap();
    loop {
        match call {
            Call::Done(results) => return (results, given - store.get_fuel().unwrap()),
            Call::Suspended(suspended) => {
                assert!(matches!(suspended.reason(&store), SuspendReason::OutOfFuel));
                store.add_fuel(portion).unwrap();
                given += portion;
                call = suspended.resume(&mut store).unwrap();
            }
        }
    }
}

#[test]
fn fuel_in_portions_of_any_size_gives_the_same_results_and_cost() {
    let (results, fuel) = in_portions(u64::MAX / 2);
    assert_eq!(results, expected());
    for portion in [1, 2, 3, 7, 50, 1000] {
        assert_eq!(
            in_portions(portion),
            (results.clone(), fuel),
            "portion {portion}"
        );
    }
}

#[test]
fn out_of_fuel_names_the_function_that_was_about_to_run() {
    let text = r#"(module
        (func $first (export "first") (call $second))
        (func $second (drop (i32.const 1)) (call $third))
        (func $third (drop (i32.const 1))))"#;
    let engine = metering();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module(&engine, text), &[]).unwrap();
    let first = instance.get_typed_func::<(), ()>(&store, "first").unwrap();
    for (fuel, names) in [
        (0, &["first"][..]),
        (1, &["second", "first"]),
        (3, &["third", "second", "first"]),
    ] {
        store.set_fuel(fuel).unwrap();
        let error = first.call(&mut store, ()).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::OutOfFuel));
        assert_eq!(names_of(&error), names, "fuel {fuel}");
    }
    store.set_fuel(4).unwrap();
    first.call(&mut store, ()).unwrap();
}

/// The function whose code lies in front of the one that runs out has a frame header elsewhere.
#[test]
fn out_of_fuel_at_an_entry_behind_a_function_with_many_params() {
    let wide = "i64 ".repeat(500);
    let text = format!(
        "(module
            (func $wide (param {wide}))
            (func $run (export \"run\") (param i32) (result i32) (call $last (local.get 0)))
            (func $wider (param {wide} {wide}))
            (func $last (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"
    );
    let mut config = Config::new();
    // The code of all functions is there, in their order.
    config
        .consume_fuel(true)
        .compilation_mode(CompilationMode::Eager);
    let engine = Engine::new(&config);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module(&engine, &text), &[]).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    for (fuel, names) in [(0, &["run"][..]), (2, &["last", "run"])] {
        store.set_fuel(fuel).unwrap();
        let error = run.call(&mut store, 1).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::OutOfFuel));
        assert_eq!(names_of(&error), names, "fuel {fuel}");
    }
    store.set_fuel(0).unwrap();
    let mut call = run.call_resumable(&mut store, 1).unwrap();
    let mut stops = 0;
    let result = loop {
        match call {
            Call::Done(result) => break result,
            Call::Suspended(suspended) => {
                stops += 1;
                store.add_fuel(1).unwrap();
                call = suspended.resume(&mut store).unwrap();
            }
        }
    };
    assert_eq!((result, stops), (2, 5));
}

#[test]
fn fuel_counts_are_the_same_in_every_build() {
    // What it costs follows from the text, not from what it became: an instruction each, but none for
    // block, loop, else, end and drop. 38 a round, `mix` has 11 in every other round, and 4 at the end.
    assert_eq!(in_portions(u64::MAX / 2).1, 20 * 38 + 10 * 11 + 4);
}

#[test]
fn what_takes_time_by_its_size_costs_fuel_by_its_size() {
    let locals = "i64 ".repeat(80);
    // An instruction each, and the size.
    for (body, cost) in [
        (
            "(memory.fill (i32.const 8) (i32.const 7) (i32.const 65536))",
            4 + 1024,
        ),
        (
            "(memory.fill (i32.const 8) (i32.const 7) (i32.const 63))",
            4,
        ),
        (
            "(memory.fill $m64 (i64.const 8) (i32.const 7) (i64.const 128))",
            4 + 2,
        ),
        (
            "(memory.copy (i32.const 0) (i32.const 8) (i32.const 640))",
            4 + 10,
        ),
        // The length is of the type of the narrower memory.
        (
            "(memory.copy $m64 $m (i64.const 0) (i32.const 8) (i32.const 128))",
            4 + 2,
        ),
        (
            "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 200))",
            4 + 3,
        ),
        (
            "(table.fill (i32.const 0) (ref.func $locals) (i32.const 64))",
            4 + 8,
        ),
        (
            "(table.fill $t64 (i64.const 0) (ref.null func) (i64.const 9))",
            4 + 1,
        ),
        (
            "(table.copy (i32.const 0) (i32.const 1) (i32.const 17))",
            4 + 2,
        ),
        (
            "(table.init $e (i32.const 0) (i32.const 0) (i32.const 8))",
            4 + 1,
        ),
        ("(drop (memory.grow (i32.const 1)))", 2 + 1024),
        ("(drop (memory.grow (i32.const 100)))", 2),
        (
            "(drop (table.grow $t (ref.null func) (i32.const 80)))",
            3 + 10,
        ),
        ("(drop (table.grow $t (ref.null func) (i32.const 200)))", 3),
        ("(call $locals)", 1 + 10),
    ] {
        let text = format!(
            "(module (memory $m 2 3) (memory $m64 i64 2) (table $t 100 200 funcref) (table $t64 i64 100 funcref)
                (data $d \"{}\") (elem $e func {}) (func $locals (local {locals})) (func (export \"run\") {body}))",
            "x".repeat(200),
            "$locals ".repeat(8),
        );
        let engine = metering();
        let module = module(&engine, &text);
        for portion in [1, 7, 100, 1 << 40] {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
            store.set_fuel(portion).unwrap();
            let mut used = portion;
            let mut call = run.call_resumable(&mut store, ()).unwrap();
            while let Call::Suspended(suspended) = call {
                store.set_fuel(portion).unwrap();
                used += portion;
                call = suspended.resume(&mut store).unwrap();
            }
            used -= store.get_fuel().unwrap();
            assert_eq!(used, cost, "portions of {portion}: {body}");
        }
    }
}

#[test]
fn bulk_instructions_write_nothing_before_they_are_paid_for() {
    let text = r#"(module (memory (export "m") 1)
        (func (export "fill") (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536)))
        (func (export "beyond") (memory.fill (i32.const 0) (i32.const 7) (i32.const 65537))))"#;
    let engine = metering();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module(&engine, text), &[]).unwrap();
    let memory = instance.get_memory(&store, "m").unwrap();
    let [fill, beyond] =
        ["fill", "beyond"].map(|name| instance.get_typed_func::<(), ()>(&store, name).unwrap());

    store.set_fuel(1000).unwrap();
    let error = fill.call(&mut store, ()).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::OutOfFuel));
    assert_eq!(error.trap().unwrap().frames.len(), 1);
    assert!(memory.data(&store).iter().all(|byte| *byte == 0));

    store.set_fuel(1000).unwrap();
    let call = fill.call_resumable(&mut store, ()).unwrap();
    assert!(memory.data(&store).iter().all(|byte| *byte == 0));
    store.set_fuel(27).unwrap();
    let call = call.suspended().unwrap().resume(&mut store).unwrap();
    assert!(memory.data(&store).iter().all(|byte| *byte == 0));
    // The debt is the suspended call's and not another's.
    store.set_fuel(4).unwrap();
    let error = beyond.call(&mut store, ()).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds));
    store.set_fuel(1).unwrap();
    let call = call.suspended().unwrap().resume(&mut store).unwrap();
    assert!(call.done().is_some());
    assert!(memory.data(&store).iter().all(|byte| *byte == 7));
}

#[test]
fn bulk_instructions_look_at_the_interrupt_flag() {
    let engine = Engine::new(Config::new().interruptible(true));
    let text = r#"(module (import "host" "raise" (func $raise)) (memory (export "m") 1)
        (func (export "run") (call $raise) (memory.fill (i32.const 0) (i32.const 7) (i32.const 1))))"#;
    let mut store = Store::new(&engine, ());
    let handle = store.interrupt_handle();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "raise", move || handle.raise())
        .unwrap();
    let instance = linker
        .instantiate(&mut store, &module(&engine, text))
        .unwrap();
    let memory = instance.get_memory(&store, "m").unwrap();
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    let call = run.call_resumable(&mut store, ()).unwrap();
    let suspended = call.suspended().expect("a stop before the instruction");
    assert_eq!(memory.data(&store)[0], 0);
    assert!(suspended.resume(&mut store).unwrap().done().is_some());
    assert_eq!(memory.data(&store)[0], 7);
}

#[test]
fn host_functions_suspend_in_the_middle_of_frames() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, true);
    let (instance, another) = (work(&mut store), work(&mut store));
    let func = instance.get_func(&store, "work").unwrap();
    let mut call = func
        .call_resumable(&mut store, &[Val::I32(ROUNDS)])
        .unwrap();
    let mut stops = 0;
    let results = loop {
        match call {
            Call::Done(results) => break results,
            Call::Suspended(mut suspended) => {
                stops += 1;
                let payload = suspended.take_payload().unwrap();
                let (a, b) = *payload.downcast::<(i32, i32)>().unwrap();
                // Other calls on the same store do not disturb the suspended one.
                if stops == 5 {
                    *store.data_mut() = false;
                    let func = another.get_func(&store, "work").unwrap();
                    func.call(
                        &mut store,
                        &[Val::I32(1000)],
                        &mut [const { Val::I32(0) }; 4],
                    )
                    .unwrap();
                    *store.data_mut() = true;
                }
                call = suspended
                    .resume_with(&mut store, &[Val::I32(a.wrapping_add(b))])
                    .unwrap();
            }
        }
    };
    assert_eq!(stops, ROUNDS);
    assert_eq!(results, expected());
}

#[test]
fn a_suspension_without_resumption_is_an_error_of_a_plain_call() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, true);
    let instance = work(&mut store);
    let func = instance.get_func(&store, "work").unwrap();
    let error = func
        .call(&mut store, &[Val::I32(1)], &mut [const { Val::I32(0) }; 4])
        .unwrap_err();
    assert!(error.is_suspend(), "{error}");
}

#[test]
fn another_thread_interrupts_an_endless_loop_and_it_goes_on() {
    let engine = Engine::new(Config::new().interruptible(true));
    let text = r#"(module (global $n (mut i64) (i64.const 0)) (global (export "stop") (mut i32) (i32.const 0))
        (func (export "spin") (result i64)
            (loop (global.set $n (i64.add (global.get $n) (i64.const 1))) (br_if 0 (i32.eqz (global.get 1))))
            (global.get $n)))"#;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module(&engine, text), &[]).unwrap();
    let spin = instance.get_typed_func::<(), i64>(&store, "spin").unwrap();
    let handle = store.interrupt_handle();
    let (stop, stopped) = mpsc::channel::<()>();
    let interrupter = thread::spawn(move || {
        while stopped.recv_timeout(Duration::from_millis(2)).is_err() {
            handle.raise();
        }
    });
    let mut call = spin.call_resumable(&mut store, ()).unwrap();
    for _ in 0..5 {
        let suspended = call.suspended().expect("an endless loop");
        assert!(matches!(
            suspended.reason(&store),
            SuspendReason::Interrupted
        ));
        call = suspended.resume(&mut store).unwrap();
    }
    // A plain call traps instead, with the frames that were active.
    let error = spin.call(&mut store, ()).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
    assert_eq!(error.trap().unwrap().frames.len(), 1);
    stop.send(()).unwrap();
    interrupter.join().unwrap();
    instance
        .get_global(&store, "stop")
        .unwrap()
        .set(&mut store, Val::I32(1))
        .unwrap();
    let mut call = call.suspended().unwrap().resume(&mut store).unwrap();
    while let Call::Suspended(suspended) = call {
        call = suspended.resume(&mut store).unwrap();
    }
    assert!(call.done().unwrap() > 0);
}

const DEPTH: &str = r#"(module (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0)))))"#;

#[test]
fn a_supplied_stack_is_used_and_comes_back() {
    let engine = Engine::new(Config::new().max_stack_size(1 << 20));
    let mut store = Store::new(&engine, ());
    store.add_stack(vec![0xAA; 4096].leak());
    let instance = Instance::new(&mut store, &module(&engine, DEPTH), &[]).unwrap();
    let down = instance.get_typed_func::<i32, i32>(&store, "down").unwrap();
    for _ in 0..10 {
        assert_eq!(down.call(&mut store, 50).unwrap(), 50);
        // 4 KiB do not hold 10,000 frames, though the engine's own stacks would.
        let error = down.call(&mut store, 10_000).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::StackOverflow));
    }
}

#[test]
fn the_stack_limit_decides_how_deep_calls_go() {
    let deepest = |bytes| {
        let engine = Engine::new(Config::new().max_stack_size(bytes));
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module(&engine, DEPTH), &[]).unwrap();
        let down = instance.get_typed_func::<i32, i32>(&store, "down").unwrap();
        (0..)
            .take_while(|&n| down.call(&mut store, n).is_ok())
            .count()
    };
    let (small, large) = (deepest(1 << 10), deepest(1 << 13));
    assert!(
        small > 10 && (7 * small..=9 * small).contains(&large),
        "{small} and {large}"
    );
}

#[test]
fn an_endless_tail_call_across_instances_takes_no_space() {
    let engine = Engine::new(Config::new().max_stack_size(4096));
    let mut store = Store::new(&engine, ());
    let first = r#"(module (table (export "t") 2 funcref) (type $f (func (param i32 i32) (result i32)))
        (elem (i32.const 0) $ping)
        (func $ping (export "ping") (type $f)
            (if (result i32) (local.get 0)
                (then (return_call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 1)) (i32.const 1)))
                (else (local.get 1)))))"#;
    let second = r#"(module (import "a" "t" (table 2 funcref)) (import "a" "ping" (func $ping (param i32 i32) (result i32)))
        (elem (i32.const 1) $pong)
        (func $pong (param i32 i32) (result i32)
            (return_call $ping (local.get 0) (i32.add (local.get 1) (i32.const 1)))))"#;
    let a = Instance::new(&mut store, &module(&engine, first), &[]).unwrap();
    let mut linker = Linker::new(&engine);
    linker.instance(&store, "a", a).unwrap();
    linker
        .instantiate(&mut store, &module(&engine, second))
        .unwrap();
    let ping = a.get_typed_func::<(i32, i32), i32>(&store, "ping").unwrap();
    assert_eq!(ping.call(&mut store, (100_000, 0)).unwrap(), 200_000);
}
