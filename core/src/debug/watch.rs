//! Places that are watched, and which instructions write to them.

use alloc::vec::Vec;

use wasmparser::{MemArg, MemArgTarget, Operator};

use super::{Frame, Stepper, Until, code::operator_at};
use crate::{
    bytecode::Shape,
    error::Error,
    externs::{Global, Memory},
    map::Map,
    module::Module,
    store::{Arena, MemoryEntity, StoreInner},
    sync::{Lock, Shared},
    translate::row_of,
    types::ValType,
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

/// A write to a watched place.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The number of the watch.
    pub watch: usize,
    /// The step count before the instruction that writes: it is the instruction of that step.
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
            Watch::Memory { memory, start, len } => {
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

/// What an instruction writes to; slots are those of its frame.
#[derive(Clone, Copy)]
enum Site {
    Nothing,
    Local(u32),
    Global(u32),
    Memory {
        memory: u32,
        /// Slot of the address, and whether it has 64 bits.
        address: (u32, bool),
        offset: u64,
        len: Len,
    },
}

#[derive(Clone, Copy)]
enum Len {
    Bytes(u64),
    /// A slot says it; whether it has 64 bits.
    Slot(u32, bool),
}

/// What instructions that were met write to, by instance and offset.
pub(super) struct Sites(Lock<Map<(u32, u32), Site>>);

impl Default for Sites {
    fn default() -> Sites {
        Sites(Lock::new(Map::new()))
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
    let known = stepper.known.sites.0.with(|sites| sites.get(&key).copied());
    let site = known.unwrap_or_else(|| {
        let site = site_of(stepper, frame).unwrap_or(Site::Nothing);
        stepper.known.sites.0.with(|sites| sites.insert(key, site));
        site
    });
    let instance = store.instances.get(frame.raw.instance);
    let slot = |(slot, wide): (u32, bool)| {
        let bits = stepper.execution.slot(frame.base + slot).unwrap_or(0);
        if wide { bits } else { u64::from(bits as u32) }
    };
    let writes = |watch: &Watch| match (site, watch) {
        (Site::Local(written), Watch::Local { local, .. }) => {
            written == *local && watch.is_of(frame)
        }
        (Site::Global(written), Watch::Global(global)) => {
            instance.globals[written as usize] == store.globals.ptr(global.0.index(store))
        }
        (
            Site::Memory {
                memory,
                address,
                offset,
                len,
            },
            Watch::Memory {
                memory: watched,
                start,
                len: watched_len,
            },
        ) => {
            let len = match len {
                Len::Bytes(len) => len,
                Len::Slot(at, wide) => slot((at, wide)),
            };
            let first = slot(address).saturating_add(offset);
            instance.memories[memory as usize] == store.memories.ptr(watched.0.index(store))
                && first < start.saturating_add(*watched_len)
                && *start < first.saturating_add(len)
        }
        _ => false,
    };
    let watch = until.watches.iter().position(writes)?;
    Some(Hit {
        watch,
        step: store.stops.steps,
        old: until.watches[watch].value(stepper, store),
        new: Watched::Nothing,
    })
}

fn site_of(stepper: &Stepper, frame: &Frame) -> Result<Site, Error> {
    let operator = operator_at(&frame.module, frame.offset)?;
    let operands: Shared<[(ValType, u32)]> =
        stepper
            .known
            .codes
            .operands(&frame.module, frame.raw.defined, frame.offset)?;
    // An operand, counted from the top.
    let operand = |depth: usize| {
        let at = operands.len().checked_sub(depth + 1);
        at.map_or((0, false), |at| {
            let (ty, slot) = operands[at];
            (slot, ty == ValType::I64)
        })
    };
    let bulk = |memory: u32| {
        let (len, wide) = operand(0);
        Site::Memory {
            memory,
            address: operand(2),
            offset: 0,
            len: Len::Slot(len, wide),
        }
    };
    Ok(match operator {
        Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
            Site::Local(local_index)
        }
        Operator::GlobalSet { global_index } => Site::Global(global_index),
        Operator::MemoryFill { mem } | Operator::MemoryInit { mem, .. } => bulk(mem),
        Operator::MemoryCopy { dst_mem, .. } => bulk(dst_mem),
        _ => match memarg_of(&operator) {
            Some(MemArg {
                target: MemArgTarget::Memory(memory),
                offset,
                max_align,
                ..
            }) => {
                // Below the address are the values: one, or two of a compare and exchange.
                let two = matches!(
                    row_of(&operator).map(|op| op.shape()),
                    Some(Shape::Atomic { inputs: 2, .. })
                );
                Site::Memory {
                    memory,
                    address: operand(1 + usize::from(two)),
                    offset,
                    len: Len::Bytes(1 << max_align),
                }
            }
            _ => Site::Nothing,
        },
    })
}

macro_rules! memarg {
    (memarg $memarg:ident) => {
        return Some(*$memarg)
    };
    ($($other:tt)*) => {};
}
macro_rules! define_memarg_of {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// The address immediate of an operator.
        #[allow(unused_variables)]
        fn memarg_of(operator: &Operator<'_>) -> Option<MemArg> {
            match operator {
                $(Operator::$op $({ $($arg),* })? => { $($(memarg!($arg $arg);)*)? })*
                _ => {}
            }
            None
        }
    };
}
wasmparser::for_each_operator!(define_memarg_of);
