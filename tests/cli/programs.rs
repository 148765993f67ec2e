//! Real programs with arguments, environment, input and files.

use std::fs;

use wasmote_tests::{Scratch, command, guest, wasmote, wasmote_in, with_input};

fn files(line: &str) -> String {
    format!("{} {line}", guest("files.wasm").display())
}

#[test]
fn arguments_and_environment() {
    let out = wasmote(&format!(
        "run --env A=1 --env B=x=y --env EMPTY= {}",
        files("env --dir x -v")
    ))
    .ok();
    let lines: Vec<&str> = out.lines().collect();
    assert!(
        lines[0].starts_with("arg: ") && lines[0].ends_with("files.wasm"),
        "{out}"
    );
    assert_eq!(
        lines[1..],
        [
            "arg: env",
            "arg: --dir",
            "arg: x",
            "arg: -v",
            "env: A=1",
            "env: B=x=y",
            "env: EMPTY="
        ]
    );
}

#[test]
fn the_environment_is_empty_unless_given() {
    let out = wasmote(&files("env")).ok();
    assert!(!out.contains("env: "), "{out}");
}

#[test]
fn a_variable_passed_on() {
    let mut command = command(
        ".".as_ref(),
        &format!("run --env FROM_HERE {}", files("env")),
    );
    let ran = with_input(
        {
            command.env("FROM_HERE", "yes");
            command
        },
        "",
    );
    assert!(ran.ok().contains("env: FROM_HERE=yes\n"));
}

#[test]
fn another_name_for_the_program() {
    assert!(
        wasmote(&format!("run --argv0 me {}", files("env")))
            .ok()
            .starts_with("arg: me\n")
    );
}

#[test]
fn exit_statuses_pass_through() {
    for code in [0, 1, 2, 7, 42, 126, 134, 255] {
        let ran = wasmote(&files(&format!("exit {code}")));
        assert_eq!((ran.code, ran.err.as_str()), (code, ""));
    }
}

#[test]
fn standard_input() {
    let text = "first\nsecond\n".repeat(10_000);
    let ran = with_input(command(".".as_ref(), &files("cat")), &text);
    assert!(ran.ok() == text, "all of it comes back");
}

#[test]
fn clocks() {
    assert_eq!(
        wasmote(&files("time")).ok(),
        "slept: yes\nyear: plausible\n"
    );
}

const FILE_WORK: &str = "\
mkdir: 0\nmkdir again: File exists\ncreate: 0\nwrite: 12\nseek: 7\nread: 5\ntext: files\npwrite: 5\n\
truncate: 0\nfstat: 0\nsize: 9\nclose: 0\nexclusive: File exists\nappend: 1\nrename: 0\n\
stat old: No such file or directory\nstat new: 0\nsize: 10\nfclose: 0\nlines: 1000\nlist: three two\n\
rmdir full: Directory not empty\nunlink: 0\nrmdir: 0\noutside: Operation not permitted\n\
absolute: No such file or directory\n";

#[test]
fn file_work_in_a_directory() {
    let dir = Scratch::new();
    let line = format!("run --dir {}::/w {}", dir.path().display(), files("/w"));
    assert_eq!(
        wasmote(&line).ok(),
        FILE_WORK,
        "the text is wasmtime's for the same program"
    );
    assert_eq!(
        fs::read_dir(dir.path()).expect("it is there").count(),
        0,
        "the program removed all it made"
    );
}

#[test]
fn file_work_with_fuel_and_eager() {
    let dir = Scratch::new();
    let line = format!("run --eager --fuel 100000000 --dir .::/w {}", files("/w"));
    assert_eq!(wasmote_in(dir.path(), &line).ok(), FILE_WORK);
}

#[test]
fn no_directory_no_files() {
    let ran = wasmote(&files("/w"));
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (1, ""),
        "the program reports errors and goes on"
    );
    assert!(
        ran.out.starts_with("mkdir: ") && ran.out.contains("\nfopen: "),
        "{}",
        ran.out
    );
    for step in ["mkdir: 0", "create: 0", "fstat: 0"] {
        assert!(!ran.out.contains(step), "{}", ran.out);
    }
}

#[test]
fn the_markdown_converter() {
    let dir = Scratch::new();
    dir.file(
        "in.md",
        "# A *title*\n\nText with `code` & [a link](x.html).\n\n- one\n- two\n",
    );
    let converter = guest("md2html.wasm");
    let expected = "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>A *title*</title>\n</head>\n<body>\n\
        <h1>A <em>title</em></h1>\n<p>Text with <code>code</code> &amp; <a href=\"x.html\">a link</a>.</p>\n\
        <ul>\n<li>one</li>\n<li>two</li>\n</ul>\n</body>\n</html>\n";
    assert_eq!(
        wasmote_in(
            dir.path(),
            &format!("run --dir . {} in.md", converter.display())
        )
        .ok(),
        expected
    );
    let to_file = format!("--dir . {} -o out.html in.md", converter.display());
    assert_eq!(wasmote_in(dir.path(), &to_file).ok(), "");
    assert_eq!(
        fs::read_to_string(dir.path().join("out.html")).expect("it was written"),
        expected
    );
    let ran = wasmote_in(
        dir.path(),
        &format!("run --dir . {} missing.md", converter.display()),
    );
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("md2html: missing.md: "), "{ran:?}");
}
