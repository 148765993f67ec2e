//! Password hashing: Argon2id over 256 KiB of memory, `n` passes.

use argon2::{Algorithm, Argon2, Params, Version};
use wasmote_workloads::checksum;

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let params = Params::new(256, n as u32, 1, None).unwrap();
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = [0; 32];
    hasher
        .hash_password_into(
            b"correct horse battery staple",
            b"a grain of salt",
            &mut key,
        )
        .unwrap();
    checksum(0, &key)
}
