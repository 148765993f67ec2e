//! Handles to what lies on a store's heap.
//!
//! A handle keeps its object alive, also between calls and through collections, until the last clone of it is
//! dropped. Two handles are equal if they are of the same object.

use alloc::{boxed::Box, vec::Vec};
use core::{any::Any, fmt};

use crate::{
    error::Error,
    externs::Tag,
    store::{
        AsContext, AsContextMut, Field, FieldKind, HEADER_BYTES, Root, StoreContext, StoreInner,
        Stored,
    },
    trap::TrapCode,
    types::{CompositeType, FieldType, HeapType, TypeId},
    value::Val,
};

/// A reference that is not null, as a slot has it.
#[derive(Clone)]
pub(crate) struct Handle {
    /// Of which store; numbers are of none.
    stored: Option<Stored>,
    slot: u32,
    /// Never read: it is what the heap counts.
    _root: Option<Root>,
}

impl Handle {
    /// What a slot refers to; `None` if that is null.
    pub(crate) fn of_slot(store: &StoreInner, slot: u64) -> Option<Handle> {
        let slot = slot as u32;
        (slot != 0).then(|| Handle {
            stored: (slot & 1 == 0).then(|| Stored::new(store, 0)),
            slot,
            _root: Some(store.heap.root(slot)),
        })
    }

    /// The slot.
    #[track_caller]
    pub(crate) fn slot(&self, store: &StoreInner) -> u64 {
        if let Some(stored) = self.stored {
            stored.index(store);
        }
        self.slot.into()
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Handle) -> bool {
        (self.stored, self.slot) == (other.stored, other.slot)
    }
}

impl Eq for Handle {}

impl core::hash::Hash for Handle {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.slot.hash(state);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.slot)
    }
}

/// A value that is not null of type `anyref`: a number of 31 bits, a structure, an array, or a host value that
/// code has internalized.
///
/// # Panics
/// Methods panic when used with a store that is not the value's own (also those of the types below).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AnyRef(pub(crate) Handle);

impl AnyRef {
    /// An `i31ref`: the low 31 bits of the number.
    pub fn from_i31(value: u32) -> AnyRef {
        AnyRef(Handle {
            stored: None,
            slot: value << 1 | 1,
            _root: None,
        })
    }

    /// The number as an unsigned one, if it is such.
    pub fn as_i31(&self) -> Option<u32> {
        (self.0.slot & 1 != 0).then_some(self.0.slot >> 1)
    }

    /// The structure, if it is one.
    pub fn as_struct(&self, store: impl AsContext) -> Option<StructRef> {
        let ty = self.heap_type(store);
        matches!(ty, HeapType::ConcreteStruct(_)).then(|| StructRef(self.0.clone()))
    }

    /// The array, if it is one.
    pub fn as_array(&self, store: impl AsContext) -> Option<ArrayRef> {
        let ty = self.heap_type(store);
        matches!(ty, HeapType::ConcreteArray(_)).then(|| ArrayRef(self.0.clone()))
    }

    /// The same value as an `externref`, as `extern.convert_any` has it.
    pub fn to_extern(&self) -> ExternRef {
        ExternRef(self.0.clone())
    }

    /// What it is: [`HeapType::I31`], a concrete structure or array, or [`HeapType::Any`] for a host value.
    pub fn heap_type(&self, store: impl AsContext) -> HeapType {
        let store = &store.as_context().0.inner;
        let slot = self.0.slot(store);
        if slot & 1 != 0 {
            return HeapType::I31;
        }
        match store.heap.type_of(slot) {
            Some(id) => store.engine.composite_type(id).heap(id),
            None => HeapType::Any,
        }
    }
}

/// A host value that code can hold, but not look into, or an internal value that it has externalized.
///
/// The value is dropped when neither code nor a handle refers to it any more, at the next collection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExternRef(pub(crate) Handle);

impl ExternRef {
    /// Puts a host value into the store.
    ///
    /// # Errors
    /// The heap has no room.
    #[cfg(heap)]
    pub fn new(
        mut store: impl AsContextMut,
        value: impl Any + Send + Sync,
    ) -> Result<ExternRef, Error> {
        let store = &mut store.as_context_mut().0.inner;
        let mut value: Option<Box<dyn Any + Send + Sync>> = Some(Box::new(value));
        let slot = store.allocate(1, |heap| match heap.make_extern(value.take()?) {
            Ok(slot) => Some(slot),
            Err(refused) => {
                value = Some(refused);
                None
            }
        })?;
        let handle = Handle::of_slot(store, slot);
        handle
            .map(ExternRef)
            .ok_or_else(|| TrapCode::OutOfMemory.into())
    }

