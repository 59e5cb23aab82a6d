//! A tree of regions as nested areas: as large as what it counts, as dark as how much.
//!
//! It stands where others would show a map: it needs no boundaries, and a small district with much to do is not a
//! dot.

use std::fmt::Write as _;

use super::frame;
use super::heat::shade;
use super::measure::{self, Anchor, Em, NARROW, WIDE};
use super::svg::{Svg, escape};
use super::{Unit, rows};
use crate::Page;

/// A region and what is inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    pub label: String,
    /// How large it is drawn; that of a region with others inside is at least their sum.
    pub size: i64,
    /// How dark it is drawn.
    pub shade: i64,
    pub href: String,
    pub inside: Vec<Node>,
}

/// A tree and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    pub id: String,
    pub title: String,
    /// 区划.
    pub head: String,
    /// What sizes count, and their unit.
    pub size: (String, Unit),
    /// What shades tell, and their unit.
    pub shade: (String, Unit),
    pub nodes: Vec<Node>,
}

/// Height of the whole drawing, and of a region's head above what is inside it.
const HEIGHT: Em = 2200;
const HEAD: Em = 170;
/// A name cut shorter than this says nothing.
const LABEL: Em = 300;

/// A part of the drawing: x in hundredths of a per cent, y in hundredths of an em.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: i64,
    pub(super) y: Em,
    pub(super) width: i64,
    pub(super) height: Em,
}

impl Tree {
    /// The drawing and its table. Use with `|safe`.
    pub fn render(&self, page: &Page) -> String {
        if self.nodes.iter().all(|node| node.size <= 0) {
            return frame::nothing(page);
        }
        let most = self
            .nodes
            .iter()
            .flat_map(|node| std::iter::once(node).chain(&node.inside))
            .map(|node| node.shade)
            .max()
            .unwrap_or(0);
        let mut plot = Svg::default();
        let whole = Area {
            x: 0,
            y: 0,
            width: 10_000,
            height: HEIGHT,
        };
        for (node, area) in self.nodes.iter().zip(divide(&sizes(&self.nodes), whole)) {
            self.draw(page, &mut plot, node, area, most);
        }
        let has_links = self.nodes.iter().any(|node| !node.href.is_empty());
        format!(
            "<div class=\"cht\" id=\"{}\"><p class=\"cht-unit\">{}</p>\
             <div class=\"cht-draw\" role=\"{}\" aria-label=\"{}\">{}</div>{}</div>",
            escape(&self.id),
            escape(&page.tf(
                "面积：{size}。颜色越深，{shade}越多。",
                &[("size", &self.size.0), ("shade", &self.shade.0)]
            )),
            if has_links { "group" } else { "img" },
            escape(&self.title),
            rows::whole(&plot, HEIGHT),
            self.table(page)
        )
    }

    /// The regions, those inside others after them, with how deep they stand.
    pub fn lines(&self) -> Vec<(usize, &Node)> {
        let mut lines = Vec::new();
        for node in &self.nodes {
            lines.push((0, node));
            lines.extend(node.inside.iter().map(|inner| (1, inner)));
        }
        lines
    }

    fn draw(&self, page: &Page, plot: &mut Svg, node: &Node, area: Area, most: i64) {
        if area.width <= 0 || area.height <= 0 {
            return;
        }
        self.cell(page, plot, node, area, most);
        let inner = Area {
            y: area.y + HEAD,
            height: area.height - HEAD,
            ..area
        };
        if node.inside.is_empty() || inner.height < HEAD {
            return;
        }
        for (node, area) in node.inside.iter().zip(divide(&sizes(&node.inside), inner)) {
            if area.width > 0 && area.height > 0 {
                self.cell(page, plot, node, area, most);
            }
        }
    }

