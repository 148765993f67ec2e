//! `wasmote explain --spec`: what an instruction is in the specification, and what the op table has for it.
//!
//! The first comes from the files in `instructions/`, where one block says what all instructions of one rule have in
//! common:
//!
//! ```text
//! section of the specification, or an address | since when there are such
//! = type. In it, t and t2 are the type in front of the name, t1 the one that is converted, u a lane as it is on the
//!   stack; at is the address type of the memory or table, zt the unpacked types of fields.
//! + immediates: name:kind, where the text format has names
//! What happens. In it, {} is the meaning of each name below, N the bits of t or of a lane, M those in the name.
//! - name behind the dot: meaning
//! ! what it may trap with
//! # opcode name, opcode name, ... (FD:6E is the number 0x6E behind the prefix 0xFD)
//! ```

use std::{
    io::{self, Write},
    process::ExitCode,
};

use wasmote::explain::{OpRow, op_rows};

use super::words;
use crate::{error::Failure, output};

const TABLE: [&str; 5] = [
    include_str!("instructions/control.txt"),
    include_str!("instructions/numeric.txt"),
    include_str!("instructions/data.txt"),
    include_str!("instructions/reference.txt"),
    include_str!("instructions/vector.txt"),
];

/// Where sections of the specification are.
const SPECIFICATION: &str = "https://webassembly.github.io/spec/core/exec/instructions.html";

/// The widths of the terminal that lists of places are broken for.
const WIDTH: usize = 100;

/// What instructions of one rule have in common.
#[derive(Default)]
struct Family {
    section: &'static str,
    since: &'static str,
    ty: &'static str,
    immediates: Vec<&'static str>,
    rule: &'static str,
    meanings: Vec<(&'static str, &'static str)>,
    traps: Vec<&'static str>,
    /// Opcode and name.
    instructions: Vec<(&'static str, &'static str)>,
}

impl Family {
    /// Reads a block; `None` for comments.
    fn parse(block: &'static str) -> Option<Family> {
        let mut family = Family::default();
        for line in block.lines() {
            let text = line.get(2..).unwrap_or_default();
            match line.as_bytes().first()? {
                b';' => return None,
                b'=' => family.ty = text,
                b'+' => family.immediates = text.split(' ').collect(),
                b'-' => family.meanings.extend(text.split_once(": ")),
                b'!' => family.traps.push(text),
                b'#' => {
                    let pairs = text.split(", ").filter_map(|one| one.split_once(' '));
                    family.instructions.extend(pairs);
                }
                _ if family.section.is_empty() => {
                    (family.section, family.since) = line.split_once(" | ")?;
                }
                _ => family.rule = line,
            }
        }
        Some(family)
    }
}

fn families() -> Vec<Family> {
    let blocks = TABLE.iter().flat_map(|file| file.trim().split("\n\n"));
    blocks.filter_map(Family::parse).collect()
}

/// An instruction of a family.
struct Instruction<'f> {
    family: &'f Family,
    opcode: &'static str,
    name: &'static str,
}

fn all(families: &[Family]) -> impl Iterator<Item = Instruction<'_>> {
    families.iter().flat_map(|family| {
        let instructions = family.instructions.iter();
        instructions.map(move |&(opcode, name)| Instruction {
            family,
            opcode,
            name,
        })
    })
}

