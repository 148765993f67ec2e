//! The name section (core specification, appendix "Name Section"). Malformed ones count as far as they can be read.

use alloc::vec::Vec;

use wasmparser::{BinaryReader, Name, NameSectionReader};

use super::ByteRange;

/// Where names are in the module's bytes.
#[derive(Default)]
pub(super) struct Names {
    module: Option<ByteRange>,
    /// By function index, ascending.
    funcs: Vec<(u32, ByteRange)>,
}

impl Names {
    /// Reads the contents of a name section of the module `bytes`.
    pub(super) fn parse(bytes: &[u8], section: &ByteRange) -> Names {
        let mut names = Names::default();
        let Some(data) = bytes.get(section.start as usize..section.end as usize) else {
            return names;
        };
        let range = |name: &str| {
            let start = (name.as_ptr() as usize - bytes.as_ptr() as usize) as u32;
            start..start + name.len() as u32
        };
        for name in NameSectionReader::new(BinaryReader::new(data, u64::from(section.start))) {
            match name {
                Ok(Name::Module { name, .. }) => names.module = Some(range(name)),
                // The map yields ascending indices or an error.
                Ok(Name::Function(map)) if names.funcs.is_empty() => {
                    for naming in map.map_while(Result::ok) {
                        names.funcs.push((naming.index, range(naming.name)));
                    }
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        names
    }

    pub(super) fn module<'b>(&self, bytes: &'b [u8]) -> Option<&'b str> {
        self.module.as_ref().and_then(|range| text(bytes, range))
    }

    pub(super) fn func<'b>(&self, bytes: &'b [u8], index: u32) -> Option<&'b str> {
        let position = self
            .funcs
            .binary_search_by_key(&index, |(index, _)| *index)
            .ok()?;
        text(bytes, &self.funcs[position].1)
    }
}

fn text<'b>(bytes: &'b [u8], range: &ByteRange) -> Option<&'b str> {
    core::str::from_utf8(bytes.get(range.start as usize..range.end as usize)?).ok()
}
