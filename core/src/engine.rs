//! The engine: configuration and what modules of it share.

use alloc::{boxed::Box, vec::Vec};

#[cfg(feature = "compiler")]
use wasmparser::WasmFeatures;

use crate::{
    sync::{Lock, Shared},
    types::{CompositeType, FuncType, SubType, TypeDef, TypeId, TypeRegistry},
};

/// Configuration and function types shared by modules and stores. Cheap to clone.
///
/// Modules and stores that meet must be of one engine.
#[derive(Clone)]
pub struct Engine(Shared<EngineInner>);

struct EngineInner {
    config: Config,
    types: Lock<TypeRegistry>,
}

impl Engine {
    /// An engine with this configuration.
    pub fn new(config: &Config) -> Engine {
        Engine(Shared::new(EngineInner {
            config: config.clone(),
            types: Lock::new(TypeRegistry::default()),
        }))
    }

    /// The configuration it was made with.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Whether both are the same engine.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Shared::ptr_eq(&a.0, &b.0)
    }

    /// Whether code charges fuel.
    pub(crate) fn fuel_enabled(&self) -> bool {
        cfg!(feature = "metering") && self.0.config.consume_fuel
    }

    /// Whether ops are fused.
    pub(crate) fn fusing(&self) -> bool {
        self.0.config.fuse
    }

    /// Whether code stops before each wasm instruction.
    pub(crate) fn debugging(&self) -> bool {
        #[cfg(feature = "debug")]
        return self.0.config.debug;
        #[cfg(not(feature = "debug"))]
        false
    }

    /// Whether code looks at the interrupt flag.
    pub(crate) fn interruptible(&self) -> bool {
        cfg!(feature = "metering") && self.0.config.interruptible
    }

    /// What function bodies may use.
    #[cfg(feature = "compiler")]
    pub(crate) fn features(&self) -> WasmFeatures {
        self.0.config.features
    }

    /// What the validator allows outside of function bodies. Since 3.0 the core language lets constant
    /// expressions read any global before them and tables have initial elements; wasmparser counts
    /// these to GC and typed references. The other things that come with these flags are refused where
    /// types and constant expressions are converted.
    #[cfg(feature = "compiler")]
    pub(crate) fn module_features(&self) -> WasmFeatures {
        match self.features().extended_const() {
            true => self.features() | WasmFeatures::GC | WasmFeatures::FUNCTION_REFERENCES,
            false => self.features(),
        }
    }

    /// The id that all equal types of this engine have.
    pub(crate) fn intern(&self, ty: &FuncType) -> TypeId {
        self.0.types.with(|types| types.intern(ty))
    }

    /// The ids of a recursion group's members, from the first on.
    #[cfg(feature = "gc")]
    pub(crate) fn intern_group(&self, group: Box<[SubType]>) -> TypeId {
        self.0.types.with(|types| types.intern_group(group))
    }

    pub(crate) fn func_type(&self, id: TypeId) -> FuncType {
        self.0.types.with(|types| types.func(id))
    }

    #[cfg(feature = "gc")]
    pub(crate) fn type_def(&self, id: TypeId) -> Shared<TypeDef> {
        self.0.types.with(|types| types.get(id).clone())
    }

    /// Adds the types that are not among `known` yet.
    #[cfg_attr(not(feature = "gc"), allow(unused_variables, clippy::ptr_arg))]
    pub(crate) fn sync_types(&self, known: &mut Vec<Shared<TypeDef>>) {
        #[cfg(feature = "gc")]
        self.0
            .types
            .with(|types| known.extend_from_slice(types.since(known.len())));
    }

    /// Whether every value of the type `id` is one of type `of`.
    ///
    /// # Panics
    /// If one of them is not of this engine (also in the methods below).
    pub fn is_subtype(&self, id: TypeId, of: TypeId) -> bool {
        id == of || self.0.types.with(|types| types.is_a(id, of))
    }

    /// What the id stands for.
    pub fn composite_type(&self, id: TypeId) -> CompositeType {
        self.0.types.with(|types| types.composite(id).clone())
    }

    /// The id of a final type in a recursion group of its own, which refers to types of this engine only.
    pub fn type_id(&self, ty: &CompositeType) -> TypeId {
        match ty {
            CompositeType::Func(ty) => self.intern(ty),
            #[cfg(not(feature = "gc"))]
            composite => (self.0.types).with(|types| types.intern_composite(composite)),
            #[cfg(feature = "gc")]
            composite => self.intern_group(Box::new([SubType {
                is_final: true,
                supertype: None,
                composite: composite.clone(),
                descriptor: None,
                describes: None,
            }])),
        }
    }
}

impl Default for Engine {
    fn default() -> Engine {
        Engine::new(&Config::new())
    }
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Engine").field(self.config()).finish()
    }
}