impl Instruction<'_> {
    /// The name without the types that some have behind it.
    fn mnemonic(&self) -> &'static str {
        self.name.split(' ').next().unwrap_or(self.name)
    }

    /// In front of the dot: a type, a shape, or another space.
    fn space(&self) -> &'static str {
        self.mnemonic().split('.').next().unwrap_or_default()
    }

    fn behind_dot(&self) -> &'static str {
        match self.mnemonic().split_once('.') {
            Some((_, behind)) => behind,
            None => self.mnemonic(),
        }
    }

    /// The opcode's bytes.
    fn bytes(&self) -> Vec<u8> {
        let number = |text: &str| u32::from_str_radix(text, 16).unwrap_or(0);
        let Some((prefix, rest)) = self.opcode.split_once(':') else {
            return vec![number(self.opcode) as u8];
        };
        let mut bytes = vec![number(prefix) as u8];
        let mut rest = number(rest);
        while rest >= 0x80 {
            bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
        bytes
    }

    fn binary(&self) -> String {
        let bytes = self.bytes().into_iter().map(|byte| format!("{byte:#04X}"));
        let bytes = bytes.map(|byte| byte.replace("0X", "0x"));
        let immediates = self.family.immediates.iter().map(|one| one.to_string());
        bytes.chain(immediates).collect::<Vec<_>>().join(" ")
    }

    fn text(&self) -> String {
        // (Types are a part of some names.)
        let mut names: Vec<&str> = self
            .family
            .immediates
            .iter()
            .map(|one| one.split_once(':').map_or(*one, |(name, _)| name))
            .filter(|name| !self.name.split([' ', ')']).any(|part| part == *name))
            .collect();
        // What is initialized comes first in the text format.
        if names.first() == Some(&"y") {
            names.sort_unstable();
        }
        names.insert(0, self.name);
        names.join(" ")
    }

    /// Its type, with the variables that its name says.
    fn ty(&self) -> String {
        let of_space = matches!(self.space(), "i32" | "i64" | "f32" | "f64").then(|| self.space());
        let converted = || {
            let mut words = self.behind_dot().split('_').rev();
            words.find(|word| matches!(*word, "i32" | "i64" | "f32" | "f64"))
        };
        let word = |word: &str| match word {
            "t" | "t2" => of_space.map(str::to_string),
            "t1" if of_space.is_some() => converted().map(str::to_string),
            "u" => lane(self.space()).map(|(ty, _)| ty.to_string()),
            _ => None,
        };
        replace_words(self.family.ty, word)
    }

    /// What happens.
    fn rule(&self) -> String {
        let meaning = self
            .family
            .meanings
            .iter()
            .find(|(name, _)| *name == self.behind_dot());
        let rule = self
            .family
            .rule
            .replace("{}", meaning.map_or("", |(_, meaning)| meaning));
        let bits = match self.space() {
            "i32" | "f32" => Some("32"),
            "i64" | "f64" => Some("64"),
            space => lane(space).map(|(_, bits)| bits),
        };
        let digits = |c: char| c.is_ascii_digit();
        let packed = self
            .behind_dot()
            .split(|c: char| !digits(c))
            .find(|part| !part.is_empty());
        replace_words(&rule, |word| match word {
            "N" => bits.map(str::to_string),
            "M" => packed.map(str::to_string),
            _ => None,
        })
    }

    fn address(&self) -> String {
        match self.family.section.strip_prefix("exec-") {
            // Anchors of the page have no dots and underscores.
            Some(_) => format!(
                "{SPECIFICATION}#{}",
                self.family.section.replace(['.', '_'], "-")
            ),
            None => self.family.section.to_string(),
        }
    }
}

/// The type of a lane on the stack, and its bits.
fn lane(shape: &str) -> Option<(&'static str, &'static str)> {
    Some(match shape {
        "i8x16" => ("i32", "8"),
        "i16x8" => ("i32", "16"),
        "i32x4" => ("i32", "32"),
        "i64x2" => ("i64", "64"),
        "f32x4" => ("f32", "32"),
        "f64x2" => ("f64", "64"),
        _ => return None,
    })
}

/// A text with some of its words replaced.
fn replace_words(text: &str, replace: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        // (`t*` is any types, wherever it is.)
        match replace(&word).filter(|_| c != '*') {
            Some(other) => out.push_str(&other),
            None => out.push_str(&word),
        }
        word.clear();
        out.push(c);
    }
    out.pop();
    out
}

/// Describes an instruction, or lists all.
pub fn print(wanted: Option<&str>) -> Result<ExitCode, Failure> {
    let families = families();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let Some(wanted) = wanted else {
        for one in all(&families) {
            let line = format!("{:12} {:36} {}", one.opcode, one.name, one.ty());
            output::check(writeln!(out, "{line}"))?;
        }
        output::check(out.flush())?;
        return Ok(ExitCode::SUCCESS);
    };
    let found: Vec<_> = all(&families)
        .filter(|one| one.name == wanted || one.mnemonic() == wanted)
        .collect();
    if found.is_empty() {
        let similar: Vec<_> = all(&families)
            .map(|one| one.mnemonic())
            .filter(|name| name.contains(wanted))
            .take(5)
            .collect();
        return Err(Failure::new(match similar.is_empty() {
            true => format!("no instruction `{wanted}`: `wasmote explain --spec` lists all"),
            false => format!("no instruction `{wanted}`; there is {}", similar.join(", ")),
        }));
    }
    for one in &found {
        output::check(describe(&mut out, one))?;
    }
    output::check(about_ops(&mut out, &op_rows(found[0].mnemonic())))?;
    output::check(out.flush())?;
    Ok(ExitCode::SUCCESS)
}

