//! The code sets of GB/T 39046-2020 annex A and the official words for them, both ways.
//!
//! Imports read the words, guides show them, exports write them: one table each, so that they agree.

use calendar::Unit;

use crate::model::{CaseType, Delivery, Limit, Necessity, ResultKind, SourceChannel};

/// 事项类型. Two digits; 11–19 and 21 up are extensions without a fixed name.
pub const ITEM_TYPES: &[(&str, &str)] = &[
    ("00", "行政权力"),
    ("01", "行政许可"),
    ("02", "行政处罚"),
    ("03", "行政强制"),
    ("04", "行政征收"),
    ("05", "行政给付"),
    ("06", "行政检查"),
    ("07", "行政确认"),
    ("08", "行政奖励"),
    ("09", "行政裁决"),
    ("10", "其他行政权力"),
    ("20", "公共服务"),
];

/// 行使层级.
pub const EXERCISE_LEVELS: &[(u8, &str)] = &[
    (1, "国家级"),
    (2, "省级"),
    (3, "市级"),
    (4, "县级"),
    (5, "镇（乡、街道）级"),
    (6, "村（社区）级"),
    (7, "分级管理"),
];

/// 服务对象.
pub const SERVICE_OBJECTS: &[(u8, &str)] = &[
    (1, "自然人"),
    (2, "企业法人"),
    (3, "事业法人"),
    (4, "社会组织法人"),
    (5, "行政机关"),
    (6, "其他组织"),
];

/// 办理形式.
pub const HANDLING_FORMS: &[(u8, &str)] = &[
    (1, "窗口办理"),
    (2, "电脑端网上办理"),
    (3, "移动端网上办理"),
    (4, "快递申请"),
    (9, "其他"),
];

/// 办件类型.
pub const CASE_TYPES: &[(CaseType, &str)] = &[
    (CaseType::Instant, "即办件"),
    (CaseType::Promised, "承诺件"),
];

/// 送达方式.
pub const DELIVERIES: &[(Delivery, &str)] = &[
    (Delivery::Window, "窗口领取"),
    (Delivery::Post, "邮寄送达"),
    (Delivery::Electronic, "电子送达"),
];

/// 材料必要性.
pub const NECESSITIES: &[(Necessity, &str)] = &[
    (Necessity::Required, "必要"),
    (Necessity::Optional, "非必要"),
    (Necessity::Deferrable, "容缺后补"),
    (Necessity::Situational, "情形必要"),
];

/// 来源渠道.
pub const SOURCE_CHANNELS: &[(SourceChannel, &str)] = &[
    (SourceChannel::Applicant, "申请人自备"),
    (SourceChannel::Government, "政府部门核发"),
    (SourceChannel::Other, "其他"),
];

/// 结果类型.
pub const RESULT_KINDS: &[(ResultKind, &str)] = &[
    (ResultKind::Certificate, "证照"),
    (ResultKind::Approval, "批文"),
    (ResultKind::Letter, "文书"),
    (ResultKind::None, "无"),
];

/// The word for a code, or `None` for one that has none.
pub fn word_of<C: PartialEq>(
    table: &'static [(C, &'static str)],
    code: &C,
) -> Option<&'static str> {
    table
        .iter()
        .find(|(known, _)| known == code)
        .map(|(_, word)| *word)
}

/// The code for a word, exactly as the table spells it.
pub fn code_of<C: Copy>(table: &'static [(C, &'static str)], word: &str) -> Option<C> {
    table
        .iter()
        .find(|(_, known)| *known == word)
        .map(|(code, _)| *code)
}

/// The name of an item type; an extension is shown by its code.
pub fn item_type(code: &str) -> String {
    ITEM_TYPES
        .iter()
        .find(|(known, _)| *known == code)
        .map_or_else(|| code.to_owned(), |(_, word)| (*word).to_owned())
}

/// Reads an item type given as two digits, as one digit, or as its name.
pub fn read_item_type(text: &str) -> Option<String> {
    if let Some((code, _)) = ITEM_TYPES.iter().find(|(_, word)| *word == text) {
        return Some((*code).to_owned());
    }
    match text {
        // What the standard calls 其他类别 appears under both names.
        "其他类别" | "其他权力" => return Some("10".to_owned()),
        _ => {}
    }
    let number: u8 = text.parse().ok()?;
    (text.len() <= 2 && number <= 99).then(|| format!("{number:02}"))
}

/// Reads an exercise level given as a digit, as its name, or by the short name of the level.
pub fn read_exercise_level(text: &str) -> Option<u8> {
    if let Ok(digit) = text.parse::<u8>() {
        return (1..=7).contains(&digit).then_some(digit);
    }
    code_of(EXERCISE_LEVELS, text).or(match text {
        "国家" => Some(1),
        "省" => Some(2),
        "市" | "设区的市级" => Some(3),
        "县" | "区级" | "县（区）级" | "区县级" => Some(4),
        "镇" | "乡" | "街道" | "镇级" | "乡级" | "街道级" | "镇(乡、街道)级" => {
            Some(5)
        }
        "村" | "社区" | "村级" | "社区级" | "村(社区)级" => Some(6),
        "分级" => Some(7),
        _ => None,
    })
}

/// A limit as people say it: `20个工作日`, or `当场办结` for none at all.
pub fn limit(limit: &Limit) -> String {
    if limit.n == 0 {
        "当场办结".to_owned()
    } else {
        format!("{}{}", limit.n, limit.unit.name())
    }
}

/// Reads a limit: `20个工作日`, `15日`, `3个月`, `2小时`, `当场办结`. The note stays empty.
pub fn read_limit(text: &str) -> Option<Limit> {
    let text = text.trim();
    if matches!(text, "当场办结" | "当场" | "即时" | "即办" | "立即办结") {
        return Some(Limit {
            n: 0,
            unit: Unit::WorkingDay,
            note: String::new(),
        });
    }
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let n: u32 = number.parse().ok().filter(|n| *n <= 100_000)?;
    let unit = match rest.trim() {
        "个工作日" | "工作日" => Unit::WorkingDay,
        "日" | "天" | "个自然日" | "自然日" | "个日历日" => Unit::Day,
        "小时" | "个小时" => Unit::Hour,
        "分钟" => Unit::Minute,
        "个月" | "月" => Unit::Month,
        "年" => Unit::Year,
        _ => return None,
    };
    Some(Limit {
        n,
        unit,
        note: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_as_they_are_written() {
        for text in [
            "20个工作日",
            "15日",
            "3个月",
            "2小时",
            "30分钟",
            "1年",
            "当场办结",
        ] {
            let read = read_limit(text).expect(text);
            assert_eq!(limit(&read), text);
        }
        for text in [
            "",
            "二十日",
            "20",
            "20个",
            "-3日",
            "999999999999日",
            "工作日",
            "2 0日",
        ] {
            assert_eq!(read_limit(text), None, "{text}");
        }
    }

    #[test]
    fn types_and_levels_read_from_words_and_digits() {
        assert_eq!(read_item_type("行政许可").as_deref(), Some("01"));
        assert_eq!(read_item_type("1").as_deref(), Some("01"));
        assert_eq!(read_item_type("20").as_deref(), Some("20"));
        assert_eq!(read_item_type("其他类别").as_deref(), Some("10"));
        assert_eq!(read_item_type("行政垄断"), None);
        assert_eq!(read_item_type("100"), None);
        assert_eq!(read_exercise_level("县级"), Some(4));
        assert_eq!(read_exercise_level("3"), Some(3));
        assert_eq!(read_exercise_level("8"), None);
    }
}
