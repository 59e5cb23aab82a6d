//! The application form as JSON Schema 2020-12 with a small UI vocabulary, and what each kind of field means.
//!
//! [`schema`] describes the answers of a [`Form`]: one object, one property per field key. Whatever a plain
//! validator does not know (dates that exist, check characters) is named by `format`, and the words for people
//! stand in `x-ui`. Checking answers is intake's work; the rules it checks by are [`rule`].
//!
//! `x-ui` of a property: `kind`, `page`, `personal`, `options[{value,label,hint}]`, `inputMode`, `autocomplete`,
//! `says` (what to do when it is wrong), `fields[]` (order of a row's questions). `x-ui` of the whole:
//! `pages[{key,title,hint,fields[]}]`.
//!
//! Nested answers: a group or a table is an array of objects, one property per field of its row; an address by the
//! region tree is `{region, street}`, a file `{digest}` of an upload, a signature `{image: {digest}}` or
//! `{name, confirmed}`. What the platform fills in itself (`place` of an address, name and size of a file) is
//! `readOnly`.

mod show;

use serde_json::{Map, Value, json};

pub use show::{FileAnswer, files, shown};

use crate::model::{Field, FieldKind, Form, FormPage};

/// Pages of one form.
pub const PAGES_MAX: usize = 20;
/// Fields of one form.
pub const FIELDS_MAX: usize = 100;
/// Options of one field.
pub const OPTIONS_MAX: usize = 200;
/// Rows of one group or table.
pub const ROWS_MAX: usize = 50;
/// Questions of one row.
pub const ROW_FIELDS_MAX: usize = 12;
/// A signature drawn by hand.
pub const SIGNATURE_BYTES_MAX: u64 = 200 * 1024;
/// Characters of the street below a region, and of a name typed as a signature.
pub const STREET_LENGTH: u16 = 100;
/// Characters of a text field that does not say.
pub const TEXT_LENGTH: u16 = 200;
/// Characters of a long text that does not say, and the most any text may have.
pub const LONG_TEXT_LENGTH: u16 = 2000;

/// What a kind of field means everywhere: on the page, in the schema, in the message when it is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// JSON type of the answer.
    pub json_type: &'static str,
    /// `format` of the schema; ours begin with `x-` and name a check of `base::codes`.
    pub format: Option<&'static str>,
    /// Anchored pattern, in the subset that every validator and the browser share.
    pub pattern: Option<&'static str>,
    /// Shortest and longest answer in characters where the kind fixes them.
    pub length: Option<(u16, u16)>,
    /// `inputmode` of the control.
    pub input_mode: &'static str,
    /// `autocomplete` of the control (WCAG 1.3.5); `off` where the answer is about somebody else.
    pub autocomplete: &'static str,
    /// What to do, said to a person whose answer does not fit.
    pub says: &'static str,
}

/// The rule of a kind of field.
pub fn rule(kind: FieldKind) -> Rule {
    let text = Rule {
        json_type: "string",
        format: None,
        pattern: None,
        length: None,
        input_mode: "text",
        autocomplete: "off",
        says: "请填写这一项",
    };
    match kind {
        FieldKind::Text | FieldKind::LongText => text,
        FieldKind::CitizenId => Rule {
            format: Some("x-citizen-id"),
            pattern: Some("^[0-9]{17}[0-9X]$"),
            length: Some((18, 18)),
            says: "请输入18位身份证号码，最后一位可为X",
            ..text
        },
        FieldKind::Uscc => Rule {
            format: Some("x-uscc"),
            pattern: Some("^[0-9A-HJ-NPQRTUWXY]{18}$"),
            length: Some((18, 18)),
            says: "请输入18位统一社会信用代码，不含字母I、O、S、V、Z",
            ..text
        },
        FieldKind::Phone => Rule {
            format: Some("x-phone"),
            pattern: Some("^(1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8})$"),
            length: Some((10, 13)),
            input_mode: "tel",
            says: "请输入11位手机号码，或者带区号的固定电话",
            ..text
        },
        FieldKind::Address => Rule {
            length: Some((4, TEXT_LENGTH)),
            says: "请写明所在区县、街道和门牌号",
            ..text
        },
        FieldKind::Date => Rule {
            format: Some("date"),
            pattern: Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
            length: Some((10, 10)),
            input_mode: "numeric",
            says: "请按年、月、日填写，例如2026-05-21",
            ..text
        },
        FieldKind::Amount => Rule {
            json_type: "integer",
            format: Some("x-fen"),
            input_mode: "decimal",
            says: "请输入金额，单位元，最多两位小数",
            ..text
        },
        FieldKind::Number => Rule {
            json_type: "integer",
            input_mode: "numeric",
            says: "请输入整数",
            ..text
        },
        FieldKind::Choice => Rule {
            says: "请选择一项",
            ..text
        },
        FieldKind::Choices => Rule {
            json_type: "array",
            says: "请至少选择一项",
            ..text
        },
        FieldKind::BankCard => Rule {
            format: Some("x-bank-card"),
            pattern: Some("^[0-9]{16,19}$"),
            length: Some((16, 19)),
            input_mode: "numeric",
            says: "请输入16至19位银行卡号，只填数字",
            ..text
        },
        FieldKind::Email => Rule {
            format: Some("email"),
            length: Some((3, 254)),
            input_mode: "email",
            autocomplete: "email",
            says: "请输入邮箱地址，例如name@example.cn",
            ..text
        },
        FieldKind::Confirm => Rule {
            json_type: "boolean",
            says: "请勾选确认后继续",
            ..text
        },
        FieldKind::RegionAddress => Rule {
            json_type: "object",
            says: "请选择所在的省、市、区县、街道，再写路名和门牌号",
            ..text
        },
        FieldKind::Group | FieldKind::Table => Rule {
            json_type: "array",
            says: "请逐项填写，不用的行可以删除",
            ..text
        },
        FieldKind::File => Rule {
            json_type: "object",
            says: "请上传文件",
            ..text
        },
        FieldKind::Signature => Rule {
            json_type: "object",
            says: "请手写签名，或者输入姓名并勾选本人确认",
            ..text
        },
    }
}

