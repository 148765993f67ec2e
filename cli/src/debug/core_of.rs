//! Core dumps of programs that have trapped.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use wasmote::{Global, Instance, Memory, Store, Trap, Val, debug::Stepper};

use super::{
    code::Code,
    coredump::{self, CoreDump, Frame, Thread, Value},
};
use crate::{error::Failure, load::reason};

/// Writes a dump of a trap: where its frames were, but not what was in them.
pub fn trap<T>(
    to: &Path,
    module: &Path,
    store: &Store<T>,
    instance: Instance,
    trap: &Trap,
) -> Result<(), Failure> {
    let frames = trap.frames.iter().map(|frame| Frame {
        instance: 0,
        func: frame.func_index,
        offset: frame.offset,
        locals: Vec::new(),
        stack: Vec::new(),
    });
    write(to, module, store, instance, frames.collect())
}

/// The same of a call that was stepped through, with the values of its frames.
pub fn stepper<T>(
    to: &Path,
    module: &Path,
    store: &Store<T>,
    instance: Instance,
    stepper: &Stepper,
) -> Result<(), Failure> {
    let values = |values: Vec<Val>| values.iter().map(Value::from).collect();
    let mut frames = Vec::new();
    for frame in stepper.frames(store) {
        frames.push(Frame {
            instance: 0,
            func: frame.func,
            offset: frame.offset,
            locals: values(stepper.locals(store, &frame)?),
            stack: values(stepper.operands(store, &frame)?),
        });
    }
    write(to, module, store, instance, frames)
}

fn write<T>(
    to: &Path,
    module: &Path,
    store: &Store<T>,
    instance: Instance,
    mut frames: Vec<Frame>,
) -> Result<(), Failure> {
    // The format counts from the start of a function's body.
    let code = Code::new(instance.module(store).bytes())
        .map_err(|error| Failure::new(error.to_string()))?;
    for frame in &mut frames {
        let start = code.body(frame.func).map_or(0, |body| body.range.start);
        frame.offset = frame.offset.saturating_sub(start);
    }
    let memories: Vec<Memory> = (0..).map_while(|i| instance.memory_at(store, i)).collect();
    let globals: Vec<Global> = (0..).map_while(|i| instance.global_at(store, i)).collect();
    let name = module.display().to_string();
    let dump = CoreDump {
        name: name.clone(),
        modules: vec![name],
        instances: vec![coredump::Instance {
            module: 0,
            memories: (0..memories.len() as u32).collect(),
            globals: (0..globals.len() as u32).collect(),
        }],
        threads: vec![Thread {
            name: "main".into(),
            frames,
        }],
        memories: memories
            .iter()
            .map(|memory| {
                let ty = memory.ty(store);
                coredump::Memory {
                    bytes: memory.data(store),
                    page_size_log2: ty.page_size().trailing_zeros(),
                    maximum: ty.maximum,
                    memory64: ty.is_64,
                    shared: ty.shared,
                }
            })
            .collect(),
        globals: globals
            .iter()
            .map(|global| Value::from(&global.get(store)))
            .collect(),
    };
    let unwritten =
        |error: std::io::Error| Failure::new(format!("{}: {}", to.display(), reason(&error)));
    let mut file = BufWriter::new(File::create(to).map_err(unwritten)?);
    dump.write(&mut file).map_err(unwritten)?;
    file.flush().map_err(unwritten)
}
