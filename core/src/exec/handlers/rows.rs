//! The semantics of table rows, each a type that handlers take as parameter.

use super::numeric;
#[cfg(feature = "simd")]
use crate::exec::vector::{self, *};
use crate::{
    bytecode::table::for_each_op,
    exec::value::{Outcome, Value},
    trap::TrapCode,
};
#[cfg(feature = "gc")]
use crate::{
    exec::value::gcref,
    store::{Plain, func_slot},
};

/// A row of the group `binary`, or `compare` (whose result is 0 or 1).
pub(crate) trait BinaryOp {
    type In: Value;
    type Out: Value;
    fn eval(a: Self::In, b: Self::In) -> Result<Self::Out, TrapCode>;
}

/// A row of the group `compare`.
pub(crate) trait CompareOp: BinaryOp {
    fn holds(a: Self::In, b: Self::In) -> bool;
}

/// A row of the group `unary`.
pub(crate) trait UnaryOp {
    type In: Value;
    type Out: Value;
    fn eval(a: Self::In) -> Result<Self::Out, TrapCode>;
}

/// A row of the group `load`.
pub(crate) trait LoadOp {
    type Out: Value;
    /// Binary logarithm of the bytes accessed.
    const LOG_SIZE: usize;
    /// # Safety
    /// `1 << LOG_SIZE` bytes at `at` are readable.
    unsafe fn load(at: *const u8) -> Self::Out;
}

/// A row of the group `store`.
pub(crate) trait StoreOp {
    type In: Value;
    /// Binary logarithm of the bytes accessed.
    const LOG_SIZE: usize;
    /// # Safety
    /// `1 << LOG_SIZE` bytes at `at` are writable.
    unsafe fn store(at: *mut u8, value: Self::In);
}

/// A row of the group `shift`.
#[cfg(feature = "simd")]
pub(crate) trait ShiftOp {
    fn eval(a: v128, b: u32) -> v128;
}

/// A row of the group `ternary`.
#[cfg(feature = "simd")]
pub(crate) trait TernaryOp {
    fn eval(a: v128, b: v128, c: v128) -> v128;
}

/// A row of the group `rmw`; values are zero-extended.
#[cfg(feature = "threads")]
pub(crate) trait ModifyOp {
    const LOG_SIZE: usize;
    /// Returns what was there.
    ///
    /// # Safety
    /// `1 << LOG_SIZE` bytes at `at` are writable.
    unsafe fn modify(at: *mut u8, operand: u64) -> u64;
}

/// A row of the group `cmpxchg`; values are zero-extended.
#[cfg(feature = "threads")]
pub(crate) trait ExchangeOp {
    const LOG_SIZE: usize;
    /// Returns what was there.
    ///
    /// # Safety
    /// `1 << LOG_SIZE` bytes at `at` are writable.
    unsafe fn exchange(at: *mut u8, expected: u64, replacement: u64) -> u64;
}

/// A row of the group `produce` that reads a field or element.
#[cfg(feature = "gc")]
pub(crate) trait LaneOp {
    type Lane: Plain;
    type Out: Value;
    fn value(lane: Self::Lane) -> Self::Out;
}
#[cfg(feature = "gc")]
macro_rules! define_lane {
    ($name:ident, $out:ident, gcfunc) => {
        pub(crate) struct $name;
        impl LaneOp for $name {
            type Lane = u32;
            type Out = $out;
            #[inline(always)]
            fn value(lane: u32) -> $out {
                gcref::of(func_slot(lane))
            }
        }
    };
    ($name:ident, $out:ident, $lane:ident) => {
        pub(crate) struct $name;
        impl LaneOp for $name {
            type Lane = $lane;
            type Out = $out;
            #[inline(always)]
            fn value(lane: $lane) -> $out {
                As::convert(lane)
            }
        }
    };
}
#[cfg(feature = "gc")]
impl As<gcref> for u32 {
    #[inline(always)]
    fn convert(self) -> gcref {
        gcref::of(self.into())
    }
}

/// Conversions between the types of values and what lies in memory for them.
trait As<T> {
    fn convert(self) -> T;
}
macro_rules! as_numbers {
    ($($from:ident => $($to:ident)*;)*) => {$($(
        impl As<$to> for $from {
            #[inline(always)]
            fn convert(self) -> $to {
                self as $to
            }
        }
    )*)*};
}
as_numbers! {
    i8 => i32 i64;
    u8 => u32 u64;
    i16 => i32 i64;
    u16 => u32 u64;
    i32 => i64;
    u32 => u8 u16 u32 u64;
    u64 => u8 u16 u32 u64;
    f32 => f32;
    f64 => f64;
}

