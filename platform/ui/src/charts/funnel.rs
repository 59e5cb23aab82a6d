//! Steps that follow one another, each as wide as what reached it, with its share of the first.

use super::measure::Em;
use super::rows::{name, whole};
use super::svg::Svg;
use super::{Chart, Mark};
use crate::{Page, format};

const PITCH: Em = 370;
const TOP: Em = 155;
const BAR: Em = 150;

pub(super) fn draw(chart: &Chart, page: &Page) -> String {
    let Some(series) = chart.series.first() else {
        return String::new();
    };
    let value = |mark: &Mark| mark.value.unwrap_or(0).max(0);
    let first = series.marks.first().map_or(0, value);
    let widest = series.marks.iter().map(value).max().unwrap_or(0).max(1);
    let in_order = chart.in_order();
    let mut plot = Svg::default();
    for (row, (category, mark)) in chart.categories.iter().zip(&series.marks).enumerate() {
        let y = PITCH * row as i64;
        let share = format::share(value(mark).unsigned_abs(), first.unsigned_abs());
        let figure = chart.unit.say(value(mark));
        let said = if first == 0 {
            figure
        } else {
            page.tf(
                "{value}，占{share}",
                &[("value", &figure), ("share", &share)],
            )
        };
        name(&mut plot, category, &said, y);
        let width = (i128::from(value(mark)) * 10_000 / i128::from(widest)) as i64;
        let mut bar = Svg::default();
        bar.rect(
            (10_000 - width) / 2,
            y + TOP,
            width,
            BAR,
            &series.tone.paint(&chart.id),
        );
        plot.mark(&mark.href, &format!("{category} {said}"), in_order, &bar.0);
    }
    whole(&plot, PITCH * chart.categories.len() as i64)
}
