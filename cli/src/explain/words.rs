//! The translator's decisions as sentences, for text and pages alike.

use wasmote::explain::{Explanation, Fusion, Note, Place, Reason, Step, Value};

use super::Function;

/// What was decided about a step, a sentence each.
pub fn of_step(function: &Function, index: usize) -> Vec<String> {
    let explanation = &function.explanation;
    let step = &explanation.steps[index];
    let mut sentences: Vec<String> = Vec::new();
    let used = |note: &&Note| matches!(note, Note::Folded { .. } | Note::CopiedBy { .. });
    let deferred_to = step.notes.iter().find(used);
    for note in &step.notes {
        let sentence = match note {
            Note::Deferred => deferred(explanation, step, deferred_to),
            // (Said already.)
            note if Some(note) == deferred_to && step.notes.contains(&Note::Deferred) => continue,
            note => of_note(explanation, step, note),
        };
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    if index == 0 {
        for (local, home) in explanation.locals.iter().enumerate() {
            if let (Place::Pin(pin), Some(weight)) = (&home.place, home.weight) {
                sentences.push(format!(
                    "local {local} lives in pin p{pin} while the function runs: its weight is {weight}"
                ));
            }
        }
    }
    if sentences.is_empty() && function.code_of[index].is_empty() && index > 0 {
        sentences.push("emits nothing".into());
    }
    sentences
}

fn of_note(explanation: &Explanation, step: &Step, note: &Note) -> String {
    let at = |index: &usize| name_of(&explanation.steps[*index]);
    match note {
        Note::Dead => "cannot be reached: not translated".into(),
        Note::Deferred => deferred(explanation, step, None),
        Note::Folded { into } => format!("becomes an operand of {}", at(into)),
        Note::CopiedBy { by, to } => format!("copied to {} by {}", place_of(to), at(by)),
        Note::Result { place } => format!("leaves its result in {}", place_of(place)),
        Note::Redirected { of, to, reason } => format!(
            "{} writes {} instead of the accumulator, at no cost: {}",
            at(of),
            place_of(to),
            why(*reason)
        ),
        Note::Copied {
            of,
            from,
            to,
            reason,
        } => {
            let what = match of {
                Some(of) if *of > 0 => format!(" (of {})", at(of)),
                _ => String::new(),
            };
            format!(
                "copies {}{what} to {}: {}",
                place_of(from),
                place_of(to),
                why(*reason)
            )
        }
        Note::SetDirectly {
            of,
            local,
            to,
            mirrored,
        } => format!(
            "emits nothing: {} writes local {local} in {} itself{}",
            at(of),
            place_of(to),
            match mirrored {
                true => ", and the accumulator",
                false => "",
            }
        ),
        Note::SetToItself => "emits nothing: the local has this value already".into(),
        Note::Fused { with, into, fusion } => {
            let others: Vec<String> = with
                .iter()
                .map(|index| &explanation.steps[*index])
                .filter(|other| other.offset != step.offset)
                .map(name_of)
                .collect();
            match others.is_empty() {
                true => format!("`{into}`: {}", fused(*fusion)),
                false => format!(
                    "fused with {} into `{into}`: {}",
                    list(&others),
                    fused(*fusion)
                ),
            }
        }
        Note::FusedInto { by } => format!("taken back, and part of the code of {}", at(by)),
        Note::AddsNegated => "a constant is subtracted: its negation is added instead".into(),
        Note::Exchanged => "operands exchanged: there are forms for one order only".into(),
        Note::Inverts { of } => {
            format!("emits nothing: {} becomes its inverse", at(of))
        }
        Note::BranchesIfNot => "tests the inverse: what follows is for when it holds".into(),
        Note::BranchesOver => {
            "values move, or the function returns, only if it is taken: an inverted branch leads over that"
                .into()
        }
        Note::Label => {
            "a label: reached from elsewhere too, so accumulators hold nothing and nothing is fused across".into()
        }
        Note::NoLabel => "emits nothing: nothing branches here".into(),
    }
}

/// What becomes of a local or constant that has been pushed, as far as that is known.
fn deferred(explanation: &Explanation, step: &Step, used: Option<&Note>) -> String {
    let at = |index: &usize| name_of(&explanation.steps[*index]);
    let value = step.stack.as_ref().and_then(|stack| stack.top.last());
    let (what, place) = match value {
        Some(Value {
            local: Some(local),
            place,
            ..
        }) => (format!("local {local}"), Some(place_of(place))),
        _ => ("the constant".into(), None),
    };
    match (used, place) {
        (Some(Note::Folded { into }), Some(place)) => {
            format!("emits nothing: {} reads {what} from {place}", at(into))
        }
        (Some(Note::Folded { into }), None) => {
            format!("emits nothing: {what} is in the code of {}", at(into))
        }
        (Some(Note::CopiedBy { by, to }), _) => format!(
            "emits nothing yet: {} copies {what} to {}",
            at(by),
            place_of(to)
        ),
        _ => format!("emits nothing: nothing needs {what}"),
    }
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::AccumulatorNeeded => "this result needs the accumulator",
        Reason::Call => "what is called may use the accumulator",
        Reason::Argument => "the callee's frame begins with its arguments",
        Reason::Block => "a block begins, which may leave by several ways",
        Reason::Expected => "what comes next expects it there",
        Reason::ReadFromSlot => "this instruction takes it from a slot only",
        Reason::OldValue => "the local is about to change, and the old value is still needed",
        Reason::ManyLocals => "too many operands stand for locals",
        Reason::Local => "the local lives there, and no instruction just before can write it",
    }
}

