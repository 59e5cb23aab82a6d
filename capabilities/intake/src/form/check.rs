//! Whether answers fit their form: our own sentences first, then the schema.

use base::codes::{CitizenId, CitizenIdError, Uscc, UsccError};
use base::money::Fen;
use base::text::visible_len;
use catalog::form::{max_length, rule};
use catalog::model::{Field, FieldKind, Form};
use jiff::civil::Date;
use jsonschema::{Validator, error::ValidationErrorKind};
use serde_json::Value;

use super::{Answers, Wrong, read::phone_said};
use crate::said::Said;

/// Everything wrong with a whole set of answers, in the order of the form, one sentence per field.
///
/// `today` is for birth dates. Empty when the answers may be filed.
pub fn check(form: &Form, validator: &Validator, answers: &Answers, today: Date) -> Vec<Wrong> {
    let mut wrong: Vec<Wrong> = form
        .fields()
        .filter_map(|field| {
            check_one(field, answers.get(&field.key), today)
                .err()
                .map(|said| Wrong::new(&field.key, said))
        })
        .collect();
    let whole = Value::Object(answers.clone());
    if validator.is_valid(&whole) {
        return wrong;
    }
    for error in validator.iter_errors(&whole) {
        for key in named(&error, answers) {
            if wrong.iter().any(|known| known.field == key) {
                continue;
            }
            let said = form
                .field(&key)
                .map_or(Said::plain("表单中没有这一项"), |field| {
                    Said::plain(rule(field.kind).says)
                });
            wrong.push(Wrong::new(&key, said));
        }
    }
    wrong
}

/// Which fields a schema error is about.
fn named(error: &jsonschema::ValidationError<'_>, answers: &Answers) -> Vec<String> {
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected.clone(),
        ValidationErrorKind::Required { property } => {
            vec![property.as_str().unwrap_or_default().to_owned()]
        }
        _ => {
            let path = error.instance_path().to_string();
            let first = path.trim_start_matches('/').split('/').next().unwrap_or("");
            let key = first.replace("~1", "/").replace("~0", "~");
            if answers.contains_key(&key) {
                vec![key]
            } else {
                vec![String::new()]
            }
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
