//! A trace for programs: a JSON object a line. `wasmote trace --help` tells the fields.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use wasmote::Val;

use super::event::{End, Format, Instruction, Touched};
use crate::{invoke, report::quoted};

/// Writes JSON lines.
#[derive(Default)]
pub struct Json {
    line: String,
}

impl Json {
    fn begin(&mut self, key: &str, call: &Instruction) {
        self.line.clear();
        let _ = write!(
            self.line,
            "{{\"{key}\":{},\"depth\":{},\"func\":{},\"name\":{},\"offset\":{},\"text\":{}",
            call.step,
            call.depth,
            call.func,
            quoted(&call.name),
            call.offset,
            quoted(&call.text),
        );
    }

    fn values(&mut self, key: &str, values: &[Val]) {
        let _ = write!(self.line, ",\"{key}\":[");
        for (n, value) in values.iter().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            let ty = quoted(&value.ty().to_string());
            let _ = write!(
                self.line,
                "{comma}{{\"type\":{ty},\"value\":{}}}",
                number(value)
            );
        }
        self.line.push(']');
    }
}

impl Format for Json {
    fn instruction(
        &mut self,
        out: &mut dyn Write,
        instruction: &Instruction,
        results: &[Val],
    ) -> io::Result<()> {
        self.begin("step", instruction);
        self.values("operands", &instruction.operands);
        self.values("results", results);
        if !instruction.memory.is_empty() {
            self.line.push_str(",\"memory\":[");
            for (n, touched) in instruction.memory.iter().enumerate() {
                self.line.push_str(if n > 0 { "," } else { "" });
                memory(&mut self.line, touched);
            }
            self.line.push(']');
        }
        writeln!(out, "{}}}", self.line)
    }

    fn returned(
        &mut self,
        out: &mut dyn Write,
        call: &Instruction,
        results: &[Val],
    ) -> io::Result<()> {
        self.begin("returned", call);
        self.values("results", results);
        writeln!(out, "{}}}", self.line)
    }

    fn end(&mut self, out: &mut dyn Write, steps: u64, end: &End) -> io::Result<()> {
        let (how, detail) = match end {
            End::Returned => ("returned", String::new()),
            End::Exited(status) => ("exited", format!(",\"status\":{status}")),
            End::Failed(message) => ("failed", format!(",\"message\":{}", quoted(message))),
            End::Stopped => ("stopped", String::new()),
        };
        writeln!(out, "{{\"end\":\"{how}\",\"steps\":{steps}{detail}}}")
    }
}

/// What JSON's readers keep exactly as a number, all else as a string.
fn number(value: &Val) -> String {
    let shown = invoke::show(value);
    let is_number = match value {
        Val::I32(_) => true,
        Val::F32(bits) => f32::from_bits(*bits).is_finite(),
        Val::F64(bits) => f64::from_bits(*bits).is_finite(),
        _ => false,
    };
    match is_number {
        true => shown,
        false => quoted(&shown),
    }
}

fn memory(line: &mut String, touched: &Touched) {
    let access = if touched.writes { "write" } else { "read" };
    let _ = write!(
        line,
        "{{\"access\":\"{access}\",\"memory\":{},\"address\":{},\"len\":{},\"bytes\":\"",
        touched.index, touched.address, touched.len
    );
    for byte in &touched.bytes {
        let _ = write!(line, "{byte:02x}");
    }
    line.push_str("\"}");
}
