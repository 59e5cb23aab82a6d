//! Looking at an application before it is recorded, and filing it with what the rules came to.
//!
//! Everything that may wait (sources over a network) happens in [`look`](Smart::look_at); the transaction writes the
//! case with all its events, the run and its calls, and nothing else. The switch is asked once more inside.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Instant;

use approval::Act;
use approval::at_once::Note;
use casework::{Actor, Case};
use catalog::model::Published;
use intake::at_once::{Applicant, Ask, AtOnce, Ready};
use jiff::Timestamp;
use people::PartyKind;
use serde_json::{Map, Value};
use store::Tx;
use uuid::Uuid;

use crate::evaluate::{self, Evaluation};
use crate::facts;
use crate::model::{ApplicantFacts, EarlierCase, Inputs, Mode, Origin, Outcome, Subject, Told};
use crate::rules::Compiled;
use crate::sources::{self, Call, Want, http, local};
use crate::state::{InForce, Known, Shared, Smart};
use crate::store as records;
use crate::store::runs::Run;

/// Key of what is noted on a case that rules decided, or passed to a person.
pub const SMART: &str = "smart";

/// What is noted on the case: which run, by which rules.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Noted {
    pub run: Uuid,
    pub mode: Mode,
    pub outcome: Outcome,
    pub set_version: i64,
    /// SM3 hex of the run: rule set, inputs and verdict.
    pub digest: String,
}

/// What looking came to: everything the transaction writes.
pub struct Looked {
    smart: Smart,
    mode: Mode,
    stamp: i64,
    set: Arc<InForce>,
    base_code: String,
    inputs: Inputs,
    evaluation: Evaluation,
    calls: Vec<Call>,
    /// Keyed codes of whom it is about.
    subjects: Vec<[u8; 32]>,
    took_us: i64,
    run_id: Uuid,
    call_ids: Vec<Uuid>,
}

/// What intake holds: it does not keep alive what keeps intake alive.
struct Decider(Weak<Shared>);

impl Smart {
    /// Who looks at applications for intake, as long as this handle or a clone of it lives.
    pub fn decider(&self) -> Arc<dyn AtOnce> {
        Arc::new(Decider(self.weak()))
    }
}

impl AtOnce for Decider {
    fn wants(&self, published: &Published) -> bool {
        let Some(smart) = self.0.upgrade().map(Smart::from) else {
            return false;
        };
        let known = smart.known();
        let code = &published.item.base_code;
        known.sets.contains_key(code) && known.modes.of(code, published.item_id) > Mode::Off
    }

    fn look(&self, ask: Ask) -> Pin<Box<dyn Future<Output = Option<Arc<dyn Ready>>> + Send + '_>> {
        Box::pin(async move {
            let smart = self.0.upgrade().map(Smart::from)?;
            match smart.look_at(ask).await {
                Ok(looked) => looked.map(|looked| Arc::new(looked) as Arc<dyn Ready>),
                Err(error) => {
                    // A person decides; that nothing could be looked at is no reason to turn somebody away.
                    tracing::warn!(%error, "an application could not be looked at");
                    None
                }
            }
        })
    }
}

