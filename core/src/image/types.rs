//! Types in an image. Other types of the module are told by their index.

use alloc::{boxed::Box, vec::Vec};

use super::read::Reader;
use crate::{
    encoding::{put, put_list},
    module::{ModuleInner, TypeEntry},
    types::{
        ArrayType, CompositeType, FieldType, FuncType, HeapType, RefType, StorageType, StructType,
        SubType, TypeId, ValType,
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
    pub(super) fn index(&self, id: TypeId) -> u32 {
        match id.in_group() {
            Some(member) => self.group + member,
            None => self.types.iter().position(|ty| ty.id == id).unwrap_or(0) as u32,
        }
    }

    /// The number of a type, and the index of the other type that it names, or 0.
    pub(super) fn code(&self, ty: ValType) -> (u8, u32) {
        use HeapType::*;
        let ValType::Ref(ty) = ty else {
            let number = NUMBERS.iter().position(|number| *number == ty);
            return (number.unwrap_or(0) as u8, 0);
        };
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
        let code = NUMBERS.len() as u8 + number * 2 + u8::from(ty.nullable);
        (code, id.map_or(0, |id| self.index(id)))
    }

    fn val_type(&self, out: &mut Vec<u8>, ty: ValType) {
        let (code, index) = self.code(ty);
        out.push(code);
        if names_type(code) {
            put(out, index);
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

    /// The groups of a module's types.
    pub(super) fn groups(&mut self, out: &mut Vec<u8>, groups: &[Box<[SubType]>]) {
        put(out, groups.len() as u64);
        for group in groups {
            put(out, group.len() as u64);
            group.iter().for_each(|ty| out.push(kind(&ty.composite)));
            for ty in group {
                self.sub_type(out, ty);
            }
            self.group += group.len() as u32;
        }
    }
}

/// Whether another type is named by the one of this number.
fn names_type(code: u8) -> bool {
    code >= NUMBERS.len() as u8 + CONCRETE * 2
}

/// Reads types, whose indices are those of the types before, or of the group that is being read.
pub(super) struct Types<'t> {
    pub(super) known: &'t [TypeEntry],
    /// Kinds of the members of the current group, as `sub_type` numbers them.
    pub(super) group: &'t [u8],
}

impl Types<'_> {
    /// The type of a number, and of the index that it names if it is one that does.
    #[cfg_attr(not(feature = "gc"), allow(unused_variables))]
    pub(super) fn decode(&self, code: u8, index: u32) -> Option<ValType> {
        let Some(number) = code.checked_sub(NUMBERS.len() as u8) else {
            let ty = NUMBERS[usize::from(code)];
            let (is_vector, is_float) = (
                ty == ValType::V128,
                matches!(ty, ValType::F32 | ValType::F64),
            );
            let absent = is_vector && cfg!(not(feature = "simd"))
                || is_float && cfg!(not(feature = "float"));
            return (!absent).then_some(ty);
        };
        let heap = match HEAPS.get(usize::from(number / 2)) {
            Some(heap) => {
                let present = match heap {
                    HeapType::Func | HeapType::Extern => true,
                    HeapType::Exn | HeapType::NoExn => cfg!(feature = "exceptions"),
                    _ => cfg!(feature = "gc"),
                };
                present.then_some(*heap)?
            }
            #[cfg(not(feature = "gc"))]
            None => return None,
            #[cfg(feature = "gc")]
            None => {
                let (id, is) = self.id(index)?;
                let concrete = number / 2 - CONCRETE;
                if concrete % 3 != is {
                    return None;
                }
                match concrete {
                    0 => HeapType::ConcreteFunc(id),
                    1 => HeapType::ConcreteStruct(id),
                    2 => HeapType::ConcreteArray(id),
                    3 => HeapType::ExactFunc(id),
                    4 => HeapType::ExactStruct(id),
                    5 => HeapType::ExactArray(id),
                    _ => return None,
                }
            }
        };
        Some(ValType::Ref(RefType {
            nullable: number & 1 != 0,
            heap,
        }))
    }

    fn val_type(&self, r: &mut Reader<'_>) -> ValType {
        let code = r.u8();
        let index = if names_type(code) { r.u32() } else { 0 };
        self.decode(code, index).unwrap_or_else(|| {
            r.fail();
            ValType::I32
        })
    }

    fn func_type(&self, r: &mut Reader<'_>) -> FuncType {
        let mut types = r.list(|r| self.val_type(r));
        let params = types.len();
        types.extend(r.list(|r| self.val_type(r)));
        if params.max(types.len() - params) > MAX_VALUES {
            r.fail();
        }
        FuncType::of(types, params)
    }
}

#[cfg(feature = "gc")]
impl Types<'_> {
    fn id(&self, index: u32) -> Option<(TypeId, u8)> {
        match self.known.get(index as usize) {
            Some(entry) => Some((entry.id, kind(&entry.def.composite))),
            None => {
                let member = index - self.known.len() as u32;
                Some((TypeId::of_group(member), *self.group.get(member as usize)?))
            }
        }
    }

    fn field_type(&self, r: &mut Reader<'_>) -> FieldType {
        let bits = r.u8();
        FieldType {
            storage: match bits >> 1 {
                0 => StorageType::Val(self.val_type(r)),
                1 => StorageType::I8,
                2 => StorageType::I16,
                _ => {
                    r.fail();
                    StorageType::I8
                }
            },
            mutable: bits & 1 != 0,
        }
    }

    fn sub_type(&self, r: &mut Reader<'_>) -> SubType {
        let bits = r.u8();
        let mut others = [None; 3];
        for (bit, other) in (3..).zip(&mut others) {
            if bits >> bit & 1 != 0 {
                *other = self.id(r.u32()).map(|(id, _)| id);
                if other.is_none() {
                    r.fail();
                }
            }
        }
        let [supertype, descriptor, describes] = others;
        SubType {
            is_final: bits & 4 != 0,
            supertype,
            composite: match bits & 3 {
                0 => CompositeType::Func(self.func_type(r)),
                1 => CompositeType::Struct(StructType::new(r.list(|r| self.field_type(r)))),
                2 => CompositeType::Array(ArrayType::new(self.field_type(r))),
                _ => {
                    r.fail();
                    CompositeType::Func(FuncType::empty())
                }
            },
            descriptor,
            describes,
        }
    }

    /// A recursion group.
    fn group(&self, r: &mut Reader<'_>) -> Box<[SubType]> {
        let count = r.u32();
        // Members may refer to later ones: the kinds of all come first.
        let mut kinds = Vec::new();
        for _ in 0..count {
            kinds.push(r.u8());
            if r.is_bad() {
                return Box::default();
            }
        }
        let types = Types {
            known: self.known,
            group: &kinds,
        };
        // (Most have one.)
        let mut group = Vec::with_capacity(1);
        for (member, is) in (0..).zip(&kinds) {
            let ty = types.sub_type(r);
            // A chain of supertypes is followed from its root: it goes back only.
            let earlier = |id: TypeId| id.in_group().is_none_or(|other| other < member);
            if r.is_bad() || kind(&ty.composite) != *is || !ty.supertype.is_none_or(earlier) {
                r.fail();
                return Box::default();
            }
            group.push(ty);
        }
        group.into()
    }
}

