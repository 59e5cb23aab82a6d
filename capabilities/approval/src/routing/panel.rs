//! The page of a case's route: the picture, what is open, and every verb with what it does.

use std::collections::HashMap;

use ::route::{
    Facts, Value, Verb,
    model::{Domain, Seat},
    picture::{self, Mark, Marks},
    verbs::Person,
};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use base::ids::{CaseId, StaffId};
use casework::{Actor, Case, Permission, Refusal, Scope};
use people::staff::StaffFilter;
use store::Tx;
use web::{Access, Answer, Fields, Form, Idempotency, Path, Problem, Routes, Visit};

use super::{Command, Run, api, rules};
use crate::{
    error::Error,
    pages::routes as addresses,
    service::{Act, Approval},
};

/// Colleagues offered for 转办 and 委派.
const COLLEAGUES_MAX: usize = 100;

/// Adds the doors.
pub(crate) fn routes(routes: Routes<Approval>) -> Routes<Approval> {
    routes
        .get("/staff/cases/{case}/route", Access::Staff, show)
        .post("/staff/cases/{case}/route", Access::Staff, act)
}

/// What the workspace says of the route: where the case stands.
pub(crate) fn line(case: &Case) -> Option<String> {
    let run = Run::of(case).ok().flatten()?;
    let open: Vec<&str> = run
        .running
        .marking
        .works()
        .filter_map(|(token, _)| Some(run.net.node(&token.node)?.name()))
        .collect();
    Some(match (&run.running.marking.suspended, open.is_empty()) {
        (Some(pause), _) => format!("挂起：{}", pause.reason),
        (None, true) => "流程已经走完".to_owned(),
        (None, false) => format!("正在办：{}", open.join("、")),
    })
}

struct WorkView {
    token: u32,
    name: String,
    kind: &'static str,
    seats: Vec<SeatView>,
    /// Decided or delivered by a button of the workspace.
    elsewhere: bool,
    mine: bool,
    many: bool,
    facts: Vec<FactView>,
    earlier: Vec<(String, String)>,
    jumps: Vec<(String, String)>,
    /// Where it goes from here, in words.
    leads: String,
    urged: Vec<String>,
    colleagues: Vec<(String, String)>,
}

struct SeatView {
    no: u32,
    name: String,
    state: String,
    signs: bool,
}

struct FactView {
    key: String,
    label: String,
    value: String,
    number: bool,
    options: Vec<(String, String)>,
}

struct PastView {
    name: String,
    what: String,
    who: String,
    opinion: String,
    at: Option<jiff::Timestamp>,
    recall: Option<u32>,
}

#[derive(Template)]
#[template(path = "routing/case.html")]
struct RoutePage {
    page: ui::Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    version: i64,
    number: i64,
    picture: String,
    words: Vec<String>,
    works: Vec<WorkView>,
    past: Vec<PastView>,
    suspended: Option<String>,
    leads: bool,
    urges: bool,
    errors: Vec<(String, String)>,
    request_key: String,
}

async fn show(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
) -> web::Result<Response> {
    Ok(web::render(
        &visit,
        build(&visit, &approval, id, None).await?,
    ))
}

