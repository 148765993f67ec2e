//! SHA3-256 of `n` blocks of 16 KiB.

use sha3::{Digest, Sha3_256};
use wasmote_workloads::{Random, checksum};

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let block = Random::new(1).bytes(16 << 10);
    let mut hasher = Sha3_256::new();
    for _ in 0..n {
        hasher.update(&block);
    }
    checksum(0, &hasher.finalize())
}
