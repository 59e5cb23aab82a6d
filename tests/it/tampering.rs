//! Whatever is changed behind everybody's back, verification finds it and says where.

use base::ids::CaseId;
use serde_json::json;
use store::{Error, Tx, Value, params};
use testkit::{TestApp, on_every_engine};

use crate::steps::{self, Filed};

/// A town in the middle of its work: received, correcting, accepted, taken, granted and waiting, done and rated.
async fn working(app: &TestApp) -> Vec<Filed> {
    let citizen = app.program("citizen1").await;
    let office = app.program("integrator1").await;
    let mut cases = Vec::new();
    for _ in 0..4 {
        cases.push(steps::file_food(app, &citizen).await);
    }
    cases.push(steps::file_food_for_window(app, &citizen).await);
    let told = json!({ "items": [{ "material": "layout", "what": "请标明更衣处" }] });
    office
        .post(&cases[1].api("/correction-notice"), &told)
        .await
        .expect(200);
    for case in &cases[2..] {
        office
            .post(&case.api("/acceptance"), &json!({ "remark": "材料齐全" }))
            .await
            .expect(200);
    }
    for case in &cases[3..] {
        office
            .post(
                &case.api("/decision"),
                &json!({ "granted": true, "opinion": "符合条件" }),
            )
            .await
            .expect(200);
    }
    citizen
        .post(&cases[3].api("/rating"), &json!({ "level": 2 }))
        .await
        .expect(201);
    let mut desk = app.browser("approver1").await;
    steps::act(&mut desk, &cases[2], "take", &[])
        .await
        .expect(200);
    cases
}

/// One row of a trail.
#[derive(Clone)]
struct Event {
    case: CaseId,
    no: String,
    seq: i64,
    body: String,
}

async fn trail(app: &TestApp) -> Vec<Event> {
    app.read(|tx| {
        tx.query(
            "SELECT t.case_id, c.case_no, t.seq, t.body FROM trail t JOIN cases c ON c.case_id = t.case_id
             ORDER BY t.case_id, t.seq",
            &[],
        )?
        .iter()
        .map(|row| {
            Ok(Event {
                case: row.get(0)?,
                no: row.get(1)?,
                seq: row.get(2)?,
                body: row.get(3)?,
            })
        })
        .collect()
    })
    .await
}

/// The difference names the case by its number, and the event.
fn names(said: Result<cases::verify::Counts, String>, event: &Event, how: &str) {
    let said = said.expect_err(how);
    assert!(said.contains(&event.no), "{how}: {said}");
    assert!(
        said.contains(&format!("event {}", event.seq)),
        "{how}: {said}"
    );
}

#[test]
fn a_changed_byte_in_any_trail_row_is_found_and_named() {
    on_every_engine(async |app| {
        working(&app).await;
        let before = app.verify().await.expect("everything is as it was written");
        assert_eq!(before.cases, 5);
        for event in trail(&app).await {
            let signs: Vec<char> = event.body.chars().collect();
            // The first, the last, and some between: every part of a row has its turn over all rows.
            for part in 0..6 {
                let at = (signs.len() - 1) * part / 5;
                let mut changed = signs.clone();
                changed[at] = if changed[at] == '0' { '1' } else { '0' };
                let body: String = changed.iter().collect();
                let row = event.clone();
                let said = app
                    .tampered(move |tx| {
                        one(tx.exec(
                            "UPDATE trail SET body = $3 WHERE case_id = $1 AND seq = $2",
                            &params![row.case.uuid(), row.seq, body.as_str()],
                        )?)
                    })
                    .await;
                names(said, &event, &format!("sign {at} of event {}", event.seq));
            }
            for (column, sql) in [
                (
                    "at",
                    "UPDATE trail SET at = at + 1 WHERE case_id = $1 AND seq = $2",
                ),
                (
                    "command",
                    "UPDATE trail SET command = 'grant ' WHERE case_id = $1 AND seq = $2",
                ),
                (
                    "hash",
                    "UPDATE trail SET hash = (SELECT head FROM cases c WHERE c.case_id <> trail.case_id ORDER BY c.case_id LIMIT 1) WHERE case_id = $1 AND seq = $2",
                ),
            ] {
                let row = event.clone();
                let said = app
                    .tampered(move |tx| one(tx.exec(sql, &params![row.case.uuid(), row.seq])?))
                    .await;
                names(said, &event, column);
            }
        }
        assert_eq!(
            app.verify().await,
            Ok(before),
            "the changes were taken back"
        );
    });
}

