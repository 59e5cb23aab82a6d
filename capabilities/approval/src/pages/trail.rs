//! The whole trail of a case with its hashes: what an auditor compares.

use askama::Template;
use axum::{extract::State, response::Response};
use base::{crypto::to_hex, ids::CaseId};
use casework::{Case, Fact, trail as chain};
use jiff::Timestamp;
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
    what: &'static str,
    remark: String,
    facts: Vec<String>,
    hash: String,
    intact: bool,
}

#[derive(Template)]
#[template(path = "trail.html")]
struct TrailPage {
    page: ui::Page,
    case: Case,
    rows: Vec<RowView>,
    intact: bool,
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
    let mut previous = chain::ORIGIN;
    let rows: Vec<RowView> = trail
        .iter()
        .map(|row| {
            let intact = chain::link(id, row.seq, &previous, &row.body) == row.hash;
            previous = row.hash;
            RowView {
                seq: row.seq,
                at: row.at,
                who: row.event.actor.name.clone(),
                what: command_label(&row.event.command),
                remark: row.event.remark.clone(),
                facts: row
                    .event
                    .facts
                    .iter()
                    .map(|one| fact(&loaded.case, one))
                    .collect(),
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
            case: loaded.case,
            rows,
            intact,
        },
    ))
}

/// A fact in words.
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
        Fact::ClockStarted { clock } => format!("{}开始计时", clocks::label(&clock.terms.kind)),
        Fact::ClockPaused { clock } => format!("{}停止计时", clocks::label(&clock.terms.kind)),
        Fact::ClockResumed { clock } => format!("{}恢复计时", clocks::label(&clock.terms.kind)),
        Fact::ClockExtended { clock } => format!("{}延长", clocks::label(&clock.terms.kind)),
        Fact::ClockClosed { id, .. } => {
            let clock = case.clocks.iter().find(|clock| clock.id == *id);
            let label = clock.map_or("时限", |clock| clocks::label(&clock.terms.kind));
            format!("{label}结束")
        }
        Fact::ClockRecomputed {
            clock,
            old_due,
            new_due,
            calendar,
        } => {
            let day = |date: &Option<jiff::civil::Date>| {
                date.map_or_else(|| "未定".to_owned(), |date| date.to_string())
            };
            format!(
                "{}因工作日历{calendar}重算：{}改为{}",
                clocks::label(&clock.terms.kind),
                day(old_due),
                day(new_due)
            )
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
