//! Proving a guide of thirty questions: every way ends, nothing is out of reach, nothing contradicts.

use std::time::Instant;

use anyhow::ensure;
use catalog::guided;
use catalog::model::{
    Choice, Item, Limit, Material, Necessity, Outcome, Question, QuestionKind, Situation,
};

const QUESTIONS: usize = 30;

/// Seconds to check the guide once, the slowest of several times.
pub(super) fn check_s() -> anyhow::Result<f64> {
    let item = item();
    let mut slowest: f64 = 0.0;
    for _ in 0..5 {
        let started = Instant::now();
        let report = guided::check(&item.situation, &item);
        slowest = slowest.max(started.elapsed().as_secs_f64());
        ensure!(report.findings.is_empty(), "{:?}", report.findings);
        // Far beyond what could be walked one by one.
        ensure!(report.ways > 1 << 30, "{} ways", report.ways);
    }
    Ok(slowest)
}

/// Questions of every kind that look back at one another, each with an outcome and a material of its own.
fn item() -> Item {
    let mut situation = Situation::default();
    let mut materials = Vec::new();
    for at in 0..QUESTIONS {
        situation.questions.push(question(at));
        let material = format!("m{at}");
        situation.outcomes.push(Outcome {
            key: format!("o{at}"),
            name: format!("情形{at}"),
            when: when(at),
            materials: vec![material.clone()],
            // The same promise wherever one is made, so that outcomes agree.
            promised_limit: at.is_multiple_of(3).then(|| Limit {
                n: 5,
                unit: calendar::Unit::WorkingDay,
                note: String::new(),
            }),
            ..Outcome::default()
        });
        materials.push(Material {
            name: format!("材料{at}"),
            key: material,
            necessity: Necessity::Situational,
            ..Material::default()
        });
    }
    situation.outcomes.push(Outcome {
        key: "plain".into(),
        name: "没有特别情形".into(),
        when: either_way(),
        ..Outcome::default()
    });
    Item {
        name: "三十个问题".into(),
        materials,
        situation,
        ..Item::default()
    }
}

fn question(at: usize) -> Question {
    let kind = [
        QuestionKind::YesNo,
        QuestionKind::Choice,
        QuestionKind::Choices,
        QuestionKind::Number,
    ][at % 4];
    let options = matches!(kind, QuestionKind::Choice | QuestionKind::Choices);
    Question {
        key: format!("q{at}"),
        text: format!("第{at}个问题"),
        kind,
        options: ["a", "b", "c", "d"]
            .into_iter()
            .filter(|_| options)
            .map(|value| Choice {
                value: value.into(),
                label: value.to_uppercase(),
                ..Choice::default()
            })
            .collect(),
        steps: if kind == QuestionKind::Number {
            vec![50, 100]
        } else {
            Vec::new()
        },
        // Every fifth is only asked where an earlier answer leads to it.
        when: if at % 5 == 4 {
            holds(at - 4)
        } else {
            String::new()
        },
        ..Question::default()
    }
}

/// A condition on one question.
fn holds(at: usize) -> String {
    match at % 4 {
        0 => format!("q{at}"),
        1 => format!("q{at} == \"b\""),
        2 => format!("\"c\" in q{at}"),
        _ => format!("q{at} >= 100"),
    }
}

fn when(at: usize) -> String {
    match at.checked_sub(7) {
        Some(before) if at.is_multiple_of(2) => format!("{} && {}", holds(at), holds(before)),
        Some(before) if at % 5 == 3 => format!("{} || {}", holds(at), holds(before)),
        _ => holds(at),
    }
}

/// Every way ends, whatever the first four questions say.
fn either_way() -> String {
    let first: Vec<String> = (0..4).map(holds).collect();
    format!("!({}) || {}", first.join(" || "), first.join(" || "))
}
