//! Whether a bundle can be published: every message says what to change.

use super::{Bundle, ITEMS_MAX, Part, figures, order};
use crate::checks::{Finding, Severity};

/// Everything that speaks against a bundle. `parts` are its members with their items, in the bundle's order; a member
/// whose item is not published is missing there.
pub fn check(bundle: &Bundle, parts: &[Part<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut wrong = |field: String, code: &'static str, message: String| {
        found.push(Finding {
            severity: Severity::Error,
            field,
            code,
            message,
        });
    };
    if !is_key(&bundle.key) {
        let message = "标识以小写字母开头，只用小写字母、数字和下划线，最长40个字符";
        wrong("key".into(), "bundle.key", message.into());
    }
    if bundle.name.trim().is_empty() {
        wrong("name".into(), "bundle.name", "请填写名称".into());
    }
    if bundle.summary.trim().is_empty() {
        let message = "请用一两句话写明办成什么事";
        wrong("summary".into(), "bundle.summary", message.into());
    }
    if bundle.items.len() < 2 {
        let message = "一件事至少包含两个事项";
        wrong("items".into(), "bundle.few", message.into());
    }
    if bundle.items.len() > ITEMS_MAX {
        let message = format!("一件事最多包含{ITEMS_MAX}个事项");
        wrong("items".into(), "bundle.many", message);
    }
    for (place, member) in bundle.items.iter().enumerate() {
        let code = &member.base_code;
        let field = |name: &str| format!("items[{code}].{name}");
        if bundle.items[..place]
            .iter()
            .any(|other| other.base_code == *code)
        {
            let message = format!("{code}列了两次，请删去一个");
            wrong(field("base_code"), "bundle.twice", message);
        }
        let part = parts.iter().find(|part| part.member.base_code == *code);
        let Some(part) = part else {
            let message = format!("没有找到在用的事项{code}，请核对编码或者先发布这个事项");
            wrong(field("base_code"), "bundle.item", message);
            continue;
        };
        let name = &part.item.name;
        if !member.handling_item.is_empty() && part.handling().is_none() {
            let message = format!("{name}没有后缀为{}的业务办理项", member.handling_item);
            wrong(field("handling_item"), "bundle.handling", message);
        }
        let named = member.depends_on.iter();
        for other in named.chain(member.produced.iter().map(|made| &made.by)) {
            if other == code || !bundle.items.iter().any(|known| known.base_code == *other) {
                let message = format!("{name}要等的{other}不在这件事里");
                wrong(field("depends_on"), "bundle.depends", message);
            }
        }
        for made in &member.produced {
            let known = part.item.materials.iter();
            if !known.clone().any(|material| material.key == made.material) {
                let message = format!("{name}没有标识为{}的材料", made.material);
                wrong(field("produced"), "bundle.material", message);
            }
        }
        if let Some(promised) = &member.promised {
            let own = part.own_limit().map(figures::working_days);
            if own.is_some_and(|(own, _)| figures::working_days(promised).0 > own) {
                let message = format!("{name}在一件事里的承诺时限不能比单独办理更长");
                wrong(field("promised"), "bundle.promise", message);
            }
            if member.promised_reason.trim().is_empty() {
                let message = format!("请写明{name}缩短承诺时限的理由");
                wrong(field("promised_reason"), "bundle.reason", message);
            }
        }
        if part.limit().is_none() {
            let message = format!("{name}没有公布办理时限，总时限算不出来");
            wrong(field("promised"), "bundle.limit", message);
        }
    }
    if let Err(circle) = order::levels(&order::edges(parts)) {
        wrong(
            "items".into(),
            "bundle.circle",
            circle_message(parts, &circle),
        );
    }
    found
}

/// 甲 → 乙 → 甲: each must wait for the next.
pub(super) fn circle_message(parts: &[Part<'_>], circle: &[usize]) -> String {
    let names: Vec<&str> = circle
        .iter()
        .chain(circle.first())
        .map(|place| parts[*place].item.name.as_str())
        .collect();
    format!(
        "先后顺序成了一个圈：{}，请改掉其中一处",
        names.join(" 要等 ")
    )
}

fn is_key(key: &str) -> bool {
    key.len() <= 40
        && key.starts_with(|first: char| first.is_ascii_lowercase())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