/// Vectors lie in memory as they are.
#[cfg(feature = "simd")]
macro_rules! as_vectors {
    ($($name:ident)*) => {$(
        impl As<v128> for $name {
            #[inline(always)]
            fn convert(self) -> v128 {
                self.vector()
            }
        }
        impl Stored for $name {
            #[inline(always)]
            fn of_memory(self) -> Self {
                self
            }
            #[inline(always)]
            fn to_memory(self) -> Self {
                self
            }
        }
    )*};
}
#[cfg(feature = "simd")]
as_vectors!(v128 i8x8 u8x8 i16x4 u16x4 i32x2 u32x2 splat8 splat16 splat32 splat64 zero32 zero64);

/// Little-endian numbers in linear memory.
trait Stored: Sized {
    fn of_memory(self) -> Self;
    fn to_memory(self) -> Self;
}
macro_rules! stored_int {
    ($($ty:ty),*) => { $(impl Stored for $ty {
        #[inline(always)]
        fn of_memory(self) -> Self {
            Self::from_le(self)
        }
        #[inline(always)]
        fn to_memory(self) -> Self {
            self.to_le()
        }
    })* };
}
stored_int!(u8, i8, u16, i16, u32, i32, u64);
macro_rules! stored_float {
    ($($ty:ty),*) => { $(impl Stored for $ty {
        #[inline(always)]
        fn of_memory(self) -> Self {
            Self::from_bits(self.to_bits().of_memory())
        }
        #[inline(always)]
        fn to_memory(self) -> Self {
            Self::from_bits(self.to_bits().to_memory())
        }
    })* };
}
stored_float!(f32, f64);

macro_rules! define_compare {
    ($name:ident, $in:ty, |$a:ident, $b:ident| $holds:expr) => {
        pub(crate) struct $name;
        impl BinaryOp for $name {
            type In = $in;
            type Out = u32;
            #[inline(always)]
            fn eval(a: $in, b: $in) -> Result<u32, TrapCode> {
                Ok(Self::holds(a, b) as u32)
            }
        }
        impl CompareOp for $name {
            #[inline(always)]
            fn holds($a: $in, $b: $in) -> bool {
                $holds
            }
        }
    };
}

/// A row of `load`, `atomic_load` or, of a vector in slots, `extract`.
macro_rules! define_load {
    ($name:ident, $mem:ty => $out:ty) => {
        pub(crate) struct $name;
        impl LoadOp for $name {
            type Out = $out;
            const LOG_SIZE: usize = size_of::<$mem>().trailing_zeros() as usize;
            #[inline(always)]
            unsafe fn load(at: *const u8) -> $out {
                // SAFETY: the caller's promise.
                As::convert(unsafe { at.cast::<$mem>().read_unaligned() }.of_memory())
            }
        }
    };
}

/// A row of `store`, `atomic_store` or, of a vector in slots, `replace`.
macro_rules! define_store {
    ($name:ident, $in:ty => $mem:ty) => {
        pub(crate) struct $name;
        impl StoreOp for $name {
            type In = $in;
            const LOG_SIZE: usize = size_of::<$mem>().trailing_zeros() as usize;
            #[inline(always)]
            unsafe fn store(at: *mut u8, value: $in) {
                // SAFETY: the caller's promise.
                unsafe {
                    at.cast::<$mem>()
                        .write_unaligned(As::<$mem>::convert(value).to_memory())
                }
            }
        }
    };
}

