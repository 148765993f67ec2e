//! The API with real WebAssembly code behind it.

use wasmote::{
    Call, Caller, CompilationMode, Config, Engine, Error, Extern, Func, FuncType, Instance, Linker,
    Memory, MemoryType, Module, Ref, RefType, Store, StoreLimits, StoreLimitsBuilder,
    SuspendReason, Suspended, Table, TableType, TrapCode, Val, ValType,
};

fn module(engine: &Engine, wat: &str) -> Module {
    Module::new(engine, wat::parse_str(wat).unwrap()).unwrap()
}

fn instance<T>(store: &mut Store<T>, wat: &str, imports: &[Extern]) -> Instance {
    let module = module(store.engine(), wat);
    Instance::new(store, &module, imports).unwrap()
}

/// Both translation modes, each with and without metering and interruption points.
fn configs() -> impl Iterator<Item = Config> {
    [CompilationMode::Lazy, CompilationMode::Eager]
        .into_iter()
        .flat_map(|mode| {
            [false, true].map(|checks| {
                let mut config = Config::new();
                config
                    .compilation_mode(mode)
                    .consume_fuel(checks)
                    .interruptible(checks);
                config
            })
        })
}

const FACTORIAL: &str = r#"(module
    (func $fac (export "fac") (param i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0))
            (then (i64.const 1))
            (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1))))))))"#;

#[test]
fn typed_and_dynamic_calls() {
    for config in configs() {
        let engine = Engine::new(&config);
        let mut store = Store::new(&engine, ());
        let _ = store.set_fuel(u64::MAX);
        let instance = instance(&mut store, FACTORIAL, &[]);
        let fac = instance.get_typed_func::<i64, i64>(&store, "fac").unwrap();
        assert_eq!(fac.call(&mut store, 20).unwrap(), 2432902008176640000);
        let mut results = [Val::I32(0)];
        fac.func()
            .call(&mut store, &[Val::I64(5)], &mut results)
            .unwrap();
        assert_eq!(results, [Val::I64(120)]);
    }
}

#[test]
fn host_functions_see_the_callers_memory() {
    for config in configs() {
        let engine = Engine::new(&config);
        let mut linker = Linker::new(&engine);
        linker
            .func_wrap(
                "host",
                "print",
                |mut caller: Caller<'_, String>, at: u32, len: u32| -> Result<(), Error> {
                    let memory = caller
                        .get_export("memory")
                        .and_then(Extern::into_memory)
                        .unwrap();
                    let (bytes, text) = memory.data_and_store_mut(&mut caller);
                    let bytes = &bytes[at as usize..][..len as usize];
                    text.push_str(std::str::from_utf8(bytes).map_err(Error::host)?);
                    Ok(())
                },
            )
            .unwrap();
        let module = module(
            &engine,
            r#"(module (import "host" "print" (func $print (param i32 i32)))
                (memory (export "memory") 1) (data (i32.const 8) "hello") (data (i32.const 16) "\ff")
                (func $start (call $print (i32.const 8) (i32.const 5))) (start $start)
                (func (export "bad") (call $print (i32.const 16) (i32.const 1))))"#,
        );
        let mut store = Store::new(&engine, String::new());
        let _ = store.set_fuel(u64::MAX);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        assert_eq!(store.data(), "hello");
        let bad = instance.get_typed_func::<(), ()>(&store, "bad").unwrap();
        let error = bad.call(&mut store, ()).unwrap_err();
        assert!(
            error.downcast_ref::<std::str::Utf8Error>().is_some(),
            "{error}"
        );
    }
}

