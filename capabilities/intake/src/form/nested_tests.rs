//! Answers with parts: regions, groups, tables, files, signatures; from what a page sends to what a case keeps.

use std::collections::BTreeMap;

use approval::details::FileGiven;
use base::ids::{ItemId, OrgId, VersionId};
use catalog::model::{Field, FieldKind, Form, FormPage, Item, ItemState, Published};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use web::Fields;

use super::typed::{Arrived, Change, from_fields, rows_typed};
use super::{Answers, Typed, check, compile, read, shown, typed_all};

const TODAY: Date = date(2026, 5, 11);

fn field(key: &str, kind: FieldKind) -> Field {
    Field {
        key: key.into(),
        label: format!("{key}问"),
        kind,
        required: true,
        ..Field::default()
    }
}

/// A group of people, a table of equipment, an address, a plan and a signature.
fn form() -> Form {
    let people = Field {
        fields: vec![
            Field {
                personal: true,
                ..field("name", FieldKind::Text)
            },
            field("id", FieldKind::CitizenId),
            Field {
                required: false,
                ..field("until", FieldKind::Date)
            },
        ],
        max: Some(3),
        ..field("people", FieldKind::Group)
    };
    let equipment = Field {
        required: false,
        fields: vec![
            field("what", FieldKind::Text),
            field("count", FieldKind::Number),
        ],
        ..field("equipment", FieldKind::Table)
    };
    Form {
        pages: vec![FormPage {
            key: "p".into(),
            fields: vec![
                people,
                equipment,
                field("shop", FieldKind::RegionAddress),
                Field {
                    required: false,
                    ..field("plan", FieldKind::File)
                },
                field("sign", FieldKind::Signature),
            ],
            ..FormPage::default()
        }],
    }
}

fn published() -> Published {
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
            form: form(),
            ..Item::default()
        },
        flags: Vec::new(),
    }
}

fn sent(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in pairs {
        fields.push(*name, *value);
    }
    fields
}

fn typed(pairs: &[(&str, &str)]) -> Typed {
    from_fields(form().fields(), "", &sent(pairs), &Arrived::new(), false)
}

fn good() -> Vec<(&'static str, &'static str)> {
    vec![
        ("people-rows", "2"),
        ("people-0-name", "王小明"),
        ("people-0-id", "11010519491231002X"),
        ("people-0-until-year", "2026"),
        ("people-0-until-month", "5"),
        ("people-0-until-day", "21"),
        ("equipment-rows", "3"),
        ("equipment-1-what", "冰箱"),
        ("equipment-1-count", "2"),
        ("shop-level", "990000"),
        ("shop-level", "990100"),
        ("shop-level", "990102"),
        ("shop-level", "990102001"),
        ("shop-level", ""),
        ("shop-street", "滨江大道１２号"),
        ("sign-name", "王小明"),
        ("sign-sure", "1"),
    ]
}

/// Controls with a finding, and what is said.
fn wrong(answers: &Answers) -> Vec<(String, String)> {
    let published = published();
    let validator = compile(&published).expect("the schema compiles");
    check(&published.item.form, &validator, answers, TODAY)
        .into_iter()
        .map(|wrong| (wrong.field, wrong.said.to_string()))
        .collect()
}

