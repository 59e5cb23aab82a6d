//! 立即办理 of a bundle: one path of questions, what is left out, and on to the one form.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::DraftId;
use catalog::model::{Question, QuestionKind};
use ui::Page;
use web::{Fields, Form, Path, Problem, Result, Visit, redirect, render};

use crate::compose::Spec;
use crate::questions::{self, Path as Walked};
use crate::{Joint, records};

#[derive(Template)]
#[template(path = "joint/apply.html")]
struct ApplyPage {
    page: Page,
    key: String,
    name: String,
    told: Vec<(String, String)>,
    pairs: Vec<(String, String)>,
    next: Option<Question>,
    /// The kind of control of the next question.
    several: bool,
    number: bool,
    options: Vec<(String, String, String)>,
    stop: String,
    items: Vec<ItemView>,
    optional: Vec<(String, String)>,
    signed_in: bool,
    days: u32,
    materials: usize,
}

struct ItemView {
    name: String,
    body: String,
}

/// The questions of a bundle, or what it comes to where all are answered.
pub(super) async fn show(
    State(joint): State<Joint>,
    visit: Visit,
    Path(key): Path<String>,
) -> Result<Response> {
    let fields = Fields::parse(visit.query().unwrap_or_default().as_bytes())
        .map_err(|malformed| Problem::bad_request("query_malformed", malformed.to_string()))?;
    let bundle = joint.bundle(&key).await?;
    let found = joint.members(&bundle, &bundle.region).await?;
    let walked = questions::walk(&joint, &bundle, &found, &pairs(&fields));
    let page = visit
        .page(&bundle.name)
        .with_nav("home")
        .with_crumb(bundle.name.clone(), format!("/bundles/{key}"));
    let (days, materials) = if walked.next.is_none() && walked.stop.is_empty() {
        let spec = spec(&key, &bundle.region, &walked, BTreeSet::new());
        let composed = joint.compose(spec).await?;
        let materials = composed.published.item.materials.len();
        (composed.days.unwrap_or(0), materials)
    } else {
        (0, 0)
    };
    let of = |place: usize| &bundle.items[place];
    let next = walked.next.as_ref();
    let body = ApplyPage {
        several: next.is_some_and(|question| question.kind == QuestionKind::Choices),
        number: next.is_some_and(|question| question.kind == QuestionKind::Number),
        options: next.map_or_else(Vec::new, |question| options(&page, question)),
        items: found
            .iter()
            .map(|found| ItemView {
                name: found.published.item.name.clone(),
                body: found.body.clone(),
            })
            .collect(),
        optional: found
            .iter()
            .filter(|found| of(found.place).optional)
            .map(|found| {
                let code = of(found.place).base_code.clone();
                (code, found.published.item.name.clone())
            })
            .collect(),
        signed_in: visit.session.is_some(),
        key,
        name: bundle.name.clone(),
        told: walked.told,
        pairs: walked.pairs,
        stop: walked.stop,
        next: walked.next,
        days,
        materials,
        page,
    };
    Ok(render(&visit, body))
}

fn options(page: &Page, question: &Question) -> Vec<(String, String, String)> {
    match question.kind {
        QuestionKind::YesNo => [("yes", "是"), ("no", "否")]
            .map(|(value, label)| (value.to_owned(), page.t(label).to_owned(), String::new()))
            .to_vec(),
        _ => question
            .options
            .iter()
            .map(|option| {
                (
                    option.value.clone(),
                    option.label.clone(),
                    option.hint.clone(),
                )
            })
            .collect(),
    }
}

fn pairs(fields: &Fields) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn spec(key: &str, region: &str, walked: &Walked, without: BTreeSet<String>) -> Spec {
    Spec::Bundle {
        key: key.to_owned(),
        region: region.to_owned(),
        situations: walked.situations.clone(),
        without,
    }
}

/// Begins the draft of the one application.
pub(super) async fn start(
    State(joint): State<Joint>,
    visit: Visit,
    Path(key): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let bundle = joint.bundle(&key).await?;
    let found = joint.members(&bundle, &bundle.region).await?;
    let walked = questions::walk(&joint, &bundle, &found, &pairs(&fields));
    if let Some(question) = &walked.next {
        return Err(Problem::invalid(
            "situation",
            format!("请先回答：{}", question.text),
        ));
    }
    if !walked.stop.is_empty() {
        return Err(Problem::conflict("situation_stops", walked.stop));
    }
    let without = fields
        .iter()
        .filter(|(name, _)| *name == "without")
        .map(|(_, code)| code.to_owned())
        .collect();
    begin(&joint, &visit, spec(&key, &bundle.region, &walked, without)).await
}

/// Keeps what a composite stands for and leads to the first page of its draft.
pub(super) async fn begin(joint: &Joint, visit: &Visit, spec: Spec) -> Result<Response> {
    let person = visit.person()?.clone();
    let composed = joint.compose(spec).await?;
    let now = visit.app.now();
    let id: DraftId = visit.app.ids.next(now);
    let handle = joint.clone();
    let address = joint
        .app()
        .db
        .write(move |tx| -> Result<String> {
            let published = &composed.published;
            records::keep_composite(tx, published.item_id, &composed.spec, now)?;
            handle.intake().begin(tx, &person, published, id, now)
        })
        .await?;
    Ok(redirect(&address))
}
