//! The rules of an approval: from (case, command, context) to an event or a refusal. Pure.
//!
//! The same function runs when a button is pressed and when the page tells what the button would do.

use base::ids::{CaseId, OrgId};
use casework::{
    Case, Context, Event, Permission, Refusal, Step,
    case::{Channel, Duty},
    event::Opened,
};

use crate::{
    after::{self, After},
    archive, clocks,
    details::{
        ABOUT, ACCEPTANCE, About, Acceptance, CORRECTION, Correction, CorrectionItem, DECISION,
        DELIVERED, DELIVERY_WISH, Decision, Delivered, Delivery, DeliveryWish, FORM, FormRef,
        MATERIALS, MaterialGiven, NOT_ACCEPTED, NotAccepted, QUERY_CODE, TERMS, Terms,
        delivery_wish, terms, with_given,
    },
    flow::{FLOW, KIND},
    letter::is_licensing,
    origins::{MaterialOrigin, ORIGINS, Origins, origins},
    promise, routing, special,
    together::{self, Release, Together},
    window,
};

/// Everything a new case is filed with.
#[derive(Clone, Debug)]
pub struct Filing {
    pub case_id: CaseId,
    pub case_no: String,
    pub title: String,
    pub region: String,
    pub org: OrgId,
    pub applicant: base::ids::PartyId,
    pub applicant_name: String,
    pub channel: Channel,
    pub about: About,
    pub terms: Terms,
    pub form: FormRef,
    pub materials: Vec<MaterialGiven>,
    pub delivery: Delivery,
    pub origins: Origins,
    /// SM3 hex of the query password.
    pub query_code: String,
    /// The certificate it changes, renews or replaces.
    pub after: Option<After>,
    pub together: Together,
    /// Who acted for the applicant, where it was taken in.
    pub filed_by: window::FiledBy,
}

/// What can be done with a case. Document numbers come in: the shell takes the next one in the same transaction.
#[derive(Clone, Debug)]
pub enum Command {
    Accept {
        doc_no: String,
        remark: String,
    },
    RequestCorrection {
        doc_no: String,
        items: Vec<CorrectionItem>,
        remark: String,
    },
    SupplyCorrection {
        form: Option<FormRef>,
        materials: Vec<MaterialGiven>,
        /// Where those come from that were not handed in anew.
        sources: Vec<MaterialOrigin>,
        remark: String,
    },
    RefuseAcceptance {
        doc_no: String,
        reason: String,
        legal_basis: String,
        right_agency: String,
    },
    DeemAccepted,
    Grant {
        doc_no: String,
        opinion: String,
        license_id: Option<String>,
    },
    Refuse {
        doc_no: String,
        reason: String,
        legal_basis: String,
    },
    Deliver {
        method: Delivery,
        receiver: String,
        tracking: String,
    },
    Withdraw {
        reason: String,
    },
    /// 领办: the actor takes the open task, or gives it back.
    Take {
        back: bool,
    },
    /// See personal data unmasked; says why.
    Reveal {
        purpose: String,
    },
    Archive(archive::Command),
    After(after::Command),
    /// What the case waited for has come.
    Release(Release),
    /// What a window does beside taking in.
    Window(window::Command),
    Route(routing::Command),
    /// What the law lets happen beside the straight road.
    Special(special::Command),
}

impl Command {
    /// The word in the flow table and the trail.
    pub fn word(&self) -> &'static str {
        match self {
            Command::Accept { .. } => "accept",
            Command::RequestCorrection { .. } => "request_correction",
            Command::SupplyCorrection { .. } => "supply_correction",
            Command::RefuseAcceptance { .. } => "refuse_acceptance",
            Command::DeemAccepted => "deem_accepted",
            Command::Grant { .. } => "grant",
            Command::Refuse { .. } => "refuse",
            Command::Deliver { .. } => "deliver",
            Command::Withdraw { .. } => "withdraw",
            Command::Take { .. } => "take",
            Command::Reveal { .. } => "reveal",
            Command::Archive(command) => command.word(),
            Command::After(command) => command.word(),
            Command::Release(_) => "release",
            Command::Window(command) => command.word(),
            Command::Route(command) => command.word(),
            Command::Special(command) => command.word(),
        }
    }
}

