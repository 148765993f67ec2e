//! The largest function of a module: what the RAM that translation takes is measured by.

/// Bytes of the largest body in the code section; 0 for what is no module.
pub fn largest(guest: &[u8]) -> usize {
    const CODE: u8 = 10;
    let Some(mut rest) = guest.strip_prefix(b"\0asm\x01\0\0\0") else {
        return 0;
    };
    while let Some((&id, behind)) = rest.split_first() {
        let (len, behind) = number(behind);
        let (section, behind) = behind.split_at(len);
        if id == CODE {
            let (count, mut bodies) = number(section);
            let sizes = (0..count).map(|_| {
                let (len, body) = number(bodies);
                bodies = &body[len..];
                len
            });
            return sizes.max().unwrap_or(0);
        }
        rest = behind;
    }
    0
}

/// A LEB128 number, and what is behind it.
fn number(bytes: &[u8]) -> (usize, &[u8]) {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0);
    let len = last.expect("a number's end") + 1;
    let digits = bytes[..len].iter().rev();
    let value = digits.fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (value, &bytes[len..])
}
