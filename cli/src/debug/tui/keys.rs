//! What keys do: one table for the keys and for their help.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// As if this command had been typed.
    Command(&'static str),
    /// To a step that is so many percent of the run away.
    Scrub(i8),
    /// A breakpoint on the line or instruction of the selected frame, or none any more.
    ToggleBreak,
    /// Shows source or WebAssembly.
    ToggleText,
    /// Scrolls memory by so many rows.
    Memory(i8),
    /// Asks for a command.
    Ask,
    /// Shows or hides the keys.
    Help,
    /// Leaves.
    Quit,
}

/// Some keys that do the same.
pub struct Key {
    pub keys: &'static [(KeyCode, KeyModifiers)],
    /// As people call them.
    pub shown: &'static str,
    pub action: Action,
    pub help: &'static str,
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

const fn letter(letter: char) -> (KeyCode, KeyModifiers) {
    (KeyCode::Char(letter), NONE)
}

const fn function(number: u8, modifiers: KeyModifiers) -> (KeyCode, KeyModifiers) {
    (KeyCode::F(number), modifiers)
}

const fn key(
    keys: &'static [(KeyCode, KeyModifiers)],
    shown: &'static str,
    action: Action,
    help: &'static str,
) -> Key {
    Key {
        keys,
        shown,
        action,
        help,
    }
}

use Action::Command;

/// All keys, in the order of the help.
pub const KEYS: &[Key] = &[
    key(
        &[letter('s'), function(11, NONE)],
        "s F11",
        Command("step"),
        "step into",
    ),
    key(&[letter('S')], "S", Command("reverse-step"), "… back"),
    key(
        &[letter('n'), function(10, NONE)],
        "n F10",
        Command("next"),
        "step over",
    ),
    key(
        &[letter('N'), function(10, SHIFT)],
        "N S-F10",
        Command("reverse-next"),
        "… back",
    ),
    key(
        &[letter('f'), function(11, SHIFT)],
        "f S-F11",
        Command("finish"),
        "step out",
    ),
    key(
        &[letter('F')],
        "F",
        Command("reverse-finish"),
        "… back to the call",
    ),
    key(
        &[letter('c'), function(5, NONE)],
        "c F5",
        Command("continue"),
        "continue",
    ),
    key(
        &[letter('C'), function(5, SHIFT)],
        "C S-F5",
        Command("reverse-continue"),
        "… back",
    ),
    key(
        &[(KeyCode::Right, NONE), letter('i')],
        "→ i",
        Command("stepi"),
        "one instruction",
    ),
    key(
        &[(KeyCode::Left, NONE), letter('I')],
        "← I",
        Command("reverse-stepi"),
        "… back",
    ),
    key(&[letter('o')], "o", Command("nexti"), "… over calls"),
    key(
        &[letter('O')],
        "O",
        Command("reverse-nexti"),
        "… over calls, back",
    ),
    key(
        &[(KeyCode::PageDown, NONE)],
        "PgDn",
        Action::Scrub(5),
        "5 % of the run",
    ),
    key(
        &[(KeyCode::PageUp, NONE)],
        "PgUp",
        Action::Scrub(-5),
        "… back",
    ),
    key(
        &[(KeyCode::Home, NONE)],
        "Home",
        Command("goto 0"),
        "to the start",
    ),
    key(
        &[(KeyCode::End, NONE)],
        "End",
        Command("end"),
        "to the last step",
    ),
    key(
        &[(KeyCode::Up, NONE)],
        "↑",
        Command("up"),
        "look at the caller",
    ),
    key(
        &[(KeyCode::Down, NONE)],
        "↓",
        Command("down"),
        "look at the called",
    ),
    key(
        &[letter('b'), function(9, NONE)],
        "b F9",
        Action::ToggleBreak,
        "breakpoint here",
    ),
    key(&[letter('w')], "w", Action::ToggleText, "source or wasm"),
    key(&[letter(']')], "]", Action::Memory(4), "memory further on"),
    key(&[letter('[')], "[", Action::Memory(-4), "memory before"),
    key(&[letter(':')], ":", Action::Ask, "a command"),
    key(
        &[letter('?'), function(1, NONE)],
        "? F1",
        Action::Help,
        "these keys",
    ),
    key(&[letter('q')], "q", Action::Quit, "leave"),
];

/// What a key that was pressed does.
pub fn action(event: KeyEvent) -> Option<Action> {
    // (Capital letters are keys of their own; terminals tell the shift key, too, or do not.)
    let modifiers = match event.code {
        KeyCode::Char(_) => event.modifiers - SHIFT,
        _ => event.modifiers,
    };
    let is = |key: &&Key| key.keys.contains(&(event.code, modifiers));
    KEYS.iter().find(is).map(|key| key.action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::debug::commands;

    #[test]
    fn no_key_does_two_things_and_all_commands_are_there() {
        let mut seen = Vec::new();
        for key in KEYS {
            for pressed in key.keys {
                assert!(!seen.contains(pressed), "{pressed:?}");
                seen.push(*pressed);
                let event = KeyEvent::new(pressed.0, pressed.1);
                assert_eq!(action(event), Some(key.action));
            }
            if let Command(text) = key.action {
                let name = text.split(' ').next().unwrap_or_default();
                assert!(commands::find(name).is_ok(), "{text}");
            }
        }
        let shifted = KeyEvent::new(KeyCode::Char('S'), SHIFT);
        assert_eq!(action(shifted), Some(Command("reverse-step")));
    }
}
