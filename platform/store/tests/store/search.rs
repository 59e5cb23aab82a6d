//! Search finds the same on both engines, whatever the tokens hold.

use store::search::{Doc, Hit, Query, tokens};
use store::{Db, Error};

use crate::on_both;
use crate::place::{Place, id};

on_both!(
    words_of_a_text_find_it,
    hostile_tokens_find_themselves_alone,
    pages_go_newest_first,
    documents_are_replaced_and_removed,
    kinds_are_apart,
    many_changes_in_one_transaction,
);

fn doc(kind: &'static str, number: u32, sort: i64, words: &[&str]) -> Doc {
    Doc {
        kind,
        id: id(number),
        sort,
        tokens: words.iter().map(|word| (*word).to_owned()).collect(),
    }
}

async fn index(db: &Db, docs: Vec<Doc>) {
    db.write(move |tx| docs.iter().try_for_each(|doc| tx.index(doc)))
        .await
        .expect("indexed");
}

async fn find(db: &Db, query: Query) -> Vec<(u32, i64)> {
    let hits: Vec<Hit> = db
        .read(move |tx| tx.search(&query))
        .await
        .map_err(|error: Error| error)
        .expect("an answer");
    hits.iter()
        .map(|hit| ((hit.id.as_u128() & 0xffff_ffff) as u32, hit.sort))
        .collect()
}

fn query(kind: &'static str, all: &[&str], any: &[&str]) -> Query {
    Query {
        kind,
        all: all.iter().map(|word| (*word).to_owned()).collect(),
        any: any.iter().map(|word| (*word).to_owned()).collect(),
        before: None,
        limit: 20,
    }
}

async fn words_of_a_text_find_it(place: Place) {
    let db = place.db;
    let texts = [
        "设立有限责任公司登记",
        "食品经营许可（新办）",
        "老年人福利补贴 Elderly Allowance",
        "公司变更登记",
    ];
    let docs = texts.iter().enumerate().map(|(at, text)| Doc {
        kind: "item",
        id: id(at as u32),
        sort: at as i64,
        tokens: tokens(text),
    });
    index(&db, docs.collect()).await;
    let by = async |text: &str| {
        let all = tokens(text);
        find(
            &db,
            Query {
                kind: "item",
                all,
                any: Vec::new(),
                before: None,
                limit: 20,
            },
        )
        .await
    };
    assert_eq!(by("公司").await, [(3, 3), (0, 0)]);
    assert_eq!(by("公司登记").await, [(0, 0)]);
    assert_eq!(by("登记公司").await, []);
    assert_eq!(by("公司 登记").await, [(3, 3), (0, 0)]);
    assert_eq!(by("ＥＬＤＥＲＬＹ").await, [(2, 2)]);
    assert_eq!(by("食品 许可").await, [(1, 1)]);
    assert_eq!(
        find(&db, query("item", &["登记"], &["变更", "食品"])).await,
        [(3, 3)]
    );
    assert_eq!(
        find(&db, query("item", &[], &["变更", "食品"])).await,
        [(3, 3), (1, 1)]
    );
}

/// What FTS5, tsquery, SQL, or a tokenizer could take for more than a token.
const HOSTILE: &[&str] = &[
    "\"",
    "'",
    "''",
    "\\",
    "\\'",
    "*",
    "a*",
    "a",
    "A",
    "ａ",
    "(",
    ")",
    "a b",
    "a  b",
    "AND",
    "and",
    "OR",
    "NOT",
    "NEAR",
    "a:b",
    ":*",
    "a:*",
    "!",
    "!a",
    "&",
    "a&b",
    "|",
    "<->",
    "<2>",
    "-",
    "--",
    ";",
    "'; DROP TABLE feed; --",
    "%",
    "_",
    "$1",
    "z",
    "zz",
    "z61z",
    "Z",
    "é",
    "e",
    "e\u{301}",
    "İ",
    "ß",
    "ss",
    "Ω",
    "中",
    "中文",
    "文",
    "𠀀",
    "🏛",
    "\u{200b}",
    "\u{feff}",
    "\t",
    "\n",
    "a\nb",
    "\u{1}",
    "\0",
    "item:a",
    "kind",
    "^a",
    "{a}",
    "[a]",
    "tokens:a",
    "0",
    "00",
    "1.5",
    "1",
    "5",
];

async fn hostile_tokens_find_themselves_alone(place: Place) {
    let db = place.db;
    let docs = HOSTILE
        .iter()
        .enumerate()
        .map(|(at, token)| doc("odd", at as u32, at as i64, &[token]));
    index(&db, docs.collect()).await;
    for (at, token) in HOSTILE.iter().enumerate() {
        let found = find(&db, query("odd", &[token], &[])).await;
        assert_eq!(found, [(at as u32, at as i64)], "{token:?}");
        let found = find(&db, query("odd", &[], &[token, "nothing carries this"])).await;
        assert_eq!(
            found,
            [(at as u32, at as i64)],
            "{token:?} as one of several"
        );
    }
    let long = "长".repeat(10_000);
    index(&db, vec![doc("odd", 5000, 5000, &[&long, "", "end"])]).await;
    assert_eq!(
        find(&db, query("odd", &[&long, "end"], &[])).await,
        [(5000, 5000)]
    );
    let head: Result<i64, Error> = db.read(store::feed::head).await;
    assert_eq!(head, Ok(0), "the feed is still there");
}

