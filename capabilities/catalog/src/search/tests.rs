//! What people type, and what must come first.

use super::*;
use crate::model::Item;

#[derive(serde::Deserialize)]
struct Record {
    item: Item,
}

fn demo() -> (Vec<Item>, Index) {
    let records: Vec<Record> =
        serde_json::from_str(include_str!("../../../../data/items/demo_items.json"))
            .expect("the demo items");
    let items: Vec<Item> = records.into_iter().map(|record| record.item).collect();
    let index = index_of(&items);
    (items, index)
}

fn index_of(items: &[Item]) -> Index {
    Index::build_with(items.len(), |n, add| {
        let item = &items[n];
        let other: Vec<&str> = item
            .themes_person
            .iter()
            .chain(&item.themes_corp)
            .chain(&item.life_events)
            .chain([&item.summary, &item.result.name])
            .map(String::as_str)
            .collect();
        add(Doc {
            name: &item.name,
            aliases: &item.aliases,
            other: &other,
            uses: 0,
        });
    })
}

fn names<'a>(items: &'a [Item], index: &Index, question: &str) -> Vec<&'a str> {
    index
        .search(question, Synonyms::shipped(), |_| true)
        .iter()
        .map(|hit| items[hit.doc as usize].name.as_str())
        .collect()
}

#[test]
fn everyday_words_find_the_official_item_first() {
    let (items, index) = demo();
    for (question, expected) in [
        ("老人补贴", "高龄津贴"),
        ("开饭店", "食品经营许可"),
        ("结婚", "结婚登记"),
        ("我要开饭店", "食品经营许可"),
        ("怎么办结婚证", "结婚登记"),
        ("离婚", "离婚登记"),
        ("低保怎么申请", "最低生活保障"),
        ("残疾人补贴", "困难残疾人生活补贴"),
        ("孩子上户口", "出生登记"),
        ("高龄津贴", "高龄津贴"),
        ("二手房过户", "个人不动产转移登记"),
        ("提公积金", "住房公积金提取"),
        ("jhdj", "结婚登记"),
        ("jiehun", "结婚登记"),
        ("gljt", "高龄津贴"),
        ("婚姻登记", "婚登记"),
    ] {
        let found = names(&items, &index, question);
        let first = found.first().copied().unwrap_or("nothing");
        assert!(
            first.contains(expected),
            "{question}: {first}; then {:?}",
            &found[..found.len().min(5)]
        );
    }
}

#[test]
fn synonyms_alone_are_enough() {
    let item = |name: &str| Item {
        name: name.into(),
        ..Item::default()
    };
    let items = vec![
        item("困难残疾人生活补贴和重度残疾人护理补贴"),
        item("高龄津贴申领"),
        item("老年人优待证办理"),
        item("食品经营许可新办"),
        item("婚姻登记"),
        item("企业变更登记"),
    ];
    let index = index_of(&items);
    for (question, expected) in [
        ("老人补贴", "高龄津贴申领"),
        ("开饭店", "食品经营许可新办"),
        ("结婚", "婚姻登记"),
        ("老年证", "老年人优待证办理"),
    ] {
        assert_eq!(
            names(&items, &index, question).first().copied(),
            Some(expected),
            "{question}"
        );
    }
}

#[test]
fn use_decides_between_equals() {
    let items = ["道路运输证换发", "道路运输证补发"].map(|name| Item {
        name: name.into(),
        ..Item::default()
    });
    let build = |uses: [i64; 2]| {
        Index::build(items.iter().zip(uses).map(|(item, uses)| Doc {
            name: &item.name,
            aliases: &[],
            other: &[],
            uses,
        }))
    };
    let first = |index: Index| index.search("道路运输证", Synonyms::shipped(), |_| true)[0].doc;
    assert_eq!(first(build([0, 50])), 1);
    assert_eq!(first(build([50, 0])), 0);
}

