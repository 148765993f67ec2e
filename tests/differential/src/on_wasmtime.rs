//! wasmtime, a compiler.

use wasmtime::{
    Config, Engine, ExternType, Func, HeapType, Instance, Module, OptLevel, Ref, Store,
    Trap as Code, Val, ValType,
};

use crate::observe::{End, Exported, Running, Runtime, Session, Text, Trap, Type, Value, hash};

pub struct Wasmtime(Engine);

impl Wasmtime {
    pub fn new() -> Wasmtime {
        let mut config = Config::new();
        config.cranelift_opt_level(OptLevel::None);
        config.max_wasm_stack(2 << 20);
        config.wasm_memory64(true);
        config.wasm_multi_memory(true);
        config.wasm_tail_call(true);
        config.wasm_custom_page_sizes(true);
        config.wasm_wide_arithmetic(true);
        config.wasm_function_references(true);
        config.wasm_gc(true);
        config.wasm_exceptions(true);
        config.wasm_threads(true);
        config.shared_memory(true);
        config.wasm_relaxed_simd(true);
        config.relaxed_simd_deterministic(true);
        // Reserving 4 GiB of addresses for each of many short-lived memories is slow.
        config.memory_reservation(1 << 20);
        config.memory_guard_size(0);
        config.memory_reservation_for_growth(1 << 16);
        config.gc_heap_reservation(1 << 20);
        config.gc_heap_guard_size(0);
        config.gc_heap_reservation_for_growth(1 << 16);
        Wasmtime(Engine::new(&config).expect("a sound configuration"))
    }
}

impl Runtime for Wasmtime {
    fn name(&self) -> &str {
        "wasmtime"
    }

    fn load(&self, module: &[u8]) -> Result<Box<dyn Session>, String> {
        let module = Module::new(&self.0, module).map_err(|e| format!("{e:#}"))?;
        Ok(Box::new(Loaded(self.0.clone(), module)))
    }
}

struct Loaded(Engine, Module);

impl Session for Loaded {
    fn functions(&self) -> Vec<(String, Vec<Type>)> {
        let func = |e: wasmtime::ExportType<'_>| match e.ty() {
            ExternType::Func(ty) => Some((
                e.name().to_string(),
                ty.params().map(|ty| type_of(&ty)).collect(),
            )),
            _ => None,
        };
        self.1.exports().filter_map(func).collect()
    }

    fn start(&self, func: &str) -> Result<Box<dyn Running>, End> {
        let mut store = Store::new(&self.0, ());
        let instance = Instance::new(&mut store, &self.1, &[]).map_err(|e| failed(&e))?;
        let func = instance.get_func(&mut store, func).expect("it is exported");
        Ok(Box::new(Started(store, instance, func)))
    }
}

struct Started(Store<()>, Instance, Func);

impl Running for Started {
    fn call(&mut self, arguments: &[Value]) -> End {
        let Started(store, _, func) = self;
        let args: Vec<Val> = arguments.iter().map(to_val).collect();
        let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
        match func.call(store, &args, &mut results) {
            Ok(()) => End::Returned(results.iter().map(from_val).collect()),
            Err(e) => failed(&e),
        }
    }

    fn state(&mut self) -> Vec<(String, Exported)> {
        state(&mut self.0, self.1)
    }
}

