//! The attributes of `launch`: what `wasmote debug` has flags for, by their names in camel case, and a few of the
//! protocol's own.
//!
//! Flags are looked up in the definition of the command line, and read by its parser: so nothing is said twice.

use std::{ffi::OsString, path::PathBuf};

use clap::{Arg, ArgAction, CommandFactory, Parser, builder::ValueParser};
use serde_json::{Map, Value};

use crate::args::{Cli, Command, DebugArgs};

/// Flags that are of other front ends.
const OTHERS: [&str; 6] = ["command", "script", "plain", "gdb", "dap", "help"];

/// Attributes that clients add for themselves.
const CLIENTS: [&str; 11] = [
    "name",
    "type",
    "request",
    "presentation",
    "preLaunchTask",
    "postDebugTask",
    "internalConsoleOptions",
    "debugServer",
    "serverReadyAction",
    "suppressMultipleSessionWarning",
    "console",
];

/// What is to be debugged, and how.
pub struct Launch {
    /// As the command line would have it.
    pub args: DebugArgs,
    /// Where to be.
    pub cwd: Option<PathBuf>,
    /// Whether to stop at the first instruction.
    pub stop_on_entry: bool,
    /// Whether to stop at nothing.
    pub no_debug: bool,
    /// Attributes that mean nothing.
    pub unknown: Vec<String>,
}

/// What an attribute of a flag looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    Boolean,
    Integer,
    Text,
    Texts,
    /// An object: `K=V` for each field.
    Pairs,
    /// The same; where a value is `null`, the flag is given `K` alone.
    OptionalPairs,
}

/// A flag of the command line.
struct Flag {
    attribute: String,
    long: String,
    shape: Shape,
}

impl Launch {
    /// Reads the arguments of the request.
    ///
    /// # Errors
    /// In words, what they should be and are not.
    pub fn of(mut attributes: Map<String, Value>) -> Result<Launch, String> {
        let program = text(&mut attributes, "program")?;
        let program = program.ok_or("`program` is missing: which module is to be debugged?")?;
        let words = match attributes.remove("args") {
            None | Some(Value::Null) => Vec::new(),
            Some(value) => texts("args", value)?,
        };
        let cwd = text(&mut attributes, "cwd")?.map(PathBuf::from);
        let stop_on_entry = boolean(&mut attributes, "stopOnEntry")?;
        let no_debug = boolean(&mut attributes, "noDebug")?;
        let mut line: Vec<OsString> = vec!["wasmote".into(), "debug".into()];
        for flag in arguments().iter().filter_map(Flag::of) {
            if let Some(value) = attributes.remove(&flag.attribute) {
                line.extend(flag.words(value)?.into_iter().map(OsString::from));
            }
        }
        line.push("--".into());
        line.push(program.into());
        line.extend(words.into_iter().map(OsString::from));
        let unknown = attributes.into_iter().map(|(name, _)| name);
        let unknown = unknown.filter(|name| !CLIENTS.contains(&name.as_str()));
        Ok(Launch {
            args: parse(line)?,
            cwd,
            stop_on_entry,
            no_debug,
            // (VS Code has more of its own.)
            unknown: unknown.filter(|name| !name.starts_with("__")).collect(),
        })
    }
}

fn parse(line: Vec<OsString>) -> Result<DebugArgs, String> {
    match Cli::try_parse_from(line) {
        Ok(Cli {
            command: Command::Debug(args),
        }) => Ok(args),
        Ok(_) => Err("this is no program to be debugged".to_owned()),
        Err(error) => {
            // (Behind an empty line there is advice for who types it.)
            let text = error.to_string();
            let first = text.lines().take_while(|line| !line.is_empty());
            let first: Vec<&str> = first.map(str::trim).collect();
            Err(first.join(" ").trim_start_matches("error: ").to_owned())
        }
    }
}

/// All that `wasmote debug` takes.
fn arguments() -> Vec<Arg> {
    let command = Cli::command();
    let debug = command.find_subcommand("debug");
    let arguments = debug.into_iter().flat_map(|debug| debug.get_arguments());
    arguments.cloned().collect()
}

