//! Directives of scripts as steps for a player: text becomes binaries or images, patterns become numbers.

use std::borrow::Cow;

use wasmote::{Engine, ImageOptions, Module};
use wasmote_spec_player::{Action, Options, Step};
use wast::{
    QuoteWat, Wast, WastDirective, WastExecute, WastInvoke,
    lexer::Lexer,
    parser::{self, ParseBuffer},
    token::Id,
};

use crate::{ScriptError, line_of, values};

/// What modules of scripts become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Binary modules.
    #[default]
    Binary,
    /// Images. Modules that are refused stay binaries.
    Image,
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Form::Binary => "binaries",
            Form::Image => "images",
        })
    }
}

/// Hands every directive of a script to `each`, with its line.
pub fn directives(
    text: &str,
    mut each: impl FnMut(usize, WastDirective<'_>),
) -> Result<(), ScriptError> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(|e| ScriptError::new(text, &e))?;
    let script = parser::parse::<Wast<'_>>(&buffer).map_err(|e| ScriptError::new(text, &e))?;
    let mut lines = Lines {
        text,
        offset: 0,
        line: 1,
    };
    for directive in script.directives {
        each(lines.of(directive.span()), directive);
    }
    Ok(())
}

/// Line numbers of ascending positions, without counting from the start each time.
struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, span: wast::token::Span) -> usize {
        let to = span.offset();
        match self.text.as_bytes().get(self.offset..to) {
            Some(between) => {
                self.line += between.iter().filter(|&&b| b == b'\n').count();
                self.offset = to;
                self.line
            }
            None => line_of(self.text, span),
        }
    }
}

/// Lowers directives.
pub struct Lowering {
    /// Compiles images.
    compiler: Option<Engine>,
}

impl Lowering {
    pub fn new(form: Form, options: Options) -> Lowering {
        Lowering {
            compiler: (form == Form::Image).then(|| options.engine()),
        }
    }

    /// The step that a directive is; `None` if nothing is left to do when the script runs.
    pub fn directive<'s>(&self, directive: WastDirective<'s>) -> Result<Option<Step<'s>>, String> {
        Ok(Some(match directive {
            WastDirective::Module(mut module) => {
                Step::Module(name(module.name()), self.module(&mut module)?)
            }
            WastDirective::ModuleDefinition(mut module) => {
                Step::Define(name(module.name()), self.module(&mut module)?)
            }
            WastDirective::ModuleInstance {
                instance, module, ..
            } => Step::Instantiate {
                name: name(instance),
                module: name(module),
            },
            WastDirective::Register {
                name: as_name,
                module,
                ..
            } => Step::Register {
                name: as_name,
                instance: name(module),
            },
            WastDirective::Invoke(invoke) => Step::Run(self.invoke(invoke)?),
            WastDirective::AssertReturn { exec, results, .. } => {
                Step::Returns(self.execute(exec)?, values::results(&results)?)
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                Step::Traps(self.execute(exec)?, message)
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                Step::Traps(self.invoke(call)?, message)
            }
            WastDirective::AssertException { exec, .. } => Step::Throws(self.execute(exec)?),
            WastDirective::AssertInvalid {
                mut module,
                message,
                ..
            }
            | WastDirective::AssertMalformed {
                mut module,
                message,
                ..
            }
            | WastDirective::AssertMalformedCustom {
                mut module,
                message,
                ..
            }
            | WastDirective::AssertInvalidCustom {
                mut module,
                message,
                ..
            } => match module.encode() {
                Ok(bytes) => Step::Refused(bytes.into(), message),
                // The text parser has refused it.
                Err(_) => return Ok(None),
            },
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => Step::Unlinkable(self.module(&mut QuoteWat::Wat(module))?, message),
            WastDirective::AssertSuspension { .. } => {
                return Err("stack switching is not supported".into());
            }
            WastDirective::Thread(thread) => {
                let directives = thread.directives.into_iter();
                let steps = directives.filter_map(|one| self.directive(one).transpose());
                Step::Thread(name(thread.shared_module), steps.collect::<Result<_, _>>()?)
            }
            // It has run.
            WastDirective::Wait { .. } => return Ok(None),
        }))
    }

    /// A module that the script expects to be good.
    fn module<'s>(&self, module: &mut QuoteWat<'_>) -> Result<Cow<'s, [u8]>, String> {
        let bytes = module.encode().map_err(|e| e.message())?;
        let Some(engine) = &self.compiler else {
            return Ok(bytes.into());
        };
        let image = Module::new(engine, &bytes).and_then(|m| m.to_image(ImageOptions::default()));
        Ok(image.map_err(|e| e.to_string())?.into())
    }

    fn execute<'s>(&self, execute: WastExecute<'s>) -> Result<Action<'s>, String> {
        Ok(match execute {
            WastExecute::Invoke(invoke) => self.invoke(invoke)?,
            WastExecute::Wat(wat) => Action::Start(self.module(&mut QuoteWat::Wat(wat))?),
            WastExecute::Get { module, global, .. } => Action::Get {
                instance: name(module),
                name: global,
            },
        })
    }

    fn invoke<'s>(&self, invoke: WastInvoke<'s>) -> Result<Action<'s>, String> {
        Ok(Action::Invoke {
            instance: name(invoke.module),
            name: invoke.name,
            args: invoke
                .args
                .iter()
                .map(values::argument)
                .collect::<Result<_, _>>()?,
        })
    }
}

fn name(id: Option<Id<'_>>) -> Option<&str> {
    id.map(|id| id.name())
}
