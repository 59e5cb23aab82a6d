//! The rules of uniformity and the catch-alls, for administrators to change.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use casework::{Actor, Permission, Scope};
use serde::Deserialize;
use store::Tx;
use ui::Page;
use web::{Answer, Form, Idempotency, Problem, Query, Visit};

use super::{PATH, org_options, page};
use crate::checks::Wording;
use crate::pages::Doors;
use crate::pages::admin::desk::editor;
use crate::store as records;
use crate::uniform::{FIELDS, RULES_MAX, Rule};

const HERE: &str = "/admin/catalog/checks/rules";

/// Whether this actor sets what holds for the whole deployment.
pub(crate) fn may_set(actor: &Actor, region: &str) -> bool {
    actor.may(Permission::Administer, &Scope { region, org: None })
}

pub(crate) fn only_administrators() -> Problem {
    Problem::not_allowed("规则由本地区的系统管理员维护")
}

/// Puts a rule in the place of the one with its key, or after all others.
pub(crate) fn put_rule(rules: &mut Vec<Rule>, rule: Rule) -> web::Result<()> {
    if let Some(known) = rules.iter_mut().find(|known| known.key == rule.key) {
        *known = rule;
        return Ok(());
    }
    if rules.len() >= RULES_MAX {
        return Err(Problem::invalid(
            "key",
            format!("最多{RULES_MAX}条规则，请先删去不用的"),
        ));
    }
    rules.push(rule);
    Ok(())
}

/// Whether a rule may be kept.
pub(crate) fn sound(doors: &Doors, rule: &Rule) -> web::Result<()> {
    let mut problems = rule.problems();
    let snapshot = doors.catalog.snapshot();
    if !rule.benchmark.is_empty() && snapshot.org_by_key(&rule.benchmark).is_none() {
        problems.push(("benchmark", "没有这个机构代码".to_owned()));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid_fields(problems))
    }
}

/// Changes the rules in a transaction.
pub(crate) fn change_rules(
    tx: &mut Tx<'_>,
    by: &str,
    now: jiff::Timestamp,
    change: impl Fn(&mut Vec<Rule>) -> web::Result<()>,
) -> web::Result<()> {
    let mut rules = records::uniformity(tx)?;
    change(&mut rules)?;
    Ok(records::set_uniformity(tx, &rules, by, now)?)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Key of the rule to change; `new` for another one.
    key: String,
}

#[derive(Template)]
#[template(path = "admin/catalog_check_rules.html")]
struct Settings {
    page: Page,
    request_key: String,
    may_set: bool,
    rules: Vec<Line>,
    /// The rule in the form.
    form: Option<RuleForm>,
    fields: Vec<(String, String)>,
    orgs: Vec<(String, String)>,
    words: String,
    allowed: String,
    errors: Vec<(String, String)>,
}

struct Line {
    rule: Rule,
    elements: String,
    benchmark: String,
}

/// A rule as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RuleForm {
    key: String,
    name: String,
    region: String,
    fields: Vec<String>,
    benchmark: String,
    off: String,
    /// `delete` takes the rule away.
    act: String,
}

impl RuleForm {
    fn of(rule: &Rule) -> RuleForm {
        RuleForm {
            key: rule.key.clone(),
            name: rule.name.clone(),
            region: rule.region.clone(),
            fields: rule.fields.clone(),
            benchmark: rule.benchmark.clone(),
            off: if rule.off { "1" } else { "" }.to_owned(),
            act: String::new(),
        }
    }

