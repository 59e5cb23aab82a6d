//! The road of an approval, walked without a database.

mod routing;

use base::{
    IdSource,
    ids::{OrgId, PartyId},
};
use calendar::{Calendar, Unit};
use casework::{
    Actor, Case, Channel, Context, Event, Grant, Refusal, Role,
    actor::{Person, Staff},
};
use jiff::Timestamp;

use crate::{
    clocks,
    details::{self, About, CorrectionItem, Delivery, FormRef, Limit, MaterialGiven, Terms},
    effect::{self, Change},
    flow::FLOW,
    law::Law,
    rules::{self, Command, Filing},
};

pub(crate) struct World {
    pub(crate) calendar: Calendar,
    pub(crate) filing: Filing,
    pub(crate) approver: Actor,
    pub(crate) clerk: Actor,
    pub(crate) applicant: Actor,
    pub(crate) now: Timestamp,
}

pub(crate) fn world(promised: Option<u32>, delivery: Delivery) -> World {
    let ids = IdSource::seeded(3);
    // 2025-09-10 10:00 in China.
    let now: Timestamp = "2025-09-10T02:00:00Z".parse().expect("an instant");
    let org: OrgId = ids.next(now);
    let applicant: PartyId = ids.next(now);
    let staff = |name: &str, role: Role, org_scope: Option<OrgId>| {
        Actor::Staff(Staff {
            account: ids.next(now),
            staff: ids.next(now),
            name: name.to_owned(),
            org,
            grants: vec![Grant {
                role,
                region: "990102".to_owned(),
                org: org_scope,
            }],
            stands_in_for: Vec::new(),
        })
    };
    World {
        calendar: Calendar::builtin(),
        filing: Filing {
            case_id: ids.next(now),
            case_no: "990102202509102000001A".to_owned(),
            title: "食品经营许可核发".to_owned(),
            region: "990102".to_owned(),
            org,
            applicant,
            applicant_name: "陈小薇".to_owned(),
            channel: Channel::Web,
            about: About {
                item: ids.next(now),
                version: ids.next(now),
                impl_code: String::new(),
                item_type: "01".to_owned(),
                result_name: "食品经营许可证".to_owned(),
                situation: catalog::guided::Answers::new(),
            },
            origins: crate::origins::Origins::default(),
            terms: Terms {
                law: Law::default(),
                statutory: Some(Limit {
                    n: 20,
                    unit: Unit::WorkingDay,
                    basis: "《行政许可法》第四十二条第一款".to_owned(),
                }),
                promised: promised.map(|n| Limit {
                    n,
                    unit: Unit::WorkingDay,
                    basis: "承诺办结时限".to_owned(),
                }),
            },
            form: FormRef {
                revision: 1,
                digest: "00".to_owned(),
            },
            materials: Vec::new(),
            delivery,
            query_code: String::new(),
            after: None,
            together: crate::together::Together::default(),
            filed_by: crate::window::FiledBy::default(),
        },
        approver: staff("王芳", Role::Approver, Some(org)),
        clerk: staff("李敏", Role::WindowClerk, None),
        applicant: Actor::Person(Person {
            account: ids.next(now),
            party: applicant,
            name: "陈小薇".to_owned(),
            acting_for: None,
            acting_for_name: None,
            lapsed: None,
        }),
        now,
    }
}

impl World {
    pub(crate) fn ctx<'a>(&'a self, actor: &'a Actor) -> Context<'a> {
        Context {
            now: self.now,
            calendar: &self.calendar,
            actor,
            expected_version: None,
        }
    }

    pub(crate) fn file(&self) -> Case {
        let event = rules::file(self.ctx(&self.applicant), &self.filing);
        Case::open(self.filing.case_id, &event).expect("it opens")
    }

    pub(crate) fn decide(
        &self,
        case: &Case,
        actor: &Actor,
        command: &Command,
    ) -> Result<Event, Refusal> {
        rules::decide(self.ctx(actor), case, command)
    }

    pub(crate) fn act(&self, case: &mut Case, actor: &Actor, command: &Command) {
        let event = self
            .decide(case, actor, command)
            .expect("the command is possible");
        case.apply(&event);
    }

    pub(crate) fn at(&mut self, instant: &str) {
        self.now = instant.parse().expect("an instant");
    }

    pub(crate) fn due(&self, case: &Case, kind: &str) -> String {
        clocks::due_at(
            case.clock(kind).expect("the clock was started"),
            &self.calendar,
        )
        .map(|at| {
            // The due instant is the end of the due day.
            calendar::civil_date(at - jiff::SignedDuration::from_secs(1)).to_string()
        })
        .unwrap_or_default()
    }
}

