//! The workspace: materials and form on the left, what can be done in the middle, clocks and trail on the right.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use base::ids::CaseId;
use casework::{Actor, Case, Refusal};
use catalog::model::{Necessity, SourceChannel};
use jiff::Timestamp;
use serde::Deserialize;
use ui::strip::{self, ClockView};
use web::{Form, Path, Problem, Query, Visit};

use super::view::{Loaded, Shown, shown};
use crate::{
    clocks,
    details::{self, CorrectionItem, Delivery},
    effect::{Change, Effects},
    flow::{command_label, state_label},
    pages::routes,
    service::{Act, Approval},
};

#[derive(Debug, Deserialize)]
pub(super) struct Params {
    /// Digest of the file shown beside the form.
    file: Option<String>,
}

/// One material with what was handed in for it.
pub(super) struct MaterialView {
    pub key: String,
    pub name: String,
    pub necessity: &'static str,
    pub standard: String,
    pub paper: bool,
    /// 免提交: the licence or shared data that stands for it; empty when it has to be handed in.
    pub shared_via: String,
    pub files: Vec<FileView>,
}

pub(super) struct FileView {
    pub digest: String,
    pub name: String,
    pub size: u64,
    pub href: String,
    pub shown: bool,
}

/// One thing the actor could do now, with what it would do to the clocks.
pub(super) struct ActView {
    pub command: &'static str,
    pub label: &'static str,
    pub effects: Vec<String>,
    /// Open on arrival: the first, or the one with errors.
    pub open: bool,
    pub danger: bool,
}

pub(super) struct StepView {
    at: Timestamp,
    who: String,
    what: &'static str,
    remark: String,
}

pub(super) struct LetterView {
    href: String,
    label: &'static str,
}

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
    preview: Option<Preview>,
    acts: Vec<ActView>,
    clocks: Vec<ClockView>,
    steps: Vec<StepView>,
    letters: Vec<LetterView>,
    license: Option<String>,
    delivery: &'static str,
    taken_by: Option<String>,
    request_key: String,
    errors: Vec<(String, String)>,
    values: Values,
    may_trail: bool,
    remaining: String,
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

    fn value(&self, command: &str, field: &str) -> &str {
        if self.values.command != command {
            return "";
        }
        self.values.fields.get(field).unwrap_or_default()
    }
}

pub(super) struct Preview {
    href: String,
    name: String,
    picture: bool,
    pdf: bool,
}

/// What was typed into the form that is shown again.
#[derive(Default)]
pub(super) struct Values {
    pub command: String,
    pub fields: web::Fields,
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let page = build(
        &visit,
        &approval,
        id,
        Values::default(),
        None,
        false,
        params.file,
    )
    .await?;
    Ok(web::render(&visit, page))
}

/// The workspace again with what was refused and everything that was typed.
pub(super) async fn again(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    values: Values,
    problem: Problem,
) -> web::Result<Response> {
    let page = build(visit, approval, id, values, Some(problem), false, None).await?;
    Ok(web::render_with(
        visit,
        StatusCode::UNPROCESSABLE_ENTITY,
        page,
    ))
}

#[derive(Debug, Deserialize)]
pub(super) struct RevealForm {
    #[serde(default)]
    purpose: String,
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
    let page = build(&visit, &approval, id, Values::default(), None, true, None).await?;
    Ok(web::render(&visit, page))
}

