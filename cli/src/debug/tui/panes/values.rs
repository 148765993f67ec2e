//! Calls, variables, and the operand stack.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::first_line;
use crate::debug::{
    session::FrameView,
    tui::{app::App, colors},
};

/// The functions that are being executed.
pub fn frames<'a, T: 'static>(app: &App<'_, T>, area: Rect) -> Vec<Line<'a>> {
    let frames = &app.seen.frames;
    let height = usize::from(area.height);
    let first = first_line(app.session.selected(), frames.len(), height);
    let shown = frames.iter().enumerate().skip(first).take(height);
    shown
        .map(|(n, view)| {
            let place = format!(" {}", place(view));
            let name = match n == app.session.selected() {
                true => Span::styled(view.function.clone(), colors::CURRENT),
                false => Span::styled(view.function.clone(), colors::NAME),
            };
            Line::from(vec![name, Span::styled(place, colors::FAINT)])
        })
        .collect()
}

fn place(view: &FrameView) -> String {
    match &view.location {
        Some(at) => {
            let file = at.file.rsplit('/').next().unwrap_or_default();
            format!("{file}:{}", at.line)
        }
        None => format!("{:#x}", view.frame.offset),
    }
}

/// Whether the variables are the source's.
pub fn title<T: 'static>(app: &App<'_, T>) -> String {
    let of_source = app
        .seen
        .view
        .as_ref()
        .is_some_and(|view| view.location.is_some());
    match of_source {
        true => "variables".to_owned(),
        false => "locals".to_owned(),
    }
}

/// The variables, or the locals.
pub fn variables<'a, T: 'static>(app: &App<'_, T>, area: Rect) -> Vec<Line<'a>> {
    let shown = app.seen.variables.iter().take(area.height.into());
    shown
        .map(|shown| {
            let value = match shown.changed {
                true => Span::styled(shown.value.value.clone(), colors::CHANGED),
                false => Span::raw(shown.value.value.clone()),
            };
            let name = Span::styled(shown.value.name.clone(), colors::NAME);
            Line::from(vec![name, Span::raw(" "), value])
        })
        .collect()
}

/// The operands, the top one first.
pub fn operands<'a, T: 'static>(app: &App<'_, T>, area: Rect) -> Vec<Line<'a>> {
    let operands = app.seen.operands.iter().rev().take(area.height.into());
    operands
        .map(|operand| {
            let ty = Span::styled(format!("{:5}", operand.ty), colors::FAINT);
            Line::from(vec![ty, Span::raw(operand.value.clone())])
        })
        .collect()
}
