//! 情形导办 at the editors' desk: questions, options, conditions and outcomes of a draft, what the check finds, a
//! picture of the whole, and the way through a spreadsheet.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use ui::Page;
use web::sniff::Media;
use web::upload::Rules;
use web::{Access, Fields, Form, Multipart, Path, Problem, Routes, Visit};

use super::desk::{May, act, draft_href};
use super::{XLSX, attachment};
use crate::app::drafting;
use crate::guided::{self, Guide, Report, sheet};
use crate::model::{Choice, Item, Limit, Outcome, Question, QuestionKind, Situation};
use crate::pages::Doors;
use crate::store as records;
use crate::store::{Draft, DraftId, DraftState};

const PATH: &str = "/admin/catalog/drafts/{draft_id}/situation";
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// A guide as a spreadsheet is small.
const RULES: Rules = Rules {
    allowed: &[Media::Xlsx],
    bytes_max: Some(FILE_BYTES_MAX),
    files_max: Some(1),
};
/// Simple rows 问题=答案 of one condition.
const ROWS: usize = 3;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(PATH, Access::Staff, get)
        .post(PATH, Access::Staff, post)
        .get(
            "/admin/catalog/drafts/{draft_id}/situation/sheet",
            Access::Staff,
            export,
        )
        .post(
            "/admin/catalog/drafts/{draft_id}/situation/sheet",
            Access::Staff,
            import,
        )
}

#[derive(Template)]
#[template(path = "admin/situation.html")]
struct Editor {
    page: Page,
    draft: Draft,
    back: String,
    address: String,
    request_key: String,
    writes: bool,
    report: Report,
    /// Drawn where the conditions can be read.
    picture: String,
    questions: Vec<QuestionRow>,
    outcomes: Vec<OutcomeRow>,
    kinds: Vec<&'static str>,
    units: Vec<&'static str>,
    handling_items: Vec<(String, String)>,
}

struct QuestionRow {
    question: Question,
    kind: &'static str,
    options: String,
    steps: String,
    condition: Condition,
    findings: Vec<String>,
}

struct OutcomeRow {
    outcome: Outcome,
    condition: Condition,
    /// Key, name, chosen.
    materials: Vec<(String, String, bool)>,
    without: Vec<(String, String, bool)>,
    pages: Vec<(String, String, bool)>,
    limit: String,
    unit: &'static str,
    visits: String,
    findings: Vec<String>,
}

/// A condition as rows 问题=答案 that must all hold, and what is written beside them.
struct Condition {
    /// CEL and words of every row that can be chosen.
    offered: Vec<(String, String)>,
    rows: Vec<String>,
    free: String,
}

impl Condition {
    /// Takes a condition apart where all of it is joined by `&&`.
    fn of(before: &[Question], when: &str) -> Condition {
        let offered = offered(before);
        let whole = ["||", "(", "?"].iter().any(|sign| when.contains(sign));
        let parts: Vec<&str> = if whole || when.trim().is_empty() {
            Vec::new()
        } else {
            when.split("&&").map(str::trim).collect()
        };
        let known = |part: &&str| offered.iter().any(|(cel, _)| cel == part);
        let mut rows: Vec<String> = Vec::new();
        let mut free: Vec<&str> = Vec::new();
        for part in parts {
            if known(&part) && rows.len() < ROWS {
                rows.push(part.to_owned());
            } else {
                free.push(part);
            }
        }
        rows.resize(ROWS, String::new());
        Condition {
            free: if whole {
                when.to_owned()
            } else {
                free.join(" && ")
            },
            offered,
            rows,
        }
    }
}

/// Every simple condition on the questions before.
fn offered(before: &[Question]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for question in before {
        let (key, text) = (&question.key, &question.text);
        let answers = question.options.iter();
        match question.kind {
            QuestionKind::Choice => found.extend(answers.map(|option| {
                let cel = format!("{key} == \"{}\"", option.value);
                (cel, format!("{text} = {}", option.label))
            })),
            QuestionKind::Choices => found.extend(answers.map(|option| {
                let cel = format!("\"{}\" in {key}", option.value);
                (cel, format!("{text} 选了{}", option.label))
            })),
            QuestionKind::YesNo => {
                found.push((key.clone(), format!("{text} = 是")));
                found.push((format!("!{key}"), format!("{text} = 否")));
            }
            QuestionKind::Number => {}
        }
    }
    found
}

