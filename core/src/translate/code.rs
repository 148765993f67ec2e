//! The code buffer: instructions as they are emitted, patched and taken back.
//!
//! The compact encoding names slots in 8 bits, and branches as far as 16 bits go. A function that has more of either
//! is translated again as a **large** one: what lies beyond is copied to and from a few slots in reach (named in 16
//! bits), and each branch leads over a stub to one of 32 bits.

use alloc::{boxed::Box, vec::Vec};

use super::notes::Notes;
use crate::bytecode::{CopyFrom, Encoding, Field, Form, Native, Op};
#[cfg(not(compact))]
use crate::exec::{HANDLERS, Handler};

/// Words of the longest instruction of the direct encoding without `emit_wide`.
#[cfg(not(compact))]
const CELLS: usize = 1 + 16 / size_of::<usize>();

/// Words behind code that can be read, whatever they are: see `exec::dispatch`.
pub(crate) const CODE_PADDING: usize = if Native::COMPACT { 1 } else { 0 };

/// Position of an instruction in the buffer, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Pc(pub(crate) u32);

impl Pc {
    /// Byte offset of the instruction.
    pub(crate) fn bytes(self) -> u32 {
        self.0
    }
}

/// The operand fields of one instruction, at the byte offsets the op table gives.
#[derive(Clone, Copy, Default)]
pub(crate) struct Operands([u8; 16]);

impl Operands {
    /// The first 16 bytes of these.
    #[cfg(not(compact))]
    pub(crate) fn of(fields: &[u8; 24]) -> Operands {
        let mut operands = Operands::default();
        operands.0.copy_from_slice(&fields[..16]);
        operands
    }

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

pub(crate) struct Code<E: Encoding> {
    words: Vec<E::Word>,
    /// Wasm offset of each instruction, where recorded, in order.
    map: Vec<(Pc, u32)>,
    /// Keep that map, and write opcode numbers instead of handlers: for reading, not for running.
    recording: bool,
    offset: u32,
    /// The offset of what was last taken back.
    taken_back: u32,
    /// A field did not fit the compact encoding.
    too_large: bool,
    /// An op of the compact encoding may read two slots where it has one.
    wide: bool,
    /// The function is large: the first of its `SCRATCH_SLOTS`.
    scratch: Option<u32>,
    /// It is not, and should be.
    outgrown: bool,
    /// What explains the code, where that is wanted.
    pub(super) notes: Option<Box<Notes>>,
}

/// Slots of a large function that stand for others: two for each operand of an instruction.
pub(crate) const SCRATCH_SLOTS: u32 = 10;
/// How many slots an instruction of the compact encoding can name.
pub(crate) const NEAR_SLOTS: u32 = 1 << 8;

impl<E: Encoding> Default for Code<E> {
    fn default() -> Self {
        Code {
            words: Vec::new(),
            map: Vec::new(),
            recording: false,
            offset: 0,
            taken_back: 0,
            too_large: false,
            wide: false,
            scratch: None,
            outgrown: false,
            notes: None,
        }
    }
}

impl<E: Encoding> Code<E> {
    const WORD: usize = size_of::<E::Word>();

    /// Empties the buffer. `record` keeps the wasm offset of each instruction and writes opcode numbers.
    /// A large function says where its scratch slots are.
    pub(crate) fn begin(&mut self, record: bool, scratch: Option<u32>) {
        self.words.clear();
        self.map.clear();
        self.recording = record;
        self.too_large = false;
        self.wide = false;
        self.scratch = scratch;
        self.outgrown = false;
        self.offset = 0;
        if E::EXPLAINS {
            self.notes = Some(Box::default());
        }
    }

    /// Whether the function must be translated again, as a large one.
    pub(crate) fn is_outgrown(&self) -> bool {
        self.outgrown
    }

    /// Whether branches have fields of 32 bits.
    pub(crate) fn has_far_branches(&self) -> bool {
        !E::COMPACT || self.scratch.is_some()
    }

    /// Bytes of a branch field.
    pub(crate) fn field_bytes(&self) -> u32 {
        if self.has_far_branches() { 4 } else { 2 }
    }

    /// Whether the code is to be read, not run.
    pub(crate) fn recording(&self) -> bool {
        self.recording
    }

    /// Whether a field does not fit the compact encoding: the code cannot run.
    pub(crate) fn is_too_large(&self) -> bool {
        self.too_large
    }

