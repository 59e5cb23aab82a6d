//! 延续、变更、补证 from a certificate: whether it may be asked for, until when, and a draft with everything the first
//! application said.

use std::sync::Arc;

use approval::after::{self, Ask, Obstacle, REASON_MAX, Wish};
use approval::details;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{DraftId, ItemId};
use casework::Case;
use jiff::civil::Date;
use license::License;
use serde::Deserialize;
use ui::Page;
use web::{Form, Path, Problem, Result, Visit, redirect, render_with};

use super::draft::as_applicant;
use super::tasks::entry;
use crate::draft::{APPLICANT, Body, DRAFTS_MAX, Draft};
use crate::form;
use crate::{Intake, filing, store as records};

#[derive(Template)]
#[template(path = "intake/after.html")]
struct AfterPage {
    page: Page,
    license: License,
    wish: &'static str,
    renews: bool,
    /// Last day on which a renewal is asked for in time.
    in_time_until: Option<Date>,
    timely: bool,
    obstacle: Option<ObstacleView>,
    ask_reason: String,
    reason_hint: String,
    reason: String,
    errors: Vec<(String, String)>,
}

struct ObstacleView {
    text: String,
    /// Where to go instead, with its words.
    go: Option<(String, String)>,
}

/// What the page and the draft are made from.
struct Found {
    license: License,
    case: Option<Case>,
    standing: std::result::Result<bool, Obstacle>,
}

async fn find(intake: &Intake, visit: &Visit, license_id: String, wish: Wish) -> Result<Found> {
    let actor = visit.actor()?.clone();
    let today = visit.app.today();
    intake
        .app
        .db
        .read(move |tx| -> Result<Found> {
            let (license, stored) = license::by_id(tx, &license_id)?
                .filter(|(license, _)| actor.owns(license.holder))
                .ok_or_else(|| Problem::not_found("没有找到这个证照，请从“我的证照”进入"))?;
            let case = granting(tx, &license)?;
            let standing = after::standing(tx, wish, &license, stored, today)?;
            Ok(Found {
                license,
                case,
                standing,
            })
        })
        .await
}

/// The case whose item is asked for again: the one that made this version of the certificate, or the first one where
/// this version comes from another item, such as a 业务办理项“……延续”.
fn granting(tx: &mut store::Tx<'_>, license: &License) -> Result<Option<Case>> {
    let load = |tx: &mut store::Tx<'_>, id| cases::load(tx, id).map_err(approval::Error::from);
    let newest = load(tx, license.case_id)?;
    let first = match license::first_case(tx, &license.license_id)? {
        Some(first) if first != license.case_id => load(tx, first)?,
        _ => None,
    };
    let item = |case: &Option<Case>| {
        case.as_ref()
            .and_then(details::about)
            .map(|about| about.item)
    };
    if first.is_some() && item(&first) != item(&newest) {
        return Ok(first);
    }
    Ok(newest)
}

fn wish_of(word: &str) -> Result<Wish> {
    Wish::from_word(word).ok_or_else(|| Problem::not_found("没有这样的申请，请从“我的证照”进入"))
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path((license_id, word)): Path<(String, String)>,
) -> Result<Response> {
    let wish = wish_of(&word)?;
    let found = find(&intake, &visit, license_id, wish).await?;
    Ok(page(&visit, wish, found, "", ""))
}

fn page(visit: &Visit, wish: Wish, found: Found, reason: &str, wrong: &str) -> Response {
    let title = match wish {
        Wish::Renew => "申请延续",
        Wish::Change => "申请变更",
        Wish::Reissue => "申请补证",
    };
    let page = visit.page(title).with_nav("my");
    let back = page.t("我的证照").to_owned();
    let page = page.with_crumb(back, "/my/licenses");
    let errors = if wrong.is_empty() {
        Vec::new()
    } else {
        vec![("reason".to_owned(), page.t(wrong).to_owned())]
    };
    let page = if errors.is_empty() {
        page
    } else {
        page.with_error()
    };
    let (ask_reason, reason_hint) = match wish {
        Wish::Renew => ("", ""),
        Wish::Change => (
            "变更什么",
            "写明由什么变更为什么，例如经营场所由12号变更为18号",
        ),
        Wish::Reissue => ("遗失或者损毁的情况", "写明时间和经过"),
    };
    let window = found.license.valid_to.and_then(after::renewal_window);
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let body = AfterPage {
        obstacle: found
            .standing
            .as_ref()
            .err()
            .map(|obstacle| obstacle_view(&page, obstacle, &found)),
        wish: wish.word(),
        renews: wish == Wish::Renew,
        in_time_until: window.map(|(_, last)| last),
        timely: found.standing == Ok(true),
        license: found.license,
        ask_reason: page.t(ask_reason).to_owned(),
        reason_hint: page.t(reason_hint).to_owned(),
        reason: reason.to_owned(),
        errors,
        page,
    };
    render_with(visit, status, body)
}