async fn load(visit: &Visit, doors: &Doors, draft_id: DraftId) -> web::Result<Draft> {
    let actor = visit.actor()?.clone();
    doors
        .app
        .db
        .read(move |tx| -> web::Result<Draft> {
            Ok(records::draft(tx, draft_id)?
                .filter(|draft| {
                    let may = May::of(&actor, draft);
                    may.write || may.review
                })
                .ok_or(drafting::Error::NotFound)?)
        })
        .await
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
) -> web::Result<Response> {
    let draft = load(&visit, &doors, draft_id).await?;
    let may = May::of(visit.actor()?, &draft);
    let item = &draft.body;
    let situation = &item.situation;
    let report = guided::check(situation, item);
    let picture = Guide::compile(situation, item)
        .map(|guide| guide.picture(&format!("{}的情形导办", item.name)))
        .unwrap_or_default();
    let (kinds, units) = sheet::words();
    let body = Editor {
        page: visit
            .page("情形导办")
            .with_nav("drafts")
            .with_crumb("事项编制", "/admin/catalog/drafts")
            .with_crumb(item.name.clone(), draft_href(draft_id)),
        back: draft_href(draft_id),
        address: address(draft_id),
        request_key: visit.new_request_key(),
        writes: may.write && draft.state == DraftState::Editing,
        questions: question_rows(situation, &report),
        outcomes: outcome_rows(item, &report),
        handling_items: item
            .handling_items
            .iter()
            .map(|handling| (handling.suffix.clone(), handling.name.clone()))
            .collect(),
        picture,
        report,
        kinds,
        units,
        draft,
    };
    Ok(web::render(&visit, body))
}

fn address(draft_id: DraftId) -> String {
    format!("{}/situation", draft_href(draft_id))
}

fn found_at(report: &Report, list: &str, at: usize) -> Vec<String> {
    let place = format!("situation.{list}[{at}].");
    let findings = report.findings.iter();
    findings
        .filter(|finding| finding.field.starts_with(&place))
        .map(|finding| finding.message.clone())
        .collect()
}

fn question_rows(situation: &Situation, report: &Report) -> Vec<QuestionRow> {
    let questions = situation.questions.iter().enumerate();
    questions
        .map(|(at, question)| QuestionRow {
            kind: sheet::kind_word(question.kind),
            options: options_out(&question.options),
            steps: joined(question.steps.iter().map(ToString::to_string)),
            condition: Condition::of(&situation.questions[..at], &question.when),
            findings: found_at(report, "questions", at),
            question: question.clone(),
        })
        .collect()
}

