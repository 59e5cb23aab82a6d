//! Giving a rating, reading one's own, the tags on offer.

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::CaseId;
use web::{Answer, Idempotency, Json, Path, Problem, Visit};

use super::wire::{NewRating, RatingJson, TagJson, TagSetJson, TagsJson};
use crate::error::Error;
use crate::rules::Given;
use crate::{Ratings, store, tags};

pub(crate) async fn post(
    visit: Visit,
    State(ratings): State<Ratings>,
    Path(case): Path<CaseId>,
    key: Idempotency,
    Json(new): Json<NewRating>,
) -> web::Result<Answer> {
    let given = Given::from(new);
    let (actor, settings, now) = (visit.actor()?.clone(), ratings.settings, ratings.app.now());
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let rating = crate::rate(tx, &actor, settings, now, case, &given)?;
        Ok(Answer::json(StatusCode::CREATED, &RatingJson::from(rating)))
    })
    .await
}

/// Only the applicant's: together with the case it would tell staff who rated.
pub(crate) async fn get(
    visit: Visit,
    State(ratings): State<Ratings>,
    Path(id): Path<CaseId>,
) -> web::Result<Json<RatingJson>> {
    let actor = visit.actor()?.clone();
    let found = ratings
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let own = cases::load(tx, id)?.is_some_and(|case| actor.owns(case.applicant));
            if own {
                store::of_case(tx, id)
            } else {
                Err(Error::NotFound)
            }
        })
        .await?;
    found
        .map(|rating| Json(RatingJson::from(rating)))
        .ok_or_else(|| Problem::not_found("这个办件还没有评价"))
}

pub(crate) async fn tags() -> Json<TagsJson> {
    let offered = tags::current();
    let sets = offered
        .sets
        .iter()
        .map(|set| TagSetJson {
            service: set.service.word().to_owned(),
            levels: set.levels.clone(),
            tags: set
                .tags
                .iter()
                .map(|tag| TagJson {
                    code: tag.code.clone(),
                    label: tag.label.clone(),
                })
                .collect(),
        })
        .collect();
    Json(TagsJson {
        version: offered.version.clone(),
        sets,
    })
}
