//! Writes packs of the test suite for chips: `cargo run -p wasmote-spec --features suite --bin lower -- FOLDER`.
//!
//! `binaries.pack` is for chips that validate and translate, `images.pack` for those that do not.

use std::path::Path;

use wasmote_spec::{Form, pack::Pack};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::args_os().nth(1) else {
        return Err("usage: lower FOLDER".into());
    };
    std::fs::create_dir_all(&folder)?;
    for form in [Form::Binary, Form::Image] {
        let pack = Pack::of_suite(form)?;
        let path = Path::new(&folder).join(format!("{form}.pack"));
        std::fs::write(&path, &pack.bytes)?;
        println!(
            "{}: {} scripts with {} directives, {} bytes",
            path.display(),
            pack.scripts,
            pack.directives,
            pack.bytes.len()
        );
    }
    Ok(())
}
