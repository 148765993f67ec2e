//! Making and reading objects.

use alloc::boxed::Box;
use core::any::Any;

use super::{FieldKind, Header, Heap, Kind, Layout, array_words};
use crate::{
    store::FUNC_TAG,
    trap::TrapCode,
    types::{HeapType, RefType, TypeDef, TypeId},
};

/// Numbers as which bytes of objects are read.
///
/// # Safety
/// Any bytes are a value of the type, and it has no padding.
pub(crate) unsafe trait Plain: Copy {}
macro_rules! plain {
    ($($ty:ty),*) => { $(
        // SAFETY: a number, or numbers.
        unsafe impl Plain for $ty {}
    )* };
}
plain!(i8, u8, i16, u16, u32, u64, f32, f64, [u64; 2]);

/// What a reference is compared with by casts: its bits are the op's operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CastTarget(pub(crate) u32);

impl CastTarget {
    const NULLABLE: u32 = 1 << 31;
    const ABSTRACT: u32 = 1 << 30;
    const EXACT: u32 = 1 << 29;

    const ALL: u32 = Self::ABSTRACT;
    const NONE: u32 = Self::ABSTRACT | 1;
    const EQ: u32 = Self::ABSTRACT | 2;
    const I31: u32 = Self::ABSTRACT | 3;
    const STRUCT: u32 = Self::ABSTRACT | 4;
    const ARRAY: u32 = Self::ABSTRACT | 5;

    pub(crate) fn new(ty: RefType) -> CastTarget {
        use HeapType::*;
        let heap = match ty.heap {
            Func | Extern | Any | Exn => Self::ALL,
            None | NoFunc | NoExtern | NoExn => Self::NONE,
            Eq => Self::EQ,
            I31 => Self::I31,
            Struct => Self::STRUCT,
            Array => Self::ARRAY,
            ConcreteFunc(id) | ConcreteStruct(id) | ConcreteArray(id) => id.0,
            ExactFunc(id) | ExactStruct(id) | ExactArray(id) => Self::EXACT | id.0,
        };
        CastTarget(heap | if ty.nullable { Self::NULLABLE } else { 0 })
    }

    /// The same with another number for its type, which it has.
    pub(crate) fn of_type(self, number: u32) -> CastTarget {
        CastTarget(self.0 & (Self::NULLABLE | Self::EXACT) | number)
    }

    /// The number of its type.
    pub(crate) fn number(self) -> Option<u32> {
        let number = self.0 & !(Self::NULLABLE | Self::EXACT);
        (self.0 & Self::ABSTRACT == 0).then_some(number)
    }
}

impl Heap {
    pub(crate) fn def(&self, id: TypeId) -> Option<&TypeDef> {
        self.types.get(id.0 as usize).map(|def| &**def)
    }

    /// Whether values of type `id` are of type `of`, both known to the store.
    pub(crate) fn is_subtype(&self, id: TypeId, of: TypeId) -> bool {
        id == of
            || match (self.def(id), self.def(of)) {
                (Some(def), Some(other)) => def.is_a(of, other.chain.len() - 1),
                _ => false,
            }
    }

    /// The header of the object that a slot refers to; `None` for null, numbers and functions.
    #[inline]
    pub(crate) fn object(&self, slot: u64) -> Option<(u32, Header)> {
        let index = slot as u32 >> 1;
        if slot as u32 & 1 != 0 || index == 0 || slot >> 32 != 0 {
            return None;
        }
        Some((index, self.header(index)))
    }

    /// The type of the structure or array that a slot refers to.
    pub(crate) fn type_of(&self, slot: u64) -> Option<TypeId> {
        let (_, header) = self.object(slot)?;
        let is_known = (header.number() as usize) < self.types.len();
        (header.kind() == Kind::Typed && is_known).then(|| TypeId(header.number()))
    }

    /// Whether a slot's reference is of the type (section 4.2 "Values": reference types at run time).
    /// `func` tells the type of the function that a slot refers to.
    pub(crate) fn is(
        &self,
        slot: u64,
        target: CastTarget,
        func: impl Fn(u64) -> Option<TypeId>,
    ) -> bool {
        if slot == 0 {
            return target.0 & CastTarget::NULLABLE != 0;
        }
        let target = target.0 & !CastTarget::NULLABLE;
        let typed = || match slot & FUNC_TAG {
            0 => self.type_of(slot),
            _ => func(slot),
        };
        match target {
            CastTarget::ALL => true,
            CastTarget::NONE => false,
            CastTarget::I31 => slot & 1 != 0,
            CastTarget::EQ => slot & 1 != 0 || self.type_of(slot).is_some(),
            CastTarget::STRUCT | CastTarget::ARRAY => {
                let layout = self.type_of(slot).and_then(|id| self.def(id));
                match layout.map(|def| &def.layout) {
                    Some(Layout::Struct { .. }) => target == CastTarget::STRUCT,
                    Some(Layout::Array(_)) => target == CastTarget::ARRAY,
                    _ => false,
                }
            }
            exact if exact & CastTarget::EXACT != 0 => {
                typed() == Some(TypeId(exact & !CastTarget::EXACT))
            }
            id => typed().is_some_and(|of| self.is_subtype(of, TypeId(id))),
        }
    }

