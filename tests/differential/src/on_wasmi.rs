//! wasmi, another interpreter.

use wasmi::{
    Config, Engine, Extern, ExternType, F32, F64, Func, Instance, Module, Ref, RefType, Store,
    TrapCode, Val, ValType,
};

use crate::observe::{End, Exported, Running, Runtime, Session, Text, Trap, Type, Value, hash};

pub struct Wasmi(Engine);

impl Wasmi {
    pub fn new() -> Wasmi {
        let mut config = Config::default();
        config
            .set_max_recursion_depth(10_000)
            .set_max_stack_height(32 << 20);
        config
            .wasm_custom_page_sizes(true)
            .wasm_memory64(true)
            .wasm_multi_memory(true)
            .wasm_wide_arithmetic(true);
        Wasmi(Engine::new(&config))
    }
}

impl Runtime for Wasmi {
    fn name(&self) -> &str {
        "wasmi"
    }

    fn load(&self, module: &[u8]) -> Result<Box<dyn Session>, String> {
        let module = Module::new(&self.0, module).map_err(|e| e.to_string())?;
        Ok(Box::new(Loaded(self.0.clone(), module)))
    }
}

struct Loaded(Engine, Module);

impl Session for Loaded {
    fn functions(&self) -> Vec<(String, Vec<Type>)> {
        let func = |e: wasmi::ExportType<'_>| match e.ty() {
            ExternType::Func(ty) => Some((
                e.name().to_string(),
                ty.params().iter().map(type_of).collect(),
            )),
            _ => None,
        };
        self.1.exports().filter_map(func).collect()
    }

    fn start(&self, func: &str) -> Result<Box<dyn Running>, End> {
        let mut store = Store::new(&self.0, ());
        let instance = Instance::new(&mut store, &self.1, &[]).map_err(|e| failed(&e))?;
        let func = instance.get_func(&store, func).expect("it is exported");
        Ok(Box::new(Started(store, instance, func)))
    }
}

struct Started(Store<()>, Instance, Func);

impl Running for Started {
    fn call(&mut self, arguments: &[Value]) -> End {
        let Started(store, _, func) = self;
        let args: Vec<Val> = arguments.iter().map(to_val).collect();
        let mut results: Vec<Val> = func
            .ty(&*store)
            .results()
            .iter()
            .map(|&ty| Val::default_for_ty(ty))
            .collect();
        match func.call(store, &args, &mut results) {
            Ok(()) => End::Returned(results.iter().map(from_val).collect()),
            Err(e) => failed(&e),
        }
    }

    fn state(&mut self) -> Vec<(String, Exported)> {
        state(&self.0, self.1)
    }
}

fn failed(error: &wasmi::Error) -> End {
    let trap = match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Trap::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Trap::MemoryOutOfBounds,
        Some(TrapCode::TableOutOfBounds) => Trap::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => Trap::IndirectCallToNull,
        Some(TrapCode::BadSignature) => Trap::BadSignature,
        Some(TrapCode::IntegerDivisionByZero) => Trap::IntegerDivisionByZero,
        Some(TrapCode::IntegerOverflow) => Trap::IntegerOverflow,
        Some(TrapCode::BadConversionToInteger) => Trap::BadConversionToInteger,
        Some(TrapCode::StackOverflow) => Trap::StackOverflow,
        _ => match error.to_string() {
            // Instantiation checks active segments without a trap code.
            text if text.starts_with("out of bounds table access") => Trap::TableOutOfBounds,
            text if text.starts_with("out of bounds memory access") => Trap::MemoryOutOfBounds,
            text => return End::Failed(Text(text)),
        },
    };
    End::Trapped(trap)
}

fn type_of(ty: &ValType) -> Type {
    match ty {
        ValType::I32 => Type::I32,
        ValType::I64 => Type::I64,
        ValType::F32 => Type::F32,
        ValType::F64 => Type::F64,
        ValType::FuncRef => Type::FuncRef,
        ValType::ExternRef => Type::ExternRef,
        ValType::V128 => unreachable!("vectors are not generated"),
    }
}

fn to_val(value: &Value) -> Val {
    match *value {
        Value::I32(v) => Val::I32(v),
        Value::I64(v) => Val::I64(v),
        Value::F32(v) => Val::F32(F32::from_bits(v)),
        Value::F64(v) => Val::F64(F64::from_bits(v)),
        Value::V128(_) | Value::AnyRef { .. } | Value::ExnRef { .. } => {
            unreachable!("wasmi does not get such modules")
        }
        Value::FuncRef { .. } => Ref::null(RefType::Func).into(),
        Value::ExternRef { .. } => Ref::null(RefType::Extern).into(),
    }
}

fn from_val(value: &Val) -> Value {
    match value {
        Val::I32(v) => Value::I32(*v),
        Val::I64(v) => Value::I64(*v),
        Val::F32(v) => Value::F32(v.to_bits()),
        Val::F64(v) => Value::F64(v.to_bits()),
        Val::FuncRef(r) => Value::FuncRef { null: r.is_null() },
        Val::ExternRef(r) => Value::ExternRef { null: r.is_null() },
        Val::V128(_) => unreachable!("vectors are not generated"),
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
        Extern::Func(_) => None,
    };
    instance
        .exports(store)
        .filter_map(|e| Some((e.name().to_string(), content(e.into_extern())?)))
        .collect()
}
