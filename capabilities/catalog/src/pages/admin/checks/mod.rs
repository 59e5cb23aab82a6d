//! 核对: the looks over the list that were taken, taking another one, and what they found.

pub(crate) mod body;
mod report;
pub(crate) mod settings;
pub(crate) mod taking;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::ids::{ItemId, OrgId};
use serde::Deserialize;
use ui::Page;
use web::{Access, Answer, Form, Idempotency, Problem, Routes, Visit};

use super::desk::editor;
use crate::checks::standard;
use crate::pages::{Doors, links};
use crate::snapshot::Snapshot;
use crate::store as records;
use crate::store::{Found, Run, RunId, RunState};
use crate::uniform::{FIELDS, Rule};

pub(crate) const PATH: &str = "/admin/catalog/checks";
/// Looks that the page lists.
const RUNS_SHOWN: usize = 20;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(PATH, Access::Staff, overview)
        .post(PATH, Access::Staff, start)
        .get("/admin/catalog/checks/body", Access::Staff, body::get)
        .get("/admin/catalog/checks/rules", Access::Staff, settings::get)
        .post(
            "/admin/catalog/checks/rules",
            Access::Staff,
            settings::set_rule,
        )
        .post(
            "/admin/catalog/checks/wording",
            Access::Staff,
            settings::set_wording,
        )
        .get(
            "/admin/catalog/checks/runs/{run_id}",
            Access::Staff,
            report::get,
        )
        .get(
            "/admin/catalog/checks/runs/{run_id}/export",
            Access::Staff,
            report::export,
        )
}

/// The report of a look.
pub(crate) fn run_href(run_id: RunId) -> String {
    format!("{PATH}/runs/{run_id}")
}

/// Where an element of an item is put right.
pub(crate) fn edit_href(item_id: ItemId, path: &str) -> String {
    let element = path.split(['.', '[']).next().unwrap_or_default();
    format!("{}/edit#{element}", links::admin_item(item_id))
}

/// A page among the checks.
fn page(visit: &Visit, title: &str) -> Page {
    visit
        .page(title)
        .with_nav("catalog")
        .with_crumb("事项管理", "/admin/catalog")
}

/// What a rule is called.
fn rule_name(rules: &[Rule], key: &str) -> String {
    if let Some((rule, words)) = standard::RULES.iter().find(|(rule, _)| *rule == key) {
        return format!("{} {words}", rule.to_uppercase());
    }
    rules
        .iter()
        .find(|rule| rule.key == key)
        .map_or_else(|| key.to_owned(), |rule| rule.name.clone())
}

/// What an element is called.
fn field_name(field: &str) -> String {
    FIELDS.iter().find(|known| known.name == field).map_or_else(
        || crate::labels::field(field),
        |known| known.label.to_owned(),
    )
}

/// One finding in a table.
struct Row {
    item: String,
    item_href: String,
    org: String,
    rule: String,
    field: String,
    message: String,
    value: String,
    benchmark: String,
    benchmark_href: String,
    stops: bool,
    edit: String,
}

impl Row {
    fn of(snapshot: &Snapshot, rules: &[Rule], found: Found) -> Row {
        Row {
            item_href: links::admin_item(found.item_id),
            org: snapshot.org_name(found.org_id).to_owned(),
            rule: rule_name(rules, &found.rule),
            field: field_name(&found.field),
            edit: edit_href(found.item_id, &found.path),
            benchmark_href: found.benchmark_item.map(links::item).unwrap_or_default(),
            item: found.item_name,
            message: found.message,
            value: found.value,
            benchmark: found.benchmark,
            stops: found.stops,
        }
    }
}

#[derive(Template)]
#[template(path = "admin/catalog_checks.html")]
struct Overview {
    page: Page,
    request_key: String,
    /// (key, name) of bodies that have items.
    orgs: Vec<(String, String)>,
    running: Option<RunLine>,
    runs: Vec<RunLine>,
    /// The ten rules and the rules of uniformity in force.
    rules: Vec<(String, String)>,
}

struct RunLine {
    href: String,
    scope: String,
    run: Run,
}

impl RunLine {
    fn of(snapshot: &Snapshot, run: Run) -> RunLine {
        RunLine {
            href: run_href(run.run_id),
            scope: scope_name(snapshot, run.org_id),
            run,
        }
    }

    fn tag(&self) -> &'static str {
        match self.run.state {
            RunState::Running => "brand",
            RunState::Done => "green",
            RunState::Failed => "zhu",
        }
    }
}

fn scope_name(snapshot: &Snapshot, org_id: Option<OrgId>) -> String {
    org_id.map_or_else(
        || "全部事项".to_owned(),
        |org_id| snapshot.org_name(org_id).to_owned(),
    )
}

/// Bodies that have items, for a choice.
pub(crate) fn org_options(snapshot: &Snapshot, first: &str) -> Vec<(String, String)> {
    let mut options = vec![(String::new(), first.to_owned())];
    options.extend(
        snapshot
            .orgs_with_items()
            .into_iter()
            .map(|(org, count)| (org.key.clone(), format!("{}（{count}）", org.name))),
    );
    options
}

/// The body with this key; none for an empty key.
pub(crate) fn body_of(snapshot: &Snapshot, key: &str) -> web::Result<Option<OrgId>> {
    match key.trim() {
        "" => Ok(None),
        key => snapshot
            .org_by_key(key)
            .map(|org| Some(org.id))
            .ok_or_else(|| Problem::invalid("org", "没有这个机构代码")),
    }
}

async fn overview(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    editor(&visit)?;
    let snapshot = doors.catalog.snapshot();
    let now = doors.app.now();
    let (runs, rules) = doors
        .app
        .db
        .read(|tx| {
            Ok::<_, store::Error>((records::runs(tx, RUNS_SHOWN)?, records::uniformity(tx)?))
        })
        .await?;
    let running = runs
        .iter()
        .find(|run| taking::is_alive(run, now))
        .cloned()
        .map(|run| RunLine::of(&snapshot, run));
    let rules = standard::RULES
        .iter()
        .map(|(rule, words)| (rule.to_uppercase(), (*words).to_owned()))
        .chain(rules.iter().filter(|rule| !rule.off).map(|rule| {
            let elements: Vec<&str> = rule.elements().map(|field| field.label).collect();
            (rule.name.clone(), elements.join("、"))
        }))
        .collect();
    let overview = Overview {
        request_key: visit.new_request_key(),
        orgs: org_options(&snapshot, "全部事项"),
        running,
        runs: runs
            .into_iter()
            .map(|run| RunLine::of(&snapshot, run))
            .collect(),
        rules,
        page: page(&visit, "事项核对"),
    };
    Ok(web::render(&visit, overview))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StartForm {
    /// Key of a body; empty for all.
    org: String,
}

async fn start(
    visit: Visit,
    State(doors): State<Doors>,
    Form(form): Form<StartForm>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let actor = editor(&visit)?.clone();
    let org_id = body_of(&doors.catalog.snapshot(), &form.org)?;
    let answer = doors
        .take_a_look(&visit, &key, actor.name(), org_id, |run| {
            Answer::see(run_href(run.run_id))
        })
        .await?;
    Ok(answer.into_response())
}
