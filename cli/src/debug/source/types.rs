//! Types of the source, as far as values are shown by them.

use std::rc::Rc;

use gimli::{AttributeValue, DwAt};

use super::{
    Source,
    units::{Entry, EntryId, Reader},
};

/// An entry of a type.
pub type TypeId = EntryId;

/// A type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Type {
    /// As the source has it; `?` where it has none.
    pub name: String,
    /// Bytes of a value.
    pub size: u64,
    pub(super) kind: Kind,
}

/// What a type's values are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    Signed,
    Unsigned,
    /// A byte of text, as C has it.
    Char,
    /// A character, as Rust has it.
    Unicode,
    Bool,
    Float,
    /// Of no type: of any, or of functions.
    Pointer(Option<TypeId>),
    Struct(Vec<Member>),
    Union(Vec<Member>),
    Enum(Vec<(String, i128)>),
    /// Elements, and how many in each dimension; the last may be unknown.
    Array(TypeId, Vec<Option<u64>>),
    /// One of several structures, told apart by a member.
    Variants {
        tag: Option<Box<Member>>,
        variants: Vec<Variant>,
    },
    /// Rust's vectors: what they consist of, and the type of elements.
    Vector(Vec<Member>, TypeId),
    /// Values that are not shown: functions, and what we do not know.
    Opaque,
}

/// A part of a structure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Empty for structures and unions without a name, whose members count as the outer one's.
    pub name: String,
    pub ty: TypeId,
    /// In bytes from the start.
    pub offset: u64,
    /// Of bit fields: the first bit from there, and how many.
    pub bits: Option<(u64, u64)>,
}

/// One of the structures that a value may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variant {
    /// What the tag is then; nothing if it is none of the others'.
    pub tag: Option<u64>,
    pub member: Member,
}

/// How many qualifiers and other names a type may have.
const NAMES: usize = 16;

impl<'m> Source<'m> {
    /// The type of an entry.
    pub(super) fn type_of(&self, unit: usize, entry: &Entry<'m>) -> Option<TypeId> {
        self.units.reference(unit, entry, gimli::DW_AT_type)
    }

    /// A type by its entry.
    pub(super) fn ty(&self, id: TypeId) -> Rc<Type> {
        if let Some(known) = self.types.borrow().get(&id) {
            return known.clone();
        }
        let ty = Rc::new(self.read_type(id, NAMES).unwrap_or(Type {
            name: "?".to_owned(),
            size: 0,
            kind: Kind::Opaque,
        }));
        self.types.borrow_mut().insert(id, ty.clone());
        ty
    }

    fn read_type(&self, id: TypeId, names: usize) -> Option<Type> {
        let entry = self.units.entry(id)?;
        let entry = &entry;
        let name = self.units.text(id.unit, entry, gimli::DW_AT_name);
        let target = self.type_of(id.unit, entry);
        let size = || self.number(id.unit, entry, gimli::DW_AT_byte_size);
        let qualified = |word: &str| {
            let Some(target) = target.and_then(|id| self.read_type(id, names.checked_sub(1)?))
            else {
                return Some(void(word));
            };
            let name = match target.name.ends_with('*') {
                true => format!("{}{word}", target.name),
                false => format!("{word} {}", target.name),
            };
            Some(Type { name, ..target })
        };
        match entry.tag() {
            gimli::DW_TAG_typedef => {
                let target = target.and_then(|id| self.read_type(id, names.checked_sub(1)?));
                let name = name.unwrap_or_default();
                let target = target.unwrap_or_else(|| void(&name));
                Some(Type { name, ..target })
            }
            gimli::DW_TAG_const_type => qualified("const"),
            gimli::DW_TAG_volatile_type => qualified("volatile"),
            gimli::DW_TAG_atomic_type => qualified("_Atomic"),
            gimli::DW_TAG_restrict_type => self.read_type(target?, names.checked_sub(1)?),
            gimli::DW_TAG_base_type => {
                let encoding = match entry.attr_value(gimli::DW_AT_encoding)? {
                    AttributeValue::Encoding(encoding) => encoding,
                    _ => return None,
                };
                let kind = match encoding {
                    gimli::DW_ATE_boolean => Kind::Bool,
                    gimli::DW_ATE_float => Kind::Float,
                    gimli::DW_ATE_signed => Kind::Signed,
                    gimli::DW_ATE_signed_char | gimli::DW_ATE_unsigned_char
                        if size() == Some(1) =>
                    {
                        // Rust says the same of its bytes.
                        match name.as_deref() {
                            Some("i8") => Kind::Signed,
                            Some("u8") => Kind::Unsigned,
                            _ => Kind::Char,
                        }
                    }
                    gimli::DW_ATE_signed_char => Kind::Signed,
                    gimli::DW_ATE_UTF => Kind::Unicode,
                    gimli::DW_ATE_unsigned | gimli::DW_ATE_unsigned_char => Kind::Unsigned,
                    _ => Kind::Opaque,
                };
                Some(Type {
                    name: name?,
                    size: size()?,
                    kind,
                })
            }
            gimli::DW_TAG_pointer_type
            | gimli::DW_TAG_reference_type
            | gimli::DW_TAG_rvalue_reference_type => Some(self.pointer(id, entry, name, names)),
            gimli::DW_TAG_enumeration_type => Some(Type {
                name: name.unwrap_or_else(|| "enum".to_owned()),
                size: size()?,
                kind: Kind::Enum(self.enumerators(id)),
            }),
            gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type | gimli::DW_TAG_union_type => {
                let union = entry.tag() == gimli::DW_TAG_union_type;
                let word = if union { "union" } else { "struct" };
                let name = name.unwrap_or_else(|| word.to_owned());
                Some(Type {
                    size: size().unwrap_or(0),
                    kind: self.composite(id, union, &name),
                    name,
                })
            }
            gimli::DW_TAG_array_type => self.array(id, target?, names),
            gimli::DW_TAG_subroutine_type => Some(Type {
                name: name.unwrap_or_else(|| "function".to_owned()),
                size: 0,
                kind: Kind::Opaque,
            }),
            _ => None,
        }
    }

