//! Values of variables, and their parts.

use std::{ops::Range, rc::Rc};

use super::{
    Source,
    location::{Contents, Machine, Missing, little},
    scopes::Variable,
    types::{Kind, Member, Type, TypeId, Variant, array_of},
};

/// A value of the source: where it is, and of what type. It stays what it is when the machine goes on only if it is in
/// memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Its type.
    pub ty: Rc<Type>,
    pub(super) contents: Contents,
    /// Of a bit field: the first bit, and how many.
    pub(super) bits: Option<(u64, u64)>,
}

/// Values one behind the other that another value refers to.
pub(super) struct Sequence {
    pub element: TypeId,
    pub address: u64,
    pub count: u64,
    /// Whether they are UTF-8.
    pub text: bool,
}

/// How deep pointers of Rust's collections are wrapped in structures.
const WRAPPERS: usize = 8;

impl Object {
    /// The address, if it is in memory: of a watchpoint, for example.
    pub fn address(&self) -> Option<u64> {
        match self.contents {
            Contents::Memory(address) => Some(address),
            Contents::Bytes(_) => None,
        }
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.ty.size
    }

    /// Up to `limit` of its bytes.
    pub(super) fn bytes(&self, limit: usize, machine: &dyn Machine) -> Result<Vec<u8>, Missing> {
        let size = usize::try_from(self.ty.size).unwrap_or(limit).min(limit);
        match &self.contents {
            Contents::Memory(address) => machine.memory(*address, size).ok_or(Missing::Unreadable),
            Contents::Bytes(bytes) => {
                let known: Option<Vec<u8>> = bytes.iter().copied().take(size).collect();
                let known = known.ok_or(Missing::OptimizedOut)?;
                if known.len() < size {
                    return Err(Missing::OptimizedOut);
                }
                Ok(known)
            }
        }
    }

    /// Its bits as a number without sign, if it has at most 16 bytes.
    pub(super) fn bits(&self, machine: &dyn Machine) -> Result<u128, Missing> {
        let mut value = [0; 16];
        let bytes = self.bytes(value.len(), machine)?;
        value[..bytes.len()].copy_from_slice(&bytes);
        let value = u128::from_le_bytes(value);
        Ok(match self.bits {
            Some((first, count)) if first < 128 && count < 128 => {
                (value >> first) & ((1 << count) - 1)
            }
            _ => value,
        })
    }

    /// The same as a number with sign.
    pub(super) fn signed(&self, machine: &dyn Machine) -> Result<i128, Missing> {
        let width = self.bits.map_or(8 * self.ty.size, |(_, count)| count);
        let unused = 128u64.saturating_sub(width).min(127);
        Ok((self.bits(machine)? as i128) << unused >> unused)
    }

    /// A part of it.
    fn part(&self, ty: Rc<Type>, offset: u64, bits: Option<(u64, u64)>) -> Object {
        let contents = match &self.contents {
            Contents::Memory(address) => Contents::Memory(address.wrapping_add(offset)),
            Contents::Bytes(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX);
                Contents::Bytes(bytes.get(from..).unwrap_or_default().to_vec())
            }
        };
        Object { ty, contents, bits }
    }
}

