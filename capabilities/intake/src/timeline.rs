//! 办到哪一步: what the applicant reads of a case's trail. Pure: from the case and its events to lines.
//!
//! Staff appear with their body and a masked name. Acts inside the office that change nothing for the applicant
//! (taking a task, looking at data) are left out.

use approval::details::{self, Delivery, correction, decision, delivered};
use approval::flow::FLOW;
use approval::special::gap::{self, Gap};
use approval::special::hearing::{self, Hearing};
use approval::special::notices::{self, Notice};
use approval::special::procedure::{self, Procedure};
use base::mask;
use calendar::{Calendar, civil_date};
use casework::{
    Case, Event, Fact, Phase,
    event::{ActorKind, ActorRef},
};
use jiff::Timestamp;

use crate::said::Said;

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub title: Said,
    pub stage: Stage,
    pub at: Option<Timestamp>,
    /// Who did it; empty for the applicant's own acts and for what is still to come.
    pub who: String,
    /// How long it took since the line before.
    pub took: Option<Said>,
    pub note: Option<Said>,
    /// What was written for the applicant.
    pub remark: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Done,
    Now,
    Todo,
}

impl Stage {
    /// Class of the list entry.
    pub fn class(self) -> &'static str {
        match self {
            Stage::Done => "",
            Stage::Now => "now",
            Stage::Todo => "todo",
        }
    }
}

/// The whole timeline: what was done, what is being done, what comes next.
pub fn of(case: &Case, events: &[Event], org_name: &str, calendar: &Calendar) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut previous: Option<Timestamp> = None;
    for event in events {
        let Some(mut line) = done(case, event, org_name) else {
            continue;
        };
        if let Some(from) = previous
            && event.actor.kind != ActorKind::Person
        {
            line.took = Some(took(calendar, from, event.at));
        }
        previous = Some(event.at);
        lines.push(line);
    }
    if case.is_open() {
        match FLOW.state(&case.state).map(|state| state.phase) {
            Some(Phase::Applicant) => {
                if let Some(last) = lines.last_mut() {
                    last.stage = Stage::Now;
                }
            }
            _ => lines.push(now(case, org_name)),
        }
        lines.extend(coming(case));
    }
    lines
}

fn line(template: &'static str) -> Line {
    Line {
        title: Said::plain(template),
        stage: Stage::Done,
        at: None,
        who: String::new(),
        took: None,
        note: None,
        remark: String::new(),
    }
}

