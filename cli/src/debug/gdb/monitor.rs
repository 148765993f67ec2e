//! Commands of ours, which clients pass on as text: `monitor …` in gdb, `process plugin packet monitor …` in LLDB.

use std::fmt::Write;

use super::debuggee::{Debuggee, Travel};

const HELP: &str = "\
steps              where the program is, in instructions since its start, and how far it ever was
reverse-step       the next `continue` goes one instruction back
reverse-continue   the next `continue` goes back to a breakpoint or to a write to what is watched
goto STEP          the next `continue` goes to this step
who ADDR [LEN]     the next `continue` goes back to the instruction that wrote the bytes there last
";

/// Obeys a command, and gives what to print.
///
/// Clients know that the program may be elsewhere only after they have let it run: so what moves in time is done when
/// they do so the next time.
pub fn answer<T: 'static>(debuggee: &mut Debuggee<T>, command: &str) -> String {
    match parse(command) {
        Ok(Command::Help) => HELP.into(),
        Ok(Command::Steps) => {
            let timeline = &debuggee.timeline;
            let mut text = format!(
                "step {} of {} to {}",
                debuggee.steps(),
                timeline.first(),
                timeline.end()
            );
            if timeline.has_ended() {
                let _ = write!(text, ", the end");
            }
            text + "\n"
        }
        Ok(Command::Travel(travel)) => {
            debuggee.planned = Some((debuggee.steps(), travel));
            match travel {
                Travel::Step => "`continue` goes one instruction back\n".into(),
                Travel::Continue => "`continue` goes back\n".into(),
                Travel::To(step) => format!("`continue` goes to step {step}\n"),
                Travel::Writer { start, len } => {
                    let bytes = if len == 1 { "byte" } else { "bytes" };
                    format!("`continue` goes back to what wrote {len} {bytes} at {start:#x}\n")
                }
            }
        }
        Err(words) => format!("{words}\n{HELP}"),
    }
}

#[derive(Debug)]
enum Command {
    Help,
    Steps,
    Travel(Travel),
}

fn parse(command: &str) -> Result<Command, String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    Ok(match words[..] {
        [] | ["help"] => Command::Help,
        ["steps"] => Command::Steps,
        ["reverse-step"] => Command::Travel(Travel::Step),
        ["reverse-continue"] => Command::Travel(Travel::Continue),
        ["goto", step] => Command::Travel(Travel::To(number(step)?)),
        ["who", address] => Command::Travel(Travel::Writer {
            start: number(address)?,
            len: 1,
        }),
        ["who", address, len] => Command::Travel(Travel::Writer {
            start: number(address)?,
            len: number(len)?,
        }),
        _ => return Err(format!("no command `{command}`")),
    })
}

/// Decimal, or hexadecimal with `0x`.
fn number(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("`{text}` is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        assert!(matches!(
            parse(" who 0x10 4"),
            Ok(Command::Travel(Travel::Writer { start: 16, len: 4 }))
        ));
        assert!(matches!(
            parse("goto 99"),
            Ok(Command::Travel(Travel::To(99)))
        ));
        assert_eq!(parse("goto x").map(|_| ()).unwrap_err(), "`x` is no number");
        assert_eq!(parse("jump").map(|_| ()).unwrap_err(), "no command `jump`");
    }
}
