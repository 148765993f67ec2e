//! Compilation units, and what their entries say, wherever they say it.

use std::sync::Arc;

use gimli::{
    AttributeValue, DebugInfoOffset, DwAt, EndianSlice, LittleEndian, UnitOffset, UnitRef,
};

use crate::debug::code::Code;

pub type Reader<'m> = EndianSlice<'m, LittleEndian>;
pub type Entry<'m> = gimli::DebuggingInformationEntry<Reader<'m>>;
pub type Value<'m> = AttributeValue<Reader<'m>>;

/// An entry: its unit, and where it is in that.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EntryId {
    pub unit: usize,
    pub offset: UnitOffset,
}

/// All units that can be read.
pub struct Units<'m> {
    dwarf: Arc<gimli::Dwarf<Reader<'m>>>,
    /// Ascending in the section.
    units: Vec<gimli::Unit<Reader<'m>>>,
}

/// Bytes that a number has in LEB128.
fn leb128_size(number: u32) -> u32 {
    (32 - number.leading_zeros()).div_ceil(7).max(1)
}

/// How often an entry may refer to another for what it does not say itself.
const REFERENCES: usize = 8;

impl<'m> Units<'m> {
    pub fn new(dwarf: Arc<gimli::Dwarf<Reader<'m>>>) -> Units<'m> {
        let mut units = Vec::new();
        let mut headers = dwarf.units();
        while let Ok(Some(header)) = headers.next() {
            units.extend(dwarf.unit(header));
        }
        Units { dwarf, units }
    }

    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The offset in the module that addresses count from.
    pub fn base(&self, code: &Code) -> u32 {
        let start = code.section().start;
        let root = self
            .units
            .first()
            .and_then(|unit| unit.entry(unit.header.root_offset()).ok());
        let producer = root.and_then(|root| self.text(0, &root, gimli::DW_AT_producer));
        match producer.is_some_and(|producer| producer.starts_with("wast ")) {
            // The crate for modules in the text format leaves out the number of functions, which is first.
            true => start + leb128_size(code.defined().len() as u32),
            false => start,
        }
    }

    pub fn len(&self) -> usize {
        self.units.len()
    }

    pub fn unit(&self, unit: usize) -> UnitRef<'_, Reader<'m>> {
        self.units[unit].unit_ref(&self.dwarf)
    }

    pub fn entry(&self, id: EntryId) -> Option<Entry<'m>> {
        self.units[id.unit].entry(id.offset).ok()
    }

    /// The entry that an attribute of a unit's refers to.
    pub fn target(&self, unit: usize, value: Value<'m>) -> Option<EntryId> {
        match value {
            AttributeValue::UnitRef(offset) => Some(EntryId { unit, offset }),
            AttributeValue::DebugInfoRef(DebugInfoOffset(offset)) => {
                let section_offset = |unit: &gimli::Unit<_>| match unit.header.debug_info_offset() {
                    Some(DebugInfoOffset(start)) => start,
                    None => usize::MAX,
                };
                let after = self
                    .units
                    .partition_point(|unit| section_offset(unit) <= offset);
                let unit = after.checked_sub(1)?;
                let offset = DebugInfoOffset(offset);
                let offset = offset.to_unit_offset(&self.units[unit].header)?;
                Some(EntryId { unit, offset })
            }
            _ => None,
        }
    }

    /// What an entry says, or the one that it is an instance or the definition of, and which unit's words these are.
    pub fn inherited(
        &self,
        unit: usize,
        entry: &Entry<'m>,
        name: DwAt,
    ) -> Option<(usize, Value<'m>)> {
        let (mut unit, mut entry) = (unit, entry.clone());
        for _ in 0..REFERENCES {
            if let Some(value) = entry.attr_value(name) {
                return Some((unit, value));
            }
            let origin = entry
                .attr_value(gimli::DW_AT_abstract_origin)
                .or_else(|| entry.attr_value(gimli::DW_AT_specification))?;
            let id = self.target(unit, origin)?;
            unit = id.unit;
            entry = self.entry(id)?;
        }
        None
    }

    /// An attribute of text, own or inherited.
    pub fn text(&self, unit: usize, entry: &Entry<'m>, name: DwAt) -> Option<String> {
        let (unit, value) = self.inherited(unit, entry, name)?;
        let text = self.unit(unit).attr_string(value).ok()?;
        Some(text.to_string_lossy().into_owned())
    }

    /// An attribute that is a number, own or inherited.
    pub fn number(&self, unit: usize, entry: &Entry<'m>, name: DwAt) -> Option<u64> {
        self.inherited(unit, entry, name)?.1.udata_value()
    }

    /// The entry that an attribute refers to, own or inherited.
    pub fn reference(&self, unit: usize, entry: &Entry<'m>, name: DwAt) -> Option<EntryId> {
        let (unit, value) = self.inherited(unit, entry, name)?;
        self.target(unit, value)
    }

    /// The addresses that an entry's code has; none of what linking removed.
    pub fn ranges(&self, unit: usize, entry: &Entry<'m>) -> Vec<gimli::Range> {
        let mut found = Vec::new();
        if let Ok(mut ranges) = self.unit(unit).die_ranges(entry) {
            while let Ok(Some(range)) = ranges.next() {
                // No function is at 0, where their number is.
                if range.begin > 0 && range.begin < range.end {
                    found.push(range);
                }
            }
        }
        found
    }
}
