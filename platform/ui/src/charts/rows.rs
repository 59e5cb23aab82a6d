//! Lying bars with the name above each: names may be as long as names of bodies are.

use super::measure::{self, Anchor, Em, GAP, NARROW, WIDE};
use super::scale::Axis;
use super::svg::{Svg, em};
use super::{Chart, Kind};
use crate::Page;

/// From one name to the next.
const PITCH: Em = 330;
/// Baseline of the name, top and height of the bar beneath it.
const NAME: Em = 110;
const TOP: Em = 155;
const BAR: Em = 95;

pub(super) fn draw(chart: &Chart, page: &Page) -> String {
    let count = chart.categories.len();
    let axis = match chart.kind {
        Kind::StackedRows => Axis {
            low: 0,
            high: (0..count)
                .map(|row| chart.stack(row))
                .max()
                .unwrap_or(0)
                .max(1),
            ticks: Vec::new(),
        },
        _ => Axis {
            low: chart.values().min().unwrap_or(0).min(0),
            high: chart.values().max().unwrap_or(0).max(1),
            ticks: Vec::new(),
        },
    };
    let in_order = chart.in_order();
    let mut plot = Svg::default();
    for (row, category) in chart.categories.iter().enumerate() {
        let y = PITCH * row as i64;
        let value = said_at_end(chart, page, row);
        name(&mut plot, category, &value, y);
        plot.rect(0, y + TOP, 10_000, BAR, "class=\"floor\"");
        let mut below = 0_i64;
        for (index, series) in chart.series.iter().enumerate() {
            let Some(mark) = series.marks.get(row) else {
                continue;
            };
            let Some(value) = mark.value else { continue };
            let mut bar = Svg::default();
            match chart.kind {
                Kind::Against if index > 0 => {
                    let x = axis.share(value).min(9_960);
                    bar.line((x, x), (y + TOP - 25, y + TOP + BAR + 25), "promise");
                }
                Kind::StackedRows => {
                    let from = axis.share(below);
                    below = below.saturating_add(value.max(0));
                    let to = axis.share(below);
                    let least = if value > 0 { 30 } else { 0 };
                    bar.rect(
                        from,
                        y + TOP,
                        (to - from).max(least),
                        BAR,
                        &series.tone.paint(&chart.id),
                    );
                }
                _ => {
                    let part = BAR / plain_series(chart);
                    let (from, to) = (axis.share(value.min(0)), axis.share(value.max(0)));
                    let top = y + TOP + part * index as i64;
                    bar.rect(from, top, to - from, part, &series.tone.paint(&chart.id));
                }
            }
            plot.mark(
                &mark.href,
                &chart.said(page, row, series, mark),
                in_order,
                &bar.0,
            );
        }
    }
    whole(&plot, PITCH * count as i64)
}

/// Series that share the height of a bar.
fn plain_series(chart: &Chart) -> i64 {
    if chart.kind == Kind::Against {
        1
    } else {
        (chart.series.len() as i64).max(1)
    }
}

/// The number at the right end of the name's line.
fn said_at_end(chart: &Chart, page: &Page, row: usize) -> String {
    let value = |index: usize| chart.series.get(index)?.marks.get(row)?.value;
    match chart.kind {
        Kind::StackedRows => chart.unit.say(chart.stack(row)),
        Kind::Against => match (value(0), value(1)) {
            (Some(used), Some(promised)) => page.tf(
                "{used}，{label}{promised}",
                &[
                    ("used", &chart.unit.figure(used)),
                    ("label", &chart.series[1].label),
                    ("promised", &chart.unit.figure(promised)),
                ],
            ),
            (Some(used), None) => chart.unit.figure(used),
            (None, _) => "—".to_owned(),
        },
        _ if chart.series.len() == 1 => {
            value(0).map_or_else(|| "—".to_owned(), |value| chart.unit.say(value))
        }
        _ => String::new(),
    }
}

/// A name at the left, a value at the right; the name is cut where the two would meet.
pub(super) fn name(plot: &mut Svg, category: &str, value: &str, y: Em) {
    let taken = measure::width(value) + GAP;
    let narrow = measure::fit(category, NARROW - taken);
    let wide = measure::fit(category, WIDE - taken);
    plot.text_of((0, y + NAME), Anchor::Start, "", (&narrow, &wide));
    if !value.is_empty() {
        plot.text_of((10_000, y + NAME), Anchor::End, "v", (value, value));
    }
}

/// A drawing without axes.
pub(super) fn whole(plot: &Svg, height: Em) -> String {
    format!(
        "<svg class=\"main\" width=\"100%\" height=\"{}\">{}</svg>",
        em(height),
        plot.0
    )
}