async fn build(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    values: Values,
    problem: Option<Problem>,
    full: bool,
    file: Option<String>,
) -> web::Result<WorkspacePage> {
    let actor = visit.actor()?.clone();
    let now = approval.app.now();
    let calendar = approval.app.calendar();
    let loaded = approval.open_for(&actor, id).await?;
    let (trail, taken_by) = {
        let staff = loaded.case.tasks.first().and_then(|task| task.staff);
        approval
            .app
            .db
            .read(move |tx| {
                let trail = cases::trail(tx, id)?;
                let name = match staff {
                    Some(staff) => people::staff::name(tx, staff).unwrap_or(None),
                    None => None,
                };
                Ok::<_, cases::Error>((trail, name))
            })
            .await
            .map_err(crate::Error::from)?
    };
    let Loaded {
        case,
        answers,
        published,
        org_name,
        applicant,
    } = loaded;
    let item = published.as_ref().map(|published| &published.item);
    let materials = materials(&case, item, file.as_deref());
    let preview = materials
        .iter()
        .flat_map(|material| &material.files)
        .find(|file| file.shown)
        .map(|file| Preview {
            href: file.href.clone(),
            name: file.name.clone(),
            picture: !file.name.to_lowercase().ends_with(".pdf"),
            pdf: file.name.to_lowercase().ends_with(".pdf"),
        });
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
    let acts = acts(approval, &actor, &case, now, &values.command);
    let secret = |secret: &people::Secret| {
        if full {
            secret.reveal().to_owned()
        } else {
            secret.masked()
        }
    };
    let clocks = case
        .clocks
        .iter()
        .rev()
        .map(|clock| {
            strip::view(
                visit.lang,
                clocks::label(&clock.terms.kind),
                clock,
                &calendar,
                now,
            )
        })
        .collect();
    let remaining = super::queue::words(
        case.open_clocks()
            .filter_map(|clock| clocks::due_at(clock, &calendar))
            .min(),
        now,
        &calendar,
    );
    let may = |permission| actor.may(permission, &case.scope());
    let page = visit
        .page(&case.title)
        .with_nav("queue")
        .with_crumb("待办", "/staff");
    Ok(WorkspacePage {
        page: if values.command.is_empty() {
            page
        } else {
            page.with_error()
        },
        state: state_label(&case.state),
        org_name,
        applicant_kind: applicant.as_ref().map_or("", |party| party.kind.label()),
        applicant_number: applicant
            .as_ref()
            .map(|party| secret(&party.id_number))
            .unwrap_or_default(),
        applicant_phone: applicant
            .as_ref()
            .and_then(|party| party.phone.as_ref())
            .map(secret)
            .unwrap_or_default(),
        applicant_address: applicant
            .as_ref()
            .and_then(|party| party.address.as_ref())
            .map(secret)
            .unwrap_or_default(),
        pages: item
            .map(|item| shown(item, &answers, full))
            .unwrap_or_default(),
        may_reveal: may(casework::Permission::Unmask) && !full,
        materials,
        preview,
        acts,
        clocks,
        steps: trail
            .iter()
            .rev()
            .map(|row| StepView {
                at: row.at,
                who: row.event.actor.name.clone(),
                what: command_label(&row.event.command),
                remark: row.event.remark.clone(),
            })
            .collect(),
        letters: letters(&case),
        license: details::decision(&case).and_then(|decision| decision.license_id),
        delivery: details::delivery_wish(&case).label(),
        taken_by,
        request_key: visit.new_request_key(),
        errors,
        values,
        may_trail: may(casework::Permission::ReadTrail),
        remaining: if case.is_open() {
            remaining
        } else {
            "已办结".to_owned()
        },
        case,
    })
}

fn materials(
    case: &Case,
    item: Option<&catalog::model::Item>,
    file: Option<&str>,
) -> Vec<MaterialView> {
    let given = details::materials(case);
    let all = item
        .map(|item| item.materials.as_slice())
        .unwrap_or_default();
    all.iter()
        .map(|material| {
            let found = given.iter().find(|given| given.key == material.key);
            MaterialView {
                key: material.key.clone(),
                name: material.name.clone(),
                necessity: match material.necessity {
                    Necessity::Required => "必要",
                    Necessity::Optional => "非必要",
                    Necessity::Deferrable => "容缺后补",
                    Necessity::Situational => "情形必要",
                },
                standard: material.accept_standard.clone(),
                paper: found.is_some_and(|given| given.paper),
                shared_via: if material.source_channel == SourceChannel::Government {
                    material.shared_via.clone()
                } else {
                    String::new()
                },
                files: found
                    .map(|given| given.files.as_slice())
                    .unwrap_or_default()
                    .iter()
                    .map(|one| FileView {
                        digest: one.digest.clone(),
                        name: one.name.clone(),
                        size: one.size,
                        href: routes::file(case.id, &one.digest),
                        shown: file == Some(one.digest.as_str()),
                    })
                    .collect(),
            }
        })
        .collect()
}

