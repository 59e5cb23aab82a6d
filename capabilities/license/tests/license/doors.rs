//! Who sees what of a certificate.

use std::path::Path;

use casework::Role;
use license::LicenseState;
use people::{NewParty, PartyKind};

use crate::on_both;
use crate::place::{Place, a_uscc, at, next_id, sessions};

on_both!(
    the_holder_prints_it_and_nobody_else_sees_it,
    my_certificates_page_by_page,
    anyone_with_the_code_learns_what_it_certifies,
    an_enterprises_name_is_public,
    wrong_codes_are_told_apart_from_unknown_ones,
    checking_is_limited,
    a_changed_certificate_is_never_shown,
);

async fn the_holder_prints_it_and_nobody_else_sees_it(place: Place) {
    let issued = place.issue(place.citizen.party, "陈小薇", Some(5)).await;
    let (page, api) = (
        format!("/licenses/{}", issued.license_id),
        format!("/api/v1/licenses/{}", issued.license_id),
    );
    let who = &place.citizen.who;
    let shown = place.get(Some(who), &page).await;
    assert_eq!(shown.status, 200);
    let code = &issued.verify_code;
    let grouped = format!("{}-{}-{}", &code[..4], &code[4..8], &code[8..]);
    for said in [
        "陈小薇",
        "食品经营许可证",
        "云川区市场监督管理局",
        "2031年5月17日",
        "有效",
        &grouped,
    ] {
        assert!(shown.body.contains(said), "{said}");
    }
    assert_eq!(shown.body.matches("<h1").count(), 1);
    assert!(shown.body.contains("class=\"a4\"") && shown.body.contains("<path fill=\"#000\""));
    assert!(
        !shown.body.contains("style="),
        "the content policy forbids styles"
    );
    let json = place.get(Some(who), &api).await.json();
    assert_eq!(json["state"], "valid");
    assert_eq!(
        json["verify_url"],
        format!("http://127.0.0.1:8080/verify/{code}")
    );

    let clerk = place.staff("clerk", Role::WindowClerk, "990102").await;
    let elsewhere = place.staff("river", Role::WindowClerk, "990103").await;
    let administrator = place.staff("admin", Role::Administrator, "990100").await;
    for (who, status) in [
        (&clerk, 200),
        (&place.stranger.who, 404),
        (&elsewhere, 404),
        (&administrator, 404),
    ] {
        assert_eq!(place.get(Some(who), &page).await.status, status);
        assert_eq!(place.get(Some(who), &api).await.status, status);
    }
    let anonymous = place.get(None, &page).await;
    assert!(anonymous.location.starts_with("/sign-in"), "{anonymous:?}");
    assert_eq!(place.get(None, &api).await.status, 401);
    assert_eq!(
        place.get(Some(who), "/licenses/1.2.156.x").await.status,
        404
    );

    // After its last day it is expired, whatever its row says.
    place.clock.set(at("2031-05-17T16:00:00Z"));
    let who = sessions(&place.app, place.citizen.account).await;
    assert!(place.get(Some(&who), &page).await.body.contains("已过期"));
    assert_eq!(place.get(Some(&who), &api).await.json()["state"], "expired");
}

