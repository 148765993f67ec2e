//! The rows of what WebAssembly 2.0 has for integers, memories and tables.

#[cfg(feature = "wasm2")]
macro_rules! wasm2_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::tail_call_rows! {
            $apply
            $($blocks)*
            [wasm2 320
                binary {}
                unary {
                    I32Extend8S "i32.extend8_s" (u32) -> i32: |a| a as i8 as i32;
                    I32Extend16S "i32.extend16_s" (u32) -> i32: |a| a as i16 as i32;
                    I64Extend8S "i64.extend8_s" (u64) -> i64: |a| a as i8 as i64;
                    I64Extend16S "i64.extend16_s" (u64) -> i64: |a| a as i16 as i64;
                    I64Extend32S "i64.extend32_s" (u64) -> i64: |a| a as i32 as i64;
                }
                load {} store {}
                plain {
                    /// A reference to a function of the instance.
                    RefFunc "ref.func" { [Dst(0), Func(4)] global::RefFunc; }
                    MemoryCopy "memory.copy" { [Src(0), Src(2), Src(4), Memory(8), Memory(12)] bulk::MemoryCopy; }
                    MemoryFill "memory.fill" { [Src(0), Src(2), Src(4), Memory(8)] bulk::MemoryFill; }
                    MemoryInit "memory.init" { [Src(0), Src(2), Src(4), Data(8), Memory(12)] bulk::MemoryInit; }
                    DataDrop "data.drop" { [Data(4)] bulk::DataDrop; }
                    TableGet "table.get" { [Dst(0), Src(2), Table32(4)] bulk::TableGet; }
                    TableSet "table.set" { [Src(0), Src(2), Table32(4)] bulk::TableSet; }
                    TableSize "table.size" { [Dst(0), Table32(4)] bulk::TableSize; }
                    TableGrow "table.grow" { [Dst(0), Src(2), Src(4), Table32(8)] bulk::TableGrow; }
                    TableCopy "table.copy" { [Src(0), Src(2), Src(4), Table32(8), Table32(12)] bulk::TableCopy; }
                    TableFill "table.fill" { [Src(0), Src(2), Src(4), Table32(8)] bulk::TableFill; }
                    TableInit "table.init" { [Src(0), Src(2), Src(4), Elem(8), Table32(12)] bulk::TableInit; }
                    ElemDrop "elem.drop" { [Elem(4)] bulk::ElemDrop; }
                }
                shift {} ternary {} extract {} replace {} atomic_load {} atomic_store {} rmw {} cmpxchg {}
                produce {} compare {} fused_compare {} select {} copy {} global_get {} chain {} load_chain {}
                load_branch {} load_keep_branch {} load_scaled {} load_store {} chain_store {} copy_more {}
            ]
        }
    };
}
#[cfg(not(feature = "wasm2"))]
macro_rules! wasm2_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::tail_call_rows! { $apply $($blocks)* }
    };
}
pub(crate) use wasm2_rows;
