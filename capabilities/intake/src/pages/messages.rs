//! 消息: what happened to my cases, newest first, and what is not read yet.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use ui::{Page, View};
use uuid::Uuid;
use web::{Form, Path, Problem, Query, Result, Visit, cursor, redirect, render};

use crate::Intake;
use crate::messages::words::{self, Words};
use crate::messages::{COUNTED_MAX, Message};
use crate::store::messages::{self as records, Before};

/// Messages on one page.
const MESSAGES: usize = 30;
/// Name of the list in cursors.
const LIST: &str = "messages";

#[derive(Template)]
#[template(path = "intake/messages.html")]
struct MessagesPage {
    page: Page,
    views: Vec<View>,
    only_unread: bool,
    lines: Vec<MessageView>,
    /// UTC milliseconds of the newest message: what “全部标为已读” reaches.
    until: i64,
    any_unread: bool,
    newer: Option<String>,
    older: Option<String>,
}

struct MessageView {
    href: String,
    words: Words,
    at: Timestamp,
    about: String,
    case_no: String,
    unread: bool,
}

#[derive(Deserialize)]
pub(super) struct MessagesQuery {
    cursor: Option<String>,
    /// `1`: only what is not read.
    unread: Option<String>,
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<MessagesQuery>,
) -> Result<Response> {
    let party = visit.person()?.applicant();
    let only_unread = query.unread.as_deref() == Some("1");
    let before: Option<Before> = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&visit.app, LIST, text))
        .transpose()?;
    let first = before.is_none();
    let (mut found, unread) = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let found = records::page(tx, party, only_unread, before, MESSAGES + 1)?;
            Ok((found, records::unread(tx, party)?))
        })
        .await?;
    let here = if only_unread {
        "/my/messages?unread=1"
    } else {
        "/my/messages"
    };
    let more = found.len() > MESSAGES;
    found.truncate(MESSAGES);
    let older = found.last().filter(|_| more).map(|last| {
        let place = cursor::encode(&visit.app, LIST, &Before::of(last));
        let sign = if only_unread { '&' } else { '?' };
        format!("{here}{sign}cursor={place}")
    });
    let page = visit
        .page("消息")
        .with_nav("my")
        .with_crumb(visit.page("").t("我的").to_owned(), "/my");
    let view = |label: &str, href: &str, current: bool, count: Option<u64>| View {
        label: page.t(label).to_owned(),
        href: href.to_owned(),
        current,
        count,
    };
    let views = vec![
        view("全部", "/my/messages", !only_unread, None),
        view(
            "未读",
            "/my/messages?unread=1",
            only_unread,
            Some(u64::from(unread.min(COUNTED_MAX))),
        ),
    ];
    let body = MessagesPage {
        views,
        only_unread,
        until: found.first().map_or(0, |newest| newest.at.as_millisecond()),
        any_unread: first && unread > 0,
        newer: (!first).then(|| here.to_owned()),
        older,
        lines: found.iter().map(|message| line(&page, message)).collect(),
        page,
    };
    Ok(render(&visit, body))
}

fn line(page: &Page, message: &Message) -> MessageView {
    MessageView {
        href: format!("/my/messages/{}", message.id),
        words: words::of(page, message),
        at: message.at,
        about: message.title.clone(),
        case_no: message.case_no.clone(),
        unread: message.read_at.is_none(),
    }
}

/// Leads to what the message is about; from then on it is read.
pub(super) async fn open(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let party = visit.person()?.applicant();
    let now = visit.app.now();
    let message = intake
        .app
        .db
        .read(move |tx| records::one(tx, party, id))
        .await?
        .ok_or_else(|| Problem::not_found("没有找到这条消息，请从“消息”进入"))?;
    if message.read_at.is_none() {
        intake
            .app
            .db
            .write(move |tx| records::mark(tx, party, id, now))
            .await?;
    }
    Ok(redirect(&message.target()))
}

#[derive(Deserialize)]
pub(super) struct ReadForm {
    until: i64,
}

/// 全部标为已读: everything that the page could show.
pub(super) async fn read_all(
    State(intake): State<Intake>,
    visit: Visit,
    Form(form): Form<ReadForm>,
) -> Result<Response> {
    let party = visit.person()?.applicant();
    let now = visit.app.now();
    let until = Timestamp::from_millisecond(form.until)
        .map_err(|_| Problem::invalid("until", "请刷新页面后再试"))?;
    intake
        .app
        .db
        .write(move |tx| records::mark_all(tx, party, until, now))
        .await?;
    Ok(redirect("/my/messages"))
}
