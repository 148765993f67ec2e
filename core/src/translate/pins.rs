//! Which locals deserve the machine's pins: those read and written most, loops counting more.
//!
//! Validation sees every operator of a body before its translation, and weighs on the way.

use alloc::vec::Vec;

use wasmparser::{FrameKind, FrameStack, OperatorsReader, VisitOperator};

use crate::bytecode::{Encoding, Native};

/// The local in each pin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pins([u16; 2]);

const NONE: u16 = u16::MAX;

/// Weight below which a pin does not pay for being saved and loaded.
pub(crate) const LEAST_WEIGHT: u32 = 24;

impl Pins {
    pub(crate) const NONE: Pins = Pins([NONE; 2]);

    pub(crate) fn get(self, pin: usize) -> Option<u32> {
        (self.0[pin] != NONE).then(|| self.0[pin].into())
    }

    /// The pin that a local lives in.
    #[inline]
    pub(crate) fn of(self, local: u32) -> Option<u8> {
        match self.0.map(u32::from) {
            _ if local >= NONE.into() => None,
            [first, _] if first == local => Some(0),
            [_, second] if second == local => Some(1),
            _ => None,
        }
    }
}

/// Weights of locals, used again from function to function.
#[derive(Default)]
pub(crate) struct Weights {
    locals: Vec<u32>,
    /// Open blocks, innermost lowest: 1 for a loop. Those nested deeper than it has bits are forgotten.
    open: u128,
    loops: u32,
    /// What an access counts here.
    weight: u32,
}

impl Weights {
    /// Locals beyond this number are not considered: zeroing their weights would cost too much.
    const CONSIDERED: u32 = 1024;

    /// Starts on a function with so many locals.
    pub(crate) fn begin(&mut self, locals: u32) {
        self.locals.clear();
        if Native::PLACES.pins != 0 {
            self.locals.resize(locals.min(Self::CONSIDERED) as usize, 0);
        }
        (self.open, self.loops, self.weight) = (0, 0, 1);
    }

    #[inline(always)]
    fn access(&mut self, local: u32) {
        if let Some(sum) = self.locals.get_mut(local as usize) {
            *sum = sum.saturating_add(self.weight);
        }
    }

    /// What a local weighs so far, if it is considered.
    pub(crate) fn of(&self, local: u32) -> Option<u32> {
        self.locals.get(local as usize).copied()
    }

    fn block(&mut self) {
        self.open <<= 1;
    }

    fn begin_loop(&mut self) {
        self.open = self.open << 1 | 1;
        self.enter(self.loops + 1);
    }

    fn end(&mut self) {
        self.enter(self.loops.saturating_sub((self.open & 1) as u32));
        self.open >>= 1;
    }

    fn enter(&mut self, loops: u32) {
        self.loops = loops;
        self.weight = 1 << (3 * loops.min(6));
    }

    /// The heaviest two of the locals that can be pinned.
    pub(crate) fn choose(&mut self, pinnable: impl Fn(u32) -> bool) -> Pins {
        let mut pins = Pins::NONE;
        for pin in pins.0.iter_mut().take(Native::PLACES.pins) {
            let mut heaviest = LEAST_WEIGHT - 1;
            for (local, &weight) in (0..).zip(&self.locals) {
                if weight > heaviest && pinnable(local) {
                    heaviest = weight;
                    *pin = local as u16;
                }
            }
            let Some(weight) = self.locals.get_mut(*pin as usize) else {
                break;
            };
            *weight = 0;
        }
        pins
    }
}

/// Visits with `inner`, and weighs.
pub(crate) struct Weighing<'w, V> {
    pub(crate) inner: V,
    pub(crate) weights: &'w mut Weights,
}