fn failed(error: &wasmtime::Error) -> End {
    let trap = match error.downcast_ref::<Code>() {
        Some(Code::UnreachableCodeReached) => Trap::Unreachable,
        Some(Code::MemoryOutOfBounds) => Trap::MemoryOutOfBounds,
        Some(Code::TableOutOfBounds) => Trap::TableOutOfBounds,
        Some(Code::IndirectCallToNull) => Trap::IndirectCallToNull,
        Some(Code::BadSignature) => Trap::BadSignature,
        Some(Code::IntegerDivisionByZero) => Trap::IntegerDivisionByZero,
        Some(Code::IntegerOverflow) => Trap::IntegerOverflow,
        Some(Code::BadConversionToInteger) => Trap::BadConversionToInteger,
        Some(Code::StackOverflow) => Trap::StackOverflow,
        Some(Code::NullReference) => Trap::NullReference,
        Some(Code::CastFailure) => Trap::CastFailure,
        Some(Code::ArrayOutOfBounds) => Trap::ArrayOutOfBounds,
        Some(Code::AllocationTooLarge) => Trap::OutOfMemory,
        Some(Code::HeapMisaligned) => Trap::UnalignedAtomic,
        None if error.is::<wasmtime::GcHeapOutOfMemory<()>>() => Trap::OutOfMemory,
        _ => return End::Failed(Text(format!("{error:#}"))),
    };
    End::Trapped(trap)
}

fn type_of(ty: &ValType) -> Type {
    match ty {
        ValType::I32 => Type::I32,
        ValType::I64 => Type::I64,
        ValType::F32 => Type::F32,
        ValType::F64 => Type::F64,
        ValType::V128 => Type::V128,
        ValType::Ref(ty) if !ty.is_nullable() => Type::NonNull,
        ValType::Ref(ty) => match ty.heap_type().top() {
            HeapType::Func => Type::FuncRef,
            HeapType::Extern => Type::ExternRef,
            HeapType::Exn => Type::ExnRef,
            _ => Type::AnyRef,
        },
    }
}

fn to_val(value: &Value) -> Val {
    match *value {
        Value::I32(v) => Val::I32(v),
        Value::I64(v) => Val::I64(v),
        Value::F32(v) => Val::F32(v),
        Value::F64(v) => Val::F64(v),
        Value::V128(v) => Val::V128(v.into()),
        Value::FuncRef { .. } => Val::FuncRef(None),
        Value::ExternRef { .. } => Val::ExternRef(None),
        Value::AnyRef { .. } => Val::AnyRef(None),
        Value::ExnRef { .. } => Val::ExnRef(None),
    }
}

fn from_val(value: &Val) -> Value {
    match value {
        Val::I32(v) => Value::I32(*v),
        Val::I64(v) => Value::I64(*v),
        Val::F32(v) => Value::F32(*v),
        Val::F64(v) => Value::F64(*v),
        Val::FuncRef(r) => Value::FuncRef { null: r.is_none() },
        Val::ExternRef(r) => Value::ExternRef { null: r.is_none() },
        Val::AnyRef(r) => Value::AnyRef { null: r.is_none() },
        Val::ExnRef(r) => Value::ExnRef { null: r.is_none() },
        Val::V128(v) => Value::V128(v.as_u128()),
        _ => unreachable!("other types are not generated"),
    }
}

fn state(store: &mut Store<()>, instance: Instance) -> Vec<(String, Exported)> {
    let exports: Vec<_> = instance
        .exports(&mut *store)
        .map(|e| (e.name().to_string(), e.into_extern()))
        .collect();
    let mut state = Vec::new();
    for (name, export) in exports {
        let content = if let Some(global) = export.clone().into_global() {
            Exported::Global(from_val(&global.get(&mut *store)))
        } else if let Some(memory) = export.clone().into_memory() {
            let bytes = memory.data(&*store);
            Exported::Memory(bytes.len(), hash(bytes))
        } else if let Some(memory) = export.clone().into_shared_memory() {
            // SAFETY: no thread runs that has it.
            let bytes = memory.data().iter().map(|byte| unsafe { *byte.get() });
            let bytes: Vec<u8> = bytes.collect();
            Exported::Memory(bytes.len(), hash(&bytes))
        } else if let Some(table) = export.into_table() {
            let null = |r: Ref| r.is_null();
            let size = table.size(&*store);
            Exported::Table(
                (0..size)
                    .map(|i| table.get(&mut *store, i).is_some_and(null))
                    .collect(),
            )
        } else {
            continue;
        };
        state.push((name, content));
    }
    state
}
