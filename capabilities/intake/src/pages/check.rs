//! 核对: everything on one page with a way to change each, the declaration, and the submission.

use std::sync::Arc;

use approval::details::Delivery;
use approval::origins::Origins;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{CaseId, DraftId};
use casework::{Actor, Channel};
use jiff::civil::Date;
use people::PartyKind;
use ui::Page;
use web::{Fields, Form, Path, Problem, Result, Visit, redirect, render_with};

use super::draft::{self, Opened, Place, as_applicant, place};
use super::question::Frame;
use super::view::{AnswerPart, AnswerRow, in_row, said};
use crate::Intake;
use crate::documents;
use crate::draft::{APPLICANT, CHECK, DELIVERY, MATERIALS, PROMISE, deliveries};
use crate::filing::{self, Application, Findings};
use crate::form::typed::base_key;
use crate::form::{self, Answers, Wrong};
use crate::materials::{self, Need};
use crate::situation;
use crate::store::{self as records, Found};

#[derive(Template)]
#[template(path = "intake/check.html")]
struct CheckPage {
    page: Page,
    frame: Frame,
    parts: Vec<AnswerPart>,
    materials: Vec<MaterialRow>,
    materials_change: String,
    delivery: AnswerPart,
    notice_due: Option<Date>,
    notice_provisional: bool,
    agreed: bool,
    agree_error: String,
    /// What the person saw: nothing else is submitted.
    seen: i64,
    /// (address, sentence).
    errors: Vec<(String, String)>,
}

struct MaterialRow {
    name: String,
    tag: &'static str,
    tone: &'static str,
    value: String,
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
    let place = here(&opened)?;
    let (application, findings) = application(&intake, &visit, &opened).await?;
    Ok(page(
        &intake,
        &visit,
        &opened,
        &place,
        &application.answers,
        &findings,
        true,
        false,
    ))
}

fn here(opened: &Opened) -> Result<Place> {
    place(opened, CHECK).ok_or_else(|| Problem::internal("every journey ends with the check"))
}

/// The draft as an application, with everything that is wrong in it.
async fn application(
    intake: &Intake,
    visit: &Visit,
    opened: &Opened,
) -> Result<(Application, Findings)> {
    let body = &opened.draft.body;
    let published = Arc::clone(&opened.published);
    let (answers, wrong) =
        form::check_typed(intake, &published, &body.typed, &opened.who(visit)?).await?;
    let application = Application {
        channel: Channel::Web,
        answers,
        materials: body.materials.clone(),
        situation: body.situation.clone(),
        delivery: opened.draft.delivery(&published.item),
        after: body.after.clone(),
        origins: Origins {
            answers: opened.draft.answer_origins(),
            materials: documents::sources(&body.materials, &body.reused, &opened.held),
        },
        published,
    };
    let mut findings = intake.check(&application)?;
    findings.answers = wrong;
    if let Some(promised) = body.materials.iter().find(|given| given.promised)
        && let Some(barred) = intake.promise_barred(opened.draft.party).await?
    {
        let said = crate::said::Said::plain(barred);
        findings.materials.push(Wrong::new(&promised.key, said));
    }
    let asked = deliveries(&opened.published.item).len() > 1;
    if asked && body.delivery.is_none() {
        findings.delivery = Some(crate::said::Said::plain("请选择怎样拿到结果"));
    } else if application.delivery == Delivery::Post && opened.party.address.is_none() {
        findings.delivery = Some(crate::said::Said::plain(
            "请填写收件地址，写明区县、街道和门牌号",
        ));
    }
    Ok((application, findings))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the one page of this file, called twice"
)]
fn page(
    intake: &Intake,
    visit: &Visit,
    opened: &Opened,
    place: &Place,
    answers: &Answers,
    findings: &Findings,
    agreed_right: bool,
    agreed: bool,
) -> Response {
    let page = visit.page("提交前请核对").with_nav("my");
    let item = &opened.published.item;
    let address = |name: &str| format!("/apply/drafts/{}/{name}", opened.draft.id);
    let change = |name: &str| format!("{}?from=check", address(name));
    let mut parts = vec![applicant_part(&page, opened, &change(APPLICANT))];
    parts.extend(situation_part(&page, opened));
    parts.extend(promise_part(&page, opened, &address(PROMISE)));
    let mut errors = Vec::new();
    for form_page in &item.form.pages {
        let mut rows = Vec::new();
        for field in &form_page.fields {
            let value = answers.get(&field.key);
            rows.push(AnswerRow {
                label: field.label.clone(),
                value: form::shown(field, value, false),
                change: format!("{}#{}", change(&form_page.key), field.key),
            });
            let of_field = |wrong: &&Wrong| base_key(&wrong.field) == field.key;
            for wrong in findings.answers.iter().filter(of_field) {
                let address = format!("{}#{}", change(&form_page.key), wrong.field);
                let text = page.tf(
                    "{page} {field}：{said}",
                    &[
                        ("page", form_page.title.as_str()),
                        ("field", field.label.as_str()),
                        ("said", in_row(&page, wrong).as_str()),
                    ],
                );
                errors.push((address, text));
            }
        }
        parts.push(AnswerPart {
            title: form_page.title.clone(),
            rows,
        });
    }
    for wrong in &findings.materials {
        errors.push((
            format!("{}#m-{}", address(MATERIALS), wrong.field),
            said(&page, &wrong.said),
        ));
    }
    if let Some(wrong) = &findings.delivery {
        errors.push((change(DELIVERY), said(&page, wrong)));
    }
    let agree_error = if agreed_right {
        String::new()
    } else {
        page.t("请勾选承诺后再提交").to_owned()
    };
    if !agreed_right {
        errors.push(("#agree".to_owned(), agree_error.clone()));
    }
    let calendar = intake.app.calendar();
    let terms = approval::clocks::notice();
    let notice = calendar::due(
        &calendar,
        calendar::Moment::Date(visit.app.today()),
        terms.length,
        &[],
        terms.rule,
    )
    .ok()
    .and_then(calendar::Deadline::due);
    // Somebody who comes here early is not told of errors before pressing the button.
    let shown = !agreed_right || agreed;
    let page = if shown && !errors.is_empty() {
        page.with_error()
    } else {
        page
    };
    let status = if shown && !errors.is_empty() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let page = if agreed && errors.is_empty() {
        Page {
            flash: Some(ui::Flash {
                good: false,
                text: page.t("内容刚刚有更新，请再核对一遍后提交").to_owned(),
            }),
            ..page
        }
    } else {
        page
    };
    let body = CheckPage {
        frame: Frame::of(&page, opened, place),
        parts,
        materials: material_rows(&page, opened),
        materials_change: address(MATERIALS),
        delivery: delivery_part(&page, opened, change(DELIVERY)),
        notice_due: notice.map(|due| due.date),
        notice_provisional: notice.is_some_and(|due| due.provisional),
        agreed,
        agree_error,
        seen: opened.draft.updated_at.as_millisecond(),
        errors,
        page,
    };
    render_with(visit, status, body)
}