macro_rules! weigh {
    ($w:tt LocalGet $local:ident) => {
        $w.weights.access($local)
    };
    ($w:tt LocalSet $local:ident) => {
        $w.weights.access($local)
    };
    ($w:tt LocalTee $local:ident) => {
        $w.weights.access($local)
    };
    ($w:tt Block $ty:ident) => {
        $w.weights.block()
    };
    ($w:tt If $ty:ident) => {
        $w.weights.block()
    };
    ($w:tt Loop $ty:ident) => {
        $w.weights.begin_loop()
    };
    ($w:tt End) => {
        $w.weights.end()
    };
    ($w:tt $($operator:tt)*) => {};
}

macro_rules! define_visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {$(
        #[inline(always)]
        fn $visit(&mut self $($(, $arg: $ty)*)?) -> V::Output {
            weigh!(self $op $($($arg)*)?);
            self.inner.$visit($($($arg),*)?)
        }
    )*};
}

impl<'a, V: VisitOperator<'a>> VisitOperator<'a> for Weighing<'_, V> {
    type Output = V::Output;

    /// They access no locals.
    #[cfg(feature = "simd")]
    fn simd_visitor(
        &mut self,
    ) -> Option<&mut dyn wasmparser::VisitSimdOperator<'a, Output = Self::Output>> {
        self.inner.simd_visitor()
    }

    wasmparser::for_each_visit_operator!(define_visit);
}

impl<V: FrameStack> FrameStack for Weighing<'_, V> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.inner.current_frame()
    }
}

/// Weighs the locals of a valid body.
///
/// # Errors
/// None: it is valid.
pub(crate) fn weigh(
    mut operators: OperatorsReader<'_>,
    locals: u32,
) -> wasmparser::Result<Weights> {
    let mut weights = Weights::default();
    weights.begin(locals);
    while !operators.eof() {
        operators.visit_operator(&mut Weighing {
            inner: Ignoring,
            weights: &mut weights,
        })?;
    }
    Ok(weights)
}

/// Visits, and does nothing else.
struct Ignoring;

macro_rules! define_ignore {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {$(
        fn $visit(&mut self $($(, _: $ty)*)?) {}
    )*};
}

impl<'a> VisitOperator<'a> for Ignoring {
    type Output = ();

    #[cfg(feature = "simd")]
    fn simd_visitor(&mut self) -> Option<&mut dyn wasmparser::VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(define_ignore);
}

#[cfg(feature = "simd")]
impl wasmparser::VisitSimdOperator<'_> for Ignoring {
    wasmparser::for_each_visit_simd_operator!(define_ignore);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(weights: &mut Weights, pinnable: impl Fn(u32) -> bool) -> [Option<u32>; 2] {
        let pins = weights.choose(pinnable);
        [pins.get(0), pins.get(1)]
    }

    #[test]
    fn the_locals_of_inner_loops_are_chosen() {
        let weigh = |locals| {
            let mut weights = Weights::default();
            weights.begin(locals);
            for _ in 0..3 {
                weights.access(0);
            }
            weights.begin_loop();
            weights.access(1);
            weights.block();
            weights.begin_loop();
            weights.access(2);
            weights.access(2);
            weights.end();
            weights.end();
            weights.access(1);
            weights.access(1);
            weights.end();
            weights.access(7);
            weights
        };
        let expected = |first, second| {
            if Native::PLACES.pins == 0 {
                [None; 2]
            } else {
                [first, second]
            }
        };
        assert_eq!(chosen(&mut weigh(3), |_| true), expected(Some(2), Some(1)));
        // Only what can be, and not what is rarely used.
        assert_eq!(chosen(&mut weigh(3), |i| i != 2), expected(Some(1), None));
        assert_eq!(chosen(&mut weigh(1), |_| true), [None; 2]);
    }

    #[test]
    fn the_pin_of_a_local_is_found() {
        let pins = Pins([7, 3]);
        let found = [pins.of(7), pins.of(3), pins.of(1)];
        assert_eq!(found, [Some(0), Some(1), None]);
        assert_eq!(Pins::NONE.of(u16::MAX.into()), None);
    }
}
