//! What is derived from items, on the shipped ones and on thousands of made-up ones.

use std::collections::{BTreeMap, BTreeSet};

use calendar::Unit;
use serde::Deserialize;

use super::merge::strictness;
use super::{Bundle, Derived, Fate, Figures, Kind, Member, Part, Produced, check, derive, shipped};
use crate::model::{
    Choice, Field, FieldKind, FormPage, HandlingItem, Item, Limit, Material, Necessity, Question,
};

const DEMO: &str = include_str!("../../../../data/items/demo_items.json");

#[derive(Deserialize)]
struct Record {
    org: String,
    item: Item,
}

fn demo() -> BTreeMap<String, Record> {
    let records: Vec<Record> = serde_json::from_str(DEMO).expect("the shipped items");
    records
        .into_iter()
        .map(|record| (record.item.base_code.clone(), record))
        .collect()
}

fn parts<'a>(bundle: &'a Bundle, items: &'a BTreeMap<String, Record>) -> Vec<Part<'a>> {
    bundle
        .items
        .iter()
        .filter_map(|member| {
            let record = items.get(&member.base_code)?;
            Some(Part {
                member,
                item: &record.item,
                body: &record.org,
            })
        })
        .collect()
}

fn derived(bundle: &Bundle, items: &BTreeMap<String, Record>) -> Derived {
    derive(&parts(bundle, items), &bundle.question_order).expect("an order")
}

fn key<'a>(key: &str) -> &'a Bundle {
    shipped()
        .iter()
        .find(|bundle| bundle.key == key)
        .expect("it ships")
}

/// Materials, days, visits.
fn told(figures: &Figures) -> (usize, u32, u32) {
    (figures.materials, figures.days, figures.visits)
}

#[test]
fn ride_hailing_is_derived_as_the_city_reported_it() {
    let items = demo();
    let ride = derived(key("ride_hailing"), &items);
    assert_eq!((ride.bodies.len(), ride.lanes.len()), (2, 3));
    assert_eq!(told(&ride.before), (15, 10, 3));
    assert_eq!(told(&ride.after), (9, 7, 1));
    assert_eq!((ride.before.applications, ride.after.applications), (3, 1));
    assert!(ride.after.fields < ride.before.fields);
}

#[test]
fn the_figures_follow_when_an_item_is_taken_out() {
    let items = demo();
    let without = |code: &str| {
        let mut bundle = key("ride_hailing").clone();
        bundle.items.retain(|member| member.base_code != code);
        for member in &mut bundle.items {
            member.depends_on.retain(|before| before != code);
        }
        let derived = derived(&bundle, &items);
        (told(&derived.before), told(&derived.after))
    };
    // Without the change of registration, its result has to be brought along.
    assert_eq!(without("990705007000"), ((11, 8, 2), (7, 5, 1)));
    assert_eq!(without("990113004002"), ((10, 7, 2), (7, 7, 1)));
    assert_eq!(without("990113004003"), ((9, 5, 2), (5, 3, 1)));
}

#[test]
fn every_shipped_bundle_can_be_published_and_saves_something() {
    let items = demo();
    assert!(shipped().len() >= 7);
    for bundle in shipped() {
        assert_eq!(check(bundle, &parts(bundle, &items)), [], "{}", bundle.name);
        let derived = derived(bundle, &items);
        accounts(&derived, &parts(bundle, &items));
        let (before, after) = (derived.before, derived.after);
        assert!(after.materials < before.materials, "{}", bundle.name);
        assert!(after.days < before.days, "{}", bundle.name);
        assert!(after.visits <= before.visits, "{}", bundle.name);
        assert!(after.fields <= before.fields, "{}", bundle.name);
    }
}

fn material(key: &str) -> Material {
    Material {
        key: key.to_owned(),
        name: format!("材料{key}"),
        ..Material::default()
    }
}

fn item(code: &str, days: u32, materials: Vec<Material>) -> Item {
    Item {
        name: format!("事项{code}"),
        base_code: code.to_owned(),
        promised_limit: Some(Limit {
            n: days,
            unit: Unit::WorkingDay,
            note: String::new(),
        }),
        materials,
        ..Item::default()
    }
}

fn member(code: &str) -> Member {
    Member {
        base_code: code.to_owned(),
        ..Member::default()
    }
}

