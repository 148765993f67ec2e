//! The state of a store and of its stopped call.

use alloc::vec::Vec;

use super::{
    Codes, Paged, Stepper,
    bytes::Parts,
    code::is_call,
    identity::{Identity, types_in},
    stepper::{Known, State, debugged},
};
use crate::{
    error::Error,
    exec::{Execution, NewFrame},
    func::Func,
    module::Module,
    store::{AsContext, AsContextMut, FuncKind, HeapState, Store, StoreInner, Stored, TableEntity},
    sync::Shared,
    types::ValType,
};

/// Everything that a program can tell of itself, at a step: its frames, memories, tables, globals, heap and fuel.
///
/// It fits a store with the same modules, instantiated in the same order, on any host; their start functions need not
/// run again ([`Instance::new_unstarted`](crate::Instance::new_unstarted)). What host functions keep is theirs to save:
/// [`host`](Self::host) has room for it.
#[derive(Clone)]
pub struct Snapshot {
    pub(super) steps: u64,
    pub(super) fuel: u64,
    pub(super) identity: Shared<Identity>,
    pub(super) call: Call,
    pub(super) memories: Vec<Paged<u8>>,
    pub(super) tables: Vec<Paged<u64>>,
    pub(super) globals: Vec<[u64; 2]>,
    pub(super) instances: Vec<InstanceState>,
    pub(super) heap: HeapState,
    /// What the embedder adds: the state of its host functions, such as positions in files.
    pub host: Vec<u8>,
    /// Bytes that no earlier snapshot has.
    pub(super) new_bytes: usize,
}

/// A stopped call.
#[derive(Clone)]
pub(super) struct Call {
    /// The called function's index in the store.
    pub(super) func: u32,
    /// From the outermost in.
    pub(super) frames: Vec<FrameState>,
}

/// A frame, by what wasm calls its parts.
#[derive(Clone)]
pub(super) struct FrameState {
    pub(super) instance: u32,
    pub(super) defined: u32,
    /// Of the next instruction, or of the call that is pending.
    pub(super) offset: u32,
    /// Slots of locals and operands (vectors have two).
    pub(super) locals: Vec<u64>,
    pub(super) operands: Vec<u64>,
    /// How many operands those are: a pending call has taken the others.
    pub(super) operand_count: u32,
}

/// What instantiation made, and code may drop.
#[derive(Clone)]
pub(super) struct InstanceState {
    pub(super) elements: Vec<Paged<u64>>,
    pub(super) dropped_data: Vec<bool>,
}

impl Snapshot {
    /// Takes one of a store and its call, which must stand before an instruction.
    ///
    /// # Errors
    /// The call has ended, waits for a host function or for fuel; a host function of another call is running; the
    /// store refers to values of the host.
    pub fn take(store: impl AsContext, stepper: &Stepper) -> Result<Snapshot, Error> {
        Snapshot::after(&store.as_context().0.inner, stepper, None)
    }

