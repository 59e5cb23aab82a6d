//! The board, the cases behind it, every case of the scope.

use axum::extract::State;
use cases::list::{self, Before};
use cases::queue::After;
use web::{Answer, Idempotency, Json, Listing, Problem, Query, Visit, cursor, once};

use super::wire::{
    AlertJson, BoardJson, ListAlerts, ListBoardCases, ListCases, OrgJson, ScopeCaseJson, SeenBody,
    WatchedJson,
};
use crate::web::{alerts, all, watched as page};
use crate::words::LightWord;
use crate::{Monitor, board};

pub(crate) async fn board(
    visit: Visit,
    State(monitor): State<Monitor>,
) -> web::Result<Json<BoardJson>> {
    let actor = visit.actor()?.clone();
    let now = monitor.app.now();
    let figures = monitor
        .app
        .db
        .read(move |tx| board::figures(tx, &actor, now))
        .await?;
    Ok(Json(BoardJson {
        as_of: now,
        total: board::total(&figures).into(),
        orgs: figures.into_iter().map(OrgJson::from).collect(),
    }))
}

pub(crate) async fn watched(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(query): Query<ListBoardCases>,
) -> web::Result<Json<Listing<WatchedJson>>> {
    let actor = visit.actor()?.clone();
    let app = &monitor.app;
    let (now, limit) = (app.now(), limit_of(query.limit)?);
    let place: Option<page::Place> = query
        .cursor
        .map(|text| cursor::decode(app, page::LIST, &text))
        .transpose()?;
    let filter = cases::board::Filter {
        org: query.org,
        light: query.light.map(LightWord::light),
        after: place.map(After::from),
        limit: limit + 1,
        ..Default::default()
    };
    let mut found = app
        .db
        .read(move |tx| board::watched(tx, &actor, &filter, now))
        .await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = more
        .then(|| found.last())
        .flatten()
        .map(|last| cursor::encode(app, page::LIST, &page::Place::from(last)));
    let items = found
        .into_iter()
        .map(|watched| WatchedJson::of(watched, now, &monitor.words))
        .collect();
    Ok(Json(Listing { items, next }))
}

pub(crate) async fn cases(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(query): Query<ListCases>,
) -> web::Result<Json<Listing<ScopeCaseJson>>> {
    let actor = visit.actor()?.clone();
    let app = &monitor.app;
    let limit = limit_of(query.limit)?;
    let place: Option<all::Place> = query
        .cursor
        .map(|text| cursor::decode(app, all::LIST, &text))
        .transpose()?;
    let filter = list::Filter {
        org: query.org,
        state: query.state,
        case_no: query.case_no.as_deref().and_then(all::exact_no),
        before: place.map(Before::from),
        limit: limit + 1,
        ..list::Filter::default()
    };
    let mut found = app
        .db
        .read(move |tx| list::of_scope(tx, &actor, &filter).map_err(board::problem))
        .await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = more
        .then(|| found.last())
        .flatten()
        .map(|last| cursor::encode(app, all::LIST, &all::Place::from(last)));
    let items = found
        .into_iter()
        .map(|line| ScopeCaseJson::of(line, &monitor.words))
        .collect();
    Ok(Json(Listing { items, next }))
}

pub(crate) async fn alerts(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(query): Query<ListAlerts>,
) -> web::Result<Json<Listing<AlertJson>>> {
    let actor = visit.actor()?.clone();
    let app = &monitor.app;
    let limit = limit_of(query.limit)?;
    let place: Option<alerts::Place> = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode(app, alerts::LIST, text))
        .transpose()?;
    let level = query.level.map(alerts::LevelWord::level);
    let mut found = app
        .db
        .read(move |tx| {
            let before = place.map(cases::alerts::Before::from);
            cases::alerts::list(tx, &actor, level, before.as_ref(), limit + 1)
                .map_err(board::problem)
        })
        .await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = more
        .then(|| found.last())
        .flatten()
        .map(|last| cursor::encode(app, alerts::LIST, &alerts::Place::from(last)));
    let items = found
        .into_iter()
        .map(|alert| AlertJson::of(alert, &monitor.words))
        .collect();
    Ok(Json(Listing { items, next }))
}

pub(crate) async fn seen(
    visit: Visit,
    key: Idempotency,
    State(monitor): State<Monitor>,
    Json(body): Json<SeenBody>,
) -> web::Result<Answer> {
    let (me, until) = (visit.staff()?.staff, body.until.min(monitor.app.now()));
    once(&visit, &key, move |tx| -> web::Result<Answer> {
        cases::alerts::look(tx, me, until).map_err(board::problem)?;
        Ok(Answer::empty())
    })
    .await
}

/// Entries of a page; a number outside the documented range is refused rather than bent.
fn limit_of(asked: Option<u32>) -> web::Result<usize> {
    let limit = asked.unwrap_or(cursor::PAGE_DEFAULT);
    if (1..=cursor::PAGE_MAX).contains(&limit) {
        Ok(limit as usize)
    } else {
        Err(Problem::bad_request("query_invalid", "limit 应为 1 至 100")
            .and_field("limit", "应为 1 至 100"))
    }
}
