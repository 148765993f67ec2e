//! Where other debuggers see things: all memories and the module in one space of 64 bits, as LLDB has it.
//!
//! The upper two bits tell what it is, 30 bits which one, the lower half the offset in it. So pointers of a program with
//! one memory are addresses as they are, and code begins at [`CODE`].

/// The first byte of the module's file.
pub const CODE: u64 = 1 << 62;

/// What is at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// A byte of a memory, which has this index in the module.
    Memory { index: u32, offset: u32 },
    /// A byte of the module's file.
    Code { offset: u32 },
}

impl Place {
    /// None of what LLDB calls invalid, and of modules that are not there.
    pub fn at(address: u64) -> Option<Place> {
        let (id, offset) = ((address >> 32) as u32 & 0x3fff_ffff, address as u32);
        match address >> 62 {
            0 => Some(Place::Memory { index: id, offset }),
            1 if id == 0 => Some(Place::Code { offset }),
            _ => None,
        }
    }

    pub fn address(self) -> u64 {
        match self {
            Place::Memory { index, offset } => u64::from(index) << 32 | u64::from(offset),
            Place::Code { offset } => CODE | u64::from(offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_addresses_of_the_first_memory() {
        let place = Place::Memory {
            index: 0,
            offset: 0xffff_fff0,
        };
        assert_eq!(Place::at(0xffff_fff0), Some(place));
        let place = Place::Memory {
            index: 3,
            offset: 16,
        };
        assert_eq!(Place::at(0x3_0000_0010), Some(place));
    }

    #[test]
    fn places_are_where_they_say() {
        for address in [0, 0x1234, 0x2_0000_0001, CODE, CODE + 0x99] {
            assert_eq!(Place::at(address).map(Place::address), Some(address));
        }
        for nowhere in [2 << 62, 3 << 62, CODE | 1 << 32] {
            assert_eq!(Place::at(nowhere), None, "{nowhere:x}");
        }
    }
}
