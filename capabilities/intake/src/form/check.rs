//! Whether answers fit their form: our own sentences first, then the schema.

use base::codes::{CitizenId, CitizenIdError, Uscc, UsccError};
use base::money::Fen;
use base::text::visible_len;
use catalog::form::{ROWS_MAX, STREET_LENGTH, is_nested, max_length, rule};
use catalog::model::{Field, FieldKind, Form};
use jiff::civil::Date;
use jsonschema::{Validator, error::ValidationErrorKind};
use serde_json::Value;

use super::typed::{base_key, row_name};
use super::{Answers, Wrong, read::phone_said};
use crate::said::Said;

/// Everything wrong with a whole set of answers, in the order of the form, one sentence per field.
///
/// `today` is for birth dates. Empty when the answers may be filed.
pub fn check(form: &Form, validator: &Validator, answers: &Answers, today: Date) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for field in form.fields() {
        check_at(
            field,
            &field.key,
            answers.get(&field.key),
            today,
            &mut wrong,
        );
    }
    let whole = Value::Object(answers.clone());
    if validator.is_valid(&whole) {
        return wrong;
    }
    for error in validator.iter_errors(&whole) {
        for path in named(&error) {
            let key = base_key(&path);
            let field = form.field(key);
            // A sentence about a part says more than one about the whole.
            let said_already = |known: &Wrong| {
                known.field == path
                    || (field.is_some() && known.field.starts_with(&format!("{path}-")))
                    || (field.is_some() && path.starts_with(&format!("{}-", known.field)))
            };
            if wrong.iter().any(said_already) {
                continue;
            }
            let said = match field {
                Some(field) => Said::plain(rule(field.kind).says),
                None => Said::plain("表单中没有这一项"),
            };
            wrong.push(Wrong::new(&path, said));
        }
    }
    wrong
}

/// Which controls a schema error is about: the parts of its place in the answers, with hyphens between.
fn named(error: &jsonschema::ValidationError<'_>) -> Vec<String> {
    let path = error.instance_path().to_string();
    let parts: Vec<String> = path
        .split('/')
        .skip(1)
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    let below = |member: &str| {
        let mut all = parts.clone();
        all.push(member.to_owned());
        all.join("-")
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|member| below(member)).collect()
        }
        ValidationErrorKind::Required { property } => {
            vec![below(property.as_str().unwrap_or_default())]
        }
        _ => vec![parts.join("-")],
    }
}

/// Checks an answer and everything in it.
fn check_at(field: &Field, name: &str, value: Option<&Value>, today: Date, wrong: &mut Vec<Wrong>) {
    match (field.kind, value.filter(|value| !is_blank(value))) {
        (FieldKind::Group | FieldKind::Table, Some(Value::Array(rows))) => {
            check_rows(field, name, rows, today, wrong);
        }
        (FieldKind::RegionAddress, Some(Value::Object(members))) => {
            let given = |key: &str| members.get(key).and_then(Value::as_str).unwrap_or_default();
            if given("region").is_empty() {
                let said = Said::plain("请选择“{label}”所在的省、市、区县、街道");
                wrong.push(Wrong::new(
                    &format!("{name}-region"),
                    said.with("label", &field.label),
                ));
            }
            let street = given("street").trim().chars().count();
            if street == 0 {
                let said = Said::plain("请填写“{label}”的路名和门牌号");
                wrong.push(Wrong::new(
                    &format!("{name}-street"),
                    said.with("label", &field.label),
                ));
            } else if street > usize::from(STREET_LENGTH) {
                let said = Said::plain("最多{max}个字，您输入了{n}个字");
                wrong.push(Wrong::new(
                    &format!("{name}-street"),
                    said.with("max", STREET_LENGTH).with("n", street),
                ));
            }
        }
        (FieldKind::Signature, Some(Value::Object(members))) if !members.contains_key("image") => {
            let typed = members.get("name").and_then(Value::as_str);
            if typed.is_none_or(|name| name.trim().is_empty()) {
                wrong.push(Wrong::new(
                    &format!("{name}-name"),
                    Said::plain("请输入申请人的全名，或者手写签名"),
                ));
            }
            if members.get("confirmed") != Some(&Value::Bool(true)) {
                wrong.push(Wrong::new(
                    &format!("{name}-sure"),
                    Said::plain("请勾选“本人确认”后继续"),
                ));
            }
        }
        (FieldKind::File | FieldKind::Signature, Some(Value::Object(_))) => {}
        (_, value) => {
            if let Err(said) = check_one(field, value, today) {
                wrong.push(Wrong::new(name, said));
            }
        }
    }
}

