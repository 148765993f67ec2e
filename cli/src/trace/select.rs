//! Which instructions a trace shows.

use std::ops::Range;

use wasmote::Module;
use wasmote::{
    Memory, Store,
    debug::{Access, CodeRange, Frame, Until, Watch},
};

use crate::{args::TraceArgs, debug::code::Code, error::Failure};

/// What the filters leave. Each has to let an instruction through.
pub struct Selection {
    /// None for all code.
    code: Option<Vec<CodeRange>>,
    pub steps: Range<u64>,
    /// First address and bytes, in the first memory.
    memory: Option<(u64, u64)>,
    watched: Option<Memory>,
    pub limit: u64,
}

impl Selection {
    pub fn new(args: &TraceArgs, code: &Code, module: &Module) -> Result<Selection, Failure> {
        let mut ranges = Vec::new();
        for name in &args.funcs {
            let func = code
                .find(name)
                .ok_or_else(|| Failure::new(format!("no function `{name}` in the module")))?;
            let body = code.body(func).ok_or_else(|| {
                Failure::new(format!("function `{name}` is imported: it has no code"))
            })?;
            ranges.push(body.range.clone());
        }
        ranges.extend(args.ranges.iter().map(|range| range.0.clone()));
        let range = |offsets| CodeRange {
            module: module.clone(),
            offsets,
        };
        Ok(Selection {
            code: (!ranges.is_empty()).then(|| ranges.into_iter().map(range).collect()),
            steps: args.from..args.to.unwrap_or(u64::MAX),
            memory: args
                .memory
                .as_ref()
                .map(|range| (range.0.start, range.0.end - range.0.start)),
            watched: None,
            limit: args.limit.unwrap_or(u64::MAX),
        })
    }

    /// Finds the memory that is looked at, when there is an instance.
    pub fn find_memory<T>(&mut self, store: &Store<T>, frame: &Frame) -> Result<(), Failure> {
        if self.memory.is_some() {
            let memory = frame.instance.memory_at(store, 0);
            let none = || Failure::new("--memory: the module has no memory");
            self.watched = Some(memory.ok_or_else(none)?);
        }
        Ok(())
    }

    /// Whether every instruction is to be looked at.
    pub fn is_everything(&self) -> bool {
        self.code.is_none() && self.memory.is_none()
    }

    /// Where to look for the next.
    pub fn until(&self) -> Until {
        let mut until = Until {
            within: self.code.clone().unwrap_or_default(),
            before_writes: true,
            ..Until::default()
        };
        if let (None, Some(memory), Some((start, len))) = (&self.code, self.watched, self.memory) {
            until.watches.push(Watch::Memory { memory, start, len });
            until.watches.push(Watch::Reads { memory, start, len });
        }
        until
    }

    /// Whether an instruction is shown, of which this is known.
    pub fn has(&self, step: u64, frame: &Frame, accesses: &[Access]) -> bool {
        let in_code = self.code.as_ref().is_none_or(|ranges| {
            ranges
                .iter()
                .any(|range| range.offsets.contains(&frame.offset))
        });
        let touches = self.memory.is_none_or(|(start, len)| {
            accesses
                .iter()
                .any(|access| Some(access.memory) == self.watched && access.overlaps(start, len))
        });
        in_code && touches && self.steps.contains(&step)
    }
}
