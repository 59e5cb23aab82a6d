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
use crate::Intake;

/// Items in the list of a search.
const ITEMS: usize = 30;
/// The newest cases that say what a window takes in.
const COUNTED: usize = 200;
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
    let mine = |brief: &Brief| may_take(&actor, brief, party.kind);
    let numbered = by_code(&snapshot, &q, mine);
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
        snapshot
            .search(&q, &wanted)
            .into_iter()
            .flat_map(|answer| {
                let alias = answer.alias;
                std::iter::once(answer.brief)
                    .chain(answer.others)
                    .map(move |brief| (brief, alias.clone()))
            })
            .filter(|(brief, _)| mine(brief))
            .collect()
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

fn may_take(actor: &Actor, brief: &Brief, kind: PartyKind) -> bool {
    let scope = Scope {
        region: &brief.region,
        org: Some(brief.org_id),
    };
    let serves = match kind {
        PartyKind::Person => brief.for_people(),
        PartyKind::Legal => brief.for_enterprises(),
    };
    serves && actor.may(Permission::Receive, &scope)
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