    /// The same, with what has not changed shared with the one before.
    pub(super) fn after(
        store: &StoreInner,
        stepper: &Stepper,
        before: Option<&Snapshot>,
    ) -> Result<Snapshot, Error> {
        check_stands(store, stepper)?;
        let identity = before.map(|before| &before.identity);
        let identity = match identity.filter(|identity| identity.is_of(store)) {
            Some(identity) => identity.clone(),
            None => Shared::new(Identity::of(store)),
        };
        let call = Call::of(store, stepper)?;
        let parts = Parts::of(store, &identity, &call, &[])?;
        let mut new = call.frames.iter().map(FrameState::bytes).sum::<usize>();
        let memories = parts.memories.iter().enumerate().map(|(i, memory)| {
            let before = before.and_then(|before| before.memories.get(i));
            memory.copy(before, &mut new)
        });
        let memories = memories.collect();
        let tables = parts.tables.iter().enumerate().map(|(i, table)| {
            let before = before.and_then(|before| before.tables.get(i));
            table.copy(before, &mut new)
        });
        let tables = tables.collect();
        let instances = parts.instances.iter().enumerate();
        let instances = instances.map(|(i, (elements, dropped_data))| {
            let before = before.and_then(|before| before.instances.get(i));
            let elements = elements.iter().enumerate().map(|(i, segment)| {
                let before = before.and_then(|before| before.elements.get(i));
                segment.copy(before, &mut new)
            });
            InstanceState {
                elements: elements.collect(),
                dropped_data: dropped_data.to_vec(),
            }
        });
        let instances = instances.collect();
        let heap = HeapState {
            words: parts
                .words
                .copy(before.map(|before| &before.heap.words), &mut new),
            shape: parts.heap,
        };
        Ok(Snapshot {
            steps: parts.steps,
            fuel: parts.fuel,
            globals: parts.globals,
            identity: identity.clone(),
            memories,
            tables,
            instances,
            heap,
            host: Vec::new(),
            new_bytes: new,
            call,
        })
    }

    /// Bytes of all memories and tables.
    pub(super) fn state_bytes(&self) -> usize {
        let memories: usize = self.memories.iter().map(Paged::len).sum();
        let tables: usize = self.tables.iter().map(Paged::len).sum();
        memories + 8 * (tables + self.heap.words.len())
    }

    /// Adds address and bytes of each page to a list; the bytes of what is in none.
    pub(super) fn pages(&self, pages: &mut Vec<(usize, usize)>) -> usize {
        self.memories.iter().for_each(|list| list.list_pages(pages));
        self.tables.iter().for_each(|list| list.list_pages(pages));
        let elements = self
            .instances
            .iter()
            .flat_map(|instance| &instance.elements);
        elements.for_each(|list| list.list_pages(pages));
        self.heap.words.list_pages(pages);
        let frames = self.call.frames.iter().map(FrameState::bytes);
        frames.sum::<usize>() + self.globals.len() * 16 + self.host.len()
    }

    /// The step count.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Puts a store into this state, and gives the stopped call. The store has the same modules as the one that the
    /// snapshot is of, instantiated in the same order; it may be the same one.
    ///
    /// # Errors
    /// The store is another one, or its limiter refuses memories or tables of these sizes: nothing has changed then. There
    /// is no room: then its state may be a mixture of both, and no call of it should be made.
    pub fn restore(&self, mut store: impl AsContextMut) -> Result<Stepper, Error> {
        let store = store.as_context_mut().0;
        self.restore_with(store, Shared::new(Known::default()))
    }

    /// The same, with what is known of the code already.
    pub(super) fn restore_with<T>(
        &self,
        store: &mut Store<T>,
        known: Shared<Known>,
    ) -> Result<Stepper, Error> {
        debugged(&store.inner)?;
        if store.inner.nested_calls > 0 {
            return Err(Error::new(
                "no snapshot can be restored while a host function runs",
            ));
        }
        self.fits(&store.inner)?;
        let frames = self.call.places(&store.inner, &known.codes)?;
        self.ask(store)?;
        let store = &mut store.inner;
        self.put(store)?;
        let mut execution = Execution::rebuild(store, self.call.func, &frames)?;
        execution.keep(store);
        let func = Func(Stored::new(store, self.call.func));
        Ok(Stepper::of(execution, func, known))
    }

