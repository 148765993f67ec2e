//! Attempts to get out of the sandbox, or to make the host fall over: each with the errno it meets. All run
//! with `openat2` and without it, on a directory whose surroundings must stay as they are.

mod tables;

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use tables::{ESCAPES, FOLLOWING, FUNCTIONS, Guest, LINKS, NONE, PROBES, READ, ROOT, WRITE};
use wasmote_std_host::WasiCtxBuilder;
use wasmote_tests::{
    Scratch,
    program::{CREAT, Program, Result},
};
use wasmote_wasi::{DirRights, Errno};

/// The surroundings, as they are found again: names, kinds, contents, times.
type Snapshot = BTreeMap<PathBuf, (u32, u64, i64, i64, Vec<u8>)>;

fn snapshot(dir: &Path, found: &mut Snapshot) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        let contents = if meta.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        let facts = (
            meta.mode(),
            meta.nlink(),
            meta.mtime(),
            meta.mtime_nsec(),
            contents,
        );
        if meta.is_dir() {
            snapshot(&path, found);
        }
        found.insert(path, facts);
    }
}

fn tree(temp: &Path) -> (PathBuf, PathBuf) {
    let (root, outside) = (temp.join("root"), temp.join("outside"));
    fs::create_dir_all(root.join("dir/sub")).unwrap();
    fs::create_dir_all(outside.join("dir")).unwrap();
    fs::write(root.join("file"), "data").unwrap();
    fs::write(root.join("dir/file"), "data").unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    let links = [
        ("../outside", "up"),
        ("../../outside", "dir/deep_up"),
        ("../outside/secret", "out"),
        ("../outside/new", "dangling_out"),
        ("dir/../../outside", "winding"),
        ("up", "chain"),
        ("dir", "inner"),
        ("file", "inner_file"),
        ("nowhere", "dangling"),
        ("loop", "loop"),
        ("pong", "ping"),
        ("ping", "pong"),
        ("/proc/self/root", "proc_root"),
        ("/proc/self/fd", "proc_fd"),
        ("/proc/self/cwd", "proc_cwd"),
        ("file", "link0"),
    ];
    for (text, name) in links {
        symlink(text, root.join(name)).unwrap();
    }
    for index in 1..=50 {
        symlink(
            format!("link{}", index - 1),
            root.join(format!("link{index}")),
        )
        .unwrap();
    }
    symlink(&outside, root.join("absolute")).unwrap();
    (root, outside)
}

fn guest(root: &Path) -> Guest {
    let builder = WasiCtxBuilder::new()
        .preopened_dir(root, "/", DirRights::READ_WRITE)
        .and_then(|builder| builder.preopened_dir(root, "/sealed", DirRights::READ_ONLY));
    Program::new(builder.unwrap().arg("prog").unwrap().build().unwrap())
}

