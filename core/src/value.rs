//! Values at the boundary between host and WebAssembly.
//!
//! Inside, a value is one 64-bit slot (a v128 two): integers and float bits zero-extended, references
//! as an index plus one, 0 for null.

use alloc::boxed::Box;
use core::any::Any;

use crate::{
    func::Func,
    store::{AsContext, AsContextMut, StoreContext, StoreInner, Stored},
    types::{HeapType, RefType, ValType},
};

/// A WebAssembly value of any type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Val {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// 32-bit float, as its bits.
    F32(u32),
    /// 64-bit float, as its bits.
    F64(u64),
    /// 128-bit vector, little endian.
    V128(u128),
    /// A function or null.
    FuncRef(Option<Func>),
    /// A host value or null.
    ExternRef(Option<ExternRef>),
}

/// A reference of any type: what tables hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ref {
    /// A function or null.
    Func(Option<Func>),
    /// A host value or null.
    Extern(Option<ExternRef>),
}

/// A host value that WebAssembly code can hold, but not look into.
///
/// The value lives until its store is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExternRef(Stored);

impl ExternRef {
    /// Puts a host value into the store.
    pub fn new(mut store: impl AsContextMut, value: impl Any + Send + Sync) -> ExternRef {
        let store = &mut store.as_context_mut().0.inner;
        let index = store.externs.len() as u32;
        store.externs.push(Box::new(value));
        ExternRef(Stored::new(store, index))
    }

    /// The host value; `downcast_ref` tells its type.
    ///
    /// # Panics
    /// If the reference is of another store.
    pub fn data<'a, T: 'a>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> Option<&'a (dyn Any + Send + Sync)> {
        let store = store.into();
        let index = self.0.index(&store.0.inner);
        store
            .0
            .inner
            .externs
            .get(index as usize)
            .map(|value| &**value)
    }
}

/// A slot for a reference: null is 0.
fn ref_slot(handle: Option<Stored>, store: &StoreInner) -> u64 {
    handle.map_or(0, |handle| u64::from(handle.index(store)) + 1)
}

/// The handle in a reference slot.
fn slot_ref(slot: u64, store: &StoreInner) -> Option<Stored> {
    // Indices are 32 bits wide, so that is what a slot's index fits.
    slot.checked_sub(1)
        .map(|index| Stored::new(store, index as u32))
}

impl Val {
    /// The null function reference.
    pub const NULL_FUNC: Val = Val::FuncRef(None);
    /// The null host reference.
    pub const NULL_EXTERN: Val = Val::ExternRef(None);

    /// The type of the value, for references the widest of its kind.
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::FuncRef(_) => ValType::FUNCREF,
            Val::ExternRef(_) => ValType::EXTERNREF,
        }
    }

    /// Zero or null; `None` for references that cannot be null.
    pub fn default_for_ty(ty: ValType) -> Option<Val> {
        Some(match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0),
            ValType::F64 => Val::F64(0),
            ValType::V128 => Val::V128(0),
            ValType::Ref(ty) => Ref::null(ty)?.into(),
        })
    }

    /// Whether this is a value of the type.
    ///
    /// # Panics
    /// If it is a reference of another store.
    pub fn matches_ty(&self, store: impl AsContext, ty: ValType) -> bool {
        self.is_a(&store.as_context().0.inner, ty)
    }

    pub(crate) fn is_a(&self, store: &StoreInner, ty: ValType) -> bool {
        match (self, ty) {
            (Val::FuncRef(func), ValType::Ref(ty)) => Ref::Func(*func).is_a(store, ty),
            (Val::ExternRef(value), ValType::Ref(ty)) => Ref::Extern(*value).is_a(store, ty),
            _ => self.ty() == ty,
        }
    }

    /// Writes the value as slots and returns how many it took.
    pub(crate) fn to_slots(self, store: &StoreInner, slots: &mut [u64]) -> usize {
        slots[0] = match self {
            Val::I32(value) => u64::from(value as u32),
            Val::I64(value) => value as u64,
            Val::F32(bits) => u64::from(bits),
            Val::F64(bits) => bits,
            Val::V128(bits) => {
                slots[1] = (bits >> 64) as u64;
                slots[0] = bits as u64;
                return 2;
            }
            Val::FuncRef(func) => ref_slot(func.map(|func| func.0), store),
            Val::ExternRef(value) => ref_slot(value.map(|value| value.0), store),
        };
        1
    }

    /// Reads a value of the type from the first slots.
    pub(crate) fn from_slots(ty: ValType, slots: &[u64], store: &StoreInner) -> Val {
        let slot = slots[0];
        match ty {
            ValType::I32 => Val::I32(slot as i32),
            ValType::I64 => Val::I64(slot as i64),
            ValType::F32 => Val::F32(slot as u32),
            ValType::F64 => Val::F64(slot),
            ValType::V128 => Val::V128(u128::from(slot) | u128::from(slots[1]) << 64),
            ValType::Ref(ty) => Ref::from_slot(ty, slot, store).into(),
        }
    }

    /// The value, if it is an i32.
    pub fn i32(&self) -> Option<i32> {
        if let Val::I32(value) = *self {
            Some(value)
        } else {
            None
        }
    }

    /// The value, if it is an i64.
    pub fn i64(&self) -> Option<i64> {
        if let Val::I64(value) = *self {
            Some(value)
        } else {
            None
        }
    }

    /// The value, if it is an f32.
    pub fn f32(&self) -> Option<f32> {
        if let Val::F32(bits) = *self {
            Some(f32::from_bits(bits))
        } else {
            None
        }
    }

    /// The value, if it is an f64.
    pub fn f64(&self) -> Option<f64> {
        if let Val::F64(bits) = *self {
            Some(f64::from_bits(bits))
        } else {
            None
        }
    }

    /// The value, if it is a reference.
    pub fn as_ref(&self) -> Option<Ref> {
        match *self {
            Val::FuncRef(func) => Some(Ref::Func(func)),
            Val::ExternRef(value) => Some(Ref::Extern(value)),
            _ => None,
        }
    }
}

