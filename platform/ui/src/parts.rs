//! What some components are given: tabs, horizontal bars, definitions of figures.

/// One tab of `views`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// In the visitor's language.
    pub label: String,
    pub href: String,
    /// How many records stand behind it.
    pub count: Option<u64>,
    pub current: bool,
}

/// One row of `bars`: a counted thing and the way to the records it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub label: String,
    pub count: u64,
    /// Length of the bar in tenths of a per cent of the longest.
    pub share: u64,
    /// Empty where the records cannot be opened.
    pub href: String,
}

/// What a figure counts, for `stat_defined`; all in the visitor's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub name: String,
    pub formula: String,
    /// The time it covers.
    pub period: String,
    /// The records it is computed from.
    pub source: String,
}

/// Bars that begin at zero and are drawn against the largest count.
pub fn bars(rows: impl IntoIterator<Item = (String, u64, String)>) -> Vec<Bar> {
    let rows: Vec<_> = rows.into_iter().collect();
    let longest = rows.iter().map(|(_, count, _)| *count).max().unwrap_or(0);
    rows.into_iter()
        .map(|(label, count, href)| Bar {
            label,
            count,
            share: (count * 1000).checked_div(longest).unwrap_or(0),
            href,
        })
        .collect()
}

impl Bar {
    /// `62.5%`, for the `width` of an SVG rectangle.
    pub fn width(&self) -> String {
        format!("{}.{}%", self.share / 10, self.share % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_full_and_nothing_is_empty() {
        let row = |count| (String::new(), count, String::new());
        let widths = |counts: &[u64]| -> Vec<String> {
            bars(counts.iter().map(|count| row(*count)))
                .iter()
                .map(Bar::width)
                .collect()
        };
        assert_eq!(widths(&[8, 5, 0]), ["100.0%", "62.5%", "0.0%"]);
        assert_eq!(widths(&[0]), ["0.0%"]);
    }
}
