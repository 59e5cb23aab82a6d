//! The question pages: one page of the form each, the applicant's facts before, the way of delivery after.

use std::collections::BTreeMap;

use approval::details::Delivery;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::DraftId;
use catalog::model::{FieldKind, FormPage};
use people::{Party, PartyKind};
use serde::Deserialize;
use ui::Page;
use web::{Fields, Path, Problem, Query, Received, Result, Visit, redirect, render_with};

use super::draft::{self, Opened, Place, moved_text, place};
use super::field_view::FieldViews;
use super::posted::Posted;
use super::seen::Seen;
use super::view::summary;
use crate::Intake;
use crate::draft::{APPLICANT, CHECK, DELIVERY, Draft, Filled, Step, deliveries};
use crate::form::typed::{self, Change};
use crate::form::{self, Typed, Wrong};
use crate::prefill::{self, Brought};
use crate::said::Said;
use crate::uploads;

/// Field of the switches of language and look while a form is open: `lang=en`, `care=1`, `theme=dark`.
const PREFERENCE: &str = "preference";

/// The frame around every page of a draft.
pub(super) struct Frame {
    pub(super) draft_id: DraftId,
    pub(super) item: String,
    /// For whom; empty when for oneself.
    pub(super) acting_for: String,
    pub(super) number: usize,
    pub(super) total: usize,
    pub(super) back: String,
    pub(super) saved_at: String,
    pub(super) expires: String,
    pub(super) moved: String,
}

impl Frame {
    pub(super) fn of(page: &Page, opened: &Opened, place: &Place) -> Frame {
        Frame {
            draft_id: opened.draft.id,
            item: opened.published.item.name.clone(),
            acting_for: if opened.party.kind == PartyKind::Legal {
                opened.party.name.clone()
            } else {
                String::new()
            },
            number: place.number,
            total: place.total,
            back: place.back.clone(),
            saved_at: page.datetime(opened.draft.updated_at),
            expires: page.date(calendar::civil_date(opened.draft.expires_at)),
            moved: moved_text(page, opened.moved.as_ref()),
        }
    }
}

#[derive(Template)]
#[template(path = "intake/question.html")]
struct QuestionPage {
    page: Page,
    frame: Frame,
    title: String,
    hint: String,
    fields: Vec<ui::fields::Field>,
    /// The page asks for a file, so its form is sent in parts.
    parts: bool,
    /// Where the page is kept while somebody types.
    autosave: String,
    errors: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "intake/applicant.html")]
struct ApplicantPage {
    page: Page,
    frame: Frame,
    legal: bool,
    name: String,
    id_number: String,
    legal_representative: String,
    phone: String,
    agent: String,
    phone_typed: String,
    phone_error: String,
    errors: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "intake/delivery.html")]
struct DeliveryPage {
    page: Page,
    frame: Frame,
    ways: Vec<(&'static str, &'static str, &'static str, bool)>,
    asks_address: bool,
    address: String,
    address_typed: String,
    address_error: String,
    way_error: String,
    errors: Vec<(String, String)>,
}

/// Where a draft was left.
pub(super) async fn resume(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DraftId>,
) -> Result<Response> {
    Ok(match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(case) => redirect(&format!("/cases/{case}/submitted")),
        draft::Page::Open(opened) => {
            let known = place(&opened, &opened.draft.page).is_some();
            let page = if known {
                opened.draft.page.as_str()
            } else {
                APPLICANT
            };
            redirect(&super::tasks::entry(&opened.published.item, id, page))
        }
    })
}

#[derive(Deserialize)]
pub(super) struct Return {
    /// `check`: came from the last page and goes back there.
    from: Option<String>,
    /// Sent by the page itself while somebody types: kept, not checked.
    autosave: Option<String>,
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path((id, page)): Path<(DraftId, String)>,
) -> Result<Response> {
    let opened = match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(case) => return Ok(redirect(&format!("/cases/{case}/submitted"))),
        draft::Page::Open(opened) => opened,
    };
    let place = place(&opened, &page).ok_or_else(no_page)?;
    let typed = opened.draft.body.typed.clone();
    Ok(match place.step {
        Step::Applicant => {
            let phone = opened.draft.body.aside.get("phone");
            let phone = phone.map_or("", String::as_str);
            applicant_page(&visit, &opened, &place, phone, &[])
        }
        Step::Page(at) => question_page(&intake, &visit, &opened, &place, at, &typed, &[]).await?,
        Step::Delivery => {
            let body = &opened.draft.body;
            let chosen = body.aside.get("delivery").and_then(|word| way_of(word));
            let chosen = chosen.or(body.delivery);
            let address = body.aside.get("address").map_or("", String::as_str);
            delivery_page(&visit, &opened, &place, chosen, address, &[])
        }
        // These have addresses of their own that come first.
        Step::Promise | Step::Materials | Step::Check => return Err(no_page()),
    })
}

