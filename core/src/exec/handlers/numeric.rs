//! Numeric ops: their handlers, and the arithmetic that Rust does not have as an operator.

use core::marker::PhantomData;

use super::rows::{BinaryOp, CompareOp, UnaryOp};
use crate::{
    exec::{
        dispatch::{Flow, Handle, Regs, at},
        operand::{Destination, Source},
        value::Value,
    },
    trap::TrapCode,
};

/// `d = O(x, y)`; fields: d at 0, x at 2, y at 4; a constant x at 4 (or 8 when wide) and then y at 2.
pub(crate) struct Binary<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: BinaryOp, X: Source, Y: Source, D: Destination> Handle for Binary<O, X, Y, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            let y_at = if Y::IMM { at(4, 2) } else { 4 };
            let (x_at, y_at) = if X::IMM { (4, 2) } else { (2, y_at) };
            match O::eval(X::get(&r, x_at), Y::get(&r, y_at)) {
                Ok(value) => {
                    D::put(&mut r, value);
                    let wide = if X::IMM || Y::IMM { O::In::WIDE } else { 0 };
                    r.next(at(8 + wide + Y::EXTRA, 4))
                }
                Err(code) => r.trap(code),
            }
        }
    }
}

/// Branches if `O(x, y) == TAKEN_IF`; fields: x at 0, y (16-bit constants) at 2, target at 4, wide constants at 8.
pub(crate) struct CompareBranch<O, X, Y, const TAKEN_IF: bool>(PhantomData<(O, X, Y)>);

impl<O: CompareOp, X: Source, Y: Source, const TAKEN_IF: bool> Handle
    for CompareBranch<O, X, Y, TAKEN_IF>
{
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            if O::holds(X::get(&r, 0), Y::get16(&r, 2)) == TAKEN_IF {
                r.branch(at(4, 2))
            } else {
                r.next(at(8 + Y::EXTRA, 4))
            }
        }
    }
}

/// `d = O(x)`; fields: d at 0, x at 2.
pub(crate) struct Unary<O, X, D>(PhantomData<(O, X, D)>);

impl<O: UnaryOp, X: Source, D: Destination> Handle for Unary<O, X, D> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the instruction has the fields of this form.
        unsafe {
            match O::eval(X::get(&r, 2)) {
                Ok(value) => {
                    D::put(&mut r, value);
                    r.next(at(8, 2))
                }
                Err(code) => r.trap(code),
            }
        }
    }
}

/// Division: `quotient` is Rust's checked one.
#[inline(always)]
pub(crate) fn div<T: Default + PartialEq>(
    _: T,
    divisor: T,
    quotient: Option<T>,
) -> Result<T, TrapCode> {
    match quotient {
        Some(quotient) => Ok(quotient),
        None if divisor == T::default() => Err(TrapCode::IntegerDivisionByZero),
        None => Err(TrapCode::IntegerOverflow),
    }
}

/// Remainder; that of the least integer by -1 is 0, not an overflow.
#[inline(always)]
pub(crate) fn rem<T: Default + PartialEq>(
    divisor: T,
    remainder: impl FnOnce() -> T,
) -> Result<T, TrapCode> {
    if divisor == T::default() {
        Err(TrapCode::IntegerDivisionByZero)
    } else {
        Ok(remainder())
    }
}

/// Truncation of `a` to an integer type whose values lie strictly between the bounds after truncation.
#[inline(always)]
pub(crate) fn trunc<T>(
    a: f64,
    above: f64,
    below: f64,
    truncated: impl FnOnce() -> T,
) -> Result<T, TrapCode> {
    if a > above && a < below {
        Ok(truncated())
    } else if a.is_nan() {
        Err(TrapCode::BadConversionToInteger)
    } else {
        Err(TrapCode::IntegerOverflow)
    }
}

/// fmin (core specification 4.3.3): NaN if either is, and -0 below +0.
#[inline(always)]
pub(crate) fn min<F: Float>(a: F, b: F) -> F {
    if a < b {
        a
    } else if b < a {
        b
    } else {
        // Equal, or unordered: addition makes a quiet NaN; or-ing the signs makes -0 of differing zeros.
        if a == b { a.or_bits(b) } else { a.plus(b) }
    }
}

/// fmax: NaN if either is, and +0 above -0.
#[inline(always)]
pub(crate) fn max<F: Float>(a: F, b: F) -> F {
    if a > b {
        a
    } else if b > a {
        b
    } else {
        if a == b { a.and_bits(b) } else { a.plus(b) }
    }
}

/// What floats need that `core` does not give.
pub(crate) trait Float: Copy + PartialOrd {
    fn or_bits(self, other: Self) -> Self;
    fn and_bits(self, other: Self) -> Self;
    fn plus(self, other: Self) -> Self;
    fn sqrt(self) -> Self;
    fn ceil(self) -> Self;
    fn floor(self) -> Self;
    fn trunc(self) -> Self;
    /// To the nearest integer, ties to even.
    fn nearest(self) -> Self;
}

/// The rounding functions of C libraries may return a signalling NaN as it came; the specification wants a quiet one.
macro_rules! quiet {
    ($a:expr, $rounded:expr) => {
        if $a.is_nan() { $a + $a } else { $rounded }
    };
}

/// Promotion; where it is not the processor's work, a cast keeps signalling NaNs.
#[inline(always)]
pub(crate) fn promote(a: f32) -> f64 {
    quiet!(a, a).into()
}

macro_rules! float {
    ($ty:ty, $sqrt:path, $ceil:path, $floor:path, $trunc:path, $nearest:path) => {
        impl Float for $ty {
            #[inline(always)]
            fn or_bits(self, other: Self) -> Self {
                Self::from_bits(self.to_bits() | other.to_bits())
            }
            #[inline(always)]
            fn and_bits(self, other: Self) -> Self {
                Self::from_bits(self.to_bits() & other.to_bits())
            }
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self + other
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $sqrt(self)
            }
            #[inline(always)]
            fn ceil(self) -> Self {
                quiet!(self, $ceil(self))
            }
            #[inline(always)]
            fn floor(self) -> Self {
                quiet!(self, $floor(self))
            }
            #[inline(always)]
            fn trunc(self) -> Self {
                quiet!(self, $trunc(self))
            }
            #[inline(always)]
            fn nearest(self) -> Self {
                quiet!(self, $nearest(self))
            }
        }
    };
}

#[cfg(feature = "std")]
mod with_std {
    use super::*;
    float!(
        f32,
        f32::sqrt,
        f32::ceil,
        f32::floor,
        f32::trunc,
        f32::round_ties_even
    );
    float!(
        f64,
        f64::sqrt,
        f64::ceil,
        f64::floor,
        f64::trunc,
        f64::round_ties_even
    );
}
#[cfg(not(feature = "std"))]
mod with_libm {
    use super::*;
    float!(
        f32,
        libm::sqrtf,
        libm::ceilf,
        libm::floorf,
        libm::truncf,
        libm::rintf
    );
    float!(
        f64,
        libm::sqrt,
        libm::ceil,
        libm::floor,
        libm::trunc,
        libm::rint
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promoted_nans_are_quiet() {
        for bits in [0x7fa0_0000, 0xff80_0001, 0x7fc0_0000] {
            let promoted = promote(f32::from_bits(bits));
            assert!(promoted.is_nan() && promoted.to_bits() & 1 << 51 != 0);
        }
        assert_eq!(promote(-0.5), -0.5);
    }
}
