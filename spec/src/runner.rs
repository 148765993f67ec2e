//! Executes the directives of a script in order, in one store.

use std::{
    collections::HashMap,
    mem::{replace, take},
};

use wasmote::{
    CompilationMode, Config, Engine, Error, ErrorKind, ImageOptions, Instance, Linker, Module,
    Store, TrapCode, Val,
};
use wast::{
    QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, WastThread,
    lexer::Lexer,
    parser::{self, ParseBuffer},
    token::Id,
};

use crate::{Options, Outcome, Report, ScriptError, line_of, spectest, values};

/// Fuel for each call in [`Options::fuel`]: no script of the suite uses it up.
const FUEL: u64 = 1 << 40;

/// Runs every directive of a script.
///
/// # Errors
/// The text is not a script. What directives do wrong is in the report.
pub fn run(text: &str, options: Options) -> Result<Report, ScriptError> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(|e| ScriptError::new(text, &e))?;
    let script = parser::parse::<Wast<'_>>(&buffer).map_err(|e| ScriptError::new(text, &e))?;
    let mut runner = Runner::new(options);
    let mut report = Report::default();
    let mut lines = Lines {
        text,
        offset: 0,
        line: 1,
    };
    for directive in script.directives {
        let line = lines.of(directive.span());
        let name = keyword(&directive);
        let failure = runner
            .directive(directive)
            .err()
            .map(|e| e.replace('\n', "; "));
        report.outcomes.push(Outcome {
            line,
            directive: name,
            failure,
        });
    }
    Ok(report)
}

/// Line numbers of ascending positions, without counting from the start each time.
struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, span: wast::token::Span) -> usize {
        let to = span.offset();
        match self.text.as_bytes().get(self.offset..to) {
            Some(between) => {
                self.line += between.iter().filter(|&&b| b == b'\n').count();
                self.offset = to;
                self.line
            }
            None => line_of(self.text, span),
        }
    }
}

