//! Frames and the sources that they are in: files of this machine, or text of WebAssembly where there is none.

use std::{path, sync::Arc};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{adapter::Adapter, message::Answer};
use crate::debug::{
    session::{Event, FrameView},
    source::Location,
};

/// A source as the client names it.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceArgument {
    path: Option<String>,
    source_reference: Option<i64>,
}

/// What a client means by a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SourceKey {
    /// A file that debug information names so.
    File(Arc<str>),
    /// A file that nothing was made from, as far as is known.
    Other(String),
    /// The text of a function.
    Text(u32),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub struct StackTrace {
    start_frame: Option<usize>,
    levels: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceText {
    source: Option<SourceArgument>,
    #[serde(default)]
    source_reference: i64,
}

impl<T: 'static> Adapter<'_, '_, T> {
    pub(super) fn stack_trace(&mut self, arguments: StackTrace) -> Answer {
        self.needs_stop()?;
        let views = self.session.frames();
        if views.is_empty() {
            // (It has returned. Clients do nothing with threads that have no frame, not even go back.)
            let name = match self.session.event() {
                Event::Returned(_) => "returned",
                _ => "nothing",
            };
            let frame = json!({
                "id": self.frames.first(), "name": name, "line": 0, "column": 0,
                "presentationHint": "label",
            });
            return Ok(json!({"stackFrames": [frame], "totalFrames": 1}));
        }
        self.number_frames(views.len());
        let wanted = views.iter().enumerate();
        let wanted = wanted.skip(arguments.start_frame.unwrap_or(0));
        // (0 is all of them.)
        let levels = arguments.levels.filter(|levels| *levels > 0);
        let wanted = wanted.take(levels.unwrap_or(usize::MAX));
        let frames: Vec<Value> = wanted.map(|(n, view)| self.frame(n, view)).collect();
        Ok(json!({"stackFrames": frames, "totalFrames": views.len()}))
    }

    fn frame(&self, number: usize, view: &FrameView) -> Value {
        let inlined = if view.inlined { " [inlined]" } else { "" };
        let mut frame = json!({
            "id": self.frames.first() + number as i64,
            "name": format!("{}{inlined}", view.function),
            "line": 0,
            "column": 0,
            "instructionPointerReference": self.reference_of(view.frame.offset),
            "moduleId": 1,
        });
        let location = view.location.clone();
        let location = location.or_else(|| self.statement_before(view));
        let location = location.and_then(|location| self.in_file(&location));
        if location.is_none() && self.session.source().is_there() {
            // (Clients show the first that is not.)
            frame["presentationHint"] = "subtle".into();
        }
        let place = location.or_else(|| self.in_text(view.frame.offset));
        if let Some((source, line, column)) = place {
            frame["source"] = source;
            frame["line"] = self.link.info.line(line).into();
            frame["column"] = self.link.info.column(column).into();
        }
        frame
    }

    /// Instructions that the compiler gives no line belong to what was before them.
    fn statement_before(&self, view: &FrameView) -> Option<Location> {
        let statements = self.session.source().statements(view.frame.func);
        let behind = statements.partition_point(|place| place.offset <= view.frame.offset);
        Some(statements.get(behind.checked_sub(1)?)?.location.clone())
    }

    fn number_frames(&mut self, count: usize) {
        if self.frames.is_empty() {
            for number in 0..count {
                self.frames.add(number);
            }
        }
    }

    /// The session's number of a frame of the client's.
    ///
    /// # Errors
    /// It has none (any more).
    pub(super) fn frame_number(&self, id: i64) -> Result<usize, String> {
        let number = self.frames.get(id).copied();
        number.ok_or_else(|| format!("there is no frame {id} now"))
    }

    /// Looks at a frame of the client's, or the innermost.
    ///
    /// # Errors
    /// There is no such frame.
    pub(super) fn look_at(&mut self, id: Option<i64>) -> Result<(), String> {
        match id {
            // (A program that has returned has none.)
            Some(id) if id == self.frames.first() && self.frames.is_empty() => Ok(()),
            Some(id) => {
                let number = self.frame_number(id)?;
                self.session.select(number)
            }
            None => Ok(()),
        }
    }

    /// Frames and variables have other numbers from now on.
    pub(super) fn forget_handles(&mut self) {
        self.frames.clear();
        self.containers.clear();
    }

    /// Where an instruction is: its source, line and column, from 1 on.
    pub(super) fn location_of(&self, offset: u32) -> Option<(Value, u32, u32)> {
        let location = self.session.source().location(offset);
        let in_file = location.and_then(|location| self.in_file(&location));
        in_file.or_else(|| self.in_text(offset))
    }

    /// A place in a file, if the file is there.
    fn in_file(&self, location: &Location) -> Option<(Value, u32, u32)> {
        let source = self.file_source(&location.file)?;
        Some((source, location.line, location.column))
    }

    fn file_source(&self, file: &str) -> Option<Value> {
        let path = path::absolute(self.session.files().path(file)).ok()?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        path.is_file()
            .then(|| json!({"name": name, "path": path.to_string_lossy()}))
    }

    /// What a client means.
    ///
    /// # Errors
    /// It names nothing, or text that is not there.
    pub(super) fn source_key(&self, source: &SourceArgument) -> Result<SourceKey, String> {
        if let Some(reference) = source.source_reference.filter(|reference| *reference > 0) {
            return self.func_of(reference).map(SourceKey::Text);
        }
        let path = source.path.as_ref().ok_or("the source has no path")?;
        let files = self.session.source().files();
        let named = self.session.files().named(&files, path.as_ref());
        Ok(match named {
            Some(file) => SourceKey::File(file),
            None => SourceKey::Other(path.clone()),
        })
    }

    /// The key of the source that an instruction is shown in.
    pub(super) fn key_of(&self, offset: u32) -> Option<SourceKey> {
        let location = self.session.source().location(offset);
        let file = location.filter(|location| self.in_file(location).is_some());
        match file {
            Some(location) => Some(SourceKey::File(location.file)),
            None => self.session.code().func_at(offset).map(SourceKey::Text),
        }
    }

    pub(super) fn name_of(&self, key: &SourceKey) -> String {
        match key {
            SourceKey::File(file) => file.to_string(),
            SourceKey::Other(path) => path.clone(),
            SourceKey::Text(func) => self.session.code().display_name(*func),
        }
    }

    /// The instructions of a line, or of the nearest one below with some.
    ///
    /// # Errors
    /// There are none.
    pub(super) fn offsets_of(&self, key: &SourceKey, line: u32) -> Result<Vec<u32>, String> {
        let source = self.session.source();
        let offsets: Vec<u32> = match key {
            SourceKey::File(file) => {
                let places = source.places(file, line).into_iter();
                // (Other files may end in the same name.)
                let own = places.filter(|place| self.location_in(file, place.offset).is_some());
                own.map(|place| place.offset).collect()
            }
            SourceKey::Other(_) => Vec::new(),
            SourceKey::Text(func) => self.offset_at(*func, line)?.into_iter().collect(),
        };
        match offsets.is_empty() {
            true if matches!(key, SourceKey::Text(_)) => {
                Err(format!("no instruction is in line {line} or below"))
            }
            true if !source.is_there() => {
                Err("the module has no debug information, so no lines".to_owned())
            }
            true => Err(format!(
                "no code was made from {}:{line}",
                self.name_of(key)
            )),
            false => Ok(offsets),
        }
    }

    /// Where an instruction is in a source, and not in one that was inlined there: the source, line and column.
    pub(super) fn place_in_source(
        &self,
        key: &SourceKey,
        offset: u32,
    ) -> Option<(Value, u32, u32)> {
        match key {
            SourceKey::File(file) => {
                let location = self.location_in(file, offset)?;
                self.in_file(&location)
            }
            SourceKey::Other(_) => None,
            SourceKey::Text(_) => self.in_text(offset),
        }
    }

    /// The innermost function's location that is in a file.
    fn location_in(&self, file: &str, offset: u32) -> Option<Location> {
        let frames = self.session.source().frames(offset).into_iter();
        let mut locations = frames.filter_map(|frame| frame.location);
        locations.find(|location| *location.file == *file)
    }

    pub(super) fn source_text(&self, arguments: SourceText) -> Answer {
        let given = arguments.source.and_then(|source| source.source_reference);
        let reference = given.unwrap_or(arguments.source_reference);
        let func = self.func_of(reference)?;
        Ok(json!({"content": self.text(func)?}))
    }

    /// The files of debug information that are on this machine.
    pub(super) fn loaded_sources(&self) -> Value {
        let files = self.session.source().files();
        let sources: Vec<Value> = files
            .iter()
            .filter_map(|file| self.file_source(file))
            .collect();
        json!({"sources": sources})
    }

    /// Tells if no file of debug information is where it says.
    pub(super) fn tell_missing_files(&mut self) {
        let files = self.session.source().files();
        let found = files.iter().any(|file| self.file_source(file).is_some());
        if let Some(first) = files.first()
            && !found
        {
            let path = self.session.files().path(first);
            let text = format!(
                "no source file of the debug information is there, such as {}: see `sourceMap`\n",
                path.display()
            );
            self.link.client.print("console", &text);
        }
    }

    /// The only module.
    pub(super) fn module(&self) -> Value {
        let name = self.title.file_name().unwrap_or(self.title.as_os_str());
        let debugged = self.session.source().is_there();
        let symbols = if debugged {
            "Debug information (DWARF)"
        } else {
            "No debug information"
        };
        json!({
            "id": 1,
            "name": name.to_string_lossy(),
            "path": path::absolute(&self.title).unwrap_or_else(|_| self.title.clone()).to_string_lossy(),
            "symbolStatus": symbols,
            "isUserCode": true,
        })
    }
}
