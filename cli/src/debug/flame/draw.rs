//! Flame graphs as pictures: a box for each frame, as wide as its share, on the one that called it.

use std::fmt::Write;

use super::Flames;

/// How a flame graph is drawn.
#[derive(Clone, PartialEq, Debug)]
pub struct Picture {
    /// Above it.
    pub title: String,
    /// What is counted: `instructions`.
    pub unit: String,
    /// In pixels.
    pub width: u32,
    /// Frames with a smaller share are left out.
    pub smallest: f64,
}

impl Default for Picture {
    fn default() -> Picture {
        Picture {
            title: "Flame graph".to_owned(),
            unit: "instructions".to_owned(),
            width: 1200,
            // A sixth of a pixel.
            smallest: 1.0 / 7200.0,
        }
    }
}

/// A frame's place: in shares of the whole width, and in rows from the bottom.
struct Place {
    node: usize,
    left: f64,
    share: f64,
    row: u32,
}

/// Pixels of a row, of the title, and around all.
const ROW: u32 = 18;
const HEAD: u32 = 44;
const EDGE: u32 = 10;
/// The width of a letter.
const LETTER: f64 = 7.25;
/// Deeper stacks are cut off: of a recursion, more is no help.
const ROWS: u32 = 400;

impl Flames {
    /// The picture as SVG, with the name and share of each frame where the mouse is.
    pub fn svg(&self, picture: &Picture) -> String {
        let places = self.places(picture.smallest);
        let rows = places.iter().map(|place| place.row + 1).max().unwrap_or(1);
        let inner = picture.width.saturating_sub(2 * EDGE).max(1);
        let height = HEAD + rows * ROW + EDGE;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {height}\" width=\"{0}\" height=\"{height}\" \
             font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"{EDGE}\" y=\"22\" font-size=\"15\" font-weight=\"bold\">{1}</text>\n\
             <text x=\"{EDGE}\" y=\"38\" fill=\"#555\">{2} {3}</text>\n",
            picture.width,
            escape(&picture.title),
            grouped(self.total()),
            escape(&picture.unit),
        );
        for place in &places {
            let node = &self.nodes[place.node];
            let x = f64::from(EDGE) + place.left * f64::from(inner);
            let width = place.share * f64::from(inner);
            let y = HEAD + (rows - 1 - place.row) * ROW;
            let name = escape(&node.name);
            let tip = format!(
                "{name}\n{} {}, {:.2} %",
                grouped(node.total),
                escape(&picture.unit),
                100.0 * place.share
            );
            // (Writing to a string cannot fail.)
            let _ = write!(
                svg,
                "<g class=\"frame\" data-left=\"{:.6}\" data-share=\"{:.6}\" data-row=\"{}\">\
                 <title>{tip}</title>\
                 <rect x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" height=\"{}\" rx=\"2\" fill=\"{}\"/>",
                place.left,
                place.share,
                place.row,
                ROW - 1,
                colour(&node.name),
            );
            let text = fit(&node.name, width);
            let _ = writeln!(
                svg,
                "<text x=\"{:.2}\" y=\"{}\">{}</text></g>",
                x + 4.0,
                y + 13,
                escape(&text)
            );
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// Where frames are, callers before what they call.
    fn places(&self, smallest: f64) -> Vec<Place> {
        let total = self.total().max(1) as f64;
        let mut places = vec![Place {
            node: 0,
            left: 0.0,
            share: 1.0,
            row: 0,
        }];
        let mut at = 0;
        while let Some(place) = places.get(at) {
            let (node, mut left, row) = (place.node, place.left, place.row + 1);
            for child in self.nodes[node].children.values() {
                let share = self.nodes[*child].total as f64 / total;
                if share >= smallest && row < ROWS {
                    places.push(Place {
                        node: *child,
                        left,
                        share,
                        row,
                    });
                }
                left += share;
            }
            at += 1;
        }
        places
    }
}

/// As much of a name as fits, if that says anything.
fn fit(name: &str, width: f64) -> String {
    let letters = ((width - 6.0) / LETTER).max(0.0) as usize;
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    if letters < 3 {
        return String::new();
    }
    let cut: String = name.chars().take(letters - 1).collect();
    format!("{cut}…")
}

/// A warm colour, always the same for a name.
fn colour(name: &str) -> String {
    // FNV-1a.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let (hue, light) = (hash % 52, hash / 52 % 14);
    format!("hsl({hue} 85% {}%)", 62 + light)
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Text for XML and HTML, which have no words for control characters.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{super::tests::flames, *};

    /// Values of an attribute, in order.
    fn attribute(svg: &str, of: &str, name: &str) -> Vec<f64> {
        let key = format!(" {name}=\"");
        svg.lines()
            .filter(|line| line.starts_with("<g "))
            .filter_map(|line| {
                let element = &line[line.find(of)?..];
                let value = &element[element.find(&key)? + key.len()..];
                value[..value.find('"')?].parse().ok()
            })
            .collect()
    }

    #[test]
    fn boxes_are_as_wide_as_their_share() {
        let flames = flames(&[("main;a", 1), ("main;b;c", 2), ("other", 1)]);
        let picture = Picture {
            width: 1020,
            ..Picture::default()
        };
        let svg = flames.svg(&picture);
        let order = ["all", "main", "other", "a", "b", "c"];
        for name in order {
            assert!(svg.contains(&format!("<title>{name}\n")), "{name}: {svg}");
        }
        let one = svg.replace("\n1 ", " 1 ").replace("\n2 ", " 2 ");
        let one = one.replace("\n3 ", " 3 ").replace("\n4 ", " 4 ");
        let lefts = attribute(&one, "<rect", "x");
        assert_eq!(lefts, [10.0, 10.0, 760.0, 10.0, 260.0, 260.0]);
        let widths = attribute(&one, "<rect", "width");
        assert_eq!(widths, [1000.0, 750.0, 250.0, 250.0, 500.0, 500.0]);
        let rows = attribute(&one, "<g", "data-row");
        assert_eq!(rows, [0.0, 1.0, 1.0, 2.0, 2.0, 3.0]);
        assert!(
            svg.contains("<title>b\n2 instructions, 50.00 %</title>"),
            "{svg}"
        );
    }

    #[test]
    fn names_are_text_only() {
        let flames = flames(&[("<a&\"b\">\u{1}</title><script>", 1)]);
        let svg = flames.svg(&Picture::default());
        assert!(!svg.contains("<script>") && !svg.contains('\u{1}'), "{svg}");
        assert!(svg.contains("&lt;a&amp;&quot;b&quot;&gt;\u{fffd}&lt;/title&gt;"));
    }

    #[test]
    fn what_is_too_small_or_too_deep_is_left_out() {
        let flames = flames(&[("main;large", 99999), ("main;small;child", 1)]);
        let picture = Picture {
            smallest: 0.001,
            ..Picture::default()
        };
        let svg = flames.svg(&picture);
        assert!(svg.contains("large") && !svg.contains("small") && !svg.contains("child"));
        let mut flames = Flames::default();
        flames.add(std::iter::repeat_n("recurse", 100_000), 1);
        let svg = flames.svg(&Picture::default());
        assert_eq!(svg.matches("<g ").count(), ROWS as usize);
        let nothing = Flames::default().svg(&Picture::default());
        assert_eq!(nothing.matches("<g ").count(), 1, "{nothing}");
    }

    #[test]
    fn words() {
        assert_eq!(fit("function", 100.0), "function");
        assert_eq!(fit("function", 50.0), "funct…");
        assert_eq!(fit("function", 20.0), "");
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(123), "123");
        assert_eq!(grouped(1_234_567), "1 234 567");
        assert_eq!(colour("a"), colour("a"));
        assert_ne!(colour("a"), colour("b"));
    }
}