fn of(members: &[Member], items: &[Item]) -> Result<Derived, crate::checks::Finding> {
    let parts: Vec<Part<'_>> = members
        .iter()
        .zip(items)
        .map(|(member, item)| Part {
            member,
            item,
            body: "甲局",
        })
        .collect();
    derive(&parts, &[])
}

#[test]
fn a_circle_is_refused_with_the_circle_shown() {
    let waits = |code: &str, before: &str| Member {
        depends_on: vec![before.to_owned()],
        ..member(code)
    };
    let members = [
        member("z"),
        waits("a", "c"),
        waits("b", "a"),
        waits("c", "b"),
    ];
    let items = ["z", "a", "b", "c"].map(|code| item(code, 1, Vec::new()));
    let refused = of(&members, &items).expect_err("a circle");
    assert_eq!(refused.code, "bundle.circle");
    assert!(
        refused
            .message
            .contains("事项a 要等 事项c 要等 事项b 要等 事项a"),
        "{}",
        refused.message
    );
    let bundle = Bundle {
        key: "circle".into(),
        name: "圈".into(),
        summary: "圈".into(),
        items: members.to_vec(),
        ..Bundle::default()
    };
    let parts: Vec<Part<'_>> = bundle
        .items
        .iter()
        .zip(&items)
        .map(|(member, item)| Part {
            member,
            item,
            body: "",
        })
        .collect();
    let codes: Vec<&str> = check(&bundle, &parts)
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, ["bundle.circle"]);
}

#[test]
fn days_are_those_of_the_longest_chain() {
    let members = [
        member("a"),
        Member {
            depends_on: vec!["a".into()],
            ..member("b")
        },
        member("c"),
        Member {
            depends_on: vec!["b".into(), "c".into()],
            ..member("d")
        },
    ];
    let items =
        [("a", 2), ("b", 3), ("c", 4), ("d", 1)].map(|(code, days)| item(code, days, Vec::new()));
    let derived = of(&members, &items).expect("an order");
    assert_eq!((derived.before.days, derived.after.days), (10, 6));
    let told: Vec<(&str, usize, u32, u32, bool)> = derived
        .lanes
        .iter()
        .map(|lane| {
            let code = lane.base_code.as_str();
            (code, lane.level, lane.starts, lane.ends, lane.critical)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("a", 1, 0, 2, true),
            ("c", 1, 0, 4, false),
            ("b", 2, 2, 5, true),
            ("d", 3, 5, 6, true),
        ]
    );
    // A shorter promise within the bundle counts; days by the calendar are turned into working days.
    let mut hurried = members.clone();
    hurried[1].promised = items[3].promised_limit.clone();
    assert_eq!(of(&hurried, &items).expect("an order").after.days, 5);
    let mut month = items;
    month[0].promised_limit = Some(Limit {
        n: 30,
        unit: Unit::Day,
        note: String::new(),
    });
    let derived = of(&members, &month).expect("an order");
    assert_eq!(derived.lanes[0].days, 22);
    assert!(derived.lanes[0].converted);
}

#[test]
fn one_visit_does_for_all_but_acts_in_a_place_of_their_own() {
    let members = [member("a"), member("b"), member("c")];
    let mut items = ["a", "b", "c"].map(|code| item(code, 1, Vec::new()));
    let visits = |members: &[Member], items: &[Item]| {
        let derived = of(members, items).expect("an order");
        (derived.before.visits, derived.after.visits)
    };
    assert_eq!(visits(&members, &items), (0, 0));
    for item in &mut items {
        item.visit_count = 1;
    }
    items[0].visit_count = 2;
    assert_eq!(visits(&members, &items), (4, 1));
    let mut own_place = members;
    own_place[1].on_site = "到医院评定".into();
    assert_eq!(visits(&own_place, &items), (4, 2));
}

#[test]
fn the_same_paper_is_asked_once_as_strictly_as_anybody_asks_it() {
    let same = |key: &str, necessity, original_count| Material {
        standard: "M001".into(),
        necessity,
        original_count,
        accept_standard: format!("按{key}看"),
        ..material(key)
    };
    let items = [
        item("a", 1, vec![same("x", Necessity::Situational, 0)]),
        item("b", 1, vec![same("y", Necessity::Required, 2)]),
        // Alike in name only.
        item("c", 1, vec![material("x"), material("x2")]),
    ];
    let members = [member("a"), member("b"), member("c")];
    let derived = of(&members, &items).expect("an order");
    assert_eq!((derived.before.materials, derived.after.materials), (3, 3));
    let paper = &derived.materials[0];
    assert_eq!(paper.necessity, Necessity::Required);
    assert_eq!((paper.original_count, paper.asked_by.len()), (2, 2));
    assert_eq!(paper.accept_standards, ["按y看", "按x看"]);
}

