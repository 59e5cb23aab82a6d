//! 授权代办 over the API: giving, taking back, choosing for whom one acts, and what was done under each.

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::PartyId;
use jiff::civil::Date;
use people::{LookUp, Proxy, ProxyItems, ProxyLevel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use uuid::Uuid;
use web::{
    Access, Answer, Idempotency, Json, Operation, Path, Problem, Result, Routes, Visit, once,
};

use crate::Intake;
use crate::account::authorising::{self, Wanted};

/// Items one request may name.
const ITEMS_MAX: usize = 200;
/// Acts in one answer.
const ACTS_MAX: usize = 200;

/// The doors.
pub(super) fn routes(routes: Routes<Intake>) -> Routes<Intake> {
    routes
        .api(
            Operation::get("/api/v1/my/proxies", "list_my_proxies")
                .summary("我给出的和我得到的代办授权")
                .tag("proxies")
                .access(Access::Person)
                .ok::<ProxiesJson>(200),
            list,
        )
        .api(
            Operation::post("/api/v1/my/proxies", "give_proxy")
                .summary("授权一位代办人")
                .description("委托人是当前代表的一方：本人，或者已切换的单位。代办人须已注册。")
                .tag("proxies")
                .access(Access::Person)
                .body::<NewProxyJson>()
                .ok::<ProxyJson>(201)
                .problems(&[403, 409]),
            give,
        )
        .api(
            Operation::post("/api/v1/my/proxies/{proxy_id}/revocation", "revoke_proxy")
                .summary("收回授权，立即生效")
                .tag("proxies")
                .access(Access::Person)
                .ok::<ProxyJson>(200)
                .problems(&[404, 409]),
            revoke,
        )
        .api(
            Operation::get("/api/v1/my/proxies/{proxy_id}/acts", "list_proxy_acts")
                .summary("在一份授权下办过的事，最新的在前")
                .tag("proxies")
                .access(Access::Person)
                .ok::<ProxyActsJson>(200)
                .problems(&[404]),
            acts,
        )
        .api(
            Operation::post("/api/v1/my/acting", "choose_principal")
                .summary("选择代表谁办理；不写委托人则代表本人")
                .tag("proxies")
                .access(Access::Person)
                .body::<ActingJson>()
                .ok_empty()
                .problems(&[403, 404]),
            act_for,
        )
}

/// An authorisation to be given.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewProxyJson {
    /// 代办人姓名.
    #[schemars(length(max = 200))]
    agent_name: String,
    /// 代办人身份证号码.
    #[schemars(length(max = 64))]
    agent_id_number: String,
    /// Items; empty for everything.
    #[serde(default)]
    #[schemars(length(max = ITEMS_MAX), with = "Vec<web::schema::Id>")]
    items: Vec<base::ids::ItemId>,
    /// Last day; a year from today if missing.
    #[schemars(with = "Option<String>")]
    until: Option<Date>,
    /// `manager` only by the head of an enterprise.
    #[serde(default)]
    level: LevelWord,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum LevelWord {
    #[default]
    Agent,
    Manager,
}

impl From<LevelWord> for ProxyLevel {
    fn from(word: LevelWord) -> ProxyLevel {
        match word {
            LevelWord::Agent => ProxyLevel::Agent,
            LevelWord::Manager => ProxyLevel::Manager,
        }
    }
}

/// For whom to act.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ActingJson {
    /// 委托人; none for oneself.
    #[schemars(with = "Option<web::schema::Id>")]
    principal: Option<PartyId>,
}

/// One authorisation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct ProxyJson {
    #[schemars(with = "web::schema::Id")]
    proxy_id: String,
    #[schemars(with = "web::schema::Id")]
    principal: String,
    /// Masked where a natural person.
    principal_name: String,
    #[schemars(with = "web::schema::Id")]
    agent: String,
    /// Masked.
    agent_name: String,
    /// Empty: everything.
    items: Vec<String>,
    /// `agent` or `manager`.
    level: String,
    /// `own`, `window`, `representative`, `manager` or `guardian`.
    ground: String,
    from: String,
    until: Option<String>,
    holds: bool,
    /// 监护：被监护人满八周岁的日子，从这一天起须经其本人同意.
    #[schemars(with = "Option<web::schema::Day>")]
    consent_from: Option<String>,
    /// When they agreed.
    #[schemars(with = "Option<web::schema::Instant>")]
    consent_at: Option<String>,
    #[schemars(with = "Option<web::schema::Instant>")]
    revoked_at: Option<String>,
    /// How much was done under it.
    acts: i64,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct ProxiesJson {
    given: Vec<ProxyJson>,
    held: Vec<ProxyJson>,
}

/// One thing done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct ProxyActJson {
    #[schemars(with = "web::schema::Id")]
    case_id: String,
    case_no: String,
    title: String,
    command: String,
    label: String,
    #[schemars(with = "web::schema::Instant")]
    at: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct ProxyActsJson {
    items: Vec<ProxyActJson>,
}

