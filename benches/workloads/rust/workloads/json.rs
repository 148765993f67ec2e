//! JSON: a document of 400 records is built, written and read again, `n` times.

use serde_json::{Value, json};
use wasmote_workloads::{Random, checksum};

fn document(random: &mut Random) -> Value {
    let records: Vec<_> = (0..400)
        .map(|id| {
            json!({
                "id": id,
                "name": random.word(),
                "note": random.sentence(),
                "score": random.below(1_000_000) as f64 / 1000.0,
                "tags": [random.word(), random.word(), null, random.below(2) == 0],
                "position": {"x": random.below(1000), "y": -(random.below(1000) as i32)},
            })
        })
        .collect();
    json!({"version": 1, "records": records})
}

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut random = Random::new(1);
    let mut sum = 0;
    for _ in 0..n {
        let written = serde_json::to_string(&document(&mut random)).unwrap();
        let read: Value = serde_json::from_str(&written).unwrap();
        for record in read["records"].as_array().unwrap() {
            sum += (record["score"].as_f64().unwrap() * 1000.0) as i64;
            sum += record["position"]["y"].as_i64().unwrap();
        }
        sum = checksum(sum, serde_json::to_string_pretty(&read).unwrap().as_bytes());
    }
    sum
}
