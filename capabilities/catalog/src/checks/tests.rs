//! Each rule with records that keep it and records that break it.

use super::*;
use crate::model::{Choice, Fee, FormPage, LegalBasis, Limit, Material};
use calendar::Unit;

fn item() -> Item {
    Item {
        name: "食品经营许可".into(),
        item_type: "01".into(),
        exercise_level: 4,
        region_code: "990102".into(),
        service_objects: vec![2],
        handling_forms: vec![1],
        consult_phone: "0990-8000000".into(),
        legal_basis: vec![LegalBasis {
            law: "《食品安全法》".into(),
            article: "第三十五条".into(),
            ..LegalBasis::default()
        }],
        statutory_limit: Some(days(20)),
        promised_limit: Some(days(8)),
        impl_code: "11440300MB2C94128A3440217281000".into(),
        ..Item::default()
    }
}

fn days(n: u32) -> Limit {
    Limit {
        n,
        unit: Unit::WorkingDay,
        note: String::new(),
    }
}

fn codes(item: &Item) -> Vec<(&'static str, Severity)> {
    check(item)
        .into_iter()
        .map(|f| (f.code, f.severity))
        .collect()
}

fn assert_finds(item: &Item, code: &'static str, severity: Severity) {
    let found = codes(item);
    assert!(found.contains(&(code, severity)), "{code} not in {found:?}");
}

#[test]
fn a_sound_record_has_only_the_code_that_disagrees() {
    // The published sample is of level 3; the record says 4.
    assert_eq!(codes(&item()), [("c10.level", Severity::Warning)]);
}

#[test]
fn c1_compares_equal_units_and_marks_the_rest() {
    let mut longer = item();
    longer.promised_limit = Some(days(21));
    assert_finds(&longer, "c1.longer", Severity::Error);
    longer.promised_limit = Some(days(20));
    assert!(
        !codes(&longer)
            .iter()
            .any(|(code, _)| code.starts_with("c1."))
    );
    longer.promised_limit = Some(Limit {
        n: 30,
        unit: Unit::Day,
        note: String::new(),
    });
    assert_finds(&longer, "c1.unit", Severity::Warning);
}

#[test]
fn c2_instant_is_now_or_one_working_day() {
    let mut instant = item();
    instant.case_type = CaseType::Instant;
    for n in [0, 1] {
        instant.promised_limit = Some(days(n));
        assert!(
            !codes(&instant)
                .iter()
                .any(|(code, _)| *code == "c2.instant")
        );
    }
    instant.promised_limit = Some(days(2));
    assert_finds(&instant, "c2.instant", Severity::Error);
}

#[test]
fn c5_c9_ask_for_the_basis() {
    let mut poor = item();
    poor.fees = vec![Fee {
        name: "工本费".into(),
        ..Fee::default()
    }];
    assert_finds(&poor, "c5.basis", Severity::Error);
    poor.legal_basis.clear();
    assert_finds(&poor, "c9.missing", Severity::Warning);
    poor.legal_basis = vec![LegalBasis::default()];
    assert_finds(&poor, "c9.law", Severity::Error);
    assert_finds(&poor, "c9.article", Severity::Warning);
}

#[test]
fn c10_marks_malformed_codes_and_keeps_them() {
    for (code, word) in [
        ("11440300MB2C94128B3440217281000", "impl_code.check"),
        ("11440300MB2C94128A344021728100", "impl_code.length"),
        ("511A0138000000-511602000000-000", "impl_code.charset"),
    ] {
        let mut historic = item();
        historic.impl_code = code.into();
        assert_finds(&historic, word, Severity::Warning);
    }
    let mut other = item();
    other.base_code = "990221001001".into();
    assert_finds(&other, "c10.base", Severity::Warning);
    assert_finds(&other, "c10.item_type", Severity::Warning);
}

#[test]
fn keys_are_plain_and_unique() {
    let mut twice = item();
    let material = Material {
        key: "id_card".into(),
        name: "身份证".into(),
        ..Material::default()
    };
    twice.materials = vec![material.clone(), material.clone()];
    assert_finds(&twice, "key.repeated", Severity::Error);
    twice.materials = vec![Material {
        key: "身份证".into(),
        ..material
    }];
    assert_finds(&twice, "key.shape", Severity::Error);
}

#[test]
fn forms_hold_together() {
    let field = |key: &str, kind| Field {
        key: key.into(),
        label: "问".into(),
        kind,
        ..Field::default()
    };
    let mut with_form = item();
    with_form.form.pages = vec![FormPage {
        key: "shop".into(),
        title: "店在哪里？".into(),
        hint: String::new(),
        fields: vec![field("a", FieldKind::Choice)],
    }];
    assert_finds(&with_form, "form.options", Severity::Error);
    with_form.form.pages[0].fields[0].options = vec![
        Choice {
            value: "x".into(),
            label: "甲".into(),
            hint: String::new(),
        },
        Choice {
            value: "x".into(),
            label: "乙".into(),
            hint: String::new(),
        },
    ];
    assert_finds(&with_form, "form.options", Severity::Error);
    with_form.form.pages[0].fields.clear();
    assert_finds(&with_form, "form.empty", Severity::Error);
    let mut number = field("n", FieldKind::Number);
    number.min = Some(5);
    number.max = Some(4);
    with_form.form.pages[0].fields.push(number);
    assert_finds(&with_form, "form.bounds", Severity::Error);
}

#[test]
fn texts_and_lists_have_an_end() {
    let mut long = item();
    long.remedy = "长".repeat(TEXT_LENGTH_MAX + 1);
    assert_finds(&long, "text.length", Severity::Error);
    long.remedy.clear();
    long.name = "名".repeat(201);
    assert_finds(&long, "name.length", Severity::Error);
    long.name = " ".into();
    assert_finds(&long, "name.missing", Severity::Error);
    long.aliases = vec!["别名".into(); LIST_MAX + 1];
    assert_finds(&long, "list.length", Severity::Error);
}
