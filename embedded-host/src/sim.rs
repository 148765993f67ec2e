//! A NOR flash in memory, for tests: it insists on the rules of NOR flash, and fails on demand.

extern crate alloc;

use alloc::{vec, vec::Vec};

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read,
    check_write,
};

/// What becomes of the step in which power is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing: it did not begin.
    Before,
    /// Its first half is done.
    Half,
    /// Bits of it are done here and there; of an erase, the rest is what it was.
    Bits,
    /// All of it, but nobody learns of that.
    After,
}

impl Cut {
    /// Every kind.
    pub const ALL: [Cut; 4] = [Cut::Before, Cut::Half, Cut::Bits, Cut::After];
}

/// What is wrong with an erase unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worn {
    /// Programming and erasing it fail.
    Fails,
    /// Programming and erasing it change nothing, and tell nobody.
    Ignores,
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimError {
    /// The driver was called wrongly.
    Kind(NorFlashErrorKind),
    /// Bits were to be programmed that have not been erased.
    NotErased,
    /// The unit is worn out.
    Worn,
    /// There is no power.
    Off,
}

impl NorFlashError for SimError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            SimError::Kind(kind) => *kind,
            SimError::NotErased | SimError::Worn | SimError::Off => NorFlashErrorKind::Other,
        }
    }
}

