//! `/staff/smart/rules/…`: versions of a rule set, the editor with its test bench, the second person's word.

use std::collections::BTreeMap;

use ::web::{Fields, Form, Idempotency, Path, Problem, Visit, once};
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use casework::Permission;
use jiff::Timestamp;
use serde::Deserialize;

use super::editor::{self, Choices, FactRow, Rows, RuleRow, Wrong};
use super::fact_row;
use super::runs::rule_rows;
use crate::desk;
use crate::error::Error;
use crate::evaluate::{self, Evaluation};
use crate::model::{Inputs, RuleSet};
use crate::rules::{Compiled, FACTS_MAX, RULES_MAX};
use crate::state::Smart;
use crate::store as records;
use crate::store::sets::{State as SetState, Stored};

#[derive(Template)]
#[template(path = "smart/rules.html")]
struct RulesPage {
    page: ui::Page,
    base_code: String,
    name: String,
    shown: Option<Stored>,
    draft: Option<Stored>,
    versions: Vec<Stored>,
    may_compile: bool,
    may_review: bool,
    /// What the form holds, row by row.
    rows: Rows,
    /// Facts that a rule looks at, by its key; empty while the rules cannot be read.
    uses: BTreeMap<String, Vec<String>>,
    choices: Choices,
    /// JSON to be taken over into the rows.
    import: String,
    why: String,
    inputs: String,
    errors: Vec<(String, String)>,
    request_key: String,
    tried: Option<Tried>,
}

impl RulesPage {
    /// Facts that a rule looks at, for reading.
    fn used(&self, rule: &str) -> String {
        self.uses
            .get(rule)
            .map(|keys| keys.join("、"))
            .unwrap_or_default()
    }

    /// Whether something is wrong in a row; it is shown open then.
    fn is_wrong(&self, head: &str, at: impl std::fmt::Display) -> bool {
        let head = format!("{head}{at}-");
        self.errors.iter().any(|(id, _)| id.starts_with(&head))
    }

    /// Id of a control of a row.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn id(&self, head: &str, at: impl std::fmt::Display, name: &str) -> String {
        format!("{head}{at}-{name}")
    }
}

struct Tried {
    outcome: &'static str,
    tone: &'static str,
    rules: Vec<super::runs::RuleRow>,
    facts: Vec<super::FactRow>,
    reasons: Vec<String>,
}

/// What the editor holds.
#[derive(Clone, Debug, Default)]
struct Typed {
    rows: Option<Rows>,
    import: String,
    why: String,
    inputs: Option<String>,
    /// A row more of facts, of rules.
    more: (bool, bool),
}

impl Typed {
    fn of(fields: &Fields) -> Typed {
        let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
        Typed {
            rows: Some(Rows::read(fields)),
            import: text("import"),
            why: text("why"),
            inputs: Some(text("inputs")),
            more: (false, false),
        }
    }
}

pub(super) async fn get(
    visit: Visit,
    State(smart): State<Smart>,
    Path(base_code): Path<String>,
) -> ::web::Result<Response> {
    page(
        &visit,
        &smart,
        &base_code,
        Typed::default(),
        Vec::new(),
        None,
    )
    .await
}

