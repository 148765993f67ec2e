//! Ops that compute or store a value, fused with what gave one of their operands.

use super::{Before, Last, What};
use crate::{
    bytecode::{Bank, Encoding, Op, Place, Shape, Ty},
    translate::{
        code::Operands,
        func::{FuncTranslator, fits_small},
        memory::Address,
        numeric::small,
        ops::{chain_of, load_scaled_of, store_of},
        stack::{AccState, Loc, Operand},
    },
};

/// What an address is multiplied by, if `op` with this constant does so.
fn scale_of(op: Op, constant: u64) -> Option<u16> {
    let constant = constant as u32;
    match op {
        Op::I32Shl => 1u16.checked_shl(constant).filter(|_| constant < 16),
        Op::I32Mul => u16::try_from(constant).ok(),
        _ => None,
    }
}

impl<E: Encoding> FuncTranslator<'_, E> {
    /// Fuses a binary op with the op right before it, which computed its operand on the right or left.
    pub(crate) fn chain(&mut self, op: Op, ty: Ty, swap: Option<Op>, right: bool) -> bool {
        if !E::FUSES {
            return false;
        }
        let top = self.stack.len() - 1;
        let other = self.stack.get(if right { top - 1 } else { top });
        if other.at == Loc::Acc {
            return false;
        }
        let Some(Last { what, .. }) = &self.last else {
            return false;
        };
        let first = match what {
            What::Binary { op, .. } => *op,
            What::Load(loaded) => loaded.op,
            _ => return false,
        };
        // Ops with a mirror take what was computed on the left.
        let Some(row) = chain_of(first, op, right && swap.is_none()) else {
            return false;
        };
        let what = *what;
        let z = other.at;
        let encoded = match (*row.shape(), what) {
            (
                Shape::Chain { ty, xy },
                What::Binary {
                    op: first, a, b, ..
                },
            ) => {
                let commutative = matches!(first.shape(), Shape::Binary { swap: Some(_), .. });
                let others = &E::sets(ty).others;
                let form = |x: Loc, y: Loc| {
                    let operands_form = E::sets(ty)
                        .chained
                        .of(xy)
                        .find(small::<E>(x, ty)?, small::<E>(y, ty)?)?;
                    let form = operands_form * others.len() + others.find(small::<E>(z, ty)?)?;
                    let operands = Operands::default()
                        .u16(2, x.field16())
                        .u16(4, y.field16())
                        .u16(6, z.field16());
                    Some((form, operands))
                };
                form(a, b).or_else(|| commutative.then(|| form(b, a))?)
            }
            (Shape::LoadChain { ty }, What::Load(loaded)) => {
                let others = &E::sets(ty).others;
                let form = |z: Loc| {
                    let x = E::PLACES.int.sources.find(loaded.base.place())?;
                    Some(x * others.len() + others.find(small::<E>(z, ty)?)?)
                };
                form(z).map(|form| {
                    let operands = Operands::default()
                        .u16(2, loaded.base.field16())
                        .u16(4, z.field16())
                        .u16(6, loaded.offset);
                    (form, operands)
                })
            }
            _ => None,
        };
        let Some((form, operands)) = encoded else {
            return false;
        };
        self.stack.pop();
        self.take_back();
        if let What::Load(_) = what {
            self.code.keep_offset();
        }
        let bank = ty.bank();
        let acc = self.stack.acc[bank as usize];
        let pc = self.produce(row.base::<E>() + form * E::sets(ty).dests, ty, operands, 8);
        let what = match (what, op) {
            // A branch on this is one op too,
            (What::Load(loaded), Op::I32And) => Some(What::LoadAnd { loaded, mask: z }),
            // and so is a load from there.
            (
                What::Binary {
                    op: first,
                    a: x,
                    b: Loc::Imm(by),
                    ..
                },
                Op::I32Add,
            ) => scale_of(first, by).map(|scale| What::Scaled { x, scale, z }),
            _ => None,
        };
        self.last = what.map(|what| Last {
            pc,
            end: self.code.pc(),
            bank,
            acc,
            what,
        });
        true
    }

    /// Fuses a comparison with zero with the bitwise and that has just made its left operand.
    pub(crate) fn test(&mut self, op: Op) -> bool {
        let (and, test) = match op {
            Op::I32Eq => (Op::I32And, Op::I32TestZ),
            Op::I32Ne => (Op::I32And, Op::I32Test),
            Op::I64Eq => (Op::I64And, Op::I64TestZ),
            Op::I64Ne => (Op::I64And, Op::I64Test),
            _ => return false,
        };
        let zero = self.stack.last();
        if !matches!(
            zero,
            Some(Operand {
                at: Loc::Imm(0),
                ..
            })
        ) {
            return false;
        }
        // The constant has emitted nothing, so the and may still be the last op.
        self.stack.pop();
        match self.fresh() {
            Some(&Last {
                what: What::Binary { op, a, b, before },
                ..
            }) if op == and => {
                self.take_back();
                self.emit_binary(test, a, b, before);
                true
            }
            Some(&Last {
                what: What::LoadAnd { loaded, mask },
                ..
            }) if and == Op::I32And => {
                self.take_back();
                self.code.keep_offset();
                self.emit_load(
                    loaded.op,
                    Ty::I32,
                    Address::Base {
                        base: loaded.base,
                        offset: loaded.offset,
                    },
                );
                self.stack.pop();
                let places = (Place::Acc, mask.place());
                let (a, b) = match E::PLACES.pairs(Ty::I32, true).find(places.0, places.1) {
                    Some(_) => (Loc::Acc, mask),
                    None => (mask, Loc::Acc),
                };
                self.emit_binary(test, a, b, Before::Load(loaded));
                true
            }
            _ => {
                self.stack
                    .push(zero.map_or(Ty::I32, |zero| zero.ty), Loc::Imm(0));
                false
            }
        }
    }

    /// Fuses a load with the op right before it, which computed its address from a scaled index.
    pub(crate) fn load_scaled(&mut self, op: Op, result: Ty, offset: u32) -> bool {
        if !E::FUSES {
            return false;
        }
        let Some(last) = self.fresh() else {
            return false;
        };
        let scaled = match last.what {
            What::Scaled { x, scale, z } => Some((x, scale, z)),
            What::Binary {
                op: by,
                a: x,
                b: Loc::Imm(bits),
                ..
            } => scale_of(by, bits).map(|scale| (x, scale, Loc::Imm(0))),
            _ => None,
        };
        let (Some((x, scale, z)), Some(row)) = (scaled, load_scaled_of(op)) else {
            return false;
        };
        let (Some(x_form), Some(z_form)) = (
            E::PLACES.int.sources.find(x.place()),
            small::<E>(z, Ty::I32).and_then(|z| E::PLACES.int.others.find(z)),
        ) else {
            return false;
        };
        self.take_back();
        let form = (x_form * E::PLACES.int.others.len() + z_form) * E::sets(result).dests;
        let operands = Operands::default()
            .u16(2, x.field16())
            .u16(4, z.field16())
            .u16(6, scale as u32)
            .u32(8, offset);
        self.produce(row.base::<E>() + form, result, operands, 16);
        true
    }

    /// Fuses a store with the binary op or the load right before it, which gave the value.
    pub(crate) fn chain_store(&mut self, op: Op, ty: Ty, offset: u64) -> bool {
        if !E::FUSES {
            return false;
        }
        let Some(last) = self.fresh().filter(|_| offset <= u16::MAX as u64) else {
            return false;
        };
        let base = self.stack.get(self.stack.len() - 2).at;
        let Some((row, x, y, form)) = Self::stored(op, ty, base, last.what) else {
            return false;
        };
        self.take_back();
        self.stack.pop();
        let operands = Operands::default()
            .u16(0, x.field16())
            .u16(2, base.field16())
            .u16(4, y)
            .u16(6, offset as u32);
        self.code.emit(row.base::<E>() + form, operands, 8);
        true
    }

    /// The row that fuses `op` with what gave the value, the fields at 0 and 4, and the form.
    pub(crate) fn stored(op: Op, ty: Ty, base: Loc, value: What) -> Option<(Op, Loc, u32, u16)> {
        if !E::FUSES {
            return None;
        }
        match value {
            What::Binary {
                op: first, a, b, ..
            } => {
                let row = store_of(first, op)?;
                let Shape::ChainStore { xy, .. } = *row.shape() else {
                    return None;
                };
                let base = E::sets(ty).bases.find(base.place())? * E::sets(ty).chained.of(xy).len();
                let form = |x: Loc, y: Loc| {
                    let form = base
                        + E::sets(ty)
                            .chained
                            .of(xy)
                            .find(small::<E>(x, ty)?, small::<E>(y, ty)?)?;
                    Some((row, x, y.field16(), form))
                };
                let commutative = matches!(first.shape(), Shape::Binary { swap: Some(_), .. });
                form(a, b).or_else(|| commutative.then(|| form(b, a))?)
            }
            What::Load(loaded) => {
                let row = store_of(loaded.op, op)?;
                let form = E::PLACES.int.sources.find(loaded.base.place())?
                    * E::PLACES.int.bases.len()
                    + E::PLACES.int.bases.find(base.place())?;
                Some((row, loaded.base, loaded.offset, form))
            }
            _ => None,
        }
    }

    /// Fuses `global.set` with the sum that it writes.
    pub(crate) fn global_sum(&mut self, index: u32) -> bool {
        if !E::FUSES {
            return false;
        }
        if !E::PLACES.accumulators {
            return false;
        }
        let operands = Operands::default().u32(4, index);
        if let Some(last) = self.fresh()
            && let What::Binary {
                op: Op::I32Add,
                a,
                b: Loc::Imm(by),
                ..
            } = last.what
            && let Some(by) = fits_small::<E>(by, Ty::I32)
            && let Some(form) = E::PLACES.int.sources.find(a.place())
        {
            self.take_back();
            let operands = operands.u16(0, a.field16()).u16(2, by);
            self.code
                .emit(Op::GlobalSetSum.base::<E>() + form, operands, 8);
            return true;
        }
        let top = self.stack.last().and_then(|operand| operand.local());
        if let Some(last) = self.adjacent()
            && let What::GlobalSum {
                index: read,
                local,
                by,
            } = last.what
            && read == index
            && top == Some(local)
        {
            self.take_back();
            let (_, slot) = self.locals.get(local);
            let form = match self.pin_of(local) {
                Some(pin) => 1 + pin as u16,
                None => {
                    self.stack.acc[Bank::Int as usize] = AccState {
                        local: Some(local),
                        ..Default::default()
                    };
                    0
                }
            };
            let operands = operands.u16(0, slot).u16(2, by);
            self.code
                .emit(Op::GlobalStep.base::<E>() + form, operands, 8);
            return true;
        }
        false
    }
}
