//! 延长办理期限: once, before the limit is over, with the approval of the head of the body or, where handled jointly, of
//! the government, and with the reasons told to the applicant (行政许可法第四十二条).
//!
//! The statutory clock and the promised one are made longer by the same number of days; a promise that is already
//! broken stays broken.

use calendar::{Clock, ClockError, Extension, Length};
use casework::{Case, Permission, Refusal, Step};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::notices::{self, Means, NoticeKind};
use crate::clocks;
use crate::details::terms;
use crate::letter::is_licensing;
use crate::rules::{duty, needed};

/// Key of the list of [`Request`].
pub const EXTENSIONS: &str = "extensions";
/// Requests of one case, those declined included.
pub const REQUESTS_MAX: usize = 10;
/// Kind of the task to answer one.
pub const TASK: &str = "approve_extension";

/// Somebody asks for more time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub no: u32,
    pub length: Length,
    pub reason: String,
    /// Law and article that allow it.
    pub basis: String,
    pub by: String,
    pub staff: Option<base::ids::StaffId>,
    /// The colleague in whose place they asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy_for: Option<base::ids::StaffId>,
    pub at: Timestamp,
    pub answer: Option<Answer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub approved: bool,
    /// Why it was declined.
    pub reason: String,
    pub by: String,
    pub at: Timestamp,
    pub doc_no: String,
}

/// Requests of a case, oldest first.
pub fn all(case: &Case) -> Vec<Request> {
    case.detail(EXTENSIONS).unwrap_or_default()
}

/// The one that waits for an answer.
pub fn pending(case: &Case) -> Option<Request> {
    all(case)
        .into_iter()
        .find(|request| request.answer.is_none())
}

/// Who answers: the head of the body; of the government, where several bodies handle a case jointly.
pub fn approver(case: &Case) -> Permission {
    if terms(case).law.set.joint {
        Permission::ApproveJointExtension
    } else {
        Permission::ApproveExtension
    }
}

/// The most that may be asked for, and by which law; `None` where the law allows none.
pub fn longest(case: &Case) -> Option<(Length, String)> {
    let terms = terms(case);
    let limit = terms.statutory.as_ref()?;
    terms.law.extension(limit, is_licensing(case))
}

pub(super) fn request(step: &mut Step<'_>, days: u32, reason: &str) -> Result<(), Refusal> {
    let mut requests = all(step.case());
    if requests.iter().any(|known| known.answer.is_none()) {
        return Err(Refusal::invalid("days", "已经申请延长，正在等待负责人批准"));
    }
    if requests.len() >= REQUESTS_MAX {
        return Err(Refusal::invalid("days", "申请延长的次数过多"));
    }
    let Some((max, basis)) = longest(step.case()) else {
        return Err(Refusal::invalid("days", "本事项的办理期限依法不能延长"));
    };
    let reason = needed("reason", reason, "请写明延长的理由，理由会告知申请人")?;
    let length = Length::new(days, max.unit);
    let who = step.context().actor;
    let trial = Extension {
        length,
        approver: who.name().to_owned(),
        reason: reason.clone(),
        at: step.at(),
    };
    let Some(clock) = step.case().open_clock(clocks::STATUTORY) else {
        return Err(Refusal::invalid("days", "本件没有正在计算的法定办结时限"));
    };
    extended(step, clock, trial).map_err(|error| Refusal::invalid("days", error.to_string()))?;
    requests.push(Request {
        no: u32::try_from(requests.len()).unwrap_or(u32::MAX) + 1,
        length,
        reason,
        basis,
        by: step.actor().shown(),
        staff: step.actor().staff,
        deputy_for: step.actor().deputy_for,
        at: step.at(),
        answer: None,
    });
    step.note(EXTENSIONS, &requests);
    let permission = approver(step.case());
    let duty = duty(step.case(), permission);
    step.open_task(TASK, duty, Some(clocks::STATUTORY));
    Ok(())
}

