//! Objects that the embedder refers to.

use alloc::vec::Vec;

use super::Heap;
use crate::sync::Shared;

/// Keeps an object alive for as long as one of its clones exists.
#[derive(Clone)]
pub(crate) struct Root(#[allow(dead_code, reason = "it is counted")] Option<Shared<()>>);

/// References and who holds them: the list itself counts as one holder.
#[derive(Default)]
pub(super) struct Roots {
    held: Vec<(u32, Shared<()>)>,
    /// Length at which those that nobody holds any more are dropped.
    crowded: usize,
}

impl Roots {
    fn prune(&mut self) {
        self.held.retain(|(_, root)| Shared::strong_count(root) > 1);
        self.crowded = (self.held.len() * 2).max(64);
    }

    /// The references that are held.
    pub(super) fn references(&mut self) -> Vec<u32> {
        self.prune();
        self.held.iter().map(|(reference, _)| *reference).collect()
    }
}

impl Heap {
    /// A root for what a slot refers to; nothing to do for null and numbers.
    pub(crate) fn root(&self, reference: u32) -> Root {
        if reference == 0 || reference & 1 != 0 {
            return Root(None);
        }
        let root = Shared::new(());
        self.roots.with(|roots| {
            if roots.held.len() >= roots.crowded {
                roots.prune();
            }
            roots.held.push((reference, root.clone()));
        });
        Root(Some(root))
    }
}
