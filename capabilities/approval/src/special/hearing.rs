//! 听证: the right is told, asked for within five days, held within twenty working days of being asked for, and called
//! at least seven days ahead (行政许可法第四十七条、第四十八条). Days are working days by art. 82.
//!
//! A decision waits until the time to ask is over or somebody has said that they do not want one, and until a hearing
//! that was asked for has been held. From the day the summons is served the deciding clocks stand still (art. 45).

use calendar::{ClockTerms, Deadline, Direction, Length, Moment, Role, Rule, civil_date};
use casework::{Actor, Case, Permission, Refusal, Step};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::notices::{self, Means, NoticeKind};
use super::procedure::{self, Kind};
use crate::clocks;
use crate::details::terms;
use crate::rules::{duty, needed, text};

/// Key of [`Hearing`].
pub const HEARING: &str = "hearing";
/// Working days from the request to the hearing.
pub const HOLD_DAYS: u32 = 20;
/// Working days from the summons to the hearing.
pub const NOTICE_DAYS: u32 = 7;

/// How far a hearing has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hearing {
    /// When the right was told, by which notice.
    pub told_at: Option<Timestamp>,
    pub right_no: String,
    /// Why the case may be heard.
    pub matter: String,
    pub requested_at: Option<Timestamp>,
    /// 利害关系人; empty for the applicant.
    pub requested_by: String,
    pub request_reason: String,
    pub waived_at: Option<Timestamp>,
    pub on: Option<Date>,
    pub time: String,
    pub place: String,
    /// 主持人: nobody who examined the application (art. 48).
    pub officer: String,
    /// Number of the special procedure it is.
    pub procedure: u32,
    pub held_at: Option<Timestamp>,
    /// 听证笔录: the decision is made on it.
    pub record: String,
}

/// How a hearing is called.
#[derive(Clone, Debug)]
pub struct Call {
    pub doc_no: String,
    pub on: Date,
    pub time: String,
    pub place: String,
    pub officer: String,
    pub means: Means,
}

/// How far the hearing of a case has come; `None` where nobody has told of the right.
pub fn of(case: &Case) -> Option<Hearing> {
    case.detail(HEARING)
}

pub(super) fn tell(
    step: &mut Step<'_>,
    doc_no: &str,
    reason: &str,
    means: &Means,
) -> Result<(), Refusal> {
    if of(step.case()).is_some() {
        return Err(Refusal::invalid("reason", "已经告知过听证的权利"));
    }
    let matter = needed(
        "reason",
        reason,
        "请写明听证的事由，如“直接涉及申请人与他人之间重大利益关系”",
    )?;
    let days = terms(step.case()).law.set.hearing_request();
    let words = vec![
        format!("本件{}。", matter.trim_end_matches('。')),
        format!(
            "依据《行政许可法》第四十七条，申请人、利害关系人享有要求听证的权利，可以在本告知书送达之日起{days}内提出；逾期未提出的，视为放弃。"
        ),
        "申请人、利害关系人不承担组织听证的费用。".to_owned(),
    ];
    let hearing = Hearing {
        right_no: doc_no.to_owned(),
        matter,
        ..Hearing::default()
    };
    step.note(HEARING, &hearing);
    notices::issue(step, NoticeKind::HearingRight, doc_no, 0, words, means)
}

/// The notice of the right was served: the days to ask for a hearing begin.
pub(super) fn told(step: &mut Step<'_>) {
    let Some(mut hearing) = of(step.case()) else {
        return;
    };
    hearing.told_at = Some(step.at());
    step.note(HEARING, &hearing);
    let length = terms(step.case()).law.set.hearing_request();
    let clock = clock(
        clocks::HEARING_REQUEST,
        "《行政许可法》第四十七条",
        length,
        "告知听证权利",
    );
    step.start_clock(clock, step.at());
}

