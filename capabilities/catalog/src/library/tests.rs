use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Row {
    item: Item,
}

fn shipped_items() -> Vec<Item> {
    let rows: Vec<Row> =
        serde_json::from_str(include_str!("../../../../data/items/demo_items.json"))
            .expect("the shipped items are JSON");
    rows.into_iter().map(|row| row.item).collect()
}

fn material(code: &str, name: &str) -> StandardMaterial {
    StandardMaterial {
        code: code.to_owned(),
        name: name.to_owned(),
        ..StandardMaterial::default()
    }
}

fn asking(standard: &str) -> Item {
    Item {
        materials: vec![Material {
            key: "idcard".to_owned(),
            name: "居民身份证".to_owned(),
            standard: standard.to_owned(),
            ..Material::default()
        }],
        ..Item::default()
    }
}

#[test]
fn the_shipped_library_is_what_the_shipped_items_say() {
    let mut asked: BTreeMap<&str, Vec<&Material>> = BTreeMap::new();
    let items = shipped_items();
    for material in items.iter().flat_map(|item| &item.materials) {
        if !material.standard.is_empty() {
            asked.entry(&material.standard).or_default().push(material);
        }
    }
    let library = Library::of(shipped().to_vec());
    assert_eq!(library.len(), shipped().len(), "no code stands twice");
    for (code, materials) in &asked {
        let known = library
            .get(code)
            .expect("every code used is in the library");
        let said = gathered(code, materials);
        assert_eq!(
            (&known.name, &known.names, &known.issuer, &known.replaced_by),
            (&said.name, &said.names, &said.issuer, &said.replaced_by),
            "{code}"
        );
    }
    for known in shipped() {
        assert_eq!(known.check(), [], "{}", known.code);
    }
}

#[test]
fn the_same_paper_asked_by_many_is_one_material() {
    let items = shipped_items();
    let askers = |code: &str| {
        items
            .iter()
            .filter(|item| {
                item.materials
                    .iter()
                    .any(|material| material.standard == code)
            })
            .count()
    };
    let library = Library::of(shipped().to_vec());
    let idcard = library.code_of("居民身份证").expect("there");
    assert_eq!(library.code_of("申请人居民身份证"), Some(idcard));
    assert!(askers(idcard) > 40, "{}", askers(idcard));
    // What an applicant writes for one item is no paper of another.
    let own: HashSet<&str> = items
        .iter()
        .flat_map(|item| &item.materials)
        .filter(|material| material.standard.is_empty())
        .map(|material| material.name.as_str())
        .collect();
    assert!(own.contains("申请书"));
}

#[test]
fn a_material_that_went_over_to_another_means_the_other() {
    let mut old = material("SM0001", "居民身份证");
    old.merged_into = "SM0002".to_owned();
    let library = Library::of([old, material("SM0002", "身份证件")]);
    assert_eq!(library.canonical("SM0001"), "SM0002");
    assert_eq!(library.canonical("X"), "X");
    assert_eq!(library.code_of("居民身份证"), None);
    assert_eq!(
        library.settled(&asking("SM0001").materials)[0].standard,
        "SM0002"
    );
    assert!(matches!(
        library.settled(&asking("SM0002").materials),
        Cow::Borrowed(_)
    ));
    let found = |item: &Item| -> Vec<&str> {
        library
            .check(item)
            .iter()
            .map(|finding| finding.code)
            .collect()
    };
    assert_eq!(found(&asking("SM0001")), ["material.standard.merged"]);
    assert_eq!(found(&asking("SM0009")), ["material.standard.unknown"]);
    assert_eq!(found(&asking("SM0002")), Vec::<&str>::new());
    assert_eq!(found(&asking("")), Vec::<&str>::new());
}

#[test]
fn a_circle_of_mergers_ends() {
    let mut one = material("SM0001", "甲");
    one.merged_into = "SM0002".to_owned();
    let mut two = material("SM0002", "乙");
    two.merged_into = "SM0001".to_owned();
    let library = Library::of([one, two]);
    assert!(library.resolve("SM0001").is_some());
}

#[test]
fn items_follow_and_only_where_they_name_it() {
    let next = replaced(&asking("SM0001"), "SM0001", "SM0002").expect("names it");
    assert_eq!(next.materials[0].standard, "SM0002");
    assert_eq!(replaced(&asking("SM0003"), "SM0001", "SM0002"), None);
    let names = ["居民身份证".to_owned()];
    let next = assigned(&asking(""), &names, "SM0001").expect("has the name");
    assert_eq!(next.materials[0].standard, "SM0001");
    assert_eq!(assigned(&asking("SM0009"), &names, "SM0001"), None);
}

#[test]
fn what_cannot_be_kept_names_its_field() {
    let fields = |material: &StandardMaterial| -> Vec<&str> {
        material.check().iter().map(|(field, _)| *field).collect()
    };
    assert_eq!(
        fields(&material("SM0001", "居民身份证")),
        Vec::<&str>::new()
    );
    assert_eq!(fields(&material("1", "")), ["code", "name"]);
    let wrong = StandardMaterial {
        validity_months: Some(0),
        sample: "javascript:alert(1)".to_owned(),
        note: "字".repeat(TEXT_CHARS_MAX + 1),
        ..material("SM0001", "居民身份证")
    };
    assert_eq!(fields(&wrong), ["note", "sample", "validity_months"]);
    assert_eq!(next_code(["SM0007", "SM0012", "odd"].into_iter()), "SM0013");
    assert_eq!(next_code(std::iter::empty()), "SM0001");
}
