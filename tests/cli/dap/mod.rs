//! `wasmote debug --dap`, as an editor talks to it.

mod editor;
mod protocol;
mod running;
mod source;
mod text;

/// A module without debug information.
pub const FAC: &str = r#"(module
  (memory (export "memory") 1)
  (func $fac (export "fac") (param $n i32) (result i32)
    (local $product i32)
    (local.set $product (i32.const 1))
    (loop $again
      (local.set $product (i32.mul (local.get $product) (local.get $n)))
      (i32.store (i32.const 16) (local.get $product))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $product)))"#;
