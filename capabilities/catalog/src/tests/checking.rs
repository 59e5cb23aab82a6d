//! Looking over the list on a database.

use std::sync::atomic::AtomicUsize;

use base::ids::ItemId;

use super::world::{World, later, now};
use crate::app::checking::{Look, Plan, look};
use crate::checks::Wording;
use crate::model::Item;
use crate::store as records;
use crate::store::{FoundFilter, NewVersion, Publisher, Run, RunId, RunState};
use crate::uniform::{self, Rule};

/// Publishes an item at the body with this key.
pub(super) async fn publish(world: &World, key: &'static str, item: Item) -> ItemId {
    let (item_id, version_id) = (world.ids.next(now()), world.ids.next(now()));
    world
        .db
        .write(move |tx| {
            let org = people::orgs::by_key(tx, key)
                .expect("reads")
                .expect("the body");
            let publisher = Publisher::begin(tx, now(), "周敏")?;
            publisher.publish(
                tx,
                NewVersion {
                    item_id,
                    version_id,
                    org_id: org.id,
                    region: &org.region,
                    item: &item,
                    flags: &[],
                },
            )
        })
        .await
        .expect("publishes");
    item_id
}

pub(super) fn item(uscc_and_level: &str, days: u32) -> Item {
    Item {
        name: "小餐饮登记".into(),
        base_code: "990121009001".into(),
        impl_code: format!("{uscc_and_level}990121009001"),
        item_type: "01".into(),
        promised_limit: Some(crate::model::Limit {
            n: days,
            unit: calendar::Unit::WorkingDay,
            note: String::new(),
        }),
        handling_forms: vec![1],
        visit_count: 1,
        ..Item::default()
    }
}

async fn looked(world: &World, plan: Plan) -> Look {
    let progress = AtomicUsize::new(0);
    world
        .db
        .read(move |tx| look(tx, &plan, &progress))
        .await
        .expect("looks")
}

fn rule() -> Rule {
    Rule {
        key: "limits".into(),
        name: "时限".into(),
        fields: vec!["promised_limit".into(), "name".into()],
        ..Rule::default()
    }
}

async fn differing_items_are_found_with_both_values(world: World) {
    publish(&world, "990102.market", item("11990102MB0020212N4", 8)).await;
    publish(&world, "990102.civil", item("11440300MB2C94128A4", 8)).await;
    let other = publish(&world, "city.market", item("11440300MB2D072246", 5)).await;
    let plan = Plan {
        rules: vec![(rule(), None)],
        ..Plan::default()
    };
    let all = looked(&world, plan.clone()).await;
    assert_eq!((all.items, all.cut), (3, false));
    let [one] = all.found.as_slice() else {
        panic!("{:?}", all.found);
    };
    assert_eq!((one.item_id, one.field.as_str()), (other, "promised_limit"));
    assert_eq!(
        (
            one.value.as_str(),
            one.benchmark.as_str(),
            one.item_name.as_str()
        ),
        ("5个工作日", "8个工作日", "小餐饮登记")
    );
    let (same_body, org_id) = (looked(&world, plan.clone()), one.org_id);
    assert_eq!(same_body.await, all, "looking twice finds the same");
    // One body's part: compared with everybody's.
    let own = Plan {
        org_id: Some(org_id),
        ..plan.clone()
    };
    let own = looked(&world, own).await;
    assert_eq!((own.items, own.found.as_slice()), (1, all.found.as_slice()));
    // Measured by that body, the others differ.
    let measured = Plan {
        rules: vec![(rule(), Some(org_id))],
        ..Plan::default()
    };
    assert_eq!(looked(&world, measured).await.found.len(), 2);
    let off = Plan {
        rules: vec![(
            Rule {
                off: true,
                ..rule()
            },
            None,
        )],
        ..Plan::default()
    };
    assert_eq!(looked(&world, off).await.found, []);
}

async fn the_ten_rules_are_looked_for_too(world: World) {
    let mut vague = item("11990102MB0020212N4", 8);
    vague.accept_conditions = vec!["其他条件".into()];
    let item_id = publish(&world, "990102.market", vague).await;
    let plan = Plan {
        wording: Some(Wording::default()),
        ..Plan::default()
    };
    let found = looked(&world, plan).await.found;
    let one = found
        .iter()
        .find(|one| one.rule == "c6")
        .expect("the catch-all");
    assert_eq!(
        (
            one.item_id,
            one.field.as_str(),
            one.path.as_str(),
            one.stops
        ),
        (item_id, "accept_conditions", "accept_conditions[0]", true)
    );
    assert!(found.iter().any(|one| one.rule == "c9"));
}

async fn two_looks_are_compared(world: World) {
    publish(&world, "990102.market", item("11990102MB0020212N4", 8)).await;
    publish(&world, "990102.civil", item("11440300MB2C94128A4", 5)).await;
    let plan = Plan {
        rules: vec![(rule(), None)],
        ..Plan::default()
    };
    let first = looked(&world, plan).await;
    assert_eq!(first.found.len(), 1);
    let ids: [RunId; 2] = [(); 2].map(|()| RunId::from_uuid(world.ids.next_uuid(now())));
    let found = first.found.clone();
    world
        .db
        .write(move |tx| {
            for (run_id, at) in ids.into_iter().zip([now(), later()]) {
                let run = Run {
                    run_id,
                    org_id: None,
                    state: RunState::Running,
                    rules: uniform::shipped(),
                    started_by: "周敏".into(),
                    started_at: at,
                    touched_at: at,
                    finished_at: None,
                    items: 2,
                    done: 0,
                    found: 0,
                    note: String::new(),
                };
                records::insert_run(tx, &run)?;
            }
            records::insert_findings(tx, ids[0], 1, &found)?;
            Ok::<_, store::Error>(())
        })
        .await
        .expect("keeps");
    let [first, second] = ids;
    world
        .db
        .read(move |tx| {
            assert_eq!(records::runs(tx, 1)?[0].run_id, second);
            assert_eq!(records::found_only_in(tx, first, second)?, 1);
            assert_eq!(records::found_only_in(tx, second, first)?, 0);
            let all = FoundFilter::default();
            assert_eq!(records::count_findings(tx, first, &all)?, 1);
            assert_eq!(records::found_by_org(tx, first, &all)?.len(), 1);
            assert_eq!(
                records::found_by_field(tx, first, &all)?,
                [("limits".to_owned(), "promised_limit".to_owned(), 1, 1)]
            );
            assert_eq!(records::found_by_item(tx, first, &all, 5)?[0].3, 1);
            let other = FoundFilter {
                rule: "c3".into(),
                text: "餐饮".into(),
                ..all
            };
            assert_eq!(records::count_findings(tx, first, &other)?, 0);
            Ok::<_, store::Error>(())
        })
        .await
        .expect("reads");
}

crate::tests::world::on_both!(records:
    differing_items_are_found_with_both_values,
    the_ten_rules_are_looked_for_too,
    two_looks_are_compared,
);
