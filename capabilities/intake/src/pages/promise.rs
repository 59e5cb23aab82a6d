//! 告知承诺 at filing: what has to hold and what follows from a false promise is told; the applicant promises, material by
//! material, or hands in (国办发〔2020〕42号).

use approval::law::{self, PromiseLaw};
use approval::promise::{self as rules, Line, Promise};
use approval::{Error as ApprovalError, credit};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{DraftId, PartyId};
use casework::Refusal;
use catalog::model::Item;
use jiff::Timestamp;
use web::{Fields, Form, Path, Problem, Result, Visit, redirect, render_with};

use super::draft::{self, Opened, Place, place};
use super::question::Frame;
use crate::Intake;
use crate::draft::PROMISE;
use crate::materials;

/// What a promise about an item is: the law, and the words it is told and promised in.
pub(crate) struct Terms {
    pub(crate) law: PromiseLaw,
    pub(crate) told: Vec<Line>,
    pub(crate) promised: Vec<Line>,
}

/// Sentences in the reader's language.
pub(super) fn said(page: &ui::Page, lines: &[Line]) -> Vec<String> {
    let said = |line: &Line| match &line.blank {
        Some((name, value)) => page.t1(line.template, name, value),
        None => page.t(line.template).to_owned(),
    };
    lines.iter().map(said).collect()
}

/// The terms of an item; `None` where it takes no promise.
pub(crate) fn terms(item: &Item) -> Option<Terms> {
    let law = law::terms(item, law::Settings::default()).law.promise?;
    let whole = Promise {
        mode: law.mode,
        materials: law.replaceable.clone(),
        conditions: law.conditions.clone(),
        at: Timestamp::UNIX_EPOCH,
        by: String::new(),
    };
    let (told, promised) = rules::words(&whole);
    Some(Terms {
        law,
        told,
        promised,
    })
}

impl Intake {
    /// Why an applicant may not promise; `None` where they may.
    pub(crate) async fn promise_barred(&self, party: PartyId) -> Result<Option<String>> {
        let checked = self
            .app
            .db
            .read(move |tx| Ok::<_, ApprovalError>(credit::may_promise(tx, party)))
            .await?;
        match checked {
            Ok(()) => Ok(None),
            Err(ApprovalError::Refused(Refusal::Invalid { message, .. })) => Ok(Some(message)),
            Err(error) => Err(error.into()),
        }
    }
}

#[derive(Template)]
#[template(path = "intake/promise.html")]
struct PromisePage {
    page: ui::Page,
    frame: Frame,
    told: Vec<String>,
    promised: Vec<String>,
    /// (key, name, stands promised, what to know).
    materials: Vec<(String, String, bool, String)>,
    barred: String,
    agreed: bool,
    agree_error: String,
    errors: Vec<(String, String)>,
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DraftId>,
) -> Result<Response> {
    let opened = match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(case) => return Ok(redirect(&format!("/cases/{case}/submitted"))),
        draft::Page::Open(opened) => opened,
    };
    let (place, terms) = here(&opened)?;
    let made = opened.draft.body.materials.iter();
    let made: Vec<String> = made
        .filter(|given| given.promised)
        .map(|given| given.key.clone())
        .collect();
    page(&intake, &visit, &opened, &place, terms, &made, false).await
}

fn here(opened: &Opened) -> Result<(Place, Terms)> {
    let none = || Problem::not_found("这个事项不适用告知承诺，请提交材料");
    let place = place(opened, PROMISE).ok_or_else(none)?;
    Ok((place, terms(&opened.published.item).ok_or_else(none)?))
}

async fn page(
    intake: &Intake,
    visit: &Visit,
    opened: &Opened,
    place: &Place,
    terms: Terms,
    made: &[String],
    unticked: bool,
) -> Result<Response> {
    let page = visit.page("告知承诺").with_nav("my");
    let barred = intake.promise_barred(opened.draft.party).await?;
    let agree_error = if unticked {
        page.t("请勾选承诺后再继续；不想承诺的，不要勾选上面的材料")
            .to_owned()
    } else {
        String::new()
    };
    let (page, status, errors) = if unticked {
        let errors = vec![("agree".to_owned(), agree_error.clone())];
        (page.with_error(), StatusCode::UNPROCESSABLE_ENTITY, errors)
    } else {
        (page, StatusCode::OK, Vec::new())
    };
    let given = &opened.draft.body.materials;
    let body = PromisePage {
        frame: Frame::of(&page, opened, place),
        told: said(&page, &terms.told),
        promised: said(&page, &terms.promised),
        materials: terms
            .law
            .replaceable
            .into_iter()
            .map(|named| {
                let here = materials::given(given, &named.key)
                    .is_some_and(approval::details::MaterialGiven::is_here);
                let promised = made.contains(&named.key);
                let note = if here {
                    page.t("已经上传；选承诺后不再使用上传的文件").to_owned()
                } else {
                    String::new()
                };
                (named.key, named.name, promised, note)
            })
            .collect(),
        barred: barred.unwrap_or_default(),
        agreed: !made.is_empty() && !unticked,
        agree_error,
        errors,
        page,
    };
    Ok(render_with(visit, status, body))
}

/// Takes the promise, material by material, or takes it back.
pub(super) async fn save(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DraftId>,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let opened = match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(case) => return Ok(redirect(&format!("/cases/{case}/submitted"))),
        draft::Page::Open(opened) => opened,
    };
    let (place, terms) = here(&opened)?;
    let barred = intake.promise_barred(opened.draft.party).await?.is_some();
    let made: Vec<String> = terms
        .law
        .replaceable
        .iter()
        .map(|named| named.key.clone())
        .filter(|key| !barred && fields.get(&format!("promise:{key}")).is_some())
        .collect();
    let later = fields.get("action") == Some("later");
    if !later && !made.is_empty() && fields.get("agree").is_none() {
        return page(&intake, &visit, &opened, &place, terms, &made, true).await;
    }
    let keys: Vec<String> = terms
        .law
        .replaceable
        .into_iter()
        .map(|named| named.key)
        .collect();
    draft::change(&intake, &visit, id, move |draft| {
        for key in &keys {
            let promised = made.contains(key);
            if promised {
                // Whoever promises does not hand it in as well.
                draft
                    .body
                    .materials
                    .retain(|given| given.key != *key || given.promised);
            }
            materials::set_promised(&mut draft.body.materials, key, promised);
        }
        PROMISE.clone_into(&mut draft.page);
        draft.saw(PROMISE);
        Ok(())
    })
    .await?;
    Ok(redirect(if later { "/my" } else { &place.next }))
}
