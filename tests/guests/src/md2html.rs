//! md2html: a small Markdown to HTML converter, as a WASI command.
//!
//! `md2html [-o OUT] FILE…` converts the files one after another, to standard output or to OUT.
//! Headings, paragraphs, lists, quotes, tables, fenced code, rules; code, emphasis and links inside a line.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    let mut out = None;
    let mut files = Vec::new();
    let mut args = env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-o" => out = args.next(),
            _ => files.push(arg),
        }
    }
    if files.is_empty() {
        eprintln!("usage: md2html [-o OUT] FILE...");
        return ExitCode::from(2);
    }
    let mut html = String::new();
    for file in &files {
        match fs::read_to_string(file) {
            Ok(text) => html.push_str(&page(file, &text)),
            Err(e) => {
                eprintln!("md2html: {file}: {e}");
                return ExitCode::FAILURE;
            }
        }
    }
    let written = match &out {
        Some(path) => fs::write(path, &html),
        None => io::stdout().write_all(html.as_bytes()),
    };
    if let Err(e) = written {
        eprintln!("md2html: {}: {e}", out.as_deref().unwrap_or("standard output"));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// A whole document; its title is the first heading, or the file's name.
fn page(file: &str, text: &str) -> String {
    let title = text.lines().find_map(|l| l.strip_prefix("# ")).unwrap_or(file);
    let mut html = String::new();
    let _ = write!(html, "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>");
    escape(&mut html, title);
    html.push_str("</title>\n</head>\n<body>\n");
    let lines: Vec<&str> = text.lines().collect();
    blocks(&mut html, &lines);
    html.push_str("</body>\n</html>\n");
    html
}

/// Converts lines to block elements.
fn blocks(html: &mut String, lines: &[&str]) {
    let mut i = 0;
    while i < lines.len() {
        let line = lines[i].trim_end();
        let trimmed = line.trim_start();
        if trimmed.is_empty() {
            i += 1;
        } else if let Some(language) = trimmed.strip_prefix("```") {
            i = code(html, lines, i, language.trim());
        } else if let Some((level, title)) = heading(trimmed) {
            let _ = write!(html, "<h{level}>");
            inline(html, title);
            let _ = writeln!(html, "</h{level}>");
            i += 1;
        } else if is_rule(trimmed) {
            html.push_str("<hr>\n");
            i += 1;
        } else if trimmed.starts_with('>') {
            let end = run(lines, i, |l| l.trim_start().starts_with('>'));
            let inner: Vec<&str> =
                lines[i..end].iter().map(|l| l.trim_start()[1..].trim_start()).collect();
            html.push_str("<blockquote>\n");
            blocks(html, &inner);
            html.push_str("</blockquote>\n");
            i = end;
        } else if item(trimmed).is_some() {
            i = list(html, lines, i);
        } else if trimmed.starts_with('|') {
            let end = run(lines, i, |l| l.trim_start().starts_with('|'));
            table(html, &lines[i..end]);
            i = end;
        } else {
            let end = run(lines, i, |l| !ends_paragraph(l));
            html.push_str("<p>");
            inline(html, &lines[i..end.max(i + 1)].join("\n"));
            html.push_str("</p>\n");
            i = end.max(i + 1);
        }
    }
}

/// The first line from `start` for which `holds` is false.
fn run(lines: &[&str], start: usize, holds: impl Fn(&str) -> bool) -> usize {
    lines[start..].iter().position(|l| !holds(l)).map_or(lines.len(), |n| start + n)
}

fn ends_paragraph(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || line.starts_with("```")
        || line.starts_with('>')
        || line.starts_with('|')
        || heading(line).is_some()
        || item(line).is_some()
        || is_rule(line)
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|&b| b == b'#').count();
    let rest = line[level..].strip_prefix(' ')?;
    (1..=6).contains(&level).then(|| (level, rest.trim()))
}

fn is_rule(line: &str) -> bool {
    line.len() >= 3 && ["-", "*", "_"].iter().any(|c| line.replace(c, "").is_empty())
}