pub(super) fn approve(step: &mut Step<'_>, doc_no: &str) -> Result<(), Refusal> {
    let request = waiting(step)?;
    let head = step.context().actor.name().to_owned();
    let extension = Extension {
        length: request.length,
        approver: head.clone(),
        reason: request.reason.clone(),
        at: step.at(),
    };
    step.extend_clock(clocks::STATUTORY, extension.clone())?;
    let promised = step.case().open_clock(clocks::PROMISED).cloned();
    if let Some(clock) = promised {
        let same_unit = Extension {
            length: Length::new(request.length.n, clock.terms.length.unit),
            ..extension
        };
        match extended(step, &clock, same_unit.clone()) {
            Ok(()) => step.extend_clock(clocks::PROMISED, same_unit)?,
            Err(ClockError::ExtensionLate) => {}
            Err(error) => return Err(Refusal::Clock(error.to_string())),
        }
    }
    answer(step, request.no, true, "", doc_no);
    let until = step
        .case()
        .open_clock(clocks::STATUTORY)
        .and_then(|clock| clock.due(step.context().calendar).ok()?.due());
    let until = until.map_or_else(
        || "恢复计时后重新确定".to_owned(),
        |due| {
            let (y, m, d) = (due.date.year(), due.date.month(), due.date.day());
            format!("{y}年{m}月{d}日")
        },
    );
    let words = vec![
        format!(
            "办理中，因{}，不能在规定期限内作出决定。",
            request.reason.trim_end_matches('。')
        ),
        format!(
            "依据{}，经{}批准，延长办理期限{}。延长后的法定办结日期：{until}。",
            request.basis,
            if approver(step.case()) == Permission::ApproveJointExtension {
                "本级人民政府负责人"
            } else {
                "本机关负责人"
            },
            request.length,
        ),
    ];
    let means = Means::by_wish(step.case());
    notices::issue(
        step,
        NoticeKind::Extension,
        doc_no,
        request.no,
        words,
        &means,
    )
}

pub(super) fn decline(step: &mut Step<'_>, reason: &str) -> Result<(), Refusal> {
    let request = waiting(step)?;
    let reason = needed("reason", reason, "请写明不同意延长的理由")?;
    answer(step, request.no, false, &reason, "");
    Ok(())
}

/// The request that waits, if this actor may answer it.
fn waiting(step: &Step<'_>) -> Result<Request, Refusal> {
    let Some(request) = pending(step.case()) else {
        return Err(Refusal::invalid("extension", "没有等待批准的延长申请"));
    };
    let actor = step.context().actor;
    // Neither in one's own name nor through or as a deputy: the second person is another one.
    let asked = [request.staff, request.deputy_for];
    let own = [step.actor().staff, step.actor().deputy_for]
        .into_iter()
        .flatten()
        .any(|staff| asked.contains(&Some(staff)));
    if own {
        return Err(Refusal::invalid(
            "extension",
            "申请延长的人不能自己批准，请由负责人批准",
        ));
    }
    if !actor.may(approver(step.case()), &step.case().scope()) {
        return Err(Refusal::invalid(
            "extension",
            if approver(step.case()) == Permission::ApproveJointExtension {
                "统一、联合、集中办理的延长须经本级人民政府负责人批准（《行政许可法》第四十二条第二款）"
            } else {
                "延长办理期限须经本行政机关负责人批准（《行政许可法》第四十二条第一款）"
            },
        ));
    }
    Ok(request)
}

fn answer(step: &mut Step<'_>, no: u32, approved: bool, reason: &str, doc_no: &str) {
    let mut requests = all(step.case());
    let answer = Answer {
        approved,
        reason: reason.to_owned(),
        by: step.context().actor.name().to_owned(),
        at: step.at(),
        doc_no: doc_no.to_owned(),
    };
    if let Some(request) = requests.iter_mut().find(|request| request.no == no) {
        request.answer = Some(answer);
    }
    step.note(EXTENSIONS, &requests);
    step.close_task(TASK, if approved { TASK } else { "decline_extension" });
}

/// Whether the clock would take the extension.
fn extended(step: &Step<'_>, clock: &Clock, extension: Extension) -> Result<(), ClockError> {
    clock
        .clone()
        .extend(step.context().calendar, extension)
        .map(drop)
}
