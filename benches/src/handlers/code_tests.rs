//! Hot handlers neither call nor touch the native stack: `cargo test --profile fast -p wasmote-benches handlers`.
//!
//! A handler that does is slower at each execution, and one that leaves something on the stack overflows it, since
//! handlers jump to each other. Builds with the portable loop (debug) have no such handlers, and pass.

use super::{Handler, of_this_executable, short};
use crate::runtimes::RUNTIMES;
use iced_x86::{Decoder, DecoderOptions, FastFormatter, Instruction, Mnemonic, Register};

/// Handlers that may, with the reason: what they do is rare, or takes much longer than that. A name without
/// parameters, or with the first of them, stands for all.
const COLD: &[(&str, &str)] = &[
    ("Grow", "allocates a longer value stack"),
    ("Translate", "translates a function, once each"),
    ("MemoryCopy", "moves memory of any length"),
    ("MemoryFill", "fills memory of any length"),
    ("MemoryInit", "moves memory of any length"),
    ("DataDrop", "once for each segment"),
    ("TableCopy", "moves references of any number"),
    ("TableFill", "fills in references of any number"),
    ("TableInit", "moves references of any number"),
    ("ElemDrop", "once for each segment"),
    (
        "TableGet",
        "the table lies in another allocation, behind a check",
    ),
    (
        "TableSet",
        "the table lies in another allocation, behind a check",
    ),
    ("TableSize", "rare in programs"),
    ("CopyMany", "moves slots of any number"),
    ("ReturnMany", "moves results of any number"),
    ("ZeroLocals", "fills slots of any number"),
    ("ReturnCall", "moves arguments of any number"),
    ("ReturnCallIndirect", "moves arguments of any number"),
    ("ReturnLeave", "moves arguments of any number"),
    ("Leave", "enters another instance, which it looks up"),
    ("Restore", "returns to another instance"),
];

/// Handlers that should not, but do today, with what they do.
const TO_MEND: &[(&str, &str)] = &[
    ("CallIndirect", "saves a register"),
    (
        "CallImport",
        "checks an index that was validated, and panics",
    ),
    (
        "ReturnCallImport",
        "checks an index that was validated, and panics",
    ),
    ("RefFunc", "checks an index that was validated, and panics"),
    (
        "Unary<F32Ceil",
        "calls libm, since the baseline of x86-64 has no rounding",
    ),
    (
        "Unary<F32Floor",
        "calls libm, since the baseline of x86-64 has no rounding",
    ),
    (
        "Unary<F32Nearest",
        "calls libm, since the baseline of x86-64 has no rounding",
    ),
    (
        "Unary<F32Trunc",
        "calls libm, since the baseline of x86-64 has no rounding",
    ),
    (
        "Unary<F64Ceil",
        "calls libm, since the baseline of x86-64 has no rounding",
    ),
    (
        "Unary<F64Floor",
        "calls libm, since the baseline of x86-64 has no rounding",
    ),
    (
        "Unary<F64Nearest",
        "calls libm, since the baseline of x86-64 has no rounding",
    ),
    (
        "Unary<F64Trunc",
        "calls libm, since the baseline of x86-64 has no rounding",
    ),
];

#[test]
fn names_are_shortened() {
    let long = "thread<wasmote::exec::handlers::numeric::Binary<wasmote::rows::I32Add, wasmote::exec::operand::Slot>>";
    assert_eq!(short(long), "Binary<I32Add, Slot>");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn hot_handlers_neither_call_nor_use_the_stack() {
    // The handlers are in this executable because something uses them.
    assert!((RUNTIMES[0].load)(b"").is_err());
    let handlers = of_this_executable().unwrap();
    assert!(
        cfg!(debug_assertions) || !handlers.is_empty(),
        "an optimized build without handlers"
    );
    let named = handlers
        .iter()
        .filter(|handler| !handler.name.is_empty())
        .count();
    assert!(
        named * 10 >= handlers.len() * 9,
        "{named} of {} handlers have names",
        handlers.len()
    );
    let mut offenders: Vec<_> = handlers
        .iter()
        .filter(|handler| {
            !COLD
                .iter()
                .chain(TO_MEND)
                .any(|(cold, _)| matches(&handler.name, cold))
        })
        .filter_map(|handler| Some((&handler.name, offence(handler)?)))
        .map(|(name, offence)| format!("{name}: {offence}"))
        .collect();
    offenders.sort();
    assert!(
        offenders.is_empty(),
        "{} of {} handlers call or use the native stack; mend them, or list them as cold:\n{}",
        offenders.len(),
        handlers.len(),
        offenders.join("\n")
    );
    // A name that no handler has is a leftover.
    for (cold, reason) in COLD.iter().chain(TO_MEND) {
        let used =
            handlers.is_empty() || handlers.iter().any(|handler| matches(&handler.name, cold));
        assert!(used, "no handler is called {cold} ({reason})");
    }
}

/// Whether `name` is the type `cold`, or one made with its leading parameters.
fn matches(name: &str, cold: &str) -> bool {
    name.strip_prefix(cold)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['<', ',', '>']))
}

/// The first instruction that calls or moves the stack pointer.
fn offence(handler: &Handler) -> Option<String> {
    let decoder = Decoder::new(64, &handler.code, DecoderOptions::NONE);
    let instruction = decoder.into_iter().find(is_offence)?;
    let mut text = String::new();
    FastFormatter::new().format(&instruction, &mut text);
    Some(text)
}

fn is_offence(instruction: &Instruction) -> bool {
    match instruction.mnemonic() {
        Mnemonic::Call | Mnemonic::Push | Mnemonic::Pop => true,
        Mnemonic::Sub | Mnemonic::Add | Mnemonic::And | Mnemonic::Lea => {
            instruction.op0_register() == Register::RSP
        }
        _ => false,
    }
}
