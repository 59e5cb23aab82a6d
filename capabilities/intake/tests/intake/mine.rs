//! 我的办件 with nothing, with much; a long application's task list; a clock that stands still; dates for a calendar.

use axum::http::StatusCode;
use base::ids::{CaseId, PartyId};
use calendar::{Length, PauseReason};
use casework::event::Opened;
use casework::{Actor, Channel, Event, Fact};

use super::city::City;
use super::journey::filed;
use super::messages::told;

/// Records cases without going through the journey.
async fn recorded(
    city: &City,
    party: PartyId,
    many: u32,
    state: &'static str,
    title: &'static str,
) {
    let (calendar, now) = (city.app.calendar(), city.app.now());
    let org = match &city.approver {
        Actor::Staff(staff) => staff.org,
        _ => panic!("the approver is staff"),
    };
    let ids: Vec<CaseId> = (0..many).map(|_| city.app.ids.next(now)).collect();
    city.app
        .db
        .write(move |tx| -> Result<(), cases::Error> {
            for (n, id) in ids.iter().enumerate() {
                let mut facts = vec![Fact::Opened(Opened {
                    no: format!("{title}-{n:04}"),
                    kind: approval::flow::KIND.to_owned(),
                    state: state.to_owned(),
                    title: format!("{title}{n}"),
                    region: "990102".to_owned(),
                    org,
                    applicant: party,
                    applicant_name: "陈采薇".to_owned(),
                    channel: Channel::Web,
                })];
                if state == "done" {
                    facts.push(Fact::Closed);
                }
                let event = Event {
                    seq: 1,
                    at: now,
                    actor: (&Actor::System).into(),
                    command: "file".to_owned(),
                    remark: String::new(),
                    facts,
                };
                cases::open(tx, &calendar, *id, &event)?;
            }
            Ok(())
        })
        .await
        .expect("recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_for_none_and_for_hundreds() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    assert!(city.get(&me, "/my").await.page().contains("还没有办件"));
    assert!(
        city.get(&me, "/my?view=done")
            .await
            .page()
            .contains("这里没有办件")
    );

    let party = city.citizen_party;
    recorded(&city, party, 3, "correcting", "待补").await;
    recorded(&city, party, 70, "accepted", "在办").await;
    recorded(&city, party, 430, "done", "办完").await;

    // What waits comes first, however many newer ones are done; the counts say how much there is.
    let first = city.get(&me, "/my").await;
    let (waiting, running, done) = (
        first.page().find("待补0").expect("shown"),
        first.text.find("在办69").expect("shown"),
        first.text.find("办完429").expect("shown"),
    );
    assert!(waiting < running && running < done);
    assert_eq!(first.text.matches("class=\"my-case\"").count(), 3 + 10 + 5);
    for counted in [">3<", ">70<", ">430<"] {
        assert!(first.text.contains(counted), "{counted}");
    }

    // A tab shows all of its own, page by page.
    let (mut seen, mut address) = (0, "/my?view=running".to_owned());
    loop {
        let page = city.get(&me, &address).await;
        seen += page.page().matches("class=\"my-case\"").count();
        assert!(!page.text.contains("待补"));
        let next = page
            .text
            .split_once("rel=\"next\" href=\"")
            .and_then(|(_, rest)| rest.split('"').next());
        match next {
            Some(next) => address = next.replace("&#38;", "&").replace("&amp;", "&"),
            None => break,
        }
    }
    assert_eq!(seen, 70);

    // A search finds by title and by number, takes no sign as a pattern, and keeps its words.
    let found = city.get(&me, "/my?q=%E5%9C%A8%E5%8A%9E6").await;
    assert_eq!(found.page().matches("class=\"my-case\"").count(), 11);
    assert!(found.text.contains("value=\"在办6\""));
    let nothing = city.get(&me, "/my?q=%25").await;
    assert!(nothing.page().contains("没有找到"));
    let by_no = city.get(&me, "/my?q=-0429").await;
    assert_eq!(by_no.page().matches("class=\"my-case\"").count(), 1);

    // Another person's page knows nothing of them.
    assert!(
        city.get(&city.other_cookie, "/my")
            .await
            .page()
            .contains("还没有办件")
    );
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_application_is_filled_in_in_any_order() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    let begun = city.post(&me, &format!("/apply/{}", city.long), &[]).await;
    let list = begun.led_to();
    let draft = list
        .strip_suffix("/task-list")
        .expect("the task list")
        .to_owned();
    let page = city.get(&me, &list).await;
    assert!(page.page().contains("已完成0项，共5项"));
    assert!(page.text.contains("还不能填"), "nothing to check yet");
    assert!(!page.text.contains(&format!("{draft}/check-answers")));

    // The last page first; each leads back to the list.
    for (name, value) in [
        ("staff", "十二名"),
        ("place", "东街1号"),
        ("school", "青禾学校"),
    ] {
        let address = format!("{draft}/{name}");
        let field = format!("{name}_a");
        let saved = city.post(&me, &address, &[(field.as_str(), value)]).await;
        assert_eq!(saved.led_to(), list);
    }
    let page = city.get(&me, &list).await;
    assert!(page.page().contains("已完成3项，共5项"));
    // Put off half way, it is taken up at the list.
    assert_eq!(city.get(&me, &draft).await.led_to(), list);
    city.post(&me, &format!("{draft}/your-details"), &[])
        .await
        .led_to();
    let page = city.get(&me, &list).await;
    assert!(page.page().contains("已完成4项，共5项"));
    assert!(page.text.contains(&format!("{draft}/check-answers")));
    assert!(
        city.get(&me, &format!("{draft}/check-answers"))
            .await
            .page()
            .contains("青禾学校")
    );
    let stranger = city.get(&city.other_cookie, &list).await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    city.close().await;
}

/// A new session of the citizen: the old one ends when nobody comes for hours.
async fn signed_in(city: &City) -> String {
    let (people, now) = (city.app.people.clone(), city.app.now());
    city.app
        .db
        .write(move |tx| -> Result<String, people::Error> {
            let account = people.account_by_login(tx, "chencw")?.expect("an account");
            people.open_session(tx, account.id, people::SessionKind::Browser, now)
        })
        .await
        .expect("signed in")
}

/// Records an event that only touches clocks.
async fn clocks(
    city: &City,
    case: CaseId,
    command: &'static str,
    change: impl Fn(&mut calendar::Clock) -> Fact + Send + 'static,
) {
    let (calendar, now) = (city.app.calendar(), city.app.now());
    city.app
        .db
        .write(move |tx| -> Result<(), cases::Error> {
            cases::execute(tx, &calendar, case, |case| -> Result<Event, cases::Error> {
                let facts = case
                    .clocks
                    .iter()
                    .filter(|clock| clock.closed_at.is_none())
                    .cloned()
                    .map(|mut clock| change(&mut clock))
                    .collect();
                Ok(Event {
                    seq: case.version + 1,
                    at: now,
                    actor: (&Actor::System).into(),
                    command: command.to_owned(),
                    remark: String::new(),
                    facts,
                })
            })
            .map(|_| ())
        })
        .await
        .expect("recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_stands_still_is_explained() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    let case = filed(&city).await;
    let address = format!("/cases/{case}");
    let waiting = city.get(&me, &address).await;
    assert!(waiting.page().contains("现在不用您做什么"));
    assert!(waiting.text.contains("5月18日"), "told by then");
    city.act(
        case,
        approval::Act::Accept {
            remark: String::new(),
        },
    )
    .await;
    let running = city.get(&me, &address).await;
    assert!(running.page().contains("2026年5月21日（星期四），作出决定"));
    let file = city.get(&me, &format!("{address}/calendar")).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.headers["content-type"], "text/calendar; charset=utf-8");
    assert!(
        file.text.contains("DTSTART;VALUE=DATE:20260521\r\n"),
        "{}",
        file.text
    );
    let stranger = city
        .get(&city.other_cookie, &format!("{address}/calendar"))
        .await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);

    // Two working days later: an inspection, with its written notice.
    city.clock
        .set("2026-05-13T02:20:00Z".parse().expect("an instant"));
    let me = signed_in(&city).await;
    let now = city.app.now();
    clocks(&city, case, "pause", move |clock| {
        clock
            .pause(
                now,
                PauseReason::Inspection,
                "云区市监告〔2026〕7号",
                Length::working_days(10),
            )
            .expect("may stand still");
        Fact::ClockPaused {
            clock: clock.clone(),
        }
    })
    .await;
    let paused = city.get(&me, &address).await;
    for shown in [
        "todo-hold",
        "因为检验",
        "云区市监告〔2026〕7号",
        "10个工作日",
        "现在不用您做什么",
        "检验，云区市监告〔2026〕7号",
    ] {
        assert!(paused.page().contains(shown), "{shown}");
    }
    let file = city.get(&me, &format!("{address}/calendar")).await;
    assert!(
        !file.text.contains("BEGIN:VEVENT"),
        "no date while it stands"
    );

    city.clock
        .set("2026-05-20T02:20:00Z".parse().expect("an instant"));
    let me = signed_in(&city).await;
    let now = city.app.now();
    clocks(&city, case, "resume", move |clock| {
        clock.resume(now).expect("goes on");
        Fact::ClockResumed {
            clock: clock.clone(),
        }
    })
    .await;
    assert!(!city.get(&me, &address).await.page().contains("todo-hold"));
    told(&city).await;
    let list = city.get(&me, "/my/messages").await;
    for told in ["停止计时：检验", "恢复计时"] {
        assert_eq!(
            list.page().matches(told).count(),
            1,
            "both clocks, told once: {told}"
        );
    }
    city.close().await;
}
