//! How long instructions are.

use wasmparser::{BinaryReader, OperatorsReader};

/// The offset behind the instruction at one. (Valid modules have one there.)
pub fn after(module: &[u8], offset: u32) -> u32 {
    let bytes = module.get(offset as usize..).unwrap_or_default();
    let mut reader = OperatorsReader::new(BinaryReader::new(bytes, u64::from(offset)));
    match reader.read() {
        Ok(_) => reader.original_position() as u32,
        Err(_) => offset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls() {
        // call 3; call_indirect with an index of two bytes; end
        let code = [0x10, 3, 0x11, 0x80, 0x01, 0, 0x0b];
        assert_eq!(after(&code, 0), 2);
        assert_eq!(after(&code, 2), 6);
        assert_eq!(after(&code, 99), 99);
    }
}
