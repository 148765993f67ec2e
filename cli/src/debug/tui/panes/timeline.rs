//! The run as a bar: where it is now, where it was stopped, where snapshots are.

use ratatui::text::{Line, Span};

use crate::debug::{
    session::Event,
    tui::{app::App, colors},
};

/// The column of a step.
fn column(step: u64, first: u64, end: u64, width: u16) -> u16 {
    let (length, last) = (end - first, width.saturating_sub(1));
    if length == 0 {
        return 0;
    }
    let at = u128::from(step.clamp(first, end) - first) * u128::from(last) / u128::from(length);
    at as u16
}

/// The step that a column stands for.
pub fn step_at<T: 'static>(app: &App<'_, T>, column: u16, width: u16) -> u64 {
    let timeline = app.session.timeline();
    let (first, end) = (timeline.first(), timeline.end());
    let last = width.saturating_sub(1).max(1);
    let column = column.min(last);
    let at = u128::from(end - first) * u128::from(column) / u128::from(last);
    first + at as u64
}

/// The bar, and what it says in numbers.
pub fn lines<'a, T: 'static>(app: &App<'_, T>, width: u16) -> Vec<Line<'a>> {
    let timeline = app.session.timeline();
    let (first, end) = (timeline.first(), timeline.end());
    let column = |step: u64| usize::from(column(step, first, end, width));
    let now = app.session.step();
    let mut cells = vec![("─", colors::FAINT); width.into()];
    let passed = column(now).min(cells.len());
    cells[..passed].fill(("━", colors::GOOD));
    let mut mark = |step: u64, sign: &'static str, style| {
        if let Some(cell) = cells.get_mut(column(step)) {
            *cell = (sign, style);
        }
    };
    timeline
        .snapshot_steps()
        .for_each(|step| mark(step, "┿", colors::SNAPSHOT));
    app.met
        .iter()
        .for_each(|step| mark(*step, "●", colors::BREAK));
    mark(now, "▲", colors::RELATED);
    let spans: Vec<Span> = cells
        .into_iter()
        .map(|(sign, style)| Span::styled(sign, style))
        .collect();
    let ended = match timeline.has_ended() {
        true => ", where it ended",
        false => "",
    };
    let length = end - first;
    let percent = (now - first) * 100 / length.max(1);
    let (_, snapshots) = timeline.snapshots();
    let s = if snapshots == 1 { "" } else { "s" };
    let left = format!("step {now} of {end}{ended} ({percent} %), {snapshots} snapshot{s}  ");
    let event = match app.session.event() {
        Event::Failed(_) => Span::styled("trapped", colors::BREAK),
        event if event.is_end() => Span::styled("ended", colors::GOOD),
        _ => Span::raw(""),
    };
    vec![
        Line::from(spans),
        Line::from(vec![Span::styled(left, colors::FAINT), event]),
    ]
}

#[cfg(test)]
mod tests {
    use super::column;

    #[test]
    fn steps_have_columns() {
        assert_eq!(column(5, 5, 5, 80), 0);
        assert_eq!(column(0, 0, 100, 80), 0);
        assert_eq!(column(100, 0, 100, 80), 79);
        assert_eq!(column(u64::MAX, 0, u64::MAX, 80), 79);
        assert_eq!(column(50, 0, 100, 1), 0);
        assert_eq!(column(50, 0, 100, 0), 0);
    }
}
