//! Core dumps of WebAssembly, in the format of its tool conventions (Coredump.md): a module that is not run, but holds
//! the state of one that was. Debuggers read them next to the modules that they name.

use std::{
    io::{self, Write},
    ops::Range,
};

use wasm_encoder::{
    ConstExpr, CoreDumpInstancesSection, CoreDumpModulesSection, CoreDumpSection,
    CoreDumpStackSection, CoreDumpValue, Encode, GlobalSection, GlobalType, HeapType, Ieee32,
    Ieee64, MemorySection, MemoryType, Module, RefType, Section, SectionId, ValType,
};
use wasmote::Val;

/// What a program left. Indices are into the lists here.
#[derive(Default)]
pub struct CoreDump<'a> {
    /// The program.
    pub name: String,
    /// Names or paths of modules.
    pub modules: Vec<String>,
    /// Their instances.
    pub instances: Vec<Instance>,
    /// What was executed.
    pub threads: Vec<Thread>,
    /// All memories.
    pub memories: Vec<Memory<'a>>,
    /// All globals.
    pub globals: Vec<Value>,
}

/// An instance of a module.
pub struct Instance {
    /// The module.
    pub module: u32,
    /// Its memories, imported ones first.
    pub memories: Vec<u32>,
    /// Its globals, imported ones first.
    pub globals: Vec<u32>,
}

/// A stack of calls.
pub struct Thread {
    /// Its name.
    pub name: String,
    /// From the innermost to the outermost.
    pub frames: Vec<Frame>,
}

/// A call.
pub struct Frame {
    /// The instance.
    pub instance: u32,
    /// The function's index in its module.
    pub func: u32,
    /// Where the instruction is that it is at, counted from the start of the function's body, which is the
    /// declarations of its locals ([`Body::range`](super::code::Body::range)).
    pub offset: u32,
    /// Parameters and locals.
    pub locals: Vec<Value>,
    /// Operands, the lowest first.
    pub stack: Vec<Value>,
}

/// The value of a local, an operand or a global.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    I32(i32),
    I64(i64),
    /// Its bits.
    F32(u32),
    /// Its bits.
    F64(u64),
    /// Only of globals: elsewhere the format has none, and it counts as missing.
    V128(u128),
    /// Unknown, or a reference.
    Missing,
}

impl From<&Val> for Value {
    fn from(value: &Val) -> Value {
        match value {
            Val::I32(value) => Value::I32(*value),
            Val::I64(value) => Value::I64(*value),
            Val::F32(bits) => Value::F32(*bits),
            Val::F64(bits) => Value::F64(*bits),
            Val::V128(bits) => Value::V128(*bits),
            _ => Value::Missing,
        }
    }
}

/// A linear memory.
pub struct Memory<'a> {
    /// All of it.
    pub bytes: &'a [u8],
    /// The base-2 logarithm of its page size.
    pub page_size_log2: u32,
    /// The largest size in pages, if there is a limit.
    pub maximum: Option<u64>,
    /// Whether addresses have 64 bits.
    pub memory64: bool,
    /// Whether it is shared: then it has a maximum.
    pub shared: bool,
}

/// Blocks of this size that are zero are left out.
const BLOCK: usize = 256;

/// The page size that memories have unless they say otherwise.
const PAGE_LOG2: u32 = 16;

