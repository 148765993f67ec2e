//! LZ4: 256 KiB of text compressed and decompressed, `n` times.

use lz4_flex::{compress_prepend_size, decompress_size_prepended};
use wasmote_workloads::{checksum, text};

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut text = text(1, 256 << 10).into_bytes();
    let mut sum = 0;
    for i in 0..n {
        text[i as usize] ^= 1;
        let packed = compress_prepend_size(&text);
        let unpacked = decompress_size_prepended(&packed).unwrap();
        assert!(unpacked == text);
        sum = checksum(sum, &packed[packed.len() / 2..][..64]);
    }
    sum
}