    /// Bytes of the heap.
    #[inline]
    fn bytes(&self) -> &[u8] {
        // SAFETY: words are bytes.
        unsafe { core::slice::from_raw_parts(self.words.as_ptr().cast(), self.words.len() * 8) }
    }

    #[inline]
    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: words are bytes, and any bytes words.
        unsafe {
            core::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), self.words.len() * 8)
        }
    }

    /// Where in the heap `len` bytes from a byte offset of an object are. Nothing wraps around, whatever a slot or
    /// an array's length are.
    #[inline(always)]
    fn place(&self, slot: u64, at: usize, len: usize) -> Option<usize> {
        let object = (slot as u32 >> 1) as usize;
        if object >= self.words.len() {
            return None;
        }
        let start = (object * 8).checked_add(at)?;
        let last = (self.words.len() * 8).checked_sub(len)?;
        (start <= last).then_some(start)
    }

    /// `N` bytes of an object from a byte offset, in native order.
    #[inline]
    pub(crate) fn read<const N: usize>(&self, slot: u64, at: usize) -> Result<[u8; N], TrapCode> {
        if slot == 0 {
            return Err(TrapCode::NullReference);
        }
        let bytes = self
            .place(slot, at, N)
            .and_then(|start| self.bytes().get(start..)?.first_chunk());
        bytes.copied().ok_or(TrapCode::NullReference)
    }

    /// Overwrites bytes of an object.
    #[inline]
    pub(crate) fn write<const N: usize>(
        &mut self,
        slot: u64,
        at: usize,
        value: [u8; N],
    ) -> Result<(), TrapCode> {
        if slot == 0 {
            return Err(TrapCode::NullReference);
        }
        let bytes = self
            .place(slot, at, N)
            .and_then(|start| self.bytes_mut().get_mut(start..)?.first_chunk_mut());
        *bytes.ok_or(TrapCode::NullReference)? = value;
        Ok(())
    }

    /// What lies at a byte offset of an object.
    #[inline(always)]
    pub(crate) fn get<T: Plain>(&self, slot: u64, at: usize) -> Result<T, TrapCode> {
        if slot == 0 {
            return Err(TrapCode::NullReference);
        }
        let place = self.place(slot, at, size_of::<T>());
        let start = place.ok_or(TrapCode::NullReference)?;
        // SAFETY: it lies in the heap; any bytes are a `T`.
        Ok(unsafe {
            self.words
                .as_ptr()
                .byte_add(start)
                .cast::<T>()
                .read_unaligned()
        })
    }

    /// Overwrites what lies there.
    #[inline(always)]
    pub(crate) fn set<T: Plain>(&mut self, slot: u64, at: usize, value: T) -> Result<(), TrapCode> {
        if slot == 0 {
            return Err(TrapCode::NullReference);
        }
        let place = self.place(slot, at, size_of::<T>());
        let start = place.ok_or(TrapCode::NullReference)?;
        // SAFETY: it lies in the heap; words may have any bits.
        unsafe {
            self.words
                .as_mut_ptr()
                .byte_add(start)
                .cast::<T>()
                .write_unaligned(value)
        };
        Ok(())
    }

    /// Sets all fields of a structure that was just made, to the values in slots.
    ///
    /// # Safety
    /// There are as many slots as the type's fields take.
    pub(crate) unsafe fn init_struct(&mut self, ty: TypeId, object: u64, mut slots: *const u64) {
        // (Out of the way of `store`, which does not need them.)
        let types = core::mem::take(&mut self.types);
        for field in types[ty.0 as usize].layout.fields() {
            // SAFETY: the caller's promise.
            let value = unsafe {
                let high = if field.kind == FieldKind::V128 {
                    *slots.add(1)
                } else {
                    0
                };
                [*slots, high]
            };
            // It has these fields.
            let _ = self.store(object, field.at as usize, field.kind, value);
            // SAFETY: as above.
            slots = unsafe { slots.add(field.kind.slots()) };
        }
        self.types = types;
    }

    /// The bytes `at..at + len` of an object, which the caller has found to have them.
    fn part(&mut self, slot: u64, at: usize, len: usize) -> Result<&mut [u8], TrapCode> {
        let place = self.place(slot, at, len);
        let bytes = place.and_then(|start| self.bytes_mut().get_mut(start..start + len));
        bytes.ok_or(TrapCode::ArrayOutOfBounds)
    }

    /// A field as the slots of its value; packed ones are zero-extended.
    pub(crate) fn load(&self, slot: u64, at: usize, kind: FieldKind) -> Result<[u64; 2], TrapCode> {
        Ok([
            match kind {
                FieldKind::I8 => self.read::<1>(slot, at)?[0].into(),
                FieldKind::I16 => u16::from_ne_bytes(self.read(slot, at)?).into(),
                FieldKind::I32 | FieldKind::F32 | FieldKind::Ref => {
                    u32::from_ne_bytes(self.read(slot, at)?).into()
                }
                FieldKind::Func => func_slot(u32::from_ne_bytes(self.read(slot, at)?)),
                FieldKind::I64 | FieldKind::F64 => u64::from_ne_bytes(self.read(slot, at)?),
                FieldKind::V128 => {
                    let high = u64::from_ne_bytes(self.read(slot, at + 8)?);
                    return Ok([u64::from_ne_bytes(self.read(slot, at)?), high]);
                }
            },
            0,
        ])
    }

    /// Sets a field to the value in slots.
    pub(crate) fn store(
        &mut self,
        slot: u64,
        at: usize,
        kind: FieldKind,
        value: [u64; 2],
    ) -> Result<(), TrapCode> {
        let low = value[0];
        match kind.bytes() {
            1 => self.write(slot, at, [low as u8]),
            2 => self.write(slot, at, (low as u16).to_ne_bytes()),
            4 => self.write(slot, at, (low as u32).to_ne_bytes()),
            8 => self.write(slot, at, low.to_ne_bytes()),
            _ => {
                self.write(slot, at, low.to_ne_bytes())?;
                self.write(slot, at + 8, value[1].to_ne_bytes())
            }
        }
    }

    /// Words of a structure.
    pub(crate) fn struct_words(&self, ty: TypeId) -> u32 {
        match self.def(ty).map(|def| &def.layout) {
            Some(Layout::Struct { words, .. }) => *words,
            _ => 1,
        }
    }

    /// Words of an array; `None` if it is larger than any heap.
    pub(crate) fn array_words(&self, ty: TypeId, len: u32) -> Option<u32> {
        array_words(self.element(ty), len)
    }

    /// How the elements of an array type are stored.
    pub(crate) fn element(&self, ty: TypeId) -> FieldKind {
        self.def(ty)
            .map_or(FieldKind::I8, |def| def.layout.element())
    }

    /// A structure or array, zero and null; `len` is an array's length, or the reference to a structure's
    /// descriptor. `None` if there is no room without a collection.
    pub(crate) fn make(&mut self, ty: TypeId, words: u32, len: u32) -> Option<u64> {
        let index = self.alloc(words, Header::new(Kind::Typed, ty.0, len))?;
        Some(u64::from(index) << 1)
    }

    /// An exception with the slots of its values.
    pub(crate) fn make_exn(&mut self, tag: u32, values: &[u64]) -> Option<u64> {
        let len = values.len() as u32;
        let index = self.alloc(1 + len, Header::new(Kind::Exn, tag, len))?;
        let start = index as usize + 1;
        let place = self.words.get_mut(start..start + values.len())?;
        place.copy_from_slice(values);
        Some(u64::from(index) << 1)
    }

    /// Tag and values of an exception.
    pub(crate) fn exn(&self, slot: u64) -> Option<(u32, &[u64])> {
        let (index, header) = self.object(slot)?;
        if header.kind() != Kind::Exn {
            return None;
        }
        let start = index as usize + 1;
        let values = self
            .words
            .get(start..start.checked_add(header.len() as usize)?)?;
        Some((header.number(), values))
    }

    /// A reference to a host value.
    pub(crate) fn make_extern(
        &mut self,
        value: Box<dyn Any + Send + Sync>,
    ) -> Result<u64, Box<dyn Any + Send + Sync>> {
        let number = self.free_externs.last().copied();
        let number = number.unwrap_or(self.externs.len() as u32);
        let Some(index) = self.alloc(1, Header::new(Kind::Extern, 0, number)) else {
            return Err(value);
        };
        match self.free_externs.pop() {
            Some(free) => self.externs[free as usize] = (index, Some(value)),
            None => self.externs.push((index, Some(value))),
        }
        Ok(u64::from(index) << 1)
    }

    /// The host value that a slot refers to.
    pub(crate) fn host_value(&self, slot: u64) -> Option<&(dyn Any + Send + Sync)> {
        let (_, header) = self.object(slot)?;
        if header.kind() != Kind::Extern {
            return None;
        }
        self.externs.get(header.len() as usize)?.1.as_deref()
    }

    /// The type and length of an array.
    #[inline]
    pub(crate) fn array(&self, slot: u64) -> Result<(TypeId, u32), TrapCode> {
        match self.object(slot) {
            Some((_, header)) if header.kind() == Kind::Typed => {
                Ok((TypeId(header.number()), header.len()))
            }
            _ => Err(TrapCode::NullReference),
        }
    }

    /// The reference to a structure's descriptor.
    pub(crate) fn descriptor(&self, slot: u64) -> Result<u64, TrapCode> {
        Ok(self.array(slot)?.1.into())
    }

    /// The elements' kind of an array that has `from..from + len`.
    fn elements(&self, slot: u64, from: u32, len: u32) -> Result<FieldKind, TrapCode> {
        let (ty, all) = self.array(slot)?;
        match from.checked_add(len) {
            Some(end) if end <= all => Ok(self.element(ty)),
            _ => Err(TrapCode::ArrayOutOfBounds),
        }
    }

    /// Sets elements to the value in slots.
    pub(crate) fn fill(
        &mut self,
        slot: u64,
        from: u32,
        len: u32,
        value: [u64; 2],
    ) -> Result<(), TrapCode> {
        let kind = self.elements(slot, from, len)?;
        let size = kind.bytes() as usize;
        let (Some(at), Some(bytes)) = (element_at(from, size), (len as usize).checked_mul(size))
        else {
            return Err(TrapCode::ArrayOutOfBounds);
        };
        if len == 0 {
            return Ok(());
        }
        self.store(slot, at, kind, value)?;
        let part = self.part(slot, at, bytes)?;
        // Doubling what is filled.
        let mut filled = size;
        while filled < bytes {
            let step = filled.min(bytes - filled);
            part.copy_within(..step, filled);
            filled += step;
        }
        Ok(())
    }

    /// Copies elements between arrays, which may be one.
    pub(crate) fn copy(
        &mut self,
        (to, to_at): (u64, u32),
        (from, from_at): (u64, u32),
        len: u32,
    ) -> Result<(), TrapCode> {
        let kind = self.elements(to, to_at, len)?;
        self.elements(from, from_at, len)?;
        let size = kind.bytes() as usize;
        let place = |slot: u64, at: u32| {
            let bytes = (len as usize).checked_mul(size)?;
            let start = self.place(slot, element_at(at, size)?, bytes)?;
            Some((start, bytes))
        };
        let (Some((source, bytes)), Some((target, _))) = (place(from, from_at), place(to, to_at))
        else {
            return Err(TrapCode::ArrayOutOfBounds);
        };
        let all = self.bytes_mut();
        all.copy_within(source..source + bytes, target);
        Ok(())
    }

    /// Sets elements from the bytes of a data segment, from its byte `offset` on.
    pub(crate) fn init_data(
        &mut self,
        (slot, from): (u64, u32),
        data: &[u8],
        offset: u32,
        len: u32,
    ) -> Result<(), TrapCode> {
        let size = self.elements(slot, from, len)?.bytes() as usize;
        let start = offset as usize;
        let source = (len as usize)
            .checked_mul(size)
            .and_then(|bytes| data.get(start..start.checked_add(bytes)?))
            .ok_or(TrapCode::MemoryOutOfBounds)?;
        let at = element_at(from, size).ok_or(TrapCode::ArrayOutOfBounds)?;
        self.part(slot, at, source.len())?.copy_from_slice(source);
        // Segments are little-endian.
        if cfg!(target_endian = "big") && size > 1 {
            let part = self.part(slot, at, source.len())?;
            part.chunks_exact_mut(size.min(8)).for_each(<[u8]>::reverse);
        }
        Ok(())
    }

    /// Sets elements from references of an element segment, from its item `offset` on.
    pub(crate) fn init_elements(
        &mut self,
        (slot, from): (u64, u32),
        items: &[u64],
        offset: u32,
        len: u32,
    ) -> Result<(), TrapCode> {
        self.elements(slot, from, len)?;
        let start = offset as usize;
        let items = start
            .checked_add(len as usize)
            .and_then(|end| items.get(start..end))
            .ok_or(TrapCode::TableOutOfBounds)?;
        for (i, item) in items.iter().enumerate() {
            let at = element_at(from.saturating_add(i as u32), 4);
            let at = at.ok_or(TrapCode::ArrayOutOfBounds)?;
            self.write(slot, at, (*item as u32).to_ne_bytes())?;
        }
        Ok(())
    }
}

/// Byte offset of an element of `size` bytes in its array.
#[inline(always)]
pub(crate) fn element_at(index: u32, size: usize) -> Option<usize> {
    (index as usize).checked_mul(size)?.checked_add(8)
}

/// The slot of a stored reference to a function.
#[inline]
pub(crate) fn func_slot(stored: u32) -> u64 {
    match stored {
        0 => 0,
        stored => FUNC_TAG | u64::from(stored),
    }
}
