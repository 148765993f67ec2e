//! Linear memory.

use alloc::alloc::{alloc_zeroed, dealloc, realloc};
use core::{alloc::Layout, ptr::NonNull};

use crate::types::MemoryType;

/// Alignment of heap memories: what bulk operations and vector loads like best.
const ALIGN: usize = 16;

/// Where the bytes of a new memory come from.
pub(crate) enum MemoryPlace {
    Heap,
    /// The embedder's, for this memory.
    Given(&'static mut [u8]),
    /// The embedder's for memories that modules define (`Store::add_memory`), otherwise the heap.
    Spare,
}

/// Who owns the bytes behind a memory, and how many there are.
enum MemoryBytes {
    /// Allocated by us with `ALIGN`; nothing is allocated for capacity 0.
    Heap { capacity: usize },
    /// Placed by the embedder; the memory can grow up to its length.
    Static { capacity: usize },
}

/// A memory of a store. The machine reads `base` and `len` directly, and the bytes through `base`:
/// no reference to them lives while WebAssembly code runs.
#[repr(C)]
pub(crate) struct MemoryEntity {
    /// First byte. Changes only in `grow`.
    pub(crate) base: *mut u8,
    /// Accessible bytes from `base`; at most `isize::MAX`.
    pub(crate) len: usize,
    /// Whether addresses are 64 bits wide.
    pub(crate) is_64: bool,
    /// As declared; the present size is `len`.
    pub(crate) ty: MemoryType,
    bytes: MemoryBytes,
    /// Its own index in the store, once it is there.
    pub(crate) index: u32,
}

// SAFETY: the entity owns its bytes exclusively.
unsafe impl Send for MemoryEntity {}
// SAFETY: `&MemoryEntity` gives shared access to the bytes only.
unsafe impl Sync for MemoryEntity {}

impl MemoryEntity {
    /// A zeroed heap memory of the type's minimum; `None` if there is no room for it.
    /// Large minimums cost address space only, until they are touched.
    pub(crate) fn new(ty: MemoryType) -> Option<MemoryEntity> {
        let len = byte_size(&ty, ty.minimum)?;
        Some(MemoryEntity {
            base: allocate(len)?.as_ptr(),
            len,
            is_64: ty.is_64,
            ty,
            bytes: MemoryBytes::Heap { capacity: len },
            index: 0,
        })
    }

    /// A memory in the embedder's bytes, zeroed as far as it reaches; `None` if they are too few.
    pub(crate) fn new_static(ty: MemoryType, bytes: &'static mut [u8]) -> Option<MemoryEntity> {
        let len = byte_size(&ty, ty.minimum)?;
        bytes.get_mut(..len)?.fill(0);
        let capacity = bytes.len();
        // From here on the bytes are reached through this pointer only.
        let base = bytes.as_mut_ptr();
        Some(MemoryEntity {
            base,
            len,
            is_64: ty.is_64,
            ty,
            bytes: MemoryBytes::Static { capacity },
            index: 0,
        })
    }

    /// The embedder's bytes, if the memory is in such.
    pub(crate) fn into_static(self) -> Option<&'static mut [u8]> {
        match self.bytes {
            MemoryBytes::Heap { .. } => None,
            MemoryBytes::Static { capacity } => {
                // SAFETY: they were given for good, all of them, and this was the only pointer to them.
                Some(unsafe { core::slice::from_raw_parts_mut(self.base, capacity) })
            }
        }
    }

    /// Whether addresses are 64 bits wide, in a build that has that.
    #[inline(always)]
    pub(crate) fn is_wide(&self) -> bool {
        cfg!(feature = "memory64") && self.is_64
    }

    /// Present size in pages.
    pub(crate) fn pages(&self) -> u64 {
        self.len as u64 >> self.ty.page_size_log2
    }

    pub(crate) fn data(&self) -> &[u8] {
        // SAFETY: `base` is valid for `len` initialized bytes; `&self` excludes `data_mut` and growth,
        // and the machine, which writes through `base`, needs the store mutably to run.
        unsafe { core::slice::from_raw_parts(self.base, self.len) }
    }