    /// Slots that the frame needs besides those that instructions name.
    pub(crate) fn spare_slots(&self) -> u32 {
        self.wide.into()
    }

    /// The wasm offset that instructions belong to from here on.
    pub(crate) fn set_offset(&mut self, offset: u32) {
        self.offset = offset;
    }

    pub(crate) fn pc(&self) -> Pc {
        Pc((self.words.len() * Self::WORD) as u32)
    }

    pub(crate) fn words(&self) -> &[E::Word] {
        &self.words
    }

    /// The code, to be kept.
    #[cfg(not(hash_maps))]
    pub(crate) fn into_words(self) -> Vec<E::Word> {
        self.words
    }

    /// Makes room for the code of a body of so many bytes, as much as it usually takes.
    #[cfg(not(hash_maps))]
    pub(crate) fn expect(&mut self, body_bytes: usize) {
        let bytes = if E::COMPACT {
            body_bytes * 3 / 2
        } else {
            body_bytes * 3
        };
        self.words
            .reserve_exact((E::ENTRY_BYTES + bytes) / Self::WORD + CODE_PADDING);
    }

    /// Makes room for so many words. Where it is scarce, the buffer does not grow by doubling, which would take three
    /// times the code in between.
    #[inline]
    fn reserve(&mut self, words: usize) {
        let free = self.words.capacity() - self.words.len();
        if cfg!(hash_maps) {
            self.words.reserve(words);
        } else if free < words {
            self.words.reserve_exact(words.max(self.words.len() / 8));
        }
    }

    pub(crate) fn map(&self) -> &[(Pc, u32)] {
        &self.map
    }

    /// Appends bytes of zero, in whole words.
    pub(crate) fn pad(&mut self, bytes: usize) {
        let words = bytes.div_ceil(Self::WORD);
        self.reserve(words);
        self.words
            .resize(self.words.len() + words, E::Word::default());
    }

    /// Appends an instruction with 8 or 16 bytes of operands in the direct encoding.
    pub(crate) fn emit(&mut self, opcode: u16, operands: Operands, bytes: usize) -> Pc {
        #[cfg(not(compact))]
        if !E::COMPACT {
            debug_assert!({
                let form = E::op_of(opcode).map(|(op, form)| Form::of::<E>(op, form));
                form.is_some_and(|form| form.operand_bytes::<E>() == bytes)
            });
            if self.words.capacity() - self.words.len() < CELLS || self.recording {
                return self.emit_rare(opcode, operands, bytes);
            }
            return self.append(opcode, operands, bytes);
        }
        let _ = bytes;
        self.emit_packed(opcode, operands, 0)
    }

    /// Appends an instruction with 24 bytes of operands, of which the last 16 are `wide`.
    pub(crate) fn emit_wide(&mut self, opcode: u16, operands: Operands, wide: u128) -> Pc {
        #[cfg(not(compact))]
        if !E::COMPACT {
            let pc = self.emit_rare(opcode, operands, 8);
            let at = self.pc().bytes() as usize;
            self.pad(16);
            self.write(at, &wide.to_ne_bytes());
            return pc;
        }
        self.emit_packed(opcode, operands, wide)
    }

    /// The same when there may be no room, or the offset is recorded: apart, so that the rest is short.
    #[cfg(not(compact))]
    #[cold]
    #[inline(never)]
    fn emit_rare(&mut self, opcode: u16, operands: Operands, bytes: usize) -> Pc {
        self.reserve(CELLS);
        self.record(opcode);
        self.append(opcode, operands, bytes)
    }

    fn record(&mut self, opcode: u16) {
        if self.recording {
            self.map.push((self.pc(), self.offset));
        }
        if E::EXPLAINS
            && let Some(notes) = &mut self.notes
        {
            notes.emitted::<E>(opcode);
        }
    }

    #[cfg(not(compact))]
    #[inline(always)]
    fn append(&mut self, opcode: u16, operands: Operands, bytes: usize) -> Pc {
        let pc = self.pc();
        // (Lengths that are known: no call to fill or copy them.)
        let cells = match bytes {
            8 => 1 + 8 / Self::WORD,
            _ => CELLS,
        };
        let len = self.words.len();
        debug_assert!(len + CELLS <= self.words.capacity());
        // SAFETY: the caller has reserved words for the longest instruction, and all that the new length takes
        // in are written here.
        unsafe {
            let to = self.words.as_mut_ptr().add(len + 1).cast::<u8>();
            to.copy_from_nonoverlapping(operands.0.as_ptr(), 16);
            self.words.as_mut_ptr().add(len).write(E::Word::default());
            self.words.set_len(len + cells);
        }
        self.set_opcode(pc, opcode);
        pc
    }

