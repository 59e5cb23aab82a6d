//! The workspace: materials and form on the left, what can be done in the middle, clocks and trail on the right.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use base::ids::CaseId;
use casework::Case;
use casework::event::{ActorKind, ActorRef};
use jiff::Timestamp;
use serde::Deserialize;
use ui::strip::{self, ClockView};
use ui::viewer::Document;
use web::{Form, Path, Problem, Query, Visit};

use super::acts::{self, ActView};
use super::documents::{self, MaterialView};
use super::neighbours::{self, Neighbours};
use super::notes::Note;
use super::view::{Loaded, Shown, shown};
use crate::{
    clocks, details,
    flow::{command_label, state_label},
    letter,
    origins::origins,
    pages::routes,
    service::{Act, Approval},
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Params {
    /// Digest of the file shown beside the form.
    file: Option<String>,
    /// `form`: the form stands beside the file.
    beside: Option<String>,
    /// On a phone: `materials`, `act` or `trail`.
    view: Option<String>,
    /// Address of the list the case was opened from.
    list: Option<String>,
}

/// Where the reader is: every link of the page leads on without losing it.
pub(super) struct Place {
    case: CaseId,
    view: &'static str,
    file: Option<String>,
    beside: bool,
    /// One of our own addresses, or empty.
    list: String,
}

impl Place {
    fn of(case: CaseId, params: Params, failed: bool) -> Place {
        let view = match params.view.as_deref() {
            _ if failed => "act",
            Some("act") => "act",
            Some("trail") => "trail",
            _ => "materials",
        };
        let list = params.list.unwrap_or_default();
        Place {
            case,
            view,
            file: params.file,
            beside: params.beside.as_deref() == Some("form"),
            list: if web::prefs::local(&list) == list {
                list
            } else {
                String::new()
            },
        }
    }

    fn address(&self, case: CaseId, view: &str, file: Option<&str>, beside: bool) -> String {
        let mut query = Vec::new();
        if let Some(file) = file {
            query.push(format!("file={}", super::view::encode(file)));
        }
        if beside {
            query.push("beside=form".to_owned());
        }
        if view != "materials" {
            query.push(format!("view={view}"));
        }
        if !self.list.is_empty() {
            query.push(format!("list={}", super::view::encode(&self.list)));
        }
        let bare = routes::workspace(case);
        if query.is_empty() {
            bare
        } else {
            format!("{bare}?{}", query.join("&"))
        }
    }

    /// This case with another file open.
    pub(super) fn opening(&self, file: &str) -> String {
        let address = self.address(self.case, "materials", Some(file), self.beside);
        format!("{address}#preview")
    }

    fn showing(&self, view: &str) -> String {
        self.address(self.case, view, self.file.as_deref(), self.beside)
    }

    fn with_form_beside(&self, beside: bool) -> String {
        let address = self.address(self.case, "materials", self.file.as_deref(), beside);
        format!("{address}#preview")
    }

    fn without_file(&self) -> String {
        self.address(self.case, "materials", None, false)
    }

    /// Another case of the list; on a phone at the same part of it.
    fn other(&self, case: &CaseId) -> String {
        self.address(*case, self.view, None, false)
    }

    /// The list, at the row of this case.
    fn back(&self) -> String {
        let list = match self.list.split('#').next() {
            None | Some("") => "/staff",
            Some(list) => list,
        };
        format!("{list}#r-{}", self.case)
    }
}

pub(super) struct StepView {
    at: Timestamp,
    who: String,
    what: &'static str,
    remark: String,
    /// What it did to the clocks.
    clocks: Vec<String>,
}

pub(super) struct LetterView {
    href: String,
    label: &'static str,
    number: String,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "a template's switches, each shown by itself"
)]
#[derive(Template)]
#[template(path = "workspace.html")]
struct WorkspacePage {
    page: ui::Page,
    case: Case,
    state: &'static str,
    org_name: String,
    applicant_kind: &'static str,
    applicant_number: String,
    applicant_phone: String,
    applicant_address: String,
    pages: Vec<(String, Vec<Shown>)>,
    may_reveal: bool,
    materials: Vec<MaterialView>,
    /// Files that answer questions of the form.
    answered: Vec<MaterialView>,
    /// Materials that nothing was handed in for.
    missing: usize,
    document: Option<Document>,
    beside: bool,
    acts: Vec<ActView>,
    clocks: Vec<ClockView>,
    steps: Vec<StepView>,
    letters: Vec<LetterView>,
    /// 送达回证 to be signed at hand-over.
    service_form: bool,
    license: Option<String>,
    /// Where it stands on its route.
    route: Option<String>,
    /// What stands beside its state.
    notes: Vec<Note>,
    delivery: &'static str,
    /// Who filed it, for whom; empty where the applicant did themselves.
    filed_by: String,
    taken_by: Option<String>,
    request_key: String,
    errors: Vec<(String, String)>,
    values: Values,
    may_trail: bool,
    /// Whoever decides may also end a certificate.
    may_end: bool,
    light: &'static str,
    remaining: String,
    place: Place,
    neighbours: Neighbours,
}

