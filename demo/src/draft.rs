//! The application `citizen1` has begun and not finished.

use std::collections::BTreeMap;

use base::IdSource;
use base::ids::DraftId;
use intake::draft::{APPLICANT, Body, Draft, KEPT_DAYS};
use intake::form::typed::base_key;
use jiff::Timestamp;
use jiff::ToSpan as _;

use crate::story::Teller;

const BODY: &str = "990102.market";
const ITEM: &str = "990121001001";

/// The draft, two days old.
pub(crate) fn new(teller: &Teller, ids: &IdSource, until: Timestamp) -> anyhow::Result<Draft> {
    let place = teller.offers.of(&teller.offices, BODY, ITEM)?;
    let offer = &teller.offers.list[place];
    let resident = &teller.town.residents[0];
    let created_at = until.checked_sub(52.hours())?;
    let updated_at = until.checked_sub(51.hours())?;
    let pages = &offer.item.form.pages;
    let typed: BTreeMap<String, Vec<String>> = [
        ("shop_name", "晓梅的面馆"),
        ("shop_address-region", resident.region.as_str()),
        ("shop_address-street", "文化路一段86号"),
        ("shop_area", "46"),
    ]
    .into_iter()
    .filter(|(name, _)| offer.item.form.field(base_key(name)).is_some())
    .map(|(key, text)| (key.to_owned(), vec![text.to_owned()]))
    .collect();
    let mut seen = vec![APPLICANT.to_owned()];
    seen.extend(pages.first().map(|page| page.key.clone()));
    Ok(Draft {
        id: ids.next::<DraftId>(created_at),
        party: resident.party,
        filed_by: resident.account,
        item: offer.item_id,
        version: offer.version_id,
        body: Body {
            typed,
            materials: Vec::new(),
            seen,
            ..Body::default()
        },
        page: pages
            .get(1)
            .map_or_else(|| APPLICANT.to_owned(), |page| page.key.clone()),
        created_at,
        updated_at,
        expires_at: updated_at.checked_add((i64::from(KEPT_DAYS) * 24).hours())?,
    })
}
