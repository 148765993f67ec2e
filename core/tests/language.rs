//! Garbage collection, exceptions and threads, as embedders see them.
#![cfg(feature = "wasm3")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use wasmote::{
    AnyRef, ArrayRef, ArrayType, CompositeType, Config, Engine, Error, ExnRef, ExternRef,
    FieldType, Func, FuncType, HeapType, Instance, Linker, Module, StorageType, Store, StructRef,
    StructType, Tag, TrapCode, Val, ValType,
};

fn setup(wat: &str) -> (Store<()>, Instance) {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine)
        .instantiate(&mut store, &module)
        .unwrap();
    (store, instance)
}

fn call(
    store: &mut Store<()>,
    instance: Instance,
    name: &str,
    args: &[Val],
) -> Result<Vec<Val>, Error> {
    let func = instance.get_func(&*store, name).unwrap();
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    func.call(store, args, &mut results)?;
    Ok(results)
}

/// Counts how many of it are alive.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Counted {
        alive.fetch_add(1, Ordering::Relaxed);
        Counted(alive.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn host_values_are_dropped_when_unreachable() {
    let (mut store, instance) = setup(
        r#"(module (global $g (mut externref) (ref.null extern))
            (table $t 10 externref)
            (func (export "keep") (param externref) (global.set $g (local.get 0)))
            (func (export "put") (param i32 externref) (table.set $t (local.get 0) (local.get 1))))"#,
    );
    let alive = Arc::new(AtomicUsize::new(0));
    for i in 0..1000 {
        let value = ExternRef::new(&mut store, Counted::new(&alive)).unwrap();
        call(&mut store, instance, "keep", &[value.clone().into()]).unwrap();
        call(
            &mut store,
            instance,
            "put",
            &[Val::I32(i % 10), value.into()],
        )
        .unwrap();
        if i % 100 == 99 {
            store.gc();
            assert_eq!(alive.load(Ordering::Relaxed), 10);
        }
    }
    let held = ExternRef::new(&mut store, Counted::new(&alive)).unwrap();
    store.gc();
    assert_eq!(alive.load(Ordering::Relaxed), 11);
    assert!(held.data(&store).unwrap().is::<Counted>());
    let again = held.clone();
    drop(held);
    store.gc();
    assert!(again.data(&store).is_some());
    drop(again);
    store.gc();
    assert_eq!(alive.load(Ordering::Relaxed), 10);
    drop(store);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn allocation_goes_on_forever_in_a_small_heap() {
    // A ring of the last hundred objects, each with one that nobody keeps.
    let (mut store, instance) = setup(
        r#"(module (type $s (struct (field i64) (field (ref null $s)))) (type $a (array (mut (ref null $s))))
            (global $ring (ref $a) (array.new_default $a (i32.const 100)))
            (func (export "churn") (param $n i32) (result i64) (local $sum i64)
                (loop $again
                    (array.set $a (global.get $ring) (i32.rem_u (local.get $n) (i32.const 100))
                        (struct.new $s (i64.extend_i32_u (local.get $n)) (struct.new $s (i64.const 1) (ref.null $s))))
                    (local.set $sum (i64.add (local.get $sum) (struct.get $s 0
                        (array.get $a (global.get $ring) (i32.rem_u (local.get $n) (i32.const 100))))))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (local.get $sum)))"#,
    );
    store.set_gc_heap_limit(64 << 10);
    let count = 300_000u64;
    let results = call(&mut store, instance, "churn", &[Val::I32(count as i32)]).unwrap();
    assert_eq!(results[0].i64(), Some((count * (count + 1) / 2) as i64));
    assert!(store.gc_collections() > 100, "{}", store.gc_collections());
    assert!(store.gc_heap_size() <= 64 << 10);
}

#[test]
fn a_full_heap_is_a_trap_and_leaves_the_store_usable() {
    let (mut store, instance) = setup(
        r#"(module (type $s (struct (field (ref null $s)))) (type $a (array i8))
            (global $list (mut (ref null $s)) (ref.null $s))
            (func $fill (export "fill") (loop (global.set $list (struct.new $s (global.get $list))) (br 0)))
            (func (export "free") (global.set $list (ref.null $s)))
            (func (export "array") (param i32) (result i32) (array.len (array.new_default $a (local.get 0)))))"#,
    );
    store.set_gc_heap_limit(100_000);
    for _ in 0..3 {
        let error = call(&mut store, instance, "fill", &[]).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::OutOfMemory));
        assert_eq!(
            error.trap().unwrap().frames[0].func_name.as_deref(),
            Some("fill")
        );
        call(&mut store, instance, "free", &[]).unwrap();
        let len = call(&mut store, instance, "array", &[Val::I32(90_000)]).unwrap();
        assert_eq!(len[0].i32(), Some(90_000));
    }
    for len in [100_000, -1] {
        let error = call(&mut store, instance, "array", &[Val::I32(len)]).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::OutOfMemory));
    }
}