fn code(html: &mut String, lines: &[&str], start: usize, language: &str) -> usize {
    let end = run(lines, start + 1, |l| !l.trim_start().starts_with("```"));
    html.push_str("<pre><code");
    if !language.is_empty() {
        html.push_str(" class=\"language-");
        escape(html, language);
        html.push('"');
    }
    html.push('>');
    for line in &lines[start + 1..end] {
        escape(html, line);
        html.push('\n');
    }
    html.push_str("</code></pre>\n");
    end + 1
}

/// The text of a list item and whether its list is numbered.
fn item(line: &str) -> Option<(bool, &str)> {
    if let Some(rest) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return Some((false, rest));
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line[digits..].strip_prefix(". ")?;
    (digits > 0).then_some((true, rest))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// One list: items at the first one's indent; deeper lines belong to the item above them.
fn list(html: &mut String, lines: &[&str], start: usize) -> usize {
    let base = indent(lines[start]);
    let numbered = item(lines[start].trim_start()).is_some_and(|(n, _)| n);
    let tag = if numbered { "ol" } else { "ul" };
    let _ = writeln!(html, "<{tag}>");
    let mut i = start;
    while i < lines.len() && indent(lines[i]) == base {
        let Some((n, text)) = item(lines[i].trim_start()) else { break };
        if n != numbered {
            break;
        }
        let end = run(lines, i + 1, |l| !l.trim().is_empty() && indent(l) > base);
        let nested = run(&lines[..end], i + 1, |l| !ends_paragraph(l));
        let mut words = text.to_string();
        for line in &lines[i + 1..nested] {
            words.push('\n');
            words.push_str(line.trim());
        }
        html.push_str("<li>");
        inline(html, &words);
        if nested < end {
            html.push('\n');
            blocks(html, &lines[nested..end]);
        }
        html.push_str("</li>\n");
        i = end;
    }
    let _ = writeln!(html, "</{tag}>");
    i
}

fn table(html: &mut String, lines: &[&str]) {
    html.push_str("<table>\n");
    for (row, line) in lines.iter().enumerate() {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        if row == 1 && cells.iter().all(|c| !c.is_empty() && c.trim_matches([':', '-']).is_empty()) {
            continue;
        }
        let tag = if row == 0 { "th" } else { "td" };
        html.push_str("<tr>");
        for cell in cells {
            let _ = write!(html, "<{tag}>");
            inline(html, cell);
            let _ = write!(html, "</{tag}>");
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table>\n");
}

/// Code spans, strong and plain emphasis, links; everything else is escaped.
fn inline(html: &mut String, text: &str) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((inner, after)) = between(rest, "`", "`") {
            html.push_str("<code>");
            escape(html, inner);
            html.push_str("</code>");
            rest = after;
        } else if let Some((inner, after)) = between(rest, "**", "**") {
            element(html, "strong", inner);
            rest = after;
        } else if let Some((inner, after)) = between(rest, "*", "*") {
            element(html, "em", inner);
            rest = after;
        } else if let Some((label, target, after)) = link(rest) {
            html.push_str("<a href=\"");
            escape(html, target);
            html.push_str("\">");
            inline(html, label);
            html.push_str("</a>");
            rest = after;
        } else {
            let n = first.len_utf8();
            escape(html, &rest[..n]);
            rest = &rest[n..];
        }
    }
}

fn element(html: &mut String, tag: &str, inner: &str) {
    let _ = write!(html, "<{tag}>");
    inline(html, inner);
    let _ = write!(html, "</{tag}>");
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    let (inner, after) = text.strip_prefix(open)?.split_once(close)?;
    let solid = !inner.is_empty() && !inner.starts_with(' ') && !inner.ends_with(' ');
    solid.then_some((inner, after))
}

fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (target, after) = rest.split_once(')')?;
    Some((label, target, after))
}

fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            _ => html.push(c),
        }
    }
}
