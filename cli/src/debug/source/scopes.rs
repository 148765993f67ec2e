//! Which variables there are at an instruction.

use gimli::UnitOffset;

use super::{
    Source,
    units::{Entry, EntryId, Reader, Units},
};
use crate::debug::code::{demangle, is_mangled};

/// Variables that become visible together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope {
    /// What they become visible in.
    pub kind: ScopeKind,
    /// In the order of the source.
    pub variables: Vec<Variable>,
}

/// What a scope is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScopeKind {
    /// A function; its name, as the source has it.
    Function(String),
    /// A function that was inlined.
    Inlined(String),
    /// A block of statements.
    Block,
}

/// A variable, or a parameter of a function, at the instruction it was looked up for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Whether it is a parameter.
    pub parameter: bool,
    /// The line it is declared in.
    pub line: Option<u32>,
    pub(super) entry: EntryId,
    /// The function that is not inlined, whose frame holds it; none for globals.
    pub(super) function: Option<UnitOffset>,
    /// An address of debug information.
    pub(super) address: u64,
}

/// Where functions and variables are described.
pub struct Index {
    functions: Vec<Function>,
    /// Those outside of all functions, in order.
    globals: Vec<EntryId>,
}

struct Function {
    start: u64,
    end: u64,
    entry: EntryId,
}

impl Index {
    /// Looks at every entry once.
    pub fn read(units: &Units) -> Index {
        let mut index = Index {
            functions: Vec::new(),
            globals: Vec::new(),
        };
        for unit in 0..units.len() {
            index.read_unit(units, unit);
        }
        index.functions.sort_by_key(|function| function.start);
        index
    }

    fn read_unit(&mut self, units: &Units, unit: usize) {
        let mut entries = units.unit(unit).entries();
        // The depth of the function that entries are in.
        let mut inside = None;
        while let Ok(Some(entry)) = entries.next_dfs() {
            if inside.is_some_and(|depth| entry.depth() <= depth) {
                inside = None;
            }
            let id = EntryId {
                unit,
                offset: entry.offset(),
            };
            match entry.tag() {
                gimli::DW_TAG_subprogram => {
                    inside = inside.or(Some(entry.depth()));
                    let ranges = units.ranges(unit, entry).into_iter();
                    self.functions.extend(ranges.map(|range| Function {
                        start: range.begin,
                        end: range.end,
                        entry: id,
                    }));
                }
                gimli::DW_TAG_variable if inside.is_none() && has_value(entry) => {
                    self.globals.push(id);
                }
                _ => {}
            }
        }
    }

    fn function(&self, address: u64) -> Option<EntryId> {
        let after = self.functions.partition_point(|f| f.start <= address);
        let function = self.functions[..after].last()?;
        (address < function.end).then_some(function.entry)
    }
}

impl<'m> Source<'m> {
    /// What is visible at an instruction: first the function, then what is nested in it. Variables of inner scopes hide
    /// those of outer ones. None without debug information.
    pub fn scopes(&self, offset: u32) -> Vec<Scope> {
        let mut scopes = Vec::new();
        self.visit_scopes(offset, &mut scopes);
        scopes
    }

    /// All variables outside of functions that are somewhere, of all units.
    pub fn globals(&self) -> Vec<Variable> {
        let ids = self.index().globals.iter();
        ids.filter_map(|id| {
            let entry = self.units.entry(*id)?;
            self.variable(id.unit, &entry, None, 0)
        })
        .collect()
    }

    /// Whether there are any of those.
    pub fn has_globals(&self) -> bool {
        !self.index().globals.is_empty()
    }

