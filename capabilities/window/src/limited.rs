//! Items with a limited number of places: setting the number, the public state of each, and the position of one
//! application by its number and query password (行政许可法第五十七条; the order is public, names are not).

use approval::quota::{self, Period, Position, Quota, Standing};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::codes::CaseNo;
use base::ids::ItemId;
use casework::{Actor, Permission, Scope};
use people::LookUp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{
    Access, Answer, Form, Idempotency, Json, Operation, Path, Problem, Result, Routes, Visit, once,
    redirect, render_with,
};

use crate::Window;

/// The same answer for a number that does not exist and for a wrong password.
const NOT_FOUND: &str = "编号和密码不匹配，请对照收件回执核对";

struct Line {
    quota: Quota,
    item: String,
    org: String,
    /// The case that is next: its number and its page, for staff who may see it.
    next: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "window/quotas.html")]
struct QuotasPage {
    page: ui::Page,
    lines: Vec<Line>,
    typed: SetForm,
    errors: Vec<(String, String)>,
}

#[derive(Clone, Default, Deserialize)]
pub(crate) struct SetForm {
    /// 实施编码 or the exact name.
    #[serde(default)]
    item: String,
    #[serde(default)]
    period: String,
    #[serde(default)]
    total: String,
    #[serde(default)]
    reason: String,
}

async fn lines(window: &Window, reader: Option<Actor>) -> Result<Vec<Line>> {
    let quotas = window
        .app
        .db
        .read(move |tx| -> Result<_> {
            let mut quotas = Vec::new();
            for quota in quota::all(tx)? {
                let next = match (&reader, &quota.next) {
                    (Some(reader), Some(next)) => cases::load(tx, next.case)
                        .map_err(approval::Error::from)?
                        .filter(|case| approval::may_know(reader, case))
                        .map(|case| (case.no, format!("/staff/cases/{}", case.id))),
                    _ => None,
                };
                quotas.push((quota, next));
            }
            Ok(quotas)
        })
        .await?;
    let snapshot = window.approval.catalog.snapshot();
    Ok(quotas
        .into_iter()
        .map(|(quota, next)| {
            let brief = snapshot.item(quota.item);
            Line {
                next,
                item: brief.map_or_else(|| quota.item.to_string(), |brief| brief.name.clone()),
                org: brief
                    .map(|brief| snapshot.org_name(brief.org_id).to_owned())
                    .unwrap_or_default(),
                quota,
            }
        })
        .collect())
}

pub(crate) async fn list(State(window): State<Window>, visit: Visit) -> Result<Response> {
    staff_page(&window, &visit, SetForm::default(), Vec::new()).await
}

async fn staff_page(
    window: &Window,
    visit: &Visit,
    typed: SetForm,
    errors: Vec<(String, String)>,
) -> Result<Response> {
    let page = visit.page("数量限制").with_nav("quotas");
    let refused = !errors.is_empty();
    let body = QuotasPage {
        page: if refused { page.with_error() } else { page },
        lines: lines(window, Some(visit.actor()?.clone())).await?,
        typed,
        errors,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

/// Items of this name or code that the actor decides.
fn items_of(window: &Window, actor: &Actor, text: &str) -> Vec<ItemId> {
    let (name, code) = (text.trim(), base::text::normalise_code(text));
    let snapshot = window.approval.catalog.snapshot();
    snapshot
        .items()
        .iter()
        .filter(|brief| brief.name == name || (!code.is_empty() && brief.impl_code == code))
        .filter(|brief| {
            let scope = Scope {
                region: &brief.region,
                org: Some(brief.org_id),
            };
            actor.may(Permission::Decide, &scope)
        })
        .map(|brief| brief.item_id)
        .collect()
}

pub(crate) async fn set(
    State(window): State<Window>,
    visit: Visit,
    Form(typed): Form<SetForm>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let found = items_of(&window, &actor, &typed.item);
    let mut errors: Vec<(String, String)> = Vec::new();
    let mut refuse = |field: &str, text: &str| errors.push((field.to_owned(), text.to_owned()));
    if found.len() != 1 {
        refuse(
            "item",
            "请填写本机关一个事项的实施编码或者全名；同名事项有几个时请用编码",
        );
    }
    let period = Period::from_word(typed.period.trim());
    if period.is_none() {
        refuse("period", "请填写年份，例如2026；不分年份的填 all");
    }
    let total: Option<i64> = typed.total.trim().parse().ok();
    if total.is_none() {
        refuse("total", "请填写名额，是一个整数");
    }
    let (Some(period), Some(total), [item]) = (period, total, found.as_slice()) else {
        return staff_page(&window, &visit, typed, errors).await;
    };
    let (item, reason, now) = (*item, typed.reason.clone(), visit.app.now());
    let done = window
        .app
        .db
        .write(move |tx| quota::set(tx, item, &period, total, &reason, actor.name(), now))
        .await
        .map_err(Problem::from);
    match done {
        Ok(_) => Ok(redirect("/staff/quotas")),
        Err(problem) if problem.is_invalid() => {
            let errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), field.message.clone()))
                .collect();
            staff_page(&window, &visit, typed, errors).await
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Template)]
#[template(path = "window/places.html")]
struct PlacesPage {
    page: ui::Page,
    lines: Vec<Line>,
    no: String,
    found: Option<Place>,
    errors: Vec<(String, String)>,
}

