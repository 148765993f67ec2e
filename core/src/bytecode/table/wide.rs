//! The rows of wide arithmetic.

#[cfg(feature = "wide-arithmetic")]
macro_rules! wide_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::metering_rows! {
            $apply
            $($blocks)*
            [wide_arithmetic 348
                binary {} unary {} load {} store {}
                plain {
                    /// Wide arithmetic: two slots each, low half first.
                    I64Add128 "i64.add128" { [DstPair(0), Src(2), Src(4), Src(6), Src(8)] wide::Add128; }
                    I64Sub128 "i64.sub128" { [DstPair(0), Src(2), Src(4), Src(6), Src(8)] wide::Sub128; }
                    I64MulWideS "i64.mul_wide_s" { [DstPair(0), Src(2), Src(4)] wide::MulWideS; }
                    I64MulWideU "i64.mul_wide_u" { [DstPair(0), Src(2), Src(4)] wide::MulWideU; }
                }
                shift {} ternary {} extract {} replace {} atomic_load {} atomic_store {} rmw {} cmpxchg {}
                produce {} compare {} fused_compare {} select {} copy {} global_get {} chain {} load_chain {}
                load_branch {} load_keep_branch {} load_scaled {} load_store {} chain_store {} copy_more {}
            ]
        }
    };
}
#[cfg(not(feature = "wide-arithmetic"))]
macro_rules! wide_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::metering_rows! { $apply $($blocks)* }
    };
}
pub(crate) use wide_rows;