/// Characters of an opinion or reason.
pub const TEXT_MAX: usize = 2000;
/// Points in one correction notice.
pub const CORRECTION_ITEMS_MAX: usize = 50;

/// The event that opens a case: materials received, five working days to look at them.
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
    step.note("about", &filing.about.version);
    step.note(ABOUT, &filing.about);
    step.note(TERMS, &filing.terms);
    step.note(FORM, &filing.form);
    step.note(MATERIALS, &filing.materials);
    step.note(
        DELIVERY_WISH,
        &DeliveryWish {
            method: filing.delivery,
        },
    );
    if !filing.origins.is_empty() {
        step.note(ORIGINS, &filing.origins);
    }
    step.note(QUERY_CODE, &filing.query_code);
    if let Some(after) = &filing.after {
        after::file(&mut step, after);
    }
    together::file(&mut step, &filing.together);
    promise::note(&mut step, filing);
    await_acceptance(&mut step);
    window::file(&mut step, &filing.filed_by);
    step.finish()
}

/// Decides a command on a case.
pub fn decide(ctx: Context<'_>, case: &Case, command: &Command) -> Result<Event, Refusal> {
    decide_on(ctx, case, command, None)
}

/// Decides a command; a case that is accepted enters `plan`.
pub fn decide_on(
    ctx: Context<'_>,
    case: &Case,
    command: &Command,
    plan: Option<&routing::Plan>,
) -> Result<Event, Refusal> {
    let mut step = Step::begin(ctx, &FLOW, case, command.word())?;
    if matches!(command, Command::Grant { .. } | Command::Refuse { .. }) {
        routing::rules::may_decide(case)?;
    }
    match command {
        Command::Accept { doc_no, remark } => {
            special::gap::before_accept(case)?;
            step.remark(&text("remark", remark)?);
            accept(&mut step, doc_no, false, ctx.actor, plan)?;
        }
        Command::DeemAccepted => {
            let lapsed = case
                .open_clock(clocks::NOTICE)
                .and_then(|clock| clocks::due_at(clock, ctx.calendar))
                .is_some_and(|due_at| due_at <= ctx.now);
            if !lapsed {
                return Err(Refusal::invalid("clock", "一次性告知的期限尚未届满"));
            }
            accept(&mut step, "", true, ctx.actor, plan)?;
        }
        Command::RequestCorrection {
            doc_no,
            items,
            remark,
        } => request_correction(&mut step, doc_no, items, remark)?,
        Command::SupplyCorrection {
            form,
            materials,
            sources,
            remark,
        } => supply_correction(&mut step, form.as_ref(), (materials, sources), remark)?,
        Command::RefuseAcceptance {
            doc_no,
            reason,
            legal_basis,
            right_agency,
        } => {
            let letter = NotAccepted {
                doc_no: doc_no.clone(),
                reason: needed("reason", reason, "请写明不予受理的理由")?,
                legal_basis: needed("legal_basis", legal_basis, "请写明法律依据，具体到条款")?,
                right_agency: text("right_agency", right_agency)?,
            };
            step.decide("not_accepted", &letter.reason, &letter.legal_basis);
            step.note(NOT_ACCEPTED, &letter);
            finish(&mut step, "not_accepted", "refuse_acceptance")?;
        }
        Command::Grant {
            doc_no,
            opinion,
            license_id,
        } => {
            special::before_decision(&step, true)?;
            let decision = Decision {
                doc_no: doc_no.clone(),
                granted: true,
                opinion: text("opinion", opinion)?,
                legal_basis: String::new(),
                license_id: license_id.clone(),
            };
            step.decide("granted", &decision.opinion, "");
            step.note(DECISION, &decision);
            decided(&mut step, "granted", "grant")?;
        }
        Command::Refuse {
            doc_no,
            reason,
            legal_basis,
        } => {
            special::before_decision(&step, false)?;
            // 行政许可法第三十八条第二款: a refusal states its reasons and the remedies.
            let decision = Decision {
                doc_no: doc_no.clone(),
                granted: false,
                opinion: needed("reason", reason, "请写明不予许可的理由")?,
                legal_basis: needed("legal_basis", legal_basis, "请写明法律依据，具体到条款")?,
                license_id: None,
            };
            step.decide("refused", &decision.opinion, &decision.legal_basis);
            step.note(DECISION, &decision);
            decided(&mut step, "refused", "refuse")?;
        }
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
        Command::Take { back } => take(&mut step, ctx, *back)?,
        Command::Reveal { purpose } => {
            step.remark(&needed("purpose", purpose, "请写明查看的事由")?);
        }
        Command::Archive(command) => archive::decide(&mut step, command)?,
        Command::After(command) => after::decide(&mut step, ctx.now, command)?,
        Command::Release(release) => {
            together::release(&mut step, release)?;
            let decided = matches!(step.case().state.as_str(), "granted" | "refused");
            if decided && release.key == together::DELIVERY {
                let state = step.case().state.clone();
                await_delivery(&mut step, &state, "release")?;
            }
        }
        Command::Window(command) => window::decide(&mut step, ctx.actor.name(), command)?,
        Command::Route(command) => routing::rules::decide(&mut step, ctx, command)?,
        Command::Special(command) => special::decide(&mut step, command, plan)?,
    }
    if matches!(
        command,
        Command::Grant { .. } | Command::Refuse { .. } | Command::Deliver { .. }
    ) {
        routing::rules::follow(&mut step, ctx.actor)?;
    }
    window::settle(&mut step);
    Ok(step.finish())
}

