//! Recordings, and going back.

use std::sync::{Arc, Mutex};

use super::*;

/// A program that asks the host for numbers and a place to be written to, and writes what it makes of them.
const ASKS: &str = r#"(module
    (import "host" "next" (func $next (result i32)))
    (import "host" "fill" (func $fill (param i32 i32)))
    (import "host" "twice" (func $twice (param i32) (result i32)))
    (memory (export "memory") 1)
    (global $sum (export "sum") (mut i32) (i32.const 0))
    (func (export "back") (param i32) (result i32)
        (i32.store (i32.const 64) (local.get 0))
        (i32.mul (local.get 0) (i32.const 2)))
    (func $add (param i32)
        (global.set $sum (i32.add (global.get $sum) (local.get 0))))
    (func (export "run") (param $n i32) (result i32)
        (loop $again
            (call $add (call $next))
            (call $fill (i32.const 16) (i32.const 8))
            (call $add (call $twice (i32.load (i32.const 16))))
            (i32.store8 (i32.const 100) (local.get $n))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.div_u (global.get $sum) (i32.load (i32.const 200)))))"#;

/// A store of that program; `calls` counts what the host is asked.
fn asks(debug: bool, calls: Arc<Mutex<u32>>) -> (Store<Vec<i32>>, Module, Linker<Vec<i32>>) {
    let engine = Engine::new(Config::new().debug(debug));
    let module = Module::new(&engine, wat::parse_str(ASKS).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    let count = calls.clone();
    linker
        .func_wrap("host", "next", move || -> i32 {
            *count.lock().unwrap() += 1;
            *count.lock().unwrap() as i32 * 1000
        })
        .unwrap();
    let fill = move |mut caller: Caller<'_, Vec<i32>>, at: i32, len: i32| {
        *calls.lock().unwrap() += 1;
        let value = *calls.lock().unwrap() as u8;
        let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
        memory.data_mut(&mut caller)[at as usize..][..len as usize].fill(value);
        memory.write(&mut caller, 300, &[value]).unwrap();
    };
    linker.func_wrap("host", "fill", fill).unwrap();
    let twice = |mut caller: Caller<'_, Vec<i32>>, value: i32| -> Result<i32, crate::Error> {
        let back = caller.get_export("back").unwrap().into_func().unwrap();
        let back = back.typed::<i32, i32>(&caller)?;
        back.call(&mut caller, value & 0xff)
    };
    linker.func_wrap("host", "twice", twice).unwrap();
    (Store::new(&engine, Vec::new()), module, linker)
}

fn timeline(options: TimelineOptions) -> (Store<Vec<i32>>, Instance, Timeline, Arc<Mutex<u32>>) {
    timeline_of(3, options)
}

fn timeline_of(
    n: i32,
    options: TimelineOptions,
) -> (Store<Vec<i32>>, Instance, Timeline, Arc<Mutex<u32>>) {
    let calls = Arc::new(Mutex::new(0));
    let (mut store, module, linker) = asks(true, calls.clone());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    let timeline = Timeline::start(&mut store, run, &[Val::I32(n)], options).unwrap();
    (store, instance, timeline, calls)
}

fn options(interval: u64) -> TimelineOptions {
    TimelineOptions {
        interval,
        ..TimelineOptions::default()
    }
}

/// What is seen at a step, memory included.
fn state(store: &Store<Vec<i32>>, instance: &Instance, stepper: &Stepper) -> String {
    let memory = instance.get_memory(store, "memory").unwrap();
    let bytes = &memory.data(store)[..320];
    let sum = instance.get_global(store, "sum").unwrap().get(store);
    alloc::format!("{} {sum:?} {bytes:?}", picture(stepper, store))
}

