//! Types in an image. Other types of the module are told by their index.

use alloc::{boxed::Box, vec::Vec};

use crate::{
    encoding::{Reader, put, put_list},
    error::Error,
    module::TypeEntry,
    types::{
        ArrayType, CompositeType, FieldType, FuncType, GlobalType, HeapType, MemoryType, RefType,
        StorageType, StructType, SubType, TableType, TypeId, ValType,
    },
};

/// Abstract heap types, in the order of their numbers; concrete ones follow.
const HEAPS: [HeapType; 12] = {
    use HeapType::*;
    [
        Func, Extern, Any, Eq, I31, Struct, Array, None, NoFunc, NoExtern, Exn, NoExn,
    ]
};
/// Number of the first concrete heap type: of functions, structures, arrays, then the exact ones.
const CONCRETE: u8 = 12;
/// Numbers of types that are no references; nullable and other references follow.
const NUMBERS: [ValType; 5] = [
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
];

/// Writes types as indices in their module.
pub(super) struct Namer<'m> {
    pub(super) types: &'m [TypeEntry],
    /// Number of the first member of the group that is being written.
    pub(super) group: u32,
}

impl Namer<'_> {
    fn index(&self, id: TypeId) -> u32 {
        match id.in_group() {
            Some(member) => self.group + member,
            None => self.types.iter().position(|ty| ty.id == id).unwrap_or(0) as u32,
        }
    }

    pub(super) fn val_type(&self, out: &mut Vec<u8>, ty: ValType) {
        match NUMBERS.iter().position(|number| *number == ty) {
            Some(number) => out.push(number as u8),
            None => {
                if let ValType::Ref(ty) = ty {
                    self.ref_type(out, ty);
                }
            }
        }
    }

    pub(super) fn ref_type(&self, out: &mut Vec<u8>, ty: RefType) {
        use HeapType::*;
        let (number, id) = match ty.heap {
            ConcreteFunc(id) => (CONCRETE, Some(id)),
            ConcreteStruct(id) => (CONCRETE + 1, Some(id)),
            ConcreteArray(id) => (CONCRETE + 2, Some(id)),
            ExactFunc(id) => (CONCRETE + 3, Some(id)),
            ExactStruct(id) => (CONCRETE + 4, Some(id)),
            ExactArray(id) => (CONCRETE + 5, Some(id)),
            heap => (
                HEAPS.iter().position(|one| *one == heap).unwrap_or(0) as u8,
                Option::None,
            ),
        };
        out.push(NUMBERS.len() as u8 + number * 2 + u8::from(ty.nullable));
        if let Some(id) = id {
            put(out, self.index(id));
        }
    }

    fn field_type(&self, out: &mut Vec<u8>, ty: FieldType) {
        let storage = match ty.storage {
            StorageType::Val(_) => 0,
            StorageType::I8 => 2,
            StorageType::I16 => 4,
        };
        out.push(storage | u8::from(ty.mutable));
        if let StorageType::Val(ty) = ty.storage {
            self.val_type(out, ty);
        }
    }

    pub(super) fn sub_type(&self, out: &mut Vec<u8>, ty: &SubType) {
        let others = [ty.supertype, ty.descriptor, ty.describes];
        let kind = match ty.composite {
            CompositeType::Func(_) => 0,
            CompositeType::Struct(_) => 1,
            CompositeType::Array(_) => 2,
        };
        let mut bits = kind | u8::from(ty.is_final) << 2;
        for (bit, other) in (3..).zip(others) {
            bits |= u8::from(other.is_some()) << bit;
        }
        out.push(bits);
        for other in others.into_iter().flatten() {
            put(out, self.index(other));
        }
        match &ty.composite {
            CompositeType::Func(ty) => {
                for types in [ty.params(), ty.results()] {
                    put_list(out, types, |out, ty| self.val_type(out, *ty));
                }
            }
            CompositeType::Struct(ty) => {
                put_list(out, ty.fields(), |out, ty| self.field_type(out, *ty));
            }
            CompositeType::Array(ty) => self.field_type(out, ty.element),
        }
    }

    pub(super) fn global_type(&self, out: &mut Vec<u8>, ty: GlobalType) {
        out.push(ty.mutable.into());
        self.val_type(out, ty.content);
    }

    pub(super) fn table_type(&self, out: &mut Vec<u8>, ty: TableType) {
        self.ref_type(out, ty.element);
        out.push(u8::from(ty.is_64) | u8::from(ty.maximum.is_some()) << 1);
        limits(out, ty.minimum, ty.maximum);
    }
}

