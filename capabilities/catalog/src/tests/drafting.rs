//! Drafts, reviews and the base list on a database.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::ids::{AccountId, ItemId, OrgId, StaffId};
use calendar::Calendar;
use casework::{Actor, Grant, Role, actor::Staff};
use jiff::{Timestamp, ToSpan as _};

use super::world::{World, now};
use crate::app::base::{self as base_list, Body};
use crate::app::drafting::{self, Error, Start};
use crate::diff::Side;
use crate::model::{BaseItem, Delivery, Item, ItemState, LegalBasis, Limit};
use crate::store as records;
use crate::store::{BatchId, Draft, DraftId, DraftState};

/// Somebody with a role over the whole city.
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

fn at(minutes: i64) -> Timestamp {
    now()
        .checked_add(minutes.minutes())
        .expect("a time in range")
}

fn days(n: u32) -> Limit {
    Limit {
        n,
        unit: calendar::Unit::WorkingDay,
        note: String::new(),
    }
}

/// What one person does to the catalogue, each in a transaction of its own.
struct Desk<'a> {
    world: &'a World,
    actor: Actor,
}

impl Desk<'_> {
    async fn begin(&self, start: Start) -> Result<Draft, Error> {
        let (actor, id) = (self.actor.clone(), self.draft_id());
        self.world
            .db
            .write(move |tx| drafting::begin(tx, &actor, id, start.clone(), None, at(0)))
            .await
    }

    async fn begin_in(&self, item_id: ItemId, batch: BatchId) -> Draft {
        let (actor, id) = (self.actor.clone(), self.draft_id());
        self.world
            .db
            .write(move |tx| {
                drafting::begin(tx, &actor, id, Start::Item(item_id), Some(batch), at(0))
            })
            .await
            .expect("begins")
    }

    fn draft_id(&self) -> DraftId {
        DraftId::from_uuid(self.world.ids.next_uuid(now()))
    }

    async fn save(
        &self,
        draft: &Draft,
        seen: i64,
        body: &Item,
        chosen: &[(&str, Side)],
    ) -> Result<drafting::Saved, Error> {
        let (actor, id, body) = (self.actor.clone(), draft.draft_id, body.clone());
        let chosen: BTreeMap<String, Side> = chosen
            .iter()
            .map(|(path, side)| ((*path).to_owned(), *side))
            .collect();
        self.world
            .db
            .write(move |tx| drafting::save(tx, &actor, id, seen, &body, &chosen, at(1)))
            .await
    }

    async fn submit(&self, draft: &Draft, effective_at: Option<Timestamp>) -> Result<Draft, Error> {
        let (actor, id, revision) = (self.actor.clone(), draft.draft_id, draft.revision);
        self.world
            .db
            .write(move |tx| {
                drafting::submit(tx, &actor, id, revision, effective_at, "请审核", at(2))
            })
            .await
    }

    async fn approve(&self, draft: &Draft) -> Result<Draft, Error> {
        let (actor, id, revision) = (self.actor.clone(), draft.draft_id, draft.revision);
        let ids = Arc::clone(&self.world.ids);
        self.world
            .db
            .write(move |tx| drafting::approve(tx, &actor, &ids, id, revision, "同意", at(3)))
            .await
    }

    async fn give_back(&self, draft: &Draft, reason: &str) -> Result<Draft, Error> {
        let (actor, id, revision) = (self.actor.clone(), draft.draft_id, draft.revision);
        let reason = reason.to_owned();
        self.world
            .db
            .write(move |tx| drafting::give_back(tx, &actor, id, revision, &reason, at(3)))
            .await
    }
}

async fn current(world: &World, item_id: ItemId) -> crate::Published {
    let read = world.db.read(move |tx| records::current(tx, item_id)).await;
    read.expect("reads").expect("there")
}

async fn named(world: &World, name: &str) -> ItemId {
    let catalog = world.demo().await;
    let snapshot = catalog.snapshot();
    let found = snapshot.items().iter().find(|brief| brief.name == name);
    found.expect("there").item_id
}