#[test]
fn shared_data_count_nothing_unless_somebody_wants_the_original() {
    let id = |shared: &str, original_count| Material {
        standard: "ID".into(),
        shared_via: shared.into(),
        original_count,
        ..material("id")
    };
    let members = [member("a"), member("b")];
    let counts = |one: Material, two: Material| {
        let items = [item("a", 1, vec![one]), item("b", 1, vec![two])];
        let derived = of(&members, &items).expect("an order");
        (derived.before.materials, derived.after.materials)
    };
    assert_eq!(counts(id("电子身份证", 0), id("电子身份证", 0)), (2, 0));
    assert_eq!(counts(id("电子身份证", 0), id("", 0)), (2, 0));
    assert_eq!(counts(id("电子身份证", 0), id("", 1)), (2, 1));
}

#[test]
fn what_another_item_makes_is_not_asked_unless_that_item_may_be_left_out() {
    let licence = Material {
        produced_by: "a".into(),
        ..material("licence")
    };
    let items = [
        item("a", 1, Vec::new()),
        item("b", 1, vec![licence, material("map")]),
    ];
    let mut members = [member("b"), member("a")];
    let items = [items[1].clone(), items[0].clone()];
    let made = of(&members, &items).expect("an order");
    assert_eq!((made.before.materials, made.after.materials), (2, 1));
    // The maker runs first, though nobody said so.
    assert_eq!(made.lanes[0].base_code, "a");
    members[1].optional = true;
    let left_out = of(&members, &items).expect("an order");
    assert_eq!(left_out.after.materials, 2);
    // What the bundle says counts as well.
    members[1].optional = false;
    members[0].produced = vec![Produced {
        material: "map".into(),
        by: "a".into(),
    }];
    assert_eq!(of(&members, &items).expect("an order").after.materials, 0);
}

#[test]
fn one_of_three_is_one_material_and_answered_by_what_is_there_anyway() {
    let choice = |key: &str| Material {
        one_of: "home".into(),
        ..material(key)
    };
    let three = vec![choice("deed"), choice("lease"), choice("letter")];
    let members = [member("a"), member("b")];
    let items = [
        item("a", 1, three),
        item("b", 1, vec![material("lease"), material("photo")]),
    ];
    let derived = of(&members, &items).expect("an order");
    assert_eq!((derived.before.materials, derived.after.materials), (3, 2));
    let lines: Vec<&Fate> = derived
        .proof
        .iter()
        .filter(|line| line.base_code == "a")
        .map(|line| &line.fate)
        .collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|fate| matches!(
        fate,
        Fate::Merged { item, .. } if item == "事项b"
    )));
}

#[test]
fn a_variant_asks_for_its_own_materials() {
    let mut renewal = item(
        "a",
        9,
        vec![
            material("old"),
            Material {
                necessity: Necessity::Situational,
                ..material("loss")
            },
        ],
    );
    renewal.visit_count = 1;
    renewal.handling_items = vec![HandlingItem {
        suffix: "02".into(),
        name: "补办".into(),
        materials: vec!["loss".into()],
        promised_limit: Some(Limit {
            n: 3,
            unit: Unit::WorkingDay,
            note: String::new(),
        }),
        visit_count: Some(0),
    }];
    let members = [Member {
        handling_item: "02".into(),
        ..member("a")
    }];
    let derived = of(&members, &[renewal]).expect("an order");
    assert_eq!(told(&derived.after), (1, 3, 0));
    assert_eq!(derived.materials[0].name, "材料loss");
    assert_eq!(derived.materials[0].necessity, Necessity::Required);
}

fn asked(key: &str, text: &str, when: &str) -> Question {
    Question {
        key: key.into(),
        text: text.into(),
        when: when.into(),
        options: vec![Choice::default()],
        ..Question::default()
    }
}

