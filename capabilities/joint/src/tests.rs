//! The road of a whole and of a project, walked without a database; merging and the shipped classes.

use std::collections::BTreeSet;
use std::sync::Arc;

use approval::details::{Delivery, FormRef};
use approval::origins::{AnswerOrigin, AnswerSource, MaterialOrigin, MaterialSource, Origins};
use approval::together::Shared;
use base::IdSource;
use base::ids::{CaseId, OrgId, PartyId};
use calendar::Calendar;
use casework::actor::{Person, Staff};
use casework::{Actor, Case, Channel, Context, Event, Grant, Refusal, Role};
use catalog::model::{Field, Form, FormPage, Item, ItemState, Material, Published};
use jiff::Timestamp;

use crate::details::{Lane, Plan, Standing, Variety, standings};
use crate::flow::FLOW;
use crate::merge;
use crate::project::classes;
use crate::project::rules as projects;
use crate::rules::{self, Command, Filing};
use crate::stage::{self, Part, Stage};

const REGION: &str = "990100";

struct World {
    calendar: Calendar,
    ids: IdSource,
    now: Timestamp,
    lead: OrgId,
    fire: OrgId,
    applicant: PartyId,
}

impl World {
    fn new() -> World {
        let ids = IdSource::seeded(7);
        // Monday, 2 March 2026, 10:00 in China.
        let now: Timestamp = "2026-03-02T02:00:00Z".parse().expect("an instant");
        World {
            calendar: Calendar::builtin(),
            lead: ids.next(now),
            fire: ids.next(now),
            applicant: ids.next(now),
            ids,
            now,
        }
    }

    fn staff(&self, org: OrgId) -> Actor {
        Actor::Staff(Staff {
            account: self.ids.next(self.now),
            staff: self.ids.next(self.now),
            name: "刘洋".to_owned(),
            org,
            grants: vec![Grant {
                role: Role::Approver,
                region: REGION.to_owned(),
                org: Some(org),
            }],
            stands_in_for: Vec::new(),
        })
    }

    fn person(&self) -> Actor {
        Actor::Person(Person {
            account: self.ids.next(self.now),
            party: self.applicant,
            name: "周启明".to_owned(),
            acting_for: None,
            acting_for_name: None,
            lapsed: None,
        })
    }

    fn lane(&self, title: &str, after: Vec<CaseId>, optional: bool) -> Lane {
        Lane {
            case_id: self.ids.next(self.now),
            case_no: title.to_owned(),
            title: title.to_owned(),
            org: self.lead,
            body: "云川市公安局".to_owned(),
            starts: 0,
            ends: 3,
            optional,
            after,
            opinions: Vec::new(),
            materials: [("paper".to_owned(), "own".to_owned())].into(),
        }
    }

    fn whole(&self, plan: &Plan) -> Case {
        let filing = Filing {
            case_id: self.ids.next(self.now),
            case_no: "990100202603022000001A".to_owned(),
            title: "我要开网约车".to_owned(),
            region: REGION.to_owned(),
            org: self.lead,
            applicant: self.applicant,
            applicant_name: "周启明".to_owned(),
            channel: Channel::Web,
            plan: plan.clone(),
            form: FormRef {
                revision: 1,
                digest: String::new(),
            },
        };
        let person = self.person();
        let event = rules::file(self.ctx(&person, 0), &filing);
        Case::open(filing.case_id, &event).expect("it opens")
    }

    fn ctx<'a>(&'a self, actor: &'a Actor, days: i64) -> Context<'a> {
        Context {
            now: self.now + jiff::SignedDuration::from_hours(24 * days),
            calendar: &self.calendar,
            actor,
            expected_version: None,
        }
    }

    fn act(&self, case: &mut Case, actor: &Actor, days: i64, command: &Command) -> Event {
        let event = self
            .decide(case, actor, days, command)
            .expect("it is possible");
        case.apply(&event);
        event
    }