pub(crate) fn accept() -> Command {
    Command::Accept {
        doc_no: "云市监许受〔2025〕1号".to_owned(),
        remark: String::new(),
    }
}

pub(crate) fn correction(what: &str) -> Command {
    Command::RequestCorrection {
        doc_no: "云市监许补〔2025〕1号".to_owned(),
        items: vec![CorrectionItem {
            material: "layout".to_owned(),
            what: what.to_owned(),
        }],
        remark: String::new(),
    }
}

pub(crate) fn grant() -> Command {
    Command::Grant {
        doc_no: "云市监许准〔2025〕1号".to_owned(),
        opinion: "符合条件".to_owned(),
        license_id: None,
    }
}

#[test]
fn the_flow_is_sound() {
    assert_eq!(FLOW.check(), Vec::<String>::new());
}

#[test]
fn promised_and_statutory_clocks_run_side_by_side_from_acceptance() {
    let world = world(Some(8), Delivery::Window);
    let mut case = world.file();
    assert_eq!(case.state, "received");
    assert_eq!(world.due(&case, clocks::NOTICE), "2025-09-17");
    world.act(&mut case, &world.approver, &accept());
    assert_eq!(case.state, "accepted");
    // Worked example 2 of the clock rules: make-up days 09-28 and 10-11 count, 10-01..08 do not.
    assert_eq!(world.due(&case, clocks::STATUTORY), "2025-10-14");
    assert_eq!(world.due(&case, clocks::PROMISED), "2025-09-22");
    assert!(case.open_clock(clocks::NOTICE).is_none());
    assert_eq!(case.tasks.len(), 1);
    assert_eq!(case.tasks[0].kind, "decide");
    assert_eq!(case.tasks[0].clock.as_deref(), Some(clocks::PROMISED));
}

#[test]
fn everything_missing_is_told_once() {
    let mut world = world(Some(8), Delivery::Window);
    let mut case = world.file();
    world.act(&mut case, &world.clerk, &correction("请补交布局流程图"));
    assert_eq!(case.state, "correcting");
    assert_eq!(case.open_clocks().count(), 0);
    let supplied = Command::SupplyCorrection {
        form: None,
        materials: vec![MaterialGiven {
            key: "layout".to_owned(),
            files: Vec::new(),
            paper: true,
            promised: false,
        }],
        sources: Vec::new(),
        remark: String::new(),
    };
    world.at("2025-09-12T02:00:00Z");
    world.act(&mut case, &world.applicant, &supplied);
    assert_eq!(case.state, "received");
    assert_eq!(world.due(&case, clocks::NOTICE), "2025-09-19");
    assert_eq!(details::materials(&case).len(), 1);
    let again = world.decide(&case, &world.approver, &correction("还要一份"));
    assert!(
        matches!(&again, Err(Refusal::Invalid { field: "items", message }) if message.contains("一次性")),
        "{again:?}"
    );
}

#[test]
fn a_lapsed_notice_means_accepted_from_the_day_of_receipt() {
    // Worked example 1: received 2026-02-09, notice due Saturday 02-14 (make-up), decision due 2026-03-13.
    let mut world = world(None, Delivery::Window);
    world.at("2026-02-09T02:00:00Z");
    let mut case = world.file();
    assert_eq!(world.due(&case, clocks::NOTICE), "2026-02-14");
    world.at("2026-02-14T10:00:00Z");
    assert!(matches!(
        world.decide(&case, &Actor::System, &Command::DeemAccepted),
        Err(Refusal::Invalid { .. })
    ));
    world.at("2026-02-14T16:00:00Z");
    world.act(&mut case, &Actor::System, &Command::DeemAccepted);
    assert_eq!(case.state, "accepted");
    let acceptance = details::acceptance(&case).expect("noted");
    assert!(acceptance.deemed);
    assert_eq!(acceptance.from.to_string(), "2026-02-09");
    assert_eq!(world.due(&case, clocks::STATUTORY), "2026-03-13");
}