fn done(case: &Case, event: &Event, org_name: &str) -> Option<Line> {
    let own = event.actor.kind == ActorKind::Person;
    let agent = event.actor.acting_for.is_some();
    let helped = agent && event.actor.kind == ActorKind::Staff;
    let title = match event.command.as_str() {
        "file" if helped => "帮办代办人员代您提交了申请",
        "supply_correction" if helped => "帮办代办人员代您提交了补正",
        "supply_gap" if helped => "帮办代办人员代您补交了材料",
        "withdraw" if helped => "帮办代办人员代您撤回了申请",
        "file" if agent => "代办人提交了申请",
        "supply_correction" if agent => "代办人提交了补正",
        "withdraw" if agent => "代办人撤回了申请",
        "send_handover" => "收件窗口移交办理机关",
        "receive_handover" => "办理机关签收",
        "take_originals" => "窗口收取原件",
        "return_originals" => "窗口退还原件",
        "file" if own => "您提交了申请",
        "file" => "窗口收件",
        "accept" => "受理",
        "deem_accepted" => "逾期未告知，视为受理",
        "request_correction" => "一次性告知补正",
        "supply_correction" if own => "您提交了补正",
        "supply_correction" => "窗口收取补正材料",
        "refuse_acceptance" => "不予受理",
        "grant" => "准予许可",
        "refuse" => "不予许可",
        "deliver" => "送达",
        "withdraw" if own => "您撤回了申请",
        "withdraw" => "撤回申请",
        "promise_gap" if own => "您承诺补交材料",
        "promise_gap" => "窗口登记补交承诺",
        "accept_with_gap" => "容缺受理",
        "supply_gap" if own => "您补交了材料",
        "supply_gap" => "窗口收取补交材料",
        "lapse_gap" => "容缺材料逾期未补",
        "lapse_correction" => "逾期未补正，终止办理",
        "deem_granted" => "逾期未决定，视为准予",
        "deem_renewed" => "逾期未决定，视为准予延续",
        "tell_hearing_right" => "告知听证权利",
        "request_hearing" if own => "您要求听证",
        "request_hearing" => "要求听证",
        "waive_hearing" if own => "您放弃听证",
        "waive_hearing" => "放弃听证",
        "call_hearing" => "通知举行听证",
        "record_hearing" => "听证举行完毕",
        "start_procedure" => "启动特别程序",
        "end_procedure" => "特别程序结束",
        "approve_extension" => "延长办理时限",
        "serve_notice" => "送达文书",
        "urge" if agent => "代办人催办",
        "urge" if own => "您催办了",
        "recompute_clocks" => "工作日历调整，期限重新推算",
        _ => clock_title(event)?,
    };
    let mut line = line(title);
    line.at = Some(event.at);
    line.who = match event.actor.kind {
        // Both names: who acted, and for whom.
        ActorKind::Person => match &event.actor.acting_for_name {
            Some(principal) => format!("{}（{principal}）", mask::name(&event.actor.name)),
            None => String::new(),
        },
        ActorKind::System => String::new(),
        ActorKind::Staff => format!("{org_name}　{}", staff_shown(&event.actor)),
    };
    line.note = match event.command.as_str() {
        "file" => {
            let given = event.facts.iter().find_map(|fact| match fact {
                Fact::Noted { key, value } if key == details::MATERIALS => {
                    value.as_array().map(Vec::len)
                }
                _ => None,
            });
            let count = given.unwrap_or(0);
            Some(
                Said::plain("{channel}提交，{n}项材料")
                    .with("channel", case.channel.label())
                    .with("n", count),
            )
        }
        "request_correction" => correction(case).map(|letter| {
            Said::plain("{doc}，共{n}项")
                .with("doc", letter.doc_no)
                .with("n", letter.items.len())
        }),
        "accept" => details::acceptance(case)
            .filter(|letter| !letter.doc_no.is_empty())
            .map(|letter| Said::plain("{doc}").with("doc", letter.doc_no)),
        "deem_accepted" => Some(Said::plain(
            "依照《行政许可法》第三十二条，逾期未告知补正的，自收到材料之日起即为受理",
        )),
        "grant" | "refuse" => {
            decision(case).map(|letter| Said::plain("{doc}").with("doc", letter.doc_no))
        }
        "deem_granted" | "deem_renewed" => decision(case).map(|letter| {
            Said::plain("依照{law}，逾期没有决定的，视为准予").with("law", letter.legal_basis)
        }),
        "refuse_acceptance" => details::not_accepted(case)
            .map(|letter| Said::plain("{doc}").with("doc", letter.doc_no)),
        "deliver" => delivered(case).map(|delivered| Said::plain(delivered.method.label())),
        _ => special_note(event).or_else(|| clock_note(event)),
    };
    line.remark = match event.command.as_str() {
        "accept" | "request_correction" | "supply_correction" | "urge" => event.remark.clone(),
        "refuse" => decision(case)
            .map(|letter| letter.opinion)
            .unwrap_or_default(),
        "refuse_acceptance" => details::not_accepted(case)
            .map(|letter| letter.reason)
            .unwrap_or_default(),
        "withdraw" => case
            .outcome
            .as_ref()
            .map(|outcome| outcome.reason.clone())
            .unwrap_or_default(),
        _ => String::new(),
    };
    Some(line)
}

/// Somebody of an office, masked, with whom they act for: 刘*（代周*）, 葛*兰（代王建国）.
pub fn staff_shown(actor: &ActorRef) -> String {
    let name = mask::name(&actor.name);
    match (&actor.acting_for_name, actor.acting_for) {
        (Some(applicant), Some(_)) => format!("{name}（代{applicant}）"),
        (Some(colleague), None) => format!("{name}（代{}）", mask::name(colleague)),
        (None, _) => name,
    }
}

/// Who brought it in for somebody, as papers name them: what they are called, and who for whom. None for an applicant
/// who filed themselves.
pub fn brought_in_by(filed: &Event) -> Option<(&'static str, String)> {
    let helped = filed.actor.acting_for.is_some();
    match filed.actor.kind {
        ActorKind::Person => helped.then(|| ("代办人", filed.actor.shown())),
        ActorKind::Staff if helped => Some(("帮办代办", filed.actor.shown())),
        ActorKind::Staff => Some(("收件人", filed.actor.shown())),
        ActorKind::System => None,
    }
}