macro_rules! define_semantics {
    (
        $([$block:ident $first:literal
            binary { $($bin:ident $bin_text:literal ($bin_in:ident) -> $bin_out:ident [$(swap $bin_swap:ident)?]: |$ba:ident, $bb:ident| $be:expr;)* }
            unary { $($un:ident $un_text:literal ($un_in:ident) -> $un_out:ident: |$ua:ident| $ue:expr;)* }
            load { $($ld:ident $ld_text:literal $ld_mem:ident => $ld_out:ident;)* }
            store { $($st:ident $st_text:literal $st_in:ident => $st_mem:ident;)* }
            plain $plain:tt
            shift { $($sh:ident $sh_text:literal: |$sa:ident, $sb:ident| $se:expr;)* }
            ternary { $($te:ident $te_text:literal: |$ta:ident, $tb:ident, $tc:ident| $tx:expr;)* }
            extract { $($ex:ident $ex_text:literal $ex_lane:ident => $ex_out:ident;)* }
            replace { $($re:ident $re_text:literal $re_in:ident => $re_lane:ident;)* }
            atomic_load { $($al:ident $al_text:literal $al_mem:ident => $al_out:ident;)* }
            atomic_store { $($as:ident $as_text:literal $as_in:ident => $as_mem:ident;)* }
            rmw { $($rm:ident $rm_text:literal $rm_in:ident $rm_mem:ident: |$rm_a:ident, $rm_b:ident| $rm_e:expr;)* }
            cmpxchg { $($cx:ident $cx_text:literal $cx_in:ident $cx_mem:ident;)* }
            produce { $($pr:ident $pr_text:literal -> $pr_out:ident [$($pr_field:expr),*] $pr_handler:ident $(<$pr_lane:ident>)?;)* }
            compare { $($cmp:ident $cmp_text:literal ($cmp_in:ident) [swap $cmp_swap:ident] [$(not $cmp_not:ident)?]: |$ca:ident, $cb:ident| $ce:expr;)* }
            fused_compare { $($fus:ident $fus_text:literal ($fus_in:ident) [swap $fus_swap:ident] [$(not $fus_not:ident)?]: |$fa:ident, $fb:ident| $fe:expr;)* }
            $($rest:tt)*
        ])*
    ) => {
        $(
        $(
            pub(crate) struct $bin;
            impl BinaryOp for $bin {
                type In = $bin_in;
                type Out = $bin_out;
                #[inline(always)]
                fn eval($ba: $bin_in, $bb: $bin_in) -> Result<$bin_out, TrapCode> {
                    Outcome::outcome($be)
                }
            }
        )*
        $(define_compare!($cmp, $cmp_in, |$ca, $cb| $ce);)*
        $(define_compare!($fus, $fus_in, |$fa, $fb| $fe);)*
        $(
            pub(crate) struct $un;
            impl UnaryOp for $un {
                type In = $un_in;
                type Out = $un_out;
                #[inline(always)]
                fn eval($ua: $un_in) -> Result<$un_out, TrapCode> {
                    Outcome::outcome($ue)
                }
            }
        )*
        $(define_load!($ld, $ld_mem => $ld_out);)*
        $(define_load!($al, $al_mem => $al_out);)*
        $(define_load!($ex, $ex_lane => $ex_out);)*
        $(define_store!($st, $st_in => $st_mem);)*
        $(define_store!($as, $as_in => $as_mem);)*
        $(define_store!($re, $re_in => $re_lane);)*
        $(
            pub(crate) struct $sh;
            impl ShiftOp for $sh {
                #[inline(always)]
                fn eval($sa: v128, $sb: u32) -> v128 {
                    $se
                }
            }
        )*
        $(
            pub(crate) struct $te;
            impl TernaryOp for $te {
                #[inline(always)]
                fn eval($ta: v128, $tb: v128, $tc: v128) -> v128 {
                    $tx
                }
            }
        )*
        $(
            pub(crate) struct $rm;
            impl ModifyOp for $rm {
                const LOG_SIZE: usize = size_of::<$rm_mem>().trailing_zeros() as usize;
                #[inline(always)]
                unsafe fn modify(at: *mut u8, operand: u64) -> u64 {
                    // SAFETY: the caller's promise.
                    let $rm_a = unsafe { at.cast::<$rm_mem>().read_unaligned() }.of_memory();
                    let old = $rm_a as u64;
                    let $rm_b = operand as $rm_mem;
                    let new: $rm_mem = $rm_e;
                    // SAFETY: the caller's promise.
                    unsafe { at.cast::<$rm_mem>().write_unaligned(new.to_memory()) };
                    old
                }
            }
        )*
        $(
            pub(crate) struct $cx;
            impl ExchangeOp for $cx {
                const LOG_SIZE: usize = size_of::<$cx_mem>().trailing_zeros() as usize;
                #[inline(always)]
                unsafe fn exchange(at: *mut u8, expected: u64, replacement: u64) -> u64 {
                    // SAFETY: the caller's promise.
                    let old = unsafe { at.cast::<$cx_mem>().read_unaligned() }.of_memory() as u64;
                    // An i32 in a slot has nothing to say in the upper half.
                    let expected = As::<u64>::convert(expected as $cx_in);
                    if old == expected {
                        let new = replacement as $cx_mem;
                        // SAFETY: the caller's promise.
                        unsafe { at.cast::<$cx_mem>().write_unaligned(new.to_memory()) };
                    }
                    old
                }
            }
        )*
        $($(define_lane!($pr, $pr_out, $pr_lane);)?)*
        )*
    };
}
for_each_op!(define_semantics);
