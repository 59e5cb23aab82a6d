//! 事项办理设置: the items, one item's settings as a form, and who changed what.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use base::ids::ItemId;
use casework::Permission;
use catalog::store::{Filter, ListKey};
use jiff::Timestamp;
use serde::Deserialize;
use ui::staff_list::{Field, Filters};
use web::{Access, Answer, Fields, Form, Idempotency, Path, Problem, Query, Routes, Visit, cursor};

use super::{Change, changed, changes, item_for, of, set};
use crate::{
    error::Error,
    law::{ExtensionLaw, Law, Settings},
    service::{Approval, org_name},
};

const PATH: &str = "/admin/item-settings";
/// Items on one page.
const PAGE: usize = 50;

/// Adds the doors.
pub(super) fn routes(routes: Routes<Approval>) -> Routes<Approval> {
    let administer = || Access::Permission(Permission::Administer);
    routes
        .menu(
            61,
            ui::MenuItem {
                key: "item-settings",
                href: PATH,
                label: "办理设置",
                icon: "clock",
            },
            Some(Permission::Administer),
        )
        .get(PATH, administer(), list)
        .get("/admin/item-settings/{item_id}", administer(), show)
        .post("/admin/item-settings/{item_id}", administer(), save)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: Option<String>,
    cursor: Option<String>,
}

struct Row {
    href: String,
    name: String,
    code: String,
    org: String,
    changed: Option<(Timestamp, String)>,
}

#[derive(Template)]
#[template(path = "settings/list.html")]
struct ListPage {
    page: ui::Page,
    filters: Filters,
    rows: Vec<Row>,
    newer: Option<String>,
    older: Option<String>,
}

async fn list(
    visit: Visit,
    State(approval): State<Approval>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let after: Option<ListKey> = asked
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&approval.app, "item settings", text))
        .transpose()?;
    let filter = Filter {
        text: asked
            .q
            .as_deref()
            .map(base::text::single_line)
            .unwrap_or_default(),
        ..Filter::default()
    };
    let actor = visit.actor()?.clone();
    let (rows, last) = approval
        .app
        .db
        .read(move |tx| {
            let known: HashMap<ItemId, (Timestamp, String)> = changed(tx)?
                .into_iter()
                .map(|(item, at, by)| (item, (at, by)))
                .collect();
            let mut briefs = catalog::store::list(tx, &filter, after.as_ref(), PAGE + 1)?;
            let more = briefs.len() > PAGE;
            briefs.truncate(PAGE);
            let last = briefs
                .last()
                .filter(|_| more)
                .map(|brief| (brief.name.clone(), brief.item_id));
            let mut rows = Vec::new();
            for brief in briefs {
                let scope = casework::Scope {
                    region: &brief.region,
                    org: Some(brief.org_id),
                };
                if !actor.may(Permission::Administer, &scope) {
                    continue;
                }
                rows.push(Row {
                    href: format!("{PATH}/{}", brief.item_id),
                    code: if brief.impl_code.is_empty() {
                        brief.local_code
                    } else {
                        brief.impl_code
                    },
                    org: org_name(tx, brief.org_id)?,
                    changed: known.get(&brief.item_id).cloned(),
                    name: brief.name,
                });
            }
            Ok::<_, Error>((rows, last))
        })
        .await?;
    let q = asked.q.clone().unwrap_or_default();
    let at = ui::staff_list::ListAddress::new(PATH).with("q", q.clone());
    let page = visit.page("事项办理设置").with_nav("item-settings");
    Ok(web::render(
        &visit,
        ListPage {
            filters: Filters {
                action: PATH,
                fields: vec![Field::search("q", page.t("事项名称或者编码"), &q)],
                keep: Vec::new(),
                clear: if q.is_empty() {
                    String::new()
                } else {
                    PATH.to_owned()
                },
                said: page.t1("本页{n}个事项", "n", rows.len()),
            },
            rows,
            older: last.map(|key| {
                let mark = cursor::encode(&approval.app, "item settings", &key);
                at.clone().with("cursor", mark).href()
            }),
            newer: asked.cursor.is_some().then(|| at.href()),
            page,
        },
    ))
}

/// What the published version allows, to be read beside the settings.
struct Allowed {
    promise: Vec<String>,
    later: Vec<String>,
    core: Vec<String>,
}

impl Allowed {
    fn of(law: &Law) -> Allowed {
        let names = |named: &[crate::law::Named]| -> Vec<String> {
            named.iter().map(|named| named.name.clone()).collect()
        };
        let promise = law.promise.as_ref();
        let gap = law.gap.as_ref();
        Allowed {
            promise: promise.map_or_else(Vec::new, |promise| names(&promise.replaceable)),
            later: gap.map_or_else(Vec::new, |gap| names(&gap.later)),
            core: gap.map_or_else(Vec::new, |gap| names(&gap.core)),
        }
    }
}

#[derive(Template)]
#[template(path = "settings/item.html")]
struct ItemPage {
    page: ui::Page,
    id: ItemId,
    code: String,
    org: String,
    allowed: Allowed,
    typed: Typed,
    changes: Vec<Change>,
    request_key: String,
    errors: Vec<(String, String)>,
}

