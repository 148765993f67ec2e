//! Notices when memories and tables cannot grow.

use wasmote::{Error, ResourceLimiter};

/// A limiter that limits nothing.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// There was no room for a growth.
    pub(crate) refused: bool,
}

impl ResourceLimiter for Room {
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool, Error> {
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: Error) -> Result<(), Error> {
        self.refused = true;
        Ok(())
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool, Error> {
        Ok(true)
    }

    fn table_grow_failed(&mut self, _: Error) -> Result<(), Error> {
        self.refused = true;
        Ok(())
    }
}
