//! Modules and arguments from seeds.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};
use wasmparser::{Operator, Parser, Payload};

use crate::observe::{Type, Value};

/// Function entries and loop rounds that one instance may take; then it traps, at the same point in
/// every runtime.
const STEPS: u32 = 3000;

/// A module and where its arguments come from.
pub struct Case {
    pub module: Vec<u8>,
    /// Whether it may need what wasmi lacks.
    pub latest: bool,
    seed: u64,
}

/// xorshift64*, seeded by a multiplication so that neighbours differ.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 16) % n
    }
}

/// The module of a seed: the same on every machine.
pub fn case(seed: u64) -> Case {
    let mut random = Random::new(seed);
    loop {
        let length = 2048 + random.below(24 * 1024);
        let bytes: Vec<u8> = (0..length).map(|_| (random.next() >> 32) as u8).collect();
        let latest = random.below(2) == 0;
        let mut config = config(&mut random, latest);
        let mut source = Unstructured::new(&bytes);
        // Some bytes make no module: the next ones will.
        let Ok(mut module) = Module::new(config.clone(), &mut source) else {
            continue;
        };
        let binary = module.to_bytes();
        let (fuses, waits) = (has(&binary, fuses), has(&binary, waits));
        if fuses || waits {
            config.relaxed_simd_enabled &= !fuses;
            config.threads_enabled &= !waits;
            let mut source = Unstructured::new(&bytes);
            match Module::new(config, &mut source) {
                Ok(other) => module = other,
                Err(_) => continue,
            }
        }
        if module.ensure_termination(STEPS).is_ok() {
            return Case {
                module: module.to_bytes(),
                latest,
                seed,
            };
        }
    }
}

/// Whether a module multiplies and adds by a relaxed instruction: wasmtime rounds once, wasmote twice, as the
/// deterministic profile has it.
fn fuses(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        op,
        F32x4RelaxedMadd | F32x4RelaxedNmadd | F64x2RelaxedMadd | F64x2RelaxedNmadd
    )
}

/// Whether it waits in a shared memory: wasmtime does, for as long as it says.
fn waits(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(op, MemoryAtomicWait32 { .. } | MemoryAtomicWait64 { .. })
}

/// Whether a module's code has such an operator.
fn has(module: &[u8], such: fn(&Operator<'_>) -> bool) -> bool {
    let bodies = Parser::new(0)
        .parse_all(module)
        .filter_map(|payload| match payload {
            Ok(Payload::CodeSectionEntry(body)) => body.get_operators_reader().ok(),
            _ => None,
        });
    bodies.flatten().any(|op| op.is_ok_and(|op| such(&op)))
}

/// What wasmote executes; limits that keep a module's run short.
fn config(random: &mut Random, latest: bool) -> Config {
    Config {
        canonicalize_nans: true,
        export_everything: true,
        min_funcs: 4,
        max_funcs: 12,
        max_instructions: 100 + random.below(600) as usize,
        // Half of the modules may trap; the others get further.
        disallow_traps: random.below(2) == 0,
        allow_start_export: random.below(4) == 0,
        max_data_segments: 3,
        max_element_segments: 4,
        min_types: 3,
        max_types: 12,
        max_imports: 0,
        max_memories: 3,
        max_tables: 3,
        max_memory32_bytes: 4 << 16,
        max_memory64_bytes: 4 << 16,
        memory_max_size_required: true,
        max_table_elements: 200,
        table_max_size_required: true,
        max_values: 8,
        bulk_memory_enabled: true,
        custom_page_sizes_enabled: true,
        extended_const_enabled: true,
        memory64_enabled: true,
        multi_value_enabled: true,
        reference_types_enabled: true,
        tail_call_enabled: true,
        wide_arithmetic_enabled: true,
        simd_enabled: latest,
        relaxed_simd_enabled: latest,
        gc_enabled: latest,
        exceptions_enabled: latest,
        threads_enabled: latest,
        compact_imports_enabled: false,
        ..Config::default()
    }
}

impl Case {
    /// Arguments for a function's call of this round: often edge values.
    pub fn arguments(&self, func: &str, round: usize, params: &[Type]) -> Vec<Value> {
        let name = func.bytes().fold(self.seed, |h, b| {
            h.wrapping_mul(31).wrapping_add(u64::from(b))
        });
        let mut random = Random::new(name.wrapping_add(round as u64 * 977));
        let mut bits = || {
            let any = random.next();
            const EDGES: [u64; 10] = [
                0,
                1,
                2,
                8,
                0x7fff_ffff,
                0x8000_0000,
                0xffff_ffff,
                u64::MAX,
                1 << 63,
                (1 << 63) - 1,
            ];
            match random.below(4) {
                0 => any,
                1 => any & 0xffff,
                _ => EDGES[(any % EDGES.len() as u64) as usize],
            }
        };
        let value = |ty: &Type| match ty {
            Type::I32 => Value::I32(bits() as i32),
            Type::I64 => Value::I64(bits() as i64),
            // Small whole numbers and large ones: NaNs are the module's own business.
            Type::F32 => Value::F32((bits() as i32 as f32 / 8.0).to_bits()),
            Type::F64 => Value::F64((bits() as i64 as f64 / 8.0).to_bits()),
            Type::V128 => Value::V128(u128::from(bits()) << 64 | u128::from(bits())),
            Type::FuncRef => Value::FuncRef { null: true },
            Type::ExternRef => Value::ExternRef { null: true },
            Type::AnyRef | Type::NonNull => Value::AnyRef { null: true },
            Type::ExnRef => Value::ExnRef { null: true },
        };
        params.iter().map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_module() {
        assert_eq!(case(7).module, case(7).module);
        assert_ne!(case(7).module, case(8).module);
        assert_eq!(
            case(7).arguments("f", 0, &[Type::I64, Type::F32]),
            case(7).arguments("f", 0, &[Type::I64, Type::F32])
        );
    }
}
