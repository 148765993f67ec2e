//! Host functions called by the host: everything but WebAssembly code itself.

use alloc::string::{String, ToString};

use super::*;
use crate::{Engine, ExternRef, TrapCode};

fn store() -> Store<u32> {
    Store::new(&Engine::default(), 0)
}

#[test]
fn closures_have_the_types_of_their_parameters() {
    let mut store = store();
    let ty = |store: &Store<u32>, func: Func| func.ty(store).to_string();
    let func = Func::wrap(&mut store, || {});
    assert_eq!(ty(&store, func), "(func)");
    let func = Func::wrap(
        &mut store,
        |_: Caller<'_, u32>, _: u32, _: f64| -> (i64, f32) { (1, 2.0) },
    );
    assert_eq!(ty(&store, func), "(func (param i32 f64) (result i64 f32))");
    let func = Func::wrap(
        &mut store,
        |_: Option<Func>| -> Result<Option<ExternRef>, Error> { Ok(None) },
    );
    assert_eq!(
        ty(&store, func),
        "(func (param funcref) (result externref))"
    );
    let func = Func::wrap(&mut store, || -> Result<(), Error> { Ok(()) });
    assert_eq!(ty(&store, func), "(func)");
    #[rustfmt::skip]
    let func = Func::wrap(
        &mut store,
        |_: i32, _: i32, _: i32, _: i32, _: i32, _: i32, _: i32, _: i32,
         _: i32, _: i32, _: i32, _: i32, _: i32, _: i32, _: i32, last: i64| last,
    );
    assert_eq!(func.ty(&store).params().len(), 16);
}

#[test]
fn calls_check_and_convert() {
    let mut store = store();
    let func = Func::wrap(&mut store, |mut caller: Caller<'_, u32>, a: i32, b: i64| {
        *caller.data_mut() += 1;
        (i64::from(a) - b, a)
    });
    let mut results = [const { Val::I32(0) }; 2];
    func.call(&mut store, &[Val::I32(-3), Val::I64(4)], &mut results)
        .unwrap();
    assert_eq!(results, [Val::I64(-7), Val::I32(-3)]);
    let message = |result: Result<(), Error>| -> String { result.unwrap_err().to_string() };
    assert_eq!(
        message(func.call(&mut store, &[Val::I32(1), Val::I32(1)], &mut results)),
        "type mismatch in argument 1: expected i64, found i32"
    );
    assert_eq!(
        message(func.call(&mut store, &[], &mut results)),
        "expected 2 arguments, got 0"
    );
    assert_eq!(
        message(func.call(&mut store, &[Val::I32(1), Val::I64(1)], &mut [])),
        "expected 2 results, got 0"
    );
    let typed = func.typed::<(i32, i64), (i64, i32)>(&store).unwrap();
    assert_eq!(typed.call(&mut store, (5, 3)).unwrap(), (2, 5));
    let error = func.typed::<i32, ()>(&store).unwrap_err().to_string();
    assert_eq!(
        error,
        "function is of type (func (param i32 i64) (result i64 i32)), not (func (param i32))"
    );
    assert_eq!(*store.data(), 2);
}

#[test]
fn dynamic_closures_are_held_to_their_type() {
    let mut store = store();
    let ty = FuncType::new(
        [ValType::I32, ValType::V128],
        [ValType::V128, ValType::FUNCREF],
    );
    let func = Func::new(&mut store, ty, |_, args, results| {
        assert_eq!(args[0], Val::I32(7));
        assert_eq!(results[1], Val::NULL_FUNC);
        results[0] = args[1].clone();
        Ok(())
    });
    let mut results = [const { Val::I32(0) }; 2];
    func.call(&mut store, &[Val::I32(7), Val::V128(3 << 90)], &mut results)
        .unwrap();
    assert_eq!(results, [Val::V128(3 << 90), Val::NULL_FUNC]);

    let liar = Func::new(
        &mut store,
        FuncType::new([], [ValType::I32]),
        |_, _, results| {
            results[0] = Val::I64(1);
            Ok(())
        },
    );
    let error = liar.call(&mut store, &[], &mut [Val::I32(0)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "type mismatch in result of a host function 0: expected i32, found i64"
    );
}

#[test]
fn nested_calls_are_counted() {
    let mut store = Store::new(&Engine::new(crate::Config::new().max_nested_calls(5)), 0);
    let func = Func::wrap(
        &mut store,
        |mut caller: Caller<'_, u32>, this: Option<Func>| {
            *caller.data_mut() += 1;
            let func = this
                .ok_or(TrapCode::NullReference)?
                .typed::<Option<Func>, ()>(&caller)?;
            func.call(&mut caller, this)
        },
    );
    let typed = func.typed::<Option<Func>, ()>(&store).unwrap();
    let error = typed.call(&mut store, Some(func)).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::StackOverflow));
    assert_eq!((*store.data(), store.inner.nested_calls), (5, 0));
    let error = typed.call(&mut store, None).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::NullReference));
}

#[test]
fn host_functions_suspend_and_resume() {
    let mut store = store();
    let func = Func::wrap(&mut store, |key: i32| -> Result<(i64, i32), Error> {
        Err(Error::suspend(key))
    });
    let typed = func.typed::<i32, (i64, i32)>(&store).unwrap();
    assert!(typed.call(&mut store, 1).unwrap_err().is_suspend());

    let mut suspended = typed
        .call_resumable(&mut store, 9)
        .unwrap()
        .suspended()
        .unwrap();
    match suspended.reason(&store) {
        SuspendReason::Host {
            func: asking,
            error,
        } => assert!(asking == func && error.is_suspend()),
        reason => panic!("{reason:?}"),
    }
    assert_eq!(
        suspended.take_payload().unwrap().downcast_ref(),
        Some(&9i32)
    );
    // Results that do not fit lose nothing.
    assert!(suspended.provide(&mut store, &[Val::I64(1)]).is_err());
    assert!(
        suspended
            .provide(&mut store, &[Val::I64(1), Val::I64(1)])
            .is_err()
    );
    suspended
        .provide(&mut store, &[Val::I64(4), Val::I32(5)])
        .unwrap();
    // The first results that fit are final.
    let error = suspended
        .provide(&mut store, &[Val::I64(6), Val::I32(7)])
        .unwrap_err();
    assert_eq!(error.to_string(), "the suspended call waits for no results");
    assert_eq!(suspended.resume(&mut store).unwrap().done(), Some((4, 5)));

    let suspended = func
        .call_resumable(&mut store, &[Val::I32(1)])
        .unwrap()
        .suspended()
        .unwrap();
    let results = suspended
        .resume_with(&mut store, &[Val::I64(6), Val::I32(7)])
        .unwrap();
    assert_eq!(results.done().unwrap(), [Val::I64(6), Val::I32(7)]);

    let suspended = func
        .call_resumable(&mut store, &[Val::I32(1)])
        .unwrap()
        .suspended()
        .unwrap();
    assert!(suspended.resume(&mut store).is_err(), "results are missing");
    let idle = Func::wrap(&mut store, || -> Result<(), Error> {
        Err(Error::suspend(()))
    });
    let suspended = idle
        .call_resumable(&mut store, &[])
        .unwrap()
        .suspended()
        .unwrap();
    assert!(suspended.resume(&mut store).unwrap().done().is_some());
}

#[test]
#[should_panic(expected = "wrong store")]
fn functions_know_their_store() {
    let (mut first, mut second) = (store(), store());
    let func = Func::wrap(&mut first, || {});
    let _ = func.call(&mut second, &[], &mut []);
}
