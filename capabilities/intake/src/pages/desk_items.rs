//! 窗口收件: choosing the item. What this window takes in most stands first; a number finds its item at once.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use base::ids::{ItemId, OrgId};
use base::text::normalise_code;
use casework::{Actor, Channel, Permission, Scope};
use catalog::brief::Brief;
use catalog::snapshot::{Snapshot, Wanted};
use people::{Party, PartyKind};
use ui::Page;
use web::{Result, Visit, redirect, render};

use super::desk::PartyView;
use crate::{Intake, filing};

/// Items in the list of a search.
const ITEMS: usize = 30;
/// The newest cases that say what a window takes in.
const COUNTED: usize = 200;
/// Items of other regions looked at, whether they may be taken in here.
const ELSEWHERE: usize = 60;
/// Shorter than this, digits and letters are a word and not part of a number.
const CODE_SIGNS_MIN: usize = 4;

#[derive(Template)]
#[template(path = "desk/items.html")]
struct ItemsPage {
    page: Page,
    party: PartyView,
    q: String,
    items: Vec<Row>,
    similar: Vec<String>,
}

struct Row {
    id: ItemId,
    name: String,
    code: String,
    org: String,
    /// The everyday phrase that was meant.
    alias: String,
    how_long: String,
    /// How often it stands among the newest cases of windows here.
    taken: usize,
    /// 全城通办、省内通办: decided in another region, to which what is taken in here is handed over.
    elsewhere: bool,
}

/// How often each item was taken in, by its body and name.
type Taken = HashMap<(OrgId, String), usize>;

pub(super) async fn show(
    intake: &Intake,
    visit: &Visit,
    party: &Party,
    question: &str,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let snapshot = intake.catalog.snapshot();
    let q = base::text::shorten(question.trim(), 60);
    let mine = |brief: &Brief| may_take(&actor, brief);
    let serves = |brief: &Brief| match party.kind {
        PartyKind::Person => brief.for_people(),
        PartyKind::Legal => brief.for_enterprises(),
    };
    let (mut numbered, strange): (Vec<_>, Vec<_>) = by_code(&snapshot, &q, serves)
        .into_iter()
        .partition(|brief| mine(brief));
    if numbered.is_empty() {
        numbered = taken_here(intake, &actor, strange).await?;
    }
    if let [only] = numbered.as_slice() {
        return Ok(redirect(&format!(
            "/staff/intake/new?party={}&item={}",
            party.id, only.item_id
        )));
    }
    let taken = taken(intake, &actor).await?;
    let times = |brief: &Brief| {
        taken
            .get(&(brief.org_id, brief.name.clone()))
            .copied()
            .unwrap_or(0)
    };
    let wanted = Wanted::default();
    let mut found: Vec<(Arc<Brief>, Option<String>)> = if numbered.is_empty() {
        let (own, strange): (Vec<_>, Vec<_>) = snapshot
            .search(&q, &wanted)
            .into_iter()
            .flat_map(|answer| {
                let alias = answer.alias;
                std::iter::once(answer.brief)
                    .chain(answer.others)
                    .map(move |brief| (brief, alias.clone()))
            })
            .filter(|(brief, _)| serves(brief))
            .partition(|(brief, _)| mine(brief));
        let mut found: Vec<_> = own;
        // Whoever looks for something by its words may mean what another place decides; what stands here first is
        // what is taken in most.
        if !q.is_empty() {
            let briefs = strange.into_iter().map(|(brief, _)| brief).collect();
            let reached = taken_here(intake, &actor, briefs).await?;
            found.extend(reached.into_iter().map(|brief| (brief, None)));
        }
        found
    } else {
        numbered.into_iter().map(|brief| (brief, None)).collect()
    };
    if q.is_empty() {
        found.sort_by_key(|(brief, _)| std::cmp::Reverse(times(brief)));
    }
    found.truncate(ITEMS);
    let similar = if found.is_empty() {
        snapshot.similar(&q, &wanted)
    } else {
        Vec::new()
    };
    let items = found
        .into_iter()
        .map(|(brief, alias)| Row {
            id: brief.item_id,
            code: if brief.local_code.is_empty() {
                brief.base_code.clone()
            } else {
                brief.local_code.clone()
            },
            org: snapshot.org_name(brief.org_id).to_owned(),
            alias: alias.unwrap_or_default(),
            how_long: brief.how_long(),
            taken: times(&brief),
            elsewhere: !mine(&brief),
            name: brief.name.clone(),
        })
        .collect();
    let body = ItemsPage {
        party: PartyView::of(party),
        q,
        items,
        similar,
        page: visit
            .page("选择事项")
            .with_nav("intake")
            .with_crumb(visit.page("").t("窗口收件").to_owned(), "/staff/intake"),
    };
    Ok(render(visit, body))
}

fn may_take(actor: &Actor, brief: &Brief) -> bool {
    let scope = Scope {
        region: &brief.region,
        org: Some(brief.org_id),
    };
    actor.may(Permission::Receive, &scope)
}

/// Those of other regions whose 通办范围 reaches this window.
async fn taken_here(
    intake: &Intake,
    actor: &Actor,
    briefs: Vec<Arc<Brief>>,
) -> Result<Vec<Arc<Brief>>> {
    let mut reached = Vec::new();
    for brief in briefs.into_iter().take(ELSEWHERE) {
        let published = intake.catalog.current(brief.item_id).await?;
        if published.is_some_and(|known| filing::from_elsewhere(actor, &known.item)) {
            reached.push(brief);
        }
    }
    Ok(reached)
}

/// Items whose number this is, or ends with this; nothing for what cannot be a number.
fn by_code(snapshot: &Snapshot, q: &str, mine: impl Fn(&Brief) -> bool) -> Vec<Arc<Brief>> {
    let code = normalise_code(q);
    let is_number = code.len() >= CODE_SIGNS_MIN
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && code.bytes().any(|byte| byte.is_ascii_digit());
    if !is_number {
        return Vec::new();
    }
    let fits = |brief: &Brief| {
        [&brief.impl_code, &brief.local_code, &brief.base_code]
            .into_iter()
            .any(|known| known.ends_with(&code))
    };
    snapshot
        .items()
        .iter()
        .filter(|brief| fits(brief) && mine(brief))
        .cloned()
        .collect()
}

/// What the windows of the actor's scope took in lately.
async fn taken(intake: &Intake, actor: &Actor) -> Result<Taken> {
    let actor = actor.clone();
    let lines = intake
        .app
        .db
        .read(move |tx| {
            let filter = cases::list::Filter {
                limit: COUNTED,
                ..cases::list::Filter::default()
            };
            cases::list::of_scope(tx, &actor, &filter)
        })
        .await
        .map_err(approval::Error::from)?;
    let window = Channel::Window.word();
    let mut taken = Taken::new();
    for line in lines.into_iter().filter(|line| line.channel == window) {
        *taken.entry((line.org, line.title)).or_default() += 1;
    }
    Ok(taken)
}
