//! Screens as text, to be compared, and as pictures for the documentation.

use std::fmt::Write;

use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier},
};

/// The lines of a screen, without spaces at their ends.
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let row = (buffer.area.left()..buffer.area.right()).map(|x| buffer[(x, y)].symbol());
        let row: String = row.collect();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// Size of a cell, in pixels.
const CELL: (f64, f64) = (8.4, 18.0);
const MARGIN: f64 = 12.0;
const PAPER: &str = "#16181d";
const INK: &str = "#d7dae0";

/// A picture of a screen, with its colours.
pub fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (f64::from(buffer.area.width), f64::from(buffer.area.height));
    let (width, height) = (
        columns * CELL.0 + 2.0 * MARGIN,
        rows * CELL.1 + 2.0 * MARGIN,
    );
    let mut svg = String::new();
    // (Writing to text does not fail.)
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1} {height:.1}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">
<rect width="{width:.1}" height="{height:.1}" rx="8" fill="{PAPER}"/>"#
    );
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut x = buffer.area.left();
        while x < buffer.area.right() {
            let look = look(buffer, x, y);
            let mut run = String::new();
            let start = x;
            while x < buffer.area.right() && self::look(buffer, x, y) == look {
                run.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            draw(
                &mut svg,
                f64::from(start),
                f64::from(y),
                f64::from(x - start),
                &run,
                look,
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Colours of a cell, and whether it is bold.
fn look(buffer: &Buffer, x: u16, y: u16) -> (&'static str, &'static str, bool) {
    let cell = &buffer[(x, y)];
    let (ink, paper) = (color(cell.fg, INK), color(cell.bg, PAPER));
    let bold = cell.modifier.contains(Modifier::BOLD);
    match cell.modifier.contains(Modifier::REVERSED) {
        true => (paper, ink, bold),
        false => (ink, paper, bold),
    }
}

fn draw(
    svg: &mut String,
    column: f64,
    row: f64,
    columns: f64,
    text: &str,
    (ink, paper, bold): (&str, &str, bool),
) {
    let (x, y) = (MARGIN + column * CELL.0, MARGIN + row * CELL.1);
    let width = columns * CELL.0;
    if paper != PAPER {
        let _ = writeln!(
            svg,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{}" fill="{paper}"/>"#,
            CELL.1
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let weight = if bold { r#" font-weight="bold""# } else { "" };
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let baseline = y + 13.5;
    let _ = writeln!(
        svg,
        r#"<text x="{x:.1}" y="{baseline:.1}" textLength="{width:.1}" lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="{ink}"{weight}>{text}</text>"#
    );
}

/// The colours that the screen uses, as a dark terminal has them.
fn color(color: Color, otherwise: &'static str) -> &'static str {
    match color {
        Color::Black => "#16181d",
        Color::Red => "#ff6b68",
        Color::Green => "#7fc56b",
        Color::Yellow => "#e8bf5d",
        Color::Blue => "#6cb6ff",
        Color::Cyan => "#56c8d8",
        Color::DarkGray => "#6f7682",
        _ => otherwise,
    }
}
