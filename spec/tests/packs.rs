//! The packs for chips, played here.

use wasmote_spec::{Form, Options, pack::Pack};
use wasmote_spec_player::{Script, play};

fn all_pass(form: Form, options: Options) {
    let pack = Pack::of_suite(form).expect("every module compiles");
    let mut failures = Vec::new();
    let (mut passed, mut left_out) = (0, 0);
    for bytes in pack.scripts() {
        let script = Script::from_bytes(bytes).expect("what was written");
        let tally = play(&script, options, |line, reason| {
            failures.push(format!("{}:{line}: {reason}", script.file));
        });
        passed += tally.expect("what was written").passed;
        left_out += script.left_out.text + script.left_out.invalid;
    }
    assert!(failures.is_empty(), "{form}:\n{}", failures.join("\n"));
    assert_eq!(passed as usize + left_out as usize, pack.directives);
    assert!(passed > 40_000, "{passed} directives");
}

#[test]
fn binaries() {
    all_pass(Form::Binary, Options::default());
}

#[test]
fn images() {
    all_pass(Form::Image, Options::default());
}

/// Whatever a pack holds, reading it is at worst an error.
#[test]
fn damage_is_an_error() {
    let pack = Pack::of_suite(Form::Image).expect("every module compiles");
    let bytes = pack.scripts().next().expect("scripts");
    assert!(Script::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    let mut script = Script::from_bytes(bytes).expect("what was written");
    script.directives = &script.directives[..script.directives.len() - 1];
    assert!(play(&script, Options::default(), |_, _| {}).is_err());
}
