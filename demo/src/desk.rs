//! What the editors of the catalogue have been doing: base items that changed and who has followed, drafts in every
//! state, and a batch that was published together.

use std::collections::BTreeMap;

use base::IdSource;
use calendar::Calendar;
use casework::Actor;
use catalog::app::drafting::Start;
use catalog::app::{base as base_app, drafting};
use catalog::model::{BaseItem, Item, Limit};
use catalog::store::{BatchId, Draft, DraftId};
use jiff::Timestamp;
use store::Tx;

use crate::catalogue::{Error, Keys, Plan, Times};
use crate::claims::Claim;
use crate::offices::Offices;

/// Base items that changed so many days before the end of the year, and how many of their bodies have followed. A body
/// has a month.
const CHANGED: [(i64, usize); 7] = [(50, 2), (48, 4), (45, 3), (20, 2), (12, 1), (8, 0), (3, 0)];
/// Items of the batch that was published together.
const BATCH: usize = 12;

/// Everybody and everything a scene needs.
pub(crate) struct Scene<'a> {
    pub(crate) offices: &'a Offices,
    pub(crate) plan: &'a Plan,
    pub(crate) keys: &'a Keys,
    pub(crate) ids: &'a IdSource,
    pub(crate) calendar: &'a Calendar,
    pub(crate) times: Times,
}

struct Hands<'a> {
    editor: &'a Actor,
    colleague: &'a Actor,
    reviewer: &'a Actor,
    admin: &'a Actor,
}

