//! 容缺受理, the applicant's side: the promise to hand in what may follow, and then the handing in.

use approval::clocks;
use approval::details::{self, MaterialGiven};
use approval::special::{Command, gap, notices};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::CaseId;
use casework::{Actor, Case};
use catalog::model::Material;
use jiff::civil::Date;
use ui::Page;
use web::upload::Rules;
use web::{Multipart, Path, Problem, Query, Result, Visit, redirect, render_with};

use super::super::correction::Consented;
use super::super::handed;
use super::super::materials::by_part;
use super::super::view::{MaterialView, summary};
use super::{act, back, load};
use crate::Intake;
use crate::documents::{self, Offer};
use crate::form::Wrong;
use crate::messages::tell;
use crate::said::Said;

/// Whether the applicant may promise now what is missing.
pub(super) fn promisable(case: &Case) -> bool {
    case.state == "received" && gap::of(case).is_none() && gap::missing(case).is_ok()
}

/// What was promised and is still to come: (key, name) of each material.
pub(crate) fn awaited(case: &Case) -> Option<Vec<(String, String)>> {
    let gap = gap::of(case).filter(|gap| {
        case.state == "accepted"
            && gap.accepted_at.is_some()
            && gap.completed_at.is_none()
            && gap.lapsed_at.is_none()
    })?;
    let given = details::materials(case);
    let is_here = |key: &str| given.iter().any(|one| one.key == key && one.is_here());
    let missing = gap.missing.into_iter();
    Some(
        missing
            .filter(|named| !is_here(&named.key))
            .map(|named| (named.key, named.name))
            .collect(),
    )
}

/// The last day to hand it in.
pub(crate) fn until(case: &Case, calendar: &calendar::Calendar) -> Option<Date> {
    tell::due(case, clocks::GAP, calendar)
}

#[derive(Template)]
#[template(path = "intake/gap.html")]
struct GapPage {
    page: Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    version: i64,
    /// The promise comes first, the materials after acceptance.
    promising: bool,
    missing: Vec<String>,
    until: Option<Date>,
    /// Address of the one-time notice; empty before it was written.
    notice: String,
    materials: Vec<MaterialView>,
    errors: Vec<(String, String)>,
    agree_error: String,
    size_max: String,
    staff: bool,
    /// The applicant agreed at a window that their documents are used.
    consent: bool,
}

/// What the applicant handed in before and may use again; at a window only with their consent.
struct Known {
    offers: Vec<Offer>,
    consent: bool,
}

impl Known {
    async fn of(intake: &Intake, visit: &Visit, case: &Case, asked: &Consented) -> Result<Known> {
        let consent = asked.at_window();
        let offers = if consent || matches!(visit.actor()?, Actor::Person(_)) {
            let published = intake.version_of(case).await?;
            intake.offered_to(case.applicant, &published).await?
        } else {
            Vec::new()
        };
        Ok(Known { offers, consent })
    }
}

/// What is wrong with what was sent.
#[derive(Default)]
struct Found {
    materials: Vec<Wrong>,
    unticked: bool,
    /// What the rules say against it.
    refused: Option<String>,
}

pub(in super::super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    Query(query): Query<Consented>,
) -> Result<Response> {
    if let Some(address) = intake.elsewhere(visit.actor()?, case_id).await? {
        return Ok(redirect(&address));
    }
    let case = load(&intake, &visit, case_id).await?;
    let known = Known::of(&intake, &visit, &case, &query).await?;
    page(&intake, &visit, &case, &known, &Found::default()).await
}

/// What the page is about: `true` for the promise, and the materials.
fn about(case: &Case) -> Result<(bool, Vec<(String, String)>)> {
    if promisable(case) {
        let missing = gap::missing(case).map_err(Problem::from)?;
        let named = missing.into_iter().map(|named| (named.key, named.name));
        return Ok((true, named.collect()));
    }
    match awaited(case) {
        Some(named) => Ok((false, named)),
        None if case.state == "received" && gap::of(case).is_some() => Err(Problem::conflict(
            "wrong_state",
            "已经作出容缺承诺，请等待受理",
        )),
        None => Err(Problem::conflict(
            "wrong_state",
            "这个办件现在没有需要承诺或者补交的材料，请到办件页面查看最新情况",
        )),
    }
}

