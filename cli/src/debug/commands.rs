//! The commands of the debugger: one table for the line mode, the command line of the screen, and `help`.

use std::fmt::Write;

use super::{
    report::{self, Report},
    session::{Access, Direction, Session},
};
use Direction::{Back, Forward};

/// A command.
pub struct Command {
    /// Its name, and shorter ones.
    pub names: &'static [&'static str],
    /// What it takes.
    pub takes: &'static str,
    /// What it does, in a few words.
    pub help: &'static str,
    act: Act,
}

/// What a command does.
#[derive(Clone, Copy)]
enum Act {
    Line(Direction),
    NextLine(Direction),
    Instruction(Direction),
    NextInstruction(Direction),
    Finish(Direction),
    Resume(Direction),
    Advance,
    GoTo,
    GoToEnd,
    Who,
    Break,
    TemporaryBreak,
    Watch(Access),
    Delete,
    Enable(bool),
    Info,
    Print,
    Set,
    Memory,
    Backtrace,
    Frame,
    Select(i8),
    List,
    Disassemble,
    Output,
    Help,
    Quit,
}

impl Act {
    fn moves(self) -> bool {
        use Act::*;
        matches!(
            self,
            Line(_)
                | NextLine(_)
                | Instruction(_)
                | NextInstruction(_)
                | Finish(_)
                | Resume(_)
                | Advance
                | GoTo
                | GoToEnd
                | Who
        )
    }
}

impl Command {
    /// Whether it goes on with the program, or back.
    pub fn moves(&self) -> bool {
        self.act.moves()
    }
}

const fn command(
    names: &'static [&'static str],
    takes: &'static str,
    help: &'static str,
    act: Act,
) -> Command {
    Command {
        names,
        takes,
        help,
        act,
    }
}

/// All of them, in the order of `help`.
pub const COMMANDS: &[Command] = &[
    command(
        &["step", "s"],
        "[N]",
        "to another line, also in a called function",
        Act::Line(Forward),
    ),
    command(
        &["next", "n"],
        "[N]",
        "to another line of this function",
        Act::NextLine(Forward),
    ),
    command(
        &["stepi", "si"],
        "[N]",
        "one instruction",
        Act::Instruction(Forward),
    ),
    command(
        &["nexti", "ni"],
        "[N]",
        "one instruction, over calls",
        Act::NextInstruction(Forward),
    ),
    command(
        &["finish", "out"],
        "",
        "until this function has returned",
        Act::Finish(Forward),
    ),
    command(
        &["continue", "c"],
        "",
        "to the next breakpoint, watchpoint, or the end",
        Act::Resume(Forward),
    ),
    command(
        &["reverse-step", "rs"],
        "[N]",
        "as step, back",
        Act::Line(Back),
    ),
    command(
        &["reverse-next", "rn"],
        "[N]",
        "as next, back",
        Act::NextLine(Back),
    ),
    command(
        &["reverse-stepi", "rsi"],
        "[N]",
        "one instruction back",
        Act::Instruction(Back),
    ),
    command(
        &["reverse-nexti", "rni"],
        "[N]",
        "one instruction back, over calls",
        Act::NextInstruction(Back),
    ),
    command(
        &["reverse-finish", "rf"],
        "",
        "back to the call of this function",
        Act::Finish(Back),
    ),
    command(
        &["reverse-continue", "rc"],
        "",
        "back to the breakpoint or write before, or the start",
        Act::Resume(Back),
    ),
    command(
        &["advance", "until"],
        "WHERE",
        "run to a place",
        Act::Advance,
    ),
    command(
        &["goto", "g"],
        "STEP|+N|-N",
        "to a step of the run",
        Act::GoTo,
    ),
    command(
        &["end"],
        "",
        "to the last step that was ever reached",
        Act::GoToEnd,
    ),
    command(
        &["who", "w"],
        "WHAT",
        "back to the instruction that wrote WHAT last",
        Act::Who,
    ),
    command(
        &["break", "b"],
        "WHERE",
        "stop at a function, FILE:LINE, LINE, 0xOFFSET or FUNC+0xN",
        Act::Break,
    ),
    command(
        &["tbreak", "tb"],
        "WHERE",
        "the same, once",
        Act::TemporaryBreak,
    ),
    command(
        &["watch"],
        "WHAT",
        "stop where WHAT is written to",
        Act::Watch(Access::Write),
    ),
    command(
        &["rwatch"],
        "WHAT",
        "stop where WHAT is read, which is in memory",
        Act::Watch(Access::Read),
    ),
    command(
        &["awatch"],
        "WHAT",
        "stop at both",
        Act::Watch(Access::Both),
    ),
    command(
        &["delete", "d"],
        "[N]",
        "take away a breakpoint or watchpoint, or all",
        Act::Delete,
    ),
    command(&["enable"], "N", "have it stop again", Act::Enable(true)),
    command(
        &["disable"],
        "N",
        "have it stop no more",
        Act::Enable(false),
    ),
    command(
        &["print", "p"],
        "WHAT",
        "a value: PATH->TO[0].VALUE, $name, local N, global N, stack N, i32 ADDR",
        Act::Print,
    ),
    command(
        &["set"],
        "WHAT = VALUE",
        "change a value, at the last step",
        Act::Set,
    ),
    command(
        &["x"],
        "ADDR|PATH [N]",
        "N bytes of memory (64 without it)",
        Act::Memory,
    ),
    command(
        &["info", "i"],
        "locals|args|globals|stack|break|timeline",
        "what there is",
        Act::Info,
    ),
    command(
        &["backtrace", "bt"],
        "",
        "the functions that are being executed",
        Act::Backtrace,
    ),
    command(
        &["frame", "f"],
        "[N]",
        "look at function N of the backtrace",
        Act::Frame,
    ),
    command(&["up"], "", "look at the caller", Act::Select(1)),
    command(
        &["down"],
        "",
        "look at the called function",
        Act::Select(-1),
    ),
    command(
        &["list", "l"],
        "[wasm]",
        "lines around, of the source or of WebAssembly",
        Act::List,
    ),
    command(
        &["disassemble", "disas"],
        "[plain]",
        "register bytecode around; plain: as it is where nothing stops",
        Act::Disassemble,
    ),
    command(
        &["output", "o"],
        "",
        "what the program had printed by now",
        Act::Output,
    ),
    command(&["help", "h"], "[COMMAND]", "this list", Act::Help),
    command(&["quit", "q"], "", "leave", Act::Quit),
];

