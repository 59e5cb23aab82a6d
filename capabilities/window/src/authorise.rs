//! 授权登记 at a window: a principal who stands there with their papers authorises somebody; a guardian is recorded; a
//! death on record ends everything. Sheet and record are two steps: the letter is printed and signed before it counts.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{FileId, ItemId};
use casework::Permission;
use jiff::civil::Date;
use people::{
    Capacity, Consent, Error, LookUp, Party, PartyKind, Proxy, ProxyGround, ProxyHow, ProxyItems,
    ProxyLevel, ProxyScope,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use uuid::Uuid;
use web::{
    Access, Answer, Form, Idempotency, Json, Operation, Problem, Result, Routes, Visit, once,
    render, render_with,
};

use crate::Window;

/// Days an authorisation lasts where nothing is said, and years it may last.
const DAYS: i32 = 365;
const YEARS_MAX: i16 = 5;

/// What is typed.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct GiveForm {
    /// `window` or `guardian`.
    #[serde(default)]
    ground: String,
    #[serde(default)]
    principal_name: String,
    #[serde(default)]
    principal_number: String,
    #[serde(default)]
    agent_name: String,
    #[serde(default)]
    agent_number: String,
    #[serde(default)]
    items: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    until: String,
    /// Number of the signed letter, or what proves the guardianship.
    #[serde(default)]
    basis: String,
    /// The minor stood there as well and agreed.
    consent: Option<String>,
}

/// What is asked for, read.
#[derive(Clone, Debug)]
struct Wanted {
    guardian: bool,
    principal: (String, String),
    agent: (String, String),
    items: ProxyItems,
    level: ProxyLevel,
    until: Option<Date>,
    basis: String,
    consent: bool,
}

#[derive(Template)]
#[template(path = "window/authorise.html")]
struct AuthorisePage {
    page: ui::Page,
    typed: GiveForm,
    grounds: Vec<(String, String)>,
    levels: Vec<(String, String)>,
    errors: Vec<(String, String)>,
    /// Said after something was recorded.
    done: String,
}

pub(crate) async fn show(visit: Visit) -> Response {
    page(&visit, GiveForm::default(), Vec::new(), String::new())
}

fn page(visit: &Visit, typed: GiveForm, errors: Vec<(String, String)>, done: String) -> Response {
    let pair = |word: &str, label: &str| (word.to_owned(), label.to_owned());
    let page = visit.page("授权登记").with_nav("authorise");
    let refused = !errors.is_empty();
    let body = AuthorisePage {
        page: if refused { page.with_error() } else { page },
        typed,
        grounds: vec![
            pair("window", "委托人当面授权"),
            pair("guardian", "监护关系"),
        ],
        levels: vec![
            pair("agent", "办事员：只办事"),
            pair("manager", "管理员：还可以增减办事员（仅限单位）"),
        ],
        errors,
        done,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render_with(visit, status, body)
}

/// Reads the form; what is wrong, by field.
fn read(window: &Window, typed: &GiveForm) -> Result<Wanted, Vec<(String, String)>> {
    let mut errors: Vec<(String, String)> = Vec::new();
    let mut refuse = |field: &str, text: String| errors.push((field.to_owned(), text));
    for (field, value, text) in [
        (
            "principal_name",
            &typed.principal_name,
            "请填写委托人（被监护人）的姓名或名称",
        ),
        (
            "principal_number",
            &typed.principal_number,
            "请填写委托人（被监护人）的证件号码",
        ),
        (
            "agent_name",
            &typed.agent_name,
            "请填写代办人（监护人）的姓名",
        ),
        (
            "agent_number",
            &typed.agent_number,
            "请填写代办人（监护人）的证件号码",
        ),
        (
            "basis",
            &typed.basis,
            "请填写授权委托书编号，或者证明监护关系的材料",
        ),
    ] {
        if value.trim().is_empty() {
            refuse(field, text.to_owned());
        }
    }
    let until = match typed.until.trim() {
        "" => None,
        text => {
            let until: Option<Date> = text.parse().ok();
            if until.is_none() {
                refuse("until", "请填写日期，例如2027-05-21".to_owned());
            }
            until
        }
    };
    let items = items_of(window, &typed.items).unwrap_or_else(|line| {
        refuse(
            "items",
            format!("没有找到事项“{line}”，请按办事指南上的名称填写，一行一个"),
        );
        ProxyItems::All
    });
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Wanted {
        guardian: typed.ground == "guardian",
        principal: (typed.principal_name.clone(), typed.principal_number.clone()),
        agent: (typed.agent_name.clone(), typed.agent_number.clone()),
        items,
        level: ProxyLevel::from_word(&typed.level).unwrap_or_default(),
        until,
        basis: base::text::shorten(&base::text::single_line(&typed.basis), 200),
        consent: typed.consent.is_some(),
    })
}

