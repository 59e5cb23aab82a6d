//! A sparkline: the course of a number beside the number.

use std::fmt::Write as _;

use super::scale::Axis;
use super::svg::escape;

/// A small line with its last point marked; `said` is what it shows, in words. Use with `|safe`.
pub fn sparkline(values: &[i64], said: &str) -> String {
    let axis = Axis::of(values.iter().copied());
    let last = (values.len() as i64 - 1).max(1);
    let mut points = String::new();
    let mut end = (0, 240);
    for (index, value) in values.iter().enumerate() {
        end = (
            1_000 * index as i64 / last,
            20 + 220 * (10_000 - axis.share(*value)) / 10_000,
        );
        write!(points, "{},{} ", end.0, end.1).expect("a text grows");
    }
    format!(
        "<svg class=\"spark\" viewBox=\"-20 0 1040 260\" role=\"img\" aria-label=\"{}\"><polyline points=\"{}\"/>\
         <circle cx=\"{}\" cy=\"{}\" r=\"20\"/></svg>",
        escape(said),
        points.trim_end(),
        end.0,
        end.1
    )
}
