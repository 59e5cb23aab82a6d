//! 补正: only what the notice asks for, on one page.

use approval::Act;
use approval::details::{self, MaterialGiven};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::CaseId;
use casework::{Actor, Case};
use catalog::model::{Material, Published};
use serde::Deserialize;
use std::sync::Arc;
use ui::Page;
use web::upload::Rules;
use web::{Multipart, Path, Problem, Query, Result, Visit, redirect, render_with};

use super::field_view::FieldViews;
use super::handed;
use super::materials::by_part;
use super::seen::Seen;
use super::view::{MaterialView, summary};
use crate::api::visible;
use crate::asked::{self, Asked};
use crate::documents::{self, Offer};
use crate::form::lookup::Who;
use crate::form::typed::{self, Change};
use crate::form::{self, Answers, Typed, Wrong};
use crate::said::Said;
use crate::{Intake, filing, uploads};

#[derive(Template)]
#[template(path = "intake/correction.html")]
struct CorrectionPage {
    page: Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    version: i64,
    doc_no: String,
    about_form: Vec<String>,
    parts: Vec<(String, Vec<ui::fields::Field>)>,
    materials: Vec<MaterialView>,
    remark: String,
    errors: Vec<(String, String)>,
    size_max: String,
    staff: bool,
    /// The applicant agreed at a window that their documents are used.
    consent: bool,
}

/// How the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consented {
    /// `1`: the applicant agreed at a window that what they handed in before is used.
    consent: Option<String>,
}

impl Consented {
    pub(super) fn at_window(&self) -> bool {
        self.consent.as_deref() == Some("1")
    }
}

/// The case while it waits for its correction.
struct Opened {
    case: Case,
    published: Arc<Published>,
    asked: Asked,
    answers: Answers,
    /// Who may sign for the applicant.
    signers: Vec<String>,
    /// What the applicant handed in before and may use again; at a window only with their consent.
    offers: Vec<Offer>,
    consent: bool,
}

impl Opened {
    fn materials(&self) -> Vec<&Material> {
        let keys = self.asked.materials();
        self.published
            .item
            .materials
            .iter()
            .filter(|material| keys.contains(&material.key.as_str()))
            .collect()
    }
}

impl Opened {
    /// Whose uploads the answers may name, and who may sign them.
    fn who(&self, visit: &Visit) -> Result<Who> {
        let actor = visit.actor()?;
        let mut signers = self.signers.clone();
        if let Actor::Person(person) = actor {
            signers.push(person.name.clone());
        }
        Ok(Who {
            account: crate::api::account(actor)?,
            signers,
            known: filing::files_among(&self.published.item.form, &self.answers),
        })
    }
}

async fn open(
    intake: &Intake,
    visit: &Visit,
    case_id: CaseId,
    query: &Consented,
) -> Result<Opened> {
    let actor = visit.actor()?.clone();
    if matches!(actor, Actor::Staff(_)) && !actor.may_somewhere(casework::Permission::Receive) {
        return Err(Problem::not_found("没有找到这个办件"));
    }
    let (handle, now) = (intake.clone(), visit.app.now());
    let (case, answers, signers) = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let case = visible(tx, &actor, case_id, now)?;
            let answers = match details::form(&case) {
                Some(form) => {
                    approval::answers::load(tx, &handle.app.people, case_id, form.revision)?
                }
                None => None,
            };
            let party = filing::party(&handle, tx, case.applicant)?;
            let signers = filing::signers(&party).collect();
            Ok((case, answers.unwrap_or_default(), signers))
        })
        .await?;
    if case.state != "correcting" {
        return Err(Problem::conflict(
            "wrong_state",
            "这个办件现在不需要补正，请到办件页面查看最新情况",
        ));
    }
    let published = intake.version_of(&case).await?;
    let consent = query.at_window();
    let offers = if consent || matches!(visit.actor()?, Actor::Person(_)) {
        intake.offered_to(case.applicant, &published).await?
    } else {
        Vec::new()
    };
    Ok(Opened {
        published,
        offers,
        consent,
        asked: asked::of(&case),
        case,
        answers,
        signers,
    })
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    Query(query): Query<Consented>,
) -> Result<Response> {
    // What is asked of one of several cases is supplied there; the page of the whole leads to it.
    if let Some(address) = intake.elsewhere(visit.actor()?, case_id).await? {
        return Ok(redirect(&address));
    }
    let opened = open(&intake, &visit, case_id, &query).await?;
    let typed = form::typed_all(&opened.published.item.form, &opened.answers);
    let given = details::materials(&opened.case);
    page(&intake, &visit, &opened, &typed, &given, "", &[], &[]).await
}