pub(super) async fn save(
    State(intake): State<Intake>,
    visit: Visit,
    Path((id, page)): Path<(DraftId, String)>,
    Query(back): Query<Return>,
    posted: Posted,
) -> Result<Response> {
    let opened = match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(case) => return Ok(redirect(&format!("/cases/{case}/submitted"))),
        draft::Page::Open(opened) => opened,
    };
    let place = place(&opened, &page).ok_or_else(no_page)?;
    let received = posted.receive().await?;
    let fields = &received.fields;
    let from_check = back.from.as_deref() == Some("check");
    let here = if from_check {
        format!("/apply/drafts/{id}/{page}?from=check")
    } else {
        format!("/apply/drafts/{id}/{page}")
    };
    let preference = fields.get(PREFERENCE);
    if let Some(preference) = preference
        && !matches!(place.step, Step::Page(_))
    {
        put_aside(&intake, &visit, id, fields).await?;
        return Ok(redirect(&web::prefs::turn(preference, &here)));
    }
    let refused = match place.step {
        Step::Applicant => save_applicant(&intake, &visit, &opened, &place, fields).await?,
        Step::Page(at) => {
            let change = fields.get("action").and_then(Change::parse);
            let turned = preference.is_some() || back.autosave.is_some();
            let answers = keep_answers(&intake, &visit, &opened, at, &received, change, turned);
            let kept = answers.await?;
            if let Some(control) = &kept.come_back_to
                && kept.wrong.is_empty()
            {
                return Ok(redirect(&format!("{here}#{control}")));
            }
            if kept.wrong.is_empty() {
                None
            } else {
                let (typed, wrong) = (&kept.typed, &kept.wrong);
                Some(question_page(&intake, &visit, &opened, &place, at, typed, wrong).await?)
            }
        }
        Step::Delivery => save_delivery(&intake, &visit, &opened, &place, fields).await?,
        Step::Promise | Step::Materials | Step::Check => return Err(no_page()),
    };
    if back.autosave.is_some() {
        return Ok(axum::response::IntoResponse::into_response(
            StatusCode::NO_CONTENT,
        ));
    }
    if let Some(preference) = preference {
        // What was typed is kept first; then the page comes again in the other language or look.
        return Ok(redirect(&web::prefs::turn(preference, &here)));
    }
    let later = fields.get("action") == Some("later");
    Ok(match refused {
        _ if later => redirect("/my"),
        Some(response) => response,
        None if from_check => redirect(&format!("/apply/drafts/{id}/{CHECK}")),
        None => redirect(&place.next),
    })
}

/// Keeps what stands on a page around the form, taken over or not.
async fn put_aside(
    intake: &Intake,
    visit: &Visit,
    id: DraftId,
    fields: &Fields,
) -> Result<Option<Draft>> {
    let typed: Vec<(String, String)> = ["phone", "delivery", "address"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), fields.get(name)?)))
        .map(|(name, text)| (name, base::text::shorten(text, 200)))
        .collect();
    draft::change(intake, visit, id, move |draft| {
        draft.body.aside.extend(typed.clone());
        Ok(())
    })
    .await
}

fn no_page() -> Problem {
    Problem::not_found("这个事项的申请没有这一页，请从“我的办件”继续填写")
}