impl WorkspacePage {
    fn field_error(&self, command: &str, field: &str) -> &str {
        if self.values.command != command {
            return "";
        }
        self.errors
            .iter()
            .find(|(id, _)| *id == format!("{command}-{field}"))
            .map_or("", |(_, message)| message.as_str())
    }

    /// Name of a material's input in the correction form.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn key_of(&self, material: &MaterialView) -> String {
        format!("m-{}", material.key)
    }

    /// As [`WorkspacePage::typed`], of a field the page knows by name.
    fn begun<'a>(&'a self, act: &'a ActView, name: &str) -> &'a str {
        if self.values.command == act.command {
            let id = format!("{}-{name}", act.command);
            self.value(act.command, &id)
        } else {
            act.prepared(name)
        }
    }

    /// What stands in a field: what was typed, else what it begins with.
    fn typed<'a>(&'a self, act: &'a ActView, field: &'a super::special::Field) -> &'a str {
        if self.values.command == act.command {
            self.value(act.command, act.id_of(field).as_str())
        } else {
            field.value.as_str()
        }
    }

    fn value(&self, command: &str, field: &str) -> &str {
        if self.values.command != command {
            return "";
        }
        self.values.fields.get(field).unwrap_or_default()
    }
}

/// What was typed into the form that is shown again.
#[derive(Default)]
pub(super) struct Values {
    pub command: String,
    pub fields: web::Fields,
}

/// What a build shows besides the case.
#[derive(Default)]
struct Wanted {
    values: Values,
    problem: Option<Problem>,
    full: bool,
    params: Params,
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let wanted = Wanted {
        params,
        ..Wanted::default()
    };
    match build(&visit, &approval, id, wanted).await {
        Ok(page) => Ok(web::render(&visit, page)),
        // The case of a whole bundle stands in the same queues and has a page of its own.
        Err(problem) if problem.kind == web::Kind::NotFound => {
            let kind = approval.kind_for(visit.actor()?, id).await?;
            match kind.as_deref() {
                Some("bundle") => Ok(web::redirect(&format!("/staff/joint/{id}"))),
                Some("project") => Ok(web::redirect(&format!("/staff/projects/{id}"))),
                Some(crate::aftercheck::KIND) => {
                    Ok(web::redirect(&crate::supervision::links::check(id)))
                }
                Some(crate::after::ending::KIND) => {
                    match crate::after::ending_pages::instead(&visit, &approval.app, id).await? {
                        Some(to) => Ok(web::redirect(&to)),
                        None => Err(problem),
                    }
                }
                _ => Err(problem),
            }
        }
        Err(problem) => Err(problem),
    }
}

/// The workspace again with what was refused and everything that was typed.
pub(super) async fn again(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    values: Values,
    problem: Problem,
) -> web::Result<Response> {
    let list = values.fields.get("list").map(str::to_owned);
    let wanted = Wanted {
        values,
        problem: Some(problem),
        full: false,
        params: Params {
            list,
            ..Params::default()
        },
    };
    let page = build(visit, approval, id, wanted).await?;
    Ok(web::render_with(
        visit,
        StatusCode::UNPROCESSABLE_ENTITY,
        page,
    ))
}

/// Where an act leads: to the case it was done to, in the list it was opened from.
pub(super) fn after_act(id: CaseId, fields: &web::Fields) -> String {
    let params = Params {
        list: fields.get("list").map(str::to_owned),
        ..Params::default()
    };
    Place::of(id, params, true).showing("act")
}

#[derive(Debug, Deserialize)]
pub(super) struct RevealForm {
    #[serde(default)]
    purpose: String,
    list: Option<String>,
}

/// Shows the page once with personal data in full; the act and its purpose stand in the trail.
pub(super) async fn reveal(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Form(form): Form<RevealForm>,
) -> web::Result<Response> {
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    let purpose = if form.purpose.trim().is_empty() {
        "办理本件".to_owned()
    } else {
        form.purpose
    };
    let act = Act::Reveal { purpose };
    approval
        .app
        .db
        .write(move |tx| me.act(tx, &actor, now, id, None, &act))
        .await?;
    let wanted = Wanted {
        full: true,
        params: Params {
            list: form.list,
            ..Params::default()
        },
        ..Wanted::default()
    };
    Ok(web::render(
        &visit,
        build(&visit, &approval, id, wanted).await?,
    ))
}

