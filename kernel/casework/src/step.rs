//! Writing one event: the checks every command shares, then the facts.

use base::{
    crypto::Sm3,
    ids::{CaseId, ClockId},
};
use calendar::{Calendar, Clock, ClockError, ClockTerms, Extension, Length, PauseReason};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    actor::{Absent, Actor, Grant, Permission, Role, Scope, Staff},
    case::{Case, Duty, Outcome, Task},
    event::{ActorRef, Event, Fact, Opened},
    flow::{Flow, Who},
    refusal::Refusal,
};

/// What a rule may know beside the case and the command.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub now: Timestamp,
    pub calendar: &'a Calendar,
    pub actor: &'a Actor,
    /// The version the actor saw; `None` skips the check (system commands).
    pub expected_version: Option<i64>,
}

/// An event in the making: the case as it is, and as it will be after the facts so far.
#[derive(Debug)]
pub struct Step<'a> {
    ctx: Context<'a>,
    case: Case,
    event: Event,
}

impl<'a> Step<'a> {
    /// Starts the event that opens a case.
    pub fn open(ctx: Context<'a>, id: CaseId, command: &str, opened: Opened) -> Step<'a> {
        let event = Event {
            seq: 1,
            at: ctx.now,
            actor: ActorRef::from(ctx.actor),
            command: command.to_owned(),
            remark: String::new(),
            facts: vec![Fact::Opened(opened)],
        };
        let case = Case::open(id, &event).expect("the first fact is `opened`");
        Step { ctx, case, event }
    }

    /// Says for whom somebody at a window takes in: a colleague they cover, where their own office does not reach so
    /// far; the applicant, where they go along with people and nothing else lets them take in (帮办代办).
    pub fn take_in(&mut self) {
        let Actor::Staff(staff) = self.ctx.actor else {
            return;
        };
        let scope = self.case.scope();
        let own = clerks(staff);
        if own.may_alone(Permission::Receive, &scope) {
            return;
        }
        let absent = &staff.stands_in_for;
        if let Some(absent) = absent
            .iter()
            .find(|absent| absent.may(Permission::Receive, &scope))
        {
            stand_in(&mut self.event.actor, absent);
            return;
        }
        // A window of another place takes in for all of them in its own name.
        let receives = |grant: &Grant| {
            grant.role != Role::Helper && grant.role.permissions().contains(&Permission::Receive)
        };
        let helps = self.ctx.actor.may_alone(Permission::Receive, &scope);
        if helps && !staff.grants.iter().any(receives) {
            go_along(&mut self.event.actor, &self.case);
        }
    }

    /// Starts an event on an existing case after the shared checks, in this order: the version the actor saw,
    /// the state, the permission, the holds.
    pub fn begin(
        ctx: Context<'a>,
        flow: &Flow,
        case: &Case,
        command: &str,
    ) -> Result<Step<'a>, Refusal> {
        let Some(step) = flow.command(command) else {
            return Err(wrong_state(case, command));
        };
        if ctx
            .expected_version
            .is_some_and(|version| version != case.version)
        {
            return Err(Refusal::Changed {
                by: case.last.by.clone(),
                command: case.last.command.clone(),
                at: case.last.at,
            });
        }
        if !step.from.contains(&case.state.as_str()) {
            return Err(wrong_state(case, command));
        }
        if !step
            .who
            .iter()
            .any(|who| permitted(ctx.actor, case, command, *who))
        {
            return Err(Refusal::NotAllowed {
                actor: ctx.actor.name().to_owned(),
                command: command.to_owned(),
            });
        }
        if let Some(hold) = case
            .holds
            .iter()
            .find(|hold| !hold.allows.iter().any(|allowed| allowed == command))
        {
            return Err(Refusal::Held {
                reason: hold.reason.clone(),
            });
        }
        let mut actor = ActorRef::from(ctx.actor);
        if let Some(absent) = stood_in_for(ctx.actor, case, command, step.who) {
            stand_in(&mut actor, absent);
        } else if goes_along(ctx.actor, case, command, step.who) {
            go_along(&mut actor, case);
        }
        let event = Event {
            seq: case.version + 1,
            // A case's own time never runs backwards, whatever a machine's clock does.
            at: ctx.now.max(case.last.at),
            actor,
            command: command.to_owned(),
            remark: String::new(),
            facts: Vec::new(),
        };
        Ok(Step {
            ctx,
            case: case.clone(),
            event,
        })
    }

    pub fn at(&self) -> Timestamp {
        self.event.at
    }

