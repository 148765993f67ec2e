//! Verification: whatever an image holds, running it stays inside the machine.
//!
//! Handlers trust code, as they trust what the translator makes of a validated module. What they rely on is
//! checked here for every instruction, in one pass over the code and a second for branches:
//! - slots lie in the frame, and none that is written is one of its header;
//! - branches lead to instructions of the function, and its end is not run into;
//! - indices are of something, and of the kind that the op is about;
//! - frames of callees begin behind this one's header, and have theirs where the callee's type says.
//!
//! Values are not typed: an op may find any bits. Handlers check references where they use them.

use core::ops::Range;

use super::{
    load::ImageCode,
    read::{damaged, distance, u16_at, u32_at},
};
use crate::{
    bytecode::{Clause, Compact, CompactForm, Encoding, Field, Op, Shape, Try, compact_form},
    error::Error,
    exec::HEADER_SLOTS,
    module::{ModuleInner, TypeEntry},
    types::{FuncType, HeapType},
};

/// Bytes of code of which is noted at once where branches may lead to: with a bit for two of them, 512 bytes of RAM
/// on chips. Branches of larger functions are looked at once for each such part.
const WINDOW: usize = if cfg!(feature = "std") {
    1 << 16
} else {
    1 << 13
};

/// Checks the code of a module whose head has been read.
pub(super) fn verify(module: &ModuleInner, image: &ImageCode) -> Result<(), Error> {
    for defined in 0..image.defined {
        let index = module.imported_funcs + defined;
        let own = module.type_of_func(index);
        let function = Function {
            module,
            image: &module.bytes,
            start: image.entry(&module.bytes, defined) as usize,
            end: image.end(&module.bytes, defined) as usize,
            slots: image.slots(&module.bytes, defined),
            header: own.header_slot(),
            own,
            #[cfg(feature = "metering")]
            meters: [
                module.engine.fuel_enabled().then_some(Op::Fuel),
                module.engine.interruptible().then_some(Op::Checkpoint),
            ],
        };
        let fail = |error: Error| {
            let name = match cfg!(feature = "messages") {
                true => module.func_name(index),
                false => None,
            };
            error.in_func(index, name)
        };
        function.all(image, defined).map_err(fail)?;
    }
    Ok(())
}

/// A function's code, from its first instruction to its end.
struct Function<'m> {
    module: &'m ModuleInner,
    image: &'m [u8],
    start: usize,
    end: usize,
    slots: u32,
    header: u32,
    own: &'m FuncType,
    /// The ops that keep its runs bounded.
    #[cfg(feature = "metering")]
    meters: [Option<Op>; 2],
}

/// An instruction at a byte offset of the image.
struct Instruction {
    at: usize,
    op: Op,
    form: CompactForm,
    len: usize,
}

/// What an instruction names, where there is more to say of it than that it is there.
#[derive(Default)]
struct Named<'m> {
    first: u32,
    source: u32,
    count: u32,
    base: Option<u32>,
    header: Option<u32>,
    callee: Option<&'m FuncType>,
    ty: Option<&'m TypeEntry>,
    number: u32,
    /// The top type of a table's elements.
    table: Option<Option<HeapType>>,
}

