//! The row of stepping: what debug translations have before each wasm instruction.

#[cfg(feature = "debug")]
macro_rules! debug_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::gc_rows! {
            $apply
            $($blocks)*
            [debug 580
                binary {} unary {} load {} store {}
                plain {
                    /// Counts a step, and stops before it where that is wanted. It says what the instruction may write
                    /// and the lowest bits of its wasm offset (see `exec::stops`).
                    Step "step" { [Count32(4)] debug::Step; }
                }
                shift {} ternary {} extract {} replace {} atomic_load {} atomic_store {} rmw {} cmpxchg {}
                produce {} compare {} fused_compare {} select {} copy {} global_get {} chain {} load_chain {}
                load_branch {} load_keep_branch {} load_scaled {} load_store {} chain_store {} copy_more {}
            ]
        }
    };
}
#[cfg(not(feature = "debug"))]
macro_rules! debug_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::gc_rows! { $apply $($blocks)* }
    };
}
pub(crate) use debug_rows;
