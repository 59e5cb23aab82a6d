//! How series are told apart: by colour, and in grey by pattern, dash and marker.

use super::svg::escape;

/// What a series means; the first four are for series without a meaning of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Main,
    Second,
    Third,
    Fourth,
    /// 充裕.
    Ok,
    /// 快到期.
    Near,
    /// 超期.
    Over,
    /// 停止计时.
    Held,
}

impl Tone {
    /// The tone of the nth series.
    pub fn nth(index: usize) -> Tone {
        [Tone::Main, Tone::Second, Tone::Third, Tone::Fourth][index % 4]
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Tone::Main => "main",
            Tone::Second => "second",
            Tone::Third => "third",
            Tone::Fourth => "fourth",
            Tone::Ok => "ok",
            Tone::Near => "near",
            Tone::Over => "over",
            Tone::Held => "held",
        }
    }

    /// What is drawn over the colour on a tile of eight pixels; nothing for a solid one.
    fn hatch(self) -> &'static str {
        match self {
            Tone::Main | Tone::Ok => "",
            Tone::Second => "<path d=\"M-2 2 2-2M0 8 8 0M6 10 10 6\"/>",
            Tone::Third => "<path d=\"M2 2h1M6 6h1\"/>",
            Tone::Fourth => "<path d=\"M0 4h8\"/>",
            Tone::Near => "<path d=\"M-2 6 2 10M0 0 8 8M6-2 10 2\"/>",
            Tone::Over => "<path d=\"M0 0 8 8M0 8 8 0\"/>",
            Tone::Held => "<path d=\"M2 0v8M6 0v8\"/>",
        }
    }

    /// Attributes that paint a surface.
    pub(super) fn paint(self, chart: &str) -> String {
        if self.hatch().is_empty() {
            format!("class=\"t-{}\"", self.word())
        } else {
            format!("fill=\"url(#{}-{})\"", escape(chart), self.word())
        }
    }

    /// The pattern that [`Tone::paint`] refers to.
    pub(super) fn pattern(self, chart: &str) -> String {
        let hatch = self.hatch();
        if hatch.is_empty() {
            return String::new();
        }
        let word = self.word();
        format!(
            "<pattern id=\"{}-{word}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
             <rect width=\"8\" height=\"8\" class=\"t-{word}\"/><g class=\"hatch-{word}\">{hatch}</g></pattern>",
            escape(chart)
        )
    }
}

/// The shape that marks the points of the nth line, around its own centre, a tenth of a pixel to the unit.
pub(super) fn marker(index: usize) -> &'static str {
    match index % 4 {
        0 => "<circle r=\"3.5\"/>",
        1 => "<rect x=\"-3.2\" y=\"-3.2\" width=\"6.4\" height=\"6.4\"/>",
        2 => "<path d=\"M0-4.5 4.5 3.5h-9z\"/>",
        _ => "<path d=\"M0-4.5 4.5 0 0 4.5-4.5 0z\"/>",
    }
}
