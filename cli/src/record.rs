//! `wasmote run --record`: a recording in a file, and what it says of the program.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use wasmote::{Error, Store};

use crate::{args::ProgramArgs, error::Failure, load::reason};

/// What a replay needs to know of the program besides what its host functions did.
#[derive(Serialize, Deserialize)]
pub struct Info {
    /// Where the module was.
    pub module: PathBuf,
    /// Its length, and what tells it from others of that length.
    pub length: u64,
    pub hash: u64,
    pub invoke: Option<String>,
    /// Arguments of the invoked function.
    pub arguments: Vec<String>,
    /// Settings that a program can tell.
    pub fuel: bool,
    pub max_memory: Option<u64>,
    pub max_heap: Option<u64>,
    pub max_stack: Option<u64>,
    pub legacy_exceptions: bool,
}

impl Info {
    /// Of a program whose module has these bytes.
    pub fn of(args: &ProgramArgs, module: &[u8]) -> Info {
        let file = args.file();
        let words = args.words[1..].iter();
        let words = words.map(|word| word.to_string_lossy().into_owned());
        Info {
            module: std::path::absolute(&file).unwrap_or(file),
            length: module.len() as u64,
            hash: hash(module),
            invoke: args.invoke.clone(),
            arguments: words.filter(|_| args.invoke.is_some()).collect(),
            fuel: args.fuel.is_some(),
            max_memory: args.max_memory.map(|size| size.0),
            max_heap: args.max_heap.map(|size| size.0),
            max_stack: args.max_stack.map(|size| size.0),
            legacy_exceptions: args.legacy_exceptions,
        }
    }

    /// Whether it is of a module with these bytes.
    pub fn fits(&self, module: &[u8]) -> bool {
        self.length == module.len() as u64 && self.hash == hash(module)
    }
}

/// FNV-1a: tells modules apart that were built again, not those that somebody wants to look alike.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// A recording that is being written.
pub struct Log {
    path: PathBuf,
    file: Arc<Mutex<Buffered>>,
}

struct Buffered {
    file: BufWriter<File>,
    flushed: Instant,
}

impl Buffered {
    /// Little is lost of what was recorded if the process is killed.
    const OFTEN: Duration = Duration::from_millis(200);

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        if self.flushed.elapsed() >= Self::OFTEN {
            self.file.flush()?;
            self.flushed = Instant::now();
        }
        Ok(())
    }
}

impl Log {
    /// Makes the file, and has the store recorded to it from now on.
    pub fn start<T>(path: &Path, info: &Info, store: &mut Store<T>) -> Result<Log, Failure> {
        let file = File::create(path).map_err(|error| unwritten(path, &error))?;
        let log = Log {
            path: path.into(),
            file: Arc::new(Mutex::new(Buffered {
                file: BufWriter::with_capacity(1 << 16, file),
                flushed: Instant::now(),
            })),
        };
        let info = serde_json::to_vec(info).map_err(|error| Failure::new(error.to_string()))?;
        let (file, shown) = (log.file.clone(), path.display().to_string());
        store.record(&info, move |bytes| {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.write(bytes).map_err(|error| {
                Error::new(format!("cannot record to {shown}: {}", reason(&error)))
            })
        })?;
        Ok(log)
    }

    /// Writes what is still to be written.
    pub fn finish(self) -> Result<(), Failure> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let flushed = file.file.flush();
        flushed.map_err(|error| unwritten(&self.path, &error))
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{}: {}", path.display(), reason(error)))
}
