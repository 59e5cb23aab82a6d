//! What time alone brings about, where a law or the item says so: silence that counts as consent, a correction that never
//! came; and the short acts that stand under a clock of their own.

use calendar::{ClockTerms, Length, Role, Rule};
use casework::{Actor, Case, Permission, Refusal, Step, case::Duty};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clocks;
use crate::details::{DECISION, Decision, terms};
use crate::rules::{self, duty, needed};

/// Key of [`Review`].
pub const REVIEW: &str = "lower_review";
/// Key of [`FalseMaterials`].
pub const FALSE_MATERIALS: &str = "false_materials";

/// 下级先行审查意见.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub opinion: String,
    pub by: String,
    pub at: Timestamp,
}

/// 隐瞒有关情况或者提供虚假材料 (行政许可法第七十八条).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FalseMaterials {
    pub what: String,
    pub by: String,
    pub at: Timestamp,
}

/// Whether silence to the end of the statutory limit is consent, and by which law.
pub fn tacit_basis(case: &Case) -> Option<String> {
    terms(case).law.set.tacit_basis
}

/// 逾期未作决定视为准予: only where the item's law says so (as 行政许可法第五十条第二款 does for renewals).
pub(super) fn deem_granted(
    step: &mut Step<'_>,
    doc_no: &str,
    license_id: Option<&str>,
) -> Result<(), Refusal> {
    let Some(basis) = tacit_basis(step.case()) else {
        return Err(Refusal::invalid("clock", "本事项没有视为准予的法律规定"));
    };
    let over = step
        .case()
        .open_clock(clocks::STATUTORY)
        .and_then(|clock| clocks::due_at(clock, step.context().calendar))
        .is_some_and(|due| due <= step.at());
    if !over {
        return Err(Refusal::invalid("clock", "法定办结时限尚未届满"));
    }
    let decision = Decision {
        doc_no: doc_no.to_owned(),
        granted: true,
        opinion: "法定期限届满未作出决定，依法视为准予。".to_owned(),
        legal_basis: basis,
        license_id: license_id.map(str::to_owned),
    };
    step.decide("granted", &decision.opinion, &decision.legal_basis);
    step.note(DECISION, &decision);
    rules::decided(step, "granted", "deem_granted")
}

/// 申请人补正的期限, where one is set for the item.
pub(crate) fn await_correction(step: &mut Step<'_>) {
    let Some(days) = terms(step.case()).law.set.correction_days else {
        step.open_task("correct", Duty::Applicant, None);
        return;
    };
    let clock = ClockTerms {
        kind: clocks::CORRECTION.to_owned(),
        role: Role::Step,
        basis: "补正告知书".to_owned(),
        length: Length::working_days(days),
        start_event: "告知补正".to_owned(),
        rule: Rule::default(),
        pausable: Vec::new(),
        extension_max: None,
    };
    step.start_clock(clock, step.at());
    step.open_task("correct", Duty::Applicant, Some(clocks::CORRECTION));
}

/// 逾期不补正: the application ends; it may be filed again at any time.
pub(super) fn correction(step: &mut Step<'_>) -> Result<(), Refusal> {
    let over = step
        .case()
        .open_clock(clocks::CORRECTION)
        .and_then(|clock| clocks::due_at(clock, step.context().calendar))
        .is_some_and(|due| due <= step.at());
    if !over {
        return Err(Refusal::invalid("clock", "补正的期限尚未届满"));
    }
    step.decide("terminated", "逾期未补正，终止办理；可以重新申请", "");
    rules::finish(step, "terminated", "lapse_correction")
}

/// 行政许可法第四十三条: the lower body examines within twenty working days of acceptance.
pub(crate) fn await_review(step: &mut Step<'_>, from: Timestamp) {
    let clock = ClockTerms {
        kind: clocks::LOWER_REVIEW.to_owned(),
        role: Role::Step,
        basis: "《行政许可法》第四十三条".to_owned(),
        length: Length::working_days(20),
        start_event: "下级行政机关受理".to_owned(),
        rule: Rule::default(),
        pausable: terms(step.case()).law.pausable(),
        extension_max: None,
    };
    step.start_clock(clock, from);
    let duty = duty(step.case(), Permission::Decide);
    step.open_task("report_review", duty, Some(clocks::LOWER_REVIEW));
}

pub(super) fn report_review(step: &mut Step<'_>, opinion: &str) -> Result<(), Refusal> {
    if step.case().open_clock(clocks::LOWER_REVIEW).is_none() {
        return Err(Refusal::invalid(
            "opinion",
            "本件不需要或者已经报送初审意见",
        ));
    }
    let review = Review {
        opinion: needed("opinion", opinion, "请写明初步审查意见")?,
        by: step.context().actor.name().to_owned(),
        at: step.at(),
    };
    step.note(REVIEW, &review);
    step.close_clock(clocks::LOWER_REVIEW)?;
    step.close_task("report_review", "report_review");
    Ok(())
}

/// Written down beside a refusal; where the item concerns safety it keeps the applicant from asking again for a year.
pub(super) fn record_false_materials(step: &mut Step<'_>, what: &str) -> Result<(), Refusal> {
    let refused = step
        .case()
        .outcome
        .as_ref()
        .is_some_and(|outcome| outcome.code == "refused");
    if !refused {
        return Err(Refusal::invalid(
            "what",
            "只有不予许可的办件可以登记隐瞒情况或者提供虚假材料",
        ));
    }
    if step.case().details.contains_key(FALSE_MATERIALS) {
        return Err(Refusal::invalid("what", "已经登记"));
    }
    if !matches!(step.context().actor, Actor::Staff(_)) {
        return Err(Refusal::invalid("what", "应由审批人员登记"));
    }
    let found = FalseMaterials {
        what: needed("what", what, "请写明隐瞒的情况或者虚假的材料")?,
        by: step.context().actor.name().to_owned(),
        at: step.at(),
    };
    step.note(FALSE_MATERIALS, &found);
    Ok(())
}
