//! From wasm operators to the translator's methods.

use wasmparser::Operator;

use super::{code::Operands, func::FuncTranslator, stack::Kind};
use crate::bytecode::{Bank, Op, Ty, table::for_each_op};

macro_rules! is_reversed {
    () => {
        false
    };
    (Reversed) => {
        true
    };
}

macro_rules! define_operator_map {
    (
        binary { $($bin:ident $bin_text:literal ($bin_in:ident) -> $bin_out:ident [$(swap $bin_swap:ident)?]: |$ba:ident, $bb:ident| $be:expr;)* }
        compare { $($cmp:ident $cmp_text:literal ($cmp_in:ident) [swap $cmp_swap:ident] [$(not $cmp_not:ident)?]: |$ca:ident, $cb:ident| $ce:expr;)* }
        fused_compare { $($fus:ident $fus_text:literal ($fus_in:ident) [swap $fus_swap:ident] [$(not $fus_not:ident)?]: |$fa:ident, $fb:ident| $fe:expr;)* }
        unary { $($un:ident $un_text:literal ($un_in:ident) -> $un_out:ident: |$ua:ident| $ue:expr;)* }
        load { $($ld:ident $ld_text:literal $ld_mem:ident => $ld_out:ident;)* }
        store { $($st:ident $st_text:literal $st_in:ident => $st_mem:ident;)* }
        select $select:tt
        copy $copy:tt
        global_get $global_get:tt
        chain { $($ch:ident $ch_text:literal $ch_ty:ident: $ch_first:ident ($ch_xy:ident) $ch_second:ident [$($ch_rev:ident)?];)* }
        load_chain { $($lc:ident $lc_text:literal $lc_ty:ident: $lc_load:ident $lc_second:ident [$($lc_rev:ident)?];)* }
        load_branch { $($lb:ident $lb_text:literal $lb_ty:ident: $lb_load:ident $($lb_compare:ident)*;)* }
        load_keep_branch { $($lk:ident $lk_text:literal $lk_ty:ident: $lk_load:ident $($lk_compare:ident)*;)* }
        load_scaled { $($sc:ident $sc_text:literal $sc_ty:ident: $sc_load:ident;)* }
        load_store { $($ls:ident $ls_text:literal: $ls_load:ident $ls_store:ident;)* }
        chain_store { $($cs:ident $cs_text:literal $cs_ty:ident: $cs_first:ident ($cs_xy:ident) $cs_store:ident;)* }
        $($rest:tt)*
    ) => {
        /// The row that chains `second` to `first` (a load or a binary op), if there is one. `reversed`:
        /// what `first` computes is the right operand.
        pub(crate) fn chain_of(first: Op, second: Op, reversed: bool) -> Option<Op> {
            match (first, second) {
                $((Op::$ch_first, Op::$ch_second) if reversed == is_reversed!($($ch_rev)?) => Some(Op::$ch),)*
                $((Op::$lc_load, Op::$lc_second) if reversed == is_reversed!($($lc_rev)?) => Some(Op::$lc),)*
                _ => None,
            }
        }

        /// The row that fuses a load with branching comparisons.
        pub(crate) fn load_branch_of(load: Op) -> Option<Op> {
            match load {
                $(Op::$lb_load => Some(Op::$lb),)*
                _ => None,
            }
        }

        /// The row that also keeps what was loaded.
        pub(crate) fn load_keep_branch_of(load: Op) -> Option<Op> {
            match load {
                $(Op::$lk_load => Some(Op::$lk),)*
                _ => None,
            }
        }

        /// The row that loads from a base and a scaled index.
        pub(crate) fn load_scaled_of(load: Op) -> Option<Op> {
            match load {
                $(Op::$sc_load => Some(Op::$sc),)*
                _ => None,
            }
        }

        /// The row that stores what `first` (a load or a binary op) computes.
        pub(crate) fn store_of(first: Op, store: Op) -> Option<Op> {
            match (first, store) {
                $((Op::$cs_first, Op::$cs_store) => Some(Op::$cs),)*
                $((Op::$ls_load, Op::$ls_store) => Some(Op::$ls),)*
                _ => None,
            }
        }

        impl FuncTranslator<'_> {
            /// Translates an operator that is a row of the table; false if it is none.
            #[inline]
            fn row(&mut self, operator: &Operator<'_>) -> bool {
                match operator {
                    $(Operator::$bin => self.numeric(Op::$bin),)*
                    $(Operator::$cmp => self.numeric(Op::$cmp),)*
                    $(Operator::$un => self.numeric(Op::$un),)*
                    $(Operator::$ld { memarg } => self.load(Op::$ld, memarg),)*
                    $(Operator::$st { memarg } => self.store(Op::$st, memarg),)*
                    _ => return false,
                }
                true
            }
        }

        /// The row that computes this operator.
        pub(crate) fn row_of(operator: &Operator<'_>) -> Option<Op> {
            Some(match operator {
                $(Operator::$bin => Op::$bin,)*
                $(Operator::$cmp => Op::$cmp,)*
                $(Operator::$un => Op::$un,)*
                $(Operator::$ld { .. } => Op::$ld,)*
                $(Operator::$st { .. } => Op::$st,)*
                _ => return None,
            })
        }
    };
}
for_each_op!(define_operator_map);

