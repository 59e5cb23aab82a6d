//! Many items at once, on a database: looked at, handed in, let pass by a second person, undone; bodies that merge,
//! powers given further.

use std::sync::Arc;

use base::ids::{AccountId, ItemId, OrgId, StaffId};
use casework::{Actor, Grant, Role, actor::Staff};

use super::world::{World, later, now};
use crate::app::bulk::{self, Choice, Looked, Outcome};
use crate::app::drafting;
use crate::app::transfer::{self, Giving};
use crate::bulk::rule::{Act, Rule};
use crate::bulk::transfer::Kind;
use crate::model::{Item, PowerSource};
use crate::store as records;
use crate::store::{Bulk, BulkId, BulkKind, DraftState, Filter, LineState};
use crate::{export, import};

fn somebody(world: &World, name: &str, role: Role) -> Actor {
    Actor::Staff(Staff {
        account: world.ids.next::<AccountId>(now()),
        staff: world.ids.next::<StaffId>(now()),
        name: name.into(),
        org: world.ids.next::<OrgId>(now()),
        grants: vec![Grant {
            role,
            region: "990100".into(),
            org: None,
        }],
        stands_in_for: Vec::new(),
    })
}

/// An editor and a reviewer of the city.
struct Desk {
    world: World,
    editor: Actor,
    reviewer: Actor,
}

impl Desk {
    async fn of(world: World) -> Desk {
        world.demo().await;
        let editor = somebody(&world, "编制", Role::CatalogEditor);
        let reviewer = somebody(&world, "审核", Role::CatalogReviewer);
        Desk {
            world,
            editor,
            reviewer,
        }
    }

    async fn keep(&self, kind: BulkKind, looked: Looked) -> BulkId {
        self.keep_with(kind, looked, "{}".into()).await
    }

    async fn keep_with(&self, kind: BulkKind, looked: Looked, params: String) -> BulkId {
        let Actor::Staff(staff) = &self.editor else {
            panic!("an editor is staff");
        };
        let bulk = Bulk {
            bulk_id: BulkId::from_uuid(self.world.ids.next_uuid(now())),
            kind,
            title: "试".into(),
            account_id: staff.account,
            by_name: staff.name.clone(),
            params,
            looked: 0,
            unchanged: 0,
            created_at: now(),
            done_at: None,
            batch: None,
        };
        let bulk_id = bulk.bulk_id;
        self.world
            .db
            .write(move |tx| bulk::keep(tx, &bulk, &looked))
            .await
            .expect("keeps");
        bulk_id
    }

    async fn hand_in(&self, bulk_id: BulkId) -> Outcome {
        let (actor, ids) = (self.editor.clone(), Arc::clone(&self.world.ids));
        self.world
            .db
            .write(move |tx| bulk::draft(tx, &actor, &ids, bulk_id, None, "请审核", now()))
            .await
            .expect("hands in")
    }

    async fn approve(&self, batch: records::BatchId) -> Result<usize, drafting::Error> {
        let (actor, ids) = (self.reviewer.clone(), Arc::clone(&self.world.ids));
        let done = self
            .world
            .db
            .write(move |tx| drafting::approve_batch(tx, &actor, &ids, batch, "", later()))
            .await?;
        Ok(done.len())
    }

    async fn items(&self) -> Vec<crate::Published> {
        self.world
            .db
            .read(|tx| {
                let mut all = Vec::new();
                records::each_current(tx, &Filter::default(), &mut |one| {
                    all.push(one);
                    Ok(())
                })?;
                Ok::<_, store::Error>(all)
            })
            .await
            .expect("reads")
    }
}

fn rule() -> Rule {
    Rule {
        column: "承诺办结时限".into(),
        act: Act::Shorten,
        value: "50".into(),
        with: String::new(),
    }
}

fn days(items: &[crate::Published]) -> Vec<(ItemId, Option<u32>)> {
    items
        .iter()
        .map(|one| {
            (
                one.item_id,
                one.item.promised_limit.as_ref().map(|limit| limit.n),
            )
        })
        .collect()
}

