//! Regular expressions: `n` passes of searches and replacements over 32 KiB of text.

use regex::{Captures, Regex};
use wasmote_workloads::{checksum, text};

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let pairs = Regex::new(r"(?i)\b(\w+)\s+(stack|memory|module)s?\b").unwrap();
    let ends = Regex::new(r"(\w*[aeiou]{2}\w*)\.(\s|$)").unwrap();
    let long = Regex::new(r"\b\p{L}{9,}\b").unwrap();
    let mut sum = 0;
    for i in 0..n {
        let text = text(i as u64, 32 << 10);
        for found in pairs.captures_iter(&text) {
            sum = checksum(sum, found[1].as_bytes());
        }
        sum = sum.wrapping_add(long.find_iter(&text).map(|m| m.start() as i64).sum());
        let replaced = ends.replace_all(&text, |found: &Captures| format!("<{}>!", &found[1]));
        sum = checksum(sum, replaced.as_bytes());
    }
    sum
}
