//! The rows of exceptions.

#[cfg(feature = "exceptions")]
macro_rules! exception_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::debug_rows! {
            $apply
            $($blocks)*
            [exceptions 576
                binary {} unary {} load {} store {}
                plain {
                    /// Makes an exception of a tag with the values in slots, and throws it.
                    Throw "throw" { [Src16(0), Count32(4)] control::Throw; }
                    /// Throws an exception again.
                    ThrowRef "throw_ref" { [Src(0)] control::ThrowRef; }
                }
                shift {} ternary {} extract {} replace {} atomic_load {} atomic_store {} rmw {} cmpxchg {}
                produce {} compare {} fused_compare {} select {} copy {} global_get {} chain {} load_chain {}
                load_branch {} load_keep_branch {} load_scaled {} load_store {} chain_store {} copy_more {}
            ]
        }
    };
}
#[cfg(not(feature = "exceptions"))]
macro_rules! exception_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::debug_rows! { $apply $($blocks)* }
    };
}
pub(crate) use exception_rows;