fn limits(out: &mut Vec<u8>, minimum: u64, maximum: Option<u64>) {
    put(out, minimum);
    if let Some(maximum) = maximum {
        put(out, maximum);
    }
}

pub(super) fn put_memory_type(out: &mut Vec<u8>, ty: MemoryType) {
    let bits = [ty.is_64, ty.maximum.is_some(), ty.shared];
    out.push((0..).zip(bits).map(|(i, bit)| u8::from(bit) << i).sum());
    out.push(ty.page_size_log2);
    limits(out, ty.minimum, ty.maximum);
}

/// Reads types, whose indices are those of the types before, or of the group that is being read.
pub(super) struct Types<'t> {
    pub(super) known: &'t [TypeEntry],
    /// Kinds of the members of the current group, as `sub_type` numbers them.
    pub(super) group: &'t [u8],
}

impl Types<'_> {
    fn id(&self, r: &mut Reader<'_>) -> Result<(TypeId, u8), Error> {
        let index = r.index(self.known.len() + self.group.len(), "type")? as usize;
        Ok(match self.known.get(index) {
            Some(entry) => (entry.id, kind(&entry.def.composite)),
            None => {
                let member = index - self.known.len();
                (TypeId::of_group(member as u32), self.group[member])
            }
        })
    }

    pub(super) fn val_type(&self, r: &mut Reader<'_>) -> Result<ValType, Error> {
        let number = r.u8()?;
        match NUMBERS.get(usize::from(number)) {
            Some(ValType::V128) if !cfg!(feature = "simd") => Err(absent("SIMD")),
            Some(ValType::F32 | ValType::F64) if !cfg!(feature = "float") => {
                Err(absent("floating point"))
            }
            Some(ty) => Ok(*ty),
            None => Ok(ValType::Ref(self.reference(r, number)?)),
        }
    }

    pub(super) fn ref_type(&self, r: &mut Reader<'_>) -> Result<RefType, Error> {
        let number = r.u8()?;
        self.reference(r, number)
    }

    fn reference(&self, r: &mut Reader<'_>, number: u8) -> Result<RefType, Error> {
        let Some(number) = number.checked_sub(NUMBERS.len() as u8) else {
            return Err(r.error("a reference type is none"));
        };
        let heap = match HEAPS.get(usize::from(number / 2)) {
            Some(heap @ (HeapType::Func | HeapType::Extern)) => *heap,
            Some(HeapType::Exn | HeapType::NoExn) if !cfg!(feature = "exceptions") => {
                return Err(absent("exceptions"));
            }
            Some(HeapType::Exn | HeapType::NoExn) => HEAPS[usize::from(number / 2)],
            _ if !cfg!(feature = "gc") => return Err(absent("GC")),
            Some(heap) => *heap,
            None => {
                let (id, is) = self.id(r)?;
                let concrete = number / 2 - CONCRETE;
                if concrete % 3 != is {
                    return Err(r.error("a reference is to another kind of type"));
                }
                match concrete {
                    0 => HeapType::ConcreteFunc(id),
                    1 => HeapType::ConcreteStruct(id),
                    2 => HeapType::ConcreteArray(id),
                    3 => HeapType::ExactFunc(id),
                    4 => HeapType::ExactStruct(id),
                    5 => HeapType::ExactArray(id),
                    _ => return Err(r.error("there is no such type")),
                }
            }
        };
        Ok(RefType {
            nullable: number & 1 != 0,
            heap,
        })
    }

    fn field_type(&self, r: &mut Reader<'_>) -> Result<FieldType, Error> {
        let bits = r.u8()?;
        Ok(FieldType {
            storage: match bits >> 1 {
                0 => StorageType::Val(self.val_type(r)?),
                1 => StorageType::I8,
                2 => StorageType::I16,
                _ => return Err(r.error("there is no such field")),
            },
            mutable: bits & 1 != 0,
        })
    }

    pub(super) fn sub_type(&self, r: &mut Reader<'_>) -> Result<SubType, Error> {
        let bits = r.u8()?;
        // A function's type without relations.
        if !cfg!(feature = "gc") && bits != 4 {
            return Err(absent("GC"));
        }
        let mut others = [None; 3];
        for (bit, other) in (3..).zip(&mut others) {
            if bits >> bit & 1 != 0 {
                *other = Some(self.id(r)?.0);
            }
        }
        let [supertype, descriptor, describes] = others;
        // A chain of supertypes is followed from its root: it goes back only.
        if supertype.is_some_and(|id| id.in_group().is_some()) && self.group.is_empty() {
            return Err(r.error("a type is its own supertype"));
        }
        Ok(SubType {
            is_final: bits & 4 != 0,
            supertype,
            composite: match bits & 3 {
                0 => {
                    let params = r.list(|r| self.val_type(r))?;
                    let results = r.list(|r| self.val_type(r))?;
                    if params.len() > MAX_VALUES || results.len() > MAX_VALUES {
                        return Err(r.error("a function type has too many values"));
                    }
                    CompositeType::Func(FuncType::new(params, results))
                }
                _ if !cfg!(feature = "gc") => return Err(absent("GC")),
                1 => CompositeType::Struct(StructType::new(r.list(|r| self.field_type(r))?)),
                2 => CompositeType::Array(ArrayType::new(self.field_type(r)?)),
                _ => return Err(r.error("there is no such kind of type")),
            },
            descriptor,
            describes,
        })
    }

    /// A recursion group.
    pub(super) fn group(&self, r: &mut Reader<'_>) -> Result<Box<[SubType]>, Error> {
        let start = r.clone();
        let count = r.u32()?;
        // Members may refer to later ones: the kinds of all come first.
        if !cfg!(feature = "gc") && count != 1 {
            return Err(absent("GC"));
        }
        let mut kinds = Vec::new();
        for _ in 0..count {
            kinds.push(r.u8()?);
        }
        if kinds.iter().any(|kind| *kind > 2) {
            return Err(start.error("there is no such kind of type"));
        }
        let types = Types {
            known: self.known,
            group: &kinds,
        };
        // (Most have one.)
        let mut group = Vec::with_capacity(1);
        for (member, is) in (0..).zip(&kinds) {
            let ty = types.sub_type(r)?;
            let earlier = |id: TypeId| id.in_group().is_none_or(|other| other < member);
            if kind(&ty.composite) != *is || !ty.supertype.is_none_or(earlier) {
                return Err(r.error("a type is not what its group says"));
            }
            group.push(ty);
        }
        Ok(group.into())
    }

    pub(super) fn global_type(&self, r: &mut Reader<'_>) -> Result<GlobalType, Error> {
        Ok(GlobalType {
            mutable: r.flag()?,
            content: self.val_type(r)?,
        })
    }

    pub(super) fn table_type(&self, r: &mut Reader<'_>) -> Result<TableType, Error> {
        let element = self.ref_type(r)?;
        let bits = r.u8()?;
        let (minimum, maximum) = read_limits(r, bits & 2 != 0)?;
        Ok(TableType {
            element,
            minimum,
            maximum,
            is_64: bits & 1 != 0,
        })
    }
}