impl ProxyJson {
    fn of(
        people: &people::People,
        tx: &mut Tx<'_>,
        proxy: &Proxy,
        today: Date,
    ) -> std::result::Result<ProxyJson, people::Error> {
        let mut name = |party: PartyId| -> std::result::Result<String, people::Error> {
            let party = people.party(tx, party)?;
            Ok(party.map_or_else(String::new, |party| match party.kind {
                people::PartyKind::Legal => party.name,
                people::PartyKind::Person => base::mask::name(&party.name),
            }))
        };
        let (principal_name, agent_name) = (name(proxy.principal)?, name(proxy.agent)?);
        Ok(ProxyJson {
            proxy_id: proxy.id.to_string(),
            principal: proxy.principal.to_string(),
            principal_name,
            agent: proxy.agent.to_string(),
            agent_name,
            items: match &proxy.scope.items {
                ProxyItems::All => Vec::new(),
                ProxyItems::List(items) => items.iter().map(ToString::to_string).collect(),
            },
            level: proxy.how.level.word().to_owned(),
            ground: proxy.how.ground.word().to_owned(),
            from: proxy.from.to_string(),
            until: proxy.to.map(|to| to.to_string()),
            holds: proxy.holds_on(today) && !proxy.awaits_consent(today),
            consent_from: proxy.how.consent_from.map(|from| from.to_string()),
            consent_at: proxy
                .how
                .consent
                .as_ref()
                .map(|consent| consent.at.to_string()),
            revoked_at: proxy.revoked_at.map(|at| at.to_string()),
            acts: people.proxy_act_count(tx, proxy.id)?,
        })
    }
}

async fn list(State(intake): State<Intake>, visit: Visit) -> Result<Json<ProxiesJson>> {
    let person = visit.person()?.clone();
    let (people, today) = (intake.app.people.clone(), visit.app.today());
    let found = intake
        .app
        .db
        .read(move |tx| -> std::result::Result<_, people::Error> {
            let given = people.proxies_of(tx, person.applicant())?;
            let held = people.proxies_to(tx, person.party)?;
            let mut lists = ProxiesJson {
                given: Vec::with_capacity(given.len()),
                held: Vec::with_capacity(held.len()),
            };
            for proxy in &given {
                lists.given.push(ProxyJson::of(&people, tx, proxy, today)?);
            }
            for proxy in &held {
                lists.held.push(ProxyJson::of(&people, tx, proxy, today)?);
            }
            Ok(lists)
        })
        .await?;
    Ok(Json(found))
}

async fn give(
    State(intake): State<Intake>,
    visit: Visit,
    idempotency: Idempotency,
    Json(body): Json<NewProxyJson>,
) -> Result<Answer> {
    let person = visit.person()?.clone();
    let (now, today) = (visit.app.now(), visit.app.today());
    if body.items.len() > ITEMS_MAX {
        return Err(Problem::invalid(
            "items",
            format!("一次最多授权{ITEMS_MAX}个事项"),
        ));
    }
    base::codes::CitizenId::parse(&body.agent_id_number, today)
        .map_err(|error| Problem::invalid("agent_id_number", error.to_string()))?;
    let snapshot = intake.catalog.snapshot();
    if let Some(unknown) = body
        .items
        .iter()
        .find(|item| snapshot.item(**item).is_none())
    {
        return Err(Problem::invalid(
            "items",
            format!("没有事项{unknown}，请用事项接口取得标识"),
        ));
    }
    let people = intake.app.people.clone();
    people
        .limits()
        .look_up(LookUp::FindParty, &person.account.to_string(), now)
        .map_err(people::Error::from)?;
    let wanted = Wanted {
        name: body.agent_name,
        id_number: body.agent_id_number,
        items: if body.items.is_empty() {
            ProxyItems::All
        } else {
            ProxyItems::List(body.items)
        },
        level: body.level.into(),
        until: body.until,
    };
    let id = visit.app.ids.next::<base::ids::FileId>(now).uuid();
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        let proxy = authorising::give(&people, tx, &person, &wanted, id, now)?;
        Ok(Answer::json(
            StatusCode::CREATED,
            &ProxyJson::of(&people, tx, &proxy, today)?,
        ))
    })
    .await
}

async fn revoke(
    State(intake): State<Intake>,
    visit: Visit,
    Path(proxy_id): Path<Uuid>,
    idempotency: Idempotency,
) -> Result<Answer> {
    let person = visit.person()?.clone();
    let (now, today) = (visit.app.now(), visit.app.today());
    let people = intake.app.people.clone();
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        let proxy = authorising::take_back(&people, tx, &person, proxy_id, now)?;
        Ok(Answer::json(
            StatusCode::OK,
            &ProxyJson::of(&people, tx, &proxy, today)?,
        ))
    })
    .await
}

async fn acts(
    State(intake): State<Intake>,
    visit: Visit,
    Path(proxy_id): Path<Uuid>,
) -> Result<Json<ProxyActsJson>> {
    let person = visit.person()?.clone();
    let people = intake.app.people.clone();
    let acts = intake
        .app
        .db
        .read(move |tx| -> std::result::Result<_, people::Error> {
            let proxy = authorising::seen_by(&people, tx, &person, proxy_id)?;
            people.proxy_acts(tx, proxy.id, ACTS_MAX)
        })
        .await?;
    let items = acts
        .into_iter()
        .map(|act| ProxyActJson {
            case_id: act.case_id.to_string(),
            case_no: act.case_no,
            title: act.title,
            label: approval::flow::command_label(&act.command).to_owned(),
            command: act.command,
            at: act.at.to_string(),
        })
        .collect();
    Ok(Json(ProxyActsJson { items }))
}

async fn act_for(
    State(intake): State<Intake>,
    visit: Visit,
    idempotency: Idempotency,
    Json(body): Json<ActingJson>,
) -> Result<Answer> {
    let person = visit.person()?;
    let principal = body.principal.filter(|party| *party != person.party);
    let session = visit.session.clone().ok_or_else(Problem::sign_in_needed)?;
    let (people, now) = (intake.app.people.clone(), visit.app.now());
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        people.act_for(tx, &session, principal, now)?;
        Ok(Answer::empty())
    })
    .await
}
