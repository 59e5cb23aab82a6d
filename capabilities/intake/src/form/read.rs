//! From what was typed to JSON: widths folded, blanks tidied, dates and amounts in any usual writing. Nothing is
//! corrected; what does not fit keeps its words and gets a sentence.

use base::money::{Fen, MoneyError};
use base::text::{fold_width, normalise_code, paragraphs, single_line};
use catalog::form::is_nested;
use catalog::model::{Field, FieldKind, Form};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::typed::{row_name, rows_typed};
use super::{Answers, TYPED_BYTES_MAX, Typed, Wrong};
use crate::said::Said;

/// Reads all answers of a form. Wrong ones are left out of the answers.
pub fn read(form: &Form, typed: &Typed) -> (Answers, Vec<Wrong>) {
    read_fields(form.fields(), typed)
}

/// Reads some fields' answers.
pub fn read_fields<'a>(
    fields: impl Iterator<Item = &'a Field>,
    typed: &Typed,
) -> (Answers, Vec<Wrong>) {
    let mut answers = Answers::new();
    let mut wrong = Vec::new();
    for field in fields {
        if let Some(value) = read_at(field, &field.key, typed, &mut wrong) {
            answers.insert(field.key.clone(), value);
        }
    }
    (answers, wrong)
}

/// The answer typed under a name; what is wrong with it is named by its control.
fn read_at(field: &Field, name: &str, typed: &Typed, wrong: &mut Vec<Wrong>) -> Option<Value> {
    if is_nested(field.kind) {
        return read_nested(field, name, typed, wrong);
    }
    let texts = typed.get(name).map_or(&[][..], Vec::as_slice);
    read_one(field, texts).unwrap_or_else(|said| {
        wrong.push(Wrong::new(name, said));
        None
    })
}

fn read_nested(field: &Field, name: &str, typed: &Typed, wrong: &mut Vec<Wrong>) -> Option<Value> {
    let text = |part: &str| {
        let texts = typed.get(&format!("{name}{part}"))?;
        texts.first().map(String::as_str)
    };
    match field.kind {
        FieldKind::RegionAddress => {
            let (region, street) = (text("-region"), text("-street"));
            // The page proposes a region: alone it is no answer to what need not be answered.
            if street.is_none() && (region.is_none() || !field.required) {
                return None;
            }
            let parts = [("region", region), ("street", street)];
            Some(Value::Object(
                parts
                    .into_iter()
                    .filter_map(|(key, text)| Some((key.to_owned(), text?.into())))
                    .collect(),
            ))
        }
        FieldKind::File => text("").map(|digest| json!({ "digest": digest })),
        FieldKind::Signature => {
            if let Some(digest) = text("") {
                return Some(json!({ "image": { "digest": digest } }));
            }
            let sure = text("-sure").is_some_and(is_yes);
            match text("-name") {
                None if !sure => None,
                None => Some(json!({ "confirmed": true })),
                Some(name) if sure => Some(json!({ "name": name, "confirmed": true })),
                Some(name) => Some(json!({ "name": name })),
            }
        }
        _ => {
            let rows: Vec<Value> = (0..rows_typed(typed, name))
                .map(|at| {
                    let row: Map<String, Value> = field
                        .fields
                        .iter()
                        .filter_map(|inner| {
                            let name = row_name(name, at, &inner.key);
                            let value = read_at(inner, &name, typed, wrong)?;
                            Some((inner.key.clone(), value))
                        })
                        .collect();
                    Value::Object(row)
                })
                .collect();
            (!rows.is_empty()).then_some(Value::Array(rows))
        }
    }
}

fn is_yes(text: &str) -> bool {
    matches!(text, "1" | "on" | "true" | "yes")
}

