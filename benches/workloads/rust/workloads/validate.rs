//! A parser and validator: wasmparser validates a WebAssembly module (the `markdown` guest of the tests), `n` times.

use wasmparser::Validator;

const MODULE: &[u8] = include_bytes!("../../../../tests/guests/md2html.wasm");

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    (0..n)
        .map(|_| {
            let types = Validator::new().validate_all(MODULE).unwrap();
            i64::from(types.as_ref().function_count())
        })
        .sum()
}
