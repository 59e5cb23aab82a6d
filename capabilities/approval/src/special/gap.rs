//! 容缺受理: the core materials are there, the rest is promised and follows. Examination begins at once; a positive
//! decision waits until everything is complete; what is not supplied in time leads to a refusal by a person.
//!
//! Only for items that allow it, for applicants who may be trusted (see `credit`), within the promised limit.

use calendar::{ClockTerms, Length, Role, Rule};
use casework::{Case, Permission, Refusal, Step, case::Duty};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::notices::{self, Means, NoticeKind};
use crate::clocks;
use crate::details::{self, MATERIALS, MaterialGiven, terms};
use crate::law::Named;
use crate::origins::{MaterialOrigin, MaterialSource, ORIGINS, origins};
use crate::rules::{self, duty};

/// Key of [`Gap`].
pub const GAP: &str = "gap";

/// What is missing, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Materials that were missing when the applicant promised them.
    pub missing: Vec<Named>,
    /// 容缺承诺: when and by whom.
    pub promised_at: Timestamp,
    pub promised_by: String,
    /// When it was accepted with the gap, under which notice.
    pub accepted_at: Option<Timestamp>,
    pub doc_no: String,
    pub limit: Option<Length>,
    /// When the last of it was handed in.
    pub completed_at: Option<Timestamp>,
    /// When the time was over before that.
    pub lapsed_at: Option<Timestamp>,
}

/// The gap of a case; `None` where nothing was promised.
pub fn of(case: &Case) -> Option<Gap> {
    case.detail(GAP)
}

/// What may follow and was not handed in yet; `Err` names what may not be missing, or why nothing may.
pub fn missing(case: &Case) -> Result<Vec<Named>, Refusal> {
    let Some(law) = terms(case).law.gap else {
        return Err(Refusal::invalid("materials", "本事项不能容缺受理"));
    };
    let given = details::materials(case);
    let origins = crate::origins::origins(case);
    // A certificate the applicant holds stands for the material.
    let is_here = |key: &str| {
        given.iter().any(|one| one.key == key && one.is_here())
            || origins.certified().any(|held| held == key)
    };
    let is_promised = |key: &str| given.iter().any(|one| one.key == key && one.promised);
    let core: Vec<&str> = law
        .core
        .iter()
        .filter(|named| !is_here(&named.key) && !is_promised(&named.key))
        .map(|named| named.name.as_str())
        .collect();
    if !core.is_empty() {
        return Err(Refusal::invalid(
            "materials",
            format!("主要材料不齐，不能容缺受理：{}", core.join("、")),
        ));
    }
    let missing: Vec<Named> = law
        .later
        .into_iter()
        .filter(|named| !is_here(&named.key) && !is_promised(&named.key))
        .collect();
    if missing.is_empty() {
        return Err(Refusal::invalid("materials", "材料已经齐全，不需要容缺"));
    }
    Ok(missing)
}

/// 容缺承诺 by the applicant.
pub(super) fn promise(step: &mut Step<'_>) -> Result<(), Refusal> {
    if of(step.case()).is_some() {
        return Err(Refusal::invalid("materials", "已经作出容缺承诺"));
    }
    let missing = missing(step.case())?;
    let gap = Gap {
        missing,
        promised_at: step.at(),
        promised_by: step.actor().shown(),
        accepted_at: None,
        doc_no: String::new(),
        limit: None,
        completed_at: None,
        lapsed_at: None,
    };
    step.note(GAP, &gap);
    Ok(())
}

/// 容缺受理: accepted, with one notice of everything that is missing, its form, the limit and what happens if it is late.
pub(super) fn accept(
    step: &mut Step<'_>,
    (acceptance_no, doc_no): (&str, &str),
    days: Option<u32>,
    means: &Means,
    plan: Option<&crate::routing::Plan>,
) -> Result<(), Refusal> {
    let Some(mut gap) = of(step.case()) else {
        return Err(Refusal::invalid(
            "materials",
            "申请人还没有作出容缺承诺；请申请人在办件里承诺，或者在窗口代为登记",
        ));
    };
    gap.missing = missing(step.case())?;
    let limit = limit(step.case(), days)?;
    gap.accepted_at = Some(step.at());
    doc_no.clone_into(&mut gap.doc_no);
    gap.limit = Some(limit);
    let actor = step.context().actor;
    rules::accept(step, acceptance_no, false, actor, plan)?;
    step.note(GAP, &gap);
    let clock = ClockTerms {
        kind: clocks::GAP.to_owned(),
        role: Role::Step,
        basis: "容缺受理一次性告知".to_owned(),
        length: limit,
        start_event: "容缺受理".to_owned(),
        rule: Rule::default(),
        pausable: Vec::new(),
        extension_max: None,
    };
    step.start_clock(clock, step.at());
    step.open_task("supply_gap", Duty::Applicant, Some(clocks::GAP));
    let names: Vec<&str> = gap
        .missing
        .iter()
        .map(|named| named.name.as_str())
        .collect();
    let words = vec![
        "你（单位）提出的申请主要材料齐全、符合法定形式，依据你（单位）作出的承诺，本机关予以容缺受理，即日起开始审查。".to_owned(),
        format!("尚缺材料：{}。可以在办件里上传，或者到窗口提交纸质件。", names.join("、")),
        format!("请在{limit}内补齐。补齐前不作出准予的决定；逾期未补齐的，依法不予许可，并不再适用容缺受理。"),
    ];
    notices::issue(step, NoticeKind::Gap, doc_no, 0, words, means)
}

