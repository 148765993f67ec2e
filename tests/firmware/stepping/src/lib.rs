//! Steps through programs, and says what is to be seen: the same on every board and desktop.
//!
//! ```text
//! run GUEST N                    what it returns, and after how many steps
//! digests GUEST N STEPS…         frames, values, memory and globals at each of these step counts
//! pause GUEST N STEPS FILE       the same at one, and a snapshot of it
//! resume GUEST FILE              the same from the snapshot, and then as `run`
//! ```

#![no_std]

extern crate alloc;

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::Write;

use wasmote::{
    Config, Engine, Error, Instance, Module, Store, Val,
    debug::{Snapshot, Stepper, Stop, Until},
};

/// What the machine around has.
pub trait Outside {
    /// Prints a line.
    fn print(&mut self, line: &str);

    /// The contents of a file.
    ///
    /// # Errors
    /// What the machine says.
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String>;

    /// Makes a file of what `bytes` gives to the function that it gets.
    ///
    /// # Errors
    /// What the machine says.
    fn write(
        &mut self,
        path: &str,
        bytes: &mut dyn FnMut(&mut dyn FnMut(&[u8]) -> Result<(), String>) -> Result<(), String>,
    ) -> Result<(), String>;
}

macro_rules! guests {
    ($($name:literal),*) => {
        /// The programs; each exports `run`, from i32 to i64.
        static GUESTS: &[(&str, &[u8])] = &[
            $(($name, include_bytes!(concat!("../../../../benches/workloads/", $name, ".wasm")))),*
        ];
    };
}
guests!("fib", "mark", "nbody");

/// A guest in a store of its own.
struct Program<'w> {
    name: &'w str,
    store: Store<()>,
    instance: Instance,
}

impl<'w> Program<'w> {
    fn new(name: &'w str) -> Result<Program<'w>, String> {
        let guest = GUESTS.iter().find(|(known, _)| *known == name);
        let (_, wasm) = guest.ok_or("there is no such guest")?;
        let engine = Engine::new(Config::new().debug(true));
        let module = Module::new(&engine, wasm).map_err(text)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).map_err(text)?;
        Ok(Program {
            name,
            store,
            instance,
        })
    }

    fn start(&mut self, argument: &str) -> Result<Stepper, String> {
        let argument = argument.parse().map_err(text)?;
        let run = self.instance.get_func(&self.store, "run");
        let run = run.ok_or("it has no function `run`")?;
        Stepper::start(&mut self.store, run, &[Val::I32(argument)]).map_err(text)
    }

    fn run_to(&mut self, stepper: &mut Stepper, steps: &str) -> Result<(), String> {
        let steps = steps.parse().map_err(text)?;
        match stepper.run(&mut self.store, &Until::steps(steps)) {
            Stop::Step => Ok(()),
            other => Err(format!("it stopped before: {other:?}")),
        }
    }

    fn finish(&mut self, stepper: &mut Stepper) -> Result<String, String> {
        match stepper.run(&mut self.store, &Until::end()) {
            Stop::Done => Ok(format!(
                "{}: {:?} after {} steps",
                self.name,
                stepper.results(),
                self.store.steps()
            )),
            other => Err(format!("it did not end well: {other:?}")),
        }
    }

    /// What is to be seen at a step, from the innermost frame out.
    fn digest(&self, stepper: &Stepper) -> Result<String, Error> {
        let store = &self.store;
        let mut line = format!("{} at {}:", self.name, store.steps());
        for frame in stepper.frames(store) {
            let locals = stepper.locals(store, &frame)?;
            let operands = stepper.operands(store, &frame)?;
            let _ = write!(
                line,
                " f{}+{:x} {locals:?} {operands:?}",
                frame.func, frame.offset
            );
        }
        let memories = (0..).map_while(|i| self.instance.memory_at(store, i));
        for memory in memories {
            let data = memory.data(store);
            let _ = write!(line, " memory {} {:016x}", data.len(), hash(data));
        }
        let globals = (0..).map_while(|i| self.instance.global_at(store, i));
        let globals: Vec<Val> = globals.map(|global| global.get(store)).collect();
        let _ = write!(line, " globals {globals:?}");
        Ok(line)
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Does what the words say.
///
/// # Errors
/// What they cannot mean, or what went wrong.
pub fn run(words: &[String], outside: &mut dyn Outside) -> Result<(), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["run", guest, argument] => {
            let mut program = Program::new(guest)?;
            let mut stepper = program.start(argument)?;
            outside.print(&program.finish(&mut stepper)?);
        }
        ["digests", guest, argument, ref counts @ ..] => {
            let mut program = Program::new(guest)?;
            let mut stepper = program.start(argument)?;
            for steps in counts {
                program.run_to(&mut stepper, steps)?;
                outside.print(&program.digest(&stepper).map_err(text)?);
            }
            outside.print(&program.finish(&mut stepper)?);
        }
        ["pause", guest, argument, steps, path] => {
            let mut program = Program::new(guest)?;
            let mut stepper = program.start(argument)?;
            program.run_to(&mut stepper, steps)?;
            outside.print(&program.digest(&stepper).map_err(text)?);
            outside.write(path, &mut |sink| {
                let mut sink = |part: &[u8]| sink(part).map_err(Error::new);
                Snapshot::write_to(&program.store, &stepper, &[], &mut sink).map_err(text)
            })?;
        }
        ["resume", guest, path] => {
            let mut program = Program::new(guest)?;
            let snapshot = Snapshot::from_bytes(&outside.read(path)?).map_err(text)?;
            let mut stepper = snapshot.restore(&mut program.store).map_err(text)?;
            outside.print(&program.digest(&stepper).map_err(text)?);
            outside.print(&program.finish(&mut stepper)?);
        }
        _ => return Err("not what it can do".into()),
    }
    Ok(())
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
