//! The worked examples of the clock rules, and what may not be done, through the rules of approval.

use base::{IdSource, ids::OrgId};
use casework::{Actor, Case, Grant, Refusal, Role, actor::Staff};

use super::notices::{self, Means};
use super::{Command as Special, hearing, procedure};
use crate::clocks;
use crate::details::{Delivery, Limit, MaterialGiven};
use crate::law::{GapLaw, Named, Settings};
use crate::rules::Command;
use crate::tests::{World, accept, grant, world};

/// A member of the body's staff in another role.
fn staff(world: &World, role: Role, name: &str) -> Actor {
    let ids = IdSource::seeded(name.len() as u64 + 77);
    let org: OrgId = world.filing.org;
    Actor::Staff(Staff {
        account: ids.next(world.now),
        staff: ids.next(world.now),
        name: name.to_owned(),
        org,
        grants: vec![Grant {
            role,
            region: "990102".to_owned(),
            org: Some(org),
        }],
        stands_in_for: Vec::new(),
    })
}

fn electronic() -> Means {
    Means::new(Delivery::Electronic)
}

fn expert_review(days: u32) -> Command {
    Command::Special(Special::StartProcedure(procedure::Start {
        doc_no: "云市监许特〔2025〕1号".to_owned(),
        kind: procedure::Kind::ExpertReview,
        name: String::new(),
        reason: "工艺布局复杂".to_owned(),
        body: "云川市食品安全专家库".to_owned(),
        days,
        means: electronic(),
    }))
}

fn end(no: u32) -> Command {
    Command::Special(Special::EndProcedure {
        no,
        result: "评审通过".to_owned(),
    })
}

fn ask(days: u32) -> Command {
    Command::Special(Special::RequestExtension {
        days,
        reason: "需要进一步核实场所布局".to_owned(),
    })
}

fn approve() -> Command {
    Command::Special(Special::ApproveExtension {
        doc_no: "云市监许延〔2025〕1号".to_owned(),
    })
}

fn refused(world: &World, case: &Case, actor: &Actor, command: &Command) -> String {
    match world.decide(case, actor, command) {
        Err(Refusal::Invalid { message, .. }) => message,
        other => panic!("expected a refusal with a reason, got {other:?}"),
    }
}

#[test]
fn example_3_the_days_of_an_expert_review_are_not_counted() {
    let mut world = world(Some(15), Delivery::Electronic);
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    world.at("2025-09-17T03:00:00Z");
    world.act(&mut case, &world.approver, &expert_review(15));
    assert!(procedure::is_open(&case, procedure::Kind::ExpertReview));
    assert_eq!(world.due(&case, clocks::STATUTORY), "");
    assert_eq!(world.due(&case, clocks::PROMISED), "");
    let early = refused(&world, &case, &world.approver, &grant());
    assert!(early.contains("专家评审"), "{early}");
    world.at("2025-10-13T03:00:00Z");
    world.act(&mut case, &world.approver, &end(1));
    assert!(procedure::is_done(&case, procedure::Kind::ExpertReview));
    assert_eq!(world.due(&case, clocks::STATUTORY), "2025-11-04");
    // 15 promised, 4 used: 11 left from 10-14.
    assert_eq!(world.due(&case, clocks::PROMISED), "2025-10-28");
    let notice = &notices::all(&case)[0];
    assert_eq!(notice.doc_no, "云市监许特〔2025〕1号");
    assert!(notice.served.is_some());
    assert!(notice.text[1].contains("第四十五条"), "{:?}", notice.text);
}

#[test]
fn example_4_joint_handling_has_forty_five_days_and_fifteen_more() {
    let mut world = world(None, Delivery::Electronic);
    world.filing.terms.statutory = Some(Limit {
        n: 45,
        unit: calendar::Unit::WorkingDay,
        basis: "《行政许可法》第四十二条第二款".to_owned(),
    });
    world.filing.terms.law.set = Settings {
        joint: true,
        ..Settings::default()
    };
    world.at("2026-01-15T02:00:00Z");
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    assert_eq!(world.due(&case, clocks::STATUTORY), "2026-03-25");
    let too_long = refused(&world, &case, &world.approver, &ask(16));
    assert!(too_long.contains("15"), "{too_long}");
    world.act(&mut case, &world.approver, &ask(15));
    let agency = staff(&world, Role::AgencyHead, "局长");
    let wrong_head = refused(&world, &case, &agency, &approve());
    assert!(wrong_head.contains("人民政府"), "{wrong_head}");
    let government = staff(&world, Role::GovernmentHead, "分管副区长");
    world.act(&mut case, &government, &approve());
    assert_eq!(world.due(&case, clocks::STATUTORY), "2026-04-16");
}

