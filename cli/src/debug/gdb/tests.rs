//! A client that knows no more than the protocol.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    rc::Rc,
    thread::{self, JoinHandle},
    time::Duration,
};

use clap::Parser;

use super::*;
use crate::{
    args::{Cli, Command},
    debug::{code::Code, source::Source, stopped::Stopped},
};

const LEDGER: &[u8] = include_bytes!("../../../../tests/guests/ledger-O0.wasm");

/// How a session ended, in a word, or the error.
type Outcome = JoinHandle<Result<String, String>>;

struct Session(TcpStream);

impl Task for Session {
    type Output = String;

    fn run<H: Host + 'static>(self, mut program: Program<H>) -> Result<String, Failure> {
        let args = program_args(&program.file.to_string_lossy());
        let entry = program.begin(&args)?.expect("it is instantiated");
        let Program {
            file,
            module,
            store,
            ..
        } = program;
        let mut debuggee = Debuggee::start(store, module, file, &entry)?;
        session(&mut debuggee, &self.0).map(|end| format!("{end:?}"))
    }
}

fn program_args(file: &str) -> ProgramArgs {
    match Cli::parse_from(["wasmote", "run", "--virtual", file, "30"]).command {
        Command::Run(args) => args.program,
        _ => unreachable!("that is `run`"),
    }
}

struct Client {
    stream: TcpStream,
    acknowledges: bool,
}

impl Client {
    /// A session with a guest, or a program as text.
    fn of(file: &str) -> (Client, Outcome) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there are ports");
        let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("listens");
        let (other, _) = listener.accept().expect("connected");
        let file = file.to_owned();
        let server = thread::spawn(move || {
            let setup = Setup {
                debug: true,
                ..Setup::default()
            };
            let ended = program::with(&program_args(&file), &setup, Session(other));
            ended.map_err(|failure| match failure {
                Failure::Error(words) | Failure::Trap(words) => words,
            })
        });
        let timeout = Some(Duration::from_secs(120));
        stream.set_read_timeout(timeout).expect("not zero");
        let client = Client {
            stream,
            acknowledges: true,
        };
        (client, server)
    }

    fn ledger() -> (Client, Outcome) {
        let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guests");
        Client::of(&guests.join("ledger-O0.wasm").to_string_lossy())
    }

    fn send(&mut self, text: &str) {
        let packet = format!("${text}#{:02x}", checksum(text));
        self.stream.write_all(packet.as_bytes()).expect("is read");
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.stream.read_exact(&mut byte).expect("an answer");
        byte[0]
    }

    fn receive(&mut self) -> String {
        assert_eq!(self.byte(), b'$');
        let mut text = Vec::new();
        loop {
            match self.byte() {
                b'#' => break,
                // As many more of the last byte.
                b'*' => {
                    let count = self.byte() - 29;
                    let last = *text.last().expect("not the first");
                    text.extend((0..count).map(|_| last));
                }
                byte => text.push(byte),
            }
        }
        self.byte();
        self.byte();
        if self.acknowledges {
            self.stream.write_all(b"+").expect("is read");
        }
        String::from_utf8(text).expect("text")
    }

    fn ask(&mut self, text: &str) -> String {
        self.send(text);
        if self.acknowledges {
            assert_eq!(self.byte(), b'+', "{text}");
        }
        self.receive()
    }

    /// Has it run, and gives what it said before it stopped, and why it did.
    fn go(&mut self, order: &str) -> (String, String) {
        let mut said = String::new();
        let mut reply = self.ask(order);
        while let Some(digits) = reply.strip_prefix('O').filter(|rest| *rest != "K") {
            said.push_str(&String::from_utf8(bytes(digits)).expect("text"));
            reply = self.receive();
        }
        (said, reply)
    }

    fn monitor(&mut self, command: &str) -> String {
        let digits: String = command.bytes().map(|b| format!("{b:02x}")).collect();
        let (said, end) = self.go(&format!("qRcmd,{digits}"));
        assert_eq!(end, "OK", "{command}");
        said
    }

    fn pc(&mut self) -> u64 {
        number(&self.ask("p0"))
    }

    fn frames(&mut self) -> Vec<u64> {
        let stack = self.ask("qWasmCallStack:1");
        let (frames, rest) = stack.as_bytes().as_chunks::<16>();
        assert!(rest.is_empty());
        let frames = frames.iter();
        frames
            .map(|digits| number(str::from_utf8(digits).expect("text")))
            .collect()
    }
}

fn checksum(text: &str) -> u8 {
    text.bytes().fold(0, u8::wrapping_add)
}

fn bytes(digits: &str) -> Vec<u8> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty(), "{digits}");
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(|pair| byte(pair).expect("hex")).collect()
}

