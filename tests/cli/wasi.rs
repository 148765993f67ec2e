//! What programs are given of the system: every function, sockets, rights, traces, Ctrl-C.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};

use wasmote::{Engine, Module};
use wasmote_tests::{Scratch, command, guest, wasmote_in};
use wasmote_wasi::Function;

#[test]
fn the_guests_import_every_function() {
    let engine = Engine::default();
    let mut imported = BTreeSet::new();
    for entry in fs::read_dir(guest(".")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            let module = Module::new(&engine, fs::read(path).unwrap()).unwrap();
            imported.extend(module.imports().map(|import| import.name().to_owned()));
        }
    }
    for function in Function::ALL {
        assert!(imported.contains(function.name()), "{}", function.name());
    }
}

#[test]
fn every_function_does_its_work() {
    let scratch = Scratch::new();
    let ran = wasmote_in(
        scratch.path(),
        &format!("run --dir .::/ {}", guest("calls.wasm").display()),
    );
    assert_eq!((ran.code, ran.err.as_str()), (7, ""));
    // How many bytes the listing of `.`, `..` and three names takes: 24 for each, and the names.
    let expected = "\
args_sizes_get 0 1
args_get 0 1
environ_sizes_get 0 0
environ_get 0 ARGV
clock_res_get 0 1
clock_time_get 0 1
random_get 0 16
fd_prestat_get 0 1
fd_prestat_dir_name 0 47
path_create_directory 0 0
path_open 0 0
fd_write 0 10
fd_pwrite 0 3
fd_seek 0 3
fd_read 0 48
fd_pread 0 2
fd_tell 0 7
fd_advise 0 0
fd_allocate 0 0
fd_filestat_get 0 20
fd_filestat_set_size 0 0
fd_filestat_set_times 0 0
fd_datasync 0 0
fd_sync 0 0
fd_fdstat_set_flags 0 0
fd_fdstat_set_rights 0 0
fd_fdstat_get 0 2
path_filestat_get 0 5000000000
path_filestat_set_times 0 0
path_link 0 0
path_symlink 0 0
path_readlink 0 102
path_rename 0 0
fd_readdir 0 126
fd_renumber 0 0
fd_close 0 0
path_unlink_file 0 0
path_remove_directory 0 0
poll_oneoff 0 99
sched_yield 0 0
sock_accept 57 0
sock_recv 57 0
sock_send 57 0
sock_shutdown 57 0
proc_raise 0 0
";
    // The buffer of the environment still has the arguments: the program's path, absolute here.
    let expected = expected.replace("ARGV", &u32::from(b'/').to_string());
    // Filesystems without preallocation have one line less that is 0.
    let allocated = ran.out.contains("fd_allocate 0 0");
    if allocated {
        assert_eq!(ran.out, expected);
    } else {
        assert!(ran.out.contains("fd_allocate 58 0\nfd_filestat_get 0 10"));
    }
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

/// A program that serves on a free port of this machine, and the port.
fn server(connections: &str) -> (Child, BufReader<impl Read>, u16) {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap()
        .port();
    let line = format!(
        "run --tcplisten 127.0.0.1:{port} {}",
        guest("server.wasm").display()
    );
    let mut child = command(Path::new("."), &format!("{line} {connections}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    // The guest looked whether there was a connection, and did not wait for one.
    assert_eq!(first, "accept: Resource temporarily unavailable\n");
    (child, out, port)
}

#[test]
fn a_server_answers_real_clients() {
    let (mut child, mut out, port) = server("3");
    let ask = |request: &[u8]| {
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        // In pieces, so that the server has to wait for more.
        for piece in request.chunks(7000) {
            client.write_all(piece).unwrap();
        }
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    };
    let answer = ask(b"GET /some/path HTTP/1.0\r\n\r\n");
    assert_eq!(
        answer,
        "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n/some/path"
    );
    let body = "0123456789".repeat(5000);
    let request = format!(
        "POST / HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(request.as_bytes());
    assert!(
        answer.ends_with(&body)
            && answer.starts_with("HTTP/1.0 200 OK\r\nContent-Length: 50000\r\n")
    );
    let answer = ask(b"GET unfinished");
    assert_eq!(
        answer,
        "HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    );
    assert!(child.wait().unwrap().success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, format!("GET  27\nPOST {}\nGET  14\n", request.len()));
}

#[test]
fn ctrl_c_ends_a_program_that_waits() {
    let (mut child, _out, _) = server("1");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn ctrl_c_ends_a_program_that_computes() {
    let scratch = Scratch::new();
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 8) "\10\00\00\00\06\00\00\00ready\n")
        (func (export "_start")
            (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
            (loop (br 0))))"#;
    scratch.file("loop.wat", text);
    let mut child = command(scratch.path(), "run loop.wat")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn an_address_that_is_no_address() {
    let line = format!("run --tcplisten nowhere {}", guest("server.wasm").display());
    let error = wasmote_in(Path::new("."), &line).error(1);
    assert!(error.contains("cannot listen at `nowhere`"), "{error}");
}

#[test]
fn a_read_only_directory_stays_as_it_is() {
    let scratch = Scratch::new();
    scratch.file("page.md", "# Title\n");
    let run = |rights: &str, arguments: &str| {
        let program = guest("md2html.wasm");
        let line = format!("run --dir .::/{rights} {} {arguments}", program.display());
        wasmote_in(scratch.path(), &line)
    };
    assert!(run(":ro", "/page.md").ok().contains("<h1>Title</h1>\n"));
    let files = guest("files.wasm");
    let line = format!("run --dir .::/:ro {} /", files.display());
    let out = wasmote_in(scratch.path(), &line).out;
    assert!(
        out.starts_with("mkdir: Capabilities insufficient\n"),
        "{out}"
    );
    let names: Vec<_> = fs::read_dir(scratch.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["page.md"]);
}

#[test]
fn traces_say_what_is_asked_and_what_is_given() {
    let scratch = Scratch::new();
    scratch.file("page.md", "text\n");
    let program = guest("md2html.wasm");
    let line = format!("run --trace-wasi --dir .::/ {} /page.md", program.display());
    let ran = wasmote_in(scratch.path(), &line);
    assert_eq!(ran.code, 0);
    let has = |begin: &str, end: &str| {
        ran.err
            .lines()
            .any(|line| line.starts_with(begin) && line.ends_with(end))
    };
    assert!(
        has("fd_prestat_get(fd=4, buf=0x", ") = badf"),
        "{}",
        ran.err
    );
    assert!(
        has(
            "path_open(fd=3, dirflags=symlink_follow, path=\"page.md\", oflags=0, ",
            ") = opened_fd=4"
        ),
        "{}",
        ran.err
    );
    assert!(
        has("fd_read(fd=4, iovs=\"text\\n\"", ") = nread=5"),
        "{}",
        ran.err
    );
    assert!(
        has(
            "fd_write(fd=1, iovs=\"<!DOCTYPE html>",
            &format!(") = nwritten={}", ran.out.len())
        ),
        "{}",
        ran.err
    );
}

#[test]
fn a_virtual_run_is_always_the_same_and_changes_nothing() {
    let scratch = Scratch::new();
    scratch.file("page.md", "text\n");
    fs::create_dir(scratch.path().join("dir")).unwrap();
    fs::write(scratch.path().join("dir/inner.md"), "inner\n").unwrap();
    let run = |options: &str, program: &str, arguments: &str| {
        let program = guest(program);
        let line = format!("run {options} --dir .::/ {} {arguments}", program.display());
        wasmote_in(scratch.path(), &line)
    };
    let real = run("", "calls.wasm", "");
    let first = run("--virtual --trace-wasi", "calls.wasm", "");
    let second = run("--virtual --trace-wasi", "calls.wasm", "");
    assert_eq!((first.code, &first.out), (7, &real.out));
    assert_eq!((&first.out, &first.err), (&second.out, &second.err));
    assert!(
        first
            .err
            .contains("clock_time_get(id=realtime, precision=1) = time=9466848000")
    );
    let page = run("--virtual", "md2html.wasm", "/dir/inner.md").ok();
    assert!(page.contains("<p>inner</p>\n"));
    let files = run("--virtual", "files.wasm", "/").out;
    assert!(files.starts_with("mkdir: 0\n"), "{files}");
    let mut names: Vec<_> = fs::read_dir(scratch.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["dir", "page.md"]);
}

#[test]
fn seeds_give_other_randomness() {
    let scratch = Scratch::new();
    scratch.file(
        "random.wat",
        r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "random") (result i64)
            (drop (call $random (i32.const 0) (i32.const 8)))
            (i64.load (i32.const 0))))"#,
    );
    let run = |seed| {
        let line = format!("run --virtual {seed} --invoke random random.wat");
        wasmote_in(scratch.path(), &line).ok()
    };
    assert_eq!(run(""), run("--seed 0"));
    assert_ne!(run(""), run("--seed 1"));
}

#[test]
fn a_reader_that_is_gone_is_an_error_of_the_write() {
    let scratch = Scratch::new();
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 8) "\10\00\00\00\06\00\00\00again\n")
        (func (export "_start") (local $errno i32)
            (loop $more
                (local.set $errno (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
                (br_if $more (i32.eqz (local.get $errno))))
            (call $exit (local.get $errno))))"#;
    scratch.file("more.wat", text);
    for options in ["", "--virtual"] {
        let mut child = command(scratch.path(), &format!("run {options} more.wat"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        drop(out);
        let pipe = 64;
        assert_eq!(child.wait().unwrap().code(), Some(pipe), "{options}");
    }
}