    /// Appends an instruction of the compact encoding.
    fn emit_packed(&mut self, opcode: u16, operands: Operands, wide: u128) -> Pc {
        let mut direct = [0; 24];
        direct[..16].copy_from_slice(&operands.0);
        if wide != 0 {
            direct[8..].copy_from_slice(&wide.to_ne_bytes());
        }
        let Some((op, form)) = E::op_of(opcode) else {
            return self.pc();
        };
        self.wide |= op.is_wide();
        let form = Form::in_places(E::PLACES, op, form);
        let mut behind = None;
        for (operand, one) in form.packed().enumerate() {
            let slots = match one.field {
                Field::Dst(_) => op.result_slots(),
                Field::DstPair(_) => 2,
                Field::Src(_) => 1 + u32::from(op.is_wide()),
                _ => continue,
            };
            let field = one.at..one.at + 2;
            let slot = native(&direct[field.clone()]) as u32;
            if slot + slots <= NEAR_SLOTS {
                continue;
            }
            let Some(scratch) = self.scratch else {
                self.outgrown = true;
                continue;
            };
            let near = scratch + 2 * operand as u32;
            match one.field {
                Field::Src(_) => self.copy_far(near, slot, slots),
                _ => behind = Some((slot, near, slots)),
            }
            direct[field].copy_from_slice(&(near as u16).to_ne_bytes());
        }
        self.record(opcode);
        let pc = self.pc();
        self.append_packed(opcode, &form, &direct);
        if let Some((to, from, slots)) = behind {
            self.copy_far(to, from, slots);
        }
        pc
    }

    /// Emits a copy between slots of which one is out of reach; false if they are not, or what is copied is no slot.
    pub(crate) fn copies_far(&mut self, from: CopyFrom, fields: Operands) -> bool {
        let slot = |at: usize| native(&fields.0[at..at + 2]) as u32;
        let far = from == CopyFrom::Slot && slot(0).max(slot(2)) >= NEAR_SLOTS;
        if far && self.scratch.is_some() {
            self.copy_far(slot(0), slot(2), 1);
            return true;
        }
        false
    }

    /// Copies slots that are named in 16 bits.
    pub(crate) fn copy_far(&mut self, to: u32, from: u32, slots: u32) {
        let copies = E::PLACES.copies;
        let number = copies.iter().position(|copy| *copy == CopyFrom::Far);
        let number = number.unwrap_or(0) as u16;
        let form = Form::in_places(E::PLACES, Op::Copy, number);
        for i in 0..slots {
            let mut fields = [0; 24];
            fields[..2].copy_from_slice(&((to + i) as u16).to_ne_bytes());
            fields[2..4].copy_from_slice(&((from + i) as u16).to_ne_bytes());
            self.record(Op::Copy.base::<E>() + number);
            self.append_packed(Op::Copy.base::<E>() + number, &form, &fields);
        }
    }

    /// Appends an opcode and these fields of the direct encoding as the compact one has them.
    fn append_packed(&mut self, opcode: u16, form: &Form, direct: &[u8; 24]) {
        self.reserve(1);
        self.words.push(E::symbol(opcode));
        let mut packed = [0; 32];
        let mut end = 0;
        for one in form.packed() {
            let (at, width) = (one.field.at(), one.field.width(true));
            let from = native(&direct[one.at..one.at + one.width]);
            let fits = match one.field {
                Field::Imm(_) => from as u32 as i32 as i16 as i32 == from as u32 as i32,
                // Slots were looked at; constants were chosen, and branches have no target yet.
                _ if width % 2 == 1 => true,
                Field::Rel(_) => true,
                _ => width == one.width || from <= u16::MAX.into(),
            };
            self.too_large |= !fits;
            packed[at..at + width].copy_from_slice(&from.to_le_bytes()[..width]);
            end = at + width;
        }
        let at = self.pc().bytes() as usize;
        self.pad(end);
        self.write(at, &packed[..end]);
    }

    /// Appends `count` branch fields, all waiting, and returns the position of the first.
    pub(crate) fn emit_fields(&mut self, count: usize) -> u32 {
        let at = self.pc().bytes();
        self.pad(count * self.field_bytes() as usize);
        at
    }

