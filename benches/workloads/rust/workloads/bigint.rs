//! Numbers of any size: `n` times 10 digits of pi (Gibbons' spigot), and the factorial of `n`.

use num_bigint::{BigInt, BigUint};
use wasmote_workloads::checksum;

/// The first `count` digits of pi.
fn pi(count: usize) -> String {
    let mut digits = String::new();
    let [mut q, mut r, mut t, mut k, mut m, mut x] = [1, 0, 1, 1, 3, 3].map(BigInt::from);
    while digits.len() < count {
        if &q * 4 + &r - &t < &m * &t {
            digits += &m.to_string();
            let next = (&r - &m * &t) * 10;
            m = (&q * 3 + &r) * 10 / &t - &m * 10;
            q *= 10;
            r = next;
        } else {
            let next = (&q * 2 + &r) * &x;
            m = (&q * (&k * 7 + 2) + &r * &x) / (&t * &x);
            q *= &k;
            t *= &x;
            x += 2;
            k += 1;
            r = next;
        }
    }
    digits
}

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let factorial: BigUint = (1..=n as u32).map(BigUint::from).product();
    let sum = checksum(0, pi(10 * n as usize).as_bytes());
    checksum(sum, factorial.to_string().as_bytes())
}
