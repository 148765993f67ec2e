//! What the code of a module was compiled from, by its debug information (DWARF in custom sections): functions, lines,
//! variables.
//!
//! All offsets are in the module's file, as the machine's are; debug information counts from the start of the code
//! section's contents. What cannot be read of it is not there.

mod expr;
mod files;
mod lines;
mod location;
mod object;
mod scopes;
mod show;
#[cfg(test)]
mod tests;
mod types;
mod units;

use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
    rc::Rc,
    sync::Arc,
};

use addr2line::Context;
use gimli::{DwarfSections, EndianSlice, LittleEndian};

pub use files::{Map, SourceFiles};
pub use lines::{Location, Place};
pub use location::Machine;
pub use object::Object;
pub use scopes::{ScopeKind, Variable};
pub use types::Type;

use super::code::{Code, custom_section};
use lines::Lines;
use scopes::Index;
use types::TypeId;
use units::{Reader, Units};

/// The debug information of a module; read as it is wanted.
pub struct Source<'m> {
    code: Rc<Code<'m>>,
    context: Context<Reader<'m>>,
    units: Units<'m>,
    /// The offset in the module that addresses count from.
    base: u32,
    lines: OnceCell<Lines>,
    index: OnceCell<Index>,
    types: RefCell<HashMap<TypeId, Rc<Type>>>,
}

/// A function that is being executed at an offset, as the source has it: inlined ones count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Its name, demangled; of the name section or `func[7]` if debug information has none.
    pub function: String,
    /// Where it is: of all but the innermost, the call of the next.
    pub location: Option<Location>,
    /// Whether it was inlined into the next.
    pub inlined: bool,
}

impl<'m> Source<'m> {
    /// Looks at the debug information of a module, if it has any.
    ///
    /// # Errors
    /// In words, if there is some that makes no sense from the start.
    pub fn new(code: Rc<Code<'m>>) -> Result<Source<'m>, String> {
        let bytes = code.bytes();
        let sections = DwarfSections::load(|id| {
            Ok::<_, gimli::Error>(custom_section(bytes, id.name()).unwrap_or_default())
        });
        let words = |e: gimli::Error| format!("the debug information is malformed: {e}");
        let sections = sections.map_err(words)?;
        let dwarf = Arc::new(sections.borrow(|section| EndianSlice::new(section, LittleEndian)));
        let units = Units::new(dwarf.clone());
        Ok(Source {
            context: Context::from_arc_dwarf(dwarf).map_err(words)?,
            base: units.base(&code),
            units,
            code,
            lines: OnceCell::new(),
            index: OnceCell::new(),
            types: RefCell::default(),
        })
    }

    /// Whether there is any.
    pub fn is_there(&self) -> bool {
        !self.units.is_empty()
    }

    /// The functions and names of the module.
    pub fn code(&self) -> &Code<'m> {
        &self.code
    }

    /// The frames of the source that the frame of the machine at an offset stands for, innermost first; of functions
    /// without debug information one with their name. None outside of all functions.
    pub fn frames(&self, offset: u32) -> Vec<Frame> {
        let Some(func) = self.code.func_at(offset) else {
            return Vec::new();
        };
        let mut frames = Vec::new();
        let found = self.context.find_frames(self.address(offset));
        if let Ok(mut found) = found.skip_all_loads() {
            while let Ok(Some(frame)) = found.next() {
                let name = frame.dw_die_offset;
                let name = name.and_then(|entry| self.function_name_at(offset, entry));
                // (Of modules in the text format, those without one.)
                let name = name.filter(|name| !name.starts_with("wasm-function["));
                frames.push(Frame {
                    function: name.unwrap_or_else(|| self.code.display_name(func)),
                    location: frame.location.and_then(|location| {
                        Some(Location {
                            file: files::tidy(location.file?).into(),
                            line: location.line?,
                            column: location.column.unwrap_or(0),
                        })
                    }),
                    inlined: true,
                });
            }
        }
        match frames.last_mut() {
            Some(outermost) => outermost.inlined = false,
            None => frames.push(Frame {
                function: self.code.display_name(func),
                location: None,
                inlined: false,
            }),
        }
        frames
    }

    /// The file, line and column that an instruction was compiled from, innermost.
    pub fn location(&self, offset: u32) -> Option<Location> {
        self.lines().location(offset)
    }

    /// Where statements begin in a function, in the order of its code, those inlined into it included.
    pub fn statements(&self, func: u32) -> Vec<Place> {
        let body = self.code.body(func);
        body.map_or_else(Vec::new, |body| self.lines().statements(body))
    }

    /// All files that code was compiled from, as debug information names them, in order.
    pub fn files(&self) -> Vec<Arc<str>> {
        self.lines().files()
    }

    /// Where to stop for a line of a file: once in each function, and in each place it was inlined to. Without code
    /// of the line itself, that is the nearest one below with some, as the places tell. The file may be named by the
    /// end of its path (`list.c`, `src/list.c`); none if no file with code ends so.
    pub fn places(&self, file: &str, line: u32) -> Vec<Place> {
        let candidates = self.lines().starts(file, line);
        let mut places: Vec<(Option<u32>, usize, Place)> = Vec::new();
        for mut place in candidates {
            let func = self.code.func_at(place.offset);
            // The head of a function stands for its first statement: before it, variables are not there.
            if let Some(body) = func.and_then(|func| self.code.body(func))
                && place.offset == body.start
            {
                place.offset = self.lines().after_prologue(body);
                place.location = self.location(place.offset).unwrap_or(place.location);
            }
            let scope = self.innermost_inlined(place.offset);
            if !places.iter().any(|(f, s, _)| (*f, *s) == (func, scope)) {
                places.push((func, scope, place));
            }
        }
        places.into_iter().map(|(_, _, place)| place).collect()
    }

    /// Where to stop for a function: its first statement, when its variables are in place; without debug information
    /// its first instruction. None of imported functions.
    pub fn entry(&self, func: u32) -> Option<u32> {
        self.code
            .body(func)
            .map(|body| self.lines().after_prologue(body))
    }

    fn lines(&self) -> &Lines {
        self.lines
            .get_or_init(|| Lines::read(&self.units, &self.code, self.base))
    }

    /// What debug information calls an offset.
    fn address(&self, offset: u32) -> u64 {
        // Offsets before the code section are nowhere.
        u64::from(offset)
            .checked_sub(self.base.into())
            .unwrap_or(u64::MAX)
    }
}
