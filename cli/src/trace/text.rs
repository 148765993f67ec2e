//! A trace for people: an instruction a line, indented by the depth of calls.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use wasmote::Val;

use super::event::{End, Format, Instruction, Touched};
use crate::{invoke, report::grouped};

/// The column of instructions; longer ones push their own line only.
const WIDTH: usize = 36;
/// Calls are indented up to this depth.
const DEEPEST: usize = 24;

/// Writes text.
#[derive(Default)]
pub struct Text {
    /// Function and depth of the last line.
    last: Option<(u32, usize)>,
    line: String,
}

impl Text {
    /// Names the function if the last line was not in its frame.
    fn head(&mut self, call: &Instruction) {
        self.line.clear();
        if self.last != Some((call.func, call.depth)) {
            self.last = Some((call.func, call.depth));
            let indent = 2 * call.depth.min(DEEPEST);
            let _ = writeln!(self.line, "{:21}{:indent$}{}:", "", "", call.name);
        }
    }

    fn columns(&mut self, call: &Instruction, step: &str, text: &str) {
        let indent = 2 * call.depth.min(DEEPEST) + 2;
        let _ = write!(
            self.line,
            "{step:>9}  {:#08x}  {:indent$}{text:<width$} ",
            call.offset,
            "",
            width = WIDTH.saturating_sub(indent),
        );
    }

    fn results(&mut self, results: &[Val]) {
        if !results.is_empty() {
            self.line.push_str(" ->");
            results
                .iter()
                .for_each(|value| typed(&mut self.line, value));
        }
    }

    fn put(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.line.trim_end())
    }
}

impl Format for Text {
    fn instruction(
        &mut self,
        out: &mut dyn Write,
        instruction: &Instruction,
        results: &[Val],
    ) -> io::Result<()> {
        self.head(instruction);
        let step = instruction.step.to_string();
        self.columns(instruction, &step, &instruction.text);
        let operands = instruction.operands.iter();
        operands.for_each(|value| typed(&mut self.line, value));
        self.results(results);
        for touched in &instruction.memory {
            self.line.push_str("  ");
            memory(&mut self.line, touched);
        }
        self.put(out)
    }

    fn returned(
        &mut self,
        out: &mut dyn Write,
        call: &Instruction,
        results: &[Val],
    ) -> io::Result<()> {
        self.head(call);
        let text = format!("({})", call.text);
        self.columns(call, "", &text);
        self.results(results);
        self.put(out)
    }

    fn end(&mut self, out: &mut dyn Write, steps: u64, end: &End) -> io::Result<()> {
        let what = match end {
            End::Returned => "end",
            End::Exited(status) => &format!("exit with status {status}"),
            End::Failed(message) => message,
            End::Stopped => "stopped",
        };
        writeln!(out, "{steps:>9}  {what}")
    }
}

/// ` i32 5`
fn typed(line: &mut String, value: &Val) {
    let _ = match value {
        Val::I32(number) => write!(line, " i32 {number}"),
        Val::I64(number) => write!(line, " i64 {number}"),
        value => {
            let (ty, shown) = (value.ty().to_string(), invoke::show(value));
            match shown == ty {
                true => write!(line, " {ty}"),
                false => write!(line, " {ty} {shown}"),
            }
        }
    };
}

/// `read 0x10: 2a 00 00 00`
fn memory(line: &mut String, touched: &Touched) {
    line.push_str(match touched.writes {
        true => "write ",
        false => "read ",
    });
    if touched.index > 0 {
        let _ = write!(line, "memory {} ", touched.index);
    }
    let _ = write!(line, "{:#x}", touched.address);
    if !touched.bytes.is_empty() {
        line.push(':');
        for byte in &touched.bytes {
            let _ = write!(line, " {byte:02x}");
        }
    }
    if touched.len > touched.bytes.len() as u64 {
        let _ = write!(line, " … {} bytes", grouped(touched.len));
    }
}
