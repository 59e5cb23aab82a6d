//! 核查 after a decision that rested on a promise: handed to supervision as a case of its own, with a limit.
//!
//! True: closed. Not true: an order to stop and to correct within a limit, or at once, and after a fruitless one, the
//! consequences: the revocation of the decision's certificate is begun, which hears its holder first, and the false
//! promise stands in the credit record (国办发〔2020〕42号).

use base::{crypto::sm3, ids::CaseId};
use calendar::{ClockTerms, Length, Role, Rule};
use casework::{
    Actor, Case, Context, Event, Fact, Link, Permission, Refusal, Relation, Step,
    case::Duty,
    event::Opened,
    flow::{Flow, Move, Phase, State, Who},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Tx;

use crate::{
    after::{
        ending::{self, End},
        ending_service::{self, Propose},
    },
    credit,
    details::{self, terms},
    error::Error,
    law::Named,
    letter::Letter,
    promise::{self, Promise},
    rules::needed,
    service::{Approval, may_know, number},
};

/// `case.kind` of every check.
pub const KIND: &str = "aftercheck";
/// The time to check in.
pub const CLOCK: &str = "after_check";
/// The time to correct in.
pub const RECTIFY_CLOCK: &str = "rectify";
/// Key of [`About`].
pub const ABOUT: &str = "after_check";
/// Key of the list of [`Finding`].
pub const FINDINGS: &str = "findings";
/// Longest time an order may give, in working days.
pub const RECTIFY_MAX: u32 = 90;

pub static FLOW: Flow = Flow {
    kind: KIND,
    first: "assigned",
    states: &[
        State {
            name: "assigned",
            label: "待核查",
            phase: Phase::Office,
        },
        State {
            name: "ordered",
            label: "责令整改中",
            phase: Phase::Applicant,
        },
        State {
            name: "kept",
            label: "承诺属实",
            phase: Phase::Closed,
        },
        State {
            name: "corrected",
            label: "整改合格",
            phase: Phase::Closed,
        },
        State {
            name: "broken",
            label: "承诺不实",
            phase: Phase::Closed,
        },
    ],
    moves: &[
        Move {
            command: "confirm_promise",
            label: "核查属实",
            from: &["assigned"],
            to: &["kept"],
            who: &[Who::Staff(Permission::Inspect)],
        },
        Move {
            command: "order_correction",
            label: "责令限期整改",
            from: &["assigned"],
            to: &["ordered"],
            who: &[Who::Staff(Permission::Inspect)],
        },
        Move {
            command: "confirm_correction",
            label: "整改合格",
            from: &["ordered"],
            to: &["corrected"],
            who: &[Who::Staff(Permission::Inspect)],
        },
        Move {
            command: "find_broken",
            label: "认定承诺不实",
            from: &["assigned", "ordered"],
            to: &["broken"],
            who: &[Who::Staff(Permission::Inspect)],
        },
    ],
};

/// What is checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub case: CaseId,
    pub case_no: String,
    pub promised_at: Timestamp,
    pub materials: Vec<Named>,
    pub conditions: Vec<String>,
    pub license_id: Option<String>,
}

/// What was found, and what was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub command: String,
    pub text: String,
    pub by: String,
    pub at: Timestamp,
    /// 责令限期整改通知书.
    pub doc_no: String,
    /// 责令停止: the activity rests until it is corrected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop: bool,
    /// 故意作虚假承诺.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deliberate: bool,
    /// Number of the case in which the certificate's revocation was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending_no: Option<String>,
}

/// What an inspector does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Confirm {
        text: String,
    },
    Order {
        text: String,
        /// Working days to correct in.
        days: u32,
        /// 责令停止.
        stop: bool,
    },
    ConfirmCorrection {
        text: String,
    },
    Broken {
        text: String,
        /// 故意作虚假承诺: the decision was obtained by deceit.
        deliberate: bool,
    },
}

/// What the shell adds to an act.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    pub doc_no: String,
    /// Number of the case of 撤销 that follows; none where no certificate is left to revoke.
    pub ending_no: Option<String>,
}

