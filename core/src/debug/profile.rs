//! How often each instruction was executed, and who called what.

use alloc::{boxed::Box, string::String, vec::Vec};

use super::{
    code::operator_at,
    profiler::{Counted, Profiler},
    stepper::debugged,
};
use crate::{
    bytecode::wasm_text,
    error::Error,
    func::Func,
    instance::Instance,
    map::Map,
    store::{AsContext, AsContextMut, StoreInner, Stored},
};

/// Exact counts of the instructions of a store of a [debugged](crate::Config::debug) engine: the same program with the
/// same inputs gives the same ones on every host and chip.
///
/// All that runs in the store while it counts does, however it is called. Calls from the host are at the outside of the
/// tree; those that a host function makes are inside of it. A function that was called by a tail call stands in the
/// place of the one that it follows.
///
/// Counting knows functions by the 27 lowest bits of offsets: in modules of 128 MiB and more it may take one for
/// another.
///
/// ```
/// use wasmote::{Config, Engine, Instance, Module, Store, debug::Profile};
///
/// let wasm = wat::parse_str(
///     r#"(module (func $leaf) (func (export "f") call $leaf call $leaf))"#,
/// )?;
/// let engine = Engine::new(Config::new().debug(true));
/// let module = Module::new(&engine, &wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let f = instance.get_typed_func::<(), ()>(&store, "f")?;
/// Profile::start(&mut store)?;
/// f.call(&mut store, ())?;
/// let profile = Profile::take(&mut store).expect("it was started");
/// let [f, leaf] = profile.functions() else { panic!("two functions") };
/// // Two calls and the end; the end, twice.
/// assert_eq!((f.own, f.total, f.calls), (3, 5, 1));
/// assert_eq!((leaf.own, leaf.total, leaf.calls), (2, 2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Profile {
    instructions: u64,
    functions: Vec<ProfiledFunc>,
    tree: Vec<CallNode>,
    is_cut: bool,
}

/// What is told of one function of one instance.
#[derive(Clone, Debug)]
pub struct ProfiledFunc {
    /// Its instance; of host functions the first instance that imports it, if there is one.
    pub instance: Option<Instance>,
    /// Its index in the instance's module (imports count); 0 if there is no instance.
    pub func: u32,
    /// The host function that it is.
    pub host: Option<Func>,
    /// How often it was called.
    pub calls: u64,
    /// Instructions of its own.
    pub own: u64,
    /// Instructions between its being called and its end: of its own and of what it called. If it called itself, on
    /// whatever way, these count once.
    pub total: u64,
    /// Offset of its body in the module.
    start: u32,
    counts: Box<[u64]>,
}

impl ProfiledFunc {
    /// Its instructions that were executed: offsets in the module, ascending, and how often.
    pub fn instructions(&self) -> impl Iterator<Item = (u32, u64)> {
        let counts = (self.start..).zip(self.counts.iter().copied());
        counts.filter(|(_, count)| *count > 0)
    }
}

/// A function in the tree of calls, where it was called on one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallNode {
    /// The number of the node that called it; none where the host did.
    pub parent: Option<usize>,
    /// Its number in [`Profile::functions`].
    pub func: usize,
    /// Instructions of its own, over all its calls on this way.
    pub own: u64,
}

impl Profile {
    /// Begins to count. What has been counted before is forgotten.
    ///
    /// # Errors
    /// The engine does not debug.
    pub fn start(mut store: impl AsContextMut) -> Result<(), Error> {
        let store = &mut store.as_context_mut().0.inner;
        debugged(store)?;
        let steps = store.stops.steps;
        store.stops.profiler = Some(Box::new(Profiler::new(steps)));
        Ok(())
    }

    /// Ends counting, and tells what was counted, if anything was to be.
    pub fn take(mut store: impl AsContextMut) -> Option<Profile> {
        let store = &mut store.as_context_mut().0.inner;
        let mut profiler = store.stops.profiler.take()?;
        profiler.end(store.stops.steps);
        let functions = core::mem::take(&mut profiler.funcs);
        let nodes = profiler.nodes.iter().skip(1);
        Some(Profile {
            instructions: store.stops.steps.saturating_sub(profiler.began),
            functions: functions
                .into_iter()
                .map(|func| told(store, func))
                .collect(),
            tree: nodes
                .map(|node| CallNode {
                    // (The root is no call.)
                    parent: (node.parent as usize).checked_sub(1),
                    func: node.func as usize,
                    own: node.own,
                })
                .collect(),
            is_cut: profiler.is_cut,
        })
    }

