//! Executes the steps of a script in order, in one store.

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::{
    fmt,
    mem::{replace, take},
};

use wasmote::{Engine, Error, ErrorKind, Instance, Linker, Module, Store, TrapCode, Val};

use crate::{
    Options,
    room::Room,
    script::{Action, Step},
    spectest, values,
};

/// Fuel for each call in [`Options::fuel`]: no script of the suite uses it up.
const FUEL: u64 = 1 << 40;

/// Why a step failed, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Something was not as expected.
    Wrong(String),
    /// The same, after a memory or table of the instance could not grow for lack of room: scripts expect that there is
    /// room, the specification lets it fail.
    NoRoom(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Wrong(reason) => f.write_str(reason),
            Failure::NoRoom(reason) => write!(f, "no room to grow: {reason}"),
        }
    }
}

type Result<T, E = String> = core::result::Result<T, E>;

/// Executes the steps of one script.
pub struct Player {
    options: Options,
    engine: Engine,
    store: Store<Room>,
    /// What modules may import: `spectest` and the registered instances.
    linker: Linker<Room>,
    /// Instances and module definitions by their `$id`, and the latest of each.
    instances: BTreeMap<String, Instance>,
    current: Option<Instance>,
    modules: BTreeMap<String, Module>,
    latest: Option<Module>,
    /// The instance that the step at hand has asked last, and those that had no room to grow.
    asked: Option<Instance>,
    cramped: Vec<Instance>,
}

impl Player {
    /// A player for a script.
    ///
    /// # Panics
    /// If there is no memory for the few objects that scripts may import.
    pub fn new(options: Options) -> Player {
        let engine = options.engine();
        let mut store = Store::new(&engine, Room::default());
        store.limiter(|room| room);
        store.set_gc_zeal(options.zeal);
        let linker =
            spectest::linker(&engine, &mut store).expect("an empty linker takes every name");
        Player {
            options,
            engine,
            store,
            linker,
            instances: BTreeMap::new(),
            current: None,
            modules: BTreeMap::new(),
            latest: None,
            asked: None,
            cramped: Vec::new(),
        }
    }

    /// Executes a step.
    ///
    /// # Errors
    /// What was not as expected.
    pub fn step(&mut self, step: &Step<'_>) -> Result<(), Failure> {
        self.asked = None;
        self.execute(step).map_err(|reason| match self.asked {
            Some(asked) if self.cramped.contains(&asked) => Failure::NoRoom(reason),
            _ => Failure::Wrong(reason),
        })
    }

    fn execute(&mut self, step: &Step<'_>) -> Result<()> {
        match step {
            Step::Module(name, bytes) => {
                let module = self.module(bytes)?;
                self.instantiate_as(*name, &module)
            }
            Step::Define(name, bytes) => {
                let module = self.module(bytes)?;
                if let Some(name) = name {
                    self.modules.insert((*name).into(), module.clone());
                }
                self.latest = Some(module);
                Ok(())
            }
            Step::Instantiate { name, module } => {
                let module = match module {
                    Some(id) => self.modules.get(*id),
                    None => self.latest.as_ref(),
                };
                let module = module.cloned().ok_or("no such module definition")?;
                self.instantiate_as(*name, &module)
            }
            Step::Register { name, instance } => {
                let instance = self.instance(*instance)?;
                self.linker
                    .instance(&self.store, name, instance)
                    .map(drop)
                    .map_err(|e| e.to_string())
            }
            Step::Run(action) => self.act(action)?.map(drop).map_err(|e| e.to_string()),
            Step::Returns(action, expected) => {
                let values = self.act(action)?.map_err(|e| e.to_string())?;
                values::check(&self.store, &values, expected)
            }
            Step::Traps(action, message) => expect_trap(self.act(action)?, message),
            Step::Throws(action) => match self.act(action)? {
                Ok(values) => Err(format!(
                    "returned {}, expected an exception",
                    values::show(&values)
                )),
                Err(e) if e.as_exception().is_some() => Ok(()),
                Err(e) => Err(format!("expected an exception, got: {e}")),
            },
            Step::Unlinkable(bytes, message) => {
                let module = self.module(bytes)?;
                match self.instantiate(&module) {
                    Ok(_) => Err(format!("linked, expected: {message}")),
                    Err(e) if matches!(e.kind(), ErrorKind::Link(_)) => Ok(()),
                    Err(e) => Err(format!("expected a link error ({message}), got: {e}")),
                }
            }
            Step::Refused(bytes, message) => match self.load(bytes) {
                Ok(_) => Err(format!("accepted, expected: {message}")),
                Err(e) => match e.kind() {
                    ErrorKind::Module(_) | ErrorKind::Unsupported(_) => Ok(()),
                    _ => Err(format!("expected a refusal ({message}), got: {e}")),
                },
            },
            Step::Thread(shared, steps) => self.thread(*shared, steps),
        }
    }