/// Little endian.
fn number(digits: &str) -> u64 {
    let bytes = bytes(digits);
    bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b))
}

fn ledger() -> Source<'static> {
    Source::new(Rc::new(Code::new(LEDGER).expect("valid"))).expect("not malformed")
}

/// The function of the source at an address of code.
fn function(pc: u64) -> String {
    ledger().frames(pc as u32)[0].function.clone()
}

/// Where a variable that is always at the same place is.
fn address(path: &str, at: u64) -> u64 {
    let nothing = Stopped::default();
    let value = ledger().value(at as u32, path, &nothing).expect("there");
    value.address().expect("in memory")
}

#[test]
fn what_lldb_asks_first() {
    let (mut client, server) = Client::ledger();
    let features = client.ask("qSupported:multiprocess+;xmlRegisters=i386");
    for feature in ["ReverseStep+", "ReverseContinue+", "qXfer:libraries:read+"] {
        assert!(features.contains(feature), "{features}");
    }
    assert_eq!(client.ask("QStartNoAckMode"), "OK");
    client.acknowledges = false;
    let triple: String = "wasm32-unknown-unknown-wasm"
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    for query in ["qHostInfo", "qProcessInfo"] {
        let info = client.ask(query);
        for item in [&format!("triple:{triple};"), "endian:little;", "ptrsize:4;"] {
            assert!(info.contains(item), "{info}");
        }
    }
    let register = client.ask("qRegisterInfo0");
    assert!(
        register.starts_with("name:pc;") && register.contains("bitsize:64;"),
        "{register}"
    );
    assert!(client.ask("qRegisterInfo1").starts_with('E'));
    let libraries = client.ask("qXfer:libraries:read::0,fff");
    assert!(
        libraries.contains(r#"ledger-O0.wasm"><section address="0x4000000000000000"/>"#),
        "{libraries}"
    );
    assert!(client.ask("?").starts_with("T05"));
    // The module's bytes.
    let start = bytes(&client.ask("m4000000000000000,8"));
    assert_eq!(start, b"\0asm\x01\0\0\0");
    // It stands before the first instruction.
    let pc = client.pc();
    assert_eq!((pc >> 32, function(pc)), (0x4000_0000, "_start".into()));
    assert_eq!(client.frames(), [pc]);
    assert_eq!(client.ask("qNobodyKnowsThis"), "");
    client.send("k");
    assert_eq!(server.join().expect("no panic"), Ok("Kill".into()));
}

#[test]
fn forwards_and_back() {
    let (mut client, server) = Client::ledger();
    let source = ledger();
    let [place] = &source.places("ledger.c", 136)[..] else {
        panic!("the line is in one place");
    };
    let at = 1 << 62 | u64::from(place.offset);
    assert_eq!(client.ask(&format!("Z0,{at:x},1")), "OK");
    let (_, stop) = client.go("vCont;c");
    let digits: String = at
        .to_le_bytes()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(stop, format!("T05thread:01;swbreak:;00:{digits};"));
    let frames = client.frames();
    assert_eq!(frames[0], at);
    let names: Vec<String> = frames.iter().map(|pc| function(*pc - 1)).collect();
    assert_eq!(names[..3], ["join", "step", "main"]);
    assert_eq!(names.last().map(String::as_str), Some("_start"));
    // A frame pointer, the same at each: the stack pointer of the caller less its frame.
    let pointer = number(&client.ask("qWasmLocal:0;4"));
    assert!(pointer > 0 && pointer < 1 << 20, "{pointer}");
    assert_eq!(client.ask("qWasmLocal:0;99"), "");
    assert_eq!(bytes(&client.ask("qWasmGlobal:0;0")).len(), 4);

    // An instruction, and the same back.
    let before = client.monitor("steps");
    assert!(client.go("vCont;s:1").1.starts_with("T05"));
    let after = client.pc();
    assert_ne!(after, at);
    assert!(client.go("bs").1.starts_with("T05"));
    assert_eq!(client.pc(), at);
    assert_eq!(
        client.monitor("steps").split(" of ").next(),
        before.split(" of ").next()
    );
    // There is nothing before it to stop at.
    assert_eq!(
        client.go("bc").1.split(';').next(),
        Some("T05replaylog:begin")
    );
    assert_eq!(client.frames().len(), 1);
    assert!(client.go("c").1.contains("swbreak"));
    assert_eq!(client.pc(), at);
    assert_eq!(client.ask(&format!("z0,{at:x},1")), "OK");
    assert!(client.ask(&format!("z0,{at:x},1")).starts_with('E'));

    // The trap, and who is to blame.
    let (said, stop) = client.go("c");
    assert_eq!(said, "wasm trap: uninitialized element\n");
    assert!(stop.starts_with("T05thread:01;"), "{stop}");
    let trapped = client.pc();
    let table = address("machine.variables[0].object", trapped);
    let object = number(&client.ask(&format!("m{table:x},4")));
    let class = number(&client.ask(&format!("m{object:x},4")));
    assert_eq!(client.ask(&format!("Z2,{object:x},4")), "OK");
    let (_, stop) = client.go("bc");
    assert!(stop.contains(&format!("watch:0{object:x};")), "{stop}");
    assert_eq!(function(client.pc()), "join");
    let sound = number(&client.ask(&format!("m{object:x},4")));
    assert_eq!(sound & !0xff, class);
    assert_ne!(sound, class);
    // It is the next instruction that writes.
    client.go("vCont;s:1");
    assert_eq!(number(&client.ask(&format!("m{object:x},4"))), class);
    assert_eq!(client.ask(&format!("z2,{object:x},4")), "OK");

    // The same in words.
    client.go("c");
    let words = client.monitor(&format!("who {object:#x}"));
    assert_eq!(
        words,
        format!("`continue` goes back to what wrote 1 byte at {object:#x}\n")
    );
    // (LLDB steps before it goes on.)
    client.go("vCont;s:1");
    let (said, _) = client.go("vCont;c");
    assert!(said.ends_with(" writes there\n"), "{said}");
    assert_eq!(function(client.pc()), "join");
    assert_eq!(client.monitor("goto 5"), "`continue` goes to step 5\n");
    client.go("c");
    assert!(client.monitor("steps").starts_with("step 5 of 0 to "));
    assert!(
        client
            .monitor("nonsense")
            .starts_with("no command `nonsense`\n")
    );

    // The trap again, and after that the end.
    assert!(client.go("c").1.starts_with("T05"));
    assert_eq!(client.go("c").1, "X0b");
    assert_eq!(
        server.join().expect("no panic"),
        Ok("TargetTerminated(Signal(11))".into())
    );
}

#[test]
fn bad_packets_and_a_client_that_vanishes() {
    let (mut client, server) = Client::ledger();
    for packet in ["mxyz", "Z0", "qWasmLocal:1", "vCont;q", "p"] {
        assert!(client.ask(packet).starts_with('E'), "{packet}");
    }
    // A wrong checksum, twice; then what was answered is wanted once more.
    client.stream.write_all(b"$?#00").expect("is read");
    assert_eq!(client.byte(), b'-');
    client.stream.write_all(b"$?#zz").expect("is read");
    assert_eq!(client.byte(), b'-');
    let stop = client.ask("?");
    client.stream.write_all(b"-").expect("is read");
    assert_eq!((client.byte(), client.receive()), (b'+', stop.clone()));
    // The same without acknowledgements, which a bad packet must not bring back.
    assert_eq!(client.ask("QStartNoAckMode"), "OK");
    client.acknowledges = false;
    assert!(client.ask("mxyz").starts_with('E'));
    client.stream.write_all(b"$?#00").expect("is read");
    assert!(client.receive().starts_with('E'));
    assert_eq!(client.ask("?"), stop);
    // Places that are not there.
    for packet in [
        "m8000000000000000,4",
        "m3fffffff00000000,4",
        "mfffffff0,8",
        "Z0,10,1",
        "Z2,3fffffff00000000,1",
        "P0=0000000000000000",
    ] {
        assert!(client.ask(packet).starts_with('E'), "{packet}");
    }
    let too_long = format!("${}", "m".repeat(MAX_PACKET + 10));
    client
        .stream
        .write_all(too_long.as_bytes())
        .expect("is read");
    assert!(client.receive().starts_with('E'));
    drop(client);
    let words = server.join().expect("no panic").expect_err("it is no end");
    assert!(
        words.starts_with("the debugger is gone; the program was at step "),
        "{words}"
    );
}

/// A session with a program that is text.
fn of_text(name: &str, text: &str) -> (Client, Outcome) {
    let name = format!("wasmote-gdb-{}-{name}.wat", std::process::id());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, text).expect("writable");
    let (mut client, server) = Client::of(&file.to_string_lossy());
    // It has been read by then.
    assert!(client.ask("?").starts_with("T05"));
    std::fs::remove_file(&file).expect("it is there");
    (client, server)
}