impl Smart {
    /// Looks at an application: whoever applies, what they say, what sources say.
    pub async fn look_at(&self, ask: Ask) -> Result<Option<Looked>, people::Error> {
        let began = Instant::now();
        let known = self.known();
        let code = ask.published.item.base_code.clone();
        let mode = known.modes.of(&code, ask.published.item_id);
        let Some(set) = known.sets.get(&code).filter(|_| mode > Mode::Off) else {
            return Ok(None);
        };
        let gathered = self.gather(&known, set, &ask).await?;
        let Some((inputs, calls)) = gathered else {
            return Ok(None);
        };
        let subjects = subjects(&set.compiled, &inputs.applicant, &inputs.form)
            .into_values()
            .map(|number| self.subject_code(&number))
            .collect();
        let evaluation = evaluate::evaluate(&set.compiled, &inputs);
        let call_ids = calls
            .iter()
            .map(|_| self.app.ids.next_uuid(ask.now))
            .collect();
        Ok(Some(Looked {
            smart: self.clone(),
            mode,
            stamp: known.stamp,
            set: Arc::clone(set),
            base_code: code,
            inputs,
            evaluation,
            calls,
            subjects,
            took_us: i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX),
            run_id: self.app.ids.next_uuid(ask.now),
            call_ids,
        }))
    }

    /// Finds whom cases are about without naming them.
    fn subject_code(&self, number: &str) -> [u8; 32] {
        self.codes.subject("platform", number)
    }

    /// Everything an evaluation stands on; none where the applicant is not known.
    async fn gather(
        &self,
        known: &Arc<Known>,
        set: &Arc<InForce>,
        ask: &Ask,
    ) -> Result<Option<(Inputs, Vec<Call>)>, people::Error> {
        let (smart, known_sets, in_force) = (self.clone(), Arc::clone(known), Arc::clone(set));
        let (applicant, form) = (ask.applicant.clone(), named(&set.compiled, &ask.answers));
        let now = ask.now;
        let answers = form.clone();
        // The applicant and the registers kept here, on one consistent state.
        let read = self
            .app
            .db
            .read(move |tx| -> Result<_, people::Error> {
                let Some(applicant) = applicant_facts(tx, &smart, &applicant)? else {
                    return Ok(None);
                };
                let (wants, mut told) =
                    sources::wants(&in_force.compiled, &known_sets, &applicant, &answers);
                let mut earlier = Vec::new();
                for (subject, number) in subjects(&in_force.compiled, &applicant, &answers) {
                    let code = smart.subject_code(&number);
                    let base_code = &in_force.compiled.set.base_code;
                    for about in records::subjects::standing(tx, base_code, &code)? {
                        earlier.push(EarlierCase {
                            about: subject.clone(),
                            case_no: about.case_no,
                            at: about.at,
                        });
                    }
                }
                let mut calls = Vec::new();
                let mut open: Vec<Want> = Vec::new();
                for want in wants {
                    if !want.source.local() {
                        open.push(want);
                        continue;
                    }
                    let began = Instant::now();
                    let records = local::read(
                        tx,
                        &smart.app.people,
                        &smart.codes,
                        &want.source.key,
                        &want.number,
                    )?;
                    let answer = Ok(records);
                    let took = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
                    calls.push(want.call(now, &answer, false, 1, took));
                    told.push(want.told(now, answer));
                }
                Ok(Some((applicant, told, earlier, calls, open)))
            })
            .await?;
        let Some((applicant, mut told, earlier, mut calls, open)) = read else {
            return Ok(None);
        };
        for (want, had) in open.iter().zip(http::ask_all(&self.http, &open, now).await) {
            calls.push(want.call(now, &had.answer, had.cached, had.attempts, had.took_ms));
            told.push(want.told(had.fetched_at, had.answer));
        }
        told.sort_by(|a: &Told, b: &Told| (&a.source, &a.about).cmp(&(&b.source, &b.about)));
        let materials = set
            .compiled
            .set
            .facts
            .iter()
            .flat_map(|fact| &fact.from)
            .filter_map(|origin| match origin {
                Origin::Material { key } => {
                    let given = ask.materials.iter().any(|material| {
                        material.key == *key && (material.paper || !material.files.is_empty())
                    });
                    Some((key.clone(), given))
                }
                _ => None,
            })
            .collect::<BTreeMap<String, bool>>();
        let inputs = Inputs {
            at: now,
            region: ask.published.item.region_code.clone(),
            applicant,
            form,
            materials,
            told,
            earlier,
        };
        Ok(Some((inputs, calls)))
    }
}

