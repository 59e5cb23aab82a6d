//! 窗口规矩: what a window does beside taking in. It may not turn anybody away, only accept, give the one-time notice,
//! or pass on with a reason that is counted (窗口无否决权); it keeps account of originals; it hands over to the office
//! that decides; it lets whoever needs it go first.
//!
//! Rules are pure and change only details and tasks, never the state or a clock. Rows that are counted are written by
//! [`rows`], in the act's transaction.

pub mod counted;
pub mod handover;
pub mod originals;
pub mod reasons;
pub(crate) mod rows;

pub use rows::in_the_hands_of;

use casework::{Case, Permission, Refusal, Step, case::Duty};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::details::{FileGiven, MATERIALS, MaterialGiven, materials};
use handover::Place;
use originals::Custody;

/// Key of the list of [`Escalation`].
pub const ESCALATIONS: &str = "escalations";
/// Key of [`Priority`].
pub const PRIORITY: &str = "priority";
/// Times one case may be passed on.
const ESCALATIONS_MAX: usize = 10;
/// Characters of a note.
const NOTE_MAX: usize = 500;
/// Files one material holds.
const FILES_MAX: usize = 50;

/// What a window asks for.
#[derive(Clone, Debug)]
pub enum Command {
    /// 上报: passes the case on to whoever may refuse, with a reason code.
    Escalate { reason: String, note: String },
    /// The office answers what was passed on.
    AnswerEscalation { answer: String },
    /// 收取原件.
    TakeOriginals { papers: Vec<(String, u32)> },
    /// 转交原件 to somebody else in the administration.
    MoveOriginals { to: String, note: String },
    /// 退还原件 to the applicant.
    ReturnOriginals { receiver: String },
    /// 扫描入卷: a scan goes to its material.
    AddScan { material: String, file: FileGiven },
    /// 绿色通道.
    Prioritise { ground: String, note: String },
    /// 移交 to the office that decides.
    SendHandover { courier: String },
    /// 签收.
    ReceiveHandover { complete: bool, note: String },
}

/// Commands of this module, as the flow table names them.
pub const WORDS: [&str; 9] = [
    "escalate",
    "answer_escalation",
    "take_originals",
    "move_originals",
    "return_originals",
    "add_scan",
    "prioritise",
    "send_handover",
    "receive_handover",
];

impl Command {
    /// The word in the flow table and the trail.
    pub fn word(&self) -> &'static str {
        match self {
            Command::Escalate { .. } => "escalate",
            Command::AnswerEscalation { .. } => "answer_escalation",
            Command::TakeOriginals { .. } => "take_originals",
            Command::MoveOriginals { .. } => "move_originals",
            Command::ReturnOriginals { .. } => "return_originals",
            Command::AddScan { .. } => "add_scan",
            Command::Prioritise { .. } => "prioritise",
            Command::SendHandover { .. } => "send_handover",
            Command::ReceiveHandover { .. } => "receive_handover",
        }
    }
}

/// One passing on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// A code of [`reasons::ESCALATION`].
    pub reason: String,
    pub note: String,
    pub by: String,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
}

/// Why a case goes first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priority {
    /// A code of [`reasons::GREEN`].
    pub ground: String,
    pub note: String,
    pub by: String,
    pub at: Timestamp,
}

pub fn escalations(case: &Case) -> Vec<Escalation> {
    case.detail(ESCALATIONS).unwrap_or_default()
}

pub fn priority(case: &Case) -> Option<Priority> {
    case.detail(PRIORITY)
}

/// What is true of a case from its filing on, beside what the applicant said.
#[derive(Clone, Debug, Default)]
pub struct FiledBy {
    /// Who acted for the applicant.
    pub agent: Option<AgentNote>,
    /// Where it was taken in, when that is not where it is decided.
    pub handover: Option<handover::HandOver>,
}

/// Key of [`AgentNote`].
pub const AGENT: &str = "agent";

