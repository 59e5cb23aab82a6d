//! 一件事 on a database and behind its doors.

use axum::http::{Method, StatusCode};
use base::ids::{AccountId, OrgId, StaffId};
use casework::{Actor, Grant, Role, actor::Staff};
use serde_json::{Value, json};

use super::world::{Seen, Served, World, now, on_both, request, with};
use crate::app::bundles::{self, Error};
use crate::bundle::{Bundle, shipped};
use crate::store as records;
use crate::store::BundleState;

fn somebody(world: &World, name: &str, role: Role) -> Actor {
    Actor::Staff(Staff {
        account: world.ids.next::<AccountId>(now()),
        staff: world.ids.next::<StaffId>(now()),
        name: name.into(),
        org: world.ids.next::<OrgId>(now()),
        grants: vec![Grant {
            role,
            region: "990100".into(),
            org: None,
        }],
        stands_in_for: Vec::new(),
    })
}

fn ride() -> Bundle {
    shipped()
        .iter()
        .find(|bundle| bundle.key == "ride_hailing")
        .expect("it ships")
        .clone()
}

/// Saves what was seen at a revision, and hands it in.
async fn hand_in(world: &World, by: &Actor, bundle: &Bundle, seen: i64) -> Result<i64, Error> {
    let (by, bundle) = (by.clone(), bundle.clone());
    world
        .db
        .write(move |tx| {
            let draft = bundles::save(tx, &by, &bundle, seen, now())?;
            let draft = bundles::submit(tx, &by, &bundle.key, draft.revision, "请审核", now())?;
            Ok::<_, Error>(draft.revision)
        })
        .await
}

async fn publish(world: &World, by: &Actor, revision: i64) -> Result<i64, Error> {
    let by = by.clone();
    world
        .db
        .write(move |tx| bundles::publish(tx, &by, "ride_hailing", revision, "", now()))
        .await
}

async fn one_writes_and_another_publishes(world: World) {
    world.demo().await;
    let editor = somebody(&world, "钱编", Role::CatalogEditor);
    let reviewer = somebody(&world, "孙审", Role::CatalogReviewer);
    let revision = hand_in(&world, &editor, &ride(), 0).await.expect("goes in");
    // Neither the editor nor somebody without the office publishes.
    assert!(matches!(
        publish(&world, &editor, revision).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        publish(&world, &reviewer, revision - 1).await,
        Err(Error::Changed(_))
    ));
    assert_eq!(publish(&world, &reviewer, revision).await.expect("done"), 1);
    // A reviewer who wrote part of it is not the second person.
    let mut changed = ride();
    changed.items.remove(1);
    let revision = hand_in(&world, &reviewer, &changed, revision + 1)
        .await
        .expect("goes in");
    assert!(matches!(
        publish(&world, &reviewer, revision).await,
        Err(Error::SamePerson)
    ));
    let other = somebody(&world, "李审", Role::CatalogReviewer);
    assert_eq!(publish(&world, &other, revision).await.expect("done"), 2);
    world
        .db
        .read(|tx| {
            let first = records::bundle_version(tx, "ride_hailing", 1)?.expect("stays");
            assert_eq!((first.bundle, first.current), (ride(), false));
            let newest = records::bundle(tx, "ride_hailing")?.expect("there");
            assert_eq!((newest.version, newest.bundle.items.len()), (2, 2));
            assert_eq!(records::bundle_trail(tx, "ride_hailing")?.len(), 6);
            Ok::<_, store::Error>(())
        })
        .await
        .expect("reads");
}