impl Act {
    pub fn word(&self) -> &'static str {
        match self {
            Act::Confirm { .. } => "confirm_promise",
            Act::Order { .. } => "order_correction",
            Act::ConfirmCorrection { .. } => "confirm_correction",
            Act::Broken { .. } => "find_broken",
        }
    }

    fn text(&self) -> &str {
        match self {
            Act::Confirm { text }
            | Act::Order { text, .. }
            | Act::ConfirmCorrection { text }
            | Act::Broken { text, .. } => text,
        }
    }
}

/// What is checked by a case of this kind.
pub fn about(case: &Case) -> Option<About> {
    case.detail(ABOUT)
}

/// What was found so far, oldest first.
pub fn findings(case: &Case) -> Vec<Finding> {
    case.detail(FINDINGS).unwrap_or_default()
}

/// The check of a case; one at most.
pub fn id_of(case: CaseId) -> CaseId {
    derived("aftercheck", case)
}

fn derived(what: &str, case: CaseId) -> CaseId {
    let digest = sm3(format!("{what}|{case}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    CaseId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The event that opens a check of a granted case.
pub fn open(ctx: Context<'_>, granted: &Case, promise: &Promise, no: String) -> Event {
    let opened = Opened {
        no,
        kind: KIND.to_owned(),
        state: FLOW.first.to_owned(),
        title: format!("{}（告知承诺核查）", granted.title),
        region: granted.region.clone(),
        org: granted.org,
        applicant: granted.applicant,
        applicant_name: granted.applicant_name.clone(),
        channel: granted.channel,
    };
    let mut step = Step::open(ctx, id_of(granted.id), "open_check", opened);
    step.fact(Fact::Linked {
        link: Link {
            relation: Relation::About,
            other: granted.id,
        },
    });
    let about = About {
        case: granted.id,
        case_no: granted.no.clone(),
        promised_at: promise.at,
        materials: promise.materials.clone(),
        conditions: promise.conditions.clone(),
        license_id: details::decision(granted).and_then(|decision| decision.license_id),
    };
    step.note(ABOUT, &about);
    let length = terms(granted).law.set.after_check();
    step.start_clock(
        clock(CLOCK, "国办发〔2020〕42号", length, "作出决定"),
        step.at(),
    );
    wait(&mut step, CLOCK);
    step.finish()
}

/// Decides what an inspector does. Pure.
pub fn decide(ctx: Context<'_>, case: &Case, act: &Act, papers: &Papers) -> Result<Event, Refusal> {
    let mut step = Step::begin(ctx, &FLOW, case, act.word())?;
    let text = needed("text", act.text(), "请写明核查的情况")?;
    let finding = Finding {
        command: act.word().to_owned(),
        text,
        by: ctx.actor.name().to_owned(),
        at: step.at(),
        doc_no: papers.doc_no.clone(),
        stop: matches!(act, Act::Order { stop: true, .. }),
        deliberate: matches!(
            act,
            Act::Broken {
                deliberate: true,
                ..
            }
        ),
        ending_no: papers.ending_no.clone(),
    };
    let mut all = findings(case);
    all.push(finding.clone());
    step.remark(&finding.text);
    step.note(FINDINGS, &all);
    step.close_all_clocks()?;
    step.close_tasks(act.word());
    match act {
        Act::Confirm { .. } => close(&mut step, "kept", &finding.text),
        Act::ConfirmCorrection { .. } => close(&mut step, "corrected", &finding.text),
        Act::Broken { .. } => close(&mut step, "broken", &finding.text),
        Act::Order { days, .. } => {
            if !(1..=RECTIFY_MAX).contains(days) {
                return Err(Refusal::invalid(
                    "days",
                    format!("整改期限应为1至{RECTIFY_MAX}个工作日"),
                ));
            }
            step.move_to("ordered");
            let length = Length::working_days(*days);
            step.start_clock(
                clock(RECTIFY_CLOCK, "责令限期整改通知书", length, "责令整改"),
                step.at(),
            );
            wait(&mut step, RECTIFY_CLOCK);
        }
    }
    Ok(step.finish())
}

fn close(step: &mut Step<'_>, state: &str, text: &str) {
    step.decide(state, text, "国办发〔2020〕42号");
    step.move_to(state);
    step.close();
}

fn wait(step: &mut Step<'_>, clock: &str) {
    let duty = Duty::Staff {
        permission: Permission::Inspect,
        org: step.case().org,
        region: step.case().region.clone(),
    };
    step.open_task("inspect", duty, Some(clock));
}

fn clock(kind: &str, basis: &str, length: Length, start_event: &str) -> ClockTerms {
    ClockTerms {
        kind: kind.to_owned(),
        role: Role::Step,
        basis: basis.to_owned(),
        length,
        start_event: start_event.to_owned(),
        rule: Rule::default(),
        pausable: Vec::new(),
        extension_max: None,
    }
}

/// Hands a granted case to supervision where it rested on a promise.
pub(crate) fn follow(
    approval: &Approval,
    tx: &mut Tx<'_>,
    granted: &Case,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(promise) = promise::of(granted) else {
        return Ok(());
    };
    let is_granted = granted
        .outcome
        .as_ref()
        .is_some_and(|outcome| outcome.code == "granted");
    if !is_granted || cases::load(tx, id_of(granted.id))?.is_some() {
        return Ok(());
    }
    let calendar = approval.app.calendar();
    let day = calendar::civil_date(now).strftime("%Y%m%d").to_string();
    let series = format!("HC{}{day}", &granted.region);
    let serial = tx.next_number(&format!("aftercheck|{series}"))?;
    let ctx = Context {
        now,
        calendar: &calendar,
        actor: &Actor::System,
        expected_version: None,
    };
    let event = open(ctx, granted, &promise, format!("{series}{serial:05}"));
    cases::open(tx, &calendar, id_of(granted.id), &event)?;
    Ok(())
}

impl Approval {
    /// Acts on a check, with what follows outside of it. `ending_no` numbers the revocation that a broken promise leads
    /// to.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever may not know of it; what the rules refuse.
    pub fn check(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        (id, version): (CaseId, Option<i64>),
        act: &Act,
        ending_no: &str,
    ) -> Result<Case, Error> {
        let calendar = self.app.calendar();
        let case = load(tx, actor, id)?;
        let ctx = Context {
            now,
            calendar: &calendar,
            actor,
            expected_version: version,
        };
        let today = calendar::civil_date(now);
        // Refuse before anything is numbered.
        decide(ctx, &case, act, &Papers::default())?;
        let mut papers = Papers::default();
        match act {
            Act::Order { .. } => papers.doc_no = number(tx, &case, Letter::Rectify, today)?,
            Act::Broken { .. } => {
                let license = about(&case).and_then(|about| about.license_id);
                let open = match &license {
                    Some(license) => ending_service::revocable(tx, license, today)?,
                    None => false,
                };
                papers.ending_no = open.then(|| ending_no.to_owned());
            }
            Act::Confirm { .. } | Act::ConfirmCorrection { .. } => {}
        }
        let case = cases::execute(tx, &calendar, id, |case| {
            decide(ctx, case, act, &papers).map_err(Error::from)
        })?;
        if let Act::Broken { deliberate, .. } = act {
            self.broken(tx, &case, now, *deliberate, papers.ending_no.as_deref())?;
        }
        Ok(case)
    }

    /// 信用记录, and 撤销 on the ground the promise was broken on: it hears the holder before it decides.
    fn broken(
        &self,
        tx: &mut Tx<'_>,
        case: &Case,
        now: Timestamp,
        deliberate: bool,
        ending_no: Option<&str>,
    ) -> Result<(), Error> {
        let Some(about) = about(case) else {
            return Ok(());
        };
        let reason = findings(case)
            .pop()
            .map(|finding| finding.text)
            .unwrap_or_default();
        let granted = cases::load(tx, about.case)?;
        let kind = credit::Kind::FalsePromise;
        let entry = credit::NewEntry::following(case, granted.as_ref(), kind, reason.clone());
        credit::record(tx, &entry)?;
        if let (Some(no), Some(license_id)) = (ending_no, about.license_id) {
            let ground = if deliberate {
                ending::FRAUD
            } else {
                "unqualified"
            };
            let propose = Propose {
                end: End::Revoke,
                license_id,
                ground: ground.to_owned(),
                facts: format!("告知承诺核查（{}）认定承诺不实：{reason}", case.no),
            };
            self.propose_ending(tx, &Actor::System, now, (ending_of(case.id), no), &propose)?;
        }
        Ok(())
    }
}

/// The revocation that follows a check.
pub fn ending_of(check: CaseId) -> CaseId {
    derived("aftercheck ending", check)
}

/// A check that the actor may know of.
pub fn load(tx: &mut Tx<'_>, actor: &Actor, id: CaseId) -> Result<Case, Error> {
    cases::load(tx, id)?
        .filter(|case| case.kind == KIND && may_know(actor, case))
        .ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::details::{Delivery, MaterialGiven};
    use crate::law::PromiseLaw;
    use crate::tests::{accept, grant, world};
    use catalog::model::CommitmentMode;

    #[test]
    fn the_flow_is_sound() {
        assert_eq!(FLOW.check(), Vec::<String>::new());
    }

    #[test]
    fn a_promise_is_checked_after_the_grant_and_a_false_one_has_consequences() {
        let mut world = world(Some(8), Delivery::Electronic);
        world.filing.terms.law.promise = Some(PromiseLaw {
            mode: CommitmentMode::Proof,
            replaceable: vec![Named {
                key: "site".to_owned(),
                name: "场所证明".to_owned(),
            }],
            conditions: vec!["有固定的经营场所".to_owned()],
        });
        let given = |key: &str| MaterialGiven {
            key: key.to_owned(),
            files: Vec::new(),
            paper: false,
            promised: true,
        };
        let law = world.filing.terms.law.clone();
        assert!(promise::check(&law, &[given("layout")]).is_err());
        assert!(promise::check(&law, &[given("site")]).is_ok());
        world.filing.materials = vec![given("site")];
        let mut case = world.file();
        let promise = promise::of(&case).expect("noted at filing");
        assert_eq!(promise.materials[0].name, "场所证明");
        world.act(&mut case, &world.approver, &accept());
        world.act(&mut case, &world.approver, &grant());
        let system = world.ctx(&Actor::System);
        let event = open(system, &case, &promise, "HC99010220250910".to_owned());
        let check = Case::open(id_of(case.id), &event).expect("it opens");
        assert_eq!(check.state, "assigned");
        assert_eq!(world.due(&check, CLOCK), "2025-11-11");
        let broken = Act::Broken {
            text: "现场没有经营场所".to_owned(),
            deliberate: false,
        };
        let none = Papers::default();
        // Whoever decided does not check.
        assert!(matches!(
            decide(world.ctx(&world.approver), &check, &broken, &none),
            Err(Refusal::NotAllowed { .. })
        ));
        let Actor::Staff(mut inspector) = world.approver.clone() else {
            panic!("the approver is staff");
        };
        inspector.grants[0].role = casework::Role::Inspector;
        let inspector = Actor::Staff(inspector);
        let order = Act::Order {
            text: "补齐场所手续".to_owned(),
            days: 15,
            stop: true,
        };
        let papers = Papers {
            doc_no: "责改1号".to_owned(),
            ending_no: None,
        };
        let ordered = decide(world.ctx(&inspector), &check, &order, &papers).expect("allowed");
        let mut ordered_case = check.clone();
        ordered_case.apply(&ordered);
        assert_eq!(ordered_case.state, "ordered");
        assert!(findings(&ordered_case)[0].stop);
        let confirm = Act::Confirm {
            text: "属实".to_owned(),
        };
        assert!(
            matches!(
                decide(world.ctx(&inspector), &ordered_case, &confirm, &none),
                Err(Refusal::WrongState { .. })
            ),
            "what was ordered is corrected or not"
        );
        let papers = Papers {
            doc_no: String::new(),
            ending_no: Some("99010220260521900001".to_owned()),
        };
        let found =
            decide(world.ctx(&inspector), &ordered_case, &broken, &papers).expect("allowed");
        let mut over = ordered_case.clone();
        over.apply(&found);
        assert_eq!(over.state, "broken");
        let told = findings(&over);
        assert_eq!(told.len(), 2);
        assert_eq!(told[1].ending_no, papers.ending_no);
        assert!(!over.is_open());
    }
}