#[test]
fn the_same_question_is_asked_once_and_never_before_what_it_looks_back_at() {
    let mut items = [item("a", 1, Vec::new()), item("b", 1, Vec::new())];
    items[0].situation.questions = vec![
        asked("who", "给谁办？", ""),
        asked("age", "多大？", "who == \"child\""),
    ];
    items[1].situation.questions = vec![
        asked("place", "在哪里？", ""),
        asked("who", "给谁办？", ""),
        asked("age", "几岁了？", ""),
    ];
    let members = [member("a"), member("b")];
    let parts: Vec<Part<'_>> = members
        .iter()
        .zip(&items)
        .map(|(member, item)| Part {
            member,
            item,
            body: "",
        })
        .collect();
    let order = ["place".to_owned(), "age".to_owned()];
    let derived = derive(&parts, &order).expect("an order");
    let keys: Vec<(&str, usize)> = derived
        .questions
        .iter()
        .map(|question| (question.key.as_str(), question.asked_by.len()))
        .collect();
    assert_eq!(keys, [("place", 1), ("who", 2), ("age", 1), ("age_2", 1)]);
    assert_eq!((derived.before.questions, derived.after.questions), (5, 4));
}

#[test]
fn a_fact_is_filled_in_once() {
    let field = |key: &str, element: &str, kind| Field {
        key: key.into(),
        label: key.into(),
        element: element.into(),
        kind,
        ..Field::default()
    };
    let page = |fields| FormPage {
        title: "填写".into(),
        fields,
        ..FormPage::default()
    };
    let mut items = [item("a", 1, Vec::new()), item("b", 1, Vec::new())];
    items[0].form.pages = vec![page(vec![
        field("name", "DE01", FieldKind::Text),
        field("size", "", FieldKind::Number),
    ])];
    items[1].form.pages = vec![page(vec![
        Field {
            required: true,
            max_length: 20,
            ..field("applicant", "DE01", FieldKind::Text)
        },
        // Another kind of answer is another question.
        field("size", "", FieldKind::Text),
    ])];
    let derived = of(&[member("a"), member("b")], &items).expect("an order");
    assert_eq!((derived.before.fields, derived.after.fields), (4, 3));
    let name = &derived.fields[0].field;
    assert!(name.required && name.max_length == 20);
}

#[test]
fn a_shorter_promise_within_the_bundle_leaves_the_days_before_as_they_are() {
    let items = [item("a", 5, Vec::new()), item("b", 4, Vec::new())];
    let mut members = [member("a"), member("b")];
    members[1].depends_on = vec!["a".into()];
    let plain = of(&members, &items).expect("an order");
    assert_eq!((plain.before.days, plain.after.days), (9, 9));
    members[1].promised = Some(Limit {
        n: 2,
        unit: Unit::WorkingDay,
        note: String::new(),
    });
    let shorter = of(&members, &items).expect("an order");
    assert_eq!((shorter.before.days, shorter.after.days), (9, 7));
}

#[test]
fn each_mistake_of_a_definition_is_named() {
    let known = item("a", 5, vec![material("m")]);
    let bundle = Bundle {
        key: "Bad key".into(),
        items: vec![
            Member {
                handling_item: "09".into(),
                depends_on: vec!["x".into()],
                produced: vec![Produced {
                    material: "none".into(),
                    by: "a".into(),
                }],
                promised: Some(Limit {
                    n: 6,
                    unit: Unit::WorkingDay,
                    note: String::new(),
                }),
                ..member("a")
            },
            member("gone"),
        ],
        ..Bundle::default()
    };
    let parts = [Part {
        member: &bundle.items[0],
        item: &known,
        body: "",
    }];
    let codes: BTreeSet<&str> = check(&bundle, &parts)
        .iter()
        .map(|finding| finding.code)
        .collect();
    let expected = BTreeSet::from([
        "bundle.key",
        "bundle.name",
        "bundle.summary",
        "bundle.handling",
        "bundle.depends",
        "bundle.material",
        "bundle.promise",
        "bundle.reason",
        "bundle.item",
    ]);
    assert_eq!(codes, expected);
    let few = Bundle {
        items: vec![member("a"), member("a")],
        ..Bundle::default()
    };
    let found = check(&few, &[]);
    assert!(found.iter().any(|finding| finding.code == "bundle.twice"));
}

/// Numbers that look like chance and are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

