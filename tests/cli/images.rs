//! Images: `compile`, and what runs of them.

use std::{fs, path::Path};

use wasmote_tests::{Scratch, command, guest, wasmote, wasmote_in, with_input, workload};

const ADD: &str = r#"(module
  (func $add (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func $fail (export "fail") unreachable)
  (func $spin (export "spin") (loop $again (br $again))))"#;

/// Compiles a file of a directory, quietly.
#[track_caller]
fn compile(dir: &Scratch, line: &str) {
    assert_eq!(wasmote_in(dir.path(), &format!("compile {line}")).ok(), "");
}

#[test]
fn an_image_lies_beside_its_module() {
    let dir = Scratch::new();
    dir.file("math.wat", ADD);
    compile(&dir, "math.wat");
    for line in [
        "run --invoke add math.mote 2 40",
        "--invoke add math.mote 2 40",
    ] {
        assert_eq!(wasmote_in(dir.path(), line).ok(), "42\n");
    }
    compile(&dir, "math.wat -o other.bin");
    let read = |name: &str| fs::read(dir.path().join(name)).expect("it was written");
    assert!(read("other.bin") == read("math.mote"), "the same bytes");
    compile(&dir, "--strip math.wat -o math.mote");
    assert!(read("math.mote").len() < read("other.bin").len());
    let files = fs::read_dir(dir.path()).expect("it is there");
    assert_eq!(files.count(), 3, "nothing is left beside");
}

#[test]
fn sizes_are_told_on_request() {
    let dir = Scratch::new();
    dir.file("math.wat", ADD);
    let ran = wasmote_in(dir.path(), "compile --verbose math.wat");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let size = fs::metadata(dir.path().join("math.mote"))
        .expect("it is there")
        .len();
    assert!(
        ran.err.starts_with("module: ") && ran.err.contains(&format!("; image: {size} bytes (")),
        "{}",
        ran.err
    );
}

#[test]
fn images_are_small() {
    let dir = Scratch::new();
    let mut measured = 0;
    for path in ["guests", "../benches/workloads"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        for entry in fs::read_dir(folder).expect("it is there") {
            let file = entry.expect("a file").path();
            if file.extension().is_none_or(|extension| extension != "wasm") {
                continue;
            }
            let line = format!("compile --strip --verbose {} -o it.mote", file.display());
            let told = wasmote_in(dir.path(), &line).err;
            // module: 643 bytes, 586 of code; image: 772 bytes (1.20x), 688 of code (1.17x)
            let numbers: Vec<f64> = told
                .split(|c: char| !c.is_ascii_digit() && c != '.')
                .filter_map(|number| number.parse().ok())
                .collect();
            let [_, code, _, _, made, _] = numbers[..] else {
                panic!("{told}");
            };
            assert!(made <= 1.5 * code, "{}: {told}", file.display());
            measured += 1;
        }
    }
    assert!(measured > 30, "only {measured} modules");
}

#[test]
fn guests_run_the_same_from_images() {
    let dir = Scratch::new();
    dir.file("in.md", "# A *title*\n\nText with `code`.\n");
    let work = dir.path().join("work");
    fs::create_dir(&work).expect("new");
    let lines = [
        ("files", "", "env a b"),
        ("files", "--dir work::/w", "/w"),
        ("files", "", "time"),
        ("files", "", "exit 7"),
        ("files", "", "/w"),
        ("md2html", "--dir .", "in.md"),
        ("md2html", "--dir .", "missing.md"),
        ("calls", "--virtual --dir work::/", ""),
        ("server", "", ""),
    ];
    for strip in ["", "--strip"] {
        for (name, options, words) in lines {
            let wasm = guest(name).with_extension("wasm");
            compile(&dir, &format!("{strip} {} -o {name}.mote", wasm.display()));
            let ran = |file: &str| {
                let ran = wasmote_in(
                    dir.path(),
                    &format!("run --argv0 it {options} {file} {words}"),
                );
                (ran.code, ran.out, ran.err)
            };
            assert_eq!(
                ran(&format!("{name}.mote")),
                ran(&wasm.display().to_string()),
                "{name} {options} {words}"
            );
        }
    }
}

#[test]
fn input_and_limits() {
    let dir = Scratch::new();
    let files = guest("files.wasm");
    compile(&dir, &format!("{} -o f.mote", files.display()));
    let text = "line\n".repeat(1000);
    let ran = with_input(command(dir.path(), "f.mote cat"), &text);
    assert!(ran.ok() == text);
    let ran = wasmote_in(dir.path(), "run --max-memory 64KiB f.mote env");
    assert_eq!(ran.code, 1, "{ran:?}");
    let eager = wasmote_in(dir.path(), "run --eager --argv0 f f.mote env x").ok();
    assert_eq!(eager, "arg: f\narg: env\narg: x\n");
}

