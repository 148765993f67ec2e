//! What a trace tells, and how it is written.

use std::{io::Write, rc::Rc};

use wasmote::Val;

/// An instruction that begins.
pub struct Instruction {
    /// How many were executed before it.
    pub step: u64,
    /// Frames around its own.
    pub depth: usize,
    pub func: u32,
    pub name: Rc<str>,
    pub offset: u32,
    pub text: Rc<str>,
    /// What it takes.
    pub operands: Vec<Val>,
    pub memory: Vec<Touched>,
}

/// What an instruction does to memory.
pub struct Touched {
    pub writes: bool,
    /// The memory's index.
    pub index: u32,
    pub address: u64,
    pub len: u64,
    /// The first of the bytes: as they are read, or after they were written. None of accesses that trap.
    pub bytes: Vec<u8>,
}

/// How a trace ends.
pub enum End {
    Returned,
    Exited(i32),
    Failed(String),
    /// Nothing more was to be shown, or it was interrupted.
    Stopped,
}

/// Writes a trace.
pub trait Format {
    /// An instruction, with what it has put on the stack.
    fn instruction(
        &mut self,
        out: &mut dyn Write,
        instruction: &Instruction,
        results: &[Val],
    ) -> std::io::Result<()>;
    /// A call returns whose instruction was told, and others since.
    fn returned(
        &mut self,
        out: &mut dyn Write,
        call: &Instruction,
        results: &[Val],
    ) -> std::io::Result<()>;
    /// At a step count.
    fn end(&mut self, out: &mut dyn Write, steps: u64, end: &End) -> std::io::Result<()>;
}
