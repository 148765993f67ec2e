//! Copies of long lists, in pages that copies of the same list share where it has not changed.

use alloc::vec::Vec;

use crate::{error::Error, sync::Shared};

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

    /// Whether it is like this.
    pub(crate) fn is(&self, list: &[T]) -> bool {
        let pages = self.pages.iter().zip(list.chunks(Self::PAGE));
        self.len == list.len() && pages.into_iter().all(|(page, part)| **page == *part)
    }

    pub(crate) fn to_vec(&self) -> Vec<T> {
        self.pages
            .iter()
            .flat_map(|page| page.iter().copied())
            .collect()
    }

    /// The pages, in order; all but the last are full.
    pub(super) fn pages(&self) -> impl Iterator<Item = &[T]> {
        self.pages.iter().map(|page| &page[..])
    }

    /// Adds address and bytes of each page to a list.
    pub(crate) fn list_pages(&self, list: &mut Vec<(usize, usize)>) {
        let page = |page: &Shared<[T]>| (page.as_ptr() as usize, size_of_val(&**page));
        list.extend(self.pages.iter().map(page));
    }
}

/// A list that is put together item by item. Pages that are all one item are shared.
pub(super) struct Builder<T> {
    pages: Vec<Shared<[T]>>,
    page: Vec<T>,
    /// The last one that was all one item.
    uniform: Option<Shared<[T]>>,
}

impl<T> Default for Builder<T> {
    fn default() -> Self {
        Builder {
            pages: Vec::new(),
            page: Vec::new(),
            uniform: None,
        }
    }
}

impl<T: Copy + Default + PartialEq> Builder<T> {
    pub(super) fn len(&self) -> usize {
        self.pages.len() * Paged::<T>::PAGE + self.page.len()
    }

    /// The first item of a list shorter than a page.
    pub(super) fn first(&self) -> T {
        self.page.first().copied().unwrap_or_default()
    }

    /// Appends items.
    ///
    /// # Errors
    /// There is no room.
    pub(super) fn extend(&mut self, mut items: &[T]) -> Result<(), Error> {
        while !items.is_empty() {
            let (now, later) = items.split_at(items.len().min(self.gap()));
            self.page
                .try_reserve(now.len())
                .map_err(|_| Self::no_room())?;
            self.page.extend_from_slice(now);
            items = later;
            self.turn()?;
        }
        Ok(())
    }

    /// Appends so many of one.
    ///
    /// # Errors
    /// There is no room.
    pub(super) fn repeat(&mut self, item: T, mut count: usize) -> Result<(), Error> {
        while count > 0 {
            let whole = count / Paged::<T>::PAGE;
            if self.page.is_empty() && whole > 0 {
                let page = match &self.uniform {
                    Some(page) if page[0] == item => page.clone(),
                    _ => alloc::vec![item; Paged::<T>::PAGE].into(),
                };
                self.pages.try_reserve(whole).map_err(|_| Self::no_room())?;
                self.pages.extend(core::iter::repeat_n(page.clone(), whole));
                self.uniform = Some(page);
                count -= whole * Paged::<T>::PAGE;
                continue;
            }
            let now = count.min(self.gap());
            self.page.try_reserve(now).map_err(|_| Self::no_room())?;
            self.page.extend(core::iter::repeat_n(item, now));
            count -= now;
            self.turn()?;
        }
        Ok(())
    }

    /// Items that the page still takes.
    fn gap(&self) -> usize {
        Paged::<T>::PAGE - self.page.len()
    }

    /// Begins a page if this one is full.
    fn turn(&mut self) -> Result<(), Error> {
        if self.gap() == 0 {
            self.pages.try_reserve(1).map_err(|_| Self::no_room())?;
            self.pages.push(self.page[..].into());
            self.page.clear();
        }
        Ok(())
    }

    /// The list.
    ///
    /// # Errors
    /// There is no room.
    pub(super) fn finish(mut self) -> Result<Paged<T>, Error> {
        let len = self.len();
        if !self.page.is_empty() {
            self.pages.try_reserve(1).map_err(|_| Self::no_room())?;
            self.pages.push(self.page[..].into());
        }
        Ok(Paged {
            pages: self.pages,
            len,
        })
    }

    fn no_room() -> Error {
        Error::limit("no room for the snapshot")
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

    #[test]
    fn lists_are_put_together() {
        let mut builder = Builder::default();
        builder.extend(&[1u64, 2]).unwrap();
        builder.repeat(0, 3 * Paged::<u64>::PAGE).unwrap();
        builder.extend(&[3]).unwrap();
        let list = builder.finish().unwrap();
        let expected = [&[1, 2][..], &vec![0; 3 * Paged::<u64>::PAGE], &[3]].concat();
        assert_eq!((list.to_vec(), list.len()), (expected, 3 * 512 + 3));
        assert!(Shared::ptr_eq(&list.pages[1], &list.pages[2]));
    }
}
