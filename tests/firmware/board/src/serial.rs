//! Serial lines.

use core::convert::Infallible;

use embedded_io::{ErrorType, Read, ReadReady, Write, WriteReady};

use crate::regs::Regs;

/// What serial lines differ in.
pub trait Uart {
    /// Switches the line on.
    fn start(&mut self);
    /// Whether a byte has come in.
    fn has_input(&self) -> bool;
    /// Takes the byte that has come in.
    fn take(&mut self) -> u8;
    /// Whether it takes a byte.
    fn has_room(&self) -> bool;
    /// Gives it one.
    fn give(&mut self, byte: u8);
}

/// A serial line, started.
pub struct Serial<U>(U);

impl<U: Uart> Serial<U> {
    /// Starts it.
    pub fn new(mut uart: U) -> Serial<U> {
        uart.start();
        Serial(uart)
    }
}

impl<U> ErrorType for Serial<U> {
    type Error = Infallible;
}

impl<U: Uart> Read for Serial<U> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let mut count = 0;
        for byte in buf {
            if count > 0 && !self.0.has_input() {
                break;
            }
            while !self.0.has_input() {}
            *byte = self.0.take();
            count += 1;
        }
        Ok(count)
    }
}

impl<U: Uart> ReadReady for Serial<U> {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.has_input())
    }
}

impl<U: Uart> Write for Serial<U> {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        for byte in buf {
            while !self.0.has_room() {}
            self.0.give(*byte);
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<U: Uart> WriteReady for Serial<U> {
    fn write_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.has_room())
    }
}

/// The UART of PCs, with registers of a byte.
pub struct Ns16550(pub Regs);

impl Uart for Ns16550 {
    fn start(&mut self) {
        // FIFO control: on, both emptied.
        self.0.write_byte(2, 7);
    }

    fn has_input(&self) -> bool {
        self.0.read_byte(5) & 1 != 0
    }

    fn take(&mut self) -> u8 {
        self.0.read_byte(0)
    }

    fn has_room(&self) -> bool {
        self.0.read_byte(5) & 0x20 != 0
    }

    fn give(&mut self, byte: u8) {
        self.0.write_byte(0, byte);
    }
}

/// Arm's UART of the Cortex-M system design kit.
pub struct Cmsdk(pub Regs);

impl Uart for Cmsdk {
    fn start(&mut self) {
        // 25 MHz by 115,200; both directions on.
        self.0.write(0x10, 217);
        self.0.write(0x08, 3);
    }

    fn has_input(&self) -> bool {
        self.0.read(0x04) & 2 != 0
    }

    fn take(&mut self) -> u8 {
        self.0.read(0x00) as u8
    }

    fn has_room(&self) -> bool {
        self.0.read(0x04) & 1 == 0
    }

    fn give(&mut self, byte: u8) {
        self.0.write(0x00, byte.into());
    }
}

/// The UART of the FU540. Looking for input takes it from the device, so it is kept here.
pub struct SifiveUart {
    regs: Regs,
    input: core::cell::Cell<Option<u8>>,
}

impl SifiveUart {
    /// Over these registers.
    pub fn new(regs: Regs) -> SifiveUart {
        SifiveUart {
            regs,
            input: Default::default(),
        }
    }
}

impl Uart for SifiveUart {
    fn start(&mut self) {
        self.regs.write(0x08, 1);
        self.regs.write(0x0c, 1);
    }

    fn has_input(&self) -> bool {
        if self.input.get().is_none() {
            let data = self.regs.read(0x04);
            if data >> 31 == 0 {
                self.input.set(Some(data as u8));
            }
        }
        self.input.get().is_some()
    }

    fn take(&mut self) -> u8 {
        self.input.take().unwrap_or_default()
    }

    fn has_room(&self) -> bool {
        self.regs.read(0x00) >> 31 == 0
    }

    fn give(&mut self, byte: u8) {
        self.regs.write(0x00, byte.into());
    }
}

/// The UART of the nRF51.
pub struct NrfUart {
    regs: Regs,
    sent: bool,
}

impl NrfUart {
    const START_RX: usize = 0x000;
    const START_TX: usize = 0x008;
    const RX_READY: usize = 0x108;
    const TX_READY: usize = 0x11c;
    const ENABLE: usize = 0x500;
    const RXD: usize = 0x518;
    const TXD: usize = 0x51c;

    /// Over these registers.
    pub fn new(regs: Regs) -> NrfUart {
        NrfUart { regs, sent: false }
    }
}

impl Uart for NrfUart {
    fn start(&mut self) {
        self.regs.write(Self::ENABLE, 4);
        self.regs.write(Self::START_RX, 1);
        self.regs.write(Self::START_TX, 1);
    }

    fn has_input(&self) -> bool {
        self.regs.read(Self::RX_READY) != 0
    }

    fn take(&mut self) -> u8 {
        self.regs.write(Self::RX_READY, 0);
        self.regs.read(Self::RXD) as u8
    }

    fn has_room(&self) -> bool {
        !self.sent || self.regs.read(Self::TX_READY) != 0
    }

    fn give(&mut self, byte: u8) {
        self.regs.write(Self::TX_READY, 0);
        self.regs.write(Self::TXD, byte.into());
        self.sent = true;
    }
}
