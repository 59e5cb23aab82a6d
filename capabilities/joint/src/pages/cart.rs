//! 政务超市: several items in one basket, one application, each with a life of its own.
//!
//! The basket stands in the address, so nothing is kept of anybody who only looks.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::ItemId;
use catalog::snapshot::Wanted;
use ui::Page;
use web::{Fields, Form, Problem, Result, Visit, render};

use super::apply::begin;
use crate::Joint;
use crate::compose::{CART_MAX, CartItem, Spec};

/// Answers to a search.
const FOUND_MAX: usize = 8;

#[derive(Template)]
#[template(path = "joint/cart.html")]
struct CartPage {
    page: Page,
    q: String,
    chosen: Vec<Chosen>,
    found: Vec<Chosen>,
    signed_in: bool,
    full: bool,
    most: usize,
    /// This address, to come back to after signing in.
    back: String,
}

struct Chosen {
    id: ItemId,
    name: String,
    body: String,
    /// The basket without it, or with it.
    href: String,
}

pub(super) async fn show(State(joint): State<Joint>, visit: Visit) -> Result<Response> {
    let fields = Fields::parse(visit.query().unwrap_or_default().as_bytes())
        .map_err(|malformed| Problem::bad_request("query_malformed", malformed.to_string()))?;
    let snapshot = joint.catalog().snapshot();
    let items = items(&fields);
    let q: String = fields
        .get("q")
        .unwrap_or_default()
        .chars()
        .take(50)
        .collect();
    let view = |id: ItemId, href: String| {
        let brief = snapshot.item(id)?;
        Some(Chosen {
            id,
            name: brief.name.clone(),
            body: snapshot.org_name(brief.org_id).to_owned(),
            href,
        })
    };
    let chosen: Vec<Chosen> = items
        .iter()
        .filter_map(|id| {
            let rest: Vec<ItemId> = items.iter().copied().filter(|other| other != id).collect();
            view(*id, address(&rest))
        })
        .collect();
    let found = if q.trim().is_empty() {
        Vec::new()
    } else {
        snapshot
            .search(&q, &Wanted::default())
            .into_iter()
            .map(|answer| answer.brief.item_id)
            .filter(|id| !items.contains(id))
            .take(FOUND_MAX)
            .filter_map(|id| {
                let more: Vec<ItemId> = items.iter().copied().chain([id]).collect();
                view(id, address(&more))
            })
            .collect()
    };
    let page = visit.page("政务超市").with_nav("home");
    let home = page.t("首页").to_owned();
    let body = CartPage {
        page: page.with_crumb(home, "/"),
        q,
        signed_in: visit.session.is_some(),
        full: chosen.len() >= CART_MAX,
        most: CART_MAX,
        back: address(&items)
            .replace('?', "%3F")
            .replace('&', "%26")
            .replace('=', "%3D"),
        chosen,
        found,
    };
    Ok(render(&visit, body))
}

fn items(fields: &Fields) -> Vec<ItemId> {
    let mut items: Vec<ItemId> = Vec::new();
    for (name, value) in fields.iter() {
        if name == "item"
            && items.len() < CART_MAX
            && let Ok(id) = value.parse()
            && !items.contains(&id)
        {
            items.push(id);
        }
    }
    items
}

fn address(items: &[ItemId]) -> String {
    let pairs: Vec<String> = items.iter().map(|id| format!("item={id}")).collect();
    if pairs.is_empty() {
        "/cart".to_owned()
    } else {
        format!("/cart?{}", pairs.join("&"))
    }
}

/// Begins the one application for everything in the basket.
pub(super) async fn start(
    State(joint): State<Joint>,
    visit: Visit,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let items: Vec<CartItem> = items(&fields)
        .into_iter()
        .map(|item| CartItem {
            item,
            situation: catalog::guided::Answers::new(),
        })
        .collect();
    begin(&joint, &visit, Spec::Cart { items }).await
}
