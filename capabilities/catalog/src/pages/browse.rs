//! Browsing: by theme, by life event, by department.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use ui::Page;
use web::{Path, Problem, Visit};

use super::region::Chosen;
use super::rows::Row;
use super::{Doors, links};
use crate::snapshot::Snapshot;
use crate::topics::{Audience, Topics};

/// Rows on one page; a department with more is searched.
const ROWS_MAX: usize = 500;

#[derive(Template)]
#[template(path = "catalog/browse.html")]
struct Browse {
    page: Page,
    /// A body's name stays Chinese on English pages.
    chinese_title: bool,
    /// Said under the title.
    lead: String,
    /// The chosen region, whose items come first.
    region: Option<String>,
    /// Whether choosing a region changes the order.
    switch: bool,
    rows: Vec<Row>,
    /// Neighbours: other themes, events or departments, the current one marked.
    others_title: &'static str,
    others: Vec<(String, String, bool)>,
    /// Where all of them are searched, when not all are shown.
    more: Option<String>,
}

pub(super) async fn theme(
    visit: Visit,
    State(doors): State<Doors>,
    chosen: Chosen,
    Path(key): Path<String>,
) -> web::Result<Response> {
    let topics = Topics::shipped();
    let theme = topics
        .theme(&key)
        .ok_or_else(|| Problem::not_found("没有找到这个主题，请从首页重新选择"))?;
    let snapshot = doors.catalog.snapshot();
    let page = page(&visit, &theme.name, theme.audience);
    let region = chosen.region(&doors).await?;
    let mut items = snapshot.of_theme(&theme.name, theme.audience);
    Snapshot::nearest_first(
        &mut items,
        region.as_ref().map(|region| region.code.as_str()),
    );
    let others = topics
        .themes
        .iter()
        .filter(|other| other.audience == theme.audience)
        .filter(|other| !snapshot.of_theme(&other.name, other.audience).is_empty())
        .map(|other| {
            (
                links::theme(&other.key),
                other.name.clone(),
                other.key == key,
            )
        })
        .collect();
    let browse = Browse {
        lead: lead(&page, items.len(), &theme.note),
        rows: items
            .iter()
            .take(ROWS_MAX)
            .map(|brief| Row::of(&page, &snapshot, brief))
            .collect(),
        region: region.map(|region| region.name.clone()),
        switch: true,
        chinese_title: false,
        others_title: "其他主题",
        others,
        more: (items.len() > ROWS_MAX)
            .then(|| links::search(&[("theme", &key), ("audience", theme.audience.word())])),
        page,
    };
    Ok(web::render(&visit, browse))
}

pub(super) async fn life_event(
    visit: Visit,
    State(doors): State<Doors>,
    chosen: Chosen,
    Path(key): Path<String>,
) -> web::Result<Response> {
    let topics = Topics::shipped();
    let event = topics
        .life_event(&key)
        .ok_or_else(|| Problem::not_found("没有找到这个人生事件，请从首页重新选择"))?;
    let snapshot = doors.catalog.snapshot();
    let page = page(&visit, &event.name, event.audience);
    let region = chosen.region(&doors).await?;
    let mut items = snapshot.of_life_event(&event.name);
    Snapshot::nearest_first(
        &mut items,
        region.as_ref().map(|region| region.code.as_str()),
    );
    let others = topics
        .life_events
        .iter()
        .filter(|other| !snapshot.of_life_event(&other.name).is_empty())
        .map(|other| {
            (
                links::life_event(&other.key),
                other.name.clone(),
                other.key == key,
            )
        })
        .collect();
    let browse = Browse {
        lead: lead(&page, items.len(), ""),
        rows: items
            .iter()
            .take(ROWS_MAX)
            .map(|brief| Row::of(&page, &snapshot, brief))
            .collect(),
        region: region.map(|region| region.name.clone()),
        switch: true,
        chinese_title: false,
        others_title: "其他人生事件",
        others,
        more: None,
        page,
    };
    Ok(web::render(&visit, browse))
}

