//! The debugger on a terminal: panes of everything, and time as a bar to drag.

mod app;
mod colors;
mod draw;
mod keys;
mod panes;
#[cfg(test)]
mod picture;
mod seen;
#[cfg(test)]
mod tests;

use std::{
    cell::Cell,
    io::{self, Write},
    panic,
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};

use ratatui::{
    DefaultTerminal,
    crossterm::{
        cursor::MoveTo,
        event::{
            self, DisableMouseCapture, EnableMouseCapture, Event, KeyCode, KeyEvent, KeyEventKind,
            KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
        },
        execute, queue,
        style::Print,
        terminal::{self, ClearType},
    },
    layout::{Position, Rect},
};

use super::session::Session;
use crate::{error::Failure, interrupt::Ending, load::reason};
use app::App;
use draw::Areas;
use keys::Action;
use panes::timeline::step_at;

/// Motions that take longer show where they are, so often.
const REPORT: Duration = Duration::from_millis(100);

/// How long to look for a key without waiting for one. (In no time at all, none is found.)
const AT_ONCE: Duration = Duration::from_millis(1);

/// Signals are looked for so often.
const TICK: Duration = Duration::from_millis(200);

/// Debugs on the terminal until the user leaves, or a signal ends it. It is as before then, also after a panic.
pub fn run<T: 'static>(mut session: Session<'_, T>, title: String) -> Result<ExitCode, Failure> {
    let broken = |e: io::Error| Failure::new(format!("the terminal: {}", reason(&e)));
    let ending = Rc::new(Ending::note()?);
    let drawn_over = Rc::new(Cell::new(false));
    watch(&mut session, drawn_over.clone(), ending.clone());
    let mut terminal = ratatui::try_init().map_err(broken)?;
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // (Nothing is left to do if the terminal is gone.)
        let _ = execute!(io::stdout(), DisableMouseCapture);
        before(info);
    }));
    let result = execute!(io::stdout(), EnableMouseCapture).and_then(|()| {
        event_loop(
            &mut terminal,
            App::new(session, title),
            &drawn_over,
            &ending,
        )
    });
    let _ = execute!(io::stdout(), DisableMouseCapture);
    ratatui::restore();
    match ending.status() {
        Some(status) => Ok(ExitCode::from(status)),
        None => result.map(|()| ExitCode::SUCCESS).map_err(broken),
    }
}

/// Has long motions show where they are, and end at Esc or Ctrl-C.
fn watch<T: 'static>(session: &mut Session<'_, T>, drawn_over: Rc<Cell<bool>>, ending: Rc<Ending>) {
    let mut last = Instant::now();
    session.watch_progress(move |step| {
        if ending.status().is_some() {
            return false;
        }
        while event::poll(AT_ONCE).unwrap_or(false) {
            match event::read() {
                Ok(Event::Key(key)) if interrupts(key) => return false,
                Ok(_) => {}
                // Without a terminal there is nobody to wait.
                Err(_) => return false,
            }
        }
        if last.elapsed() > REPORT {
            last = Instant::now();
            drawn_over.set(true);
            let text = format!("at step {step}; Esc stops here");
            let (_, height) = terminal::size().unwrap_or((0, 1));
            let mut out = io::stdout();
            let shown = queue!(
                out,
                MoveTo(0, height.saturating_sub(1)),
                terminal::Clear(ClearType::CurrentLine),
                Print(text)
            );
            return shown.and_then(|()| out.flush()).is_ok();
        }
        true
    });
}

fn interrupts(key: KeyEvent) -> bool {
    let control_c = key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL;
    key.code == KeyCode::Esc || control_c
}

fn event_loop<T: 'static>(
    terminal: &mut DefaultTerminal,
    mut app: App<'_, T>,
    drawn_over: &Cell<bool>,
    ending: &Ending,
) -> io::Result<()> {
    loop {
        if drawn_over.take() {
            // (`clear` would ask the terminal where its cursor is, and not all answer.)
            let size = terminal.size()?;
            terminal.resize(Rect::from((Position::ORIGIN, size)))?;
        }
        terminal.draw(|frame| draw::draw(frame, &mut app))?;
        while !event::poll(TICK)? {
            if ending.status().is_some() {
                return Ok(());
            }
        }
        let mut event = event::read()?;
        // Of a mouse that moves on while we go, only the last place matters.
        while is_drag(&event) && event::poll(AT_ONCE)? {
            event = event::read()?;
        }
        let size = terminal.size()?;
        let area = Rect::from((Position::ORIGIN, size));
        if !handle(&mut app, &event, area) {
            return Ok(());
        }
    }
}

fn is_drag(event: &Event) -> bool {
    matches!(event, Event::Mouse(mouse) if matches!(mouse.kind, MouseEventKind::Drag(_)))
}

/// Does what an event on a screen of some size means; whether to go on.
fn handle<T: 'static>(app: &mut App<'_, T>, event: &Event, area: Rect) -> bool {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => pressed(app, *key),
        Event::Mouse(mouse) => {
            pointed(app, mouse, area);
            true
        }
        _ => true,
    }
}

fn pressed<T: 'static>(app: &mut App<'_, T>, key: KeyEvent) -> bool {
    if let Some(text) = &mut app.asked {
        match key.code {
            _ if interrupts(key) => app.asked = None,
            KeyCode::Enter => return app.enter(),
            KeyCode::Up => app.recall(-1),
            KeyCode::Down => app.recall(1),
            KeyCode::Backspace if text.is_empty() => app.asked = None,
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Char(letter) => text.push(letter),
            _ => {}
        }
        return true;
    }
    let boxed = app.message.0.trim_end().lines().count() > 1;
    if app.help || boxed {
        app.help = false;
        if boxed {
            app.message = Default::default();
        }
        return true;
    }
    if interrupts(key) {
        // (Nothing runs now: who wants to leave that way shall be told how.)
        app.message = ("q leaves".to_owned(), false);
        return true;
    }
    match keys::action(key) {
        Some(action) => app.act(action),
        None => true,
    }
}

fn pointed<T: 'static>(app: &mut App<'_, T>, mouse: &MouseEvent, area: Rect) {
    let bar = Areas::of(area).timeline;
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left)
            if mouse.row >= bar.y && mouse.row < bar.bottom() =>
        {
            let step = step_at(app, mouse.column - bar.x.min(mouse.column), bar.width);
            app.go_to(step);
        }
        MouseEventKind::ScrollDown => {
            app.act(Action::Memory(1));
        }
        MouseEventKind::ScrollUp => {
            app.act(Action::Memory(-1));
        }
        _ => {}
    }
}
