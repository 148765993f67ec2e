//! What host functions did, done again.

use alloc::string::String;

use super::{Changes, Cursor, Divergence, kind};
use crate::{
    error::Error,
    func::call_slots,
    module::ExternKind,
    store::{Store, StoreInner},
    trap::{Trap, TrapCode},
};

/// A call of a host function that was replayed.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReplayedCall<'a> {
    /// The import's module and name.
    pub module: &'a str,
    /// The import's name.
    pub name: &'a str,
    /// Slots of the arguments: numbers are their bits, the lower ones if they have 32; vectors take two.
    pub args: &'a [u64],
    /// Slots of the results.
    pub results: &'a [u64],
    /// The first memory of the instance that imports the function, as it is after the call; empty if there is none.
    pub memory: &'a [u8],
}

/// Does what a host function did.
pub(super) fn replay_host<T>(
    store: &mut Store<T>,
    func: u32,
    args: &[u64],
    slots: &mut [u64],
) -> Result<(), Error> {
    let name = store.inner.name_of(func);
    let counted = store.inner.engine.debugging();
    let steps = store.inner.stops.steps;
    let ends = "the recording ends here";
    let Some(tape) = store.inner.tape.as_deref_mut() else {
        return Err(Error::new(ends));
    };
    let mut cursor = tape.cursor();
    let next = (|| {
        Some((
            cursor.byte()?,
            (cursor.index()?, cursor.index()?),
            cursor.number()?,
            cursor.slots()?,
        ))
    })();
    let at = cursor.at();
    match next {
        None => return Err(store.inner.diverged(ends)),
        Some((kind::HOST, recorded, at_steps, recorded_args)) => {
            if recorded != name {
                return Err(store.inner.diverged(alloc::format!(
                    "function {name:?} (instance, import) is called, {recorded:?} was"
                )));
            }
            if recorded_args != args {
                return Err(store.inner.diverged(alloc::format!(
                    "import {} is called with other arguments: {args:?} instead of {recorded_args:?}",
                    name.1
                )));
            }
            if counted && at_steps != 0 && at_steps != steps + 1 {
                return Err(store.inner.diverged(alloc::format!(
                    "import {} is called here, it was at step {}",
                    name.1,
                    at_steps - 1
                )));
            }
        }
        Some(_) => {
            return Err(store
                .inner
                .diverged("a host function is called where none was"));
        }
    }
    tape.at = at;
    tape.running.push(Changes::default());
    let result = replay_effects(store, slots);
    if let Some(tape) = store.inner.tape.as_deref_mut() {
        tape.running.pop();
    }
    if result.is_ok() {
        let results = &slots[..store.inner.funcs[func as usize].result_slots as usize];
        store.inner.tell_replayed(name, args, results);
    }
    result
}

fn replay_effects<T>(store: &mut Store<T>, slots: &mut [u64]) -> Result<(), Error> {
    loop {
        match replay_effect(store, slots) {
            Some(Ok(None)) => {}
            Some(Ok(Some(result))) => return result,
            Some(Err(error)) => return Err(error),
            None => {
                return Err(store
                    .inner
                    .diverged("the recording ends inside of a host function, or is damaged"));
            }
        }
    }
}

