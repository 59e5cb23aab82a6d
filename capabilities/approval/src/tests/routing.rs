//! An approval on its route, walked without a database.

use std::collections::BTreeMap;

use ::route::{
    Facts, Kind, Route, Value, Verb,
    edit::Change,
    model::{Domain, Duty, Edge, FactDef, Office, Seat, Signing, Step},
};
use base::ids::{OrgId, VersionId};
use casework::{Actor, Case, Fact, Permission, Refusal};

use super::{World, accept, grant, world};
use crate::{
    clocks,
    details::Delivery,
    routing::{Command as RouteCommand, Plan, Run},
    rules::{self, Command},
};

fn step(name: &str, kind: Kind, office: Office) -> Step {
    Step {
        name: name.to_owned(),
        kind,
        duty: Duty {
            permission: Permission::Decide,
            office,
        },
        signing: Signing::One,
    }
}

fn version(number: u8) -> VersionId {
    VersionId::from_uuid(base::ids::Uuid::from_bytes([number; 16]))
}

/// 审查 beside 消防审查 of another body, then a vote, then the decision; large places go back once more.
fn plan(fire: OrgId) -> Plan {
    let mut route = Route::simple(
        step("审查", Kind::Review, Office::Responsible),
        step("决定", Kind::Decide, Office::Responsible),
    );
    route.facts.push(FactDef {
        key: "area".to_owned(),
        label: "场所面积".to_owned(),
        domain: Domain::Number {
            min: 0,
            max: 100_000,
        },
    });
    let office = Office::Other {
        org: fire,
        region: "990102".to_owned(),
        name: "消防救援大队".to_owned(),
    };
    let mut vote = step("集体讨论", Kind::Deliberation, Office::Responsible);
    let seat = |name: &str| Seat {
        name: name.to_owned(),
        duty: vote.duty.clone(),
    };
    vote.signing = Signing::Votes {
        seats: vec![seat("主任"), seat("副主任"), seat("法制员")],
        needed: 2,
    };
    for change in [
        Change::AddBranch {
            beside: "review".to_owned(),
            step: step("消防审查", Kind::Review, office),
        },
        Change::AddStep {
            after: "join".to_owned(),
            step: vote,
        },
        Change::AddStep {
            after: "deliberation".to_owned(),
            step: step("现场勘验", Kind::SiteVisit, Office::Responsible),
        },
        Change::AddEdge {
            edge: Edge {
                from: "deliberation".to_owned(),
                to: "decide".to_owned(),
                when: "area <= 50".to_owned(),
                label: "面积不超过50平方米".to_owned(),
            },
        },
    ] {
        route.change(&change).expect("the change fits");
    }
    assert_eq!(::route::check(&route).findings, []);
    Plan {
        version: version(1),
        number: 1,
        route,
    }
}

struct Road {
    world: World,
    fire: Actor,
    case: Case,
}

impl Road {
    fn new() -> Road {
        let world = world(Some(8), Delivery::Window);
        let Actor::Staff(mut officer) = world.approver.clone() else {
            panic!("the approver is staff");
        };
        let fire_org = OrgId::from_uuid(base::ids::Uuid::from_bytes([9; 16]));
        officer.name = "赵刚".to_owned();
        officer.org = fire_org;
        officer.staff = base::ids::StaffId::from_uuid(base::ids::Uuid::from_bytes([8; 16]));
        for grant in &mut officer.grants {
            grant.org = Some(fire_org);
        }
        let mut case = world.file();
        let plan = plan(fire_org);
        let event = rules::decide_on(world.ctx(&world.approver), &case, &accept(), Some(&plan))
            .expect("accepted onto the route");
        case.apply(&event);
        Road {
            world,
            fire: Actor::Staff(officer),
            case,
        }
    }

    fn open(&self) -> Vec<&str> {
        self.case
            .tasks
            .iter()
            .map(|task| task.kind.as_str())
            .collect()
    }

