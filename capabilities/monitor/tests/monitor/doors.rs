//! Figures, the cases behind them, and who may see which.

use std::collections::BTreeSet;

use casework::Role;

use crate::on_both;
use crate::place::{Place, Who, at};

on_both!(
    figures_agree_with_the_cases_behind_them,
    a_scope_shows_its_own,
    lists_page_without_gaps,
    the_spreadsheet_is_what_is_shown,
    every_case_is_found_by_body_state_and_number,
    doors_turn_others_away,
);

/// In 云川区: two over, one near, one ok, one held, one closed; in 临江区 one ok. Now is Friday, 29 May 2026, 9:00.
async fn a_working_city(place: &Place) -> Vec<String> {
    let county = "990102";
    let mut numbers = Vec::new();
    let mut held = None;
    let mut closed = None;
    // Nine working days have passed by the 29th.
    for days in [2, 5, 10, 40, 30, 20] {
        let (id, no) = place.open_case(place.org, county, days).await;
        numbers.push(no);
        match days {
            30 => held = Some(id),
            20 => closed = Some(id),
            _ => {}
        }
    }
    let (_, no) = place.open_case(place.other_org, "990103", 40).await;
    numbers.push(no);
    place.clock.set(at("2026-05-19T01:00:00Z"));
    place.hold(held.expect("opened")).await;
    place.close(closed.expect("opened")).await;
    place.clock.set(at("2026-05-29T01:00:00Z"));
    numbers
}

async fn board(place: &Place, who: &Who) -> serde_json::Value {
    place.get(Some(who), "/api/v1/board").await.json()
}

async fn figures_agree_with_the_cases_behind_them(place: Place) {
    let numbers = a_working_city(&place).await;
    let who = place.staff("city", Role::Supervisor, "990100").await;
    let board = board(&place, &who).await;
    assert_eq!(
        board["total"],
        serde_json::json!({"over": 2, "near": 1, "ok": 2, "held": 1, "total": 6})
    );
    assert_eq!(board["orgs"][0]["name"], "云川区市场监督管理局");
    for (light, expected) in [
        ("over", vec![&numbers[0], &numbers[1]]),
        ("near", vec![&numbers[2]]),
        ("ok", vec![&numbers[3], &numbers[6]]),
        ("held", vec![&numbers[4]]),
    ] {
        let list = place
            .get(Some(&who), &format!("/api/v1/board/cases?light={light}"))
            .await
            .json();
        let items = list["items"].as_array().expect("a list");
        let found: BTreeSet<&str> = items
            .iter()
            .map(|item| item["case_no"].as_str().expect("text"))
            .collect();
        assert_eq!(
            found,
            expected.into_iter().map(String::as_str).collect(),
            "{light}"
        );
        assert!(items.iter().all(|item| item["light"] == light), "{list}");
    }
    let page = place.get(Some(&who), "/staff/board").await;
    assert_eq!(page.status, 200);
    let org = place.org.to_string();
    for address in [
        "/staff/board/cases?light=over".to_owned(),
        format!("/staff/board/cases?org={org}&#38;light=over"),
        format!("/staff/board/cases?org={org}"),
    ] {
        assert!(
            page.body.contains(&format!("href=\"{address}\"")),
            "{address}"
        );
    }
    for said in [
        "云川区市场监督管理局，超期，2件",
        "云川区市场监督管理局，停止计时，1件",
    ] {
        assert!(page.body.contains(said), "{said}");
    }
    assert!(page.body.contains("data-live=\"/staff/board/live\"") && !page.body.contains("style="));
    let over = place
        .get(Some(&who), "/staff/board/cases?light=over")
        .await
        .body;
    // Due at the end of the 20th and of the 25th.
    assert!(over.contains("超期9天") && over.contains("超期4天") && !over.contains(&numbers[2]));
    assert!(over.contains("5月20日"));
}

async fn a_scope_shows_its_own(place: Place) {
    let numbers = a_working_city(&place).await;
    let river = place.staff("river", Role::Supervisor, "990103").await;
    let board = board(&place, &river).await;
    assert_eq!(board["total"]["total"], 1);
    assert_eq!(board["orgs"].as_array().expect("a list").len(), 1);
    // Asking for a body outside the scope shows nothing of it.
    let asked = format!("/api/v1/board/cases?org={}", place.org);
    assert_eq!(
        place.get(Some(&river), &asked).await.json()["items"],
        serde_json::json!([])
    );
    let all = place.get(Some(&river), "/staff/cases").await.body;
    assert!(all.contains("临江区市场监督管理局") && !all.contains("云川区市场监督管理局"));
    let foreign = format!("/api/v1/cases?case_no={}", numbers[0]);
    assert_eq!(
        place.get(Some(&river), &foreign).await.json()["items"],
        serde_json::json!([])
    );
}

