//! A scripting language: rhai compiles and runs a script, `n` times.

use rhai::{Engine, INT};
// Its random seeds.
use wasmote_workloads as _;

const SCRIPT: &str = r#"
    fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
    let primes = [];
    let candidate = 2;
    while primes.len() < 60 {
        let prime = true;
        for p in primes { if candidate % p == 0 { prime = false; break; } }
        if prime { primes.push(candidate); }
        candidate += 1;
    }
    let words = #{};
    for word in "the cat and the dog and the bird saw the cat".split(" ") {
        words[word] = if word in words { words[word] + 1 } else { 1 };
    }
    let sum = fib(11) + words["the"];
    for p in primes { sum += p; }
    `${sum}`.len() * 1000000 + sum
"#;

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let engine = Engine::new();
    (0..n).fold(0, |sum, _| {
        let ast = engine.compile(SCRIPT).unwrap();
        sum * 3 % 1_000_000_007 + engine.eval_ast::<INT>(&ast).unwrap()
    })
}