#[test]
fn a_missing_row_is_found_and_named() {
    on_every_engine(async |app| {
        working(&app).await;
        for event in trail(&app).await {
            let row = event.clone();
            let said = app
                .tampered(move |tx| {
                    one(tx.exec(
                        "DELETE FROM trail WHERE case_id = $1 AND seq = $2",
                        &params![row.case.uuid(), row.seq],
                    )?)
                })
                .await;
            // Without its only event a case has no trail at all.
            let said = said.expect_err("a row is missing");
            assert!(said.contains(&event.no), "{said}");
            assert!(
                said.contains(&format!("event {}", event.seq)) || said.contains("has no trail"),
                "{said}"
            );
        }
    });
}

#[test]
fn rows_in_another_order_or_at_another_case_are_found_and_named() {
    on_every_engine(async |app| {
        working(&app).await;
        let events = trail(&app).await;
        let mut swapped = 0;
        for pair in events.windows(2) {
            let [first, second] = pair else { continue };
            // Within a case neighbours change places; over the border of a case a row moves to the other case.
            swapped += 1;
            let (a, b) = (first.clone(), second.clone());
            let said = app
                .tampered(move |tx| {
                    let away = |tx: &mut Tx<'_>, event: &Event| {
                        one(tx.exec(
                            "UPDATE trail SET seq = seq + 1000 WHERE case_id = $1 AND seq = $2",
                            &params![event.case.uuid(), event.seq],
                        )?)
                    };
                    let to = |tx: &mut Tx<'_>, event: &Event, place: &Event| {
                        one(tx.exec(
                            "UPDATE trail SET case_id = $3, seq = $4 WHERE case_id = $1 AND seq = $2",
                            &params![event.case.uuid(), event.seq + 1000, place.case.uuid(), place.seq],
                        )?)
                    };
                    away(tx, &a)?;
                    away(tx, &b)?;
                    to(tx, &a, &b)?;
                    to(tx, &b, &a)
                })
                .await;
            names(said, first, "swapped");
        }
        assert!(swapped >= 10, "{swapped}");
    });
}

#[test]
fn a_trail_that_was_forged_with_all_its_hashes_still_differs_from_the_feed() {
    on_every_engine(async |app| {
        let cases = working(&app).await;
        let victim = cases[2].id.parse::<CaseId>().expect("an id");
        let events: Vec<Event> = trail(&app)
            .await
            .into_iter()
            .filter(|event| event.case == victim)
            .collect();
        let number = cases[2].no.clone();
        let said = app
            .tampered(move |tx| {
                let mut previous = casework::trail::ORIGIN;
                for event in &events {
                    let body = event.body.replace("材料齐全", "材料不齐");
                    previous = casework::trail::link(event.case, event.seq, &previous, &body);
                    one(tx.exec(
                        "UPDATE trail SET body = $3, hash = $4 WHERE case_id = $1 AND seq = $2",
                        &params![
                            event.case.uuid(),
                            event.seq,
                            body.as_str(),
                            previous.to_vec()
                        ],
                    )?)?;
                }
                one(tx.exec(
                    "UPDATE cases SET head = $2 WHERE case_id = $1",
                    &params![victim.uuid(), previous.to_vec()],
                )?)
            })
            .await;
        let said = said.expect_err("the feed keeps the hash it saw");
        assert!(
            said.contains(&victim.to_string()) || said.contains(&number),
            "{said}"
        );
    });
}

#[test]
fn a_changed_case_task_or_clock_row_is_found_and_named() {
    on_every_engine(async |app| {
        let cases = working(&app).await;
        let accepted = &cases[2];
        let id: CaseId = accepted.id.parse().expect("an id");
        for (column, sql) in CHANGES {
            let said = app
                .tampered(move |tx| {
                    let changed = tx.exec(sql, &params![id.uuid()])?;
                    assert!(changed >= 1, "{column}: nothing was changed");
                    Ok(())
                })
                .await;
            let said = said.expect_err(column);
            assert!(
                said.contains(&accepted.no) || said.contains(&accepted.id),
                "{column}: {said}"
            );
        }
    });
}