/// What came of a command.
pub enum Reply {
    /// Text; empty for none.
    Text(String),
    /// The program was gone on with, or back; what there is to report.
    Moved(String),
    /// The user wants to leave.
    Quit,
}

/// Finds a command by its name, or by the start of it where only one begins so.
///
/// # Errors
/// In words.
pub fn find(name: &str) -> Result<&'static Command, String> {
    let exact = COMMANDS
        .iter()
        .find(|command| command.names.contains(&name));
    if let Some(exact) = exact {
        return Ok(exact);
    }
    let begins = |command: &&Command| command.names[0].starts_with(name);
    let found: Vec<&Command> = COMMANDS.iter().filter(begins).collect();
    match found[..] {
        [one] => Ok(one),
        [] => Err(format!("no command `{name}`: `help` lists them")),
        _ => {
            let names: Vec<&str> = found.iter().map(|command| command.names[0]).collect();
            Err(format!("`{name}` may be {}", names.join(", ")))
        }
    }
}

/// Does a command.
///
/// # Errors
/// In words: there is no such command, or it cannot be done.
pub fn execute<T: 'static>(session: &mut Session<'_, T>, text: &str) -> Result<Reply, String> {
    let text = text.trim();
    let (name, rest) = match text.split_once(char::is_whitespace) {
        Some((name, rest)) => (name, rest.trim()),
        None => (text, ""),
    };
    if name.is_empty() {
        return Ok(Reply::Text(String::new()));
    }
    let command = find(name)?;
    if rest.is_empty() && !command.takes.is_empty() && !command.takes.starts_with('[') {
        return Err(format!("{} takes {}", command.names[0], command.takes));
    }
    if !rest.is_empty() && command.takes.is_empty() {
        return Err(format!("{} takes nothing", command.names[0]));
    }
    if let Act::Quit = command.act {
        return Ok(Reply::Quit);
    }
    let reply = act(session, command.act, rest)?;
    Ok(match command.act.moves() {
        true => Reply::Moved(reply),
        false => Reply::Text(reply),
    })
}