impl CoreDump<'_> {
    /// Writes the dump. Of memories, what is zero takes no room, and no copy is made.
    ///
    /// # Errors
    /// Those of the writer; and `InvalidInput` if memories hold more than the 4 GiB that a module can.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut module = Module::new();
        module.section(&CoreDumpSection::new(self.name.as_str()));
        let mut modules = CoreDumpModulesSection::new();
        for name in &self.modules {
            modules.module(name);
        }
        module.section(&modules);
        let mut instances = CoreDumpInstancesSection::new();
        for instance in &self.instances {
            let memories = instance.memories.iter().copied();
            instances.instance(instance.module, memories, instance.globals.iter().copied());
        }
        module.section(&instances);
        for thread in &self.threads {
            module.section(&stack(thread));
        }
        let mut memories = MemorySection::new();
        for memory in &self.memories {
            memories.memory(memory.ty());
        }
        section(&mut module, &memories, memories.is_empty());
        let mut globals = GlobalSection::new();
        for global in &self.globals {
            let (ty, value) = global.constant();
            globals.global(ty, &value);
        }
        section(&mut module, &globals, globals.is_empty());
        out.write_all(module.as_slice())?;
        self.write_data(out)
    }

    /// Data are large: they go from where they are to the writer.
    fn write_data(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut segments = Vec::new();
        let mut size = 0u64;
        for (index, memory) in (0u32..).zip(&self.memories) {
            for range in filled(memory.bytes) {
                let head = memory.segment_head(index, &range);
                size += (head.len() + range.len()) as u64;
                segments.push((head, &memory.bytes[range]));
            }
        }
        if segments.is_empty() {
            return Ok(());
        }
        let mut count = Vec::new();
        segments.len().encode(&mut count);
        let size = u32::try_from(size + count.len() as u64).map_err(|_| {
            let words = "memories hold more than the 4 GiB that fit into a core dump";
            io::Error::new(io::ErrorKind::InvalidInput, words)
        })?;
        let mut head = vec![SectionId::Data as u8];
        size.encode(&mut head);
        out.write_all(&head)?;
        out.write_all(&count)?;
        for (head, bytes) in segments {
            out.write_all(&head)?;
            out.write_all(bytes)?;
        }
        Ok(())
    }
}

impl Memory<'_> {
    fn ty(&self) -> MemoryType {
        MemoryType {
            minimum: (self.bytes.len() as u64) >> self.page_size_log2,
            maximum: self.maximum,
            memory64: self.memory64,
            shared: self.shared,
            page_size_log2: (self.page_size_log2 != PAGE_LOG2).then_some(self.page_size_log2),
        }
    }

    /// An active segment up to its bytes.
    fn segment_head(&self, index: u32, range: &Range<usize>) -> Vec<u8> {
        let mut head = Vec::new();
        match index {
            0 => 0u32.encode(&mut head),
            _ => {
                2u32.encode(&mut head);
                index.encode(&mut head);
            }
        }
        let start = match self.memory64 {
            true => ConstExpr::i64_const(range.start as i64),
            false => ConstExpr::i32_const(range.start as u32 as i32),
        };
        start.encode(&mut head);
        range.len().encode(&mut head);
        head
    }
}

impl Value {
    /// As a global that does not change.
    fn constant(self) -> (GlobalType, ConstExpr) {
        let (val_type, value) = match self {
            Value::I32(value) => (ValType::I32, ConstExpr::i32_const(value)),
            Value::I64(value) => (ValType::I64, ConstExpr::i64_const(value)),
            Value::F32(bits) => (ValType::F32, ConstExpr::f32_const(Ieee32::new(bits))),
            Value::F64(bits) => (ValType::F64, ConstExpr::f64_const(Ieee64::new(bits))),
            Value::V128(bits) => (ValType::V128, ConstExpr::v128_const(bits as i128)),
            // There is nothing for it, but the next ones keep their indices.
            Value::Missing => (
                ValType::Ref(RefType::EXTERNREF),
                ConstExpr::ref_null(HeapType::EXTERN),
            ),
        };
        let ty = GlobalType {
            val_type,
            mutable: false,
            shared: false,
        };
        (ty, value)
    }

    /// On a stack.
    fn stacked(self) -> CoreDumpValue {
        match self {
            Value::I32(value) => CoreDumpValue::I32(value),
            Value::I64(value) => CoreDumpValue::I64(value),
            Value::F32(bits) => CoreDumpValue::F32(Ieee32::new(bits)),
            Value::F64(bits) => CoreDumpValue::F64(Ieee64::new(bits)),
            Value::V128(_) | Value::Missing => CoreDumpValue::Missing,
        }
    }
}

