//! 编码核对: codes that are missing, malformed or repeated; making those that are missing.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use store::Tx;
use ui::{Page, View};
use web::export::{self, Cell, Format};
use web::{Access, Form, Problem, Query, Routes, Visit};

use super::checks::{PATH as CHECKS, body_of, edit_href, org_options};
use super::desk::{act, editor};
use crate::app::coding;
use crate::codes::{Issue, Kind, issues};
use crate::pages::{Doors, links};
use crate::store as records;

const PATH: &str = "/admin/catalog/codes";
/// Rows that the page shows; the file has all.
const SHOWN_MAX: usize = 500;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(PATH, Access::Staff, get)
        .get("/admin/catalog/codes/export", Access::Staff, export)
        .post("/admin/catalog/codes/generate", Access::Staff, generate)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    org: String,
    kind: String,
    format: String,
}

#[derive(Template)]
#[template(path = "admin/catalog_codes.html")]
struct Codes {
    page: Page,
    request_key: String,
    views: Vec<View>,
    kind: String,
    org: String,
    orgs: Vec<(String, String)>,
    total: usize,
    missing: usize,
    rows: Vec<Row>,
    xlsx: String,
    csv: String,
}

struct Row {
    item: String,
    href: String,
    org: String,
    kind: Kind,
    code: String,
    message: String,
    edit: String,
}

/// What is wrong with the codes, of one body where it is given.
pub(crate) async fn found(doors: &Doors, org: &str) -> web::Result<Vec<Issue>> {
    let org_id = body_of(&doors.catalog.snapshot(), org)?;
    let list = doors.app.db.read(records::coded).await?;
    let mut found = issues(&list);
    found.retain(|issue| org_id.is_none_or(|org_id| issue.org_id == org_id));
    Ok(found)
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    let all = found(&doors, &asked.org).await?;
    let count = |kind| all.iter().filter(|issue| issue.kind == kind).count();
    let wanted = Kind::from_word(&asked.kind);
    let mut views = vec![View {
        label: "全部".to_owned(),
        href: links::with_query(PATH, &[("org", &asked.org)]),
        count: Some(all.len() as u64),
        current: wanted.is_none(),
    }];
    views.extend(Kind::ALL.map(|kind| View {
        label: kind.label().to_owned(),
        href: links::with_query(PATH, &[("org", &asked.org), ("kind", kind.word())]),
        count: Some(count(kind) as u64),
        current: wanted == Some(kind),
    }));
    let file = |format: &str| {
        links::with_query(
            "/admin/catalog/codes/export",
            &[
                ("org", &asked.org),
                ("kind", &asked.kind),
                ("format", format),
            ],
        )
    };
    let snapshot = doors.catalog.snapshot();
    let missing = count(Kind::Missing);
    let shown: Vec<Issue> = all
        .into_iter()
        .filter(|issue| wanted.is_none_or(|kind| issue.kind == kind))
        .collect();
    let codes = Codes {
        page: visit
            .page("编码核对")
            .with_nav("catalog")
            .with_crumb("事项管理", "/admin/catalog")
            .with_crumb("事项核对", CHECKS),
        request_key: visit.new_request_key(),
        views,
        orgs: org_options(&snapshot, "全部机构"),
        total: shown.len(),
        missing,
        rows: shown
            .into_iter()
            .take(SHOWN_MAX)
            .map(|issue| Row {
                href: links::admin_item(issue.item_id),
                edit: edit_href(issue.item_id, "impl_code"),
                org: snapshot.org_name(issue.org_id).to_owned(),
                item: issue.name,
                kind: issue.kind,
                code: issue.code,
                message: issue.message,
            })
            .collect(),
        xlsx: file("xlsx"),
        csv: file("csv"),
        kind: asked.kind,
        org: asked.org,
    };
    Ok(web::render(&visit, codes))
}

async fn export(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    let format = Format::from_word(&asked.format)
        .ok_or_else(|| Problem::bad_request("query_invalid", "导出格式只能是xlsx或csv"))?;
    let wanted = Kind::from_word(&asked.kind);
    let snapshot = doors.catalog.snapshot();
    let rows: Vec<Vec<Cell>> = found(&doors, &asked.org)
        .await?
        .into_iter()
        .filter(|issue| wanted.is_none_or(|kind| issue.kind == kind))
        .map(|issue| {
            vec![
                snapshot.org_name(issue.org_id).into(),
                issue.name.into(),
                issue.kind.label().into(),
                issue.code.into(),
                issue.message.into(),
                edit_href(issue.item_id, "impl_code").into(),
            ]
        })
        .collect();
    export::table(
        format,
        "编码核对",
        &["实施主体", "事项名称", "问题", "编码", "说明", "修改地址"],
        rows,
    )
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Generate {
    org: String,
}

async fn generate(
    visit: Visit,
    State(doors): State<Doors>,
    Form(form): Form<Generate>,
) -> web::Result<Response> {
    let actor = editor(&visit)?.clone();
    let org_id = body_of(&doors.catalog.snapshot(), &form.org)?;
    let (app, now) = (doors.app.clone(), doors.app.now());
    act(&visit, &doors, move |tx: &mut Tx<'_>| {
        let made = coding::generate(tx, &actor, &app.ids, org_id, now)?;
        if made.drafts == 0 {
            return Err(Problem::conflict(
                "nothing_to_generate",
                format!(
                    "没有可以生成的编码；{}个事项缺少基本编码、机构代码，或者已有草稿",
                    made.left
                ),
            ));
        }
        Ok(format!("/admin/catalog/batches/{}", made.batch))
    })
    .await
}
