//! The question pages: one page of the form each, the applicant's facts before, the way of delivery after.

use approval::details::Delivery;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::DraftId;
use people::{Party, PartyKind};
use serde::Deserialize;
use ui::Page;
use web::{Fields, Form, Path, Problem, Query, Result, Visit, redirect, render_with};

use super::draft::{self, Opened, Place, moved_text, place};
use super::view::{FieldView, summary};
use crate::Intake;
use crate::draft::{APPLICANT, CHECK, DELIVERY, Draft, Step, deliveries};
use crate::form::{self, Typed, Wrong};
use crate::said::Said;

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
    fields: Vec<FieldView>,
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
        Step::Applicant => applicant_page(&visit, &opened, &place, "", &[]),
        Step::Page(at) => question_page(&visit, &opened, &place, at, &typed, &[]),
        Step::Delivery => {
            delivery_page(&visit, &opened, &place, opened.draft.body.delivery, "", &[])
        }
        // These have addresses of their own that come first.
        Step::Materials | Step::Check => return Err(no_page()),
    })
}

pub(super) async fn save(
    State(intake): State<Intake>,
    visit: Visit,
    Path((id, page)): Path<(DraftId, String)>,
    Query(back): Query<Return>,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let opened = match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(case) => return Ok(redirect(&format!("/cases/{case}/submitted"))),
        draft::Page::Open(opened) => opened,
    };
    let place = place(&opened, &page).ok_or_else(no_page)?;
    let later = fields.get("action") == Some("later");
    let refused = match place.step {
        Step::Applicant => save_applicant(&intake, &visit, &opened, &place, &fields).await?,
        Step::Page(at) => save_answers(&intake, &visit, &opened, &place, at, &fields).await?,
        Step::Delivery => save_delivery(&intake, &visit, &opened, &place, &fields).await?,
        Step::Materials | Step::Check => return Err(no_page()),
    };
    Ok(match refused {
        _ if later => redirect("/my"),
        Some(response) => response,
        None if back.from.as_deref() == Some("check") => {
            redirect(&format!("/apply/drafts/{id}/{CHECK}"))
        }
        None => redirect(&place.next),
    })
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
    let page = visit.page(title).with_nav("my");
    if wrong.is_empty() {
        page
    } else {
        page.with_error()
    }
}

fn question_page(
    visit: &Visit,
    opened: &Opened,
    place: &Place,
    at: usize,
    typed: &Typed,
    wrong: &[Wrong],
) -> Response {
    let form_page = &opened.published.item.form.pages[at];
    let page = frame_page(visit, &form_page.title, wrong);
    let body = QuestionPage {
        frame: Frame::of(&page, opened, place),
        title: form_page.title.clone(),
        hint: form_page.hint.clone(),
        fields: form_page
            .fields
            .iter()
            .map(|field| FieldView::of(&page, "", field, typed, wrong))
            .collect(),
        errors: summary(&page, "", wrong),
        page,
    };
    render_with(visit, status(wrong), body)
}

/// Keeps what was typed, right or wrong; answers with the page again if something is wrong.
async fn save_answers(
    intake: &Intake,
    visit: &Visit,
    opened: &Opened,
    place: &Place,
    at: usize,
    fields: &Fields,
) -> Result<Option<Response>> {
    let published = &opened.published;
    let form_page = &published.item.form.pages[at];
    let mut typed = opened.draft.body.typed.clone();
    let given = typed_fields(form_page.fields.iter(), "", fields);
    typed.extend(given.clone());
    typed.retain(|_, texts| !texts.is_empty());
    let wrong = form::check_page(intake, published, form_page, &typed)?;
    let (name, clean) = (form_page.key.clone(), wrong.is_empty());
    draft::change(intake, visit, opened.draft.id, move |draft| {
        draft.body.typed.extend(given.clone());
        draft.body.typed.retain(|_, texts| !texts.is_empty());
        draft.page.clone_from(&name);
        if clean {
            draft.saw(&name);
        }
        Ok(())
    })
    .await?;
    if wrong.is_empty() {
        return Ok(None);
    }
    Ok(Some(question_page(
        visit, opened, place, at, &typed, &wrong,
    )))
}

/// What a form says about some fields, tidied.
pub(super) fn typed_fields<'a>(
    asked: impl Iterator<Item = &'a catalog::model::Field>,
    prefix: &str,
    fields: &Fields,
) -> Typed {
    asked
        .map(|field| {
            let name = format!("{prefix}{}", field.key);
            let texts: Vec<String> = fields
                .all(&name)
                .take(catalog::form::OPTIONS_MAX)
                .map(|text| form::normalise(field.kind, text))
                .filter(|text| !text.is_empty())
                .collect();
            (field.key.clone(), texts)
        })
        .collect()
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
        DELIVERY.clone_into(&mut draft.page);
        draft.saw(DELIVERY);
        Ok(())
    })
    .await?;
    Ok(None)
}
