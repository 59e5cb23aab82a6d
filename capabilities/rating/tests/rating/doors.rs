//! Giving a rating: who may, when, what, how often.

use base::ids::{CaseId, PartyId};
use casework::Role;
use people::{NewParty, PartyKind, Proxy, ProxyItems, ProxyScope};

use crate::on_both;
use crate::place::{Place, at, next_id, sessions};

on_both!(
    a_closed_case_is_rated_once,
    refusals_leave_nothing_behind,
    the_last_day_of_the_window_counts,
    the_same_command_again_gets_the_same_answer,
    an_agent_rates_for_the_enterprise,
    two_at_once_make_one_rating,
);

async fn a_closed_case_is_rated_once(place: Place) {
    let case = place.closed_case().await;
    let who = &place.citizen.who;
    let missing = place
        .get(Some(who), &format!("/api/v1/cases/{case}/rating"))
        .await;
    assert_eq!(missing.problem(), (404, "not_found".to_owned()));

    let body =
        r#"{"level":4,"tags":["slow","slow","no_list"],"text":" 等了很久 ","channel":"mobile"}"#;
    let given = place.rate(who, case, body).await;
    assert_eq!(given.status, 201, "{}", given.body);
    let json = given.json();
    assert_eq!(json["label"], "不满意");
    assert_eq!(json["tags"], serde_json::json!(["no_list", "slow"]));
    assert_eq!(json["text"], "等了很久");

    let again = place.rate(who, case, r#"{"level":1}"#).await;
    assert_eq!(again.problem(), (409, "already_rated".to_owned()));
    let kept = place
        .get(Some(who), &format!("/api/v1/cases/{case}/rating"))
        .await;
    assert_eq!(kept.json(), json);
    assert_eq!(place.count("SELECT count(*) FROM ratings").await, 1);
    assert_eq!(
        place
            .count("SELECT CAST(sum(n) AS BIGINT) FROM rating_counts")
            .await,
        1
    );
}

async fn refusals_leave_nothing_behind(place: Place) {
    let closed = place.closed_case().await;
    let open = place.open_case(place.org, "990102").await;
    let (citizen, stranger) = (&place.citizen.who, &place.stranger.who);
    let clerk = place.staff("clerk", Role::WindowClerk, "990102").await;
    let long = format!(r#"{{"level":5,"text":"{}"}}"#, "长".repeat(501));
    let nowhere: CaseId = next_id(&place.app);
    for (who, case, body, status, code) in [
        (stranger, closed, r#"{"level":1}"#, 404, "not_found"),
        (citizen, nowhere, r#"{"level":1}"#, 404, "not_found"),
        (&clerk, closed, r#"{"level":1}"#, 403, "not_allowed"),
        (citizen, open, r#"{"level":1}"#, 409, "not_closed"),
        (citizen, closed, r#"{"level":0}"#, 422, "invalid"),
        (citizen, closed, r#"{"level":6}"#, 422, "invalid"),
        (citizen, closed, r#"{"level":4}"#, 422, "invalid"),
        (
            citizen,
            closed,
            r#"{"level":5,"text":"  "}"#,
            422,
            "invalid",
        ),
        // A praise does not go with a complaint, and an unknown tag with nothing.
        (
            citizen,
            closed,
            r#"{"level":5,"tags":["fast"]}"#,
            422,
            "invalid",
        ),
        (
            citizen,
            closed,
            r#"{"level":1,"tags":["unheard_of"]}"#,
            422,
            "invalid",
        ),
        (citizen, closed, &long, 422, "invalid"),
    ] {
        let answer = place.rate(who, case, body).await;
        assert_eq!(
            answer.problem(),
            (status, code.to_owned()),
            "{body}: {}",
            answer.body
        );
    }
    let unknown = place
        .rate(citizen, closed, r#"{"level":1,"rater":"x"}"#)
        .await;
    assert_eq!(unknown.status, 422);
    assert_eq!(place.count("SELECT count(*) FROM ratings").await, 0);
    assert_eq!(place.count("SELECT count(*) FROM rating_counts").await, 0);
    assert_eq!(
        place
            .count("SELECT count(*) FROM feed WHERE kind = 'rating.given'")
            .await,
        0
    );
}

async fn the_last_day_of_the_window_counts(place: Place) {
    // Closed on 18 May: the window is open until the end of 17 June.
    let (in_time, late) = (place.closed_case().await, place.closed_case().await);
    place.clock.set(at("2026-06-17T15:59:59Z"));
    let who = sessions(&place.app, place.citizen.account).await;
    assert_eq!(
        place.rate(&who, in_time, r#"{"level":2}"#).await.status,
        201
    );
    place.clock.set(at("2026-06-17T16:00:00Z"));
    let refused = place.rate(&who, late, r#"{"level":2}"#).await;
    assert_eq!(refused.problem(), (409, "rating_closed".to_owned()));
    let page = place
        .get(Some(&who), &format!("/cases/{late}/rating"))
        .await;
    assert!(page.body.contains("评价期已过") && page.body.contains("2026年6月17日"));
}

async fn the_same_command_again_gets_the_same_answer(place: Place) {
    let case = place.closed_case().await;
    let who = &place.citizen.who;
    let first = place.rate_keyed(who, case, "k1", r#"{"level":3}"#).await;
    let again = place.rate_keyed(who, case, "k1", r#"{"level":3}"#).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.body, again.body);
    let other = place.rate_keyed(who, case, "k1", r#"{"level":1}"#).await;
    assert_eq!(other.problem(), (422, "idempotency_mismatch".to_owned()));
    assert_eq!(place.count("SELECT count(*) FROM ratings").await, 1);
}

async fn an_agent_rates_for_the_enterprise(place: Place) {
    let (app, now) = (&place.app, place.app.now());
    let company: PartyId = next_id(app);
    let proxy = Proxy {
        id: app.ids.next_uuid(now),
        principal: company,
        agent: place.citizen.party,
        scope: ProxyScope {
            items: ProxyItems::All,
        },
        how: people::ProxyHow::default(),
        from: place.app.today(),
        to: None,
        created_at: now,
        revoked_at: None,
    };
    let new = NewParty {
        kind: PartyKind::Legal,
        name: "云川澄湖中央厨房有限公司".to_owned(),
        id_number: a_uscc(),
        phone: None,
        address: None,
        region: "990102".to_owned(),
        legal_representative: Some("林建国".to_owned()),
    };
    let people = app.people.clone();
    app.db
        .write(move |tx| {
            people.register_party(tx, &new, company, now)?;
            people.authorise(tx, &proxy)
        })
        .await
        .expect("authorised");
    let case = place.open_case_of(company, place.org, "990102").await;
    place.close_case(case).await;
    let who = &place.citizen.who;
    let as_oneself = place.rate(who, case, r#"{"level":1}"#).await;
    assert_eq!(as_oneself.status, 404);

    place.act_for(&place.citizen, company).await;
    let given = place.rate_keyed(who, case, "agent", r#"{"level":1}"#).await;
    assert_eq!(given.status, 201, "{}", given.body);
    let rater = app
        .db
        .read(move |tx| rating::store::of_case(tx, case))
        .await;
    assert_eq!(rater.expect("read").expect("kept").rater, company);
}

/// A well-formed credit code of the synthetic region.
fn a_uscc() -> String {
    "0123456789ABCDEFGHJKLMNPQRTUWXY"
        .chars()
        .map(|check| format!("91990102MA5KTEXT0{check}"))
        .find(|code| base::codes::Uscc::parse(code).is_ok())
        .expect("one of the check characters fits")
}

async fn two_at_once_make_one_rating(place: Place) {
    let place = std::sync::Arc::new(place);
    for _ in 0..5 {
        let case = place.closed_case().await;
        let one = {
            let place = std::sync::Arc::clone(&place);
            tokio::spawn(async move {
                place
                    .rate_keyed(
                        &place.citizen.who,
                        case,
                        &format!("a{case}"),
                        r#"{"level":1}"#,
                    )
                    .await
            })
        };
        let other = place
            .rate_keyed(
                &place.citizen.who,
                case,
                &format!("b{case}"),
                r#"{"level":2}"#,
            )
            .await;
        let one = one.await.expect("no panic");
        let mut answers = [one.status.as_u16(), other.status.as_u16()];
        answers.sort_unstable();
        assert_eq!(answers, [201, 409]);
    }
    assert_eq!(place.count("SELECT count(*) FROM ratings").await, 5);
    assert_eq!(
        place
            .count("SELECT CAST(sum(n) AS BIGINT) FROM rating_counts")
            .await,
        5
    );
}
