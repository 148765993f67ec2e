//! The code buffer: instructions as they are emitted, patched and taken back.

use alloc::vec::Vec;

use crate::{
    bytecode::{Encoding, Form, Native},
    exec::{HANDLERS, Handler},
};

const WORD: usize = size_of::<usize>();
/// Words of the longest instruction.
const CELLS: usize = 1 + 16 / WORD;

/// Position of an instruction in the buffer, in words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Pc(pub(crate) u32);

impl Pc {
    /// Byte offset of the instruction.
    pub(crate) fn bytes(self) -> u32 {
        self.0 * WORD as u32
    }
}

/// The operand fields of one instruction, at the byte offsets the op table gives.
#[derive(Clone, Copy, Default)]
pub(crate) struct Operands([u8; 16]);

impl Operands {
    pub(crate) fn u16(mut self, at: usize, value: u32) -> Self {
        // Slots beyond u16 are refused when the function is finished, before its code can run.
        self.0[at..at + 2].copy_from_slice(&(value as u16).to_ne_bytes());
        self
    }

    pub(crate) fn u32(mut self, at: usize, value: u32) -> Self {
        self.0[at..at + 4].copy_from_slice(&value.to_ne_bytes());
        self
    }

    pub(crate) fn usize(mut self, at: usize, value: usize) -> Self {
        self.0[at..at + size_of::<usize>()].copy_from_slice(&value.to_ne_bytes());
        self
    }

    pub(crate) fn u64(mut self, at: usize, value: u64) -> Self {
        self.0[at..at + 8].copy_from_slice(&value.to_ne_bytes());
        self
    }
}

/// End of a chain of branch fields that wait for their target.
pub(crate) const NO_FIELD: u32 = u32::MAX;

#[derive(Default)]
pub(crate) struct Code {
    words: Vec<usize>,
    /// Wasm offset of each instruction, where recorded, in order.
    map: Vec<(Pc, u32)>,
    /// Keep that map, and write opcode numbers instead of handlers: for reading, not for running.
    recording: bool,
    offset: u32,
    /// The offset of what was last taken back.
    taken_back: u32,
}

impl Code {
    /// Empties the buffer. `record` keeps the wasm offset of each instruction and writes opcode numbers.
    pub(crate) fn begin(&mut self, record: bool) {
        self.words.clear();
        self.map.clear();
        self.recording = record;
    }

    /// Whether the code is to be read, not run.
    pub(crate) fn recording(&self) -> bool {
        self.recording
    }

    /// The wasm offset that instructions belong to from here on.
    pub(crate) fn set_offset(&mut self, offset: u32) {
        self.offset = offset;
    }

    pub(crate) fn pc(&self) -> Pc {
        Pc(self.words.len() as u32)
    }

    pub(crate) fn words(&self) -> &[usize] {
        &self.words
    }

    pub(crate) fn map(&self) -> &[(Pc, u32)] {
        &self.map
    }

    /// Appends raw words: what precedes a function's entry.
    pub(crate) fn pad(&mut self, bytes: usize) {
        self.words
            .extend(core::iter::repeat_n(0, bytes.div_ceil(WORD)));
    }

    /// Appends an instruction with 8 or 16 bytes of operands.
    pub(crate) fn emit(&mut self, opcode: u16, operands: Operands, bytes: usize) -> Pc {
        debug_assert!({
            let form = Native::op_of(opcode).map(|(op, form)| Form::of::<Native>(op, form));
            form.is_some_and(|form| form.operand_bytes() == bytes)
        });
        if self.words.capacity() - self.words.len() < CELLS || self.recording {
            return self.emit_rare(opcode, operands, bytes);
        }
        self.append(opcode, operands, bytes)
    }

    /// Appends an instruction with 24 bytes of operands, of which the last 16 are `wide`.
    pub(crate) fn emit_wide(&mut self, opcode: u16, operands: Operands, wide: u128) -> Pc {
        let pc = self.emit_rare(opcode, operands, 8);
        let bytes = wide.to_ne_bytes();
        let words = bytes.as_chunks().0.iter();
        self.words
            .extend(words.map(|word| usize::from_ne_bytes(*word)));
        pc
    }

    /// The same when there may be no room, or the offset is recorded: apart, so that the rest is short.
    #[cold]
    #[inline(never)]
    fn emit_rare(&mut self, opcode: u16, operands: Operands, bytes: usize) -> Pc {
        self.words.reserve(CELLS);
        if self.recording {
            self.map.push((self.pc(), self.offset));
        }
        self.append(opcode, operands, bytes)
    }

    #[inline(always)]
    fn append(&mut self, opcode: u16, operands: Operands, bytes: usize) -> Pc {
        let pc = self.pc();
        let mut cells = [0; CELLS];
        for (cell, bytes) in cells[1..].iter_mut().zip(operands.0.as_chunks().0) {
            *cell = usize::from_ne_bytes(*bytes);
        }
        // (Lengths that are known: no call to copy them.)
        match bytes {
            8 => self.words.extend_from_slice(&cells[..1 + 8 / WORD]),
            _ => self.words.extend_from_slice(&cells),
        }
        self.set_opcode(pc, opcode);
        pc
    }

