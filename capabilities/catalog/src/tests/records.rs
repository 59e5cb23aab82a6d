//! The catalogue on a database: importing, versions, states, scope.

use std::sync::Arc;

use base::ids::{ItemId, VersionId};
use casework::Actor;
use store::Error;

use super::world::{DEMO, World, administrator, later, now};
use crate::Catalog;
use crate::app::{import, state};
use crate::import::{self as files};
use crate::model::{Item, ItemState};
use crate::snapshot::Wanted;
use crate::store as records;
use crate::topics::Audience;
use crate::uses;

const DIRECTORY: &str = include_str!("../../../../data/items/directory_guangan.csv");

async fn importing_twice_changes_nothing_the_second_time(world: World) {
    let first = world
        .import(world.read(DEMO), now(), &world.admin)
        .await
        .expect("imports");
    assert_eq!(
        (first.created, first.changed, first.unchanged),
        (first.rows, 0, 0)
    );
    let again = world.read(DEMO);
    let preview = world
        .db
        .read({
            let again = again.clone();
            move |tx| import::preview(tx, &again)
        })
        .await
        .expect("looks");
    assert_eq!(
        (preview.created, preview.changed, preview.unchanged),
        (0, 0, first.rows)
    );
    let second = world
        .import(again, later(), &world.admin)
        .await
        .expect("imports");
    assert_eq!(
        (second.created, second.changed, second.unchanged),
        (0, 0, first.rows)
    );
    // On PostgreSQL the feed is numbered behind the commit.
    world.db.sequence_now().await.expect("numbers");
    let feed = world
        .db
        .read(|tx| store::feed::read(tx, 0, 1000))
        .await
        .expect("reads");
    assert_eq!(feed.len(), first.rows);
}

async fn a_change_is_a_new_version_and_the_old_one_stays(world: World) {
    let catalog = world.demo().await;
    let snapshot = catalog.snapshot();
    let marriage = snapshot
        .items()
        .iter()
        .find(|brief| brief.name == "结婚登记")
        .expect("there");
    let old = catalog
        .version(marriage.version_id)
        .await
        .expect("reads")
        .expect("there");
    assert!(old.current && old.version == 1);

    let mut parsed = world.read(DEMO);
    parsed.good.retain(|record| record.item.name == "结婚登记");
    parsed.good[0].item.summary = "改过的简介".into();
    parsed.rows = 1;
    let done = world
        .import(parsed, later(), &world.admin)
        .await
        .expect("imports");
    assert_eq!((done.created, done.changed), (0, 1));
    assert!(catalog.refresh().await.expect("reads"));

    let new = catalog
        .current(marriage.item_id)
        .await
        .expect("reads")
        .expect("there");
    assert_eq!(
        (new.version, new.item.summary.as_str(), new.current),
        (2, "改过的简介", true)
    );
    let old_again = catalog
        .version(old.version_id)
        .await
        .expect("reads")
        .expect("there");
    assert_eq!(old_again.item, old.item);
    assert_eq!(old_again.digest, old.digest);
    assert!(!old_again.current);
    let item_id = marriage.item_id;
    let (versions, changes) = world
        .db
        .read(move |tx| {
            Ok::<_, Error>((
                records::versions(tx, item_id)?,
                records::changes(tx, item_id)?,
            ))
        })
        .await
        .expect("reads");
    assert_eq!(
        versions.iter().map(|line| line.version).collect::<Vec<_>>(),
        [2, 1]
    );
    assert_eq!(versions[0].published_by, "周敏");
    assert_eq!(changes.len(), 2);
}

