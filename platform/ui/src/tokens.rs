//! The values of `assets/tokens.css`, for what cannot read a style sheet: the colour a browser gives its frame,
//! the manifest; and for the test of every contrast.

use std::{collections::HashMap, sync::LazyLock};

/// A set of values: what `data-theme`, `data-mode` or the screen make of the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    Light,
    Dark,
    Care,
    CareDark,
    Wall,
}

impl Mode {
    pub const ALL: [Mode; 5] = [
        Mode::Light,
        Mode::Dark,
        Mode::Care,
        Mode::CareDark,
        Mode::Wall,
    ];

    /// The blocks of the file that make up this mode; a later block of the file wins.
    fn selectors(self) -> &'static [&'static str] {
        match self {
            Mode::Light => &[":root"],
            Mode::Dark => &[":root", "[data-theme=\"dark\"]"],
            Mode::Care => &[":root", "[data-mode=\"care\"]"],
            Mode::CareDark => &[
                ":root",
                "[data-theme=\"dark\"]",
                "[data-mode=\"care\"]",
                "[data-mode=\"care\"][data-theme=\"dark\"]",
            ],
            Mode::Wall => &[":root", "[data-theme=\"wall\"]"],
        }
    }
}

/// `value(Mode::Dark, "surface")` is `#162123`.
pub fn value(mode: Mode, name: &str) -> Option<&'static str> {
    VALUES.get(&mode)?.get(name).copied()
}

/// Text on what it stands on.
pub const TEXT: &[(&str, &[&str])] = &[
    (
        "ink",
        &[
            "ground",
            "surface",
            "sunken",
            "raised",
            "brand-wash",
            "amber-wash",
            "green-wash",
            "zhu-wash",
        ],
    ),
    (
        "ink-2",
        &[
            "ground",
            "surface",
            "sunken",
            "raised",
            "brand-wash",
            "amber-wash",
            "green-wash",
            "zhu-wash",
        ],
    ),
    ("ink-3", &["ground", "surface", "sunken"]),
    (
        "brand-text",
        &["ground", "surface", "raised", "brand-wash", "sunken"],
    ),
    ("on-brand", &["brand", "brand-hover", "band"]),
    ("on-brand-2", &["band", "band-2"]),
    ("on-white", &["on-brand"]),
    ("zhu", &["ground", "surface", "zhu-wash", "raised"]),
    ("on-zhu", &["zhu"]),
    ("amber", &["ground", "surface", "amber-wash"]),
    ("green", &["ground", "surface", "green-wash"]),
    ("focus-ink", &["focus"]),
    ("focus", &["band", "band-2"]),
    ("seal", &["paper"]),
    ("paper-ink", &["paper"]),
    ("paper-ink-2", &["paper"]),
];

/// Edges and marks that must be seen (WCAG 2.2, 1.4.11). A button's edge is not among them: its label says it.
pub const EDGES: &[(&str, &[&str])] = &[
    ("line-strong", &["ground", "surface"]),
    ("green-fill", &["surface"]),
    ("zhu", &["surface"]),
    ("brand-text", &["surface", "ground"]),
];

/// Contrast of two tokens by the WCAG 2.2 formula, from 1 to 21; none where one is no colour.
pub fn contrast(mode: Mode, one: &str, other: &str) -> Option<f64> {
    let (a, b) = (
        luminance(value(mode, one)?)?,
        luminance(value(mode, other)?)?,
    );
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

/// Relative luminance of `#RRGGBB`.
fn luminance(colour: &str) -> Option<f64> {
    let digits = colour.strip_prefix('#')?;
    let part = |from: usize| {
        let byte = u8::from_str_radix(digits.get(from..from + 2)?, 16).ok()?;
        let share = f64::from(byte) / 255.0;
        Some(if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        })
    };
    Some(0.2126 * part(0)? + 0.7152 * part(2)? + 0.0722 * part(4)?)
}