fn describe(out: &mut impl Write, one: &Instruction) -> io::Result<()> {
    writeln!(out, "{}", one.text())?;
    writeln!(out, "  binary  {}", one.binary())?;
    writeln!(out, "  since   {}", one.family.since)?;
    writeln!(out, "  type    {}", one.ty())?;
    writeln!(out, "  rule    {}", one.rule())?;
    let traps = match one.family.traps.is_empty() {
        true => "never".to_string(),
        false => one.family.traps.join("; "),
    };
    writeln!(out, "  traps   {traps}")?;
    writeln!(out, "  see     {}\n", one.address())
}

/// What the op table has for it.
fn about_ops(out: &mut impl Write, rows: &[OpRow]) -> io::Result<()> {
    if rows.is_empty() {
        return writeln!(
            out,
            "No op has its name: it becomes operands, labels or other ops, as `wasmote explain FILE --func F` shows."
        );
    }
    for row in rows {
        write!(
            out,
            "op {} (row {} of {}, {}",
            row.text, row.row, row.group, row.block
        )?;
        if let Some(inverse) = row.inverse {
            write!(out, ", inverse {inverse}")?;
        }
        match row.mirror {
            Some(mirror) if mirror == row.text => write!(out, ", commutes")?,
            Some(mirror) => write!(out, ", mirror {mirror}")?,
            None => {}
        }
        writeln!(out, ")")?;
        for forms in &row.forms {
            writeln!(out, "  {}: {}", forms.text, counted(forms.count))?;
            let operands = forms.operands.iter().filter(|places| !places.is_empty());
            let operands = operands.map(|places| places.join(", ")).collect::<Vec<_>>();
            wrapped(out, "operands", &operands)?;
            wrapped(out, "result", &forms.results)?;
        }
        writeln!(out, "  in compact code: {}", counted(row.compact_forms))?;
        if !row.fused.is_empty() {
            writeln!(out, "  fused in")?;
            for fused in &row.fused {
                let what = words::fused(fused.fusion);
                writeln!(
                    out,
                    "    {:24} {what}: {}",
                    fused.text,
                    counted(fused.forms)
                )?;
            }
        }
    }
    Ok(())
}

/// `1 form`, `2 forms`.
fn counted(forms: usize) -> String {
    let s = if forms == 1 { "" } else { "s" };
    format!("{forms} form{s}")
}

