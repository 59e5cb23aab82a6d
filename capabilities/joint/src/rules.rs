//! The rules of a whole: from (case, command, context) to an event or a refusal. Pure.

use approval::clocks as approval_clocks;
use approval::details::{CorrectionItem, Delivery, FORM, FormRef, Limit};
use base::ids::{CaseId, OrgId, PartyId};
use calendar::{Extension, Length, Unit};
use casework::{
    Case, Context, Event, Fact, Permission, Refusal, Step,
    case::{Channel, Duty, Link, Relation},
    event::Opened,
};
use jiff::Timestamp;

use crate::clocks;
use crate::details::{
    ACCEPTED, ASKED, Accepted, Asked, DELIVERED, Delivered, PLAN, Plan, STANDINGS, Standing,
    Standings, Variety, asked, plan, standings,
};
use crate::flow::{FLOW, KIND};
use crate::stage;

/// Characters of an opinion or reason.
const TEXT_MAX: usize = 2000;
/// Points of one correction notice.
const CORRECTION_ITEMS_MAX: usize = 50;

/// Everything a whole is opened with.
#[derive(Clone, Debug)]
pub struct Filing {
    pub case_id: CaseId,
    pub case_no: String,
    pub title: String,
    pub region: String,
    /// The leading body.
    pub org: OrgId,
    pub applicant: PartyId,
    pub applicant_name: String,
    pub channel: Channel,
    pub plan: Plan,
    /// The one form, kept beside the case.
    pub form: FormRef,
}

/// What can be done with a whole. Document numbers come in.
#[derive(Clone, Debug)]
pub enum Command {
    Accept {
        doc_no: String,
        remark: String,
    },
    RequestCorrection {
        doc_no: String,
        items: Vec<CorrectionItem>,
    },
    /// A part has come to stand somewhere else.
    PartMoved {
        part: CaseId,
        standing: Standing,
    },
    Extend {
        days: u32,
        approver: String,
        reason: String,
    },
    Deliver {
        method: Delivery,
        receiver: String,
        tracking: String,
    },
    Withdraw {
        reason: String,
    },
    Stage(stage::Command),
}

impl Command {
    /// The word in the flow table and the trail.
    pub fn word(&self) -> &'static str {
        match self {
            Command::Accept { .. } => "accept",
            Command::RequestCorrection { .. } => "request_correction",
            Command::PartMoved { .. } => "part_moved",
            Command::Extend { .. } => "extend",
            Command::Deliver { .. } => "deliver",
            Command::Withdraw { .. } => "withdraw",
            Command::Stage(command) => command.word(),
        }
    }
}

/// The event that opens a whole.
pub fn file(ctx: Context<'_>, filing: &Filing) -> Event {
    let opened = Opened {
        no: filing.case_no.clone(),
        kind: KIND.to_owned(),
        state: FLOW.first.to_owned(),
        title: filing.title.clone(),
        region: filing.region.clone(),
        org: filing.org,
        applicant: filing.applicant,
        applicant_name: filing.applicant_name.clone(),
        channel: filing.channel,
    };
    let mut step = Step::open(ctx, filing.case_id, "file", opened);
    step.take_in();
    let plan = &filing.plan;
    if let Some(stage) = &plan.stage {
        let link = Link {
            relation: Relation::ChildOf,
            other: stage.project,
        };
        step.fact(Fact::Linked { link });
    }
    step.note(PLAN, plan);
    step.note(FORM, &filing.form);
    let at = step.at();
    let standings: Standings = plan
        .lanes
        .iter()
        .map(|lane| (lane.case_id, Standing::filed(at)))
        .collect();
    step.note(STANDINGS, &standings);
    if plan.variety.is_joint() {
        await_acceptance(&mut step, plan);
    }
    step.finish()
}

