//! Types of values, functions and externals (core specification, section 2.3 "Types").

mod composite;
mod registry;

use alloc::vec::Vec;
use core::fmt;

pub(crate) use composite::SubType;
pub use composite::{ArrayType, CompositeType, FieldType, StorageType, StructType};
pub(crate) use registry::{TypeDef, TypeRegistry};

use crate::{engine::Engine, sync::Shared};

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// A reference.
    Ref(RefType),
}

impl ValType {
    /// `funcref`: a function or null.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNCREF);
    /// `externref`: a host value or null.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);
    /// `anyref`: a number, structure or array, or null.
    pub const ANYREF: ValType = ValType::Ref(RefType::ANYREF);
    /// `exnref`: an exception or null.
    pub const EXNREF: ValType = ValType::Ref(RefType::EXNREF);

    /// How many 64-bit slots a value takes in frames, arguments and results.
    pub(crate) fn slots(self) -> usize {
        match self {
            ValType::V128 => 2,
            _ => 1,
        }
    }

    /// The value's slot, or its first one, without what handlers leave unspecified: the upper half of narrow numbers.
    #[cfg(feature = "debug")]
    pub(crate) fn settled(self, slot: u64) -> u64 {
        match self {
            ValType::I32 | ValType::F32 => slot & u64::from(u32::MAX),
            _ => slot,
        }
    }

    /// Whether this is a reference type.
    pub fn is_ref(self) -> bool {
        matches!(self, ValType::Ref(_))
    }

    /// Whether every value of this type is one of `other` (section 3.3 "Matching"); both are of this engine.
    #[cfg_attr(
        not(any(feature = "gc", feature = "exceptions")),
        allow(unused_variables)
    )]
    pub fn matches(self, engine: &Engine, other: ValType) -> bool {
        match (self, other) {
            #[cfg(any(feature = "gc", feature = "exceptions"))]
            (ValType::Ref(a), ValType::Ref(b)) => a.matches(engine, b),
            // (Without these, types of references have no subtypes.)
            (a, b) => a == b,
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::I32 => f.write_str("i32"),
            ValType::I64 => f.write_str("i64"),
            ValType::F32 => f.write_str("f32"),
            ValType::F64 => f.write_str("f64"),
            ValType::V128 => f.write_str("v128"),
            ValType::Ref(ty) => ty.fmt(f),
        }
    }
}

/// The type of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
    /// Whether null is a value of this type.
    pub nullable: bool,
    /// What the reference points at.
    pub heap: HeapType,
}

impl RefType {
    /// `(ref null func)`.
    pub const FUNCREF: RefType = RefType {
        nullable: true,
        heap: HeapType::Func,
    };
    /// `(ref null extern)`.
    pub const EXTERNREF: RefType = RefType {
        nullable: true,
        heap: HeapType::Extern,
    };

    /// `(ref null any)`.
    pub const ANYREF: RefType = RefType {
        nullable: true,
        heap: HeapType::Any,
    };
    /// `(ref null exn)`.
    pub const EXNREF: RefType = RefType {
        nullable: true,
        heap: HeapType::Exn,
    };

    /// Whether every value of this type is one of `other`; both are of this engine.
    pub fn matches(self, engine: &Engine, other: RefType) -> bool {
        (!self.nullable || other.nullable) && self.heap.matches(engine, other.heap)
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.nullable || self.heap.type_id().is_some() {
            let null = if self.nullable { "null " } else { "" };
            return write!(f, "(ref {null}{})", self.heap);
        }
        match self.heap {
            HeapType::None => f.write_str("nullref"),
            HeapType::NoFunc => f.write_str("nullfuncref"),
            HeapType::NoExtern => f.write_str("nullexternref"),
            HeapType::NoExn => f.write_str("nullexnref"),
            heap => write!(f, "{heap}ref"),
        }
    }
}

