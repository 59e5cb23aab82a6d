//! Plain text as people type it: folding full-width signs, tidying blanks, counting what a reader
//! sees, and limits. Nothing is corrected beyond that.

use std::fmt;

/// Full-width letters, digits and signs (U+FF01–U+FF5E) and the ideographic space to their
/// half-width forms; everything else stays.
pub fn fold_width(input: &str) -> String {
    input
        .chars()
        .map(|c| match c {
            '\u{3000}' => ' ',
            '\u{FF01}'..='\u{FF5E}' => {
                char::from_u32(c as u32 - 0xFEE0).expect("FF01–FF5E map onto 21–7E")
            }
            other => other,
        })
        .collect()
}

/// The form official codes are compared in: half-width, no white space, ASCII letters in upper
/// case. A wrong character stays wrong.
pub fn normalise_code(input: &str) -> String {
    fold_width(input)
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// One line: control characters out, runs of white space to one blank, trimmed.
pub fn single_line(input: &str) -> String {
    let mut out = String::with_capacity(input.len());
    for word in input.split(|c: char| c.is_whitespace() || c.is_control()) {
        let clean: String = word.chars().filter(|&c| !is_invisible_control(c)).collect();
        if clean.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&clean);
    }
    out
}

/// Several lines: line ends become `\n`, other control characters go, blanks at line ends go,
/// more than one empty line becomes one.
pub fn paragraphs(input: &str) -> String {
    let unified = input.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(unified.len());
    let mut empty = 0;
    for line in unified.split('\n') {
        let clean: String = line
            .chars()
            .filter(|&c| (c == '\t' || !c.is_control()) && !is_invisible_control(c))
            .collect();
        let clean = clean.trim_end();
        if clean.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(clean);
    }
    out
}

/// Marks that change the direction or hide in text and serve to deceive a reader.
fn is_invisible_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{200B}')
}

/// Characters as a reader counts them: combining marks, variation selectors, skin tones and
/// joined emoji do not count on their own.
pub fn visible_len(input: &str) -> usize {
    let mut count = 0;
    let mut joined = false;
    for c in input.chars() {
        let attaches = matches!(
            c,
            '\u{0300}'..='\u{036F}'
                | '\u{20D0}'..='\u{20FF}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{1F3FB}'..='\u{1F3FF}'
                | '\u{E0100}'..='\u{E01EF}'
                | '\u{200D}'
        );
        if !attaches && !joined {
            count += 1;
        }
        joined = c == '\u{200D}';
    }
    count
}

/// The first `max` characters as a reader counts them, with `…` when something was cut.
pub fn shorten(input: &str, max: usize) -> String {
    if visible_len(input) <= max {
        return input.to_owned();
    }
    let mut out = String::new();
    for c in input.chars() {
        out.push(c);
        if visible_len(&out) >= max {
            out.pop();
            break;
        }
    }
    out.push('…');
    out
}

/// How long a text may be, in characters as a reader counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimit {
    pub min: usize,
    pub max: usize,
}

/// The text is too short or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthError {
    Empty,
    Short { min: usize, actual: usize },
    Long { max: usize, actual: usize },
}

impl TextLimit {
    pub const NAME: TextLimit = TextLimit { min: 1, max: 100 };
    pub const LINE: TextLimit = TextLimit { min: 1, max: 200 };
    pub const REASON: TextLimit = TextLimit { min: 1, max: 1000 };
    pub const BODY: TextLimit = TextLimit {
        min: 0,
        max: 10_000,
    };

    pub fn check(self, input: &str) -> Result<(), LengthError> {
        // Whoever stacks marks on one character still sends bytes: 16 for each is generous.
        let actual = visible_len(input).max(input.len() / 16);
        if actual == 0 && self.min > 0 {
            Err(LengthError::Empty)
        } else if actual < self.min {
            Err(LengthError::Short {
                min: self.min,
                actual,
            })
        } else if actual > self.max {
            Err(LengthError::Long {
                max: self.max,
                actual,
            })
        } else {
            Ok(())
        }
    }
}

impl std::error::Error for LengthError {}

impl fmt::Display for LengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("请填写内容"),
            Self::Short { min, actual } => write!(f, "请至少填写 {min} 个字，现在是 {actual} 个字"),
            Self::Long { max, actual } => write!(f, "请不要超过 {max} 个字，现在是 {actual} 个字"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folds_width_and_case_and_nothing_else() {
        assert_eq!(fold_width("１２Ａ－（甲）　x"), "12A-(甲) x");
        assert_eq!(
            normalise_code(" 1101 05１9491231002x\t"),
            "11010519491231002X"
        );
        assert_eq!(normalise_code("ıſ"), "ıſ");
    }

    #[test]
    fn tidies_lines() {
        assert_eq!(
            single_line("  云川市\u{0}\n\t 临江区\u{202E}  "),
            "云川市 临江区"
        );
        assert_eq!(paragraphs("甲 \r\n乙\r\r\r丙\u{7}\n\n"), "甲\n乙\n\n丙");
    }

    #[test]
    fn counts_as_a_reader_does() {
        assert_eq!(visible_len("陈薇"), 2);
        assert_eq!(visible_len("e\u{301}"), 1);
        assert_eq!(visible_len("👩\u{200D}👩\u{200D}👧"), 1);
        assert_eq!(visible_len("𠮷"), 1);
        assert_eq!(shorten("云川市临江区", 4), "云川市…");
        assert_eq!(shorten("云川市", 3), "云川市");
    }

    #[test]
    fn limits_say_what_to_do() {
        assert_eq!(TextLimit::NAME.check(""), Err(LengthError::Empty));
        assert_eq!(TextLimit::NAME.check("陈薇"), Ok(()));
        let long = "长".repeat(101);
        assert_eq!(
            TextLimit::NAME
                .check(&long)
                .expect_err("too long")
                .to_string(),
            "请不要超过 100 个字，现在是 101 个字"
        );
        let stacked = format!("a{}", "\u{301}".repeat(10_000));
        assert!(TextLimit::NAME.check(&stacked).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_tidied_once(text in any::<String>()) {
            let line = single_line(&text);
            prop_assert_eq!(single_line(&line), line.clone());
            let body = paragraphs(&text);
            prop_assert_eq!(paragraphs(&body), body.clone());
            prop_assert!(visible_len(&shorten(&text, 5)) <= 5);
        }
    }
}
