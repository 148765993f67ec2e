//! What a flash must do before a filesystem can be laid on it.

use embedded_storage::nor_flash::NorFlash;

/// Erases the last sector, programs it, reads it back, programs over it; says what is wrong.
///
/// # Errors
/// A sentence about what is wrong.
pub fn flash<F: NorFlash>(flash: &mut F) -> Result<(), &'static str> {
    let end = flash.capacity() as u32;
    let start = end - F::ERASE_SIZE as u32;
    let mut buf = [0; 64];
    flash.erase(start, end).map_err(|_| "it cannot be erased")?;
    for at in (start..end).step_by(buf.len()) {
        flash.read(at, &mut buf).map_err(|_| "it cannot be read")?;
        if buf != [0xff; 64] {
            return Err("what was erased is not all ones");
        }
    }
    // Across the boundary of whatever it programs at once.
    let middle = start + F::ERASE_SIZE as u32 / 2 - 32;
    let bytes: [u8; 64] = core::array::from_fn(|i| i as u8 * 3 + 1);
    flash
        .write(middle, &bytes)
        .map_err(|_| "it cannot be written")?;
    flash
        .read(middle, &mut buf)
        .map_err(|_| "it cannot be read")?;
    if buf != bytes {
        return Err("it has other bytes than were written");
    }
    // The least there is to write, which some chips take another command for.
    let least = &bytes[..F::WRITE_SIZE];
    if flash.write(start, least).is_err() || flash.read(start, &mut buf).is_err() {
        return Err("it takes no single word");
    }
    if !buf.starts_with(least) || buf[least.len()..].iter().any(|byte| *byte != 0xff) {
        return Err("it has another word than was written");
    }
    if flash.write(middle, &[0xff; 64]).is_ok() {
        return Err("it takes ones over zeros");
    }
    if flash.write(middle, &[0; 64]).is_err() {
        return Err("it refuses zeros over ones");
    }
    if flash.write(end, &bytes).is_ok() || flash.erase(start + 1, end).is_ok() {
        return Err("it takes addresses that are none");
    }
    flash
        .erase(start, end)
        .map_err(|_| "it cannot be erased again")
}
