//! Copies of long lists, in pages that copies of the same list share where it has not changed.

use alloc::vec::Vec;

use crate::sync::Shared;

/// Bytes of a page.
const PAGE_BYTES: usize = 4096;

/// A list as it was.
#[derive(Clone)]
pub(crate) struct Paged<T> {
    pages: Vec<Shared<[T]>>,
    len: usize,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Paged {
            pages: Vec::new(),
            len: 0,
        }
    }
}

impl<T: Copy + Default + PartialEq> Paged<T> {
    const PAGE: usize = PAGE_BYTES / size_of::<T>();

    /// Copies a list; pages that are as in `before`, and those of zeros, are shared. Adds the bytes of others to `new`.
    pub(crate) fn of(list: &[T], before: Option<&Paged<T>>, new: &mut usize) -> Paged<T> {
        let zeros = [T::default(); 1];
        let mut zero_page: Option<Shared<[T]>> = None;
        let pages = list.chunks(Self::PAGE).enumerate().map(|(at, chunk)| {
            if let Some(page) = before.and_then(|before| before.pages.get(at))
                && **page == *chunk
            {
                return page.clone();
            }
            let is_zero = chunk.len() == Self::PAGE
                && chunk[0] == zeros[0]
                && chunk[1..] == chunk[..chunk.len() - 1];
            match &zero_page {
                Some(page) if is_zero => page.clone(),
                _ => {
                    *new += size_of_val(chunk);
                    let page: Shared<[T]> = chunk.into();
                    if is_zero {
                        zero_page = Some(page.clone());
                    }
                    page
                }
            }
        });
        Paged {
            pages: pages.collect(),
            len: list.len(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Writes it to a list of the same length.
    pub(crate) fn copy_to(&self, list: &mut [T]) {
        for (page, to) in self.pages.iter().zip(list.chunks_mut(Self::PAGE)) {
            // (Pages that have not been written to stay untouched, also for the system.)
            if **page != *to {
                to.copy_from_slice(page);
            }
        }
    }

    pub(crate) fn to_vec(&self) -> Vec<T> {
        self.pages
            .iter()
            .flat_map(|page| page.iter().copied())
            .collect()
    }

    /// Adds address and bytes of each page to a list.
    pub(crate) fn list_pages(&self, list: &mut Vec<(usize, usize)>) {
        let page = |page: &Shared<[T]>| (page.as_ptr() as usize, size_of_val(&**page));
        list.extend(self.pages.iter().map(page));
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn pages_are_shared_where_nothing_changed() {
        let mut bytes = vec![0u8; 5 * PAGE_BYTES + 10];
        bytes[PAGE_BYTES] = 1;
        let mut new = 0;
        let first = Paged::of(&bytes, None, &mut new);
        // One of zeros, one that is not, and the rest.
        assert_eq!(new, 2 * PAGE_BYTES + 10);
        bytes[3 * PAGE_BYTES + 7] = 9;
        new = 0;
        let second = Paged::of(&bytes, Some(&first), &mut new);
        assert_eq!(new, PAGE_BYTES);
        assert_eq!(second.to_vec(), bytes);
        first.copy_to(&mut bytes);
        assert_eq!((bytes[3 * PAGE_BYTES + 7], bytes[PAGE_BYTES]), (0, 1));
        assert_eq!(first.len(), bytes.len());
    }
}
