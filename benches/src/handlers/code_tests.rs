//! Hot handlers call nothing, and hardly any touch the native stack: `cargo test --profile fast -p wasmote-benches`.
//!
//! A handler that does is slower at each execution, and one that leaves something on the stack overflows it, since
//! handlers jump to each other. Builds with the portable loop (debug) have no such handlers, and pass.

use super::{Handler, of_this_executable, short};
use crate::{runtimes::RUNTIMES, sections::sizes::BUDGET};
use iced_x86::{Decoder, DecoderOptions, FastFormatter, Instruction, Mnemonic, OpKind, Register};

/// Handlers that may, with the reason: what they do is rare, or takes much longer than that. A name without
/// parameters, or with the first of them, stands for all.
const COLD: &[(&str, &str)] = &[
    ("Grow", "allocates a longer value stack"),
    ("Translate", "translates a function, once each"),
    ("Look", "compares a step with all that may stop there"),
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
    ("ZeroMany", "fills slots of any number"),
    ("ReturnCall", "moves arguments of any number"),
    ("StructNew", "makes an object, or finds no room for it"),
    (
        "StructNewDefault",
        "makes an object, or finds no room for it",
    ),
    ("StructNewDesc", "makes an object, or finds no room for it"),
    (
        "StructNewDefaultDesc",
        "makes an object, or finds no room for it",
    ),
    ("ArrayNew", "makes an object, or finds no room for it"),
    (
        "ArrayNewDefault",
        "makes an object, or finds no room for it",
    ),
    ("ArrayNewFixed", "makes an object, or finds no room for it"),
    ("ArrayNewData", "makes an object, or finds no room for it"),
    ("ArrayNewElem", "makes an object, or finds no room for it"),
    ("ArrayFill", "fills elements of any number"),
    ("ArrayCopy", "moves elements of any number"),
    ("ArrayInitData", "moves elements of any number"),
    ("ArrayInitElem", "moves elements of any number"),
    ("StructGetWide", "vectors in objects are rare"),
    ("ArrayGetWide", "vectors in objects are rare"),
    ("Cast", "looks up types"),
    ("Test", "looks up types"),
    ("TestDescriptorOr", "descriptors are rare"),
    ("GetDescriptor", "descriptors are rare"),
    ("ReturnCallRef", "moves arguments of any number"),
    ("ReturnCallIndirect", "moves arguments of any number"),
    ("ReturnLeave", "moves arguments of any number"),
    ("Leave", "enters another instance, which it looks up"),
    ("Restore", "returns to another instance"),
];

/// Handlers that call libm, since the baseline of x86-64 has no rounding.
const ROUNDING: &[(&str, &str)] = &[
    ("Unary<F32Ceil", "rounds"),
    ("Unary<F32Floor", "rounds"),
    ("Unary<F32Nearest", "rounds"),
    ("Unary<F32Trunc", "rounds"),
    ("Unary<F64Ceil", "rounds"),
    ("Unary<F64Floor", "rounds"),
    ("Unary<F64Nearest", "rounds"),
    ("Unary<F64Trunc", "rounds"),
    ("Unary<F32x4Ceil", "rounds"),
    ("Unary<F32x4Floor", "rounds"),
    ("Unary<F32x4Nearest", "rounds"),
    ("Unary<F32x4Trunc", "rounds"),
    ("Unary<F64x2Ceil", "rounds"),
    ("Unary<F64x2Floor", "rounds"),
    ("Unary<F64x2Nearest", "rounds"),
    ("Unary<F64x2Trunc", "rounds"),
];

/// How many of a hundred handlers may save a register: that depends on the compiler's mood.
const SAVING: usize = 2;

#[test]
fn names_are_shortened() {
    let long = "thread<wasmote::exec::handlers::numeric::Binary<wasmote::rows::I32Add, wasmote::exec::operand::Slot>>";
    assert_eq!(short(long), "Binary<I32Add, Slot>");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn hot_handlers_do_not_call() {
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
    let excused = |handler: &&Handler| {
        let known = COLD.iter().chain(ROUNDING);
        !known
            .into_iter()
            .any(|(cold, _)| matches(&handler.name, cold))
    };
    let listing = |handlers: &[&Handler], is_offence: fn(&Instruction) -> bool| {
        let offence =
            |handler: &&Handler| Some(format!("{}: {}", handler.name, first(handler, is_offence)?));
        let mut offenders: Vec<_> = handlers.iter().filter_map(offence).collect();
        offenders.sort();
        offenders
    };
    let all: Vec<_> = handlers.iter().collect();
    let staying = listing(&all, calls_a_pointer);
    assert!(
        staying.is_empty(),
        "handlers that call the next one, instead of jumping there:\n{}",
        staying.join("\n")
    );
    let hot: Vec<_> = handlers.iter().filter(excused).collect();
    let calling = listing(&hot, |instruction| instruction.mnemonic() == Mnemonic::Call);
    assert!(
        calling.is_empty(),
        "{} of {} handlers call; mend them, or list them as cold:\n{}",
        calling.len(),
        handlers.len(),
        calling.join("\n")
    );
    let saving = listing(&hot, uses_stack);
    println!(
        "{} of {} handlers use the native stack:\n{}",
        saving.len(),
        handlers.len(),
        saving.join("\n")
    );
    assert!(
        saving.len() * 100 <= handlers.len() * SAVING,
        "more than {SAVING}% of the handlers use the native stack"
    );
    // A name that no handler has is a leftover. (Builds may leave out parts of the language.)
    let complete = cfg!(feature = "language");
    for (cold, reason) in COLD.iter().chain(ROUNDING) {
        let used = !complete
            || handlers.is_empty()
            || handlers.iter().any(|handler| matches(&handler.name, cold));
        assert!(used, "no handler is called {cold} ({reason})");
    }
}

#[test]
fn handlers_fit_their_budget() {
    assert!((RUNTIMES[0].load)(b"").is_err());
    let bytes: usize = of_this_executable()
        .unwrap()
        .iter()
        .map(|handler| handler.code.len())
        .sum();
    let (budget, limit) = BUDGET;
    println!("{bytes} bytes of the budget for {budget}");
    assert!(
        bytes <= limit,
        "{bytes} bytes, more than the budget for {budget}"
    );
}

/// Whether `name` is the type `cold`, or one made with its leading parameters.
fn matches(name: &str, cold: &str) -> bool {
    name.strip_prefix(cold)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['<', ',', '>']))
}

