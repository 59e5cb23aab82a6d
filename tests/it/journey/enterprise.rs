//! Acting for others: an enterprise, another person; and looking without signing in.

use serde_json::json;
use testkit::on_every_engine;
use testkit::town::{self, CARE_HOME, ENTERPRISE, FOOD};

use crate::steps;

#[test]
fn a_person_acts_for_an_enterprise_and_only_while_they_may() {
    on_every_engine(async |app| {
        let mut owner = app.browser("citizen1").await;
        // For themselves they may not apply for what is only for enterprises.
        let item = app.town.item(CARE_HOME);
        let program = app.program("citizen1").await;
        let refused = program
            .post("/api/v1/cases", &json!({ "item_id": item.to_string() }))
            .await;
        assert!(refused.status.is_client_error(), "{}", refused.text());

        // For the enterprise they may; the case is the enterprise's.
        let start = format!("/apply/{}", app.town.item(FOOD));
        let page = owner.get(&start).await.expect(200);
        let enterprise = app.town.enterprise.to_string();
        let form = page.form(&start).set("applicant", &enterprise);
        let page = owner.submit(&page, form).await.expect(200);
        assert!(page.shows(ENTERPRISE.0), "{}", page.document.text());

        // Another person authorised by the enterprise sees its cases; before and after, they do not.
        let mut agent = app.browser("citizen2").await;
        let page = agent.get("/account/proxies").await.expect(200);
        assert!(!page.text().contains(&enterprise));
        let page = owner.get("/account/proxies").await.expect(200);
        let form = page
            .form("/account/proxies")
            .set("name", town::CITIZENS[1].1)
            .set("id_number", town::CITIZENS[1].2);
        let given = owner.submit(&page, form).await.expect(200);
        assert!(given.shows("李"), "{}", given.document.text());
        let page = agent.get("/account/proxies").await.expect(200);
        let form = page
            .form("/account/acting")
            .forged("party", &enterprise)
            .forged("applicant", &enterprise);
        let page = agent.submit(&page, form).await.expect(200);
        assert!(page.shows(ENTERPRISE.0), "{}", page.document.text());
        let page = owner.get("/account/proxies").await.expect(200);
        let form = page.form("/account/proxies/revoke");
        owner.submit(&page, form).await.expect(200);
        let page = agent.get("/account/proxies").await.expect(200);
        assert!(!page.text().contains(&enterprise), "taken back");
        // A stranger cannot simply say whom they act for.
        let mut stranger = app.browser("citizen3").await;
        let page = stranger.get("/account/proxies").await.expect(200);
        let form = page
            .form("/account/acting")
            .forged("party", &enterprise)
            .forged("applicant", &enterprise);
        let refused = stranger.submit(&page, form).await;
        assert!(refused.status.is_client_error(), "{}", refused.status);
    });
}

#[test]
fn progress_is_seen_without_signing_in_by_number_and_code_only() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let code = case.json["query_code"].as_str().expect("a code").to_owned();
        let mut visitor = app.visitor();
        let page = visitor.get("/progress").await.expect(200);
        let form = page.form("/progress");
        let found = visitor
            .submit(&page, form.clone().set("no", &case.no).set("code", &code))
            .await
            .expect(200);
        assert!(found.shows("待受理"), "{}", found.document.text());
        assert!(!found.text().contains(town::CITIZENS[0].1), "no names");
        assert!(!found.text().contains(town::CITIZENS[0].2));
        let other = if code == "000000" { "000001" } else { "000000" };
        for (no, code) in [
            (case.no.as_str(), other),
            ("9901022026052120000099", code.as_str()),
            ("x", "y"),
        ] {
            let refused = visitor
                .submit(&page, form.clone().set("no", no).set("code", code))
                .await;
            assert!(refused.status.is_client_error(), "{no}: {}", refused.status);
            assert!(!refused.shows("待受理"), "{no}");
        }
        // Six digits are not for guessing.
        let mut turned_away = 0;
        for guess in 0..40 {
            let guess = form
                .clone()
                .set("no", &case.no)
                .set("code", &format!("{guess:06}"));
            turned_away += usize::from(visitor.submit(&page, guess).await.status == 429);
        }
        assert!(turned_away > 0, "guessing was never stopped");
    });
}

#[test]
fn passwords_are_not_for_guessing_either() {
    on_every_engine(async |app| {
        let mut thief = app.visitor().at([192, 0, 2, 66]);
        let page = thief.get("/sign-in").await.expect(200);
        let guess = |n: usize| {
            page.form("/sign-in")
                .set("login", "citizen1")
                .set("password", &format!("guess-number-{n}"))
        };
        let mut last = 0;
        for n in 0..8 {
            last = thief.submit(&page, guess(n)).await.status.as_u16();
        }
        assert_eq!(last, 429);
        // The right one does not help any more from there; from elsewhere the owner still gets in.
        let right = page
            .form("/sign-in")
            .set("login", "citizen1")
            .set("password", town::PASSWORD);
        assert_eq!(thief.submit(&page, right).await.status, 429);
        let mut owner = app.visitor();
        owner.sign_in("citizen1", town::PASSWORD).await;
        // A quarter of an hour later it is forgotten.
        app.advance(std::time::Duration::from_mins(16));
        thief.sign_in("citizen1", town::PASSWORD).await;
    });
}
