//! WebAssembly: text of functions, which stands for sources that are not there, and instructions.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{adapter::Adapter, message::Answer};
use crate::debug::{
    address::Place,
    instructions,
    session::{hex, number},
};

/// Instructions that are given at once, at most.
const INSTRUCTIONS: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disassemble {
    memory_reference: String,
    #[serde(default)]
    offset: i64,
    #[serde(default)]
    instruction_offset: i64,
    instruction_count: usize,
}

/// How far away they may be.
const FAR: i64 = 1 << 32;

/// An instruction.
struct Instruction {
    func: u32,
    offset: u32,
    /// Indented.
    text: String,
    first: bool,
}

impl<T: 'static> Adapter<'_, '_, T> {
    /// What stands for an instruction: its address.
    pub(super) fn reference_of(&self, offset: u32) -> String {
        format!("{:#x}", Place::Code { offset }.address())
    }

    /// The offset of an instruction by what stands for one, and bytes behind it.
    ///
    /// # Errors
    /// There is no code.
    pub(super) fn code_offset(&self, reference: &str, offset: i64) -> Result<u32, String> {
        let address = number(reference)?.checked_add_signed(offset);
        match address.and_then(Place::at) {
            Some(Place::Code { offset }) => Ok(offset),
            _ => Err(format!("`{reference}` is no address of code")),
        }
    }

    /// The function whose text has a number.
    ///
    /// # Errors
    /// None has.
    pub(super) fn func_of(&self, reference: i64) -> Result<u32, String> {
        let func = reference
            .checked_sub(1)
            .and_then(|func| u32::try_from(func).ok());
        let defined = func.filter(|func| self.session.code().body(*func).is_some());
        defined.ok_or_else(|| format!("there is no source {reference}"))
    }

    /// The text of the function with an instruction, as a source.
    pub(super) fn text_source(&self, offset: u32) -> Value {
        let Some(func) = self.session.code().func_at(offset) else {
            return Value::Null;
        };
        json!({
            "name": format!("{}.wat", self.session.code().display_name(func)),
            "sourceReference": i64::from(func) + 1,
            "origin": "WebAssembly",
        })
    }

    /// Where an instruction is in its function's text.
    pub(super) fn in_text(&self, offset: u32) -> Option<(Value, u32, u32)> {
        let func = self.session.code().func_at(offset)?;
        let lines = self.session.listing().func(func).ok()??;
        let is_before = |at: Option<u32>| at.is_some_and(|at| at <= offset);
        let at = lines.iter().rposition(|line| is_before(line.offset));
        let at = at.or_else(|| lines.iter().position(|line| line.offset.is_some()))?;
        Some((
            self.text_source(offset),
            at as u32 + 1,
            2 * lines[at].depth + 1,
        ))
    }

    /// The first instruction in a line of a function's text, or below it.
    pub(super) fn offset_at(&self, func: u32, line: u32) -> Result<Option<u32>, String> {
        let lines = self.session.listing().func(func)?;
        let mut lines = lines.iter().flat_map(|lines| lines.iter());
        let first = lines.by_ref().skip(line.saturating_sub(1) as usize);
        let mut offsets = first.filter_map(|line| line.offset);
        Ok(offsets.next())
    }

    /// The text of a function.
    pub(super) fn text(&self, func: u32) -> Result<String, String> {
        let lines = self.session.listing().func(func)?;
        let lines = lines.iter().flat_map(|lines| lines.iter());
        let line = |line: &crate::debug::listing::Line| {
            let indent = 2 * line.depth as usize;
            format!("{:indent$}{}\n", "", line.text)
        };
        Ok(lines.map(line).collect())
    }

    pub(super) fn disassemble(&self, arguments: Disassemble) -> Answer {
        let count = arguments.instruction_count.min(INSTRUCTIONS);
        let from = arguments.instruction_offset.clamp(-FAR, FAR);
        let at = self.code_offset(&arguments.memory_reference, arguments.offset);
        let at = at.unwrap_or(u32::MAX);
        let found = self.instructions(at, from, count)?;
        let mut last_source = Value::Null;
        let mut described = Vec::new();
        for (n, instruction) in (from..).zip(&found) {
            let Some(instruction) = instruction else {
                // Between functions that are there and the ends of what is.
                let address = (i64::from(at) + n).clamp(0, u32::MAX.into()) as u32;
                described.push(json!({
                    "address": self.reference_of(address),
                    "instruction": "",
                    "presentationHint": "invalid",
                }));
                continue;
            };
            described.push(self.instruction(instruction, &mut last_source));
        }
        Ok(json!({"instructions": described}))
    }

    fn instruction(&self, instruction: &Instruction, last_source: &mut Value) -> Value {
        let bytes = self.session.code().bytes();
        let end = instructions::after(bytes, instruction.offset) as usize;
        let own = bytes.get(instruction.offset as usize..end);
        let mut described = json!({
            "address": self.reference_of(instruction.offset),
            "instructionBytes": hex(own.unwrap_or_default()),
            "instruction": instruction.text,
        });
        if instruction.first {
            described["symbol"] = self.session.code().display_name(instruction.func).into();
        }
        if let Some((source, line, column)) = self.location_of(instruction.offset) {
            described["line"] = self.link.info.line(line).into();
            described["column"] = self.link.info.column(column).into();
            if source != *last_source {
                described["location"] = source.clone();
                *last_source = source;
            }
        }
        described
    }

    /// So many instructions from one on that is so many behind the one at an offset. None stands for what is not there.
    fn instructions(
        &self,
        at: u32,
        from: i64,
        count: usize,
    ) -> Result<Vec<Option<Instruction>>, String> {
        let code = self.session.code();
        let mut found = Vec::new();
        let Some(func) = code.func_at(at) else {
            found.resize_with(count, || None);
            return Ok(found);
        };
        let mut all = self.instructions_of(func)?;
        let own = all.iter().rposition(|instruction| instruction.offset <= at);
        // Where the first one that is wanted is in `all`.
        let mut start = own.unwrap_or(0) as i64 + from;
        let defined = code.defined();
        let (mut first, mut last) = (func, func);
        while start < 0 && first > defined.start && start > -(INSTRUCTIONS as i64) {
            first -= 1;
            let mut before = self.instructions_of(first)?;
            start += before.len() as i64;
            before.append(&mut all);
            all = before;
        }
        let end = start.saturating_add(count as i64);
        while (all.len() as i64) < end && last + 1 < defined.end && all.len() < 4 * INSTRUCTIONS {
            last += 1;
            all.extend(self.instructions_of(last)?);
        }
        let mut all: Vec<Option<Instruction>> = all.into_iter().map(Some).collect();
        for index in start..end {
            let index = usize::try_from(index).ok();
            found.push(index.and_then(|index| all.get_mut(index)?.take()));
        }
        Ok(found)
    }

    fn instructions_of(&self, func: u32) -> Result<Vec<Instruction>, String> {
        let lines = self.session.listing().func(func)?;
        let lines = lines.iter().flat_map(|lines| lines.iter());
        let mut found: Vec<Instruction> = Vec::new();
        for line in lines {
            let Some(offset) = line.offset else {
                continue;
            };
            let indent = 2 * line.depth.saturating_sub(1) as usize;
            let text = if line.depth == 0 { "end" } else { &line.text };
            found.push(Instruction {
                func,
                offset,
                text: format!("{:indent$}{text}", ""),
                first: found.is_empty(),
            });
        }
        Ok(found)
    }
}