/// What a reference points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeapType {
    /// Any function.
    Func,
    /// Any host value.
    Extern,
    /// Any internal value.
    Any,
    /// Internal values that can be compared.
    Eq,
    /// Unboxed 31-bit integers.
    I31,
    /// Any structure.
    Struct,
    /// Any array.
    Array,
    /// No internal value.
    None,
    /// No function.
    NoFunc,
    /// No host value.
    NoExtern,
    /// Any exception.
    Exn,
    /// No exception.
    NoExn,
    /// A function of a type, or one of its subtypes.
    ConcreteFunc(TypeId),
    /// A structure of a type, or one of its subtypes.
    ConcreteStruct(TypeId),
    /// An array of a type, or one of its subtypes.
    ConcreteArray(TypeId),
    /// A function of exactly a type (custom descriptors).
    ExactFunc(TypeId),
    /// A structure of exactly a type (custom descriptors).
    ExactStruct(TypeId),
    /// An array of exactly a type (custom descriptors).
    ExactArray(TypeId),
}

impl HeapType {
    /// The top of this type's hierarchy.
    pub(crate) fn top(self) -> HeapType {
        match self {
            HeapType::Func
            | HeapType::NoFunc
            | HeapType::ConcreteFunc(_)
            | HeapType::ExactFunc(_) => HeapType::Func,
            HeapType::Extern | HeapType::NoExtern => HeapType::Extern,
            HeapType::Exn | HeapType::NoExn => HeapType::Exn,
            HeapType::Any
            | HeapType::Eq
            | HeapType::I31
            | HeapType::Struct
            | HeapType::Array
            | HeapType::ConcreteStruct(_)
            | HeapType::ConcreteArray(_)
            | HeapType::ExactStruct(_)
            | HeapType::ExactArray(_)
            | HeapType::None => HeapType::Any,
        }
    }

    /// The type it names, if it is a concrete one.
    pub fn type_id(self) -> Option<TypeId> {
        use HeapType::*;
        match self {
            ConcreteFunc(id) | ConcreteStruct(id) | ConcreteArray(id) => Some(id),
            ExactFunc(id) | ExactStruct(id) | ExactArray(id) => Some(id),
            _ => Option::None,
        }
    }

    /// Whether this is a subtype of `other` (section 3.3.4 "Heap Types"); both are of this engine.
    pub fn matches(self, engine: &Engine, other: HeapType) -> bool {
        use HeapType::*;
        if self == other || other == self.top() {
            return true;
        }
        match (self, other) {
            (NoFunc | NoExtern | None | NoExn, _) => self.top() == other.top(),
            (I31 | Struct | Array, Eq) => true,
            (ConcreteStruct(_) | ExactStruct(_), Eq | Struct) => true,
            (ConcreteArray(_) | ExactArray(_), Eq | Array) => true,
            (
                ConcreteFunc(id) | ConcreteStruct(id) | ConcreteArray(id) | ExactFunc(id)
                | ExactStruct(id) | ExactArray(id),
                ConcreteFunc(of) | ConcreteStruct(of) | ConcreteArray(of),
            ) => engine.is_subtype(id, of),
            _ => false,
        }
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeapType::Func => "func",
            HeapType::Extern => "extern",
            HeapType::Any => "any",
            HeapType::Eq => "eq",
            HeapType::I31 => "i31",
            HeapType::Struct => "struct",
            HeapType::Array => "array",
            HeapType::None => "none",
            HeapType::NoFunc => "nofunc",
            HeapType::NoExtern => "noextern",
            HeapType::Exn => "exn",
            HeapType::NoExn => "noexn",
            HeapType::ConcreteFunc(id)
            | HeapType::ConcreteStruct(id)
            | HeapType::ConcreteArray(id) => return write!(f, "type#{}", id.0),
            HeapType::ExactFunc(id) | HeapType::ExactStruct(id) | HeapType::ExactArray(id) => {
                return write!(f, "(exact type#{})", id.0);
            }
        })
    }
}

/// The identity of a type in an [`Engine`]: equal types have equal ids, whatever module they come from.
///
/// [`Engine`]: crate::Engine
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct TypeId(pub(crate) u32);

