//! What debugging costs: each way to run a program beside how it runs without, and snapshots.

use crate::{runtimes::say, stats::median, table::Table, workloads::WORKLOADS};
use std::{sync::mpsc, time::Instant};
use wasmote::{
    Caller, Config, Engine, Func, Instance, Linker, Module, Store, Val,
    debug::{
        Breakpoint, Conditions, Profile, Recording, Snapshot, Stepper, Stop, Timeline,
        TimelineOptions, Until, Watch,
    },
};

/// A mix, calls, and two libraries.
const PROGRAMS: [&str; 4] = ["mark", "fib", "json", "lua"];
/// Rounds, of which the middle one counts.
const ROUNDS: usize = 3;
/// Calls of the host in a loop.
const CALLS: i32 = 500_000;

/// Ways to run, the first without any debugging.
const WAYS: [(&str, Way); 6] = [
    ("normal, ms", normal),
    ("stepping", stepping),
    ("breakpoint", breakpoint),
    ("watchpoint", watchpoint),
    ("timeline", timeline),
    ("profile", profile),
];

type Way = fn(&[u8], i32) -> Result<f64, String>;

pub fn section() -> Result<String, String> {
    eprintln!("[debugging]");
    let heading = ["workload", "M steps"].into_iter();
    let mut table = Table::new(heading.chain(WAYS.iter().map(|(name, _)| *name)));
    let mut snapshots = Table::new([
        "workload",
        "memory, KiB",
        "take, ms",
        "bytes, KiB",
        "write, ms",
        "restore, ms",
        "reverse-step, ms",
    ]);
    for name in PROGRAMS {
        let workload = WORKLOADS.iter().find(|workload| workload.name == name);
        let workload = workload.ok_or("no such workload")?;
        let (wasm, argument) = (workload.wasm(), workload.argument);
        let mut times = vec![Vec::new(); WAYS.len()];
        for _ in 0..ROUNDS {
            for ((_, way), times) in WAYS.iter().zip(&mut times) {
                times.push(way(&wasm, argument)?);
            }
        }
        let times: Vec<f64> = times.into_iter().map(median).collect();
        let ratios = times[1..]
            .iter()
            .map(|time| format!("{:.1}", time / times[0]));
        let (steps, cells) = snapshot(&wasm, argument)?;
        let own = [
            name.to_owned(),
            format!("{:.0}", steps as f64 / 1e6),
            format!("{:.1}", times[0] * 1e3),
        ];
        table.row(own.into_iter().chain(ratios));
        snapshots.row([name.to_owned()].into_iter().chain(cells));
    }
    Ok(format!(
        "Each way to run beside the normal one, in the same rounds (of which the middle one counts): code that can be \
         stepped through, run to its end; the same with a breakpoint, and with a watchpoint of 8 bytes of memory, that \
         are not met; with snapshots on the way, to go back; counting instructions by function and offset.\n\n{table}\n\
         A snapshot at the end of the same run, in memory; as bytes; put back. And a step back from the end of the \
         timeline, with its snapshots.\n\n{snapshots}\n{}",
        recording()?
    ))
}

/// A program in a store of its own.
struct Loaded {
    store: Store<()>,
    instance: Instance,
    run: Func,
}

fn load(wasm: &[u8], debug: bool) -> Result<Loaded, String> {
    let engine = Engine::new(Config::new().debug(debug));
    let module = Module::new(&engine, wasm).map_err(say)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).map_err(say)?;
    let run = instance.get_func(&store, "run").ok_or("no run")?;
    Ok(Loaded {
        store,
        instance,
        run,
    })
}

impl Loaded {
    /// Once with the least, so that everything is translated.
    fn warm(mut self) -> Result<Loaded, String> {
        self.call(1)?;
        Ok(self)
    }

    fn call(&mut self, argument: i32) -> Result<(), String> {
        let mut results = [Val::I64(0)];
        let arguments = [Val::I32(argument)];
        let called = self.run.call(&mut self.store, &arguments, &mut results);
        called.map_err(say)
    }

    /// Stopped at the first instruction.
    fn start(&mut self, argument: i32) -> Result<Stepper, String> {
        Stepper::start(&mut self.store, self.run, &[Val::I32(argument)]).map_err(say)
    }
}

/// Seconds that `work` takes.
fn timed<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let start = Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64(), result)
}

fn normal(wasm: &[u8], argument: i32) -> Result<f64, String> {
    let mut program = load(wasm, false)?.warm()?;
    let (time, called) = timed(|| program.call(argument));
    called.map(|()| time)
}

fn stepping(wasm: &[u8], argument: i32) -> Result<f64, String> {
    to_end(wasm, argument, |_, _| Until::end())
}

fn breakpoint(wasm: &[u8], argument: i32) -> Result<f64, String> {
    // (Where it stands, which it does not come back to.)
    to_end(wasm, argument, |program, stepper| {
        let frames = stepper.frames(&program.store);
        let here = frames.first().map(|frame| Breakpoint {
            module: frame.module.clone(),
            offset: frame.offset,
        });
        Until {
            breakpoints: here.into_iter().collect(),
            ..Until::end()
        }
    })
}

fn watchpoint(wasm: &[u8], argument: i32) -> Result<f64, String> {
    to_end(wasm, argument, |program, _| {
        let memory = program.instance.get_memory(&program.store, "memory");
        let null = memory.map(|memory| Watch::Memory {
            memory,
            start: 0,
            len: 8,
        });
        Until {
            watches: null.into_iter().collect(),
            ..Until::end()
        }
    })
}

