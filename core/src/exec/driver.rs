//! Calls from the host: they enter the machine and serve its exits.

use core::{fmt, ptr::NonNull};

#[cfg(feature = "debug")]
use super::Stops;
#[cfg(feature = "exceptions")]
use super::unwind::throw;
use super::{
    address::Limits,
    backtrace::backtrace,
    cx::{Cx, Exit},
    dispatch::enter,
    handlers::call::{HALT, frame_bytes, write_header},
    stack::Stack,
};
#[cfg(feature = "debug")]
use crate::debug::call_host;
use crate::{
    bytecode::{Bank, Encoding, Native},
    engine::FUEL_LOG2_BYTES,
    error::Error,
    func::Caller,
    store::{FuncEntity, FuncKind, InstanceEntity, Store, StoreInner},
    sync::Shared,
    trap::{Trap, TrapCode},
};

/// Why a call stopped before its end.
#[derive(Debug)]
pub(crate) enum Pause {
    OutOfFuel,
    Interrupted,
    /// Before an instruction that the store's `Stops` name.
    #[cfg(feature = "debug")]
    Step,
    /// A host function returned `Error::suspend(..)`; `Execution::provide` its results, then run on.
    Host {
        func: u32,
        error: Error,
    },
}

pub(crate) enum Progress {
    Done,
    Paused(Pause),
}

/// Where a call stands.
pub(super) enum State {
    /// Handlers are to run from the registers in the context.
    Running,
    /// The called function is the host's and has not been called.
    HostCall,
    /// A host function has suspended; its results belong at `base` slots from sp.
    Suspended {
        func: FuncEntity,
        base: u32,
        then: Then,
    },
    Done,
}

/// What follows a host function.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Run,
    Finish,
}

/// A call of a function of the store: not begun, suspended or done.
pub(crate) struct Execution {
    pub(super) cx: Cx,
    /// The called function, and its index in the store.
    pub(super) func: FuncEntity,
    pub(super) index: u32,
    pub(super) state: State,
    /// Keeps what the frames refer to while the call is suspended.
    pub(super) _kept: Option<Shared<()>>,
    /// ip is at an op that counts a step and has stopped there.
    #[cfg(feature = "debug")]
    pub(super) at_step: bool,
}

// SAFETY: the addresses in the context belong to one store; they are used only by `run`, which has
// that store. The API checks that it is the same one.
unsafe impl Send for Execution {}
// SAFETY: `&Execution` gives slots to read and nothing else.
unsafe impl Sync for Execution {}

impl fmt::Debug for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution").finish_non_exhaustive()
    }
}

impl Execution {
    /// Prepares a call; `args` are slots (v128 two). Host functions are fine too.
    pub(crate) fn start(
        store: &mut StoreInner,
        func: u32,
        args: &[u64],
    ) -> Result<Execution, Error> {
        let mut execution = Execution::new(store, func);
        match execution.place(args) {
            Ok(()) => Ok(execution),
            Err(error) => {
                execution.finish(store);
                Err(error)
            }
        }
    }

    /// A call that has no arguments yet; `place` gives them.
    pub(crate) fn new(store: &mut StoreInner, func: u32) -> Execution {
        #[cfg(feature = "debug")]
        store.stops.begin(store.nested_calls);
        Execution {
            cx: Cx::new(store.stacks.take()),
            func: store.funcs[func as usize],
            index: func,
            state: State::HostCall,
            _kept: None,
            #[cfg(feature = "debug")]
            at_step: false,
        }
    }

