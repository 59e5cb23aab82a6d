//! 窗口收件: finding the applicant by number, or registering them.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{ItemId, PartyId};
use people::{LookUp, NewParty, PartyKind};
use serde::Deserialize;
use ui::Page;
use web::{Form, Query, Result, Visit, redirect, render_with};

use super::desk_scan::{self, Card, Scanned};
use crate::Intake;

#[derive(Template)]
#[template(path = "desk/find.html")]
struct DeskPage {
    page: Page,
    number: String,
    number_error: String,
    /// Nobody has this number: register.
    register: Option<Registering>,
    errors: Vec<(String, String)>,
    /// The item that is taken in again for the next applicant, with its name.
    item: Option<(ItemId, String)>,
}

/// Somebody being registered, as typed.
#[derive(Clone, Default)]
struct Registering {
    legal: bool,
    name: String,
    id_number: String,
    phone: String,
    address: String,
    legal_representative: String,
    name_error: String,
    id_error: String,
    phone_error: String,
    address_error: String,
    representative_error: String,
}

/// What the page of the desk shows besides itself.
#[derive(Default)]
struct Desk<'a> {
    number: &'a str,
    error: &'a str,
    register: Option<Registering>,
    item: Option<ItemId>,
}

fn desk_page(intake: &Intake, visit: &Visit, desk: Desk<'_>) -> Response {
    let Desk {
        number,
        error,
        register,
        item,
    } = desk;
    let snapshot = intake.catalog.snapshot();
    let item = item.and_then(|id| Some((id, snapshot.item(id)?.name.clone())));
    let page = visit.page("窗口收件").with_nav("intake");
    let mut errors = Vec::new();
    if !error.is_empty() {
        errors.push(("number".to_owned(), error.to_owned()));
    }
    if let Some(typed) = &register {
        for (id, text) in [
            ("name", &typed.name_error),
            ("id_number", &typed.id_error),
            ("legal_representative", &typed.representative_error),
            ("phone", &typed.phone_error),
            ("address", &typed.address_error),
        ] {
            if !text.is_empty() {
                errors.push((id.to_owned(), text.clone()));
            }
        }
    }
    let refused = !errors.is_empty();
    let body = DeskPage {
        number: number.to_owned(),
        number_error: error.to_owned(),
        register,
        errors,
        item,
        page: if refused { page.with_error() } else { page },
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render_with(visit, status, body)
}

#[derive(Deserialize)]
pub(super) struct DeskQuery {
    item: Option<ItemId>,
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<DeskQuery>,
) -> Response {
    let desk = Desk {
        item: query.item,
        ..Desk::default()
    };
    desk_page(&intake, &visit, desk)
}

#[derive(Deserialize)]
pub(super) struct FindForm {
    #[serde(default)]
    number: String,
    #[serde(default)]
    item: String,
}

/// Where an applicant who is known leads: to the items, or to the one that is taken in again.
fn taking_in(party: PartyId, item: Option<ItemId>) -> Response {
    let item = item.map_or_else(String::new, |item| format!("&item={item}"));
    redirect(&format!("/staff/intake/new?party={party}{item}"))
}

pub(super) async fn find(
    State(intake): State<Intake>,
    visit: Visit,
    Form(typed): Form<FindForm>,
) -> Result<Response> {
    let text = base::text::shorten(&typed.number, 300);
    let item: Option<ItemId> = typed.item.parse().ok();
    let refused = |message: &str| {
        let desk = Desk {
            number: &text,
            error: message,
            item,
            ..Desk::default()
        };
        Ok(desk_page(&intake, &visit, desk))
    };
    match desk_scan::read(&text, visit.app.today()) {
        Err(said) => refused(&said.to_string()),
        Ok(Scanned::Licence(code)) => Ok(redirect(&format!("/verify/{code}"))),
        Ok(Scanned::Case(no)) => match case(&intake, &visit, no).await? {
            Some(address) => Ok(redirect(&address)),
            None => refused("没有这个编号的办件，或者不归您这里办理"),
        },
        Ok(Scanned::Party { kind, card }) => applicant(&intake, &visit, kind, card, item).await,
    }
}

/// Where the case of a number is worked on, for staff who may know it.
async fn case(intake: &Intake, visit: &Visit, no: String) -> Result<Option<String>> {
    let actor = visit.actor()?.clone();
    let found = intake
        .app
        .db
        .read(move |tx| cases::load_by_no(tx, &no))
        .await
        .map_err(approval::Error::from)?;
    Ok(found
        .filter(|case| case.kind == approval::flow::KIND && approval::may_know(&actor, case))
        .map(|case| approval::pages::routes::workspace(case.id)))
}

async fn applicant(
    intake: &Intake,
    visit: &Visit,
    kind: PartyKind,
    card: Card,
    item: Option<ItemId>,
) -> Result<Response> {
    let staff = visit.staff()?;
    intake
        .app
        .people
        .limits()
        .look_up(
            LookUp::FindParty,
            &staff.account.to_string(),
            visit.app.now(),
        )
        .map_err(people::Error::from)?;
    let (people, wanted) = (intake.app.people.clone(), card.number.clone());
    let found = intake
        .app
        .db
        .read(move |tx| -> std::result::Result<_, people::Error> {
            let found = people.find_party(tx, &wanted)?;
            let died_on = match &found {
                Some(party) => people::proxy::standing(tx, party.id)?,
                None => None,
            };
            Ok(found.map(|party| (party.id, died_on)))
        })
        .await?;
    match found {
        Some((party, None)) => return Ok(taking_in(party, item)),
        Some((_, Some(died_on))) => {
            let message = format!(
                "登记信息显示此人已于{died_on}去世，不能再以其名义收件。登记有误的，请联系系统管理员更正"
            );
            let desk = Desk {
                number: &card.number,
                error: &message,
                item,
                ..Desk::default()
            };
            return Ok(desk_page(intake, visit, desk));
        }
        None => {}
    }
    let desk = Desk {
        register: Some(Registering {
            legal: kind == PartyKind::Legal,
            id_number: card.number,
            name: card.name,
            address: card.address,
            ..Registering::default()
        }),
        item,
        ..Desk::default()
    };
    Ok(desk_page(intake, visit, desk))
}

#[derive(Deserialize)]
pub(super) struct RegisterForm {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    id_number: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    legal_representative: String,
    #[serde(default)]
    item: String,
}

pub(super) async fn register(
    State(intake): State<Intake>,
    visit: Visit,
    Form(typed): Form<RegisterForm>,
) -> Result<Response> {
    visit.staff()?;
    let legal = typed.kind == "legal";
    let item: Option<ItemId> = typed.item.parse().ok();
    let now = visit.app.now();
    let id: PartyId = visit.app.ids.next(now);
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    let new = NewParty {
        kind: if legal {
            PartyKind::Legal
        } else {
            PartyKind::Person
        },
        name: typed.name.clone(),
        id_number: typed.id_number.clone(),
        phone: some(&typed.phone),
        address: some(&typed.address),
        region: String::new(),
        legal_representative: some(&typed.legal_representative),
    };
    let people = intake.app.people.clone();
    let registered = intake
        .app
        .db
        .write(move |tx| people.register_party(tx, &new, id, now))
        .await;
    match registered {
        Ok(party) => Ok(taking_in(party.id, item)),
        Err(error) if error.kind() == people::ErrorKind::Invalid => {
            let message = error.message();
            let of = |field: &str| {
                if error.field() == Some(field) {
                    message.clone()
                } else {
                    String::new()
                }
            };
            let desk = Desk {
                register: Some(Registering {
                    legal,
                    name_error: of("name"),
                    id_error: of("id_number"),
                    phone_error: of("phone"),
                    address_error: of("address"),
                    representative_error: of("legal_representative"),
                    name: typed.name,
                    id_number: typed.id_number,
                    phone: typed.phone,
                    address: typed.address,
                    legal_representative: typed.legal_representative,
                }),
                item,
                ..Desk::default()
            };
            Ok(desk_page(&intake, &visit, desk))
        }
        Err(error) => Err(error.into()),
    }
}
