//! Functions with static types.

use core::{fmt, marker::PhantomData};

use super::{Call, Func, resumable, run};
use crate::{
    error::Error,
    store::{AsContextMut, StoreInner},
    types::{FuncType, ValType},
    value::WasmTy,
};

/// Slots that the longest tuple takes.
pub(super) const MAX_SLOTS: usize = 16;

/// A list of values of static types.
pub(crate) trait SlotList: Sized {
    const LEN: usize;
    fn val_types() -> [ValType; MAX_SLOTS];
    fn to_slots(self, slots: &mut [u64], store: &StoreInner);
    fn from_slots(slots: &[u64], store: &StoreInner) -> Self;
}

/// Parameters of a typed function: a [`WasmTy`] or a tuple of up to 16 of them.
#[allow(private_bounds, reason = "sealed")]
pub trait WasmParams: SlotList + 'static {}

/// Results of a typed function: a [`WasmTy`] or a tuple of up to 16 of them; `()` for none.
#[allow(private_bounds, reason = "sealed")]
pub trait WasmResults: SlotList + 'static {}

impl<V: WasmTy> SlotList for V {
    const LEN: usize = 1;
    fn val_types() -> [ValType; MAX_SLOTS] {
        [V::val_type(); MAX_SLOTS]
    }
    #[inline]
    fn to_slots(self, slots: &mut [u64], store: &StoreInner) {
        slots[0] = self.to_slot(store);
    }
    #[inline]
    fn from_slots(slots: &[u64], store: &StoreInner) -> V {
        V::from_slot(slots[0], store)
    }
}
impl<V: WasmTy> WasmParams for V {}
impl<V: WasmTy> WasmResults for V {}

macro_rules! tuples {
    ($($len:literal: $($name:ident $at:tt)*;)*) => {$(
        impl<$($name: WasmTy),*> SlotList for ($($name,)*) {
            const LEN: usize = $len;
            fn val_types() -> [ValType; MAX_SLOTS] {
                #[allow(unused_mut, reason = "the empty tuple")]
                let mut types = [ValType::I32; MAX_SLOTS];
                $(types[$at] = $name::val_type();)*
                types
            }
            #[inline]
            #[allow(unused_variables, reason = "the empty tuple")]
            fn to_slots(self, slots: &mut [u64], store: &StoreInner) {
                $(slots[$at] = self.$at.to_slot(store);)*
            }
            #[inline]
            #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple")]
            fn from_slots(slots: &[u64], store: &StoreInner) -> Self {
                ($($name::from_slot(slots[$at], store),)*)
            }
        }
        impl<$($name: WasmTy),*> WasmParams for ($($name,)*) {}
        impl<$($name: WasmTy),*> WasmResults for ($($name,)*) {}
    )*};
}

tuples! {
    0: ;
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
    5: A 0 B 1 C 2 D 3 E 4;
    6: A 0 B 1 C 2 D 3 E 4 F 5;
    7: A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    8: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
    9: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8;
    10: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9;
    11: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10;
    12: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11;
    13: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12;
    14: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13;
    15: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14;
    16: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15;
}

/// The function type that Rust types stand for.
pub(super) fn type_of<Params: SlotList, Results: SlotList>() -> FuncType {
    FuncType::of_lists(
        &Params::val_types()[..Params::LEN],
        &Results::val_types()[..Results::LEN],
    )
}

/// A [`Func`] whose type has been checked against Rust types.
pub struct TypedFunc<Params, Results> {
    func: Func,
    types: PhantomData<fn(Params) -> Results>,
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    pub(super) fn new(func: Func, ty: &FuncType) -> Result<Self, Error> {
        let wanted = type_of::<Params, Results>();
        if wanted != *ty {
            return Err(Error::new(message!(
                "function is of type {}, not {}",
                ty.clone(),
                wanted
            )));
        }
        Ok(TypedFunc {
            func,
            types: PhantomData,
        })
    }

    /// Calls the function.
    ///
    /// # Errors
    /// If the code traps (also when fuel runs out or an interrupt is raised), or what a host function
    /// returned.
    ///
    /// # Panics
    /// If the store is not the function's own.
    pub fn call(&self, mut store: impl AsContextMut, params: Params) -> Result<Results, Error> {
        let store = store.as_context_mut().0;
        let index = self.func.0.index(&store.inner);
        let mut slots = [0; MAX_SLOTS];
        params.to_slots(&mut slots, &store.inner);
        let mut results = None;
        run::to_end(store, index, &slots[..Params::LEN], &mut |store, slots| {
            results = Some(Results::from_slots(slots, store));
        })?;
        results.ok_or_else(|| Error::new("the call gave no results"))
    }

    /// As [`Func::call_resumable`].
    ///
    /// # Errors
    /// As [`Func::call_resumable`].
    ///
    /// # Panics
    /// If the store is not the function's own.
    pub fn call_resumable(
        &self,
        mut store: impl AsContextMut,
        params: Params,
    ) -> Result<Call<Results>, Error> {
        let store = store.as_context_mut().0;
        let mut slots = [0; MAX_SLOTS];
        params.to_slots(&mut slots, &store.inner);
        resumable::start(store, self.func, &slots[..Params::LEN])
    }

    /// The function without its static type.
    pub fn func(&self) -> &Func {
        &self.func
    }
}

impl<Params, Results> Clone for TypedFunc<Params, Results> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Params, Results> Copy for TypedFunc<Params, Results> {}

impl<Params, Results> fmt::Debug for TypedFunc<Params, Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunc").field(&self.func).finish()
    }
}