async fn act(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let version: i64 = fields
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::bad_request("version_missing", "页面内容不完整，请刷新后再办理"))?;
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    let form = fields.clone();
    let done = web::once(&visit, &key, move |tx| {
        let act = read(&me, tx, id, &form)?;
        me.act(tx, &actor, now, id, Some(version), &act)?;
        Ok::<_, Error>(Answer::see(format!("/staff/cases/{id}/route")))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let page = build(&visit, &approval, id, Some((problem, &fields))).await?;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// The verb of a form. Its fields carry the form's own prefix, so that every id on the page is one of its kind.
fn read(approval: &Approval, tx: &mut Tx<'_>, id: CaseId, fields: &Fields) -> Result<Act, Error> {
    let form = fields.get("form").unwrap_or_default();
    let own = |name: &str| {
        fields
            .get(&format!("{form}-{name}"))
            .unwrap_or_default()
            .to_owned()
    };
    let number = |name: &str| {
        fields
            .get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0_u32)
    };
    let (token, seat) = (number("token"), number("seat"));
    let chosen = own("to");
    let done = chosen.parse().unwrap_or(0);
    let said = String::new;
    let verb = match fields.get("verb").unwrap_or_default() {
        "sign" => Verb::Sign {
            token,
            seat,
            agreed: own("agreed") != "no",
            opinion: said(),
        },
        "return" => Verb::Return {
            token,
            to: done,
            reason: said(),
        },
        "recall" => Verb::Recall {
            done: number("done"),
            reason: said(),
        },
        "transfer" => Verb::Transfer {
            token,
            seat,
            to: person(approval, tx, id, token, seat, chosen.parse().ok())?,
        },
        "delegate" => Verb::Delegate {
            token,
            seat,
            to: person(approval, tx, id, token, seat, chosen.parse().ok())?,
        },
        "add_signer" => Verb::AddSigner {
            token,
            seat: added(tx, id, token, &own("name"))?,
        },
        "drop_signer" => Verb::DropSigner { token, seat: done },
        "jump" => Verb::Jump {
            token,
            to: chosen,
            reason: said(),
        },
        "suspend" => Verb::Suspend { reason: said() },
        "resume" => Verb::Resume,
        "urge" => Verb::Urge {
            token,
            text: said(),
        },
        _ => return Err(Refusal::invalid("verb", "没有这样的办理动作").into()),
    };
    let mut facts = Facts::new();
    if let Some(run) = case_run(tx, id)? {
        for fact in &run.net.facts {
            let typed = own(&format!("fact_{}", fact.key));
            if typed.is_empty() {
                continue;
            }
            let value = Value::read(&typed, &fact.domain).ok_or_else(|| {
                Refusal::invalid("facts", format!("“{}”填得不对，请重新填写", fact.label))
            })?;
            facts.insert(fact.key.clone(), value);
        }
    }
    Ok(Act::Route(Command::Verb {
        verb,
        facts,
        remark: own("remark"),
    }))
}

fn case_run(tx: &mut Tx<'_>, id: CaseId) -> Result<Option<Run>, Error> {
    let case = cases::load(tx, id)?.ok_or(Error::NotFound)?;
    Ok(Run::of(&case)?)
}

/// A member of staff who may take a seat: they hold its duty.
pub(super) fn person(
    approval: &Approval,
    tx: &mut Tx<'_>,
    id: CaseId,
    token: u32,
    seat: u32,
    staff: Option<StaffId>,
) -> Result<Person, Error> {
    let staff = staff.ok_or_else(|| Refusal::invalid("to", "请选择交给谁办"))?;
    let case = cases::load(tx, id)?.ok_or(Error::NotFound)?;
    let run = Run::of(&case)?.ok_or(Error::NotFound)?;
    let duty = run
        .running
        .marking
        .token(token)
        .and_then(|token| token.work.as_ref()?.seat(seat))
        .map(|seat| seat.duty.clone())
        .ok_or_else(|| Refusal::invalid("token", "这一步已经办过或者被退回，请刷新页面"))?;
    let (org, region) = rules::place(&case, &duty);
    let fit = colleagues(approval, tx, org, &region, duty.permission)?;
    fit.into_iter()
        .find(|(id, _)| *id == staff)
        .map(|(id, name)| api::named(id, name))
        .ok_or_else(|| Refusal::invalid("to", "这名工作人员没有本环节的办理权限，请另选").into())
}

/// A seat to be added, with the duty of the work.
pub(super) fn added(tx: &mut Tx<'_>, id: CaseId, token: u32, name: &str) -> Result<Seat, Error> {
    let name = base::text::single_line(name);
    if name.is_empty() || base::text::visible_len(&name) > ::route::model::NAME_MAX {
        return Err(Refusal::invalid("name", "请写明请谁加签（如：分管副局长），最多40字").into());
    }
    let run = case_run(tx, id)?.ok_or(Error::NotFound)?;
    let duty = run
        .running
        .marking
        .token(token)
        .and_then(|token| {
            run.net
                .node(&token.node)?
                .step()
                .map(|step| step.duty.clone())
        })
        .ok_or_else(|| Refusal::invalid("token", "这一步已经办过或者被退回，请刷新页面"))?;
    Ok(api::seat_like(&duty, &name))
}

/// Active staff of a body who hold a duty there.
fn colleagues(
    approval: &Approval,
    tx: &mut Tx<'_>,
    org: base::ids::OrgId,
    region: &str,
    permission: Permission,
) -> Result<Vec<(StaffId, String)>, Error> {
    let filter = StaffFilter {
        org: Some(org),
        active: Some(true),
        ..StaffFilter::default()
    };
    let staff = approval
        .app
        .people
        .list_staff(tx, &filter, None, COLLEAGUES_MAX)
        .map_err(|error| Error::Cases(cases::Error::Damaged(error.to_string())))?;
    Ok(staff
        .into_iter()
        .filter(|staff| {
            staff.grants.iter().any(|grant| {
                grant.role.permissions().contains(&permission)
                    && casework::actor::covers(&grant.region, region)
                    && grant.org.is_none_or(|only| only == org)
            })
        })
        .map(|staff| (staff.id, staff.name))
        .collect())
}

async fn build(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    refused: Option<(Problem, &Fields)>,
) -> web::Result<RoutePage> {
    let actor = visit.actor()?.clone();
    let loaded = approval.open_for(&actor, id).await?;
    let case = loaded.case;
    let run = Run::of(&case).map_err(Error::from)?.ok_or(Error::NoRoute)?;
    let mut offices = Vec::new();
    for (token, work) in run.running.marking.works() {
        if let Some(seat) = work.seats.first() {
            let (org, region) = rules::place(&case, &seat.duty);
            offices.push((token.id, org, region, seat.duty.permission));
        }
    }
    let me = approval.clone();
    let people: HashMap<u32, Vec<(String, String)>> = approval
        .app
        .db
        .read(move |tx| {
            let mut found = HashMap::new();
            for (token, org, region, permission) in offices {
                let staff = colleagues(&me, tx, org, &region, permission)?;
                let staff = staff
                    .into_iter()
                    .map(|(id, name)| (id.to_string(), name))
                    .collect();
                found.insert(token, staff);
            }
            Ok::<_, Error>(found)
        })
        .await?;
    let may = |permission| actor.may(permission, &case.scope());
    let errors = refused.map_or_else(Vec::new, |(problem, fields)| {
        let form = fields.get("form").unwrap_or_default().to_owned();
        problem
            .fields
            .iter()
            .map(|field| (format!("{form}-{}", field.field), field.message.clone()))
            .collect()
    });
    let page = visit
        .page("办理流程")
        .with_nav("queue")
        .with_crumb("待办", "/staff".to_owned())
        .with_crumb(&case.title, addresses::workspace(id));
    let marks = marks(&run);
    let title = format!("{}的办理流程", case.title);
    Ok(RoutePage {
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        case_id: id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        version: case.version,
        number: run.plan.number,
        picture: picture::draw(&run.net, &title, "route", &marks),
        words: picture::in_words(&run.net, &marks),
        works: works(&actor, &case, &run, &people),
        past: past(&actor, &run),
        suspended: run
            .running
            .marking
            .suspended
            .as_ref()
            .map(|pause| format!("{}挂起：{}", pause.by, pause.reason)),
        leads: may(Permission::Decide) && case.state == "accepted",
        urges: may(Permission::ReadCase) || may(Permission::Supervise),
        errors,
        request_key: visit.new_request_key(),
    })
}

fn marks(run: &Run) -> Marks {
    let marking = &run.running.marking;
    let mut marks: Marks = marking
        .done
        .iter()
        .map(|done| (done.node.clone(), Mark::Done))
        .collect();
    for token in &marking.tokens {
        marks.insert(token.node.clone(), Mark::Now);
    }
    marks
}

fn works(
    actor: &Actor,
    case: &Case,
    run: &Run,
    people: &HashMap<u32, Vec<(String, String)>>,
) -> Vec<WorkView> {
    let marking = &run.running.marking;
    let name = |key: &str| {
        run.net
            .node(key)
            .map_or_else(String::new, |node| node.name().to_owned())
    };
    marking
        .works()
        .filter_map(|(token, work)| {
            let at = run.net.place(&token.node)?;
            let step = run.net.nodes[at].step()?;
            let seats: Vec<SeatView> = work
                .seats
                .iter()
                .map(|seat| SeatView {
                    no: seat.no,
                    name: seat.name.clone(),
                    state: match (&seat.signature, &seat.report, &seat.holder) {
                        (Some(signature), _, _) => format!(
                            "{}已签：{}",
                            signature.by.name,
                            if signature.agreed {
                                "同意"
                            } else {
                                "不同意"
                            }
                        ),
                        (None, Some(report), _) => {
                            format!("{}已回复：{}", report.by.name, report.opinion)
                        }
                        (None, None, Some(holder)) => format!("{}办理", holder.name),
                        (None, None, None) => "待办".to_owned(),
                    },
                    signs: seat.signature.is_none()
                        && rules::may_sit(actor, case, seat)
                        && !rules::has_sat(actor, work, seat.no)
                        && !step.kind.is_barrier(),
                })
                .collect();
            Some(WorkView {
                token: token.id,
                name: step.name.clone(),
                kind: step.kind.label(),
                mine: work
                    .seats
                    .iter()
                    .any(|seat| rules::may_sit(actor, case, seat))
                    || actor.may(
                        Permission::Decide,
                        &Scope {
                            region: &case.region,
                            org: Some(case.org),
                        },
                    ),
                many: work.seats.len() > 1,
                seats,
                elsewhere: step.kind.is_barrier(),
                facts: run
                    .net
                    .needed(at)
                    .into_iter()
                    .map(|fact| fact_view(run, fact))
                    .collect(),
                earlier: marking
                    .earlier(&run.net, token.id)
                    .into_iter()
                    .map(|earlier| {
                        let undoes = if earlier.undoes.is_empty() {
                            String::new()
                        } else {
                            format!("（{}一并作废重办）", earlier.undoes.join("、"))
                        };
                        (
                            earlier.done.to_string(),
                            format!("{}{undoes}", earlier.name),
                        )
                    })
                    .collect(),
                jumps: marking
                    .jumps(&run.net, token.id)
                    .into_iter()
                    .map(|key| {
                        let name = name(&key);
                        (key, name)
                    })
                    .collect(),
                leads: leads(run, at),
                urged: work
                    .urged
                    .iter()
                    .map(|urge| format!("{}：{}", urge.by.name, urge.text))
                    .collect(),
                colleagues: people.get(&token.id).cloned().unwrap_or_default(),
            })
        })
        .collect()
}

fn fact_view(run: &Run, fact: &::route::model::FactDef) -> FactView {
    let options = match &fact.domain {
        Domain::YesNo => vec![
            (String::new(), "请选择".to_owned()),
            ("yes".to_owned(), "是".to_owned()),
            ("no".to_owned(), "否".to_owned()),
        ],
        Domain::Choice { options } => std::iter::once((String::new(), "请选择".to_owned()))
            .chain(
                options
                    .iter()
                    .map(|option| (option.clone(), option.clone())),
            )
            .collect(),
        Domain::Number { .. } => Vec::new(),
    };
    FactView {
        key: fact.key.clone(),
        label: fact.label.clone(),
        number: options.is_empty(),
        value: run
            .running
            .facts
            .get(&fact.key)
            .map_or_else(String::new, |value| match value {
                Value::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
                other => other.in_words(),
            }),
        options,
    }
}

/// 办结后到哪里.
fn leads(run: &Run, at: usize) -> String {
    let words = picture::in_words(&run.net, &Marks::new());
    let name = format!("“{}”", run.net.nodes[at].name());
    words
        .into_iter()
        .find(|line| line.starts_with(&name))
        .and_then(|line| line.split_once('：').map(|(_, rest)| rest.to_owned()))
        .unwrap_or_default()
}

fn past(actor: &Actor, run: &Run) -> Vec<PastView> {
    let me = match actor {
        Actor::Staff(staff) => Some(staff.staff),
        Actor::Person(_) | Actor::System => None,
    };
    let marking = &run.running.marking;
    marking
        .done
        .iter()
        .rev()
        .filter_map(|done| {
            let step = run.net.node(&done.node)?.step()?;
            let last = done.signed.last().or(done.skipped.as_ref());
            let own = done
                .signed
                .iter()
                .any(|signature| signature.by.staff == me && me.is_some());
            Some(PastView {
                name: step.name.clone(),
                what: match (&done.skipped, done.agreed) {
                    (Some(_), _) => "跳过".to_owned(),
                    (None, Some(false)) => "不同意".to_owned(),
                    _ => "办结".to_owned(),
                },
                who: done
                    .signed
                    .iter()
                    .chain(&done.skipped)
                    .map(|signature| signature.by.name.clone())
                    .collect::<Vec<String>>()
                    .join("、"),
                opinion: last.map_or_else(String::new, |signature| signature.opinion.clone()),
                at: last.map(|signature| signature.by.at),
                recall: (own && marking.recallable(&run.net, done.id)).then_some(done.id),
            })
        })
        .collect()
}

impl RoutePage {
    /// A field of one form, with the form's own prefix.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn field(
        &self,
        form: &str,
        token: impl std::fmt::Display,
        seat: impl std::fmt::Display,
        name: &str,
    ) -> String {
        format!("{form}{token}-{seat}-{name}")
    }

    /// The field of a fact.
    fn id(
        &self,
        form: &str,
        token: impl std::fmt::Display,
        seat: impl std::fmt::Display,
        key: &str,
    ) -> String {
        self.field(form, token, seat, &format!("fact_{key}"))
    }
}