/// Whether answers of this kind hold other answers or more than one value.
pub fn is_nested(kind: FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::RegionAddress
            | FieldKind::Group
            | FieldKind::Table
            | FieldKind::File
            | FieldKind::Signature
    )
}

/// Whether a row of `outer` may ask a question of this kind.
pub fn fits_row(outer: FieldKind, inner: FieldKind) -> bool {
    match (outer, inner) {
        (_, FieldKind::Group | FieldKind::Table | FieldKind::Signature) => false,
        (FieldKind::Group, _) => true,
        (FieldKind::Table, inner) => {
            !is_nested(inner)
                && !matches!(
                    inner,
                    FieldKind::LongText | FieldKind::Choices | FieldKind::Confirm
                )
        }
        _ => false,
    }
}

/// Fewest and most rows of a group or table.
pub fn rows(field: &Field) -> (usize, usize) {
    let bound = |bound: Option<i64>, otherwise: usize| {
        bound.map_or(otherwise, |bound| {
            usize::try_from(bound).unwrap_or(0).min(ROWS_MAX)
        })
    };
    let most = bound(field.max, ROWS_MAX).max(1);
    let fewest = if field.required {
        bound(field.min, 1).clamp(1, most)
    } else {
        0
    };
    (fewest, most)
}

/// The most characters an answer to this field may have; only for kinds answered by text.
pub fn max_length(field: &Field) -> u16 {
    match (field.kind, rule(field.kind).length) {
        (FieldKind::Text | FieldKind::Address, _) if field.max_length > 0 => {
            field.max_length.min(LONG_TEXT_LENGTH)
        }
        (FieldKind::LongText, _) if field.max_length > 0 => field.max_length.min(LONG_TEXT_LENGTH),
        (FieldKind::LongText, _) => LONG_TEXT_LENGTH,
        (_, Some((_, longest))) => longest,
        (_, None) => TEXT_LENGTH,
    }
}

impl Form {
    /// All fields in the order they are asked.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.pages.iter().flat_map(|page| &page.fields)
    }

    /// The field with this key.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields().find(|field| field.key == key)
    }

    /// The page with this key, and its place counted from 0.
    pub fn page(&self, key: &str) -> Option<(usize, &FormPage)> {
        self.pages
            .iter()
            .enumerate()
            .find(|(_, page)| page.key == key)
    }
}

/// JSON Schema 2020-12 of the answers to a form.
pub fn schema(title: &str, form: &Form) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for page in &form.pages {
        for field in &page.fields {
            properties.insert(field.key.clone(), property(&page.key, field));
            if field.required {
                required.push(Value::from(field.key.clone()));
            }
        }
    }
    let pages: Vec<Value> = form
        .pages
        .iter()
        .map(|page| {
            let fields: Vec<&str> = page.fields.iter().map(|field| field.key.as_str()).collect();
            json!({ "key": page.key, "title": page.title, "hint": page.hint, "fields": fields })
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "x-ui": { "pages": pages },
    })
}