    fn token(&self, node: &str) -> u32 {
        let run = Run::of(&self.case).expect("readable").expect("on a route");
        let found = run
            .running
            .marking
            .works()
            .find(|(token, _)| token.node == node);
        found.map(|(token, _)| token.id).expect("open there")
    }

    fn press(&mut self, actor: &Actor, verb: Verb, remark: &str) -> Result<(), Refusal> {
        self.press_with(actor, verb, Facts::new(), remark)
    }

    fn press_with(
        &mut self,
        actor: &Actor,
        verb: Verb,
        facts: Facts,
        remark: &str,
    ) -> Result<(), Refusal> {
        let command = Command::Route(RouteCommand::Verb {
            verb,
            facts,
            remark: remark.to_owned(),
        });
        let event = self.world.decide(&self.case, actor, &command)?;
        self.case.apply(&event);
        Ok(())
    }

    fn sign(&mut self, actor: &Actor, node: &str, seat: u32) -> Result<(), Refusal> {
        let token = self.token(node);
        let verb = Verb::Sign {
            token,
            seat,
            agreed: true,
            opinion: String::new(),
        };
        self.press(actor, verb, "符合要求")
    }

    /// Somebody else of the approver's office.
    fn colleague(&self) -> Actor {
        let Actor::Staff(mut other) = self.world.approver.clone() else {
            panic!("the approver is staff");
        };
        other.name = "何静".to_owned();
        other.staff = base::ids::StaffId::from_uuid(base::ids::Uuid::from_bytes([7; 16]));
        Actor::Staff(other)
    }

    /// As far as the vote.
    fn until_the_vote(&mut self) {
        let (approver, fire) = (self.world.approver.clone(), self.fire.clone());
        self.sign(&approver, "review", 1)
            .expect("the body's own review");
        self.sign(&fire, "review2", 1)
            .expect("the other body's review");
    }
}

fn told(result: Result<(), Refusal>) -> String {
    match result.expect_err("refused") {
        Refusal::Invalid { message, .. } => message,
        other => other.to_string(),
    }
}

#[test]
fn branches_open_side_by_side_under_the_deciding_clock() {
    let road = Road::new();
    assert_eq!(road.open(), ["step:review", "step:review2"]);
    assert!(
        road.case
            .tasks
            .iter()
            .all(|task| task.clock.as_deref() == Some(clocks::PROMISED))
    );
    let run = Run::of(&road.case).expect("readable").expect("on a route");
    assert_eq!(run.plan.number, 1);
    assert_eq!(run.running.tasks.len(), 2);
}

#[test]
fn nobody_signs_for_another_body_and_nothing_is_decided_before_its_time() {
    let mut road = Road::new();
    let approver = road.world.approver.clone();
    assert!(matches!(
        road.sign(&approver, "review2", 1),
        Err(Refusal::NotAllowed { .. })
    ));
    let early = road.world.decide(&road.case, &approver, &grant());
    assert!(told(early.map(drop)).contains("还没有走到决定环节"));
    let clerk = road.world.clerk.clone();
    assert!(
        road.sign(&clerk, "review", 1).is_err(),
        "a clerk does not review"
    );
}

#[test]
fn the_road_leads_to_one_decision() {
    let mut road = Road::new();
    let approver = road.world.approver.clone();
    road.until_the_vote();
    assert_eq!(road.open().len(), 3, "three seats vote");
    road.sign(&approver, "deliberation", 1).expect("a vote");
    let token = road.token("deliberation");
    let second = Verb::Sign {
        token,
        seat: 2,
        agreed: true,
        opinion: String::new(),
    };
    let twice = told(road.press(&approver, second.clone(), ""));
    assert!(twice.contains("一人一席"), "{twice}");
    let colleague = road.colleague();
    let missing = told(road.press(&colleague, second.clone(), ""));
    assert!(missing.contains("场所面积"), "{missing}");
    let facts = Facts::from([("area".to_owned(), Value::Number(30))]);
    road.press_with(&colleague, second, facts, "")
        .expect("the second vote settles it");
    assert_eq!(road.open(), ["decide"], "small places are not visited");
    let world = &road.world;
    world.act(&mut road.case, &approver, &grant());
    assert_eq!(road.open(), ["deliver"]);
    let run = Run::of(&road.case).expect("readable").expect("on a route");
    assert!(run.running.marking.is_over());
    let decided = run
        .running
        .marking
        .done
        .iter()
        .filter(|done| done.node == "decide");
    assert_eq!(decided.count(), 1);
}