pub fn fused(fusion: Fusion) -> &'static str {
    match fusion {
        Fusion::CompareBranch => "compares and branches in one",
        Fusion::StepBranch => "steps a counter, compares it and branches in one",
        Fusion::Test => "tests bits in one",
        Fusion::Chain => "computes twice in one",
        Fusion::LoadChain => "loads and computes in one",
        Fusion::LoadBranch => "loads, compares and branches in one",
        Fusion::LoadKeepBranch => "loads into a local, compares and branches in one",
        Fusion::LoadScaled => "loads from a base and a scaled index in one",
        Fusion::LoadStore => "loads and stores in one",
        Fusion::ChainStore => "computes and stores in one",
        Fusion::Address => "adds up its address itself",
        Fusion::GlobalSum => "adds to a global in one",
        Fusion::CopyPair => "copies twice in one",
        Fusion::CopyBranch => "copies and branches in one",
        Fusion::CopyCall => "copies the last argument and calls in one",
        _ => "does the work of both",
    }
}

/// `slot l0`, `pin p0`, `acc`, `5`.
pub fn place_of(place: &Place) -> String {
    match place {
        Place::Slot(name) => format!("slot {name}"),
        Place::Accumulator(name) => (*name).into(),
        Place::Pin(pin) => format!("pin p{pin}"),
        Place::Constant(value) => value.clone(),
    }
}

/// The same as short as listings have it; nothing for constants.
pub fn place_in_short(place: &Place) -> Option<String> {
    match place {
        Place::Slot(name) => Some(name.clone()),
        Place::Accumulator(name) => Some((*name).into()),
        Place::Pin(pin) => Some(format!("p{pin}")),
        Place::Constant(_) => None,
    }
}

/// What a value on the stack is: a local, a constant, or the result of the instruction at an offset.
pub fn value_of(explanation: &Explanation, value: &Value) -> String {
    match (value.local, &value.place) {
        (Some(local), _) => format!("local{local}"),
        (None, Place::Constant(constant)) => constant.clone(),
        (None, _) => format!("{:#x}", explanation.steps[value.by].offset),
    }
}

/// `i32.add at 0x2f`.
pub fn name_of(step: &Step) -> String {
    match step.wasm.split(' ').next() {
        Some(name) if !name.is_empty() => format!("{name} at {:#x}", step.offset),
        _ => "the entry".into(),
    }
}

/// The instruction of a step, with the numbers of the blocks that it begins, ends and branches to.
pub fn instruction(step: &Step) -> String {
    let mut text = step.wasm.clone();
    if let Some(block) = step.block {
        text.push_str(&format!(" @{block}"));
    }
    if !step.targets.is_empty() {
        let targets = step.targets.iter().map(|target| match target {
            0 => "return".into(),
            target => format!("@{target}"),
        });
        text.push_str(" -> ");
        text.push_str(&targets.collect::<Vec<_>>().join(" "));
    }
    text
}

fn list(names: &[String]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// `(param i32 i32) (result i32)`, with a space in front of each.
pub fn signature(explanation: &Explanation) -> String {
    let part = |name: &str, types: &[&str]| match types {
        [] => String::new(),
        types => format!(" ({name} {})", types.join(" ")),
    };
    part("param", &explanation.params) + &part("result", &explanation.results)
}

/// What the pins are given to.
pub fn about_pins(explanation: &Explanation) -> String {
    match explanation.pins {
        0 => "This code has no pins: every local lives in a slot.".into(),
        pins => format!(
            "Weight: uses of a local, times 8 for each loop around. The {pins} heaviest integer locals of at least {} live in pins.",
            explanation.least_weight
        ),
    }
}
