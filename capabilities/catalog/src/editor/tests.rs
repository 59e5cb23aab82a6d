//! What an editor must never do: forget a field, lose or change what nobody touched.

use serde_json::{Value, json};
use web::fields::Fields;

use super::*;
use crate::checks::{Finding, Severity};
use crate::model::{BaseItem, Item, Limit, Material};

const DEMO: &str = include_str!("../../../../data/items/demo_items.json");

/// What a browser sends back of a form that nobody changed.
fn sent(controls: &[Control], form: &mut Fields) {
    for control in controls {
        match control.kind {
            "locked" => {}
            "many" => {
                form.push(format!("{}.#", control.name), "1");
                for value in &control.values {
                    form.push(control.name.clone(), value.clone());
                }
            }
            "yes" => {
                form.push(format!("{}.#", control.name), "1");
                if !control.value.is_empty() {
                    form.push(control.name.clone(), "1");
                }
            }
            "limit" => {
                let unit = if control.unit.is_empty() {
                    "working_day"
                } else {
                    &control.unit
                };
                form.push(format!("{}.n", control.name), control.value.clone());
                form.push(format!("{}.unit", control.name), unit);
                form.push(format!("{}.note", control.name), control.note.clone());
            }
            "rows" => {
                form.push(
                    format!("{}.#", control.name),
                    control.rows.len().to_string(),
                );
                for row in &control.rows {
                    form.push(format!("{}.#place", row.name), row.place.clone());
                    sent(&row.controls, form);
                }
            }
            "one" if control.value.is_empty() => {
                let first = control.options.first().map_or("", |(word, _)| word);
                form.push(control.name.clone(), first);
            }
            // A browser sends line ends as two characters.
            _ => form.push(control.name.clone(), control.value.replace('\n', "\r\n")),
        }
    }
}

fn form_of(section: &Section, record: &Value, claimed: bool) -> Fields {
    let mut form = Fields::default();
    sent(
        &controls(section, record, claimed, None, Marks::default()),
        &mut form,
    );
    form
}

fn demo() -> Vec<Item> {
    let shipped: Value = serde_json::from_str(DEMO).expect("JSON");
    let entries = shipped.as_array().expect("a list");
    entries
        .iter()
        .map(|entry| serde_json::from_value(entry["item"].clone()).expect("an item"))
        .collect()
}

fn section(key: &str) -> &'static Section {
    ITEM.iter().find(|section| section.key == key).expect(key)
}

#[test]
fn every_field_of_a_record_stands_in_one_section() {
    for (sections, record) in [
        (ITEM, value(&Item::default())),
        (BASE, value(&BaseItem::default())),
    ] {
        for member in record.as_object().expect("a record").keys() {
            assert!(section_of(sections, member).is_some(), "{member}");
        }
    }
}

#[test]
fn every_field_of_an_entry_stands_in_its_row() {
    let columns = |key: &str, path: &str| match section(key)
        .fields
        .iter()
        .find(|field| field.path == path)
        .expect("there")
        .kind
    {
        Kind::Rows(columns) => columns,
        _ => panic!("{path} is no list"),
    };
    let entries = [
        (
            columns("materials", "materials"),
            value(&Material::default()),
        ),
        (
            columns("power", "legal_basis"),
            value(&crate::model::LegalBasis::default()),
        ),
        (
            columns("time", "steps"),
            value(&crate::model::Step::default()),
        ),
        (
            columns("time", "special_procedures"),
            value(&crate::model::SpecialProcedure::default()),
        ),
        (
            columns("form", "form.pages"),
            value(&crate::model::FormPage::default()),
        ),
        (
            columns("situation", "handling_items"),
            value(&crate::model::HandlingItem::default()),
        ),
        (
            columns("service", "places"),
            value(&crate::model::Place::default()),
        ),
        (
            columns("result", "fees"),
            value(&crate::model::Fee::default()),
        ),
        (
            columns("public", "faq"),
            value(&crate::model::Faq::default()),
        ),
    ];
    for (columns, entry) in entries {
        for member in entry.as_object().expect("a record").keys() {
            assert!(
                columns.iter().any(|column| column.path == member),
                "{member}"
            );
        }
    }
}

#[test]
fn a_form_sent_back_untouched_changes_nothing() {
    let mut items = demo();
    assert!(items.len() > 10, "the shipped items are read");
    items.push(Item::default());
    for item in items {
        let record = value(&item);
        for section in ITEM {
            for claimed in [false, true] {
                let typed = apply(
                    section,
                    &record,
                    claimed,
                    &form_of(section, &record, claimed),
                );
                assert_eq!(typed.errors, []);
                let back: Item = super::record(&typed.record).expect("an item");
                assert_eq!(back, item, "{} of {}", section.key, item.name);
            }
        }
    }
}

