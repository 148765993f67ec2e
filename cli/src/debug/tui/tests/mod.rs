//! Screens at several moments of a session, as text. With `BLESS=1` in the environment, the screens are written anew.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use clap::Parser;
use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{
        Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
    },
    layout::Rect,
};

use super::{app::App, draw, handle, picture};
use crate::{
    args::{Cli, Command, DebugArgs},
    debug::{
        session::Session,
        start::{self, FrontEnd},
    },
    error::Failure,
};

/// A terminal, and what is on it.
struct Screen<'m, T: 'static> {
    app: App<'m, T>,
    terminal: Terminal<TestBackend>,
}

impl<T: 'static> Screen<'_, T> {
    /// Presses keys: letters, or names in brackets.
    fn press(&mut self, keys: &str) {
        let mut keys = keys.chars();
        while let Some(key) = keys.next() {
            let code = match key {
                '<' => match keys
                    .by_ref()
                    .take_while(|c| *c != '>')
                    .collect::<String>()
                    .as_str()
                {
                    "enter" => KeyCode::Enter,
                    "esc" => KeyCode::Esc,
                    "left" => KeyCode::Left,
                    "right" => KeyCode::Right,
                    "up" => KeyCode::Up,
                    "home" => KeyCode::Home,
                    "end" => KeyCode::End,
                    "pageup" => KeyCode::PageUp,
                    other => panic!("{other}"),
                },
                letter => KeyCode::Char(letter),
            };
            let event = Event::Key(KeyEvent::new(code, KeyModifiers::NONE));
            assert!(self.handle(&event), "{keys:?} leaves");
        }
    }

    fn handle(&mut self, event: &Event) -> bool {
        let size = self.terminal.size().expect("it has one");
        handle(
            &mut self.app,
            event,
            Rect::new(0, 0, size.width, size.height),
        )
    }

    fn draw(&mut self) -> String {
        let drawn = self.terminal.draw(|frame| draw::draw(frame, &mut self.app));
        picture::text(drawn.expect("memory does not fail").buffer)
    }

    /// Compares the screen with what it was.
    #[track_caller]
    fn check(&mut self, name: &str) {
        let text = self.draw();
        same(&golden(&format!("{name}.txt")), &text);
    }
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn golden(name: &str) -> PathBuf {
    root().join("cli/src/debug/tui/tests").join(name)
}

#[track_caller]
fn same(path: &Path, text: &str) {
    if env::var_os("BLESS").is_some() {
        fs::write(path, text).expect("the screen is written");
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert!(expected == text, "{} is now:\n{text}", path.display());
}

/// A test that has a screen.
struct Test<F>(F, (u16, u16));

trait Story {
    fn tell<T: 'static>(self, screen: Screen<'_, T>);
}

impl<S: Story> FrontEnd for Test<S> {
    type Output = ();

    fn run<T: 'static>(self, session: Session<'_, T>) -> Result<(), Failure> {
        let Test(story, (width, height)) = self;
        let terminal = Terminal::new(TestBackend::new(width, height)).expect("memory");
        let app = App::new(session, "guest".to_owned());
        story.tell(Screen { app, terminal });
        Ok(())
    }
}

fn args(words: &[&str]) -> DebugArgs {
    let words = ["wasmote", "debug"].iter().chain(words).copied();
    match Cli::try_parse_from(words).map(|cli| cli.command) {
        Ok(Command::Debug(args)) => args,
        _ => panic!("not understood"),
    }
}

fn tell(story: impl Story, size: (u16, u16), words: &[&str]) {
    let told = start::with(&args(words), Test(story, size));
    if let Err(Failure::Error(message) | Failure::Trap(message)) = told {
        panic!("{message}");
    }
}

fn ledger(level: u32) -> [String; 5] {
    let guests = root().join("tests/guests");
    [
        "--virtual".to_owned(),
        "--source-map".to_owned(),
        format!("={}", guests.display()),
        guests
            .join(format!("ledger-O{level}.wasm"))
            .display()
            .to_string(),
        "30".to_owned(),
    ]
}

