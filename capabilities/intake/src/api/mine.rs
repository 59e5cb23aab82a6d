//! One case, and all of a person's own.

use axum::extract::State;
use base::ids::CaseId;
use cases::list::Line;
use cases::mine::{self, Narrow, Part};
use casework::{Actor, Case};
use serde::{Deserialize, Serialize};
use store::Tx;
use web::{Json, Listing, Path, Problem, Query, Result, Visit, cursor};

use super::wire::{CaseJson, CaseLineJson, ListMyCases, ViewWord};
use crate::Intake;
use crate::account::authorising;
use crate::turn::{self, Turn};

pub(super) async fn get(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Json<CaseJson>> {
    let (actor, now) = (visit.actor()?.clone(), visit.app.now());
    let case = intake
        .app
        .db
        .read(move |tx| visible(tx, &actor, case_id, now))
        .await?;
    let calendar = intake.app.calendar();
    Ok(Json(CaseJson::of(&case, &calendar, visit.app.now())))
}

/// An approval the actor may know of; for anybody else it is not there.
///
/// # Errors
/// 404; 403 with the reason for an agent whose authorisation has ended or does not cover the item.
pub(crate) fn visible(
    tx: &mut Tx<'_>,
    actor: &Actor,
    case_id: CaseId,
    now: jiff::Timestamp,
) -> Result<Case> {
    let missing = || Problem::not_found("没有找到这个办件");
    let case = cases::load(tx, case_id)
        .map_err(approval::Error::from)?
        .filter(|case| case.kind == approval::flow::KIND)
        .ok_or_else(missing)?;
    match approval::check_sight(tx, actor, &case, now) {
        Err(approval::Error::NotFound) => Err(missing()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(case),
    }
}

/// Where a page of 我的办件 ended.
#[derive(Serialize, Deserialize)]
struct Place {
    at: i64,
    id: CaseId,
}

pub(super) async fn list_mine(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<ListMyCases>,
) -> Result<Json<Listing<CaseLineJson>>> {
    let applicant = visit.person()?.applicant();
    let limit = query.limit.unwrap_or(cursor::PAGE_DEFAULT);
    if !(1..=cursor::PAGE_MAX).contains(&limit) {
        let message = format!("每页条数应为1至{}", cursor::PAGE_MAX);
        return Err(
            Problem::bad_request("query_invalid", message.clone()).and_field("limit", message)
        );
    }
    let limit = limit as usize;
    let before = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode::<Place>(&visit.app, "my_cases", text))
        .transpose()?
        .map(|place| cases::list::Before {
            opened_at: place.at,
            case_id: place.id,
        });
    let (person, now) = (visit.person()?.clone(), visit.app.now());
    let people = intake.app.people.clone();
    let narrow = Narrow {
        part: match query.view {
            Some(ViewWord::Waiting) => Part::Theirs(turn::waiting(now)),
            Some(ViewWord::Running) => Part::Running(turn::waiting(now)),
            Some(ViewWord::Done) => Part::Closed,
            None => Part::All,
        },
        text: String::new(),
    };
    let (mut lines, narrowed) = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let lines = mine::page(tx, applicant, &narrow, before.as_ref(), limit + 1)
                .map_err(approval::Error::from)?;
            Ok((lines, authorising::narrowed(&people, tx, &person, now)?))
        })
        .await?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| more).map(|line| {
        let place = Place {
            at: line.opened_at.as_millisecond(),
            id: line.case_id,
        };
        cursor::encode(&visit.app, "my_cases", &place)
    });
    // An agent for some items sees no case of others; the cursor still passes over them.
    if let Some(scope) = narrowed {
        lines = intake
            .app
            .db
            .read(move |tx| -> Result<_> {
                let mut seen = Vec::with_capacity(lines.len());
                for line in lines {
                    if authorising::within(tx, &scope, line.case_id)? {
                        seen.push(line);
                    }
                }
                Ok(seen)
            })
            .await?;
    }
    let calendar = intake.app.calendar();
    let items = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let mut items = Vec::with_capacity(lines.len());
            for line in lines {
                let open = match line.closed_at {
                    None => cases::load(tx, line.case_id).map_err(approval::Error::from)?,
                    Some(_) => None,
                };
                let turn = open.and_then(|case| turn::of(&case, &calendar, now));
                items.push(line_json(line, turn));
            }
            Ok(items)
        })
        .await?;
    Ok(Json(Listing { items, next }))
}

fn line_json(line: Line, turn: Option<Turn>) -> CaseLineJson {
    CaseLineJson {
        case_id: line.case_id.to_string(),
        case_no: line.case_no,
        state_label: approval::flow::state_label(&line.state).to_owned(),
        state: line.state,
        title: line.title,
        opened_at: line.opened_at.to_string(),
        closed_at: line.closed_at.map(|at| at.to_string()),
        due_at: line.due_at.map(|at| at.to_string()),
        outcome: line.outcome,
        awaits: turn.map(|turn| turn.what),
        awaits_until: turn.and_then(|turn| turn.until).map(|day| day.to_string()),
    }
}
