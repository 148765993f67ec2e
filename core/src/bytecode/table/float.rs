//! The rows of floating-point numbers.

#[cfg(feature = "float")]
macro_rules! float_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::exception_rows! {
            $apply
            $($blocks)*
            [float 400
                binary {
                    F32Add "f32.add" (f32) -> f32 [swap F32Add]: |a, b| a + b;
                    F32Sub "f32.sub" (f32) -> f32 []: |a, b| a - b;
                    F32Mul "f32.mul" (f32) -> f32 [swap F32Mul]: |a, b| a * b;
                    F32Div "f32.div" (f32) -> f32 []: |a, b| a / b;
                    F32Min "f32.min" (f32) -> f32 []: |a, b| numeric::min(a, b);
                    F32Max "f32.max" (f32) -> f32 []: |a, b| numeric::max(a, b);
                    F32Copysign "f32.copysign" (f32) -> f32 []: |a, b| f32::from_bits(a.to_bits() & !(1 << 31) | b.to_bits() & 1 << 31);
                    F64Add "f64.add" (f64) -> f64 [swap F64Add]: |a, b| a + b;
                    F64Sub "f64.sub" (f64) -> f64 []: |a, b| a - b;
                    F64Mul "f64.mul" (f64) -> f64 [swap F64Mul]: |a, b| a * b;
                    F64Div "f64.div" (f64) -> f64 []: |a, b| a / b;
                    F64Min "f64.min" (f64) -> f64 []: |a, b| numeric::min(a, b);
                    F64Max "f64.max" (f64) -> f64 []: |a, b| numeric::max(a, b);
                    F64Copysign "f64.copysign" (f64) -> f64 []: |a, b| f64::from_bits(a.to_bits() & !(1 << 63) | b.to_bits() & 1 << 63);
                }
                unary {
                    F32Abs "f32.abs" (f32) -> f32: |a| f32::from_bits(a.to_bits() & !(1 << 31));
                    F32Neg "f32.neg" (f32) -> f32: |a| f32::from_bits(a.to_bits() ^ 1 << 31);
                    F32Sqrt "f32.sqrt" (f32) -> f32: |a| numeric::Float::sqrt(a);
                    F32Ceil "f32.ceil" (f32) -> f32: |a| numeric::Float::ceil(a);
                    F32Floor "f32.floor" (f32) -> f32: |a| numeric::Float::floor(a);
                    F32Trunc "f32.trunc" (f32) -> f32: |a| numeric::Float::trunc(a);
                    F32Nearest "f32.nearest" (f32) -> f32: |a| numeric::Float::nearest(a);
                    F64Abs "f64.abs" (f64) -> f64: |a| f64::from_bits(a.to_bits() & !(1 << 63));
                    F64Neg "f64.neg" (f64) -> f64: |a| f64::from_bits(a.to_bits() ^ 1 << 63);
                    F64Sqrt "f64.sqrt" (f64) -> f64: |a| numeric::Float::sqrt(a);
                    F64Ceil "f64.ceil" (f64) -> f64: |a| numeric::Float::ceil(a);
                    F64Floor "f64.floor" (f64) -> f64: |a| numeric::Float::floor(a);
                    F64Trunc "f64.trunc" (f64) -> f64: |a| numeric::Float::trunc(a);
                    F64Nearest "f64.nearest" (f64) -> f64: |a| numeric::Float::nearest(a);
                    I32TruncF32S "i32.trunc_f32_s" (f32) -> i32: |a| numeric::trunc(a as f64, -2147483649.0, 2147483648.0, || a as i32);
                    I32TruncF32U "i32.trunc_f32_u" (f32) -> u32: |a| numeric::trunc(a as f64, -1.0, 4294967296.0, || a as u32);
                    I32TruncF64S "i32.trunc_f64_s" (f64) -> i32: |a| numeric::trunc(a, -2147483649.0, 2147483648.0, || a as i32);
                    I32TruncF64U "i32.trunc_f64_u" (f64) -> u32: |a| numeric::trunc(a, -1.0, 4294967296.0, || a as u32);
                    I64TruncF32S "i64.trunc_f32_s" (f32) -> i64: |a| numeric::trunc(a as f64, -9223372036854777856.0, 9223372036854775808.0, || a as i64);
                    I64TruncF32U "i64.trunc_f32_u" (f32) -> u64: |a| numeric::trunc(a as f64, -1.0, 18446744073709551616.0, || a as u64);
                    I64TruncF64S "i64.trunc_f64_s" (f64) -> i64: |a| numeric::trunc(a, -9223372036854777856.0, 9223372036854775808.0, || a as i64);
                    I64TruncF64U "i64.trunc_f64_u" (f64) -> u64: |a| numeric::trunc(a, -1.0, 18446744073709551616.0, || a as u64);
                    I32TruncSatF32S "i32.trunc_sat_f32_s" (f32) -> i32: |a| a as i32;
                    I32TruncSatF32U "i32.trunc_sat_f32_u" (f32) -> u32: |a| a as u32;
                    I32TruncSatF64S "i32.trunc_sat_f64_s" (f64) -> i32: |a| a as i32;
                    I32TruncSatF64U "i32.trunc_sat_f64_u" (f64) -> u32: |a| a as u32;
                    I64TruncSatF32S "i64.trunc_sat_f32_s" (f32) -> i64: |a| a as i64;
                    I64TruncSatF32U "i64.trunc_sat_f32_u" (f32) -> u64: |a| a as u64;
                    I64TruncSatF64S "i64.trunc_sat_f64_s" (f64) -> i64: |a| a as i64;
                    I64TruncSatF64U "i64.trunc_sat_f64_u" (f64) -> u64: |a| a as u64;
                    F32ConvertI32S "f32.convert_i32_s" (i32) -> f32: |a| a as f32;
                    F32ConvertI32U "f32.convert_i32_u" (u32) -> f32: |a| a as f32;
                    F32ConvertI64S "f32.convert_i64_s" (i64) -> f32: |a| a as f32;
                    F32ConvertI64U "f32.convert_i64_u" (u64) -> f32: |a| a as f32;
                    F64ConvertI32S "f64.convert_i32_s" (i32) -> f64: |a| a as f64;
                    F64ConvertI32U "f64.convert_i32_u" (u32) -> f64: |a| a as f64;
                    F64ConvertI64S "f64.convert_i64_s" (i64) -> f64: |a| a as f64;
                    F64ConvertI64U "f64.convert_i64_u" (u64) -> f64: |a| a as f64;
                    F32DemoteF64 "f32.demote_f64" (f64) -> f32: |a| a as f32;
                    F64PromoteF32 "f64.promote_f32" (f32) -> f64: |a| a as f64;
                    I32ReinterpretF32 "i32.reinterpret_f32" (f32) -> u32: |a| a.to_bits();
                    I64ReinterpretF64 "i64.reinterpret_f64" (f64) -> u64: |a| a.to_bits();
                    F32ReinterpretI32 "f32.reinterpret_i32" (u32) -> f32: |a| f32::from_bits(a);
                    F64ReinterpretI64 "f64.reinterpret_i64" (u64) -> f64: |a| f64::from_bits(a);
                }
                load {
                    F32Load "f32.load" f32 => f32;
                    F64Load "f64.load" f64 => f64;
                }
                store {
                    F32Store "f32.store" f32 => f32;
                    F64Store "f64.store" f64 => f64;
                }
                plain {} shift {} ternary {} extract {} replace {} atomic_load {} atomic_store {} rmw {}
                cmpxchg {} produce {}
                compare {
                    F32Eq "f32.eq" (f32) [swap F32Eq] []: |a, b| a == b;
                    F32Ne "f32.ne" (f32) [swap F32Ne] []: |a, b| a != b;
                    F32Lt "f32.lt" (f32) [swap F32Gt] []: |a, b| a < b;
                    F32Gt "f32.gt" (f32) [swap F32Lt] []: |a, b| a > b;
                    F32Le "f32.le" (f32) [swap F32Ge] []: |a, b| a <= b;
                    F32Ge "f32.ge" (f32) [swap F32Le] []: |a, b| a >= b;
                    F64Eq "f64.eq" (f64) [swap F64Eq] []: |a, b| a == b;
                    F64Ne "f64.ne" (f64) [swap F64Ne] []: |a, b| a != b;
                    F64Lt "f64.lt" (f64) [swap F64Gt] []: |a, b| a < b;
                    F64Gt "f64.gt" (f64) [swap F64Lt] []: |a, b| a > b;
                    F64Le "f64.le" (f64) [swap F64Ge] []: |a, b| a <= b;
                    F64Ge "f64.ge" (f64) [swap F64Le] []: |a, b| a >= b;
                }
                fused_compare {} select {} copy {} global_get {}
                chain {
                    F64MulAdd "f64.mul+add" f64: F64Mul (mirrored) F64Add [];
                    F64MulSub "f64.mul+sub" f64: F64Mul (mirrored) F64Sub [];
                    F64MulSubFrom "f64.mul+sub_from" f64: F64Mul (mirrored) F64Sub [Reversed];
                    F64MulMul "f64.mul+mul" f64: F64Mul (mirrored) F64Mul [];
                    F64AddAdd "f64.add+add" f64: F64Add (mirrored) F64Add [];
                    F64AddMul "f64.add+mul" f64: F64Add (mirrored) F64Mul [];
                    F64SubMul "f64.sub+mul" f64: F64Sub (ordered) F64Mul [];
                    F64SubAdd "f64.sub+add" f64: F64Sub (ordered) F64Add [];
                    F32MulAdd "f32.mul+add" f32: F32Mul (mirrored) F32Add [];
                    F32MulSub "f32.mul+sub" f32: F32Mul (mirrored) F32Sub [];
                    F32AddMul "f32.add+mul" f32: F32Add (mirrored) F32Mul [];
                    F32AddAdd "f32.add+add" f32: F32Add (mirrored) F32Add [];
                }
                load_chain {
                    F64LoadAdd "f64.load+add" f64: F64Load F64Add [];
                    F64LoadSub "f64.load+sub" f64: F64Load F64Sub [];
                    F64LoadSubFrom "f64.load+sub_from" f64: F64Load F64Sub [Reversed];
                    F64LoadMul "f64.load+mul" f64: F64Load F64Mul [];
                    F32LoadAdd "f32.load+add" f32: F32Load F32Add [];
                    F32LoadSub "f32.load+sub" f32: F32Load F32Sub [];
                    F32LoadMul "f32.load+mul" f32: F32Load F32Mul [];
                }
                load_branch {} load_keep_branch {}
                load_scaled {
                    F32LoadScaled "f32.load_scaled" f32: F32Load;
                    F64LoadScaled "f64.load_scaled" f64: F64Load;
                }
                load_store {
                    F32LoadStore "f32.load+store": F32Load F32Store;
                    F64LoadStore "f64.load+store": F64Load F64Store;
                }
                chain_store {
                    F64AddStore "f64.add+store" f64: F64Add (mirrored) F64Store;
                    F64SubStore "f64.sub+store" f64: F64Sub (ordered) F64Store;
                    F64MulStore "f64.mul+store" f64: F64Mul (mirrored) F64Store;
                    F32AddStore "f32.add+store" f32: F32Add (mirrored) F32Store;
                    F32MulStore "f32.mul+store" f32: F32Mul (mirrored) F32Store;
                }
                copy_more {}
            ]
        }
    };
}
#[cfg(not(feature = "float"))]
macro_rules! float_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::exception_rows! { $apply $($blocks)* }
    };
}
pub(crate) use float_rows;
