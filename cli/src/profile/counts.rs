//! What a profile says, with names.

use std::{collections::HashMap, sync::Arc};

use wasmote::{
    Module, Store,
    debug::{Profile, ProfiledFunc},
};

use crate::debug::source::Source;

/// Counts, the largest first.
pub struct Counts {
    pub instructions: u64,
    /// As the profile has them.
    pub names: Vec<String>,
    pub functions: Vec<Function>,
    /// None if there is no debug information. Instructions of no line come last.
    pub lines: Option<Vec<(Option<Line>, u64)>>,
    pub opcodes: Vec<(String, u64)>,
    /// Whether stacks were too deep, or too many, for the tree.
    pub is_cut: bool,
}

/// A function.
pub struct Function {
    pub name: String,
    /// Its index in the module, if the module knows it.
    pub func: Option<u32>,
    pub calls: u64,
    pub own: u64,
    pub total: u64,
}

/// A line of the source.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    pub file: Arc<str>,
    pub line: u32,
}

impl Counts {
    pub fn new<T>(profile: &Profile, store: &Store<T>, module: &Module, source: &Source) -> Counts {
        let funcs = profile.functions();
        let names: Vec<String> = funcs
            .iter()
            .map(|func| name(func, module, source))
            .collect();
        let mut functions: Vec<Function> = funcs
            .iter()
            .zip(&names)
            .map(|(func, name)| Function {
                name: name.clone(),
                func: func.instance.map(|_| func.func),
                calls: func.calls,
                own: func.own,
                total: func.total,
            })
            .collect();
        functions.sort_by(|a, b| {
            let key = |f: &Function| (f.own, f.total, f.calls);
            key(b).cmp(&key(a)).then_with(|| a.func.cmp(&b.func))
        });
        Counts {
            instructions: profile.instructions(),
            functions,
            lines: source.is_there().then(|| lines(funcs, source)),
            opcodes: profile.operators(store),
            is_cut: profile.is_cut(),
            names,
        }
    }
}

/// What to call a function: those of the host by what the module imports.
fn name(func: &ProfiledFunc, module: &Module, source: &Source) -> String {
    match (func.host, func.instance) {
        (None, _) => source.code().display_name(func.func),
        (Some(_), Some(_)) => {
            let imports = module.imports();
            let mut funcs = imports.filter(|import| import.ty().func().is_some());
            match funcs.nth(func.func as usize) {
                Some(import) => format!("{}.{}", import.module(), import.name()),
                None => "host".into(),
            }
        }
        (Some(_), None) => "host".into(),
    }
}

fn lines(funcs: &[ProfiledFunc], source: &Source) -> Vec<(Option<Line>, u64)> {
    let mut found: HashMap<Option<Line>, u64> = HashMap::new();
    for func in funcs.iter().filter(|func| func.host.is_none()) {
        for (offset, count) in func.instructions() {
            let location = source.location(offset);
            let line = location.map(|location| Line {
                file: location.file,
                line: location.line,
            });
            *found.entry(line).or_default() += count;
        }
    }
    let mut sorted: Vec<_> = found.into_iter().collect();
    sorted.sort_by(|(a, m), (b, n)| {
        let order = a.is_none().cmp(&b.is_none());
        order.then_with(|| n.cmp(m)).then_with(|| a.cmp(b))
    });
    sorted
}