#[test]
fn handles_stay_valid_through_collections() {
    let (mut store, instance) = setup(
        r#"(module (type $s (struct (field (mut i8)) (field anyref))) (type $a (array (mut i16)))
            (func (export "make") (param i32) (result (ref $s)) (struct.new $s (local.get 0) (ref.i31 (i32.const 5))))
            (func (export "array") (result (ref $a)) (array.new $a (i32.const -1) (i32.const 3)))
            (func (export "get") (param (ref $s)) (result i32) (struct.get_s $s 0 (local.get 0))))"#,
    );
    store.set_gc_zeal(true);
    let made: Vec<AnyRef> = (0..50)
        .map(
            |i| match &call(&mut store, instance, "make", &[Val::I32(i)]).unwrap()[0] {
                Val::AnyRef(Some(made)) => made.clone(),
                other => panic!("{other:?}"),
            },
        )
        .collect();
    for (i, made) in made.iter().enumerate() {
        let object = made.as_struct(&store).unwrap();
        assert_eq!(object.field(&store, 0).unwrap().i32(), Some(i as i32));
        let Val::AnyRef(Some(number)) = object.field(&store, 1).unwrap() else {
            panic!()
        };
        assert_eq!(
            (number.as_i31(), number.heap_type(&store)),
            (Some(5), HeapType::I31)
        );
        object
            .set_field(&mut store, 0, &Val::I32(-(i as i32)))
            .unwrap();
        assert!(
            object.set_field(&mut store, 1, &Val::AnyRef(None)).is_err(),
            "immutable"
        );
        assert!(
            object.set_field(&mut store, 0, &Val::I64(0)).is_err(),
            "type"
        );
        assert!(object.field(&store, 2).is_err());
        let got = call(&mut store, instance, "get", &[made.clone().into()]).unwrap();
        assert_eq!(got[0].i32(), Some(-(i as i32)));
    }
    let Val::AnyRef(Some(array)) = call(&mut store, instance, "array", &[]).unwrap()[0].clone()
    else {
        panic!()
    };
    let array = array.as_array(&store).unwrap();
    assert_eq!(
        (array.len(&store), array.get(&store, 2).unwrap().i32()),
        (3, Some(0xffff))
    );
    array.set(&mut store, 2, &Val::I32(7)).unwrap();
    assert_eq!(array.get(&store, 2).unwrap().i32(), Some(7));
    let code = array.get(&store, 3).unwrap_err().trap_code();
    assert_eq!(code, Some(TrapCode::ArrayOutOfBounds));
    // What is of another type is refused before the call.
    assert!(call(&mut store, instance, "get", &[array.to_any().into()]).is_err());
}

#[test]
fn the_host_makes_objects_of_its_own_types() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let field = |storage, mutable| FieldType { storage, mutable };
    let pair = StructType::new([
        field(StorageType::I8, true),
        field(StorageType::Val(ValType::ANYREF), false),
    ]);
    let pair = engine.type_id(&CompositeType::Struct(pair));
    let list = ArrayType::new(field(StorageType::Val(ValType::ANYREF), true));
    let list = engine.type_id(&CompositeType::Array(list));
    store.set_gc_zeal(true);
    let array = ArrayRef::new(&mut store, list, &Val::AnyRef(None), 3).unwrap();
    for i in 0..3 {
        let inner = AnyRef::from_i31(i).into();
        let object = StructRef::new(&mut store, pair, &[Val::I32(i as i32), inner]).unwrap();
        array.set(&mut store, i, &object.into()).unwrap();
    }
    // A module with the same types takes them.
    let module = wat::parse_str(
        r#"(module (type $p (struct (field (mut i8)) (field anyref))) (type $l (array (mut anyref)))
            (func (export "sum") (param $l (ref $l)) (param $i i32) (result i32) (local $p (ref $p))
                (local.set $p (ref.cast (ref $p) (array.get $l (local.get $l) (local.get $i))))
                (i32.add (struct.get_u $p 0 (local.get $p))
                    (i31.get_u (ref.cast (ref i31) (struct.get $p 1 (local.get $p)))))))"#,
    );
    let module = Module::new(&engine, module.unwrap()).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    for i in 0..3 {
        let args = [Val::from(array.clone()), Val::I32(i)];
        let sum = call(&mut store, instance, "sum", &args).unwrap();
        assert_eq!(sum[0].i32(), Some(2 * i));
    }
    assert!(StructRef::new(&mut store, list, &[]).is_err());
    assert!(StructRef::new(&mut store, pair, &[Val::I32(0)]).is_err());
}