impl TypeId {
    /// Set in references from one member of a recursion group to another, before the group has ids.
    const IN_GROUP: u32 = 1 << 31;

    /// The member of this number of the group that refers to it.
    pub(crate) fn of_group(member: u32) -> TypeId {
        TypeId(TypeId::IN_GROUP | member)
    }

    /// The number of the member, if it is such a reference.
    pub(crate) fn in_group(self) -> Option<u32> {
        (self.0 & TypeId::IN_GROUP != 0).then_some(self.0 & !TypeId::IN_GROUP)
    }
}

/// The type of a function. Cloning shares the lists.
#[derive(Clone)]
pub struct FuncType {
    /// Parameters, then results.
    types: Shared<[ValType]>,
    params: usize,
    param_slots: usize,
    result_slots: usize,
}

impl FuncType {
    /// The type without parameters and results.
    pub(crate) fn empty() -> FuncType {
        FuncType::new([], [])
    }

    /// The type with these parameters and results.
    pub fn new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> FuncType {
        let mut types: Vec<ValType> = params.into_iter().collect();
        let params = types.len();
        types.extend(results);
        FuncType::of(types, params)
    }

    /// The same, of lists.
    pub(crate) fn of_lists(params: &[ValType], results: &[ValType]) -> FuncType {
        FuncType::of([params, results].concat(), params.len())
    }

    /// The type with so many of these as parameters, and the others as results.
    pub(crate) fn of(types: Vec<ValType>, params: usize) -> FuncType {
        let slots = |types: &[ValType]| types.iter().map(|ty| ty.slots()).sum();
        let (param_slots, result_slots) = (slots(&types[..params]), slots(&types[params..]));
        FuncType {
            types: types.into(),
            params,
            param_slots,
            result_slots,
        }
    }

    /// The types of the parameters, in order.
    pub fn params(&self) -> &[ValType] {
        &self.types[..self.params]
    }

    /// The types of the results, in order.
    pub fn results(&self) -> &[ValType] {
        &self.types[self.params..]
    }

    /// Slots that the parameters take together.
    pub(crate) fn param_slots(&self) -> usize {
        self.param_slots
    }

    /// Slots that the results take together.
    pub(crate) fn result_slots(&self) -> usize {
        self.result_slots
    }

    /// Where a callee of this type keeps its header: behind the space that parameters and results share.
    pub(crate) fn header_slot(&self) -> u32 {
        self.param_slots.max(self.result_slots) as u32
    }
}

impl PartialEq for FuncType {
    fn eq(&self, other: &FuncType) -> bool {
        self.params == other.params
            && (Shared::ptr_eq(&self.types, &other.types) || self.types == other.types)
    }
}

impl Eq for FuncType {}

impl core::hash::Hash for FuncType {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.params.hash(state);
        self.types.hash(state);
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(func")?;
        for (keyword, types) in [("param", self.params()), ("result", self.results())] {
            if !types.is_empty() {
                write!(f, " ({keyword}")?;
                types.iter().try_for_each(|ty| write!(f, " {ty}"))?;
                f.write_str(")")?;
            }
        }
        f.write_str(")")
    }
}

impl fmt::Debug for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// The type of its value.
    pub content: ValType,
    /// Whether it can be set.
    pub mutable: bool,
}

impl GlobalType {
    /// A global of this content.
    pub fn new(content: ValType, mutable: bool) -> GlobalType {
        GlobalType { content, mutable }
    }
}

impl fmt::Display for GlobalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mutable {
            true => write!(f, "(global (mut {}))", self.content),
            false => write!(f, "(global {})", self.content),
        }
    }
}

/// The type of a linear memory. Sizes are in pages of `1 << page_size_log2` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// Initial size in pages.
    pub minimum: u64,
    /// Largest size in pages, if limited.
    pub maximum: Option<u64>,
    /// Whether addresses are 64 bits wide.
    pub is_64: bool,
    /// Whether threads share it.
    pub shared: bool,
    /// Log2 of the page size in bytes: 16, or 0 with custom page sizes.
    pub page_size_log2: u8,
}