async fn page(
    visit: &Visit,
    smart: &Smart,
    base_code: &str,
    typed: Typed,
    errors: Vec<(String, String)>,
    tried: Option<Tried>,
) -> ::web::Result<Response> {
    let actor = visit.actor()?.clone();
    let code = base_code.to_owned();
    let versions = smart
        .app
        .db
        .read(move |tx| records::sets::versions(tx, &code))
        .await?;
    if versions.is_empty() {
        return Err(Problem::not_found("没有找到这个事项的规则"));
    }
    let shown = versions
        .iter()
        .find(|version| version.state == SetState::Published)
        .or(versions.first())
        .cloned();
    let draft = versions
        .iter()
        .find(|version| version.state == SetState::Draft)
        .cloned();
    let latest = draft.as_ref().or(shown.as_ref());
    let mut rows = typed
        .rows
        .unwrap_or_else(|| latest.map_or_else(Rows::default, |stored| Rows::of(&stored.set)));
    if typed.more.0 && rows.facts.len() < FACTS_MAX {
        rows.facts.push(FactRow::default());
    }
    if typed.more.1 && rows.rules.len() < RULES_MAX {
        rows.rules.push(RuleRow::default());
    }
    let uses = rows
        .set(base_code)
        .ok()
        .and_then(|set| Compiled::new(set, &known_sources(smart)).ok())
        .map(|compiled| {
            let rules = compiled.set.rules.iter().enumerate();
            rules
                .map(|(at, rule)| (rule.key.clone(), compiled.facts_of(at)))
                .collect()
        })
        .unwrap_or_default();
    let inputs = typed
        .inputs
        .unwrap_or_else(|| example(latest.map(|stored| &stored.set), smart.app.now()));
    let failed = !errors.is_empty();
    let page = visit
        .page("规则")
        .with_nav("smart")
        .with_crumb("智能审批", "/staff/smart");
    let template = RulesPage {
        page: if failed { page.with_error() } else { page },
        base_code: base_code.to_owned(),
        name: latest.map_or_else(String::new, |stored| stored.set.name.clone()),
        shown,
        draft,
        versions,
        may_compile: actor.may_somewhere(Permission::Compile),
        may_review: actor.may_somewhere(Permission::Review),
        rows,
        uses,
        choices: Choices::new(),
        import: typed.import,
        why: typed.why,
        inputs,
        errors,
        request_key: visit.new_request_key(),
        tried,
    };
    let status = if failed {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(::web::render_with(visit, status, template))
}

/// Inputs with every place to fill in, for the test bench.
fn example(set: Option<&RuleSet>, now: Timestamp) -> String {
    use crate::model::Origin;
    let Some(set) = set else {
        return String::new();
    };
    let mut form = serde_json::Map::new();
    let mut told: BTreeMap<(String, String), serde_json::Map<String, serde_json::Value>> =
        std::collections::BTreeMap::new();
    let mut materials = serde_json::Map::new();
    for fact in &set.facts {
        for origin in &fact.from {
            match origin {
                Origin::Form { field } => {
                    form.insert(field.clone(), blank(fact.kind));
                }
                Origin::Material { key } => {
                    materials.insert(key.clone(), true.into());
                }
                Origin::Source { source, field, .. } => {
                    told.entry((source.clone(), "applicant".to_owned()))
                        .or_default()
                        .insert(field.clone(), blank(fact.kind));
                }
                _ => {}
            }
        }
    }
    let told: Vec<serde_json::Value> = told
        .into_iter()
        .map(|((source, about), fields)| {
            serde_json::json!({
                "source": source,
                "source_name": source,
                "trust": "a",
                "about": about,
                "fetched_at": now,
                "answer": { "Ok": [{ "fields": fields, "observed_at": now }] },
            })
        })
        .collect();
    let inputs = serde_json::json!({
        "at": now,
        "region": "990102",
        "applicant": { "kind": "person", "name": "", "id_number": "", "region": "" },
        "form": form,
        "materials": materials,
        "told": told,
    });
    serde_json::to_string_pretty(&inputs).expect("inputs are plain data")
}

fn blank(kind: crate::model::Kind) -> serde_json::Value {
    use crate::model::Kind;
    match kind {
        Kind::Bool => true.into(),
        Kind::Int => 0.into(),
        Kind::Text => "".into(),
        Kind::Date => "2000-01-01".into(),
        Kind::Texts => serde_json::json!([]),
    }
}

/// Reads the text of the editor; what is wrong names the place.
pub(crate) fn read_set(base_code: &str, body: &str) -> Result<RuleSet, (String, String)> {
    let set: RuleSet = base::json::read(body.as_bytes())
        .map_err(|error| ("body".to_owned(), format!("规则的写法不对：{error}")))?;
    if set.base_code == base_code {
        Ok(set)
    } else {
        Err((
            "body".to_owned(),
            format!("base_code应为{base_code}，另一个事项的规则请到那个事项起草"),
        ))
    }
}

/// Sources that rules may name.
fn known_sources(smart: &Smart) -> BTreeMap<String, crate::model::Source> {
    smart
        .known()
        .sources
        .iter()
        .map(|(key, source)| (key.clone(), source.as_ref().clone()))
        .collect()
}

/// The rule set of the rows, read and found sound; what is wrong stands at its row.
fn sound(smart: &Smart, base_code: &str, rows: &Rows) -> Result<Compiled, Vec<Wrong>> {
    let set = rows.set(base_code)?;
    Compiled::new(set, &known_sources(smart))
        .map_err(|findings| findings.iter().map(editor::place).collect())
}

pub(super) async fn draft(
    visit: Visit,
    State(smart): State<Smart>,
    Path(base_code): Path<String>,
    Form(fields): Form<Fields>,
) -> ::web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let typed = Typed::of(&fields);
    let rows = typed.rows.clone().unwrap_or_default();
    let set = match sound(&smart, &base_code, &rows) {
        Ok(compiled) => compiled.set,
        Err(wrong) => return page(&visit, &smart, &base_code, typed, wrong, None).await,
    };
    let actor = visit.actor()?.clone();
    let now = smart.app.now();
    let id = smart.app.ids.next_uuid(now);
    let (why, code) = (typed.why.clone(), base_code.clone());
    let done = once(&visit, &key, move |tx| -> ::web::Result<::web::Answer> {
        desk::draft(tx, &actor, (id, now), &set, &why)?;
        Ok(::web::Answer::see(format!("/staff/smart/rules/{code}")))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() || problem.code == "draft_waiting" => {
            let field = if problem.field("note").is_some() {
                "why"
            } else {
                "set-name"
            };
            let errors = vec![(field.to_owned(), problem.detail)];
            page(&visit, &smart, &base_code, typed, errors, None).await
        }
        Err(problem) => Err(problem),
    }
}

/// Changes what the form holds, without keeping anything: a row more, or a rule set taken over from JSON.
pub(super) async fn rows(
    visit: Visit,
    State(smart): State<Smart>,
    Path(base_code): Path<String>,
    Form(fields): Form<Fields>,
) -> ::web::Result<Response> {
    let mut typed = Typed::of(&fields);
    match fields.get("op").unwrap_or_default() {
        "fact" => typed.more.0 = true,
        "rule" => typed.more.1 = true,
        "import" => match read_set(&base_code, &typed.import) {
            Ok(set) => {
                typed.rows = Some(Rows::of(&set));
                typed.import = String::new();
            }
            Err((_, message)) => {
                let wrong = vec![("import".to_owned(), message)];
                return page(&visit, &smart, &base_code, typed, wrong, None).await;
            }
        },
        _ => {}
    }
    page(&visit, &smart, &base_code, typed, Vec::new(), None).await
}

/// The version that is shown, as JSON to be kept or carried elsewhere.
pub(super) async fn export(
    visit: Visit,
    State(smart): State<Smart>,
    Path((base_code, version)): Path<(String, i64)>,
) -> ::web::Result<Response> {
    visit.staff()?;
    let code = base_code.clone();
    let stored = smart
        .app
        .db
        .read(move |tx| records::sets::version(tx, &code, version))
        .await?
        .ok_or_else(|| Problem::not_found("没有找到这一版规则"))?;
    let text = serde_json::to_string_pretty(&stored.set).expect("a rule set is plain data");
    let name = format!("attachment; filename=\"rules-{base_code}-{version}.json\"");
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}

pub(super) async fn trial(
    visit: Visit,
    State(smart): State<Smart>,
    Path(base_code): Path<String>,
    Form(fields): Form<Fields>,
) -> ::web::Result<Response> {
    let typed = Typed::of(&fields);
    let rows = typed.rows.clone().unwrap_or_default();
    let tried = sound(&smart, &base_code, &rows).and_then(|compiled| {
        let inputs = read_inputs(fields.get("inputs").unwrap_or_default())?;
        let evaluation = evaluate::evaluate(&compiled, &inputs);
        Ok((compiled.set, evaluation))
    });
    match tried {
        Ok((set, evaluation)) => {
            let tried = Tried {
                outcome: evaluation.verdict.outcome.label(),
                tone: super::runs::tone(evaluation.verdict.outcome),
                rules: rule_rows(&set, &evaluation.verdict.rules),
                facts: set
                    .facts
                    .iter()
                    .filter_map(|def| Some(fact_row(def, evaluation.facts.get(&def.key)?)))
                    .collect(),
                reasons: evaluation
                    .verdict
                    .reasons
                    .iter()
                    .map(|reason| reason.text.clone())
                    .collect(),
            };
            page(&visit, &smart, &base_code, typed, Vec::new(), Some(tried)).await
        }
        Err(wrong) => page(&visit, &smart, &base_code, typed, wrong, None).await,
    }
}

fn read_inputs(text: &str) -> Result<Inputs, Vec<Wrong>> {
    base::json::read(text.as_bytes())
        .map_err(|error| vec![("inputs".to_owned(), format!("试算数据的写法不对：{error}"))])
}

/// Evaluates a text of rules on a text of inputs; nothing is kept.
pub(crate) async fn tried(
    smart: &Smart,
    base_code: &str,
    body: &str,
    inputs: &str,
) -> Result<(RuleSet, Evaluation), Vec<(String, String)>> {
    let set = read_set(base_code, body).map_err(|wrong| vec![wrong])?;
    let inputs = read_inputs(inputs)?;
    let sources = known_sources(smart);
    let compiled = Compiled::new(set.clone(), &sources).map_err(|findings| {
        findings
            .into_iter()
            .map(|finding| ("body".to_owned(), finding.message))
            .collect::<Vec<_>>()
    })?;
    let evaluation = evaluate::evaluate(&compiled, &inputs);
    Ok((set, evaluation))
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ReviewForm {
    act: String,
    #[serde(default)]
    said: String,
}

pub(super) async fn review(
    visit: Visit,
    State(smart): State<Smart>,
    Path((base_code, version)): Path<(String, i64)>,
    Form(form): Form<ReviewForm>,
) -> ::web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let actor = visit.actor()?.clone();
    let publish = match form.act.as_str() {
        "publish" => true,
        "return" => false,
        _ => return Err(Error::invalid("act", "请选择发布或者退回").into()),
    };
    let now = smart.app.now();
    let id = smart.app.ids.next_uuid(now);
    let (code, said) = (base_code.clone(), form.said.clone());
    let done = once(&visit, &key, move |tx| -> ::web::Result<::web::Answer> {
        desk::review(tx, &actor, (id, now), (&code, version), publish, &said)?;
        Ok(::web::Answer::see(format!("/staff/smart/rules/{code}")))
    })
    .await;
    smart.refresh().await?;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let errors = vec![("said".to_owned(), problem.detail)];
            page(&visit, &smart, &base_code, Typed::default(), errors, None).await
        }
        Err(problem) => Err(problem),
    }
}
