//! A practised clerk: one field for every code, an item by its number, accepting on the spot, papers in one print.

use axum::http::StatusCode;
use base::ids::CaseId;

use super::city::{City, citizen_id, encode, on_both};

/// Files a food licence for the citizen at the window, to be fetched there; gives the page it led to.
async fn taken_in(city: &City) -> String {
    let address = format!(
        "/staff/intake/new?party={}&item={}",
        city.citizen_party, city.item
    );
    let form = city.get(&city.clerk_cookie, &address).await;
    let key = form.hidden("request_key");
    let manager = citizen_id("19900307", 1);
    let fields = [
        ("request_key", key.as_str()),
        ("f-shop_name", "和平小馆"),
        ("f-shop_address", "云川市云川区和平路1号"),
        ("f-area", "60"),
        ("f-form", "retailer"),
        ("f-manager_id", manager.as_str()),
        ("delivery", "window"),
        ("paper-all", "1"),
    ];
    city.upload(&city.clerk_cookie, &address, &fields, &[])
        .await
        .led_to()
}

fn case_of(address: &str) -> CaseId {
    address
        .rsplit('/')
        .next()
        .and_then(|id| id.parse().ok())
        .expect("an address of a case")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_field_takes_every_code() {
    let city = City::sqlite().await;
    let clerk = city.clerk_cookie.clone();
    let filed = taken_in(&city).await;
    let case = case_of(&filed);
    let no = city
        .app
        .db
        .read(move |tx| cases::load(tx, case))
        .await
        .expect("read")
        .expect("filed")
        .no;
    let scan = async |text: &str| {
        city.post(&clerk, "/staff/intake/find", &[("number", text)])
            .await
    };
    assert_eq!(scan(&no).await.led_to(), format!("/staff/cases/{case}"));
    let receipt = format!("https://zwfw.example/progress?no={no}");
    assert_eq!(
        scan(&receipt).await.led_to(),
        format!("/staff/cases/{case}")
    );
    assert_eq!(
        scan("7K4M-2RQX-98TT").await.led_to(),
        "/verify/7K4M2RQX98TT"
    );
    // A right number of nobody's case says so and stays in the field.
    let serial = if &no[15..21] == "999999" {
        "999998"
    } else {
        "999999"
    };
    let other = ('0'..='9')
        .chain('A'..='Z')
        .map(|check| format!("{}{serial}{check}", &no[..15]))
        .find(|number| base::codes::CaseNo::parse(number).is_ok())
        .expect("some check character is right");
    assert!(scan(&other).await.refused().contains("没有这个编号的办件"));
    // A card of somebody unknown is taken apart into the form that registers them.
    let number = citizen_id("20010101", 7);
    let card = format!("李雨桐,女,汉族,2001-01-01,云川市云川区和平街道1号,{number}");
    let page = scan(&card).await;
    for part in ["李雨桐", "云川市云川区和平街道1号", &number] {
        assert!(page.page().contains(&format!("value=\"{part}\"")), "{part}");
    }
    // The item goes on to the next applicant.
    let item = city.item.to_string();
    let known = citizen_id("19850612", 2);
    let next = city
        .post(
            &clerk,
            "/staff/intake/find",
            &[("number", &known), ("item", &item)],
        )
        .await;
    assert!(next.led_to().ends_with(&format!("&item={item}")));
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_this_window_takes_in_stands_first() {
    let city = City::sqlite().await;
    let clerk = city.clerk_cookie.clone();
    let items = format!("/staff/intake/new?party={}", city.citizen_party);
    taken_in(&city).await;
    let page = city.get(&clerk, &items).await;
    let (food, seal) = (
        page.page().find("食品经营许可新办").expect("listed"),
        page.text.find("刻章备案").expect("listed"),
    );
    assert!(food < seal && page.text.contains("1件"), "{}", page.text);
    // Initials find it too.
    let found = city.get(&clerk, &format!("{items}&q=spjyxk")).await;
    assert!(found.page().contains("食品经营许可新办"), "{}", found.text);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_on_the_spot_with_both_papers_in_one_print() {
    on_both(async |city: City| {
        let clerk = city.clerk_cookie.clone();
        let filed = taken_in(&city).await;
        let page = city.get(&clerk, &filed).await;
        // What the key will do is said before it is pressed.
        assert!(
            page.page().contains("承诺办结时限开始计时"),
            "{}",
            page.text
        );
        let (key, version) = (page.hidden("request_key"), page.hidden("version"));
        let fields = [("request_key", key.as_str()), ("version", version.as_str())];
        let accept = format!("{filed}/accept");
        let papers = city.post(&clerk, &accept, &fields).await.led_to();
        assert_eq!(city.post(&clerk, &accept, &fields).await.led_to(), papers);
        let printed = city.get(&clerk, &papers).await;
        for said in [
            "行政许可申请受理通知书",
            "收件回执",
            "第三十二条第一款第五项",
            "8个工作日",
            "2026年5月21日",
            "查询密码",
        ] {
            assert!(printed.page().contains(said), "{said}: {}", printed.text);
        }
        // The citizen has no business at the desk.
        let seen = city.get(&city.citizen_cookie, &papers).await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN);
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_receipt_is_printed_at_hand_over_and_kept_as_served() {
    let city = City::sqlite().await;
    let clerk = city.clerk_cookie.clone();
    let case = case_of(&taken_in(&city).await);
    let letter = |kind: &str| format!("/cases/{case}/letters/{kind}");
    let accept = approval::Act::Accept {
        remark: String::new(),
    };
    city.act(case, accept).await;
    let nothing = city.get(&clerk, &letter("delivery")).await;
    assert_eq!(
        nothing.status,
        StatusCode::NOT_FOUND,
        "nothing to serve yet"
    );
    let grant = approval::Act::Grant {
        opinion: "符合条件".to_owned(),
    };
    city.act(case, grant).await;
    let decision = city.get(&city.citizen_cookie, &letter("decision")).await;
    for said in ["准予行政许可决定书", "第三十八条第一款", "2026年5月25日前"] {
        assert!(decision.page().contains(said), "{said}: {}", decision.text);
    }
    // Before hand-over: for whoever hands over, with room to sign; nobody else has it.
    let blank = city.get(&clerk, &letter("delivery")).await;
    for said in [
        "送达回证",
        "准予行政许可决定书",
        "食品经营许可证",
        "林芳",
        "窗口领取",
    ] {
        assert!(blank.page().contains(said), "{said}: {}", blank.text);
    }
    assert!(!blank.text.contains("领取人："));
    let early = city.get(&city.citizen_cookie, &letter("delivery")).await;
    assert_eq!(early.status, StatusCode::NOT_FOUND);
    let workspace = city.get(&clerk, &format!("/staff/cases/{case}")).await;
    assert!(workspace.page().contains("送达回证（待签收）"));
    // Registered as served: kept with who took it, when.
    let version = workspace.hidden("version");
    let fields = [
        ("request_key", "serve-1"),
        ("version", version.as_str()),
        ("deliver-method", "window"),
        ("deliver-receiver", "陈采薇"),
        ("list", "/staff?light=ok"),
    ];
    let done = city
        .post(
            &clerk,
            &format!("/staff/cases/{case}/acts/deliver"),
            &fields,
        )
        .await;
    assert!(
        done.led_to().contains("list=%2Fstaff%3Flight%3Dok"),
        "the list is not forgotten: {}",
        done.led_to()
    );
    let kept = city.get(&city.citizen_cookie, &letter("delivery")).await;
    for said in ["领取人：陈采薇", "2026年5月11日", "林芳"] {
        assert!(kept.page().contains(said), "{said}: {}", kept.text);
    }
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workspace_leads_along_the_list_it_was_opened_from() {
    let city = City::sqlite().await;
    let clerk = city.clerk_cookie.clone();
    let first = case_of(&taken_in(&city).await);
    let second = case_of(&taken_in(&city).await);
    let list = encode("/staff?light=ok");
    let page = city
        .get(&clerk, &format!("/staff/cases/{first}?list={list}"))
        .await;
    let next = format!("/staff/cases/{second}?list=%2Fstaff%3Flight%3Dok");
    assert!(
        page.page().contains(&next.replace('&', "&amp;")),
        "{}",
        page.text
    );
    let back = format!("href=\"/staff?light=ok#r-{first}\"");
    assert!(page.text.contains(&back), "the way back to its row");
    assert!(page.text.contains("第1件，共2件"));
    // An address that is not ours leads nowhere.
    let evil = city
        .get(
            &clerk,
            &format!("/staff/cases/{first}?list={}", encode("//evil.example/")),
        )
        .await;
    assert!(!evil.page().contains("href=\"//evil.example"));
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_record_need_not_be_typed_and_is_not_shown() {
    let city = City::sqlite().await;
    let clerk = city.clerk_cookie.clone();
    let address = format!(
        "/staff/intake/new?party={}&item={}",
        city.citizen_party, city.window_only
    );
    let form = city.get(&clerk, &address).await;
    assert!(
        form.page().contains("不填就用登记的：138****1234"),
        "{}",
        form.text
    );
    assert!(!form.text.contains("13800001234"), "masked");
    let key = form.hidden("request_key");
    let fields = [
        ("request_key", key.as_str()),
        ("f-reason", "刻公章"),
        ("f-phone", ""),
        ("delivery", "window"),
    ];
    let filed = city.upload(&clerk, &address, &fields, &[]).await.led_to();
    let (case, people) = (case_of(&filed), city.app.people.clone());
    let answers = city
        .app
        .db
        .read(move |tx| approval::answers::load(tx, &people, case, 1))
        .await
        .expect("read")
        .expect("filed");
    assert_eq!(answers["phone"], "13800001234");
    city.close().await;
}
