//! The rows of atomic instructions. A store has one agent, so they are plain accesses that check their alignment.
//!
//! They have groups of their own: `atomic_load` and `atomic_store` as `load` and `store`,
//! `rmw`: `Name "text" type stored type: |old, operand| new`, `cmpxchg`: `Name "text" type stored type`.

#[cfg(feature = "threads")]
macro_rules! thread_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::simd_rows! {
            $apply
            $($blocks)*
            [threads 704
                binary {} unary {} load {} store {}
                plain {
                    /// Waits to be notified: address, expected value, timeout. Nobody else is there to notify.
                    MemoryAtomicWait32 "memory.atomic.wait32" { [Dst(0), Src(2), Src(6), Src(16), Memory16(4), Offset64(8)] atomic::Wait<u32>; }
                    MemoryAtomicWait64 "memory.atomic.wait64" { [Dst(0), Src(2), Src(6), Src(16), Memory16(4), Offset64(8)] atomic::Wait<u64>; }
                    /// Wakes those that wait: none.
                    MemoryAtomicNotify "memory.atomic.notify" { [Dst(0), Src(2), Memory16(4), Offset64(8)] atomic::Notify; }
                }
                shift {} ternary {} extract {} replace {}
                atomic_load {
                    I32AtomicLoad "i32.atomic.load" u32 => u32;
                    I64AtomicLoad "i64.atomic.load" u64 => u64;
                    I32AtomicLoad8U "i32.atomic.load8_u" u8 => u32;
                    I32AtomicLoad16U "i32.atomic.load16_u" u16 => u32;
                    I64AtomicLoad8U "i64.atomic.load8_u" u8 => u64;
                    I64AtomicLoad16U "i64.atomic.load16_u" u16 => u64;
                    I64AtomicLoad32U "i64.atomic.load32_u" u32 => u64;
                }
                atomic_store {
                    I32AtomicStore "i32.atomic.store" u32 => u32;
                    I64AtomicStore "i64.atomic.store" u64 => u64;
                    I32AtomicStore8 "i32.atomic.store8" u32 => u8;
                    I32AtomicStore16 "i32.atomic.store16" u32 => u16;
                    I64AtomicStore8 "i64.atomic.store8" u64 => u8;
                    I64AtomicStore16 "i64.atomic.store16" u64 => u16;
                    I64AtomicStore32 "i64.atomic.store32" u64 => u32;
                }
                rmw {
                    I32AtomicRmwAdd "i32.atomic.rmw.add" u32 u32: |a, b| a.wrapping_add(b);
                    I64AtomicRmwAdd "i64.atomic.rmw.add" u64 u64: |a, b| a.wrapping_add(b);
                    I32AtomicRmw8AddU "i32.atomic.rmw8.add_u" u32 u8: |a, b| a.wrapping_add(b);
                    I32AtomicRmw16AddU "i32.atomic.rmw16.add_u" u32 u16: |a, b| a.wrapping_add(b);
                    I64AtomicRmw8AddU "i64.atomic.rmw8.add_u" u64 u8: |a, b| a.wrapping_add(b);
                    I64AtomicRmw16AddU "i64.atomic.rmw16.add_u" u64 u16: |a, b| a.wrapping_add(b);
                    I64AtomicRmw32AddU "i64.atomic.rmw32.add_u" u64 u32: |a, b| a.wrapping_add(b);
                    I32AtomicRmwSub "i32.atomic.rmw.sub" u32 u32: |a, b| a.wrapping_sub(b);
                    I64AtomicRmwSub "i64.atomic.rmw.sub" u64 u64: |a, b| a.wrapping_sub(b);
                    I32AtomicRmw8SubU "i32.atomic.rmw8.sub_u" u32 u8: |a, b| a.wrapping_sub(b);
                    I32AtomicRmw16SubU "i32.atomic.rmw16.sub_u" u32 u16: |a, b| a.wrapping_sub(b);
                    I64AtomicRmw8SubU "i64.atomic.rmw8.sub_u" u64 u8: |a, b| a.wrapping_sub(b);
                    I64AtomicRmw16SubU "i64.atomic.rmw16.sub_u" u64 u16: |a, b| a.wrapping_sub(b);
                    I64AtomicRmw32SubU "i64.atomic.rmw32.sub_u" u64 u32: |a, b| a.wrapping_sub(b);
                    I32AtomicRmwAnd "i32.atomic.rmw.and" u32 u32: |a, b| a & b;
                    I64AtomicRmwAnd "i64.atomic.rmw.and" u64 u64: |a, b| a & b;
                    I32AtomicRmw8AndU "i32.atomic.rmw8.and_u" u32 u8: |a, b| a & b;
                    I32AtomicRmw16AndU "i32.atomic.rmw16.and_u" u32 u16: |a, b| a & b;
                    I64AtomicRmw8AndU "i64.atomic.rmw8.and_u" u64 u8: |a, b| a & b;
                    I64AtomicRmw16AndU "i64.atomic.rmw16.and_u" u64 u16: |a, b| a & b;
                    I64AtomicRmw32AndU "i64.atomic.rmw32.and_u" u64 u32: |a, b| a & b;
                    I32AtomicRmwOr "i32.atomic.rmw.or" u32 u32: |a, b| a | b;
                    I64AtomicRmwOr "i64.atomic.rmw.or" u64 u64: |a, b| a | b;
                    I32AtomicRmw8OrU "i32.atomic.rmw8.or_u" u32 u8: |a, b| a | b;
                    I32AtomicRmw16OrU "i32.atomic.rmw16.or_u" u32 u16: |a, b| a | b;
                    I64AtomicRmw8OrU "i64.atomic.rmw8.or_u" u64 u8: |a, b| a | b;
                    I64AtomicRmw16OrU "i64.atomic.rmw16.or_u" u64 u16: |a, b| a | b;
                    I64AtomicRmw32OrU "i64.atomic.rmw32.or_u" u64 u32: |a, b| a | b;
                    I32AtomicRmwXor "i32.atomic.rmw.xor" u32 u32: |a, b| a ^ b;
                    I64AtomicRmwXor "i64.atomic.rmw.xor" u64 u64: |a, b| a ^ b;
                    I32AtomicRmw8XorU "i32.atomic.rmw8.xor_u" u32 u8: |a, b| a ^ b;
                    I32AtomicRmw16XorU "i32.atomic.rmw16.xor_u" u32 u16: |a, b| a ^ b;
                    I64AtomicRmw8XorU "i64.atomic.rmw8.xor_u" u64 u8: |a, b| a ^ b;
                    I64AtomicRmw16XorU "i64.atomic.rmw16.xor_u" u64 u16: |a, b| a ^ b;
                    I64AtomicRmw32XorU "i64.atomic.rmw32.xor_u" u64 u32: |a, b| a ^ b;
                    I32AtomicRmwXchg "i32.atomic.rmw.xchg" u32 u32: |_a, b| b;
                    I64AtomicRmwXchg "i64.atomic.rmw.xchg" u64 u64: |_a, b| b;
                    I32AtomicRmw8XchgU "i32.atomic.rmw8.xchg_u" u32 u8: |_a, b| b;
                    I32AtomicRmw16XchgU "i32.atomic.rmw16.xchg_u" u32 u16: |_a, b| b;
                    I64AtomicRmw8XchgU "i64.atomic.rmw8.xchg_u" u64 u8: |_a, b| b;
                    I64AtomicRmw16XchgU "i64.atomic.rmw16.xchg_u" u64 u16: |_a, b| b;
                    I64AtomicRmw32XchgU "i64.atomic.rmw32.xchg_u" u64 u32: |_a, b| b;
                }
                cmpxchg {
                    I32AtomicRmwCmpxchg "i32.atomic.rmw.cmpxchg" u32 u32;
                    I64AtomicRmwCmpxchg "i64.atomic.rmw.cmpxchg" u64 u64;
                    I32AtomicRmw8CmpxchgU "i32.atomic.rmw8.cmpxchg_u" u32 u8;
                    I32AtomicRmw16CmpxchgU "i32.atomic.rmw16.cmpxchg_u" u32 u16;
                    I64AtomicRmw8CmpxchgU "i64.atomic.rmw8.cmpxchg_u" u64 u8;
                    I64AtomicRmw16CmpxchgU "i64.atomic.rmw16.cmpxchg_u" u64 u16;
                    I64AtomicRmw32CmpxchgU "i64.atomic.rmw32.cmpxchg_u" u64 u32;
                }
                produce {} compare {} fused_compare {} select {} copy {} global_get {} chain {} load_chain {}
                load_branch {} load_keep_branch {} load_scaled {} load_store {} chain_store {} copy_more {}
            ]
        }
    };
}
#[cfg(not(feature = "threads"))]
macro_rules! thread_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::simd_rows! { $apply $($blocks)* }
    };
}
pub(crate) use thread_rows;
