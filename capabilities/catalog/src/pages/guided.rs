//! 情形导办 for citizens: one question a page, then exactly what their situation needs.
//!
//! The answers stand in the address and nowhere else: going back is the browser's, nobody has to sign in, and the
//! address can be sent to whoever helps.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::ItemId;
use jiff::civil::Date;
use ui::Page;
use ui::fields::{Choice, Field};
use web::{Access, Fields, Path, Problem, Routes, Visit};

use super::guide::{self, MaterialView, Time};
use super::{Doors, links};
use crate::guided::{self, Answer, Answers, Guide, Misfit, Step};
use crate::model::{ItemState, Published, Question, QuestionKind};

/// Which question was just answered.
const ASKED: &str = "asked";
/// Which question to ask again.
const CHANGE: &str = "change";

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes.get("/items/{item_id}/situation", Access::Public, get)
}

#[derive(Template)]
#[template(path = "catalog/situation_question.html")]
struct Asking {
    page: Page,
    item: String,
    number: usize,
    back: String,
    action: String,
    field: Field,
    /// Name and value of every answer given before, and of what tells which question this is.
    carried: Vec<(String, String)>,
    errors: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "catalog/situation_result.html")]
struct Ending {
    page: Page,
    item: String,
    guide: String,
    told: Vec<Told>,
    again: String,
    /// Why the item does not help, and what to do instead; empty where it does.
    stop: String,
    handling: String,
    outcomes: Vec<String>,
    route: String,
    materials: Vec<MaterialView>,
    /// Materials the item asks for in other situations only.
    spared: usize,
    pages: Vec<String>,
    time: Time,
    due: Option<(Date, bool)>,
    visits: u8,
    apply: Option<String>,
}

struct Told {
    question: String,
    answer: String,
    change: String,
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
) -> web::Result<Response> {
    let none = || Problem::not_found("这个事项没有情形导办，请直接看办事指南");
    let published = doors.catalog.current(item_id).await?.ok_or_else(none)?;
    let guide = doors.catalog.guide(&published).ok_or_else(none)?;
    let fields = Fields::parse(visit.query().unwrap_or_default().as_bytes())
        .map_err(|malformed| Problem::bad_request("query_malformed", malformed.to_string()))?;
    let pairs: Vec<(String, String)> = fields
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let answers = guided::from_pairs(guide.questions(), &pairs);
    let progress = guide.progress(&answers);
    let named = |name: &str| {
        let key = fields.get(name)?;
        guide
            .questions()
            .iter()
            .position(|question| question.key == key)
    };
    let shown = Shown {
        doors: &doors,
        visit: &visit,
        published: &published,
        guide: &guide,
        answers: &answers,
        answered: &progress.answered,
    };
    if let Some(at) = named(CHANGE).filter(|at| progress.answered.contains(at)) {
        return Ok(shown.question(at, None));
    }
    Ok(match progress.step {
        Step::Ask(at) => {
            let sent = named(ASKED) == Some(at);
            let wrong = sent
                .then(|| misfit(&guide.questions()[at], &pairs))
                .flatten();
            shown.question(at, wrong)
        }
        Step::Stop(_) | Step::Done(_) => shown.ending(&progress.step),
    })
}

/// What is wrong with the answer that was sent.
fn misfit(question: &Question, pairs: &[(String, String)]) -> Option<Misfit> {
    let name = control(question);
    let sent: Vec<&str> = pairs
        .iter()
        .filter(|(known, _)| *known == name)
        .map(|(_, value)| value.as_str())
        .collect();
    Answer::read(question, &sent).err()
}

fn control(question: &Question) -> String {
    format!("{}{}", guided::PREFIX, question.key)
}

/// The address with these answers.
fn address(item_id: ItemId, answers: &Answers, change: Option<&str>) -> String {
    let mut pairs = guided::to_pairs(answers);
    pairs.extend(change.map(|key| (CHANGE.to_owned(), key.to_owned())));
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    links::with_query(&links::situation(item_id), &pairs)
}

/// One question as a page shows it.
pub fn field(
    page: &Page,
    question: &Question,
    answer: Option<&Answer>,
    wrong: Option<Misfit>,
) -> Field {
    let name = control(question);
    let sent = answer.map(Answer::sent).unwrap_or_default();
    let option = |at: usize, value: &str, label: &str, hint: &str| Choice {
        // The error summary leads to the first one.
        id: if at == 0 {
            name.clone()
        } else {
            format!("{name}-{at}")
        },
        value: value.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        checked: sent.iter().any(|known| known == value),
    };
    let options = match question.kind {
        QuestionKind::YesNo => vec![
            option(0, "yes", page.t("是"), ""),
            option(1, "no", page.t("否"), ""),
        ],
        _ => question
            .options
            .iter()
            .enumerate()
            .map(|(at, choice)| option(at, &choice.value, &choice.label, &choice.hint))
            .collect(),
    };
    let hint = match question.kind {
        _ if !question.hint.is_empty() => question.hint.clone(),
        QuestionKind::Choices => page.t("可以选几项").to_owned(),
        QuestionKind::Number => page.t("填整数").to_owned(),
        QuestionKind::Choice | QuestionKind::YesNo => String::new(),
    };
    Field {
        label: question.text.clone(),
        hint,
        control: match question.kind {
            QuestionKind::Choices => "choices",
            QuestionKind::Number => "text",
            QuestionKind::Choice | QuestionKind::YesNo => "choice",
        },
        required: true,
        value: sent.first().cloned().unwrap_or_default(),
        options,
        error: wrong.map_or_else(String::new, |wrong| page.t(wrong.says()).to_owned()),
        input_mode: "numeric",
        autocomplete: "off",
        width: "w-10",
        key: question.key.clone(),
        name,
        ..Field::default()
    }
}