#[expect(
    clippy::too_many_arguments,
    reason = "the one page of this file, shown with and without errors"
)]
async fn page(
    intake: &Intake,
    visit: &Visit,
    opened: &Opened,
    typed: &Typed,
    given: &[MaterialGiven],
    remark: &str,
    wrong_answers: &[Wrong],
    wrong_materials: &[Wrong],
) -> Result<Response> {
    let case = &opened.case;
    let item = &opened.published.item;
    let page = visit
        .page("提交补正")
        .with_nav("my")
        .with_crumb(case.title.clone(), format!("/cases/{}", case.id));
    let mut errors = summary(&page, "f-", wrong_answers);
    errors.extend(summary(&page, "m-", wrong_materials));
    let page = if errors.is_empty() {
        page
    } else {
        page.with_error()
    };
    let points = |key: &str| -> Vec<String> {
        opened
            .asked
            .items
            .iter()
            .filter(|point| point.material == key)
            .map(|point| point.what.clone())
            .collect()
    };
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let who = opened.who(visit)?;
    let seen = Seen::of(intake, &who, &item.region_code, item.form.fields(), typed).await?;
    let views = FieldViews {
        page: &page,
        prefix: "f-",
        typed,
        wrong: wrong_answers,
        seen: &seen,
        file_href: &|digest| {
            let known = who.known.iter().any(|file| file.digest == digest);
            if known {
                approval::pages::routes::file(case.id, digest)
            } else {
                String::new()
            }
        },
    };
    let body = CorrectionPage {
        case_id: case.id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        version: case.version,
        doc_no: details::correction(case)
            .map(|letter| letter.doc_no)
            .unwrap_or_default(),
        about_form: points(""),
        parts: if opened.asked.form {
            item.form
                .pages
                .iter()
                .map(|part| {
                    let fields = part.fields.iter().map(|field| views.of(field)).collect();
                    (part.title.clone(), fields)
                })
                .collect()
        } else {
            Vec::new()
        },
        materials: opened
            .materials()
            .into_iter()
            .map(|material| MaterialView {
                asked: points(&material.key),
                ..MaterialView::of(&page, item, material, given, wrong_materials, |digest| {
                    approval::pages::routes::file(case.id, digest)
                })
                .with_known(&page, &opened.offers, &[])
            })
            .collect(),
        remark: remark.to_owned(),
        errors,
        size_max: crate::materials::size_text(visit.app.config.upload_bytes_max),
        staff: page.is_staff(),
        consent: opened.consent,
        page,
    };
    Ok(render_with(visit, status, body))
}

pub(super) async fn save(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    Query(query): Query<Consented>,
    multipart: Multipart,
) -> Result<Response> {
    let opened = open(&intake, &visit, case_id, &query).await?;
    let before = details::materials(&opened.case);
    let mut received = multipart.receive_all(&Rules::DOCUMENTS).await?;
    let refused = received.refused.take();
    let actor = visit.actor()?.clone();
    let staff = matches!(actor, Actor::Staff(_));
    let asked = opened.materials();
    let mut known = before.clone();
    known.extend(opened.offers.iter().map(Offer::given));
    let (given, mut wrong) =
        handed::collect(&intake, &visit, &asked, &received, known, staff).await?;
    let mut wrong_files = Vec::new();
    if let Some(problem) = refused {
        let (answers, materials) = by_part(problem, "f-")?;
        wrong_files = answers;
        wrong.extend(materials);
    }
    for material in &asked {
        let answered = given.iter().find(|entry| entry.key == material.key);
        let same = before.iter().find(|entry| entry.key == material.key);
        if answered.is_none() || answered == same {
            let said = Said::plain("请按告知书补交“{name}”").with("name", &material.name);
            wrong.push(Wrong {
                field: material.key.clone(),
                said,
            });
        }
    }
    let item = &opened.published.item;
    let who = opened.who(&visit)?;
    let change = received.fields.get("action").and_then(Change::parse);
    let typed = if opened.asked.form {
        let arrived = uploads::keep(&intake, who.account, &received, visit.app.now()).await?;
        let (fields, again) = (&received.fields, change.is_some());
        let mut typed = typed::from_fields(item.form.fields(), "f-", fields, &arrived, again);
        if let Some(change) = &change {
            change.apply(&item.form, &mut typed);
        }
        typed
    } else {
        form::typed_all(&item.form, &opened.answers)
    };
    let remark = received.fields.get("remark").unwrap_or_default().to_owned();
    if change.is_some() {
        return page(&intake, &visit, &opened, &typed, &given, &remark, &[], &[]).await;
    }
    let (answers, mut wrong_answers) = if opened.asked.form {
        form::check_typed(&intake, &opened.published, &typed, &who).await?
    } else {
        (Answers::new(), Vec::new())
    };
    wrong_answers.extend(wrong_files);
    if !wrong.is_empty() || !wrong_answers.is_empty() {
        return page(
            &intake,
            &visit,
            &opened,
            &typed,
            &given,
            &remark,
            &wrong_answers,
            &wrong,
        )
        .await;
    }
    let version: Option<i64> = received
        .fields
        .get("version")
        .and_then(|text| text.parse().ok());
    let offered: Vec<_> = opened
        .offers
        .iter()
        .map(|offer| offer.origin(staff))
        .collect();
    let act = Act::SupplyCorrection {
        answers: opened.asked.form.then_some(answers),
        sources: documents::sources(&given, &offered, &[]),
        materials: given,
        remark,
    };
    let (handle, now) = (intake.clone(), visit.app.now());
    intake
        .app
        .db
        .write(move |tx| handle.approval.act(tx, &actor, now, case_id, version, &act))
        .await?;
    Ok(redirect(&if staff {
        approval::pages::routes::workspace(case_id)
    } else {
        format!("/cases/{case_id}")
    }))
}