    /// Instructions that began while it counted.
    pub fn instructions(&self) -> u64 {
        self.instructions
    }

    /// The functions, in the order in which they were first called.
    pub fn functions(&self) -> &[ProfiledFunc] {
        &self.functions
    }

    /// How often each operator was executed, by its name in the text format; most often first.
    ///
    /// # Panics
    /// With a store that is not the one it was taken of.
    pub fn operators(&self, store: impl AsContext) -> Vec<(String, u64)> {
        let store = &store.as_context().0.inner;
        let mut found: Map<String, u64> = Map::new();
        for func in &self.functions {
            let Some(instance) = func.instance.filter(|_| func.host.is_none()) else {
                continue;
            };
            let module = &store.instances.get(instance.0.index(store)).module;
            for (offset, count) in func.instructions() {
                let Ok(operator) = operator_at(module, offset) else {
                    continue;
                };
                let text = wasm_text(&operator);
                let name = text.split(' ').next().unwrap_or_default();
                match found.get_mut(name) {
                    Some(sum) => *sum += count,
                    None => {
                        found.insert(name.into(), count);
                    }
                }
            }
        }
        let mut sorted: Vec<(String, u64)> = found.into_iter().collect();
        sorted.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        sorted
    }

    /// The tree of calls, callers before what they call.
    pub fn tree(&self) -> &[CallNode] {
        &self.tree
    }

    /// Whether calls were nested so deeply, or in so many ways, that the tree has not all of them. Instructions of
    /// those that it has not count for the innermost caller that it has. (Functions have all of theirs.)
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }
}

