//! Vectors of 128 bits: the type that ops work on, and lanes in portable Rust, which compilers turn into vector
//! instructions (core specification, section 4.3.4 "Vector Operations").

#[cfg(target_endian = "big")]
compile_error!(
    "the feature `simd` needs a little-endian target: lanes are read as they lie in memory"
);

use super::{
    dispatch::Regs,
    handlers::numeric::Float,
    value::{Outcome, Value},
};
use crate::{
    bytecode::{Ty, Typed},
    trap::TrapCode,
};

/// What holds a vector in the machine's register for them.
#[cfg(target_arch = "aarch64")]
type Raw = core::arch::aarch64::uint8x16_t;
#[cfg(target_arch = "x86_64")]
type Raw = core::arch::x86_64::__m128i;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
type Raw = [u64; 2];

/// A vector. In slots it takes two, the low half first.
#[derive(Clone, Copy)]
#[repr(transparent)]
#[allow(non_camel_case_types, reason = "the name of the type in rows")]
pub(crate) struct v128(Raw);

/// A type that vectors consist of.
pub(crate) trait Lane: Copy {
    /// All lanes of a vector.
    type All: Lanes<Item = Self>;
    /// Unsigned integers of the same width.
    type Mask: Lane;
    const TRUE: Self::Mask;
    const FALSE: Self::Mask;
}

/// An array of lanes.
pub(crate) trait Lanes: Copy {
    type Item;
    const COUNT: usize;
    fn from_fn(lane: impl FnMut(usize) -> Self::Item) -> Self;
    fn get(&self, lane: usize) -> Self::Item;
}

impl<T: Copy, const N: usize> Lanes for [T; N] {
    type Item = T;
    const COUNT: usize = N;
    #[inline(always)]
    fn from_fn(mut lane: impl FnMut(usize) -> T) -> Self {
        // (Not `array::from_fn`, which compilers do not always inline.)
        let mut all = [lane(0); N];
        let mut i = 1;
        while i < N {
            all[i] = lane(i);
            i += 1;
        }
        all
    }
    #[inline(always)]
    fn get(&self, lane: usize) -> T {
        self[lane]
    }
}

macro_rules! lanes {
    ($($lane:ty, $mask:ty, $count:literal;)*) => {$(
        impl Lane for $lane {
            type All = [$lane; $count];
            type Mask = $mask;
            const TRUE: $mask = <$mask>::MAX;
            const FALSE: $mask = 0;
        }
    )*};
}
lanes! {
    i8, u8, 16; u8, u8, 16;
    i16, u16, 8; u16, u16, 8;
    i32, u32, 4; u32, u32, 4; f32, u32, 4;
    i64, u64, 2; u64, u64, 2; f64, u64, 2;
}

impl v128 {
    pub(crate) const ZERO: v128 = v128::of::<u64>([0; 2]);

    #[inline(always)]
    fn lanes<T: Lane>(self) -> T::All {
        const { assert!(size_of::<T::All>() == size_of::<v128>()) };
        // SAFETY: of the same size; any bits are lanes of the types that `Lane` is implemented for.
        unsafe { core::mem::transmute_copy(&self) }
    }

    #[inline(always)]
    pub(crate) const fn of<T: Lane>(lanes: T::All) -> v128 {
        const { assert!(size_of::<T::All>() == size_of::<v128>()) };
        // SAFETY: of the same size; any bits are a vector.
        unsafe { core::mem::transmute_copy(&lanes) }
    }
}

impl Typed for v128 {
    const TY: Ty = Ty::V128;
}

