//! The kernel's rules on a small process of their own: ask, answer, close.

use base::{
    IdSource,
    ids::{AccountId, CaseId, OrgId, PartyId, StaffId},
};
use calendar::{Calendar, ClockTerms, Length, Role as ClockRole, Rule};
use jiff::Timestamp;

use crate::{
    Actor, Case, Channel, Context, Event, Fact, Flow, Grant, Hold, Move, Permission, Phase,
    Refusal, Role, Scope, State, Step, Who,
    actor::{Person, Staff, covers},
    case::Duty,
    event::Opened,
    trail,
};

static FLOW: Flow = Flow {
    kind: "question",
    first: "asked",
    states: &[
        State {
            name: "asked",
            label: "待答复",
            phase: Phase::Office,
        },
        State {
            name: "answered",
            label: "已答复",
            phase: Phase::Closed,
        },
    ],
    moves: &[Move {
        command: "answer",
        label: "答复",
        from: &["asked"],
        to: &["answered"],
        who: &[Who::Staff(Permission::Decide)],
    }],
};

/// Wrong in four ways.
static TRAP: Flow = Flow {
    kind: "trap",
    first: "in",
    states: &[
        State {
            name: "in",
            label: "进",
            phase: Phase::Office,
        },
        State {
            name: "island",
            label: "岛",
            phase: Phase::Closed,
        },
    ],
    moves: &[Move {
        command: "stay",
        label: "留",
        from: &["in"],
        to: &["in", "gone"],
        who: &[],
    }],
};

struct World {
    calendar: Calendar,
    org: OrgId,
    applicant: PartyId,
    clerk: Actor,
    now: Timestamp,
    case_id: CaseId,
}

fn world() -> World {
    let ids = IdSource::seeded(7);
    let now: Timestamp = "2026-05-11T02:20:00Z".parse().expect("an instant");
    let org = ids.next(now);
    World {
        calendar: Calendar::builtin(),
        org,
        applicant: ids.next(now),
        clerk: Actor::Staff(Staff {
            account: ids.next(now),
            staff: ids.next(now),
            name: "李敏".to_owned(),
            org,
            grants: vec![Grant {
                role: Role::Approver,
                region: "990102".to_owned(),
                org: Some(org),
            }],
            stands_in_for: Vec::new(),
        }),
        now,
        case_id: ids.next(now),
    }
}

impl World {
    fn ctx<'a>(&'a self, actor: &'a Actor, expected_version: Option<i64>) -> Context<'a> {
        Context {
            now: self.now,
            calendar: &self.calendar,
            actor,
            expected_version,
        }
    }

    fn opened(&self) -> (Event, Case) {
        let mut step = Step::open(
            self.ctx(&Actor::System, None),
            self.case_id,
            "ask",
            Opened {
                no: "990102202605112000001X".to_owned(),
                kind: "question".to_owned(),
                state: FLOW.first.to_owned(),
                title: "怎么办".to_owned(),
                region: "990102".to_owned(),
                org: self.org,
                applicant: self.applicant,
                applicant_name: "陈小薇".to_owned(),
                channel: Channel::Web,
            },
        );
        step.start_clock(
            ClockTerms {
                kind: "reply".to_owned(),
                role: ClockRole::Step,
                basis: "测试".to_owned(),
                length: Length::working_days(5),
                start_event: "提问".to_owned(),
                rule: Rule::default(),
                pausable: Vec::new(),
                extension_max: None,
            },
            self.now,
        );
        step.open_task(
            "answer",
            Duty::Staff {
                permission: Permission::Decide,
                org: self.org,
                region: "990102".to_owned(),
            },
            Some("reply"),
        );
        let event = step.finish();
        let case = Case::open(self.case_id, &event).expect("it opens");
        (event, case)
    }

    fn answer(&self, case: &Case, actor: &Actor, seen: Option<i64>) -> Result<Event, Refusal> {
        let mut step = Step::begin(self.ctx(actor, seen), &FLOW, case, "answer")?;
        step.close_all_clocks()?;
        step.close_tasks("answer");
        step.move_to("answered");
        step.close();
        Ok(step.finish())
    }
}

#[test]
fn a_sound_flow_has_no_findings_and_an_unsound_one_names_them() {
    assert_eq!(FLOW.check(), Vec::<String>::new());
    let findings = TRAP.check().join("; ");
    for expected in [
        "stay names unknown state gone",
        "nobody may stay",
        "island is never reached",
        "in has no way out",
    ] {
        assert!(findings.contains(expected), "{findings}");
    }
}

#[test]
fn replaying_the_events_gives_the_same_case() {
    let world = world();
    let (first, case) = world.opened();
    let second = world
        .answer(&case, &world.clerk, Some(1))
        .expect("an approver of the organisation may answer");
    let mut live = case.clone();
    live.apply(&second);

    let stored: Vec<Event> = [&first, &second]
        .iter()
        .map(|event| {
            let text = serde_json::to_string(event).expect("events are plain data");
            serde_json::from_str(&text).expect("what was written reads back")
        })
        .collect();
    let mut replayed = Case::open(world.case_id, &stored[0]).expect("it opens");
    replayed.apply(&stored[1]);
    assert_eq!(replayed, live);
    assert!(!live.is_open());
    assert!(live.tasks.is_empty());
    assert_eq!(live.open_clocks().count(), 0);
    assert_eq!(live.version, 2);
}