    /// Runs a thread to its end: one of the orders in which it may go on beside the others. It sees the instance that
    /// it shares and nothing else, and nobody sees what it makes.
    fn thread(&mut self, shared: Option<&str>, steps: &[Step<'_>]) -> Result<()> {
        let shared = match shared {
            Some(id) => Some((id.to_string(), self.instance(Some(id))?)),
            None => None,
        };
        let linker = spectest::linker(&self.engine, &mut self.store).map_err(|e| e.to_string())?;
        let linker = replace(&mut self.linker, linker);
        let instances = replace(&mut self.instances, shared.into_iter().collect());
        let (current, modules) = (self.current.take(), take(&mut self.modules));
        let latest = self.latest.take();
        let outcome = steps.iter().try_for_each(|step| self.execute(step));
        (self.linker, self.instances, self.current) = (linker, instances, current);
        (self.modules, self.latest) = (modules, latest);
        outcome
    }

    fn load(&self, bytes: &[u8]) -> Result<Module, Error> {
        if Module::is_image(bytes) {
            return Module::from_image_bytes(&self.engine, bytes);
        }
        #[cfg(feature = "compiler")]
        let module = Module::new(&self.engine, bytes);
        #[cfg(not(feature = "compiler"))]
        let module = Err(Error::new("only images run here"));
        module
    }

    /// Loads a module that is good.
    fn module(&self, bytes: &[u8]) -> Result<Module> {
        self.load(bytes).map_err(|e| e.to_string())
    }

    fn instantiate_as(&mut self, name: Option<&str>, module: &Module) -> Result<()> {
        let instance = self.instantiate(module).map_err(|e| e.to_string())?;
        self.current = Some(instance);
        if let Some(name) = name {
            self.instances.insert(name.into(), instance);
        }
        Ok(())
    }

    fn instantiate(&mut self, module: &Module) -> Result<Instance, Error> {
        self.refuel();
        self.linker.instantiate(&mut self.store, module)
    }

    fn refuel(&mut self) {
        if self.options.fuel {
            self.store.set_fuel(FUEL).expect("the engine meters fuel");
        }
    }

    fn instance(&self, name: Option<&str>) -> Result<Instance> {
        match name {
            Some(id) => self
                .instances
                .get(id)
                .copied()
                .ok_or_else(|| format!("no instance ${id}")),
            None => self.current.ok_or_else(|| "no instance yet".into()),
        }
    }

    fn ask(&mut self, name: Option<&str>) -> Result<Instance> {
        let instance = self.instance(name)?;
        self.asked = Some(instance);
        Ok(instance)
    }

    /// The inner result is what the guest did; the outer one fails if it could not be asked.
    fn act(&mut self, action: &Action<'_>) -> Result<Result<Vec<Val>, Error>> {
        match action {
            Action::Invoke {
                instance,
                name,
                args,
            } => {
                let instance = self.ask(*instance)?;
                let func = instance
                    .get_func(&self.store, name)
                    .ok_or_else(|| format!("no function \"{name}\""))?;
                let args: Result<Vec<Val>, Error> =
                    args.iter().map(|arg| arg.value(&mut self.store)).collect();
                let args = args.map_err(|e| e.to_string())?;
                let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
                self.refuel();
                let done = func.call(&mut self.store, &args, &mut results);
                if take(&mut self.store.data_mut().refused) {
                    self.cramped.push(instance);
                }
                Ok(done.map(|()| results))
            }
            Action::Get { instance, name } => {
                let found = self.ask(*instance)?.get_global(&self.store, name);
                let found = found.ok_or_else(|| format!("no global \"{name}\""))?;
                Ok(Ok(vec![found.get(&self.store)]))
            }
            Action::Start(bytes) => {
                let module = self.module(bytes)?;
                Ok(self.instantiate(&module).map(|_| Vec::new()))
            }
        }
    }
}

fn expect_trap(outcome: Result<Vec<Val>, Error>, message: &str) -> Result<()> {
    match outcome {
        Ok(values) => Err(format!(
            "returned {}, expected the trap: {message}",
            values::show(&values)
        )),
        Err(e) => match e.trap_code() {
            Some(code) if trap_matches(code, message) => Ok(()),
            _ => Err(format!("expected the trap \"{message}\", got: {e}")),
        },
    }
}

/// As the reference interpreter compares: one text starts with the other ("uninitialized element 2" names
/// an index that traps here do not carry).
fn trap_matches(code: TrapCode, message: &str) -> bool {
    // "null structure reference" and its kin.
    let kind_of_null = message.starts_with("null ") && message.ends_with(" reference");
    code.message().starts_with(message)
        || message.starts_with(code.message())
        || code == TrapCode::NullReference && kind_of_null
}
