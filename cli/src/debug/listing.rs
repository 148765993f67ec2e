//! WebAssembly text of single functions, with the offset of each instruction.

use std::{cell::RefCell, collections::HashMap, io, rc::Rc};

use wasm_encoder::{CodeSection, Module, RawSection};
use wasmparser::{Parser, Payload};
use wasmprinter::Print;

use super::code::Code;

/// Prints functions of a module, each when it is first wanted.
pub struct Listing<'m> {
    code: Rc<Code<'m>>,
    printed: RefCell<HashMap<u32, Rc<[Line]>>>,
}

/// A line of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Where its instruction starts; the heads of functions and declarations of locals have none. The parenthesis that
    /// closes a function stands for its last `end`.
    pub offset: Option<u32>,
    /// How deeply it is nested in blocks; instructions of the function's own level have 1.
    pub depth: u32,
    /// The text, without its indentation.
    pub text: String,
}

/// Lines around an instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Window {
    /// The function that they are of.
    pub func: u32,
    /// Lines of it, in order.
    pub lines: Vec<Line>,
    /// Which of them has the instruction.
    pub current: usize,
}

impl<'m> Listing<'m> {
    /// Prints nothing yet.
    pub fn new(code: Rc<Code<'m>>) -> Listing<'m> {
        Listing {
            code,
            printed: RefCell::default(),
        }
    }

    /// A function from its head to the closing parenthesis; none of imported functions.
    ///
    /// # Errors
    /// In words, if the module cannot be printed.
    pub fn func(&self, func: u32) -> Result<Option<Rc<[Line]>>, String> {
        if let Some(lines) = self.printed.borrow().get(&func) {
            return Ok(Some(lines.clone()));
        }
        if self.code.body(func).is_none() {
            return Ok(None);
        }
        let lines: Rc<[Line]> = self.print(func)?.into();
        self.printed.borrow_mut().insert(func, lines.clone());
        Ok(Some(lines))
    }

    /// The line with the instruction at an offset, up to `before` lines before it and `after` lines behind. An offset
    /// inside of an instruction means it; one before the first means that. None outside of all functions.
    ///
    /// # Errors
    /// As [`Listing::func`].
    pub fn around(
        &self,
        offset: u32,
        before: usize,
        after: usize,
    ) -> Result<Option<Window>, String> {
        let Some(func) = self.code.func_at(offset) else {
            return Ok(None);
        };
        let Some(lines) = self.func(func)? else {
            return Ok(None);
        };
        let has_code = |line: &Line| line.offset.is_some();
        let at = lines
            .iter()
            .rposition(|line| line.offset.is_some_and(|start| start <= offset))
            .or_else(|| lines.iter().position(has_code));
        Ok(at.map(|at| {
            let first = at.saturating_sub(before);
            let end = at.saturating_add(after).saturating_add(1).min(lines.len());
            Window {
                func,
                lines: lines[first..end].to_vec(),
                current: at - first,
            }
        }))
    }

    fn print(&self, func: u32) -> Result<Vec<Line>, String> {
        let words = |e: &dyn std::fmt::Display| format!("cannot print function {func}: {e}");
        let alone = alone(&self.code, func).map_err(|e| words(&e))?;
        let printed = Code::new(&alone).map_err(|e| words(&e))?;
        let body = printed.body(func).expect("it has as many functions");
        let original = self.code.body(func).expect("the caller has looked");
        let mut lines = Lines::default();
        wasmprinter::Config::new()
            .indent_text("\t")
            .print(&alone, &mut lines)
            .map_err(|e| words(&e))?;
        let start = u64::from(body.range.start)..u64::from(body.range.end);
        let mut found = Vec::new();
        // Lines without an offset belong to the one before them.
        let mut inside = false;
        for (offset, text) in lines.0 {
            inside = offset.map_or(inside, |offset| start.contains(&offset));
            if !inside {
                continue;
            }
            // Functions are one level deep in the module.
            let text = text.strip_prefix('\t').unwrap_or(&text);
            let bare = text.trim_start_matches('\t');
            found.push(Line {
                offset: offset
                    .filter(|offset| *offset >= u64::from(body.start))
                    .map(|offset| offset as u32 - body.range.start + original.range.start),
                depth: (text.len() - bare.len()) as u32,
                text: bare.to_owned(),
            });
        }
        // The closing parenthesis is on the last line, which is a line of its own unless there is nothing to close.
        if let Some(last) = found.last_mut()
            && let Some(rest) = last.text.strip_suffix(')')
        {
            last.text.truncate(rest.len());
            if last.text.is_empty() {
                found.pop();
            }
        }
        found.push(Line {
            offset: Some(original.range.end - 1),
            depth: 0,
            text: ")".to_owned(),
        });
        Ok(found)
    }
}

/// The module with one function's code only: printing it takes the time that this function does, and its names, types
/// and indices are the same. Other functions have no instructions, and there are no data.
fn alone(code: &Code, func: u32) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(code.bytes()) {
        let payload = payload?;
        match &payload {
            Payload::CodeSectionStart { .. } => {
                let mut bodies = CodeSection::new();
                for index in code.defined() {
                    match code.body(index) {
                        Some(body) if index == func => {
                            let range = body.range.start as usize..body.range.end as usize;
                            bodies.raw(&code.bytes()[range]);
                        }
                        _ => {
                            bodies.raw(&EMPTY);
                        }
                    }
                }
                module.section(&bodies);
            }
            Payload::DataSection(_) | Payload::DataCountSection { .. } => {}
            Payload::CustomSection(section) if section.name() != "name" => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    let range = range.start as usize..range.end as usize;
                    let data = &code.bytes()[range];
                    module.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(module.finish())
}

/// No locals, and the end.
const EMPTY: [u8; 2] = [0, 0x0b];

/// Collects lines and the offsets they start at.
#[derive(Default)]
struct Lines(Vec<(Option<u64>, String)>);

impl Print for Lines {
    fn write_str(&mut self, text: &str) -> io::Result<()> {
        if let Some((_, line)) = self.0.last_mut() {
            line.push_str(text);
        }
        Ok(())
    }

    fn newline(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn start_line(&mut self, offset: Option<u64>) {
        self.0.push((offset, String::new()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"(module $m
      (import "m" "f" (func $imported (param i32)))
      (memory 1) (data "some bytes") (data (i32.const 0) "more of them")
      (func $first (param $n i32) (result i32)
        local.get $n)
      (func $second (param $n i32) (local $i i32) (local i64)
        (block $out
          (loop $again
            local.get $i i32.const 1 i32.add local.tee $i
            local.get $n i32.ge_u br_if $out
            local.get $i call $imported br $again))
        (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 4))
        (if (local.get $n) (then (call $second (i32.const 0))) (else nop)))
      (func (export "third")))"#;

    fn listing(bytes: &[u8]) -> Listing<'_> {
        Listing::new(Rc::new(Code::new(bytes).expect("valid")))
    }

    #[test]
    fn functions_have_names_and_offsets() {
        let bytes = wat::parse_str(TEXT).expect("valid");
        let listing = listing(&bytes);
        let lines = listing.func(2).expect("valid").expect("defined");
        let text: Vec<String> = lines
            .iter()
            .map(|line| {
                let indent = 2 * line.depth as usize;
                format!("{:indent$}{}", "", line.text)
            })
            .collect();
        assert_eq!(
            text.join("\n"),
            "\
(func $second (;2;) (type 0) (param $n i32)
  (local $i i32) (local i64)
  block $out
    loop $again
      local.get $i
      i32.const 1
      i32.add
      local.tee $i
      local.get $n
      i32.ge_u
      br_if $out
      local.get $i
      call $imported
      br $again
    end
  end
  i32.const 0
  i32.const 0
  i32.const 4
  memory.init 0
  local.get $n
  if ;; label = @1
    i32.const 0
    call $second
  else
    nop
  end
)"
        );
        // Each offset is where the instruction is.
        for line in lines.iter() {
            let Some(offset) = line.offset else {
                assert!(line.text.starts_with('('), "{line:?}");
                continue;
            };
            let opcode = bytes[offset as usize];
            let expected = match line.text.split(' ').next().expect("some") {
                "block" => 0x02,
                "loop" => 0x03,
                "end" => 0x0b,
                "local.get" => 0x20,
                "call" => 0x10,
                "nop" => 0x01,
                "else" => 0x05,
                ")" => 0x0b,
                _ => opcode,
            };
            assert_eq!(opcode, expected, "{line:?}");
        }
        assert_eq!(listing.func(0), Ok(None), "imported");
        assert_eq!(listing.func(9), Ok(None), "not there");
        let empty = listing.func(3).expect("valid").expect("defined");
        let text: Vec<&str> = empty.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(text, ["(func (;3;) (type 2)", ")"]);
    }

    #[test]
    fn windows_are_cut_at_the_ends_of_functions() {
        let bytes = wat::parse_str(TEXT).expect("valid");
        let listing = listing(&bytes);
        let all = listing.func(2).expect("valid").expect("defined");
        let call = all
            .iter()
            .position(|line| line.text == "call $imported")
            .expect("it is there");
        let offset = all[call].offset.expect("an instruction");
        // The index of the function belongs to the call.
        for offset in [offset, offset + 1] {
            let window = listing.around(offset, 2, 1).expect("valid").expect("there");
            assert_eq!((window.func, window.current), (2, 2));
            assert_eq!(window.lines, all[call - 2..=call + 1]);
        }
        let window = listing.around(offset, usize::MAX, usize::MAX);
        assert_eq!(window.expect("valid").expect("there").lines, all[..]);
        // The declarations of locals.
        let start = listing.code.body(2).expect("defined").range.start;
        let window = listing.around(start, 0, 0).expect("valid").expect("there");
        assert_eq!(window.lines[0].text, "block $out");
        assert_eq!(listing.around(0, 1, 1), Ok(None));
    }

    #[test]
    fn all_functions_of_real_programs() {
        let bytes = include_bytes!("../../../tests/guests/ledger-O0.wasm");
        let listing = listing(bytes);
        for func in listing.code.defined() {
            let lines = listing.func(func).expect("valid").expect("defined");
            let offsets: Vec<u32> = lines.iter().filter_map(|line| line.offset).collect();
            let body = listing.code.body(func).expect("defined");
            assert!(offsets.is_sorted());
            assert_eq!(offsets.first(), Some(&body.start));
            assert_eq!(offsets.last(), Some(&(body.range.end - 1)));
        }
    }
}
