//! `wasmote debug` on a terminal: what is on it, what keys do, and that it is left as it was.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    process::{Child, ExitStatus},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use pty_process::{
    Size,
    blocking::{Command, Pts, Pty, open},
};
use rustix::{
    fd::AsFd,
    process::{Pid, Signal, kill_process},
    termios::{LocalModes, OutputModes, tcgetattr},
};
use vt100::{MouseProtocolMode, Parser};
use wasmote_tests::{Scratch, command, guest};

use crate::dap::FAC;

/// How long to wait for what is to be on the screen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal with the command in it.
struct Terminal {
    pty: Pty,
    /// The command's end, for what it leaves there.
    inner: Pts,
    child: Child,
    output: Receiver<Vec<u8>>,
    screen: Parser,
}

impl Terminal {
    const SIZE: (u16, u16) = (30, 100);

    fn start(directory: &Path, line: &str) -> Terminal {
        let (pty, inner) = open().expect("there are terminals");
        let (rows, columns) = Terminal::SIZE;
        pty.resize(Size::new(rows, columns)).expect("it has a size");
        let program = command(directory, "").get_program().to_owned();
        let child = Command::new(program)
            .args(line.split_whitespace())
            .current_dir(directory)
            .env("TERM", "xterm-256color")
            .spawn_borrowed(&inner)
            .expect("wasmote starts");
        let mut from = File::from(pty.as_fd().try_clone_to_owned().expect("it can be"));
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let screen = Parser::new(
            rows.try_into().expect("some"),
            columns.try_into().expect("some"),
            0,
        );
        Terminal {
            pty,
            inner,
            child,
            output,
            screen,
        }
    }

    fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).expect("it is read");
    }

    fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits until this is on the screen, and gives all of it.
    #[track_caller]
    fn shows(&mut self, what: &str) -> String {
        self.until(what, |text| text.contains(what))
    }

    #[track_caller]
    fn until(&mut self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        while !is(&self.text()) {
            match self.output.recv_timeout(Duration::from_millis(100)) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(_) => assert!(start.elapsed() < PATIENCE, "no {what}:\n{}", self.text()),
            }
        }
        self.text()
    }

    fn kill(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(id.expect("a number of a process"), signal).expect("it runs");
    }

    /// Whether keys go to the command as they are, and the screen is its own.
    fn is_taken(&self) -> [bool; 4] {
        let modes = tcgetattr(&self.inner).expect("it is a terminal");
        let screen = self.screen.screen();
        [
            !modes
                .local_modes
                .intersects(LocalModes::ICANON | LocalModes::ECHO)
                && !modes.output_modes.contains(OutputModes::OPOST),
            screen.alternate_screen(),
            screen.hide_cursor(),
            screen.mouse_protocol_mode() != MouseProtocolMode::None,
        ]
    }

    /// Waits for the end of the command, after which the terminal is as it was; gives what is on it then.
    #[track_caller]
    fn ends(mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        let status = loop {
            match self.child.try_wait().expect("it is ours") {
                Some(status) => break status,
                None => assert!(start.elapsed() < PATIENCE, "it goes on:\n{}", self.text()),
            }
            while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(20)) {
                self.screen.process(&bytes);
            }
        };
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.screen.process(&bytes);
        }
        assert_eq!(self.is_taken(), [false; 4], "{}", self.text());
        (status, self.text())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // (A test that failed may leave it running.)
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fac() -> (Scratch, Terminal) {
    let dir = Scratch::new();
    dir.file("fac.wat", FAC);
    let terminal = Terminal::start(dir.path(), "debug --invoke fac fac.wat 5");
    (dir, terminal)
}

