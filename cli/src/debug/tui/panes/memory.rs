//! Memory in hexadecimal, and what the program printed.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::debug::{
    report::{ROW, letters},
    session::Stream,
    tui::{app::App, colors},
};

/// Rows of bytes; as many in one as there is room for, 8 or 16.
pub fn rows<'a, T: 'static>(app: &App<'_, T>, area: Rect) -> Vec<Line<'a>> {
    // An address, and for each byte three columns and a letter.
    let wide = usize::from(area.width) > 10 + 4 * ROW;
    let row = if wide { ROW } else { ROW / 2 };
    let start = app.memory.unwrap_or(app.seen.memory);
    let count = row * usize::from(area.height);
    let Ok(bytes) = app.session.bytes(start, count) else {
        return Vec::new();
    };
    let rows = (start..).step_by(row).zip(bytes.chunks(row));
    rows.map(|(at, bytes)| {
        let mut spans = vec![Span::styled(format!("{at:08x} "), colors::FAINT)];
        for (address, byte) in (at..).zip(bytes) {
            let text = format!("{byte:02x} ");
            spans.push(match (app.seen.is_changed(address), byte) {
                (true, _) => Span::styled(text, colors::CHANGED),
                (false, 0) => Span::styled(text, colors::FAINT),
                (false, _) => Span::raw(text),
            });
        }
        let gap = 3 * (row - bytes.len()) + 1;
        spans.push(Span::raw(format!("{:gap$}{}", "", letters(bytes))));
        Line::from(spans)
    })
    .collect()
}

/// The last lines that were printed before this step.
pub fn output<'a, T: 'static>(app: &App<'_, T>, area: Rect) -> Vec<Line<'a>> {
    // Pieces of a line, each with its stream.
    let mut lines: Vec<Vec<(Stream, Vec<u8>)>> = vec![Vec::new()];
    for chunk in app.session.output() {
        for (n, piece) in chunk.bytes.split(|byte| *byte == b'\n').enumerate() {
            if n > 0 {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push((chunk.stream, piece.to_vec()));
            }
        }
    }
    if lines
        .last()
        .is_some_and(|line| line.iter().all(|(_, piece)| piece.is_empty()))
    {
        lines.pop();
    }
    let skipped = lines.len().saturating_sub(area.height.into());
    let shown = lines.into_iter().skip(skipped);
    shown
        .map(|line| {
            let spans = line.into_iter().map(|(stream, piece)| {
                let text = String::from_utf8_lossy(&piece).replace('\t', "    ");
                let text: String = text.chars().filter(|c| !c.is_control()).collect();
                match stream {
                    Stream::Output => Span::raw(text),
                    Stream::Errors => Span::styled(text, colors::BREAK),
                }
            });
            Line::from(spans.collect::<Vec<Span>>())
        })
        .collect()
}