async fn what_cannot_be_published_is_not_handed_in(world: World) {
    world.demo().await;
    let editor = somebody(&world, "钱编", Role::CatalogEditor);
    let mut circle = ride();
    circle.items[0].depends_on = vec![circle.items[2].base_code.clone()];
    let refused = hand_in(&world, &editor, &circle, 0).await;
    let Err(Error::Findings(found)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(found[0].code, "bundle.circle");
    assert!(found[0].message.contains("机动车变更登记"));
    // Outside their region nobody writes anything.
    let mut elsewhere = ride();
    elsewhere.region = "990000".into();
    assert!(matches!(
        hand_in(&world, &editor, &elsewhere, 0).await,
        Err(Error::NotFound)
    ));
}

async fn the_later_of_two_sees_that_somebody_was_first(world: World) {
    world.demo().await;
    let first = somebody(&world, "钱编", Role::CatalogEditor);
    let second = somebody(&world, "周编", Role::CatalogEditor);
    let save = async |by: &Actor, seen: i64, name: &str| {
        let by = by.clone();
        let bundle = Bundle {
            name: name.into(),
            ..ride()
        };
        world
            .db
            .write(move |tx| bundles::save(tx, &by, &bundle, seen, now()))
            .await
    };
    assert_eq!(save(&first, 0, "甲").await.expect("saved").revision, 1);
    assert!(matches!(
        save(&second, 0, "乙").await,
        Err(Error::Changed(1))
    ));
    assert_eq!(save(&second, 1, "乙").await.expect("saved").revision, 2);
    let (by, key) = (second.clone(), "ride_hailing");
    let dropped = world
        .db
        .write(move |tx| bundles::drop_draft(tx, &by, key, 2, "", now()))
        .await
        .expect("given up");
    assert_eq!(dropped.state, BundleState::Closed);
}

async fn a_member_is_the_item_of_the_nearest_body(world: World) {
    world.demo().await;
    let installed = world
        .db
        .write(|tx| bundles::install(tx, shipped(), "系统", now()))
        .await
        .expect("installs");
    assert_eq!(installed, shipped().len());
    // Again: nothing new.
    world
        .db
        .write(|tx| bundles::install(tx, shipped(), "系统", now()))
        .await
        .expect("installs");
    world
        .db
        .read(|tx| {
            let all = records::bundles(tx)?;
            assert_eq!(all.len(), shipped().len());
            assert!(all.iter().all(|published| published.version == 1));
            let restaurant = records::bundle(tx, "restaurant")?.expect("there").bundle;
            let found = bundles::find(tx, &restaurant, "990102")?;
            assert_eq!(found.len(), restaurant.items.len());
            assert_eq!(found[0].published.item.region_code, "990102");
            Ok::<_, store::Error>(())
        })
        .await
        .expect("reads");
}

on_both!(records:
    one_writes_and_another_publishes,
    what_cannot_be_published_is_not_handed_in,
    the_later_of_two_sees_that_somebody_was_first,
    a_member_is_the_item_of_the_nearest_body,
);

async fn install(city: &Served) {
    city.world
        .db
        .write(|tx| bundles::install(tx, shipped(), "系统", now()))
        .await
        .expect("installs");
    city.catalog.refresh().await.expect("reads");
}

async fn a_theme_is_shown_with_figures_order_and_account(city: Served) {
    assert!(!city.get("/").await.text().contains("/bundles"));
    install(&city).await;
    assert!(city.get("/").await.text().contains("/bundles/ride_hailing"));
    let search = crate::pages::links::search(&[("q", "跑网约车")]);
    assert!(
        city.get(&search)
            .await
            .text()
            .contains("/bundles/ride_hailing")
    );
    let list = city.get("/bundles").await;
    assert!(list.text().contains("我要开网约车") && list.text().contains("企业开办"));
    let seen = city.get("/bundles/ride_hailing").await;
    assert_eq!(seen.status, StatusCode::OK);
    let text = seen.text();
    for part in [
        "各事项一共列了15项",
        "还要交9项",
        "承诺的天数相加是10个工作日",
        "最长的一条路是7个工作日",
        "机动车变更登记",
        "application/ld+json",
        "/apply/",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let english = city.get_as("tb_lang=en", "/bundles/ride_hailing").await;
    assert!(english.text().contains("One set of documents"));
    let data = city.get("/bundles/ride_hailing/data.jsonld").await.json();
    assert_eq!(data["@type"], "GovernmentService");
    assert_eq!(data["hasPart"].as_array().map(Vec::len), Some(3));
    let file = city.get("/bundles/ride_hailing/proof").await;
    assert!(file.bytes.starts_with(b"PK"));
    for gone in ["/bundles/none", "/bundles/ride_hailing/versions/9"] {
        assert_eq!(city.get(gone).await.status, StatusCode::NOT_FOUND);
    }
}

async fn sent(city: &Served, method: Method, path: &str, body: &Value) -> Seen {
    let message = request(method, path, "application/json", body.to_string());
    let key = format!("{path}{body}").len().to_string();
    let message = with(message, "idempotency-key", &format!("bundle-test-{key}"));
    city.send(with(message, "authorization", &city.admin_token))
        .await
}

async fn the_api_tells_the_same_and_follows_what_is_taken_out(city: Served) {
    install(&city).await;
    let detail = city.get("/api/v1/bundles/ride_hailing").await.json();
    let told = |derived: &Value| {
        ["before", "after"].map(|when| {
            let figures = &derived[when];
            (
                figures["materials"].as_u64(),
                figures["days"].as_u64(),
                figures["visits"].as_u64(),
            )
        })
    };
    assert_eq!(
        told(&detail["derived"]),
        [(Some(15), Some(10), Some(3)), (Some(9), Some(7), Some(1))]
    );
    let list = city.get("/api/v1/bundles").await.json();
    assert_eq!(
        list["items"].as_array().map(Vec::len),
        Some(shipped().len())
    );
    let mut less = detail["bundle"].clone();
    less["items"].as_array_mut().expect("items").remove(1);
    let tried = sent(&city, Method::POST, "/api/v1/bundles/derive", &less).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.text());
    assert_eq!(
        told(&tried.json()["derived"]),
        [(Some(10), Some(7), Some(2)), (Some(7), Some(7), Some(1))]
    );
    // Save, hand in; the one who wrote it does not publish it.
    let path = "/api/v1/bundles/ride_hailing/draft";
    let saved = sent(
        &city,
        Method::PUT,
        path,
        &json!({ "revision": 0, "bundle": less }),
    )
    .await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text());
    let again = sent(
        &city,
        Method::PUT,
        path,
        &json!({ "revision": 0, "bundle": less }),
    )
    .await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let act = json!({ "revision": 1 });
    let submitted = sent(&city, Method::POST, &format!("{path}/submit"), &act).await;
    assert_eq!(
        submitted.json()["state"],
        "in_review",
        "{}",
        submitted.text()
    );
    let act = json!({ "revision": 2 });
    let own = sent(&city, Method::POST, &format!("{path}/publish"), &act).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    assert_eq!(own.json()["code"], "bundle_same_person");
    let away = sent(
        &city,
        Method::POST,
        "/api/v1/bundles/newborn/take_down",
        &json!({ "reason": "" }),
    )
    .await;
    assert_eq!(away.status, StatusCode::UNPROCESSABLE_ENTITY);
    let clerk = request(Method::GET, path, "", "");
    let stranger = city
        .send(with(clerk, "authorization", &city.clerk_token))
        .await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
}