#[test]
fn exits_and_traps_pass_through_all_frames() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let exit = Func::wrap(&mut store, |code: i32| -> Result<(), Error> {
        Err(Error::exit(code))
    });
    let instance = instance(
        &mut store,
        r#"(module $guest (import "" "exit" (func $exit (param i32)))
            (func (export "exit") (call $inner)) (func $inner (call $exit (i32.const 7)))
            (func (export "div") (param i32) (result i32) (call $div (local.get 0)))
            (func $div (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
            (func $forever (export "forever") (call $forever)))"#,
        &[exit.into()],
    );
    let func = instance.get_typed_func::<(), ()>(&store, "exit").unwrap();
    assert_eq!(
        func.call(&mut store, ()).unwrap_err().i32_exit_status(),
        Some(7)
    );

    let div = instance.get_typed_func::<i32, i32>(&store, "div").unwrap();
    let error = div.call(&mut store, 0).unwrap_err();
    let trap = error.trap().unwrap();
    assert_eq!(trap.code, TrapCode::IntegerDivisionByZero);
    assert_eq!(trap.frames[0].func_name.as_deref(), Some("div"));
    assert_eq!(trap.frames[0].module.as_deref(), Some("guest"));
    assert_eq!(trap.frames.len(), 2);
    assert_eq!(
        div.call(&mut store, 1).unwrap(),
        1,
        "the store goes on after a trap"
    );

    let forever = instance
        .get_typed_func::<(), ()>(&store, "forever")
        .unwrap();
    assert_eq!(
        forever.call(&mut store, ()).unwrap_err().trap_code(),
        Some(TrapCode::StackOverflow)
    );
}

#[test]
fn start_functions_can_trap_and_leave_their_marks() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let module = module(
        &engine,
        r#"(module (import "" "" (memory 1)) (func $start
            (i32.store8 (i32.const 0) (i32.const 9)) unreachable) (start $start))"#,
    );
    let error = Instance::new(&mut store, &module, &[memory.into()]).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::Unreachable));
    assert_eq!(memory.data(&store)[0], 9);
}

const COUNT: &str = r#"(module (global (export "n") (mut i32) (i32.const 0))
    (func (export "count") (param $to i32) (result i32)
        (loop $again
            (global.set 0 (i32.add (global.get 0) (i32.const 1)))
            (br_if $again (i32.lt_u (global.get 0) (local.get $to))))
        (global.get 0)))"#;

#[test]
fn calls_out_of_fuel_go_on() {
    for mode in [CompilationMode::Lazy, CompilationMode::Eager] {
        let engine = Engine::new(Config::new().consume_fuel(true).compilation_mode(mode));
        let mut store = Store::new(&engine, ());
        let instance = instance(&mut store, COUNT, &[]);
        let count = instance
            .get_typed_func::<i32, i32>(&store, "count")
            .unwrap();
        store.set_fuel(50).unwrap();
        let error = count.call(&mut store, 1000).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::OutOfFuel));

        instance
            .get_global(&store, "n")
            .unwrap()
            .set(&mut store, Val::I32(0))
            .unwrap();
        let mut call = count.call_resumable(&mut store, 1000).unwrap();
        let mut pauses = 0;
        let result = loop {
            match call {
                Call::Done(result) => break result,
                Call::Suspended(suspended) => {
                    assert!(matches!(suspended.reason(&store), SuspendReason::OutOfFuel));
                    pauses += 1;
                    store.set_fuel(100).unwrap();
                    call = suspended.resume(&mut store).unwrap();
                }
            }
        };
        assert!(
            result == 1000 && pauses > 10,
            "{result} after {pauses} pauses"
        );
    }
    assert!(Store::new(&Engine::default(), ()).set_fuel(1).is_err());
}

#[test]
fn fuel_does_not_depend_on_pauses() {
    let engine = Engine::new(Config::new().consume_fuel(true));
    let used = |step: u64| {
        let mut store = Store::new(&engine, ());
        let instance = instance(&mut store, COUNT, &[]);
        let count = instance
            .get_typed_func::<i32, i32>(&store, "count")
            .unwrap();
        let mut total = step;
        store.set_fuel(step).unwrap();
        let mut call = count.call_resumable(&mut store, 300).unwrap();
        while let Call::Suspended(suspended) = call {
            store.add_fuel(step).unwrap();
            total += step;
            call = suspended.resume(&mut store).unwrap();
        }
        total - store.get_fuel().unwrap()
    };
    let at_once = used(1_000_000);
    assert_eq!(used(100), at_once);
    assert_eq!(used(17), at_once);
}