fn tell_of_ledger(story: impl Story, size: (u16, u16)) {
    let words = ledger(0);
    tell(story, size, &words.each_ref().map(String::as_str));
}

#[test]
fn from_a_trap_back_to_the_bug() {
    struct Bug;
    impl Story for Bug {
        fn tell<T: 'static>(self, mut screen: Screen<'_, T>) {
            screen.check("ledger-start");
            screen.press("bc");
            screen.check("ledger-trap");
            // Past the frame that trapped, to the one with the damaged table.
            screen.press("<home>:b join<enter>c");
            screen.check("ledger-join");
            screen.press(":delete<enter>c:who object->class<enter>");
            screen.check("ledger-damage");
            screen.press("N");
            screen.check("ledger-line-before");
        }
    }
    tell_of_ledger(Bug, (80, 24));
}

#[test]
fn large_screens_and_the_picture_of_the_documentation() {
    struct Picture;
    impl Story for Picture {
        fn tell<T: 'static>(self, mut screen: Screen<'_, T>) {
            screen.press(
                ":b src/ledger.c:185<enter>ccccccccc:delete<enter>c:who object->class<enter>",
            );
            screen.check("ledger-large");
            let svg = picture::svg(screen.terminal.backend().buffer());
            same(&root().join("docs/debugger.svg"), &svg);
        }
    }
    tell_of_ledger(Picture, (120, 36));
}

#[test]
fn a_module_without_lines() {
    struct Text;
    impl Story for Text {
        fn tell<T: 'static>(self, mut screen: Screen<'_, T>) {
            screen.press("<right><right><right>");
            screen.check("fac-steps");
            screen.press("c");
            screen.check("fac-returned");
            // The last column but one of the bar is before the end, its middle in the middle.
            let middle = MouseEvent {
                kind: MouseEventKind::Down(MouseButton::Left),
                column: 40,
                row: 21,
                modifiers: KeyModifiers::NONE,
            };
            let end = screen.app.session.step();
            screen.handle(&Event::Mouse(middle));
            let step = screen.app.session.step();
            assert!(step > end / 3 && step < end * 2 / 3, "{step} of {end}");
            screen.press("<home>");
            assert_eq!(
                screen.app.session.step(),
                screen.app.session.timeline().first()
            );
            screen.press("?");
            screen.check("keys");
        }
    }
    let file = env::temp_dir().join(format!("wasmote-screen-{}.wat", std::process::id()));
    fs::write(&file, FAC).expect("it is written");
    let shown = file.display().to_string();
    tell(Text, (80, 24), &["--invoke", "fac", &shown, "5"]);
    fs::remove_file(&file).expect("it was there");
}

const FAC: &str = r#"(module
  (memory 1)
  (func $fac (export "fac") (param $n i32) (result i32)
    (i32.store (i32.mul (local.get $n) (i32.const 4)) (local.get $n))
    (if (result i32) (i32.le_s (local.get $n) (i32.const 1))
      (then (i32.const 1))
      (else (i32.mul (local.get $n)
                     (call $fac (i32.sub (local.get $n) (i32.const 1))))))))
"#;

#[test]
fn screens_of_any_size_are_drawn() {
    struct Sizes;
    impl Story for Sizes {
        fn tell<T: 'static>(self, mut screen: Screen<'_, T>) {
            screen.press(":b join<enter>c");
            for (width, height) in [(1, 1), (10, 3), (80, 8), (20, 24), (79, 23), (250, 80)] {
                screen.terminal.backend_mut().resize(width, height);
                let text = screen.draw();
                assert_eq!(text.lines().count(), usize::from(height));
                screen.press("?");
                screen.draw();
                screen.press("<esc>");
            }
        }
    }
    tell_of_ledger(Sizes, (80, 24));
}
