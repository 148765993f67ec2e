//! Runs a script: each directive is lowered, and played.

use wasmote_spec_player::{Options, Player};
use wast::WastDirective;

use crate::{
    Form, Outcome, Report, ScriptError,
    lower::{Lowering, directives},
};

/// Runs every directive of a script.
///
/// # Errors
/// The text is not a script. What directives do wrong is in the report.
pub fn run(text: &str, form: Form, options: Options) -> Result<Report, ScriptError> {
    let lowering = Lowering::new(form, options);
    let mut player = Player::new(options);
    let mut report = Report::default();
    directives(text, |line, directive| {
        let keyword = keyword(&directive);
        let done = match lowering.directive(directive) {
            Ok(Some(step)) => player.step(&step).map_err(|failure| failure.to_string()),
            Ok(None) => Ok(()),
            Err(reason) => Err(reason),
        };
        report.outcomes.push(Outcome {
            line,
            directive: keyword,
            failure: done.err().map(|e| e.replace('\n', "; ")),
        });
    })?;
    Ok(report)
}

fn keyword(directive: &WastDirective<'_>) -> &'static str {
    match directive {
        WastDirective::Module(_) => "module",
        WastDirective::ModuleDefinition(_) => "module definition",
        WastDirective::ModuleInstance { .. } => "module instance",
        WastDirective::AssertMalformed { .. } => "assert_malformed",
        WastDirective::AssertMalformedCustom { .. } => "assert_malformed_custom",
        WastDirective::AssertInvalid { .. } => "assert_invalid",
        WastDirective::AssertInvalidCustom { .. } => "assert_invalid_custom",
        WastDirective::Register { .. } => "register",
        WastDirective::Invoke(_) => "invoke",
        WastDirective::AssertTrap { .. } => "assert_trap",
        WastDirective::AssertReturn { .. } => "assert_return",
        WastDirective::AssertExhaustion { .. } => "assert_exhaustion",
        WastDirective::AssertUnlinkable { .. } => "assert_unlinkable",
        WastDirective::AssertException { .. } => "assert_exception",
        WastDirective::AssertSuspension { .. } => "assert_suspension",
        WastDirective::Thread(_) => "thread",
        WastDirective::Wait { .. } => "wait",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_see_what_they_share() {
        let script = r#"
            (module $mem (memory (export "m") 1 1 shared))
            (thread $a (shared (module $mem))
                (register "mem" $mem)
                (module (import "mem" "m" (memory 1 1 shared))
                    (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 0) (i32.const 5))))
                (assert_return (invoke "add") (i32.const 0)))
            (thread $b (shared (module $mem)) (assert_return (invoke "add") (i32.const 5)))
            (wait $a)
            (register "mem" $mem)
            (module (import "mem" "m" (memory 1 1 shared))
                (func (export "get") (result i32) (i32.atomic.load (i32.const 0))))
            (assert_return (invoke "get") (i32.const 5))"#;
        let report = run(script, Form::Binary, Options::default()).unwrap();
        let failed = report.outcomes.iter().filter(|one| one.failure.is_some());
        let failed: Vec<_> = failed.map(|one| one.directive).collect();
        assert_eq!(failed, ["thread"], "the second has no `add`");
    }

    /// More than any machine of ours can address.
    #[test]
    fn what_fails_for_lack_of_room_is_told_apart() {
        let script = r#"
            (module $large (memory i64 1)
                (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0))))
            (module $small (memory i64 1) (func (export "size") (result i64) (memory.size)))
            (assert_return (invoke "size") (i64.const 2))
            (assert_return (invoke $large "grow" (i64.const 0x1_0000_0000)) (i64.const 1))
            (assert_return (invoke $large "grow" (i64.const 0)) (i64.const 0x1_0000_0001))
            (assert_return (invoke $large "grow" (i64.const 0)) (i64.const 1))
            (assert_return (invoke $small "size") (i64.const 2))"#;
        let report = run(script, Form::Binary, Options::default()).unwrap();
        let no_room: Vec<_> = report
            .failures()
            .map(|(_, why)| why.starts_with("no room to grow: "))
            .collect();
        assert_eq!(no_room, [false, true, true, false]);
    }
}
