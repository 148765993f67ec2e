//! `run --snapshot` and `resume`: programs that go on in another process.

use std::{fs, path::Path, thread, time::Duration};

use wasmote_tests::{Ran, Scratch, command, guest, wasmote_in, workload};

/// Prints a file of the first directory, seven bytes at a time, between its argument's letter; exits with how many reads
/// it took. It keeps the descriptor in a global and sets up what it needs in its start function, which may run once only.
const CAT: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "in.txt")
  (global $file (mut i32) (i32.const -1))
  (global $reads (mut i32) (i32.const 0))
  (func $start
    (if (i32.load (i32.const 128)) (then (unreachable)))
    (i32.store (i32.const 128) (i32.const 1))
    (i32.store (i32.const 0) (i32.const 1024)) ;; where pieces go
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 6) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
    (global.set $file (i32.load (i32.const 32))))
  (start $start)
  (func (export "_start")
    (loop $again
      (i32.store (i32.const 4) (i32.const 7))
      (if (call $read (global.get $file) (i32.const 0) (i32.const 1) (i32.const 4)) (then (unreachable)))
      (if (i32.load (i32.const 4)) (then
        (global.set $reads (i32.add (global.get $reads) (i32.const 1)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
        (br $again))))
    (call $exit (global.get $reads))))"#;

const TEXT: &str =
    "It was the best of times,\nit was the worst of times,\nand it was far from over.\n";

fn in_scratch(dir: &Scratch, line: &str) -> Ran {
    wasmote_in(dir.path(), line)
}

/// A run in two processes, or more, with the same options and arguments: pauses at each of the steps.
fn in_parts(dir: &Scratch, words: &str, end: &str, steps: &[u64]) -> Ran {
    let mut out = String::new();
    let mut from = String::from("run");
    for (n, step) in steps.iter().enumerate() {
        let line = format!("{from} --snapshot {n}.snap --pause-at {step} {words}");
        let resumed = match n {
            0 => String::new(),
            n => format!("{}.snap ", n - 1),
        };
        let ran = in_scratch(dir, &format!("{line} {resumed}{end}"));
        out += &ran.out;
        let paused = dir.path().join(format!("{n}.snap")).exists();
        if !paused {
            assert!(ran.err.contains("before it was to pause"), "{ran:?}");
            return Ran {
                out,
                err: String::new(),
                ..ran
            };
        }
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        from = "resume".into();
    }
    let last = steps.len() - 1;
    let ran = in_scratch(dir, &format!("resume {words} {last}.snap {end}"));
    for n in 0..steps.len() {
        fs::remove_file(dir.path().join(format!("{n}.snap"))).expect("it was written");
    }
    let left = fs::read_dir(dir.path()).expect("it is there");
    let left = left.map(|entry| entry.expect("an entry").file_name());
    assert!(
        left.into_iter()
            .all(|name| !name.to_string_lossy().contains("snap"))
    );
    out += &ran.out;
    Ran { out, ..ran }
}

fn cat() -> Scratch {
    let dir = Scratch::new();
    dir.file("cat.wat", CAT);
    dir.file("in.txt", TEXT);
    dir
}

#[test]
fn a_program_goes_on_in_another_process_from_any_step() {
    let dir = cat();
    let whole = in_scratch(&dir, "run --dir . cat.wat");
    assert_eq!((whole.out.as_str(), whole.code), (TEXT, 12));
    for step in [1, 14, 15, 16, 17, 20, 31, 32, 33, 40, 77, 150, 200] {
        let parts = in_parts(&dir, "--dir .", "cat.wat", &[step]);
        assert_eq!((&parts.out, parts.code), (&whole.out, 12), "at {step}");
        assert_eq!(parts.err, "", "at {step}");
    }
    let parts = in_parts(&dir, "--dir .", "cat.wat", &[20, 50, 51, 90, 140]);
    assert_eq!((&parts.out, parts.code), (&whole.out, 12));
    // Later than its end.
    let parts = in_parts(&dir, "--dir .", "cat.wat", &[1_000_000]);
    assert_eq!((&parts.out, parts.code), (&whole.out, 12));
}

#[test]
fn real_programs_are_paused_anywhere() {
    let dir = Scratch::new();
    dir.file(
        "in.md",
        "# One\n\n- a *b*\n- `c`\n\n## Two\n\nText with [a link](http://x/).\n",
    );
    let md = guest("md2html.wasm").display().to_string();
    let whole = in_scratch(&dir, &format!("run --dir . {md} in.md")).ok();
    for step in [1, 1_000, 9_999, 15_000, 20_000] {
        let parts = in_parts(&dir, "--dir .", &format!("{md} in.md"), &[step]);
        assert_eq!((&parts.out, parts.code), (&whole, 0), "at {step}");
    }
    let ledger = guest("ledger-O0.wasm").display().to_string();
    let whole = in_scratch(&dir, &format!("run {ledger} 30"));
    for steps in [&[4_000][..], &[100_000, 1_349_311]] {
        let parts = in_parts(&dir, "", &format!("{ledger} 30"), steps);
        assert_eq!((&parts.out, &parts.err), (&whole.out, &whole.err));
        assert_eq!(parts.code, 134);
    }
}

#[test]
fn results_and_fuel_of_functions_are_those_of_the_call() {
    let dir = Scratch::new();
    let fib = workload("fib").display().to_string();
    let whole = in_scratch(&dir, &format!("run --invoke run {fib} 15")).ok();
    let line = "run --snapshot f.snap --pause-at 700 --fuel 100000000 --invoke run";
    assert_eq!(in_scratch(&dir, &format!("{line} {fib} 15")).ok(), "");
    let resumed = in_scratch(&dir, &format!("resume f.snap {fib}")).ok();
    assert_eq!(resumed, whole);
    let resumed = in_scratch(&dir, &format!("resume --fuel 100000000 f.snap {fib}")).ok();
    assert_eq!(resumed, whole);
    let short = in_scratch(&dir, &format!("resume --fuel 50 f.snap {fib}"));
    assert_eq!(short.code, 134);
    assert!(short.err.contains("fuel"), "{short:?}");
    let refused = in_scratch(&dir, &format!("resume --invoke run f.snap {fib}"));
    assert_eq!(refused.code, 2);
}

#[test]
fn a_virtual_machine_goes_on_with_its_clock_and_its_dice() {
    let dir = Scratch::new();
    let files = guest("files.wasm").display().to_string();
    for what in ["time", "random"] {
        let end = format!("{files} {what}");
        let whole = in_scratch(&dir, &format!("run --virtual --seed 7 {end}"));
        for step in [2_000, 4_000, 6_000, 8_000] {
            let parts = in_parts(&dir, "--virtual --seed 7", &end, &[step]);
            assert_eq!(
                (&parts.out, parts.code),
                (&whole.out, whole.code),
                "{what} at {step}"
            );
        }
    }
}

#[test]
fn a_debugger_begins_where_a_program_was_paused() {
    let dir = cat();
    in_scratch(&dir, "run --snapshot c.snap --pause-at 60 --dir . cat.wat");
    let line = "debug --from c.snap --dir . -c frame -c continue -c rsi -c rc cat.wat";
    let told = in_scratch(&dir, line).ok();
    assert!(told.starts_with("step 60: "), "{told}");
    assert!(told.contains("exited with status 12"), "{told}");
    // What it printed in this process; the first line begins where the other one had stopped.
    let rest: String = told
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(
        TEXT.ends_with(&rest) && (20..TEXT.len()).contains(&rest.len()),
        "{told}"
    );
    let steps = told.lines().filter(|line| line.starts_with("step 60: "));
    assert_eq!(steps.count(), 2, "{told}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let dir = cat();
    in_scratch(&dir, "run --snapshot c.snap --pause-at 60 --dir . cat.wat");
    let error = |line: &str| in_scratch(&dir, line).error(1);
    dir.file("other.wat", CAT.replace("const 7", "const 8"));
    let told = error("resume --dir . c.snap other.wat");
    assert!(
        told.contains("c.snap: the snapshot is of another module"),
        "{told}"
    );
    let told = error("resume c.snap cat.wat");
    assert!(told.contains("preopened directory \".\""), "{told}");
    let told = error("resume --dir .:ro::. c.snap cat.wat");
    assert!(told.contains("error: "), "{told}");
    fs::rename(dir.path().join("in.txt"), dir.path().join("gone.txt")).expect("it is there");
    let told = error("resume --dir . c.snap cat.wat");
    assert!(told.contains("in.txt"), "{told}");
    fs::rename(dir.path().join("gone.txt"), dir.path().join("in.txt")).expect("it is there");
    let told = error("resume --dir . --max-memory 1KiB c.snap cat.wat");
    assert!(told.contains("memory"), "{told}");
    let told = error("resume cat.wat cat.wat");
    assert!(told.contains("cat.wat: not a snapshot"), "{told}");
    let told = error("resume none.snap cat.wat");
    assert!(told.contains("none.snap: No such file"), "{told}");
    let told = error("run --snapshot no/such.snap --pause-at 60 --dir . cat.wat");
    assert!(told.contains("no/such.snap: No such file"), "{told}");
    let refused = in_scratch(&dir, "run --pause-at 60 --dir . cat.wat");
    assert_eq!(refused.code, 2);
    let refused = in_scratch(&dir, "run --snapshot a --record b --dir . cat.wat");
    assert_eq!(refused.code, 2);
}

#[test]
fn what_cannot_be_saved_is_told() {
    let dir = Scratch::new();
    dir.file(
        "nops.wat",
        r#"(module (func (export "_start") nop nop nop nop))"#,
    );
    let line = "run --snapshot n.snap --pause-at 2 --tcplisten 127.0.0.1:0 nops.wat";
    let told = in_scratch(&dir, line).error(1);
    assert!(told.contains("cannot be paused: descriptor 3"), "{told}");
    assert_eq!(fs::read_dir(dir.path()).expect("it is there").count(), 1);
}

/// Numbers that look random.
fn numbers() -> impl FnMut(usize) -> usize {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    }
}

/// CRC-32, as at the end of a snapshot.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(!0, step)
}