/// A list of alternatives, over as many lines as it takes.
fn wrapped(out: &mut impl Write, what: &str, places: &[String]) -> io::Result<()> {
    let mut lines = vec![String::new()];
    for (i, place) in places.iter().enumerate() {
        let text = if i == 0 {
            place.clone()
        } else {
            format!(" | {place}")
        };
        match lines.last_mut() {
            Some(line) if line.len() + text.len() < WIDTH - 14 => line.push_str(&text),
            _ => lines.push(text),
        }
    }
    for (i, line) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
    {
        writeln!(out, "    {:8}  {line}", if i == 0 { what } else { "" })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use wasmote::TrapCode;
    use wasmparser::{BinaryReader, Operator, OperatorsReader, WasmFeatures};

    use super::*;

    /// Proposals whose instructions are not translated.
    const LEFT_OUT: [&str; 4] = [
        "shared_everything_threads",
        "stack_switching",
        "memory_control",
        "acquire_release_atomics",
    ];

    macro_rules! define_operators {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            /// Proposal, name and arity of every operator of the parser.
            const OPERATORS: &[(&str, &str, &str)] = &[$((stringify!($proposal), stringify!($op), stringify!($($ann)*)),)*];
        };
    }
    wasmparser::for_each_operator!(define_operators);

    /// The parser's name of what the bytes of an instruction and zeros behind them are.
    fn decoded(one: &Instruction) -> String {
        let mut bytes = match one.name {
            "else" => vec![0x04, 0x40],
            "catch" | "catch_all" | "delegate" => vec![0x06, 0x40],
            _ => Vec::new(),
        };
        let around = !bytes.is_empty();
        bytes.extend(one.bytes());
        if one.name == "select t*" {
            bytes.extend([1, 0x7f]);
        }
        bytes.extend([0; 24]);
        let reader = BinaryReader::new_features(&bytes, 0, WasmFeatures::all());
        let mut operators = OperatorsReader::new(reader);
        if around {
            operators.read().unwrap();
        }
        let operator: Operator = operators
            .read()
            .unwrap_or_else(|e| panic!("{}: {e}", one.name));
        let debug = format!("{operator:?}");
        debug.split(' ').next().unwrap().to_string()
    }

    /// The types of a list, where all references are `ref`, as they are to ops.
    fn types(list: &str) -> Vec<String> {
        let list = list.trim().trim_start_matches('[').trim_end_matches(']');
        let mut depth = 0;
        let parts = list.split(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ' ' && depth == 0
        });
        let erased = |ty: &str| match ty.starts_with("(ref") || ty.ends_with("ref") {
            true => "ref".to_string(),
            false => ty.to_string(),
        };
        parts.filter(|ty| !ty.is_empty()).map(erased).collect()
    }

    #[test]
    fn every_operator_is_described_once() {
        let families = families();
        let mut described = BTreeMap::new();
        for one in all(&families) {
            let operator = decoded(&one);
            assert_eq!(described.insert(operator, one.name), None, "{}", one.name);
        }
        for (proposal, operator, _) in OPERATORS {
            let left_out = LEFT_OUT.contains(proposal) || *operator == "TypedSelectMulti";
            assert_eq!(described.contains_key(*operator), !left_out, "{operator}");
        }
    }

    #[test]
    fn names_are_those_of_the_text_format() {
        for one in all(&families()) {
            let name: String = one.mnemonic().split(['.', '_']).collect();
            let operator = decoded(&one).to_lowercase();
            let suffixes = ["", "nonnull", "nullable"];
            let typed = ["", "typed"];
            let fits = suffixes.iter().any(|suffix| {
                typed
                    .iter()
                    .any(|prefix| operator == format!("{prefix}{name}{suffix}"))
            });
            assert!(fits, "{} is {operator}", one.name);
        }
    }

    #[test]
    fn types_agree_with_the_parser_and_the_op_table() {
        let families = families();
        let mut compared = 0;
        for one in all(&families) {
            let ty = one.ty();
            let (takes, gives) = ty
                .split_once(" -> ")
                .unwrap_or_else(|| panic!("{}: {ty}", one.name));
            let operator = decoded(&one);
            let (takes, gives) = (types(takes), types(gives));
            let (_, _, arity) = OPERATORS
                .iter()
                .find(|(_, name, _)| *name == operator)
                .unwrap();
            let arity = arity
                .trim_start_matches("arity ")
                .trim_start_matches("memarg ");
            let any = |ty: &String| ty.contains(['*', '^']);
            if let Some((a, b)) = arity.split_once(" -> ")
                && !takes.iter().chain(&gives).any(any)
            {
                let counts = (Ok(takes.len()), Ok(gives.len()));
                assert_eq!((a.parse(), b.parse()), counts, "{}: {ty}", one.name);
            }
            for (of_takes, of_gives) in op_rows(one.mnemonic())
                .into_iter()
                .filter_map(|row| row.types)
            {
                assert_eq!(takes, of_takes, "{}", one.name);
                assert_eq!(gives, of_gives, "{}", one.name);
                compared += 1;
            }
        }
        assert!(compared > 400, "{compared} types were compared");
    }

    #[test]
    fn meanings_sections_and_traps_are_known() {
        // What the embedder stops is no instruction's trap.
        let by_embedder =
            |code: &TrapCode| matches!(code, TrapCode::OutOfFuel | TrapCode::Interrupted);
        let codes = TrapCode::ALL.iter().filter(|code| !by_embedder(code));
        let traps: Vec<&str> = codes.map(|code| code.message()).collect();
        for one in all(&families()) {
            let family = one.family;
            let known = |trap: &&str| traps.contains(trap);
            assert!(
                family.traps.iter().all(known),
                "{}: {:?}",
                one.name,
                family.traps
            );
            assert!(
                !one.rule().contains("{}") && !one.rule().contains("  "),
                "{}",
                one.rule()
            );
            if family.rule.contains("{}") {
                let meant = |(name, _): &(&str, &str)| *name == one.behind_dot();
                assert!(
                    family.meanings.iter().any(meant),
                    "{} has no meaning",
                    one.name
                );
            }
            assert!(one.address().starts_with("https://"), "{}", one.address());
            assert!(!family.since.is_empty(), "{}", one.name);
        }
    }
}