fn told(store: &StoreInner, func: Counted) -> ProfiledFunc {
    let own = func.counts.iter().sum();
    let (instance, index, calls, host) = match func.instance {
        Some(instance) => {
            let module = store.instances.get(instance).module.inner();
            // A function's first instruction is no target of branches: those to a loop go behind it.
            let body = module.body(func.index).get_operators_reader();
            let first = body.map_or(0, |body| body.original_position() as u32);
            let calls = first
                .checked_sub(func.start)
                .and_then(|at| func.counts.get(at as usize));
            let index = module.imported_funcs + func.index;
            (Some(instance), index, calls.copied().unwrap_or(0), None)
        }
        None => {
            let importer = (0..store.instances.len() as u32).find_map(|instance| {
                let entity = store.instances.get(instance);
                let imports = 0..entity.module.inner().imported_funcs;
                let mut imports = imports.filter(|import| entity.func(*import) == Some(func.index));
                Some((instance, imports.next()?))
            });
            let host = Func(Stored::new(store, func.index));
            let (instance, index) = importer.unzip();
            (instance, index.unwrap_or(0), func.host_calls, Some(host))
        }
    };
    ProfiledFunc {
        instance: instance.map(|instance| Instance(Stored::new(store, instance))),
        func: index,
        host,
        calls,
        own,
        total: func.total,
        start: func.start,
        counts: func.counts.into(),
    }
}

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeMap, vec};

    use super::*;
    use crate::{
        Caller, Config, Engine, Linker, Module, Store, Val,
        debug::{Stepper, Stop, Until},
    };

    /// All that moves between frames: calls, tail calls, recursion, exceptions out of several frames, host functions
    /// and what they call.
    const MODULE: &str = r#"(module
        (import "host" "again" (func $again (param i32)))
        (tag $t (param i32))
        (table funcref (elem $leaf $throws))
        (type $i_i (func (param i32) (result i32)))
        (func $leaf (type $i_i) (i32.add (local.get 0) (i32.const 1)))
        (func $throws (type $i_i)
            (if (i32.eqz (local.get 0)) (then (throw $t (i32.const 5))))
            (call $throws (i32.sub (local.get 0) (i32.const 1))))
        (func $even (type $i_i)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
            (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
        (func $odd (type $i_i)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
            (return_call $even (i32.sub (local.get 0) (i32.const 1))))
        (func $count (type $i_i)
            (if (local.get 0) (then (return_call $count (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 0))
        (func $fib (type $i_i)
            (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
            (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2)))))
        (func (export "run") (param i32) (result i32) (local $i i32)
            (loop $l
                (block $caught (result i32)
                    (try_table (catch $t $caught) (drop (call_indirect (type $i_i) (local.get 0) (local.get $i))))
                    (i32.const 0))
                (drop)
                (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2))))
            (drop (call $even (i32.const 5)))
            (drop (call $count (i32.const 3)))
            (drop (call $even (call $fib (i32.const 6))))
            (call $again (i32.const 3))
            (call $leaf (i32.const 7)))
        (func (export "inner") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then unreachable))
            (call $fib (local.get 0))))"#;

    fn store() -> (Store<bool>, Instance) {
        let engine = Engine::new(Config::new().debug(true));
        let module = Module::new(&engine, wat::parse_str(MODULE).unwrap()).unwrap();
        let mut linker = Linker::new(&engine);
        let again = |mut caller: Caller<'_, bool>, n: i32| {
            if !*caller.data() {
                return;
            }
            let inner = caller.get_export("inner").unwrap().into_func().unwrap();
            let mut results = [Val::I32(0)];
            inner
                .call(&mut caller, &[Val::I32(n)], &mut results)
                .unwrap();
            assert!(
                inner
                    .call(&mut caller, &[Val::I32(0)], &mut results)
                    .is_err()
            );
            inner
                .call(&mut caller, &[Val::I32(1)], &mut results)
                .unwrap();
        };
        linker.func_wrap("host", "again", again).unwrap();
        let mut store = Store::new(&engine, false);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        (store, instance)
    }

    /// Folded stacks of function indices.
    type Stacks = BTreeMap<Vec<u32>, u64>;

    fn folded(profile: &Profile) -> Stacks {
        let mut stacks: Vec<Vec<u32>> = Vec::new();
        let mut found = BTreeMap::new();
        for node in profile.tree() {
            let mut stack = node
                .parent
                .map_or(Vec::new(), |parent| stacks[parent].clone());
            stack.push(profile.functions()[node.func].func);
            if node.own > 0 {
                found.insert(stack.clone(), node.own);
            }
            stacks.push(stack);
        }
        found
    }

    /// What stepping tells of a call of `run`.
    fn stepped() -> (Stacks, BTreeMap<(u32, u32), u64>) {
        let (mut store, instance) = store();
        let run = instance.get_func(&store, "run").unwrap();
        let mut stepper = Stepper::start(&mut store, run, &[Val::I32(2)]).unwrap();
        let (mut stacks, mut offsets) = (BTreeMap::new(), BTreeMap::new());
        loop {
            let frames = stepper.frames(&store);
            *offsets
                .entry((frames[0].func, frames[0].offset))
                .or_insert(0) += 1;
            let stack: Vec<u32> = frames.iter().rev().map(|frame| frame.func).collect();
            *stacks.entry(stack).or_insert(0) += 1;
            let next = store.steps() + 1;
            if let Stop::Done = stepper.run(&mut store, &Until::steps(next)) {
                return (stacks, offsets);
            }
        }
    }

    fn offsets(profile: &Profile) -> BTreeMap<(u32, u32), u64> {
        let funcs = profile.functions().iter();
        funcs
            .flat_map(|func| {
                let counts = func.instructions();
                counts.map(|(offset, count)| ((func.func, offset), count))
            })
            .collect()
    }

    fn told(profile: &Profile, func: u32) -> (u64, u64, u64) {
        let mut funcs = profile.functions().iter();
        let func = funcs.find(|found| found.func == func).unwrap();
        (func.calls, func.own, func.total)
    }

    #[test]
    fn counts_what_stepping_finds() {
        let (stacks, counts) = stepped();
        let (mut store, instance) = store();
        let run = instance.get_func(&store, "run").unwrap();
        Profile::start(&mut store).unwrap();
        run.call(&mut store, &[Val::I32(2)], &mut [Val::I32(0)])
            .unwrap();
        let profile = Profile::take(&mut store).unwrap();
        assert!(Profile::take(&mut store).is_none());
        assert_eq!(profile.instructions(), store.steps());
        assert_eq!(folded(&profile), stacks);
        assert_eq!(offsets(&profile), counts);
        // fib(6) is 25 calls; what one of them called is in it.
        let (calls, own, total) = told(&profile, 6);
        assert_eq!((calls, own), (25, total));
        // Tail calls are calls too: even(5) with odd, and even(8).
        assert_eq!((told(&profile, 3).0, told(&profile, 4).0), (8, 7));
        assert_eq!(told(&profile, 5).0, 4);
        let (calls, _, total) = told(&profile, 7);
        assert_eq!((calls, total), (1, profile.instructions()));
        // What the text has: four of its calls are executed once or never.
        let operators = profile.operators(&store);
        let of = |name: &str| operators.iter().find(|(n, _)| n == name).unwrap().1;
        assert_eq!(
            (of("throw"), of("call_indirect"), of("return_call")),
            (1, 2, 16)
        );
        assert_eq!(operators.iter().map(|(_, n)| n).sum::<u64>(), store.steps());
        assert_eq!(operators[0].0, "local.get");
        // The host function.
        assert_eq!(told(&profile, 0), (1, 0, 0));
        assert!(!profile.is_cut());
    }

    #[test]
    fn counts_in_steppers_that_stop() {
        let (stacks, counts) = stepped();
        for stride in [1, 7] {
            let (mut store, instance) = store();
            let run = instance.get_func(&store, "run").unwrap();
            Profile::start(&mut store).unwrap();
            let mut stepper = Stepper::start(&mut store, run, &[Val::I32(2)]).unwrap();
            let mut until = Until::steps(0);
            while !stepper.is_over() {
                until.steps = Some(store.steps() + stride);
                stepper.run(&mut store, &until);
            }
            let profile = Profile::take(&mut store).unwrap();
            assert_eq!(folded(&profile), stacks);
            assert_eq!(offsets(&profile), counts);
        }
    }

    #[test]
    fn calls_of_host_functions_are_inside_of_them() {
        let (mut store, instance) = store();
        *store.data_mut() = true;
        let run = instance.get_func(&store, "run").unwrap();
        Profile::start(&mut store).unwrap();
        run.call(&mut store, &[Val::I32(2)], &mut [Val::I32(0)])
            .unwrap();
        let profile = Profile::take(&mut store).unwrap();
        assert_eq!(profile.instructions(), store.steps());
        let all = folded(&profile);
        assert_eq!(all.values().sum::<u64>(), profile.instructions());
        // In `inner`: three instructions (the `if` has an end only where it is not left), twice all six.
        assert_eq!(all[&vec![7, 0, 8]], 3 + 1 + 2 * 6);
        assert!(all.contains_key(&vec![7, 0, 8, 6, 6]));
        // After it the machine is in `run` again.
        assert!(all.contains_key(&vec![7, 1]));
        let (calls, own, total) = told(&profile, 0);
        assert_eq!((calls, own), (1, 0));
        assert_eq!(told(&profile, 8).2, total);
        assert_eq!(told(&profile, 8).0, 3);
    }

    #[test]
    fn the_tree_is_cut_where_calls_are_too_deep() {
        let engine = Engine::new(Config::new().debug(true));
        let wat = r#"(module (func $f (export "f") (param i32)
            (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))))))"#;
        let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let f = instance.get_func(&store, "f").unwrap();
        Profile::start(&mut store).unwrap();
        f.call(&mut store, &[Val::I32(1000)], &mut []).unwrap();
        let profile = Profile::take(&mut store).unwrap();
        assert!(profile.is_cut());
        let sum: u64 = profile.tree().iter().map(|node| node.own).sum();
        assert_eq!((profile.tree().len(), sum), (256, profile.instructions()));
        let [f] = profile.functions() else {
            panic!("one function");
        };
        assert_eq!((f.calls, f.own, f.total), (1001, sum, sum));
    }

    #[test]
    fn engines_that_do_not_debug_are_refused() {
        let mut store = Store::new(&Engine::default(), ());
        let refused: Result<(), String> =
            Profile::start(&mut store).map_err(|error| alloc::format!("{error}"));
        assert!(refused.is_err());
        assert!(Profile::take(&mut store).is_none());
    }
}
