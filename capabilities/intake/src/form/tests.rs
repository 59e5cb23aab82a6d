//! What can be typed, what becomes of it, and what is said about it.

use base::ids::{ItemId, OrgId, VersionId};
use catalog::model::{Choice, Field, FieldKind, Form, FormPage, Item, ItemState, Published};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::{Typed, check, compile, read, shown, typed_all};

const TODAY: Date = date(2026, 5, 11);

fn field(kind: FieldKind) -> Field {
    Field {
        key: "f".into(),
        label: "问题".into(),
        kind,
        required: true,
        options: if matches!(kind, FieldKind::Choice | FieldKind::Choices) {
            ["a", "b"]
                .map(|value| Choice {
                    value: value.into(),
                    label: format!("选项{value}"),
                    hint: String::new(),
                })
                .into()
        } else {
            Vec::new()
        },
        ..Field::default()
    }
}

fn published(fields: Vec<Field>) -> Published {
    Published {
        item_id: ItemId::from_uuid(uuid::Uuid::nil()),
        version_id: VersionId::from_uuid(uuid::Uuid::nil()),
        version: 1,
        digest: String::new(),
        published_at: Timestamp::UNIX_EPOCH,
        current: true,
        state: ItemState::Published,
        org_id: OrgId::from_uuid(uuid::Uuid::nil()),
        item: Item {
            name: "测试事项".into(),
            form: Form {
                pages: vec![FormPage {
                    key: "p".into(),
                    fields,
                    ..FormPage::default()
                }],
            },
            ..Item::default()
        },
        flags: Vec::new(),
    }
}

/// What a typed text becomes, or the first sentence said about it.
fn typed(field: Field, texts: &[&str]) -> Result<Value, String> {
    let published = published(vec![field]);
    let form = &published.item.form;
    let typed: Typed = [(
        "f".to_owned(),
        texts.iter().map(|text| (*text).to_owned()).collect(),
    )]
    .into();
    let (answers, mut wrong) = read(form, &typed);
    let validator = compile(&published).expect("the schema compiles");
    for found in check(form, &validator, &answers, TODAY) {
        if !wrong.iter().any(|known| known.field == found.field) {
            wrong.push(found);
        }
    }
    match wrong.first() {
        Some(wrong) => Err(wrong.said.to_string()),
        None => Ok(answers.get("f").cloned().unwrap_or(Value::Null)),
    }
}

#[test]
fn what_is_typed_in_any_usual_way_is_taken() {
    let cases: &[(FieldKind, &[&str], Value)] = &[
        (FieldKind::Text, &["  和平　小馆 "], json!("和平 小馆")),
        (
            FieldKind::LongText,
            &["甲\r\n\r\n\r\n乙 "],
            json!("甲\n\n乙"),
        ),
        (
            FieldKind::CitizenId,
            &["１１０１０５１９４９１２３１００２ｘ"],
            json!("11010519491231002X"),
        ),
        (
            FieldKind::CitizenId,
            &["110105 19491231 002x"],
            json!("11010519491231002X"),
        ),
        (FieldKind::Phone, &["138 0000 1234"], json!("13800001234")),
        (FieldKind::Phone, &["+86 13800001234"], json!("13800001234")),
        (FieldKind::Phone, &["0990-8551234"], json!("09908551234")),
        (
            FieldKind::Address,
            &["云川市临江区和平路１２号"],
            json!("云川市临江区和平路１２号"),
        ),
        (FieldKind::Date, &["2026-5-1"], json!("2026-05-01")),
        (FieldKind::Date, &["2026年5月1日"], json!("2026-05-01")),
        (FieldKind::Date, &["2026/05/01"], json!("2026-05-01")),
        (FieldKind::Date, &["２０２６．５．１"], json!("2026-05-01")),
        (FieldKind::Date, &["20260501"], json!("2026-05-01")),
        (FieldKind::Date, &["2024-02-29"], json!("2024-02-29")),
        (FieldKind::Amount, &["1,234.5"], json!(123_450)),
        (FieldKind::Amount, &["￥１２ 元"], json!(1200)),
        (FieldKind::Amount, &["0"], json!(0)),
        (FieldKind::Number, &["１，２００"], json!(1200)),
        (FieldKind::Number, &["-3"], json!(-3)),
        (FieldKind::Choice, &["b"], json!("b")),
        (FieldKind::Choices, &["b", "a", "b"], json!(["b", "a"])),
        (
            FieldKind::BankCard,
            &["6222 0000 0000 0000"],
            json!("6222000000000000"),
        ),
        (
            FieldKind::Email,
            &["name@example.cn"],
            json!("name@example.cn"),
        ),
        (FieldKind::Confirm, &["on"], json!(true)),
    ];
    for (kind, texts, expected) in cases {
        assert_eq!(
            typed(field(*kind), texts).as_ref(),
            Ok(expected),
            "{kind:?} {texts:?}"
        );
    }
}

