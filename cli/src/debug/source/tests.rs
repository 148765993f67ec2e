//! On the guests with debug information: see `tests/guests/src`.

use std::collections::HashMap;

use wasmote::{Engine, Linker, Memory, Module, Store};
use wasmote_wasi::{MemHost, WasiCtx, WasiCtxBuilder};

use super::*;

const LEDGER_O0: &[u8] = include_bytes!("../../../../tests/guests/ledger-O0.wasm");
const LEDGER_O1: &[u8] = include_bytes!("../../../../tests/guests/ledger-O1.wasm");
const SHAPES: &[u8] = include_bytes!("../../../../tests/guests/shapes.wasm");

fn source(bytes: &[u8]) -> Source<'_> {
    let code = Rc::new(Code::new(bytes).expect("valid"));
    let source = Source::new(code).expect("not malformed");
    assert!(source.is_there());
    source
}

/// A frame with the memory that a program left.
#[derive(Default)]
struct Left {
    memory: Vec<u8>,
    locals: HashMap<u32, u64>,
    operands: HashMap<u32, u64>,
}

impl Machine for Left {
    fn local(&self, index: u32) -> Option<u64> {
        self.locals.get(&index).copied()
    }

    fn global(&self, _: u32) -> Option<u64> {
        None
    }

    fn operand(&self, index: u32) -> Option<u64> {
        self.operands.get(&index).copied()
    }

    fn memory(&self, address: u64, length: usize) -> Option<Vec<u8>> {
        let start = usize::try_from(address).ok()?;
        let bytes = self.memory.get(start..start.checked_add(length)?)?;
        Some(bytes.to_vec())
    }
}

/// Runs a program until it ends, with whatever result.
fn run(bytes: &[u8], argument: &str) -> Left {
    let engine = Engine::default();
    let module = Module::new(&engine, bytes).expect("valid");
    let context = WasiCtxBuilder::new().arg("program").expect("no zero");
    let context = context.arg(argument).expect("no zero");
    let context = context.build(MemHost::new()).expect("nothing is opened");
    let mut store = Store::new(&engine, context);
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx<MemHost>| context)
        .expect("nothing else");
    let instance = linker.instantiate(&mut store, &module).expect("links");
    let start = instance.get_func(&store, "_start").expect("a command");
    let _ = start.call(&mut store, &[], &mut []);
    let memory: Memory = instance.get_memory(&store, "memory").expect("exported");
    Left {
        memory: memory.data(&store).to_vec(),
        ..Left::default()
    }
}

/// The offset of the first statement of a function.
fn entry(source: &Source, func: &str) -> u32 {
    let func = source.code().find(func).expect("it is there");
    source.entry(func).expect("it is defined")
}

fn shown(source: &Source, offset: u32, path: &str, machine: &Left) -> String {
    match source.value(offset, path, machine) {
        Ok(value) => source.show(&value, machine),
        Err(error) => error,
    }
}

fn variables(source: &Source, offset: u32) -> Vec<String> {
    let scopes = source.scopes(offset);
    let variables = scopes.iter().flat_map(|scope| &scope.variables);
    variables
        .map(|variable| {
            let kind = if variable.parameter {
                "parameter"
            } else {
                "variable"
            };
            format!("{kind} {}: {}", variable.name, source.type_name(variable))
        })
        .collect()
}

#[test]
fn lines_have_offsets_and_offsets_lines() {
    let source = source(LEDGER_O0);
    assert!(source.files().contains(&"src/ledger.c".into()));
    // The line of `joined->text[length] = 0;`.
    let places = source.places("ledger.c", 136);
    assert_eq!(places.len(), 1, "{places:?}");
    let place = &places[0];
    assert_eq!(
        (&*place.location.file, place.location.line),
        ("src/ledger.c", 136)
    );
    assert_eq!(
        source.location(place.offset).as_ref(),
        Some(&place.location)
    );
    let func = source.code().func_at(place.offset).expect("in a function");
    assert_eq!(Some(func), source.code().find("join"));
    assert!(source.statements(func).contains(place));
    // Longer paths are as good, others name nothing.
    assert_eq!(source.places("./src/ledger.c", 136), places);
    assert_eq!(source.places("other/ledger.c", 136), []);
    assert_eq!(source.places("edger.c", 136), []);
    assert_eq!(source.places("ledger.c", 100_000), []);
    // A comment stands for the next line with code, the head of a function for its first statement.
    for line in [130, 131, 132] {
        let places = source.places("ledger.c", line);
        assert_eq!(places.len(), 1, "{line}: {places:?}");
        assert_eq!(places[0].location.line, 132, "{line}");
        assert_eq!(places[0].offset, entry(&source, "join"));
    }
    assert_eq!(source.location(0), None);
    assert_eq!(source.frames(0), []);
    assert_eq!(source.scopes(0), []);
}

