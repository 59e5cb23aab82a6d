//! 授权代办: for whom a person may act, who may act for them, and binding an enterprise.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{ItemId, PartyId};
use jiff::Timestamp;
use jiff::civil::Date;
use people::{
    LookUp, NewParty, PartyKind, Proxy, ProxyAct, ProxyGround, ProxyHow, ProxyItems, ProxyLevel,
    ProxyScope,
};
use serde::Deserialize;
use ui::Page;
use uuid::Uuid;
use web::prefs::local;
use web::{Form, Path, Problem, Query, Result, Visit, redirect, render, render_with};

use super::authorising::{self, Authority, Wanted};
use super::of_field;
use crate::Intake;
use crate::said::Said;

/// Acts shown under one authorisation.
const ACTS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "intake/proxies.html")]
struct ProxiesPage {
    page: Page,
    /// In whose name authorisations are given here.
    principal: String,
    /// Whom I may act for: (party, name, chosen).
    mine: Vec<(String, String, bool)>,
    /// Under what.
    held: Vec<GivenView>,
    /// Why the party chosen before may no longer be acted for.
    lapsed: String,
    /// Who may act for the principal.
    given: Vec<GivenView>,
    may_give: bool,
    /// (word, label); more than one only for the head of an enterprise.
    levels: Vec<(String, String)>,
    typed: GiveForm,
    errors: Vec<(String, String)>,
}

/// One authorisation as both sides see it.
struct GivenView {
    id: Uuid,
    /// The other side: masked where it is a natural person.
    other: String,
    level: &'static str,
    ground: &'static str,
    items: Vec<String>,
    from: String,
    to: String,
    holds: bool,
    revocable: bool,
    acts: i64,
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
    /// Names of items, one to a line; empty for everything.
    #[serde(default)]
    items: String,
    #[serde(default)]
    level: String,
}

#[derive(Default, Deserialize)]
pub(super) struct ProxiesQuery {
    /// The item a person came from.
    item: Option<ItemId>,
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<ProxiesQuery>,
) -> Result<Response> {
    let snapshot = intake.catalog.snapshot();
    let items = query
        .item
        .and_then(|item| snapshot.item(item))
        .map(|brief| brief.name.clone())
        .unwrap_or_default();
    let typed = GiveForm {
        items,
        ..GiveForm::default()
    };
    page(&intake, &visit, typed, Vec::new()).await
}