#[test]
fn frames_of_waiting_and_suspended_calls_are_roots() {
    let engine = Engine::new(Config::new().consume_fuel(true));
    let module = wat::parse_str(
        r#"(module (type $s (struct (field i32))) (import "" "gc" (func $gc)) (import "" "wait" (func $wait))
            (func $deep (param $n i32) (result i32) (local $o (ref $s)) (local $k i64)
                (local.set $o (struct.new $s (local.get $n)))
                ;; An operand that only the stack holds, below a call.
                (struct.get $s 0 (struct.new $s (i32.mul (local.get $n) (i32.const 100))))
                (struct.new $s (i32.mul (local.get $n) (i32.const 10000)))
                (if (local.get $n) (then (drop (call $deep (i32.sub (local.get $n) (i32.const 1))))) (else (call $gc) (call $wait)))
                (struct.get $s 0)
                (i32.add)
                (i32.add (struct.get $s 0 (local.get $o))))
            (func (export "run") (result i32) (call $deep (i32.const 5))))"#,
    );
    let module = Module::new(&engine, module.unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_fuel(1 << 20).unwrap();
    store.set_gc_zeal(true);
    let mut linker = Linker::new(&engine);
    // Makes much garbage while the calls wait.
    linker
        .func_wrap("", "gc", |mut caller: wasmote::Caller<'_, ()>| {
            for i in 0..100 {
                ExternRef::new(&mut caller, i).unwrap();
            }
        })
        .unwrap();
    linker
        .func_wrap("", "wait", || -> Result<(), Error> {
            Err(Error::suspend(()))
        })
        .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
    let suspended = run
        .call_resumable(&mut store, ())
        .unwrap()
        .suspended()
        .unwrap();
    for i in 0..100 {
        ExternRef::new(&mut store, i).unwrap();
    }
    let done = suspended.resume_with(&mut store, &[]).unwrap();
    assert_eq!(done.done(), Some(5 + 500 + 50_000));
    // Again, a little fuel at a time: frames stop everywhere.
    store.set_fuel(1).unwrap();
    let mut state = run.call_resumable(&mut store, ()).unwrap();
    let mut pauses = 0;
    let result = loop {
        match state {
            wasmote::Call::Done(result) => break result,
            wasmote::Call::Suspended(suspended) => {
                pauses += 1;
                ExternRef::new(&mut store, 1).unwrap();
                store.set_fuel(1).unwrap();
                state = suspended.resume(&mut store).unwrap();
            }
        }
    };
    assert!(
        result == 50_505 && pauses > 50,
        "{result} after {pauses} pauses"
    );
}

/// A module that throws and catches in many ways; `host` is between its frames.
const THROWING: &str = r#"(module
    (import "" "host" (func $host (param i32)))
    (tag $e (export "e") (param i32 i64))
    (tag $other (export "other"))
    (func $throw (export "throw") (param i32) (throw $e (local.get 0) (i64.const 7)))
    (func (export "through") (param $x i32) (result i32) (local $hot i32)
        (local.set $hot (i32.const 1000))
        (loop $l (local.set $hot (i32.add (local.get $hot) (i32.const 1))) (br_if $l (i32.lt_u (local.get $hot) (i32.const 1100))))
        (block $none
            (block $caught (result i32 i64)
                (try_table (catch $other $none) (catch $e $caught) (call $host (local.get $x)))
                (return (i32.const -1)))
            (drop) (return (i32.add (local.get $hot))))
        (i32.const -2))
    (func (export "again") (param i32) (result i32)
        (block $outer (result i32 i64)
            (try_table (catch $e $outer)
                (block $ref (result exnref) (try_table (catch_all_ref $ref) (call $host (local.get 0))) (ref.null exn))
                (throw_ref))
            (unreachable))
        (drop))
    (func (export "null") (throw_ref (ref.null exn))))"#;

