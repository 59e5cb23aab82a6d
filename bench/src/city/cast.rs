//! Who visits and what: citizens, approvers of the items they apply for, reviewers of the longest queues.

use std::collections::{BTreeMap, BTreeSet};

use ::store::{Db, Tx, params};
use anyhow::{Context as _, ensure};
use base::codes::CitizenId;
use base::ids::{AccountId, IdSource, ItemId, OrgId, PartyId, StaffId};
use calendar::civil_date;
use casework::actor::{Grant, Role};
use catalog::Catalog;
use catalog::model::{self, Published};
use intake::materials::{Need, need, paper_allowed};
use jiff::Timestamp;
use jiff::civil::date;
use people::{AccountKind, NewAccount, NewParty, NewStaff, PartyKind, People};
use serde_json::{Value, json};

use super::{Counts, counts, read};
use crate::answers;

/// Of every visitor. Nobody else has an account in a city that lives for a measurement.
pub(crate) const PASSWORD: &str = "Dusk-over-Yunchuan-2026";

/// Items that are applied for in turn.
const ITEMS_MAX: usize = 16;
/// Routes of a city that are looked through.
const ROUTES_MAX: i64 = 1000;
/// Bodies whose queues are looked at: those with the most to do.
const QUEUES_MAX: usize = 8;
/// Common names, so that searching a queue by name finds others too.
const NAMES: [&str; 8] = [
    "王芳", "李伟", "张敏", "刘洋", "陈静", "杨丽", "黄勇", "周军",
];

/// Everybody and everything a benchmark needs to know of a city.
pub(crate) struct Cast {
    /// Logins of people who apply, one for each client.
    pub(crate) citizens: Vec<Citizen>,
    /// Logins of approvers; the n-th decides the n-th client's item.
    pub(crate) approvers: Vec<String>,
    /// Logins of approvers of the bodies with the longest queues, one for each client.
    pub(crate) reviewers: Vec<String>,
    /// Items in turn.
    pub(crate) items: Vec<Item>,
    /// Every item's guide.
    pub(crate) guides: Vec<ItemId>,
    /// What people type into the search.
    pub(crate) words: Vec<String>,
    /// What was there.
    pub(crate) counts: Counts,
}

/// Somebody who applies.
pub(crate) struct Citizen {
    pub(crate) login: String,
    pub(crate) name: String,
}

/// An item with an application that it accepts.
pub(crate) struct Item {
    /// Body of the request that files it.
    pub(crate) application: String,
}

pub(super) async fn assemble(config: &server::Config, clients: usize) -> anyhow::Result<Cast> {
    let ground =
        server::platform::ground(config, std::sync::Arc::new(server::SystemClock), true).await?;
    let db = ground.db.clone();
    let people = People::new(ground.keys, ground.entropy);
    let now = ground.clock.now();
    let catalog = Catalog::open(db.clone()).await?;
    let snapshot = catalog.snapshot();
    // A lifecycle is the straight road: accepted, then decided.
    let routes: Result<_, approval::Error> = db
        .read(|tx| approval::routing::store::newest(tx, ROUTES_MAX))
        .await;
    let routed: BTreeSet<ItemId> = routes?.iter().map(|version| version.item).collect();
    let mut chosen: BTreeMap<OrgId, Vec<std::sync::Arc<Published>>> = BTreeMap::new();
    for brief in snapshot.items() {
        if routed.contains(&brief.item_id) {
            continue;
        }
        let published = catalog
            .version(brief.version_id)
            .await?
            .context("a listed version")?;
        if published.state == model::ItemState::Published && suits(&published.item) {
            chosen.entry(published.org_id).or_default().push(published);
        }
    }
    let items = in_turn(chosen);
    ensure!(
        !items.is_empty(),
        "the city has no item that a person can finish over the network"
    );
    let queues = read(&db, longest_queues).await?;
    ensure!(!queues.is_empty(), "nobody in the city has an organisation");
    let opening = Opening {
        people,
        hash: String::new(),
        ids: ground.ids,
        now,
    };
    let mut cast = Cast {
        citizens: Vec::new(),
        approvers: Vec::new(),
        reviewers: Vec::new(),
        guides: snapshot.items().iter().map(|brief| brief.item_id).collect(),
        words: words(&snapshot),
        counts: read(&db, counts).await?,
        items: Vec::new(),
    };
    let hashing = tokio::task::spawn_blocking(move || Opening {
        hash: people::password::hash(PASSWORD, opening.people.entropy()),
        ..opening
    });
    let opening = hashing.await?;
    for client in 0..clients {
        let name = NAMES[client % NAMES.len()].to_owned();
        let login = format!("bench-citizen-{client}");
        cast.citizens.push(Citizen {
            login: login.clone(),
            name: name.clone(),
        });
        opening.citizen(&db, client, login, name).await?;
        let item = &items[client % items.len()];
        let login = format!("bench-approver-{client}");
        cast.approvers.push(login.clone());
        opening
            .approver(&db, login, item.org_id, &item.item.region_code)
            .await?;
        let (org, region) = &queues[client % queues.len()];
        let login = format!("bench-reviewer-{client}");
        cast.reviewers.push(login.clone());
        opening.approver(&db, login, *org, region).await?;
    }
    cast.items = items
        .iter()
        .map(|published| Item {
            application: application(published).to_string(),
        })
        .collect();
    db.close().await;
    Ok(cast)
}

