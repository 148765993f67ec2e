//! Compressed bitmaps: `n` rounds of building, combining and searching.

use roaring::RoaringBitmap;
use wasmote_workloads::Random;

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut random = Random::new(1);
    let mut sum = 0_u64;
    for _ in 0..n {
        let sparse: RoaringBitmap = (0..10_000).map(|_| random.below(4 << 20)).collect();
        let dense: RoaringBitmap = (0..30_000).map(|_| random.below(1 << 18)).collect();
        let start = random.below(1 << 20);
        let mut ranges = RoaringBitmap::new();
        for range in 0..100 {
            ranges.insert_range(start + range * 1000..start + range * 1200);
        }
        let all = &sparse | &dense | &ranges;
        let odd = (&sparse ^ &dense) - &ranges;
        sum += all.len() + 3 * odd.len() + sparse.intersection_len(&dense);
        sum += (0..1000).filter(|i| all.contains(i * 509)).count() as u64;
        sum += all.rank(1 << 17) + u64::from(all.select(5000).unwrap());
        sum += odd.iter().step_by(7).map(u64::from).sum::<u64>();
    }
    sum as i64
}
