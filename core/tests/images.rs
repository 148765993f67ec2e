//! Images beside the modules that they were made of.
#![cfg(feature = "wasm3")]

use std::fmt::Write;

use wasmote::{
    CompilationMode, Config, Engine, ImageInfo, ImageOptions, Instance, Module, Store, Val,
};

const ALL: ImageOptions = ImageOptions {
    names: true,
    offsets: true,
};

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn call(module: &Module, name: &str, args: &[Val]) -> Vec<Val> {
    let mut store = Store::new(module.engine(), ());
    // Frames are looked through at every allocation.
    store.set_gc_zeal(true);
    let instance = Instance::new(&mut store, module, &[]).expect("an instance");
    let func = instance.get_func(&store, name).expect("the export");
    let mut results = vec![Val::I32(0); func.ty(&store).results().len()];
    func.call(&mut store, args, &mut results)
        .unwrap_or_else(|error| panic!("{error}"));
    results
}

/// What `run` gives for each number, in the module and in its image.
fn results(text: &str, numbers: std::ops::Range<i32>) -> Vec<Vec<Val>> {
    let module = Module::new(&Engine::default(), wasm(text)).expect("a module");
    let image = module.to_image(ALL).expect("an image");
    let image = Module::from_image_bytes(module.engine(), image).expect("it is verified");
    let run = |module: &Module| -> Vec<Vec<Val>> {
        let numbers = numbers.clone();
        numbers
            .map(|n| call(module, "run", &[Val::I32(n)]))
            .collect()
    };
    let (of_module, of_image) = (run(&module), run(&image));
    assert_eq!(format!("{of_module:?}"), format!("{of_image:?}"));
    of_module
}

fn i64s(results: &[Vec<Val>]) -> Vec<i64> {
    let number = |values: &Vec<Val>| match values[..] {
        [Val::I64(number)] => number,
        _ => panic!("{values:?}"),
    };
    results.iter().map(number).collect()
}

#[test]
fn the_same_module_gives_the_same_bytes() {
    let text = r#"(module $m
        (import "a" "b" (func $imported (param i64)))
        (memory 1) (data (i32.const 8) "some data") (table 2 funcref) (elem (i32.const 0) $f $g)
        (global (mut f64) (f64.const 1.5))
        (func $f (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func $g (call $imported (i64.const 1))))"#;
    let wasm = wasm(text);
    let image = |lazy: bool, options| {
        let mut config = Config::new();
        if !lazy {
            config.compilation_mode(CompilationMode::Eager);
        }
        // Types of other modules have come before.
        let engine = Engine::new(&config);
        if lazy {
            let other = "(module (type (func (param f32 f32 f32))) (type (func (result f32))))";
            Module::new(&engine, self::wasm(other)).expect("a module");
        }
        let module = Module::new(&engine, &wasm).expect("a module");
        module.to_image(options).expect("an image")
    };
    for options in [ALL, ImageOptions::default()] {
        let first = image(true, options);
        assert!(first == image(true, options));
        assert!(first == image(false, options));
        let loaded = Module::from_image_bytes(&Engine::default(), &first).expect("it is one");
        assert!(first == loaded.to_image(ALL).expect("itself"));
        let info = ImageInfo::of(&first).expect("it is one");
        assert_eq!(
            (info.functions, info.names, info.offsets, info.fuel),
            (2, options.names, options.offsets, false)
        );
        let sizes = info.parts.iter().map(|(_, size)| *size as usize);
        assert_eq!(sizes.sum::<usize>(), first.len());
    }
}

/// Statements on locals `first..first + count` of a type, of which every one is read and written.
fn mix(text: &mut String, ty: &str, first: usize, count: usize) {
    let local = |i: usize| first + i % count;
    for i in 0..count {
        let (a, b, to) = (local(i), local(i * 7 + 3), local(i * 5 + 1));
        let value = match ty {
            "i32" | "i64" => format!(
                "({ty}.add ({ty}.mul (local.get {a}) ({ty}.const 31)) ({ty}.xor (local.get {b}) ({ty}.const {i})))"
            ),
            "v128" => format!(
                "(i32x4.add (local.get {a}) (v128.xor (local.get {b}) (i32x4.splat (i32.const {i}))))"
            ),
            _ => format!("({ty}.add (local.get {a}) ({ty}.mul (local.get {b}) ({ty}.const 0.5)))"),
        };
        let _ = match i % 4 {
            0 => writeln!(text, "(local.set {to} {value})"),
            1 => writeln!(text, "(local.set {to} (local.tee {b} {value}))"),
            2 => writeln!(
                text,
                "(local.set {to} (select {value} (local.get {b}) (i32.eqz (i32.and (local.get 0) (i32.const 1)))))"
            ),
            _ => writeln!(
                text,
                "(if (local.get 0) (then (local.set {to} (local.get {a}))) (else (local.set {to} {value})))"
            ),
        };
    }
}