#[test]
fn exceptions_pass_through_host_calls_and_reach_the_host() {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(THROWING).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap(
            "",
            "host",
            |mut caller: wasmote::Caller<'_, ()>, value: i32| {
                let throw = caller.get_export("throw").unwrap().into_func().unwrap();
                throw.call(&mut caller, &[Val::I32(value)], &mut [])
            },
        )
        .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    for zeal in [false, true] {
        store.set_gc_zeal(zeal);
        for value in [3, 4] {
            let results = call(&mut store, instance, "through", &[Val::I32(value)]).unwrap();
            assert_eq!(results[0].i32(), Some(1100 + value));
            let results = call(&mut store, instance, "again", &[Val::I32(value)]).unwrap();
            assert_eq!(results[0].i32(), Some(value));
        }
    }
    let error = call(&mut store, instance, "throw", &[Val::I32(9)]).unwrap_err();
    let exception = error.as_exception().unwrap();
    assert_eq!(Some(exception.tag), instance.get_tag(&store, "e"));
    let values = exception.exn.values(&store);
    assert_eq!((values[0].i32(), values[1].i64()), (Some(9), Some(7)));
    assert_eq!(exception.frames[0].func_name.as_deref(), Some("throw"));
    assert!(
        error.to_string().contains("uncaught wasm exception"),
        "{error}"
    );
    let error = call(&mut store, instance, "null", &[]).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::NullReference));
}

#[test]
fn host_functions_throw() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let tag = Tag::new(
        &mut store,
        &FuncType::new([ValType::I32, ValType::EXTERNREF], []),
    )
    .unwrap();
    let module = wat::parse_str(
        r#"(module (import "" "tag" (tag $t (param i32 externref))) (import "" "f" (func $f))
            (func (export "run") (result i32 externref)
                (block $caught (result i32 externref) (try_table (catch $t $caught) (call $f)) (unreachable))))"#,
    );
    let module = Module::new(&engine, module.unwrap()).unwrap();
    let func = Func::wrap(&mut store, move |mut caller: wasmote::Caller<'_, ()>| {
        let value = ExternRef::new(&mut caller, "from the host")?;
        let exn = ExnRef::new(&mut caller, tag, &[Val::I32(5), value.into()])?;
        Err::<(), Error>(Error::exception(&caller, exn))
    });
    store.set_gc_zeal(true);
    let instance = Instance::new(&mut store, &module, &[tag.into(), func.into()]).unwrap();
    let results = call(&mut store, instance, "run", &[]).unwrap();
    assert_eq!(results[0].i32(), Some(5));
    let Val::ExternRef(Some(value)) = &results[1] else {
        panic!("{results:?}")
    };
    assert_eq!(
        value.data(&store).unwrap().downcast_ref(),
        Some(&"from the host")
    );
    assert!(ExnRef::new(&mut store, tag, &[Val::I32(1)]).is_err());
}

