//! Source, WebAssembly, and the register bytecode.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::first_line;
use crate::debug::{
    session::{Kind, Point},
    tui::{app::App, colors},
};

/// What the pane of the code shows.
pub fn title<T: 'static>(app: &App<'_, T>) -> String {
    match &app.seen.view {
        Some(view) => match (&view.location, app.wasm) {
            (Some(at), false) => at.file.to_string(),
            _ => app.session.code().display_name(view.frame.func),
        },
        None => "nothing is being executed".to_owned(),
    }
}

/// Lines around the one that is next.
pub fn lines<'a, T: 'static>(app: &App<'_, T>, area: Rect) -> Vec<Line<'a>> {
    let height = usize::from(area.height);
    source(app, height)
        .or_else(|| wasm(app, height))
        .unwrap_or_default()
}

/// Offsets that enabled points stop at.
fn breaks<T: 'static>(app: &App<'_, T>) -> Vec<u32> {
    let offsets = |point: &Point| match &point.kind {
        Kind::Break(offsets) if point.enabled => offsets.clone(),
        _ => Vec::new(),
    };
    app.session.points().iter().flat_map(offsets).collect()
}

fn source<'a, T: 'static>(app: &App<'_, T>, height: usize) -> Option<Vec<Line<'a>>> {
    let at = app
        .seen
        .view
        .as_ref()?
        .location
        .clone()
        .filter(|_| !app.wasm)?;
    let lines = app.session.files().lines(&at.file)?;
    let stops = breaks(app).into_iter();
    let places = stops.filter_map(|offset| app.session.source().location(offset));
    let stops: Vec<u32> = places
        .filter(|p| p.file == at.file)
        .map(|p| p.line)
        .collect();
    let first = first_line((at.line as usize).saturating_sub(1), lines.len(), height);
    let shown = (1u32..).zip(lines.iter()).skip(first).take(height);
    Some(
        shown
            .map(|(number, text)| {
                let left = format!("{number:>5} ");
                let text = text.replace('\t', "    ");
                row(left, text, number == at.line, stops.contains(&number))
            })
            .collect(),
    )
}

fn wasm<'a, T: 'static>(app: &App<'_, T>, height: usize) -> Option<Vec<Line<'a>>> {
    let offset = app.seen.view.as_ref()?.frame.offset;
    let window = app
        .session
        .listing()
        .around(offset, usize::MAX, usize::MAX)
        .ok()??;
    let stops = breaks(app);
    let first = first_line(window.current, window.lines.len(), height);
    let shown = window.lines.iter().enumerate().skip(first).take(height);
    Some(
        shown
            .map(|(n, line)| {
                let stops = line.offset.is_some_and(|offset| stops.contains(&offset));
                let left = line
                    .offset
                    .map_or_else(String::new, |offset| format!("{offset:#x}"));
                let indent = 2 * line.depth as usize;
                let text = format!("{:indent$}{}", "", line.text);
                row(format!("{left:>7} "), text, n == window.current, stops)
            })
            .collect(),
    )
}

fn row<'a>(left: String, text: String, current: bool, stops: bool) -> Line<'a> {
    let dot = match stops {
        true => Span::styled("●", colors::BREAK),
        false => Span::raw(" "),
    };
    match current {
        true => Line::from(vec![
            dot,
            Span::styled(left, colors::RELATED),
            Span::styled(text, colors::CURRENT),
        ]),
        false => Line::from(vec![
            dot,
            Span::styled(left, colors::FAINT),
            Span::raw(text),
        ]),
    }
}

/// The bytecode of the instruction that is next, and what is around it.
pub fn bytecode<'a, T: 'static>(app: &mut App<'_, T>, area: Rect) -> Vec<Line<'a>> {
    let Some(lines) = app.bytecode() else {
        return Vec::new();
    };
    let Some(view) = &app.seen.view else {
        return Vec::new();
    };
    let offset = view.frame.offset;
    let with_code: Vec<_> = lines.iter().filter(|line| line.code.is_some()).collect();
    let current = with_code.partition_point(|line| line.offset < offset);
    let height = usize::from(area.height);
    let first = first_line(current, with_code.len(), height);
    let shown = with_code.into_iter().skip(first).take(height);
    let line = |line: &wasmote::ExplainLine| {
        let code = line.code.clone().unwrap_or_default();
        let left = Span::styled(
            format!("{:>8} ", format!("{:#x}", line.offset)),
            colors::FAINT,
        );
        match line.offset == offset {
            true => Line::from(vec![left, Span::styled(code, colors::RELATED)]),
            false => Line::from(vec![left, Span::raw(code)]),
        }
    };
    shown.map(line).collect()
}
