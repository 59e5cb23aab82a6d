//! 编制办理流程: the list of routes, and the form beside the picture with what the check found.

use ::route::{
    Finding, Kind, Net, Route, Severity, check,
    edit::Change,
    model::{Body, Domain, Duty, Edge, FactDef, Graph, Office, Seat, Signing, Step},
    picture::{self, Mark, Marks},
};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use base::ids::{ItemId, VersionId};
use casework::Permission;
use web::{Access, Answer, Fields, Form, Idempotency, Path, Problem, Routes, Visit};

use super::{
    store::{self as versions, State as Stage},
    versions::{self as editing, Edit},
};
use crate::{error::Error, service::Approval};

/// Routes in the list.
const LIST_MAX: i64 = 200;
/// Bodies looked through for a name.
const BODIES_MAX: usize = 1000;
/// Findings shown, and pictures of one counter-example.
const FINDINGS_MAX: usize = 10;
const FRAMES_MAX: usize = 8;

/// Adds the doors.
pub(crate) fn routes(routes: Routes<Approval>) -> Routes<Approval> {
    let compile = || Access::Permission(Permission::Compile);
    routes
        .get("/staff/routes", compile(), list)
        .post("/staff/routes", compile(), begin)
        .get("/staff/routes/{route}", compile(), show)
        .post("/staff/routes/{route}", compile(), act)
}

struct Line {
    href: String,
    item: String,
    number: i64,
    state: &'static str,
    by: String,
    at: jiff::Timestamp,
}

#[derive(Template)]
#[template(path = "routing/list.html")]
struct ListPage {
    page: ui::Page,
    lines: Vec<Line>,
    code: String,
    errors: Vec<(String, String)>,
    request_key: String,
}

async fn list(visit: Visit, State(approval): State<Approval>) -> web::Result<Response> {
    Ok(web::render(
        &visit,
        list_page(&visit, &approval, None).await?,
    ))
}

async fn list_page(
    visit: &Visit,
    approval: &Approval,
    refused: Option<(Problem, String)>,
) -> web::Result<ListPage> {
    let actor = visit.actor()?.clone();
    let lines = approval
        .app
        .db
        .read(move |tx| {
            let mut lines = Vec::new();
            for version in versions::newest(tx, LIST_MAX)? {
                if editing::may(tx, &actor, version.item, Permission::Compile).is_err() {
                    continue;
                }
                lines.push(Line {
                    href: format!("/staff/routes/{}", version.id),
                    item: item_name(tx, version.item)?,
                    number: version.number,
                    state: version.state.label(),
                    by: version.drafted_name,
                    at: version.changed_at,
                });
            }
            Ok::<_, Error>(lines)
        })
        .await?;
    let page = visit.page("办理流程").with_nav("catalog");
    let (errors, code) = refused.map_or_else(Default::default, |(problem, code)| {
        let fields = problem.fields.iter();
        (
            fields
                .map(|field| ("code".to_owned(), field.message.clone()))
                .collect(),
            code,
        )
    });
    let errors: Vec<(String, String)> = errors;
    Ok(ListPage {
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        lines,
        code,
        errors,
        request_key: visit.new_request_key(),
    })
}

fn item_name(tx: &mut store::Tx<'_>, item: ItemId) -> Result<String, Error> {
    Ok(catalog::store::current(tx, item)?.map_or_else(String::new, |known| known.item.name))
}

