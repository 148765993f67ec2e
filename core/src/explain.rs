//! What the translator makes of functions, and what its op table has for instructions: to be shown.
//!
//! [`Module::explain`](crate::Module::explain) lists a function's code, and
//! [`Module::explanation`](crate::Module::explanation) tells how it came about.

pub use crate::bytecode::about::{Forms, FusedRow, OpRow, op_rows};
pub use crate::translate::{
    ExplainedInstruction as Instruction, Explanation, Fusion, LocalHome, Note, Place, Reason,
    Stack, Step, Value,
};
