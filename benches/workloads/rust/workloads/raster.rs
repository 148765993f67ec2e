//! Vector graphics: tiny-skia fills and strokes paths, gradients and curves on 128 by 128 pixels, `n` times.

use tiny_skia::{
    Color, FillRule, GradientStop, LinearGradient, Paint, PathBuilder, Pixmap, Point, SpreadMode,
    Stroke, Transform,
};
use wasmote_workloads::{Random, checksum};

const SIDE: u32 = 128;

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut random = Random::new(1);
    let mut place = || random.below(SIDE) as f32;
    let mut pixmap = Pixmap::new(SIDE, SIDE).unwrap();
    let gradient = LinearGradient::new(
        Point::from_xy(0.0, 0.0),
        Point::from_xy(SIDE as f32, SIDE as f32),
        vec![
            GradientStop::new(0.0, Color::from_rgba8(50, 127, 150, 200)),
            GradientStop::new(1.0, Color::from_rgba8(220, 140, 75, 180)),
        ],
        SpreadMode::Pad,
        Transform::identity(),
    );
    let fill = Paint {
        shader: gradient.unwrap(),
        ..Paint::default()
    };
    let mut line = Paint::default();
    line.set_color_rgba8(20, 30, 200, 120);
    let stroke = Stroke {
        width: 3.5,
        ..Stroke::default()
    };
    for i in 0..n {
        let mut path = PathBuilder::new();
        path.move_to(place(), place());
        path.line_to(place(), place());
        path.quad_to(place(), place(), place(), place());
        path.cubic_to(place(), place(), place(), place(), place(), place());
        path.close();
        path.push_circle(place(), place(), 20.0);
        let path = path.finish().unwrap();
        let turn = Transform::from_rotate_at(i as f32 * 7.0, 64.0, 64.0);
        pixmap.fill_path(&path, &fill, FillRule::EvenOdd, turn, None);
        pixmap.stroke_path(&path, &line, &stroke, turn, None);
    }
    checksum(0, pixmap.data())
}
