//! What the program printed, and when.

use wasmote_std_host::Capture;
use wasmparser::{Operator, Parser, Payload, TypeRef};

use crate::debug::code::Code;

/// Where the program's output goes.
#[derive(Clone)]
pub struct Kept {
    /// Standard output.
    pub output: Capture,
    /// Standard error.
    pub errors: Capture,
}

/// One of the program's streams.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Errors,
}

/// Something that was printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// The first step at which it was there.
    pub step: u64,
    /// Where to.
    pub stream: Stream,
    /// What.
    pub bytes: Vec<u8>,
}

/// All that was printed.
pub struct Output {
    kept: Kept,
    /// How much of each stream is in the chunks.
    seen: [usize; 2],
    chunks: Vec<Chunk>,
    /// Calls of functions that print: to stop at, so that what comes is known to be theirs.
    sites: Vec<u32>,
}

impl Output {
    /// Nothing yet, but what came before the first step.
    pub fn new(kept: Kept, code: &Code, step: u64) -> Output {
        let mut output = Output {
            kept,
            seen: [0; 2],
            chunks: Vec::new(),
            sites: sites(code),
        };
        output.note(step);
        output
    }

    /// Offsets of the instructions that print. (Where functions are called through tables, output is found at the
    /// next stop.)
    pub fn sites(&self) -> &[u32] {
        &self.sites
    }

    /// Takes what is new; it is there from this step on.
    pub fn note(&mut self, step: u64) {
        for (stream, from) in [
            (Stream::Output, &self.kept.output),
            (Stream::Errors, &self.kept.errors),
        ] {
            let seen = &mut self.seen[stream as usize];
            let bytes = from.since(*seen);
            if !bytes.is_empty() {
                *seen += bytes.len();
                self.chunks.push(Chunk {
                    step,
                    stream,
                    bytes,
                });
            }
        }
    }

    /// What was there at a step.
    pub fn up_to(&self, step: u64) -> &[Chunk] {
        let end = self.chunks.partition_point(|chunk| chunk.step <= step);
        &self.chunks[..end]
    }
}

/// Where imported functions are called by their index that write.
fn sites(code: &Code) -> Vec<u32> {
    let mut prints = Vec::new();
    let mut sites = Vec::new();
    let mut imported = 0;
    for payload in Parser::new(0).parse_all(code.bytes()).map_while(Result::ok) {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports().map_while(Result::ok) {
                    if let TypeRef::Func(_) | TypeRef::FuncExact(_) = import.ty {
                        if import.name == "fd_write" {
                            prints.push(imported);
                        }
                        imported += 1;
                    }
                }
            }
            Payload::CodeSectionEntry(_) if prints.is_empty() => break,
            Payload::CodeSectionEntry(body) => {
                let Ok(operators) = body.get_operators_reader() else {
                    continue;
                };
                let operators = operators.into_iter_with_offsets().map_while(Result::ok);
                sites.extend(operators.filter_map(|(operator, offset)| match operator {
                    Operator::Call { function_index } if prints.contains(&function_index) => {
                        Some(offset as u32)
                    }
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    sites
}