async fn suspending_stops_applications_at_once_and_keeps_the_guide(world: World) {
    let catalog = world.demo().await;
    let brief = Arc::clone(&catalog.snapshot().items()[0]);
    let item_id = brief.item_id;
    let suspend = |actor: Actor, revision, to, reason: &'static str| {
        let db = world.db.clone();
        async move {
            db.write(move |tx| state::set_state(tx, &actor, item_id, revision, to, reason, later()))
                .await
        }
    };
    let stranger = administrator("880000");
    let refused = suspend(stranger, 1, ItemState::Suspended, "试").await;
    assert!(
        matches!(refused, Err(state::Error::NotFound)),
        "another region's administrator may not even know"
    );
    let refused = suspend(world.admin.clone(), 1, ItemState::Suspended, " ").await;
    assert!(matches!(refused, Err(state::Error::NeedsReason)));
    suspend(world.admin.clone(), 1, ItemState::Suspended, "系统维护")
        .await
        .expect("suspends");
    let refused = suspend(world.admin.clone(), 1, ItemState::Published, "").await;
    assert!(
        matches!(refused, Err(state::Error::Changed)),
        "somebody else was first"
    );

    let standing = world
        .db
        .read(move |tx| Catalog::standing(tx, item_id))
        .await
        .expect("reads");
    assert_eq!(standing, Some((brief.version_id, ItemState::Suspended)));
    catalog.refresh().await.expect("reads");
    let snapshot = catalog.snapshot();
    assert!(
        snapshot
            .items()
            .iter()
            .all(|other| other.item_id != item_id)
    );
    assert_eq!(
        snapshot.item(item_id).map(|brief| brief.state),
        Some(ItemState::Suspended)
    );
    let version = catalog
        .version(brief.version_id)
        .await
        .expect("reads")
        .expect("there");
    assert!(!version.current);
    suspend(world.admin.clone(), 2, ItemState::Published, "")
        .await
        .expect("resumes");
    catalog.refresh().await.expect("reads");
    assert!(
        catalog
            .current(item_id)
            .await
            .expect("reads")
            .expect("there")
            .current
    );
}

async fn an_import_with_errors_imports_nothing_unless_told_to(world: World) {
    let text = r#"[{"org": "990102.civil", "item": {"name": "好的"}}, {"org": "nobody", "item": {"name": "坏的"}}]"#;
    let refused = world.import(world.read(text), now(), &world.admin).await;
    assert!(matches!(refused, Err(import::Error::Refused(1))));
    let count = || async {
        let db = world.db.clone();
        db.read(|tx| records::list(tx, &records::Filter::default(), None, 10))
            .await
            .expect("lists")
            .len()
    };
    assert_eq!(count().await, 0);
    let parsed = world.read(text);
    let ids = import::ids(&world.ids, now(), &parsed);
    let admin = world.admin.clone();
    let done = world
        .db
        .write(move |tx| import::apply(tx, &parsed, &ids, true, now(), &admin))
        .await
        .expect("keeps the good rows");
    assert_eq!((done.created, done.refused), (1, 1));
    assert_eq!(count().await, 1);
}

async fn what_is_published_with_a_fault_is_read_in_again(world: World) {
    let slow = |n| Item {
        name: "慢即办".into(),
        case_type: crate::model::CaseType::Instant,
        promised_limit: Some(crate::model::Limit {
            n,
            unit: calendar::Unit::WorkingDay,
            note: String::new(),
        }),
        ..Item::default()
    };
    super::checking::publish(&world, "990102.civil", slow(5)).await;
    let looked = async |item: Item| {
        let list = serde_json::json!([{ "org": "990102.civil", "item": item }]);
        let mut parsed = world.read(&list.to_string());
        assert_eq!((parsed.refused, parsed.good.len()), (1, 0));
        let looked = world.db.read(move |tx| {
            import::admit_unchanged(tx, &mut parsed)?;
            let preview = import::preview(tx, &parsed)?;
            Ok::<_, store::Error>((parsed, preview))
        });
        looked.await.expect("looks")
    };
    let (parsed, preview) = looked(slow(5)).await;
    assert_eq!((parsed.refused, parsed.errors_total), (0, 0));
    assert!(parsed.errors.is_empty());
    assert_eq!((preview.unchanged, preview.changed), (1, 0));
    // Another fault is no old one.
    let (parsed, preview) = looked(slow(6)).await;
    assert_eq!((parsed.refused, preview.unchanged), (1, 0));
}