/// Decides a command on a whole.
pub fn decide(ctx: Context<'_>, case: &Case, command: &Command) -> Result<Event, Refusal> {
    let mut step = Step::begin(ctx, &FLOW, case, command.word())?;
    let Some(plan) = plan(case) else {
        return Err(Refusal::invalid("case", "本件没有办理计划"));
    };
    match command {
        Command::Accept { doc_no, remark } => {
            let open = standings(case);
            if open.values().any(|standing| standing.state == "correcting") {
                return Err(Refusal::invalid(
                    "remark",
                    "还有事项等待申请人补正，补正后才能统一受理",
                ));
            }
            step.remark(&text("remark", remark)?);
            accept(&mut step, &plan, doc_no)?;
        }
        Command::RequestCorrection { doc_no, items } => {
            request_correction(&mut step, &plan, doc_no, items)?;
        }
        Command::PartMoved { part, standing } => part_moved(&mut step, &plan, *part, standing)?,
        Command::Extend {
            days,
            approver,
            reason,
        } => extend(&mut step, ctx, *days, approver, reason)?,
        Command::Deliver {
            method,
            receiver,
            tracking,
        } => {
            match method {
                Delivery::Window => {
                    needed("receiver", receiver, "请填写领取人姓名")?;
                }
                Delivery::Post => {
                    needed("tracking", tracking, "请填写邮件单号")?;
                }
                Delivery::Electronic => {}
            }
            let delivered = Delivered {
                method: *method,
                receiver: text("receiver", receiver)?,
                tracking: text("tracking", tracking)?,
                at: step.at(),
            };
            step.note(DELIVERED, &delivered);
            finish(&mut step, "done", "deliver")?;
        }
        Command::Withdraw { reason } => {
            let reason = text("reason", reason)?;
            step.decide("withdrawn", &reason, "");
            finish(&mut step, "withdrawn", "withdraw")?;
        }
        Command::Stage(command) => on_stage(&mut step, ctx, &plan, command)?,
    }
    Ok(step.finish())
}

/// The leading body looks at everything once.
fn await_acceptance(step: &mut Step<'_>, plan: &Plan) {
    step.start_clock(clocks::notice(plan.variety), step.at());
    let duty = lead(step.case(), Permission::Accept);
    step.open_task("accept", duty, Some(approval_clocks::NOTICE));
}

/// Accepted for all parts at once: the one clock begins that the applicant sees.
fn accept(step: &mut Step<'_>, plan: &Plan, doc_no: &str) -> Result<(), Refusal> {
    step.close_clock(approval_clocks::NOTICE)?;
    step.close_tasks("accept");
    step.move_to("accepted");
    let accepted = Accepted {
        doc_no: doc_no.to_owned(),
        at: step.at(),
    };
    step.note(ACCEPTED, &accepted);
    start_deciding(step, plan);
    if let Some(stage) = &plan.stage {
        stage::open_tasks(step, &stage.parts, Some(approval_clocks::PROMISED));
    }
    Ok(())
}

/// 行政许可法第四十二条第二款: handled jointly, forty-five working days; the promise of the whole beside it.
fn start_deciding(step: &mut Step<'_>, plan: &Plan) {
    if !plan.variety.is_joint() {
        return;
    }
    let at = step.at();
    step.start_clock(clocks::joint_statutory(), at);
    if let Some(days) = plan.days.filter(|days| *days > 0) {
        let limit = Limit {
            n: days.min(clocks::JOINT_DAYS),
            unit: Unit::WorkingDay,
            basis: clocks::promise(plan.variety).to_owned(),
        };
        step.start_clock(
            approval_clocks::deciding(approval_clocks::PROMISED, &limit),
            at,
        );
    }
}

fn request_correction(
    step: &mut Step<'_>,
    plan: &Plan,
    doc_no: &str,
    items: &[CorrectionItem],
) -> Result<(), Refusal> {
    // 行政许可法第三十二条第一款第四项: once, all of it.
    if asked(step.case()).is_some() {
        return Err(Refusal::invalid(
            "items",
            "已经一次性告知过补正内容，不能再次要求补正；请依材料决定",
        ));
    }
    if items.is_empty() {
        return Err(Refusal::invalid("items", "请至少写明一项需要补正的内容"));
    }
    if items.len() > CORRECTION_ITEMS_MAX {
        let message = format!("一份告知书最多{CORRECTION_ITEMS_MAX}项");
        return Err(Refusal::invalid("items", message));
    }
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        let used = plan
            .lanes
            .iter()
            .any(|lane| lane.materials.contains_key(&item.material));
        if !used {
            return Err(Refusal::invalid("items", "要补正的材料不在材料清单里"));
        }
        kept.push(CorrectionItem {
            material: item.material.clone(),
            what: needed("items", &item.what, "请写明每一项缺什么、怎么补")?,
        });
    }
    let asked = Asked {
        doc_no: doc_no.to_owned(),
        at: step.at(),
        items: kept,
    };
    step.note(ASKED, &asked);
    Ok(())
}

