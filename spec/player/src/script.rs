//! Scripts as bytes: `postcard`'s encoding of what is here.

use alloc::{borrow::Cow, vec::Vec};
use core::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::{
    Failure, Language, Options, Player,
    values::{Arg, Expected},
};

/// One thing to do, and what is expected of it. Instances and definitions are named as in the text, without `$`;
/// without a name the latest is meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step<'s> {
    /// Load a module, instantiate it, and give the instance a name.
    Module(Option<&'s str>, #[serde(borrow)] Cow<'s, [u8]>),
    /// Load a module, and give it a name.
    Define(Option<&'s str>, #[serde(borrow)] Cow<'s, [u8]>),
    /// Instantiate a module that was defined.
    Instantiate {
        /// The name that the instance gets.
        name: Option<&'s str>,
        /// The definition.
        module: Option<&'s str>,
    },
    /// Let modules import what an instance exports.
    Register {
        /// The name that they import from.
        name: &'s str,
        /// The instance.
        instance: Option<&'s str>,
    },
    /// Do it; what it returns does not matter.
    Run(Action<'s>),
    /// Do it: it returns this.
    Returns(Action<'s>, Vec<Expected>),
    /// Do it: it traps with this text.
    Traps(Action<'s>, &'s str),
    /// Do it: it throws an exception.
    Throws(Action<'s>),
    /// Load a module: it cannot be instantiated, because of an import. The text says why.
    Unlinkable(#[serde(borrow)] Cow<'s, [u8]>, &'s str),
    /// Load a binary module: it is refused. The text says why.
    Refused(#[serde(borrow)] Cow<'s, [u8]>, &'s str),
    /// A thread, which sees an instance and nothing else.
    Thread(Option<&'s str>, Vec<Step<'s>>),
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Action<'s> {
    /// Call a function.
    Invoke {
        /// The instance that exports it.
        instance: Option<&'s str>,
        /// Its name.
        name: &'s str,
        /// Its arguments.
        args: Vec<Arg>,
    },
    /// Read a global.
    Get {
        /// The instance that exports it.
        instance: Option<&'s str>,
        /// Its name.
        name: &'s str,
    },
    /// Load a module and instantiate it.
    Start(#[serde(borrow)] Cow<'s, [u8]>),
}

/// A step and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Directive<'s> {
    /// Its line in the text; the first is 1.
    pub line: u32,
    /// What is to be done.
    #[serde(borrow)]
    pub step: Step<'s>,
}

/// A script of the suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Script<'s> {
    /// Folder and name of the file.
    pub file: &'s str,
    /// The language it was written for.
    pub language: Language,
    /// Directives that have become no steps.
    pub left_out: LeftOut,
    /// Its [`Directive`]s, one behind the other.
    pub directives: &'s [u8],
}

impl<'s> Script<'s> {
    /// The script of these bytes.
    ///
    /// # Errors
    /// They are none.
    pub fn from_bytes(bytes: &'s [u8]) -> Result<Script<'s>, postcard::Error> {
        postcard::from_bytes(bytes)
    }
}

/// Directives that have become no steps, since there is nothing to do for who plays them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// They are about the text format.
    pub text: u32,
    /// They are about modules that are invalid, of which no image is made.
    pub invalid: u32,
}

/// How directives ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// As expected.
    pub passed: u32,
    /// Otherwise.
    pub failed: u32,
    /// Otherwise, since there was no room to grow.
    pub no_room: u32,
}

impl AddAssign for LeftOut {
    fn add_assign(&mut self, more: LeftOut) {
        self.text += more.text;
        self.invalid += more.invalid;
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Tally) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.no_room += more.no_room;
    }
}

/// Plays a script; `on_failure` gets the line and the reason of each directive that fails.
///
/// # Errors
/// The bytes are not those of directives. Those before the damage have been played.
pub fn play(
    script: &Script<'_>,
    options: Options,
    mut on_failure: impl FnMut(u32, &Failure),
) -> Result<Tally, postcard::Error> {
    let mut player = Player::new(options.in_language(script.language));
    let mut tally = Tally::default();
    let mut rest = script.directives;
    while !rest.is_empty() {
        let (directive, behind) = postcard::take_from_bytes::<Directive<'_>>(rest)?;
        rest = behind;
        match player.step(&directive.step) {
            Ok(()) => tally.passed += 1,
            Err(failure) => {
                match failure {
                    Failure::Wrong(_) => tally.failed += 1,
                    Failure::NoRoom(_) => tally.no_room += 1,
                }
                on_failure(directive.line, &failure);
            }
        }
    }
    Ok(tally)
}