/// Whether a person can apply for it online, hand in no file, sign nothing, and have the result at once when it is
/// granted.
fn suits(item: &model::Item) -> bool {
    let online = item.handling_forms.is_empty() || item.online();
    let for_people = item.service_objects.is_empty() || item.for_people();
    let without_files = item
        .materials
        .iter()
        .all(|material| need(material) != Need::Required || paper_allowed(item, material));
    let unsigned = item.form.fields().all(|field| match field.kind {
        model::FieldKind::File => !field.required,
        kind => kind != model::FieldKind::Signature,
    });
    online
        && for_people
        && without_files
        && unsigned
        && item.delivery.contains(&model::Delivery::Electronic)
}

/// One item of each body, then the second of each, until there are enough.
fn in_turn(
    of_bodies: BTreeMap<OrgId, Vec<std::sync::Arc<Published>>>,
) -> Vec<std::sync::Arc<Published>> {
    let mut bodies: Vec<_> = of_bodies
        .into_values()
        .map(|mut items| {
            items.sort_by(|a, b| a.item.impl_code.cmp(&b.item.impl_code));
            items.into_iter()
        })
        .collect();
    let mut chosen = Vec::new();
    loop {
        let before = chosen.len();
        for body in &mut bodies {
            if chosen.len() == ITEMS_MAX {
                return chosen;
            }
            chosen.extend(body.next());
        }
        if chosen.len() == before {
            return chosen;
        }
    }
}

/// Everything filled in, every material that has to be there promised on paper.
fn application(published: &Published) -> Value {
    let item = &published.item;
    let materials: Vec<Value> = item
        .materials
        .iter()
        .filter(|material| need(material) == Need::Required)
        .map(|material| json!({ "key": material.key, "paper": true }))
        .collect();
    json!({
        "item_id": published.item_id,
        "answers": answers::of(&item.form),
        "materials": materials,
        "delivery": "electronic",
    })
}

/// Everyday words of the items, each once.
fn words(snapshot: &catalog::snapshot::Snapshot) -> Vec<String> {
    let mut words: Vec<String> = snapshot
        .items()
        .iter()
        .flat_map(|brief| {
            let aliases = brief.body.aliases.iter();
            aliases.chain([&brief.name]).cloned()
        })
        .collect();
    words.sort();
    words.dedup();
    words
}

fn longest_queues(tx: &mut Tx<'_>) -> Result<Vec<(OrgId, String)>, ::store::Error> {
    let rows = tx.query(
        "SELECT o.org_id, o.region
         FROM organisations o
         LEFT JOIN (SELECT org_id, count(*) AS open FROM tasks GROUP BY org_id) t ON t.org_id = o.org_id
         ORDER BY COALESCE(t.open, 0) DESC, o.key
         LIMIT $1",
        &params![QUEUES_MAX as i64],
    )?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

/// Opens accounts that are not there yet. All have the same password, so it is hashed once.
struct Opening {
    people: People,
    hash: String,
    ids: IdSource,
    now: Timestamp,
}

impl Opening {
    async fn citizen(
        &self,
        db: &Db,
        client: usize,
        login: String,
        name: String,
    ) -> anyhow::Result<()> {
        let (people, now, hash) = (self.people.clone(), self.now, self.hash.clone());
        let (party, account): (PartyId, AccountId) = (self.ids.next(now), self.ids.next(now));
        // Nobody in the city is that old.
        let born =
            date(1921, 1, 1).checked_add(jiff::Span::new().days(i64::try_from(client / 900)?))?;
        let id_number = CitizenId::compose(990_102, born, u16::try_from(client % 900)?)
            .context("seventeen digits")?;
        debug_assert!(CitizenId::parse(id_number.as_str(), civil_date(now)).is_ok());
        db.write(move |tx| -> Result<(), people::Error> {
            if people.login_taken(tx, &login)? {
                return Ok(());
            }
            let new = NewParty {
                kind: PartyKind::Person,
                name: name.clone(),
                id_number: id_number.as_str().to_owned(),
                phone: Some("19909900000".to_owned()),
                address: None,
                region: "990102".to_owned(),
                legal_representative: None,
            };
            let party = people.register_party(tx, &new, party, now)?.id;
            let new = NewAccount {
                login: login.clone(),
                password_hash: hash.clone(),
                kind: AccountKind::Person { party },
                must_change: false,
            };
            people.create_account(tx, &new, account, now)
        })
        .await?;
        Ok(())
    }

    async fn approver(
        &self,
        db: &Db,
        login: String,
        org: OrgId,
        region: &str,
    ) -> anyhow::Result<()> {
        let (people, now) = (self.people.clone(), self.now);
        let (staff, account): (StaffId, AccountId) = (self.ids.next(now), self.ids.next(now));
        let new = NewStaff {
            login,
            password_hash: self.hash.clone(),
            must_change: false,
            name: "赵明".to_owned(),
            org,
            title: "审批员".to_owned(),
            window: None,
            grants: vec![Grant {
                role: Role::Approver,
                region: region.to_owned(),
                org: Some(org),
            }],
        };
        db.write(move |tx| -> Result<(), people::Error> {
            if people.login_taken(tx, &new.login)? {
                return Ok(());
            }
            people.create_staff(tx, &new, staff, account, now)
        })
        .await?;
        Ok(())
    }
}
