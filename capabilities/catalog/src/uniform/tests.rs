//! Each shipped rule with a list that keeps it and one that breaks it.

use base::ids::{IdSource, ItemId, OrgId};
use jiff::Timestamp;

use super::*;
use crate::model::{
    CaseType, Field as FormField, FormPage, Item, LegalBasis, Limit, Material, Step,
};

fn item() -> Item {
    Item {
        name: "食品经营许可新办".into(),
        base_code: "990121001001".into(),
        item_type: "01".into(),
        legal_basis: vec![LegalBasis {
            law: "《食品安全法》".into(),
            article: "第三十五条".into(),
            ..LegalBasis::default()
        }],
        materials: vec![Material {
            key: "licence".into(),
            name: "营业执照".into(),
            copy_count: 1,
            ..Material::default()
        }],
        steps: vec![Step {
            name: "受理".into(),
            ..Step::default()
        }],
        promised_limit: Some(days(8)),
        ..Item::default()
    }
}

fn days(n: u32) -> Limit {
    Limit {
        n,
        unit: calendar::Unit::WorkingDay,
        note: String::new(),
    }
}

struct List {
    ids: IdSource,
    items: Vec<(Item, &'static str, OrgId)>,
}

impl List {
    /// The same item at four bodies, two in each of two counties.
    fn of_four() -> List {
        let ids = IdSource::seeded(3);
        let regions = ["990102", "990102001", "990103", "990103"];
        let items = regions
            .into_iter()
            .map(|region| (item(), region, ids.next(Timestamp::UNIX_EPOCH)))
            .collect();
        List { ids, items }
    }

