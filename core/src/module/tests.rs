use alloc::{string::ToString, vec::Vec};

use super::*;
use crate::{Config, error::ErrorKind, types::ValType};

fn module(wat: &str) -> Result<Module, Error> {
    Module::new(&Engine::default(), wat::parse_str(wat).unwrap())
}

fn refused(bytes: &[u8]) -> alloc::string::String {
    Module::new(&Engine::default(), bytes)
        .unwrap_err()
        .to_string()
}

#[test]
fn what_is_no_module_gets_a_clear_line() {
    assert!(refused(b"").contains("truncated"));
    assert!(refused(b"\0as").contains("truncated"));
    assert!(refused(b"\0asm\x01\0").contains("truncated"));
    assert!(refused(b"\x7fELF\x02\x01").contains("does not begin with"));
    assert!(refused(b"  (module)").contains("text format"));
    assert!(refused(b"\0asm\x0d\0\x01\0").contains("component"));
    assert!(refused(b"\0asm\x02\0\0\0").contains("unknown binary version"));
    assert!(refused(b"\0asm\x01\0\0\0\x01\x70\0").contains("ends in the middle"));
}

#[test]
fn every_prefix_of_a_module_is_refused_or_valid() {
    let wat = r#"(module $m (import "a" "b" (func (param i32))) (memory 1) (table 3 funcref)
        (global (mut i64) (i64.const 5)) (func $f (export "f") (result i32) i32.const 1)
        (elem (i32.const 0) $f) (data (i32.const 3) "hello"))"#;
    let bytes = wat::parse_str(wat).unwrap();
    for end in 0..bytes.len() {
        let _ = Module::new(&Engine::default(), &bytes[..end]);
        let _ = Module::validate(&Engine::default(), &bytes[..end]);
    }
    assert!(Module::new(&Engine::default(), &bytes).is_ok());
}

#[test]
fn validation_errors_name_function_and_offset() {
    let error = module("(module $m (func) (func $wrong (result i32) i64.const 1))").unwrap_err();
    let ErrorKind::Module(error) = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(
        (error.func_index, error.func_name.as_deref()),
        (Some(1), Some("wrong"))
    );
    assert!(error.offset.is_some() && error.message.to_string().contains("type mismatch"));
}

#[test]
fn missing_features_are_named() {
    let cases = [
        ("(module (func (param v128)))", "SIMD"),
        ("(module (func (drop (v128.const i64x2 0 0))))", "SIMD"),
        ("(module (type (struct)))", "GC"),
        ("(module (func (param anyref)))", "GC"),
        ("(module (tag))", "exceptions"),
        ("(module (memory 1 1 shared))", "threads"),
        (
            "(module (memory 1 1) (func (drop (i32.atomic.load (i32.const 0)))))",
            "threads",
        ),
        (
            "(module (type $t (func)) (func (param (ref $t))))",
            "typed function references",
        ),
        ("(module (func (try_table)))", "exceptions"),
        ("(module (type (sub (func))))", "GC"),
        ("(module (rec (type (func)) (type (func))))", "GC"),
        ("(module (global i31ref (ref.i31 (i32.const 1))))", "GC"),
        ("(module (table 1 anyref))", "GC"),
        (
            "(module (func (local (ref func))))",
            "typed function references",
        ),
        ("(module (func (drop (ref.i31 (i32.const 1)))))", "GC"),
        (
            "(module (elem declare func $f) (func $f (call_ref 0 (ref.func $f))))",
            "typed function references",
        ),
        ("(module (func (result nullref) unreachable))", "GC"),
    ];
    // As in builds that leave them out.
    let mut config = Config::new();
    config
        .wasm_simd(false)
        .wasm_relaxed_simd(false)
        .wasm_gc(false)
        .wasm_function_references(false)
        .wasm_exceptions(false)
        .wasm_threads(false);
    let engine = Engine::new(&config);
    for (wat, feature) in cases {
        let bytes = wat::parse_str(wat).unwrap();
        let error = Module::new(&engine, &bytes).unwrap_err();
        let ErrorKind::Unsupported(error) = error.kind() else {
            panic!("{wat}: {error}")
        };
        assert_eq!(error.feature, feature, "{wat}");
        assert!(Module::validate(&engine, &bytes).is_err(), "{wat}");
        let all = cfg!(all(
            feature = "simd",
            feature = "gc",
            feature = "exceptions",
            feature = "threads"
        ));
        assert!(
            !all || Module::new(&Engine::default(), &bytes).is_ok(),
            "{wat}"
        );
    }
    let engine = Engine::new(Config::new().wasm_tail_call(false));
    let bytes = wat::parse_str("(module (func $f return_call $f))").unwrap();
    let error = Module::new(&engine, &bytes).unwrap_err();
    assert!(error.to_string().contains("tail calls"), "{error}");
    assert!(module("(module (func $f return_call $f))").is_ok());
}

