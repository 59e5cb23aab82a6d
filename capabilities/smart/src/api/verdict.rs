//! What rules said of a case: reasons, rules and facts, personal values masked.

use schemars::JsonSchema;
use serde::Serialize;

use crate::evaluate::Evaluation;
use crate::model::{RuleSet, RuleTrace, Truth};
use crate::web::shown;

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct VerdictJson {
    /// grant、refuse、person
    outcome: String,
    reasons: Vec<ReasonJson>,
    rules: Vec<RuleJson>,
    facts: Vec<FactJson>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ReasonJson {
    code: String,
    text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RuleJson {
    key: String,
    name: String,
    when: String,
    legal_basis: String,
    /// true、false、unknown
    result: String,
    facts: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FactJson {
    key: String,
    label: String,
    /// known、missing、stale、conflict、unavailable、malformed
    state: String,
    /// 个人信息遮盖
    value: String,
    sources: Vec<SightingJson>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SightingJson {
    source: String,
    trust: String,
    state: String,
    #[schemars(with = "Option<::web::schema::Instant>")]
    observed_at: Option<jiff::Timestamp>,
    #[schemars(with = "Option<::web::schema::Instant>")]
    fetched_at: Option<jiff::Timestamp>,
    said: String,
}

fn rule_json(rule: &RuleTrace) -> RuleJson {
    RuleJson {
        key: rule.key.clone(),
        name: rule.name.clone(),
        when: rule.when.clone(),
        legal_basis: rule.legal_basis.clone(),
        result: match rule.result {
            Truth::True => "true",
            Truth::False => "false",
            Truth::Unknown => "unknown",
        }
        .to_owned(),
        facts: rule.facts.clone(),
    }
}

pub(super) fn verdict_json(set: &RuleSet, evaluation: &Evaluation) -> VerdictJson {
    VerdictJson {
        outcome: evaluation.verdict.outcome.word().to_owned(),
        reasons: evaluation
            .verdict
            .reasons
            .iter()
            .map(|reason| ReasonJson {
                code: reason.code.clone(),
                text: reason.text.clone(),
            })
            .collect(),
        rules: evaluation.verdict.rules.iter().map(rule_json).collect(),
        facts: set
            .facts
            .iter()
            .filter_map(|def| {
                let datum = evaluation.facts.get(&def.key)?;
                Some(FactJson {
                    key: def.key.clone(),
                    label: def.label.clone(),
                    state: datum.state.word().to_owned(),
                    value: datum
                        .value
                        .as_ref()
                        .map_or_else(String::new, |value| shown(def.kind, value, def.personal)),
                    sources: datum
                        .sightings
                        .iter()
                        .map(|sighting| SightingJson {
                            source: sighting.source.clone(),
                            trust: sighting.trust.label().to_owned(),
                            state: sighting.state.word().to_owned(),
                            observed_at: sighting.observed_at,
                            fetched_at: sighting.fetched_at,
                            said: sighting.said.clone(),
                        })
                        .collect(),
                })
            })
            .collect(),
    }
}