    /// Writes the arguments and the outermost frame's header.
    pub(crate) fn place(&mut self, args: &[u64]) -> Result<(), Error> {
        let (cx, func) = (&mut self.cx, &self.func);
        check_slots("parameter", func.param_slots, args)?;
        let (state, bytes) = match func.kind {
            FuncKind::Host { .. } => (State::HostCall, func.shared_slots() * 8),
            FuncKind::Wasm { instance, defined } => {
                // SAFETY: instances live as long as their store, which the caller has.
                let module = unsafe { instance.as_ref() }.module.inner();
                module.code.translate(module, defined)?;
                cx.ip = module.code.entry(defined);
                cx.instance = instance;
                // SAFETY: it has just been translated.
                (State::Running, unsafe { frame_bytes(cx.ip) })
            }
        };
        if !cx.stack.reserve(bytes) {
            return Err(TrapCode::StackOverflow.into());
        }
        cx.sp = cx.stack.base();
        cx.stack_end = cx.stack.end();
        // SAFETY: the stack has room for the frame, which begins with the parameters (there are no more
        // arguments than these) and, for wasm functions, the header behind the space that they share with the results.
        unsafe {
            cx.sp.copy_from_nonoverlapping(args.as_ptr(), args.len());
            if let State::Running = state {
                write_header(cx.sp.add(func.shared_slots()), HALT.as_ptr().cast(), 0);
            }
        }
        self.state = state;
        Ok(())
    }

    /// Runs to the end, to a pause, or to an error (after which the execution can only be finished).
    pub(crate) fn run<T>(&mut self, store: &mut Store<T>) -> Result<Progress, Error> {
        self._kept = None;
        let progress = self.proceed(store)?;
        #[cfg(heap)]
        if let Progress::Paused(_) = progress
            && !store.inner.heap.is_unused()
        {
            self._kept = Some(
                store
                    .inner
                    .running
                    .suspend(&self.cx, self.is_at_instruction()),
            );
        }
        Ok(progress)
    }

    fn proceed<T>(&mut self, store: &mut Store<T>) -> Result<Progress, Error> {
        if let State::HostCall = self.state {
            let func = self.func;
            self.state = State::Done;
            if let Some(pause) = self.call_host(store, &func, self.index, 0, None, Then::Finish)? {
                return Ok(Progress::Paused(pause));
            }
        }
        if let State::Running = self.state {
            #[cfg(feature = "debug")]
            self.begin_step(&mut store.inner);
            self.cx.load_store(&mut store.inner);
        }
        while let State::Running = self.state {
            if !self.settle(&mut store.inner) {
                return Ok(Progress::Paused(Pause::OutOfFuel));
            }
            let cx: *mut Cx = &mut self.cx;
            // SAFETY: the store is this execution's; ip and the frame at sp were left by `place`, by a
            // handler's exit, or by what followed that.
            unsafe {
                (*cx).refresh(&mut store.inner);
                enter(cx);
            }
            store.inner.fuel = self.cx.fuel;
            #[cfg(feature = "debug")]
            {
                store.inner.stops.steps = self.cx.steps;
            }
            let pause = match self.cx.exit {
                Exit::Host { func, base } => {
                    let entity = store.inner.funcs[func as usize];
                    let instance = self.instance().index;
                    self.call_host(store, &entity, func, base, Some(instance), Then::Run)?
                }
                _ => self.serve(store)?,
            };
            if let Some(pause) = pause {
                return Ok(Progress::Paused(pause));
            }
        }
        Ok(Progress::Done)
    }