#[test]
fn every_step_is_the_same_again_from_any_direction() {
    let (mut store, instance, mut line, calls) = timeline(options(7));
    let see = |store: &Store<Vec<i32>>, line: &Timeline| {
        (store.steps(), state(store, &instance, line.stepper()))
    };
    let mut seen = vec![see(&store, &line)];
    let end = loop {
        match line.step(&mut store).unwrap() {
            Stop::Step => seen.push(see(&store, &line)),
            stop => break stop,
        }
    };
    // It divides by zero.
    assert!(matches!(end, Stop::Failed));
    assert!(line.has_ended());
    let asked = *calls.lock().unwrap();
    assert_eq!(asked, 6);
    for then in seen.iter().rev() {
        line.step_back(&mut store).unwrap();
        assert_eq!(see(&store, &line), *then);
    }
    for at in [0, 50, 3, seen.len() - 1, 13, 14, 7] {
        line.go_to(&mut store, seen[at].0).unwrap();
        assert_eq!(see(&store, &line), seen[at]);
    }
    let end = line.resume(&mut store, &Conditions::default()).unwrap();
    assert!(matches!(end, Stop::Failed));
    let code = line.stepper().error().unwrap().trap_code();
    assert_eq!(code, Some(crate::TrapCode::IntegerDivisionByZero));
    assert_eq!(*calls.lock().unwrap(), asked, "the host was asked again");
}

#[test]
fn goes_back_to_who_wrote() {
    let (mut store, instance, mut line, _) = timeline(options(10));
    line.resume(&mut store, &Conditions::default()).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    let watch = |start, len| Conditions {
        watches: vec![Watch::Memory { memory, start, len }],
        ..Conditions::default()
    };
    let text = |store: &Store<Vec<i32>>, line: &Timeline| {
        let frame = line.stepper().frames(store)[0].clone();
        let lines = frame.module.explain(frame.func).unwrap();
        let at = lines.iter().find(|line| line.offset == frame.offset);
        at.unwrap().wasm.clone().unwrap()
    };
    // By an instruction, the last time with 1.
    let stop = line.resume_back(&mut store, &watch(100, 1)).unwrap();
    let Stop::Watch(hit) = stop else {
        panic!("{stop:?}")
    };
    assert_eq!(hit.step, store.steps());
    assert!(
        matches!(&hit.old, Watched::Bytes(old) if old == &[2]),
        "{hit:?}"
    );
    assert!(
        text(&store, &line).starts_with("i32.store8"),
        "{}",
        text(&store, &line)
    );
    line.resume_back(&mut store, &watch(100, 1)).unwrap();
    line.resume_back(&mut store, &watch(100, 1)).unwrap();
    let stop = line.resume_back(&mut store, &watch(100, 1)).unwrap();
    assert!(matches!(stop, Stop::Step) && store.steps() == 0, "{stop:?}");
    // By a host function.
    line.go_to(&mut store, u64::MAX).unwrap();
    let stop = line.resume_back(&mut store, &watch(300, 1)).unwrap();
    assert!(matches!(stop, Stop::Watch(_)), "{stop:?}");
    assert_eq!(text(&store, &line), "call 1");
}

#[test]
fn goes_back_over_calls_and_to_breakpoints() {
    let (mut store, _, mut line, _) = timeline(options(10));
    let none = Conditions::default();
    let places = |line: &Timeline, store: &Store<Vec<i32>>| {
        let frames = line.stepper().frames(store);
        (frames.len(), frames[0].func, frames[0].offset)
    };
    // Over everything to the end, and back over the same.
    let mut forwards = vec![places(&line, &store)];
    while let Stop::Frame = line.step_over(&mut store, &none).unwrap() {
        forwards.push(places(&line, &store));
    }
    let mut backwards = Vec::new();
    while store.steps() > 0 {
        line.step_over_back(&mut store, &none).unwrap();
        backwards.push(places(&line, &store));
    }
    backwards.reverse();
    assert_eq!(backwards, forwards);
    // Into a function, out of it in both directions.
    let module = line.stepper().frames(&store)[0].module.clone();
    let add = module.explain(4).unwrap()[0].offset;
    let at_add = Conditions {
        breakpoints: vec![Breakpoint {
            module,
            offset: add,
        }],
        ..Conditions::default()
    };
    for _ in 0..3 {
        let stop = line.resume(&mut store, &at_add).unwrap();
        assert!(matches!(stop, Stop::Breakpoint(0)), "{stop:?}");
    }
    let third = store.steps();
    let stop = line.step_out_back(&mut store, &none).unwrap();
    assert!(
        matches!(stop, Stop::Frame) && store.steps() == third - 1,
        "{stop:?}"
    );
    line.step(&mut store).unwrap();
    line.step_out(&mut store, &none).unwrap();
    assert_eq!(places(&line, &store).0, 1);
    line.resume_back(&mut store, &at_add).unwrap();
    assert_eq!(store.steps(), third);
    line.resume_back(&mut store, &at_add).unwrap();
    assert!(store.steps() < third && places(&line, &store).1 == 4);
}