#[test]
fn every_row_is_at_an_instruction() {
    for bytes in [LEDGER_O0, LEDGER_O1, SHAPES] {
        let source = source(bytes);
        let listing = crate::debug::listing::Listing::new(source.code.clone());
        let mut statements = 0;
        for func in source.code().defined() {
            let lines = listing.func(func).expect("valid").expect("defined");
            let starts: Vec<u32> = lines.iter().filter_map(|line| line.offset).collect();
            for place in source.statements(func) {
                statements += 1;
                let (name, offset) = (source.code().display_name(func), place.offset);
                assert!(starts.contains(&offset), "{offset:#x} of {name}");
            }
        }
        assert!(statements > 200, "{statements}");
    }
}

#[test]
fn lines_of_text_begin_at_its_instructions() {
    // As many functions as one byte tells, and more.
    for count in [1, 127, 128, 20_000] {
        let func =
            "(func (param i32) (result i32)\n (i32.add\n  (local.get 0)\n  (i32.const 1)))\n";
        let text = format!(
            "(module\n{}(func (export \"last\") nop))",
            func.repeat(count - 1)
        );
        let mut parser = wat::Parser::new();
        parser.generate_dwarf(wat::GenerateDwarf::Lines);
        let bytes = parser
            .parse_str(Some("some/a.wat".as_ref()), &text)
            .expect("valid");
        let source = source(&bytes);
        assert_eq!(source.files(), ["some/a.wat".into()]);
        let last = source.code().find("last").expect("exported");
        let entry = source.entry(last).expect("defined");
        assert_eq!(source.frames(entry)[0].function, "last");
        for func in (0..last).step_by(97) {
            let start = source.code().body(func).expect("defined").start;
            let places = source.statements(func);
            let places: Vec<(u32, u32)> = places
                .iter()
                .map(|place| (place.offset - start, place.location.line - 4 * func))
                .collect();
            // Two operands of two bytes, and the sum.
            assert_eq!(places[..3], [(0, 4), (2, 5), (4, 3)], "{count} {func}");
        }
    }
}

#[test]
fn inlined_functions_have_frames_and_places_of_their_own() {
    let source = source(LEDGER_O1);
    // `joined->text[length] = 0;` is in `main` now.
    let [place] = &source.places("src/ledger.c", 136)[..] else {
        panic!("one place");
    };
    let frames = source.frames(place.offset);
    let names: Vec<(&str, bool)> = frames
        .iter()
        .map(|frame| (frame.function.as_str(), frame.inlined))
        .collect();
    assert_eq!(names, [("join", true), ("step", true), ("main", false)]);
    let lines: Vec<u32> = frames
        .iter()
        .map(|frame| frame.location.as_ref().expect("known").line)
        .collect();
    assert_eq!(lines, [136, 178, 243]);
    // A line of a function that is inlined in many places.
    let pushes = source.places("src/ledger.c", 142);
    assert!(pushes.len() > 5, "{pushes:?}");
    assert!(pushes.iter().all(|place| place.location.line == 142));
    // Frames of functions without debug information have names.
    let constructors = entry(&source, "__wasm_call_ctors");
    let frames = source.frames(constructors);
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0].function, "__wasm_call_ctors");
    assert_eq!(frames[0].location, None);
}

#[test]
fn rust_names_are_demangled() {
    let source = source(SHAPES);
    let [place] = &source.places("shapes.rs", 93)[..] else {
        panic!("one place: {:?}", source.places("shapes.rs", 93));
    };
    let frames = source.frames(place.offset);
    let names: Vec<&str> = frames.iter().map(|frame| frame.function.as_str()).collect();
    assert_eq!(names, ["shapes::area"]);
    assert!(source.code().find("shapes::total").is_some());
}

