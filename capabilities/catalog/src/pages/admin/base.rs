//! The base list: its items and their versions, who claimed them, what a new version still asks of the bodies, and the
//! list of licences with what lies outside it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::ItemId;
use casework::{Actor, Permission};
use jiff::Timestamp;
use serde::Deserialize;
use store::Tx;
use ui::Page;
use ui::staff_list::{Column, Field, Filters, ListAddress};
use web::{Access, Form, Path, Problem, Query, Routes, Visit};

use super::desk::{act, draft_href, editor, reason};
use super::drafts::own_bodies;
use super::{XLSX, attachment};
use crate::app::base as base_list;
use crate::app::drafting;
use crate::base_list::file;
use crate::diff::{self, Change};
use crate::labels;
use crate::model::{BaseItem, Origin, PublishedBase};
use crate::pages::{Doors, links};
use crate::store as records;
use crate::store::{Adoption, BaseVersionLine, LicenceLine};
use crate::words;

pub(super) const PATH: &str = "/admin/base";
/// Rows on one page.
const PAGE: usize = 50;
/// Rows of a view without pages.
pub(crate) const WHOLE: usize = 500;
/// Days before the end of an adoption at which its light turns.
const NEAR_DAYS: i64 = 7;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(PATH, Access::Staff, list)
        .get("/admin/base/export", Access::Staff, export)
        .get("/admin/base/adoptions", Access::Staff, adoptions)
        .post("/admin/base/adoptions/{item_id}", Access::Staff, adopt)
        .get("/admin/base/licences", Access::Staff, licences)
        .get("/admin/base/{base_code}", Access::Staff, show)
        .get("/admin/base/{base_code}/diff", Access::Staff, compare)
        .post("/admin/base/{base_code}/cancel", Access::Staff, cancel)
        .menu(
            62,
            ui::MenuItem {
                key: "base",
                href: PATH,
                label: "基本目录",
                icon: "list",
            },
            Some(Permission::Compile),
        )
}

/// The page of a base item.
pub(super) fn href(base_code: &str) -> String {
    format!("{PATH}/{}", ui::staff_list::encoded(base_code))
}

/// Whether an actor keeps the base list of this deployment.
pub(crate) fn keeps(doors: &Doors, actor: &Actor) -> bool {
    base_list::keeps_base_list(actor, &doors.app.config.region)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    cursor: String,
    format: String,
}

#[derive(Template)]
#[template(path = "admin/base_list.html")]
struct List {
    page: Page,
    keeps: bool,
    filters: Filters,
    columns: Vec<Column>,
    rows: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
}

struct Line {
    href: String,
    code: String,
    name: String,
    item_type: String,
    origin: &'static str,
    version: i64,
    claims: i64,
    cancelled: bool,
    published: Timestamp,
}

pub(crate) fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Central => "中央设定",
        Origin::Provincial => "省级设定",
        Origin::Local => "地方特有",
    }
}

async fn list(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let actor = editor(&visit)?.clone();
    let text = base::text::single_line(&asked.q);
    let after: String = match asked.cursor.as_str() {
        "" => String::new(),
        cursor => web::cursor::decode(&doors.app, "base_items", cursor)?,
    };
    let (words, paged) = (text.clone(), !after.is_empty());
    let mut found = doors
        .app
        .db
        .read(
            move |tx| -> Result<Vec<(PublishedBase, i64)>, store::Error> {
                records::base_items(tx, &words, &after, PAGE + 1)?
                    .into_iter()
                    .map(|base| {
                        let claims = records::claims(tx, &base.base_code)?;
                        Ok((base, claims))
                    })
                    .collect()
            },
        )
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let at = ListAddress::new(PATH).with("q", text.as_str());
    let older = found.last().filter(|_| more).map(|(last, _)| {
        let cursor = web::cursor::encode(&doors.app, "base_items", &last.base_code);
        at.clone().with("cursor", cursor).href()
    });
    let page = visit.page("基本目录").with_nav("base");
    let rows: Vec<Line> = found
        .into_iter()
        .map(|(base, claims)| Line {
            href: href(&base.base_code),
            code: base.base_code,
            name: base.item.name,
            item_type: words::item_type(&base.item.item_type),
            origin: origin(base.item.origin),
            version: base.version,
            claims,
            cancelled: base.cancelled,
            published: base.published_at,
        })
        .collect();
    Ok(web::render(
        &visit,
        List {
            keeps: keeps(&doors, &actor),
            filters: Filters {
                action: PATH,
                fields: vec![Field::search("q", page.t("名称或编码"), &text)],
                keep: Vec::new(),
                clear: if text.is_empty() {
                    String::new()
                } else {
                    PATH.to_owned()
                },
                said: page.t1("本页{n}项", "n", rows.len()),
            },
            columns: ["事项", "类型", "设定", "版本", "认领", "状态", "发布时间"]
                .map(|label| Column::new(page.t(label)))
                .into(),
            newer: paged.then(|| at.href()),
            older,
            rows,
            page,
        },
    ))
}