async fn nobody_imports_for_bodies_they_do_not_manage(world: World) {
    let county = administrator("990102");
    let mut parsed = world.read(DEMO);
    let all = parsed.good.len();
    import::restrict(&mut parsed, &county);
    assert!(!parsed.good.is_empty() && parsed.good.len() < all);
    assert!(
        parsed
            .good
            .iter()
            .all(|record| record.region.starts_with("990102"))
    );
    assert_eq!(parsed.refused, all - parsed.good.len());
    // Taking over another body's item by its code is refused too.
    world.demo().await;
    let code = world
        .read(DEMO)
        .good
        .iter()
        .find(|record| !record.region.starts_with("990102"))
        .map(|record| record.item.impl_code.clone())
        .expect("the city has items");
    let theft = serde_json::json!([{ "org": "990102.civil",
        "item": { "name": "夺来的", "impl_code": code, "region_code": "990102" } }]);
    let parsed = world.read(&theft.to_string());
    let refused = world.import(parsed, now(), &county).await;
    assert!(matches!(
        refused,
        Err(import::Error::NotYours { row: 1, .. })
    ));
}

async fn lists_page_by_key_and_filter(world: World) {
    let bodies = world.bodies.clone();
    let civil = match bodies.find("990102.civil") {
        files::bodies::Found::One(id) => id,
        other => panic!("{other:?}"),
    };
    let bodies = bodies.with_default(Some(civil));
    let parsed = files::read(DIRECTORY.as_bytes(), &bodies).expect("reads");
    let ids = import::ids(&world.ids, now(), &parsed);
    let done = world
        .db
        .write(move |tx| import::apply(tx, &parsed, &ids, false, now(), &Actor::System))
        .await
        .expect("imports");
    assert_eq!((done.created, done.flagged), (935, 935));
    let mut seen = std::collections::HashSet::new();
    let mut after: Option<records::ListKey> = None;
    loop {
        let key = after.clone();
        let page = world
            .db
            .read(move |tx| records::list(tx, &records::Filter::default(), key.as_ref(), 200))
            .await
            .expect("lists");
        let Some(last) = page.last() else { break };
        after = Some((last.name.clone(), last.item_id));
        for brief in &page {
            assert!(seen.insert(brief.item_id), "each item once");
        }
    }
    assert_eq!(seen.len(), 935);
    let filter = records::Filter {
        text: "100%_\\".into(),
        flagged: true,
        state: Some(ItemState::Published),
        org_id: Some(civil),
        region: "990102".into(),
        ..records::Filter::default()
    };
    let none = world
        .db
        .read(move |tx| records::list(tx, &filter, None, 10))
        .await
        .expect("lists");
    assert_eq!(none, []);
    let filter = records::Filter {
        text: "采矿权".into(),
        region: "990100".into(),
        ..records::Filter::default()
    };
    let some = world
        .db
        .read(move |tx| records::list(tx, &filter, None, 10))
        .await
        .expect("lists");
    assert!(!some.is_empty() && some.iter().all(|brief| brief.name.contains("采矿权")));
    let flags = world
        .db
        .read(move |tx| records::flags(tx, some[0].item_id))
        .await
        .expect("reads");
    assert!(!flags.is_empty());
}

async fn the_snapshot_is_browsed_and_searched(world: World) {
    let catalog = world.demo().await;
    let snapshot = catalog.snapshot();
    let first = |question: &str| {
        snapshot
            .search(question, &Wanted::default())
            .first()
            .map(|answer| answer.brief.name.clone())
            .unwrap_or_default()
    };
    assert!(first("老人补贴").contains("高龄津贴"));
    assert!(first("开饭店").contains("食品经营许可"));
    assert!(first("结婚").contains("结婚登记"));
    assert!(snapshot.popular(5).is_empty(), "nothing was counted yet");
    let marriage = snapshot.of_life_event("结婚");
    assert!(marriage.iter().any(|brief| brief.name == "结婚登记"));
    let theme = snapshot.of_theme("婚姻登记", Audience::Person);
    assert!(!theme.is_empty());
    for (org, count) in snapshot.orgs_with_items() {
        assert_eq!(snapshot.of_org(org.id).len(), count);
    }
    let only = Wanted {
        audience: Some(Audience::Enterprise),
        region: Some("990102".into()),
        ..Wanted::default()
    };
    let answers = snapshot.search("", &only);
    assert!(!answers.is_empty());
    assert!(
        answers
            .iter()
            .all(|answer| answer.brief.region.starts_with("990102"))
    );

    let item_id = theme[0].item_id;
    world
        .db
        .write(move |tx| records::replace_popularity(tx, &[(item_id, 7)]))
        .await
        .expect("counts");
    catalog.refresh().await.expect("reads");
    assert_eq!(catalog.snapshot().popular(5)[0].item_id, item_id);
}

