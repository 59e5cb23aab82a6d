//! The task list of a long application: what is done, what is begun, what is left, in any order.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::DraftId;
use people::PartyKind;
use ui::Page;
use web::{Path, Result, Visit, redirect, render};

use super::draft::{self, Opened, moved_text};
use crate::Intake;
use crate::draft::{Draft, Step, TASKS, is_long, steps};

#[derive(Template)]
#[template(path = "intake/tasks.html")]
struct TasksPage {
    page: Page,
    draft_id: DraftId,
    item: String,
    /// For whom; empty when for oneself.
    acting_for: String,
    /// (heading, tasks).
    sections: Vec<(String, Vec<Task>)>,
    done: usize,
    total: usize,
    saved_at: String,
    expires: String,
    moved: String,
}

struct Task {
    /// The step's name.
    id: String,
    title: String,
    hint: String,
    /// Empty while it cannot be filled in yet.
    href: String,
    state: &'static str,
}

/// How far a step is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Done,
    Begun,
    New,
    Closed,
}

impl Progress {
    /// The word of the component `task`.
    fn word(self) -> &'static str {
        match self {
            Progress::Done => "done",
            Progress::Begun => "now",
            Progress::New => "todo",
            Progress::Closed => "locked",
        }
    }
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
    if !is_long(&opened.published.item) {
        return Ok(redirect(&format!("/apply/drafts/{id}")));
    }
    let page = visit
        .page("申请要填的内容")
        .with_nav("my")
        .with_crumb(visit.page("").t("我的办件").to_owned(), "/my");
    let states = states(&opened);
    let done = states
        .iter()
        .filter(|(_, state)| *state == Progress::Done)
        .count();
    let total = states.len();
    let body = TasksPage {
        draft_id: id,
        item: opened.published.item.name.clone(),
        acting_for: if opened.party.kind == PartyKind::Legal {
            opened.party.name.clone()
        } else {
            String::new()
        },
        sections: sections(&page, &opened, &states),
        done,
        total,
        saved_at: page.datetime(opened.draft.updated_at),
        expires: page.date(calendar::civil_date(opened.draft.expires_at)),
        moved: moved_text(&page, opened.moved.as_ref()),
        page,
    };
    Ok(render(&visit, body))
}

/// The tasks under three headings: what is asked, what is handed in, the end.
fn sections(
    page: &Page,
    opened: &Opened,
    states: &[((String, Step), Progress)],
) -> Vec<(String, Vec<Task>)> {
    let part = |title: &str, belongs: fn(&Step) -> bool| {
        let tasks: Vec<Task> = states
            .iter()
            .filter(|((_, step), _)| belongs(step))
            .map(|((name, step), state)| task(page, opened, name, step, *state))
            .collect();
        (page.t(title).to_owned(), tasks)
    };
    let mut sections = vec![
        part("填写申请表", |step| {
            matches!(step, Step::Applicant | Step::Page(_))
        }),
        part("交材料和选择领取方式", |step| {
            matches!(step, Step::Promise | Step::Materials | Step::Delivery)
        }),
        part("核对和提交", |step| *step == Step::Check),
    ];
    sections.retain(|(_, tasks)| !tasks.is_empty());
    sections
}

/// Every step with how far it is; the last one opens when all others are done.
fn states(opened: &Opened) -> Vec<((String, Step), Progress)> {
    let item = &opened.published.item;
    let mut states: Vec<_> = steps(item)
        .into_iter()
        .map(|(name, step)| {
            let state = if opened.draft.has_done(item, &opened.held, &name, &step) {
                Progress::Done
            } else if begun(&opened.draft, item, &step) {
                Progress::Begun
            } else {
                Progress::New
            };
            ((name, step), state)
        })
        .collect();
    let rest = states
        .iter()
        .any(|((_, step), state)| *step != Step::Check && *state != Progress::Done);
    for ((_, step), state) in &mut states {
        if *step == Step::Check {
            *state = if rest {
                Progress::Closed
            } else {
                Progress::New
            };
        }
    }
    states
}

fn begun(draft: &Draft, item: &catalog::model::Item, step: &Step) -> bool {
    match step {
        Step::Page(at) => item.form.pages.get(*at).is_some_and(|page| {
            draft.body.typed.keys().any(|name| {
                // Inside a table or a group the name of a control begins with the field's key.
                let key = name.split('-').next().unwrap_or(name);
                page.fields.iter().any(|field| field.key == key)
            })
        }),
        Step::Materials => !draft.body.materials.is_empty(),
        Step::Delivery => draft.body.delivery.is_some(),
        Step::Applicant | Step::Promise | Step::Check => false,
    }
}

fn task(page: &Page, opened: &Opened, name: &str, step: &Step, state: Progress) -> Task {
    let item = &opened.published.item;
    let (title, hint) = match step {
        Step::Applicant => (
            page.t("申请人").to_owned(),
            page.t("核对姓名和联系电话").to_owned(),
        ),
        Step::Page(at) => item
            .form
            .pages
            .get(*at)
            .map(|form_page| (form_page.title.clone(), form_page.hint.clone()))
            .unwrap_or_default(),
        Step::Promise => (
            page.t("告知承诺").to_owned(),
            page.t("选择用承诺代替哪些材料").to_owned(),
        ),
        Step::Materials => (
            page.t("材料").to_owned(),
            page.t1("共{n}项，能免交的不用交", "n", item.materials.len()),
        ),
        Step::Delivery => (
            page.t("领取方式").to_owned(),
            page.t("选择怎样拿到结果").to_owned(),
        ),
        Step::Check => (
            page.t("核对答案并提交").to_owned(),
            page.t("前面都完成后才能提交").to_owned(),
        ),
    };
    Task {
        id: name.to_owned(),
        title,
        hint,
        href: if state == Progress::Closed {
            String::new()
        } else {
            format!("/apply/drafts/{}/{name}", opened.draft.id)
        },
        state: state.word(),
    }
}

/// Where an application is taken up: the task list of a long one, else the page where it was left.
pub(crate) fn entry(item: &catalog::model::Item, draft: DraftId, page: &str) -> String {
    if is_long(item) {
        format!("/apply/drafts/{draft}/{TASKS}")
    } else {
        format!("/apply/drafts/{draft}/{page}")
    }
}
