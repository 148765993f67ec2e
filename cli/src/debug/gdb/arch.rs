//! WebAssembly as an architecture: a program counter is all its registers.

use std::num::NonZeroUsize;

use gdbstub::arch::{
    Arch, RegId, Registers,
    lldb::{Encoding, Format, Generic, Register, RegisterInfo},
};

/// The architecture.
pub enum Wasm {}

/// Its registers.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Pc(pub u64);

/// The only register.
#[derive(Debug)]
pub struct PcId;

impl Arch for Wasm {
    type Usize = u64;
    type Registers = Pc;
    type BreakpointKind = usize;
    type RegId = PcId;

    fn lldb_register_info(id: usize) -> Option<RegisterInfo<'static>> {
        if id != 0 {
            return Some(RegisterInfo::Done);
        }
        Some(RegisterInfo::Register(Register {
            name: "pc",
            alt_name: None,
            bitsize: 64,
            offset: 0,
            encoding: Encoding::Uint,
            format: Format::Hex,
            set: "General Purpose Registers",
            gcc: Some(0),
            dwarf: Some(0),
            generic: Some(Generic::Pc),
            container_regs: None,
            invalidate_regs: None,
        }))
    }
}

impl Registers for Pc {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.0
    }

    fn gdb_serialize(&self, write: impl FnMut(Option<u8>)) {
        self.0.to_le_bytes().map(Some).into_iter().for_each(write);
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        self.0 = u64::from_le_bytes(bytes.try_into().map_err(|_| ())?);
        Ok(())
    }
}

impl RegId for PcId {
    fn from_raw_id(id: usize) -> Option<(PcId, Option<NonZeroUsize>)> {
        (id == 0).then_some((PcId, NonZeroUsize::new(8)))
    }

    fn to_raw_id(&self) -> Option<usize> {
        Some(0)
    }
}
