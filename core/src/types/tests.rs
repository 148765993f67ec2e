use alloc::string::ToString;

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
    assert_eq!(registry.get(b), func(&[], &[ValType::I32]));
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
    let memory = |min, max| ExternType::Memory(MemoryType::new(min, max));
    assert!(memory(2, Some(3)).matches(&memory(1, None)));
    assert!(memory(2, Some(3)).matches(&memory(2, Some(3))));
    assert!(!memory(2, Some(4)).matches(&memory(2, Some(3))));
    assert!(!memory(2, None).matches(&memory(2, Some(3))));
    assert!(!memory(1, None).matches(&memory(2, None)));
    assert!(!memory(1, None).matches(&ExternType::Memory(MemoryType::new64(1, None))));
    let small = MemoryType::new(1, None).with_page_size_log2(0);
    assert!(!memory(1, None).matches(&small.into()));
}

#[test]
fn mutability_of_imports() {
    let global = |content, mutable| ExternType::Global(GlobalType { content, mutable });
    assert!(global(ValType::I32, true).matches(&global(ValType::I32, true)));
    assert!(!global(ValType::I32, true).matches(&global(ValType::I32, false)));
    assert!(!global(ValType::I32, false).matches(&global(ValType::I64, false)));
    let null = ValType::Ref(RefType {
        nullable: true,
        heap: HeapType::NoFunc,
    });
    assert!(global(null, false).matches(&global(ValType::FUNCREF, false)));
    assert!(!global(null, true).matches(&global(ValType::FUNCREF, true)));
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
