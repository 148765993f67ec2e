//! Who called what, for flame graphs.

use wasmote::debug::Profile;

use super::counts::Counts;
use crate::debug::flame::{Flames, fold};

/// Folded stacks, a line each.
pub fn folded(profile: &Profile, counts: &Counts) -> String {
    let mut text = String::new();
    each(profile, counts, |stack, count| {
        text += &fold(stack.iter().copied(), count);
        text.push('\n');
    });
    text
}

/// The same, to be drawn.
pub fn flames(profile: &Profile, counts: &Counts) -> Flames {
    let mut flames = Flames::default();
    each(profile, counts, |stack, count| {
        flames.add(stack.iter().copied(), count);
    });
    flames
}

/// Tells the stacks that have instructions of their own, outermost frame first.
fn each<'c>(profile: &Profile, counts: &'c Counts, mut tell: impl FnMut(&[&'c str], u64)) {
    let tree = profile.tree();
    let mut stack = Vec::new();
    for node in tree.iter().filter(|node| node.own > 0) {
        stack.clear();
        let mut at = Some(node);
        while let Some(node) = at {
            stack.push(&*counts.names[node.func]);
            at = node.parent.map(|parent| &tree[parent]);
        }
        stack.reverse();
        tell(&stack, node.own);
    }
}
