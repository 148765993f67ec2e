//! What is shown of a stop, and what of it is different from the stop before.

use std::ops::Range;

use crate::debug::session::{FrameView, Session, Value};

/// A value, and whether it was another one at the last stop.
pub struct Shown {
    pub value: Value,
    pub changed: bool,
}

/// What was looked at in one place.
#[derive(Default)]
pub struct Seen {
    pub step: u64,
    pub view: Option<FrameView>,
    pub frames: Vec<FrameView>,
    /// Of the source, or where there are none, of WebAssembly.
    pub variables: Vec<Shown>,
    pub operands: Vec<Value>,
    /// The first memory, whole.
    bytes: Vec<u8>,
    /// What of it is different, ascending.
    changed: Vec<Range<usize>>,
    /// The row of memory to show if nobody says which.
    pub memory: u64,
}

/// Changes that are not farther apart count as one.
const NEAR: usize = 1;

/// More memory than this is not compared.
const COMPARED: usize = 64 << 20;

impl Seen {
    /// Looks at all of a stop.
    pub fn of<T: 'static>(session: &Session<'_, T>, before: Option<&Seen>) -> Seen {
        let mut seen = Seen {
            step: session.step(),
            memory: before.map_or(0, |before| before.memory),
            ..Seen::default()
        };
        if let Ok(memory) = session.memory(0) {
            let data = memory.data(session.store());
            if data.len() <= COMPARED {
                seen.bytes = data.to_vec();
            }
        }
        if let Some(before) = before {
            seen.changed = differences(&before.bytes, &seen.bytes);
        }
        let first = seen.changed.first();
        if let Some(first) = first {
            seen.memory = first.start as u64 & !0xf;
        }
        seen.look(session, before);
        seen
    }

    /// Looks again after something that was no motion: another frame, or a changed value.
    pub fn look_again<T: 'static>(&mut self, session: &Session<'_, T>) {
        self.look(session, None);
    }

    fn look<T: 'static>(&mut self, session: &Session<'_, T>, before: Option<&Seen>) {
        self.view = session.frame().ok();
        self.frames = session.frames();
        self.operands = session.operands().unwrap_or_default();
        let mut values = session.variables(false).unwrap_or_default();
        if values.is_empty() {
            values = session.locals().unwrap_or_default();
        }
        // Values of another call are no changes.
        let call = |seen: &Seen| seen.view.as_ref().map(|v| (v.frame.func, v.frame.base));
        let same = before.filter(|before| call(before) == call(self));
        let changed = |value: &Value| {
            same.is_some_and(|before| {
                let mut old = before.variables.iter().map(|shown| &shown.value);
                old.find(|old| old.name == value.name)
                    .is_none_or(|old| old.value != value.value)
            })
        };
        self.variables = values
            .into_iter()
            .map(|value| Shown {
                changed: changed(&value),
                value,
            })
            .collect();
    }

    /// Whether the byte at an address is different.
    pub fn is_changed(&self, address: u64) -> bool {
        let Ok(address) = usize::try_from(address) else {
            return false;
        };
        let at = self.changed.partition_point(|range| range.end <= address);
        self.changed
            .get(at)
            .is_some_and(|range| range.contains(&address))
    }
}

/// Where two memories differ.
fn differences(old: &[u8], new: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let blocks = old.chunks(4096).zip(new.chunks(4096));
    for (block, (old, new)) in blocks.enumerate() {
        if old == new {
            continue;
        }
        for at in (0..new.len()).filter(|at| old.get(*at) != new.get(*at)) {
            let at = 4096 * block + at;
            match found.last_mut() {
                Some(last) if at < last.end + NEAR => last.end = at + 1,
                _ => found.push(at..at + 1),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_found_in_all_blocks() {
        let old = vec![0u8; 10_000];
        let mut new = old.clone();
        for at in [0, 5000, 5001, 9999] {
            new[at] = 1;
        }
        assert_eq!(differences(&old, &new), [0..1, 5000..5002, 9999..10_000]);
        assert_eq!(differences(&old, &old), []);
        assert_eq!(differences(&[], &new), []);
    }
}