fn controls(value: Value) -> Vec<String> {
    let Value::Object(answers) = value else {
        unreachable!("the cases are objects")
    };
    wrong(&answers).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_page_with_rows_becomes_arrays_of_objects() {
    let typed = typed(&good());
    let (answers, unread) = read(&form(), &typed);
    assert_eq!(unread, []);
    assert_eq!(wrong(&answers), []);
    assert_eq!(
        Value::Object(answers.clone()),
        json!({
            "people": [{ "name": "王小明", "id": "11010519491231002X", "until": "2026-05-21" }],
            "equipment": [{ "what": "冰箱", "count": 2 }],
            "shop": { "region": "990102001", "street": "滨江大道１２号" },
            "sign": { "name": "王小明", "confirmed": true },
        })
    );
    // And back into the boxes it was typed in.
    let again = typed_all(&form(), &answers);
    assert_eq!(read(&form(), &again).0, answers);
    assert_eq!(again["people-rows"], ["1"]);
    assert_eq!(again["shop-region"], ["990102001"]);
}

#[test]
fn a_date_is_understood_in_three_boxes_and_in_one() {
    for (year, month, day) in [
        ("2026", "05", "21"),
        ("2026-05-21", "", ""),
        ("20260521", "", ""),
        ("2026年5月21日", "1", "2"),
    ] {
        let mut pairs = good();
        pairs.retain(|(name, _)| !name.contains("until"));
        pairs.extend([
            ("people-0-until-year", year),
            ("people-0-until-month", month),
            ("people-0-until-day", day),
        ]);
        let (answers, unread) = read(&form(), &typed(&pairs));
        assert_eq!(unread, [], "{year}");
        assert_eq!(answers["people"][0]["until"], "2026-05-21");
    }
    let mut half = good();
    half.retain(|(name, _)| *name != "people-0-until-day");
    let half = typed(&half);
    // What is there stays there.
    assert_eq!(half["people-0-until"], ["2026-5-"]);
    let unread = read(&form(), &half).1;
    assert_eq!(unread[0].field, "people-0-until");
}

#[test]
fn a_level_changed_above_makes_the_ones_below_count_no_more() {
    let mut pairs = good();
    pairs.retain(|(name, _)| *name != "shop-level");
    pairs.extend([
        ("shop-level", "990000"),
        ("shop-level", "990200"),
        ("shop-level", "990102"),
        ("shop-level", "990102001"),
    ]);
    assert_eq!(typed(&pairs)["shop-region"], ["990200"]);
}

#[test]
fn rows_are_added_and_removed_with_everything_typed_in_the_others() {
    let form = form();
    let keep = |pairs: &[(&str, &str)]| {
        from_fields(form.fields(), "", &sent(pairs), &Arrived::new(), true)
    };
    let mut typed = keep(&[
        ("people-rows", "2"),
        ("people-0-name", "甲"),
        ("people-1-name", "乙"),
    ]);
    let change = Change::parse("add:people").expect("a change");
    assert_eq!(change.apply(&form, &mut typed), "people-2-name");
    assert_eq!(rows_typed(&typed, "people"), 3);
    // Three is the most.
    change.apply(&form, &mut typed);
    assert_eq!(rows_typed(&typed, "people"), 3);
    let change = Change::parse("remove:people:0").expect("a change");
    change.apply(&form, &mut typed);
    assert_eq!(rows_typed(&typed, "people"), 2);
    assert_eq!(typed["people-0-name"], ["乙"]);
    assert!(!typed.contains_key("people-1-name"));
    // What makes no sense changes nothing.
    for action in ["remove:people:9", "add:nothing", "clear:nothing", "keep:x"] {
        let before = typed.clone();
        let change = Change::parse(action).expect("a change");
        change.apply(&form, &mut typed);
        assert_eq!(typed, before, "{action}");
    }
    for action in ["later", "remove:people", "remove:people:x", "drop:people"] {
        assert_eq!(Change::parse(action), None, "{action}");
    }
}

#[test]
fn every_row_says_what_to_do_at_its_own_control() {
    let mut pairs = good();
    pairs.retain(|(name, _)| !name.ends_with("-id") && *name != "shop-street");
    pairs.retain(|(name, _)| !name.starts_with("sign"));
    pairs.extend([
        ("people-1-id", "110105194912310021"),
        ("equipment-2-what", "消毒柜"),
        ("sign-name", "王小明"),
    ]);
    let (answers, unread) = read(&form(), &typed(&pairs));
    assert_eq!(unread, []);
    let found: BTreeMap<String, String> = wrong(&answers).into_iter().collect();
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        [
            "equipment-1-count",
            "people-0-id",
            "people-1-id",
            "people-1-name",
            "shop-street",
            "sign-sure"
        ]
    );
    assert_eq!(found["people-0-id"], "请填写“id问”");
    assert!(found["people-1-id"].starts_with("身份证号码最后一位不对"));
    assert_eq!(found["sign-sure"], "请勾选“本人确认”后继续");
}