#[test]
fn goes_back_into_a_range_of_code() {
    let (mut store, _, mut line, _) = timeline(options(10));
    line.resume(&mut store, &Conditions::default()).unwrap();
    let module = line.stepper().frames(&store)[0].module.clone();
    let lines = module.explain(4).unwrap();
    let offsets = lines[0].offset..lines[lines.len() - 1].offset + 1;
    let until = Until {
        within: vec![CodeRange { module, offsets }],
        ..Until::default()
    };
    let stop = line.backward(&mut store, &until).unwrap();
    assert!(matches!(stop, Stop::Within(0)), "{stop:?}");
    // The last instruction of the function, in its last call.
    let frame = &line.stepper().frames(&store)[0];
    assert_eq!(
        (frame.func, frame.offset),
        (4, lines[lines.len() - 1].offset)
    );
}

#[test]
fn changes_by_hand_stay_where_they_were_made() {
    let (mut store, instance, mut line, _) = timeline(options(1000));
    line.go_to(&mut store, 20).unwrap();
    line.go_to(&mut store, 10).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    let write = |line: &mut Timeline, store: &mut Store<Vec<i32>>| {
        line.edit(store, |store, _| {
            memory.write(store, 200, &[1])?;
            Ok(())
        })
    };
    assert!(write(&mut line, &mut store).is_err());
    line.go_to(&mut store, 20).unwrap();
    write(&mut line, &mut store).unwrap();
    line.go_to(&mut store, 5).unwrap();
    assert_eq!(memory.data(&store)[200], 0);
    // It does not divide by zero now.
    let stop = line.resume(&mut store, &Conditions::default()).unwrap();
    assert!(matches!(stop, Stop::Done), "{stop:?}");
}

#[test]
fn snapshots_keep_to_their_budget() {
    let (mut store, instance, mut line, _) = timeline_of(
        2000,
        TimelineOptions {
            budget: 20_000,
            interval: 1,
        },
    );
    line.resume(&mut store, &Conditions::default()).unwrap();
    let (bytes, count) = line.snapshots();
    assert!(
        bytes <= 20_000 && count >= 3,
        "{bytes} bytes of {count} snapshots"
    );
    line.go_to(&mut store, 33).unwrap();
    let here = state(&store, &instance, line.stepper());
    line.go_to(&mut store, 80).unwrap();
    line.go_to(&mut store, 33).unwrap();
    assert_eq!(state(&store, &instance, line.stepper()), here);
}

/// A recording of the program in an engine that debugs or not, and how it ended.
fn record(debug: bool) -> (Vec<u8>, String) {
    let (mut store, module, linker) = asks(debug, Arc::default());
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = log.clone();
    store
        .record(b"about it", move |bytes| {
            sink.lock().unwrap().extend_from_slice(bytes);
            Ok(())
        })
        .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    let error = run.call(&mut store, 3).unwrap_err();
    let log = log.lock().unwrap().clone();
    (log, alloc::format!("{error}"))
}

/// A store in which a recording is replayed, without the host.
fn replay(debug: bool, log: &[u8]) -> (Store<Vec<i32>>, Instance) {
    let (mut store, module, _) = asks(debug, Arc::default());
    let recording = Recording::parse(log).unwrap();
    assert_eq!(recording.info(), b"about it");
    store.replay(recording);
    let mut linker = Linker::new(store.engine());
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}

#[test]
fn recordings_are_replayed_without_the_host() {
    for (recorded, replayed) in [(false, false), (false, true), (true, true), (true, false)] {
        let (log, end) = record(recorded);
        // Six calls of the host, with what they wrote and called.
        assert!(log.len() < 220, "{} bytes", log.len());
        let (mut store, instance) = replay(replayed, &log);
        let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
        let error = run.call(&mut store, 3).unwrap_err();
        assert_eq!(alloc::format!("{error}"), end);
        assert!(store.replay_is_over());
        let memory = instance.get_memory(&store, "memory").unwrap();
        assert_eq!(memory.data(&store)[300], 6);
        assert_eq!(memory.data(&store)[64], 6);
    }
}