async fn pages_go_newest_first(place: Place) {
    let db = place.db;
    // In no order, five of them at one instant, some far apart.
    let docs = (0..200_u32).map(|number| {
        let sort = i64::from((number * 37) % 200) * 1_000_000_000;
        let word = if number % 3 == 0 { "third" } else { "other" };
        doc("case", number, sort, &["all", word])
    });
    let docs: Vec<Doc> = docs.collect();
    for part in docs.chunks(17) {
        index(&db, part.to_vec()).await;
    }
    let mut expected: Vec<(u32, i64)> = docs
        .iter()
        .filter(|doc| doc.tokens[1] == "third")
        .map(|doc| ((doc.id.as_u128() & 0xffff_ffff) as u32, doc.sort))
        .collect();
    expected.sort_by_key(|(_, sort)| std::cmp::Reverse(*sort));
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page = find(
            &db,
            Query {
                before,
                limit: 10,
                ..query("case", &["third", "all"], &[])
            },
        )
        .await;
        let Some((_, last)) = page.last() else {
            break;
        };
        assert!(page.len() <= 10);
        before = Some(*last);
        found.extend(page);
    }
    assert_eq!(found, expected);
    let none = Query {
        limit: 0,
        ..query("case", &[], &[])
    };
    assert_eq!(find(&db, none).await, []);
    let everything = Query {
        limit: 1000,
        ..query("case", &[], &[])
    };
    assert_eq!(find(&db, everything).await.len(), 200);
}

async fn documents_are_replaced_and_removed(place: Place) {
    let db = place.db;
    index(
        &db,
        vec![
            doc("case", 1, 10, &["red", "round"]),
            doc("case", 2, 20, &["red"]),
        ],
    )
    .await;
    index(&db, vec![doc("case", 1, 10, &["blue", "round"])]).await;
    assert_eq!(find(&db, query("case", &["red"], &[])).await, [(2, 20)]);
    assert_eq!(find(&db, query("case", &["round"], &[])).await, [(1, 10)]);
    // Newer now, and twice in one transaction: the last one counts.
    index(
        &db,
        vec![
            doc("case", 1, 30, &["green"]),
            doc("case", 1, 40, &["blue"]),
        ],
    )
    .await;
    assert_eq!(find(&db, query("case", &[], &[])).await, [(1, 40), (2, 20)]);
    assert_eq!(find(&db, query("case", &["green"], &[])).await, []);
    db.write(|tx| tx.unindex("case", id(1)))
        .await
        .expect("removed");
    db.write(|tx| tx.unindex("case", id(77)))
        .await
        .expect("was never there");
    assert_eq!(find(&db, query("case", &[], &[])).await, [(2, 20)]);
    assert_eq!(find(&db, query("case", &["blue"], &[])).await, []);
    let refused = db
        .write(|tx| {
            tx.index(&doc("case", 3, 50, &["red"]))?;
            tx.unindex("case", id(2))?;
            Err::<(), _>(Error::NoRow)
        })
        .await;
    assert_eq!(refused, Err(Error::NoRow));
    assert_eq!(find(&db, query("case", &["red"], &[])).await, [(2, 20)]);
    let out_of_range = db.write(|tx| tx.index(&doc("case", 3, -1, &["red"]))).await;
    assert!(matches!(out_of_range, Err(Error::Engine(_))));
}

async fn kinds_are_apart(place: Place) {
    let db = place.db;
    index(
        &db,
        vec![doc("case", 1, 1, &["same"]), doc("item", 1, 2, &["same"])],
    )
    .await;
    assert_eq!(find(&db, query("case", &["same"], &[])).await, [(1, 1)]);
    assert_eq!(find(&db, query("item", &["same"], &[])).await, [(1, 2)]);
    db.write(|tx| tx.unindex("item", id(1)))
        .await
        .expect("removed");
    assert_eq!(find(&db, query("case", &["same"], &[])).await, [(1, 1)]);
    assert_eq!(find(&db, query("item", &["same"], &[])).await, []);
}

async fn many_changes_in_one_transaction(place: Place) {
    let db = place.db;
    let docs: Vec<Doc> = (0..2500_u32)
        .map(|number| doc("case", number, 7, &["bulk"]))
        .collect();
    index(&db, docs).await;
    let all = Query {
        limit: 5000,
        ..query("case", &["bulk"], &[])
    };
    assert_eq!(find(&db, all).await.len(), 2500);
    db.write(|tx| (0..2500).try_for_each(|number| tx.unindex("case", id(number))))
        .await
        .expect("removed");
    assert_eq!(find(&db, query("case", &["bulk"], &[])).await, []);
}

#[test]
fn tokens_of_a_text() {
    assert_eq!(tokens("一件事"), ["一件", "件事"]);
    assert_eq!(tokens("好 Ａ４纸x"), ["好", "a4", "纸", "x"]);
    assert_eq!(tokens("990102-2026-1"), ["990102", "2026", "1"]);
    assert_eq!(tokens("  。，！ "), Vec::<String>::new());
}