    /// Does what the machine has stopped for, except calls of the host.
    #[cold]
    fn serve<T>(&mut self, store: &mut Store<T>) -> Result<Option<Pause>, Error> {
        match self.cx.exit {
            Exit::Done => {
                self.take_result();
                self.state = State::Done;
            }
            Exit::Trap(code) => {
                let memory = match code {
                    TrapCode::MemoryOutOfBounds => self.cx.fault.take(),
                    _ => None,
                };
                return Err(Trap {
                    code,
                    frames: backtrace(&self.cx, true),
                    memory,
                }
                .into());
            }
            Exit::Error => {
                return Err(self
                    .cx
                    .error
                    .take()
                    .unwrap_or_else(|| Error::new("the machine stopped")));
            }
            Exit::OutOfFuel => return Ok(Some(Pause::OutOfFuel)),
            #[cfg(feature = "debug")]
            Exit::Step => {
                self.at_step = true;
                return Ok(Some(Pause::Step));
            }
            Exit::Interrupted => return Ok(Some(Pause::Interrupted)),
            #[cfg(feature = "gc")]
            Exit::Room { words } => {
                self.waiting(store, |store| store.inner.make_room(words))
                    .map_err(|error| self.locate(error, true))?;
            }
            #[cfg(feature = "exceptions")]
            Exit::Throw { tag, base } => {
                let tag = self.instance().tags[tag as usize];
                let len = store.inner.tag_type(tag).param_slots();
                // SAFETY: the values are in the frame; nothing writes there before they are copied.
                let values =
                    unsafe { core::slice::from_raw_parts(self.cx.sp.add(base as usize), len) };
                let exception = self
                    .waiting(store, |store| {
                        let words = 1 + len as u32;
                        store
                            .inner
                            .allocate(words, |heap| heap.make_exn(tag, values))
                    })
                    .map_err(|error| self.locate(error, true))?;
                throw(&mut self.cx, &mut store.inner, exception, true)?;
            }
            #[cfg(feature = "exceptions")]
            Exit::ThrowRef { exception } => {
                throw(&mut self.cx, &mut store.inner, exception, true)?;
            }
            Exit::Host { .. } => debug_assert!(false, "host functions are called by `run`"),
            Exit::MemoryGrow { memory, delta, to } => {
                // SAFETY: memories live as long as their store; no handler runs.
                let entity = unsafe { self.instance().memories[memory as usize].as_ref() };
                let (index, ty) = (entity.index, entity.ty);
                let size = store
                    .grow_memory(index, delta)
                    .map_err(|error| self.locate(error, false))?;
                self.put(to, grown(size, ty.is_64));
                if size.is_some() {
                    self.owe(store, delta << ty.page_size_log2);
                }
            }
            #[cfg(feature = "wasm2")]
            Exit::TableGrow {
                table,
                delta,
                init,
                to,
            } => {
                // SAFETY: as above.
                let entity = unsafe { self.instance().tables[table as usize].as_ref() };
                let (index, is_64) = (entity.index, entity.ty.is_64);
                let size = store
                    .grow_table(index, delta, init)
                    .map_err(|error| self.locate(error, false))?;
                self.put(to, grown(size, is_64));
                if size.is_some() {
                    self.owe(store, delta * size_of::<u64>() as u64);
                }
            }
        }
        Ok(None)
    }

    /// Charges for bytes, if the engine meters.
    fn owe<T>(&mut self, store: &Store<T>, bytes: u64) {
        if store.inner.engine.fuel_enabled() {
            self.cx.owed = bytes >> FUEL_LOG2_BYTES;
        }
    }

    /// Pays what is owed as far as the fuel goes; whether that was all.
    fn settle(&mut self, store: &mut StoreInner) -> bool {
        let paid = self.cx.owed.min(store.fuel);
        store.fuel -= paid;
        self.cx.owed -= paid;
        self.cx.owed == 0
    }

