//! Scopes and variables: those of the source with their parts, and those of WebAssembly.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{adapter::Adapter, message::Answer};
use crate::debug::{
    session::{self, Place},
    source::{Object, ScopeKind, Variable},
    stopped::Stopped,
};

/// Parts of a value that are given at once, at most.
const PARTS: u64 = 1000;

/// Parts from which on a client is to ask for some.
const MANY: u64 = 100;

/// Something that has variables. Frames are those of the session.
#[derive(Clone)]
pub enum Container {
    /// Those of the source in a frame.
    Variables(usize),
    /// Those of the source outside of functions.
    Statics,
    /// Those of WebAssembly.
    Locals(usize),
    Operands(usize),
    Globals,
    /// A value of the source, in a frame if it needs one, and the path to it.
    Object(Option<usize>, Object, String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scopes {
    frame_id: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variables {
    variables_reference: i64,
    filter: Option<String>,
    start: Option<u64>,
    count: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariable {
    variables_reference: i64,
    name: String,
    value: String,
}

/// A part of a value, with the path to it.
struct Part {
    name: String,
    path: String,
    object: Object,
}

impl<T: 'static> Adapter<'_, '_, T> {
    pub(super) fn scopes(&mut self, arguments: Scopes) -> Answer {
        self.needs_stop()?;
        let source = self.session.source();
        let mut scopes = Vec::new();
        let views = self.session.frames();
        let frame = match views.is_empty() {
            true => None,
            false => Some(self.frame_number(arguments.frame_id)?),
        };
        let has_source = frame
            .and_then(|frame| views.get(frame))
            .is_some_and(|view| {
                let scopes = source.scopes(view.frame.offset);
                scopes.iter().any(|scope| !scope.variables.is_empty())
            });
        let has_statics = source.has_globals();
        if let Some(frame) = frame {
            if has_source {
                scopes.push(("Locals", Container::Variables(frame), "locals"));
            }
            let hint = if has_source { "registers" } else { "locals" };
            scopes.push(("WebAssembly locals", Container::Locals(frame), hint));
            scopes.push(("Operand stack", Container::Operands(frame), "registers"));
        }
        scopes.push(("WebAssembly globals", Container::Globals, "registers"));
        if has_statics {
            scopes.push(("Static variables", Container::Statics, "globals"));
        }
        let scopes = scopes.into_iter().map(|(name, container, hint)| {
            let expensive = matches!(container, Container::Statics);
            json!({
                "name": name,
                "presentationHint": hint,
                "variablesReference": self.containers.add(container),
                "expensive": expensive,
            })
        });
        Ok(json!({"scopes": scopes.collect::<Vec<_>>()}))
    }

    pub(super) fn variables(&mut self, arguments: Variables) -> Answer {
        self.needs_stop()?;
        let container = self.container(arguments.variables_reference)?;
        let variables = match container {
            Container::Variables(frame) => {
                let variables = self.variables_of(frame)?;
                self.described_all(&variables, Some(frame))?
            }
            Container::Statics => {
                let variables = self.session.source().globals();
                self.described_all(&variables, None)?
            }
            Container::Locals(frame) => {
                self.session.select(frame)?;
                wasm("local", &self.session.locals()?)
            }
            Container::Operands(frame) => {
                self.session.select(frame)?;
                wasm("stack", &self.session.operands()?)
            }
            Container::Globals => wasm("global", &self.session.globals()),
            Container::Object(frame, object, path) => {
                let count = self.part_count(frame, &object)?;
                let start = arguments.start.unwrap_or(0);
                let wanted = arguments.count.filter(|count| *count > 0);
                let wanted = wanted.unwrap_or(PARTS).min(PARTS);
                let end = start.saturating_add(wanted).min(count);
                let indexed = |part: &Part| part.name.starts_with('[');
                let mut parts = self.parts(frame, &object, &path, start..end)?;
                match arguments.filter.as_deref() {
                    Some("indexed") => parts.retain(indexed),
                    Some("named") => parts.retain(|part| !indexed(part)),
                    _ => {}
                }
                let mut described = Vec::new();
                for part in parts {
                    described.push(self.described_object(part, frame)?);
                }
                let rest = count - end.max(start).min(count);
                if rest > 0 && arguments.count.is_none() {
                    let value = format!("{rest} more");
                    described.push(json!({"name": "…", "value": value, "variablesReference": 0}));
                }
                described
            }
        };
        Ok(json!({"variables": variables}))
    }

    pub(super) fn set_variable(&mut self, arguments: SetVariable) -> Answer {
        self.needs_stop()?;
        let (reference, name) = (arguments.variables_reference, &arguments.name);
        let (place, _) = self.place_in(reference, name)?;
        self.session.set(&place, arguments.value.trim())?;
        let (place, path) = self.place_in(reference, name)?;
        self.tell_changes();
        self.described_place(&place, path, "value")
    }

    /// The place of a variable by what has it and its name, and the path to it.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn place_in(
        &mut self,
        reference: i64,
        name: &str,
    ) -> Result<(Place, String), String> {
        let missing = || format!("there is no variable `{name}`");
        let container = self.container(reference)?;
        let (of, frame) = match &container {
            Container::Locals(frame) => ("local", Some(*frame)),
            Container::Operands(frame) => ("stack", Some(*frame)),
            Container::Globals => ("global", None),
            Container::Variables(frame) => ("", Some(*frame)),
            Container::Statics => ("", None),
            Container::Object(frame, ..) => ("", *frame),
        };
        if let Some(frame) = frame {
            self.session.select(frame)?;
        }
        let object = match &container {
            Container::Locals(_) | Container::Operands(_) | Container::Globals => {
                let number = name.split(' ').next().unwrap_or_default();
                let path = format!("{of} {number}");
                return Ok((self.session.place(&path)?, path));
            }
            Container::Variables(_) | Container::Statics => {
                let variables = match frame {
                    Some(frame) => self.variables_of(frame)?,
                    None => self.session.source().globals(),
                };
                let found = variables.iter().find(|variable| variable.name == name);
                let machine = self.machine(frame)?;
                let object = self
                    .session
                    .source()
                    .object(found.ok_or_else(missing)?, &machine);
                let object = object.map_err(|why| format!("`{name}` is {why}"))?;
                Part {
                    name: name.to_owned(),
                    path: name.to_owned(),
                    object,
                }
            }
            Container::Object(_, object, path) => {
                let digits = name
                    .strip_prefix('[')
                    .and_then(|name| name.strip_suffix(']'));
                let wanted = match digits.map(str::parse::<u64>) {
                    Some(Ok(n)) => n..n.saturating_add(1),
                    _ => 0..PARTS,
                };
                let parts = self.parts(frame, object, path, wanted)?;
                let found = parts.into_iter().find(|part| part.name == name);
                found.ok_or_else(missing)?
            }
        };
        let machine = self.machine(frame)?;
        let shown = self.session.source().show(&object.object, &machine);
        Ok((Place::Variable(object.object, shown), object.path))
    }

    fn container(&self, reference: i64) -> Result<Container, String> {
        let container = self.containers.get(reference).cloned();
        container.ok_or_else(|| format!("there are no variables {reference} now"))
    }

    /// What values are read from: a frame, or the program's memory.
    fn machine(&self, frame: Option<usize>) -> Result<Stopped<'_>, String> {
        if let Some(frame) = frame {
            let views = self.session.frames();
            let view = views.get(frame).ok_or("the frame is gone")?;
            return self.session.stopped(&view.frame);
        }
        let memory = self.session.memory(0).ok();
        Ok(Stopped {
            memory: memory.map_or(&[], |memory| memory.data(self.session.store())),
            ..Stopped::default()
        })
    }

    /// The variables of the source in a frame, the innermost first: of one that shares the machine's with others, into
    /// which it was inlined or that were inlined into it, its own.
    fn variables_of(&self, frame: usize) -> Result<Vec<Variable>, String> {
        let views = self.session.frames();
        let view = views.get(frame).ok_or("the frame is gone")?;
        let scopes = self.session.source().scopes(view.frame.offset);
        let inner = views[..frame].iter().rev();
        let inner = inner
            .take_while(|inner| inner.frame.base == view.frame.base)
            .count();
        let inlined = |kind: &ScopeKind| matches!(kind, ScopeKind::Inlined(_));
        let depth = scopes.iter().filter(|scope| inlined(&scope.kind)).count();
        // Of the functions from the outermost in, the number of the one that is wanted.
        let Some(wanted) = depth.checked_sub(inner) else {
            return Ok(Vec::new());
        };
        let mut at = 0;
        let mut own = Vec::new();
        for scope in scopes {
            at += usize::from(inlined(&scope.kind));
            if at == wanted {
                own.push(scope.variables);
            }
        }
        Ok(own.into_iter().rev().flatten().collect())
    }

    fn described_all(
        &mut self,
        variables: &[Variable],
        frame: Option<usize>,
    ) -> Result<Vec<Value>, String> {
        let mut described = Vec::new();
        for variable in variables {
            let machine = self.machine(frame)?;
            let object = self.session.source().object(variable, &machine);
            described.push(match object {
                Ok(object) => {
                    let (name, path) = (variable.name.clone(), variable.name.clone());
                    self.described_object(Part { name, path, object }, frame)?
                }
                Err(missing) => json!({
                    "name": variable.name,
                    "value": missing.to_string(),
                    "type": self.session.source().type_name(variable),
                    "variablesReference": 0,
                }),
            });
        }
        Ok(described)
    }

    /// A value of the source as the client wants it.
    fn described_object(&mut self, part: Part, frame: Option<usize>) -> Result<Value, String> {
        let machine = self.machine(frame)?;
        let shown = self.session.source().show(&part.object, &machine);
        let mut described = json!({
            "name": part.name,
            "value": shown,
            "evaluateName": part.path,
        });
        self.describe_parts(&mut described, part.object, part.path, frame)?;
        Ok(described)
    }

    /// Adds the type of a value, and how to get its parts and its memory.
    fn describe_parts(
        &mut self,
        described: &mut Value,
        object: Object,
        path: String,
        frame: Option<usize>,
    ) -> Result<(), String> {
        let source = self.session.source();
        let machine = self.machine(frame)?;
        if self.link.info.supports_variable_type {
            described["type"] = object.ty.name.clone().into();
        }
        // Of pointers, what they point to.
        let target = source.target(&object, &machine);
        if let Some(address) = target.as_ref().unwrap_or(&object).address() {
            described["memoryReference"] = self.memory_reference(address);
        }
        let count = self.part_count(frame, &object)?;
        if count > MANY && self.link.info.supports_variable_paging {
            let first = self.parts(frame, &object, &path, 0..1)?;
            let indexed = first.first().is_some_and(|part| part.name.starts_with('['));
            let kind = if indexed {
                "indexedVariables"
            } else {
                "namedVariables"
            };
            described[kind] = count.into();
        }
        described["variablesReference"] = match count {
            0 => 0,
            _ => self.containers.add(Container::Object(frame, object, path)),
        }
        .into();
        Ok(())
    }

    /// A value that a person has asked for, as the client wants it; its text is the field `text`.
    pub(super) fn described_place(
        &mut self,
        place: &Place,
        path: String,
        text: &str,
    ) -> Result<Value, String> {
        let mut described = json!({"variablesReference": 0});
        described[text] = self.session.show(place)?.into();
        match place {
            Place::Variable(object, _) => {
                let frames = self.session.frames().len();
                let frame = Some(self.session.selected()).filter(|frame| *frame < frames);
                self.describe_parts(&mut described, object.clone(), path, frame)?;
            }
            Place::Bytes(address, _) | Place::Number(_, address) => {
                described["memoryReference"] = self.memory_reference(*address);
            }
            _ => {}
        }
        Ok(described)
    }

    /// What a value's parts are of: a pointer to a structure has those of the structure.
    fn whole(&self, object: &Object, machine: &Stopped<'_>) -> (Object, bool) {
        let source = self.session.source();
        let target = source.target(object, machine).filter(|target| {
            source.target(target, machine).is_none() && source.child_count(target, machine) > 0
        });
        match target {
            Some(target) => (target, true),
            None => (object.clone(), false),
        }
    }

    fn part_count(&self, frame: Option<usize>, object: &Object) -> Result<u64, String> {
        let machine = self.machine(frame)?;
        let source = self.session.source();
        let target = source.target(object, &machine);
        if target.is_some_and(|target| target.address() == Some(0)) {
            // (There is memory at address 0, but nothing is meant to be.)
            return Ok(0);
        }
        let (whole, _) = self.whole(object, &machine);
        Ok(source.child_count(&whole, &machine))
    }

    fn parts(
        &self,
        frame: Option<usize>,
        object: &Object,
        path: &str,
        wanted: std::ops::Range<u64>,
    ) -> Result<Vec<Part>, String> {
        let machine = self.machine(frame)?;
        let (whole, pointed) = self.whole(object, &machine);
        let parts = self.session.source().children(&whole, wanted, &machine);
        let bracketed = match path.starts_with('*') {
            true => format!("({path})"),
            false => path.to_owned(),
        };
        let part = |(name, object): (String, Object)| {
            let path = match name.as_str() {
                "*" => format!("*{path}"),
                name if name.starts_with('[') && pointed => format!("(*{path}){name}"),
                name if name.starts_with('[') => format!("{bracketed}{name}"),
                name if pointed => format!("{bracketed}->{name}"),
                name => format!("{bracketed}.{name}"),
            };
            Part { name, path, object }
        };
        Ok(parts.into_iter().map(part).collect())
    }
}

/// Values of WebAssembly as the client wants them.
fn wasm(of: &str, values: &[session::Value]) -> Vec<Value> {
    let described = (0..).zip(values).map(|(n, value)| {
        let n: u32 = n;
        json!({
            "name": value.name,
            "value": value.value,
            "type": value.ty,
            "evaluateName": format!("{of} {n}"),
            "variablesReference": 0,
        })
    });
    described.collect()
}
