//! The verbs on a case, as commands. Pure.

use ::route::{
    Denial, Facts, Kind, Marking, Net, Verb,
    marking::Doing,
    model::{self, Office},
    verbs::{By, OpenSeat, Signature, Work, by_facts, stuck_denial},
};
use casework::{Actor, Case, Context, Fact, Permission, Refusal, Role, Scope, Step, case::Duty};

use super::{PLAN, Plan, RUNNING, Run, Running, Standing, read};
use crate::{
    clocks,
    rules::{needed, text},
    special::{hearing, procedure, urging},
};

/// Steps signed off in a row by rules.
const REVIEWS_MAX: usize = 200;

#[derive(Clone, Debug)]
pub enum Command {
    Verb {
        verb: Verb,
        /// What was found out, by fact key.
        facts: Facts,
        /// What is written for the file.
        remark: String,
    },
    /// 按公布的规则审查: the platform signs off the steps that the rules took the place of.
    ByRules {
        /// What the rules came to.
        opinion: String,
    },
    /// 换用流程版本: the case goes on where it stands, on another version.
    Migrate {
        plan: Box<Plan>,
        /// Node of the old route to node of the new one, where the key differs.
        onto: std::collections::BTreeMap<String, String>,
        remark: String,
    },
}

impl Command {
    /// The word in the flow table and the trail.
    pub fn word(&self) -> &'static str {
        match self {
            Command::Migrate { .. } => "step:migrate",
            Command::ByRules { .. } => "step:by_rules",
            Command::Verb { verb, .. } => word(verb),
        }
    }
}

pub(crate) fn word(verb: &Verb) -> &'static str {
    match verb {
        Verb::Sign { .. } => "step:sign",
        Verb::Return { .. } => "step:return",
        Verb::Recall { .. } => "step:recall",
        Verb::Transfer { .. } => "step:transfer",
        Verb::Delegate { .. } => "step:delegate",
        Verb::AddSigner { .. } => "step:add_signer",
        Verb::DropSigner { .. } => "step:drop_signer",
        Verb::Jump { .. } => "step:jump",
        Verb::Suspend { .. } => "step:suspend",
        Verb::Resume => "step:resume",
        Verb::Urge { .. } => "step:urge",
    }
}

/// The case is accepted onto its route: what accepting has done is signed off, and the first work opens.
pub(crate) fn enter(step: &mut Step<'_>, actor: &Actor, plan: &Plan) -> Result<(), Refusal> {
    let net = read(&plan.route)?;
    let facts = Facts::new();
    let mut marking = Marking::start(&net, &mut by_facts(&facts))
        .map_err(|stuck| refusal(stuck_denial(&net, &stuck)))?;
    let by = by(actor, step);
    while let Some(token) = open_at(&net, &marking, Kind::is_intake) {
        finish(&net, &mut marking, token, &by, &facts, true, "")?;
    }
    step.note(PLAN, plan);
    let mut running = Running {
        marking,
        facts,
        tasks: Vec::new(),
    };
    stand(step, &net, &mut running);
    step.note(RUNNING, &running);
    Ok(())
}

