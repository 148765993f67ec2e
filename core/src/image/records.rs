//! What the lists of a module look like in an image: records of a fixed size each. Types are told as `types` does.

#[cfg(feature = "compiler")]
use alloc::vec::Vec;

use super::types::Types;
#[cfg(feature = "compiler")]
use super::{read::here, types::Namer};
#[cfg(feature = "compiler")]
use crate::{error::Error, module::ModuleInner};
use crate::{
    module::{
        ByteRange, ConstExpr, ConstOp, DataSegment, ElementKind, ElementSegment, ExportEntry,
        ExternKind, Fields, ImportEntry, Record,
    },
    types::{GlobalType, MemoryType, TableType, TypeId, ValType},
};

/// Hands the lists to `apply`, in the order of an image's directory.
macro_rules! for_each_list {
    ($apply:ident) => {
        $apply! {
            imports funcs globals global_inits tables table_inits memories tags exports elements
            element_funcs element_exprs data const_ops
        }
    };
}
pub(super) use for_each_list;

/// How many they are.
pub(super) const LISTS: usize = 14;
/// The number of the list of data segments.
#[cfg(feature = "compiler")]
pub(super) const DATA: usize = 12;

/// Where records are written to.
#[cfg(feature = "compiler")]
pub(super) struct Records<'m> {
    pub(super) bytes: Vec<u8>,
    pub(super) module: &'m ModuleInner,
    pub(super) namer: Namer<'m>,
    /// The names that they have, and where these will be in the image.
    pub(super) names: Vec<u8>,
    pub(super) names_at: u32,
    /// The last name of a module, which the next import may have, too.
    last: ByteRange,
}

