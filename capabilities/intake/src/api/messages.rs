//! 消息 over the API.

use axum::extract::State;
use base::ids::PartyId;
use uuid::Uuid;
use web::{Answer, Idempotency, Json, Listing, Path, Problem, Query, Result, Visit, cursor, once};

use super::wire::{ListMyMessages, MessageJson};
use crate::Intake;
use crate::messages::{Message, words};
use crate::store::messages::{self as records, Before};

/// Name of the list in cursors.
const LIST: &str = "my_messages";

pub(super) async fn mine(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<ListMyMessages>,
) -> Result<Json<Listing<MessageJson>>> {
    let party = visit.person()?.applicant();
    let limit = query.limit.unwrap_or(cursor::PAGE_DEFAULT);
    if !(1..=cursor::PAGE_MAX).contains(&limit) {
        let message = format!("每页条数应为1至{}", cursor::PAGE_MAX);
        return Err(
            Problem::bad_request("query_invalid", message.clone()).and_field("limit", message)
        );
    }
    let limit = limit as usize;
    let unread = query.unread.unwrap_or(false);
    let before: Option<Before> = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&visit.app, LIST, text))
        .transpose()?;
    let mut found = intake
        .app
        .db
        .read(move |tx| records::page(tx, party, unread, before, limit + 1))
        .await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| cursor::encode(&visit.app, LIST, &Before::of(last)));
    let page = visit.page("消息");
    let items = found.iter().map(|message| json(&page, message)).collect();
    Ok(Json(Listing { items, next }))
}

fn json(page: &ui::Page, message: &Message) -> MessageJson {
    let words = words::of(page, message);
    MessageJson {
        message_id: message.id.to_string(),
        case_id: message.case.to_string(),
        case_no: message.case_no.clone(),
        kind: message.matter.word().to_owned(),
        title: words.title,
        text: words.text,
        about: message.title.clone(),
        your_turn: words.your_turn,
        at: message.at.to_string(),
        read_at: message.read_at.map(|at| at.to_string()),
    }
}

pub(super) async fn read(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<Uuid>,
    idempotency: Idempotency,
) -> Result<Answer> {
    let party: PartyId = visit.person()?.applicant();
    let now = intake.app.now();
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        records::one(tx, party, id)?.ok_or_else(|| Problem::not_found("没有找到这条消息"))?;
        records::mark(tx, party, id, now)?;
        Ok(Answer::empty())
    })
    .await
}

pub(super) async fn read_all(
    State(intake): State<Intake>,
    visit: Visit,
    idempotency: Idempotency,
) -> Result<Answer> {
    let party = visit.person()?.applicant();
    let now = intake.app.now();
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        records::mark_all(tx, party, now, now)?;
        Ok(Answer::empty())
    })
    .await
}