#[test]
fn workloads_give_the_same() {
    let dir = Scratch::new();
    for name in ["fib", "matmul4", "dispatch", "keccak", "sieve"] {
        let wasm = workload(name);
        compile(&dir, &format!("{} -o w.mote", wasm.display()));
        let run = |file: &str| wasmote_in(dir.path(), &format!("run --invoke run {file} 3"));
        assert_eq!(
            run("w.mote").ok(),
            run(&wasm.display().to_string()).ok(),
            "{name}"
        );
    }
}

#[test]
fn fuel_is_decided_when_compiling() {
    let dir = Scratch::new();
    dir.file("math.wat", ADD);
    compile(&dir, "math.wat -o free.mote");
    compile(&dir, "--fuel --interruptible math.wat -o fuel.mote");
    assert_eq!(
        wasmote_in(dir.path(), "run --fuel 10 --invoke add free.mote 1 2").error(1),
        "error: free.mote: the image was compiled without fuel metering: compile it with `--fuel`, or run it without"
    );
    // Nobody counts unless asked to.
    for fuel in ["", "--fuel 100"] {
        let line = format!("run {fuel} --invoke add fuel.mote 1 2");
        assert_eq!(wasmote_in(dir.path(), &line).ok(), "3\n");
    }
    let spins = |file: &str| {
        let ran = wasmote_in(dir.path(), &format!("run --fuel 1000 --invoke spin {file}"));
        assert_eq!(ran.code, 134, "{ran:?}");
        ran.err
    };
    let err = spins("fuel.mote");
    assert!(err.contains("all fuel consumed"), "{err}");
    assert_eq!(err, spins("math.wat"));
}

#[test]
fn backtraces_are_those_of_the_module() {
    let dir = Scratch::new();
    dir.file("math.wat", ADD);
    let trap = |file: &str| {
        let ran = wasmote_in(dir.path(), &format!("run --invoke fail {file}"));
        assert_eq!(ran.code, 134, "{ran:?}");
        ran.err
    };
    compile(&dir, "math.wat -o all.mote");
    compile(&dir, "--strip=offsets math.wat -o names.mote");
    compile(&dir, "--strip=names math.wat -o offsets.mote");
    compile(&dir, "--strip math.wat -o none.mote");
    let whole = trap("math.wat");
    assert!(whole.contains("$fail") || whole.contains("fail"), "{whole}");
    assert_eq!(trap("all.mote"), whole);
    assert!(trap("names.mote").contains("fail"));
    assert_ne!(trap("names.mote"), whole);
    assert!(!trap("offsets.mote").contains("fail"));
    let none = trap("none.mote");
    assert!(
        none.starts_with("error: ") && !none.contains("fail"),
        "{none}"
    );
}

#[test]
fn what_cannot_be_compiled() {
    let dir = Scratch::new();
    dir.file("math.wat", ADD);
    dir.file("bad.wat", "(module (func (result i32)))");
    dir.file("noise", [0, 1, 2, 3]);
    compile(&dir, "math.wat");
    let before = fs::read(dir.path().join("math.mote")).expect("it was written");
    let error = |line: &str| wasmote_in(dir.path(), &format!("compile {line}")).error(1);
    assert!(error("none.wasm").ends_with("none.wasm: No such file or directory"));
    assert!(
        error("noise -o math.mote").ends_with("noise: not a WebAssembly module, binary or text")
    );
    assert!(error("bad.wat -o math.mote").contains("bad.wat: "));
    assert_eq!(error("math.mote"), "error: math.mote: is an image already");
    assert!(error("math.wat -o ./math.wat").contains("would overwrite the module"));
    assert!(
        error("math.wat -o none/math.mote").ends_with("none/math.mote: No such file or directory")
    );
    dir.file("file", "");
    assert!(error("math.wat -o file/math.mote").ends_with("file/math.mote: Not a directory"));
    let after = fs::read(dir.path().join("math.mote")).expect("it is still there");
    assert!(before == after, "an error changes nothing");
    let files = fs::read_dir(dir.path()).expect("it is there");
    assert_eq!(files.count(), 5, "nothing is left beside");
    assert_eq!(wasmote("compile").code, 2);
}

