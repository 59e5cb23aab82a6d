//! Each rule with records that keep it and records that break it.

use super::*;
use crate::model::{
    Choice, CommitmentMode, Delivery, Fee, FormPage, HandlingItem, LegalBasis, Limit, Material,
    Outcome, PowerSource, ResultKind, SpecialProcedure,
};
use calendar::Unit;

fn item() -> Item {
    Item {
        name: "食品经营许可".into(),
        item_type: "01".into(),
        exercise_level: 4,
        region_code: "990102".into(),
        service_objects: vec![2],
        handling_forms: vec![1],
        visit_count: 1,
        visit_reason: "核验原件".into(),
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

/// A record that may be published as it is.
fn sound() -> Item {
    Item {
        exercise_level: 3,
        base_code: "440217281000".into(),
        item_type: "02".into(),
        handling_forms: vec![1, 2],
        visit_count: 0,
        online_depth: vec!["受理".into(), "办理".into(), "办理结果信息反馈".into()],
        delivery: vec![Delivery::Electronic],
        ..item()
    }
}

fn material(key: &str) -> Material {
    Material {
        key: key.into(),
        name: "营业执照".into(),
        ..Material::default()
    }
}

/// The rule stops a draft and marks an import; the sound record has no such finding.
fn assert_breaks(change: impl FnOnce(&mut Item), code: &'static str) {
    let mut item = sound();
    let has = |found: Vec<Finding>, severity| {
        found
            .iter()
            .any(|finding| finding.code == code && finding.severity == severity)
    };
    assert_eq!(check_draft(&item, &Wording::default()), []);
    change(&mut item);
    let draft = check_draft(&item, &Wording::default());
    assert!(
        has(draft.clone(), Severity::Error),
        "{code} not in {draft:?}"
    );
    assert!(has(check(&item), Severity::Warning), "{code} stops imports");
}

#[test]
fn c2_an_instant_case_has_no_special_procedure() {
    let mut instant = sound();
    instant.case_type = CaseType::Instant;
    instant.promised_limit = Some(days(1));
    assert_eq!(check_draft(&instant, &Wording::default()), []);
    instant.special_procedures.push(SpecialProcedure {
        kind: "听证".into(),
        ..SpecialProcedure::default()
    });
    assert_finds(&instant, "c2.special", Severity::Error);
}

#[test]
fn c3_no_visit_exactly_where_nobody_need_come() {
    assert_breaks(|item| item.visit_count = 1, "c3.needless");
    assert_breaks(|item| item.handling_forms = vec![1, 4], "c3.offline");
    assert_breaks(|item| item.delivery = vec![Delivery::Window], "c3.collect");
    let mut window = sound();
    window.handling_forms = vec![1];
    window.delivery = vec![Delivery::Window];
    window.visit_count = 1;
    assert_eq!(check_draft(&window, &Wording::default()), []);
    // Nothing to hand over, nothing to collect.
    let mut registered = sound();
    registered.result.kind = ResultKind::None;
    registered.delivery.clear();
    assert_eq!(check_draft(&registered, &Wording::default()), []);
}

#[test]
fn c4_all_online_reaches_the_result() {
    assert_breaks(|item| item.online_depth.clear(), "c4.depth");
    assert_breaks(|item| drop(item.online_depth.remove(1)), "c4.depth");
    assert_breaks(
        |item| item.online_depth[2] = "电子证照反馈".into(),
        "c4.depth",
    );
    let mut graded = sound();
    graded.online_depth = vec!["Ⅳ级".into()];
    assert_eq!(check_draft(&graded, &Wording::default()), []);
}

#[test]
fn c6_conditions_and_materials_are_listed() {
    let condition = |item: &mut Item| {
        item.accept_conditions.push("法律法规规定的其他条件".into());
    };
    assert_breaks(condition, "c6.vague");
    assert_breaks(
        |item| {
            item.materials.push(Material {
                name: "有关证明材料".into(),
                ..material("proof")
            });
        },
        "c6.vague",
    );
    let mut definite = sound();
    definite
        .accept_conditions
        .push("依法成立的法人或者其他组织".into());
    assert_eq!(check_draft(&definite, &Wording::default()), []);
    // The words are the administrators'.
    condition(&mut definite);
    let lax = Wording {
        words: Vec::new(),
        ..Wording::default()
    };
    assert_eq!(check_draft(&definite, &lax), []);
}

#[test]
fn c7_something_may_be_missing_and_something_not() {
    assert_breaks(
        |item| {
            item.allow_deficient = true;
            item.materials.push(Material {
                core: true,
                ..material("a")
            });
        },
        "c7.nothing",
    );
    assert_breaks(
        |item| {
            item.allow_deficient = true;
            item.materials.push(Material {
                deficient_ok: true,
                ..material("a")
            });
        },
        "c7.no_core",
    );
    assert_breaks(
        |item| {
            item.materials.push(Material {
                deficient_ok: true,
                core: true,
                ..material("a")
            });
        },
        "c7.core",
    );
    let mut both = sound();
    both.allow_deficient = true;
    both.materials = vec![
        Material {
            core: true,
            ..material("a")
        },
        Material {
            deficient_ok: true,
            ..material("b")
        },
    ];
    assert_eq!(check_draft(&both, &Wording::default()), []);
}

#[test]
fn c8_a_commitment_is_kept_from_dangerous_matters_unless_somebody_says_why() {
    let promise = |item: &mut Item| {
        item.commitment.mode = CommitmentMode::Licence;
        item.commitment.concerns = vec!["公共安全".into()];
    };
    assert_breaks(promise, "c8.concern");
    let mut reasoned = sound();
    promise(&mut reasoned);
    reasoned.commitment.override_reason = "仅涉及门头照片，市政府第12次常务会议同意".into();
    assert_eq!(check_draft(&reasoned, &Wording::default()), []);
    reasoned.commitment.concerns.clear();
    reasoned.commitment.override_reason.clear();
    assert_eq!(check_draft(&reasoned, &Wording::default()), []);
}

#[test]
fn c9_c10_stop_a_draft_and_mark_an_import() {
    assert_breaks(|item| item.legal_basis.clear(), "c9.missing");
    assert_breaks(|item| item.legal_basis[0].article.clear(), "c9.article");
    assert_breaks(|item| item.exercise_level = 4, "c10.level");
    assert_breaks(|item| item.base_code = "440217281001".into(), "c10.base");
    assert_breaks(|item| item.item_type = "01".into(), "c10.item_type");
    assert_breaks(
        |item| item.impl_code = "11440300MB2C94128B3440217281000".into(),
        "impl_code.check",
    );
}

#[test]
fn what_stood_before_is_marked_and_nothing_new_is_forgiven() {
    let wording = Wording::default();
    let mut old = sound();
    old.legal_basis.clear();
    let before = check_draft(&old, &wording);
    old.accept_conditions.push("其他条件".into());
    let mut found = check_draft(&old, &wording);
    forgive(&mut found, &before);
    let severity = |code| {
        found
            .iter()
            .find(|finding| finding.code == code)
            .map(|finding| finding.severity)
    };
    assert_eq!(severity("c9.missing"), Some(Severity::Warning));
    assert_eq!(severity("c6.vague"), Some(Severity::Error));
}

#[test]
fn every_finding_of_the_standard_belongs_to_a_rule() {
    assert_eq!(standard::rule_of("c10.level"), Some("c10"));
    assert_eq!(standard::rule_of("c1.longer"), Some("c1"));
    assert_eq!(standard::rule_of("impl_code.check"), Some("c10"));
    assert_eq!(standard::rule_of("name.length"), None);
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
    // A situation and a variant are promised no more than the law allows either.
    longer.situation.outcomes.push(Outcome {
        promised_limit: Some(days(21)),
        ..Outcome::default()
    });
    assert_finds(&longer, "c1.longer", Severity::Error);
    longer.situation.outcomes.clear();
    longer.handling_items.push(HandlingItem {
        promised_limit: Some(days(21)),
        ..HandlingItem::default()
    });
    assert_finds(&longer, "c1.longer", Severity::Error);
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
fn c10_a_code_begins_with_the_credit_code_of_its_body() {
    let mut item = item();
    let of = |item: &Item, uscc: &str, origin| {
        standard::of_body(item, uscc, origin).map(|finding| (finding.code, finding.severity))
    };
    assert_eq!(of(&item, "11440300MB2C94128A", Origin::Draft), None);
    let other = "11440300MB2D072246";
    let strict = Some(("c10.body", Severity::Error));
    assert_eq!(of(&item, other, Origin::Draft), strict);
    let kept = Some(("c10.body", Severity::Warning));
    assert_eq!(of(&item, other, Origin::Import), kept);
    // A body without a credit code, and a code that is wrong by itself.
    assert_eq!(of(&item, "", Origin::Draft), None);
    item.impl_code.pop();
    assert_eq!(of(&item, other, Origin::Draft), None);
}

#[test]
fn what_another_element_makes_due_is_missed() {
    let come = |item: &mut Item| {
        item.visit_count = 1;
        item.delivery = vec![Delivery::Window];
        item.visit_reason.clear();
    };
    assert_breaks(come, "visit_reason.missing");
    assert_breaks(
        |item| item.power_source = PowerSource::Entrusted,
        "delegated_dept.missing",
    );
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