async fn one_rule_for_all_is_published_by_a_second_person_and_undone(world: World) {
    let desk = Desk::of(world).await;
    let before = desk.items().await;
    let actor = desk.editor.clone();
    let looked = desk
        .world
        .db
        .read(move |tx| bulk::look_at_rule(tx, &actor, &Choice::Filter(Filter::default()), &rule()))
        .await
        .expect("looks");
    assert_eq!(looked.looked, before.len());
    let ready = looked
        .lines
        .iter()
        .filter(|(line, _)| line.state == LineState::Ready)
        .count();
    assert!(ready > 5, "{ready} of {}", looked.lines.len());
    assert_eq!(looked.lines.len() + looked.unchanged, before.len());
    for (line, _) in &looked.lines {
        assert!(
            line.changes
                .iter()
                .all(|change| change.path == "promised_limit.n"),
            "{line:?}"
        );
    }
    let bulk_id = desk.keep(BulkKind::Fields, looked).await;
    assert_eq!(
        days(&desk.items().await),
        days(&before),
        "nothing is published yet"
    );
    let outcome = desk.hand_in(bulk_id).await;
    assert_eq!((outcome.drafted, outcome.skipped), (ready, 0));
    assert_eq!(
        days(&desk.items().await),
        days(&before),
        "nor when it is handed in"
    );

    // Whoever wrote it does not let it pass, even with the reviewer's role.
    let (actor, ids) = (desk.editor.clone(), Arc::clone(&desk.world.ids));
    let batch = outcome.batch;
    let own = desk
        .world
        .db
        .write(move |tx| drafting::approve_batch(tx, &actor, &ids, batch, "", later()))
        .await;
    assert!(own.is_err());
    assert_eq!(desk.approve(batch).await.expect("passes"), ready);
    let after = desk.items().await;
    let halved = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before.item.promised_limit != after.item.promised_limit)
        .count();
    assert_eq!(halved, ready);

    let (actor, ids) = (desk.editor.clone(), Arc::clone(&desk.world.ids));
    let (undone, drafts) = desk
        .world
        .db
        .write(move |tx| drafting::undo_batch(tx, &actor, &ids, batch, "改错了", later()))
        .await
        .expect("begins the undoing");
    assert_eq!(drafts.len(), ready);
    desk.approve(undone).await.expect("passes");
    assert_eq!(days(&desk.items().await), days(&before));
}

