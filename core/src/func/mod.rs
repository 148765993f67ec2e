//! Functions: calling them and making them of closures.

mod caller;
mod resumable;
mod run;
mod typed;
mod wrap;

use alloc::{boxed::Box, vec, vec::Vec};

pub use caller::Caller;
pub use resumable::{Call, SuspendReason, Suspended};
#[cfg(feature = "debug")]
pub(crate) use run::{begin, step};
pub use typed::{TypedFunc, WasmParams, WasmResults};
pub use wrap::{IntoFunc, WasmRet};

use crate::{
    error::Error,
    store::{AsContext, AsContextMut, FuncEntity, FuncKind, HostFn, Store, StoreInner, Stored},
    sync::Shared,
    types::{FuncType, ValType},
    value::Val,
};

/// A function of a store: WebAssembly code or a host closure.
///
/// # Panics
/// All methods panic when used with a store that is not the function's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Func(pub(crate) Stored);

impl Func {
    /// Makes a function of the type out of a closure that gets its arguments and fills in its results.
    /// The results start as zero and null; leaving one of another type is an error at the call.
    pub fn new<T>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Func {
        Func::host(store.as_context_mut().0, &ty, dynamic(&ty, func))
    }

    /// Makes a function out of a closure with up to 16 parameters of [`WasmTy`] types, after an optional
    /// [`Caller`]; it returns nothing, one value or a tuple, or a `Result` of these with [`Error`].
    ///
    /// [`WasmTy`]: crate::WasmTy
    pub fn wrap<T, Params, Results>(
        mut store: impl AsContextMut<Data = T>,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Func {
        let (ty, func) = func.wrap();
        Func::host(store.as_context_mut().0, &ty, func)
    }

    /// Adds a host function to the store.
    pub(crate) fn host<T>(store: &mut Store<T>, ty: &FuncType, func: Shared<HostFn<T>>) -> Func {
        let host = store.hosts.len() as u32;
        store.hosts.push(func);
        let id = store.inner.engine.intern(ty);
        let index = store
            .inner
            .push_func(FuncEntity::new(id, ty, FuncKind::Host { host }));
        Func(Stored::new(&store.inner, index))
    }

    /// A host function that others than the store hold too, as one function of the store however often
    /// it is asked for.
    pub(crate) fn shared_host<T>(
        store: &mut Store<T>,
        ty: &FuncType,
        func: &Shared<HostFn<T>>,
    ) -> Func {
        // No other function gets this address: the store keeps the function, too.
        let address = Shared::as_ptr(func).cast::<()>() as usize;
        if let Some(&index) = store.shared_hosts.get(&address) {
            return Func(Stored::new(&store.inner, index));
        }
        let added = Func::host(store, ty, func.clone());
        let index = added.0.index(&store.inner);
        store.shared_hosts.insert(address, index);
        added
    }

    pub(crate) fn entity(self, store: &StoreInner) -> FuncEntity {
        store.funcs[self.0.index(store) as usize]
    }

    pub(crate) fn ty_in(self, store: &StoreInner) -> FuncType {
        store.engine.func_type(self.entity(store).ty)
    }

    /// The type.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        self.ty_in(&store.as_context().0.inner)
    }

