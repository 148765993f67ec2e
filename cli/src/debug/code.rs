//! Where the functions of a module are in its file, and what its parts are called.
//!
//! Offsets count from the start of the file, as the machine's do: what a stop, a trap or `wasmote explain` tells.

use std::{collections::HashMap, ops::Range};

use wasmparser::{
    BinaryReaderError, ExternalKind, KnownCustom, Name, NameMap, NameSectionReader, Parser,
    Payload, TypeRef,
};

/// The functions of a module and the names of its parts. Does not check the module: only use valid ones.
#[derive(Default)]
pub struct Code<'m> {
    /// The binary.
    bytes: &'m [u8],
    /// What the code section holds after its size: addresses of debug information count from its start.
    section: Range<u32>,
    imported: u32,
    /// Of the defined functions, ascending.
    bodies: Vec<Body>,
    func_names: HashMap<u32, &'m str>,
    /// By function and local.
    local_names: HashMap<(u32, u32), &'m str>,
    global_names: HashMap<u32, &'m str>,
    exported_funcs: Vec<(&'m str, u32)>,
}

/// Where a function's code is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// Declarations of locals and instructions, without the size before them.
    pub range: Range<u32>,
    /// The first instruction.
    pub start: u32,
}

impl<'m> Code<'m> {
    /// Reads a binary module.
    ///
    /// # Errors
    /// Where the module is malformed.
    pub fn new(bytes: &'m [u8]) -> Result<Code<'m>, BinaryReaderError> {
        let mut code = Code {
            bytes,
            ..Code::default()
        };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                            code.imported += 1;
                        }
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                            code.exported_funcs.push((export.name, export.index));
                        }
                    }
                }
                Payload::CodeSectionStart {
                    unchecked_range: range,
                    ..
                } => code.section = narrow(range),
                Payload::CodeSectionEntry(body) => code.bodies.push(Body {
                    range: narrow(body.range()),
                    start: body.get_operators_reader()?.original_position() as u32,
                }),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        code.read_names(names);
                    }
                }
                _ => {}
            }
        }
        Ok(code)
    }

    /// As far as the section can be read.
    fn read_names(&mut self, names: NameSectionReader<'m>) {
        for name in names.map_while(Result::ok) {
            match name {
                Name::Function(map) => self.func_names.extend(pairs(map)),
                Name::Global(map) => self.global_names.extend(pairs(map)),
                Name::Local(funcs) => {
                    for func in funcs.into_iter().map_while(Result::ok) {
                        let names = pairs(func.names);
                        self.local_names
                            .extend(names.map(|(local, name)| ((func.index, local), name)));
                    }
                }
                _ => {}
            }
        }
    }

    /// The binary.
    pub fn bytes(&self) -> &'m [u8] {
        self.bytes
    }

    /// Where the contents of the code section are; empty if there are none.
    pub fn section(&self) -> Range<u32> {
        self.section.clone()
    }

    /// Indices of the functions that have code.
    pub fn defined(&self) -> Range<u32> {
        self.imported..self.imported + self.bodies.len() as u32
    }

    /// The code of a function; none of imported ones.
    pub fn body(&self, func: u32) -> Option<&Body> {
        self.bodies.get(func.checked_sub(self.imported)? as usize)
    }

    /// The function with an instruction, or a declaration of locals, at an offset.
    pub fn func_at(&self, offset: u32) -> Option<u32> {
        let at = self.bodies.partition_point(|body| body.range.end <= offset);
        let body = self.bodies.get(at)?;
        body.range
            .contains(&offset)
            .then_some(self.imported + at as u32)
    }

    /// A function's name in the name section, or the first it is exported by.
    pub fn func_name(&self, func: u32) -> Option<&'m str> {
        let named = self.func_names.get(&func).copied();
        named.or_else(|| {
            let mut exports = self.exported_funcs.iter();
            exports.find(|(_, index)| *index == func).map(|(n, _)| *n)
        })
    }

    /// What to call a function: its name, demangled, or `func[7]`.
    pub fn display_name(&self, func: u32) -> String {
        match self.func_name(func) {
            Some(name) => demangle(name),
            None => format!("func[{func}]"),
        }
    }

    /// The name section's name of a function's local.
    pub fn local_name(&self, func: u32, local: u32) -> Option<&'m str> {
        self.local_names.get(&(func, local)).copied()
    }

    /// The name section's name of a global.
    pub fn global_name(&self, global: u32) -> Option<&'m str> {
        self.global_names.get(&global).copied()
    }

    /// The function that a person means: by its name as it is or demangled, with or without `$` before it, the name
    /// it is exported by, `func[7]` or `7`, or by an offset of its code, `0x1234`.
    pub fn find(&self, wanted: &str) -> Option<u32> {
        if let Some(digits) = wanted.strip_prefix("0x") {
            return self.func_at(u32::from_str_radix(digits, 16).ok()?);
        }
        let bracketed = wanted
            .strip_prefix("func[")
            .and_then(|rest| rest.strip_suffix(']'));
        if let Ok(index) = bracketed.unwrap_or(wanted).parse() {
            return (index < self.defined().end).then_some(index);
        }
        let wanted = wanted.strip_prefix('$').unwrap_or(wanted);
        let mut exports = self.exported_funcs.iter();
        let named = |name: &str| {
            let mut funcs: Vec<u32> = self
                .func_names
                .iter()
                .filter(|(_, given)| **given == name)
                .map(|(func, _)| *func)
                .collect();
            // Names of functions need not be different.
            funcs.sort_unstable();
            funcs.first().copied()
        };
        named(wanted)
            .or_else(|| exports.find(|(n, _)| *n == wanted).map(|(_, func)| *func))
            .or_else(|| self.defined().find(|f| self.display_name(*f) == wanted))
    }
}

