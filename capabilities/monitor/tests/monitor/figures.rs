//! Figures of what happened: equal to what the trails say, and to the lists they open.

use std::collections::BTreeSet;

use casework::Role;
use monitor::figures::{check, follow};

use crate::on_both;
use crate::place::{Place, Who, at};

on_both!(
    figures_are_what_the_trails_say,
    every_number_opens_as_many_cases,
    a_supervisor_counts_their_own_scope,
    what_is_exported_is_what_is_shown,
    what_falls_due_tomorrow_stands_first,
    the_wall_shows_the_same_figures,
    what_was_asked_wrongly_is_refused,
);

/// Two weeks of work of two bodies, the last instant Friday, 29 May 2026, 9:00; everything counted.
async fn two_weeks(place: &Place) {
    let mut cases = Vec::new();
    for (number, days) in [2_u32, 3, 5, 8, 10, 20, 5, 5].into_iter().enumerate() {
        let (org, region) = if number % 3 == 0 {
            (place.other_org, "990103")
        } else {
            (place.org, "990102")
        };
        // From Monday morning on, every 17 hours.
        let hours = i64::try_from(number).expect("few") * 17;
        let start = at("2026-05-18T01:00:00Z");
        place
            .clock
            .set(start + jiff::SignedDuration::from_hours(hours));
        cases.push(place.open_case(org, region, days).await.0);
    }
    place.count().await;
    place.clock.set(at("2026-05-25T02:00:00Z"));
    for case in &cases[..6] {
        place.accept(*case).await;
    }
    place.clock.set(at("2026-05-26T03:00:00Z"));
    for case in &cases[..4] {
        place.decide(*case).await;
    }
    place.count().await;
    place.clock.set(at("2026-05-27T07:00:00Z"));
    place.deliver(cases[0]).await;
    place.deliver(cases[1]).await;
    // Ended without a decision.
    place.close(cases[6]).await;
    // What was counted for one body is counted for the other.
    place.hand(cases[2], place.other_org, "990103").await;
    place.clock.set(at("2026-05-29T01:00:00Z"));
    place.count().await;
}

async fn difference(place: &Place) -> Option<String> {
    let calendar = place.app.calendar();
    place
        .app
        .db
        .read(move |tx| check::difference(tx, &calendar))
        .await
        .expect("compared")
}

async fn figures_are_what_the_trails_say(place: Place) {
    assert_eq!(difference(&place).await, None);
    two_weeks(&place).await;
    assert_eq!(difference(&place).await, None);
    place
        .app
        .db
        .write(|tx| tx.exec("UPDATE monitor_counts SET n = n + 1 WHERE measure = 1", &[]))
        .await
        .expect("falsified");
    assert_eq!(difference(&place).await.as_deref(), Some("the counts"));
    follow::rebuild(&place.app.db).await.expect("emptied");
    let what = difference(&place).await.expect("nothing is counted");
    assert!(what.starts_with("the marks of case"), "{what}");
    place.count().await;
    assert_eq!(difference(&place).await, None);
}

/// Links whose text is a whole number, with that number.
fn numbers(body: &str) -> BTreeSet<(String, usize)> {
    body.split("<a href=\"")
        .skip(1)
        .filter_map(|rest| {
            let (href, rest) = rest.split_once('"')?;
            let (_, text) = rest.split_once('>')?;
            let number = text.split_once('<')?.0.replace(',', "").parse().ok()?;
            let href = href.replace("&amp;", "&").replace("&#38;", "&");
            href.starts_with("/staff/board/").then_some((href, number))
        })
        .collect()
}

async fn every_number_opens_as_many_cases(place: Place) {
    two_weeks(&place).await;
    let who = place.staff("city", Role::Supervisor, "990100").await;
    let mut opened = 0;
    for board in [
        "/staff/board".to_owned(),
        "/staff/board?grain=day&at=2026-05-26".to_owned(),
        "/staff/board?grain=week&region=990103".to_owned(),
        "/staff/board?grain=quarter".to_owned(),
        format!("/staff/board?grain=year&org={}", place.org),
        "/staff/board?item=%E9%A3%9F%E5%93%81%E7%BB%8F%E8%90%A5%E8%AE%B8%E5%8F%AF%E6%A0%B8%E5%8F%91".to_owned(),
        "/staff/board?item=nothing".to_owned(),
    ] {
        let page = place.get(Some(&who), &board).await;
        assert_eq!(page.status, 200, "{board} {}", page.body);
        assert!(!page.body.contains("style="));
        for (href, number) in numbers(&page.body) {
            let list = place.get(Some(&who), &href).await;
            assert_eq!(list.status, 200, "{href}");
            let rows = list.body.matches("<tr data-row>").count();
            assert_eq!(rows, number, "{board} → {href}");
            if href.contains("/records") {
                let total = format!("data-total=\"{number}\"");
                assert!(list.body.contains(&total), "{href}");
            }
            opened += 1;
        }
    }
    assert!(opened > 100, "{opened}");
}

/// The number of a figure of the period, by what it opens.
async fn figure(place: &Place, who: &Who, query: &str, opens: &str) -> Option<usize> {
    let page = place.get(Some(who), &format!("/staff/board{query}")).await;
    numbers(&page.body)
        .into_iter()
        .find(|(href, _)| href.contains(opens) && href.contains("from=2026-05-01&to=2026-05-31"))
        .map(|(_, number)| number)
}

