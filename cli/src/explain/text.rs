//! A function explained as text: each instruction, the stack behind it, its code, and below what was decided and why.

use std::io::{self, Write};

use wasmote::explain::Stack;

use super::{Function, words};

/// Widths of the columns; what is longer pushes only its own line.
const WASM: usize = 28;
const STACK: usize = 44;

/// How many locals are listed.
const LOCALS: usize = 40;

/// Prints the function.
pub fn print(out: &mut impl Write, function: &Function) -> io::Result<()> {
    let explanation = &function.explanation;
    writeln!(out, "{}", function.title)?;
    writeln!(
        out,
        "{:8} {}, a frame of {} slots",
        "",
        words::signature(explanation),
        explanation.frame_slots
    )?;
    for (index, local) in explanation.locals.iter().take(LOCALS).enumerate() {
        let weight = local.weight.map(|weight| format!("  weight {weight}"));
        let line = format!(
            "{:8}  local {index:<4} {:4}  {:8}{}",
            "",
            local.ty,
            words::place_of(&local.place),
            weight.unwrap_or_default()
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    let more = explanation.locals.len().saturating_sub(LOCALS);
    if more > 0 {
        writeln!(out, "{:8}  and {more} more locals", "")?;
    }
    if !explanation.locals.is_empty() {
        writeln!(out, "{:8}  {}", "", words::about_pins(explanation))?;
    }
    writeln!(
        out,
        "{:8}  Stack: type:value@place, the top last; 0x… is the result of the instruction there.\n",
        ""
    )?;
    writeln!(
        out,
        "{:>8}  {:WASM$}  {:STACK$}  bytecode",
        "offset", "WebAssembly", "stack behind it"
    )?;
    for (index, step) in explanation.steps.iter().enumerate() {
        let mut code = function.code_of[index]
            .iter()
            .map(|position| &explanation.code[*position])
            .filter(|one| one.steps[0] == index)
            .map(|one| format!("{:4x}  {}", one.at, one.text));
        let sentences = words::of_step(function, index);
        let (offset, left) = match index {
            0 => (String::new(), "(entry)".into()),
            _ => {
                let indent = 2 * (step.depth as usize).saturating_sub(1);
                let wasm = words::instruction(step);
                (
                    format!("{:#x}", step.offset),
                    format!("{:indent$}{wasm}", ""),
                )
            }
        };
        let stack = match (&step.stack, index) {
            (_, 0) => String::new(),
            (None, _) if index + 1 == explanation.steps.len() => String::new(),
            (Some(stack), _) => stack_text(explanation, stack),
            (None, _) => "unreachable".into(),
        };
        let first = code.next().unwrap_or_default();
        if index == 0 && first.is_empty() && sentences.is_empty() {
            continue;
        }
        let line = format!("{offset:>8}  {left:WASM$}  {stack:STACK$}  {first}");
        writeln!(out, "{}", line.trim_end())?;
        for more in code {
            writeln!(out, "{:8}  {:WASM$}  {:STACK$}  {more}", "", "", "")?;
        }
        for sentence in sentences {
            writeln!(out, "{:14}- {sentence}", "")?;
        }
    }
    Ok(())
}

/// As many values as there is room for, from the top down.
fn stack_text(explanation: &wasmote::explain::Explanation, stack: &Stack) -> String {
    let mut shown = Vec::new();
    let mut width = 0;
    for value in stack.top.iter().rev() {
        let mut text = format!("{}:{}", value.ty, words::value_of(explanation, value));
        if let Some(place) = words::place_in_short(&value.place) {
            text.push('@');
            text.push_str(&place);
        }
        width += text.len() + 1;
        if width > STACK - 3 && !shown.is_empty() {
            break;
        }
        shown.push(text);
    }
    let hidden = stack.below + stack.top.len() - shown.len();
    if hidden > 0 {
        shown.push(format!("+{hidden}"));
    }
    shown.reverse();
    match shown.is_empty() {
        true => "-".into(),
        false => shown.join(" "),
    }
}