    /// Refuses a store that does not have the same parts.
    fn fits(&self, store: &StoreInner) -> Result<(), Error> {
        self.identity.check(store)?;
        let same = self.memories.len() == store.memories.len()
            && self.tables.len() == store.tables.len()
            && self.globals.len() == store.globals.len()
            && self.instances.len() == store.instances.len()
            && (self.call.func as usize) < store.funcs.len();
        let instances = self.instances.iter().zip(0..).all(|(state, i)| {
            let instance = store.instances.get(i);
            instance.elements.len() == state.elements.len()
                && instance.dropped_data.len() == state.dropped_data.len()
        });
        if !(same && instances) {
            return Err(Error::new(
                "the snapshot is of a store with other modules: instantiate the same ones, in the same order",
            ));
        }
        for (memory, i) in self.memories.iter().zip(0..) {
            let ty = store.memories.get(i).ty;
            let sizes = ty.minimum..=ty.maximum.unwrap_or(u64::MAX);
            let pages = memory.len() as u64 >> ty.page_size_log2;
            let whole = pages << ty.page_size_log2 == memory.len() as u64;
            if !sizes.contains(&pages) || !whole {
                return Err(Error::limit(
                    "a memory of the snapshot has no size of its type",
                ));
            }
        }
        for (table, i) in self.tables.iter().zip(0..) {
            let ty = store.tables.get(i).ty;
            let most = ty.maximum.unwrap_or(u64::MAX);
            let sizes = ty.minimum..=most.min(TableEntity::MAX_ELEMENTS);
            if !sizes.contains(&(table.len() as u64)) {
                return Err(Error::limit(
                    "a table of the snapshot has no size of its type",
                ));
            }
        }
        Ok(())
    }

    /// Asks the store's limiter for the sizes of memories and tables.
    fn ask<T>(&self, store: &mut Store<T>) -> Result<(), Error> {
        for (memory, i) in self.memories.iter().zip(0..) {
            store.may_restore_memory(i, memory.len())?;
        }
        for (table, i) in self.tables.iter().zip(0..) {
            store.may_restore_table(i, table.len())?;
        }
        Ok(())
    }

    /// Writes all but the call.
    fn put(&self, store: &mut StoreInner) -> Result<(), Error> {
        for (memory, i) in self.memories.iter().zip(0..) {
            let entity = store.memories.get_mut(i);
            if !entity.resize_to(memory.len()) {
                return Err(Error::limit("no room for a memory of the snapshot"));
            }
            memory.copy_to(entity.data_mut());
        }
        for (table, i) in self.tables.iter().zip(0..) {
            store.tables.get_mut(i).elements = table.to_vec();
        }
        for (global, i) in self.globals.iter().zip(0..) {
            store.globals.get_mut(i).value = *global;
        }
        for (state, i) in self.instances.iter().zip(0..) {
            let instance = store.instances.get_mut(i);
            for (segment, elements) in state.elements.iter().zip(&mut instance.elements) {
                if !segment.is(elements) {
                    *elements = segment.to_vec().into();
                }
            }
            instance.dropped_data.copy_from_slice(&state.dropped_data);
        }
        store.sync_types();
        self.put_heap(store)?;
        store.fuel = self.fuel;
        store.stops.steps = self.steps;
        Ok(())
    }

    /// Writes the heap, with this engine's numbers for the types of its objects.
    fn put_heap(&self, store: &mut StoreInner) -> Result<(), Error> {
        if self.identity.has_modules_of(store) {
            return store.heap.restore(&self.heap, None);
        }
        let here = types_in(store);
        let numbers = self.identity.type_numbers();
        let number = |old: u32| {
            let at = match &numbers {
                Some(numbers) => numbers.find(old)?.0,
                None => old,
            };
            here.get(at as usize).copied()
        };
        store.heap.restore(&self.heap, Some(&number))
    }
}

/// Whether a snapshot can be taken.
pub(super) fn check_stands(store: &StoreInner, stepper: &Stepper) -> Result<(), Error> {
    stepper.func.0.index(store);
    if !stepper.execution.is_at_step() || !matches!(stepper.state, State::Stopped) {
        return Err(Error::new(
            "a snapshot is taken of a call that stands before an instruction",
        ));
    }
    if store.nested_calls > 0 {
        return Err(Error::new(
            "no snapshot can be taken while a host function runs",
        ));
    }
    Ok(())
}

