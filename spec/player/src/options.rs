//! How scripts are run.

use serde::{Deserialize, Serialize};
use wasmote::{CompilationMode, Config, Engine};

/// How a script is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Translate functions at load instead of at their first call.
    pub eager: bool,
    /// Meter every call, with more fuel than any script uses up.
    pub fuel: bool,
    /// Collect the heap before every object that is made.
    pub zeal: bool,
    /// Run code that can be stepped through.
    #[cfg(feature = "debug")]
    pub debug: bool,
    /// The language the script was written for.
    pub language: Language,
}

impl Options {
    /// These options for a script of that language.
    pub fn in_language(self, language: Language) -> Options {
        Options { language, ..self }
    }

    /// An engine that is set to them.
    pub fn engine(&self) -> Engine {
        let mut config = Config::new();
        config.consume_fuel(self.fuel);
        config.compilation_mode(if self.eager {
            CompilationMode::Eager
        } else {
            CompilationMode::Lazy
        });
        #[cfg(feature = "compiler")]
        self.language.configure(&mut config);
        #[cfg(feature = "debug")]
        config.debug(self.debug);
        // Deep enough for every script, small enough that runaway recursion ends soon.
        config.max_stack_size(1 << 20);
        Engine::new(&config)
    }
}

impl core::fmt::Display for Options {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if self.eager { "eager" } else { "lazy" })?;
        f.write_str(if self.fuel { ", fuel" } else { "" })?;
        #[cfg(feature = "debug")]
        f.write_str(if self.debug { ", debug" } else { "" })?;
        f.write_str(if self.zeal { ", zeal" } else { "" })
    }
}

/// Older scripts assert that what came later is refused; for them the engine is set to their language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// Everything.
    #[default]
    Latest,
    /// Without 64-bit memories and several memories: WebAssembly 1.0 and 2.0.
    Second,
    /// Without several memories: proposals that came before them.
    OneMemory,
    /// WebAssembly 1.0 with threads.
    Threads,
    /// With the proposal of custom descriptors, which changes what `br_on_cast` may be.
    CustomDescriptors,
}

impl Language {
    /// The language that the scripts in a folder of the official test suite were written for.
    pub fn of_folder(folder: &str) -> Language {
        match folder {
            "wasm-v1" | "wasm-v2" => Language::Second,
            "multi-value" | "nontrapping-float-to-int-conversions" | "reference-types" => {
                Language::Second
            }
            "bulk-memory" | "memory64" | "function-references" => Language::OneMemory,
            "threads" => Language::Threads,
            "custom-descriptors" => Language::CustomDescriptors,
            _ => Language::Latest,
        }
    }

    /// Switches off what the language does not have. (Images were made in it.)
    #[cfg(feature = "compiler")]
    fn configure(self, config: &mut Config) {
        config.wasm_legacy_exceptions(true);
        match self {
            Language::Latest => {}
            Language::Second => {
                config.wasm_multi_memory(false).wasm_memory64(false);
                config.wasm_gc(false).wasm_function_references(false);
                config.wasm_exceptions(false).wasm_legacy_exceptions(false);
                config.wasm_threads(false);
            }
            Language::Threads => {
                config.wasm_multi_memory(false).wasm_reference_types(false);
                config.wasm_gc(false).wasm_function_references(false);
                config.wasm_exceptions(false).wasm_legacy_exceptions(false);
            }
            Language::OneMemory => {
                config.wasm_multi_memory(false);
            }
            Language::CustomDescriptors => {
                config.wasm_custom_descriptors(true);
            }
        }
    }
}
