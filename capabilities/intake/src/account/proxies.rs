//! 授权代办: for whom a person may act, who may act for them, and binding an enterprise.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::PartyId;
use jiff::civil::Date;
use people::{LookUp, NewParty, PartyKind, Proxy, ProxyItems, ProxyScope};
use serde::Deserialize;
use store::Tx;
use ui::Page;
use uuid::Uuid;
use web::prefs::local;
use web::{Form, Problem, Result, Visit, redirect, render_with};

use super::of_field;
use crate::Intake;
use crate::said::Said;

/// Days an authorisation lasts where nothing is said.
const DAYS: i32 = 365;

#[derive(Template)]
#[template(path = "intake/proxies.html")]
struct ProxiesPage {
    page: Page,
    /// In whose name authorisations are given here.
    principal: String,
    /// Whom I may act for: (party, name, chosen).
    mine: Vec<(String, String, bool)>,
    /// Who may act for the principal.
    given: Vec<GivenView>,
    name: String,
    id_number: String,
    until: String,
    errors: Vec<(String, String)>,
}

struct GivenView {
    id: Uuid,
    agent: String,
    from: String,
    to: String,
    holds: bool,
}

impl ProxiesPage {
    fn error(&self, field: &str) -> &str {
        self.errors
            .iter()
            .find(|(id, _)| id == field)
            .map_or("", |(_, message)| message.as_str())
    }
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct GiveForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id_number: String,
    #[serde(default)]
    until: String,
}

pub(super) async fn show(State(intake): State<Intake>, visit: Visit) -> Result<Response> {
    page(&intake, &visit, GiveForm::default(), Vec::new()).await
}

