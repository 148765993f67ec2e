//! Runs damaged images: `cargo run --profile fast -p wasmote-spec --features suite --bin damage -- COUNT [SEED]`.

use wasmote_spec::damage;

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse().ok());
    let Some(count) = args.next().flatten() else {
        eprintln!("usage: damage COUNT [SEED]");
        std::process::exit(2);
    };
    let seed = args.next().flatten().unwrap_or(1);
    let images = damage::images();
    let tally = damage::run(&images, seed, count, |done| {
        if done % 10_000 == 0 {
            eprintln!("{done} of {count}");
        }
    });
    println!("{} images, {count} damaged: {tally:?}", images.len());
}
