//! One item at the administrators' desk: its marks, versions and changes; suspending it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ids::ItemId;
use serde::Deserialize;
use ui::Page;
use web::{Answer, Form, Idempotency, Path, Problem, Visit};

use crate::app::state;
use crate::model::{ItemState, Published};
use crate::pages::{Doors, links};
use crate::store as records;
use crate::store::{ChangeLine, VersionLine};
use crate::words;

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "admin/catalog_item.html")]
struct Show {
    page: Page,
    published: Published,
    org: String,
    item_type: String,
    limit: String,
    revision: i64,
    guide: String,
    versions: Vec<(String, VersionLine)>,
    changes: Vec<ChangeLine>,
    /// Whether this administrator may change the state.
    manages: bool,
    target: String,
    request_key: String,
    reason: String,
    reason_error: String,
    errors: Vec<(String, String)>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StateForm {
    state: String,
    revision: i64,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
) -> web::Result<Response> {
    let show = show(&visit, &doors, item_id).await?;
    Ok(web::render(&visit, show))
}

async fn show(visit: &Visit, doors: &Doors, item_id: ItemId) -> web::Result<Show> {
    let read = doors
        .app
        .db
        .read(move |tx| {
            let Some(published) = records::current(tx, item_id)? else {
                return Ok::<_, store::Error>(None);
            };
            let holder = records::holder(tx, item_id)?;
            let versions = records::versions(tx, item_id)?;
            Ok(Some((
                published,
                holder,
                versions,
                records::changes(tx, item_id)?,
            )))
        })
        .await?;
    let Some((published, Some(holder), versions, changes)) = read else {
        return Err(Problem::not_found("没有找到这个事项"));
    };
    let item = &published.item;
    Ok(Show {
        page: visit
            .page(&item.name)
            .with_nav("catalog")
            .with_crumb("事项管理", "/admin/catalog"),
        org: doors
            .catalog
            .snapshot()
            .org_name(published.org_id)
            .to_owned(),
        item_type: words::item_type(&item.item_type),
        limit: item
            .promised_limit
            .as_ref()
            .or(item.statutory_limit.as_ref())
            .map_or_else(|| "未公布".to_owned(), words::limit),
        revision: holder.revision,
        guide: links::item(item_id),
        versions: versions
            .into_iter()
            .map(|line| (links::version(item_id, line.version), line))
            .collect(),
        changes,
        manages: state::administers(visit.actor()?, &holder.region, holder.org_id),
        target: format!("{}/state", links::admin_item(item_id)),
        request_key: visit.new_request_key(),
        reason: String::new(),
        reason_error: String::new(),
        errors: Vec::new(),
        published,
    })
}

pub(crate) async fn set_state(
    visit: Visit,
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
    Form(form): Form<StateForm>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let to = ItemState::from_word(&form.state)
        .ok_or_else(|| Problem::invalid("state", "请从页面上的按钮选择"))?;
    let reason = base::text::single_line(&form.reason);
    let actor = visit.actor()?.clone();
    let now = doors.app.now();
    let revision = form.revision;
    let (back, kept) = (links::admin_item(item_id), reason.clone());
    let done = if base::text::visible_len(&reason) > REASON_CHARS_MAX {
        Err(Problem::invalid(
            "reason",
            format!("原因最长{REASON_CHARS_MAX}个字，请缩短"),
        ))
    } else {
        web::once(&visit, &key, move |tx| -> web::Result<Answer> {
            state::set_state(tx, &actor, item_id, revision, to, &reason, now)?;
            Ok(Answer::see(back.clone()))
        })
        .await
    };
    match done {
        Ok(answer) => {
            doors.catalog.refresh().await?;
            Ok(answer.into_response())
        }
        Err(problem) if problem.is_invalid() => {
            let mut show = show(&visit, &doors, item_id).await?;
            let message = problem
                .field("reason")
                .unwrap_or(&problem.detail)
                .to_owned();
            show.page = show.page.with_error();
            show.errors = vec![("reason".to_owned(), message.clone())];
            show.reason_error = message;
            show.reason = kept;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                show,
            ))
        }
        Err(problem) => Err(problem),
    }
}

impl From<state::Error> for Problem {
    fn from(error: state::Error) -> Problem {
        match error {
            state::Error::NotFound => Problem::not_found("没有找到这个事项"),
            state::Error::Changed => Problem::conflict(
                "item_changed",
                "这个事项刚刚被别人修改过，请刷新后查看最新情况",
            ),
            state::Error::NeedsReason => Problem::invalid("reason", "请写明原因，会记入变更记录"),
            state::Error::Store(error) => Problem::from(error),
        }
    }
}
