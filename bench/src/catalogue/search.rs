//! Search over 100,000 items: the same snapshot the pages ask, with the questions people ask.

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use base::ids::{ItemId, OrgId, Uuid, VersionId};
use catalog::ItemState;
use catalog::brief::{Brief, BriefBody};
use catalog::snapshot::{Asker, OrgName, Snapshot, Wanted};
use jiff::Timestamp;
use pinyin::ToPinyin;
use serde::Deserialize;

use crate::report::Latencies;

const DIRECTORY: &str = include_str!("../../../data/items/directory_guangan.csv");
const DEMO_ITEMS: &str = include_str!("../../../data/items/demo_items.json");
const QUESTIONS: &str = include_str!("../../../data/search/everyday_questions.csv");

const ITEMS: usize = 100_000;
const BODIES: usize = 29;
/// How often every question is asked, after a round that is not counted.
const ROUNDS: usize = 3;
/// Names that are asked for by their letters, by a part, with two characters swapped.
const NAMES_ASKED: usize = 120;

/// 业务办理项 as names tell them apart.
const VARIANTS: [&str; 10] = [
    "",
    "（新办）",
    "（变更）",
    "（延续）",
    "（注销）",
    "（补办）",
    "（首次申请）",
    "（跨省）",
    "（校验）",
    "（备案）",
];
const IN_VAIN: [&str; 8] = [
    "量子力学研究",
    "怎么去火星",
    "天气预报",
    "xyzzyq",
    "电影票",
    "周末去哪里玩比较好呢",
    "火锅店推荐",
    "zzzz",
];
const BROAD: [&str; 8] = ["办理", "申请", "许可", "登记", "证", "备案", "sp", "经营"];

/// Milliseconds in which 99 of 100 questions are answered.
pub(super) fn p99_ms() -> anyhow::Result<f64> {
    let names = names()?;
    let snapshot = Snapshot::default().next(1, items(&names), &HashMap::new(), bodies());
    ensure!(snapshot.items().len() == ITEMS, "every item can be found");
    let questions = questions(&names)?;
    // From anywhere, and by somebody at one place.
    let wanted = [
        Wanted::default(),
        Wanted {
            asker: Asker {
                region: Some(region(3)),
                ..Asker::default()
            },
            ..Wanted::default()
        },
    ];
    let mut latencies = Latencies::new();
    let mut found = 0;
    for round in 0..=ROUNDS {
        for (question, wanted) in questions.iter().zip(wanted.iter().cycle()) {
            let began = Instant::now();
            let answers = snapshot.search(question, wanted);
            if answers.is_empty() {
                black_box(snapshot.similar(question, wanted));
            }
            let took = began.elapsed();
            found += usize::from(!answers.is_empty());
            if round > 0 {
                latencies.record(took);
            }
        }
    }
    ensure!(
        found > questions.len() * ROUNDS / 2,
        "most questions find something"
    );
    latencies.quantile_ms(0.99).context("nothing was asked")
}

/// A name with the phrases people search it by.
struct Name {
    name: String,
    aliases: Vec<String>,
}

/// The names of a district's list and of the demonstration's items, each once.
fn names() -> anyhow::Result<Vec<Name>> {
    #[derive(Deserialize)]
    struct Demo {
        name: String,
        #[serde(default)]
        aliases: Vec<String>,
    }
    #[derive(Deserialize)]
    struct Entry {
        item: Demo,
    }
    let demo: Vec<Entry> = serde_json::from_str(DEMO_ITEMS)?;
    let mut names: Vec<Name> = demo
        .into_iter()
        .map(|Entry { item }| Name {
            name: item.name,
            aliases: item.aliases,
        })
        .collect();
    for row in csv::Reader::from_reader(DIRECTORY.as_bytes()).records() {
        let row = row?;
        names.push(Name {
            name: row.get(0).unwrap_or_default().to_owned(),
            aliases: Vec::new(),
        });
    }
    let mut seen = HashSet::new();
    names.retain(|name| !name.name.is_empty() && seen.insert(name.name.clone()));
    Ok(names)
}

fn region(n: usize) -> String {
    format!("9901{:02}000000", n % 12)
}

fn org(n: usize) -> OrgId {
    OrgId::from_uuid(Uuid::from_u128(1 + n as u128))
}

fn bodies() -> Vec<OrgName> {
    (0..BODIES)
        .map(|n| OrgName {
            id: org(n),
            key: format!("body-{n}"),
            name: format!("第{n}办事机构"),
            region: region(n),
            phone: String::new(),
        })
        .collect()
}

/// Every name in every variant, as often as it takes.
fn items(names: &[Name]) -> Vec<Brief> {
    (0..ITEMS)
        .map(|n| {
            let Name { name, aliases } = &names[n % names.len()];
            let variant = VARIANTS[n / names.len() % VARIANTS.len()];
            let body = n % BODIES;
            Brief {
                item_id: ItemId::from_uuid(Uuid::from_u128(1 + n as u128)),
                version_id: VersionId::from_uuid(Uuid::from_u128(1 + n as u128)),
                version: 1,
                impl_code: String::new(),
                base_code: String::new(),
                local_code: format!("{n:06}"),
                name: format!("{name}{variant}"),
                org_id: org(body),
                region: region(body),
                item_type: "01".to_owned(),
                state: ItemState::Published,
                flag_count: 0,
                updated_at: Timestamp::UNIX_EPOCH,
                revision: 1,
                uses: (n * 7919 % 500) as i64,
                body: BriefBody {
                    aliases: aliases.clone(),
                    summary: format!("{name}，材料齐全的当场办理，也可以在网上申请。"),
                    service_objects: vec![1, 2],
                    handling_forms: vec![1, 2],
                    ..BriefBody::default()
                },
            }
        })
        .collect()
}

/// What is asked: everyday words, official names, letters, slips, everything at once, nothing at all.
fn questions(names: &[Name]) -> anyhow::Result<Vec<String>> {
    let mut questions = Vec::new();
    for row in csv::Reader::from_reader(QUESTIONS.as_bytes()).records() {
        questions.push(row?.get(0).unwrap_or_default().to_owned());
    }
    let step = (names.len() / NAMES_ASKED).max(1);
    for Name { name, .. } in names.iter().step_by(step) {
        let sounds = || name.chars().filter_map(|c| c.to_pinyin());
        let initials: String = sounds().map(pinyin::Pinyin::first_letter).collect();
        questions.push(initials.chars().take(4).collect());
        questions.push(initials);
        questions.push(sounds().take(5).map(pinyin::Pinyin::plain).collect());
        let mut slipped: Vec<char> = name.chars().take(8).collect();
        if slipped.len() > 4 {
            slipped.swap(1, 2);
            questions.push(slipped.into_iter().collect());
        }
        questions.push(name.clone());
    }
    questions.extend(IN_VAIN.into_iter().chain(BROAD).map(str::to_owned));
    Ok(questions)
}