    fn decide(
        &self,
        case: &Case,
        actor: &Actor,
        days: i64,
        command: &Command,
    ) -> Result<Event, Refusal> {
        rules::decide(self.ctx(actor, days), case, command)
    }

    fn moved(&self, case: &mut Case, lane: &Lane, state: &str, seq: i64, days: i64) {
        let at = self.now + jiff::SignedDuration::from_hours(24 * days);
        let result = matches!(state, "granted" | "refused").then(|| Shared {
            case_id: lane.case_id,
            case_no: lane.case_no.clone(),
            title: lane.title.clone(),
            granted: state == "granted",
            doc_no: "云公办准〔2026〕1号".to_owned(),
            license_id: None,
            at,
        });
        let standing = Standing {
            state: state.to_owned(),
            seq,
            at,
            paused: None,
            result,
        };
        let command = Command::PartMoved {
            part: lane.case_id,
            standing,
        };
        self.act(case, &Actor::System, days, &command);
    }

    fn plan(&self, variety: Variety, delivery: Delivery, lanes: Vec<Lane>) -> Plan {
        Plan {
            variety,
            key: "ride_hailing".to_owned(),
            days: Some(7),
            delivery,
            lanes,
            stage: None,
        }
    }
}

#[test]
fn the_flows_are_sound() {
    assert_eq!(FLOW.check(), Vec::<String>::new());
    assert_eq!(crate::project::flow::FLOW.check(), Vec::<String>::new());
}

#[test]
fn accepted_once_delivered_once() {
    let world = World::new();
    let first = world.lane("机动车变更登记", Vec::new(), false);
    let second = world.lane("运输证核发", vec![first.case_id], false);
    let plan = world.plan(
        Variety::Bundle,
        Delivery::Window,
        vec![first.clone(), second.clone()],
    );
    let mut case = world.whole(&plan);
    let lead = world.staff(world.lead);
    let accept = Command::Accept {
        doc_no: "云公办受〔2026〕1号".to_owned(),
        remark: String::new(),
    };
    // Another body does not accept for all.
    let other = world.staff(world.fire);
    assert!(matches!(
        world.decide(&case, &other, 0, &accept),
        Err(Refusal::NotAllowed { .. })
    ));
    world.act(&mut case, &lead, 0, &accept);
    assert_eq!(case.state, "accepted");
    let due = |kind: &str| {
        case.open_clock(kind)
            .and_then(|clock| approval::clocks::due_at(clock, &world.calendar))
            .map(|at| calendar::civil_date(at - jiff::SignedDuration::from_secs(1)).to_string())
    };
    assert_eq!(due("promised").as_deref(), Some("2026-03-11"));
    // 4 to 6 April and 1 to 5 May are days off.
    assert_eq!(due("statutory").as_deref(), Some("2026-05-08"));
    world.moved(&mut case, &first, "granted", 5, 1);
    assert_eq!(case.state, "accepted");
    world.moved(&mut case, &second, "granted", 6, 2);
    assert_eq!(case.state, "granted");
    assert_eq!(
        case.outcome.as_ref().map(|one| one.code.as_str()),
        Some("granted")
    );
    assert!(case.open_clock("deliver").is_some());
    let deliver = Command::Deliver {
        method: Delivery::Window,
        receiver: "周启明".to_owned(),
        tracking: String::new(),
    };
    world.act(&mut case, &lead, 3, &deliver);
    assert_eq!(case.state, "done");
    assert!(!case.is_open());
}

#[test]
fn the_joint_clock_of_the_worked_example() {
    let world = World::new();
    let calendar = &world.calendar;
    let start = "2026-01-15T02:00:00Z".parse().expect("an instant");
    let id = world.ids.next(world.now);
    let mut clock = calendar::Clock::start(id, crate::clocks::joint_statutory(), start);
    let last = |clock: &calendar::Clock| {
        clock
            .due(calendar)
            .expect("counted")
            .due()
            .expect("running")
            .date
            .to_string()
    };
    assert_eq!(last(&clock), "2026-03-25");
    let extension = calendar::Extension {
        length: calendar::Length::working_days(15),
        approver: "市长".to_owned(),
        reason: "案情复杂".to_owned(),
        at: "2026-03-20T02:00:00Z".parse().expect("an instant"),
    };
    clock.extend(calendar, extension).expect("once");
    assert_eq!(last(&clock), "2026-04-16");
}

