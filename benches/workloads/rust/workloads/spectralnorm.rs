//! A kernel: the spectral norm of an infinite matrix, cut at `n` rows.

fn element(row: usize, column: usize) -> f64 {
    1.0 / ((row + column) * (row + column + 1) / 2 + row + 1) as f64
}

fn multiply(from: &[f64], element: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    (0..from.len())
        .map(|row| {
            let products = from
                .iter()
                .enumerate()
                .map(|(column, x)| element(row, column) * x);
            products.sum()
        })
        .collect()
}

fn multiply_both(from: &[f64]) -> Vec<f64> {
    multiply(&multiply(from, element), |row, column| element(column, row))
}

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut u = vec![1.0; n as usize];
    let mut v = Vec::new();
    for _ in 0..10 {
        v = multiply_both(&u);
        u = multiply_both(&v);
    }
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    ((dot(&u, &v) / dot(&v, &v)).sqrt() * 1e9) as i64
}