    /// The host value; `downcast_ref` tells its type. `None` for an internal value.
    pub fn data<'a, T: 'a>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> Option<&'a (dyn Any + Send + Sync)> {
        let store = &store.into().0.inner;
        store.heap.host_value(self.0.slot(store))
    }

    /// The same value as an `anyref`, as `any.convert_extern` has it.
    pub fn to_any(&self) -> AnyRef {
        AnyRef(self.0.clone())
    }
}

/// Checks a value for a field, and gives its slots.
fn field_slots(store: &StoreInner, ty: FieldType, value: &Val) -> Result<[u64; 2], Error> {
    if !value.is_a(store, ty.storage.unpacked()) {
        return Err(Error::new(message!(
            "type mismatch: the field is of type {}, the value {}",
            ty.storage,
            value.ty()
        )));
    }
    let mut slots = [0; 2];
    value.to_slots(store, &mut slots);
    Ok(slots)
}

/// The value of a field; packed ones are zero-extended.
fn field_value(store: &StoreInner, slot: u64, at: u32, ty: FieldType) -> Result<Val, Error> {
    let slots = store.heap.load(slot, at as usize, FieldKind::of(ty))?;
    Ok(Val::from_slots(ty.storage.unpacked(), &slots, store))
}

fn immutable() -> Error {
    Error::new("an immutable field cannot be set")
}

/// A structure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StructRef(Handle);

impl StructRef {
    /// Makes a structure of a type with these values.
    ///
    /// # Errors
    /// If it is no type of structures, or has a descriptor, if the values are not of the fields' types, or if
    /// the heap has no room.
    pub fn new(
        mut store: impl AsContextMut,
        ty: TypeId,
        values: &[Val],
    ) -> Result<StructRef, Error> {
        let store = &mut store.as_context_mut().0.inner;
        store.sync_types();
        let wrong = || Error::new("not a type of structures");
        let def = store.heap.types.get(ty.0 as usize).cloned();
        let def = def.ok_or_else(wrong)?;
        let CompositeType::Struct(struct_type) = &def.composite else {
            return Err(wrong());
        };
        if def.descriptor.is_some() {
            return Err(Error::new("structures with a descriptor are made by code"));
        }
        let fields = struct_type.fields();
        if fields.len() != values.len() {
            return Err(Error::new(message!(
                "expected {} values, got {}",
                fields.len(),
                values.len()
            )));
        }
        let mut slots = Vec::with_capacity(values.len());
        for (field, value) in fields.iter().zip(values) {
            slots.push(field_slots(store, *field, value)?);
        }
        // The values' handles keep them through a collection.
        let words = store.heap.struct_words(ty);
        let object = store.allocate(words, |heap| heap.make(ty, words, 0))?;
        for (Field { at, kind }, value) in def.layout.fields().iter().zip(slots) {
            store.heap.store(object, *at as usize, *kind, value)?;
        }
        let handle = Handle::of_slot(store, object);
        handle
            .map(StructRef)
            .ok_or_else(|| TrapCode::OutOfMemory.into())
    }

    /// Its type.
    pub fn ty(&self, store: impl AsContext) -> TypeId {
        let store = &store.as_context().0.inner;
        let ty = store.heap.type_of(self.0.slot(store));
        ty.unwrap_or(TypeId(0))
    }

    /// Type and place of a field.
    fn find(&self, store: &StoreInner, index: usize) -> Result<(FieldType, Field), Error> {
        let missing = || Error::new(message!("the structure has no field {}", index));
        let ty = store.heap.type_of(self.0.slot(store)).ok_or_else(missing)?;
        let def = store.heap.def(ty).ok_or_else(missing)?;
        match &def.composite {
            CompositeType::Struct(ty) => ty
                .fields()
                .get(index)
                .copied()
                .zip(def.layout.fields().get(index).copied())
                .ok_or_else(missing),
            _ => Err(missing()),
        }
    }