/// What stands in the form.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the switches of a form, each ticked by itself"
)]
struct Typed {
    joint: bool,
    lower_review: bool,
    safety: bool,
    promise_off: bool,
    gap_off: bool,
    extension_n: String,
    extension_basis: String,
    tacit_basis: String,
    correction_days: String,
    hearing_request_days: String,
    gap_days: String,
    after_check_days: String,
    reason: String,
}

impl Typed {
    fn of(settings: &Settings) -> Typed {
        let days = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
        let extension = settings.extension.as_ref();
        Typed {
            joint: settings.joint,
            lower_review: settings.lower_review,
            safety: settings.safety,
            promise_off: settings.promise_off,
            gap_off: settings.gap_off,
            extension_n: days(extension.map(|own| own.n)),
            extension_basis: extension.map(|own| own.basis.clone()).unwrap_or_default(),
            tacit_basis: settings.tacit_basis.clone().unwrap_or_default(),
            correction_days: days(settings.correction_days),
            hearing_request_days: days(settings.hearing_request_days),
            gap_days: days(settings.gap_days),
            after_check_days: days(settings.after_check_days),
            reason: String::new(),
        }
    }

    fn read(fields: &Fields) -> Typed {
        let on = |name: &str| fields.get(name).is_some();
        let text = |name: &str| fields.get(name).unwrap_or_default().trim().to_owned();
        Typed {
            joint: on("joint"),
            lower_review: on("lower_review"),
            safety: on("safety"),
            promise_off: on("promise_off"),
            gap_off: on("gap_off"),
            extension_n: text("extension"),
            extension_basis: text("extension_basis"),
            tacit_basis: text("tacit_basis"),
            correction_days: text("correction_days"),
            hearing_request_days: text("hearing_request_days"),
            gap_days: text("gap_days"),
            after_check_days: text("after_check_days"),
            reason: text("reason"),
        }
    }

    /// The settings they mean.
    fn settings(&self) -> Result<Settings, Problem> {
        let days = |field: &'static str, text: &str| -> Result<Option<u32>, Problem> {
            if text.is_empty() {
                return Ok(None);
            }
            let wrong = || Problem::invalid(field, "请填写一个整数，没有特别规定的留空");
            text.parse().map(Some).map_err(|_| wrong())
        };
        let n = days("extension", &self.extension_n)?;
        if n.is_none() && !self.extension_basis.is_empty() {
            return Err(Problem::invalid(
                "extension",
                "写了延长的法律依据，请同时填写最多延长多少；不得延长的填0",
            ));
        }
        Ok(Settings {
            joint: self.joint,
            lower_review: self.lower_review,
            safety: self.safety,
            promise_off: self.promise_off,
            gap_off: self.gap_off,
            extension: n.map(|n| ExtensionLaw {
                n,
                basis: self.extension_basis.clone(),
            }),
            tacit_basis: Some(self.tacit_basis.clone()).filter(|basis| !basis.is_empty()),
            correction_days: days("correction_days", &self.correction_days)?,
            hearing_request_days: days("hearing_request_days", &self.hearing_request_days)?,
            gap_days: days("gap_days", &self.gap_days)?,
            after_check_days: days("after_check_days", &self.after_check_days)?,
        })
    }
}

async fn show(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<ItemId>,
) -> web::Result<Response> {
    let page = build(&visit, &approval, id, None).await?;
    Ok(web::render(&visit, page))
}

/// There is no such item, or it is another administration's.
pub(super) fn missing(error: Error) -> Problem {
    match error {
        Error::NotFound => Problem::not_found("没有找到这个事项"),
        other => other.into(),
    }
}

async fn build(
    visit: &Visit,
    approval: &Approval,
    id: ItemId,
    refused: Option<(Typed, Problem)>,
) -> web::Result<ItemPage> {
    let actor = visit.actor()?.clone();
    let (published, settings, changes, org) = approval
        .app
        .db
        .read(move |tx| {
            let published = item_for(tx, &actor, id)?;
            let org = org_name(tx, published.org_id)?;
            Ok::<_, Error>((published, of(tx, id)?, changes(tx, id)?, org))
        })
        .await
        .map_err(missing)?;
    let (typed, errors) = match refused {
        Some((typed, problem)) => {
            let fields = problem.fields.into_iter();
            let errors = fields.map(|field| (field.field, field.message)).collect();
            (typed, errors)
        }
        None => (Typed::of(&settings), Vec::new()),
    };
    let page = visit
        .page(&published.item.name)
        .with_nav("item-settings")
        .with_crumb("事项办理设置", PATH);
    Ok(ItemPage {
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        id,
        code: published.item.impl_code.clone(),
        org,
        allowed: Allowed::of(&Law::of(&published.item, Settings::default())),
        typed,
        changes,
        request_key: visit.new_request_key(),
        errors,
    })
}

async fn save(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<ItemId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let typed = Typed::read(&fields);
    let done = match typed.settings() {
        Ok(settings) => {
            let now = approval.app.now();
            let change = approval.app.ids.next_uuid(now);
            let (actor, reason) = (visit.actor()?.clone(), typed.reason.clone());
            web::once(&visit, &key, move |tx| {
                set(tx, &actor, (change, now), id, &settings, &reason).map_err(missing)?;
                Ok::<_, Problem>(Answer::see(format!("{PATH}/{id}")))
            })
            .await
        }
        Err(problem) => Err(problem),
    };
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let page = build(&visit, &approval, id, Some((typed, problem))).await?;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
        Err(problem) => Err(problem),
    }
}