#[test]
fn damaged_files_are_refused_or_run() {
    let dir = cat();
    in_scratch(&dir, "run --snapshot c.snap --pause-at 60 --dir . cat.wat");
    let whole = fs::read(dir.path().join("c.snap")).expect("it was written");
    assert_eq!(
        checksum(&whole[..whole.len() - 4]).to_le_bytes(),
        whole[whole.len() - 4..]
    );
    let mut below = numbers();
    let (mut refused, mut ran) = (0, 0);
    for n in 0..400 {
        let mut bytes = whole.clone();
        let sealed = n % 4 != 0;
        match n % 3 {
            0 => bytes.truncate(below(whole.len())),
            1 => {
                let at = below(bytes.len());
                bytes[at] = below(256) as u8;
            }
            _ => {
                let at = 6 + below(bytes.len() - 10);
                bytes.insert(at, below(256) as u8);
            }
        }
        if sealed && bytes.len() > 4 {
            let end = bytes.len() - 4;
            let crc = checksum(&bytes[..end]).to_le_bytes();
            bytes[end..].copy_from_slice(&crc);
        }
        fs::write(dir.path().join("d.snap"), &bytes).expect("it can be written");
        let line = "resume --dir . --max-memory 1MiB --max-heap 1MiB --fuel 100000 d.snap cat.wat";
        let ended = in_scratch(&dir, line);
        assert!(
            !ended.err.contains("panicked") && ended.code != 101,
            "{n}: {ended:?}"
        );
        let is_refused = ended.code == 1 && ended.err.starts_with("error: d.snap: ");
        match is_refused {
            true => refused += 1,
            // What its values mean is the program's business.
            false => ran += 1,
        }
        assert!(is_refused || sealed || bytes == whole, "{n}: {ended:?}");
    }
    assert!(refused > 200 && ran > 20, "{refused} {ran}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_pauses() {
    let dir = Scratch::new();
    dir.file(
        "loop.wat",
        r#"(module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\08\00\00\00\03\00\00\00go\0a")
          (global $left (mut i32) (i32.const 30000000))
          (func (export "_start")
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
            (loop $again
              (global.set $left (i32.sub (global.get $left) (i32.const 1)))
              (br_if $again (global.get $left)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#,
    );
    let mut line = command(dir.path(), "run --snapshot l.snap loop.wat");
    line.stdout(std::process::Stdio::piped());
    line.stderr(std::process::Stdio::piped());
    let mut running = line.spawn().expect("wasmote starts");
    let mut out = running.stdout.take().expect("piped");
    let mut begun = [0; 3];
    std::io::Read::read_exact(&mut out, &mut begun).expect("it prints");
    thread::sleep(Duration::from_millis(20));
    let id = i32::try_from(running.id()).expect("a number of a process");
    let id = rustix::process::Pid::from_raw(id).expect("not zero");
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("it runs");
    let ended = running.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(told.starts_with("paused at step "), "{told}");
    assert_eq!(in_scratch(&dir, "resume l.snap loop.wat").ok(), "go\n");
}

/// A chip's snapshot has no state of WASI.
#[test]
fn a_snapshot_without_wasi_is_resumed() {
    use wasmote::{
        Config, Engine, Instance, Module, Store, Val,
        debug::{Snapshot, Stepper, Until},
    };
    let dir = Scratch::new();
    let fib = workload("fib");
    let engine = Engine::new(Config::new().debug(true));
    let module = Module::new(&engine, read(&fib)).expect("it is valid");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("it has no imports");
    let run = instance.get_func(&store, "run").expect("it is exported");
    let mut stepper = Stepper::start(&mut store, run, &[Val::I32(12)]).expect("it is called");
    stepper.run(&mut store, &Until::steps(500));
    let mut bytes = Vec::new();
    Snapshot::write_to(&store, &stepper, &[], &mut |part| {
        bytes.extend_from_slice(part);
        Ok(())
    })
    .expect("it can be taken");
    dir.file("chip.snap", bytes);
    let fib = fib.display();
    let resumed = in_scratch(&dir, &format!("resume chip.snap {fib}")).ok();
    assert_eq!(
        resumed,
        in_scratch(&dir, &format!("run --invoke run {fib} 12")).ok()
    );
}

fn read(file: &Path) -> Vec<u8> {
    fs::read(file).expect("it is there")
}