    fn opcode(&self, pc: Pc) -> u16 {
        E::opcode_of(self.words[pc.0 as usize / Self::WORD])
    }

    /// Replaces the opcode of an instruction by another form of the same size.
    pub(crate) fn set_opcode(&mut self, pc: Pc, opcode: u16) {
        let cell = &mut self.words[pc.0 as usize / Self::WORD];
        #[cfg(not(compact))]
        if !E::COMPACT && !self.recording {
            // Through a pointer, so that the cell holds a function pointer and not an integer made of one.
            // SAFETY: the direct encoding's words are as large and aligned as a function pointer.
            unsafe {
                (&raw mut *cell)
                    .cast::<Handler>()
                    .write(HANDLERS[opcode as usize])
            };
            return;
        }
        *cell = E::symbol(opcode);
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        debug_assert!(at + bytes.len() <= self.words.len() * Self::WORD);
        // SAFETY: the range is inside the buffer; any bytes are words.
        unsafe {
            let to = self.words.as_mut_ptr().cast::<u8>().add(at);
            to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
    }

    fn write_i32(&mut self, at: u32, value: i32) {
        self.write(at as usize, &ordered::<E, 4>(value.to_ne_bytes()));
    }

    fn read<const N: usize>(&self, at: u32) -> [u8; N] {
        assert!(at as usize + N <= self.words.len() * Self::WORD);
        // SAFETY: the range is inside the buffer.
        let bytes = unsafe {
            self.words
                .as_ptr()
                .cast::<u8>()
                .add(at as usize)
                .cast::<[u8; N]>()
                .read()
        };
        ordered::<E, N>(bytes)
    }

    /// Writes a distance of whole words in 16 bits; they may not suffice.
    fn write_words(&mut self, at: u32, bytes: i64) {
        let words = i16::try_from(bytes / 2);
        self.outgrown |= words.is_err();
        let words = words.unwrap_or(0);
        self.write(at as usize, &ordered::<E, 2>(words.to_ne_bytes()));
    }

    /// Position of the field of an instruction that the op table has at `at`.
    fn place(&self, pc: Pc, at: usize) -> u32 {
        let at = if E::COMPACT {
            let op = E::op_of(self.opcode(pc));
            let place = op.and_then(|(op, form)| {
                let mut packed = Form::in_places(E::PLACES, op, form).packed();
                packed.find(|packed| packed.at == at)
            });
            debug_assert!(place.is_some(), "no field at {at}");
            place.map_or(0, |packed| packed.field.at())
        } else {
            at
        };
        pc.bytes() + (E::OPCODE_BYTES + at) as u32
    }

    /// Overwrites the slot that an instruction writes, the last one.
    pub(crate) fn patch_slot(&mut self, pc: Pc, slot: u32) {
        let at = pc.bytes() as usize + E::OPCODE_BYTES;
        if !E::COMPACT {
            return self.write(at, &(slot as u16).to_ne_bytes());
        }
        let Some((op, form)) = E::op_of(self.opcode(pc)) else {
            return;
        };
        let slots = op.result_slots();
        let fits = slot + slots <= NEAR_SLOTS;
        let near = match self.scratch {
            Some(scratch) if !fits => scratch,
            _ => slot,
        };
        self.outgrown |= near + slots > NEAR_SLOTS;
        self.write(at, &[near as u8]);
        if self.scratch.is_some() {
            // Another copy may have been behind it.
            let len = E::OPCODE_BYTES + Form::of::<E>(op, form).operand_bytes::<E>();
            self.cut(Pc(pc.bytes() + len as u32));
            if near != slot {
                self.copy_far(slot, near, slots);
            }
        }
    }

    /// Overwrites a field of 32 bits in both encodings.
    pub(crate) fn patch_u32(&mut self, pc: Pc, at: usize, value: u32) {
        self.write_i32(self.place(pc, at), value as i32);
    }

    /// Overwrites what `pad` made in front of the first instruction: the slots of the frame.
    pub(crate) fn patch_entry(&mut self, slots: u32) {
        if E::COMPACT {
            self.write(0, &(slots as u16).to_le_bytes());
        } else {
            self.write(0, &(slots as usize * 8).to_ne_bytes());
        }
    }

    /// Position of a branch field of an instruction, the last one.
    pub(crate) fn field(&mut self, pc: Pc, at: u8) -> u32 {
        let near = self.place(pc, at.into());
        if !E::COMPACT || self.scratch.is_none() {
            return near;
        }
        // It leads to a branch of 32 bits, and the way on leads around that.
        let over = if self.opcode(pc) == Op::Br.base::<E>() {
            self.cut(pc);
            None
        } else {
            Some(self.emit_packed(Op::Br.base::<E>(), Operands::default(), 0))
        };
        let far = self.emit_packed(Op::Br.base::<E>() + 1, Operands::default(), 0);
        if let Some(over) = over {
            self.write_words(near, i64::from(far.bytes()) - i64::from(near));
            let over = self.place(over, at.into());
            self.write_words(over, i64::from(self.pc().bytes()) - i64::from(over));
        }
        self.place(far, at.into())
    }

    /// Makes a branch field point to `target`.
    pub(crate) fn resolve(&mut self, field: u32, target: Pc) {
        let distance = i64::from(target.bytes()) - i64::from(field);
        match self.has_far_branches() {
            true => self.write_i32(field, distance as i32),
            false => self.write_words(field, distance),
        }
    }

    /// Puts a branch field in front of a chain of waiting ones.
    pub(crate) fn chain(&mut self, field: u32, chain: &mut u32) {
        // In 16 bits as a distance; the last one has none.
        match self.has_far_branches() {
            true => self.write_i32(field, *chain as i32),
            false if *chain == NO_FIELD => self.write_words(field, 0),
            false => self.write_words(field, i64::from(*chain) - i64::from(field)),
        }
        *chain = field;
    }

    /// Resolves a chain of waiting fields.
    pub(crate) fn resolve_chain(&mut self, mut chain: u32, target: Pc) {
        while chain != NO_FIELD {
            let next = if self.has_far_branches() {
                u32::from_ne_bytes(self.read(chain))
            } else {
                match i16::from_ne_bytes(self.read(chain)) {
                    0 => NO_FIELD,
                    words => chain.wrapping_add_signed(i32::from(words) * 2),
                }
            };
            self.resolve(chain, target);
            chain = next;
        }
    }

    /// Takes back everything from `pc` on, which becomes part of what is emitted next.
    pub(crate) fn truncate(&mut self, pc: Pc) {
        if E::EXPLAINS {
            let first = self.map.partition_point(|(at, _)| *at < pc);
            if let Some(notes) = &mut self.notes {
                notes.take_back(first);
            }
        }
        self.cut(pc);
    }

    /// The step that the instruction at `pc` is of.
    pub(super) fn step_of(&self, pc: Pc) -> usize {
        let instruction = self.map.partition_point(|(at, _)| *at < pc);
        let notes = self.notes.as_ref();
        notes.map_or(0, |notes| notes.step_of(instruction))
    }

    /// The current operator changes the instruction at `pc`.
    pub(super) fn claim(&mut self, pc: Pc) {
        if E::EXPLAINS {
            let instruction = self.map.partition_point(|(at, _)| *at < pc);
            if let Some(notes) = &mut self.notes {
                notes.claim(instruction);
            }
        }
    }

    /// Removes everything from `pc` on.
    fn cut(&mut self, pc: Pc) {
        self.words.truncate(pc.0 as usize / Self::WORD);
        while let Some((_, offset)) = self.map.pop_if(|&mut (at, _)| at >= pc) {
            self.taken_back = offset;
        }
        if E::EXPLAINS
            && let Some(notes) = &mut self.notes
        {
            notes.cut(self.map.len());
        }
    }

    /// What is emitted until the next operator belongs to what was just taken back: that is what may trap.
    pub(crate) fn keep_offset(&mut self) {
        self.offset = self.taken_back;
    }
}

/// A field of up to 16 bytes in native byte order.
fn native(bytes: &[u8]) -> u128 {
    let mut all = [0; 16];
    if cfg!(target_endian = "little") {
        all[..bytes.len()].copy_from_slice(bytes);
    } else {
        all[16 - bytes.len()..].copy_from_slice(bytes);
    }
    u128::from_ne_bytes(all)
}

/// Bytes in native order as the encoding has them, or the other way round.
fn ordered<E: Encoding, const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    if E::COMPACT && cfg!(target_endian = "big") {
        bytes.reverse();
    }
    bytes
}

/// Bytes of a branch field.
fn target_bytes<E: Encoding>(far: bool) -> usize {
    if E::COMPACT && !far { 2 } else { 4 }
}

/// Reads fields of symbolic code.
pub(crate) struct Instruction<'c, E: Encoding> {
    words: &'c [E::Word],
    pc: Pc,
}