#[test]
fn a_return_closes_what_followed_and_opens_the_step_again() {
    let mut road = Road::new();
    let approver = road.world.approver.clone();
    road.until_the_vote();
    let run = Run::of(&road.case).expect("readable").expect("on a route");
    let token = road.token("deliberation");
    let earlier = run.running.marking.earlier(&run.net, token);
    let review = earlier
        .iter()
        .find(|known| known.key == "review")
        .expect("it led here");
    let back = Verb::Return {
        token,
        to: review.done,
        reason: String::new(),
    };
    assert!(told(road.press(&approver, back.clone(), "")).contains("理由"));
    road.press(&approver, back, "材料要核实")
        .expect("back to the review");
    assert_eq!(
        road.open(),
        ["step:review"],
        "the other body's review stands"
    );
    assert_eq!(road.case.last.command, "step:return");
}

#[test]
fn a_suspended_case_is_not_decided_and_its_clock_runs_on() {
    let mut road = Road::new();
    let approver = road.world.approver.clone();
    let due = road.world.due(&road.case, clocks::PROMISED);
    road.press(
        &approver,
        Verb::Suspend {
            reason: String::new(),
        },
        "等上级批复",
    )
    .expect("it stops");
    assert!(road.sign(&approver, "review", 1).is_err());
    assert_eq!(road.world.due(&road.case, clocks::PROMISED), due);
    road.press(&approver, Verb::Resume, "").expect("it goes on");
    road.sign(&approver, "review", 1).expect("as before");
}

#[test]
fn work_is_handed_to_a_colleague_by_name() {
    let mut road = Road::new();
    let approver = road.world.approver.clone();
    let Actor::Staff(mut colleague) = approver.clone() else {
        panic!("staff")
    };
    colleague.staff = base::ids::StaffId::from_uuid(base::ids::Uuid::from_bytes([5; 16]));
    colleague.name = "周敏".to_owned();
    let token = road.token("review");
    let to = ::route::verbs::Person {
        staff: colleague.staff,
        name: colleague.name.clone(),
    };
    let transfer = Verb::Transfer { token, seat: 1, to };
    road.press(&approver, transfer, "").expect("to a colleague");
    assert_eq!(road.case.tasks[0].staff, Some(colleague.staff));
    assert!(told(road.sign(&approver, "review", 1)).contains("周敏"));
    road.sign(&Actor::Staff(colleague), "review", 1)
        .expect("it is theirs now");
}

#[test]
fn a_running_case_moves_to_a_new_version_only_where_it_can_be_finished() {
    let mut road = Road::new();
    let administrator = match road.world.clerk.clone() {
        Actor::Staff(mut staff) => {
            staff.grants[0].role = casework::Role::Administrator;
            Actor::Staff(staff)
        }
        other => other,
    };
    let run = Run::of(&road.case).expect("readable").expect("on a route");
    let mut next = run.plan.clone();
    next.version = version(2);
    next.number = 2;
    let migrate = |plan: &Plan, onto: &[(&str, &str)]| {
        Command::Route(RouteCommand::Migrate {
            plan: Box::new(plan.clone()),
            onto: onto
                .iter()
                .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
                .collect::<BTreeMap<_, _>>(),
            remark: "新版流程".to_owned(),
        })
    };
    // Without its branch the arrival of the other one would wait for ever.
    let mut short = next.clone();
    short
        .route
        .change(&Change::Remove {
            key: "review2".to_owned(),
        })
        .expect("gone");
    let refused = road
        .world
        .decide(&road.case, &administrator, &migrate(&short, &[]));
    assert!(told(refused.map(drop)).contains("review2"));
    let step = step("初审", Kind::Review, Office::Responsible);
    next.route
        .change(&Change::AddStep {
            after: "review".to_owned(),
            step,
        })
        .expect("a step more");
    let event = road
        .world
        .decide(&road.case, &administrator, &migrate(&next, &[]))
        .expect("both branches have their place");
    assert!(
        !event
            .facts
            .iter()
            .any(|fact| matches!(fact, Fact::TaskClosed { .. })),
        "open work stays"
    );
    road.case.apply(&event);
    let run = Run::of(&road.case).expect("readable").expect("on a route");
    assert_eq!(run.plan.number, 2);
    let approver = road.world.approver.clone();
    road.sign(&approver, "review", 1).expect("as before");
    assert_eq!(road.open(), ["step:review2", "step:review3"]);
}

