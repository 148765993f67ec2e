//! Flame graphs: where a program spent its time, by who called whom. Pictures and pages need nothing but themselves.

mod draw;
mod page;

use std::collections::BTreeMap;

pub use draw::Picture;

/// Weights of stacks, merged from the outermost frame on.
pub struct Flames {
    /// The first is the root: all stacks.
    nodes: Vec<Node>,
}

/// A frame with the same frames around it.
#[derive(Default)]
struct Node {
    name: Box<str>,
    /// Of stacks that end here or go on.
    total: u64,
    children: BTreeMap<Box<str>, usize>,
}

impl Default for Flames {
    fn default() -> Flames {
        let root = Node {
            name: "all".into(),
            ..Node::default()
        };
        Flames { nodes: vec![root] }
    }
}

impl Flames {
    /// Adds a stack, outermost frame first.
    pub fn add<'s>(&mut self, stack: impl IntoIterator<Item = &'s str>, count: u64) {
        if count == 0 {
            return;
        }
        let mut at = 0;
        self.nodes[at].total = self.nodes[at].total.saturating_add(count);
        for name in stack {
            at = match self.nodes[at].children.get(name) {
                Some(child) => *child,
                None => {
                    let child = self.nodes.len();
                    self.nodes.push(Node {
                        name: name.into(),
                        ..Node::default()
                    });
                    self.nodes[at].children.insert(name.into(), child);
                    child
                }
            };
            self.nodes[at].total = self.nodes[at].total.saturating_add(count);
        }
    }

    /// Reads folded stacks: a line for each, its frames from the outermost on with `;` between them, and its count.
    ///
    /// # Errors
    /// In words, with the number of the line that is none.
    pub fn parse(folded: &str) -> Result<Flames, String> {
        let mut flames = Flames::default();
        for (n, line) in (1..).zip(folded.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            let parts = line.trim_end().rsplit_once(' ');
            let parsed = parts.and_then(|(stack, count)| Some((stack, count.parse().ok()?)));
            let Some((stack, count)) = parsed else {
                return Err(format!("line {n}: expected frames and a count: `{line}`"));
            };
            flames.add(stack.split(';'), count);
        }
        Ok(flames)
    }

    /// The weight of all stacks together.
    pub fn total(&self) -> u64 {
        self.nodes[0].total
    }
}

/// A folded stack, without the end of its line. What the format needs for itself is replaced in names.
pub fn fold<'s>(stack: impl IntoIterator<Item = &'s str>, count: u64) -> String {
    let plain = |c| match c {
        ';' => ',',
        c if c.is_control() => ' ',
        c => c,
    };
    let frames: Vec<String> = stack
        .into_iter()
        .map(|name| name.chars().map(plain).collect())
        .collect();
    format!("{} {count}", frames.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_merged() {
        let flames = Flames::parse("main;a 3\nmain;b;c 5\n\nmain;a 2\nmain;b 1\nother 0\n");
        let flames = flames.expect("folded");
        assert_eq!(flames.total(), 11);
        let totals: Vec<(&str, u64)> = flames
            .nodes
            .iter()
            .map(|node| (&*node.name, node.total))
            .collect();
        assert_eq!(
            totals,
            [("all", 11), ("main", 11), ("a", 5), ("b", 6), ("c", 5)]
        );
    }

    #[test]
    fn what_is_not_folded_is_an_error() {
        for (text, line) in [("main;a", 1), ("a 1\nb x", 2), ("a 1\n\n12", 3)] {
            let error = Flames::parse(text).err().expect("an error");
            assert!(error.starts_with(&format!("line {line}: ")), "{error}");
        }
        assert_eq!(Flames::parse("").map(|flames| flames.total()), Ok(0));
    }

    #[test]
    fn names_are_folded_so_that_they_can_be_read() {
        let names = ["<[u8; 4]>::f", "new\nline", "a b"];
        let line = fold(names, 7);
        assert_eq!(line, "<[u8, 4]>::f;new line;a b 7");
        let flames = Flames::parse(&line).expect("folded");
        assert_eq!((flames.total(), flames.nodes.len()), (7, 4));
        // Counts beyond all measure do no harm.
        let flames = Flames::parse(&format!("a {0}\nb {0}", u64::MAX));
        assert_eq!(flames.expect("folded").total(), u64::MAX);
    }
}
