//! One path of questions for all items of a bundle: asked once where several items ask the same.

use std::collections::BTreeMap;

use catalog::app::bundles::{Found, parts};
use catalog::bundle::{Bundle, MergedQuestion, derive};
use catalog::guided::{Answers as Situation, Guide, Step, from_pairs};
use catalog::model::Question;

use crate::Joint;

/// How far the answers lead.
#[derive(Clone, Debug)]
pub struct Path {
    /// The next question; none where all are answered.
    pub next: Option<Question>,
    /// Questions and answers so far, in words.
    pub told: Vec<(String, String)>,
    /// The pairs that carry the answers so far.
    pub pairs: Vec<(String, String)>,
    /// Why an item of the bundle cannot help; empty where all can.
    pub stop: String,
    /// The answers as each item understands them, by 基本编码.
    pub situations: BTreeMap<String, Situation>,
}

/// Walks the merged questions with the answers among `pairs`.
pub fn walk(joint: &Joint, bundle: &Bundle, found: &[Found], pairs: &[(String, String)]) -> Path {
    let merged = derive(&parts(bundle, found), &bundle.question_order)
        .map(|derived| derived.questions)
        .unwrap_or_default();
    let questions: Vec<Question> = merged.iter().map(question).collect();
    let answers = from_pairs(&questions, pairs);
    let mut situations: BTreeMap<String, Situation> = BTreeMap::new();
    for asked in &merged {
        if let Some(answer) = answers.get(&asked.key) {
            for of in &asked.asked_by {
                let own = situations.entry(of.base_code.clone()).or_default();
                own.insert(of.key.clone(), answer.clone());
            }
        }
    }
    let mut path = Path {
        next: None,
        told: Vec::new(),
        pairs: Vec::new(),
        stop: String::new(),
        situations: BTreeMap::new(),
    };
    // Keys of the merged questions that some item waits for.
    let mut waited = Vec::new();
    for found in found {
        let member = &bundle.items[found.place];
        let Some(guide) = joint.catalog().guide(&found.published) else {
            continue;
        };
        let own = situations.remove(&member.base_code).unwrap_or_default();
        match guide.progress(&own).step {
            Step::Ask(at) => {
                let key = &guide.questions()[at].key;
                waited.extend(merged_key(&merged, &member.base_code, key));
            }
            Step::Stop(at) if !member.optional && path.stop.is_empty() => {
                path.stop.clone_from(&guide.outcomes()[at].stop);
            }
            Step::Stop(_) | Step::Done(_) => {}
        }
        keep(&mut path, &guide, &own);
        path.situations
            .insert(member.base_code.clone(), guide.kept(&own));
    }
    path.next = questions
        .iter()
        .find(|question| waited.contains(&question.key))
        .cloned();
    path.pairs = catalog::guided::to_pairs(&answers);
    path
}

fn keep(path: &mut Path, guide: &Guide, own: &Situation) {
    for told in guide.told(own) {
        if !path.told.contains(&told) {
            path.told.push(told);
        }
    }
}

fn merged_key(merged: &[MergedQuestion], base_code: &str, key: &str) -> Option<String> {
    merged
        .iter()
        .find(|asked| {
            asked
                .asked_by
                .iter()
                .any(|of| of.base_code == base_code && of.key == key)
        })
        .map(|asked| asked.key.clone())
}

fn question(merged: &MergedQuestion) -> Question {
    Question {
        key: merged.key.clone(),
        text: merged.text.clone(),
        hint: merged.hint.clone(),
        kind: merged.kind,
        options: merged.options.clone(),
        ..Question::default()
    }
}