async fn lists_page_without_gaps(place: Place) {
    for days in 1..=7 {
        // Pairs share a due date.
        place.open_case(place.org, "990102", days / 2 + 1).await;
    }
    let who = place.staff("city", Role::Supervisor, "990100").await;
    for path in ["/api/v1/board/cases", "/api/v1/cases"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        for _ in 0..4 {
            let list = place
                .get(Some(&who), &format!("{path}?limit=3{cursor}"))
                .await
                .json();
            for item in list["items"].as_array().expect("a list") {
                seen.push(item["case_no"].as_str().expect("text").to_owned());
            }
            match list["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let distinct: BTreeSet<&String> = seen.iter().collect();
        assert_eq!((seen.len(), distinct.len()), (7, 7), "{path}");
        assert_eq!(
            place
                .get(Some(&who), &format!("{path}?limit=101"))
                .await
                .status,
            400
        );
        assert_eq!(
            place
                .get(Some(&who), &format!("{path}?cursor=abc"))
                .await
                .status,
            400
        );
    }
}

async fn the_spreadsheet_is_what_is_shown(place: Place) {
    let numbers = a_working_city(&place).await;
    let who = place.staff("city", Role::Supervisor, "990100").await;
    let rows = place
        .sheet(&who, "/staff/board/cases/export?light=over")
        .await;
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert_eq!(rows[0][..3], ["剩余时间", "到期日", "暂定"]);
    assert_eq!(rows[1][0], "超期9天");
    assert_eq!(rows[1][5], numbers[0]);
    assert_eq!(rows[2][5], numbers[1]);
    assert_eq!(
        rows[1][6..9],
        ["云川区市场监督管理局", "待受理", "承诺办结时限"]
    );
    let all = place.sheet(&who, "/staff/board/cases/export").await;
    assert_eq!(all.len(), 7);
    let river = place.staff("river", Role::Supervisor, "990103").await;
    let one = place.sheet(&river, "/staff/board/cases/export").await;
    assert_eq!(one.len(), 2);
    assert_eq!(one[1][5], numbers[6]);
}

async fn every_case_is_found_by_body_state_and_number(place: Place) {
    let numbers = a_working_city(&place).await;
    let who = place.staff("city", Role::Supervisor, "990100").await;
    let count = async |query: String| {
        let list = place
            .get(Some(&who), &format!("/api/v1/cases?{query}"))
            .await;
        list.json()["items"].as_array().expect("a list").len()
    };
    assert_eq!(count(String::new()).await, 7);
    assert_eq!(count("state=done".to_owned()).await, 1);
    assert_eq!(count(format!("org={}", place.other_org)).await, 1);
    assert_eq!(
        count(format!("org={}&state=done", place.other_org)).await,
        0
    );
    // However it was typed or pasted.
    assert_eq!(
        count(format!("case_no=%20{}%20", numbers[3].to_lowercase())).await,
        1
    );
    assert_eq!(count("case_no=9901".to_owned()).await, 0);
    let page = place
        .get(
            Some(&who),
            &format!("/staff/cases?no={}&state=received", numbers[0]),
        )
        .await;
    assert!(page.body.contains("清除筛选") && page.body.contains("value=\"received\" selected"));
    assert_eq!(page.body.matches(" data-list-row>").count(), 1);
    let none = place.get(Some(&who), "/staff/cases?no=%3Cscript%3E").await;
    assert!(none.body.contains("没有符合条件的办件"));
    assert!(none.body.contains("value=\"&#60;script&#62;\""));
    let before = place.get(Some(&who), "/staff/cases?to=2000-01-01").await;
    assert!(before.body.contains("没有符合条件的办件"));
    let address = format!("/staff/cases?format=csv&no={}", numbers[0]);
    let file = place.get(Some(&who), &address).await;
    assert!(file.body.contains(&numbers[0]) && !file.body.contains(&numbers[1]));
    let strange = place.get(Some(&who), "/staff/cases?format=doc").await;
    assert_eq!(strange.status, 400);
}

async fn doors_turn_others_away(place: Place) {
    let clerk = place.staff("clerk", Role::WindowClerk, "990102").await;
    let administrator = place.staff("admin", Role::Administrator, "990100").await;
    for path in [
        "/staff/board",
        "/staff/board/cases",
        "/staff/board/cases/export",
        "/staff/board/live",
        "/staff/board/export",
        "/staff/board/records?measure=submitted&from=2026-05-01&to=2026-05-31",
        "/staff/board/records/export?measure=submitted&from=2026-05-01&to=2026-05-31",
        "/staff/wall",
        "/api/v1/board",
        "/api/v1/board/cases",
    ] {
        for who in [&clerk, &administrator] {
            assert_eq!(place.get(Some(who), path).await.status, 403, "{path}");
        }
    }
    assert_eq!(place.get(Some(&clerk), "/staff/cases").await.status, 200);
    assert_eq!(
        place.get(Some(&administrator), "/staff/cases").await.status,
        403
    );
    assert_eq!(place.get(None, "/api/v1/cases").await.status, 401);
}