#[test]
fn a_refusal_is_rolled_up_and_an_optional_part_never_blocks() {
    let world = World::new();
    let first = world.lane("甲", Vec::new(), false);
    let second = world.lane("乙", Vec::new(), false);
    let extra = world.lane("丙", Vec::new(), true);
    let lanes = vec![first.clone(), second.clone(), extra];
    let plan = world.plan(Variety::Bundle, Delivery::Electronic, lanes);
    let mut case = world.whole(&plan);
    world.moved(&mut case, &first, "accepted", 2, 1);
    world.moved(&mut case, &second, "accepted", 2, 1);
    assert_eq!(case.state, "accepted", "each body accepted its own");
    world.moved(&mut case, &first, "granted", 3, 2);
    world.moved(&mut case, &second, "refused", 3, 2);
    let outcome = case.outcome.clone().expect("an outcome");
    assert_eq!(outcome.code, "partly_refused");
    assert!(outcome.reason.contains('乙'), "{}", outcome.reason);
    assert_eq!(case.state, "done");
}

#[test]
fn a_correction_of_a_part_is_asked_of_the_applicant_here() {
    let world = World::new();
    let first = world.lane("甲", Vec::new(), false);
    let plan = world.plan(Variety::Bundle, Delivery::Window, vec![first.clone()]);
    let mut case = world.whole(&plan);
    world.moved(&mut case, &first, "correcting", 2, 1);
    assert_eq!(case.state, "correcting");
    assert!(case.task("correct").is_some());
    world.moved(&mut case, &first, "received", 3, 2);
    assert_eq!(case.state, "received");
    assert!(case.task("accept").is_some());
}

#[test]
fn what_is_known_already_changes_nothing() {
    let world = World::new();
    let first = world.lane("甲", Vec::new(), false);
    let plan = world.plan(Variety::Cart, Delivery::Window, vec![first.clone()]);
    let mut case = world.whole(&plan);
    world.moved(&mut case, &first, "accepted", 4, 1);
    let old = Command::PartMoved {
        part: first.case_id,
        standing: Standing {
            seq: 3,
            ..Standing::filed(world.now)
        },
    };
    assert!(matches!(
        world.decide(&case, &Actor::System, 1, &old),
        Err(Refusal::Invalid { field: "part", .. })
    ));
    assert_eq!(standings(&case)[&first.case_id].state, "accepted");
}

#[test]
fn a_stopped_part_stops_the_whole_for_the_same_days() {
    let world = World::new();
    let first = world.lane("甲", Vec::new(), false);
    let plan = world.plan(Variety::Bundle, Delivery::Window, vec![first.clone()]);
    let mut case = world.whole(&plan);
    world.moved(&mut case, &first, "accepted", 2, 0);
    let due = |case: &Case| {
        case.open_clock("promised")
            .and_then(|clock| approval::clocks::due_at(clock, &world.calendar))
    };
    let before = due(&case).expect("a day");
    let day = |days: i64| world.now + jiff::SignedDuration::from_hours(24 * days);
    let standing = |seq, at, paused| Standing {
        state: "accepted".to_owned(),
        seq,
        at,
        paused,
        result: None,
    };
    let pause = calendar::Pause {
        from: day(1),
        to: None,
        reason: calendar::PauseReason::Testing,
        notice: "云公办告〔2026〕1号".to_owned(),
        expected: calendar::Length::working_days(2),
    };
    let stop = Command::PartMoved {
        part: first.case_id,
        standing: standing(3, day(1), Some(pause)),
    };
    world.act(&mut case, &Actor::System, 1, &stop);
    assert_eq!(due(&case), None, "it stands still");
    let go = Command::PartMoved {
        part: first.case_id,
        standing: standing(4, day(3), None),
    };
    world.act(&mut case, &Actor::System, 3, &go);
    // Tuesday to Thursday are not counted.
    let after = due(&case).expect("a day");
    assert_eq!(calendar::civil_date(before).to_string(), "2026-03-12");
    assert_eq!(calendar::civil_date(after).to_string(), "2026-03-17");
}