#[test]
fn an_extension_is_given_once_by_another_before_the_limit_is_over() {
    let mut world = world(Some(8), Delivery::Electronic);
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    assert!(refused(&world, &case, &world.approver, &ask(0)).contains("至少"));
    assert!(refused(&world, &case, &world.approver, &ask(11)).contains("10"));
    world.act(&mut case, &world.approver, &ask(10));
    assert!(matches!(
        world.decide(&case, &world.approver, &approve()),
        Err(Refusal::NotAllowed { .. })
    ));
    let head = staff(&world, Role::AgencyHead, "局长");
    world.act(&mut case, &head, &approve());
    // 30 working days from 2025-09-10, 18 promised.
    assert_eq!(world.due(&case, clocks::STATUTORY), "2025-10-28");
    assert_eq!(world.due(&case, clocks::PROMISED), "2025-10-11");
    assert!(refused(&world, &case, &world.approver, &ask(1)).contains("已经延长过一次"));
    let told = notices::all(&case)
        .pop()
        .expect("a letter with the reasons");
    assert!(told.text[0].contains("进一步核实场所布局"));

    let mut late = world.file();
    world.at("2025-09-10T02:00:00Z");
    world.act(&mut late, &world.approver, &accept());
    world.at("2025-10-14T16:00:00Z");
    assert!(refused(&world, &late, &world.approver, &ask(5)).contains("已过"));
}

#[test]
fn procedures_that_overlap_or_follow_take_no_day_out_twice() {
    let mut world = world(None, Delivery::Electronic);
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    let testing = |days| {
        Command::Special(Special::StartProcedure(procedure::Start {
            doc_no: "云市监许特〔2025〕2号".to_owned(),
            kind: procedure::Kind::Testing,
            name: String::new(),
            reason: "需要检测".to_owned(),
            body: String::new(),
            days,
            means: electronic(),
        }))
    };
    world.at("2025-09-17T03:00:00Z");
    world.act(&mut case, &world.approver, &expert_review(5));
    assert!(refused(&world, &case, &world.approver, &expert_review(5)).contains("正在"));
    world.at("2025-09-19T03:00:00Z");
    world.act(&mut case, &world.approver, &testing(10));
    world.at("2025-09-23T03:00:00Z");
    world.act(&mut case, &world.approver, &end(1));
    // The test goes on: the clocks still stand.
    assert_eq!(world.due(&case, clocks::STATUTORY), "");
    world.at("2025-10-13T03:00:00Z");
    world.act(&mut case, &world.approver, &end(2));
    assert_eq!(world.due(&case, clocks::STATUTORY), "2025-11-04");
    assert_eq!(
        case.open_clock(clocks::STATUTORY)
            .map(|clock| clock.pauses.len()),
        Some(2)
    );
}

#[test]
fn a_notice_by_post_stops_the_clocks_when_it_is_served() {
    let mut world = world(None, Delivery::Post);
    world.filing.channel = casework::Channel::Window;
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    let by = |method, receiver: &str, tracking: &str| Means {
        method,
        receiver: receiver.to_owned(),
        tracking: tracking.to_owned(),
    };
    let start = |means| {
        Command::Special(Special::StartProcedure(procedure::Start {
            doc_no: "云市监许特〔2025〕3号".to_owned(),
            kind: procedure::Kind::Appraisal,
            name: String::new(),
            reason: "需要鉴定".to_owned(),
            body: String::new(),
            days: 10,
            means,
        }))
    };
    let nobody_agreed = refused(&world, &case, &world.approver, &start(electronic()));
    assert!(nobody_agreed.contains("同意电子送达"), "{nobody_agreed}");
    world.at("2025-09-15T03:00:00Z");
    let posted = start(by(Delivery::Post, "", ""));
    world.act(&mut case, &world.approver, &posted);
    assert_eq!(world.due(&case, clocks::STATUTORY), "2025-10-14");
    world.at("2025-09-17T03:00:00Z");
    let served = Command::Special(Special::ServeNotice {
        no: 1,
        means: by(Delivery::Post, "", "EX123456789CN"),
    });
    world.act(&mut case, &world.clerk, &served);
    assert_eq!(world.due(&case, clocks::STATUTORY), "");
    assert!(refused(&world, &case, &world.clerk, &served).contains("已经送达"));
    world.at("2025-10-13T03:00:00Z");
    world.act(&mut case, &world.approver, &end(1));
    assert_eq!(world.due(&case, clocks::STATUTORY), "2025-11-04");
}

