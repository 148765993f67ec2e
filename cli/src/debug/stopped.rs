//! What debug information finds in a frame of a stopped call.

use wasmote::Val;

use super::source::Machine;

/// A frame, as it is now.
#[derive(Default)]
pub struct Stopped<'a> {
    /// Parameters and locals, as [`Stepper::locals`](wasmote::debug::Stepper::locals) gives them.
    pub locals: Vec<Val>,
    /// As [`Stepper::operands`](wasmote::debug::Stepper::operands) gives them.
    pub operands: Vec<Val>,
    /// Of the frame's instance, imported ones first.
    pub globals: Vec<Val>,
    /// The first memory of the frame's instance.
    pub memory: &'a [u8],
}

impl Machine for Stopped<'_> {
    fn local(&self, index: u32) -> Option<u64> {
        bits(self.locals.get(index as usize)?)
    }

    fn global(&self, index: u32) -> Option<u64> {
        bits(self.globals.get(index as usize)?)
    }

    fn operand(&self, index: u32) -> Option<u64> {
        bits(self.operands.get(index as usize)?)
    }

    fn memory(&self, address: u64, length: usize) -> Option<Vec<u8>> {
        let start = usize::try_from(address).ok()?;
        let bytes = self.memory.get(start..start.checked_add(length)?)?;
        Some(bytes.to_vec())
    }
}

