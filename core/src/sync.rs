//! Shared ownership and locks on every target.
//!
//! Targets without compare-and-swap (Cortex-M0, RV32IMC) have one thread of execution as far as a
//! store is concerned, so there `Rc` and `RefCell` stand in for `Arc` and a lock, and the types built
//! on them are not `Send`.

use alloc::boxed::Box;

#[cfg(target_has_atomic = "ptr")]
pub(crate) use alloc::sync::Arc as Shared;

#[cfg(not(target_has_atomic = "ptr"))]
pub(crate) use alloc::rc::Rc as Shared;

/// Exclusive access to a `T` through a shared reference; never held while foreign code runs.
pub(crate) struct Lock<T>(imp::Inner<T>);

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Lock<T> {
        Lock(imp::Inner::new(value))
    }

    /// Runs `f` with the value. Not reentrant.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        self.0.with(f)
    }
}

#[cfg(feature = "std")]
mod imp {
    use std::sync::{Mutex, PoisonError};

    pub(super) struct Inner<T>(Mutex<T>);

    impl<T> Inner<T> {
        pub(super) const fn new(value: T) -> Inner<T> {
            Inner(Mutex::new(value))
        }

        pub(super) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
            // What is behind our locks is consistent between any two statements, so a panic of
            // another holder leaves nothing half done.
            f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }
}

#[cfg(all(not(feature = "std"), target_has_atomic = "ptr"))]
mod imp {
    use core::{
        cell::UnsafeCell,
        hint,
        sync::atomic::{AtomicBool, Ordering},
    };

    pub(super) struct Inner<T> {
        held: AtomicBool,
        value: UnsafeCell<T>,
    }

    // SAFETY: `with` hands the value to one thread at a time.
    unsafe impl<T: Send> Sync for Inner<T> {}

    /// Releases the lock also when the closure panics.
    struct Release<'a>(&'a AtomicBool);

    impl Drop for Release<'_> {
        fn drop(&mut self) {
            self.0.store(false, Ordering::Release);
        }
    }

    impl<T> Inner<T> {
        pub(super) const fn new(value: T) -> Inner<T> {
            Inner {
                held: AtomicBool::new(false),
                value: UnsafeCell::new(value),
            }
        }

        pub(super) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
            while self
                .held
                .compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed)
                .is_err()
            {
                hint::spin_loop();
            }
            let _release = Release(&self.held);
            // SAFETY: `held` was false and is true now: no other thread is between these lines.
            f(unsafe { &mut *self.value.get() })
        }
    }
}

#[cfg(all(not(feature = "std"), not(target_has_atomic = "ptr")))]
mod imp {
    use core::cell::RefCell;

    pub(super) struct Inner<T>(RefCell<T>);

    impl<T> Inner<T> {
        pub(super) const fn new(value: T) -> Inner<T> {
            Inner(RefCell::new(value))
        }

        pub(super) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
            f(&mut self.0.borrow_mut())
        }
    }
}

/// A value computed at its first use.
pub(crate) struct Once<T>(Lock<Option<Box<T>>>);

impl<T> Once<T> {
    pub(crate) const fn new() -> Once<T> {
        Once(Lock::new(None))
    }

    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        let value: *const T = self
            .0
            .with(|slot| &raw const **slot.get_or_insert_with(|| Box::new(init())));
        // SAFETY: the box is never replaced or taken while `self` lives, and nobody gets it mutably.
        unsafe { &*value }
    }
}

/// A number no other store of this process has.
pub(crate) fn next_store_id() -> u64 {
    #[cfg(target_has_atomic = "64")]
    {
        use core::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
    #[cfg(all(not(target_has_atomic = "64"), target_has_atomic = "ptr"))]
    {
        static NEXT: Lock<u64> = Lock::new(0);
        NEXT.with(|next| {
            *next += 1;
            *next
        })
    }
    // One thread: a plain load and store are enough.
    #[cfg(not(target_has_atomic = "ptr"))]
    {
        use core::sync::atomic::{AtomicUsize, Ordering};
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let id = NEXT.load(Ordering::Relaxed);
        NEXT.store(id.wrapping_add(1), Ordering::Relaxed);
        id as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_runs_its_initializer_once() {
        let once = Once::new();
        assert_eq!(*once.get_or_init(|| 1), 1);
        assert_eq!(*once.get_or_init(|| 2), 1);
    }

    #[test]
    fn store_ids_differ() {
        assert_ne!(next_store_id(), next_store_id());
    }
}
