//! Tidying a question and a name into the form they are compared in.

use base::text::fold_width;

use super::simplified::simplify;

/// Half-width, simplified, lower case, without blanks and punctuation.
pub fn normalise(text: &str) -> String {
    fold_width(text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .map(simplify)
        .collect()
}

/// What stands before the thing itself in a question.
const BEFORE: &[&str] = &[
    "请问",
    "我想要",
    "我要",
    "我想",
    "想要",
    "我家",
    "怎么",
    "怎样",
    "如何",
    "哪里可以",
    "哪里",
    "在哪",
    "去哪",
    "申请办理",
    "办理",
    "申请",
    "申领",
    "办个",
    "办一个",
    "办",
];

/// What stands after it.
const AFTER: &[&str] = &[
    "怎么办理",
    "怎么申请",
    "怎么弄",
    "怎么办",
    "如何办理",
    "需要什么材料",
    "要什么材料",
    "需要哪些材料",
    "什么材料",
    "办理流程",
    "的流程",
    "流程",
    "去哪里办",
    "去哪办",
    "在哪办",
    "哪里办",
    "多少钱",
    "要多久",
    "怎么领",
    "如何申请",
    "吗",
    "呢",
];

/// The thing itself: without “我要”, “怎么办理” and the like, as long as two characters are left.
pub fn essence(question: &str) -> &str {
    let mut rest = question;
    loop {
        let shorter = BEFORE
            .iter()
            .find_map(|word| rest.strip_prefix(word))
            .or_else(|| AFTER.iter().find_map(|word| rest.strip_suffix(word)));
        match shorter {
            Some(shorter) if shorter.chars().nth(1).is_some() => rest = shorter,
            _ => return rest,
        }
    }
}

/// Whether the question is written in letters: pinyin, or an abbreviation.
pub fn is_latin(question: &str) -> bool {
    question.bytes().all(|b| b.is_ascii_alphanumeric())
        && question.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_lose_what_is_not_the_thing() {
        for (question, thing) in [
            ("我要开饭店", "开饭店"),
            ("请问怎么办理结婚证？", "结婚证"),
            ("低保怎么申请", "低保"),
            ("办身份证", "身份证"),
            ("办税", "办税"),
            ("我要", "我要"),
            ("老人补贴", "老人补贴"),
        ] {
            assert_eq!(essence(&normalise(question)), thing, "{question}");
        }
    }

    #[test]
    fn width_case_and_punctuation_do_not_matter() {
        assert_eq!(
            normalise(" 《出生医学证明》　ＥＴＣ办理！"),
            "出生医学证明etc办理"
        );
        assert_eq!(normalise("！？ 。"), "");
        assert!(is_latin("jhdj"));
        assert!(!is_latin("结婚"));
        assert!(!is_latin("123"));
    }
}