/// 代办人: shown beside the applicant on every letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentNote {
    pub party: base::ids::PartyId,
    pub name: String,
    /// The authorisation it was filed under.
    pub proxy: uuid::Uuid,
    pub ground: people::ProxyGround,
}

impl AgentNote {
    /// What the agent is called beside the applicant.
    pub fn role(&self) -> &'static str {
        match self.ground {
            people::ProxyGround::Guardian => "监护人",
            people::ProxyGround::Representative => "法定代表人",
            _ => "代办人",
        }
    }
}

pub fn agent(case: &Case) -> Option<AgentNote> {
    case.detail(AGENT)
}

/// The applicant as letters name them: 李雨桐（代办人：王小明）.
pub fn applicant_shown(case: &Case) -> String {
    match agent(case) {
        Some(agent) => format!(
            "{}（{}：{}）",
            case.applicant_name,
            agent.role(),
            agent.name
        ),
        None => case.applicant_name.clone(),
    }
}

/// Notes what a case is filed with.
pub(crate) fn file(step: &mut Step<'_>, filed: &FiledBy) {
    if let Some(agent) = &filed.agent {
        step.note(AGENT, agent);
    }
    if let Some(message) = &filed.handover {
        handover::begin(step, message);
    }
}

/// Decides a command of a window. `actor` is who the trail names.
pub(crate) fn decide(step: &mut Step<'_>, actor: &str, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Escalate { reason, note } => escalate(step, actor, reason, note),
        Command::AnswerEscalation { answer } => answer_escalation(step, actor, answer),
        Command::TakeOriginals { papers } => Custody::of(step.case()).take(step, actor, papers),
        Command::MoveOriginals { to, note } => {
            let to = needed("to", to, "请写明原件交给谁")?;
            Custody::of(step.case()).hand(step, actor, &to, &text("note", note)?)
        }
        Command::ReturnOriginals { receiver } => {
            let receiver = needed("receiver", receiver, "请填写领回原件的人")?;
            Custody::of(step.case()).give_back(step, actor, &receiver)
        }
        Command::AddScan { material, file } => add_scan(step, material, file),
        Command::Prioritise { ground, note } => prioritise(step, actor, ground, note),
        Command::SendHandover { courier } => {
            handover::send(step, actor, &text("courier", courier)?)
        }
        Command::ReceiveHandover { complete, note } => {
            handover::receive(step, actor, *complete, &text("note", note)?)
        }
    }
}

fn escalate(step: &mut Step<'_>, actor: &str, reason: &str, note: &str) -> Result<(), Refusal> {
    if reasons::label(&reasons::ESCALATION, reason).is_none() {
        return Err(Refusal::invalid("reason", "请从列表中选择上报的原因"));
    }
    let note = needed("note", note, "请写明遇到的情况和建议")?;
    let mut all = escalations(step.case());
    if all.iter().any(|known| known.answered_at.is_none()) {
        return Err(Refusal::invalid("reason", "本件已经上报，请等待答复"));
    }
    if all.len() >= ESCALATIONS_MAX {
        return Err(Refusal::invalid(
            "reason",
            format!("一件最多上报{ESCALATIONS_MAX}次，请直接联系审批部门"),
        ));
    }
    step.remark(&note);
    all.push(Escalation {
        reason: reason.to_owned(),
        note,
        by: actor.to_owned(),
        at: step.at(),
        answer: String::new(),
        answered_by: None,
        answered_at: None,
    });
    step.note(ESCALATIONS, &all);
    let clock = step
        .case()
        .open_clocks()
        .next()
        .map(|clock| clock.terms.kind.clone());
    let duty = of_case(step.case(), Permission::RefuseAcceptance);
    step.open_task("answer_escalation", duty, clock.as_deref());
    Ok(())
}

