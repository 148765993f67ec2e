//! The documentation's guided tour, done as it says. With `BLESS=1` in the environment, what comes of the commands is
//! written into it.

use std::{env, fs, os::unix::fs::symlink, path::Path};

use wasmote_tests::{Scratch, command, with_input};

/// Does a block: each command line after `$ `, what is typed after `> `. Gives the block as it should be.
fn played(block: &[&str], directory: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = block;
    while let Some((line, more)) = rest.split_first() {
        let Some(line) = line.strip_prefix("$ wasmote ") else {
            // What came of it when the tour was written.
            rest = more;
            continue;
        };
        let end = more.iter().position(|line| line.starts_with("$ "));
        let (of_it, others) = more.split_at(end.unwrap_or(more.len()));
        rest = others;
        let typed: Vec<&str> = of_it
            .iter()
            .filter_map(|line| line.strip_prefix("> "))
            .collect();
        lines.push(format!("$ wasmote {line}"));
        // What each command prints: the output with it, less the output without it.
        let output = |count: usize| {
            let input: String = typed[..count]
                .iter()
                .map(|line| format!("{line}\n"))
                .collect();
            let ran = with_input(command(directory, line), &input);
            assert!(
                ran.err.is_empty() && !ran.out.contains("error: "),
                "{line}: {ran:?}"
            );
            ran.out
        };
        let mut before = output(0);
        lines.extend(before.lines().map(str::to_owned));
        for (n, typed) in typed.iter().enumerate() {
            lines.push(format!("> {typed}"));
            let now = output(n + 1);
            let new = now.strip_prefix(&before).expect("the same is done again");
            lines.extend(new.lines().map(str::to_owned));
            before = now;
        }
    }
    lines
}

#[test]
fn the_tour_is_as_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = root.join("docs/debugging.md");
    let text = fs::read_to_string(&page).expect("it is there");
    let dir = Scratch::new();
    symlink(root.join("tests"), dir.path().join("tests")).expect("it is new");
    let lines: Vec<&str> = text.lines().collect();
    let mut done: Vec<String> = Vec::new();
    let mut rest = &lines[..];
    let mut consoles = 0;
    while let Some((line, more)) = rest.split_first() {
        done.push((*line).to_owned());
        rest = more;
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else {
            continue;
        };
        let end = more
            .iter()
            .position(|line| *line == "```")
            .expect("blocks end");
        let block = &more[..end];
        match kind.split_once(' ') {
            Some(("wat" | "text", file)) => {
                dir.file(file, block.join("\n"));
                done.extend(block.iter().map(|line| (*line).to_owned()));
            }
            _ if kind == "console" => {
                consoles += 1;
                done.extend(played(block, dir.path()));
            }
            _ => panic!("a block of `{kind}`"),
        }
        rest = &more[end..];
        // The end of the block is no start of one.
        done.push("```".to_owned());
        rest = &rest[1..];
    }
    let done = done.join("\n") + "\n";
    if env::var_os("BLESS").is_some() {
        fs::write(&page, &done).expect("it is written");
    }
    assert!(consoles > 5);
    assert!(done == text, "the tour is now:\n{done}");
}
