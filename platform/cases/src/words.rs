//! The characters of a text as one number, so that a search passes over most rows without reading their text.
//!
//! Every character sets one of 64 bits. A text holds a wanted word only if it has every bit of the word, so a
//! row without one of them is left after one look at a number; a row with all of them is then read and compared.

/// The bits of the characters of some texts; texts looked through together are marked together.
///
/// ```
/// let stored = tongban_cases::words::marks(&["云川江畔餐饮有限公司", "食品经营许可新办"]);
/// let wanted = tongban_cases::words::marks(&["江畔"]);
/// assert_eq!(stored & wanted, wanted);
/// ```
pub fn marks(texts: &[&str]) -> i64 {
    texts
        .iter()
        .flat_map(|text| text.chars())
        .fold(0, |marks, sign| marks | bit(sign))
}

/// Spread by the golden ratio: neighbours in Unicode are often neighbours in names.
fn bit(sign: char) -> i64 {
    1 << (u32::from(sign).wrapping_mul(0x9E37_79B1) >> 26)
}

#[cfg(test)]
mod tests {
    use super::marks;

    #[test]
    fn a_part_has_no_mark_the_whole_lacks() {
        let whole = "云川区江畔人家餐饮有限公司食品经营许可新办ABC-12";
        let signs: Vec<char> = whole.chars().collect();
        for from in 0..signs.len() {
            for to in from..=signs.len() {
                let part: String = signs[from..to].iter().collect();
                assert_eq!(marks(&[whole]) & marks(&[&part]), marks(&[&part]), "{part}");
            }
        }
    }

    #[test]
    fn most_names_are_passed_over() {
        let stored = marks(&["林晓梅", "食品经营许可新办"]);
        let others = [
            "周建国",
            "陈思远",
            "郑玉珍",
            "龙鹏",
            "成莹",
            "袁秀荣",
            "葛桂兰",
            "罗建勇",
        ];
        let passed = others
            .iter()
            .filter(|name| stored & marks(&[name]) != marks(&[name]))
            .count();
        assert!(passed >= 7, "{passed} of {}", others.len());
    }
}
