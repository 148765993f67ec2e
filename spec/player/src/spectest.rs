//! The host module `spectest`, which the reference interpreter offers to scripts.

use wasmote::{
    Engine, Error, Global, GlobalType, Linker, Memory, MemoryType, Ref, RefType, Store, Table,
    TableType, Val,
};

use crate::room::Room;

/// A linker with `spectest` in it, whose names may be redefined (scripts register names twice).
pub fn linker(engine: &Engine, store: &mut Store<Room>) -> Result<Linker<Room>, Error> {
    let mut linker = Linker::new(engine);
    linker.allow_shadowing(true);
    let globals = [
        ("global_i32", Val::I32(666)),
        ("global_i64", Val::I64(666)),
        ("global_f32", Val::F32(666.6_f32.to_bits())),
        ("global_f64", Val::F64(666.6_f64.to_bits())),
    ];
    for (name, value) in globals {
        let global = Global::new(&mut *store, GlobalType::new(value.ty(), false), value)?;
        linker.define(&*store, "spectest", name, global)?;
    }
    let null = Ref::Func(None);
    let table = Table::new(
        &mut *store,
        TableType::new(RefType::FUNCREF, 10, Some(20)),
        null.clone(),
    )?;
    linker.define(&*store, "spectest", "table", table)?;
    let table = Table::new(
        &mut *store,
        TableType::new64(RefType::FUNCREF, 10, Some(20)),
        null,
    )?;
    linker.define(&*store, "spectest", "table64", table)?;
    let memory = Memory::new(&mut *store, MemoryType::new(1, Some(2)))?;
    linker.define(&*store, "spectest", "memory", memory)?;
    let shared = MemoryType {
        shared: true,
        ..MemoryType::new(1, Some(2))
    };
    let memory = Memory::new(&mut *store, shared)?;
    linker.define(&*store, "spectest", "shared_memory", memory)?;
    // They print nothing: the output of scripts is their results.
    linker.func_wrap("spectest", "print", || {})?;
    linker.func_wrap("spectest", "print_i32", |_: i32| {})?;
    linker.func_wrap("spectest", "print_i64", |_: i64| {})?;
    linker.func_wrap("spectest", "print_f32", |_: f32| {})?;
    linker.func_wrap("spectest", "print_f64", |_: f64| {})?;
    linker.func_wrap("spectest", "print_i32_f32", |_: i32, _: f32| {})?;
    linker.func_wrap("spectest", "print_f64_f64", |_: f64, _: f64| {})?;
    Ok(linker)
}
