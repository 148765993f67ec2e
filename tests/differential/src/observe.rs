//! What can be seen of a run, in terms that all runtimes share.

/// A value. References are only told apart by being null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
    FuncRef { null: bool },
    ExternRef { null: bool },
    AnyRef { null: bool },
    ExnRef { null: bool },
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    I32,
    I64,
    F32,
    F64,
    V128,
    FuncRef,
    ExternRef,
    AnyRef,
    ExnRef,
    /// A reference that cannot be null: its function is not called.
    NonNull,
}

/// Why a call stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    Unreachable,
    MemoryOutOfBounds,
    TableOutOfBounds,
    IndirectCallToNull,
    BadSignature,
    IntegerDivisionByZero,
    IntegerOverflow,
    BadConversionToInteger,
    StackOverflow,
    NullReference,
    CastFailure,
    ArrayOutOfBounds,
    OutOfMemory,
    UnalignedAtomic,
}

/// How an instantiation or a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Returned(Vec<Value>),
    Trapped(Trap),
    /// Another error: its text differs from runtime to runtime.
    Failed(Text),
}

/// Words for people, which are not compared.
#[derive(Clone)]
pub struct Text(pub String);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for Text {
    fn eq(&self, _: &Text) -> bool {
        true
    }
}

impl Eq for Text {}

/// How it ended, and what the instance's exports hold then, sorted by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub end: End,
    pub state: Vec<(String, Exported)>,
}

/// The content of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    Global(Value),
    /// Size in bytes, and a hash of them.
    Memory(usize, u64),
    /// Which elements are null.
    Table(Vec<bool>),
}

impl Step {
    fn new(end: End, mut state: Vec<(String, Exported)>) -> Step {
        state.sort_by(|a, b| a.0.cmp(&b.0));
        Step { end, state }
    }

    /// Whether it ended where runtimes may differ.
    pub fn overflowed(&self) -> bool {
        matches!(
            self.end,
            End::Trapped(Trap::StackOverflow | Trap::OutOfMemory)
        )
    }

    pub fn trapped(&self) -> bool {
        matches!(self.end, End::Trapped(_))
    }
}

/// A runtime with its configuration.
pub trait Runtime {
    fn name(&self) -> &str;
    /// Whether it is wasmote.
    fn tested(&self) -> bool {
        false
    }
    /// Loads a module.
    fn load(&self, module: &[u8]) -> Result<Box<dyn Session>, String>;
}

/// A loaded module.
pub trait Session {
    /// Exported functions in order, with their parameters.
    fn functions(&self) -> Vec<(String, Vec<Type>)>;
    /// A fresh instance, or how its instantiation ended, to call an exported function on.
    fn start(&self, func: &str) -> Result<Box<dyn Running>, End>;
}

/// An instance and one of its functions.
pub trait Running {
    fn call(&mut self, arguments: &[Value]) -> End;
    /// What its exports hold.
    fn state(&mut self) -> Vec<(String, Exported)>;
}

/// Calls a function on a fresh instance with each list of arguments: the step of the instantiation, then
/// one for each call. Ends early if the instantiation fails.
pub fn steps(session: &dyn Session, func: &str, arguments: &[Vec<Value>]) -> Vec<Step> {
    let mut running = match session.start(func) {
        Ok(running) => running,
        Err(end) => return vec![Step::new(end, Vec::new())],
    };
    let mut steps = vec![Step::new(End::Returned(Vec::new()), running.state())];
    for arguments in arguments {
        let end = running.call(arguments);
        steps.push(Step::new(end, running.state()));
    }
    steps
}

/// FNV-1a, over words: memories are hashed after every call.
pub fn hash(bytes: &[u8]) -> u64 {
    let step = |h: u64, word: u64| {
        (h ^ word)
            .wrapping_mul(0x0000_0100_0000_01b3)
            .rotate_left(23)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let h = words.iter().fold(0xcbf2_9ce4_8422_2325, |h, word| {
        step(h, u64::from_le_bytes(*word))
    });
    rest.iter().fold(h, |h, byte| step(h, u64::from(*byte)))
}