/// The time to supply: never longer than the promised limit.
fn limit(case: &Case, days: Option<u32>) -> Result<Length, Refusal> {
    let terms = terms(case);
    let Some(longest) = terms.promised.as_ref().or(terms.statutory.as_ref()) else {
        return Err(Refusal::invalid(
            "days",
            "本事项没有公布办理期限，不能容缺受理",
        ));
    };
    let max = terms.law.set.gap_days.unwrap_or(longest.n).min(longest.n);
    let n = days.unwrap_or(max);
    if n == 0 || n > max {
        return Err(Refusal::invalid(
            "days",
            format!("补交期限应为1至{max}，不得超过承诺办结时限"),
        ));
    }
    Ok(Length::new(n, longest.unit))
}

/// `sources` says which of the materials were handed in before, and which certificates stand for one.
pub(super) fn supply(
    step: &mut Step<'_>,
    materials: &[MaterialGiven],
    sources: &[MaterialOrigin],
) -> Result<(), Refusal> {
    let Some(mut gap) = of(step.case()).filter(|gap| gap.accepted_at.is_some()) else {
        return Err(Refusal::invalid("materials", "本件不是容缺受理"));
    };
    if gap.completed_at.is_some() {
        return Err(Refusal::invalid("materials", "材料已经补齐"));
    }
    let over = step
        .case()
        .open_clock(clocks::GAP)
        .and_then(|clock| clocks::due_at(clock, step.context().calendar))
        .is_some_and(|due| due <= step.at());
    if over || gap.lapsed_at.is_some() {
        return Err(Refusal::invalid("materials", "补交材料的期限已经届满"));
    }
    let asked = |key: &str| gap.missing.iter().any(|named| named.key == key);
    let certificates = sources
        .iter()
        .any(|origin| matches!(origin.from, MaterialSource::Licence { .. }));
    let nothing = materials.is_empty() && !certificates;
    if nothing || materials.iter().any(|given| !given.is_here()) {
        return Err(Refusal::invalid("materials", "请上传告知书列明的材料"));
    }
    let mut named = materials
        .iter()
        .map(|given| &given.key)
        .chain(sources.iter().map(|origin| &origin.material));
    if let Some(other) = named.find(|key| !asked(key)) {
        return Err(Refusal::invalid(
            "materials",
            format!("告知书没有要求这项材料：{other}"),
        ));
    }
    let before = origins(step.case());
    let after = before.clone().resupplied(materials, sources);
    if after != before {
        step.note(ORIGINS, &after);
    }
    let all = details::with_given(details::materials(step.case()), materials);
    step.note(MATERIALS, &all);
    let complete = gap.missing.iter().all(|named| {
        all.iter().any(|one| one.key == named.key && one.is_here())
            || after.certified().any(|held| held == named.key)
    });
    if complete {
        gap.completed_at = Some(step.at());
        step.note(GAP, &gap);
        step.close_clock(clocks::GAP)?;
        step.close_task("supply_gap", "supply_gap");
    }
    Ok(())
}

/// The time is over: a person decides on the refusal that is prepared for them.
pub(super) fn lapse(step: &mut Step<'_>) -> Result<(), Refusal> {
    let Some(mut gap) = of(step.case()).filter(|gap| gap.completed_at.is_none()) else {
        return Err(Refusal::invalid("clock", "本件没有待补的材料"));
    };
    let over = step
        .case()
        .open_clock(clocks::GAP)
        .and_then(|clock| clocks::due_at(clock, step.context().calendar))
        .is_some_and(|due| due <= step.at());
    if !over || gap.lapsed_at.is_some() {
        return Err(Refusal::invalid("clock", "补交材料的期限尚未届满"));
    }
    gap.lapsed_at = Some(step.at());
    step.note(GAP, &gap);
    step.close_task("supply_gap", "lapse_gap");
    let duty = duty(step.case(), Permission::Decide);
    let governing = [clocks::PROMISED, clocks::STATUTORY]
        .into_iter()
        .find(|kind| step.case().open_clock(kind).is_some());
    step.open_task("refuse:gap", duty, governing);
    Ok(())
}

/// What a refusal for lateness says, where it is due.
pub fn prepared_refusal(case: &Case) -> Option<(String, String)> {
    let gap = of(case).filter(|gap| gap.lapsed_at.is_some() && case.state == "accepted")?;
    let names: Vec<&str> = gap
        .missing
        .iter()
        .map(|named| named.name.as_str())
        .collect();
    Some((
        format!(
            "申请人承诺补交的材料（{}）在{}（文号{}）载明的期限内没有补齐，申请不符合法定条件。",
            names.join("、"),
            NoticeKind::Gap.title(),
            gap.doc_no
        ),
        "《行政许可法》第三十八条第二款".to_owned(),
    ))
}

/// Before a plain 受理: what was promised and is still missing is accepted with its notice and its limit, or asked for.
/// Otherwise nothing would hold the applicant to the promise, and nothing the decision back.
pub(crate) fn before_accept(case: &Case) -> Result<(), Refusal> {
    if of(case).is_none() {
        return Ok(());
    }
    let Ok(missing) = missing(case) else {
        return Ok(());
    };
    let names: Vec<&str> = missing.iter().map(|named| named.name.as_str()).collect();
    Err(Refusal::invalid(
        "materials",
        format!(
            "申请人承诺补交的材料还没有到（{}）：请选择“容缺受理”并告知补交期限，或者一次性告知补正",
            names.join("、")
        ),
    ))
}

pub(super) fn before_grant(case: &Case) -> Result<(), Refusal> {
    match of(case) {
        Some(gap) if gap.accepted_at.is_some() && gap.completed_at.is_none() => Err(
            Refusal::invalid("materials", "容缺的材料还没有补齐，补齐后才能准予"),
        ),
        _ => Ok(()),
    }
}
