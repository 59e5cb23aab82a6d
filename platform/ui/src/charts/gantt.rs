//! Planned, running and done: for each step a lying bar of what was planned, and beneath it what became of it.

use std::fmt::Write as _;

use super::frame;
use super::measure::Em;
use super::rows::{name, whole};
use super::svg::{Svg, escape};
use super::tone::Tone;
use crate::Page;

/// From one name to the next.
const PITCH: Em = 360;
/// Tops and height of the two bars beneath a name.
const PLANNED: Em = 155;
const ACTUAL: Em = 225;
const BAR: Em = 60;

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not begun.
    Planned,
    Running,
    Done,
    /// Later than planned and not done.
    Late,
    /// Turned down, or waiting for whoever asked.
    Stopped,
}

impl Progress {
    const ALL: [Progress; 5] = [
        Progress::Planned,
        Progress::Running,
        Progress::Done,
        Progress::Late,
        Progress::Stopped,
    ];

    fn tone(self) -> Tone {
        match self {
            Progress::Planned => Tone::Third,
            Progress::Running => Tone::Main,
            Progress::Done => Tone::Ok,
            Progress::Late => Tone::Over,
            Progress::Stopped => Tone::Held,
        }
    }

    /// What it is called, to be translated.
    pub fn label(self) -> &'static str {
        match self {
            Progress::Planned => "计划",
            Progress::Running => "进行中",
            Progress::Done => "已完成",
            Progress::Late => "超过计划",
            Progress::Stopped => "停下",
        }
    }
}

/// One step. Days are counted from the beginning of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub label: String,
    /// Its own page; empty where there is none.
    pub href: String,
    pub planned: (i64, i64),
    /// When it began and ended, or how far it has come.
    pub actual: Option<(i64, i64)>,
    pub progress: Progress,
    /// The planned and the real days in words, for the table.
    pub planned_words: String,
    pub actual_words: String,
}

/// A plan and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gantt {
    pub id: String,
    pub title: String,
    /// What the rows are: 阶段.
    pub head: String,
    pub rows: Vec<Row>,
    /// Where today is.
    pub today: Option<i64>,
}

impl Gantt {
    /// The drawing and its table. Use with `|safe`.
    pub fn render(&self, page: &Page) -> String {
        let last = self
            .rows
            .iter()
            .flat_map(|row| [Some(row.planned.1), row.actual.map(|actual| actual.1)])
            .flatten()
            .chain(self.today)
            .max()
            .unwrap_or(0);
        if self.rows.is_empty() || last <= 0 {
            return frame::nothing(page);
        }
        let share = |day: i64| day.clamp(0, last) * 10_000 / last;
        let mut plot = Svg::default();
        let has_links = self.rows.iter().any(|row| !row.href.is_empty());
        for (nth, row) in self.rows.iter().enumerate() {
            let y = PITCH * nth as i64;
            name(&mut plot, &row.label, page.t(row.progress.label()), y);
            let mut bars = Svg::default();
            let (from, to) = (share(row.planned.0), share(row.planned.1));
            bars.rect(
                from,
                y + PLANNED,
                (to - from).max(30),
                BAR,
                &Tone::Third.paint(&self.id),
            );
            if let Some(actual) = row.actual {
                let (from, to) = (share(actual.0), share(actual.1));
                bars.rect(
                    from.min(9_970),
                    y + ACTUAL,
                    (to - from).max(30),
                    BAR,
                    &row.progress.tone().paint(&self.id),
                );
            }
            plot.mark(&row.href, &Self::said(page, row), has_links, &bars.0);
        }
        let height = PITCH * self.rows.len() as i64;
        if let Some(today) = self.today {
            let x = share(today).min(9_960);
            plot.line((x, x), (0, height), "promise");
        }
        let patterns: String = Progress::ALL
            .iter()
            .map(|progress| progress.tone().pattern(&self.id))
            .collect();
        format!(
            "<div class=\"cht\" id=\"{id}\">{legend}<div class=\"cht-draw\" role=\"{role}\" aria-label=\"{title}\">\
             <svg class=\"cht-defs\" width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\"><defs>{patterns}</defs></svg>\
             {drawn}</div>{table}</div>",
            id = escape(&self.id),
            legend = self.legend(page),
            role = if has_links { "group" } else { "img" },
            title = escape(&self.title),
            drawn = whole(&plot, height),
            table = self.table(page),
        )
    }

    fn said(page: &Page, row: &Row) -> String {
        page.tf(
            "{name}，{state}，计划{planned}，实际{actual}",
            &[
                ("name", &row.label),
                ("state", page.t(row.progress.label())),
                ("planned", &row.planned_words),
                ("actual", dash(&row.actual_words)),
            ],
        )
    }

    fn legend(&self, page: &Page) -> String {
        let mut out = "<ul class=\"cht-legend\">".to_owned();
        for progress in Progress::ALL {
            let shown = progress == Progress::Planned
                || self.rows.iter().any(|row| row.progress == progress);
            if shown {
                write!(
                    out,
                    "<li><svg class=\"swatch\" viewBox=\"0 0 28 12\" aria-hidden=\"true\" focusable=\"false\">\
                     <rect width=\"28\" height=\"12\" {}/></svg>{}</li>",
                    progress.tone().paint(&self.id),
                    escape(page.t(progress.label()))
                )
                .expect("a text grows");
            }
        }
        out.push_str("</ul>");
        out
    }

    fn table(&self, page: &Page) -> String {
        let title = escape(&self.title);
        let mut out = format!(
            "<details class=\"cht-data\"><summary>{}<span class=\"sr\"> {title}</span></summary>\
             <div class=\"scroll-x\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\"><table class=\"grid\">\
             <caption class=\"sr\">{title}</caption><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th>\
             <th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>",
            escape(page.t("查看数据")),
            escape(&self.head),
            escape(page.t("计划")),
            escape(page.t("实际")),
            escape(page.t("状态")),
        );
        for row in &self.rows {
            let label = if row.href.is_empty() {
                escape(&row.label)
            } else {
                format!(
                    "<a href=\"{}\">{}</a>",
                    escape(&row.href),
                    escape(&row.label)
                )
            };
            write!(
                out,
                "<tr><th scope=\"row\">{label}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(&row.planned_words),
                escape(dash(&row.actual_words)),
                escape(page.t(row.progress.label()))
            )
            .expect("a text grows");
        }
        out.push_str("</tbody></table></div></details>");
        out
    }
}

fn dash(words: &str) -> &str {
    if words.is_empty() { "—" } else { words }
}