async fn build(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    wanted: Wanted,
) -> web::Result<WorkspacePage> {
    let Wanted {
        values,
        problem,
        full,
        params,
    } = wanted;
    let actor = visit.actor()?.clone();
    let now = approval.app.now();
    let calendar = approval.app.calendar();
    let loaded = approval.open_for(&actor, id).await?;
    let place = Place::of(id, params, problem.is_some());
    let (trail, taken_by, neighbours) = {
        let staff = loaded.case.tasks.first().and_then(|task| task.staff);
        let (me, reader, list) = (approval.clone(), actor.clone(), place.list.clone());
        approval
            .app
            .db
            .read(move |tx| {
                let trail = cases::trail(tx, id)?;
                let name = match staff {
                    Some(staff) => people::staff::name(tx, staff).unwrap_or(None),
                    None => None,
                };
                let neighbours = neighbours::around(tx, &me.app, &reader, &list, id, now)?;
                Ok::<_, cases::Error>((trail, name, neighbours))
            })
            .await
            .map_err(crate::Error::from)?
    };
    let Loaded {
        case,
        answers,
        situation,
        published,
        org_name,
        applicant,
    } = loaded;
    let item = published.as_ref().map(|published| &published.item);
    let materials = documents::materials(&case, item, place.file.as_deref());
    let answered = documents::answered(item, &answers, place.file.as_deref());
    let document = documents::open(&case, materials.iter().chain(&answered), &place);
    let errors = problem
        .map(|problem| {
            let fields = problem.fields.iter().map(|field| {
                (
                    format!("{}-{}", values.command, field.field),
                    field.message.clone(),
                )
            });
            fields.collect()
        })
        .unwrap_or_default();
    let acts = acts::possible(approval, &actor, &case, now, &values.command);
    let shown_secret = |secret: Option<&people::Secret>| {
        secret.map_or_else(String::new, |secret| {
            if full {
                secret.reveal().to_owned()
            } else {
                secret.masked()
            }
        })
    };
    let clocks: Vec<ClockView> = case
        .clocks
        .iter()
        .rev()
        .map(|clock| {
            let label = clocks::label(&clock.terms.kind);
            strip::view(visit.lang, label, clock, &calendar, now)
        })
        .collect();
    let due = case
        .open_clocks()
        .filter_map(|clock| clocks::due_at(clock, &calendar))
        .min();
    let may = |permission| actor.may(permission, &case.scope());
    let page = visit
        .page(&case.title)
        .with_nav("queue")
        .with_crumb("待办", place.back());
    Ok(WorkspacePage {
        page: if values.command.is_empty() {
            page
        } else {
            page.with_error()
        },
        state: state_label(&case.state),
        org_name,
        applicant_kind: applicant.as_ref().map_or("", |party| party.kind.label()),
        applicant_number: shown_secret(applicant.as_ref().map(|party| &party.id_number)),
        applicant_phone: shown_secret(applicant.as_ref().and_then(|party| party.phone.as_ref())),
        applicant_address: shown_secret(
            applicant.as_ref().and_then(|party| party.address.as_ref()),
        ),
        pages: in_situation(situation)
            .into_iter()
            .chain(
                item.map(|item| shown(item, &answers, &origins(&case), full))
                    .unwrap_or_default(),
            )
            .collect(),
        may_reveal: may(casework::Permission::Unmask) && !full,
        missing: materials
            .iter()
            .filter(|material| material.is_missing())
            .count(),
        materials,
        answered,
        beside: place.beside && document.is_some(),
        document,
        service_form: acts.iter().any(|act| act.command == "deliver"),
        acts,
        light: clocks
            .iter()
            .filter(|clock| !clock.closed)
            .map(|clock| clock.light)
            .max_by_key(|light| {
                ["", "hold", "ok", "near", "over"]
                    .iter()
                    .position(|l| l == light)
            })
            .unwrap_or_default(),
        clocks,
        steps: trail
            .iter()
            .rev()
            .map(|row| StepView {
                at: row.at,
                who: row.event.actor.shown(),
                what: command_label(&row.event.command),
                remark: row.event.remark.clone(),
                clocks: super::trail::clock_facts(&case, &row.event.facts, &calendar),
            })
            .collect(),
        letters: letter::issued(&case)
            .into_iter()
            .map(|(kind, label, number)| LetterView {
                href: routes::letter(case.id, &kind),
                label,
                number,
            })
            .collect(),
        license: details::decision(&case).and_then(|decision| decision.license_id),
        route: crate::routing::panel::line(&case),
        notes: super::notes::of(&case, &calendar, now, may(casework::Permission::Receive)),
        delivery: details::delivery_wish(&case).label(),
        filed_by: trail
            .first()
            .map(|row| &row.event.actor)
            .filter(|actor| actor.kind == ActorKind::Staff || actor.acting_for.is_some())
            .map_or_else(String::new, ActorRef::shown),
        taken_by,
        request_key: visit.new_request_key(),
        errors,
        values,
        may_trail: may(casework::Permission::ReadTrail),
        may_end: may(casework::Permission::Decide),
        remaining: if case.is_open() {
            super::queue::words(due, now, &calendar)
        } else {
            "已办结".to_owned()
        },
        place,
        neighbours,
        case,
    })
}

/// 办理情形, before the form: what its pages and materials follow from.
fn in_situation(told: Vec<(String, String)>) -> Option<(String, Vec<Shown>)> {
    let rows: Vec<Shown> = told
        .into_iter()
        .map(|(label, value)| Shown {
            label,
            value,
            origin: String::new(),
        })
        .collect();
    (!rows.is_empty()).then(|| ("办理情形".to_owned(), rows))
}
