use alloc::{string::ToString, vec};

use super::*;

fn func(params: &[ValType], results: &[ValType]) -> FuncType {
    FuncType::new(params.iter().copied(), results.iter().copied())
}

#[test]
fn equal_types_have_one_id() {
    let mut registry = TypeRegistry::default();
    let a = registry.intern(&func(&[ValType::I32], &[]));
    let b = registry.intern(&func(&[], &[ValType::I32]));
    assert_ne!(a, b, "params and results are told apart");
    assert_eq!(registry.intern(&func(&[ValType::I32], &[])), a);
    assert_eq!(registry.func(b), func(&[], &[ValType::I32]));
}

#[test]
fn vectors_take_two_slots() {
    let ty = func(&[ValType::V128, ValType::I32], &[ValType::FUNCREF]);
    assert_eq!((ty.param_slots(), ty.result_slots()), (3, 1));
}

#[test]
fn displays_like_the_text_format() {
    assert_eq!(func(&[], &[]).to_string(), "(func)");
    let ty = func(&[ValType::I32, ValType::FUNCREF], &[ValType::F64]);
    assert_eq!(ty.to_string(), "(func (param i32 funcref) (result f64))");
    assert_eq!(
        MemoryType::new64(1, Some(2)).to_string(),
        "(memory i64 1 2)"
    );
    assert_eq!(
        TableType::new(RefType::EXTERNREF, 3, None).to_string(),
        "(table 3 externref)"
    );
}

#[test]
fn limits_of_imports() {
    let engine = Engine::default();
    let memory = |min, max| ExternType::Memory(MemoryType::new(min, max));
    assert!(memory(2, Some(3)).matches(&engine, &memory(1, None)));
    assert!(memory(2, Some(3)).matches(&engine, &memory(2, Some(3))));
    assert!(!memory(2, Some(4)).matches(&engine, &memory(2, Some(3))));
    assert!(!memory(2, None).matches(&engine, &memory(2, Some(3))));
    assert!(!memory(1, None).matches(&engine, &memory(2, None)));
    assert!(!memory(1, None).matches(&engine, &ExternType::Memory(MemoryType::new64(1, None))));
    let small = MemoryType::new(1, None).with_page_size_log2(0);
    assert!(!memory(1, None).matches(&engine, &small.into()));
}

#[test]
fn mutability_of_imports() {
    let engine = Engine::default();
    let global = |content, mutable| ExternType::Global(GlobalType { content, mutable });
    assert!(global(ValType::I32, true).matches(&engine, &global(ValType::I32, true)));
    assert!(!global(ValType::I32, true).matches(&engine, &global(ValType::I32, false)));
    assert!(!global(ValType::I32, false).matches(&engine, &global(ValType::I64, false)));
    // (There are subtypes only where there are such types.)
    #[cfg(feature = "gc")]
    {
        let null = ValType::Ref(RefType {
            nullable: true,
            heap: HeapType::NoFunc,
        });
        assert!(global(null, false).matches(&engine, &global(ValType::FUNCREF, false)));
        assert!(!global(null, true).matches(&engine, &global(ValType::FUNCREF, true)));
    }
}

#[test]
fn address_spaces() {
    assert_eq!(MemoryType::new(0, None).address_space_pages(), 65536);
    assert_eq!(
        MemoryType::new(0, None)
            .with_page_size_log2(0)
            .address_space_pages(),
        u32::MAX.into()
    );
    assert_eq!(MemoryType::new64(0, None).address_space_pages(), 1 << 48);
    assert_eq!(
        MemoryType::new64(0, None)
            .with_page_size_log2(0)
            .address_space_pages(),
        u64::MAX
    );
}

/// A structure with fields of these types in a group.
fn structure(fields: &[ValType], supertype: Option<TypeId>) -> SubType {
    SubType {
        is_final: false,
        supertype,
        composite: CompositeType::Struct(StructType::new(fields.iter().map(|ty| FieldType {
            storage: StorageType::Val(*ty),
            mutable: false,
        }))),
        descriptor: None,
        describes: None,
    }
}

fn to(id: TypeId) -> ValType {
    ValType::Ref(RefType {
        nullable: true,
        heap: HeapType::ConcreteStruct(id),
    })
}

#[test]
#[cfg(feature = "gc")]
fn groups_are_equal_if_they_look_alike() {
    let mut registry = TypeRegistry::default();
    let own = |member| to(TypeId::of_group(member));
    let list = registry.intern_group([structure(&[own(0)], None)].into());
    assert_eq!(
        registry.intern_group([structure(&[own(0)], None)].into()),
        list
    );
    // Unrolled once it is another type: equality is iso-recursive.
    let unrolled = registry.intern_group([structure(&[to(list)], None)].into());
    assert_ne!(unrolled, list);
    // So is the same structure as a member of a larger group.
    let pair = [structure(&[own(0)], None), structure(&[own(0)], None)];
    let first = registry.intern_group(pair.clone().into());
    assert!(first != list && registry.intern_group(pair.into()) == first);
}

#[test]
#[cfg(feature = "gc")]
fn supertypes_are_found_by_depth() {
    let mut registry = TypeRegistry::default();
    let mut chain = vec![registry.intern_group([structure(&[], None)].into())];
    for depth in 0..40 {
        let fields = vec![ValType::I32; depth + 1];
        let next = structure(&fields, chain.last().copied());
        chain.push(registry.intern_group([next].into()));
    }
    for (i, id) in chain.iter().enumerate() {
        for (j, of) in chain.iter().enumerate() {
            assert_eq!(registry.is_a(*id, *of), i >= j);
        }
    }
}