impl Function<'_> {
    #[cold]
    fn error(&self, what: &'static str, at: usize) -> Error {
        damaged(what, at)
    }

    /// The instruction at `at`, which lies in the function as a whole.
    fn decode(&self, at: usize) -> Result<Instruction, Error> {
        let opcode = u16_at(self.image, at);
        let Some((op, form)) = compact_form(opcode) else {
            return Err(self.error("there is no such opcode", at));
        };
        let mut len = Compact::OPCODE_BYTES + form.operand_bytes();
        if op == Op::BrTable {
            let targets = u32_at(self.image, at + len - 4) as usize + 1;
            len = len.saturating_add(targets.saturating_mul(form.target_bytes()));
        }
        if len > self.end - at {
            return Err(self.error("an instruction goes on behind its function", at));
        }
        Ok(Instruction { at, op, form, len })
    }

    /// Checks all there is of the function, which is this one of the image's.
    #[cfg_attr(not(heap), allow(unused_variables))]
    fn all(&self, image: &ImageCode, defined: u32) -> Result<(), Error> {
        self.code()?;
        #[cfg(heap)]
        {
            let map = image.frame_map(self.image, defined)?;
            for clause in &map.clauses {
                let values = match clause.tag {
                    Some(tag) => self.tag_slots(tag).unwrap_or(u32::MAX),
                    None => 0,
                };
                let exception = clause.exception;
                if !self.writes(clause.base.into(), values)
                    || exception.is_some_and(|at| !self.writes(at.into(), 1))
                {
                    return Err(self.error("a clause leaves the frame", self.start));
                }
            }
            self.branches(&map.clauses, &map.tries)
        }
        #[cfg(not(heap))]
        self.branches(&[], &[])
    }

    /// Checks each instruction but for where it branches to.
    fn code(&self) -> Result<(), Error> {
        if self.start >= self.end || self.slots < self.header + HEADER_SLOTS as u32 {
            return Err(self.error(
                "a function has no code, or no room for its header",
                self.start,
            ));
        }
        let mut at = self.start;
        loop {
            let instruction = self.decode(at)?;
            self.instruction(&instruction)?;
            at += instruction.len;
            if at < self.end {
                continue;
            }
            return match ends(instruction.op) {
                true => Ok(()),
                false => Err(self.error("a function's end is run into", instruction.at)),
            };
        }
    }

    /// Checks that branches, and those of the clauses, lead to instructions; where code is metered, that no way
    /// goes on for ever without meeting the op that meters.
    #[cfg_attr(not(feature = "metering"), allow(unused_variables))]
    fn branches(&self, clauses: &[Clause], tries: &[Try]) -> Result<(), Error> {
        let begins = |at: usize, _: &Instruction| at..at + 1;
        let targets = clauses.iter().map(|clause| clause.target as usize);
        self.lead_to(
            begins,
            |_, _| true,
            targets,
            "a branch leads to no instruction",
        )?;
        #[cfg(feature = "metering")]
        for meter in self.meters.into_iter().flatten() {
            // Where the run of instructions that goes on to the next one began.
            let mut run = 0;
            let meets = |at: usize, one: &Instruction| {
                let end = at + one.len;
                if at == 0 {
                    run = 0;
                }
                let met = run..at + 1;
                if self.is_metering(one, meter) || leaves(one.op) {
                    run = end;
                    return met;
                }
                if self.goes_elsewhere(one) {
                    run = end;
                }
                0..0
            };
            let clauses = (tries.iter())
                .flat_map(|one| {
                    let clauses = clauses.get(one.clauses.0 as usize..one.clauses.1 as usize);
                    let ahead = move |clause: &&Clause| clause.target < one.end;
                    clauses.unwrap_or_default().iter().filter(ahead)
                })
                .map(|clause| clause.target as usize);
            self.lead_to(
                meets,
                |at, target| target <= at,
                clauses.chain([0]),
                "a loop or function does not meter itself, as the image says it does",
            )?;
        }
        Ok(())
    }

    /// Whether an instruction charges at least something, or looks whether to go on.
    #[cfg(feature = "metering")]
    fn is_metering(&self, one: &Instruction, meter: Op) -> bool {
        one.op == meter && (meter != Op::Fuel || u32_at(self.image, one.at + 2) > 0)
    }

    /// Whether an instruction may go on elsewhere than behind it.
    #[cfg(feature = "metering")]
    fn goes_elsewhere(&self, one: &Instruction) -> bool {
        ends(one.op)
            || self.targets(one).next().is_some()
            || one
                .form
                .fields()
                .any(|field| matches!(field, Field::Base(_) | Field::NearBase(_)))
    }

    /// Checks that branches which are `about` it (from where, and to), and `others`, lead into ranges that `marks`
    /// says of each instruction (of which the first is at 0). Places are byte offsets behind the function's start.
    fn lead_to(
        &self,
        mut marks: impl FnMut(usize, &Instruction) -> Range<usize>,
        about: impl Fn(usize, usize) -> bool,
        others: impl Iterator<Item = usize> + Clone,
        what: &'static str,
    ) -> Result<(), Error> {
        let len = self.end - self.start;
        let mut marked = [0u32; WINDOW / 64];
        for from in (0..len).step_by(WINDOW) {
            marked.fill(0);
            self.each(|one| {
                let range = marks(one.at - self.start, one);
                let end = range.end.min(from + WINDOW);
                for place in (range.start.max(from)..end).step_by(2) {
                    marked[(place - from) / 64] |= 1 << ((place - from) / 2 % 32);
                }
                Ok(())
            })?;
            let leads = |target: usize| match target.checked_sub(from) {
                Some(place) if target < len && place < WINDOW => {
                    place % 2 == 0 && marked[place / 64] >> (place / 2 % 32) & 1 != 0
                }
                // Of another window, or of none: the first says so.
                _ => from != 0 || target < len,
            };
            self.each(|one| {
                let at = one.at - self.start;
                let mut targets = self.targets(one).filter(|target| about(at, *target));
                match targets.all(leads) {
                    true => Ok(()),
                    false => Err(self.error(what, one.at)),
                }
            })?;
            if !others.clone().all(leads) {
                return Err(self.error(what, self.start));
            }
        }
        Ok(())
    }

    fn each(&self, mut visit: impl FnMut(&Instruction) -> Result<(), Error>) -> Result<(), Error> {
        let mut at = self.start;
        while at < self.end {
            let instruction = self.decode(at)?;
            visit(&instruction)?;
            at += instruction.len;
        }
        Ok(())
    }

    /// Where an instruction branches to: byte offsets behind the start; larger than any if that is before it.
    fn targets(&self, one: &Instruction) -> impl Iterator<Item = usize> + use<'_> {
        let (at, op) = (one.at, one.op);
        let bytes = one.form.target_bytes();
        let rel = one.form.fields().find_map(|field| match field {
            Field::Rel(to) | Field::FarRel(to) => {
                Some((at + Compact::OPCODE_BYTES + usize::from(to), 1))
            }
            _ => None,
        });
        let table = match op {
            Op::BrTable => {
                let fields = at + Compact::OPCODE_BYTES + one.form.operand_bytes();
                Some((fields, (at + one.len - fields) / bytes))
            }
            _ => None,
        };
        let (first, count) = rel.or(table).unwrap_or((0, 0));
        (0..count).map(move |i| {
            let field = first + i * bytes;
            let target = field as i64 + distance(self.image, field, bytes);
            usize::try_from(target - self.start as i64).unwrap_or(usize::MAX)
        })
    }

    fn reads(&self, slot: u32, count: u32) -> bool {
        slot.checked_add(count).is_some_and(|end| end <= self.slots)
    }

    fn writes(&self, slot: u32, count: u32) -> bool {
        self.reads(slot, count)
            && (slot + count <= self.header || slot >= self.header + HEADER_SLOTS as u32)
    }

    fn func_type(&self, index: u32) -> Option<&FuncType> {
        let entry = self.module.types.get(index as usize)?;
        entry.is_func().then_some(&entry.ty)
    }

    fn tag_slots(&self, tag: u32) -> Option<u32> {
        let ty = self.module.tags.get(self.module, tag)?;
        Some(self.module.func_type(ty).param_slots() as u32)
    }

    fn instruction(&self, one: &Instruction) -> Result<(), Error> {
        let what = self.check(one);
        what.map_err(|what| self.error(what, one.at))
    }

    fn check(&self, one: &Instruction) -> Result<(), &'static str> {
        let op = one.op;
        let at = |place: u8| one.at + Compact::OPCODE_BYTES + usize::from(place);
        let u16 = |place: u8| u32::from(u16_at(self.image, at(place)));
        // (Instructions lie in the function as a whole.)
        let slot = |place: u8| u32::from(self.image[at(place)]);
        let u32 = |place: u8| u32_at(self.image, at(place));
        let module = self.module;
        let wide = u32::from(op.is_wide());
        let mut named = Named::default();
        for field in one.form.fields() {
            let fine = match field {
                Field::Dst(place) => {
                    named.first = slot(place);
                    self.writes(named.first, 1 + wide)
                }
                Field::Dst16(place) => {
                    named.first = u16(place);
                    self.writes(named.first, 1)
                }
                Field::DstPair(place) => self.writes(slot(place), 2),
                Field::DstRun(place, run) => self.writes(u16(place), run.into()),
                Field::Src(place) => self.reads(slot(place), 1 + wide),
                Field::Src16(place) => {
                    named.source = u16(place);
                    begins_run(op, place) || self.reads(named.source, 1 + wide)
                }
                Field::Base(place) => {
                    named.base = Some(u16(place));
                    true
                }
                Field::NearBase(place) => {
                    named.base = Some(slot(place));
                    true
                }
                Field::NearHeader(place) => {
                    named.header = Some(slot(place));
                    true
                }
                Field::OwnHeader(place) => u16(place) == self.header,
                Field::Count(place) => {
                    named.count = u16(place);
                    true
                }
                Field::Count32(place) => {
                    named.number = u32(place);
                    true
                }
                Field::Func(place) => {
                    named.number = u16(place);
                    let func = match op {
                        Op::Call => named.number.checked_add(module.imported_funcs),
                        Op::CallImport => {
                            (named.number < module.imported_funcs).then_some(named.number)
                        }
                        #[cfg(feature = "tail-call")]
                        Op::ReturnCall => named.number.checked_add(module.imported_funcs),
                        #[cfg(feature = "tail-call")]
                        Op::ReturnCallImport => {
                            (named.number < module.imported_funcs).then_some(named.number)
                        }
                        _ => Some(named.number),
                    };
                    let func = func.filter(|func| *func < module.func_count());
                    named.callee = func.map(|func| module.type_of_func(func));
                    func.is_some()
                }
                Field::Type(place) => {
                    named.ty = module.types.get(u16(place) as usize);
                    named.callee = self.func_type(u16(place));
                    named.ty.is_some()
                }
                Field::Cast(place) => self.cast(u32(place)),
                Field::Global(place) => {
                    let global = module.globals.get(module, u16(place));
                    global.is_some_and(|global| global.mutable || !writes_global(op))
                }
                Field::Memory(place) | Field::Memory16(place) => u16(place) < module.memories.len(),
                Field::Table(place) | Field::Table32(place) => {
                    let other = module.tables.get(module, u16(place));
                    // Two tables are copied between: what is in one may be in the other.
                    let top = other.as_ref().map(|ty| ty.element.heap.top());
                    let same = named.table.is_none_or(|table| top == table);
                    named.table = Some(top);
                    other.is_some() && same
                }
                Field::Data(place) => u16(place) < module.data.len(),
                Field::Elem(place) => u16(place) < module.elements.len(),
                Field::Both(..)
                | Field::Acc(_)
                | Field::ToAcc(_)
                | Field::Pin(_)
                | Field::ToPin(_)
                | Field::Full => false,
                Field::Entry(_)
                | Field::Imm(_)
                | Field::Imm16(_)
                | Field::Imm24(_)
                | Field::Imm32(_)
                | Field::Imm64(_)
                | Field::Imm128(_)
                | Field::FImm32(_)
                | Field::FImm64(_)
                | Field::Offset(_)
                | Field::Offset16(_)
                | Field::Offset64(_)
                | Field::Rel(_)
                | Field::Targets(_)
                | Field::FarRel(_)
                | Field::FarTargets(_) => true,
                Field::Header(place) => {
                    named.header = Some(u16(place));
                    true
                }
            };
            if !fine {
                return Err("an operand is of nothing");
            }
        }
        let fine = match op {
            Op::Halt | Op::Restore => false,
            Op::CopyMany => {
                self.writes(named.first, named.count) && self.reads(named.source, named.count)
            }
            Op::ZeroLocals => named.count == 0 || self.writes(named.first, named.count),
            Op::ReturnSlot => self.own.result_slots() == 1,
            Op::ReturnMany => {
                self.reads(named.source, named.count)
                    && named.count as usize == self.own.result_slots()
            }
            Op::Call | Op::CallImport | Op::CallIndirect => self.calls(&named),
            // (The arguments are in the first field.)
            #[cfg(feature = "tail-call")]
            Op::ReturnCall | Op::ReturnCallImport | Op::ReturnCallIndirect => {
                self.tail_calls(&named, u16(0))
            }
            _ => self.is_fine(op, &named, u16),
        };
        let of_funcs = match (op, named.table) {
            (Op::CallIndirect, Some(top)) => top == Some(HeapType::Func),
            #[cfg(feature = "tail-call")]
            (Op::ReturnCallIndirect, Some(top)) => top == Some(HeapType::Func),
            _ => true,
        };
        if !fine || !of_funcs {
            return Err("an instruction would leave its frame, or is about something else");
        }
        self.lanes(one)
    }

    /// Callees begin behind this frame's header; arguments and results lie in this frame.
    fn calls(&self, named: &Named) -> bool {
        let (Some(callee), Some(base)) = (named.callee, named.base) else {
            return false;
        };
        named.header == Some(callee.header_slot())
            && base >= self.header + HEADER_SLOTS as u32
            && self.reads(base, callee.header_slot())
    }

    fn tail_calls(&self, named: &Named, arguments: u32) -> bool {
        named.callee.is_some_and(|callee| {
            named.header == Some(callee.header_slot())
                && named.count as usize == callee.param_slots()
                && self.reads(arguments, named.count)
                && self.reads(0, callee.header_slot())
        })
    }

    /// The same as `check` of ops that cargo features add.
    #[allow(unused_variables, reason = "no such feature may be there")]
    fn is_fine(&self, op: Op, named: &Named, u16: impl Fn(u8) -> u32) -> bool {
        #[cfg(feature = "exceptions")]
        if op == Op::Throw {
            let slots = self.tag_slots(named.number);
            return slots.is_some_and(|slots| self.reads(u16(0), slots));
        }
        #[cfg(feature = "gc")]
        {
            use crate::store::Layout;
            let layout = named.ty.map(|ty| &ty.def.layout);
            let described = named.ty.is_some_and(|ty| ty.def.descriptor.is_some());
            match op {
                Op::CallRef => self.calls(named),
                Op::ReturnCallRef => self.tail_calls(named, u16(0)),
                Op::StructNew | Op::StructNewDesc => match layout {
                    Some(Layout::Struct { fields, .. }) => {
                        let slots: usize = fields.iter().map(|field| field.kind.slots()).sum();
                        // The values are in the second field.
                        self.reads(u16(2), slots as u32) && described == (op == Op::StructNewDesc)
                    }
                    _ => false,
                },
                Op::StructNewDefault | Op::StructNewDefaultDesc => {
                    matches!(layout, Some(Layout::Struct { .. }))
                        && described == (op == Op::StructNewDefaultDesc)
                }
                Op::ArrayNewFixed => match layout {
                    Some(Layout::Array(kind)) => {
                        let slots = named.number.checked_mul(kind.slots() as u32);
                        slots.is_some_and(|slots| self.reads(u16(2), slots))
                    }
                    _ => false,
                },
                Op::ArrayNew | Op::ArrayNewDefault | Op::ArrayNewData | Op::ArrayNewElem => {
                    matches!(layout, Some(Layout::Array(_)))
                }
                _ => true,
            }
        }
        #[cfg(not(feature = "gc"))]
        true
    }

    /// Lanes lie in their vector.
    #[cfg_attr(not(feature = "simd"), allow(unused_variables))]
    fn lanes(&self, one: &Instruction) -> Result<(), &'static str> {
        if cfg!(not(feature = "simd")) {
            return Ok(());
        }
        let at = one.at + Compact::OPCODE_BYTES;
        let inside = match *one.op.shape() {
            Shape::Extract { size, .. } => {
                u32::from(u16_at(self.image, at + 2)) + u32::from(size) <= 16
            }
            Shape::Replace { size, .. } => {
                u32::from(u16_at(self.image, at + 4)) + u32::from(size) <= 16
            }
            #[cfg(feature = "simd")]
            _ => {
                let size = match one.op {
                    Op::I8x16Shuffle => 1,
                    Op::I16x8Shuffle => 2,
                    Op::I32x4Shuffle => 4,
                    Op::I64x2Shuffle => 8,
                    _ => return Ok(()),
                };
                let lanes = self.image.get(at + 4..at + 20).unwrap_or_default();
                let firsts = lanes.iter().step_by(size.into());
                firsts.clone().all(|lane| (lane & 15) + size <= 16)
            }
            #[cfg(not(feature = "simd"))]
            _ => true,
        };
        if inside {
            Ok(())
        } else {
            Err("a lane is outside of its vector")
        }
    }

    #[cfg(feature = "gc")]
    fn cast(&self, bits: u32) -> bool {
        let number = crate::store::CastTarget(bits).number();
        number.is_none_or(|number| (number as usize) < self.module.types.len())
    }

    #[cfg(not(feature = "gc"))]
    fn cast(&self, _: u32) -> bool {
        false
    }
}

