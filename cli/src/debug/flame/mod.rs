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

    /// Flames of folded stacks.
    pub fn flames(folded: &[(&str, u64)]) -> Flames {
        let mut flames = Flames::default();
        for (stack, count) in folded {
            flames.add(stack.split(';'), *count);
        }
        flames
    }

    #[test]
    fn stacks_are_merged() {
        let flames = flames(&[
            ("main;a", 3),
            ("main;b;c", 5),
            ("main;a", 2),
            ("main;b", 1),
            ("other", 0),
        ]);
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
    fn names_are_folded_so_that_they_can_be_read() {
        let names = ["<[u8; 4]>::f", "new\nline", "a b"];
        let line = fold(names, 7);
        assert_eq!(line, "<[u8, 4]>::f;new line;a b 7");
        let (stack, count) = line.rsplit_once(' ').expect("a count");
        let folded = flames(&[(stack, count.parse().expect("a number"))]);
        assert_eq!((folded.total(), folded.nodes.len()), (7, 4));
    }

    #[test]
    fn counts_beyond_all_measure_do_no_harm() {
        assert_eq!(
            flames(&[("a", u64::MAX), ("b", u64::MAX)]).total(),
            u64::MAX
        );
    }
}
