//! Evaluating a run again from what it kept: the same rules, the same inputs, and it must come to the same digest.

use std::collections::BTreeMap;

use base::crypto::to_hex;
use people::People;
use store::Tx;
use uuid::Uuid;

use crate::error::Error;
use crate::evaluate::{self, Evaluation};
use crate::model::{Inputs, Source};
use crate::rules::Compiled;
use crate::store as records;
use crate::store::runs::Run;

/// A run with what it stood on, evaluated again.
#[derive(Clone, Debug)]
pub struct Replayed {
    pub run: Run,
    pub inputs: Inputs,
    pub set: crate::model::RuleSet,
    pub evaluation: Evaluation,
    /// What differs; empty where it is identical.
    pub differences: Vec<String>,
}

impl Replayed {
    pub fn identical(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Evaluates a run again.
///
/// # Errors
/// [`Error::NotFound`]; damaged rows.
pub fn replay(tx: &mut Tx<'_>, people: &People, id: Uuid) -> Result<Replayed, Error> {
    let run = records::runs::run(tx, id)?.ok_or(Error::NotFound)?;
    let inputs = records::runs::inputs(tx, people, id)?.ok_or(Error::NotFound)?;
    let stored =
        records::sets::version(tx, &run.base_code, run.set_version)?.ok_or(Error::NotFound)?;
    again(run, inputs, stored.set)
}

/// Evaluates again, purely.
pub fn again(run: Run, inputs: Inputs, set: crate::model::RuleSet) -> Result<Replayed, Error> {
    let mut differences = Vec::new();
    if set.digest() != run.set_digest {
        differences.push(format!(
            "规则第{}版的内容与当时不同（摘要{}）",
            run.set_version,
            to_hex(&run.set_digest)
        ));
    }
    let compiled = Compiled::new(set.clone(), &named(&set)).map_err(|findings| {
        Error::Damaged(
            findings
                .first()
                .map_or_else(String::new, |one| one.message.clone()),
        )
    })?;
    let evaluation = evaluate::evaluate(&compiled, &inputs);
    if evaluation.verdict != run.verdict {
        differences.push(format!(
            "重新计算的结论是“{}”，当时是“{}”",
            evaluation.verdict.outcome.label(),
            run.verdict.outcome.label()
        ));
    }
    if evaluate::digest(&compiled.digest, &inputs, &evaluation.verdict) != run.digest {
        differences.push("重新计算的摘要与当时不同".to_owned());
    }
    Ok(Replayed {
        run,
        inputs,
        set,
        evaluation,
        differences,
    })
}

/// The sources a set names, as it names them: a replay does not depend on what became of a source.
fn named(set: &crate::model::RuleSet) -> BTreeMap<String, Source> {
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    for fact in &set.facts {
        for origin in &fact.from {
            if let crate::model::Origin::Source { source, field, .. } = origin {
                sources
                    .entry(source.clone())
                    .or_insert_with(|| Source {
                        key: source.clone(),
                        name: source.clone(),
                        owner: String::new(),
                        trust: crate::model::Trust::A,
                        url: String::new(),
                        timeout_ms: 0,
                        retries: 0,
                        cache_s: 0,
                        breaker_failures: 0,
                        breaker_open_s: 0,
                        fields: BTreeMap::new(),
                    })
                    .fields
                    .insert(
                        field.clone(),
                        crate::model::FieldDef {
                            label: String::new(),
                            kind: fact.kind,
                        },
                    );
            }
        }
    }
    sources
}

/// What going through every run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub runs: u64,
}

/// Evaluates every run again, as `tongban verify` does; the first difference is the answer.
pub fn verify(tx: &mut Tx<'_>, people: &People) -> Result<Result<Verified, String>, store::Error> {
    const STEP: usize = 500;
    let mut verified = Verified::default();
    let mut after = Uuid::nil();
    loop {
        let runs = records::runs::after(tx, after, STEP)?;
        let Some(last) = runs.last() else {
            return Ok(Ok(verified));
        };
        after = last.id;
        for run in runs {
            let (id, no) = (run.id, run.case_no.clone());
            match replay(tx, people, id) {
                Ok(replayed) if replayed.identical() => verified.runs += 1,
                Ok(replayed) => {
                    return Ok(Err(format!(
                        "automatic decision {id} of case {no}: {}",
                        replayed.differences.join("; ")
                    )));
                }
                Err(Error::Store(store::Error::Corrupt(what))) => return Ok(Err(what)),
                Err(Error::Store(error)) => return Err(error),
                Err(other) => {
                    return Ok(Err(format!(
                        "automatic decision {id} of case {no}: {other}"
                    )));
                }
            }
        }
    }
}
