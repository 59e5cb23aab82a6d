//! A look for uniformity over 100,000 implementing items on a database, with the rules that are shipped.

use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use base::ids::{IdSource, OrgId};
use catalog::Item;
use catalog::app::checking::{self, Plan};
use catalog::store::{NewVersion, Publisher};
use catalog::uniform;
use jiff::Timestamp;
use serde::Deserialize;
use store::{Db, Options};

const DEMO_ITEMS: &str = include_str!("../../../data/items/demo_items.json");

const ITEMS: usize = 100_000;
/// Bodies that implement each base item: five levels of a province.
const BODIES: usize = 100;
/// Of so many items one says something else.
const DIFFERS: usize = 33;
/// Items published in one transaction.
const TOGETHER: usize = 2000;

/// Seconds from the question to the report of every element that differs.
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
        let planted = fill(&db).await?;
        let plan = Plan {
            rules: uniform::shipped()
                .into_iter()
                .map(|rule| (rule, None))
                .collect(),
            ..Plan::default()
        };
        let began = Instant::now();
        let look = db
            .read(move |tx| checking::look(tx, &plan, &AtomicUsize::new(0)))
            .await?;
        let took = began.elapsed();
        ensure!(look.items == ITEMS, "every item was read");
        let mut differing: Vec<_> = look.found.iter().map(|found| found.item_id).collect();
        differing.dedup();
        ensure!(
            differing.len() == planted,
            "{} items differ and {planted} were made so",
            differing.len()
        );
        db.close().await;
        Ok(took.as_secs_f64())
    })
}

/// Publishes the list; how many of its items differ from the others of their base item.
async fn fill(db: &Db) -> anyhow::Result<usize> {
    let models = models()?;
    let ids = IdSource::seeded(1);
    let now = Timestamp::UNIX_EPOCH;
    let bodies: Vec<OrgId> = (0..BODIES).map(|_| ids.next(now)).collect();
    let mut planted = 0;
    let mut batch = Vec::with_capacity(TOGETHER);
    for n in 0..ITEMS {
        let (base, body) = (n / BODIES, n % BODIES);
        let mut item = models[base % models.len()].clone();
        item.base_code = format!("9901{base:08}");
        item.impl_code.clear();
        item.local_item_code = format!("{base}-{body}");
        if n % DIFFERS == 0 {
            planted += 1;
            item.accept_conditions.push("具有本地户籍".to_owned());
        }
        batch.push((ids.next(now), ids.next(now), bodies[body], item));
        if batch.len() == TOGETHER || n + 1 == ITEMS {
            let some = std::mem::take(&mut batch);
            db.write(move |tx| -> Result<(), store::Error> {
                let publisher = Publisher::begin(tx, now, "bench")?;
                for (item_id, version_id, org_id, item) in &some {
                    let new = NewVersion {
                        item_id: *item_id,
                        version_id: *version_id,
                        org_id: *org_id,
                        region: "990102",
                        item,
                        flags: &[],
                    };
                    publisher.publish(tx, new)?;
                }
                Ok(())
            })
            .await?;
        }
    }
    Ok(planted)
}

/// The demonstration's items, whole: their size is what real ones have.
fn models() -> anyhow::Result<Vec<Item>> {
    #[derive(Deserialize)]
    struct Owned {
        item: Item,
    }
    let models: Vec<Owned> =
        serde_json::from_str(DEMO_ITEMS).context("the demonstration's items")?;
    Ok(models.into_iter().map(|owned| owned.item).collect())
}
