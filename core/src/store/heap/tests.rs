use alloc::{vec, vec::Vec};

use super::*;
use crate::{
    Engine, FieldType, RefType, StorageType, StructType, ValType,
    types::{ArrayType, CompositeType, TypeId},
};

fn field(ty: ValType) -> FieldType {
    FieldType {
        storage: StorageType::Val(ty),
        mutable: true,
    }
}

/// A heap that knows a pair (a reference and a number) and an array of references.
fn heap() -> (Heap, TypeId, TypeId) {
    let engine = Engine::default();
    let any = ValType::Ref(RefType::ANYREF);
    let pair = StructType::new([field(any), field(ValType::I64)]);
    let pair = engine.type_id(&CompositeType::Struct(pair));
    let array = engine.type_id(&CompositeType::Array(ArrayType::new(field(any))));
    let mut heap = Heap::default();
    engine.sync_types(&mut heap.types);
    (heap, pair, array)
}

/// Makes an object, collecting with these roots if need be; `None` if that does not help.
fn make(heap: &mut Heap, ty: TypeId, len: u32, roots: &[u64]) -> Option<u64> {
    let words = match heap.def(ty).map(|def| &def.layout) {
        Some(Layout::Array(_)) => heap.array_words(ty, len)?,
        _ => heap.struct_words(ty),
    };
    if let Some(object) = heap.make(ty, words, len) {
        return Some(object);
    }
    heap.collect(|marker| roots.iter().for_each(|root| marker.slot(*root)));
    heap.make(ty, words, len).or_else(|| {
        heap.raise_threshold(words)
            .then(|| heap.make(ty, words, len))?
    })
}

fn next(heap: &Heap, pair: u64) -> u64 {
    heap.load(pair, 8, FieldKind::Ref).unwrap()[0]
}

#[test]
fn what_is_reachable_survives_and_the_rest_is_used_again() {
    let (mut heap, pair, _) = heap();
    heap.set_limit(1 << 20);
    let mut list = 0;
    for i in 0..1_000_000u64 {
        let made = make(&mut heap, pair, 0, &[list]).unwrap();
        heap.store(made, 16, FieldKind::I64, [i, 0]).unwrap();
        // Every thousandth is kept.
        if i % 1000 == 0 {
            heap.store(made, 8, FieldKind::Ref, [list, 0]).unwrap();
            list = made;
        }
    }
    assert!(heap.collections > 10 && heap.bytes_used() <= 1 << 20);
    let (mut at, mut expected) = (list, 999_000);
    while at != 0 {
        assert_eq!(heap.load(at, 16, FieldKind::I64).unwrap()[0], expected);
        expected = expected.wrapping_sub(1000);
        at = next(&heap, at);
    }
    assert_eq!(expected, 0u64.wrapping_sub(1000));
}

#[test]
fn long_lists_and_wide_arrays_take_no_memory_to_mark() {
    let (mut heap, pair, array) = heap();
    let mut list = 0;
    for _ in 0..100_000 {
        let made = make(&mut heap, pair, 0, &[list]).unwrap();
        heap.store(made, 8, FieldKind::Ref, [list, 0]).unwrap();
        list = made;
    }
    // More references at once than the marker has places for.
    let wide = make(&mut heap, array, 5000, &[list]).unwrap();
    for i in 0..5000 {
        let made = make(&mut heap, pair, 0, &[list, wide]).unwrap();
        heap.store(made, 8, FieldKind::Ref, [list, 0]).unwrap();
        heap.fill(wide, i, 1, [made, 0]).unwrap();
    }
    heap.collect(|marker| marker.slot(wide));
    let used = heap.bytes_used();
    // All of them are alive: nothing can be made in their place.
    let fresh = make(&mut heap, array, 50_000, &[wide]).unwrap();
    assert!(fresh >> 1 >= used as u64 / 8);
    let mut len = 0;
    let mut at = next(&heap, heap.load(wide, 8, FieldKind::Ref).unwrap()[0]);
    while at != 0 {
        len += 1;
        at = next(&heap, at);
    }
    assert_eq!(len, 100_000);
}

#[test]
fn a_full_heap_says_so_and_is_whole() {
    let (mut heap, pair, array) = heap();
    heap.set_limit(64 << 10);
    let mut kept = Vec::new();
    while let Some(made) = make(&mut heap, pair, 0, &kept) {
        kept.push(made);
    }
    // 24 bytes each, and the first word.
    assert!(kept.len() >= (64 << 10) / 24 - 2, "{}", kept.len());
    assert!(make(&mut heap, array, u32::MAX, &kept).is_none());
    // Every second one goes: pairs fit again, larger ones do not.
    let half: Vec<u64> = kept.iter().step_by(2).copied().collect();
    assert!(make(&mut heap, array, 100, &half).is_none());
    assert!(make(&mut heap, pair, 0, &half).is_some());
    // When all are gone, blocks have grown together.
    assert!(make(&mut heap, array, 10_000, &[]).is_some());
}

#[test]
fn subtypes_keep_their_supertypes_places() {
    let kinds = [
        ValType::I32,
        ValType::V128,
        ValType::Ref(RefType::FUNCREF),
        ValType::F64,
        ValType::Ref(RefType::EXTERNREF),
    ];
    let layout = |len: usize| {
        let fields = kinds[..len].iter().map(|ty| field(*ty));
        Layout::of(&CompositeType::Struct(StructType::new(fields)))
    };
    let all = layout(kinds.len());
    for len in 0..kinds.len() {
        for (a, b) in layout(len).fields().iter().zip(all.fields()) {
            assert_eq!((a.at, a.kind), (b.at, b.kind));
        }
    }
    let Layout::Struct { refs, words, .. } = all else {
        panic!()
    };
    // Header, i32, vector, function, float, reference.
    assert_eq!((refs.to_vec(), words), (vec![48], 7));
}

#[test]
fn host_values_are_dropped_when_nothing_refers_to_them() {
    let (mut heap, _, _) = heap();
    let dropped = alloc::sync::Arc::new(());
    let value = |_| heap.make_extern(Box::new(dropped.clone())).ok().unwrap();
    let made: Vec<u64> = (0..10).map(value).collect();
    assert_eq!(alloc::sync::Arc::strong_count(&dropped), 11);
    heap.collect(|marker| marker.slot(made[3]));
    assert_eq!(alloc::sync::Arc::strong_count(&dropped), 2);
    assert!(heap.host_value(made[3]).is_some());
    // A handle keeps it too.
    let root = heap.root(made[3] as u32);
    heap.collect(|_| ());
    assert!(heap.host_value(made[3]).is_some());
    drop(root);
    heap.collect(|_| ());
    assert_eq!(alloc::sync::Arc::strong_count(&dropped), 1);
}
