//! Markdown to HTML: a document of 32 KiB with headings, lists, tables, links and code, `n` times.

use pulldown_cmark::{Options, Parser, html};
use wasmote_workloads::{Random, checksum};

fn document(seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = String::new();
    while text.len() < 32 << 10 {
        let (word, sentence) = (random.word(), random.sentence());
        text += &match random.below(7) {
            0 => format!("## {sentence}\n\n"),
            1 => format!("- {word}\n- **{sentence}**\n  1. _{word}_\n\n"),
            2 => format!(
                "| {word} | n |\n|---|--:|\n| {sentence} | {} |\n\n",
                text.len()
            ),
            3 => format!("```rust\nlet {word} = \"{sentence}\";\n```\n\n"),
            4 => format!(
                "> {sentence} [{word}](https://example.org/{word} \"{word}\") & <b>`{word}`</b>\n\n"
            ),
            _ => format!(
                "{sentence} {} ~~{word}~~ *{word}*\n{}\n\n",
                random.sentence(),
                random.sentence()
            ),
        };
    }
    text
}

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut sum = 0;
    for i in 0..n {
        let text = document(i as u64);
        let mut out = String::new();
        html::push_html(&mut out, Parser::new_ext(&text, Options::all()));
        sum = checksum(sum, out.as_bytes());
    }
    sum
}