/// Whether rules may decide what follows this route: nothing before the decision is anybody's but 审查 by one officer of
/// the responsible body, which the published rules take the place of.
///
/// # Errors
/// Names the step that a person has to do.
pub fn rules_may_decide(route: &::route::Route) -> Result<(), Refusal> {
    let net = read(route)?;
    let facts = Facts::new();
    let by = By {
        staff: None,
        name: Actor::System.name().to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let mut marking = Marking::start(&net, &mut by_facts(&facts))
        .map_err(|stuck| refusal(stuck_denial(&net, &stuck)))?;
    while let Some(token) = open_at(&net, &marking, Kind::is_intake) {
        finish(&net, &mut marking, token, &by, &facts, true, "")?;
    }
    review(&net, &mut marking, &facts, &by, "")?;
    if open_at(&net, &marking, |kind| kind == Kind::Decide).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = marking
        .works()
        .filter_map(|(token, _)| Some(net.node(&token.node)?.name()))
        .collect();
    Err(Refusal::invalid(
        "route",
        format!("办理流程的“{}”要由人办", names.join("”“")),
    ))
}

/// Signs off, in favour, every open step that rules take the place of.
fn review(
    net: &Net,
    marking: &mut Marking,
    facts: &Facts,
    by: &By,
    opinion: &str,
) -> Result<(), Refusal> {
    let ruled = |token: &::route::marking::Token| {
        net.node(&token.node)
            .and_then(|node| node.step())
            .is_some_and(|step| {
                step.kind == Kind::Review
                    && step.signing.is_one()
                    && step.duty.office == Office::Responsible
            })
    };
    let next = |marking: &Marking| {
        let mut works = marking.works();
        works
            .find(|(token, _)| ruled(token))
            .map(|(token, _)| token.id)
    };
    while let Some(token) = next(marking) {
        finish(net, marking, token, by, facts, true, opinion)?;
        // A route that leads back to its own review would never come to a decision.
        if marking.done.len() > REVIEWS_MAX {
            break;
        }
    }
    Ok(())
}

/// Before a decision: the route must have come to it.
pub(crate) fn may_decide(case: &Case) -> Result<(), Refusal> {
    let Some(run) = Run::of(case)? else {
        return Ok(());
    };
    if let Some(pause) = &run.running.marking.suspended {
        let message = format!(
            "本件由{}挂起（{}），恢复后才能作出决定",
            pause.by, pause.reason
        );
        return Err(Refusal::invalid("route", message));
    }
    if open_at(&run.net, &run.running.marking, |kind| kind == Kind::Decide).is_some() {
        return Ok(());
    }
    let open: Vec<String> = run
        .running
        .marking
        .works()
        .filter_map(|(token, _)| Some(run.net.node(&token.node)?.name().to_owned()))
        .collect();
    Err(Refusal::invalid(
        "route",
        format!("还没有走到决定环节，正在办“{}”", open.join("”“")),
    ))
}

/// After a decision or a delivery: what they settle on the route is signed off with them.
pub(crate) fn follow(step: &mut Step<'_>, actor: &Actor) -> Result<(), Refusal> {
    let Some(Run {
        net, mut running, ..
    }) = Run::of(step.case())?
    else {
        return Ok(());
    };
    let (by, is_over) = (by(actor, step), !step.case().is_open());
    let granted = step
        .case()
        .outcome
        .as_ref()
        .is_some_and(|outcome| outcome.code == "granted");
    let settled = |kind: Kind| match kind {
        Kind::Decide | Kind::Certificate => true,
        Kind::Deliver | Kind::Archive => is_over,
        _ => false,
    };
    let facts = running.facts.clone();
    while let Some(token) = open_at(&net, &running.marking, settled) {
        finish(&net, &mut running.marking, token, &by, &facts, granted, "")?;
    }
    running.tasks.retain(|standing| {
        step.case()
            .tasks
            .iter()
            .any(|task| task.no == standing.task)
    });
    step.note(RUNNING, &running);
    Ok(())
}

/// Decides a verb.
pub(crate) fn decide(
    step: &mut Step<'_>,
    ctx: Context<'_>,
    command: &Command,
) -> Result<(), Refusal> {
    let run = Run::of(step.case())?.ok_or_else(|| Refusal::invalid("route", "本件没有办理流程"))?;
    match command {
        Command::Verb {
            verb,
            facts,
            remark,
        } => {
            let remark = text("remark", remark)?;
            let remark = if wants_reason(verb) {
                needed("remark", &remark, "请写明理由，经过和留痕里看得到")?
            } else {
                remark
            };
            step.remark(&remark);
            do_verb(step, ctx, run, &worded(verb, &remark), facts)
        }
        Command::ByRules { opinion } => {
            step.remark(&text("opinion", opinion)?);
            let Run {
                net, mut running, ..
            } = run;
            let by = by(ctx.actor, step);
            review(&net, &mut running.marking, &running.facts, &by, opinion)?;
            stand(step, &net, &mut running);
            step.note(RUNNING, &running);
            Ok(())
        }
        Command::Migrate { plan, onto, remark } => {
            step.remark(&reason(remark)?);
            let (net, mut running) = migrated(&run, plan, onto)?;
            step.note(PLAN, plan);
            stand(step, &net, &mut running);
            step.note(RUNNING, &running);
            Ok(())
        }
    }
}

/// 行政许可法第四十五条: a step that is a special procedure is done with it, not beside it — started with its notice, and
/// over only when its result is on record.
fn procedure_ended(case: &Case, kind: Kind) -> Result<(), Refusal> {
    use procedure::Kind as Procedure;
    let waived = hearing::of(case).is_some_and(|hearing| hearing.waived_at.is_some());
    let kinds: &[Procedure] = match kind {
        // Who was told of the right and waived it is not heard: the step is over with that.
        Kind::Hearing if waived => return Ok(()),
        Kind::Hearing => &[Procedure::Hearing],
        Kind::Inspection => &[
            Procedure::Inspection,
            Procedure::Testing,
            Procedure::Quarantine,
            Procedure::Appraisal,
        ],
        Kind::ExpertReview => &[Procedure::ExpertReview],
        Kind::Tender => &[Procedure::Bidding, Procedure::Auction],
        _ => return Ok(()),
    };
    if let Some(open) = kinds.iter().find(|kind| procedure::is_open(case, **kind)) {
        return Err(Refusal::invalid(
            "token",
            format!("“{}”还没有登记结论，登记后再办结本环节", open.name()),
        ));
    }
    if kinds.iter().any(|kind| procedure::is_done(case, *kind)) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "token",
        format!(
            "本环节要依特别程序办理：请先在办件页面启动“{}”并书面告知申请人，有了结论再办结",
            kind.label()
        ),
    ))
}

