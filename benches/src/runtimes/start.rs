//! Starts a program of WASI whose host functions all stop it.

use super::say;

/// Starts the module, and calls the closure when it called a host function: before anything is dropped.
pub type Start = fn(&[u8], &mut dyn FnMut()) -> Result<(), String>;

/// Each way to start, by name.
pub const STARTS: &[(&str, Start)] = &[
    ("wasmote", |wasm, stopped| {
        wasmote(wasmote::CompilationMode::Lazy, wasm, stopped)
    }),
    ("wasmi", |wasm, stopped| {
        wasmi(wasmi::CompilationMode::LazyTranslation, wasm, stopped)
    }),
    ("sf-nano", sf_nano),
    ("wasmote, eager", |wasm, stopped| {
        wasmote(wasmote::CompilationMode::Eager, wasm, stopped)
    }),
    ("wasmi, eager", |wasm, stopped| {
        wasmi(wasmi::CompilationMode::Eager, wasm, stopped)
    }),
];

const STOP: &str = "stopped at the first call of the host";

macro_rules! start {
    ($runtime:ident, $mode:expr, $wasm:expr, $stopped:expr) => {{
        use $runtime::{Config, Engine, Error, ExternType, Linker, Module, Store};
        let mut config = Config::default();
        config.compilation_mode($mode);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, $wasm).map_err(say)?;
        let mut linker = Linker::new(&engine);
        for import in module.imports() {
            if let ExternType::Func(ty) = import.ty() {
                let stop =
                    |_: $runtime::Caller<'_, ()>, _: &[$runtime::Val], _: &mut [$runtime::Val]| {
                        Err(Error::new(STOP))
                    };
                linker
                    .func_new(import.module(), import.name(), ty.clone(), stop)
                    .map_err(say)?;
            }
        }
        let mut store = Store::new(&engine, ());
        let instance = instantiate!($runtime, linker, &mut store, &module).map_err(say)?;
        let start = instance
            .get_typed_func::<(), ()>(&store, "_start")
            .map_err(say)?;
        finish(start.call(&mut store, ()).map_err(say), $stopped)
    }};
}

macro_rules! instantiate {
    (wasmote, $linker:expr, $store:expr, $module:expr) => {
        $linker.instantiate($store, $module)
    };
    (wasmi, $linker:expr, $store:expr, $module:expr) => {
        $linker.instantiate_and_start($store, $module)
    };
}

fn wasmote(
    mode: wasmote::CompilationMode,
    wasm: &[u8],
    stopped: &mut dyn FnMut(),
) -> Result<(), String> {
    start!(wasmote, mode, wasm, stopped)
}

fn wasmi(
    mode: wasmi::CompilationMode,
    wasm: &[u8],
    stopped: &mut dyn FnMut(),
) -> Result<(), String> {
    start!(wasmi, mode, wasm, stopped)
}

fn sf_nano(wasm: &[u8], stopped: &mut dyn FnMut()) -> Result<(), String> {
    use sf_nano_core::{Config, Engine, Import, Instance, Module, WasmError};
    /// All of WASI that the modules import is not known from this runtime's API: more is given than they need.
    fn imports() -> Vec<Import> {
        let stop = |name: &str| {
            Import::func("wasi_snapshot_preview1", name, |_, _, _| {
                Err(WasmError::trap(STOP))
            })
        };
        WASI.split_whitespace().map(stop).collect()
    }
    let engine = Engine::new(Config::new()).map_err(say)?;
    let module = Module::new("module", wasm).map_err(say)?;
    let mut instance = Instance::from_module(&engine, module, &imports()).map_err(say)?;
    let start = instance.get_func("_start").ok_or("no export `_start`")?;
    finish(instance.call(&start, &[], &mut []).map_err(say), stopped)
}

/// A start that ended as it should: at the host.
fn finish(result: Result<(), String>, stopped: &mut dyn FnMut()) -> Result<(), String> {
    match result {
        Err(why) if why.contains(STOP) => {
            stopped();
            Ok(())
        }
        Err(why) => Err(why),
        Ok(()) => Err("never called the host".to_owned()),
    }
}

/// Every function of WASI preview 1.
const WASI: &str = "args_get args_sizes_get clock_res_get clock_time_get environ_get environ_sizes_get fd_advise \
    fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights fd_filestat_get \
    fd_filestat_set_size fd_filestat_set_times fd_pread fd_prestat_dir_name fd_prestat_get fd_pwrite fd_read \
    fd_readdir fd_renumber fd_seek fd_sync fd_tell fd_write path_create_directory path_filestat_get \
    path_filestat_set_times path_link path_open path_readlink path_remove_directory path_rename path_symlink \
    path_unlink_file poll_oneoff proc_exit proc_raise random_get sched_yield sock_accept sock_recv sock_send \
    sock_shutdown";