static VALUES: LazyLock<HashMap<Mode, HashMap<&'static str, &'static str>>> = LazyLock::new(|| {
    let blocks = blocks(include_str!("../assets/tokens.css"));
    let of = |mode: Mode| {
        blocks
            .iter()
            .filter(|block| mode.selectors().contains(&block.selector))
            .flat_map(|block| block.values.iter().copied())
            .collect()
    };
    Mode::ALL.map(|mode| (mode, of(mode))).into()
});

/// `selector { --name: value; … }`
struct Block {
    selector: &'static str,
    values: Vec<(&'static str, &'static str)>,
}

fn blocks(css: &'static str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut rest = css;
    while let Some(open) = rest.find('{') {
        // What stands before the brace, behind the last comment, rule or media query.
        let before = &rest[..open];
        let start = before.rfind(['}', '{']).map_or(0, |at| at + 1);
        let start = before.rfind("*/").map_or(start, |at| start.max(at + 2));
        let selector = before[start..].trim();
        rest = &rest[open + 1..];
        if selector.starts_with('@') {
            continue;
        }
        let close = rest.find('}').unwrap_or(rest.len());
        let values = rest[..close].split(';').filter_map(|line| {
            let line = line.rsplit("*/").next().unwrap_or(line);
            let (name, value) = line.split_once(':')?;
            Some((name.trim().strip_prefix("--")?, value.trim()))
        });
        found.push(Block {
            selector,
            values: values.collect(),
        });
        rest = &rest[close..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_can_be_read_where_it_stands() {
        let mut poor = Vec::new();
        for mode in Mode::ALL {
            let wanted = match mode {
                Mode::Care | Mode::CareDark => 7.0,
                Mode::Light | Mode::Dark | Mode::Wall => 4.5,
            };
            for (pairs, least) in [(TEXT, wanted), (EDGES, 3.0)] {
                for (text, grounds) in pairs {
                    for ground in *grounds {
                        let found = contrast(mode, text, ground)
                            .unwrap_or_else(|| panic!("{text} or {ground} is no colour"));
                        if found < least {
                            poor.push(format!(
                                "{mode:?}: {text} on {ground}: {found:.2} < {least}"
                            ));
                        }
                    }
                }
            }
        }
        assert!(poor.is_empty(), "{poor:#?}");
    }

    #[test]
    fn what_the_system_chooses_is_what_the_visitor_may_choose() {
        let blocks = blocks(include_str!("../assets/tokens.css"));
        let of = |selector: &str| {
            let found: Vec<&Block> = blocks
                .iter()
                .filter(|block| block.selector == selector)
                .collect();
            assert_eq!(found.len(), 1, "{selector}");
            found[0].values.clone()
        };
        assert_eq!(of(":root:not([data-theme])"), of("[data-theme=\"dark\"]"));
        assert_eq!(
            of("[data-mode=\"care\"]:not([data-theme])"),
            of("[data-mode=\"care\"][data-theme=\"dark\"]")
        );
    }

    #[test]
    fn no_other_style_sheet_names_a_colour() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.extension().is_none_or(|kind| kind != "css") || name == "tokens.css" {
                continue;
            }
            let text = std::fs::read_to_string(path).expect("a style sheet");
            for (at, _) in text.match_indices('#') {
                let digits = text[at + 1..]
                    .chars()
                    .take_while(char::is_ascii_hexdigit)
                    .count();
                let ends = text[at + 1 + digits..].starts_with([';', ' ', ',', '}', ')', '!']);
                assert!(
                    !(matches!(digits, 3 | 4 | 6 | 8) && ends),
                    "{name}: {}",
                    &text[at..at + 8.min(text.len() - at)]
                );
            }
            for word in ["rgb(", "rgba(", "hsl(", "oklch("] {
                assert!(!text.contains(word), "{name}: {word}");
            }
            for part in text.split("var(--").skip(1) {
                let token = part.split([')', ',']).next().unwrap_or_default().trim();
                let own = text.contains(&format!("--{token}:"));
                assert!(
                    own || value(Mode::Light, token).is_some(),
                    "{name}: no token --{token}"
                );
            }
        }
    }
}