/// Runs all attempts; tells how many.
fn attack() -> usize {
    let temp = Scratch::new();
    let (root, outside) = tree(temp.path());
    let (mut before, mut after) = (Snapshot::new(), Snapshot::new());
    snapshot(temp.path(), &mut before);
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut check = |what: String, result: Result<()>, expected: Errno| {
        count += 1;
        if result != Err(expected) {
            wrong.push(format!("{what}: {result:?} instead of {expected:?}"));
        }
    };
    for (name, function) in FUNCTIONS {
        for path in ESCAPES {
            let result = function(&mut guest(&root), path);
            check(format!("{name} {path}"), result, Errno::Perm);
        }
        for path in LINKS.iter().filter(|_| FOLLOWING.contains(name)) {
            let result = function(&mut guest(&root), path);
            // Nothing is created under a directory's name, wherever that leads.
            let expected = match *name {
                "create" if path.ends_with('/') => Errno::IsDir,
                _ => Errno::Perm,
            };
            check(format!("{name} {path}"), result, expected);
        }
    }
    for (name, probe, expected) in PROBES {
        let result = probe(&mut guest(&root));
        check((*name).into(), result, *expected);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    snapshot(temp.path(), &mut after);
    assert!(
        after == before,
        "{:?} and {:?}",
        before.keys(),
        after.keys()
    );
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
    count
}

/// Stops the other thread when it goes away.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Another thread swaps a directory for a link to outside, while the program goes through it.
fn race() {
    let temp = Scratch::new();
    let (root, outside) = tree(temp.path());
    let (swap, aside, link) = (root.join("swap"), root.join("aside"), root.join("link"));
    fs::create_dir(&swap).unwrap();
    fs::write(swap.join("secret"), "inside").unwrap();
    symlink("../outside", &link).unwrap();
    let mut guest = guest(&root);
    let stop = AtomicBool::new(false);
    let (mut inside, mut refused) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                fs::rename(&swap, &aside).unwrap();
                fs::rename(&link, &swap).unwrap();
                fs::rename(&swap, &link).unwrap();
                fs::rename(&aside, &swap).unwrap();
            }
        });
        // However this ends.
        let _stop = Stop(&stop);
        for index in 0..3000 {
            match guest.open_with(ROOT, true, "swap/secret", 0, READ, NONE, 0) {
                Ok(fd) => {
                    assert_eq!(guest.read(fd, 100).unwrap(), b"inside");
                    guest.close(fd).unwrap();
                    inside += 1;
                }
                Err(errno) => {
                    // The kernel may give up on a path that changes under it; the walk may find a
                    // directory where there was a link to be read.
                    let known = [
                        Errno::Perm,
                        Errno::NoEnt,
                        Errno::Again,
                        Errno::Loop,
                        Errno::NotDir,
                        Errno::Inval,
                    ];
                    assert!(known.contains(&errno), "{errno:?}");
                    refused += 1;
                }
            }
            let created = guest.open_with(ROOT, true, "swap/new", CREAT, WRITE, NONE, 0);
            if let Ok(fd) = created {
                assert_eq!(guest.write(fd, b"mine"), Ok(4));
                guest.close(fd).unwrap();
            }
            let _ = guest.mkdir(ROOT, "swap/newdir");
            let _ = guest.unlink(ROOT, "swap/secret.bak");
            let _ = guest.rename(ROOT, "swap/new", ROOT, "swap/new2");
            let _ = guest.set_mtim(ROOT, "swap/secret", true, index);
        }
    });
    assert!(inside > 0 && inside + refused == 3000, "{inside} {refused}");
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
    assert!(fs::metadata(outside.join("secret")).unwrap().mtime() > 1_000_000);
    let mut names: Vec<_> = fs::read_dir(&outside)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["dir", "secret"]);
}

fn openat2() -> rustix::io::Result<rustix::fd::OwnedFd> {
    let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC;
    let (mode, how) = (rustix::fs::Mode::empty(), rustix::fs::ResolveFlags::BENEATH);
    rustix::fs::openat2(rustix::fs::CWD, c".", flags, mode, how)
}

#[test]
fn nothing_gets_out() {
    if let Err(error) = openat2() {
        println!("openat2: {error}: both tests walk on this machine");
    }
    let count = attack();
    assert!(count >= 120, "{count}");
    race();
}

/// The same where the kernel does not know `openat2`, as in many containers: in a process of its own, since the
/// answer is remembered by a process.
#[test]
fn nothing_gets_out_without_openat2() {
    const CHILD: &str = "WASMOTE_TEST_WITHOUT_OPENAT2";
    if env::var_os(CHILD).is_none() {
        let name = "attacks::nothing_gets_out_without_openat2";
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}{errors}"
        );
        return;
    }
    const OPENAT2: i64 = 437;
    const ENOSYS: u32 = 38;
    let rules = [(OPENAT2, Vec::new())].into_iter().collect();
    let architecture = env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(ENOSYS),
        architecture,
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
    assert_eq!(openat2().err(), Some(rustix::io::Errno::NOSYS));
    attack();
    race();
}