impl<E: Encoding> Clone for Instruction<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E: Encoding> Copy for Instruction<'_, E> {}

impl<'c, E: Encoding> Instruction<'c, E> {
    pub(crate) fn new(words: &'c [E::Word], pc: Pc) -> Self {
        Instruction { words, pc }
    }

    pub(crate) fn opcode(&self) -> u16 {
        E::opcode_of(self.words[self.pc.0 as usize / size_of::<E::Word>()])
    }

    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        let start = self.pc.bytes() as usize + E::OPCODE_BYTES + at;
        assert!(start + N <= size_of_val(self.words), "a field in the code");
        // SAFETY: just checked; words are initialized bytes.
        let bytes = unsafe {
            self.words
                .as_ptr()
                .cast::<u8>()
                .add(start)
                .cast::<[u8; N]>()
                .read()
        };
        ordered::<E, N>(bytes)
    }

    pub(crate) fn u16(&self, at: u8) -> u16 {
        u16::from_ne_bytes(self.bytes(at as usize))
    }

    pub(crate) fn u32(&self, at: u8) -> u32 {
        u32::from_ne_bytes(self.bytes(at as usize))
    }

    /// The number of a slot, which the compact encoding has in 8 bits.
    pub(crate) fn slot(&self, at: u8) -> u16 {
        if E::COMPACT {
            u8::from_ne_bytes(self.bytes(at as usize)).into()
        } else {
            self.u16(at)
        }
    }

    /// The same of a small constant.
    pub(crate) fn small(&self, at: u8) -> i16 {
        if E::COMPACT {
            i8::from_ne_bytes(self.bytes(at as usize)).into()
        } else {
            self.u16(at) as i16
        }
    }

    /// The same of one that the compact encoding has in 24 bits.
    pub(crate) fn middle(&self, at: u8) -> i32 {
        if E::COMPACT {
            let [low, middle, high] = self.bytes(at as usize);
            i32::from_le_bytes([0, low, middle, high]) >> 8
        } else {
            self.u32(at) as i32
        }
    }

    /// An index, offset or count, which the compact encoding has in 16 bits.
    pub(crate) fn index(&self, at: u8) -> u32 {
        if E::COMPACT {
            self.u16(at).into()
        } else {
            self.u32(at)
        }
    }

    /// The same of a constant.
    pub(crate) fn imm(&self, at: u8) -> i32 {
        if E::COMPACT {
            (self.u16(at) as i16).into()
        } else {
            self.u32(at) as i32
        }
    }

    pub(crate) fn u64(&self, at: u8) -> u64 {
        u64::from_ne_bytes(self.bytes(at as usize))
    }

    pub(crate) fn u128(&self, at: u8) -> u128 {
        u128::from_ne_bytes(self.bytes(at as usize))
    }

    /// Byte offset in the code that the branch field at `at` leads to; `far` ones have 32 bits in every encoding.
    pub(crate) fn target(&self, at: usize, far: bool) -> u32 {
        let field = self.pc.bytes() as i64 + (E::OPCODE_BYTES + at) as i64;
        let distance = if E::COMPACT && !far {
            i64::from(i16::from_ne_bytes(self.bytes(at))) * 2
        } else {
            i32::from_ne_bytes(self.bytes(at)) as i64
        };
        (field + distance) as u32
    }

    /// The targets of a `br_table`, the default last.
    pub(crate) fn targets(
        &self,
        count_at: u8,
        far: bool,
    ) -> impl Iterator<Item = u32> + use<'c, E> {
        let this = *self;
        let first = if E::COMPACT {
            usize::from(count_at) + 4
        } else {
            8
        };
        let bytes = target_bytes::<E>(far);
        (0..=this.u32(count_at) as usize).map(move |i| this.target(first + i * bytes, far))
    }

    /// Bytes of the whole instruction.
    pub(crate) fn len(&self, op: Op, form: &Form) -> u32 {
        let mut bytes = E::OPCODE_BYTES + form.operand_bytes::<E>();
        if op == Op::BrTable {
            match form.fields().last() {
                Some(Field::Targets(at)) => {
                    bytes += (self.u32(at) as usize + 1) * target_bytes::<E>(false)
                }
                Some(Field::FarTargets(at)) => bytes += (self.u32(at) as usize + 1) * 4,
                _ => {}
            }
        }
        bytes.next_multiple_of(size_of::<E::Word>()) as u32
    }
}
