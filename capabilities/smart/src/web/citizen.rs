//! What an applicant sees: why it was decided so, and what they have a right to without having asked.

use ::web::{Form, Path, Problem, Visit};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::CaseId;
use casework::Actor;
use serde::Deserialize;
use uuid::Uuid;

use crate::error::Error;
use crate::model::{Mode, Outcome, Truth};
use crate::offers::{self, Typed};
use crate::replay;
use crate::state::Smart;
use crate::store as records;
use crate::store::offers::{Offer, State as OfferState};
use crate::store::runs::Run;

/// What an applicant is told of a run.
pub(crate) struct Explained {
    pub(crate) run: Run,
    pub(crate) legal_basis: String,
    /// What was checked, and whether it held.
    pub(crate) checks: Vec<(String, String, bool)>,
    /// Which registers were asked, and when they last saw it.
    pub(crate) sources: Vec<(String, Option<jiff::Timestamp>)>,
}

/// The newest run of a case that its applicant may know of; what ran in the shadow is not told.
pub(crate) async fn explained(
    smart: &Smart,
    actor: &Actor,
    case_id: CaseId,
) -> Result<Explained, Error> {
    let (people, actor) = (smart.app.people.clone(), actor.clone());
    smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            cases::load(tx, case_id)
                .map_err(approval::Error::from)?
                .filter(|case| approval::may_know(&actor, case))
                .ok_or(Error::NotFound)?;
            let run = records::runs::of_case(tx, case_id)?
                .into_iter()
                .rev()
                .find(|run| run.mode > Mode::Shadow)
                .ok_or(Error::NotFound)?;
            let replayed = replay::replay(tx, &people, run.id)?;
            let checks = replayed
                .run
                .verdict
                .rules
                .iter()
                .map(|rule| {
                    (
                        rule.name.clone(),
                        rule.legal_basis.clone(),
                        rule.result == Truth::True,
                    )
                })
                .collect();
            let sources = replayed
                .inputs
                .told
                .iter()
                .map(|told| {
                    let seen =
                        told.answer.as_ref().ok().and_then(|records| {
                            records.iter().map(|record| record.observed_at).min()
                        });
                    (told.source_name.clone(), seen)
                })
                .collect();
            Ok(Explained {
                legal_basis: replayed.set.legal_basis.clone(),
                run: replayed.run,
                checks,
                sources,
            })
        })
        .await
}

#[derive(Template)]
#[template(path = "smart/why.html")]
struct WhyPage {
    page: ui::Page,
    case_id: CaseId,
    explained: Explained,
    granted: bool,
    /// Decided by the platform, not by a person.
    automatic: bool,
}

pub(super) async fn why(
    visit: Visit,
    State(smart): State<Smart>,
    Path(case_id): Path<CaseId>,
) -> ::web::Result<Response> {
    let actor = visit.actor()?.clone();
    let explained = explained(&smart, &actor, case_id).await?;
    let page = visit.page("为什么这样决定").with_nav("my");
    Ok(::web::render(
        &visit,
        WhyPage {
            granted: explained.run.outcome == Outcome::Grant,
            automatic: explained.run.mode == Mode::Auto && explained.run.outcome != Outcome::Person,
            page,
            case_id,
            explained,
        },
    ))
}

#[derive(Template)]
#[template(path = "smart/my_offers.html")]
struct MyOffersPage {
    page: ui::Page,
    offers: Vec<(Offer, String)>,
}

fn name_of(offer: &Offer) -> String {
    offers::of_code(&offer.base_code)
        .map_or_else(|| offer.base_code.clone(), |what| what.name.clone())
}