#[test]
fn index_spaces_have_imports_first() {
    let module = module(
        r#"(module $named
            (type $t (func (param i32) (result i64)))
            (import "env" "f" (func $f (type $t)))
            (import "env" "g" (global $g i32))
            (import "env" "m" (memory 1 2))
            (import "env" "t" (table 1 externref))
            (global $h (mut f32) (f32.const 1))
            (memory 3) (table i64 4 5 funcref)
            (func $own (type $t) i64.const 0)
            (func (export "two"))
            (export "f" (func $f)) (export "h" (global $h)) (export "m" (memory 1)) (export "t" (table 1)))"#,
    )
    .unwrap();
    let inner = module.inner();
    let funcs: Vec<_> = inner.funcs.iter(inner, 0).collect();
    assert_eq!(funcs, [0, 0, 1]);
    assert_eq!((inner.imported_funcs, inner.imported_globals), (1, 1));
    assert_eq!((inner.imported_memories, inner.imported_tables), (1, 1));
    assert_eq!(inner.func_name(1), Some("own"));
    assert_eq!(inner.func_name(2), None);
    assert_eq!(module.name(), Some("named"));
    assert_eq!(
        inner.type_of_func(1).to_string(),
        "(func (param i32) (result i64))"
    );
    assert_eq!(inner.bodies.len(), 2);
    let mut ops = inner.body(0).get_operators_reader().unwrap();
    assert!(matches!(
        ops.read().unwrap(),
        wasmparser::Operator::I64Const { value: 0 }
    ));
    let imports: Vec<_> = module
        .imports()
        .map(|import| import.ty().to_string())
        .collect();
    assert_eq!(
        imports,
        [
            "(func (param i32) (result i64))",
            "(global i32)",
            "(memory 1 2)",
            "(table 1 externref)"
        ]
    );
    let exports: Vec<_> = module.exports().map(|export| export.name()).collect();
    assert_eq!(exports, ["two", "f", "h", "m", "t"]);
    assert_eq!(
        module.get_export("h"),
        Some(GlobalType::new(ValType::F32, true).into())
    );
    assert_eq!(module.get_export("nope"), None);
}

#[test]
fn segments_are_ranges_of_the_binary() {
    let module = module(
        r#"(module (memory 1) (data (i32.const 3) "hello") (data "passive") (data "")
            (table 2 funcref) (func $f) (elem (i32.const 1) $f) (elem declare func $f)
            (elem funcref (ref.null func) (ref.func $f)))"#,
    )
    .unwrap();
    let inner = module.inner();
    let bytes: Vec<_> = inner
        .data
        .iter(inner, 0)
        .map(|data| inner.slice(&data.bytes))
        .collect();
    assert_eq!(bytes, [&b"hello"[..], b"passive", b""]);
    let data = |index| inner.data.get(inner, index).unwrap();
    let (memory, offset) = data(0).active.unwrap();
    let op = inner.const_ops.get(inner, offset.0.start);
    assert!(matches!((memory, op), (0, Some(ConstOp::Value([3, 0])))));
    assert!(data(1).active.is_none());
    let elements = |index| inner.elements.get(inner, index).unwrap();
    assert!(matches!(
        elements(0).kind,
        ElementKind::Active { table: 0, .. }
    ));
    assert!(matches!(elements(1).kind, ElementKind::Declared));
    assert_eq!(elements(2).items.len(), 2);
}

#[test]
fn custom_sections_are_kept_and_bad_names_tolerated() {
    let module = module(
        r#"(module (@custom "one" "first") (@custom "name" "\01\ffgarbage") (@custom "one" "second") (func))"#,
    )
    .unwrap();
    let sections: Vec<_> = module.custom_sections().collect();
    assert_eq!(
        sections[0],
        CustomSection {
            name: "one",
            data: b"first"
        }
    );
    assert_eq!(sections[2].data, b"second");
    assert_eq!((module.name(), module.func_name(0)), (None, None));
}

#[test]
fn equal_types_of_two_modules_have_one_id() {
    let engine = Engine::default();
    let first = wat::parse_str("(module (type (func)) (type (func (param i32))))").unwrap();
    let second = wat::parse_str("(module (type (func (param i32))))").unwrap();
    let (first, second) = (
        Module::new(&engine, first).unwrap(),
        Module::new(&engine, second).unwrap(),
    );
    assert_eq!(first.inner().type_id(1), second.inner().type_id(0));
    assert_ne!(first.inner().type_id(0), second.inner().type_id(0));
}

