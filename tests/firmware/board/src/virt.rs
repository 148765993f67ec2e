//! riscv32 `virt`: serial line, flash, clock and random numbers.

use alloc::alloc::{Layout, alloc_zeroed, dealloc};
use core::ptr::NonNull;

use rand_core::{TryCryptoRng, TryRng, utils};
use virtio_drivers::{
    BufferDirection, Hal, PAGE_SIZE, PhysAddr,
    device::rng::VirtIORng,
    transport::{
        DeviceType, Transport,
        mmio::{MmioTransport, VirtIOHeader},
    },
};

use crate::{
    clock::{Clock, Mtime},
    flash::{CfiFlash, FlashError},
    once::Once,
    regs::Regs,
    rtc::Goldfish,
    serial::{Ns16550, Serial},
};

/// What the board has.
pub struct Virt {
    /// The serial line.
    pub serial: Serial<Ns16550>,
    /// Time since the start.
    pub clock: Clock<Mtime<10_000_000>>,
    /// The same, to wait by.
    pub delay: Clock<Mtime<10_000_000>>,
    /// The date.
    pub rtc: Goldfish,
    /// The second bank of flash.
    pub flash: Result<CfiFlash, FlashError>,
    /// Random numbers, if the board has the device for them.
    pub rng: Option<VirtioRng>,
}

impl Virt {
    /// The board's peripherals. Needs the heap.
    ///
    /// # Panics
    /// The second time.
    pub fn take() -> Virt {
        static ONCE: Once = Once::new();
        ONCE.take();
        // SAFETY: the addresses are this board's, and taken once; nothing else uses the second bank of flash.
        unsafe {
            let mtime = Mtime::at(0x200_0000);
            Virt {
                serial: Serial::new(Ns16550(Regs::at(0x1000_0000))),
                clock: Clock(mtime),
                delay: Clock(mtime),
                rtc: Goldfish(Regs::at(0x10_1000)),
                flash: CfiFlash::new(0x2200_0000),
                rng: VirtioRng::find(),
            }
        }
    }
}

/// The virtio device for entropy.
pub struct VirtioRng(VirtIORng<Heap, MmioTransport<'static>>);

impl VirtioRng {
    /// Looks through the board's eight virtio places.
    ///
    /// # Safety
    /// Nothing else uses them.
    unsafe fn find() -> Option<VirtioRng> {
        (0..8).find_map(|i| {
            let header = NonNull::new((0x1000_1000 + i * 0x1000) as *mut VirtIOHeader)?;
            // SAFETY: the board has a virtio header there, which stays.
            let transport = unsafe { MmioTransport::new(header, 0x1000) }.ok()?;
            if transport.device_type() != DeviceType::EntropySource {
                return None;
            }
            VirtIORng::new(transport).ok().map(VirtioRng)
        })
    }
}

/// The device gives nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoEntropy;

impl core::fmt::Display for NoEntropy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the device gives no random bytes")
    }
}

impl core::error::Error for NoEntropy {}

impl TryRng for VirtioRng {
    type Error = NoEntropy;

    fn try_next_u32(&mut self) -> Result<u32, NoEntropy> {
        utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, NoEntropy> {
        utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, mut buf: &mut [u8]) -> Result<(), NoEntropy> {
        while !buf.is_empty() {
            match self.0.request_entropy(buf) {
                Ok(len) if len > 0 => buf = &mut buf[len..],
                _ => return Err(NoEntropy),
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for VirtioRng {}

/// Memory that the device sees too: all of it, at the same addresses.
struct Heap;

fn layout(pages: usize) -> Layout {
    Layout::from_size_align(pages * PAGE_SIZE, PAGE_SIZE).expect("a few pages")
}

// SAFETY: `dma_alloc` gives zeroed memory of the heap, aligned to pages, which stays until `dma_dealloc`; addresses
// are the same for the device.
unsafe impl Hal for Heap {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        // SAFETY: the size is not zero.
        let memory = NonNull::new(unsafe { alloc_zeroed(layout(pages)) });
        let memory = memory.expect("the heap has room for a queue");
        (memory.addr().get() as PhysAddr, memory)
    }

    unsafe fn dma_dealloc(_: PhysAddr, memory: NonNull<u8>, pages: usize) -> i32 {
        // SAFETY: from `dma_alloc`, with as many pages.
        unsafe { dealloc(memory.as_ptr(), layout(pages)) };
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, _: usize) -> NonNull<u8> {
        NonNull::new(address as usize as *mut u8).expect("no device is at 0")
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.addr().get() as PhysAddr
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}
