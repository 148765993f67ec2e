//! The rows of integers, control, memories and calls through tables: what every build has.

macro_rules! core_rows {
    ($apply:ident $($blocks:tt)*) => {
        $crate::bytecode::table::wasm2_rows! {
            $apply
            $($blocks)*
            [core 0
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
                }
                unary {
                    I32Clz "i32.clz" (u32) -> u32: |a| a.leading_zeros();
                    I32Ctz "i32.ctz" (u32) -> u32: |a| a.trailing_zeros();
                    I32Popcnt "i32.popcnt" (u32) -> u32: |a| a.count_ones();
                    I64Clz "i64.clz" (u64) -> u64: |a| a.leading_zeros() as u64;
                    I64Ctz "i64.ctz" (u64) -> u64: |a| a.trailing_zeros() as u64;
                    I64Popcnt "i64.popcnt" (u64) -> u64: |a| a.count_ones() as u64;
                    I32WrapI64 "i32.wrap_i64" (u64) -> u32: |a| a as u32;
                    I64ExtendI32S "i64.extend_i32_s" (i32) -> i64: |a| a as i64;
                    I64ExtendI32U "i64.extend_i32_u" (u32) -> u64: |a| a as u64;
                }
                load {
                    I32Load "i32.load" u32 => u32;
                    I64Load "i64.load" u64 => u64;
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
                    I32Store8 "i32.store8" u32 => u8;
                    I32Store16 "i32.store16" u32 => u16;
                    I64Store8 "i64.store8" u64 => u8;
                    I64Store16 "i64.store16" u64 => u16;
                    I64Store32 "i64.store32" u64 => u32;
                }
                plain {
                    /// Copies a run of slots downwards (destination below or at source, ascending order).
                    CopyMany "copy_many" { [Dst16(0), Src16(2), Count(4)] control::CopyMany; }
                    /// Branches always.
                    Br "br" {
                        [Rel(4)] control::Br;
                        [FarRel(4)] control::BrFar;
                    }
                    /// Branches by an index; the last target is the default. The targets follow the op.
                    BrTable "br_table" {
                        [Src(0), Targets(4)] control::BrTable<Slot>;
                        [Acc(Bank::Int), Targets(4)] control::BrTable<Acc>;
                        [Pin(0), Targets(4)] control::BrTable<Pin0>;
                        [Pin(1), Targets(4)] control::BrTable<Pin1>;
                        [Src(0), FarTargets(4)] control::BrTableFar;
                    }
                    /// Zeroes the locals behind the parameters on entry, and maybe some slots behind them.
                    ZeroLocals "zero_locals" {
                        [DstRun(6, 2)] control::ZeroLocals<2>;
                        [DstRun(6, 4)] control::ZeroLocals<4>;
                        [DstRun(6, 8)] control::ZeroLocals<8>;
                        [DstRun(6, 16)] control::ZeroLocals<16>;
                        [Dst16(6), Count(0)] control::ZeroMany;
                    }
                    /// The same; then keeps the caller's pins in two slots and loads this function's from their locals.
                    Pin "pin" {
                        [DstRun(6, 2), DstPair(0), Src(2), Src(4), ToPin(0), ToPin(1)] control::Pin<2>;
                        [DstRun(6, 4), DstPair(0), Src(2), Src(4), ToPin(0), ToPin(1)] control::Pin<4>;
                        [DstRun(6, 8), DstPair(0), Src(2), Src(4), ToPin(0), ToPin(1)] control::Pin<8>;
                        [DstRun(6, 16), DstPair(0), Src(2), Src(4), ToPin(0), ToPin(1)] control::Pin<16>;
                        [DstPair(0), Src(2), Src(4), ToPin(0), ToPin(1)] control::Pin<0>;
                    }
                    /// Gives the caller's pins back, before a return or tail call.
                    Unpin "unpin" { [Src(0), ToPin(0), ToPin(1)] control::Unpin; }
                    /// Traps.
                    Unreachable "unreachable" { [] control::Unreachable; }
                    /// Ends a call that came from the host.
                    Halt "halt" { [] control::Halt; }
                    /// Returns into the instance that called across an instance boundary.
                    Restore "restore" { [] ret::Restore; }
                    /// Calls a function that the module defines; its frame begins at the base slot.
                    Call "call" {
                        [Base(0), Header(2), Func(4), Entry(8)] call::Call;
                        [NearBase(0), NearHeader(2), Func(4)] call::CallNear;
                    }
                    /// The same, after a copy.
                    CallWith "call_with" {
                        [Full, Dst(4), Src(6), Base(0), Header(2), Func(8)] call::CallWith<Slot>;
                        [Dst(4), Acc(Bank::Int), Base(0), Header(2), Func(8)] call::CallWith<Acc>;
                        [Dst(4), Pin(0), Base(0), Header(2), Func(8)] call::CallWith<Pin0>;
                        [Dst(4), Pin(1), Base(0), Header(2), Func(8)] call::CallWith<Pin1>;
                        [Full, Dst(4), Imm16(6), Base(0), Header(2), Func(8)] call::CallWith<Imm>;
                    }
                    /// Calls an imported function.
                    CallImport "call_import" { [Base(0), Header(2), Func(4)] call::CallImport; }
                    /// Calls through a table.
                    CallIndirect "call_indirect" { [Base(0), Header(2), Src16(4), Table(6), Type(8)] call::CallIndirect; }
                    /// Returns, with no result or with one in its accumulator.
                    Return "return" {
                        [OwnHeader(0)] ret::Return;
                        [OwnHeader(0), Src(4), ToAcc(Bank::Int)] ret::ReturnOne<Slot, u64>;
                        [OwnHeader(0), Src(4), ToAcc(Bank::F32)] ret::ReturnOne<Slot, f32>;
                        [OwnHeader(0), Src(4), ToAcc(Bank::F64)] ret::ReturnOne<Slot, f64>;
                        [OwnHeader(0), Imm32(4), ToAcc(Bank::Int)] ret::ReturnOne<Imm, u64>;
                        [OwnHeader(0), FImm32(4), ToAcc(Bank::F32)] ret::ReturnOne<Imm, f32>;
                    }
                    /// Gives the caller's pins back and returns as `Return` does.
                    ReturnUnpin "return_unpin" {
                        [OwnHeader(0), Src(2), ToPin(0), ToPin(1)] ret::ReturnUnpin;
                        [OwnHeader(0), Src(2), Src(4), ToAcc(Bank::Int)] ret::ReturnOneUnpin<Slot, u64>;
                        [OwnHeader(0), Src(2), Src(4), ToAcc(Bank::F32)] ret::ReturnOneUnpin<Slot, f32>;
                        [OwnHeader(0), Src(2), Src(4), ToAcc(Bank::F64)] ret::ReturnOneUnpin<Slot, f64>;
                        [OwnHeader(0), Src(2), Imm32(4), ToAcc(Bank::Int)] ret::ReturnOneUnpin<Imm, u64>;
                        [OwnHeader(0), Src(2), FImm32(4), ToAcc(Bank::F32)] ret::ReturnOneUnpin<Imm, f32>;
                        [OwnHeader(0), Src(2), Pin(0), ToAcc(Bank::Int)] ret::ReturnOneUnpin<Pin0, u64>;
                        [OwnHeader(0), Src(2), Pin(1), ToAcc(Bank::Int)] ret::ReturnOneUnpin<Pin1, u64>;
                    }
                    /// Returns a result in the first slot of the frame, where there are no accumulators.
                    ReturnSlot "return" { [OwnHeader(0), Src16(2)] ret::ReturnSlot; }
                    /// Returns several results, or a wide one, in the first slots of the frame.
                    ReturnMany "return_many" { [OwnHeader(0), Src16(2), Count(4)] ret::ReturnMany; }
                    /// Writes a global.
                    GlobalSet "global.set" {
                        [Src(0), Global(4)] global::Set<Slot, u64>;
                        [Imm16(0), Global(4)] global::Set<Imm, u64>;
                        [Acc(Bank::Int), Global(4)] global::Set<Acc, u64>;
                        [Acc(Bank::F32), Global(4)] global::Set<Acc, f32>;
                        [Acc(Bank::F64), Global(4)] global::Set<Acc, f64>;
                        [Pin(0), Global(4)] global::Set<Pin0, u64>;
                        [Pin(1), Global(4)] global::Set<Pin1, u64>;
                    }
                    /// Adds a constant to an i32 global, and leaves the result in a local too.
                    GlobalStep "global.step" {
                        [Both(Bank::Int, 0), Imm16(2), Global(4)] global::Step<ToBoth>;
                        [ToPin(0), Imm16(2), Global(4)] global::Step<ToPin0>;
                        [ToPin(1), Imm16(2), Global(4)] global::Step<ToPin1>;
                    }
                    /// Writes the sum of an i32 and a constant to a global.
                    GlobalSetSum "global.set_sum" {
                        [Full, Src(0), Imm16(2), Global(4)] global::SetSum<Slot>;
                        [Acc(Bank::Int), Imm16(2), Global(4)] global::SetSum<Acc>;
                        [Pin(0), Imm16(2), Global(4)] global::SetSum<Pin0>;
                        [Pin(1), Imm16(2), Global(4)] global::SetSum<Pin1>;
                    }
                    MemorySize "memory.size" { [Dst(0), Memory(4)] memory::Size; }
                    MemoryGrow "memory.grow" { [Dst(0), Src(2), Memory(4)] memory::Grow; }
                }
                shift {} ternary {} extract {} replace {} atomic_load {} atomic_store {} rmw {} cmpxchg {}
                produce {}
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
                }
                fused_compare {
                    I32Test "i32.test" (u32) [swap I32Test] [not I32TestZ]: |a, b| a & b != 0;
                    I32TestZ "i32.test_z" (u32) [swap I32TestZ] [not I32Test]: |a, b| a & b == 0;
                    I64Test "i64.test" (u64) [swap I64Test] [not I64TestZ]: |a, b| a & b != 0;
                    I64TestZ "i64.test_z" (u64) [swap I64TestZ] [not I64Test]: |a, b| a & b == 0;
                }
                select {
                    Select "select";
                }
                copy {
                    Copy "copy";
                }
                global_get {
                    GlobalGet "global.get";
                }
                chain {
                    I32ShlAdd "i32.shl+add" u32: I32Shl (constants) I32Add [];
                    I32ShlOr "i32.shl+or" u32: I32Shl (constants) I32Or [];
                    I32ShlXor "i32.shl+xor" u32: I32Shl (constants) I32Xor [];
                    I32ShrUAnd "i32.shr_u+and" u32: I32ShrU (constants) I32And [];
                    I32ShrUXor "i32.shr_u+xor" u32: I32ShrU (constants) I32Xor [];
                    I32ShrUAdd "i32.shr_u+add" u32: I32ShrU (constants) I32Add [];
                    I32AndShl "i32.and+shl" u32: I32And (constants) I32Shl [];
                    I32AndAdd "i32.and+add" u32: I32And (mirrored) I32Add [];
                    I32AndOr "i32.and+or" u32: I32And (mirrored) I32Or [];
                    I32AndXor "i32.and+xor" u32: I32And (mirrored) I32Xor [];
                    I32AddAdd "i32.add+add" u32: I32Add (mirrored) I32Add [];
                    I32AddSub "i32.add+sub" u32: I32Add (mirrored) I32Sub [];
                    I32AddAnd "i32.add+and" u32: I32Add (mirrored) I32And [];
                    I32AddXor "i32.add+xor" u32: I32Add (mirrored) I32Xor [];
                    I32AddShl "i32.add+shl" u32: I32Add (mirrored) I32Shl [];
                    I32SubAdd "i32.sub+add" u32: I32Sub (ordered) I32Add [];
                    I32SubAnd "i32.sub+and" u32: I32Sub (ordered) I32And [];
                    I32XorAnd "i32.xor+and" u32: I32Xor (mirrored) I32And [];
                    I32XorXor "i32.xor+xor" u32: I32Xor (mirrored) I32Xor [];
                    I32XorAdd "i32.xor+add" u32: I32Xor (mirrored) I32Add [];
                    I32XorRotl "i32.xor+rotl" u32: I32Xor (mirrored) I32Rotl [];
                    I32OrOr "i32.or+or" u32: I32Or (mirrored) I32Or [];
                    I32MulAdd "i32.mul+add" u32: I32Mul (mirrored) I32Add [];
                    I32RotlXor "i32.rotl+xor" u32: I32Rotl (constants) I32Xor [];
                    I32RotlAdd "i32.rotl+add" u32: I32Rotl (constants) I32Add [];
                    I64ShlOr "i64.shl+or" u64: I64Shl (constants) I64Or [];
                    I64ShlXor "i64.shl+xor" u64: I64Shl (constants) I64Xor [];
                    I64ShlAdd "i64.shl+add" u64: I64Shl (constants) I64Add [];
                    I64ShrUXor "i64.shr_u+xor" u64: I64ShrU (constants) I64Xor [];
                    I64ShrUAnd "i64.shr_u+and" u64: I64ShrU (constants) I64And [];
                    I64ShrUAdd "i64.shr_u+add" u64: I64ShrU (constants) I64Add [];
                    I64AndAdd "i64.and+add" u64: I64And (mirrored) I64Add [];
                    I64AndXor "i64.and+xor" u64: I64And (mirrored) I64Xor [];
                    I64AndMul "i64.and+mul" u64: I64And (mirrored) I64Mul [];
                    I64AddAdd "i64.add+add" u64: I64Add (mirrored) I64Add [];
                    I64AddXor "i64.add+xor" u64: I64Add (mirrored) I64Xor [];
                    I64XorAnd "i64.xor+and" u64: I64Xor (mirrored) I64And [];
                    I64XorXor "i64.xor+xor" u64: I64Xor (mirrored) I64Xor [];
                    I64XorAdd "i64.xor+add" u64: I64Xor (mirrored) I64Add [];
                    I64XorRotl "i64.xor+rotl" u64: I64Xor (mirrored) I64Rotl [];
                    I64MulAdd "i64.mul+add" u64: I64Mul (mirrored) I64Add [];
                    I64RotlXor "i64.rotl+xor" u64: I64Rotl (constants) I64Xor [];
                }
                load_chain {
                    I32LoadAdd "i32.load+add" u32: I32Load I32Add [];
                    I32LoadSub "i32.load+sub" u32: I32Load I32Sub [];
                    I32LoadSubFrom "i32.load+sub_from" u32: I32Load I32Sub [Reversed];
                    I32LoadMul "i32.load+mul" u32: I32Load I32Mul [];
                    I32LoadAnd "i32.load+and" u32: I32Load I32And [];
                    I32LoadOr "i32.load+or" u32: I32Load I32Or [];
                    I32LoadXor "i32.load+xor" u32: I32Load I32Xor [];
                    I32LoadShl "i32.load+shl" u32: I32Load I32Shl [];
                    I32LoadShrU "i32.load+shr_u" u32: I32Load I32ShrU [];
                    I32LoadRotl "i32.load+rotl" u32: I32Load I32Rotl [];
                    I32Load8UAdd "i32.load8_u+add" u32: I32Load8U I32Add [];
                    I32Load8USub "i32.load8_u+sub" u32: I32Load8U I32Sub [];
                    I32Load8UAnd "i32.load8_u+and" u32: I32Load8U I32And [];
                    I32Load8UOr "i32.load8_u+or" u32: I32Load8U I32Or [];
                    I32Load8UXor "i32.load8_u+xor" u32: I32Load8U I32Xor [];
                    I32Load8UShl "i32.load8_u+shl" u32: I32Load8U I32Shl [];
                    I32Load16UAdd "i32.load16_u+add" u32: I32Load16U I32Add [];
                    I32Load16UShl "i32.load16_u+shl" u32: I32Load16U I32Shl [];
                    I32Load16SMul "i32.load16_s+mul" u32: I32Load16S I32Mul [];
                    I64LoadAdd "i64.load+add" u64: I64Load I64Add [];
                    I64LoadAnd "i64.load+and" u64: I64Load I64And [];
                    I64LoadOr "i64.load+or" u64: I64Load I64Or [];
                    I64LoadXor "i64.load+xor" u64: I64Load I64Xor [];
                    I64LoadRotl "i64.load+rotl" u64: I64Load I64Rotl [];
                    I64Load32UAdd "i64.load32_u+add" u64: I64Load32U I64Add [];
                    I64Load32UMul "i64.load32_u+mul" u64: I64Load32U I64Mul [];
                }
                load_branch {
                    I32LoadBranch "i32.load" u32: I32Load I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU I32Test I32TestZ;
                    I32Load8UBranch "i32.load8_u" u32: I32Load8U I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU I32Test I32TestZ;
                    I32Load8SBranch "i32.load8_s" u32: I32Load8S I32Eq I32Ne I32LtS I32GtS I32LeS I32GeS;
                    I32Load16UBranch "i32.load16_u" u32: I32Load16U I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU I32Test I32TestZ;
                    I64LoadBranch "i64.load" u64: I64Load I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU;
                }
                load_keep_branch {
                    I32LoadKeepBranch "i32.load" u32: I32Load I32Eq I32Ne;
                    I32Load8UKeepBranch "i32.load8_u" u32: I32Load8U I32Eq I32Ne;
                    I32Load16UKeepBranch "i32.load16_u" u32: I32Load16U I32Eq I32Ne;
                }
                load_scaled {
                    I32LoadScaled "i32.load_scaled" u32: I32Load;
                    I64LoadScaled "i64.load_scaled" u64: I64Load;
                    I32Load8UScaled "i32.load8_u_scaled" u32: I32Load8U;
                    I32Load16SScaled "i32.load16_s_scaled" i32: I32Load16S;
                    I32Load16UScaled "i32.load16_u_scaled" u32: I32Load16U;
                }
                load_store {
                    I32LoadStore "i32.load+store": I32Load I32Store;
                    I64LoadStore "i64.load+store": I64Load I64Store;
                    I32Load8UStore8 "i32.load8_u+store8": I32Load8U I32Store8;
                    I32Load16UStore16 "i32.load16_u+store16": I32Load16U I32Store16;
                }
                chain_store {
                    I32AddStore "i32.add+store" u32: I32Add (mirrored) I32Store;
                    I32SubStore "i32.sub+store" u32: I32Sub (ordered) I32Store;
                    I32AndStore "i32.and+store" u32: I32And (mirrored) I32Store;
                    I32OrStore "i32.or+store" u32: I32Or (mirrored) I32Store;
                    I32XorStore "i32.xor+store" u32: I32Xor (mirrored) I32Store;
                    I32XorStore8 "i32.xor+store8" u32: I32Xor (mirrored) I32Store8;
                    I32ShrUStore8 "i32.shr_u+store8" u32: I32ShrU (ordered) I32Store8;
                    I64AddStore "i64.add+store" u64: I64Add (mirrored) I64Store;
                    I64XorStore "i64.xor+store" u64: I64Xor (mirrored) I64Store;
                }
                copy_more {
                    CopyPair "copy_pair";
                    CopyBranch "copy_br";
                }
            ]
        }
    };
}
pub(crate) use core_rows;