/// Answers that facts or subjects name; nothing else is kept.
fn named(compiled: &Compiled, answers: &Map<String, Value>) -> Map<String, Value> {
    let mut wanted: Vec<&str> = Vec::new();
    for origin in compiled.set.facts.iter().flat_map(|fact| &fact.from) {
        match origin {
            Origin::Form { field } => wanted.push(field),
            Origin::Source { about, .. }
            | Origin::BornOf { about }
            | Origin::Earlier { about, .. } => {
                wanted.extend(about.iter().filter_map(|subject| match subject {
                    Subject::Form(field) => Some(field.as_str()),
                    Subject::Applicant => None,
                }));
            }
            _ => {}
        }
    }
    answers
        .iter()
        .filter(|(key, _)| wanted.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Whose earlier cases count for an application: each subject once, with the number.
fn subjects(
    compiled: &Compiled,
    applicant: &ApplicantFacts,
    form: &Map<String, Value>,
) -> BTreeMap<Subject, String> {
    compiled
        .subjects()
        .filter_map(|about| facts::first_named(about, applicant, form))
        .map(|(subject, number)| (subject.clone(), number))
        .collect()
}

fn applicant_facts(
    tx: &mut Tx<'_>,
    smart: &Smart,
    applicant: &Applicant,
) -> Result<Option<ApplicantFacts>, people::Error> {
    let kind = |kind: PartyKind| kind.word().to_owned();
    Ok(match applicant {
        Applicant::Party(party) => {
            smart
                .app
                .people
                .party(tx, *party)?
                .map(|party| ApplicantFacts {
                    kind: kind(party.kind),
                    name: party.name,
                    id_number: party.id_number.reveal().to_owned(),
                    region: party.region,
                })
        }
        Applicant::Named {
            kind: sort,
            name,
            id_number,
        } => Some(ApplicantFacts {
            kind: kind(*sort),
            name: base::text::single_line(name),
            id_number: base::text::normalise_code(id_number),
            region: String::new(),
        }),
    })
}

impl Looked {
    pub fn outcome(&self) -> Outcome {
        self.evaluation.verdict.outcome
    }

    pub fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }

    /// What the rules lead to under the item's mode.
    fn acts(&self) -> Vec<Act> {
        let set = &self.set.compiled.set;
        if self.mode != Mode::Auto {
            return Vec::new();
        }
        let accept = Act::Accept {
            remark: "申请材料由系统按公布的规则审查，符合受理条件。".to_owned(),
        };
        match self.outcome() {
            Outcome::Grant => vec![
                accept,
                Act::Grant {
                    opinion: set.opinion.clone(),
                },
            ],
            Outcome::Refuse => {
                let reasons: Vec<&str> = self
                    .evaluation
                    .verdict
                    .reasons
                    .iter()
                    .map(|reason| reason.text.as_str())
                    .collect();
                vec![
                    accept,
                    Act::Refuse {
                        reason: reasons.join("；"),
                        legal_basis: format!("{}；{}", set.legal_basis, set.refusal_basis),
                    },
                ]
            }
            Outcome::Person => Vec::new(),
        }
    }

    /// So that the next application about the same subject finds the case.
    fn remember(&self, tx: &mut Tx<'_>, case: &Case) -> Result<(), store::Error> {
        let about = records::subjects::About {
            case: case.id,
            case_no: case.no.clone(),
            at: self.inputs.at,
        };
        for subject in &self.subjects {
            records::subjects::insert(tx, &self.base_code, subject, &about)?;
        }
        Ok(())
    }

    fn digest(&self) -> base::crypto::Digest {
        evaluate::digest(
            &self.set.compiled.digest,
            &self.inputs,
            &self.evaluation.verdict,
        )
    }
}

impl Ready for Looked {
    fn file(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        application: &approval::Application,
    ) -> web::Result<Case> {
        // Somebody turned the switch or published other rules since, or the same was applied for a moment ago: what was
        // looked at no longer counts.
        let mut earlier = 0;
        for subject in &self.subjects {
            earlier += records::subjects::standing(tx, &self.base_code, subject)?.len();
        }
        if records::stamp(tx)? != self.stamp || earlier != self.inputs.earlier.len() {
            let approval = &self.smart.approval;
            let case = approval.file_noted(tx, actor, now, application, None)?;
            self.remember(tx, &case)?;
            return Ok(case);
        }
        let digest = self.digest();
        let note = Note {
            key: SMART,
            value: serde_json::to_value(Noted {
                run: self.run_id,
                mode: self.mode,
                outcome: self.outcome(),
                set_version: self.set.version,
                digest: base::crypto::to_hex(&digest),
            })
            .expect("a note is plain data"),
        };
        let acts = self.acts();
        let done = if acts.is_empty() {
            None
        } else {
            self.smart
                .approval
                .file_and_act(tx, actor, now, application, &note, &acts)?
        };
        let case = match done {
            Some(case) => case,
            // In the shadow nobody is told what the rules think.
            None => {
                let note = (self.mode > Mode::Shadow).then_some(&note);
                self.smart
                    .approval
                    .file_noted(tx, actor, now, application, note)?
            }
        };
        let run = Run {
            id: self.run_id,
            case: case.id,
            case_no: case.no.clone(),
            item: application.published.item_id,
            base_code: self.base_code.clone(),
            title: case.title.clone(),
            region: case.region.clone(),
            org: case.org,
            set_version: self.set.version,
            set_digest: self.set.compiled.digest,
            mode: self.mode,
            outcome: self.outcome(),
            at: self.inputs.at,
            took_us: self.took_us,
            verdict: self.evaluation.verdict.clone(),
            digest,
        };
        records::runs::insert(tx, &self.smart.app.people, &run, &self.inputs)?;
        self.remember(tx, &case)?;
        for (id, call) in self.call_ids.iter().zip(&self.calls) {
            records::runs::insert_call(tx, *id, self.run_id, call)?;
        }
        Ok(case)
    }
}