/// Case received (again): the office has five working days to say everything that is missing.
fn await_acceptance(step: &mut Step<'_>) {
    step.start_clock(clocks::notice(), step.at());
    let duty = duty(step.case(), Permission::Accept);
    step.open_task("accept", duty, Some(clocks::NOTICE));
}

pub(crate) fn accept(
    step: &mut Step<'_>,
    doc_no: &str,
    deemed: bool,
    actor: &casework::Actor,
    plan: Option<&routing::Plan>,
) -> Result<(), Refusal> {
    // Deemed acceptance counts from the day the materials were received, not from the day the time ran out.
    let from = if deemed {
        step.case()
            .clock(clocks::NOTICE)
            .map_or(step.at(), |clock| clock.start_at)
    } else {
        step.at()
    };
    step.close_clock(clocks::NOTICE)?;
    step.close_tasks(if deemed { "deem_accepted" } else { "accept" });
    step.move_to("accepted");
    let terms = terms(step.case());
    let licensing = is_licensing(step.case());
    let mut governing = None;
    for id in [clocks::STATUTORY, clocks::PROMISED] {
        if let Some(clock) = clocks::deciding_under(id, &terms, licensing) {
            step.start_clock(clock, from);
            governing = Some(id);
        }
    }
    if terms.law.set.lower_review {
        special::lapse::await_review(step, from);
    }
    step.note(
        ACCEPTANCE,
        &Acceptance {
            doc_no: doc_no.to_owned(),
            from: calendar::civil_date(from),
            deemed,
        },
    );
    if let Some(plan) = plan {
        return routing::rules::enter(step, actor, plan);
    }
    let duty = duty(step.case(), Permission::Decide);
    step.open_task("decide", duty, governing);
    Ok(())
}

fn request_correction(
    step: &mut Step<'_>,
    doc_no: &str,
    items: &[CorrectionItem],
    remark: &str,
) -> Result<(), Refusal> {
    // 行政许可法第三十二条第一款第四项: once, all of it.
    if step.case().details.contains_key(CORRECTION) {
        return Err(Refusal::invalid(
            "items",
            "本件已经一次性告知过补正内容，不能再次要求补正；请依材料决定受理或不予受理",
        ));
    }
    if items.is_empty() {
        return Err(Refusal::invalid("items", "请至少写明一项需要补正的内容"));
    }
    if items.len() > CORRECTION_ITEMS_MAX {
        return Err(Refusal::invalid(
            "items",
            format!("一份告知书最多{CORRECTION_ITEMS_MAX}项"),
        ));
    }
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        kept.push(CorrectionItem {
            material: item.material.clone(),
            what: needed("items", &item.what, "请写明每一项缺什么、怎么补")?,
        });
    }
    step.remark(&text("remark", remark)?);
    step.close_clock(clocks::NOTICE)?;
    step.close_tasks("request_correction");
    step.move_to("correcting");
    let correction = Correction {
        doc_no: doc_no.to_owned(),
        at: step.at(),
        items: kept,
    };
    step.note(CORRECTION, &correction);
    special::lapse::await_correction(step);
    Ok(())
}