    /// The entry of the innermost inlined function at an instruction, as a number that tells it from others.
    pub(super) fn innermost_inlined(&self, offset: u32) -> usize {
        let mut scopes = Vec::new();
        self.visit_scopes(offset, &mut scopes).unwrap_or(0)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::read(&self.units))
    }

    /// Fills in scopes; gives the entry of the innermost inlined function, if there is one.
    fn visit_scopes(&self, offset: u32, scopes: &mut Vec<Scope>) -> Option<usize> {
        let address = self.address(offset);
        let function = self.index().function(address)?;
        let unit = self.units.unit(function.unit);
        let mut tree = unit.entries_tree(Some(function.offset)).ok()?;
        let root = tree.root().ok()?;
        scopes.push(Scope {
            kind: ScopeKind::Function(self.function_name(function.unit, root.entry())),
            variables: Vec::new(),
        });
        let mut visit = Visit {
            source: self,
            function,
            address,
            scopes,
            inlined: None,
        };
        visit.children(root);
        visit.inlined.map(|offset| offset.0)
    }

    /// The name of the function that an entry of the same unit as the function at an offset is of.
    pub(super) fn function_name_at(&self, offset: u32, entry: UnitOffset) -> Option<String> {
        let unit = self.index().function(self.address(offset))?.unit;
        let entry = self.units.entry(EntryId {
            unit,
            offset: entry,
        })?;
        Some(self.function_name(unit, &entry))
    }

    /// The name of a function's entry, as a person would write it.
    fn function_name(&self, unit: usize, entry: &Entry<'m>) -> String {
        let name = self.units.text(unit, entry, gimli::DW_AT_name);
        let linkage = self.units.text(unit, entry, gimli::DW_AT_linkage_name);
        // Names of C's are not mangled: then the plain one is what the source has, `main` for one.
        let demangled = linkage.filter(|linkage| is_mangled(linkage));
        let demangled = demangled.map(|linkage| demangle(&linkage));
        demangled.or(name).unwrap_or_default()
    }

    fn variable(
        &self,
        unit: usize,
        entry: &Entry<'m>,
        function: Option<UnitOffset>,
        address: u64,
    ) -> Option<Variable> {
        let line = self.units.number(unit, entry, gimli::DW_AT_decl_line);
        Some(Variable {
            name: self.units.text(unit, entry, gimli::DW_AT_name)?,
            parameter: entry.tag() == gimli::DW_TAG_formal_parameter,
            line: line.and_then(|line| u32::try_from(line).ok()),
            entry: EntryId {
                unit,
                offset: entry.offset(),
            },
            function,
            address,
        })
    }
}

/// A walk through the scopes of a function that hold an address.
struct Visit<'a, 'm> {
    source: &'a Source<'m>,
    function: EntryId,
    address: u64,
    scopes: &'a mut Vec<Scope>,
    inlined: Option<UnitOffset>,
}

impl<'m> Visit<'_, 'm> {
    fn children(&mut self, node: gimli::EntriesTreeNode<'_, '_, Reader<'m>>) {
        let unit = self.function.unit;
        let own = self.scopes.len() - 1;
        let mut children = node.children();
        while let Ok(Some(child)) = children.next() {
            let entry = child.entry();
            let kind = match entry.tag() {
                gimli::DW_TAG_formal_parameter | gimli::DW_TAG_variable => {
                    let function = Some(self.function.offset);
                    let variable = self.source.variable(unit, entry, function, self.address);
                    self.scopes[own].variables.extend(variable);
                    continue;
                }
                gimli::DW_TAG_lexical_block => ScopeKind::Block,
                gimli::DW_TAG_inlined_subroutine => {
                    ScopeKind::Inlined(self.source.function_name(unit, entry))
                }
                _ => continue,
            };
            let ranges = self.source.units.ranges(unit, entry);
            let here =
                |range: &gimli::Range| range.begin <= self.address && self.address < range.end;
            if !ranges.iter().any(here) {
                continue;
            }
            if entry.tag() == gimli::DW_TAG_inlined_subroutine {
                self.inlined = Some(entry.offset());
            }
            self.scopes.push(Scope {
                kind,
                variables: Vec::new(),
            });
            self.children(child);
        }
    }
}

/// Whether an entry of a variable says where or what it is; others only declare it.
fn has_value(entry: &Entry) -> bool {
    entry.has_attr(gimli::DW_AT_location) || entry.has_attr(gimli::DW_AT_const_value)
}
