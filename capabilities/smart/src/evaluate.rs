//! The verdict of a rule set on facts. Pure.

use std::collections::BTreeMap;

use base::crypto::{Digest, Sm3};
use serde_json::Value;

use crate::facts;
use crate::model::{
    Datum, FactTrace, Inputs, Otherwise, Outcome, Reason, RuleTrace, State, Truth, Verdict,
};
use crate::rules::Compiled;

/// Facts and verdict of one evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    pub facts: BTreeMap<String, Datum>,
    pub verdict: Verdict,
}

/// Evaluates every rule, so that whoever looks at it sees all that is open and not only the first.
pub fn evaluate(compiled: &Compiled, inputs: &Inputs) -> Evaluation {
    let facts = facts::build(compiled, inputs);
    let verdict = judge(compiled, &facts);
    Evaluation { facts, verdict }
}

fn judge(compiled: &Compiled, facts: &BTreeMap<String, Datum>) -> Verdict {
    let known: BTreeMap<&str, &Value> = facts
        .iter()
        .filter_map(|(key, datum)| Some((key.as_str(), datum.value.as_ref()?)))
        .collect();
    let set = &compiled.set;
    let mut rules = Vec::with_capacity(set.rules.len());
    let mut reasons: Vec<Reason> = Vec::new();
    let mut refused = false;
    let mut open = false;
    for (at, rule) in set.rules.iter().enumerate() {
        let result = compiled.truth(at, &known);
        let used = compiled.facts_of(at);
        match result {
            Truth::True => {}
            Truth::False => {
                // Without a law that allows it nothing is refused by a rule, whatever the rule says.
                if rule.otherwise == Otherwise::Refuse && !set.refusal_basis.is_empty() {
                    refused = true;
                } else {
                    open = true;
                }
                reasons.push(Reason {
                    code: format!("rule:{}", rule.key),
                    text: rule.says.clone(),
                });
            }
            Truth::Unknown => {
                open = true;
                for key in &used {
                    if let Some(reason) = facts.get(key).and_then(|datum| unknown(compiled, datum))
                        && !reasons.contains(&reason)
                    {
                        reasons.push(reason);
                    }
                }
            }
        }
        rules.push(RuleTrace {
            key: rule.key.clone(),
            kind: rule.kind,
            name: rule.name.clone(),
            when: rule.when.clone(),
            legal_basis: rule.legal_basis.clone(),
            result,
            facts: used,
        });
    }
    let outcome = match (open, refused) {
        (true, _) => Outcome::Person,
        (false, true) => Outcome::Refuse,
        (false, false) => Outcome::Grant,
    };
    if outcome == Outcome::Person && reasons.is_empty() {
        reasons.push(Reason {
            code: "rule:undecided".to_owned(),
            text: "有规则无法判断".to_owned(),
        });
    }
    Verdict {
        outcome,
        rules,
        facts: set
            .facts
            .iter()
            .filter_map(|def| {
                let datum = facts.get(&def.key)?;
                Some(FactTrace {
                    key: def.key.clone(),
                    label: def.label.clone(),
                    state: datum.state,
                    sources: datum
                        .sightings
                        .iter()
                        .map(|sighting| sighting.name.clone())
                        .collect(),
                })
            })
            .collect(),
        reasons,
    }
}

/// Why a fact is not known.
fn unknown(compiled: &Compiled, datum: &Datum) -> Option<Reason> {
    if datum.state == State::Known {
        return None;
    }
    let def = compiled.set.facts.iter().find(|def| def.key == datum.key)?;
    let sighting = datum
        .sightings
        .iter()
        .find(|sighting| sighting.state != State::Known);
    let text = match sighting {
        Some(sighting) if !sighting.said.is_empty() => format!(
            "“{}”{}（{}：{}）",
            def.label,
            datum.state.label(),
            sighting.name,
            sighting.said
        ),
        _ => {
            let names: Vec<&str> = datum
                .sightings
                .iter()
                .map(|sighting| sighting.name.as_str())
                .collect();
            format!(
                "“{}”{}（{}）",
                def.label,
                datum.state.label(),
                names.join("、")
            )
        }
    };
    Some(Reason {
        code: format!("{}:{}", datum.state.word(), datum.key),
        text,
    })
}

/// What a run is known by: SM3 over the rule set, the inputs and the verdict.
pub fn digest(set: &Digest, inputs: &Inputs, verdict: &Verdict) -> Digest {
    let mut hash = Sm3::new();
    hash.update(b"tongban.smart.run.1");
    hash.update(set);
    for text in [
        serde_json::to_string(inputs).expect("inputs are plain data"),
        serde_json::to_string(verdict).expect("a verdict is plain data"),
    ] {
        hash.update(&(text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finish()
}
