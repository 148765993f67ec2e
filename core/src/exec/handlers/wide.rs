//! Wide arithmetic: 128-bit values in two slots, low half first.

use crate::exec::dispatch::{Flow, Handle, Regs, at};

#[inline(always)]
unsafe fn wide(r: &Regs, low: usize, high: usize) -> u128 {
    // SAFETY: the instruction has these slot fields.
    unsafe { *r.slot(low) as u128 | (*r.slot(high) as u128) << 64 }
}

#[inline(always)]
unsafe fn put(r: &Regs, value: u128) {
    // SAFETY: the pair of slots lies in the frame.
    unsafe {
        let d = r.slot(0);
        *d = value as u64;
        *d.add(1) = (value >> 64) as u64;
    }
}

macro_rules! wide {
    ($name:ident, $bytes:expr, |$r:ident| $value:expr) => {
        #[doc = "See the op table."]
        pub(crate) struct $name;
        impl Handle for $name {
            #[inline(always)]
            unsafe fn run($r: Regs) -> Flow {
                // SAFETY: the instruction has these fields.
                unsafe {
                    put(&$r, $value);
                    $r.next($bytes)
                }
            }
        }
    };
}
wide!(Add128, at(16, 6), |r| wide(&r, 2, 4)
    .wrapping_add(wide(&r, 6, 8)));
wide!(Sub128, at(16, 6), |r| wide(&r, 2, 4)
    .wrapping_sub(wide(&r, 6, 8)));
wide!(
    MulWideS,
    at(8, 4),
    |r| (*r.slot(2) as i64 as i128).wrapping_mul(*r.slot(4) as i64 as i128) as u128
);
wide!(MulWideU, at(8, 4), |r| (*r.slot(2) as u128)
    .wrapping_mul(*r.slot(4) as u128));