    fn number(&self, unit: usize, entry: &Entry<'m>, name: DwAt) -> Option<u64> {
        self.units.number(unit, entry, name)
    }

    fn pointer(&self, id: TypeId, entry: &Entry<'m>, name: Option<String>, names: usize) -> Type {
        let target = self.type_of(id.unit, entry);
        let named = || match target {
            None => "void *".to_owned(),
            Some(target) => {
                let name = names
                    .checked_sub(1)
                    .and_then(|names| self.read_type_name(target, names));
                let name = name.unwrap_or_else(|| "?".to_owned());
                let sign = match entry.tag() {
                    gimli::DW_TAG_reference_type => "&",
                    gimli::DW_TAG_rvalue_reference_type => "&&",
                    _ => "*",
                };
                let space = if name.ends_with('*') { "" } else { " " };
                format!("{name}{space}{sign}")
            }
        };
        let size = entry.attr_value(gimli::DW_AT_byte_size);
        let size = size.and_then(|size| size.udata_value());
        let address = self.units.unit(id.unit).encoding().address_size;
        Type {
            name: name.unwrap_or_else(named),
            size: size.unwrap_or_else(|| address.into()),
            kind: Kind::Pointer(target),
        }
    }

    /// The name alone, without what the type consists of.
    fn read_type_name(&self, id: TypeId, names: usize) -> Option<String> {
        let entry = self.units.entry(id)?;
        match entry.tag() {
            gimli::DW_TAG_structure_type | gimli::DW_TAG_union_type | gimli::DW_TAG_class_type => {
                self.units.text(id.unit, &entry, gimli::DW_AT_name)
            }
            _ => Some(self.read_type(id, names)?.name),
        }
    }