/// Bytes of all locals, folded to one number.
fn fold(text: &mut String, ty: &str, first: usize, count: usize) {
    for local in first..first + count {
        let value = match ty {
            "i32" => format!("(i64.extend_i32_u (local.get {local}))"),
            "i64" => format!("(local.get {local})"),
            "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 (local.get {local})))"),
            "f64" => format!("(i64.reinterpret_f64 (local.get {local}))"),
            _ => format!(
                "(i64.add (i64x2.extract_lane 0 (local.get {local})) (i64x2.extract_lane 1 (local.get {local})))"
            ),
        };
        let _ = writeln!(
            text,
            "(local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 1099511628211)) {value}))"
        );
    }
}

/// A function of so many locals of each type.
fn with_locals(count: usize) -> String {
    let types = ["i32", "i64", "f32", "f64", "v128"];
    let mut body = String::new();
    for (i, ty) in types.iter().enumerate() {
        let first = 1 + i * count;
        let start = match *ty {
            "i32" => "(local.get 0)",
            "i64" => "(i64.extend_i32_s (local.get 0))",
            "f32" => "(f32.convert_i32_s (local.get 0))",
            "f64" => "(f64.convert_i32_s (local.get 0))",
            _ => "(i32x4.splat (local.get 0))",
        };
        let _ = writeln!(body, "(local.set {first} {start})");
        mix(&mut body, ty, first, count);
        fold(&mut body, ty, first, count);
    }
    let declared: String = types
        .iter()
        .map(|ty| format!("(local {})\n", format!("{ty} ").repeat(count)))
        .collect();
    format!(
        "(module (func (export \"run\") (param i32) (result i64) {declared} (local $sum i64)
            {body} (local.get $sum)))"
    )
}

#[test]
fn frames_of_any_size() {
    for count in [1, 20, 41, 42, 43, 44, 60, 300] {
        let first = results(&with_locals(count), 0..3);
        let fused = first.iter().map(|values| format!("{values:?}"));
        let mut config = Config::new();
        config.fuse_ops(false);
        let plain =
            Module::new(&Engine::new(&config), wasm(&with_locals(count))).expect("a module");
        let plain = (0..3).map(|n| format!("{:?}", call(&plain, "run", &[Val::I32(n)])));
        assert!(fused.eq(plain), "{count} locals of each type");
    }
}

#[test]
fn deep_operand_stacks() {
    // 1 + 2 + … on the stack, then all added: temporaries beyond what a byte names.
    for depth in [100, 250, 300, 1000] {
        let mut body = String::new();
        for i in 0..depth {
            let _ = writeln!(body, "(i64.add (local.get $n) (i64.const {i}))");
            // Control flow makes them real.
            if i % 50 == 0 {
                body +=
                    "(block $b (br_if $b (i64.eqz (local.get $n))) (local.set $n (local.get $n)))";
            }
        }
        for i in 1..depth {
            body += if i % 3 == 0 { "i64.xor\n" } else { "i64.add\n" };
        }
        let text = format!(
            "(module (func (export \"run\") (param i32) (result i64) (local $n i64)
                (local.set $n (i64.extend_i32_s (local.get 0))) {body}))"
        );
        let expected = |n: i64| {
            let mut stack: Vec<i64> = (0..depth).map(|i| n + i).collect();
            for i in 1..depth {
                let (b, a) = (stack.pop().unwrap_or(0), stack.pop().unwrap_or(0));
                stack.push(if i % 3 == 0 { a ^ b } else { a.wrapping_add(b) });
            }
            stack[0]
        };
        let found = i64s(&results(&text, 0..4));
        assert_eq!(found, (0..4).map(expected).collect::<Vec<_>>(), "{depth}");
    }
}

