//! What verification finds.

use store::{feed, params};

use crate::on_both;
use crate::place::Place;

on_both!(
    untouched_ratings_pass,
    changed_words_are_found,
    a_deleted_rating_is_found,
    a_changed_count_is_found,
    a_rating_nobody_announced_is_found,
    a_rating_announced_twice_is_found,
);

/// Three ratings, and the case of the second.
async fn three(place: &Place) -> String {
    let mut cases = Vec::new();
    for level in [1, 5, 3] {
        let case = place.closed_case().await;
        let body = format!(r#"{{"level":{level},"text":"说明{level}"}}"#);
        assert_eq!(
            place.rate(&place.citizen.who, case, &body).await.status,
            201
        );
        cases.push(case);
    }
    place
        .app
        .db
        .sequence_now()
        .await
        .expect("positions are given");
    cases[1].to_string()
}

/// The first difference, or the counts.
async fn found(place: &Place) -> String {
    place
        .app
        .db
        .sequence_now()
        .await
        .expect("positions are given");
    let outcome = place.app.db.read(rating::verify).await.expect("read");
    match outcome {
        Ok(counts) => format!("{} ratings, {} announced", counts.ratings, counts.feed),
        Err(difference) => difference.to_string(),
    }
}

async fn untouched_ratings_pass(place: Place) {
    three(&place).await;
    assert_eq!(found(&place).await, "3 ratings, 3 announced");
    let calendar = place.app.calendar();
    let cases = place
        .app
        .db
        .read(move |tx| cases::verify::run(tx, &calendar))
        .await
        .expect("read")
        .expect("the trails do not mind ratings in the feed");
    assert_eq!((cases.cases, cases.events, cases.feed), (3, 6, 9));
}

async fn changed_words_are_found(place: Place) {
    let second = three(&place).await;
    place
        .write(|tx| {
            tx.exec("UPDATE ratings SET said = '很好' WHERE level = 5", &[])
                .map(drop)
        })
        .await;
    assert_eq!(
        found(&place).await,
        format!("rating of case {second}: its content does not match its digest")
    );
}

async fn a_deleted_rating_is_found(place: Place) {
    let second = three(&place).await;
    place
        .write(|tx| {
            tx.exec("DELETE FROM ratings WHERE level = 5", &[])
                .map(drop)
        })
        .await;
    let found = found(&place).await;
    assert!(
        found.starts_with(&format!("rating of case {second}, feed position ")),
        "{found}"
    );
    assert!(found.ends_with("the rating is missing"), "{found}");
}

async fn a_changed_count_is_found(place: Place) {
    three(&place).await;
    place
        .write(|tx| {
            tx.exec("UPDATE rating_counts SET n = n + 1 WHERE level = 1", &[])
                .map(drop)
        })
        .await;
    let found = found(&place).await;
    assert!(
        found.starts_with("count of ratings, month 2026-05, body "),
        "{found}"
    );
    assert!(
        found.ends_with("level 1: 2 stored, 1 ratings there"),
        "{found}"
    );
}

async fn a_rating_nobody_announced_is_found(place: Place) {
    let second = three(&place).await;
    place
        .write(|tx| {
            tx.exec(
                "UPDATE feed SET kind = 'rating.lost'
                 WHERE hash = (SELECT digest FROM ratings WHERE level = 5)",
                &[],
            )
            .map(drop)
        })
        .await;
    assert_eq!(
        found(&place).await,
        format!("rating of case {second}: stands 0 times in the feed, not once")
    );
}

async fn a_rating_announced_twice_is_found(place: Place) {
    let second = three(&place).await;
    place
        .write(|tx| {
            let row = tx.query_one(
                "SELECT case_id, rated_at, digest FROM ratings WHERE level = $1",
                &params![5],
            )?;
            tx.feed(feed::Entry {
                kind: rating::store::GIVEN.to_owned(),
                subject: row.get(0)?,
                seq: rating::store::RATED_SEQ,
                at_ms: row.get(1)?,
                hash: row.get(2)?,
            })
        })
        .await;
    assert_eq!(
        found(&place).await,
        format!("rating of case {second}: stands 2 times in the feed, not once")
    );
}
