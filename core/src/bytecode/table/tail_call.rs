//! The rows of tail calls.

#[cfg(feature = "tail-call")]
macro_rules! tail_call_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::wide_rows! {
            $apply
            $($blocks)*
            [tail_call 344
                binary {} unary {} load {} store {}
                plain {
                    /// Tail calls: the arguments replace the frame.
                    ReturnCall "return_call" { [Src16(0), Count(2), Header(4), OwnHeader(6), Func(8)] tail_call::ReturnCall; }
                    /// Tail-calls an imported function.
                    ReturnCallImport "return_call_import" { [Src16(0), Count(2), Header(4), OwnHeader(6), Func(8)] tail_call::ReturnCallImport; }
                    /// Tail-calls through a table.
                    ReturnCallIndirect "return_call_indirect" { [Src16(0), Count(2), Header(4), OwnHeader(6), Src16(8), Table(10), Type(12)] tail_call::ReturnCallIndirect; }
                }
                shift {} ternary {} extract {} replace {} atomic_load {} atomic_store {} rmw {} cmpxchg {}
                produce {} compare {} fused_compare {} select {} copy {} global_get {} chain {} load_chain {}
                load_branch {} load_keep_branch {} load_scaled {} load_store {} chain_store {} copy_more {}
            ]
        }
    };
}
#[cfg(not(feature = "tail-call"))]
macro_rules! tail_call_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::wide_rows! { $apply $($blocks)* }
    };
}
pub(crate) use tail_call_rows;