/// Every base item in force.
pub(crate) fn whole(tx: &mut Tx<'_>, text: &str) -> Result<Vec<PublishedBase>, store::Error> {
    let mut all: Vec<PublishedBase> = Vec::new();
    loop {
        let after = all
            .last()
            .map_or("", |base| base.base_code.as_str())
            .to_owned();
        let step = records::base_items(tx, text, &after, records::LIST_MAX)?;
        let more = step.len() == records::LIST_MAX;
        all.extend(step);
        if !more {
            return Ok(all);
        }
    }
}

async fn export(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    exported(&visit, &doors, &asked.q, &asked.format).await
}

/// The base list as a file, of those that the text finds.
pub(crate) async fn exported(
    visit: &Visit,
    doors: &Doors,
    text: &str,
    format: &str,
) -> web::Result<Response> {
    editor(visit)?;
    let text = base::text::single_line(text);
    let all = doors.app.db.read(move |tx| whole(tx, &text)).await?;
    let items: Vec<BaseItem> = all
        .into_iter()
        .filter(|base| !base.cancelled)
        .map(|base| base.item)
        .collect();
    let today = doors.app.today();
    if format == "json" {
        let content = serde_json::to_vec_pretty(&items).map_err(Problem::internal)?;
        return Ok(attachment(
            &format!("基本目录-{today}.json"),
            "application/json",
            content,
        ));
    }
    let content = tokio::task::spawn_blocking(move || file::write(&items))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    Ok(attachment(&format!("基本目录-{today}.xlsx"), XLSX, content))
}

#[derive(Template)]
#[template(path = "admin/base_item.html")]
struct Show {
    page: Page,
    base: PublishedBase,
    item_type: String,
    origin: &'static str,
    /// Every field that says something: name, value.
    fields: Vec<(String, String)>,
    versions: Vec<(Option<String>, BaseVersionLine)>,
    /// (page of the item, its body).
    claimants: Vec<(String, String)>,
    keeps: bool,
    bodies: Vec<(String, String)>,
    edit: String,
    target: String,
    request_key: String,
    reason: String,
    reason_error: String,
    errors: Vec<(String, String)>,
}

async fn show(
    visit: Visit,
    State(doors): State<Doors>,
    Path(base_code): Path<String>,
) -> web::Result<Response> {
    let show = page_of(&visit, &doors, base_code).await?;
    Ok(web::render(&visit, show))
}

async fn page_of(visit: &Visit, doors: &Doors, base_code: String) -> web::Result<Show> {
    let actor = editor(visit)?.clone();
    let (asker, today) = (actor.clone(), doors.app.today());
    let (base, versions, claimants, bodies) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let base = records::base_item(tx, &base_code)?.ok_or(base_list::Error::NotFound)?;
            Ok((
                base,
                records::base_versions(tx, &base_code)?,
                records::claimants(tx, &base_code)?,
                own_bodies(tx, &asker, today)?,
            ))
        })
        .await?;
    let snapshot = doors.catalog.snapshot();
    let here = href(&base.base_code);
    Ok(Show {
        page: visit
            .page(&base.item.name)
            .with_nav("base")
            .with_crumb("基本目录", PATH),
        item_type: words::item_type(&base.item.item_type),
        origin: origin(base.item.origin),
        fields: told(&base.item),
        versions: versions
            .into_iter()
            .map(|line| {
                let before = (line.version > 1)
                    .then(|| format!("{here}/diff?from={}&to={}", line.version - 1, line.version));
                (before, line)
            })
            .collect(),
        bodies: bodies
            .into_iter()
            .filter(|org| !claimants.iter().any(|(_, claimed, _)| *claimed == org.id))
            .map(|org| (org.key, org.name))
            .collect(),
        claimants: claimants
            .into_iter()
            .map(|(item_id, org_id, _)| {
                (links::item(item_id), snapshot.org_name(org_id).to_owned())
            })
            .collect(),
        keeps: keeps(doors, &actor),
        edit: format!("{here}/edit"),
        target: format!("{here}/cancel"),
        request_key: visit.new_request_key(),
        reason: String::new(),
        reason_error: String::new(),
        errors: Vec::new(),
        base,
    })
}