impl MemoryType {
    /// A 32-bit memory with pages of 64 KiB.
    pub fn new(minimum: u32, maximum: Option<u32>) -> MemoryType {
        MemoryType {
            minimum: minimum.into(),
            maximum: maximum.map(u64::from),
            is_64: false,
            shared: false,
            page_size_log2: 16,
        }
    }

    /// A 64-bit memory with pages of 64 KiB.
    pub fn new64(minimum: u64, maximum: Option<u64>) -> MemoryType {
        MemoryType {
            minimum,
            maximum,
            is_64: true,
            shared: false,
            page_size_log2: 16,
        }
    }

    /// The same with pages of `1 << log2` bytes; the custom page sizes proposal allows 0 and 16.
    pub fn with_page_size_log2(self, log2: u8) -> MemoryType {
        MemoryType {
            page_size_log2: log2,
            ..self
        }
    }

    /// The page size in bytes.
    pub fn page_size(&self) -> u64 {
        1 << self.page_size_log2
    }

    /// Pages that addresses of this memory can reach, whatever its maximum says.
    pub(crate) fn address_space_pages(&self) -> u64 {
        let bits = if self.is_64 { 64 } else { 32 };
        match bits - u32::from(self.page_size_log2).min(bits) {
            64 => u64::MAX,
            // `memory.size` of a 32-bit memory is an i32: 2^32 pages of one byte do not fit it.
            32 => u64::from(u32::MAX),
            pages_log2 => 1 << pages_log2,
        }
    }
}

impl fmt::Display for MemoryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(memory ")?;
        limits(f, self.is_64, self.minimum, self.maximum)?;
        if self.shared {
            f.write_str(" shared")?;
        }
        if self.page_size_log2 != 16 {
            write!(f, " (pagesize {})", self.page_size())?;
        }
        f.write_str(")")
    }
}

/// The type of a table. Sizes are in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// The type of its elements.
    pub element: RefType,
    /// Initial size.
    pub minimum: u64,
    /// Largest size, if limited.
    pub maximum: Option<u64>,
    /// Whether indices are 64 bits wide.
    pub is_64: bool,
}

impl TableType {
    /// A table with 32-bit indices.
    pub fn new(element: RefType, minimum: u32, maximum: Option<u32>) -> TableType {
        TableType {
            element,
            minimum: minimum.into(),
            maximum: maximum.map(u64::from),
            is_64: false,
        }
    }

    /// A table with 64-bit indices.
    pub fn new64(element: RefType, minimum: u64, maximum: Option<u64>) -> TableType {
        TableType {
            element,
            minimum,
            maximum,
            is_64: true,
        }
    }
}

impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(table ")?;
        limits(f, self.is_64, self.minimum, self.maximum)?;
        write!(f, " {})", self.element)
    }
}

fn limits(
    f: &mut fmt::Formatter<'_>,
    is_64: bool,
    minimum: u64,
    maximum: Option<u64>,
) -> fmt::Result {
    if is_64 {
        f.write_str("i64 ")?;
    }
    write!(f, "{minimum}")?;
    match maximum {
        Some(maximum) => write!(f, " {maximum}"),
        None => Ok(()),
    }
}

/// The type of something imported or exported.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag of exceptions, as the function type whose parameters they carry.
    Tag(FuncType),
}

impl ExternType {
    /// Whether something of this type can be given where `expected` is imported (section 3.3.10
    /// "External Types"); both are of this engine. For a memory or table, `minimum` is its present size.
    /// Function types are compared by what they say: subtyping between functions, and equality of tags, also
    /// depend on their [`TypeId`]s.
    pub fn matches(&self, engine: &Engine, expected: &ExternType) -> bool {
        match (self, expected) {
            (ExternType::Func(found), ExternType::Func(expected))
            | (ExternType::Tag(found), ExternType::Tag(expected)) => found == expected,
            (ExternType::Global(found), ExternType::Global(expected)) => {
                found.matches(engine, expected)
            }
            (ExternType::Table(found), ExternType::Table(expected)) => found.matches(expected),
            (ExternType::Memory(found), ExternType::Memory(expected)) => found.matches(expected),
            _ => false,
        }
    }
}

