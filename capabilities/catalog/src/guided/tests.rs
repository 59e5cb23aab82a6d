//! A guide by hand, and random small ones against brute force.

use std::collections::HashSet;

use calendar::Unit;

use super::walk::{Walker, answers};
use super::*;
use crate::checks::Finding;
use crate::model::{
    Choice, Form, FormPage, HandlingItem, Item, Limit, Material, Necessity, QuestionKind,
};

fn choice(key: &str, kind: QuestionKind, options: &[&str], when: &str) -> Question {
    Question {
        key: key.into(),
        text: format!("{key}？"),
        kind,
        options: options
            .iter()
            .map(|value| Choice {
                value: (*value).into(),
                label: (*value).to_uppercase(),
                ..Choice::default()
            })
            .collect(),
        when: when.into(),
        ..Question::default()
    }
}

fn outcome(key: &str, when: &str) -> Outcome {
    Outcome {
        key: key.into(),
        name: key.into(),
        when: when.into(),
        ..Outcome::default()
    }
}

fn material(key: &str, necessity: Necessity) -> Material {
    Material {
        key: key.into(),
        name: format!("材料{key}"),
        necessity,
        ..Material::default()
    }
}

fn days(n: u32) -> Limit {
    Limit {
        n,
        unit: Unit::WorkingDay,
        note: String::new(),
    }
}

