//! Memory-mapped registers.

/// The registers of one peripheral.
pub struct Regs(usize);

// SAFETY: an address. Whoever made it said that nobody else uses the peripheral.
unsafe impl Send for Regs {}

impl Regs {
    /// The registers from this address.
    ///
    /// # Safety
    /// There is a peripheral, which nobody else uses, and reading and writing the registers that its driver
    /// uses has no effect on memory besides what its documentation says.
    pub const unsafe fn at(base: usize) -> Regs {
        Regs(base)
    }

    /// Reads the 32-bit register at this offset.
    pub fn read(&self, offset: usize) -> u32 {
        // SAFETY: a register of the peripheral, as the maker of `self` said.
        unsafe { ((self.0 + offset) as *const u32).read_volatile() }
    }

    /// Writes the 32-bit register at this offset.
    pub fn write(&mut self, offset: usize, value: u32) {
        // SAFETY: as in `read`.
        unsafe { ((self.0 + offset) as *mut u32).write_volatile(value) }
    }

    /// Reads the 8-bit register at this offset.
    pub fn read_byte(&self, offset: usize) -> u8 {
        // SAFETY: as in `read`.
        unsafe { ((self.0 + offset) as *const u8).read_volatile() }
    }

    /// Writes the 8-bit register at this offset.
    pub fn write_byte(&mut self, offset: usize, value: u8) {
        // SAFETY: as in `read`.
        unsafe { ((self.0 + offset) as *mut u8).write_volatile(value) }
    }
}
