//! DEFLATE: 64 KiB of text compressed and decompressed, `n` times.

use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec};
use wasmote_workloads::{checksum, text};

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut sum = 0;
    for i in 0..n {
        let text = text(i as u64, 64 << 10);
        let packed = compress_to_vec(text.as_bytes(), 6);
        let unpacked = decompress_to_vec(&packed).unwrap();
        assert!(unpacked == text.as_bytes());
        sum = checksum(sum, &packed);
    }
    sum
}