impl Value for v128 {
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        v128::of::<u64>([bits, 0])
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.lanes::<u64>()[0]
    }
    #[inline(always)]
    unsafe fn read(slot: *const u64) -> Self {
        // SAFETY: the caller's promise: two slots.
        unsafe { slot.cast::<v128>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn write(self, slot: *mut u64) {
        // SAFETY: the caller's promise: two slots.
        unsafe { slot.cast::<v128>().write_unaligned(self) }
    }
    #[inline(always)]
    fn acc(r: &Regs) -> Self {
        r.va()
    }
    #[inline(always)]
    fn set_acc(self, r: &mut Regs) {
        r.set_va(self)
    }
    #[inline(always)]
    unsafe fn imm(r: &Regs, at: usize) -> Self {
        // SAFETY: the caller's promise.
        unsafe { r.read(at) }
    }
}

impl Outcome for v128 {
    type Value = v128;
    #[inline(always)]
    fn outcome(self) -> Result<v128, TrapCode> {
        Ok(self)
    }
}

/// `f` of each lane; of the first ones, when they become wider.
#[inline(always)]
pub(crate) fn map<T: Lane, R: Lane>(a: v128, f: impl Fn(T) -> R) -> v128 {
    let a = a.lanes::<T>();
    v128::of::<R>(R::All::from_fn(|i| f(a.get(i))))
}

/// The same of pairs of lanes.
#[inline(always)]
pub(crate) fn map2<T: Lane, R: Lane>(a: v128, b: v128, f: impl Fn(T, T) -> R) -> v128 {
    let (a, b) = (a.lanes::<T>(), b.lanes::<T>());
    v128::of::<R>(R::All::from_fn(|i| f(a.get(i), b.get(i))))
}

#[inline(always)]
pub(crate) fn map3<T: Lane>(a: v128, b: v128, c: v128, f: impl Fn(T, T, T) -> T) -> v128 {
    let (a, b, c) = (a.lanes::<T>(), b.lanes::<T>(), c.lanes::<T>());
    v128::of::<T>(T::All::from_fn(|i| f(a.get(i), b.get(i), c.get(i))))
}

/// All bits of a lane where `f` holds, none elsewhere.
#[inline(always)]
pub(crate) fn compare<T: Lane>(a: v128, b: v128, f: impl Fn(T, T) -> bool) -> v128 {
    map2(a, b, |a: T, b: T| if f(a, b) { T::TRUE } else { T::FALSE })
}

#[inline(always)]
pub(crate) fn splat<T: Lane>(a: T) -> v128 {
    v128::of::<T>(T::All::from_fn(|_| a))
}

/// `f` of the second half of the lanes.
#[inline(always)]
pub(crate) fn extend_high<T: Lane, R: Lane>(a: v128, f: impl Fn(T) -> R) -> v128 {
    let a = a.lanes::<T>();
    v128::of::<R>(R::All::from_fn(|i| f(a.get(i + R::All::COUNT))))
}

#[inline(always)]
pub(crate) fn extend2_high<T: Lane, R: Lane>(a: v128, b: v128, f: impl Fn(T, T) -> R) -> v128 {
    let (a, b) = (a.lanes::<T>(), b.lanes::<T>());
    let half = R::All::COUNT;
    v128::of::<R>(R::All::from_fn(|i| f(a.get(i + half), b.get(i + half))))
}

/// `f` of the lanes of both, to lanes of half the width.
#[inline(always)]
pub(crate) fn narrow<T: Lane, R: Lane>(a: v128, b: v128, f: impl Fn(T) -> R) -> v128 {
    let (a, b) = (a.lanes::<T>(), b.lanes::<T>());
    let half = T::All::COUNT;
    v128::of::<R>(R::All::from_fn(|i| {
        f(if i < half { a.get(i) } else { b.get(i - half) })
    }))
}

/// `f` of each lane, to lanes of half the width; the second half is zero.
#[inline(always)]
pub(crate) fn low_from<T: Lane, R: Lane + Default>(a: v128, f: impl Fn(T) -> R) -> v128 {
    let a = a.lanes::<T>();
    v128::of::<R>(R::All::from_fn(|i| {
        if i < T::All::COUNT {
            f(a.get(i))
        } else {
            R::default()
        }
    }))
}

/// `f` of each two neighbours.
#[inline(always)]
pub(crate) fn pairwise<T: Lane, R: Lane>(a: v128, f: impl Fn(T, T) -> R) -> v128 {
    let a = a.lanes::<T>();
    v128::of::<R>(R::All::from_fn(|i| f(a.get(2 * i), a.get(2 * i + 1))))
}

/// The bytes of `a` that `b` names; zero for those beyond.
#[inline(always)]
pub(crate) fn swizzle(a: v128, b: v128) -> v128 {
    #[cfg(target_arch = "aarch64")]
    {
        // SAFETY: every such processor has it.
        v128(unsafe { core::arch::aarch64::vqtbl1q_u8(a.0, b.0) })
    }
    #[cfg(all(target_arch = "x86_64", target_feature = "ssse3"))]
    {
        use core::arch::x86_64::{_mm_adds_epu8, _mm_set1_epi8, _mm_shuffle_epi8};
        // It takes the lower four bits, and gives zero for the highest: from 16 on, that is to be set.
        // SAFETY: the target has it.
        v128(unsafe { _mm_shuffle_epi8(a.0, _mm_adds_epu8(b.0, _mm_set1_epi8(0x70))) })
    }
    #[cfg(not(any(
        target_arch = "aarch64",
        all(target_arch = "x86_64", target_feature = "ssse3")
    )))]
    {
        let bytes = a.lanes::<u8>();
        map(b, |i: u8| if i < 16 { bytes[i as usize & 15] } else { 0 })
    }
}

#[inline(always)]
pub(crate) fn any_true(a: v128) -> u32 {
    let [low, high] = a.lanes::<u64>();
    (low | high != 0) as u32
}

#[inline(always)]
pub(crate) fn all_true<T: Lane + Default + PartialEq>(a: v128) -> u32 {
    let a = a.lanes::<T>();
    // (No early end: lanes are compared at once.)
    (0..T::All::COUNT).fold(true, |all, i| all & (a.get(i) != T::default())) as u32
}