async fn my_certificates_page_by_page(place: Place) {
    let none = place.get(Some(&place.citizen.who), "/my/licenses").await;
    assert!(none.body.contains("还没有电子证照"));
    let mut made = Vec::new();
    for minute in 0..5 {
        place
            .clock
            .set(at(&format!("2026-05-18T01:0{}:00Z", minute / 2)));
        made.push(
            place
                .issue(place.citizen.party, "陈小薇", None)
                .await
                .license_id,
        );
    }
    place.issue(place.stranger.party, "林建国", None).await;

    let who = &place.citizen.who;
    let page = place.get(Some(who), "/my/licenses").await;
    assert!(made.iter().all(|id| page.body.contains(id)));
    assert_eq!(page.body.matches("<h2><a href=\"/licenses/").count(), 5);
    assert!(page.body.contains("长期"));

    let mut seen = Vec::new();
    let mut cursor = String::new();
    for _ in 0..3 {
        let list = place
            .get(Some(who), &format!("/api/v1/my/licenses?limit=2{cursor}"))
            .await
            .json();
        for item in list["items"].as_array().expect("a list") {
            seen.push(item["license_id"].as_str().expect("text").to_owned());
        }
        match list["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    assert_eq!(seen[0], made[4]);
    seen.sort();
    made.sort();
    assert_eq!(seen, made);
    assert_eq!(
        place
            .get(Some(who), "/api/v1/my/licenses?limit=0")
            .await
            .status,
        400
    );
    assert_eq!(
        place
            .get(Some(who), "/api/v1/my/licenses?cursor=x")
            .await
            .status,
        400
    );
    let clerk = place.staff("clerk", Role::WindowClerk, "990102").await;
    assert_eq!(place.get(Some(&clerk), "/my/licenses").await.status, 403);
}

async fn anyone_with_the_code_learns_what_it_certifies(place: Place) {
    let issued = place.issue(place.citizen.party, "陈小薇", Some(5)).await;
    let code = issued.verify_code;
    let typed = format!(
        "{}-{} {}",
        code[..4].to_lowercase(),
        &code[4..8],
        &code[8..]
    );
    let typed = typed.replace(' ', "%20");
    for path in [format!("/verify/{code}"), format!("/verify?code={typed}")] {
        let seen = place.get(None, &path).await;
        assert_eq!(seen.status, 200, "{path}");
        assert!(seen.body.contains("食品经营许可证") && seen.body.contains("陈*薇"));
        assert!(seen.body.contains("有效"));
        for secret in ["陈小薇", &issued.license_id, "99010220260518200001X"] {
            assert!(!seen.body.contains(secret), "{secret}");
        }
    }
    let json = place
        .get(None, &format!("/api/v1/licenses/verify?code={typed}"))
        .await
        .json();
    assert_eq!(json["holder_name"], "陈*薇");
    assert_eq!(json["state"], "valid");
    place.write("UPDATE licenses SET state = 'revoked'").await;
    let revoked = place.get(None, &format!("/verify/{code}")).await;
    assert!(revoked.body.contains("已撤销"));
}

async fn an_enterprises_name_is_public(place: Place) {
    let company = next_id(&place.app);
    let new = NewParty {
        kind: PartyKind::Legal,
        name: "云川澄湖中央厨房有限公司".to_owned(),
        id_number: a_uscc("91990102MA5KTEXT0"),
        phone: None,
        address: None,
        region: "990102".to_owned(),
        legal_representative: Some("林建国".to_owned()),
    };
    let (people, now) = (place.app.people.clone(), place.app.now());
    let registered = place
        .app
        .db
        .write(move |tx| people.register_party(tx, &new, company, now));
    registered.await.expect("registered");
    let issued = place.issue(company, "云川澄湖中央厨房有限公司", None).await;
    let seen = place
        .get(None, &format!("/verify/{}", issued.verify_code))
        .await;
    assert!(seen.body.contains("云川澄湖中央厨房有限公司"));
}

async fn wrong_codes_are_told_apart_from_unknown_ones(place: Place) {
    let form = place.get(None, "/verify").await;
    assert_eq!(form.status, 200);
    assert!(form.body.contains("<label class=\"label\" for=\"code\">"));
    let short = place.get(None, "/verify?code=%3Cb%3E7K4M").await;
    assert_eq!(short.status, 422);
    assert!(
        short.body.contains("<title>错误：") && short.body.contains("value=\"&#60;b&#62;7K4M\"")
    );
    let unknown = place.get(None, "/verify/7K4M2RQX98TT").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.body.contains("没有查到这个核验码") && unknown.body.contains("12345"));
    assert_eq!(
        place
            .get(None, "/api/v1/licenses/verify?code=7K4M2RQX98TT")
            .await
            .status,
        404
    );
    assert_eq!(
        place
            .get(None, "/api/v1/licenses/verify?code=7")
            .await
            .status,
        422
    );
    assert_eq!(place.get(None, "/api/v1/licenses/verify").await.status, 400);
}

async fn checking_is_limited(place: Place) {
    let mut statuses = Vec::new();
    for _ in 0..32 {
        statuses.push(
            place
                .get(None, "/verify/7K4M2RQX98TT")
                .await
                .status
                .as_u16(),
        );
    }
    assert_eq!(statuses.iter().filter(|status| **status == 404).count(), 30);
    assert_eq!(statuses[30..], [429, 429]);
    // Looking at the form is not checking.
    assert_eq!(place.get(None, "/verify").await.status, 200);
}

async fn a_changed_certificate_is_never_shown(place: Place) {
    let issued = place.issue(place.citizen.party, "陈小薇", None).await;
    place
        .write("UPDATE licenses SET body = replace(body, '陈小薇', '陈大薇')")
        .await;
    let page = format!("/licenses/{}", issued.license_id);
    let shown = place.get(Some(&place.citizen.who), &page).await;
    assert_eq!(shown.status, 500);
    assert!(!shown.body.contains("陈大薇"));
}

#[test]
fn every_text_has_english() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let missing = ui::i18n::missing(&templates).expect("the folder can be read");
    assert!(missing.is_empty(), "{missing:#?}");
    for state in [
        LicenseState::Valid,
        LicenseState::Expired,
        LicenseState::Revoked,
        LicenseState::Cancelled,
    ] {
        assert!(ui::i18n::has_english(state.label()), "{}", state.label());
    }
    for said in ["我的证照", "证照核验", "返回工作台", "核验二维码"] {
        assert!(ui::i18n::has_english(said), "{said}");
    }
}