async fn two_persons_publish_and_the_old_version_stays(world: World) {
    let item_id = named(&world, "结婚登记").await;
    let editor = Desk {
        world: &world,
        actor: somebody(&world, "编制甲", Role::CatalogEditor),
    };
    let reviewer = Desk {
        world: &world,
        actor: somebody(&world, "审核乙", Role::CatalogReviewer),
    };
    let draft = editor.begin(Start::Item(item_id)).await.expect("begins");
    assert!(matches!(
        editor.begin(Start::Item(item_id)).await,
        Err(Error::Open(open)) if open == draft.draft_id
    ));
    let mut body = draft.body.clone();
    body.summary = "男女双方自愿结婚的，一次办好。".into();
    let saved = editor
        .save(&draft, 1, &body, &[])
        .await
        .expect("saves")
        .draft;
    let handed_in = editor.submit(&saved, None).await.expect("hands in");
    assert_eq!(handed_in.state, DraftState::InReview);
    // Who only writes does not review, and nobody reviews what they wrote.
    assert!(matches!(
        editor.approve(&handed_in).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        reviewer.give_back(&handed_in, "  ").await,
        Err(Error::NeedsReason)
    ));
    let returned = reviewer
        .give_back(&handed_in, "简介写得更清楚些")
        .await
        .expect("returns");
    let mut better = returned.body.clone();
    better.summary.push_str("外地户口也能办。");
    let rewritten = reviewer
        .save(&returned, returned.revision, &better, &[])
        .await
        .expect("saves")
        .draft;
    let handed_in = editor.submit(&rewritten, None).await.expect("hands in");
    assert!(matches!(
        reviewer.approve(&handed_in).await,
        Err(Error::SamePerson)
    ));
    let other = Desk {
        world: &world,
        actor: somebody(&world, "审核丙", Role::CatalogReviewer),
    };
    let published = other.approve(&handed_in).await.expect("publishes");
    assert_eq!(
        (published.state, published.version),
        (DraftState::Published, Some(2))
    );
    let now_there = current(&world, item_id).await;
    assert_eq!(
        (now_there.version, now_there.item.summary.as_str()),
        (2, better.summary.as_str())
    );
    let first = world
        .db
        .read(move |tx| records::version_number(tx, item_id, 1))
        .await;
    assert_eq!(first.expect("reads").expect("stays").item, draft.body);
    let trail = world
        .db
        .read(move |tx| records::draft_trail(tx, draft.draft_id))
        .await
        .expect("reads");
    let kinds: Vec<&str> = trail.iter().map(|line| line.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "begun",
            "saved",
            "submitted",
            "returned",
            "saved",
            "submitted",
            "approved",
            "published"
        ]
    );
}

async fn a_second_editor_sees_the_conflict_and_nothing_is_lost(world: World) {
    let item_id = named(&world, "结婚登记").await;
    let first = Desk {
        world: &world,
        actor: somebody(&world, "编制甲", Role::CatalogEditor),
    };
    let second = Desk {
        world: &world,
        actor: somebody(&world, "编制乙", Role::CatalogEditor),
    };
    let draft = first.begin(Start::Item(item_id)).await.expect("begins");
    let (mut one, mut two) = (draft.body.clone(), draft.body.clone());
    one.summary = "甲的简介".into();
    one.consult_phone = "0990-5510001".into();
    two.summary = "乙的简介".into();
    two.remedy = "可以申请行政复议".into();
    first.save(&draft, 1, &one, &[]).await.expect("saves");
    let Err(Error::Conflicts {
        revision,
        conflicts,
    }) = second.save(&draft, 1, &two, &[]).await
    else {
        panic!("both changed the summary");
    };
    assert_eq!(revision, 2);
    assert_eq!(conflicts.len(), 1);
    assert_eq!(
        (
            conflicts[0].label.as_str(),
            conflicts[0].mine.as_str(),
            conflicts[0].theirs.as_str()
        ),
        ("简介", "乙的简介", "甲的简介")
    );
    let saved = second
        .save(&draft, 1, &two, &[("summary", Side::Theirs)])
        .await
        .expect("chosen");
    assert!(saved.merged);
    let body = saved.draft.body;
    assert_eq!(body.summary, "甲的简介");
    assert_eq!(body.consult_phone, "0990-5510001");
    assert_eq!(body.remedy, "可以申请行政复议");
}

