//! What a statement takes and gives back, and what follows from one that fails.

use store::{Error, FromValue, Migration, Value, params};

use crate::on_both;
use crate::place::{Place, id};
use crate::transactions::{count, prepare, submit, unique};

on_both!(
    values_come_back_as_they_went,
    placeholders_go_by_number,
    a_zero_character_is_refused,
    rows_can_be_taken_one_by_one,
    a_queued_statement_fails_the_whole,
    queued_statements_keep_their_order,
    wrong_statements_are_errors,
);

const VALUES: Migration = Migration {
    id: "9001_values",
    sql: "CREATE TABLE value_test (
              name   TEXT NOT NULL PRIMARY KEY,
              number BIGINT,
              text   TEXT,
              bytes  BLOB
          ) STRICT;",
};

async fn values_come_back_as_they_went(place: Place) {
    let db = place.db.clone();
    db.migrate(&[VALUES]).await.expect("the test's table");
    let stamp = jiff::Timestamp::from_millisecond(-62_135_596_800_000).expect("year 1");
    let date = jiff::civil::date(2024, 2, 29);
    db.write(move |tx| {
        let insert = "INSERT INTO value_test (name, number, text, bytes) VALUES ($1, $2, $3, $4)";
        tx.exec(insert, &params!["least", i64::MIN, "", Vec::<u8>::new()])?;
        tx.exec(
            insert,
            &params!["most", i64::MAX, "通办 🏛 ' \" \\ % _", &[0_u8, 255, 10][..]],
        )?;
        tx.exec(
            insert,
            &params!["none", None::<i64>, None::<&str>, None::<[u8; 32]>],
        )?;
        tx.exec(insert, &params!["typed", stamp, date, id(9)])?;
        tx.exec(
            insert,
            &params!["flag", true, String::from("x"), &[3_u8; 32]],
        )?;
        Ok::<_, Error>(())
    })
    .await
    .expect("all kinds");
    let row = |name: &'static str| {
        let db = db.clone();
        async move {
            db.read(move |tx| {
                tx.query_one(
                    "SELECT number, text, bytes FROM value_test WHERE name = $1",
                    &params![name],
                )
            })
            .await
            .expect(name)
        }
    };
    let least = row("least").await;
    assert_eq!(least.get::<i64>(0), Ok(i64::MIN));
    assert_eq!(least.get::<String>(1), Ok(String::new()));
    assert_eq!(least.get::<Vec<u8>>(2), Ok(Vec::new()));
    let most = row("most").await;
    assert_eq!(most.get::<i64>(0), Ok(i64::MAX));
    assert_eq!(most.get::<String>(1), Ok("通办 🏛 ' \" \\ % _".to_owned()));
    assert_eq!(most.get::<Vec<u8>>(2), Ok(vec![0, 255, 10]));
    let none = row("none").await;
    assert_eq!(none.values(), [Value::Null, Value::Null, Value::Null]);
    assert_eq!(none.get::<Option<i64>>(0), Ok(None));
    assert!(matches!(
        none.get::<i64>(0),
        Err(Error::Column { index: 0, .. })
    ));
    let typed = row("typed").await;
    assert_eq!(typed.get::<jiff::Timestamp>(0), Ok(stamp));
    assert_eq!(typed.get::<jiff::civil::Date>(1), Ok(date));
    assert_eq!(typed.get::<uuid::Uuid>(2), Ok(id(9)));
    assert!(typed.get::<[u8; 32]>(2).is_err());
    let flag = row("flag").await;
    assert_eq!(flag.get::<bool>(0), Ok(true));
    assert_eq!(flag.get::<[u8; 32]>(2), Ok([3; 32]));
    assert!(flag.get::<String>(3).is_err(), "there is no such column");
    assert_eq!(u32::from_value(&Value::I64(-1)), None);
}

async fn placeholders_go_by_number(place: Place) {
    let row = place
        .db
        .read(|tx| {
            tx.query_one(
                "SELECT CAST($2 AS TEXT), CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($1 AS BIGINT) + 1",
                &params![41, "b"],
            )
        })
        .await;
    let row: store::Row = row.map_err(|error: Error| error).expect("a row");
    assert_eq!(row.get::<String>(0), Ok("b".to_owned()));
    assert_eq!(row.get::<i64>(1), Ok(41));
    assert_eq!(row.get::<String>(2), Ok("b".to_owned()));
    assert_eq!(row.get::<i64>(3), Ok(42));
}

async fn a_zero_character_is_refused(place: Place) {
    let db = prepare(&place).await;
    let refused = db
        .write(|tx| tx.exec("UPDATE things SET state = $1", &params!["a\0b"]))
        .await;
    assert_eq!(refused, Err(Error::ZeroCharacter));
    let refused: Result<_, Error> = db
        .read(|tx| {
            tx.query("SELECT 1 FROM things WHERE state = $1", &params!["\0"])
                .map(|rows| rows.len())
        })
        .await;
    assert_eq!(refused, Err(Error::ZeroCharacter));
}

