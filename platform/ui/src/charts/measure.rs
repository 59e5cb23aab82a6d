//! How wide text is, in hundredths of an em, and which labels of an axis fit beside one another.
//!
//! A chart is drawn once and shown at any width: marks stand in per cent, text in em. So labels are laid out for
//! the narrowest room and for a wide one, and nothing between the two can be tighter.

/// Hundredths of an em.
pub type Em = i64;

/// The narrowest room a chart is given: a phone of 390 px in 关怀版.
pub const NARROW: Em = 2000;
/// From here on the labels of a wide chart are shown (`@container` in `charts.css`).
pub const WIDE: Em = 4400;
/// Least space between two labels.
pub const GAP: Em = 60;

/// The width of a text; what is not known to be narrow counts as a full Chinese character.
pub fn width(text: &str) -> Em {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> Em {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 30,
        ' ' | 'f' | 'r' | 't' | 'I' | '(' | ')' | '-' | '/' => 40,
        '0'..='9' => 58,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 94,
        'A'..='Z' => 70,
        _ if c.is_ascii() => 60,
        _ => 100,
    }
}

/// The text, cut with … so that it is no wider than `room`; empty where not even one character would be left.
pub fn fit(text: &str, room: Em) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = char_width('…');
    for c in text.chars() {
        used += char_width(c);
        if used > room {
            break;
        }
        kept.push(c);
    }
    if !kept.is_empty() {
        kept.push('…');
    }
    kept
}

/// How a label stands to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    pub fn word(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

/// A label of an axis that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Which category.
    pub index: usize,
    pub text: String,
    pub anchor: Anchor,
    /// From here to there, in hundredths of an em of the given room.
    pub from: Em,
    pub to: Em,
}

/// Places for `texts` in equal slots along `room`. Names too long for their slot are cut where the slot holds
/// three characters or more; otherwise every second, third … label is shown. No two overlap.
pub fn along(texts: &[String], room: Em) -> Vec<Label> {
    let count = i64::try_from(texts.len()).unwrap_or(i64::MAX);
    if count == 0 || room <= 0 {
        return Vec::new();
    }
    let slot = room / count;
    let is_long = texts.iter().any(|text| width(text) > 600);
    let cut = is_long && slot >= 300 + GAP;
    let texts: Vec<String> = if cut {
        texts.iter().map(|text| fit(text, slot - GAP)).collect()
    } else {
        texts.iter().map(|text| fit(text, room)).collect()
    };
    (1..=texts.len())
        .map(|step| every(&texts, step, room))
        .find(|labels| {
            labels
                .windows(2)
                .all(|pair| pair[0].to + GAP <= pair[1].from)
        })
        .unwrap_or_default()
}

fn every(texts: &[String], step: usize, room: Em) -> Vec<Label> {
    let count = i64::try_from(texts.len()).unwrap_or(i64::MAX);
    (0..count)
        .zip(texts)
        .enumerate()
        .step_by(step)
        .filter(|(_, (_, text))| !text.is_empty())
        .map(|(index, (place, text))| {
            let middle = room * (2 * place + 1) / (2 * count);
            let width = width(text);
            let (anchor, from) = if middle < width / 2 {
                (Anchor::Start, 0)
            } else if middle + width / 2 > room {
                (Anchor::End, room - width)
            } else {
                (Anchor::Middle, middle - width / 2)
            };
            Label {
                index,
                text: text.clone(),
                anchor,
                from,
                to: from + width,
            }
        })
        .collect()
}

/// Moves heights apart until each is at least `gap` from the next, inside `0..=bottom` where that is possible;
/// their order stays.
pub fn apart(heights: &[Em], gap: Em, bottom: Em) -> Vec<Em> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by_key(|index| heights[*index]);
    let mut placed = heights.to_vec();
    let mut least = 0;
    for index in &order {
        placed[*index] = placed[*index].max(least);
        least = placed[*index] + gap;
    }
    let mut most = bottom;
    for index in order.iter().rev() {
        placed[*index] = placed[*index].min(most);
        most = placed[*index] - gap;
    }
    placed
}