/// The next of what a host function did, and its result if that was the last; `None` if there is no next.
#[allow(clippy::type_complexity)]
fn replay_effect<T>(
    store: &mut Store<T>,
    slots: &mut [u64],
) -> Option<Result<Option<Result<(), Error>>, Error>> {
    let inner = &mut store.inner;
    let tape = inner.tape.as_deref_mut()?;
    let mut cursor = Cursor::new(&tape.events, tape.at);
    let kind = cursor.byte()?;
    let memories = inner.memories.len() as u32;
    let globals = inner.globals.len() as u32;
    let tables = inner.tables.len() as u32;
    match kind {
        kind::WRITE => {
            let memory = cursor.index().filter(|memory| *memory < memories)?;
            let start = usize::try_from(cursor.number()?).ok()?;
            let bytes = cursor.run()?;
            let data = inner.memories.get_mut(memory).data_mut();
            data.get_mut(start..start.checked_add(bytes.len())?)?
                .copy_from_slice(bytes);
            tape.at = cursor.at();
        }
        kind::GLOBAL => {
            let global = cursor.index().filter(|global| *global < globals)?;
            let value = [cursor.number()?, cursor.number()?];
            tape.at = cursor.at();
            inner.globals.get_mut(global).value = value;
        }
        kind::FUEL => {
            let fuel = cursor.number()?;
            tape.at = cursor.at();
            inner.fuel = fuel;
        }
        kind::FILL => {
            let table = cursor.index().filter(|table| *table < tables)?;
            let first = usize::try_from(cursor.number()?).ok()?;
            let count = usize::try_from(cursor.number()?).ok()?;
            let slot = cursor.number()?;
            tape.at = cursor.at();
            let elements = &mut inner.tables.get_mut(table).elements;
            elements
                .get_mut(first..first.checked_add(count)?)?
                .fill(slot);
        }
        kind::GROW => {
            let memory = cursor.index().filter(|memory| *memory < memories)?;
            let delta = cursor.number()?;
            tape.at = cursor.at();
            if let Err(error) = store.grow_memory(memory, delta) {
                return Some(Err(error));
            }
        }
        kind::EXTEND => {
            let table = cursor.index().filter(|table| *table < tables)?;
            let (delta, slot) = (cursor.number()?, cursor.number()?);
            tape.at = cursor.at();
            if let Err(error) = store.grow_table(table, delta, slot) {
                return Some(Err(error));
            }
        }
        kind::NESTED => {
            let name = (cursor.index()?, cursor.index()?);
            let args = cursor.slots()?;
            tape.at = cursor.at();
            let func = inner.func_named(name)?;
            // (Its result was the host function's business; running out of the recording is ours.)
            if let Err(error) = call_slots(store, func, &args)
                && error.downcast_ref::<Divergence>().is_some()
            {
                return Some(Err(error));
            }
        }
        kind::RETURN => {
            let results = cursor.slots()?;
            tape.at = cursor.at();
            slots.get_mut(..results.len())?.copy_from_slice(&results);
            return Some(Ok(Some(Ok(()))));
        }
        kind::TRAP => {
            let code = *TrapCode::ALL.get(cursor.number()? as usize)?;
            tape.at = cursor.at();
            return Some(Ok(Some(Err(Trap::new(code).into()))));
        }
        kind::EXIT => {
            let code = cursor.index()?;
            tape.at = cursor.at();
            return Some(Ok(Some(Err(Error::exit(code as i32)))));
        }
        kind::FAIL => {
            let text = String::from_utf8_lossy(cursor.run()?).into_owned();
            tape.at = cursor.at();
            return Some(Ok(Some(Err(Error::new(text)))));
        }
        // Its results follow.
        kind::SUSPEND => tape.at = cursor.at(),
        _ => return None,
    }
    Some(Ok(None))
}

impl StoreInner {
    /// Tells the observer of a host function that has returned.
    fn tell_replayed(&mut self, (instance, import): (u32, u32), args: &[u64], results: &[u64]) {
        let Some(tape) = self.tape.as_deref_mut().filter(|tape| tape.at > tape.told) else {
            return;
        };
        tape.told = tape.at;
        let Some(observer) = &mut tape.observer else {
            return;
        };
        if instance as usize >= self.instances.len() {
            return;
        }
        let instance = self.instances.get(instance);
        let module = instance.module.inner();
        let imports = module.imports.iter(module, 0);
        let mut funcs = imports.filter(|entry| entry.kind == ExternKind::Func);
        let Some(entry) = funcs.nth(import as usize) else {
            return;
        };
        // SAFETY: memories live as long as their store; nobody else refers to this one now.
        let memory = (instance.memories.first()).map(|memory| unsafe { memory.as_ref() }.data());
        observer(&ReplayedCall {
            module: module.text(&entry.module),
            name: module.text(&entry.name),
            args,
            results,
            memory: memory.unwrap_or_default(),
        });
    }

    /// The function of a name, which may be any numbers.
    fn func_named(&self, (instance, index): (u32, u32)) -> Option<u32> {
        if instance == u32::MAX {
            return ((index as usize) < self.funcs.len()).then_some(index);
        }
        if instance as usize >= self.instances.len() {
            return None;
        }
        self.instances.get(instance).func(index)
    }
}
