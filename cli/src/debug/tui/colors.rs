//! The colours of the screen: those of the terminal, so that they fit its background.

use ratatui::style::{Color, Modifier, Style};

/// Names of panes, lines between them.
pub const FRAME: Style = Style::new().fg(Color::DarkGray);
pub const TITLE: Style = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD);
/// The line or instruction that is next.
pub const CURRENT: Style = Style::new().fg(Color::Black).bg(Color::Yellow);
/// What belongs to it.
pub const RELATED: Style = Style::new().fg(Color::Yellow);
/// Line numbers, offsets, addresses, types.
pub const FAINT: Style = Style::new().fg(Color::DarkGray);
pub const NAME: Style = Style::new().fg(Color::Blue);
/// What was different at the last stop.
pub const CHANGED: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
/// Breakpoints, and errors.
pub const BREAK: Style = Style::new().fg(Color::Red);
pub const SNAPSHOT: Style = Style::new().fg(Color::Blue);
pub const GOOD: Style = Style::new().fg(Color::Green);
/// The lines of the screen that are no panes.
pub const BAR: Style = Style::new().add_modifier(Modifier::REVERSED);