/// What a base item says, field by field.
fn told(item: &BaseItem) -> Vec<(String, String)> {
    diff::changes(&BaseItem::default(), item)
        .into_iter()
        .map(|change| (change.label, change.new))
        .collect()
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Between {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

#[derive(Template)]
#[template(path = "admin/base_diff.html")]
struct Compare {
    page: Page,
    between: Between,
    changes: Vec<Change>,
    /// (number, whether it is compared).
    versions: Vec<i64>,
    here: String,
}

/// What differs between two versions of a base item.
pub(crate) fn between(
    tx: &mut Tx<'_>,
    base_code: &str,
    between: Between,
) -> web::Result<Vec<Change>> {
    let mut version = |n| -> web::Result<BaseItem> {
        let found = records::base_version(tx, base_code, n)?;
        Ok(found.ok_or_else(|| Problem::not_found("没有这一版"))?.item)
    };
    Ok(diff::changes(
        &version(between.from)?,
        &version(between.to)?,
    ))
}

async fn compare(
    visit: Visit,
    State(doors): State<Doors>,
    Path(base_code): Path<String>,
    Query(asked): Query<Between>,
) -> web::Result<Response> {
    editor(&visit)?;
    let code = base_code.clone();
    let (changes, versions, name) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let base = records::base_item(tx, &code)?.ok_or(base_list::Error::NotFound)?;
            let changes = between(tx, &code, asked)?;
            Ok((changes, records::base_versions(tx, &code)?, base.item.name))
        })
        .await?;
    let here = href(&base_code);
    Ok(web::render(
        &visit,
        Compare {
            page: visit
                .page("版本比较")
                .with_nav("base")
                .with_crumb("基本目录", PATH)
                .with_crumb(name, here.clone()),
            between: asked,
            changes,
            versions: versions.into_iter().map(|line| line.version).collect(),
            here: format!("{here}/diff"),
        },
    ))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Cancel {
    reason: String,
}

async fn cancel(
    visit: Visit,
    State(doors): State<Doors>,
    Path(base_code): Path<String>,
    Form(form): Form<Cancel>,
) -> web::Result<Response> {
    let actor = editor(&visit)?.clone();
    let (code, now) = (base_code.clone(), doors.app.now());
    let region = doors.app.config.region.clone();
    let done = match reason(&form.reason) {
        Err(problem) => Err(problem),
        Ok(reason) => {
            act(&visit, &doors, move |tx| {
                base_list::cancel(tx, &actor, &region, &code, &reason, now)?;
                Ok(href(&code))
            })
            .await
        }
    };
    match done {
        Err(problem) if problem.is_invalid() => {
            let mut show = page_of(&visit, &doors, base_code).await?;
            let message = problem
                .field("reason")
                .unwrap_or(&problem.detail)
                .to_owned();
            show.page = show.page.with_error();
            show.errors = vec![("reason".to_owned(), message.clone())];
            show.reason_error = message;
            show.reason = form.reason;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                show,
            ))
        }
        other => other,
    }
}

#[derive(Template)]
#[template(path = "admin/adoptions.html")]
struct Adoptions {
    page: Page,
    rows: Vec<Task>,
    request_key: String,
}

struct Task {
    item_id: ItemId,
    name: String,
    org: String,
    base: String,
    base_href: String,
    version: i64,
    due: Timestamp,
    light: &'static str,
    words: String,
}

/// The light of an adoption, and how many days are left or passed.
pub(crate) fn light(due: Timestamp, now: Timestamp) -> (&'static str, i64) {
    let seconds = due.as_second() - now.as_second();
    let days = seconds.abs() / 86_400;
    if seconds < 0 {
        ("over", -days.max(1))
    } else if days < NEAR_DAYS {
        ("near", days)
    } else {
        ("ok", days)
    }
}

/// Open adoptions of the bodies whose items an actor may write, most urgent first.
pub(crate) fn open_adoptions(
    tx: &mut Tx<'_>,
    actor: &Actor,
) -> Result<Vec<(Adoption, String)>, store::Error> {
    let mut own = Vec::new();
    for adoption in records::adoptions(tx, None, 5000)? {
        let holder = records::holder(tx, adoption.item_id)?;
        let writes =
            holder.is_some_and(|holder| drafting::compiles(actor, &holder.region, adoption.org_id));
        if writes {
            let item = records::current(tx, adoption.item_id)?;
            let name = item.map_or_else(String::new, |published| published.item.name);
            own.push((adoption, name));
        }
        if own.len() == WHOLE {
            break;
        }
    }
    Ok(own)
}

