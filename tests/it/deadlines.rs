//! What happens by itself: a notice that was not given in time, and a calendar that changes under open clocks.

use serde_json::{Value, json};
use testkit::{TestApp, on_every_engine};

use crate::steps::{self, Filed};

/// Works off everything that is due now.
async fn work(app: &TestApp) -> u64 {
    let report = app
        .platform
        .worker()
        .run_due(app.now())
        .await
        .expect("the schedule is read");
    assert_eq!((report.failed, report.dead), (0, 0));
    report.done
}

async fn state(app: &TestApp, case: &Filed) -> Value {
    let office = app.program("integrator1").await;
    office.get(&case.api("")).await.expect(200).json()
}

#[test]
fn a_case_nobody_answered_is_deemed_accepted_from_the_day_it_was_received() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        // Told in time, or withdrawn: never deemed.
        let told = steps::file_food(&app, &citizen).await;
        let gone = steps::file_food(&app, &citizen).await;
        let office = app.program("integrator1").await;
        let items = json!({ "items": [{ "material": "layout", "what": "请标明更衣处" }] });
        office
            .post(&told.api("/correction-notice"), &items)
            .await
            .expect(200);
        citizen
            .post(&gone.api("/withdrawal"), &json!({ "reason": "不办了" }))
            .await
            .expect(200);

        // Five working days after Thursday the 21st: Thursday the 28th, all of it.
        app.set_clock("2026-05-28T23:59:59.999+08:00");
        assert_eq!(work(&app).await, 0);
        assert_eq!(state(&app, &case).await["state"], "received");
        app.set_clock("2026-05-29T00:00:00+08:00");
        assert_eq!(work(&app).await, 1);
        assert_eq!(work(&app).await, 0, "once");
        let deemed = state(&app, &case).await;
        assert_eq!(deemed["state"], "accepted");
        // The deciding clock began when the materials were received.
        let promised = clock(&deemed, "promised");
        assert_eq!(promised["due_date"], "2026-06-02");
        assert_eq!(state(&app, &told).await["state"], "correcting");
        assert_eq!(state(&app, &gone).await["state"], "withdrawn");

        let office = app.program("integrator1").await;
        let trail = office.get(&case.api("/trail")).await.expect(200).json();
        let last = trail
            .as_array()
            .and_then(|rows| rows.last())
            .expect("a trail")
            .clone();
        assert_eq!(last["command"], "deem_accepted");
        assert_eq!(last["actor"], "系统");
        let mut owner = app.browser("citizen1").await;
        let page = owner.get(&case.page("")).await.expect(200);
        assert!(page.shows("视为受理"), "{}", page.document.text());
        app.verify().await.expect("everything is as it was written");
    });
}

fn clock(case: &Value, kind: &str) -> Value {
    case["clocks"]
        .as_array()
        .expect("clocks")
        .iter()
        .rfind(|clock| clock["kind"] == kind)
        .unwrap_or_else(|| panic!("no clock {kind} in {case}"))
        .clone()
}

/// An administrator loads a calendar through the page.
async fn load(app: &TestApp, csv: &str) -> testkit::Page {
    let mut admin = app.browser("admin1").await;
    let page = admin.get("/admin/calendar").await.expect(200);
    let form = page
        .document
        .forms()
        .into_iter()
        .find(|form| form.multipart)
        .expect("an upload");
    let field = form
        .controls
        .iter()
        .find(|control| control.kind == "file")
        .expect("a file")
        .name
        .clone();
    let looked = admin
        .submit_files(&page, form, &[(&field, "calendar.csv", csv.as_bytes())])
        .await
        .expect(200);
    let form = looked.form("/admin/calendar/load");
    admin.submit(&looked, form).await.expect(200)
}

