//! The op table: one row per op. Everything else about ops follows from here.
//!
//! A row says its name (that of `wasmparser::Operator` for numeric and memory ops), its mnemonic, the
//! types of its operands and what it computes. `for_each_op!` hands all rows to a macro; those that
//! use it make from them
//! - the enum [`Op`](super::Op), numbering and operand forms (`bytecode`): encoding and disassembly,
//! - semantics and handlers (`exec`): dispatch,
//! - the map from wasm operators (`translate`).
//!
//! Groups share a shape, the set of places their operands may be in (see `Shape`):
//! - `binary`: `Name "text" (operand type) -> result type [swap Mirror]: |a, b| value or trap`, where
//!   `swap` names the op that gives the same result with exchanged operands;
//! - `compare`: the same with a boolean result, plus `[not Inverse]`; also exists fused with a branch;
//! - `fused_compare`: the same for two wasm operators in a row, here a bitwise and that is compared with
//!   zero; the translator finds them;
//! - `unary`, `load` (`stored type => type`), `store` (`type => stored type`);
//! - `select`: chooses one of two values by an i32, for each bank of the result;
//! - `copy`: moves a value to a slot or a pin;
//! - `chain`: `type: First (places of x and y) Second []`: `Second(First(x, y), z)`, or with `[Reversed]`
//!   `Second(z, First(x, y))`; what else is fused reads alike: `load_chain` (`Second(load(x), y)`),
//!   `load_branch` (a load and those comparisons with it that branch), `load_keep_branch` (the same, and the
//!   loaded value is kept), `load_scaled` (`load(base + x * scale)`), `load_store` (`store(base, load(x))`),
//!   `chain_store` (`store(base, First(x, y))`), `copy_more` (two copies; a copy and a branch). The pairs are those that are executed
//!   most (feature `stats`);
//! - `plain`: `Name "text" { [fields] Handler; … }`, one entry per form, handler from `exec::handlers`. Forms that
//!   name an accumulator or a pin exist where those do.
//!
//! A block of rows belongs to a cargo feature, or to every build, and says the first opcode that it has in images:
//! so images of a build with all features run on one with few. Opcodes of rows that exist are not changed without a
//! new version of images; rows are added at the end of a group only with one, too.

mod core;
mod debug;
mod exceptions;
mod float;
mod gc;
mod metering;
mod simd;
mod tail_call;
mod threads;
mod wasm2;
mod wide;

pub(crate) use self::core::core_rows;
pub(crate) use debug::debug_rows;
pub(crate) use exceptions::exception_rows;
pub(crate) use float::float_rows;
pub(crate) use gc::gc_rows;
pub(crate) use metering::metering_rows;
pub(crate) use simd::simd_rows;
pub(crate) use tail_call::tail_call_rows;
pub(crate) use threads::thread_rows;
pub(crate) use wasm2::wasm2_rows;
pub(crate) use wide::wide_rows;

/// Hands the table's blocks to the macro `$apply`, those of features that are there.
macro_rules! for_each_op {
    ($apply:ident) => {
        $crate::bytecode::table::core_rows! { $apply }
    };
}
pub(crate) use for_each_op;

/// The end of the chain that `for_each_op!` begins: every block's macro adds its own and calls the next.
macro_rules! all_rows {
    ($apply:ident $($blocks:tt)*) => {
        $apply! { $($blocks)* }
    };
}
pub(crate) use all_rows;
