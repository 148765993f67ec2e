//! Where the panes are.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::{Block, Borders, Clear, Paragraph},
};

use super::{
    app::App,
    colors,
    keys::KEYS,
    panes::{code, memory, timeline, values},
};

/// The parts of a screen.
pub struct Areas {
    title: Rect,
    source: Rect,
    bytecode: Rect,
    frames: Rect,
    variables: Rect,
    operands: Rect,
    memory: Rect,
    output: Rect,
    /// Two lines: the bar, and its legend.
    pub timeline: Rect,
    command: Rect,
}

impl Areas {
    /// Of a screen of this size.
    pub fn of(area: Rect) -> Areas {
        let [title, upper, lower, timeline, command] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Fill(3),
            Constraint::Fill(1),
            Constraint::Length(2),
            Constraint::Length(1),
        ])
        .areas(area);
        let [left, right] =
            Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(upper);
        let [source, bytecode] =
            Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(left);
        let [frames, variables, operands] = Layout::vertical([
            Constraint::Fill(2),
            Constraint::Fill(3),
            Constraint::Fill(2),
        ])
        .areas(right);
        let [memory, output] =
            Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(lower);
        Areas {
            title,
            source,
            bytecode,
            frames,
            variables,
            operands,
            memory,
            output,
            timeline,
            command,
        }
    }
}

/// Draws everything.
pub fn draw<T: 'static>(frame: &mut Frame, app: &mut App<'_, T>) {
    let areas = Areas::of(frame.area());
    let title = format!(" wasmote debug  {}", app.title);
    frame.render_widget(Paragraph::new(title).style(colors::BAR), areas.title);
    pane(frame, areas.source, code::title(app), false, |area| {
        code::lines(app, area)
    });
    let title = "bytecode".to_owned();
    pane(frame, areas.bytecode, title, false, |area| {
        code::bytecode(app, area)
    });
    pane(frame, areas.frames, "calls".to_owned(), true, |area| {
        values::frames(app, area)
    });
    let title = values::title(app);
    pane(frame, areas.variables, title, true, |area| {
        values::variables(app, area)
    });
    pane(frame, areas.operands, "stack".to_owned(), true, |area| {
        values::operands(app, area)
    });
    pane(frame, areas.memory, "memory".to_owned(), false, |area| {
        memory::rows(app, area)
    });
    pane(frame, areas.output, "output".to_owned(), true, |area| {
        memory::output(app, area)
    });
    frame.render_widget(
        Paragraph::new(timeline::lines(app, areas.timeline.width)),
        areas.timeline,
    );
    command(frame, areas.command, app);
    if app.help {
        help(frame);
    }
    // What a command says in more than a line has a box of its own.
    if app.message.0.trim_end().lines().count() > 1 {
        let lines: Vec<Line> = app
            .message
            .0
            .lines()
            .map(|line| Line::from(line.to_owned()))
            .collect();
        over(frame, " any key ", lines);
    }
}

/// A pane with a name above it, and a line at its left.
fn pane<'a>(
    frame: &mut Frame,
    area: Rect,
    title: String,
    beside: bool,
    lines: impl FnOnce(Rect) -> Vec<Line<'a>>,
) {
    let borders = match beside {
        true => Borders::TOP | Borders::LEFT,
        false => Borders::TOP,
    };
    let block = Block::new()
        .borders(borders)
        .border_style(colors::FRAME)
        .title(Line::from(format!(" {title} ")).style(colors::TITLE));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    frame.render_widget(Paragraph::new(lines(inner)), inner);
}

fn command<T: 'static>(frame: &mut Frame, area: Rect, app: &App<'_, T>) {
    let line = match &app.asked {
        Some(text) => {
            // (The end of a long one is what is being typed.)
            let room = usize::from(area.width).saturating_sub(2);
            let skipped = text.chars().count().saturating_sub(room);
            let shown: String = text.chars().skip(skipped).collect();
            let column = area.x + 1 + shown.chars().count() as u16;
            frame.set_cursor_position((column.min(area.right().saturating_sub(1)), area.y));
            Line::from(format!(":{shown}"))
        }
        None => {
            let first = app.message.0.lines().next().unwrap_or_default().to_owned();
            match app.message.1 {
                true => Line::from(first).style(colors::BREAK),
                false => Line::from(first),
            }
        }
    };
    frame.render_widget(Paragraph::new(line), area);
}

fn help(frame: &mut Frame) {
    let cell = |key: &super::keys::Key| format!("{:8} {:22}", key.shown, key.help);
    let lines = KEYS.chunks(2).map(|pair| {
        let cells: Vec<String> = pair.iter().map(cell).collect();
        Line::from(cells.join(" "))
    });
    let mut lines: Vec<Line> = lines.collect();
    lines.push(Line::from(""));
    lines.push(Line::from(
        "Drag the timeline with the mouse. `:help` lists all commands.",
    ));
    over(frame, " keys ", lines);
}

/// A box in the middle, over everything.
fn over(frame: &mut Frame, title: &str, lines: Vec<Line>) {
    let area = frame.area();
    let width = lines.iter().map(Line::width).max().unwrap_or(0) as u16 + 4;
    let (width, height) = (
        width.min(area.width),
        (lines.len() as u16 + 2).min(area.height),
    );
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let block = Block::bordered()
        .border_style(colors::TITLE)
        .title(title.to_owned())
        .padding(ratatui::widgets::Padding::horizontal(1));
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).block(block), place);
}