#[test]
fn legacy_exceptions_are_accepted_on_request() {
    let wat = r#"(module (tag $e (param i32)) (tag $f)
        (func $throw (param i32) (if (local.get 0) (then (throw $e (local.get 0))) (else (throw $f))))
        (func (export "catch") (param i32) (result i32)
            try (result i32) local.get 0 call $throw i32.const -1
            catch $e i32.const 100 i32.add
            catch_all i32.const 7 end)
        (func (export "rethrow") (param i32) (result i32)
            try (result i32)
                try (result i32) local.get 0 call $throw i32.const -1
                catch $e drop rethrow 0 end
            catch $e i32.const 1000 i32.add
            catch_all i32.const 8 end)
        (func (export "delegate") (param i32) (result i32)
            try $outer (result i32)
                try (result i32)
                    try (result i32) local.get 0 call $throw i32.const -1 delegate $outer
                catch_all i32.const -2 end
            catch $e
            catch_all i32.const 9 end)
        (func (export "param") (param i32) (result i32)
            local.get 0 i32.const 20
            try (param i32 i32) (result i32) i32.add call $throw i32.const 0
            catch $e i32.const 3 i32.sub catch_all i32.const 11 end)
        (func (export "dead") (param i32) (result i32)
            local.get 0 return
            try (result i32) i32.const 1 if nop else nop end try throw $f catch_all rethrow 0 end unreachable
            catch $e try delegate 0 drop i32.const 1 end))"#;
    let engine = Engine::default();
    let bytes = wat::parse_str(wat).unwrap();
    let error = Module::new(&engine, &bytes).unwrap_err();
    assert!(error.to_string().contains("legacy exceptions"), "{error}");
    let engine = Engine::new(Config::new().wasm_legacy_exceptions(true));
    let module = Module::new(&engine, bytes).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_gc_zeal(true);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let mut run = |name: &str, value: i32| {
        call(&mut store, instance, name, &[Val::I32(value)]).unwrap()[0].i32()
    };
    assert_eq!((run("catch", 5), run("catch", 0)), (Some(105), Some(7)));
    assert_eq!(
        (run("rethrow", 5), run("rethrow", 0)),
        (Some(1005), Some(8))
    );
    assert_eq!((run("delegate", 5), run("delegate", 0)), (Some(5), Some(9)));
    assert_eq!((run("param", 5), run("param", -20)), (Some(22), Some(11)));
    assert_eq!(run("dead", 5), Some(5));
}

#[test]
fn tail_calls_take_constant_space_everywhere() {
    let engine = Engine::new(Config::new().max_stack_size(64 << 10));
    let mut store = Store::new(&engine, ());
    let odd = wat::parse_str(
        r#"(module (import "even" "even" (func $even (param i32) (result i32)))
            (func (export "odd") (param i32) (result i32)
                (if (result i32) (local.get 0) (then (return_call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0)))))"#,
    );
    let even = wat::parse_str(
        r#"(module (type $f (func (param i32) (result i32))) (global $odd (export "odd") (mut (ref null $f)) (ref.null $f))
            (func $even (export "even") (param i32) (result i32) (local i64 i64 i64)
                (if (result i32) (local.get 0)
                    (then (return_call_ref $f (i32.sub (local.get 0) (i32.const 1)) (global.get $odd))) (else (i32.const 1)))))"#,
    );
    let mut linker = Linker::new(&engine);
    let even = Module::new(&engine, even.unwrap()).unwrap();
    let even = linker.instantiate(&mut store, &even).unwrap();
    linker.instance(&store, "even", even).unwrap();
    let odd = Module::new(&engine, odd.unwrap()).unwrap();
    let odd = linker.instantiate(&mut store, &odd).unwrap();
    let func = odd.get_func(&store, "odd").unwrap();
    even.get_global(&store, "odd")
        .unwrap()
        .set(&mut store, func.into())
        .unwrap();
    let results = call(&mut store, even, "even", &[Val::I32(1_000_001)]).unwrap();
    assert_eq!(results[0].i32(), Some(0));
}

#[test]
fn types_are_checked_across_modules() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    let exporter = wat::parse_str(
        r#"(module (rec (type $a (sub (struct (field (ref null $b))))) (type $b (sub (struct (field (ref null $a))))))
            (type $sub (sub $a (struct (field (ref null $b)) (field i32))))
            (func (export "make") (result (ref $sub)) (struct.new $sub (ref.null $b) (i32.const 3))))"#,
    );
    let exporter = Module::new(&engine, exporter.unwrap()).unwrap();
    let exporter = linker.instantiate(&mut store, &exporter).unwrap();
    linker.instance(&store, "m", exporter).unwrap();
    let import = |rec: &str| {
        let text = format!(
            r#"(module (rec {rec}) (type $sub (sub $a (struct (field (ref null $b)) (field i32))))
                (import "m" "make" (func $make (result (ref $sub)))) (func (export "get") (result i32) (struct.get $sub 1 (call $make))))"#
        );
        Module::new(&engine, wat::parse_str(text).unwrap()).unwrap()
    };
    let (a, b) = (
        "(type $a (sub (struct (field (ref null $b)))))",
        "(type $b (sub (struct (field (ref null $a)))))",
    );
    let same = linker
        .instantiate(&mut store, &import(&format!("{a} {b}")))
        .unwrap();
    assert_eq!(
        call(&mut store, same, "get", &[]).unwrap()[0].i32(),
        Some(3)
    );
    // The same types in another order are others.
    assert!(
        linker
            .instantiate(&mut store, &import(&format!("{b} {a}")))
            .is_err()
    );
}

