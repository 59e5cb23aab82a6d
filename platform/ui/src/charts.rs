//! Charts: drawn on the server as SVG, each with its data as a table behind 查看数据.
//!
//! A chart is a table first: categories down, series across, every number with the way to the records it counts.
//! [`Chart::render`] draws it and writes the table beneath; the same numbers go into spreadsheets
//! ([`Chart::lines`]). Charts need no script and no inline style, read in grey, and stand at any width: marks are
//! placed in per cent, text in em (see [`measure`]).
//!
//! To add a kind: a file with a `draw(&Chart, &Page) -> String`, a variant of [`Kind`], a specimen in `/design`.
//!
//! Texts arrive in the visitor's language. Pages that show a chart load `charts.css` in their `head` block.

mod bars;
mod frame;
mod funnel;
pub mod gantt;
mod heat;
mod line;
pub mod measure;
mod rows;
pub mod scale;
mod spark;
mod svg;
mod tone;
pub mod tree;

#[cfg(test)]
mod tests;

pub use gantt::Gantt;
pub use scale::Unit;
pub use spark::sparkline;
pub use tone::Tone;
pub use tree::{Node, Tree};

use crate::Page;

/// How the numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One or several lines over time; a missing value is a gap, a provisional one is dotted.
    Line,
    /// Upright bars, series side by side.
    Bars,
    /// Upright bars, series on top of one another.
    Stacked,
    /// Lying bars with the name above: for names of bodies and items.
    Rows,
    /// Lying bars, series one after another.
    StackedRows,
    /// Lying bars of the first series, the second a mark to compare with: used against promised.
    Against,
    /// Steps that follow one another, each as wide as what reached it.
    Funnel,
    /// Series down, categories across, the count as shade.
    Heat,
}

/// One number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// `None`: nothing known, drawn as a gap.
    pub value: Option<i64>,
    /// The records it counts; empty where they cannot be opened.
    pub href: String,
    /// May still change, such as the period that is not over.
    pub provisional: bool,
}

impl Mark {
    pub fn new(value: i64, href: impl Into<String>) -> Mark {
        Mark {
            value: Some(value),
            href: href.into(),
            provisional: false,
        }
    }
}

/// Numbers of one kind, one for each category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub label: String,
    pub tone: Tone,
    pub marks: Vec<Mark>,
}

/// A chart and its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Unique on the page, of letters, digits and hyphens.
    pub id: String,
    pub kind: Kind,
    pub title: String,
    pub unit: Unit,
    /// What the categories are: 日期, 机构.
    pub head: String,
    pub categories: Vec<String>,
    pub series: Vec<Series>,
}

/// Marks that the tab key visits; with more of them the table is the keyboard's way.
const IN_ORDER_MAX: usize = 40;

impl Chart {
    /// The chart, its legend and its table. Use with `|safe`.
    pub fn render(&self, page: &Page) -> String {
        if self.is_empty() {
            return frame::nothing(page);
        }
        let drawn = match self.kind {
            Kind::Line => line::draw(self, page),
            Kind::Bars | Kind::Stacked => bars::draw(self, page),
            Kind::Rows | Kind::StackedRows | Kind::Against => rows::draw(self, page),
            Kind::Funnel => funnel::draw(self, page),
            Kind::Heat => heat::draw(self, page),
        };
        frame::around(self, page, &drawn)
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.values().next().is_none()
    }

    /// What somebody hears who does not see it.
    pub fn summary(&self, page: &Page) -> String {
        let mut text = page.tf(
            "{title}，单位{unit}。",
            &[("title", &self.title), ("unit", &self.unit.word)],
        );
        for series in &self.series {
            let known = || {
                self.categories
                    .iter()
                    .zip(&series.marks)
                    .filter_map(|(category, mark)| Some((mark.value?, category)))
            };
            let (Some(high), Some(low)) = (
                known().max_by_key(|(value, _)| *value),
                known().min_by_key(|(value, _)| *value),
            ) else {
                continue;
            };
            text.push_str(&page.tf(
                "{series}最多{high}（{at}），最少{low}（{where}）。",
                &[
                    ("series", &series.label),
                    ("high", &self.unit.figure(high.0)),
                    ("at", high.1),
                    ("low", &self.unit.figure(low.0)),
                    ("where", low.1),
                ],
            ));
        }
        text
    }

    /// The heads of the table.
    pub fn heads(&self) -> Vec<String> {
        let mut heads = vec![self.head.clone()];
        heads.extend(self.series.iter().map(|series| {
            if self.unit.word.is_empty() {
                series.label.clone()
            } else {
                format!("{}（{}）", series.label, self.unit.word)
            }
        }));
        heads
    }

    /// The lines of the table: a category and its number in each series.
    pub fn lines(&self) -> impl Iterator<Item = (&str, Vec<&Mark>)> {
        self.categories.iter().enumerate().map(|(row, category)| {
            let marks = self
                .series
                .iter()
                .filter_map(|series| series.marks.get(row))
                .collect();
            (category.as_str(), marks)
        })
    }

    fn values(&self) -> impl Iterator<Item = i64> {
        self.series
            .iter()
            .flat_map(|series| series.marks.iter().take(self.categories.len()))
            .filter_map(|mark| mark.value)
    }

    /// The sum over the series in one category.
    fn stack(&self, row: usize) -> i64 {
        self.series
            .iter()
            .filter_map(|series| series.marks.get(row)?.value)
            .fold(0, |sum, value| sum.saturating_add(value.max(0)))
    }

    fn in_order(&self) -> bool {
        self.values().count() <= IN_ORDER_MAX
    }

    /// 5月21日，受理，1,204件.
    fn said(&self, page: &Page, row: usize, series: &Series, mark: &Mark) -> String {
        let value = mark.value.map_or_else(
            || page.t("没有数据").to_owned(),
            |value| self.unit.say(value),
        );
        let mut parts = vec![self.categories[row].as_str()];
        if self.series.len() > 1 || self.kind == Kind::Heat {
            parts.push(&series.label);
        }
        parts.push(&value);
        if mark.provisional {
            parts.push(page.t("暂定"));
        }
        parts.join(page.t("，"))
    }
}