pub(super) fn request(step: &mut Step<'_>, by: &str, reason: &str) -> Result<(), Refusal> {
    let mut hearing = told_of(step)?;
    if hearing.requested_at.is_some() {
        return Err(Refusal::invalid("reason", "已经有人要求听证"));
    }
    if hearing.told_at.is_none() {
        return Err(Refusal::invalid("reason", "听证权利告知书还没有送达"));
    }
    if has_lapsed(step) {
        return Err(Refusal::invalid(
            "reason",
            "要求听证的期限已经届满（《行政许可法》第四十七条）",
        ));
    }
    hearing.requested_at = Some(step.at());
    hearing.waived_at = None;
    hearing.requested_by = text("by", by)?;
    hearing.request_reason = text("reason", reason)?;
    step.note(HEARING, &hearing);
    step.close_clock(clocks::HEARING_REQUEST)?;
    let hold = clock(
        clocks::HEARING_HOLD,
        "《行政许可法》第四十七条",
        Length::working_days(HOLD_DAYS),
        "要求听证",
    );
    step.start_clock(hold, step.at());
    let duty = duty(step.case(), Permission::Decide);
    step.open_task("call_hearing", duty, Some(clocks::HEARING_HOLD));
    Ok(())
}

/// 放弃听证, or taking a request back before it was held.
pub(super) fn waive(step: &mut Step<'_>) -> Result<(), Refusal> {
    let mut hearing = told_of(step)?;
    if hearing.waived_at.is_some() || hearing.held_at.is_some() {
        return Err(Refusal::invalid("hearing", "听证已经举行或者已经放弃"));
    }
    if !hearing.requested_by.is_empty() && matches!(step.context().actor, Actor::Person(_)) {
        return Err(Refusal::invalid(
            "hearing",
            "听证是利害关系人要求的，申请人不能代为放弃",
        ));
    }
    hearing.waived_at = Some(step.at());
    step.note(HEARING, &hearing);
    close(step, "申请人放弃听证")
}

/// 通知举行听证: the place and time, at least seven days ahead, and at most twenty after the request.
pub(super) fn call(step: &mut Step<'_>, call: &Call) -> Result<(), Refusal> {
    let mut hearing = told_of(step)?;
    if hearing.requested_at.is_none() || hearing.waived_at.is_some() {
        return Err(Refusal::invalid("on", "没有人要求听证"));
    }
    if hearing.on.is_some() {
        return Err(Refusal::invalid("on", "已经通知举行听证"));
    }
    hearing.on = Some(call.on);
    hearing.time = needed("time", &call.time, "请填写听证的时间")?;
    hearing.place = needed("place", &call.place, "请填写听证的地点")?;
    hearing.officer = needed(
        "officer",
        &call.officer,
        "请填写听证主持人；不能是审查本件的工作人员",
    )?;
    let examined = step.context().actor.name() == hearing.officer;
    if examined {
        return Err(Refusal::invalid(
            "officer",
            "听证主持人应为审查本件的工作人员以外的人员（《行政许可法》第四十八条）",
        ));
    }
    check_date(step, call.on)?;
    let words = vec![
        format!(
            "本机关定于{}年{}月{}日{}在{}举行听证。",
            call.on.year(),
            call.on.month(),
            call.on.day(),
            hearing.time,
            hearing.place
        ),
        format!(
            "听证主持人：{}。你认为主持人与本事项有直接利害关系的，有权申请回避。",
            hearing.officer
        ),
        "听证公开举行。可以委托代理人参加，可以申辩、质证。听证所需时间不计算在办理期限内（《行政许可法》第四十五条）。"
            .to_owned(),
    ];
    let days = step
        .context()
        .calendar
        .working_days(civil_date(step.at()), call.on)
        .unwrap_or(NOTICE_DAYS)
        .max(1);
    let start = procedure::Start {
        doc_no: call.doc_no.clone(),
        kind: Kind::Hearing,
        name: String::new(),
        reason: hearing.matter.clone(),
        body: String::new(),
        days,
        means: call.means.clone(),
    };
    procedure::begin(
        step,
        &start,
        Kind::Hearing.name().to_owned(),
        "《行政许可法》第四十五条".to_owned(),
    )?;
    hearing.procedure = procedure::all(step.case())
        .last()
        .map_or(0, |procedure| procedure.no);
    step.note(HEARING, &hearing);
    step.close_task("call_hearing", "call_hearing");
    notices::issue(
        step,
        NoticeKind::Hearing,
        &call.doc_no,
        hearing.procedure,
        words,
        &call.means,
    )
}