#[test]
fn atomics_of_one_agent() {
    let (mut store, instance) = setup(
        r#"(module (memory 1 1 shared) (memory $own 1)
            (func (export "wait") (param i32 i64) (result i32) (memory.atomic.wait32 (i32.const 8) (local.get 0) (local.get 1)))
            (func (export "unshared") (result i32) (memory.atomic.wait32 $own (i32.const 8) (i32.const 0) (i64.const 0)))
            (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (local.get 0) (i32.const 5)))
            (func (export "notify") (result i32) (memory.atomic.notify (i32.const 8) (i32.const 1))))"#,
    );
    let mut run = |name: &str, args: &[Val]| match call(&mut store, instance, name, args) {
        Ok(results) => Ok(results[0].i32().unwrap()),
        Err(error) => Err(error.trap_code().unwrap()),
    };
    let wait = |value, timeout| [Val::I32(value), Val::I64(timeout)];
    assert_eq!(run("wait", &wait(1, -1)), Ok(1));
    assert_eq!(run("wait", &wait(0, 1_000_000)), Ok(2));
    assert_eq!(run("wait", &wait(0, -1)), Err(TrapCode::Deadlock));
    assert_eq!(run("unshared", &[]), Err(TrapCode::ExpectedSharedMemory));
    assert_eq!(run("add", &[Val::I32(8)]), Ok(0));
    assert_eq!(run("add", &[Val::I32(8)]), Ok(5));
    assert_eq!(run("add", &[Val::I32(9)]), Err(TrapCode::UnalignedAtomic));
    assert_eq!(
        run("add", &[Val::I32(65536)]),
        Err(TrapCode::MemoryOutOfBounds)
    );
    assert_eq!(run("notify", &[]), Ok(0));
}

/// An embedder may catch a host function's panic and go on with its store: the call that it unwound is no root.
#[test]
fn a_host_function_that_panics_leaves_the_store_usable() {
    let engine = Engine::default();
    let module = wat::parse_str(
        r#"(module (type $s (struct (field i32))) (import "" "host" (func $host (param i32)))
            (func (export "run") (param i32) (result i32) (local $o (ref $s))
                (local.set $o (struct.new $s (local.get 0)))
                (call $host (local.get 0))
                (struct.get $s 0 (local.get $o))))"#,
    );
    let module = Module::new(&engine, module.unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap(
            "",
            "host",
            |mut caller: wasmote::Caller<'_, ()>, fail: i32| {
                ExternRef::new(&mut caller, fail).unwrap();
                assert_eq!(fail, 0);
            },
        )
        .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    for fail in [1, 0, 1, 0] {
        let run = std::panic::AssertUnwindSafe(|| {
            let mut results = [Val::I32(0)];
            let func = instance.get_func(&store, "run").unwrap();
            func.call(&mut store, &[Val::I32(fail)], &mut results)
        });
        assert_eq!(std::panic::catch_unwind(run).is_err(), fail != 0);
        store.gc();
    }
}

/// Vectors are returned in slots: what a branch copies there is still where it was if the branch is not taken.
#[test]
fn a_branch_that_may_return_a_vector_leaves_it_where_it_is() {
    let (mut store, instance) = setup(
        r#"(module
            (func (export "if") (param v128 i32) (result v128)
                (v128.not (local.get 0))
                (br_if 0 (local.get 1))
                (v128.xor (v128.const i64x2 1 1)))
            (func (export "null") (param v128 anyref) (result v128)
                (v128.not (local.get 0))
                (br_on_null 0 (local.get 1))
                (drop)
                (v128.xor (v128.const i64x2 1 1))))"#,
    );
    let mut not = |name, arg: Val| {
        let value = Val::V128(5 << 64 | 3);
        match call(&mut store, instance, name, &[value, arg]).unwrap()[0] {
            Val::V128(result) => !result,
            _ => panic!(),
        }
    };
    let (as_is, changed) = (5 << 64 | 3, 4 << 64 | 2);
    assert_eq!(not("if", Val::I32(1)), as_is);
    assert_eq!(not("if", Val::I32(0)), changed);
    assert_eq!(not("null", Val::AnyRef(None)), as_is);
    assert_eq!(not("null", AnyRef::from_i31(1).into()), changed);
}
