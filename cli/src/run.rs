//! `wasmote run`: a WASI program, or one exported function.

use std::{path::Path, process::ExitCode};

use wasmote::{
    CompilationMode, Config, Engine, Error, Func, ImageInfo, Instance, Linker, Store, Val,
};

use wasmote_wasi::{Host, WasiCtx};

use crate::{args::RunArgs, error::Failure, invoke, limits::Limits, load::Input, output, wasi};

/// What host functions and the limiter find in the store.
struct Guest<H: Host> {
    /// The guest's view of the system.
    wasi: WasiCtx<H>,
    limits: Limits,
}

/// Runs the program; its exit status is ours.
pub fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    if args.virtual_machine {
        run_with(args, wasi::virtual_machine)
    } else {
        run_with(args, wasi::real)
    }
}

fn run_with<H: Host + 'static>(
    args: &RunArgs,
    context: fn(&RunArgs) -> Result<WasiCtx<H>, Failure>,
) -> Result<ExitCode, Failure> {
    let (file, words) = args.program.split_first().expect("clap wants one");
    let file = Path::new(file);
    let input = Input::of(file)?;
    let image = input.image(file)?;
    let metered = image
        .as_ref()
        .map_or(args.fuel.is_some(), |image| image.fuel);
    let engine = Engine::new(&config(args, file, image)?);
    let module = input.module(&engine, file)?;
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |guest: &mut Guest<H>| &mut guest.wasi)?;
    let guest = Guest {
        wasi: context(args)?,
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
    let result = linker.instantiate(&mut store, &module);
    let result = match result {
        Ok(instance) => match &args.invoke {
            Some(name) => call(&mut store, &instance, name, words)?,
            None => {
                let start = start(&store, &instance)?;
                start.call(&mut store, &[], &mut [])
            }
        },
        Err(e) => Err(e),
    };
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(e) => match e.i32_exit_status() {
            // What the system keeps of a status.
            Some(status) => Ok(ExitCode::from(status as u8)),
            None => Err(e.into()),
        },
    }
}

/// What an image's code does has been decided.
fn config(args: &RunArgs, file: &Path, image: Option<ImageInfo>) -> Result<Config, Failure> {
    let mut config = Config::new();
    config.consume_fuel(args.fuel.is_some());
    if let Some(image) = image {
        if args.fuel.is_some() && !image.fuel {
            return Err(Failure::new(format!(
                "{}: the image was compiled without fuel metering: compile it with `--fuel`, or run it without",
                file.display()
            )));
        }
        config.consume_fuel(image.fuel);
        config.interruptible(image.interruptible);
    }
    config.wasm_legacy_exceptions(args.legacy_exceptions);
    if args.eager {
        config.compilation_mode(CompilationMode::Eager);
    }
    if let Some(size) = args.max_stack {
        config.max_stack_size(usize::try_from(size.0).unwrap_or(usize::MAX));
    }
    Ok(config)
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

/// Calls one function and prints its results, a line each. The inner result is the guest's.
fn call<T: 'static>(
    store: &mut Store<T>,
    instance: &Instance,
    name: &str,
    words: &[std::ffi::OsString],
) -> Result<Result<(), Error>, Failure> {
    let func = invoke::find(store, instance, name)?;
    let arguments = invoke::arguments(store, name, func, words)?;
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    let initialized = match instance.get_func(&*store, "_initialize") {
        Some(initialize) if name != "_initialize" => initialize.call(&mut *store, &[], &mut []),
        _ => Ok(()),
    };
    let result = initialized.and_then(|()| func.call(&mut *store, &arguments, &mut results));
    if result.is_ok() {
        for value in &results {
            output::line(invoke::show(value))?;
        }
    }
    Ok(result)
}