/// When functions are translated to bytecode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompilationMode {
    /// At their first call: modules start fast. Validation is done at load all the same.
    #[default]
    Lazy,
    /// All at load, behind validation: no pauses later.
    Eager,
}

/// How an [`Engine`] works. The setters can be chained.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) compilation_mode: CompilationMode,
    pub(crate) consume_fuel: bool,
    pub(crate) interruptible: bool,
    pub(crate) fuse: bool,
    #[cfg(feature = "debug")]
    pub(crate) debug: bool,
    pub(crate) max_stack_size: usize,
    pub(crate) max_nested_calls: u32,
    #[cfg(feature = "compiler")]
    pub(crate) features: WasmFeatures,
}

/// Value stack per call unless configured: 8 MiB, or 64 KiB where addresses have 32 bits or fewer.
const DEFAULT_STACK: usize = (if usize::BITS > 32 {
    8u32 << 20
} else if usize::BITS > 16 {
    64 << 10
} else {
    16 << 10
}) as usize;

/// Bytes that one unit of fuel pays for where an instruction works on many, as a power of two. As much
/// as a plain instruction takes time for, roughly; a multiple of an element's and a slot's size.
pub(crate) const FUEL_LOG2_BYTES: u32 = 6;

/// Language features that a build has or lacks.
#[cfg(feature = "compiler")]
const fn if_feature(present: bool, features: WasmFeatures) -> WasmFeatures {
    if present {
        features
    } else {
        WasmFeatures::empty()
    }
}

/// What the machine executes.
#[cfg(feature = "compiler")]
const SUPPORTED: WasmFeatures = WasmFeatures::WASM2
    .difference(WasmFeatures::SIMD.union(WasmFeatures::FLOATS))
    .union(if_feature(cfg!(feature = "float"), WasmFeatures::FLOATS))
    .union(if_feature(
        cfg!(feature = "simd"),
        WasmFeatures::SIMD.union(WasmFeatures::RELAXED_SIMD),
    ))
    .union(if_feature(
        cfg!(feature = "gc"),
        WasmFeatures::GC.union(WasmFeatures::FUNCTION_REFERENCES),
    ))
    .union(if_feature(
        cfg!(feature = "exceptions"),
        WasmFeatures::EXCEPTIONS,
    ))
    .union(if_feature(cfg!(feature = "threads"), WasmFeatures::THREADS))
    .union(if_feature(
        cfg!(feature = "memory64"),
        WasmFeatures::MEMORY64,
    ))
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::CUSTOM_PAGE_SIZES)
    .union(WasmFeatures::WIDE_ARITHMETIC);

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

impl Config {
    /// Whether modules may use the legacy exception instructions, `try` and what belongs to it, which the standard
    /// has dropped and toolchains still emit. Default: no.
    #[cfg(all(feature = "compiler", feature = "exceptions"))]
    pub fn wasm_legacy_exceptions(&mut self, enable: bool) -> &mut Config {
        self.feature(WasmFeatures::LEGACY_EXCEPTIONS, enable)
    }

    /// Whether modules may use custom descriptors, a proposal that is not standard yet. Default: no.
    #[cfg(all(feature = "compiler", feature = "gc"))]
    pub fn wasm_custom_descriptors(&mut self, enable: bool) -> &mut Config {
        self.feature(WasmFeatures::CUSTOM_DESCRIPTORS, enable)
    }

    /// Lazy translation, no metering, every supported language feature.
    pub fn new() -> Config {
        Config {
            compilation_mode: CompilationMode::default(),
            consume_fuel: false,
            interruptible: false,
            fuse: true,
            #[cfg(feature = "debug")]
            debug: false,
            max_stack_size: DEFAULT_STACK,
            max_nested_calls: 100,
            #[cfg(feature = "compiler")]
            features: SUPPORTED,
        }
    }

    /// When functions are translated. Default: [`CompilationMode::Lazy`].
    pub fn compilation_mode(&mut self, mode: CompilationMode) -> &mut Config {
        self.compilation_mode = mode;
        self
    }

    /// Whether code charges fuel, one unit for about each instruction; see [`Store::set_fuel`].
    /// Default: no; only with the cargo feature `metering`.
    ///
    /// What takes time by its size costs one unit more for every whole 64 bytes (or 8 elements of a
    /// table, or 8 locals), since a guest could do unbounded work on little fuel otherwise:
    /// - bulk memory and table instructions cost their length, before they write anything. They do so
    ///   also if they trap then, unless the length alone is more than there is to write to;
    /// - `memory.grow` and `table.grow` cost what they have grown by, and nothing if they fail;
    /// - calls cost the callee's locals, not counting parameters.
    ///
    /// [`Store::set_fuel`]: crate::Store::set_fuel
    pub fn consume_fuel(&mut self, enable: bool) -> &mut Config {
        self.consume_fuel = enable;
        self
    }