    /// Appends `count` branch fields, all waiting, and returns the position of the first.
    pub(crate) fn emit_fields(&mut self, count: usize) -> u32 {
        let at = self.words.len() * WORD;
        self.words
            .extend(core::iter::repeat_n(0, (count * 4).div_ceil(WORD)));
        at as u32
    }

    /// Replaces the opcode of an instruction by another form of the same size.
    pub(crate) fn set_opcode(&mut self, pc: Pc, opcode: u16) {
        let cell = &mut self.words[pc.0 as usize];
        if self.recording {
            *cell = opcode as usize;
        } else {
            // Through a pointer, so that the cell holds a function pointer and not an integer made of one.
            // SAFETY: the cell is as large and aligned as a function pointer.
            unsafe {
                (&raw mut *cell)
                    .cast::<Handler>()
                    .write(HANDLERS[opcode as usize])
            };
        }
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        debug_assert!(at + bytes.len() <= self.words.len() * WORD);
        // SAFETY: the range is inside the buffer; any bytes are words.
        unsafe {
            let to = self.words.as_mut_ptr().cast::<u8>().add(at);
            to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
    }

    fn read_i32(&self, at: u32) -> i32 {
        debug_assert!(at as usize + 4 <= self.words.len() * WORD);
        // SAFETY: the range is inside the buffer.
        unsafe {
            self.words
                .as_ptr()
                .cast::<u8>()
                .add(at as usize)
                .cast::<i32>()
                .read_unaligned()
        }
    }

    /// Overwrites a u16 or u32 field of an instruction.
    pub(crate) fn patch_u16(&mut self, pc: Pc, at: usize, value: u32) {
        self.write(
            pc.bytes() as usize + WORD + at,
            &(value as u16).to_ne_bytes(),
        );
    }

    pub(crate) fn patch_u32(&mut self, pc: Pc, at: usize, value: u32) {
        self.write(pc.bytes() as usize + WORD + at, &value.to_ne_bytes());
    }

    /// Overwrites words that `pad` made.
    pub(crate) fn patch_pad(&mut self, value: usize) {
        self.write(0, &value.to_ne_bytes());
    }

    /// Position of a branch field of an instruction.
    pub(crate) fn field(pc: Pc, at: u8) -> u32 {
        pc.bytes() + WORD as u32 + at as u32
    }

    /// Makes a branch field point to `target`.
    pub(crate) fn resolve(&mut self, field: u32, target: Pc) {
        let distance = target.bytes() as i64 - field as i64;
        self.write(field as usize, &(distance as i32).to_ne_bytes());
    }

    /// Puts a branch field in front of a chain of waiting ones.
    pub(crate) fn chain(&mut self, field: u32, chain: &mut u32) {
        self.write(field as usize, &(*chain as i32).to_ne_bytes());
        *chain = field;
    }

    /// Resolves a chain of waiting fields.
    pub(crate) fn resolve_chain(&mut self, mut chain: u32, target: Pc) {
        while chain != NO_FIELD {
            let next = self.read_i32(chain) as u32;
            self.resolve(chain, target);
            chain = next;
        }
    }

    /// Takes back everything from `pc` on.
    pub(crate) fn truncate(&mut self, pc: Pc) {
        self.words.truncate(pc.0 as usize);
        while let Some((_, offset)) = self.map.pop_if(|&mut (at, _)| at >= pc) {
            self.taken_back = offset;
        }
    }

    /// What is emitted until the next operator belongs to what was just taken back: that is what may trap.
    pub(crate) fn keep_offset(&mut self) {
        self.offset = self.taken_back;
    }
}

/// Reads fields of symbolic code.
#[derive(Clone, Copy)]
pub(crate) struct Instruction<'c> {
    words: &'c [usize],
    pc: Pc,
}

impl<'c> Instruction<'c> {
    pub(crate) fn new(words: &'c [usize], pc: Pc) -> Self {
        Instruction { words, pc }
    }

    pub(crate) fn opcode(&self) -> u16 {
        self.words[self.pc.0 as usize] as u16
    }

    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        let start = self.pc.bytes() as usize + WORD + at;
        core::array::from_fn(|i| {
            let byte = start + i;
            self.words[byte / WORD].to_ne_bytes()[byte % WORD]
        })
    }

    pub(crate) fn u16(&self, at: u8) -> u16 {
        u16::from_ne_bytes(self.bytes(at as usize))
    }

    pub(crate) fn u32(&self, at: u8) -> u32 {
        u32::from_ne_bytes(self.bytes(at as usize))
    }

    pub(crate) fn u64(&self, at: u8) -> u64 {
        u64::from_ne_bytes(self.bytes(at as usize))
    }

    pub(crate) fn u128(&self, at: u8) -> u128 {
        u128::from_ne_bytes(self.bytes(at as usize))
    }

    /// Byte offset in the code that the branch field at `at` leads to.
    pub(crate) fn target(&self, at: usize) -> u32 {
        let field = self.pc.bytes() as i64 + (WORD + at) as i64;
        (field + i32::from_ne_bytes(self.bytes(at)) as i64) as u32
    }

    /// The targets of a `br_table`, the default last.
    pub(crate) fn targets(&self, count_at: u8) -> impl Iterator<Item = u32> + use<'c> {
        let this = *self;
        (0..=this.u32(count_at) as usize).map(move |i| this.target(8 + i * 4))
    }
}