fn acceptance(world: &World) -> Plan {
    let part = |key: &str, title: &str, org| Part {
        key: key.to_owned(),
        title: title.to_owned(),
        org,
        body: title.to_owned(),
    };
    Plan {
        stage: Some(Stage {
            project: world.ids.next(world.now),
            project_code: "2604-990100-04-01-123456".to_owned(),
            project_name: "示例厂房".to_owned(),
            parts: vec![
                part("planning", "规划核实", world.lead),
                part("fire", "消防验收", world.fire),
            ],
            assessed: Vec::new(),
        }),
        ..world.plan(Variety::Stage, Delivery::Electronic, Vec::new())
    }
}

#[test]
fn only_what_failed_is_inspected_again() {
    let world = World::new();
    let mut case = world.whole(&acceptance(&world));
    let (lead, fire) = (world.staff(world.lead), world.staff(world.fire));
    let accept = Command::Accept {
        doc_no: "1".to_owned(),
        remark: String::new(),
    };
    world.act(&mut case, &lead, 0, &accept);
    let opinion = |part: &str, passed: bool, text: &str| {
        Command::Stage(stage::Command::GiveOpinion {
            part: part.to_owned(),
            passed,
            text: text.to_owned(),
        })
    };
    let conclude = Command::Stage(stage::Command::Conclude {
        doc_no: "2".to_owned(),
        text: String::new(),
    });
    // Nobody answers for another body, and a failure says what is wrong.
    assert!(
        world
            .decide(&case, &lead, 1, &opinion("fire", true, ""))
            .is_err()
    );
    assert!(
        world
            .decide(&case, &fire, 1, &opinion("fire", false, ""))
            .is_err()
    );
    world.act(&mut case, &lead, 1, &opinion("planning", true, ""));
    assert!(
        world.decide(&case, &lead, 1, &conclude).is_err(),
        "one is missing"
    );
    world.act(&mut case, &fire, 1, &opinion("fire", false, "缺闭门器"));
    world.act(&mut case, &lead, 1, &conclude);
    assert_eq!(case.state, "rectifying");
    assert_eq!(stage::conclusions(&case)[0].failed, ["消防验收"]);
    assert_eq!(
        case.open_clocks().count(),
        0,
        "putting it right is the applicant's time"
    );
    let again = Command::Stage(stage::Command::AskAgain {
        remark: "已补装".to_owned(),
    });
    world.act(&mut case, &world.person(), 5, &again);
    let tasks: Vec<&str> = case.tasks.iter().map(|task| task.kind.as_str()).collect();
    assert_eq!(tasks, ["give_opinion:fire"]);
    world.act(&mut case, &fire, 6, &opinion("fire", true, ""));
    world.act(&mut case, &lead, 6, &conclude);
    assert_eq!(case.state, "done");
    assert_eq!(case.outcome.map(|one| one.code).as_deref(), Some("granted"));
}

