//! From instructions to lines, and back.

use std::{collections::HashMap, sync::Arc};

use gimli::ColumnType;

use super::{
    files::{ends_with, tidy},
    units::{Reader, Units},
};
use crate::debug::code::{Body, Code};

/// A place in the source.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Location {
    /// The path as debug information has it, without components that say nothing.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1; 0 is the whole line.
    pub column: u32,
}

/// A place to stop at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The instruction.
    pub offset: u32,
    /// What it begins.
    pub location: Location,
}

/// Which instructions belong to which line.
pub struct Lines {
    files: Vec<Arc<str>>,
    /// Ascending, none empty, none overlapping.
    rows: Vec<Row>,
}

/// Instructions of one line, or part of it.
#[derive(Clone, Copy)]
struct Row {
    start: u32,
    end: u32,
    file: u32,
    /// 0 for instructions that belong to no line.
    line: u32,
    column: u32,
    statement: bool,
    after_prologue: bool,
}

impl Lines {
    /// Reads the line programs of all units, whose addresses count from an offset.
    pub fn read(units: &Units, code: &Code, base: u32) -> Lines {
        let mut files = Files::default();
        let mut rows = Vec::new();
        for unit in 0..units.len() {
            read_unit(units, unit, code, base, &mut files, &mut rows);
        }
        rows.sort_by_key(|row| row.start);
        // Two units that claim the same code cannot both be right.
        let mut end = 0;
        rows.retain(|row| {
            let fits = row.start >= end;
            if fits {
                end = row.end;
            }
            fits
        });
        Lines {
            files: files.names,
            rows,
        }
    }

    pub fn files(&self) -> Vec<Arc<str>> {
        let mut with_code: Vec<u32> = self.rows.iter().map(|row| row.file).collect();
        with_code.sort_unstable();
        with_code.dedup();
        let names = with_code.iter().map(|file| &self.files[*file as usize]);
        let mut names: Vec<Arc<str>> = names.cloned().collect();
        names.sort();
        names
    }

    pub fn location(&self, offset: u32) -> Option<Location> {
        let row = self.row(offset)?;
        (row.line > 0).then(|| self.location_of(row))
    }

    /// Where statements of a line begin, ascending; of the nearest line below with code if this has none.
    pub fn starts(&self, file: &str, line: u32) -> Vec<Place> {
        let mut found = Vec::new();
        for (index, name) in (0..).zip(&self.files) {
            if !ends_with(name, file) {
                continue;
            }
            let of_file = || {
                let rows = self.rows.iter();
                rows.filter(move |row| row.file == index && row.statement && row.line > 0)
            };
            let lines = of_file().map(|row| row.line);
            let Some(nearest) = lines.filter(|found| *found >= line).min() else {
                continue;
            };
            let rows = of_file().filter(|row| row.line == nearest);
            found.extend(rows.map(|row| Place {
                offset: row.start,
                location: self.location_of(row),
            }));
        }
        found.sort_by_key(|place| place.offset);
        found
    }

    /// Where statements begin in a function, ascending.
    pub fn statements(&self, body: &Body) -> Vec<Place> {
        let first = self.rows.partition_point(|row| row.end <= body.start);
        let rows = self.rows[first..].iter();
        rows.take_while(|row| row.start < body.range.end)
            .filter(|row| row.statement && row.line > 0)
            .map(|row| Place {
                offset: row.start,
                location: self.location_of(row),
            })
            .collect()
    }

    /// The first instruction of a function after what sets up its variables.
    pub fn after_prologue(&self, body: &Body) -> u32 {
        let first = self.rows.partition_point(|row| row.end <= body.start);
        self.rows[first..]
            .iter()
            .take_while(|row| row.start < body.range.end)
            .find(|row| row.after_prologue)
            .map_or(body.start, |row| row.start)
    }

    fn row(&self, offset: u32) -> Option<&Row> {
        let at = self.rows.partition_point(|row| row.end <= offset);
        self.rows.get(at).filter(|row| row.start <= offset)
    }