#[test]
fn divergences_are_found_at_once() {
    let (log, _) = record(true);
    let diverges = |args: i32, log: &[u8], what: &str| {
        let (mut store, instance) = replay(true, log);
        let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
        let error = run.call(&mut store, args).unwrap_err();
        let divergence = error.downcast_ref::<Divergence>();
        let divergence = divergence.unwrap_or_else(|| panic!("{error}"));
        assert!(divergence.message.contains(what), "{divergence}");
    };
    diverges(4, &log, "other arguments");
    // A number that the host answered is another one: so is what the program passes on.
    let mut other = log.clone();
    let fills = other.iter().rposition(|byte| *byte == 6).unwrap();
    other[fills] = 7;
    diverges(3, &log[..log.len() / 2], "ends");
    let (mut store, instance) = replay(true, &other);
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert!(run.call(&mut store, 3).is_err());
    assert!(Recording::parse(b"motelog\x02\0").is_err());
    assert!(Recording::parse(&log[..9]).is_err());
}

#[test]
fn damaged_recordings_do_no_harm() {
    let (log, _) = record(true);
    for at in 8..log.len() {
        for flip in [1, 0x40, 0x80, 0xff] {
            let mut log = log.clone();
            log[at] ^= flip;
            let Ok(recording) = Recording::parse(&log) else {
                continue;
            };
            let (mut store, module, _) = asks(true, Arc::default());
            store.replay(recording);
            let mut linker = Linker::new(store.engine());
            linker.define_unknown_imports_as_traps(&module).unwrap();
            let instance = linker.instantiate(&mut store, &module).unwrap();
            let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
            assert!(run.call(&mut store, 3).is_err());
        }
    }
}

/// Runs that end, and begin, at a place to stop at (as those between snapshots may) do not pass it.
#[test]
fn stops_are_not_missed_where_runs_begin() {
    let stops = |part: u64| {
        let (mut store, instance, mut timeline, _) = timeline(TimelineOptions::default());
        timeline.go_to(&mut store, 10).unwrap();
        let frame = timeline.stepper().frames(&store)[0].clone();
        timeline.go_to(&mut store, 0).unwrap();
        let sum = instance.get_global(&store, "sum").unwrap();
        let mut until = Until {
            breakpoints: alloc::vec![Breakpoint {
                module: frame.module.clone(),
                offset: frame.offset,
            }],
            watches: alloc::vec![Watch::Global(sum)],
            ..Until::default()
        };
        let mut found = Vec::new();
        loop {
            until.steps = Some(store.steps() + part);
            match timeline.forward(&mut store, &until).unwrap() {
                Stop::Step => {}
                Stop::Breakpoint(_) => found.push((store.steps(), true)),
                Stop::Watch(hit) => found.push((hit.step, false)),
                _ => return found,
            }
        }
    };
    let all = stops(1 << 20);
    assert!(all.iter().any(|stop| stop.1) && all.iter().any(|stop| !stop.1));
    for part in [1, 2, 3] {
        assert_eq!(all, stops(part), "{part}");
    }
}

#[test]
fn searches_back_give_up_where_they_are_told_to() {
    let (mut store, instance, mut timeline, _) = timeline_of(5000, options(1));
    timeline.resume(&mut store, &Conditions::default()).unwrap();
    let steps: Vec<u64> = timeline.snapshot_steps().collect();
    assert!(steps.len() > 4 && steps.is_sorted(), "{steps:?}");
    let end = store.steps();
    let memory = instance.get_memory(&store, "memory").unwrap();
    // Nobody writes there.
    let never = Watch::Memory {
        memory,
        start: 5000,
        len: 1,
    };
    let until = Until {
        watches: alloc::vec![never],
        ..Until::steps(end - 5)
    };
    assert!(matches!(
        timeline.backward(&mut store, &until).unwrap(),
        Stop::Step
    ));
    let at = store.steps();
    let before = steps.iter().rfind(|step| **step <= end - 5);
    assert_eq!(Some(&at), before, "{steps:?}");
    let whole = Until {
        steps: None,
        ..until
    };
    assert!(matches!(
        timeline.backward(&mut store, &whole).unwrap(),
        Stop::Step
    ));
    assert_eq!(store.steps(), timeline.first());
}