/// What an act beside the straight road noted, as it stood then.
fn special_note(event: &Event) -> Option<Said> {
    let doc = |no: String| Said::plain("{doc}").with("doc", no);
    match event.command.as_str() {
        "promise_gap" | "accept_with_gap" | "lapse_gap" => {
            let gap: Gap = noted(event, gap::GAP)?;
            let names: Vec<String> = gap.missing.into_iter().map(|named| named.name).collect();
            Some(Said::plain("待补：{names}").with("names", names.join("、")))
        }
        "supply_gap" => Some(match noted::<Gap>(event, gap::GAP) {
            Some(_) => Said::plain("承诺补交的材料已经齐全"),
            None => Said::plain("还有材料待补"),
        }),
        "lapse_correction" => Some(Said::plain("可以重新申请")),
        "urge" => Some(Said::plain("已经提醒办理人，待办里标出了您的催办")),
        "call_hearing" => {
            let hearing: Hearing = noted(event, hearing::HEARING)?;
            let words = Said::plain("{date}{time}，{place}").with("date", hearing.on?);
            Some(
                words
                    .with("time", hearing.time)
                    .with("place", hearing.place),
            )
        }
        "tell_hearing_right" => noted::<Hearing>(event, hearing::HEARING)
            .filter(|hearing| !hearing.right_no.is_empty())
            .map(|hearing| doc(hearing.right_no)),
        "start_procedure" | "end_procedure" => {
            let all: Vec<Procedure> = noted(event, procedure::PROCEDURES)?;
            let ended = |known: &&Procedure| {
                event.command == "start_procedure" || known.ended_at == Some(event.at)
            };
            let found = all.iter().rev().find(ended)?;
            let words = Said::plain("{name}，{doc}").with("name", &found.name);
            Some(words.with("doc", &found.doc_no))
        }
        "serve_notice" => {
            let all: Vec<Notice> = noted(event, notices::NOTICES)?;
            let served = |known: &&Notice| {
                let served = known.served.as_ref();
                served.is_some_and(|served| served.at == event.at)
            };
            let found = all.iter().rev().find(served)?;
            let words = Said::plain("{name}，{doc}").with("name", found.kind.title());
            Some(words.with("doc", &found.doc_no))
        }
        _ => None,
    }
}

/// What an event noted under a key.
fn noted<T: serde::de::DeserializeOwned>(event: &Event, key: &str) -> Option<T> {
    event.facts.iter().rev().find_map(|fact| match fact {
        Fact::Noted { key: known, value } if known == key => {
            serde_json::from_value(value.clone()).ok()
        }
        _ => None,
    })
}

/// What an act that only touched the clocks is called.
fn clock_title(event: &Event) -> Option<&'static str> {
    event.facts.iter().find_map(|fact| match fact {
        Fact::ClockPaused { .. } => Some("停止计时"),
        Fact::ClockResumed { .. } => Some("恢复计时"),
        Fact::ClockExtended { .. } => Some("延长办理时限"),
        _ => None,
    })
}

/// Why a clock was stopped or extended, and by which document.
fn clock_note(event: &Event) -> Option<Said> {
    event.facts.iter().find_map(|fact| match fact {
        Fact::ClockPaused { clock } => clock.open_pause().map(|pause| {
            Said::plain("{reason}，{doc}")
                .with("reason", pause.reason.name())
                .with("doc", &pause.notice)
        }),
        Fact::ClockExtended { clock } => clock
            .extensions
            .last()
            .map(|more| Said::plain("理由：{reason}").with("reason", &more.reason)),
        _ => None,
    })
}

/// What the office is doing.
fn now(case: &Case, org_name: &str) -> Line {
    let mut line = line(match case.state.as_str() {
        "received" => "收件审查",
        "accepted" => "审查和决定",
        "granted" | "refused" => "等待送达",
        _ => "办理中",
    });
    line.stage = Stage::Now;
    org_name.clone_into(&mut line.who);
    line.note = match case.state.as_str() {
        "received" => Some(Said::plain("缺什么会一次说清")),
        "accepted" => None,
        _ => Some(Said::plain(waiting(details::delivery_wish(case)))),
    };
    line
}

/// What is still to come on the straight road.
fn coming(case: &Case) -> Vec<Line> {
    let rest: &[&'static str] = match case.state.as_str() {
        "correcting" => &["补正后重新审查", "受理", "审查和决定", "送达结果"],
        "received" => &["受理", "审查和决定", "送达结果"],
        "accepted" => &["送达结果"],
        _ => &[],
    };
    rest.iter()
        .map(|title| Line {
            stage: Stage::Todo,
            ..line(title)
        })
        .collect()
}

/// Working days between two acts, the day of the first not counted.
fn took(calendar: &Calendar, from: Timestamp, to: Timestamp) -> Said {
    let (first, last) = (civil_date(from), civil_date(to));
    let days = first
        .tomorrow()
        .ok()
        .filter(|next| *next <= last)
        .and_then(|next| calendar.working_days(next, last).ok())
        .unwrap_or(0);
    if days == 0 {
        Said::plain("当日办理")
    } else {
        Said::plain("用时{n}个工作日").with("n", days)
    }
}

/// What the applicant waits for once it is decided.
fn waiting(way: Delivery) -> &'static str {
    match way {
        Delivery::Window => "请带身份证件到窗口领取结果",
        Delivery::Post => "结果正在寄送",
        Delivery::Electronic => "结果会存入您的账户",
    }
}
