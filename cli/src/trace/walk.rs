//! Goes from one instruction that is shown to the next.

use std::{collections::HashMap, rc::Rc};

use wasmote::{
    Store, Val,
    debug::{Access, Frame, Stepper, Until},
};

use super::{
    event::{End, Format, Instruction, Touched},
    select::Selection,
};
use crate::{
    debug::{
        code::Code,
        listing::{Line, Listing},
    },
    error::Failure,
    report::Report,
};

/// Steps after which interrupts and progress are looked at, at the latest.
const STRIDE: u64 = 1 << 24;
/// Bytes that are shown of an access: a vector's.
const BYTES: u64 = 16;

/// An instruction that has begun.
struct Begun {
    told: Instruction,
    /// First slot of its frame.
    frame: u32,
    /// The instruction behind it.
    next: Option<u32>,
    gives: usize,
    calls: bool,
    accesses: Vec<Access>,
}

/// What is known of a function's text.
struct Func {
    name: Rc<str>,
    lines: HashMap<u32, (Rc<str>, Option<u32>)>,
}

/// A trace on its way.
pub struct Walk<'m> {
    selection: Selection,
    code: Rc<Code<'m>>,
    listing: Listing<'m>,
    format: Box<dyn Format>,
    funcs: HashMap<u32, Func>,
    /// Where to go when instructions are looked for, and when only the next one is wanted.
    search: Until,
    single: Until,
    /// To be told when it is known what it gives.
    last: Option<Begun>,
    /// Calls that were told, and have not returned.
    calls: Vec<Begun>,
    /// First slots of frames, and their depths.
    depths: Vec<(u32, usize)>,
    /// Whether the machine has gone a single step.
    singly: bool,
    shown: u64,
}