/// Takes in how far a part is, and what follows for the whole.
fn part_moved(
    step: &mut Step<'_>,
    plan: &Plan,
    part: CaseId,
    standing: &Standing,
) -> Result<(), Refusal> {
    let mut all = standings(step.case());
    let Some(known) = all.get_mut(&part) else {
        return Err(Refusal::invalid("part", "这个办件不属于本件"));
    };
    if known.seq >= standing.seq {
        return Err(Refusal::invalid("part", "这次变动已经记录"));
    }
    let was_paused = known.paused.is_some();
    *known = standing.clone();
    step.note(STANDINGS, &all);
    settle_acceptance(step, plan, &all)?;
    if step.case().state == "accepted" {
        if was_paused != standing.paused.is_some() {
            stand_still(step, &all, standing.at)?;
        }
        settle_end(step, plan, &all)?;
    }
    Ok(())
}

/// Waiting for the applicant while a part does; accepted when every part that counts is.
fn settle_acceptance(
    step: &mut Step<'_>,
    plan: &Plan,
    standings: &Standings,
) -> Result<(), Refusal> {
    let state = step.case().state.clone();
    if !matches!(state.as_str(), "received" | "correcting") {
        return Ok(());
    }
    let correcting = standings
        .values()
        .any(|standing| standing.state == "correcting");
    let past = counting(plan).all(|lane| {
        standings
            .get(&lane.case_id)
            .is_some_and(Standing::is_past_acceptance)
    });
    if past {
        return accept(step, plan, "");
    }
    if correcting && state == "received" {
        step.close_clock(approval_clocks::NOTICE)?;
        step.close_tasks("request_correction");
        step.move_to("correcting");
        step.open_task("correct", Duty::Applicant, None);
    } else if !correcting && state == "correcting" {
        step.close_tasks("supply_correction");
        step.move_to("received");
        if plan.variety.is_joint() {
            await_acceptance(step, plan);
        }
    }
    Ok(())
}