#[test]
fn an_image_goes_into_a_pipe() {
    let dir = Scratch::new();
    dir.file("math.wat", ADD);
    compile(&dir, "math.wat");
    let mut command = command(dir.path(), "compile math.wat -o /dev/stdout");
    let output = command.output().expect("wasmote starts");
    assert!(output.status.success(), "{output:?}");
    let image = fs::read(dir.path().join("math.mote")).expect("it was written");
    assert!(output.stdout == image);
}

#[test]
fn damaged_images_are_refused() {
    let dir = Scratch::new();
    dir.file("math.wat", ADD);
    compile(&dir, "math.wat");
    let good = fs::read(dir.path().join("math.mote")).expect("it was written");
    let refused = |change: &dyn Fn(&mut Vec<u8>), why: &str| {
        let mut image = good.clone();
        change(&mut image);
        dir.file("bad.mote", image);
        for command in ["run --invoke add bad.mote 1 2", "explain bad.mote"] {
            let error = wasmote_in(dir.path(), command).error(1);
            assert!(
                error.starts_with("error: bad.mote: ") && error.contains(why),
                "{error}"
            );
        }
    };
    refused(&|image| image.truncate(30), "ends inside its header");
    refused(
        &|image| image.truncate(image.len() - 4),
        "bytes and should have",
    );
    refused(&|image| image.push(0), "bytes and should have");
    refused(&|image| image[4] = 200, "it is of version ");
    for at in [12, 20, good.len() / 2, good.len() - 1] {
        refused(
            &|image| image[at] ^= 1,
            "its checksum is wrong; compile the module again (at offset 0xc)",
        );
    }
    // A hostile writer's checksum is right.
    let sealed = |image: &mut Vec<u8>| {
        let crc = crc32(&image[16..]).to_le_bytes();
        image[12..16].copy_from_slice(&crc);
    };
    refused(
        &|image| {
            image[16..20].copy_from_slice(&[0xfe, 0xff, 0xff, 0x7f]);
            sealed(image);
        },
        "its function table is outside of it",
    );
    refused(
        &|image| {
            // The end of all code: the last function's, too.
            let end = u32::from_le_bytes([image[36], image[37], image[38], image[39]]);
            image[36..40].copy_from_slice(&(end - 2).to_le_bytes());
            sealed(image);
        },
        "function 2",
    );
}

/// CRC-32 as zip files have it, which is at hand everywhere.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0u32.wrapping_sub(crc & 1))
        })
    })
}

#[test]
fn explain_tells_what_is_in_an_image() {
    let dir = Scratch::new();
    dir.file("math.wat", ADD);
    compile(&dir, "math.wat");
    compile(&dir, "--strip --fuel math.wat -o bare.mote");
    let all = wasmote_in(dir.path(), "explain math.mote").ok();
    let size = fs::metadata(dir.path().join("math.mote"))
        .expect("it is there")
        .len();
    assert!(
        all.starts_with("image of version ") && all.contains(&format!("{size}  bytes\n")),
        "{all}"
    );
    for part in [
        "header",
        "head",
        "function table",
        "code",
        "data",
        "frame maps",
        "names",
        "code offsets",
    ] {
        assert!(all.contains(&format!("  {part}\n")), "{part}: {all}");
    }
    assert!(all.contains("An image has no WebAssembly"), "{all}");
    for name in ["add", "fail", "spin"] {
        assert!(all.contains(&format!(" ${name}\n")), "{all}");
    }
    for wanted in ["add", "0"] {
        let one = wasmote_in(dir.path(), &format!("explain math.mote --func {wanted}")).ok();
        assert!(
            one.starts_with("func 0 $add\n") && one.contains("0x") && one.contains("  i32.add s"),
            "{one}"
        );
        assert!(!one.contains("$fail"), "{one}");
    }
    let bare = wasmote_in(dir.path(), "explain bare.mote").ok();
    assert!(bare.contains("3 functions, charges fuel\n"), "{bare}");
    assert!(
        bare.contains("func 0\n") && bare.contains("  fuel "),
        "{bare}"
    );
    assert!(!bare.contains("0x"), "{bare}");
    // The same code, beside the wasm that it was made of.
    let compact = wasmote_in(dir.path(), "explain --compact math.wat --func add").ok();
    assert!(
        compact.contains("local.get 0") && compact.contains("   0  i32.add t0, l0, l1"),
        "{compact}"
    );
    let error = wasmote_in(dir.path(), "explain math.mote --func none").error(1);
    assert_eq!(error, "error: no function `none` in the module");
}
