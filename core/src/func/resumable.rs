//! Calls that stop and go on.

use alloc::{boxed::Box, vec, vec::Vec};
use core::{any::Any, fmt, marker::PhantomData};

use super::{Func, WasmResults, read_vals, run, slots_of};
use crate::{
    error::Error,
    exec::{Execution, Pause, Progress},
    store::{AsContextMut, Store, StoreInner, Stored},
    types::FuncType,
    value::Val,
};

/// What became of a resumable call.
#[derive(Debug)]
pub enum Call<R> {
    /// It returned.
    Done(R),
    /// It stopped and can go on.
    Suspended(Suspended<R>),
}

impl<R> Call<R> {
    /// The results, if it returned.
    pub fn done(self) -> Option<R> {
        match self {
            Call::Done(results) => Some(results),
            Call::Suspended(_) => None,
        }
    }

    /// The suspended call, if it is one.
    pub fn suspended(self) -> Option<Suspended<R>> {
        match self {
            Call::Done(_) => None,
            Call::Suspended(suspended) => Some(suspended),
        }
    }
}

/// A call that stopped, with all its frames. Dropping it abandons the call.
pub struct Suspended<R> {
    /// Boxed, for `Call` to be small.
    execution: Box<Execution>,
    func: Func,
    pause: Pause,
    results: PhantomData<fn() -> R>,
}

/// Why a call stopped.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SuspendReason<'a> {
    /// The fuel ran out: [`Store::set_fuel`] and resume.
    OutOfFuel,
    /// The interrupt flag was raised; it is down again.
    Interrupted,
    /// A host function returned [`Error::suspend`]: resume with its results.
    Host {
        /// The host function.
        func: Func,
        /// Its error.
        error: &'a Error,
    },
}

impl Pause {
    pub(crate) fn reason(&self, store: &StoreInner) -> SuspendReason<'_> {
        match self {
            Pause::OutOfFuel => SuspendReason::OutOfFuel,
            Pause::Interrupted => SuspendReason::Interrupted,
            // (Nobody but a stepper asks for that, and it knows.)
            #[cfg(feature = "debug")]
            Pause::Step => SuspendReason::Interrupted,
            Pause::Host { func, error } => SuspendReason::Host {
                func: Func(Stored::new(store, *func)),
                error,
            },
        }
    }
}

/// How a resumable call gives its results: as values or as the types of a typed function.
pub(crate) trait CallResults: Sized {
    fn read(store: &StoreInner, ty: &FuncType, slots: &[u64]) -> Self;
}

impl CallResults for Vec<Val> {
    fn read(store: &StoreInner, ty: &FuncType, slots: &[u64]) -> Vec<Val> {
        let mut vals = vec![Val::I32(0); ty.results().len()];
        read_vals(store, ty.results(), slots, vals.iter_mut());
        vals
    }
}

impl<R: WasmResults> CallResults for R {
    fn read(store: &StoreInner, _ty: &FuncType, slots: &[u64]) -> R {
        R::from_slots(slots, store)
    }
}

/// Begins a resumable call; the arguments fit the function.
pub(super) fn start<T, R: CallResults>(
    store: &mut Store<T>,
    func: Func,
    args: &[u64],
) -> Result<Call<R>, Error> {
    let index = func.0.index(&store.inner);
    #[cfg(feature = "debug")]
    {
        store.inner.tape_alone()?;
        run::begin(store, index, args)?;
    }
    let execution = Execution::start(&mut store.inner, index, args)?;
    proceed(store, func, execution)
}

fn proceed<T, R: CallResults>(
    store: &mut Store<T>,
    func: Func,
    mut execution: Execution,
) -> Result<Call<R>, Error> {
    match run::step(store, &mut execution) {
        Err(error) => {
            execution.finish(&mut store.inner);
            Err(error)
        }
        Ok(Progress::Done) => {
            let results = R::read(&store.inner, &func.ty_in(&store.inner), execution.results());
            execution.finish(&mut store.inner);
            Ok(Call::Done(results))
        }
        Ok(Progress::Paused(pause)) => Ok(Call::Suspended(Suspended {
            execution: Box::new(execution),
            func,
            pause,
            results: PhantomData,
        })),
    }
}

