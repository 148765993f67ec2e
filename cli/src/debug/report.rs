//! What a session has to say, as text.

use std::fmt::Write;

use wasmote::debug::{Watch, Watched};

use super::session::{Chunk, Event, FrameView, Kind, Session, Value, Written, hex};
use crate::invoke;

/// Lines of context in listings, before and behind.
const CONTEXT: usize = 5;
/// Bytes in a row of a dump.
pub const ROW: usize = 16;

/// Texts of a session. All end with a new line, or are empty.
pub trait Report {
    /// Where it stands, and why.
    fn report(&self) -> String;
    /// Why.
    fn event_text(&self) -> String;
    /// Where the selected frame is, and its line or instruction.
    fn place_text(&self) -> String;
    /// All frames.
    fn backtrace(&self) -> String;
    /// A breakpoint or watchpoint.
    fn describe_point(&self, number: u32) -> String;
    /// Lines around the selected frame's place.
    fn list(&self, what: &str) -> Result<String, String>;
    /// Register bytecode around it.
    fn disassemble(&self, what: &str) -> Result<String, String>;
    /// How long the run is, and what is kept of it.
    fn timeline_text(&self) -> String;
    /// A frame in short: function and line, or function and offset.
    fn frame_text(&self, view: &FrameView) -> String;
}

impl<T: 'static> Report for Session<'_, T> {
    fn report(&self) -> String {
        let event = self.event_text();
        let event = match event.is_empty() {
            true => String::new(),
            false => format!("{event}\n"),
        };
        format!("{event}{}", self.place_text())
    }

    fn event_text(&self) -> String {
        match self.event() {
            Event::Start => "at the start".to_owned(),
            Event::Step => String::new(),
            Event::Breakpoint(number) => format!("breakpoint {number}"),
            Event::Written(written) => written_text(self, written),
            Event::Returned(values) if values.is_empty() => "returned".to_owned(),
            Event::Returned(values) => {
                let values: Vec<String> = values.iter().map(invoke::show).collect();
                format!("returned {}", values.join(", "))
            }
            Event::Exited(status) => format!("exited with status {status}"),
            Event::Failed(message) => message.clone(),
            Event::Stuck(why) => format!("cannot go on: {why}"),
            Event::Interrupted => "interrupted".to_owned(),
        }
    }

    fn place_text(&self) -> String {
        let step = format!("step {}", self.step());
        let Ok(view) = self.frame() else {
            return format!("{step}\n");
        };
        let mut text = format!("{step}: {}\n", self.frame_text(&view));
        let source = view.location.as_ref().and_then(|location| {
            let line = self.files().line(&location.file, location.line)?;
            Some(format!("{:<6} {line}\n", location.line))
        });
        match source {
            Some(line) => text.push_str(&line),
            None => {
                let window = self.listing().around(view.frame.offset, 0, 0);
                if let Ok(Some(window)) = window {
                    let line = &window.lines[window.current];
                    let _ = writeln!(text, "{:#x}  {}", view.frame.offset, line.text);
                }
            }
        }
        text
    }

    fn backtrace(&self) -> String {
        let mut text = String::new();
        for (n, view) in self.frames().iter().enumerate() {
            let mark = if n == self.selected() { "*" } else { " " };
            let inlined = if view.inlined { " (inlined)" } else { "" };
            let _ = writeln!(text, "{mark}#{n:<2} {}{inlined}", self.frame_text(view));
        }
        text
    }

    fn describe_point(&self, number: u32) -> String {
        let mut points = self.points().iter();
        let Some(point) = points.find(|point| point.number == number) else {
            return String::new();
        };
        let (what, place) = match &point.kind {
            Kind::Break(offsets) => {
                let places = offsets.iter().map(|offset| {
                    let frames = self.source().frames(*offset);
                    match frames
                        .first()
                        .map(|frame| (&frame.function, &frame.location))
                    {
                        Some((function, Some(at))) => {
                            format!("{function} at {}:{}", at.file, at.line)
                        }
                        Some((function, None)) => format!("{function}, {offset:#x}"),
                        None => format!("{offset:#x}"),
                    }
                });
                let places: Vec<String> = places.collect();
                ("breakpoint", format!(": {}", places.join("; ")))
            }
            Kind::Watch(watches) => {
                let what = match watches[..] {
                    [Watch::Reads { .. }] => "read watchpoint",
                    [_, Watch::Reads { .. }] => "access watchpoint",
                    _ => "watchpoint",
                };
                let place = match watches[..] {
                    [
                        Watch::Memory { start, len, .. } | Watch::Reads { start, len, .. },
                        ..,
                    ] => bytes_at(start, len),
                    _ => String::new(),
                };
                (what, format!(": {}{place}", point.text))
            }
        };
        let off = if point.enabled { "" } else { ", disabled" };
        let once = if point.temporary { ", once" } else { "" };
        let hits = match point.hits {
            0 => String::new(),
            1 => ", met once".to_owned(),
            n => format!(", met {n} times"),
        };
        format!("{what} {number}{place}{once}{off}{hits}\n")
    }

