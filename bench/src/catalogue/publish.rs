//! Publishing the list of a city: one batch of 2,950 drafts that a second person lets pass, with every check of every
//! draft, the versions, the trail and the feed.

use std::sync::Arc;
use std::time::Instant;

use anyhow::ensure;
use base::ids::{AccountId, IdSource, OrgId, StaffId};
use casework::actor::Staff;
use casework::{Actor, Grant, Role};
use catalog::Item;
use catalog::app::bulk::{self, Choice};
use catalog::app::drafting;
use catalog::bulk::rule::{Act, Rule};
use catalog::store::{Bulk, BulkId, BulkKind, Filter, NewVersion, Publisher};
use jiff::Timestamp;
use serde::Deserialize;
use store::{Db, Options};

const DEMO_ITEMS: &str = include_str!("../../../data/items/demo_items.json");
const ITEMS: usize = 2950;
const BODIES: usize = 29;
const REGION: &str = "990100";

/// Seconds from the reviewer's word to the published list.
pub(super) fn seconds() -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Runtime::new()?;
    let home = tempfile::tempdir()?;
    runtime.block_on(async {
        let url = format!("sqlite:{}", home.path().join("list.db").display());
        let db = Db::open(Options::parse(&url)?).await?;
        for migrations in [
            store::MIGRATIONS,
            people::MIGRATIONS,
            cases::MIGRATIONS,
            catalog::MIGRATIONS,
        ] {
            db.migrate(migrations).await?;
        }
        let ids = Arc::new(IdSource::seeded(1));
        fill(&db, &ids).await?;
        let editor = somebody(&ids, Role::CatalogEditor);
        let reviewer = Actor::Staff(somebody(&ids, Role::CatalogReviewer));
        let bulk = Bulk {
            bulk_id: BulkId::from_uuid(ids.next_uuid(Timestamp::UNIX_EPOCH)),
            kind: BulkKind::Fields,
            title: "咨询电话".to_owned(),
            account_id: editor.account,
            by_name: editor.name.clone(),
            params: String::new(),
            looked: 0,
            unchanged: 0,
            created_at: Timestamp::UNIX_EPOCH,
            done_at: None,
            batch: None,
        };
        let (editor, sources) = (Actor::Staff(editor), Arc::clone(&ids));
        let outcome = db
            .write(move |tx| {
                let rule = Rule {
                    column: "咨询电话".to_owned(),
                    act: Act::Set,
                    value: "0990-12345".to_owned(),
                    with: String::new(),
                };
                let all = Choice::Filter(Filter::default());
                let looked = bulk::look_at_rule(tx, &editor, &all, &rule)?;
                bulk::keep(tx, &bulk, &looked)?;
                let now = Timestamp::UNIX_EPOCH;
                bulk::draft(tx, &editor, &sources, bulk.bulk_id, None, "", now)
            })
            .await?;
        ensure!(outcome.drafted == ITEMS, "every item has a draft");
        let began = Instant::now();
        let published = db
            .write(move |tx| {
                let now = Timestamp::UNIX_EPOCH;
                drafting::approve_batch(tx, &reviewer, &ids, outcome.batch, "", now)
            })
            .await?;
        let took = began.elapsed();
        ensure!(published.len() == ITEMS, "every draft is published");
        db.close().await;
        Ok(took.as_secs_f64())
    })
}

fn somebody(ids: &IdSource, role: Role) -> Staff {
    let now = Timestamp::UNIX_EPOCH;
    Staff {
        account: ids.next::<AccountId>(now),
        staff: ids.next::<StaffId>(now),
        name: role.label().to_owned(),
        org: ids.next::<OrgId>(now),
        grants: vec![Grant {
            role,
            region: REGION.to_owned(),
            org: None,
        }],
        stands_in_for: Vec::new(),
    }
}

#[derive(Deserialize)]
struct Model {
    item: Item,
}

/// Publishes the list the drafts are made from: the demo items, each at many bodies.
async fn fill(db: &Db, ids: &Arc<IdSource>) -> anyhow::Result<()> {
    let models: Vec<Model> = serde_json::from_str(DEMO_ITEMS)?;
    let now = Timestamp::UNIX_EPOCH;
    let bodies: Vec<OrgId> = (0..BODIES).map(|_| ids.next(now)).collect();
    let items: Vec<Item> = (0..ITEMS)
        .map(|n| {
            let mut item = models[n % models.len()].item.clone();
            item.impl_code = String::new();
            item.local_item_code = format!("{n:05}");
            item
        })
        .collect();
    let ids = Arc::clone(ids);
    db.write(move |tx| {
        let publisher = Publisher::begin(tx, now, "bench")?;
        for (n, item) in items.iter().enumerate() {
            let new = NewVersion {
                item_id: ids.next(now),
                version_id: ids.next(now),
                org_id: bodies[n % BODIES],
                region: REGION,
                item,
                flags: &[],
            };
            publisher.publish(tx, new)?;
        }
        Ok::<_, store::Error>(())
    })
    .await?;
    Ok(())
}