#[test]
fn endless_loops_can_be_interrupted() {
    let engine = Engine::new(Config::new().interruptible(true));
    let mut store = Store::new(&engine, ());
    let instance = instance(&mut store, COUNT, &[]);
    let count = instance
        .get_typed_func::<i32, i32>(&store, "count")
        .unwrap();
    let handle = store.interrupt_handle();
    handle.raise();
    assert_eq!(
        count.call(&mut store, 10).unwrap_err().trap_code(),
        Some(TrapCode::Interrupted)
    );
    assert_eq!(
        count.call(&mut store, 10).unwrap(),
        10,
        "one interrupt stops one call"
    );

    let thread = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        handle.raise();
    });
    // 2^31 iterations take longer than the thread sleeps.
    let suspended = count
        .call_resumable(&mut store, -2)
        .unwrap()
        .suspended()
        .unwrap();
    thread.join().unwrap();
    assert!(matches!(
        suspended.reason(&store),
        SuspendReason::Interrupted
    ));
    instance
        .get_global(&store, "n")
        .unwrap()
        .set(&mut store, Val::I32(-5))
        .unwrap();
    assert_eq!(suspended.resume(&mut store).unwrap().done(), Some(-2));
}

#[test]
fn deep_calls_suspend_in_the_host_and_go_on() {
    for config in configs() {
        let engine = Engine::new(&config);
        let mut store = Store::new(&engine, ());
        let _ = store.set_fuel(u64::MAX);
        let ask = Func::wrap(&mut store, |key: i32| -> Result<(i64, i32), Error> {
            Err(Error::suspend(key))
        });
        let instance = instance(
            &mut store,
            r#"(module (import "" "ask" (func $ask (param i32) (result i64 i32)))
                (func $sum (export "sum") (param $n i32) (result i64)
                    (local $a i64) (local $b i32)
                    (if (i32.eqz (local.get $n)) (then (return (i64.const 0))))
                    (call $ask (local.get $n)) (local.set $b) (local.set $a)
                    (i64.add
                        (i64.mul (local.get $a) (i64.extend_i32_s (local.get $b)))
                        (call $sum (i32.sub (local.get $n) (i32.const 1))))))"#,
            &[ask.into()],
        );
        let sum = instance.get_typed_func::<i32, i64>(&store, "sum").unwrap();
        assert!(sum.call(&mut store, 3).unwrap_err().is_suspend());

        // Two calls suspended at once, resumed in turns.
        let begin =
            |store: &mut Store<()>| sum.call_resumable(store, 4).unwrap().suspended().unwrap();
        let mut calls: Vec<Suspended<i64>> = vec![begin(&mut store), begin(&mut store)];
        let mut results = Vec::new();
        while let Some(mut call) = calls.pop() {
            let payload = call.take_payload().unwrap();
            let key = *payload.downcast_ref::<i32>().unwrap();
            match call
                .resume_with(&mut store, &[Val::I64(key.into()), Val::I32(10)])
                .unwrap()
            {
                Call::Done(result) => results.push(result),
                Call::Suspended(call) => calls.insert(0, call),
            }
        }
        assert_eq!(results, [100, 100]);
    }
}

#[test]
fn hosts_call_back_into_their_caller() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap(
            "",
            "twice",
            |mut caller: Caller<'_, u32>, n: i32| -> Result<i32, Error> {
                *caller.data_mut() += 1;
                let func = caller
                    .get_export("half")
                    .and_then(Extern::into_func)
                    .unwrap();
                let half = func.typed::<i32, i32>(&caller)?;
                Ok(half.call(&mut caller, n)? * 4)
            },
        )
        .unwrap();
    let module = module(
        &engine,
        r#"(module (import "" "twice" (func $twice (param i32) (result i32)))
            (func (export "half") (param i32) (result i32)
                (if (result i32) (i32.eq (local.get 0) (i32.const -1))
                    (then (call $twice (i32.const -1)))
                    (else (i32.shr_u (local.get 0) (i32.const 1)))))
            (func (export "run") (param i32) (result i32)
                (i32.add (local.get 0) (call $twice (local.get 0)))))"#,
    );
    let mut store = Store::new(&engine, 0);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 6).unwrap(), 18);
    let error = run.call(&mut store, -1).unwrap_err();
    assert_eq!(
        error.trap_code(),
        Some(TrapCode::StackOverflow),
        "endless re-entry ends"
    );
    assert_eq!(run.call(&mut store, 2).unwrap(), 6);
}