/// Reads the groups of types into a module that has none yet.
#[cfg(feature = "gc")]
pub(super) fn read(r: &mut Reader<'_>, module: &mut ModuleInner) {
    let groups = r.u32();
    for _ in 0..groups {
        let types = Types {
            known: &module.types,
            group: &[],
        };
        let group = types.group(r);
        if r.is_bad() {
            return;
        }
        let first = module.types.len();
        module.add_group(group);
        let new = module.types.get(first..).unwrap_or_default();
        if !new.iter().all(|entry| extends(module, entry)) {
            r.fail();
        }
    }
}

/// Whether a type takes and gives as many slots as its supertype: calls through one are of the other.
#[cfg(feature = "gc")]
fn extends(module: &ModuleInner, entry: &TypeEntry) -> bool {
    let chain = &entry.def.chain;
    let Some(parent) = chain.len().checked_sub(2).map(|at| chain[at]) else {
        return true;
    };
    match (
        &entry.def.composite,
        &module.engine.type_def(parent).composite,
    ) {
        (CompositeType::Func(ty), CompositeType::Func(of)) => {
            (ty.param_slots(), ty.result_slots()) == (of.param_slots(), of.result_slots())
        }
        (CompositeType::Struct(_), CompositeType::Struct(_)) => true,
        (CompositeType::Array(_), CompositeType::Array(_)) => true,
        _ => false,
    }
}

/// Reads the types of functions into a module that has none yet: groups of one, without relations.
#[cfg(not(feature = "gc"))]
pub(super) fn read(r: &mut Reader<'_>, module: &mut ModuleInner) {
    let count = r.u32();
    // (No more than there can be: each takes some bytes.)
    module
        .types
        .reserve((count as usize).min(module.bytes.len() / 5));
    for _ in 0..count {
        // One member; its kind; a final type of this kind without relations.
        let says = [r.u8(), r.u8(), r.u8()];
        let types = Types {
            known: &[],
            group: &[],
        };
        let ty = types.func_type(r);
        if says != [1, 0, 4] {
            r.fail();
        }
        if r.is_bad() {
            return;
        }
        module.add_func_type(ty);
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
