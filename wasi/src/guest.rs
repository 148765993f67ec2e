//! Guest memory as the functions see it: every pointer checked, nothing allocated for a guest's number.

use core::ops::Range;

use crate::{errno::Errno, layout::IOVEC_SIZE};

/// Most buffers in one call, as `IOV_MAX` on Linux; more are [`Errno::Inval`].
pub const IOV_MAX: u32 = 1024;

/// Most buffers that reach the host in one call; longer lists go to it piece by piece.
pub const BATCH: usize = 8;

/// Buffers for reading in one host call; they are borrowed mutably, so they must not overlap.
const READ_BATCH: usize = 4;

/// The linear memory of the calling instance.
///
/// Addresses and lengths are 32-bit; a range that ends beyond the memory, or beyond 2³² bytes, is
/// [`Errno::Fault`].
pub struct GuestMemory<'a> {
    bytes: &'a mut [u8],
    /// Is told what is given out to be written.
    notes: Option<&'a mut dyn FnMut(Range<usize>)>,
}

impl core::fmt::Debug for GuestMemory<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("GuestMemory")
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl<'a> GuestMemory<'a> {
    /// The memory's bytes.
    pub fn new(bytes: &'a mut [u8]) -> GuestMemory<'a> {
        GuestMemory { bytes, notes: None }
    }

    /// The same; `notes` is told each range that is given out to be written, before that is done.
    pub fn noting(bytes: &'a mut [u8], notes: &'a mut dyn FnMut(Range<usize>)) -> GuestMemory<'a> {
        GuestMemory {
            bytes,
            notes: Some(notes),
        }
    }

    #[inline]
    fn note(&mut self, range: &Range<usize>) {
        if let Some(notes) = &mut self.notes {
            notes(range.clone());
        }
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        self.bytes
    }

    /// The range `ptr..ptr + len` as indices.
    ///
    /// # Errors
    /// [`Errno::Fault`] if it is not inside.
    pub fn range(&self, ptr: u32, len: u32) -> Result<Range<usize>, Errno> {
        let end = ptr.checked_add(len).ok_or(Errno::Fault)?;
        let start = usize::try_from(ptr).map_err(|_| Errno::Fault)?;
        let end = usize::try_from(end).map_err(|_| Errno::Fault)?;
        if end > self.bytes.len() {
            return Err(Errno::Fault);
        }
        Ok(start..end)
    }

    /// Bytes to read.
    ///
    /// # Errors
    /// [`Errno::Fault`] if they are not inside.
    pub fn slice(&self, ptr: u32, len: u32) -> Result<&[u8], Errno> {
        Ok(&self.bytes[self.range(ptr, len)?])
    }

    /// Bytes to write.
    ///
    /// # Errors
    /// [`Errno::Fault`] if they are not inside.
    pub fn slice_mut(&mut self, ptr: u32, len: u32) -> Result<&mut [u8], Errno> {
        let range = self.range(ptr, len)?;
        self.note(&range);
        Ok(&mut self.bytes[range])
    }

    /// Bytes to read and bytes to write, unless they overlap. The ranges come from [`Self::range`].
    pub fn split(&mut self, read: Range<usize>, write: Range<usize>) -> Option<(&[u8], &mut [u8])> {
        self.note(&write);
        let [read, write] = self.bytes.get_disjoint_mut([read, write]).ok()?;
        Some((read, write))
    }

    /// Checks that `count` records of `size` bytes are inside.
    ///
    /// # Errors
    /// [`Errno::Fault`] if not.
    pub fn check_array(&self, ptr: u32, count: u32, size: u32) -> Result<(), Errno> {
        let len = count.checked_mul(size).ok_or(Errno::Fault)?;
        self.range(ptr, len).map(|_| ())
    }

    /// Record `index` of an array.
    ///
    /// # Errors
    /// [`Errno::Fault`] if it is not inside.
    pub fn record(&self, ptr: u32, index: u32, size: u32) -> Result<&[u8], Errno> {
        let offset = index.checked_mul(size).ok_or(Errno::Fault)?;
        self.slice(ptr.checked_add(offset).ok_or(Errno::Fault)?, size)
    }

    /// Copies bytes in.
    ///
    /// # Errors
    /// [`Errno::Fault`] if there is no room for all of them; none is written then.
    pub fn write(&mut self, ptr: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
        self.slice_mut(ptr, len)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes a `u32`.
    ///
    /// # Errors
    /// [`Errno::Fault`] if it is not inside.
    pub fn write_u32(&mut self, ptr: u32, value: u32) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// Writes a `u64`.
    ///
    /// # Errors
    /// [`Errno::Fault`] if it is not inside.
    pub fn write_u64(&mut self, ptr: u32, value: u64) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// A list of buffers; every one is checked before any is used.
    ///
    /// # Errors
    /// [`Errno::Fault`] if the list or a buffer is not inside, [`Errno::Inval`] if there are more than
    /// [`IOV_MAX`] or their sum is beyond 2³² bytes.
    pub fn iovecs(&self, ptr: u32, count: u32) -> Result<Iovecs, Errno> {
        self.check_array(ptr, count, IOVEC_SIZE)?;
        if count > IOV_MAX {
            return Err(Errno::Inval);
        }
        let iovecs = Iovecs { ptr, count };
        let mut total = 0_u32;
        for index in 0..count {
            let buffer = iovecs.get(self, index)?;
            // The length is at most that of the memory and of 32 bits.
            let len = u32::try_from(buffer.len()).map_err(|_| Errno::Fault)?;
            total = total.checked_add(len).ok_or(Errno::Inval)?;
        }
        Ok(iovecs)
    }

    /// Hands the buffers to `write`, as many at a time as fit a batch, until it takes less than it was
    /// given. Returns how many bytes it took.
    ///
    /// # Errors
    /// What `write` returned, if nothing had been taken before.
    pub fn gather(
        &self,
        iovecs: Iovecs,
        mut write: impl FnMut(&[&[u8]]) -> Result<usize, Errno>,
    ) -> Result<u32, Errno> {
        let mut total = 0_usize;
        let mut next = 0;
        loop {
            let mut bufs: [&[u8]; BATCH] = [&[]; BATCH];
            let mut used = 0;
            let mut len = 0;
            while used < BATCH && next < iovecs.count {
                let buffer = &self.bytes[iovecs.get(self, next)?];
                next += 1;
                if !buffer.is_empty() {
                    bufs[used] = buffer;
                    used += 1;
                    len += buffer.len();
                }
            }
            if used == 0 {
                break;
            }
            match write(&bufs[..used]) {
                Ok(written) => {
                    let written = written.min(len);
                    total += written;
                    if written < len {
                        break;
                    }
                }
                Err(error) if total == 0 => return Err(error),
                Err(_) => break,
            }
        }
        u32::try_from(total).map_err(|_| Errno::Overflow)
    }

    /// Lets `read` fill the buffers, as many at a time as fit a batch and do not overlap, until it
    /// fills less than it was given, or after the first time unless `all`. Returns how many bytes it filled.
    ///
    /// # Errors
    /// What `read` returned, if nothing had been filled before.
    pub fn scatter(
        &mut self,
        iovecs: Iovecs,
        all: bool,
        mut read: impl FnMut(&mut [&mut [u8]]) -> Result<usize, Errno>,
    ) -> Result<u32, Errno> {
        let mut total = 0_usize;
        let mut next = 0;
        loop {
            let mut ranges = [const { 0..0 }; READ_BATCH];
            let mut used = 0;
            let mut len = 0;
            while used < READ_BATCH && next < iovecs.count {
                let buffer = iovecs.get(self, next)?;
                let overlaps =
                    |other: &Range<usize>| other.start < buffer.end && buffer.start < other.end;
                if !buffer.is_empty() {
                    if ranges[..used].iter().any(overlaps) {
                        break;
                    }
                    len += buffer.len();
                    ranges[used] = buffer;
                    used += 1;
                }
                next += 1;
            }
            if used == 0 {
                break;
            }
            // The rest are empty ranges at the start, which overlap nothing.
            let mut bufs = self
                .bytes
                .get_disjoint_mut(ranges.clone())
                .map_err(|_| Errno::Fault)?;
            let result = read(&mut bufs[..used]);
            // Where it failed it may have written anything.
            let mut rest = result.unwrap_or(len);
            for range in &ranges[..used] {
                let part = range.len().min(rest);
                rest -= part;
                self.note(&(range.start..range.start + part));
            }
            match result {
                Ok(filled) => {
                    let filled = filled.min(len);
                    total += filled;
                    if filled < len {
                        break;
                    }
                }
                Err(error) if total == 0 => return Err(error),
                Err(_) => break,
            }
            if !all {
                break;
            }
        }
        u32::try_from(total).map_err(|_| Errno::Overflow)
    }
}

/// A list of buffers in guest memory, all of them inside.
#[derive(Clone, Copy, Debug)]
pub struct Iovecs {
    ptr: u32,
    count: u32,
}

impl Iovecs {
    fn get(self, memory: &GuestMemory<'_>, index: u32) -> Result<Range<usize>, Errno> {
        let record = memory.record(self.ptr, index, IOVEC_SIZE)?;
        let [p0, p1, p2, p3, l0, l1, l2, l3] = *record else {
            return Err(Errno::Fault);
        };
        memory.range(
            u32::from_le_bytes([p0, p1, p2, p3]),
            u32::from_le_bytes([l0, l1, l2, l3]),
        )
    }
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use super::*;

    fn memory_with(iovecs: &[(u32, u32)]) -> Vec<u8> {
        let mut bytes = vec![0; 65536];
        for (index, (ptr, len)) in iovecs.iter().enumerate() {
            bytes[index * 8..index * 8 + 4].copy_from_slice(&ptr.to_le_bytes());
            bytes[index * 8 + 4..index * 8 + 8].copy_from_slice(&len.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn ranges_do_not_wrap() {
        let mut bytes = [0; 16];
        let mut memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.range(0, 16), Ok(0..16));
        assert_eq!(memory.range(16, 0), Ok(16..16));
        for (ptr, len) in [
            (0, 17),
            (16, 1),
            (17, 0),
            (u32::MAX, 1),
            (u32::MAX, u32::MAX),
            (8, u32::MAX - 7),
        ] {
            assert_eq!(memory.range(ptr, len), Err(Errno::Fault), "{ptr} {len}");
        }
        assert_eq!(memory.write_u64(9, 1), Err(Errno::Fault));
        assert_eq!(memory.write_u32(12, 0x0403_0201), Ok(()));
        assert_eq!(memory.check_array(0, u32::MAX, 8), Err(Errno::Fault));
        assert_eq!(memory.check_array(8, 1, 8), Ok(()));
        assert_eq!(memory.record(8, u32::MAX, 8), Err(Errno::Fault));
        assert_eq!(bytes[12..], [1, 2, 3, 4]);
    }

    #[test]
    fn lists_are_checked_whole() {
        let mut bytes = memory_with(&[(1000, 10), (65535, 2)]);
        let memory = GuestMemory::new(&mut bytes);
        assert!(memory.iovecs(0, 1).is_ok());
        assert_eq!(memory.iovecs(0, 2).unwrap_err(), Errno::Fault);
        assert_eq!(memory.iovecs(65532, 1).unwrap_err(), Errno::Fault);
        assert_eq!(memory.iovecs(0, 1 << 31).unwrap_err(), Errno::Fault);
        assert_eq!(memory.iovecs(0, u32::MAX).unwrap_err(), Errno::Fault);
        assert_eq!(memory.iovecs(16, IOV_MAX + 1).unwrap_err(), Errno::Inval);
        assert!(memory.iovecs(16, IOV_MAX).is_ok());
        assert!(memory.iovecs(65536, 0).is_ok());
    }

    #[test]
    fn sums_beyond_32_bits_are_refused() {
        let mut bytes = vec![0; 1 << 24];
        for index in 0..257 {
            bytes[index * 8 + 4..index * 8 + 8].copy_from_slice(&(1_u32 << 24).to_le_bytes());
        }
        let memory = GuestMemory::new(&mut bytes);
        assert!(memory.iovecs(0, 255).is_ok());
        assert_eq!(memory.iovecs(0, 257).unwrap_err(), Errno::Inval);
    }

    #[test]
    fn gather_stops_at_a_short_write_and_keeps_what_was_taken() {
        let list: Vec<_> = (0..20)
            .map(|index| (1000 + 10 * index, if index == 3 { 0 } else { 10 }))
            .collect();
        let mut bytes = memory_with(&list);
        let memory = GuestMemory::new(&mut bytes);
        let iovecs = memory.iovecs(0, 20).unwrap();
        let mut calls = Vec::new();
        let taken = memory.gather(iovecs, |bufs| {
            calls.push(bufs.len());
            Ok(bufs.iter().map(|buf| buf.len()).sum())
        });
        assert_eq!((taken, calls), (Ok(190), vec![8, 8, 3]));
        let mut budget = 85;
        let taken = memory.gather(iovecs, |bufs| {
            let len = bufs.iter().map(|buf| buf.len()).sum::<usize>().min(budget);
            budget -= len;
            Ok(len)
        });
        assert_eq!(taken, Ok(85));
        let mut first = true;
        let taken = memory.gather(iovecs, |_| {
            if core::mem::take(&mut first) {
                Ok(80)
            } else {
                Err(Errno::Pipe)
            }
        });
        assert_eq!(taken, Ok(80));
        assert_eq!(
            memory.gather(iovecs, |_| Err(Errno::Pipe)),
            Err(Errno::Pipe)
        );
        let none = memory.iovecs(0, 0).unwrap();
        assert_eq!(memory.gather(none, |_| Err(Errno::Io)), Ok(0));
    }

    #[test]
    fn scatter_splits_overlapping_buffers() {
        let mut bytes = memory_with(&[(1000, 4), (2000, 4), (1002, 4), (0, 0), (3000, 2)]);
        let mut memory = GuestMemory::new(&mut bytes);
        let iovecs = memory.iovecs(0, 5).unwrap();
        let mut next = 0;
        let mut calls = Vec::new();
        let filled = memory.scatter(iovecs, true, |bufs| {
            calls.push(bufs.len());
            let mut len = 0;
            for byte in bufs.iter_mut().flat_map(|buf| buf.iter_mut()) {
                next += 1;
                *byte = next;
                len += 1;
            }
            Ok(len)
        });
        assert_eq!((filled, calls), (Ok(14), vec![2, 2]));
        assert_eq!(bytes[1000..1006], [1, 2, 9, 10, 11, 12]);
        assert_eq!(bytes[3000..3002], [13, 14]);
        let mut memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.scatter(iovecs, false, |_| Ok(8)), Ok(8));
        assert_eq!(memory.scatter(iovecs, true, |_| Ok(3)), Ok(3));
        assert_eq!(
            memory.scatter(iovecs, true, |_| Err(Errno::Again)),
            Err(Errno::Again)
        );
    }
}
