//! What it costs to refuse a function that is made to take memory. The only test of its process, since
//! it counts all that this allocates.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use wasmote::{CompilationMode, Config, Engine, Instance, Module, Store};

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(held, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The bytes that `run` held at most, beyond what was held before.
fn peak<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let before = HELD.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = run();
    (result, PEAK.load(Relaxed) - before)
}

/// A module whose function `run` makes so many calls that push a thousand operands each.
fn many_calls(calls: usize, before: &str) -> Vec<u8> {
    let (values, constants) = ("i32 ".repeat(1000), "i32.const 0 ".repeat(1000));
    let calls = "call $many ".repeat(calls);
    let text = format!(
        "(module (func $many (result {values}) {constants}) (func (export \"run\") {before} {calls} unreachable))"
    );
    wat::parse_str(text).unwrap()
}

const MIB: usize = 1 << 20;

#[test]
fn a_small_module_with_many_operands_takes_little_memory() {
    let eager = Engine::new(Config::new().compilation_mode(CompilationMode::Eager));
    let lazy = Engine::default();

    // More than a frame holds.
    let bytes = many_calls(200, "");
    let (module, held) = peak(|| Module::new(&lazy, &bytes).unwrap());
    assert!(held < 8 * MIB, "{held}");
    let mut store = Store::new(&lazy, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    let (result, held) = peak(|| run.call(&mut store, ()));
    assert!(result.unwrap_err().to_string().contains("65535 slots"));
    assert!(held < 8 * MIB, "{held}");

    // More than anything may hold: translation stops at what a frame holds, and validation somewhat
    // later, as it does in unreachable code, which is not translated.
    for before in ["", "unreachable"] {
        let bytes = many_calls(20_000, before);
        for engine in [&eager, &lazy] {
            let (result, held) = peak(|| Module::new(engine, &bytes).map(drop));
            let error = result.unwrap_err().to_string();
            assert!(
                error.contains("65535 slots") || error.contains("262140 operands"),
                "{error}"
            );
            assert!(held < 8 * MIB, "{held} bytes: {error}");
        }
    }
}