/// Items by name or code, one to a line; an empty text means everything. The first line that names none otherwise.
fn items_of(window: &Window, text: &str) -> Result<ProxyItems, String> {
    let snapshot = window.approval.catalog.snapshot();
    let mut found: Vec<ItemId> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let code = base::text::normalise_code(line);
        let before = found.len();
        let named = snapshot
            .items()
            .iter()
            .filter(|brief| brief.name == line || brief.impl_code == code)
            .map(|brief| brief.item_id);
        found.extend(named);
        if found.len() == before {
            return Err(base::text::shorten(line, 60));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(if found.is_empty() {
        ProxyItems::All
    } else {
        ProxyItems::List(found)
    })
}

/// Records it inside the caller's transaction.
///
/// 民法典第一百六十五条 asks for a signed letter with names, matters and period; 第二十三条 makes the guardian the
/// legal agent of whoever cannot act alone.
fn record(
    window: &Window,
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    recorded_by: &str,
    id: Uuid,
    now: jiff::Timestamp,
) -> Result<Proxy, Error> {
    let today = people::china_day(now);
    let principal = find(window, tx, &wanted.principal, "principal_name")?;
    let agent = find(window, tx, &wanted.agent, "agent_name")?;
    if agent.kind != PartyKind::Person || capacity(&agent, today) != Some(Capacity::Full) {
        return Err(Error::invalid(
            "agent_number",
            "代办人、监护人应当是年满十八周岁的自然人",
        ));
    }
    let mut asked = (None, None);
    let (to, ground) = if wanted.guardian {
        asked = consent(&principal, wanted.consent, today, now)?;
        (
            guardian_until(&principal, wanted.until, today)?,
            ProxyGround::Guardian,
        )
    } else {
        if capacity(&principal, today).is_some_and(|capacity| capacity != Capacity::Full) {
            return Err(Error::invalid(
                "principal_number",
                "未满十八周岁的不能自行授权，请登记监护关系",
            ));
        }
        (Some(last_day(wanted.until, today)?), ProxyGround::Window)
    };
    if wanted.level == ProxyLevel::Manager && principal.kind != PartyKind::Legal {
        return Err(Error::invalid("level", "只有单位可以任命管理员"));
    }
    let proxy = Proxy {
        id,
        principal: principal.id,
        agent: agent.id,
        scope: ProxyScope {
            items: wanted.items.clone(),
        },
        how: ProxyHow {
            level: wanted.level,
            ground,
            basis: wanted.basis.clone(),
            recorded_by: recorded_by.to_owned(),
            consent_from: asked.0,
            consent: asked.1,
        },
        from: today,
        to,
        created_at: now,
        revoked_at: None,
    };
    window.app.people.authorise(tx, &proxy).map_err(renamed)?;
    Ok(proxy)
}

/// Fields as this form calls them.
fn renamed(error: Error) -> Error {
    match error {
        Error::Invalid { field, message } => Error::Invalid {
            field: match field {
                "principal" => "principal_number",
                "agent" => "agent_number",
                "to" => "until",
                other => other,
            },
            message,
        },
        other => other,
    }
}

fn find(
    window: &Window,
    tx: &mut Tx<'_>,
    (name, number): &(String, String),
    field: &'static str,
) -> Result<Party, Error> {
    window
        .app
        .people
        .find_party(tx, number)?
        .filter(|party| party.name == base::text::single_line(name))
        .ok_or_else(|| {
            Error::invalid(
                field,
                "没有找到姓名（名称）和证件号码一致的登记，请核对，或先在窗口收件处登记",
            )
        })
}

fn birthday(party: &Party, today: Date) -> Option<Date> {
    base::codes::CitizenId::parse(party.id_number.reveal(), today)
        .ok()
        .map(|id| id.birth_date())
}

/// None for a legal person.
fn capacity(party: &Party, today: Date) -> Option<Capacity> {
    (party.kind == PartyKind::Person)
        .then(|| birthday(party, today))
        .flatten()
        .map(|born| Capacity::of(born, today))
}

/// From when a minor has to be asked, and their answer (民法典第十九条): under eight nobody is asked yet; who is eight or
/// older says at the window that they agree, or the guardianship carries nothing.
fn consent(
    ward: &Party,
    agreed: bool,
    today: Date,
    now: jiff::Timestamp,
) -> Result<(Option<Date>, Option<Consent>), Error> {
    let Some(born) = birthday(ward, today) else {
        return Ok((None, None));
    };
    let from = Some(people::proxy::consent_begins(born));
    match Capacity::of(born, today) {
        Capacity::Full => Ok((None, None)),
        Capacity::None => Ok((from, None)),
        Capacity::Limited if agreed => {
            let given = Consent {
                at: now,
                how: "本人到窗口当面同意".to_owned(),
            };
            Ok((from, Some(given)))
        }
        Capacity::Limited => Err(Error::invalid(
            "consent",
            "被监护人已满八周岁，请本人当面表示同意后勾选（《民法典》第十九条）",
        )),
    }
}

/// A minor's guardian acts until the eighteenth birthday; for an adult who cannot act alone (民法典第二十一、二十二条)
/// the record has no end of its own.
fn guardian_until(ward: &Party, until: Option<Date>, today: Date) -> Result<Option<Date>, Error> {
    let Some(born) = (ward.kind == PartyKind::Person)
        .then(|| birthday(ward, today))
        .flatten()
    else {
        return Err(Error::invalid("principal_number", "被监护人应当是自然人"));
    };
    if Capacity::of(born, today) == Capacity::Full {
        return Ok(until);
    }
    let of_age = people::proxy::guardianship_ends(born);
    Ok(Some(until.map_or(of_age, |until| until.min(of_age))))
}

fn last_day(until: Option<Date>, today: Date) -> Result<Date, Error> {
    let farthest = today
        .checked_add(jiff::Span::new().years(YEARS_MAX))
        .unwrap_or(today);
    let until = until.unwrap_or_else(|| {
        today
            .checked_add(jiff::Span::new().days(DAYS))
            .unwrap_or(farthest)
    });
    if until < today || until > farthest {
        return Err(Error::invalid(
            "until",
            "请填写今天以后、五年以内的日期，例如2027-05-21",
        ));
    }
    Ok(until)
}

fn limited(window: &Window, visit: &Visit) -> Result<()> {
    let account = visit.staff()?.account.to_string();
    window
        .app
        .people
        .limits()
        .look_up(LookUp::FindParty, &account, visit.app.now())
        .map_err(people::Error::from)?;
    Ok(())
}

pub(crate) async fn give(
    State(window): State<Window>,
    visit: Visit,
    Form(typed): Form<GiveForm>,
) -> Result<Response> {
    limited(&window, &visit)?;
    let wanted = match read(&window, &typed) {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(page(&visit, typed, errors, String::new())),
    };
    let (clerk, now) = (visit.staff()?.name.clone(), visit.app.now());
    let id = visit.app.ids.next::<FileId>(now).uuid();
    let handle = window.clone();
    let done = window
        .app
        .db
        .write(move |tx| record(&handle, tx, &wanted, &clerk, id, now))
        .await;
    match done {
        Ok(proxy) => {
            let until = proxy.to.map_or_else(
                || "没有终止日期".to_owned(),
                |to| format!("至{}", ui::format::date_long(ui::Lang::Zh, to)),
            );
            let done = format!(
                "已登记：{}可以代{}办理，{until}",
                typed.agent_name, typed.principal_name
            );
            Ok(page(&visit, GiveForm::default(), Vec::new(), done))
        }
        Err(Error::Invalid { field, message }) => Ok(page(
            &visit,
            typed,
            vec![(field.to_owned(), message)],
            String::new(),
        )),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "window/mandate.html")]
struct LetterPage {
    page: ui::Page,
    typed: GiveForm,
    guardian: bool,
    items: Vec<String>,
    until: String,
    today: Date,
}

/// 授权委托书 with what is typed, to be printed and signed; nothing is kept.
pub(crate) async fn letter(visit: Visit, Form(typed): Form<GiveForm>) -> Result<Response> {
    let today = visit.app.today();
    let until: Option<Date> = typed.until.trim().parse().ok();
    let body = LetterPage {
        page: visit.page("授权委托书"),
        guardian: typed.ground == "guardian",
        items: typed
            .items
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .take(200)
            .map(str::to_owned)
            .collect(),
        until: last_day(until, today)
            .map(|day| ui::format::date_long(ui::Lang::Zh, day))
            .unwrap_or_default(),
        typed,
        today,
    };
    Ok(render(&visit, body))
}

#[derive(Deserialize)]
pub(crate) struct DeathForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    died_on: String,
    #[serde(default)]
    source: String,
}