pub(super) async fn department(
    visit: Visit,
    State(doors): State<Doors>,
    Path(key): Path<String>,
) -> web::Result<Response> {
    let snapshot = doors.catalog.snapshot();
    let org = snapshot
        .org_by_key(&key)
        .ok_or_else(|| Problem::not_found("没有找到这个部门，请从部门列表重新选择"))?;
    let page = visit
        .page(&org.name)
        .with_nav("departments")
        .with_crumb(visit_text(&visit, "首页"), "/")
        .with_crumb(visit_text(&visit, "按部门找"), "/browse/departments");
    let items = snapshot.of_org(org.id);
    let phone = if org.phone.is_empty() {
        String::new()
    } else {
        format!("{} {}", page.t("咨询电话"), org.phone)
    };
    let browse = Browse {
        lead: lead(&page, items.len(), &phone),
        rows: items
            .iter()
            .take(ROWS_MAX)
            .map(|brief| Row::of(&page, &snapshot, brief))
            .collect(),
        region: None,
        switch: false,
        chinese_title: true,
        others_title: "",
        others: Vec::new(),
        more: (items.len() > ROWS_MAX).then(|| links::search(&[("dept", &key)])),
        page,
    };
    Ok(web::render(&visit, browse))
}

/// Address, name, number of items.
type BodyLink = (String, String, usize);

#[derive(Template)]
#[template(path = "catalog/departments.html")]
struct Departments {
    page: Page,
    /// Regions in order, each with its bodies.
    regions: Vec<(String, Vec<BodyLink>)>,
}

pub(super) async fn departments(
    visit: Visit,
    State(doors): State<Doors>,
    chosen: Chosen,
) -> web::Result<Response> {
    let region = chosen.region(&doors).await?;
    let snapshot = doors.catalog.snapshot();
    let orgs = snapshot.orgs_with_items();
    let codes: Vec<String> = {
        let mut codes: Vec<String> = orgs.iter().map(|(org, _)| org.region.clone()).collect();
        codes.dedup();
        if let Some(region) = &region {
            codes.sort_by_key(|code| !casework::actor::covers(code, &region.code));
        }
        codes
    };
    let names: Vec<Option<String>> = doors
        .app
        .db
        .read({
            let codes = codes.clone();
            move |tx| {
                codes
                    .iter()
                    .map(|code| people::regions::name(tx, code))
                    .collect::<Result<Vec<_>, _>>()
            }
        })
        .await?;
    let mut regions: Vec<(String, Vec<BodyLink>)> = Vec::new();
    for (code, name) in codes.iter().zip(names) {
        let bodies = orgs
            .iter()
            .filter(|(org, _)| org.region == *code)
            .map(|(org, count)| (links::department(&org.key), org.name.clone(), *count))
            .collect();
        regions.push((name.unwrap_or_else(|| code.clone()), bodies));
    }
    let page = visit
        .page("按部门找")
        .with_nav("departments")
        .with_crumb(visit_text(&visit, "首页"), "/");
    Ok(web::render(&visit, Departments { page, regions }))
}

fn page(visit: &Visit, title: &str, audience: Audience) -> Page {
    visit
        .page(title)
        .with_nav(audience.word())
        .with_crumb(visit_text(visit, "首页"), "/")
        .with_crumb(
            visit_text(visit, audience.label()),
            links::search(&[("audience", audience.word())]),
        )
}

fn visit_text(visit: &Visit, zh: &str) -> String {
    ui::i18n::translate(visit.lang, zh).to_owned()
}

fn lead(page: &Page, count: usize, note: &str) -> String {
    let counted = page.t1("共{n}项", "n", count);
    if note.is_empty() {
        counted
    } else {
        format!("{}　{counted}", page.t(note))
    }
}