fn obstacle_view(page: &Page, obstacle: &Obstacle, found: &Found) -> ObstacleView {
    let item = found.case.as_ref().and_then(details::about);
    let guide = item.map(|about| {
        (
            format!("/items/{}", about.item),
            page.t("查看办事指南").to_owned(),
        )
    });
    let (text, go) = match obstacle {
        Obstacle::Ended(license::LicenseState::Expired) => {
            (page.t("这份证照已经过期，请重新申请。").to_owned(), guide)
        }
        Obstacle::Ended(state) => (
            page.t1(
                "这份证照{state}。请回到“我的证照”，打开有效的一份。",
                "state",
                page.t(state.label()),
            ),
            Some(("/my/licenses".to_owned(), page.t("我的证照").to_owned())),
        ),
        Obstacle::Endless => (page.t("这份证照长期有效，不需要延续。").to_owned(), None),
        Obstacle::TooEarly(from) => (
            page.t1(
                "还没有到申请延续的时间，请在{date}以后申请。",
                "date",
                page.date_long(*from),
            ),
            None,
        ),
        Obstacle::Running { case, no } => (
            page.t1(
                "这份证照已有正在办理的申请{no}，办结后才能再申请。",
                "no",
                no,
            ),
            Some((format!("/cases/{case}"), page.t("查看进度").to_owned())),
        ),
    };
    ObstacleView { text, go }
}

#[derive(Deserialize)]
pub(super) struct AfterForm {
    #[serde(default)]
    reason: String,
}

/// Begins a draft with the answers and materials of the case that made the certificate.
pub(super) async fn begin(
    State(intake): State<Intake>,
    visit: Visit,
    Path((license_id, word)): Path<(String, String)>,
    Form(form): Form<AfterForm>,
) -> Result<Response> {
    let wish = wish_of(&word)?;
    let found = find(&intake, &visit, license_id, wish).await?;
    let about = found.case.as_ref().and_then(details::about);
    let (Ok(_), Some(case), Some(about)) = (&found.standing, found.case.clone(), about) else {
        return Ok(page(&visit, wish, found, &form.reason, ""));
    };
    let reason = base::text::paragraphs(&form.reason);
    if wish != Wish::Renew && reason.is_empty() {
        let wrong = match wish {
            Wish::Change => "请写明要变更什么，由什么变更为什么",
            _ => "请写明证照是遗失还是损毁，以及时间和经过",
        };
        return Ok(page(&visit, wish, found, &form.reason, wrong));
    }
    if base::text::visible_len(&reason) > REASON_MAX {
        return Ok(page(&visit, wish, found, &form.reason, "最多500字"));
    }
    let whole = intake.open_item(about.item).await?;
    filing::online(&whole)?;
    let (published, situation) = intake
        .in_situation(&whole, &about.situation)
        .unwrap_or_else(|_| (Arc::clone(&whole), catalog::guided::Answers::new()));
    let before = intake.catalog.version(about.version).await?;
    let ask = Ask {
        wish,
        license_id: found.license.license_id.clone(),
        reason: if wish == Wish::Renew {
            String::new()
        } else {
            reason
        },
    };
    let person = visit.person()?.clone();
    let party = found.license.holder;
    let now = visit.app.now();
    let id: DraftId = visit.app.ids.next(now);
    let item: ItemId = about.item;
    let expires_at = intake.draft_expiry(now);
    let handle = intake.clone();
    let address = intake
        .app
        .db
        .write(move |tx| -> Result<String> {
            let people = &handle.app.people;
            let person = as_applicant(&person, party);
            filing::applicant(&handle, tx, &person, &published, now)?;
            let drafts = records::drafts_of(tx, person.account, None, now, DRAFTS_MAX)?;
            if drafts.len() >= DRAFTS_MAX {
                return Err(Problem::conflict(
                    "too_many_drafts",
                    format!("您已有{DRAFTS_MAX}份未提交的草稿，请先提交或删除一些"),
                ));
            }
            let answers = match (details::form(&case), &before) {
                (Some(form), Some(_)) => {
                    approval::answers::load(tx, people, case.id, form.revision)?
                }
                _ => None,
            };
            let typed = match (&before, answers) {
                (Some(before), Some(answers)) => form::typed_all(&before.item.form, &answers),
                _ => form::Typed::default(),
            };
            let mut draft = Draft {
                id,
                party,
                filed_by: person.account,
                item,
                version: before
                    .as_ref()
                    .map_or(published.version_id, |before| before.version_id),
                body: Body {
                    situation: situation.clone(),
                    typed,
                    materials: details::materials(&case),
                    after: Some(ask.clone()),
                    ..Body::default()
                },
                page: APPLICANT.to_owned(),
                created_at: now,
                updated_at: now,
                expires_at,
            };
            if draft.version != published.version_id {
                draft.move_to(before.as_deref(), &published);
            }
            records::insert_draft(tx, people, &draft)?;
            Ok(entry(&published.item, id, APPLICANT))
        })
        .await?;
    Ok(redirect(&address))
}
