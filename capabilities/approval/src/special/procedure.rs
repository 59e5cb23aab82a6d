//! 特别程序: 听证、招标、拍卖、检验、检测、检疫、鉴定、专家评审 and those the item's own law adds. Their time is not counted
//! within the limits, and the applicant is told in writing how long they take (行政许可法第四十五条).
//!
//! The clocks stand still from the day the notice is served. Several procedures may follow one another or overlap, one
//! of a kind at a time; while any is under way the clocks stand still, and no day is taken out twice: the stop in the
//! ledger is that of the first, and passes to the next when it ends.

use calendar::{ClockTerms, Length, Role, Rule};
use casework::{Case, Permission, Refusal, Step};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::notices::{self, Means, NoticeKind};
use crate::clocks;
use crate::details::terms;
use crate::law;
use crate::rules::{duty, needed, text};

/// What kind of procedure it is, by the reason for which it stops a clock.
pub use calendar::PauseReason as Kind;

/// Key of the list of [`Procedure`].
pub const PROCEDURES: &str = "procedures";
/// Procedures of one case.
pub const PROCEDURES_MAX: usize = 40;
/// The longest time a notice may name, in working days.
pub const EXPECTED_MAX: u32 = 365;

/// One special procedure of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    /// 1, 2, 3 … in the case.
    pub no: u32,
    pub kind: Kind,
    /// As it is called: 专家评审, or the item's own word.
    pub name: String,
    pub basis: String,
    pub reason: String,
    /// 承担单位.
    pub body: String,
    /// How long it takes, as the applicant was told.
    pub expected: Length,
    /// Number of the written notice.
    pub doc_no: String,
    pub started_at: Timestamp,
    /// When the notice was served: from this day on the clocks stand still.
    pub served_at: Option<Timestamp>,
    /// When its result was received: counting goes on the next day.
    pub ended_at: Option<Timestamp>,
    pub result: String,
}

impl Procedure {
    pub fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }
}

/// How one is started.
#[derive(Clone, Debug)]
pub struct Start {
    pub doc_no: String,
    pub kind: Kind,
    /// The item's own word, where `kind` is [`Kind::SpecialLaw`].
    pub name: String,
    pub reason: String,
    pub body: String,
    /// Working days it takes.
    pub days: u32,
    pub means: Means,
}

/// The clocks that stand still: both that run to the decision, and the one a lower body examines under.
const STOPPED: [&str; 3] = [clocks::STATUTORY, clocks::PROMISED, clocks::LOWER_REVIEW];

/// All procedures of a case, oldest first.
pub fn all(case: &Case) -> Vec<Procedure> {
    case.detail(PROCEDURES).unwrap_or_default()
}

/// Those under way.
pub fn open(case: &Case) -> impl Iterator<Item = Procedure> {
    all(case).into_iter().filter(Procedure::is_open)
}

/// Whether one of this kind is under way.
pub fn is_open(case: &Case, kind: Kind) -> bool {
    open(case).any(|known| known.kind == kind)
}

/// Whether one of this kind was held and has ended.
pub fn is_done(case: &Case, kind: Kind) -> bool {
    all(case)
        .iter()
        .any(|known| known.kind == kind && !known.is_open())
}

/// The clock that watches how long a procedure takes.
pub fn clock_kind(no: u32) -> String {
    format!("{}:{no}", clocks::PROCEDURE)
}

/// Starts one: notice with number, the task to enter its result, the deciding clocks stopped from service on.
pub fn start(step: &mut Step<'_>, start: &Start) -> Result<(), Refusal> {
    let law = terms(step.case()).law;
    if start.kind == Kind::Hearing {
        return Err(Refusal::invalid(
            "kind",
            "听证请从“告知听证权利”“通知举行听证”办理",
        ));
    }
    let (name, basis) = if Kind::LICENSING.contains(&start.kind) {
        let basis = "《行政许可法》第四十五条";
        (start.kind.name().to_owned(), basis.to_owned())
    } else {
        let own = law
            .special(&start.name)
            .filter(|term| start.kind == Kind::SpecialLaw && law::is_own(&term.name));
        let Some(term) = own else {
            return Err(Refusal::invalid(
                "kind",
                "只有《行政许可法》第四十五条和本事项依据的法律列明的程序可以停止计时",
            ));
        };
        (term.name.clone(), term.basis.clone())
    };
    let days_max = law
        .special(&name)
        .and_then(|term| term.days)
        .unwrap_or(EXPECTED_MAX);
    if !(1..=days_max).contains(&start.days) {
        return Err(Refusal::invalid(
            "days",
            format!("所需时间应为1至{days_max}个工作日，请按{name}实际需要填写"),
        ));
    }
    begin(step, start, name, basis)
}