#[test]
fn a_locked_field_is_shown_with_its_reason_and_never_read() {
    let record = value(&Item {
        name: "小餐饮登记".into(),
        ..Item::default()
    });
    let basic = section("basic");
    let shown = controls(basic, &record, true, None, Marks::default());
    let name = shown
        .iter()
        .find(|control| control.name == "name")
        .expect("there");
    assert_eq!(
        (name.kind, name.mark, name.value.as_str()),
        ("locked", "B", "小餐饮登记")
    );
    assert!(name.hint.contains("基本目录"));
    let mut form = Fields::default();
    form.push("name", "别的名称");
    assert_eq!(
        apply(basic, &record, true, &form).record["name"],
        "小餐饮登记"
    );
    assert_eq!(
        apply(basic, &record, false, &form).record["name"],
        "别的名称"
    );
}

#[test]
fn entries_are_added_moved_and_dropped_without_script() {
    let material = |key: &str, name: &str| Material {
        key: key.into(),
        name: name.into(),
        shared_via: "电子证照".into(),
        ..Material::default()
    };
    let record = value(&Item {
        materials: vec![
            material("a", "甲"),
            material("b", "乙"),
            material("c", "丙"),
        ],
        ..Item::default()
    });
    let materials = section("materials");
    let mut form = Fields::default();
    for (name, value) in [
        ("materials.#", "4"),
        ("materials.0.#place", "3"),
        ("materials.1.#drop", "1"),
        ("materials.2.#place", "1"),
        ("materials.3.name", "丁"),
        ("materials.3.necessity", "optional"),
    ] {
        form.push(name, value);
    }
    let typed = apply(materials, &record, true, &form);
    assert_eq!(typed.errors, []);
    let item: Item = super::record(&typed.record).expect("an item");
    let names: Vec<(&str, &str)> = item
        .materials
        .iter()
        .map(|material| (material.name.as_str(), material.key.as_str()))
        .collect();
    assert_eq!(names, [("丙", "c"), ("甲", "a"), ("丁", "material_1")]);
    assert_eq!(
        item.materials[0].shared_via, "电子证照",
        "untouched fields stay"
    );
}

#[test]
fn what_cannot_be_read_is_said_at_its_field_and_kept_as_typed() {
    let record = value(&Item {
        promised_limit: Some(Limit {
            n: 8,
            unit: calendar::Unit::WorkingDay,
            note: String::new(),
        }),
        ..Item::default()
    });
    let time = section("time");
    let mut form = Fields::default();
    form.push("promised_limit.n", "八");
    form.push("promised_limit.unit", "working_day");
    let typed = apply(time, &record, false, &form);
    assert_eq!(typed.errors[0].0, "promised_limit.n");
    assert_eq!(typed.record["promised_limit"]["n"], 8);
    let marks = Marks {
        errors: &typed.errors,
        findings: &[],
    };
    let shown = controls(time, &record, false, Some(&form), marks);
    let limit = shown
        .iter()
        .find(|control| control.name == "promised_limit")
        .expect("there");
    assert_eq!(limit.value, "八");
    assert!(limit.error.contains("正整数"));
}

#[test]
fn findings_stand_at_their_field() {
    let record =
        json!({ "materials": [{ "key": "a", "name": "甲" }, { "key": "b", "name": "乙" }] });
    let finding = |field: &str, severity| Finding {
        severity,
        field: field.to_owned(),
        code: "x",
        message: format!("看{field}"),
    };
    let findings = [
        finding("materials[b].necessity", Severity::Error),
        finding("materials[0].name", Severity::Warning),
        finding("materials[gone]", Severity::Error),
    ];
    let marks = Marks {
        errors: &[],
        findings: &findings,
    };
    let shown = controls(section("materials"), &record, true, None, marks);
    let said = |row: usize, path: &str| {
        let name = format!("materials.{row}.{path}");
        let found = shown[0].rows[row].controls.iter().find(|c| c.name == name);
        found.expect("there").clone()
    };
    assert_eq!(said(1, "necessity").error, "看materials[b].necessity");
    assert_eq!(said(0, "name").warnings, ["看materials[0].name"]);
    assert_eq!(shown[0].error, "看materials[gone]");
}
