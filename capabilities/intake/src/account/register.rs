//! Registering: a natural person with their identity number. Enterprises are bound afterwards by a person who has
//! registered.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{AccountId, PartyId};
use people::password::{Holder, check};
use people::{AccountKind, LookUp, NewAccount, NewParty, PartyKind};
use serde::Deserialize;
use ui::Page;
use web::prefs::local;
use web::render::with_cookie;
use web::{Form, Query, Result, Visit, redirect, render_with};

use super::of_field;
use crate::Intake;
use crate::said::Said;

#[derive(Template)]
#[template(path = "intake/register.html")]
struct RegisterPage {
    page: Page,
    typed: Typed,
    errors: Vec<(String, String)>,
}

/// What was typed; the passwords never come back.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id_number: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
    agree: Option<String>,
    #[serde(default)]
    back: String,
}

impl RegisterPage {
    fn error(&self, field: &str) -> &str {
        self.errors
            .iter()
            .find(|(id, _)| id == field)
            .map_or("", |(_, message)| message.as_str())
    }
}

#[derive(Deserialize)]
pub(super) struct Back {
    back: Option<String>,
}

pub(super) async fn show(visit: Visit, Query(query): Query<Back>) -> Response {
    let typed = Typed {
        back: query.back.as_deref().map_or("/my", local).to_owned(),
        ..Typed::default()
    };
    page(&visit, typed, Vec::new())
}

fn page(visit: &Visit, typed: Typed, errors: Vec<(String, Said)>) -> Response {
    let page = visit.form_page("注册");
    let refused = !errors.is_empty();
    let page = if refused { page.with_error() } else { page };
    let body = RegisterPage {
        errors: errors
            .into_iter()
            .map(|(id, said)| {
                let text = page.tf(&said.template, &said.pairs());
                (id, text)
            })
            .collect(),
        typed,
        page,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render_with(visit, status, body)
}

pub(super) async fn register(
    State(intake): State<Intake>,
    visit: Visit,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let now = visit.app.now();
    let people = intake.app.people.clone();
    people
        .limits()
        .look_up_from(LookUp::Register, visit.address, now)
        .map_err(people::Error::from)?;
    let mut errors: Vec<(String, Said)> = Vec::new();
    let mut refuse = |field: &str, said: Said| errors.push((field.to_owned(), said));
    if typed.name.trim().is_empty() {
        refuse("name", Said::plain("请按身份证填写姓名"));
    }
    if let Err(error) = base::codes::CitizenId::parse(&typed.id_number, visit.app.today()) {
        refuse("id_number", crate::form::citizen_id_said(&error));
    }
    let phone = people::party::check_phone(&typed.phone).unwrap_or_else(|_| {
        refuse("phone", crate::form::phone_said(&typed.phone));
        String::new()
    });
    if let Err(error) = check(&typed.password, &phone, Holder::Citizen) {
        refuse("password", Said::plain(error.message()));
    } else if typed.password != typed.again {
        refuse("again", Said::plain("两次输入的密码不一致，请重新输入"));
    }
    if typed.agree.is_none() {
        refuse("agree", Said::plain("请阅读并同意个人信息处理规则"));
    }
    if !errors.is_empty() {
        return Ok(page(&visit, typed, errors));
    }
    let hash = people.hash_password(typed.password.clone()).await?;
    let party_id: PartyId = visit.app.ids.next(now);
    let account_id: AccountId = visit.app.ids.next(now);
    let new = NewParty {
        kind: PartyKind::Person,
        name: typed.name.clone(),
        id_number: typed.id_number.clone(),
        phone: Some(phone.clone()),
        address: None,
        region: String::new(),
        legal_representative: None,
    };
    let made = {
        let (people, kind) = (people.clone(), visit.session_kind());
        intake
            .app
            .db
            .write(move |tx| -> Result<String, people::Error> {
                let party = people.register_party(tx, &new, party_id, now)?;
                let account = NewAccount {
                    login: phone.clone(),
                    password_hash: hash.clone(),
                    kind: AccountKind::Person { party: party.id },
                    must_change: false,
                };
                people.create_account(tx, &account, account_id, now)?;
                people.open_session(tx, account_id, kind, now)
            })
            .await
    };
    match made {
        Ok(token) => {
            let expires_ms = now.as_millisecond() + people::session::BROWSER_IDLE_MS;
            let expires_at = jiff::Timestamp::from_millisecond(expires_ms).unwrap_or(now);
            let cookie = visit.session_cookie(&token, expires_at);
            Ok(with_cookie(redirect(local(&typed.back)), cookie))
        }
        Err(error) => {
            let (field, message) = of_field(error)?;
            // The login is the phone number.
            let field = if field == "login" { "phone" } else { field };
            let message = if field == "phone" {
                "这个手机号码已经注册过账号，请直接登录".to_owned()
            } else {
                message
            };
            Ok(page(
                &visit,
                typed,
                vec![(field.to_owned(), Said::plain(message))],
            ))
        }
    }
}