/// Runs to the end, past all stops.
fn to_end(
    wasm: &[u8],
    argument: i32,
    until: impl FnOnce(&Loaded, &Stepper) -> Until,
) -> Result<f64, String> {
    let mut program = load(wasm, true)?.warm()?;
    let mut stepper = program.start(argument)?;
    let until = until(&program, &stepper);
    let (time, stop) = timed(|| stepper.run(&mut program.store, &until));
    match stop {
        Stop::Done => Ok(time),
        other => Err(format!("{other:?} instead of the end")),
    }
}

fn timeline(wasm: &[u8], argument: i32) -> Result<f64, String> {
    let mut program = load(wasm, true)?.warm()?;
    let (time, ended) = timed(|| past(&mut program, argument));
    ended.map(|_| time)
}

/// A timeline at its end.
fn past(program: &mut Loaded, argument: i32) -> Result<Timeline, String> {
    let (store, arguments) = (&mut program.store, [Val::I32(argument)]);
    let options = TimelineOptions::default();
    let mut timeline = Timeline::start(store, program.run, &arguments, options).map_err(say)?;
    let stop = timeline.resume(store, &Conditions::default());
    match stop.map_err(say)? {
        Stop::Done => Ok(timeline),
        other => Err(format!("{other:?} instead of the end")),
    }
}

fn profile(wasm: &[u8], argument: i32) -> Result<f64, String> {
    let mut program = load(wasm, true)?.warm()?;
    Profile::start(&mut program.store).map_err(say)?;
    let (time, called) = timed(|| program.call(argument));
    let profile = Profile::take(&mut program.store).ok_or("no profile")?;
    match profile.instructions() {
        0 => Err("nothing was counted".to_owned()),
        _ => called.map(|()| time),
    }
}

/// The steps of a run, and the cells of its snapshot.
fn snapshot(wasm: &[u8], argument: i32) -> Result<(u64, Vec<String>), String> {
    let mut program = load(wasm, true)?;
    let mut stepper = program.start(argument)?;
    stepper.run(&mut program.store, &Until::end());
    let steps = program.store.steps();
    let mut program = load(wasm, true)?;
    let mut stepper = program.start(argument)?;
    stepper.run(&mut program.store, &Until::steps(steps - 1));
    let memory = program.instance.get_memory(&program.store, "memory");
    let bytes = memory.map_or(0, |memory| memory.data(&program.store).len());
    let (take, snapshot) = timed(|| Snapshot::take(&program.store, &stepper));
    let snapshot = snapshot.map_err(say)?;
    let (write, written) = timed(|| snapshot.to_bytes());
    let written = written.map_err(say)?;
    let read = Snapshot::from_bytes(&written).map_err(say)?;
    let (restore, restored) = timed(|| read.restore(&mut program.store));
    restored.map_err(say)?;
    let mut program = load(wasm, true)?;
    let mut timeline = past(&mut program, argument)?;
    let (back, stop) = timed(|| timeline.step_back(&mut program.store));
    stop.map_err(say)?;
    let ms = |seconds: f64| format!("{:.1}", seconds * 1e3);
    let kib = |bytes: usize| format!("{:.0}", bytes as f64 / 1024.0);
    let cells = [
        kib(bytes),
        ms(take),
        kib(written.len()),
        ms(write),
        ms(restore),
        ms(back),
    ];
    Ok((steps, cells.into()))
}

/// Calls of a host function that writes to memory: recorded, and replayed.
fn recording() -> Result<String, String> {
    let wasm = wat::parse_str(
        r#"(module (import "host" "stir" (func $stir (param i32) (result i32))) (memory (export "memory") 1)
          (func (export "run") (param $n i32) (result i64)
            (loop $next
              (drop (call $stir (local.get $n)))
              (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (i64.const 0)))"#,
    )
    .map_err(say)?;
    let mut bytes = 0;
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(stirred(&wasm, |_| Ok(()))?);
        let (parts, written) = mpsc::channel();
        times[1].push(stirred(&wasm, move |store| {
            // (Nobody hangs up before the end.)
            let sink = move |part: &[u8]| parts.send(part.to_vec()).map_err(wasmote::Error::host);
            store.record(&[], sink)
        })?);
        let log: Vec<u8> = written.try_iter().flatten().collect();
        bytes = log.len();
        let recording = Recording::parse(&log).map_err(say)?;
        times[2].push(stirred(&wasm, move |store| {
            store.replay(recording);
            Ok(())
        })?);
    }
    let [plain, recorded, replayed] = times.map(|times| median(times) * 1e9 / f64::from(CALLS));
    let each = bytes as f64 / f64::from(CALLS);
    Ok(format!(
        "A call of a host function that writes 8 bytes of memory takes {plain:.0} ns, {recorded:.0} ns while it is \
         recorded, to {each:.1} bytes, and {replayed:.0} ns in a replay. Code runs the same.\n"
    ))
}

/// Seconds of a loop that calls the host.
fn stirred(
    wasm: &[u8],
    tape: impl FnOnce(&mut Store<()>) -> Result<(), wasmote::Error>,
) -> Result<f64, String> {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).map_err(say)?;
    let mut store = Store::new(&engine, ());
    tape(&mut store).map_err(say)?;
    let mut linker = Linker::new(&engine);
    let stir = |mut caller: Caller<'_, ()>, n: i32| {
        let memory = caller.get_export("memory").and_then(|e| e.into_memory());
        let place = memory.map(|memory| memory.write(&mut caller, 64, &(n as u64).to_le_bytes()));
        i32::from(place.is_some_and(|written| written.is_ok()))
    };
    linker.func_wrap("host", "stir", stir).map_err(say)?;
    let instance = linker.instantiate(&mut store, &module).map_err(say)?;
    let run = instance.get_typed_func::<i32, i64>(&store, "run");
    let run = run.map_err(say)?;
    let (time, called) = timed(|| run.call(&mut store, CALLS));
    called.map_err(say)?;
    Ok(time)
}
