//! A table of shades: series down, categories across, in five steps from none to most.

use super::Chart;
use super::measure::{self, Anchor, Em, GAP, NARROW, WIDE};
use super::svg::{Shown, Svg, em, escape};
use crate::Page;

const CELL: Em = 200;
const FOOT: Em = 180;

pub(super) fn draw(chart: &Chart, page: &Page) -> String {
    let most = chart.values().max().unwrap_or(0).max(0);
    let count = (chart.categories.len() as i64).max(1);
    let side = chart
        .series
        .iter()
        .map(|series| measure::width(&series.label))
        .max()
        .unwrap_or(0)
        + GAP;
    let in_order = chart.in_order();
    let (mut left, mut plot) = (Svg::default(), Svg::default());
    for (line, series) in chart.series.iter().enumerate() {
        let y = CELL * line as i64;
        left.text(
            (0, y + 135),
            Anchor::Start,
            "",
            Shown::Always,
            &series.label,
        );
        for (row, mark) in series.marks.iter().enumerate().take(chart.categories.len()) {
            let Some(value) = mark.value else { continue };
            let (x, end) = (
                10_000 * row as i64 / count,
                10_000 * (row as i64 + 1) / count,
            );
            let step = shade(value, most);
            let mut cell = Svg::default();
            cell.rect(x, y, end - x, CELL, &format!("class=\"cell h{step}\""));
            let text = chart.unit.figure(value);
            let fits = |room: Em| {
                let within = (room - side) / count;
                if value != 0 && measure::width(&text) + 30 <= within {
                    text.as_str()
                } else {
                    ""
                }
            };
            let mut label = Svg::default();
            label.text_of(
                (i64::midpoint(x, end), y + 135),
                Anchor::Middle,
                &format!("on-h{step}"),
                (fits(NARROW), fits(WIDE)),
            );
            let said = chart.said(page, row, series, mark);
            plot.mark(&mark.href, &said, in_order, &cell.0);
            plot.put(&label);
        }
    }
    let y = CELL * chart.series.len() as i64 + 130;
    let narrow = measure::along(&chart.categories, NARROW - side);
    let wide = measure::along(&chart.categories, WIDE - side);
    for (labels, shown) in [(narrow, Shown::Narrow), (wide, Shown::Wide)] {
        for label in labels {
            let x = match label.anchor {
                Anchor::Start => 0,
                Anchor::Middle => super::line::x_of(label.index, chart.categories.len()),
                Anchor::End => 10_000,
            };
            plot.text((x, y), label.anchor, "", shown, &label.text);
        }
    }
    let height = em(CELL * chart.series.len() as i64 + FOOT);
    format!(
        "{key}<div class=\"cht-plot\"><svg class=\"side\" width=\"{side}\" height=\"{height}\" aria-hidden=\"true\" \
         focusable=\"false\">{left}</svg><svg class=\"main\" width=\"100%\" height=\"{height}\">{plot}</svg></div>",
        key = key(chart, page, most),
        side = em(side),
        left = left.0,
        plot = plot.0,
    )
}

/// 0 for nothing, 1 to 4 by quarters of the most.
pub(super) fn shade(value: i64, most: i64) -> i64 {
    if value <= 0 || most <= 0 {
        return 0;
    }
    let quarters = (i128::from(value) * 4 + i128::from(most) - 1) / i128::from(most);
    quarters.clamp(1, 4) as i64
}

/// What the shades mean.
fn key(chart: &Chart, page: &Page, most: i64) -> String {
    let mut steps = Svg::default();
    for step in 0..5 {
        steps.rect(
            2_000 * step,
            0,
            1_900,
            100,
            &format!("class=\"cell h{step}\""),
        );
    }
    format!(
        "<p class=\"cht-legend\"><span class=\"sr\">{}</span><span>{}</span><svg class=\"swatch five\" \
         aria-hidden=\"true\" focusable=\"false\">{}</svg><span>{}</span></p>",
        escape(page.t("颜色越深，数量越多。")),
        escape(&chart.unit.say(0)),
        steps.0,
        escape(&chart.unit.say(most)),
    )
}
