//! What stands around every drawing: the legend above, the table beneath.

use std::fmt::Write as _;

use super::svg::escape;
use super::{Chart, Kind, tone};
use crate::Page;

/// Said where there is nothing to draw.
pub(super) fn nothing(page: &Page) -> String {
    format!("<p class=\"cht-none\">{}</p>", escape(page.t("没有数据")))
}

/// The drawing with legend, patterns and table.
pub(super) fn around(chart: &Chart, page: &Page, drawn: &str) -> String {
    let patterns: String = chart
        .series
        .iter()
        .map(|series| series.tone.pattern(&chart.id))
        .collect();
    let role = if chart
        .series
        .iter()
        .any(|series| series.marks.iter().any(|mark| !mark.href.is_empty()))
    {
        // Links inside an image would be hidden from readers.
        "group"
    } else {
        "img"
    };
    format!(
        "<div class=\"cht\" id=\"{id}\">{legend}<div class=\"cht-draw\" role=\"{role}\" aria-label=\"{summary}\">\
         <svg class=\"cht-defs\" width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\"><defs>{patterns}</defs></svg>\
         {drawn}</div>{table}</div>",
        id = escape(&chart.id),
        legend = legend(chart),
        summary = escape(&chart.summary(page)),
        table = table(chart, page),
    )
}

fn legend(chart: &Chart) -> String {
    if chart.series.len() < 2 || chart.kind == Kind::Heat {
        return String::new();
    }
    let mut out = "<ul class=\"cht-legend\">".to_owned();
    for (index, series) in chart.series.iter().enumerate() {
        let swatch = match chart.kind {
            Kind::Line => format!(
                "<svg class=\"swatch\" viewBox=\"-14 -6 28 12\" aria-hidden=\"true\" focusable=\"false\">\
                 <path d=\"M-14 0h28\" class=\"l l-{}\"/><g class=\"m m-{}\">{}</g></svg>",
                index % 4,
                index % 4,
                tone::marker(index)
            ),
            Kind::Against if index == 1 => {
                "<svg class=\"swatch\" viewBox=\"-14 -6 28 12\" aria-hidden=\"true\" focusable=\"false\">\
                 <path d=\"M0-6v12\" class=\"promise\"/></svg>"
                    .to_owned()
            }
            _ => format!(
                "<svg class=\"swatch\" viewBox=\"0 0 28 12\" aria-hidden=\"true\" focusable=\"false\">\
                 <rect width=\"28\" height=\"12\" {}/></svg>",
                series.tone.paint(&chart.id)
            ),
        };
        write!(out, "<li>{swatch}{}</li>", escape(&series.label)).expect("a text grows");
    }
    out.push_str("</ul>");
    out
}

/// The numbers as a table; each leads to what it counts.
fn table(chart: &Chart, page: &Page) -> String {
    let title = escape(&chart.title);
    let mut out = format!(
        "<details class=\"cht-data\"><summary>{}<span class=\"sr\"> {title}</span></summary>\
         <div class=\"scroll-x\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\">\
         <table class=\"grid\"><caption class=\"sr\">{title}</caption><thead><tr>",
        escape(page.t("查看数据"))
    );
    for (column, head) in chart.heads().iter().enumerate() {
        let class = if column == 0 { "" } else { " class=\"r\"" };
        write!(out, "<th scope=\"col\"{class}>{}</th>", escape(head)).expect("a text grows");
    }
    out.push_str("</tr></thead><tbody>");
    for (category, marks) in chart.lines() {
        write!(out, "<tr><th scope=\"row\">{}</th>", escape(category)).expect("a text grows");
        for mark in marks {
            let value = mark
                .value
                .map_or_else(|| "—".to_owned(), |value| chart.unit.figure(value));
            let provisional = if mark.provisional {
                format!(" <small>{}</small>", escape(page.t("暂定")))
            } else {
                String::new()
            };
            if mark.href.is_empty() || mark.value.is_none() {
                write!(out, "<td class=\"r\">{value}{provisional}</td>")
            } else {
                let href = escape(&mark.href);
                write!(
                    out,
                    "<td class=\"r\"><a href=\"{href}\">{value}</a>{provisional}</td>"
                )
            }
            .expect("a text grows");
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div></details>");
    out
}