impl Source<'_> {
    /// The value of a variable, in the frame of the machine that it was looked up for.
    ///
    /// # Errors
    /// If there is none.
    pub fn object(&self, variable: &Variable, machine: &dyn Machine) -> Result<Object, Missing> {
        let unit = variable.entry.unit;
        let entry = self.units.entry(variable.entry).ok_or(Missing::Unknown)?;
        let ty = self.type_of(unit, &entry).ok_or(Missing::Unknown)?;
        Ok(Object {
            ty: self.ty(ty),
            contents: self.contents(variable, machine)?,
            bits: None,
        })
    }

    /// The name of a variable's type.
    pub fn type_name(&self, variable: &Variable) -> String {
        let entry = self.units.entry(variable.entry);
        let ty = entry.and_then(|entry| self.type_of(variable.entry.unit, &entry));
        ty.map_or_else(|| "?".to_owned(), |ty| self.ty(ty).name.clone())
    }

    /// How many parts a value has: members, elements, or what it points to.
    pub fn child_count(&self, object: &Object, machine: &dyn Machine) -> u64 {
        if let Some(sequence) = self.sequence(object, machine) {
            return sequence.count;
        }
        match &object.ty.kind {
            Kind::Struct(members) | Kind::Union(members) => self.members(members).len() as u64,
            Kind::Array(_, counts) => counts.first().copied().flatten().unwrap_or(0),
            Kind::Variants { .. } => match self.variant(object, machine) {
                Some((_, value)) => self.child_count(&value, machine),
                None => 0,
            },
            Kind::Pointer(Some(target)) => u64::from(self.ty(*target).size > 0),
            _ => 0,
        }
    }

    /// Some of a value's parts, by their numbers, with their names.
    pub fn children(
        &self,
        object: &Object,
        wanted: Range<u64>,
        machine: &dyn Machine,
    ) -> Vec<(String, Object)> {
        let end = wanted.end.min(self.child_count(object, machine));
        let wanted = wanted.start..end;
        if let Some(sequence) = self.sequence(object, machine) {
            let element = |n| self.element(&sequence, n);
            return wanted.map(|n| (format!("[{n}]"), element(n))).collect();
        }
        match &object.ty.kind {
            Kind::Struct(members) | Kind::Union(members) => {
                let members = self.members(members);
                let members = &members[wanted.start.min(end) as usize..end as usize];
                let part = |member: &Member| (member.name.clone(), self.member_of(object, member));
                members.iter().map(part).collect()
            }
            Kind::Array(..) => {
                let item = |n| Some((format!("[{n}]"), self.item(object, n)?));
                wanted.filter_map(item).collect()
            }
            Kind::Variants { .. } => match self.variant(object, machine) {
                Some((_, value)) => self.children(&value, wanted, machine),
                None => Vec::new(),
            },
            Kind::Pointer(_) => {
                let target = self.target(object, machine);
                let target = target.filter(|_| wanted.contains(&0));
                target
                    .map(|target| ("*".to_owned(), target))
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// What a pointer points to, if it is of some type.
    pub fn target(&self, object: &Object, machine: &dyn Machine) -> Option<Object> {
        let Kind::Pointer(Some(target)) = object.ty.kind else {
            return None;
        };
        let ty = self.ty(target);
        let address = object.bits(machine).ok()? as u64;
        (ty.size > 0).then_some(Object {
            ty,
            contents: Contents::Memory(address),
            bits: None,
        })
    }

    /// A part by its name; of what it points to, if it is a pointer.
    pub(super) fn child(
        &self,
        object: &Object,
        name: &str,
        machine: &dyn Machine,
    ) -> Option<Object> {
        match &object.ty.kind {
            Kind::Struct(members) | Kind::Union(members) | Kind::Vector(members, _) => {
                let members = self.members(members);
                let member = members.iter().find(|member| member.name == name)?;
                Some(self.member_of(object, member))
            }
            Kind::Variants { .. } => {
                let (_, value) = self.variant(object, machine)?;
                self.child(&value, name, machine)
            }
            Kind::Pointer(_) => self.child(&self.target(object, machine)?, name, machine),
            _ => None,
        }
    }

    /// An element of an array or sequence, or of what a pointer points to the first of.
    pub(super) fn index_of(
        &self,
        object: &Object,
        n: u64,
        machine: &dyn Machine,
    ) -> Option<Object> {
        if let Some(sequence) = self.sequence(object, machine) {
            return (n < sequence.count).then(|| self.element(&sequence, n));
        }
        match &object.ty.kind {
            Kind::Array(_, counts) => match (&object.contents, &counts[..]) {
                // Structures of C's end with an array of one, or of nothing, that is longer.
                (Contents::Memory(_), [Some(0 | 1) | None]) => self.item_anywhere(object, n),
                _ => self.item(object, n),
            },
            Kind::Pointer(_) => {
                let first = self.target(object, machine)?;
                let offset = first.ty.size.checked_mul(n)?;
                Some(first.part(first.ty.clone(), offset, None))
            }
            _ => None,
        }
    }

    /// Members, those of structures without a name as the outer one's.
    fn members(&self, members: &[Member]) -> Vec<Member> {
        let mut found = Vec::new();
        for member in members {
            if !member.name.is_empty() {
                // Fields that have numbers in Rust.
                let digits = member.name.strip_prefix("__");
                let number = digits.filter(|rest| rest.parse::<u32>().is_ok());
                let name = number.unwrap_or(&member.name).to_owned();
                found.push(Member {
                    name,
                    ..member.clone()
                });
                continue;
            }
            if let Kind::Struct(inner) | Kind::Union(inner) = &self.ty(member.ty).kind {
                let outer = |inner: Member| Member {
                    offset: member.offset + inner.offset,
                    ..inner
                };
                found.extend(self.members(inner).into_iter().map(outer));
            }
        }
        found
    }

    fn member_of(&self, object: &Object, member: &Member) -> Object {
        object.part(self.ty(member.ty), member.offset, member.bits)
    }

    /// An element of an array, which is an array itself if there are more dimensions.
    pub(super) fn item(&self, object: &Object, n: u64) -> Option<Object> {
        let Kind::Array(_, counts) = &object.ty.kind else {
            return None;
        };
        let count = counts.first().copied().flatten();
        match count.is_some_and(|count| n >= count) {
            true => None,
            false => self.item_anywhere(object, n),
        }
    }

    /// The same, however many there are.
    fn item_anywhere(&self, object: &Object, n: u64) -> Option<Object> {
        let Kind::Array(element, counts) = &object.ty.kind else {
            return None;
        };
        let mut ty = self.ty(*element);
        if let Some(inner) = counts.get(1..).filter(|inner| !inner.is_empty()) {
            ty = Rc::new(array_of(&ty, *element, inner.to_vec()));
        }
        let offset = ty.size.checked_mul(n)?;
        Some(object.part(ty, offset, None))
    }

    pub(super) fn element(&self, sequence: &Sequence, n: u64) -> Object {
        let ty = self.ty(sequence.element);
        let offset = ty.size.wrapping_mul(n);
        Object {
            ty,
            contents: Contents::Memory(sequence.address.wrapping_add(offset)),
            bits: None,
        }
    }

    /// The variant that a value is, and the value as that.
    pub(super) fn variant(
        &self,
        object: &Object,
        machine: &dyn Machine,
    ) -> Option<(String, Object)> {
        let Kind::Variants { tag, variants } = &object.ty.kind else {
            return None;
        };
        let tag = match tag {
            Some(tag) => {
                let tag = self.member_of(object, tag);
                Some((tag.bits(machine).ok()? as u64, tag.ty.size))
            }
            None => None,
        };
        let matches = |variant: &&Variant| match (variant.tag, tag) {
            // Constants may be longer than the tag, with their sign.
            (Some(wanted), Some((tag, size))) => {
                let unused = 64u64.saturating_sub(8 * size).min(63);
                wanted << unused == tag << unused
            }
            _ => false,
        };
        let other = || variants.iter().find(|variant| variant.tag.is_none());
        let variant = variants.iter().find(matches).or_else(other)?;
        let value = self.member_of(object, &variant.member);
        Some((variant.member.name.clone(), value))
    }

    /// The sequence that a slice, vector or string of Rust's is.
    pub(super) fn sequence(&self, object: &Object, machine: &dyn Machine) -> Option<Sequence> {
        match &object.ty.kind {
            Kind::Struct(members) => match &members[..] {
                [pointer, length] if pointer.name == "data_ptr" && length.name == "length" => {
                    let pointer = self.member_of(object, pointer);
                    let Kind::Pointer(Some(element)) = pointer.ty.kind else {
                        return None;
                    };
                    Some(Sequence {
                        element,
                        address: pointer.bits(machine).ok()? as u64,
                        count: self.member_of(object, length).bits(machine).ok()? as u64,
                        text: object.ty.name.ends_with("str"),
                    })
                }
                [vector] if vector.name == "vec" && object.ty.name == "String" => {
                    let vector = self.sequence(&self.member_of(object, vector), machine)?;
                    Some(Sequence {
                        text: true,
                        ..vector
                    })
                }
                _ => None,
            },
            Kind::Vector(members, element) => {
                let length = members.iter().find(|member| member.name == "len")?;
                let buffer = members.iter().find(|member| member.name == "buf")?;
                Some(Sequence {
                    element: *element,
                    address: self.wrapped(&self.member_of(object, buffer), WRAPPERS, machine)?,
                    count: self.member_of(object, length).bits(machine).ok()? as u64,
                    text: false,
                })
            }
            _ => None,
        }
    }

    /// The first pointer in nested structures.
    fn wrapped(&self, object: &Object, depth: usize, machine: &dyn Machine) -> Option<u64> {
        match &object.ty.kind {
            Kind::Pointer(_) => {
                let bytes = object.bytes(8, machine).ok()?;
                Some(little(&bytes))
            }
            Kind::Struct(members) => members.iter().find_map(|member| {
                self.wrapped(
                    &self.member_of(object, member),
                    depth.checked_sub(1)?,
                    machine,
                )
            }),
            _ => None,
        }
    }
}