/// Writes the procedure down and its notice; what kind it is has been checked.
pub(super) fn begin(
    step: &mut Step<'_>,
    start: &Start,
    name: String,
    basis: String,
) -> Result<(), Refusal> {
    let mut procedures = all(step.case());
    if procedures
        .iter()
        .any(|known| known.is_open() && known.kind == start.kind && known.name == name)
    {
        return Err(Refusal::invalid(
            "kind",
            format!("本件正在{name}，结束后才能再次启动"),
        ));
    }
    if procedures.len() >= PROCEDURES_MAX {
        return Err(Refusal::invalid(
            "kind",
            format!("一件办件最多{PROCEDURES_MAX}次特别程序"),
        ));
    }
    let no = u32::try_from(procedures.len()).unwrap_or(u32::MAX) + 1;
    let procedure = Procedure {
        no,
        kind: start.kind,
        name,
        basis,
        reason: needed("reason", &start.reason, "请写明为什么需要这项程序")?,
        body: text("body", &start.body)?,
        expected: Length::working_days(start.days),
        doc_no: start.doc_no.clone(),
        started_at: step.at(),
        served_at: None,
        ended_at: None,
        result: String::new(),
    };
    let paragraphs = if start.kind == Kind::Hearing {
        // The summons carries the same number and says it all.
        Vec::new()
    } else {
        words(&procedure)
    };
    step.start_clock(watch(&procedure), step.at());
    let task = format!("end_procedure:{no}");
    let duty = duty(step.case(), Permission::Decide);
    step.open_task(&task, duty, Some(&clock_kind(no)));
    procedures.push(procedure);
    step.note(PROCEDURES, &procedures);
    if paragraphs.is_empty() {
        return Ok(());
    }
    notices::issue(
        step,
        NoticeKind::Procedure,
        &start.doc_no,
        no,
        paragraphs,
        &start.means,
    )
}

/// The notice has reached the applicant: from today the clocks stand still.
pub(super) fn served(step: &mut Step<'_>, no: u32) -> Result<(), Refusal> {
    let mut procedures = all(step.case());
    let now = step.at();
    let stands_still = procedures
        .iter()
        .any(|known| known.is_open() && known.served_at.is_some());
    let Some(procedure) = procedures
        .iter_mut()
        .find(|known| known.no == no && known.is_open() && known.served_at.is_none())
    else {
        // It ended before its notice was served: nothing was taken out of the limit.
        return Ok(());
    };
    procedure.served_at = Some(now);
    let procedure = procedure.clone();
    step.note(PROCEDURES, &procedures);
    if stands_still {
        return Ok(());
    }
    pause(step, &procedure)
}

/// Ends one: its result is here, counting goes on the next day unless another procedure is under way.
pub fn end(step: &mut Step<'_>, no: u32, result: &str) -> Result<(), Refusal> {
    if all(step.case())
        .iter()
        .any(|known| known.no == no && known.kind == Kind::Hearing)
    {
        return Err(Refusal::invalid("no", "听证请从“登记听证笔录”结束"));
    }
    let result = needed("result", result, "请写明收到的结论")?;
    finish(step, no, &result)
}

pub(super) fn finish(step: &mut Step<'_>, no: u32, result: &str) -> Result<(), Refusal> {
    let mut procedures = all(step.case());
    let now = step.at();
    let Some(procedure) = procedures
        .iter_mut()
        .find(|known| known.no == no && known.is_open())
    else {
        return Err(Refusal::invalid("no", "没有这项正在进行的程序"));
    };
    procedure.ended_at = Some(now);
    result.clone_into(&mut procedure.result);
    let ended = procedure.clone();
    step.close_clock(&clock_kind(no))?;
    step.close_task(&format!("end_procedure:{no}"), "end_procedure");
    step.note(PROCEDURES, &procedures);
    let holds_the_stop = ended.served_at.is_some()
        && STOPPED
            .iter()
            .filter_map(|kind| step.case().open_clock(kind)?.open_pause())
            .any(|pause| pause.notice == ended.doc_no);
    if !holds_the_stop {
        return Ok(());
    }
    for kind in STOPPED {
        if step
            .case()
            .open_clock(kind)
            .is_some_and(|clock| clock.open_pause().is_some())
        {
            step.resume_clock(kind)?;
        }
    }
    match procedures
        .iter()
        .find(|known| known.is_open() && known.served_at.is_some())
    {
        Some(next) => pause(step, next),
        None => Ok(()),
    }
}

fn pause(step: &mut Step<'_>, procedure: &Procedure) -> Result<(), Refusal> {
    for kind in STOPPED {
        step.pause_clock(kind, procedure.kind, &procedure.doc_no, procedure.expected)?;
    }
    Ok(())
}

/// No decision while something is under way that it is to rest on.
pub(super) fn before_decision(case: &Case) -> Result<(), Refusal> {
    match open(case).next() {
        Some(procedure) => Err(Refusal::invalid(
            "procedure",
            format!("本件正在{}，登记结论后才能作出决定", procedure.name),
        )),
        None => Ok(()),
    }
}

fn watch(procedure: &Procedure) -> ClockTerms {
    ClockTerms {
        kind: clock_kind(procedure.no),
        role: Role::Step,
        basis: procedure.basis.clone(),
        length: procedure.expected,
        start_event: format!("启动{}", procedure.name),
        rule: Rule::default(),
        pausable: Vec::new(),
        extension_max: None,
    }
}

/// 行政许可法第四十五条: 行政机关应当将所需时间书面告知申请人.
fn words(procedure: &Procedure) -> Vec<String> {
    let by = if procedure.body.is_empty() {
        String::new()
    } else {
        format!("，由{}承担", procedure.body)
    };
    vec![
        format!(
            "办理中，因{}，依法需要进行{}{by}。",
            procedure.reason.trim_end_matches('。'),
            procedure.name
        ),
        format!(
            "依据{}，{}所需时间不计算在办理期限内。预计需要{}。",
            procedure.basis, procedure.name, procedure.expected
        ),
        "自本告知书送达之日起停止计算办理期限，自收到结论的次日起恢复计算。".to_owned(),
    ]
}
