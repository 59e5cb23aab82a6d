//! Powers given further to bodies nearer to people, and a spot check of guides with what was found in some of them.

use anyhow::Context as _;
use base::IdSource;
use base::ids::{ItemId, OrgId};
use casework::{Actor, Permission, Role, Scope};
use catalog::app::transfer::{self, Error as Refusal, Giving};
use catalog::bulk::transfer::Kind;
use catalog::spot::{self, Wrong};
use catalog::store::{self as records, Spot, SpotId, SpotItem};
use catalog::{ItemState, snapshot::Snapshot};
use jiff::{Timestamp, ToSpan as _};

use crate::Parts;
use crate::marker;
use crate::story::Teller;

const PART: &str = "given";
/// Powers that are given further.
const GIVEN: usize = 2;
/// Guides drawn, and looked at so far.
const DRAWN: usize = 12;
const LOOKED_AT: usize = 8;
/// 镇级.
const TOWNSHIP: u8 = 5;
const BASIS: &str = "云川市人民政府关于向街道下放部分政务服务事项的决定（2026年第7号）";

/// What one guide was found to say wrongly: its place in the draw, the section and the note.
const FOUND: &[(usize, &str, &str)] = &[
    (2, "phones", "监督电话已停用，窗口公示的是新号码"),
    (5, "places", "办理地点写的是搬迁前的大厅"),
];

/// Adds both, once.
pub(crate) async fn add(
    parts: &Parts,
    teller: &Teller,
    ids: IdSource,
    until: Timestamp,
) -> anyhow::Result<()> {
    let month_ago = until.checked_sub((30 * 24).hours())?;
    let staff = &teller.offices.staff;
    let editors: Vec<Actor> = staff
        .iter()
        .filter(|member| member.role == Role::CatalogEditor)
        .map(|member| member.actor.clone())
        .collect();
    let checker = editors.first().context("an editor")?.name().to_owned();
    let streets: Vec<(OrgId, String)> = teller
        .offices
        .desks
        .iter()
        .filter(|desk| desk.body.level == TOWNSHIP)
        .map(|desk| (desk.id, desk.body.region.clone()))
        .collect();
    let items: Vec<ItemId> = teller
        .offers
        .list
        .iter()
        .map(|offer| offer.item_id)
        .collect();
    let drawn = draw(&parts.catalog.snapshot(), &checker, &ids, month_ago);
    let written: Result<(), store::Error> = parts
        .app
        .db
        .write(move |tx| {
            if marker::progress(tx, PART)? > 0 {
                return Ok(());
            }
            give(tx, &editors, &streets, &items, &ids, month_ago)?;
            check(tx, &drawn, &checker, month_ago)?;
            marker::advance(tx, PART, 1)
        })
        .await;
    written.context("powers given further")
}

/// Gives the first items that may be given, each to a body one level below.
fn give(
    tx: &mut store::Tx<'_>,
    editors: &[Actor],
    streets: &[(OrgId, String)],
    items: &[ItemId],
    ids: &IdSource,
    at: Timestamp,
) -> Result<(), store::Error> {
    let first_day = calendar::civil_date(at);
    let mut given = 0;
    for item_id in items {
        let Some(holder) = records::holder(tx, *item_id)? else {
            continue;
        };
        let below = streets
            .iter()
            .filter(|(_, region)| region.starts_with(holder.region.trim_end_matches('0')))
            .nth(given);
        let editor = editors.iter().find(|actor| {
            let scope = Scope {
                region: &holder.region,
                org: Some(holder.org_id),
            };
            actor.may(Permission::Compile, &scope)
        });
        let (Some((to, _)), Some(editor)) = (below, editor) else {
            continue;
        };
        let giving = Giving {
            item_id: *item_id,
            to: *to,
            kind: Kind::Entrusted,
            basis: BASIS.to_owned(),
            first_day,
            last_day: None,
        };
        match transfer::give(tx, editor, ids, &giving, at) {
            Ok(_) => given += 1,
            Err(Refusal::Store(error)) => return Err(error),
            // Not every power can go further.
            Err(_) => {}
        }
        if given == GIVEN {
            break;
        }
    }
    Ok(())
}

/// A spot check over every guide in use.
fn draw(
    snapshot: &Snapshot,
    by: &str,
    ids: &IdSource,
    at: Timestamp,
) -> (Spot, base::crypto::Digest, Vec<SpotItem>) {
    let population: Vec<ItemId> = snapshot
        .items()
        .iter()
        .filter(|brief| brief.state == ItemState::Published)
        .map(|brief| brief.item_id)
        .collect();
    let seed = "2026年第二季度".to_owned();
    let items: Vec<SpotItem> = (1..)
        .zip(spot::draw(&seed, &population, DRAWN))
        .filter_map(|(n, item_id)| {
            let brief = snapshot.item(item_id)?;
            Some(SpotItem {
                n,
                item_id,
                version: brief.version,
                org_id: brief.org_id,
                item_name: brief.name.clone(),
                checked_at: None,
                checked_by: String::new(),
                wrong: Vec::new(),
            })
        })
        .collect();
    let digest = spot::population_digest(&population);
    let spot = Spot {
        check_id: SpotId::from_uuid(ids.next_uuid(at)),
        title: "办事指南准确性抽查".to_owned(),
        org_id: None,
        seed,
        population: population.len() as i64,
        size: items.len() as i64,
        digest: base::crypto::to_hex(&digest),
        drawn_at: at,
        drawn_by: by.to_owned(),
        checked: 0,
        errors: 0,
    };
    (spot, digest, items)
}

/// Keeps what was drawn, and looks at the first of them.
fn check(
    tx: &mut store::Tx<'_>,
    (spot, digest, items): &(Spot, base::crypto::Digest, Vec<SpotItem>),
    by: &str,
    at: Timestamp,
) -> Result<(), store::Error> {
    records::insert_spot(tx, spot, *digest, items)?;
    for (place, item) in items.iter().enumerate().take(LOOKED_AT) {
        let wrong: Vec<Wrong> = FOUND
            .iter()
            .filter(|(number, _, _)| *number == place)
            .map(|(_, section, note)| Wrong {
                section: (*section).to_owned(),
                note: (*note).to_owned(),
            })
            .collect();
        records::mark_spot_item(tx, spot.check_id, item.n, &wrong, by, at)?;
    }
    Ok(())
}
