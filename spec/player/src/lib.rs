//! Executes specification scripts that were lowered to [`Step`]s: numbers instead of text, modules as binaries or
//! images. With `alloc` and no more, so that a chip runs the same scripts with the same code as a host.
//!
//! A [`Player`] takes the steps of one script. [`play`] has it execute a [`Script`], which is the steps as bytes.
#![no_std]

extern crate alloc;

mod options;
mod player;
mod room;
mod script;
mod spectest;
mod values;

pub use options::{Language, Options};
pub use player::{Failure, Player};
pub use script::{Action, Directive, LeftOut, Script, Step, Tally, play};
pub use values::{Arg, Expected, Hierarchy, Number};