    fn location_of(&self, row: &Row) -> Location {
        Location {
            file: self.files[row.file as usize].clone(),
            line: row.line,
            column: row.column,
        }
    }
}

/// The names of files, each once.
#[derive(Default)]
struct Files {
    names: Vec<Arc<str>>,
    indices: HashMap<Arc<str>, u32>,
}

impl Files {
    fn index(&mut self, name: String) -> u32 {
        let name: Arc<str> = name.into();
        *self.indices.entry(name.clone()).or_insert_with(|| {
            self.names.push(name);
            self.names.len() as u32 - 1
        })
    }
}

/// As far as the line program can be read.
fn read_unit(
    units: &Units,
    unit: usize,
    code: &Code,
    base: u32,
    files: &mut Files,
    found: &mut Vec<Row>,
) -> Option<()> {
    let unit = units.unit(unit);
    let mut rows = unit.line_program.clone()?.rows();
    // By the unit's own numbers.
    let mut known = HashMap::new();
    let mut sequence: Vec<(u64, Row)> = Vec::new();
    while let Ok(Some((header, row))) = rows.next_row() {
        if row.end_sequence() {
            finish(&mut sequence, row.address(), code, base, found);
            continue;
        }
        let file = row.file_index();
        let file = *known.entry(file).or_insert_with(|| {
            let name = header.file(file).map(|file| render(&unit, header, file));
            files.index(name.unwrap_or_default())
        });
        let read = Row {
            start: 0,
            end: 0,
            file,
            line: row
                .line()
                .map_or(0, |line| u32::try_from(line.get()).unwrap_or(0)),
            column: match row.column() {
                ColumnType::LeftEdge => 0,
                ColumnType::Column(column) => u32::try_from(column.get()).unwrap_or(0),
            },
            statement: row.is_stmt(),
            after_prologue: row.prologue_end(),
        };
        sequence.push((row.address(), read));
    }
    Some(())
}

/// Turns addresses of a sequence of rows to offsets of instructions.
fn finish(sequence: &mut Vec<(u64, Row)>, end: u64, code: &Code, base: u32, found: &mut Vec<Row>) {
    let size = u64::from(code.section().end.saturating_sub(base));
    let rows = std::mem::take(sequence);
    // Code that linking removed is at 0, or far away.
    if rows.first().is_none_or(|(start, _)| *start == 0) || end > size {
        return;
    }
    let offset = |address: u64| {
        let offset = base + address as u32;
        // A function starts with its declarations of locals: they are not executed.
        match code.func_at(offset).and_then(|func| code.body(func)) {
            Some(body) => offset.max(body.start),
            None => offset,
        }
    };
    let ends = rows.iter().skip(1).map(|(address, _)| *address);
    for ((address, row), next) in rows.iter().zip(ends.chain([end])) {
        if *address < next && next <= size {
            let (start, end) = (offset(*address), offset(next));
            if start < end {
                found.push(Row { start, end, ..*row });
            }
        }
    }
}

/// The path of a file: each part is relative to the one before.
fn render<'m>(
    unit: &gimli::UnitRef<'_, Reader<'m>>,
    header: &gimli::LineProgramHeader<Reader<'m>>,
    file: &gimli::FileEntry<Reader<'m>>,
) -> String {
    let text = |value| {
        let text = unit.attr_string(value).ok()?;
        Some(text.to_string_lossy().into_owned())
    };
    let mut path = match unit.comp_dir {
        Some(directory) => directory.to_string_lossy().into_owned(),
        None => String::new(),
    };
    let directory = match file.directory_index() {
        // The compilation's.
        0 => None,
        _ => file.directory(header).and_then(text),
    };
    for part in directory.into_iter().chain(text(file.path_name())) {
        let bytes = part.as_bytes();
        let absolute = part.starts_with(['/', '\\']) || bytes.get(1) == Some(&b':');
        if absolute || path.is_empty() {
            path = part;
        } else {
            path = format!("{path}/{part}");
        }
    }
    tidy(&path)
}