/// Every application is counted once, by day; what is older than the span no longer counts.
async fn uses_are_counted_from_the_feed(world: World) {
    let catalog = world.demo().await;
    let items: Vec<_> = catalog.snapshot().items()[..2].to_vec();
    let today = calendar::civil_date(now());
    let long_ago = now() - jiff::SignedDuration::from_hours(24 * 100);
    let opened = [
        (items[0].version_id, now(), 1),
        (items[0].version_id, now(), 1),
        // Not an opening.
        (items[0].version_id, now(), 2),
        (items[1].version_id, long_ago, 1),
    ];
    let mut entries = Vec::new();
    for (place, (version, at, seq)) in (1_u8..).zip(opened) {
        let case = base::ids::Uuid::from_bytes([place; 16]);
        open_case(&world, case, version, at).await;
        entries.push(store::feed::Delivered {
            position: i64::from(place),
            entry: store::feed::Entry {
                kind: "approval.file".to_owned(),
                subject: case,
                seq,
                at_ms: at.as_millisecond(),
                hash: [0; 32],
            },
        });
    }
    // Something that is no case.
    let mut other = entries[0].clone();
    other.entry.subject = items[0].item_id.uuid();
    entries.push(other);
    world
        .db
        .write(move |tx| {
            let found = uses::look(tx, &entries)?;
            uses::keep(tx, &found)?;
            uses::sum_in(tx, uses::first_day(today))
        })
        .await
        .expect("counts");
    let counted = world.db.read(records::popularity).await.expect("reads");
    assert_eq!(counted, [(items[0].item_id, 2)]);
    // The same sums leave the catalogue as it is.
    let before = world.db.read(records::generation).await.expect("reads");
    world
        .db
        .write(move |tx| uses::sum_in(tx, uses::first_day(today)))
        .await
        .expect("sums");
    assert_eq!(
        world.db.read(records::generation).await.expect("reads"),
        before
    );
}

async fn open_case(world: &World, case: base::ids::Uuid, about: VersionId, at: jiff::Timestamp) {
    world
        .db
        .write(move |tx| {
            tx.exec(
                "INSERT INTO cases (case_id, case_no, kind, state, version, region, org_id, about_id, title,
                     applicant_id, applicant_name, channel, opened_at, head, body)
                 VALUES ($1, $2, 'approval', 'received', 1, '990102', $1, $3, '事项', $1, '王*明', 'web', $4, $5, '{}')",
                &store::params![case, case.to_string(), about.uuid(), at, [0_u8; 32]],
            )
        })
        .await
        .expect("a case");
}

async fn a_large_import_is_one_quick_transaction(world: World) {
    let items: Vec<serde_json::Value> = (0..3000)
        .map(|n| {
            serde_json::json!({ "org": "990102.civil", "item": Item { name: format!("第{n}号事项"), ..Item::default() } })
        })
        .collect();
    let content = serde_json::to_string(&items).expect("plain data");
    let parsed = world.read(&content);
    let done = world
        .import(parsed, now(), &world.admin)
        .await
        .expect("imports");
    assert_eq!(done.created, 3000);
    let catalog = Catalog::open(world.db.clone()).await.expect("opens");
    assert_eq!(catalog.snapshot().items().len(), 3000);
    let unknown: ItemId = world.ids.next(now());
    assert!(catalog.current(unknown).await.expect("reads").is_none());
    let unknown: VersionId = world.ids.next(now());
    assert!(catalog.version(unknown).await.expect("reads").is_none());
}

crate::tests::world::on_both!(records:
    uses_are_counted_from_the_feed,
    importing_twice_changes_nothing_the_second_time,
    a_change_is_a_new_version_and_the_old_one_stays,
    suspending_stops_applications_at_once_and_keeps_the_guide,
    an_import_with_errors_imports_nothing_unless_told_to,
    what_is_published_with_a_fault_is_read_in_again,
    nobody_imports_for_bodies_they_do_not_manage,
    lists_page_by_key_and_filter,
    the_snapshot_is_browsed_and_searched,
    a_large_import_is_one_quick_transaction,
);
