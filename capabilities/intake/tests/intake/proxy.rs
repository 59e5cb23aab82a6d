//! 授权代办: authorise, act, take back, act again; expired, wrong item, a principal who has died; levels of an
//! enterprise; a small child.

use axum::http::{Method, StatusCode};
use people::{NewParty, PartyKind, Proxy, ProxyGround, ProxyHow, ProxyItems, ProxyScope};
use serde_json::{Value, json};

use super::city::{City, Seen, citizen_id, on_both};

fn application(city: &City) -> Value {
    json!({
        "item_id": city.item,
        "answers": {
            "shop_name": "青禾小馆",
            "shop_address": "云川市云川区文峰街31号",
            "area": 86,
            "form": "restaurant",
            "manager_id": citizen_id("19900307", 1)
        },
        "materials": [{ "key": "layout", "paper": true }],
        "delivery": "electronic"
    })
}

async fn file(city: &City, token: &str, key: &str) -> Seen {
    city.call(
        Method::POST,
        "/api/v1/cases",
        token,
        key,
        Some(application(city)),
    )
    .await
}

/// 陈采薇 authorises 王小明 for these items; tells the authorisation's id.
async fn authorise(city: &City, key: &str, items: &Value, until: Option<&str>) -> String {
    let given = city
        .call(
            Method::POST,
            "/api/v1/my/proxies",
            &city.citizen_token,
            key,
            Some(json!({
                "agent_name": "王小明",
                "agent_id_number": citizen_id("19850612", 2),
                "items": items,
                "until": until,
            })),
        )
        .await;
    assert_eq!(given.status, StatusCode::CREATED, "{}", given.text);
    given.json()["proxy_id"].as_str().expect("an id").to_owned()
}

/// 王小明 chooses to act for 陈采薇.
async fn act(city: &City, key: &str) -> Seen {
    city.call(
        Method::POST,
        "/api/v1/my/acting",
        &city.other_token,
        key,
        Some(json!({ "principal": city.citizen_party })),
    )
    .await
}

fn refused_with(seen: &Seen, code: &str) {
    assert_eq!(seen.status, StatusCode::FORBIDDEN, "{}", seen.text);
    assert_eq!(seen.json()["code"], code, "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_acts_until_the_right_is_taken_back() {
    on_both(async |city: City| {
        refused_with_or_missing(&act(&city, "a0").await);
        let proxy = authorise(&city, "p1", &json!([city.item]), None).await;
        assert_eq!(act(&city, "a1").await.status, StatusCode::NO_CONTENT);
        let filed = file(&city, &city.other_token, "f1").await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text);
        let case = filed.json()["case_id"].as_str().expect("an id").to_owned();
        let no = filed.json()["case_no"].as_str().expect("a no").to_owned();

        // The trail, the letter, the timeline and the list show both names.
        let id: base::ids::CaseId = case.parse().expect("an id");
        city.act(
            id,
            approval::Act::Accept {
                remark: String::new(),
            },
        )
        .await;
        let trail = city
            .app
            .db
            .read(move |tx| cases::trail(tx, id))
            .await
            .expect("a trail");
        assert_eq!(trail[0].event.actor.shown(), "王小明（代陈采薇）");
        let letter = city
            .get(
                &city.citizen_cookie,
                &format!("/cases/{case}/letters/acceptance"),
            )
            .await;
        assert!(
            letter.page().contains("陈采薇（代办人：王小明）"),
            "{}",
            letter.text
        );
        let page = city
            .get(&city.citizen_cookie, &format!("/cases/{case}"))
            .await;
        assert!(page.page().contains("代办人提交了申请"), "{}", page.text);
        assert!(page.text.contains("（陈采薇）"), "{}", page.text);
        let acts = city
            .call(
                Method::GET,
                &format!("/api/v1/my/proxies/{proxy}/acts"),
                &city.citizen_token,
                "",
                None,
            )
            .await;
        assert_eq!(acts.json()["items"][0]["case_no"], no.as_str());
        assert_eq!(acts.json()["items"][0]["command"], "file");
        let shown = city
            .get(&city.citizen_cookie, &format!("/account/proxies/{proxy}"))
            .await;
        assert!(shown.page().contains("食品经营许可新办"), "{}", shown.text);

        // Taken back: from this moment on nothing is done and nothing is seen, and the agent is told why.
        let back = city
            .call(
                Method::POST,
                &format!("/api/v1/my/proxies/{proxy}/revocation"),
                &city.citizen_token,
                "r1",
                None,
            )
            .await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.text);
        assert_eq!(back.json()["holds"], false);
        refused_with(&file(&city, &city.other_token, "f2").await, "proxy_revoked");
        let withdrawn = city
            .call(
                Method::POST,
                &format!("/api/v1/cases/{case}/withdrawal"),
                &city.other_token,
                "w1",
                Some(json!({ "reason": "不办了" })),
            )
            .await;
        refused_with(&withdrawn, "proxy_revoked");
        let seen = city
            .call(
                Method::GET,
                &format!("/api/v1/cases/{case}"),
                &city.other_token,
                "",
                None,
            )
            .await;
        refused_with(&seen, "proxy_revoked");
        refused_with(&act(&city, "a2").await, "proxy_revoked");
        // Choosing to act for themselves clears it.
        let own = city
            .call(
                Method::POST,
                "/api/v1/my/acting",
                &city.other_token,
                "a3",
                Some(json!({})),
            )
            .await;
        assert_eq!(own.status, StatusCode::NO_CONTENT, "{}", own.text);
        let filed = file(&city, &city.other_token, "f3").await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text);
        city
    })
    .await;
}

