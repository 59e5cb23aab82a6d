//! Answers to any form, such as somebody would give who fills in every field.

use base::codes::{CitizenId, Uscc};
use catalog::form::max_length;
use catalog::model::{Field, FieldKind, Form};
use jiff::civil::date;
use serde_json::{Map, Value, json};

/// What somebody writes where there is room.
const SENTENCES: &str = "本人承诺所填内容真实、准确、完整，与所附材料一致。经营场所位于云川区文化路一段，\
    面积八十六平方米，已与产权人签订三年租赁合同，场所内配备消防设施，平日营业至晚上九点。";

/// One answer for each field that anybody can give: no uploads, no signatures.
pub(crate) fn of(form: &Form) -> Map<String, Value> {
    form.fields()
        .filter(|field| !matches!(field.kind, FieldKind::File | FieldKind::Signature))
        .map(|field| (field.key.clone(), answer(field)))
        .collect()
}

fn answer(field: &Field) -> Value {
    match field.kind {
        FieldKind::Text => json!(cut("云川百味小吃店", field)),
        FieldKind::LongText => json!(cut(SENTENCES, field)),
        FieldKind::CitizenId => {
            let id = CitizenId::compose(990_102, date(1986, 3, 15), 27);
            json!(id.expect("seventeen digits").as_str())
        }
        FieldKind::Uscc => {
            let uscc = Uscc::compose("91990102MA0000001").expect("seventeen permitted signs");
            json!(uscc.as_str())
        }
        FieldKind::Phone => json!("19909901234"),
        FieldKind::Address => json!(cut("云岭省云川市云川区文化路一段86号", field)),
        FieldKind::Date => json!("2026-03-02"),
        FieldKind::Amount | FieldKind::Number => {
            let least = field.min.unwrap_or(1).max(1);
            json!(field.max.map_or(least, |most| least.min(most)))
        }
        FieldKind::Choice => json!(first(field)),
        FieldKind::Choices => json!([first(field)]),
        FieldKind::BankCard => json!("6217990100001234567"),
        FieldKind::Email => json!("wang@yunchuan.example"),
        FieldKind::Confirm => json!(true),
        FieldKind::RegionAddress => json!({ "region": "990102001", "street": "滨江大道12号" }),
        FieldKind::Group | FieldKind::Table => {
            let row: Map<String, Value> = field
                .fields
                .iter()
                .filter(|inner| inner.kind != FieldKind::File)
                .map(|inner| (inner.key.clone(), answer(inner)))
                .collect();
            json!([row])
        }
        FieldKind::File | FieldKind::Signature => Value::Null,
    }
}

fn first(field: &Field) -> &str {
    field
        .options
        .first()
        .map_or("", |option| option.value.as_str())
}

fn cut(text: &str, field: &Field) -> String {
    text.chars().take(usize::from(max_length(field))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_answered_within_its_bounds() {
        let field = |kind| Field {
            key: "a".to_owned(),
            kind,
            max_length: 3,
            min: Some(5),
            max: Some(9),
            options: vec![catalog::model::Choice {
                value: "yes".to_owned(),
                ..catalog::model::Choice::default()
            }],
            ..Field::default()
        };
        assert_eq!(answer(&field(FieldKind::Text)), json!("云川百"));
        assert_eq!(answer(&field(FieldKind::Number)), json!(5));
        assert_eq!(answer(&field(FieldKind::Choices)), json!(["yes"]));
        let today = date(2026, 6, 1);
        let id = answer(&field(FieldKind::CitizenId));
        assert!(CitizenId::parse(id.as_str().unwrap_or_default(), today).is_ok());
        let uscc = answer(&field(FieldKind::Uscc));
        assert!(Uscc::parse(uscc.as_str().unwrap_or_default()).is_ok());
    }
}
