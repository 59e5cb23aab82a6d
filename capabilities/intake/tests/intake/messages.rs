//! 消息: told once, in order, to the right person, in plain words.

use approval::Act;
use approval::details::{CorrectionItem, Delivery};
use axum::http::{Method, StatusCode};
use base::ids::CaseId;
use intake::messages::follow::{BOOKMARK, EXPIRING_JOB, expiring};
use store::params;

use super::city::{City, on_both};
use super::journey::{filed, filled, submitted};

/// Everything the feed holds is told.
pub(crate) async fn told(city: &City) {
    city.app.db.sequence_now().await.expect("numbered");
    while city.intake.tell_step().await.expect("told") > 0 {}
}

async fn count(city: &City) -> i64 {
    city.app
        .db
        .read(|tx| tx.query_one("SELECT COUNT(*) FROM messages", &[])?.get(0))
        .await
        .expect("counted")
}

async fn sql(city: &City, text: &'static str) {
    city.app
        .db
        .write(move |tx| tx.exec(text, &[]).map(|_| ()))
        .await
        .expect("a statement");
}

/// A case that went all the way to the window.
async fn finished(city: &City) -> CaseId {
    let case = filed(city).await;
    let minute = std::time::Duration::from_mins(1);
    city.clock.advance(minute);
    city.act(
        case,
        Act::Accept {
            remark: String::new(),
        },
    )
    .await;
    city.clock.advance(minute);
    let opinion = "符合条件，准予许可".to_owned();
    city.act(case, Act::Grant { opinion }).await;
    city.clock.advance(minute);
    let act = Act::Deliver {
        method: Delivery::Window,
        receiver: "陈采薇".to_owned(),
        tracking: String::new(),
    };
    city.act(case, act).await;
    case
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_is_told_once_newest_first() {
    on_both(async |city: City| {
        let me = city.citizen_cookie.clone();
        let empty = city.get(&me, "/my/messages").await;
        assert!(empty.page().contains("还没有消息"));
        finished(&city).await;
        told(&city).await;
        let seen = city.get(&me, "/my/messages").await;
        let titles = [
            "这次办得怎么样？",
            "结果已经送达",
            "结果可以领取了",
            "<h2>准予许可",
            "已经受理",
            "申请收到了",
        ];
        let places: Vec<usize> = titles
            .iter()
            .map(|title| seen.page().find(title).unwrap_or_else(|| panic!("{title}")))
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        // The dates that were true then: accepted on Monday 11 May, eight working days.
        assert!(seen.text.contains("最迟2026年5月21日（星期四）作出决定"));
        assert!(seen.text.contains("符合条件，准予许可"));
        assert_eq!(count(&city).await, 6);

        // The whole feed again, as after a lost bookmark: nothing is told twice, nothing read becomes unread.
        city.post(
            &me,
            "/my/messages/read",
            &[("until", &seen.hidden("until"))],
        )
        .await
        .led_to();
        city.app
            .db
            .write(|tx| {
                tx.exec(
                    "UPDATE feed_bookmarks SET position = 0 WHERE consumer = $1",
                    &params![BOOKMARK],
                )
                .map(|_| ())
            })
            .await
            .expect("put back");
        told(&city).await;
        assert_eq!(count(&city).await, 6);
        let unread = city.get(&me, "/my/messages?unread=1").await;
        assert!(unread.page().contains("没有未读消息"));
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_half_way_is_told_the_next_time() {
    on_both(async |city: City| {
        filed(&city).await;
        city.app.db.sequence_now().await.expect("numbered");
        sql(&city, "ALTER TABLE messages RENAME TO messages_away").await;
        city.intake.tell_step().await.expect_err("no table");
        sql(&city, "ALTER TABLE messages_away RENAME TO messages").await;
        assert_eq!(count(&city).await, 0);
        // Two processes at once: one of them tells.
        let (one, other) = tokio::join!(city.intake.tell_step(), city.intake.tell_step());
        assert!(one.is_ok() || other.is_ok());
        told(&city).await;
        assert_eq!(count(&city).await, 1);
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_asked_in_plain_words_and_opened() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    let case = filed(&city).await;
    let act = Act::RequestCorrection {
        items: vec![CorrectionItem {
            material: "layout".to_owned(),
            what: "请标出消毒间的位置".to_owned(),
        }],
        remark: String::new(),
    };
    city.act(case, act).await;
    told(&city).await;
    let home = city.get(&me, "/my").await;
    assert!(home.page().contains("2条未读消息"), "the head counts");
    let list = city.get(&me, "/my/messages?unread=1").await;
    assert!(list.page().contains("请补正1项内容") && list.text.contains("轮到您了"));
    let link = list
        .text
        .split("href=\"")
        .filter_map(|part| part.split('"').next())
        .find(|href| href.starts_with("/my/messages/"))
        .expect("a link")
        .to_owned();
    assert_eq!(
        city.get(&me, &link).await.led_to(),
        format!("/cases/{case}/correction")
    );
    let after = city.get(&me, "/my/messages?unread=1").await;
    assert!(!after.page().contains("请补正1项内容"));
    assert!(
        after.text.contains("申请收到了"),
        "the other one is still unread"
    );
    let english = city.get(&format!("{me}; tb_lang=en"), "/my/messages").await;
    assert!(
        english
            .page()
            .contains("Everything missing has been named at once")
    );
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_reads_it() {
    let city = City::sqlite().await;
    let (me, other) = (city.citizen_cookie.clone(), city.other_cookie.clone());
    // The enterprise's case, filed by its representative.
    let draft = {
        let enterprise = city.enterprise.to_string();
        let start = format!("/apply/{}", city.item);
        let first = city.post(&me, &start, &[("applicant", &enterprise)]).await;
        first
            .led_to()
            .rsplit_once('/')
            .expect("a page")
            .0
            .to_owned()
    };
    filled(&city, &me, &draft).await;
    submitted(&city, &me, &draft).await;
    told(&city).await;
    let token = city.citizen_token.clone();
    let list = city.get(&me, "/my/messages").await;
    assert!(list.page().contains("申请收到了"));
    let link = list
        .text
        .split("href=\"")
        .filter_map(|part| part.split('"').next())
        .find(|href| href.starts_with("/my/messages/"))
        .expect("a link")
        .to_owned();
    let id = link.rsplit('/').next().expect("an id").to_owned();

    // Acting for oneself again: it is the enterprise's, not the person's.
    let own = city.citizen_party.to_string();
    city.post(&me, "/account/acting", &[("applicant", &own)])
        .await
        .led_to();
    assert!(
        !city
            .get(&me, "/my/messages")
            .await
            .page()
            .contains("申请收到了")
    );
    assert_eq!(city.get(&me, &link).await.status, StatusCode::NOT_FOUND);
    let api = city
        .call(Method::GET, "/api/v1/my/messages", &token, "", None)
        .await
        .json();
    assert_eq!(api["items"], serde_json::json!([]));

    // A stranger neither reads it nor marks it as read.
    assert_eq!(city.get(&other, &link).await.status, StatusCode::NOT_FOUND);
    assert!(
        city.get(&other, "/my/messages")
            .await
            .page()
            .contains("还没有消息")
    );
    let stranger = city.other_token.clone();
    let read = format!("/api/v1/my/messages/{id}/read");
    let refused = city.call(Method::POST, &read, &stranger, "k1", None).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    city.call(
        Method::POST,
        "/api/v1/my/messages/read",
        &stranger,
        "k2",
        None,
    )
    .await;
    city.post(&other, "/my/messages/read", &[("until", "9999999999999")])
        .await;
    let clerk = city.get(&city.clerk_cookie, "/my/messages").await;
    assert_eq!(clerk.status, StatusCode::FORBIDDEN);
    assert!(
        city.get("", &link)
            .await
            .led_to()
            .starts_with("/sign-in?back=")
    );
    let unread: i64 = city
        .app
        .db
        .read(|tx| {
            tx.query_one("SELECT COUNT(*) FROM messages WHERE read_at IS NULL", &[])?
                .get(0)
        })
        .await
        .expect("counted");
    assert_eq!(unread, 1);

    // Once the authorisation is taken back, the agent reads nothing of it even with the old choice.
    let enterprise = city.enterprise.to_string();
    city.post(&me, "/account/acting", &[("applicant", &enterprise)])
        .await
        .led_to();
    let (people, principal, now) = (city.app.people.clone(), city.enterprise, city.app.now());
    city.app
        .db
        .write(move |tx| -> Result<(), people::Error> {
            for proxy in people.proxies_of(tx, principal)? {
                people.revoke(tx, proxy.id, principal, now)?;
            }
            Ok(())
        })
        .await
        .expect("taken back");
    assert!(
        !city
            .get(&me, "/my/messages")
            .await
            .text
            .contains("申请收到了")
    );
    assert_ne!(city.get(&me, &link).await.status, StatusCode::SEE_OTHER);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_page_through_them_and_mark_them() {
    let city = City::sqlite().await;
    finished(&city).await;
    told(&city).await;
    let token = city.citizen_token.clone();
    let (mut kinds, mut place) = (Vec::new(), String::new());
    for _ in 0..4 {
        let path = format!("/api/v1/my/messages?limit=2{place}");
        let page = city.call(Method::GET, &path, &token, "", None).await.json();
        for item in page["items"].as_array().expect("a list") {
            kinds.push(item["kind"].as_str().expect("a word").to_owned());
        }
        match page["next"].as_str() {
            Some(next) => place = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(
        kinds,
        [
            "rate",
            "delivered",
            "collect",
            "decided",
            "accepted",
            "received"
        ]
    );
    let first = city
        .call(Method::GET, "/api/v1/my/messages?limit=1", &token, "", None)
        .await
        .json();
    let id = first["items"][0]["message_id"].as_str().expect("an id");
    let read = format!("/api/v1/my/messages/{id}/read");
    let done = city.call(Method::POST, &read, &token, "k1", None).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    let left = city
        .call(
            Method::GET,
            "/api/v1/my/messages?unread=true",
            &token,
            "",
            None,
        )
        .await
        .json();
    assert_eq!(left["items"].as_array().expect("a list").len(), 5);
    let all = city
        .call(Method::POST, "/api/v1/my/messages/read", &token, "k2", None)
        .await;
    assert_eq!(all.status, StatusCode::NO_CONTENT);
    let none = city
        .call(
            Method::GET,
            "/api/v1/my/messages?unread=true",
            &token,
            "",
            None,
        )
        .await
        .json();
    assert_eq!(none["items"], serde_json::json!([]));
    let bad = city
        .call(Method::GET, "/api/v1/my/messages?limit=0", &token, "", None)
        .await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ends_is_told_sixty_and_thirty_days_before() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    finished(&city).await;
    told(&city).await;
    let worker = jobs::Worker::new(city.app.db.clone(), jobs::Policy::default())
        .with(EXPIRING_JOB, expiring());
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant");
    // Granted on 11 May 2026 for five years: the last day is 10 May 2031, sixty days before it 11 March, thirty 10 April.
    let before = count(&city).await;
    for (early, told, messages) in [
        ("2031-03-10T15:59:00Z", "2031-03-10T16:00:00Z", 1),
        ("2031-04-09T15:59:00Z", "2031-04-09T16:00:00Z", 2),
    ] {
        worker.run_due(at(early)).await.expect("nothing is due");
        assert_eq!(count(&city).await, before + messages - 1);
        for _ in 0..2 {
            worker.run_due(at(told)).await.expect("told");
        }
        assert_eq!(count(&city).await, before + messages);
    }
    let list = city.get(&me, "/my/messages").await;
    assert!(list.page().contains("食品经营许可证快到期了"));
    assert!(list.text.contains("有效期到2031年5月10日"));
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_messages_go() {
    let city = City::sqlite().await;
    filed(&city).await;
    told(&city).await;
    assert_eq!(city.intake.purge_messages(100).await.expect("purged"), 0);
    city.clock
        .advance(std::time::Duration::from_hours(24 * 731));
    assert_eq!(city.intake.purge_messages(100).await.expect("purged"), 1);
    city.close().await;
}
