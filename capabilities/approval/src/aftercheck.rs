//! 核查 after a decision that rested on a promise: handed to supervision as a case of its own, with a limit.
//!
//! True: closed. Not true: an order to correct within a limit, or at once, and after a fruitless one, the consequence:
//! the decision's certificate is revoked and the false promise stands in the credit record (国办发〔2020〕42号).

use base::{crypto::sm3, ids::CaseId};
use calendar::{ClockTerms, Length, Role, Rule};
use casework::{
    Actor, Case, Context, Event, Fact, Link, Permission, Refusal, Relation, Step,
    case::Duty,
    event::Opened,
    flow::{Flow, Move, Phase, State, Who},
};
use jiff::Timestamp;
use license::{LicenseState, states};
use serde::{Deserialize, Serialize};
use store::Tx;

use crate::{
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
            name: "rectifying",
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
            to: &["rectifying"],
            who: &[Who::Staff(Permission::Inspect)],
        },
        Move {
            command: "confirm_correction",
            label: "整改合格",
            from: &["rectifying"],
            to: &["corrected"],
            who: &[Who::Staff(Permission::Inspect)],
        },
        Move {
            command: "find_broken",
            label: "认定承诺不实",
            from: &["assigned", "rectifying"],
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
    /// The certificate was revoked.
    pub revoked: bool,
}

/// What an inspector does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Confirm { text: String },
    Order { text: String, days: u32 },
    ConfirmCorrection { text: String },
    Broken { text: String },
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
            | Act::Broken { text } => text,
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
    let digest = sm3(format!("aftercheck|{case}").as_bytes());
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
pub fn decide(ctx: Context<'_>, case: &Case, act: &Act, doc_no: &str) -> Result<Event, Refusal> {
    let mut step = Step::begin(ctx, &FLOW, case, act.word())?;
    let text = needed("text", act.text(), "请写明核查的情况")?;
    let finding = Finding {
        command: act.word().to_owned(),
        text,
        by: ctx.actor.name().to_owned(),
        at: step.at(),
        doc_no: doc_no.to_owned(),
        revoked: matches!(act, Act::Broken { .. })
            && about(case).is_some_and(|about| about.license_id.is_some()),
    };
    let mut all = findings(case);
    all.push(finding.clone());
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
            step.move_to("rectifying");
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
    /// Acts on a check, with what follows outside of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever may not know of it; what the rules refuse.
    pub fn check(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        id: CaseId,
        version: Option<i64>,
        act: &Act,
    ) -> Result<Case, Error> {
        let calendar = self.app.calendar();
        let case = load(tx, actor, id)?;
        let ctx = Context {
            now,
            calendar: &calendar,
            actor,
            expected_version: version,
        };
        // Refuse before anything is numbered.
        decide(ctx, &case, act, "")?;
        let doc_no = match act {
            Act::Order { .. } => number(tx, &case, Letter::Rectify, calendar::civil_date(now))?,
            _ => String::new(),
        };
        let case = cases::execute(tx, &calendar, id, |case| {
            decide(ctx, case, act, &doc_no).map_err(Error::from)
        })?;
        if matches!(act, Act::Broken { .. }) {
            consequences(tx, &case)?;
        }
        Ok(case)
    }
}

/// A check that the actor may know of.
pub fn load(tx: &mut Tx<'_>, actor: &Actor, id: CaseId) -> Result<Case, Error> {
    cases::load(tx, id)?
        .filter(|case| case.kind == KIND && may_know(actor, case))
        .ok_or(Error::NotFound)
}

/// 撤销 and the credit record.
fn consequences(tx: &mut Tx<'_>, case: &Case) -> Result<(), Error> {
    let Some(about) = about(case) else {
        return Ok(());
    };
    let reason = findings(case)
        .pop()
        .map(|finding| finding.text)
        .unwrap_or_default();
    if let Some(license_id) = &about.license_id {
        let change = states::Change {
            state: LicenseState::Revoked,
            at: case.last.at,
            case_id: case.id,
            case_no: case.no.clone(),
            doc_no: String::new(),
            reason: reason.clone(),
            legal_basis: "《行政许可法》第六十九条第二款".to_owned(),
            from_start: false,
            successor: None,
        };
        match states::set(tx, license_id, &change) {
            // It ended otherwise meanwhile: nothing is left to revoke.
            Ok(()) | Err(license::Error::Ended(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let granted = cases::load(tx, about.case)?;
    let kind = credit::Kind::FalsePromise;
    credit::record(
        tx,
        &credit::NewEntry {
            id: credit::entry_id(about.case, kind),
            party: case.applicant,
            party_name: case.applicant_name.clone(),
            kind,
            item: granted
                .as_ref()
                .and_then(details::about)
                .map(|about| about.item),
            case: Some(about.case),
            region: case.region.clone(),
            reason,
            by: case.last.by.clone(),
            at: case.last.at,
        },
    )
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
        };
        // Whoever decided does not check.
        assert!(matches!(
            decide(world.ctx(&world.approver), &check, &broken, ""),
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
        };
        let ordered = decide(world.ctx(&inspector), &check, &order, "责改1号").expect("allowed");
        let mut rectifying = check.clone();
        rectifying.apply(&ordered);
        assert_eq!(rectifying.state, "rectifying");
        let found = decide(world.ctx(&inspector), &rectifying, &broken, "").expect("allowed");
        let mut over = rectifying.clone();
        over.apply(&found);
        assert_eq!(over.state, "broken");
        assert_eq!(findings(&over).len(), 2);
        assert!(!over.is_open());
    }
}