impl Ref {
    /// Null of the type; `None` if it has none.
    pub fn null(ty: RefType) -> Option<Ref> {
        if !ty.nullable {
            return None;
        }
        match ty.heap.top() {
            HeapType::Func => Some(Ref::Func(None)),
            HeapType::Extern => Some(Ref::Extern(None)),
            _ => None,
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Ref::Func(None) | Ref::Extern(None))
    }

    /// Whether this is a reference of the type.
    pub(crate) fn is_a(&self, store: &StoreInner, ty: RefType) -> bool {
        match (self, ty.heap) {
            (Ref::Func(None), heap) => ty.nullable && heap.top() == HeapType::Func,
            (Ref::Extern(None), heap) => ty.nullable && heap.top() == HeapType::Extern,
            (Ref::Func(Some(_)), HeapType::Func) | (Ref::Extern(Some(_)), HeapType::Extern) => true,
            (Ref::Func(Some(func)), HeapType::Concrete(id)) => func.entity(store).ty == id,
            _ => false,
        }
    }

    pub(crate) fn to_slot(self, store: &StoreInner) -> u64 {
        match self {
            Ref::Func(func) => ref_slot(func.map(|func| func.0), store),
            Ref::Extern(value) => ref_slot(value.map(|value| value.0), store),
        }
    }

    pub(crate) fn from_slot(ty: RefType, slot: u64, store: &StoreInner) -> Ref {
        match ty.heap.top() {
            HeapType::Extern => Ref::Extern(slot_ref(slot, store).map(ExternRef)),
            // Other hierarchies come with GC; until then modules with them are refused at load.
            _ => Ref::Func(slot_ref(slot, store).map(Func)),
        }
    }
}

impl From<Ref> for Val {
    fn from(value: Ref) -> Val {
        match value {
            Ref::Func(func) => Val::FuncRef(func),
            Ref::Extern(value) => Val::ExternRef(value),
        }
    }
}

macro_rules! conversions {
    ($($ty:ty, $value:ident => $val:expr;)*) => {$(
        impl From<$ty> for Val {
            fn from($value: $ty) -> Val {
                $val
            }
        }
    )*};
}

conversions! {
    i32, value => Val::I32(value);
    u32, value => Val::I32(value as i32);
    i64, value => Val::I64(value);
    u64, value => Val::I64(value as i64);
    f32, value => Val::F32(value.to_bits());
    f64, value => Val::F64(value.to_bits());
    u128, value => Val::V128(value);
    Func, value => Val::FuncRef(Some(value));
    Option<Func>, value => Val::FuncRef(value);
    ExternRef, value => Val::ExternRef(Some(value));
    Option<ExternRef>, value => Val::ExternRef(value);
}