/// Why an operator was not translated.
pub(crate) enum Refused {
    Unsupported,
    Malformed(wasmparser::BinaryReaderError),
}

impl From<wasmparser::BinaryReaderError> for Refused {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Refused::Malformed(error)
    }
}

/// Operators that take no time of their own: fuel is not charged for them.
fn is_free(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Nop
            | Operator::Drop
            | Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::Else
            | Operator::End
    )
}

impl FuncTranslator<'_> {
    /// Translates one operator.
    pub(crate) fn operator(&mut self, operator: &Operator<'_>) -> Result<(), Refused> {
        if let Some(depth) = self.dead {
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    self.dead = Some(depth + 1)
                }
                Operator::Else if depth == 0 => self.begin_else(),
                Operator::End if depth == 0 => self.end(),
                Operator::End => self.dead = Some(depth - 1),
                _ => {}
            }
            return Ok(());
        }
        if self.metered && !is_free(operator) {
            self.charge(1);
        }
        if self.row(operator) {
            return Ok(());
        }
        match *operator {
            Operator::Nop => {}
            Operator::Drop => {
                self.stack.pop();
            }
            Operator::I32Const { value } => {
                self.stack.push(Ty::I32, Kind::Imm(value as u32 as u64))
            }
            Operator::I64Const { value } => self.stack.push(Ty::I64, Kind::Imm(value as u64)),
            Operator::F32Const { value } => {
                self.stack.push(Ty::F32, Kind::Imm(value.bits() as u64))
            }
            Operator::F64Const { value } => self.stack.push(Ty::F64, Kind::Imm(value.bits())),
            Operator::LocalGet { local_index } => self.push_local(local_index),
            Operator::LocalSet { local_index } => self.set_local(local_index),
            Operator::LocalTee { local_index } => self.tee_local(local_index),
            Operator::GlobalGet { global_index } => self.global_get(global_index),
            Operator::GlobalSet { global_index } => self.global_set(global_index),
            Operator::I32Eqz => self.eqz(Op::I32Eq, Ty::I32),
            Operator::I64Eqz => self.eqz(Op::I64Eq, Ty::I64),
            Operator::Select | Operator::TypedSelect { .. } => self.select(),

            Operator::Block { blockty } => self.block(blockty),
            Operator::Loop { blockty } => self.begin_loop(blockty),
            Operator::If { blockty } => self.begin_if(blockty),
            Operator::Else => self.begin_else(),
            Operator::End => self.end(),
            Operator::Br { relative_depth } => self.br(relative_depth),
            Operator::BrIf { relative_depth } => self.br_if(relative_depth),
            Operator::BrTable { ref targets } => self.br_table(targets)?,
            Operator::Return => self.return_(),
            Operator::Unreachable => {
                self.code
                    .emit(Op::Unreachable.base(), Operands::default(), 8);
                self.unreachable();
            }
            Operator::Call { function_index } => self.call(function_index),
            Operator::CallIndirect {
                type_index,
                table_index,
            } => self.call_indirect(type_index, table_index),
            Operator::ReturnCall { function_index } => self.return_call(function_index),
            Operator::ReturnCallIndirect {
                type_index,
                table_index,
            } => self.return_call_indirect(type_index, table_index),

            Operator::RefNull { .. } => self.stack.push(Ty::Ref, Kind::Imm(0)),
            Operator::RefIsNull => {
                self.stack.push(Ty::I64, Kind::Imm(0));
                self.numeric(Op::I64Eq);
            }
            Operator::RefFunc { function_index } => self.produce_home(
                Op::RefFunc,
                Ty::Ref,
                Operands::default().u32(4, function_index),
                8,
            ),

            Operator::MemorySize { mem } => {
                let ty = self.memory_index_type(mem);
                self.produce_home(Op::MemorySize, ty, Operands::default().u32(4, mem), 8);
            }
            Operator::MemoryGrow { mem } => {
                let ty = self.memory_index_type(mem);
                self.grow(Op::MemoryGrow, ty, mem, 1);
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                self.bulk(Op::MemoryCopy, dst_mem, src_mem)
            }
            Operator::MemoryFill { mem } => self.bulk(Op::MemoryFill, mem, 0),
            Operator::MemoryInit { data_index, mem } => self.bulk(Op::MemoryInit, data_index, mem),
            Operator::DataDrop { data_index } => self.drop_segment(Op::DataDrop, data_index),
            Operator::TableGet { table } => {
                let index = self.pop_slot();
                self.produce_home(
                    Op::TableGet,
                    Ty::Ref,
                    Operands::default().u16(2, index).u32(4, table),
                    8,
                );
            }
            Operator::TableSet { table } => {
                let value = self.pop_slot();
                let index = self.pop_slot();
                self.code.emit(
                    Op::TableSet.base(),
                    Operands::default()
                        .u16(0, index)
                        .u16(2, value)
                        .u32(4, table),
                    8,
                );
            }
            Operator::TableSize { table } => {
                let ty = self.table_index_type(table);
                self.produce_home(Op::TableSize, ty, Operands::default().u32(4, table), 8);
            }
            Operator::TableGrow { table } => {
                let ty = self.table_index_type(table);
                self.grow(Op::TableGrow, ty, table, 2);
            }
            Operator::TableCopy {
                dst_table,
                src_table,
            } => self.bulk(Op::TableCopy, dst_table, src_table),
            Operator::TableFill { table } => self.bulk(Op::TableFill, table, 0),
            Operator::TableInit { elem_index, table } => {
                self.bulk(Op::TableInit, elem_index, table)
            }
            Operator::ElemDrop { elem_index } => self.drop_segment(Op::ElemDrop, elem_index),

            Operator::I64Add128 => self.wide(Op::I64Add128, 4),
            Operator::I64Sub128 => self.wide(Op::I64Sub128, 4),
            Operator::I64MulWideS => self.wide(Op::I64MulWideS, 2),
            Operator::I64MulWideU => self.wide(Op::I64MulWideU, 2),
            _ => return Err(Refused::Unsupported),
        }
        Ok(())
    }

    fn tee_local(&mut self, local: u32) {
        let imm = match self.stack.last() {
            Some(operand) if matches!(operand.kind, Kind::Imm(_)) => Some(operand),
            _ => None,
        };
        self.set_local(local);
        match imm {
            Some(operand) => self.stack.push(operand.ty, operand.kind),
            None => self.push_local(local),
        }
    }

    fn memory_index_type(&self, memory: u32) -> Ty {
        if self.module.memories[memory as usize].is_64 {
            Ty::I64
        } else {
            Ty::I32
        }
    }

    fn table_index_type(&self, table: u32) -> Ty {
        if self.module.tables[table as usize].is_64 {
            Ty::I64
        } else {
            Ty::I32
        }
    }

    /// `memory.grow` and `table.grow`: the driver leaves the result in the accumulator.
    fn grow(&mut self, op: Op, ty: Ty, index: u32, inputs: usize) {
        self.evict(Bank::Int);
        let mut operands = Operands::default().u32(4, index);
        for i in (0..inputs).rev() {
            operands = operands.u16(i * 2, self.pop_slot());
        }
        self.code.emit(op.base(), operands, 8);
        self.last = None;
        self.producer = None;
        self.push_in_acc(ty);
    }

    /// An op on three slots and two indices.
    fn bulk(&mut self, op: Op, first: u32, second: u32) {
        let wide = self.stack.last().is_some_and(|len| len.ty == Ty::I64);
        let [len, b, a] = core::array::from_fn(|_| self.pop_slot());
        // Not only at loops and calls: bulk ops in a row can take any time.
        self.checkpoint();
        if self.metered {
            let (charge, to) = match op {
                Op::MemoryInit => (Op::FuelBytes, second),
                Op::TableInit => (Op::FuelElements, second),
                Op::TableCopy | Op::TableFill => (Op::FuelElements, first),
                _ => (Op::FuelBytes, first),
            };
            let operands = Operands::default().u16(0, len).u32(4, to);
            self.code.emit(charge.base() + wide as u16, operands, 8);
        }
        let operands = Operands::default().u16(0, a).u16(2, b).u16(4, len);
        self.code
            .emit(op.base(), operands.u32(8, first).u32(12, second), 16);
    }

    fn drop_segment(&mut self, op: Op, index: u32) {
        self.code
            .emit(op.base(), Operands::default().u32(4, index), 8);
    }
}
