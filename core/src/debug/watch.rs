//! Places that are watched, and which instructions write to them.

use alloc::vec::Vec;

use wasmparser::Operator;

use super::{
    Frame, Stepper, Until,
    access::{Reaches, overlap},
    code::operator_at,
};
use crate::{
    error::Error,
    exec::is_whole,
    externs::{Global, Memory},
    map::Map,
    module::Module,
    store::{Arena, InstanceEntity, MemoryEntity, StoreInner},
    sync::Lock,
    value::Val,
};

/// A place to watch. Writing the value that it has already counts too, but for host functions.
#[derive(Clone, Debug)]
pub enum Watch {
    /// Bytes of a memory.
    Memory {
        /// The memory.
        memory: Memory,
        /// Address of the first byte.
        start: u64,
        /// How many.
        len: u64,
    },
    /// The same, where instructions read them. (What host functions read is not noticed.)
    Reads {
        /// The memory.
        memory: Memory,
        /// Address of the first byte.
        start: u64,
        /// How many.
        len: u64,
    },
    /// A global.
    Global(Global),
    /// A local of one frame, for as long as that is there.
    Local {
        /// The frame's [`Frame::base`].
        frame: u32,
        /// Its module and function.
        module: Module,
        /// The function's index (imports count).
        func: u32,
        /// The local's index.
        local: u32,
    },
}

/// What a watched place holds.
#[derive(Clone, Debug)]
pub enum Watched {
    /// Of a memory: the first of the bytes, at most [`Watched::MAX_BYTES`].
    Bytes(Vec<u8>),
    /// Of a global or local.
    Value(Val),
    /// The place is gone.
    Nothing,
}

impl Watched {
    /// Longer memory ranges are watched in whole, and shown in part.
    pub const MAX_BYTES: u64 = 64;
}

/// A write to a watched place, or the reading of one.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The number of the watch.
    pub watch: usize,
    /// The step count before the instruction that does it: that is the instruction of that step.
    pub step: u64,
    /// What was there.
    pub old: Watched,
    /// What is there now.
    pub new: Watched,
}

impl Watch {
    /// What is there now.
    pub(super) fn value(&self, stepper: &Stepper, store: &StoreInner) -> Watched {
        match self {
            Watch::Memory { memory, start, len } | Watch::Reads { memory, start, len } => {
                let data = store.memories.get(memory.0.index(store)).data();
                let len = (*len).min(Watched::MAX_BYTES);
                let range = usize::try_from(*start).ok().zip(usize::try_from(len).ok());
                let bytes = range.and_then(|(start, len)| data.get(start..start.checked_add(len)?));
                bytes.map_or(Watched::Nothing, |bytes| Watched::Bytes(bytes.into()))
            }
            Watch::Global(global) => {
                let entity = store.globals.get(global.0.index(store));
                Watched::Value(Val::from_slots(entity.ty.content, &entity.value, store))
            }
            Watch::Local { local, .. } => {
                let frames = stepper.frames_in(store);
                let frame = frames.iter().find(|frame| self.is_of(frame));
                let place = frame.and_then(|frame| {
                    let info = stepper.info(frame).ok()?;
                    Some((frame.base, *info.locals.get(*local as usize)?))
                });
                match place {
                    Some((base, (ty, slot))) => {
                        Watched::Value(stepper.value(store, base + slot, ty))
                    }
                    None => Watched::Nothing,
                }
            }
        }
    }

    /// Whether it is a local of this frame.
    fn is_of(&self, frame: &Frame) -> bool {
        matches!(self, Watch::Local { frame: base, module, func, .. }
            if *base == frame.base && *func == frame.func && Module::same(module, &frame.module))
    }

    /// Watched memory, for host functions to be found out.
    pub(super) fn bytes_of(watches: &[Watch]) -> Vec<WatchedBytes> {
        let memory = |(watch, what): (usize, &Watch)| match what {
            Watch::Memory { memory, start, len } => Some(WatchedBytes {
                watch,
                memory: memory.0.number(),
                start: usize::try_from(*start).ok()?,
                len: usize::try_from(*len).ok()?,
                bytes: Vec::new(),
            }),
            _ => None,
        };
        watches.iter().enumerate().filter_map(memory).collect()
    }
}

/// Watched memory as it was before the host function that runs.
#[derive(Clone)]
pub(crate) struct WatchedBytes {
    watch: usize,
    memory: u32,
    start: usize,
    len: usize,
    bytes: Vec<u8>,
}

impl WatchedBytes {
    fn now<'m>(&self, memories: &'m Arena<MemoryEntity>) -> &'m [u8] {
        let data = memories.get(self.memory).data();
        let end = self.start.saturating_add(self.len).min(data.len());
        data.get(self.start..end).unwrap_or_default()
    }

    /// Notes what is there.
    pub(crate) fn look(&mut self, memories: &Arena<MemoryEntity>) {
        self.bytes = self.now(memories).into();
    }

    /// Whether it is different now.
    pub(crate) fn has_changed(&self, memories: &Arena<MemoryEntity>) -> bool {
        self.now(memories) != self.bytes
    }
}

/// What a host function of the run has written to.
pub(super) fn watched_by_host(store: &mut StoreInner, until: &Until) -> Option<Hit> {
    let step = store.stops.host_wrote.take()?;
    let changed = store
        .stops
        .watched
        .iter()
        .find(|watched| watched.has_changed(&store.memories))?;
    debug_assert!(changed.watch < until.watches.len());
    let shown = changed.bytes.len().min(Watched::MAX_BYTES as usize);
    Some(Hit {
        watch: changed.watch,
        step,
        old: Watched::Bytes(changed.bytes[..shown].into()),
        new: Watched::Nothing,
    })
}

