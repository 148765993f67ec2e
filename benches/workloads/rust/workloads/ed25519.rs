//! Elliptic curve signatures: `n` messages signed and verified.

use ed25519_dalek::{Signer, SigningKey, Verifier};
use wasmote_workloads::checksum;

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let key = SigningKey::from_bytes(&[7; 32]);
    let mut sum = 0;
    for i in 0..n {
        let message = format!("message number {i}");
        let signature = key.sign(message.as_bytes());
        key.verifying_key()
            .verify(message.as_bytes(), &signature)
            .unwrap();
        sum = checksum(sum, &signature.to_bytes());
    }
    sum
}