async fn a_supervisor_counts_their_own_scope(place: Place) {
    two_weeks(&place).await;
    let city = place.staff("city", Role::Supervisor, "990100").await;
    let river = place.staff("river", Role::Supervisor, "990103").await;
    let submitted = "records?measure=submitted&from";
    assert_eq!(figure(&place, &city, "", submitted).await, Some(8));
    // Three of its own, and the one that was handed over.
    assert_eq!(figure(&place, &river, "", submitted).await, Some(4));
    let asked = format!("?org={}", place.org);
    let foreign = format!("records?org={}&measure=submitted&from", place.org);
    assert_eq!(figure(&place, &river, &asked, &foreign).await, Some(0));
    assert_eq!(figure(&place, &city, &asked, &foreign).await, Some(4));
    assert_eq!(
        figure(&place, &city, "", "measure=decided&part=late").await,
        Some(2)
    );
}

async fn what_is_exported_is_what_is_shown(place: Place) {
    two_weeks(&place).await;
    let who = place.staff("city", Role::Supervisor, "990100").await;
    let rows = place
        .sheet(&who, "/staff/board/export?chart=funnel&format=xlsx")
        .await;
    let shown: Vec<&str> = rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(shown, ["数量（件）", "8", "6", "4", "2"]);
    let csv = place
        .get(Some(&who), "/staff/board/export?chart=funnel&format=csv")
        .await;
    assert_eq!(
        csv.body.trim_start_matches('\u{feff}'),
        "环节,数量（件）\r\n收件,8\r\n已受理,6\r\n已作出决定,4\r\n已办结,2\r\n"
    );
    let whole = place
        .get(Some(&who), "/staff/board/export?format=csv")
        .await;
    for line in [
        "指标,收件,本期,8,件",
        "指标,在办,现在,3,件",
        "本期收件办到哪一步,已办结,数量,2,件",
    ] {
        assert!(whole.body.contains(line), "{line} {}", whole.body);
    }
    let list = "measure=submitted&from=2026-05-01&to=2026-05-31";
    let rows = place
        .sheet(&who, &format!("/staff/board/records/export?{list}"))
        .await;
    assert_eq!(rows.len(), 9);
    let time = place
        .get(Some(&who), "/staff/board/export?chart=time&format=csv")
        .await;
    assert!(
        time.body.contains("机构,用时（个工作日）,承诺（个工作日）"),
        "{}",
        time.body
    );
}

async fn what_falls_due_tomorrow_stands_first(place: Place) {
    let start = at("2026-05-18T01:00:00Z");
    place.clock.set(start);
    // Due at the end of the 19th, the 20th, the 21st.
    for days in [1, 2, 3] {
        place.open_case(place.org, "990102", days).await;
    }
    place.clock.set(at("2026-05-20T01:00:00Z"));
    place.count().await;
    let who = place.staff("city", Role::Supervisor, "990100").await;
    let page = place.get(Some(&who), "/staff/board").await.body;
    let first = page.find("超期和即将到期").expect("it is there");
    assert!(first < page.find("现在在办").expect("it is there"));
    for (query, words) in [
        ("light=over", "超期1天"),
        ("due=today", "今天到期"),
        ("due=tomorrow", "剩1个工作日"),
    ] {
        assert!(page.contains(words), "{words}");
        let list = place
            .get(Some(&who), &format!("/staff/board/cases?{query}"))
            .await
            .body;
        assert_eq!(list.matches("<tr data-row>").count(), 1, "{query}");
        assert!(list.contains(words), "{query}");
    }
}

async fn the_wall_shows_the_same_figures(place: Place) {
    two_weeks(&place).await;
    let who = place.staff("city", Role::Supervisor, "990100").await;
    let wall = place.get(Some(&who), "/staff/wall").await;
    assert_eq!(wall.status, 200);
    assert!(wall.body.contains("data-theme=\"wall\"") && !wall.body.contains("style="));
    assert!(wall.body.contains("<noscript><meta http-equiv=\"refresh\""));
    assert!(wall.body.contains("在办3件"));
    for (href, number) in numbers(&wall.body) {
        let list = place.get(Some(&who), &href).await.body;
        assert_eq!(list.matches("<tr data-row>").count(), number, "{href}");
    }
}

async fn what_was_asked_wrongly_is_refused(place: Place) {
    let who = place.staff("city", Role::Supervisor, "990100").await;
    for path in [
        "/staff/board?grain=century",
        "/staff/board?region=%27",
        "/staff/board?at=yesterday",
        "/staff/board/records?measure=submitted",
        "/staff/board/records?measure=submitted&from=2026-05-31&to=2026-05-01",
        "/staff/board/records?measure=submitted&from=0001-01-01&to=2026-05-01",
        "/staff/board/records?measure=submitted&from=2026-05-01&to=2026-05-31&hour=168",
        "/staff/board/records?measure=submitted&from=2026-05-01&to=2026-05-31&cursor=x",
        "/staff/board/export?format=pdf",
    ] {
        assert_eq!(place.get(Some(&who), path).await.status, 400, "{path}");
    }
    let chart = "/staff/board/export?chart=none";
    assert_eq!(place.get(Some(&who), chart).await.status, 404);
}
