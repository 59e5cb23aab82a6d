//! A route drawn: rows from the start to the end, branches side by side, loops at the right. Colours are the page's.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::model::{Kind, Office, Signing};
use crate::net::{Net, Role};

const BOX_W: i32 = 136;
const BOX_H: i32 = 44;
const ROW: i32 = 78;
const COLUMN: i32 = 156;
/// Room that an edge takes beside the boxes it passes.
const LANE: i32 = 34;
const MARGIN: i32 = 16;
/// Distance between loops at the right.
const LOOP: i32 = 14;
/// Characters of one line in a box, and of a condition beside an edge.
const LINE: usize = 9;
const CONDITION: usize = 12;

/// How a node stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Done,
    Now,
    Wrong,
}

impl Mark {
    fn class(self) -> &'static str {
        match self {
            Mark::Done => " rt-done",
            Mark::Now => " rt-now",
            Mark::Wrong => " rt-wrong",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Mark::Done => "已办",
            Mark::Now => "正在办",
            Mark::Wrong => "卡住",
        }
    }
}

/// Nodes that stand out, by key.
pub type Marks = HashMap<String, Mark>;

/// What stands in a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Node(usize),
    /// An edge on its way past.
    Lane(usize),
}

struct Layout {
    rows: Vec<Vec<Item>>,
    /// Middle of each node, and of each edge in each row it passes.
    x: HashMap<(usize, usize, bool), i32>,
    row: Vec<usize>,
    back: Vec<usize>,
    width: i32,
}

/// The route as SVG; `id` makes the names in it unique on the page.
pub fn draw(net: &Net, title: &str, id: &str, marks: &Marks) -> String {
    let layout = Layout::of(net);
    let height = layout.rows.len() as i32 * ROW + MARGIN;
    let width = layout.width + MARGIN * 2 + layout.back.len() as i32 * LOOP + 8;
    let mut out = String::new();
    let _infallible = write!(
        out,
        "<svg class=\"route\" role=\"img\" aria-labelledby=\"{id}-t\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\"><title id=\"{id}-t\">{}</title>\
         <defs><marker id=\"{id}-a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto-start-reverse\"><path class=\"rt-head\" d=\"M0 0L8 4L0 8z\"/></marker></defs>",
        escaped(title)
    );
    for edge in 0..net.edges.len() {
        layout.edge(net, &mut out, edge, id, marks);
    }
    for at in 0..net.nodes.len() {
        layout.node(net, &mut out, at, marks);
    }
    out.push_str("</svg>");
    out
}

/// The same in words, a line for each node: what a reader without the picture follows.
pub fn in_words(net: &Net, marks: &Marks) -> Vec<String> {
    let order = net.order();
    order
        .iter()
        .filter(|at| !matches!(net.nodes[**at].role, Role::End))
        .map(|at| {
            let node = &net.nodes[*at];
            let mut text = said(net, *at);
            if let Some(mark) = marks.get(&node.key) {
                text = format!("{text}（{}）", mark.word());
            }
            let ways: Vec<String> = node
                .leaving
                .iter()
                .map(|edge| {
                    let edge = &net.edges[*edge];
                    let to = said_short(net, edge.to);
                    match (&node.role, edge.label.is_empty()) {
                        (Role::Fork, _) => to,
                        (_, false) => format!("{}时到{to}", edge.label),
                        (_, true) if node.leaving.len() > 1 => format!("其他情况到{to}"),
                        (_, true) => format!("到{to}"),
                    }
                })
                .collect();
            let joined = ways.join(if matches!(node.role, Role::Fork) {
                "、"
            } else {
                "；"
            });
            match node.role {
                Role::Fork => format!("{text}：同时办{joined}"),
                _ if ways.is_empty() => text,
                _ => format!("{text}：{joined}"),
            }
        })
        .collect()
}

fn said_short(net: &Net, at: usize) -> String {
    match &net.nodes[at].role {
        Role::Step(step) => format!("“{}”", step.name),
        _ => net.nodes[at].name().to_owned(),
    }
}

fn said(net: &Net, at: usize) -> String {
    let Some(step) = net.nodes[at].step() else {
        return net.nodes[at].name().to_owned();
    };
    let office = match &step.duty.office {
        Office::Responsible => "本机关".to_owned(),
        Office::Other { name, .. } => name.clone(),
    };
    let signing = match &step.signing {
        Signing::One => String::new(),
        Signing::All { seats } => format!("，{}人会签", seats.len()),
        Signing::Votes { seats, needed } => format!("，{}人票签、{needed}票通过", seats.len()),
    };
    format!(
        "“{}”（{}，{office}{signing}）",
        step.name,
        step.kind.label()
    )
}