    /// What the rule finds: the place of the item, the element, its value and the benchmark's.
    fn departures(
        &self,
        rule: &Rule,
        benchmark: Option<OrgId>,
    ) -> Vec<(usize, &str, String, String)> {
        let fields: Vec<&'static Field> = FIELDS.iter().collect();
        let mut prints: Vec<Print> = self
            .items
            .iter()
            .map(|(item, region, org_id)| Print {
                item_id: self.ids.next::<ItemId>(Timestamp::UNIX_EPOCH),
                version_id: self.ids.next(Timestamp::UNIX_EPOCH),
                org_id: *org_id,
                region: (*region).to_owned(),
                base_code: item.base_code.clone(),
                values: fields.iter().map(|field| digest(field, item)).collect(),
            })
            .collect();
        prints.sort_by(|a, b| (&a.base_code, a.item_id).cmp(&(&b.base_code, b.item_id)));
        let place = |print: &Print| {
            let mut items = self.items.iter();
            items
                .position(|(_, _, org_id)| *org_id == print.org_id)
                .expect("each body has one item")
        };
        compare(&prints, &[Ruled { rule, benchmark }], &fields)
            .into_iter()
            .map(|departure| {
                let field = fields[departure.field];
                let item = place(&prints[departure.item]);
                let right = place(&prints[departure.benchmark]);
                (
                    item,
                    field.name,
                    text(field, &self.items[item].0),
                    text(field, &self.items[right].0),
                )
            })
            .collect()
    }
}

fn shipped_rule(key: &str) -> Rule {
    shipped()
        .into_iter()
        .find(|rule| rule.key == key)
        .expect("shipped")
}

/// The rule, the element and what makes it differ.
type Break = (&'static str, &'static str, fn(&mut Item));

#[test]
fn each_shipped_rule_holds_and_breaks() {
    let breaks: [Break; 9] = [
        ("four_levels", "name", |item| item.name.push_str("（县级）")),
        ("four_levels", "legal_basis", |item| {
            item.legal_basis[0].article.clear();
        }),
        ("four_levels", "item_type", |item| {
            item.item_type = "07".into();
        }),
        ("five_levels", "case_type", |item| {
            item.case_type = CaseType::Instant;
        }),
        ("five_levels", "statutory_limit", |item| {
            item.statutory_limit = Some(days(30));
        }),
        ("five_levels", "accept_conditions", |item| {
            item.accept_conditions.push("本地户籍".into());
        }),
        ("eight_unified", "materials", |item| {
            item.materials[0].copy_count = 2;
        }),
        ("eight_unified", "form", |item| {
            item.form.pages.push(FormPage {
                fields: vec![FormField {
                    label: "店名".into(),
                    ..FormField::default()
                }],
                ..FormPage::default()
            });
        }),
        ("city_wide", "steps", |item| {
            item.steps.push(Step {
                name: "审查".into(),
                ..Step::default()
            });
        }),
    ];
    for (key, field, change) in breaks {
        let rule = shipped_rule(key);
        let mut list = List::of_four();
        assert_eq!(list.departures(&rule, None), [], "{key}");
        change(&mut list.items[2].0);
        let found = list.departures(&rule, None);
        assert!(
            found.iter().all(|(item, ..)| *item == 2)
                && found.iter().any(|(_, name, ..)| *name == field),
            "{key} {field}: {found:?}"
        );
    }
}

#[test]
fn every_shipped_rule_is_a_rule() {
    for rule in shipped() {
        assert_eq!(rule.problems(), [], "{}", rule.name);
        assert_eq!(rule.elements().count(), rule.fields.len(), "{}", rule.name);
    }
    assert_eq!(shipped_rule("five_levels").fields.len(), 12);
    assert_eq!(shipped_rule("eight_unified").fields.len(), 8);
    let broken = Rule {
        key: "c3".into(),
        name: "规则".into(),
        fields: vec!["colour".into()],
        ..Rule::default()
    };
    assert_eq!(broken.problems().len(), 2);
}

#[test]
fn the_benchmark_is_the_body_named_and_else_the_majority() {
    let rule = shipped_rule("city_wide");
    let mut list = List::of_four();
    list.items[0].0.promised_limit = Some(days(5));
    let found = list.departures(&rule, None);
    assert_eq!(
        found,
        [(
            0,
            "promised_limit",
            "5个工作日".to_owned(),
            "8个工作日".to_owned()
        )]
    );
    // Measured by the first body the three others are wrong.
    let found = list.departures(&rule, Some(list.items[0].2));
    let items: Vec<usize> = found.iter().map(|(item, ..)| *item).collect();
    assert_eq!(items, [1, 2, 3]);
    // A benchmark that has no such item leaves the majority.
    let stranger = list.ids.next(Timestamp::UNIX_EPOCH);
    assert_eq!(list.departures(&rule, Some(stranger)).len(), 1);
}

#[test]
fn a_rule_looks_at_its_region_only() {
    let mut rule = shipped_rule("city_wide");
    let mut list = List::of_four();
    list.items[2].0.promised_limit = Some(days(5));
    rule.region = "990102".into();
    assert_eq!(list.departures(&rule, None), []);
    rule.region = "990100".into();
    assert_eq!(list.departures(&rule, None).len(), 1);
    rule.region = "990103000000".into();
    // One against one: the first published counts.
    assert_eq!(list.departures(&rule, None).len(), 1);
}

#[test]
fn what_says_the_same_is_the_same() {
    let field = |name: &str| FIELDS.iter().find(|field| field.name == name).expect(name);
    let (mut a, mut b) = (item(), item());
    a.legal_basis[0].law = "中华人民共和国食品安全法".into();
    assert_eq!(
        digest(field("legal_basis"), &a),
        digest(field("legal_basis"), &b)
    );
    // Doing better is allowed.
    b.materials[0].shared_via = "电子营业执照".into();
    b.materials[0].deficient_ok = true;
    assert_eq!(
        digest(field("materials"), &a),
        digest(field("materials"), &b)
    );
    a.service_objects = vec![2, 1];
    b.service_objects = vec![1, 2];
    assert_eq!(text(field("service_objects"), &a), "自然人、企业法人");
    assert_eq!(
        digest(field("service_objects"), &a),
        digest(field("service_objects"), &b)
    );
    // The code counts as the implementing code says it.
    a.impl_code = "11440300MB2C94128A3440217281000".into();
    assert_eq!(text(field("base_code"), &a), "440217281000");
    b.steps[0].name = "长".repeat(3000);
    assert_eq!(text(field("steps"), &b).chars().count(), 2001);
}
