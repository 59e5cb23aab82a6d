//! Lines over time, with gaps and provisional ends; and the axes that upright bars share.

use std::fmt::Write as _;

use super::measure::{self, Anchor, Em, GAP, NARROW, WIDE};
use super::scale::Axis;
use super::svg::{Shown, Svg, em, escape, pc};
use super::{Chart, Series, tone};
use crate::Page;

/// Height of the plot itself.
pub(super) const PLOT: Em = 1200;
/// Room above it for the value of the highest mark.
pub(super) const HEAD: Em = 160;
/// Room beneath it for the categories.
pub(super) const FOOT: Em = 200;
/// Least distance between the baselines of two texts.
const LEADING: Em = 130;

pub(super) fn draw(chart: &Chart, page: &Page) -> String {
    let axis = Axis::of(chart.values());
    let mut plot = Svg::default();
    for (index, series) in chart.series.iter().enumerate() {
        plot.push(&strokes(chart, &axis, series, index));
    }
    let in_order = chart.in_order();
    for (index, series) in chart.series.iter().enumerate() {
        let points = chart.categories.len().min(series.marks.len());
        let small = if points > 31 { " small" } else { "" };
        for (row, mark) in series.marks.iter().enumerate().take(points) {
            let Some(value) = mark.value else { continue };
            let shape = format!(
                "<svg x=\"{}\" y=\"{}\" class=\"m m-{}{small}\" width=\"1\" height=\"1\" overflow=\"visible\">{}</svg>",
                pc(x_of(row, chart.categories.len())),
                em(y_of(&axis, value)),
                index % 4,
                tone::marker(index)
            );
            let said = chart.said(page, row, series, mark);
            plot.mark(&mark.href, &said, in_order, &shape);
        }
    }
    ends(chart, &axis, &mut plot);
    upright(chart, page, &axis, &plot)
}

/// The middle of a category in hundredths of a per cent.
pub(super) fn x_of(row: usize, count: usize) -> i64 {
    let (row, count) = (row as i64, (count as i64).max(1));
    10_000 * (2 * row + 1) / (2 * count)
}

/// The height of a value in the drawing.
pub(super) fn y_of(axis: &Axis, value: i64) -> Em {
    HEAD + PLOT * (10_000 - axis.share(value)) / 10_000
}

/// The line in pieces: parted at gaps, dotted where it leads to a provisional value.
fn strokes(chart: &Chart, axis: &Axis, series: &Series, index: usize) -> String {
    let count = chart.categories.len();
    let mut pieces: Vec<(bool, Vec<(i64, Em)>)> = Vec::new();
    let mut before: Option<(i64, Em)> = None;
    for (row, mark) in series.marks.iter().enumerate().take(count) {
        let Some(value) = mark.value else {
            before = None;
            continue;
        };
        let point = (x_of(row, count), y_of(axis, value));
        if let Some(previous) = before {
            match pieces.last_mut() {
                Some((provisional, points))
                    if *provisional == mark.provisional && points.last() == Some(&previous) =>
                {
                    points.push(point);
                }
                _ => pieces.push((mark.provisional, vec![previous, point])),
            }
        }
        before = Some(point);
    }
    let height = HEAD + PLOT;
    let mut out = format!(
        "<svg class=\"strokes\" x=\"0\" y=\"0\" width=\"100%\" height=\"{}\" viewBox=\"0 0 10000 {height}\" \
         preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        em(height)
    );
    for (provisional, points) in pieces {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        let dotted = if provisional { " maybe" } else { "" };
        write!(
            out,
            "<polyline class=\"l l-{}{dotted}\" vector-effect=\"non-scaling-stroke\" points=\"{}\"/>",
            index % 4,
            points.join(" ")
        )
        .expect("a text grows");
    }
    out.push_str("</svg>");
    out
}

/// The last value of each line beside its end, one above the other.
fn ends(chart: &Chart, axis: &Axis, plot: &mut Svg) {
    let count = chart.categories.len();
    let last: Vec<(usize, i64)> = chart
        .series
        .iter()
        .filter_map(|series| {
            let marks = &series.marks[..series.marks.len().min(count)];
            let row = marks.iter().rposition(|mark| mark.value.is_some())?;
            Some((row, marks[row].value?))
        })
        .collect();
    let heights: Vec<Em> = last
        .iter()
        .map(|(_, value)| y_of(axis, *value) - 60)
        .collect();
    let placed = measure::apart(&heights, LEADING, HEAD + PLOT - 20);
    for ((row, value), y) in last.iter().zip(placed) {
        let x = x_of(*row, count);
        let anchor = if x > 5_000 {
            Anchor::End
        } else {
            Anchor::Start
        };
        plot.text(
            (x, y),
            anchor,
            "v",
            Shown::Always,
            &chart.unit.figure(*value),
        );
    }
}

/// Axes around a plot whose categories go from left to right.
pub(super) fn upright(chart: &Chart, page: &Page, axis: &Axis, plot: &Svg) -> String {
    let ticks: Vec<(i64, String)> = axis
        .ticks
        .iter()
        .map(|tick| (*tick, chart.unit.tick(page.lang, *tick)))
        .collect();
    let side = ticks
        .iter()
        .map(|(_, text)| measure::width(text))
        .max()
        .unwrap_or(0)
        + GAP;
    let height = HEAD + PLOT + FOOT;
    let mut left = Svg::default();
    let mut under = Svg::default();
    for (tick, text) in &ticks {
        let y = y_of(axis, *tick);
        left.text((10_000, y + 35), Anchor::End, "", Shown::Always, text);
        let class = if *tick == 0 { "ax" } else { "gr" };
        under.line((0, 10_000), (y, y), class);
    }
    let mut foot = Svg::default();
    categories(chart, side, &mut foot);
    format!(
        "<p class=\"cht-unit\" aria-hidden=\"true\">{unit}</p><div class=\"cht-plot\">\
         <svg class=\"side\" width=\"{side}\" height=\"{height}\" aria-hidden=\"true\" focusable=\"false\">{left}</svg>\
         <svg class=\"main\" width=\"100%\" height=\"{height}\">{under}{marks}{foot}</svg></div>",
        unit = escape(&page.t1("单位：{unit}", "unit", &chart.unit.word)),
        side = em(side),
        height = em(height),
        left = left.0,
        under = under.0,
        marks = plot.0,
        foot = foot.0,
    )
}

/// The names beneath the axis: those that fit a narrow room, and those that fit a wide one.
fn categories(chart: &Chart, side: Em, foot: &mut Svg) {
    let y = HEAD + PLOT + 140;
    let narrow = measure::along(&chart.categories, NARROW - side);
    let wide = measure::along(&chart.categories, WIDE - side);
    let count = chart.categories.len();
    let place = |label: &measure::Label| match label.anchor {
        Anchor::Start => 0,
        Anchor::Middle => x_of(label.index, count),
        Anchor::End => 10_000,
    };
    for label in &narrow {
        let both = wide.iter().any(|other| {
            (other.index, &other.text, other.anchor) == (label.index, &label.text, label.anchor)
        });
        let shown = if both { Shown::Always } else { Shown::Narrow };
        foot.text((place(label), y), label.anchor, "", shown, &label.text);
    }
    for label in &wide {
        let both = narrow.iter().any(|other| {
            (other.index, &other.text, other.anchor) == (label.index, &label.text, label.anchor)
        });
        if !both {
            foot.text(
                (place(label), y),
                label.anchor,
                "",
                Shown::Wide,
                &label.text,
            );
        }
    }
}
