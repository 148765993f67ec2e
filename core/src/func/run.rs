//! Driving the machine on behalf of the API.

use crate::{
    error::Error,
    exec::{Execution, Pause, Progress},
    store::{Store, StoreInner},
    trap::TrapCode,
};

/// Counts a call from the host for as long as it runs.
struct Nested<'a, T>(&'a mut Store<T>);

impl<'a, T> Nested<'a, T> {
    fn enter(store: &'a mut Store<T>) -> Result<Nested<'a, T>, Error> {
        if store.inner.nested_calls >= store.inner.engine.config().max_nested_calls {
            return Err(TrapCode::StackOverflow.into());
        }
        store.inner.nested_calls += 1;
        Ok(Nested(store))
    }
}

impl<T> Drop for Nested<'_, T> {
    // Also when a host function panics and the embedder catches that.
    fn drop(&mut self) {
        self.0.inner.nested_calls -= 1;
    }
}

/// Runs until the next stop.
pub(crate) fn step<T>(store: &mut Store<T>, execution: &mut Execution) -> Result<Progress, Error> {
    execution.run(Nested::enter(store)?.0)
}

/// Calls a function of the store and hands over its results; what would pause a resumable call is an error.
pub(crate) fn to_end<T>(
    store: &mut Store<T>,
    func: u32,
    args: &[u64],
    results: &mut dyn FnMut(&StoreInner, &[u64]),
) -> Result<(), Error> {
    #[cfg(feature = "debug")]
    begin(store, func, args)?;
    let mut execution = Execution::new(&mut store.inner, func);
    let begun = execution.place(args);
    #[cfg_attr(not(feature = "debug"), allow(unused_mut))]
    let mut progress = begun.and_then(|()| step(store, &mut execution));
    // (Only a stepper's own call stops at steps.)
    #[cfg(feature = "debug")]
    while let Ok(Progress::Paused(Pause::Step)) = progress {
        progress = step(store, &mut execution);
    }
    let result = match progress {
        Ok(Progress::Done) => {
            results(&store.inner, execution.results());
            Ok(())
        }
        Ok(Progress::Paused(pause)) => Err(match pause {
            Pause::OutOfFuel => execution.trap(TrapCode::OutOfFuel),
            Pause::Interrupted => execution.trap(TrapCode::Interrupted),
            #[cfg(feature = "debug")]
            Pause::Step => Error::new("the call stopped at a step"),
            Pause::Host { error, .. } => error,
        }),
        Err(error) => Err(error),
    };
    execution.finish(&mut store.inner);
    result
}

/// Tells a recording that a call from the host begins.
#[cfg(feature = "debug")]
pub(crate) fn begin<T>(store: &mut Store<T>, func: u32, args: &[u64]) -> Result<(), Error> {
    if store.inner.tape.is_none() {
        return Ok(());
    }
    store.inner.tape_call(func, args)?;
    store.inner.tape_run()
}