fn stack(thread: &Thread) -> CoreDumpStackSection {
    let mut stack = CoreDumpStackSection::new(thread.name.as_str());
    for frame in &thread.frames {
        stack.frame(
            frame.instance,
            frame.func,
            frame.offset,
            frame.locals.iter().map(|value| value.stacked()),
            frame.stack.iter().map(|value| value.stacked()),
        );
    }
    stack
}

fn section(module: &mut Module, section: &impl Section, is_empty: bool) {
    if !is_empty {
        module.section(section);
    }
}

/// Where blocks are that are not zero; neighbours together.
fn filled(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (n, block) in bytes.chunks(BLOCK).enumerate() {
        if block.iter().all(|byte| *byte == 0) {
            continue;
        }
        let start = n * BLOCK;
        let end = start + block.len();
        match found.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => found.push(start..end),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use wasmparser::{DataKind, KnownCustom, Operator, Parser, Payload, Validator, WasmFeatures};

    use super::*;

    fn written(dump: &CoreDump) -> Vec<u8> {
        let mut bytes = Vec::new();
        dump.write(&mut bytes).expect("a vector takes all");
        bytes
    }

    fn validator() -> Validator {
        Validator::new_with_features(WasmFeatures::all())
    }

    fn values() -> Vec<Value> {
        vec![
            Value::I32(-1),
            Value::I64(i64::MIN),
            Value::F32(0x7fc0_0001),
            Value::F64((-0.5f64).to_bits()),
            Value::V128(u128::MAX - 1),
            Value::Missing,
        ]
    }

    fn dump<'a>(first: &'a [u8], second: &'a [u8]) -> CoreDump<'a> {
        CoreDump {
            name: "a program".to_owned(),
            modules: vec!["main.wasm".to_owned(), "ümlaut.wasm".to_owned()],
            instances: vec![
                Instance {
                    module: 0,
                    memories: vec![0],
                    globals: vec![0, 1],
                },
                Instance {
                    module: 1,
                    memories: vec![0, 1],
                    globals: vec![],
                },
            ],
            threads: vec![
                Thread {
                    name: "main".to_owned(),
                    frames: vec![
                        Frame {
                            instance: 1,
                            func: 7,
                            offset: 0x1234,
                            locals: values(),
                            stack: vec![],
                        },
                        Frame {
                            instance: 0,
                            func: 300,
                            offset: 0,
                            locals: vec![],
                            stack: values(),
                        },
                    ],
                },
                Thread {
                    name: String::new(),
                    frames: vec![],
                },
            ],
            memories: vec![
                Memory {
                    bytes: first,
                    page_size_log2: 16,
                    maximum: Some(100),
                    memory64: false,
                    shared: false,
                },
                Memory {
                    bytes: second,
                    page_size_log2: 0,
                    maximum: None,
                    memory64: true,
                    shared: false,
                },
            ],
            globals: values(),
        }
    }

    /// A value that was read, in our words.
    fn read(value: &wasmparser::CoreDumpValue) -> Value {
        match value {
            wasmparser::CoreDumpValue::I32(value) => Value::I32(*value),
            wasmparser::CoreDumpValue::I64(value) => Value::I64(*value),
            wasmparser::CoreDumpValue::F32(value) => Value::F32(value.bits()),
            wasmparser::CoreDumpValue::F64(value) => Value::F64(value.bits()),
            wasmparser::CoreDumpValue::Missing => Value::Missing,
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let mut first = vec![0; 3 << 16];
        // Bytes at the ends, and two blocks that touch.
        for at in [0, 1000, 1200, (3 << 16) - 1] {
            first[at] = at as u8 | 1;
        }
        let second = [9; 700];
        let bytes = written(&dump(&first, &second));
        validator().validate_all(&bytes).expect("a module");

        let mut memories = [vec![0u8; first.len()], vec![0u8; second.len()]];
        let mut stacks = Vec::new();
        let (mut names, mut instances, mut globals) = (Vec::new(), Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(&bytes) {
            match payload.expect("a module") {
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::CoreDump(core) => names.push(core.name.to_owned()),
                    KnownCustom::CoreDumpModules(modules) => {
                        names.extend(modules.modules.iter().map(|name| (*name).to_owned()));
                    }
                    KnownCustom::CoreDumpInstances(found) => {
                        for i in found.instances {
                            instances.push((i.module_index, i.memories, i.globals));
                        }
                    }
                    KnownCustom::CoreDumpStack(stack) => {
                        let frames: Vec<_> = stack
                            .frames
                            .iter()
                            .map(|f| {
                                let locals: Vec<Value> = f.locals.iter().map(read).collect();
                                let stack: Vec<Value> = f.stack.iter().map(read).collect();
                                (f.instanceidx, f.funcidx, f.codeoffset, locals, stack)
                            })
                            .collect();
                        stacks.push((stack.name.to_owned(), frames));
                    }
                    _ => panic!("{}", section.name()),
                },
                Payload::MemorySection(found) => {
                    let pages: Vec<(u64, Option<u64>, bool)> = found
                        .into_iter()
                        .map(|ty| ty.expect("valid"))
                        .map(|ty| (ty.initial, ty.maximum, ty.memory64))
                        .collect();
                    assert_eq!(pages, [(3, Some(100), false), (700, None, true)]);
                }
                Payload::GlobalSection(found) => {
                    for global in found {
                        let global = global.expect("valid");
                        assert!(!global.ty.mutable);
                        let value = global.init_expr.get_operators_reader().read();
                        globals.push(match value.expect("valid") {
                            Operator::I32Const { value } => Value::I32(value),
                            Operator::I64Const { value } => Value::I64(value),
                            Operator::F32Const { value } => Value::F32(value.bits()),
                            Operator::F64Const { value } => Value::F64(value.bits()),
                            Operator::V128Const { value } => Value::V128(value.i128() as u128),
                            _ => Value::Missing,
                        });
                    }
                }
                Payload::DataSection(found) => {
                    assert_eq!(found.count(), 4);
                    for segment in found {
                        let segment = segment.expect("valid");
                        let DataKind::Active {
                            memory_index,
                            offset_expr,
                        } = segment.kind
                        else {
                            panic!("passive");
                        };
                        let start = match offset_expr.get_operators_reader().read() {
                            Ok(Operator::I32Const { value }) => value as usize,
                            Ok(Operator::I64Const { value }) => value as usize,
                            other => panic!("{other:?}"),
                        };
                        memories[memory_index as usize][start..][..segment.data.len()]
                            .copy_from_slice(segment.data);
                    }
                }
                _ => {}
            }
        }
        assert_eq!(names, ["a program", "main.wasm", "ümlaut.wasm"]);
        assert_eq!(
            instances,
            [(0, vec![0], vec![0, 1]), (1, vec![0, 1], vec![])]
        );
        let mut stacked = values();
        stacked[4] = Value::Missing;
        assert_eq!(
            stacks,
            [
                (
                    "main".to_owned(),
                    vec![
                        (1, 7, 0x1234, stacked.clone(), vec![]),
                        (0, 300, 0, vec![], stacked),
                    ]
                ),
                (String::new(), vec![]),
            ]
        );
        assert_eq!(globals, values());
        assert_eq!(memories, [first, second.to_vec()]);
    }

    #[test]
    fn zeros_take_no_room() {
        let memory = vec![0; 64 << 20];
        assert!(written(&dump(&memory, &[])).len() < 500);
        let empty = written(&CoreDump::default());
        validator().validate_all(&empty).expect("a module");
    }

    #[test]
    fn errors_of_the_writer_are_told() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if bytes.len() > self.0 {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                self.0 -= bytes.len();
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let memory = [1; 1000];
        let dump = dump(&[], &memory);
        let size = written(&dump).len();
        for room in [0, 10, size - 1] {
            let error = dump.write(&mut Full(room)).expect_err("it is full");
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        }
        dump.write(&mut Full(size)).expect("there is room");
    }
}
