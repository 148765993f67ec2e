//! The chart beside the report: an SVG by hand, readable on light and dark pages.

use crate::{
    runtimes::Runtime,
    sections::execution::{Row, mean_ratio},
};
use std::fmt::Write;

const WIDTH: f64 = 860.0;
/// Where the axis begins and ends.
const LEFT: f64 = 120.0;
const RIGHT: f64 = WIDTH - 60.0;
const BAR: f64 = 22.0;
const LINE: f64 = 17.0;

/// One for each peer; distinct for most kinds of colour blindness, and on white as on black.
const COLORS: [&str; 7] = [
    "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#8c6d31", "#7f7f7f", "#e69f00",
];

const STYLE: &str = "text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 14px } \
    .grid { stroke: #8884; stroke-width: 1 } .one { stroke: #24292f; stroke-width: 1.5 } \
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .one { stroke: #e6edf3 } }";

/// Ratios to the first runtime, on a logarithmic axis: means as bars, then a line of dots for each workload.
pub fn svg(rows: &[Row], runtimes: &[&Runtime]) -> String {
    let peers: Vec<_> = (1..runtimes.len())
        .filter_map(|index| Some((index, mean_ratio(rows, index)?)))
        .collect();
    let ratios = rows
        .iter()
        .flat_map(|row| peers.iter().filter_map(|(index, _)| row.ratio(*index)));
    let axis = Axis::over(ratios);
    let bars = 40.0;
    let dots = bars + peers.len() as f64 * BAR + 60.0;
    let bottom = dots + rows.len() as f64 * LINE;
    let mut body = String::new();
    let mut put = |line: String| writeln!(body, "{line}").expect("a string");
    put(text(
        10.0,
        18.0,
        "title",
        "start",
        "Time, as a multiple of wasmote's (longer: slower). Geometric means",
    ));
    put(text(10.0, dots - 30.0, "title", "start", "Each workload"));
    for tick in axis.ticks() {
        let x = axis.place(tick);
        let class = if tick == 1.0 { "one" } else { "grid" };
        put(format!(
            r#"<path class="{class}" d="M{x:.1} {:.1}V{bottom:.1}"/>"#,
            bars - 6.0
        ));
        put(text(x, bottom + 16.0, "", "middle", &format!("{tick}×")));
    }
    for (place, (index, mean)) in peers.iter().enumerate() {
        let (y, color) = (bars + place as f64 * BAR, COLORS[place % COLORS.len()]);
        let (from, to) = (axis.place(mean.min(1.0)), axis.place(mean.max(1.0)));
        let width = (to - from).max(1.0);
        put(text(LEFT - 8.0, y + 12.0, "", "end", runtimes[*index].name));
        put(format!(
            r#"<rect x="{from:.1}" y="{y:.1}" width="{width:.1}" height="16" rx="2" fill="{color}"/>"#
        ));
        put(text(
            to + 6.0,
            y + 12.0,
            "",
            "start",
            &format!("{mean:.2}×"),
        ));
    }
    for (line, row) in rows.iter().enumerate() {
        let y = dots + line as f64 * LINE;
        put(text(LEFT - 8.0, y + 4.0, "", "end", row.workload.name));
        for (place, (index, _)) in peers.iter().enumerate() {
            if let Some(ratio) = row.ratio(*index) {
                let (x, color) = (axis.place(ratio), COLORS[place % COLORS.len()]);
                let label = format!(
                    "{} on {}: {ratio:.2}×",
                    row.workload.name, runtimes[*index].name
                );
                put(format!(
                    r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{color}"><title>{label}</title></circle>"#
                ));
            }
        }
    }
    let height = bottom + 28.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\">\n\
         <style>{STYLE}</style>\n{body}</svg>\n"
    )
}

fn text(x: f64, y: f64, class: &str, anchor: &str, text: &str) -> String {
    format!(r#"<text x="{x:.1}" y="{y:.1}" class="{class}" text-anchor="{anchor}">{text}</text>"#)
}

/// A logarithmic axis.
struct Axis {
    least: f64,
    most: f64,
}

impl Axis {
    /// With all of `ratios` and 1 on it.
    fn over(ratios: impl Iterator<Item = f64> + Clone) -> Axis {
        let least = ratios.clone().fold(1.0, f64::min);
        let most = ratios.fold(1.0, f64::max);
        Axis {
            least: least * 0.9,
            most: most * 1.1,
        }
    }

    fn place(&self, ratio: f64) -> f64 {
        LEFT + (ratio / self.least).ln() / (self.most / self.least).ln() * (RIGHT - LEFT)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let ticks = [
            0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0,
        ];
        ticks
            .into_iter()
            .filter(|tick| (self.least..=self.most).contains(tick))
    }
}