/// Why a case goes over to another version.
pub(crate) fn reason(remark: &str) -> Result<String, Refusal> {
    needed("remark", remark, "请写明换用版本的理由")
}

fn do_verb(
    step: &mut Step<'_>,
    ctx: Context<'_>,
    run: Run,
    verb: &Verb,
    facts: &Facts,
) -> Result<(), Refusal> {
    let Run {
        net, mut running, ..
    } = run;
    may(ctx.actor, step.case(), &net, &running.marking, verb)?;
    let procedure = match verb {
        Verb::Sign { token, .. } => running
            .marking
            .token(*token)
            .and_then(|token| net.node(&token.node)?.kind()),
        _ => None,
    };
    if let Some(kind) = procedure {
        procedure_ended(step.case(), kind)?;
    }
    for (key, value) in facts {
        let fact = net.facts.iter().find(|fact| fact.key == *key);
        if !fact.is_some_and(|fact| value.fits(&fact.domain)) {
            let label = fact.map_or(key.as_str(), |fact| fact.label.as_str());
            return Err(Refusal::invalid(
                "facts",
                format!("“{label}”填得不对，请重新填写"),
            ));
        }
        running.facts.insert(key.clone(), value.clone());
    }
    let by = by(ctx.actor, step);
    let known = running.facts.clone();
    running
        .marking
        .apply(&net, verb, &by, &known)
        .map_err(refusal)?;
    if let Verb::Urge { token, text } = verb {
        let tasks = running.tasks.iter();
        let tasks = tasks
            .filter(|standing| standing.token == *token)
            .map(|standing| standing.task)
            .collect();
        urging::note(step, "remark", text.clone(), tasks)?;
    }
    stand(step, &net, &mut running);
    step.note(RUNNING, &running);
    Ok(())
}

/// 行政机关内部的退回、撤回、跳转、挂起、减签 say why; an opinion against says why too.
fn wants_reason(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Return { .. }
            | Verb::Recall { .. }
            | Verb::Jump { .. }
            | Verb::Suspend { .. }
            | Verb::DropSigner { .. }
            | Verb::Urge { .. }
            | Verb::Sign { agreed: false, .. }
    )
}

/// The remark is what the marking keeps as opinion or reason.
fn worded(verb: &Verb, remark: &str) -> Verb {
    let mut verb = verb.clone();
    match &mut verb {
        Verb::Sign { opinion: said, .. }
        | Verb::Return { reason: said, .. }
        | Verb::Recall { reason: said, .. }
        | Verb::Jump { reason: said, .. }
        | Verb::Suspend { reason: said }
        | Verb::Urge { text: said, .. } => remark.clone_into(said),
        _ => {}
    }
    verb
}

