//! Asking sources: local registers inside a reading transaction, others over HTTP, before anything is written.
//!
//! Every call is recorded with purpose and legal basis (个人信息保护法第三十四条、第五十五条); nothing recorded or
//! logged says about whom.

pub mod breaker;
pub mod cache;
pub mod http;
pub mod local;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{ApplicantFacts, Failure, Record, Source, Subject, Told};
use crate::rules::{Asked, Compiled};
use crate::state::Known;

/// One question to a source.
#[derive(Clone, Debug)]
pub struct Want {
    pub source: Arc<Source>,
    pub about: Subject,
    pub number: String,
    pub fields: BTreeSet<String>,
    pub purpose: String,
    pub legal_basis: String,
}

/// One call as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub at: Timestamp,
    pub source: String,
    pub purpose: String,
    pub legal_basis: String,
    /// `ok`, `none`, `cached`, or [`Failure::word`].
    pub result: &'static str,
    pub attempts: u32,
    pub took_ms: i64,
}

/// What a rule set asks of sources for one application: each source about each subject once.
pub fn wants(
    compiled: &Compiled,
    known: &Known,
    applicant: &ApplicantFacts,
    form: &serde_json::Map<String, serde_json::Value>,
) -> (Vec<Want>, Vec<Told>) {
    let mut wants: Vec<Want> = Vec::new();
    let mut unknown = Vec::new();
    for asked in compiled.asked() {
        let Some((subject, number)) = crate::facts::first_named(&asked.about, applicant, form)
        else {
            continue;
        };
        let Some(source) = known.sources.get(&asked.source) else {
            unknown.push(not_there(&asked, subject));
            continue;
        };
        let same = wants
            .iter_mut()
            .find(|want| want.source.key == source.key && want.about == *subject);
        if let Some(want) = same {
            want.fields.extend(asked.fields);
            continue;
        }
        wants.push(Want {
            source: Arc::clone(source),
            about: subject.clone(),
            number,
            purpose: asked.purpose(),
            legal_basis: asked.legal_basis(),
            fields: asked.fields,
        });
    }
    (wants, unknown)
}

fn not_there(asked: &Asked, subject: &Subject) -> Told {
    Told {
        source: asked.source.clone(),
        source_name: asked.source.clone(),
        trust: crate::model::Trust::D,
        about: subject.clone(),
        fetched_at: Timestamp::UNIX_EPOCH,
        answer: Err(Failure::Unknown),
    }
}

impl Want {
    /// What was told, with only the fields that were asked for.
    pub fn told(&self, fetched_at: Timestamp, answer: Result<Vec<Record>, Failure>) -> Told {
        Told {
            source: self.source.key.clone(),
            source_name: self.source.name.clone(),
            trust: self.source.trust,
            about: self.about.clone(),
            fetched_at,
            answer: answer.map(|records| {
                records
                    .into_iter()
                    .map(|record| Record {
                        fields: record
                            .fields
                            .into_iter()
                            .filter(|(field, _)| self.fields.contains(field))
                            .collect(),
                        observed_at: record.observed_at,
                    })
                    .collect()
            }),
        }
    }

    pub fn call(
        &self,
        at: Timestamp,
        answer: &Result<Vec<Record>, Failure>,
        cached: bool,
        attempts: u32,
        took_ms: i64,
    ) -> Call {
        Call {
            at,
            source: self.source.key.clone(),
            purpose: self.purpose.clone(),
            legal_basis: self.legal_basis.clone(),
            result: match answer {
                Ok(_) if cached => "cached",
                Ok(records) if records.is_empty() => "none",
                Ok(_) => "ok",
                Err(failure) => failure.word(),
            },
            attempts,
            took_ms,
        }
    }
}

/// What a recorded result is called.
pub fn result_label(result: &str) -> &'static str {
    match result {
        "ok" => "查到",
        "none" => "查无",
        "cached" => "用了缓存",
        "slow" => "超时",
        "down" => "连不上或出错",
        "resting" => "熔断中，没有调用",
        "malformed" => "格式不对",
        _ => "没有登记",
    }
}