/// One change each, of the case in `$1`, which is accepted, taken, and under two clocks.
const CHANGES: &[(&str, &str)] = &[
    (
        "case_no",
        "UPDATE cases SET case_no = '99010200000000000000' WHERE case_id = $1",
    ),
    (
        "kind",
        "UPDATE cases SET kind = 'bundle' WHERE case_id = $1",
    ),
    (
        "state",
        "UPDATE cases SET state = 'granted' WHERE case_id = $1",
    ),
    (
        "version",
        "UPDATE cases SET version = version + 1 WHERE case_id = $1",
    ),
    (
        "version back",
        "UPDATE cases SET version = version - 1 WHERE case_id = $1",
    ),
    (
        "region",
        "UPDATE cases SET region = '990103' WHERE case_id = $1",
    ),
    (
        "org_id",
        "UPDATE cases SET org_id = case_id WHERE case_id = $1",
    ),
    (
        "title",
        "UPDATE cases SET title = title || ' ' WHERE case_id = $1",
    ),
    (
        "applicant_id",
        "UPDATE cases SET applicant_id = case_id WHERE case_id = $1",
    ),
    (
        "applicant_name",
        "UPDATE cases SET applicant_name = '王大明' WHERE case_id = $1",
    ),
    (
        "channel",
        "UPDATE cases SET channel = 'window' WHERE case_id = $1",
    ),
    (
        "opened_at",
        "UPDATE cases SET opened_at = opened_at - 1 WHERE case_id = $1",
    ),
    (
        "closed_at",
        "UPDATE cases SET closed_at = opened_at WHERE case_id = $1",
    ),
    (
        "due_at",
        "UPDATE cases SET due_at = due_at + 86400000 WHERE case_id = $1",
    ),
    (
        "outcome",
        "UPDATE cases SET outcome = 'granted' WHERE case_id = $1",
    ),
    (
        "head",
        "UPDATE cases SET head = (SELECT hash FROM trail WHERE trail.case_id = cases.case_id AND seq = 1) WHERE case_id = $1",
    ),
    (
        "state in body",
        "UPDATE cases SET body = replace(body, '\"accepted\"', '\"received\"') WHERE case_id = $1",
    ),
    (
        "name in body",
        "UPDATE cases SET body = replace(body, '王小明', '王大明') WHERE case_id = $1",
    ),
    ("body", "UPDATE cases SET body = '{}' WHERE case_id = $1"),
    (
        "task kind",
        "UPDATE tasks SET kind = 'deliver' WHERE case_id = $1",
    ),
    (
        "task permission",
        "UPDATE tasks SET permission = 'deliver' WHERE case_id = $1",
    ),
    (
        "task org",
        "UPDATE tasks SET org_id = case_id WHERE case_id = $1",
    ),
    (
        "task region",
        "UPDATE tasks SET region = '990103' WHERE case_id = $1",
    ),
    (
        "task staff",
        "UPDATE tasks SET staff_id = NULL WHERE case_id = $1",
    ),
    (
        "task due",
        "UPDATE tasks SET due_at = due_at + 1 WHERE case_id = $1",
    ),
    (
        "task near",
        "UPDATE tasks SET near_at = near_at + 1 WHERE case_id = $1",
    ),
    (
        "task opened",
        "UPDATE tasks SET opened_at = opened_at + 1 WHERE case_id = $1",
    ),
    (
        "task provisional",
        "UPDATE tasks SET provisional = 1 - provisional WHERE case_id = $1",
    ),
    (
        "task applicant",
        "UPDATE tasks SET applicant_name = '王大明' WHERE case_id = $1",
    ),
    (
        "task title",
        "UPDATE tasks SET title = '' WHERE case_id = $1",
    ),
    ("task gone", "DELETE FROM tasks WHERE case_id = $1"),
    (
        "clock due",
        "UPDATE clocks SET due_at = due_at + 86400000 WHERE case_id = $1",
    ),
    (
        "clock near",
        "UPDATE clocks SET near_at = near_at - 1 WHERE case_id = $1",
    ),
    (
        "clock held",
        "UPDATE clocks SET held = 1 - held WHERE case_id = $1",
    ),
    (
        "clock provisional",
        "UPDATE clocks SET provisional = 1 - provisional WHERE case_id = $1",
    ),
    (
        "clock org",
        "UPDATE clocks SET org_id = case_id WHERE case_id = $1",
    ),
    (
        "clock region",
        "UPDATE clocks SET region = '990103' WHERE case_id = $1",
    ),
    ("clock gone", "DELETE FROM clocks WHERE case_id = $1"),
    ("case row gone", "DELETE FROM cases WHERE case_id = $1"),
];