fn check_rows(field: &Field, name: &str, rows: &[Value], today: Date, wrong: &mut Vec<Wrong>) {
    let (fewest, most) = catalog::form::rows(field);
    if rows.len() < fewest {
        let said = Said::plain("“{label}”至少填{min}项，现在有{n}项");
        let said = said.with("label", &field.label).with("min", fewest);
        wrong.push(Wrong::new(name, said.with("n", rows.len())));
    }
    if rows.len() > most {
        let said = Said::plain("“{label}”最多{max}项，现在有{n}项，请删除多余的");
        let said = said.with("label", &field.label).with("max", most);
        wrong.push(Wrong::new(name, said.with("n", rows.len())));
    }
    for (at, row) in rows.iter().enumerate().take(ROWS_MAX) {
        let Value::Object(members) = row else {
            let said = Said::plain(rule(field.kind).says);
            wrong.push(Wrong::new(&format!("{name}-{at}"), said));
            continue;
        };
        for inner in &field.fields {
            let name = row_name(name, at, &inner.key);
            check_at(inner, &name, members.get(&inner.key), today, wrong);
        }
    }
}

fn check_one(field: &Field, value: Option<&Value>, today: Date) -> Result<(), Said> {
    let Some(value) = value.filter(|value| !is_blank(value)) else {
        return if field.required {
            Err(missing(field))
        } else {
            Ok(())
        };
    };
    let wrong_type = || Said::plain(rule(field.kind).says);
    match field.kind {
        // What has the right shape is checked part by part.
        kind if is_nested(kind) => Err(wrong_type()),
        FieldKind::Amount | FieldKind::Number => {
            let number = value.as_i64().ok_or_else(wrong_type)?;
            in_bounds(field, number)
        }
        FieldKind::Confirm => match value.as_bool() {
            Some(true) => Ok(()),
            Some(false) if !field.required => Ok(()),
            Some(false) => Err(missing(field)),
            None => Err(wrong_type()),
        },
        FieldKind::Choices => {
            let chosen = value.as_array().ok_or_else(wrong_type)?;
            chosen
                .iter()
                .try_for_each(|one| one_of(field, one.as_str()))
        }
        FieldKind::Choice => one_of(field, value.as_str()),
        _ => {
            let text = value.as_str().ok_or_else(wrong_type)?;
            text_fits(field, text, today)
        }
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// What to do about an answer that was not given.
fn missing(field: &Field) -> Said {
    match field.kind {
        FieldKind::Choice => Said::plain("请选择“{label}”").with("label", &field.label),
        FieldKind::Choices => {
            Said::plain("请在“{label}”中至少选择一项").with("label", &field.label)
        }
        FieldKind::Confirm => Said::plain("请勾选“{label}”后继续").with("label", &field.label),
        FieldKind::Group | FieldKind::Table => {
            Said::plain("请在“{label}”中至少填一项").with("label", &field.label)
        }
        FieldKind::File => Said::plain("请上传“{label}”").with("label", &field.label),
        FieldKind::Signature => Said::plain("请在“{label}”处手写签名，或者输入姓名并勾选本人确认")
            .with("label", &field.label),
        _ => Said::plain("请填写“{label}”").with("label", &field.label),
    }
}

/// Whether a chosen value is still among the options; anything that is not a choice fits.
pub fn fits_options(field: &Field, value: &Value) -> bool {
    let known = |value: &Value| {
        field
            .options
            .iter()
            .any(|option| value.as_str() == Some(option.value.as_str()))
    };
    match (field.kind, value) {
        (FieldKind::Choice, value) => known(value),
        (FieldKind::Choices, Value::Array(values)) => values.iter().all(known),
        (FieldKind::Group | FieldKind::Table, Value::Array(rows)) => rows.iter().all(|row| {
            field.fields.iter().all(|inner| {
                row.get(&inner.key)
                    .is_none_or(|value| fits_options(inner, value))
            })
        }),
        _ => true,
    }
}

fn one_of(field: &Field, value: Option<&str>) -> Result<(), Said> {
    let known = value.is_some_and(|value| field.options.iter().any(|option| option.value == value));
    if known {
        Ok(())
    } else {
        Err(Said::plain("请从“{label}”的选项中选择").with("label", &field.label))
    }
}

fn in_bounds(field: &Field, number: i64) -> Result<(), Said> {
    let shown = |bound: i64| match field.kind {
        FieldKind::Amount => Fen(bound).plain(),
        _ => bound.to_string(),
    };
    match (field.min, field.max) {
        (Some(min), _) if number < min => {
            Err(Said::plain("不能小于{min}，请核对").with("min", shown(min)))
        }
        (_, Some(max)) if number > max => {
            Err(Said::plain("不能大于{max}，请核对").with("max", shown(max)))
        }
        _ => Ok(()),
    }
}

fn text_fits(field: &Field, text: &str, today: Date) -> Result<(), Said> {
    match field.kind {
        FieldKind::CitizenId => CitizenId::parse(text, today)
            .map(drop)
            .map_err(|error| citizen_id_said(&error)),
        FieldKind::Uscc => Uscc::parse(text)
            .map(drop)
            .map_err(|error| uscc_said(&error)),
        FieldKind::Phone => people::party::check_phone(text)
            .map(drop)
            .map_err(|_| phone_said(text)),
        FieldKind::Date => text
            .parse::<Date>()
            .map(drop)
            .map_err(|_| Said::plain("请按年、月、日填写，例如2026-05-21")),
        FieldKind::BankCard => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            if digits != text.chars().count() {
                Err(Said::plain("请输入16至19位银行卡号，只填数字"))
            } else if !(16..=19).contains(&digits) {
                Err(Said::plain("请输入16至19位银行卡号，您输入了{n}位").with("n", digits))
            } else {
                Ok(())
            }
        }
        FieldKind::Email => {
            let well_formed = text.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty()
                    && host.contains('.')
                    && !host.starts_with('.')
                    && !host.ends_with('.')
            });
            if well_formed && text.len() <= 254 {
                Ok(())
            } else {
                Err(Said::plain("请输入邮箱地址，例如name@example.cn"))
            }
        }
        FieldKind::Address if visible_len(text) < 4 => {
            Err(Said::plain("请写明所在区县、街道和门牌号"))
        }
        _ => {
            // The schema counts code points; what a reader counts is never more.
            let max = usize::from(max_length(field));
            let actual = text.chars().count();
            if actual > max {
                Err(Said::plain("最多{max}个字，您输入了{n}个字")
                    .with("max", max)
                    .with("n", actual))
            } else {
                Ok(())
            }
        }
    }
}

/// GB 11643 errors, each with what to do.
pub fn citizen_id_said(error: &CitizenIdError) -> Said {
    match error {
        CitizenIdError::Length { actual } => {
            Said::plain("请输入18位身份证号码，最后一位可为X，您输入了{n}位").with("n", actual)
        }
        CitizenIdError::Charset => Said::plain("身份证号码前17位应为数字，最后一位为数字或X"),
        CitizenIdError::BirthDate => {
            Said::plain("身份证号码第7至14位不是有效的出生日期，请对照证件核对")
        }
        CitizenIdError::Check => Said::plain("身份证号码最后一位不对，请对照证件再核一遍"),
    }
}

/// GB 32100 errors, each with what to do.
pub fn uscc_said(error: &UsccError) -> Said {
    match error {
        UsccError::Length { actual } => {
            Said::plain("请输入18位统一社会信用代码，您输入了{n}位").with("n", actual)
        }
        UsccError::Charset => Said::plain("统一社会信用代码只有数字和大写字母，不含I、O、S、V、Z"),
        UsccError::Check => Said::plain("统一社会信用代码最后一位不对，请对照营业执照再核一遍"),
    }
}
