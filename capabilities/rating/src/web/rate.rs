//! Rating one's own case: the form, once, and then the thanks.

use askama::Template;
use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::ids::CaseId;
use casework::Case;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use web::{Answer, Form, Idempotency, Path, Problem, Visit};

use super::routes;
use crate::error::Error;
use crate::model::{Channel, Level, Rating};
use crate::rules::{self, Given};
use crate::tags::{self, Service, Version};
use crate::{Ratings, store};

#[derive(Template)]
#[template(path = "rating/rate.html")]
struct RatePage {
    page: ui::Page,
    case: Case,
    last_day: Option<Date>,
    request_key: String,
    levels: Vec<LevelChoice>,
    level_error: String,
    good: Vec<TagChoice>,
    good_error: String,
    bad: Vec<TagChoice>,
    bad_error: String,
    text: String,
    text_error: String,
    errors: Vec<(String, String)>,
}

struct LevelChoice {
    id: String,
    code: u8,
    label: &'static str,
    stars: &'static str,
    checked: bool,
}

struct TagChoice {
    id: String,
    code: &'static str,
    label: &'static str,
    checked: bool,
}

#[derive(Template)]
#[template(path = "rating/thanks.html")]
struct ThanksPage {
    page: ui::Page,
    case: Case,
    level: Level,
    tags: Vec<&'static str>,
    said: String,
    at: Timestamp,
}

#[derive(Template)]
#[template(path = "rating/closed.html")]
struct ClosedPage {
    page: ui::Page,
    case: Case,
    /// The last day, where it is over; none while the case is open.
    last_day: Option<Date>,
}

/// The form's fields as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct RateForm {
    #[serde(default)]
    level: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    text: String,
}

pub(crate) async fn get(
    visit: Visit,
    State(ratings): State<Ratings>,
    Path(case): Path<CaseId>,
) -> web::Result<Response> {
    let (case, rating) = look(&visit, &ratings, case).await?;
    if let Some(rating) = rating {
        return Ok(thanks(&visit, case, rating));
    }
    let checked = rules::check(&case, visit.actor()?, ratings.settings, ratings.app.now());
    match checked {
        Ok(()) => Ok(form(&visit, &ratings, case, &RateForm::default(), None)),
        Err(Error::Open) => Ok(closed(&visit, case, None)),
        Err(Error::Late { last }) => Ok(closed(&visit, case, Some(last))),
        Err(other) => Err(other.into()),
    }
}

pub(crate) async fn post(
    visit: Visit,
    State(ratings): State<Ratings>,
    Path(id): Path<CaseId>,
    headers: HeaderMap,
    Form(typed): Form<RateForm>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let given = Given {
        level: typed.level.parse().ok(),
        tags: typed.tags.clone(),
        said: typed.text.clone(),
        channel: channel_of(&headers),
    };
    let (actor, settings, now) = (visit.actor()?.clone(), ratings.settings, ratings.app.now());
    let done = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        crate::rate(tx, &actor, settings, now, id, &given)?;
        Ok(Answer::see(routes::rate(id)))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let (case, _) = look(&visit, &ratings, id).await?;
            Ok(form(&visit, &ratings, case, &typed, Some(&problem)))
        }
        Err(problem) => Err(problem),
    }
}

/// The person's own case and its rating; for anybody else it is not there.
async fn look(visit: &Visit, ratings: &Ratings, id: CaseId) -> web::Result<(Case, Option<Rating>)> {
    let actor = visit.actor()?.clone();
    let found = ratings
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let Some(case) = cases::load(tx, id)?.filter(|case| actor.owns(case.applicant)) else {
                return Err(Error::NotFound);
            };
            let rating = store::of_case(tx, id)?;
            Ok((case, rating))
        })
        .await?;
    Ok(found)
}