/// Puts a death on record: every authorisation given or held ends at once.
pub(crate) async fn death(
    State(window): State<Window>,
    visit: Visit,
    Form(typed): Form<DeathForm>,
) -> Result<Response> {
    limited(&window, &visit)?;
    let refuse = |field: &str, text: String| {
        let errors = vec![(field.to_owned(), text)];
        Ok(page(&visit, GiveForm::default(), errors, String::new()))
    };
    let Ok(died_on) = typed.died_on.trim().parse::<Date>() else {
        return refuse("died_on", "请填写去世日期，例如2026-05-21".to_owned());
    };
    let (clerk, now) = (visit.staff()?.name.clone(), visit.app.now());
    let (handle, who, source) = (
        window.clone(),
        (typed.name.clone(), typed.number.clone()),
        typed.source.clone(),
    );
    let done = window
        .app
        .db
        .write(move |tx| -> Result<(), Error> {
            let party = find(&handle, tx, &who, "number")?;
            let people = &handle.app.people;
            people.record_death(tx, party.id, died_on, &source, &clerk, now)
        })
        .await;
    match done {
        Ok(()) => {
            let done = format!("已登记{}去世，其全部授权已经终止", typed.name);
            Ok(page(&visit, GiveForm::default(), Vec::new(), done))
        }
        Err(Error::Invalid { field, message } | Error::Conflict { field, message }) => {
            refuse(field, message)
        }
        Err(error) => Err(error.into()),
    }
}

