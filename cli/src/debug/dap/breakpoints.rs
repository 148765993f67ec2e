//! Breakpoints of all kinds, as the client sets them: all of a kind, or of a file, at once.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use wasmote::debug::Watch;

use super::{
    adapter::{Adapter, Phase},
    capabilities::{EXIT, TRAP},
    condition::{Condition, Count, message},
    frames::{SourceArgument, SourceKey},
    message::Answer,
};
use crate::debug::{
    report::{Report, bytes_at},
    session::{Access, Kind, Point, number},
};

/// Lines that are looked at for places to stop, at most.
const LINES: u32 = 1000;

/// What the client knows of breakpoints.
#[derive(Default)]
pub struct Breakpoints {
    /// By their numbers in the session.
    known: HashMap<u32, Known>,
    /// What the client was offered to watch: the number of a text is that in the list.
    offers: Vec<(String, Watch)>,
}

/// A breakpoint.
struct Known {
    origin: Origin,
    when: When,
    /// How often it was met.
    times: u64,
}

/// Where a breakpoint comes from. Setting those of one origin replaces all of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    Source(SourceKey),
    Function,
    Instruction,
    Data,
    Console,
}

/// When a breakpoint stops.
#[derive(Default)]
struct When {
    condition: Option<Condition>,
    count: Option<Count>,
    /// What it prints instead.
    log: Option<String>,
}

impl When {
    fn of(given: &WhenArguments) -> Result<When, String> {
        let some = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let (condition, count) = (some(&given.condition), some(&given.hit_condition));
        Ok(When {
            condition: condition.map(|text| Condition::of(&text)).transpose()?,
            count: count.map(|text| Count::of(&text)).transpose()?,
            log: some(&given.log_message),
        })
    }
}

/// The same as the client says it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WhenArguments {
    condition: Option<String>,
    hit_condition: Option<String>,
    log_message: Option<String>,
}

#[derive(Deserialize)]
pub struct SetBreakpoints {
    source: SourceArgument,
    #[serde(default)]
    breakpoints: Vec<SourceBreakpoint>,
}

#[derive(Deserialize)]
struct SourceBreakpoint {
    line: u32,
    #[serde(flatten)]
    when: WhenArguments,
}

#[derive(Deserialize)]
pub struct SetFunctionBreakpoints {
    breakpoints: Vec<FunctionBreakpoint>,
}

#[derive(Deserialize)]
struct FunctionBreakpoint {
    name: String,
    #[serde(flatten)]
    when: WhenArguments,
}