/// Begins a draft for the item with this code.
async fn begin(
    visit: Visit,
    State(approval): State<Approval>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let (actor, now) = (visit.actor()?.clone(), approval.app.now());
    let id: VersionId = approval.app.ids.next(now);
    let code = fields.get("code").unwrap_or_default().trim().to_owned();
    let wanted = code.clone();
    let done = web::once(&visit, &key, move |tx| {
        let item = catalog::store::find_by_code(tx, &wanted)?.ok_or_else(|| {
            casework::Refusal::invalid("code", "没有这个实施编码的事项，请到事项目录里复制")
        })?;
        let route = editing::newest(tx, item.item_id)?.unwrap_or_else(simple);
        editing::draft(tx, &actor, id, item.item_id, route, now)?;
        Ok::<_, Error>(Answer::see(format!("/staff/routes/{id}")))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let page = list_page(&visit, &approval, Some((problem, code))).await?;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// 审查 and 决定 by the responsible body: what a new route begins as.
pub(crate) fn simple() -> Route {
    let step = |name: &str, kind| Step {
        name: name.to_owned(),
        kind,
        duty: Duty {
            permission: Permission::Decide,
            office: Office::Responsible,
        },
        signing: Signing::One,
    };
    Route::simple(step("审查", Kind::Review), step("决定", Kind::Decide))
}

struct NodeView {
    key: String,
    name: String,
    kind: &'static str,
    step: bool,
    fork: bool,
    end: bool,
    kind_word: &'static str,
    permission: &'static str,
    /// The body that works, where it is another one.
    office: String,
    /// 子流程 that runs here.
    part: bool,
    signers: String,
    votes: String,
    ways: Vec<WayView>,
}

struct PartView {
    key: String,
    name: String,
    nodes: Vec<NodeView>,
    places: Vec<(String, String)>,
}

struct FactLine {
    key: String,
    label: String,
    domain: String,
}

struct WayView {
    at: usize,
    to: String,
    when: String,
    label: String,
}

struct FindingView {
    error: bool,
    message: String,
    frames: Vec<FrameView>,
}

struct FrameView {
    caption: String,
    picture: String,
}

#[derive(Template)]
#[template(path = "routing/edit.html")]
struct EditPage {
    page: ui::Page,
    domains: Vec<(String, String)>,
    id: VersionId,
    item: String,
    number: i64,
    state: &'static str,
    revision: i64,
    note: String,
    drafted_by: String,
    picture: String,
    words: Vec<String>,
    nodes: Vec<NodeView>,
    /// 子流程, each with its own nodes.
    parts: Vec<PartView>,
    facts: Vec<FactLine>,
    places: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
    permissions: Vec<(String, String)>,
    findings: Vec<FindingView>,
    sound: bool,
    states: usize,
    draft: bool,
    submitted: bool,
    publishes: bool,
    errors: Vec<(String, String)>,
    request_key: String,
}

async fn show(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<VersionId>,
) -> web::Result<Response> {
    Ok(web::render(
        &visit,
        edit_page(&visit, &approval, id, None).await?,
    ))
}

async fn act(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<VersionId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let (actor, now) = (visit.actor()?.clone(), approval.app.now());
    let revision: i64 = fields
        .get("revision")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let form = fields.clone();
    let done = web::once(&visit, &key, move |tx| {
        let version = versions::by_id(tx, id)?.ok_or(Error::NotFound)?;
        let edit = read(tx, &form, &version.route)?;
        editing::edit(tx, &actor, id, revision, &edit, now)?;
        Ok::<_, Error>(Answer::see(format!("/staff/routes/{id}")))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let page = edit_page(&visit, &approval, id, Some((problem, &fields))).await?;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// What a form of the editor asks for.
fn read(tx: &mut store::Tx<'_>, fields: &Fields, route: &Route) -> Result<Edit, Error> {
    let form = fields.get("form").unwrap_or_default();
    let own = |name: &str| {
        fields
            .get(&format!("{form}-{name}"))
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let key = fields.get("key").unwrap_or_default().to_owned();
    let at = fields
        .get("at")
        .and_then(|text| text.parse().ok())
        .unwrap_or(usize::MAX);
    // Which part the form changes; empty: the route itself.
    let inside = fields.get("inside").unwrap_or_default().to_owned();
    let graph = match inside.as_str() {
        "" => &route.graph,
        part => {
            let known = route.part(part);
            let known = known
                .ok_or_else(|| casework::Refusal::invalid("part", "没有这个子流程，请刷新页面"))?;
            &known.graph
        }
    };
    let op = fields.get("op").unwrap_or_default();
    let office = match op {
        "add_step" | "add_branch" | "edit_step" | "add_part" => office(tx, &own("office"))?,
        _ => Office::Responsible,
    };
    let change = match op {
        "add_step" => Change::AddStep {
            after: own("after"),
            step: step(&own, None, office),
        },
        "add_branch" => Change::AddBranch {
            beside: own("after"),
            step: step(&own, None, office),
        },
        "edit_step" => Change::EditStep {
            step: step(&own, graph.step(&key), office),
            key,
        },
        "set_fact" => Change::SetFact { fact: fact(&own)? },
        "remove_fact" => Change::RemoveFact { key },
        "add_part" => Change::AddPart {
            name: own("part"),
            step: step(&own, None, office),
        },
        "use_part" => Change::UsePart {
            after: own("after"),
            part: own("part"),
        },
        "remove_part" => Change::RemovePart { part: key },
        "remove" => Change::Remove { key },
        "move_up" => Change::MoveUp { key },
        "add_edge" => Change::AddEdge {
            edge: Edge {
                from: own("from"),
                to: own("to"),
                when: own("when"),
                label: own("label"),
            },
        },
        "edit_edge" => Change::EditEdge {
            at,
            when: own("when"),
            label: own("label"),
        },
        "remove_edge" => Change::RemoveEdge { at },
        "submit" => return Ok(Edit::Submit { note: own("note") }),
        "send_back" => return Ok(Edit::SendBack),
        "publish" => return Ok(Edit::Publish),
        _ => return Err(casework::Refusal::invalid("op", "没有这样的修改").into()),
    };
    Ok(Edit::Change(if inside.is_empty() {
        change
    } else {
        Change::Inside {
            part: inside,
            change: Box::new(change),
        }
    }))
}

/// The body a form names: empty for the one the case belongs to, else by its key or its whole name.
fn office(tx: &mut store::Tx<'_>, named: &str) -> Result<Office, Error> {
    if named.is_empty() {
        return Ok(Office::Responsible);
    }
    let damaged = |error: people::Error| Error::Cases(cases::Error::Damaged(error.to_string()));
    let mut found = people::orgs::by_key(tx, named).map_err(damaged)?;
    if found.is_none() {
        let filter = people::orgs::OrgFilter::default();
        let all = people::orgs::list(tx, &filter, None, BODIES_MAX).map_err(damaged)?;
        found = all
            .into_iter()
            .find(|org| org.name == named || org.short_name == named);
    }
    let found = found.filter(|org| org.valid_to.is_none()).ok_or_else(|| {
        casework::Refusal::invalid(
            "office",
            "没有这个部门，请填写机构全称、简称或者机构标识；留空为事项的实施机关",
        )
    })?;
    Ok(Office::Other {
        org: found.id,
        region: found.region,
        name: found.name,
    })
}

/// What conditions may ask, from its form.
fn fact(own: &dyn Fn(&str) -> String) -> Result<FactDef, Error> {
    let number = |name: &'static str| -> Result<i64, Error> {
        own(name)
            .parse()
            .map_err(|_| casework::Refusal::invalid(name, "请填写整数").into())
    };
    Ok(FactDef {
        key: own("key"),
        label: own("label"),
        domain: match own("domain").as_str() {
            "number" => Domain::Number {
                min: number("min")?,
                max: number("max")?,
            },
            "choice" => Domain::Choice {
                options: own("options")
                    .split(['、', '，', ','])
                    .map(|option| option.trim().to_owned())
                    .filter(|option| !option.is_empty())
                    .collect(),
            },
            _ => Domain::YesNo,
        },
    })
}

/// A step from its form; what the form does not ask stays as it was.
fn step(own: &dyn Fn(&str) -> String, known: Option<&Step>, office: Office) -> Step {
    let permission = match own("permission").as_str() {
        "accept" => Permission::Accept,
        _ => Permission::Decide,
    };
    let duty = Duty { permission, office };
    let seats: Vec<Seat> = own("signers")
        .split(['、', '，', ',', '\n'])
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| Seat {
            name: name.to_owned(),
            duty: known
                .and_then(|known| known.signing.seats().iter().find(|seat| seat.name == name))
                .map_or_else(|| duty.clone(), |seat| seat.duty.clone()),
        })
        .collect();
    Step {
        name: own("name"),
        kind: Kind::from_word(&own("kind")).unwrap_or(Kind::Review),
        duty,
        signing: match (seats.is_empty(), own("votes").parse()) {
            (true, _) => Signing::One,
            (false, Ok(needed)) => Signing::Votes { seats, needed },
            (false, Err(_)) => Signing::All { seats },
        },
    }
}

async fn edit_page(
    visit: &Visit,
    approval: &Approval,
    id: VersionId,
    refused: Option<(Problem, &Fields)>,
) -> web::Result<EditPage> {
    let actor = visit.actor()?.clone();
    let (version, item, publishes) = approval
        .app
        .db
        .read(move |tx| {
            let version = versions::by_id(tx, id)?.ok_or(Error::NotFound)?;
            let staff = editing::may(tx, &actor, version.item, Permission::Compile)?.staff;
            let reviews = editing::may(tx, &actor, version.item, Permission::Review).is_ok();
            let item = item_name(tx, version.item)?;
            let publishes = reviews && staff != version.drafted_by;
            Ok::<_, Error>((version, item, publishes))
        })
        .await?;
    let route = version.route.clone();
    let report = tokio::task::spawn_blocking(move || check(&route))
        .await
        .map_err(|error| Problem::internal(&error))?;
    let net = Net::build(&version.route).ok();
    let errors = refused.map_or_else(Vec::new, |(problem, fields)| {
        let form = fields.get("form").unwrap_or_default().to_owned();
        let told = problem.fields.iter();
        told.map(|field| (format!("{form}-{}", field.field), field.message.clone()))
            .collect()
    });
    let errors: Vec<(String, String)> = errors;
    let page = visit
        .page("编制办理流程")
        .with_nav("catalog")
        .with_crumb("办理流程", "/staff/routes".to_owned());
    let wrong: Marks = report
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| (finding.node.clone(), Mark::Wrong))
        .collect();
    let title = format!("{item}的办理流程");
    Ok(EditPage {
        domains: [
            ("yes_no", "是或否"),
            ("number", "整数"),
            ("choice", "几选一"),
        ]
        .map(|(word, label)| (word.to_owned(), label.to_owned()))
        .to_vec(),
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        id,
        item,
        number: version.number,
        state: version.state.label(),
        revision: version.revision,
        note: version.note.clone(),
        drafted_by: version.drafted_name.clone(),
        picture: net.as_ref().map_or_else(String::new, |net| {
            picture::draw(net, &title, "route", &wrong)
        }),
        words: net
            .as_ref()
            .map_or_else(Vec::new, |net| picture::in_words(net, &wrong)),
        nodes: nodes(&version.route, &version.route.graph),
        parts: version
            .route
            .parts
            .iter()
            .map(|part| PartView {
                key: part.key.clone(),
                name: part.name.clone(),
                nodes: nodes(&version.route, &part.graph),
                places: places(&version.route, &part.graph),
            })
            .collect(),
        facts: version.route.facts.iter().map(fact_line).collect(),
        places: places(&version.route, &version.route.graph),
        kinds: Kind::ALL
            .into_iter()
            .map(|kind| (kind.word().to_owned(), kind.label().to_owned()))
            .collect(),
        permissions: [("decide", "审批人员"), ("accept", "窗口工作人员")]
            .map(|(word, label)| (word.to_owned(), label.to_owned()))
            .to_vec(),
        findings: report
            .findings
            .iter()
            .take(FINDINGS_MAX)
            .enumerate()
            .map(|(at, finding)| finding_view(net.as_ref(), at, finding))
            .collect(),
        sound: report.is_sound(),
        states: report.states,
        draft: version.state == Stage::Draft,
        submitted: version.state == Stage::Submitted,
        publishes,
        errors,
        request_key: visit.new_request_key(),
    })
}

fn fact_line(fact: &FactDef) -> FactLine {
    FactLine {
        key: fact.key.clone(),
        label: fact.label.clone(),
        domain: match &fact.domain {
            Domain::YesNo => "是或否".to_owned(),
            Domain::Number { min, max } => format!("{min}至{max}的整数"),
            Domain::Choice { options } => options.join("、"),
        },
    }
}

fn called(route: &Route, graph: &Graph, key: &str) -> String {
    match graph.node(key).map(|node| &node.body) {
        Some(Body::Step(step)) => step.name.clone(),
        Some(Body::Choice) => format!("判断 {key}"),
        Some(Body::Fork) => format!("并行开始 {key}"),
        Some(Body::Join) => format!("汇合 {key}"),
        Some(Body::Part { part }) => route
            .part(part)
            .map_or_else(|| part.clone(), |part| format!("子流程 {}", part.name)),
        Some(Body::End) => "结束".to_owned(),
        None => key.to_owned(),
    }
}

fn places(route: &Route, graph: &Graph) -> Vec<(String, String)> {
    let nodes = graph.nodes.iter();
    nodes
        .map(|node| (node.key.clone(), called(route, graph, &node.key)))
        .collect()
}

fn nodes(route: &Route, graph: &Graph) -> Vec<NodeView> {
    // In the order they are come to; a part is drawn as the route alone would be.
    let alone = Route {
        graph: graph.clone(),
        ..route.clone()
    };
    let order: Vec<String> = Net::build(&alone).map_or_else(
        |_| graph.nodes.iter().map(|node| node.key.clone()).collect(),
        |net| {
            net.order()
                .into_iter()
                .map(|at| net.nodes[at].key.clone())
                .collect()
        },
    );
    order
        .iter()
        .filter_map(|key| graph.node(key))
        .map(|node| {
            let step = match &node.body {
                Body::Step(step) => Some(step),
                _ => None,
            };
            NodeView {
                key: node.key.clone(),
                name: called(route, graph, &node.key),
                kind: step.map_or("", |step| step.kind.label()),
                step: step.is_some(),
                fork: node.body == Body::Fork,
                end: node.body == Body::End,
                kind_word: step.map_or("", |step| step.kind.word()),
                permission: step.map_or("", |step| step.duty.permission.word()),
                office: step.map_or_else(String::new, |step| match &step.duty.office {
                    Office::Responsible => String::new(),
                    Office::Other { name, .. } => name.clone(),
                }),
                part: matches!(node.body, Body::Part { .. }),
                signers: step.map_or_else(String::new, |step| {
                    let names = step.signing.seats().iter();
                    names
                        .map(|seat| seat.name.clone())
                        .collect::<Vec<_>>()
                        .join("、")
                }),
                votes: match step.map(|step| &step.signing) {
                    Some(Signing::Votes { needed, .. }) => needed.to_string(),
                    _ => String::new(),
                },
                ways: graph
                    .edges
                    .iter()
                    .enumerate()
                    .filter(|(_, edge)| edge.from == node.key)
                    .map(|(at, edge)| WayView {
                        at,
                        to: called(route, graph, &edge.to),
                        when: edge.when.clone(),
                        label: edge.label.clone(),
                    })
                    .collect(),
            }
        })
        .collect()
}

/// A finding with its counter-example, a picture for every act of the run.
fn finding_view(net: Option<&Net>, number: usize, finding: &Finding) -> FindingView {
    let acts: Vec<_> = finding
        .run
        .iter()
        .filter(|act| {
            net.and_then(|net| net.node(&act.node))
                .is_some_and(|node| node.step().is_some())
        })
        .collect();
    let skipped = acts.len().saturating_sub(FRAMES_MAX);
    let frames = net.map_or_else(Vec::new, |net| {
        acts.iter()
            .enumerate()
            .skip(skipped)
            .map(|(at, act)| {
                let mut marks: Marks = acts[..=at]
                    .iter()
                    .map(|act| (act.node.clone(), Mark::Done))
                    .collect();
                let is_last = at + 1 == acts.len();
                for key in &act.marked {
                    marks.insert(key.clone(), if is_last { Mark::Wrong } else { Mark::Now });
                }
                let when = if act.label.is_empty() {
                    String::new()
                } else {
                    format!("，{}", act.label)
                };
                let caption = format!("第{}步：办结“{}”{when}", at + 1, act.name);
                let picture = picture::draw(net, &caption, &format!("f{number}-{at}"), &marks);
                FrameView { caption, picture }
            })
            .collect()
    });
    FindingView {
        error: finding.severity == Severity::Error,
        message: finding.message.clone(),
        frames,
    }
}

impl EditPage {
    /// The same inside a part.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn inner(&self, form: &str, inside: &str, key: impl std::fmt::Display, name: &str) -> String {
        format!("{form}-{inside}{key}-{name}")
    }

    fn part_names(&self) -> Vec<(String, String)> {
        let parts = self.parts.iter();
        parts
            .map(|part| (part.key.clone(), part.name.clone()))
            .collect()
    }

    /// A field of one form, with the form's own prefix.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn field(&self, form: &str, key: impl std::fmt::Display, name: &str) -> String {
        format!("{form}-{key}-{name}")
    }
}