impl Call {
    pub(super) fn of(store: &StoreInner, stepper: &Stepper) -> Result<Call, Error> {
        let slots = |base: u32, places: &[(ValType, u32)]| -> Vec<u64> {
            let each = places
                .iter()
                .flat_map(|(ty, slot)| (*slot..).take(ty.slots()).map(move |slot| (ty, slot)));
            let value = |(ty, slot): (&ValType, u32)| {
                ty.settled(stepper.execution.slot(base + slot).unwrap_or(0))
            };
            each.map(value).collect()
        };
        let mut frames = Vec::new();
        for frame in stepper.frames_in(store).iter().rev() {
            let info = stepper.info(frame)?;
            let operands = stepper.operand_places(frame)?;
            frames.push(FrameState {
                instance: frame.raw.instance,
                defined: frame.raw.defined,
                offset: frame.offset,
                locals: slots(frame.base, &info.locals),
                operand_count: operands.len() as u32,
                operands: slots(frame.base, &operands),
            });
        }
        Ok(Call {
            func: stepper.execution.func_index(),
            frames,
        })
    }

    /// Whether results of this function are those of the called one: it, or another that it has tail-called.
    fn returns_from(&self, store: &StoreInner, module: &Module, defined: u32) -> bool {
        let called = &store.funcs[self.func as usize];
        let module = module.inner();
        let ty = module.type_of_func(module.imported_funcs + defined);
        matches!(called.kind, FuncKind::Wasm { .. })
            && ty.result_slots() == called.result_slots as usize
    }

    /// Where the frames and their values go in the code of this store.
    fn places(&self, store: &StoreInner, codes: &Codes) -> Result<Vec<NewFrame>, Error> {
        let misfit = || Error::new("the snapshot's frames do not fit its modules");
        let mut places = Vec::new();
        let mut base = 0_u32;
        for (i, frame) in self.frames.iter().enumerate() {
            if frame.instance as usize >= store.instances.len() {
                return Err(misfit());
            }
            let module = store.instances.get(frame.instance).module.clone();
            if frame.defined as usize >= module.inner().bodies.len() {
                return Err(misfit());
            }
            module
                .inner()
                .code
                .translate(module.inner(), frame.defined)?;
            let innermost = i + 1 == self.frames.len();
            if i == 0 && !self.returns_from(store, &module, frame.defined)
                || !innermost && !is_call(&module, frame.offset)
            {
                return Err(misfit());
            }
            let info = codes.func(&module, frame.defined)?;
            let operands = codes.operands(&module, frame.defined, frame.offset)?;
            let own = operands
                .places
                .get(..frame.operand_count as usize)
                .ok_or_else(misfit)?;
            let code = match innermost {
                true => info.step_at(frame.offset),
                false => info.step_at(frame.offset).and(info.behind(frame.offset)),
            };
            let mut values = Vec::new();
            for (places, slots) in [(&info.locals[..], &frame.locals), (own, &frame.operands)] {
                let mut slots = slots.iter();
                for (ty, slot) in places {
                    for at in (*slot..).take(ty.slots()) {
                        values.push((at, *slots.next().ok_or_else(misfit)?));
                    }
                }
                if slots.next().is_some() {
                    return Err(misfit());
                }
            }
            places.push(NewFrame {
                instance: frame.instance,
                defined: frame.defined,
                code: code.ok_or_else(misfit)?,
                base,
                slots: info.code.slots,
                values,
            });
            // The next frame begins with the first operand that is not this one's any more.
            let behind = own
                .last()
                .map_or(info.code.operands, |(ty, slot)| slot + ty.slots() as u32);
            base = base.checked_add(behind).ok_or_else(misfit)?;
        }
        Ok(places)
    }
}

impl FrameState {
    fn bytes(&self) -> usize {
        (self.locals.len() + self.operands.len() + 6) * 8
    }
}

impl core::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Snapshot")
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
