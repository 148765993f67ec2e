//! The functions of a module: what the RAM that translation takes is measured by.

/// Bytes of the bodies in the code section.
pub fn bodies(guest: &[u8]) -> impl Iterator<Item = usize> {
    const CODE: u8 = 10;
    let mut rest = guest.strip_prefix(b"\0asm\x01\0\0\0").unwrap_or_default();
    let mut code: &[u8] = &[0];
    while let Some((&id, behind)) = rest.split_first() {
        let (len, behind) = number(behind);
        let (section, behind) = behind.split_at(len);
        if id == CODE {
            code = section;
        }
        rest = behind;
    }
    let (count, mut bodies) = number(code);
    (0..count).map(move |_| {
        let (len, body) = number(bodies);
        bodies = &body[len..];
        len
    })
}

/// A LEB128 number, and what is behind it.
fn number(bytes: &[u8]) -> (usize, &[u8]) {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0);
    let len = last.expect("a number's end") + 1;
    let digits = bytes[..len].iter().rev();
    let value = digits.fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (value, &bytes[len..])
}