fn status(wrong: &[Wrong]) -> StatusCode {
    if wrong.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

fn frame_page(visit: &Visit, title: &str, wrong: &[Wrong]) -> Page {
    let page = visit.page(title).with_nav("my").keeping("question");
    if wrong.is_empty() {
        page
    } else {
        page.with_error()
    }
}

async fn question_page(
    intake: &Intake,
    visit: &Visit,
    opened: &Opened,
    place: &Place,
    at: usize,
    typed: &Typed,
    wrong: &[Wrong],
) -> Result<Response> {
    let form_page = &opened.published.item.form.pages[at];
    let page = frame_page(visit, &form_page.title, wrong);
    let seen = Seen::of(
        intake,
        &opened.who(visit)?,
        &opened.published.item.region_code,
        form_page.fields.iter(),
        typed,
    )
    .await?;
    let draft_id = opened.draft.id;
    // What was sent stands as it was sent.
    let brought = if wrong.is_empty() {
        brought(intake, opened, form_page).await?
    } else {
        BTreeMap::new()
    };
    let mut filled = typed.clone();
    for known in brought.values() {
        filled.extend(known.typed.clone());
    }
    let typed = &filled;
    let views = FieldViews {
        page: &page,
        prefix: "",
        typed,
        wrong,
        seen: &seen,
        file_href: &|digest| format!("/apply/drafts/{draft_id}/files/{digest}"),
    };
    let body = QuestionPage {
        frame: Frame::of(&page, opened, place),
        title: form_page.title.clone(),
        hint: form_page.hint.clone(),
        fields: form_page
            .fields
            .iter()
            .map(|field| with_source(&page, views.of(field), brought.get(&field.key)))
            .collect(),
        parts: asks_for_files(form_page),
        autosave: format!("/apply/drafts/{draft_id}/{}?autosave=1", form_page.key),
        errors: summary(&page, "", wrong),
        page,
    };
    Ok(render_with(visit, status(wrong), body))
}

/// What need not be typed on a page that was never sent: only where nothing was typed.
async fn brought(
    intake: &Intake,
    opened: &Opened,
    form_page: &FormPage,
) -> Result<BTreeMap<String, Brought>> {
    let body = &opened.draft.body;
    let asks = form_page
        .fields
        .iter()
        .any(|field| !field.element.is_empty());
    if !asks || body.seen.contains(&form_page.key) {
        return Ok(BTreeMap::new());
    }
    let (party, page) = (opened.party.clone(), form_page.clone());
    let (people, catalog) = (intake.app.people.clone(), intake.catalog.clone());
    let today = intake.app.today();
    let mut brought = intake
        .app
        .db
        .read(move |tx| prefill::page(tx, &people, &catalog, &party, &page, today))
        .await?;
    let said = |key: &str| body.typed.keys().any(|name| typed::base_key(name) == key);
    brought.retain(|key, _| !said(key));
    Ok(brought)
}

/// The question, saying where its answer comes from.
fn with_source(
    page: &Page,
    mut field: ui::fields::Field,
    brought: Option<&Brought>,
) -> ui::fields::Field {
    if let Some(brought) = brought {
        let source = page.tf(&brought.source.template, &brought.source.pairs());
        let note = page.t1("已填好：{source}，不对请改", "source", source);
        field.hint = if field.hint.is_empty() {
            note
        } else {
            format!("{} {note}", field.hint)
        };
    }
    field
}

fn asks_for_files(page: &FormPage) -> bool {
    page.fields
        .iter()
        .flat_map(|field| std::iter::once(field).chain(&field.fields))
        .any(|field| matches!(field.kind, FieldKind::File | FieldKind::Signature))
}

/// What became of a page of answers.
struct Kept {
    typed: Typed,
    wrong: Vec<Wrong>,
    /// A button of the page was pressed that leads back to it: the control to come back to.
    come_back_to: Option<String>,
}

/// Keeps what was typed, right or wrong. A button that changes rows, and a switch of language or look (`turned`), only
/// keep; whether the answers are right is asked when somebody goes on.
async fn keep_answers(
    intake: &Intake,
    visit: &Visit,
    opened: &Opened,
    at: usize,
    received: &Received,
    change: Option<Change>,
    turned: bool,
) -> Result<Kept> {
    let published = &opened.published;
    let form = &published.item.form;
    let form_page = &form.pages[at];
    let who = opened.who(visit)?;
    let arrived = uploads::keep(intake, who.account, received, visit.app.now()).await?;
    let as_it_is = change.is_some() || turned;
    let mut given = typed::from_fields(
        form_page.fields.iter(),
        "",
        &received.fields,
        &arrived,
        as_it_is,
    );
    let come_back_to = change.map(|change| change.apply(form, &mut given));
    let mut typed = opened.draft.body.typed.clone();
    typed::replace(&mut typed, form_page.fields.iter(), given.clone());
    let mut wrong = match &received.refused {
        Some(problem) => refused_files(problem.clone())?,
        None => Vec::new(),
    };
    if !as_it_is {
        for finding in form::check_page(intake, published, form_page, &typed, &who).await? {
            if !wrong.iter().any(|known| known.field == finding.field) {
                wrong.push(finding);
            }
        }
    }
    let clean = wrong.is_empty() && !as_it_is;
    let asked = form_page.clone();
    let filled: BTreeMap<String, Filled> = brought(intake, opened, form_page)
        .await?
        .into_iter()
        .map(|(key, brought)| {
            let from = brought.from;
            let typed = brought.typed;
            (key, Filled { from, typed })
        })
        .collect();
    draft::change(intake, visit, opened.draft.id, move |draft| {
        typed::replace(&mut draft.body.typed, asked.fields.iter(), given.clone());
        draft.page.clone_from(&asked.key);
        for (key, filled) in &filled {
            let known = draft.body.brought.entry(key.clone());
            known.or_insert_with(|| filled.clone());
        }
        if clean {
            draft.saw(&asked.key);
        }
        Ok(())
    })
    .await?;
    Ok(Kept {
        typed,
        wrong,
        come_back_to,
    })
}

/// Files that could not be taken, by the control they were chosen in.
pub(super) fn refused_files(problem: Problem) -> Result<Vec<Wrong>> {
    let named: Vec<Wrong> = problem
        .fields
        .iter()
        .map(|field| Wrong {
            field: field.field.clone(),
            said: Said::plain("{message}").with("message", &field.message),
        })
        .collect();
    if named.is_empty() {
        Err(problem)
    } else {
        Ok(named)
    }
}

fn applicant_page(
    visit: &Visit,
    opened: &Opened,
    place: &Place,
    phone_typed: &str,
    wrong: &[Wrong],
) -> Response {
    let page = frame_page(visit, "申请人", wrong);
    let party = &opened.party;
    let legal = party.kind == PartyKind::Legal;
    let body = ApplicantPage {
        frame: Frame::of(&page, opened, place),
        legal,
        name: if legal {
            party.name.clone()
        } else {
            base::mask::name(&party.name)
        },
        id_number: party.id_number.masked(),
        legal_representative: party
            .legal_representative
            .as_deref()
            .map(base::mask::name)
            .unwrap_or_default(),
        phone: party
            .phone
            .as_ref()
            .map(people::Secret::masked)
            .unwrap_or_default(),
        agent: if legal {
            visit
                .person()
                .map(|person| base::mask::name(&person.name))
                .unwrap_or_default()
        } else {
            String::new()
        },
        phone_typed: phone_typed.to_owned(),
        phone_error: super::view::error_of(&page, wrong, "phone"),
        errors: summary(&page, "", wrong),
        page,
    };
    render_with(visit, status(wrong), body)
}

/// The applicant's facts are their registration; only the phone can be changed here.
async fn save_applicant(
    intake: &Intake,
    visit: &Visit,
    opened: &Opened,
    place: &Place,
    fields: &Fields,
) -> Result<Option<Response>> {
    let typed = base::text::single_line(fields.get("phone").unwrap_or_default());
    let party = &opened.party;
    let wrong = if typed.is_empty() && party.phone.is_none() {
        Some(Said::plain("请填写联系电话，办理过程中会用它联系您"))
    } else if !typed.is_empty() && people::party::check_phone(&typed).is_err() {
        Some(form::phone_said(&typed))
    } else {
        None
    };
    if let Some(said) = wrong {
        let wrong = [Wrong {
            field: "phone".to_owned(),
            said,
        }];
        return Ok(Some(applicant_page(visit, opened, place, &typed, &wrong)));
    }
    contact(
        intake,
        visit,
        party,
        (!typed.is_empty()).then_some(typed),
        None,
    )
    .await?;
    draft::change(intake, visit, opened.draft.id, |draft: &mut Draft| {
        APPLICANT.clone_into(&mut draft.page);
        draft.body.aside.remove("phone");
        draft.saw(APPLICANT);
        Ok(())
    })
    .await?;
    Ok(None)
}

/// Replaces phone or address of a party; what is not given stays.
async fn contact(
    intake: &Intake,
    visit: &Visit,
    party: &Party,
    phone: Option<String>,
    address: Option<String>,
) -> Result<()> {
    if phone.is_none() && address.is_none() {
        return Ok(());
    }
    let keep =
        |known: &Option<people::Secret>| known.as_ref().map(|known| known.reveal().to_owned());
    let phone = phone.or_else(|| keep(&party.phone));
    let address = address.or_else(|| keep(&party.address));
    let (people, id, now) = (intake.app.people.clone(), party.id, visit.app.now());
    intake
        .app
        .db
        .write(move |tx| {
            people.update_party_contact(tx, id, phone.as_deref(), address.as_deref(), now)
        })
        .await?;
    Ok(())
}

/// Word, label and explanation of a way of delivery.
pub(super) fn way(way: Delivery) -> (&'static str, &'static str, &'static str) {
    match way {
        Delivery::Window => (
            "window",
            "窗口领取",
            "带身份证件到办事大厅领取，委托他人的另带委托书",
        ),
        Delivery::Post => ("post", "邮寄送达", "寄到您填写的地址，寄出后可以查邮件号"),
        Delivery::Electronic => (
            "electronic",
            "电子送达",
            "决定当天存入您的账户，可以下载、打印和核验",
        ),
    }
}

/// The way of a word.
pub(super) fn way_of(word: &str) -> Option<Delivery> {
    [Delivery::Window, Delivery::Post, Delivery::Electronic]
        .into_iter()
        .find(|known| way(*known).0 == word)
}

fn delivery_page(
    visit: &Visit,
    opened: &Opened,
    place: &Place,
    chosen: Option<Delivery>,
    address_typed: &str,
    wrong: &[Wrong],
) -> Response {
    let page = frame_page(visit, "您想怎样拿到结果？", wrong);
    let offered = deliveries(&opened.published.item);
    let body = DeliveryPage {
        frame: Frame::of(&page, opened, place),
        ways: offered
            .iter()
            .map(|offered| {
                let (word, label, hint) = way(*offered);
                (word, label, hint, chosen == Some(*offered))
            })
            .collect(),
        asks_address: offered.contains(&Delivery::Post),
        address: opened
            .party
            .address
            .as_ref()
            .map(people::Secret::masked)
            .unwrap_or_default(),
        address_typed: address_typed.to_owned(),
        address_error: super::view::error_of(&page, wrong, "address"),
        way_error: super::view::error_of(&page, wrong, "delivery"),
        errors: summary(&page, "", wrong),
        page,
    };
    render_with(visit, status(wrong), body)
}

async fn save_delivery(
    intake: &Intake,
    visit: &Visit,
    opened: &Opened,
    place: &Place,
    fields: &Fields,
) -> Result<Option<Response>> {
    let chosen = fields
        .get("delivery")
        .and_then(way_of)
        .filter(|way| deliveries(&opened.published.item).contains(way));
    let address = base::text::single_line(fields.get("address").unwrap_or_default());
    let length = base::text::visible_len(&address);
    let mut wrong = Vec::new();
    let mut refuse = |field: &str, said: Said| {
        wrong.push(Wrong {
            field: field.to_owned(),
            said,
        });
    };
    if chosen.is_none() {
        refuse("delivery", Said::plain("请选择怎样拿到结果"));
    }
    if chosen == Some(Delivery::Post) {
        if length == 0 && opened.party.address.is_none() {
            refuse(
                "address",
                Said::plain("请填写收件地址，写明区县、街道和门牌号"),
            );
        } else if length > 0 && !(4..=200).contains(&length) {
            refuse(
                "address",
                Said::plain("收件地址应为4至200个字，写明区县、街道和门牌号"),
            );
        }
    }
    if !wrong.is_empty() {
        return Ok(Some(delivery_page(
            visit, opened, place, chosen, &address, &wrong,
        )));
    }
    let posted = chosen == Some(Delivery::Post) && length > 0;
    contact(
        intake,
        visit,
        &opened.party,
        None,
        posted.then_some(address),
    )
    .await?;
    draft::change(intake, visit, opened.draft.id, move |draft| {
        draft.body.delivery = chosen;
        draft.body.aside.remove("delivery");
        draft.body.aside.remove("address");
        DELIVERY.clone_into(&mut draft.page);
        draft.saw(DELIVERY);
        Ok(())
    })
    .await?;
    Ok(None)
}