    /// What the rule may know beside the case.
    pub fn context(&self) -> Context<'a> {
        self.ctx
    }

    /// Who acts, with whom they act for: what the trail keeps.
    pub fn actor(&self) -> &ActorRef {
        &self.event.actor
    }

    /// The case with the facts so far applied.
    pub fn case(&self) -> &Case {
        &self.case
    }

    pub fn fact(&mut self, fact: Fact) {
        self.case.apply_fact(self.event.at, &fact);
        self.event.facts.push(fact);
    }

    pub fn remark(&mut self, remark: &str) {
        remark.clone_into(&mut self.event.remark);
    }

    pub fn move_to(&mut self, state: &str) {
        self.fact(Fact::Moved {
            to: state.to_owned(),
        });
    }

    pub fn note(&mut self, key: &str, value: &impl Serialize) {
        let value = serde_json::to_value(value).expect("a capability's details are plain data");
        self.fact(Fact::Noted {
            key: key.to_owned(),
            value,
        });
    }

    /// Opens a task with `duty`, under the clock of kind `clock`.
    pub fn open_task(&mut self, kind: &str, duty: Duty, clock: Option<&str>) {
        let task = Task {
            no: self.case.next_task,
            kind: kind.to_owned(),
            duty,
            opened_at: self.event.at,
            clock: clock.map(str::to_owned),
            staff: None,
        };
        self.fact(Fact::TaskOpened { task });
    }

    /// Closes every open task; `result` is usually the command.
    pub fn close_tasks(&mut self, result: &str) {
        let numbers: Vec<u32> = self.case.tasks.iter().map(|task| task.no).collect();
        for no in numbers {
            self.fact(Fact::TaskClosed {
                no,
                result: result.to_owned(),
            });
        }
    }

    /// Closes the open tasks of a kind.
    pub fn close_task(&mut self, kind: &str, result: &str) {
        let numbers: Vec<u32> = self
            .case
            .tasks
            .iter()
            .filter(|task| task.kind == kind)
            .map(|task| task.no)
            .collect();
        for no in numbers {
            self.fact(Fact::TaskClosed {
                no,
                result: result.to_owned(),
            });
        }
    }

    /// Starts a clock at `start_at`, which may lie in the past (a deemed acceptance).
    pub fn start_clock(&mut self, terms: ClockTerms, start_at: Timestamp) {
        let id = self.clock_id();
        let clock = Clock::start(id, terms, start_at);
        self.fact(Fact::ClockStarted { clock });
    }

    /// Closes the newest clock of a kind if it is open; otherwise does nothing.
    pub fn close_clock(&mut self, kind: &str) -> Result<(), Refusal> {
        if let Some(mut clock) = self.case.open_clock(kind).cloned() {
            clock
                .close(self.ctx.calendar, self.event.at)
                .map_err(|error| Refusal::Clock(error.to_string()))?;
            self.fact(Fact::ClockClosed {
                id: clock.id,
                at: self.event.at,
                judged: clock.judged,
            });
        }
        Ok(())
    }

    /// Stops the open clock of a kind for a lawful reason; does nothing where none is open.
    pub fn pause_clock(
        &mut self,
        kind: &str,
        reason: PauseReason,
        notice: &str,
        expected: Length,
    ) -> Result<(), Refusal> {
        let at = self.event.at;
        self.change_clock(
            kind,
            |clock| clock.pause(at, reason, notice, expected),
            |clock| Fact::ClockPaused { clock },
        )
    }

    /// Lets the open clock of a kind run again; does nothing where none is open.
    pub fn resume_clock(&mut self, kind: &str) -> Result<(), Refusal> {
        let at = self.event.at;
        self.change_clock(
            kind,
            |clock| clock.resume(at),
            |clock| Fact::ClockResumed { clock },
        )
    }

    /// Makes the open clock of a kind longer; does nothing where none is open.
    pub fn extend_clock(&mut self, kind: &str, extension: Extension) -> Result<(), Refusal> {
        let calendar = self.ctx.calendar;
        self.change_clock(
            kind,
            |clock| clock.extend(calendar, extension),
            |clock| Fact::ClockExtended { clock },
        )
    }

    fn change_clock(
        &mut self,
        kind: &str,
        change: impl FnOnce(&mut Clock) -> Result<(), ClockError>,
        fact: impl FnOnce(Clock) -> Fact,
    ) -> Result<(), Refusal> {
        if let Some(mut clock) = self.case.open_clock(kind).cloned() {
            change(&mut clock).map_err(|error| Refusal::Clock(error.to_string()))?;
            self.fact(fact(clock));
        }
        Ok(())
    }

    pub fn close_all_clocks(&mut self) -> Result<(), Refusal> {
        let kinds: Vec<String> = self
            .case
            .open_clocks()
            .map(|clock| clock.terms.kind.clone())
            .collect();
        kinds.iter().try_for_each(|kind| self.close_clock(kind))
    }

    /// Derived from the case and the place of the fact in its trail, so that a rule needs no randomness.
    fn clock_id(&self) -> ClockId {
        let mut hash = Sm3::new();
        hash.update(b"tongban.clock.1");
        hash.update(self.case.id.uuid().as_bytes());
        hash.update(&self.event.seq.to_be_bytes());
        hash.update(&(self.event.facts.len() as u64).to_be_bytes());
        let digest = hash.finish();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        ClockId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    pub fn decide(&mut self, code: &str, reason: &str, legal_basis: &str) {
        let outcome = Outcome {
            code: code.to_owned(),
            reason: reason.to_owned(),
            legal_basis: legal_basis.to_owned(),
            by: self.event.actor.clone(),
            at: self.event.at,
        };
        self.fact(Fact::Decided { outcome });
    }

    pub fn close(&mut self) {
        self.fact(Fact::Closed);
    }

    pub fn finish(self) -> Event {
        self.event
    }
}

