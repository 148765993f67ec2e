//! The sections of the report: what each measures, and its tables in Markdown.

pub mod calls;
pub mod debugging;
pub mod execution;
pub mod instructions;
pub mod memory;
pub mod objects;
pub mod sizes;
pub mod start;
