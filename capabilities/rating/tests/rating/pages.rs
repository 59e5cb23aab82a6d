//! The pages: the applicant's form, the public figures, what staff see.

use std::path::Path;

use casework::Role;

use crate::on_both;
use crate::place::{Place, at, sessions};

on_both!(
    the_form_is_sent_once_and_thanked_for,
    a_refused_form_keeps_what_was_typed,
    figures_are_public_and_by_body,
    staff_see_words_but_not_who,
);

async fn the_form_is_sent_once_and_thanked_for(place: Place) {
    let open = place.open_case(place.org, "990102").await;
    let who = &place.citizen.who;
    let early = place.get(Some(who), &format!("/cases/{open}/rating")).await;
    assert!(early.body.contains("办件还没有办结") && !early.body.contains("<fieldset"));

    let case = place.closed_case().await;
    let path = format!("/cases/{case}/rating");
    let form = place.get(Some(who), &path).await;
    assert_eq!(form.body.matches("type=\"radio\"").count(), 5);
    assert!(form.body.contains("2026年6月17日"), "the last day is told");
    let sent = place
        .post(who, &path, "level=1&tags=fast&text=%3Cb%3E%E5%A5%BD")
        .await;
    assert_eq!(
        (sent.status.as_u16(), sent.location.as_str()),
        (303, path.as_str())
    );
    let thanks = place.get(Some(who), &path).await;
    assert!(thanks.body.contains("感谢您的评价") && thanks.body.contains("办事效率高"));
    assert!(
        thanks.body.contains("&#60;b&#62;好"),
        "what was typed is text, not markup"
    );

    for stranger in [Some(&place.stranger.who), None] {
        let answer = place.get(stranger, &path).await;
        assert!(
            answer.status == 404 || answer.location.starts_with("/sign-in"),
            "{answer:?}"
        );
    }
    let clerk = place.staff("clerk", Role::WindowClerk, "990102").await;
    assert_eq!(place.get(Some(&clerk), &path).await.status, 403);
}

async fn a_refused_form_keeps_what_was_typed(place: Place) {
    let case = place.closed_case().await;
    let path = format!("/cases/{case}/rating");
    let who = &place.citizen.who;
    let refused = place.post(who, &path, "level=5&text=").await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("<title>错误："));
    assert!(refused.body.contains("href=\"#tags\""));
    assert!(
        refused.body.contains("id=\"tags\" value=\"no_sample\""),
        "what is lacking"
    );
    assert!(refused.body.contains("id=\"level-5\" value=\"5\" checked"));
    let refused = place.post(who, &path, "text=%E6%97%A0").await;
    assert!(refused.body.contains("href=\"#level\"") && refused.body.contains("id=\"level\""));
    assert!(refused.body.contains(">无</textarea>"));
    assert_eq!(place.count("SELECT count(*) FROM ratings").await, 0);
}

async fn figures_are_public_and_by_body(place: Place) {
    let empty = place.get(None, "/ratings").await;
    assert!(empty.body.contains("这段时间还没有评价") && empty.body.contains("—"));
    for (number, level) in [1, 1, 2, 3, 3, 3].into_iter().enumerate() {
        let case = place.closed_case().await;
        let given = place
            .rate(
                &place.citizen.who,
                case,
                &format!(r#"{{"level":{level},"text":"{number}"}}"#),
            )
            .await;
        assert_eq!(given.status, 201);
    }
    let elsewhere = place.open_case(place.other_org, "990103").await;
    place.close_case(elsewhere).await;
    place.clock.set(at("2026-06-01T01:00:00Z"));
    let who = sessions(&place.app, place.citizen.account).await;
    let bad = place
        .rate(&who, elsewhere, r#"{"level":5,"text":"材料要了三遍"}"#)
        .await;
    assert_eq!(bad.status, 201);

    let all = place.get(None, "/ratings").await.body;
    // Six good of seven, rounded down.
    assert!(all.contains("85.71%"), "{all}");
    assert!(all.contains("云川区市场监督管理局") && all.contains("临江区市场监督管理局"));
    assert!(!all.contains("材料要了三遍") && !all.contains("陈"));
    let may = place.get(None, "/ratings?month=2026-05").await.body;
    assert!(may.contains("100.00%") && !may.contains("临江区市场监督管理局"));
    assert_eq!(place.get(None, "/ratings?month=2019-01").await.status, 400);
    assert_eq!(
        place.get(None, "/api/v1/rating-tags").await.json()["version"],
        "2026-1"
    );
}

async fn staff_see_words_but_not_who(place: Place) {
    let case = place.closed_case().await;
    let elsewhere = place.open_case(place.other_org, "990103").await;
    place.close_case(elsewhere).await;
    let who = &place.citizen.who;
    let said = r#"{"level":5,"tags":["slow"],"text":"<script>等了两小时"}"#;
    assert_eq!(place.rate(who, case, said).await.status, 201);
    assert_eq!(
        place
            .rate(who, elsewhere, r#"{"level":1,"text":"很快"}"#)
            .await
            .status,
        201
    );

    let county = place.staff("county", Role::Approver, "990102").await;
    let seen = place.get(Some(&county), "/staff/ratings").await.body;
    assert!(seen.contains("等了两小时") && seen.contains("办事效率低"));
    assert!(seen.contains("&#60;script&#62;"));
    assert!(!seen.contains("很快"), "another county's");
    for secret in [
        "陈",
        &case.to_string(),
        &place.citizen.party.to_string(),
        "20260518200",
    ] {
        assert!(!seen.contains(secret), "{secret}");
    }
    let city = place.staff("city", Role::Supervisor, "990100").await;
    let both = place.get(Some(&city), "/staff/ratings").await.body;
    assert!(both.contains("很快") && both.contains("等了两小时"));
    let bad = place.get(Some(&city), "/staff/ratings?bad=1").await.body;
    assert!(!bad.contains("很快") && bad.contains("等了两小时"));
    let administrator = place.staff("admin", Role::Administrator, "990100").await;
    assert_eq!(
        place
            .get(Some(&administrator), "/staff/ratings")
            .await
            .status,
        403
    );
    assert_eq!(place.get(Some(who), "/staff/ratings").await.status, 403);
}

#[test]
fn every_public_text_has_english() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/rating");
    let missing = ui::i18n::missing(&templates).expect("the folder can be read");
    assert!(missing.is_empty(), "{missing:#?}");
    for said in [
        "评价本次办理",
        "感谢您的评价",
        "评价期已过",
        "办结后才能评价",
        "好差评",
        "最近12个月",
    ] {
        assert!(ui::i18n::has_english(said), "{said}");
    }
    for level in rating::Level::ALL {
        assert!(ui::i18n::has_english(level.label()), "{}", level.label());
    }
}