#[test]
fn parameters_and_results_of_any_number() {
    for count in [3usize, 236, 242, 243, 250, 256, 300, 900] {
        let types: Vec<&str> = (0..count)
            .map(|i| ["i64", "i32", "f64", "v128"][if i % 9 == 8 { 3 } else { i % 3 }])
            .collect();
        let all = types.join(" ");
        let (mut arguments, mut reversed, mut sum) = (String::new(), String::new(), String::new());
        for (i, ty) in types.iter().enumerate() {
            let _ = match *ty {
                "v128" => writeln!(
                    arguments,
                    "(i64x2.splat (i64.add (local.get $n) (i64.const {i})))"
                ),
                "i64" => writeln!(arguments, "(i64.add (local.get $n) (i64.const {i}))"),
                "i32" => writeln!(
                    arguments,
                    "(i32.add (i32.wrap_i64 (local.get $n)) (i32.const {i}))"
                ),
                _ => writeln!(
                    arguments,
                    "(f64.add (f64.convert_i64_s (local.get $n)) (f64.const {i}))"
                ),
            };
        }
        // Each result is the parameter, changed.
        for (i, ty) in types.iter().enumerate() {
            let _ = match *ty {
                "v128" => writeln!(
                    reversed,
                    "(i64x2.add (local.get {i}) (i64x2.splat (i64.const 2)))"
                ),
                "f64" => writeln!(reversed, "(f64.mul (local.get {i}) (f64.const 2))"),
                ty => writeln!(reversed, "({ty}.mul (local.get {i}) ({ty}.const 3))"),
            };
        }
        for ty in types.iter().rev() {
            sum += match *ty {
                "v128" => "i64x2.extract_lane 1\n",
                "i64" => "",
                "i32" => "i64.extend_i32_s\n",
                _ => "i64.trunc_f64_s\n",
            };
            sum += "local.get $sum i64.add local.set $sum\n";
        }
        let text = format!(
            "(module
                (type $t (func (param {all}) (result {all})))
                (table funcref (elem $f $tail))
                (func $f (type $t) (local i32) (block $b (br_if $b (local.get {count})) (local.set {count} (i32.const 1))) {reversed})
                (func $tail (type $t) {} (return_call $f))
                (func (export \"run\") (param $i i32) (result i64) (local $n i64) (local $sum i64)
                    (local.set $n (i64.extend_i32_s (local.get $i)))
                    {arguments} (call_indirect (type $t) (local.get $i)) {sum}
                    (local.get $sum)))",
            (0..count).map(|i| format!("(local.get {i}) ")).collect::<String>(),
        );
        let expected = |n: i64| -> i64 {
            let values = types.iter().enumerate().map(|(i, ty)| match *ty {
                "v128" => n + i as i64 + 2,
                "f64" => (n + i as i64) * 2,
                _ => (n + i as i64) * 3,
            });
            values.sum()
        };
        let found = i64s(&results(&text, 0..2));
        assert_eq!(found, [expected(0), expected(1)], "{count}");
    }
}

#[test]
fn branches_of_any_distance() {
    for count in [10usize, 5_000, 40_000] {
        let work =
            "(local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 3)) (i64.const 1)))\n";
        let text = format!(
            "(module (func (export \"run\") (param $n i32) (result i64) (local $sum i64) (local $i i32)
                (loop $again
                    (block $end (block $second (block $first
                        (br_table $first $second $end (i32.rem_u (local.get $i) (i32.const 4))))
                        {first} (br $second))
                        (br_if $end (i32.eq (local.get $i) (i32.const 5)))
                        {second})
                    (if (i32.lt_u (local.get $i) (i32.const 3)) (then {first}) (else {second}))
                    (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
                (local.get $sum)))",
            first = work.repeat(count),
            second = work.repeat(count / 2),
        );
        let expected = |n: u32| {
            let mut sum = 0i64;
            let mut work = |times: usize| {
                for _ in 0..times {
                    sum = sum.wrapping_mul(3).wrapping_add(1);
                }
            };
            for i in 0..n.max(1) {
                if i % 4 == 0 {
                    work(count);
                }
                if i % 4 < 2 && i != 5 {
                    work(count / 2);
                }
                work(if i < 3 { count } else { count / 2 });
            }
            sum
        };
        let found = i64s(&results(&text, 0..8));
        assert_eq!(found, (0..8).map(expected).collect::<Vec<_>>(), "{count}");
    }
}