impl Client {
    fn step(&mut self) -> u64 {
        let told = self.monitor("steps");
        let step = told.split(' ').nth(1).and_then(|step| step.parse().ok());
        step.unwrap_or_else(|| panic!("{told}"))
    }
}

#[test]
fn reads_are_watched_and_the_end_is_looked_at() {
    let (mut client, server) = of_text(
        "reads",
        r#"(module (memory 1) (func (export "_start")
            (i32.store (i32.const 16) (i32.const 7))
            (drop (i32.load (i32.const 16)))
            (i32.store (i32.const 16) (i32.const 8))))"#,
    );
    assert_eq!(client.ask("Z3,10,4"), "OK");
    let (_, stop) = client.go("c");
    assert!(stop.contains("rwatch:10;"), "{stop}");
    assert_eq!(client.step(), 5);
    assert!(client.ask("z2,10,4").starts_with('E'));
    assert_eq!(client.ask("z3,10,4"), "OK");
    assert_eq!(client.ask("Z4,10,4"), "OK");
    for (order, step) in [("bc", 4), ("bc", 2), ("c", 3), ("c", 5), ("c", 9)] {
        let (_, stop) = client.go(order);
        assert!(stop.contains("awatch:10;"), "{order} {step}: {stop}");
        assert_eq!(client.step(), step);
    }
    // Back from the end.
    for _ in 0..2 {
        let (said, stop) = client.go("c");
        assert_eq!(said, "it returns: going on ends it\n");
        assert!(stop.starts_with("T05thread:01;"), "{stop}");
        assert_eq!(client.frames().len(), 1);
        assert!(client.go("bc").1.contains("awatch:10;"));
        assert_eq!(client.step(), 8);
        assert!(client.go("c").1.contains("awatch:10;"));
    }
    assert!(client.go("vCont;s:1").1.starts_with("T05"));
    assert_eq!(client.go("vCont;s:1").1, "W00");
    let ended = server.join().expect("no panic");
    assert_eq!(ended, Ok("TargetExited(0)".into()));
}

