//! The rows that bound how long code runs.

#[cfg(feature = "metering")]
macro_rules! metering_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::float_rows! {
            $apply
            $($blocks)*
            [metering 352
                binary {} unary {} load {} store {}
                plain {
                    /// Charges a basic block's fuel, or pauses before it.
                    Fuel "fuel" { [Count32(4)] control::Fuel; }
                    /// Charges for the length of a bulk op, or pauses before it.
                    FuelBytes "fuel.bytes" {
                        [Src(0), Memory(4)] control::FuelBytes<u32>;
                        [Src(0), Memory(4)] control::FuelBytes<u64>;
                    }
                    FuelElements "fuel.elements" {
                        [Src(0), Table32(4)] control::FuelElements<u32>;
                        [Src(0), Table32(4)] control::FuelElements<u64>;
                    }
                    /// Pauses when another thread has raised the interrupt flag.
                    Checkpoint "checkpoint" { [] control::Checkpoint; }
                }
                shift {} ternary {} extract {} replace {} atomic_load {} atomic_store {} rmw {} cmpxchg {}
                produce {} compare {} fused_compare {} select {} copy {} global_get {} chain {} load_chain {}
                load_branch {} load_keep_branch {} load_scaled {} load_store {} chain_store {} copy_more {}
            ]
        }
    };
}
#[cfg(not(feature = "metering"))]
macro_rules! metering_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::float_rows! { $apply $($blocks)* }
    };
}
pub(crate) use metering_rows;