/// A shop: where it is, how it sells, how large it is.
fn shop() -> Item {
    let mut online = outcome("online", r#""online" in ways"#);
    online.materials = vec!["website".into()];
    online.pages = vec!["site".into()];
    let mut large = outcome("large", "area > 100");
    large.materials = vec!["plan".into()];
    large.promised_limit = Some(days(10));
    large.visit_count = Some(1);
    let mut usual = outcome("usual", r#"place == "shop" || area <= 100"#);
    usual.handling_item = "01".into();
    let mut home = outcome("none", r#"place == "street""#);
    home.stop = "请到街道办事处登记摊位".into();
    let mut base = outcome("base", "");
    base.handling_item = String::new();
    Item {
        name: "食品经营许可".into(),
        materials: vec![
            material("form", Necessity::Required),
            material("website", Necessity::Situational),
            material("plan", Necessity::Situational),
        ],
        form: Form {
            pages: ["shop", "site"]
                .map(|key| FormPage {
                    key: key.into(),
                    title: key.into(),
                    ..FormPage::default()
                })
                .into(),
        },
        handling_items: vec![HandlingItem {
            suffix: "01".into(),
            name: "新办".into(),
            promised_limit: Some(days(5)),
            ..HandlingItem::default()
        }],
        promised_limit: Some(days(20)),
        situation: Situation {
            questions: vec![
                choice(
                    "place",
                    QuestionKind::Choice,
                    &["shop", "mall", "street"],
                    "",
                ),
                choice("ways", QuestionKind::Choices, &["dine", "online"], ""),
                choice("area", QuestionKind::Number, &[], r#"place == "mall""#),
            ],
            outcomes: vec![online, large, usual, home, base],
        },
        ..Item::default()
    }
}

fn given(pairs: &[(&str, Answer)]) -> Answers {
    pairs
        .iter()
        .map(|(key, answer)| ((*key).to_owned(), answer.clone()))
        .collect()
}

fn one(text: &str) -> Answer {
    Answer::One(text.to_owned())
}

fn several(texts: &[&str]) -> Answer {
    Answer::Several(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn findings(item: &Item) -> Vec<Finding> {
    check(&item.situation, item).findings
}

fn of(item: &Item, code: &str) -> Vec<String> {
    let of_code = findings(item)
        .into_iter()
        .filter(|finding| finding.code == code);
    of_code.map(|finding| finding.message).collect()
}

#[test]
fn answers_lead_to_exactly_what_is_needed() {
    let item = shop();
    let guide = Guide::compile(&item.situation, &item).expect("a sound guide");
    let mut answers = Answers::new();
    assert_eq!(guide.progress(&answers).step, Step::Ask(0));
    answers.insert("place".into(), one("shop"));
    assert_eq!(guide.progress(&answers).step, Step::Ask(1));
    answers.insert("ways".into(), several(&["online"]));
    // The area is only asked of shops in a mall.
    let applied = guide.applied(&item, &answers).expect("an end");
    let keys = |item: &Item| -> Vec<String> {
        item.materials
            .iter()
            .map(|material| material.key.clone())
            .collect()
    };
    assert_eq!(keys(&applied.item), ["form", "website"]);
    assert_eq!(applied.item.materials[1].necessity, Necessity::Required);
    assert_eq!(applied.item.form.pages.len(), 2);
    assert_eq!(applied.item.promised_limit, Some(days(5)));
    assert_eq!(applied.handling_item.expect("the variant").name, "新办");

    let mall = given(&[
        ("place", one("mall")),
        ("ways", several(&["dine"])),
        ("area", Answer::Number(101)),
    ]);
    let applied = guide.applied(&item, &mall).expect("an end");
    assert_eq!(keys(&applied.item), ["form", "plan"]);
    assert_eq!(applied.item.form.pages.len(), 1);
    assert_eq!(applied.item.promised_limit, Some(days(10)));
    assert_eq!(applied.item.visit_count, 1);
    // An answer to a question that is not asked is not kept.
    let mut changed = mall;
    changed.insert("place".into(), one("shop"));
    assert_eq!(guide.kept(&changed).len(), 2);
    changed.insert("place".into(), one("street"));
    assert_eq!(guide.progress(&changed).step, Step::Stop(3));
    assert!(guide.applied(&item, &changed).is_none());
}

#[test]
fn a_sound_guide_is_measured() {
    let item = shop();
    let report = check(&item.situation, &item);
    assert_eq!(report.findings, []);
    // shop × 3 combinations, mall × 3 × 3 intervals (0, 100, 101; the first two mean the same), street ends at once.
    assert_eq!(report.ways, 3 + 9 + 1);
    assert_eq!(report.longest.len(), 3);
}

#[test]
fn a_dead_end_is_shown_with_its_way() {
    let mut item = shop();
    item.situation.outcomes.pop();
    let found = of(&item, "situation.dead_end");
    assert_eq!(found, [] as [String; 0], "area decides it: {found:?}");
    item.situation.outcomes[2].when = r#"place == "shop" || area < 100"#.into();
    let found = of(&item, "situation.dead_end");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("place？→MALL"), "{}", found[0]);
    assert!(found[0].contains("area？→100"), "{}", found[0]);
}

#[test]
fn what_is_out_of_reach_is_named() {
    let mut item = shop();
    item.materials
        .push(material("lost", Necessity::Situational));
    item.situation.questions.push(choice(
        "never",
        QuestionKind::YesNo,
        &[],
        r#"place == "shop" && place == "mall""#,
    ));
    item.situation
        .outcomes
        .push(outcome("never", "area > 10 && area < 5"));
    assert_eq!(
        of(&item, "situation.material_unreachable"),
        ["怎样回答都不会要求材料“材料lost”"]
    );
    assert_eq!(of(&item, "situation.question_unreachable").len(), 1);
    assert_eq!(of(&item, "situation.outcome_unreachable").len(), 1);
    // A question behind a stop is not reached either.
    let mut item = shop();
    item.situation.questions.push(choice(
        "after",
        QuestionKind::YesNo,
        &[],
        r#"place == "street""#,
    ));
    assert_eq!(of(&item, "situation.question_unreachable").len(), 1);
    // A material that every way drops.
    let mut item = shop();
    item.situation.outcomes[4].without = vec!["form".into()];
    assert_eq!(of(&item, "situation.material_unreachable").len(), 1);
}

#[test]
fn contradictions_are_shown_with_their_way() {
    let mut item = shop();
    item.situation.outcomes[0].promised_limit = Some(days(3));
    let found = of(&item, "situation.contradiction");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("承诺时限"), "{}", found[0]);
    assert!(found[0].contains("area？→101"), "{}", found[0]);
    assert!(found[0].contains("ONLINE"), "{}", found[0]);
    let mut item = shop();
    item.situation.outcomes[0].without = vec!["plan".into()];
    let found = of(&item, "situation.contradiction");
    assert!(found[0].contains("材料“材料plan”要不要交"), "{}", found[0]);
    item.situation.outcomes[0].materials.push("plan".into());
    assert!(of(&item, "situation.contradiction")[0].contains("既要又不要"));
}

#[test]
fn conditions_are_checked_against_the_questions_before() {
    let wrong = |when: &str| -> String {
        let mut item = shop();
        item.situation.questions[1].when = when.into();
        let found = Guide::compile(&item.situation, &item).expect_err("a wrong condition");
        assert_eq!(found.len(), 1, "{when}");
        assert_eq!(found[0].field, "situation.questions[1].when");
        assert!(found[0].message.contains(when), "{}", found[0].message);
        found[0].message.clone()
    };
    assert!(wrong("plaec == \"shop\"").contains("没有“plaec”这个问题"));
    assert!(wrong("area > 5").contains("排在后面"));
    assert!(wrong("ways == [\"online\"]").contains("排在后面"));
    assert!(wrong("place == 5").contains("类型不合"));
    assert!(wrong("place").contains("应为是或否"));
    assert!(wrong("place == \"shpo\"").contains("没有“shpo”这个选项"));
    assert!(wrong("place ==").contains("写法"));
    assert!(wrong("place.matches(\"s.*\")").contains("不支持"));
    let mut item = shop();
    for when in ["area + 1 > 5", "area % 2 == 0", "area > size(ways)"] {
        item.situation.outcomes[1].when = when.into();
        assert!(Guide::compile(&item.situation, &item).is_err(), "{when}");
    }
    for when in [
        "size(ways) == 2",
        r#"ways.exists(w, w == "online")"#,
        r#"ways.all(w, w in ["dine", "online"])"#,
        r#"place in ["shop", "mall"] && !("dine" in ways)"#,
        r#"place.startsWith("m") ? area > 5 : false"#,
    ] {
        item.situation.outcomes[1].when = when.into();
        let read = Guide::compile(&item.situation, &item);
        assert!(read.is_ok(), "{when}: {:?}", read.err());
    }
}

#[test]
fn answers_travel_in_an_address() {
    let item = shop();
    let questions = &item.situation.questions;
    let answers = given(&[
        ("place", one("mall")),
        ("ways", several(&["dine", "online"])),
        ("area", Answer::Number(12)),
    ]);
    assert_eq!(from_pairs(questions, &to_pairs(&answers)), answers);
    let json = serde_json::to_string(&answers).expect("plain data");
    assert_eq!(
        json,
        r#"{"area":12,"place":"mall","ways":["dine","online"]}"#
    );
    assert_eq!(
        serde_json::from_str::<Answers>(&json).expect("reads"),
        answers
    );
    assert_eq!(Answer::read(&questions[1], &[]), Err(Misfit::Missing));
    assert_eq!(
        Answer::read(&questions[0], &["moon"]),
        Err(Misfit::NotAnOption)
    );
    assert_eq!(
        Answer::read(&questions[2], &["-4"]),
        Err(Misfit::NotANumber)
    );
}

#[test]
fn thirty_questions_are_walked_without_counting_to_two_to_the_thirtieth() {
    let questions: Vec<Question> = (0..30)
        .map(|at| choice(&format!("q{at}"), QuestionKind::YesNo, &[], ""))
        .collect();
    let all: Vec<String> = (0..30).map(|at| format!("q{at}")).collect();
    let mut outcomes = vec![outcome("all", &all.join(" && "))];
    outcomes.extend((0..30).map(|at| outcome(&format!("not{at}"), &format!("!q{at}"))));
    let item = Item {
        situation: Situation {
            questions,
            outcomes,
        },
        ..Item::default()
    };
    let report = check(&item.situation, &item);
    assert_eq!(report.findings, []);
    assert_eq!(report.ways, 1 << 30);
    assert_eq!(report.longest.len(), 30);
}

/// A small generator, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
}

/// A random condition over the first `before` questions of [`random_item`].
fn condition(dice: &mut Dice, questions: &[Question], before: usize, depth: usize) -> String {
    if before == 0 {
        return String::new();
    }
    if depth > 0 && dice.roll(2) == 0 {
        let left = condition(dice, questions, before, depth - 1);
        let right = condition(dice, questions, before, depth - 1);
        return match dice.roll(3) {
            0 => format!("({left}) && ({right})"),
            1 => format!("({left}) || ({right})"),
            _ => format!("!({left})"),
        };
    }
    let question = &questions[dice.roll(before)];
    let key = &question.key;
    match question.kind {
        QuestionKind::YesNo => key.clone(),
        QuestionKind::Choice => format!("{key} == \"{}\"", ["a", "b", "c"][dice.roll(3)]),
        QuestionKind::Choices => match dice.roll(3) {
            0 => format!("size({key}) == {}", 1 + dice.roll(2)),
            _ => format!("\"{}\" in {key}", ["a", "b", "c"][dice.roll(3)]),
        },
        QuestionKind::Number => {
            format!("{key} {} {}", ["<", ">=", "=="][dice.roll(3)], dice.roll(4))
        }
    }
}

fn random_item(dice: &mut Dice) -> Item {
    let mut questions = Vec::new();
    for at in 0..2 + dice.roll(3) {
        let kind = [
            QuestionKind::YesNo,
            QuestionKind::Choice,
            QuestionKind::Choices,
            QuestionKind::Number,
        ][dice.roll(4)];
        let options: &[&str] = match kind {
            QuestionKind::Choice | QuestionKind::Choices => &["a", "b", "c"],
            _ => &[],
        };
        let when = if dice.roll(2) == 0 {
            condition(dice, &questions, at, 1)
        } else {
            String::new()
        };
        questions.push(choice(&format!("q{at}"), kind, options, &when));
    }
    let outcomes = (0..=dice.roll(4))
        .map(|at| {
            let when = condition(dice, &questions, questions.len(), 2);
            let mut outcome = outcome(&format!("o{at}"), &when);
            match dice.roll(5) {
                0 => outcome.stop = "不能办".into(),
                1 => outcome.visit_count = Some(u8::try_from(at).expect("a few")),
                2 => outcome.materials = vec!["m".into()],
                3 => outcome.without = vec!["m".into()],
                _ => {}
            }
            outcome
        })
        .collect();
    Item {
        materials: vec![material(
            "m",
            [Necessity::Required, Necessity::Situational][dice.roll(2)],
        )],
        situation: Situation {
            questions,
            outcomes,
        },
        ..Item::default()
    }
}

/// Every way through a guide, by trying them all.
fn by_force(guide: &Guide) -> Vec<(Vec<(usize, Answer)>, Step)> {
    let mut ways = Vec::new();
    let mut open: Vec<Vec<(usize, Answer)>> = vec![Vec::new()];
    while let Some(so_far) = open.pop() {
        let answers: Answers = so_far
            .iter()
            .map(|(at, answer)| (guide.questions()[*at].key.clone(), answer.clone()))
            .collect();
        match guide.progress(&answers).step {
            Step::Ask(at) => {
                open.extend(super::walk::answers(guide, at).into_iter().map(|answer| {
                    let mut on = so_far.clone();
                    on.push((at, answer));
                    on
                }));
            }
            step => ways.push((so_far, step)),
        }
    }
    ways
}

#[test]
fn random_guides_are_judged_as_by_trying_every_way() {
    let mut dice = Dice(20_261_122);
    let (mut bad, mut good) = (0, 0);
    for round in 0..400 {
        let item = random_item(&mut dice);
        let guide = Guide::compile(&item.situation, &item).expect("conditions are well formed");
        let ways = by_force(&guide);
        let report = check(&item.situation, &item);
        let context = format!("round {round}: {:#?}", item.situation);
        let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
        let count = |code: &str| codes.iter().filter(|known| **known == code).count();

        assert_eq!(report.ways, ways.len() as u128, "{context}");
        let longest = ways.iter().map(|(way, _)| way.len()).max().unwrap_or(0);
        assert_eq!(report.longest.len(), longest, "{context}");

        let dead = ways.iter().any(|(_, step)| *step == Step::Done(Vec::new()));
        assert_eq!(count("situation.dead_end"), usize::from(dead), "{context}");

        let asked: HashSet<usize> = ways
            .iter()
            .flat_map(|(way, _)| way.iter().map(|(at, _)| *at))
            .collect();
        assert_eq!(
            count("situation.question_unreachable"),
            guide.questions().len() - asked.len(),
            "{context}"
        );

        let mut seen = HashSet::new();
        let mut pairs = HashSet::new();
        let mut needed = false;
        for (way, step) in &ways {
            match step {
                Step::Done(done) => {
                    seen.extend(done.iter().copied());
                    pairs.extend(
                        done.iter()
                            .flat_map(|left| done.iter().map(move |right| (*left, *right))),
                    );
                    let answers: Answers = way
                        .iter()
                        .map(|(at, answer)| (guide.questions()[*at].key.clone(), answer.clone()))
                        .collect();
                    let applied = guide.applied(&item, &answers).expect("an end");
                    needed |= !applied.item.materials.is_empty();
                }
                Step::Stop(at) => {
                    seen.insert(*at);
                }
                Step::Ask(_) => unreachable!("ways are complete"),
            }
        }
        // Two stops that hold at once: the walk knows both as reached, the person is told the first.
        let several_stops = guide
            .outcomes()
            .iter()
            .filter(|outcome| !outcome.stop.is_empty())
            .count()
            > 1;
        if !several_stops {
            assert_eq!(
                count("situation.outcome_unreachable"),
                guide.outcomes().len() - seen.len(),
                "{context}"
            );
        }
        assert_eq!(
            count("situation.material_unreachable"),
            usize::from(!needed),
            "{context}"
        );

        let outcomes = guide.outcomes();
        let clashes = pairs
            .iter()
            .filter(|(left, right)| {
                let (one, other) = (&outcomes[*left], &outcomes[*right]);
                left < right
                    && (matches!((one.visit_count, other.visit_count), (Some(a), Some(b)) if a != b)
                        || one.materials.iter().any(|key| other.without.contains(key))
                        || other.materials.iter().any(|key| one.without.contains(key)))
            })
            .count();
        assert_eq!(count("situation.contradiction"), clashes, "{context}");
        if report.findings.is_empty() {
            good += 1;
        } else {
            bad += 1;
        }
    }
    assert!(good > 5 && bad > 100, "{good} sound guides, {bad} others");
}

#[test]
fn classes_of_answers_stand_for_all_of_them() {
    let item = shop();
    let guide = Guide::compile(&item.situation, &item).expect("a sound guide");
    let walker = Walker::new(&guide);
    // Only whether one sells online matters.
    assert_eq!(walker.classes[1].len(), 2);
    assert_eq!(answers(&guide, 1).len(), 3);
    assert_eq!(answers(&guide, 2), [0, 100, 101].map(Answer::Number));
}

#[test]
fn the_guides_that_are_shipped_are_sound() {
    let shipped = include_str!("../../../../data/items/demo_items.json");
    let records: Vec<serde_json::Value> = serde_json::from_str(shipped).expect("a list");
    let mut count = 0;
    for record in records {
        let item = record
            .get("item")
            .cloned()
            .expect("an item in every record");
        let item: Item = serde_json::from_value(item).expect("our own record");
        let report = check(&item.situation, &item);
        assert_eq!(report.findings, [], "{}", item.name);
        count += usize::from(!item.situation.is_empty());
    }
    assert!(count >= 3, "{count} guides");
}

#[test]
fn a_guide_goes_through_a_spreadsheet_unchanged() {
    let mut item = shop();
    item.situation.questions[2].steps = vec![100, 500];
    item.situation.questions[1].options[0].hint = "堂食|外带".into();
    item.situation.outcomes[1].promised_limit = Some(Limit {
        n: 2,
        unit: Unit::Hour,
        note: "当场".into(),
    });
    let file = sheet::write(&item.situation).expect("a file");
    let read = sheet::read(&file).expect("reads");
    assert_eq!(read, item.situation);
    assert_eq!(sheet::write(&read).expect("a file"), file);
    assert!(sheet::read(b"no archive").is_err());
}

#[test]
fn a_picture_shows_every_question_and_outcome() {
    let item = shop();
    let guide = Guide::compile(&item.situation, &item).expect("a sound guide");
    let drawn = guide.picture("<食品>");
    assert_eq!(drawn.matches("<rect").count(), 3 + 5);
    assert!(drawn.contains("&lt;食品&gt;"));
    assert!(drawn.contains("place == &quot;mall&quot;"));
}