#[test]
fn what_is_wrong_is_said_as_what_to_do() {
    let cases: &[(FieldKind, &[&str], &str)] = &[
        (FieldKind::Text, &[""], "请填写“问题”"),
        (FieldKind::Text, &[" 　 "], "请填写“问题”"),
        (
            FieldKind::CitizenId,
            &["1101051949123100"],
            "请输入18位身份证号码，最后一位可为X，您输入了16位",
        ),
        (
            FieldKind::CitizenId,
            &["11010519491231002A"],
            "身份证号码前17位应为数字，最后一位为数字或X",
        ),
        (
            FieldKind::CitizenId,
            &["110105194913310021"],
            "身份证号码第7至14位不是有效的出生日期，请对照证件核对",
        ),
        (
            FieldKind::CitizenId,
            &["110105194912310021"],
            "身份证号码最后一位不对，请对照证件再核一遍",
        ),
        (
            FieldKind::Uscc,
            &["91990102MA0000X74O"],
            "统一社会信用代码只有数字和大写字母，不含I、O、S、V、Z",
        ),
        (
            FieldKind::Uscc,
            &["123"],
            "请输入18位统一社会信用代码，您输入了3位",
        ),
        (
            FieldKind::Phone,
            &["1380013527"],
            "请输入11位手机号码，您输入了10位",
        ),
        (
            FieldKind::Phone,
            &["电话"],
            "请输入11位手机号码，或者带区号的固定电话",
        ),
        (
            FieldKind::Address,
            &["东街"],
            "请写明所在区县、街道和门牌号",
        ),
        (
            FieldKind::Date,
            &["明天"],
            "请按年、月、日填写，例如2026-05-21",
        ),
        (
            FieldKind::Date,
            &["2026-02-30"],
            "没有这一天，请核对年、月、日",
        ),
        (
            FieldKind::Amount,
            &["一千"],
            "请输入金额，单位元，例如1234.50",
        ),
        (
            FieldKind::Amount,
            &["1.234"],
            "金额最多两位小数（精确到分）",
        ),
        (
            FieldKind::Amount,
            &["99999999999999999999"],
            "金额过大，请核对单位是不是元",
        ),
        (FieldKind::Number, &["1.5"], "请输入整数，不带小数"),
        (FieldKind::Number, &["12a"], "请输入整数，只填数字"),
        (FieldKind::Choice, &[], "请选择“问题”"),
        (FieldKind::Choice, &["c"], "请从“问题”的选项中选择"),
        (FieldKind::Choices, &[], "请在“问题”中至少选择一项"),
        (FieldKind::Choices, &["a", "x"], "请从“问题”的选项中选择"),
        (
            FieldKind::BankCard,
            &["6222"],
            "请输入16至19位银行卡号，您输入了4位",
        ),
        (
            FieldKind::Email,
            &["name"],
            "请输入邮箱地址，例如name@example.cn",
        ),
        (FieldKind::Confirm, &[], "请勾选“问题”后继续"),
        (FieldKind::Confirm, &["0"], "请勾选“问题”后继续"),
    ];
    for (kind, texts, expected) in cases {
        assert_eq!(
            typed(field(*kind), texts),
            Err((*expected).to_owned()),
            "{kind:?} {texts:?}"
        );
    }
}

