//! Where the value of a variable is.

use std::fmt;

use gimli::{AttributeValue, EvaluationResult, Expression, UnitOffset};

use super::{Source, scopes::Variable, units::Reader};

/// What a frame of the machine has. Numbers are as wide as they come: i32 and f32 in the lower half.
pub trait Machine {
    /// A local of the frame, by its index.
    fn local(&self, index: u32) -> Option<u64>;
    /// A global of the frame's instance, by its index.
    fn global(&self, index: u32) -> Option<u64>;
    /// A value on the operand stack of the frame; 0 is the lowest.
    fn operand(&self, index: u32) -> Option<u64>;
    /// Bytes of the instance's first memory; none unless all of them are inside.
    fn memory(&self, address: u64, length: usize) -> Option<Vec<u8>>;
}

/// Why there is no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// The compiler left it nowhere.
    OptimizedOut,
    /// The machine does not have what it would be made from: an address outside of memory, for example.
    Unreadable,
    /// Debug information says nothing of it that we understand.
    Unknown,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Missing::OptimizedOut => "<optimized out>",
            Missing::Unreadable => "<unreadable>",
            Missing::Unknown => "<unknown>",
        })
    }
}

/// What a value consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Contents {
    /// Bytes of memory.
    Memory(u64),
    /// Bytes that are nowhere in memory; those that are known. Integers start with the lowest.
    Bytes(Vec<Option<u8>>),
}

/// Expressions do not loop in practice.
const STEPS: u32 = 10_000;

/// Larger values are in memory.
const LARGEST: u64 = 4096;

impl<'m> Source<'m> {
    /// Where a variable is.
    pub(super) fn contents(
        &self,
        variable: &Variable,
        machine: &dyn Machine,
    ) -> Result<Contents, Missing> {
        let unit = variable.entry.unit;
        let entry = self.units.entry(variable.entry).ok_or(Missing::Unknown)?;
        if let Some((_, value)) = self.units.inherited(unit, &entry, gimli::DW_AT_const_value) {
            return constant(value).ok_or(Missing::Unknown);
        }
        let (unit, location) = self
            .units
            .inherited(unit, &entry, gimli::DW_AT_location)
            .ok_or(Missing::OptimizedOut)?;
        let expression = self.expression(unit, location, variable.address)?;
        let base = variable
            .function
            .map(|function| (function, variable.address));
        self.evaluate(unit, expression, base, machine)
    }

    /// The expression of a location that holds at an address.
    fn expression(
        &self,
        unit: usize,
        location: AttributeValue<Reader<'m>>,
        address: u64,
    ) -> Result<Expression<Reader<'m>>, Missing> {
        if let AttributeValue::Exprloc(expression) = location {
            return Ok(expression);
        }
        let lists = self.units.unit(unit).attr_locations(location);
        let mut list = lists.ok().flatten().ok_or(Missing::Unknown)?;
        while let Ok(Some(entry)) = list.next() {
            if entry.range.begin <= address && address < entry.range.end {
                return Ok(entry.data);
            }
        }
        Err(Missing::OptimizedOut)
    }

    fn evaluate(
        &self,
        unit: usize,
        expression: Expression<Reader<'m>>,
        function: Option<(UnitOffset, u64)>,
        machine: &dyn Machine,
    ) -> Result<Contents, Missing> {
        if expression.0.is_empty() {
            return Err(Missing::OptimizedOut);
        }
        let encoding = self.units.unit(unit).encoding();
        let generic = |value: Option<u64>| {
            let value = value.ok_or(Missing::Unreadable)?;
            Ok(gimli::Value::Generic(value))
        };
        // A local, global or operand alone is the variable itself.
        let mut operations = expression.operations(encoding);
        let first = operations.next().ok().flatten();
        if let (Some(first), Ok(None)) = (first, operations.next()) {
            let value = match first {
                gimli::Operation::WasmLocal { index } => Some(machine.local(index)),
                gimli::Operation::WasmGlobal { index } => Some(machine.global(index)),
                gimli::Operation::WasmStack { index } => {
                    Some(Some(machine.operand(index).ok_or(Missing::OptimizedOut)?))
                }
                _ => None,
            };
            if let Some(value) = value {
                return Ok(number(value.ok_or(Missing::Unreadable)?));
            }
        }
        let mut operand_pieces = operand_pieces(&expression, encoding).into_iter();
        // Pieces that are made from operands which are not there.
        let mut lost = Vec::new();
        let mut evaluation = expression.evaluation(encoding);
        evaluation.set_max_iterations(STEPS);
        let mut state = evaluation.evaluate();
        loop {
            state = match state.map_err(|_| Missing::Unknown)? {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresWasmLocal { index } => {
                    evaluation.resume_with_wasm_value(generic(machine.local(index))?)
                }
                EvaluationResult::RequiresWasmGlobal { index } => {
                    evaluation.resume_with_wasm_value(generic(machine.global(index))?)
                }
                EvaluationResult::RequiresWasmStack { index } => {
                    let piece = operand_pieces.next();
                    let value = machine.operand(index);
                    if value.is_none() {
                        lost.extend(piece);
                    }
                    evaluation.resume_with_wasm_value(gimli::Value::Generic(value.unwrap_or(0)))
                }
                EvaluationResult::RequiresMemory { address, size, .. } => {
                    let bytes = machine.memory(address, size.min(8).into());
                    evaluation.resume_with_memory(generic(bytes.map(|bytes| little(&bytes)))?)
                }
                EvaluationResult::RequiresFrameBase => {
                    let (function, address) = function.ok_or(Missing::Unknown)?;
                    let base = self.frame_base(unit, function, address, machine)?;
                    evaluation.resume_with_frame_base(base)
                }
                // Addresses of memory are what they are: only code has others.
                EvaluationResult::RequiresRelocatedAddress(address) => {
                    evaluation.resume_with_relocated_address(address)
                }
                EvaluationResult::RequiresIndexedAddress { index, .. } => {
                    let address = self.units.unit(unit).address(index);
                    evaluation.resume_with_indexed_address(address.map_err(|_| Missing::Unknown)?)
                }
                EvaluationResult::RequiresEntryValue(_) => return Err(Missing::OptimizedOut),
                _ => return Err(Missing::Unknown),
            };
        }
        gather(evaluation.result(), &lost, machine)
    }

    /// The address that a function's variables are counted from.
    fn frame_base(
        &self,
        unit: usize,
        function: UnitOffset,
        address: u64,
        machine: &dyn Machine,
    ) -> Result<u64, Missing> {
        let entry = self.units.unit(unit).entry(function);
        let location = entry.map_err(|_| Missing::Unknown)?;
        let location = location
            .attr_value(gimli::DW_AT_frame_base)
            .ok_or(Missing::Unknown)?;
        let expression = self.expression(unit, location, address)?;
        match self.evaluate(unit, expression, None, machine)? {
            Contents::Memory(address) => Ok(address),
            Contents::Bytes(bytes) => {
                let bytes: Option<Vec<u8>> = bytes.into_iter().take(4).collect();
                bytes.map(|bytes| little(&bytes)).ok_or(Missing::Unknown)
            }
        }
    }
}

