//! Upright bars: side by side or on top of one another, from zero.

use super::line::{upright, x_of, y_of};
use super::measure::{self, Anchor, GAP, NARROW, WIDE};
use super::scale::Axis;
use super::svg::Svg;
use super::{Chart, Kind};
use crate::Page;

/// How much of a category's slot its bars fill, in per cent.
const FILLED: i64 = 76;

pub(super) fn draw(chart: &Chart, page: &Page) -> String {
    let stacked = chart.kind == Kind::Stacked;
    let count = chart.categories.len();
    let axis = if stacked {
        Axis::of((0..count).map(|row| chart.stack(row)))
    } else {
        Axis::of(chart.values())
    };
    let slot = 10_000 / (count as i64).max(1);
    let beside = if stacked {
        1
    } else {
        chart.series.len() as i64
    };
    let width = (slot * FILLED / 100 / beside.max(1)).max(1);
    let in_order = chart.in_order();
    let mut plot = Svg::default();
    for row in 0..count {
        let start = x_of(row, count) - width * beside / 2;
        let mut below = 0_i64;
        for (index, series) in chart.series.iter().enumerate() {
            let Some(mark) = series.marks.get(row) else {
                continue;
            };
            let Some(value) = mark.value else { continue };
            let (x, from, to) = if stacked {
                let from = below;
                below = below.saturating_add(value.max(0));
                (start, from, below)
            } else {
                (start + width * index as i64, 0, value)
            };
            let (top, bottom) = (y_of(&axis, from.max(to)), y_of(&axis, from.min(to)));
            let mut bar = Svg::default();
            let paint = series.tone.paint(&chart.id);
            bar.rect(x, top, width, bottom - top, &paint);
            plot.mark(
                &mark.href,
                &chart.said(page, row, series, mark),
                in_order,
                &bar.0,
            );
            if !stacked && value >= 0 {
                value_above(chart, &mut plot, (x + width / 2, top), width, value);
            }
        }
        if stacked {
            let total = chart.stack(row);
            value_above(
                chart,
                &mut plot,
                (x_of(row, count), y_of(&axis, total)),
                slot,
                total,
            );
        }
    }
    upright(chart, page, &axis, &plot)
}

/// The value over its bar where it is no wider than the bar's own room.
fn value_above(chart: &Chart, plot: &mut Svg, (x, top): (i64, i64), room: i64, value: i64) {
    let text = chart.unit.figure(value);
    // The axis at the side takes some of the room; four em is more than any tick's name.
    let fits = |whole: i64| {
        let within = (whole - 400) * room / 10_000;
        if measure::width(&text) + GAP / 2 <= within {
            text.as_str()
        } else {
            ""
        }
    };
    plot.text_of(
        (x, top - 40),
        Anchor::Middle,
        "v",
        (fits(NARROW), fits(WIDE)),
    );
}
