//! Snapshots go into stores that have a limiter, and start functions that have run.

use alloc::{format, vec::Vec};

use super::*;
use crate::{Error, ErrorKind, ResourceLimiter, StoreLimits, StoreLimitsBuilder};

const GROWS: &str = r#"(module
    (memory $m 1 10)
    (table $t 1 funcref)
    (func (export "run") (result i32)
        (drop (memory.grow (i32.const 2)))
        (drop (table.grow $t (ref.null func) (i32.const 4)))
        (drop (memory.grow (i32.const 3)))
        (i32.add (memory.size) (table.size $t))))"#;

/// Steps at which it has grown a memory, a table, and the memory again.
const GROWN: [u64; 3] = [2, 6, 9];

fn stopped<L: ResourceLimiter + Send + 'static>(limits: L) -> (Store<L>, Stepper) {
    let engine = Engine::new(Config::new().debug(true));
    let module = Module::new(&engine, wat::parse_str(GROWS).unwrap()).unwrap();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    let stepper = Stepper::start(&mut store, run, &[]).unwrap();
    (store, stepper)
}

/// Snapshots before the first step and at the others.
fn snapshots() -> Vec<Snapshot> {
    let (mut store, mut stepper) = stopped(StoreLimits::default());
    let steps = [0].into_iter().chain(GROWN);
    let at = steps.map(|step| {
        stepper.run(&mut store, &Until::steps(step));
        Snapshot::take(&store, &stepper).unwrap()
    });
    at.collect()
}

fn sizes<T>(store: &Store<T>) -> (usize, usize) {
    let memory = store.inner.memories.get(0).data().len();
    (memory >> 16, store.inner.tables.get(0).elements.len())
}

#[test]
fn a_restored_state_is_within_the_limits_of_the_store() {
    let snapshots = snapshots();
    let within = |pages: usize, elements: usize| {
        let limits = StoreLimitsBuilder::new().memory_size(pages << 16);
        stopped(limits.table_elements(elements).build())
    };
    for (pages, elements, restorable) in [(1, 9, 1), (3, 4, 2), (3, 5, 3), (6, 5, 4)] {
        let (mut store, _) = within(pages, elements);
        for (i, snapshot) in snapshots.iter().enumerate() {
            let before = (sizes(&store), store.steps());
            match snapshot.restore(&mut store) {
                Ok(_) => assert!(i < restorable, "{pages} {elements} {i}"),
                Err(error) => {
                    assert!(i >= restorable, "{pages} {elements} {i}: {error}");
                    assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
                    assert!(format!("{error}").contains("limiter"), "{error}");
                    assert_eq!((sizes(&store), store.steps()), before);
                }
            }
        }
    }
    let (mut store, _) = within(6, 5);
    let mut stepper = snapshots[3].restore(&mut store).unwrap();
    assert!(matches!(stepper.run(&mut store, &Until::end()), Stop::Done));
    assert_eq!(stepper.results()[0].i32(), Some(6 + 5));
}

/// What a store has, as its limiter sees it.
#[derive(Default)]
struct Counted {
    bytes: usize,
    elements: usize,
}

impl ResourceLimiter for Counted {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> Result<bool, Error> {
        self.bytes += desired - current;
        Ok(true)
    }

    fn memory_shrunk(&mut self, from: usize, to: usize) {
        self.bytes -= from - to;
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> Result<bool, Error> {
        self.elements += desired - current;
        Ok(true)
    }

    fn table_shrunk(&mut self, from: usize, to: usize) {
        self.elements -= from - to;
    }
}

#[test]
fn a_limiter_that_counts_goes_back_too() {
    let (mut store, stepper) = stopped(Counted::default());
    let mut timeline = Timeline::of(&mut store, stepper, TimelineOptions::default()).unwrap();
    let mut seen = Vec::new();
    for step in [0, 9, 3, 7, 0, 11, 2, 5, 9] {
        timeline.go_to(&mut store, step).unwrap();
        let Counted { bytes, elements } = store.data();
        assert_eq!((bytes >> 16, *elements), sizes(&store), "at step {step}");
        seen.push(sizes(&store));
    }
    assert_eq!(seen[..4], [(1, 1), (6, 5), (3, 1), (3, 5)]);
}

#[test]
fn what_has_started_is_not_started_again() {
    let wat = r#"(module
        (import "host" "log" (func $log (param i32)))
        (global $n (mut i32) (i32.const 0))
        (func $start (global.set $n (i32.const 7)) (call $log (i32.const 1)))
        (start $start)
        (func (export "run") (result i32) (call $log (global.get $n)) (global.get $n)))"#;
    let (mut store, _, mut stepper) = start(wat, &[]);
    assert_eq!(store.data(), &[1]);
    let now = store.steps();
    stepper.run(&mut store, &Until::steps(now + 1));
    let bytes = Snapshot::take(&store, &stepper).unwrap().to_bytes();
    let snapshot = Snapshot::from_bytes(&bytes.unwrap()).unwrap();

    let engine = Engine::new(Config::new().debug(true));
    let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let mut linker = Linker::new(&engine);
    let log = |mut caller: Caller<'_, Vec<i32>>, value: i32| caller.data_mut().push(value);
    linker.func_wrap("host", "log", log).unwrap();
    linker.instantiate_unstarted(&mut store, &module).unwrap();
    assert_eq!((store.data().len(), store.steps()), (0, 0));
    let mut stepper = snapshot.restore(&mut store).unwrap();
    assert_eq!(store.steps(), now + 1);
    stepper.run(&mut store, &Until::end());
    assert_eq!(stepper.results()[0].i32(), Some(7));
    assert_eq!(store.data(), &[7]);
    // Without its state, it has not begun.
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "log", |_: i32| ()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate_unstarted(&mut store, &module).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    let mut results = [Val::I32(1)];
    run.call(&mut store, &[], &mut results).unwrap();
    assert_eq!(results[0].i32(), Some(0));
}
