//! Writes `STATUS.md`, the table of what passes.

use wasmote_spec::status;

fn main() -> std::io::Result<()> {
    std::fs::write(status::PATH, status::render())?;
    println!("wrote {}", status::PATH);
    Ok(())
}