fn outcome_rows(item: &Item, report: &Report) -> Vec<OutcomeRow> {
    let outcomes = item.situation.outcomes.iter().enumerate();
    outcomes
        .map(|(at, outcome)| {
            let materials = |chosen: &[String]| {
                let all = item.materials.iter();
                all.map(|material| {
                    let (key, name) = (material.key.clone(), material.name.clone());
                    let ticked = chosen.contains(&key);
                    (key, name, ticked)
                })
                .collect()
            };
            let pages = item.form.pages.iter();
            OutcomeRow {
                condition: Condition::of(&item.situation.questions, &outcome.when),
                materials: materials(&outcome.materials),
                without: materials(&outcome.without),
                pages: pages
                    .map(|page| {
                        let ticked = outcome.pages.contains(&page.key);
                        (page.key.clone(), page.title.clone(), ticked)
                    })
                    .collect(),
                limit: outcome
                    .promised_limit
                    .as_ref()
                    .map_or_else(String::new, |limit| limit.n.to_string()),
                unit: outcome
                    .promised_limit
                    .as_ref()
                    .map_or("工作日", |limit| sheet::unit_word(limit.unit)),
                visits: outcome
                    .visit_count
                    .map_or_else(String::new, |count| count.to_string()),
                findings: found_at(report, "outcomes", at),
                outcome: outcome.clone(),
            }
        })
        .collect()
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

/// One option a line: value | words | hint.
fn options_out(options: &[Choice]) -> String {
    let lines = options.iter().map(|option| {
        if option.hint.is_empty() {
            format!("{}|{}", option.value, option.label)
        } else {
            format!("{}|{}|{}", option.value, option.label, option.hint)
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn options_in(text: &str) -> Vec<Choice> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut parts = line.splitn(3, '|').map(|part| part.trim().to_owned());
            let value = parts.next().unwrap_or_default();
            let label = parts.next().unwrap_or_else(|| value.clone());
            Choice {
                hint: parts.next().unwrap_or_default(),
                value,
                label,
            }
        })
        .collect()
}

/// What the form says.
fn read(fields: &Fields) -> web::Result<Situation> {
    let count = |name: &str| {
        let sent = fields.get(name).and_then(|text| text.parse::<usize>().ok());
        sent.unwrap_or(0).min(guided::OUTCOMES_MAX)
    };
    let mut situation = Situation::default();
    for at in 0..count("questions") {
        let text = |member: &str| text(fields, "question", at, member);
        let mut steps = Vec::new();
        for step in text("steps").split_whitespace() {
            steps.push(step.parse().map_err(|_| {
                Problem::invalid(format!("question-{at}-steps"), "分界应为整数，用空格隔开")
            })?);
        }
        situation.questions.push(Question {
            key: text("key"),
            text: text("text"),
            hint: text("hint"),
            kind: sheet::kind_of(&text("kind")).unwrap_or_default(),
            options: options_in(
                fields
                    .get(&format!("question-{at}-options"))
                    .unwrap_or_default(),
            ),
            steps,
            when: condition(fields, "question", at),
        });
    }
    for at in 0..count("outcomes") {
        situation.outcomes.push(outcome(fields, at)?);
    }
    Ok(situation)
}

fn outcome(fields: &Fields, at: usize) -> web::Result<Outcome> {
    let text = |member: &str| text(fields, "outcome", at, member);
    let several = |member: &str| -> Vec<String> {
        let name = format!("outcome-{at}-{member}");
        let chosen: Vec<String> = fields.all(&name).map(str::to_owned).collect();
        chosen
    };
    let whole = |member: &str| -> web::Result<Option<u32>> {
        let typed = text(member);
        if typed.is_empty() {
            return Ok(None);
        }
        typed
            .parse()
            .map(Some)
            .map_err(|_| Problem::invalid(format!("outcome-{at}-{member}"), "请填整数，或者空着"))
    };
    Ok(Outcome {
        key: text("key"),
        name: text("name"),
        when: condition(fields, "outcome", at),
        handling_item: text("handling"),
        materials: several("materials"),
        without: several("without"),
        pages: several("pages"),
        promised_limit: whole("limit")?.map(|n| Limit {
            n,
            unit: sheet::unit_of(&text("unit")).unwrap_or(calendar::Unit::WorkingDay),
            note: text("note"),
        }),
        visit_count: whole("visits")?.map(|count| u8::try_from(count).unwrap_or(u8::MAX)),
        route: text("route"),
        stop: text("stop"),
    })
}

fn text(fields: &Fields, whose: &str, at: usize, member: &str) -> String {
    let name = format!("{whose}-{at}-{member}");
    base::text::single_line(fields.get(&name).unwrap_or_default())
}

/// The chosen rows and what is written beside them, all of which must hold.
fn condition(fields: &Fields, whose: &str, at: usize) -> String {
    let name = format!("{whose}-{at}-row");
    let mut parts: Vec<String> = fields
        .all(&name)
        .filter(|row| !row.is_empty())
        .map(str::to_owned)
        .collect();
    let free = text(fields, whose, at, "when");
    if !free.is_empty() {
        let alone = parts.is_empty() || !free.contains("||") && !free.contains('?');
        parts.push(if alone { free } else { format!("({free})") });
    }
    parts.join(" && ")
}

/// The form's buttons: what is added, taken out or moved before saving.
fn change(situation: &mut Situation, action: &str) {
    let (what, at) = action.split_once(':').unwrap_or((action, ""));
    let at: usize = at.parse().unwrap_or(usize::MAX);
    match what {
        "add-question" => situation.questions.push(Question {
            key: free_key(
                "q",
                situation.questions.iter().map(|question| &question.key),
            ),
            kind: QuestionKind::YesNo,
            ..Question::default()
        }),
        "add-outcome" => situation.outcomes.push(Outcome {
            key: free_key("r", situation.outcomes.iter().map(|outcome| &outcome.key)),
            ..Outcome::default()
        }),
        "remove-question" if at < situation.questions.len() => {
            situation.questions.remove(at);
        }
        "remove-outcome" if at < situation.outcomes.len() => {
            situation.outcomes.remove(at);
        }
        "up-question" if (1..situation.questions.len()).contains(&at) => {
            situation.questions.swap(at - 1, at);
        }
        _ => {}
    }
}

/// The first of q1, q2, … that nobody has.
fn free_key<'a>(letter: &str, taken: impl Iterator<Item = &'a String>) -> String {
    let taken: Vec<&String> = taken.collect();
    let mut keys = (1..=taken.len() + 1).map(|n| format!("{letter}{n}"));
    keys.find(|key| !taken.contains(&key)).unwrap_or_default()
}

async fn post(
    visit: Visit,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let mut situation = read(&fields)?;
    let action = fields.get("action").unwrap_or_default();
    change(&mut situation, action);
    let anchor = match action {
        "add-question" => format!("#question-{}", situation.questions.len() - 1),
        "add-outcome" => format!("#outcome-{}", situation.outcomes.len() - 1),
        _ => String::new(),
    };
    save(&visit, &doors, draft_id, &fields, situation, &anchor).await
}

/// Saves the guide into the draft as it stood when the page was made.
async fn save(
    visit: &Visit,
    doors: &Doors,
    draft_id: DraftId,
    fields: &Fields,
    situation: Situation,
    anchor: &str,
) -> web::Result<Response> {
    let seen: i64 = fields
        .get("revision")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::bad_request("revision_missing", "请从草稿页面重新打开"))?;
    let (actor, now) = (visit.actor()?.clone(), visit.app.now());
    let to = format!("{}{anchor}", address(draft_id));
    act(visit, doors, move |tx| {
        let body = records::body_at(tx, draft_id, seen)?.ok_or(drafting::Error::NotFound)?;
        let body = Item {
            situation: situation.clone(),
            ..body
        };
        let chosen = std::collections::BTreeMap::new();
        drafting::save(tx, &actor, draft_id, seen, &body, &chosen, now)?;
        Ok(to.clone())
    })
    .await
}

async fn export(
    visit: Visit,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
) -> web::Result<Response> {
    let draft = load(&visit, &doors, draft_id).await?;
    let content = sheet::write(&draft.body.situation)
        .map_err(|error| Problem::internal(format_args!("guide as a spreadsheet: {error}")))?;
    Ok(attachment(
        &format!("情形导办-{}.xlsx", draft.body.name),
        XLSX,
        content,
    ))
}

async fn import(
    visit: Visit,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    parts: Multipart,
) -> web::Result<Response> {
    // Whoever may not see the draft is told so before their file is read.
    load(&visit, &doors, draft_id).await?;
    let received = parts.receive(&RULES).await?;
    let file = received
        .files
        .first()
        .ok_or_else(|| Problem::invalid("file", "请选择要导入的文件"))?;
    let content = doors
        .app
        .objects
        .read(&file.digest, FILE_BYTES_MAX)
        .await?
        .ok_or_else(|| Problem::invalid("file", "文件没有传完，请再传一次"))?;
    let situation = sheet::read(&content).map_err(|wrong| {
        Problem::invalid_fields(
            wrong
                .into_iter()
                .map(|message| ("file".to_owned(), message)),
        )
    })?;
    save(&visit, &doors, draft_id, &received.fields, situation, "").await
}