/// A summons that is served too late does not count: the hearing has to be put off.
pub(super) fn in_time(step: &Step<'_>) -> Result<(), Refusal> {
    match of(step.case()).and_then(|hearing| hearing.on) {
        Some(on) => check_notice(step, on),
        None => Ok(()),
    }
}

fn check_date(step: &Step<'_>, on: Date) -> Result<(), Refusal> {
    check_notice(step, on)?;
    let hold = step
        .case()
        .open_clock(clocks::HEARING_HOLD)
        .and_then(|clock| clock.due(step.context().calendar).ok()?.due());
    if let Some(hold) = hold.filter(|hold| on > hold.date) {
        return Err(Refusal::invalid(
            "on",
            format!(
                "听证应在要求听证之日起{HOLD_DAYS}日内组织（《行政许可法》第四十七条），最迟{}",
                hold.date
            ),
        ));
    }
    Ok(())
}

/// 行政许可法第四十八条第一项: seven days before the hearing, counted backwards.
fn check_notice(step: &Step<'_>, on: Date) -> Result<(), Refusal> {
    let latest = calendar::due(
        step.context().calendar,
        Moment::Date(on),
        Length::working_days(NOTICE_DAYS),
        &[],
        Rule::counting(Direction::Before),
    );
    let today = civil_date(step.at());
    match latest {
        Ok(Deadline::On(latest)) if today <= latest.date => Ok(()),
        _ => Err(Refusal::invalid(
            "on",
            format!(
                "听证的时间、地点应在举行的{NOTICE_DAYS}日前通知（《行政许可法》第四十八条），请另定较晚的日期"
            ),
        )),
    }
}

pub(super) fn record(step: &mut Step<'_>, record: &str) -> Result<(), Refusal> {
    let mut hearing = told_of(step)?;
    let Some(on) = hearing.on.filter(|_| hearing.waived_at.is_none()) else {
        return Err(Refusal::invalid("record", "还没有通知举行听证"));
    };
    if hearing.held_at.is_some() {
        return Err(Refusal::invalid("record", "听证笔录已经登记"));
    }
    if civil_date(step.at()) < on {
        return Err(Refusal::invalid("record", "听证还没有举行"));
    }
    hearing.record = needed("record", record, "请写明听证笔录的要点")?;
    hearing.held_at = Some(step.at());
    step.note(HEARING, &hearing);
    close(step, &hearing.record)
}

fn close(step: &mut Step<'_>, result: &str) -> Result<(), Refusal> {
    step.close_clock(clocks::HEARING_REQUEST)?;
    step.close_clock(clocks::HEARING_HOLD)?;
    step.close_task("call_hearing", "waive_hearing");
    let open = procedure::open(step.case()).find(|known| known.kind == Kind::Hearing);
    match open {
        Some(procedure) => procedure::finish(step, procedure.no, result),
        None => Ok(()),
    }
}

/// 行政许可法第四十七条、第四十八条: the right comes before the decision, and the decision rests on the record.
pub(super) fn before_decision(step: &Step<'_>) -> Result<(), Refusal> {
    let Some(hearing) = of(step.case()) else {
        return Ok(());
    };
    if hearing.waived_at.is_some() || hearing.held_at.is_some() {
        return Ok(());
    }
    if hearing.requested_at.is_some() {
        return Err(Refusal::invalid(
            "hearing",
            "已有人要求听证，听证举行后才能作出决定",
        ));
    }
    if hearing.told_at.is_none() || !has_lapsed(step) {
        return Err(Refusal::invalid(
            "hearing",
            "要求听证的期限还没有届满，届满或者申请人放弃后才能作出决定",
        ));
    }
    Ok(())
}

fn told_of(step: &Step<'_>) -> Result<Hearing, Refusal> {
    of(step.case()).ok_or_else(|| Refusal::invalid("hearing", "本件没有告知听证的权利"))
}

/// Whether the time to ask is over.
fn has_lapsed(step: &Step<'_>) -> bool {
    step.case()
        .clock(clocks::HEARING_REQUEST)
        .and_then(|clock| clocks::due_at(clock, step.context().calendar))
        .is_some_and(|due| due <= step.at())
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
