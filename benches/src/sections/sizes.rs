//! How large the code of the handlers is.

use crate::{handlers, table::Table};
use std::collections::HashMap;

/// What handlers may take, in words and in bytes.
pub const BUDGET: (&str, usize) = if cfg!(feature = "dispatch-full") {
    (
        "hosts (`dispatch-full`, all of the language), 1.25 MiB",
        5 << 18,
    )
} else {
    ("chips, 96 KiB", 96 << 10)
};
/// The groups shown.
const LARGEST: usize = 10;

pub fn section() -> Result<String, String> {
    let handlers = handlers::of_this_executable()?;
    if handlers.is_empty() {
        return Err("this build runs its handlers from the portable loop".to_owned());
    }
    let total: usize = handlers.iter().map(|handler| handler.code.len()).sum();
    let mut groups: HashMap<&str, (usize, usize)> = HashMap::new();
    for handler in &handlers {
        let (count, bytes) = groups.entry(handler.group()).or_default();
        *count += 1;
        *bytes += handler.code.len();
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(name, (_, bytes))| (std::cmp::Reverse(*bytes), *name));
    let mut table = Table::new(["handlers", "count", "bytes", "of all"]);
    let mut row = |name: &str, count: usize, bytes: usize| {
        let share = format!("{:.1}%", bytes as f64 * 100.0 / total as f64);
        table.row([name.to_owned(), count.to_string(), bytes.to_string(), share]);
    };
    row("**all**", handlers.len(), total);
    for (name, (count, bytes)) in groups.iter().take(LARGEST) {
        row(name, *count, *bytes);
    }
    let (budget, bytes) = BUDGET;
    Ok(format!(
        "Machine code of wasmote's handlers in the executable that measured, {}: {:.1}% of the budget for {budget}. \
         (`cargo run --release -p wasmote-benches --no-default-features -- sizes` measures those for chips.) The ten \
         largest groups:\n\n{table}",
        std::env::consts::ARCH,
        total as f64 * 100.0 / bytes as f64
    ))
}