async fn rows_can_be_taken_one_by_one(place: Place) {
    let db = prepare(&place).await;
    db.write(|tx| {
        for thing in 0..1000 {
            submit(tx, thing, thing.into())?;
        }
        Ok::<_, Error>(())
    })
    .await
    .expect("a thousand in one");
    let (sum, stopped, after) = db
        .read(|tx| {
            let mut sum = 0;
            tx.each(
                "SELECT number FROM things ORDER BY number",
                &[],
                &mut |row| {
                    sum += row.get::<i64>(0)?;
                    Ok(())
                },
            )?;
            let mut seen = 0;
            let stopped = tx.each(
                "SELECT number FROM things ORDER BY number",
                &[],
                &mut |_| {
                    seen += 1;
                    if seen == 10 {
                        Err(Error::NoRow)
                    } else {
                        Ok(())
                    }
                },
            );
            assert_eq!(seen, 10);
            let after: i64 = tx.query_one("SELECT COUNT(*) FROM things", &[])?.get(0)?;
            Ok::<_, Error>((sum, stopped, after))
        })
        .await
        .expect("the reading goes on");
    assert_eq!((sum, stopped, after), (499_500, Err(Error::NoRow), 1000));
}

async fn a_queued_statement_fails_the_whole(place: Place) {
    let db = prepare(&place).await;
    db.write(|tx| submit(tx, 1, 1)).await.expect("the first");
    // The last statement of a flight breaks a key; what was queued before it must go too.
    let duplicate = db
        .write(|tx| {
            submit(tx, 2, 2)?;
            tx.queue(
                "INSERT INTO trail (thing_id, seq, before) VALUES ($1, 1, 0)",
                params![id(1)],
            )
        })
        .await;
    assert_eq!(duplicate, Err(unique("trail.thing_id, trail.seq")));
    // A value of the wrong kind never leaves this side on PostgreSQL; COMMIT must not leave either.
    let mistyped = db
        .write(|tx| {
            submit(tx, 3, 3)?;
            tx.queue(
                "INSERT INTO trail (thing_id, seq, before) VALUES ($1, $2, 0)",
                params![id(3), "second"],
            )
        })
        .await;
    assert!(matches!(mistyped, Err(Error::Engine(_))), "{mistyped:?}");
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 1);
    assert_eq!(count(&db, "SELECT COUNT(*) FROM trail").await, 1);
    assert_eq!(db.write(|tx| submit(tx, 2, 2)).await, Ok(()));
}

async fn queued_statements_keep_their_order(place: Place) {
    let db = prepare(&place).await;
    let version = db
        .write(|tx| {
            tx.queue(
                "INSERT INTO things (thing_id, number, state, version) VALUES ($1, 1, 'a', 1)",
                params![id(1)],
            )?;
            for _ in 0..300 {
                tx.queue("UPDATE things SET version = version * 2 % 1000003 + 1", [])?;
            }
            let touched = tx.exec(
                "UPDATE things SET state = 'b' WHERE thing_id = $1",
                &params![id(1)],
            )?;
            assert_eq!(touched, 1, "what is queued goes before what runs now");
            tx.queue("UPDATE things SET version = version + 1", [])?;
            tx.query_one("SELECT version FROM things", &[])?
                .get::<i64>(0)
        })
        .await
        .expect("all in order");
    let expected = (0..300).fold(1_i64, |version, _| version * 2 % 1_000_003 + 1);
    assert_eq!(count(&db, "SELECT version FROM things").await, expected + 1);
    assert_eq!(version, expected + 1);
}

async fn wrong_statements_are_errors(place: Place) {
    let db = prepare(&place).await;
    let no_table = db.write(|tx| tx.exec("DELETE FROM nowhere", &[])).await;
    assert!(matches!(no_table, Err(Error::Engine(_))), "{no_table:?}");
    let too_few = db
        .write(|tx| {
            tx.exec(
                "UPDATE things SET state = $1 WHERE number = $2",
                &params!["a"],
            )
        })
        .await;
    assert!(matches!(too_few, Err(Error::Engine(_))), "{too_few:?}");
    let mistyped: Result<_, Error> = db
        .write(|tx| {
            tx.exec(
                "INSERT INTO things (thing_id, number, state, version) VALUES ($1, $2, 'a', 1)",
                &params![id(1), "seven"],
            )
        })
        .await;
    assert!(matches!(mistyped, Err(Error::Engine(_))), "{mistyped:?}");
    let broken: Result<_, Error> = db.write(|tx| tx.exec("COMMIT", &[])).await;
    assert_eq!(
        db.write(|tx| submit(tx, 1, 1)).await,
        Ok(()),
        "after {broken:?}"
    );
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 1);
}