    /// Whether running code can be stopped through [`Store::interrupt_handle`]. Default: no; only with the
    /// cargo feature `metering`.
    ///
    /// [`Store::interrupt_handle`]: crate::Store::interrupt_handle
    pub fn interruptible(&mut self, enable: bool) -> &mut Config {
        self.interruptible = enable;
        self
    }

    /// Whether instructions that follow each other may become one op, and a function's hottest locals
    /// live in registers (on by default). Off, code is slower and closer to the wasm it comes from;
    /// results are the same, traps and where they are reported too, but for one: where a load and the
    /// store of what it gave are one op, its traps are reported at the store.
    pub fn fuse_ops(&mut self, enable: bool) -> &mut Config {
        self.fuse = enable;
        self
    }

    /// Whether code counts its wasm instructions and can stop before each, for a
    /// [`Stepper`](crate::debug::Stepper). Such code keeps every value of the program in its own place; it is several
    /// times slower and larger. Default: no, and then it costs nothing.
    #[cfg(feature = "debug")]
    pub fn debug(&mut self, enable: bool) -> &mut Config {
        self.debug = enable;
        self
    }

    /// Bytes of value stack that one call from the host, with all it calls, may use. WebAssembly
    /// code never recurses on the native stack. Default: 8 MiB, 64 KiB where `usize` has 32 bits or fewer.
    pub fn max_stack_size(&mut self, bytes: usize) -> &mut Config {
        self.max_stack_size = bytes;
        self
    }

    /// How deeply calls host -> WebAssembly may nest through host functions that call back; each
    /// level uses native stack. Default: 100.
    pub fn max_nested_calls(&mut self, depth: u32) -> &mut Config {
        self.max_nested_calls = depth;
        self
    }

    #[cfg(feature = "compiler")]
    fn feature(&mut self, feature: WasmFeatures, enable: bool) -> &mut Config {
        // What this build lacks stays off, so that modules with it are refused by name.
        let on_request = WasmFeatures::LEGACY_EXCEPTIONS | WasmFeatures::CUSTOM_DESCRIPTORS;
        let available = SUPPORTED.union(on_request).contains(feature);
        self.features.set(feature, enable && available);
        self
    }
}

#[cfg(feature = "compiler")]
macro_rules! features {
    ($($method:ident $flag:ident $name:literal;)*) => {
        impl Config {$(
            #[doc = concat!("Whether modules may use ", $name, ". Default: yes.")]
            pub fn $method(&mut self, enable: bool) -> &mut Config {
                self.feature(WasmFeatures::$flag, enable)
            }
        )*}
    };
}

#[cfg(feature = "compiler")]
features! {
    wasm_mutable_global MUTABLE_GLOBAL "imported and exported mutable globals";
    wasm_sign_extension SIGN_EXTENSION "sign extension instructions";
    wasm_saturating_float_to_int SATURATING_FLOAT_TO_INT "saturating conversions";
    wasm_multi_value MULTI_VALUE "several results and block parameters";
    wasm_bulk_memory BULK_MEMORY "bulk memory and table operations";
    wasm_reference_types REFERENCE_TYPES "`funcref`, `externref` and several tables";
    wasm_simd SIMD "vectors of 128 bits";
    wasm_relaxed_simd RELAXED_SIMD "relaxed vector instructions";
    wasm_function_references FUNCTION_REFERENCES "typed function references";
    wasm_gc GC "structures, arrays and casts";
    wasm_exceptions EXCEPTIONS "exceptions";
    wasm_threads THREADS "shared memories and atomic instructions";
    wasm_tail_call TAIL_CALL "tail calls";
    wasm_extended_const EXTENDED_CONST "arithmetic in constant expressions";
    wasm_multi_memory MULTI_MEMORY "several memories";
    wasm_memory64 MEMORY64 "memories and tables with 64-bit addresses";
    wasm_custom_page_sizes CUSTOM_PAGE_SIZES "memories with pages of one byte";
    wasm_wide_arithmetic WIDE_ARITHMETIC "128-bit addition, subtraction and multiplication";
    wasm_floats FLOATS "floating point";
}

#[cfg(all(test, feature = "compiler"))]
mod tests {
    use super::*;
    use crate::types::ValType;

    #[test]
    fn types_are_canonical_in_an_engine() {
        let engine = Engine::default();
        let ty = || FuncType::new([ValType::I64], [ValType::F32]);
        let id = engine.clone().intern(&ty());
        assert_eq!(engine.intern(&ty()), id);
        assert_eq!(engine.func_type(id), ty());
    }

    #[test]
    fn setters_chain() {
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .wasm_tail_call(false)
            .max_nested_calls(3);
        let engine = Engine::new(&config);
        assert!(engine.fuel_enabled() && !engine.interruptible());
        assert!(!engine.features().tail_call() && engine.features().memory64());
        assert_eq!(engine.features().simd(), cfg!(feature = "simd"));
    }
}