fn applicant_part(page: &Page, opened: &Opened, change: &str) -> AnswerPart {
    let party = &opened.party;
    let legal = party.kind == PartyKind::Legal;
    let row = |label: &str, value: String, change: &str| AnswerRow {
        label: page.t(label).to_owned(),
        value,
        change: change.to_owned(),
    };
    let mut rows = Vec::new();
    if legal {
        rows.push(row("名称", party.name.clone(), ""));
        rows.push(row("统一社会信用代码", party.id_number.masked(), ""));
        if let Some(name) = &party.legal_representative {
            rows.push(row("法定代表人", base::mask::name(name), ""));
        }
    } else {
        rows.push(row("姓名", base::mask::name(&party.name), ""));
        rows.push(row("身份证号码", party.id_number.masked(), ""));
    }
    let phone = party
        .phone
        .as_ref()
        .map(people::Secret::masked)
        .unwrap_or_default();
    rows.push(row("联系电话", phone, change));
    AnswerPart {
        title: page.t("申请人").to_owned(),
        rows,
    }
}

/// 办理情形; changing it begins with the questions and comes back to the same draft.
fn situation_part(page: &Page, opened: &Opened) -> Option<AnswerPart> {
    let questions = catalog::pages::links::situation(opened.draft.item);
    let change = format!(
        "{questions}?{}",
        situation::to_text(&opened.draft.body.situation)
    );
    let rows: Vec<AnswerRow> = opened
        .told
        .iter()
        .map(|(label, value)| AnswerRow {
            label: label.clone(),
            value: value.clone(),
            change: change.clone(),
        })
        .collect();
    (!rows.is_empty()).then(|| AnswerPart {
        title: page.t("您的情形").to_owned(),
        rows,
    })
}

/// 告知承诺: what is promised, in the words it was told in.
fn promise_part(page: &Page, opened: &Opened, change: &str) -> Option<AnswerPart> {
    let terms = super::promise::terms(&opened.published.item)?;
    let given = &opened.draft.body.materials;
    let promised: Vec<&str> = terms
        .law
        .replaceable
        .iter()
        .filter(|named| materials::given(given, &named.key).is_some_and(|one| one.promised))
        .map(|named| named.name.as_str())
        .collect();
    let row = |label: &str, value: String| AnswerRow {
        label: page.t(label).to_owned(),
        value,
        change: change.to_owned(),
    };
    let rows = if promised.is_empty() {
        vec![row("承诺代替的材料", page.t("没有，全部提交").to_owned())]
    } else {
        vec![
            row("承诺代替的材料", promised.join("、")),
            row(
                "承诺的内容",
                super::promise::said(page, &terms.promised).join(" "),
            ),
        ]
    };
    Some(AnswerPart {
        title: page.t("告知承诺").to_owned(),
        rows,
    })
}