#[test]
fn only_lawful_reasons_stop_a_clock() {
    let world = world(Some(8), Delivery::Electronic);
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    for kind in [
        procedure::Kind::SpecialLaw,
        procedure::Kind::ThirdPartyOpinion,
    ] {
        let other = Command::Special(Special::StartProcedure(procedure::Start {
            doc_no: "x".to_owned(),
            kind,
            name: "研究".to_owned(),
            reason: "再看看".to_owned(),
            body: String::new(),
            days: 5,
            means: electronic(),
        }));
        assert!(refused(&world, &case, &world.approver, &other).contains("第四十五条"));
    }
    for days in [0, 366] {
        assert!(refused(&world, &case, &world.approver, &expert_review(days)).contains("工作日"));
    }
}

#[test]
fn a_hearing_has_its_days() {
    let mut world = world(None, Delivery::Electronic);
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    let tell = Command::Special(Special::TellHearingRight {
        doc_no: "云市监许听告〔2025〕1号".to_owned(),
        reason: "直接涉及申请人与他人之间重大利益关系".to_owned(),
        means: electronic(),
    });
    world.act(&mut case, &world.approver, &tell);
    assert_eq!(world.due(&case, clocks::HEARING_REQUEST), "2025-09-17");
    assert!(refused(&world, &case, &world.approver, &grant()).contains("要求听证的期限"));
    let request = Command::Special(Special::RequestHearing {
        by: String::new(),
        reason: "请公开说明理由".to_owned(),
    });
    let mut silent = case.clone();
    world.at("2025-09-17T16:00:00Z");
    assert!(refused(&world, &silent, &world.applicant, &request).contains("届满"));
    world.act(&mut silent, &world.approver, &grant());
    world.at("2025-09-15T03:00:00Z");
    world.act(&mut case, &world.applicant, &request);
    assert_eq!(world.due(&case, clocks::HEARING_HOLD), "2025-10-17");
    let call = |on: &str, officer: &str| {
        Command::Special(Special::CallHearing(hearing::Call {
            doc_no: "云市监许听〔2025〕1号".to_owned(),
            on: on.parse().expect("a date"),
            time: "上午9时30分".to_owned(),
            place: "云川市民中心三楼".to_owned(),
            officer: officer.to_owned(),
            means: electronic(),
        }))
    };
    // Seven working days before 2025-09-24 is 09-15; before 09-23 it is 09-12.
    assert!(
        refused(
            &world,
            &case,
            &world.approver,
            &call("2025-09-23", "赵主持")
        )
        .contains("7日前")
    );
    assert!(
        refused(
            &world,
            &case,
            &world.approver,
            &call("2025-10-20", "赵主持")
        )
        .contains("最迟")
    );
    assert!(
        refused(&world, &case, &world.approver, &call("2025-09-24", "王芳")).contains("主持人")
    );
    world.act(&mut case, &world.approver, &call("2025-09-24", "赵主持"));
    assert_eq!(world.due(&case, clocks::STATUTORY), "");
    let record = Command::Special(Special::RecordHearing {
        record: "双方陈述，无新的证据".to_owned(),
    });
    assert!(refused(&world, &case, &world.approver, &record).contains("还没有举行"));
    world.at("2025-09-24T06:00:00Z");
    world.act(&mut case, &world.approver, &record);
    // Used before the summons: 09-11, 09-12; 18 left from 09-25 on, over the holiday.
    assert_eq!(world.due(&case, clocks::STATUTORY), "2025-10-24");
    world.act(&mut case, &world.approver, &grant());
}

fn with_gap(world: &mut World) {
    let named = |key: &str, name: &str| Named {
        key: key.to_owned(),
        name: name.to_owned(),
    };
    world.filing.terms.law.gap = Some(GapLaw {
        later: vec![named("health", "健康证明")],
        core: vec![named("layout", "布局图")],
    });
}

fn given(key: &str) -> MaterialGiven {
    MaterialGiven {
        key: key.to_owned(),
        files: Vec::new(),
        paper: true,
        promised: false,
    }
}