/// What the owner of a number and its password reads.
struct Place {
    no: String,
    item: String,
    position: Position,
}

impl Place {
    fn waits(&self) -> bool {
        self.position.state == Standing::Waiting
    }

    fn granted(&self) -> bool {
        self.position.state == Standing::Granted
    }

    fn freed(&self) -> bool {
        self.position.state == Standing::Freed
    }

    /// Whether the places that are left reach this application.
    fn within(&self) -> bool {
        quota::may_grant(
            self.position.total,
            self.position.taken,
            self.position.ahead,
        )
        .is_ok()
    }
}

pub(crate) async fn public(State(window): State<Window>, visit: Visit) -> Result<Response> {
    places(&window, &visit, String::new(), None, Vec::new()).await
}

async fn places(
    window: &Window,
    visit: &Visit,
    no: String,
    found: Option<Place>,
    errors: Vec<(String, &'static str)>,
) -> Result<Response> {
    let page = visit.form_page("限量许可的名额和顺序");
    let errors: Vec<(String, String)> = errors
        .into_iter()
        .map(|(field, text)| (field, page.t(text).to_owned()))
        .collect();
    let refused = !errors.is_empty();
    let body = PlacesPage {
        page: if refused { page.with_error() } else { page },
        lines: lines(window, None).await?,
        no,
        found,
        errors,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

#[derive(Deserialize)]
pub(crate) struct FindForm {
    #[serde(default)]
    no: String,
    #[serde(default)]
    code: String,
}

/// 22 signs of a case number, and its query password; guessed as rarely as the progress of a case.
pub(crate) async fn find(
    State(window): State<Window>,
    visit: Visit,
    Form(form): Form<FindForm>,
) -> Result<Response> {
    window
        .app
        .people
        .limits()
        .look_up_from(LookUp::CaseProgress, visit.address, visit.app.now())
        .map_err(people::Error::from)?;
    let typed = base::text::shorten(&form.no, 40);
    let Ok(no) = CaseNo::parse(&form.no) else {
        let error = ("no".to_owned(), "请输入22位办件编号，在收件回执上");
        return places(&window, &visit, typed, None, vec![error]).await;
    };
    let code = base::text::normalise_code(&form.code);
    let number = no.as_str().to_owned();
    let found = window
        .app
        .db
        .read(move |tx| -> Result<_> {
            let digest = approval::query_digest(&number, &code);
            let case = cases::load_by_no(tx, &number)
                .map_err(approval::Error::from)?
                .filter(|case| {
                    case.detail::<String>(approval::details::QUERY_CODE)
                        .is_some_and(|known| {
                            base::crypto::constant_time_eq(known.as_bytes(), digest.as_bytes())
                        })
                });
            let Some(case) = case else { return Ok(None) };
            let position = quota::position(tx, case.id)?;
            Ok(Some((case, position)))
        })
        .await?;
    match found {
        None => {
            places(
                &window,
                &visit,
                typed,
                None,
                vec![("code".to_owned(), NOT_FOUND)],
            )
            .await
        }
        Some((_, None)) => {
            let error = (
                "no".to_owned(),
                "这件申请还没有受理，或者事项没有数量限制，没有排队顺序",
            );
            places(&window, &visit, typed, None, vec![error]).await
        }
        Some((case, Some(position))) => {
            let place = Place {
                no: case.no.clone(),
                item: case.title.clone(),
                position,
            };
            places(&window, &visit, typed, Some(place), Vec::new()).await
        }
    }
}

/// Adds the operations.
pub(crate) fn operations(routes: Routes<Window>) -> Routes<Window> {
    routes
        .api(
            Operation::get("/api/v1/quotas", "list_quotas")
                .summary("有数量限制的事项：名额、已准予、在排队")
                .tag("window")
                .access(Access::Public)
                .ok::<QuotasJson>(200),
            list_json,
        )
        .api(
            Operation::post("/api/v1/items/{item_id}/quota", "set_quota")
                .summary("设定事项的名额")
                .tag("window")
                .access(Access::Permission(Permission::Decide))
                .body::<NewQuotaJson>()
                .ok::<QuotaJson>(200)
                .problems(&[403, 404]),
            set_json,
        )
}

/// 一个事项的名额
#[derive(Debug, Serialize, JsonSchema)]
struct QuotaJson {
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    /// all 或者年份
    period: String,
    total: i64,
    /// 已准予，证照仍然有效
    granted: i64,
    /// 已受理、在排队
    waiting: i64,
    /// 准予后证照撤销、注销，空出的名额
    freed: i64,
    /// 下一个，没有人在排队为空
    next: Option<NextJson>,
}

/// 排在最前面的申请
#[derive(Debug, Serialize, JsonSchema)]
struct NextJson {
    /// 受理顺序号
    order: i64,
    #[schemars(with = "web::schema::Instant")]
    accepted_at: jiff::Timestamp,
}

impl From<Quota> for QuotaJson {
    fn from(quota: Quota) -> QuotaJson {
        QuotaJson {
            item_id: quota.item,
            period: quota.period,
            total: quota.total,
            granted: quota.taken,
            waiting: quota.waiting,
            freed: quota.freed,
            next: quota.next.map(|next| NextJson {
                order: next.order,
                accepted_at: next.accepted_at,
            }),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct QuotasJson {
    items: Vec<QuotaJson>,
}

/// 名额
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewQuotaJson {
    /// all 或者年份
    #[schemars(length(max = 4))]
    period: String,
    total: i64,
    /// 依据，例如公告文号
    #[schemars(length(max = 200))]
    reason: String,
}

async fn list_json(State(window): State<Window>) -> Result<Json<QuotasJson>> {
    let quotas = window.app.db.read(quota::all).await?;
    Ok(Json(QuotasJson {
        items: quotas.into_iter().map(QuotaJson::from).collect(),
    }))
}

async fn set_json(
    State(window): State<Window>,
    visit: Visit,
    Path(item): Path<ItemId>,
    key: Idempotency,
    Json(body): Json<NewQuotaJson>,
) -> Result<Answer> {
    let actor = visit.actor()?.clone();
    let snapshot = window.approval.catalog.snapshot();
    let brief = snapshot
        .item(item)
        .ok_or_else(|| Problem::not_found("没有找到这个事项"))?;
    let scope = Scope {
        region: &brief.region,
        org: Some(brief.org_id),
    };
    if !actor.may(Permission::Decide, &scope) {
        return Err(Problem::not_allowed("只有事项的审批机关可以设定名额"));
    }
    let period = Period::from_word(&body.period)
        .ok_or_else(|| Problem::invalid("period", "请填写年份，例如2026；不分年份的填 all"))?;
    let now = visit.app.now();
    once(&visit, &key, move |tx| {
        let quota = quota::set(
            tx,
            item,
            &period,
            body.total,
            &body.reason,
            actor.name(),
            now,
        )?;
        Ok::<_, approval::Error>(Answer::json(StatusCode::OK, &QuotaJson::from(quota)))
    })
    .await
}
