//! `wasmote wast`: runs specification scripts.

use std::{fs, process::ExitCode};

use wasmote_spec::{Form, Language, Options};

use crate::{args::WastArgs, error::Failure, load::reason, output};

/// Prints each failing directive and the totals.
pub fn wast(args: &WastArgs) -> Result<ExitCode, Failure> {
    let options = Options {
        eager: args.eager,
        fuel: args.fuel,
        ..Options::default()
    };
    let form = if args.images {
        Form::Image
    } else {
        Form::Binary
    };
    let (mut passed, mut failed) = (0, 0);
    for path in &args.files {
        let shown = path.display();
        let text = fs::read_to_string(path)
            .map_err(|e| Failure::new(format!("{shown}: {}", reason(&e))))?;
        // The official suite keeps scripts of one language in a folder.
        let folder = path.parent().and_then(|folder| folder.file_name());
        let folder = folder.unwrap_or_default().to_string_lossy();
        let options = options.in_language(Language::of_folder(&folder));
        match wasmote_spec::run(&text, form, options) {
            Ok(report) => {
                for (outcome, why) in report.failures() {
                    output::line(format_args!(
                        "{shown}:{}: {}: {why}",
                        outcome.line, outcome.directive
                    ))?;
                }
                passed += report.passed();
                failed += report.failed();
            }
            Err(error) => {
                output::line(format_args!("{shown}:{}: {}", error.line, error.message))?;
                failed += 1;
            }
        }
    }
    output::line(format_args!("{passed} passed, {failed} failed"))?;
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