#[test]
fn what_waits_for_an_opinion_does_not_keep_the_stage_from_its_one_opinion() {
    let world = World::new();
    let lane = Lane {
        opinions: vec!["fire".to_owned()],
        ..world.lane("建筑工程施工许可证核发", Vec::new(), false)
    };
    let plan = Plan {
        lanes: vec![lane.clone()],
        ..acceptance(&world)
    };
    let mut case = world.whole(&plan);
    let (lead, fire) = (world.staff(world.lead), world.staff(world.fire));
    let accept = Command::Accept {
        doc_no: "1".to_owned(),
        remark: String::new(),
    };
    world.act(&mut case, &lead, 0, &accept);
    let opinion = |part: &str, passed: bool, text: &str| {
        Command::Stage(stage::Command::GiveOpinion {
            part: part.to_owned(),
            passed,
            text: text.to_owned(),
        })
    };
    let conclude = Command::Stage(stage::Command::Conclude {
        doc_no: "2".to_owned(),
        text: String::new(),
    });
    world.act(&mut case, &lead, 1, &opinion("planning", true, ""));
    assert!(case.task("conclude").is_none());
    world.act(&mut case, &fire, 1, &opinion("fire", false, "缺防火分区"));
    world.act(&mut case, &lead, 1, &conclude);
    assert_eq!(case.state, "rectifying", "the permit is still open");
    let again = Command::Stage(stage::Command::AskAgain {
        remark: "已修改图纸".to_owned(),
    });
    world.act(&mut case, &world.person(), 5, &again);
    world.act(&mut case, &fire, 6, &opinion("fire", true, ""));
    assert!(
        case.task("conclude").is_none(),
        "now the permit is decided first"
    );
    assert!(world.decide(&case, &lead, 6, &conclude).is_err());
}

#[test]
fn one_visit_for_all_bodies() {
    let world = World::new();
    let mut case = world.whole(&acceptance(&world));
    let lead = world.staff(world.lead);
    let accept = Command::Accept {
        doc_no: "1".to_owned(),
        remark: String::new(),
    };
    world.act(&mut case, &lead, 0, &accept);
    let arrange = |on: &str| {
        Command::Stage(stage::Command::ArrangeVisit {
            on: on.parse().expect("a day"),
            place: "现场".to_owned(),
        })
    };
    assert!(
        world
            .decide(&case, &lead, 0, &arrange("2026-03-01"))
            .is_err()
    );
    world.act(&mut case, &lead, 0, &arrange("2026-03-04"));
    assert!(
        world
            .decide(&case, &lead, 0, &arrange("2026-03-05"))
            .is_err(),
        "one is enough"
    );
    let record = Command::Stage(stage::Command::RecordVisit {
        findings: "已核对".to_owned(),
    });
    assert!(world.decide(&case, &lead, 1, &record).is_err(), "not yet");
    world.act(&mut case, &lead, 2, &record);
    let visit = stage::visit(&case).expect("a visit");
    assert_eq!(visit.bodies.len(), 2);
}

