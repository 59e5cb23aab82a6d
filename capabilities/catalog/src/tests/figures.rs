//! Figures read from the database: the list of any date.

use std::sync::Arc;

use base::ids::{ItemId, OrgId, Uuid, VersionId};
use jiff::civil::date;

use super::world::{World, on_both};
use crate::figures::{Figure, Kind, Known, List, Rounding, Switches, count};
use crate::model::{Item, ItemState, Validity};
use crate::store as records;
use crate::store::{NewVersion, Publisher};

fn id(n: u128) -> ItemId {
    ItemId::from_uuid(Uuid::from_u128(n))
}

on_both!(records: the_list_of_any_date);

async fn the_list_of_any_date(world: World) {
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("a moment");
    let body = OrgId::from_uuid(Uuid::from_u128(7));
    let publish = |n: u128, version: u128, item: Item, now: &str| {
        let (db, now) = (world.db.clone(), at(now));
        async move {
            db.write(move |tx| {
                let publisher = Publisher::begin(tx, now, "编制员")?;
                let new = NewVersion {
                    item_id: id(n),
                    version_id: VersionId::from_uuid(Uuid::from_u128(version)),
                    org_id: body,
                    region: "990102000000",
                    item: &item,
                    flags: &[],
                };
                publisher.revise(tx, new)
            })
            .await
            .expect("publishes");
        }
    };
    let item = |name: &str, code: &str, visit_count| Item {
        name: name.into(),
        impl_code: code.into(),
        visit_count,
        handling_forms: vec![1, 2],
        ..Item::default()
    };
    publish(1, 11, item("甲", "a", 2), "2026-03-01T02:00:00Z").await;
    publish(2, 21, item("乙", "b", 1), "2026-03-02T02:00:00Z").await;
    publish(1, 12, item("甲", "a", 0), "2026-03-03T02:00:00Z").await;
    let until = Item {
        validity: Validity {
            from: None,
            to: Some(date(2026, 3, 4)),
        },
        ..item("丙", "c", 1)
    };
    publish(3, 31, until, "2026-03-04T02:00:00Z").await;
    world
        .db
        .write(move |tx| {
            let publisher = Publisher::begin(tx, at("2026-03-05T02:00:00Z"), "审核员")?;
            publisher.set_state(tx, id(2), ItemState::Suspended, "系统升级")
        })
        .await
        .expect("suspends");
    let known = Arc::new(Known::default());
    let on = async |day| {
        let list = List::read(&world.db, &known, day).await.expect("reads");
        let visits = count(Figure::VisitAvg, &list.facts, None, Switches::default());
        let names: String = list.facts.iter().map(|fact| fact.name.as_str()).collect();
        (names, visits.ratio.print(Kind::Mean, Rounding::HalfUp))
    };
    let said = |names: &str, visits: &str| (names.to_owned(), visits.to_owned());
    assert_eq!(on(date(2026, 2, 28)).await, said("", "—"));
    assert_eq!(on(date(2026, 3, 1)).await, said("甲", "2.00"));
    assert_eq!(on(date(2026, 3, 2)).await, said("乙甲", "1.50"));
    assert_eq!(on(date(2026, 3, 3)).await, said("乙甲", "0.50"));
    assert_eq!(on(date(2026, 3, 4)).await, said("丙乙甲", "0.67"));
    assert_eq!(on(date(2026, 3, 5)).await, said("甲", "0.00"));
    // Asked again, the past is what it was.
    assert_eq!(on(date(2026, 3, 2)).await, said("乙甲", "1.50"));
    let versions = world
        .db
        .read(|tx| records::versions(tx, id(1)))
        .await
        .expect("reads");
    assert_eq!(versions.len(), 2);
}