/// Whether the actor may do this verb to this work: the duty must be theirs, and nobody else may hold the seat.
fn may(
    actor: &Actor,
    case: &Case,
    net: &Net,
    marking: &Marking,
    verb: &Verb,
) -> Result<(), Refusal> {
    let leads = actor.may(Permission::Decide, &case.scope());
    let work = |token: u32| marking.works().find(|(known, _)| known.id == token);
    let holds_some = |token: u32| {
        work(token)
            .is_some_and(|(_, work)| work.seats.iter().any(|seat| may_sit(actor, case, seat)))
    };
    let allowed = match verb {
        Verb::Sign { token, seat, .. } => {
            if let Some((known, _)) = work(*token)
                && let Some(kind) = net.node(&known.node).and_then(route::net::NetNode::kind)
                && kind.is_barrier()
            {
                return Err(Refusal::invalid(
                    "token",
                    format!("“{}”由对应的按钮办理（准予、不予许可、送达）", kind.label()),
                ));
            }
            sits(actor, case, work(*token), *seat)?
        }
        Verb::Delegate { token, seat, .. } => sits(actor, case, work(*token), *seat)?,
        // Whoever leads may take work from somebody who is away.
        Verb::Transfer { token, .. }
        | Verb::Return { token, .. }
        | Verb::AddSigner { token, .. }
        | Verb::DropSigner { token, .. } => leads || holds_some(*token),
        Verb::Jump { .. } | Verb::Suspend { .. } | Verb::Resume => leads,
        // The marking knows whose doing it was.
        Verb::Recall { .. } => true,
        Verb::Urge { .. } => {
            leads
                || actor.may(Permission::ReadCase, &case.scope())
                || actor.may(Permission::Supervise, &case.scope())
        }
    };
    if allowed {
        Ok(())
    } else {
        Err(Refusal::NotAllowed {
            actor: actor.name().to_owned(),
            command: word(verb).to_owned(),
        })
    }
}

/// Whether the seat is the actor's to sign.
fn sits(
    actor: &Actor,
    case: &Case,
    work: Option<(&::route::marking::Token, &Work)>,
    seat: u32,
) -> Result<bool, Refusal> {
    let Some(seat) = work.and_then(|(_, work)| work.seat(seat)) else {
        // The marking says what has become of it.
        return Ok(true);
    };
    if let (Some(holder), Actor::Staff(_)) = (&seat.holder, actor)
        && !actor.answers_for(holder.staff)
        && seat
            .delegated_by
            .as_ref()
            .is_none_or(|principal| !actor.answers_for(principal.staff))
    {
        return Err(Refusal::invalid(
            "seat",
            format!("这一步已经交给{}办理；要由您办，请先转办", holder.name),
        ));
    }
    if let Some((_, work)) = work
        && has_sat(actor, work, seat.no)
    {
        return Err(Refusal::invalid(
            "seat",
            "您已经在这一步签过一席；会签、票签一人一席，本人名义和代理都一样，请由其他人签，或者转办、减签",
        ));
    }
    Ok(may_sit(actor, case, seat))
}

/// Whether the actor has signed another seat of the same work: in 会签 and 票签 nobody sits on two, neither in their own
/// name nor in that of a colleague who is away. A department's own system hands over what several people signed there.
pub(crate) fn has_sat(actor: &Actor, work: &Work, seat: u32) -> bool {
    let Actor::Staff(me) = actor else {
        return false;
    };
    let others = work.seats.iter().filter(|other| other.no != seat);
    let mut signed = others.filter_map(|other| other.signature.as_ref());
    let hands_over = me.grants.iter().any(|grant| grant.role == Role::Integrator);
    !hands_over && signed.any(|signature| signature.by.staff == Some(me.staff))
}

/// Whether the actor holds the duty of a seat, or was given the seat by name.
pub(crate) fn may_sit(actor: &Actor, case: &Case, seat: &OpenSeat) -> bool {
    if !matches!(actor, Actor::Staff(_)) {
        return false;
    }
    let (org, region) = place(case, &seat.duty);
    seat.holder
        .as_ref()
        .is_some_and(|holder| actor.answers_for(holder.staff))
        || actor.may(
            seat.duty.permission,
            &Scope {
                region: &region,
                org: Some(org),
            },
        )
}

/// Where a duty is.
pub(crate) fn place(case: &Case, duty: &model::Duty) -> (base::ids::OrgId, String) {
    match &duty.office {
        Office::Responsible => (case.org, case.region.clone()),
        Office::Other { org, region, .. } => (*org, region.clone()),
    }
}