fn property(page: &str, field: &Field) -> Value {
    let rule = rule(field.kind);
    let mut schema = Map::new();
    schema.insert("title".into(), field.label.clone().into());
    if !field.hint.is_empty() {
        schema.insert("description".into(), field.hint.clone().into());
    }
    schema.insert("type".into(), rule.json_type.into());
    if let Some(format) = rule.format {
        schema.insert("format".into(), format.into());
    }
    if let Some(pattern) = rule.pattern {
        schema.insert("pattern".into(), pattern.into());
    }
    let values = || -> Vec<Value> {
        field
            .options
            .iter()
            .map(|option| option.value.clone().into())
            .collect()
    };
    match field.kind {
        FieldKind::Choice => {
            schema.insert("enum".into(), values().into());
        }
        FieldKind::Choices => {
            schema.insert(
                "items".into(),
                json!({ "type": "string", "enum": values() }),
            );
            schema.insert("uniqueItems".into(), true.into());
            schema.insert("minItems".into(), u8::from(field.required).into());
            schema.insert("maxItems".into(), field.options.len().into());
        }
        FieldKind::Amount | FieldKind::Number => {
            if let Some(min) = field.min {
                schema.insert("minimum".into(), min.into());
            }
            if let Some(max) = field.max {
                schema.insert("maximum".into(), max.into());
            }
        }
        FieldKind::Confirm => {
            if field.required {
                schema.insert("const".into(), true.into());
            }
        }
        FieldKind::RegionAddress => {
            let region = json!({ "type": "string", "pattern": "^[0-9]{6}([0-9]{3}([0-9]{3})?)?$" });
            let street = json!({ "type": "string", "minLength": 1, "maxLength": STREET_LENGTH });
            let place = json!({ "type": "string", "maxLength": TEXT_LENGTH, "readOnly": true });
            members(
                &mut schema,
                json!({ "region": region, "street": street, "place": place }),
                json!(["region", "street"]),
            );
        }
        FieldKind::Group | FieldKind::Table => {
            let (fewest, most) = rows(field);
            schema.insert("items".into(), row(page, field));
            schema.insert("minItems".into(), fewest.into());
            schema.insert("maxItems".into(), most.into());
        }
        FieldKind::File => members(&mut schema, file_members(), json!(["digest"])),
        FieldKind::Signature => {
            let name = json!({ "type": "string", "minLength": 1, "maxLength": STREET_LENGTH });
            let mut image = Map::new();
            image.insert("type".into(), "object".into());
            members(&mut image, file_members(), json!(["digest"]));
            members(
                &mut schema,
                json!({ "image": image, "name": name, "confirmed": { "const": true } }),
                json!([]),
            );
            schema.insert(
                "anyOf".into(),
                json!([{ "required": ["image"] }, { "required": ["name", "confirmed"] }]),
            );
        }
        _ => {
            let shortest = rule.length.map_or(1, |(shortest, _)| shortest);
            // An optional text may be sent empty; an optional code may be left out, never half given.
            if field.required || rule.length.is_some() {
                schema.insert("minLength".into(), shortest.into());
            }
            schema.insert("maxLength".into(), max_length(field).into());
        }
    }
    schema.insert("x-ui".into(), ui(page, field, &rule));
    if !field.element.is_empty() {
        schema.insert("x-element".into(), field.element.clone().into());
    }
    Value::Object(schema)
}

/// One row of a group or table.
fn row(page: &str, field: &Field) -> Value {
    let properties: Map<String, Value> = field
        .fields
        .iter()
        .map(|inner| (inner.key.clone(), property(page, inner)))
        .collect();
    let required: Vec<&str> = field
        .fields
        .iter()
        .filter(|inner| inner.required)
        .map(|inner| inner.key.as_str())
        .collect();
    let mut row = Map::new();
    row.insert("type".into(), "object".into());
    members(&mut row, properties.into(), json!(required));
    Value::Object(row)
}

fn members(schema: &mut Map<String, Value>, properties: Value, required: Value) {
    schema.insert("properties".into(), properties);
    schema.insert("required".into(), required);
    schema.insert("additionalProperties".into(), false.into());
}

/// A file is named by the digest its upload gave; the rest is filled in.
fn file_members() -> Value {
    json!({
        "digest": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
        "name": { "type": "string", "maxLength": TEXT_LENGTH, "readOnly": true },
        "size": { "type": "integer", "minimum": 0, "readOnly": true },
        "media_type": { "type": "string", "maxLength": TEXT_LENGTH, "readOnly": true },
    })
}

