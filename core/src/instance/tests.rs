use alloc::string::ToString;

use super::*;
use crate::{ErrorKind, MemoryType, Ref, RefType, StoreLimits, StoreLimitsBuilder, TableType, Val};

fn store() -> Store<()> {
    Store::new(&Engine::default(), ())
}

fn module<T>(store: &Store<T>, wat: &str) -> Module {
    Module::new(store.engine(), wat::parse_str(wat).unwrap()).unwrap()
}

#[test]
fn everything_defined_is_there() {
    let mut store = store();
    let module = module(
        &store,
        r#"(module
            (global $a i32 (i32.const 40))
            (global (export "b") (mut i32) (i32.add (global.get $a) (i32.const 2)))
            (global (export "f") funcref (ref.func $f))
            (func $f (export "func"))
            (table (export "t") 3 5 funcref) (elem (i32.const 1) $f)
            (memory (export "m") 1) (data (i32.const 65531) "hello") (data "passive"))"#,
    );
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    assert_eq!(instance.exports(&store).len(), 5);
    assert_eq!(
        instance.get_global(&store, "b").unwrap().get(&store),
        Val::I32(42)
    );
    let func = instance.get_func(&store, "func").unwrap();
    assert_eq!(
        instance.get_global(&store, "f").unwrap().get(&store),
        Val::FuncRef(Some(func))
    );
    let table = instance.get_table(&store, "t").unwrap();
    assert_eq!(table.size(&store), 3);
    assert_eq!(table.get(&store, 0), Some(Ref::Func(None)));
    assert_eq!(table.get(&store, 1), Some(Ref::Func(Some(func))));
    assert_eq!(table.get(&store, 3), None);
    assert_eq!(
        instance.get_memory(&store, "m").unwrap().data(&store)[65531..],
        *b"hello"
    );
    let entity = store.inner.instances.get(0);
    assert_eq!(entity.dropped_data, [true, false]);
    assert!(entity.elements[0].is_empty());
    assert!(instance.get_export(&store, "nope").is_none());
    assert!(instance.get_typed_func::<i32, ()>(&store, "func").is_err());
    assert!(instance.get_typed_func::<(), ()>(&store, "func").is_ok());
}

#[test]
fn earlier_segments_stay_when_a_later_one_traps() {
    let mut store = store();
    let module = module(
        &store,
        r#"(module (import "a" "m" (memory 1)) (import "a" "t" (table 2 funcref))
            (func $f) (elem (i32.const 0) $f)
            (data (i32.const 0) "kept") (data (i32.const 65533) "1234") (data (i32.const 9) "not"))"#,
    );
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let table = Table::new(
        &mut store,
        TableType::new(RefType::FUNCREF, 2, None),
        Ref::Func(None),
    )
    .unwrap();
    let error = Instance::new(&mut store, &module, &[memory.into(), table.into()]).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds));
    assert_eq!(memory.data(&store)[..16], *b"kept\0\0\0\0\0\0\0\0\0\0\0\0");
    assert!(memory.data(&store)[65533..].iter().all(|byte| *byte == 0));
    assert!(!table.get(&store, 0).unwrap().is_null());
}

#[test]
fn segments_beyond_the_end_trap() {
    let cases = [
        (
            r#"(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))"#,
            TrapCode::TableOutOfBounds,
        ),
        (
            r#"(module (table 1 funcref) (elem (i32.const 2)))"#,
            TrapCode::TableOutOfBounds,
        ),
        (
            r#"(module (table i64 1 funcref) (elem (i64.const -1)))"#,
            TrapCode::TableOutOfBounds,
        ),
        (
            r#"(module (memory 1) (data (i32.const -1) ""))"#,
            TrapCode::MemoryOutOfBounds,
        ),
        (
            r#"(module (memory i64 1) (data (i64.const -1) "x"))"#,
            TrapCode::MemoryOutOfBounds,
        ),
    ];
    for (wat, code) in cases {
        let mut store = store();
        let module = module(&store, wat);
        let error = Instance::new(&mut store, &module, &[]).unwrap_err();
        assert_eq!(error.trap_code(), Some(code), "{wat}");
    }
}

