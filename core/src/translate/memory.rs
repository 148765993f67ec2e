//! Loads and stores.

use wasmparser::{MemArg, MemArgTarget};

use super::{
    code::Operands,
    func::{FuncTranslator, fits_small},
    fuse::{Last, Loaded, What, existing},
    stack::{Loc, Operand},
};
use crate::bytecode::{Bank, Encoding, Op, Place, Shape, Ty};

/// The memory that an access is to. (Accesses to arrays are not among the enabled features.)
fn memory_of(memarg: &MemArg) -> u32 {
    match memarg.target {
        MemArgTarget::Memory(index) | MemArgTarget::Array(index) => index,
    }
}

/// The address of an access to memory 0, as far as it is folded into the access.
#[derive(Clone, Copy)]
pub(crate) enum Address {
    Constant {
        offset: u32,
    },
    Base {
        base: Loc,
        offset: u32,
    },
    /// x + y, wrapping at 32 bits, then the offset, which has 16.
    Sum {
        x: Loc,
        y: Loc,
        offset: u32,
    },
}

impl Address {
    fn uses_acc(self) -> bool {
        matches!(
            self,
            Address::Base { base: Loc::Acc, .. }
                | Address::Sum { x: Loc::Acc, .. }
                | Address::Sum { y: Loc::Acc, .. }
        )
    }

    /// Number of the address form, its fields, and the bytes of all fields.
    fn encode<E: Encoding>(self) -> (u16, Operands, usize) {
        let operands = Operands::default();
        let base_form = |place| existing(E::PLACES.int.values.find(place));
        match self {
            Address::Constant { offset } => (base_form(Place::Imm), operands.u32(4, offset), 8),
            Address::Base { base, offset } => (
                base_form(base.place()),
                operands.u16(2, base.field16()).u32(4, offset),
                8,
            ),
            Address::Sum { x, y, offset } => {
                let operands = operands.u16(2, x.field16()).u16(6, offset);
                let y_place = sum_place::<E>(y);
                let (operands, bytes) = match y {
                    Loc::Imm(bits) if y_place == Place::Wide => (operands.u32(8, bits as u32), 16),
                    y => (operands.u16(4, y.field16()), 8),
                };
                let sum = existing(E::PLACES.sums.find(x.place(), y_place));
                (E::PLACES.int.values.len() + sum, operands, bytes)
            }
        }
    }
}

/// The place of the second addend of an address: constants have 16 bits or are wide.
fn sum_place<E: Encoding>(y: Loc) -> Place {
    match y {
        Loc::Imm(bits) if fits_small::<E>(bits, Ty::I32).is_none() => Place::Wide,
        y => y.place(),
    }
}