#[test]
fn a_case_that_was_removed_with_everything_of_it_is_missed_by_the_feed() {
    on_every_engine(async |app| {
        for case in working(&app).await {
            let id: CaseId = case.id.parse().expect("an id");
            let said = app
                .tampered(move |tx| {
                    for table in ["cases", "trail", "tasks", "clocks"] {
                        tx.exec(
                            &format!("DELETE FROM {table} WHERE case_id = $1"),
                            &params![id.uuid()],
                        )?;
                    }
                    Ok(())
                })
                .await
                .expect_err("a case is missing");
            assert!(said.contains(&case.id), "{said}");
        }
        // An invented case is noticed as well: the feed has never heard of it.
        let said = app
            .tampered(|tx| {
                one(tx.exec(
                    "UPDATE feed SET subject = $1
                     WHERE position = (SELECT min(position) FROM feed WHERE kind LIKE 'approval.%')",
                    &params![uuid(7)],
                )?)
            })
            .await;
        assert!(said.is_err(), "an event without its entry in the feed");
        // An entry that repeats another one in place of its own is not made up for by the number being right.
        let said = app
            .tampered(|tx| {
                let rows = tx.query(
                    "SELECT position, subject, seq, hash FROM feed WHERE kind LIKE 'approval.%'
                     ORDER BY position LIMIT 2",
                    &[],
                )?;
                one(tx.exec(
                    "UPDATE feed SET subject = $2, seq = $3, hash = $4 WHERE position = $1",
                    &[
                        rows[0].values()[0].clone(),
                        rows[1].values()[1].clone(),
                        rows[1].values()[2].clone(),
                        rows[1].values()[3].clone(),
                    ],
                )?)
            })
            .await
            .expect_err("an event that is not in the feed");
        assert!(
            said.contains("event 1") && said.contains("does not stand in the feed"),
            "{said}"
        );
        let said = app
            .tampered(|tx| one(tx.exec("DELETE FROM feed WHERE position = 3", &[])?))
            .await
            .expect_err("a gap");
        assert!(said.contains('3'), "{said}");
    });
}

#[test]
fn a_changed_or_missing_rating_is_found_and_named() {
    on_every_engine(async |app| {
        let cases = working(&app).await;
        let rated = &cases[3];
        for (what, sql) in [
            ("level", "UPDATE ratings SET level = 1"),
            ("text", "UPDATE ratings SET said = '很好'"),
            ("day", "UPDATE ratings SET rated_at = rated_at + 1"),
            ("removed", "DELETE FROM ratings"),
            ("counted twice", "UPDATE rating_counts SET n = n + 1"),
            ("not counted", "DELETE FROM rating_counts"),
        ] {
            let said = app
                .tampered(move |tx| one(tx.exec(sql, &[])?))
                .await
                .expect_err(what);
            assert!(
                said.contains("rating") && !said.is_empty(),
                "{what}: {said}"
            );
            if matches!(what, "level" | "text" | "day") {
                assert!(said.contains(&rated.id), "{what}: {said}");
            }
        }
    });
}

fn one(changed: u64) -> Result<(), Error> {
    match changed {
        1 => Ok(()),
        other => Err(Error::Corrupt(format!(
            "one row was to be changed, not {other}"
        ))),
    }
}

fn uuid(last: u8) -> Value {
    let mut bytes = [0; 16];
    bytes[15] = last;
    Value::from(base::ids::Uuid::from_bytes(bytes))
}
