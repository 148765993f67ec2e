//! A kernel of indirect calls: `n` thousand calls through trait objects of six types and function pointers.

use wasmote_workloads::Random;

trait Shape {
    fn area(&self) -> i64;
    fn grow(&mut self, by: i64);
}

macro_rules! shapes {
    ($($name:ident $area:expr;)*) => {$(
        struct $name(i64);
        impl Shape for $name {
            fn area(&self) -> i64 {
                let area: fn(i64) -> i64 = $area;
                area(self.0)
            }
            fn grow(&mut self, by: i64) {
                self.0 = (self.0 + by) & 1023;
            }
        }
    )*};
}

shapes! {
    Square |side| side * side;
    Circle |radius| radius * radius * 355 / 113;
    Strip |length| length * 3;
    Hexagon |side| side * side * 2598 / 1000;
    Triangle |side| side * side * 433 / 1000;
    Dot |_| 1;
}

const FOLDS: [fn(i64, i64) -> i64; 4] = [
    |sum, area| sum.wrapping_add(area),
    |sum, area| sum ^ area << 3,
    |sum, area| sum.rotate_left(5).wrapping_sub(area),
    |sum, area| sum.wrapping_mul(31) ^ area,
];

fn shape(random: &mut Random) -> Box<dyn Shape> {
    let size = i64::from(random.below(1000));
    match random.below(6) {
        0 => Box::new(Square(size)),
        1 => Box::new(Circle(size)),
        2 => Box::new(Strip(size)),
        3 => Box::new(Hexagon(size)),
        4 => Box::new(Triangle(size)),
        _ => Box::new(Dot(size)),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut random = Random::new(1);
    let mut shapes: Vec<_> = (0..1000).map(|_| shape(&mut random)).collect();
    let folds: Vec<_> = (0..1000).map(|_| FOLDS[random.below(4) as usize]).collect();
    let mut sum = 0_i64;
    for round in 0..n {
        for (shape, fold) in shapes.iter_mut().zip(&folds) {
            shape.grow(i64::from(round & 7));
            sum = fold(sum, shape.area());
        }
    }
    sum
}