impl<E: Encoding> FuncTranslator<'_, E> {
    /// Whether accesses go through the instruction's registers: a 32-bit memory 0.
    pub(crate) fn is_near(&self, memory: u32) -> bool {
        memory == 0 && !self.module.is_memory_64(0)
    }

    /// Pops an address and folds into it what the access can compute: a constant, or a sum that has
    /// just been made.
    pub(crate) fn pop_address(&mut self, offset: u32) -> Address {
        if let Some(last) = self.fresh()
            && let What::Binary {
                op: Op::I32Add,
                a: x,
                b: y,
                ..
            } = last.what
            && offset <= u16::MAX as u32
            && E::PLACES.sums.find(x.place(), sum_place::<E>(y)).is_some()
        {
            self.take_back();
            return Address::Sum { x, y, offset };
        }
        let (loc, operand) = self.pop();
        match loc {
            Loc::Imm(bits) => match (bits as u32).checked_add(offset) {
                Some(offset) if offset <= E::MAX_OFFSET => Address::Constant { offset },
                Some(address) => Address::Base {
                    base: Loc::slot(self.in_slot(Loc::Imm(address.into()), operand)),
                    offset: 0,
                },
                _ => Address::Base {
                    base: Loc::slot(self.in_slot(loc, operand)),
                    offset,
                },
            },
            base => Address::Base { base, offset },
        }
    }

    /// Whether the access of an offset to the memory is far: not through the instruction's registers, or at an offset
    /// that has no room there. (A constant `address` takes any into it.)
    fn is_far(&self, memory: u32, offset: u64, address: &Operand) -> bool {
        let takes = match address.at {
            Loc::Imm(bits) => u64::from(bits as u32) + offset <= u32::MAX.into(),
            _ => false,
        };
        !self.is_near(memory) || offset > E::MAX_OFFSET.into() && !takes
    }

    pub(crate) fn load(&mut self, op: Op, memarg: &MemArg) {
        let Shape::Load { result } = *op.shape() else {
            return;
        };
        let memory = memory_of(memarg);
        let address = self.stack.get(self.stack.len() - 1);
        if self.is_far(memory, memarg.offset, &address) {
            let address = self.pop_slot();
            let home = self.stack.top();
            let operands = Operands::default()
                .u16(0, home)
                .u16(2, address)
                .u16(4, memory)
                .u64(8, memarg.offset);
            let far = E::PLACES.addresses() * E::sets(result).dests;
            self.code.emit(op.base::<E>() + far, operands, 16);
            self.stack.push_home(result);
            self.producer = None;
            return;
        }
        // Validation: the offset of a 32-bit memory has 32 bits.
        let offset = memarg.offset as u32;
        if !self.load_scaled(op, result, offset) {
            let address = self.pop_address(offset);
            self.emit_load(op, result, address);
        }
    }

    pub(crate) fn emit_load(&mut self, op: Op, result: Ty, address: Address) {
        let (form, operands, bytes) = address.encode::<E>();
        let bank = result.bank();
        self.evict(bank);
        let acc = self.stack.acc[bank as usize];
        let opcode = op.base::<E>() + form * E::sets(result).dests;
        let pc = self.produce(opcode, result, operands, bytes);
        self.last = match address {
            Address::Base { base, offset } if offset <= u16::MAX as u32 => Some(Last {
                pc,
                end: self.code.pc(),
                bank,
                acc,
                what: What::Load(Loaded {
                    pc,
                    op,
                    base,
                    offset,
                    acc,
                }),
            }),
            _ => None,
        };
    }

    pub(crate) fn store(&mut self, op: Op, memarg: &MemArg) {
        let Shape::Store { value: ty } = *op.shape() else {
            return;
        };
        let memory = memory_of(memarg);
        let address = self.stack.get(self.stack.len() - 2);
        if self.is_far(memory, memarg.offset, &address) {
            let value = self.pop_slot();
            let address = self.pop_slot();
            let operands = Operands::default()
                .u16(0, value)
                .u16(2, address)
                .u16(4, memory)
                .u64(8, memarg.offset);
            let far = E::PLACES.addresses() * E::sets(ty).values.len();
            self.code.emit(op.base::<E>() + far, operands, 16);
            return;
        }
        if self.chain_store(op, ty, memarg.offset) {
            return;
        }
        let operand = self.stack.pop();
        // A constant that needs a slot comes before the address is looked at: it is an op of its own.
        let wide = match operand.at {
            Loc::Imm(bits)
                if fits_small::<E>(bits, ty).is_none()
                    || E::sets(ty).values.find(Place::Imm).is_none() =>
            {
                Some(self.in_slot(Loc::Imm(bits), operand))
            }
            _ => None,
        };
        let address = self.pop_address(memarg.offset as u32);
        // Only now: folding may have changed what the accumulators hold.
        let mut value = wide.map_or_else(|| self.loc(&operand), Loc::slot);
        if value == Loc::Acc && address.uses_acc() && ty.bank() == Bank::Int {
            // One accumulator, so both stand for the local that it mirrors.
            value = operand.at;
        }
        let (form, operands, bytes) = address.encode::<E>();
        let values = &E::sets(ty).values;
        self.code.emit(
            op.base::<E>() + form * values.len() + existing(values.find(value.place())),
            operands.u16(0, value.field16()),
            bytes,
        );
    }
}

#[cfg(feature = "threads")]
impl<E: Encoding> FuncTranslator<'_, E> {
    /// An atomic access: slots of address and inputs, result at home.
    pub(crate) fn atomic(&mut self, op: Op, memarg: &MemArg) {
        let Shape::Atomic { inputs, result, .. } = *op.shape() else {
            return;
        };
        let second = if inputs == 2 { self.pop_slot() } else { 0 };
        let first = if inputs > 0 { self.pop_slot() } else { 0 };
        let address = self.pop_slot();
        let operands = Operands::default()
            .u16(2, address)
            .u16(4, memory_of(memarg));
        let operands = match result {
            Some(_) => operands.u16(0, self.stack.top()).u16(6, first),
            None => operands.u16(0, first),
        };
        if inputs == 2 {
            let wide = u128::from(memarg.offset) | u128::from(second) << 64;
            self.code.emit_wide(op.base::<E>(), operands, native(wide));
        } else {
            self.code
                .emit(op.base::<E>(), operands.u64(8, memarg.offset), 16);
        }
        if let Some(result) = result {
            self.stack.push_home(result);
        }
        self.producer = None;
    }

    pub(crate) fn wait(&mut self, op: Op, memarg: &MemArg) {
        let timeout = self.pop_slot();
        let expected = self.pop_slot();
        let address = self.pop_slot();
        let operands = Operands::default()
            .u16(0, self.stack.top())
            .u16(2, address)
            .u16(4, memory_of(memarg))
            .u16(6, expected);
        let wide = u128::from(memarg.offset) | u128::from(timeout) << 64;
        self.code.emit_wide(op.base::<E>(), operands, native(wide));
        self.stack.push_home(Ty::I32);
        self.producer = None;
    }

    pub(crate) fn notify(&mut self, memarg: &MemArg) {
        // How many to wake at most does not matter: none waits.
        self.pop_slot();
        let address = self.pop_slot();
        let operands = Operands::default()
            .u16(0, self.stack.top())
            .u16(2, address)
            .u16(4, memory_of(memarg))
            .u64(8, memarg.offset);
        self.code
            .emit(Op::MemoryAtomicNotify.base::<E>(), operands, 16);
        self.stack.push_home(Ty::I32);
        self.producer = None;
    }
}

/// An offset of 8 bytes and a slot of 2, as they lie behind an instruction's first fields.
#[cfg(feature = "threads")]
fn native(fields: u128) -> u128 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(fields as u64).to_ne_bytes());
    bytes[8..10].copy_from_slice(&((fields >> 64) as u16).to_ne_bytes());
    u128::from_ne_bytes(bytes)
}