/// For each operand that an expression uses, in order, the piece of the value that is made from it. Compilers name
/// operands for longer than they are on the stack; the other pieces are as good as ever.
fn operand_pieces(expression: &Expression<Reader<'_>>, encoding: gimli::Encoding) -> Vec<usize> {
    let mut operations = expression.operations(encoding);
    let (mut found, mut piece) = (Vec::new(), 0);
    while let Ok(Some(operation)) = operations.next() {
        match operation {
            gimli::Operation::Piece { .. } => piece += 1,
            gimli::Operation::WasmStack { .. } => found.push(piece),
            _ => {}
        }
    }
    found
}

/// Puts the pieces of a value together, without those that are lost.
fn gather(
    pieces: Vec<gimli::Piece<Reader<'_>>>,
    lost: &[usize],
    machine: &dyn Machine,
) -> Result<Contents, Missing> {
    if let [piece] = &pieces[..]
        && piece.size_in_bits.is_none()
        && let gimli::Location::Address { address } = piece.location
        && lost.is_empty()
    {
        return Ok(Contents::Memory(address));
    }
    let mut bytes = Vec::new();
    for (n, piece) in pieces.into_iter().enumerate() {
        let size = piece.size_in_bits.map(|bits| bits.div_ceil(8));
        if piece.bit_offset.unwrap_or(0) != 0 || size.is_some_and(|size| size > LARGEST) {
            return Err(Missing::Unknown);
        }
        let known: Vec<Option<u8>> = match piece.location {
            _ if lost.contains(&n) => Vec::new(),
            gimli::Location::Value { value } => known(&value_bits(value).to_le_bytes()),
            gimli::Location::Bytes { value } => known(value.slice()),
            gimli::Location::Address { address } => {
                let length = size.unwrap_or(0) as usize;
                let read = machine.memory(address, length);
                read.map_or_else(Vec::new, |bytes| known(&bytes))
            }
            _ => Vec::new(),
        };
        let start = bytes.len();
        bytes.extend(known);
        if let Some(size) = size {
            bytes.resize(start + size as usize, None);
        }
    }
    if bytes.iter().all(Option::is_none) {
        return Err(Missing::OptimizedOut);
    }
    Ok(Contents::Bytes(bytes))
}

fn constant(value: AttributeValue<Reader<'_>>) -> Option<Contents> {
    match value {
        AttributeValue::Block(block) => Some(Contents::Bytes(known(block.slice()))),
        AttributeValue::Sdata(value) => Some(number(value as u64)),
        other => other.udata_value().map(number),
    }
}

fn number(value: u64) -> Contents {
    Contents::Bytes(known(&value.to_le_bytes()))
}

fn known(bytes: &[u8]) -> Vec<Option<u8>> {
    bytes.iter().copied().map(Some).collect()
}

/// Up to eight bytes, as a number.
pub fn little(bytes: &[u8]) -> u64 {
    let mut value = [0; 8];
    for (to, from) in value.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(value)
}

fn value_bits(value: gimli::Value) -> u64 {
    match value {
        gimli::Value::Generic(bits) | gimli::Value::U64(bits) => bits,
        gimli::Value::I8(value) => value as u64,
        gimli::Value::U8(value) => value.into(),
        gimli::Value::I16(value) => value as u64,
        gimli::Value::U16(value) => value.into(),
        gimli::Value::I32(value) => value as u64,
        gimli::Value::U32(value) => value.into(),
        gimli::Value::I64(value) => value as u64,
        gimli::Value::F32(value) => value.to_bits().into(),
        gimli::Value::F64(value) => value.to_bits(),
    }
}