impl Flag {
    fn of(arg: &Arg) -> Option<Flag> {
        let long = arg.get_long().filter(|long| !OTHERS.contains(long))?;
        let takes = arg.get_value_names().and_then(|names| names.first());
        let has = |text: &str| takes.is_some_and(|takes| takes.contains(text));
        let number = arg.get_value_parser().type_id() == ValueParser::from(u64_parser()).type_id();
        let shape = match arg.get_action() {
            ArgAction::SetTrue => Shape::Boolean,
            ArgAction::Append if has("[=") => Shape::OptionalPairs,
            ArgAction::Append if has("=") => Shape::Pairs,
            ArgAction::Append => Shape::Texts,
            _ if number => Shape::Integer,
            _ => Shape::Text,
        };
        Some(Flag {
            attribute: camel(long),
            long: format!("--{long}"),
            shape,
        })
    }

    /// The words of the command line for a value.
    fn words(&self, value: Value) -> Result<Vec<String>, String> {
        let (name, long) = (&self.attribute, &self.long);
        let with = |value: &str| format!("{long}={value}");
        let wrong = |what| Err(format!("`{name}` is to be {what}"));
        Ok(match (self.shape, value) {
            (_, Value::Null) | (Shape::Boolean, Value::Bool(false)) => Vec::new(),
            (Shape::Boolean, Value::Bool(true)) => vec![long.clone()],
            (Shape::Integer, Value::Number(number)) => vec![with(&number.to_string())],
            // (Sizes may be numbers, too.)
            (Shape::Text, Value::Number(number)) => vec![with(&number.to_string())],
            (Shape::Text, Value::String(text)) => vec![with(&text)],
            (Shape::Texts | Shape::Pairs | Shape::OptionalPairs, value @ Value::Array(_)) => {
                let texts = texts(name, value)?;
                texts.iter().map(|text| with(text)).collect()
            }
            (Shape::Pairs | Shape::OptionalPairs, Value::Object(pairs)) => {
                let pair = |(key, value): (&String, &Value)| match value {
                    Value::Null if self.shape == Shape::OptionalPairs => Ok(with(key)),
                    Value::String(value) => Ok(with(&format!("{key}={value}"))),
                    Value::Number(value) => Ok(with(&format!("{key}={value}"))),
                    _ => Err(format!("`{key}` of `{name}` is to be a text")),
                };
                pairs.iter().map(pair).collect::<Result<_, _>>()?
            }
            (Shape::Boolean, _) => return wrong("true or false"),
            (Shape::Integer, _) => return wrong("a number"),
            (Shape::Text, _) => return wrong("a text"),
            (Shape::Texts, _) => return wrong("an array of texts"),
            (Shape::Pairs | Shape::OptionalPairs, _) => return wrong("an object with texts"),
        })
    }
}

/// How numbers of the command line are read.
fn u64_parser() -> clap::builder::RangedU64ValueParser<u64> {
    clap::value_parser!(u64)
}

