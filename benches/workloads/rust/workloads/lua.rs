//! A Lua engine: piccolo compiles and runs a script, `n` times.

use piccolo::{Closure, Executor, Lua};
// Its random seeds.
use wasmote_workloads as _;

const SCRIPT: &str = r#"
    local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
    local primes, candidate = {}, 2
    while #primes < 100 do
        local prime = true
        for i = 1, #primes do
            if candidate % primes[i] == 0 then prime = false break end
        end
        if prime then primes[#primes + 1] = candidate end
        candidate = candidate + 1
    end
    local account = setmetatable({ balance = 0 }, { __index = { deposit = function(self, n) self.balance = self.balance + n end } })
    for i = 1, #primes do account:deposit(primes[i] * 0.5) end
    local producer = coroutine.create(function() for i = 1, 20 do coroutine.yield(i) end return 0 end)
    local sum = 0
    for i = 1, 20 do local _, v = coroutine.resume(producer) sum = sum + v end
    return fib(13) + account.balance + sum
"#;

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut lua = Lua::core();
    (0..n).fold(0, |sum, _| {
        let executor = lua
            .try_enter(|ctx| {
                let closure = Closure::load(ctx, None, SCRIPT.as_bytes())?;
                Ok(ctx.stash(Executor::start(ctx, closure.into(), ())))
            })
            .unwrap();
        let value = lua.execute::<f64>(&executor).unwrap();
        sum * 3 % 1_000_000_007 + value as i64
    })
}