#[test]
fn instances_share_memories_tables_and_globals() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let first = instance(
        &mut store,
        r#"(module (memory (export "m") 1 3) (table (export "t") 2 funcref) (global (export "g") (mut i64) (i64.const 0))
            (func (export "grow") (result i32) (memory.grow (i32.const 1)))
            (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))"#,
        &[],
    );
    let imports: Vec<Extern> = ["m", "t", "g"]
        .map(|name| first.get_export(&store, name).unwrap())
        .into();
    let second = instance(
        &mut store,
        r#"(module (import "" "" (memory 1)) (import "" "" (table 2 funcref)) (import "" "" (global $g (mut i64)))
            (func $mine (result i32) (global.set $g (i64.const 77)) (i32.load (i32.const 65536)))
            (elem (i32.const 1) $mine)
            (func (export "store") (i32.store (i32.const 65536) (i32.const 1234))))"#,
        &imports,
    );
    let set = second.get_typed_func::<(), ()>(&store, "store").unwrap();
    assert_eq!(
        set.call(&mut store, ()).unwrap_err().trap_code(),
        Some(TrapCode::MemoryOutOfBounds)
    );
    let grow = first.get_typed_func::<(), i32>(&store, "grow").unwrap();
    assert_eq!(grow.call(&mut store, ()).unwrap(), 1);
    set.call(&mut store, ()).unwrap();
    let call = first.get_typed_func::<i32, i32>(&store, "call").unwrap();
    assert_eq!(call.call(&mut store, 1).unwrap(), 1234);
    assert_eq!(
        first.get_global(&store, "g").unwrap().get(&store),
        Val::I64(77)
    );
    assert_eq!(
        call.call(&mut store, 0).unwrap_err().trap_code(),
        Some(TrapCode::IndirectCallToNull)
    );
    assert_eq!(
        call.call(&mut store, 2).unwrap_err().trap_code(),
        Some(TrapCode::IndirectCallOutOfBounds)
    );
    assert_eq!(grow.call(&mut store, ()).unwrap(), 2);
    assert_eq!(grow.call(&mut store, ()).unwrap(), -1);
}

#[test]
fn limiters_hold_guests_back() {
    let engine = Engine::default();
    let limits = StoreLimitsBuilder::new()
        .memory_size(2 << 16)
        .table_elements(5)
        .build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits: &mut StoreLimits| limits);
    let instance = instance(
        &mut store,
        r#"(module (memory 1) (table $t 1 externref)
            (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "table") (param i32) (result i32) (table.grow $t (ref.null extern) (local.get 0))))"#,
        &[],
    );
    let memory = instance
        .get_typed_func::<i32, i32>(&store, "memory")
        .unwrap();
    let table = instance
        .get_typed_func::<i32, i32>(&store, "table")
        .unwrap();
    assert_eq!(memory.call(&mut store, 2).unwrap(), -1);
    assert_eq!(memory.call(&mut store, 1).unwrap(), 1);
    assert_eq!(table.call(&mut store, 5).unwrap(), -1);
    assert_eq!(table.call(&mut store, 4).unwrap(), 1);
    assert_eq!(table.call(&mut store, -1).unwrap(), -1);
    *store.data_mut() = StoreLimitsBuilder::new()
        .memory_size(0)
        .trap_on_grow_failure(true)
        .build();
    assert!(memory.call(&mut store, 1).is_err());
}

#[test]
fn references_go_through() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = TableType::new(RefType::FUNCREF, 1, None);
    let table = Table::new(&mut store, ty, Ref::Func(None)).unwrap();
    let instance = instance(
        &mut store,
        r#"(module (import "" "" (table $t 1 funcref))
            (func (export "id") (param externref) (result externref) (local.get 0))
            (func (export "set") (param funcref) (table.set $t (i32.const 0) (local.get 0)))
            (func (export "call") (result i32) (call_indirect (result i32) (i32.const 0))))"#,
        &[table.into()],
    );
    let value = wasmote::ExternRef::new(&mut store, String::from("host")).unwrap();
    let id = instance
        .get_typed_func::<Option<wasmote::ExternRef>, Option<wasmote::ExternRef>>(&store, "id")
        .unwrap();
    let back = id.call(&mut store, Some(value)).unwrap().unwrap();
    assert_eq!(
        back.data(&store).unwrap().downcast_ref::<String>().unwrap(),
        "host"
    );
    assert!(id.call(&mut store, None).unwrap().is_none());
    let func = Func::wrap(&mut store, || 42);
    let set = instance
        .get_typed_func::<Option<Func>, ()>(&store, "set")
        .unwrap();
    let call = instance.get_typed_func::<(), i32>(&store, "call").unwrap();
    set.call(&mut store, Some(func)).unwrap();
    assert_eq!(call.call(&mut store, ()).unwrap(), 42);
    assert_eq!(table.get(&store, 0), Some(Ref::Func(Some(func))));
    let other = Func::wrap(&mut store, || 42i64);
    set.call(&mut store, Some(other)).unwrap();
    assert_eq!(
        call.call(&mut store, ()).unwrap_err().trap_code(),
        Some(TrapCode::BadSignature)
    );
}