    fn cell(&self, page: &Page, plot: &mut Svg, node: &Node, area: Area, most: i64) {
        let step = shade(node.shade, most);
        let mut cell = Svg::default();
        cell.rect(
            area.x,
            area.y,
            area.width,
            area.height,
            &format!("class=\"cell h{step}\""),
        );
        let figure = self.size.1.figure(node.size);
        let full = format!("{} {figure}", node.label);
        let text = |room: Em| {
            let within = room * area.width / 10_000 - 80;
            if area.height < 150 {
                String::new()
            } else if measure::width(&full) <= within {
                full.clone()
            } else if within < LABEL {
                String::new()
            } else {
                measure::fit(&node.label, within)
            }
        };
        let (narrow, wide) = (text(NARROW), text(WIDE));
        // A little inside the left edge, whatever the width: the edge itself is drawn by the border.
        let mut label = Svg::default();
        label.text_of(
            (area.x + 60, area.y + 120),
            Anchor::Start,
            &format!("on-h{step}"),
            (&narrow, &wide),
        );
        let said = page.tf(
            "{name}，{size}{sized}，{shade}{shaded}",
            &[
                ("name", &node.label),
                ("size", &self.size.0),
                ("sized", &self.size.1.say(node.size)),
                ("shade", &self.shade.0),
                ("shaded", &self.shade.1.say(node.shade)),
            ],
        );
        plot.mark(&node.href, &said, true, &cell.0);
        plot.put(&label);
    }

    fn table(&self, page: &Page) -> String {
        let title = escape(&self.title);
        let mut out = format!(
            "<details class=\"cht-data\"><summary>{}<span class=\"sr\"> {title}</span></summary>\
             <div class=\"scroll-x\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\"><table class=\"grid\">\
             <caption class=\"sr\">{title}</caption><thead><tr><th scope=\"col\">{}</th>\
             <th scope=\"col\" class=\"r\">{}（{}）</th><th scope=\"col\" class=\"r\">{}（{}）</th></tr></thead><tbody>",
            escape(page.t("查看数据")),
            escape(&self.head),
            escape(&self.size.0),
            escape(&self.size.1.word),
            escape(&self.shade.0),
            escape(&self.shade.1.word),
        );
        for (depth, node) in self.lines() {
            let size = self.size.1.figure(node.size);
            let size = if node.href.is_empty() {
                size
            } else {
                format!("<a href=\"{}\">{size}</a>", escape(&node.href))
            };
            let inner = if depth > 0 { " class=\"inner\"" } else { "" };
            write!(
                out,
                "<tr><th scope=\"row\"{inner}>{}</th><td class=\"r\">{size}</td><td class=\"r\">{}</td></tr>",
                escape(&node.label),
                self.shade.1.figure(node.shade)
            )
            .expect("a text grows");
        }
        out.push_str("</tbody></table></div></details>");
        out
    }
}

fn sizes(nodes: &[Node]) -> Vec<i64> {
    nodes.iter().map(|node| node.size.max(0)).collect()
}

/// Divides an area among sizes: always in two groups of about the same size, across its longer side, so that no
/// part is a thread. The parts are in order, do not overlap, and fill the area.
pub(super) fn divide(sizes: &[i64], area: Area) -> Vec<Area> {
    let sum = |sizes: &[i64]| sizes.iter().map(|size| i128::from(*size)).sum::<i128>();
    let total = sum(sizes);
    if sizes.len() < 2 {
        return vec![area; sizes.len()];
    }
    if total == 0 {
        return vec![Area { width: 0, ..area }; sizes.len()];
    }
    let mut cut = 1;
    while cut + 1 < sizes.len()
        && (sum(&sizes[..=cut]) * 2 - total).abs() <= (sum(&sizes[..cut]) * 2 - total).abs()
    {
        cut += 1;
    }
    let part = |whole: i64| {
        i64::try_from(i128::from(whole) * sum(&sizes[..cut]) / total).expect("less than the whole")
    };
    // Between narrow and wide rooms: thirty em across.
    let is_wide = area.width * 3_000 / 10_000 >= area.height;
    let (one, other) = if is_wide {
        let width = part(area.width);
        (
            Area { width, ..area },
            Area {
                x: area.x + width,
                width: area.width - width,
                ..area
            },
        )
    } else {
        let height = part(area.height);
        (
            Area { height, ..area },
            Area {
                y: area.y + height,
                height: area.height - height,
                ..area
            },
        )
    };
    let mut areas = divide(&sizes[..cut], one);
    areas.extend(divide(&sizes[cut..], other));
    areas
}
