//! Limited places: fifty grants at once for ten places, in the order of acceptance; whoever leaves lets others move up.
//! And what a window does beside taking in: passing on, originals, going first, handing over.

use approval::quota::{self, Period, Standing};
use approval::window::originals::Custody;
use approval::window::{Command, escalations, handover, priority};
use approval::{Act, Error};
use base::ids::CaseId;
use casework::{Actor, Case, Grant, Refusal, Role};
use jiff::Timestamp;
use serde_json::json;

use super::city::{City, citizen_id, on_both};

async fn filed(city: &City, key: &str) -> CaseId {
    let body = json!({
        "item_id": city.item,
        "answers": {
            "shop_name": "青禾小馆",
            "shop_address": "云川市云川区文峰街31号",
            "area": 86,
            "form": "restaurant",
            "manager_id": citizen_id("19900307", 1)
        },
        "materials": [{ "key": "layout", "paper": true }],
        "delivery": "window"
    });
    let filed = city
        .call(
            axum::http::Method::POST,
            "/api/v1/cases",
            &city.citizen_token,
            key,
            Some(body),
        )
        .await;
    assert_eq!(filed.status, 201, "{}", filed.text);
    filed.json()["case_id"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("an id")
}

async fn act(city: &City, actor: &Actor, case: CaseId, act: Act) -> Result<Case, Error> {
    let (approval, actor, now) = (city.intake.approval.clone(), actor.clone(), city.app.now());
    city.app
        .db
        .write(move |tx| approval.act(tx, &actor, now, case, None, &act))
        .await
}

async fn limit(city: &City, total: i64) {
    let (item, now) = (city.item, city.app.now());
    city.app
        .db
        .write(move |tx| {
            quota::set(
                tx,
                item,
                &Period::All,
                total,
                "公告〔2026〕1号",
                "王芳",
                now,
            )
        })
        .await
        .expect("set");
}

async fn position(city: &City, case: CaseId) -> quota::Position {
    city.app
        .db
        .read(move |tx| quota::position(tx, case))
        .await
        .expect("read")
        .expect("accepted under the limit")
}

fn accept() -> Act {
    Act::Accept {
        remark: String::new(),
    }
}

fn grant() -> Act {
    Act::Grant {
        opinion: String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_grants_at_once_for_ten_places() {
    on_both(async |city: City| {
        limit(&city, 10).await;
        let approver = city.approver.clone();
        let mut accepted = Vec::new();
        for n in 0..50 {
            let case = filed(&city, &format!("q{n}")).await;
            act(&city, &approver, case, accept())
                .await
                .expect("accepted");
            accepted.push(case);
        }
        // Everybody presses at once, again and again until nothing moves: a later one may come before an earlier one
        // and is told to wait, never given the earlier one's place.
        let mut granted: Vec<usize> = Vec::new();
        loop {
            let before = granted.len();
            let mut pressed = Vec::new();
            for (n, case) in accepted.iter().enumerate().rev() {
                if granted.contains(&n) {
                    continue;
                }
                let (approval, actor, now, case) = (
                    city.intake.approval.clone(),
                    approver.clone(),
                    city.app.now(),
                    *case,
                );
                let db = city.app.db.clone();
                pressed.push((
                    n,
                    tokio::spawn(async move {
                        db.write(move |tx| approval.act(tx, &actor, now, case, None, &grant()))
                            .await
                    }),
                ));
            }
            for (n, press) in pressed {
                match press.await.expect("no panic") {
                    Ok(case) => {
                        assert_eq!(case.state, "granted");
                        granted.push(n);
                    }
                    Err(Error::Full(_)) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            if granted.len() == before {
                break;
            }
        }
        granted.sort_unstable();
        assert_eq!(granted, (0..10).collect::<Vec<_>>());
        let item = city.item;
        let all = city
            .app
            .db
            .read(move |tx| quota::of(tx, item, "all"))
            .await
            .expect("read")
            .expect("a quota");
        assert_eq!((all.total, all.taken, all.waiting), (10, 10, 40));
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_lets_the_next_move_up() {
    on_both(async |city: City| {
        limit(&city, 1).await;
        let approver = city.approver.clone();
        let (first, second) = (filed(&city, "m1").await, filed(&city, "m2").await);
        for case in [first, second] {
            act(&city, &approver, case, accept())
                .await
                .expect("accepted");
        }
        assert_eq!(position(&city, second).await.ahead, 1);
        let refused = act(&city, &approver, second, grant()).await;
        assert!(matches!(refused, Err(Error::Full(_))), "{refused:?}");
        let withdrawn = city
            .call(
                axum::http::Method::POST,
                &format!("/api/v1/cases/{first}/withdrawal"),
                &city.citizen_token,
                "m3",
                Some(json!({ "reason": "不办了" })),
            )
            .await;
        assert_eq!(withdrawn.status, 200, "{}", withdrawn.text);
        assert_eq!(position(&city, first).await.state, Standing::Left);
        let moved = position(&city, second).await;
        assert_eq!((moved.ahead, moved.state), (0, Standing::Waiting));
        act(&city, &approver, second, grant())
            .await
            .expect("granted");
        assert_eq!(position(&city, second).await.state, Standing::Granted);
        // The total is never set below what was granted.
        let (item, now) = (city.item, city.app.now());
        let less = city
            .app
            .db
            .write(move |tx| quota::set(tx, item, &Period::All, 0, "公告", "王芳", now))
            .await;
        assert!(matches!(less, Err(Error::Refused(_))), "{less:?}");
        city
    })
    .await;
}

fn clerk_of(city: &City, region: &str) -> Actor {
    let Actor::Staff(mut staff) = city.approver.clone() else {
        panic!("staff");
    };
    "张敏".clone_into(&mut staff.name);
    staff.grants = vec![Grant {
        role: Role::WindowClerk,
        region: region.to_owned(),
        org: None,
    }];
    Actor::Staff(staff)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_passes_on_and_cannot_refuse() {
    on_both(async |city: City| {
        let case = filed(&city, "e1").await;
        let clerk = clerk_of(&city, "990102");
        let refused = act(
            &city,
            &clerk,
            case,
            Act::RefuseAcceptance {
                reason: "不归我们".to_owned(),
                legal_basis: "无".to_owned(),
                right_agency: String::new(),
            },
        )
        .await;
        assert!(
            matches!(refused, Err(Error::Refused(Refusal::NotAllowed { .. }))),
            "{refused:?}"
        );
        let escalate = |reason: &str| {
            Act::Window(Command::Escalate {
                reason: reason.to_owned(),
                note: "经营地在园区，不清楚归谁管".to_owned(),
            })
        };
        let unknown = act(&city, &clerk, case, escalate("because")).await;
        assert!(matches!(
            unknown,
            Err(Error::Refused(Refusal::Invalid { .. }))
        ));
        let passed = act(&city, &clerk, case, escalate("out_of_scope"))
            .await
            .expect("passed on");
        assert_eq!(passed.state, "received");
        assert!(passed.task("answer_escalation").is_some());
        let twice = act(&city, &clerk, case, escalate("system")).await;
        assert!(matches!(
            twice,
            Err(Error::Refused(Refusal::Invalid { .. }))
        ));
        let answered = act(
            &city,
            &city.approver.clone(),
            case,
            Act::Window(Command::AnswerEscalation {
                answer: "归本局，请受理".to_owned(),
            }),
        )
        .await
        .expect("answered");
        assert!(answered.task("answer_escalation").is_none());
        assert_eq!(escalations(&answered)[0].answer, "归本局，请受理");
        let counted: Vec<(String, Option<i64>)> = city
            .app
            .db
            .read(|tx| -> Result<_, store::Error> {
                tx.query("SELECT reason, answered_at FROM escalations", &[])?
                    .iter()
                    .map(|row| Ok((row.get(0)?, row.get(1)?)))
                    .collect()
            })
            .await
            .expect("read");
        assert_eq!(counted.len(), 1);
        assert_eq!(counted[0].0, "out_of_scope");
        assert!(counted[0].1.is_some());
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn originals_pass_from_hand_to_hand_and_back() {
    on_both(async |city: City| {
        let case = filed(&city, "o1").await;
        let clerk = clerk_of(&city, "990102");
        let window = Act::Window;
        act(
            &city,
            &clerk,
            case,
            window(Command::TakeOriginals {
                papers: vec![("房产证".to_owned(), 1), ("营业执照".to_owned(), 2)],
            }),
        )
        .await
        .expect("taken");
        act(
            &city,
            &clerk,
            case,
            window(Command::MoveOriginals {
                to: "档案室".to_owned(),
                note: String::new(),
            }),
        )
        .await
        .expect("moved");
        let back = act(
            &city,
            &clerk,
            case,
            window(Command::ReturnOriginals {
                receiver: "陈采薇".to_owned(),
            }),
        )
        .await
        .expect("returned");
        let custody = Custody::of(&back);
        assert!(custody.is_clear());
        let receipts: Vec<_> = custody.moves.iter().map(|hand| &hand.receipt).collect();
        assert_eq!(receipts.len(), 3);
        assert!(receipts[2].ends_with("-Y03"), "{receipts:?}");
        let nothing = act(
            &city,
            &clerk,
            case,
            window(Command::ReturnOriginals {
                receiver: "陈采薇".to_owned(),
            }),
        )
        .await;
        assert!(matches!(
            nothing,
            Err(Error::Refused(Refusal::Invalid { .. }))
        ));
        let first = act(
            &city,
            &clerk,
            case,
            window(Command::Prioritise {
                ground: "elderly".to_owned(),
                note: String::new(),
            }),
        )
        .await
        .expect("goes first");
        assert!(priority(&first).is_some());
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_in_elsewhere_is_handed_over_with_both_signatures() {
    on_both(async |city: City| {
        let approval = city.intake.approval.clone();
        let mut published = (*city.intake.open_item(city.item).await.expect("published")).clone();
        published.item.cross_region_scope = "全城通办".to_owned();
        let clerk = clerk_of(&city, "990103");
        assert!(intake::filing::may_receive(&clerk, &published).is_ok());
        let far = clerk_of(&city, "980103");
        assert!(intake::filing::may_receive(&far, &published).is_err());
        let now: Timestamp = city.app.now();
        let case_no = approval
            .next_case_no("990102", casework::Channel::Window)
            .await
            .expect("a number");
        let application = approval::Application {
            case_id: city.app.ids.next(now),
            case_no,
            published: std::sync::Arc::new(published),
            applicant: city.citizen_party,
            applicant_name: "陈采薇".to_owned(),
            channel: casework::Channel::Window,
            delivery: approval::details::Delivery::Window,
            query_code: "123456".to_owned(),
            situation: catalog::guided::Answers::new(),
            answers: approval::Answers::new(),
            materials: Vec::new(),
            origins: approval::origins::Origins::default(),
            after: None,
            together: approval::together::Together::default(),
        };
        let (filer, at, filing) = (clerk.clone(), now, approval.clone());
        let case = city
            .app
            .db
            .write(move |tx| filing.file(tx, &filer, at, &application))
            .await
            .expect("filed");
        let transfer = handover::transfer(&case).expect("a hand-over is owed");
        assert_eq!(transfer.message.from.region, "990103");
        assert_eq!(transfer.message.to.region, "990102");
        let read = handover::HandOver::read(&transfer.message.text(), &transfer.digest);
        assert_eq!(read, Ok(transfer.message.clone()));
        // It stays owed over the acceptance, which closes the other tasks.
        let case = act(&city, &city.approver.clone(), case.id, accept())
            .await
            .expect("accepted where it is decided");
        assert!(case.task("send_handover").is_some());
        let early = act(
            &city,
            &city.approver.clone(),
            case.id,
            Act::Window(Command::ReceiveHandover {
                complete: true,
                note: String::new(),
            }),
        )
        .await;
        assert!(matches!(
            early,
            Err(Error::Refused(Refusal::Invalid { .. }))
        ));
        let sent = act(
            &city,
            &clerk,
            case.id,
            Act::Window(Command::SendHandover {
                courier: "政务专递 0007".to_owned(),
            }),
        )
        .await
        .expect("the window elsewhere sends");
        assert!(sent.task("receive_handover").is_some());
        let got = act(
            &city,
            &city.approver.clone(),
            case.id,
            Act::Window(Command::ReceiveHandover {
                complete: false,
                note: "少一份布局图".to_owned(),
            }),
        )
        .await
        .expect("received");
        assert!(got.task("receive_handover").is_none());
        let signed = handover::transfer(&got)
            .and_then(|transfer| transfer.received)
            .expect("signed");
        assert!(!signed.complete && signed.note == "少一份布局图");
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_serves_one_body_goes_on_seeing_what_it_took_in_for_elsewhere() {
    on_both(async |city: City| {
        let approval = city.intake.approval.clone();
        let mut published = (*city.intake.open_item(city.item).await.expect("published")).clone();
        published.item.cross_region_scope = "全城通办".to_owned();
        let now: Timestamp = city.app.now();
        let body: base::ids::OrgId = city.app.ids.next(now);
        let Actor::Staff(mut clerk) = clerk_of(&city, "990103") else {
            panic!("staff");
        };
        clerk.grants[0].org = Some(body);
        let clerk = Actor::Staff(clerk);
        let case_no = approval
            .next_case_no("990102", casework::Channel::Window)
            .await
            .expect("a number");
        let application = approval::Application {
            case_id: city.app.ids.next(now),
            case_no,
            published: std::sync::Arc::new(published),
            applicant: city.citizen_party,
            applicant_name: "陈采薇".to_owned(),
            channel: casework::Channel::Window,
            delivery: approval::details::Delivery::Window,
            query_code: "123456".to_owned(),
            situation: catalog::guided::Answers::new(),
            answers: approval::Answers::new(),
            materials: Vec::new(),
            origins: approval::origins::Origins::default(),
            after: None,
            together: approval::together::Together::default(),
        };
        let (filer, filing) = (clerk.clone(), approval.clone());
        let case = city
            .app
            .db
            .write(move |tx| filing.file(tx, &filer, now, &application))
            .await
            .expect("filed");
        let transfer = handover::transfer(&case).expect("a hand-over is owed");
        assert_eq!(transfer.message.from.org, body);
        assert!(approval::may_know(&clerk, &case));
        let sent = act(
            &city,
            &clerk,
            case.id,
            Act::Window(Command::SendHandover {
                courier: "政务专递 0008".to_owned(),
            }),
        )
        .await
        .expect("its own hand-over");
        assert!(sent.task("receive_handover").is_some());
        city
    })
    .await;
}
