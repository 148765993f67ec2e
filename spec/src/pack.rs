//! Packs: scripts of the test suite in one file, for chips to play.
//!
//! Before each script stands its length, 32 bits, little endian.

use wasmote_spec_player::{Directive, LeftOut, Options, Script, Step};

use crate::{
    Form, ScriptError,
    lower::{Lowering, directives},
    suite,
};

/// A pack, and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pack {
    /// The file's content.
    pub bytes: Vec<u8>,
    /// How many scripts are in it.
    pub scripts: usize,
    /// The directives that their text has, with those that are left out.
    pub directives: usize,
}

impl Pack {
    /// A pack of all scripts in scope.
    ///
    /// # Errors
    /// The path of a script that cannot be lowered, and why: a module of it does not compile.
    pub fn of_suite(form: Form) -> Result<Pack, String> {
        let mut pack = Pack::default();
        for file in suite::files() {
            if file.excluded.is_some() {
                continue;
            }
            let path = format!("{}/{}", file.folder, file.name);
            let options = Options::default().in_language(file.language);
            pack.push(&path, file.text, form, options)
                .map_err(|error| format!("{path}: {error}"))?;
        }
        Ok(pack)
    }

    fn push(
        &mut self,
        path: &str,
        text: &str,
        form: Form,
        options: Options,
    ) -> Result<(), ScriptError> {
        let lowering = Lowering::new(form, options);
        let mut left_out = LeftOut::default();
        let mut steps = Vec::new();
        let mut first_error = None;
        directives(text, |line, directive| {
            self.directives += 1;
            match lowering.directive(directive) {
                Ok(Some(Step::Refused(..))) if form == Form::Image => left_out.invalid += 1,
                Ok(Some(step)) => append(
                    &mut steps,
                    &Directive {
                        line: line as u32,
                        step,
                    },
                ),
                Ok(None) => left_out.text += 1,
                Err(message) => {
                    first_error.get_or_insert(ScriptError { line, message });
                }
            }
        })?;
        if let Some(error) = first_error {
            return Err(error);
        }
        let mut script = Vec::new();
        append(
            &mut script,
            &Script {
                file: path,
                language: options.language,
                left_out,
                directives: &steps,
            },
        );
        self.bytes.extend((script.len() as u32).to_le_bytes());
        self.bytes.extend(script);
        self.scripts += 1;
        Ok(())
    }

    /// The scripts' bytes.
    pub fn scripts(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.bytes[..];
        std::iter::from_fn(move || {
            let (len, behind) = rest.split_first_chunk()?;
            let (script, behind) = behind.split_at(u32::from_le_bytes(*len) as usize);
            rest = behind;
            Some(script)
        })
    }
}

fn append(bytes: &mut Vec<u8>, value: &impl serde::Serialize) {
    bytes.extend(postcard::to_allocvec(value).expect("vectors grow"));
}