/// `max-memory` as `maxMemory`.
fn camel(long: &str) -> String {
    let mut words = long.split('-');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

fn text(attributes: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match attributes.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{name}` is to be a text")),
    }
}

fn boolean(attributes: &mut Map<String, Value>, name: &str) -> Result<bool, String> {
    match attributes.remove(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(value),
        Some(_) => Err(format!("`{name}` is to be true or false")),
    }
}

fn texts(name: &str, value: Value) -> Result<Vec<String>, String> {
    let wrong = || format!("`{name}` is to be an array of texts");
    let Value::Array(items) = value else {
        return Err(wrong());
    };
    let text = |item| match item {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(wrong()),
    };
    items.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn launch(attributes: Value) -> Result<Launch, String> {
        match attributes {
            Value::Object(attributes) => Launch::of(attributes),
            _ => panic!("no object"),
        }
    }

    #[test]
    fn attributes_are_flags() {
        let launch = launch(json!({
            "type": "wasmote", "request": "launch", "name": "x", "__sessionId": "y",
            "program": "-p.wasm", "args": ["--dir", "x", 7], "cwd": "/w", "stopOnEntry": true,
            "dir": [".", "/a::/b:ro"], "env": {"LANG": "C", "HOME": null, "N": 1},
            "sourceMap": {"": "src", "/build": "/home"}, "fuel": 99, "maxMemory": "64KiB", "maxStack": 4096,
            "virtual": true, "seed": 3, "eager": false, "invoke": null, "stopAtEntry": true,
        }))
        .unwrap_or_else(|error| panic!("{error}"));
        let args = &launch.args;
        assert_eq!(args.program.words, ["-p.wasm", "--dir", "x", "7"]);
        assert_eq!(args.program.dirs, [".", "/a::/b:ro"]);
        assert_eq!(args.program.env, ["HOME", "LANG=C", "N=1"]);
        assert_eq!(args.debugger.source_maps.len(), 2);
        assert_eq!(args.program.fuel, Some(99));
        assert_eq!(args.program.max_memory.map(|size| size.0), Some(65536));
        assert_eq!(args.program.max_stack.map(|size| size.0), Some(4096));
        assert!(args.program.virtual_machine && !args.program.eager);
        assert_eq!((args.program.seed, &args.program.invoke), (3, &None));
        assert_eq!(launch.cwd.as_deref(), Some("/w".as_ref()));
        assert!(launch.stop_on_entry && !launch.no_debug);
        assert_eq!(launch.unknown, ["stopAtEntry"]);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (attributes, words) in [
            (json!({}), "`program` is missing"),
            (json!({"program": 1}), "`program` is to be a text"),
            (
                json!({"program": "p", "args": "x"}),
                "`args` is to be an array",
            ),
            (json!({"program": "p", "stopOnEntry": 1}), "true or false"),
            (
                json!({"program": "p", "fuel": "many"}),
                "`fuel` is to be a number",
            ),
            (json!({"program": "p", "fuel": -1}), "-1"),
            (
                json!({"program": "p", "maxMemory": "x"}),
                "'--max-memory <SIZE>'",
            ),
            (json!({"program": "p", "env": {"A": {}}}), "`A` of `env`"),
            (
                json!({"program": "p", "dir": {}}),
                "`dir` is to be an array",
            ),
            (
                json!({"program": "p", "sourceMap": {"a": null}}),
                "`a` of `sourceMap`",
            ),
            (
                json!({"program": "p", "sourceMap": ["a"]}),
                "expected FROM=TO",
            ),
            (json!({"program": "p", "seed": 1}), "--virtual"),
        ] {
            match launch(attributes.clone()) {
                Err(error) => assert!(error.contains(words), "{attributes}: {error}"),
                Ok(_) => panic!("{attributes}"),
            }
        }
    }

    /// Attributes that are not of flags, with their types and what they are.
    const OWN: [(&str, &str, &str); 5] = [
        (
            "program",
            "string",
            "The module, binary or text (`.wat`); relative to `cwd`",
        ),
        ("args", "array", "Arguments of the program"),
        (
            "cwd",
            "string",
            "The directory that `program`, `dir`, `stdin` and `sourceMap` are relative to, and relative paths of debug information",
        ),
        (
            "stopOnEntry",
            "boolean",
            "Stop before the first instruction",
        ),
        ("noDebug", "boolean", "Stop at nothing"),
    ];

    /// The attributes as a JSON schema has them.
    fn properties() -> Map<String, Value> {
        let own = OWN.iter().map(|(name, ty, what)| {
            let mut property = json!({"type": ty, "description": what});
            if *ty == "array" {
                property["items"] = json!({"type": "string"});
            }
            (name.to_string(), property)
        });
        let arguments = arguments();
        let flag = |arg: &Arg| {
            let flag = Flag::of(arg)?;
            let mut property = match flag.shape {
                Shape::Boolean => json!({"type": "boolean"}),
                Shape::Integer => json!({"type": "integer"}),
                Shape::Text => json!({"type": "string"}),
                Shape::Texts => json!({"type": "array", "items": {"type": "string"}}),
                Shape::Pairs => json!({
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                }),
                Shape::OptionalPairs => json!({
                    "type": "object",
                    "additionalProperties": {"type": ["string", "null"]},
                }),
            };
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            property["description"] = help.trim_end_matches("; repeatable").into();
            Some((flag.attribute, property))
        };
        own.chain(arguments.iter().filter_map(flag)).collect()
    }

    /// What the extension for VS Code says is what the adapter takes.
    #[test]
    fn the_extension_has_all_attributes() {
        let package = include_str!("../../../../docs/vscode/package.json");
        let package: Value = serde_json::from_str(package).expect("JSON");
        let launch = &package["contributes"]["debuggers"][0]["configurationAttributes"]["launch"];
        let expected = Value::from(properties());
        assert!(
            launch["properties"] == expected,
            "docs/vscode/package.json should have as properties:\n{expected:#}"
        );
        assert_eq!(launch["required"], json!(["program"]));
        // None is left over.
        let mut given = properties();
        given.values_mut().for_each(|value| *value = Value::Null);
        given["program"] = "p".into();
        let launch = Launch::of(given).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(launch.unknown, [""; 0]);
    }
}