impl Scene<'_> {
    /// Plays it all, in the transaction that publishes the catalogue or a later one.
    pub(crate) fn play(&self, tx: &mut Tx<'_>, region: &str) -> Result<(), Error> {
        let who = |login: &str| {
            self.offices
                .by_login(login)
                .map(|member| &member.actor)
                .ok_or(Error::NobodyPublishes)
        };
        let hands = Hands {
            editor: who("editor1")?,
            colleague: who("editor2")?,
            reviewer: who("reviewer1")?,
            admin: who("admin")?,
        };
        let mut rows = self.rows();
        self.base_changes(tx, &hands, region, &mut rows)?;
        self.batch(tx, &hands, &mut rows)?;
        self.drafts(tx, &hands, &mut rows)?;
        self.claim(tx, &hands)
    }

    /// Claims of the counties without a difference in them, one list for each base item, that can be promised sooner.
    fn rows(&self) -> Vec<Vec<usize>> {
        let planted: std::collections::HashSet<&str> = self
            .plan
            .differences
            .iter()
            .map(|difference| difference.impl_code.as_str())
            .collect();
        let mut rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, claim) in self.plan.claims.iter().enumerate() {
            rows.entry(claim.base).or_default().push(place);
        }
        let clean = |claim: &Claim| {
            !planted.contains(claim.item.impl_code.as_str())
                && claim.before.is_none()
                && claim
                    .item
                    .promised_limit
                    .as_ref()
                    .is_some_and(|limit| limit.n > 2)
        };
        rows.into_values()
            .filter(|row| row.len() > 1 && row.iter().all(|at| clean(&self.plan.claims[*at])))
            .collect()
    }

    /// A base item asks for one paper less; some bodies have followed, others have not, and some are late.
    fn base_changes(
        &self,
        tx: &mut Tx<'_>,
        hands: &Hands<'_>,
        region: &str,
        rows: &mut Vec<Vec<usize>>,
    ) -> Result<(), Error> {
        let mut rest = Vec::new();
        let mut changes = CHANGED.iter();
        for row in rows.drain(..) {
            let base = &self.plan.bases[self.plan.claims[row[0]].base].item;
            if base.materials.len() < 4 {
                rest.push(row);
                continue;
            }
            let Some((days, followed)) = changes.next() else {
                rest.push(row);
                continue;
            };
            let at = self.ago(*days);
            let next = lighter(base);
            let reason = "减证便民：取消一份证明材料";
            base_app::publish(tx, hands.admin, region, &next, reason, self.calendar, at)?;
            let adopted = self.ago(days - 2);
            for claim in row.iter().take(*followed) {
                let item_id = self.keys.item(*claim);
                let draft = base_app::adopt(tx, hands.editor, self.ids, item_id, adopted)?;
                let draft =
                    Self::hand_in(tx, hands.editor, &draft, None, "采用新版基本目录", adopted)?;
                self.pass(tx, hands, &draft, adopted)?;
            }
        }
        *rows = rest;
        Ok(())
    }

    /// Twelve telephone numbers changed at once and published by the second person.
    fn batch(
        &self,
        tx: &mut Tx<'_>,
        hands: &Hands<'_>,
        rows: &mut Vec<Vec<usize>>,
    ) -> Result<(), Error> {
        let at = self.ago(21);
        let batch = BatchId::from_uuid(self.ids.next_uuid(at));
        let mut members = Vec::new();
        while members.len() < BATCH
            && let Some(row) = rows.pop()
        {
            members.extend(row);
        }
        members.truncate(BATCH);
        for claim in members {
            let draft = self.edit(tx, hands.editor, claim, Some(batch), at, |item| {
                item.consult_phone.push_str("转1");
            })?;
            Self::hand_in(tx, hands.editor, &draft, None, "咨询电话改为总机转接", at)?;
        }
        drafting::approve_batch(tx, hands.reviewer, self.ids, batch, "已核对", self.ago(20))?;
        Ok(())
    }

    /// Drafts being written, handed in, sent back, waiting for their day, given up.
    fn drafts(
        &self,
        tx: &mut Tx<'_>,
        hands: &Hands<'_>,
        rows: &mut Vec<Vec<usize>>,
    ) -> Result<(), Error> {
        let mut next = || rows.pop().and_then(|row| row.first().copied());
        for (days, author) in [(6, hands.editor), (4, hands.colleague), (1, hands.editor)] {
            let Some(claim) = next() else { return Ok(()) };
            self.edit(tx, author, claim, None, self.ago(days), sooner)?;
        }
        for (days, author) in [
            (5, hands.editor),
            (3, hands.colleague),
            (2, hands.colleague),
        ] {
            let Some(claim) = next() else { return Ok(()) };
            let at = self.ago(days);
            let draft = self.edit(tx, author, claim, None, at, sooner)?;
            Self::hand_in(tx, author, &draft, None, "压缩承诺时限", at)?;
        }
        let (Some(back), Some(waiting), Some(dropped)) = (next(), next(), next()) else {
            return Ok(());
        };
        let at = self.ago(7);
        let draft = self.edit(tx, hands.editor, back, None, at, sooner)?;
        let draft = Self::hand_in(tx, hands.editor, &draft, None, "压缩承诺时限", at)?;
        drafting::give_back(
            tx,
            hands.reviewer,
            draft.draft_id,
            draft.revision,
            "缩短时限前请与审批科室确认，并附确认意见",
            self.ago(6),
        )?;
        let draft = self.edit(tx, hands.colleague, waiting, None, at, sooner)?;
        let day = self.ago(-10);
        let draft = Self::hand_in(tx, hands.colleague, &draft, Some(day), "下月起执行", at)?;
        self.pass(tx, hands, &draft, self.ago(5))?;
        let draft = self.edit(tx, hands.editor, dropped, None, at, sooner)?;
        drafting::drop_draft(
            tx,
            hands.editor,
            draft.draft_id,
            draft.revision,
            "与县区协商后不再调整",
            self.ago(4),
        )?;
        Ok(())
    }

    /// A base item that nobody had claimed is being claimed.
    fn claim(&self, tx: &mut Tx<'_>, hands: &Hands<'_>) -> Result<(), Error> {
        let claimed: std::collections::HashSet<usize> =
            self.plan.claims.iter().map(|claim| claim.base).collect();
        let open = (0..self.plan.bases.len()).find(|base| !claimed.contains(base));
        let Some(base) = open.map(|base| &self.plan.bases[base]) else {
            return Ok(());
        };
        let desk = self
            .offices
            .desks
            .iter()
            .find(|desk| desk.body.level == 3 && desk.body.function == base.function);
        let Some(desk) = desk else { return Ok(()) };
        let at = self.ago(2);
        base_app::claim(
            tx,
            hands.editor,
            DraftId::from_uuid(self.ids.next_uuid(at)),
            &base.item.base_code,
            &base_app::Body {
                org_id: desk.id,
                region: &desk.body.region,
                uscc: &desk.body.uscc,
                level: desk.body.level,
            },
            at,
        )?;
        Ok(())
    }

    fn edit(
        &self,
        tx: &mut Tx<'_>,
        author: &Actor,
        claim: usize,
        batch: Option<BatchId>,
        at: Timestamp,
        change: impl FnOnce(&mut Item),
    ) -> Result<Draft, Error> {
        let start = Start::Item(self.keys.item(claim));
        let draft_id = DraftId::from_uuid(self.ids.next_uuid(at));
        let draft = drafting::begin(tx, author, draft_id, start, batch, at)?;
        let mut body = draft.body.clone();
        change(&mut body);
        let chosen = BTreeMap::new();
        let saved = drafting::save(tx, author, draft_id, draft.revision, &body, &chosen, at)?;
        Ok(saved.draft)
    }

    fn hand_in(
        tx: &mut Tx<'_>,
        author: &Actor,
        draft: &Draft,
        day: Option<Timestamp>,
        note: &str,
        at: Timestamp,
    ) -> Result<Draft, Error> {
        let (id, revision) = (draft.draft_id, draft.revision);
        Ok(drafting::submit(tx, author, id, revision, day, note, at)?)
    }

    fn pass(
        &self,
        tx: &mut Tx<'_>,
        hands: &Hands<'_>,
        draft: &Draft,
        at: Timestamp,
    ) -> Result<(), Error> {
        let (id, revision) = (draft.draft_id, draft.revision);
        drafting::approve(tx, hands.reviewer, self.ids, id, revision, "同意", at)?;
        Ok(())
    }

    fn ago(&self, days: i64) -> Timestamp {
        self.times.ago(days).unwrap_or(self.times.until)
    }
}

/// The next version of a base item: without the last paper that is not the application itself.
fn lighter(base: &BaseItem) -> BaseItem {
    let mut next = base.clone();
    let last = next
        .materials
        .iter()
        .rposition(|material| !material.core && material.shared_via.is_empty());
    if let Some(last) = last {
        next.materials.remove(last);
    }
    next
}

/// One day less.
fn sooner(item: &mut Item) {
    if let Some(Limit { n, .. }) = &mut item.promised_limit {
        *n -= 1;
    }
    if let Some(step) = item.steps.iter_mut().find(|step| step.days > Some(0)) {
        step.days = step.days.map(|days| days - 1);
    }
}