/// Adds the operations.
pub(crate) fn operations(routes: Routes<Window>) -> Routes<Window> {
    let receive = Access::Permission(Permission::Receive);
    routes
        .api(
            Operation::post("/api/v1/proxies", "record_proxy")
                .summary("窗口登记当面授权或者监护关系")
                .tag("proxies")
                .access(receive)
                .body::<NewProxyJson>()
                .ok::<RecordedJson>(201)
                .problems(&[403, 404]),
            give_json,
        )
        .api(
            Operation::post("/api/v1/deaths", "record_death")
                .summary("登记去世，其给出和得到的授权全部终止")
                .tag("proxies")
                .access(receive)
                .body::<NewDeathJson>()
                .ok_empty()
                .problems(&[403, 409]),
            death_json,
        )
}

/// 登记一份授权
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewProxyJson {
    ground: GroundWord,
    #[schemars(length(max = 200))]
    principal_name: String,
    #[schemars(length(max = 64))]
    principal_number: String,
    #[schemars(length(max = 200))]
    agent_name: String,
    #[schemars(length(max = 64))]
    agent_number: String,
    /// 事项名称或实施编码；空为全部事项
    #[serde(default)]
    #[schemars(length(max = 200))]
    items: Vec<String>,
    /// agent 或 manager
    #[serde(default)]
    #[schemars(length(max = 16))]
    level: String,
    /// 最后一天
    #[serde(default)]
    #[schemars(length(max = 10))]
    until: String,
    /// 授权委托书编号，或者证明监护关系的材料
    #[schemars(length(max = 200))]
    basis: String,
    /// 被监护人已满八周岁不满十八周岁的：本人当面同意
    #[serde(default)]
    ward_consented: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum GroundWord {
    Window,
    Guardian,
}

/// 登记好的授权
#[derive(Debug, Serialize, JsonSchema)]
struct RecordedJson {
    #[schemars(with = "web::schema::Id")]
    proxy_id: String,
    #[schemars(with = "web::schema::Id")]
    principal: String,
    #[schemars(with = "web::schema::Id")]
    agent: String,
    from: String,
    until: Option<String>,
}

/// 登记去世
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewDeathJson {
    #[schemars(length(max = 200))]
    name: String,
    #[schemars(length(max = 64))]
    number: String,
    /// 年-月-日
    #[schemars(length(max = 10))]
    died_on: String,
    /// 依据，例如死亡医学证明编号
    #[schemars(length(max = 200))]
    source: String,
}

async fn give_json(
    State(window): State<Window>,
    visit: Visit,
    key: Idempotency,
    Json(body): Json<NewProxyJson>,
) -> Result<Answer> {
    limited(&window, &visit)?;
    let typed = GiveForm {
        ground: match body.ground {
            GroundWord::Window => "window",
            GroundWord::Guardian => "guardian",
        }
        .to_owned(),
        principal_name: body.principal_name,
        principal_number: body.principal_number,
        agent_name: body.agent_name,
        agent_number: body.agent_number,
        items: body.items.join("\n"),
        level: body.level,
        until: body.until,
        basis: body.basis,
        consent: body.ward_consented.then(|| "1".to_owned()),
    };
    let wanted = read(&window, &typed).map_err(Problem::invalid_fields)?;
    let (clerk, now) = (visit.actor()?.name().to_owned(), visit.app.now());
    let id = visit.app.ids.next::<FileId>(now).uuid();
    once(&visit, &key, move |tx| {
        let proxy = record(&window, tx, &wanted, &clerk, id, now)?;
        Ok::<_, Error>(Answer::json(
            StatusCode::CREATED,
            &RecordedJson {
                proxy_id: proxy.id.to_string(),
                principal: proxy.principal.to_string(),
                agent: proxy.agent.to_string(),
                from: proxy.from.to_string(),
                until: proxy.to.map(|to| to.to_string()),
            },
        ))
    })
    .await
}

async fn death_json(
    State(window): State<Window>,
    visit: Visit,
    key: Idempotency,
    Json(body): Json<NewDeathJson>,
) -> Result<Answer> {
    limited(&window, &visit)?;
    let died_on: Date = body
        .died_on
        .parse()
        .map_err(|_| Problem::invalid("died_on", "请填写去世日期，例如2026-05-21"))?;
    let (clerk, now) = (visit.actor()?.name().to_owned(), visit.app.now());
    once(&visit, &key, move |tx| {
        let who = (body.name.clone(), body.number.clone());
        let party = find(&window, tx, &who, "number")?;
        let people = &window.app.people;
        people.record_death(tx, party.id, died_on, &body.source, &clerk, now)?;
        Ok::<_, Error>(Answer::empty())
    })
    .await
}
