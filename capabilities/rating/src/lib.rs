#![doc = include_str!("../README.md")]

pub mod api;
mod error;
pub mod model;
pub mod rules;
pub mod store;
pub mod tags;
mod verify;
mod web;

use ::store::Tx;
use ::web::{Access, App, Module, Operation, Routes};
use api::wire::{NewRating, RatingJson, TagsJson};
use base::ids::CaseId;
use casework::{Actor, Permission};
use jiff::Timestamp;

pub use error::Error;
pub use model::{Channel, Level, Rating, Settings};
pub use rules::Given;
pub use verify::{Counts as Verified, Outcome, verify};
pub use web::routes;

/// Tables of this crate.
pub const MIGRATIONS: &[::store::Migration] = &[::store::Migration {
    id: "0400_ratings",
    sql: include_str!("../migrations/0400_ratings.sql"),
}];

/// State behind the doors.
#[derive(Clone)]
pub(crate) struct Ratings {
    pub(crate) app: App,
    pub(crate) settings: Settings,
}

/// Rates a closed case, once: reads the case, writes the row, its count and its entry in the feed.
pub fn rate(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: Settings,
    now: Timestamp,
    case: CaseId,
    given: &Given,
) -> Result<Rating, Error> {
    let case = cases::load(tx, case)?.ok_or(Error::NotFound)?;
    let rating = rules::rate(&case, actor, settings, now, given)?;
    store::keep(tx, &rating)?;
    Ok(rating)
}

/// Whether a case, closed at this instant, still awaits its rating: it is not too late and there is none.
pub fn awaited(
    tx: &mut Tx<'_>,
    settings: Settings,
    now: Timestamp,
    case: CaseId,
    closed_at: Timestamp,
) -> Result<bool, Error> {
    let in_time = rules::last_day_after(closed_at, settings)
        .is_some_and(|last| calendar::civil_date(now) <= last);
    Ok(in_time && store::of_case(tx, case)?.is_none())
}

/// The doors.
pub fn module(app: App, settings: Settings) -> Module {
    Routes::new("rating")
        .get("/cases/{case_id}/rating", Access::Person, web::rate::get)
        .post("/cases/{case_id}/rating", Access::Person, web::rate::post)
        .get("/ratings", Access::Public, web::summary::get)
        .get(
            "/staff/ratings",
            Access::Permission(Permission::ReadCase),
            web::staff::get,
        )
        .api(
            Operation::post("/api/v1/cases/{case_id}/rating", "rate_case")
                .summary("评价办件")
                .description(
                    "办结后 30 日内由申请人评价一次；提交后不能修改。工作人员不能代为评价。",
                )
                .tag("rating")
                .access(Access::Person)
                .body::<NewRating>()
                .ok::<RatingJson>(201)
                .problems(&[404, 409]),
            api::ratings::post,
        )
        .api(
            Operation::get("/api/v1/cases/{case_id}/rating", "get_rating")
                .summary("查看本人对办件的评价")
                .tag("rating")
                .access(Access::Person)
                .ok::<RatingJson>(200)
                .problems(&[404]),
            api::ratings::get,
        )
        .api(
            Operation::get("/api/v1/rating-tags", "list_rating_tags")
                .summary("评价标签")
                .tag("rating")
                .access(Access::Public)
                .ok::<TagsJson>(200),
            api::ratings::tags,
        )
        .menu(
            70,
            ui::MenuItem {
                key: "ratings",
                href: "/staff/ratings",
                label: "评价",
                icon: "heart",
            },
            Some(Permission::ReadCase),
        )
        .with_state(Ratings { app, settings })
}
