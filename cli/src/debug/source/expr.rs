//! Paths to values, as a person types them: `vm->stack[depth].kind`, `*node`, `shapes[2]`.

use super::{Source, location::Machine, object::Object};

impl Source<'_> {
    /// The value of a path at an instruction: a variable, followed by `.name`, `->name` and `[number]`, maybe with `*`
    /// before it, or in parentheses. Pointers are followed by `.`, too; a number can be a path itself.
    ///
    /// # Errors
    /// In words: what is no path, names nothing, or cannot be read.
    pub fn value(&self, offset: u32, path: &str, machine: &dyn Machine) -> Result<Object, String> {
        let mut parser = Parser {
            source: self,
            offset,
            machine,
            rest: path.trim(),
        };
        let value = parser.prefixed(NESTING)?;
        match parser.rest {
            "" => Ok(value),
            rest => Err(format!("`{rest}` is not understood")),
        }
    }

    fn named(&self, offset: u32, name: &str, machine: &dyn Machine) -> Result<Object, String> {
        let scopes = self.scopes(offset);
        let mut inner = scopes.iter().rev().flat_map(|s| s.variables.iter().rev());
        // A global of the same unit comes first.
        let unit = inner.clone().next().map(|variable| variable.entry.unit);
        let found = inner.find(|variable| variable.name == name).cloned();
        let found = found.or_else(|| {
            let mut globals = self.globals();
            globals.retain(|variable| variable.name == name);
            let own = globals.iter().find(|g| Some(g.entry.unit) == unit);
            own.or(globals.first()).cloned()
        });
        let variable = found.ok_or_else(|| format!("no variable `{name}` here"))?;
        self.object(&variable, machine)
            .map_err(|missing| format!("`{name}` is {missing}"))
    }
}

/// How deep parentheses and brackets may be nested.
const NESTING: u32 = 32;

struct Parser<'a, 'm> {
    source: &'a Source<'m>,
    offset: u32,
    machine: &'a dyn Machine,
    rest: &'a str,
}

impl<'a> Parser<'a, '_> {
    fn prefixed(&mut self, depth: u32) -> Result<Object, String> {
        let depth = depth.checked_sub(1).ok_or("too deeply nested")?;
        if self.take("*") {
            let pointer = self.prefixed(depth)?;
            return self
                .source
                .target(&pointer, self.machine)
                .ok_or_else(|| format!("a value of type `{}` points to nothing", pointer.ty.name));
        }
        let mut value = if self.take("(") {
            let value = self.prefixed(depth)?;
            self.expect(")")?;
            value
        } else {
            let name = self.name()?;
            self.source.named(self.offset, name, self.machine)?
        };
        loop {
            if self.take(".") || self.take("->") {
                let name = self.name()?;
                value = self
                    .source
                    .child(&value, name, self.machine)
                    .ok_or_else(|| {
                        format!("a value of type `{}` has no `{name}`", value.ty.name)
                    })?;
            } else if self.take("[") {
                let n = self.number(depth)?;
                self.expect("]")?;
                value = self
                    .source
                    .index_of(&value, n, self.machine)
                    .ok_or_else(|| format!("a value of type `{}` has no [{n}]", value.ty.name))?;
            } else {
                return Ok(value);
            }
        }
    }

    fn number(&mut self, depth: u32) -> Result<u64, String> {
        if !self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let value = self.prefixed(depth)?;
            let bits = value.bits(self.machine);
            return bits
                .map(|bits| bits as u64)
                .map_err(|missing| format!("the number is {missing}"));
        }
        let digits = self.word(|c| c.is_ascii_alphanumeric());
        let parsed = match digits.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => digits.parse(),
        };
        parsed.map_err(|_| format!("`{digits}` is no number"))
    }

    fn name(&mut self) -> Result<&'a str, String> {
        // (Fields of tuples are numbers.)
        match self.word(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            "" => Err("a name is missing".to_owned()),
            name => Ok(name),
        }
    }

    fn word(&mut self, of: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !of(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word
    }

    fn take(&mut self, sign: &str) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        match self.take(sign) {
            true => Ok(()),
            false => Err(format!("`{sign}` is missing")),
        }
    }
}
