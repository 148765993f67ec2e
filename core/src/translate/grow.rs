//! How lists grow while a function is translated.

use alloc::vec::Vec;

/// As `Vec::push`. Where room is scarce, lists begin small and grow by halves.
#[inline(always)]
pub(super) fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        grow(list);
    }
    list.push(item);
}

#[cold]
#[inline(never)]
fn grow<T>(list: &mut Vec<T>) {
    if cfg!(hash_maps) {
        list.reserve(1);
    } else {
        list.reserve_exact((list.len() / 2).max(2));
    }
}