fn act<T: 'static>(session: &mut Session<'_, T>, act: Act, rest: &str) -> Result<String, String> {
    match act {
        Act::Line(to) => repeat(session, rest, |session| session.step_line(to).map(drop)),
        Act::NextLine(to) => repeat(session, rest, |session| session.next_line(to).map(drop)),
        Act::Instruction(to) => repeat(session, rest, |session| {
            session.step_instruction(to).map(drop)
        }),
        Act::NextInstruction(to) => repeat(session, rest, |session| {
            session.next_instruction(to).map(drop)
        }),
        Act::Finish(to) => {
            session.finish(to)?;
            Ok(session.report())
        }
        Act::Resume(to) => {
            session.resume(to)?;
            Ok(session.report())
        }
        Act::Advance => {
            let offsets = session.places(rest)?;
            session.run_to(Forward, &offsets)?;
            Ok(session.report())
        }
        Act::GoTo => {
            let now = session.step();
            let step = match (rest.strip_prefix('+'), rest.strip_prefix('-')) {
                (Some(more), _) => now.saturating_add(count(more)?),
                (_, Some(less)) => now.saturating_sub(count(less)?),
                _ => count(rest)?,
            };
            session.go_to(step)?;
            Ok(session.report())
        }
        Act::GoToEnd => {
            session.go_to(session.timeline().end())?;
            Ok(session.report())
        }
        Act::Who => {
            let place = session.place(rest)?;
            let watch = session.watch_of(&place)?;
            session.who_wrote(watch)?;
            Ok(session.report())
        }
        Act::Break => {
            let offsets = session.places(rest)?;
            let number = session.break_at(rest, offsets).number;
            Ok(session.describe_point(number))
        }
        Act::TemporaryBreak => {
            let offsets = session.places(rest)?;
            let number = session.break_at(rest, offsets).number;
            session.make_temporary(number)?;
            Ok(session.describe_point(number))
        }
        Act::Watch(access) => {
            let place = session.place(rest)?;
            let watch = session.watch_of(&place)?;
            let number = session.watch(rest, watch, access)?.number;
            Ok(session.describe_point(number))
        }
        Act::Delete if rest.is_empty() => {
            session.delete_all();
            Ok(String::new())
        }
        Act::Delete => session.delete(number(rest)?).map(|()| String::new()),
        Act::Enable(on) => {
            let number = number(rest)?;
            session.enable(number, on).map(|()| String::new())
        }
        Act::Print => {
            let place = session.place(rest)?;
            Ok(format!("{rest} = {}\n", session.show(&place)?))
        }
        Act::Set => {
            let (what, value) = rest.split_once('=').ok_or("set takes WHAT = VALUE")?;
            let place = session.place(what)?;
            session.set(&place, value.trim())?;
            let now = session.place(what)?;
            Ok(format!("{} = {}\n", what.trim(), session.show(&now)?))
        }
        Act::Memory => {
            let (what, length) = address_and_length(rest);
            let length = length.map_or(Ok(64), count)?;
            let address = session.address(what)?;
            let bytes = session.bytes(address, usize::try_from(length).unwrap_or(usize::MAX))?;
            Ok(report::dump(address, bytes))
        }
        Act::Info => info(session, rest),
        Act::Backtrace => Ok(session.backtrace()),
        Act::Frame if rest.is_empty() => Ok(session.place_text()),
        Act::Frame => {
            session.select(number(rest)? as usize)?;
            Ok(session.place_text())
        }
        Act::Select(by) => {
            let to = session.selected().checked_add_signed(by.into());
            let to = to.ok_or("this is the innermost function")?;
            let count = session.frames().len();
            if to >= count {
                return Err("this is the outermost function".to_owned());
            }
            session.select(to)?;
            Ok(session.place_text())
        }
        Act::List => session.list(rest),
        Act::Disassemble => session.disassemble(rest),
        Act::Output => Ok(report::printed(session.output())),
        Act::Help => help(rest),
        Act::Quit => Ok(String::new()),
    }
}

/// What `x` takes: an address, and a number of bytes.
pub fn address_and_length(rest: &str) -> (&str, Option<&str>) {
    let rest = rest.trim();
    match rest.rsplit_once(char::is_whitespace) {
        Some((what, length)) if length.starts_with(|c: char| c.is_ascii_digit()) => {
            (what.trim(), Some(length))
        }
        _ => (rest, None),
    }
}

/// Does a motion so often, or until something happens.
fn repeat<T: 'static>(
    session: &mut Session<'_, T>,
    times: &str,
    mut motion: impl FnMut(&mut Session<'_, T>) -> Result<(), String>,
) -> Result<String, String> {
    let times = match times {
        "" => 1,
        times => count(times)?,
    };
    for _ in 0..times {
        motion(session)?;
        if !matches!(session.event(), super::session::Event::Step) {
            break;
        }
    }
    Ok(session.report())
}

fn info<T: 'static>(session: &Session<'_, T>, what: &str) -> Result<String, String> {
    let is = |name: &str| name.starts_with(what);
    if is("locals") {
        let variables = session.variables(false)?;
        return Ok(match variables.is_empty() {
            true => report::values("local ", &session.locals()?),
            false => report::variables(&variables),
        });
    }
    if is("args") {
        return Ok(report::variables(&session.variables(true)?));
    }
    if is("globals") {
        return Ok(report::values("global ", &session.globals()));
    }
    if is("stack") {
        return Ok(report::values("stack ", &session.operands()?));
    }
    if is("wasm") {
        return Ok(report::values("local ", &session.locals()?));
    }
    if is("breakpoints") || what == "watch" {
        let points = session.points().iter();
        return Ok(points
            .map(|point| session.describe_point(point.number))
            .collect());
    }
    if is("timeline") {
        return Ok(session.timeline_text());
    }
    Err(format!(
        "nothing is known of `{what}`, only of locals, args, globals, stack, wasm (locals), break and timeline"
    ))
}

fn help(of: &str) -> Result<String, String> {
    let mut text = String::new();
    let wanted: Vec<&Command> = match of {
        "" => COMMANDS.iter().collect(),
        name => vec![find(name)?],
    };
    for command in wanted {
        let names = command.names.join(", ");
        let left = format!("{names} {}", command.takes);
        // (Writing to text does not fail.)
        let _ = writeln!(text, "{:34} {}", left.trim(), command.help);
    }
    Ok(text)
}

fn count(text: &str) -> Result<u64, String> {
    super::session::number(text)
}

fn number(text: &str) -> Result<u32, String> {
    u32::try_from(count(text)?).map_err(|_| format!("`{text}` is too large"))
}