/// The sign of each lane as a bit.
#[inline(always)]
pub(crate) fn bitmask<T: Lane + Default + PartialOrd>(a: v128) -> u32 {
    // (Compilers do not find these instructions.)
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::*;
        // SAFETY: every such processor has them.
        unsafe {
            (match T::All::COUNT {
                16 => _mm_movemask_epi8(a.0),
                8 => _mm_movemask_epi8(_mm_packs_epi16(a.0, _mm_setzero_si128())),
                4 => _mm_movemask_ps(_mm_castsi128_ps(a.0)),
                _ => _mm_movemask_pd(_mm_castsi128_pd(a.0)),
            }) as u32
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let a = a.lanes::<T>();
        (0..T::All::COUNT).fold(0, |bits, i| bits | ((a.get(i) < T::default()) as u32) << i)
    }
}

/// The bits of `a` where `c` has ones, those of `b` elsewhere.
#[inline(always)]
pub(crate) fn select_bits(a: v128, b: v128, c: v128) -> v128 {
    map3(a, b, c, |a: u64, b: u64, c: u64| a & c | b & !c)
}

/// Products of numbers with 15 bits behind the point, rounded.
#[inline(always)]
pub(crate) fn q15_multiply(a: i16, b: i16) -> i16 {
    ((a as i32 * b as i32 + 0x4000) >> 15).min(i16::MAX.into()) as i16
}

/// Sums of two products each.
#[inline(always)]
pub(crate) fn dot(a: v128, b: v128) -> v128 {
    let (a, b) = (a.lanes::<i16>(), b.lanes::<i16>());
    let product = |i: usize| a[i] as i32 * b[i] as i32;
    v128::of::<i32>(Lanes::from_fn(|i| {
        product(2 * i).wrapping_add(product(2 * i + 1))
    }))
}

/// The same of signed bytes, saturated: only products of two least numbers exceed 16 bits.
#[inline(always)]
pub(crate) fn dot_bytes(a: v128, b: v128) -> v128 {
    let (a, b) = (a.lanes::<i8>(), b.lanes::<i8>());
    let product = |i: usize| a[i] as i16 * b[i] as i16;
    v128::of::<i16>(Lanes::from_fn(|i| {
        product(2 * i).wrapping_add(product(2 * i + 1))
    }))
}

/// Sums of four products of signed bytes each, and `c`.
#[inline(always)]
pub(crate) fn dot_bytes_add(a: v128, b: v128, c: v128) -> v128 {
    let (a, b, c) = (a.lanes::<i8>(), b.lanes::<i8>(), c.lanes::<i32>());
    v128::of::<i32>(Lanes::from_fn(|i| {
        (0..4).fold(c[i], |sum, k| {
            sum.wrapping_add(a[4 * i + k] as i32 * b[4 * i + k] as i32)
        })
    }))
}

/// As `numeric::min`, without branches.
#[inline(always)]
pub(crate) fn min<F: Float>(a: F, b: F) -> F {
    let same = if a == b { a.or_bits(b) } else { a.plus(b) };
    let other = if b < a { b } else { same };
    if a < b { a } else { other }
}

/// As `numeric::max`, without branches.
#[inline(always)]
pub(crate) fn max<F: Float>(a: F, b: F) -> F {
    let same = if a == b { a.and_bits(b) } else { a.plus(b) };
    let other = if b > a { b } else { same };
    if a > b { a } else { other }
}

/// What lies in memory for a vector: lanes of half the width, a lane for all, the first lane.
macro_rules! stored {
    ($($name:ident $raw:ty: |$a:ident| $vector:expr;)*) => {$(
        #[derive(Clone, Copy)]
        #[repr(transparent)]
        #[allow(non_camel_case_types, reason = "the name of the type in rows")]
        pub(crate) struct $name($raw);
        impl $name {
            #[inline(always)]
            pub(crate) fn vector(self) -> v128 {
                let $a = self.0;
                $vector
            }
        }
    )*};
}
impl v128 {
    /// As a vector that lies in memory.
    #[inline(always)]
    pub(crate) fn vector(self) -> v128 {
        self
    }
}
stored! {
    i8x8 u64: |a| map(v128::of::<u64>([a, 0]), |a: i8| a as i16);
    u8x8 u64: |a| map(v128::of::<u64>([a, 0]), |a: u8| a as u16);
    i16x4 u64: |a| map(v128::of::<u64>([a, 0]), |a: i16| a as i32);
    u16x4 u64: |a| map(v128::of::<u64>([a, 0]), |a: u16| a as u32);
    i32x2 u64: |a| map(v128::of::<u64>([a, 0]), |a: i32| a as i64);
    u32x2 u64: |a| map(v128::of::<u64>([a, 0]), |a: u32| a as u64);
    splat8 u8: |a| splat(a);
    splat16 u16: |a| splat(a);
    splat32 u32: |a| splat(a);
    splat64 u64: |a| splat(a);
    zero32 u32: |a| v128::of::<u32>([a, 0, 0, 0]);
    zero64 u64: |a| v128::of::<u64>([a, 0]);
}
