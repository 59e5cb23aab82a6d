//! What time alone brings about, as its applicant reads it: in the timeline and in a message.

use approval::law::Settings;
use casework::Actor;
use serde_json::json;
use testkit::town::FOOD;
use testkit::{TestApp, on_every_engine};

use super::{messages, work};
use crate::steps;

/// Sets something for the food permit beside its published version.
async fn set(app: &TestApp, settings: Settings) {
    let (item, now) = (app.town.item(FOOD), app.now());
    let change = app.platform.app.ids.next_uuid(now);
    app.db()
        .write(move |tx| {
            let (system, why) = (&Actor::System, "依照条例");
            approval::settings::set(tx, system, (change, now), item, &settings, why)
        })
        .await
        .expect("settings within bounds");
}

#[test]
fn silence_that_is_consent_is_told() {
    on_every_engine(async |app| {
        let law = "《示范条例》第二十条第二款";
        set(
            &app,
            Settings {
                tacit_basis: Some(law.to_owned()),
                ..Settings::default()
            },
        )
        .await;
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let case = steps::file_food(&app, &citizen).await;
        let accept = office.post(&case.api("/acceptance"), &json!({})).await;
        accept.expect(200);
        // Twenty working days from the 21st of May: the 18th of June; the holiday after it changes nothing.
        app.set_clock("2026-06-18T23:59:59+08:00");
        work(&app).await;
        let mut owner = app.browser("citizen1").await;
        let shown = owner.get(&case.page("")).await.expect(200);
        assert!(!shown.shows("视为准予"), "not before the last day is over");
        app.set_clock("2026-06-19T00:00:00+08:00");
        work(&app).await;
        let shown = owner.get(&case.page("")).await.expect(200);
        assert!(
            shown.shows("逾期未决定，视为准予"),
            "{}",
            shown.document.text()
        );
        assert!(shown.shows(law) && shown.shows("查看电子证照"));
        let citizen = app.program("citizen1").await;
        let kinds = messages(&app, &citizen, &case).await;
        assert!(kinds.contains(&"deemed_granted".to_owned()), "{kinds:?}");
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_correction_that_never_came_is_told() {
    on_every_engine(async |app| {
        set(
            &app,
            Settings {
                correction_days: Some(5),
                ..Settings::default()
            },
        )
        .await;
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let case = steps::file_food(&app, &citizen).await;
        let told = json!({ "items": [{ "material": "layout", "what": "请标明更衣处" }] });
        let told = office.post(&case.api("/correction-notice"), &told).await;
        told.expect(200);
        app.set_clock("2026-05-29T00:00:00+08:00");
        work(&app).await;
        let mut owner = app.browser("citizen1").await;
        let shown = owner.get(&case.page("")).await.expect(200);
        assert!(
            shown.shows("逾期未补正，终止办理") && shown.shows("可以重新申请"),
            "{}",
            shown.document.text()
        );
        let citizen = app.program("citizen1").await;
        let kinds = messages(&app, &citizen, &case).await;
        assert_eq!(
            &kinds[..3],
            ["received", "correction_asked", "lapsed"],
            "{kinds:?}"
        );
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn acceptance_by_silence_is_told() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        app.set_clock("2026-05-29T00:00:00+08:00");
        work(&app).await;
        let mut owner = app.browser("citizen1").await;
        let shown = owner.get(&case.page("")).await.expect(200);
        assert!(shown.shows("逾期未告知，视为受理"));
        let citizen = app.program("citizen1").await;
        assert_eq!(
            messages(&app, &citizen, &case).await,
            ["received", "accepted"]
        );
    });
}
