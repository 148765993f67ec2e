//! `--max-memory`.

use wasmote::{Error, ResourceLimiter};

/// All memories of the guest together stay below a number of bytes.
pub struct Limits {
    left: usize,
}

impl Limits {
    /// For so many bytes; `None` is all that there is.
    pub fn new(max_memory: Option<u64>) -> Limits {
        Limits {
            left: max_memory.map_or(usize::MAX, |bytes| {
                usize::try_from(bytes).unwrap_or(usize::MAX)
            }),
        }
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> Result<bool, Error> {
        let left = self.left.checked_sub(desired.saturating_sub(current));
        if let Some(left) = left {
            self.left = left;
        }
        Ok(left.is_some())
    }

    fn memory_shrunk(&mut self, from: usize, to: usize) {
        self.left = self.left.saturating_add(from - to);
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool, Error> {
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_share_the_limit() {
        let mut limits = Limits::new(Some(100));
        let mut grow = |from, to| limits.memory_growing(from, to, None).expect("no error");
        assert!(grow(0, 60));
        assert!(!grow(0, 50), "60 are taken");
        assert!(grow(60, 100));
        assert!(!grow(100, 101));
        limits.memory_shrunk(100, 30);
        let mut grow = |from, to| limits.memory_growing(from, to, None).expect("no error");
        assert!(!grow(30, 101));
        assert!(grow(30, 100), "what was given back is to be had again");
    }
}