impl Layout {
    fn of(net: &Net) -> Layout {
        let order = net.order();
        let mut rank = vec![0; net.nodes.len()];
        for (place, node) in order.iter().enumerate() {
            rank[*node] = place;
        }
        let is_back = |edge: usize| rank[net.edges[edge].to] <= rank[net.edges[edge].from];
        let mut row = vec![0_usize; net.nodes.len()];
        for at in &order {
            for edge in &net.nodes[*at].leaving {
                if !is_back(*edge) {
                    let to = net.edges[*edge].to;
                    row[to] = row[to].max(row[*at] + 1);
                }
            }
        }
        let back: Vec<usize> = (0..net.edges.len()).filter(|edge| is_back(*edge)).collect();
        let depth = row.iter().max().map_or(1, |last| last + 1);
        let mut rows: Vec<Vec<Item>> = vec![Vec::new(); depth];
        for at in &order {
            rows[row[*at]].push(Item::Node(*at));
        }
        for edge in 0..net.edges.len() {
            if !back.contains(&edge) {
                let (from, to) = (row[net.edges[edge].from], row[net.edges[edge].to]);
                for between in rows.iter_mut().take(to).skip(from + 1) {
                    between.push(Item::Lane(edge));
                }
            }
        }
        let mut layout = Layout {
            rows,
            x: HashMap::new(),
            row,
            back,
            width: 0,
        };
        layout.place(net);
        layout
    }

    /// Puts every row's items near what leads to them, apart from each other, then moves all into view.
    fn place(&mut self, net: &Net) {
        for at in 0..self.rows.len() {
            let mut wanted: Vec<(i32, usize, Item)> = self.rows[at]
                .iter()
                .enumerate()
                .map(|(place, item)| (self.wanted(net, at, *item), place, *item))
                .collect();
            wanted.sort_by_key(|(x, place, _)| (*x, *place));
            let mut placed: Vec<(i32, Item)> = Vec::with_capacity(wanted.len());
            let mut next = i32::MIN;
            for (x, _, item) in &wanted {
                let half = half(*item);
                let x = (*x).max(next.saturating_add(half));
                placed.push((x, *item));
                next = x + half;
            }
            // Pushing apart went to the right only: half of it back.
            let drift: i32 = placed
                .iter()
                .zip(&wanted)
                .map(|(is, was)| is.0 - was.0)
                .sum();
            let shift = drift / placed.len().max(1) as i32;
            for (x, item) in placed {
                self.x.insert(key(item, at), x - shift);
            }
        }
        let edges = |item: Item, x: i32| (x - half(item), x + half(item));
        let mut left = i32::MAX;
        let mut right = i32::MIN;
        for (at, row) in self.rows.iter().enumerate() {
            for item in row {
                let (from, to) = edges(*item, self.x[&key(*item, at)]);
                left = left.min(from);
                right = right.max(to);
            }
        }
        for x in self.x.values_mut() {
            *x += MARGIN - left;
        }
        self.width = right - left;
    }

    fn wanted(&self, net: &Net, at: usize, item: Item) -> i32 {
        match item {
            Item::Lane(edge) => self.after(net, edge, at),
            Item::Node(node) => {
                let from: Vec<i32> = net.nodes[node]
                    .entering
                    .iter()
                    .filter(|edge| !self.back.contains(edge))
                    .map(|edge| self.after(net, *edge, at))
                    .collect();
                if from.is_empty() {
                    0
                } else {
                    from.iter().sum::<i32>() / from.len() as i32
                }
            }
        }
    }

    /// Where an edge would like to stand in a row: below where it was, spread by its place among its node's ways.
    fn after(&self, net: &Net, edge: usize, at: usize) -> i32 {
        let known = &net.edges[edge];
        if at > self.row[known.from] + 1
            && let Some(x) = self.x.get(&(edge, at - 1, true))
        {
            return *x;
        }
        let ways: Vec<&usize> = net.nodes[known.from]
            .leaving
            .iter()
            .filter(|edge| !self.back.contains(edge))
            .collect();
        let place = ways.iter().position(|way| **way == edge).unwrap_or(0) as i32;
        let base = self
            .x
            .get(&(known.from, self.row[known.from], false))
            .copied()
            .unwrap_or(0);
        base + (place * 2 - (ways.len() as i32 - 1)) * COLUMN / 2
    }

    fn middle(&self, node: usize) -> (i32, i32) {
        let row = self.row[node];
        (
            self.x[&(node, row, false)],
            row as i32 * ROW + MARGIN + BOX_H / 2,
        )
    }