pub(super) async fn offers(visit: Visit, State(smart): State<Smart>) -> ::web::Result<Response> {
    let person = visit.person()?.clone();
    let handle = smart.clone();
    let found = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let party = handle
                .app
                .people
                .party(tx, person.party)?
                .ok_or(Error::NotFound)?;
            Ok(offers::of_party(tx, &handle, &party)?)
        })
        .await?;
    Ok(::web::render(
        &visit,
        MyOffersPage {
            page: visit.page("可以领取的").with_nav("my"),
            offers: found
                .into_iter()
                .map(|offer| {
                    let name = name_of(&offer);
                    (offer, name)
                })
                .collect(),
        },
    ))
}

#[derive(Template)]
#[template(path = "smart/my_offer.html")]
struct OfferPage {
    page: ui::Page,
    offer: Offer,
    name: String,
    words: String,
    legal_basis: String,
    /// Masked; empty where the register knows none.
    account: String,
    bank: String,
    typed: AnswerForm,
    errors: Vec<(String, String)>,
}

impl OfferPage {
    fn is_open(&self) -> bool {
        self.offer.state == OfferState::Open
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AnswerForm {
    act: String,
    bank_card: String,
    bank_name: String,
}

async fn offer_page(
    visit: &Visit,
    smart: &Smart,
    id: Uuid,
    typed: AnswerForm,
    errors: Vec<(String, String)>,
) -> ::web::Result<Response> {
    let person = visit.person()?.clone();
    let handle = smart.clone();
    let (offer, account) = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let party = handle
                .app
                .people
                .party(tx, person.party)?
                .ok_or(Error::NotFound)?;
            let offer = offers::one_of_party(tx, &handle, &party, id)?;
            let account = match offers::of_code(&offer.base_code) {
                Some(what) => offers::account(tx, &handle, what, &offer.body.number)?,
                None => None,
            };
            Ok((offer, account))
        })
        .await?;
    let what = offers::of_code(&offer.base_code);
    let (account, bank) = account.unwrap_or_default();
    let failed = !errors.is_empty();
    let page = visit.page("确认领取").with_nav("my");
    let name = name_of(&offer);
    let template = OfferPage {
        page: if failed { page.with_error() } else { page },
        words: what.map_or_else(String::new, |what| {
            what.words.replace("{name}", &offer.body.name)
        }),
        legal_basis: what.map_or_else(String::new, |what| what.legal_basis.clone()),
        name,
        account: masked_card(&account),
        bank,
        offer,
        typed,
        errors,
    };
    let status = if failed {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(::web::render_with(visit, status, template))
}

/// The last four digits.
fn masked_card(card: &str) -> String {
    let count = card.chars().count();
    if count < 5 {
        return String::new();
    }
    let tail: String = card.chars().skip(count - 4).collect();
    format!("**** {tail}")
}

pub(super) async fn offer(
    visit: Visit,
    State(smart): State<Smart>,
    Path(offer_id): Path<Uuid>,
) -> ::web::Result<Response> {
    offer_page(&visit, &smart, offer_id, AnswerForm::default(), Vec::new()).await
}

pub(super) async fn answer(
    visit: Visit,
    State(smart): State<Smart>,
    Path(offer_id): Path<Uuid>,
    Form(form): Form<AnswerForm>,
) -> ::web::Result<Response> {
    let person = visit.person()?.clone();
    match form.act.as_str() {
        "decline" => {
            offers::decline(&smart, &person, offer_id)
                .await
                .map_err(Problem::from)?;
            Ok(::web::redirect(&format!("/my/offers/{offer_id}")))
        }
        "confirm" => {
            let typed = Typed {
                bank_card: form.bank_card.clone(),
                bank_name: form.bank_name.clone(),
            };
            match offers::confirm(&smart, &person, offer_id, typed).await {
                Ok(case) => Ok(::web::redirect(&format!("/cases/{case}"))),
                Err(problem) if problem.is_invalid() => {
                    let errors = vec![("bank_card".to_owned(), problem.detail)];
                    offer_page(&visit, &smart, offer_id, form, errors).await
                }
                Err(problem) => Err(problem),
            }
        }
        _ => Err(Problem::invalid("act", "请选择确认领取或者不领取")),
    }
}
