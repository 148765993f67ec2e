//! I2C by hand: a controller that sets the two lines and looks at one.

use embedded_hal::i2c::{
    Error, ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation, SevenBitAddress,
};

use crate::regs::Regs;

const LOOK: usize = 0;
const SET: usize = 0;
const CLEAR: usize = 4;
const CLOCK: u32 = 1;
const DATA: u32 = 2;

/// Arm's SBCon.
pub struct Sbcon(Regs);

/// Nobody has acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAcknowledge(NoAcknowledgeSource);

impl Error for NoAcknowledge {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NoAcknowledge(self.0)
    }
}

impl Sbcon {
    /// Lets go of both lines.
    pub fn new(mut regs: Regs) -> Sbcon {
        regs.write(SET, CLOCK | DATA);
        Sbcon(regs)
    }

    fn line(&mut self, line: u32, high: bool) {
        self.0.write(if high { SET } else { CLEAR }, line);
    }

    fn start(&mut self) {
        self.line(DATA, true);
        self.line(CLOCK, true);
        self.line(DATA, false);
        self.line(CLOCK, false);
    }

    fn stop(&mut self) {
        self.line(DATA, false);
        self.line(CLOCK, true);
        self.line(DATA, true);
    }

    /// Sends a bit, or lets the other side: `true` does not hold the line.
    fn bit(&mut self, high: bool) -> bool {
        self.line(DATA, high);
        self.line(CLOCK, true);
        let seen = self.0.read(LOOK) & DATA != 0;
        self.line(CLOCK, false);
        seen
    }

    /// Sends a byte; whether it was acknowledged.
    fn send(&mut self, byte: u8) -> bool {
        for i in (0..8).rev() {
            self.bit(byte >> i & 1 != 0);
        }
        !self.bit(true)
    }

    fn receive(&mut self, acknowledge: bool) -> u8 {
        let byte = (0..8).fold(0, |byte, _| byte << 1 | u8::from(self.bit(true)));
        self.bit(!acknowledge);
        byte
    }

    fn run(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), NoAcknowledge> {
        let mut direction = None;
        let mut rest = operations.iter_mut().peekable();
        while let Some(operation) = rest.next() {
            let reads = matches!(operation, Operation::Read(_));
            if direction.replace(reads) != Some(reads) {
                self.start();
                if !self.send(address << 1 | u8::from(reads)) {
                    return Err(NoAcknowledge(NoAcknowledgeSource::Address));
                }
            }
            match operation {
                Operation::Write(bytes) => {
                    for byte in bytes.iter() {
                        if !self.send(*byte) {
                            return Err(NoAcknowledge(NoAcknowledgeSource::Data));
                        }
                    }
                }
                Operation::Read(buf) => {
                    // All but the last byte of reads in a row are acknowledged.
                    let goes_on = matches!(rest.peek(), Some(Operation::Read(_)));
                    let len = buf.len();
                    for (i, byte) in buf.iter_mut().enumerate() {
                        *byte = self.receive(goes_on || i + 1 < len);
                    }
                }
            }
        }
        Ok(())
    }
}

impl ErrorType for Sbcon {
    type Error = NoAcknowledge;
}

impl I2c<SevenBitAddress> for Sbcon {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), NoAcknowledge> {
        let done = self.run(address, operations);
        self.stop();
        done
    }
}
