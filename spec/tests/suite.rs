//! The official test suite, every file in scope, in every mode; and the table made from it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmote_spec::{Form, Options, run, status, suite};

fn all_pass(form: Form, options: Options) {
    let mut failures = Vec::new();
    let (mut files, mut directives) = (0, 0);
    let only = std::env::var("WASMOTE_SUITE").unwrap_or_default();
    for file in suite::files().iter().filter(|file| file.excluded.is_none()) {
        if !format!("{}/{}", file.folder, file.name).contains(&only) {
            continue;
        }
        let path = format!("{}/{}", file.folder, file.name);
        // A panic must not hide what the other files show.
        match catch_unwind(AssertUnwindSafe(|| {
            run(file.text, form, options.in_language(file.language))
        })) {
            Ok(Ok(report)) => {
                directives += report.outcomes.len();
                let failed = report
                    .failures()
                    .map(|(o, why)| format!("{path}:{}: {}: {why}", o.line, o.directive));
                failures.extend(failed);
            }
            Ok(Err(error)) => failures.push(format!("{path}:{}: {}", error.line, error.message)),
            Err(_) => failures.push(format!("{path}: panicked")),
        }
        files += 1;
    }
    assert!(
        failures.is_empty(),
        "{form}, {options}: {} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    // The suite is not accidentally empty.
    assert!(
        files > 200 && directives > 60_000,
        "only {files} files with {directives} directives in scope"
    );
}

#[test]
fn lazy() {
    all_pass(Form::Binary, Options::default());
}

#[test]
fn eager() {
    all_pass(
        Form::Binary,
        Options {
            eager: true,
            ..Options::default()
        },
    );
}

#[test]
fn lazy_with_fuel() {
    all_pass(
        Form::Binary,
        Options {
            fuel: true,
            ..Options::default()
        },
    );
}

#[test]
fn eager_with_fuel() {
    all_pass(
        Form::Binary,
        Options {
            eager: true,
            fuel: true,
            ..Options::default()
        },
    );
}

/// Every object is made right behind a collection, so nothing that is needed may be missed by one.
#[test]
fn collecting_all_the_time() {
    all_pass(
        Form::Binary,
        Options {
            zeal: true,
            ..Options::default()
        },
    );
}

/// A step before every instruction, and no instruction fused with another.
#[test]
fn debug() {
    all_pass(
        Form::Binary,
        Options {
            debug: true,
            ..Options::default()
        },
    );
}

#[test]
fn debug_with_fuel_collecting_all_the_time() {
    all_pass(
        Form::Binary,
        Options {
            debug: true,
            fuel: true,
            zeal: true,
            ..Options::default()
        },
    );
}

#[test]
fn images() {
    all_pass(Form::Image, Options::default());
}

#[test]
fn images_with_fuel() {
    all_pass(
        Form::Image,
        Options {
            fuel: true,
            ..Options::default()
        },
    );
}

#[test]
fn images_collecting_all_the_time() {
    all_pass(
        Form::Image,
        Options {
            zeal: true,
            ..Options::default()
        },
    );
}

#[test]
fn the_table_is_current() {
    let committed = std::fs::read_to_string(status::PATH).unwrap_or_default();
    assert!(
        committed == status::render(),
        "spec/STATUS.md is out of date: run cargo run -p wasmote-spec --features suite --bin status"
    );
}