fn keyword(directive: &WastDirective<'_>) -> &'static str {
    match directive {
        WastDirective::Module(_) => "module",
        WastDirective::ModuleDefinition(_) => "module definition",
        WastDirective::ModuleInstance { .. } => "module instance",
        WastDirective::AssertMalformed { .. } => "assert_malformed",
        WastDirective::AssertMalformedCustom { .. } => "assert_malformed_custom",
        WastDirective::AssertInvalid { .. } => "assert_invalid",
        WastDirective::AssertInvalidCustom { .. } => "assert_invalid_custom",
        WastDirective::Register { .. } => "register",
        WastDirective::Invoke(_) => "invoke",
        WastDirective::AssertTrap { .. } => "assert_trap",
        WastDirective::AssertReturn { .. } => "assert_return",
        WastDirective::AssertExhaustion { .. } => "assert_exhaustion",
        WastDirective::AssertUnlinkable { .. } => "assert_unlinkable",
        WastDirective::AssertException { .. } => "assert_exception",
        WastDirective::AssertSuspension { .. } => "assert_suspension",
        WastDirective::Thread(_) => "thread",
        WastDirective::Wait { .. } => "wait",
    }
}

/// A failure of a directive, in words.
type Failure = String;

struct Runner {
    options: Options,
    engine: Engine,
    store: Store<()>,
    /// What modules may import: `spectest` and the registered instances.
    linker: Linker<()>,
    /// Instances and module definitions by their `$id`, and the latest of each.
    instances: HashMap<String, Instance>,
    current: Option<Instance>,
    modules: HashMap<String, Module>,
    latest: Option<Module>,
}

impl Runner {
    fn new(options: Options) -> Runner {
        let mut config = Config::new();
        config.consume_fuel(options.fuel);
        config.compilation_mode(if options.eager {
            CompilationMode::Eager
        } else {
            CompilationMode::Lazy
        });
        options.language.configure(&mut config);
        // Deep enough for every script, small enough that runaway recursion ends soon.
        config.max_stack_size(1 << 20);
        let engine = Engine::new(&config);
        let mut store = Store::new(&engine, ());
        store.set_gc_zeal(options.zeal);
        let linker =
            spectest::linker(&engine, &mut store).expect("an empty linker takes every name");
        Runner {
            options,
            engine,
            store,
            linker,
            instances: HashMap::new(),
            current: None,
            modules: HashMap::new(),
            latest: None,
        }
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Result<(), Failure> {
        match directive {
            WastDirective::Module(mut module) => {
                let name = module.name();
                let module = self.module(&mut module)?;
                self.instantiate_as(name, &module)
            }
            WastDirective::ModuleDefinition(mut module) => {
                let name = module.name();
                let module = self.module(&mut module)?;
                if let Some(name) = name {
                    self.modules.insert(name.name().to_string(), module.clone());
                }
                self.latest = Some(module);
                Ok(())
            }
            WastDirective::ModuleInstance {
                instance, module, ..
            } => {
                let module = match module {
                    Some(id) => self.modules.get(id.name()),
                    None => self.latest.as_ref(),
                };
                let module = module.cloned().ok_or("no such module definition")?;
                self.instantiate_as(instance, &module)
            }
            WastDirective::Register { name, module, .. } => {
                let instance = self.instance(module)?;
                self.linker
                    .instance(&self.store, name, instance)
                    .map(drop)
                    .map_err(|e| e.to_string())
            }
            WastDirective::Invoke(invoke) => {
                self.invoke(&invoke)?.map(drop).map_err(|e| e.to_string())
            }
            WastDirective::AssertReturn { exec, results, .. } => {
                let values = self.execute(exec)?.map_err(|e| e.to_string())?;
                values::check(&self.store, &values, &results)
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                let outcome = self.execute(exec)?;
                expect_trap(outcome, message)
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                let outcome = self.invoke(&call)?;
                expect_trap(outcome, message)
            }
            WastDirective::AssertInvalid {
                module, message, ..
            }
            | WastDirective::AssertMalformed {
                module, message, ..
            }
            | WastDirective::AssertMalformedCustom {
                module, message, ..
            }
            | WastDirective::AssertInvalidCustom {
                module, message, ..
            } => self.expect_refused(module, message),
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => {
                let module = self.module(&mut QuoteWat::Wat(module))?;
                match self.instantiate(&module) {
                    Ok(_) => Err(format!("linked, expected: {message}")),
                    Err(e) if matches!(e.kind(), ErrorKind::Link(_)) => Ok(()),
                    Err(e) => Err(format!("expected a link error ({message}), got: {e}")),
                }
            }
            WastDirective::AssertException { exec, .. } => match self.execute(exec)? {
                Ok(values) => Err(format!(
                    "returned {}, expected an exception",
                    values::show(&values)
                )),
                Err(e) if e.as_exception().is_some() => Ok(()),
                Err(e) => Err(format!("expected an exception, got: {e}")),
            },
            WastDirective::AssertSuspension { .. } => {
                Err("stack switching is not supported".into())
            }
            WastDirective::Thread(thread) => self.thread(thread),
            // It has run.
            WastDirective::Wait { .. } => Ok(()),
        }
    }

    /// Runs a thread to its end: one of the orders in which it may go on beside the others. It sees the module that it
    /// shares and nothing else, and nobody sees what it makes.
    fn thread(&mut self, thread: WastThread<'_>) -> Result<(), Failure> {
        let shared = match thread.shared_module {
            Some(id) => Some((id.name().to_string(), self.instance(Some(id))?)),
            None => None,
        };
        let linker = spectest::linker(&self.engine, &mut self.store).map_err(|e| e.to_string())?;
        let linker = replace(&mut self.linker, linker);
        let instances = replace(&mut self.instances, shared.into_iter().collect());
        let (current, modules) = (self.current.take(), take(&mut self.modules));
        let latest = self.latest.take();
        let outcome = thread
            .directives
            .into_iter()
            .try_for_each(|directive| self.directive(directive));
        (self.linker, self.instances, self.current) = (linker, instances, current);
        (self.modules, self.latest) = (modules, latest);
        outcome
    }

    /// Parses and validates a module that the script expects to be good.
    fn module(&self, module: &mut QuoteWat<'_>) -> Result<Module, Failure> {
        let bytes = module.encode().map_err(|e| e.message())?;
        let module = Module::new(&self.engine, &bytes).map_err(|e| e.to_string())?;
        if !self.options.image {
            return Ok(module);
        }
        let image = module
            .to_image(ImageOptions::default())
            .map_err(|e| e.to_string())?;
        Module::from_image_bytes(&self.engine, image).map_err(|e| e.to_string())
    }

    fn instantiate_as(&mut self, name: Option<Id<'_>>, module: &Module) -> Result<(), Failure> {
        let instance = self.instantiate(module).map_err(|e| e.to_string())?;
        self.current = Some(instance);
        if let Some(name) = name {
            self.instances.insert(name.name().to_string(), instance);
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

    fn instance(&self, name: Option<Id<'_>>) -> Result<Instance, Failure> {
        match name {
            Some(id) => self
                .instances
                .get(id.name())
                .copied()
                .ok_or_else(|| format!("no instance ${}", id.name())),
            None => self.current.ok_or_else(|| "no instance yet".into()),
        }
    }

    /// The inner result is what the guest did; the outer one fails if it could not be asked.
    fn execute(&mut self, execute: WastExecute<'_>) -> Result<Result<Vec<Val>, Error>, Failure> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(wat) => {
                let module = self.module(&mut QuoteWat::Wat(wat))?;
                Ok(self.instantiate(&module).map(|_| Vec::new()))
            }
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(module)?;
                let found = instance.get_global(&self.store, global);
                let found = found.ok_or_else(|| format!("no global \"{global}\""))?;
                Ok(Ok(vec![found.get(&self.store)]))
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Result<Vec<Val>, Error>, Failure> {
        let instance = self.instance(invoke.module)?;
        let name = invoke.name;
        let func = instance
            .get_func(&self.store, name)
            .ok_or_else(|| format!("no function \"{name}\""))?;
        let mut args = Vec::new();
        for arg in &invoke.args {
            args.push(values::argument(&mut self.store, arg)?);
        }
        let ty = func.ty(&self.store);
        let mut results = vec![Val::I32(0); ty.results().len()];
        self.refuel();
        Ok(func
            .call(&mut self.store, &args, &mut results)
            .map(|()| results))
    }

    /// For `assert_malformed` and `assert_invalid`: the text parser or the runtime must say no.
    fn expect_refused(&self, mut module: QuoteWat<'_>, message: &str) -> Result<(), Failure> {
        let Ok(bytes) = module.encode() else {
            return Ok(());
        };
        match Module::new(&self.engine, &bytes) {
            Ok(_) => Err(format!("accepted, expected: {message}")),
            Err(e) => match e.kind() {
                ErrorKind::Module(_) | ErrorKind::Unsupported(_) => Ok(()),
                _ => Err(format!("expected a refusal ({message}), got: {e}")),
            },
        }
    }
}

fn expect_trap(outcome: Result<Vec<Val>, Error>, message: &str) -> Result<(), Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_see_what_they_share() {
        let script = r#"
            (module $mem (memory (export "m") 1 1 shared))
            (thread $a (shared (module $mem))
                (register "mem" $mem)
                (module (import "mem" "m" (memory 1 1 shared))
                    (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 0) (i32.const 5))))
                (assert_return (invoke "add") (i32.const 0)))
            (thread $b (shared (module $mem)) (assert_return (invoke "add") (i32.const 5)))
            (wait $a)
            (register "mem" $mem)
            (module (import "mem" "m" (memory 1 1 shared))
                (func (export "get") (result i32) (i32.atomic.load (i32.const 0))))
            (assert_return (invoke "get") (i32.const 5))"#;
        let report = run(script, Options::default()).unwrap();
        let failed = report.outcomes.iter().filter(|one| one.failure.is_some());
        let failed: Vec<_> = failed.map(|one| one.directive).collect();
        assert_eq!(failed, ["thread"], "the second has no `add`");
    }
}
