//! What an image says of itself.

use alloc::vec::Vec;

use super::{
    HEADER_BYTES, RECORD_BYTES, flags, load,
    read::{u16_at, u32_at},
};
use crate::error::Error;

/// What an image says of itself, and how much room its parts take. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    /// The version of the format.
    pub version: u16,
    /// Whether its code charges fuel: engines that run it must, too.
    pub fuel: bool,
    /// Whether its code looks at the interrupt flag: engines that run it must, too.
    pub interruptible: bool,
    /// The parts of the language that it needs.
    pub features: Vec<&'static str>,
    /// How many functions it defines.
    pub functions: u32,
    /// Whether it names functions.
    pub names: bool,
    /// Whether it tells where in the module each instruction came from.
    pub offsets: bool,
    /// The parts in their order, and the size of each. What is not there has none.
    pub parts: Vec<(&'static str, u32)>,
}

impl ImageInfo {
    /// Reads what is in the header. Neither the head nor the code is looked at.
    ///
    /// # Errors
    /// [`Module`](crate::ErrorKind::Module) if the bytes are no image of this version, or damaged.
    pub fn of(image: &[u8]) -> Result<ImageInfo, Error> {
        load::check_header(image)?;
        let bits = u16_at(image, 6);
        let features = flags::FEATURES.iter();
        let features = features.filter(|(bit, ..)| bits & bit != 0);
        let (table, functions) = (u32_at(image, 16), u32_at(image, 20));
        let (frames, names, offsets) = (u32_at(image, 24), u32_at(image, 28), u32_at(image, 32));
        // What is not there begins where the next part does.
        let mut end = image.len() as u32;
        let mut parts = Vec::new();
        for (name, start) in [
            ("code offsets", offsets),
            ("names", names),
            ("frame maps", frames),
            ("data", u32_at(image, 36)),
            (
                "code",
                table.saturating_add(functions.saturating_mul(RECORD_BYTES as u32)),
            ),
            ("function table", table),
            ("head", HEADER_BYTES as u32),
            ("header", 0),
        ] {
            let start = if start == 0 && name != "header" {
                end
            } else {
                start
            };
            parts.push((name, end.saturating_sub(start)));
            end = start;
        }
        parts.reverse();
        Ok(ImageInfo {
            version: u16_at(image, 4),
            fuel: bits & flags::FUEL != 0,
            interruptible: bits & flags::INTERRUPTS != 0,
            features: features.map(|(_, name, _)| *name).collect(),
            functions,
            names: names != 0,
            offsets: offsets != 0,
            parts,
        })
    }
}