    /// How many fields it has.
    pub fn len(&self, store: impl AsContext) -> usize {
        let store = store.as_context();
        match store.0.inner.engine.composite_type(self.ty(store)) {
            CompositeType::Struct(ty) => ty.fields().len(),
            _ => 0,
        }
    }

    /// Whether it has no fields.
    pub fn is_empty(&self, store: impl AsContext) -> bool {
        self.len(store) == 0
    }

    /// The value of a field; packed ones are zero-extended.
    ///
    /// # Errors
    /// If there is no such field.
    pub fn field(&self, store: impl AsContext, index: usize) -> Result<Val, Error> {
        let store = &store.as_context().0.inner;
        let (ty, field) = self.find(store, index)?;
        field_value(store, self.0.slot(store), field.at, ty)
    }

    /// Sets a field.
    ///
    /// # Errors
    /// If there is no such field, it is immutable, or the value is of another type.
    pub fn set_field(
        &self,
        mut store: impl AsContextMut,
        index: usize,
        value: &Val,
    ) -> Result<(), Error> {
        let store = &mut store.as_context_mut().0.inner;
        let (ty, Field { at, kind }) = self.find(store, index)?;
        if !ty.mutable {
            return Err(immutable());
        }
        let slots = field_slots(store, ty, value)?;
        let slot = self.0.slot(store);
        Ok(store.heap.store(slot, at as usize, kind, slots)?)
    }

    /// The same value as an `anyref`.
    pub fn to_any(&self) -> AnyRef {
        AnyRef(self.0.clone())
    }
}

/// An array.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArrayRef(Handle);

impl ArrayRef {
    /// Makes an array of a type, all of whose elements are this value.
    ///
    /// # Errors
    /// If it is no type of arrays, if the value is of another type, or if the heap has no room.
    pub fn new(
        mut store: impl AsContextMut,
        ty: TypeId,
        element: &Val,
        len: u32,
    ) -> Result<ArrayRef, Error> {
        let store = &mut store.as_context_mut().0.inner;
        let ty_of = Self::element_type(store, ty)?;
        let slots = field_slots(store, ty_of, element)?;
        let object = Self::make(store, ty, len)?;
        store.heap.fill(object, 0, len, slots)?;
        Self::handle(store, object)
    }

    /// Makes an array of a type with these elements.
    ///
    /// # Errors
    /// If it is no type of arrays, if an element is of another type, or if the heap has no room.
    pub fn new_fixed(
        mut store: impl AsContextMut,
        ty: TypeId,
        elements: &[Val],
    ) -> Result<ArrayRef, Error> {
        let store = &mut store.as_context_mut().0.inner;
        let ty_of = Self::element_type(store, ty)?;
        let mut slots = Vec::with_capacity(elements.len());
        for element in elements {
            slots.push(field_slots(store, ty_of, element)?);
        }
        // The elements' handles keep them through a collection.
        let len = u32::try_from(elements.len()).map_err(|_| TrapCode::OutOfMemory)?;
        let object = Self::make(store, ty, len)?;
        for (index, value) in (0..).zip(slots) {
            store.heap.fill(object, index, 1, value)?;
        }
        Self::handle(store, object)
    }

    fn element_type(store: &mut StoreInner, ty: TypeId) -> Result<FieldType, Error> {
        store.sync_types();
        match store.engine.composite_type(ty) {
            CompositeType::Array(ty) => Ok(ty.element),
            _ => Err(Error::new("not a type of arrays")),
        }
    }

    fn make(store: &mut StoreInner, ty: TypeId, len: u32) -> Result<u64, Error> {
        let words = store.heap.array_words(ty, len);
        let words = words.ok_or(TrapCode::OutOfMemory)?;
        store.allocate(words, |heap| heap.make(ty, words, len))
    }

    fn handle(store: &StoreInner, object: u64) -> Result<ArrayRef, Error> {
        let handle = Handle::of_slot(store, object);
        handle
            .map(ArrayRef)
            .ok_or_else(|| TrapCode::OutOfMemory.into())
    }

    /// Its type.
    pub fn ty(&self, store: impl AsContext) -> TypeId {
        let store = &store.as_context().0.inner;
        let array = store.heap.array(self.0.slot(store));
        array.map_or(TypeId(0), |(ty, _)| ty)
    }

