//! Breakpoints and watchpoints.

use wasmote::{
    Module,
    debug::{Breakpoint, Conditions, Watch},
};

use super::{Result, Session};

/// A place to stop at, with its number.
#[derive(Clone, Debug)]
pub struct Point {
    /// From 1, in the order they were made.
    pub number: u32,
    /// Whether it stops anything.
    pub enabled: bool,
    /// How often it has.
    pub hits: u32,
    /// What the user asked for.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// Goes away when it is met.
    pub temporary: bool,
}

/// What a point is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Before the instructions at these offsets.
    Break(Vec<u32>),
    /// Behind what writes to a place, or reads it: one watch for each.
    Watch(Vec<Watch>),
}

/// What a watchpoint stops at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Write,
    Read,
    Both,
}

/// All points of a session.
#[derive(Default)]
pub struct Points {
    points: Vec<Point>,
    last: u32,
}

impl Points {
    fn add(&mut self, text: &str, kind: Kind) -> &Point {
        self.last += 1;
        self.points.push(Point {
            number: self.last,
            enabled: true,
            hits: 0,
            text: text.to_owned(),
            kind,
            temporary: false,
        });
        &self.points[self.points.len() - 1]
    }

    fn enabled(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|point| point.enabled)
    }

    /// Offsets of enabled breakpoints, and whose they are.
    fn offsets(&self) -> impl Iterator<Item = (u32, u32)> {
        self.enabled().flat_map(|point| {
            let offsets: &[u32] = match &point.kind {
                Kind::Break(offsets) => offsets,
                Kind::Watch(_) => &[],
            };
            offsets.iter().map(move |offset| (*offset, point.number))
        })
    }

    /// What enabled points stop at.
    pub fn conditions(&self, module: &Module) -> Conditions {
        let breakpoints = self.offsets().map(|(offset, _)| Breakpoint {
            module: module.clone(),
            offset,
        });
        Conditions {
            breakpoints: breakpoints.collect(),
            watches: self.watches().into_iter().map(|(_, watch)| watch).collect(),
        }
    }

    /// Whose breakpoint has this number in the conditions.
    pub fn breakpoint_number(&self, n: usize) -> Option<u32> {
        self.offsets().nth(n).map(|(_, number)| number)
    }

    /// Watchpoints, as in the conditions.
    pub fn watches(&self) -> Vec<(Option<u32>, Watch)> {
        let watches = |point: &Point| match &point.kind {
            Kind::Watch(watches) => {
                let own = |watch: &Watch| (Some(point.number), watch.clone());
                watches.iter().map(own).collect()
            }
            Kind::Break(_) => Vec::new(),
        };
        self.enabled().flat_map(watches).collect()
    }

    /// Counts a hit; temporary points are gone then.
    pub fn count(&mut self, number: u32) {
        self.points.retain_mut(|point| {
            let hit = point.number == number;
            point.hits += u32::from(hit);
            !(hit && point.temporary)
        });
    }
}

impl<T: 'static> Session<'_, T> {
    /// All points, in the order they were made.
    pub fn points(&self) -> &[Point] {
        &self.points.points
    }

    /// Stops at instructions at some offsets, one point for all. `text` is what the user calls it.
    pub fn break_at(&mut self, text: &str, offsets: Vec<u32>) -> &Point {
        self.points.add(text, Kind::Break(offsets))
    }

    /// Stops where something is written to or read. `place` is the watch of writes to it.
    ///
    /// # Errors
    /// Reading is to be told of what is not memory.
    pub fn watch(&mut self, text: &str, place: Watch, access: Access) -> Result<&Point> {
        let reads = match place {
            Watch::Memory { memory, start, len } => Some(Watch::Reads { memory, start, len }),
            _ => None,
        };
        let reads = reads.ok_or("locals and globals can be watched for writes only");
        let watches = match access {
            Access::Write => vec![place],
            Access::Read => vec![reads?],
            Access::Both => vec![place, reads?],
        };
        Ok(self.points.add(text, Kind::Watch(watches)))
    }

    /// Takes a point away.
    ///
    /// # Errors
    /// There is none of the number. (Also below.)
    pub fn delete(&mut self, number: u32) -> Result<()> {
        self.point(number)?;
        self.points.points.retain(|point| point.number != number);
        Ok(())
    }

