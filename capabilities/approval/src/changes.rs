//! What others did to a case since somebody opened it: who changed which field to what. Pure, from the trail.
//!
//! Whoever saves second is told this instead of only that they came second.

use casework::{Event, Fact};
use serde_json::{Value, json};

use crate::{
    details::{self, Delivery},
    flow::state_label,
    pages::outcome_label,
    window,
};

/// Changes that are told; the rest is a number.
const TOLD_MAX: usize = 12;
/// Characters of a value.
const VALUE_MAX: usize = 60;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What was changed, as screens call it.
    pub field: String,
    /// Who changed it to what.
    pub message: String,
}

/// The changes of these events, newest value last, each field once with its newest value.
pub fn since(events: &[Event]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for event in events {
        for fact in &event.facts {
            let Some((field, value)) = told(fact) else {
                continue;
            };
            let message = format!("{}改为：{value}", event.actor.shown());
            match changes.iter_mut().find(|known| known.field == field) {
                Some(known) => known.message = message,
                None => changes.push(Change { field, message }),
            }
        }
    }
    changes.truncate(TOLD_MAX);
    changes
}

fn told(fact: &Fact) -> Option<(String, String)> {
    let of = |field: &str, value: String| Some((field.to_owned(), value));
    match fact {
        Fact::Moved { to } => of("状态", state_label(to).to_owned()),
        Fact::TaskAssigned { staff, .. } => of(
            "领办人",
            if staff.is_some() {
                "有人领办"
            } else {
                "无人领办"
            }
            .to_owned(),
        ),
        Fact::Noted { key, value } => {
            let field = label(key)?;
            of(field, words(value))
        }
        Fact::Decided { outcome } => of("处理结果", outcome_label(&outcome.code).to_owned()),
        Fact::ClockPaused { .. } => of("期限", "停止计时".to_owned()),
        Fact::ClockResumed { .. } => of("期限", "恢复计时".to_owned()),
        Fact::ClockExtended { .. } => of("期限", "已延长".to_owned()),
        _ => None,
    }
}

/// What a detail is called on screens; none for what screens do not show.
fn label(key: &str) -> Option<&'static str> {
    Some(match key {
        details::FORM => "申请表",
        details::MATERIALS => "申请材料",
        details::CORRECTION => "补正告知",
        details::ACCEPTANCE => "受理",
        details::DECISION => "决定",
        details::DELIVERY_WISH => "送达方式",
        details::DELIVERED => "送达",
        details::NOT_ACCEPTED => "不予受理",
        window::ESCALATIONS => "窗口上报",
        window::PRIORITY => "绿色通道",
        window::originals::ORIGINALS => "原件",
        window::handover::TRANSFER => "移交",
        _ => return None,
    })
}

/// A value in a few words.
fn words(value: &Value) -> String {
    let text = match value {
        Value::Null => "空".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => format!("共{}项", values.len()),
        Value::Object(members) => {
            let named = [
                "doc_no", "opinion", "reason", "method", "revision", "ground",
            ]
            .into_iter()
            .filter_map(|name| members.get(name))
            .find(|value| value.as_str() != Some(""));
            match named {
                Some(Value::String(text)) => {
                    let method: Result<Delivery, _> = serde_json::from_value(json!(text));
                    method.map_or_else(|_| text.clone(), |method| method.label().to_owned())
                }
                Some(other) => other.to_string(),
                None => "新的内容".to_owned(),
            }
        }
        other => other.to_string(),
    };
    base::text::shorten(&text, VALUE_MAX)
}

#[cfg(test)]
mod tests {
    use casework::event::{ActorKind, ActorRef};

    use super::*;

    fn event(seq: i64, by: &str, facts: Vec<Fact>) -> Event {
        Event {
            seq,
            at: "2026-05-21T02:20:00Z".parse().expect("an instant"),
            actor: ActorRef {
                kind: ActorKind::Staff,
                name: by.to_owned(),
                account: None,
                party: None,
                acting_for: None,
                acting_for_name: None,
                staff: None,
                org: None,
                deputy_for: None,
            },
            command: "accept".to_owned(),
            remark: String::new(),
            facts,
        }
    }

    #[test]
    fn each_field_is_told_once_with_its_newest_value_and_who() {
        let moved = |to: &str| Fact::Moved { to: to.to_owned() };
        let noted = |key: &str, value: Value| Fact::Noted {
            key: key.to_owned(),
            value,
        };
        let changes = since(&[
            event(2, "陈静", vec![moved("correcting")]),
            event(
                3,
                "赵磊",
                vec![
                    moved("accepted"),
                    noted(details::MATERIALS, json!([1, 2])),
                    noted(details::DELIVERED, json!({ "method": "electronic" })),
                    noted(details::DECISION, json!({ "doc_no": "", "opinion": "" })),
                    noted("unshown", json!("x")),
                ],
            ),
        ]);
        let told: Vec<(&str, &str)> = changes
            .iter()
            .map(|change| (change.field.as_str(), change.message.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("状态", "赵磊改为：审查中"),
                ("申请材料", "赵磊改为：共2项"),
                ("送达", "赵磊改为：电子送达"),
                ("决定", "赵磊改为：新的内容"),
            ]
        );
    }
}