fn refused_with_or_missing(seen: &Seen) {
    assert_eq!(seen.status, StatusCode::NOT_FOUND, "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_the_pages() {
    on_both(async |city: City| {
        let (me, agent) = (city.citizen_cookie.clone(), city.other_cookie.clone());
        let unknown = [
            ("name", "王小明"),
            ("id_number", &citizen_id("19850612", 2)[..]),
            ("items", "没有这个事项"),
        ];
        assert!(
            city.post(&me, "/account/proxies", &unknown)
                .await
                .refused()
                .contains("没有找到事项")
        );
        let given = [unknown[0], unknown[1], ("items", "食品经营许可新办")];
        city.post(&me, "/account/proxies", &given).await.led_to();
        let principal = city.citizen_party.to_string();
        let chosen = [("applicant", principal.as_str()), ("back", "/my")];
        assert_eq!(
            city.post(&agent, "/account/acting", &chosen).await.led_to(),
            "/my"
        );
        let start = format!("/apply/{}", city.item);
        let for_them = [("applicant", principal.as_str())];
        assert!(
            city.post(&agent, &start, &for_them)
                .await
                .led_to()
                .starts_with("/apply/drafts/")
        );
        // Another item is not theirs to file.
        let other = format!("/apply/{}", city.long);
        let refused = city.post(&agent, &other, &for_them).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(
            refused.text.contains("授权不包括这个事项"),
            "{}",
            refused.text
        );
        let proxy = city.get(&me, "/account/proxies").await.hidden("proxy");
        city.post(&me, "/account/proxies/revoke", &[("proxy", &proxy)])
            .await
            .led_to();
        let refused = city.post(&agent, &start, &for_them).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.text.contains("已经收回授权"), "{}", refused.text);
        let told = city.get(&agent, "/account/proxies").await;
        assert!(told.page().contains("已经收回授权"), "{}", told.text);
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_and_for_another_item() {
    on_both(async |city: City| {
        authorise(&city, "p1", &json!([city.long]), None).await;
        assert_eq!(act(&city, "a1").await.status, StatusCode::NO_CONTENT);
        refused_with(
            &file(&city, &city.other_token, "f1").await,
            "proxy_other_item",
        );
        // A case of the principal about another item is not the agent's to see.
        let own = file(&city, &city.citizen_token, "f2").await.json();
        let address = format!("/api/v1/cases/{}", own["case_id"].as_str().expect("an id"));
        let seen = city
            .call(Method::GET, &address, &city.other_token, "", None)
            .await;
        refused_with(&seen, "proxy_other_item");
        let list = city
            .call(Method::GET, "/api/v1/my/cases", &city.other_token, "", None)
            .await;
        assert_eq!(list.json()["items"], json!([]), "{}", list.text);

        // One that covered the item ended yesterday.
        let (people, principal, now) =
            (city.app.people.clone(), city.citizen_party, city.app.now());
        let (proxy, number) = (
            city.app.ids.next::<base::ids::FileId>(now).uuid(),
            citizen_id("19850612", 2),
        );
        city.app
            .db
            .write(move |tx| -> Result<(), people::Error> {
                let agent = people.find_party(tx, &number)?.expect("registered").id;
                people.authorise(
                    tx,
                    &Proxy {
                        id: proxy,
                        principal,
                        agent,
                        scope: ProxyScope {
                            items: ProxyItems::All,
                        },
                        how: ProxyHow::default(),
                        from: "2026-04-01".parse().expect("a date"),
                        to: Some("2026-05-10".parse().expect("a date")),
                        created_at: now,
                        revoked_at: None,
                    },
                )
            })
            .await
            .expect("given");
        refused_with(&file(&city, &city.other_token, "f3").await, "proxy_expired");
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_principals_death_everything_ends() {
    on_both(async |city: City| {
        authorise(&city, "p1", &json!([]), None).await;
        assert_eq!(act(&city, "a1").await.status, StatusCode::NO_CONTENT);
        let (people, party, now) = (city.app.people.clone(), city.citizen_party, city.app.now());
        city.app
            .db
            .write(move |tx| {
                people.record_death(
                    tx,
                    party,
                    "2026-05-10".parse().expect("a date"),
                    "死亡医学证明 990102-0007",
                    "林芳",
                    now,
                )
            })
            .await
            .expect("recorded");
        refused_with(
            &file(&city, &city.other_token, "f1").await,
            "principal_deceased",
        );
        refused_with(&act(&city, "a2").await, "principal_deceased");
        let page = city.get(&city.other_cookie, "/account/proxies").await;
        assert!(page.page().contains("已失效"), "{}", page.text);
        // Nobody applies or gives anything in the name of the dead, whoever has the password.
        refused_with(
            &file(&city, &city.citizen_token, "f2").await,
            "applicant_deceased",
        );
        let given = city
            .call(
                Method::POST,
                "/api/v1/my/proxies",
                &city.citizen_token,
                "p2",
                Some(json!({
                    "agent_name": "王小明",
                    "agent_id_number": citizen_id("19850612", 2),
                })),
            )
            .await;
        assert_eq!(
            given.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            given.text
        );
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_adds_agents_and_an_agent_adds_nobody() {
    on_both(async |city: City| {
        let head = &city.citizen_token;
        let acting = Some(json!({ "principal": city.enterprise }));
        city.call(
            Method::POST,
            "/api/v1/my/acting",
            head,
            "h1",
            acting.clone(),
        )
        .await;
        let appoint = |level: &str, name: &str, number: String| {
            Some(json!({ "agent_name": name, "agent_id_number": number, "level": level }))
        };
        let wang = citizen_id("19850612", 2);
        let given = city
            .call(
                Method::POST,
                "/api/v1/my/proxies",
                head,
                "h2",
                appoint("agent", "王小明", wang.clone()),
            )
            .await;
        assert_eq!(given.status, StatusCode::CREATED, "{}", given.text);
        city.call(
            Method::POST,
            "/api/v1/my/acting",
            &city.other_token,
            "o1",
            acting,
        )
        .await;
        let chen = citizen_id("19900307", 1);
        let refused = city
            .call(
                Method::POST,
                "/api/v1/my/proxies",
                &city.other_token,
                "o2",
                appoint("agent", "陈采薇", chen.clone()),
            )
            .await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
        let manager = city
            .call(
                Method::POST,
                "/api/v1/my/proxies",
                head,
                "h3",
                appoint("manager", "王小明", wang),
            )
            .await;
        assert_eq!(manager.status, StatusCode::CREATED, "{}", manager.text);
        let added = city
            .call(
                Method::POST,
                "/api/v1/my/proxies",
                &city.other_token,
                "o3",
                appoint("agent", "陈采薇", chen.clone()),
            )
            .await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
        assert_eq!(added.json()["ground"], "manager");
        let another = city
            .call(
                Method::POST,
                "/api/v1/my/proxies",
                &city.other_token,
                "o4",
                appoint("manager", "陈采薇", chen),
            )
            .await;
        assert_eq!(
            another.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            another.text
        );
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guardian_acts_for_a_small_child() {
    on_both(async |city: City| {
        let (people, now) = (city.app.people.clone(), city.app.now());
        let guardian = city.citizen_party;
        let (child, proxy) = (
            city.app.ids.next(now),
            city.app.ids.next::<base::ids::FileId>(now).uuid(),
        );
        city.app
            .db
            .write(move |tx| -> Result<(), people::Error> {
                let born = citizen_id("20200601", 5);
                let party = NewParty {
                    kind: PartyKind::Person,
                    name: "陈一诺".into(),
                    id_number: born,
                    phone: None,
                    address: None,
                    region: "990102".into(),
                    legal_representative: None,
                };
                let child = people.register_party(tx, &party, child, now)?.id;
                people.authorise(
                    tx,
                    &Proxy {
                        id: proxy,
                        principal: child,
                        agent: guardian,
                        scope: ProxyScope {
                            items: ProxyItems::All,
                        },
                        how: ProxyHow {
                            ground: ProxyGround::Guardian,
                            basis: "户口簿".into(),
                            recorded_by: "林芳".into(),
                            ..ProxyHow::default()
                        },
                        from: "2026-05-01".parse().expect("a date"),
                        to: Some(people::proxy::guardianship_ends(
                            "2020-06-01".parse().expect("a date"),
                        )),
                        created_at: now,
                        revoked_at: None,
                    },
                )
            })
            .await
            .expect("the guardianship is recorded");
        let acting = Some(json!({ "principal": child }));
        city.call(
            Method::POST,
            "/api/v1/my/acting",
            &city.citizen_token,
            "g1",
            acting,
        )
        .await;
        let filed = file(&city, &city.citizen_token, "g2").await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text);
        let id: base::ids::CaseId = filed.json()["case_id"]
            .as_str()
            .and_then(|text| text.parse().ok())
            .expect("an id");
        let case = city
            .app
            .db
            .read(move |tx| cases::load(tx, id))
            .await
            .expect("read")
            .expect("a case");
        assert_eq!(
            approval::window::applicant_shown(&case),
            "陈一诺（监护人：陈采薇）"
        );
        // A guardianship is not taken back on the network.
        let back = city
            .call(
                Method::POST,
                &format!("/api/v1/my/proxies/{proxy}/revocation"),
                &city.other_token,
                "g3",
                None,
            )
            .await;
        assert_eq!(back.status, StatusCode::NOT_FOUND, "{}", back.text);
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_eight_on_the_child_is_asked_first() {
    on_both(async |city: City| {
        let (people, now) = (city.app.people.clone(), city.app.now());
        let guardian = city.citizen_party;
        let child = city.app.ids.next(now);
        let next = || city.app.ids.next::<base::ids::FileId>(now).uuid();
        let (before, after) = (next(), next());
        // Eight on 12 May 2026, tomorrow.
        let born = "2018-05-12".parse().expect("a date");
        let given = move |id, consent| Proxy {
            id,
            principal: child,
            agent: guardian,
            scope: ProxyScope {
                items: ProxyItems::All,
            },
            how: ProxyHow {
                ground: ProxyGround::Guardian,
                basis: "户口簿".into(),
                recorded_by: "林芳".into(),
                consent_from: Some(people::proxy::consent_begins(born)),
                consent,
                ..ProxyHow::default()
            },
            from: "2026-05-01".parse().expect("a date"),
            to: Some(people::proxy::guardianship_ends(born)),
            created_at: now,
            revoked_at: None,
        };
        let first = given(before, None);
        let register = people.clone();
        city.app
            .db
            .write(move |tx| -> Result<(), people::Error> {
                let party = NewParty {
                    kind: PartyKind::Person,
                    name: "陈一鸣".into(),
                    id_number: citizen_id("20180512", 7),
                    phone: None,
                    address: None,
                    region: "990102".into(),
                    legal_representative: None,
                };
                register.register_party(tx, &party, child, now)?;
                register.authorise(tx, &first)
            })
            .await
            .expect("the guardianship is recorded");
        let acting = Some(json!({ "principal": child }));
        let token = city.citizen_token.clone();
        let act = |key: &'static str| {
            let acting = acting.clone();
            city.call(Method::POST, "/api/v1/my/acting", &token, key, acting)
        };
        act("c1").await;
        let filed = file(&city, &token, "c2").await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text);

        // The birthday: the guardian alone is refused, with what to do.
        city.clock
            .set("2026-05-12T02:00:00Z".parse().expect("an instant"));
        let refused = file(&city, &token, "c3").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
        assert_eq!(refused.json()["code"], "ward_consent_needed");
        assert!(refused.text.contains("本人同意"), "{}", refused.text);

        // Agreed at the window.
        let agreed = given(
            after,
            Some(people::Consent {
                at: city.app.now(),
                how: "本人到窗口当面同意".into(),
            }),
        );
        city.app
            .db
            .write(move |tx| people.authorise(tx, &agreed))
            .await
            .expect("recorded");
        act("c4").await;
        let filed = file(&city, &token, "c5").await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text);
        let list = city
            .call(Method::GET, "/api/v1/my/proxies", &token, "", None)
            .await;
        let held = list.json()["held"].as_array().expect("a list").clone();
        let of = |id: uuid::Uuid| {
            let id = id.to_string();
            held.iter()
                .find(|one| one["proxy_id"] == id.as_str())
                .expect("held")
                .clone()
        };
        assert_eq!(of(before)["holds"], false);
        assert_eq!(of(after)["holds"], true);
        assert!(of(after)["consent_at"].is_string());
        city
    })
    .await;
}