async fn a_version_waits_for_its_day(world: World) {
    let item_id = named(&world, "结婚登记").await;
    let editor = Desk {
        world: &world,
        actor: somebody(&world, "编制甲", Role::CatalogEditor),
    };
    let reviewer = Desk {
        world: &world,
        actor: somebody(&world, "审核乙", Role::CatalogReviewer),
    };
    let draft = editor.begin(Start::Item(item_id)).await.expect("begins");
    let mut body = draft.body.clone();
    body.summary = "六月起的简介".into();
    let saved = editor
        .save(&draft, 1, &body, &[])
        .await
        .expect("saves")
        .draft;
    let day = at(60);
    let handed_in = editor.submit(&saved, Some(day)).await.expect("hands in");
    let waiting = reviewer.approve(&handed_in).await.expect("approves");
    assert_eq!(waiting.state, DraftState::Approved);
    let due = |when: Timestamp| {
        let ids = Arc::clone(&world.ids);
        world
            .db
            .write(move |tx| drafting::publish_due(tx, &ids, when))
    };
    assert_eq!(due(at(59)).await.expect("looks"), 0);
    assert_eq!(current(&world, item_id).await.version, 1);
    assert_eq!(due(day).await.expect("publishes"), 1);
    assert_eq!(due(day).await.expect("looks"), 0);
    assert_eq!(current(&world, item_id).await.item.summary, "六月起的简介");
}

async fn a_batch_is_published_together_and_undone(world: World) {
    let catalog = world.demo().await;
    let items: Vec<ItemId> = catalog
        .snapshot()
        .items()
        .iter()
        .map(|brief| brief.item_id)
        .take(5)
        .collect();
    let editor = Desk {
        world: &world,
        actor: somebody(&world, "编制甲", Role::CatalogEditor),
    };
    let reviewer = somebody(&world, "审核乙", Role::CatalogReviewer);
    let batch = BatchId::from_uuid(world.ids.next_uuid(now()));
    for item_id in &items {
        let draft = editor.begin_in(*item_id, batch).await;
        let mut body = draft.body.clone();
        body.consult_phone = "0990-5519999".into();
        let saved = editor
            .save(&draft, 1, &body, &[])
            .await
            .expect("saves")
            .draft;
        editor.submit(&saved, None).await.expect("hands in");
    }
    let approve = |batch: BatchId, actor: Actor| {
        let ids = Arc::clone(&world.ids);
        world
            .db
            .write(move |tx| drafting::approve_batch(tx, &actor, &ids, batch, "同意", at(5)))
    };
    assert_eq!(
        approve(batch, reviewer.clone())
            .await
            .expect("publishes")
            .len(),
        5
    );
    assert_eq!(
        current(&world, items[0]).await.item.consult_phone,
        "0990-5519999"
    );
    let (ids, actor) = (Arc::clone(&world.ids), editor.actor.clone());
    let (undone, drafts) = world
        .db
        .write(move |tx| drafting::undo_batch(tx, &actor, &ids, batch, "电话登错了", at(6)))
        .await
        .expect("begins the way back");
    assert_eq!(drafts.len(), 5);
    approve(undone, reviewer).await.expect("publishes");
    for item_id in items {
        let there = current(&world, item_id).await;
        assert_eq!(there.version, 3);
        let before = world
            .db
            .read(move |tx| records::version_number(tx, item_id, 1))
            .await;
        assert_eq!(there.item, before.expect("reads").expect("there").item);
    }
}