    fn list(&self, what: &str) -> Result<String, String> {
        let view = self.frame()?;
        let lines = view
            .location
            .as_ref()
            .filter(|_| what != "wasm")
            .and_then(|location| Some((location, self.files().lines(&location.file)?)));
        let mut text = String::new();
        if let Some((location, lines)) = lines {
            let current = location.line as usize;
            let first = current.saturating_sub(CONTEXT).max(1);
            let numbered = (1..).zip(lines.iter()).skip(first - 1);
            for (number, line) in numbered.take_while(|(n, _)| *n <= current + CONTEXT) {
                let mark = if number == current { "=>" } else { "  " };
                let row = format!("{mark} {number:<6} {line}");
                let _ = writeln!(text, "{}", row.trim_end());
            }
            return Ok(text);
        }
        let window = self.listing().around(view.frame.offset, CONTEXT, CONTEXT)?;
        let window = window.ok_or("there is no text here")?;
        for (n, line) in window.lines.iter().enumerate() {
            let mark = if n == window.current { "=>" } else { "  " };
            let offset = line
                .offset
                .map_or_else(String::new, |offset| format!("{offset:#x}"));
            let indent = 2 * line.depth as usize;
            let _ = writeln!(text, "{mark} {offset:8} {:indent$}{}", "", line.text);
        }
        Ok(text)
    }

    fn disassemble(&self, what: &str) -> Result<String, String> {
        let plain = match what {
            "" => false,
            "plain" => true,
            other => return Err(format!("`{other}` is not understood: only `plain` is")),
        };
        let view = self.frame()?;
        let lines = self.bytecode(view.frame.func, plain)?;
        let at = lines
            .iter()
            .position(|line| line.offset >= view.frame.offset);
        let at = at.unwrap_or(0);
        let mut text = String::new();
        for line in &lines[at.saturating_sub(CONTEXT)..(at + 2 * CONTEXT).min(lines.len())] {
            let here = line.offset == view.frame.offset;
            let mark = if here { "=>" } else { "  " };
            let wasm = line.wasm.as_deref().unwrap_or_default();
            let offset = match line.wasm {
                Some(_) => format!("{:#x}", line.offset),
                None => String::new(),
            };
            let code = line.code.as_deref().unwrap_or_default();
            let row = format!("{mark} {offset:8} {wasm:30} {code}");
            let _ = writeln!(text, "{}", row.trim_end());
        }
        Ok(text)
    }

    fn timeline_text(&self) -> String {
        let timeline = self.timeline();
        let (bytes, count) = timeline.snapshots();
        let ended = if timeline.has_ended() {
            ", where it ended"
        } else {
            ""
        };
        let s = if count == 1 { "" } else { "s" };
        format!(
            "step {} of {}{ended}; {count} snapshot{s}, {} KiB\n",
            self.step(),
            timeline.end(),
            bytes.div_ceil(1024)
        )
    }

    fn frame_text(&self, view: &FrameView) -> String {
        match &view.location {
            Some(at) => format!("{} at {}:{}", view.function, at.file, at.line),
            None => {
                let start = self
                    .code()
                    .body(view.frame.func)
                    .map_or(0, |body| body.start);
                format!(
                    "{}+{:#x}",
                    view.function,
                    view.frame.offset.saturating_sub(start)
                )
            }
        }
    }
}

/// Where bytes are of something that was named: behind the name.
pub fn bytes_at(start: u64, len: u64) -> String {
    let s = if len == 1 { "" } else { "s" };
    format!(" ({len} byte{s} at {start:#x})")
}

fn written_text<T: 'static>(session: &Session<'_, T>, written: &Written) -> String {
    let name = match written.point {
        Some(number) => {
            let mut points = session.points().iter();
            let text = points.find(|point| point.number == number);
            let text = text.map_or("", |point| &point.text);
            format!("watchpoint {number}, {text}: ")
        }
        None => String::new(),
    };
    let (old, new) = (watched(&written.old), watched(&written.new));
    match written.reads {
        true => format!("{name}{old}, read by step {}", written.step),
        false => format!("{name}{old} -> {new}, written by step {}", written.step),
    }
}

/// What a watched place holds; up to eight bytes of memory are a number, too.
fn watched(value: &Watched) -> String {
    match value {
        Watched::Bytes(bytes) => match bytes.len() {
            1 | 2 | 4 | 8 => {
                let number = bytes
                    .iter()
                    .rev()
                    .fold(0u64, |n, byte| n << 8 | u64::from(*byte));
                format!("{} ({number})", hex(bytes))
            }
            _ => hex(bytes),
        },
        Watched::Value(value) => invoke::show(value),
        Watched::Nothing => "nothing".to_owned(),
    }
}

/// Values of WebAssembly, a line each.
pub fn values(of: &str, values: &[Value]) -> String {
    let line = |value: &Value| format!("{of}{}: {} = {}\n", value.name, value.ty, value.value);
    values.iter().map(line).collect()
}

/// Variables of the source, a line each.
pub fn variables(values: &[Value]) -> String {
    let line = |value: &Value| format!("{} = {}\n", value.name, value.value);
    values.iter().map(line).collect()
}

/// Bytes, sixteen in a row, with their letters.
pub fn dump(address: u64, bytes: &[u8]) -> String {
    let mut text = String::new();
    for (at, row) in (address..).step_by(ROW).zip(bytes.chunks(ROW)) {
        let _ = writeln!(text, "{at:#010x}  {:47}  {}", hex(row), letters(row));
    }
    text
}

/// Bytes as letters, and points.
pub fn letters(bytes: &[u8]) -> String {
    let letter = |byte: &u8| match byte {
        0x20..=0x7e => char::from(*byte),
        _ => '.',
    };
    bytes.iter().map(letter).collect()
}

/// What was printed, with a bar before each line.
pub fn printed(chunks: &[Chunk]) -> String {
    let bytes: Vec<u8> = chunks
        .iter()
        .flat_map(|chunk| chunk.bytes.clone())
        .collect();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().map(|line| format!("| {line}\n")).collect()
}