#[test]
fn addresses_of_any_size() {
    // Offsets beyond 16 bits, of constants and of others, up to where they leave the memory.
    let text = r#"(module (memory 4)
        (func (export "run") (param $n i32) (result i64)
            (i32.store offset=70000 (i32.const 0) (local.get $n))
            (i64.store offset=70008 (i32.const 8) (i64.const -5))
            (i32.store8 offset=65536 (local.get $n) (i32.const 200))
            (i32.store (i32.const 131072) (i32.load offset=70000 (i32.const 0)))
            (i64.add
                (i64.load offset=70012 (i32.const 4))
                (i64.extend_i32_u (i32.add
                    (i32.load8_u (i32.add (local.get $n) (i32.const 65536)))
                    (i32.load offset=131072 (i32.const 0)))))))"#;
    assert_eq!(i64s(&results(text, 0..3)), [195, 196, 197]);
    for address in [
        "offset=4294967295 (i32.const 1)",
        "offset=262141 (i32.const 0)",
        "offset=2 (i32.const -1)",
    ] {
        let text =
            format!("(module (memory 4) (func (export \"run\") (drop (i32.load {address}))))");
        let module = Module::new(&Engine::default(), wasm(&text)).expect("a module");
        let image = module.to_image(ALL).expect("an image");
        let image = Module::from_image_bytes(module.engine(), image).expect("it is verified");
        let trap = |module: &Module| {
            let mut store = Store::new(module.engine(), ());
            let instance = Instance::new(&mut store, module, &[]).expect("an instance");
            let func = instance.get_func(&store, "run").expect("the export");
            let error = func.call(&mut store, &[], &mut []);
            error.expect_err("out of bounds").to_string()
        };
        assert_eq!(trap(&module), trap(&image), "{address}");
    }
}

#[test]
fn references_in_frames_of_any_size() {
    for count in [20, 300] {
        let (mut make, mut sum) = (String::new(), String::new());
        for i in 1..=count {
            let _ = writeln!(
                make,
                "(local.set {i} (struct.new $s (i64.add (local.get $n) (i64.const {i})) (local.get {})))",
                if i == 1 { count } else { i - 1 }
            );
        }
        for i in 1..=count {
            // Each object, and the one that it refers to.
            let _ = writeln!(
                sum,
                "(local.set $sum (i64.add (local.get $sum) (struct.get $s 0 (local.get {i}))))
                 (local.set $sum (i64.add (local.get $sum) (call $weight (struct.get $s 1 (local.get {i})))))"
            );
        }
        let locals = "(ref null $s) ".repeat(count);
        let text = format!(
            "(module
                (type $s (struct (field i64) (field (ref null $s))))
                (tag $e (param i64 (ref null $s)))
                (func $weight (param (ref null $s)) (result i64)
                    (if (result i64) (ref.is_null (local.get 0))
                        (then (i64.const 0))
                        (else (i64.mul (struct.get $s 0 (local.get 0)) (i64.const 3)))))
                (func $litter (local i32)
                    (loop $again
                        (drop (struct.new $s (i64.const 1) (struct.new_default $s)))
                        (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 50)))))
                (func $throw (param i64 (ref null $s)) (throw $e (local.get 0) (local.get 1)))
                (func (export \"run\") (param $i i32) (result i64) (local {locals}) (local $n i64) (local $sum i64)
                    (local.set $n (i64.extend_i32_s (local.get $i)))
                    (loop $again
                        {make}
                        (call $litter)
                        {sum}
                        (block $h (result i64 (ref null $s))
                            (try_table (catch $e $h)
                                (call $throw (i64.const 5) (local.get {count})))
                            (unreachable))
                        (local.set {count})
                        (local.set $sum (i64.add (local.get $sum)))
                        (br_if $again (i64.lt_s (local.tee $n (i64.add (local.get $n) (i64.const 1))) (i64.const 3))))
                    (i64.add (local.get $sum) (struct.get $s 0 (local.get {count})))))"
        );
        let expected = |first: i64| {
            let count = count as i64;
            let (mut sum, mut n, mut before) = (0, first, 0);
            loop {
                for i in 1..=count {
                    // (The first refers to the last of the round before.)
                    sum += n + i + 3 * if i == 1 { before } else { n + i - 1 };
                }
                sum += 5;
                before = n + count;
                n += 1;
                if n >= 3 {
                    return sum + before;
                }
            }
        };
        let found = i64s(&results(&text, 0..4));
        assert_eq!(found, (0..4).map(expected).collect::<Vec<_>>(), "{count}");
    }
}