#[test]
fn rules_walk_a_route_that_is_only_reviewed_and_stop_before_what_people_do() {
    let world = world(Some(8), Delivery::Window);
    let simple = Plan {
        version: version(3),
        number: 1,
        route: Route::simple(
            step("审查", Kind::Review, Office::Responsible),
            step("决定", Kind::Decide, Office::Responsible),
        ),
    };
    assert!(crate::routing::rules::rules_may_decide(&simple.route).is_ok());
    let by_rules = Command::Route(RouteCommand::ByRules {
        opinion: "符合公布的规则".to_owned(),
    });
    let mut case = world.file();
    let system = world.ctx(&Actor::System);
    let accepted = rules::decide_on(system, &case, &accept(), Some(&simple)).expect("accepted");
    case.apply(&accepted);
    // Not before the review, and the review by rules is nobody's but the platform's.
    assert!(matches!(
        rules::decide(world.ctx(&Actor::System), &case, &grant()),
        Err(Refusal::Invalid { field: "route", .. })
    ));
    assert!(matches!(
        rules::decide(world.ctx(&world.approver), &case, &by_rules),
        Err(Refusal::NotAllowed { .. })
    ));
    let reviewed = rules::decide(world.ctx(&Actor::System), &case, &by_rules).expect("reviewed");
    assert_eq!(reviewed.remark, "符合公布的规则");
    case.apply(&reviewed);
    let run = Run::of(&case).expect("it is read").expect("a route");
    let done: Vec<&str> = run
        .running
        .marking
        .done
        .iter()
        .map(|done| done.node.as_str())
        .collect();
    assert!(done.contains(&"review"), "{done:?}");
    let granted = rules::decide(world.ctx(&Actor::System), &case, &grant()).expect("granted");
    case.apply(&granted);
    assert!(
        case.outcome
            .is_some_and(|outcome| outcome.code == "granted")
    );

    // A visit, another body, a vote: these are people's, and the route says which.
    let refused = |route: &Route| match crate::routing::rules::rules_may_decide(route) {
        Err(Refusal::Invalid { message, .. }) => message,
        other => panic!("{other:?}"),
    };
    let mut visited = simple.route.clone();
    visited
        .change(&Change::AddStep {
            after: "review".to_owned(),
            step: step("现场勘验", Kind::SiteVisit, Office::Responsible),
        })
        .expect("the change fits");
    assert!(refused(&visited).contains("现场勘验"));
    let fire = OrgId::from_uuid(base::ids::Uuid::from_bytes([9; 16]));
    assert!(refused(&plan(fire).route).contains("消防审查"));
    let plan = Plan {
        route: visited,
        ..simple
    };
    let mut case = world.file();
    let event = rules::decide_on(system, &case, &accept(), Some(&plan)).expect("accepted");
    case.apply(&event);
    let event = rules::decide(system, &case, &by_rules).expect("what rules may");
    case.apply(&event);
    assert!(
        matches!(
            rules::decide(system, &case, &grant()),
            Err(Refusal::Invalid { field: "route", .. })
        ),
        "the visit is still to be made"
    );
}