#[test]
fn keys_go_through_a_program_and_back() {
    let (_dir, mut terminal) = fac();
    let text = terminal.shows("step 0 of 0");
    assert_eq!(terminal.is_taken(), [true; 4]);
    assert!(text.starts_with(" wasmote debug  fac.wat"), "{text}");
    for pane in [
        " fac ",
        " calls ",
        " locals ",
        " stack ",
        " bytecode ",
        " memory ",
        " output ",
    ] {
        assert!(text.contains(pane), "{pane}:\n{text}");
    }
    assert!(
        text.contains("0 $n 5") && text.contains("i32.const 1"),
        "{text}"
    );
    // A letter, and the arrows, which are three bytes.
    terminal.press("i");
    terminal.shows("step 1 of 1");
    terminal.press("\x1b[C\x1b[C");
    terminal.shows("step 3 of 3");
    terminal.press("\x1b[D");
    terminal.shows("step 2 of 3");
    terminal.press(":watch i32 16\r");
    terminal.shows("watchpoint 1: i32 16");
    terminal.press("c");
    terminal.shows("written by step 9");
    terminal.press("c");
    let text = terminal.shows("written by step 21");
    assert!(text.contains("00000010 14 00 00 00"), "{text}");
    terminal.press("C");
    terminal.shows("step 21 of 22");
    terminal.press("C");
    let text = terminal.shows("step 9 of 22");
    assert!(text.contains("00000010 00 00 00 00"), "{text}");
    // F10 and End, as xterm sends them.
    terminal.press("\x1b[21~");
    terminal.shows("step 10 of 22");
    terminal.press("\x1b[F");
    terminal.shows("step 22 of 22");
    terminal.press(":delete\r");
    terminal.press("c");
    terminal.shows("returned 120");
    terminal.press("?");
    terminal.shows("5 % of the run");
    terminal.press(" ");
    terminal.until("screen without keys", |text| {
        !text.contains("5 % of the run")
    });
    // Ctrl-C leaves a screen like this only on purpose.
    terminal.press("\x03");
    terminal.shows("q leaves");
    terminal.press(":nonsense\r");
    terminal.shows("no command `nonsense`");
    terminal.press("q");
    let (status, _) = terminal.ends();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_mouse_drags_the_timeline_and_the_size_may_change() {
    let (_dir, mut terminal) = fac();
    terminal.shows("step 0 of 0");
    terminal.press("c");
    let text = terminal.shows("step 66 of 66, where it ended");
    let row = text
        .lines()
        .position(|line| line.contains("┿━"))
        .expect("the bar is there")
        + 1;
    // A press of the left button in the middle, and its release (SGR encoding).
    terminal.press(&format!("\x1b[<0;50;{row}M\x1b[<0;50;{row}m"));
    let text = terminal.shows("step 32 of 66");
    assert!(text.contains("(48 %)"), "{text}");
    terminal
        .pty
        .resize(Size::new(20, 80))
        .expect("it has a size");
    let (rows, columns) = (20_u16, 80_u16);
    terminal.screen.screen_mut().set_size(
        rows.try_into().expect("some"),
        columns.try_into().expect("some"),
    );
    terminal.until("bar of the new width", |text| {
        let bar = text
            .lines()
            .find(|line| line.contains('┿') || line.contains('▲'));
        text.lines().count() <= 20 && bar.is_some_and(|bar| bar.chars().count() == 80)
    });
    terminal.press("q");
    assert_eq!(terminal.ends().0.code(), Some(0));
}

#[test]
fn a_long_motion_shows_where_it_is_and_can_be_stopped() {
    let dir = Scratch::new();
    dir.file(
        "ever.wat",
        r#"(module (func (export "f") (loop $on (br $on))))"#,
    );
    let mut terminal = Terminal::start(dir.path(), "debug --invoke f ever.wat");
    terminal.shows("step 0 of 0");
    terminal.press("c");
    terminal.shows("Esc stops here");
    terminal.press("\x1b");
    let text = terminal.shows("interrupted");
    assert!(!text.contains("Esc stops here"), "{text}");
    terminal.press("\x1b[D");
    terminal.until("step back", |text| {
        let line = text.lines().find(|line| line.starts_with("step "));
        let numbers: Vec<u64> = (line.unwrap_or_default().split(' '))
            .filter_map(|word| word.parse().ok())
            .collect();
        matches!(numbers[..], [at, of, ..] if at + 1 == of)
    });
    terminal.press("q");
    assert_eq!(terminal.ends().0.code(), Some(0));
}

#[test]
fn a_trap_is_looked_at_and_leaves_the_terminal_alone() {
    let dir = Scratch::new();
    let ledger = guest("ledger-O0.wasm");
    let line = format!(
        "debug --source-map ={} {} 30",
        guest("").display(),
        ledger.display()
    );
    let mut terminal = Terminal::start(dir.path(), &line);
    terminal.shows("step 0 of 0");
    terminal.press("c");
    let text = terminal.shows("wasm trap: uninitialized element");
    assert!(text.contains("190") && text.contains("Collatz:"), "{text}");
    terminal.press(":who object->class\r");
    let text = terminal.shows("written by step 4111");
    assert!(text.contains("joined->text[length] = 0;"), "{text}");
    terminal.press(":q\r");
    assert_eq!(terminal.ends().0.code(), Some(0));
}

#[test]
fn errors_and_signals_leave_the_terminal_as_it_was() {
    let dir = Scratch::new();
    dir.file(
        "starts.wat",
        r#"(module (func $s unreachable) (start $s) (func (export "f")))"#,
    );
    for (line, told) in [
        ("debug none.wasm", "error: none.wasm: No such file"),
        (
            "debug --invoke f starts.wat",
            "error: wasm trap: unreachable",
        ),
    ] {
        let (status, text) = Terminal::start(dir.path(), line).ends();
        assert!(!status.success());
        assert!(text.starts_with(told), "{text}");
    }
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let (_dir, mut terminal) = fac();
        terminal.shows("step 0 of 0");
        terminal.press("i");
        terminal.shows("step 1 of 1");
        terminal.kill(signal);
        let (status, _) = terminal.ends();
        assert_eq!(status.code(), Some(code), "{signal:?}");
    }
}