async fn page(
    intake: &Intake,
    visit: &Visit,
    case: &Case,
    known: &Known,
    found: &Found,
) -> Result<Response> {
    let (promising, named) = about(case)?;
    let published = intake.version_of(case).await?;
    let item = &published.item;
    let page = visit
        .page(if promising {
            "承诺补交材料"
        } else {
            "补交容缺材料"
        })
        .with_nav("my")
        .with_crumb(case.title.clone(), format!("/cases/{}", case.id));
    let mut errors = summary(&page, "m-", &found.materials);
    let agree_error = if found.unticked {
        page.t("请勾选承诺后再提交").to_owned()
    } else {
        String::new()
    };
    if found.unticked {
        errors.push(("agree".to_owned(), agree_error.clone()));
    }
    if let Some(message) = &found.refused {
        errors.push(("main".to_owned(), page.t(message).to_owned()));
    }
    let (page, status) = if errors.is_empty() {
        (page, StatusCode::OK)
    } else {
        (page.with_error(), StatusCode::UNPROCESSABLE_ENTITY)
    };
    let given = details::materials(case);
    let notice = notices::all(case)
        .into_iter()
        .find(|notice| notice.kind == notices::NoticeKind::Gap);
    let body = GapPage {
        case_id: case.id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        version: case.version,
        promising,
        until: until(case, &intake.app.calendar()),
        notice: notice.map_or_else(String::new, |notice| {
            approval::pages::routes::letter(case.id, &notices::address(notice.no))
        }),
        materials: asked(&item.materials, &named)
            .into_iter()
            .map(|material| {
                MaterialView::of(&page, item, material, &given, &found.materials, |digest| {
                    approval::pages::routes::file(case.id, digest)
                })
                .with_known(&page, &known.offers, &[])
            })
            .collect(),
        missing: named.into_iter().map(|(_, name)| name).collect(),
        errors,
        agree_error,
        size_max: crate::materials::size_text(visit.app.config.upload_bytes_max),
        staff: page.is_staff(),
        consent: known.consent,
        page,
    };
    Ok(render_with(visit, status, body))
}

fn asked<'a>(materials: &'a [Material], named: &[(String, String)]) -> Vec<&'a Material> {
    materials
        .iter()
        .filter(|material| named.iter().any(|(key, _)| *key == material.key))
        .collect()
}

/// 容缺承诺, or what was promised.
pub(in super::super) async fn save(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    Query(query): Query<Consented>,
    multipart: Multipart,
) -> Result<Response> {
    let case = load(&intake, &visit, case_id).await?;
    let (promising, named) = about(&case)?;
    let known = Known::of(&intake, &visit, &case, &query).await?;
    let mut received = multipart.receive_all(&Rules::DOCUMENTS).await?;
    let mut found = Found::default();
    let command = if promising {
        found.unticked = received.fields.get("agree").is_none();
        Command::PromiseGap
    } else {
        if let Some(problem) = received.refused.take() {
            found.materials = by_part(problem, "f-")?.1;
        }
        let published = intake.version_of(&case).await?;
        let asked = asked(&published.item.materials, &named);
        let staff = visit.staff().is_ok();
        let mut files = details::materials(&case);
        files.extend(known.offers.iter().map(Offer::given));
        let (given, wrong) =
            handed::collect(&intake, &visit, &asked, &received, files, staff).await?;
        found.materials.extend(wrong);
        let here: Vec<_> = given.into_iter().filter(MaterialGiven::is_here).collect();
        if here.is_empty()
            && found.materials.is_empty()
            && let Some(first) = asked.first()
        {
            let said = Said::plain("请上传“{name}”").with("name", &first.name);
            found.materials.push(Wrong::new(&first.key, said));
        }
        let offered: Vec<_> = known
            .offers
            .iter()
            .map(|offer| offer.origin(staff))
            .collect();
        Command::SupplyGap {
            sources: documents::sources(&here, &offered, &[]),
            materials: here,
        }
    };
    if found.unticked || !found.materials.is_empty() {
        return page(&intake, &visit, &case, &known, &found).await;
    }
    let version = received.fields.get("version");
    let version: Option<i64> = version.and_then(|text| text.parse().ok());
    found.refused = act(&intake, &visit, case_id, version, command).await?.err();
    if found.refused.is_some() {
        return page(&intake, &visit, &case, &known, &found).await;
    }
    Ok(back(&visit, case_id))
}