fn supply_correction(
    step: &mut Step<'_>,
    form: Option<&FormRef>,
    (materials, sources): (&[MaterialGiven], &[MaterialOrigin]),
    remark: &str,
) -> Result<(), Refusal> {
    if form.is_none() && materials.is_empty() {
        return Err(Refusal::invalid(
            "materials",
            "请至少补充一项材料或修改申请表",
        ));
    }
    let over = step
        .case()
        .open_clock(clocks::CORRECTION)
        .and_then(|clock| clocks::due_at(clock, step.context().calendar))
        .is_some_and(|due| due <= step.at());
    if over {
        return Err(Refusal::invalid(
            "materials",
            "补正的期限已经届满，可以重新申请",
        ));
    }
    step.remark(&text("remark", remark)?);
    step.close_clock(clocks::CORRECTION)?;
    step.close_tasks("supply_correction");
    step.move_to("received");
    if let Some(form) = form {
        step.note(FORM, form);
    }
    if !materials.is_empty() {
        let before = origins(step.case());
        let after = before.clone().resupplied(materials, sources);
        if after != before {
            step.note(ORIGINS, &after);
        }
        let all = with_given(crate::details::materials(step.case()), materials);
        step.note(MATERIALS, &all);
    }
    await_acceptance(step);
    Ok(())
}

/// Decided either way: the deciding clocks stop; ten working days to deliver (行政许可法第四十四条), none left
/// where the result is delivered electronically at once.
pub(crate) fn decided(step: &mut Step<'_>, state: &str, command: &str) -> Result<(), Refusal> {
    step.close_all_clocks()?;
    step.close_tasks(command);
    if together::delivered_jointly(step.case()) {
        step.move_to(state);
        return Ok(());
    }
    await_delivery(step, state, command)
}

/// The result is on its way: at once where it goes electronically.
fn await_delivery(step: &mut Step<'_>, state: &str, command: &str) -> Result<(), Refusal> {
    if delivery_wish(step.case()) == Delivery::Electronic {
        let delivered = Delivered {
            method: Delivery::Electronic,
            receiver: String::new(),
            tracking: String::new(),
            at: step.at(),
        };
        step.note(DELIVERED, &delivered);
        return finish(step, "done", command);
    }
    step.move_to(state);
    step.start_clock(clocks::delivery(), step.at());
    let duty = duty(step.case(), Permission::Deliver);
    step.open_task("deliver", duty, Some(clocks::DELIVERY));
    Ok(())
}

pub(crate) fn finish(step: &mut Step<'_>, state: &str, command: &str) -> Result<(), Refusal> {
    step.close_all_clocks()?;
    step.close_tasks(command);
    step.move_to(state);
    step.close();
    Ok(())
}

fn take(step: &mut Step<'_>, ctx: Context<'_>, back: bool) -> Result<(), Refusal> {
    let casework::Actor::Staff(staff) = ctx.actor else {
        return Err(Refusal::NotAllowed {
            actor: ctx.actor.name().to_owned(),
            command: "take".to_owned(),
        });
    };
    let Some(task) = step.case().tasks.first().cloned() else {
        return Err(Refusal::invalid("task", "本件没有待办事项"));
    };
    let owner = match (task.staff, back) {
        (Some(owner), false) if !ctx.actor.answers_for(owner) => {
            return Err(Refusal::Changed {
                by: step.case().last.by.clone(),
                command: "take".to_owned(),
                at: step.case().last.at,
            });
        }
        (owner, true) if !owner.is_some_and(|owner| ctx.actor.answers_for(owner)) => {
            return Err(Refusal::invalid("task", "本件不在您名下，无需退回"));
        }
        (_, true) => None,
        (_, false) => Some(staff.staff),
    };
    step.fact(casework::Fact::TaskAssigned {
        no: task.no,
        staff: owner,
    });
    Ok(())
}

pub(crate) fn duty(case: &Case, permission: Permission) -> Duty {
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