/// A flash that reads `READ`, programs `WRITE` and erases `ERASE` bytes at once.
#[derive(Clone, Debug)]
pub struct SimFlash<const READ: usize, const WRITE: usize, const ERASE: usize> {
    bytes: Vec<u8>,
    /// Of each `WRITE` bytes, whether they were programmed since they were erased.
    programmed: Vec<bool>,
    worn: Vec<Option<Worn>>,
    erased: Vec<u32>,
    steps: u64,
    cut: Option<(u64, Cut)>,
    fail: Option<u64>,
    off: bool,
    /// Where it was off or failed.
    stopped: Option<usize>,
    violations: u64,
    seed: u64,
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> SimFlash<READ, WRITE, ERASE> {
    /// An erased one with this many erase units.
    pub fn new(units: usize) -> Self {
        SimFlash {
            bytes: vec![0xff; units * ERASE],
            programmed: vec![false; units * ERASE / WRITE],
            worn: vec![None; units],
            erased: vec![0; units],
            steps: 0,
            cut: None,
            fail: None,
            off: false,
            stopped: None,
            violations: 0,
            seed: 0x5eed,
        }
    }

    /// How many times something was programmed or erased.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// How often something was programmed that had not been erased.
    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// How often each unit was erased.
    pub fn erased(&self) -> &[u32] {
        &self.erased
    }

    /// What is on it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Cuts power at the step with this number; the first is 0.
    pub fn cut_at(&mut self, step: u64, cut: Cut) {
        self.cut = Some((step, cut));
    }

    /// Makes the step with this number fail as on a worn unit, and only that one.
    pub fn fail_at(&mut self, step: u64) {
        self.fail = Some(step);
    }

    /// Whether power was cut.
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// The unit of the step in which power was cut, or that was made to fail.
    pub fn stopped_at(&self) -> Option<usize> {
        self.stopped
    }

    /// Switches power on again.
    pub fn power_on(&mut self) {
        (self.off, self.cut) = (false, None);
    }

    /// Wears out a unit, or mends it.
    pub fn wear_out(&mut self, unit: usize, worn: Option<Worn>) {
        self.worn[unit] = worn;
    }

    /// Begins a step: how it goes on if not as wanted.
    fn step(&mut self, unit: usize) -> Result<Option<Cut>, SimError> {
        if self.off {
            return Err(SimError::Off);
        }
        let number = self.steps;
        self.steps += 1;
        if self.fail == Some(number) {
            self.stopped = Some(unit);
            return Err(SimError::Worn);
        }
        match self.cut {
            Some((step, cut)) if step == number => {
                self.off = true;
                self.stopped = Some(unit);
                self.seed = number;
                Ok(Some(cut))
            }
            _ => Ok(None),
        }
    }

    /// A byte that looks like chance.
    fn noise(&mut self) -> u8 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 56) as u8
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> ErrorType
    for SimFlash<READ, WRITE, ERASE>
{
    type Error = SimError;
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> ReadNorFlash
    for SimFlash<READ, WRITE, ERASE>
{
    const READ_SIZE: usize = READ;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), SimError> {
        check_read(self, offset, bytes.len()).map_err(SimError::Kind)?;
        if self.off {
            return Err(SimError::Off);
        }
        let start = offset as usize;
        bytes.copy_from_slice(&self.bytes[start..start + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> NorFlash
    for SimFlash<READ, WRITE, ERASE>
{
    const WRITE_SIZE: usize = WRITE;
    const ERASE_SIZE: usize = ERASE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), SimError> {
        check_erase(self, from, to).map_err(SimError::Kind)?;
        for unit in from as usize / ERASE..to as usize / ERASE {
            let cut = self.step(unit)?;
            match self.worn[unit] {
                Some(Worn::Fails) => return Err(SimError::Worn),
                Some(Worn::Ignores) => continue,
                None => {}
            }
            self.erased[unit] += 1;
            let len = match cut {
                None | Some(Cut::Bits | Cut::After) => ERASE,
                Some(Cut::Half) => ERASE / 2,
                Some(Cut::Before) => 0,
            };
            let start = unit * ERASE;
            for at in start..start + len {
                self.bytes[at] |= match cut {
                    Some(Cut::Bits) => self.noise(),
                    _ => 0xff,
                };
            }
            for at in (start..start + len).step_by(WRITE) {
                self.programmed[at / WRITE] = self.bytes[at..at + WRITE] != [0xff; WRITE];
            }
            if cut.is_some() {
                return Err(SimError::Off);
            }
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), SimError> {
        check_write(self, offset, bytes.len()).map_err(SimError::Kind)?;
        let start = offset as usize;
        let units = start / WRITE..(start + bytes.len()) / WRITE;
        let cut = self.step(start / ERASE)?;
        match self.worn[start / ERASE] {
            Some(Worn::Fails) => return Err(SimError::Worn),
            Some(Worn::Ignores) => return Ok(()),
            None => {}
        }
        if self.programmed[units].contains(&true) {
            self.violations += 1;
            return Err(SimError::NotErased);
        }
        let len = match cut {
            None | Some(Cut::Bits | Cut::After) => bytes.len(),
            Some(Cut::Half) => bytes.len() / 2,
            Some(Cut::Before) => 0,
        };
        for (index, &byte) in bytes[..len].iter().enumerate() {
            let unprogrammed = match cut {
                Some(Cut::Bits) => self.noise(),
                _ => 0,
            };
            let at = start + index;
            self.bytes[at] &= byte | unprogrammed;
            // What power was cut from may look erased, and then nobody can know better.
            self.programmed[at / WRITE] |= cut.is_none() || self.bytes[at] != 0xff;
        }
        match cut {
            Some(_) => Err(SimError::Off),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Flash = SimFlash<1, 4, 16>;

    #[test]
    fn programs_once_between_erases() {
        let mut flash = Flash::new(2);
        flash.write(4, &[1, 2, 3, 0xff]).unwrap();
        assert_eq!(flash.write(4, &[1, 2, 3, 0xff]), Err(SimError::NotErased));
        assert_eq!(flash.violations(), 1);
        assert_eq!(&flash.bytes()[..9], [255, 255, 255, 255, 1, 2, 3, 255, 255]);
        flash.erase(0, 16).unwrap();
        assert_eq!(flash.write(4, &[9; 4]), Ok(()));
        assert_eq!(
            flash.write(3, &[9; 4]),
            Err(SimError::Kind(NorFlashErrorKind::NotAligned))
        );
        let outside = Err(SimError::Kind(NorFlashErrorKind::OutOfBounds));
        assert_eq!(flash.write(32, &[9; 4]), outside);
        assert_eq!(flash.erase(16, 48), outside);
        assert_eq!((flash.steps(), flash.erased()), (4, &[1, 0][..]));
    }

    #[test]
    fn power_goes_in_the_middle() {
        let after = |cut| {
            let mut flash = Flash::new(1);
            flash.write(0, &[0xa5; 4]).unwrap();
            flash.cut_at(1, cut);
            assert_eq!(flash.write(8, &[0; 8]), Err(SimError::Off));
            assert!(flash.is_off());
            assert_eq!(flash.read(0, &mut [0]), Err(SimError::Off));
            flash.power_on();
            let written = flash.bytes()[8..].to_vec();
            flash.cut_at(2, cut);
            assert_eq!(flash.erase(0, 16), Err(SimError::Off));
            (written, flash.bytes().to_vec())
        };
        assert_eq!(after(Cut::Before).0, [0xff; 8]);
        assert_eq!(after(Cut::Half).0, [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(after(Cut::After).0, [0; 8]);
        let (written, erased) = after(Cut::Bits);
        assert!(written.iter().any(|&byte| byte != 0 && byte != 0xff));
        // An erase only sets bits.
        assert!(erased[..4].iter().all(|&byte| byte & 0xa5 == 0xa5));
        assert_ne!(erased, [0xff; 16]);
        assert_eq!(after(Cut::After).1, [0xff; 16]);
    }

    #[test]
    fn units_wear_out() {
        let mut flash = Flash::new(2);
        flash.wear_out(1, Some(Worn::Fails));
        assert_eq!(flash.write(16, &[0; 4]), Err(SimError::Worn));
        assert_eq!(flash.erase(0, 32), Err(SimError::Worn));
        flash.wear_out(1, Some(Worn::Ignores));
        assert_eq!(flash.write(16, &[0; 4]), Ok(()));
        assert_eq!(flash.bytes()[16], 0xff);
        flash.wear_out(1, None);
        assert_eq!(flash.write(16, &[0; 4]), Ok(()));
        assert_eq!(flash.bytes()[16], 0);
    }
}