/// The whole's clocks stand still while a part's do, for the same reason, so that no part may end after the whole.
fn stand_still(
    step: &mut Step<'_>,
    standings: &Standings,
    told_at: Timestamp,
) -> Result<(), Refusal> {
    let pause = standings
        .values()
        .find_map(|standing| standing.paused.clone());
    let open: Vec<calendar::Clock> = step.case().open_clocks().cloned().collect();
    for mut clock in open {
        let refused = |error: calendar::ClockError| Refusal::Clock(error.to_string());
        match (&pause, clock.open_pause().is_some()) {
            (Some(pause), false) if clock.terms.pausable.contains(&pause.reason) => {
                let from = pause.from.max(clock.start_at);
                clock
                    .pause(from, pause.reason, &pause.notice, pause.expected)
                    .map_err(refused)?;
                step.fact(Fact::ClockPaused { clock });
            }
            (None, true) => {
                clock.resume(told_at).map_err(refused)?;
                step.fact(Fact::ClockResumed { clock });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Over when every part that counts is: granted, refused, or partly so.
fn settle_end(step: &mut Step<'_>, plan: &Plan, standings: &Standings) -> Result<(), Refusal> {
    let of = |lane: &crate::details::Lane| standings.get(&lane.case_id);
    if let Some(stage) = plan.stage.as_ref().filter(|stage| !stage.parts.is_empty()) {
        // What waits for an opinion that is against is decided when that was put right, after the one opinion.
        let against = !stage::failed(stage, &stage::opinions(step.case())).is_empty();
        let looked_at = counting(plan).all(|lane| {
            of(lane).is_some_and(|standing| {
                standing.is_granted()
                    || against && !standing.is_ended() && !lane.opinions.is_empty()
            })
        });
        if looked_at {
            if stage::is_ready(step.case(), stage) && step.case().task("conclude").is_none() {
                if stage::awaited_visit(step.case()).is_some() {
                    await_visit(step);
                    return Ok(());
                }
                let duty = lead(step.case(), Permission::Decide);
                step.open_task("conclude", duty, Some(approval_clocks::PROMISED));
            }
            return Ok(());
        }
    }
    if !counting(plan).all(|lane| of(lane).is_some_and(Standing::is_ended)) {
        return Ok(());
    }
    if stage::awaited_visit(step.case()).is_some() {
        await_visit(step);
        return Ok(());
    }
    end(step, plan, standings)
}

/// Nothing is left but the visit that was arranged: the leading body records it or calls it off.
fn await_visit(step: &mut Step<'_>) {
    if step.case().task("record_visit").is_none() {
        let duty = lead(step.case(), Permission::Decide);
        step.open_task("record_visit", duty, Some(approval_clocks::PROMISED));
    }
}

/// The visit was held or called off: what waited for it goes on.
fn after_visit(step: &mut Step<'_>, plan: &Plan) -> Result<(), Refusal> {
    if step.case().state != "accepted" {
        return Ok(());
    }
    let standings = standings(step.case());
    settle_end(step, plan, &standings)
}

/// Parts the whole waits for; a cart waits for all.
fn counting(plan: &Plan) -> impl Iterator<Item = &crate::details::Lane> {
    let cart = plan.variety == Variety::Cart;
    plan.lanes.iter().filter(move |lane| cart || !lane.optional)
}

fn end(step: &mut Step<'_>, plan: &Plan, standings: &Standings) -> Result<(), Refusal> {
    let of = |lane: &&crate::details::Lane| standings.get(&lane.case_id);
    let all = counting(plan).count();
    let granted = counting(plan)
        .filter(|lane| of(lane).is_some_and(Standing::is_granted))
        .count();
    let decided = counting(plan)
        .filter(|lane| of(lane).is_some_and(|standing| standing.result.is_some()))
        .count();
    let code = match granted {
        0 if decided == 0 => "withdrawn",
        0 => "refused",
        _ if granted == all => "granted",
        _ => "partly_refused",
    };
    let missing: Vec<&str> = counting(plan)
        .filter(|lane| !of(lane).is_some_and(Standing::is_granted))
        .map(|lane| lane.title.as_str())
        .collect();
    let words = if missing.is_empty() {
        format!("{all}个事项全部准予")
    } else {
        format!("{granted}个事项准予；没有准予的：{}", missing.join("、"))
    };
    step.decide(code, &words, "");
    let nothing_to_deliver = !plan.variety.is_joint() || (decided == 0 && plan.stage.is_none());
    if nothing_to_deliver {
        let state = if code == "withdrawn" {
            "withdrawn"
        } else {
            "done"
        };
        return finish(step, state, "part_moved");
    }
    if plan.delivery == Delivery::Electronic {
        let delivered = Delivered {
            method: Delivery::Electronic,
            receiver: String::new(),
            tracking: String::new(),
            at: step.at(),
        };
        step.note(DELIVERED, &delivered);
        return finish(step, "done", "part_moved");
    }
    step.close_all_clocks()?;
    step.close_tasks("part_moved");
    step.move_to(if granted == 0 && plan.stage.is_none() {
        "refused"
    } else {
        "granted"
    });
    step.start_clock(approval_clocks::delivery(), step.at());
    let duty = lead(step.case(), Permission::Deliver);
    step.open_task("deliver", duty, Some(approval_clocks::DELIVERY));
    Ok(())
}

/// 行政许可法第四十二条第二款: fifteen working days more, approved by the head of the government of the same level,
/// reasons told to the applicant.
fn extend(
    step: &mut Step<'_>,
    ctx: Context<'_>,
    days: u32,
    approver: &str,
    reason: &str,
) -> Result<(), Refusal> {
    let extension = Extension {
        length: Length::working_days(days),
        approver: needed("approver", approver, "请写明批准延长的本级人民政府负责人")?,
        reason: needed("reason", reason, "请写明延长的理由，理由会告知申请人")?,
        at: step.at(),
    };
    let mut extended = false;
    for kind in [approval_clocks::STATUTORY, approval_clocks::PROMISED] {
        let Some(mut clock) = step.case().open_clock(kind).cloned() else {
            continue;
        };
        if clock.terms.extension_max.is_none() {
            continue;
        }
        clock
            .extend(ctx.calendar, extension.clone())
            .map_err(|error| Refusal::Clock(error.to_string()))?;
        step.fact(Fact::ClockExtended { clock });
        extended = true;
    }
    if extended {
        step.remark(&extension.reason);
        Ok(())
    } else {
        Err(Refusal::invalid("days", "本件没有可以延长的时限"))
    }
}

fn on_stage(
    step: &mut Step<'_>,
    ctx: Context<'_>,
    plan: &Plan,
    command: &stage::Command,
) -> Result<(), Refusal> {
    match command {
        stage::Command::ArrangeVisit { on, place } => stage::arrange_visit(step, plan, *on, place),
        stage::Command::RecordVisit { findings } => {
            stage::record_visit(step, findings)?;
            after_visit(step, plan)
        }
        stage::Command::CancelVisit { reason } => {
            stage::cancel_visit(step, reason)?;
            after_visit(step, plan)
        }
        stage::Command::GiveOpinion { part, passed, text } => {
            stage::give_opinion(step, ctx.actor, plan, part, *passed, text)?;
            let standings = standings(step.case());
            settle_end(step, plan, &standings)
        }
        stage::Command::Conclude { doc_no, text } => {
            if stage::conclude(step, plan, doc_no, text)? {
                let standings = standings(step.case());
                return end_passed(step, plan, &standings);
            }
            // Putting things right is the applicant's own time: the clocks end with the opinion.
            step.close_all_clocks()?;
            step.close_tasks("conclude");
            step.move_to("rectifying");
            step.open_task("ask_again", Duty::Applicant, None);
            Ok(())
        }
        stage::Command::AskAgain { remark } => {
            let stage = stage::stage_of(plan)?;
            step.remark(&needed("remark", remark, "请写明整改情况")?);
            step.close_tasks("ask_again");
            step.move_to("accepted");
            start_deciding(step, plan);
            let known = stage::opinions(step.case());
            let failed: Vec<stage::Part> =
                stage::failed(stage, &known).into_iter().cloned().collect();
            stage::open_tasks(step, &failed, Some(approval_clocks::PROMISED));
            Ok(())
        }
    }
}

fn end_passed(step: &mut Step<'_>, plan: &Plan, standings: &Standings) -> Result<(), Refusal> {
    if !plan.lanes.is_empty() {
        return end(step, plan, standings);
    }
    let parts = plan.stage.as_ref().map_or(0, |stage| stage.parts.len());
    step.decide("granted", &format!("{parts}个分项全部通过"), "");
    step.close_all_clocks()?;
    step.close_tasks("conclude");
    if plan.delivery == Delivery::Electronic {
        let delivered = Delivered {
            method: Delivery::Electronic,
            receiver: String::new(),
            tracking: String::new(),
            at: step.at(),
        };
        step.note(DELIVERED, &delivered);
        return finish(step, "done", "conclude");
    }
    step.move_to("granted");
    step.start_clock(approval_clocks::delivery(), step.at());
    let duty = lead(step.case(), Permission::Deliver);
    step.open_task("deliver", duty, Some(approval_clocks::DELIVERY));
    Ok(())
}

fn finish(step: &mut Step<'_>, state: &str, command: &str) -> Result<(), Refusal> {
    step.close_all_clocks()?;
    step.close_tasks(command);
    step.move_to(state);
    step.close();
    Ok(())
}

/// A duty of the leading body.
fn lead(case: &Case, permission: Permission) -> Duty {
    Duty::Staff {
        permission,
        org: case.org,
        region: case.region.clone(),
    }
}

/// Trimmed text within the limit.
pub(crate) fn text(field: &'static str, value: &str) -> Result<String, Refusal> {
    let value = base::text::paragraphs(value);
    if base::text::visible_len(&value) > TEXT_MAX {
        return Err(Refusal::invalid(field, format!("最多{TEXT_MAX}字")));
    }
    Ok(value)
}

pub(crate) fn needed(field: &'static str, value: &str, message: &str) -> Result<String, Refusal> {
    let value = text(field, value)?;
    if value.is_empty() {
        return Err(Refusal::invalid(field, message));
    }
    Ok(value)
}
