//! Real algorithms on a collected heap, whose size is limited to little more than what they keep.
#![cfg(feature = "wasm3")]

use std::collections::BTreeMap;

use wasmote::{AnyRef, ArrayRef, CompositeType, Engine, Instance, Linker, Module, Store, Val};

struct Program {
    store: Store<()>,
    instance: Instance,
}

impl Program {
    fn new(wat: &str, heap_limit: usize) -> Program {
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_gc_heap_limit(heap_limit);
        let instance = Linker::new(&engine)
            .instantiate(&mut store, &module)
            .unwrap();
        Program { store, instance }
    }

    fn call(&mut self, name: &str, args: &[Val]) -> Result<Option<Val>, wasmote::Error> {
        let func = self.instance.get_func(&self.store, name).unwrap();
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        func.call(&mut self.store, args, &mut results)?;
        Ok(results.pop())
    }

    fn number(&mut self, name: &str, args: &[Val]) -> i32 {
        self.call(name, args).unwrap().unwrap().i32().unwrap()
    }

    /// An `(array i8)` of the embedder's.
    fn text(&mut self, text: &str) -> Val {
        let engine = self.store.engine().clone();
        let field = wasmote::FieldType {
            storage: wasmote::StorageType::I8,
            mutable: false,
        };
        let ty = engine.type_id(&CompositeType::Array(wasmote::ArrayType::new(field)));
        let bytes: Vec<_> = text.bytes().map(|byte| Val::I32(byte.into())).collect();
        ArrayRef::new_fixed(&mut self.store, ty, &bytes)
            .unwrap()
            .into()
    }
}

fn i31(value: i32) -> Val {
    AnyRef::from_i31(value as u32 & 0x7fff_ffff).into()
}

fn as_i31(value: Option<Val>) -> Option<u32> {
    match value {
        Some(Val::AnyRef(Some(any))) => any.as_i31(),
        _ => None,
    }
}

fn elements(store: &Store<()>, array: Option<Val>) -> Vec<AnyRef> {
    let Some(Val::AnyRef(Some(array))) = array else {
        panic!("{array:?}")
    };
    let array = array.as_array(store).unwrap();
    (0..array.len(store))
        .map(|i| match array.get(store, i).unwrap() {
            Val::AnyRef(Some(element)) => element,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn red_black_trees() {
    let mut program = Program::new(include_str!("programs/red_black.wat"), 256 << 10);
    for descending in [false, true] {
        let flags = [Val::I32(0), Val::I32(descending.into())];
        let map = program.call("map", &flags).unwrap().unwrap();
        let mut model = BTreeMap::new();
        let mut seed = 1u32;
        for round in 0..20_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let key = (seed >> 8) as i32 % 1500;
            model.insert(key, round);
            let args = [map.clone(), i31(key), i31(round)];
            program.call("insert", &args).unwrap();
            if round % 1000 == 0 {
                // (It checks the colours.)
                let height = program.number("height", std::slice::from_ref(&map));
                assert!(height <= 11, "{height}");
            }
        }
        let count = program.number("count", std::slice::from_ref(&map));
        assert_eq!(count as usize, model.len());
        let keys = program.call("keys", std::slice::from_ref(&map)).unwrap();
        let keys: Vec<_> = elements(&program.store, keys)
            .iter()
            .map(|key| key.as_i31().unwrap() as i32)
            .collect();
        let mut expected: Vec<_> = model.keys().copied().collect();
        if descending {
            expected.reverse();
        }
        assert_eq!(keys, expected);
        for key in -10..1510 {
            let args = [map.clone(), i31(key), i31(-1)];
            let found = as_i31(program.call("get_or", &args).unwrap());
            let expected = model.get(&key).copied().unwrap_or(-1) as u32 & 0x7fff_ffff;
            assert_eq!(found, Some(expected), "{key}");
        }
        // A key that is not there, uncaught.
        let error = program.call("get", &[map, i31(-7)]).unwrap_err();
        let absent = program.instance.get_tag(&program.store, "absent");
        let exception = error.as_exception().unwrap();
        assert_eq!(Some(exception.tag), absent);
        let values = exception.exn.values(&program.store);
        assert_eq!(
            as_i31(values.into_iter().next()),
            Some(-7i32 as u32 & 0x7fff_ffff)
        );
    }
    assert!(program.store.gc_collections() > 50);
    assert!(program.store.gc_heap_size() <= 256 << 10);
}

#[test]
fn red_black_trees_of_the_embedders_texts() {
    let mut program = Program::new(include_str!("programs/red_black.wat"), 64 << 10);
    let map = program
        .call("map", &[Val::I32(1), Val::I32(0)])
        .unwrap()
        .unwrap();
    let words = "the idea of the article is that one binary runs everywhere and a program gets no ambient authority \
                 only the descriptors handed to it with the rights attached to each it can pass on narrower ones";
    for _ in 0..50 {
        for word in words.split_whitespace() {
            let key = program.text(word);
            let before = program
                .call("get_or", &[map.clone(), key.clone(), i31(0)])
                .unwrap();
            let count = as_i31(before).unwrap() as i32 + 1;
            program
                .call("insert", &[map.clone(), key, i31(count)])
                .unwrap();
        }
    }
    let keys = program.call("keys", std::slice::from_ref(&map)).unwrap();
    let texts: Vec<_> = elements(&program.store, keys)
        .into_iter()
        .map(|key| {
            let text = key.as_array(&program.store).unwrap();
            let byte = |i| text.get(&program.store, i).unwrap().i32().unwrap() as u8;
            let bytes = (0..text.len(&program.store)).map(byte).collect();
            (String::from_utf8(bytes).unwrap(), key)
        })
        .collect();
    let mut expected: Vec<_> = words.split_whitespace().collect();
    expected.sort();
    expected.dedup();
    assert!(texts.iter().map(|(text, _)| text).eq(&expected));
    for (text, key) in texts {
        let expected = words.split_whitespace().filter(|word| *word == text);
        let count = program
            .call("get_or", &[map.clone(), key.into(), i31(0)])
            .unwrap();
        assert_eq!(as_i31(count), Some(50 * expected.count() as u32), "{text}");
    }
    assert!(program.store.gc_collections() > 10);
}

#[test]
fn queens_of_closures() {
    // A solution keeps eight rows alive; 2,057 of them are made.
    let mut program = Program::new(include_str!("programs/queens.wat"), 4 << 10);
    for (size, solutions) in [(4, 2), (5, 10), (6, 4), (7, 40), (8, 92)] {
        assert_eq!(program.number("queens", &[Val::I32(size)]), solutions);
    }
    let collections = program.store.gc_collections();
    assert!(collections > 10, "{collections}");
    assert!(program.store.gc_heap_size() <= 4 << 10);
}
