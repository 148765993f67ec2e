//! A program, ready to run: its module, and a store with what it is given. All commands that run one begin here.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use wasmote::{
    CompilationMode, Config, Engine, Error, Func, ImageInfo, Instance, Linker, Module, Store, Val,
};
use wasmote_wasi::{Host, WasiCtx};

use crate::{
    args::ProgramArgs,
    error::Failure,
    invoke,
    limits::Limits,
    load::Input,
    wasi::{self, Streams},
};

/// What host functions and the limiter find in the store.
pub struct Guest<H: Host> {
    /// The guest's view of the system.
    pub wasi: WasiCtx<H>,
    limits: Limits,
}

/// A loaded program.
pub struct Program<H: Host> {
    pub file: PathBuf,
    pub module: Module,
    pub store: Store<Guest<H>>,
    pub linker: Linker<Guest<H>>,
}

/// The function that a program begins with.
pub struct Entry {
    pub instance: Instance,
    pub func: Func,
    pub arguments: Vec<Val>,
    /// Its name, if it is called by that and its results are wanted.
    pub invoked: bool,
}

/// What a command does with a program, whatever machine that runs on.
pub trait Task {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<H: Host + 'static>(self, program: Program<H>) -> Result<Self::Output, Failure>;
}

/// How a command wants programs to be.
#[derive(Clone, Default)]
pub struct Setup {
    /// Code that can be stepped through.
    pub debug: bool,
    /// Debug information for modules in the text format.
    pub lines: bool,
    pub streams: Streams,
}

/// Loads the program that the arguments name, and hands it to a task.
pub fn with<T: Task>(args: &ProgramArgs, setup: &Setup, task: T) -> Result<T::Output, Failure> {
    if args.virtual_machine {
        let wasi = wasi::virtual_machine(args, &setup.streams)?;
        task.run(load(args, setup, wasi)?)
    } else {
        let wasi = wasi::real(args, &setup.streams)?;
        task.run(load(args, setup, wasi)?)
    }
}

fn load<H: Host + 'static>(
    args: &ProgramArgs,
    setup: &Setup,
    wasi: WasiCtx<H>,
) -> Result<Program<H>, Failure> {
    let file = args.file();
    let input = match setup.lines {
        false => Input::of(&file)?,
        true => Input::with_lines(&file)?,
    };
    let image = input.image(&file)?;
    if setup.debug && image.is_some() {
        return Err(no_steps(&file));
    }
    let metered = image
        .as_ref()
        .map_or(args.fuel.is_some(), |image| image.fuel);
    let mut config = config(args, &file, image)?;
    config.debug(setup.debug);
    let engine = Engine::new(&config);
    let module = input.module(&engine, &file)?;
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |guest: &mut Guest<H>| &mut guest.wasi)?;
    let guest = Guest {
        wasi,
        limits: Limits::new(args.max_memory.map(|size| size.0)),
    };
    let mut store = Store::new(&engine, guest);
    store.limiter(|guest| &mut guest.limits);
    if let Some(size) = args.max_heap {
        store.set_gc_heap_limit(usize::try_from(size.0).unwrap_or(usize::MAX));
    }
    if metered {
        // (Code of an image may charge though nobody counts.)
        store.set_fuel(args.fuel.unwrap_or(u64::MAX))?;
    }
    Ok(Program {
        file,
        module,
        store,
        linker,
    })
}

impl<H: Host + 'static> Program<H> {
    /// Instantiates the module, up to the call of what it begins with. The inner result is the guest's: its start
    /// function, or `_initialize`, may have failed.
    pub fn begin(&mut self, args: &ProgramArgs) -> Result<Result<Entry, Error>, Failure> {
        let instance = match self.linker.instantiate(&mut self.store, &self.module) {
            Ok(instance) => instance,
            Err(error) => return Ok(Err(error)),
        };
        entry(
            &mut self.store,
            instance,
            args.invoke.as_deref(),
            &args.words[1..],
        )
    }
}

/// What a program begins with: `_start`, or the function of this name, before which `_initialize` is called.
pub fn entry<T: 'static>(
    store: &mut Store<T>,
    instance: Instance,
    invoke: Option<&str>,
    words: &[OsString],
) -> Result<Result<Entry, Error>, Failure> {
    let Some(name) = invoke else {
        return Ok(Ok(Entry {
            func: start(store, &instance)?,
            instance,
            arguments: Vec::new(),
            invoked: false,
        }));
    };
    let func = invoke::find(store, &instance, name)?;
    let arguments = invoke::arguments(store, name, func, words)?;
    if name != "_initialize"
        && let Some(initialize) = instance.get_func(&*store, "_initialize")
        && let Err(error) = initialize.call(&mut *store, &[], &mut [])
    {
        return Ok(Err(error));
    }
    Ok(Ok(Entry {
        instance,
        func,
        arguments,
        invoked: true,
    }))
}

/// Refuses to step through an image.
pub fn no_steps(file: &Path) -> Failure {
    Failure::new(format!(
        "{}: is an image, whose code does not stop: take the module that it was compiled from",
        file.display()
    ))
}

/// What an image's code does has been decided.
fn config(args: &ProgramArgs, file: &Path, image: Option<ImageInfo>) -> Result<Config, Failure> {
    if args.fuel.is_some() && image.as_ref().is_some_and(|image| !image.fuel) {
        return Err(Failure::new(format!(
            "{}: the image was compiled without fuel metering: compile it with `--fuel`, or run it without",
            file.display()
        )));
    }
    let max_stack = args.max_stack.map(|size| size.0);
    let mut config = settings(
        args.fuel.is_some(),
        image,
        max_stack,
        args.legacy_exceptions,
    );
    if args.eager {
        config.compilation_mode(CompilationMode::Eager);
    }
    Ok(config)
}

/// Settings that a program can tell.
pub fn settings(
    fuel: bool,
    image: Option<ImageInfo>,
    max_stack: Option<u64>,
    legacy_exceptions: bool,
) -> Config {
    let mut config = Config::new();
    config.consume_fuel(fuel);
    if let Some(image) = image {
        config.consume_fuel(image.fuel);
        config.interruptible(image.interruptible);
    }
    config.wasm_legacy_exceptions(legacy_exceptions);
    if let Some(size) = max_stack {
        config.max_stack_size(usize::try_from(size).unwrap_or(usize::MAX));
    }
    config
}

/// The entry point of a command.
fn start<T>(store: &Store<T>, instance: &Instance) -> Result<Func, Failure> {
    let Some(start) = instance.get_func(store, "_start") else {
        return Err(Failure::new(
            "the module exports no `_start`: call one of its functions with --invoke",
        ));
    };
    let ty = start.ty(store);
    if !ty.params().is_empty() || !ty.results().is_empty() {
        return Err(Failure::new(format!(
            "`_start` must take and return nothing, but is {ty}"
        )));
    }
    Ok(start)
}