    /// How many elements it has.
    pub fn len(&self, store: impl AsContext) -> u32 {
        let store = &store.as_context().0.inner;
        store
            .heap
            .array(self.0.slot(store))
            .map_or(0, |(_, len)| len)
    }

    /// Whether it has no elements.
    pub fn is_empty(&self, store: impl AsContext) -> bool {
        self.len(store) == 0
    }

    fn element(&self, store: &StoreInner, index: u32) -> Result<(FieldType, u32), Error> {
        let (ty, len) = store.heap.array(self.0.slot(store))?;
        let element = match store.heap.def(ty).map(|def| &def.composite) {
            Some(CompositeType::Array(ty)) if index < len => ty.element,
            _ => return Err(TrapCode::ArrayOutOfBounds.into()),
        };
        let at = HEADER_BYTES + index * FieldKind::of(element).bytes();
        Ok((element, at))
    }

    /// The value of an element; packed ones are zero-extended.
    ///
    /// # Errors
    /// If there is no such element.
    pub fn get(&self, store: impl AsContext, index: u32) -> Result<Val, Error> {
        let store = &store.as_context().0.inner;
        let (ty, at) = self.element(store, index)?;
        field_value(store, self.0.slot(store), at, ty)
    }

    /// Sets an element.
    ///
    /// # Errors
    /// If there is no such element, they are immutable, or the value is of another type.
    pub fn set(&self, mut store: impl AsContextMut, index: u32, value: &Val) -> Result<(), Error> {
        let store = &mut store.as_context_mut().0.inner;
        let (ty, at) = self.element(store, index)?;
        if !ty.mutable {
            return Err(immutable());
        }
        let slots = field_slots(store, ty, value)?;
        let slot = self.0.slot(store);
        Ok(store
            .heap
            .store(slot, at as usize, FieldKind::of(ty), slots)?)
    }

    /// The same value as an `anyref`.
    pub fn to_any(&self) -> AnyRef {
        AnyRef(self.0.clone())
    }
}

/// An exception.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExnRef(pub(crate) Handle);

impl ExnRef {
    /// Makes an exception. A host function throws it by returning [`Error::exception`].
    ///
    /// # Errors
    /// If the values are not those that the tag says, or if the heap has no room.
    pub fn new(mut store: impl AsContextMut, tag: Tag, values: &[Val]) -> Result<ExnRef, Error> {
        let store = &mut store.as_context_mut().0.inner;
        let index = tag.0.index(store);
        let ty = store.tag_type(index);
        let slots = crate::func::slots_of(store, ty.params(), values, "value")?;
        let words = 1 + slots.len() as u32;
        let slot = store.allocate(words, |heap| heap.make_exn(index, &slots))?;
        let handle = Handle::of_slot(store, slot);
        handle
            .map(ExnRef)
            .ok_or_else(|| TrapCode::OutOfMemory.into())
    }

    /// What it was thrown with.
    pub fn tag(&self, store: impl AsContext) -> Tag {
        let store = &store.as_context().0.inner;
        let exn = store.exn(self.0.slot(store));
        Tag(Stored::new(store, exn.map_or(0, |(tag, _)| tag)))
    }

    /// The values that it carries.
    pub fn values(&self, store: impl AsContext) -> Vec<Val> {
        let store = &store.as_context().0.inner;
        let Some((tag, slots)) = store.exn(self.0.slot(store)) else {
            return Vec::new();
        };
        let mut at = 0;
        let ty = store.tag_type(tag);
        let value = |ty: &crate::types::ValType| {
            let value = Val::from_slots(*ty, &slots[at..], store);
            at += ty.slots();
            value
        };
        ty.params().iter().map(value).collect()
    }
}

impl From<StructRef> for AnyRef {
    fn from(value: StructRef) -> AnyRef {
        AnyRef(value.0)
    }
}

impl From<ArrayRef> for AnyRef {
    fn from(value: ArrayRef) -> AnyRef {
        AnyRef(value.0)
    }
}

impl From<StructRef> for Val {
    fn from(value: StructRef) -> Val {
        Val::AnyRef(Some(value.into()))
    }
}

impl From<ArrayRef> for Val {
    fn from(value: ArrayRef) -> Val {
        Val::AnyRef(Some(value.into()))
    }
}
