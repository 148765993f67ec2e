//! Explained functions as a page that needs nothing else: WebAssembly and bytecode side by side, tied by colour; the
//! stack and the reasons of the instruction that is pointed at.

use std::fmt::Write;

use wasmote::explain::{Explanation, Place, Stack, Step};

use super::{Function, words};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page of functions of a file.
pub fn page(file: &str, functions: &[Function]) -> String {
    let file = escape(file);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n\
         <title>{file} explained</title>\n<style>\n{STYLE}</style>\n\
         <noscript><style>.more {{ display: block; }}</style></noscript>\n</head>\n<body>\n\
         <header>\n<h1>{file}</h1>\n\
         <p>WebAssembly left, the register bytecode it became right; colours tie them. Point at an instruction, or tap \
         it, to see the operand stack behind it and what was decided about it. Arrow keys step.</p>\n"
    );
    if functions.len() > 1 {
        out.push_str("<nav>\n");
        for (number, function) in functions.iter().enumerate() {
            let title = escape(&function.title);
            push(
                &mut out,
                format_args!("<a href=\"#f{number}\">{title}</a>\n"),
            );
        }
        out.push_str("</nav>\n");
    }
    out.push_str("</header>\n<main>\n");
    for (number, function) in functions.iter().enumerate() {
        section(&mut out, number, function);
    }
    push(
        &mut out,
        format_args!("</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"),
    );
    out
}

fn section(out: &mut String, number: usize, function: &Function) {
    let explanation = &function.explanation;
    let title = escape(&function.title);
    let signature = escape(&words::signature(explanation));
    push(
        out,
        format_args!(
            "<section id=\"f{number}\">\n<h2>{title}<small>{signature}</small></h2>\n\
             <p class=\"frame\">A frame of {} slots.</p>\n",
            explanation.frame_slots
        ),
    );
    locals(out, explanation);
    out.push_str("<div class=\"columns\">\n<div class=\"wasm\">\n<h3>WebAssembly</h3>\n<ol>\n");
    for (index, step) in explanation.steps.iter().enumerate() {
        wasm_row(out, function, index, step);
    }
    out.push_str(
        "</ol>\n</div>\n<aside aria-live=\"polite\">\n<h3>Stack and reasons</h3>\n<div class=\"panel\">\
         <p>Nothing chosen yet.</p></div>\n</aside>\n<div class=\"code\">\n<h3>Bytecode</h3>\n<ol>\n",
    );
    for (index, one) in explanation.code.iter().enumerate() {
        let steps: Vec<String> = one.steps.iter().map(usize::to_string).collect();
        push(
            out,
            format_args!(
                "<li tabindex=\"-1\" data-steps=\"{}\" style=\"--hue: {}\"><i>{:x}</i><code>{}</code></li>\n",
                steps.join(" "),
                hue(index),
                one.at,
                escape(&one.text)
            ),
        );
    }
    out.push_str("</ol>\n</div>\n</div>\n</section>\n");
}

fn locals(out: &mut String, explanation: &Explanation) {
    if explanation.locals.is_empty() {
        return;
    }
    out.push_str("<ul class=\"locals\">\n");
    for (index, local) in explanation.locals.iter().enumerate() {
        let weight = local.weight.map(|weight| format!(", weight {weight}"));
        push(
            out,
            format_args!(
                "<li class=\"{}\">local {index} <b>{}</b> <span>{}{}</span></li>\n",
                kind(&local.place),
                local.ty,
                escape(&words::place_of(&local.place)),
                weight.unwrap_or_default()
            ),
        );
    }
    push(
        out,
        format_args!(
            "</ul>\n<p class=\"frame\">{}</p>\n",
            escape(&words::about_pins(explanation))
        ),
    );
}

/// A wasm instruction with what the panel shows of it.
fn wasm_row(out: &mut String, function: &Function, index: usize, step: &Step) {
    let explanation = &function.explanation;
    let sentences = words::of_step(function, index);
    let first = function.code_of[index].first().copied();
    if index == 0 && first.is_none() && sentences.is_empty() {
        return;
    }
    let (offset, text) = match index {
        0 => (String::new(), "(entry)".to_string()),
        _ => (format!("{:#x}", step.offset), words::instruction(step)),
    };
    let colour = match first {
        Some(first) => format!("; --hue: {}", hue(first)),
        None => String::new(),
    };
    let class = match (first, &step.stack) {
        (Some(_), _) => "",
        (None, None) if step.notes.contains(&wasmote::explain::Note::Dead) => " class=\"dead\"",
        (None, _) => " class=\"none\"",
    };
    push(
        out,
        format_args!(
            "<li tabindex=\"-1\" data-step=\"{index}\"{class} style=\"--depth: {}{colour}\"><i>{offset}</i><code>{}</code>\
             <div class=\"more\">",
            step.depth.saturating_sub(1),
            escape(&text)
        ),
    );
    match (&step.stack, index) {
        (_, 0) => {}
        (Some(stack), _) => stack_picture(out, explanation, stack),
        (None, _) if index + 1 == explanation.steps.len() => {}
        (None, _) => {
            out.push_str("<p class=\"empty\">What follows cannot be reached from here.</p>")
        }
    }
    if !sentences.is_empty() {
        out.push_str("<ul class=\"why\">");
        for sentence in &sentences {
            push(out, format_args!("<li>{}</li>", escape(sentence)));
        }
        out.push_str("</ul>");
    }
    out.push_str("</div></li>\n");
}

/// The operand stack as boxes, the top above.
fn stack_picture(out: &mut String, explanation: &Explanation, stack: &Stack) {
    if stack.top.is_empty() {
        out.push_str("<p class=\"empty\">The operand stack is empty.</p>");
        return;
    }
    out.push_str("<ol class=\"stack\">");
    for value in stack.top.iter().rev() {
        let what = match (value.local, &value.place) {
            (Some(local), _) => format!("local {local}"),
            (None, Place::Constant(constant)) => constant.clone(),
            (None, _) => format!("result of {}", words::name_of(&explanation.steps[value.by])),
        };
        let place = match &value.place {
            Place::Constant(_) => "constant".to_string(),
            place => words::place_of(place),
        };
        push(
            out,
            format_args!(
                "<li class=\"{}\"><b>{}</b><span>{}</span><em>{}</em></li>",
                kind(&value.place),
                value.ty,
                escape(&what),
                escape(&place)
            ),
        );
    }
    if stack.below > 0 {
        push(
            out,
            format_args!(
                "<li class=\"slot\"><span>{} more below</span></li>",
                stack.below
            ),
        );
    }
    out.push_str("</ol>");
}

/// The class of what is at a place.
fn kind(place: &Place) -> &'static str {
    match place {
        Place::Slot(_) => "slot",
        Place::Accumulator(_) => "acc",
        Place::Pin(_) => "pin",
        Place::Constant(_) => "constant",
    }
}

/// The colour of an instruction of the code: neighbours differ.
fn hue(index: usize) -> usize {
    index * 137 % 360
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = out.write_fmt(text);
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