async fn the_desk_chooses_items_and_shows_what_follows(city: Served) {
    install(&city).await;
    let list = city.get_as(&city.admin, "/admin/catalog/bundles").await;
    assert!(list.text().contains("15 → 9"));
    let clerk = city.get_as(&city.clerk, "/admin/catalog/bundles").await;
    assert_eq!(clerk.status, StatusCode::FORBIDDEN);
    let edit = city
        .get_as(&city.admin, "/admin/catalog/bundles/ride_hailing")
        .await;
    assert!(edit.text().contains("推算结果"));
    let (csrf, key) = (edit.hidden("csrf"), edit.hidden("request_key"));
    let form = |act: &str, out: &str| {
        let mut body = format!("csrf={csrf}&request_key={key}{act}&revision=0&act={act}");
        body.push_str("&name=%E8%BD%A6&summary=%E8%BD%A6&audience=person&region=990100");
        for (place, code) in ["990705007000", "990113004002", "990113004003"]
            .into_iter()
            .enumerate()
        {
            body.push_str(&format!(
                "&m{place}_base_code={code}&m{place}_order={place}"
            ));
        }
        body.push_str("&m2_after=990705007000");
        body.push_str(out);
        body
    };
    let target = "/admin/catalog/bundles/ride_hailing";
    let shown = city.post(target, &form("preview", "&m1_out=1")).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text());
    assert!(shown.text().contains("<td>10</td><td><b>7</b></td>"));
    // A preview keeps nothing.
    let detail = city.get("/api/v1/bundles/ride_hailing").await.json();
    assert_eq!(detail["bundle"]["items"].as_array().map(Vec::len), Some(3));
    // What waits for itself is shown again with the circle.
    let circle = city
        .post(target, &form("submit", "&m0_after=990113004003"))
        .await;
    assert_eq!(circle.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(circle.text().contains("先后顺序成了一个圈"));
    let saved = city.post(target, &form("save", "&m1_out=1")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let again = city.get_as(&city.admin, target).await;
    assert!(again.text().contains("编制中"));
    let file = city.get_as(&city.admin, &format!("{target}/proof")).await;
    assert!(file.bytes.starts_with(b"PK"));
}

on_both!(doors:
    a_theme_is_shown_with_figures_order_and_account,
    the_api_tells_the_same_and_follows_what_is_taken_out,
    the_desk_chooses_items_and_shows_what_follows,
);