fn ui(page: &str, field: &Field, rule: &Rule) -> Value {
    let mut ui = Map::new();
    ui.insert(
        "kind".into(),
        serde_json::to_value(field.kind).expect("a unit variant is a string"),
    );
    ui.insert("page".into(), page.into());
    ui.insert("inputMode".into(), rule.input_mode.into());
    ui.insert("autocomplete".into(), rule.autocomplete.into());
    ui.insert("says".into(), rule.says.into());
    if field.personal {
        ui.insert("personal".into(), true.into());
    }
    if !field.options.is_empty() {
        let options: Vec<Value> = field
            .options
            .iter()
            .map(|option| {
                json!({ "value": option.value, "label": option.label, "hint": option.hint })
            })
            .collect();
        ui.insert("options".into(), options.into());
    }
    if !field.fields.is_empty() {
        let order: Vec<&str> = field
            .fields
            .iter()
            .map(|inner| inner.key.as_str())
            .collect();
        ui.insert("fields".into(), order.into());
    }
    Value::Object(ui)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Choice;

    fn field(key: &str, kind: FieldKind) -> Field {
        Field {
            key: key.into(),
            label: format!("{key}?"),
            kind,
            required: true,
            ..Field::default()
        }
    }

    const KINDS: [FieldKind; 19] = [
        FieldKind::Text,
        FieldKind::LongText,
        FieldKind::CitizenId,
        FieldKind::Uscc,
        FieldKind::Phone,
        FieldKind::Address,
        FieldKind::Date,
        FieldKind::Amount,
        FieldKind::Number,
        FieldKind::Choice,
        FieldKind::Choices,
        FieldKind::BankCard,
        FieldKind::Email,
        FieldKind::Confirm,
        FieldKind::RegionAddress,
        FieldKind::Group,
        FieldKind::Table,
        FieldKind::File,
        FieldKind::Signature,
    ];

    #[test]
    fn every_kind_has_a_property_and_says_what_to_do() {
        let fields: Vec<Field> = KINDS
            .iter()
            .enumerate()
            .map(|(index, kind)| Field {
                options: vec![Choice {
                    value: "a".into(),
                    label: "甲".into(),
                    hint: String::new(),
                }],
                ..field(&format!("f{index}"), *kind)
            })
            .collect();
        let form = Form {
            pages: vec![FormPage {
                key: "p".into(),
                title: "问".into(),
                hint: String::new(),
                fields,
            }],
        };
        let schema = schema("申请表", &form);
        let properties = schema["properties"].as_object().expect("an object");
        assert_eq!(properties.len(), KINDS.len());
        for property in properties.values() {
            assert!(
                property["x-ui"]["says"]
                    .as_str()
                    .is_some_and(|says| says.starts_with('请'))
            );
            assert_eq!(property["x-ui"]["page"], "p");
        }
        assert_eq!(
            schema["required"].as_array().map(Vec::len),
            Some(KINDS.len())
        );
        assert_eq!(properties["f2"]["format"], "x-citizen-id");
        assert_eq!(properties["f7"]["type"], "integer");
        assert_eq!(properties["f9"]["enum"][0], "a");
        assert_eq!(properties["f13"]["const"], true);
        assert_eq!(schema["additionalProperties"], false);
    }

    #[test]
    fn a_row_is_an_object_of_its_own() {
        let group = Field {
            fields: vec![
                field("name", FieldKind::Text),
                Field {
                    required: false,
                    ..field("home", FieldKind::RegionAddress)
                },
            ],
            max: Some(5),
            ..field("people", FieldKind::Group)
        };
        assert_eq!(rows(&group), (1, 5));
        let form = Form {
            pages: vec![FormPage {
                key: "p".into(),
                fields: vec![group.clone()],
                ..FormPage::default()
            }],
        };
        let people = &schema("x", &form)["properties"]["people"];
        assert_eq!(people["minItems"], 1);
        assert_eq!(people["maxItems"], 5);
        assert_eq!(people["x-ui"]["fields"], json!(["name", "home"]));
        let row = &people["items"];
        assert_eq!(row["required"], json!(["name"]));
        assert_eq!(row["additionalProperties"], false);
        let home = &row["properties"]["home"];
        assert_eq!(home["required"], json!(["region", "street"]));
        let wide = Field {
            max: Some(9000),
            required: false,
            ..group
        };
        assert_eq!(rows(&wide), (0, ROWS_MAX));
    }

    #[test]
    fn text_lengths_follow_the_field_up_to_the_limit() {
        let mut text = field("t", FieldKind::Text);
        assert_eq!(max_length(&text), 200);
        text.max_length = 30;
        assert_eq!(max_length(&text), 30);
        text.max_length = 9000;
        assert_eq!(max_length(&text), 2000);
        assert_eq!(max_length(&field("i", FieldKind::CitizenId)), 18);
        assert_eq!(max_length(&field("l", FieldKind::LongText)), 2000);
    }

    #[test]
    fn bounds_of_numbers_are_in_the_schema() {
        let mut area = field("area", FieldKind::Number);
        area.min = Some(1);
        area.max = Some(100_000);
        let form = Form {
            pages: vec![FormPage {
                key: "p".into(),
                fields: vec![area],
                ..FormPage::default()
            }],
        };
        let property = &schema("x", &form)["properties"]["area"];
        assert_eq!(property["minimum"], 1);
        assert_eq!(property["maximum"], 100_000);
        assert!(property.get("maxLength").is_none());
    }
}