fn made_up(dice: &mut Dice) -> (Vec<Member>, Vec<Item>) {
    let n = 2 + usize::try_from(dice.below(5)).expect("small");
    let code = |place: usize| format!("i{place}");
    let mut members = Vec::new();
    let mut items = Vec::new();
    for place in 0..n {
        let mut materials = Vec::new();
        for nth in 0..dice.below(6) {
            let paper = dice.below(7);
            let mut one = Material {
                key: format!("m{nth}"),
                name: format!("纸{paper}"),
                standard: if dice.once_in(4) {
                    String::new()
                } else {
                    format!("S{paper}")
                },
                necessity: [
                    Necessity::Required,
                    Necessity::Required,
                    Necessity::Deferrable,
                    Necessity::Situational,
                    Necessity::Optional,
                ][usize::try_from(dice.below(5)).expect("small")],
                original_count: u8::try_from(dice.below(3)).expect("small"),
                copy_count: u8::try_from(dice.below(3)).expect("small"),
                ..Material::default()
            };
            if dice.once_in(4) {
                one.shared_via = "共享".into();
            }
            if dice.once_in(3) {
                one.one_of = format!("g{}", dice.below(2));
            }
            // Only from those before, so that there is an order.
            if place > 0 && dice.once_in(6) {
                one.produced_by = code(usize::try_from(dice.below(place as u64)).expect("small"));
            }
            materials.push(one);
        }
        let days = u32::try_from(dice.below(20)).expect("small");
        let mut item = item(&code(place), days, materials);
        item.visit_count = u8::try_from(dice.below(3)).expect("small");
        items.push(item);
        members.push(Member {
            optional: dice.once_in(4),
            on_site: if dice.once_in(5) { "当面" } else { "" }.into(),
            ..member(&code(place))
        });
    }
    (members, items)
}

/// The account holds: every material of every item stands in it once, and nothing required was dropped.
fn accounts(derived: &Derived, parts: &[Part<'_>]) {
    for part in parts {
        for material in &part.item.materials {
            let lines: Vec<_> = derived
                .proof
                .iter()
                .filter(|line| {
                    line.kind == Kind::Material
                        && line.base_code == part.member.base_code
                        && line.key == material.key
                })
                .collect();
            assert_eq!(lines.len(), 1, "{}", material.name);
            match &lines[0].fate {
                Fate::Produced { item } => assert!(
                    parts
                        .iter()
                        .any(|maker| maker.item.name == *item && !maker.member.optional)
                ),
                Fate::Kept | Fate::Merged { .. } | Fate::Shared { .. } => {}
            }
            // The one list names it, with everybody who asks, at least as strictly.
            let strict_enough = derived.materials.iter().any(|one| {
                one.asked_by
                    .iter()
                    .any(|asker| asker.base_code == part.member.base_code)
                    && strictness(one.necessity) >= strictness(material.necessity)
                    && (one.original_count >= material.original_count)
                    && (one.copy_count >= material.copy_count)
            });
            assert!(strict_enough, "{} of {}", material.name, part.item.name);
        }
    }
    // What is left and what went away make up what was there.
    let count = |wanted: fn(&Fate) -> bool| {
        derived
            .proof
            .iter()
            .filter(|line| line.kind == Kind::Material && line.counted && wanted(&line.fate))
            .count()
    };
    let kept = count(|fate| matches!(fate, Fate::Kept));
    let gone = count(|fate| !matches!(fate, Fate::Kept));
    assert_eq!(kept, derived.after.materials);
    assert_eq!(kept + gone, derived.before.materials);
}

#[test]
fn nothing_required_is_dropped_whatever_is_put_together() {
    let mut dice = Dice(0x2026_0511);
    for _ in 0..3000 {
        let (members, items) = made_up(&mut dice);
        let parts: Vec<Part<'_>> = members
            .iter()
            .zip(&items)
            .map(|(member, item)| Part {
                member,
                item,
                body: "甲局",
            })
            .collect();
        let derived = derive(&parts, &[]).expect("only those before are waited for");
        accounts(&derived, &parts);
        assert!(derived.after.materials <= derived.before.materials);
        assert!(derived.after.days <= derived.before.days);
        assert!(derived.after.visits <= derived.before.visits);
        // A required paper that nobody else knows is never lost.
        let papers: BTreeSet<&str> = derived
            .materials
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        for part in &parts {
            for slot in super::merge::slots(0, part) {
                let alone = slot.counted() && slot.shared().is_none();
                let known = slot
                    .materials
                    .iter()
                    .any(|own| papers.iter().any(|paper| paper.contains(own.name.as_str())));
                assert!(!alone || known);
            }
        }
    }
}