/// As validation has it.
const MAX_VALUES: usize = 1000;

fn kind(ty: &CompositeType) -> u8 {
    match ty {
        CompositeType::Func(_) => 0,
        CompositeType::Struct(_) => 1,
        CompositeType::Array(_) => 2,
    }
}

fn read_limits(r: &mut Reader<'_>, has_maximum: bool) -> Result<(u64, Option<u64>), Error> {
    let minimum = r.u64()?;
    let maximum = if has_maximum { Some(r.u64()?) } else { None };
    if maximum.is_some_and(|maximum| maximum < minimum) {
        return Err(r.error("a maximum is below its minimum"));
    }
    Ok((minimum, maximum))
}

pub(super) fn memory_type(r: &mut Reader<'_>) -> Result<MemoryType, Error> {
    let bits = r.u8()?;
    let page_size_log2 = r.u8()?;
    let (minimum, maximum) = read_limits(r, bits & 2 != 0)?;
    let ty = MemoryType {
        minimum,
        maximum,
        is_64: bits & 1 != 0,
        shared: bits & 4 != 0,
        page_size_log2,
    };
    if page_size_log2 != 0 && page_size_log2 != 16 {
        return Err(r.error("pages are of 1 or 65,536 bytes"));
    }
    if minimum.max(maximum.unwrap_or(0)) > ty.address_space_pages() {
        return Err(r.error("a memory is larger than its addresses reach"));
    }
    Ok(ty)
}

/// A feature that this build has not.
fn absent(feature: &'static str) -> Error {
    Error::unsupported(feature, "a type of the image", None)
}