fn permitted(actor: &Actor, case: &Case, command: &str, who: Who) -> bool {
    match who {
        Who::Applicant => actor.owns(case.applicant),
        Who::System => matches!(actor, Actor::System),
        Who::Holder(permission) => {
            matches!(actor, Actor::Staff(_))
                && case.tasks.iter().any(|task| match &task.duty {
                    Duty::Staff {
                        permission: needed,
                        org,
                        region,
                    } => {
                        let scope = Scope {
                            region,
                            org: Some(*org),
                        };
                        *needed == permission && actor.may(permission, &scope)
                    }
                    Duty::Applicant => false,
                })
        }
        Who::Staff(permission) => {
            let mut duties = case.tasks.iter().filter_map(|task| match &task.duty {
                Duty::Staff {
                    permission: needed,
                    org,
                    region,
                } if *needed == permission && first(&task.kind) == first(command) => {
                    Some((org, region))
                }
                _ => None,
            });
            // A task may stand with another organisation than the case; without one the case's own scope counts.
            matches!(actor, Actor::Staff(_))
                && (actor.may(permission, &case.scope())
                    || duties.any(|(org, region)| {
                        actor.may(
                            permission,
                            &Scope {
                                region,
                                org: Some(*org),
                            },
                        )
                    }))
        }
    }
}

/// The colleague in whose place the actor does this: whoever has taken the work and is away; else, where the actor's
/// own office does not reach so far, the one whose office does.
fn stood_in_for<'a>(
    actor: &'a Actor,
    case: &Case,
    command: &str,
    who: &[Who],
) -> Option<&'a Absent> {
    let absent = actor.stands_in_for();
    let taken = case
        .tasks
        .iter()
        .filter(|task| matches!(&task.duty, Duty::Staff { permission, .. } if who.contains(&Who::Staff(*permission))))
        .find_map(|task| absent.iter().find(|absent| task.staff == Some(absent.staff)));
    if taken.is_some() {
        return taken;
    }
    let Actor::Staff(staff) = actor else {
        return None;
    };
    let alone = |absent: Option<&Absent>| {
        let mut staff = staff.clone();
        staff.stands_in_for = absent.cloned().into_iter().collect();
        let actor = Actor::Staff(staff);
        who.iter().any(|who| permitted(&actor, case, command, *who))
    };
    if absent.is_empty() || alone(None) {
        return None;
    }
    absent.iter().find(|absent| alone(Some(absent)))
}

/// Whether only going along with people lets the actor take this in: then they bring it in the applicant's place.
fn goes_along(actor: &Actor, case: &Case, command: &str, who: &[Who]) -> bool {
    let Actor::Staff(staff) = actor else {
        return false;
    };
    let taking_in = who.contains(&Who::Staff(Permission::Receive))
        && !who.contains(&Who::Staff(Permission::Assist));
    if !taking_in || !staff.grants.iter().any(|grant| grant.role == Role::Helper) {
        return false;
    }
    let own = clerks(staff);
    !who.iter().any(|who| permitted(&own, case, command, *who))
}

/// Somebody of the staff without the role of a helper.
fn clerks(staff: &Staff) -> Actor {
    let mut staff = staff.clone();
    staff.grants.retain(|grant| grant.role != Role::Helper);
    Actor::Staff(staff)
}

fn stand_in(actor: &mut ActorRef, absent: &Absent) {
    actor.deputy_for = Some(absent.staff);
    actor.acting_for_name = Some(absent.name.clone());
}

fn go_along(actor: &mut ActorRef, case: &Case) {
    actor.acting_for = Some(case.applicant);
    actor.acting_for_name = Some(case.applicant_name.clone());
}

/// `step` of `step:visit`: tasks and commands that belong together begin alike.
fn first(word: &str) -> &str {
    word.split(':').next().unwrap_or(word)
}

fn wrong_state(case: &Case, command: &str) -> Refusal {
    Refusal::WrongState {
        command: command.to_owned(),
        state: case.state.clone(),
        by: case.last.by.clone(),
        last_command: case.last.command.clone(),
        at: case.last.at,
    }
}