async fn adoptions(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    let actor = editor(&visit)?.clone();
    let open = doors
        .app
        .db
        .read(move |tx| open_adoptions(tx, &actor))
        .await?;
    let now = doors.app.now();
    let snapshot = doors.catalog.snapshot();
    let page = visit
        .page("承接任务")
        .with_nav("base")
        .with_crumb("基本目录", PATH);
    let rows = open
        .into_iter()
        .map(|(adoption, name)| {
            let (light, days) = light(adoption.due_at, now);
            Task {
                item_id: adoption.item_id,
                name,
                org: snapshot.org_name(adoption.org_id).to_owned(),
                base_href: href(&adoption.base_code),
                base: adoption.base_code,
                version: adoption.base_version,
                due: adoption.due_at,
                light,
                words: if days < 0 {
                    page.t1("超期{n}天", "n", -days)
                } else {
                    page.t1("还剩{n}天", "n", days)
                },
            }
        })
        .collect();
    Ok(web::render(
        &visit,
        Adoptions {
            rows,
            request_key: visit.new_request_key(),
            page,
        },
    ))
}

async fn adopt(
    visit: Visit,
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
    Form(_): Form<web::fields::Fields>,
) -> web::Result<Response> {
    let actor = editor(&visit)?.clone();
    let (app, now) = (doors.app.clone(), doors.app.now());
    act(&visit, &doors, move |tx| {
        match base_list::adopt(tx, &actor, &app.ids, item_id, now) {
            Ok(draft) => Ok(draft_href(draft.draft_id)),
            // Somebody has begun already: go on there.
            Err(base_list::Error::Draft(drafting::Error::Open(open))) => Ok(draft_href(open)),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

#[derive(Template)]
#[template(path = "admin/licences.html")]
struct Licences {
    page: Page,
    listed: Vec<(String, PublishedBase, i64)>,
    outside: Vec<(String, String, LicenceLine)>,
    outside_total: usize,
    total: usize,
    newer: Option<String>,
    older: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Leaf {
    /// Lines of the list before this page.
    from: String,
}

/// Licences that are listed, with how many bodies exercise each, and those that stand outside the list.
pub(crate) type LicenceList = (Vec<(PublishedBase, i64)>, Vec<LicenceLine>);

/// The list of licences: base items that are licences, with how many bodies exercise each, by their numbers.
pub(crate) fn licence_list(tx: &mut Tx<'_>) -> Result<LicenceList, store::Error> {
    let mut listed = Vec::new();
    for base in whole(tx, "")? {
        if base.item.is_licence() && !base.cancelled {
            let claims = records::claims(tx, &base.base_code)?;
            listed.push((base, claims));
        }
    }
    listed.sort_by_key(|(base, _)| {
        let number = &base.item.licence_list_no;
        (number.parse::<u32>().unwrap_or(u32::MAX), number.clone())
    });
    Ok((listed, records::licences_outside(tx, WHOLE)?))
}

async fn licences(
    visit: Visit,
    State(doors): State<Doors>,
    Query(leaf): Query<Leaf>,
) -> web::Result<Response> {
    editor(&visit)?;
    let from: usize = leaf.from.parse().unwrap_or_default();
    let (listed, outside) = doors.app.db.read(licence_list).await?;
    let address = |from: usize| format!("{PATH}/licences?from={from}");
    let snapshot = doors.catalog.snapshot();
    Ok(web::render(
        &visit,
        Licences {
            page: visit
                .page("行政许可事项清单")
                .with_nav("base")
                .with_crumb("基本目录", PATH),
            total: listed.len(),
            outside_total: outside.len(),
            newer: (from > 0).then(|| format!("{PATH}/licences")),
            older: (listed.len() > from.saturating_add(PAGE)).then(|| address(from + PAGE)),
            listed: listed
                .into_iter()
                .skip(from)
                .take(PAGE)
                .map(|(base, claims)| (href(&base.base_code), base, claims))
                .collect(),
            outside: outside
                .into_iter()
                .take(PAGE)
                .map(|line| {
                    (
                        format!("/admin/catalog/items/{}/edit", line.item_id),
                        snapshot.org_name(line.org_id).to_owned(),
                        line,
                    )
                })
                .collect(),
        },
    ))
}

/// The name of a field of a base item.
pub(super) fn field_name(path: &str) -> String {
    labels::field(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_light_of_an_adoption_turns_a_week_before_its_end() {
        let at = |text: &str| -> Timestamp { text.parse().expect("an instant") };
        let due = at("2026-06-11T16:00:00Z");
        assert_eq!(light(due, at("2026-05-11T02:20:00Z")), ("ok", 31));
        assert_eq!(light(due, at("2026-06-05T02:20:00Z")), ("near", 6));
        assert_eq!(light(due, at("2026-06-11T17:00:00Z")), ("over", -1));
        assert_eq!(light(due, at("2026-06-15T17:00:00Z")), ("over", -4));
    }
}
