//! A program that is being debugged, in both directions of time: what all front ends do with it.
//!
//! A session stands at one step of a run and has one frame selected. Motions ([`motion`], [`lines`]) go elsewhere and
//! tell why they stopped there; everything else looks ([`view`], [`place`]) or decides where motions stop ([`points`]).
//! What it refuses it says in words, for the user.

mod lines;
mod motion;
mod output;
mod place;
mod points;
mod view;

use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use wasmote::{
    Instance, Module, Store,
    debug::{Stepper, Timeline, TimelineOptions},
};

use super::{
    code::Code,
    listing::Listing,
    source::{Source, SourceFiles},
};
use crate::program::Entry;
use lines::Statement;
use motion::Rest;
pub use motion::{Direction, Event, Written};
use output::Output;
pub use output::{Chunk, Kept, Stream};
pub use place::{Place, hex, number};
use points::Points;
pub use points::{Access, Kind, Point};
pub use view::{FrameView, Value};

/// What went wrong, in words.
pub type Result<T> = std::result::Result<T, String>;

/// A debugged program. `T` is what its store holds.
pub struct Session<'m, T: 'static> {
    store: Store<T>,
    timeline: Timeline,
    module: Module,
    instance: Instance,
    code: Rc<Code<'m>>,
    source: Source<'m>,
    files: SourceFiles,
    listing: Listing<'m>,
    points: Points,
    output: Output,
    /// Number of the selected frame, as [`Session::frames`] counts.
    selected: usize,
    /// Why it stands where it is.
    event: Event,
    /// What the last motion has left to do.
    rest: Option<Rest>,
    watcher: Box<Watcher>,
    /// By function.
    statements: RefCell<HashMap<u32, Rc<[Statement]>>>,
    /// Where functions with lines begin.
    entries: OnceCell<Vec<u32>>,
    /// The same module in code that does not stop.
    plain: OnceCell<std::result::Result<Module, String>>,
}

/// Is told during long motions where they are; `false` ends them there.
pub type Watcher = dyn FnMut(u64) -> bool;

/// How a session is to be.
pub struct Options {
    /// Where source files are.
    pub files: SourceFiles,
    /// Bytes of snapshots to keep.
    pub budget: usize,
    /// Where the program's output goes.
    pub kept: Kept,
}

impl<'m, T: 'static> Session<'m, T> {
    /// Begins with the call of a program's entry, at its first instruction. `module` is the one in the store, which
    /// must be of an engine that debugs.
    ///
    /// # Errors
    /// The call cannot be entered; debug information is malformed.
    pub fn start(
        mut store: Store<T>,
        module: &'m Module,
        entry: &Entry,
        options: Options,
    ) -> Result<Session<'m, T>> {
        let settings = settings(&options);
        let timeline = Timeline::start(&mut store, entry.func, &entry.arguments, settings);
        let timeline = timeline.map_err(words)?;
        Session::of(store, module, entry.instance, timeline, options)
    }

    /// Begins with a stopped call.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn at(
        mut store: Store<T>,
        module: &'m Module,
        instance: Instance,
        stepper: Stepper,
        options: Options,
    ) -> Result<Session<'m, T>> {
        let timeline = Timeline::of(&mut store, stepper, settings(&options)).map_err(words)?;
        Session::of(store, module, instance, timeline, options)
    }

    fn of(
        store: Store<T>,
        module: &'m Module,
        instance: Instance,
        timeline: Timeline,
        options: Options,
    ) -> Result<Session<'m, T>> {
        let code = Rc::new(Code::new(module.bytes()).map_err(words)?);
        let output = Output::new(options.kept, store.steps());
        Ok(Session {
            timeline,
            store,
            module: module.clone(),
            instance,
            source: Source::new(code.clone())?,
            files: options.files,
            listing: Listing::new(code.clone()),
            code,
            points: Points::default(),
            output,
            selected: 0,
            event: Event::Start,
            rest: None,
            watcher: Box::new(|_| true),
            statements: RefCell::default(),
            entries: OnceCell::new(),
            plain: OnceCell::new(),
        })
    }

    /// Has long motions report, and be interrupted.
    pub fn watch_progress(&mut self, watcher: impl FnMut(u64) -> bool + 'static) {
        self.watcher = Box::new(watcher);
    }

    /// The step it stands at: how many instructions were begun.
    pub fn step(&self) -> u64 {
        self.store.steps()
    }

    /// The call, and how far it ever got.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The store.
    pub fn store(&self) -> &Store<T> {
        &self.store
    }

    /// The module's functions and names.
    pub fn code(&self) -> &Code<'m> {
        &self.code
    }

    /// Its debug information.
    pub fn source(&self) -> &Source<'m> {
        &self.source
    }

    /// The files it was compiled from.
    pub fn files(&self) -> &SourceFiles {
        &self.files
    }

    /// Its text.
    pub fn listing(&self) -> &Listing<'m> {
        &self.listing
    }

    /// How the last motion ended.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// What the program had printed up to this step, in order.
    pub fn output(&self) -> &[Chunk] {
        self.output.up_to(self.store.steps())
    }

    /// What it printed at any step that was ever reached.
    pub fn all_output(&self) -> &[Chunk] {
        self.output.up_to(u64::MAX)
    }
}

fn settings(options: &Options) -> TimelineOptions {
    TimelineOptions {
        budget: options.budget,
        ..TimelineOptions::default()
    }
}

/// Any error, in words.
fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