    pub(crate) fn data_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `data`; `&mut self` is exclusive.
        unsafe { core::slice::from_raw_parts_mut(self.base, self.len) }
    }

    /// Grows to `len` bytes, the new ones zero. Returns false, with nothing changed, if there is no room.
    pub(crate) fn grow_to(&mut self, len: usize) -> bool {
        debug_assert!(len >= self.len);
        let grown = len.saturating_sub(self.len);
        match self.bytes {
            MemoryBytes::Heap { capacity } if len > capacity => {
                return self.reallocate(capacity, len);
            }
            MemoryBytes::Static { capacity } if len > capacity => return false,
            // SAFETY: `len <= capacity` bytes from `base` are ours.
            _ => unsafe { self.base.add(self.len).write_bytes(0, grown) },
        }
        self.len = len;
        true
    }

    /// Makes it `len` bytes long; false if there is no room. What it holds then is to be written.
    #[cfg(feature = "debug")]
    pub(crate) fn resize_to(&mut self, len: usize) -> bool {
        if len >= self.len {
            return self.grow_to(len);
        }
        self.len = len;
        true
    }

    /// Moves a heap memory to a larger allocation.
    fn reallocate(&mut self, capacity: usize, len: usize) -> bool {
        // Hosts get room for more growth at once: untouched pages cost nothing there. Chips do not.
        let spare = if cfg!(feature = "std") {
            capacity / 2
        } else {
            0
        };
        let limit = self
            .ty
            .maximum
            .and_then(|pages| byte_size(&self.ty, pages))
            .unwrap_or(isize::MAX as usize - ALIGN);
        let roomy = len.saturating_add(spare).min(limit).max(len);
        // Extending an allocation can move pages instead of bytes, but what is new must be zeroed; a new
        // allocation is zero without being touched, but takes a copy.
        let extends = capacity > 0 && len - self.len <= self.len;
        let found = [roomy, len].into_iter().find(|&bytes| {
            if extends {
                self.extend(capacity, bytes, len)
            } else {
                self.move_to_new(capacity, bytes)
            }
        });
        // No room for both: perhaps there is some behind the old one.
        let found = found.or_else(|| {
            (capacity > 0 && !extends && self.extend(capacity, len, len)).then_some(len)
        });
        let Some(capacity) = found else {
            return false;
        };
        self.len = len;
        self.bytes = MemoryBytes::Heap { capacity };
        true
    }

    /// Copies a heap memory to a new allocation of so many bytes.
    fn move_to_new(&mut self, capacity: usize, bytes: usize) -> bool {
        let Some(new) = allocate(bytes) else {
            return false;
        };
        // SAFETY: both allocations are at least `self.len` bytes long and different.
        unsafe { new.as_ptr().copy_from_nonoverlapping(self.base, self.len) };
        release(self.base, capacity);
        self.base = new.as_ptr();
        true
    }

    /// Makes the allocation of a heap memory, which has one, that long, and zeroes what is new up to `len`.
    fn extend(&mut self, capacity: usize, bytes: usize, len: usize) -> bool {
        let Ok(layout) = Layout::from_size_align(capacity, ALIGN) else {
            return false;
        };
        // SAFETY: `base` was allocated with this layout; `bytes` is not zero and, as `byte_size` checked,
        // at most `isize::MAX - ALIGN`.
        let base = unsafe { realloc(self.base, layout, bytes) };
        if base.is_null() {
            return false;
        }
        self.base = base;
        // SAFETY: the allocation is at least `len` bytes long.
        unsafe { base.add(self.len).write_bytes(0, len - self.len) };
        true
    }
}

impl Drop for MemoryEntity {
    fn drop(&mut self) {
        if let MemoryBytes::Heap { capacity } = self.bytes {
            release(self.base, capacity);
        }
    }
}

/// The bytes that so many pages take, if this target can address them.
pub(crate) fn byte_size(ty: &MemoryType, pages: u64) -> Option<usize> {
    let most = (isize::MAX as usize - ALIGN) >> ty.page_size_log2;
    (pages <= most as u64).then(|| (pages as usize) << ty.page_size_log2)
}

fn allocate(bytes: usize) -> Option<NonNull<u8>> {
    let layout = Layout::from_size_align(bytes, ALIGN).ok()?;
    if bytes == 0 {
        return Some(NonNull::without_provenance(core::num::NonZeroUsize::new(
            ALIGN,
        )?));
    }
    // SAFETY: the size is not zero.
    NonNull::new(unsafe { alloc_zeroed(layout) })
}

fn release(base: *mut u8, capacity: usize) {
    if let (1.., Ok(layout)) = (capacity, Layout::from_size_align(capacity, ALIGN)) {
        // SAFETY: `base` came from `allocate` or `realloc` with this size and alignment, and is not used again.
        unsafe { dealloc(base, layout) };
    }
}

#[cfg(test)]
mod tests {
    use alloc::{boxed::Box, vec};

    use super::*;

    #[test]
    fn grows_zeroed_and_keeps_contents() {
        let mut memory = MemoryEntity::new(MemoryType::new(0, None)).unwrap();
        assert_eq!((memory.len, memory.data()), (0, &[][..]));
        for pages in 1..6usize {
            let old = memory.len;
            assert!(memory.grow_to(pages << 16));
            assert!(memory.data()[old..].iter().all(|byte| *byte == 0));
            assert!(memory.data()[..old].iter().all(|byte| *byte == 7));
            memory.data_mut().fill(7);
            assert_eq!(memory.pages(), pages as u64);
        }
    }

    #[test]
    fn static_memory_is_zeroed_and_bounded() {
        let bytes = Box::leak(vec![9u8; 100].into_boxed_slice());
        let ty = MemoryType::new(10, None).with_page_size_log2(0);
        let mut memory = MemoryEntity::new_static(ty, bytes).unwrap();
        assert_eq!(memory.data(), [0; 10]);
        assert!(memory.grow_to(100) && memory.data() == [0; 100]);
        assert!(!memory.grow_to(101));
        assert_eq!(memory.len, 100);
        assert_eq!(memory.into_static().unwrap().len(), 100);
        let few = Box::leak(vec![9u8; 9].into_boxed_slice());
        assert!(MemoryEntity::new_static(ty, few).is_none());
    }

    #[test]
    fn sizes_beyond_the_address_space_are_refused() {
        assert!(MemoryEntity::new(MemoryType::new64(1 << 48, None)).is_none());
        assert!(MemoryEntity::new(MemoryType::new64(u64::MAX, None)).is_none());
        assert!(MemoryEntity::new(MemoryType::new64(1 << 46, None)).is_none());
    }
}