async fn page(
    intake: &Intake,
    visit: &Visit,
    typed: GiveForm,
    errors: Vec<(String, Said)>,
) -> Result<Response> {
    let person = visit.person()?.clone();
    let now = visit.app.now();
    let (people, reader) = (intake.app.people.clone(), person.clone());
    let found = intake
        .app
        .db
        .read(move |tx| Lists::of(&people, tx, &reader, now))
        .await?;
    let page = visit.page("授权代办").with_nav("my");
    let chosen = person.applicant();
    let principal = found
        .principals
        .iter()
        .find(|(party, _)| *party == chosen)
        .map_or_else(|| person.name.clone(), |(_, name)| name.clone());
    let mut mine = vec![(
        person.party.to_string(),
        person.name.clone(),
        chosen == person.party,
    )];
    mine.extend(
        found
            .principals
            .iter()
            .map(|(party, name)| (party.to_string(), name.clone(), chosen == *party)),
    );
    let refused = !errors.is_empty();
    let page = if refused { page.with_error() } else { page };
    let today = visit.app.today();
    let view = |line: Line, revocable: bool| line.view(intake, &page, today, revocable);
    let authority = found.authority;
    let body = ProxiesPage {
        principal,
        mine,
        held: found
            .held
            .into_iter()
            .map(|line| view(line, true))
            .collect(),
        lapsed: person
            .lapsed
            .as_ref()
            .map(|lapsed| page.t(lapsed.reason).to_owned())
            .unwrap_or_default(),
        given: found
            .given
            .into_iter()
            .map(|line| {
                let manager = line.proxy.how.level == ProxyLevel::Manager;
                let revocable = match authority {
                    Some(Authority::Own | Authority::Head) => true,
                    Some(Authority::Manager) => !manager,
                    None => false,
                };
                view(line, revocable)
            })
            .collect(),
        may_give: authority.is_some(),
        levels: authority
            .map(Authority::levels)
            .unwrap_or_default()
            .iter()
            .map(|level| (level.word().to_owned(), page.t(level.label()).to_owned()))
            .collect(),
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

/// An authorisation with what a page says beside it.
struct Line {
    proxy: Proxy,
    other: String,
    legal: bool,
    acts: i64,
}

impl Line {
    fn of(
        people: &people::People,
        tx: &mut store::Tx<'_>,
        proxy: Proxy,
        other: PartyId,
    ) -> Result<Line, people::Error> {
        let party = people.party(tx, other)?;
        let acts = people.proxy_act_count(tx, proxy.id)?;
        Ok(Line {
            other: party
                .as_ref()
                .map(|party| party.name.clone())
                .unwrap_or_default(),
            legal: party.is_some_and(|party| party.kind == PartyKind::Legal),
            acts,
            proxy,
        })
    }

    fn view(self, intake: &Intake, page: &Page, today: Date, revocable: bool) -> GivenView {
        let Line {
            proxy,
            other,
            legal,
            acts,
        } = self;
        let holds = proxy.holds_on(today) && !proxy.awaits_consent(today);
        GivenView {
            id: proxy.id,
            other: if legal {
                other
            } else {
                base::mask::name(&other)
            },
            level: proxy.how.level.label(),
            ground: proxy.how.ground.label(),
            items: authorising::item_names(&intake.catalog, &proxy.scope),
            from: page.date(proxy.from),
            to: proxy
                .to
                .map_or_else(|| page.t("长期").to_owned(), |to| page.date(to)),
            revocable: holds
                && revocable
                && !matches!(
                    proxy.how.ground,
                    ProxyGround::Guardian | ProxyGround::Representative
                ),
            holds,
            acts,
        }
    }
}

struct Lists {
    principals: Vec<(PartyId, String)>,
    held: Vec<Line>,
    given: Vec<Line>,
    authority: Option<Authority>,
}

impl Lists {
    fn of(
        people: &people::People,
        tx: &mut store::Tx<'_>,
        person: &casework::actor::Person,
        now: Timestamp,
    ) -> Result<Lists, people::Error> {
        let principal = person.applicant();
        let mut held = Vec::new();
        for proxy in people.proxies_to(tx, person.party)? {
            let other = proxy.principal;
            held.push(Line::of(people, tx, proxy, other)?);
        }
        let mut given = Vec::new();
        for proxy in people.proxies_of(tx, principal)? {
            let other = proxy.agent;
            given.push(Line::of(people, tx, proxy, other)?);
        }
        let party = people
            .party(tx, principal)?
            .ok_or(people::Error::NotFound("party"))?;
        let authority = match authorising::authority(people, tx, person, &party, now) {
            Ok(authority) => Some(authority),
            Err(people::Error::Conflict { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(Lists {
            principals: people.principals_of(tx, person.party, now)?,
            held,
            given,
            authority,
        })
    }
}

/// Gives somebody the right to act for the principal of this session.
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
        "" => None,
        text => {
            let until = text.parse::<Date>().ok();
            if until.is_none() {
                refuse(
                    "until",
                    Said::plain("请填写今天或以后的日期，例如2027-05-21"),
                );
            }
            until
        }
    };
    let items = match authorising::items_of(&intake.catalog, &typed.items) {
        Ok(items) => items,
        Err(error) => {
            refuse("items", Said::plain(error.message()));
            ProxyItems::All
        }
    };
    if !errors.is_empty() {
        return page(&intake, &visit, typed, errors).await;
    }
    let wanted = Wanted {
        name: typed.name.clone(),
        id_number: typed.id_number.clone(),
        items,
        level: ProxyLevel::from_word(&typed.level).unwrap_or_default(),
        until,
    };
    let id = visit.app.ids.next::<base::ids::FileId>(now).uuid();
    let given = intake
        .app
        .db
        .write(move |tx| authorising::give(&people, tx, &person, &wanted, id, now))
        .await;
    match given {
        Ok(_) => Ok(redirect("/account/proxies")),
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
            let field = match field {
                "agent" | "principal" => "id_number",
                "to" => "until",
                other => other,
            };
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
        .write(move |tx| authorising::take_back(&people, tx, &person, form.proxy, now))
        .await?;
    Ok(redirect("/account/proxies"))
}

#[derive(Template)]
#[template(path = "intake/proxy.html")]
struct ProxyPage {
    page: Page,
    principal: String,
    agent: String,
    view: GivenView,
    /// 监护: the child's own consent, or that it is missing; empty where nobody is asked.
    consent: String,
    basis: String,
    recorded_by: String,
    recorded_at: Timestamp,
    revoked_at: Option<Timestamp>,
    acts: Vec<ActLine>,
}

/// One thing done under an authorisation.
struct ActLine {
    act: ProxyAct,
    what: &'static str,
}

/// 被监护人本人的同意 (民法典第十九条).
fn consent(page: &Page, proxy: &Proxy) -> String {
    match (&proxy.how.consent, proxy.how.consent_from) {
        (Some(consent), _) => {
            let at = page.datetime(consent.at);
            format!("{}　{at}", page.t(&consent.how))
        }
        (None, Some(from)) => page.t1(
            "{date}满八周岁，从这一天起须本人同意，还没有登记",
            "date",
            page.date(from),
        ),
        (None, None) => String::new(),
    }
}

/// One authorisation, and everything that was done under it.
pub(super) async fn one(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let person = visit.person()?.clone();
    let people = intake.app.people.clone();
    let (line, principal, agent, acts) = intake
        .app
        .db
        .read(move |tx| -> Result<_, people::Error> {
            let proxy = authorising::seen_by(&people, tx, &person, id)?;
            let principal = people.party_name(tx, proxy.principal)?.unwrap_or_default();
            let agent = people.party_name(tx, proxy.agent)?.unwrap_or_default();
            let acts = people.proxy_acts(tx, proxy.id, ACTS_MAX)?;
            let other = proxy.agent;
            Ok((Line::of(&people, tx, proxy, other)?, principal, agent, acts))
        })
        .await?;
    let page = visit
        .page("一份授权")
        .with_nav("my")
        .with_crumb(visit.page("").t("授权代办").to_owned(), "/account/proxies");
    let proxy = line.proxy.clone();
    let body = ProxyPage {
        principal,
        agent,
        view: line.view(&intake, &page, visit.app.today(), false),
        consent: consent(&page, &proxy),
        basis: proxy.how.basis,
        recorded_by: proxy.how.recorded_by,
        recorded_at: proxy.created_at,
        revoked_at: proxy.revoked_at,
        acts: acts
            .into_iter()
            .map(|act| ActLine {
                what: approval::flow::command_label(&act.command),
                act,
            })
            .collect(),
        page,
    };
    Ok(render(&visit, body))
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
                how: ProxyHow {
                    ground: ProxyGround::Representative,
                    recorded_by: person.name.clone(),
                    ..ProxyHow::default()
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