    fn entries(&self, id: TypeId) -> Vec<Entry<'m>> {
        let unit = self.units.unit(id.unit);
        let mut found = Vec::new();
        if let Ok(mut tree) = unit.entries_tree(Some(id.offset))
            && let Ok(root) = tree.root()
        {
            let mut children = root.children();
            while let Ok(Some(child)) = children.next() {
                found.push(child.entry().clone());
            }
        }
        found
    }

    fn enumerators(&self, id: TypeId) -> Vec<(String, i128)> {
        let children = self.entries(id);
        let enumerators = children
            .iter()
            .filter(|entry| entry.tag() == gimli::DW_TAG_enumerator);
        enumerators
            .filter_map(|entry| {
                let name = self.units.text(id.unit, entry, gimli::DW_AT_name)?;
                let value = match entry.attr_value(gimli::DW_AT_const_value)? {
                    AttributeValue::Sdata(value) => value.into(),
                    value => value.udata_value()?.into(),
                };
                Some((name, value))
            })
            .collect()
    }

    fn composite(&self, id: TypeId, union: bool, name: &str) -> Kind {
        let mut members = Vec::new();
        let mut element = None;
        for entry in &self.entries(id) {
            match entry.tag() {
                gimli::DW_TAG_member | gimli::DW_TAG_inheritance => {
                    members.extend(self.member(id.unit, entry));
                }
                gimli::DW_TAG_variant_part => {
                    let part = EntryId {
                        unit: id.unit,
                        offset: entry.offset(),
                    };
                    return self.variants(part, entry);
                }
                gimli::DW_TAG_template_type_parameter if element.is_none() => {
                    element = self.type_of(id.unit, entry);
                }
                _ => {}
            }
        }
        let vector = name.starts_with("Vec<");
        match element {
            _ if union => Kind::Union(members),
            Some(element) if vector => Kind::Vector(members, element),
            _ => Kind::Struct(members),
        }
    }

    fn member(&self, unit: usize, entry: &Entry<'m>) -> Option<Member> {
        // Static members are elsewhere.
        if entry.has_attr(gimli::DW_AT_external) || entry.has_attr(gimli::DW_AT_declaration) {
            return None;
        }
        let number = |name| self.number(unit, entry, name);
        let start = number(gimli::DW_AT_data_member_location).unwrap_or(0);
        let (offset, bits) = match (
            number(gimli::DW_AT_bit_size),
            number(gimli::DW_AT_data_bit_offset),
        ) {
            (Some(size), Some(first)) => (first / 8, Some((first % 8, size))),
            // The older way counts from the highest bit of the storage unit.
            (Some(size), None) => {
                let storage = 8 * number(gimli::DW_AT_byte_size).unwrap_or(4);
                let from_top = number(gimli::DW_AT_bit_offset).unwrap_or(0);
                let first = storage.saturating_sub(from_top).saturating_sub(size);
                (start + first / 8, Some((first % 8, size)))
            }
            _ => (start, None),
        };
        Some(Member {
            name: self
                .units
                .text(unit, entry, gimli::DW_AT_name)
                .unwrap_or_default(),
            ty: self.type_of(unit, entry)?,
            offset,
            bits,
        })
    }

    fn variants(&self, part: EntryId, entry: &Entry<'m>) -> Kind {
        let tag = self
            .units
            .reference(part.unit, entry, gimli::DW_AT_discr)
            .and_then(|tag| self.member(tag.unit, &self.units.entry(tag)?));
        let mut variants = Vec::new();
        for variant in &self.entries(part) {
            if variant.tag() != gimli::DW_TAG_variant {
                continue;
            }
            let id = EntryId {
                unit: part.unit,
                offset: variant.offset(),
            };
            let value = variant.attr_value(gimli::DW_AT_discr_value);
            let members = self.entries(id);
            let member = members.first().and_then(|m| self.member(part.unit, m));
            variants.extend(member.map(|member| Variant {
                tag: value.and_then(|value| unsigned(&value)),
                member,
            }));
        }
        Kind::Variants {
            tag: tag.map(Box::new),
            variants,
        }
    }

    fn array(&self, id: TypeId, element: TypeId, names: usize) -> Option<Type> {
        let counts: Vec<Option<u64>> = self
            .entries(id)
            .iter()
            .filter(|entry| entry.tag() == gimli::DW_TAG_subrange_type)
            .map(|entry| {
                let upper = || self.number(id.unit, entry, gimli::DW_AT_upper_bound);
                self.number(id.unit, entry, gimli::DW_AT_count)
                    .or_else(|| upper()?.checked_add(1))
            })
            .collect();
        let target = self.read_type(element, names.checked_sub(1)?)?;
        Some(array_of(&target, element, counts))
    }
}

/// An array of these dimensions.
pub fn array_of(target: &Type, element: TypeId, counts: Vec<Option<u64>>) -> Type {
    let mut name = target.name.clone();
    let mut size = target.size;
    for count in &counts {
        name.push_str(&match count {
            Some(count) => format!("[{count}]"),
            None => "[]".to_owned(),
        });
        size = size.saturating_mul(count.unwrap_or(0));
    }
    Type {
        name,
        size,
        kind: Kind::Array(element, counts),
    }
}

/// A type without values.
fn void(word: &str) -> Type {
    Type {
        name: format!("{word} void").trim_start().to_owned(),
        size: 0,
        kind: Kind::Opaque,
    }
}

/// What a tag is compared with: constants are written in as few bytes as they need.
fn unsigned(value: &AttributeValue<Reader<'_>>) -> Option<u64> {
    match value {
        AttributeValue::Sdata(value) => Some(*value as u64),
        value => value.udata_value(),
    }
}
