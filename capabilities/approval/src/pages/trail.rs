//! The whole trail of a case with its hashes: what an auditor compares.

use askama::Template;
use axum::{extract::State, response::Response};
use base::{crypto::to_hex, ids::CaseId};
use calendar::{Calendar, Clock};
use casework::{Case, Fact, event::ActorKind, trail as chain};
use jiff::{Timestamp, civil::Date};
use web::{Path, Visit};

use crate::{
    clocks,
    flow::{command_label, state_label},
    service::Approval,
};

struct RowView {
    seq: i64,
    at: Timestamp,
    who: String,
    /// 工作人员, 申请人, 系统.
    side: &'static str,
    what: &'static str,
    remark: String,
    /// What changed besides the clocks.
    facts: Vec<String>,
    /// What it did to the clocks.
    clocks: Vec<String>,
    hash: String,
    intact: bool,
}

#[derive(Template)]
#[template(path = "trail.html")]
struct TrailPage {
    page: ui::Page,
    case: Case,
    state: &'static str,
    rows: Vec<RowView>,
    intact: bool,
    /// The last row's digest stands for the whole chain.
    head: String,
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
) -> web::Result<Response> {
    let loaded = approval.open_for(visit.actor()?, id).await?;
    if !visit
        .actor()?
        .may(casework::Permission::ReadTrail, &loaded.case.scope())
    {
        return Err(crate::Error::NotFound.into());
    }
    let trail = approval
        .app
        .db
        .read(move |tx| cases::trail(tx, id))
        .await
        .map_err(crate::Error::from)?;
    let calendar = approval.app.calendar();
    let mut previous = chain::ORIGIN;
    let rows: Vec<RowView> = trail
        .iter()
        .map(|row| {
            let intact = chain::link(id, row.seq, &previous, &row.body) == row.hash;
            previous = row.hash;
            let event = &row.event;
            RowView {
                seq: row.seq,
                at: row.at,
                who: event.actor.shown(),
                side: match event.actor.kind {
                    ActorKind::Person => "申请人",
                    ActorKind::Staff => "工作人员",
                    ActorKind::System => "系统",
                },
                what: command_label(&event.command),
                remark: event.remark.clone(),
                facts: event
                    .facts
                    .iter()
                    .filter(|one| clock_fact(&loaded.case, one, &calendar).is_none())
                    .map(|one| fact(&loaded.case, one))
                    .collect(),
                clocks: clock_facts(&loaded.case, &event.facts, &calendar),
                hash: to_hex(&row.hash),
                intact,
            }
        })
        .collect();
    let intact = rows.iter().all(|row| row.intact);
    let page = visit
        .page("留痕")
        .with_nav("queue")
        .with_crumb(loaded.case.title.clone(), super::routes::workspace(id));
    Ok(web::render(
        &visit,
        TrailPage {
            page,
            state: state_label(&loaded.case.state),
            case: loaded.case,
            head: rows.last().map(|row| row.hash.clone()).unwrap_or_default(),
            rows,
            intact,
        },
    ))
}

/// What the facts of one event did to the clocks, in words.
pub(super) fn clock_facts(case: &Case, facts: &[Fact], calendar: &Calendar) -> Vec<String> {
    facts
        .iter()
        .filter_map(|fact| clock_fact(case, fact, calendar))
        .collect()
}

fn clock_fact(case: &Case, fact: &Fact, calendar: &Calendar) -> Option<String> {
    let day = |date: Date| ui::format::date_long(ui::Lang::Zh, date);
    // As the clock was at that moment: the fact carries it whole.
    let due = |clock: &Clock| {
        clock
            .due(calendar)
            .ok()
            .and_then(calendar::Deadline::due)
            .map_or_else(String::new, |due| format!("，{}到期", day(due.date)))
    };
    let label = |clock: &Clock| clocks::label(&clock.terms.kind);
    Some(match fact {
        Fact::ClockStarted { clock } => format!("{}开始计时{}", label(clock), due(clock)),
        Fact::ClockPaused { clock } => format!("{}停止计时", label(clock)),
        Fact::ClockResumed { clock } => format!("{}恢复计时{}", label(clock), due(clock)),
        Fact::ClockExtended { clock } => format!("{}延长{}", label(clock), due(clock)),
        Fact::ClockClosed { id, at, .. } => {
            let clock = case.clocks.iter().find(|clock| clock.id == *id);
            let late = clock
                .and_then(|clock| clocks::due_at(clock, calendar))
                .is_some_and(|due_at| due_at <= *at);
            format!(
                "{}{}{}",
                clock.map_or("时限", label),
                if late { "超期结束" } else { "按时结束" },
                clock.map_or_else(String::new, due)
            )
        }
        Fact::ClockRecomputed {
            clock,
            old_due,
            new_due,
            calendar,
        } => {
            let or_open = |date: &Option<Date>| date.map_or_else(|| "未定".to_owned(), day);
            format!(
                "{}因工作日历{calendar}重算：{}改为{}",
                label(clock),
                or_open(old_due),
                or_open(new_due)
            )
        }
        _ => return None,
    })
}

/// A fact that moves no clock, in words.
fn fact(case: &Case, fact: &Fact) -> String {
    match fact {
        Fact::Opened(opened) => format!("办件立案，编号{}", opened.no),
        Fact::Moved { to } => format!("转为“{}”", state_label(to)),
        Fact::TaskOpened { task } => format!("交办：{}", super::queue::task_label(&task.kind)),
        Fact::TaskAssigned { staff, .. } => match staff {
            Some(_) => "领办".to_owned(),
            None => "退回待办".to_owned(),
        },
        Fact::TaskClosed { .. } => "待办办结".to_owned(),
        Fact::ClockStarted { clock }
        | Fact::ClockPaused { clock }
        | Fact::ClockResumed { clock }
        | Fact::ClockExtended { clock }
        | Fact::ClockRecomputed { clock, .. } => clocks::label(&clock.terms.kind).to_owned(),
        Fact::ClockClosed { id, .. } => {
            let clock = case.clocks.iter().find(|clock| clock.id == *id);
            clock
                .map_or("时限", |clock| clocks::label(&clock.terms.kind))
                .to_owned()
        }
        Fact::Held { hold } => format!("暂停办理：{}", hold.reason),
        Fact::Released { .. } => "恢复办理".to_owned(),
        Fact::Linked { .. } => "关联其他办件".to_owned(),
        Fact::Noted { key, .. } => format!("记录：{}", note(key)),
        Fact::Handed { .. } => "移交".to_owned(),
        Fact::Decided { outcome } => format!("结论：{}", outcome_label(&outcome.code)),
        Fact::Closed => "办件结束".to_owned(),
    }
}

fn note(key: &str) -> &str {
    use crate::details as d;
    match key {
        "about" | d::ABOUT => "事项版本",
        d::TERMS => "适用时限",
        d::FORM => "申请表",
        d::MATERIALS => "申请材料",
        d::CORRECTION => "一次性告知",
        d::ACCEPTANCE => "受理",
        d::DECISION => "决定",
        d::DELIVERY_WISH => "送达方式",
        d::DELIVERED => "送达",
        d::NOT_ACCEPTED => "不予受理",
        d::QUERY_CODE => "查询密码（摘要）",
        other => other,
    }
}

pub(crate) fn outcome_label(code: &str) -> &'static str {
    match code {
        "granted" => "准予",
        "refused" => "不予许可",
        "not_accepted" => "不予受理",
        "withdrawn" => "申请人撤回",
        _ => "其他",
    }
}