#[test]
fn stacks_can_be_given() {
    let engine = Engine::new(Config::new().max_stack_size(64 << 10));
    let mut store = Store::new(&engine, ());
    store.add_stack(vec![0u8; 64 << 10].leak());
    let instance = instance(&mut store, FACTORIAL, &[]);
    let fac = instance.get_typed_func::<i64, i64>(&store, "fac").unwrap();
    assert_eq!(fac.call(&mut store, 10).unwrap(), 3628800);
    assert_eq!(
        fac.call(&mut store, 1 << 40).unwrap_err().trap_code(),
        Some(TrapCode::StackOverflow)
    );
    assert_eq!(fac.call(&mut store, 10).unwrap(), 3628800);
}

#[test]
fn host_functions_may_have_more_parameters_than_modules_may() {
    let mut store = Store::new(&Engine::default(), ());
    let count = 70_000;
    let ty = FuncType::new(vec![ValType::I32; count], [ValType::I32]);
    let func = Func::new(&mut store, ty, |_, params, results| {
        results[0] = Val::I32(params.iter().filter_map(Val::i32).sum());
        Ok(())
    });
    let mut results = [Val::I32(0)];
    func.call(&mut store, &vec![Val::I32(1); count], &mut results)
        .unwrap();
    assert_eq!(results, [Val::I32(count as i32)]);
}

#[test]
fn fused_ops_trap_where_the_instruction_is_that_does() {
    let far = "(i32.const 70000)";
    let bodies = [
        // A value, a branch, a kept value and a branch, a scaled index, a store of a value.
        "(i32.add (i32.load (local.get 0)) (local.get 1))",
        "(f64.mul (f64.load (local.get 0)) (f64.const 2)) (drop) (i32.const 0)",
        "(if (i32.lt_u (i32.load (local.get 0)) (local.get 1)) (then (return (i32.const 1)))) (i32.const 0)",
        "(if (i32.and (i32.load8_u (local.get 0)) (i32.const 1)) (then (return (i32.const 1)))) (i32.const 0)",
        "(if (i32.eqz (i32.and (i32.load (local.get 0)) (i32.const 4))) (then (return (i32.const 1)))) (i32.const 0)",
        "(if (i32.load (local.get 0)) (then (return (i32.const 1)))) (i32.const 0)",
        "(loop (br_if 0 (i32.ne (local.tee 1 (i32.load (local.get 0))) (i32.const 7)))) (local.get 1)",
        "(i32.load (i32.add (i32.shl (local.get 0) (i32.const 2)) (local.get 1)))",
        "(i32.store (local.get 0) (i32.add (local.get 1) (local.get 1))) (i32.const 0)",
    ];
    for body in bodies {
        let wat = format!(
            "(module (memory 1) (func $f (param i32 i32) (result i32) (nop) {body})
                (func (export \"run\") (result i32) (call $f {far} (i32.const 1))))"
        );
        let offsets = [true, false].map(|fuse| {
            let engine = Engine::new(Config::new().fuse_ops(fuse));
            let mut store = Store::new(&engine, ());
            let instance = instance(&mut store, &wat, &[]);
            let run = instance.get_func(&store, "run").unwrap();
            let error = run.call(&mut store, &[], &mut [Val::I32(0)]).unwrap_err();
            let trap = error.trap().unwrap();
            assert_eq!(trap.code, TrapCode::MemoryOutOfBounds, "{body}");
            trap.frames[0].offset
        });
        assert_eq!(offsets[0], offsets[1], "{body}");
    }
}