    fn read(&self) -> Rule {
        Rule {
            key: base::text::single_line(&self.key),
            name: base::text::single_line(&self.name),
            region: base::text::normalise_code(&self.region),
            fields: self.fields.clone(),
            benchmark: self.benchmark.trim().to_owned(),
            off: !self.off.is_empty(),
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WordingForm {
    words: String,
    allowed: String,
}

pub(super) async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let mut page = settings(&visit, &doors).await?;
    page.form = match asked.key.as_str() {
        "" => None,
        "new" => Some(RuleForm::default()),
        key => page
            .rules
            .iter()
            .find(|line| line.rule.key == key)
            .map(|line| RuleForm::of(&line.rule)),
    };
    Ok(web::render(&visit, page))
}

async fn settings(visit: &Visit, doors: &Doors) -> web::Result<Settings> {
    let actor = editor(visit)?;
    let snapshot = doors.catalog.snapshot();
    let (rules, wording) = doors
        .app
        .db
        .read(|tx| Ok::<_, store::Error>((records::uniformity(tx)?, records::wording(tx)?)))
        .await?;
    Ok(Settings {
        page: page(visit, "核对规则").with_crumb("事项核对", PATH),
        request_key: visit.new_request_key(),
        may_set: may_set(actor, &doors.app.config.region),
        rules: rules
            .into_iter()
            .map(|rule| Line {
                elements: rule
                    .elements()
                    .map(|field| field.label)
                    .collect::<Vec<_>>()
                    .join("、"),
                benchmark: match snapshot.org_by_key(&rule.benchmark) {
                    Some(org) => org.name.clone(),
                    None => "以多数为准".to_owned(),
                },
                rule,
            })
            .collect(),
        form: None,
        fields: FIELDS
            .iter()
            .map(|field| (field.name.to_owned(), field.label.to_owned()))
            .collect(),
        orgs: org_options(&snapshot, "不指定，以多数为准"),
        words: wording.words.join("\n"),
        allowed: wording.allowed.join("\n"),
        errors: Vec::new(),
    })
}

pub(super) async fn set_rule(
    visit: Visit,
    State(doors): State<Doors>,
    Form(form): Form<RuleForm>,
) -> web::Result<Response> {
    let rule = form.read();
    let kept = form.clone();
    let deletes = form.act == "delete";
    let checked = if deletes {
        Ok(())
    } else {
        sound(&doors, &rule)
    };
    let done = match checked {
        Err(problem) => Err(problem),
        Ok(()) => {
            set(&visit, &doors, move |tx, by, now| {
                change_rules(tx, by, now, |rules| {
                    if deletes {
                        rules.retain(|known| known.key != rule.key);
                        Ok(())
                    } else {
                        put_rule(rules, rule.clone())
                    }
                })
            })
            .await
        }
    };
    answer(&visit, &doors, done, |page| page.form = Some(kept)).await
}

pub(super) async fn set_wording(
    visit: Visit,
    State(doors): State<Doors>,
    Form(form): Form<WordingForm>,
) -> web::Result<Response> {
    let lines = |text: &str| text.lines().map(str::to_owned).collect();
    let wording = Wording {
        words: lines(&form.words),
        allowed: lines(&form.allowed),
    }
    .tidied();
    let problems = wording.problems();
    let done = if problems.is_empty() {
        set(&visit, &doors, move |tx, by, now| {
            Ok(records::set_wording(tx, &wording, by, now)?)
        })
        .await
    } else {
        Err(Problem::invalid_fields(problems))
    };
    answer(&visit, &doors, done, |page| {
        page.words = form.words;
        page.allowed = form.allowed;
    })
    .await
}

/// Sets something once, as an administrator of the deployment.
async fn set<F>(visit: &Visit, doors: &Doors, change: F) -> web::Result<Answer>
where
    F: Fn(&mut Tx<'_>, &str, jiff::Timestamp) -> web::Result<()> + Send + 'static,
{
    let key = Idempotency::of_form(visit)?;
    let actor = editor(visit)?.clone();
    if !may_set(&actor, &doors.app.config.region) {
        return Err(only_administrators());
    }
    let now = doors.app.now();
    web::once(visit, &key, move |tx| -> web::Result<Answer> {
        change(tx, actor.name(), now)?;
        Ok(Answer::see(HERE))
    })
    .await
}

/// Leads on, or shows the form again with what was typed.
async fn answer(
    visit: &Visit,
    doors: &Doors,
    done: web::Result<Answer>,
    keep: impl FnOnce(&mut Settings),
) -> web::Result<Response> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let mut page = settings(visit, doors).await?;
            page.page = page.page.with_error();
            page.errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), field.message.clone()))
                .collect();
            keep(&mut page);
            Ok(web::render_with(
                visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
        Err(problem) => Err(problem),
    }
}