#[cfg(feature = "compiler")]
impl<'m> Records<'m> {
    pub(super) fn new(module: &'m ModuleInner, names_at: u32) -> Records<'m> {
        Records {
            bytes: Vec::new(),
            module,
            namer: Namer {
                types: &module.types,
                group: 0,
            },
            names: Vec::new(),
            names_at,
            last: 0..0,
        }
    }

    fn u16(&mut self, value: impl Into<u16>) {
        self.bytes.extend_from_slice(&value.into().to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn pair(&mut self, range: ByteRange) {
        self.u32(range.start);
        self.u32(range.end);
    }

    fn name(&mut self, name: &ByteRange) -> ByteRange {
        let start = self.names_at + self.names.len() as u32;
        self.names.extend_from_slice(self.module.slice(name));
        start..self.names_at + self.names.len() as u32
    }

    fn module_name(&mut self, name: &ByteRange) -> ByteRange {
        let at = |range: &ByteRange, from: u32| {
            (range.start - from) as usize..(range.end - from) as usize
        };
        let last = self.last.clone();
        let is_last = !last.is_empty()
            && self.names.get(at(&last, self.names_at)) == Some(self.module.slice(name));
        if !is_last {
            self.last = self.name(name);
        }
        self.last.clone()
    }

    /// A type, and what else the word of its code says.
    fn ty(&mut self, ty: ValType, bits: u16) {
        let (code, index) = self.namer.code(ty);
        self.u16(u16::from(code) | bits << 8);
        self.u32(index);
    }

    fn limits(&mut self, minimum: u64, maximum: Option<u64>) {
        self.u64(minimum);
        self.u64(maximum.unwrap_or(0));
    }
}

/// A record that can be written.
#[cfg(feature = "compiler")]
pub(super) trait Write: Record {
    fn write(&self, out: &mut Records<'_>);
}

fn pair(fields: &mut Fields<'_>) -> ByteRange {
    fields.u32()..fields.u32()
}

/// A type, and what else the word of its code says.
fn ty(fields: &mut Fields<'_>) -> Option<(ValType, u16)> {
    let word = fields.u16();
    let index = fields.u32();
    let types = Types {
        known: fields.types,
        group: &[],
    };
    Some((types.decode(word as u8, index)?, word >> 8))
}

/// A minimum, and a maximum if there is one.
fn limits(fields: &mut Fields<'_>, has_maximum: bool) -> (u64, Option<u64>) {
    let (minimum, maximum) = (fields.u64(), fields.u64());
    (minimum, has_maximum.then_some(maximum))
}

impl Record for u32 {
    const BYTES: u32 = 4;

    fn read(fields: &mut Fields<'_>) -> Option<u32> {
        Some(fields.u32())
    }
}

#[cfg(feature = "compiler")]
impl Write for u32 {
    fn write(&self, out: &mut Records<'_>) {
        out.u32(*self);
    }
}

const KINDS: [ExternKind; 5] = [
    ExternKind::Func,
    ExternKind::Table,
    ExternKind::Memory,
    ExternKind::Global,
    ExternKind::Tag,
];

fn kind(number: u8) -> Option<ExternKind> {
    KINDS.get(usize::from(number)).copied()
}

impl Record for ImportEntry {
    const BYTES: u32 = 18;

    fn read(fields: &mut Fields<'_>) -> Option<ImportEntry> {
        let word = fields.u16();
        Some(ImportEntry {
            kind: kind(word as u8)?,
            exact: word >> 8 != 0,
            module: pair(fields),
            name: pair(fields),
        })
    }
}

#[cfg(feature = "compiler")]
impl Write for ImportEntry {
    fn write(&self, out: &mut Records<'_>) {
        out.u16(self.kind as u16 | u16::from(self.exact) << 8);
        let module = out.module_name(&self.module);
        let name = out.name(&self.name);
        out.pair(module);
        out.pair(name);
    }
}

impl Record for ExportEntry {
    const BYTES: u32 = 14;

    fn read(fields: &mut Fields<'_>) -> Option<ExportEntry> {
        Some(ExportEntry {
            kind: kind(fields.u16() as u8)?,
            index: fields.u32(),
            name: pair(fields),
        })
    }
}

#[cfg(feature = "compiler")]
impl Write for ExportEntry {
    fn write(&self, out: &mut Records<'_>) {
        out.u16(self.kind as u16);
        out.u32(self.index);
        let name = out.name(&self.name);
        out.pair(name);
    }
}

impl Record for GlobalType {
    const BYTES: u32 = 6;

    fn read(fields: &mut Fields<'_>) -> Option<GlobalType> {
        let (content, bits) = ty(fields)?;
        Some(GlobalType {
            content,
            mutable: bits != 0,
        })
    }
}

#[cfg(feature = "compiler")]
impl Write for GlobalType {
    fn write(&self, out: &mut Records<'_>) {
        out.ty(self.content, self.mutable.into());
    }
}

impl Record for TableType {
    const BYTES: u32 = 22;

    fn read(fields: &mut Fields<'_>) -> Option<TableType> {
        let (ValType::Ref(element), bits) = ty(fields)? else {
            return None;
        };
        let (minimum, maximum) = limits(fields, bits & 2 != 0);
        Some(TableType {
            element,
            minimum,
            maximum,
            is_64: bits & 1 != 0,
        })
    }
}

#[cfg(feature = "compiler")]
impl Write for TableType {
    fn write(&self, out: &mut Records<'_>) {
        let bits = u16::from(self.is_64) | u16::from(self.maximum.is_some()) << 1;
        out.ty(ValType::Ref(self.element), bits);
        out.limits(self.minimum, self.maximum);
    }
}

impl Record for MemoryType {
    const BYTES: u32 = 18;

    fn read(fields: &mut Fields<'_>) -> Option<MemoryType> {
        let word = fields.u16();
        let (minimum, maximum) = limits(fields, word & 2 != 0);
        Some(MemoryType {
            minimum,
            maximum,
            is_64: word & 1 != 0,
            shared: word & 4 != 0,
            page_size_log2: (word >> 8) as u8,
        })
    }
}

#[cfg(feature = "compiler")]
impl Write for MemoryType {
    fn write(&self, out: &mut Records<'_>) {
        let bits = [self.is_64, self.maximum.is_some(), self.shared];
        let bits: u16 = (0..).zip(bits).map(|(i, bit)| u16::from(bit) << i).sum();
        out.u16(bits | u16::from(self.page_size_log2) << 8);
        out.limits(self.minimum, self.maximum);
    }
}

impl Record for ConstExpr {
    const BYTES: u32 = 8;

    fn read(fields: &mut Fields<'_>) -> Option<ConstExpr> {
        Some(ConstExpr(pair(fields)))
    }
}

#[cfg(feature = "compiler")]
impl Write for ConstExpr {
    fn write(&self, out: &mut Records<'_>) {
        out.pair(self.0.clone());
    }
}

impl Record for ElementSegment {
    const BYTES: u32 = 22;

    fn read(fields: &mut Fields<'_>) -> Option<ElementSegment> {
        let word = fields.u16();
        let items = pair(fields);
        let (table, offset) = (fields.u32(), ConstExpr(pair(fields)));
        Some(ElementSegment {
            kind: match word & 3 {
                0 => ElementKind::Passive,
                1 => ElementKind::Declared,
                _ => ElementKind::Active { table, offset },
            },
            are_exprs: word >> 8 != 0,
            items,
        })
    }
}

#[cfg(feature = "compiler")]
impl Write for ElementSegment {
    fn write(&self, out: &mut Records<'_>) {
        let (kind, table, offset) = match &self.kind {
            ElementKind::Passive => (0, 0, ConstExpr::default()),
            ElementKind::Declared => (1, 0, ConstExpr::default()),
            ElementKind::Active { table, offset } => (2, *table, offset.clone()),
        };
        out.u16(kind | u16::from(self.are_exprs) << 8);
        out.pair(self.items.clone());
        out.u32(table);
        out.pair(offset.0);
    }
}

impl Record for DataSegment {
    const BYTES: u32 = 22;

    fn read(fields: &mut Fields<'_>) -> Option<DataSegment> {
        let bytes = pair(fields);
        let is_active = fields.u16() != 0;
        let (memory, offset) = (fields.u32(), ConstExpr(pair(fields)));
        Some(DataSegment {
            active: is_active.then_some((memory, offset)),
            bytes,
        })
    }
}

#[cfg(feature = "compiler")]
impl Write for DataSegment {
    /// Where its bytes are is set when that is known: the first two fields.
    fn write(&self, out: &mut Records<'_>) {
        let (memory, offset) = self.active.clone().unwrap_or_default();
        out.pair(0..0);
        out.u16(self.active.is_some());
        out.u32(memory);
        out.pair(offset.0);
    }
}

/// Numbers of constant ops.
mod op {
    pub(super) const VALUE: u16 = 0;
    pub(super) const GLOBAL: u16 = 1;
    pub(super) const FUNC: u16 = 2;
    /// The arithmetic ones, in the order of `ARITHMETIC`.
    pub(super) const FIRST_ARITHMETIC: u16 = 4;
    pub(super) const STRUCT: u16 = 16;
    pub(super) const ARRAY: u16 = 17;
    pub(super) const ARRAY_OF: u16 = 18;
}

#[cfg(feature = "extended-const")]
const ARITHMETIC: [ConstOp; 7] = [
    ConstOp::I32Add,
    ConstOp::I32Sub,
    ConstOp::I32Mul,
    ConstOp::I64Add,
    ConstOp::I64Sub,
    ConstOp::I64Mul,
    ConstOp::RefI31,
];

impl Record for ConstOp {
    const BYTES: u32 = 22;

    fn read(fields: &mut Fields<'_>) -> Option<ConstOp> {
        let (number, index) = (fields.u16(), fields.u32());
        let values = [fields.u64(), fields.u64()];
        Some(match number {
            op::VALUE => ConstOp::Value(values),
            op::GLOBAL => ConstOp::GlobalGet(index),
            op::FUNC => ConstOp::RefFunc(index),
            #[cfg(feature = "gc")]
            op::STRUCT..=op::ARRAY_OF => {
                let (ty, is) = object(fields, index)?;
                if is != (number == op::STRUCT) {
                    return None;
                }
                let (count, flag) = (values[0] as u32, values[1] != 0);
                match number {
                    op::STRUCT => ConstOp::Struct {
                        ty,
                        fields: count,
                        descriptor: flag,
                    },
                    op::ARRAY => ConstOp::Array {
                        ty,
                        elements: count,
                    },
                    _ => ConstOp::ArrayOf { ty, init: flag },
                }
            }
            #[cfg(feature = "extended-const")]
            number => *ARITHMETIC.get(usize::from(number.checked_sub(op::FIRST_ARITHMETIC)?))?,
            #[cfg(not(feature = "extended-const"))]
            _ => return None,
        })
    }
}

/// A type of objects, and whether it is a structure.
#[cfg(feature = "gc")]
fn object(fields: &Fields<'_>, index: u32) -> Option<(TypeId, bool)> {
    use crate::types::CompositeType;
    let entry = fields.types.get(index as usize)?;
    match entry.def.composite {
        CompositeType::Func(_) => None,
        CompositeType::Struct(_) => Some((entry.id, true)),
        CompositeType::Array(_) => Some((entry.id, false)),
    }
}

#[cfg(feature = "compiler")]
impl Write for ConstOp {
    fn write(&self, out: &mut Records<'_>) {
        let index = |id: TypeId| out.namer.index(id);
        let (number, index, values) = match *self {
            ConstOp::Value(values) => (op::VALUE, 0, values),
            ConstOp::GlobalGet(global) => (op::GLOBAL, global, [0; 2]),
            ConstOp::RefFunc(func) => (op::FUNC, func, [0; 2]),
            ConstOp::Struct {
                ty,
                fields,
                descriptor,
            } => (op::STRUCT, index(ty), [fields.into(), descriptor.into()]),
            ConstOp::Array { ty, elements } => (op::ARRAY, index(ty), [elements.into(), 0]),
            ConstOp::ArrayOf { ty, init } => (op::ARRAY_OF, index(ty), [0, init.into()]),
            other => {
                let same =
                    |one: &ConstOp| core::mem::discriminant(one) == core::mem::discriminant(&other);
                let number = ARITHMETIC.iter().position(same).unwrap_or(0) as u16;
                (op::FIRST_ARITHMETIC + number, 0, [0; 2])
            }
        };
        out.u16(number);
        out.u32(index);
        values.into_iter().for_each(|value| out.u64(value));
    }
}

/// Writes all lists of a module, at an offset of the image, with their names behind them. Returns the directory.
#[cfg(feature = "compiler")]
pub(super) fn write(out: &mut Vec<u8>, module: &ModuleInner) -> Result<[(u32, u32); LISTS], Error> {
    let start = here(out)?;
    let mut bytes = 0u64;
    macro_rules! size {
        ($($list:ident)*) => {
            $(bytes += u64::from(module.$list.len()) * u64::from(record_bytes(&module.$list));)*
        };
    }
    // Of functions, those that are imported: the table has the others.
    for_each_list!(size);
    bytes -= u64::from(module.funcs.len() - module.imported_funcs) * u64::from(u32::BYTES);
    let names_at = u32::try_from(u64::from(start) + bytes).map_err(|_| super::read::too_large())?;
    let mut records = Records::new(module, names_at);
    let mut directory = [(0, 0); LISTS];
    let mut next = 0;
    macro_rules! list {
        ($($list:ident)*) => {$(
            let len = match next {
                FUNCS => module.imported_funcs,
                _ => module.$list.len(),
            };
            directory[next] = (start + records.bytes.len() as u32, len);
            for item in module.$list.iter(module, 0).take(len as usize) {
                item.write(&mut records);
            }
            next += 1;
        )*};
    }
    for_each_list!(list);
    debug_assert_eq!((next, records.bytes.len() as u64), (LISTS, bytes));
    out.append(&mut records.bytes);
    out.append(&mut records.names);
    here(out)?;
    Ok(directory)
}

#[cfg(feature = "compiler")]
const FUNCS: usize = 1;

#[cfg(feature = "compiler")]
fn record_bytes<T: Record>(_: &crate::module::List<T>) -> u32 {
    T::BYTES
}