#[test]
fn what_need_not_be_answered_may_be_left_out() {
    for kind in [
        FieldKind::Text,
        FieldKind::CitizenId,
        FieldKind::Date,
        FieldKind::Amount,
        FieldKind::Choice,
        FieldKind::Choices,
        FieldKind::Confirm,
    ] {
        let optional = Field {
            required: false,
            ..field(kind)
        };
        assert_eq!(typed(optional.clone(), &[""]), Ok(Value::Null), "{kind:?}");
        assert_eq!(typed(optional, &[]), Ok(Value::Null), "{kind:?}");
    }
}

#[test]
fn limits_hold() {
    let short = Field {
        max_length: 5,
        ..field(FieldKind::Text)
    };
    assert_eq!(
        typed(short.clone(), &["一二三四五"]),
        Ok(json!("一二三四五"))
    );
    assert_eq!(
        typed(short, &["一二三四五六"]),
        Err("最多5个字，您输入了6个字".to_owned())
    );
    let area = Field {
        min: Some(1),
        max: Some(100),
        ..field(FieldKind::Number)
    };
    assert_eq!(
        typed(area.clone(), &["0"]),
        Err("不能小于1，请核对".to_owned())
    );
    assert_eq!(typed(area, &["101"]), Err("不能大于100，请核对".to_owned()));
    let price = Field {
        max: Some(100_000),
        ..field(FieldKind::Amount)
    };
    assert_eq!(
        typed(price, &["1000.01"]),
        Err("不能大于1000.00，请核对".to_owned())
    );
    let huge = "长".repeat(1_000_000);
    assert!(typed(field(FieldKind::LongText), &[&huge]).is_err());
}

#[test]
fn json_of_any_shape_is_refused_without_a_panic() {
    let published = published(vec![field(FieldKind::Choices)]);
    let form = &published.item.form;
    let validator = compile(&published).expect("the schema compiles");
    let found = |value: Value| {
        let Value::Object(answers) = value else {
            unreachable!("the cases are objects")
        };
        check(form, &validator, &answers, TODAY)
            .into_iter()
            .map(|wrong| wrong.field)
            .collect::<Vec<_>>()
    };
    assert!(found(json!({ "f": ["a"] })).is_empty());
    assert_eq!(found(json!({})), ["f"]);
    assert_eq!(found(json!({ "f": ["a", "a"] })), ["f"]);
    assert_eq!(found(json!({ "f": "a" })), ["f"]);
    assert_eq!(found(json!({ "f": { "a": [1, null] } })), ["f"]);
    assert_eq!(found(json!({ "f": [1] })), ["f"]);
    assert_eq!(found(json!({ "f": ["a"], "g/~": 1 })), ["g/~"]);
}

#[test]
fn answers_are_shown_masked_and_can_be_typed_again() {
    let mut id = field(FieldKind::CitizenId);
    id.personal = true;
    let answer = json!("11010519491231002X");
    assert_eq!(shown(&id, Some(&answer), false), "110105********002X");
    assert_eq!(shown(&id, Some(&answer), true), "11010519491231002X");
    assert_eq!(
        shown(&field(FieldKind::Choices), Some(&json!(["a", "b"])), false),
        "选项a、选项b"
    );
    assert_eq!(
        shown(&field(FieldKind::Amount), Some(&json!(123_450)), false),
        "1234.50元（壹仟贰佰叁拾肆元伍角整）"
    );
    assert_eq!(
        shown(
            &field(FieldKind::BankCard),
            Some(&json!("6222000000001234")),
            false
        ),
        "**** 1234"
    );
    let published = published(vec![field(FieldKind::Amount)]);
    let form = &published.item.form;
    let Value::Object(answers) = json!({ "f": 123_450 }) else {
        unreachable!("an object")
    };
    let again = typed_all(form, &answers);
    assert_eq!(again["f"], ["1234.50"]);
    assert_eq!(read(form, &again).0, answers);
}
