//! The rows of typed function references and garbage collection.
//!
//! Besides the table's other groups they have `produce`: `Name "text" -> type [fields] Handler`, one form for each
//! destination of the type.

#[cfg(feature = "gc")]
macro_rules! gc_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::thread_rows! {
            $apply
            $($blocks)*
            [gc 584
                binary {}
                unary {
                    RefI31 "ref.i31" (u32) -> gcref: |a| gcref::number(a);
                    I31GetS "i31.get_s" (gcref) -> i32: |a| a.as_number().map(|a| a as i32 >> 1);
                    I31GetU "i31.get_u" (gcref) -> u32: |a| a.as_number().map(|a| a >> 1);
                    RefAsNonNull "ref.as_non_null" (gcref) -> gcref: |a| a.non_null();
                }
                load {} store {}
                plain {
                    /// Traps where a cast has failed.
                    DescriptorCastFailure "descriptor_cast_failure" { [] control::DescriptorCastFailure; }
                    /// Charges for the length of an op on arrays, in a slot.
                    FuelLength "fuel.length" { [Src(0)] control::FuelLength; }
                    /// Calls through a reference.
                    CallRef "call_ref" { [Base(0), Header(2), Src16(4), Type(8)] call::CallRef; }
                    /// Tail-calls through a reference.
                    ReturnCallRef "return_call_ref" { [Src16(0), Count(2), Header(4), OwnHeader(6), Src16(8), Type(12)] tail_call::ReturnCallRef; }
                    /// Structures: of values in slots, of zero and null, the same with a descriptor.
                    StructNew "struct.new" { [Dst(0), Src16(2), Type(4)] objects::StructNew; }
                    StructNewDefault "struct.new_default" { [Dst(0), Type(4)] objects::StructNewDefault; }
                    StructNewDesc "struct.new_desc" { [Dst(0), Src16(2), Src(4), Type(8)] objects::StructNewDesc; }
                    StructNewDefaultDesc "struct.new_default_desc" { [Dst(0), Src(2), Type(4)] objects::StructNewDefaultDesc; }
                    StructSet8 "struct.set" { [Src(0), Src(2), Offset(4)] objects::StructSet<u8>; }
                    StructSet16 "struct.set" { [Src(0), Src(2), Offset(4)] objects::StructSet<u16>; }
                    StructSet32 "struct.set" { [Src(0), Src(2), Offset(4)] objects::StructSet<u32>; }
                    StructSet64 "struct.set" { [Src(0), Src(2), Offset(4)] objects::StructSet<u64>; }
                    StructSet128 "struct.set" { [Src(0), Src(2), Offset(4)] objects::StructSet<[u64; 2]>; }
                    StructGet128 "struct.get" { [Dst(0), Src(2), Offset(4)] objects::StructGetWide; }
                    ArraySet8 "array.set" { [Src(0), Src(2), Src(4)] objects::ArraySet<u8>; }
                    ArraySet16 "array.set" { [Src(0), Src(2), Src(4)] objects::ArraySet<u16>; }
                    ArraySet32 "array.set" { [Src(0), Src(2), Src(4)] objects::ArraySet<u32>; }
                    ArraySet64 "array.set" { [Src(0), Src(2), Src(4)] objects::ArraySet<u64>; }
                    ArraySet128 "array.set" { [Src(0), Src(2), Src(4)] objects::ArraySet<[u64; 2]>; }
                    ArrayGet128 "array.get" { [Dst(0), Src(2), Src(4)] objects::ArrayGetWide; }
                    /// Arrays: of a value in a slot, of zero and null, of values in slots, of a segment's contents.
                    ArrayNew "array.new" { [Dst(0), Src(2), Src(4), Type(8)] objects::ArrayNew; }
                    ArrayNewDefault "array.new_default" { [Dst(0), Src(2), Type(4)] objects::ArrayNewDefault; }
                    ArrayNewFixed "array.new_fixed" { [Dst(0), Src16(2), Type(4), Count32(8)] objects::ArrayNewFixed; }
                    ArrayNewData "array.new_data" { [Dst(0), Src(2), Src(4), Type(8), Data(12)] objects::ArrayNewData; }
                    ArrayNewElem "array.new_elem" { [Dst(0), Src(2), Src(4), Type(8), Elem(12)] objects::ArrayNewElem; }
                    ArrayFill "array.fill" { [Src(0), Src(2), Src(4), Src(6)] objects::ArrayFill; }
                    ArrayCopy "array.copy" { [Src(0), Src(2), Src(4), Src(6), Src(8)] objects::ArrayCopy; }
                    ArrayInitData "array.init_data" { [Src(0), Src(2), Src(4), Src(6), Data(8)] objects::ArrayInitData; }
                    ArrayInitElem "array.init_elem" { [Src(0), Src(2), Src(4), Src(6), Elem(8)] objects::ArrayInitElem; }
                }
                shift {} ternary {} extract {} replace {} atomic_load {} atomic_store {} rmw {} cmpxchg {}
                produce {
                    RefTest "ref.test" -> u32 [Src(2), Cast(4)] Test;
                    RefCast "ref.cast" -> gcref [Src(2), Cast(4)] Cast;
                    RefTestDesc "ref.test_desc_eq" -> u32 [Src(2), Src(4)] TestDescriptor;
                    RefTestDescNull "ref.test_desc_eq_null" -> u32 [Src(2), Src(4)] TestDescriptorNull;
                    RefGetDesc "ref.get_desc" -> gcref [Src(2)] GetDescriptor;
                    ArrayLen "array.len" -> u32 [Src(2)] ArrayLen;
                    StructGet8S "struct.get_s" -> i32 [Src(2), Offset(4)] StructGet<i8>;
                    StructGet8U "struct.get_u" -> u32 [Src(2), Offset(4)] StructGet<u8>;
                    StructGet16S "struct.get_s" -> i32 [Src(2), Offset(4)] StructGet<i16>;
                    StructGet16U "struct.get_u" -> u32 [Src(2), Offset(4)] StructGet<u16>;
                    StructGet32 "struct.get" -> u32 [Src(2), Offset(4)] StructGet<u32>;
                    StructGet64 "struct.get" -> u64 [Src(2), Offset(4)] StructGet<u64>;
                    StructGetF32 "struct.get" -> f32 [Src(2), Offset(4)] StructGet<f32>;
                    StructGetF64 "struct.get" -> f64 [Src(2), Offset(4)] StructGet<f64>;
                    StructGetRef "struct.get" -> gcref [Src(2), Offset(4)] StructGet<u32>;
                    StructGetFunc "struct.get" -> gcref [Src(2), Offset(4)] StructGet<gcfunc>;
                    ArrayGet8S "array.get_s" -> i32 [Src(2), Src(4)] ArrayGet<i8>;
                    ArrayGet8U "array.get_u" -> u32 [Src(2), Src(4)] ArrayGet<u8>;
                    ArrayGet16S "array.get_s" -> i32 [Src(2), Src(4)] ArrayGet<i16>;
                    ArrayGet16U "array.get_u" -> u32 [Src(2), Src(4)] ArrayGet<u16>;
                    ArrayGet32 "array.get" -> u32 [Src(2), Src(4)] ArrayGet<u32>;
                    ArrayGet64 "array.get" -> u64 [Src(2), Src(4)] ArrayGet<u64>;
                    ArrayGetF32 "array.get" -> f32 [Src(2), Src(4)] ArrayGet<f32>;
                    ArrayGetF64 "array.get" -> f64 [Src(2), Src(4)] ArrayGet<f64>;
                    ArrayGetRef "array.get" -> gcref [Src(2), Src(4)] ArrayGet<u32>;
                    ArrayGetFunc "array.get" -> gcref [Src(2), Src(4)] ArrayGet<gcfunc>;
                }
                compare {} fused_compare {} select {} copy {} global_get {} chain {} load_chain {}
                load_branch {} load_keep_branch {} load_scaled {} load_store {} chain_store {} copy_more {}
            ]
        }
    };
}
#[cfg(not(feature = "gc"))]
macro_rules! gc_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::thread_rows! { $apply $($blocks)* }
    };
}
pub(crate) use gc_rows;
