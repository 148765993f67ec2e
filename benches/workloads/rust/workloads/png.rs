//! PNG: a picture of 160 by 120 pixels encoded and decoded, `n` times.

use std::io::Cursor;
use wasmote_workloads::{Random, checksum};

const WIDTH: u32 = 160;
const HEIGHT: u32 = 120;

/// Gradients with a little noise, as photographs have.
fn picture(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut pixels = Vec::new();
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let noise = random.below(4);
            pixels
                .extend([x + noise, y * 2 + noise, (x * y >> 6) + noise].map(|value| value as u8));
        }
    }
    pixels
}

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut sum = 0;
    for i in 0..n {
        let pixels = picture(i as u64);
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, WIDTH, HEIGHT);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder
            .write_header()
            .unwrap()
            .write_image_data(&pixels)
            .unwrap();
        let mut reader = png::Decoder::new(Cursor::new(&file)).read_info().unwrap();
        let mut decoded = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut decoded).unwrap();
        assert!(decoded == pixels);
        sum = checksum(sum, &file);
    }
    sum
}