fn food() -> BaseItem {
    BaseItem {
        base_code: "990121009001".into(),
        name: "小餐饮登记".into(),
        item_type: "01".into(),
        legal_basis: vec![LegalBasis {
            law: "《食品安全法》".into(),
            article: "第三十六条".into(),
            level: "法律".into(),
            ..LegalBasis::default()
        }],
        exercise_levels: vec![4],
        service_objects: vec![1, 2],
        statutory_limit: Some(days(20)),
        promised_limit: Some(days(10)),
        handling_forms: vec![1, 2],
        licence_list_no: "190".into(),
        ..BaseItem::default()
    }
}

async fn publish_base(
    world: &World,
    item: BaseItem,
) -> Result<records::BaseOutcome, base_list::Error> {
    let actor = world.admin.clone();
    world
        .db
        .write(move |tx| {
            let calendar = Calendar::builtin();
            base_list::publish(tx, &actor, "990100", &item, "省级公布", &calendar, now())
        })
        .await
}

async fn a_base_item_is_claimed_changed_adopted_and_cancelled(world: World) {
    let catalog = world.demo().await;
    let org_id = catalog.snapshot().items()[0].org_id;
    let read = world.db.read(move |tx| people::orgs::by_id(tx, org_id));
    let org = read.await.expect("reads").expect("the body");
    let uscc = org.uscc.expect("a credit code");
    let mut unlisted = food();
    unlisted.licence_list_no.clear();
    assert!(matches!(
        publish_base(&world, unlisted).await,
        Err(base_list::Error::Findings(found)) if found[0].code == "licence.unlisted"
    ));
    publish_base(&world, food()).await.expect("publishes");
    let editor = Desk {
        world: &world,
        actor: somebody(&world, "编制甲", Role::CatalogEditor),
    };
    let reviewer = Desk {
        world: &world,
        actor: somebody(&world, "审核乙", Role::CatalogReviewer),
    };
    let claim = || {
        let (actor, id) = (editor.actor.clone(), editor.draft_id());
        let uscc = uscc.clone();
        world.db.write(move |tx| {
            let body = Body {
                org_id,
                region: "990102",
                uscc: &uscc,
                level: 4,
            };
            base_list::claim(tx, &actor, id, "990121009001", &body, now())
        })
    };
    let draft = claim().await.expect("claims");
    assert_eq!(draft.body.impl_code, format!("{uscc}4990121009001"));
    // A body may not lengthen what was promised everywhere.
    let mut worse = draft.body.clone();
    worse.promised_limit = Some(days(15));
    let saved = editor
        .save(&draft, 1, &worse, &[])
        .await
        .expect("saves")
        .draft;
    assert!(matches!(
        editor.submit(&saved, None).await,
        Err(Error::Findings(found)) if found.iter().any(|one| one.code == "n.promised_limit")
    ));
    let better = Item {
        promised_limit: Some(days(5)),
        online_depth: vec!["受理".into(), "办理".into(), "办理结果信息反馈".into()],
        delivery: vec![Delivery::Electronic],
        ..worse
    };
    let saved = editor
        .save(&saved, saved.revision, &better, &[])
        .await
        .expect("saves")
        .draft;
    let handed_in = editor.submit(&saved, None).await.expect("hands in");
    let published = reviewer.approve(&handed_in).await.expect("publishes");
    let item_id = published.item_id.expect("published");
    assert!(matches!(claim().await, Err(base_list::Error::Claimed(known)) if known == item_id));

    let mut changed = food();
    changed.statutory_limit = Some(days(15));
    changed.promised_limit = Some(days(8));
    publish_base(&world, changed).await.expect("publishes");
    let open = world
        .db
        .read(move |tx| records::adoptions(tx, Some(org_id), 10))
        .await
        .expect("reads");
    assert_eq!((open.len(), open[0].base_version), (1, 2));
    // One month from 11 May is 11 June, to the end of the day.
    assert_eq!(
        open[0].due_at,
        "2026-06-11T16:00:00Z".parse().expect("an instant")
    );
    let (actor, ids) = (editor.actor.clone(), Arc::clone(&world.ids));
    let draft = world
        .db
        .write(move |tx| base_list::adopt(tx, &actor, &ids, item_id, now()))
        .await
        .expect("adopts");
    assert_eq!(draft.body.statutory_limit, Some(days(15)));
    assert_eq!(draft.body.promised_limit, Some(days(5)));
    let handed_in = editor.submit(&draft, None).await.expect("hands in");
    reviewer.approve(&handed_in).await.expect("publishes");
    let open = world
        .db
        .read(move |tx| records::adoptions(tx, Some(org_id), 10))
        .await
        .expect("reads");
    assert_eq!(open, []);

    let actor = world.admin.clone();
    let stopped = world
        .db
        .write(move |tx| {
            base_list::cancel(tx, &actor, "990100", "990121009001", "国务院取消", at(9))
        })
        .await
        .expect("cancels");
    assert_eq!(stopped, 1);
    assert_eq!(current(&world, item_id).await.state, ItemState::Cancelled);
}

