//! The op table: one row per op. Everything else about ops follows from here.
//!
//! A row says its name (that of `wasmparser::Operator` for numeric and memory ops), its mnemonic, the
//! types of its operands and what it computes. `for_each_op!` hands all rows to a macro; those that
//! use it make from them
//! - the enum [`Op`](super::Op), numbering and operand forms (`bytecode`): encoding and disassembly,
//! - semantics and handlers (`exec`): dispatch,
//! - the map from wasm operators (`translate`).
//!
//! Groups share a shape, the set of places their operands may be in (see `Shape`):
//! - `binary`: `Name "text" (operand type) -> result type [swap Mirror]: |a, b| value or trap`, where
//!   `swap` names the op that gives the same result with exchanged operands;
//! - `compare`: the same with a boolean result, plus `[not Inverse]`; also exists fused with a branch;
//! - `fused_compare`: the same for two wasm operators in a row, here a bitwise and that is compared with
//!   zero; the translator finds them;
//! - `unary`, `load` (`stored type => type`), `store` (`type => stored type`);
//! - `select`: chooses one of two slots or small constants by an i32, for each bank of the result;
//! - `plain`: `Name "text" { [fields] Handler; … }`, one entry per form, handler from `exec::handlers`.

/// Hands every row of the table to the macro `$apply`.
macro_rules! for_each_op {
    ($apply:ident) => {
        $apply! {
            binary {
                I32Add "i32.add" (u32) -> u32 [swap I32Add]: |a, b| a.wrapping_add(b);
                I32Sub "i32.sub" (u32) -> u32 []: |a, b| a.wrapping_sub(b);
                I32Mul "i32.mul" (u32) -> u32 [swap I32Mul]: |a, b| a.wrapping_mul(b);
                I32DivS "i32.div_s" (i32) -> i32 []: |a, b| numeric::div(a, b, a.checked_div(b));
                I32DivU "i32.div_u" (u32) -> u32 []: |a, b| numeric::div(a, b, a.checked_div(b));
                I32RemS "i32.rem_s" (i32) -> i32 []: |a, b| numeric::rem(b, || a.wrapping_rem(b));
                I32RemU "i32.rem_u" (u32) -> u32 []: |a, b| numeric::rem(b, || a.wrapping_rem(b));
                I32And "i32.and" (u32) -> u32 [swap I32And]: |a, b| a & b;
                I32Or "i32.or" (u32) -> u32 [swap I32Or]: |a, b| a | b;
                I32Xor "i32.xor" (u32) -> u32 [swap I32Xor]: |a, b| a ^ b;
                I32Shl "i32.shl" (u32) -> u32 []: |a, b| a.wrapping_shl(b);
                I32ShrS "i32.shr_s" (i32) -> i32 []: |a, b| a.wrapping_shr(b as u32);
                I32ShrU "i32.shr_u" (u32) -> u32 []: |a, b| a.wrapping_shr(b);
                I32Rotl "i32.rotl" (u32) -> u32 []: |a, b| a.rotate_left(b & 31);
                I32Rotr "i32.rotr" (u32) -> u32 []: |a, b| a.rotate_right(b & 31);
                I64Add "i64.add" (u64) -> u64 [swap I64Add]: |a, b| a.wrapping_add(b);
                I64Sub "i64.sub" (u64) -> u64 []: |a, b| a.wrapping_sub(b);
                I64Mul "i64.mul" (u64) -> u64 [swap I64Mul]: |a, b| a.wrapping_mul(b);
                I64DivS "i64.div_s" (i64) -> i64 []: |a, b| numeric::div(a, b, a.checked_div(b));
                I64DivU "i64.div_u" (u64) -> u64 []: |a, b| numeric::div(a, b, a.checked_div(b));
                I64RemS "i64.rem_s" (i64) -> i64 []: |a, b| numeric::rem(b, || a.wrapping_rem(b));
                I64RemU "i64.rem_u" (u64) -> u64 []: |a, b| numeric::rem(b, || a.wrapping_rem(b));
                I64And "i64.and" (u64) -> u64 [swap I64And]: |a, b| a & b;
                I64Or "i64.or" (u64) -> u64 [swap I64Or]: |a, b| a | b;
                I64Xor "i64.xor" (u64) -> u64 [swap I64Xor]: |a, b| a ^ b;
                I64Shl "i64.shl" (u64) -> u64 []: |a, b| a.wrapping_shl(b as u32);
                I64ShrS "i64.shr_s" (i64) -> i64 []: |a, b| a.wrapping_shr(b as u32);
                I64ShrU "i64.shr_u" (u64) -> u64 []: |a, b| a.wrapping_shr(b as u32);
                I64Rotl "i64.rotl" (u64) -> u64 []: |a, b| a.rotate_left((b & 63) as u32);
                I64Rotr "i64.rotr" (u64) -> u64 []: |a, b| a.rotate_right((b & 63) as u32);
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
            compare {
                I32Eq "i32.eq" (u32) [swap I32Eq] [not I32Ne]: |a, b| a == b;
                I32Ne "i32.ne" (u32) [swap I32Ne] [not I32Eq]: |a, b| a != b;
                I32LtS "i32.lt_s" (i32) [swap I32GtS] [not I32GeS]: |a, b| a < b;
                I32LtU "i32.lt_u" (u32) [swap I32GtU] [not I32GeU]: |a, b| a < b;
                I32GtS "i32.gt_s" (i32) [swap I32LtS] [not I32LeS]: |a, b| a > b;
                I32GtU "i32.gt_u" (u32) [swap I32LtU] [not I32LeU]: |a, b| a > b;
                I32LeS "i32.le_s" (i32) [swap I32GeS] [not I32GtS]: |a, b| a <= b;
                I32LeU "i32.le_u" (u32) [swap I32GeU] [not I32GtU]: |a, b| a <= b;
                I32GeS "i32.ge_s" (i32) [swap I32LeS] [not I32LtS]: |a, b| a >= b;
                I32GeU "i32.ge_u" (u32) [swap I32LeU] [not I32LtU]: |a, b| a >= b;
                I64Eq "i64.eq" (u64) [swap I64Eq] [not I64Ne]: |a, b| a == b;
                I64Ne "i64.ne" (u64) [swap I64Ne] [not I64Eq]: |a, b| a != b;
                I64LtS "i64.lt_s" (i64) [swap I64GtS] [not I64GeS]: |a, b| a < b;
                I64LtU "i64.lt_u" (u64) [swap I64GtU] [not I64GeU]: |a, b| a < b;
                I64GtS "i64.gt_s" (i64) [swap I64LtS] [not I64LeS]: |a, b| a > b;
                I64GtU "i64.gt_u" (u64) [swap I64LtU] [not I64LeU]: |a, b| a > b;
                I64LeS "i64.le_s" (i64) [swap I64GeS] [not I64GtS]: |a, b| a <= b;
                I64LeU "i64.le_u" (u64) [swap I64GeU] [not I64GtU]: |a, b| a <= b;
                I64GeS "i64.ge_s" (i64) [swap I64LeS] [not I64LtS]: |a, b| a >= b;
                I64GeU "i64.ge_u" (u64) [swap I64LeU] [not I64LtU]: |a, b| a >= b;
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
            fused_compare {
                I32Test "i32.test" (u32) [swap I32Test] [not I32TestZ]: |a, b| a & b != 0;
                I32TestZ "i32.test_z" (u32) [swap I32TestZ] [not I32Test]: |a, b| a & b == 0;
                I64Test "i64.test" (u64) [swap I64Test] [not I64TestZ]: |a, b| a & b != 0;
                I64TestZ "i64.test_z" (u64) [swap I64TestZ] [not I64Test]: |a, b| a & b == 0;
            }
            unary {
                I32Clz "i32.clz" (u32) -> u32: |a| a.leading_zeros();
                I32Ctz "i32.ctz" (u32) -> u32: |a| a.trailing_zeros();
                I32Popcnt "i32.popcnt" (u32) -> u32: |a| a.count_ones();
                I64Clz "i64.clz" (u64) -> u64: |a| a.leading_zeros() as u64;
                I64Ctz "i64.ctz" (u64) -> u64: |a| a.trailing_zeros() as u64;
                I64Popcnt "i64.popcnt" (u64) -> u64: |a| a.count_ones() as u64;
                I32Extend8S "i32.extend8_s" (u32) -> i32: |a| a as i8 as i32;
                I32Extend16S "i32.extend16_s" (u32) -> i32: |a| a as i16 as i32;
                I64Extend8S "i64.extend8_s" (u64) -> i64: |a| a as i8 as i64;
                I64Extend16S "i64.extend16_s" (u64) -> i64: |a| a as i16 as i64;
                I64Extend32S "i64.extend32_s" (u64) -> i64: |a| a as i32 as i64;
                I32WrapI64 "i32.wrap_i64" (u64) -> u32: |a| a as u32;
                I64ExtendI32S "i64.extend_i32_s" (i32) -> i64: |a| a as i64;
                I64ExtendI32U "i64.extend_i32_u" (u32) -> u64: |a| a as u64;
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
                I32Load "i32.load" u32 => u32;
                I64Load "i64.load" u64 => u64;
                F32Load "f32.load" f32 => f32;
                F64Load "f64.load" f64 => f64;
                I32Load8S "i32.load8_s" i8 => i32;
                I32Load8U "i32.load8_u" u8 => u32;
                I32Load16S "i32.load16_s" i16 => i32;
                I32Load16U "i32.load16_u" u16 => u32;
                I64Load8S "i64.load8_s" i8 => i64;
                I64Load8U "i64.load8_u" u8 => u64;
                I64Load16S "i64.load16_s" i16 => i64;
                I64Load16U "i64.load16_u" u16 => u64;
                I64Load32S "i64.load32_s" i32 => i64;
                I64Load32U "i64.load32_u" u32 => u64;
            }
            store {
                I32Store "i32.store" u32 => u32;
                I64Store "i64.store" u64 => u64;
                F32Store "f32.store" f32 => f32;
                F64Store "f64.store" f64 => f64;
                I32Store8 "i32.store8" u32 => u8;
                I32Store16 "i32.store16" u32 => u16;
                I64Store8 "i64.store8" u64 => u8;
                I64Store16 "i64.store16" u64 => u16;
                I64Store32 "i64.store32" u64 => u32;
            }
            select {
                Select "select" u64, f32, f64;
            }
            plain {
                /// Copies a slot, an accumulator or a constant to a slot.
                Copy "copy" {
                    [Dst(0), Src(2)] control::Copy<Slot, u64>;
                    [Dst(0), Acc(Bank::Int)] control::Copy<Accum, u64>;
                    [Dst(0), Acc(Bank::F32)] control::Copy<Accum, f32>;
                    [Dst(0), Acc(Bank::F64)] control::Copy<Accum, f64>;
                    [Dst(0), Imm32(4)] control::Copy<Imm, u64>;
                    [Dst(0), Imm64(8)] control::CopyWide;
                }
                /// Copies a run of slots downwards (destination below or at source, ascending order).
                CopyMany "copy_many" { [Dst(0), Src(2), Count(4)] control::CopyMany; }
                /// Branches always.
                Br "br" { [Rel(4)] control::Br; }
                /// Branches by an index; the last target is the default. The targets follow the op.
                BrTable "br_table" {
                    [Src(0), Targets(4)] control::BrTable<Slot>;
                    [Acc(Bank::Int), Targets(4)] control::BrTable<Accum>;
                }
                /// Zeroes the locals behind the parameters on entry.
                ZeroLocals "zero_locals" { [Dst(0), Count(2)] control::ZeroLocals; }
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
                /// Traps.
                Unreachable "unreachable" { [] control::Unreachable; }
                /// Ends a call that came from the host.
                Halt "halt" { [] control::Halt; }
                /// Returns into the instance that called across an instance boundary.
                Restore "restore" { [] call::Restore; }
                /// Calls a function that the module defines; its frame begins at the base slot.
                Call "call" { [Base(0), Header(2), Func(4)] call::Call; }
                /// Calls an imported function.
                CallImport "call_import" { [Base(0), Header(2), Func(4)] call::CallImport; }
                /// Calls through a table.
                CallIndirect "call_indirect" { [Base(0), Header(2), Src(4), Table(6), Type(8)] call::CallIndirect; }
                /// Tail calls: the arguments replace the frame.
                ReturnCall "return_call" { [Src(0), Count(2), Func(4), Header(8), OwnHeader(10)] call::ReturnCall; }
                /// Tail-calls an imported function.
                ReturnCallImport "return_call_import" { [Src(0), Count(2), Func(4), Header(8), OwnHeader(10)] call::ReturnCallImport; }
                /// Tail-calls through a table.
                ReturnCallIndirect "return_call_indirect" { [Src(0), Count(2), Src(4), Table(6), Header(8), OwnHeader(10), Type(12)] call::ReturnCallIndirect; }
                /// Returns, with no result or with one in its accumulator.
                Return "return" {
                    [OwnHeader(0)] call::Return;
                    [OwnHeader(0), Src(2), ToAcc(Bank::Int)] call::ReturnOne<Slot, u64>;
                    [OwnHeader(0), Src(2), ToAcc(Bank::F32)] call::ReturnOne<Slot, f32>;
                    [OwnHeader(0), Src(2), ToAcc(Bank::F64)] call::ReturnOne<Slot, f64>;
                    [OwnHeader(0), Imm32(4), ToAcc(Bank::Int)] call::ReturnOne<Imm, u64>;
                    [OwnHeader(0), FImm32(4), ToAcc(Bank::F32)] call::ReturnOne<Imm, f32>;
                }
                /// Returns several results, or a wide one, in the first slots of the frame.
                ReturnMany "return_many" { [OwnHeader(0), Src(2), Count(4)] call::ReturnMany; }
                /// Reads a global.
                GlobalGet "global.get" {
                    [ToAcc(Bank::Int), Global(4)] global::Get<u64, ToAccum>;
                    [Both(Bank::Int, 0), Global(4)] global::Get<u64, ToBoth>;
                    [Dst(0), Global(4)] global::Get<u64, ToSlot>;
                    [ToAcc(Bank::F32), Global(4)] global::Get<f32, ToAccum>;
                    [Both(Bank::F32, 0), Global(4)] global::Get<f32, ToBoth>;
                    [Dst(0), Global(4)] global::Get<f32, ToSlot>;
                    [ToAcc(Bank::F64), Global(4)] global::Get<f64, ToAccum>;
                    [Both(Bank::F64, 0), Global(4)] global::Get<f64, ToBoth>;
                    [Dst(0), Global(4)] global::Get<f64, ToSlot>;
                }
                /// Writes a global.
                GlobalSet "global.set" {
                    [Src(0), Global(4)] global::Set<Slot, u64>;
                    [Acc(Bank::Int), Global(4)] global::Set<Accum, u64>;
                    [Acc(Bank::F32), Global(4)] global::Set<Accum, f32>;
                    [Acc(Bank::F64), Global(4)] global::Set<Accum, f64>;
                    [Imm16(0), Global(4)] global::Set<Imm, u64>;
                }
                /// A reference to a function of the instance.
                RefFunc "ref.func" { [Dst(0), Func(4)] global::RefFunc; }
                MemorySize "memory.size" { [Dst(0), Memory(4)] memory::Size; }
                MemoryGrow "memory.grow" { [Src(0), Memory(4), ToAcc(Bank::Int)] memory::Grow; }
                MemoryCopy "memory.copy" { [Src(0), Src(2), Src(4), Memory(8), Memory(12)] bulk::MemoryCopy; }
                MemoryFill "memory.fill" { [Src(0), Src(2), Src(4), Memory(8)] bulk::MemoryFill; }
                MemoryInit "memory.init" { [Src(0), Src(2), Src(4), Data(8), Memory(12)] bulk::MemoryInit; }
                DataDrop "data.drop" { [Data(4)] bulk::DataDrop; }
                TableGet "table.get" { [Dst(0), Src(2), Table32(4)] bulk::TableGet; }
                TableSet "table.set" { [Src(0), Src(2), Table32(4)] bulk::TableSet; }
                TableSize "table.size" { [Dst(0), Table32(4)] bulk::TableSize; }
                TableGrow "table.grow" { [Src(0), Src(2), Table32(4), ToAcc(Bank::Int)] bulk::TableGrow; }
                TableCopy "table.copy" { [Src(0), Src(2), Src(4), Table32(8), Table32(12)] bulk::TableCopy; }
                TableFill "table.fill" { [Src(0), Src(2), Src(4), Table32(8)] bulk::TableFill; }
                TableInit "table.init" { [Src(0), Src(2), Src(4), Elem(8), Table32(12)] bulk::TableInit; }
                ElemDrop "elem.drop" { [Elem(4)] bulk::ElemDrop; }
                /// Wide arithmetic: two slots each, low half first.
                I64Add128 "i64.add128" { [DstPair(0), Src(2), Src(4), Src(6), Src(8)] wide::Add128; }
                I64Sub128 "i64.sub128" { [DstPair(0), Src(2), Src(4), Src(6), Src(8)] wide::Sub128; }
                I64MulWideS "i64.mul_wide_s" { [DstPair(0), Src(2), Src(4)] wide::MulWideS; }
                I64MulWideU "i64.mul_wide_u" { [DstPair(0), Src(2), Src(4)] wide::MulWideU; }
            }
        }
    };
}
pub(crate) use for_each_op;
