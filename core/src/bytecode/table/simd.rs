//! The rows of SIMD and relaxed SIMD.
//!
//! They join the table's groups; besides those they have
//! - `shift`: `Name "text": |vector, count|`, `ternary`: `Name "text": |a, b, c|`,
//! - `extract`: `Name "text" lane => type`, `replace`: `Name "text" type => lane`.
//!
//! Relaxed operators give one result on all hosts, that of the deterministic profile (core specification,
//! appendix "Profiles"): `swizzle` and truncations saturate as their strict kin, multiply-add rounds twice,
//! lanes are selected bit by bit, minima and maxima are the strict ones, dot products are of signed numbers.

#[cfg(feature = "simd")]
macro_rules! simd_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::all_rows! {
            $apply
            $($blocks)*
            [simd 800
                binary {
                    V128And "v128.and" (v128) -> v128 [swap V128And]: |a, b| vector::map2(a, b, |a: u64, b: u64| a & b);
                    V128Or "v128.or" (v128) -> v128 [swap V128Or]: |a, b| vector::map2(a, b, |a: u64, b: u64| a | b);
                    V128Xor "v128.xor" (v128) -> v128 [swap V128Xor]: |a, b| vector::map2(a, b, |a: u64, b: u64| a ^ b);
                    V128AndNot "v128.andnot" (v128) -> v128 []: |a, b| vector::map2(a, b, |a: u64, b: u64| a & !b);
                    I8x16Swizzle "i8x16.swizzle" (v128) -> v128 []: |a, b| vector::swizzle(a, b);
                    I8x16Eq "i8x16.eq" (v128) -> v128 [swap I8x16Eq]: |a, b| vector::compare(a, b, |a: u8, b: u8| a == b);
                    I8x16Ne "i8x16.ne" (v128) -> v128 [swap I8x16Ne]: |a, b| vector::compare(a, b, |a: u8, b: u8| a != b);
                    I8x16LtS "i8x16.lt_s" (v128) -> v128 [swap I8x16GtS]: |a, b| vector::compare(a, b, |a: i8, b: i8| a < b);
                    I8x16LtU "i8x16.lt_u" (v128) -> v128 [swap I8x16GtU]: |a, b| vector::compare(a, b, |a: u8, b: u8| a < b);
                    I8x16GtS "i8x16.gt_s" (v128) -> v128 [swap I8x16LtS]: |a, b| vector::compare(a, b, |a: i8, b: i8| a > b);
                    I8x16GtU "i8x16.gt_u" (v128) -> v128 [swap I8x16LtU]: |a, b| vector::compare(a, b, |a: u8, b: u8| a > b);
                    I8x16LeS "i8x16.le_s" (v128) -> v128 [swap I8x16GeS]: |a, b| vector::compare(a, b, |a: i8, b: i8| a <= b);
                    I8x16LeU "i8x16.le_u" (v128) -> v128 [swap I8x16GeU]: |a, b| vector::compare(a, b, |a: u8, b: u8| a <= b);
                    I8x16GeS "i8x16.ge_s" (v128) -> v128 [swap I8x16LeS]: |a, b| vector::compare(a, b, |a: i8, b: i8| a >= b);
                    I8x16GeU "i8x16.ge_u" (v128) -> v128 [swap I8x16LeU]: |a, b| vector::compare(a, b, |a: u8, b: u8| a >= b);
                    I16x8Eq "i16x8.eq" (v128) -> v128 [swap I16x8Eq]: |a, b| vector::compare(a, b, |a: u16, b: u16| a == b);
                    I16x8Ne "i16x8.ne" (v128) -> v128 [swap I16x8Ne]: |a, b| vector::compare(a, b, |a: u16, b: u16| a != b);
                    I16x8LtS "i16x8.lt_s" (v128) -> v128 [swap I16x8GtS]: |a, b| vector::compare(a, b, |a: i16, b: i16| a < b);
                    I16x8LtU "i16x8.lt_u" (v128) -> v128 [swap I16x8GtU]: |a, b| vector::compare(a, b, |a: u16, b: u16| a < b);
                    I16x8GtS "i16x8.gt_s" (v128) -> v128 [swap I16x8LtS]: |a, b| vector::compare(a, b, |a: i16, b: i16| a > b);
                    I16x8GtU "i16x8.gt_u" (v128) -> v128 [swap I16x8LtU]: |a, b| vector::compare(a, b, |a: u16, b: u16| a > b);
                    I16x8LeS "i16x8.le_s" (v128) -> v128 [swap I16x8GeS]: |a, b| vector::compare(a, b, |a: i16, b: i16| a <= b);
                    I16x8LeU "i16x8.le_u" (v128) -> v128 [swap I16x8GeU]: |a, b| vector::compare(a, b, |a: u16, b: u16| a <= b);
                    I16x8GeS "i16x8.ge_s" (v128) -> v128 [swap I16x8LeS]: |a, b| vector::compare(a, b, |a: i16, b: i16| a >= b);
                    I16x8GeU "i16x8.ge_u" (v128) -> v128 [swap I16x8LeU]: |a, b| vector::compare(a, b, |a: u16, b: u16| a >= b);
                    I32x4Eq "i32x4.eq" (v128) -> v128 [swap I32x4Eq]: |a, b| vector::compare(a, b, |a: u32, b: u32| a == b);
                    I32x4Ne "i32x4.ne" (v128) -> v128 [swap I32x4Ne]: |a, b| vector::compare(a, b, |a: u32, b: u32| a != b);
                    I32x4LtS "i32x4.lt_s" (v128) -> v128 [swap I32x4GtS]: |a, b| vector::compare(a, b, |a: i32, b: i32| a < b);
                    I32x4LtU "i32x4.lt_u" (v128) -> v128 [swap I32x4GtU]: |a, b| vector::compare(a, b, |a: u32, b: u32| a < b);
                    I32x4GtS "i32x4.gt_s" (v128) -> v128 [swap I32x4LtS]: |a, b| vector::compare(a, b, |a: i32, b: i32| a > b);
                    I32x4GtU "i32x4.gt_u" (v128) -> v128 [swap I32x4LtU]: |a, b| vector::compare(a, b, |a: u32, b: u32| a > b);
                    I32x4LeS "i32x4.le_s" (v128) -> v128 [swap I32x4GeS]: |a, b| vector::compare(a, b, |a: i32, b: i32| a <= b);
                    I32x4LeU "i32x4.le_u" (v128) -> v128 [swap I32x4GeU]: |a, b| vector::compare(a, b, |a: u32, b: u32| a <= b);
                    I32x4GeS "i32x4.ge_s" (v128) -> v128 [swap I32x4LeS]: |a, b| vector::compare(a, b, |a: i32, b: i32| a >= b);
                    I32x4GeU "i32x4.ge_u" (v128) -> v128 [swap I32x4LeU]: |a, b| vector::compare(a, b, |a: u32, b: u32| a >= b);
                    I64x2Eq "i64x2.eq" (v128) -> v128 [swap I64x2Eq]: |a, b| vector::compare(a, b, |a: u64, b: u64| a == b);
                    I64x2Ne "i64x2.ne" (v128) -> v128 [swap I64x2Ne]: |a, b| vector::compare(a, b, |a: u64, b: u64| a != b);
                    I64x2LtS "i64x2.lt_s" (v128) -> v128 [swap I64x2GtS]: |a, b| vector::compare(a, b, |a: i64, b: i64| a < b);
                    I64x2GtS "i64x2.gt_s" (v128) -> v128 [swap I64x2LtS]: |a, b| vector::compare(a, b, |a: i64, b: i64| a > b);
                    I64x2LeS "i64x2.le_s" (v128) -> v128 [swap I64x2GeS]: |a, b| vector::compare(a, b, |a: i64, b: i64| a <= b);
                    I64x2GeS "i64x2.ge_s" (v128) -> v128 [swap I64x2LeS]: |a, b| vector::compare(a, b, |a: i64, b: i64| a >= b);
                    F32x4Eq "f32x4.eq" (v128) -> v128 [swap F32x4Eq]: |a, b| vector::compare(a, b, |a: f32, b: f32| a == b);
                    F32x4Ne "f32x4.ne" (v128) -> v128 [swap F32x4Ne]: |a, b| vector::compare(a, b, |a: f32, b: f32| a != b);
                    F32x4Lt "f32x4.lt" (v128) -> v128 [swap F32x4Gt]: |a, b| vector::compare(a, b, |a: f32, b: f32| a < b);
                    F32x4Gt "f32x4.gt" (v128) -> v128 [swap F32x4Lt]: |a, b| vector::compare(a, b, |a: f32, b: f32| a > b);
                    F32x4Le "f32x4.le" (v128) -> v128 [swap F32x4Ge]: |a, b| vector::compare(a, b, |a: f32, b: f32| a <= b);
                    F32x4Ge "f32x4.ge" (v128) -> v128 [swap F32x4Le]: |a, b| vector::compare(a, b, |a: f32, b: f32| a >= b);
                    F64x2Eq "f64x2.eq" (v128) -> v128 [swap F64x2Eq]: |a, b| vector::compare(a, b, |a: f64, b: f64| a == b);
                    F64x2Ne "f64x2.ne" (v128) -> v128 [swap F64x2Ne]: |a, b| vector::compare(a, b, |a: f64, b: f64| a != b);
                    F64x2Lt "f64x2.lt" (v128) -> v128 [swap F64x2Gt]: |a, b| vector::compare(a, b, |a: f64, b: f64| a < b);
                    F64x2Gt "f64x2.gt" (v128) -> v128 [swap F64x2Lt]: |a, b| vector::compare(a, b, |a: f64, b: f64| a > b);
                    F64x2Le "f64x2.le" (v128) -> v128 [swap F64x2Ge]: |a, b| vector::compare(a, b, |a: f64, b: f64| a <= b);
                    F64x2Ge "f64x2.ge" (v128) -> v128 [swap F64x2Le]: |a, b| vector::compare(a, b, |a: f64, b: f64| a >= b);
                    I8x16Add "i8x16.add" (v128) -> v128 [swap I8x16Add]: |a, b| vector::map2(a, b, u8::wrapping_add);
                    I8x16Sub "i8x16.sub" (v128) -> v128 []: |a, b| vector::map2(a, b, u8::wrapping_sub);
                    I8x16AddSatS "i8x16.add_sat_s" (v128) -> v128 [swap I8x16AddSatS]: |a, b| vector::map2(a, b, i8::saturating_add);
                    I8x16AddSatU "i8x16.add_sat_u" (v128) -> v128 [swap I8x16AddSatU]: |a, b| vector::map2(a, b, u8::saturating_add);
                    I8x16SubSatS "i8x16.sub_sat_s" (v128) -> v128 []: |a, b| vector::map2(a, b, i8::saturating_sub);
                    I8x16SubSatU "i8x16.sub_sat_u" (v128) -> v128 []: |a, b| vector::map2(a, b, u8::saturating_sub);
                    I8x16MinS "i8x16.min_s" (v128) -> v128 [swap I8x16MinS]: |a, b| vector::map2(a, b, |a: i8, b: i8| a.min(b));
                    I8x16MinU "i8x16.min_u" (v128) -> v128 [swap I8x16MinU]: |a, b| vector::map2(a, b, |a: u8, b: u8| a.min(b));
                    I8x16MaxS "i8x16.max_s" (v128) -> v128 [swap I8x16MaxS]: |a, b| vector::map2(a, b, |a: i8, b: i8| a.max(b));
                    I8x16MaxU "i8x16.max_u" (v128) -> v128 [swap I8x16MaxU]: |a, b| vector::map2(a, b, |a: u8, b: u8| a.max(b));
                    I8x16AvgrU "i8x16.avgr_u" (v128) -> v128 [swap I8x16AvgrU]: |a, b| vector::map2(a, b, |a: u8, b: u8| (a | b) - ((a ^ b) >> 1));
                    I16x8Add "i16x8.add" (v128) -> v128 [swap I16x8Add]: |a, b| vector::map2(a, b, u16::wrapping_add);
                    I16x8Sub "i16x8.sub" (v128) -> v128 []: |a, b| vector::map2(a, b, u16::wrapping_sub);
                    I16x8Mul "i16x8.mul" (v128) -> v128 [swap I16x8Mul]: |a, b| vector::map2(a, b, u16::wrapping_mul);
                    I16x8AddSatS "i16x8.add_sat_s" (v128) -> v128 [swap I16x8AddSatS]: |a, b| vector::map2(a, b, i16::saturating_add);
                    I16x8AddSatU "i16x8.add_sat_u" (v128) -> v128 [swap I16x8AddSatU]: |a, b| vector::map2(a, b, u16::saturating_add);
                    I16x8SubSatS "i16x8.sub_sat_s" (v128) -> v128 []: |a, b| vector::map2(a, b, i16::saturating_sub);
                    I16x8SubSatU "i16x8.sub_sat_u" (v128) -> v128 []: |a, b| vector::map2(a, b, u16::saturating_sub);
                    I16x8MinS "i16x8.min_s" (v128) -> v128 [swap I16x8MinS]: |a, b| vector::map2(a, b, |a: i16, b: i16| a.min(b));
                    I16x8MinU "i16x8.min_u" (v128) -> v128 [swap I16x8MinU]: |a, b| vector::map2(a, b, |a: u16, b: u16| a.min(b));
                    I16x8MaxS "i16x8.max_s" (v128) -> v128 [swap I16x8MaxS]: |a, b| vector::map2(a, b, |a: i16, b: i16| a.max(b));
                    I16x8MaxU "i16x8.max_u" (v128) -> v128 [swap I16x8MaxU]: |a, b| vector::map2(a, b, |a: u16, b: u16| a.max(b));
                    I16x8AvgrU "i16x8.avgr_u" (v128) -> v128 [swap I16x8AvgrU]: |a, b| vector::map2(a, b, |a: u16, b: u16| (a | b) - ((a ^ b) >> 1));
                    I32x4Add "i32x4.add" (v128) -> v128 [swap I32x4Add]: |a, b| vector::map2(a, b, u32::wrapping_add);
                    I32x4Sub "i32x4.sub" (v128) -> v128 []: |a, b| vector::map2(a, b, u32::wrapping_sub);
                    I32x4Mul "i32x4.mul" (v128) -> v128 [swap I32x4Mul]: |a, b| vector::map2(a, b, u32::wrapping_mul);
                    I32x4MinS "i32x4.min_s" (v128) -> v128 [swap I32x4MinS]: |a, b| vector::map2(a, b, |a: i32, b: i32| a.min(b));
                    I32x4MinU "i32x4.min_u" (v128) -> v128 [swap I32x4MinU]: |a, b| vector::map2(a, b, |a: u32, b: u32| a.min(b));
                    I32x4MaxS "i32x4.max_s" (v128) -> v128 [swap I32x4MaxS]: |a, b| vector::map2(a, b, |a: i32, b: i32| a.max(b));
                    I32x4MaxU "i32x4.max_u" (v128) -> v128 [swap I32x4MaxU]: |a, b| vector::map2(a, b, |a: u32, b: u32| a.max(b));
                    I64x2Add "i64x2.add" (v128) -> v128 [swap I64x2Add]: |a, b| vector::map2(a, b, u64::wrapping_add);
                    I64x2Sub "i64x2.sub" (v128) -> v128 []: |a, b| vector::map2(a, b, u64::wrapping_sub);
                    I64x2Mul "i64x2.mul" (v128) -> v128 [swap I64x2Mul]: |a, b| vector::map2(a, b, u64::wrapping_mul);
                    I8x16NarrowI16x8S "i8x16.narrow_i16x8_s" (v128) -> v128 []: |a, b| vector::narrow(a, b, |a: i16| a.clamp(i8::MIN.into(), i8::MAX.into()) as i8);
                    I8x16NarrowI16x8U "i8x16.narrow_i16x8_u" (v128) -> v128 []: |a, b| vector::narrow(a, b, |a: i16| a.clamp(0, u8::MAX.into()) as u8);
                    I16x8ExtMulLowI8x16S "i16x8.extmul_low_i8x16_s" (v128) -> v128 [swap I16x8ExtMulLowI8x16S]: |a, b| vector::map2(a, b, |a: i8, b: i8| (a as i16) * b as i16);
                    I16x8ExtMulLowI8x16U "i16x8.extmul_low_i8x16_u" (v128) -> v128 [swap I16x8ExtMulLowI8x16U]: |a, b| vector::map2(a, b, |a: u8, b: u8| (a as u16) * b as u16);
                    I16x8ExtMulHighI8x16S "i16x8.extmul_high_i8x16_s" (v128) -> v128 [swap I16x8ExtMulHighI8x16S]: |a, b| vector::extend2_high(a, b, |a: i8, b: i8| (a as i16) * b as i16);
                    I16x8ExtMulHighI8x16U "i16x8.extmul_high_i8x16_u" (v128) -> v128 [swap I16x8ExtMulHighI8x16U]: |a, b| vector::extend2_high(a, b, |a: u8, b: u8| (a as u16) * b as u16);
                    I16x8NarrowI32x4S "i16x8.narrow_i32x4_s" (v128) -> v128 []: |a, b| vector::narrow(a, b, |a: i32| a.clamp(i16::MIN.into(), i16::MAX.into()) as i16);
                    I16x8NarrowI32x4U "i16x8.narrow_i32x4_u" (v128) -> v128 []: |a, b| vector::narrow(a, b, |a: i32| a.clamp(0, u16::MAX.into()) as u16);
                    I32x4ExtMulLowI16x8S "i32x4.extmul_low_i16x8_s" (v128) -> v128 [swap I32x4ExtMulLowI16x8S]: |a, b| vector::map2(a, b, |a: i16, b: i16| (a as i32) * b as i32);
                    I32x4ExtMulLowI16x8U "i32x4.extmul_low_i16x8_u" (v128) -> v128 [swap I32x4ExtMulLowI16x8U]: |a, b| vector::map2(a, b, |a: u16, b: u16| (a as u32) * b as u32);
                    I32x4ExtMulHighI16x8S "i32x4.extmul_high_i16x8_s" (v128) -> v128 [swap I32x4ExtMulHighI16x8S]: |a, b| vector::extend2_high(a, b, |a: i16, b: i16| (a as i32) * b as i32);
                    I32x4ExtMulHighI16x8U "i32x4.extmul_high_i16x8_u" (v128) -> v128 [swap I32x4ExtMulHighI16x8U]: |a, b| vector::extend2_high(a, b, |a: u16, b: u16| (a as u32) * b as u32);
                    I64x2ExtMulLowI32x4S "i64x2.extmul_low_i32x4_s" (v128) -> v128 [swap I64x2ExtMulLowI32x4S]: |a, b| vector::map2(a, b, |a: i32, b: i32| (a as i64) * b as i64);
                    I64x2ExtMulLowI32x4U "i64x2.extmul_low_i32x4_u" (v128) -> v128 [swap I64x2ExtMulLowI32x4U]: |a, b| vector::map2(a, b, |a: u32, b: u32| (a as u64) * b as u64);
                    I64x2ExtMulHighI32x4S "i64x2.extmul_high_i32x4_s" (v128) -> v128 [swap I64x2ExtMulHighI32x4S]: |a, b| vector::extend2_high(a, b, |a: i32, b: i32| (a as i64) * b as i64);
                    I64x2ExtMulHighI32x4U "i64x2.extmul_high_i32x4_u" (v128) -> v128 [swap I64x2ExtMulHighI32x4U]: |a, b| vector::extend2_high(a, b, |a: u32, b: u32| (a as u64) * b as u64);
                    I16x8Q15MulrSatS "i16x8.q15mulr_sat_s" (v128) -> v128 [swap I16x8Q15MulrSatS]: |a, b| vector::map2(a, b, vector::q15_multiply);
                    I32x4DotI16x8S "i32x4.dot_i16x8_s" (v128) -> v128 [swap I32x4DotI16x8S]: |a, b| vector::dot(a, b);
                    F32x4Add "f32x4.add" (v128) -> v128 [swap F32x4Add]: |a, b| vector::map2(a, b, |a: f32, b: f32| a + b);
                    F32x4Sub "f32x4.sub" (v128) -> v128 []: |a, b| vector::map2(a, b, |a: f32, b: f32| a - b);
                    F32x4Mul "f32x4.mul" (v128) -> v128 [swap F32x4Mul]: |a, b| vector::map2(a, b, |a: f32, b: f32| a * b);
                    F32x4Div "f32x4.div" (v128) -> v128 []: |a, b| vector::map2(a, b, |a: f32, b: f32| a / b);
                    F32x4Min "f32x4.min" (v128) -> v128 []: |a, b| vector::map2(a, b, vector::min::<f32>);
                    F32x4Max "f32x4.max" (v128) -> v128 []: |a, b| vector::map2(a, b, vector::max::<f32>);
                    F32x4PMin "f32x4.pmin" (v128) -> v128 []: |a, b| vector::map2(a, b, |a: f32, b: f32| if b < a { b } else { a });
                    F32x4PMax "f32x4.pmax" (v128) -> v128 []: |a, b| vector::map2(a, b, |a: f32, b: f32| if a < b { b } else { a });
                    F64x2Add "f64x2.add" (v128) -> v128 [swap F64x2Add]: |a, b| vector::map2(a, b, |a: f64, b: f64| a + b);
                    F64x2Sub "f64x2.sub" (v128) -> v128 []: |a, b| vector::map2(a, b, |a: f64, b: f64| a - b);
                    F64x2Mul "f64x2.mul" (v128) -> v128 [swap F64x2Mul]: |a, b| vector::map2(a, b, |a: f64, b: f64| a * b);
                    F64x2Div "f64x2.div" (v128) -> v128 []: |a, b| vector::map2(a, b, |a: f64, b: f64| a / b);
                    F64x2Min "f64x2.min" (v128) -> v128 []: |a, b| vector::map2(a, b, vector::min::<f64>);
                    F64x2Max "f64x2.max" (v128) -> v128 []: |a, b| vector::map2(a, b, vector::max::<f64>);
                    F64x2PMin "f64x2.pmin" (v128) -> v128 []: |a, b| vector::map2(a, b, |a: f64, b: f64| if b < a { b } else { a });
                    F64x2PMax "f64x2.pmax" (v128) -> v128 []: |a, b| vector::map2(a, b, |a: f64, b: f64| if a < b { b } else { a });
                    I8x16RelaxedSwizzle "i8x16.relaxed_swizzle" (v128) -> v128 []: |a, b| vector::swizzle(a, b);
                    F32x4RelaxedMin "f32x4.relaxed_min" (v128) -> v128 []: |a, b| vector::map2(a, b, vector::min::<f32>);
                    F32x4RelaxedMax "f32x4.relaxed_max" (v128) -> v128 []: |a, b| vector::map2(a, b, vector::max::<f32>);
                    F64x2RelaxedMin "f64x2.relaxed_min" (v128) -> v128 []: |a, b| vector::map2(a, b, vector::min::<f64>);
                    F64x2RelaxedMax "f64x2.relaxed_max" (v128) -> v128 []: |a, b| vector::map2(a, b, vector::max::<f64>);
                    I16x8RelaxedQ15mulrS "i16x8.relaxed_q15mulr_s" (v128) -> v128 [swap I16x8RelaxedQ15mulrS]: |a, b| vector::map2(a, b, vector::q15_multiply);
                    I16x8RelaxedDotI8x16I7x16S "i16x8.relaxed_dot_i8x16_i7x16_s" (v128) -> v128 [swap I16x8RelaxedDotI8x16I7x16S]: |a, b| vector::dot_bytes(a, b);
                }
                unary {
                    V128Not "v128.not" (v128) -> v128: |a| vector::map(a, |a: u64| !a);
                    V128AnyTrue "v128.any_true" (v128) -> u32: |a| vector::any_true(a);
                    I8x16Abs "i8x16.abs" (v128) -> v128: |a| vector::map(a, i8::wrapping_abs);
                    I8x16Neg "i8x16.neg" (v128) -> v128: |a| vector::map(a, i8::wrapping_neg);
                    I8x16AllTrue "i8x16.all_true" (v128) -> u32: |a| vector::all_true::<u8>(a);
                    I8x16Bitmask "i8x16.bitmask" (v128) -> u32: |a| vector::bitmask::<i8>(a);
                    I8x16Popcnt "i8x16.popcnt" (v128) -> v128: |a| vector::map(a, |a: u8| a.count_ones() as u8);
                    I16x8Abs "i16x8.abs" (v128) -> v128: |a| vector::map(a, i16::wrapping_abs);
                    I16x8Neg "i16x8.neg" (v128) -> v128: |a| vector::map(a, i16::wrapping_neg);
                    I16x8AllTrue "i16x8.all_true" (v128) -> u32: |a| vector::all_true::<u16>(a);
                    I16x8Bitmask "i16x8.bitmask" (v128) -> u32: |a| vector::bitmask::<i16>(a);
                    I32x4Abs "i32x4.abs" (v128) -> v128: |a| vector::map(a, i32::wrapping_abs);
                    I32x4Neg "i32x4.neg" (v128) -> v128: |a| vector::map(a, i32::wrapping_neg);
                    I32x4AllTrue "i32x4.all_true" (v128) -> u32: |a| vector::all_true::<u32>(a);
                    I32x4Bitmask "i32x4.bitmask" (v128) -> u32: |a| vector::bitmask::<i32>(a);
                    I64x2Abs "i64x2.abs" (v128) -> v128: |a| vector::map(a, i64::wrapping_abs);
                    I64x2Neg "i64x2.neg" (v128) -> v128: |a| vector::map(a, i64::wrapping_neg);
                    I64x2AllTrue "i64x2.all_true" (v128) -> u32: |a| vector::all_true::<u64>(a);
                    I64x2Bitmask "i64x2.bitmask" (v128) -> u32: |a| vector::bitmask::<i64>(a);
                    I16x8ExtendLowI8x16S "i16x8.extend_low_i8x16_s" (v128) -> v128: |a| vector::map(a, |a: i8| a as i16);
                    I16x8ExtendLowI8x16U "i16x8.extend_low_i8x16_u" (v128) -> v128: |a| vector::map(a, |a: u8| a as u16);
                    I16x8ExtendHighI8x16S "i16x8.extend_high_i8x16_s" (v128) -> v128: |a| vector::extend_high(a, |a: i8| a as i16);
                    I16x8ExtendHighI8x16U "i16x8.extend_high_i8x16_u" (v128) -> v128: |a| vector::extend_high(a, |a: u8| a as u16);
                    I16x8ExtAddPairwiseI8x16S "i16x8.extadd_pairwise_i8x16_s" (v128) -> v128: |a| vector::pairwise(a, |a: i8, b: i8| a as i16 + b as i16);
                    I16x8ExtAddPairwiseI8x16U "i16x8.extadd_pairwise_i8x16_u" (v128) -> v128: |a| vector::pairwise(a, |a: u8, b: u8| a as u16 + b as u16);
                    I32x4ExtendLowI16x8S "i32x4.extend_low_i16x8_s" (v128) -> v128: |a| vector::map(a, |a: i16| a as i32);
                    I32x4ExtendLowI16x8U "i32x4.extend_low_i16x8_u" (v128) -> v128: |a| vector::map(a, |a: u16| a as u32);
                    I32x4ExtendHighI16x8S "i32x4.extend_high_i16x8_s" (v128) -> v128: |a| vector::extend_high(a, |a: i16| a as i32);
                    I32x4ExtendHighI16x8U "i32x4.extend_high_i16x8_u" (v128) -> v128: |a| vector::extend_high(a, |a: u16| a as u32);
                    I32x4ExtAddPairwiseI16x8S "i32x4.extadd_pairwise_i16x8_s" (v128) -> v128: |a| vector::pairwise(a, |a: i16, b: i16| a as i32 + b as i32);
                    I32x4ExtAddPairwiseI16x8U "i32x4.extadd_pairwise_i16x8_u" (v128) -> v128: |a| vector::pairwise(a, |a: u16, b: u16| a as u32 + b as u32);
                    I64x2ExtendLowI32x4S "i64x2.extend_low_i32x4_s" (v128) -> v128: |a| vector::map(a, |a: i32| a as i64);
                    I64x2ExtendLowI32x4U "i64x2.extend_low_i32x4_u" (v128) -> v128: |a| vector::map(a, |a: u32| a as u64);
                    I64x2ExtendHighI32x4S "i64x2.extend_high_i32x4_s" (v128) -> v128: |a| vector::extend_high(a, |a: i32| a as i64);
                    I64x2ExtendHighI32x4U "i64x2.extend_high_i32x4_u" (v128) -> v128: |a| vector::extend_high(a, |a: u32| a as u64);
                    F32x4Abs "f32x4.abs" (v128) -> v128: |a| vector::map(a, |a: u32| a & !(1 << 31));
                    F32x4Neg "f32x4.neg" (v128) -> v128: |a| vector::map(a, |a: u32| a ^ 1 << 31);
                    F32x4Sqrt "f32x4.sqrt" (v128) -> v128: |a| vector::map(a, <f32 as numeric::Float>::sqrt);
                    F32x4Ceil "f32x4.ceil" (v128) -> v128: |a| vector::map(a, <f32 as numeric::Float>::ceil);
                    F32x4Floor "f32x4.floor" (v128) -> v128: |a| vector::map(a, <f32 as numeric::Float>::floor);
                    F32x4Trunc "f32x4.trunc" (v128) -> v128: |a| vector::map(a, <f32 as numeric::Float>::trunc);
                    F32x4Nearest "f32x4.nearest" (v128) -> v128: |a| vector::map(a, <f32 as numeric::Float>::nearest);
                    F64x2Abs "f64x2.abs" (v128) -> v128: |a| vector::map(a, |a: u64| a & !(1 << 63));
                    F64x2Neg "f64x2.neg" (v128) -> v128: |a| vector::map(a, |a: u64| a ^ 1 << 63);
                    F64x2Sqrt "f64x2.sqrt" (v128) -> v128: |a| vector::map(a, <f64 as numeric::Float>::sqrt);
                    F64x2Ceil "f64x2.ceil" (v128) -> v128: |a| vector::map(a, <f64 as numeric::Float>::ceil);
                    F64x2Floor "f64x2.floor" (v128) -> v128: |a| vector::map(a, <f64 as numeric::Float>::floor);
                    F64x2Trunc "f64x2.trunc" (v128) -> v128: |a| vector::map(a, <f64 as numeric::Float>::trunc);
                    F64x2Nearest "f64x2.nearest" (v128) -> v128: |a| vector::map(a, <f64 as numeric::Float>::nearest);
                    I32x4TruncSatF32x4S "i32x4.trunc_sat_f32x4_s" (v128) -> v128: |a| vector::map(a, |a: f32| a as i32);
                    I32x4TruncSatF64x2SZero "i32x4.trunc_sat_f64x2_s_zero" (v128) -> v128: |a| vector::low_from(a, |a: f64| a as i32);
                    F32x4ConvertI32x4S "f32x4.convert_i32x4_s" (v128) -> v128: |a| vector::map(a, |a: i32| a as f32);
                    F64x2ConvertLowI32x4S "f64x2.convert_low_i32x4_s" (v128) -> v128: |a| vector::map(a, |a: i32| a as f64);
                    I32x4TruncSatF32x4U "i32x4.trunc_sat_f32x4_u" (v128) -> v128: |a| vector::map(a, |a: f32| a as u32);
                    I32x4TruncSatF64x2UZero "i32x4.trunc_sat_f64x2_u_zero" (v128) -> v128: |a| vector::low_from(a, |a: f64| a as u32);
                    F32x4ConvertI32x4U "f32x4.convert_i32x4_u" (v128) -> v128: |a| vector::map(a, |a: u32| a as f32);
                    F64x2ConvertLowI32x4U "f64x2.convert_low_i32x4_u" (v128) -> v128: |a| vector::map(a, |a: u32| a as f64);
                    F32x4DemoteF64x2Zero "f32x4.demote_f64x2_zero" (v128) -> v128: |a| vector::low_from(a, |a: f64| a as f32);
                    F64x2PromoteLowF32x4 "f64x2.promote_low_f32x4" (v128) -> v128: |a| vector::map(a, |a: f32| a as f64);
                    I8x16Splat "i8x16.splat" (u32) -> v128: |a| vector::splat(a as u8);
                    I16x8Splat "i16x8.splat" (u32) -> v128: |a| vector::splat(a as u16);
                    I32x4Splat "i32x4.splat" (u32) -> v128: |a| vector::splat(a);
                    I64x2Splat "i64x2.splat" (u64) -> v128: |a| vector::splat(a);
                    F32x4Splat "f32x4.splat" (f32) -> v128: |a| vector::splat(a);
                    F64x2Splat "f64x2.splat" (f64) -> v128: |a| vector::splat(a);
                    I32x4RelaxedTruncF32x4S "i32x4.relaxed_trunc_f32x4_s" (v128) -> v128: |a| vector::map(a, |a: f32| a as i32);
                    I32x4RelaxedTruncF64x2SZero "i32x4.relaxed_trunc_f64x2_s_zero" (v128) -> v128: |a| vector::low_from(a, |a: f64| a as i32);
                    I32x4RelaxedTruncF32x4U "i32x4.relaxed_trunc_f32x4_u" (v128) -> v128: |a| vector::map(a, |a: f32| a as u32);
                    I32x4RelaxedTruncF64x2UZero "i32x4.relaxed_trunc_f64x2_u_zero" (v128) -> v128: |a| vector::low_from(a, |a: f64| a as u32);
                }
                load {
                    V128Load "v128.load" v128 => v128;
                    V128Load8x8S "v128.load8x8_s" i8x8 => v128;
                    V128Load8x8U "v128.load8x8_u" u8x8 => v128;
                    V128Load16x4S "v128.load16x4_s" i16x4 => v128;
                    V128Load16x4U "v128.load16x4_u" u16x4 => v128;
                    V128Load32x2S "v128.load32x2_s" i32x2 => v128;
                    V128Load32x2U "v128.load32x2_u" u32x2 => v128;
                    V128Load8Splat "v128.load8_splat" splat8 => v128;
                    V128Load16Splat "v128.load16_splat" splat16 => v128;
                    V128Load32Splat "v128.load32_splat" splat32 => v128;
                    V128Load64Splat "v128.load64_splat" splat64 => v128;
                    V128Load32Zero "v128.load32_zero" zero32 => v128;
                    V128Load64Zero "v128.load64_zero" zero64 => v128;
                }
                store {
                    V128Store "v128.store" v128 => v128;
                }
                plain {
                    /// A vector, or a copy of one; where there are two forms, they are destinations.
                    V128Const "v128.const" {
                        [ToAcc(Bank::V128), Imm128(8)] vector::Const<ToAccum>;
                        [Dst(0), Imm128(8)] vector::Const<ToSlot>;
                    }
                    V128Copy "v128.copy" {
                        [Dst(0), Src(2)] control::Copy<ToSlot, Slot, v128>;
                        [Dst(0), Acc(Bank::V128)] control::Copy<ToSlot, Acc, v128>;
                    }
                    V128Select "v128.select" { [Dst(0), Src(2), Src(4), Src(6)] control::Select<v128, Slot, Slot, Slot, ToSlot>; }
                    V128GlobalGet "global.get" { [Dst(0), Global(4)] global::Get<v128, ToSlot>; }
                    V128GlobalSet "global.set" { [Src(0), Global(4)] global::Set<Slot, v128>; }
                    /// Shuffles of bytes, and those that are shuffles of wider lanes.
                    I8x16Shuffle "i8x16.shuffle" {
                        [ToAcc(Bank::V128), Src(2), Src(4), Imm128(8)] vector::Shuffle<u8, ToAccum>;
                        [Dst(0), Src(2), Src(4), Imm128(8)] vector::Shuffle<u8, ToSlot>;
                    }
                    I16x8Shuffle "i16x8.shuffle" {
                        [ToAcc(Bank::V128), Src(2), Src(4), Imm128(8)] vector::Shuffle<u16, ToAccum>;
                        [Dst(0), Src(2), Src(4), Imm128(8)] vector::Shuffle<u16, ToSlot>;
                    }
                    I32x4Shuffle "i32x4.shuffle" {
                        [ToAcc(Bank::V128), Src(2), Src(4), Imm128(8)] vector::Shuffle<u32, ToAccum>;
                        [Dst(0), Src(2), Src(4), Imm128(8)] vector::Shuffle<u32, ToSlot>;
                    }
                    I64x2Shuffle "i64x2.shuffle" {
                        [ToAcc(Bank::V128), Src(2), Src(4), Imm128(8)] vector::Shuffle<u64, ToAccum>;
                        [Dst(0), Src(2), Src(4), Imm128(8)] vector::Shuffle<u64, ToSlot>;
                    }
                }
                shift {
                    I8x16Shl "i8x16.shl": |a, b| vector::map(a, |a: u8| a.wrapping_shl(b));
                    I8x16ShrS "i8x16.shr_s": |a, b| vector::map(a, |a: i8| a.wrapping_shr(b));
                    I8x16ShrU "i8x16.shr_u": |a, b| vector::map(a, |a: u8| a.wrapping_shr(b));
                    I16x8Shl "i16x8.shl": |a, b| vector::map(a, |a: u16| a.wrapping_shl(b));
                    I16x8ShrS "i16x8.shr_s": |a, b| vector::map(a, |a: i16| a.wrapping_shr(b));
                    I16x8ShrU "i16x8.shr_u": |a, b| vector::map(a, |a: u16| a.wrapping_shr(b));
                    I32x4Shl "i32x4.shl": |a, b| vector::map(a, |a: u32| a.wrapping_shl(b));
                    I32x4ShrS "i32x4.shr_s": |a, b| vector::map(a, |a: i32| a.wrapping_shr(b));
                    I32x4ShrU "i32x4.shr_u": |a, b| vector::map(a, |a: u32| a.wrapping_shr(b));
                    I64x2Shl "i64x2.shl": |a, b| vector::map(a, |a: u64| a.wrapping_shl(b));
                    I64x2ShrS "i64x2.shr_s": |a, b| vector::map(a, |a: i64| a.wrapping_shr(b));
                    I64x2ShrU "i64x2.shr_u": |a, b| vector::map(a, |a: u64| a.wrapping_shr(b));
                }
                ternary {
                    V128Bitselect "v128.bitselect": |a, b, c| vector::select_bits(a, b, c);
                    F32x4RelaxedMadd "f32x4.relaxed_madd": |a, b, c| vector::map3(a, b, c, |a: f32, b: f32, c: f32| a * b + c);
                    F32x4RelaxedNmadd "f32x4.relaxed_nmadd": |a, b, c| vector::map3(a, b, c, |a: f32, b: f32, c: f32| c - a * b);
                    F64x2RelaxedMadd "f64x2.relaxed_madd": |a, b, c| vector::map3(a, b, c, |a: f64, b: f64, c: f64| a * b + c);
                    F64x2RelaxedNmadd "f64x2.relaxed_nmadd": |a, b, c| vector::map3(a, b, c, |a: f64, b: f64, c: f64| c - a * b);
                    I8x16RelaxedLaneselect "i8x16.relaxed_laneselect": |a, b, c| vector::select_bits(a, b, c);
                    I16x8RelaxedLaneselect "i16x8.relaxed_laneselect": |a, b, c| vector::select_bits(a, b, c);
                    I32x4RelaxedLaneselect "i32x4.relaxed_laneselect": |a, b, c| vector::select_bits(a, b, c);
                    I64x2RelaxedLaneselect "i64x2.relaxed_laneselect": |a, b, c| vector::select_bits(a, b, c);
                    I32x4RelaxedDotI8x16I7x16AddS "i32x4.relaxed_dot_i8x16_i7x16_add_s": |a, b, c| vector::dot_bytes_add(a, b, c);
                }
                extract {
                    I8x16ExtractLaneS "i8x16.extract_lane_s" i8 => i32;
                    I8x16ExtractLaneU "i8x16.extract_lane_u" u8 => u32;
                    I16x8ExtractLaneS "i16x8.extract_lane_s" i16 => i32;
                    I16x8ExtractLaneU "i16x8.extract_lane_u" u16 => u32;
                    I32x4ExtractLane "i32x4.extract_lane" u32 => u32;
                    I64x2ExtractLane "i64x2.extract_lane" u64 => u64;
                    F32x4ExtractLane "f32x4.extract_lane" f32 => f32;
                    F64x2ExtractLane "f64x2.extract_lane" f64 => f64;
                }
                replace {
                    I8x16ReplaceLane "i8x16.replace_lane" u32 => u8;
                    I16x8ReplaceLane "i16x8.replace_lane" u32 => u16;
                    I32x4ReplaceLane "i32x4.replace_lane" u32 => u32;
                    I64x2ReplaceLane "i64x2.replace_lane" u64 => u64;
                    F32x4ReplaceLane "f32x4.replace_lane" f32 => f32;
                    F64x2ReplaceLane "f64x2.replace_lane" f64 => f64;
                }
                atomic_load {} atomic_store {} rmw {} cmpxchg {} produce {} compare {} fused_compare {}
                select {} copy {} global_get {} chain {} load_chain {} load_branch {} load_keep_branch {}
                load_scaled {} load_store {} chain_store {} copy_more {}
            ]
        }
    };
}
#[cfg(not(feature = "simd"))]
macro_rules! simd_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::all_rows! { $apply $($blocks)* }
    };
}
pub(crate) use simd_rows;