fn answer_escalation(step: &mut Step<'_>, actor: &str, answer: &str) -> Result<(), Refusal> {
    let answer = needed("answer", answer, "请写明答复")?;
    let mut all = escalations(step.case());
    let Some(open) = all.iter_mut().find(|known| known.answered_at.is_none()) else {
        return Err(Refusal::invalid("answer", "本件没有待答复的上报"));
    };
    step.remark(&answer);
    open.answer = answer;
    open.answered_by = Some(actor.to_owned());
    open.answered_at = Some(step.at());
    step.note(ESCALATIONS, &all);
    close_task(step, "answer_escalation");
    Ok(())
}

fn prioritise(step: &mut Step<'_>, actor: &str, ground: &str, note: &str) -> Result<(), Refusal> {
    if reasons::label(&reasons::GREEN, ground).is_none() {
        return Err(Refusal::invalid("ground", "请从列表中选择绿色通道的情形"));
    }
    if priority(step.case()).is_some() {
        return Err(Refusal::invalid("ground", "本件已经列入绿色通道"));
    }
    let priority = Priority {
        ground: ground.to_owned(),
        note: text("note", note)?,
        by: actor.to_owned(),
        at: step.at(),
    };
    step.note(PRIORITY, &priority);
    Ok(())
}

fn add_scan(step: &mut Step<'_>, material: &str, file: &FileGiven) -> Result<(), Refusal> {
    let mut all = materials(step.case());
    let at = match all.iter().position(|known| known.key == material) {
        Some(at) => at,
        None => {
            all.push(MaterialGiven {
                key: material.to_owned(),
                files: Vec::new(),
                paper: false,
                promised: false,
            });
            all.len() - 1
        }
    };
    let files = &mut all[at].files;
    if files.iter().any(|known| known.digest == file.digest) {
        return Err(Refusal::invalid(
            "file",
            "这份扫描件已经在卷内，不用重复上传",
        ));
    }
    if files.len() >= FILES_MAX {
        return Err(Refusal::invalid(
            "file",
            format!("一项材料最多{FILES_MAX}个文件"),
        ));
    }
    files.push(file.clone());
    step.remark(&file.name);
    step.note(MATERIALS, &all);
    Ok(())
}

/// Tasks of this module stay open while their matter is open, whatever else closed every task.
pub(crate) fn settle(step: &mut Step<'_>) {
    if !step.case().is_open() {
        return;
    }
    handover::settle(step);
    let waiting = escalations(step.case())
        .iter()
        .any(|known| known.answered_at.is_none());
    let early = matches!(step.case().state.as_str(), "received" | "correcting");
    if waiting && early && step.case().task("answer_escalation").is_none() {
        let duty = of_case(step.case(), Permission::RefuseAcceptance);
        step.open_task("answer_escalation", duty, None);
    }
}

fn of_case(case: &Case, permission: Permission) -> Duty {
    Duty::Staff {
        permission,
        org: case.org,
        region: case.region.clone(),
    }
}

fn of_place(place: &Place, permission: Permission) -> Duty {
    Duty::Staff {
        permission,
        org: place.org,
        region: place.region.clone(),
    }
}

fn close_task(step: &mut Step<'_>, kind: &str) {
    if let Some(no) = step.case().task(kind).map(|task| task.no) {
        step.fact(casework::Fact::TaskClosed {
            no,
            result: kind.to_owned(),
        });
    }
}

/// Trimmed text within the limit.
fn text(field: &'static str, value: &str) -> Result<String, Refusal> {
    let value = base::text::paragraphs(value);
    if base::text::visible_len(&value) > NOTE_MAX {
        return Err(Refusal::invalid(field, format!("最多{NOTE_MAX}字")));
    }
    Ok(value)
}

fn needed(field: &'static str, value: &str, message: &str) -> Result<String, Refusal> {
    let value = text(field, value)?;
    if value.is_empty() {
        return Err(Refusal::invalid(field, message));
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
