//! For each rule of ownership: what passes, and what does not.

use super::rules::{against, licensed};
use super::{adopt, claim, impl_code};
use crate::model::{
    BaseItem, CaseType, Fee, IntermediaryService, Item, LegalBasis, Limit, Material, Necessity,
    Origin, PowerSource, ResultDoc, SpecialProcedure, Step,
};

fn days(n: u32) -> Limit {
    Limit {
        n,
        unit: calendar::Unit::WorkingDay,
        note: String::new(),
    }
}

fn material(key: &str, necessity: Necessity) -> Material {
    Material {
        key: key.into(),
        name: key.into(),
        necessity,
        original_count: 1,
        core: key == "licence",
        ..Material::default()
    }
}

fn basis(law: &str, level: &str) -> LegalBasis {
    LegalBasis {
        law: law.into(),
        article: "第三十五条".into(),
        level: level.into(),
        document_no: "主席令第21号".into(),
        ..LegalBasis::default()
    }
}

fn base() -> BaseItem {
    BaseItem {
        base_code: "990121001001".into(),
        name: "食品经营许可".into(),
        main_item_name: "食品生产经营许可".into(),
        sub_item_name: "食品经营许可".into(),
        item_type: "01".into(),
        legal_basis: vec![basis("《食品安全法》", "法律")],
        exercise_levels: vec![3, 4],
        power_scope: "县级以上".into(),
        service_objects: vec![1, 2],
        case_type: CaseType::Promised,
        statutory_limit: Some(days(20)),
        promised_limit: Some(days(10)),
        visit_count: Some(1),
        accept_conditions: vec!["已取得营业执照".into()],
        steps: ["受理", "审查", "决定"]
            .map(|name| Step {
                name: name.into(),
                ..Step::default()
            })
            .into(),
        materials: vec![
            material("licence", Necessity::Required),
            material("layout", Necessity::Situational),
        ],
        special_procedures: vec![SpecialProcedure {
            kind: "专家评审".into(),
            ..SpecialProcedure::default()
        }],
        fees: vec![Fee {
            name: "工本费".into(),
            basis: "价格目录".into(),
            ..Fee::default()
        }],
        result: ResultDoc {
            name: "食品经营许可证".into(),
            ..ResultDoc::default()
        },
        handling_forms: vec![1, 2],
        licence_list_no: "188".into(),
        ..BaseItem::default()
    }
}

fn codes(base: &BaseItem, item: &Item) -> Vec<&'static str> {
    against(base, item)
        .into_iter()
        .map(|found| found.code)
        .collect()
}

#[test]
fn what_was_claimed_passes() {
    let base = base();
    assert_eq!(codes(&base, &claim(&base, 1, 4, "990102")), [""; 0]);
    assert!(licensed(&base).is_empty());
}

