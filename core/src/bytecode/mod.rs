//! The op table and what follows from it.