#[test]
fn limits_refuse_instances_memories_and_tables() {
    let engine = Engine::default();
    let limits = StoreLimitsBuilder::new()
        .memory_size(1 << 16)
        .table_elements(10)
        .instances(2)
        .build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits: &mut StoreLimits| limits);
    for wat in ["(module (memory 2))", "(module (table 11 funcref))"] {
        let module = module(&store, wat);
        let error = Instance::new(&mut store, &module, &[]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
    }
    // The second attempt above got as far as an instance.
    let empty = module(&store, "(module)");
    Instance::new(&mut store, &empty, &[]).unwrap();
    let error = Instance::new(&mut store, &empty, &[]).unwrap_err();
    assert!(
        error.to_string().contains("instance count too high at 3"),
        "{error}"
    );
}

#[test]
fn imports_must_be_as_many_and_of_one_engine() {
    let mut store = store();
    let module = module(&store, r#"(module (import "a" "m" (memory 1)))"#);
    assert!(Instance::new(&mut store, &module, &[]).is_err());
    let mut other = Store::new(&Engine::default(), ());
    let memory = Memory::new(&mut other, MemoryType::new(1, None)).unwrap();
    let error = Instance::new(&mut other, &module, &[memory.into()]).unwrap_err();
    assert!(error.to_string().contains("different engines"));
}

#[test]
fn given_bytes_become_the_memory() {
    let mut store = store();
    let bytes = alloc::vec![7u8; 100].leak();
    let start = bytes.as_ptr();
    store.add_memory(alloc::vec![7u8; 5].leak());
    store.add_memory(bytes);
    let module = module(&store, r#"(module (memory (export "m") 10 (pagesize 1)))"#);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let memory = instance.get_memory(&store, "m").unwrap();
    assert_eq!(memory.data(&store).as_ptr(), start);
    assert_eq!(memory.data(&store), [0; 10]);
    assert_eq!(memory.grow(&mut store, 90).unwrap(), 10);
    assert!(memory.grow(&mut store, 1).is_err());
}

#[test]
fn given_bytes_outlive_refused_instances() {
    let limits = StoreLimitsBuilder::new()
        .memory_size(10)
        .memories(2)
        .table_elements(1)
        .build();
    let mut store = Store::new(&Engine::default(), limits);
    store.limiter(|limits: &mut StoreLimits| limits);
    let given = [20, 30].map(|len| {
        let bytes = alloc::vec![7u8; len].leak();
        let start = bytes.as_ptr();
        store.add_memory(bytes);
        start
    });
    for refused in [
        "(module (memory 11 (pagesize 1)))",
        "(module (memory 1 (pagesize 1)) (memory 11 (pagesize 1)))",
        "(module (memory 1 (pagesize 1)) (memory 1 (pagesize 1)) (memory 1 (pagesize 1)))",
        "(module (memory 1 (pagesize 1)) (memory 1 (pagesize 1)) (table 2 funcref))",
    ] {
        let module = module(&store, refused);
        let error = Instance::new(&mut store, &module, &[]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
    }
    let text =
        r#"(module (memory (export "0") 1 (pagesize 1)) (memory (export "1") 1 (pagesize 1)))"#;
    let module = module(&store, text);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let starts = ["0", "1"].map(|name| {
        let memory = instance.get_memory(&store, name).unwrap();
        memory.data(&store).as_ptr()
    });
    assert_eq!(starts, given);
}

#[test]
#[cfg(target_has_atomic = "ptr")]
fn what_should_be_threadsafe_is() {
    fn check<T: Send + Sync>() {}
    check::<Engine>();
    check::<Module>();
    check::<Store<()>>();
    check::<crate::Linker<alloc::rc::Rc<()>>>();
    check::<Instance>();
    check::<crate::InterruptHandle>();
}
