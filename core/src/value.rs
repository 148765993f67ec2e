//! Values at the boundary between host and WebAssembly.
//!
//! Inside, a value is one 64-bit slot (a v128 two): integers and float bits zero-extended, references
//! as the heap has them, functions as an index plus one with a tag, 0 for null.

use crate::{
    func::Func,
    gc::{AnyRef, ExnRef, ExternRef, Handle},
    store::{AsContext, CastTarget, StoreInner, Stored, func_slot},
    types::{HeapType, RefType, ValType},
};

/// A WebAssembly value of any type.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// A number, structure, array, or host value as such, or null.
    AnyRef(Option<AnyRef>),
    /// An exception or null.
    ExnRef(Option<ExnRef>),
}

/// A reference of any type: what tables hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ref {
    /// A function or null.
    Func(Option<Func>),
    /// A host value or null.
    Extern(Option<ExternRef>),
    /// A number, structure, array, or host value as such, or null.
    Any(Option<AnyRef>),
    /// An exception or null.
    Exn(Option<ExnRef>),
}

/// A slot for a reference to a function.
fn slot_of_func(func: Option<Func>, store: &StoreInner) -> u64 {
    func.map_or(0, |func| func_slot(func.0.index(store) + 1))
}

/// The function in a slot.
fn func_of_slot(slot: u64, store: &StoreInner) -> Option<Func> {
    let func = number_of_func(slot, store)?;
    Some(Func(Stored::new(store, func)))
}