#[test]
fn nothing_given_is_asked_for_once() {
    assert_eq!(controls(json!({})), ["people", "shop", "sign"]);
}

#[test]
fn nested_json_of_any_shape_is_refused_without_a_panic() {
    let Value::Object(good) = Value::Object(read(&form(), &typed(&good())).0) else {
        unreachable!("an object")
    };
    let with = |key: &str, value: Value| {
        let mut answers = good.clone();
        answers.insert(key.into(), value);
        controls(Value::Object(answers))
    };
    let row = json!({ "name": "甲", "id": "11010519491231002X" });
    for (key, value, expected) in [
        ("people", json!("x"), "people"),
        ("people", json!({ "0": row }), "people"),
        ("people", json!([]), "people"),
        ("people", json!([1]), "people-0"),
        ("people", json!([[row]]), "people-0"),
        ("people", json!([row, row, row, row]), "people"),
        ("people", json!(vec![row.clone(); 1000]), "people"),
        (
            "people",
            json!([{ "name": { "a": 1 }, "id": "11010519491231002X" }]),
            "people-0-name",
        ),
        (
            "people",
            json!([{ "name": "甲", "id": "11010519491231002X", "x": 1 }]),
            "people-0-x",
        ),
        (
            "equipment",
            json!([{ "what": "x", "count": "many" }]),
            "equipment-0-count",
        ),
        ("shop", json!("云川区"), "shop"),
        ("shop", json!([]), "shop"),
        (
            "shop",
            json!({ "region": 990_102, "street": "x" }),
            "shop-region",
        ),
        (
            "shop",
            json!({ "region": "99", "street": "x" }),
            "shop-region",
        ),
        (
            "shop",
            json!({ "region": "990102", "street": "x", "city": "y" }),
            "shop-city",
        ),
        (
            "shop",
            json!({ "region": "990102", "street": "长".repeat(101) }),
            "shop-street",
        ),
        ("plan", json!("file"), "plan"),
        ("plan", json!({ "digest": "zz" }), "plan-digest"),
        ("plan", json!({ "name": "a.pdf" }), "plan-digest"),
        ("sign", json!(true), "sign"),
        (
            "sign",
            json!({ "name": "甲", "confirmed": false }),
            "sign-sure",
        ),
        (
            "sign",
            json!({ "image": "data:image/png;base64,AAAA" }),
            "sign-image",
        ),
        (
            "sign",
            json!({ "image": { "digest": [] } }),
            "sign-image-digest",
        ),
    ] {
        let found = with(key, value.clone());
        assert!(
            found.iter().any(|name| name == expected),
            "{key} {value}: {found:?}"
        );
        let stray = found.iter().find(|name| !name.starts_with(key));
        assert_eq!(stray, None, "{key} {value}");
    }
}

#[test]
fn rows_are_shown_one_to_a_line_with_personal_values_masked() {
    let people = &form().pages[0].fields[0];
    let value = json!([
        { "name": "王小明", "id": "11010519491231002X" },
        { "name": "陈薇", "id": "11010519491231002X", "until": "2026-05-21" },
    ]);
    assert_eq!(
        shown(people, Some(&value), false),
        "1. name问：王*明；id问：110105********002X\n2. name问：陈*；id问：110105********002X；until问：2026-05-21"
    );
    let shop = &form().pages[0].fields[2];
    let value = json!({ "region": "990102001", "street": "滨江大道12号", "place": "云岭省云川市云川区滨江街道" });
    assert_eq!(
        shown(shop, Some(&value), false),
        "云岭省云川市云川区滨江街道滨江大道12号"
    );
    let plan = FileGiven {
        digest: "ab".repeat(32),
        size: 2048,
        media_type: "application/pdf".into(),
        name: "布局图.pdf".into(),
    };
    let value = json!({ "digest": plan.digest, "size": plan.size, "name": plan.name });
    let field = &form().pages[0].fields[3];
    assert_eq!(shown(field, Some(&value), false), "布局图.pdf（2 KB）");
    let answers: Answers = [("plan".to_owned(), value)].into_iter().collect();
    let files = catalog::form::files(&form(), &answers);
    assert_eq!(files[0].digest, plan.digest);
}
