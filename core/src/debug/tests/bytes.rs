//! Snapshots as bytes: refused where they do not fit, and harmless whatever they say.

use alloc::{string::String, vec, vec::Vec};

use super::*;
use crate::encoding::checksum;

/// The bytes of a snapshot at a step.
fn bytes_at(wat: &str, args: &[Val], steps: u64) -> Vec<u8> {
    let (mut store, _, mut stepper) = start(wat, args);
    stepper.run(&mut store, &Until::steps(steps));
    let mut snapshot = Snapshot::take(&store, &stepper).unwrap();
    snapshot.host = b"of the host".to_vec();
    snapshot.to_bytes().unwrap()
}

/// With a checksum that is right.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 4;
    let crc = checksum(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn refused(bytes: &[u8]) -> String {
    alloc::format!("{}", Snapshot::from_bytes(bytes).unwrap_err())
}

#[test]
fn bytes_that_are_no_snapshot_are_refused() {
    let bytes = bytes_at(CALLS, &[Val::I32(2)], 6);
    assert_eq!(Snapshot::from_bytes(&bytes).unwrap().host, b"of the host");
    for len in 0..bytes.len() {
        assert!(Snapshot::from_bytes(&bytes[..len]).is_err());
        if len > 10 {
            assert!(Snapshot::from_bytes(&sealed(bytes[..len].to_vec())).is_err());
        }
    }
    assert_eq!(refused(b"\0asm\x01\0\0\0    "), "not a snapshot");
    let mut other = bytes.clone();
    other[4] = 9;
    assert!(
        refused(&other).contains("of version 9"),
        "{}",
        refused(&other)
    );
    other = bytes.clone();
    other[20] ^= 1;
    assert!(refused(&other).contains("checksum"));
    other = bytes.clone();
    other.insert(bytes.len() - 4, 0);
    let error = refused(&sealed(other));
    assert!(error.contains("goes on behind its end"), "{error}");
}

#[test]
fn zeros_and_what_repeats_take_little() {
    let bytes = bytes_at(WRITES, &[], 3);
    // 64 KiB of memory, all but a word zero.
    assert!(bytes.len() < 160, "{}", bytes.len());
}

#[test]
fn lists_of_many_bytes_are_refused() {
    let bytes = bytes_at(WRITES, &[], 3);
    // The memory's length and its last run, both in three bytes of LEB128 before.
    let length = [0x80, 0x80, 0x04];
    let at = bytes.windows(3).position(|part| part == length).unwrap();
    for huge in [1 << 20, 1 << 33, 1 << 40, u64::MAX] {
        let mut other = bytes[..at].to_vec();
        crate::encoding::put(&mut other, huge);
        other.push(huge as u8);
        other.extend_from_slice(&bytes[at + 3..]);
        assert!(Snapshot::from_bytes(&sealed(other)).is_err());
    }
}

#[test]
fn other_stores_are_told_apart() {
    let snapshot = Snapshot::from_bytes(&bytes_at(CALLS, &[Val::I32(2)], 6)).unwrap();
    let error =
        |store: &mut Store<Vec<i32>>| alloc::format!("{}", snapshot.restore(store).err().unwrap());
    // Another constant.
    let changed = CALLS.replace("i32.const 2", "i32.const 3");
    let (mut store, ..) = start(&changed, &[Val::I32(2)]);
    let text = error(&mut store);
    assert!(
        text.contains("another module: that of instance 0 had"),
        "{text}"
    );
    // Nothing.
    let engine = Engine::new(Config::new().debug(true));
    let mut empty = Store::new(&engine, Vec::new());
    let text = error(&mut empty);
    assert!(text.contains("had 1 instances, this one has 0"), "{text}");
    // Other functions of the host in front of its own.
    let module = Module::new(&engine, wat::parse_str(CALLS).unwrap()).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let log = Func::wrap(&mut store, |_: i32| ());
    let _more = Func::wrap(&mut store, |_: i32| ());
    Instance::new(&mut store, &module, &[log.into()]).unwrap();
    let text = error(&mut store);
    assert!(text.contains("functions differ from number 1 on"), "{text}");
}

#[cfg(feature = "wasm3")]
#[test]
fn objects_keep_their_types_where_those_have_other_numbers() {
    let (mut store, _, mut stepper) = start(OBJECTS, &[]);
    let mut snapshots = Vec::new();
    loop {
        snapshots.push((
            Snapshot::take(&store, &stepper).unwrap(),
            picture(&stepper, &store),
        ));
        let next = store.steps() + 1;
        if !matches!(stepper.run(&mut store, &Until::steps(next)), Stop::Step) {
            break;
        }
    }
    let expected = alloc::format!("{:?}", stepper.results());
    // In an engine that had other types before.
    let engine = Engine::new(Config::new().debug(true));
    let other =
        r#"(module (type (struct (field i64))) (type (array i8)) (type (func (param i64 i64))))"#;
    Module::new(&engine, wat::parse_str(other).unwrap()).unwrap();
    let module = Module::new(&engine, wat::parse_str(OBJECTS).unwrap()).unwrap();
    for (snapshot, picture_then) in &snapshots {
        let read = Snapshot::from_bytes(&snapshot.to_bytes().unwrap()).unwrap();
        for snapshot in [snapshot, &read] {
            let mut store = Store::new(&engine, Vec::new());
            Instance::new(&mut store, &module, &[]).unwrap();
            let mut resumed = snapshot.restore(&mut store).unwrap();
            assert_eq!(&picture(&resumed, &store), picture_then);
            // Types are also what the collector goes by.
            store.set_gc_zeal(true);
            resumed.run(&mut store, &Until::end());
            assert_eq!(alloc::format!("{:?}", resumed.results()), expected);
        }
    }
}

/// Numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// What is left of a snapshot, with some bytes changed, put in or taken out.
fn damage(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    const TELLING: [u8; 10] = [0, 1, 2, 3, 0x7f, 0x80, 0x81, 0xff, 0x0f, 0x40];
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = 6 + numbers.below(bytes.len() - 10);
        let byte = match numbers.below(2) {
            0 => TELLING[numbers.below(TELLING.len())],
            _ => numbers.below(256) as u8,
        };
        match numbers.below(4) {
            0 => bytes.insert(at, byte),
            1 if bytes.len() > 40 => drop(bytes.remove(at)),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            _ => bytes[at] = byte,
        }
    }
    sealed(bytes)
}

