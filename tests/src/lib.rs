//! What the end-to-end tests share: the built `wasmote`, guests, directories to work in, programs that are Rust code.
//!
//! Cargo tells a package's tests only about the package's own binaries, so the binary is built here,
//! once per test process, with the profile the tests were built with.

pub mod chip;

pub use wasmote_behaviour::program;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    // <target>/<profile>/deps/<this test>
    let test = env::current_exe().expect("a running program has a path");
    let profile_dir = test
        .ancestors()
        .nth(2)
        .expect("tests are in <target>/<profile>/deps");
    let target_dir = profile_dir
        .parent()
        .expect("a profile is in the target directory");
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--package",
            "wasmote-cli",
            "--profile",
            profile,
            "--target-dir",
        ])
        .arg(target_dir)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(status.success(), "wasmote-cli builds");
    profile_dir.join(format!("wasmote{}", env::consts::EXE_SUFFIX))
});

/// A committed guest of `tests/guests`.
pub fn guest(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("guests")
        .join(name)
}

/// A committed workload of `benches`: no imports, and an export `run`.
pub fn workload(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../benches/workloads")
        .join(name)
        .with_extension("wasm")
}

/// What a run of `wasmote` left.
#[derive(Debug)]
pub struct Ran {
    /// Exit status.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    fn new(output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).expect("output is text");
        let code = output
            .status
            .code()
            .expect("wasmote is never killed by a signal");
        Ran {
            code,
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// The output of a run that ended well and had nothing to complain about.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// Asserts a status and that standard error is one line starting with `error: `; gives that line.
    #[track_caller]
    pub fn error(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        assert!(self.err.starts_with("error: "), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self.err.trim_end().to_string()
    }
}

/// Arguments for `wasmote`, split at spaces.
pub fn wasmote(line: &str) -> Ran {
    wasmote_in(Path::new("."), line)
}

/// The same, started in a directory.
pub fn wasmote_in(directory: &Path, line: &str) -> Ran {
    Ran::new(command(directory, line).output().expect("wasmote starts"))
}

/// The command, for tests that need more than its output.
pub fn command(directory: &Path, line: &str) -> Command {
    let mut command = Command::new(&*BINARY);
    command
        .args(line.split_whitespace())
        .current_dir(directory)
        .stdin(Stdio::null());
    command
}

/// Runs the command with this standard input.
pub fn with_input(mut command: Command, input: &str) -> Ran {
    use std::io::Write;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("wasmote starts");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(input.as_bytes())
        .expect("wasmote reads its input");
    Ran::new(child.wait_with_output().expect("wasmote ends"))
}

/// A new directory, removed with what is in it when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    /// An empty one.
    #[expect(
        clippy::new_without_default,
        reason = "it has an effect on the file system"
    )]
    pub fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("wasmote-test-{}-{n}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary directory is writable");
        Scratch(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file in it.
    pub fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, contents).expect("a scratch directory is writable");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