#[test]
fn nothing_found_says_what_to_try() {
    let (_, index) = demo();
    let nothing = index.search("量子力学", Synonyms::shipped(), |_| true);
    assert_eq!(nothing, []);
    // Sounds the same, written differently.
    let tries = index.similar("接婚灯记", 3, |_| true);
    assert_eq!(tries.similar.first().map(String::as_str), Some("结婚登记"));
    let tries = index.similar("公基金提取", 3, |_| true);
    assert!(
        tries.similar.iter().any(|name| name.contains("公积金")),
        "{tries:?}"
    );
    for odd in [
        "",
        "　",
        "!!!",
        "\u{0}",
        "𠮷𠮷",
        &"长".repeat(5000),
        "' OR 1=1 --",
        "%",
        "🍜🍜",
    ] {
        let hits = index.search(odd, Synonyms::shipped(), |_| true);
        assert!(hits.len() <= CANDIDATES_MAX);
        drop(index.similar(odd, 3, |_| true));
    }
}

#[test]
fn only_accepted_items_are_found() {
    let (items, index) = demo();
    let hits = index.search("登记", Synonyms::shipped(), |doc| {
        items[doc as usize].for_people()
    });
    assert!(!hits.is_empty());
    assert!(hits.iter().all(|hit| items[hit.doc as usize].for_people()));
    assert_eq!(index.search("登记", Synonyms::shipped(), |_| false), []);
}

/// A large catalogue made of the directory's names: however common a word is, only so many are looked at closely.
#[test]
fn a_large_catalogue_ranks_a_bounded_number_of_candidates() {
    let directory = include_str!("../../../../data/items/directory_guangan.csv");
    let mut reader = csv::Reader::from_reader(directory.as_bytes());
    let names: Vec<String> = reader
        .records()
        .map(|record| record.expect("a row")[0].to_owned())
        .collect();
    let copies = 4;
    let all: Vec<String> = (0..copies)
        .flat_map(|copy| names.iter().map(move |name| format!("{name}{copy}")))
        .collect();
    let index = Index::build(all.iter().map(|name| Doc {
        name,
        aliases: &[],
        other: &[],
        uses: 0,
    }));
    for question in [
        "道路运输",
        "登记",
        "社会保险费申报",
        "结婚",
        "许可",
        "dlys",
        "医疗保险异地就医备案",
        "申请审批办理",
    ] {
        let hits = index.search(question, Synonyms::shipped(), |_| true);
        assert!(hits.len() <= CANDIDATES_MAX);
    }
}

/// Asks every question and tells how many found their item among the first three, and which did not.
fn asked(items: &[Item], index: &Index) -> (usize, Vec<String>) {
    let questions = include_str!("../../../../data/search/everyday_questions.csv");
    let mut reader = csv::Reader::from_reader(questions.as_bytes());
    let mut asked = 0;
    let mut misses = Vec::new();
    for record in reader.records() {
        let record = record.expect("a row");
        let (question, expected) = (&record[0], &record[1]);
        // As the page shows them: one line for each name.
        let mut found = names(items, index, question);
        let mut seen = std::collections::HashSet::new();
        found.retain(|name| seen.insert(*name));
        found.truncate(3);
        asked += 1;
        if !found
            .iter()
            .any(|name| expected.split('|').any(|item| name.contains(item)))
        {
            misses.push(format!("{question} → {found:?}"));
        }
    }
    (asked, misses)
}

/// How people really ask, with the item that must be among the first three.
#[test]
fn everyday_questions_find_their_item_among_the_first_three() {
    let (items, index) = demo();
    let (asked, misses) = asked(&items, &index);
    assert!(asked >= 120, "{asked}");
    let met = asked - misses.len();
    assert!(met * 100 >= asked * 95, "{met} of {asked}: {misses:#?}");
}

/// The same among nine hundred further names nobody has described.
#[test]
fn everyday_questions_find_their_item_in_a_full_directory() {
    let (mut items, _) = demo();
    let directory = include_str!("../../../../data/items/directory_guangan.csv");
    let mut reader = csv::Reader::from_reader(directory.as_bytes());
    items.extend(reader.records().map(|record| Item {
        name: record.expect("a row")[0].to_owned(),
        ..Item::default()
    }));
    let (asked, misses) = asked(&items, &index_of(&items));
    let met = asked - misses.len();
    assert!(met * 100 >= asked * 90, "{met} of {asked}: {misses:#?}");
}