    /// Calls a host function with the slots at `base` from sp.
    #[inline]
    fn call_host<T>(
        &mut self,
        store: &mut Store<T>,
        func: &FuncEntity,
        index: u32,
        base: u32,
        instance: Option<u32>,
        then: Then,
    ) -> Result<Option<Pause>, Error> {
        let FuncKind::Host { host } = func.kind else {
            return Err(Error::new("not a host function"));
        };
        let host = &raw const *store.hosts[host as usize];
        // SAFETY: the caller's frame, or `place`, has room for parameters and results; nothing else
        // uses this stack until the host function returns. Host functions are never removed from a store.
        let call = |store: &mut Store<T>| unsafe {
            let slots =
                core::slice::from_raw_parts_mut(self.cx.sp.add(base as usize), func.shared_slots());
            #[cfg(feature = "debug")]
            if store.inner.tape.is_some() {
                return call_host(store, index, slots, |store, slots| {
                    (*host)(Caller::new(store, instance), slots)
                });
            }
            (*host)(Caller::new(store, instance), slots)
        };
        #[cfg(feature = "debug")]
        store.inner.watch_host(Stops::before_host);
        #[cfg(feature = "debug")]
        store.inner.stops.enter_host(index);
        let result = match instance {
            Some(_) => self.waiting(store, call),
            None => call(store),
        };
        #[cfg(feature = "debug")]
        store.inner.watch_host(Stops::after_host);
        #[cfg(feature = "debug")]
        store.inner.stops.leave_host();
        match result {
            Ok(()) => {
                self.load_result(func, base);
                Ok(None)
            }
            Err(error) if error.is_suspend() => {
                let func = *func;
                self.state = State::Suspended { func, base, then };
                Ok(Some(Pause::Host { func: index, error }))
            }
            Err(error) if instance.is_some() => {
                #[cfg(feature = "exceptions")]
                if let Some(exception) = error.as_exception() {
                    let exception = exception.exn.0.slot(&store.inner);
                    throw(&mut self.cx, &mut store.inner, exception, false)?;
                    return Ok(None);
                }
                Err(self.locate(error, false))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a slot of the frame.
    fn put(&mut self, slot: u16, value: u64) {
        // SAFETY: the op that stopped named the slot; its frame is at sp.
        unsafe { *self.cx.sp.add(slot.into()) = value };
    }

    /// Puts a single result of a host function into its accumulator, if its caller expects it there.
    fn load_result(&mut self, func: &FuncEntity, base: u32) {
        if !Native::PLACES.accumulators {
            return;
        }
        let Some(bank) = func.result_bank else { return };
        // SAFETY: the results were written there.
        let bits = unsafe { *self.cx.sp.add(base as usize) };
        match bank {
            Bank::Int => self.cx.acc = bits,
            Bank::F32 => self.cx.fa = f32::from_bits(bits as u32),
            Bank::F64 => self.cx.da = f64::from_bits(bits),
            // Vectors are returned in slots.
            Bank::V128 => {}
        }
    }

    /// Puts a single result of the outermost function from its accumulator, if it is there, into the first slot.
    fn take_result(&mut self) {
        if !Native::PLACES.accumulators {
            return;
        }
        let bits = match self.func.result_bank {
            None | Some(Bank::V128) => return,
            Some(Bank::Int) => self.cx.acc,
            Some(Bank::F32) => self.cx.fa.to_bits() as u64,
            Some(Bank::F64) => self.cx.da.to_bits(),
        };
        // SAFETY: the frame, which sp is back at, has room for the results.
        unsafe { *self.cx.sp = bits };
    }

    /// Adds the backtrace to a trap that has none. `at_instruction`: ip is at what trapped, otherwise behind it.
    fn locate(&self, mut error: Error, at_instruction: bool) -> Error {
        if let Some(trap) = error.trap_mut()
            && trap.frames.is_empty()
        {
            trap.frames = backtrace(&self.cx, at_instruction);
        }
        error
    }

    /// Does what may collect while this run is stopped.
    fn waiting<T, R>(&self, store: &mut Store<T>, work: impl FnOnce(&mut Store<T>) -> R) -> R {
        /// Resumes even when a host function panics: the context may be gone when its store is used again.
        struct Waiting<'s, T>(&'s mut Store<T>);
        impl<T> Drop for Waiting<'_, T> {
            fn drop(&mut self) {
                self.0.inner.running.resume();
            }
        }
        if cfg!(not(heap)) {
            return work(store);
        }
        store.inner.running.wait(&raw const self.cx);
        let waiting = Waiting(store);
        work(waiting.0)
    }

    /// A pause as the trap that it is for a call that cannot be resumed.
    pub(crate) fn trap(&self, code: TrapCode) -> Error {
        self.locate(code.into(), false)
    }

    fn instance(&self) -> &InstanceEntity {
        // SAFETY: instances live as long as their store; no handler runs.
        unsafe { self.cx.instance.as_ref() }
    }

    /// The slots of the results, once done.
    pub(crate) fn results(&self) -> &[u64] {
        debug_assert!(matches!(self.state, State::Done));
        // SAFETY: the frame begins with the results and nothing writes to it.
        unsafe { core::slice::from_raw_parts(self.cx.sp, self.func.result_slots as usize) }
    }

    /// Whether the results of a host function that asked to suspend are still to be provided.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.state, State::Suspended { .. })
    }