/// Lets the open tasks of the case be those of the marking.
fn stand(step: &mut Step<'_>, net: &Net, running: &mut Running) {
    let clock = [clocks::PROMISED, clocks::STATUTORY]
        .into_iter()
        .find(|kind| step.case().open_clock(kind).is_some());
    let mut kept = Vec::new();
    let gone: Vec<Standing> = running
        .tasks
        .iter()
        .filter(|standing| {
            let open = running.marking.works().any(|(token, work)| {
                token.id == standing.token
                    && work
                        .seat(standing.seat)
                        .is_some_and(|seat| seat.signature.is_none())
            });
            if open {
                kept.push(**standing);
            }
            !open
        })
        .copied()
        .collect();
    for standing in gone {
        step.fact(Fact::TaskClosed {
            no: standing.task,
            result: "step".to_owned(),
        });
    }
    let wanted: Vec<(u32, String, OpenSeat)> = running
        .marking
        .works()
        .filter_map(|(token, work)| Some((token, net.node(&token.node)?.kind()?, work)))
        // Delivering has a task of its own.
        .filter(|(_, kind, _)| !kind.is_after())
        .flat_map(|(token, kind, work)| {
            let name = match kind {
                Kind::Decide => "decide".to_owned(),
                _ => format!("step:{}", token.node),
            };
            let seats = work.seats.iter().filter(|seat| seat.signature.is_none());
            seats.map(move |seat| (token.id, name.clone(), seat.clone()))
        })
        .collect();
    for (token, kind, seat) in wanted {
        let known = kept
            .iter()
            .find(|known| known.token == token && known.seat == seat.no);
        let task = if let Some(known) = known {
            known.task
        } else {
            let (org, region) = place(step.case(), &seat.duty);
            let no = step.case().next_task;
            let duty = Duty::Staff {
                permission: seat.duty.permission,
                org,
                region,
            };
            step.open_task(&kind, duty, clock);
            kept.push(Standing {
                token,
                seat: seat.no,
                task: no,
            });
            no
        };
        let holder = seat.holder.map(|holder| holder.staff);
        let now = step
            .case()
            .tasks
            .iter()
            .find(|known| known.no == task)
            .and_then(|task| task.staff);
        if holder.is_some() && holder != now {
            step.fact(Fact::TaskAssigned {
                no: task,
                staff: holder,
            });
        }
    }
    running.tasks = kept;
}

/// The case as it would stand on another version.
///
/// # Errors
/// Which step has no place there, or how it could not be finished.
pub(crate) fn migrated(
    run: &Run,
    plan: &Plan,
    onto: &std::collections::BTreeMap<String, String>,
) -> Result<(Net, Running), Refusal> {
    if run.plan.version == plan.version {
        return Err(Refusal::invalid("version", "本件已经在用这个版本"));
    }
    let net = read(&plan.route)?;
    let mut running = run.running.clone();
    let moved = |key: &mut String| {
        if let Some(to) = onto.get(key) {
            key.clone_from(to);
        }
    };
    for token in &mut running.marking.tokens {
        let before = token.node.clone();
        moved(&mut token.node);
        moved(&mut token.from);
        // Work at a step that changed begins anew, as the new version has it.
        let step = net.node(&token.node).and_then(|node| node.step());
        let same = run.net.node(&before).and_then(|node| node.step()) == step;
        if !same && token.work.is_some() {
            token.work = step.map(Work::new);
        }
    }
    for done in &mut running.marking.done {
        moved(&mut done.node);
        for token in &mut done.took {
            moved(&mut token.node);
            moved(&mut token.from);
        }
    }
    if let Some(finding) = ::route::check_running(&net, &running.marking) {
        return Err(Refusal::invalid("version", finding.message));
    }
    Ok((net, running))
}

fn open_at(net: &Net, marking: &Marking, is: impl Fn(Kind) -> bool) -> Option<u32> {
    marking
        .works()
        .find(|(token, _)| {
            net.node(&token.node)
                .and_then(route::net::NetNode::kind)
                .is_some_and(&is)
        })
        .map(|(token, _)| token.id)
}

fn finish(
    net: &Net,
    marking: &mut Marking,
    token: u32,
    by: &By,
    facts: &Facts,
    agreed: bool,
    opinion: &str,
) -> Result<(), Refusal> {
    let doing = Doing {
        signed: vec![Signature {
            seat: String::new(),
            by: by.clone(),
            agreed,
            opinion: opinion.to_owned(),
        }],
        agreed: Some(agreed),
        skipped: None,
    };
    marking
        .finish(net, token, doing, &mut by_facts(facts))
        .map_err(|stuck| refusal(stuck_denial(net, &stuck)))
}

fn by(actor: &Actor, step: &Step<'_>) -> By {
    By {
        staff: match actor {
            Actor::Staff(staff) => Some(staff.staff),
            Actor::Person(_) | Actor::System => None,
        },
        // A deputy signs with both names.
        name: step.actor().shown(),
        at: step.at(),
    }
}

fn refusal(denial: Denial) -> Refusal {
    Refusal::invalid(denial.field, denial.message)
}
