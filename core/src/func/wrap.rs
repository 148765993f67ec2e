//! Host functions of closures with static types.

use super::{
    Caller, WasmResults,
    typed::{SlotList, type_of},
};
use crate::{
    error::Error,
    store::{HostFn, StoreInner},
    sync::Shared,
    types::FuncType,
    value::WasmTy,
};

/// What a host closure returns.
pub(crate) trait IntoSlots {
    type Results: SlotList;
    fn into_slots(self, slots: &mut [u64], store: &StoreInner) -> Result<(), Error>;
}

/// A closure's type and trampoline.
pub(crate) trait Wrap<T, Params, Results> {
    fn wrap(self) -> (FuncType, Shared<HostFn<T>>);
}

/// What a host closure may return: [`WasmResults`], or a `Result` of them with [`Error`].
#[allow(private_bounds, reason = "sealed")]
pub trait WasmRet: IntoSlots {}

impl<R: WasmResults> IntoSlots for R {
    type Results = R;
    #[inline]
    fn into_slots(self, slots: &mut [u64], store: &StoreInner) -> Result<(), Error> {
        self.to_slots(slots, store);
        Ok(())
    }
}
impl<R: WasmResults> WasmRet for R {}

impl<R: WasmResults> IntoSlots for Result<R, Error> {
    type Results = R;
    #[inline]
    fn into_slots(self, slots: &mut [u64], store: &StoreInner) -> Result<(), Error> {
        self?.to_slots(slots, store);
        Ok(())
    }
}
impl<R: WasmResults> WasmRet for Result<R, Error> {}

/// Closures that can be host functions; see [`Func::wrap`](crate::Func::wrap).
///
/// `Params` and `Results` are inferred.
#[allow(private_bounds, reason = "sealed")]
pub trait IntoFunc<T, Params, Results>: Wrap<T, Params, Results> + Send + Sync + 'static {}

macro_rules! closures {
    ($($($name:ident $at:tt)*;)*) => {$(
        #[allow(non_snake_case, unused_variables, reason = "one variable per type")]
        impl<T, Func, $($name: WasmTy,)* Ret: WasmRet> Wrap<T, ($($name,)*), Ret> for Func
        where
            Func: Fn($($name),*) -> Ret + Send + Sync + 'static,
        {
            fn wrap(self) -> (FuncType, Shared<HostFn<T>>) {
                let func = move |caller: Caller<'_, T>, slots: &mut [u64]| {
                    let store = &caller.store.inner;
                    $(let $name = $name::from_slot(slots[$at], store);)*
                    self($($name),*).into_slots(slots, store)
                };
                (type_of::<($($name,)*), Ret::Results>(), Shared::new(func))
            }
        }
        impl<T, Func, $($name: WasmTy,)* Ret: WasmRet> IntoFunc<T, ($($name,)*), Ret> for Func
        where
            Func: Fn($($name),*) -> Ret + Send + Sync + 'static,
        {}

        #[allow(non_snake_case, reason = "one variable per type")]
        impl<T, Func, $($name: WasmTy,)* Ret: WasmRet> Wrap<T, (Caller<'_, T>, $($name,)*), Ret> for Func
        where
            Func: Fn(Caller<'_, T>, $($name),*) -> Ret + Send + Sync + 'static,
        {
            fn wrap(self) -> (FuncType, Shared<HostFn<T>>) {
                let func = move |mut caller: Caller<'_, T>, slots: &mut [u64]| {
                    $(let $name = $name::from_slot(slots[$at], &caller.store.inner);)*
                    let ret = self(caller.reborrow(), $($name),*);
                    ret.into_slots(slots, &caller.store.inner)
                };
                (type_of::<($($name,)*), Ret::Results>(), Shared::new(func))
            }
        }
        impl<T, Func, $($name: WasmTy,)* Ret: WasmRet> IntoFunc<T, (Caller<'_, T>, $($name,)*), Ret> for Func
        where
            Func: Fn(Caller<'_, T>, $($name),*) -> Ret + Send + Sync + 'static,
        {}
    )*};
}

closures! {
    ;
    A 0;
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15;
}