#[test]
fn memory_is_shown_where_it_is_asked_for() {
    let (_dir, mut terminal) = fac();
    terminal.shows("step 0 of 0");
    terminal.press(":x 0x120\r");
    terminal.shows("00000120 00");
    // With a length, that many bytes.
    terminal.press("c:x 16 20\r");
    let text = terminal.shows("any key");
    let boxed = text
        .lines()
        .find(|line| line.contains("0x00000010  78 00 00 00 "));
    let last = text
        .lines()
        .find(|line| line.contains("0x00000020  00 00 00 00  "));
    assert!(boxed.is_some() && last.is_some(), "{text}");
    terminal.press(" ");
    let text = terminal.until("memory there", |text| !text.contains("any key"));
    assert!(text.contains("00000010 78 00"), "{text}");
    terminal.press(":x 16 many\r");
    terminal.shows("many");
    terminal.press("q");
    assert_eq!(terminal.ends().0.code(), Some(0));
}

#[test]
fn lines_on_a_terminal_have_a_prompt() {
    let dir = Scratch::new();
    dir.file("fac.wat", FAC);
    let mut terminal = Terminal::start(dir.path(), "debug --plain --invoke fac fac.wat 5");
    terminal.shows("> ");
    assert_eq!(terminal.is_taken(), [false; 4]);
    terminal.press("stepi\n");
    let text = terminal.until("step", |text| {
        text.ends_with("const 1\n> ") || text.contains("step 1: ")
    });
    assert!(text.starts_with("> stepi\nstep 1: fac+0x2\n"), "{text}");
    terminal.press("fly\n");
    terminal.shows("error: no command `fly`");
    // The end of the input.
    terminal.press("\x04");
    let (status, text) = terminal.ends();
    assert_eq!(status.code(), Some(0));
    assert!(text.trim_end().ends_with('>'), "{text}");
}