/// The number in the store of the function in a slot; `None` for null, and for what code of images has made up.
fn number_of_func(slot: u64, store: &StoreInner) -> Option<u32> {
    // The tag lies above the index.
    let func = (slot as u32).wrapping_sub(1);
    ((func as usize) < store.funcs.len()).then_some(func)
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
            Val::AnyRef(_) => ValType::ANYREF,
            Val::ExnRef(_) => ValType::EXNREF,
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
        match (self.as_ref(), ty) {
            (Some(value), ValType::Ref(ty)) => value.is_a(store, ty),
            _ => self.ty() == ty,
        }
    }

    /// Writes the value as slots and returns how many it took.
    pub(crate) fn to_slots(&self, store: &StoreInner, slots: &mut [u64]) -> usize {
        slots[0] = match *self {
            Val::I32(value) => u64::from(value as u32),
            Val::I64(value) => value as u64,
            Val::F32(bits) => u64::from(bits),
            Val::F64(bits) => bits,
            Val::V128(bits) => {
                slots[1] = (bits >> 64) as u64;
                slots[0] = bits as u64;
                return 2;
            }
            Val::FuncRef(func) => slot_of_func(func, store),
            Val::ExternRef(ref value) => value.as_ref().map_or(0, |value| value.0.slot(store)),
            Val::AnyRef(ref value) => value.as_ref().map_or(0, |value| value.0.slot(store)),
            Val::ExnRef(ref value) => value.as_ref().map_or(0, |value| value.0.slot(store)),
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
        match self {
            Val::FuncRef(func) => Some(Ref::Func(*func)),
            Val::ExternRef(value) => Some(Ref::Extern(value.clone())),
            Val::AnyRef(value) => Some(Ref::Any(value.clone())),
            Val::ExnRef(value) => Some(Ref::Exn(value.clone())),
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
        Some(match ty.heap.top() {
            HeapType::Func => Ref::Func(None),
            HeapType::Extern => Ref::Extern(None),
            HeapType::Exn => Ref::Exn(None),
            _ => Ref::Any(None),
        })
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(
            self,
            Ref::Func(None) | Ref::Extern(None) | Ref::Any(None) | Ref::Exn(None)
        )
    }

    /// The top of the hierarchy that it is of.
    fn top(&self) -> HeapType {
        match self {
            Ref::Func(_) => HeapType::Func,
            Ref::Extern(_) => HeapType::Extern,
            Ref::Any(_) => HeapType::Any,
            Ref::Exn(_) => HeapType::Exn,
        }
    }

    /// Whether this is a reference of the type.
    pub(crate) fn is_a(&self, store: &StoreInner, ty: RefType) -> bool {
        if self.top() != ty.heap.top() {
            return false;
        }
        if let (Ref::Func(Some(func)), Some(of)) = (self, ty.heap.type_id()) {
            // The engine knows types that the store has not met.
            let id = func.entity(store).ty;
            return match ty.heap {
                HeapType::ExactFunc(_) => id == of,
                _ => store.engine.is_subtype(id, of),
            };
        }
        let slot = self.to_slot(store);
        store.heap.is(slot, CastTarget::new(ty), |slot| {
            number_of_func(slot, store).map(|func| store.funcs[func as usize].ty)
        })
    }

    pub(crate) fn to_slot(&self, store: &StoreInner) -> u64 {
        let handle = match self {
            Ref::Func(func) => return slot_of_func(*func, store),
            Ref::Extern(value) => value.as_ref().map(|value| &value.0),
            Ref::Any(value) => value.as_ref().map(|value| &value.0),
            Ref::Exn(value) => value.as_ref().map(|value| &value.0),
        };
        handle.map_or(0, |handle| handle.slot(store))
    }

    pub(crate) fn from_slot(ty: RefType, slot: u64, store: &StoreInner) -> Ref {
        let handle = || Handle::of_slot(store, slot);
        match ty.heap.top() {
            HeapType::Func => Ref::Func(func_of_slot(slot, store)),
            HeapType::Extern => Ref::Extern(handle().map(ExternRef)),
            HeapType::Exn => Ref::Exn(handle().map(ExnRef)),
            _ => Ref::Any(handle().map(AnyRef)),
        }
    }
}

impl From<Ref> for Val {
    fn from(value: Ref) -> Val {
        match value {
            Ref::Func(func) => Val::FuncRef(func),
            Ref::Extern(value) => Val::ExternRef(value),
            Ref::Any(value) => Val::AnyRef(value),
            Ref::Exn(value) => Val::ExnRef(value),
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
    AnyRef, value => Val::AnyRef(Some(value));
    Option<AnyRef>, value => Val::AnyRef(value);
    ExnRef, value => Val::ExnRef(Some(value));
    Option<ExnRef>, value => Val::ExnRef(value);
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
pub(crate) trait Slots: Sized {
    fn val_type() -> ValType;
    fn to_slot(self, store: &StoreInner) -> u64;
    fn from_slot(slot: u64, store: &StoreInner) -> Self;
}

/// A Rust type for one WebAssembly value: `i32`, `u32`, `i64`, `u64`, `f32`, `f64`,
/// `Option<Func>` (funcref), `Option<ExternRef>` (externref), `Option<AnyRef>` (anyref) and `Option<ExnRef>`
/// (exnref).
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
    Option<Func>: ValType::FUNCREF, |value, store| slot_of_func(value, store), |slot, store| func_of_slot(slot, store);
    Option<ExternRef>: ValType::EXTERNREF,
        |value, store| value.map_or(0, |value| value.0.slot(store)), |slot, store| Handle::of_slot(store, slot).map(ExternRef);
    Option<AnyRef>: ValType::ANYREF,
        |value, store| value.map_or(0, |value| value.0.slot(store)), |slot, store| Handle::of_slot(store, slot).map(AnyRef);
    Option<ExnRef>: ValType::EXNREF,
        |value, store| value.map_or(0, |value| value.0.slot(store)), |slot, store| Handle::of_slot(store, slot).map(ExnRef);
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
        let value = ExternRef::new(&mut store, 42u8).unwrap();
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
        let value = ExternRef::new(&mut Store::new(&engine, ()), 1).unwrap();
        value.data(&Store::new(&engine, ()));
    }
}