#[test]
fn globals_of_a_program_in_c_that_trapped() {
    for bytes in [LEDGER_O0, LEDGER_O1] {
        let source = source(bytes);
        let left = run(bytes, "30");
        let at = entry(&source, "main");
        for (path, value) in [
            ("machine.pc", "54"),
            ("machine.depth", "0"),
            ("machine.heap.used", "104"),
            ("machine.load", "0.025390625"),
            (
                "machine.variables[2]",
                "{kind: NUMBER, number: 31, object: 0x1f}",
            ),
            ("machine.variables[0].kind", "OBJECT"),
            ("machine.variables[0].object->length", "12"),
            ("machine.variables[0].object->counts[0]", "2"),
            ("machine.variables[1].object.text[2]", "108 'l'"),
            ("machine.strings[1]", "0x"),
            ("*machine.strings[1]", "67 'C'"),
            ("machine.code->opcode", "STRING"),
            ("machine.code[machine.depth].operand", "0"),
            ("script[1]", "{opcode: TABLE, operand: 12}"),
            ("(*machine.code).operand", "0"),
            ("string_class.name", "0x"),
            ("machine.none", "a value of type `Machine` has no `none`"),
            ("machine.code[", "a name is missing"),
            ("none", "no variable `none` here"),
            ("machine.stack[8]", "a value of type `Value[8]` has no [8]"),
            ("machine pc", "`pc` is not understood"),
            (
                "*machine.pc",
                "a value of type `uint32_t` points to nothing",
            ),
        ] {
            let shown = shown(&source, at, path, &left);
            let (start, end) = match value {
                "0x" => ("0x", "\""),
                _ => (value, value),
            };
            assert!(
                shown.starts_with(start) && shown.ends_with(end),
                "{path}: {shown}"
            );
        }
        // The damage: a class is where it is not.
        let class = shown(&source, at, "machine.variables[0].object->class", &left);
        let table = source.value(at, "table_class", &left).expect("there");
        let table = table.address().expect("in memory");
        assert_eq!(class, format!("{:#x}", table & !0xff));
        let text = shown(&source, at, "machine.strings[1]", &left);
        assert!(text.ends_with(" \"Collatz\""), "{text}");
        let object = source.value(at, "machine.variables[0].object->class", &left);
        let object = object.expect("there");
        assert_eq!((object.size(), object.address().is_some()), (4, true));
        assert_eq!(object.ty.name, "const Class *");
    }
}

#[test]
fn parts_of_values() {
    let source = source(LEDGER_O0);
    let left = run(LEDGER_O0, "30");
    let at = entry(&source, "main");
    let machine = source.value(at, "machine", &left).expect("there");
    let count = source.child_count(&machine, &left);
    assert_eq!(count, 8);
    let names = |range| -> Vec<String> {
        let children = source.children(&machine, range, &left);
        children.into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(0..3), ["code", "strings", "heap"]);
    assert_eq!(names(6..u64::MAX), ["depth", "load"]);
    assert_eq!(names(8..9), [""; 0]);
    let script = source.value(at, "script", &left).expect("there");
    assert_eq!(source.child_count(&script, &left), 55);
    let tail = source.children(&script, 54..1000, &left);
    let [(name, last)] = &tail[..] else {
        panic!("{tail:?}");
    };
    assert_eq!(name, "[54]");
    assert_eq!(source.show(last, &left), "{opcode: HALT, operand: 0}");
    // A pointer has what it points to.
    let code = source.value(at, "machine.code", &left).expect("there");
    let [(name, first)] = &source.children(&code, 0..9, &left)[..] else {
        panic!("one");
    };
    assert_eq!((name.as_str(), first.address()), ("*", script.address()));
}

#[test]
fn variables_of_unoptimized_c_are_in_the_frame() {
    let source = source(LEDGER_O0);
    let at = entry(&source, "join");
    assert_eq!(
        variables(&source, at),
        [
            "parameter heap: Heap *",
            "parameter a: const Object *",
            "parameter b: const Object *",
            "variable length: uint32_t",
            "variable joined: Object *",
        ]
    );
    let scopes = source.scopes(at);
    assert_eq!(scopes[0].kind, ScopeKind::Function("join".to_owned()));
    // The frame is where a local says; the compiler's description says which, and where variables are in it.
    let mut left = Left {
        memory: (0..=255).collect(),
        ..Left::default()
    };
    assert_eq!(
        shown(&source, at, "length", &left),
        "`length` is <unreadable>"
    );
    left.locals = (0..64).map(|local| (local, 0x40)).collect();
    let value = source.value(at, "length", &left).expect("there");
    let address = value.address().expect("in memory");
    assert!((0x40..0x80).contains(&address), "{address:#x}");
    let bytes: [u8; 4] = [0, 1, 2, 3].map(|n| address as u8 + n);
    assert_eq!(
        source.show(&value, &left),
        u32::from_le_bytes(bytes).to_string()
    );
    // Blocks have variables of their own.
    let places = source.places("ledger.c", 163);
    let scopes = source.scopes(places[0].offset);
    let kinds: Vec<&ScopeKind> = scopes.iter().map(|scope| &scope.kind).collect();
    assert_eq!(
        kinds,
        [&ScopeKind::Function("step".to_owned()), &ScopeKind::Block]
    );
    assert_eq!(scopes[1].variables[0].name, "value");
}