/// The finding, and what makes it.
type Case = (&'static str, fn(&mut Item));

#[test]
fn a_fixed_field_is_not_changed() {
    let base = base();
    let cases: Vec<Case> = vec![
        ("b.name", |item| item.name = "开店许可".into()),
        ("b.main_item_name", |item| item.main_item_name.clear()),
        ("b.sub_item_name", |item| item.sub_item_name = "其他".into()),
        ("b.base_code", |item| item.base_code = "990121001002".into()),
        ("b.item_type", |item| item.item_type = "07".into()),
        ("b.power_scope", |item| item.power_scope = "乡镇".into()),
        ("b.service_objects", |item| item.service_objects = vec![1]),
        ("b.statutory_limit", |item| {
            item.statutory_limit = Some(days(15));
        }),
        ("b.quantity_limit", |item| {
            item.quantity_limit = "50家".into();
        }),
        ("b.result", |item| item.result.valid_years = Some(3)),
        ("b.intermediary_services", |item| {
            item.intermediary_services = vec![IntermediaryService::default()];
        }),
        ("b.commitment", |item| {
            item.commitment.mode = crate::model::CommitmentMode::Licence;
        }),
        ("b.exercise_level", |item| item.exercise_level = 5),
        ("b.special_procedures", |item| {
            item.special_procedures[0].kind = "听证".into();
        }),
        ("b.fees", |item| item.fees[0].basis = "惯例".into()),
        ("b.legal_basis.removed", |item| item.legal_basis.clear()),
        ("b.legal_basis.added", |item| {
            item.legal_basis.push(basis("《某部规章》", "部门规章"));
        }),
        ("b.accept_conditions.removed", |item| {
            item.accept_conditions.clear();
        }),
    ];
    for (code, change) in cases {
        let mut item = claim(&base, 1, 4, "990102");
        change(&mut item);
        assert_eq!(codes(&base, &item), [code]);
    }
}

#[test]
fn nothing_becomes_worse_for_the_applicant() {
    let base = base();
    let cases: Vec<Case> = vec![
        ("n.promised_limit", |item| {
            item.promised_limit = Some(days(11));
        }),
        ("n.promised_limit", |item| item.promised_limit = None),
        ("n.visit_count", |item| item.visit_count = 2),
        ("n.accept_conditions.added", |item| {
            item.accept_conditions.push("注册资本十万元".into());
        }),
        ("n.materials.added", |item| {
            item.materials.push(material("photo", Necessity::Required));
        }),
        ("n.materials.necessity", |item| {
            item.materials[1].necessity = Necessity::Required;
        }),
        ("n.materials.count", |item| item.materials[0].copy_count = 3),
        ("n.materials.core", |item| {
            item.materials[0].deficient_ok = true;
        }),
        ("n.materials.name", |item| {
            item.materials[0].name = "法人征信报告".into();
        }),
        ("n.promised_limit", |item| {
            item.situation.outcomes.push(crate::model::Outcome {
                promised_limit: Some(days(11)),
                ..crate::model::Outcome::default()
            });
        }),
        ("n.visit_count", |item| {
            item.handling_items.push(crate::model::HandlingItem {
                visit_count: Some(2),
                ..crate::model::HandlingItem::default()
            });
        }),
        ("b.legal_basis.text", |item| {
            item.legal_basis[0].document_no = "国务院令第1号".into();
        }),
        ("n.steps", |item| {
            item.steps.push(Step {
                name: "局长会签".into(),
                ..Step::default()
            });
        }),
        ("n.handling_forms", |item| item.handling_forms = vec![1]),
    ];
    for (code, change) in cases {
        let mut item = claim(&base, 1, 4, "990102");
        change(&mut item);
        assert_eq!(codes(&base, &item), [code]);
    }
    let mut instant = base.clone();
    instant.case_type = CaseType::Instant;
    let mut item = claim(&instant, 1, 4, "990102");
    item.case_type = CaseType::Promised;
    assert_eq!(codes(&instant, &item), ["n.case_type"]);
}

/// What the base list makes easier for the applicant, one material after the other, and how a body takes it back.
#[test]
fn what_the_base_list_makes_easier_is_not_taken_back() {
    let easier = |key: &str, change: fn(&mut Material)| {
        let mut material = material(key, Necessity::Required);
        change(&mut material);
        material
    };
    let mut base = base();
    base.materials = vec![
        easier("shared", |material| material.shared_via = "电子证照".into()),
        easier("promise", |material| material.commitment_replaceable = true),
        easier("later", |material| material.deficient_ok = true),
        easier("form", |material| material.form = "纸质或电子".into()),
        easier("new", |material| {
            material.necessity = Necessity::Situational;
            material.condition = "新建场所".into();
        }),
        easier("deed", |material| material.one_of = "place".into()),
        easier("lease", |material| material.one_of = "place".into()),
    ];
    let cases: Vec<Case> = vec![
        ("n.materials.shared", |item| {
            item.materials[0].shared_via.clear();
        }),
        ("n.materials.commitment", |item| {
            item.materials[1].commitment_replaceable = false;
        }),
        ("n.materials.deficient", |item| {
            item.materials[2].deficient_ok = false;
        }),
        ("n.materials.form", |item| {
            item.materials[3].form = "纸质".into();
        }),
        ("n.materials.condition", |item| {
            item.materials[4].condition = "任何场所".into();
        }),
        ("n.materials.one_of", |item| {
            item.materials[5].one_of.clear();
        }),
        ("n.materials.one_of", |item| {
            item.materials.remove(6);
        }),
    ];
    for (code, change) in cases {
        let mut item = claim(&base, 1, 4, "990102");
        assert_eq!(codes(&base, &item), [""; 0]);
        change(&mut item);
        assert_eq!(codes(&base, &item), [code]);
    }
    // Fewer materials, easier ways and clarifications are no harm; nor is leaving out a whole choice.
    let mut item = claim(&base, 1, 4, "990102");
    item.materials[4].condition.push_str("（含改建）");
    item.materials[3].form = "电子".into();
    item.materials.truncate(5);
    item.service_objects.reverse();
    assert_eq!(codes(&base, &item), [""; 0]);
}

#[test]
fn what_is_better_or_local_passes() {
    let base = base();
    let mut item = claim(&base, 1, 3, "990100");
    item.promised_limit = Some(days(5));
    item.visit_count = 0;
    item.case_type = CaseType::Instant;
    item.materials.remove(1);
    item.materials[0].shared_via = "电子营业执照".into();
    item.accept_conditions[0].push_str("（含电子营业执照）");
    item.legal_basis
        .push(basis("《云岭省食品条例》", "地方性法规"));
    item.handling_forms = vec![1, 2, 3];
    item.consult_phone = "0990-5512345".into();
    item.materials.push(material("photo", Necessity::Optional));
    assert_eq!(codes(&base, &item), [""; 0]);
}

#[test]
fn a_power_given_further_is_exercised_below_its_levels() {
    let base = base();
    let mut item = claim(&base, 1, 5, "990102001");
    assert_eq!(codes(&base, &item), ["b.exercise_level"]);
    item.power_source = PowerSource::Entrusted;
    assert_eq!(codes(&base, &item), [""; 0]);
    // Never above them.
    item.exercise_level = 2;
    assert_eq!(codes(&base, &item), ["b.exercise_level"]);
}

#[test]
fn a_licence_stands_in_the_list_and_a_local_item_on_local_law() {
    let mut item = base();
    item.licence_list_no.clear();
    assert_eq!(licensed(&item)[0].code, "licence.unlisted");
    item.item_type = "07".into();
    assert!(licensed(&item).is_empty());
    item.origin = Origin::Local;
    assert_eq!(licensed(&item)[0].code, "local.basis");
    item.legal_basis.push(basis("《云岭省条例》", "地方性法规"));
    assert!(licensed(&item).is_empty());
}

#[test]
fn adopting_a_new_version_leaves_nothing_that_may_not_stand() {
    let old = base();
    let mut item = claim(&old, 1, 4, "990102");
    item.promised_limit = Some(days(9));
    item.materials[0].shared_via = "电子营业执照".into();
    item.consult_phone = "0990-5512345".into();
    let mut new = old;
    new.name = "食品经营许可（2026年版）".into();
    new.promised_limit = Some(days(8));
    new.materials.remove(1);
    new.materials.push(material("rules", Necessity::Required));
    new.materials[0].copy_count = 0;
    new.materials[0].commitment_replaceable = true;
    new.materials[0].form = "纸质或电子".into();
    item.materials[0].copy_count = 1;
    item.materials[0].form = "纸质".into();
    new.steps.remove(1);
    new.handling_forms.push(3);
    new.case_type = CaseType::Instant;
    new.promised_limit = Some(days(1));
    assert!(!codes(&new, &item).is_empty());
    let next = adopt(&item, &new, 2);
    assert_eq!(codes(&new, &next), [""; 0]);
    assert_eq!(next.base_version, Some(2));
    assert_eq!(next.promised_limit, Some(days(1)));
    assert_eq!(next.materials[0].shared_via, "电子营业执照");
    assert_eq!(next.consult_phone, "0990-5512345");
}

#[test]
fn an_implementing_code_is_made_of_its_parts() {
    let code = impl_code("11440300MB2C94128A", 3, "440217281000").expect("parts that fit");
    assert_eq!(code, "11440300MB2C94128A3440217281000");
    assert_eq!(impl_code("11440300MB2C94128B", 3, "440217281000"), None);
}
