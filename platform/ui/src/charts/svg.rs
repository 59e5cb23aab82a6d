//! Writing SVG: escaped texts, lengths in per cent and em, links around marks.

use std::fmt::Write as _;

use super::measure::{Anchor, Em};

/// Hundredths of a per cent as a length.
pub(super) fn pc(hundredths: i64) -> String {
    format!("{}%", decimal(hundredths))
}

/// Hundredths of an em as a length.
pub(super) fn em(hundredths: Em) -> String {
    format!("{}em", decimal(hundredths))
}

fn decimal(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let hundredths = hundredths.unsigned_abs();
    let text = format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A text as it may stand in an element or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Neither XML nor HTML knows other control characters.
            c if c.is_control() && !c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

/// Where a label is shown: everywhere, or only in narrow or wide rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Always,
    Narrow,
    Wide,
}

impl Shown {
    fn class(self) -> &'static str {
        match self {
            Shown::Always => "",
            Shown::Narrow => "n",
            Shown::Wide => "w",
        }
    }
}

/// A drawing that grows.
#[derive(Debug, Default)]
pub(super) struct Svg(pub(super) String);

impl Svg {
    pub(super) fn push(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    pub(super) fn rect(&mut self, x: i64, y: Em, width: i64, height: Em, paint: &str) {
        write!(
            self.0,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {paint}/>",
            pc(x),
            em(y),
            pc(width),
            em(height)
        )
        .expect("a text grows");
    }

    pub(super) fn line(&mut self, x: (i64, i64), y: (Em, Em), class: &str) {
        write!(
            self.0,
            "<line x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\" class=\"{class}\"/>",
            pc(x.0),
            pc(x.1),
            em(y.0),
            em(y.1)
        )
        .expect("a text grows");
    }

    pub(super) fn text(
        &mut self,
        (x, y): (i64, Em),
        anchor: Anchor,
        class: &str,
        shown: Shown,
        text: &str,
    ) {
        let class = [class, shown.class()]
            .into_iter()
            .filter(|class| !class.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let class = if class.is_empty() {
            String::new()
        } else {
            format!(" class=\"{class}\"")
        };
        let anchor = match anchor {
            Anchor::Start => String::new(),
            other => format!(" text-anchor=\"{}\"", other.word()),
        };
        write!(
            self.0,
            "<text x=\"{}\" y=\"{}\"{anchor}{class}>{}</text>",
            pc(x),
            em(y),
            escape(text)
        )
        .expect("a text grows");
    }

    /// A text in one form for narrow and another for wide rooms.
    pub(super) fn text_of(
        &mut self,
        at: (i64, Em),
        anchor: Anchor,
        class: &str,
        (narrow, wide): (&str, &str),
    ) {
        if narrow == wide {
            self.text(at, anchor, class, Shown::Always, narrow);
            return;
        }
        if !narrow.is_empty() {
            self.text(at, anchor, class, Shown::Narrow, narrow);
        }
        if !wide.is_empty() {
            self.text(at, anchor, class, Shown::Wide, wide);
        }
    }

    /// What is drawn over a mark: seen, while the mark itself says more.
    pub(super) fn put(&mut self, drawn: &Svg) {
        self.0.push_str(&drawn.0);
    }

    /// A mark that says what it is, and leads to what it counts where it can.
    pub(super) fn mark(&mut self, href: &str, said: &str, in_order: bool, mark: &str) {
        let said = escape(said);
        if href.is_empty() {
            write!(self.0, "<g><title>{said}</title>{mark}</g>").expect("a text grows");
        } else {
            // Beyond a few dozen marks the keyboard's way is the table.
            let order = if in_order { "" } else { " tabindex=\"-1\"" };
            write!(
                self.0,
                "<a href=\"{}\" aria-label=\"{said}\"{order}><title>{said}</title>{mark}</a>",
                escape(href)
            )
            .expect("a text grows");
        }
    }
}