/// What an instruction writes to, or reads of memory.
#[derive(Clone)]
enum Site {
    Nothing,
    Local(u32),
    Global(u32),
    Memory(Reaches),
}

/// What instructions that were met write to, by instance and offset.
type Known = Map<(u32, u32), Site>;

/// The same, of the runs of a call. The run that looks for writes has it meanwhile.
pub(super) struct Sites(Lock<Known>);

impl Default for Sites {
    fn default() -> Sites {
        Sites(Lock::new(Map::new()))
    }
}

impl Sites {
    /// For a run that stops where these places are written to.
    pub(super) fn lend(&self, until: &Until, store: &StoreInner) -> Option<Watching> {
        if until.watches.is_empty() {
            return None;
        }
        let targets = until.watches.iter().map(|watch| Target::of(watch, store));
        Some(Watching {
            known: self.0.with(core::mem::take),
            targets: targets.collect(),
        })
    }

    /// Behind the run.
    pub(super) fn take_back(&self, watching: Option<Watching>) {
        if let Some(watching) = watching {
            self.0.with(|known| *known = watching.known);
        }
    }
}

/// What is watched, as the machine sees it.
enum Target {
    /// A memory's index in the store, start and length.
    Memory(u32, (u64, u64)),
    /// The same, of bytes that are read.
    Reads(u32, (u64, u64)),
    /// A global's index in the store.
    Global(u32),
    /// A frame, and the local's index.
    Local(u32, u32),
}

impl Target {
    fn of(watch: &Watch, store: &StoreInner) -> Target {
        match watch {
            Watch::Memory { memory, start, len } => {
                Target::Memory(memory.0.index(store), (*start, *len))
            }
            Watch::Reads { memory, start, len } => {
                Target::Reads(memory.0.index(store), (*start, *len))
            }
            Watch::Global(global) => Target::Global(global.0.index(store)),
            Watch::Local { frame, local, .. } => Target::Local(*frame, *local),
        }
    }
}

impl Site {
    /// Whether an instruction, in the frame that begins there, touches a target; `slot` reads the frame. (Of locals,
    /// the function is not looked at.)
    fn touches(
        &self,
        target: &Target,
        frame: u32,
        instance: &InstanceEntity,
        slot: impl Fn(u32) -> u64,
    ) -> bool {
        match (self, target) {
            (Site::Local(local), Target::Local(of, watched)) => *of == frame && watched == local,
            (Site::Global(global), Target::Global(watched)) => {
                // SAFETY: globals live as long as their store, as their instance does.
                unsafe { instance.globals[*global as usize].as_ref() }.index == *watched
            }
            (
                Site::Memory(reaches),
                Target::Memory(memory, range) | Target::Reads(memory, range),
            ) => {
                let reads = matches!(target, Target::Reads(..));
                reaches.touches(instance, slot).any(|touched| {
                    (if reads { touched.reads } else { touched.writes })
                        && touched.memory == *memory
                        && overlap(*range, (touched.address, touched.len))
                })
            }
            _ => false,
        }
    }
}

/// Tells instructions that touch what is watched from others that write or read, without leaving the machine.
pub(crate) struct Watching {
    known: Known,
    targets: Vec<Target>,
}

impl Watching {
    /// Whether an instruction may be a hit: all are of which nothing is known yet. `slot` reads the frame.
    pub(crate) fn may_touch(
        &self,
        offset: u32,
        frame: u32,
        instance: &InstanceEntity,
        slot: impl Fn(u32) -> u64,
    ) -> bool {
        let Some(site) = self.known.get(&(instance.index, offset)) else {
            return true;
        };
        let mut targets = self.targets.iter();
        targets.any(|target| site.touches(target, frame, instance, &slot))
    }
}

/// The watch that the next instruction of the innermost frame writes to.
pub(super) fn hit_by(
    stepper: &Stepper,
    store: &StoreInner,
    frame: &Frame,
    until: &Until,
) -> Option<Hit> {
    let key = (frame.raw.instance, frame.offset);
    let known = stepper.known.sites.0.with(|sites| sites.get(&key).cloned());
    let site = known.unwrap_or_else(|| {
        let site = site_of(stepper, frame).unwrap_or(Site::Nothing);
        // (Where its word tells an instruction from all others.)
        if is_whole(frame.module.inner().bytes.len()) {
            let sites = &stepper.known.sites.0;
            sites.with(|sites| sites.insert(key, site.clone()));
        }
        site
    });
    let instance = store.instances.get(frame.raw.instance);
    let slot = |slot| stepper.execution.slot(frame.base + slot).unwrap_or(0);
    let touches = |watch: &Watch| {
        let own = !matches!(watch, Watch::Local { .. }) || watch.is_of(frame);
        own && site.touches(&Target::of(watch, store), frame.base, instance, slot)
    };
    let watch = until.watches.iter().position(touches)?;
    Some(Hit {
        watch,
        step: store.stops.steps,
        old: until.watches[watch].value(stepper, store),
        new: Watched::Nothing,
    })
}

fn site_of(stepper: &Stepper, frame: &Frame) -> Result<Site, Error> {
    Ok(match operator_at(&frame.module, frame.offset)? {
        Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
            Site::Local(local_index)
        }
        Operator::GlobalSet { global_index } => Site::Global(global_index),
        _ => Site::Memory(Reaches::of(stepper, frame)?),
    })
}