    /// Calls the function with values of its parameter types; `results` must have one place for each
    /// result and receives them.
    ///
    /// # Errors
    /// If the values do not fit the type, if the code traps (also when fuel runs out or an interrupt is
    /// raised), or what a host function returned.
    pub fn call(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<(), Error> {
        let store = store.as_context_mut().0;
        let ty = self.ty_in(&store.inner);
        if results.len() != ty.results().len() {
            return Err(Error::new(message!(
                "expected {} results, got {}",
                ty.results().len(),
                results.len()
            )));
        }
        let args = slots_of(&store.inner, ty.params(), params, "argument")?;
        let index = self.0.index(&store.inner);
        run::to_end(store, index, &args, &mut |store, slots| {
            read_vals(store, ty.results(), slots, results.iter_mut());
        })
    }

    /// Calls the function such that it can pause and go on: when fuel runs out, when it is interrupted
    /// and when a host function returns [`Error::suspend`].
    ///
    /// # Errors
    /// As [`Func::call`], but for these cases.
    pub fn call_resumable(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
    ) -> Result<Call<Vec<Val>>, Error> {
        let store = store.as_context_mut().0;
        let ty = self.ty_in(&store.inner);
        let args = slots_of(&store.inner, ty.params(), params, "argument")?;
        resumable::start(store, *self, &args)
    }

    /// The function with its type checked once, for faster calls.
    ///
    /// # Errors
    /// If the function is of another type.
    pub fn typed<Params: WasmParams, Results: WasmResults>(
        &self,
        store: impl AsContext,
    ) -> Result<TypedFunc<Params, Results>, Error> {
        TypedFunc::new(*self, &self.ty(store))
    }
}

/// Calls a function of type `() -> ()`: a start function.
pub(crate) fn call_func<T>(store: &mut Store<T>, func: u32) -> Result<(), Error> {
    run::to_end(store, func, &[], &mut |_, _| ())
}

/// Calls a function with slots, of which there are as many as it has; its results are dropped.
#[cfg(feature = "debug")]
pub(crate) fn call_slots<T>(store: &mut Store<T>, func: u32, args: &[u64]) -> Result<(), Error> {
    run::to_end(store, func, args, &mut |_, _| ())
}

/// Values as slots, once their number and types are right.
pub(crate) fn slots_of(
    store: &StoreInner,
    types: &[ValType],
    vals: &[Val],
    what: &'static str,
) -> Result<Vec<u64>, Error> {
    if types.len() != vals.len() {
        return Err(Error::new(message!(
            "expected {} {}s, got {}",
            types.len(),
            what,
            vals.len()
        )));
    }
    let mut slots = vec![0; types.iter().map(|ty| ty.slots()).sum()];
    write_vals(store, types, vals, &mut slots, what)?;
    Ok(slots)
}

/// Writes values of the types into slots.
fn write_vals(
    store: &StoreInner,
    types: &[ValType],
    vals: &[Val],
    slots: &mut [u64],
    what: &'static str,
) -> Result<(), Error> {
    let mut at = 0;
    for (position, (ty, val)) in types.iter().zip(vals).enumerate() {
        if !val.is_a(store, *ty) {
            return Err(Error::new(message!(
                "type mismatch in {} {}: expected {}, found {}",
                what,
                position,
                *ty,
                val.ty()
            )));
        }
        at += val.to_slots(store, &mut slots[at..]);
    }
    Ok(())
}

/// Reads values of the types from slots.
pub(crate) fn read_vals<'v>(
    store: &StoreInner,
    types: &[ValType],
    slots: &[u64],
    vals: impl Iterator<Item = &'v mut Val>,
) {
    let mut at = 0;
    for (ty, val) in types.iter().zip(vals) {
        *val = Val::from_slots(*ty, &slots[at..], store);
        at += ty.slots();
    }
}

/// The trampoline of a dynamically typed closure.
pub(crate) fn dynamic<T>(
    ty: &FuncType,
    func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
) -> Shared<HostFn<T>> {
    // Plain lists: a `FuncType` is not `Send` on targets without atomics.
    let (params, results): (Box<[ValType]>, Box<[ValType]>) =
        (ty.params().into(), ty.results().into());
    Shared::new(move |mut caller: Caller<'_, T>, slots: &mut [u64]| {
        let mut vals = vec![Val::I32(0); params.len() + results.len()];
        let (args, rets) = vals.split_at_mut(params.len());
        read_vals(&caller.store.inner, &params, slots, args.iter_mut());
        for (ty, ret) in results.iter().zip(rets.iter_mut()) {
            *ret = Val::default_for_ty(*ty).unwrap_or(Val::NULL_FUNC);
        }
        func(caller.reborrow(), args, rets)?;
        write_vals(
            &caller.store.inner,
            &results,
            rets,
            slots,
            "result of a host function",
        )
    })
}

#[cfg(test)]
mod tests;
