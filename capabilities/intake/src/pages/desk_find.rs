//! 窗口收件: finding the applicant by number, or registering them.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::PartyId;
use people::{LookUp, NewParty, PartyKind};
use serde::Deserialize;
use ui::Page;
use web::{Form, Result, Visit, redirect, render_with};

use crate::Intake;
use crate::form;
use crate::said::Said;

#[derive(Template)]
#[template(path = "desk/find.html")]
struct DeskPage {
    page: Page,
    number: String,
    number_error: String,
    /// Nobody has this number: register.
    register: Option<Registering>,
    errors: Vec<(String, String)>,
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

fn desk_page(visit: &Visit, number: &str, error: &str, register: Option<Registering>) -> Response {
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
        page: if refused { page.with_error() } else { page },
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render_with(visit, status, body)
}

pub(super) async fn show(visit: Visit) -> Response {
    desk_page(&visit, "", "", None)
}

#[derive(Deserialize)]
pub(super) struct FindForm {
    #[serde(default)]
    number: String,
}

/// Which kind of number this is, and what is wrong with it.
fn kind_of(number: &str, visit: &Visit) -> Result<PartyKind, Said> {
    use base::codes::{CitizenId, Uscc};
    let tidy = base::text::normalise_code(number);
    if tidy.is_empty() {
        return Err(Said::plain("请输入或扫描身份证号码、统一社会信用代码"));
    }
    let citizen = CitizenId::parse(&tidy, visit.app.today());
    let uscc = Uscc::parse(&tidy);
    match (citizen, uscc) {
        (Ok(_), _) => Ok(PartyKind::Person),
        (_, Ok(_)) => Ok(PartyKind::Legal),
        // Digits but for the last are an identity number with a slip; anything else was meant as a credit code.
        (Err(error), Err(other)) => {
            let body = tidy
                .char_indices()
                .nth(17)
                .map_or(tidy.as_str(), |(at, _)| &tidy[..at]);
            let digits = body.bytes().all(|byte| byte.is_ascii_digit());
            Err(if digits {
                form::citizen_id_said(&error)
            } else {
                form::uscc_said(&other)
            })
        }
    }
}

pub(super) async fn find(
    State(intake): State<Intake>,
    visit: Visit,
    Form(typed): Form<FindForm>,
) -> Result<Response> {
    let staff = visit.staff()?;
    let number = base::text::shorten(&base::text::normalise_code(&typed.number), 40);
    let kind = match kind_of(&number, &visit) {
        Ok(kind) => kind,
        Err(said) => return Ok(desk_page(&visit, &number, &said.to_string(), None)),
    };
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
    let (people, wanted) = (intake.app.people.clone(), number.clone());
    let found = intake
        .app
        .db
        .read(move |tx| people.find_party(tx, &wanted))
        .await?;
    Ok(match found {
        Some(party) => redirect(&format!("/staff/intake/new?party={}", party.id)),
        None => desk_page(
            &visit,
            "",
            "",
            Some(Registering {
                legal: kind == PartyKind::Legal,
                id_number: number,
                ..Registering::default()
            }),
        ),
    })
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
}

pub(super) async fn register(
    State(intake): State<Intake>,
    visit: Visit,
    Form(typed): Form<RegisterForm>,
) -> Result<Response> {
    visit.staff()?;
    let legal = typed.kind == "legal";
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
        Ok(party) => Ok(redirect(&format!("/staff/intake/new?party={}", party.id))),
        Err(error) if error.kind() == people::ErrorKind::Invalid => {
            let message = error.message();
            let of = |field: &str| {
                if error.field() == Some(field) {
                    message.clone()
                } else {
                    String::new()
                }
            };
            Ok(desk_page(
                &visit,
                "",
                "",
                Some(Registering {
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
            ))
        }
        Err(error) => Err(error.into()),
    }
}