/// 情形导办 with a dead end, a material out of reach and a contradiction is refused, each with what leads to it.
async fn a_guide_that_does_not_hold_is_not_published(world: World) {
    let item_id = named(&world, "食品经营许可新办").await;
    let editor = Desk {
        world: &world,
        actor: somebody(&world, "编制甲", Role::CatalogEditor),
    };
    let draft = editor.begin(Start::Item(item_id)).await.expect("begins");
    let mut body = draft.body.clone();
    let outcomes = &mut body.situation.outcomes;
    let at = |key: &str, outcomes: &[crate::model::Outcome]| {
        let found = outcomes.iter().position(|outcome| outcome.key == key);
        found.expect("an outcome of the guide that is shipped")
    };
    // A kitchen is promised two things, a canteen nothing, and nobody is asked for the kitchen's paper.
    let (made, kitchen) = (at("made", outcomes), at("kitchen", outcomes));
    outcomes[made].when = r#"opened || kind in ["catering", "kitchen"]"#.into();
    outcomes[made].promised_limit = Some(days(8));
    outcomes[kitchen].promised_limit = Some(days(15));
    outcomes[kitchen].materials.clear();
    let saved = editor
        .save(&draft, 1, &body, &[])
        .await
        .expect("saves")
        .draft;
    let Err(Error::Findings(found)) = editor.submit(&saved, None).await else {
        panic!("it must not be handed in");
    };
    let said = |code: &str| {
        let finding = found.iter().find(|finding| finding.code == code);
        finding.map_or("", |finding| finding.message.as_str())
    };
    assert!(
        said("situation.dead_end").contains("您要做哪一类？→单位食堂"),
        "{found:?}"
    );
    assert!(said("situation.material_unreachable").contains("中央厨房检验室设置说明"));
    let contradiction = said("situation.contradiction");
    assert!(contradiction.contains("承诺时限"), "{contradiction}");
    assert!(
        contradiction.contains("您要做哪一类？→中央厨房"),
        "{contradiction}"
    );
    let mended = editor
        .save(&saved, saved.revision, &draft.body, &[])
        .await
        .expect("saves")
        .draft;
    let still = editor.submit(&mended, None).await;
    let about_the_guide = match &still {
        Err(Error::Findings(found)) => found
            .iter()
            .any(|finding| finding.code.starts_with("situation.")),
        _ => false,
    };
    assert!(!about_the_guide, "{still:?}");
}

crate::tests::world::on_both!(records:
    a_guide_that_does_not_hold_is_not_published,
    two_persons_publish_and_the_old_version_stays,
    a_second_editor_sees_the_conflict_and_nothing_is_lost,
    a_version_waits_for_its_day,
    a_batch_is_published_together_and_undone,
    a_base_item_is_claimed_changed_adopted_and_cancelled,
);
