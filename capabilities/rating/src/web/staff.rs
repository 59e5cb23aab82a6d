//! What was said about our bodies: level, tags and words, with the day, the item and the body. Never who, never
//! which case (GB/T 39734-2020 4.1: raters' data are protected).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::OrgId;
use jiff::civil::Date;
use serde::Deserialize;
use web::{Query, Visit, cursor};

use super::{org_names, routes};
use crate::error::Error;
use crate::model::Rating;
use crate::store::{self, Before, Filter};
use crate::{Ratings, tags};

/// Ratings on a page.
const PAGE: usize = 50;
const LIST: &str = "staff_ratings";

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    bad: bool,
    org: Option<OrgId>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "staff/ratings.html")]
struct RatingsPage {
    page: ui::Page,
    lines: Vec<Line>,
    bad: bool,
    newer: Option<String>,
    older: Option<String>,
}

struct Line {
    day: Date,
    label: &'static str,
    stars: &'static str,
    bad: bool,
    tags: String,
    said: String,
    item: String,
    org: String,
}

pub(crate) async fn get(
    visit: Visit,
    State(ratings): State<Ratings>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let before: Option<Before> = params
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&ratings.app, LIST, text))
        .transpose()?;
    let newer = before.is_some().then(|| address(&params, None));
    let filter = Filter {
        org: params.org,
        bad: params.bad,
        before,
        limit: PAGE + 1,
    };
    let (mut found, names) = ratings
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let found = store::of_scope(tx, &actor, &filter)?;
            Ok((found, org_names(tx)?))
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let older = more.then(|| found.last()).flatten().map(|last| {
        let place = cursor::encode(&ratings.app, LIST, &Before::of(last));
        address(&params, Some(&place))
    });
    let lines = found
        .into_iter()
        .map(|rating| {
            let org = names.get(&rating.org).cloned().unwrap_or_default();
            line(rating, org)
        })
        .collect();
    Ok(web::render(
        &visit,
        RatingsPage {
            page: visit.page("评价").with_nav("ratings"),
            lines,
            bad: params.bad,
            newer,
            older,
        },
    ))
}

fn line(rating: Rating, org: String) -> Line {
    let labels: Vec<&str> = match tags::version(&rating.tag_set) {
        Some(version) => rating.tags.iter().map(|code| version.label(code)).collect(),
        None => Vec::new(),
    };
    Line {
        day: calendar::civil_date(rating.at),
        label: rating.level.label(),
        stars: rating.level.stars(),
        bad: rating.level.is_bad(),
        tags: labels.join("、"),
        said: rating.said,
        item: rating.item,
        org,
    }
}

fn address(params: &Params, cursor: Option<&str>) -> String {
    let mut parts = Vec::new();
    if params.bad {
        parts.push("bad=1".to_owned());
    }
    if let Some(org) = params.org {
        parts.push(format!("org={org}"));
    }
    if let Some(cursor) = cursor {
        parts.push(format!("cursor={cursor}"));
    }
    if parts.is_empty() {
        routes::STAFF.to_owned()
    } else {
        format!("{}?{}", routes::STAFF, parts.join("&"))
    }
}