/// Whether nothing follows the op.
fn ends(op: Op) -> bool {
    match op {
        Op::Br | Op::BrTable | Op::Unreachable => true,
        Op::Return | Op::ReturnSlot | Op::ReturnMany => true,
        #[cfg(feature = "tail-call")]
        Op::ReturnCall | Op::ReturnCallImport | Op::ReturnCallIndirect => true,
        #[cfg(feature = "gc")]
        Op::ReturnCallRef | Op::DescriptorCastFailure => true,
        #[cfg(feature = "exceptions")]
        Op::Throw | Op::ThrowRef => true,
        _ => false,
    }
}

/// Whether the op ends the function's run, and calls nothing.
fn leaves(op: Op) -> bool {
    matches!(
        op,
        Op::Return | Op::ReturnSlot | Op::ReturnMany | Op::Unreachable
    )
}

fn writes_global(op: Op) -> bool {
    match op {
        Op::GlobalSet | Op::GlobalSetSum | Op::GlobalStep => true,
        #[cfg(feature = "simd")]
        Op::V128GlobalSet => true,
        _ => false,
    }
}

/// Whether a source is the first of some, maybe of none: their end is checked.
#[allow(unused_variables, reason = "no such feature may be there")]
fn begins_run(op: Op, place: u8) -> bool {
    let at = usize::from(place);
    match op {
        #[cfg(feature = "tail-call")]
        Op::ReturnCall | Op::ReturnCallImport | Op::ReturnCallIndirect => at == 0,
        #[cfg(feature = "gc")]
        Op::ReturnCallRef => at == 0,
        #[cfg(feature = "gc")]
        Op::StructNew | Op::StructNewDesc | Op::ArrayNewFixed => at == 2,
        #[cfg(feature = "exceptions")]
        Op::Throw => at == 0,
        _ => false,
    }
}