/// The first instruction of that kind, as text.
fn first(handler: &Handler, is_offence: fn(&Instruction) -> bool) -> Option<String> {
    let decoder = Decoder::new(64, &handler.code, DecoderOptions::NONE);
    let instruction = decoder.into_iter().find(is_offence)?;
    let mut text = String::new();
    FastFormatter::new().format(&instruction, &mut text);
    Some(text)
}

/// Whether it calls what a register or memory says, as handlers find the next one. (Relative to RIP lies the table
/// of the linker's.)
fn calls_a_pointer(instruction: &Instruction) -> bool {
    let indirect = match instruction.op0_kind() {
        OpKind::Register => true,
        OpKind::Memory => !instruction.is_ip_rel_memory_operand(),
        _ => false,
    };
    instruction.mnemonic() == Mnemonic::Call && indirect
}

/// Whether it moves the stack pointer.
fn uses_stack(instruction: &Instruction) -> bool {
    match instruction.mnemonic() {
        Mnemonic::Push | Mnemonic::Pop => true,
        Mnemonic::Sub | Mnemonic::Add | Mnemonic::And | Mnemonic::Lea => {
            instruction.op0_register() == Register::RSP
        }
        _ => false,
    }
}

/// What vector operators become at the baseline of x86-64 (SSE2): one instruction that works on all lanes.
#[cfg(target_arch = "x86_64")]
const VECTOR: &[(&str, Mnemonic)] = &[
    ("I8x16Add", Mnemonic::Paddb),
    ("I8x16AddSatS", Mnemonic::Paddsb),
    ("I8x16AddSatU", Mnemonic::Paddusb),
    ("I8x16SubSatU", Mnemonic::Psubusb),
    ("I8x16AvgrU", Mnemonic::Pavgb),
    ("I8x16MinU", Mnemonic::Pminub),
    ("I8x16MaxU", Mnemonic::Pmaxub),
    ("I8x16Eq", Mnemonic::Pcmpeqb),
    ("I8x16GtS", Mnemonic::Pcmpgtb),
    ("I8x16NarrowI16x8S", Mnemonic::Packsswb),
    ("I8x16NarrowI16x8U", Mnemonic::Packuswb),
    ("I8x16Bitmask", Mnemonic::Pmovmskb),
    ("I16x8Mul", Mnemonic::Pmullw),
    ("I16x8ExtMulHighI8x16U", Mnemonic::Pmullw),
    ("I16x8ExtendLowI8x16U", Mnemonic::Punpcklbw),
    ("I16x8MinS", Mnemonic::Pminsw),
    ("I16x8NarrowI32x4S", Mnemonic::Packssdw),
    ("I16x8Shl", Mnemonic::Psllw),
    ("I32x4Add", Mnemonic::Paddd),
    ("I32x4DotI16x8S", Mnemonic::Pmaddwd),
    ("I32x4Mul", Mnemonic::Pmuludq),
    ("I32x4ShrS", Mnemonic::Psrad),
    ("I32x4Bitmask", Mnemonic::Movmskps),
    ("I64x2Sub", Mnemonic::Psubq),
    ("I64x2ShrU", Mnemonic::Psrlq),
    ("F32x4Add", Mnemonic::Addps),
    ("F32x4Mul", Mnemonic::Mulps),
    ("F32x4Div", Mnemonic::Divps),
    ("F32x4Sqrt", Mnemonic::Sqrtps),
    ("F32x4Lt", Mnemonic::Cmpps),
    ("F32x4ConvertI32x4S", Mnemonic::Cvtdq2ps),
    ("F64x2Mul", Mnemonic::Mulpd),
    ("F64x2PromoteLowF32x4", Mnemonic::Cvtps2pd),
];

#[test]
#[cfg(target_arch = "x86_64")]
fn vector_operators_are_vector_instructions() {
    assert!((RUNTIMES[0].load)(b"").is_err());
    let handlers = of_this_executable().unwrap();
    if handlers.is_empty() || !cfg!(feature = "language") {
        return;
    }
    let mut missing = Vec::new();
    for (row, mnemonic) in VECTOR {
        let of_row = |handler: &&Handler| {
            let (_, parameters) = handler.name.split_once('<').unwrap_or_default();
            matches(parameters, row)
        };
        let of_row: Vec<_> = handlers.iter().filter(of_row).collect();
        assert!(!of_row.is_empty(), "no handler of {row}");
        for handler in of_row {
            if !has(handler, *mnemonic) {
                missing.push(format!("{} has no {mnemonic:?}", handler.name));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[cfg(target_arch = "x86_64")]
fn has(handler: &Handler, mnemonic: Mnemonic) -> bool {
    let decoder = Decoder::new(64, &handler.code, DecoderOptions::NONE);
    decoder.into_iter().any(|one| one.mnemonic() == mnemonic)
}
