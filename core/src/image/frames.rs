//! Frame maps in an image: for functions with references or tries.

use alloc::vec::Vec;

use super::read::Reader;
use crate::{
    bytecode::{Clause, FrameMap, Point, Try},
    encoding::{put, put_list},
    error::Error,
};

/// Whether a function needs its map at all.
pub(super) fn is_needed(map: &FrameMap) -> bool {
    !map.locals.is_empty()
        || !map.tries.is_empty()
        || map.points.iter().any(|point| !point.slots.is_empty())
}

/// An optional number, as that and one more.
fn option(out: &mut Vec<u8>, value: Option<impl Into<u64>>) {
    put(out, value.map_or(0, |value| value.into() + 1));
}

fn read_option(r: &mut Reader<'_>) -> Option<u32> {
    r.u32().checked_sub(1)
}

fn slot(r: &mut Reader<'_>, slots: u32) -> u16 {
    r.index(slots as usize) as u16
}

pub(super) fn write(out: &mut Vec<u8>, map: &FrameMap) {
    put_list(out, &map.locals, |out, slot| put(out, *slot));
    // Points without references say so only where the one before has some.
    let mut points = Vec::new();
    for point in &map.points {
        let before: &[u16] = points.last().map_or(&[], |before: &&Point| &before.slots);
        if !(before.is_empty() && point.slots.is_empty()) {
            points.push(point);
        }
    }
    put_list(out, &points, |out, point| {
        put(out, point.code);
        put_list(out, &point.slots, |out, slot| put(out, *slot));
    });
    put_list(out, &map.tries, |out, one| {
        for number in [one.start, one.end, one.depth, one.clauses.0, one.clauses.1] {
            put(out, number);
        }
        option(out, one.delegate);
    });
    put_list(out, &map.clauses, |out, clause| {
        option(out, clause.tag);
        put(out, clause.base);
        option(out, clause.exception);
        put(out, clause.target);
    });
}

/// Reads a map of a function with so many slots; what it says of code and tags is not checked here.
pub(super) fn read(r: &mut Reader<'_>, slots: u32) -> Result<FrameMap, Error> {
    let locals = r.list(|r| slot(r, slots)).into();
    let points = r.list(|r| Point {
        code: r.u32(),
        acc: false,
        slots: r.list(|r| slot(r, slots)).into(),
    });
    let tries = r.list(|r| Try {
        start: r.u32(),
        end: r.u32(),
        depth: r.u32(),
        clauses: (r.u32(), r.u32()),
        delegate: read_option(r),
    });
    let clauses = r.list(|r| Clause {
        tag: read_option(r),
        base: slot(r, slots),
        exception: read_option(r).map(|at| {
            if at >= slots {
                r.fail();
            }
            at as u16
        }),
        target: r.u32(),
        next: 0,
    });
    let count = clauses.len() as u32;
    if tries
        .iter()
        .any(|one: &Try| one.clauses.0 > one.clauses.1 || one.clauses.1 > count)
    {
        r.fail();
    }
    r.end("a frame map is damaged")?;
    Ok(FrameMap {
        saved_pins: None,
        locals,
        points,
        tries,
        clauses,
    })
}