/// Whether a name is one that compilers of Rust and C++ make from others. (Demanglers find types in names of C's: `f`
/// would be `float`.)
pub fn is_mangled(name: &str) -> bool {
    name.starts_with("_Z") || name.starts_with("_R")
}

/// A name as it was in the source.
pub fn demangle(name: &str) -> String {
    match is_mangled(name) {
        true => addr2line::demangle_auto(name.into(), None).into_owned(),
        false => name.to_owned(),
    }
}

/// Modules are smaller than 4 GiB.
fn narrow(range: Range<u64>) -> Range<u32> {
    range.start as u32..range.end as u32
}

fn pairs<'m>(map: NameMap<'m>) -> impl Iterator<Item = (u32, &'m str)> {
    map.into_iter()
        .map_while(Result::ok)
        .map(|naming| (naming.index, naming.name))
}

/// The contents of the custom sections whose name is this.
pub fn custom_section<'m>(bytes: &'m [u8], name: &str) -> Option<&'m [u8]> {
    Parser::new(0)
        .parse_all(bytes)
        .map_while(Result::ok)
        .find_map(|payload| match payload {
            Payload::CustomSection(section) if section.name() == name => Some(section.data()),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module() -> Vec<u8> {
        wat::parse_str(
            r#"(module (import "m" "f" (func $imported))
              (global $sp (mut i32) (i32.const 0))
              (func $add (export "sum") (param $a i32) (param i32) (result i32) (local i64 i64 f32)
                local.get 0 local.get 1 i32.add)
              (func (export "other"))
              (func)
              (func $_ZN5outer5inner17h0123456789abcdefE nop))"#,
        )
        .expect("valid")
    }

    #[test]
    fn functions_are_found_however_they_are_called() {
        let bytes = module();
        let code = Code::new(&bytes).expect("valid");
        assert_eq!(code.defined(), 1..5);
        for (wanted, func) in [
            ("add", 1),
            ("$add", 1),
            ("sum", 1),
            ("1", 1),
            ("func[1]", 1),
            ("imported", 0),
            ("other", 2),
            ("func[3]", 3),
            ("outer::inner", 4),
        ] {
            assert_eq!(code.find(wanted), Some(func), "{wanted}");
        }
        for wanted in ["none", "5", "func[5]", "func[", "0x", "0x0", "$", ""] {
            assert_eq!(code.find(wanted), None, "{wanted}");
        }
        let names: Vec<String> = (0..5).map(|func| code.display_name(func)).collect();
        assert_eq!(
            names,
            ["imported", "add", "other", "func[3]", "outer::inner"]
        );
    }

    #[test]
    fn offsets_belong_to_functions() {
        let bytes = module();
        let code = Code::new(&bytes).expect("valid");
        assert_eq!(code.body(0), None);
        for func in code.defined() {
            let body = code.body(func).expect("defined");
            for offset in body.range.clone() {
                assert_eq!(code.func_at(offset), Some(func));
            }
            // The size of the next one, or whatever follows.
            assert_eq!(code.func_at(body.range.end), None);
            assert_eq!(code.find(&format!("{:#x}", body.start)), Some(func));
            assert!(code.section().contains(&body.start));
        }
        let add = code.body(1).expect("defined");
        // Two groups of locals are declared, in five bytes.
        assert_eq!(add.start, add.range.start + 5);
        // `local.get 0`
        assert_eq!(bytes[add.start as usize..][..2], [0x20, 0]);
    }

    #[test]
    fn parts_have_names() {
        let bytes = module();
        let code = Code::new(&bytes).expect("valid");
        assert_eq!(code.local_name(1, 0), Some("a"));
        assert_eq!(code.local_name(1, 1), None);
        assert_eq!(code.global_name(0), Some("sp"));
        assert!(custom_section(&bytes, "name").is_some());
        assert_eq!(custom_section(&bytes, "names"), None);
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(Code::new(b"\0asm\x01\0\0\0\x0a\x05").is_err());
        assert!(Code::new(b"").is_err());
    }
}