fn accept_with_gap(days: Option<u32>) -> Command {
    Command::Special(Special::AcceptWithGap {
        acceptance_no: "云市监许受〔2025〕1号".to_owned(),
        doc_no: "云市监许容〔2025〕1号".to_owned(),
        days,
        means: electronic(),
    })
}

#[test]
fn what_is_missing_may_follow_within_the_promised_limit() {
    let mut world = world(Some(8), Delivery::Electronic);
    with_gap(&mut world);
    let promise = Command::Special(Special::PromiseGap);
    let bare = world.file();
    assert!(refused(&world, &bare, &world.applicant, &promise).contains("布局图"));
    world.filing.materials = vec![given("layout")];
    let mut case = world.file();
    assert!(refused(&world, &case, &world.approver, &accept_with_gap(None)).contains("承诺"));
    world.act(&mut case, &world.applicant, &promise);
    assert!(refused(&world, &case, &world.approver, &accept_with_gap(Some(9))).contains("1至8"));
    world.act(&mut case, &world.approver, &accept_with_gap(None));
    assert_eq!(case.state, "accepted");
    assert_eq!(
        world.due(&case, clocks::GAP),
        world.due(&case, clocks::PROMISED)
    );
    assert!(refused(&world, &case, &world.approver, &grant()).contains("容缺"));
    let supply = |key: &str| {
        Command::Special(Special::SupplyGap {
            materials: vec![given(key)],
            sources: Vec::new(),
        })
    };
    assert!(refused(&world, &case, &world.applicant, &supply("other")).contains("没有要求"));
    let mut late = case.clone();
    world.act(&mut case, &world.applicant, &supply("health"));
    world.act(&mut case, &world.approver, &grant());
    assert_eq!(case.state, "done");

    let lapse = Command::Special(Special::LapseGap);
    assert!(refused(&world, &late, &Actor::System, &lapse).contains("尚未届满"));
    world.at("2025-09-22T16:00:00Z");
    assert!(refused(&world, &late, &world.applicant, &supply("health")).contains("届满"));
    world.act(&mut late, &Actor::System, &lapse);
    assert!(refused(&world, &late, &world.approver, &grant()).contains("容缺"));
    let (reason, basis) = super::gap::prepared_refusal(&late).expect("prepared");
    assert!(reason.contains("健康证明") && basis.contains("第三十八条"));
    let refuse = Command::Refuse {
        doc_no: "云市监许不准〔2025〕1号".to_owned(),
        reason,
        legal_basis: basis,
    };
    world.act(&mut late, &world.approver, &refuse);
    assert_eq!(late.state, "done");
}

#[test]
fn silence_is_consent_only_where_the_law_says_so() {
    let mut world = world(None, Delivery::Electronic);
    let deem = Command::Special(Special::DeemGranted {
        doc_no: "云市监许准〔2025〕1号".to_owned(),
        license_id: None,
    });
    let mut plain = world.file();
    world.act(&mut plain, &world.approver, &accept());
    world.filing.terms.law.set.tacit_basis = Some("《行政许可法》第五十条第二款".to_owned());
    let mut case = world.file();
    world.act(&mut case, &world.approver, &accept());
    assert!(refused(&world, &case, &Actor::System, &deem).contains("尚未届满"));
    world.at("2025-10-14T16:00:00Z");
    assert!(refused(&world, &plain, &Actor::System, &deem).contains("没有视为准予"));
    world.act(&mut case, &Actor::System, &deem);
    let outcome = case.outcome.expect("decided");
    assert_eq!(outcome.code, "granted");
    assert_eq!(outcome.legal_basis, "《行政许可法》第五十条第二款");
}

#[test]
fn a_correction_that_never_comes_ends_the_case_where_a_limit_is_set() {
    let mut world = world(None, Delivery::Electronic);
    world.filing.terms.law.set.correction_days = Some(10);
    let mut case = world.file();
    world.act(
        &mut case,
        &world.clerk,
        &crate::tests::correction("缺布局图"),
    );
    assert_eq!(world.due(&case, clocks::CORRECTION), "2025-09-24");
    let lapse = Command::Special(Special::LapseCorrection);
    assert!(refused(&world, &case, &Actor::System, &lapse).contains("尚未届满"));
    world.at("2025-09-24T16:00:00Z");
    world.act(&mut case, &Actor::System, &lapse);
    assert_eq!(case.state, "terminated");
    assert_eq!(case.open_clocks().count(), 0);
}