fn form(
    visit: &Visit,
    ratings: &Ratings,
    case: Case,
    typed: &RateForm,
    problem: Option<&Problem>,
) -> Response {
    let mut page = framed(visit, "评价本次办理", &case);
    if problem.is_some() {
        page = page.with_error();
    }
    let errors: Vec<(String, String)> = problem
        .iter()
        .flat_map(|problem| &problem.fields)
        .map(|field| (field.field.clone(), page.t(&field.message).to_owned()))
        .collect();
    let error = |name: &str| {
        errors
            .iter()
            .find(|(field, _)| field == name)
            .map_or_else(String::new, |(_, message)| message.clone())
    };
    let offered = tags::current();
    let service = Service::of(case.channel);
    // The error summary leads to `tags`: the group that goes with the level that was chosen.
    let level = typed.level.parse().ok().and_then(Level::from_code);
    let complains = level.is_some_and(Level::is_bad);
    let (good_id, bad_id) = if complains {
        ("praise", "tags")
    } else {
        ("tags", "lacks")
    };
    let template = RatePage {
        last_day: rules::last_day(&case, ratings.settings),
        request_key: visit.new_request_key(),
        levels: levels(typed),
        level_error: error("level"),
        good: choices(offered, service, Level::ALL[0], typed, good_id),
        good_error: if complains {
            String::new()
        } else {
            error("tags")
        },
        bad: choices(offered, service, Level::ALL[4], typed, bad_id),
        bad_error: if complains {
            error("tags")
        } else {
            String::new()
        },
        text: typed.text.clone(),
        text_error: error("text"),
        errors,
        page,
        case,
    };
    let status = if problem.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    web::render_with(visit, status, template)
}

fn levels(typed: &RateForm) -> Vec<LevelChoice> {
    Level::ALL
        .into_iter()
        .enumerate()
        .map(|(place, level)| LevelChoice {
            // The error summary leads to the first one.
            id: if place == 0 {
                "level".to_owned()
            } else {
                format!("level-{}", level.code())
            },
            code: level.code(),
            label: level.label(),
            stars: level.stars(),
            checked: typed.level == level.code().to_string(),
        })
        .collect()
}

fn choices(
    offered: &'static Version,
    service: Service,
    level: Level,
    typed: &RateForm,
    first: &str,
) -> Vec<TagChoice> {
    offered
        .of(service, level)
        .iter()
        .enumerate()
        .map(|(place, tag)| TagChoice {
            id: if place == 0 {
                first.to_owned()
            } else {
                format!("{first}-{place}")
            },
            code: &tag.code,
            label: &tag.label,
            checked: typed.tags.contains(&tag.code),
        })
        .collect()
}

fn thanks(visit: &Visit, case: Case, rating: Rating) -> Response {
    let labels = tags::version(&rating.tag_set).map_or_else(Vec::new, |version| {
        version
            .sets
            .iter()
            .find(|set| {
                set.service == Service::of(case.channel)
                    && set.levels.contains(&rating.level.code())
            })
            .map_or_else(Vec::new, |set| {
                set.tags
                    .iter()
                    .filter(|tag| rating.tags.contains(&tag.code))
                    .map(|tag| tag.label.as_str())
                    .collect()
            })
    });
    let page = framed(visit, "感谢您的评价", &case);
    web::render(
        visit,
        ThanksPage {
            page,
            case,
            level: rating.level,
            tags: labels,
            said: rating.said,
            at: rating.at,
        },
    )
}

fn closed(visit: &Visit, case: Case, last_day: Option<Date>) -> Response {
    let title = if last_day.is_some() {
        "评价期已过"
    } else {
        "办结后才能评价"
    };
    let page = framed(visit, title, &case);
    web::render(
        visit,
        ClosedPage {
            page,
            case,
            last_day,
        },
    )
}

fn framed(visit: &Visit, title: &str, case: &Case) -> ui::Page {
    let page = visit.page(title).with_nav("my");
    let my_cases = page.t("我的办件").to_owned();
    page.with_crumb(my_cases, "/my")
        .with_crumb(&case.title, format!("/cases/{}", case.id))
}

/// 评价渠道: browsers of phones say so.
fn channel_of(headers: &HeaderMap) -> Channel {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    if agent.is_some_and(|agent| agent.contains("Mobile")) {
        Channel::Mobile
    } else {
        Channel::Pc
    }
}