#[test]
fn damaged_snapshots_are_refused_or_run() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let programs = [
        (CALLS, vec![Val::I32(2)], 35),
        (WRITES, Vec::new(), 17),
        #[cfg(feature = "wasm3")]
        (OBJECTS, Vec::new(), 62),
    ];
    let (mut ran, mut misread, mut misfit) = (0, 0, 0);
    for (wat, args, steps) in programs {
        let (mut store, ..) = start(wat, &args);
        for _ in 0..1500 {
            let at = numbers.below(steps) as u64;
            let bytes = damage(&bytes_at(wat, &args, at), &mut numbers);
            let Ok(snapshot) = Snapshot::from_bytes(&bytes) else {
                misread += 1;
                continue;
            };
            let Ok(mut stepper) = snapshot.restore(&mut store) else {
                misfit += 1;
                continue;
            };
            for frame in stepper.frames(&store) {
                let _ = stepper.locals(&store, &frame);
                let _ = stepper.operands(&store, &frame);
            }
            let _ = Snapshot::take(&store, &stepper).and_then(|snapshot| snapshot.to_bytes());
            let end = store.steps() + 200;
            stepper.run(&mut store, &Until::steps(end));
            store.gc();
            let _ = alloc::format!("{:?} {:?}", stepper.results(), stepper.error());
            stepper.abandon(&mut store);
            ran += 1;
        }
    }
    assert!(
        ran > 100 && misread > 100 && misfit > 100,
        "{ran} {misread} {misfit}"
    );
}
