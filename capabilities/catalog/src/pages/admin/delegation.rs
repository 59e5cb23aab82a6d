//! 权项下放: who gave which power to whom, by what document, from when until when.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::ItemId;
use jiff::civil::Date;
use serde::Deserialize;
use ui::Page;
use web::{Access, Form, Problem, Query, Routes, Visit};

use super::desk::{act, draft_href, editor};
use super::{XLSX, attachment};
use crate::app::transfer::{self, Giving};
use crate::bulk::transfer::Kind;
use crate::export;
use crate::pages::Doors;
use crate::store as records;
use crate::store::{Delegation, Filter};

/// Rows of the list; the file has all.
const SHOWN: usize = 500;
/// Rows of the file.
const ALL: usize = 100_000;
/// Items offered for a search.
const OFFERED: usize = 50;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get("/admin/catalog/delegations", Access::Staff, get)
        .post("/admin/catalog/delegations", Access::Staff, post)
        .get("/admin/catalog/delegations/export", Access::Staff, sheet)
}

/// A power to be given further, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    item: String,
    to: String,
    kind: String,
    basis: String,
    first_day: String,
    last_day: String,
}

impl Typed {
    fn read(&self, to: &people::Org) -> web::Result<Giving> {
        let day = |field: &'static str, text: &str| -> web::Result<Date> {
            text.trim()
                .parse()
                .map_err(|_| Problem::invalid(field, "请填写2026-07-01这样的日期"))
        };
        Ok(Giving {
            item_id: self
                .item
                .parse::<ItemId>()
                .map_err(|_| Problem::invalid("item", "请先查找并选择事项"))?,
            to: to.id,
            kind: Kind::from_word(&self.kind)
                .ok_or_else(|| Problem::invalid("kind", "请选择下放、授权或委托"))?,
            basis: self.basis.clone(),
            first_day: day("first_day", &self.first_day)?,
            last_day: match self.last_day.trim() {
                "" => None,
                text => Some(day("last_day", text)?),
            },
        })
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Part of the name of the item to give further.
    q: String,
    /// Key of a body that gave or received.
    org: String,
}

#[derive(Template)]
#[template(path = "admin/delegations.html")]
struct Show {
    page: Page,
    asked: Asked,
    typed: Typed,
    rows: Vec<Row>,
    items: Vec<(String, String)>,
    orgs: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
    request_key: String,
    errors: Vec<(String, String)>,
}

pub(crate) struct Row {
    pub(crate) one: Delegation,
    pub(crate) from: String,
    pub(crate) to: String,
    draft: String,
    /// Whether it is in force today.
    pub(crate) holds: bool,
}

impl Show {
    fn error(&self, field: &str) -> &str {
        self.errors
            .iter()
            .find(|(name, _)| name == field)
            .map_or("", |(_, message)| message)
    }
}

/// Who gave which power to whom, of one body where it is given, newest first.
pub(crate) async fn rows(doors: &Doors, org: &str, limit: usize) -> web::Result<Vec<Row>> {
    let today = doors.app.today();
    let org = org.to_owned();
    let (found, orgs) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let orgs = crate::reading::all_orgs(tx)?;
            let org_id = orgs.iter().find(|known| known.key == org).map(|org| org.id);
            Ok((records::delegations(tx, org_id, limit)?, orgs))
        })
        .await?;
    let name = |id| {
        orgs.iter()
            .find(|org| org.id == id)
            .map_or_else(String::new, |org| org.name.clone())
    };
    Ok(found
        .into_iter()
        .map(|one| Row {
            from: name(one.from_org),
            to: name(one.to_org),
            draft: draft_href(one.draft_id),
            holds: one.first_day <= today && one.last_day.is_none_or(|last| today <= last),
            one,
        })
        .collect())
}

async fn view(
    visit: &Visit,
    doors: &Doors,
    asked: Asked,
    typed: Typed,
    errors: Vec<(String, String)>,
) -> web::Result<Show> {
    let mut page = visit
        .page("权力下放")
        .with_nav("drafts")
        .with_crumb("事项编制", "/admin/catalog/drafts")
        .with_crumb("批量办理", "/admin/catalog/bulk");
    if !errors.is_empty() {
        page = page.with_error();
    }
    let filter = Filter {
        text: base::text::single_line(&asked.q),
        ..Filter::default()
    };
    let briefs = if filter.text.is_empty() {
        Vec::new()
    } else {
        doors
            .app
            .db
            .read(move |tx| records::list(tx, &filter, None, OFFERED))
            .await?
    };
    let snapshot = doors.catalog.snapshot();
    let items = briefs
        .into_iter()
        .map(|brief| {
            let org = snapshot.org_name(brief.org_id);
            (
                brief.item_id.to_string(),
                format!("{}（{org}）", brief.name),
            )
        })
        .collect();
    Ok(Show {
        page,
        rows: rows(doors, &asked.org, SHOWN).await?,
        items,
        orgs: super::org_choices(doors).await?,
        kinds: Kind::ALL
            .map(|kind| (kind.word().to_owned(), kind.label().to_owned()))
            .into(),
        request_key: visit.new_request_key(),
        asked,
        typed,
        errors,
    })
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    let typed = Typed {
        first_day: doors.app.today().to_string(),
        kind: Kind::Delegated.word().to_owned(),
        ..Typed::default()
    };
    let show = view(&visit, &doors, asked, typed, Vec::new()).await?;
    Ok(web::render(&visit, show))
}

async fn post(
    visit: Visit,
    State(doors): State<Doors>,
    Form(typed): Form<Typed>,
) -> web::Result<Response> {
    let done = async {
        let actor = editor(&visit)?.clone();
        let to = super::org_named(&doors, "to", &typed.to).await?;
        let giving = typed.read(&to)?;
        let (app, now) = (doors.app.clone(), doors.app.now());
        act(&visit, &doors, move |tx| {
            let (_, draft) = transfer::give(tx, &actor, &app.ids, &giving, now)?;
            Ok(draft_href(draft.draft_id))
        })
        .await
    };
    match done.await {
        Err(problem) if problem.is_invalid() => {
            let errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), field.message.clone()))
                .collect();
            let asked = Asked {
                q: named(&doors, &typed.item),
                org: String::new(),
            };
            let show = view(&visit, &doors, asked, typed, errors).await?;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                show,
            ))
        }
        other => other,
    }
}

/// The name of the chosen item, so that it is offered again.
fn named(doors: &Doors, item: &str) -> String {
    let snapshot = doors.catalog.snapshot();
    let found = snapshot
        .items()
        .iter()
        .find(|brief| brief.item_id.to_string() == item);
    found.map_or_else(String::new, |brief| brief.name.clone())
}

async fn sheet(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    let rows = rows(&doors, &asked.org, ALL).await?;
    let rows = rows.into_iter().map(|row| {
        vec![
            row.one.item_name,
            row.from,
            row.to,
            row.one.kind.label().to_owned(),
            row.one.basis,
            row.one.first_day.to_string(),
            row.one
                .last_day
                .map_or_else(String::new, |day| day.to_string()),
            row.one.by_name,
        ]
    });
    let headers = [
        "事项",
        "下放机构",
        "承接机构",
        "方式",
        "依据",
        "开始日期",
        "截止日期",
        "经办人",
    ];
    let content = export::sheet("权力下放", &headers, rows).map_err(Problem::internal)?;
    Ok(attachment("权力下放.xlsx", XLSX, content))
}
