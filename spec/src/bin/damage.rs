//! Runs damaged images: `cargo run --profile fast -p wasmote-spec --features suite --bin damage -- COUNT [SEED [FILE]]`.
//! The images before their damage are those of the suite, or, faster, what a file holds, one behind the other: with a
//! COUNT of 0 it is written.

use std::{fs, process::exit};

use wasmote_spec::damage;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args.get(at).and_then(|arg| arg.parse().ok());
    let Some(count) = number(0) else {
        eprintln!("usage: damage COUNT [SEED [FILE]]");
        exit(2);
    };
    let seed = number(1).unwrap_or(1);
    let file = args.get(2);
    let failed = |error| -> ! {
        eprintln!("damage: {error}");
        exit(1);
    };
    let images = match file {
        Some(file) if count > 0 => {
            let bytes = fs::read(file).unwrap_or_else(|error| failed(error));
            damage::split(&bytes)
        }
        _ => damage::images(),
    };
    if let Some(file) = file
        && count == 0
    {
        fs::write(file, images.concat()).unwrap_or_else(|error| failed(error));
    }
    let tally = damage::run(&images, seed, count, |done| {
        if done % 10_000 == 0 {
            eprintln!("{done} of {count}");
        }
    });
    println!("{} images, {count} damaged: {tally:?}", images.len());
}
