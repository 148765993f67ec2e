//! What instructions are about to do with memory.

use wasmparser::{MemArg, MemArgTarget, Operator};

use super::{Frame, Stepper, code::operator_at};
use crate::{
    error::Error,
    exec::acts,
    externs::Memory,
    module::Module,
    store::{AsContext, InstanceEntity, StoreInner, Stored},
    translate::acts_of,
    types::ValType,
};

/// An access to memory that an instruction is about to make. It may be out of bounds, and trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The memory.
    pub memory: Memory,
    /// Its index in the module whose instruction it is.
    pub index: u32,
    /// Of the first byte.
    pub address: u64,
    /// Bytes.
    pub len: u64,
    /// Whether it reads them.
    pub reads: bool,
    /// Whether it writes them (a compare-and-exchange may not).
    pub writes: bool,
}

impl Access {
    /// Whether it has bytes in common with so many from `start` on.
    pub fn overlaps(&self, start: u64, len: u64) -> bool {
        overlap((self.address, self.len), (start, len))
    }
}

/// Whether two ranges, of a start and a length, have anything in common.
pub(super) fn overlap(one: (u64, u64), other: (u64, u64)) -> bool {
    one.0 < other.0.saturating_add(other.1) && other.0 < one.0.saturating_add(one.1)
}

/// An [`Access`], the memory by its index in the store.
pub(super) struct Touched {
    pub(super) memory: u32,
    index: u32,
    pub(super) address: u64,
    pub(super) len: u64,
    pub(super) reads: bool,
    pub(super) writes: bool,
}

/// What an instruction does with a memory of its instance; slots are those of its frame.
#[derive(Clone, Copy)]
struct Reach {
    memory: u32,
    /// Slot of the address, and whether it has 64 bits.
    address: (u32, bool),
    offset: u64,
    len: Len,
    reads: bool,
    writes: bool,
}

#[derive(Clone, Copy)]
enum Len {
    Bytes(u64),
    /// A slot says it; whether it has 64 bits.
    Slot(u32, bool),
}

/// All that an instruction does with memory: copying reads and writes.
#[derive(Clone)]
pub(super) struct Reaches([Option<Reach>; 2]);

impl Reaches {
    /// Of the next instruction of a frame.
    pub(super) fn of(stepper: &Stepper, frame: &Frame) -> Result<Reaches, Error> {
        let operator = operator_at(&frame.module, frame.offset)?;
        let operands =
            stepper
                .known
                .codes
                .operands(&frame.module, frame.raw.defined, frame.offset)?;
        let takes = operands.takes as usize;
        let first = operands.places.len().saturating_sub(takes);
        // One of those that it takes, from the bottom up.
        let operand = |at: usize| {
            let place = operands.places.get(first + at);
            place.map_or((0, false), |(ty, slot)| (*slot, *ty == ValType::I64))
        };
        let bulk = |memory: u32, address: usize, acts: u32| {
            let (len, wide) = operand(2);
            Some(Reach {
                memory,
                address: operand(address),
                offset: 0,
                len: Len::Slot(len, wide),
                reads: acts & acts::READ != 0,
                writes: acts & acts::MEMORY != 0,
            })
        };
        Ok(Reaches(match operator {
            Operator::MemoryFill { mem } | Operator::MemoryInit { mem, .. } => {
                [bulk(mem, 0, acts::MEMORY), None]
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                [bulk(src_mem, 1, acts::READ), bulk(dst_mem, 0, acts::MEMORY)]
            }
            _ => {
                let acts = acts_of(bytes_at(&frame.module, frame.offset));
                let (reads, writes) = (acts & acts::READ != 0, acts & acts::MEMORY != 0);
                let memarg = memarg_of(&operator).filter(|_| reads || writes);
                let reach = memarg.and_then(|memarg| match memarg.target {
                    MemArgTarget::Memory(memory) => Some(Reach {
                        memory,
                        // Values are above the address.
                        address: operand(0),
                        offset: memarg.offset,
                        len: Len::Bytes(1 << memarg.max_align),
                        reads,
                        writes,
                    }),
                    _ => None,
                });
                [reach, None]
            }
        }))
    }

    /// The accesses, with what the operands are.
    pub(super) fn accesses<'s>(
        &'s self,
        stepper: &'s Stepper,
        store: &'s StoreInner,
        frame: &'s Frame,
    ) -> impl Iterator<Item = Access> + 's {
        let slot = |slot| stepper.execution.slot(frame.base + slot).unwrap_or(0);
        let instance = store.instances.get(frame.raw.instance);
        self.touches(instance, slot).map(|touched| Access {
            memory: Memory(Stored::new(store, touched.memory)),
            index: touched.index,
            address: touched.address,
            len: touched.len,
            reads: touched.reads,
            writes: touched.writes,
        })
    }

    /// The same, inside of the machine: `slot` reads the slots of the frame.
    pub(super) fn touches<'s>(
        &'s self,
        instance: &'s InstanceEntity,
        slot: impl Fn(u32) -> u64 + 's,
    ) -> impl Iterator<Item = Touched> + 's {
        let number = move |(at, wide): (u32, bool)| {
            let bits = slot(at);
            if wide { bits } else { u64::from(bits as u32) }
        };
        self.0.iter().flatten().map(move |reach| Touched {
            // SAFETY: entities live as long as their store, as their instance does; nobody has them mutably while an
            // instruction is looked at.
            memory: unsafe { instance.memories[reach.memory as usize].as_ref() }.index,
            index: reach.memory,
            address: number(reach.address).saturating_add(reach.offset),
            len: match reach.len {
                Len::Bytes(len) => len,
                Len::Slot(at, wide) => number((at, wide)),
            },
            reads: reach.reads,
            writes: reach.writes,
        })
    }
}

impl Stepper {
    /// What the next instruction of the innermost frame is about to do with memory. What it reads comes first.
    ///
    /// # Errors
    /// The function is an image's.
    pub fn accesses(
        &self,
        store: impl AsContext,
        frame: &Frame,
    ) -> Result<alloc::vec::Vec<Access>, Error> {
        let store = &store.as_context().0.inner;
        let acts = acts_of(bytes_at(&frame.module, frame.offset));
        if acts & (acts::READ | acts::MEMORY) == 0 {
            return Ok(alloc::vec::Vec::new());
        }
        Ok(Reaches::of(self, frame)?
            .accesses(self, store, frame)
            .collect())
    }

    /// How many operands the next instruction of a frame takes, and how many it puts in their place if it goes on
    /// behind itself (what a call puts there, its callee returns).
    ///
    /// # Errors
    /// The function is an image's.
    pub fn arity(&self, frame: &Frame) -> Result<(u32, u32), Error> {
        let operands = self
            .known
            .codes
            .operands(&frame.module, frame.raw.defined, frame.offset)?;
        Ok((operands.takes, operands.gives))
    }
}

/// A module from an offset on.
fn bytes_at(module: &Module, offset: u32) -> &[u8] {
    let bytes = &module.inner().bytes;
    bytes.get(offset as usize..).unwrap_or_default()
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