#[derive(Deserialize)]
pub struct SetInstructionBreakpoints {
    breakpoints: Vec<InstructionBreakpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InstructionBreakpoint {
    instruction_reference: String,
    #[serde(default)]
    offset: i64,
    #[serde(flatten)]
    when: WhenArguments,
}

#[derive(Deserialize)]
pub struct SetDataBreakpoints {
    breakpoints: Vec<DataBreakpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DataBreakpoint {
    data_id: String,
    access_type: Option<String>,
    #[serde(flatten)]
    when: WhenArguments,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataBreakpointInfo {
    #[serde(default)]
    variables_reference: i64,
    name: String,
    frame_id: Option<i64>,
    bytes: Option<u64>,
    #[serde(default)]
    as_address: bool,
}

#[derive(Deserialize)]
pub struct SetExceptionBreakpoints {
    filters: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakpointLocations {
    source: SourceArgument,
    line: u32,
    end_line: Option<u32>,
}

/// What data can be watched for, by the protocol's names; only writing, where it is not in memory.
const ACCESSES: [(&str, Access); 3] = [
    ("write", Access::Write),
    ("read", Access::Read),
    ("readWrite", Access::Both),
];

impl Breakpoints {
    /// Where one comes from.
    pub fn origin(&self, number: u32) -> Option<&Origin> {
        self.known.get(&number).map(|known| &known.origin)
    }

    /// The numbers of those of an origin, which are forgotten.
    fn forget(&mut self, origin: &Origin) -> Vec<u32> {
        let of = |(_, known): &(&u32, &Known)| known.origin == *origin;
        let numbers = self.known.iter().filter(of).map(|(number, _)| *number);
        let numbers: Vec<u32> = numbers.collect();
        for number in &numbers {
            self.known.remove(number);
        }
        numbers
    }
}

impl<T: 'static> Adapter<'_, '_, T> {
    pub(super) fn set_breakpoints(&mut self, arguments: SetBreakpoints) -> Answer {
        let key = self.source_key(&arguments.source)?;
        self.replace(&Origin::Source(key.clone()));
        let set = arguments.breakpoints.iter().map(|wanted| {
            let line = self.link.info.our_line(wanted.line);
            let offsets = self.offsets_of(&key, line);
            let text = format!("{}:{line}", self.name_of(&key));
            self.set(&text, offsets, Origin::Source(key.clone()), &wanted.when)
        });
        Ok(json!({"breakpoints": set.collect::<Vec<_>>()}))
    }

    pub(super) fn set_function_breakpoints(&mut self, arguments: SetFunctionBreakpoints) -> Answer {
        self.replace(&Origin::Function);
        let set = arguments.breakpoints.iter().map(|wanted| {
            let offsets = self.session.places(&wanted.name);
            self.set(&wanted.name, offsets, Origin::Function, &wanted.when)
        });
        Ok(json!({"breakpoints": set.collect::<Vec<_>>()}))
    }

    pub(super) fn set_instruction_breakpoints(
        &mut self,
        arguments: SetInstructionBreakpoints,
    ) -> Answer {
        self.replace(&Origin::Instruction);
        let set = arguments.breakpoints.iter().map(|wanted| {
            let offset = self.code_offset(&wanted.instruction_reference, wanted.offset);
            let text = match offset {
                Ok(offset) => format!("{offset:#x}"),
                Err(_) => wanted.instruction_reference.clone(),
            };
            let offsets = offset.and_then(|_| self.session.places(&text));
            self.set(&text, offsets, Origin::Instruction, &wanted.when)
        });
        Ok(json!({"breakpoints": set.collect::<Vec<_>>()}))
    }

    pub(super) fn set_data_breakpoints(&mut self, arguments: SetDataBreakpoints) -> Answer {
        self.replace(&Origin::Data);
        let set = arguments.breakpoints.iter().map(|wanted| {
            let added = self.watch(wanted);
            self.described(added)
        });
        Ok(json!({"breakpoints": set.collect::<Vec<_>>()}))
    }

    /// Watches what was offered.
    fn watch(&mut self, wanted: &DataBreakpoint) -> Result<u32, String> {
        let when = When::of(&wanted.when)?;
        let access = wanted.access_type.as_deref().unwrap_or("write");
        let known = ACCESSES.iter().find(|(name, _)| *name == access);
        let (_, access) = known.ok_or_else(|| format!("there is no access `{access}`"))?;
        let offers = &self.breakpoints.offers;
        let index: Option<usize> = wanted.data_id.parse().ok();
        let offer = index.and_then(|index| offers.get(index)).cloned();
        let (text, watch) = offer.ok_or("this was not offered to be watched")?;
        let number = self.session.watch(&text, watch, *access)?.number;
        self.know(number, Origin::Data, when);
        Ok(number)
    }

    /// What can be watched of something, by a name that the client gives back.
    pub(super) fn data_breakpoint_info(&mut self, arguments: DataBreakpointInfo) -> Answer {
        self.needs_stop()?;
        let name = &arguments.name;
        let place = match (arguments.as_address, arguments.variables_reference) {
            (true, _) => {
                let text = format!("{:#x} {}", number(name)?, arguments.bytes.unwrap_or(1));
                self.session.place(&text).map(|place| (place, text))
            }
            (false, 0) => {
                self.look_at(arguments.frame_id)?;
                self.session.place(name).map(|place| (place, name.clone()))
            }
            (false, reference) => self.place_in(reference, name),
        };
        let offered = place.and_then(|(place, text)| Ok((self.session.watch_of(&place)?, text)));
        Ok(match offered {
            Ok((watch, text)) => {
                let description = match &watch {
                    Watch::Memory { start, len, .. } => text.clone() + &bytes_at(*start, *len),
                    _ => text.clone(),
                };
                let accesses = match watch {
                    Watch::Memory { .. } => &ACCESSES[..],
                    _ => &ACCESSES[..1],
                };
                let accesses: Vec<&str> = accesses.iter().map(|(name, _)| *name).collect();
                self.breakpoints.offers.push((text, watch));
                json!({
                    "dataId": (self.breakpoints.offers.len() - 1).to_string(),
                    "description": description,
                    "accessTypes": accesses,
                    "canPersist": false,
                })
            }
            Err(why) => json!({"dataId": null, "description": why}),
        })
    }

    pub(super) fn set_exception_breakpoints(
        &mut self,
        arguments: SetExceptionBreakpoints,
    ) -> Answer {
        let has = |filter: &str| arguments.filters.iter().any(|given| given == filter);
        self.stops_at_traps = has(TRAP) && !self.no_debug;
        self.stops_at_exit = has(EXIT) && !self.no_debug;
        let is_known = |filter: &str| [TRAP, EXIT].contains(&filter);
        let known = |filter: &String| json!({"verified": is_known(filter)});
        let breakpoints: Vec<Value> = arguments.filters.iter().map(known).collect();
        Ok(json!({"breakpoints": breakpoints}))
    }

    /// The lines of a range that breakpoints can be in.
    pub(super) fn breakpoint_locations(&self, arguments: BreakpointLocations) -> Answer {
        let key = self.source_key(&arguments.source)?;
        let first = self.link.info.our_line(arguments.line);
        let last = self
            .link
            .info
            .our_line(arguments.end_line.unwrap_or(arguments.line));
        let mut found = Vec::new();
        let mut line = first;
        while line <= last.min(first.saturating_add(LINES)) {
            // (The nearest one below with code.)
            let nearest = self.offsets_of(&key, line).ok();
            let nearest = nearest.and_then(|offsets| self.place_in_source(&key, *offsets.first()?));
            let nearest = nearest.map(|(_, line, _)| line);
            match nearest {
                Some(nearest) if (line..=last).contains(&nearest) => {
                    found.push(json!({"line": self.link.info.line(nearest)}));
                    line = nearest + 1;
                }
                Some(nearest) if nearest < line => line += 1,
                _ => break,
            }
        }
        Ok(json!({"breakpoints": found}))
    }

    /// Takes away all of an origin.
    fn replace(&mut self, origin: &Origin) {
        for number in self.breakpoints.forget(origin) {
            // (One that stopped once only may be gone.)
            let _ = self.session.delete(number);
        }
    }

    /// Sets a breakpoint, and tells the client where.
    fn set(
        &mut self,
        text: &str,
        offsets: Result<Vec<u32>, String>,
        origin: Origin,
        when: &WhenArguments,
    ) -> Value {
        let added = offsets.and_then(|offsets| {
            let when = When::of(when)?;
            let number = self.session.break_at(text, offsets).number;
            self.know(number, origin, when);
            Ok(number)
        });
        self.described(added)
    }

    fn know(&mut self, number: u32, origin: Origin, when: When) {
        let known = Known {
            origin,
            when,
            times: 0,
        };
        self.breakpoints.known.insert(number, known);
    }

    fn described(&self, added: Result<u32, String>) -> Value {
        match added {
            Ok(number) => {
                let mut points = self.session.points().iter();
                let point = points.find(|point| point.number == number);
                point.map_or(Value::Null, |point| self.describe(point))
            }
            Err(why) => json!({"verified": false, "message": why, "reason": "failed"}),
        }
    }

    /// A breakpoint as the client wants it.
    fn describe(&self, point: &Point) -> Value {
        let mut described = json!({"id": point.number, "verified": point.enabled});
        let Kind::Break(offsets) = &point.kind else {
            return described;
        };
        let Some(offset) = offsets.first() else {
            return described;
        };
        described["instructionReference"] = self.reference_of(*offset).into();
        let own = match self.breakpoints.origin(point.number) {
            Some(Origin::Source(key)) => self.place_in_source(key, *offset),
            _ => None,
        };
        if let Some((source, line, column)) = own.or_else(|| self.location_of(*offset)) {
            described["source"] = source;
            described["line"] = self.link.info.line(line).into();
            if column > 0 {
                described["column"] = self.link.info.column(column).into();
            }
        }
        described
    }

    /// Those at the instruction that the program stands before which stop it.
    pub(super) fn stopping_here(&mut self) -> Vec<u32> {
        let here = self.session.offset();
        let is_here = |point: &&Point| match &point.kind {
            Kind::Break(offsets) => point.enabled && here.is_some_and(|at| offsets.contains(&at)),
            Kind::Watch(_) => false,
        };
        let points = self.session.points().iter().filter(is_here);
        let mut numbers: Vec<u32> = points.map(|point| point.number).collect();
        numbers.retain(|number| self.stops(*number));
        numbers
    }

    /// What comes of meeting a breakpoint, by its condition, count and message: whether it stops the program.
    pub(super) fn stops(&mut self, number: u32) -> bool {
        let Some(known) = self.breakpoints.known.get(&number) else {
            return true;
        };
        let show = |text: &str| {
            let place = self.session.place(text)?;
            self.session.show(&place)
        };
        if let Some(condition) = &known.when.condition {
            match condition.holds(show) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(why) => {
                    let text = format!("the condition of a breakpoint cannot be told: {why}\n");
                    self.link.client.print("stderr", &text);
                    return true;
                }
            }
        }
        let log = known.when.log.as_ref().map(|text| message(text, show));
        let Some(known) = self.breakpoints.known.get_mut(&number) else {
            return true;
        };
        known.times += 1;
        let count = known.when.count;
        if count.is_some_and(|count| !count.stops(known.times)) {
            return false;
        }
        if let Some(text) = &log {
            self.link.client.print("console", &format!("{text}\n"));
        }
        log.is_none()
    }

    /// Tells of breakpoints that the console has made, and of those that are gone.
    pub(super) fn tell_breakpoints(&mut self) {
        if self.phase == Phase::Over {
            return;
        }
        let numbers: Vec<u32> = self
            .session
            .points()
            .iter()
            .map(|point| point.number)
            .collect();
        let known: Vec<u32> = self.breakpoints.known.keys().copied().collect();
        for gone in known.iter().filter(|number| !numbers.contains(number)) {
            self.breakpoints.known.remove(gone);
            let body = json!({"reason": "removed", "breakpoint": {"id": gone, "verified": false}});
            self.link.client.event("breakpoint", body);
        }
        for new in numbers.iter().filter(|number| !known.contains(number)) {
            // (It is the client's from now on, with the others of its file.)
            let origin = self.origin_of_new(*new);
            self.know(*new, origin, When::default());
            let mut described = self.described(Ok(*new));
            described["message"] = self.session.describe_point(*new).trim_end().into();
            let body = json!({"reason": "new", "breakpoint": described});
            self.link.client.event("breakpoint", body);
        }
    }

    fn origin_of_new(&self, number: u32) -> Origin {
        let mut points = self.session.points().iter();
        let point = points.find(|point| point.number == number);
        let offset = point.and_then(|point| match &point.kind {
            Kind::Break(offsets) => offsets.first().copied(),
            Kind::Watch(_) => None,
        });
        let key = offset.and_then(|offset| self.key_of(offset));
        key.map_or(Origin::Console, Origin::Source)
    }
}