#[test]
fn a_clock_that_closes_keeps_what_it_was_judged_by_and_an_older_trail_still_replays() {
    let world = world();
    let (_, case) = world.opened();
    let event = world.answer(&case, &world.clerk, None).expect("allowed");
    let mut live = case.clone();
    live.apply(&event);
    let due = case.clock("reply").expect("started").due(&world.calendar);
    let due_at = due.expect("in range").due().expect("running").at;
    let judged = live.clock("reply").and_then(|clock| clock.judged.clone());
    let judged = judged.expect("kept");
    assert_eq!(judged.due_at, Some(due_at));
    assert_eq!(judged.calendar, world.calendar.version());

    let mut written = serde_json::to_value(&event).expect("events are plain data");
    let facts = written["facts"].as_array_mut().expect("facts");
    let kept = facts
        .iter_mut()
        .filter(|fact| fact["fact"] == "clock_closed")
        .filter_map(|fact| fact.as_object_mut()?.remove("judged"))
        .count();
    assert_eq!(kept, 1);
    let older: Event = serde_json::from_value(written).expect("as it was written then");
    let mut replayed = case;
    replayed.apply(&older);
    let clock = replayed.clock("reply").expect("started");
    assert!(clock.closed_at.is_some());
    assert_eq!(clock.judged, None);
}

#[test]
fn whoever_comes_second_is_told_who_was_first() {
    let world = world();
    let (_, mut case) = world.opened();
    let event = world
        .answer(&case, &world.clerk, Some(1))
        .expect("answered");
    case.apply(&event);
    assert_eq!(
        world.answer(&case, &world.clerk, Some(1)),
        Err(Refusal::Changed {
            by: "李敏".to_owned(),
            command: "answer".to_owned(),
            at: world.now,
        })
    );
    assert!(matches!(
        world.answer(&case, &world.clerk, None),
        Err(Refusal::WrongState { by, .. }) if by == "李敏"
    ));
}

#[test]
fn a_command_asks_for_its_permission_in_its_place() {
    let world = world();
    let (_, case) = world.opened();
    let ids = IdSource::seeded(8);
    let with = |role: Role, region: &str, org: Option<OrgId>| {
        Actor::Staff(Staff {
            account: ids.next::<AccountId>(world.now),
            staff: ids.next::<StaffId>(world.now),
            name: "别人".to_owned(),
            org: world.org,
            grants: vec![Grant {
                role,
                region: region.to_owned(),
                org,
            }],
            stands_in_for: Vec::new(),
        })
    };
    let refused = |actor: &Actor| {
        matches!(
            world.answer(&case, actor, None),
            Err(Refusal::NotAllowed { .. })
        )
    };
    assert!(refused(&with(Role::WindowClerk, "990100", None)));
    assert!(refused(&with(Role::Approver, "990103", Some(world.org))));
    assert!(refused(&with(
        Role::Approver,
        "990102",
        Some(ids.next(world.now))
    )));
    assert!(!refused(&with(Role::Approver, "990100", None)));
    assert!(refused(&Actor::Person(Person {
        account: ids.next(world.now),
        party: world.applicant,
        name: "陈小薇".to_owned(),
        acting_for: None,
        acting_for_name: None,
        lapsed: None,
    })));
    assert!(refused(&Actor::System));
}

#[test]
fn a_hold_lets_only_the_named_commands_through() {
    let world = world();
    let (_, mut case) = world.opened();
    let hold = |allows: &[&str]| Hold {
        key: "objection-1".to_owned(),
        reason: "异议处理期间暂停".to_owned(),
        allows: allows.iter().map(|&allowed| allowed.to_owned()).collect(),
        since: world.now,
    };
    case.holds = vec![hold(&[])];
    assert_eq!(
        world.answer(&case, &world.clerk, None),
        Err(Refusal::Held {
            reason: "异议处理期间暂停".to_owned()
        })
    );
    case.holds = vec![hold(&["answer"])];
    assert!(world.answer(&case, &world.clerk, None).is_ok());
}

#[test]
fn time_in_a_case_never_runs_backwards() {
    let mut world = world();
    let (_, case) = world.opened();
    let opened_at = world.now;
    world.now = opened_at - jiff::SignedDuration::from_secs(30);
    let event = world
        .answer(&case, &world.clerk, None)
        .expect("a machine with a slow clock still works");
    assert_eq!(event.at, opened_at);
}

#[test]
fn a_fact_about_something_that_is_not_there_changes_nothing() {
    let world = world();
    let (_, case) = world.opened();
    let mut changed = case.clone();
    changed.apply(&Event {
        seq: 2,
        at: world.now,
        actor: (&Actor::System).into(),
        command: "x".to_owned(),
        remark: String::new(),
        facts: vec![
            Fact::TaskClosed {
                no: 99,
                result: String::new(),
            },
            Fact::Released {
                key: "nothing".to_owned(),
            },
            Fact::TaskAssigned {
                no: 98,
                staff: None,
            },
        ],
    });
    assert_eq!(changed.tasks, case.tasks);
    assert_eq!(changed.holds, case.holds);
}

#[test]
fn the_chain_depends_on_every_part() {
    let world = world();
    let link = trail::link(world.case_id, 1, &trail::ORIGIN, "{}");
    assert_ne!(link, trail::link(world.case_id, 2, &trail::ORIGIN, "{}"));
    assert_ne!(link, trail::link(world.case_id, 1, &link, "{}"));
    assert_ne!(link, trail::link(world.case_id, 1, &trail::ORIGIN, "{ }"));
}

#[test]
fn a_region_covers_what_lies_below_it() {
    assert!(covers("990100", "990102001"));
    assert!(covers("990000", "990102"));
    assert!(covers("990102", "990102"));
    assert!(!covers("990102", "990100"));
    assert!(!covers("990102", "990103001"));
    assert!(!covers("", "990102"));
    let scope = Scope {
        region: "990102",
        org: None,
    };
    assert!(Actor::System.may(Permission::Administer, &scope));
}