#[test]
fn a_decision_stops_the_clocks_and_starts_delivery() {
    let mut world = world(Some(8), Delivery::Window);
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    world.at("2025-09-22T02:00:00Z");
    world.act(&mut case, &world.approver, &grant());
    assert_eq!(case.state, "granted");
    // Worked example 5: ten working days end on a make-up Saturday.
    assert_eq!(world.due(&case, clocks::DELIVERY), "2025-10-11");
    let nobody = Command::Deliver {
        method: Delivery::Window,
        receiver: " ".to_owned(),
        tracking: String::new(),
    };
    assert!(matches!(
        world.decide(&case, &world.clerk, &nobody),
        Err(Refusal::Invalid {
            field: "receiver",
            ..
        })
    ));
    let handed = Command::Deliver {
        method: Delivery::Window,
        receiver: "陈小薇".to_owned(),
        tracking: String::new(),
    };
    world.act(&mut case, &world.clerk, &handed);
    assert_eq!(case.state, "done");
    assert_eq!(case.open_clocks().count(), 0);
    assert!(!case.is_open());
}

#[test]
fn an_electronic_result_is_delivered_with_the_decision() {
    let world = world(Some(8), Delivery::Electronic);
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    world.act(&mut case, &world.approver, &grant());
    assert_eq!(case.state, "done");
    assert_eq!(
        details::delivered(&case).expect("noted").method,
        Delivery::Electronic
    );
}

#[test]
fn a_clerk_may_neither_refuse_nor_decide() {
    let world = world(Some(8), Delivery::Window);
    let mut case = world.file();
    let refuse_acceptance = Command::RefuseAcceptance {
        doc_no: String::new(),
        reason: "不属于本机关职权".to_owned(),
        legal_basis: "《行政许可法》第三十二条第一款第二项".to_owned(),
        right_agency: "云川市民政局".to_owned(),
    };
    assert!(matches!(
        world.decide(&case, &world.clerk, &refuse_acceptance),
        Err(Refusal::NotAllowed { .. })
    ));
    world.act(&mut case, &world.clerk, &accept());
    assert!(matches!(
        world.decide(&case, &world.clerk, &grant()),
        Err(Refusal::NotAllowed { .. })
    ));
}

#[test]
fn a_refusal_needs_its_reasons_and_its_law() {
    let world = world(Some(8), Delivery::Window);
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    let refuse = |reason: &str, basis: &str| Command::Refuse {
        doc_no: String::new(),
        reason: reason.to_owned(),
        legal_basis: basis.to_owned(),
    };
    for (command, field) in [
        (refuse("", "《食品安全法》第三十三条"), "reason"),
        (refuse("场所不符合要求", " "), "legal_basis"),
    ] {
        assert!(matches!(
            world.decide(&case, &world.approver, &command),
            Err(Refusal::Invalid { field: named, .. }) if named == field
        ));
    }
    world.act(
        &mut case,
        &world.approver,
        &refuse("场所不符合要求", "《食品安全法》第三十三条"),
    );
    assert_eq!(case.state, "refused");
    assert_eq!(case.outcome.expect("decided").code, "refused");
}

#[test]
fn only_the_applicant_or_a_clerk_for_them_withdraws_and_only_before_the_decision() {
    let world = world(Some(8), Delivery::Window);
    let mut case = world.file();
    let withdraw = Command::Withdraw {
        reason: "不办了".to_owned(),
    };
    assert!(matches!(
        world.decide(&case, &world.approver, &withdraw),
        Err(Refusal::NotAllowed { .. })
    ));
    world.act(&mut case, &world.applicant, &withdraw);
    assert_eq!(case.state, "withdrawn");
    assert!(matches!(
        world.decide(&case, &world.applicant, &withdraw),
        Err(Refusal::WrongState { .. })
    ));
}

#[test]
fn a_button_tells_its_effect_on_the_clocks_beforehand() {
    let world = world(Some(8), Delivery::Window);
    let case = world.file();
    let event = world
        .decide(&case, &world.approver, &accept())
        .expect("possible");
    let effects = effect::of(&case, &event, &world.calendar);
    assert_eq!(effects.state, "accepted");
    let changes: Vec<(&str, bool)> = effects
        .clocks
        .iter()
        .map(|effect| {
            (
                effect.clock.as_str(),
                matches!(effect.change, Change::Starts { .. }),
            )
        })
        .collect();
    assert_eq!(
        changes,
        [
            (clocks::NOTICE, false),
            (clocks::STATUTORY, true),
            (clocks::PROMISED, true)
        ]
    );
}

#[test]
fn a_taken_task_is_not_taken_twice() {
    let world = world(Some(8), Delivery::Window);
    let mut case = world.file();
    let take = Command::Take { back: false };
    world.act(&mut case, &world.clerk, &take);
    assert!(matches!(
        world.decide(&case, &world.approver, &take),
        Err(Refusal::Changed { .. })
    ));
    world.act(&mut case, &world.clerk, &Command::Take { back: true });
    world.act(&mut case, &world.approver, &take);
}
