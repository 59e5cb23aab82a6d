//! Changing keys: every sealed column is known to `tongban reseal`, and what it seals again opens.

use std::collections::BTreeSet;

use base::crypto::Entropy;
use people::{Keys, People};
use store::{Engine, Tx, params};
use testkit::town::FOOD;
use testkit::{Browser, TestApp, on_every_engine};

use crate::steps;

/// Columns of bytes that hold values sealed with this key.
fn sealed_with(tx: &mut Tx<'_>, key: u8) -> Result<BTreeSet<String>, store::Error> {
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND c.type = 'BLOB'"
        }
        Engine::Postgres => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns
             WHERE table_schema = 'public' AND data_type = 'bytea'"
        }
    };
    let mut found = BTreeSet::new();
    for row in tx.query(sql, &[])? {
        let (table, column): (String, String) = (row.get(0)?, row.get(1)?);
        // Form, key, twelve bytes of nonce, sixteen of tag; ids and digests have lengths of their own.
        let any: i64 = tx
            .query_one(
                &format!(
                    "SELECT COUNT(*) FROM {table} WHERE substr({column}, 1, 2) = $1
                     AND length({column}) > 30 AND length({column}) NOT IN (32, 64)"
                ),
                &params![vec![2_u8, key]],
            )?
            .get(0)?;
        if any > 0 {
            found.insert(format!("{table}.{column}"));
        }
    }
    Ok(found)
}

async fn begin_draft(app: &TestApp, browser: &mut Browser) {
    let start = format!("/apply/{}", app.town.item(FOOD));
    let page = browser.get(&start).await.expect(200);
    let own = app.town.citizen("citizen1").to_string();
    let form = page.form(&start).set("applicant", &own);
    browser.submit(&page, form).await.expect(200);
}

async fn reseal(app: &TestApp, people: &People) -> u64 {
    let mut done = 0;
    for sealed in server::command::sealed_columns() {
        let resealed = people
            .reseal(&app.platform.app.db, sealed)
            .await
            .expect("resealed");
        assert_eq!(resealed.unreadable, Vec::<String>::new());
        done += resealed.done;
    }
    done
}

#[test]
fn every_sealed_value_is_sealed_again_and_opens() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let mut browser = app.browser("citizen1").await;
        begin_draft(&app, &mut browser).await;
        let listed: BTreeSet<String> = server::command::sealed_columns()
            .map(|sealed| format!("{}.{}", sealed.table, sealed.column))
            .collect();
        let before = app.read(|tx| sealed_with(tx, 1)).await;
        for column in [
            "parties.id_number_enc",
            "accounts.login_enc",
            "case_answers.sealed",
            "drafts.body_sealed",
        ] {
            assert!(before.contains(column), "{column} is sealed: {before:?}");
        }
        assert!(
            before.is_subset(&listed),
            "not known to reseal: {:?}",
            before.difference(&listed)
        );

        let keys = Keys::from_material(b"for tests only")
            .renewed(2, b"another one for tests")
            .expect("the number is free");
        let people = People::new(keys, Entropy::seeded(3));
        assert!(reseal(&app, &people).await > 0);
        assert_eq!(reseal(&app, &people).await, 0, "nothing is left");
        let old = app.read(|tx| sealed_with(tx, 1)).await;
        assert_eq!(old, BTreeSet::new());
        assert_eq!(app.read(|tx| sealed_with(tx, 2)).await, before);

        // Answers open with the fresh key, and the trail knows them by the same digest.
        let id: base::ids::CaseId = case.id.parse().expect("an id");
        let opener = people.clone();
        let (answers, digest) = app
            .platform
            .app
            .db
            .read(move |tx| {
                let answers = approval::answers::load(tx, &opener, id, 1)?;
                let case = cases::record::load(tx, id)?;
                let digest = case.and_then(|case| approval::details::form(&case));
                Ok::<_, approval::Error>((answers.expect("stored"), digest))
            })
            .await
            .expect("they open");
        assert_eq!(Some(approval::answers::reference(1, &answers)), digest);
        app.verify().await.expect("everything is as it was written");
    });
}