    /// The results (slots) of the host function that asked to suspend.
    pub(crate) fn provide(&mut self, results: &[u64]) -> Result<(), Error> {
        let State::Suspended { func, base, then } = self.state else {
            return Err(Error::new("the suspended call waits for no results"));
        };
        check_slots("result", func.result_slots, results)?;
        // SAFETY: the slots are those that the host function was given.
        unsafe {
            self.cx
                .sp
                .add(base as usize)
                .copy_from_nonoverlapping(results.as_ptr(), results.len())
        };
        self.load_result(&func, base);
        self.state = match then {
            Then::Run => State::Running,
            Then::Finish => State::Done,
        };
        Ok(())
    }

    /// Whether ip is at what stopped the run, not behind it.
    pub(crate) fn is_at_instruction(&self) -> bool {
        #[cfg(feature = "debug")]
        return self.at_step;
        #[cfg(not(feature = "debug"))]
        false
    }

    /// Gives the value stack back to the pool.
    pub(crate) fn finish(self, store: &mut StoreInner) {
        store.stacks.give_back(self.cx.stack);
    }
}

/// Refuses slots that are not as many as a function has: what is copied to a frame must fit there.
fn check_slots(what: &'static str, expected: u32, slots: &[u64]) -> Result<(), Error> {
    if slots.len() == expected as usize {
        return Ok(());
    }
    Err(Error::new(message!(
        "expected {} {} slots, got {}",
        expected,
        what,
        slots.len()
    )))
}

/// The result of a grow instruction: the previous size, or -1.
fn grown(size: Option<u64>, is_64: bool) -> u64 {
    match size {
        Some(size) => size,
        None if is_64 => u64::MAX,
        None => u32::MAX as u64,
    }
}

impl Cx {
    /// A context with nothing to run.
    pub(super) fn new(stack: Stack) -> Cx {
        Cx {
            #[cfg(compact)]
            handlers: super::HANDLERS.as_ptr(),
            limits: Limits::NONE,
            stack_end: stack.end(),
            code: core::ptr::null(),
            #[cfg(compact)]
            image: core::ptr::null(),
            #[cfg(compact)]
            records: core::ptr::null(),
            globals: core::ptr::null(),
            tables: core::ptr::null(),
            instance: NonNull::dangling(),
            funcs: core::ptr::null(),
            func_count: 0,
            heap: core::ptr::null_mut(),
            fuel: 0,
            owed: 0,
            interrupt: core::ptr::null(),
            #[cfg(feature = "debug")]
            steps: 0,
            #[cfg(feature = "debug")]
            look_at: u64::MAX,
            #[cfg(feature = "debug")]
            stops: core::ptr::null_mut(),
            ip: core::ptr::null(),
            sp: stack.base(),
            mem: core::ptr::null_mut(),
            acc: 0,
            p0: 0,
            p1: 0,
            fa: 0.0,
            da: 0.0,
            #[cfg(feature = "simd")]
            va: super::vector::v128::ZERO,
            stack,
            exit: Exit::Done,
            error: None,
            fault: None,
            callee: 0,
        }
    }
}
