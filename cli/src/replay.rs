//! `wasmote replay`: a recorded run again, from the module and the recording alone.

use std::{
    ffi::OsString,
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use wasmote::{
    Engine, Error, Instance, Linker, Module, Store, TrapCode, Val,
    debug::{Recording, ReplayedCall, Stepper, Stop, Until},
};

use crate::{
    args::ReplayArgs,
    debug::{
        core_of,
        gdb::{self, Debuggee},
        session::{Session, Stream},
        start::{self, FrontEnd, UsersChoice},
    },
    error::Failure,
    limits::Limits,
    load::{Input, reason},
    output,
    program::{self, Entry},
    record::Info,
    run,
};

/// Replays a recording; the program's exit status is ours.
pub fn replay(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    if args.debug {
        return debug(args);
    }
    let (recording, info) = read(&args.log)?;
    let stepping = args.steps || args.core_on_trap.is_some();
    let (mut store, module) = load(args.module.as_deref(), &info, recording, stepping)?;
    if !args.quiet {
        store.observe_replay(|call| {
            printed(call, print_again);
        });
    }
    let result = run_again(args, &info, &mut store, &module);
    if args.steps {
        output::line(format_args!("{} instructions", store.steps()))?;
    }
    result
}

/// A recording, and what it says of its program.
pub fn read(log: &Path) -> Result<(Recording, Info), Failure> {
    let shown = log.display();
    let bytes = fs::read(log).map_err(|e| Failure::new(format!("{shown}: {}", reason(&e))))?;
    let recording =
        Recording::parse(&bytes).map_err(|error| Failure::new(format!("{shown}: {error}")))?;
    let info = serde_json::from_slice(recording.info())
        .map_err(|_| Failure::new(format!("{shown}: was not recorded by `wasmote run`")))?;
    Ok((recording, info))
}

/// Debugs a recorded run.
fn debug(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    let (recording, info) = read(&args.log)?;
    let (mut store, module) = load(args.module.as_deref(), &info, recording, true)?;
    let gdb = args.debugger.gdb.as_deref();
    let kept = start::keeping();
    if gdb.is_some() {
        store.observe_replay(|call| {
            printed(call, print_again);
        });
    } else {
        let kept = kept.clone();
        store.observe_replay(move |call| {
            printed(call, |stream, bytes| {
                let kept = match stream {
                    Stream::Output => &kept.output,
                    Stream::Errors => &kept.errors,
                };
                kept.write(&[bytes]).is_ok()
            });
        });
    }
    // (What fails before is no call that could be stepped through.)
    let entry = begin(&info, &mut store, &module)??;
    match gdb {
        Some(address) => {
            let file = args.module.clone().unwrap_or(info.module);
            gdb::debug(address, Debuggee::start(store, module, file, &entry)?)
        }
        None => {
            let options = start::options(&args.debugger, kept);
            let session = Session::start(store, &module, &entry, options);
            UsersChoice::of(&args.debugger, &args.log).run(session.map_err(Failure::new)?)
        }
    }
}

/// Prints again what was printed; whether that succeeded.
fn print_again(stream: Stream, bytes: &[u8]) -> bool {
    let printed = match stream {
        Stream::Output => {
            let mut out = io::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush())
        }
        Stream::Errors => io::stderr().write_all(bytes),
    };
    printed.is_ok()
}

/// Gives what a call of `fd_write` printed, up to where `to` fails.
fn printed(call: &ReplayedCall<'_>, to: impl Fn(Stream, &[u8]) -> bool) -> Option<()> {
    let wasi = ["wasi_snapshot_preview1", "wasi_unstable"].contains(&call.module);
    if !wasi || call.name != "fd_write" || call.results != [0] {
        return None;
    }
    let &[fd, list, count, written] = call.args else {
        return None;
    };
    let stream = match fd {
        1 => Stream::Output,
        2 => Stream::Errors,
        _ => return None,
    };
    let word = |at: u64| {
        let at = usize::try_from(at).ok()?;
        let bytes = call.memory.get(at..at.checked_add(4)?)?;
        Some(u64::from(u32::from_le_bytes(bytes.try_into().ok()?)))
    };
    let mut left = word(written)?;
    for i in 0..count {
        let (start, len) = (word(list + 8 * i)?, word(list + 8 * i + 4)?.min(left));
        left -= len;
        let bytes = call.memory.get(start as usize..(start + len) as usize)?;
        if !to(stream, bytes) {
            return None;
        }
    }
    Some(())
}

/// A store in which the recording is replayed, and the module.
pub fn load(
    module: Option<&Path>,
    info: &Info,
    recording: Recording,
    stepping: bool,
) -> Result<(Store<Limits>, Module), Failure> {
    let file = module.unwrap_or(&info.module);
    let input = Input::of(file)?;
    if let Input::Image(_) = input
        && stepping
    {
        return Err(program::no_steps(file));
    }
    if !info.fits(input.bytes()) {
        return Err(Failure::new(format!(
            "{}: is not the module that was recorded",
            file.display()
        )));
    }
    let mut config = program::settings(
        info.fuel,
        input.image(file)?,
        info.max_stack,
        info.legacy_exceptions,
    );
    config.debug(stepping);
    let engine = Engine::new(&config);
    let module = input.module(&engine, file)?;
    let mut store = Store::new(&engine, Limits::new(info.max_memory));
    store.limiter(|limits| limits);
    if let Some(size) = info.max_heap {
        store.set_gc_heap_limit(usize::try_from(size).unwrap_or(usize::MAX));
    }
    store.replay(recording);
    Ok((store, module))
}

/// Instantiates the module for a replay, without anything that could be called.
pub fn instantiate(
    store: &mut Store<Limits>,
    module: &Module,
) -> Result<Result<Instance, Error>, Failure> {
    let mut linker = Linker::new(store.engine());
    linker.define_unknown_imports_as_traps(module)?;
    Ok(linker.instantiate(store, module))
}

/// Does again what is done up to the call of what the program begins with. The inner result is the guest's.
fn begin(
    info: &Info,
    store: &mut Store<Limits>,
    module: &Module,
) -> Result<Result<Entry, Error>, Failure> {
    let instance = match instantiate(store, module)? {
        Ok(instance) => instance,
        Err(error) => return Ok(Err(error)),
    };
    let words: Vec<OsString> = info.arguments.iter().map(OsString::from).collect();
    program::entry(store, instance, info.invoke.as_deref(), &words)
}

fn run_again(
    args: &ReplayArgs,
    info: &Info,
    store: &mut Store<Limits>,
    module: &Module,
) -> Result<ExitCode, Failure> {
    let entry = match begin(info, store, module)? {
        Ok(entry) => entry,
        Err(error) => return run::status(Err(error)),
    };
    let Some(core) = &args.core_on_trap else {
        let mut results = vec![Val::I32(0); entry.func.ty(&*store).results().len()];
        let result = entry.func.call(&mut *store, &entry.arguments, &mut results);
        if result.is_ok() && entry.invoked {
            run::show(&results)?;
        }
        return run::status(result);
    };
    let mut stepper = Stepper::start(&mut *store, entry.func, &entry.arguments)?;
    if let Stop::Paused = stepper.run(&mut *store, &Until::end()) {
        return run::status(Err(TrapCode::OutOfFuel.into()));
    }
    if stepper.error().is_some_and(|error| error.trap().is_some()) {
        core_of::stepper(core, &info.module, store, entry.instance, &stepper)?;
    } else if entry.invoked {
        run::show(stepper.results())?;
    }
    match stepper.into_error() {
        Some(error) => run::status(Err(error)),
        None => run::status(Ok(())),
    }
}