/// A number's bits, in the lower half if it has 32; none of references and vectors.
fn bits(value: &Val) -> Option<u64> {
    match value {
        Val::I32(value) => Some(u64::from(*value as u32)),
        Val::I64(value) => Some(*value as u64),
        Val::F32(bits) => Some(u64::from(*bits)),
        Val::F64(bits) => Some(*bits),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use wasmote::{
        Config, Engine, Instance, Linker, Memory, Module, Store,
        debug::{Breakpoint, Stepper, Stop, Until, Watch},
    };
    use wasmote_wasi::{MemHost, WasiCtx, WasiCtxBuilder};

    use super::*;
    use crate::debug::{
        code::Code,
        source::{Object, Source},
    };

    /// A guest that is being debugged.
    struct Session<'m> {
        source: Source<'m>,
        module: Module,
        store: Store<WasiCtx<MemHost>>,
        instance: Instance,
        stepper: Stepper,
    }

    impl<'m> Session<'m> {
        fn start(bytes: &'m [u8], argument: &str, func: &str, args: &[Val]) -> Session<'m> {
            let engine = Engine::new(Config::new().debug(true));
            let module = Module::new(&engine, bytes).expect("valid");
            let words = WasiCtxBuilder::new().arg("program").expect("no zero");
            let words = words.arg(argument).expect("no zero");
            let context = words.build(MemHost::new()).expect("nothing is opened");
            let mut store = Store::new(&engine, context);
            let mut linker = Linker::new(&engine);
            wasmote_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx<MemHost>| context)
                .expect("nothing else");
            let instance = linker.instantiate(&mut store, &module).expect("links");
            let func = instance.get_func(&store, func).expect("exported");
            let stepper = Stepper::start(&mut store, func, args).expect("it can be called");
            let code = Rc::new(Code::new(bytes).expect("valid"));
            Session {
                source: Source::new(code).expect("not malformed"),
                module,
                store,
                instance,
                stepper,
            }
        }

        /// Runs to a line.
        fn run_to(&mut self, file: &str, line: u32) {
            let places = self.source.places(file, line);
            assert!(!places.is_empty(), "{file}:{line}");
            let breakpoints = places.iter().map(|place| Breakpoint {
                module: self.module.clone(),
                offset: place.offset,
            });
            let until = Until {
                breakpoints: breakpoints.collect(),
                ..Until::default()
            };
            let stop = self.stepper.run(&mut self.store, &until);
            assert!(matches!(stop, Stop::Breakpoint(_)), "{stop:?}");
        }

        fn memory(&self) -> Memory {
            let memory = self.instance.get_memory(&self.store, "memory");
            memory.expect("exported")
        }

        /// The value of a path in a frame.
        fn show(&self, frame: usize, path: &str) -> String {
            self.look(frame, path, |value, stopped| {
                self.source.show(value, stopped)
            })
            .unwrap_or_else(|error| error)
        }

        fn look<T>(
            &self,
            frame: usize,
            path: &str,
            with: impl FnOnce(&Object, &Stopped) -> T,
        ) -> Result<T, String> {
            let frame = &self.stepper.frames(&self.store)[frame];
            let memory = self.memory();
            let stopped = Stopped {
                locals: self.stepper.locals(&self.store, frame).expect("it has"),
                operands: self.stepper.operands(&self.store, frame).expect("it has"),
                globals: Vec::new(),
                memory: memory.data(&self.store),
            };
            let value = self.source.value(frame.offset, path, &stopped)?;
            Ok(with(&value, &stopped))
        }

        #[track_caller]
        fn check(&self, frame: usize, values: &[(&str, &str)]) {
            for (path, value) in values {
                let shown = self.show(frame, path);
                // Addresses are not ours to say.
                let matches = match value.strip_prefix("0x… ") {
                    Some(text) => shown.starts_with("0x") && shown.ends_with(text),
                    None => shown == *value,
                };
                assert!(matches, "{path}: {shown}");
            }
        }
    }

    const LEDGER_O0: &[u8] = include_bytes!("../../../tests/guests/ledger-O0.wasm");
    const LEDGER_O1: &[u8] = include_bytes!("../../../tests/guests/ledger-O1.wasm");
    const SHAPES: &[u8] = include_bytes!("../../../tests/guests/shapes.wasm");

    #[test]
    fn variables_of_a_program_in_c() {
        let mut session = Session::start(LEDGER_O0, "30", "_start", &[]);
        session.run_to("src/ledger.c", 136);
        session.check(
            0,
            &[
                ("length", "8"),
                ("a->length", "7"),
                ("b->length", "1"),
                ("a->text[0]", "67 'C'"),
                ("a->class->name", "0x… \"string\""),
                ("joined->text[7]", "58 ':'"),
                ("heap->used", "104"),
            ],
        );
        // The frames of its callers, at their calls.
        session.check(1, &[("i", "{opcode: JOIN, operand: 0}"), ("m->depth", "0")]);
        session.check(
            2,
            &[
                ("n", "30"),
                ("argc", "2"),
                ("argv[1]", "0x… \"30\""),
                ("length", "no variable `length` here"),
            ],
        );
    }

    #[test]
    fn variables_of_optimized_c() {
        let mut session = Session::start(LEDGER_O1, "30", "_start", &[]);
        session.run_to("src/ledger.c", 136);
        session.check(
            0,
            &[
                ("length", "8"),
                ("a->length", "7"),
                ("b->text[0]", "58 ':'"),
                ("joined", "`joined` is <optimized out>"),
                // The compiler says that half of it is still on the operand stack, where it is no more.
                ("i", "`i` is <optimized out>"),
                ("machine.pc", "9"),
            ],
        );
    }

    #[test]
    fn variables_of_a_program_in_rust() {
        let mut session = Session::start(SHAPES, "", "draw", &[Val::I32(2)]);
        session.run_to("shapes.rs", 99);
        session.check(
            0,
            &[
                ("drawing.title", "\"tangram\""),
                ("drawing.author", "\"Ada\""),
                ("drawing.shapes[2]", "Square {0: 2}"),
                ("drawing.unit", "Inch"),
            ],
        );
        session.check(1, &[("squares", "`squares` is <optimized out>")]);
    }

    /// What the guest is for: who damaged the object that the program trips over at last?
    #[test]
    fn the_damage_is_done_long_before_the_trap() {
        for bytes in [LEDGER_O0, LEDGER_O1] {
            let mut session = Session::start(bytes, "30", "_start", &[]);
            let stop = session.stepper.run(&mut session.store, &Until::end());
            assert!(matches!(stop, Stop::Failed), "{stop:?}");
            let trapped = session.store.steps();
            let frame = &session.stepper.frames(&session.store)[0];
            let place = session.source.location(frame.offset).expect("known");
            assert_eq!((&*place.file, place.line), ("src/ledger.c", 190));
            let class = "machine.variables[0].object->class";
            let class = session.look(0, class, |value, _| value.address());
            let class = class.expect("there").expect("in memory");

            let mut session = Session::start(bytes, "30", "_start", &[]);
            let until = Until {
                watches: vec![Watch::Memory {
                    memory: session.memory(),
                    start: class,
                    len: 1,
                }],
                ..Until::default()
            };
            let mut writes = Vec::new();
            while let Stop::Watch(hit) = session.stepper.run(&mut session.store, &until) {
                let frame = &session.stepper.frames(&session.store)[0];
                let place = session.source.location(frame.offset - 1).expect("known");
                writes.push((place.line, hit.step));
            }
            let lines: Vec<u32> = writes.iter().map(|(line, _)| *line).collect();
            // The table is made, and the terminator of a string written into it.
            assert_eq!(lines, [106, 136]);
            assert!(writes[1].1 < trapped / 20, "{writes:?} {trapped}");
        }
    }
}