/// The arrangements of 2026 that ship, with more days off or on.
fn calendar_with(app: &TestApp, more: &str) -> String {
    let builtin = app.platform.app.calendar();
    let mut csv = "date,name,day_type,announced_for_year\n".to_owned();
    for row in builtin.rows() {
        if row.announced_for_year == 2026 && !more.contains(&row.date.to_string()) {
            let kind = match row.kind {
                calendar::ArrangementKind::Off => "off",
                calendar::ArrangementKind::MakeupWorkday => "makeup_workday",
            };
            csv.push_str(&format!("{},{},{kind},2026\n", row.date, row.name));
        }
    }
    csv.push_str(more);
    csv
}

#[test]
fn a_new_calendar_moves_open_clocks_and_records_old_and_new_dates() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let received = steps::file_food(&app, &citizen).await;
        let accepted = steps::file_food(&app, &citizen).await;
        office
            .post(&accepted.api("/acceptance"), &json!({}))
            .await
            .expect(200);
        let closed = steps::file_food(&app, &citizen).await;
        office
            .post(&closed.api("/acceptance"), &json!({}))
            .await
            .expect(200);
        office
            .post(&closed.api("/decision"), &json!({ "granted": true }))
            .await
            .expect(200);
        let closed_before = state(&app, &closed).await;

        // Monday the 25th and Tuesday the 26th become days off.
        let done = load(
            &app,
            &calendar_with(
                &app,
                "2026-05-25,城市纪念日,off,2026\n2026-05-26,城市纪念日,off,2026\n",
            ),
        )
        .await;
        assert!(done.shows('2'.to_string().as_str()));
        assert_eq!(
            clock(&state(&app, &received).await, "one_time_correction")["due_date"],
            "2026-06-01"
        );
        assert_eq!(
            clock(&state(&app, &accepted).await, "promised")["due_date"],
            "2026-06-04"
        );
        let closed_after = state(&app, &closed).await;
        assert_eq!(
            closed_after["version"], closed_before["version"],
            "what is over gets no event"
        );
        assert!(clock(&closed_before, "promised")["judged_by"].is_string());
        assert_eq!(
            closed_after["clocks"], closed_before["clocks"],
            "and stays as it was judged"
        );

        let trail = office.get(&accepted.api("/trail")).await.expect(200).json();
        let last = trail
            .as_array()
            .and_then(|rows| rows.last())
            .expect("a trail")
            .clone();
        assert_eq!(last["command"], "recompute_clocks");
        let body = last["body"].as_str().expect("the event");
        assert!(
            body.contains("2026-06-02") && body.contains("2026-06-04"),
            "old and new: {body}"
        );

        // Loading the same again changes nothing more.
        let rows = trail.as_array().expect("rows").len();
        load(
            &app,
            &calendar_with(
                &app,
                "2026-05-25,城市纪念日,off,2026\n2026-05-26,城市纪念日,off,2026\n",
            ),
        )
        .await;
        let again = office.get(&accepted.api("/trail")).await.expect(200).json();
        assert_eq!(again.as_array().expect("rows").len(), rows);
        app.verify().await.expect("everything is as it was written");

        // What falls due by itself follows: not on the old day, but at the end of the new one.
        app.set_clock("2026-05-29T00:00:00+08:00");
        work(&app).await;
        assert_eq!(state(&app, &received).await["state"], "received");
        app.set_clock("2026-06-02T00:00:00+08:00");
        assert_eq!(work(&app).await, 1);
        assert_eq!(state(&app, &received).await["state"], "accepted");
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn an_earlier_day_is_kept_as_punctually_as_a_later_one() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        // Saturday the 23rd and Sunday the 24th are worked: two days sooner.
        load(
            &app,
            &calendar_with(
                &app,
                "2026-05-23,补班,makeup_workday,2026\n2026-05-24,补班,makeup_workday,2026\n",
            ),
        )
        .await;
        assert_eq!(
            clock(&state(&app, &case).await, "one_time_correction")["due_date"],
            "2026-05-26"
        );
        app.set_clock("2026-05-27T00:00:00+08:00");
        assert_eq!(work(&app).await, 1);
        assert_eq!(state(&app, &case).await["state"], "accepted");
    });
}
