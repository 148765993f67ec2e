//! wasmote, in one of its modes.

use wasmote::{
    CompilationMode, Config, Engine, Extern, ExternType, Func, Instance, Module, Ref, Store,
    TrapCode, Val, ValType,
};

use crate::observe::{End, Exported, Running, Runtime, Session, Text, Trap, Type, Value, hash};

pub struct Wasmote {
    name: &'static str,
    engine: Engine,
    fuel: bool,
}

impl Wasmote {
    pub fn new(name: &'static str, eager: bool, fuel: bool) -> Wasmote {
        let mut config = Config::new();
        config.max_stack_size(32 << 20).consume_fuel(fuel);
        config.compilation_mode(if eager {
            CompilationMode::Eager
        } else {
            CompilationMode::Lazy
        });
        Wasmote {
            name,
            engine: Engine::new(&config),
            fuel,
        }
    }
}

impl Runtime for Wasmote {
    fn name(&self) -> &str {
        self.name
    }

    fn tested(&self) -> bool {
        true
    }

    fn load(&self, module: &[u8]) -> Result<Box<dyn Session>, String> {
        let module = Module::new(&self.engine, module).map_err(|e| e.to_string())?;
        Ok(Box::new(Loaded {
            module,
            fuel: self.fuel,
        }))
    }
}

struct Loaded {
    module: Module,
    fuel: bool,
}

impl Session for Loaded {
    fn functions(&self) -> Vec<(String, Vec<Type>)> {
        let func = |e: wasmote::ExportType<'_>| match e.ty() {
            ExternType::Func(ty) => Some((
                e.name().to_string(),
                ty.params().iter().map(type_of).collect(),
            )),
            _ => None,
        };
        self.module.exports().filter_map(func).collect()
    }

    fn start(&self, func: &str) -> Result<Box<dyn Running>, End> {
        let mut store = Store::new(self.module.engine(), ());
        store.set_gc_heap_limit(64 << 20);
        if self.fuel {
            // Never used up: the modules bound themselves.
            store
                .set_fuel(u64::MAX / 2)
                .expect("the engine meters fuel");
        }
        let instance = Instance::new(&mut store, &self.module, &[]).map_err(|e| failed(&e))?;
        let func = instance.get_func(&store, func).expect("it is exported");
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
        state(&self.0, self.1)
    }
}

fn failed(error: &wasmote::Error) -> End {
    let trap = match error.trap_code() {
        Some(TrapCode::Unreachable) => Trap::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Trap::MemoryOutOfBounds,
        Some(TrapCode::TableOutOfBounds | TrapCode::IndirectCallOutOfBounds) => {
            Trap::TableOutOfBounds
        }
        Some(TrapCode::IndirectCallToNull) => Trap::IndirectCallToNull,
        Some(TrapCode::BadSignature) => Trap::BadSignature,
        Some(TrapCode::IntegerDivisionByZero) => Trap::IntegerDivisionByZero,
        Some(TrapCode::IntegerOverflow) => Trap::IntegerOverflow,
        Some(TrapCode::BadConversionToInteger) => Trap::BadConversionToInteger,
        Some(TrapCode::StackOverflow) => Trap::StackOverflow,
        Some(TrapCode::NullReference) => Trap::NullReference,
        Some(TrapCode::CastFailure) => Trap::CastFailure,
        Some(TrapCode::ArrayOutOfBounds) => Trap::ArrayOutOfBounds,
        Some(TrapCode::OutOfMemory) => Trap::OutOfMemory,
        Some(TrapCode::UnalignedAtomic) => Trap::UnalignedAtomic,
        _ => return End::Failed(Text(error.to_string())),
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
        ValType::Ref(ty) if !ty.nullable => Type::NonNull,
        ValType::Ref(ty) => match Ref::null(*ty) {
            Some(Ref::Func(_)) => Type::FuncRef,
            Some(Ref::Extern(_)) => Type::ExternRef,
            Some(Ref::Exn(_)) => Type::ExnRef,
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
        Value::V128(v) => Val::V128(v),
        Value::FuncRef { .. } => Val::NULL_FUNC,
        Value::ExternRef { .. } => Val::NULL_EXTERN,
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
        Val::V128(v) => Value::V128(*v),
        _ => unreachable!("other types are not generated"),
    }
}

fn state(store: &Store<()>, instance: Instance) -> Vec<(String, Exported)> {
    let content = |export: Extern| match export {
        Extern::Global(global) => Some(Exported::Global(from_val(&global.get(store)))),
        Extern::Memory(memory) => {
            let bytes = memory.data(store);
            Some(Exported::Memory(bytes.len(), hash(bytes)))
        }
        Extern::Table(table) => {
            let null = |i| table.get(store, i).is_some_and(|r| r.is_null());
            Some(Exported::Table((0..table.size(store)).map(null).collect()))
        }
        _ => None,
    };
    instance
        .exports(store)
        .filter_map(|e| Some((e.name().to_string(), content(e.into_extern())?)))
        .collect()
}