async fn a_file_becomes_drafts_field_by_field(world: World) {
    let desk = Desk::of(world).await;
    let items = desk.items().await;
    let write = |items: &[crate::Published], bodies: &import::Bodies| {
        let mut file = export::Xlsx::begin().expect("begins");
        for one in items {
            file.item(bodies.name(one.org_id), &one.item)
                .expect("writes");
        }
        file.finish().expect("writes")
    };
    let look = async |content: Vec<u8>| {
        let parsed = import::read_to_compare(&content, &desk.world.bodies).expect("reads");
        assert_eq!(parsed.errors, []);
        let actor = desk.editor.clone();
        desk.world
            .db
            .read(move |tx| bulk::look_at_file(tx, &actor, &parsed))
            .await
            .expect("looks")
    };
    // The file as it was exported changes nothing.
    let same = look(write(&items, &desk.world.bodies)).await;
    assert_eq!((same.lines.len(), same.unchanged), (0, items.len()));

    // What a check speaks against is told in its line; the rest of the file is not held back by it.
    let mut wrong = items.clone();
    let (long, limit) = wrong
        .iter_mut()
        .enumerate()
        .find_map(|(at, one)| {
            let statutory = one.item.statutory_limit.as_ref()?.n;
            one.item.promised_limit.as_mut()?.n = statutory + 1;
            Some((at, statutory + 1))
        })
        .expect("an item with both limits");
    let looked = look(write(&wrong, &desk.world.bodies)).await;
    assert_eq!((looked.lines.len(), looked.unchanged), (1, items.len() - 1));
    let (line, body) = &looked.lines[0];
    assert_eq!(line.state, LineState::Refused);
    assert_eq!(line.item_id, Some(items[long].item_id));
    assert_eq!(body.promised_limit.as_ref().map(|one| one.n), Some(limit));

    let mut edited = items.clone();
    edited[0].item.consult_phone = "0990-0000".into();
    edited[1].item.consult_phone = "0990-0000".into();
    let looked = look(write(&edited, &desk.world.bodies)).await;
    assert_eq!((looked.lines.len(), looked.unchanged), (2, items.len() - 2));
    for (line, body) in &looked.lines {
        assert_eq!(line.changes.len(), 1);
        assert_eq!(line.changes[0].path, "consult_phone");
        assert_eq!(body.consult_phone, "0990-0000");
    }
    let bulk_id = desk.keep(BulkKind::Import, looked).await;

    // Meanwhile somebody else begins to write one of the two: theirs is not written over.
    let (actor, ids, item_id) = (
        desk.reviewer.clone(),
        Arc::clone(&desk.world.ids),
        items[0].item_id,
    );
    desk.world
        .db
        .write(move |tx| {
            let id = records::DraftId::from_uuid(ids.next_uuid(now()));
            drafting::begin(tx, &actor, id, drafting::Start::Item(item_id), None, now())
        })
        .await
        .expect("begins");
    let outcome = desk.hand_in(bulk_id).await;
    assert_eq!((outcome.drafted, outcome.skipped), (1, 1));
    let lines = desk
        .world
        .db
        .read(move |tx| {
            let filter = records::LineFilter {
                field: "consult_phone".into(),
                state: Some(LineState::Skipped),
            };
            records::bulk_lines(tx, bulk_id, &filter, 0, 50)
        })
        .await
        .expect("reads");
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].note.contains("审核"),
        "who is writing it: {}",
        lines[0].note
    );
    assert_eq!(desk.approve(outcome.batch).await.expect("passes"), 1);
}

async fn the_items_of_a_body_go_to_another_with_new_codes_and_come_back(world: World) {
    let desk = Desk::of(world).await;
    let before = desk.items().await;
    let from = before
        .iter()
        .find(|one| !one.item.impl_code.is_empty())
        .expect("an item with a code")
        .org_id;
    let to = desk
        .world
        .db
        .read(move |tx| {
            let all = crate::reading::all_orgs(tx)?;
            let giver = all.iter().find(|org| org.id == from).cloned();
            Ok::<_, people::Error>(all.into_iter().find(|org| {
                org.id != from
                    && org.uscc.is_some()
                    && giver
                        .as_ref()
                        .is_some_and(|giver| giver.region == org.region)
            }))
        })
        .await
        .expect("reads")
        .expect("another body of the same region");
    let moving: Vec<&crate::Published> = before.iter().filter(|one| one.org_id == from).collect();
    let (actor, to_id) = (desk.editor.clone(), to.id);
    let looked = desk
        .world
        .db
        .read(move |tx| transfer::look_at_merge(tx, &actor, from, to_id))
        .await
        .expect("looks");
    assert_eq!(looked.looked, moving.len());
    let ends = async || {
        let read = desk.world.db.read(move |tx| people::orgs::by_id(tx, from));
        read.await.expect("reads").expect("the giving body")
    };
    let merge = transfer::Merge {
        from: ends().await.key,
        to: to.key.clone(),
        dissolve: true,
    };
    let params = serde_json::to_string(&merge).expect("plain data");
    let bulk_id = desk.keep_with(BulkKind::Merge, looked, params).await;
    let outcome = desk.hand_in(bulk_id).await;
    assert_eq!((outcome.drafted, outcome.skipped), (moving.len(), 0));
    assert_eq!(ends().await.valid_to, None);
    desk.approve(outcome.batch).await.expect("passes");
    // The day before the items are the other's.
    let last_day = calendar::civil_date(later()).yesterday().expect("a day");
    assert_eq!(ends().await.valid_to, Some(last_day));
    let after = desk.items().await;
    assert!(
        after.iter().all(|one| one.org_id != from),
        "nothing is left behind"
    );
    for old in &moving {
        let new = after
            .iter()
            .find(|one| one.item_id == old.item_id)
            .expect("the same item");
        assert_eq!(new.org_id, to.id);
        if !old.item.impl_code.is_empty() {
            assert_ne!(new.item.impl_code, old.item.impl_code);
            assert!(new.item.local_item_code.ends_with(&old.item.impl_code));
        }
        // The version cases run on is as it was.
        let (item_id, n) = (old.item_id, old.version);
        let kept = desk
            .world
            .db
            .read(move |tx| records::version_number(tx, item_id, n))
            .await
            .expect("reads")
            .expect("there");
        assert_eq!((kept.org_id, &kept.item), (from, &old.item));
    }
    let (actor, ids, batch) = (
        desk.editor.clone(),
        Arc::clone(&desk.world.ids),
        outcome.batch,
    );
    let (undone, _) = desk
        .world
        .db
        .write(move |tx| drafting::undo_batch(tx, &actor, &ids, batch, "不合并了", later()))
        .await
        .expect("begins the undoing");
    desk.approve(undone).await.expect("passes");
    for old in &moving {
        let back = desk.items().await;
        let back = back
            .iter()
            .find(|one| one.item_id == old.item_id)
            .expect("the same item");
        assert_eq!((back.org_id, &back.item), (from, &old.item));
    }
    assert_eq!(ends().await.valid_to, None, "what it had is back");
}