#[test]
fn variables_of_optimized_c_are_in_locals_and_operands() {
    let source = source(LEDGER_O1);
    let left = Left {
        memory: run(LEDGER_O1, "1").memory,
        locals: (0..64)
            .map(|local| (local, 1000 + u64::from(local)))
            .collect(),
        operands: (0..64)
            .map(|operand| (operand, 2000 + u64::from(operand)))
            .collect(),
    };
    let places = source.places("ledger.c", 136);
    let scopes = source.scopes(places[0].offset);
    let inlined = scopes
        .iter()
        .find(|scope| scope.kind == ScopeKind::Inlined("join".to_owned()))
        .expect("it is");
    let values: Vec<(String, String)> = inlined
        .variables
        .iter()
        .map(|variable| {
            let value = source.object(variable, &left);
            let shown = match value {
                Ok(value) => source.show(&value, &left),
                Err(missing) => missing.to_string(),
            };
            (variable.name.clone(), shown)
        })
        .collect();
    let length = &values
        .iter()
        .find(|(name, _)| name == "length")
        .expect("there")
        .1;
    let length: u32 = length.parse().expect("a number");
    assert!((1000..1064).contains(&length), "{length}");
}

#[test]
fn values_of_a_program_in_rust() {
    let source = source(SHAPES);
    let mut left = run(SHAPES, "");
    let at = entry(&source, "shapes::total");
    assert_eq!(
        variables(&source, at)[0],
        "parameter drawing: &shapes::Drawing"
    );
    // The drawing is where its title is: the first word is the text's address.
    left.locals = [(0, 0)].into();
    let title = source.value(at, "drawing.title", &left).expect("there");
    let title = title.address().expect("in memory");
    let text = left.memory.windows(7).position(|bytes| bytes == b"tangram");
    let text = text.expect("a constant") as u32;
    let slice = [text.to_le_bytes(), 7u32.to_le_bytes()].concat();
    let at_title = left.memory.windows(8).position(|bytes| bytes == slice);
    let drawing = at_title.expect("on the stack") as u64 - title;
    left.locals = [(0, drawing)].into();
    for (path, value) in [
        ("drawing.title", "\"tangram\""),
        ("drawing.author", "\"Ada\""),
        ("drawing.unit", "Inch"),
        ("drawing.scale", "Some {0: -7}"),
        ("drawing.grid", "[[1, 2, 3], [4, 5, 6]]"),
        ("drawing.grid[1]", "[4, 5, 6]"),
        ("drawing.grid[1][2]", "6"),
        ("drawing.shown", "true"),
        ("drawing.mark", "'∎'"),
        (
            "drawing.shapes",
            "[Circle {centre: {x: -1.5, y: 0.25}, radius: 2.0}, Square {0: 1}, Square {0: 2}, Square {0: 3}, Nothing]",
        ),
        ("drawing.shapes[0].centre.x", "-1.5"),
        ("drawing.shapes[3].0", "3"),
        (
            "drawing.shapes[5]",
            "a value of type `Vec<shapes::Shape, alloc::alloc::Global>` has no [5]",
        ),
        ("drawing.author[1]", "100"),
    ] {
        assert_eq!(shown(&source, at, path, &left), value, "{path}");
    }
}

#[test]
fn what_has_no_debug_information_has_names_only() {
    let bytes = wat::parse_str("(module (func $f nop))").expect("valid");
    let code = Rc::new(Code::new(&bytes).expect("valid"));
    let source = Source::new(code).expect("nothing is malformed");
    assert!(!source.is_there() && source.files().is_empty());
    let offset = source.entry(0).expect("defined");
    assert_eq!(bytes[offset as usize], 0x01, "nop");
    assert_eq!(source.frames(offset)[0].function, "f");
    assert_eq!(
        (source.location(offset), source.scopes(offset)),
        (None, Vec::new())
    );
    assert_eq!(source.globals(), []);
}

/// Debug information comes from files: damage may make it useless, and nothing else.
#[test]
fn damaged_debug_information_does_no_harm() {
    let mut random = 1u32;
    for round in 0..40 {
        let mut bytes = LEDGER_O0.to_vec();
        for name in [".debug_info", ".debug_abbrev", ".debug_line", ".debug_loc"] {
            let section = custom_section(LEDGER_O0, name).expect("there");
            let start = section.as_ptr() as usize - LEDGER_O0.as_ptr() as usize;
            for _ in 0..round {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = start + random as usize % section.len();
                bytes[at] = (random >> 24) as u8;
            }
        }
        let code = Rc::new(Code::new(&bytes).expect("valid"));
        let Ok(source) = Source::new(code) else {
            continue;
        };
        let left = Left {
            memory: vec![round; 70_000],
            locals: (0..64).map(|local| (local, 64)).collect(),
            ..Left::default()
        };
        source.places("ledger.c", 100);
        for variable in source.globals() {
            if let Ok(value) = source.object(&variable, &left) {
                source.show(&value, &left);
            }
        }
        for func in source.code().defined() {
            let offset = source.entry(func).expect("defined");
            source.frames(offset);
            for scope in source.scopes(offset) {
                for variable in &scope.variables {
                    if let Ok(value) = source.object(variable, &left) {
                        source.show(&value, &left);
                        source.children(&value, 0..20, &left);
                    }
                }
            }
        }
    }
}
