//! Programs that are paused: their state in a file.
//!
//! The file is a snapshot of the store; the room that it has for the embedder holds the state of WASI, or nothing where
//! there is no WASI, as on a chip.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::Path,
    process::ExitCode,
};

use wasmote::{
    Error, Instance, Store, TrapCode,
    debug::{Snapshot, Stepper, Stop, Until},
};
use wasmote_wasi::Host;

use crate::{
    args::PauseArgs,
    debug::core_of,
    error::Failure,
    interrupt,
    load::{at, reason},
    program::{Guest, Program},
    run::{show, status},
    whole,
};

/// Steps between looks at Ctrl-C.
const SLICE: u64 = 4 << 20;

/// Goes on with a stopped call of a program, to its end or to where it is to pause; the process ends with what comes of
/// it.
pub fn go_on<H: Host + 'static>(
    pause: &PauseArgs,
    core: Option<&Path>,
    program: &mut Program<H>,
    (instance, mut stepper): (Instance, Stepper),
) -> Result<ExitCode, Failure> {
    let store = &mut program.store;
    let stop = match &pause.snapshot {
        None => stepper.run(&mut *store, &Until::end()),
        Some(to) => {
            interrupt::note();
            match run_to(pause.pause_at, store, &mut stepper) {
                Stop::Step => return write(to, store, &stepper),
                stop => stop,
            }
        }
    };
    if let (Some(to), Some(_)) = (&pause.snapshot, pause.pause_at) {
        // (Who relies on the file shall know that there is none; the status is the program's.)
        eprintln!(
            "the program ended after {} instructions, before it was to pause: {} was not written",
            store.steps(),
            to.display()
        );
    }
    if let Stop::Paused = stop {
        return status(Err(TrapCode::OutOfFuel.into()));
    }
    if let Some(core) = core
        && stepper.error().is_some_and(|error| error.trap().is_some())
    {
        core_of::stepper(core, &program.file, store, instance, &stepper)?;
    }
    show(stepper.results())?;
    status(stepper.into_error().map_or(Ok(()), Err))
}

/// Runs to a step, or to Ctrl-C: [`Stop::Step`]; or to the end.
fn run_to<T>(pause_at: Option<u64>, store: &mut Store<T>, stepper: &mut Stepper) -> Stop {
    let pause_at = pause_at.unwrap_or(u64::MAX);
    loop {
        let goal = store.steps().saturating_add(SLICE).min(pause_at);
        let stop = stepper.run(&mut *store, &Until::steps(goal));
        let pauses = store.steps() >= pause_at || interrupt::noted();
        if !matches!(stop, Stop::Step) || pauses {
            return stop;
        }
    }
}

/// Writes the state of a program: all of the file, or none.
fn write<H: Host + 'static>(
    to: &Path,
    store: &Store<Guest<H>>,
    stepper: &Stepper,
) -> Result<ExitCode, Failure> {
    let wasi = store.data().wasi.save();
    let wasi =
        wasi.map_err(|error| Failure::new(format!("the program cannot be paused: {error}")))?;
    let failed = |error: io::Error| Failure::new(format!("{}: {}", to.display(), reason(&error)));
    whole::write(to, failed, |file| {
        let mut file = BufWriter::with_capacity(1 << 16, file);
        let mut sink = |part: &[u8]| file.write_all(part).map_err(Error::host);
        let written = Snapshot::write_to(store, stepper, &wasi, &mut sink);
        written.map_err(|error| match error.downcast_ref::<io::Error>() {
            Some(error) => Failure::new(format!("{}: {}", to.display(), reason(error))),
            None => error.into(),
        })?;
        file.flush().map_err(failed)
    })?;
    if interrupt::noted() {
        eprintln!("paused at step {}: see {}", store.steps(), to.display());
        return Ok(ExitCode::from(interrupt::INTERRUPTED));
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the state of a program.
pub fn read(path: &Path) -> Result<Snapshot, Failure> {
    let bytes = fs::read(path)
        .map_err(|error| Failure::new(format!("{}: {}", path.display(), reason(&error))))?;
    Snapshot::from_bytes(&bytes).map_err(at(path))
}

/// The same, of a file that may be named, with its name.
pub fn read_from(path: Option<&Path>) -> Result<Option<(&Path, Snapshot)>, Failure> {
    path.map(|path| Ok((path, read(path)?))).transpose()
}

/// Puts a program into a state: the instance, and the stopped call.
pub fn restore<H: Host + 'static>(
    program: &mut Program<H>,
    snapshot: &Snapshot,
    path: &Path,
    fuel: Option<u64>,
) -> Result<(Instance, Stepper), Failure> {
    let Program {
        module,
        store,
        linker,
        ..
    } = program;
    let instance = linker.instantiate_unstarted(&mut *store, module)?;
    if !snapshot.host.is_empty() {
        let restored = store.data_mut().wasi.restore(&snapshot.host);
        restored.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    }
    let stepper = snapshot.restore(&mut *store).map_err(at(path))?;
    if let Some(fuel) = fuel {
        store.set_fuel(fuel)?;
    }
    Ok((instance, stepper))
}
