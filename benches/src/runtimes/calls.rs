//! Loops of calls, for the runtimes whose APIs link modules: what is called differs, the loop does not.

use super::{Program, say};

/// What a loop calls `n` times.
#[derive(Clone, Copy, PartialEq)]
pub enum Callee {
    /// Nothing: the loop alone.
    None,
    /// A function of the module.
    Direct,
    /// The same, through a table.
    Indirect,
    /// A function of another instance.
    Instance,
    /// A function of the host.
    Host,
}

/// The other instance's function, and the host's as well: one more than the argument.
const OTHER: &str = r#"(module (func (export "f") (param i32) (result i32)
  (i32.add (local.get 0) (i32.const 1))))"#;

impl Callee {
    /// A module whose `run(n)` makes `n` calls.
    fn module(self) -> Vec<u8> {
        let import = match self {
            Callee::Instance | Callee::Host => r#"(import "other" "f" (func $f (type $t)))"#,
            _ => "",
        };
        let function = match self {
            Callee::Direct | Callee::Indirect => {
                "(func $f (type $t) (i32.add (local.get 0) (i32.const 1)))
                 (table funcref (elem $f $f))"
            }
            _ => "",
        };
        let call = match self {
            Callee::None => "i32.const 1 i32.add",
            Callee::Indirect => "local.get $n i32.const 1 i32.and call_indirect (type $t)",
            _ => "call $f",
        };
        let text = format!(
            r#"(module (type $t (func (param i32) (result i32))) {import} {function}
              (func (export "run") (param $n i32) (result i64) (local $x i32)
                (loop $again
                  local.get $x {call} local.set $x
                  (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (i64.extend_i32_u (local.get $x))))"#
        );
        wat::parse_str(text).expect("valid text")
    }
}

fn other() -> Vec<u8> {
    wat::parse_str(OTHER).expect("valid text")
}

macro_rules! same_shape {
    ($runtime:ident, $engine:expr, $callee:expr) => {{
        use $runtime::{Func, Instance, Module, Store};
        let engine = $engine;
        let mut store = Store::new(&engine, ());
        let module = Module::new(&engine, &$callee.module()).map_err(say)?;
        let mut imports = Vec::new();
        match $callee {
            Callee::Host => imports.push(Func::wrap(&mut store, |x: i32| x.wrapping_add(1)).into()),
            Callee::Instance => {
                let other = Module::new(&engine, &other()).map_err(say)?;
                let other = Instance::new(&mut store, &other, &[]).map_err(say)?;
                imports.push(other.get_func(&mut store, "f").ok_or("no `f`")?.into());
            }
            _ => {}
        }
        let instance = Instance::new(&mut store, &module, &imports).map_err(say)?;
        let run = instance
            .get_typed_func::<i32, i64>(&mut store, "run")
            .map_err(say)?;
        Ok(Box::new(move |n| run.call(&mut store, n).map_err(say)))
    }};
}
/// Makes the loop on a runtime.
pub type Caller = fn(Callee) -> Result<Program, String>;

/// The runtimes, by name.
pub const CALLERS: &[(&str, Caller)] = &[
    ("wasmote", |callee| {
        same_shape!(wasmote, wasmote::Engine::default(), callee)
    }),
    ("wasmi", |callee| {
        same_shape!(wasmi, wasmi::Engine::default(), callee)
    }),
    ("sf-nano", sf_nano),
    ("pulley", |callee| {
        let mut config = wasmtime::Config::new();
        config.target("pulley64").map_err(say)?;
        same_shape!(
            wasmtime,
            wasmtime::Engine::new(&config).map_err(say)?,
            callee
        )
    }),
    ("cranelift", |callee| {
        same_shape!(wasmtime, wasmtime::Engine::default(), callee)
    }),
];

fn sf_nano(callee: Callee) -> Result<Program, String> {
    use sf_nano_core::{Config, Engine, Import, Module, RuntimeWorld, Value};
    let engine = Engine::new(Config::new()).map_err(say)?;
    let mut world = RuntimeWorld::new();
    let mut imports = Vec::new();
    match callee {
        Callee::Host => imports.push(Import::func("other", "f", |_, arguments, results| {
            if let Value::I32(x) = arguments[0] {
                results[0] = Value::I32(x.wrapping_add(1));
            }
            Ok(())
        })),
        Callee::Instance => {
            let other = Module::new("other", &other()).map_err(say)?;
            let other = world
                .instantiate(&engine, other, &[])
                .map_err(|e| say(e.error()))?;
            let f = world
                .instance(other)
                .ok_or("no instance")?
                .get_export("f")
                .map_err(say)?;
            imports.push(Import::new("other", "f", f.ok_or("no `f`")?));
        }
        _ => {}
    }
    let module = Module::new("module", &callee.module()).map_err(say)?;
    let id = world
        .instantiate(&engine, module, &imports)
        .map_err(|e| say(e.error()))?;
    let run = world
        .instance(id)
        .and_then(|instance| instance.get_func("run"))
        .ok_or("no export `run`")?;
    Ok(Box::new(move |n| {
        let mut results = [Value::I64(0)];
        let instance = world.instance_mut(id).ok_or("no instance")?;
        instance
            .call(&run, &[Value::I32(n)], &mut results)
            .map_err(say)?;
        match results[0] {
            Value::I64(v) => Ok(v),
            _ => unreachable!("run returns an i64"),
        }
    }))
}
