//! A kernel: how often points of a grid of `n` by `n` go round before they leave the Mandelbrot set.

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let step = 3.0 / f64::from(n);
    let mut sum = 0;
    for row in 0..n {
        for column in 0..n {
            let (cx, cy) = (f64::from(column) * step - 2.25, f64::from(row) * step - 1.5);
            let (mut x, mut y) = (0.0, 0.0);
            let mut rounds = 0;
            while rounds < 100 && x * x + y * y < 4.0 {
                (x, y) = (x * x - y * y + cx, 2.0 * x * y + cy);
                rounds += 1;
            }
            sum = (sum * 31 + rounds) % 1_000_000_007;
        }
    }
    sum
}