impl From<Func> for Ref {
    fn from(func: Func) -> Ref {
        Ref::Func(Some(func))
    }
}

impl From<ExternRef> for Ref {
    fn from(value: ExternRef) -> Ref {
        Ref::Extern(Some(value))
    }
}

/// How a Rust type goes through slots.
pub(crate) trait Slots: Copy {
    fn val_type() -> ValType;
    fn to_slot(self, store: &StoreInner) -> u64;
    fn from_slot(slot: u64, store: &StoreInner) -> Self;
}

/// A Rust type for one WebAssembly value: `i32`, `u32`, `i64`, `u64`, `f32`, `f64`,
/// `Option<Func>` (funcref) and `Option<ExternRef>` (externref).
#[allow(private_bounds, reason = "sealed")]
pub trait WasmTy: Slots + 'static {}

macro_rules! wasm_ty {
    ($($ty:ty: $val:expr, |$value:ident, $in:ident| $to:expr, |$slot:ident, $out:ident| $from:expr;)*) => {$(
        impl Slots for $ty {
            fn val_type() -> ValType {
                $val
            }
            #[inline]
            fn to_slot(self, $in: &StoreInner) -> u64 {
                let $value = self;
                $to
            }
            #[inline]
            fn from_slot($slot: u64, $out: &StoreInner) -> Self {
                $from
            }
        }
        impl WasmTy for $ty {}
    )*};
}

wasm_ty! {
    i32: ValType::I32, |value, _store| u64::from(value as u32), |slot, _store| slot as i32;
    u32: ValType::I32, |value, _store| u64::from(value), |slot, _store| slot as u32;
    i64: ValType::I64, |value, _store| value as u64, |slot, _store| slot as i64;
    u64: ValType::I64, |value, _store| value, |slot, _store| slot;
    f32: ValType::F32, |value, _store| u64::from(value.to_bits()), |slot, _store| f32::from_bits(slot as u32);
    f64: ValType::F64, |value, _store| value.to_bits(), |slot, _store| f64::from_bits(slot);
    Option<Func>: ValType::FUNCREF,
        |value, store| ref_slot(value.map(|func| func.0), store), |slot, store| slot_ref(slot, store).map(Func);
    Option<ExternRef>: ValType::EXTERNREF,
        |value, store| ref_slot(value.map(|value| value.0), store), |slot, store| slot_ref(slot, store).map(ExternRef);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, Store};

    fn round(store: &Store<()>, val: Val) -> Val {
        let mut slots = [0; 2];
        assert_eq!(val.to_slots(&store.inner, &mut slots), val.ty().slots());
        Val::from_slots(val.ty(), &slots, &store.inner)
    }

    #[test]
    fn values_survive_slots() {
        let mut store = Store::new(&Engine::default(), ());
        assert_eq!(round(&store, Val::I32(-1)).i32(), Some(-1));
        assert_eq!(round(&store, Val::I64(i64::MIN)).i64(), Some(i64::MIN));
        assert_eq!(round(&store, Val::from(1.5f32)).f32(), Some(1.5));
        assert_eq!(
            round(&store, Val::from(-0.0f64)).f64().map(f64::to_bits),
            Some((-0.0f64).to_bits())
        );
        assert!(
            matches!(round(&store, Val::V128(1 << 100 | 7)), Val::V128(bits) if bits == 1 << 100 | 7)
        );
        assert!(matches!(round(&store, Val::NULL_FUNC), Val::FuncRef(None)));
        let value = ExternRef::new(&mut store, 42u8);
        let Val::ExternRef(Some(back)) = round(&store, value.into()) else {
            panic!()
        };
        assert_eq!(back.data(&store).unwrap().downcast_ref(), Some(&42u8));
    }

    #[test]
    fn i32_slots_are_zero_extended() {
        let store = Store::new(&Engine::default(), ());
        let mut slots = [u64::MAX; 1];
        Val::I32(-1).to_slots(&store.inner, &mut slots);
        assert_eq!(slots, [u32::MAX.into()]);
        assert_eq!((-1i32).to_slot(&store.inner), u32::MAX.into());
    }

    #[test]
    #[should_panic(expected = "wrong store")]
    fn handles_know_their_store() {
        let engine = Engine::default();
        let value = ExternRef::new(&mut Store::new(&engine, ()), 1);
        value.data(&Store::new(&engine, ()));
    }
}
