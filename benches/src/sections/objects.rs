//! What objects cost: making them, and collecting.

use crate::{
    runtimes::{Program, RUNTIMES},
    stats::median,
    table::Table,
};
use std::time::{Duration, Instant};
use wasmote::{Engine, Instance, Module, Store};

/// Runtimes that have objects.
const WITH_OBJECTS: [&str; 3] = ["wasmote", "pulley", "cranelift"];
/// Measurements, of which the middle one counts.
const ROUNDS: usize = 5;
/// What the long run makes.
const LONG_RUN: u32 = 100_000_000;
/// The heap of the long run.
const SMALL_HEAP: usize = 64 << 10;

/// `run(n)` makes `n` objects in each.
const PROGRAMS: [(&str, i32, &str); 4] = [
    ("pairs, each dropped at once", 2_000_000, DROPPED),
    ("pairs, the last 1,000 kept", 2_000_000, RING),
    ("nodes of binary trees of 4,095", 2_047_500, TREES),
    ("arrays of 100 bytes, each dropped", 500_000, ARRAYS),
];

const DROPPED: &str = r#"(module (type $s (struct (field i64) (field (ref null $s))))
  (func (export "run") (param $n i32) (result i64) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum)
        (struct.get $s 0 (struct.new $s (i64.extend_i32_u (local.get $n)) (ref.null $s)))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))"#;

const RING: &str = r#"(module (type $s (struct (field i64) (field (ref null $s)))) (type $a (array (mut (ref null $s))))
  (func (export "run") (param $n i32) (result i64) (local $sum i64) (local $ring (ref $a))
    (local.set $ring (array.new_default $a (i32.const 1000)))
    (loop $next
      (array.set $a (local.get $ring) (i32.rem_u (local.get $n) (i32.const 1000))
        (struct.new $s (i64.extend_i32_u (local.get $n)) (ref.null $s)))
      (local.set $sum (i64.add (local.get $sum)
        (struct.get $s 0 (array.get $a (local.get $ring) (i32.rem_u (local.get $n) (i32.const 1000))))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))"#;

const TREES: &str = r#"(module (type $t (struct (field (ref null $t)) (field (ref null $t))))
  (func $make (param $depth i32) (result (ref $t))
    (if (result (ref $t)) (i32.eqz (local.get $depth))
      (then (struct.new_default $t))
      (else (struct.new $t
        (call $make (i32.sub (local.get $depth) (i32.const 1)))
        (call $make (i32.sub (local.get $depth) (i32.const 1)))))))
  (func $count (param $t (ref null $t)) (result i64)
    (if (result i64) (ref.is_null (local.get $t))
      (then (i64.const 0))
      (else (i64.add (i64.const 1) (i64.add
        (call $count (struct.get $t 0 (local.get $t)))
        (call $count (struct.get $t 1 (local.get $t))))))))
  (func (export "run") (param $n i32) (result i64) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (call $count (call $make (i32.const 11)))))
      (br_if $next (i64.lt_s (local.get $sum) (i64.extend_i32_s (local.get $n)))))
    (local.get $sum)))"#;

const ARRAYS: &str = r#"(module (type $a (array (mut i8)))
  (func (export "run") (param $n i32) (result i64) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum)
        (i64.extend_i32_u (array.get_u $a (array.new $a (i32.const 7) (i32.const 100)) (i32.const 50)))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))"#;

pub fn section() -> Result<String, String> {
    eprintln!("[objects]");
    let heading = ["ns for each"].into_iter();
    let mut table = Table::new(heading.chain(WITH_OBJECTS));
    for (name, count, text) in PROGRAMS {
        let wasm = wat::parse_str(text).map_err(|e| e.to_string())?;
        let times = measure(&wasm, count).into_iter().map(|time| {
            time.map_or_else(
                |why| why,
                |time| format!("{:.1}", time / f64::from(count) * 1e9),
            )
        });
        table.row([name.to_owned()].into_iter().chain(times));
    }
    let long = long_run().map_err(|e| e.to_string())?;
    Ok(format!(
        "Nanoseconds for an object: making it, a little work with it, and its share of collections. wasmtime counts \
         references (its default collector).\n\n{table}\n\
         {} million pairs in a heap of {} KiB: {:.1} s, {} collections, {} KiB of heap at the end. Collecting one \
         million live pairs takes {:.1} ms.\n",
        LONG_RUN / 1_000_000,
        SMALL_HEAP >> 10,
        long.time.as_secs_f64(),
        long.collections,
        long.heap_bytes >> 10,
        long.pause.as_secs_f64() * 1e3,
    ))
}

/// Seconds of `run(count)`, or why there are none.
fn measure(wasm: &[u8], count: i32) -> Vec<Result<f64, String>> {
    let load = |name: &&str| {
        let runtime = RUNTIMES.iter().find(|runtime| runtime.name == *name);
        (runtime.expect("a runtime").load)(wasm)
    };
    let mut programs: Vec<Result<Program, String>> = WITH_OBJECTS.iter().map(load).collect();
    let mut times = vec![Vec::new(); programs.len()];
    for _ in 0..ROUNDS {
        for (program, times) in programs.iter_mut().zip(&mut times) {
            let Ok(run) = program else { continue };
            let start = Instant::now();
            let result = run(count);
            times.push(start.elapsed().as_secs_f64());
            if let Err(why) = result {
                *program = Err(why);
            }
        }
    }
    let all = programs.into_iter().zip(times);
    all.map(|(program, times)| program.map(|_| median(times)))
        .collect()
}

struct LongRun {
    time: Duration,
    collections: u64,
    heap_bytes: usize,
    pause: Duration,
}

/// Makes very many objects where few fit, then a million that live, which it collects.
fn long_run() -> Result<LongRun, wasmote::Error> {
    let load = |text: &str| {
        let engine = Engine::default();
        let wasm = wat::parse_str(text).expect("valid text");
        let module = Module::new(&engine, wasm)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let run = instance.get_typed_func::<i32, i64>(&store, "run")?;
        Ok::<_, wasmote::Error>((store, run))
    };
    let (mut store, run) = load(RING)?;
    store.set_gc_heap_limit(SMALL_HEAP);
    let start = Instant::now();
    run.call(&mut store, LONG_RUN as i32)?;
    let time = start.elapsed();
    let (mut live, list) = load(
        r#"(module (type $s (struct (field i64) (field (ref null $s)))) (global $list (mut (ref null $s)) (ref.null $s))
          (func (export "run") (param $n i32) (result i64)
            (loop $next
              (global.set $list (struct.new $s (i64.const 1) (global.get $list)))
              (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (i64.const 0)))"#,
    )?;
    list.call(&mut live, 1_000_000)?;
    let pauses = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        live.gc();
        start.elapsed().as_secs_f64()
    });
    Ok(LongRun {
        time,
        collections: store.gc_collections(),
        heap_bytes: store.gc_heap_size(),
        pause: Duration::from_secs_f64(median(pauses.collect())),
    })
}