fn material_rows(page: &Page, opened: &Opened) -> Vec<MaterialRow> {
    let given = &opened.draft.body.materials;
    let certified = opened.certified();
    opened
        .published
        .item
        .materials
        .iter()
        .map(|material| {
            let need = materials::need_beside(material, &certified);
            let entry = materials::given(given, &material.key);
            let value = match entry {
                Some(entry) if !entry.files.is_empty() => entry
                    .files
                    .iter()
                    .map(|file| format!("{}（{}）", file.name, materials::size_text(file.size)))
                    .collect::<Vec<_>>()
                    .join("、"),
                Some(entry) if entry.promised => page.t("书面承诺代替，不再提交").to_owned(),
                Some(_) => page.t("到窗口交纸质件").to_owned(),
                None if certified.contains(&material.key.as_str()) => {
                    page.t("您持有的电子证照已经核验").to_owned()
                }
                None => match need {
                    Need::Shared => page.t("由办理部门向核发部门核验").to_owned(),
                    Need::Later => page.t("提交后再补").to_owned(),
                    Need::Required => page.t("还没有上传").to_owned(),
                    Need::Situational | Need::Optional | Need::Choice => {
                        page.t("不提交").to_owned()
                    }
                },
            };
            let tagged = entry.is_none() && matches!(need, Need::Shared | Need::Later);
            MaterialRow {
                name: material.name.clone(),
                tag: if tagged { need.label() } else { "" },
                tone: need.tone(),
                value,
            }
        })
        .collect()
}

fn delivery_part(page: &Page, opened: &Opened, change: String) -> AnswerPart {
    let item = &opened.published.item;
    let way = opened.draft.delivery(item);
    let can_change = deliveries(item).len() > 1;
    let chosen = opened.draft.body.delivery.is_some() || !can_change;
    let mut rows = vec![AnswerRow {
        label: page.t("结果").to_owned(),
        value: if chosen {
            page.t(way.label())
        } else {
            page.t("还没有选择")
        }
        .to_owned(),
        change: if can_change {
            change.clone()
        } else {
            String::new()
        },
    }];
    if chosen && way == Delivery::Post {
        rows.push(AnswerRow {
            label: page.t("收件地址").to_owned(),
            value: opened
                .party
                .address
                .as_ref()
                .map(people::Secret::masked)
                .unwrap_or_default(),
            change,
        });
    }
    AnswerPart {
        title: page.t("领取方式").to_owned(),
        rows,
    }
}

pub(super) async fn submit(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DraftId>,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let opened = match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(case) => return Ok(redirect(&format!("/cases/{case}/submitted"))),
        draft::Page::Open(opened) => opened,
    };
    let place = here(&opened)?;
    let (application, findings) = application(&intake, &visit, &opened).await?;
    let agreed = fields.get("agree").is_some();
    // What is submitted is what was shown.
    let same = fields.get("seen")
        == Some(
            opened
                .draft
                .updated_at
                .as_millisecond()
                .to_string()
                .as_str(),
        );
    if !findings.is_empty() || !agreed || opened.moved.is_some() || !same {
        let response = page(
            &intake,
            &visit,
            &opened,
            &place,
            &application.answers,
            &findings,
            agreed,
            agreed,
        );
        return Ok(response);
    }
    filing::online(&application.published)?;
    let composite = intake.prepared(&application).await?;
    let case_no = intake
        .approval
        .next_case_no(&application.published.item.region_code, Channel::Web)
        .await?;
    let now = visit.app.now();
    let case_id: CaseId = visit.app.ids.next(now);
    let person = visit.person()?.clone();
    let party = opened.draft.party;
    let seen = opened.draft.updated_at;
    let session = visit.session.clone();
    let looked = intake
        .look(&application.published, || crate::at_once::Ask {
            case_id,
            published: Arc::clone(&application.published),
            applicant: crate::at_once::Applicant::Party(party),
            answers: application.answers.clone(),
            materials: application.materials.clone(),
            now,
        })
        .await;
    let (handle, application) = (intake.clone(), Arc::new(application));
    let filed = intake
        .app
        .db
        .write(move |tx| -> Result<Option<CaseId>> {
            let people = &handle.app.people;
            match records::draft(tx, people, id, person.account, now)? {
                Some(Found::Filed(case)) => return Ok(Some(case)),
                Some(Found::Open(draft)) if draft.updated_at == seen => {}
                _ => return Ok(None),
            }
            let actor = as_applicant(&person, party);
            let (applicant, name) =
                filing::applicant(&handle, tx, &actor, &application.published, now)?;
            if let Some(session) = &session
                && person.applicant() != party
            {
                people.act_for(tx, session, actor.acting_for, now)?;
            }
            let actor = Actor::Person(actor);
            let filed = match &composite {
                Some(composite) => composite.file(tx, &actor, now, (applicant, &name))?,
                None => {
                    let key = (case_id, case_no.as_str());
                    let applicant = (applicant, name.as_str());
                    handle.file_looked(tx, &actor, now, key, applicant, &application, &looked)?;
                    case_id
                }
            };
            records::finish_draft(tx, id, filed, now)?;
            Ok(Some(filed))
        })
        .await?;
    Ok(match filed {
        Some(case) => redirect(&format!("/cases/{case}/submitted")),
        None => redirect(&format!("/apply/drafts/{id}/{CHECK}")),
    })
}
