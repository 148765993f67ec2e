//! shapes: values of many types, at hand where they are added up, for a debugger to show.
//!
//! Without std, whose debug information would be megabytes.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::{string::String, vec, vec::Vec};
use core::{
    alloc::{GlobalAlloc, Layout},
    hint::black_box,
    panic::PanicInfo,
    ptr,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A heap that is never tidied up.
#[repr(align(16))]
struct Heap([u8; 4096]);

static mut HEAP: Heap = Heap([0; 4096]);
static USED: AtomicUsize = AtomicUsize::new(0);

struct Bump;

// SAFETY: each block is a part of `HEAP` of its own, aligned.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = USED
            .load(Ordering::Relaxed)
            .next_multiple_of(layout.align());
        let end = start + layout.size();
        if end > size_of::<Heap>() {
            return ptr::null_mut();
        }
        USED.store(end, Ordering::Relaxed);
        // SAFETY: it is inside.
        unsafe { (&raw mut HEAP.0).cast::<u8>().add(start) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Bump = Bump;

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[derive(Clone, Copy)]
pub enum Unit {
    Millimetre = 1,
    Inch = 25,
}

pub struct Point {
    pub x: f64,
    pub y: f32,
}

pub enum Shape {
    Circle { centre: Point, radius: f32 },
    Square(u16),
    Nothing,
}

pub struct Drawing<'a> {
    pub title: &'a str,
    pub author: String,
    pub shapes: Vec<Shape>,
    pub unit: Unit,
    pub scale: Option<i64>,
    pub grid: [[u8; 3]; 2],
    pub shown: bool,
    pub mark: char,
}

#[inline(always)]
fn square(side: f64) -> f64 {
    let area = side * side;
    black_box(area)
}

#[inline(never)]
fn area(shape: &Shape, unit: Unit) -> f64 {
    let size = f64::from(unit as u32);
    match shape {
        Shape::Circle { radius, .. } => square(f64::from(*radius) * size) * 3.0,
        Shape::Square(side) => square(f64::from(*side) * size),
        Shape::Nothing => 0.0,
    }
}

#[inline(never)]
fn total(drawing: &Drawing) -> f64 {
    let mut sum = 0.0;
    for shape in &drawing.shapes {
        sum += area(shape, drawing.unit);
    }
    black_box(sum)
}

/// A drawing with so many squares: what it covers.
#[unsafe(no_mangle)]
pub extern "C" fn draw(squares: u16) -> f64 {
    let centre = Point { x: -1.5, y: 0.25 };
    let mut shapes = vec![Shape::Circle {
        centre,
        radius: 2.0,
    }];
    for side in 1..=squares {
        shapes.push(Shape::Square(side));
    }
    shapes.push(Shape::Nothing);
    let drawing = Drawing {
        title: "tangram",
        author: String::from("Ada"),
        shapes,
        unit: Unit::Inch,
        scale: Some(-7),
        grid: [[1, 2, 3], [4, 5, 6]],
        shown: true,
        mark: '∎',
    };
    total(black_box(&drawing))
}

/// A program that draws three squares.
#[unsafe(no_mangle)]
pub extern "C" fn _start() {
    black_box(draw(3));
}