impl GlobalType {
    /// As `ExternType::matches`.
    pub(crate) fn matches(&self, engine: &Engine, expected: &GlobalType) -> bool {
        self.mutable == expected.mutable
            && match self.mutable {
                true => self.content == expected.content,
                false => self.content.matches(engine, expected.content),
            }
    }
}

impl TableType {
    /// As `ExternType::matches`.
    pub(crate) fn matches(&self, expected: &TableType) -> bool {
        self.element == expected.element
            && self.is_64 == expected.is_64
            && limits_match(
                (self.minimum, self.maximum),
                (expected.minimum, expected.maximum),
            )
    }
}

impl MemoryType {
    /// As `ExternType::matches`.
    pub(crate) fn matches(&self, expected: &MemoryType) -> bool {
        self.is_64 == expected.is_64
            && self.shared == expected.shared
            && self.page_size_log2 == expected.page_size_log2
            && limits_match(
                (self.minimum, self.maximum),
                (expected.minimum, expected.maximum),
            )
    }
}

/// Whether `found` lies inside `expected`.
fn limits_match(found: (u64, Option<u64>), expected: (u64, Option<u64>)) -> bool {
    found.0 >= expected.0
        && match (found.1, expected.1) {
            (_, None) => true,
            (Some(found), Some(expected)) => found <= expected,
            (None, Some(_)) => false,
        }
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(ty) => ty.fmt(f),
            ExternType::Table(ty) => ty.fmt(f),
            ExternType::Memory(ty) => ty.fmt(f),
            ExternType::Global(ty) => ty.fmt(f),
            ExternType::Tag(ty) => {
                f.write_str("(tag")?;
                ty.params().iter().try_for_each(|ty| write!(f, " {ty}"))?;
                f.write_str(")")
            }
        }
    }
}

impl ExternType {
    /// The tag's type, if it is one: its parameters are what exceptions carry.
    pub fn tag(&self) -> Option<&FuncType> {
        match self {
            ExternType::Tag(ty) => Some(ty),
            _ => None,
        }
    }
}

macro_rules! extern_types {
    ($($variant:ident $ty:ident $get:ident;)*) => {$(
        impl From<$ty> for ExternType {
            fn from(ty: $ty) -> ExternType {
                ExternType::$variant(ty)
            }
        }
        impl ExternType {
            #[doc = concat!("The `", stringify!($ty), "`, if it is one.")]
            pub fn $get(&self) -> Option<&$ty> {
                match self {
                    ExternType::$variant(ty) => Some(ty),
                    _ => None,
                }
            }
        }
    )*};
}

extern_types! {
    Func FuncType func;
    Table TableType table;
    Memory MemoryType memory;
    Global GlobalType global;
}

/// An import of a module.
#[derive(Clone, Debug)]
pub struct ImportType<'m> {
    pub(crate) module: &'m str,
    pub(crate) name: &'m str,
    pub(crate) ty: ExternType,
}

impl<'m> ImportType<'m> {
    /// The first name.
    pub fn module(&self) -> &'m str {
        self.module
    }

    /// The second name.
    pub fn name(&self) -> &'m str {
        self.name
    }

    /// What is expected.
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}

/// An export of a module.
#[derive(Clone, Debug)]
pub struct ExportType<'m> {
    pub(crate) name: &'m str,
    pub(crate) ty: ExternType,
}

impl<'m> ExportType<'m> {
    /// The name.
    pub fn name(&self) -> &'m str {
        self.name
    }

    /// What it is.
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}

#[cfg(test)]
mod tests;
