//! Which locals deserve the machine's pins: those read and written most, loops counting more.
//!
//! Validation sees every operator of a body before its translation, and weighs on the way.

use alloc::vec::Vec;

use crate::bytecode::PINS;

/// The local in each pin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pins([u16; 2]);

const NONE: u16 = u16::MAX;

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
    /// Weight below which a pin does not pay for being saved and loaded.
    const LEAST: u32 = 24;
    /// What is of interest to `see` has no higher opcode.
    pub(crate) const HIGHEST: u8 = if PINS == 0 { 0 } else { 0x22 };

    /// Starts on a function with so many locals.
    pub(crate) fn begin(&mut self, locals: u32) {
        self.locals.clear();
        if PINS > 0 {
            self.locals.resize(locals.min(Self::CONSIDERED) as usize, 0);
        }
        (self.open, self.loops, self.weight) = (0, 0, 1);
    }

    /// Looks at the operator at the start of `bytes`.
    #[inline]
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        match *bytes {
            [0x20..=0x22, index @ ..0x80, ..] => self.access(index as usize),
            [0x20..=0x22, low, high @ ..0x80, ..] => {
                self.access((low & 0x7f) as usize | (high as usize) << 7)
            }
            [0x02 | 0x04, ..] => self.open <<= 1,
            [0x03, ..] => {
                self.open = self.open << 1 | 1;
                self.enter(self.loops + 1);
            }
            [0x0b, ..] => {
                self.enter(self.loops.saturating_sub((self.open & 1) as u32));
                self.open >>= 1;
            }
            _ => {}
        }
    }

    #[inline]
    fn access(&mut self, local: usize) {
        if let Some(sum) = self.locals.get_mut(local) {
            *sum = sum.saturating_add(self.weight);
        }
    }

    fn enter(&mut self, loops: u32) {
        self.loops = loops;
        self.weight = 1 << (3 * loops.min(6));
    }

    /// The heaviest two of the locals that can be pinned.
    pub(crate) fn choose(&mut self, pinnable: impl Fn(u32) -> bool) -> Pins {
        let mut pins = Pins::NONE;
        for pin in pins.0.iter_mut().take(PINS) {
            let mut heaviest = Self::LEAST - 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(
        operators: &[&[u8]],
        locals: u32,
        pinnable: impl Fn(u32) -> bool,
    ) -> [Option<u32>; 2] {
        let mut weights = Weights::default();
        weights.begin(locals);
        for operator in operators {
            weights.see(operator);
        }
        let pins = weights.choose(pinnable);
        [pins.get(0), pins.get(1)]
    }

    #[test]
    fn the_locals_of_inner_loops_are_chosen() {
        let outside: &[&[u8]] = &[&[0x20, 0], &[0x20, 0], &[0x20, 0]];
        let inner: &[&[u8]] = &[
            &[0x03, 0x40],
            &[0x20, 1],
            &[0x02, 0x40],
            &[0x03, 0x40],
            &[0x20, 2],
            &[0x21, 2],
            &[0x0b],
            &[0x0b],
            &[0x20, 1],
            &[0x21, 0x81, 0],
            &[0x0b],
        ];
        let operators = [outside, inner, &[&[0x0b]]].concat();
        let expected = |first, second| {
            if PINS == 0 {
                [None; 2]
            } else {
                [first, second]
            }
        };
        assert_eq!(chosen(&operators, 3, |_| true), expected(Some(2), Some(1)));
        // Only what can be, and not what is rarely used.
        assert_eq!(chosen(&operators, 3, |i| i != 2), expected(Some(1), None));
        assert_eq!(chosen(outside, 3, |_| true), [None; 2]);
        // Whatever there is.
        assert_eq!(chosen(&operators, 0, |_| true), [None; 2]);
        chosen(
            &[&[], &[0x20], &[0x20, 0x80], &[0x20, 0xff, 0xff, 0x7f]],
            1,
            |_| true,
        );
    }

    #[test]
    fn the_pin_of_a_local_is_found() {
        let pins = Pins([7, 3]);
        assert_eq!(
            [pins.of(7), pins.of(3), pins.of(1)],
            [Some(0), Some(1), None]
        );
        assert_eq!(Pins::NONE.of(u16::MAX.into()), None);
    }
}