/// Tidies a typed answer for keeping: the form in which it is shown again.
pub fn normalise(kind: FieldKind, text: &str) -> String {
    let mut tidy = match kind {
        FieldKind::LongText => paragraphs(text),
        FieldKind::CitizenId | FieldKind::Uscc | FieldKind::BankCard => normalise_code(text),
        FieldKind::Phone
        | FieldKind::Email
        | FieldKind::Number
        | FieldKind::Amount
        | FieldKind::Date => single_line(&fold_width(text)),
        FieldKind::Text
        | FieldKind::Address
        | FieldKind::Choice
        | FieldKind::Choices
        | FieldKind::Confirm
        | FieldKind::RegionAddress
        | FieldKind::Group
        | FieldKind::Table
        | FieldKind::File
        | FieldKind::Signature => single_line(text),
    };
    if tidy.len() > TYPED_BYTES_MAX {
        let cut = (0..=TYPED_BYTES_MAX)
            .rev()
            .find(|at| tidy.is_char_boundary(*at))
            .unwrap_or(0);
        tidy.truncate(cut);
    }
    tidy
}

/// `None` for an answer that was not given; whether it had to be is [`super::check`]'s question.
fn read_one(field: &Field, texts: &[String]) -> Result<Option<Value>, Said> {
    if field.kind == FieldKind::Choices {
        let mut chosen: Vec<String> = Vec::new();
        for text in texts {
            let text = normalise(field.kind, text);
            if !text.is_empty() && !chosen.contains(&text) {
                chosen.push(text);
            }
        }
        return Ok((!chosen.is_empty()).then(|| chosen.into()));
    }
    let text = normalise(field.kind, texts.first().map_or("", String::as_str));
    if text.is_empty() {
        return Ok(None);
    }
    let value = match field.kind {
        FieldKind::Date => Value::from(date(&text)?.to_string()),
        FieldKind::Amount => Value::from(amount(&text)?),
        FieldKind::Number => Value::from(number(&text)?),
        FieldKind::Confirm => Value::from(is_yes(&text)),
        FieldKind::Phone => {
            Value::from(people::party::check_phone(&text).map_err(|_| phone_said(&text))?)
        }
        FieldKind::BankCard => Value::from(text.replace('-', "")),
        FieldKind::Email => Value::from(text.replace(' ', "")),
        _ => Value::from(text),
    };
    Ok(Some(value))
}

/// 2026-05-21, 2026/5/21, 2026.5.21, 2026年5月21日, 20260521, `2026 5 21`.
fn date(text: &str) -> Result<Date, Said> {
    let parts: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    let (year, month, day) = match parts.as_slice() {
        [whole] if whole.len() == 8 => (&whole[..4], &whole[4..6], &whole[6..]),
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        _ => return Err(Said::plain("请按年、月、日填写，例如2026-05-21")),
    };
    let built = (|| Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok())();
    built.ok_or_else(|| Said::plain("没有这一天，请核对年、月、日"))
}

fn amount(text: &str) -> Result<i64, Said> {
    text.parse::<Fen>()
        .map(|fen| fen.0)
        .map_err(|error| match error {
            MoneyError::Format => Said::plain("请输入金额，单位元，例如1234.50"),
            MoneyError::Decimals => Said::plain("金额最多两位小数（精确到分）"),
            MoneyError::TooLarge => Said::plain("金额过大，请核对单位是不是元"),
        })
}

fn number(text: &str) -> Result<i64, Said> {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ',' | ' ' | '，'))
        .collect();
    if digits.parse::<f64>().is_ok_and(f64::is_finite) && digits.contains('.') {
        return Err(Said::plain("请输入整数，不带小数"));
    }
    digits
        .parse()
        .map_err(|_| Said::plain("请输入整数，只填数字"))
}

/// Says how many digits are missing where that is the trouble.
pub fn phone_said(text: &str) -> Said {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let only_digits = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '-' | ' ' | '+'));
    if only_digits && text.starts_with('1') && digits != 11 {
        Said::plain("请输入11位手机号码，您输入了{n}位").with("n", digits)
    } else {
        Said::plain("请输入11位手机号码，或者带区号的固定电话")
    }
}