/// Every act that would be possible with its fields filled in, and its effect.
fn acts(
    approval: &Approval,
    actor: &Actor,
    case: &Case,
    now: Timestamp,
    failed: &str,
) -> Vec<ActView> {
    let sample = || "示例".to_owned();
    let candidates = [
        Act::Accept {
            remark: String::new(),
        },
        Act::RequestCorrection {
            items: vec![CorrectionItem {
                material: String::new(),
                what: sample(),
            }],
            remark: String::new(),
        },
        Act::RefuseAcceptance {
            reason: sample(),
            legal_basis: sample(),
            right_agency: String::new(),
        },
        Act::Grant {
            opinion: String::new(),
        },
        Act::Refuse {
            reason: sample(),
            legal_basis: sample(),
        },
        Act::Deliver {
            method: Delivery::Window,
            receiver: sample(),
            tracking: sample(),
        },
    ];
    let mut views = Vec::new();
    for act in candidates {
        let command = word(&act);
        let effects = match approval.preview(actor, now, case, &act) {
            Ok(effects) => lines(&effects),
            Err(
                Refusal::NotAllowed { .. } | Refusal::WrongState { .. } | Refusal::Invalid { .. },
            ) => continue,
            Err(refusal) => vec![refusal.to_string()],
        };
        views.push(ActView {
            command,
            label: command_label(command),
            effects,
            open: if failed.is_empty() {
                views.is_empty()
            } else {
                failed == command
            },
            danger: matches!(command, "refuse" | "refuse_acceptance"),
        });
    }
    views
}

pub(super) fn word(act: &Act) -> &'static str {
    match act {
        Act::Accept { .. } => "accept",
        Act::RequestCorrection { .. } => "request_correction",
        Act::SupplyCorrection { .. } => "supply_correction",
        Act::RefuseAcceptance { .. } => "refuse_acceptance",
        Act::DeemAccepted => "deem_accepted",
        Act::Grant { .. } => "grant",
        Act::Refuse { .. } => "refuse",
        Act::Deliver { .. } => "deliver",
        Act::Withdraw { .. } => "withdraw",
        Act::Take { .. } => "take",
        Act::Reveal { .. } => "reveal",
    }
}

/// Effects as sentences.
fn lines(effects: &Effects) -> Vec<String> {
    let zh = ui::Lang::Zh;
    let day = |at: Timestamp| ui::format::date_long(zh, ui::format::last_day(at));
    let mut lines = vec![format!("办件转为“{}”", state_label(&effects.state))];
    for effect in &effects.clocks {
        lines.push(match effect.change {
            Change::Starts {
                due: Some(due),
                provisional,
            } => format!(
                "{}开始计时，{}到期{}",
                effect.label,
                day(due),
                if provisional { "（暂定）" } else { "" }
            ),
            Change::Starts { due: None, .. } => format!("{}开始计时", effect.label),
            Change::Stops { late: false } => format!("{}按时结束", effect.label),
            Change::Stops { late: true } => format!("{}已超期，就此结束并留痕", effect.label),
            Change::Moves { from, to } => match (from, to) {
                (Some(from), Some(to)) => {
                    format!("{}由{}改为{}到期", effect.label, day(from), day(to))
                }
                (_, None) => format!("{}停止计时", effect.label),
                (None, Some(to)) => format!("{}恢复计时，{}到期", effect.label, day(to)),
            },
        });
    }
    lines
}

fn letters(case: &Case) -> Vec<LetterView> {
    let mut letters = Vec::new();
    let mut add = |there: bool, kind: &str, label| {
        if there {
            letters.push(LetterView {
                href: routes::letter(case.id, kind),
                label,
            });
        }
    };
    add(
        details::acceptance(case).is_some_and(|acceptance| !acceptance.deemed),
        "acceptance",
        "受理通知书",
    );
    add(
        details::correction(case).is_some(),
        "correction",
        "补正告知书",
    );
    add(
        details::not_accepted(case).is_some(),
        "not_accepted",
        "不予受理通知书",
    );
    add(details::decision(case).is_some(), "decision", "决定书");
    add(details::delivered(case).is_some(), "delivery", "送达回证");
    letters
}