struct Shown<'a> {
    doors: &'a Doors,
    visit: &'a Visit,
    published: &'a Arc<Published>,
    guide: &'a Arc<Guide>,
    answers: &'a Answers,
    answered: &'a [usize],
}

impl Shown<'_> {
    fn page(&self, title: &str) -> Page {
        let item = &self.published.item;
        self.visit
            .page(title)
            .with_crumb(ui::i18n::translate(self.visit.lang, "首页"), "/")
            .with_crumb(item.name.clone(), links::item(self.published.item_id))
    }

    fn key(&self, at: usize) -> &str {
        &self.guide.questions()[at].key
    }

    fn question(&self, at: usize, wrong: Option<Misfit>) -> Response {
        let question = &self.guide.questions()[at];
        let item_id = self.published.item_id;
        let page = self.page(&question.text);
        let page = if wrong.is_some() {
            page.with_error()
        } else {
            page
        };
        let number = self.answered.iter().filter(|known| **known < at).count();
        let before = self
            .answered
            .iter()
            .copied()
            .filter(|known| *known < at)
            .max();
        let back = match before {
            Some(before) => address(item_id, self.answers, Some(self.key(before))),
            None => links::item(item_id),
        };
        let mut others = self.answers.clone();
        let answer = others.remove(&question.key);
        let mut carried = guided::to_pairs(&others);
        carried.push((ASKED.to_owned(), question.key.clone()));
        let field = field(&page, question, answer.as_ref(), wrong);
        let body = Asking {
            item: self.published.item.name.clone(),
            number: number + 1,
            back,
            action: links::situation(item_id),
            errors: if field.error.is_empty() {
                Vec::new()
            } else {
                vec![(field.name.clone(), field.error.clone())]
            },
            field,
            carried,
            page,
        };
        let status = if wrong.is_some() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        web::render_with(self.visit, status, body)
    }

    fn ending(&self, step: &Step) -> Response {
        let item_id = self.published.item_id;
        let whole = &self.published.item;
        let kept = self.guide.kept(self.answers);
        let applied = self.guide.applied(whole, &kept);
        let page = self.page("您的情形要准备什么");
        let told = self
            .answered
            .iter()
            .map(|at| {
                let question = &self.guide.questions()[*at];
                Told {
                    question: question.text.clone(),
                    answer: kept
                        .get(&question.key)
                        .map(|answer| answer.in_words(question))
                        .unwrap_or_default(),
                    change: address(item_id, self.answers, Some(&question.key)),
                }
            })
            .collect();
        let refusal = match step {
            Step::Stop(at) => self.guide.outcomes()[*at].stop.clone(),
            Step::Ask(_) | Step::Done(_) => String::new(),
        };
        let item = applied.as_ref().map_or(whole, |applied| &applied.item);
        let time = guide::time(
            &page,
            item,
            &self.visit.app.calendar(),
            self.visit.app.now(),
        );
        let open = self.published.state == ItemState::Published && self.published.current;
        let body = Ending {
            item: whole.name.clone(),
            guide: links::item(item_id),
            told,
            again: links::situation(item_id),
            handling: applied
                .as_ref()
                .and_then(|applied| applied.handling_item.as_ref())
                .map_or_else(String::new, |handling| handling.name.clone()),
            outcomes: applied.as_ref().map_or_else(Vec::new, |applied| {
                let named = applied.outcomes.iter();
                named.filter(|name| !name.is_empty()).cloned().collect()
            }),
            route: applied
                .as_ref()
                .map_or_else(String::new, |applied| applied.route.clone()),
            materials: guide::material_views(
                &page,
                &self.doors.catalog.snapshot(),
                &self.doors.catalog.library(),
                &item.materials,
            ),
            spared: whole.materials.len().saturating_sub(item.materials.len()),
            pages: item
                .form
                .pages
                .iter()
                .map(|page| page.title.clone())
                .collect(),
            due: time.due,
            visits: item.visit_count,
            apply: (open && refusal.is_empty() && whole.online()).then(|| apply(item_id, &kept)),
            stop: refusal,
            time,
            page,
        };
        web::render(self.visit, body)
    }
}

/// Where an application with these answers begins.
fn apply(item_id: ItemId, answers: &Answers) -> String {
    let pairs = guided::to_pairs(answers);
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    links::with_query(&links::apply(item_id), &pairs)
}