async fn page(
    intake: &Intake,
    visit: &Visit,
    typed: GiveForm,
    errors: Vec<(String, Said)>,
) -> Result<Response> {
    let person = visit.person()?.clone();
    let now = visit.app.now();
    let people = intake.app.people.clone();
    let reader = person.clone();
    let (principals, given) = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let principals = people.principals_of(tx, reader.party, now)?;
            let mut given = Vec::new();
            for proxy in people.proxies_of(tx, reader.applicant())? {
                let name = people.party_name(tx, proxy.agent)?.unwrap_or_default();
                given.push((proxy, name));
            }
            Ok((principals, given))
        })
        .await?;
    let page = visit.page("授权代办").with_nav("my");
    let today = visit.app.today();
    let chosen = person.applicant();
    let principal = principals
        .iter()
        .find(|(party, _)| *party == chosen)
        .map_or_else(|| person.name.clone(), |(_, name)| name.clone());
    let mut mine = vec![(
        person.party.to_string(),
        person.name.clone(),
        chosen == person.party,
    )];
    mine.extend(
        principals
            .iter()
            .map(|(party, name)| (party.to_string(), name.clone(), chosen == *party)),
    );
    let refused = !errors.is_empty();
    let page = if refused { page.with_error() } else { page };
    let body = ProxiesPage {
        principal,
        mine,
        given: given
            .into_iter()
            .map(|(proxy, name)| GivenView {
                id: proxy.id,
                agent: base::mask::name(&name),
                from: page.date(proxy.from),
                to: proxy
                    .to
                    .map_or_else(|| page.t("长期").to_owned(), |to| page.date(to)),
                holds: proxy.holds_on(today),
            })
            .collect(),
        name: typed.name,
        id_number: typed.id_number,
        until: typed.until,
        errors: errors
            .into_iter()
            .map(|(id, said)| {
                let text = page.tf(&said.template, &said.pairs());
                (id, text)
            })
            .collect(),
        page,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

/// Gives somebody the right to act for the principal of this session: for oneself, or for the enterprise whose legal
/// representative one is.
pub(super) async fn give(
    State(intake): State<Intake>,
    visit: Visit,
    Form(typed): Form<GiveForm>,
) -> Result<Response> {
    let person = visit.person()?.clone();
    let now = visit.app.now();
    let today = visit.app.today();
    let people = intake.app.people.clone();
    people
        .limits()
        .look_up(LookUp::FindParty, &person.account.to_string(), now)
        .map_err(people::Error::from)?;
    let mut errors: Vec<(String, Said)> = Vec::new();
    let mut refuse = |field: &str, said: Said| errors.push((field.to_owned(), said));
    if typed.name.trim().is_empty() {
        refuse("name", Said::plain("请填写代办人的姓名"));
    }
    if let Err(error) = base::codes::CitizenId::parse(&typed.id_number, today) {
        refuse("id_number", crate::form::citizen_id_said(&error));
    }
    let until = match typed.until.trim() {
        "" => today.checked_add(jiff::Span::new().days(DAYS)).ok(),
        text => text.parse::<Date>().ok(),
    };
    if until.is_none_or(|until| until < today) {
        refuse(
            "until",
            Said::plain("请填写今天或以后的日期，例如2027-05-21"),
        );
    }
    if !errors.is_empty() {
        return page(&intake, &visit, typed, errors).await;
    }
    let id = visit.app.ids.next::<base::ids::FileId>(now).uuid();
    let (wanted, name) = (typed.id_number.clone(), typed.name.clone());
    let given = intake
        .app
        .db
        .write(move |tx| -> Result<(), people::Error> {
            let principal = person.applicant();
            may_authorise(&people, tx, &person, principal)?;
            let agent = people
                .find_party(tx, &wanted)?
                .filter(|party| {
                    party.kind == PartyKind::Person && party.name == base::text::single_line(&name)
                })
                .ok_or(people::Error::NameMismatch)?;
            let proxy = Proxy {
                id,
                principal,
                agent: agent.id,
                scope: ProxyScope {
                    items: ProxyItems::All,
                },
                from: today,
                to: until,
                created_at: now,
                revoked_at: None,
            };
            people.authorise(tx, &proxy)
        })
        .await;
    match given {
        Ok(()) => Ok(redirect("/account/proxies")),
        Err(people::Error::NameMismatch) => {
            let message =
                "没有找到姓名和身份证号码一致的注册用户，请核对，或请对方先注册".to_owned();
            page(
                &intake,
                &visit,
                typed,
                vec![("id_number".to_owned(), Said::plain(message))],
            )
            .await
        }
        Err(error) => {
            let (field, message) = of_field(error)?;
            let field = if field == "agent" { "id_number" } else { field };
            page(
                &intake,
                &visit,
                typed,
                vec![(field.to_owned(), Said::plain(message))],
            )
            .await
        }
    }
}

/// Oneself, or the legal representative of an enterprise: an agent does not pass the right on.
fn may_authorise(
    people: &people::People,
    tx: &mut Tx<'_>,
    person: &casework::actor::Person,
    principal: PartyId,
) -> Result<(), people::Error> {
    if principal == person.party {
        return Ok(());
    }
    let represents = people
        .party(tx, principal)?
        .and_then(|party| party.legal_representative)
        .is_some_and(|name| name == person.name);
    if represents {
        Ok(())
    } else {
        Err(people::Error::Conflict {
            field: "agent",
            message: "只有法定代表人或者负责人本人可以授权他人代办".to_owned(),
        })
    }
}

#[derive(Deserialize)]
pub(super) struct RevokeForm {
    proxy: Uuid,
}

pub(super) async fn revoke(
    State(intake): State<Intake>,
    visit: Visit,
    Form(form): Form<RevokeForm>,
) -> Result<Response> {
    let person = visit.person()?.clone();
    let (people, now) = (intake.app.people.clone(), visit.app.now());
    intake
        .app
        .db
        .write(move |tx| {
            let principal = person.applicant();
            may_authorise(&people, tx, &person, principal)?;
            people.revoke(tx, form.proxy, principal, now)
        })
        .await?;
    Ok(redirect("/account/proxies"))
}

#[derive(Deserialize)]
pub(super) struct ActForm {
    /// The party to act for; one's own for oneself.
    applicant: PartyId,
    #[serde(default)]
    back: String,
}

/// Chooses for whom this session acts.
pub(super) async fn act(
    State(intake): State<Intake>,
    visit: Visit,
    Form(form): Form<ActForm>,
) -> Result<Response> {
    let person = visit.person()?;
    let principal = (form.applicant != person.party).then_some(form.applicant);
    let session = visit.session.clone().ok_or_else(Problem::sign_in_needed)?;
    let (people, now) = (intake.app.people.clone(), visit.app.now());
    intake
        .app
        .db
        .write(move |tx| people.act_for(tx, &session, principal, now))
        .await?;
    Ok(redirect(match local(&form.back) {
        "/" => "/my",
        back => back,
    }))
}

#[derive(Template)]
#[template(path = "intake/enterprise.html")]
struct EnterprisePage {
    page: Page,
    person: String,
    typed: EnterpriseForm,
    errors: Vec<(String, String)>,
}

impl EnterprisePage {
    fn error(&self, field: &str) -> &str {
        self.errors
            .iter()
            .find(|(id, _)| id == field)
            .map_or("", |(_, message)| message.as_str())
    }
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct EnterpriseForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id_number: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    address: String,
    agree: Option<String>,
}

pub(super) async fn show_enterprise(visit: Visit) -> Result<Response> {
    enterprise_page(&visit, EnterpriseForm::default(), Vec::new())
}

fn enterprise_page(
    visit: &Visit,
    typed: EnterpriseForm,
    errors: Vec<(String, Said)>,
) -> Result<Response> {
    let person = visit.person()?.name.clone();
    let page = visit.page("登记我的企业或组织").with_nav("my");
    let refused = !errors.is_empty();
    let page = if refused { page.with_error() } else { page };
    let body = EnterprisePage {
        person,
        typed,
        errors: errors
            .into_iter()
            .map(|(id, said)| {
                let text = page.tf(&said.template, &said.pairs());
                (id, text)
            })
            .collect(),
        page,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

/// Registers an enterprise with the signed-in person as its legal representative.
///
/// Only one that nobody knows yet: whoever comes second, or is not its representative, is authorised by the one who
/// is, or goes to a window with the papers.
pub(super) async fn bind_enterprise(
    State(intake): State<Intake>,
    visit: Visit,
    Form(typed): Form<EnterpriseForm>,
) -> Result<Response> {
    let person = visit.person()?.clone();
    let now = visit.app.now();
    let today = visit.app.today();
    let people = intake.app.people.clone();
    people
        .limits()
        .look_up_from(LookUp::Register, visit.address, now)
        .map_err(people::Error::from)?;
    if typed.agree.is_none() {
        let message = "请确认您是法定代表人或者负责人".to_owned();
        return enterprise_page(
            &visit,
            typed,
            vec![("agree".to_owned(), Said::plain(message))],
        );
    }
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    let new = NewParty {
        kind: PartyKind::Legal,
        name: typed.name.clone(),
        id_number: typed.id_number.clone(),
        phone: some(&typed.phone),
        address: some(&typed.address),
        region: String::new(),
        legal_representative: Some(person.name.clone()),
    };
    let id: PartyId = visit.app.ids.next(now);
    let proxy_id = visit.app.ids.next::<base::ids::FileId>(now).uuid();
    let session = visit.session.clone().ok_or_else(Problem::sign_in_needed)?;
    let bound = intake
        .app
        .db
        .write(move |tx| -> Result<(), people::Error> {
            let party = people.register_party(tx, &new, id, now)?;
            if party.id != id {
                return Err(people::Error::Conflict {
                    field: "id_number",
                    message: "这个单位已经登记。请由法定代表人授权您代办，或者带营业执照和身份证到窗口核验"
                        .to_owned(),
                });
            }
            let proxy = Proxy {
                id: proxy_id,
                principal: party.id,
                agent: person.party,
                scope: ProxyScope {
                    items: ProxyItems::All,
                },
                from: today,
                to: None,
                created_at: now,
                revoked_at: None,
            };
            people.authorise(tx, &proxy)?;
            people.act_for(tx, &session, Some(party.id), now)
        })
        .await;
    match bound {
        Ok(()) => Ok(redirect("/my")),
        Err(error) => {
            let (field, message) = of_field(error)?;
            enterprise_page(
                &visit,
                typed,
                vec![(field.to_owned(), Said::plain(message))],
            )
        }
    }
}