    /// Takes all points away.
    pub fn delete_all(&mut self) {
        self.points.points.clear();
    }

    /// Has a point stop again, or no more.
    pub fn enable(&mut self, number: u32, enabled: bool) -> Result<()> {
        self.point(number)?.enabled = enabled;
        Ok(())
    }

    /// Has a point go away when it is met.
    pub fn make_temporary(&mut self, number: u32) -> Result<()> {
        self.point(number)?.temporary = true;
        Ok(())
    }

    fn point(&mut self, number: u32) -> Result<&mut Point> {
        let mut points = self.points.points.iter_mut();
        let found = points.find(|point| point.number == number);
        found.ok_or_else(|| format!("there is no breakpoint or watchpoint {number}"))
    }

    /// The instructions that a person means: a function's first statement (`main`), an instruction so many bytes into
    /// one (`main+0x10`), a line (`src/list.c:20`, or `20` in the file of the selected frame), an offset in the module
    /// (`0x1234`). With the place where it is, if that is not what was asked for.
    ///
    /// # Errors
    /// There is no such place.
    pub fn places(&self, text: &str) -> Result<Vec<u32>> {
        let text = text.trim();
        if let Some(digits) = text.trim_start_matches('*').strip_prefix("0x") {
            let offset = u32::from_str_radix(digits, 16);
            let offset = offset.map_err(|_| format!("`{text}` is no offset"))?;
            return self.instruction(offset).map(|offset| vec![offset]);
        }
        if let Some((file, line)) = text.rsplit_once(':')
            && let Ok(line) = line.parse()
        {
            return self.line(file, line);
        }
        if let Ok(line) = text.parse() {
            let frames = self.frames();
            let selected = frames.get(self.selected);
            let location = selected.and_then(|frame| frame.location.clone());
            let location = location.ok_or("no source file is known here: say FILE:LINE")?;
            return self.line(&location.file, line);
        }
        if let Some((name, plus)) = text.rsplit_once('+')
            && let Some(func) = self.function(name)
        {
            let body = self.defined(name, func)?;
            let plus = match plus.strip_prefix("0x") {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => plus.parse(),
            };
            let plus = plus.map_err(|_| format!("`{text}` has no number behind the `+`"))?;
            return self
                .instruction(body.saturating_add(plus))
                .map(|offset| vec![offset]);
        }
        let func = self.function(text);
        let func = func.ok_or_else(|| format!("no function `{text}` in the module"))?;
        self.defined(text, func)?;
        Ok(self.source.entry(func).into_iter().collect())
    }

    /// The function that a person means, by a name of the module's or of the source's (`main` is another one's there).
    fn function(&self, text: &str) -> Option<u32> {
        let in_source = |func: &u32| {
            let entry = self.source.entry(*func);
            let frames = entry.map_or_else(Vec::new, |entry| self.source.frames(entry));
            frames.last().is_some_and(|frame| frame.function == text)
        };
        let named = self.code.find(text);
        named.or_else(|| self.code.defined().find(in_source))
    }

    /// Where a function's code begins.
    fn defined(&self, name: &str, func: u32) -> Result<u32> {
        let body = self.code.body(func).map(|body| body.start);
        body.ok_or_else(|| format!("function `{name}` is imported: it has no code"))
    }

    fn line(&self, file: &str, line: u32) -> Result<Vec<u32>> {
        let places = self.source.places(file, line);
        match places.is_empty() {
            true if !self.source.is_there() => {
                Err("the module has no debug information, so no lines".to_owned())
            }
            true => Err(format!("no code was made from {file}:{line}")),
            false => Ok(places.iter().map(|place| place.offset).collect()),
        }
    }

    /// Sees to it that an instruction is there.
    fn instruction(&self, offset: u32) -> Result<u32> {
        let window = self.listing.around(offset, 0, 0)?;
        let at = window.and_then(|window| window.lines[0].offset);
        match at {
            Some(at) if at == offset => Ok(at),
            Some(at) => Err(format!(
                "no instruction begins at {offset:#x}; the nearest before it is at {at:#x}"
            )),
            None => Err(format!("{offset:#x} is not in a function")),
        }
    }
}