#[test]
fn an_exit_is_looked_at() {
    let (mut client, server) = of_text(
        "exits",
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const 7))))"#,
    );
    let (said, stop) = client.go("c");
    assert_eq!(said, "it exits with status 7: going on ends it\n");
    assert!(stop.starts_with("T05thread:01;"), "{stop}");
    assert_eq!(client.frames().len(), 1);
    client.go("bs");
    assert_eq!(client.step(), 1);
    client.go("c");
    assert_eq!(client.go("c").1, "W07");
    let ended = server.join().expect("no panic");
    assert_eq!(ended, Ok("TargetExited(7)".into()));
}

#[test]
fn a_long_way_back_is_interrupted() {
    let (mut client, server) = of_text(
        "back",
        r#"(module (memory 1) (func (export "_start") (loop $on br $on)))"#,
    );
    client.send("c");
    assert_eq!(client.byte(), b'+');
    thread::sleep(Duration::from_millis(1500));
    client.stream.write_all(&[3]).expect("is read");
    assert!(client.receive().starts_with("T02"));
    let last = client.step();
    // Nobody ever writes there.
    assert_eq!(client.ask("Z2,10,1"), "OK");
    client.send("bc");
    client.stream.write_all(&[3]).expect("is read");
    assert_eq!(client.byte(), b'+');
    let stop = client.receive();
    assert!(stop.starts_with("T02thread:01;"), "{stop}");
    let step = client.step();
    assert!(0 < step && step <= last, "{step} of {last}");
    // The rest of it.
    let (said, stop) = client.go("bc");
    assert!(stop.starts_with("T05replaylog:begin"), "{stop}");
    assert_eq!(
        (said.as_str(), client.step()),
        ("this is the first step\n", 0)
    );
    client.send("k");
    assert_eq!(server.join().expect("no panic"), Ok("Kill".into()));
}

#[test]
fn a_program_that_runs_for_ever_is_interrupted() {
    let dir = std::env::temp_dir().join(format!("wasmote-gdb-{}.wat", std::process::id()));
    let text = r#"(module (memory 1) (func (export "_start") (loop $on br $on)))"#;
    std::fs::write(&dir, text).expect("writable");
    let (mut client, server) = Client::of(&dir.to_string_lossy());
    client.send("vCont;c");
    assert_eq!(client.byte(), b'+');
    thread::sleep(Duration::from_millis(200));
    client.stream.write_all(&[3]).expect("is read");
    let stop = client.receive();
    assert!(stop.starts_with("T02thread:01;"), "{stop}");
    // Memory can be changed now, but not in the past.
    assert_eq!(client.ask("M10,2:abcd"), "OK");
    assert_eq!(client.ask("m10,2"), "abcd");
    client.go("bs");
    assert!(client.ask("M10,2:abcd").starts_with('E'));
    // It disappears while the program runs.
    client.send("vCont;c");
    assert_eq!(client.byte(), b'+');
    drop(client);
    let words = server.join().expect("no panic").expect_err("it is no end");
    assert!(words.starts_with("the debugger is gone"), "{words}");
    std::fs::remove_file(&dir).expect("it is there");
}