#[allow(private_bounds, reason = "the two kinds of results are all there are")]
impl<R: CallResults> Suspended<R> {
    /// Why it stopped.
    ///
    /// # Panics
    /// If the store is not the call's own (also in the other methods).
    pub fn reason(&self, store: impl crate::AsContext) -> SuspendReason<'_> {
        let store = store.as_context();
        self.func.0.index(&store.0.inner);
        self.pause.reason(&store.0.inner)
    }

    /// What the suspending host function handed over, by mutable reference.
    pub fn payload_mut(&mut self) -> Option<&mut (dyn Any + Send)> {
        match &mut self.pause {
            Pause::Host { error, .. } => error.suspend_payload_mut(),
            _ => None,
        }
    }

    /// Takes what the suspending host function handed over; `()` stays in its place.
    pub fn take_payload(&mut self) -> Option<Box<dyn Any + Send>> {
        match &mut self.pause {
            Pause::Host { error, .. } => core::mem::replace(error, Error::suspend(()))
                .into_suspend_payload()
                .ok(),
            _ => None,
        }
    }

    /// Gives the results of the host function that suspended. Nothing is lost if they do not fit: the
    /// right ones can be given next. Those that fit are final.
    ///
    /// # Errors
    /// If the values do not fit the host function's type, or no host function waits: none has
    /// suspended, or its results have been given.
    pub fn provide(&mut self, mut store: impl AsContextMut, results: &[Val]) -> Result<(), Error> {
        let store = &mut store.as_context_mut().0.inner;
        self.func.0.index(store);
        let Pause::Host { func, .. } = self.pause else {
            return match results {
                [] => Ok(()),
                _ => Err(Error::new("the suspended call waits for no results")),
            };
        };
        let ty = Func(Stored::new(store, func)).ty_in(store);
        let slots = slots_of(store, ty.results(), results, "result")?;
        self.execution.provide(&slots)?;
        #[cfg(feature = "debug")]
        store.tape_provide(&slots);
        Ok(())
    }

    /// Ends the call where it stopped. Unlike dropping it, this gives a value stack in the embedder's
    /// memory ([`Store::add_stack`]) back to the store.
    pub fn abandon(self, mut store: impl AsContextMut) {
        let store = store.as_context_mut().0;
        self.func.0.index(&store.inner);
        self.execution.finish(&mut store.inner);
    }

    /// Goes on where the call stopped. After a host function's suspension its results must have been
    /// [provided](Self::provide), unless it has none.
    ///
    /// # Errors
    /// As [`Func::call`]. If results are missing, the call is abandoned.
    pub fn resume(mut self, mut store: impl AsContextMut) -> Result<Call<R>, Error> {
        if self.execution.waits() {
            self.provide(&mut store, &[])?;
        }
        let store = store.as_context_mut().0;
        self.func.0.index(&store.inner);
        #[cfg(feature = "debug")]
        store.inner.tape_run()?;
        proceed(store, self.func, *self.execution)
    }

    /// [Provides](Self::provide) the host function's results and goes on.
    ///
    /// # Errors
    /// As [`Func::call`]. If the results do not fit or have been given before, the call is abandoned;
    /// `provide` is more patient.
    pub fn resume_with(
        mut self,
        mut store: impl AsContextMut,
        results: &[Val],
    ) -> Result<Call<R>, Error> {
        self.provide(&mut store, results)?;
        self.resume(store)
    }
}

impl<R> fmt::Debug for Suspended<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match &self.pause {
            Pause::OutOfFuel => "OutOfFuel",
            Pause::Interrupted => "Interrupted",
            #[cfg(feature = "debug")]
            Pause::Step => "Step",
            Pause::Host { .. } => "Host",
        };
        f.debug_struct("Suspended")
            .field("func", &self.func)
            .field("reason", &reason)
            .finish_non_exhaustive()
    }
}