impl<'m> Walk<'m> {
    pub fn new(selection: Selection, code: Rc<Code<'m>>, format: Box<dyn Format>) -> Walk<'m> {
        Walk {
            search: selection.until(),
            single: Until::default(),
            selection,
            listing: Listing::new(code.clone()),
            code,
            format,
            funcs: HashMap::new(),
            last: None,
            calls: Vec::new(),
            depths: Vec::new(),
            singly: false,
            shown: 0,
        }
    }

    /// How many instructions were told.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    /// Looks at where the call has stopped, and says where to go on to; nowhere if nothing more is to be shown.
    pub fn look<T>(
        &mut self,
        store: &Store<T>,
        stepper: &Stepper,
        out: &mut Report,
    ) -> Result<Option<&Until>, Failure> {
        let Some(frame) = stepper.innermost(store) else {
            return Ok(Some(self.goal(store.steps())));
        };
        let depth = self.depth(store, stepper, &frame);
        let mut operands = None;
        self.tell_last(store, stepper, &frame, &mut operands, out)?;
        let step = store.steps();
        if self.shown >= self.selection.limit || step >= self.selection.steps.end {
            return Ok(None);
        }
        let accesses = stepper.accesses(store, &frame)?;
        if self.selection.has(step, &frame, &accesses) {
            let operands = match operands {
                Some(operands) => operands,
                None => stepper.operands(store, &frame)?,
            };
            let begun = self.begin(store, stepper, &frame, depth, operands, accesses)?;
            if begun.calls && out.is_shared() {
                // The program may write now.
                out.flush()?;
            }
            self.last = Some(begun);
        }
        Ok(Some(self.goal(step)))
    }

    /// Where to look next.
    fn goal(&mut self, step: u64) -> &Until {
        let steps = &self.selection.steps;
        let everything = self.selection.is_everything() && steps.start <= step;
        let plain = self.last.as_ref().is_some_and(|last| !last.calls);
        self.singly = everything || plain;
        if self.singly {
            self.single.steps = Some(step + 1);
            return &self.single;
        }
        let until = &mut self.search;
        let next = match step < steps.start {
            true => steps.start,
            false => steps.end,
        };
        until.steps = Some(next.min(step.saturating_add(STRIDE)));
        let caller = self.last.as_ref().or(self.calls.last());
        until.frame = caller.map(|call| call.frame);
        until
    }

    /// Frames around this one.
    fn depth<T>(&mut self, store: &Store<T>, stepper: &Stepper, frame: &Frame) -> usize {
        while self
            .depths
            .last()
            .is_some_and(|(base, _)| *base > frame.base)
        {
            self.depths.pop();
        }
        let depth = match self.depths.last() {
            Some((base, depth)) if *base == frame.base => return *depth,
            Some((_, depth)) if self.singly => depth + 1,
            _ => stepper.frames(store).len().saturating_sub(1),
        };
        self.depths.push((frame.base, depth));
        depth
    }

    /// Tells the last instruction, now that it is over or has called, and calls that have returned.
    fn tell_last<T>(
        &mut self,
        store: &Store<T>,
        stepper: &Stepper,
        frame: &Frame,
        operands: &mut Option<Vec<Val>>,
        out: &mut Report,
    ) -> Result<(), Failure> {
        if let Some(mut last) = self.last.take() {
            show_written(store, &mut last);
            let calls = last.calls && frame.base > last.frame;
            let results = match calls {
                true => Vec::new(),
                false => results(store, stepper, frame, &last, operands)?,
            };
            self.tell(out, &last, &results)?;
            if calls {
                self.calls.push(last);
            }
        }
        while let Some(call) = self.calls.pop_if(|call| call.frame >= frame.base) {
            // (Others were left by an exception.)
            if call.frame == frame.base && call.next == Some(frame.offset) {
                let results = results(store, stepper, frame, &call, operands)?;
                let written = self.format.returned(out, &call.told, &results);
                out.check(written)?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, out: &mut Report, begun: &Begun, results: &[Val]) -> Result<(), Failure> {
        self.shown += 1;
        let written = self.format.instruction(out, &begun.told, results);
        out.check(written)
    }

    fn begin<T>(
        &mut self,
        store: &Store<T>,
        stepper: &Stepper,
        frame: &Frame,
        depth: usize,
        mut operands: Vec<Val>,
        accesses: Vec<Access>,
    ) -> Result<Begun, Failure> {
        let (takes, gives) = stepper.arity(frame)?;
        let func = self.func(frame.func)?;
        let line = func.lines.get(&frame.offset).cloned();
        let (text, next) = line.unwrap_or_default();
        let first = operands.len().saturating_sub(takes as usize);
        let memory = accesses.iter().map(|access| Touched {
            writes: access.writes,
            index: access.index,
            address: access.address,
            len: access.len,
            bytes: match access.writes {
                true => Vec::new(),
                false => bytes(store, access),
            },
        });
        Ok(Begun {
            frame: frame.base,
            next,
            gives: gives as usize,
            calls: text.starts_with("call"),
            told: Instruction {
                step: store.steps(),
                depth,
                func: frame.func,
                name: func.name.clone(),
                offset: frame.offset,
                text,
                operands: operands.split_off(first),
                memory: memory.collect(),
            },
            accesses,
        })
    }

    /// The text of a function.
    fn func(&mut self, func: u32) -> Result<&Func, Failure> {
        if !self.funcs.contains_key(&func) {
            let lines = self.listing.func(func).map_err(Failure::new)?;
            let lines = lines.unwrap_or_default();
            let lines: Vec<&Line> = lines.iter().filter(|line| line.offset.is_some()).collect();
            let nexts = lines.iter().skip(1).map(|line| line.offset);
            let nexts = nexts.chain([None]);
            let lines = lines.iter().zip(nexts).filter_map(|(line, next)| {
                let text = match line.text.as_str() {
                    ")" => "end",
                    // (Without the comment that names a label.)
                    text => text.split(" ;; ").next().unwrap_or_default(),
                };
                Some((line.offset?, (text.into(), next)))
            });
            let found = Func {
                name: self.code.display_name(func).into(),
                lines: lines.collect(),
            };
            self.funcs.insert(func, found);
        }
        Ok(&self.funcs[&func])
    }

    /// Tells the last instruction, if it was the last of all, and the end.
    pub fn end<T>(&mut self, store: &Store<T>, end: &End, out: &mut Report) -> Result<(), Failure> {
        if let Some(mut last) = self.last.take() {
            if let End::Returned | End::Exited(_) = end {
                show_written(store, &mut last);
            }
            self.tell(out, &last, &[])?;
        }
        let written = self.format.end(out, store.steps(), end);
        out.check(written)
    }
}

/// What an instruction has put on the stack: what is on top of it at the one behind it.
fn results<T>(
    store: &Store<T>,
    stepper: &Stepper,
    frame: &Frame,
    begun: &Begun,
    operands: &mut Option<Vec<Val>>,
) -> Result<Vec<Val>, Failure> {
    let behind = frame.base == begun.frame
        && frame.func == begun.told.func
        && begun.next == Some(frame.offset);
    if !behind || begun.gives == 0 {
        return Ok(Vec::new());
    }
    let operands = match operands {
        Some(operands) => operands,
        None => operands.insert(stepper.operands(store, frame)?),
    };
    let first = operands.len().saturating_sub(begun.gives);
    Ok(operands[first..].to_vec())
}

/// Adds what an instruction has written.
fn show_written<T>(store: &Store<T>, begun: &mut Begun) {
    for (touched, access) in begun.told.memory.iter_mut().zip(&begun.accesses) {
        if access.writes {
            touched.bytes = bytes(store, access);
        }
    }
}

/// The first bytes of an access that is in bounds.
fn bytes<T>(store: &Store<T>, access: &Access) -> Vec<u8> {
    let data = access.memory.data(store);
    let range = usize::try_from(access.address)
        .ok()
        .zip(usize::try_from(access.len).ok());
    let all = range.and_then(|(start, len)| data.get(start..start.checked_add(len)?));
    let shown = access.len.min(BYTES) as usize;
    all.map(|all| all[..shown].to_vec()).unwrap_or_default()
}