/// 滨州市工程建设项目并联审批管理规定第十四条: what was arranged takes place before the stage is over, or is called off.
#[test]
fn a_stage_does_not_end_before_its_visit() {
    let world = World::new();
    let lead = world.staff(world.lead);
    let accept = Command::Accept {
        doc_no: "1".to_owned(),
        remark: String::new(),
    };
    let arrange = Command::Stage(stage::Command::ArrangeVisit {
        on: "2026-03-04".parse().expect("a day"),
        place: "现场".to_owned(),
    });
    let record = Command::Stage(stage::Command::RecordVisit {
        findings: "已核对".to_owned(),
    });
    let cancel = |reason: &str| {
        Command::Stage(stage::Command::CancelVisit {
            reason: reason.to_owned(),
        })
    };
    let tasks = |case: &Case| -> Vec<String> {
        let tasks = case.tasks.iter();
        tasks.map(|task| task.kind.clone()).collect()
    };

    // Approvals only: the last decision leaves nothing but the visit.
    let lane = world.lane("建筑工程施工许可证核发", Vec::new(), false);
    let mut plan = acceptance(&world);
    plan.lanes = vec![lane.clone()];
    plan.stage.as_mut().expect("a stage").parts.clear();
    let mut case = world.whole(&plan);
    world.act(&mut case, &lead, 0, &accept);
    world.act(&mut case, &lead, 0, &arrange);
    world.moved(&mut case, &lane, "granted", 5, 1);
    assert_eq!(case.state, "accepted");
    assert!(tasks(&case).contains(&"record_visit".to_owned()));
    let mut held = case.clone();
    world.act(&mut held, &lead, 2, &record);
    assert_eq!(held.state, "done");
    assert!(world.decide(&case, &lead, 1, &cancel(" ")).is_err());
    world.act(&mut case, &lead, 1, &cancel("现场封闭"));
    assert_eq!(case.state, "done");

    // With opinions: the one opinion waits, and says for what.
    let mut case = world.whole(&acceptance(&world));
    let fire = world.staff(world.fire);
    world.act(&mut case, &lead, 0, &accept);
    for (who, part) in [(&lead, "planning"), (&fire, "fire")] {
        let opinion = Command::Stage(stage::Command::GiveOpinion {
            part: part.to_owned(),
            passed: true,
            text: String::new(),
        });
        world.act(&mut case, who, 0, &opinion);
    }
    world.act(&mut case, &lead, 0, &arrange);
    let conclude = Command::Stage(stage::Command::Conclude {
        doc_no: "2".to_owned(),
        text: String::new(),
    });
    match world.decide(&case, &lead, 0, &conclude) {
        Err(Refusal::Invalid { message, .. }) => {
            assert!(message.contains("2026-03-04"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    world.act(&mut case, &lead, 1, &cancel("改为视频核查"));
    assert!(
        world.decide(&case, &lead, 1, &arrange).is_ok(),
        "another day may be found"
    );
    world.act(&mut case, &lead, 1, &conclude);
    assert_eq!(case.state, "done");
}

/// 一表申请、一次提交多次复用: beside each part's own answer and paper stands where it was taken from.
#[test]
fn each_part_knows_where_its_answers_and_papers_come_from() {
    let world = World::new();
    let part = |field: &str, paper: &str| {
        let item = Item {
            form: Form {
                pages: vec![FormPage {
                    key: "who".into(),
                    title: "申请人".into(),
                    fields: vec![Field {
                        key: field.into(),
                        label: "姓名".into(),
                        element: "person.name".into(),
                        ..Field::default()
                    }],
                    ..FormPage::default()
                }],
            },
            materials: vec![Material {
                key: paper.into(),
                name: "居民身份证".into(),
                standard: "SM0001".into(),
                ..Material::default()
            }],
            ..Item::default()
        };
        merge::Part {
            published: Arc::new(Published {
                item_id: world.ids.next(world.now),
                version_id: world.ids.next(world.now),
                version: 1,
                digest: String::new(),
                published_at: world.now,
                current: true,
                state: ItemState::Published,
                org_id: world.lead,
                item,
                flags: Vec::new(),
            }),
            situation: catalog::guided::Answers::new(),
            body: String::new(),
            optional: false,
            after: BTreeSet::new(),
            opinions: BTreeSet::new(),
            produced: BTreeSet::new(),
            starts: 0,
            ends: 0,
        }
    };
    let merged = merge::merge(
        &[part("name", "idcard"), part("applicant", "id")],
        &Item::default(),
    );
    let origins = Origins {
        answers: vec![AnswerOrigin {
            field: "name".into(),
            from: AnswerSource::Record,
            corrected: false,
        }],
        materials: vec![MaterialOrigin {
            material: "idcard".into(),
            from: MaterialSource::Licence {
                license_id: "1".into(),
                name: "居民身份证".into(),
                serial: "NO1".into(),
            },
        }],
    };
    assert_eq!(merged.part_origins(0, &origins), origins);
    let second = merged.part_origins(1, &origins);
    assert_eq!(second.answers[0].field, "applicant");
    assert_eq!(second.certified().collect::<Vec<_>>(), ["id"]);
    // What another part asked for is no part's business.
    let mut strange = origins;
    strange.answers[0].field = "size".into();
    strange.materials.clear();
    assert!(merged.part_origins(1, &strange).is_empty());
}

#[test]
fn the_shipped_classes_add_up() {
    let classes = classes::shipped();
    let days: Vec<(&str, u32)> = classes
        .classes
        .iter()
        .map(|class| (class.key.as_str(), class.days))
        .collect();
    assert_eq!(
        days,
        [
            ("government", 68),
            ("social", 51),
            ("small_industrial", 15),
            ("minimal", 35)
        ]
    );
    for class in &classes.classes {
        let sum: u32 = class.stages.iter().map(|stage| stage.days).sum();
        assert_eq!(sum, class.days, "{}", class.key);
        assert_eq!(class.stages.len(), 4);
        for stage in &class.stages {
            for matter in &stage.matters {
                assert!(
                    matter.item.is_empty() != matter.body.is_empty(),
                    "{}",
                    matter.key
                );
                for before in &matter.after {
                    assert!(stage.matters.iter().any(|other| other.key == *before));
                }
            }
        }
        let last = class.stages.last().expect("a stage");
        assert_eq!(last.matters.len(), 8, "joint acceptance has eight matters");
    }
}

#[test]
fn stages_come_one_after_another_and_the_projects_clock_rests_between_them() {
    let world = World::new();
    let class = classes::shipped()
        .class("small_industrial")
        .expect("a class");
    let person = world.person();
    let registration = projects::Registration {
        case_id: world.ids.next(world.now),
        case_no: "990100202603022000002A".to_owned(),
        region: REGION.to_owned(),
        org: world.lead,
        applicant: world.applicant,
        applicant_name: "周启明".to_owned(),
        channel: Channel::Web,
        project: projects::Project {
            code: "2604-990100-04-01-123456".to_owned(),
            name: "示例厂房".to_owned(),
            class: class.key.clone(),
            site: "云川区".to_owned(),
            investment_fen: 100,
        },
    };
    let event = projects::register(world.ctx(&person, 0), &registration);
    let mut case = Case::open(registration.case_id, &event).expect("it opens");
    let classes = classes::shipped();
    let stage_case: CaseId = world.ids.next(world.now);
    let file = |stage: &str| projects::Command::FileStage {
        stage: stage.to_owned(),
        case: stage_case,
    };
    assert!(projects::decide(world.ctx(&person, 0), &case, classes, &file("works")).is_err());
    let event = projects::decide(world.ctx(&person, 0), &case, classes, &file("land"));
    case.apply(&event.expect("the first stage"));
    let standing = |state: &str, ended: Option<i64>, passed| projects::StageStanding {
        case_id: stage_case,
        state: state.to_owned(),
        filed_at: world.now,
        accepted_at: Some(world.now),
        ended_at: ended.map(|days| world.now + jiff::SignedDuration::from_hours(24 * days)),
        passed,
        results: Vec::new(),
    };
    let moved = |standing| projects::Command::StageMoved {
        stage: "land".to_owned(),
        standing,
    };
    let running = moved(standing("accepted", None, false));
    let event = projects::decide(world.ctx(&Actor::System, 0), &case, classes, &running);
    case.apply(&event.expect("told"));
    assert!(
        case.open_clock("promised")
            .is_some_and(|clock| clock.open_pause().is_none())
    );
    let passed = moved(standing("done", Some(2), true));
    let event = projects::decide(world.ctx(&Actor::System, 2), &case, classes, &passed);
    case.apply(&event.expect("told"));
    assert_eq!(case.state, "between");
    assert!(
        case.open_clock("promised")
            .is_some_and(|clock| clock.open_pause().is_some())
    );
    assert!(projects::decide(world.ctx(&person, 3), &case, classes, &file("works")).is_ok());
}

#[test]
fn every_text_has_its_english() {
    let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    assert_eq!(
        ui::i18n::missing(&templates).expect("read"),
        Vec::<String>::new()
    );
}
