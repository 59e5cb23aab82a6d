//! Lists page by page: everything once, in order, whatever is added meanwhile; a cursor cannot be forged.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::{Program, on_every_engine};

use crate::steps;

/// Every entry of a list by following `next`.
async fn all(program: &Program, path: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut address = path.to_owned();
    loop {
        let page = program.get(&address).await.expect(200).json();
        entries.extend(page["items"].as_array().expect("a list").iter().cloned());
        let Some(next) = page["next"].as_str() else {
            return entries;
        };
        let join = if path.contains('?') { '&' } else { '?' };
        address = format!("{path}{join}cursor={next}");
        assert!(entries.len() < 1000, "the list has no end");
    }
}

#[test]
fn lists_give_everything_once() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let supervisor = app.program("supervisor1").await;
        let mut filed = BTreeSet::new();
        for _ in 0..61 {
            filed.insert(steps::file_food(&app, &citizen).await.no);
            app.advance(std::time::Duration::from_secs(1));
        }
        let numbers = |entries: &[Value]| -> Vec<String> {
            entries
                .iter()
                .map(|entry| entry["case_no"].as_str().expect("a number").to_owned())
                .collect()
        };
        for (program, path, newest_first) in [
            (&citizen, "/api/v1/my/cases?limit=7", true),
            (&office, "/api/v1/queue", false),
            (&supervisor, "/api/v1/cases", true),
            (&supervisor, "/api/v1/board/cases", false),
        ] {
            let listed = numbers(&all(program, path).await);
            assert_eq!(listed.len(), filed.len(), "{path}");
            assert_eq!(
                listed.iter().cloned().collect::<BTreeSet<_>>(),
                filed,
                "{path}"
            );
            let mut sorted = listed.clone();
            sorted.sort();
            if newest_first {
                sorted.reverse();
            }
            assert_eq!(listed, sorted, "{path}");
        }

        // What comes while somebody reads neither repeats nor hides what was there.
        let first = citizen
            .get("/api/v1/my/cases?limit=7")
            .await
            .expect(200)
            .json();
        steps::file_food(&app, &citizen).await;
        let next = first["next"].as_str().expect("more");
        let second = citizen
            .get(&format!("/api/v1/my/cases?limit=7&cursor={next}"))
            .await
            .expect(200)
            .json();
        let seen: BTreeSet<String> = [&first, &second]
            .into_iter()
            .flat_map(|page| numbers(page["items"].as_array().expect("a list")))
            .collect();
        assert_eq!(seen.len(), 14);

        // A cursor is not a query language.
        let mut forged = next.to_owned().into_bytes();
        forged[3] ^= 1;
        let forged = String::from_utf8(forged).unwrap_or_else(|_| "AAAA".to_owned());
        for wrong in [forged.as_str(), "", "x", "..%2F..", &"A".repeat(4000)] {
            if wrong.is_empty() {
                continue;
            }
            let refused = citizen
                .get(&format!("/api/v1/my/cases?cursor={wrong}"))
                .await
                .expect(400);
            refused.problem();
        }
        // Nor is one list's cursor another's.
        citizen
            .get(&format!("/api/v1/my/licenses?cursor={next}"))
            .await
            .expect(400);
    });
}