#[test]
fn huge_declared_counts_allocate_nothing() {
    // A type section that claims 2^32-1 types.
    let bytes = b"\0asm\x01\0\0\0\x01\x05\xff\xff\xff\xff\x0f";
    assert!(Module::new(&Engine::default(), bytes).is_err());
    // A function section with 1,000,000 entries and no bytes for them.
    let bytes = b"\0asm\x01\0\0\0\x03\x03\xc0\x84\x3d";
    assert!(Module::new(&Engine::default(), bytes).is_err());
}

#[test]
fn constant_expressions_read_globals_before_them() {
    assert!(module("(module (global $a i32 (i32.const 1)) (global i32 (global.get $a)))").is_ok());
    assert!(
        module("(module (global $a (mut i32) (i32.const 1)) (global i32 (global.get $a)))")
            .is_err()
    );
    assert!(module("(module (global i32 (global.get 1)) (global i32 (i32.const 1)))").is_err());
    assert!(module("(module (func $f) (table 3 funcref (ref.func $f)))").is_ok());
    assert!(module("(module (func $f) (table 3 (ref func) (ref.func $f)))").is_ok());
    let mut config = Config::new();
    config.wasm_extended_const(false).wasm_gc(false);
    let engine = Engine::new(config.wasm_function_references(false));
    let bytes =
        wat::parse_str("(module (global $a i32 (i32.const 1)) (global i32 (global.get $a)))");
    assert!(Module::new(&engine, bytes.unwrap()).is_err());
}

/// What wasmparser's own validation of function bodies says: offset and message.
fn reference(engine: &Engine, bytes: &[u8]) -> Result<(), (u64, alloc::string::String)> {
    let mut validator = wasmparser::Validator::new_with_features(engine.module_features());
    let mut parser = wasmparser::Parser::new(0);
    parser.set_features(engine.module_features());
    let said = |error: wasmparser::Error| (error.offset(), error.message().to_string());
    for payload in parser.parse_all(bytes) {
        if let wasmparser::ValidPayload::Func(mut func, body) =
            validator.payload(&payload.map_err(said)?).map_err(said)?
        {
            func.features = engine.features();
            let mut validator = func.into_validator(Default::default());
            validator.validate(&body).map_err(said)?;
        }
    }
    Ok(())
}

#[test]
fn bodies_with_any_byte_changed_are_judged_as_by_the_general_reader() {
    macro_rules! workload {
        ($name:literal) => {
            include_bytes!(concat!("../../../benches/workloads/", $name, ".wasm"))
        };
    }
    let modules: [&[u8]; 5] = [
        workload!("fib"),
        workload!("sieve"),
        workload!("sort"),
        workload!("vm"),
        workload!("sha256"),
    ];
    let mut config = Config::new();
    config.compilation_mode(crate::CompilationMode::Eager);
    let engine = Engine::new(&config);
    let (mut valid, mut invalid) = (0, 0);
    for bytes in modules {
        let whole = Module::new(&engine, bytes).unwrap();
        let mut bytes = bytes.to_vec();
        for at in whole.inner().bodies.iter().flat_map(|body| body.clone()) {
            let byte = bytes[at as usize];
            for changed in [byte ^ 1, byte ^ 0x40, byte ^ 0x80, 0x0b, 0x05, 0x04, 0x20] {
                bytes[at as usize] = changed;
                match (Module::new(&engine, &bytes), reference(&engine, &bytes)) {
                    (Ok(_), Ok(())) => valid += 1,
                    (Err(error), Err((offset, message))) => {
                        let error = error.to_string();
                        let place = alloc::format!("{offset:#x}");
                        assert!(
                            error.contains(&message) && error.contains(&place),
                            "{error}: {message} at {place}"
                        );
                        invalid += 1;
                    }
                    (ours, theirs) => panic!("byte {at} = {changed:#x}: {ours:?}, {theirs:?}"),
                }
            }
            bytes[at as usize] = byte;
        }
    }
    assert!(
        valid > 1000 && invalid > 1000,
        "{valid} valid, {invalid} invalid"
    );
}

#[test]
fn functions_are_translated_ahead_of_calls() {
    let module = module(
        r#"(module (import "a" "b" (func)) (func (export "f") call 0)
        (func (local i32) (drop (local.get 0))))"#,
    )
    .unwrap();
    let entry = |defined| module.inner().code.entry(defined);
    assert!(entry(0).is_null());
    assert!(module.translate(0).is_ok(), "an import needs nothing");
    module.translate(1).unwrap();
    let first = entry(0);
    assert!(!first.is_null() && entry(1).is_null());
    module.translate(1).unwrap();
    assert_eq!(entry(0), first);
    // They are told apart by where their code is.
    module.translate(2).unwrap();
    for (defined, entry) in [(0, first), (1, entry(1))] {
        let inside = entry.wrapping_add(4);
        assert_eq!(module.inner().code.find(inside), Some((defined, 4)));
    }
    let error = module.translate(3).unwrap_err();
    assert!(error.to_string().contains("no such function"), "{error}");
}
