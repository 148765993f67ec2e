//! The machine's handlers as this executable has them: the monomorphizations of the functions `thread` of
//! `dispatch::tail`, one for each row of the op table.
//!
//! Their symbols lack type parameters; the debug information (`debug = 1` is enough) has them.

use gimli::{AttributeValue, Dwarf, EndianSlice, LittleEndian};
use object::{Object, ObjectSection, ObjectSymbol};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    env, fs,
};

/// Whether a symbol is a handler's.
fn is_handler(mangled: &str) -> bool {
    mangled.contains("7wasmote4exec") && mangled.contains("6thread")
}

/// One handler's machine code.
pub struct Handler {
    pub code: Vec<u8>,
    /// The type that `thread` was made for, without paths: `Binary<I32Add, Slot, Imm, ToAccum>`.
    /// Empty if the debug information does not tell.
    pub name: String,
}

impl Handler {
    /// The type without its parameters.
    pub fn group(&self) -> &str {
        self.name.split('<').next().unwrap_or(&self.name)
    }
}

/// Every handler, by address. None if this build runs handlers from the portable loop.
pub fn of_this_executable() -> Result<Vec<Handler>, String> {
    let path = env::current_exe().map_err(|e| e.to_string())?;
    let bytes = fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let file = object::File::parse(&*bytes).map_err(|e| e.to_string())?;
    let names = names(&file).map_err(|e| e.to_string())?;
    // Functions with the same code may have become one, with several symbols.
    let mut handlers = BTreeMap::new();
    for symbol in file.symbols() {
        let Ok(mangled) = symbol.name() else { continue };
        if !is_handler(mangled) || symbol.size() == 0 {
            continue;
        }
        let name = names.get(mangled).map(|name| short(name));
        let code = code(&file, &symbol).ok_or_else(|| format!("no code at {mangled}"))?;
        let handler = handlers.entry(symbol.address()).or_insert_with(|| Handler {
            code,
            name: String::new(),
        });
        if let Some(name) = name {
            handler.name = name;
        }
    }
    Ok(handlers.into_values().collect())
}

fn code(file: &object::File, symbol: &object::Symbol) -> Option<Vec<u8>> {
    let section = file.section_by_index(symbol.section_index()?).ok()?;
    let code = section.data_range(symbol.address(), symbol.size()).ok()??;
    Some(code.to_vec())
}

/// From the linkage names of handlers to their names with type parameters.
fn names(file: &object::File) -> Result<HashMap<String, String>, gimli::Error> {
    let sections = gimli::DwarfSections::load(|id| {
        let section = file.section_by_name(id.name());
        Ok::<_, gimli::Error>(
            section
                .and_then(|s| s.uncompressed_data().ok())
                .unwrap_or(Cow::Borrowed(&[])),
        )
    })?;
    let dwarf: Dwarf<_> = sections.borrow(|section| EndianSlice::new(section, LittleEndian));
    let mut names = HashMap::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        let mut entries = unit.entries();
        while let Some(entry) = entries.next_dfs()? {
            if entry.tag() != gimli::DW_TAG_subprogram {
                continue;
            }
            let text = |attribute| -> Option<String> {
                let value: AttributeValue<_> = entry.attr_value(attribute)?;
                let text = dwarf.attr_string(&unit, value).ok()?;
                Some(text.to_string_lossy().into_owned())
            };
            let linkage = text(gimli::DW_AT_linkage_name).filter(|name| is_handler(name));
            if let Some((linkage, name)) = linkage.zip(text(gimli::DW_AT_name)) {
                names.insert(linkage, name);
            }
        }
    }
    Ok(names)
}

/// `thread<a::b::Binary<c::I32Add, d::Slot>>` as `Binary<I32Add, Slot>`.
fn short(name: &str) -> String {
    let name = name
        .strip_prefix("thread<")
        .and_then(|name| name.strip_suffix('>'))
        .unwrap_or(name);
    let mut short = String::new();
    for part in name.split_inclusive(['<', '>', ',', ' ']) {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}

#[cfg(test)]
mod code_tests;
