//! The queue as a file: the rows and columns of the page with its filter and order, without its pages.

use axum::{extract::State, response::Response};
use cases::queue::{self, Entry};
use serde::Deserialize;
use web::{
    Query, Visit,
    export::{self, Cell, Format},
};

use super::{
    queue::{task_label, words},
    queue_query::Params,
};
use crate::{flow::state_label, service::Approval};

/// Rows read at a time.
const STEP: usize = 1000;
/// Rows of one file; whoever needs more narrows the filter.
const ROWS_MAX: usize = 100_000;

const HEAD: &[&str] = &[
    "剩余时间",
    "到期日",
    "事项",
    "申请人",
    "办件编号",
    "环节",
    "状态",
    "领办人",
    "收到时间",
];

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    format: Option<String>,
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Query(params): Query<Params>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let format = asked
        .format
        .as_deref()
        .and_then(Format::from_word)
        .ok_or_else(|| web::Problem::bad_request("format_unknown", "导出格式应为 xlsx 或 csv"))?;
    let (actor, me) = (visit.actor()?.clone(), visit.staff()?.staff);
    let now = approval.app.now();
    let (filter, order) = (params.filter(me, now, STEP), params.order());
    let calendar = approval.app.calendar();
    let rows = approval
        .app
        .db
        .read(move |tx| -> web::Result<Vec<Vec<Cell>>> {
            let mut rows = Vec::new();
            let mut after = None;
            loop {
                let entries = queue::page(tx, &actor, &filter, order, after.as_ref(), now)
                    .map_err(crate::Error::from)?;
                for entry in &entries {
                    let holder = match entry.staff {
                        Some(staff) => people::staff::name(tx, staff)?.unwrap_or_default(),
                        None => String::new(),
                    };
                    rows.push(row(entry, holder, words(entry.due_at, now, &calendar)));
                }
                if rows.len() > ROWS_MAX {
                    return Err(web::Problem::invalid(
                        "",
                        format!("一次最多导出 {ROWS_MAX} 行，请缩小筛选范围"),
                    ));
                }
                after = entries.last().map(|last| order.place(last));
                if entries.len() < STEP {
                    return Ok(rows);
                }
            }
        })
        .await?;
    export::table(format, "待办", HEAD, rows).await
}

fn row(entry: &Entry, holder: String, left: String) -> Vec<Cell> {
    vec![
        left.into(),
        entry.due_at.map(ui::format::last_day).into(),
        entry.title.as_str().into(),
        entry.applicant_name.as_str().into(),
        entry.case_no.as_str().into(),
        task_label(&entry.kind).into(),
        state_label(&entry.state).into(),
        holder.into(),
        ui::format::datetime_dense(entry.opened_at).into(),
    ]
}