    fn edge(&self, net: &Net, out: &mut String, edge: usize, id: &str, marks: &Marks) {
        let known = &net.edges[edge];
        let ((x0, y0), (x1, y1)) = (self.middle(known.from), self.middle(known.to));
        let walked = |node: usize| marks.contains_key(&net.nodes[node].key);
        let class = if walked(known.from) && walked(known.to) {
            "rt-edge rt-walked"
        } else {
            "rt-edge"
        };
        let label_at;
        if let Some(place) = self.back.iter().position(|back| *back == edge) {
            let right = self.width + MARGIN + 8 + place as i32 * LOOP;
            let (from, to) = (x0 + half_box(net, known.from), x1 + half_box(net, known.to));
            let _infallible = write!(
                out,
                "<path class=\"{class} rt-back\" marker-end=\"url(#{id}-a)\" d=\"M{from} {y0}H{right}V{y1}H{to}\"/>"
            );
            label_at = (from + 6, y0 - 5, "start");
        } else {
            let (top, end) = (
                y0 + half_height(net, known.from),
                y1 - half_height(net, known.to),
            );
            let mut path = format!("M{x0} {top}");
            let (mut x, mut y) = (x0, top);
            for row in self.row[known.from] + 1..self.row[known.to] {
                let to = self.x[&(edge, row, true)];
                let (above, below) = (row as i32 * ROW + MARGIN, row as i32 * ROW + MARGIN + BOX_H);
                let bend = i32::midpoint(y, above);
                let _infallible = write!(path, "C{x} {bend} {to} {bend} {to} {above}V{below}");
                (x, y) = (to, below);
            }
            let bend = i32::midpoint(y, end);
            let _infallible = write!(path, "C{x} {bend} {x1} {bend} {x1} {end}");
            let _infallible = write!(
                out,
                "<path class=\"{class}\" marker-end=\"url(#{id}-a)\" d=\"{path}\"/>"
            );
            let first = self
                .x
                .get(&(edge, self.row[known.from] + 1, true))
                .copied()
                .unwrap_or(x1);
            label_at = (i32::midpoint(x0, first), top + 15, "middle");
        }
        let is_choice = matches!(net.nodes[known.from].role, Role::Step(_) | Role::Choice);
        let label = match (
            known.label.as_str(),
            net.nodes[known.from].leaving.len() > 1,
        ) {
            ("", true) if is_choice => "其他情况",
            (label, _) => label,
        };
        if !label.is_empty() {
            let (x, y, anchor) = label_at;
            let _infallible = write!(
                out,
                "<text class=\"rt-when\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>",
                escaped(&base::text::shorten(label, CONDITION))
            );
        }
    }

    fn node(&self, net: &Net, out: &mut String, at: usize, marks: &Marks) {
        let node = &net.nodes[at];
        let (x, y) = self.middle(at);
        let mark = marks.get(&node.key).map_or("", |mark| mark.class());
        let _infallible = match &node.role {
            Role::Step(step) => {
                let decides = if step.kind == Kind::Decide {
                    " rt-decide"
                } else {
                    ""
                };
                write!(
                    out,
                    "<g class=\"rt-step{decides}{mark}\"><rect x=\"{}\" y=\"{}\" width=\"{BOX_W}\" height=\"{BOX_H}\" \
                     rx=\"6\"/><text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
                     <text class=\"rt-kind\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
                    x - BOX_W / 2,
                    y - BOX_H / 2,
                    y - 2,
                    escaped(&base::text::shorten(&step.name, LINE)),
                    y + 15,
                    escaped(&base::text::shorten(&beneath(step), CONDITION)),
                )
            }
            Role::Choice => write!(
                out,
                "<path class=\"rt-gate{mark}\" d=\"M{x} {}L{} {y}L{x} {}L{} {y}z\"/>",
                y - 12,
                x + 14,
                y + 12,
                x - 14
            ),
            Role::Fork | Role::Join => write!(
                out,
                "<rect class=\"rt-bar{mark}\" x=\"{}\" y=\"{}\" width=\"72\" height=\"6\" rx=\"3\"/>",
                x - 36,
                y - 3
            ),
            Role::End => write!(
                out,
                "<g class=\"rt-end{mark}\"><circle cx=\"{x}\" cy=\"{y}\" r=\"14\"/>\
                 <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">止</text></g>",
                y + 4
            ),
        };
    }
}

/// The second line of a box: who, or how many sign, or what sort of step it is.
fn beneath(step: &crate::model::Step) -> String {
    match (&step.signing, &step.duty.office) {
        (Signing::All { seats }, _) => format!("{}人会签", seats.len()),
        (Signing::Votes { seats, needed }, _) => format!("{}人票签 {needed}票通过", seats.len()),
        (Signing::One, Office::Other { name, .. }) => name.clone(),
        (Signing::One, Office::Responsible) => step.kind.label().to_owned(),
    }
}

fn key(item: Item, row: usize) -> (usize, usize, bool) {
    match item {
        Item::Node(node) => (node, row, false),
        Item::Lane(edge) => (edge, row, true),
    }
}

fn half(item: Item) -> i32 {
    match item {
        Item::Node(_) => COLUMN / 2,
        Item::Lane(_) => LANE / 2,
    }
}

fn half_box(net: &Net, node: usize) -> i32 {
    match net.nodes[node].role {
        Role::Step(_) => BOX_W / 2,
        Role::Fork | Role::Join => 36,
        Role::Choice | Role::End => 14,
    }
}

fn half_height(net: &Net, node: usize) -> i32 {
    match net.nodes[node].role {
        Role::Step(_) => BOX_H / 2,
        Role::Fork | Role::Join => 3,
        Role::Choice => 12,
        Role::End => 14,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