async fn a_power_given_further_begins_the_receivers_draft(world: World) {
    let desk = Desk::of(world).await;
    let item = desk
        .items()
        .await
        .into_iter()
        .find(|one| one.item.name == "结婚登记")
        .expect("there");
    let town = desk.world.ids.next::<OrgId>(now());
    let giver = item.org_id;
    let made = desk
        .world
        .db
        .write(move |tx| {
            let county = people::orgs::by_id(tx, giver)?.expect("the county's office");
            let org = people::Org {
                id: town,
                key: "990102.town".into(),
                name: "城关镇人民政府".into(),
                level: 5,
                uscc: None,
                parent: None,
                ..county
            };
            people::orgs::create(tx, &org)
        })
        .await;
    made.expect("a town");
    let giving = Giving {
        item_id: item.item_id,
        to: town,
        kind: Kind::Entrusted,
        basis: "云政发〔2026〕3号".into(),
        first_day: jiff::civil::date(2026, 7, 1),
        last_day: Some(jiff::civil::date(2027, 6, 30)),
    };
    let give = async |giving: Giving| {
        let (actor, ids) = (desk.editor.clone(), Arc::clone(&desk.world.ids));
        desk.world
            .db
            .write(move |tx| transfer::give(tx, &actor, &ids, &giving, now()))
            .await
    };
    let without = give(Giving {
        basis: " ".into(),
        ..giving.clone()
    });
    assert!(matches!(without.await, Err(transfer::Error::NeedsBasis)));
    let backwards = give(Giving {
        last_day: Some(jiff::civil::date(2026, 6, 30)),
        ..giving.clone()
    });
    assert!(matches!(backwards.await, Err(transfer::Error::Days)));
    let to_itself = give(Giving {
        to: giver,
        ..giving.clone()
    });
    assert!(matches!(to_itself.await, Err(transfer::Error::SameBody)));

    let (delegation, draft) = give(giving).await.expect("gives");
    assert_eq!((draft.org_id, draft.state), (town, DraftState::Editing));
    let body: &Item = &draft.body;
    assert_eq!(body.power_source, PowerSource::Entrusted);
    assert!(!body.delegated_dept.is_empty());
    assert_eq!(body.validity.to, delegation.last_day);
    let listed = desk
        .world
        .db
        .read(move |tx| records::delegations(tx, Some(town), 10))
        .await
        .expect("reads");
    assert_eq!(listed, [delegation]);
}

super::world::on_both!(
    records: one_rule_for_all_is_published_by_a_second_person_and_undone,
    a_file_becomes_drafts_field_by_field,
    the_items_of_a_body_go_to_another_with_new_codes_and_come_back,
    a_power_given_further_begins_the_receivers_draft,
);
